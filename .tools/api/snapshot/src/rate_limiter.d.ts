import { type Clock } from "./clock.js";
import { type ErrorOf } from "./errors.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
export interface RateLimitDecision<TKey> {
  readonly key: TKey;
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly retryAfterMs: number;
}
export interface RateLimiter<TKey> {
  consume(key: TKey, cost?: number): Awaitable<RateLimitDecision<TKey>>;
  peek(key: TKey, cost?: number): Awaitable<RateLimitDecision<TKey>>;
  refund(key: TKey, cost?: number): Awaitable<void>;
  reset(key: TKey): Awaitable<boolean>;
}
export declare function isRateLimiter(
  value: unknown,
): value is RateLimiter<unknown>;
export declare function toRateLimitResult<TKey>(
  decision: RateLimitDecision<TKey>,
): Result<RateLimitDecision<TKey>, ErrorOf<"SECURITY_RATE_LIMITED">>;
export type KeyOfOption<TKey> = [
  TKey,
] extends [
  string | number | bigint,
] ? {
    readonly keyOf?: (key: TKey) => string | number | bigint;
  }
  : {
    readonly keyOf: (key: TKey) => string | number | bigint;
  };
export interface RateLimiterBounds {
  readonly maxKeys?: number;
  readonly onFull?: "forget" | "deny";
  readonly clock?: Clock;
}
export type RateLimiterOptions<TKey> = RateLimiterBounds & KeyOfOption<TKey>;
export interface WindowLimit {
  readonly limit: number;
  readonly periodMs: number;
}
export interface GcraLimit extends WindowLimit {
  readonly burst?: number;
}
export interface TokenBucketLimit {
  readonly capacity: number;
  readonly refill: number;
  readonly periodMs: number;
}
export interface RateLimitAlgorithm {
  readonly width: number;
  readonly ticksPerMs: number;
  readonly capacity: number;
  readonly spanTicks: number;
  settle(cells: Float64Array, at: number, tick: number): void;
  take(cells: Float64Array, at: number, cost: number, tick: number): boolean;
  give(cells: Float64Array, at: number, cost: number): void;
  remaining(cells: Float64Array, at: number, tick: number): number;
  ticksToReset(cells: Float64Array, at: number, tick: number): number;
  ticksToWait(
    cells: Float64Array,
    at: number,
    cost: number,
    tick: number,
  ): number;
}
export declare class InMemoryRateLimiter<TKey> implements RateLimiter<TKey> {
  constructor(algorithm: RateLimitAlgorithm, options: RateLimiterOptions<TKey>);
  get size(): number;
  consume(key: TKey, cost?: number): RateLimitDecision<TKey>;
  peek(key: TKey, cost?: number): RateLimitDecision<TKey>;
  refund(key: TKey, cost?: number): void;
  reset(key: TKey): boolean;
}
export declare class GcraLimiter<TKey = string>
  extends InMemoryRateLimiter<TKey> {
  constructor(options: GcraLimit & RateLimiterOptions<TKey>);
}
export declare class TokenBucketLimiter<TKey = string>
  extends InMemoryRateLimiter<TKey> {
  constructor(options: TokenBucketLimit & RateLimiterOptions<TKey>);
}
export declare class FixedWindowLimiter<TKey = string>
  extends InMemoryRateLimiter<TKey> {
  constructor(options: WindowLimit & RateLimiterOptions<TKey>);
}
export declare class SlidingWindowLimiter<TKey = string>
  extends InMemoryRateLimiter<TKey> {
  constructor(options: WindowLimit & RateLimiterOptions<TKey>);
}
