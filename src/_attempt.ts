/**
 * One attempt at a task: it calls the work, tells it when to stop, and hands
 * over what became of it, just once. Everything that runs tasks shares it, so
 * that a time-out, a cancel and a late outcome mean the same everywhere.
 *
 * @module
 */

import type { Clock, TimerHandle } from "./clock.ts";
import { type ErrorOf, TaskError } from "./errors.ts";
import { Err, Ok, type Result } from "./result.ts";

/** Why an attempt was told to stop. */
export type StopError = ErrorOf<"TASK_TIMEOUT" | "TASK_CANCELLED">;

/** What an attempt calls; it gets the attempt itself as its context. */
export interface AttemptWork<TInput> {
  /** Does the work: a `Task` does. */
  run(input: TInput, context: Attempt): unknown;
}

/** Who makes the attempt and hears what became of it. */
export interface AttemptOwner {
  /**
   * How long work that was told to stop gets to settle, in ms: 0 none at all,
   * `Infinity` as long as it takes.
   */
  readonly abandonAfterMs: number;

  /**
   * Called exactly once for an attempt that was run, never before `run`
   * returns unless `stop` is called with an `abandonAfterMs` of 0. It must not
   * throw.
   *
   * @param attempt The attempt; `isAbandoned` tells whether the work goes on.
   * @param outcome What the work came to. The error is the attempt's `stopped`
   * where it was told to stop: a cancel always wins, a time-out unless the
   * work succeeded all the same.
   */
  settled(attempt: Attempt, outcome: Result<unknown, unknown>): void;
}

/**
 * The outcome of work that has returned.
 *
 * @param returned What it returned: a Result is the outcome itself.
 * @returns The outcome.
 */
export function asResult(returned: unknown): Result<unknown, unknown> {
  return returned instanceof Ok || returned instanceof Err
    ? returned
    : new Ok(returned);
}

function abort(controller: AbortController, error: StopError): void {
  controller.abort(error.code === "TASK_CANCELLED" ? error.cause : error);
}

/**
 * One attempt. It is the context of the work as well, hence `signal`,
 * `attempt` and `clock`. Making one costs a few fields: the signal is made
 * when somebody asks for it, a timer when there is a limit.
 */
export class Attempt {
  /** Which attempt it is, from 1. */
  readonly attempt: number;
  /** The time. */
  readonly clock: Clock;
  readonly #owner: AttemptOwner;
  #controller: AbortController | undefined = undefined;
  #stopped: StopError | undefined = undefined;
  /** Of the limit; once told to stop, of the abandonment. */
  #timer: TimerHandle | undefined = undefined;
  #isSettled = false;
  #isAbandoned = false;

  /**
   * Makes an attempt; nothing is called yet.
   *
   * @param attempt Which attempt it is, from 1.
   * @param clock The time.
   * @param owner Who hears what became of it.
   */
  constructor(attempt: number, clock: Clock, owner: AttemptOwner) {
    this.attempt = attempt;
    this.clock = clock;
    this.#owner = owner;
  }

  /** Aborts when the work has to stop. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopped !== undefined) abort(this.#controller, this.#stopped);
    }
    return this.#controller.signal;
  }

  /** Why it was told to stop; `undefined` where it was not. */
  get stopped(): StopError | undefined {
    return this.#stopped;
  }

  /** Whether the work was told to stop, and given up when it did not. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /**
   * Calls the work, once, and tells the owner when it has settled. What comes
   * of abandoned work later is dropped.
   *
   * @param work The work; whether it throws, rejects or returns an Err is one.
   * @param input Its input.
   * @param timeoutMs After how many ms to stop it; `Infinity` for never.
   * @returns A promise that never rejects; nobody needs to wait for it.
   */
  async run<TInput>(
    work: AttemptWork<TInput>,
    input: TInput,
    timeoutMs: number,
  ): Promise<void> {
    let outcome: Result<unknown, unknown>;
    try {
      this.limit(timeoutMs);
      outcome = asResult(await work.run(input, this));
    } catch (error) {
      outcome = new Err(error);
      // Work that throws at once must not settle within this call: the owner
      // may start the next one from there, and that the next.
      await undefined;
    }
    this.settle(outcome);
  }

  /**
   * Limits the time, for an owner that calls the work itself.
   *
   * @param timeoutMs After how many ms to stop it; `Infinity` for never.
   */
  limit(timeoutMs: number): void {
    if (timeoutMs === Infinity) return;
    this.#timer = this.clock.setTimer(
      () => this.stop(new TaskError("TASK_TIMEOUT", { timeoutMs })),
      timeoutMs,
    );
  }

  /**
   * Tells the work to stop, and gives it `abandonAfterMs` to do so. The first
   * call aborts the signal; a cancel after a time-out still makes it
   * cancelled. Harmless once the work has settled.
   *
   * @param error What the attempt ends with. The signal's reason is the cause
   * of a cancel, the error of a time-out.
   */
  stop(error: StopError): void {
    if (this.#isSettled) return;
    if (this.#stopped !== undefined) {
      const isUpgrade = this.#stopped.code === "TASK_TIMEOUT" &&
        error.code === "TASK_CANCELLED";
      if (isUpgrade) this.#stopped = error;
      return;
    }
    this.#stopped = error;
    this.#timer?.cancel();
    const { abandonAfterMs } = this.#owner;
    if (abandonAfterMs > 0) {
      this.#timer = this.clock.setTimer(() => this.#abandon(), abandonAfterMs);
    }
    if (this.#controller !== undefined) abort(this.#controller, error);
    if (abandonAfterMs <= 0) this.#abandon();
  }

  #abandon(): void {
    this.#isAbandoned = true;
    this.settle(new Err(this.#stopped));
  }

  /**
   * Tells the owner what became of the work, for one that calls it itself.
   * Only the first call counts.
   *
   * @param outcome What the work came to.
   */
  settle(outcome: Result<unknown, unknown>): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#timer?.cancel();
    const stopped = this.#stopped;
    const overruled = stopped !== undefined &&
      (!outcome.ok || stopped.code === "TASK_CANCELLED");
    this.#owner.settled(this, overruled ? new Err(stopped) : outcome);
  }
}
