/**
 * Several rate limits for the same request: so many a second and so many a day,
 * so many for the client and so many for all.
 *
 * When to use it: where one limit is not enough: a burst and a day, a client
 * and a crowd.
 *
 * When not: for limits that count different things; ask one after the other, so
 * that each can be told by its name.
 *
 * - **All or none.** What one limiter refuses is taken from none of them, also
 *   where a limiter throws or answers later.
 *
 * @example Two periods
 * ```ts
 * import { CombinedRateLimiter } from "@groundwork/infra/combined-rate-limiter";
 * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
 * import { strictEqual } from "node:assert/strict";
 *
 * const limiter = new CombinedRateLimiter([
 *   new GcraLimiter({ limit: 10, periodMs: 1_000 }),
 *   new GcraLimiter({ limit: 1_000, periodMs: 86_400_000 }),
 * ]);
 * strictEqual((await limiter.consume("ada", 11)).allowed, false);
 * strictEqual((await limiter.consume("ada", 10)).remaining, 0);
 * ```
 *
 * @module
 */

import { requireProtocol } from "./_options.ts";
import { isPromiseLike } from "./_promise_like.ts";
import type { Awaitable } from "./protocols.ts";
import {
  isRateLimiter,
  type RateLimitDecision,
  type RateLimiter,
} from "./rate_limiter.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

/**
 * Takes from all of its limiters or from none. With limiters in memory all that a
 * call does is done at once; with others, units that one of them gives back since
 * the next refused are missing for the moment in between, so that somebody else
 * may be refused for them, but never the other way round.
 *
 * A denial tells the limiter that takes longest to allow the request; a consent,
 * the one of which the least is left.
 *
 * @typeParam TKey Whom the limiters count.
 *
 * @example For each client, and for all together
 * ```ts
 * import { CombinedRateLimiter } from "@groundwork/infra/combined-rate-limiter";
 * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface Asker {
 *   ip: string;
 *   user: string;
 * }
 * const period = { periodMs: 60_000 };
 * const limiter = new CombinedRateLimiter<Asker>([
 *   new GcraLimiter({ ...period, limit: 3, keyOf: ({ ip }: Asker) => ip }),
 *   new GcraLimiter({ ...period, limit: 2, keyOf: ({ user }: Asker) => user }),
 * ]);
 * const [ada, bob] = ["ada", "bob"].map((user) => ({ ip: "203.0.113.7", user }));
 * await limiter.consume(ada!, 2);
 * strictEqual((await limiter.consume(ada!)).allowed, false); // Took nothing.
 * strictEqual((await limiter.consume(bob!)).allowed, true);
 * strictEqual((await limiter.consume(bob!)).allowed, false);
 * ```
 */
export class CombinedRateLimiter<TKey> implements RateLimiter<TKey> {
  readonly #limiters: readonly RateLimiter<TKey>[];

  /**
   * Combines limiters.
   *
   * @param limiters One or more; the one that refuses most should come first.
   * @throws {ValidationError} It is no array, an empty one, or has something in
   * it that is no rate limiter.
   */
  constructor(limiters: readonly RateLimiter<TKey>[]) {
    requireOption(validateType("limiters", limiters, "array"), limiters);
    const { length } = limiters;
    requireOption(
      validateRange("limiters.length", length, { min: 1 }),
      length,
    );
    for (const [i, limiter] of limiters.entries()) {
      requireProtocol(`limiters[${i}]`, limiter, isRateLimiter);
    }
    this.#limiters = [...limiters];
  }

  /**
   * Takes units from all limiters, if all have as many.
   *
   * @param key Who asks.
   * @param cost How many units: a whole number of 1 or more.
   * @returns Whether they were taken. It rejects with what a limiter threw or
   * rejected with, and nothing is taken either; with an `AggregateError` where
   * another one could not be given back what it had taken.
   *
   * @example None takes what another refuses
   * ```ts
   * import { CombinedRateLimiter } from "@groundwork/infra/combined-rate-limiter";
   * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const wide = new GcraLimiter({ limit: 10, periodMs: 60_000 });
   * const tight = new GcraLimiter({ limit: 1, periodMs: 60_000 });
   * const both = new CombinedRateLimiter([wide, tight]);
   * strictEqual((await both.consume("ada", 2)).allowed, false);
   * strictEqual(wide.peek("ada").remaining, 10);
   * ```
   */
  async consume(
    key: TKey,
    cost: number = 1,
  ): Promise<RateLimitDecision<TKey>> {
    const taken: RateLimiter<TKey>[] = [];
    const decisions: RateLimitDecision<TKey>[] = [];
    try {
      for (const limiter of this.#limiters) {
        // After a denial the others are only asked how long they would take.
        const isDenied = taken.length < decisions.length;
        const answer = isDenied
          ? limiter.peek(key, cost)
          : limiter.consume(key, cost);
        const decision = isPromiseLike(answer) ? await answer : answer;
        if (!isDenied && decision.allowed) taken.push(limiter);
        decisions.push(decision);
      }
    } catch (error) {
      const errors = [error];
      await giveBack(taken, key, cost).catch((other) => errors.push(other));
      throw errors.length === 1 ? error : new AggregateError(errors);
    }
    const isDenied = taken.length < decisions.length;
    if (isDenied && taken.length > 0) await giveBack(taken, key, cost);
    return tightest(decisions);
  }

  /**
   * Looks, and takes nothing.
   *
   * @param key Who asks.
   * @param cost How many units: a whole number of 1 or more.
   * @returns What {@linkcode CombinedRateLimiter.consume} would say, with nothing
   * taken off `remaining`.
   *
   * @example Show what is left
   * ```ts
   * import { CombinedRateLimiter } from "@groundwork/infra/combined-rate-limiter";
   * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const limiter = new CombinedRateLimiter([
   *   new GcraLimiter({ limit: 10, periodMs: 60_000 }),
   *   new GcraLimiter({ limit: 7, periodMs: 60_000 }),
   * ]);
   * strictEqual((await limiter.peek("ada")).remaining, 7);
   * ```
   */
  async peek(key: TKey, cost: number = 1): Promise<RateLimitDecision<TKey>> {
    return tightest(
      await askAll(this.#limiters, (limiter) => limiter.peek(key, cost)),
    );
  }

  /**
   * Gives units back to all limiters.
   *
   * @param key Whose.
   * @param cost How many units: a whole number of 1 or more.
   *
   * @example A request that failed by no fault of the client
   * ```ts
   * import { CombinedRateLimiter } from "@groundwork/infra/combined-rate-limiter";
   * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const limit = new GcraLimiter({ limit: 10, periodMs: 60_000 });
   * const limiter = new CombinedRateLimiter([limit]);
   * await limiter.consume("ada");
   * await limiter.refund("ada");
   * strictEqual(limit.peek("ada").remaining, 10);
   * ```
   */
  async refund(key: TKey, cost: number = 1): Promise<void> {
    await giveBack(this.#limiters, key, cost);
  }

  /**
   * Forgets what a key has taken from all limiters.
   *
   * @param key Whose.
   * @returns Whether any of them had something left to give back.
   *
   * @example After a successful log-in
   * ```ts
   * import { CombinedRateLimiter } from "@groundwork/infra/combined-rate-limiter";
   * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const limiter = new CombinedRateLimiter([
   *   new GcraLimiter({ limit: 5, periodMs: 60_000 }),
   * ]);
   * await limiter.consume("ada");
   * strictEqual(await limiter.reset("ada"), true);
   * ```
   */
  async reset(key: TKey): Promise<boolean> {
    const answers = await askAll(
      this.#limiters,
      (limiter) => limiter.reset(key),
    );
    return answers.includes(true);
  }
}

async function giveBack<TKey>(
  limiters: readonly RateLimiter<TKey>[],
  key: TKey,
  cost: number,
): Promise<void> {
  await askAll(limiters, (limiter) => limiter.refund(key, cost));
}

/** All of them at once, and to the end, whatever becomes of it with one. */
async function askAll<TKey, T>(
  limiters: readonly RateLimiter<TKey>[],
  ask: (limiter: RateLimiter<TKey>) => Awaitable<T>,
): Promise<T[]> {
  const answers = limiters.map(async (limiter) => await ask(limiter));
  await Promise.allSettled(answers);
  return await Promise.all(answers);
}

function tightest<TKey>(
  decisions: readonly RateLimitDecision<TKey>[],
): RateLimitDecision<TKey> {
  return decisions.reduce((one, other) => {
    if (one.retryAfterMs !== other.retryAfterMs) {
      return one.retryAfterMs > other.retryAfterMs ? one : other;
    }
    if (one.allowed !== other.allowed) return one.allowed ? other : one;
    return one.remaining <= other.remaining ? one : other;
  });
}
