/**
 * A link shortener one could run: the reference service of Groundwork. It is
 * written once as `fetch(request)`, and started by thin files on Deno, Node and
 * Bun. Read it from top to bottom; it takes ten minutes.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /` | what there is, as a page |
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
 * who show their tokens, and by those whom `LINKS_ADMINS` names. With `LINKS_KEYS` a
 * link may have a note, which only they see, and nobody who reads the store. Each client may do so much a minute, and is told
 * how much is left: a user is one wherever he comes from, else an address is.
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
  allErrors,
  Cipher,
  type Clock,
  compressResponse,
  EventBus,
  GcraLimiter,
  InMemoryCacheProvider,
  InMemoryRepository,
  ipKey,
  type KeyRing,
  Logger,
  type LogSink,
  ok,
  type RandomSource,
  rateLimitHeaders,
  type Repository,
  type Result,
  type SpanExporter,
  type StructuredLogger,
  systemClock,
  systemRandom,
  Tracer,
  validateFormat,
  validateRange,
  type ValidationError,
} from "../mod.ts";
import { failure, MINUTE, notFound, tooMany } from "./answers.ts";
import { Blocklist } from "./blocklist.ts";
import { CachedLinks } from "./cached_links.ts";
import type { ServiceConfig } from "./config.ts";
import { Guard } from "./guard.ts";
import { HttpProblem, problemResponse, readJson } from "./http.ts";
import { type Link, linkCreator } from "./links.ts";
import { Operations } from "./operations.ts";
import { addLetterRoutes } from "./letter_routes.ts";
import { addReportRoutes } from "./report_routes.ts";
import { Reports } from "./reports.ts";
import { type Caller, type Routed, Router } from "./router.ts";
import type { Peer } from "./server.ts";
import { sealedLinks } from "./sealed_links.ts";
import { addSessionRoutes } from "./session_routes.ts";
import { Sessions } from "./sessions.ts";
import { tracedBlocklist, tracedLinks } from "./traced.ts";
import { Trail } from "./trail.ts";
import {
  InMemoryVisitCounts,
  type ServiceEvents,
  type VisitCounts,
  Visits,
} from "./visits.ts";

/** What the service works with; tests bring their own. */
export interface ServiceParts {
  readonly links?: Repository<Link>;
  readonly visits?: VisitCounts;
  /** What notes are sealed with; without it there are none. */
  readonly keys?: KeyRing | undefined;
  /** Where log entries go. Default: nowhere. */
  readonly sinks?: readonly LogSink[];
  /** Where spans go; it is closed with the service. Default: nowhere. */
  readonly spans?: SpanExporter;
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
  /** Has it tell that it wants no more requests; it still answers them. */
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

  const tracer = new Tracer({ ...(spans && { exporter: spans }), clock });
  const logger = new Logger({
    sinks,
    level: config.logLevel,
    context: { service: "links" },
    span: () => tracer.active(),
    clock,
  });
  const onError = (error: unknown): void => {
    logger.error("unforeseen", () => toError(error));
    parts.onError?.(error);
  };

  const cache = new InMemoryCacheProvider<Link | undefined>({
    maxEntries: config.maxCachedLinks,
    clock,
  });
  const open = tracedLinks(tracer, "store", stored);
  const sealed = keys ? sealedLinks(open, new Cipher(keys)) : open;
  const cached = new CachedLinks(sealed, cache);
  const links = tracedLinks(tracer, "cache", cached);
  const blocklist = config.blocklist === undefined ? undefined : new Blocklist({
    address: config.blocklist,
    connections: config.blocklistConnections,
    waitMs: config.blocklistWaitMs,
    timeoutMs: config.blocklistTimeoutMs,
    clock,
    random,
    onError,
  });
  const admins = config.admins?.split(",") ?? [];
  const guard = new Guard(config.passwords !== undefined, admins);
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
  const reports = new Reports({ links, clock, random, tracer, onError });
  const events = new EventBus<ServiceEvents>({ onError });
  const visits = new Visits({ events, counts, clock, random, onError });

  const trail = new Trail({ maxEntries: config.maxAudited, clock, onError });

  const { passwords, sessionMs, requestsPerMinute, logInsPerMinute } = config;
  const sessions = passwords && new Sessions({ passwords, sessionMs, clock });
  const requests = new GcraLimiter({
    limit: requestsPerMinute,
    ...MINUTE,
    clock,
  });
  const logIns = new GcraLimiter({
    limit: logInsPerMinute,
    ...MINUTE,
    clock,
  });

  /** A link without what the caller may not see. */
  function shown(link: Link, { token }: Caller): Link {
    const resource = { type: "link", owner: link.owner } as const;
    const maySee = guard.may(token?.userId, "see", resource);
    return maySee ? link : withoutNote(link);
  }

  const router = new Router()
    .on("GET", "/", () => html(WELCOME))
    .on("POST", "/links", async (request, { caller }) => {
      const refused = guard.refuseStranger(caller);
      if (refused) return refused;
      const body = await readJson(request, config, clock);
      if (!body.ok) return problemResponse(body.error);
      const created = await createLink.execute({
        body: body.value,
        user: caller.token?.userId,
        client: request,
      });
      if (!created.ok) return failure(created.error);
      const location = `/links/${created.value.slug}`;
      return Response.json(created.value, {
        status: 201,
        headers: { location },
      });
    })
    .on("GET", "/links", async (_request, { url, caller }) => {
      const page = readPage(url);
      if (!page.ok) return failure(page.error);
      const all = await links.getAll(page.value);
      return Response.json({ links: all.map((link) => shown(link, caller)) });
    })
    .on("GET", "/links/:slug", async (_request, { params, caller }) => {
      const link = await links.get(params.slug!);
      return link
        ? Response.json(shown(link, caller))
        : failure(notFound("Link", params.slug!));
    })
    .on("DELETE", "/links/:slug", async (_request, { params, caller }) => {
      const { slug } = params;
      const link = sessions && await links.get(slug!);
      const refused = link &&
        guard.refuse(caller, "change", { type: "link", owner: link.owner });
      if (refused) return refused;
      const deleted = await links.delete(slug!);
      return deleted
        ? new Response(null, { status: 204 })
        : failure(notFound("Link", slug!));
    })
    .on("DELETE", "/owners/:owner/links", async (_request, match) => {
      const { params, caller } = match;
      const resource = { type: "link", owner: params.owner! } as const;
      const refused = guard.refuse(caller, "change", resource);
      if (refused) return refused;
      return Response.json({
        deleted: await cached.deleteAllOf(params.owner!),
      });
    })
    .on("GET", "/links/:slug/visits", async (_request, { params }) => {
      const link = await links.get(params.slug!);
      if (!link) return failure(notFound("Link", params.slug!));
      return Response.json({ visits: await visits.countOf(link) });
    })
    .on("GET", "/s/:slug", async (request, { params: { slug } }) => {
      const link = await links.get(slug!);
      if (!link) return failure(notFound("Link", slug!));
      if (request.method === "GET") {
        const visitedAt = new Date(clock.now()).toISOString();
        events.emit("link.visited", { link: withoutNote(link), visitedAt });
      }
      return new Response(null, {
        status: 302,
        headers: { location: link.url },
      });
    })
    .on("GET", "/audit", async (_request, { url, caller }) => {
      const refused = guard.refuse(caller, "see", { type: "auditTrail" });
      if (refused) return refused;
      const page = readPage(url);
      if (!page.ok) return failure(page.error);
      return Response.json(await trail.read(page.value));
    });

  addReportRoutes(router, { reports, config, clock });
  addLetterRoutes(router, { visits, guard });
  if (sessions) addSessionRoutes(router, { sessions, logIns, config, clock });

  const operations = new Operations({
    links,
    cache,
    blocklist,
    reports,
    visits,
    tracer,
    logger,
    clock,
    onError,
  });

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
    const decision = requests.consume(client);
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
      return await compressResponse(request, response);
    },
    drain() {
      operations.drain();
    },
    async close() {
      operations.close();
      await Promise.all([
        reports.close(),
        visits.close(),
        blocklist?.close(),
      ]);
      await spans?.close();
      await logger.flush();
    },
  };
}

/** What else was thrown may hold a secret. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(typeof error);
}

function withoutNote({ note: _, ...link }: Link): Link {
  return link;
}

/** Methods that change nothing. */
const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];

function readPage(
  url: URL,
): Result<
  { readonly offset: number; readonly limit: number },
  readonly ValidationError[]
> {
  return allErrors({
    offset: pageParameter(url, "offset", 0, { min: 0 }),
    limit: pageParameter(url, "limit", 20, { min: 1, max: 100 }),
  });
}

function pageParameter(
  url: URL,
  name: string,
  fallback: number,
  limits: { readonly min: number; readonly max?: number },
): Result<number, ValidationError> {
  const text = url.searchParams.get(name);
  if (text === null) return ok(fallback);
  return validateFormat(name, text, /\d+/)
    .andThen((digits) => validateRange(name, Number(digits), limits));
}

const WELCOME = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Links</title>
<h1>Links</h1>
<p>A link shortener, and the reference service of Groundwork.</p>
<pre>
curl http://localhost:8080/links \\
  -H 'content-type: application/json' -d '{"url":"https://example.com/"}'
</pre>
</html>
`;

function html(page: string): Response {
  return new Response(page, {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}
