/**
 * What tests of time-dependent code need: a clock that only moves when told.
 *
 * When to use it: in tests of whatever takes a clock.
 *
 * When not: in programs; the root of the package does not export it.
 *
 * - **In order.** Timers ring by their time, and those of one time in the order
 *   they were set, as they would on a machine without delays.
 * - **By itself it stands still.** Nothing rings unless a test moves the clock.
 *
 * @example Test a time-out without waiting for it
 * ```ts
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock();
 * let rang = false;
 * clock.setTimer(() => rang = true, 60_000);
 *
 * clock.advance(59_999);
 * strictEqual(rang, false);
 * clock.advance(1);
 * strictEqual(rang, true);
 * ```
 *
 * @module
 */

import {
  assertDelay,
  type Clock,
  sleepOn,
  type SleepOptions,
  systemClock,
  type TimerHandle,
} from "./clock.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

class ManualTimer implements TimerHandle {
  readonly callback: () => void;
  readonly dueAt: number;
  readonly #timers: Set<ManualTimer>;

  constructor(
    callback: () => void,
    dueAt: number,
    timers: Set<ManualTimer>,
  ) {
    this.callback = callback;
    this.dueAt = dueAt;
    this.#timers = timers;
    timers.add(this);
  }

  cancel(): void {
    this.#timers.delete(this);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** Options of {@linkcode ManualClock}. */
export interface ManualClockOptions {
  /**
   * The wall time to begin with, in ms since the epoch.
   *
   * @default {0}
   */
  readonly now?: number;
}

/**
 * A clock that stands still until it is moved. The monotonic time begins at 0.
 *
 * @example A limit on a real date, and nothing left behind
 * ```ts
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock({ now: Date.UTC(2030, 0, 1) });
 * const timer = clock.setTimer(() => {}, 1_000);
 * strictEqual(new Date(clock.now()).getUTCFullYear(), 2030);
 * strictEqual(clock.pending, 1);
 * timer.cancel();
 * strictEqual(clock.pending, 0);
 * ```
 */
export class ManualClock implements Clock {
  /** In the order of their making, which breaks ties. */
  readonly #timers = new Set<ManualTimer>();
  #monotonic = 0;
  /** Wall time at monotonic time 0. */
  #origin: number;

  /**
   * Makes a clock.
   *
   * @param options The time it begins with.
   * @throws {ValidationError} `now` is not a number.
   */
  constructor(options: ManualClockOptions = {}) {
    const { now = 0 } = options;
    this.#origin = requireOption(validateType("now", now, "number"), now);
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * The wall time.
   *
   * @returns Milliseconds since the Unix epoch.
   *
   * @example A timestamp that a test can state
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock({ now: Date.UTC(2030, 0, 1) });
   * clock.advance(1_500);
   * const createdAt = new Date(clock.now()).toISOString();
   * strictEqual(createdAt, "2030-01-01T00:00:01.500Z");
   * ```
   */
  now(): number {
    return this.#origin + this.#monotonic;
  }

  /**
   * The time that never goes backwards.
   *
   * @returns Milliseconds since the clock was made.
   *
   * @example A duration that survives a change of the date
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const startedAt = clock.monotonic();
   * clock.setNow(Date.UTC(2030, 0, 1));
   * clock.advance(250);
   * strictEqual(clock.monotonic() - startedAt, 250);
   * ```
   */
  monotonic(): number {
    return this.#monotonic;
  }

  /**
   * Waits until the clock has been moved far enough.
   *
   * @param durationMs How long, in ms. 0 or less waits for the next move, even
   * one by 0; `Infinity` waits for the signal alone.
   * @param options The signal that ends the wait early.
   * @returns A promise that resolves after the wait, or rejects with the
   * signal's reason, or with a TypeError where the duration is not a number or is
   * NaN.
   *
   * @example End a wait early
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { rejects, strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const controller = new AbortController();
   * const wait = clock.sleep(60_000, { signal: controller.signal });
   * controller.abort(new Error("Shutting down"));
   * await rejects(wait, /Shutting down/);
   * strictEqual(clock.pending, 0);
   * ```
   */
  sleep(durationMs: number, options?: SleepOptions): Promise<void> {
    return sleepOn(this, durationMs, options);
  }

  /**
   * Calls a function once, when the clock has been moved far enough.
   *
   * @param callback What to call.
   * @param delayMs When, in ms from now; 0 or less means the next move, even
   * one by 0, `Infinity` never.
   * @returns The handle that cancels it.
   * @throws {TypeError} The delay is not a number or is NaN.
   *
   * @example By time, not by the order of the calls
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const ran: string[] = [];
   * clock.setTimer(() => ran.push("late"), 20);
   * clock.setTimer(() => ran.push("early"), 10);
   * clock.advance(20);
   * deepStrictEqual(ran, ["early", "late"]);
   * ```
   */
  setTimer(callback: () => void, delayMs: number): TimerHandle {
    assertDelay(delayMs);
    const dueAt = this.#monotonic + Math.max(0, delayMs);
    return new ManualTimer(callback, dueAt, this.#timers);
  }

  /**
   * Sets the wall time, as somebody who sets the machine's clock would.
   * Monotonic time and timers stay as they are.
   *
   * @param now The new wall time, in ms since the epoch.
   * @throws {ValidationError} It is not a number.
   *
   * @example A clock step backwards
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock({ now: 1_000 });
   * clock.setNow(0);
   * clock.advance(5);
   * strictEqual(clock.now(), 5);
   * strictEqual(clock.monotonic(), 5);
   * ```
   */
  setNow(now: number): void {
    requireOption(validateType("now", now, "number"), now);
    this.#origin = now - this.#monotonic;
  }

  /**
   * Moves the time on and runs what falls due on the way, in order, each
   * callback seeing its own time. Timers set by a callback run too when they
   * fall due. What promises go on to do comes later: see
   * {@linkcode ManualClock.advanceAsync}.
   *
   * @param durationMs How far, in ms; 0 runs what is due now.
   * @throws {ValidationError} The amount is negative, NaN or greater than
   * `Number.MAX_SAFE_INTEGER`.
   * @throws What a callback threw; the clock then stands at that callback's
   * time, and the other timers are kept.
   *
   * @example A timer that sets the next
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const beats: number[] = [];
   * function beat() {
   *   beats.push(clock.monotonic());
   *   clock.setTimer(beat, 10);
   * }
   * beat();
   * clock.advance(25);
   * deepStrictEqual(beats, [0, 10, 20]);
   * ```
   */
  advance(durationMs: number): void {
    this.#runTo(this.#monotonic + assertDuration(durationMs));
  }

  /**
   * Moves the time on to a monotonic time.
   *
   * @param monotonic The time to move to, in ms since the clock was made.
   * @throws {ValidationError} The time lies in the past, is NaN or is greater
   * than `Number.MAX_SAFE_INTEGER`.
   * @throws What a callback threw, as {@linkcode ManualClock.advance} does.
   *
   * @example Steps of a schedule
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual, throws } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * clock.advanceTo(500);
   * clock.advanceTo(1_000);
   * strictEqual(clock.monotonic(), 1_000);
   * throws(() => clock.advanceTo(999), /between 1000 and/);
   * ```
   */
  advanceTo(monotonic: number): void {
    const limits = { min: this.#monotonic, max: Number.MAX_SAFE_INTEGER };
    requireOption(validateRange("monotonic", monotonic, limits), monotonic);
    this.#runTo(monotonic);
  }

  #runTo(monotonic: number): void {
    for (;;) {
      const timer = this.#nextDue(monotonic);
      if (timer === undefined) break;
      this.#fire(timer);
    }
    this.#reach(monotonic);
  }

  /**
   * Moves the time on like {@linkcode ManualClock.advance}, and lets promises
   * settle before, between and after the timers, so that a loop of `sleep`s
   * runs on.
   *
   * @param durationMs How far, in ms; 0 runs what is due now.
   * @returns A promise that resolves when all has run.
   * @throws As {@linkcode ManualClock.advance} does, by rejecting.
   *
   * @example A loop that sleeps
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * let rounds = 0;
   * (async () => {
   *   for (; rounds < 3; rounds++) await clock.sleep(1_000);
   * })();
   * await clock.advanceAsync(3_000);
   * strictEqual(rounds, 3);
   * ```
   */
  async advanceAsync(durationMs: number): Promise<void> {
    const monotonic = this.#monotonic + assertDuration(durationMs);
    for (;;) {
      // A turn of the real event loop: every microtask has run after it.
      await systemClock.sleep(0);
      const timer = this.#nextDue(monotonic);
      if (timer === undefined) break;
      this.#fire(timer);
    }
    this.#reach(monotonic);
  }

  /** A callback may have moved the clock further: time never goes back. */
  #reach(monotonic: number): void {
    this.#monotonic = Math.max(this.#monotonic, monotonic);
  }

  #nextDue(monotonic: number): ManualTimer | undefined {
    let next: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > monotonic) continue;
      if (next === undefined || timer.dueAt < next.dueAt) next = timer;
    }
    return next;
  }

  #fire(timer: ManualTimer): void {
    timer.cancel();
    this.#reach(timer.dueAt);
    timer.callback();
  }
}

function assertDuration(durationMs: number): number {
  const limits = { min: 0, max: Number.MAX_SAFE_INTEGER };
  return requireOption(
    validateRange("durationMs", durationMs, limits),
    durationMs,
  );
}
