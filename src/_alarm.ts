/**
 * One timer for many things that fall due.
 *
 * @module
 */

import type { Clock, TimerHandle } from "./clock.ts";

/**
 * Rings once, at the earliest of the times it was told. Who is rung looks for
 * what is due and tells the next time: that a thing has gone in the meantime
 * costs one ring too many, and nothing before.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #background: boolean;
  #timer: TimerHandle | undefined;
  /** In monotonic time; `Infinity` where no timer is set. */
  #dueTick = Infinity;

  /**
   * Makes an alarm that is not set.
   *
   * @param clock The time.
   * @param ring What to call.
   * @param background Whether the process may end while it is set.
   */
  constructor(clock: Clock, ring: () => void, background: boolean) {
    this.#clock = clock;
    this.#ring = ring;
    this.#background = background;
  }

  /**
   * Rings at a time at the latest.
   *
   * @param tick The time, in ms of monotonic time; `Infinity` is none.
   * @param now The monotonic time.
   */
  ringBy(tick: number, now: number): void {
    if (tick >= this.#dueTick) return;
    this.#timer?.cancel();
    this.#dueTick = tick;
    this.#timer = this.#clock.setTimer(
      () => {
        this.#dueTick = Infinity;
        this.#timer = undefined;
        this.#ring();
      },
      tick - now,
      { background: this.#background },
    );
  }

  /** Does not ring any more until it is told a time. */
  cancel(): void {
    this.#dueTick = Infinity;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
