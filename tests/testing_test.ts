import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import { ManualClock } from "../src/testing.ts";
import { clockConformance } from "./conformance/clock_conformance.ts";
import { NOT_NUMBERS, RUNS } from "./foundation_support.ts";

/** Amounts by which no clock can be moved. */
const NO_DURATIONS = [
  -1,
  -0.5,
  -Infinity,
  Infinity,
  NaN,
  Number.MAX_SAFE_INTEGER + 1,
];

function isInvalidOption(
  error: unknown,
  field: string,
  received: string,
): boolean {
  ok(ValidationError.is(error));
  strictEqual(error.code, "VALIDATION_INVALID_OPTION");
  strictEqual(error.field, field);
  ok(error.message.endsWith(`received ${received}`), error.message);
  return true;
}

// --- the naive model

interface ModelTimer {
  readonly id: number;
  readonly dueAt: number;
  /** Delays of the timers that its callback sets, one after the other. */
  readonly chain: readonly number[];
}

/** What a ManualClock should do, in the plainest words. */
class Model {
  monotonic = 0;
  wall = 0;
  timers: ModelTimer[] = [];
  nextId = 0;
  readonly log: string[] = [];

  add(delayMs: number, chain: readonly number[]): void {
    const dueAt = this.monotonic + Math.max(0, delayMs);
    this.timers.push({ id: this.nextId++, dueAt, chain });
  }

  moveTo(target: number): void {
    for (;;) {
      // Stable: those of one time stay in the order of their making.
      const [next] = this.timers.filter(({ dueAt }) => dueAt <= target)
        .sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.#pass(next.dueAt);
      this.log.push(`${next.id} at ${this.monotonic}, ${this.wall}`);
      const [delayMs, ...chain] = next.chain;
      if (delayMs !== undefined) this.add(delayMs, chain);
    }
    this.#pass(target);
  }

  #pass(monotonic: number): void {
    this.wall += monotonic - this.monotonic;
    this.monotonic = monotonic;
  }
}

/** The clock, and the same bookkeeping as the model's. */
class Real {
  readonly clock = new ManualClock();
  readonly handles: (() => void)[] = [];
  readonly log: string[] = [];

  add(delayMs: number, chain: readonly number[]): void {
    const id = this.handles.length;
    const { clock } = this;
    const handle = clock.setTimer(() => {
      this.log.push(`${id} at ${clock.monotonic()}, ${clock.now()}`);
      const [nextMs, ...rest] = chain;
      if (nextMs !== undefined) this.add(nextMs, rest);
    }, delayMs);
    this.handles.push(() =>
      id % 2 === 0 ? handle.cancel() : handle[Symbol.dispose]()
    );
  }
}

class Step implements fc.Command<Model, Real> {
  readonly #name: string;
  readonly #onModel: (model: Model) => void;
  readonly #onReal: (real: Real) => void;

  constructor(
    name: string,
    onModel: (model: Model) => void,
    onReal: (real: Real) => void,
  ) {
    this.#name = name;
    this.#onModel = onModel;
    this.#onReal = onReal;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    this.#onModel(model);
    this.#onReal(real);
    const { clock } = real;
    deepStrictEqual(real.log, model.log);
    strictEqual(clock.monotonic(), model.monotonic);
    strictEqual(clock.now(), model.wall);
    strictEqual(clock.pending, model.timers.length);
  }

  toString(): string {
    return this.#name;
  }
}

const anyDelay = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(Infinity, -Infinity, -0),
);

const steps = [
  fc.tuple(
    anyDelay,
    fc.array(fc.integer({ min: -1, max: 6 }), {
      maxLength: 3,
    }),
  ).map(([delayMs, chain]) =>
    new Step(
      `setTimer(${delayMs}, then ${chain})`,
      (model) => model.add(delayMs, chain),
      (real) => real.add(delayMs, chain),
    )
  ),
  fc.nat(8).map((id) =>
    new Step(
      `cancel(${id})`,
      (model) => model.timers = model.timers.filter((it) => it.id !== id),
      (real) => real.handles[id]?.(),
    )
  ),
  fc.nat(10).map((durationMs) =>
    new Step(
      `advance(${durationMs})`,
      (model) => model.moveTo(model.monotonic + durationMs),
      (real) => real.clock.advance(durationMs),
    )
  ),
  fc.nat(10).map((durationMs) =>
    new Step(
      `advanceTo(+${durationMs})`,
      (model) => model.moveTo(model.monotonic + durationMs),
      (real) => real.clock.advanceTo(real.clock.monotonic() + durationMs),
    )
  ),
  fc.integer({ min: -1_000, max: 1_000 }).map((now) =>
    new Step(
      `setNow(${now})`,
      (model) => model.wall = now,
      (real) => real.clock.setNow(now),
    )
  ),
];

describe("ManualClock", () => {
  it("runs timers by due time, then in the order of their making, as a naive model does (property)", () => {
    fc.assert(
      fc.property(fc.commands(steps, { size: "+1" }), (commands) => {
        fc.modelRun(() => ({ model: new Model(), real: new Real() }), commands);
      }),
      { numRuns: 3 * RUNS },
    );
  });

  it("stands at 0 when it is made", () => {
    const clock = new ManualClock();
    strictEqual(clock.now(), 0);
    strictEqual(clock.monotonic(), 0);
    strictEqual(clock.pending, 0);
  });

  it("begins at the wall time it is given, and at monotonic time 0", () => {
    const clock = new ManualClock({ now: 1_000 });
    strictEqual(clock.now(), 1_000);
    strictEqual(clock.monotonic(), 0);
  });

  for (const [name, now] of [["NaN", NaN], ...NOT_NUMBERS.slice(1)] as const) {
    it(`throws a ValidationError when now is ${name}`, () => {
      throws(() => new ManualClock({ now: now as number }), ValidationError);
    });

    it(`setNow() throws a ValidationError and changes nothing when given ${name}`, () => {
      const clock = new ManualClock({ now: 5 });
      throws(() => clock.setNow(now as number), ValidationError);
      strictEqual(clock.now(), 5);
    });
  }

  it("setNow() moves wall time in both directions and nothing else", () => {
    const clock = new ManualClock({ now: 1_000 });
    let rang = false;
    clock.setTimer(() => rang = true, 10);
    clock.advance(4);
    for (const now of [0, 1e12, -5, 0.5]) {
      clock.setNow(now);
      strictEqual(clock.now(), now);
      strictEqual(clock.monotonic(), 4);
      strictEqual(rang, false);
      strictEqual(clock.pending, 1);
    }
    clock.advance(6);
    strictEqual(rang, true);
    strictEqual(clock.now(), 6.5);
  });
});

describe("ManualClock.setTimer()", () => {
  for (const delayMs of [0, -1, -Infinity]) {
    it(`calls back at the next move, not at once, when the delay is ${delayMs}`, () => {
      const clock = new ManualClock();
      clock.advance(5);
      const seen: number[] = [];
      clock.setTimer(() => seen.push(clock.monotonic()), delayMs);
      deepStrictEqual(seen, []);
      clock.advance(0);
      deepStrictEqual(seen, [5]);
    });
  }

  it("never calls back when the delay is Infinity", () => {
    const clock = new ManualClock();
    let calls = 0;
    clock.setTimer(() => calls++, Infinity);
    clock.advance(Number.MAX_SAFE_INTEGER);
    strictEqual(calls, 0);
    strictEqual(clock.pending, 1);
  });

  for (const [name, delayMs] of [["NaN", NaN], ...NOT_NUMBERS] as const) {
    it(`throws a TypeError and keeps nothing when the delay is ${name}`, () => {
      const clock = new ManualClock();
      throws(() => clock.setTimer(() => {}, delayMs as number), TypeError);
      strictEqual(clock.pending, 0);
    });
  }

  it("lets a callback cancel a timer that is due at the same time", () => {
    const clock = new ManualClock();
    const called: string[] = [];
    clock.setTimer(() => {
      called.push("first");
      second.cancel();
    }, 10);
    const second = clock.setTimer(() => called.push("second"), 10);
    clock.advance(10);
    deepStrictEqual(called, ["first"]);
  });

  it("does not count a timer as pending while its callback runs", () => {
    const clock = new ManualClock();
    let pending: number | undefined;
    clock.setTimer(() => pending = clock.pending, 1);
    clock.advance(1);
    strictEqual(pending, 0);
  });
});

describe("ManualClock.advance()", () => {
  it("runs a timer at its very time and not before", () => {
    const clock = new ManualClock();
    let calls = 0;
    clock.setTimer(() => calls++, 1_000);
    clock.advance(999.999);
    strictEqual(calls, 0);
    clock.advanceTo(1_000);
    strictEqual(calls, 1);
  });

  for (const durationMs of NO_DURATIONS) {
    it(`throws a ValidationError that shows the value and moves nothing when given ${durationMs}`, () => {
      const clock = new ManualClock();
      clock.advance(7);
      clock.setTimer(() => {
        throw new Error("It ran");
      }, 0);
      throws(
        () => clock.advance(durationMs),
        (error) => isInvalidOption(error, "durationMs", String(durationMs)),
      );
      strictEqual(clock.monotonic(), 7);
      strictEqual(clock.pending, 1);
    });
  }

  for (const [name, durationMs] of NOT_NUMBERS) {
    it(`throws a ValidationError when given ${name}`, () => {
      const clock = new ManualClock();
      throws(() => clock.advance(durationMs as number), ValidationError);
      strictEqual(clock.monotonic(), 0);
    });
  }

  it("stands at the time of a callback that throws and keeps the other timers", () => {
    const clock = new ManualClock();
    const called: string[] = [];
    clock.setTimer(() => called.push("before"), 1);
    clock.setTimer(() => {
      throw new RangeError("Oops");
    }, 2);
    clock.setTimer(() => called.push("same time"), 2);
    clock.setTimer(() => called.push("after"), 3);

    throws(() => clock.advance(10), RangeError);
    strictEqual(clock.monotonic(), 2);
    strictEqual(clock.pending, 2);
    deepStrictEqual(called, ["before"]);

    clock.advance(1);
    strictEqual(clock.monotonic(), 3);
    deepStrictEqual(called, ["before", "same time", "after"]);
  });

  it("never moves time back when a callback moves the clock further", () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    clock.setTimer(() => {
      clock.advance(100);
      seen.push(`outer at ${clock.monotonic()}`);
    }, 10);
    clock.setTimer(() => seen.push(`inner at ${clock.monotonic()}`), 50);
    clock.setTimer(() => seen.push(`late at ${clock.monotonic()}`), 115);
    clock.advance(20);
    deepStrictEqual(seen, ["inner at 50", "outer at 110"]);
    strictEqual(clock.monotonic(), 110);
    clock.advance(5);
    deepStrictEqual(seen.at(-1), "late at 115");
  });
});

describe("ManualClock.advanceTo()", () => {
  it("moves to a monotonic time, also to the present one", () => {
    const clock = new ManualClock({ now: 500 });
    clock.advanceTo(10);
    strictEqual(clock.monotonic(), 10);
    strictEqual(clock.now(), 510);
    let called = false;
    clock.setTimer(() => called = true, 0);
    clock.advanceTo(10);
    strictEqual(called, true);
  });

  for (const monotonic of [6, 0, -1, -Infinity, Infinity, NaN]) {
    it(`throws a ValidationError that shows the value and moves nothing when given ${monotonic} at 7`, () => {
      const clock = new ManualClock();
      clock.advance(7);
      throws(
        () => clock.advanceTo(monotonic),
        (error) => isInvalidOption(error, "monotonic", String(monotonic)),
      );
      strictEqual(clock.monotonic(), 7);
    });
  }
});

describe("ManualClock.sleep()", () => {
  it("resolves when the clock has been moved far enough", async () => {
    const clock = new ManualClock();
    let awake = false;
    clock.sleep(10).then(() => awake = true);
    await clock.advanceAsync(9);
    strictEqual(awake, false);
    await clock.advanceAsync(1);
    strictEqual(awake, true);
  });

  it("rejects with the signal's reason and leaves no timer when aborted", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(10, { signal: controller.signal });
    strictEqual(clock.pending, 1);
    controller.abort(new Error("Enough"));
    strictEqual(clock.pending, 0);
    await rejects(sleeping, /Enough/);
  });

  it("rejects with a TypeError when the duration is NaN", async () => {
    await rejects(new ManualClock().sleep(NaN), TypeError);
  });
});

describe("ManualClock.advanceAsync()", () => {
  it("runs loops of sleeps on, each at its own times", async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    async function loop(name: string, everyMs: number): Promise<void> {
      for (let i = 0; i < 4; i++) {
        await clock.sleep(everyMs);
        seen.push(`${name} ${clock.monotonic()}`);
      }
    }
    const loops = Promise.all([loop("a", 10), loop("b", 15)]);
    await clock.advanceAsync(60);
    await loops;
    deepStrictEqual(seen, [
      "a 10",
      "b 15",
      "a 20",
      // At 30 the timer of b is the older one.
      "b 30",
      "a 30",
      "a 40",
      "b 45",
      "b 60",
    ]);
    strictEqual(clock.monotonic(), 60);
    strictEqual(clock.pending, 0);
  });

  it("lets promises settle before the first timer and after the last", async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    (async () => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      await clock.sleep(5);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      seen.push("done");
    })();
    strictEqual(clock.pending, 0);
    await clock.advanceAsync(5);
    deepStrictEqual(seen, ["done"]);
  });

  it("runs what is due now and moves nothing when given 0", async () => {
    const clock = new ManualClock();
    let calls = 0;
    clock.setTimer(() => calls++, 0);
    clock.setTimer(() => calls++, 1);
    await clock.advanceAsync(0);
    strictEqual(calls, 1);
    strictEqual(clock.monotonic(), 0);
  });

  for (const durationMs of NO_DURATIONS) {
    it(`rejects with a ValidationError and moves nothing when given ${durationMs}`, async () => {
      const clock = new ManualClock();
      await rejects(
        clock.advanceAsync(durationMs),
        (error) => isInvalidOption(error, "durationMs", String(durationMs)),
      );
      strictEqual(clock.monotonic(), 0);
    });
  }

  it("rejects with what a callback threw, stands at its time and keeps the others", async () => {
    const clock = new ManualClock();
    clock.setTimer(() => {
      throw new RangeError("Oops");
    }, 2);
    clock.setTimer(() => {}, 3);
    await rejects(clock.advanceAsync(10), RangeError);
    strictEqual(clock.monotonic(), 2);
    strictEqual(clock.pending, 1);
  });

  it("never moves time back when the clock is moved further meanwhile", async () => {
    const clock = new ManualClock();
    const moving = clock.advanceAsync(10);
    clock.advance(50);
    await moving;
    strictEqual(clock.monotonic(), 50);
  });

  it("runs the same timers in the same order at the same times as advance() (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(5), fc.array(fc.nat(3), { maxLength: 1 })), {
          maxLength: 3,
        }),
        fc.nat(6),
        async (timers, durationMs) => {
          const inOneGo = new Real();
          const inTurns = new Real();
          for (const [delayMs, chain] of timers) {
            inOneGo.add(delayMs, chain);
            inTurns.add(delayMs, chain);
          }
          inOneGo.clock.advance(durationMs);
          await inTurns.clock.advanceAsync(durationMs);
          deepStrictEqual(inTurns.log, inOneGo.log);
          strictEqual(inTurns.clock.pending, inOneGo.clock.pending);
          strictEqual(inTurns.clock.monotonic(), durationMs);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

clockConformance("ManualClock", () => {
  const clock = new ManualClock();
  return { clock, pass: (durationMs) => clock.advanceAsync(durationMs) };
});
