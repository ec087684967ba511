/**
 * Runs tasks later, once or again and again: after a delay, at a date, in an
 * interval, or by a cron expression. However many tasks wait, there is one
 * timer.
 *
 * When to use it: for the clockwork of one process.
 *
 * When not: for what must survive the process, or be done once by many: that
 * belongs into a queue that is stored.
 *
 * - **Two times.** Delays and intervals follow the monotonic clock: a change of
 *   the machine's date does not touch them. Dates and cron expressions follow
 *   the clock on the wall. While such a task waits, the scheduler looks at that
 *   clock at least once a minute, so that it follows within a minute when
 *   somebody sets it, or when the machine slept.
 * - **Never early, never twice, never a crowd.** A task does not overlap
 *   itself, unless a run was abandoned: the times that come while it runs are
 *   passed over and counted.
 *   Times that went by while nothing could run, because the machine slept or
 *   its date was set forward, are made up for by one run.
 * - **A clock that is set back.** A date is waited for, however long it takes.
 *   A cron expression does not run again what has run, as cronie does not,
 *   unless that would hold it up for three hours, or for as long as the job's
 *   own interval: from there on it starts over with the time that is.
 * - **Nothing is swallowed.** Each failed run goes to `onError`. It does not
 *   end a recurring task.
 *
 * @see {@link https://man7.org/linux/man-pages/man8/cron.8.html} cronie,
 * cron(8), "Daylight Saving Time and other time changes"
 *
 * @example Once, in an interval, and by the calendar
 * ```ts
 * import { CronSchedule } from "@groundwork/infra/cron";
 * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock({ now: Date.UTC(2030, 0, 1, 23, 59) });
 * const scheduler = new TaskScheduler({ clock, onError: console.error });
 * const ran: string[] = [];
 * const midnight = CronSchedule.parse("@midnight").unwrap();
 *
 * scheduler.after(5_000, () => ran.push("mail")).unwrap();
 * scheduler.every(20_000, () => ran.push("sweep")).unwrap();
 * scheduler.cron(midnight, () => ran.push("report")).unwrap();
 *
 * await clock.advanceAsync(60_000);
 * deepStrictEqual(ran, ["mail", "sweep", "sweep", "sweep", "report"]);
 * await scheduler.close();
 * ```
 *
 * @module
 */

import {
  requireCount,
  requireDuration,
  requireFunction,
  requireWhole,
} from "./_options.ts";
import { callReporting } from "./_report.ts";
import { cancelledError, stopped } from "./_task_result.ts";
import { type Clock, systemClock, type TimerHandle } from "./clock.ts";
import type { CronSchedule } from "./cron.ts";
import { type ErrorOf, TaskError } from "./errors.ts";
import { type HeapHandle, PriorityHeap } from "./priority_heap.ts";
import type { Awaitable, CloseOptions } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import type { RetryFilter } from "./retry.ts";
import { parseStatus, TaskStatus } from "./status.ts";
import {
  isTask,
  RetryableTask,
  type RetryableTaskOptions,
  type Task,
  type TaskCancelled,
  type TaskContext,
  type TaskFailure,
  type TaskResult,
} from "./task.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

export type { CloseOptions } from "./protocols.ts";

/** Why a task is not scheduled. */
export type ScheduleError = ErrorOf<"TASK_QUEUE_FULL" | "TASK_QUEUE_CLOSED">;

/**
 * What can be scheduled: a task that needs no input, or a function.
 *
 * @typeParam TOutput What it comes to.
 * @typeParam TError The errors of the Results it returns.
 *
 * @example Work that ends when it is told to
 * ```ts
 * import {
 *   type ScheduledWork,
 *   TaskScheduler,
 * } from "@groundwork/infra/task-scheduler";
 * import { strictEqual } from "node:assert/strict";
 *
 * const nap: ScheduledWork<string> = async ({ clock, signal }) => {
 *   await clock.sleep(1, { signal });
 *   return "rested";
 * };
 * await using scheduler = new TaskScheduler({ onError: console.error });
 * const result = await scheduler.after(0, nap).unwrap().result;
 * strictEqual(result.status === "completed" && result.output, "rested");
 * ```
 */
export type ScheduledWork<TOutput, TError = unknown> =
  | Task<void, TOutput, TError>
  | ((context: TaskContext) => Awaitable<TOutput | Result<TOutput, TError>>);

/** Options of {@linkcode TaskScheduler}. */
export interface TaskSchedulerOptions {
  /**
   * Called for each run that failed or was not done in time, once the task has
   * been planned anew or has ended. `lastResult` of the task tells all about
   * the run. What it throws becomes an unhandled rejection.
   */
  readonly onError: (error: TaskFailure, task: ScheduledTask) => void;
  /**
   * How many tasks may wait or run; one more is refused.
   *
   * @default {10_000}
   */
  readonly maxTasks?: number;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Options of a task that runs once.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 */
export interface ScheduleOptions<TFilter extends RetryFilter = RetryFilter> {
  /** What logs call it. Default: the name of the task or function. */
  readonly name?: string;
  /** Calls it off as {@linkcode ScheduledTask.cancel} does. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How each run is tried again, and within which limits. Its clock is the
   * scheduler's, if it names none. Default: one attempt without a limit.
   */
  readonly retry?: RetryableTaskOptions<TFilter>;
  /**
   * Whether the process may exit while it waits, where the runtime can tell.
   * For housekeeping.
   *
   * @default {false}
   */
  readonly background?: boolean;
}

/**
 * Options of a task that runs again and again.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 */
export interface RecurringOptions<TFilter extends RetryFilter = RetryFilter>
  extends ScheduleOptions<TFilter> {
  /**
   * After how many runs it ends; failed ones count, retries do not.
   *
   * @default {Infinity}
   */
  readonly maxRuns?: number;
}

/**
 * Options of {@linkcode TaskScheduler.every}.
 *
 * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
 */
export interface IntervalOptions<TFilter extends RetryFilter = RetryFilter>
  extends RecurringOptions<TFilter> {
  /**
   * From where the interval counts. With `"fixed-rate"` each run is due on the
   * grid of the first, so that nothing drifts; times that come during a run are
   * passed over. With `"fixed-delay"` it counts from the end of the last run,
   * so that there is always a rest: for work that loads what it works on.
   *
   * @default {"fixed-rate"}
   */
  readonly mode?: "fixed-rate" | "fixed-delay";
  /** When the first run is due, in ms from now. Default: the interval. */
  readonly initialDelayMs?: number;
}

/**
 * A task that was scheduled.
 *
 * @typeParam TOutput What it comes to.
 * @typeParam TError The errors of the Results it returns.
 *
 * @example A reminder that is no longer needed
 * ```ts
 * import {
 *   type ScheduledTask,
 *   TaskScheduler,
 * } from "@groundwork/infra/task-scheduler";
 * import { strictEqual } from "node:assert/strict";
 *
 * await using scheduler = new TaskScheduler({ onError: console.error });
 * const reminder: ScheduledTask<string> = scheduler
 *   .after(60_000, () => "Drink something", { name: "reminder" })
 *   .unwrap();
 * strictEqual(reminder.status, "scheduled");
 * strictEqual(reminder.cancel("had a tea"), true);
 * strictEqual(reminder.status, "cancelled");
 * ```
 */
export interface ScheduledTask<TOutput = unknown, TError = unknown> {
  /** What logs call it. */
  readonly name: string;
  /**
   * `scheduled` while it waits, `running` while it runs, and the status of its
   * result when it has ended.
   */
  readonly status: TaskStatus;
  /**
   * When it runs next, in ms since the epoch, by the date that the machine has
   * now; `undefined` while it runs and when it has ended.
   */
  readonly nextRunAt: number | undefined;
  /** How many runs were begun. */
  readonly runs: number;
  /**
   * How many times of a fixed rate or a cron expression went by without a run
   * of their own, because another run or the machine's sleep took so long. Of a
   * cron expression no more than 1,000 in a row are counted.
   */
  readonly missed: number;
  /** What became of the last run. */
  readonly lastResult: TaskResult<TOutput, TError> | undefined;
  /**
   * A promise that never rejects: what became of the task in the end. That is
   * the result of its last run, or that it was cancelled.
   */
  readonly result: Promise<TaskResult<TOutput, TError>>;

  /**
   * Calls it off: it does not run any more. A run under way is told to stop,
   * and the task has ended when that has settled, or is abandoned.
   *
   * @param reason Why; the signal of the run gets it. Default: an `AbortError`.
   * @returns Whether there was still something to call off. If so, the result
   * says `cancelled`.
   */
  cancel(reason?: unknown): boolean;

  /** The same as {@linkcode ScheduledTask.cancel}, for `using`. */
  [Symbol.dispose](): void;
}

/** The last time that a Date holds; a duration may be as long. */
const LONGEST_MS = 8.64e15;

/** So long the machine's date may be set without being noticed. */
const LONGEST_SLEEP_MS = 60_000;

/** So long a clock that was set back may hold up a cron expression. */
const LONGEST_HOLD_MS = 3 * 60 * 60_000;

/** How many missed times of a cron expression are counted in a row. */
const MOST_MISSED = 1_000;

const IntervalMode = {
  FIXED_RATE: "fixed-rate",
  FIXED_DELAY: "fixed-delay",
} as const;

/** What a due time is measured by: `Clock.monotonic` or `Clock.now`. */
type TimeBase = "monotonic" | "wall";

interface Recurrence {
  readonly dueAt: number;
  readonly missed: number;
}

/**
 * The time that comes after another, for which the task has run or at which it
 * was planned, and how many it passes over; `undefined` where there is none.
 */
type NextTime = (since: number, now: number) => Recurrence | undefined;

/** When a task is due; all times are of its base. */
interface Timing {
  readonly base: TimeBase;
  /** When it was planned. */
  readonly now: number;
  /** The first time. */
  readonly dueAt: number;
  /** The other times, of a task that recurs. */
  readonly next?: NextTime;
}

/** So many ms after the end of a run. */
function fixedDelay(intervalMs: number): NextTime {
  return (_, now) => ({ dueAt: now + intervalMs, missed: 0 });
}

/** On the grid of the first run: the next that is not past. */
function fixedRate(firstAt: number, intervalMs: number): NextTime {
  return (since, now) => {
    const last = Math.round((since - firstAt) / intervalMs);
    const next = Math.max(last + 1, Math.ceil((now - firstAt) / intervalMs));
    return { dueAt: firstAt + next * intervalMs, missed: next - last - 1 };
  };
}

/** The next that is not past, unless the clock was set back too far to wait. */
function byCalendar(schedule: CronSchedule): NextTime {
  return (since, now) => {
    let dueAt = schedule.next(since);
    let missed = 0;
    const holdMs = Math.min(LONGEST_HOLD_MS, (dueAt ?? Infinity) - since);
    if (since - now >= holdMs) dueAt = schedule.next(now);
    while (dueAt !== undefined && dueAt < now) {
      dueAt = schedule.next(++missed < MOST_MISSED ? dueAt : now);
    }
    return dueAt === undefined ? undefined : { dueAt, missed };
  };
}

/** A task as the scheduler sees it. */
interface Entry extends ScheduledTask {
  /** Its number: they count up as tasks are scheduled. */
  readonly order: number;
  readonly base: TimeBase;
  readonly isBackground: boolean;
  readonly dueAt: number;
  /** Where it stands in the heap. */
  place: HeapHandle<Entry> | undefined;
  /** It is due. */
  begin(): void;
  /** The clock on the wall was set back. */
  replan(now: number): void;
  /** Calls it off if it waits; the run under way becomes the last. */
  retire(reason: unknown): void;
}

/**
 * The tasks that wait, by due time, and the one timer. There is a heap for each
 * of the two times: so no key ever changes, however the times part.
 */
class Agenda {
  readonly clock: Clock;
  readonly onError: TaskSchedulerOptions["onError"];
  /** How many tasks there have been. */
  count = 0;
  /** Those that have not ended. */
  readonly tasks: Set<Entry> = new Set();
  readonly #heaps: Readonly<Record<TimeBase, PriorityHeap<Entry>>> = {
    monotonic: new PriorityHeap(),
    wall: new PriorityHeap(),
  };
  /** How many of those that wait keep the process alive. */
  #foreground = 0;
  #timer: TimerHandle | undefined;
  /** When the timer rings, in monotonic time, and whether in the background. */
  #ringsAt = 0;
  #isBackground = false;
  /** The wall time that was read last. */
  #wallNow = -Infinity;

  constructor({ clock = systemClock, onError }: TaskSchedulerOptions) {
    this.clock = clock;
    this.onError = onError;
  }

  now(base: TimeBase): number {
    if (base === "monotonic") return this.clock.monotonic();
    const before = this.#wallNow;
    const now = this.#wallNow = this.clock.now();
    if (now < before) {
      for (const task of this.tasks) task.replan(now);
    }
    return now;
  }

  add(entry: Entry): void {
    entry.place = this.#heaps[entry.base].insert(entry, entry.dueAt);
    if (!entry.isBackground) this.#foreground++;
    this.#setTimer();
  }

  /** Takes one out that waits, if it still does. */
  remove(entry: Entry): boolean {
    const { place } = entry;
    if (place === undefined || !this.#heaps[entry.base].delete(place)) {
      return false;
    }
    if (!entry.isBackground) this.#foreground--;
    this.#setTimer();
    return true;
  }

  /**
   * Sees to it that the timer rings in time. One that rings too early may stay:
   * it costs less than to set it anew for each task that is called off.
   */
  #setTimer(): void {
    const delayMs = Math.max(0, this.#msUntilDue());
    if (delayMs === Infinity) return this.#stopTimer();
    const ringsAt = this.clock.monotonic() + delayMs;
    const isBackground = this.#foreground === 0;
    const isInTime = this.#ringsAt <= ringsAt &&
      this.#isBackground === isBackground;
    if (this.#timer !== undefined && isInTime) return;
    this.#stopTimer();
    this.#ringsAt = ringsAt;
    this.#isBackground = isBackground;
    this.#timer = this.clock.setTimer(this.#ring, delayMs, {
      background: isBackground,
    });
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #msUntilDue(): number {
    const { monotonic, wall } = this.#heaps;
    const delayMs = monotonic.size === 0
      ? Infinity
      : monotonic.peekPriority()! - this.now("monotonic");
    if (wall.size === 0) return delayMs;
    const now = this.now("wall"); // It may replan, so it comes first.
    const wallDelayMs = wall.peekPriority()! - now;
    return Math.min(delayMs, wallDelayMs, LONGEST_SLEEP_MS);
  }

  readonly #ring = (): void => {
    this.#timer = undefined;
    // All are taken before one begins: what they schedule waits for its turn.
    for (const entry of this.#takeDue()) entry.begin();
    this.#setTimer();
  };

  /** The most overdue first; of equals, the one that was scheduled first. */
  #takeDue(): readonly Entry[] {
    const due: { readonly entry: Entry; readonly lateMs: number }[] = [];
    for (const base of ["monotonic", "wall"] as const) {
      const now = this.now(base);
      const heap = this.#heaps[base];
      while (heap.size > 0 && heap.peekPriority()! <= now) {
        const entry = heap.pop()!;
        if (!entry.isBackground) this.#foreground--;
        due.push({ entry, lateMs: now - entry.dueAt });
      }
    }
    due.sort((a, b) => b.lateMs - a.lateMs || a.entry.order - b.entry.order);
    return due.map(({ entry }) => entry);
  }
}

/** A task and its life: it waits and runs by turns, until it has ended. */
class ScheduledRun<TOutput, TError>
  implements ScheduledTask<TOutput, TError>, Entry {
  readonly name: string;
  readonly order: number;
  readonly base: TimeBase;
  readonly isBackground: boolean;
  readonly result: Promise<TaskResult<TOutput, TError>>;
  place: HeapHandle<Entry> | undefined = undefined;
  readonly #agenda: Agenda;
  readonly #task: RetryableTask<void, TOutput, TError>;
  readonly #maxRuns: number;
  /** Stops the run, and remembers that the task was called off, and why. */
  readonly #controller: AbortController = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (result: TaskResult<TOutput, TError>) => void;
  #next: NextTime | undefined;
  #dueAt: number;
  /** The time before `#dueAt`: of the last run, or of the planning. */
  #since: number;
  #status: TaskStatus = TaskStatus.SCHEDULED;
  #runs = 0;
  #missed = 0;
  #lastResult: TaskResult<TOutput, TError> | undefined = undefined;

  constructor(
    agenda: Agenda,
    task: RetryableTask<void, TOutput, TError>,
    timing: Timing,
    options: Omit<RecurringOptions, "retry">,
  ) {
    const { promise, resolve } = Promise.withResolvers<
      TaskResult<TOutput, TError>
    >();
    this.name = task.name;
    this.order = agenda.count++;
    this.base = timing.base;
    this.isBackground = options.background === true;
    this.result = promise;
    this.#agenda = agenda;
    this.#task = task;
    this.#maxRuns = options.maxRuns ?? Infinity;
    this.#signal = options.signal;
    this.#resolve = resolve;
    this.#next = timing.next;
    this.#dueAt = timing.dueAt;
    this.#since = timing.now;
  }

  get status(): TaskStatus {
    return this.#status;
  }

  get dueAt(): number {
    return this.#dueAt;
  }

  get nextRunAt(): number | undefined {
    if (this.#status !== TaskStatus.SCHEDULED) return undefined;
    if (this.base === "wall") return this.#dueAt;
    const { clock } = this.#agenda;
    return clock.now() + (this.#dueAt - clock.monotonic());
  }

  get runs(): number {
    return this.#runs;
  }

  get missed(): number {
    return this.#missed;
  }

  get lastResult(): TaskResult<TOutput, TError> | undefined {
    return this.#lastResult;
  }

  /** Waits for its time, unless it was called off before. */
  start(): void {
    this.#agenda.tasks.add(this);
    if (this.#signal?.aborted) {
      this.#onAbort();
      return;
    }
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#agenda.add(this);
  }

  readonly #onAbort = (): void => {
    this.cancel(this.#signal!.reason);
  };

  cancel(reason?: unknown): boolean {
    const { signal } = this.#controller;
    const isWaiting = this.#status === TaskStatus.SCHEDULED;
    const isLive = isWaiting || this.#status === TaskStatus.RUNNING;
    if (!isLive || signal.aborted) return false;
    this.#controller.abort(reason);
    if (isWaiting) {
      this.#agenda.remove(this);
      this.#end(this.#cancelled());
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  retire(reason: unknown): void {
    if (this.#status === TaskStatus.SCHEDULED) this.cancel(reason);
    else this.#next = undefined;
  }

  begin(): void {
    // One that was due with it may have called it off.
    if (this.#status !== TaskStatus.SCHEDULED) return;
    this.#status = TaskStatus.RUNNING;
    this.#runs++;
    const { signal } = this.#controller;
    this.#task.execute(undefined, { signal }).then((result) =>
      this.#settle(result)
    );
  }

  replan(now: number): void {
    if (this.base !== "wall") return;
    const next = this.#next?.(this.#since, now);
    if (next === undefined || !this.#agenda.remove(this)) return;
    this.#dueAt = next.dueAt;
    this.#agenda.add(this);
  }

  #settle(result: TaskResult<TOutput, TError>): void {
    this.#lastResult = result;
    if (this.#controller.signal.aborted) {
      // It may have been called off just after the run had settled.
      const isTold = result.status === TaskStatus.CANCELLED;
      this.#end(isTold ? result : this.#cancelled());
    } else if (!this.#recur()) {
      this.#end(result);
    }
    const hasFailed = result.status === TaskStatus.FAILED ||
      result.status === TaskStatus.TIMED_OUT;
    if (hasFailed) {
      callReporting(() => this.#agenda.onError(result.error, this));
    }
  }

  /** Waits for its next time, if there is one. */
  #recur(): boolean {
    if (this.#next === undefined || this.#runs >= this.#maxRuns) return false;
    const next = this.#next(this.#dueAt, this.#agenda.now(this.base));
    if (next === undefined) return false;
    this.#since = this.#dueAt;
    this.#dueAt = next.dueAt;
    this.#missed += next.missed;
    this.#status = TaskStatus.SCHEDULED;
    this.#agenda.add(this);
    return true;
  }

  #cancelled(): TaskCancelled {
    const { clock } = this.#agenda;
    const startedAt = clock.now();
    const startedTick = clock.monotonic();
    return stopped(
      { clock, attempts: 0, startedAt, startedTick },
      cancelledError(this.#controller.signal.reason),
    ) as TaskCancelled;
  }

  #end(result: TaskResult<TOutput, TError>): void {
    this.#status = result.status;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#agenda.tasks.delete(this);
    this.#resolve(result);
  }
}

/**
 * Runs tasks at their time, over one timer.
 *
 * Guarantees: no task runs early, and none overlaps itself; of tasks that are
 * due at the same time, the one that was scheduled first begins first; a task
 * that is called off does not begin any more; every `result` settles; after
 * {@linkcode TaskScheduler.close} there is neither timer nor listener nor run.
 * Work that was abandoned goes on by itself, and counts as none of them.
 * Costs: O(log n) for each time a task is planned or called off.
 *
 * @example A failed run is told, and the task goes on
 * ```ts
 * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock();
 * const told: string[] = [];
 * const scheduler = new TaskScheduler({
 *   clock,
 *   onError: ({ message }, { name }) => told.push(`${name}: ${message}`),
 * });
 * const poll = scheduler.every(1_000, () => {
 *   if (clock.now() === 2_000) throw new Error("503");
 * }, { name: "poll" }).unwrap();
 *
 * await clock.advanceAsync(3_000);
 * strictEqual(poll.runs, 3);
 * deepStrictEqual(told, ["poll: The task failed: 503"]);
 * await scheduler.close();
 * ```
 */
export class TaskScheduler implements AsyncDisposable {
  readonly #agenda: Agenda;
  readonly #maxTasks: number;
  #closing: Promise<void> | undefined;

  /**
   * Makes a scheduler without tasks.
   *
   * @param options Who hears of failures, how many tasks there may be, the
   * time.
   * @throws {ValidationError} `onError` is not a function, or `maxTasks` is not
   * a whole number of 1 or more.
   */
  constructor(options: TaskSchedulerOptions) {
    const { maxTasks = 10_000, onError } = options;
    requireFunction("onError", onError);
    this.#maxTasks = requireWhole("maxTasks", maxTasks);
    this.#agenda = new Agenda(options);
  }

  /** How many tasks wait or run. */
  get size(): number {
    return this.#agenda.tasks.size;
  }

  /**
   * Runs a task once, after a delay.
   *
   * @typeParam TOutput What it comes to.
   * @typeParam TError The errors of the Results it returns.
   * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
   * @param delayMs The delay, in ms, up to 8.64e15; 0 means the next turn of
   * the event loop.
   * @param work What to run.
   * @param options Its name, its signal, its retries.
   * @returns The scheduled task; or an error with the code `TASK_QUEUE_FULL` or
   * `TASK_QUEUE_CLOSED`.
   * @throws {ValidationError} The delay is out of range, `work` is neither a
   * task nor a function, or an option of `retry` is not valid.
   *
   * @example Wait for the output
   * ```ts
   * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
   * import { strictEqual } from "node:assert/strict";
   *
   * await using scheduler = new TaskScheduler({ onError: console.error });
   * const scheduled = scheduler.after(1, () => "done").unwrap();
   * const result = await scheduled.result;
   * strictEqual(result.status === "completed" && result.output, "done");
   * ```
   */
  after<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    delayMs: number,
    work: ScheduledWork<TOutput, TError>,
    options: ScheduleOptions<TFilter> = {},
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError> {
    requireMs("delayMs", delayMs, 0);
    const now = this.#agenda.now("monotonic");
    const dueAt = now + delayMs;
    return this.#schedule(work, { base: "monotonic", now, dueAt }, options);
  }

  /**
   * Runs a task once, at a date. It follows the clock on the wall: where that
   * is set forward, the task is due sooner, where it is set back, later.
   *
   * @typeParam TOutput What it comes to.
   * @typeParam TError The errors of the Results it returns.
   * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
   * @param date The date, or its ms since the epoch; one that is past means the
   * next turn of the event loop.
   * @param work What to run.
   * @param options Its name, its signal, its retries.
   * @returns The scheduled task; or an error with the code `TASK_QUEUE_FULL` or
   * `TASK_QUEUE_CLOSED`.
   * @throws {ValidationError} The date is not valid, `work` is neither a task
   * nor a function, or an option of `retry` is not valid.
   *
   * @example The machine's clock is set forward
   * ```ts
   * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock({ now: Date.UTC(2030, 0, 1) });
   * const scheduler = new TaskScheduler({ clock, onError: console.error });
   * const sale = scheduler.at(new Date("2030-02-01"), () => {}).unwrap();
   *
   * clock.setNow(Date.UTC(2030, 1, 1));
   * await clock.advanceAsync(60_000);
   * strictEqual(sale.status, "completed");
   * await scheduler.close();
   * ```
   */
  at<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    date: Date | number,
    work: ScheduledWork<TOutput, TError>,
    options: ScheduleOptions<TFilter> = {},
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError> {
    const dueAt = date instanceof Date ? date.getTime() : date;
    requireMs("date", dueAt, -LONGEST_MS);
    const now = this.#agenda.now("wall");
    return this.#schedule(work, { base: "wall", now, dueAt }, options);
  }

  /**
   * Runs a task in an interval. The first run is due after one interval, unless
   * `initialDelayMs` says otherwise.
   *
   * At a fixed rate, as it is by default, run n is due at the first one's time
   * plus n intervals, as the word "every" has it. That is safe: a task that
   * takes longer than its interval passes times over, and does not pile up.
   *
   * @typeParam TOutput What it comes to.
   * @typeParam TError The errors of the Results it returns.
   * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
   * @param intervalMs The interval, in ms, from 1 to 8.64e15.
   * @param work What to run.
   * @param options From where the interval counts, and how often.
   * @returns The scheduled task; or an error with the code `TASK_QUEUE_FULL` or
   * `TASK_QUEUE_CLOSED`.
   * @throws {ValidationError} A duration is out of range, `mode` is unknown,
   * `maxRuns` is neither a whole number of 1 or more nor `Infinity`, `work` is
   * neither a task nor a function, or an option of `retry` is not valid.
   *
   * @example A slow run, at a fixed rate and with a fixed delay
   * ```ts
   * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const scheduler = new TaskScheduler({ clock, onError: console.error });
   * const starts: Record<string, number[]> = {};
   * for (const mode of ["fixed-rate", "fixed-delay"] as const) {
   *   scheduler.every(100, () => {
   *     (starts[mode] ??= []).push(clock.now());
   *     return clock.sleep(130);
   *   }, { mode, maxRuns: 3 }).unwrap();
   * }
   * await clock.advanceAsync(1_000);
   * deepStrictEqual(starts, {
   *   "fixed-rate": [100, 300, 500],
   *   "fixed-delay": [100, 330, 560],
   * });
   * await scheduler.close();
   * ```
   */
  every<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    intervalMs: number,
    work: ScheduledWork<TOutput, TError>,
    options: IntervalOptions<TFilter> = {},
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError> {
    const { initialDelayMs = intervalMs, mode = "fixed-rate" } = options;
    requireMs("intervalMs", intervalMs, 1);
    requireMs("initialDelayMs", initialDelayMs, 0);
    requireOption(parseStatus(IntervalMode, mode, "mode"), mode);
    const now = this.#agenda.now("monotonic");
    const dueAt = now + initialDelayMs;
    const next = mode === IntervalMode.FIXED_RATE
      ? fixedRate(dueAt, intervalMs)
      : fixedDelay(intervalMs);
    const timing: Timing = { base: "monotonic", now, dueAt, next };
    return this.#schedule(work, timing, options);
  }

  /**
   * Runs a task whenever a cron expression is due.
   *
   * @typeParam TOutput What it comes to.
   * @typeParam TError The errors of the Results it returns.
   * @typeParam TFilter The type of `retryOn`, which tells that of the errors.
   * @param schedule The expression, parsed.
   * @param work What to run.
   * @param options Its name, its signal, its retries, how often it runs.
   * @returns The scheduled task; or an error with the code `TASK_QUEUE_FULL` or
   * `TASK_QUEUE_CLOSED`.
   * @throws {ValidationError} `schedule` has no `next()`, `maxRuns` is neither
   * a whole number of 1 or more nor `Infinity`, `work` is neither a task nor a
   * function, or an option of `retry` is not valid.
   *
   * @example At six in the evening, in Vienna
   * ```ts
   * import { CronSchedule } from "@groundwork/infra/cron";
   * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock({ now: Date.parse("2030-07-01T12:00Z") });
   * const scheduler = new TaskScheduler({ clock, onError: console.error });
   * const six = CronSchedule.parse("0 18 * * *", {
   *   timeZone: "Europe/Vienna",
   * }).unwrap();
   * const closing = scheduler.cron(six, () => {}).unwrap();
   * strictEqual(closing.nextRunAt, Date.parse("2030-07-01T16:00Z"));
   * await scheduler.close();
   * ```
   */
  cron<TOutput, TError = unknown, TFilter extends RetryFilter = RetryFilter>(
    schedule: CronSchedule,
    work: ScheduledWork<TOutput, TError>,
    options: RecurringOptions<TFilter> = {},
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError> {
    requireOption(
      validateType("schedule.next", schedule?.next, "function"),
      schedule,
    );
    const now = this.#agenda.now("wall");
    const dueAt = schedule.next(now) ?? Infinity;
    const timing: Timing = {
      base: "wall",
      now,
      dueAt,
      next: byCalendar(schedule),
    };
    return this.#schedule(work, timing, options);
  }

  /**
   * Takes no new tasks, calls off those that wait, lets those that run go on
   * for a while, and then tells them to stop.
   *
   * @param options How long those that run may go on.
   * @returns A promise that resolves when none is left; each call returns the
   * same. A task must not wait for it: it would wait for itself.
   * @throws {ValidationError} `drainMs` is not a number of 0 or more.
   *
   * @example An orderly end
   * ```ts
   * import { TaskScheduler } from "@groundwork/infra/task-scheduler";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const scheduler = new TaskScheduler({ clock, onError: console.error });
   * const long = scheduler.after(10, () => clock.sleep(500)).unwrap();
   * const late = scheduler.after(100, () => {}).unwrap();
   * await clock.advanceAsync(10);
   *
   * const closed = scheduler.close({ drainMs: 1_000 });
   * await clock.advanceAsync(500);
   * await closed;
   * deepStrictEqual([long.status, late.status], ["completed", "cancelled"]);
   * deepStrictEqual(clock.pending, 0);
   * ```
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { drainMs = 30_000 } = options;
    requireDuration("drainMs", drainMs);
    if (this.#closing === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closing = promise; // First, as tasks that stop may ask again.
      resolve(this.#close(drainMs));
    }
    return this.#closing;
  }

  /** The same as {@linkcode TaskScheduler.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    const { clock, tasks } = this.#agenda;
    const reason = new TaskError("TASK_QUEUE_CLOSED");
    for (const task of tasks) task.retire(reason);
    if (tasks.size === 0) return;
    function stop(): void {
      for (const task of tasks) task.cancel(reason);
    }
    if (drainMs === 0) stop();
    const timer = clock.setTimer(stop, drainMs);
    await Promise.all(Array.from(tasks, ({ result }) => result));
    timer.cancel();
  }

  #schedule<TOutput, TError, TFilter extends RetryFilter>(
    work: ScheduledWork<TOutput, TError>,
    timing: Timing,
    options: RecurringOptions<TFilter>,
  ): Result<ScheduledTask<TOutput, TError>, ScheduleError> {
    const { maxRuns = Infinity } = options;
    requireCount("maxRuns", maxRuns);
    const agenda = this.#agenda;
    const task = toRetryable(work, options, agenda.clock);
    if (this.#closing !== undefined) {
      return new Err(new TaskError("TASK_QUEUE_CLOSED"));
    }
    if (this.size >= this.#maxTasks) {
      return new Err(new TaskError("TASK_QUEUE_FULL"));
    }
    const scheduled = new ScheduledRun(agenda, task, timing, options);
    scheduled.start();
    return new Ok(scheduled);
  }
}

function requireMs(name: string, value: number, min: number): void {
  requireOption(validateRange(name, value, { min, max: LONGEST_MS }), value);
}

function toRetryable<TOutput, TError, TFilter extends RetryFilter>(
  work: ScheduledWork<TOutput, TError>,
  options: ScheduleOptions<TFilter>,
  clock: Clock,
): RetryableTask<void, TOutput, TError, TFilter> {
  const isFunction = typeof work === "function";
  if (!isFunction && !isTask(work)) requireFunction("work", work);
  const { retry = { maxAttempts: 1 } } = options;
  return new RetryableTask<void, TOutput, TError, TFilter>(
    isFunction ? (_, context) => work(context) : work,
    { clock, ...retry, name: options.name ?? retry.name ?? work.name },
  );
}
