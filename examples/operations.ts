/**
 * What those see who keep the service running: how much it does and how fast, at
 * `/metrics`; whether it is alive, at `/healthz`; whether to send it requests, at
 * `/readyz`; a span and a line in the log for each request.
 *
 * @module
 */

import {
  type CacheStats,
  type Clock,
  CompositeHealthCheck,
  type Counter,
  extract,
  type Gauge,
  type Histogram,
  inject,
  type LabelValue,
  MetricRegistry,
  prometheusHandler,
  registerRuntimeMetrics,
  type Repository,
  type StructuredLogger,
  type Tracer,
} from "../mod.ts";
import type { Blocklist } from "./blocklist.ts";
import type { Link } from "./links.ts";
import type { Reports } from "./reports.ts";
import type { Routed } from "./router.ts";
import type { Visits } from "./visits.ts";

/** What is measured and looked at. */
export interface OperationParts {
  readonly links: Repository<Link>;
  readonly cache: { readonly stats: CacheStats };
  readonly blocklist: Blocklist | undefined;
  readonly reports: Reports;
  readonly visits: Visits;
  readonly tracer: Tracer;
  readonly logger: StructuredLogger;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "other",
] as const;
type Method = typeof METHODS[number];

/** Metrics and health of the service. */
export class Operations {
  readonly #tracer: Tracer;
  readonly #logger: StructuredLogger;
  readonly #clock: Clock;
  readonly #health: CompositeHealthCheck;
  readonly #handlers: ReadonlyMap<
    string,
    (request: Request) => Promise<Response>
  >;
  readonly #runtime: Disposable;
  readonly #requests: Counter<
    { method: Method; route: LabelValue; status: LabelValue }
  >;
  readonly #durations: Histogram<{ route: LabelValue }>;
  readonly #running: Gauge;

  constructor(parts: OperationParts) {
    const { clock, onError } = parts;
    const registry = new MetricRegistry({ clock, onError });
    this.#tracer = parts.tracer;
    this.#logger = parts.logger;
    this.#clock = clock;
    this.#runtime = registerRuntimeMetrics(registry);
    this.#requests = registry.counter({
      name: "http_requests",
      help: "Requests that were answered",
      labels: { method: METHODS, route: true, status: true },
    });
    this.#durations = registry.histogram({
      name: "http_request_duration_seconds",
      help: "How long it took to answer requests",
      unit: "seconds",
      labels: { route: true },
    });
    this.#running = registry.gauge({
      name: "http_requests_running",
      help: "Requests under way",
    });
    collectFrom(registry, parts);
    this.#health = healthOf(parts);
    this.#handlers = new Map([
      ["/metrics", prometheusHandler(registry)],
      ["/healthz", this.#health.handler({ tags: ["liveness"] })],
      ["/readyz", this.#health.handler({ tags: ["readiness"] })],
    ]);
  }

  /** Answers what operators ask; `undefined` for all other requests. */
  fetch(request: Request): Promise<Response> | undefined {
    const path = URL.parse(request.url)?.pathname;
    return this.#handlers.get(path ?? "")?.(request);
  }

  /** Sees how a request is answered. */
  async observe(
    request: Request,
    answer: () => Promise<Routed>,
  ): Promise<Response> {
    const method = METHODS.find((it) => it === request.method) ?? "other";
    const parent = extract(request.headers);
    const startTick = this.#clock.monotonic();
    return await this.#running.track(() =>
      this.#tracer.run(method, { kind: "server", parent }, async (span) => {
        const { response, route } = await answer();
        const { status } = response;
        const durationMs = this.#clock.monotonic() - startTick;
        this.#durations.observe({ route }, durationMs / 1_000);
        this.#requests.inc({ method, route, status });
        span.set("http.route", route).set("http.response.status_code", status);
        inject(span, response.headers);
        this.#logger.info("request", { method, route, status, durationMs });
        return response;
      })
    );
  }

  /** From now on it is not ready, but alive. */
  drain(): void {
    this.#health.drain();
  }

  /** Nothing is pending afterwards. */
  close(): void {
    this.#runtime[Symbol.dispose]();
  }
}

/** What the parts know themselves is looked up when somebody asks. */
function collectFrom(
  registry: MetricRegistry,
  { cache, blocklist, reports, visits }: OperationParts,
): void {
  const lookUps = registry.counter({
    name: "cache_lookups",
    help: "Look-ups of links in the cache",
    labels: { outcome: ["hit", "miss"] },
  });
  const hits = lookUps.with({ outcome: "hit" });
  const misses = lookUps.with({ outcome: "miss" });
  const cached = registry.gauge({
    name: "cache_entries",
    help: "Look-ups that are cached",
  });
  const connections = registry.gauge({
    name: "blocklist_connections",
    help: "Connections to the blocklist",
    labels: { state: ["idle", "inUse", "unhealthy", "creating"] },
  });
  const waiting = registry.gauge({
    name: "blocklist_waiting",
    help: "Requests that wait for a connection to the blocklist",
  });
  const queued = registry.gauge({
    name: "reports_queued",
    help: "Reports that wait or are being drawn",
  });
  const dead = registry.gauge({
    name: "visits_dead",
    help: "Visits that could not be counted",
  });
  registry.addCollector(async () => {
    const { stats } = cache;
    hits.inc(stats.hits - hits.value);
    misses.inc(stats.misses - misses.value);
    cached.set(stats.size);
    queued.set(reports.size);
    if (blocklist !== undefined) {
      for (const state of ["idle", "inUse", "unhealthy", "creating"] as const) {
        connections.set({ state }, blocklist.stats[state]);
      }
      waiting.set(blocklist.stats.waiting);
    }
    dead.set(await visits.countDeadLetters());
  });
}

/** Without a blocklist there are no new links; all else goes on. */
function healthOf(
  { links, blocklist, visits, clock }: OperationParts,
): CompositeHealthCheck {
  const health = new CompositeHealthCheck("links", { clock });
  health.addCheck({
    name: "links",
    async check() {
      await links.getAll({ limit: 1 });
    },
  }, { tags: ["readiness"] });
  health.addCheck({
    name: "visits",
    async check() {
      const count = await visits.countDeadLetters();
      return count === 0 ? "healthy" : "degraded";
    },
  }, { critical: false, tags: ["readiness"] });
  if (blocklist !== undefined) {
    health.addCheck({
      name: "blocklist",
      check: async (_, signal) =>
        (await blocklist.check("localhost", { signal })).map(() => {}),
    }, { critical: false, ttlMs: 5_000, tags: ["readiness"] });
  }
  return health;
}
