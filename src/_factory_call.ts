/**
 * One call of a method that a user's factory has: with a signal, within a time,
 * and with one outcome.
 *
 * @module
 */

import { isPromiseLike } from "./_promise_like.ts";
import type { Clock, TimerHandle } from "./clock.ts";
import { PoolError } from "./errors.ts";
import { Err, Ok, type Result } from "./result.ts";

/** What a call is about, and who hears what became of it. */
export interface FactoryCallParts<T> {
  /** The method, for the error of a time-out. */
  readonly operation: string;
  /** How long it may take, in ms. */
  readonly timeoutMs: number;
  /** The time. */
  readonly clock: Clock;
  /** Called exactly once; within `run()` where the method is synchronous. */
  readonly settled: (outcome: Result<T, unknown>) => void;
  /** Called with what came after all, once the call had been given up. */
  readonly late?: (value: T) => void;
}

/** A call. It is the context that the method gets as well. */
export class FactoryCall<T> {
  readonly #parts: FactoryCallParts<T>;
  #controller: AbortController | undefined;
  #timer: TimerHandle | undefined;
  #isSettled = false;

  /**
   * Makes a call; nothing is called yet.
   *
   * @param parts What it is about.
   */
  constructor(parts: FactoryCallParts<T>) {
    this.#parts = parts;
  }

  /** Aborts when the call is given up. It is made when it is asked for. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /**
   * Calls the method.
   *
   * @param method The method, bound to its arguments.
   */
  run(method: (context: this) => T | PromiseLike<T>): void {
    const { operation, timeoutMs, clock } = this.#parts;
    let returned: T | PromiseLike<T>;
    let isPending: boolean;
    try {
      returned = method(this);
      isPending = isPromiseLike(returned);
    } catch (error) {
      return this.#settle(new Err(error));
    }
    if (!isPending) return this.#deliver(returned as T);
    if (timeoutMs !== Infinity && !this.#isSettled) {
      this.#timer = clock.setTimer(() => {
        const params = { operation, timeoutMs };
        this.giveUp(new PoolError("POOL_FACTORY_TIMEOUT", params));
      }, timeoutMs);
    }
    Promise.resolve(returned).then(
      (value) => this.#deliver(value),
      (error) => this.#settle(new Err(error)),
    );
  }

  /**
   * Aborts the signal, and still waits for the method.
   *
   * @param error The signal's reason.
   */
  abort(error: unknown): void {
    void this.signal; // For a method that asks for it later.
    this.#controller!.abort(error);
  }

  /**
   * Aborts the signal, and waits no longer. The call must not have settled.
   *
   * @param error What it failed with.
   */
  giveUp(error: unknown): void {
    this.#settle(new Err(error));
    this.abort(error);
  }

  #deliver(value: T): void {
    if (this.#isSettled) this.#parts.late?.(value);
    else this.#settle(new Ok(value));
  }

  #settle(outcome: Result<T, unknown>): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#timer?.cancel();
    this.#parts.settled(outcome);
  }
}
