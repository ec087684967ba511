/**
 * Parts of the service whose calls are spans.
 *
 * @module
 */

import type { Repository, Tracer } from "../mod.ts";
import type { Blocklist } from "./blocklist.ts";
import type { Link } from "./links.ts";

/** Links whose look-ups and changes are spans: `cache get`, `store create`. */
export function tracedLinks(
  tracer: Tracer,
  part: string,
  links: Repository<Link>,
): Repository<Link> {
  const trace = <R>(method: string, slug: string, work: () => R): R =>
    tracer.run(`${part} ${method}`, { attributes: { slug } }, work);
  return {
    get: (slug) => trace("get", slug, () => links.get(slug)),
    getAll: (options) =>
      tracer.run(`${part} getAll`, {}, () => links.getAll(options)),
    create: (link) => trace("create", link.slug, () => links.create(link)),
    update: (link) => trace("update", link.slug, () => links.update(link)),
    delete: (slug) => trace("delete", slug, () => links.delete(slug)),
    exists: (slug) => trace("exists", slug, () => links.exists(slug)),
  };
}

/** A blocklist whose checks are spans, the wait for a connection included. */
export function tracedBlocklist(
  tracer: Tracer,
  blocklist: Pick<Blocklist, "check">,
): Pick<Blocklist, "check"> {
  return {
    check: (host, options) =>
      tracer.run(
        "blocklist check",
        { kind: "client", attributes: { host } },
        () => blocklist.check(host, options),
      ),
  };
}
