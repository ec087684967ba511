import type { StopError } from "./_attempt.js";
import { type TaskFailure } from "./_task_result.js";
import { type Clock } from "./clock.js";
import { type ErrorOf } from "./errors.js";
import { type Result } from "./result.js";
import { TaskStatus } from "./status.js";
export type EnqueueError = ErrorOf<"TASK_QUEUE_FULL" | "TASK_QUEUE_CLOSED">;
export type PutError = ErrorOf<"TASK_CANCELLED" | "TASK_QUEUE_CLOSED">;
export interface Job<TJob, TOutput = unknown> {
  readonly sequence: number;
  readonly id: string | undefined;
  readonly payload: TJob;
  readonly status: TaskStatus;
  readonly attempts: number;
  readonly duplicates: number;
  readonly result: Promise<Result<TOutput, TaskFailure>>;
  cancel(reason?: unknown): boolean;
}
export interface JobRun {
  stop(error: StopError): void;
}
export interface JobConsumer {
  wake(): void;
}
export interface JobOptions {
  readonly delayMs?: number;
  readonly id?: string;
  readonly signal?: AbortSignal | undefined;
}
export interface PriorityJobOptions<TPriority> extends JobOptions {
  readonly priority?: TPriority;
}
export interface JobQueue<TJob, TOutput = unknown> {
  readonly size: number;
  enqueue(
    payload: TJob,
    options?: JobOptions,
  ): Result<Job<TJob, TOutput>, EnqueueError>;
  dequeue(): Job<TJob, TOutput> | undefined;
  peek(): Job<TJob, TOutput> | undefined;
  msUntilReady(): number | undefined;
  cancel(job: Job<TJob, TOutput>, reason?: unknown): boolean;
  attend(job: Job<TJob, TOutput>, run: JobRun): void;
  retry(job: Job<TJob, TOutput>, delayMs: number): void;
  settle(job: Job<TJob, TOutput>, result: Result<TOutput, TaskFailure>): void;
  subscribe(consumer: JobConsumer): () => void;
  seal(): void;
  close(reason?: unknown): void;
}
export declare function isJobQueue(
  value: unknown,
): value is JobQueue<unknown, unknown>;
export type Ranking<TPriority> =
  | ((priority: TPriority) => number)
  | ([
    TPriority,
  ] extends [
    PropertyKey,
  ] ? Readonly<Record<TPriority, number>>
    : never);
export interface JobQueueLimits {
  readonly maxSize?: number;
  readonly onFull?: "reject" | "drop-lowest";
  readonly agingMsPerLevel?: number;
  readonly clock?: Clock;
}
export type PriorityJobQueueOptions<TPriority> =
  & JobQueueLimits
  & ([
    0,
    TPriority,
  ] extends [
    TPriority,
    number,
  ] ? {
      readonly rank?: Ranking<TPriority>;
      readonly defaultPriority?: TPriority;
    }
    : {
      readonly rank: Ranking<TPriority>;
      readonly defaultPriority: TPriority;
    });
export interface PriorityJob<TJob, TPriority = number, TOutput = unknown>
  extends Job<TJob, TOutput> {
  readonly priority: TPriority;
}
export declare class PriorityJobQueue<
  TJob,
  TPriority = number,
  TOutput = unknown,
> implements JobQueue<TJob, TOutput> {
  constructor(
    ...args: [
      0,
      TPriority,
    ] extends [
      TPriority,
      number,
    ] ? [
        options?: PriorityJobQueueOptions<TPriority>,
      ]
      : [
        options: PriorityJobQueueOptions<TPriority>,
      ]
  );
  get size(): number;
  get ready(): number;
  enqueue(
    payload: TJob,
    options?: PriorityJobOptions<TPriority>,
  ): Result<PriorityJob<TJob, TPriority, TOutput>, EnqueueError>;
  put(
    payload: TJob,
    options?: PriorityJobOptions<TPriority>,
  ): Promise<Result<PriorityJob<TJob, TPriority, TOutput>, PutError>>;
  dequeue(): PriorityJob<TJob, TPriority, TOutput> | undefined;
  peek(): PriorityJob<TJob, TPriority, TOutput> | undefined;
  get(id: string): PriorityJob<TJob, TPriority, TOutput> | undefined;
  msUntilReady(): number | undefined;
  updatePriority(job: Job<TJob, TOutput>, priority: TPriority): boolean;
  cancel(job: Job<TJob, TOutput>, reason?: unknown): boolean;
  attend(job: Job<TJob, TOutput>, run: JobRun): void;
  retry(job: Job<TJob, TOutput>, delayMs: number): void;
  settle(job: Job<TJob, TOutput>, result: Result<TOutput, TaskFailure>): void;
  subscribe(consumer: JobConsumer): () => void;
  seal(): void;
  close(reason?: unknown): void;
  [Symbol.dispose](): void;
}
