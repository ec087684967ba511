import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CombinedRateLimiter } from "../src/combined_rate_limiter.ts";
import { ValidationError } from "../src/errors.ts";
import {
  FixedWindowLimiter,
  GcraLimiter,
  type RateLimitDecision,
  type RateLimiter,
  SlidingWindowLimiter,
} from "../src/rate_limiter.ts";
import { ManualClock } from "../src/testing.ts";
import { deferred, NOT_NUMBERS, RUNS, watch } from "./foundation_support.ts";

// What a limiter on its own does is in tests/rate_limiter_test.ts, where a
// combined one goes through the same conformance suite.

type Limiter = RateLimiter<string>;
type InMemory = GcraLimiter | FixedWindowLimiter | SlidingWindowLimiter;

const CLASSES = [GcraLimiter, FixedWindowLimiter, SlidingWindowLimiter];

interface Part {
  readonly limit: number;
  readonly periodMs: number;
  readonly kind: number;
  readonly isRemote: boolean;
}

const someParts: fc.Arbitrary<readonly Part[]> = fc.array(
  fc.record({
    limit: fc.integer({ min: 1, max: 8 }),
    periodMs: fc.integer({ min: 1, max: 50 }),
    kind: fc.nat(2),
    isRemote: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

function makeInner(parts: readonly Part[], clock: ManualClock): InMemory[] {
  return parts.map(({ limit, periodMs, kind }) =>
    new CLASSES[kind]!({ limit, periodMs, clock })
  );
}

function decisionsOf(
  limiters: readonly InMemory[],
  cost = 1,
): readonly RateLimitDecision<string>[] {
  return limiters.map((limiter) => limiter.peek("a", cost));
}

/** The same limiter, but for some of its methods. */
function withMethods(inner: Limiter, methods: Partial<Limiter>): Limiter {
  return {
    consume: (key, cost) => inner.consume(key, cost),
    peek: (key, cost) => inner.peek(key, cost),
    refund: (key, cost) => inner.refund(key, cost),
    reset: (key) => inner.reset(key),
    ...methods,
  };
}

/** The ways to fail. */
const FAILURES: readonly (readonly [
  name: string,
  fail: (problem: Error) => () => never,
])[] = [
  ["throws", (problem) => () => {
    throw problem;
  }],
  ["rejects", (problem) => () => Promise.reject(problem) as never],
];

function isProblem(problem: Error): (error: unknown) => boolean {
  return (error) => error === problem;
}

describe("CombinedRateLimiter.consume()", () => {
  it("P16: takes from all or from none, and tells the tightest: the longest wait of a denial, else the least that is left (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        someParts,
        fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 })), {
          maxLength: 8,
        }),
        async (parts, requests) => {
          const clock = new ManualClock();
          const inner = makeInner(parts, clock);
          const twins = makeInner(parts, clock);
          const limiter = new CombinedRateLimiter<string>(
            inner.map((it, i) => parts[i]!.isRemote ? deferred(it) : it),
          );
          for (const [pause, cost] of requests) {
            clock.advance(pause);
            const seen = decisionsOf(twins, cost);
            const longest = Math.max(...seen.map((it) => it.retryAfterMs));
            const allowed = seen.every((it) => it.allowed);
            const told = allowed
              ? twins.map((it) => it.consume("a", cost))
              : seen.filter((it) => it.retryAfterMs === longest);
            const least = Math.min(...told.map((it) => it.remaining));
            const peeked = await limiter.peek("a", cost);
            strictEqual(peeked.allowed, allowed);
            strictEqual(peeked.retryAfterMs, longest);
            const decision = await limiter.consume("a", cost);
            strictEqual(decision.allowed, allowed);
            strictEqual(decision.retryAfterMs, longest);
            strictEqual(decision.remaining, least);
            const matching = told.find((it) => it.remaining === least);
            deepStrictEqual(decision, matching);
            deepStrictEqual(decisionsOf(inner), decisionsOf(twins));
          }
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it("tells of a denial which limiter takes longest, wherever it stands", async () => {
    for (const order of [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]]) {
      const clock = new ManualClock();
      const limiters = [
        new GcraLimiter({ limit: 1, periodMs: 1_000, clock }),
        new GcraLimiter({ limit: 1, periodMs: 60_000, clock }),
        new GcraLimiter({ limit: 9, periodMs: 90_000_000, clock }),
      ];
      const limiter = new CombinedRateLimiter(order.map((i) => limiters[i]!));
      await limiter.consume("a");
      const { allowed, retryAfterMs, limit } = await limiter.consume("a");
      deepStrictEqual([allowed, retryAfterMs, limit], [false, 60_000, 1]);
      strictEqual(limiters[2]!.peek("a").remaining, 8);
      strictEqual((await limiter.consume("a", 2)).retryAfterMs, Infinity);
      strictEqual((await limiter.consume("a", 10)).limit, 1);
    }
  });

  it("tells a denial rather than a consent when neither says how long", async () => {
    const clock = new ManualClock();
    const wide = new GcraLimiter({ limit: 9, periodMs: 1_000, clock });
    const vague = withMethods(wide, {
      consume: (key) => ({ ...wide.peek(key), allowed: false, remaining: 9 }),
      peek: (key) => ({ ...wide.peek(key), allowed: false, remaining: 9 }),
    });
    wide.consume("a", 2);
    for (const limiters of [[wide, vague], [vague, wide]]) {
      const limiter = new CombinedRateLimiter(limiters);
      strictEqual((await limiter.consume("a")).allowed, false);
      strictEqual((await limiter.peek("a")).allowed, false);
      strictEqual(wide.peek("a").remaining, 7);
    }
  });

  it("does all at once when its limiters are in memory", async () => {
    const clock = new ManualClock();
    const wide = new GcraLimiter({ limit: 9, periodMs: 1_000, clock });
    const tight = new GcraLimiter({ limit: 2, periodMs: 1_000, clock });
    const limiter = new CombinedRateLimiter([wide, tight, wide]);
    const first = limiter.consume("a", 2);
    strictEqual(wide.peek("a").remaining, 5);
    strictEqual(tight.peek("a").remaining, 0);
    const second = limiter.consume("a");
    strictEqual(wide.peek("a").remaining, 5);
    const third = limiter.refund("a", 2);
    strictEqual(wide.peek("a").remaining, 9);
    strictEqual(tight.peek("a").remaining, 2);
    const fourth = limiter.consume("a");
    const fifth = limiter.reset("a");
    strictEqual(wide.peek("a").remaining, 9);
    await Promise.all([first, second, third, fourth, fifth]);
  });

  it("does not lose a unit between calls that overlap, and never gives too many (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer({ min: 1, max: 5 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 }),
        async (s, limits, costs) => {
          const clock = new ManualClock();
          const inner = limits.map((limit) =>
            new FixedWindowLimiter({ limit, periodMs: 1_000, clock })
          );
          const remote = inner.map((it): Limiter =>
            withMethods(it, {
              consume: s.scheduleFunction((key: string, cost?: number) =>
                Promise.resolve(it.consume(key, cost))
              ),
              refund: s.scheduleFunction((key: string, cost?: number) =>
                Promise.resolve(it.refund(key, cost))
              ),
            })
          );
          const limiter = new CombinedRateLimiter(remote);
          const calls = costs.map((cost) => watch(limiter.consume("a", cost)));
          await s.waitIdle();
          const taken = costs.filter((_, i) => calls[i]!.value!.allowed)
            .reduce((sum, cost) => sum + cost, 0);
          ok(taken <= Math.min(...limits));
          deepStrictEqual(
            decisionsOf(inner).map(({ remaining }) => remaining),
            limits.map((limit) => limit - taken),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("asks those after a denial, and takes nothing from them", async () => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const tight = new GcraLimiter({ limit: 1, periodMs: 1_000, clock });
    const last = withMethods(tight, {
      consume: (key) => (asked.push("consume"), tight.consume(key)),
      peek: (key, cost) => (asked.push(`peek ${cost}`), tight.peek(key, cost)),
      refund: () => void asked.push("refund"),
    });
    const limiter = new CombinedRateLimiter([tight, last]);
    await limiter.consume("a", 3);
    deepStrictEqual(asked, ["peek 3"]);
  });

  for (const [name, fail] of FAILURES) {
    it(`P16: takes nothing when a limiter ${name}, wherever it stands, and passes on what it failed with (property)`, async () => {
      await fc.assert(
        fc.asyncProperty(
          someParts,
          fc.nat(4),
          fc.integer({ min: 1, max: 9 }),
          async (parts, place, cost) => {
            const clock = new ManualClock();
            const inner = makeInner(parts, clock);
            for (const it of inner) it.consume("a");
            const before = decisionsOf(inner);
            const problem = new Error("out of order");
            const limiters: Limiter[] = inner.map((it, i) =>
              parts[i]!.isRemote ? deferred(it) : it
            );
            // It fails as well where it is only asked, after a denial.
            const faulty = withMethods(inner[0]!, {
              consume: fail(problem),
              peek: fail(problem),
            });
            limiters.splice(place, 0, faulty);
            const limiter = new CombinedRateLimiter(limiters);
            await rejects(limiter.consume("a", cost), isProblem(problem));
            deepStrictEqual(decisionsOf(inner), before);
            await rejects(limiter.peek("a", cost), isProblem(problem));
            deepStrictEqual(decisionsOf(inner), before);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it(`gives back to the others when one of them ${name} on refund()`, async () => {
      for (const place of [0, 1, 2]) {
        const clock = new ManualClock();
        const problem = new Error("out of order");
        const spared = [1, 2].map(() =>
          new GcraLimiter({ limit: 5, periodMs: 1_000, clock })
        );
        const full = new GcraLimiter({ limit: 1, periodMs: 1_000, clock });
        const broken = new GcraLimiter({ limit: 5, periodMs: 1_000, clock });
        const limiters: Limiter[] = [...spared];
        limiters.splice(
          place,
          0,
          withMethods(broken, { refund: fail(problem) }),
        );
        const limiter = new CombinedRateLimiter([...limiters, full]);
        await rejects(limiter.consume("a", 2), isProblem(problem));
        for (const it of spared) strictEqual(it.peek("a").remaining, 5);
        for (const it of spared) it.consume("a", 2);
        await rejects(limiter.refund("a", 2), isProblem(problem));
        for (const it of spared) strictEqual(it.peek("a").remaining, 5);
      }
    });
  }

  it("a synchronous failure leaves no other answer unheard", async () => {
    const problem = new Error("out of order");
    for (const method of ["peek", "refund", "reset"] as const) {
      let heard = 0;
      const unheard: PromiseLike<never> = {
        then: (...handlers) => {
          heard++;
          return Promise.reject(new Error("as well")).then(...handlers);
        },
      };
      const base = new GcraLimiter({ limit: 5, periodMs: 1_000 });
      const limiter = new CombinedRateLimiter([
        withMethods(base, { [method]: () => unheard }),
        withMethods(base, {
          [method]: () => {
            throw problem;
          },
        }),
      ]);
      await rejects(limiter[method]("a"), Error);
      strictEqual(heard, 1, method);
    }
  });

  for (
    const [name, cost] of [
      ...NOT_NUMBERS.slice(1),
      ["NaN", NaN],
      ["0", 0],
      ["1.5", 1.5],
    ] as const
  ) {
    it(`rejects when cost is ${name}, and takes nothing`, async () => {
      const wide = new GcraLimiter({ limit: 5, periodMs: 1_000 });
      const limiter = new CombinedRateLimiter([wide, wide]);
      for (const method of ["consume", "peek", "refund"] as const) {
        await rejects(
          limiter[method]("a", cost as number),
          (error) => error instanceof ValidationError && error.field === "cost",
        );
      }
      strictEqual(wide.peek("a").remaining, 5);
    });
  }
});

describe("CombinedRateLimiter.peek(), refund() and reset()", () => {
  it("are about all limiters", async () => {
    const clock = new ManualClock();
    const limiters = [3, 5].map((limit) =>
      new GcraLimiter({ limit, periodMs: 1_000, clock })
    );
    const limiter = new CombinedRateLimiter([
      limiters[0]!,
      deferred(limiters[1]!),
    ]);
    await limiter.consume("a", 3);
    strictEqual((await limiter.peek("a", 4)).retryAfterMs, Infinity);
    await limiter.refund("a", 2);
    deepStrictEqual(decisionsOf(limiters).map((it) => it.remaining), [2, 4]);
    await limiter.refund("a");
    deepStrictEqual(decisionsOf(limiters).map((it) => it.remaining), [3, 5]);
    strictEqual(await limiter.reset("a"), false);
    limiters[1]!.consume("a");
    strictEqual((await limiter.peek("a")).remaining, 3);
    strictEqual(await limiter.reset("a"), true);
    strictEqual(await limiter.reset("a"), false);
    limiters[0]!.consume("a");
    strictEqual(await limiter.reset("a"), true);
    deepStrictEqual(decisionsOf(limiters).map((it) => it.remaining), [3, 5]);
  });

  it("keep the keys as they are, for each limiter to read its own part", async () => {
    interface Asker {
      readonly ip: string;
      readonly user: string;
    }
    const period = { periodMs: 1_000, clock: new ManualClock() };
    const limiter = new CombinedRateLimiter<Asker>([
      new GcraLimiter<Asker>({ ...period, limit: 3, keyOf: ({ ip }) => ip }),
      new GcraLimiter<Asker>({
        ...period,
        limit: 2,
        keyOf: ({ user }) => user,
      }),
    ]);
    const ada = { ip: "203.0.113.7", user: "ada" };
    const bob = { ip: "203.0.113.7", user: "bob" };
    const first = await limiter.consume(ada, 2);
    strictEqual(first.key, ada);
    strictEqual((await limiter.consume(ada)).allowed, false);
    strictEqual((await limiter.consume(bob)).remaining, 0);
    const denied = await limiter.consume(bob);
    strictEqual(denied.key, bob);
    strictEqual(denied.limit, 3);
  });
});

describe("The limiters of a CombinedRateLimiter", () => {
  it("throws when there are none, they are no array, or one is no limiter", () => {
    throws(
      () => new CombinedRateLimiter([]),
      (error) =>
        error instanceof ValidationError &&
        error.code === "VALIDATION_INVALID_OPTION" &&
        error.field === "limiters.length" && error.message.includes("0"),
    );
    for (const value of [undefined, null, "ab", { length: 1 }, new Set()]) {
      throws(
        () => new CombinedRateLimiter(value as never),
        (error) =>
          error instanceof ValidationError &&
          error.code === "VALIDATION_INVALID_OPTION" &&
          error.field === "limiters",
      );
    }
    const limiter = new GcraLimiter({ limit: 1, periodMs: 60_000 });
    for (const value of [undefined, null, 1, {}, { ...limiter }]) {
      throws(
        () => new CombinedRateLimiter([limiter, value as never]),
        (error) =>
          error instanceof ValidationError &&
          error.code === "VALIDATION_INVALID_OPTION" &&
          error.field === "limiters[1]",
      );
    }
  });

  it("are those that it was given, whatever becomes of the array", async () => {
    const limiters = [new GcraLimiter({ limit: 1, periodMs: 60_000 })];
    const limiter = new CombinedRateLimiter(limiters);
    limiters.pop();
    strictEqual((await limiter.consume("a")).allowed, true);
    strictEqual((await limiter.consume("a")).allowed, false);
  });

  it("may be combined themselves", async () => {
    const clock = new ManualClock();
    const [one, two, three] = [5, 3, 4].map((limit) =>
      new GcraLimiter({ limit, periodMs: 1_000, clock })
    );
    const limiter = new CombinedRateLimiter([
      one!,
      new CombinedRateLimiter([two!, three!]),
    ]);
    strictEqual((await limiter.consume("a", 2)).remaining, 1);
    strictEqual((await limiter.consume("a", 2)).allowed, false);
    strictEqual(one!.peek("a").remaining, 3);
    strictEqual(three!.peek("a").remaining, 2);
  });
});
