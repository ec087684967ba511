/**
 * A queue of jobs by priority: the most urgent first, and first in, first out
 * among equals. It is a plain collection, synchronous and in memory; what does
 * the jobs is a runner (see the `job-runner` module), or you.
 *
 * When to use it: for work of this process that may be lost with it.
 *
 * When not: for work that must outlive the process or is shared by several; to
 * do it, which a `JobRunner` does; for a plain heap of numbers, which
 * `priority-heap` is.
 *
 * - **Once, and in order.** A job is given out once, the most urgent first,
 *   equals in the order they came; one that was called off never is.
 * - **Bounded.** At the bound a new job is refused or the least urgent is
 *   dropped, as you choose.
 * - **Nothing is left pending** when the queue is closed.
 *
 * @example Jobs by urgency
 * ```ts
 * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { strictEqual } from "node:assert/strict";
 *
 * const mails = new PriorityJobQueue<string, "now" | "later">({
 *   rank: { now: 0, later: 1 },
 *   defaultPriority: "later",
 * });
 * mails.enqueue("newsletter").unwrap();
 * mails.enqueue("password reset", { priority: "now" }).unwrap();
 *
 * strictEqual(mails.dequeue()?.payload, "password reset");
 * strictEqual(mails.dequeue()?.payload, "newsletter");
 * strictEqual(mails.dequeue(), undefined);
 * ```
 *
 * @module
 */

import type { StopError } from "./_attempt.ts";
import * as Expectations from "./_expectations.ts";
import { requireDuration, requireWhole } from "./_options.ts";
import { cancelledError, type TaskFailure } from "./_task_result.ts";
import { WaitingLine } from "./_waiting_line.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type ErrorOf, TaskError, ValidationError } from "./errors.ts";
import { type HeapHandle, PriorityHeap } from "./priority_heap.ts";
import { hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { parseStatus, TaskStatus } from "./status.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

/** Why {@linkcode JobQueue.enqueue} refuses a job. */
export type EnqueueError = ErrorOf<"TASK_QUEUE_FULL" | "TASK_QUEUE_CLOSED">;

/** Why {@linkcode PriorityJobQueue.put} refuses a job. */
export type PutError = ErrorOf<"TASK_CANCELLED" | "TASK_QUEUE_CLOSED">;

/**
 * A job of a queue: what is to be done, and what has become of it.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What it comes to.
 *
 * @example Wait for what becomes of a job
 * ```ts
 * import { type Job, PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { strictEqual } from "node:assert/strict";
 *
 * const queue = new PriorityJobQueue<{ page: string }>();
 * const job: Job<{ page: string }> = queue.enqueue({ page: "/" }).unwrap();
 * strictEqual(job.status, "pending");
 *
 * job.cancel("not needed any more");
 * const result = await job.result;
 * strictEqual(result.unwrapErr().code, "TASK_CANCELLED");
 * strictEqual(job.status, "cancelled");
 * ```
 */
export interface Job<TJob, TOutput = unknown> {
  /** The number of the job in its queue, from 1. */
  readonly sequence: number;
  /** The id it was given, if any: no two unfinished jobs of a queue share one. */
  readonly id: string | undefined;
  /** What is to be done. */
  readonly payload: TJob;
  /**
   * `pending` (its turn comes), `scheduled` (its time comes), `running`,
   * `retrying` (its next attempt comes), or how it ended: `completed`, `failed`,
   * `cancelled` or `timed_out`.
   */
  readonly status: TaskStatus;
  /** How many attempts were begun. */
  readonly attempts: number;
  /** How many jobs of the same id were taken for this one. */
  readonly duplicates: number;
  /**
   * What becomes of it: its output, or an error with the code
   * `TASK_EXECUTION_FAILED`, `TASK_RETRY_EXHAUSTED`, `TASK_TIMEOUT` or
   * `TASK_CANCELLED`, whose cause tells more. The promise never rejects.
   */
  readonly result: Promise<Result<TOutput, TaskFailure>>;

  /**
   * Calls the job off. One that waits ends at once, one that runs as soon as its
   * work has stopped (its signal aborts).
   *
   * @param reason Why; the cause of the error it ends with.
   * @returns Whether it was not finished yet.
   */
  cancel(reason?: unknown): boolean;
}

/** Work that can be told to stop: a runner's hold on a job that runs. */
export interface JobRun {
  /**
   * Tells it to stop.
   *
   * @param error What the job is to end with.
   */
  stop(error: StopError): void;
}

/** Who takes jobs out of a queue and must hear of new ones. */
export interface JobConsumer {
  /**
   * There may be a job, or one will be ready at another time than before. The
   * queue calls it in the midst of a change: it must not call the queue, but
   * see to it that this happens later.
   */
  wake(): void;
}

/** Options of {@linkcode JobQueue.enqueue}. */
export interface JobOptions {
  /**
   * How long it waits before its turn can come, in ms.
   *
   * @default {0}
   */
  readonly delayMs?: number;
  /**
   * An id: while a job of this id is unfinished, another one is not added, and
   * the first is given back.
   */
  readonly id?: string;
  /** Calls the job off. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Options of {@linkcode PriorityJobQueue.enqueue}.
 *
 * @typeParam TPriority What says how urgent it is.
 */
export interface PriorityJobOptions<TPriority> extends JobOptions {
  /** Its priority. Default: the queue's. */
  readonly priority?: TPriority;
}

/**
 * A queue that a runner takes jobs from. A job is given out once and then
 * settled or retried by who has taken it.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What it comes to.
 *
 * @example A function that works off any queue
 * ```ts
 * import { type JobQueue, PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * function payloads<TJob>(queue: JobQueue<TJob>): TJob[] {
 *   const all: TJob[] = [];
 *   for (let job; (job = queue.dequeue());) all.push(job.payload);
 *   return all;
 * }
 * const queue = new PriorityJobQueue<string>();
 * queue.enqueue("second", { priority: 2 });
 * queue.enqueue("first", { priority: 1 });
 * deepStrictEqual(payloads(queue), ["first", "second"]);
 * ```
 */
export interface JobQueue<TJob, TOutput = unknown> {
  /** How many jobs wait: for their turn, their time or their next attempt. */
  readonly size: number;

  /**
   * Adds a job.
   *
   * @param payload What is to be done.
   * @param options When, and under which id.
   * @returns The job, or the unfinished one of the same id; or an error with
   * the code `TASK_QUEUE_FULL` or `TASK_QUEUE_CLOSED`.
   */
  enqueue(
    payload: TJob,
    options?: JobOptions,
  ): Result<Job<TJob, TOutput>, EnqueueError>;

  /**
   * Takes the first job that is ready. It is `running` from then on.
   *
   * @returns The job; `undefined` where none is ready.
   */
  dequeue(): Job<TJob, TOutput> | undefined;

  /**
   * Looks at the first job that is ready.
   *
   * @returns The job; `undefined` where none is ready.
   */
  peek(): Job<TJob, TOutput> | undefined;

  /**
   * How long it is until a job is ready.
   *
   * @returns 0 where one is, `undefined` where none waits, else ms.
   */
  msUntilReady(): number | undefined;

  /**
   * Calls a job off.
   *
   * @param job The job.
   * @param reason Why.
   * @returns Whether it was not finished yet, and could be told to stop.
   */
  cancel(job: Job<TJob, TOutput>, reason?: unknown): boolean;

  /**
   * Says how to stop a job that was taken.
   *
   * @param job The job.
   * @param run What tells its work to stop.
   */
  attend(job: Job<TJob, TOutput>, run: JobRun): void;

  /**
   * Puts a job that was taken back, for its next attempt.
   *
   * @param job The job.
   * @param delayMs How long it waits, in ms.
   */
  retry(job: Job<TJob, TOutput>, delayMs: number): void;

  /**
   * Ends a job that was taken.
   *
   * @param job The job.
   * @param result What has become of it.
   */
  settle(
    job: Job<TJob, TOutput>,
    result: Result<TOutput, TaskFailure>,
  ): void;

  /**
   * Makes somebody the one who hears of new jobs.
   *
   * @param consumer Who.
   * @returns A function that ends it.
   * @throws {ValidationError} There is one already.
   */
  subscribe(consumer: JobConsumer): () => void;

  /** Refuses jobs from now on; those that are there go on. */
  seal(): void;

  /**
   * Refuses jobs from now on, and calls off those that wait.
   *
   * @param reason Why.
   */
  close(reason?: unknown): void;
}

/**
 * Whether a value has the methods of a {@linkcode JobQueue}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 *
 * @example Check a plug-in
 * ```ts
 * import { isJobQueue, PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isJobQueue(new PriorityJobQueue()), true);
 * strictEqual(isJobQueue([]), false);
 * ```
 */
export function isJobQueue(
  value: unknown,
): value is JobQueue<unknown, unknown> {
  return hasMethods(value, [
    "enqueue",
    "dequeue",
    "peek",
    "msUntilReady",
    "cancel",
    "attend",
    "retry",
    "settle",
    "subscribe",
    "seal",
    "close",
  ]);
}

/**
 * What orders priorities: a function to numbers, or a table of them. Lower
 * numbers come first. The function must not call the queue.
 *
 * @typeParam TPriority The type of the priorities.
 *
 * @example A table, and a function
 * ```ts
 * import type { Ranking } from "@groundwork/infra/job-queue";
 * import { strictEqual } from "node:assert/strict";
 *
 * const byName: Ranking<"high" | "low"> = { high: 0, low: 1 };
 * const byDeadline: Ranking<Date> = (deadline) => deadline.getTime();
 * strictEqual(byName.high, 0);
 * strictEqual(byDeadline(new Date(5)), 5);
 * ```
 */
export type Ranking<TPriority> =
  | ((priority: TPriority) => number)
  | ([TPriority] extends [PropertyKey] ? Readonly<Record<TPriority, number>>
    : never);

/** Options of {@linkcode PriorityJobQueue} that do not touch priorities. */
export interface JobQueueLimits {
  /**
   * How many jobs may wait. A job that is retried is always taken back.
   *
   * @default {100_000}
   */
  readonly maxSize?: number;
  /**
   * What to do with a job beyond it: refuse it (`reject`), or drop one that is
   * less urgent (`drop-lowest`): of the least urgent the one that came first.
   * The one that is dropped ends as cancelled. Where none is less urgent, the
   * new one is refused.
   *
   * @default {"reject"}
   */
  readonly onFull?: "reject" | "drop-lowest";
  /**
   * Against starvation: after how many ms a waiting job goes before a new one
   * whose rank is lower by 1. Then the order is by the time at which a job
   * became ready plus its rank times this; so that no job waits for ever, and
   * the order of two jobs never changes. 0 means never: strictly by rank.
   *
   * @default {0}
   */
  readonly agingMsPerLevel?: number;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Options of {@linkcode PriorityJobQueue}. Where priorities are not numbers, or
 * 0 is none of them, there must be a ranking and a default.
 *
 * @typeParam TPriority The type of the priorities.
 *
 * @example Three levels
 * ```ts
 * import {
 *   PriorityJobQueue,
 *   type PriorityJobQueueOptions,
 * } from "@groundwork/infra/job-queue";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Level = "high" | "normal" | "low";
 * const options: PriorityJobQueueOptions<Level> = {
 *   rank: { high: 0, normal: 1, low: 2 },
 *   defaultPriority: "normal",
 *   maxSize: 1_000,
 * };
 * const queue = new PriorityJobQueue<string, Level>(options);
 * strictEqual(queue.enqueue("job").unwrap().priority, "normal");
 * ```
 */
export type PriorityJobQueueOptions<TPriority> =
  & JobQueueLimits
  & ([0, TPriority] extends [TPriority, number] ? {
      /** What orders the priorities. Default: they themselves. */
      readonly rank?: Ranking<TPriority>;
      /**
       * The priority of a job that is given none.
       *
       * @default {0}
       */
      readonly defaultPriority?: TPriority;
    }
    : {
      /** What orders the priorities. */
      readonly rank: Ranking<TPriority>;
      /** The priority of a job that is given none. */
      readonly defaultPriority: TPriority;
    });

/**
 * A job of a {@linkcode PriorityJobQueue}.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TPriority The type of the priorities.
 * @typeParam TOutput What it comes to.
 *
 * @example Sooner than planned
 * ```ts
 * import {
 *   type PriorityJob,
 *   PriorityJobQueue,
 * } from "@groundwork/infra/job-queue";
 * import { strictEqual } from "node:assert/strict";
 *
 * const queue = new PriorityJobQueue<string>();
 * queue.enqueue("first").unwrap();
 * const job: PriorityJob<string> = queue.enqueue("second").unwrap();
 * queue.updatePriority(job, -1);
 * strictEqual(job.priority, -1);
 * strictEqual(queue.peek(), job);
 * ```
 */
export interface PriorityJob<TJob, TPriority = number, TOutput = unknown>
  extends Job<TJob, TOutput> {
  /** Its priority. */
  readonly priority: TPriority;
}

/** What few jobs have; it is kept apart, since a record is made for each. */
interface Extras<TRecord> {
  /** How many jobs of the same id were taken for this one. */
  duplicates: number;
  /** When it became ready, in monotonic ms; where jobs age. */
  readyAt: number;
  /** Its handle among those to drop. */
  dropHandle: HeapHandle<TRecord> | undefined;
  /** Ends the watch over the caller's signal. */
  unwatch: (() => void) | undefined;
}

/** A job, with what only its queue may change. */
class JobRecord<TJob, TPriority, TOutput>
  implements PriorityJob<TJob, TPriority, TOutput> {
  declare readonly queue: PriorityJobQueue<TJob, TPriority, TOutput>;
  declare readonly sequence: number;
  declare readonly id: string | undefined;
  declare readonly payload: TJob;
  declare priority: TPriority;
  declare rank: number;
  declare status: TaskStatus;
  declare attempts: number;
  /** Where it waits: among the ready while pending, else among the delayed. */
  declare handle: HeapHandle<this> | undefined;
  declare run: JobRun | undefined;
  declare extras: Extras<this> | undefined;
  declare outcome: Result<TOutput, TaskFailure> | undefined;
  declare promise: Promise<Result<TOutput, TaskFailure>> | undefined;
  declare resolve:
    | ((outcome: Result<TOutput, TaskFailure>) => void)
    | undefined;

  constructor(
    queue: PriorityJobQueue<TJob, TPriority, TOutput>,
    sequence: number,
    payload: TJob,
    id: string | undefined,
    priority: TPriority,
    rank: number,
  ) {
    this.queue = queue;
    this.sequence = sequence;
    this.id = id;
    this.payload = payload;
    this.priority = priority;
    this.rank = rank;
    this.status = TaskStatus.PENDING;
    this.attempts = 0;
    this.handle = undefined;
    this.run = undefined;
    this.extras = undefined;
    this.outcome = undefined;
    this.promise = undefined;
    this.resolve = undefined;
  }

  get duplicates(): number {
    return this.extras?.duplicates ?? 0;
  }

  get result(): Promise<Result<TOutput, TaskFailure>> {
    return this.promise ??= this.outcome === undefined
      ? new Promise((resolve) => this.resolve = resolve)
      : Promise.resolve(this.outcome);
  }

  /** Makes room for what few jobs have. */
  extend(): Extras<this> {
    return this.extras ??= {
      duplicates: 0,
      readyAt: 0,
      dropHandle: undefined,
      unwatch: undefined,
    };
  }

  cancel(reason?: unknown): boolean {
    return this.queue.cancel(this, reason);
  }
}

const WhenFull = { REJECT: "reject", DROP_LOWEST: "drop-lowest" } as const;

/** What becomes of a job that waits for room. */
type Put<TJob, TPriority, TOutput> = Result<
  PriorityJob<TJob, TPriority, TOutput>,
  PutError
>;

/** A job that waits for room. */
interface Putter<TRecord> {
  readonly record: TRecord;
  readonly delayMs: number;
  readonly signal: AbortSignal | undefined;
}

/** V8 inlines construction through a constant better than through a class. */
const NewRecord = JobRecord;

/**
 * Keeps jobs in order of their priority.
 *
 * The order: the lower rank first; among equals the one that became ready first.
 * A delayed job becomes ready when its time comes, and so does one that is
 * retried. With aging, the order is by `readyAt + rank × agingMsPerLevel`.
 *
 * Costs: adding and taking a job are those of a `PriorityHeap`, constant for
 * jobs of a few priorities. There are no timers: `dequeue`, `peek` and `enqueue`
 * look at the clock when there are delayed jobs.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TPriority The type of the priorities: numbers, or anything with a
 * ranking.
 * @typeParam TOutput What a job comes to.
 *
 * @example Numbers, delays, ids
 * ```ts
 * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock();
 * const queue = new PriorityJobQueue<string>({ clock });
 * queue.enqueue("later", { priority: -1, delayMs: 1_000 }).unwrap();
 * const first = queue.enqueue("report", { id: "report-7" }).unwrap();
 * const again = queue.enqueue("report", { id: "report-7" }).unwrap();
 * strictEqual(again, first);
 * strictEqual(first.duplicates, 1);
 *
 * strictEqual(queue.peek()?.payload, "report");
 * clock.advance(1_000);
 * strictEqual(queue.peek()?.payload, "later");
 * ```
 */
export class PriorityJobQueue<TJob, TPriority = number, TOutput = unknown>
  implements JobQueue<TJob, TOutput> {
  readonly #rankOf: (priority: TPriority) => number;
  readonly #defaultPriority: TPriority;
  readonly #maxSize: number;
  readonly #agingMsPerLevel: number;
  readonly #clock: Clock;
  /** By their key: the rank, or with aging the time. */
  readonly #ready: PriorityHeap<JobRecord<TJob, TPriority, TOutput>> =
    new PriorityHeap();
  /** By the monotonic time at which they become ready. */
  readonly #delayed: PriorityHeap<JobRecord<TJob, TPriority, TOutput>> =
    new PriorityHeap();
  /** All that wait, the least urgent first; where jobs may be dropped. */
  readonly #droppable:
    | PriorityHeap<JobRecord<TJob, TPriority, TOutput>>
    | undefined;
  /** The unfinished jobs that were given an id. */
  readonly #byId: Map<string, JobRecord<TJob, TPriority, TOutput>> = new Map();
  /** Those that wait for room; there are some only while there is none. */
  readonly #putters: WaitingLine<Put<TJob, TPriority, TOutput>>;
  #consumer: JobConsumer | undefined;
  #lastSequence = 0;
  #isSealed = false;
  #closed: StopError | undefined;

  /**
   * Makes an empty queue.
   *
   * @param args Its options, which may be left out where priorities are
   * numbers, and 0 is one: ranking, bound, aging, time.
   * @throws {ValidationError} `maxSize` is not a whole number of 1 or more,
   * `agingMsPerLevel` not a number from 0 to `Number.MAX_SAFE_INTEGER`, `onFull`
   * is unknown, a rank of the table or the default priority's is not a finite
   * number.
   */
  constructor(
    ...args: [0, TPriority] extends [TPriority, number]
      ? [options?: PriorityJobQueueOptions<TPriority>]
      : [options: PriorityJobQueueOptions<TPriority>]
  ) {
    const options = (args[0] ?? {}) as JobQueueLimits & {
      readonly rank?: Ranking<TPriority>;
      readonly defaultPriority?: TPriority;
    };
    const {
      maxSize = 100_000,
      agingMsPerLevel = 0,
      onFull = WhenFull.REJECT,
      defaultPriority = 0 as TPriority,
    } = options;
    this.#maxSize = requireWhole("maxSize", maxSize);
    this.#agingMsPerLevel = requireOption(
      validateRange("agingMsPerLevel", agingMsPerLevel, {
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
      }),
      agingMsPerLevel,
    );
    requireOption(parseStatus(WhenFull, onFull, "onFull"), onFull);
    this.#droppable = onFull === WhenFull.DROP_LOWEST
      ? new PriorityHeap()
      : undefined;
    this.#clock = options.clock ?? systemClock;
    this.#putters = new WaitingLine<Put<TJob, TPriority, TOutput>>(
      this.#clock,
      {
        timedOut: () => new Err(cancelledError(undefined)), // Nobody sets a time.
        aborted: (reason) => new Err(cancelledError(reason)),
      },
    );
    this.#rankOf = toRanker(options.rank);
    if (typeof options.rank === "object") {
      for (const priority of Reflect.ownKeys(options.rank)) {
        this.#rank("rank", priority as TPriority);
      }
    }
    this.#defaultPriority = defaultPriority;
    this.#rank("defaultPriority", defaultPriority);
  }

  /** How many jobs wait: for their turn, their time or their next attempt. */
  get size(): number {
    return this.#ready.size + this.#delayed.size;
  }

  /** How many of them are ready. */
  get ready(): number {
    this.#promote();
    return this.#ready.size;
  }

  /**
   * Adds a job.
   *
   * @param payload What is to be done.
   * @param options Its priority, delay, id and signal.
   * @returns The job, or the unfinished one of the same id, whose priority, delay
   * and signal stay as they are; or an error with the code `TASK_QUEUE_FULL` or
   * `TASK_QUEUE_CLOSED`. Where the signal has aborted already, the job is
   * cancelled.
   * @throws {ValidationError} The priority has no finite rank, or `delayMs` is
   * not a number of 0 or more.
   *
   * @example At the bound
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>({ maxSize: 1 });
   * strictEqual(queue.enqueue("one").ok, true);
   * strictEqual(queue.enqueue("two").unwrapErr().code, "TASK_QUEUE_FULL");
   * ```
   */
  enqueue(
    payload: TJob,
    options?: PriorityJobOptions<TPriority>,
  ): Result<PriorityJob<TJob, TPriority, TOutput>, EnqueueError> {
    if (this.#isSealed) return new Err(new TaskError("TASK_QUEUE_CLOSED"));
    const known = this.#duplicateOf(options?.id);
    if (known !== undefined) return new Ok(known);
    const record = this.#toRecord(payload, options);
    const signal = options?.signal;
    if (signal?.aborted) {
      this.#end(record, new Err(cancelledError(signal.reason)));
    } else if (!this.#tryAdmit(record, options?.delayMs ?? 0, signal)) {
      return new Err(new TaskError("TASK_QUEUE_FULL"));
    }
    return new Ok(record);
  }

  /**
   * Adds a job as soon as there is room. Those that wait for room get it in the
   * order of their coming, and before any `enqueue`. How many may wait for it is
   * not limited: whoever waits adds no more.
   *
   * @param payload What is to be done.
   * @param options Its priority, delay, id and signal; the signal ends the wait
   * for room as well.
   * @returns A promise of the job, or of the unfinished one of the same id; or of
   * an error with the code `TASK_CANCELLED` or `TASK_QUEUE_CLOSED`.
   * @throws {ValidationError} As {@linkcode PriorityJobQueue.enqueue} does, by
   * rejecting.
   *
   * @example Back-pressure
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>({ maxSize: 1 });
   * queue.enqueue("one").unwrap();
   * const added = queue.put("two"); // Waits.
   * strictEqual(queue.dequeue()?.payload, "one");
   * strictEqual((await added).unwrap(), queue.dequeue());
   * ```
   */
  async put(
    payload: TJob,
    options?: PriorityJobOptions<TPriority>,
  ): Promise<Result<PriorityJob<TJob, TPriority, TOutput>, PutError>> {
    const signal = options?.signal;
    if (signal?.aborted) return new Err(cancelledError(signal.reason));
    if (this.#isSealed) return new Err(new TaskError("TASK_QUEUE_CLOSED"));
    const known = this.#duplicateOf(options?.id);
    if (known !== undefined) return new Ok(known);
    const record = this.#toRecord(payload, options);
    const delayMs = options?.delayMs ?? 0;
    if (this.#tryAdmit(record, delayMs, signal)) return new Ok(record);
    const putter = { record, delayMs, signal };
    return await this.#putters.join(0, Infinity, putter, signal);
  }

  #duplicateOf(
    id: string | undefined,
  ): JobRecord<TJob, TPriority, TOutput> | undefined {
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known !== undefined) known.extend().duplicates++;
    return known;
  }

  #toRecord(
    payload: TJob,
    options: PriorityJobOptions<TPriority> | undefined,
  ): JobRecord<TJob, TPriority, TOutput> {
    const { priority = this.#defaultPriority, delayMs = 0, id } = options ?? {};
    const rank = this.#rank("priority", priority);
    if (delayMs !== 0) {
      requireDuration("delayMs", delayMs);
    }
    return new NewRecord(
      this,
      ++this.#lastSequence,
      payload,
      id,
      priority,
      rank,
    );
  }

  #rank(name: string, priority: TPriority): number {
    const rank = this.#rankOf(priority);
    if (Number.isFinite(rank)) return rank;
    throw new ValidationError("VALIDATION_INVALID_OPTION", {
      field: name,
      reason: Expectations.RANK,
      received: String(priority),
    });
  }

  /** Lets a job in, if there is room or a less urgent one to drop for it. */
  #tryAdmit(
    record: JobRecord<TJob, TPriority, TOutput>,
    delayMs: number,
    signal: AbortSignal | undefined,
  ): boolean {
    const isFull = this.size >= this.#maxSize;
    const lowest = isFull ? this.#droppable?.peek() : undefined;
    const canDrop = lowest !== undefined && lowest.rank > record.rank;
    if (isFull && !canDrop) return false;
    this.#admit(record, delayMs, signal);
    if (canDrop) {
      this.#withdraw(lowest);
      const reason = new TaskError("TASK_QUEUE_FULL");
      this.#end(lowest, new Err(cancelledError(reason)));
    }
    return true;
  }

  #admit(
    record: JobRecord<TJob, TPriority, TOutput>,
    delayMs: number,
    signal: AbortSignal | undefined,
  ): void {
    if (record.id !== undefined) this.#byId.set(record.id, record);
    this.#wait(record, delayMs, TaskStatus.SCHEDULED);
    if (signal === undefined) return;
    const onAbort = (): void => void this.cancel(record, signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    record.extend().unwatch = () =>
      signal.removeEventListener("abort", onAbort);
  }

  /** Lets those in that wait for room, as far as there is some. */
  #admitPutters(): void {
    while (this.#putters.size > 0 && this.size < this.#maxSize) {
      const waiter = this.#putters.next()!;
      const { record, delayMs, signal } = waiter.note as Putter<
        JobRecord<TJob, TPriority, TOutput>
      >;
      if (signal?.aborted) { // Its listener comes after that of who made room.
        waiter.settle(new Err(cancelledError(signal.reason)));
        continue;
      }
      const known = this.#duplicateOf(record.id);
      if (known === undefined) this.#admit(record, delayMs, signal);
      waiter.settle(new Ok(known ?? record));
    }
  }

  /** Puts a job where it waits. */
  #wait(
    record: JobRecord<TJob, TPriority, TOutput>,
    delayMs: number,
    statusOfDelayed: TaskStatus,
  ): void {
    if (delayMs > 0) {
      const dueAt = this.#clock.monotonic() + delayMs;
      record.status = statusOfDelayed;
      record.handle = this.#delayed.insert(record, dueAt);
    } else {
      this.#promote(); // What became ready before goes before.
      this.#makeReady(record, undefined);
    }
    if (this.#droppable !== undefined) {
      record.extend().dropHandle = this.#droppable.insert(record, -record.rank);
    }
    this.#consumer?.wake();
  }

  /** Lets a job take its turn from now on, or as of an earlier time. */
  #makeReady(
    record: JobRecord<TJob, TPriority, TOutput>,
    readyAt: number | undefined,
  ): void {
    if (this.#agingMsPerLevel > 0) {
      record.extend().readyAt = readyAt ?? this.#clock.monotonic();
    }
    record.status = TaskStatus.PENDING;
    record.handle = this.#ready.insert(record, this.#keyOf(record));
  }

  #keyOf({ rank, extras }: JobRecord<TJob, TPriority, TOutput>): number {
    return this.#agingMsPerLevel === 0
      ? rank
      : extras!.readyAt + rank * this.#agingMsPerLevel;
  }

  /** Makes those ready whose time has come, each as of its time. */
  #promote(): void {
    if (this.#delayed.size === 0) return;
    const now = this.#clock.monotonic();
    for (
      let dueAt;
      (dueAt = this.#delayed.peekPriority() ?? Infinity) <= now;
    ) {
      this.#makeReady(this.#delayed.pop()!, dueAt);
    }
  }

  /**
   * Takes the first job that is ready. It is `running` from then on, until you
   * settle it; where you gave neither id nor signal and nobody waits for the
   * result, you need not.
   *
   * @returns The job; `undefined` where none is ready.
   *
   * @example In order
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * queue.enqueue("b", { priority: 1 });
   * queue.enqueue("a", { priority: 0 });
   * queue.enqueue("c", { priority: 1 });
   * const order = [queue.dequeue(), queue.dequeue(), queue.dequeue()];
   * strictEqual(order.map((job) => job?.payload).join(), "a,b,c");
   * ```
   */
  dequeue(): PriorityJob<TJob, TPriority, TOutput> | undefined {
    this.#promote();
    const record = this.#ready.pop();
    if (record === undefined) return undefined;
    this.#leave(record);
    record.status = TaskStatus.RUNNING;
    record.attempts++;
    if (this.#putters.size > 0) this.#admitPutters();
    return record;
  }

  /**
   * Looks at the first job that is ready.
   *
   * @returns The job; `undefined` where none is ready.
   *
   * @example Look before you take
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const job = queue.enqueue("only").unwrap();
   * strictEqual(queue.peek(), job);
   * strictEqual(queue.size, 1);
   * ```
   */
  peek(): PriorityJob<TJob, TPriority, TOutput> | undefined {
    this.#promote();
    return this.#ready.peek();
  }

  /**
   * An unfinished job by its id.
   *
   * @param id The id it was given.
   * @returns The job; `undefined` where there is none.
   *
   * @example What became of my report?
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * queue.enqueue("draw", { id: "report-7" }).unwrap();
   * strictEqual(queue.get("report-7")?.status, "pending");
   * strictEqual(queue.get("report-8"), undefined);
   * ```
   */
  get(id: string): PriorityJob<TJob, TPriority, TOutput> | undefined {
    return this.#byId.get(id);
  }

  /**
   * How long it is until a job is ready.
   *
   * @returns 0 where one is, `undefined` where none waits, else ms.
   *
   * @example Sleep until then
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>({ clock: new ManualClock() });
   * strictEqual(queue.msUntilReady(), undefined);
   * queue.enqueue("tea", { delayMs: 240_000 });
   * strictEqual(queue.msUntilReady(), 240_000);
   * ```
   */
  msUntilReady(): number | undefined {
    if (this.#ready.size > 0) return 0;
    const dueAt = this.#delayed.peekPriority();
    if (dueAt === undefined) return undefined;
    return Math.max(0, dueAt - this.#clock.monotonic());
  }

  /**
   * Gives a job another priority. One that is ready goes behind those that have
   * the same rank, unless its rank stays as it was; for one that waits or runs,
   * it counts from its next turn on.
   *
   * @param job The job.
   * @param priority The new priority.
   * @returns Whether it was an unfinished job of this queue.
   * @throws {ValidationError} The priority has no finite rank.
   *
   * @example Sooner
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * queue.enqueue("a");
   * const b = queue.enqueue("b").unwrap();
   * queue.updatePriority(b, -1);
   * strictEqual(queue.dequeue(), b);
   * ```
   */
  updatePriority(
    job: Job<TJob, TOutput>,
    priority: TPriority,
  ): boolean {
    const rank = this.#rank("priority", priority);
    if (!this.#isUnfinished(job)) return false;
    const hasMoved = rank !== job.rank;
    job.priority = priority;
    job.rank = rank;
    if (!hasMoved) return true;
    this.#promote(); // What became ready before goes before.
    if (job.status === TaskStatus.PENDING) {
      job.handle = this.#ready.update(job.handle!, this.#keyOf(job));
    }
    const { extras } = job;
    if (extras?.dropHandle !== undefined) {
      extras.dropHandle = this.#droppable!.update(extras.dropHandle, -rank);
    }
    return true;
  }

  /**
   * Calls a job off. One that waits ends at once; the run of one that runs is
   * told to stop.
   *
   * @param job The job.
   * @param reason Why; the cause of the error it ends with.
   * @returns Whether it was an unfinished job of this queue, and there was
   * somebody to tell.
   *
   * @example Not any more
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const job = queue.enqueue("newsletter").unwrap();
   * strictEqual(queue.cancel(job, "unsubscribed"), true);
   * strictEqual(queue.cancel(job), false);
   * strictEqual(queue.size, 0);
   * ```
   */
  cancel(job: Job<TJob, TOutput>, reason?: unknown): boolean {
    if (!this.#isUnfinished(job)) return false;
    if (job.handle === undefined) {
      const { run } = job; // It may end within the call.
      run?.stop(cancelledError(reason));
      return run !== undefined;
    }
    this.#withdraw(job);
    this.#end(job, new Err(cancelledError(reason)));
    this.#admitPutters();
    return true;
  }

  /**
   * Says how to stop a job that was taken. For runners.
   *
   * @param job The job.
   * @param run What tells its work to stop.
   * @throws {ValidationError} The job is not a running one of this queue.
   *
   * @example A runner of your own
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * queue.enqueue("long").unwrap();
   * const job = queue.dequeue()!;
   * let told = "";
   * queue.attend(job, { stop: (error) => told = error.code });
   * job.cancel();
   * strictEqual(told, "TASK_CANCELLED");
   * ```
   */
  attend(job: Job<TJob, TOutput>, run: JobRun): void {
    this.#requireRunning(job).run = run;
  }

  /**
   * Puts a job that was taken back, for its next attempt: behind those of its
   * rank that are ready then. A closed queue ends it as cancelled. For runners.
   *
   * @param job The job.
   * @param delayMs How long it waits, in ms.
   * @throws {ValidationError} The job is not a running one of this queue, or
   * `delayMs` is not a number of 0 or more.
   *
   * @example Once more
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const queue = new PriorityJobQueue<string>({ clock });
   * queue.enqueue("shaky").unwrap();
   * const job = queue.dequeue()!;
   * queue.retry(job, 100);
   * strictEqual(job.status, "retrying");
   * clock.advance(100);
   * strictEqual(queue.dequeue()?.attempts, 2);
   * ```
   */
  retry(job: Job<TJob, TOutput>, delayMs: number): void {
    requireDuration("delayMs", delayMs);
    const record = this.#requireRunning(job);
    record.run = undefined;
    if (this.#closed !== undefined) {
      this.#end(record, new Err(this.#closed));
    } else {
      this.#wait(record, delayMs, TaskStatus.RETRYING);
    }
  }

  /**
   * Ends a job that was taken. For runners.
   *
   * @param job The job.
   * @param result What has become of it.
   * @throws {ValidationError} The job is not a running one of this queue.
   *
   * @example By hand
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { ok } from "@groundwork/infra/result";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<number, number, number>();
   * const job = queue.enqueue(20).unwrap();
   * queue.dequeue();
   * queue.settle(job, ok(21));
   * strictEqual(job.status, "completed");
   * ```
   */
  settle(
    job: Job<TJob, TOutput>,
    result: Result<TOutput, TaskFailure>,
  ): void {
    this.#end(this.#requireRunning(job), result);
  }

  /**
   * Makes somebody the one who hears of new jobs. For runners.
   *
   * @param consumer Who.
   * @returns A function that ends it.
   * @throws {ValidationError} There is one already.
   *
   * @example Hear of each
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * let calls = 0;
   * const unsubscribe = queue.subscribe({ wake: () => calls++ });
   * queue.enqueue("job");
   * unsubscribe();
   * queue.enqueue("job");
   * strictEqual(calls, 1);
   * ```
   */
  subscribe(consumer: JobConsumer): () => void {
    if (this.#consumer !== undefined) {
      throw new ValidationError("VALIDATION_INVALID_OPTION", {
        field: "consumer",
        reason: Expectations.ONE_CONSUMER,
        received: "another",
      });
    }
    this.#consumer = consumer;
    return () => {
      if (this.#consumer === consumer) this.#consumer = undefined;
    };
  }

  /**
   * Refuses jobs from now on; those that are there go on. Whoever waits for room
   * is refused.
   *
   * @example The last orders
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * queue.enqueue("last").unwrap();
   * queue.seal();
   * strictEqual(queue.enqueue("late").unwrapErr().code, "TASK_QUEUE_CLOSED");
   * strictEqual(queue.dequeue()?.payload, "last");
   * ```
   */
  seal(): void {
    this.#isSealed = true;
    while (this.#putters.size > 0) {
      this.#putters.next()!.settle(new Err(new TaskError("TASK_QUEUE_CLOSED")));
    }
  }

  /**
   * Refuses jobs from now on, and calls off those that wait. One that runs goes
   * on, and is not retried.
   *
   * @param reason Why; the cause of the errors they end with.
   *
   * @example Nothing is left pending
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const job = queue.enqueue("never done").unwrap();
   * queue.close("shutting down");
   * const result = await job.result;
   * strictEqual(result.unwrapErr().cause, "shutting down");
   * ```
   */
  close(reason?: unknown): void {
    this.seal();
    this.#closed ??= cancelledError(reason);
    for (const heap of [this.#ready, this.#delayed]) {
      for (const record of heap.drain()) {
        this.#leave(record);
        this.#end(record, new Err(this.#closed));
      }
    }
    this.#consumer?.wake();
  }

  /** The same as {@linkcode PriorityJobQueue.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #isUnfinished(
    job: Job<TJob, TOutput>,
  ): job is JobRecord<TJob, TPriority, TOutput> {
    return job instanceof JobRecord && job.queue === this &&
      job.outcome === undefined;
  }

  #requireRunning(
    job: Job<TJob, TOutput>,
  ): JobRecord<TJob, TPriority, TOutput> {
    if (this.#isUnfinished(job) && job.status === TaskStatus.RUNNING) {
      return job;
    }
    throw new ValidationError("VALIDATION_INVALID_OPTION", {
      field: "job",
      reason: Expectations.RUNNING_JOB,
      received: String(job?.status),
    });
  }

  /** Takes a job out of where it waits. */
  #withdraw(record: JobRecord<TJob, TPriority, TOutput>): void {
    const isReady = record.status === TaskStatus.PENDING;
    (isReady ? this.#ready : this.#delayed).delete(record.handle!);
    this.#leave(record);
    this.#consumer?.wake();
  }

  /** Notes that a job waits no more. */
  #leave(record: JobRecord<TJob, TPriority, TOutput>): void {
    record.handle = undefined;
    const { extras } = record;
    if (extras?.dropHandle !== undefined) {
      this.#droppable!.delete(extras.dropHandle);
      extras.dropHandle = undefined;
    }
  }

  #end(
    record: JobRecord<TJob, TPriority, TOutput>,
    outcome: Result<TOutput, TaskFailure>,
  ): void {
    record.status = outcome.ok
      ? TaskStatus.COMPLETED
      : STATUS_OF[outcome.error.code];
    record.outcome = outcome;
    record.run = undefined;
    record.extras?.unwatch?.();
    if (record.id !== undefined) this.#byId.delete(record.id);
    record.resolve?.(outcome);
  }
}

/** The status of a job that ended with an error. */
const STATUS_OF: Readonly<Record<TaskFailure["code"], TaskStatus>> = {
  TASK_EXECUTION_FAILED: TaskStatus.FAILED,
  TASK_RETRY_EXHAUSTED: TaskStatus.FAILED,
  TASK_TIMEOUT: TaskStatus.TIMED_OUT,
  TASK_CANCELLED: TaskStatus.CANCELLED,
};

function toRanker<TPriority>(
  rank: Ranking<TPriority> | undefined,
): (priority: TPriority) => number {
  // Without a ranking, priorities are numbers.
  if (rank === undefined) return (priority) => priority as number;
  if (typeof rank === "function") return rank;
  const table = requireOption(validateType("rank", rank, "object"), rank);
  return (priority) =>
    Object.hasOwn(table, priority as PropertyKey)
      ? (table as Record<PropertyKey, unknown>)[
        priority as PropertyKey
      ] as number
      : NaN;
}
