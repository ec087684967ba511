/**
 * A clock for what reads it again and again: to read the machine's clock takes
 * longer than to look something up.
 *
 * @module
 */

import { runSoon } from "./_soon.ts";
import { type Clock, systemClock } from "./clock.ts";

/**
 * The monotonic time, which stands still within one turn of synchronous code. An
 * injected clock is read each time: a test may move it within a turn.
 */
export class TurnClock {
  readonly #clock: Clock;
  readonly #forget: (() => void) | undefined;
  /** The time, or NaN; a typed array, since a field would hold an object. */
  readonly #now: Float64Array = Float64Array.of(NaN);

  /**
   * Makes one.
   *
   * @param clock The clock to read.
   */
  constructor(clock: Clock) {
    this.#clock = clock;
    if (clock === systemClock) {
      this.#forget = () => void (this.#now[0] = NaN);
    }
  }

  /**
   * The time.
   *
   * @returns Monotonic ms.
   */
  now(): number {
    if (this.#forget === undefined) return this.#clock.monotonic();
    const now = this.#now[0]!;
    if (now === now) return now;
    runSoon(this.#forget);
    return this.#now[0] = this.#clock.monotonic();
  }
}
