import { type RateLimitDecision, type RateLimiter } from "./rate_limiter.js";
export declare class CombinedRateLimiter<TKey> implements RateLimiter<TKey> {
  constructor(limiters: readonly RateLimiter<TKey>[]);
  consume(key: TKey, cost?: number): Promise<RateLimitDecision<TKey>>;
  peek(key: TKey, cost?: number): Promise<RateLimitDecision<TKey>>;
  refund(key: TKey, cost?: number): Promise<void>;
  reset(key: TKey): Promise<boolean>;
}
