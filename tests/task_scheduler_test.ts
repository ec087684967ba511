import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Clock, TimerHandle, TimerOptions } from "../src/clock.ts";
import { CronSchedule } from "../src/cron.ts";
import { PoolError, TaskError, ValidationError } from "../src/errors.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { TaskStatus } from "../src/status.ts";
import type { Task, TaskContext, TaskResult } from "../src/task.ts";
import {
  type IntervalOptions,
  type ScheduledTask,
  type ScheduledWork,
  type ScheduleError,
  TaskScheduler,
  type TaskSchedulerOptions,
} from "../src/task_scheduler.ts";
import { ManualClock } from "../src/testing.ts";
import {
  CountingSignal,
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  watch,
  type Watched,
} from "./foundation_support.ts";
import { reportedIn } from "./unhandled_support.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2030, 0, 1);

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 12; i++) await undefined;
}

/** Moves the clock on, step by step, and lets promises settle at each. */
async function pass(
  clock: ManualClock,
  durationMs: number,
  stepMs = 1,
): Promise<void> {
  await flush();
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
    clock.advance(stepMs);
    await flush();
    clock.advance(0); // What has become due by what has settled.
    await flush();
  }
}

function isPending({ value }: Watched<unknown>): boolean {
  return value === undefined;
}

interface Failure {
  readonly name: string;
  readonly code: string;
  readonly status: TaskStatus;
}

interface Setup {
  readonly clock: ManualClock;
  readonly scheduler: TaskScheduler;
  /** What `onError` heard. */
  readonly failures: Failure[];
  /** When which task ran, in ms since the clock was made. */
  readonly log: string[];
  /** Work that takes its time and writes into the log. */
  readonly work: (name: string, durationMs?: number) => ScheduledWork<string>;
}

function setUp(options: Partial<TaskSchedulerOptions> = {}): Setup {
  const clock = new ManualClock({ now: START });
  const failures: Failure[] = [];
  const log: string[] = [];
  const scheduler = new TaskScheduler({
    clock,
    onError: ({ code }, { name, status }) =>
      failures.push({ name, code, status }),
    ...options,
  });
  function work(name: string, durationMs = 0): ScheduledWork<string> {
    return async () => {
      log.push(`${clock.monotonic()} ${name}`);
      if (durationMs > 0) await clock.sleep(durationMs);
      return name;
    };
  }
  return { clock, scheduler, failures, log, work };
}

function cron(expression: string, timeZone = "UTC"): CronSchedule {
  return CronSchedule.parse(expression, { timeZone }).unwrap();
}

/** Something of everything, which all wait. */
function scheduleAll(
  scheduler: TaskScheduler,
  work: ScheduledWork<unknown>,
  signal: AbortSignal,
): readonly ScheduledTask[] {
  return [
    scheduler.after(10, work, { signal }),
    scheduler.at(START + 10, work, { signal }),
    scheduler.every(10, work, { signal }),
    scheduler.every(10, work, { signal, mode: "fixed-delay" }),
    scheduler.cron(cron("* * * * *"), work, { signal }),
  ].map((result) => result.unwrap());
}

describe("TaskScheduler", () => {
  it("constructor() throws for bad options", () => {
    const onError = (): void => {};
    for (const maxTasks of [0, -1, 1.5, NaN, Infinity]) {
      throws(
        () => new TaskScheduler({ onError, maxTasks }),
        (error: unknown) =>
          ValidationError.is(error) && /option maxTasks/.test(error.message),
        String(maxTasks),
      );
    }
    for (const wrong of [undefined, null, "log", {}]) {
      throws(
        () => new TaskScheduler({ onError: wrong as unknown as () => void }),
        /option onError .*function/,
      );
    }
  });

  it("bounds how many tasks wait or run, at 10,000 by default", async () => {
    const { clock, scheduler, work } = setUp({ maxTasks: 2 });
    const first = scheduler.after(1, work("first", 5)).unwrap();
    const second = scheduler.every(10, work("second")).unwrap();
    strictEqual(scheduler.size, 2);
    await pass(clock, 3);
    strictEqual(first.status, TaskStatus.RUNNING);
    const refused = scheduler.after(1, work("third")).unwrapErr();
    strictEqual(refused.code, "TASK_QUEUE_FULL");
    strictEqual(scheduler.size, 2);

    await pass(clock, 5);
    strictEqual(first.status, TaskStatus.COMPLETED);
    strictEqual(scheduler.size, 1);
    strictEqual(scheduler.after(1, work("third")).ok, true);
    second.cancel();
    strictEqual(scheduler.after(1, work("fourth")).ok, true);
    strictEqual(scheduler.size, 2);

    const roomy = setUp().scheduler;
    for (let i = 0; i < 10_000; i++) roomy.after(1, work("one")).unwrap();
    strictEqual(roomy.after(1, work("one")).ok, false);
    await roomy.close();
    await scheduler.close();
  });

  it("takes tasks, functions and Results, and tells their types", async () => {
    const { clock, scheduler, failures } = setUp();
    class Count implements Task<void, number> {
      readonly name = "count";
      #count = 0;

      run(_: void, context: TaskContext): number {
        strictEqual(context.clock, clock);
        strictEqual(context.attempt, 1);
        return ++this.#count;
      }
    }
    const count = new Count();
    function half(): Result<number, "odd"> {
      return err("odd");
    }
    const counted = scheduler.after(1, count).unwrap();
    const halved = scheduler.after(1, half).unwrap();
    const doubled = scheduler.after(1, () => okOf("two"), { name: "double" })
      .unwrap();
    const nameless = scheduler.after(1, () => {}).unwrap();
    expectType<Equal<typeof counted, ScheduledTask<number, unknown>>>(true);
    expectType<Equal<typeof halved, ScheduledTask<number, "odd">>>(true);
    expectType<
      Equal<ReturnType<typeof nameless.cancel>, boolean>
    >(true);
    deepStrictEqual(
      [counted.name, halved.name, doubled.name, nameless.name],
      ["count", "half", "double", "anonymous"],
    );
    await pass(clock, 1);
    const result = await counted.result;
    strictEqual(result.status === "completed" && result.output, 1);
    const failed = await halved.result;
    strictEqual(failed.status === "failed" && failed.lastError, "odd");
    const two = await doubled.result;
    strictEqual(two.status === "completed" && two.output, "two");
    deepStrictEqual(failures, [
      { name: "half", code: "TASK_EXECUTION_FAILED", status: "failed" },
    ]);
  });

  it("refuses what is neither a task nor a function, at once", async () => {
    const { scheduler } = setUp();
    const nothings: readonly unknown[] = [
      undefined,
      null,
      "work",
      {},
      { name: "x" },
      { run(): void {} },
    ];
    for (const nothing of nothings) {
      const wrong = nothing as ScheduledWork<unknown>;
      const isAboutWork = /option work is not valid/;
      throws(() => scheduler.after(1, wrong), isAboutWork);
      throws(() => scheduler.at(1, wrong), isAboutWork);
      throws(() => scheduler.every(1, wrong), isAboutWork);
      throws(() => scheduler.cron(cron("@daily"), wrong), isAboutWork);
    }
    strictEqual(scheduler.size, 0);
    await scheduler.close();
    throws(() => scheduler.after(1, "work" as never), ValidationError);
  });

  it("throws for durations, dates and counts that are none", () => {
    const { clock, scheduler, work } = setUp();
    const run = work("never");
    type Call = readonly [name: string, call: (value: number) => unknown];
    const durations: readonly Call[] = [
      ["delayMs", (value) => scheduler.after(value, run)],
      ["intervalMs", (value) => scheduler.every(value, run)],
      [
        "initialDelayMs",
        (initialDelayMs) => scheduler.every(5, run, { initialDelayMs }),
      ],
    ];
    const dates: readonly Call[] = [
      ["date", (value) => scheduler.at(value, run)],
      ["date", (value) => scheduler.at(new Date(value), run)],
    ];
    const counts: readonly Call[] = [
      ["maxRuns", (maxRuns) => scheduler.every(5, run, { maxRuns })],
      [
        "maxRuns",
        (maxRuns) => scheduler.cron(cron("@daily"), run, { maxRuns }),
      ],
    ];
    const bad: readonly (readonly [readonly Call[], readonly number[]])[] = [
      [durations, [-1, -0.001, NaN, Infinity, 8.64e15 + 2]],
      [dates, [NaN, Infinity, -Infinity, 8.64e15 + 2]],
      [counts, [0, -1, 1.5, NaN]],
      [durations.slice(1, 2), [0, 0.5]],
    ];
    for (const [calls, values] of bad) {
      for (const [name, call] of calls) {
        for (const value of values) {
          throws(
            () => call(value),
            (error: unknown) =>
              ValidationError.is(error) &&
              error.message.startsWith(`The option ${name} is not valid`),
            `${name} ${value}`,
          );
        }
      }
    }
    for (const [name, value] of NOT_NUMBERS) {
      throws(
        () => scheduler.after(value as number, run),
        ValidationError,
        name,
      );
      throws(() => scheduler.at(value as number, run), ValidationError, name);
      throws(
        () => scheduler.every(value as number, run),
        ValidationError,
        name,
      );
    }
    const mode = "sometimes" as unknown as "fixed-rate";
    throws(() => scheduler.every(5, run, { mode }), /fixed-rate, fixed-delay/);
    for (const schedule of [undefined, null, "@daily", {}]) {
      throws(
        () => scheduler.cron(schedule as unknown as CronSchedule, run),
        /schedule\.next/,
      );
    }
    throws(
      () => scheduler.after(1, run, { retry: { maxAttempts: 0 } }),
      /maxAttempts/,
    );
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });
});

describe("TaskScheduler.after()", () => {
  it("keeps the order of scheduling among recurring tasks too", async () => {
    const { clock, scheduler, log, work } = setUp();
    // The first is planned anew after the others: its runs take longer.
    scheduler.every(10, work("a", 9), { maxRuns: 2 }).unwrap();
    scheduler.every(5, work("b"), { maxRuns: 4 }).unwrap();
    scheduler.every(10, work("c", 3), { maxRuns: 2 }).unwrap();
    await pass(clock, 30);
    deepStrictEqual(log, [
      "5 b",
      "10 a",
      "10 b",
      "10 c",
      "15 b",
      "20 a",
      "20 b",
      "20 c",
    ]);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("runs each once, in the order of time, then of scheduling", async () => {
    const { clock, scheduler, log, work } = setUp();
    for (const [name, delayMs] of [["c", 7], ["a", 3], ["d", 7], ["b", 5]]) {
      scheduler.after(delayMs as number, work(name as string)).unwrap();
    }
    strictEqual(clock.pending, 1);
    await pass(clock, 2);
    scheduler.after(5, work("e")).unwrap();
    await pass(clock, 20);
    deepStrictEqual(log, ["3 a", "5 b", "7 c", "7 d", "7 e"]);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("runs after 0 ms in the next turn, and what it schedules later", async () => {
    const { clock, scheduler, log, work } = setUp();
    let depth = 0;
    function again(): void {
      if (++depth < 5) scheduler.after(0, again).unwrap();
    }
    scheduler.after(0, again).unwrap();
    scheduler.after(0, work("other")).unwrap();
    await flush();
    strictEqual(depth, 0);
    const ring = (): Promise<void> => (clock.advance(0), flush());
    strictEqual(log.length, 0);
    await ring(); // The clock goes on until nothing is due.
    strictEqual(depth, 5);
    deepStrictEqual(log, ["0 other"]);
  });

  it("does not let what a task schedules for now run in the same turn", () => {
    // The clock would ring for ever if the turn never ended.
    let ring: (() => void) | undefined;
    const clock: Clock = {
      now: () => 0,
      monotonic: () => 0,
      sleep: () => Promise.resolve(),
      setTimer(callback): TimerHandle {
        ring = callback;
        return { cancel(): void {}, [Symbol.dispose](): void {} };
      },
    };
    const { scheduler } = setUp({ clock });
    let runs = 0;
    function again(): void {
      runs++;
      scheduler.after(0, again).unwrap();
    }
    scheduler.after(0, again).unwrap();
    for (let turn = 1; turn <= 3; turn++) {
      ring?.();
      strictEqual(runs, turn);
    }
  });

  it("waits for longer than platform timers can", async () => {
    const { clock, scheduler, log, work } = setUp();
    const delayMs = 2 ** 31 + 5;
    const late = scheduler.after(delayMs, work("late")).unwrap();
    strictEqual(late.nextRunAt, START + delayMs);
    clock.advance(delayMs - 1);
    await flush();
    deepStrictEqual(log, []);
    clock.advance(1);
    await flush();
    deepStrictEqual(log, [`${delayMs} late`]);
  });

  it("follows the monotonic clock, whatever the date", async () => {
    const { clock, scheduler, log, work } = setUp();
    const task = scheduler.after(10, work("after")).unwrap();
    scheduler.every(5, work("every")).unwrap();
    clock.setNow(START + DAY);
    strictEqual(task.nextRunAt, START + DAY + 10);
    await pass(clock, 4);
    clock.setNow(START - DAY);
    await pass(clock, 6);
    deepStrictEqual(log, ["5 every", "10 after", "10 every"]);
    await scheduler.close();
  });

  it("tells all about the task in each of its states", async () => {
    const { clock, scheduler, work } = setUp();
    const task = scheduler.after(10, work("task", 5)).unwrap();
    const result = watch(task.result);
    const tell = (): unknown[] => [
      task.status,
      task.nextRunAt,
      task.runs,
      task.missed,
      task.lastResult?.status,
    ];
    await pass(clock, 9);
    deepStrictEqual(tell(), ["scheduled", START + 10, 0, 0, undefined]);
    await pass(clock, 1);
    deepStrictEqual(tell(), ["running", undefined, 1, 0, undefined]);
    await pass(clock, 5);
    deepStrictEqual(tell(), ["completed", undefined, 1, 0, "completed"]);
    strictEqual(result.value, task.lastResult);
    deepStrictEqual(result.value, {
      status: "completed",
      output: "task",
      attempts: 1,
      retryCount: 0,
      startedAt: START + 10,
      finishedAt: START + 15,
      durationMs: 5,
    });
  });

  it("retries each run as it is told, on its own clock", async () => {
    const { clock, scheduler, failures } = setUp();
    let calls = 0;
    const retried: string[] = [];
    const task = scheduler.after(1, () => {
      if (++calls < 3) throw new PoolError("POOL_EXHAUSTED");
      return "here";
    }, {
      name: "flaky",
      retry: {
        name: "ignored",
        retryOn: [PoolError],
        backoff: () => 10,
        onRetry: ({ error }) => retried.push(error.code),
      },
    }).unwrap();
    strictEqual(task.name, "flaky");
    await pass(clock, 21);
    strictEqual(task.lastResult?.attempts, 3);
    deepStrictEqual(retried, ["POOL_EXHAUSTED", "POOL_EXHAUSTED"]);
    deepStrictEqual([failures.length, clock.pending], [0, 0]);
    const named = scheduler.after(1, () => {}, { retry: { name: "inner" } });
    strictEqual(named.unwrap().name, "inner");
    await scheduler.close();
  });

  it("makes one attempt without retry, and three with an empty one", async () => {
    const { clock, scheduler, failures } = setUp();
    function fail(): never {
      throw new Error("503");
    }
    const once = scheduler.after(1, fail).unwrap();
    const thrice = scheduler.after(1, fail, { retry: {} }).unwrap();
    await clock.advanceAsync(HOUR);
    strictEqual(once.lastResult?.attempts, 1);
    strictEqual(thrice.lastResult?.attempts, 3);
    deepStrictEqual(failures.map(({ code }) => code), [
      "TASK_EXECUTION_FAILED",
      "TASK_RETRY_EXHAUSTED",
    ]);
  });
});

describe("TaskScheduler.at()", () => {
  it("runs at a date, given as either, and a past one at once", async () => {
    const { clock, scheduler, log, work } = setUp();
    scheduler.at(new Date(START + 90_000), work("date")).unwrap();
    scheduler.at(START + 89_999.5, work("ms")).unwrap();
    scheduler.at(-8.64e15, work("past")).unwrap();
    const never = scheduler.at(8.64e15, work("never")).unwrap();
    strictEqual(never.nextRunAt, 8.64e15);
    clock.advance(0);
    await flush();
    await pass(clock, 120_000, 500);
    deepStrictEqual(log, ["0 past", "89999.5 ms", "90000 date"]);
    await scheduler.close();
    strictEqual(clock.pending, 0);
  });

  it("follows the date within a minute when it is set forward", async () => {
    const { clock, scheduler, log, work } = setUp();
    const task = scheduler.at(START + DAY, work("at")).unwrap();
    await pass(clock, 90_000, 1_000);
    clock.setNow(START + DAY - 5_000);
    strictEqual(task.nextRunAt, START + DAY);
    await pass(clock, 29_000, 1_000);
    deepStrictEqual(log, []);
    await pass(clock, 1_000, 1_000);
    deepStrictEqual(log, ["120000 at"]);
  });

  it("waits for the date again when that is set back", async () => {
    const { clock, scheduler, log, work } = setUp();
    scheduler.at(START + 30_000, work("at")).unwrap();
    await pass(clock, 20_000, 1_000);
    clock.setNow(START - 100_000);
    await pass(clock, 129_000, 1_000);
    deepStrictEqual(log, []);
    await pass(clock, 1_000, 1_000);
    deepStrictEqual(log, ["150000 at"]);
  });

  it("begins with the most overdue, among dates and delays", async () => {
    const { clock, scheduler, log, work } = setUp();
    scheduler.at(START + DAY + 2, work("2 ms after")).unwrap();
    scheduler.at(START + DAY - 1, work("long before")).unwrap();
    scheduler.at(START + DAY + MINUTE, work("date")).unwrap();
    scheduler.after(MINUTE, work("delay")).unwrap();
    clock.setNow(START + DAY);
    await pass(clock, MINUTE, MINUTE);
    deepStrictEqual(log.map((line) => line.slice("60000 ".length)), [
      "long before",
      "2 ms after",
      "date",
      "delay",
    ]);
  });

  it("does not run early on a clock whose timers do", async () => {
    const inner = new ManualClock();
    const clock: Clock = {
      now: () => Math.floor(inner.now()),
      monotonic: () => inner.monotonic(),
      sleep: (durationMs, options) => inner.sleep(durationMs, options),
      setTimer: (callback, delayMs) =>
        inner.setTimer(callback, Math.ceil(delayMs) - 0.75),
    };
    const { scheduler } = setUp({ clock });
    const times: number[] = [];
    scheduler.after(5, () => times.push(inner.monotonic())).unwrap();
    scheduler.at(10, () => times.push(inner.monotonic())).unwrap();
    await pass(inner, 20, 0.25);
    deepStrictEqual(times, [5, 10]);
  });
});

describe("TaskScheduler.every()", () => {
  interface Case {
    readonly name: string;
    readonly options: IntervalOptions;
    readonly durationMs: number;
    readonly starts: readonly number[];
    readonly missed: number;
  }
  const rate = "fixed-rate";
  const delay = "fixed-delay";
  const cases: readonly Case[] = [
    {
      name: "at a fixed rate by default, from one interval on",
      options: {},
      durationMs: 0,
      starts: [10, 20, 30, 40, 50],
      missed: 0,
    },
    {
      name: "on the grid of the first run",
      options: { mode: rate, initialDelayMs: 3 },
      durationMs: 7,
      starts: [3, 13, 23, 33, 43, 53],
      missed: 0,
    },
    {
      name: "at once with an initial delay of 0",
      options: { initialDelayMs: 0 },
      durationMs: 1,
      starts: [0, 10, 20, 30, 40, 50],
      missed: 0,
    },
    {
      name: "without a rest where a run takes just the interval",
      options: {},
      durationMs: 10,
      starts: [10, 20, 30, 40, 50],
      missed: 0,
    },
    {
      name: "passing over one time that comes during a run",
      options: {},
      durationMs: 11,
      starts: [10, 30, 50],
      missed: 2,
    },
    {
      name: "passing over all times that come during a run",
      options: { initialDelayMs: 1 },
      durationMs: 29,
      starts: [1, 31],
      missed: 2,
    },
    {
      name: "with a fixed delay, from the end of each run",
      options: { mode: delay },
      durationMs: 4,
      starts: [10, 24, 38, 52],
      missed: 0,
    },
    {
      name: "with a fixed delay, however long a run takes",
      options: { mode: delay, initialDelayMs: 0 },
      durationMs: 25,
      starts: [0, 35],
      missed: 0,
    },
    {
      name: "as often as it is told",
      options: { maxRuns: 3 },
      durationMs: 2,
      starts: [10, 20, 30],
      missed: 0,
    },
  ];
  for (const { name, options, durationMs, starts, missed } of cases) {
    it(`runs ${name}`, async () => {
      const { clock, scheduler, log, work } = setUp();
      const task = scheduler.every(10, work("", durationMs), {
        ...options,
        retry: { maxAttempts: 1, abandonAfterMs: 0 },
      }).unwrap();
      clock.advance(0);
      await pass(clock, 54);
      deepStrictEqual(log.map(Number), starts);
      strictEqual(task.missed, missed);
      strictEqual(task.runs, starts.length);
      await scheduler.close({ drainMs: 0 });
    });
  }

  it("ends after its runs with the result of the last", async () => {
    const { clock, scheduler, failures } = setUp();
    let runs = 0;
    const task = scheduler.every(10, () => {
      if (++runs === 2) throw new Error("503");
      return runs;
    }, { maxRuns: 2 }).unwrap();
    const result = watch(task.result);
    await pass(clock, 15);
    strictEqual(task.status, TaskStatus.SCHEDULED);
    strictEqual(task.nextRunAt, START + 20);
    strictEqual(task.lastResult?.status, "completed");
    strictEqual(isPending(result), true);
    await pass(clock, 5);
    strictEqual(task.status, TaskStatus.FAILED);
    strictEqual(result.value?.status, "failed");
    strictEqual(result.value, task.lastResult);
    strictEqual(failures.length, 1);
    await pass(clock, 50);
    strictEqual(task.runs, 2);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("does not drift with intervals that have fractions", async () => {
    const { clock, scheduler, work } = setUp();
    const task = scheduler.every(1_000 / 3, work("thirds")).unwrap();
    for (let i = 0; i < 3_000; i++) {
      clock.advance(100);
      await flush();
    }
    strictEqual(task.runs, 900);
    strictEqual(task.missed, 0);
    strictEqual(task.nextRunAt, START + 901 * (1_000 / 3));
    await scheduler.close();
  });

  it("makes up by one run for the times that a busy process missed", async () => {
    const { clock, scheduler, log, work } = setUp();
    const task = scheduler.every(10, work("every")).unwrap();
    scheduler.after(10, () => clock.advance(35)).unwrap(); // Blocks.
    await pass(clock, 14);
    deepStrictEqual(log, ["10 every"]);
    strictEqual(task.missed, 3);
    strictEqual(task.nextRunAt, START + 50);
    await scheduler.close();
  });

  it("goes on after a run that failed or was not done in time", async () => {
    const { clock, scheduler, failures } = setUp();
    let runs = 0;
    const task = scheduler.every(10, () => {
      runs++;
      if (runs === 1) throw new Error("503");
      return clock.sleep(runs === 2 ? 1_000 : 0);
    }, {
      name: "poll",
      retry: { maxAttempts: 1, attemptTimeoutMs: 5, abandonAfterMs: 0 },
    }).unwrap();
    await pass(clock, 30);
    strictEqual(runs, 3);
    strictEqual(task.lastResult?.status, "completed");
    deepStrictEqual(failures, [
      { name: "poll", code: "TASK_EXECUTION_FAILED", status: "scheduled" },
      { name: "poll", code: "TASK_TIMEOUT", status: "scheduled" },
    ]);
    await scheduler.close();
  });
});

describe("TaskScheduler.cron()", () => {
  it("runs whenever the expression is due", async () => {
    const { clock, scheduler, log, work } = setUp();
    clock.setNow(START + 30_000);
    const task = scheduler.cron(cron("*/5 * * * *"), work("five")).unwrap();
    strictEqual(task.nextRunAt, START + 5 * MINUTE);
    await pass(clock, 11 * MINUTE, 10_000);
    deepStrictEqual(log, ["270000 five", "570000 five"]);
    await scheduler.close();
  });

  it("runs a first time that is due just when it is scheduled later", async () => {
    const { clock, scheduler, log, work } = setUp();
    const task = scheduler.cron(cron("* * * * *"), work("on")).unwrap();
    strictEqual(task.nextRunAt, START + MINUTE); // This minute has begun.
    await pass(clock, MINUTE, 10_000);
    deepStrictEqual(log, ["60000 on"]);
    await scheduler.close();
  });

  it("passes over the minutes of a long run, and counts them", async () => {
    const { clock, scheduler, log, work } = setUp();
    const long = work("long", 150_000);
    const task = scheduler.cron(cron("* * * * *"), long, { maxRuns: 2 })
      .unwrap();
    await pass(clock, 10 * MINUTE, 10_000);
    deepStrictEqual(log, ["60000 long", "240000 long"]);
    strictEqual(task.missed, 2);
    strictEqual(task.status, TaskStatus.COMPLETED);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("makes up by one run for a date that was set forward", async () => {
    const { clock, scheduler, log, work } = setUp();
    const task = scheduler.cron(cron("0 * * * *"), work("hourly")).unwrap();
    clock.setNow(START + 5 * HOUR + 30 * MINUTE);
    await pass(clock, MINUTE, 10_000);
    deepStrictEqual(log, ["60000 hourly"]);
    strictEqual(task.missed, 4);
    strictEqual(task.nextRunAt, START + 6 * HOUR);
    await scheduler.close();
  });

  it("counts a thousand missed times, and does not walk through more", async () => {
    const { clock, scheduler, work } = setUp();
    const task = scheduler.cron(cron("* * * * *"), work("x")).unwrap();
    clock.setNow(START + 36_500 * DAY);
    await pass(clock, MINUTE, MINUTE);
    strictEqual(task.runs, 1);
    strictEqual(task.missed, 1_000);
    strictEqual(task.nextRunAt, START + 36_500 * DAY + 2 * MINUTE);
    await scheduler.close();
  });

  interface StepCase {
    readonly name: string;
    readonly expression: string;
    /** By how much the clock is set back, a second after the run at noon. */
    readonly backMs: number;
    /** When the next run is due. */
    readonly next: string;
  }
  const steps: readonly StepCase[] = [
    {
      name: "not run a minute twice after a small step back",
      expression: "* * * * *",
      backMs: 59_000,
      next: "2030-01-01T12:01",
    },
    {
      name: "start a minutely job over after a larger step",
      expression: "* * * * *",
      backMs: 5 * MINUTE,
      next: "2030-01-01T11:56",
    },
    {
      name: "hold an hourly job for less than an hour",
      expression: "0 * * * *",
      backMs: HOUR,
      next: "2030-01-01T13:00",
    },
    {
      name: "start an hourly job over after a larger step",
      expression: "0 * * * *",
      backMs: 2 * HOUR,
      next: "2030-01-01T11:00",
    },
    {
      name: "not run a daily job twice after a step of less than three hours",
      expression: "0 12 * * *",
      backMs: 3 * HOUR,
      next: "2030-01-02T12:00",
    },
    {
      name: "start a daily job over after a larger step",
      expression: "0 12 * * *",
      backMs: 3 * HOUR + 5_000,
      next: "2030-01-01T12:00",
    },
  ];
  for (const { name, expression, backMs, next } of steps) {
    for (const isRunning of [false, true]) {
      it(`does ${name}${isRunning ? ", while it runs" : ""}`, async () => {
        const { clock, scheduler, work } = setUp();
        clock.setNow(START + 12 * HOUR - 1_000);
        const long = work("job", isRunning ? 3_000 : 0);
        const task = scheduler.cron(cron(expression), long).unwrap();
        await pass(clock, 2_000, 1_000);
        strictEqual(task.status === TaskStatus.RUNNING, isRunning);
        clock.setNow(clock.now() - backMs);
        // Another that is scheduled or comes to its end makes it look.
        scheduler.at(START + 2 * DAY, work("other")).unwrap();
        await pass(clock, 3_000, 1_000);
        strictEqual(task.nextRunAt, Date.parse(`${next}Z`));
        deepStrictEqual([task.runs, task.missed], [1, 0]);
        await scheduler.close();
      });
    }
  }

  it("adds small steps back up", async () => {
    const { clock, scheduler, work } = setUp();
    clock.setNow(START + 12 * HOUR - 1_000);
    const task = scheduler.cron(cron("0 12 * * *"), work("daily")).unwrap();
    await pass(clock, 1_000, 1_000);
    for (const [hours, day] of [[2, 2], [2, 1]] as const) {
      clock.setNow(clock.now() - hours * HOUR);
      await pass(clock, MINUTE, 1_000);
      strictEqual(task.nextRunAt, START + (day - 1) * DAY + 12 * HOUR);
    }
    strictEqual(task.runs, 1);
    await scheduler.close();
  });

  it("finds a new first time when the clock was set back before", async () => {
    const { clock, scheduler, log, work } = setUp();
    clock.setNow(START + 3 * DAY + HOUR);
    const daily = scheduler.cron(cron("@daily"), work("daily")).unwrap();
    const date = scheduler.at(START + 4 * DAY, work("date")).unwrap();
    scheduler.every(100_000, work("every")).unwrap();
    clock.setNow(START - 90_000);
    await pass(clock, 2 * MINUTE, 10_000);
    deepStrictEqual(log, ["90000 daily", "100000 every"]);
    strictEqual(daily.nextRunAt, START + DAY);
    strictEqual(date.nextRunAt, START + 4 * DAY);
    await scheduler.close();
  });

  it("runs by the zone's time when that changes", async () => {
    const { clock, scheduler, log, work } = setUp();
    clock.setNow(Date.parse("2030-03-30T23:30Z"));
    const fixed = cron("30 2 * * *", "Europe/Berlin");
    const task = scheduler.cron(fixed, work("2:30 is skipped")).unwrap();
    await pass(clock, 3 * HOUR, 30 * MINUTE);
    deepStrictEqual(log, [`${1.5 * HOUR} 2:30 is skipped`]);
    strictEqual(task.nextRunAt, Date.parse("2030-04-01T00:30Z"));
    await scheduler.close();
  });

  it("ends where the calendar does", async () => {
    const { clock, scheduler, work } = setUp();
    const end = 8.64e15 - DAY;
    clock.setNow(end - 90_000);
    const last = scheduler.cron(cron("* * * * *"), work("last")).unwrap();
    await pass(clock, 100_000, 10_000);
    strictEqual(last.status, TaskStatus.COMPLETED);
    strictEqual(last.runs, 2);
    clock.setNow(end);
    const never = scheduler.cron(cron("* * * * *"), work("never")).unwrap();
    strictEqual(never.nextRunAt, Infinity);
    clock.setNow(START);
    await pass(clock, MINUTE, 10_000);
    strictEqual(never.runs, 0);
    await scheduler.close();
    strictEqual(never.status, TaskStatus.CANCELLED);
  });
});

describe("ScheduledTask.cancel()", () => {
  it("calls off what waits, and tells why", async () => {
    const { clock, scheduler, failures, log, work } = setUp();
    const signal = new CountingSignal();
    const tasks = scheduleAll(scheduler, work("never"), signal.asSignal());
    strictEqual(signal.listenerCount, tasks.length);
    await pass(clock, 5);
    for (const task of tasks) {
      strictEqual(task.cancel("no need"), true);
      strictEqual(task.cancel("again"), false);
      strictEqual(task.status, TaskStatus.CANCELLED);
      strictEqual(task.nextRunAt, undefined);
      const result = await task.result;
      deepStrictEqual(result, {
        status: "cancelled",
        error: result.status === "cancelled" ? result.error : undefined,
        reason: "no need",
        attempts: 0,
        retryCount: 0,
        startedAt: START + 5,
        finishedAt: START + 5,
        durationMs: 0,
      });
      strictEqual(task.lastResult, undefined);
    }
    strictEqual(signal.listenerCount, 0);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
    await pass(clock, 2 * MINUTE, 10_000);
    deepStrictEqual([log, failures], [[], []]);
  });

  it("tells a run under way to stop, and ends when that has", async () => {
    const { clock, scheduler, failures } = setUp();
    for (const makes of ["after", "every"] as const) {
      const reasons: unknown[] = [];
      const task = scheduler[makes](10, async ({ signal }) => {
        await new Promise((resolve) =>
          signal.addEventListener("abort", resolve)
        );
        reasons.push(signal.reason);
        await clock.sleep(7);
      }).unwrap();
      const result = watch(task.result);
      await pass(clock, 12);
      strictEqual(task.cancel("enough"), true);
      strictEqual(task.cancel("again"), false);
      strictEqual(task.status, TaskStatus.RUNNING);
      await pass(clock, 6);
      strictEqual(isPending(result), true);
      await pass(clock, 1);
      strictEqual(task.status, TaskStatus.CANCELLED);
      strictEqual(result.value?.status, "cancelled");
      strictEqual(result.value, task.lastResult);
      deepStrictEqual(reasons, ["enough"]);
      strictEqual(task.cancel(), false);
      await pass(clock, 50);
      strictEqual(task.runs, 1);
    }
    deepStrictEqual(failures, []);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("gives an AbortError for a reason by default", async () => {
    const { clock, scheduler, work } = setUp();
    const waiting = scheduler.after(10, work("never")).unwrap();
    const running = scheduler.after(1, work("running", 5)).unwrap();
    await pass(clock, 2);
    waiting[Symbol.dispose]();
    running[Symbol.dispose]();
    await pass(clock, 5);
    for (const task of [waiting, running]) {
      const result = await task.result;
      const { reason } = result as { readonly reason?: unknown };
      strictEqual((reason as Error).name, "AbortError");
    }
  });

  it("keeps one from beginning that is due at the same time", async () => {
    const { clock, scheduler, log, work } = setUp();
    scheduler.after(5, () => void victim.cancel()).unwrap();
    const victim = scheduler.after(5, work("victim")).unwrap();
    scheduler.after(5, work("bystander")).unwrap();
    await pass(clock, 10);
    deepStrictEqual(log, ["5 bystander"]);
    strictEqual(victim.runs, 0);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("wins over a run that has settled in the same breath", async () => {
    // Whenever cancel() says yes, the result must say cancelled.
    for (let depth = 0; depth < 12; depth++) {
      for (const makes of ["after", "every"] as const) {
        for (const outcome of ["output", "failure"] as const) {
          const { clock, scheduler, failures } = setUp();
          const task = scheduler[makes](5, () => {
            if (outcome === "failure") throw new Error("503");
          }).unwrap();
          clock.advance(5);
          for (let i = 0; i < depth; i++) await undefined;
          const wasLive = task.cancel("late");
          await flush();
          strictEqual(task.status === TaskStatus.CANCELLED, wasLive);
          if (wasLive) strictEqual((await task.result).status, "cancelled");
          const hasFailed = task.lastResult?.status === "failed";
          strictEqual(failures.length, hasFailed ? 1 : 0);
          strictEqual(makes === "every" && !wasLive, false);
          strictEqual(clock.pending, 0);
        }
      }
    }
  });

  it("is what a task can do to itself, and what onError can", async () => {
    const { clock, scheduler } = setUp({
      onError: (_, task) => void task.cancel("it fails"),
    });
    const itself = scheduler.every(5, () => void itself.cancel()).unwrap();
    const failing = scheduler.every(5, () => {
      throw new Error("503");
    }).unwrap();
    await pass(clock, 50);
    strictEqual(itself.runs, 1);
    strictEqual(failing.runs, 1);
    strictEqual(failing.status, TaskStatus.CANCELLED);
    strictEqual(failing.lastResult?.status, "failed");
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });
});

describe("ScheduleOptions.signal", () => {
  it("calls off what waits and what runs", async () => {
    const { clock, scheduler, work } = setUp();
    const signal = new CountingSignal();
    const tasks = scheduleAll(scheduler, work("run", 5), signal.asSignal());
    await pass(clock, 12);
    deepStrictEqual(tasks.map(({ status }) => status), [
      "running",
      "running",
      "running",
      "running",
      "scheduled",
    ]);
    signal.abort("shutdown");
    await pass(clock, 5);
    for (const task of tasks) {
      strictEqual(task.status, TaskStatus.CANCELLED);
      const result = await task.result;
      strictEqual(result.status === "cancelled" && result.reason, "shutdown");
    }
    strictEqual(signal.listenerCount, 0);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("that has aborted already lets nothing begin", async () => {
    const { clock, scheduler, log, work } = setUp();
    const signal = new CountingSignal();
    signal.abort("over");
    const tasks = scheduleAll(scheduler, work("never"), signal.asSignal());
    strictEqual(signal.added, 0);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
    await pass(clock, 2 * MINUTE, 10_000);
    deepStrictEqual(log, []);
    for (const task of tasks) {
      const result = await task.result;
      strictEqual(result.status === "cancelled" && result.reason, "over");
    }
  });

  it("has no listener of a task that has ended", async () => {
    const { clock, scheduler } = setUp();
    const signal = new CountingSignal();
    const options = { signal: signal.asSignal(), maxRuns: 3 };
    scheduler.after(5, () => {}, options).unwrap();
    scheduler.every(5, () => Promise.reject(new Error("503")), options)
      .unwrap();
    strictEqual(signal.listenerCount, 2);
    await pass(clock, 20);
    strictEqual(signal.listenerCount, 0);
    strictEqual(signal.added, 2);
  });
});

describe("TaskSchedulerOptions.onError", () => {
  it("may throw: that is an unhandled rejection, and the tasks go on", async () => {
    const thrown = [new Error("first"), new Error("second")];
    let errors = 0;
    const { clock, scheduler } = setUp({
      onError(): void {
        throw thrown[errors++];
      },
    });
    const failing = scheduler.every(5, () => {
      throw new Error("503");
    }, { maxRuns: 2 }).unwrap();
    const other = scheduler.every(5, () => {}, { maxRuns: 3 }).unwrap();
    const reasons = await reportedIn(() => pass(clock, 20));
    deepStrictEqual(reasons, thrown);
    strictEqual(failing.status, TaskStatus.FAILED);
    strictEqual(other.status, TaskStatus.COMPLETED);
    strictEqual(clock.pending, 0);
  });
});

/** A clock that tells of each timer whether it keeps the process alive. */
class ObservedClock extends ManualClock {
  readonly kept: Set<boolean> = new Set();
  timers = 0;
  readonly #live: Map<object, boolean> = new Map();

  /** Whether something keeps the process alive. */
  get keepsAlive(): boolean {
    return [...this.#live.values()].includes(true);
  }

  override setTimer(
    callback: () => void,
    delayMs: number,
    options?: TimerOptions,
  ): TimerHandle {
    this.timers++;
    const inner = super.setTimer(() => {
      this.#live.delete(inner);
      callback();
    }, delayMs);
    this.#live.set(inner, options?.background !== true);
    const cancel = (): void => {
      this.#live.delete(inner);
      inner.cancel();
    };
    return { cancel, [Symbol.dispose]: cancel };
  }
}

describe("ScheduleOptions.background", () => {
  it("lets the process exit while nothing else waits", async () => {
    const clock = new ObservedClock({ now: START });
    const { scheduler, work } = setUp({ clock });
    const background = true;
    scheduler.every(10, work("sweep"), { background }).unwrap();
    scheduler.cron(cron("@daily"), work("rotate"), { background }).unwrap();
    strictEqual(clock.keepsAlive, false);
    const awaited = scheduler.after(35, work("awaited")).unwrap();
    strictEqual(clock.keepsAlive, true); // Though the sweep comes first.
    await pass(clock, 25);
    strictEqual(clock.keepsAlive, true);
    await pass(clock, 10);
    strictEqual(awaited.status, TaskStatus.COMPLETED);
    strictEqual(clock.keepsAlive, false);
    const off = scheduler.at(START + DAY, work("off")).unwrap();
    strictEqual(clock.keepsAlive, true);
    off.cancel();
    strictEqual(clock.keepsAlive, false);
    strictEqual(clock.pending, 1);
    await scheduler.close();
    strictEqual(clock.pending, 0);
  });

  it("is off by default, for recurring tasks too", async () => {
    for (const task of ["after", "every"] as const) {
      const clock = new ObservedClock();
      const { scheduler, work } = setUp({ clock });
      scheduler[task](10, work("kept")).unwrap();
      strictEqual(clock.keepsAlive, true);
      await scheduler.close();
    }
  });
});

describe("The timer of a TaskScheduler", () => {
  it("is not set anew for each task that comes and goes", async () => {
    const clock = new ObservedClock({ now: START });
    const { scheduler, work } = setUp({ clock });
    scheduler.after(5, work("first")).unwrap();
    scheduler.at(START + DAY, work("date")).unwrap();
    for (let i = 0; i < 100; i++) {
      scheduler.after(1_000 - i, work("task")).unwrap().cancel();
      scheduler.at(START + HOUR, work("task")).unwrap().cancel();
    }
    strictEqual(clock.timers, 1);
    await scheduler.close();
    strictEqual(clock.pending, 0);
  });

  it("looks at the clock on the wall once a minute, only for dates", async () => {
    const clock = new ObservedClock({ now: START });
    const { scheduler, work } = setUp({ clock });
    const date = scheduler.at(START + DAY, work("date")).unwrap();
    clock.advance(10 * MINUTE);
    strictEqual(clock.timers, 11);
    date.cancel();
    scheduler.after(DAY, work("delay")).unwrap();
    clock.advance(10 * MINUTE);
    strictEqual(clock.timers, 12);
    await scheduler.close();
  });
});

describe("TaskScheduler.close()", () => {
  it("calls off what waits, lets runs end, and takes no more", async () => {
    const { clock, scheduler, log, work } = setUp();
    const running = scheduler.after(5, work("running", 50)).unwrap();
    const again = scheduler.every(5, work("again", 20)).unwrap();
    const waiting = scheduler.after(9, work("waiting")).unwrap();
    await pass(clock, 6);
    const closing = scheduler.close();
    strictEqual(scheduler.close({ drainMs: 1 }), closing);
    strictEqual(scheduler[Symbol.asyncDispose](), closing);
    const closed = watch(closing.then(() => true));
    strictEqual(waiting.status, TaskStatus.CANCELLED);
    const result = await waiting.result;
    ok(result.status === "cancelled" && TaskError.is(result.reason));
    strictEqual(result.reason.code, "TASK_QUEUE_CLOSED");

    const refused: Result<unknown, ScheduleError> = scheduler.after(
      1,
      work("late"),
    );
    strictEqual(refused.unwrapErr().code, "TASK_QUEUE_CLOSED");
    await pass(clock, 48);
    strictEqual(again.status, TaskStatus.COMPLETED);
    strictEqual(again.runs, 1);
    strictEqual(closed.value, undefined);
    await pass(clock, 1);
    strictEqual(running.status, TaskStatus.COMPLETED);
    strictEqual(closed.value, true);
    deepStrictEqual(log, ["5 running", "5 again"]);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("stops runs that take longer than drainMs, 30 s by default", async () => {
    for (const drainMs of [undefined, 0, 7]) {
      const { clock, scheduler } = setUp();
      let stoppedAt: number | undefined;
      const task = scheduler.every(5, ({ signal }) => {
        signal.addEventListener("abort", () => stoppedAt = clock.monotonic());
        return clock.sleep(HOUR, { signal });
      }).unwrap();
      await pass(clock, 5);
      const closed = watch(
        scheduler.close(drainMs === undefined ? {} : { drainMs })
          .then(() => true),
      );
      await pass(clock, 40_000, 1_000);
      strictEqual(closed.value, true);
      strictEqual(task.status, TaskStatus.CANCELLED);
      strictEqual(stoppedAt, 5 + (drainMs ?? 30_000));
      strictEqual(clock.pending, 0);
    }
  });

  it("abandons what does not stop", async () => {
    const { clock, scheduler } = setUp();
    const task = scheduler.after(5, () => new Promise(() => {})).unwrap();
    await pass(clock, 5);
    const closed = watch(scheduler.close({ drainMs: 0 }).then(() => true));
    await pass(clock, 999, 111);
    strictEqual(closed.value, undefined);
    await pass(clock, 1);
    strictEqual(closed.value, true);
    strictEqual(task.status, TaskStatus.CANCELLED);
    strictEqual(clock.pending, 0);
  });

  it("is the same promise when a task that stops asks again", async () => {
    const { clock, scheduler } = setUp();
    let again: Promise<void> | undefined;
    scheduler.after(5, ({ signal }) => {
      signal.addEventListener("abort", () => again = scheduler.close());
      return clock.sleep(HOUR, { signal });
    }).unwrap();
    await pass(clock, 5);
    const closing = scheduler.close({ drainMs: 0 });
    notStrictEqual(again, undefined);
    strictEqual(again, closing);
    await closing;
    strictEqual(clock.pending, 0);
  });

  it("keeps what is due at the same time from beginning", async () => {
    const { clock, scheduler, log, work } = setUp();
    scheduler.after(5, () => void scheduler.close()).unwrap();
    scheduler.after(5, work("late")).unwrap();
    await pass(clock, 10);
    deepStrictEqual(log, []);
    deepStrictEqual([scheduler.size, clock.pending], [0, 0]);
  });

  it("throws for a bad drainMs, and is open then", async () => {
    const { clock, scheduler, work } = setUp();
    for (const drainMs of [-1, NaN, "5" as unknown as number]) {
      throws(() => scheduler.close({ drainMs }), /option drainMs/);
    }
    const task = scheduler.after(5, work("task")).unwrap();
    await pass(clock, 5);
    strictEqual(task.status, TaskStatus.COMPLETED);
    await scheduler.close({ drainMs: Infinity });
    strictEqual(clock.pending, 0);
  });
});

// --- a model: ten seconds a step, and all tasks looked at in each

const STEP = 10_000;
const STEPS = 60;
const EXPRESSIONS = ["* * * * *", "*/2 * * * *", "1-59/3 * * * *"] as const;
const KINDS = ["after", "at", "fixed-rate", "fixed-delay", "cron"] as const;

/** What is scheduled; all times are in steps. */
interface Plan {
  readonly kind: typeof KINDS[number];
  readonly scheduledAt: number;
  readonly delay: number;
  readonly interval: number;
  readonly expression: typeof EXPRESSIONS[number];
  /** How long the runs take, by turns. */
  readonly durations: readonly number[];
  readonly maxRuns: number;
  readonly fails: boolean;
  /** Where it is past the end, it is not cancelled. */
  readonly cancelledAt: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constantFrom(...KINDS),
  scheduledAt: fc.nat(20),
  delay: fc.nat(25),
  interval: fc.integer({ min: 1, max: 9 }),
  expression: fc.constantFrom(...EXPRESSIONS),
  durations: fc.array(fc.integer({ min: 1, max: 14 }), {
    minLength: 1,
    maxLength: 4,
  }),
  maxRuns: fc.constantFrom(1, 2, 5, Infinity),
  fails: fc.boolean(),
  cancelledAt: fc.nat(2 * STEPS),
});

class ModelTask {
  readonly plan: Plan;
  readonly name: string;
  runs = 0;
  dueAt = 0;
  order = 0;
  endsAt = 0;
  state: "new" | "waiting" | "running" | "ended" = "new";

  constructor(plan: Plan, name: string) {
    this.plan = plan;
    this.name = name;
  }

  /** Whether the minute of a step is one of the expression; 6 steps a minute. */
  isDue(step: number): boolean {
    if (step % 6 !== 0) return false;
    const minute = step / 6;
    if (this.plan.expression === EXPRESSIONS[0]) return true;
    return this.plan.expression === EXPRESSIONS[1]
      ? minute % 2 === 0
      : minute % 3 === 1;
  }

  first(now: number): number {
    const { kind, delay } = this.plan;
    if (kind !== "cron") return now + delay;
    let step = now + 1;
    while (!this.isDue(step)) step++;
    return step;
  }

  next(now: number): number | undefined {
    const { kind, interval, maxRuns } = this.plan;
    if (kind === "after" || kind === "at" || this.runs === maxRuns) return;
    if (kind === "fixed-delay") return now + interval;
    let step = this.dueAt;
    do {
      step += kind === "cron" ? 1 : interval;
    } while (step < now || kind === "cron" && !this.isDue(step));
    return step;
  }
}

/** Tells which tasks begin in which step, in order. */
class Model {
  readonly tasks: readonly ModelTask[];
  readonly log: string[] = [];
  #count = 0;

  constructor(plans: readonly Plan[]) {
    this.tasks = plans.map((plan, i) => new ModelTask(plan, `t${i}`));
  }

  get waiting(): number {
    return this.tasks.filter(({ state }) => state === "waiting").length;
  }

  add(task: ModelTask, now: number): void {
    task.order = this.#count++;
    this.#wait(task, task.first(now));
  }

  #wait(task: ModelTask, dueAt: number): void {
    task.state = "waiting";
    task.dueAt = dueAt;
  }

  begin(now: number): void {
    const due = this.tasks.filter(({ state, dueAt }) =>
      state === "waiting" && dueAt <= now
    ).sort((a, b) => a.order - b.order);
    for (const task of due) {
      const { durations } = task.plan;
      task.endsAt = now + durations[task.runs++ % durations.length]!;
      task.state = "running";
      this.log.push(`${now} ${task.name}`);
    }
  }

  end(now: number): void {
    for (const task of this.tasks) {
      if (task.state !== "running" || task.endsAt !== now) continue;
      const dueAt = task.next(now);
      if (dueAt === undefined) task.state = "ended";
      else this.#wait(task, dueAt);
    }
  }

  /** All that happens in a step before anybody does anything. */
  step(now: number): void {
    this.begin(now);
    this.end(now);
    this.begin(now);
  }
}

/** The same plans, on a scheduler. */
class Real {
  readonly clock: ManualClock = new ManualClock({ now: START });
  readonly signals: readonly CountingSignal[];
  readonly tasks: (ScheduledTask | undefined)[];
  readonly log: string[] = [];
  readonly results: Watched<TaskResult<unknown>>[] = [];
  failures = 0;
  /** How many runs sleep: they have a timer each. */
  sleeping = 0;
  /** How many runs overlapped one of the same task. */
  overlaps = 0;
  readonly scheduler: TaskScheduler;

  constructor(plans: readonly Plan[]) {
    this.signals = plans.map(() => new CountingSignal());
    this.tasks = plans.map(() => undefined);
    const { clock } = this;
    const onError = (): number => this.failures++;
    this.scheduler = new TaskScheduler({ clock, onError });
  }

  schedule(plan: Plan, index: number): void {
    const { scheduler, clock } = this;
    const name = `t${index}`;
    let isRunning = false;
    let runs = 0;
    const work = async (): Promise<void> => {
      if (isRunning) this.overlaps++;
      isRunning = true;
      this.log.push(`${clock.monotonic() / STEP} ${name}`);
      const duration = plan.durations[runs++ % plan.durations.length]!;
      this.sleeping++;
      await clock.sleep(duration * STEP);
      this.sleeping--;
      isRunning = false;
      if (plan.fails) throw new Error("503");
    };
    const options = {
      name,
      signal: this.signals[index]!.asSignal(),
      maxRuns: plan.maxRuns,
      retry: { maxAttempts: 1, abandonAfterMs: 0 },
    };
    const delayMs = plan.delay * STEP;
    const intervalMs = plan.interval * STEP;
    let result: Result<ScheduledTask, ScheduleError>;
    switch (plan.kind) {
      case "after":
        result = scheduler.after<unknown>(delayMs, work, options);
        break;
      case "at":
        result = scheduler.at<unknown>(clock.now() + delayMs, work, options);
        break;
      case "cron":
        result = scheduler.cron<unknown>(cron(plan.expression), work, options);
        break;
      default: {
        const { kind: mode } = plan;
        const more = { ...options, mode, initialDelayMs: delayMs };
        result = scheduler.every<unknown>(intervalMs, work, more);
      }
    }
    const task = this.tasks[index] = result.unwrap();
    this.results.push(watch(task.result));
  }

  /** Rings what is due now, and lets promises settle. */
  async settle(): Promise<void> {
    await flush();
    this.clock.advance(0);
    await flush();
  }
}

/** Does what the plans say in a step. */
async function act(model: Model, real: Real, step: number): Promise<void> {
  model.tasks.forEach((task, i) => {
    const { scheduledAt, cancelledAt } = task.plan;
    if (scheduledAt === step) {
      real.schedule(task.plan, i);
      model.add(task, step);
    } else if (cancelledAt === step && task.state !== "new") {
      const isLive = task.state !== "ended";
      strictEqual(real.tasks[i]!.cancel("model"), isLive);
      task.state = "ended";
    }
  });
  await real.settle();
  model.begin(step);
}

/** Goes through the steps, and compares after each. */
async function playTo(
  end: number,
  model: Model,
  real: Real,
  compare: () => void = (): void => {},
): Promise<void> {
  for (let step = 0; step <= end; step++) {
    if (step > 0) {
      real.clock.advance(STEP);
      await real.settle();
      model.step(step);
    }
    await act(model, real, step);
    compare();
  }
}

describe("A TaskScheduler and its model", () => {
  it("TS1 tasks of all kinds run at the model's times, in its order, over one timer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plans, { minLength: 1, maxLength: 8 }),
        async (all) => {
          const model = new Model(all);
          const real = new Real(all);
          await playTo(STEPS, model, real, () => {
            deepStrictEqual(real.log, model.log);
            strictEqual(
              real.clock.pending - real.sleeping,
              model.waiting > 0 ? 1 : 0,
            );
            for (const [i, task] of model.tasks.entries()) {
              const found = real.tasks[i];
              strictEqual(found?.runs ?? 0, task.runs);
              const isWaiting = task.state === "waiting";
              strictEqual(found?.status === "scheduled", isWaiting);
              if (!isWaiting) continue;
              strictEqual(found!.nextRunAt, START + task.dueAt * STEP);
            }
          });
          strictEqual(real.overlaps, 0);
          await real.scheduler.close({ drainMs: 0 });
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("TS2 after close() at any point there is no timer, no listener, no run, nothing pending", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plans, { minLength: 1, maxLength: 8 }),
        fc.nat(40),
        fc.constantFrom(0, STEP, 5 * STEP, Infinity),
        async (all, closedAt, drainMs) => {
          const model = new Model(all);
          const real = new Real(all);
          await playTo(closedAt, model, real);
          const running = real.tasks.filter((task) =>
            task?.status === "running"
          );
          const runs = real.log.length;
          const closed = watch(
            real.scheduler.close({ drainMs }).then(() => true),
          );
          await real.settle();
          if (running.length === 0 || drainMs === 0) {
            strictEqual(closed.value, true);
            strictEqual(real.clock.pending, real.sleeping); // What ignores the signal.
          }
          for (let i = 0; i < 15; i++) {
            real.clock.advance(STEP);
            await real.settle();
          }
          strictEqual(closed.value, true);
          strictEqual(real.log.length, runs);
          strictEqual(real.scheduler.size, 0);
          strictEqual(real.clock.pending, 0);
          for (const { listenerCount } of real.signals) {
            strictEqual(listenerCount, 0);
          }
          for (const { value } of real.results) {
            notStrictEqual(value, undefined);
          }
          // Those that had the time for it came to an end of their own.
          for (const task of running) {
            const isCut = task!.status === "cancelled";
            if (drainMs === 0) strictEqual(isCut, true);
            if (drainMs === Infinity) strictEqual(isCut, false);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  interface CronStep {
    readonly waitSteps: number;
    readonly setMs: number;
  }
  const JOBS = [
    { expression: "* * * * *", holdMs: MINUTE },
    { expression: "0 * * * *", holdMs: HOUR },
    { expression: "0 0 * * *", holdMs: 3 * HOUR },
  ] as const;
  const jumps: fc.Arbitrary<CronStep> = fc.record({
    waitSteps: fc.integer({ min: 6, max: 20 }),
    setMs: fc.oneof(
      fc.integer({ min: -90, max: 90 }).map((s) => s * 1_000),
      fc.integer({ min: -300, max: 300 }).map((min) => min * MINUTE),
    ),
  });

  it("TS3 however the date is set, cron never runs early, never twice for a time unless it was held up too long, and within a minute of its time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...JOBS),
        fc.array(jumps, { minLength: 1, maxLength: 6 }),
        async ({ expression, holdMs }, all) => {
          const { clock, scheduler } = setUp();
          clock.setNow(START + 11 * HOUR + 59 * MINUTE);
          const schedule = cron(expression);
          let dueAt: number | undefined;
          let lastDueAt = clock.now();
          const task = scheduler.cron(schedule, () => {
            const now = clock.now();
            ok(dueAt! <= now, "early");
            ok(schedule.matches(dueAt!));
            // The same again, or earlier, only where it would have to wait.
            const isRepeated = dueAt! <= lastDueAt;
            ok(!isRepeated || lowest <= lastDueAt - holdMs, "twice");
            lastDueAt = dueAt!;
            lowest = now;
          }).unwrap();
          /** The earliest wall time since the last run. */
          let lowest = clock.now();
          for (const { waitSteps, setMs } of all) {
            clock.setNow(clock.now() + setMs);
            lowest = Math.min(lowest, clock.now());
            for (let i = 0; i < waitSteps; i++) {
              dueAt = task.nextRunAt;
              clock.advance(STEP);
              await flush();
              dueAt = task.nextRunAt;
              clock.advance(0);
              await flush();
            }
            // A minute has passed, so that it has noticed.
            const now = clock.now();
            const isHeld = lastDueAt - now < holdMs &&
              task.nextRunAt === schedule.next(lastDueAt);
            ok(task.nextRunAt! > now, "late");
            ok(isHeld || task.nextRunAt === schedule.next(now), "off time");
          }
          await scheduler.close();
        },
      ),
      { numRuns: RUNS },
    );
  });
});
