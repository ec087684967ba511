import {
  deepStrictEqual,
  doesNotThrow,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  assertDelay,
  sleepOn,
  systemClock,
  systemRandom,
  type TimerHandle,
} from "../src/clock.ts";
import { ManualClock } from "../src/testing.ts";
import { clockConformance } from "./conformance/clock_conformance.ts";
import {
  CountingSignal,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

const NO_DELAYS = [["NaN", NaN], ...NOT_NUMBERS] as const;

/** A platform timer that runs when told. */
interface PlatformTimer {
  readonly callback: () => void;
  readonly delayMs: number;
  readonly unref: () => void;
  unrefs: number;
}

/** The platform's timers while they are replaced. */
class PlatformTimers {
  /** All that were ever set. */
  readonly set: PlatformTimer[] = [];
  readonly #waiting = new Set<PlatformTimer>();

  get waiting(): number {
    return this.#waiting.size;
  }

  /** The delays that were asked for, in order. */
  get delays(): readonly number[] {
    return this.set.map(({ delayMs }) => delayMs);
  }

  add(callback: () => void, delayMs: number): PlatformTimer {
    const timer: PlatformTimer = {
      callback,
      delayMs,
      unrefs: 0,
      unref: () => void timer.unrefs++,
    };
    this.set.push(timer);
    this.#waiting.add(timer);
    return timer;
  }

  clear(timer: unknown): void {
    this.#waiting.delete(timer as PlatformTimer);
  }

  /** Lets the timers that wait now elapse. */
  elapse(): void {
    for (const timer of [...this.#waiting]) {
      if (this.#waiting.delete(timer)) timer.callback();
    }
  }
}

function withPlatformTimers(body: (timers: PlatformTimers) => void): void {
  const timers = new PlatformTimers();
  const add = timers.add.bind(timers) as unknown as typeof setTimeout;
  const clear = timers.clear.bind(timers) as typeof clearTimeout;
  withReplaced(globalThis, "setTimeout", add, () => {
    withReplaced(globalThis, "clearTimeout", clear, () => body(timers));
  });
}

describe("systemClock", () => {
  it("now() reads the wall clock", () => {
    withReplaced(Date, "now", () => 1_234, () => {
      strictEqual(systemClock.now(), 1_234);
    });
  });

  it("monotonic() reads the performance clock, fractions included", () => {
    withReplaced(performance, "now", () => 12.5, () => {
      strictEqual(systemClock.monotonic(), 12.5);
    });
  });

  it("monotonic() does not follow the wall clock when that steps", () => {
    const before = systemClock.monotonic();
    withReplaced(Date, "now", () => 0, () => {
      ok(systemClock.monotonic() >= before);
    });
  });

  it("is frozen, so that nobody can replace the time for everybody", () => {
    throws(() => {
      (systemClock as { now: () => number }).now = () => 0;
    }, TypeError);
  });
});

describe("systemClock.sleep()", () => {
  for (const durationMs of [0, 1, 0.5, -1, -Infinity]) {
    it(`resolves with nothing after ${durationMs} ms`, async () => {
      strictEqual(await systemClock.sleep(durationMs), undefined);
    });
  }

  it("does not resolve within the same turn when the duration is negative", async () => {
    let done = false;
    const sleeping = systemClock.sleep(-1).then(() => done = true);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    strictEqual(done, false);
    await sleeping;
  });

  for (const [name, durationMs] of NO_DELAYS) {
    it(`rejects with a TypeError when the duration is ${name}`, async () => {
      const signal = new CountingSignal();
      await rejects(
        systemClock.sleep(durationMs as number, { signal: signal.asSignal() }),
        TypeError,
      );
      strictEqual(signal.listenerCount, 0);
    });
  }

  for (
    const [name, reason] of [
      ["an error", new Error("Enough")],
      ["a string", "enough"],
      ["null", null],
    ] as const
  ) {
    it(`rejects with the signal's very reason when aborted before, be it ${name}`, async () => {
      const thrown = await systemClock
        .sleep(60_000, { signal: AbortSignal.abort(reason) })
        .then(() => "resolved", (it: unknown) => ({ it }));
      deepStrictEqual(thrown, { it: reason });
    });

    it(`rejects with the signal's very reason when aborted during, be it ${name}`, async () => {
      const controller = new AbortController();
      const sleeping = systemClock.sleep(60_000, { signal: controller.signal });
      controller.abort(reason);
      const thrown = await sleeping
        .then(() => "resolved", (it: unknown) => ({ it }));
      deepStrictEqual(thrown, { it: reason });
    });
  }

  it("rejects with an AbortError when the signal is aborted without a reason", async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, { signal: controller.signal });
    controller.abort();
    await rejects(sleeping, { name: "AbortError" });
  });

  it("leaves no listener and no timer when aborted before", async () => {
    const signal = new CountingSignal();
    signal.abort(new Error("Enough"));
    let sleeping: Promise<void> | undefined;
    withPlatformTimers((timers) => {
      sleeping = systemClock.sleep(60_000, { signal: signal.asSignal() });
      strictEqual(timers.waiting, 0);
    });
    await rejects(sleeping!, /Enough/);
    strictEqual(signal.listenerCount, 0);
  });

  it("leaves no listener and no timer when aborted during", async () => {
    const signal = new CountingSignal();
    let sleeping: Promise<void> | undefined;
    withPlatformTimers((timers) => {
      sleeping = systemClock.sleep(60_000, { signal: signal.asSignal() });
      strictEqual(timers.waiting, 1);
      strictEqual(signal.listenerCount, 1);
      signal.abort(new Error("Enough"));
      strictEqual(timers.waiting, 0);
    });
    await rejects(sleeping!, /Enough/);
    strictEqual(signal.listenerCount, 0);
    strictEqual(signal.added, 1);
  });

  it("leaves no listener when the time is up", async () => {
    const signal = new CountingSignal();
    await systemClock.sleep(1, { signal: signal.asSignal() });
    strictEqual(signal.added, 1);
    strictEqual(signal.listenerCount, 0);
  });

  it("waits for the signal alone when the duration is Infinity", async () => {
    const signal = new CountingSignal();
    let sleeping: Promise<void> | undefined;
    withPlatformTimers((timers) => {
      sleeping = systemClock.sleep(Infinity, { signal: signal.asSignal() });
      strictEqual(timers.set.length, 0);
      signal.abort(new Error("Enough"));
    });
    await rejects(sleeping!, /Enough/);
  });

  it("accepts options without a signal", async () => {
    await systemClock.sleep(0, {});
    await systemClock.sleep(0, { signal: undefined });
  });
});

describe("systemClock.setTimer()", () => {
  it("calls the callback once when the time is up", async () => {
    let calls = 0;
    await new Promise<void>((resolve) => {
      systemClock.setTimer(() => {
        calls++;
        resolve();
      }, 1);
    });
    await systemClock.sleep(5);
    strictEqual(calls, 1);
  });

  it("asks the platform for the very delay", () => {
    withPlatformTimers((timers) => {
      systemClock.setTimer(() => {}, 1_500);
      deepStrictEqual(timers.delays, [1_500]);
    });
  });

  for (const delayMs of [0, -0, -1, -Infinity]) {
    it(`calls back on the next turn, not at once, when the delay is ${delayMs}`, async () => {
      let called = false;
      const calling = new Promise<void>((resolve) => {
        systemClock.setTimer(() => {
          called = true;
          resolve();
        }, delayMs);
      });
      strictEqual(called, false);
      await calling;
    });

    it(`asks the platform for no negative delay, which it warns of, when the delay is ${delayMs}`, () => {
      withPlatformTimers((timers) => {
        systemClock.setTimer(() => {}, delayMs);
        strictEqual(timers.set.length, 1);
        ok(timers.delays[0]! >= 0, `asked for ${timers.delays[0]}`);
      });
    });
  }

  it("never sets a platform timer when the delay is Infinity", () => {
    withPlatformTimers((timers) => {
      const handle = systemClock.setTimer(() => {}, Infinity);
      strictEqual(timers.set.length, 0);
      doesNotThrow(() => handle.cancel());
    });
  });

  for (const delayMs of [LONGEST_TIMER_MS + 1, 2 ** 40, 1e15, Infinity]) {
    it(`does not fire at once when the delay is ${delayMs}`, async () => {
      let calls = 0;
      const handle = systemClock.setTimer(() => calls++, delayMs);
      await systemClock.sleep(10);
      handle.cancel();
      strictEqual(calls, 0);
    });
  }

  it("waits the whole delay in legs that the platform can take (property)", () => {
    const delays = fc.oneof(
      fc.integer({ min: 0, max: LONGEST_TIMER_MS }),
      fc.integer({ min: LONGEST_TIMER_MS - 2, max: LONGEST_TIMER_MS + 2 }),
      fc.integer({ min: 0, max: 40 * LONGEST_TIMER_MS }),
    );
    fc.assert(
      fc.property(delays, (delayMs) => {
        withPlatformTimers((timers) => {
          let calls = 0;
          systemClock.setTimer(() => calls++, delayMs);
          for (let waitedMs = 0; calls === 0;) {
            strictEqual(timers.waiting, 1);
            const legMs = timers.delays.at(-1)!;
            ok(legMs >= 0 && legMs <= LONGEST_TIMER_MS);
            waitedMs += legMs;
            timers.elapse();
            strictEqual(calls, waitedMs === delayMs ? 1 : 0);
          }
          timers.elapse();
          strictEqual(calls, 1);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it("can be cancelled in a later leg of a long delay", () => {
    withPlatformTimers((timers) => {
      let calls = 0;
      const handle = systemClock.setTimer(() => calls++, 3 * LONGEST_TIMER_MS);
      timers.elapse();
      timers.elapse();
      strictEqual(timers.waiting, 1);
      handle.cancel();
      strictEqual(timers.waiting, 0);
      timers.elapse();
      strictEqual(calls, 0);
    });
  });

  for (
    const [name, cancel] of [
      ["cancel()", (handle: TimerHandle): void => handle.cancel()],
      [
        "[Symbol.dispose]()",
        (handle: TimerHandle): void => handle[Symbol.dispose](),
      ],
    ] as const
  ) {
    it(`${name} takes the timer back, also when called twice`, () => {
      withPlatformTimers((timers) => {
        let calls = 0;
        const handle = systemClock.setTimer(() => calls++, 10);
        cancel(handle);
        strictEqual(timers.waiting, 0);
        cancel(handle);
        timers.elapse();
        strictEqual(calls, 0);
      });
    });

    it(`${name} is harmless when the callback has run, or runs`, () => {
      withPlatformTimers((timers) => {
        let calls = 0;
        const handle = systemClock.setTimer(() => {
          calls++;
          cancel(handle);
        }, 10);
        timers.elapse();
        cancel(handle);
        strictEqual(calls, 1);
        strictEqual(timers.waiting, 0);
      });
    });
  }

  it("cancels one timer and leaves the others", () => {
    withPlatformTimers((timers) => {
      const called: string[] = [];
      systemClock.setTimer(() => called.push("a"), 1);
      systemClock.setTimer(() => called.push("b"), 1).cancel();
      systemClock.setTimer(() => called.push("c"), 1);
      timers.elapse();
      deepStrictEqual(called, ["a", "c"]);
    });
  });

  for (
    const [options, unrefs] of [
      [undefined, 0],
      [{}, 0],
      [{ background: false }, 0],
      [{ background: true }, 1],
    ] as const
  ) {
    it(`unrefs each leg ${unrefs} times when options are ${JSON.stringify(options)}`, () => {
      withPlatformTimers((timers) => {
        systemClock.setTimer(() => {}, LONGEST_TIMER_MS + 1, options);
        timers.elapse();
        deepStrictEqual(timers.set.map((timer) => timer.unrefs), [
          unrefs,
          unrefs,
        ]);
      });
    });
  }

  it("runs a background timer where the platform's timers are numbers", () => {
    const callbacks: (() => void)[] = [];
    const numbered = (callback: () => void): number => callbacks.push(callback);
    let calls = 0;
    withReplaced(
      globalThis,
      "setTimeout",
      numbered as unknown as typeof setTimeout,
      () => systemClock.setTimer(() => calls++, 1, { background: true }),
    );
    callbacks[0]!();
    strictEqual(calls, 1);
  });

  it("lets a throw of the callback out", () => {
    withPlatformTimers((timers) => {
      systemClock.setTimer(() => {
        throw new RangeError("Oops");
      }, 1);
      throws(() => timers.elapse(), RangeError);
      strictEqual(timers.waiting, 0);
    });
  });

  for (const [name, delayMs] of NO_DELAYS) {
    it(`throws a TypeError and sets nothing when the delay is ${name}`, () => {
      withPlatformTimers((timers) => {
        throws(
          () => systemClock.setTimer(() => {}, delayMs as number),
          TypeError,
        );
        strictEqual(timers.set.length, 0);
      });
    });
  }
});

describe("assertDelay()", () => {
  for (const delayMs of [0, -0, 1, 0.5, -1, 2 ** 40, Infinity, -Infinity]) {
    it(`accepts ${delayMs}`, () => {
      doesNotThrow(() => assertDelay(delayMs));
    });
  }

  for (const [name, delayMs] of NO_DELAYS) {
    it(`throws a TypeError that shows what it received when given ${name}`, () => {
      throws(() => assertDelay(delayMs as number), (error: unknown) => {
        ok(error instanceof TypeError);
        ok(error.message.includes(`received ${String(delayMs)}`));
        return true;
      });
    });
  }
});

describe("sleepOn()", () => {
  it("needs nothing of a clock but its timers", async () => {
    const clock = new ManualClock();
    const setTimer = clock.setTimer.bind(clock);
    let awake = false;
    const sleeping = sleepOn({ setTimer }, 10).then(() => awake = true);
    await clock.advanceAsync(9);
    strictEqual(awake, false);
    await clock.advanceAsync(1);
    await sleeping;
    strictEqual(awake, true);
  });

  it("rejects what is no delay by itself, also when the signal is aborted", async () => {
    const unchecked = {
      setTimer(): never {
        throw new Error("It was asked for a timer");
      },
    };
    const signal = AbortSignal.abort(new Error("Enough"));
    await rejects(sleepOn(unchecked, NaN), TypeError);
    await rejects(sleepOn(unchecked, NaN, { signal }), TypeError);
  });

  it("leaves no listener when the clock's timer throws", async () => {
    const signal = new CountingSignal();
    const broken = {
      setTimer(): never {
        throw new RangeError("No timers left");
      },
    };
    await rejects(
      sleepOn(broken, 10, { signal: signal.asSignal() }),
      /No timers left/,
    );
    strictEqual(signal.listenerCount, 0);
  });

  it("leaves neither timer nor listener on any way out (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            durationMs: fc.oneof(fc.nat(20), fc.constant(Infinity)),
            abortAt: fc.nat(20),
          }),
          { maxLength: 6 },
        ),
        async (sleeps) => {
          const clock = new ManualClock();
          const outcomes = sleeps.map(({ durationMs, abortAt }) => {
            const signal = new CountingSignal();
            const slept = clock
              .sleep(durationMs, { signal: signal.asSignal() })
              .then(() => "slept", (reason: unknown) => reason);
            // Set after the sleep's own timer: at a tie the sleep is over first.
            clock.setTimer(() => signal.abort("aborted"), abortAt);
            return { signal, slept };
          });
          clock.advance(20);
          strictEqual(clock.pending, 0);
          for (const [i, { signal, slept }] of outcomes.entries()) {
            const { durationMs, abortAt } = sleeps[i]!;
            strictEqual(
              await slept,
              durationMs <= abortAt ? "slept" : "aborted",
            );
            strictEqual(signal.listenerCount, 0);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe("systemRandom()", () => {
  it("draws from 0 up to but not including 1, and not always the same", () => {
    const drawn = Array.from({ length: 1_000 }, () => systemRandom());
    ok(drawn.every((it) => it >= 0 && it < 1));
    notStrictEqual(new Set(drawn).size, 1);
  });

  it("draws from the platform", () => {
    withReplaced(Math, "random", () => 0.25, () => {
      strictEqual(systemRandom(), 0.25);
    });
  });
});

clockConformance("systemClock", () => ({
  clock: systemClock,
  pass: (durationMs) => systemClock.sleep(durationMs),
}));
