/**
 * How admins read the audit trail by HTTP.
 *
 * @module
 */

import { failure } from "./answers.ts";
import type { Guard } from "./guard.ts";
import { readPage } from "./http.ts";
import type { Router } from "./router.ts";
import type { Trail } from "./trail.ts";

/** What the routes work with. */
export interface AuditRouteParts {
  readonly trail: Trail;
  readonly guard: Guard;
}

/** Adds them to a router. */
export function addAuditRoutes(
  router: Router,
  { trail, guard }: AuditRouteParts,
): void {
  router.on("GET", "/audit", async (_request, { url, caller }) => {
    const refused = guard.refuse(caller, "see", { type: "auditTrail" });
    if (refused) return refused;
    const page = readPage(url);
    if (!page.ok) return failure(page.error);
    return Response.json(await trail.read(page.value));
  });
}
