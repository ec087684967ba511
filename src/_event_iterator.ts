/**
 * Events that wait until somebody asks for the next one.
 *
 * @module
 */

import { Deque } from "./_deque.ts";
import { MessagingError } from "./errors.ts";

/** What happens when more events come than may wait. */
export const Overflow = {
  ERROR: "error",
  DROP_OLDEST: "drop-oldest",
  DROP_NEWEST: "drop-newest",
} as const;

/** A value of {@linkcode Overflow}. */
export type Overflow = (typeof Overflow)[keyof typeof Overflow];

type Turn<T> = PromiseWithResolvers<IteratorResult<T, undefined>>;

/** A new one each time, since whoever gets it may change it. */
function makeEnd(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

/** An iterator that events are pushed into. */
export class EventIterator<T> implements AsyncIterableIterator<T> {
  readonly #capacity: number;
  readonly #overflow: Overflow;
  readonly #events = new Deque<T>();
  /** Those who ask for events that have not come yet. */
  readonly #turns = new Deque<Turn<T>>();
  #hasEnded = false;
  /** What the turn after the last event rejects with. */
  #failure: MessagingError | undefined;
  #ended: (() => void) | undefined;

  /**
   * Makes an iterator.
   *
   * @param capacity How many events may wait.
   * @param overflow What happens with one more.
   */
  constructor(capacity: number, overflow: Overflow) {
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  /**
   * Calls something when no more events are wanted.
   *
   * @param callback What to call.
   */
  onEnd(callback: () => void): void {
    this.#ended = callback;
  }

  /**
   * Adds an event.
   *
   * @param event The event.
   */
  push(event: T): void {
    if (this.#hasEnded) return;
    const turn = this.#turns.shift();
    if (turn !== undefined) {
      turn.resolve({ done: false, value: event });
    } else if (this.#events.size < this.#capacity) {
      this.#events.push(event);
    } else if (this.#overflow === Overflow.DROP_OLDEST) {
      this.#events.shift();
      this.#events.push(event);
    } else if (this.#overflow === Overflow.ERROR) {
      this.#failure = new MessagingError("MSG_QUEUE_FULL", {
        max: this.#capacity,
      });
      this.end();
    }
  }

  /** Takes no more events; those that wait are still given. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended?.();
    for (;;) {
      const turn = this.#turns.shift();
      if (turn === undefined) break;
      turn.resolve(makeEnd());
    }
  }

  /**
   * Gives the next event.
   *
   * @returns A promise of it.
   */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#events.size > 0) {
      const value = this.#events.shift() as T;
      return Promise.resolve({ done: false, value });
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure);
    if (this.#hasEnded) return Promise.resolve(makeEnd());
    const turn: Turn<T> = Promise.withResolvers();
    this.#turns.push(turn);
    return turn.promise;
  }

  /**
   * Wants no more events.
   *
   * @returns The end.
   */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#failure = undefined;
    this.#events.retain(() => false);
    this.end();
    return Promise.resolve(makeEnd());
  }

  /**
   * Itself, for `for await`.
   *
   * @returns Itself.
   */
  [Symbol.asyncIterator](): this {
    return this;
  }
}
