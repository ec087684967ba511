import type { StopError } from "./_attempt.js";
import { type ErrorOf } from "./errors.js";
export type TaskFailure = TaskFailedError | StopError;
export type TaskFailedError = ErrorOf<
  "TASK_EXECUTION_FAILED" | "TASK_RETRY_EXHAUSTED"
>;
export interface TaskTiming {
  readonly attempts: number;
  readonly retryCount: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly durationMs: number;
}
export interface TaskCompleted<TOutput> extends TaskTiming {
  readonly status: "completed";
  readonly output: TOutput;
}
export interface TaskFailed<TError = unknown> extends TaskTiming {
  readonly status: "failed";
  readonly error: TaskFailedError;
  readonly lastError: TError;
}
export interface TaskTimedOut extends TaskTiming {
  readonly status: "timed_out";
  readonly error: ErrorOf<"TASK_TIMEOUT">;
}
export interface TaskCancelled extends TaskTiming {
  readonly status: "cancelled";
  readonly error: ErrorOf<"TASK_CANCELLED">;
  readonly reason: unknown;
}
export type TaskResult<TOutput, TError = unknown> =
  | TaskCompleted<TOutput>
  | TaskFailed<TError>
  | TaskTimedOut
  | TaskCancelled;
