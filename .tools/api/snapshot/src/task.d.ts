import { type StopError } from "./_attempt.js";
import { type TaskFailure, type TaskResult } from "./_task_result.js";
import { type Clock } from "./clock.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
import {
  type RetryableOf,
  type RetryFilter,
  type RetryOptions,
} from "./retry.js";
export type { StopError } from "./_attempt.js";
export type {
  TaskCancelled,
  TaskCompleted,
  TaskFailed,
  TaskFailedError,
  TaskFailure,
  TaskResult,
  TaskTimedOut,
  TaskTiming,
} from "./_task_result.js";
export interface TaskContext {
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly clock: Clock;
}
export interface Task<TInput, TOutput, TError = unknown> {
  readonly name: string;
  run(
    input: TInput,
    context: TaskContext,
  ): Awaitable<TOutput | Result<TOutput, TError>>;
}
export type TaskFunction<TInput, TOutput, TError = unknown> = Task<
  TInput,
  TOutput,
  TError
>["run"];
export declare function isTask(value: unknown): value is Task<unknown, unknown>;
export declare function toResult<TOutput>(
  result: TaskResult<TOutput>,
): Result<TOutput, TaskFailure>;
export interface RetryEvent<TError = unknown> {
  readonly error: TError;
  readonly attempt: number;
  readonly delayMs: number;
}
export interface AbandonEvent {
  readonly error: StopError;
  readonly attempt: number;
}
export interface RetryableTaskOptions<TFilter extends RetryFilter = RetryFilter>
  extends RetryOptions<TFilter> {
  readonly name?: string;
  readonly attemptTimeoutMs?: number;
  readonly totalTimeoutMs?: number;
  readonly abandonAfterMs?: number;
  readonly onRetry?: (event: RetryEvent<RetryableOf<NoInfer<TFilter>>>) => void;
  readonly onAbandon?: (event: AbandonEvent) => void;
  readonly clock?: Clock;
}
export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
}
export interface RetryCallOptions<TFilter extends RetryFilter = RetryFilter>
  extends RetryableTaskOptions<TFilter>, ExecuteOptions {
}
export declare class RetryableTask<
  TInput,
  TOutput,
  TError = unknown,
  TFilter extends RetryFilter = RetryFilter,
> implements Task<TInput, TOutput> {
  readonly name: string;
  constructor(
    task: Task<TInput, TOutput, TError> | TaskFunction<TInput, TOutput, TError>,
    options?: RetryableTaskOptions<TFilter>,
  );
  execute(
    input: TInput,
    options?: ExecuteOptions,
  ): Promise<TaskResult<TOutput, TError>>;
  run(input: TInput, context?: Partial<TaskContext>): Promise<TOutput>;
}
export declare function retry<
  TOutput,
  TError = unknown,
  TFilter extends RetryFilter = RetryFilter,
>(
  work: (context: TaskContext) => Awaitable<TOutput | Result<TOutput, TError>>,
  options?: RetryCallOptions<TFilter>,
): Promise<Result<TOutput, TaskFailure>>;
