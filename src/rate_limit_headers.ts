/**
 * Rate limits as HTTP tells them.
 *
 * When to use it: in every answer of a service that limits its clients, so that
 * they can pace themselves.
 *
 * When not: for limits that a client shall not learn of.
 *
 * - **Never too early.** Times are rounded up to whole seconds.
 *
 * @example An answer that is refused
 * ```ts
 * import { rateLimitHeaders } from "@groundwork/infra/rate-limit-headers";
 * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
 * import { strictEqual } from "node:assert/strict";
 *
 * const policy = { limit: 1, periodMs: 60_000 };
 * const limiter = new GcraLimiter(policy);
 * limiter.consume("ada");
 * const decision = limiter.consume("ada");
 * const answer = new Response(null, {
 *   status: decision.allowed ? 200 : 429,
 *   headers: rateLimitHeaders("search", decision, policy),
 * });
 * strictEqual(answer.headers.get("retry-after"), "60");
 * ```
 *
 * @module
 */

import { requireDuration } from "./_options.ts";
import type { RateLimitDecision } from "./rate_limiter.ts";
import { requireOption, validateFormat } from "./validators.ts";

/** What else a policy tells. */
export interface RateLimitPolicy {
  /** The period of the limit, in ms. */
  readonly periodMs: number;
  /** What is counted, as `"content-bytes"`. Default: requests. */
  readonly unit?: string;
}

/** What a string of a structured field may have in it (RFC 9651, 3.3.3). */
const PRINTABLE = {
  description: "printable ASCII",
  pattern: /[\x20-\x7e]+/,
};

/** An integer of a structured field has at most 15 digits (RFC 9651, 3.3.1). */
const LARGEST = 999_999_999_999_999;

/**
 * The header fields that tell a client of its limit: `RateLimit-Policy` and
 * `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), and `Retry-After`
 * (RFC 9110, section 10.2.3) where the request was refused. Times are in whole
 * seconds, rounded up, so that nobody comes back too early.
 *
 * @param policyName What the policy is called: printable ASCII.
 * @param decision What the limiter said.
 * @param policy Its period, and what it counts.
 * @returns The fields by their names in lower case.
 * @throws {ValidationError} The name or the unit is not printable ASCII, or
 * `periodMs` is not a number of 0 or more.
 *
 * @example What is left
 * ```ts
 * import { rateLimitHeaders } from "@groundwork/infra/rate-limit-headers";
 * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const policy = { limit: 100, periodMs: 60_000 };
 * const decision = new GcraLimiter(policy).consume("ada", 50);
 * deepStrictEqual(rateLimitHeaders("default", decision, policy), {
 *   "ratelimit-policy": '"default";q=100;w=60',
 *   "ratelimit": '"default";r=50;t=30',
 * });
 * ```
 */
export function rateLimitHeaders(
  policyName: string,
  decision: RateLimitDecision<unknown>,
  policy: RateLimitPolicy,
): Record<string, string> {
  const { periodMs, unit } = policy;
  requireDuration("periodMs", periodMs);
  const name = toText("policyName", policyName);
  const { allowed, limit, remaining, resetMs, retryAfterMs } = decision;
  const quantity = unit === undefined ? "" : `;qu=${toText("unit", unit)}`;
  const seconds = toSeconds(allowed ? resetMs : retryAfterMs);
  const headers: Record<string, string> = {
    "ratelimit-policy": `${name};q=${Math.min(limit, LARGEST)};w=${
      toSeconds(periodMs)
    }${quantity}`,
    "ratelimit": `${name};r=${Math.min(remaining, LARGEST)};t=${seconds}`,
  };
  // There is no time after which too large a request would be allowed.
  if (!allowed && retryAfterMs !== Infinity) {
    headers["retry-after"] = String(seconds);
  }
  return headers;
}

function toText(field: string, value: string): string {
  const text = requireOption(validateFormat(field, value, PRINTABLE), value);
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

function toSeconds(durationMs: number): number {
  return Math.min(Math.ceil(durationMs / 1_000), LARGEST);
}
