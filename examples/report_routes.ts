/**
 * How reports are ordered and fetched by HTTP.
 *
 * @module
 */

import type { Clock } from "../mod.ts";
import { failure, notFound } from "./answers.ts";
import { type BodyLimits, problemResponse, readJson } from "./http.ts";
import type { Reports } from "./reports.ts";
import type { Router } from "./router.ts";

/** What the routes work with. */
export interface ReportRouteParts {
  readonly reports: Reports;
  readonly config: BodyLimits;
  readonly clock: Clock;
}

/** Adds them to a router. */
export function addReportRoutes(
  router: Router,
  { reports, config, clock }: ReportRouteParts,
): void {
  router
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
}
