/**
 * Callers who wait for something that they get one after the other.
 *
 * @module
 */

import { Alarm } from "./_alarm.ts";
import { Deque } from "./_deque.ts";
import type { Clock } from "./clock.ts";

/** What those who go without get. */
export interface WaitingLineOwner<T> {
  /**
   * Called for one whose time is up.
   *
   * @param timeoutMs How long the caller was ready to wait, in ms.
   * @returns What the caller gets.
   */
  timedOut(timeoutMs: number): T;

  /**
   * Called for one whose signal was aborted.
   *
   * @param reason The signal's reason.
   * @returns What the caller gets.
   */
  aborted(reason: unknown): T;
}

/** One who waits. */
export class Waiter<T> {
  /** When the wait began, in monotonic time. */
  readonly since: number;
  /** How long it may take, in ms. */
  readonly timeoutMs: number;
  /** What the line's owner has to remember of the caller. */
  readonly note: unknown;
  readonly #resolve: (value: T) => void;
  /** Whether it still stands in the line. */
  isWaiting = true;
  /** Takes back what listens to the caller's signal. */
  unlisten: (() => void) | undefined = undefined;

  /**
   * Makes one.
   *
   * @param resolve What settles the caller's promise.
   * @param since When the wait began, in monotonic time.
   * @param timeoutMs How long it may take, in ms.
   * @param note What to remember.
   */
  constructor(
    resolve: (value: T) => void,
    since: number,
    timeoutMs: number,
    note: unknown,
  ) {
    this.#resolve = resolve;
    this.since = since;
    this.timeoutMs = timeoutMs;
    this.note = note;
  }

  /**
   * Gives the caller an answer, once it has left the line.
   *
   * @param value The answer.
   */
  settle(value: T): void {
    this.unlisten?.();
    this.#resolve(value);
  }
}

/** V8 inlines construction through a constant better than through a class. */
const WaiterClass = Waiter;

/** As many as have left before the line is swept, at least. */
const SWEPT = 32;

/**
 * A line in strict order of arrival, out of which callers fall by time-out or
 * signal. One who falls out leaves an empty place, which is skipped later: all
 * there is to do costs constant time, but for the rings of the one alarm that
 * all deadlines share.
 */
export class WaitingLine<T> {
  readonly #clock: Clock;
  readonly #owner: WaitingLineOwner<T>;
  readonly #places = new Deque<Waiter<T>>();
  readonly #deadlines: Alarm;
  #size = 0;

  /**
   * Makes an empty line.
   *
   * @param clock The time.
   * @param owner What those who go without get.
   */
  constructor(clock: Clock, owner: WaitingLineOwner<T>) {
    this.#clock = clock;
    this.#owner = owner;
    this.#deadlines = new Alarm(clock, () => this.#expire(), false);
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Joins the line at its end.
   *
   * @param now The monotonic time.
   * @param timeoutMs How long to wait, in ms; `Infinity` for as long as it takes.
   * @param note What to remember of the caller.
   * @param signal What ends the wait early; it must not be aborted yet.
   * @returns A promise of what the caller gets.
   */
  join(
    now: number,
    timeoutMs: number,
    note: unknown,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return new Promise((resolve) => {
      const waiter = new WaiterClass<T>(resolve, now, timeoutMs, note);
      if (signal !== undefined) this.#listen(waiter, signal);
      this.#places.push(waiter);
      this.#size++;
      this.#deadlines.ringBy(now + timeoutMs, now);
    });
  }

  #listen(waiter: Waiter<T>, signal: AbortSignal): void {
    const onAbort = (): void => {
      if (!this.#leave(waiter)) return;
      waiter.settle(this.#owner.aborted(signal.reason));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    waiter.unlisten = (): void => signal.removeEventListener("abort", onAbort);
  }

  /**
   * Takes the one who has waited longest out of the line, to be settled.
   *
   * @returns The waiter; `undefined` where nobody waits.
   */
  next(): Waiter<T> | undefined {
    let waiter = this.#places.shift();
    while (waiter !== undefined && !waiter.isWaiting) {
      waiter = this.#places.shift();
    }
    if (waiter !== undefined) this.#leave(waiter);
    return waiter;
  }

  #leave(waiter: Waiter<T>): boolean {
    if (!waiter.isWaiting) return false;
    waiter.isWaiting = false;
    this.#size--;
    if (this.#size === 0) this.#deadlines.cancel();
    const { size } = this.#places;
    if (size > 2 * this.#size + SWEPT) {
      this.#places.retain((one) => one.isWaiting);
    }
    return true;
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    const late: Waiter<T>[] = [];
    let next = Infinity;
    this.#places.retain((waiter) => {
      if (!waiter.isWaiting) return false;
      const deadline = waiter.since + waiter.timeoutMs;
      if (deadline <= now) late.push(waiter);
      else next = Math.min(next, deadline);
      return true;
    });
    this.#deadlines.ringBy(next, now);
    for (const waiter of late) {
      if (!this.#leave(waiter)) continue;
      waiter.settle(this.#owner.timedOut(waiter.timeoutMs));
    }
  }
}
