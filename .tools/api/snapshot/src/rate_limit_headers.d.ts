import type { RateLimitDecision } from "./rate_limiter.js";
export interface RateLimitPolicy {
  readonly periodMs: number;
  readonly unit?: string;
}
export declare function rateLimitHeaders(
  policyName: string,
  decision: RateLimitDecision<unknown>,
  policy: RateLimitPolicy,
): Record<string, string>;
