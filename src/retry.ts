/**
 * Whether to try again, and after how long: the policy alone, without any
 * waiting. `RetryableTask` of the `task` module does the waiting.
 *
 * When to use it: to ask a policy alone, in a loop of your own; with
 * `RetryableTask` otherwise.
 *
 * When not: for what may not be done twice, and for failures that will be the
 * same again, such as a refused input.
 *
 * - **Bounded.** Attempts are, unless you say `Infinity`, and so is each wait,
 *   unless a `backoff` or `shouldRetry` of yours chooses it; with a budget, so
 *   are the retries of all callers together.
 * - **Spread out.** Waits are chosen by chance between a floor and a cap that
 *   grows.
 *
 * @example Ask a policy
 * ```ts
 * import { RetryPolicy } from "@groundwork/infra/retry";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const policy = new RetryPolicy({ maxAttempts: 3, jitter: false });
 * const error = new Error("503");
 * deepStrictEqual(policy.decide(error, 1), { retry: true, delayMs: 1_000 });
 * deepStrictEqual(policy.decide(error, 2), { retry: true, delayMs: 2_000 });
 * deepStrictEqual(policy.decide(error, 3), { retry: false, reason: "exhausted" });
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import {
  requireCallback,
  requireCount,
  requireDuration,
  requireFunction,
  requireProtocol,
} from "./_options.ts";
import { type RandomSource, systemRandom } from "./clock.ts";
import { ValidationError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { hasMethods } from "./protocols.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

/**
 * How long to wait before a retry: its number, from 1, and a source of chance
 * give ms.
 *
 * @example Always the same
 * ```ts
 * import { type Backoff, RetryPolicy } from "@groundwork/infra/retry";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const fixed: Backoff = () => 250;
 * const policy = new RetryPolicy({ backoff: fixed });
 * deepStrictEqual(policy.decide("busy", 2), { retry: true, delayMs: 250 });
 * ```
 */
export type Backoff = (retry: number, random: RandomSource) => number;

/** Options of {@linkcode exponentialBackoff}. */
export interface ExponentialBackoffOptions {
  /**
   * The longest wait before the first retry, in ms.
   *
   * @default {1_000}
   */
  readonly baseDelayMs?: number;
  /**
   * By how much the longest wait grows each time; 1 or more.
   *
   * @default {2}
   */
  readonly factor?: number;
  /**
   * What no wait exceeds, in ms.
   *
   * @default {60_000}
   */
  readonly maxDelayMs?: number;
  /**
   * What chance chooses no wait below, in ms; at most `maxDelayMs`. Where the
   * longest wait is shorter, it is that one. Default: half of `baseDelayMs`, or
   * half of `maxDelayMs` where that is less.
   */
  readonly minDelayMs?: number;
  /**
   * Whether chance chooses each wait. Without it, clients that failed together
   * come back together.
   *
   * @default {true}
   */
  readonly jitter?: boolean;
}

/**
 * Waits that grow by a factor up to a cap, each chosen by chance between a
 * floor and the longest: full jitter, with a floor so that bad luck does not
 * use up all retries at once.
 *
 * The longest wait before retry n is min(maxDelayMs, baseDelayMs · factorⁿ⁻¹).
 * See Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param options Base, factor, bounds and jitter.
 * @returns The backoff.
 * @throws {ValidationError} A delay is not a number from 0 to
 * `Number.MAX_SAFE_INTEGER`, `minDelayMs` is above `maxDelayMs`, or `factor` is
 * not a number of 1 or more.
 *
 * @example With chance and without
 * ```ts
 * import { exponentialBackoff } from "@groundwork/infra/retry";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const exact = exponentialBackoff({ jitter: false, maxDelayMs: 3_000 });
 * deepStrictEqual([1, 2, 3].map((n) => exact(n, () => 0)), [1_000, 2_000, 3_000]);
 *
 * const jittered = exponentialBackoff({ baseDelayMs: 100, minDelayMs: 40 });
 * strictEqual(jittered(1, () => 0), 40);
 * strictEqual(jittered(1, () => 0.5), 70);
 * ```
 */
export function exponentialBackoff(
  options: ExponentialBackoffOptions = {},
): Backoff {
  const {
    baseDelayMs: base = 1_000,
    factor = 2,
    maxDelayMs: max = 60_000,
    jitter = true,
  } = options;
  requireDelay("baseDelayMs", base);
  requireDelay("maxDelayMs", max);
  const { minDelayMs: min = Math.min(base, max) / 2 } = options;
  requireDelay("minDelayMs", min, max);
  requireOption(validateRange("factor", factor, { min: 1 }), factor);

  return (retry: number, random: RandomSource): number => {
    // An overflow stays finite, as 0 · Infinity would be NaN.
    const growth = Math.min(factor ** (retry - 1), Number.MAX_VALUE);
    const envelope = Math.min(max, base * growth);
    if (!jitter) return envelope;
    const floor = Math.min(min, envelope);
    return floor + random() * (envelope - floor);
  };
}

function requireDelay(
  name: string,
  delayMs: number,
  max = Number.MAX_SAFE_INTEGER,
): void {
  requireOption(validateRange(name, delayMs, { min: 0, max }), delayMs);
}

/**
 * A class whose errors are retried. One that has an `is()` of its own, as the
 * errors of this package do, is asked by it, else by `instanceof`.
 */
export type RetryableClass = abstract new (...args: never[]) => unknown;

/**
 * Which errors are retried: those of some classes, or those of which a
 * function says so.
 */
export type RetryFilter =
  | readonly RetryableClass[]
  | ((error: unknown) => boolean);

/**
 * The errors that a filter lets through: those its classes make or its type
 * predicate names, else `unknown`.
 *
 * @typeParam TFilter The filter.
 *
 * @example Classes of the package and of one's own
 * ```ts
 * import { PoolError } from "@groundwork/infra/errors";
 * import type { RetryableOf } from "@groundwork/infra/retry";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * class HttpError extends Error {
 *   readonly status = 503;
 * }
 * const retryOn = [PoolError, HttpError];
 * const describe = (error: RetryableOf<typeof retryOn>) =>
 *   PoolError.is(error) ? error.code : error.status;
 *
 * const errors = [new PoolError("POOL_CLOSED"), new HttpError()];
 * deepStrictEqual(errors.map(describe), ["POOL_CLOSED", 503]);
 * ```
 */
export type RetryableOf<TFilter extends RetryFilter> = TFilter extends
  readonly (infer TClass extends RetryableClass)[] ? InstanceType<TClass>
  : TFilter extends (error: unknown) => error is infer TError ? TError
  : unknown;

/**
 * Limits the retries of many calls together, so that a service in trouble is
 * not asked several times as much as one that is well. Share one among the
 * tasks that ask the same service.
 *
 * @example A budget that allows no retry
 * ```ts
 * import { type RetryBudget, RetryPolicy } from "@groundwork/infra/retry";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const none: RetryBudget = { deposit() {}, withdraw: () => false };
 * const policy = new RetryPolicy({ budget: none });
 * deepStrictEqual(policy.decide("busy", 1), { retry: false, reason: "budget" });
 * ```
 */
export interface RetryBudget {
  /** Told of each task that succeeded at its first attempt. */
  deposit(): void;

  /**
   * Asked before each retry, when the policy is for it.
   *
   * @returns Whether the retry may be made; it is then paid for, also where the
   * task has no time left for it.
   */
  withdraw(): boolean;
}

/**
 * Tells whether a value looks like a {@linkcode RetryBudget}: by its methods, not
 * by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A budget and a number
 * ```ts
 * import { isRetryBudget, TokenRetryBudget } from "@groundwork/infra/retry";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isRetryBudget(new TokenRetryBudget()), true);
 * strictEqual(isRetryBudget(10), false);
 * ```
 */
export function isRetryBudget(value: unknown): value is RetryBudget {
  return hasMethods(value, ["deposit", "withdraw"]);
}

/** Options of {@linkcode TokenRetryBudget}. */
export interface TokenRetryBudgetOptions {
  /**
   * How many tokens there are at most, and to begin with; 1 or more.
   *
   * @default {10}
   */
  readonly capacity?: number;
  /**
   * What a first-time success gives back, from 0 to 1, to three decimal
   * places: 0.1 allows one retry in ten calls in the long run.
   *
   * @default {0.1}
   */
  readonly refund?: number;
}

/** Tokens are counted in whole thousandths: ten times 0.1 must make 1. */
const TOKEN = 1_000;

/**
 * A token bucket without a clock: a retry takes one token, a first-time
 * success gives a part of one back. In quiet times a retry is always free; in
 * an outage the retries of all callers together end with the bucket.
 *
 * As retry throttling of gRPC (gRFC A6) and the standard retry mode of the AWS
 * SDKs do it.
 *
 * @example One retry, and another after ten successes
 * ```ts
 * import { TokenRetryBudget } from "@groundwork/infra/retry";
 * import { strictEqual } from "node:assert/strict";
 *
 * const budget = new TokenRetryBudget({ capacity: 1, refund: 0.1 });
 * strictEqual(budget.withdraw(), true);
 * strictEqual(budget.withdraw(), false);
 * for (let i = 0; i < 10; i++) budget.deposit();
 * strictEqual(budget.withdraw(), true);
 * ```
 */
export class TokenRetryBudget implements RetryBudget {
  readonly #capacity: number;
  readonly #refund: number;
  #balance: number;

  /**
   * Makes a full bucket.
   *
   * @param options Its size, and what a success gives back.
   * @throws {ValidationError} `capacity` is not a number from 1 to 10⁹, or
   * `refund` not one from 0 to 1.
   */
  constructor(options: TokenRetryBudgetOptions = {}) {
    const { capacity = 10, refund = 0.1 } = options;
    const limits = { min: 1, max: 1e9 };
    requireOption(validateRange("capacity", capacity, limits), capacity);
    requireOption(validateRange("refund", refund, { min: 0, max: 1 }), refund);
    this.#capacity = Math.round(capacity * TOKEN);
    this.#refund = Math.round(refund * TOKEN);
    this.#balance = this.#capacity;
  }

  /** How many tokens there are. */
  get tokens(): number {
    return this.#balance / TOKEN;
  }

  /**
   * Gives a part of a token back, unless the bucket is full.
   *
   * @example Never more than it holds
   * ```ts
   * import { TokenRetryBudget } from "@groundwork/infra/retry";
   * import { strictEqual } from "node:assert/strict";
   *
   * const budget = new TokenRetryBudget({ capacity: 2, refund: 0.5 });
   * budget.withdraw();
   * for (let i = 0; i < 5; i++) budget.deposit();
   * strictEqual(budget.tokens, 2);
   * ```
   */
  deposit(): void {
    this.#balance = Math.min(this.#capacity, this.#balance + this.#refund);
  }

  /**
   * Takes a token, where there is a whole one.
   *
   * @returns Whether there was.
   *
   * @example An outage ends the retries
   * ```ts
   * import { TokenRetryBudget } from "@groundwork/infra/retry";
   * import { strictEqual } from "node:assert/strict";
   *
   * const budget = new TokenRetryBudget({ capacity: 3 });
   * let retries = 0;
   * while (budget.withdraw()) retries++;
   * strictEqual(retries, 3);
   * ```
   */
  withdraw(): boolean {
    if (this.#balance < TOKEN) return false;
    this.#balance -= TOKEN;
    return true;
  }
}

/**
 * Options of {@linkcode RetryPolicy}.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 */
export interface RetryOptions<TFilter extends RetryFilter = RetryFilter>
  extends ExponentialBackoffOptions {
  /**
   * How many attempts there are at most, the first included: a whole number of
   * 1 or more, or `Infinity`.
   *
   * @default {3}
   */
  readonly maxAttempts?: number;
  /**
   * How long to wait, in place of the exponential backoff and its options.
   */
  readonly backoff?: Backoff;
  /**
   * Which errors are retried: those of these classes, or those of which a
   * function says so. Default: all.
   */
  readonly retryOn?: TFilter;
  /**
   * Asked of an error that `retryOn` lets through while there are attempts
   * left: whether to retry after such an attempt (from 1), or after how many
   * ms, as a server may say. That delay is taken as it is, neither capped nor
   * jittered.
   */
  readonly shouldRetry?: (
    error: RetryableOf<NoInfer<TFilter>>,
    attempt: number,
  ) => boolean | RetryDelay;
  /** Limits the retries of many calls together. */
  readonly budget?: RetryBudget;
  /** The chance of the jitter. Default: the system's. */
  readonly random?: RandomSource;
}

/** A wait that somebody else has chosen. */
export interface RetryDelay {
  /** How long to wait, in ms: 0 or more. */
  readonly delayMs: number;
}

/**
 * Whether to retry: after a delay; or not, because the error is `refused` by
 * `retryOn` or `shouldRetry`, the attempts are `exhausted`, or the `budget` is.
 *
 * @example Read a decision
 * ```ts
 * import { type RetryDecision, RetryPolicy } from "@groundwork/infra/retry";
 * import { strictEqual } from "node:assert/strict";
 *
 * const explain = (decision: RetryDecision) =>
 *   decision.retry ? `again in ${decision.delayMs} ms` : decision.reason;
 *
 * const policy = new RetryPolicy({ maxAttempts: 2, backoff: () => 5 });
 * strictEqual(explain(policy.decide("busy", 1)), "again in 5 ms");
 * strictEqual(explain(policy.decide("busy", 2)), "exhausted");
 * ```
 */
export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number }
  | {
    readonly retry: false;
    readonly reason: "refused" | "exhausted" | "budget";
  };

const REFUSED: RetryDecision = { retry: false, reason: "refused" };
const EXHAUSTED: RetryDecision = { retry: false, reason: "exhausted" };
const OVER_BUDGET: RetryDecision = { retry: false, reason: "budget" };

/** The options that `backoff` takes the place of. */
const EXPONENTIAL_OPTIONS = [
  "baseDelayMs",
  "factor",
  "maxDelayMs",
  "minDelayMs",
  "jitter",
] as const satisfies readonly (keyof ExponentialBackoffOptions)[];

/**
 * Decides about retries. It keeps nothing of a task, so one policy serves any
 * number of them at once.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 *
 * @example Wait as long as the server says
 * ```ts
 * import { SecurityError } from "@groundwork/infra/errors";
 * import { RetryPolicy } from "@groundwork/infra/retry";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const policy = new RetryPolicy({
 *   retryOn: [SecurityError<"SECURITY_RATE_LIMITED">],
 *   shouldRetry: ({ params }) => ({ delayMs: params.retryAfterMs }),
 * });
 * const error = new SecurityError("SECURITY_RATE_LIMITED", { retryAfterMs: 90_000 });
 * deepStrictEqual(policy.decide(error, 1), { retry: true, delayMs: 90_000 });
 * ```
 */
export class RetryPolicy<TFilter extends RetryFilter = RetryFilter> {
  /** How many attempts there are at most, the first included. */
  readonly maxAttempts: number;
  readonly #backoff: Backoff;
  readonly #retryOn: (error: unknown) => boolean;
  /** Only ever called with what the filter let through. */
  readonly #shouldRetry:
    | ((error: never, attempt: number) => boolean | RetryDelay)
    | undefined;
  readonly #budget: RetryBudget | undefined;
  readonly #random: RandomSource;

  /**
   * Makes a policy.
   *
   * @param options Which errors are retried, how often and after how long.
   * @throws {ValidationError} `maxAttempts` is neither a whole number of 1 or
   * more nor `Infinity`, `backoff` or `shouldRetry` is not a function,
   * `backoff` comes with an option it takes the place of, `retryOn` is neither
   * a list of classes nor a function, `budget` is none, or
   * {@linkcode exponentialBackoff} refuses its options.
   */
  constructor(options: RetryOptions<TFilter> = {}) {
    const { maxAttempts = 3, backoff, shouldRetry, budget } = options;
    if (backoff !== undefined) {
      requireFunction("backoff", backoff);
      requireAlone(options);
    }
    requireCallback("shouldRetry", shouldRetry);
    if (budget !== undefined) {
      requireProtocol("budget", budget, isRetryBudget);
    }
    this.maxAttempts = requireCount("maxAttempts", maxAttempts);
    this.#backoff = backoff ?? exponentialBackoff(options);
    this.#retryOn = asPredicate(options.retryOn);
    this.#shouldRetry = shouldRetry;
    this.#budget = budget;
    this.#random = options.random ?? systemRandom;
  }

  /**
   * Decides what to do about an attempt that failed. The filter comes first,
   * then the attempts, `shouldRetry`, the delay, and the budget last, so that
   * a refused retry costs nothing.
   *
   * @param error What it failed with.
   * @param attempt Which attempt it was, from 1.
   * @returns Whether to retry, and after how long.
   * @throws {ValidationError} `shouldRetry` or `backoff` gave a delay that is
   * not a number of 0 or more.
   * @throws What `retryOn`, `shouldRetry`, `backoff` or the budget threw.
   *
   * @example A bug is not retried, however many attempts are left
   * ```ts
   * import { PoolError } from "@groundwork/infra/errors";
   * import { RetryPolicy } from "@groundwork/infra/retry";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const policy = new RetryPolicy({ retryOn: [PoolError] });
   * const decision = policy.decide(new TypeError("x is undefined"), 1);
   * deepStrictEqual(decision, { retry: false, reason: "refused" });
   * ```
   */
  decide(error: unknown, attempt: number): RetryDecision {
    if (!this.#retryOn(error)) return REFUSED;
    if (attempt >= this.maxAttempts) return EXHAUSTED;
    const answer = this.#shouldRetry === undefined ||
      this.#shouldRetry(error as never, attempt);
    if (!answer) return REFUSED;
    const delayMs = answer === true
      ? this.#backoff(attempt, this.#random)
      : answer.delayMs;
    requireDuration("delayMs", delayMs);
    if (this.#budget?.withdraw() === false) return OVER_BUDGET;
    return { retry: true, delayMs };
  }

  /**
   * Tells the budget of a task that succeeded, if it did so at once.
   *
   * @param attempt Which attempt succeeded, from 1.
   * @throws What the budget threw.
   *
   * @example Only a first-time success earns retries
   * ```ts
   * import { RetryPolicy, TokenRetryBudget } from "@groundwork/infra/retry";
   * import { strictEqual } from "node:assert/strict";
   *
   * const budget = new TokenRetryBudget({ capacity: 1, refund: 0.5 });
   * const policy = new RetryPolicy({ budget });
   * policy.decide("busy", 1); // Takes the token.
   * policy.recordSuccess(2);
   * strictEqual(budget.tokens, 0);
   * policy.recordSuccess(1);
   * strictEqual(budget.tokens, 0.5);
   * ```
   */
  recordSuccess(attempt: number): void {
    if (attempt === 1) this.#budget?.deposit();
  }
}

function requireAlone(options: ExponentialBackoffOptions): void {
  const other = EXPONENTIAL_OPTIONS.find((name) => options[name] !== undefined);
  if (other === undefined) return;
  throw new ValidationError("VALIDATION_INVALID_OPTION", {
    field: other,
    reason: fillPlaceholders(Expectations.REPLACED, { other: "backoff" }),
    received: String(options[other]),
  });
}

function asPredicate(
  retryOn: RetryFilter | undefined,
): (error: unknown) => boolean {
  if (retryOn === undefined) return () => true;
  if (typeof retryOn === "function") return retryOn;
  requireOption(validateType("retryOn", retryOn, "array"), retryOn);
  for (const type of retryOn) {
    requireFunction("retryOn", type);
  }
  return (error) => retryOn.some((type) => isOfClass(error, type));
}

function isOfClass(error: unknown, type: RetryableClass): boolean {
  const { is } = type as { is?: (value: unknown) => boolean };
  return typeof is === "function"
    ? is.call(type, error)
    : error instanceof type;
}
