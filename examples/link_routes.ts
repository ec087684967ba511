/**
 * How links are made, looked up, followed and deleted by HTTP.
 *
 * @module
 */

import type { Clock, EventBus, Repository, Service } from "../mod.ts";
import { failure, notFound } from "./answers.ts";
import type { CachedLinks } from "./cached_links.ts";
import type { ServiceEvents } from "./events.ts";
import type { Guard } from "./guard.ts";
import {
  type BodyLimits,
  problemResponse,
  readJson,
  readPage,
} from "./http.ts";
import type { Link, LinkError, LinkOrder } from "./links.ts";
import type { Caller, Router } from "./router.ts";
import type { Visits } from "./visits.ts";

/** What the routes work with. */
export interface LinkRouteParts {
  readonly links: Repository<Link>;
  /** The same links, with what else a cache of them can do. */
  readonly cached: CachedLinks;
  readonly createLink: Service<LinkOrder, Link, LinkError>;
  readonly visits: Visits;
  readonly events: EventBus<ServiceEvents>;
  readonly guard: Guard;
  readonly config: BodyLimits;
  readonly clock: Clock;
}

/** Adds them to a router. */
export function addLinkRoutes(router: Router, parts: LinkRouteParts): void {
  const { links, cached, createLink, visits, events, guard, config, clock } =
    parts;

  /** A link without what the caller may not see. */
  function shown(link: Link, { token }: Caller): Link {
    const resource = { type: "link", owner: link.owner } as const;
    const maySee = guard.may(token?.userId, "see", resource);
    return maySee ? link : withoutNote(link);
  }

  router
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
      const { slug } = created.value;
      events.emit("link.created", { slug });
      return Response.json(created.value, {
        status: 201,
        headers: { location: `/links/${slug}` },
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
    .on("GET", "/links/:slug/visits", async (_request, { params }) => {
      const link = await links.get(params.slug!);
      if (!link) return failure(notFound("Link", params.slug!));
      return Response.json({ visits: await visits.countOf(link) });
    })
    .on("DELETE", "/links/:slug", async (_request, { params, caller }) => {
      const slug = params.slug!;
      const link = guard.hasUsers ? await links.get(slug) : undefined;
      const refused = link &&
        guard.refuse(caller, "change", { type: "link", owner: link.owner });
      if (refused) return refused;
      const deleted = await links.delete(slug);
      return deleted
        ? new Response(null, { status: 204 })
        : failure(notFound("Link", slug));
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
    .on("GET", "/s/:slug", async (request, { params }) => {
      const link = await links.get(params.slug!);
      if (!link) return failure(notFound("Link", params.slug!));
      if (request.method === "GET") { // HEAD only wants to know.
        const visitedAt = new Date(clock.now()).toISOString();
        events.emit("link.visited", { link: withoutNote(link), visitedAt });
      }
      const location = link.url;
      return new Response(null, { status: 302, headers: { location } });
    });
}

function withoutNote({ note: _, ...link }: Link): Link {
  return link;
}
