/**
 * What became of a task, and the one place that makes it: everything that runs
 * tasks tells of them in the same words. The types are exported by `task`.
 *
 * @module
 */

import type { StopError } from "./_attempt.ts";
import { reasonOf } from "./_reason.ts";
import type { Clock } from "./clock.ts";
import { type ErrorOf, TaskError } from "./errors.ts";
import { TaskStatus } from "./status.ts";

/**
 * The errors of a task that came to no output, as a union that narrows by
 * `code`.
 *
 * @example Answer with a status
 * ```ts
 * import { retry, type TaskFailure } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * const statusOf = ({ code }: TaskFailure) => code === "TASK_TIMEOUT" ? 504 : 502;
 *
 * const page = await retry(() => {
 *   throw new Error("503");
 * }, { maxAttempts: 1 });
 * strictEqual(statusOf(page.unwrapErr()), 502);
 * ```
 */
export type TaskFailure = TaskFailedError | StopError;

/** The errors of a task that failed by itself. */
export type TaskFailedError = ErrorOf<
  "TASK_EXECUTION_FAILED" | "TASK_RETRY_EXHAUSTED"
>;

/** How often and how long. */
export interface TaskTiming {
  /** How many attempts were begun; 0 where it never started. */
  readonly attempts: number;
  /** How many of them were retries. */
  readonly retryCount: number;
  /** When it started, in ms since the epoch. */
  readonly startedAt: number;
  /** When it was settled, in ms since the epoch. */
  readonly finishedAt: number;
  /** How long it took, waits included, in ms; no change of the date matters. */
  readonly durationMs: number;
}

/**
 * A task that came to its output.
 *
 * @typeParam TOutput Its output.
 */
export interface TaskCompleted<TOutput> extends TaskTiming {
  /** `TaskStatus.COMPLETED`. */
  readonly status: "completed";
  /** What it came to. */
  readonly output: TOutput;
}

/**
 * A task that failed.
 *
 * @typeParam TError What it failed with.
 */
export interface TaskFailed<TError = unknown> extends TaskTiming {
  /** `TaskStatus.FAILED`. */
  readonly status: "failed";
  /**
   * `TASK_RETRY_EXHAUSTED` where all retries were used, else
   * `TASK_EXECUTION_FAILED`. Its cause is the last error.
   */
  readonly error: TaskFailedError;
  /** What the last attempt failed with, as it was. */
  readonly lastError: TError;
}

/** A task that was not done in time. */
export interface TaskTimedOut extends TaskTiming {
  /** `TaskStatus.TIMED_OUT`. */
  readonly status: "timed_out";
  /** Carries the limit that was reached. */
  readonly error: ErrorOf<"TASK_TIMEOUT">;
}

/** A task that somebody called off. */
export interface TaskCancelled extends TaskTiming {
  /** `TaskStatus.CANCELLED`. */
  readonly status: "cancelled";
  /** Its cause is the reason. */
  readonly error: ErrorOf<"TASK_CANCELLED">;
  /** Why, in the words of who called it off: the reason of the signal. */
  readonly reason: unknown;
}

/**
 * What became of a task; narrow it by `status`.
 *
 * @typeParam TOutput What the task comes to.
 * @typeParam TError The errors of the Results it returns.
 *
 * @example A line for the log
 * ```ts
 * import { RetryableTask, type TaskResult } from "@groundwork/infra/task";
 * import { strictEqual } from "node:assert/strict";
 *
 * function describe(result: TaskResult<string>): string {
 *   switch (result.status) {
 *     case "completed":
 *       return `${result.output} after ${result.retryCount} retries`;
 *     case "cancelled":
 *       return `called off: ${result.reason}`;
 *     default:
 *       return result.error.message;
 *   }
 * }
 * const task = new RetryableTask(() => "done");
 * strictEqual(describe(await task.execute(undefined)), "done after 0 retries");
 * const signal = AbortSignal.abort("no need");
 * const result = await task.execute(undefined, { signal });
 * strictEqual(describe(result), "called off: no need");
 * ```
 */
export type TaskResult<TOutput, TError = unknown> =
  | TaskCompleted<TOutput>
  | TaskFailed<TError>
  | TaskTimedOut
  | TaskCancelled;

/** What a result needs to know of the run it tells of. */
export interface TaskProgress {
  /** The time. */
  readonly clock: Clock;
  /** How many attempts were begun. */
  readonly attempts: number;
  /** When it started, in ms since the epoch. */
  readonly startedAt: number;
  /** When it started, in monotonic time. */
  readonly startedTick: number;
}

/** The result of a run that came to its output, as of now. */
export function completed<TOutput>(
  run: TaskProgress,
  output: TOutput,
): TaskCompleted<TOutput> {
  const { clock, attempts, startedAt, startedTick } = run;
  return {
    status: TaskStatus.COMPLETED,
    output,
    attempts,
    retryCount: attempts - 1,
    startedAt,
    finishedAt: clock.now(),
    durationMs: clock.monotonic() - startedTick,
  };
}

/**
 * The result of a run that failed, as of now.
 *
 * @param run The run.
 * @param lastError What its last attempt failed with.
 * @param isExhausted Whether more attempts would have been made, had there
 * been any left.
 */
export function failed<TError>(
  run: TaskProgress,
  lastError: TError,
  isExhausted: boolean,
): TaskFailed<TError> {
  const { clock, attempts, startedAt, startedTick } = run;
  const retryCount = attempts - 1;
  return {
    status: TaskStatus.FAILED,
    error: failedError(lastError, retryCount, isExhausted),
    lastError,
    attempts,
    retryCount,
    startedAt,
    finishedAt: clock.now(),
    durationMs: clock.monotonic() - startedTick,
  };
}

/** The error of a task that failed: what it failed with is the cause. */
export function failedError(
  lastError: unknown,
  retries: number,
  isExhausted: boolean,
): TaskFailedError {
  const cause = { cause: lastError };
  return isExhausted && retries > 0
    ? new TaskError("TASK_RETRY_EXHAUSTED", { retries }, cause)
    : new TaskError(
      "TASK_EXECUTION_FAILED",
      { reason: reasonOf(lastError) },
      cause,
    );
}

/** The result of a run that was stopped, as of now. */
export function stopped(
  run: TaskProgress,
  error: StopError,
): TaskTimedOut | TaskCancelled {
  const { clock, attempts, startedAt, startedTick } = run;
  const timing: TaskTiming = {
    attempts,
    retryCount: Math.max(0, attempts - 1),
    startedAt,
    finishedAt: clock.now(),
    durationMs: clock.monotonic() - startedTick,
  };
  return error.code === "TASK_TIMEOUT"
    ? { status: TaskStatus.TIMED_OUT, error, ...timing }
    : { status: TaskStatus.CANCELLED, error, reason: error.cause, ...timing };
}

/** The error of a task that was called off for a reason. */
export function cancelledError(reason: unknown): ErrorOf<"TASK_CANCELLED"> {
  return new TaskError("TASK_CANCELLED", {}, { cause: reason });
}
