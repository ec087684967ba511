import {
  deepStrictEqual,
  fail,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CombinedRateLimiter } from "../src/combined_rate_limiter.ts";
import {
  InfrastructureError,
  SecurityError,
  ValidationError,
} from "../src/errors.ts";
import {
  FixedWindowLimiter,
  GcraLimiter,
  InMemoryRateLimiter,
  isRateLimiter,
  type RateLimitAlgorithm,
  type RateLimitDecision,
  type RateLimiter,
  type RateLimiterBounds,
  SlidingWindowLimiter,
  TokenBucketLimiter,
  toRateLimitResult,
} from "../src/rate_limiter.ts";
import { ManualClock } from "../src/testing.ts";
import {
  rateLimiterConformance,
  type RateLimiterSetup,
} from "./conformance/rate_limiter_conformance.ts";
import {
  deferred,
  NOT_NUMBERS,
  RUNS,
  watch,
  withReplaced,
} from "./foundation_support.ts";

// --- the four limiters

/** A rate, in the words of all four; windows have no burst. */
interface Rate {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
}

type AnyLimiter = InMemoryRateLimiter<string>;

interface Kind {
  readonly name: string;
  readonly make: (rate: Rate, bounds?: RateLimiterBounds) => AnyLimiter;
  readonly oracle: (rate: Rate) => Oracle;
  /** How many units there can be at once. */
  readonly capacityOf: (rate: Rate) => number;
}

/** How each of them counts, once more, in a simpler way and in BigInt. */
interface Oracle {
  readonly capacity: bigint;
  readonly ticksPerMs: number;
  take(key: string, cost: bigint, now: bigint): boolean;
  give(key: string, cost: bigint, now: bigint): void;
  remaining(key: string, now: bigint): bigint;
  ticksToReset(key: string, now: bigint): bigint;
  /** Called only where the cost can be taken at all. */
  ticksToWait(key: string, cost: bigint, now: bigint): bigint;
  forget(key: string): void;
}

const LARGEST = 2n ** 52n;

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** The rational GCRA: arrival times, all of them multiplied by the limit. */
class GcraOracle implements Oracle {
  readonly capacity: bigint;
  readonly ticksPerMs: number;
  readonly #limit: bigint;
  readonly #period: bigint;
  /** When a key has taken nothing, by key. */
  readonly #arrivals = new Map<string, bigint>();

  constructor({ limit, periodMs, burst }: Rate) {
    this.capacity = BigInt(burst);
    this.#limit = BigInt(limit);
    const micros = BigInt(periodMs) * 1_000n;
    const common = commonDivisor(micros, this.#limit);
    const isFine = micros <= LARGEST &&
      this.capacity * (micros / common) <= LARGEST;
    this.ticksPerMs = isFine ? 1_000 : 1;
    this.#period = isFine ? micros : BigInt(periodMs);
  }

  /** How far the theoretical arrival lies in the future, times the limit. */
  #ahead(key: string, now: bigint): bigint {
    const arrival = this.#arrivals.get(key);
    return arrival === undefined ? 0n : maxOf(0n, arrival - now * this.#limit);
  }

  take(key: string, cost: bigint, now: bigint): boolean {
    const ahead = this.#ahead(key, now) + cost * this.#period;
    if (ahead > this.capacity * this.#period) return false;
    this.#arrivals.set(key, now * this.#limit + ahead);
    return true;
  }

  give(key: string, cost: bigint, now: bigint): void {
    const ahead = maxOf(0n, this.#ahead(key, now) - cost * this.#period);
    this.#arrivals.set(key, now * this.#limit + ahead);
  }

  remaining(key: string, now: bigint): bigint {
    const free = this.capacity * this.#period - this.#ahead(key, now);
    return free / this.#period;
  }

  ticksToReset(key: string, now: bigint): bigint {
    return ceilDivide(this.#ahead(key, now), this.#limit);
  }

  ticksToWait(key: string, cost: bigint, now: bigint): bigint {
    const over = this.#ahead(key, now) - (this.capacity - cost) * this.#period;
    return maxOf(0n, ceilDivide(over, this.#limit));
  }

  forget(key: string): void {
    this.#arrivals.delete(key);
  }
}

function windowTicksPerMs({ limit, periodMs }: Rate): number {
  return BigInt(limit) * BigInt(periodMs) * 1_000n <= LARGEST ? 1_000 : 1;
}

/** What was taken since when. */
class FixedWindowOracle implements Oracle {
  readonly capacity: bigint;
  readonly ticksPerMs: number;
  readonly #period: bigint;
  readonly #windows = new Map<string, { end: bigint; taken: bigint }>();

  constructor(rate: Rate) {
    this.capacity = BigInt(rate.limit);
    this.ticksPerMs = windowTicksPerMs(rate);
    this.#period = BigInt(rate.periodMs) * BigInt(this.ticksPerMs);
  }

  #window(key: string, now: bigint): { end: bigint; taken: bigint } {
    const found = this.#windows.get(key);
    return found !== undefined && now < found.end && found.taken > 0n
      ? found
      : { end: now + this.#period, taken: 0n };
  }

  take(key: string, cost: bigint, now: bigint): boolean {
    const { end, taken } = this.#window(key, now);
    if (taken + cost > this.capacity) return false;
    this.#windows.set(key, { end, taken: taken + cost });
    return true;
  }

  give(key: string, cost: bigint, now: bigint): void {
    const { end, taken } = this.#window(key, now);
    this.#windows.set(key, { end, taken: maxOf(0n, taken - cost) });
  }

  remaining(key: string, now: bigint): bigint {
    return this.capacity - this.#window(key, now).taken;
  }

  ticksToReset(key: string, now: bigint): bigint {
    const { end, taken } = this.#window(key, now);
    return taken === 0n ? 0n : end - now;
  }

  ticksToWait(key: string, cost: bigint, now: bigint): bigint {
    const { end, taken } = this.#window(key, now);
    return taken + cost <= this.capacity ? 0n : end - now;
  }

  forget(key: string): void {
    this.#windows.delete(key);
  }
}

/** Windows in a row since a first request, and what was taken in each. */
interface Row {
  readonly start: bigint;
  readonly taken: Map<bigint, bigint>;
}

/** All windows of a key, of which the last two count. */
class SlidingWindowOracle implements Oracle {
  readonly capacity: bigint;
  readonly ticksPerMs: number;
  readonly #period: bigint;
  readonly #rows = new Map<string, Row>();

  constructor(rate: Rate) {
    this.capacity = BigInt(rate.limit);
    this.ticksPerMs = windowTicksPerMs(rate);
    this.#period = BigInt(rate.periodMs) * BigInt(this.ticksPerMs);
  }

  /** A row of which nothing counts any more begins anew. */
  #rowOf(key: string, now: bigint): Row {
    const row = this.#rows.get(key);
    if (row === undefined || this.#used(row, now) === 0n) {
      return { start: now, taken: new Map() };
    }
    return row;
  }

  /** What counts at a time, times the period. */
  #used({ start, taken }: Row, at: bigint): bigint {
    const index = (at - start) / this.#period;
    const rest = this.#period - (at - start) % this.#period;
    return (taken.get(index) ?? 0n) * this.#period +
      (taken.get(index - 1n) ?? 0n) * rest;
  }

  take(key: string, cost: bigint, now: bigint): boolean {
    const row = this.#rowOf(key, now);
    const used = this.#used(row, now) + cost * this.#period;
    if (used > this.capacity * this.#period) return false;
    const index = (now - row.start) / this.#period;
    row.taken.set(index, (row.taken.get(index) ?? 0n) + cost);
    this.#rows.set(key, row);
    return true;
  }

  give(key: string, cost: bigint, now: bigint): void {
    const row = this.#rowOf(key, now);
    const index = (now - row.start) / this.#period;
    let left = cost;
    for (const i of [index, index - 1n]) {
      const taken = row.taken.get(i) ?? 0n;
      const given = taken < left ? taken : left;
      row.taken.set(i, taken - given);
      left -= given;
    }
    this.#rows.set(key, row);
  }

  remaining(key: string, now: bigint): bigint {
    const used = this.#used(this.#rowOf(key, now), now);
    return (this.capacity * this.#period - used) / this.#period;
  }

  /** What counts only shrinks, so that the first time can be bisected. */
  #ticksUntilUsed(most: bigint, key: string, now: bigint): bigint {
    const row = this.#rowOf(key, now);
    let low = -1n;
    let high = 2n * this.#period;
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (this.#used(row, now + middle) <= most) high = middle;
      else low = middle;
    }
    return high;
  }

  ticksToReset(key: string, now: bigint): bigint {
    return this.#ticksUntilUsed(0n, key, now);
  }

  ticksToWait(key: string, cost: bigint, now: bigint): bigint {
    return this.#ticksUntilUsed(
      (this.capacity - cost) * this.#period,
      key,
      now,
    );
  }

  forget(key: string): void {
    this.#rows.delete(key);
  }
}

const GCRA: Kind = {
  name: "GcraLimiter",
  make: (rate, bounds) => new GcraLimiter<string>({ ...bounds, ...rate }),
  oracle: (rate) => new GcraOracle(rate),
  capacityOf: ({ burst }) => burst,
};
const BUCKET: Kind = {
  name: "TokenBucketLimiter",
  make: ({ limit, periodMs, burst }, bounds) =>
    new TokenBucketLimiter<string>({
      ...bounds,
      capacity: burst,
      refill: limit,
      periodMs,
    }),
  oracle: (rate) => new GcraOracle(rate),
  capacityOf: ({ burst }) => burst,
};
const FIXED: Kind = {
  name: "FixedWindowLimiter",
  make: ({ limit, periodMs }, bounds) =>
    new FixedWindowLimiter<string>({ ...bounds, limit, periodMs }),
  oracle: (rate) => new FixedWindowOracle(rate),
  capacityOf: ({ limit }) => limit,
};
const SLIDING: Kind = {
  name: "SlidingWindowLimiter",
  make: ({ limit, periodMs }, bounds) =>
    new SlidingWindowLimiter<string>({ ...bounds, limit, periodMs }),
  oracle: (rate) => new SlidingWindowOracle(rate),
  capacityOf: ({ limit }) => limit,
};
const KINDS: readonly Kind[] = [GCRA, BUCKET, FIXED, SLIDING];

// --- the protocol

function makerOf(
  kind: Kind,
  wrap: (limiter: AnyLimiter, clock: ManualClock) => RateLimiter<string> = (
    limiter,
  ) => limiter,
): Parameters<typeof rateLimiterConformance>[1] {
  return {
    make({ limit, periodMs }: RateLimiterSetup) {
      const clock = new ManualClock();
      const limiter = kind.make({ limit, periodMs, burst: limit }, { clock });
      return {
        limiter: wrap(limiter, clock),
        advance: (durationMs) => clock.advance(durationMs),
      };
    },
  };
}

for (const kind of KINDS) rateLimiterConformance(kind.name, makerOf(kind));
rateLimiterConformance("an asynchronous limiter", makerOf(GCRA, deferred));
rateLimiterConformance(
  "CombinedRateLimiter of one",
  makerOf(SLIDING, (limiter) => new CombinedRateLimiter([limiter])),
);
rateLimiterConformance(
  "CombinedRateLimiter of two",
  makerOf(FIXED, (limiter, clock) => {
    const wide = new GcraLimiter({ limit: 1_000, periodMs: 1, clock });
    return new CombinedRateLimiter([wide, limiter]);
  }),
);

// --- time

/** A clock that stands at a whole number of µs, or a bit beside one. */
class MicroClock extends ManualClock {
  micros: number;
  readonly #beside: number;

  constructor(micros: number, beside = 0) {
    super();
    this.micros = micros;
    this.#beside = beside;
  }

  override monotonic(): number {
    return (this.micros + this.#beside) / 1_000;
  }
}

/** Where clocks begin: at 0, at any time, at one before their origin. */
const origins: fc.Arbitrary<number> = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 1e9 }),
  fc.integer({ min: 0, max: 1e15 }),
  fc.integer({ min: -1e12, max: -1 }),
);

/** Too little to make it another µs. */
const besides: fc.Arbitrary<number> = fc.double({
  min: -0.3,
  max: 0.3,
  noNaN: true,
});

// --- rates

const smallRates: fc.Arbitrary<Rate> = fc.record({
  limit: fc.integer({ min: 1, max: 12 }),
  periodMs: fc.integer({ min: 1, max: 30 }),
  burst: fc.integer({ min: 1, max: 12 }),
});

const largeRates: fc.Arbitrary<Rate> = fc.record({
  limit: fc.integer({ min: 1, max: 1e6 }),
  periodMs: fc.integer({ min: 1, max: 1e9 }),
}).chain(({ limit, periodMs }) =>
  fc.record({
    limit: fc.constant(limit),
    periodMs: fc.constant(periodMs),
    burst: fc.oneof(fc.constant(limit), fc.integer({ min: 1, max: 1e6 })),
  })
);

/** At the border of what can be counted. */
const extremeRates: fc.Arbitrary<Rate> = fc.constantFrom(
  { limit: 2 ** 26, periodMs: 2 ** 26, burst: 2 ** 26 },
  { limit: 3, periodMs: 2 ** 42, burst: 2 ** 8 },
  { limit: 2 ** 42, periodMs: 3, burst: 2 ** 42 },
  { limit: 4_503_599_627_370, periodMs: 1, burst: 1_000 },
  { limit: 4_503_599_627_371, periodMs: 1, burst: 1_001 },
  { limit: 1, periodMs: 4_503_599_627_371, burst: 1 },
  { limit: 1, periodMs: 2 ** 50, burst: 1 },
  { limit: 1, periodMs: 2 ** 52, burst: 1 },
  { limit: 2 ** 52, periodMs: 1, burst: 2 ** 42 },
);

const anyRates: fc.Arbitrary<Rate> = fc.oneof(
  { weight: 5, arbitrary: smallRates },
  { weight: 3, arbitrary: largeRates },
  { weight: 1, arbitrary: extremeRates },
);

// --- random requests

/** How far the clock goes: parts of a period, ticks, or as the last decision. */
type Pause =
  | { readonly by: "period"; readonly part: number }
  | { readonly by: "tick"; readonly count: number }
  | { readonly by: "retry" | "reset"; readonly late: number };

/** A cost is a part of the capacity, and some units more. */
interface Cost {
  readonly part: number;
  readonly more: number;
}

type Step =
  | {
    readonly kind: "consume" | "peek" | "refund";
    readonly key: string;
    readonly cost: Cost;
  }
  | { readonly kind: "reset"; readonly key: string }
  | { readonly kind: "pause"; readonly pause: Pause };

function stepsOf(keys: fc.Arbitrary<string>): fc.Arbitrary<readonly Step[]> {
  const cost = fc.record({
    part: fc.constantFrom(0, 0, 0, 0.3, 0.5, 0.9, 1),
    more: fc.integer({ min: -1, max: 3 }),
  });
  const request = (kind: "consume" | "peek" | "refund") =>
    fc.record({ kind: fc.constant(kind), key: keys, cost });
  const pause: fc.Arbitrary<Pause> = fc.oneof(
    fc.record({
      by: fc.constant("period" as const),
      part: fc.oneof(
        fc.double({ min: 0, max: 1.2, noNaN: true }),
        fc.constantFrom(0.25, 0.5, 0.8, 1, 1.2, 1.5, 2, 3),
      ),
    }),
    fc.record({
      by: fc.constant("tick" as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      by: fc.constantFrom("retry" as const, "reset" as const),
      late: fc.integer({ min: -1, max: 1 }),
    }),
  );
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: request("consume") },
      { weight: 2, arbitrary: request("peek") },
      { weight: 1, arbitrary: request("refund") },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("reset" as const),
          key: keys,
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant("pause" as const), pause }),
      },
    ),
    { maxLength: 40 },
  );
}

const someKeys: fc.Arbitrary<string> = fc.constantFrom("a", "a", "a", "b");

function costOf({ part, more }: Cost, capacity: number): number {
  return Math.max(1, Math.floor(part * capacity) + more);
}

/** The limiter under test beside its oracle, and what both were last told. */
class Pair {
  readonly limiter: AnyLimiter;
  readonly oracle: Oracle;
  readonly clock: MicroClock;
  readonly #capacity: number;
  readonly #rate: Rate;
  #last: RateLimitDecision<string> | undefined;

  constructor(
    kind: Kind,
    rate: Rate,
    origin: number,
    beside: number,
  ) {
    this.oracle = kind.oracle(rate);
    // Beside the middle of two ms it would be rounded to the other one.
    const isExact = this.oracle.ticksPerMs === 1;
    this.clock = new MicroClock(origin, isExact ? 0 : beside);
    this.limiter = kind.make(rate, { clock: this.clock });
    this.#capacity = kind.capacityOf(rate);
    this.#rate = rate;
  }

  /** The time of the oracle; rounded, where that is coarser than the clock. */
  get #tick(): bigint {
    const micros = BigInt(this.clock.micros);
    if (this.oracle.ticksPerMs === 1_000) return micros;
    const shifted = micros + 500n;
    const isBelow = shifted < 0n && shifted % 1_000n !== 0n;
    return shifted / 1_000n - (isBelow ? 1n : 0n);
  }

  #decide(
    key: string,
    cost: number,
    takes: boolean,
  ): RateLimitDecision<string> {
    const { oracle } = this;
    const now = this.#tick;
    const units = BigInt(cost);
    const wait = cost > this.#capacity
      ? Infinity
      : Number(oracle.ticksToWait(key, units, now));
    if (takes) strictEqual(oracle.take(key, units, now), wait === 0);
    return {
      key,
      allowed: wait === 0,
      limit: this.#capacity,
      remaining: Number(oracle.remaining(key, now)),
      resetMs: Number(oracle.ticksToReset(key, now)) / oracle.ticksPerMs,
      retryAfterMs: wait / oracle.ticksPerMs,
    };
  }

  do(step: Step): void {
    const { limiter, oracle } = this;
    switch (step.kind) {
      case "consume":
      case "peek": {
        const cost = costOf(step.cost, this.#capacity);
        const decision = limiter[step.kind](step.key, cost);
        const takes = step.kind === "consume";
        deepStrictEqual(decision, this.#decide(step.key, cost, takes));
        this.#last = decision;
        break;
      }
      case "refund": {
        const cost = costOf(step.cost, this.#capacity);
        limiter.refund(step.key, cost);
        oracle.give(step.key, BigInt(cost), this.#tick);
        break;
      }
      case "reset": {
        const hadState = oracle.ticksToReset(step.key, this.#tick) > 0n;
        strictEqual(limiter.reset(step.key), hadState);
        oracle.forget(step.key);
        break;
      }
      default:
        this.clock.micros += this.#microsOf(step.pause);
    }
  }

  #microsOf(pause: Pause): number {
    const perTick = 1_000 / this.oracle.ticksPerMs;
    if (pause.by === "tick") return pause.count * perTick;
    if (pause.by === "period") {
      const micros = Math.floor(pause.part * this.#rate.periodMs * 1_000);
      // Where a period is an age, the clock is not to run out of exact numbers.
      return Math.min(micros, 1e14);
    }
    const ms = pause.by === "retry"
      ? this.#last?.retryAfterMs
      : this.#last?.resetMs;
    if (ms === undefined || ms > 1e11) return 0;
    return Math.max(0, Math.round(ms * 1_000) + pause.late * perTick);
  }
}

for (const kind of KINDS) {
  describe(`${kind.name} beside exact arithmetic`, () => {
    it("P16: it decides as the exact arithmetic does, whatever is asked and whenever (property)", () => {
      fc.assert(
        fc.property(
          anyRates,
          origins,
          besides,
          stepsOf(someKeys),
          (rate, origin, beside, steps) => {
            const pair = new Pair(kind, rate, origin, beside);
            for (const step of steps) pair.do(step);
          },
        ),
        { numRuns: 10 * RUNS },
      );
    });

    it("P16: what is forgotten can make no difference: it decides as what forgets nothing does, with many keys that come and go (property)", () => {
      const manyKeys = fc.integer({ min: 0, max: 60 }).map(String);
      fc.assert(
        fc.property(
          smallRates,
          fc.array(stepsOf(manyKeys), { minLength: 1, maxLength: 4 }),
          (rate, parts) => {
            const pair = new Pair(kind, rate, 0, 0);
            for (const step of parts.flat()) pair.do(step);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P16: with the clock frozen it allows exactly so many, however they are bundled, and then none (property)", () => {
      fc.assert(
        fc.property(
          largeRates,
          fc.double({ min: 0, max: 1e9, noNaN: true }),
          fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 12 }),
          (rate, start, bundles) => {
            const clock = new ManualClock();
            clock.advance(start);
            const limiter = kind.make(rate, { clock });
            const capacity = kind.capacityOf(rate);
            const single = Math.min(capacity, 40);
            let left = capacity;
            for (const bundle of [...bundles, capacity]) {
              const cost = Math.min(bundle, left - single);
              if (cost === 0) break;
              left -= cost;
              const { allowed, remaining } = limiter.consume("a", cost);
              strictEqual(allowed, true);
              strictEqual(remaining, left);
            }
            strictEqual(left, single);
            while (left > 0) {
              left--;
              const { allowed, remaining } = limiter.consume("a");
              strictEqual(allowed, true);
              strictEqual(remaining, left);
            }
            strictEqual(limiter.consume("a").allowed, false);
          },
        ),
        { numRuns: 2 * RUNS },
      );
    });

    it("P16: with the clock frozen it allows exactly so many, one by one, for every limit and period up to 48", () => {
      for (let limit = 1; limit <= 48; limit++) {
        for (let periodMs = 1; periodMs <= 48; periodMs++) {
          const clock = new MicroClock(1_700_000_000_000_123);
          const limiter = kind.make({ limit, periodMs, burst: limit }, {
            clock,
          });
          for (let left = limit - 1; left >= 0; left--) {
            strictEqual(limiter.consume("a").remaining, left);
          }
          strictEqual(limiter.consume("a").allowed, false);
        }
      }
    });

    it("P16: with the clock frozen it allows 100,000 one by one", () => {
      const limit = 100_000;
      const clock = new MicroClock(0.3);
      const rate = { limit, periodMs: 86_399_999, burst: limit };
      const limiter = kind.make(rate, { clock });
      let allowed = 0;
      while (limiter.consume("a").allowed) allowed++;
      strictEqual(allowed, limit);
    });

    it("P16: of N parallel requests to an asynchronous one exactly min(N, limit) are allowed (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: 1, max: 8 }),
          async (s, count, limit) => {
            const clock = new ManualClock();
            const rate = { limit, periodMs: 1_000, burst: limit };
            const limiter = kind.make(rate, { clock });
            const consume = s.scheduleFunction(
              (key: string) => Promise.resolve(limiter.consume(key)),
            );
            const calls = Array.from(
              { length: count },
              () => watch(consume("a")),
            );
            await s.waitIdle();
            const decisions = calls.map(({ value }) => value!);
            const allowed = decisions.filter((it) => it.allowed);
            strictEqual(decisions.length, count);
            strictEqual(allowed.length, Math.min(count, limit));
            deepStrictEqual(
              allowed.map((it) => it.remaining).toSorted((a, b) => b - a),
              allowed.map((_, i) => limit - 1 - i),
            );
          },
        ),
        { numRuns: RUNS },
      );
    });
  });
}

// --- how many in which time

/** Takes all there is whenever it looks; tells what it took when. */
function takeGreedily(
  limiter: AnyLimiter,
  clock: MicroClock,
  pauses: readonly number[],
): readonly { readonly at: bigint; readonly cost: bigint }[] {
  const taken: { at: bigint; cost: bigint }[] = [];
  for (const pause of pauses) {
    clock.micros += pause;
    const { remaining } = limiter.peek("a");
    if (remaining === 0) continue;
    strictEqual(limiter.consume("a", remaining).allowed, true);
    taken.push({ at: BigInt(clock.micros), cost: BigInt(remaining) });
  }
  return taken;
}

const boundedRates: fc.Arbitrary<Rate> = fc.oneof(
  smallRates,
  fc.record({
    limit: fc.integer({ min: 1, max: 1e6 }),
    periodMs: fc.integer({ min: 1, max: 1e3 }),
    burst: fc.integer({ min: 1, max: 1e3 }),
  }),
);

const parts: fc.Arbitrary<readonly number[]> = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 0.1, noNaN: true }),
    fc.double({ min: 0, max: 2, noNaN: true }),
    fc.constantFrom(1, 0.999, 0.5),
  ),
  { maxLength: 30 },
);

describe("How many units are given in a time", () => {
  for (const kind of [GCRA, BUCKET]) {
    it(`P16: ${kind.name} gives no more than burst + ⌊t · limit / periodMs⌋ in any t (property)`, () => {
      fc.assert(
        fc.property(boundedRates, parts, (rate, shares) => {
          const clock = new MicroClock(0);
          const limiter = kind.make(rate, { clock });
          const micros = BigInt(rate.periodMs) * 1_000n;
          const pauses = shares.map((it) => Math.floor(it * Number(micros)));
          const taken = takeGreedily(limiter, clock, pauses);
          for (const [i, { at: start }] of taken.entries()) {
            let sum = 0n;
            for (const { at, cost } of taken.slice(i)) {
              sum += cost;
              const back = (at - start) * BigInt(rate.limit) / micros;
              ok(
                sum <= BigInt(rate.burst) + back,
                `${sum} in ${at - start} µs`,
              );
            }
          }
        }),
        { numRuns: 2 * RUNS },
      );
    });

    it(`${kind.name} gives back a unit each periodMs / limit, no later in the long run (property)`, () => {
      fc.assert(
        fc.property(smallRates, fc.nat(200), (small, units) => {
          const clock = new MicroClock(0);
          // A burst of one has no room for parts of a tick.
          const rate = { ...small, burst: small.burst + 1 };
          const limiter = kind.make(rate, { clock });
          limiter.consume("a", rate.burst);
          for (let unit = 1n; unit <= units; unit++) {
            const due = ceilDivide(
              unit * BigInt(rate.periodMs) * 1_000n,
              BigInt(rate.limit),
            );
            clock.micros = Number(due) - 1;
            strictEqual(limiter.consume("a").allowed, false);
            clock.micros = Number(due);
            strictEqual(limiter.consume("a").allowed, true);
          }
        }),
        { numRuns: RUNS },
      );
    });
  }

  for (const kind of [FIXED, SLIDING]) {
    it(`P16: ${kind.name} gives no more than 2 · limit − 1 in any half-open periodMs (property)`, () => {
      fc.assert(
        fc.property(boundedRates, parts, (rate, shares) => {
          const clock = new MicroClock(0);
          const limiter = kind.make(rate, { clock });
          const micros = rate.periodMs * 1_000;
          // One unit opens a window; the rest is taken when it suits best.
          limiter.consume("a");
          const pauses = shares.map((it) => Math.floor(it * micros));
          const taken = [
            { at: 0n, cost: 1n },
            ...takeGreedily(limiter, clock, pauses),
          ];
          for (const { at: start } of taken) {
            const sum = taken
              .filter(({ at }) => at >= start && at < start + BigInt(micros))
              .reduce((total, { cost }) => total + cost, 0n);
            ok(sum <= 2n * BigInt(rate.limit) - 1n, `${sum} from ${start} on`);
          }
        }),
        { numRuns: 2 * RUNS },
      );
    });
  }

  it("FixedWindowLimiter gives 2 · limit − 1 about the end of a window", () => {
    const clock = new MicroClock(0);
    const limiter = new FixedWindowLimiter({
      limit: 5,
      periodMs: 1_000,
      clock,
    });
    limiter.consume("a");
    clock.micros = 999_999;
    strictEqual(limiter.consume("a", 4).allowed, true);
    strictEqual(limiter.consume("a").allowed, false);
    clock.micros = 1_000_000;
    strictEqual(limiter.consume("a", 5).allowed, true);
    strictEqual(limiter.consume("a").retryAfterMs, 1_000);
  });

  it("SlidingWindowLimiter counts the earlier window by the part that the last period covers", () => {
    const clock = new MicroClock(0);
    const limiter = new SlidingWindowLimiter({
      limit: 10,
      periodMs: 1_000,
      clock,
    });
    limiter.consume("a", 8);
    clock.micros = 1_250_000;
    strictEqual(limiter.peek("a").remaining, 4);
    strictEqual(limiter.consume("a", 3).remaining, 1);
    clock.micros = 1_500_000;
    strictEqual(limiter.peek("a").remaining, 3);
    clock.micros = 2_000_000;
    strictEqual(limiter.peek("a").remaining, 7);
    strictEqual(limiter.peek("a").resetMs, 1_000);
    clock.micros = 3_000_000;
    strictEqual(limiter.peek("a").resetMs, 0);
  });

  it("SlidingWindowLimiter begins anew when nothing counts any more, whether somebody looked meanwhile or not", () => {
    for (const looksAt of [[], [1_000], [1_500], [1_500, 2_100], [2_300]]) {
      const clock = new MicroClock(0);
      const limiter = new SlidingWindowLimiter({
        limit: 2,
        periodMs: 1_000,
        clock,
      });
      limiter.consume("a");
      for (const ms of looksAt) {
        clock.micros = ms * 1_000;
        limiter.peek("a");
      }
      clock.micros = 2_300_000;
      strictEqual(limiter.consume("a").resetMs, 2_000);
    }
  });

  it("GcraLimiter takes its limit as burst when none is given", () => {
    const limiter = new GcraLimiter({ limit: 4, periodMs: 1_000 });
    deepStrictEqual(limiter.peek("a").limit, 4);
    strictEqual(limiter.consume("a", 4).allowed, true);
  });

  it("GcraLimiter and TokenBucketLimiter tell the same (example)", () => {
    const clock = new MicroClock(0);
    const gcra = new GcraLimiter({
      limit: 5,
      periodMs: 1_000,
      burst: 20,
      clock,
    });
    const bucket = new TokenBucketLimiter({
      capacity: 20,
      refill: 5,
      periodMs: 1_000,
      clock,
    });
    for (const limiter of [gcra, bucket]) {
      clock.micros = 0;
      deepStrictEqual(limiter.consume("a", 19), {
        key: "a",
        allowed: true,
        limit: 20,
        remaining: 1,
        resetMs: 3_800,
        retryAfterMs: 0,
      });
      clock.micros = 300_000;
      deepStrictEqual(limiter.consume("a", 3), {
        key: "a",
        allowed: false,
        limit: 20,
        remaining: 2,
        resetMs: 3_500,
        retryAfterMs: 100,
      });
      clock.micros = 400_000;
      strictEqual(limiter.consume("a", 3).remaining, 0);
    }
  });
});

describe("Where the smallest step is 1 ms", () => {
  // Too large for µs: 1,000 · limit · periodMs > 2 ** 52.
  const rate = { limit: 999_983, periodMs: 999_999_937, burst: 999_983 };
  for (const kind of KINDS) {
    it(`P16: ${kind.name} allows after retryAfterMs, and not 1 ms sooner`, () => {
      const clock = new MicroClock(0);
      const limiter = kind.make(rate, { clock });
      limiter.consume("a", rate.burst);
      for (let i = 0; i < 50; i++) {
        const { retryAfterMs } = limiter.consume("a", 7);
        strictEqual(retryAfterMs, Math.ceil(retryAfterMs));
        clock.micros += (retryAfterMs - 1) * 1_000;
        strictEqual(limiter.consume("a", 7).retryAfterMs, 1);
        clock.micros += 1_000;
        strictEqual(limiter.consume("a", 7).allowed, true);
        if (kind === FIXED) limiter.consume("a", rate.limit - 7);
      }
    });
  }

  for (const kind of [GCRA, BUCKET]) {
    it(`${kind.name} does not count periods in µs that are no exact numbers`, () => {
      for (const periodMs of [2 ** 47 + 1, 2 ** 47 + 3]) {
        const clock = new MicroClock(0);
        const limiter = kind.make({ limit: 32, periodMs, burst: 1 }, { clock });
        const backMs = Number(ceilDivide(BigInt(periodMs), 32n));
        strictEqual(limiter.consume("a").resetMs, backMs);
      }
    });
  }
});

// --- what is remembered

/** A quota that never comes back, and is forgotten after a span. */
function quota(capacity: number, spanTicks: number): RateLimitAlgorithm {
  return {
    width: 1,
    ticksPerMs: 1,
    capacity,
    spanTicks,
    settle() {},
    take(cells, at, cost) {
      const taken = cells[at]! + cost;
      if (taken > capacity) return false;
      cells[at] = taken;
      return true;
    },
    give(cells, at, cost) {
      cells[at] = Math.max(0, cells[at]! - cost);
    },
    remaining: (cells, at) => capacity - cells[at]!,
    ticksToReset: (cells, at) => cells[at] === 0 ? 0 : Infinity,
    ticksToWait: (cells, at, cost) =>
      cells[at]! + cost > capacity ? Infinity : 0,
  };
}

describe("InMemoryRateLimiter.size", () => {
  it("is 0 at first, grows by a key when it takes something, and by nothing else", () => {
    const clock = new ManualClock();
    const limiter = new GcraLimiter({ limit: 3, periodMs: 1_000, clock });
    strictEqual(limiter.size, 0);
    limiter.peek("a");
    limiter.refund("a");
    limiter.reset("a");
    limiter.consume("a", 4);
    strictEqual(limiter.size, 0);
    limiter.consume("a");
    limiter.consume("a");
    strictEqual(limiter.size, 1);
    limiter.consume("b");
    strictEqual(limiter.size, 2);
  });

  it("a key stays for a span without use, and is gone after three (property)", () => {
    const span = 10;
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 40 }),
            fc.oneof(
              fc.constant(0),
              fc.nat(6),
              fc.integer({ min: 7, max: 35 }),
            ),
            fc.constantFrom("consume" as const, "peek" as const),
          ),
          { maxLength: 80 },
        ),
        (uses) => {
          const clock = new ManualClock();
          const limiter = new InMemoryRateLimiter<number>(quota(1e9, span), {
            clock,
          });
          const usedAt = new Map<number, number>();
          const takenOf = new Map<number, number>();
          for (const [key, pause, method] of uses) {
            clock.advance(pause);
            const now = clock.monotonic();
            const idle = now - (usedAt.get(key) ?? -Infinity);
            const { remaining } = limiter[method](key);
            const left = remaining + (method === "consume" ? 1 : 0);
            const before = 1e9 - left;
            if (idle < span) strictEqual(before, takenOf.get(key));
            if (idle >= 3 * span) strictEqual(before, 0);
            const taken = 1e9 - remaining;
            takenOf.set(key, taken);
            if (taken > 0) usedAt.set(key, now);
            const ages = [...usedAt.values()].map((at) => now - at);
            const least = ages.filter((age) => age < span).length;
            const most = ages.filter((age) => age < 3 * span).length;
            const { size } = limiter;
            ok(least <= size && size <= most, `${least} ${size} ${most}`);
          }
        },
      ),
      { numRuns: 3 * RUNS },
    );
  });

  it("after a long pause the next call drops all at once", () => {
    const clock = new ManualClock();
    const limiter = new GcraLimiter({ limit: 3, periodMs: 1_000, clock });
    for (let i = 0; i < 100; i++) limiter.consume(`${i}`);
    clock.advance(1_500);
    for (let i = 0; i < 50; i++) limiter.consume(`${i}`);
    strictEqual(limiter.size, 100);
    clock.advance(1_000);
    limiter.peek("0");
    strictEqual(limiter.size, 50);
    clock.advance(2_000);
    limiter.peek("0");
    strictEqual(limiter.size, 0);
  });

  it("keys keep their numbers when the table grows", () => {
    const clock = new ManualClock();
    const limiter = new SlidingWindowLimiter({
      limit: 1_000,
      periodMs: 1_000,
      clock,
    });
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 500; i++) {
        strictEqual(
          limiter.consume(`${i}`, i % 7 + 1).remaining,
          1_000 - round * (i % 7 + 1),
        );
      }
    }
    strictEqual(limiter.size, 500);
  });

  it("keys keep their numbers when the table grows and nothing is ever forgotten", () => {
    const trial = { ...quota(9, Infinity), width: 3 };
    const limiter = new InMemoryRateLimiter<number>(trial, {});
    for (let round = 1; round <= 3; round++) {
      for (let key = 0; key < 500; key++) {
        strictEqual(limiter.consume(key).remaining, 9 - round);
      }
    }
  });

  it("a span without end keeps all that there is room for", () => {
    const clock = new ManualClock();
    const limiter = new InMemoryRateLimiter<string>(quota(2, Infinity), {
      clock,
    });
    limiter.consume("a");
    clock.advance(Number.MAX_SAFE_INTEGER);
    strictEqual(limiter.consume("a").remaining, 0);
    strictEqual(limiter.consume("a").retryAfterMs, Infinity);
  });
});

// --- when it is full

const crowd: fc.Arbitrary<string> = fc.integer({ min: 0, max: 12 }).map(String);
const maxKeyCounts: fc.Arbitrary<number> = fc.integer({ min: 2, max: 9 });

describe("InMemoryRateLimiter with maxKeys", () => {
  for (const kind of KINDS) {
    for (const onFull of ["forget", "deny"] as const) {
      it(`P16: ${kind.name} never remembers more, with onFull "${onFull}" (property)`, () => {
        fc.assert(
          fc.property(
            smallRates,
            maxKeyCounts,
            stepsOf(crowd),
            (rate, maxKeys, steps) => {
              const clock = new MicroClock(0);
              const bounds = { maxKeys, onFull };
              const limiter = kind.make(rate, { ...bounds, clock });
              const capacity = kind.capacityOf(rate);
              for (const step of steps) {
                if (step.kind === "pause") {
                  const { pause } = step;
                  clock.micros += pause.by === "period"
                    ? Math.floor(pause.part * rate.periodMs * 1_000)
                    : 1;
                } else if (step.kind === "reset") {
                  limiter.reset(step.key);
                } else {
                  limiter[step.kind](step.key, costOf(step.cost, capacity));
                }
                ok(limiter.size <= maxKeys, `size is ${limiter.size}`);
              }
            },
          ),
          { numRuns: RUNS },
        );
      });
    }
  }

  it('P16: with onFull "forget" no new key is denied (property)', () => {
    fc.assert(
      fc.property(
        smallRates,
        maxKeyCounts,
        fc.array(fc.nat(2_000), { maxLength: 40 }),
        (rate, maxKeys, pauses) => {
          const clock = new MicroClock(0);
          const limiter = GCRA.make(rate, { maxKeys, clock });
          for (const [i, pause] of pauses.entries()) {
            clock.micros += pause;
            const decision = limiter.consume(`${i}`, rate.burst);
            strictEqual(decision.allowed, true);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('with onFull "forget" it forgets nobody before maxKeys / 2 others have asked (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 11 }),
        fc.array(crowd, { maxLength: 60 }),
        (maxKeys, uses) => {
          const clock = new ManualClock();
          const limiter = new InMemoryRateLimiter<string>(
            quota(1e9, Infinity),
            { maxKeys, clock },
          );
          const takenOf = new Map<string, number>();
          const recent: string[] = [];
          for (const key of uses) {
            const taken = 1e9 - limiter.consume(key).remaining;
            const at = recent.lastIndexOf(key);
            const others = new Set(recent.slice(at + 1)).size;
            if (at >= 0 && others <= Math.floor(maxKeys / 2)) {
              strictEqual(taken, takenOf.get(key)! + 1);
            }
            takenOf.set(key, taken);
            recent.push(key);
          }
        },
      ),
      { numRuns: 3 * RUNS },
    );
  });

  it('with onFull "forget" it forgets those that have not asked for longest', () => {
    const limiter = new InMemoryRateLimiter<string>(quota(9, Infinity), {
      maxKeys: 4,
    });
    for (const key of ["a", "b", "c", "a", "d"]) limiter.consume(key);
    strictEqual(limiter.peek("a").remaining, 7);
    strictEqual(limiter.peek("d").remaining, 8);
    strictEqual(limiter.peek("b").remaining, 9);
  });

  it("forgets when nothing is said", () => {
    const limiter = new GcraLimiter({ limit: 1, periodMs: 1_000, maxKeys: 2 });
    for (const key of ["a", "b", "c", "d"]) {
      strictEqual(limiter.consume(key).allowed, true);
    }
  });

  it("remembers a million keys when nothing is said", () => {
    const limiter = new InMemoryRateLimiter<number>(quota(1, Infinity), {
      onFull: "deny",
    });
    for (let key = 0; key < 1_000_000; key++) limiter.consume(key);
    strictEqual(limiter.size, 1_000_000);
    strictEqual(limiter.consume(1_000_000).allowed, false);
    strictEqual(limiter.size, 1_000_000);
  });

  it('P16: with onFull "deny" those it knows are counted as ever, and new ones are denied only for want of room (property)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        smallRates,
        maxKeyCounts,
        fc.array(
          fc.tuple(crowd, fc.nat(1_500), fc.integer({ min: 1, max: 4 })),
          {
            maxLength: 50,
          },
        ),
        (kind, rate, maxKeys, requests) => {
          const clock = new MicroClock(0);
          const limiter = kind.make(rate, { maxKeys, onFull: "deny", clock });
          const oracle = kind.oracle(rate);
          for (const [key, pause, more] of requests) {
            clock.micros += pause;
            const now = BigInt(clock.micros);
            const cost = Math.min(more, kind.capacityOf(rate));
            const isKnown = oracle.ticksToReset(key, now) > 0n;
            const wait = oracle.ticksToWait(key, BigInt(cost), now);
            const before = limiter.size;
            const decision = limiter.consume(key, cost);
            if (decision.allowed) {
              strictEqual(oracle.take(key, BigInt(cost), now), true);
            } else if (isKnown) {
              strictEqual(decision.retryAfterMs, Number(wait) / 1_000);
            } else {
              strictEqual(limiter.size, maxKeys);
              strictEqual(before >= maxKeys, true);
              strictEqual(decision.remaining, 0);
              strictEqual(decision.limit, kind.capacityOf(rate));
              strictEqual(decision.key, key);
            }
          }
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it('P16: with onFull "deny" a new key is allowed after retryAfterMs, and not one tick sooner (property)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        smallRates,
        maxKeyCounts,
        fc.array(fc.tuple(crowd, fc.nat(20_000)), { maxLength: 40 }),
        (kind, rate, maxKeys, requests) => {
          const replay = (): readonly [MicroClock, AnyLimiter] => {
            const clock = new MicroClock(0);
            const limiter = kind.make(rate, { maxKeys, onFull: "deny", clock });
            for (const [key, pause] of requests) {
              clock.micros += pause;
              limiter.consume(key);
            }
            return [clock, limiter];
          };
          const { allowed, retryAfterMs } = replay()[1].consume("new");
          if (allowed) return;
          const wait = Math.round(retryAfterMs * 1_000);
          ok(wait > 0 && wait < Infinity, `${wait} µs`);
          for (const [late, isIn] of [[-1, false], [0, true]] as const) {
            const [clock, limiter] = replay();
            limiter.consume("new");
            clock.micros += wait + late;
            strictEqual(limiter.consume("new").allowed, isIn);
          }
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  for (const onFull of ["forget", "deny"] as const) {
    it(`with onFull "${onFull}" peek() allows a new key when consume() does, while there is room and after`, () => {
      const limiter = new GcraLimiter({
        limit: 1,
        periodMs: 1_000,
        maxKeys: 2,
        onFull,
      });
      for (const key of ["a", "b", "c", "d"]) {
        const { allowed, remaining } = limiter.peek(key);
        strictEqual(remaining, allowed ? 1 : 0);
        strictEqual(limiter.consume(key).allowed, allowed);
      }
    });
  }

  it('with onFull "deny" a new key waits for good when nothing is ever forgotten', () => {
    const limiter = new InMemoryRateLimiter<string>(quota(9, Infinity), {
      maxKeys: 2,
      onFull: "deny",
    });
    limiter.consume("a");
    limiter.consume("b");
    strictEqual(limiter.consume("c").retryAfterMs, Infinity);
    strictEqual(limiter.consume("a").remaining, 7);
  });

  it('with onFull "deny" peek() says what consume() says', () => {
    const clock = new ManualClock();
    const limiter = new GcraLimiter({
      limit: 5,
      periodMs: 1_000,
      maxKeys: 2,
      onFull: "deny",
      clock,
    });
    limiter.consume("a");
    limiter.consume("b");
    for (const cost of [1, 5, 6]) {
      deepStrictEqual(limiter.peek("c", cost), limiter.consume("c", cost));
    }
    strictEqual(limiter.peek("a").remaining, 4);
    strictEqual(limiter.size, 2);
  });
});

// --- keys

describe("InMemoryRateLimiter with keyOf", () => {
  interface Asker {
    readonly ip: string;
    readonly user: number;
  }

  it("counts by what keyOf() makes of a key, and tells the key itself", () => {
    const limiter = new GcraLimiter<Asker>({
      limit: 3,
      periodMs: 1_000,
      keyOf: ({ user }) => user,
    });
    const ada = { ip: "203.0.113.7", user: 1 };
    const same = { ip: "203.0.113.8", user: 1 };
    strictEqual(limiter.consume(ada).key, ada);
    strictEqual(limiter.consume(same).remaining, 1);
    strictEqual(limiter.peek(same).key, same);
    strictEqual(limiter.consume(same, 4).key, same);
    strictEqual(limiter.consume({ ...ada, user: 2 }).remaining, 2);
    limiter.refund({ ...ada });
    strictEqual(limiter.peek(ada).remaining, 2);
    strictEqual(limiter.reset({ ...ada }), true);
    strictEqual(limiter.peek(ada).remaining, 3);
  });

  it("tells strings, numbers and bigints apart, and no special name is special", () => {
    const limiter = new GcraLimiter<string | number | bigint>({
      limit: 2,
      periodMs: 1_000,
    });
    for (const key of ["1", 1, 1n, "", "__proto__", "constructor", NaN]) {
      strictEqual(limiter.consume(key).remaining, 1, String(key));
      strictEqual(limiter.consume(key).remaining, 0, String(key));
    }
  });

  it("what keyOf() throws comes through, and nothing is taken", () => {
    const problem = new Error("no user");
    const limiter = new GcraLimiter<string>({
      limit: 3,
      periodMs: 1_000,
      keyOf(key) {
        if (key === "bad") throw problem;
        return key;
      },
    });
    throws(() => limiter.consume("bad"), (error) => error === problem);
    throws(() => limiter.peek("bad"), (error) => error === problem);
    strictEqual(limiter.size, 0);
  });
});

// --- options

function isRefused(error: unknown, field: string, received: string): boolean {
  return error instanceof ValidationError &&
    error.code === "VALIDATION_INVALID_OPTION" &&
    error.field === field && error.message.includes(received);
}

/** Numbers that are no count, with the text that tells them. */
const NO_COUNTS: readonly (readonly [value: number, text: string])[] = [
  [NaN, "NaN"],
  [0, "0"],
  [-1, "-1"],
  [1.5, "1.5"],
  [Infinity, "Infinity"],
  [2 ** 53, "9007199254740992"],
];

const MAKERS: readonly (readonly [
  name: string,
  options: Readonly<Record<string, number>>,
  make: (options: never) => unknown,
])[] = [
  [
    "GcraLimiter",
    { limit: 5, periodMs: 1_000, burst: 5 },
    (options) => new GcraLimiter(options),
  ],
  [
    "TokenBucketLimiter",
    { capacity: 5, refill: 5, periodMs: 1_000 },
    (options) => new TokenBucketLimiter(options),
  ],
  [
    "FixedWindowLimiter",
    { limit: 5, periodMs: 1_000 },
    (options) => new FixedWindowLimiter(options),
  ],
  [
    "SlidingWindowLimiter",
    { limit: 5, periodMs: 1_000 },
    (options) => new SlidingWindowLimiter(options),
  ],
];

describe("The options of the limiters", () => {
  for (const [name, options, make] of MAKERS) {
    for (const field of Object.keys(options)) {
      it(`${name} throws when ${field} is no whole number of 1 or more`, () => {
        for (const [value, text] of NO_COUNTS) {
          throws(
            () => make({ ...options, [field]: value } as never),
            (error) => isRefused(error, field, text),
          );
        }
        for (const [kind, value] of NOT_NUMBERS) {
          if (value === undefined && field === "burst") continue;
          throws(
            () => make({ ...options, [field]: value } as never),
            (error) => isRefused(error, field, ""),
            kind,
          );
        }
      });
    }

    it(`${name} throws when it could not count exactly, and takes what it can`, () => {
      const count = "capacity" in options ? "capacity" : "limit";
      const withCount = (units: number, periodMs: number): never =>
        ({
          ...options,
          [count]: units,
          ...("burst" in options && { burst: units }),
          periodMs,
        }) as never;
      for (
        const [units, periodMs] of [
          [Number.MAX_SAFE_INTEGER, 1_000_000_007],
          [2 ** 27 - 1, 2 ** 26 - 1],
          [7, 2 ** 52 + 1],
          [1, Number.MAX_SAFE_INTEGER],
        ] as const
      ) {
        const all = withCount(units, periodMs) as Record<string, number>;
        throws(
          () => make(withCount(units, periodMs)),
          (error) =>
            error instanceof ValidationError &&
            isRefused(error, error.field, "too large") &&
            isRefused(error, error.field, String(all[error.field])),
        );
      }
      for (
        const [units, periodMs] of [
          [2 ** 26, 2 ** 26],
          [1, 2 ** 52],
          [2 ** 40, 1],
        ] as const
      ) {
        const limiter = make(withCount(units, periodMs)) as AnyLimiter;
        strictEqual(limiter.consume("a", units).remaining, 0);
      }
    });

    it(`${name} throws when a bound is not valid`, () => {
      for (const [value, text] of [...NO_COUNTS, [1, "1"]] as const) {
        throws(
          () => make({ ...options, maxKeys: value } as never),
          (error) => isRefused(error, "maxKeys", text),
        );
      }
      for (const [kind, value] of NOT_NUMBERS.slice(1)) {
        throws(
          () => make({ ...options, maxKeys: value } as never),
          (error) => isRefused(error, "maxKeys", ""),
          kind,
        );
      }
      for (
        const [value, text] of [
          ["FORGET", '"FORGET"'],
          ["", '""'],
          [null, "null"],
          [1, "1"],
        ] as const
      ) {
        throws(
          () => make({ ...options, onFull: value } as never),
          (error) => isRefused(error, "onFull", text),
        );
      }
      for (const value of [null, "user", 1, {}]) {
        throws(
          () => make({ ...options, keyOf: value } as never),
          (error) => isRefused(error, "keyOf", ""),
        );
      }
    });

    it(`${name} takes the least there is: 1 of all, and 2 keys`, () => {
      const least = Object.fromEntries(
        Object.keys(options).map((field) => [field, 1]),
      );
      const limiter = make({ ...least, maxKeys: 2 } as never) as AnyLimiter;
      strictEqual(limiter.peek("a").limit, 1);
      strictEqual(limiter.consume("a").allowed, true);
    });

    it(`${name} reads the system's clock when none is given`, () => {
      const limiter = make(options as never) as AnyLimiter;
      const { resetMs } = limiter.consume("a", 5);
      strictEqual(resetMs, name === "SlidingWindowLimiter" ? 2_000 : 1_000);
      const later = limiter.peek("a").resetMs;
      ok(later <= resetMs && later > 0, `resetMs is ${later}`);
    });
  }
});

// --- decisions

describe("toRateLimitResult()", () => {
  const decision: RateLimitDecision<string> = {
    key: "ada",
    allowed: true,
    limit: 5,
    remaining: 4,
    resetMs: 1_000,
    retryAfterMs: 0,
  };

  it("gives a consent as the value", () => {
    strictEqual(toRateLimitResult(decision).unwrap(), decision);
  });

  it("gives a denial as a SecurityError that says when to come back, rounded up", () => {
    for (
      const [retryAfterMs, told] of [
        [33.334, 34],
        [0.001, 1],
        [250, 250],
        [Infinity, Infinity],
      ] as const
    ) {
      const denied = { ...decision, allowed: false, retryAfterMs };
      const error = toRateLimitResult(denied).unwrapErr();
      ok(error instanceof SecurityError);
      strictEqual(error.code, "SECURITY_RATE_LIMITED");
      deepStrictEqual(error.params, { retryAfterMs: told });
    }
  });
});

describe("isRateLimiter()", () => {
  it("wants all four methods", () => {
    const whole = { consume() {}, peek() {}, refund() {}, reset() {} };
    strictEqual(isRateLimiter(whole), true);
    for (const name of Object.keys(whole)) {
      strictEqual(isRateLimiter({ ...whole, [name]: undefined }), false, name);
    }
    for (const value of [null, undefined, 1, "consume", [], () => {}]) {
      strictEqual(isRateLimiter(value), false);
    }
  });
});

/** How many errors are made while the body runs, of whichever class. */
function errorsIn(body: () => void): number {
  let count = 0;
  const base = Object.getPrototypeOf(InfrastructureError) as ErrorConstructor;
  const counted = new Proxy(base, {
    construct(target, args, newTarget): object {
      count++;
      return Reflect.construct(target, args, newTarget);
    },
    apply(target, _, args): unknown {
      count++;
      return Reflect.construct(target, args);
    },
  });
  // What `super()` calls is looked up anew each time.
  Object.setPrototypeOf(InfrastructureError, counted);
  try {
    withReplaced(globalThis, "Error", counted, body);
  } finally {
    Object.setPrototypeOf(InfrastructureError, base);
  }
  return count;
}

describe("A denial", () => {
  it("is a value: no error is made for it", () => {
    strictEqual(errorsIn(() => void new Error("counted")), 1);
    strictEqual(
      errorsIn(() => {
        const params = { retryAfterMs: 1 };
        void new SecurityError("SECURITY_RATE_LIMITED", params);
      }),
      1,
    );
    for (const kind of KINDS) {
      const rate = { limit: 1, periodMs: 1_000, burst: 1 };
      const limiter = kind.make(rate, { maxKeys: 2, onFull: "deny" });
      limiter.consume("a");
      limiter.consume("b");
      const made = errorsIn(() => {
        strictEqual(limiter.consume("a").allowed, false);
        strictEqual(limiter.consume("a", 2).allowed, false);
        strictEqual(limiter.consume("c").allowed, false);
        strictEqual(limiter.peek("a").allowed, false);
      });
      strictEqual(made, 0, kind.name);
    }
  });
});

describe("InMemoryRateLimiter with an algorithm of one's own", () => {
  it("settles a state before all else, and gives it the time in ticks", () => {
    const clock = new MicroClock(7_500);
    const calls: string[] = [];
    const note = (name: string, ...args: readonly number[]): void =>
      void calls.push(`${name} ${args}`);
    const limiter = new InMemoryRateLimiter<string>({
      width: 2,
      ticksPerMs: 10,
      capacity: 5,
      spanTicks: 1_000,
      settle: (_, at, tick) => note("settle", at, tick),
      take(_, at, cost, tick) {
        note("take", at, cost, tick);
        return cost < 3;
      },
      give: (_, at, cost) => note("give", at, cost),
      remaining(_, at, tick) {
        note("remaining", at, tick);
        return 4;
      },
      ticksToReset(_, at, tick) {
        note("ticksToReset", at, tick);
        return 20;
      },
      ticksToWait(_, at, cost, tick) {
        note("ticksToWait", at, cost, tick);
        return 30;
      },
    }, { clock });
    deepStrictEqual(limiter.consume("a", 2), {
      key: "a",
      allowed: true,
      limit: 5,
      remaining: 4,
      resetMs: 2,
      retryAfterMs: 0,
    });
    clock.micros = 8_000;
    limiter.consume("b");
    strictEqual(limiter.consume("b", 3).retryAfterMs, 3);
    strictEqual(limiter.peek("b", 1).allowed, false);
    limiter.refund("b", 2);
    strictEqual(limiter.reset("b"), true);
    deepStrictEqual(calls, [
      "settle 0,75",
      "take 0,2,75",
      "remaining 0,75",
      "ticksToReset 0,75",
      "settle 2,80",
      "take 2,1,80",
      "remaining 2,80",
      "ticksToReset 2,80",
      "settle 2,80",
      "take 2,3,80",
      "ticksToWait 2,3,80",
      "remaining 2,80",
      "ticksToReset 2,80",
      "settle 2,80",
      "ticksToWait 2,1,80",
      "remaining 2,80",
      "ticksToReset 2,80",
      "settle 2,80",
      "give 2,2",
      "settle 2,80",
      "ticksToReset 2,80",
    ]);
  });

  it("does not ask it about a state that is not there", () => {
    const limiter = new InMemoryRateLimiter<string>({
      ...quota(2, 1_000),
      give: () => fail("Nothing was taken."),
      ticksToReset: () => fail("Nothing was taken."),
    }, {});
    limiter.refund("a");
    strictEqual(limiter.reset("a"), false);
  });
});
