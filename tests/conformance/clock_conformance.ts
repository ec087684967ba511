/**
 * What every implementation of the `Clock` protocol does. The suite knows the
 * protocol and nothing else, and a way to let time pass; durations are short,
 * because for some clocks they are real.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../../src/clock.ts";
import { type Awaitable, isClock } from "../../src/protocols.ts";

/** The clock under test. */
export interface ClockUnderTest {
  /** The clock. */
  readonly clock: Clock;
  /** Lets at least so much time pass, and everything that is due happen. */
  readonly pass: (durationMs: number) => Awaitable<void>;
}

/**
 * Registers the suite.
 *
 * @param name What is tested.
 * @param make Makes a clock.
 */
export function clockConformance(
  name: string,
  make: () => ClockUnderTest,
): void {
  describe(`${name} as a Clock`, () => {
    it("has the methods of the protocol", () => {
      strictEqual(isClock(make().clock), true);
    });

    it("monotonic() grows with the time that passes and never falls", async () => {
      const { clock, pass } = make();
      const seen = [clock.monotonic()];
      for (let i = 0; i < 3; i++) {
        await pass(2);
        seen.push(clock.monotonic());
      }
      deepStrictEqual(seen, seen.toSorted((a, b) => a - b));
      ok(seen[3]! - seen[0]! >= 5, `${seen}`);
    });

    it("setTimer() calls back once, and no sooner than asked", async () => {
      const { clock, pass } = make();
      const startedAt = clock.monotonic();
      const calls: number[] = [];
      clock.setTimer(() => calls.push(clock.monotonic()), 5);
      await pass(20);
      await pass(20);
      strictEqual(calls.length, 1);
      // Platform timers count whole milliseconds.
      ok(calls[0]! - startedAt >= 4, `${calls[0]! - startedAt} ms`);
    });

    it("setTimer() calls back in the order of the delays", async () => {
      const { clock, pass } = make();
      const calls: string[] = [];
      clock.setTimer(() => calls.push("late"), 30);
      clock.setTimer(() => calls.push("soon"), 10);
      clock.setTimer(() => calls.push("at once"), 0);
      deepStrictEqual(calls, []);
      await pass(80);
      deepStrictEqual(calls, ["at once", "soon", "late"]);
    });

    it("cancel() and dispose forget the callback, however often", async () => {
      const { clock, pass } = make();
      let calls = 0;
      const cancelled = clock.setTimer(() => calls++, 1);
      const disposed = clock.setTimer(() => calls++, 1);
      cancelled.cancel();
      cancelled.cancel();
      disposed[Symbol.dispose]();
      await pass(10);
      strictEqual(calls, 0);
    });

    it("sleep() resolves once its time has passed", async () => {
      const { clock, pass } = make();
      let awake = false;
      const sleeping = clock.sleep(5).then(() => awake = true);
      strictEqual(awake, false);
      await pass(20);
      await sleeping;
      strictEqual(awake, true);
    });

    it("sleep() rejects with the reason of its signal", async () => {
      const { clock } = make();
      const reason = new Error("Enough");
      const aborting = new AbortController();
      const sleeping = clock.sleep(60_000, { signal: aborting.signal });
      aborting.abort(reason);
      await rejects(sleeping, (error) => error === reason);
      const signal = AbortSignal.abort(reason);
      await rejects(clock.sleep(1, { signal }), (error) => error === reason);
    });

    it("refuses what is no delay", async () => {
      const { clock } = make();
      for (const delay of [NaN, undefined, "1"] as number[]) {
        let refused = false;
        try {
          clock.setTimer(() => {}, delay);
        } catch (error) {
          refused = error instanceof TypeError;
        }
        strictEqual(refused, true, String(delay));
        await rejects(clock.sleep(delay), TypeError);
      }
    });
  });
}
