/**
 * A link shortener one could run: the reference service of Groundwork. It is
 * written once as `fetch(request)`, and started by thin files on Deno, Node and
 * Bun. Read it from top to bottom; it takes ten minutes. `README.md` beside it
 * tells which part of the package is at work where.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /` | what there is, and what the service does now, as a page |
 * | `GET /live` | the same for the page, as a stream of events |
 * | `POST /links` `{ url, slug?, owner?, note? }` | 201 and the link |
 * | `GET /links?offset=0&limit=20` | a part of the links |
 * | `GET /links/{slug}` | one link |
 * | `DELETE /links/{slug}` | 204 |
 * | `DELETE /owners/{owner}/links` | how many of the owner's were deleted |
 * | `GET /s/{slug}` | 302 to the link's URL |
 * | `POST /reports` `{ host, urgency? }` | 202; a report is drawn by and by |
 * | `GET /reports/{host}` | where it stands, and at last what it tells |
 * | `DELETE /reports/{host}` | 202; it is called off |
 * | `GET /links/{slug}/visits` | how often the link was visited |
 * | `GET /dead-letters` | the visits that could not be counted |
 * | `POST /dead-letters/{id}/replay` | 204; it is counted again |
 * | `DELETE /dead-letters/{id}` | 204; it is thrown away |
 * | `POST /sessions` `{ user, password }` | 201 and a bearer token |
 * | `POST /sessions/current` | 200 and a new token for the old one |
 * | `DELETE /sessions/current` | 204; the session is over |
 * | `DELETE /sessions` | how many sessions of the user are over |
 * | `GET /audit?offset=0&limit=20` | what was changed by whom, and whether that is intact |
 * | `GET /metrics` | what is counted and measured, for Prometheus |
 * | `GET /healthz`, `GET /readyz` | whether it is alive, and ready |
 *
 * Where `LINKS_PASSWORDS` names users, links are made and changed by their owners,
 * who show their tokens, and by those whom `LINKS_ADMINS` names. With `LINKS_KEYS`
 * a link may have a note, which only they see, and nobody who reads the store.
 *
 * Each client may do so much a minute, and is told how much is left: a user is one
 * wherever he comes from, else an address is. All together may do so much as well.
 *
 * Where `LINKS_BLOCKLIST` names a back-end, it is asked about the host of each
 * new link; without its word there is no link: 403 where the host is blocked, 503
 * where the back-end does not answer.
 *
 * Whatever goes wrong is answered as problem details (RFC 9457). Bodies may come
 * compressed, and go out compressed where the client takes it.
 *
 * @module
 */

import {
  Cipher,
  type Clock,
  CombinedRateLimiter,
  CompressionService,
  compressResponse,
  EventBus,
  GcraLimiter,
  InMemoryCacheProvider,
  InMemoryRepository,
  ipKey,
  type KeyRing,
  Logger,
  type LogSink,
  MemorySink,
  MetricRegistry,
  type RandomSource,
  rateLimitHeaders,
  type Repository,
  type SpanExporter,
  type StructuredLogger,
  systemClock,
  systemRandom,
  TaskScheduler,
  Tracer,
} from "../mod.ts";
import { MINUTE, tooMany } from "./answers.ts";
import { addAuditRoutes } from "./audit_routes.ts";
import { Blocklist } from "./blocklist.ts";
import { CachedLinks } from "./cached_links.ts";
import type { ServiceConfig } from "./config.ts";
import type { ServiceEvents } from "./events.ts";
import { Guard } from "./guard.ts";
import { healthOf } from "./health.ts";
import { anchor, keepHouse } from "./housekeeping.ts";
import { HttpProblem, problemResponse } from "./http.ts";
import { addLetterRoutes } from "./letter_routes.ts";
import { addLinkRoutes } from "./link_routes.ts";
import { type Link, linkCreator } from "./links.ts";
import { Live } from "./live.ts";
import { addLiveRoutes } from "./live_routes.ts";
import { measure } from "./measures.ts";
import { Operations } from "./operations.ts";
import { MOST_SHOWN } from "./picture.ts";
import { addReportRoutes } from "./report_routes.ts";
import { Reports } from "./reports.ts";
import { type Caller, type Routed, Router } from "./router.ts";
import { sealedLinks } from "./sealed_links.ts";
import type { Peer } from "./server.ts";
import { addSessionRoutes } from "./session_routes.ts";
import { Sessions } from "./sessions.ts";
import { tracedBlocklist, tracedLinks } from "./traced.ts";
import { Trail } from "./trail.ts";
import { InMemoryVisitCounts, type VisitCounts, Visits } from "./visits.ts";

/** What the service works with; tests bring their own. */
export interface ServiceParts {
  readonly links?: Repository<Link>;
  readonly visits?: VisitCounts;
  /** What notes are sealed with; without it there are none. */
  readonly keys?: KeyRing | undefined;
  /** Where log entries go. Default: nowhere. */
  readonly sinks?: readonly LogSink[];
  /** Where spans go; it is closed with the service. Default: nowhere. */
  readonly spans?: SpanExporter | undefined;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Gets what clients are not told as well, besides the log. */
  readonly onError?: (error: unknown) => void;
}

/** A function from request to response, and what goes on behind it. */
export interface LinkService {
  /** Where the service tells of itself. */
  readonly logger: StructuredLogger;
  /** Answers a request of a peer. */
  fetch(request: Request, peer?: Peer): Promise<Response>;
  /**
   * Has it tell that it wants no more requests; it still answers them, but for
   * streams, which would not end by themselves.
   */
  drain(): void;
  /**
   * Ends what goes on in the background, once the server has closed; nothing is
   * pending afterwards.
   */
  close(): Promise<void>;
}

/** Makes the service. */
export function createService(
  config: ServiceConfig,
  parts: ServiceParts,
): LinkService {
  const {
    links: stored = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
      maxEntities: config.maxLinks,
    }),
    clock = systemClock,
    random = systemRandom,
    visits: counts = new InMemoryVisitCounts({
      maxEntries: config.maxLinks,
      clock,
    }),
    sinks = [],
    spans,
    keys,
  } = parts;

  // --- What it tells of itself

  const tail = new MemorySink({ maxEntries: MOST_SHOWN });
  const tracer = new Tracer({ ...(spans && { exporter: spans }), clock });
  const logger = new Logger({
    sinks: [...sinks, tail],
    level: config.logLevel,
    context: { service: "links" },
    span: () => tracer.active(),
    clock,
  });
  const onError = (error: unknown): void => {
    logger.error("unforeseen", () => toError(error));
    parts.onError?.(error);
  };
  const registry = new MetricRegistry({ clock, onError });
  const events = new EventBus<ServiceEvents>({ onError });

  // --- Links: stored sealed, looked up in a cache

  const cache = new InMemoryCacheProvider<Link | undefined>({
    maxEntries: config.maxCachedLinks,
    clock,
  });
  const open = tracedLinks(tracer, "store", stored);
  const sealed = keys ? sealedLinks(open, new Cipher(keys)) : open;
  const cached = new CachedLinks(sealed, cache);
  const links = tracedLinks(tracer, "cache", cached);

  // --- Who may do what, and how much of it

  const { passwords, sessionMs } = config;
  const sessions = passwords && new Sessions({ passwords, sessionMs, clock });
  const admins = config.admins?.split(",") ?? [];
  const guard = new Guard(passwords !== undefined, admins);
  const trail = new Trail({ maxEntries: config.maxAudited, clock, onError });

  const logIns = new GcraLimiter({
    limit: config.logInsPerMinute,
    ...MINUTE,
    clock,
  });
  const everybody = new GcraLimiter({
    limit: config.totalRequestsPerMinute,
    ...MINUTE,
    keyOf: () => "everybody",
    clock,
  });
  const requests = new CombinedRateLimiter([
    new GcraLimiter({ limit: config.requestsPerMinute, ...MINUTE, clock }),
    everybody,
  ]);

  // --- What new links take

  const blocklist = config.blocklist === undefined ? undefined : new Blocklist({
    address: config.blocklist,
    connections: config.blocklistConnections,
    waitMs: config.blocklistWaitMs,
    timeoutMs: config.blocklistTimeoutMs,
    clock,
    random,
    onError,
  });
  const createLink = linkCreator({
    links,
    blocklist: blocklist && tracedBlocklist(tracer, blocklist),
    mayCreate: (user, owner) =>
      guard.may(user, "create", { type: "link", owner }),
    takesNotes: keys !== undefined,
    clock,
    random,
    retries: config.slugRetries,
  });

  // --- What goes on behind the answers

  const visits = new Visits({ events, counts, clock, random, onError });
  const reports = new Reports({
    links,
    visits,
    clock,
    random,
    tracer,
    onError,
  });
  const scheduler = new TaskScheduler({ clock, onError });
  keepHouse(scheduler, { cache, reports, sessions, trail, logger });

  // --- What those see who keep it running

  const compression = new CompressionService();
  measure(registry, {
    cache,
    compression,
    everybody,
    blocklist,
    reports,
    visits,
  });
  const health = healthOf({ links, blocklist, visits, clock });
  const operations = new Operations({
    registry,
    health,
    tracer,
    logger,
    clock,
  });
  const live = config.live
    ? new Live({ registry, health, events, log: tail, scheduler, clock })
    : undefined;

  // --- Routes

  const router = new Router();
  addLiveRoutes(router, live);
  addLinkRoutes(router, {
    links,
    cached,
    createLink,
    visits,
    events,
    guard,
    config,
    clock,
  });
  addReportRoutes(router, { reports, config, clock });
  addLetterRoutes(router, { visits, guard });
  addAuditRoutes(router, { trail, guard });
  if (sessions) addSessionRoutes(router, { sessions, logIns, config, clock });

  /** What nobody foresaw is answered as well. */
  async function route(request: Request, caller: Caller): Promise<Routed> {
    try {
      return await router.route(request, caller);
    } catch (error) {
      onError(error);
      return { response: problemResponse(new HttpProblem(500)), route: "none" };
    }
  }

  /** Answers within the limits of the client. */
  async function answer(request: Request, peer?: Peer): Promise<Routed> {
    const token = await sessions?.find(request);
    const client = token
      ? `user ${token.userId}`
      : ipKey(peer?.address ?? "").unwrapOr("unknown");
    const decision = await requests.consume(client);
    if (!decision.allowed) {
      return { response: tooMany("requests", decision), route: "none" };
    }
    const routed = await route(request, { client, token });
    const { response: { headers, status }, route: path } = routed;
    const { method, url } = request;
    if (!SAFE.includes(method)) {
      const resource = URL.parse(url)?.pathname ?? "";
      trail.record(client, resource, { method, route: path }, { status });
    }
    const limits = rateLimitHeaders("requests", decision, MINUTE);
    for (const [name, value] of Object.entries(limits)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    return routed;
  }

  return {
    logger,
    async fetch(request, peer) {
      const response = await (operations.fetch(request) ??
        operations.observe(request, () => answer(request, peer)));
      return await compressResponse(request, response, {
        service: compression,
      });
    },
    drain() {
      operations.drain();
      live?.close();
    },
    async close() {
      operations.close();
      live?.close();
      await Promise.all([
        scheduler.close({ drainMs: 0 }),
        reports.close(),
        visits.close(),
        blocklist?.close(),
      ]);
      await anchor(trail, logger);
      await spans?.close();
      await logger.flush();
    },
  };
}

/** What else was thrown may hold a secret. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(typeof error);
}

/** Methods that change nothing. */
const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];
