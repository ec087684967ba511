/**
 * The page at the root, and the stream it shows.
 *
 * @module
 */

import { HttpProblem, problemResponse } from "./http.ts";
import type { Live } from "./live.ts";
import { introPage, livePage } from "./live_page.ts";
import type { Router } from "./router.ts";

const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
};

/** Adds them to a router; without `live`, the page has nothing to show. */
export function addLiveRoutes(router: Router, live: Live | undefined): void {
  router.on("GET", "/", () => live ? livePage() : introPage());
  if (live === undefined) return;
  router.on("GET", "/live", (request) => {
    if (request.method === "HEAD") {
      return new Response(null, { headers: EVENT_STREAM });
    }
    const stream = live.watch();
    return stream === undefined
      ? problemResponse(
        new HttpProblem(503, "Nobody else can watch now", {}, {
          "retry-after": "10",
        }),
      )
      : new Response(stream, { headers: EVENT_STREAM });
  });
}
