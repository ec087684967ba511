/**
 * Does the jobs of a queue: so many at a time, with retries, time limits and an
 * orderly end.
 *
 * When to use it: to work off a `PriorityJobQueue` in the background of a
 * service.
 *
 * When not: to limit how many of some calls go on at once, without priorities,
 * retries or cancelling, for which less will do; for work that keeps a
 * processor busy, which wants a worker.
 *
 * - **Settled once.** Every job ends once: done, failed, or called off.
 * - **Bounded.** Never more than `concurrency` jobs run, and as many do as are
 *   ready. Work that was abandoned goes on by itself, and is no job any more.
 * - **Nothing is left** after `close()`: neither a job nor a timer nor a
 *   listener.
 *
 * @example Send mails, four at a time
 * ```ts
 * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { JobRunner } from "@groundwork/infra/job-runner";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const sent: string[] = [];
 * const queue = new PriorityJobQueue<string>();
 * const runner = new JobRunner(queue, (address) => void sent.push(address), {
 *   concurrency: 4,
 *   onError: (error) => console.error(error),
 * });
 * queue.enqueue("bob@example.com", { priority: 2 });
 * queue.enqueue("ada@example.com", { priority: 1 });
 * await runner.idle();
 * deepStrictEqual(sent, ["ada@example.com", "bob@example.com"]);
 * await runner.close();
 * ```
 *
 * @module
 */

import {
  asResult,
  Attempt,
  type AttemptOwner,
  type StopError,
} from "./_attempt.ts";
import {
  requireCallback,
  requireCount,
  requireDuration,
  requireFunction,
} from "./_options.ts";
import { callReporting, reportUnhandled } from "./_report.ts";
import { runSoon } from "./_soon.ts";
import {
  cancelledError,
  failedError,
  type TaskFailure,
} from "./_task_result.ts";
import { type Clock, systemClock, type TimerHandle } from "./clock.ts";
import type { Job, JobQueue } from "./job_queue.ts";
import type { Awaitable, CloseOptions } from "./protocols.ts";
import { Err, type Result } from "./result.ts";
import { type RetryOptions, RetryPolicy } from "./retry.ts";
import { TaskStatus } from "./status.ts";
import { isTask, type Task, type TaskContext } from "./task.ts";

export type { CloseOptions } from "./protocols.ts";

/**
 * What the work on a job can tell: when to stop, which attempt it is, which job.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What it comes to.
 */
export interface JobContext<TJob, TOutput = unknown> extends TaskContext {
  /** The job. */
  readonly job: Job<TJob, TOutput>;
}

/**
 * What does a job. It fails by throwing, or by returning an `Err`.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What it comes to.
 *
 * @example A worker that stops when it is told to
 * ```ts
 * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { JobRunner, type Worker } from "@groundwork/infra/job-runner";
 * import { strictEqual } from "node:assert/strict";
 *
 * const count: Worker<number, number> = async (limit, { signal, clock }) => {
 *   let n = 0;
 *   while (n < limit && !signal.aborted) {
 *     n++;
 *     await clock.sleep(0);
 *   }
 *   return n;
 * };
 * const queue = new PriorityJobQueue<number, number, number>();
 * await using runner = new JobRunner(queue, count, { onError: console.error });
 * const result = await queue.enqueue(3).unwrap().result;
 * strictEqual(result.unwrap(), 3);
 * ```
 */
export type Worker<TJob, TOutput = unknown> = (
  payload: TJob,
  context: JobContext<TJob, TOutput>,
) => Awaitable<TOutput | Result<TOutput, unknown>>;

/**
 * Options of {@linkcode JobRunner}.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What a job comes to.
 */
export interface JobRunnerOptions<TJob, TOutput = unknown> {
  /**
   * How many jobs go on at a time.
   *
   * @default {1}
   */
  readonly concurrency?: number;
  /** Which jobs are tried again, and when. Default: none. */
  readonly retry?: RetryOptions;
  /**
   * How long an attempt may take, in ms.
   *
   * @default {Infinity}
   */
  readonly attemptTimeoutMs?: number;
  /**
   * How long work that was told to stop gets for it, in ms. Then it is left to
   * itself, its job ends, and its place goes to the next.
   *
   * @default {1_000}
   */
  readonly abandonAfterMs?: number;
  /**
   * Called for each job that failed or was not done in time. What it throws
   * becomes an unhandled rejection.
   */
  readonly onError: (error: TaskFailure, job: Job<TJob, TOutput>) => void;
  /**
   * Called after each attempt, for logs and metrics. The clock is only read for
   * it, since that may take as long as all else for a job. What it throws
   * becomes an unhandled rejection.
   */
  readonly onAttempt?: (event: JobAttemptEvent<TJob, TOutput>) => void;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * An attempt at a job that has ended.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What it comes to.
 *
 * @example How long each attempt took
 * ```ts
 * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { type JobAttemptEvent, JobRunner } from "@groundwork/infra/job-runner";
 * import { strictEqual } from "node:assert/strict";
 *
 * const log: string[] = [];
 * function onAttempt({ attempt, outcome }: JobAttemptEvent<string>) {
 *   log.push(`attempt ${attempt}: ${outcome.ok ? "done" : "failed"}`);
 * }
 * const queue = new PriorityJobQueue<string>();
 * const runner = new JobRunner(queue, () => {}, {
 *   onAttempt,
 *   onError: console.error,
 * });
 * queue.enqueue("job");
 * await runner.idle();
 * strictEqual(log.join(), "attempt 1: done");
 * await runner.close();
 * ```
 */
export interface JobAttemptEvent<TJob, TOutput = unknown> {
  /** The job, as it is after the attempt. */
  readonly job: Job<TJob, TOutput>;
  /** Which attempt it was, from 1. */
  readonly attempt: number;
  /** When it began, in ms since the epoch. */
  readonly startedAt: number;
  /** How long it took, in ms; no change of the date matters. */
  readonly durationMs: number;
  /** What it came to. */
  readonly outcome: Result<TOutput, unknown>;
  /** How long it is to the next attempt, in ms; `undefined` where none comes. */
  readonly retryDelayMs: number | undefined;
}

/** A job that runs. */
class JobAttempt<TJob, TOutput> extends Attempt
  implements JobContext<TJob, TOutput> {
  readonly job: Job<TJob, TOutput>;
  /** Whether somebody called it off, be it after its work has ended. */
  cancelled: StopError | undefined = undefined;

  constructor(job: Job<TJob, TOutput>, clock: Clock, lane: AttemptOwner) {
    super(job.attempts, clock, lane);
    this.job = job;
  }

  override stop(error: StopError): void {
    if (error.code === "TASK_CANCELLED") this.cancelled ??= error;
    super.stop(error);
  }
}

/** Where one job is done after the other. */
interface Lane<TJob, TOutput> extends AttemptOwner {
  /** The job that runs. */
  run: JobAttempt<TJob, TOutput> | undefined;
  /** When it began, in ms since the epoch, if somebody wants to know. */
  startedAt: number;
  /** The same in monotonic time. */
  startedTick: number;
}

/** V8 inlines construction through a constant better than through a class. */
const RunningJob = JobAttempt;

/**
 * Takes jobs out of a queue and has a worker do them. It begins at once, and
 * never within the call that adds a job.
 *
 * Guarantees: each job that starts is the first of those that are ready; no more
 * than `concurrency` run, and as many do as there are jobs; every job is settled
 * once; after {@linkcode JobRunner.close} nothing is pending, neither a job nor a
 * timer nor a listener.
 *
 * As any code of promises does, a worker that never waits for more than a promise
 * holds up timers and everything else until the queue is empty: one that computes
 * for long should let go now and then, as by `clock.sleep(0)`.
 *
 * Measured (`bench/job_runner_bench.ts`, jobs that do nothing, each waited for):
 * 5 to 25 times as fast as p-queue, 0.7 to 1.5 times as fast as fastq, which has
 * neither priorities nor a handle to a job.
 *
 * @typeParam TJob What is to be done.
 * @typeParam TOutput What it comes to.
 *
 * @example Retries, and a job that is called off
 * ```ts
 * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
 * import { JobRunner } from "@groundwork/infra/job-runner";
 * import { strictEqual } from "node:assert/strict";
 *
 * const queue = new PriorityJobQueue<string, number, string>();
 * const runner = new JobRunner(queue, (name, { attempt }) => {
 *   if (attempt < 2) throw new Error("busy");
 *   return `${name} at attempt ${attempt}`;
 * }, { retry: { baseDelayMs: 1 }, onError: console.error });
 *
 * const done = queue.enqueue("report").unwrap();
 * const off = queue.enqueue("newsletter").unwrap();
 * off.cancel("unsubscribed");
 * strictEqual((await done.result).unwrap(), "report at attempt 2");
 * strictEqual((await off.result).unwrapErr().code, "TASK_CANCELLED");
 * await runner.close();
 * ```
 */
export class JobRunner<TJob, TOutput = unknown> implements AsyncDisposable {
  readonly #queue: JobQueue<TJob, TOutput>;
  readonly #worker: Worker<TJob, TOutput>;
  readonly #policy: RetryPolicy | undefined;
  readonly #attemptTimeoutMs: number;
  readonly #onError: (error: TaskFailure, job: Job<TJob, TOutput>) => void;
  readonly #onAttempt: JobRunnerOptions<TJob, TOutput>["onAttempt"];
  readonly #clock: Clock;
  readonly #abandonAfterMs: number;
  readonly #unsubscribe: () => void;
  /** A lane for each job that runs. */
  readonly #lanes: Set<Lane<TJob, TOutput>> = new Set();
  readonly #pump = (): void => this.#openLanes();
  #concurrency: number;
  #isPaused = false;
  /** Whether `#pump` is about to be called. */
  #isPumping = false;
  /** Rings when the next delayed job is ready. */
  #alarm: TimerHandle | undefined;
  #idlers: PromiseWithResolvers<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Begins to work off a queue.
   *
   * @param queue The queue; it must have no other runner.
   * @param worker What does a job: a function, or a task.
   * @param options How many at a time, retries, limits, who hears of failures.
   * @throws {ValidationError} An option is not valid, or the queue has a runner.
   */
  constructor(
    queue: JobQueue<TJob, TOutput>,
    worker: Worker<TJob, TOutput> | Task<TJob, TOutput>,
    options: JobRunnerOptions<TJob, TOutput>,
  ) {
    const {
      concurrency = 1,
      attemptTimeoutMs = Infinity,
      abandonAfterMs = 1_000,
      onError,
    } = options;
    this.#concurrency = requireCount("concurrency", concurrency);
    this.#attemptTimeoutMs = requireDuration(
      "attemptTimeoutMs",
      attemptTimeoutMs,
    );
    this.#abandonAfterMs = requireDuration("abandonAfterMs", abandonAfterMs);
    requireFunction("onError", onError);
    this.#onError = onError;
    const { onAttempt } = options;
    requireCallback("onAttempt", onAttempt);
    this.#onAttempt = onAttempt;
    this.#clock = options.clock ?? systemClock;
    this.#policy = options.retry && new RetryPolicy(options.retry);
    this.#worker = toFunction(worker);
    this.#queue = queue;
    this.#unsubscribe = queue.subscribe({ wake: () => this.#wake() });
    this.#wake();
  }

  /** How many jobs run. */
  get running(): number {
    return this.#lanes.size;
  }

  /** Whether it is paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * How many jobs go on at a time; a whole number of 1 or more, or `Infinity`. A
   * lower one waits for jobs that run already.
   */
  get concurrency(): number {
    return this.#concurrency;
  }

  set concurrency(concurrency: number) {
    this.#concurrency = requireCount("concurrency", concurrency);
    this.#wake();
  }

  /**
   * Starts no more jobs; those that run go on.
   *
   * @example Wait for the other service
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { JobRunner } from "@groundwork/infra/job-runner";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const runner = new JobRunner(queue, () => {}, { onError: console.error });
   * runner.pause();
   * queue.enqueue("job");
   * await Promise.resolve();
   * strictEqual(queue.size, 1);
   * runner.resume();
   * await runner.idle();
   * strictEqual(queue.size, 0);
   * await runner.close();
   * ```
   */
  pause(): void {
    this.#isPaused = true;
  }

  /**
   * Goes on after a pause.
   *
   * @example After a pause
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { JobRunner } from "@groundwork/infra/job-runner";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const runner = new JobRunner(queue, () => {}, { onError: console.error });
   * runner.pause();
   * strictEqual(runner.isPaused, true);
   * runner.resume();
   * strictEqual(runner.isPaused, false);
   * await runner.close();
   * ```
   */
  resume(): void {
    this.#isPaused = false;
    this.#wake();
  }

  /**
   * Waits until no job waits or runs; delayed jobs and retries count as waiting.
   *
   * @returns A promise that resolves as soon as there is nothing left to do. A
   * pause holds it up. A job must not wait for it: it would wait for itself.
   *
   * @example All done
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { JobRunner } from "@groundwork/infra/job-runner";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<number>();
   * let sum = 0;
   * const runner = new JobRunner(queue, (n) => void (sum += n), {
   *   onError: console.error,
   * });
   * for (const n of [1, 2, 3]) queue.enqueue(n);
   * await runner.idle();
   * strictEqual(sum, 6);
   * await runner.close();
   * ```
   */
  idle(): Promise<void> {
    this.#idlers ??= Promise.withResolvers();
    this.#wake();
    return this.#idlers.promise;
  }

  /**
   * Takes no new jobs, and does those that are there, retries included.
   *
   * @returns A promise that resolves when all are done. A pause holds it up. A
   * job must not wait for it: it would wait for itself.
   *
   * @example The last orders
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { JobRunner } from "@groundwork/infra/job-runner";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const runner = new JobRunner(queue, () => {}, { onError: console.error });
   * const job = queue.enqueue("last").unwrap();
   * await runner.drain();
   * strictEqual(job.status, "completed");
   * strictEqual(queue.enqueue("late").ok, false);
   * await runner.close();
   * ```
   */
  drain(): Promise<void> {
    this.#queue.seal();
    return this.idle();
  }

  /**
   * Takes no new jobs, calls off those that wait, lets those that run go on for a
   * while, and then tells them to stop; none is tried again. To do those that
   * wait as well, drain first.
   *
   * @param options How long those that run may go on.
   * @returns A promise that resolves when no job is left; each call returns the
   * same, and only the first one's `drainMs` counts. A job must not wait for it:
   * it would wait for itself.
   * @throws {ValidationError} `drainMs` is not a number of 0 or more.
   *
   * @example Nothing is left pending
   * ```ts
   * import { PriorityJobQueue } from "@groundwork/infra/job-queue";
   * import { JobRunner } from "@groundwork/infra/job-runner";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityJobQueue<string>();
   * const runner = new JobRunner(
   *   queue,
   *   (_job, { signal, clock }) => clock.sleep(60_000, { signal }),
   *   { onError: console.error },
   * );
   * const job = queue.enqueue("long").unwrap();
   * await Promise.resolve(); // It starts.
   * await runner.close({ drainMs: 0 });
   * strictEqual(job.status, "cancelled");
   * ```
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { drainMs = 30_000 } = options;
    requireDuration("drainMs", drainMs);
    return this.#closing ??= this.#close(drainMs);
  }

  /** The same as {@linkcode JobRunner.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    const timer = this.#clock.setTimer(() => this.#stopRunning(), drainMs);
    this.#queue.close();
    await this.idle();
    timer.cancel();
    this.#unsubscribe();
  }

  #stopRunning(): void {
    const error = cancelledError(undefined);
    for (const { run } of this.#lanes) run?.stop(error);
  }

  /** Looks for jobs that are ready, after the code that runs now. */
  #wake(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    runSoon(this.#pump);
  }

  /** Opens as many lanes as there may be. */
  #openLanes(): void {
    this.#isPumping = false;
    while (this.#lanes.size < this.#concurrency) {
      const job = this.#takeNext();
      if (job === undefined) break;
      this.#runLane(this.#openLane(), job);
    }
    this.#tellIdlers();
  }

  #openLane(): Lane<TJob, TOutput> {
    const lane: Lane<TJob, TOutput> = {
      run: undefined,
      startedAt: 0,
      startedTick: 0,
      abandonAfterMs: this.#abandonAfterMs,
      settled: (_run, outcome) =>
        this.#settled(lane, outcome as Result<TOutput, unknown>),
    };
    this.#lanes.add(lane);
    return lane;
  }

  /** The next job, if one may start now. */
  #takeNext(): Job<TJob, TOutput> | undefined {
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (this.#isPaused || this.#lanes.size > this.#concurrency) {
      return undefined;
    }
    const job = this.#queue.dequeue();
    if (job === undefined) this.#setAlarm();
    return job;
  }

  /**
   * Does one job after the other. An asynchronous call for each job, in place
   * of a loop that waits, took 1.1 to 1.3 times as long.
   */
  async #runLane(
    lane: Lane<TJob, TOutput>,
    first: Job<TJob, TOutput>,
  ): Promise<void> {
    const worker = this.#worker; // A call of this.#worker would pass `this`.
    let job: Job<TJob, TOutput> | undefined = first;
    try {
      while (job !== undefined) {
        const run = this.#begin(lane, job);
        let outcome: Result<unknown, unknown>;
        try {
          run.limit(this.#attemptTimeoutMs);
          outcome = asResult(await worker(job.payload, run));
        } catch (error) {
          outcome = new Err(error);
        }
        if (run.isAbandoned) break; // The lane goes on elsewhere.
        run.settle(outcome);
        job = this.#takeNext();
      }
    } catch (thrown) { // By the queue: its job may have been settled by others.
      reportUnhandled(thrown);
      this.#wake();
    }
    this.#lanes.delete(lane);
    this.#tellIdlers();
  }

  #begin(
    lane: Lane<TJob, TOutput>,
    job: Job<TJob, TOutput>,
  ): JobAttempt<TJob, TOutput> {
    const run = new RunningJob(job, this.#clock, lane);
    lane.run = run;
    this.#queue.attend(job, run);
    if (this.#onAttempt !== undefined) {
      lane.startedAt = this.#clock.now();
      lane.startedTick = this.#clock.monotonic();
    }
    return run;
  }

  #tellIdlers(): void {
    if (this.#idlers === undefined) return;
    if (this.#lanes.size > 0 || this.#queue.size > 0) return;
    this.#idlers.resolve();
    this.#idlers = undefined;
  }

  #setAlarm(): void {
    const delayMs = this.#queue.msUntilReady();
    if (delayMs === undefined) return;
    this.#alarm = this.#clock.setTimer(this.#pump, delayMs);
  }

  #settled(
    lane: Lane<TJob, TOutput>,
    outcome: Result<TOutput, unknown>,
  ): void {
    const run = lane.run!;
    if (run.isAbandoned) {
      this.#lanes.delete(lane);
      this.#wake();
    }
    if (outcome.ok) {
      const policy = this.#policy;
      if (policy !== undefined) {
        callReporting(() => policy.recordSuccess(run.attempt));
      }
      this.#end(lane, outcome);
    } else if (run.cancelled !== undefined) {
      this.#end(lane, new Err(run.cancelled));
    } else {
      this.#retryOrFail(lane, outcome.error);
    }
  }

  #retryOrFail(lane: Lane<TJob, TOutput>, error: unknown): void {
    const run = lane.run!;
    const { job, attempt, stopped } = run;
    let lastError = error;
    let isExhausted = false;
    try {
      const decision = this.#policy?.decide(error, attempt);
      if (run.cancelled !== undefined) { // By a callback of the policy.
        return this.#end(lane, new Err(run.cancelled));
      }
      if (decision?.retry && this.#closing === undefined) {
        this.#queue.retry(job, decision.delayMs);
        // A queue that was closed has ended it.
        const isOver = job.status === TaskStatus.CANCELLED;
        const delayMs = isOver ? undefined : decision.delayMs;
        this.#report(lane, new Err(error), delayMs);
        return;
      }
      isExhausted = decision?.retry === false &&
        decision.reason === "exhausted";
    } catch (thrown) { // By a callback of the policy.
      lastError = thrown;
    }
    const failure = stopped !== undefined && lastError === stopped
      ? stopped
      : failedError(lastError, attempt - 1, isExhausted);
    this.#end(lane, new Err(failure));
    callReporting(() => this.#onError(failure, job));
  }

  #end(
    lane: Lane<TJob, TOutput>,
    outcome: Result<TOutput, TaskFailure>,
  ): void {
    this.#queue.settle(lane.run!.job, outcome);
    this.#report(lane, outcome, undefined);
  }

  #report(
    { run, startedAt, startedTick }: Lane<TJob, TOutput>,
    outcome: Result<TOutput, unknown>,
    retryDelayMs: number | undefined,
  ): void {
    const onAttempt = this.#onAttempt;
    if (onAttempt === undefined) return;
    const { job, attempt } = run!;
    const durationMs = this.#clock.monotonic() - startedTick;
    callReporting(() =>
      onAttempt({
        job,
        attempt,
        startedAt,
        durationMs,
        outcome,
        retryDelayMs,
      })
    );
  }
}

function toFunction<TJob, TOutput>(
  worker: Worker<TJob, TOutput> | Task<TJob, TOutput>,
): Worker<TJob, TOutput> {
  if (isTask(worker)) {
    return (worker as Task<TJob, TOutput>).run.bind(worker) as Worker<
      TJob,
      TOutput
    >;
  }
  requireFunction("worker", worker);
  return worker;
}
