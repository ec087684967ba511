/**
 * A link shortener one could run: the reference service of Groundwork. It is
 * written once as `fetch(request)`, and started by thin files on Deno, Node and
 * Bun. Read it from top to bottom; it takes ten minutes.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /` | what there is, as a page |
 * | `POST /links` `{ url, slug?, owner? }` | 201 and the link |
 * | `GET /links?offset=0&limit=20` | a part of the links |
 * | `GET /links/{slug}` | one link |
 * | `DELETE /links/{slug}` | 204 |
 * | `DELETE /owners/{owner}/links` | how many of the owner's were deleted |
 * | `GET /s/{slug}` | 302 to the link's URL |
 * | `POST /reports` `{ host, urgency? }` | 202; a report is drawn by and by |
 * | `GET /reports/{host}` | where it stands, and at last what it tells |
 * | `DELETE /reports/{host}` | 202; it is called off |
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
  type Clock,
  compressResponse,
  ConfigBuilder,
  type ConfigOf,
  type ErrorCode,
  type Field,
  field,
  InMemoryCacheProvider,
  InMemoryRepository,
  ok,
  PoolError,
  type RandomSource,
  type Repository,
  RepositoryError,
  type Result,
  SecurityError,
  systemClock,
  systemRandom,
  TaskError,
  validateFormat,
  validateRange,
  type ValidationError,
} from "../mod.ts";
import { ADDRESS, Blocklist } from "./blocklist.ts";
import { CachedLinks } from "./cached_links.ts";
import { type Link, linkCreator, type LinkError } from "./links.ts";
import { HttpProblem, problemResponse, readJson } from "./http.ts";
import { Reports } from "./reports.ts";
import { Router } from "./router.ts";

type ServiceFields = {
  readonly host: Field<string>;
  readonly port: Field<number>;
  readonly maxLinks: Field<number>;
  readonly maxCachedLinks: Field<number>;
  readonly maxBodyBytes: Field<number>;
  readonly bodyTimeoutMs: Field<number>;
  readonly shutdownTimeoutMs: Field<number>;
  readonly slugRetries: Field<number>;
  readonly blocklist: Field<string | undefined>;
  readonly blocklistConnections: Field<number>;
  readonly blocklistWaitMs: Field<number>;
  readonly blocklistTimeoutMs: Field<number>;
};

/** The service's configuration. */
export type ServiceConfig = ConfigOf<ServiceFields>;

/** What there is to configure: `HOST`, `PORT` and `LINKS_…`. */
export function configBuilder(): ConfigBuilder<ServiceFields> {
  return new ConfigBuilder({
    host: field.string({
      env: "HOST",
      default: "127.0.0.1",
      description: "The address to listen at",
    }),
    port: field.integer({
      env: "PORT",
      default: 8080,
      min: 0,
      max: 65535,
      description: "The port to listen at; 0 for a free one",
    }),
    maxLinks: field.integer({
      default: 100_000,
      min: 1,
      description: "How many links there may be",
    }),
    maxCachedLinks: field.integer({
      default: 10_000,
      min: 1,
      description: "How many look-ups of links are cached",
    }),
    maxBodyBytes: field.integer({
      default: 1024 * 1024,
      min: 1,
      description: "How large a request's body may be",
    }),
    bodyTimeoutMs: field.duration({
      default: "30s",
      description: "How long a request's body may take",
    }),
    shutdownTimeoutMs: field.duration({
      default: "10s",
      description: "How long requests under way may take at the end",
    }),
    slugRetries: field.integer({
      default: 3,
      min: 0,
      description: "How often another random slug is tried",
    }),
    blocklist: field.string({
      optional: true,
      format: ADDRESS,
      description: "Where to ask which hosts nobody may link to, as host:port",
    }),
    blocklistConnections: field.integer({
      default: 4,
      min: 1,
      description: "How many connections to the blocklist there may be",
    }),
    blocklistWaitMs: field.duration({
      default: "500ms",
      description: "How long a request waits for such a connection",
    }),
    blocklistTimeoutMs: field.duration({
      default: "2s",
      description: "How long asking the blocklist may take in all",
    }),
  }, { envPrefix: "LINKS_" });
}

/** What the service works with; tests bring their own. */
export interface ServiceParts {
  readonly links?: Repository<Link>;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Gets what clients are not told: what is behind a 500 or a 503. */
  readonly onError: (error: unknown) => void;
}

/** A function from request to response, and what goes on behind it. */
export interface LinkService {
  /** Answers a request. */
  fetch(request: Request): Promise<Response>;
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
    onError,
  } = parts;

  const cache = new InMemoryCacheProvider<Link | undefined>({
    maxEntries: config.maxCachedLinks,
    clock,
  });
  const links = new CachedLinks(stored, cache);
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
    blocklist,
    clock,
    random,
    retries: config.slugRetries,
  });
  const reports = new Reports({ links, clock, random, onError });

  const router = new Router()
    .on("GET", "/", () => html(WELCOME))
    .on("POST", "/links", async (request) => {
      const body = await readJson(request, config, clock);
      if (!body.ok) return problemResponse(body.error);
      const created = await createLink.execute({
        body: body.value,
        client: request,
      });
      if (!created.ok) return failure(created.error);
      const location = `/links/${created.value.slug}`;
      return Response.json(created.value, {
        status: 201,
        headers: { location },
      });
    })
    .on("GET", "/links", async (_request, { url }) => {
      const page = allErrors({
        offset: pageParameter(url, "offset", 0, { min: 0 }),
        limit: pageParameter(url, "limit", 20, { min: 1, max: 100 }),
      });
      if (!page.ok) return failure(page.error);
      return Response.json({ links: await links.getAll(page.value) });
    })
    .on("GET", "/links/:slug", async (_request, { params: { slug } }) => {
      const link = await links.get(slug!);
      return link ? Response.json(link) : failure(notFound("Link", slug!));
    })
    .on("DELETE", "/links/:slug", async (_request, { params: { slug } }) => {
      const deleted = await links.delete(slug!);
      return deleted
        ? new Response(null, { status: 204 })
        : failure(notFound("Link", slug!));
    })
    .on("DELETE", "/owners/:owner/links", async (_request, { params }) => {
      return Response.json({ deleted: await links.deleteAllOf(params.owner!) });
    })
    .on("GET", "/s/:slug", async (_request, { params: { slug } }) => {
      const link = await links.get(slug!);
      if (!link) return failure(notFound("Link", slug!));
      return new Response(null, {
        status: 302,
        headers: { location: link.url },
      });
    })
    .on("POST", "/reports", async (request) => {
      const body = await readJson(request, config, clock);
      if (!body.ok) return problemResponse(body.error);
      const ordered = reports.order(body.value);
      if (!ordered.ok) return failure(ordered.error);
      const location = `/reports/${encodeURIComponent(ordered.value.host)}`;
      return Response.json(ordered.value, {
        status: 202,
        headers: { location },
      });
    })
    .on("GET", "/reports/:host", (_request, { params: { host } }) => {
      const state = reports.find(host!);
      return state ? Response.json(state) : failure(notFound("Report", host!));
    })
    .on("DELETE", "/reports/:host", (_request, { params: { host } }) => {
      return reports.cancel(host!)
        ? new Response(null, { status: 202 })
        : failure(notFound("Report", host!));
    });

  return {
    async fetch(request) {
      try {
        return await compressResponse(request, await router.route(request));
      } catch (error) {
        onError(error);
        return problemResponse(new HttpProblem(500));
      }
    },
    async close() {
      await Promise.all([reports.close(), blocklist?.close()]);
    },
  };
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

function notFound(
  entity: string,
  id: string,
): RepositoryError<"DB_ENTITY_NOT_FOUND"> {
  return new RepositoryError("DB_ENTITY_NOT_FOUND", { entity, id });
}

/** The HTTP status of each error that an operation may answer with. */
const STATUS_OF: { readonly [C in ErrorCode]?: number } = {
  DB_ENTITY_NOT_FOUND: 404,
  DB_DUPLICATE_KEY: 409,
  DB_REPOSITORY_FULL: 507,
  TASK_QUEUE_FULL: 503,
  TASK_QUEUE_CLOSED: 503,
  TASK_TIMEOUT: 503,
  TASK_CANCELLED: 503,
  POOL_EXHAUSTED: 503,
  POOL_ACQUIRE_TIMEOUT: 503,
  POOL_ACQUIRE_CANCELLED: 503,
  POOL_CONNECTION_ERROR: 503,
  POOL_CLOSED: 503,
};

function failure(error: LinkError | TaskError): Response {
  if (SecurityError.is(error)) {
    const { code, message, details } = error;
    const members = { code, reason: details?.reason };
    return problemResponse(new HttpProblem(403, message, members));
  }
  if (PoolError.is(error) || RepositoryError.is(error) || TaskError.is(error)) {
    const status = STATUS_OF[error.code];
    if (status === undefined) throw error;
    // A pool's message may tell of the back-end's address.
    const detail = PoolError.is(error)
      ? "The host cannot be checked now"
      : error.message;
    return problemResponse(
      new HttpProblem(status, detail, { code: error.code }),
    );
  }
  return problemResponse(
    new HttpProblem(422, "Some fields are not valid", {
      errors: error.map(({ field, code, message }) => ({
        field,
        code,
        message,
      })),
    }),
  );
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
