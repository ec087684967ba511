/**
 * What those see who keep the service running: how much it does and how fast, at
 * `/metrics`; whether it is alive, at `/healthz`; whether to send it requests, at
 * `/readyz`; a span and a line in the log for each request.
 *
 * @module
 */

import {
  type Clock,
  type CompositeHealthCheck,
  type Counter,
  extract,
  type Gauge,
  type Histogram,
  inject,
  type LabelValue,
  type MetricCollection,
  type MetricRegistry,
  prometheusHandler,
  registerRuntimeMetrics,
  type StructuredLogger,
  type Tracer,
} from "../mod.ts";
import type { Routed } from "./router.ts";

/** What operators are told by. */
export interface OperationParts {
  readonly registry: MetricRegistry;
  readonly health: CompositeHealthCheck;
  readonly tracer: Tracer;
  readonly logger: StructuredLogger;
  readonly clock: Clock;
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
  readonly #runtime: MetricCollection;
  readonly #requests: Counter<
    { method: Method; route: LabelValue; status: LabelValue }
  >;
  readonly #durations: Histogram<{ route: LabelValue }>;
  readonly #running: Gauge;

  constructor({ registry, health, tracer, logger, clock }: OperationParts) {
    this.#tracer = tracer;
    this.#logger = logger;
    this.#clock = clock;
    this.#health = health;
    this.#runtime = registerRuntimeMetrics(registry, { clock });
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
    this.#handlers = new Map([
      ["/metrics", prometheusHandler(registry)],
      ["/healthz", health.handler({ tags: ["liveness"] })],
      ["/readyz", health.handler({ tags: ["readiness"] })],
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
    this.#runtime.close();
  }
}
