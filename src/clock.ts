/**
 * The only place where the package touches time and chance. Everything that
 * waits, expires or measures takes a {@linkcode Clock}; everything that rolls
 * dice takes a {@linkcode RandomSource}. Both default to the system's, and
 * both can be replaced in tests (see the `testing` module).
 *
 * When to use it: in everything that waits, expires, measures or rolls dice, so
 * that tests decide what time it is.
 *
 * When not: to write dates for people or to reckon with calendars: it tells
 * milliseconds, and `cron` knows time zones.
 *
 * - **Monotonic.** `monotonic()` never goes back, whatever is done to the
 *   machine's date; `now()` follows the date.
 * - **Any wait.** A timer may be set for longer than the platform's own 24.8
 *   days, and does not keep a process alive where it is told not to.
 *
 * @example Measure a duration
 * ```ts
 * import { systemClock } from "@groundwork/infra/clock";
 * import { ok } from "node:assert/strict";
 *
 * const startedAt = systemClock.monotonic();
 * await systemClock.sleep(1);
 * ok(systemClock.monotonic() >= startedAt);
 * ```
 *
 * @module
 */

import { ClockMessages, fillPlaceholders } from "./messages.ts";

/**
 * A source of time and timers.
 *
 * @example A function that takes its time from outside
 * ```ts
 * import type { Clock } from "@groundwork/infra/clock";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isExpired = (link: { expiresAt: number }, clock: Clock) =>
 *   clock.now() >= link.expiresAt;
 *
 * const clock = new ManualClock({ now: 1_000 });
 * strictEqual(isExpired({ expiresAt: 1_500 }, clock), false);
 * clock.advance(500);
 * strictEqual(isExpired({ expiresAt: 1_500 }, clock), true);
 * ```
 */
export interface Clock {
  /**
   * The wall time, for timestamps. It may step in both directions when the
   * machine's clock is set.
   *
   * @returns Milliseconds since the Unix epoch.
   */
  now(): number;

  /**
   * A time that never goes backwards, for durations, time-outs and expiry.
   *
   * @returns Milliseconds since an arbitrary origin, with fractions.
   */
  monotonic(): number;

  /**
   * Waits.
   *
   * @param durationMs How long, in ms. 0 or less waits for the next turn of
   * the event loop; `Infinity` waits for the signal alone.
   * @param options The signal that ends the wait early.
   * @returns A promise that resolves after the wait, or rejects with the
   * signal's reason (an aborted wait leaves neither timer nor listener), or
   * with a TypeError where the duration is not a number or is NaN.
   */
  sleep(durationMs: number, options?: SleepOptions): Promise<void>;

  /**
   * Calls a function once, later. The delay may exceed the 2³¹−1 ms at which
   * the platform's own timers overflow.
   *
   * @param callback What to call.
   * @param delayMs When, in ms from now; 0 or less means the next turn of the
   * event loop, `Infinity` never (and then nothing keeps the process alive).
   * @param options Whether the timer keeps the process alive.
   * @returns The handle that cancels it.
   * @throws {TypeError} The delay is not a number or is NaN.
   */
  setTimer(
    callback: () => void,
    delayMs: number,
    options?: TimerOptions,
  ): TimerHandle;
}

/** Options of {@linkcode Clock.sleep}. */
export interface SleepOptions {
  /** Ends the wait early: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode Clock.setTimer}. */
export interface TimerOptions {
  /**
   * Whether the process may exit while the timer is pending, where the runtime
   * can tell. For housekeeping; a timer that somebody waits for keeps it.
   *
   * @default {false}
   */
  readonly background?: boolean;
}

/**
 * A pending timer.
 *
 * @example Call a time-out off
 * ```ts
 * import { systemClock, type TimerHandle } from "@groundwork/infra/clock";
 * import { strictEqual } from "node:assert/strict";
 *
 * let timedOut = false;
 * const timer: TimerHandle = systemClock.setTimer(() => timedOut = true, 1);
 * timer.cancel();
 * timer.cancel(); // Once more does no harm.
 * await systemClock.sleep(20);
 * strictEqual(timedOut, false);
 * ```
 */
export interface TimerHandle {
  /** Forgets the callback. Harmless after it has run, and more than once. */
  cancel(): void;

  /** The same as {@linkcode TimerHandle.cancel}, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * A source of chance: each call returns a number from 0 (inclusive) to 1
 * (exclusive). Not for secrets.
 *
 * @example Jitter that a test can foretell
 * ```ts
 * import { type RandomSource, systemRandom } from "@groundwork/infra/clock";
 * import { strictEqual } from "node:assert/strict";
 *
 * const jitter = (delayMs: number, random: RandomSource = systemRandom) =>
 *   delayMs * random();
 *
 * strictEqual(jitter(1_000, () => 0.25), 250);
 * ```
 */
export type RandomSource = () => number;

/** The longest delay a platform timer takes; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

class SystemTimer implements TimerHandle {
  readonly #callback: () => void;
  readonly #background: boolean;
  #remainingMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(callback: () => void, delayMs: number, background: boolean) {
    this.#callback = callback;
    this.#background = background;
    this.#remainingMs = Math.max(0, delayMs);
    if (delayMs !== Infinity) this.#arm();
  }

  #arm(): void {
    const legMs = Math.min(this.#remainingMs, LONGEST_TIMER_MS);
    this.#remainingMs -= legMs;
    this.#timer = setTimeout(() => this.#elapse(), legMs);
    if (this.#background) unref(this.#timer);
  }

  #elapse(): void {
    if (this.#remainingMs > 0) return this.#arm();
    this.#timer = undefined;
    this.#callback();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** Browsers and workers give a number, which keeps nothing alive. */
function unref(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}

/**
 * Refuses what is no delay. For clocks of your own.
 *
 * @param delayMs The delay in ms; `Infinity` is one.
 * @throws {TypeError} It is not a number or is NaN.
 *
 * @example NaN is no delay
 * ```ts
 * import { assertDelay } from "@groundwork/infra/clock";
 * import { throws } from "node:assert/strict";
 *
 * assertDelay(Infinity);
 * throws(() => assertDelay(NaN), TypeError);
 * ```
 */
export function assertDelay(delayMs: number): void {
  if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
    throw new TypeError(
      fillPlaceholders(ClockMessages.DELAY, { received: String(delayMs) }),
    );
  }
}

/**
 * Waits on a clock's timer, and takes timer and listener back when the signal
 * ends the wait. It is all of `sleep` that a clock of your own needs.
 *
 * @param clock The clock whose timer to wait for.
 * @param durationMs How long, in ms.
 * @param options The signal that ends the wait early.
 * @returns A promise that resolves after the wait, or rejects with the
 * signal's reason, or with a TypeError where the duration is not a number or is
 * NaN.
 *
 * @example An aborted wait
 * ```ts
 * import { sleepOn, systemClock } from "@groundwork/infra/clock";
 * import { rejects } from "node:assert/strict";
 *
 * const signal = AbortSignal.abort(new Error("Enough"));
 * await rejects(sleepOn(systemClock, 60_000, { signal }), /Enough/);
 * ```
 */
export function sleepOn(
  clock: Pick<Clock, "setTimer">,
  durationMs: number,
  options?: SleepOptions,
): Promise<void> {
  const signal = options?.signal;
  return new Promise((resolve, reject) => {
    assertDelay(durationMs);
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.setTimer(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, durationMs);
    function onAbort(): void {
      timer.cancel();
      reject(signal!.reason);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * The clock of the machine: `Date.now`, `performance.now` and platform timers.
 *
 * @example Run something later, unless it is cancelled
 * ```ts
 * import { systemClock } from "@groundwork/infra/clock";
 * import { strictEqual } from "node:assert/strict";
 *
 * let calls = 0;
 * systemClock.setTimer(() => calls++, 1);
 * systemClock.setTimer(() => calls++, 1).cancel();
 * await systemClock.sleep(20);
 * strictEqual(calls, 1);
 * ```
 */
export const systemClock: Clock = /* @__PURE__ */ Object.freeze({
  now(): number {
    return Date.now();
  },
  monotonic(): number {
    return performance.now();
  },
  sleep(durationMs: number, options?: SleepOptions): Promise<void> {
    return sleepOn(systemClock, durationMs, options);
  },
  setTimer(
    callback: () => void,
    delayMs: number,
    options?: TimerOptions,
  ): TimerHandle {
    assertDelay(delayMs);
    return new SystemTimer(callback, delayMs, options?.background === true);
  },
});

/**
 * The platform's pseudo-random numbers.
 *
 * @returns A number from 0 (inclusive) to 1 (exclusive).
 *
 * @example Draw a number
 * ```ts
 * import { systemRandom } from "@groundwork/infra/clock";
 * import { ok } from "node:assert/strict";
 *
 * const drawn = systemRandom();
 * ok(drawn >= 0 && drawn < 1);
 * ```
 */
export function systemRandom(): number {
  return Math.random();
}
