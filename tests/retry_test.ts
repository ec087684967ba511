import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PoolError, TaskError, ValidationError } from "../src/errors.ts";
import {
  type Backoff,
  exponentialBackoff,
  type ExponentialBackoffOptions,
  type RetryableOf,
  type RetryBudget,
  type RetryOptions,
  RetryPolicy,
  TokenRetryBudget,
  type TokenRetryBudgetOptions,
} from "../src/retry.ts";
import {
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
} from "./foundation_support.ts";

class HttpError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

const REFUSED = { retry: false, reason: "refused" } as const;
const EXHAUSTED = { retry: false, reason: "exhausted" } as const;
const OVER_BUDGET = { retry: false, reason: "budget" } as const;

function again(delayMs: number): { retry: true; delayMs: number } {
  return { retry: true, delayMs };
}

/** Fails unless the body throws for the option and tells what it received. */
function throwsOption(
  body: () => unknown,
  option: string,
  shown: string,
): void {
  throws(body, (error) => {
    ok(ValidationError.is(error));
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    strictEqual(error.field, option);
    ok(error.message.endsWith(`received ${shown}`), error.message);
    return true;
  });
}

/** A budget that counts what is asked of it. */
class CountingBudget implements RetryBudget {
  deposits = 0;
  withdrawals = 0;

  deposit(): void {
    this.deposits++;
  }

  withdraw(): boolean {
    this.withdrawals++;
    return true;
  }
}

// --- exponentialBackoff

interface Shape {
  readonly baseDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly minDelayMs: number;
}

const delays = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
);

const shapes: fc.Arbitrary<Shape> = fc.record({
  baseDelayMs: delays,
  factor: fc.oneof(
    fc.double({ min: 1, max: 10, noNaN: true }),
    fc.constantFrom(1, 1e308, Infinity),
  ),
  maxDelayMs: delays,
  minDelayMs: delays,
}).map((shape) => ({
  ...shape,
  minDelayMs: Math.min(shape.minDelayMs, shape.maxDelayMs),
}));

const retries = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.constantFrom(1_024, 1e6, Number.MAX_SAFE_INTEGER),
);

const chances = fc.oneof(
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.constantFrom(0, 1 - Number.EPSILON),
);

/** What never may be drawn on. */
function noChance(): number {
  throw new Error("chance was asked");
}

describe("exponentialBackoff()", () => {
  it("keeps 0 <= delay <= maxDelayMs, and the floor below it (property)", () => {
    fc.assert(
      fc.property(shapes, retries, chances, (shape, retry, chance) => {
        const delayMs = exponentialBackoff(shape)(retry, () => chance);
        const envelope = exponentialBackoff({ ...shape, jitter: false })(
          retry,
          noChance,
        );
        ok(delayMs >= Math.min(shape.minDelayMs, envelope), `${delayMs}`);
        ok(delayMs <= envelope, `${delayMs} > ${envelope}`);
        ok(envelope >= 0 && envelope <= shape.maxDelayMs, `${envelope}`);
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it("has an envelope that never falls (property)", () => {
    fc.assert(
      fc.property(shapes, fc.nat(2_000), (shape, retry) => {
        const backoff = exponentialBackoff({ ...shape, jitter: false });
        ok(backoff(retry + 1, noChance) <= backoff(retry + 2, noChance));
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("gives exact delays with a fixed random (property)", () => {
    const exponents = fc.integer({ min: 1, max: 20 });
    const bases = fc.integer({ min: 2, max: 1_000 });
    fc.assert(
      fc.property(bases, exponents, chances, (half, retry, chance) => {
        const baseDelayMs = 2 * half;
        const envelope = Math.min(60_000, baseDelayMs * 2 ** (retry - 1));
        strictEqual(
          exponentialBackoff({ baseDelayMs })(retry, () => chance),
          half + chance * (envelope - half),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("doubles from 1 s to 60 s, with jitter from 500 ms, by default", () => {
    const sequence = [1, 2, 3, 6, 7, 100];
    const lowest = exponentialBackoff();
    const exact = exponentialBackoff({ jitter: false });
    deepStrictEqual(sequence.map((n) => lowest(n, () => 0)), [
      500,
      500,
      500,
      500,
      500,
      500,
    ]);
    deepStrictEqual(sequence.map((n) => exact(n, noChance)), [
      1_000,
      2_000,
      4_000,
      32_000,
      60_000,
      60_000,
    ]);
  });

  it("leaves room for the jitter when the cap is below the base", () => {
    const backoff = exponentialBackoff({ baseDelayMs: 1_000, maxDelayMs: 100 });
    strictEqual(backoff(1, () => 0), 50);
    strictEqual(backoff(1, () => 0.5), 75);
  });

  it("never waits when the base is 0, even where the factor overflows", () => {
    const backoff = exponentialBackoff({ baseDelayMs: 0, factor: Infinity });
    strictEqual(backoff(1, () => 0.5), 0);
    strictEqual(backoff(5_000, () => 0.5), 0);
  });

  const bad: readonly (readonly [ExponentialBackoffOptions, string, string])[] =
    [
      [{ baseDelayMs: -1 }, "baseDelayMs", "-1"],
      [{ baseDelayMs: NaN }, "baseDelayMs", "NaN"],
      [{ baseDelayMs: Infinity }, "baseDelayMs", "Infinity"],
      [{ baseDelayMs: null as unknown as number }, "baseDelayMs", "null"],
      [{ maxDelayMs: null as unknown as number }, "maxDelayMs", "null"],
      [{ maxDelayMs: -1 }, "maxDelayMs", "-1"],
      [{ maxDelayMs: Infinity }, "maxDelayMs", "Infinity"],
      [{ minDelayMs: -1 }, "minDelayMs", "-1"],
      [{ minDelayMs: 11, maxDelayMs: 10 }, "minDelayMs", "11"],
      [{ factor: 0.5 }, "factor", "0.5"],
      [{ factor: NaN }, "factor", "NaN"],
    ];
  for (const [options, option, shown] of bad) {
    it(`throws for ${option} ${shown}`, () => {
      throwsOption(() => exponentialBackoff(options), option, shown);
      throwsOption(() => new RetryPolicy(options), option, shown);
    });
  }
});

// --- RetryPolicy

describe("RetryPolicy", () => {
  it("allows 3 attempts by default, with the exponential backoff", () => {
    const policy = new RetryPolicy({ random: () => 0.5 });
    strictEqual(policy.maxAttempts, 3);
    deepStrictEqual(policy.decide("busy", 1), again(750));
    deepStrictEqual(policy.decide("busy", 2), again(1_250));
    deepStrictEqual(policy.decide("busy", 3), EXHAUSTED);
  });

  it("takes its chance from the system where none is given", () => {
    const decision = new RetryPolicy().decide("busy", 1);
    ok(decision.retry && decision.delayMs >= 500 && decision.delayMs < 1_000);
  });

  it("never retries at or after maxAttempts, and always before (property)", () => {
    const limits = fc.oneof(fc.integer({ min: 1 }), fc.constant(Infinity));
    fc.assert(
      fc.property(limits, fc.integer({ min: 1 }), (maxAttempts, attempt) => {
        const policy = new RetryPolicy({ maxAttempts });
        strictEqual(
          policy.decide("busy", attempt).retry,
          attempt < maxAttempts,
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("hands a backoff of one's own the retry, from 1, and the chance", () => {
    const asked: unknown[] = [];
    const random = () => 0.25;
    const backoff: Backoff = (retry, chance) => {
      asked.push(retry, chance);
      return retry * 10;
    };
    const policy = new RetryPolicy({ backoff, random });
    deepStrictEqual(policy.decide("busy", 1), again(10));
    deepStrictEqual(policy.decide("busy", 2), again(20));
    deepStrictEqual(asked, [1, random, 2, random]);
  });

  it("retries the errors of the classes, theirs that extend them, no other", () => {
    class Unavailable extends HttpError {}
    const policy = new RetryPolicy({ retryOn: [PoolError, HttpError] });
    const outcomes: readonly (readonly [unknown, boolean])[] = [
      [new PoolError("POOL_CLOSED"), true],
      [new HttpError(503), true],
      [new Unavailable(503), true],
      [new TaskError("TASK_QUEUE_FULL"), false],
      [new Error("other"), false],
      ["PoolError", false],
      [undefined, false],
      [null, false],
    ];
    for (const [error, retry] of outcomes) {
      strictEqual(policy.decide(error, 1).retry, retry, String(error));
    }
  });

  it("knows an error of another copy of the package", () => {
    const foreign = new Error("The pool is closed");
    const brand = Symbol.for("@groundwork/infra/error");
    Object.defineProperty(foreign, brand, { value: "POOL" });
    const policy = new RetryPolicy({ retryOn: [PoolError] });
    strictEqual(policy.decide(foreign, 1).retry, true);
    const other = new RetryPolicy({ retryOn: [TaskError] });
    deepStrictEqual(other.decide(foreign, 1), REFUSED);
  });

  it("asks an abstract class, and one whose is() is no method", () => {
    abstract class Transient extends Error {
      static readonly is: string = "not a method";
    }
    class Busy extends Transient {}
    const policy = new RetryPolicy({ retryOn: [Transient] });
    strictEqual(policy.decide(new Busy(), 1).retry, true);
    deepStrictEqual(policy.decide(new Error("other"), 1), REFUSED);
  });

  it("retries nothing for an empty list of classes", () => {
    deepStrictEqual(new RetryPolicy({ retryOn: [] }).decide("a", 1), REFUSED);
  });

  it("treats a TypeError as any other error (p-retry never retries one)", () => {
    const error = new TypeError("x is undefined");
    strictEqual(new RetryPolicy().decide(error, 1).retry, true);
    const policy = new RetryPolicy({
      retryOn: [TypeError],
      shouldRetry: () => true,
    });
    strictEqual(policy.decide(error, 1).retry, true);
  });

  it("asks the filter, the attempts, shouldRetry, the delay and the budget, in this order", () => {
    const asked: string[] = [];
    function make(stopAt: string): RetryPolicy {
      function ask(name: string): boolean {
        asked.push(name);
        return name !== stopAt;
      }
      return new RetryPolicy({
        maxAttempts: stopAt === "attempts" ? 1 : 2,
        retryOn: () => ask("filter"),
        shouldRetry: () => ask("shouldRetry"),
        backoff: () => ask("delay") ? 5 : NaN,
        budget: { deposit() {}, withdraw: () => ask("budget") },
      });
    }
    const order = ["filter", "shouldRetry", "delay", "budget"];
    const steps = [
      ["filter", 1, REFUSED],
      ["attempts", 1, EXHAUSTED],
      ["shouldRetry", 2, REFUSED],
      ["budget", 4, OVER_BUDGET],
      ["nothing", 4, again(5)],
    ] as const;
    for (const [stopAt, count, decision] of steps) {
      asked.length = 0;
      deepStrictEqual(make(stopAt).decide("busy", 1), decision);
      deepStrictEqual(asked, order.slice(0, count));
    }
  });

  it("says refused, not exhausted, of an error that it would never retry", () => {
    const policy = new RetryPolicy({ maxAttempts: 1, retryOn: [PoolError] });
    deepStrictEqual(policy.decide(new TypeError("bug"), 1), REFUSED);
  });

  it("hands shouldRetry the error as it is and the attempt, from 1", () => {
    const asked: unknown[] = [];
    const policy = new RetryPolicy({
      shouldRetry: (error, attempt) => {
        asked.push(error, attempt);
        return true;
      },
    });
    const error = { no: "Error" };
    policy.decide(error, 1);
    policy.decide(error, 2);
    policy.decide(error, 3); // No attempt is left to ask for.
    deepStrictEqual(asked, [error, 1, error, 2]);
    strictEqual(asked[0], error);
  });

  it("takes a server's delay as it is: no cap, no jitter, no backoff", () => {
    for (const delayMs of [0, 0.5, 3_600_000, 2 ** 31, Infinity]) {
      const policy = new RetryPolicy({
        maxDelayMs: 10,
        random: noChance,
        shouldRetry: () => ({ delayMs }),
      });
      deepStrictEqual(policy.decide("busy", 1), again(delayMs));
    }
  });

  for (const [name, value] of [...NOT_NUMBERS, ["NaN", NaN], ["-1", -1]]) {
    it(`throws for ${String(name)} as a delay, before the budget pays`, () => {
      const delayMs = value as number;
      const budget = new CountingBudget();
      const server = new RetryPolicy({
        budget,
        shouldRetry: () => ({ delayMs }),
      });
      const custom = new RetryPolicy({ budget, backoff: () => delayMs });
      for (const policy of [server, custom]) {
        throws(() => policy.decide("busy", 1), (error) => {
          return ValidationError.is(error) && error.field === "delayMs";
        });
      }
      strictEqual(budget.withdrawals, 0);
    });
  }

  it("shows the delay that it refuses", () => {
    const policy = new RetryPolicy({ backoff: () => -5 });
    throwsOption(() => policy.decide("busy", 1), "delayMs", "-5");
  });

  it("lets through what a callback throws", () => {
    const thrown = new Error("callback");
    function fail(): never {
      throw thrown;
    }
    const options: readonly RetryOptions[] = [
      { retryOn: fail },
      { shouldRetry: fail },
      { backoff: fail },
      { random: fail },
      { budget: { deposit() {}, withdraw: fail } },
    ];
    for (const option of options) {
      throws(() => new RetryPolicy(option).decide("busy", 1), thrown);
    }
  });

  it("tells the budget of first-time successes only", () => {
    const budget = new CountingBudget();
    const policy = new RetryPolicy({ budget });
    policy.recordSuccess(2);
    strictEqual(budget.deposits, 0);
    policy.recordSuccess(1);
    strictEqual(budget.deposits, 1);
    new RetryPolicy().recordSuccess(1); // Without a budget nothing happens.
  });

  it("keeps nothing of a task: decisions do not depend on those before", () => {
    const policy = new RetryPolicy({ jitter: false });
    for (const attempt of [2, 1, 3, 1, 2]) {
      const decision = policy.decide("busy", attempt);
      deepStrictEqual(
        decision,
        attempt === 3 ? EXHAUSTED : again(attempt * 1_000),
      );
    }
  });

  for (const maxAttempts of [0, -1, 1.5, NaN, -Infinity, 2 ** 53]) {
    it(`throws for maxAttempts ${maxAttempts}`, () => {
      const shown = String(maxAttempts);
      throwsOption(
        () => new RetryPolicy({ maxAttempts }),
        "maxAttempts",
        shown,
      );
    });
  }

  it("throws for each option that backoff takes the place of", () => {
    const options: Required<ExponentialBackoffOptions> = {
      baseDelayMs: 1,
      factor: 2,
      maxDelayMs: 3,
      minDelayMs: 0,
      jitter: false,
    };
    for (const [name, value] of Object.entries(options)) {
      throwsOption(
        () => new RetryPolicy({ backoff: () => 1, [name]: value }),
        name,
        String(value),
      );
    }
    const undefinedOnes = { factor: undefined } as unknown as RetryOptions;
    new RetryPolicy({ backoff: () => 1, ...undefinedOnes });
  });

  for (const name of ["backoff", "shouldRetry"]) {
    it(`throws for a ${name} that is no function`, () => {
      throwsOption(() => new RetryPolicy({ [name]: 5 }), name, "5");
      throwsOption(() => new RetryPolicy({ [name]: null }), name, "null");
    });
  }

  it("throws for a budget that is none", () => {
    const half = { withdraw: () => true };
    for (const budget of [half, 10, null] as unknown[]) {
      const options = { budget } as RetryOptions;
      throwsOption(() => new RetryPolicy(options), "budget", typeof budget);
    }
  });

  it("throws for a retryOn that is neither a list of classes nor a function", () => {
    const bad: readonly (readonly [unknown, string])[] = [
      ["PoolError", '"PoolError"'],
      [{}, "[object Object]"],
      [[PoolError, "TypeError"], '"TypeError"'],
      [[undefined], "undefined"],
    ];
    for (const [retryOn, shown] of bad) {
      const options = { retryOn } as RetryOptions;
      throwsOption(() => new RetryPolicy(options), "retryOn", shown);
    }
  });

  it("infers the errors of the callbacks from retryOn (types)", () => {
    new RetryPolicy({
      retryOn: [PoolError, HttpError, TypeError],
      shouldRetry: (error) => {
        expectType<Equal<typeof error, PoolError | HttpError | TypeError>>();
        return true;
      },
    });
    new RetryPolicy({
      retryOn: [TaskError<"TASK_TIMEOUT">],
      shouldRetry: (error) => error.params.timeoutMs > 5,
    });
    new RetryPolicy({
      retryOn: (error): error is HttpError => error instanceof HttpError,
      shouldRetry: (error) => {
        expectType<Equal<typeof error, HttpError>>();
        return { delayMs: error.status };
      },
    });
    new RetryPolicy({
      shouldRetry: (error) => {
        expectType<Equal<typeof error, unknown>>();
        return true;
      },
    });
    // @ts-expect-error Nothing says that it is an HttpError.
    new RetryPolicy({ shouldRetry: (error: HttpError) => error.status > 1 });
    // @ts-expect-error An object is no answer without a delay.
    new RetryPolicy({ shouldRetry: () => ({}) });
    // @ts-expect-error An instance is no class.
    throws(() => new RetryPolicy({ retryOn: [new HttpError(503)] }));
    expectType<Equal<RetryableOf<(typeof HttpError)[]>, HttpError>>();
    expectType<Equal<RetryableOf<() => boolean>, unknown>>();
  });
});

// --- TokenRetryBudget

describe("TokenRetryBudget", () => {
  it("holds 10 tokens and refunds a tenth by default", () => {
    const budget = new TokenRetryBudget();
    strictEqual(budget.tokens, 10);
    for (let i = 0; i < 10; i++) strictEqual(budget.withdraw(), true);
    strictEqual(budget.withdraw(), false);
    budget.deposit();
    strictEqual(budget.tokens, 0.1);
  });

  it("counts exactly: ten refunds of 0.1 make one retry", () => {
    const budget = new TokenRetryBudget({ capacity: 1 });
    budget.withdraw();
    for (let i = 0; i < 9; i++) budget.deposit();
    strictEqual(budget.withdraw(), false);
    budget.deposit();
    strictEqual(budget.withdraw(), true);
  });

  it("counts refunds to three decimal places", () => {
    const budget = new TokenRetryBudget({ capacity: 1, refund: 0.0104 });
    budget.withdraw();
    budget.deposit();
    strictEqual(budget.tokens, 0.01);
  });

  it("is min(capacity, balance + refund) up and 1 down, never below 0 (property)", () => {
    const capacities = fc.integer({ min: 1_000, max: 5_000 });
    const steps = fc.array(fc.boolean(), { maxLength: 60 });
    fc.assert(
      fc.property(capacities, fc.nat(1_000), steps, (capacity, refund, ups) => {
        const budget = new TokenRetryBudget({
          capacity: capacity / 1_000,
          refund: refund / 1_000,
        });
        let thousandths = capacity;
        for (const up of ups) {
          if (up) {
            budget.deposit();
            thousandths = Math.min(capacity, thousandths + refund);
          } else {
            const paid = thousandths >= 1_000;
            strictEqual(budget.withdraw(), paid);
            if (paid) thousandths -= 1_000;
          }
          strictEqual(budget.tokens, thousandths / 1_000);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("bounds the retries of all tasks that share it", () => {
    const budget = new TokenRetryBudget({ capacity: 4 });
    const policies = Array.from(
      { length: 10 },
      () => new RetryPolicy({ budget }),
    );
    const retried = policies.filter((it) => it.decide("down", 1).retry);
    strictEqual(retried.length, 4);
  });

  const bad: readonly (readonly [TokenRetryBudgetOptions, string, string])[] = [
    [{ capacity: 0 }, "capacity", "0"],
    [{ capacity: NaN }, "capacity", "NaN"],
    [{ capacity: Infinity }, "capacity", "Infinity"],
    [{ refund: -0.1 }, "refund", "-0.1"],
    [{ refund: 1.1 }, "refund", "1.1"],
  ];
  for (const [options, option, shown] of bad) {
    it(`throws for ${option} ${shown}`, () => {
      throwsOption(() => new TokenRetryBudget(options), option, shown);
    });
  }
});
