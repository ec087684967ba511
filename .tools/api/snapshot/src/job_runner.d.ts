import { type TaskFailure } from "./_task_result.js";
import { type Clock } from "./clock.js";
import type { Job, JobQueue } from "./job_queue.js";
import type { Awaitable, CloseOptions } from "./protocols.js";
import { type Result } from "./result.js";
import { type RetryOptions } from "./retry.js";
import { type Task, type TaskContext } from "./task.js";
export type { CloseOptions } from "./protocols.js";
export interface JobContext<TJob, TOutput = unknown> extends TaskContext {
  readonly job: Job<TJob, TOutput>;
}
export type Worker<TJob, TOutput = unknown> = (
  payload: TJob,
  context: JobContext<TJob, TOutput>,
) => Awaitable<TOutput | Result<TOutput, unknown>>;
export interface JobRunnerOptions<TJob, TOutput = unknown> {
  readonly concurrency?: number;
  readonly retry?: RetryOptions;
  readonly attemptTimeoutMs?: number;
  readonly abandonAfterMs?: number;
  readonly onError: (error: TaskFailure, job: Job<TJob, TOutput>) => void;
  readonly onAttempt?: (event: JobAttemptEvent<TJob, TOutput>) => void;
  readonly clock?: Clock;
}
export interface JobAttemptEvent<TJob, TOutput = unknown> {
  readonly job: Job<TJob, TOutput>;
  readonly attempt: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: Result<TOutput, unknown>;
  readonly retryDelayMs: number | undefined;
}
export declare class JobRunner<TJob, TOutput = unknown>
  implements AsyncDisposable {
  constructor(
    queue: JobQueue<TJob, TOutput>,
    worker: Worker<TJob, TOutput> | Task<TJob, TOutput>,
    options: JobRunnerOptions<TJob, TOutput>,
  );
  get running(): number;
  get isPaused(): boolean;
  get concurrency(): number;
  set concurrency(concurrency: number);
  pause(): void;
  resume(): void;
  idle(): Promise<void>;
  drain(): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
