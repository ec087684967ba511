import { type RandomSource } from "./clock.js";
export type Backoff = (retry: number, random: RandomSource) => number;
export interface ExponentialBackoffOptions {
  readonly baseDelayMs?: number;
  readonly factor?: number;
  readonly maxDelayMs?: number;
  readonly minDelayMs?: number;
  readonly jitter?: boolean;
}
export declare function exponentialBackoff(
  options?: ExponentialBackoffOptions,
): Backoff;
export type RetryableClass = abstract new (...args: never[]) => unknown;
export type RetryFilter =
  | readonly RetryableClass[]
  | ((error: unknown) => boolean);
export type RetryableOf<TFilter extends RetryFilter> = TFilter extends
  readonly (infer TClass extends RetryableClass)[] ? InstanceType<TClass>
  : TFilter extends (error: unknown) => error is infer TError ? TError
  : unknown;
export interface RetryBudget {
  deposit(): void;
  withdraw(): boolean;
}
export declare function isRetryBudget(value: unknown): value is RetryBudget;
export interface TokenRetryBudgetOptions {
  readonly capacity?: number;
  readonly refund?: number;
}
export declare class TokenRetryBudget implements RetryBudget {
  constructor(options?: TokenRetryBudgetOptions);
  get tokens(): number;
  deposit(): void;
  withdraw(): boolean;
}
export interface RetryOptions<TFilter extends RetryFilter = RetryFilter>
  extends ExponentialBackoffOptions {
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
  readonly retryOn?: TFilter;
  readonly shouldRetry?: (
    error: RetryableOf<NoInfer<TFilter>>,
    attempt: number,
  ) => boolean | RetryDelay;
  readonly budget?: RetryBudget;
  readonly random?: RandomSource;
}
export interface RetryDelay {
  readonly delayMs: number;
}
export type RetryDecision = {
  readonly retry: true;
  readonly delayMs: number;
} | {
  readonly retry: false;
  readonly reason: "refused" | "exhausted" | "budget";
};
export declare class RetryPolicy<TFilter extends RetryFilter = RetryFilter> {
  readonly maxAttempts: number;
  constructor(options?: RetryOptions<TFilter>);
  decide(error: unknown, attempt: number): RetryDecision;
  recordSuccess(attempt: number): void;
}
