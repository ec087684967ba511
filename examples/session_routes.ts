/**
 * How one logs in and out by HTTP.
 *
 * @module
 */

import type { Clock, GcraLimiter } from "../mod.ts";
import { failure, tooMany } from "./answers.ts";
import { type BodyLimits, problemResponse, readJson } from "./http.ts";
import type { Router } from "./router.ts";
import { readCredentials, type Sessions, unauthorized } from "./sessions.ts";

/** What the routes work with. */
export interface SessionRouteParts {
  readonly sessions: Sessions;
  /** How often one may try a password. */
  readonly logIns: GcraLimiter;
  readonly config: BodyLimits;
  readonly clock: Clock;
}

/** Adds them to a router. */
export function addSessionRoutes(
  router: Router,
  { sessions, logIns, config, clock }: SessionRouteParts,
): void {
  router
    .on("POST", "/sessions", async (request, { caller: { client } }) => {
      const body = await readJson(request, config, clock);
      if (!body.ok) return problemResponse(body.error);
      const credentials = readCredentials(body.value);
      if (!credentials.ok) return failure(credentials.error);
      const tries = `${client} ${credentials.value.user}`;
      const decision = logIns.consume(tries);
      if (!decision.allowed) return tooMany("log-ins", decision);
      const session = await sessions.logIn(credentials.value);
      if (!session.ok) return problemResponse(session.error);
      logIns.refund(tries); // Only wrong passwords count.
      return Response.json(session.value, { status: 201 });
    })
    .on("POST", "/sessions/current", async (request) => {
      const session = await sessions.renew(request);
      return session.ok
        ? Response.json(session.value)
        : problemResponse(session.error);
    })
    .on("DELETE", "/sessions/current", async (_request, { caller }) => {
      if (!caller.token) return problemResponse(unauthorized());
      await sessions.logOut(caller.token);
      return new Response(null, { status: 204 });
    })
    .on("DELETE", "/sessions", async (_request, { caller }) => {
      if (!caller.token) return problemResponse(unauthorized());
      const ended = await sessions.logOutEverywhere(caller.token);
      return Response.json({ ended });
    });
}
