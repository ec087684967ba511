/**
 * What errors are as answers.
 *
 * @module
 */

import {
  type DeadLetterRetryError,
  type ErrorCode,
  PoolError,
  type RateLimitDecision,
  rateLimitHeaders,
  RepositoryError,
  SecurityError,
  type TaskError,
} from "../mod.ts";
import { HttpProblem, problemResponse } from "./http.ts";
import type { LinkError } from "./links.ts";

/** The period of all limits. */
export const MINUTE = { periodMs: 60_000 } as const;

/** A client has done more than it may. */
export function tooMany(
  policy: string,
  decision: RateLimitDecision<string>,
): Response {
  const headers = rateLimitHeaders(policy, decision, MINUTE);
  const detail = `At most ${decision.limit} ${policy} a minute`;
  return problemResponse(
    new HttpProblem(429, detail, { code: "SECURITY_RATE_LIMITED" }, headers),
  );
}

/** There is no such thing. */
export function notFound(
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
  MSG_QUEUE_FULL: 503,
  MSG_PUBLISH_FAILED: 503,
  MSG_BROKER_UNAVAILABLE: 503,
};

/** Why an operation came to nothing, as HTTP tells it. */
export function failure(
  error: LinkError | TaskError | DeadLetterRetryError,
): Response {
  if (SecurityError.is(error)) {
    const { code, message, details } = error;
    const members = { code, reason: details?.reason };
    return problemResponse(new HttpProblem(403, message, members));
  }
  if (error instanceof Error) {
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
