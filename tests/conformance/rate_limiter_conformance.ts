/**
 * What every implementation of the `RateLimiter` protocol does, however it
 * counts. The suite knows the protocol and nothing else, and a way to let time
 * pass; it awaits every call.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../../src/errors.ts";
import type { Awaitable } from "../../src/protocols.ts";
import {
  isRateLimiter,
  type RateLimitDecision,
  type RateLimiter,
} from "../../src/rate_limiter.ts";
import { NOT_NUMBERS, RUNS } from "../foundation_support.ts";

/** What the limiter under test is made with. */
export interface RateLimiterSetup {
  /** How many units there can be at once, and come back in a period. */
  readonly limit: number;
  /** The period, in ms. */
  readonly periodMs: number;
}

/** A limiter that nothing was taken from, and its time. */
export interface RateLimiterUnderTest {
  /** The limiter. */
  readonly limiter: RateLimiter<string>;
  /** Lets time pass for the limiter. */
  readonly advance: (durationMs: number) => Awaitable<void>;
}

/** Options of {@linkcode rateLimiterConformance}. */
export interface RateLimiterConformanceOptions {
  /** Makes a limiter. */
  readonly make: (setup: RateLimiterSetup) => Awaitable<RateLimiterUnderTest>;
  /**
   * The smallest step of its time, in ms.
   *
   * @default {0.001}
   */
  readonly tickMs?: number;
}

/** What can be done to a limiter; times are parts of a period. */
type Move =
  | { readonly kind: "consume" | "refund"; readonly cost: number }
  | { readonly kind: "advance"; readonly periods: number }
  | { readonly kind: "reset" };

const setups: fc.Arbitrary<RateLimiterSetup> = fc.record({
  limit: fc.integer({ min: 1, max: 9 }),
  periodMs: fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.constantFrom(1_000, 86_400_000),
  ),
});

const costs: fc.Arbitrary<number> = fc.integer({ min: 1, max: 10 });

const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("consume"), cost: costs }),
  },
  fc.record({ kind: fc.constant("refund"), cost: costs }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance"),
      periods: fc.constantFrom(0.001, 0.1, 0.3, 0.5, 0.9, 1, 1.1, 1.7, 2, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reset") }) },
) as fc.Arbitrary<Move>;

const histories: fc.Arbitrary<readonly Move[]> = fc.array(moves, {
  maxLength: 10,
});

async function doMove(
  { limiter, advance }: RateLimiterUnderTest,
  { periodMs }: RateLimiterSetup,
  key: string,
  move: Move,
  tickMs: number,
): Promise<void> {
  switch (move.kind) {
    case "consume":
      await limiter.consume(key, move.cost);
      break;
    case "refund":
      await limiter.refund(key, move.cost);
      break;
    case "reset":
      await limiter.reset(key);
      break;
    default:
      await advance(Math.ceil(move.periods * periodMs / tickMs) * tickMs);
  }
}

/** All that can be seen of a key. */
async function look(
  limiter: RateLimiter<string>,
  key: string,
  { limit }: RateLimiterSetup,
): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for (let cost = 1; cost <= limit + 1; cost++) {
    const { key: _, ...rest } = await limiter.peek(key, cost);
    seen.push(rest);
  }
  return seen;
}

/** What is said of a key that has taken nothing. */
function untouched(
  key: string,
  { limit }: RateLimiterSetup,
): RateLimitDecision<string> {
  return {
    key,
    allowed: true,
    limit,
    remaining: limit,
    resetMs: 0,
    retryAfterMs: 0,
  };
}

/**
 * Registers the suite.
 *
 * @param name What is tested.
 * @param options How it is made.
 */
export function rateLimiterConformance(
  name: string,
  { make, tickMs = 0.001 }: RateLimiterConformanceOptions,
): void {
  /** A limiter with a past, which `body` goes on with. */
  function afterHistory(
    body: (
      test: RateLimiterUnderTest,
      setup: RateLimiterSetup,
      cost: number,
    ) => Promise<void>,
  ): Promise<void> {
    return fc.assert(
      fc.asyncProperty(setups, histories, costs, async (setup, past, cost) => {
        const test = await make(setup);
        for (const move of past) await doMove(test, setup, "a", move, tickMs);
        await body(test, setup, cost);
      }),
      { numRuns: RUNS },
    );
  }

  describe(`${name} as a RateLimiter`, () => {
    it("has the methods of the protocol", async () => {
      const { limiter } = await make({ limit: 1, periodMs: 1 });
      strictEqual(isRateLimiter(limiter), true);
    });

    it("peek() says that nothing was taken from a new key", async () => {
      const setup = { limit: 7, periodMs: 1_000 };
      const { limiter } = await make(setup);
      deepStrictEqual(await limiter.peek("a"), untouched("a", setup));
      deepStrictEqual(await limiter.peek("a", 7), untouched("a", setup));
      deepStrictEqual(await limiter.peek(""), untouched("", setup));
    });

    it("P16: with the clock frozen consume() allows exactly limit requests, with limit − 1 to 0 remaining, and denies then (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 1, max: 1_000 }),
          async (limit, periodMs) => {
            const { limiter } = await make({ limit, periodMs });
            for (let left = limit - 1; left >= 0; left--) {
              const decision = await limiter.consume("a");
              strictEqual(decision.allowed, true);
              strictEqual(decision.remaining, left);
              strictEqual(decision.limit, limit);
              strictEqual(decision.key, "a");
              strictEqual(decision.retryAfterMs, 0);
              ok(decision.resetMs > 0, `resetMs is ${decision.resetMs}`);
            }
            for (let i = 0; i < 2; i++) {
              const denied = await limiter.consume("a");
              strictEqual(denied.allowed, false);
              strictEqual(denied.remaining, 0);
              ok(denied.retryAfterMs > 0 && denied.retryAfterMs < Infinity);
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P16: a denied request takes nothing, and peek() neither (property)", async () => {
      await afterHistory(async ({ limiter }, setup, cost) => {
        const before = await look(limiter, "a", setup);
        const { allowed } = await limiter.consume("a", cost);
        if (!allowed) {
          deepStrictEqual(await look(limiter, "a", setup), before);
        }
      });
    });

    it("P16: peek() says what consume() says, with nothing taken off (property)", async () => {
      await afterHistory(async ({ limiter }, setup, cost) => {
        const seen = await limiter.peek("a", cost);
        const told = await limiter.consume("a", cost);
        strictEqual(told.allowed, seen.allowed);
        strictEqual(told.retryAfterMs, seen.retryAfterMs);
        strictEqual(told.limit, setup.limit);
        strictEqual(told.remaining, seen.remaining - (told.allowed ? cost : 0));
        if (!told.allowed) deepStrictEqual(told, seen);
      });
    });

    it("P16: a decision is true to itself (property)", async () => {
      await afterHistory(async ({ limiter }, { limit }, cost) => {
        for (const peeked of [true, false]) {
          const left = (await limiter.peek("a")).remaining;
          const { allowed, remaining, resetMs, retryAfterMs } = peeked
            ? await limiter.peek("a", cost)
            : await limiter.consume("a", cost);
          strictEqual(allowed, cost <= left);
          strictEqual(retryAfterMs === 0, allowed);
          strictEqual(retryAfterMs === Infinity, cost > limit);
          ok(Number.isSafeInteger(remaining));
          ok(remaining >= 0 && remaining <= limit, `${remaining} left`);
          strictEqual(resetMs === 0, remaining === limit);
          ok(resetMs >= 0 && resetMs < Infinity, `resetMs is ${resetMs}`);
        }
      });
    });

    it("P16: after retryAfterMs the same request is allowed, and one tick sooner it is not (property)", async () => {
      await afterHistory(async ({ limiter, advance }, { limit }, cost) => {
        const units = Math.min(cost, limit);
        const { retryAfterMs } = await limiter.peek("a", units);
        if (retryAfterMs === 0) return;
        await advance(retryAfterMs - tickMs);
        const early = await limiter.consume("a", units);
        strictEqual(early.allowed, false);
        strictEqual(early.retryAfterMs, tickMs);
        await advance(tickMs);
        strictEqual((await limiter.consume("a", units)).allowed, true);
      });
    });

    it("P16: after resetMs all units are back, and one tick sooner they are not (property)", async () => {
      await afterHistory(async ({ limiter, advance }, setup) => {
        const { resetMs } = await limiter.peek("a");
        if (resetMs > 0) {
          await advance(resetMs - tickMs);
          strictEqual((await limiter.peek("a")).resetMs, tickMs);
          await advance(tickMs);
        }
        deepStrictEqual(await limiter.peek("a"), untouched("a", setup));
      });
    });

    it("P16: nobody takes more than 2 · limit − 1 within a period (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          setups,
          fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), costs)),
          async (setup, steps) => {
            const { limiter, advance } = await make(setup);
            const taken: { at: number; cost: number }[] = [];
            const ticks = Math.round(setup.periodMs / tickMs);
            let now = 0;
            for (const [part, most] of steps) {
              const pause = Math.floor(part * ticks);
              await advance(pause * tickMs);
              now += pause;
              const left = (await limiter.peek("a")).remaining;
              const cost = Math.min(left, most);
              if (cost === 0) continue;
              strictEqual((await limiter.consume("a", cost)).allowed, true);
              taken.push({ at: now, cost });
            }
            for (const { at: start } of taken) {
              const sum = taken
                .filter(({ at }) => at >= start && at < start + ticks)
                .reduce((total, { cost }) => total + cost, 0);
              ok(sum <= 2 * setup.limit - 1, `${sum} from ${start} on`);
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P16: consume(a) and consume(b) come to the same as consume(a + b) (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          setups,
          histories,
          costs,
          costs,
          async (setup, past, first, second) => {
            const test = await make(setup);
            for (const move of past) {
              await doMove(test, setup, "a", move, tickMs);
              if (move.kind !== "advance") {
                await doMove(test, setup, "b", move, tickMs);
              }
            }
            const { limiter } = test;
            const { allowed } = await limiter.peek("a", first + second);
            if (!allowed) return;
            const whole = await limiter.consume("a", first + second);
            await limiter.consume("b", first);
            const rest = await limiter.consume("b", second);
            deepStrictEqual(rest, { ...whole, key: "b" });
            deepStrictEqual(
              await look(limiter, "a", setup),
              await look(limiter, "b", setup),
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P16: refund() is the inverse of consume() (property)", async () => {
      await afterHistory(async ({ limiter }, setup, cost) => {
        const before = await look(limiter, "a", setup);
        if (!(await limiter.consume("a", cost)).allowed) return;
        strictEqual(await limiter.refund("a", cost), undefined);
        deepStrictEqual(await look(limiter, "a", setup), before);
      });
    });

    it("refund() gives back no more than was taken (property)", async () => {
      await afterHistory(async ({ limiter }, setup) => {
        await limiter.refund("a", setup.limit);
        await limiter.refund("a", Number.MAX_SAFE_INTEGER);
        deepStrictEqual(await limiter.peek("a"), untouched("a", setup));
        await limiter.refund("b", 3);
        deepStrictEqual(await limiter.peek("b"), untouched("b", setup));
      });
    });

    it("consume(), peek() and refund() are about one unit when nothing else is said", async () => {
      const { limiter } = await make({ limit: 2, periodMs: 1_000 });
      strictEqual((await limiter.consume("a")).remaining, 1);
      strictEqual((await limiter.peek("a")).allowed, true);
      strictEqual((await limiter.consume("a")).remaining, 0);
      strictEqual((await limiter.peek("a")).allowed, false);
      await limiter.refund("a");
      strictEqual((await limiter.peek("a")).remaining, 1);
    });

    it("P16: a cost above limit is denied for good, and takes nothing (property)", async () => {
      await afterHistory(async ({ limiter }, setup) => {
        const before = await look(limiter, "a", setup);
        for (const cost of [setup.limit + 1, Number.MAX_SAFE_INTEGER]) {
          for (const key of ["a", "new"]) {
            const denied = await limiter.consume(key, cost);
            strictEqual(denied.allowed, false);
            strictEqual(denied.retryAfterMs, Infinity);
          }
        }
        deepStrictEqual(await look(limiter, "a", setup), before);
        deepStrictEqual(await limiter.peek("new"), untouched("new", setup));
      });
    });

    it("reset() makes a key as good as new, and says whether it was not (property)", async () => {
      await afterHistory(async ({ limiter }, setup, cost) => {
        const { resetMs } = await limiter.peek("a");
        strictEqual(await limiter.reset("a"), resetMs > 0);
        deepStrictEqual(await limiter.peek("a"), untouched("a", setup));
        strictEqual(await limiter.reset("a"), false);
        const units = Math.min(cost, setup.limit);
        const again = await limiter.consume("a", units);
        deepStrictEqual(
          again,
          { ...await limiter.consume("new", units), key: "a" },
        );
      });
    });

    it("P16: keys are independent (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          setups,
          fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), moves), {
            maxLength: 16,
          }),
          async (setup, past) => {
            const mixed = await make(setup);
            for (const [key, move] of past) {
              await doMove(mixed, setup, key, move, tickMs);
            }
            for (const key of ["a", "b", "c"]) {
              const alone = await make(setup);
              for (const [who, move] of past) {
                if (who === key || move.kind === "advance") {
                  await doMove(alone, setup, key, move, tickMs);
                }
              }
              deepStrictEqual(
                await look(mixed.limiter, key, setup),
                await look(alone.limiter, key, setup),
              );
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P16: who looks, or is denied, changes nothing for later (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          setups,
          fc.array(fc.tuple(moves, fc.boolean()), { maxLength: 12 }),
          async (setup, past) => {
            const watched = await make(setup);
            const alone = await make(setup);
            for (const [move, looks] of past) {
              await doMove(watched, setup, "a", move, tickMs);
              await doMove(alone, setup, "a", move, tickMs);
              if (!looks) continue;
              await watched.limiter.peek("a");
              await watched.limiter.consume("a", setup.limit + 1);
            }
            deepStrictEqual(
              await look(watched.limiter, "a", setup),
              await look(alone.limiter, "a", setup),
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P16: of N requests at once exactly min(N, limit) are allowed", async () => {
      for (const [count, limit] of [[1, 3], [3, 3], [20, 7]] as const) {
        const { limiter } = await make({ limit, periodMs: 1_000 });
        const decisions = await Promise.all(
          Array.from({ length: count }, () => limiter.consume("a")),
        );
        const allowed = decisions.filter((decision) => decision.allowed);
        strictEqual(allowed.length, Math.min(count, limit));
        deepStrictEqual(
          allowed.map(({ remaining }) => remaining).toSorted((a, b) => b - a),
          Array.from({ length: allowed.length }, (_, i) => limit - 1 - i),
        );
      }
    });

    for (
      const [kind, cost] of [
        ...NOT_NUMBERS.slice(1),
        ["NaN", NaN],
        ["0", 0],
        ["-0", -0],
        ["-1", -1],
        ["1.5", 1.5],
        ["Infinity", Infinity],
        ["2 ** 53", 2 ** 53],
      ] as const
    ) {
      it(`consume(), peek() and refund() throw when cost is ${kind}, and take nothing`, async () => {
        const setup = { limit: 5, periodMs: 1_000 };
        const { limiter } = await make(setup);
        await limiter.consume("a", 2);
        const before = await look(limiter, "a", setup);
        for (const name of ["consume", "peek", "refund"] as const) {
          for (const key of ["a", "new"]) {
            await rejects(
              async () => await limiter[name](key, cost as number),
              (error) =>
                error instanceof ValidationError && error.field === "cost" &&
                (typeof cost !== "number" ||
                  error.message.includes(
                    Object.is(cost, -0) ? "-0" : `${cost}`,
                  )),
            );
          }
        }
        deepStrictEqual(await look(limiter, "a", setup), before);
        deepStrictEqual(await limiter.peek("new"), untouched("new", setup));
      });
    }
  });
}
