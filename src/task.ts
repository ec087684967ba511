/**
 * Tasks: work with a name, an input and an output, that can be told to stop;
 * and {@linkcode RetryableTask}, which runs one until it succeeds, within
 * limits of attempts and time.
 *
 * When to use it: for calls to what may be down for a moment, within limits of
 * attempts and time.
 *
 * When not: for what may not be done twice; for work in the background, which a
 * `JobRunner` takes; for times and intervals, which a `TaskScheduler` keeps.
 *
 * - **It ends.** Limits for an attempt and for the whole hold, also where the
 *   work does not listen; what goes on regardless is told.
 * - **A union, no exception.** What became of a task is a value, whose status
 *   tells what else it has.
 * - **Nothing is left**: neither a timer nor a listener, once a run has
 *   settled.
 *
 * @example Try again until the service answers
 * ```ts
 * import { RetryableTask } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * let calls = 0;
 * const fetchName = new RetryableTask((id: string) => {
 *   if (++calls < 3) throw new Error("503");
 *   return `name of ${id}`;
 * }, { baseDelayMs: 1 });
 *
 * const result = await fetchName.execute("u1");
 * strictEqual(result.status, "completed");
 * strictEqual(result.attempts, 3);
 * ```
 *
 * @module
 */

import { Attempt, type AttemptOwner, type StopError } from "./_attempt.ts";
import { requireCallback, requireDuration } from "./_options.ts";
import {
  cancelledError,
  completed,
  failed,
  stopped,
  type TaskFailure,
  type TaskProgress,
  type TaskResult,
} from "./_task_result.ts";
import { type Clock, systemClock, type TimerHandle } from "./clock.ts";
import { TaskError } from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import {
  type RetryableOf,
  type RetryFilter,
  type RetryOptions,
  RetryPolicy,
} from "./retry.ts";
import { TaskStatus } from "./status.ts";

export type { StopError } from "./_attempt.ts";
export type {
  TaskCancelled,
  TaskCompleted,
  TaskFailed,
  TaskFailedError,
  TaskFailure,
  TaskResult,
  TaskTimedOut,
  TaskTiming,
} from "./_task_result.ts";

/**
 * What a task gets beside its input. Hand it on as it is: the signal is made
 * when it is asked for, so a copy by `{ ...context }` has none.
 *
 * @example Work that ends when it is told to
 * ```ts
 * import type { TaskContext } from "@groundwork/infra/task";
 * import { RetryableTask } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * const nap = (durationMs: number, { clock, signal }: TaskContext) =>
 *   clock.sleep(durationMs, { signal });
 *
 * const task = new RetryableTask(nap, { attemptTimeoutMs: 1, maxAttempts: 1 });
 * strictEqual((await task.execute(60_000)).status, "timed_out");
 * ```
 */
export interface TaskContext {
  /** Aborts when the work has to stop. */
  readonly signal: AbortSignal;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
  /** The time. */
  readonly clock: Clock;
}

/**
 * Work with a name. It fails by throwing, by rejecting or by returning an Err.
 *
 * @typeParam TInput What it needs.
 * @typeParam TOutput What it comes to.
 * @typeParam TError The errors of the Results it returns.
 *
 * @example A task as a class
 * ```ts
 * import { RetryableTask, type Task } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * class Shout implements Task<string, string> {
 *   readonly name = "shout";
 *
 *   run(text: string) {
 *     return text.toUpperCase();
 *   }
 * }
 * const task = new RetryableTask(new Shout());
 * strictEqual(await task.run("ahoy"), "AHOY");
 * ```
 */
export interface Task<TInput, TOutput, TError = unknown> {
  /** What logs call it. */
  readonly name: string;

  /**
   * Does the work, once.
   *
   * @param input What it needs.
   * @param context The attempt: its signal, number and clock.
   * @returns The output, or a Result of it.
   */
  run(
    input: TInput,
    context: TaskContext,
  ): Awaitable<TOutput | Result<TOutput, TError>>;
}

/**
 * A task that is only a function.
 *
 * @typeParam TInput What it needs.
 * @typeParam TOutput What it comes to.
 * @typeParam TError The errors of the Results it returns.
 *
 * @example A function that returns a Result
 * ```ts
 * import { err, ok } from "@groundwork/infra/result";
 * import { RetryableTask, type TaskFunction } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * const half: TaskFunction<number, number, "odd"> = (n) =>
 *   n % 2 === 0 ? ok(n / 2) : err("odd");
 *
 * const result = await new RetryableTask(half, { maxAttempts: 1 }).execute(3);
 * if (result.status === "failed") strictEqual(result.lastError, "odd");
 * ```
 */
export type TaskFunction<TInput, TOutput, TError = unknown> = Task<
  TInput,
  TOutput,
  TError
>["run"];

/**
 * Whether a value looks like a task: it has a name and a `run` method.
 *
 * @param value What to look at.
 * @returns Whether it does.
 *
 * @example A plug-in
 * ```ts
 * import { isTask } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isTask({ name: "noop", run() {} }), true);
 * strictEqual(isTask(() => {}), false);
 * ```
 */
export function isTask(value: unknown): value is Task<unknown, unknown> {
  return hasMethods(value, ["run"]) &&
    typeof (value as { readonly name?: unknown }).name === "string";
}

/**
 * What became of a task, as a Result: how often and how long is left out.
 *
 * @typeParam TOutput What the task comes to.
 * @param result What became of it.
 * @returns The output; or the error, with the code `TASK_EXECUTION_FAILED`,
 * `TASK_RETRY_EXHAUSTED`, `TASK_TIMEOUT` or `TASK_CANCELLED`.
 *
 * @example Go on with Results
 * ```ts
 * import { RetryableTask, toResult } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * const task = new RetryableTask((n: number) => n + 1);
 * const next = toResult(await task.execute(1)).map((n) => n * 10);
 * strictEqual(next.unwrap(), 20);
 * ```
 */
export function toResult<TOutput>(
  result: TaskResult<TOutput>,
): Result<TOutput, TaskFailure> {
  return result.status === TaskStatus.COMPLETED
    ? new Ok(result.output)
    : new Err(result.error);
}

/**
 * A retry that is about to be waited for.
 *
 * @typeParam TError The errors that are retried.
 */
export interface RetryEvent<TError = unknown> {
  /** What the attempt failed with. */
  readonly error: TError;
  /** Which attempt failed, from 1. */
  readonly attempt: number;
  /** How long the wait is, in ms. */
  readonly delayMs: number;
}

/** Work that did not stop when it was told to, and goes on by itself. */
export interface AbandonEvent {
  /** Why it was told to stop. */
  readonly error: StopError;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
}

/**
 * Options of {@linkcode RetryableTask}.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 */
export interface RetryableTaskOptions<TFilter extends RetryFilter = RetryFilter>
  extends RetryOptions<TFilter> {
  /** What logs call it. Default: the name of the task or function. */
  readonly name?: string;
  /**
   * How long one attempt may take, in ms. A longer one is told to stop, and
   * has failed with the code `TASK_TIMEOUT`, which is retried unless `retryOn`
   * or `shouldRetry` refuses it. If it still succeeds before it is abandoned,
   * that counts: to retry would do the work twice.
   *
   * @default {Infinity}
   */
  readonly attemptTimeoutMs?: number;
  /**
   * How long all attempts and the waits between them may take, in ms. A retry
   * that would begin later is not waited for.
   *
   * @default {Infinity}
   */
  readonly totalTimeoutMs?: number;
  /**
   * How long an attempt that was told to stop gets to settle, in ms; nothing
   * goes on before, so that no two attempts overlap. After it the work is
   * abandoned: what becomes of it later is dropped. 0 abandons it at once,
   * `Infinity` never.
   *
   * @default {1_000}
   */
  readonly abandonAfterMs?: number;
  /** Called before the wait for each retry. */
  readonly onRetry?: (event: RetryEvent<RetryableOf<NoInfer<TFilter>>>) => void;
  /** Called when an attempt is abandoned. */
  readonly onAbandon?: (event: AbandonEvent) => void;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/** Options of one call of {@linkcode RetryableTask.execute}. */
export interface ExecuteOptions {
  /** Calls the task off: at once while it waits, else as soon as it stops. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Options of {@linkcode retry}.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 */
export interface RetryCallOptions<TFilter extends RetryFilter = RetryFilter>
  extends RetryableTaskOptions<TFilter>, ExecuteOptions {}

/** A task and its limits, checked: what every run of it shares. */
interface Plan<TInput, TOutput, TError> {
  readonly task: Task<TInput, TOutput, TError>;
  readonly policy: RetryPolicy;
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly abandonAfterMs: number;
  /** Only ever called with what the filter of the policy let through. */
  readonly onRetry: ((event: RetryEvent<never>) => void) | undefined;
  readonly onAbandon: RetryableTaskOptions["onAbandon"];
  readonly clock: Clock;
}

/**
 * One run of a task: an attempt is under way, or the wait for the next one is,
 * or it is being decided which.
 */
class Run<TInput, TOutput, TError> implements AttemptOwner, TaskProgress {
  readonly clock: Clock;
  readonly startedAt: number;
  readonly startedTick: number;
  readonly abandonAfterMs: number;
  readonly #plan: Plan<TInput, TOutput, TError>;
  readonly #input: TInput;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (result: TaskResult<TOutput, TError>) => void;
  attempts = 0;
  #attempt: Attempt | undefined = undefined;
  #wait: TimerHandle | undefined = undefined;
  #limit: TimerHandle | undefined = undefined;
  /** Why the whole of it has to stop. */
  #halted: StopError | undefined = undefined;
  /** The cause of a time-out of the whole, once an attempt has failed. */
  #lastFailure: { readonly cause: unknown } | undefined = undefined;

  constructor(
    plan: Plan<TInput, TOutput, TError>,
    input: TInput,
    signal: AbortSignal | undefined,
    resolve: (result: TaskResult<TOutput, TError>) => void,
  ) {
    const { clock } = plan;
    this.clock = clock;
    this.startedAt = clock.now();
    this.startedTick = clock.monotonic();
    this.abandonAfterMs = plan.abandonAfterMs;
    this.#plan = plan;
    this.#input = input;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  start(): void {
    const signal = this.#signal;
    if (signal?.aborted) {
      return this.#finish(stopped(this, cancelledError(signal.reason)));
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const { totalTimeoutMs } = this.#plan;
    if (totalTimeoutMs !== Infinity) {
      this.#limit = this.clock.setTimer(
        () => this.#halt(this.#totalTimeout()),
        totalTimeoutMs,
      );
    }
    this.#begin();
  }

  #begin(): void {
    this.#wait = undefined;
    this.#attempt = new Attempt(++this.attempts, this.clock, this);
    const { task, attemptTimeoutMs } = this.#plan;
    this.#attempt.run(task, this.#input, attemptTimeoutMs);
  }

  settled(attempt: Attempt, outcome: Result<unknown, unknown>): void {
    try {
      this.#goOn(attempt, outcome as Result<TOutput, TError>);
    } catch (thrown) { // By a callback of the caller.
      this.#finish(failed(this, thrown as TError, false));
    }
  }

  #goOn(attempt: Attempt, outcome: Result<TOutput, TError>): void {
    const { policy, onRetry, onAbandon } = this.#plan;
    if (attempt.isAbandoned) {
      onAbandon?.({ error: attempt.stopped!, attempt: this.attempts });
    }
    if (outcome.ok) {
      policy.recordSuccess(this.attempts);
      return this.#finish(completed(this, outcome.value));
    }
    const { error } = outcome;
    if (this.#halted !== undefined) {
      return this.#finish(stopped(this, this.#halted));
    }
    this.#lastFailure = { cause: error };
    const decision = policy.decide(error, this.attempts);
    const isLate = decision.retry && !this.#hasTimeFor(decision.delayMs);
    if (decision.retry && !isLate) {
      const { delayMs } = decision;
      onRetry?.({ error: error as never, attempt: this.attempts, delayMs });
    }
    if (this.#halted !== undefined) { // By one of the callbacks.
      this.#finish(stopped(this, this.#halted));
    } else if (isLate) {
      this.#finish(stopped(this, this.#totalTimeout()));
    } else if (decision.retry) {
      this.#wait = this.clock.setTimer(() => this.#begin(), decision.delayMs);
    } else if (attempt.stopped !== undefined) {
      this.#finish(stopped(this, attempt.stopped));
    } else {
      this.#finish(failed(this, error, decision.reason === "exhausted"));
    }
  }

  #hasTimeFor(delayMs: number): boolean {
    const { totalTimeoutMs } = this.#plan;
    const spentMs = this.clock.monotonic() - this.startedTick;
    return totalTimeoutMs === Infinity || spentMs + delayMs < totalTimeoutMs;
  }

  #totalTimeout(): StopError {
    const { totalTimeoutMs: timeoutMs } = this.#plan;
    return new TaskError("TASK_TIMEOUT", { timeoutMs }, this.#lastFailure);
  }

  readonly #onAbort = (): void => {
    this.#halt(cancelledError(this.#signal!.reason));
  };

  /** Stops what goes on; whoever is deciding looks at `#halted`. */
  #halt(error: StopError): void {
    this.#halted = error;
    this.#limit?.cancel();
    if (this.#wait !== undefined) this.#finish(stopped(this, error));
    else this.#attempt?.stop(error);
  }

  #finish(result: TaskResult<TOutput, TError>): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#limit?.cancel();
    this.#wait?.cancel();
    this.#resolve(result);
  }
}

/**
 * A task that is tried again until it succeeds, within limits of attempts and
 * time. It is a task itself, so tasks nest.
 *
 * One attempt is under way at a time, and the caller's signal has one listener
 * at most, which goes when the task is settled, as every timer does.
 *
 * @typeParam TInput What it needs.
 * @typeParam TOutput What it comes to.
 * @typeParam TError The errors of the Results the task returns. What it throws
 * has no type in TypeScript: `unknown` is true of a task that throws.
 * @typeParam TFilter The type of `retryOn`, which tells the type of the errors
 * that callbacks get.
 *
 * @example Retry what may pass, and only that
 * ```ts
 * import { PoolError } from "@groundwork/infra/errors";
 * import { RetryableTask } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * const retried: string[] = [];
 * const query = new RetryableTask(() => {
 *   if (retried.length === 0) throw new PoolError("POOL_EXHAUSTED");
 *   throw new TypeError("x is undefined");
 * }, {
 *   baseDelayMs: 1,
 *   retryOn: [PoolError],
 *   shouldRetry: ({ code }) => code !== "POOL_CLOSED",
 *   onRetry: ({ error }) => retried.push(error.code),
 * });
 *
 * const result = await query.execute(undefined);
 * strictEqual(result.status, "failed");
 * strictEqual(result.attempts, 2);
 * strictEqual(retried[0], "POOL_EXHAUSTED");
 * ```
 */
export class RetryableTask<
  TInput,
  TOutput,
  TError = unknown,
  TFilter extends RetryFilter = RetryFilter,
> implements Task<TInput, TOutput> {
  /** What logs call it. */
  readonly name: string;
  readonly #plan: Plan<TInput, TOutput, TError>;

  /**
   * Makes a task of a task; nothing is run yet.
   *
   * @param task The task, or a function as one.
   * @param options When and how often to try again, and for how long.
   * @throws {ValidationError} A limit is not a number of ms of 0 or more,
   * `onRetry` or `onAbandon` is not a function, or the options of the
   * `RetryPolicy` are not valid.
   */
  constructor(
    task: Task<TInput, TOutput, TError> | TaskFunction<TInput, TOutput, TError>,
    options: RetryableTaskOptions<TFilter> = {},
  ) {
    requireCallback("onRetry", options.onRetry);
    requireCallback("onAbandon", options.onAbandon);
    this.name = (options.name ?? task.name) || "anonymous";
    this.#plan = {
      task: typeof task === "function" ? { name: this.name, run: task } : task,
      policy: new RetryPolicy(options),
      attemptTimeoutMs: requireLimit("attemptTimeoutMs", options, Infinity),
      totalTimeoutMs: requireLimit("totalTimeoutMs", options, Infinity),
      abandonAfterMs: requireLimit("abandonAfterMs", options, 1_000),
      onRetry: options.onRetry,
      onAbandon: options.onAbandon,
      clock: options.clock ?? systemClock,
    };
  }

  /**
   * Does the work and tells all about it.
   *
   * @param input What the task needs.
   * @param options The signal that calls it off.
   * @returns A promise that never rejects because of the task or of a
   * callback: it resolves with the output, or with how the task failed, timed
   * out or was cancelled.
   *
   * @example Call it off during a wait
   * ```ts
   * import { RetryableTask } from "@groundwork/infra/task";
   * import { strictEqual } from "node:assert/strict";
   *
   * const controller = new AbortController();
   * const task = new RetryableTask(() => {
   *   throw new Error("503");
   * }, { onRetry: () => controller.abort("no need") });
   *
   * const result = await task.execute(undefined, { signal: controller.signal });
   * if (result.status !== "cancelled") throw new Error(result.status);
   * strictEqual(result.reason, "no need");
   * strictEqual(result.attempts, 1);
   * ```
   */
  execute(
    input: TInput,
    options: ExecuteOptions = {},
  ): Promise<TaskResult<TOutput, TError>> {
    return new Promise((resolve) => {
      new Run(this.#plan, input, options.signal, resolve).start();
    });
  }

  /**
   * Does the work and gives the output alone, as a task does.
   *
   * @param input What the task needs.
   * @param context The context of the task around it, whose signal calls this
   * one off as well.
   * @returns A promise of the output.
   * @throws {TaskError} The task failed, timed out or was cancelled; by
   * rejecting.
   *
   * @example A task within a task
   * ```ts
   * import { RetryableTask } from "@groundwork/infra/task";
   * import { strictEqual } from "node:assert/strict";
   *
   * let calls = 0;
   * const inner = new RetryableTask(() => {
   *   if (++calls < 4) throw new Error("503");
   *   return "here";
   * }, { name: "inner", maxAttempts: 2, baseDelayMs: 1 });
   * const outer = new RetryableTask(inner, { maxAttempts: 2, baseDelayMs: 1 });
   *
   * strictEqual(await outer.run(undefined), "here");
   * strictEqual(calls, 4);
   * ```
   */
  async run(
    input: TInput,
    context: Partial<TaskContext> = {},
  ): Promise<TOutput> {
    const result = await this.execute(input, { signal: context.signal });
    return toResult(result).unwrap();
  }
}

function requireLimit<TName extends string>(
  name: TName,
  options: { readonly [N in TName]?: number },
  fallback: number,
): number {
  const { [name]: limitMs = fallback } = options;
  return requireDuration(name, limitMs);
}

/**
 * Does some work until it succeeds, within limits: a
 * {@linkcode RetryableTask} for a single use.
 *
 * @typeParam TOutput What the work comes to.
 * @typeParam TError The errors of the Results it returns.
 * @typeParam TFilter The type of `retryOn`, which tells the type of the errors
 * that callbacks get.
 * @param work The work. It fails by throwing, by rejecting or by returning an
 * Err.
 * @param options When and how often to try again, for how long, and the signal
 * that calls it off.
 * @returns A promise of the output; or of an error with the code
 * `TASK_EXECUTION_FAILED`, `TASK_RETRY_EXHAUSTED`, `TASK_TIMEOUT` or
 * `TASK_CANCELLED`.
 * @throws {ValidationError} As the constructor of `RetryableTask` does, by
 * rejecting.
 *
 * @example Three attempts at once
 * ```ts
 * import { retry } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * const page = await retry(({ attempt }) => {
 *   if (attempt < 3) throw new Error("503");
 *   return "<p>";
 * }, { baseDelayMs: 0 });
 * strictEqual(page.unwrap(), "<p>");
 * ```
 */
export async function retry<
  TOutput,
  TError = unknown,
  TFilter extends RetryFilter = RetryFilter,
>(
  work: (context: TaskContext) => Awaitable<TOutput | Result<TOutput, TError>>,
  options: RetryCallOptions<TFilter> = {},
): Promise<Result<TOutput, TaskFailure>> {
  const task = new RetryableTask(
    (_: void, context: TaskContext) => work(context),
    options,
  );
  return toResult(await task.execute(undefined, options));
}
