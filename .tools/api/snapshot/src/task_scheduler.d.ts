import { type Clock } from "./clock.js";
import type { CronSchedule } from "./cron.js";
import { type ErrorOf } from "./errors.js";
import type { Awaitable, CloseOptions } from "./protocols.js";
import { type Result } from "./result.js";
import type { RetryFilter } from "./retry.js";
import { TaskStatus } from "./status.js";
import {
  type RetryableTaskOptions,
  type Task,
  type TaskContext,
  type TaskFailure,
  type TaskResult,
} from "./task.js";
export type { CloseOptions } from "./protocols.js";
export type ScheduleError = ErrorOf<"TASK_QUEUE_FULL" | "TASK_QUEUE_CLOSED">;
export type ScheduledWork<TOutput, TError = unknown> =
  | Task<void, TOutput, TError>
  | ((context: TaskContext) => Awaitable<TOutput | Result<TOutput, TError>>);
export interface TaskSchedulerOptions {
  readonly onError: (error: TaskFailure, task: ScheduledTask) => void;
  readonly maxTasks?: number;
  readonly clock?: Clock;
}
export interface ScheduleOptions<TFilter extends RetryFilter = RetryFilter> {
  readonly name?: string;
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryableTaskOptions<TFilter>;
  readonly background?: boolean;
}
export interface RecurringOptions<TFilter extends RetryFilter = RetryFilter>
  extends ScheduleOptions<TFilter> {
  readonly maxRuns?: number;
}
export interface IntervalOptions<TFilter extends RetryFilter = RetryFilter>
  extends RecurringOptions<TFilter> {
  readonly mode?: "fixed-rate" | "fixed-delay";
  readonly initialDelayMs?: number;
}
export interface ScheduledTask<TOutput = unknown, TError = unknown> {
  readonly name: string;
  readonly status: TaskStatus;
  readonly nextRunAt: number | undefined;
  readonly runs: number;
  readonly missed: number;
  readonly lastResult: TaskResult<TOutput, TError> | undefined;
  readonly result: Promise<TaskResult<TOutput, TError>>;
  cancel(reason?: unknown): boolean;
  [Symbol.dispose](): void;
}
export declare class TaskScheduler implements AsyncDisposable {
  constructor(options: TaskSchedulerOptions);
  get size(): number;
  after<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    delayMs: number,
    work: ScheduledWork<TOutput, TError>,
    options?: ScheduleOptions<TFilter>,
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError>;
  at<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    date: Date | number,
    work: ScheduledWork<TOutput, TError>,
    options?: ScheduleOptions<TFilter>,
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError>;
  every<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    intervalMs: number,
    work: ScheduledWork<TOutput, TError>,
    options?: IntervalOptions<TFilter>,
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError>;
  cron<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    schedule: CronSchedule,
    work: ScheduledWork<TOutput, TError>,
    options?: RecurringOptions<TFilter>,
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError>;
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
