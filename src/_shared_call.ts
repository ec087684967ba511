/**
 * A call that many may ask for and that is made once at a time.
 *
 * @module
 */

import { Attempt, type AttemptOwner, type AttemptWork } from "./_attempt.ts";
import { cancelledError } from "./_task_result.ts";
import type { Clock } from "./clock.ts";
import type { Result } from "./result.ts";

/** What a call is about. */
export interface SharedCallParts<T> {
  /** What to call; the signal aborts when the call is given up. */
  readonly call: (signal: AbortSignal) => unknown;
  /** How long it may take, in ms. */
  readonly timeoutMs: number;
  /** Makes what those who wait get, also of a time-out. It must not throw. */
  readonly read: (outcome: Result<unknown, unknown>, durationMs: number) => T;
  /** For how long that will do, in ms. It must not throw. */
  readonly ttlOf: (value: T) => number;
  /** The time. */
  readonly clock: Clock;
}

/** A call that goes on, and those who wait for it. */
interface Flight<T> {
  readonly attempt: Attempt;
  readonly startedTick: number;
  readonly end: PromiseWithResolvers<T>;
  waiting: number;
}

/**
 * Makes a call when somebody asks for what it comes to, unless the last outcome
 * will do. Who asks while it goes on waits for the same one, so no two calls
 * overlap; nor does the next one begin before a call has settled that was given
 * up and goes on all the same.
 */
export class SharedCall<T> implements AttemptOwner, AttemptWork<undefined> {
  /** A call that is given up is not waited for. */
  readonly abandonAfterMs = 0;
  readonly #parts: SharedCallParts<T>;
  #last: { readonly value: T; readonly freshUntil: number } | undefined;
  /** Whether what timed out last goes on: its time-out will do until it ends. */
  #isHung = false;
  #flight: Flight<T> | undefined;
  /** Settles when what was called last has. */
  #work: Promise<void> | undefined;

  /**
   * Makes a call; nothing is called yet.
   *
   * @param parts What it is about.
   */
  constructor(parts: SharedCallParts<T>) {
    this.#parts = parts;
  }

  /**
   * What the call comes to.
   *
   * @param signal Ends the wait; when all have left, the call is given up.
   * @returns The outcome as `read` makes it, at once where the last one will do;
   * else a promise of it, which rejects only with the signal's reason.
   */
  get(signal: AbortSignal | undefined): T | Promise<T> {
    const last = this.#last;
    const { clock } = this.#parts;
    if (
      last !== undefined &&
      (this.#isHung || clock.monotonic() < last.freshUntil)
    ) return last.value;
    return join(this.#flight ?? this.#start(), signal);
  }

  #start(): Flight<T> {
    const { clock } = this.#parts;
    const flight: Flight<T> = {
      attempt: new Attempt(1, clock, this),
      startedTick: clock.monotonic(),
      end: Promise.withResolvers(),
      waiting: 0,
    };
    this.#flight = flight;
    this.#fly(flight.attempt);
    return flight;
  }

  /** Never rejects. */
  async #fly(attempt: Attempt): Promise<void> {
    attempt.limit(this.#parts.timeoutMs);
    await this.#work; // Left by all who waited for it, and not settled yet.
    if (!attempt.isAbandoned) {
      this.#work = attempt.run(this, undefined, Infinity);
      await this.#work;
    }
    this.#isHung = false;
  }

  /** Does the work of an attempt. */
  run(_input: undefined, { signal }: Attempt): unknown {
    return this.#parts.call(signal);
  }

  /** Hears what became of an attempt. */
  settled(attempt: Attempt, outcome: Result<unknown, unknown>): void {
    const { startedTick, end } = this.#flight!;
    this.#flight = undefined;
    if (attempt.stopped?.code === "TASK_CANCELLED") return; // All have left.
    const { clock, read, ttlOf } = this.#parts;
    const now = clock.monotonic();
    const value = read(outcome, now - startedTick);
    this.#last = { value, freshUntil: now + ttlOf(value) };
    this.#isHung = attempt.isAbandoned;
    end.resolve(value);
  }
}

function join<T>(
  flight: Flight<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const { attempt, end: { promise } } = flight;
  flight.waiting++;
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    function onAbort(): void {
      reject(signal!.reason);
      flight.waiting--;
      if (flight.waiting === 0) attempt.stop(cancelledError(signal!.reason));
    }
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then((value) => {
      signal.removeEventListener("abort", onAbort);
      resolve(value);
    });
  });
}
