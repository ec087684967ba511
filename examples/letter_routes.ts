/**
 * How owners see to the visits of their links that could not be counted.
 *
 * @module
 */

import {
  type Awaitable,
  type DeadLetterRetryError,
  ok,
  type Result,
} from "../mod.ts";
import { failure, notFound } from "./answers.ts";
import type { Guard } from "./guard.ts";
import type { RouteMatch, Router } from "./router.ts";
import type { Visits } from "./visits.ts";

/** What the routes work with. */
export interface LetterRouteParts {
  readonly visits: Visits;
  readonly guard: Guard;
}

/** Adds them to a router. */
export function addLetterRoutes(
  router: Router,
  { visits, guard }: LetterRouteParts,
): void {
  router
    .on("GET", "/dead-letters", async (_request, { caller }) => {
      const refused = guard.refuseStranger(caller);
      if (refused) return refused;
      const all = await visits.deadLetters();
      return Response.json({
        deadLetters: all.filter(({ message: { link } }) =>
          guard.may(caller.token?.userId, "see", {
            type: "deadLetter",
            owner: link.owner,
          })
        ),
      });
    })
    .on("POST", "/dead-letters/:id/replay", (_request, match) => {
      return changeLetter(match, (id) => visits.replay(id));
    })
    .on("DELETE", "/dead-letters/:id", (_request, match) => {
      return changeLetter(match, async (id) => ok(await visits.discard(id)));
    });

  /** Sends a dead letter of the caller's links again, or throws it away. */
  async function changeLetter(
    { params, caller }: RouteMatch,
    change: (id: string) => Awaitable<Result<boolean, DeadLetterRetryError>>,
  ): Promise<Response> {
    const id = params.id!;
    const letter = await visits.deadLetter(id);
    if (!letter) return failure(notFound("DeadLetter", id));
    const { owner } = letter.message.link;
    const resource = { type: "deadLetter", owner } as const;
    const refused = guard.refuse(caller, "change", resource);
    if (refused) return refused;
    const changed = await change(id);
    if (!changed.ok) return failure(changed.error);
    return changed.value
      ? new Response(null, { status: 204 })
      : failure(notFound("DeadLetter", id));
  }
}
