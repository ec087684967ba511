import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { SleepOptions } from "../src/clock.ts";
import { type TaskError, ValidationError } from "../src/errors.ts";
import {
  type Job,
  type JobQueue,
  type JobQueueLimits,
  type PriorityJob,
  PriorityJobQueue,
} from "../src/job_queue.ts";
import {
  type JobAttemptEvent,
  type JobContext,
  JobRunner,
  type JobRunnerOptions,
  type Worker,
} from "../src/job_runner.ts";
import type { Awaitable } from "../src/protocols.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { TaskStatus } from "../src/status.ts";
import { RetryableTask, type Task, type TaskFailure } from "../src/task.ts";
import { ManualClock } from "../src/testing.ts";
import {
  CountingSignal,
  type Equal,
  expectType,
  watch,
  type Watched,
} from "./foundation_support.ts";
import { hearUnhandled } from "./unhandled_support.ts";

/** How many cases the model-based properties run. */
const MODEL_RUNS = 3_000;

/** Lets promises settle that wait for nothing but each other. */
async function flush(ticks = 20): Promise<void> {
  for (let i = 0; i < ticks; i++) await undefined;
}

/** Moves the clock on by whole ms, and lets promises settle before and after each. */
async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  await flush();
  for (let i = 0; i < durationMs; i++) {
    clock.advance(1);
    await flush();
  }
}

type Output = string | undefined;
type AnyJob = PriorityJob<string, number, Output>;
type Queue = PriorityJobQueue<string, number, Output>;
type Context = JobContext<string, Output>;
type AnyWorker = Worker<string, Output>;

interface Bench {
  readonly clock: ManualClock;
  readonly queue: Queue;
  readonly runner: JobRunner<string, Output>;
  /** What `onError` was told. */
  readonly errors: { readonly error: TaskFailure; readonly job: unknown }[];
  /** Adds a job that must be taken. */
  readonly add: (
    payload: string,
    options?: Parameters<Queue["enqueue"]>[1],
  ) => AnyJob;
}

/** A runner with a queue and a clock of its own. */
function bench(
  worker: AnyWorker | Task<string, Output>,
  options: Partial<JobRunnerOptions<string, Output>> = {},
  limits: JobQueueLimits = {},
): Bench {
  const clock = new ManualClock({ now: 1_000_000 });
  const queue: Queue = new PriorityJobQueue({ clock, ...limits });
  const errors: Bench["errors"] = [];
  const runner = new JobRunner(queue, worker, {
    clock,
    onError: (error, job) => errors.push({ error, job }),
    ...options,
  });
  const add: Bench["add"] = (payload, jobOptions) =>
    queue.enqueue(payload, jobOptions).unwrap();
  return { clock, queue, runner, errors, add };
}

/** Closes the runner, and looks that nothing is left. */
async function closeBench({ runner, clock, queue }: Bench): Promise<void> {
  const closed = watch(runner.close({ drainMs: 0 }));
  await pass(clock, 0);
  clock.advance(0);
  await flush();
  strictEqual(closed.isSettled, true, "it has not closed");
  strictEqual(clock.pending, 0, "a timer is left");
  strictEqual(queue.size, 0);
  strictEqual(runner.running, 0);
}

/** Work that stops when it is told, and else never. */
function untilStopped(
  _: string,
  { clock, signal }: { clock: Context["clock"]; signal: AbortSignal },
): Promise<undefined> {
  return clock.sleep(Infinity, { signal }) as Promise<undefined>;
}

/** Work that goes on whatever it is told. */
function deaf(): Promise<never> {
  return new Promise(() => {});
}

/** Work that succeeds or fails from outside. */
class Gate {
  readonly started: string[] = [];
  readonly contexts: Context[] = [];
  readonly #open = new Map<string, PromiseWithResolvers<Output>>();

  readonly worker: AnyWorker = (payload, context) => {
    this.started.push(payload);
    this.contexts.push(context);
    const gate = Promise.withResolvers<Output>();
    this.#open.set(payload, gate);
    return gate.promise;
  };

  async pass(payload: string): Promise<void> {
    this.#open.get(payload)!.resolve(payload);
    await flush();
  }

  async fail(payload: string, error: unknown): Promise<void> {
    this.#open.get(payload)!.reject(error);
    await flush();
  }
}

// --- a model: what waits, in the order in which it is to start

interface Entry {
  readonly job: AnyJob;
  readonly rank: number;
  readyAt: number;
  /** Whether we called it off before it was finished. */
  isCancelled: boolean;
  starts: number;
}

/** What an attempt does. */
interface Script {
  readonly way: "throws" | "returns" | "resolves" | "rejects" | "errs";
  readonly delayMs: number;
  /** What it does as its first act. */
  readonly act: Act | undefined;
}

type Act =
  | { readonly do: "enqueue"; readonly rank: number; readonly delayMs: number }
  | { readonly do: "cancel"; readonly index: number }
  | { readonly do: "concurrency"; readonly to: number }
  | { readonly do: "pause" | "resume" };

type Move =
  | Act
  | { readonly do: "go on" }
  | { readonly do: "advance"; readonly byMs: number };

/** What an attempt fails with; it says how the model goes on. */
class Failure extends Error {
  readonly entry: Entry;
  readonly delayMs: number;

  constructor(entry: Entry, delayMs: number) {
    super("as told");
    this.entry = entry;
    this.delayMs = delayMs;
  }
}

interface Setup {
  readonly concurrency: number;
  readonly agingMsPerLevel: number;
  readonly maxAttempts: number;
  readonly scripts: readonly Script[];
}

class Simulation {
  readonly #s: fc.Scheduler;
  readonly #setup: Setup;
  readonly #clock = new ManualClock();
  readonly #queue: Queue;
  readonly #runner: JobRunner<string, Output>;
  readonly #all: Entry[] = [];
  readonly #byJob = new Map<unknown, Entry>();
  readonly #results: Watched<Result<Output, TaskFailure>>[] = [];
  readonly #failed: unknown[] = [];
  #ready: Entry[] = [];
  #delayed: { readonly entry: Entry; readonly dueAt: number }[] = [];
  #inFlight = 0;
  #attempts = 0;
  #isSealed = false;
  #isClosed = false;
  /** What went wrong where throwing would be taken for the job's failure. */
  #complaint: unknown;

  constructor(s: fc.Scheduler, setup: Setup) {
    this.#s = s;
    this.#setup = setup;
    const clock = this.#clock;
    const { agingMsPerLevel, concurrency, maxAttempts } = setup;
    this.#queue = new PriorityJobQueue({ clock, agingMsPerLevel });
    this.#runner = new JobRunner<string, Output>(
      this.#queue,
      (payload, context) => this.#work(payload, context),
      {
        clock,
        concurrency,
        abandonAfterMs: Infinity,
        retry: {
          maxAttempts,
          shouldRetry: (error) => this.#again(error as Failure),
        },
        onError: (_, job) => this.#failed.push(job),
      },
    );
  }

  #keyOf({ rank, readyAt }: Entry): number {
    const { agingMsPerLevel } = this.#setup;
    return agingMsPerLevel === 0 ? rank : readyAt + rank * agingMsPerLevel;
  }

  #place(entry: Entry, readyAt: number): void {
    entry.readyAt = readyAt;
    const key = this.#keyOf(entry);
    const index = this.#ready.findIndex((it) => this.#keyOf(it) > key);
    this.#ready.splice(index < 0 ? this.#ready.length : index, 0, entry);
  }

  #promote(): void {
    const now = this.#clock.monotonic();
    const due = this.#delayed.filter(({ dueAt }) => dueAt <= now);
    this.#delayed = this.#delayed.filter(({ dueAt }) => dueAt > now);
    due.sort((a, b) => a.dueAt - b.dueAt);
    for (const { entry, dueAt } of due) this.#place(entry, dueAt);
  }

  #wait(entry: Entry, delayMs: number): void {
    this.#promote();
    const now = this.#clock.monotonic();
    if (delayMs > 0) this.#delayed.push({ entry, dueAt: now + delayMs });
    else this.#place(entry, now);
  }

  #withdraw(entry: Entry): void {
    this.#ready = this.#ready.filter((it) => it !== entry);
    this.#delayed = this.#delayed.filter((it) => it.entry !== entry);
  }

  /** An assertion where what is thrown would be the job's failure. */
  #insist(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#complaint ??= error;
    }
  }

  #start(entry: Entry, context: Context): void {
    const { job } = entry;
    this.#promote();
    this.#insist(() => {
      strictEqual(entry, this.#ready[0], "it is not the first that is ready");
      strictEqual(entry.isCancelled, false, "it was cancelled");
      strictEqual(this.#runner.isPaused, false, "it is paused");
      strictEqual(job.status, TaskStatus.RUNNING);
      strictEqual(context.job, job);
      strictEqual(context.attempt, ++entry.starts);
      ok(context.attempt <= this.#setup.maxAttempts);
    });
    this.#withdraw(entry);
    this.#inFlight++;
    this.#insist(() => {
      ok(this.#inFlight <= this.#runner.concurrency, "too many run");
    });
  }

  async #finish(entry: Entry, { way, delayMs }: Script): Promise<
    Result<Output, Failure>
  > {
    await this.#s.schedule(Promise.resolve(), entry.job.payload);
    this.#inFlight--;
    if (way === "errs") return err(new Failure(entry, delayMs));
    if (way === "rejects") throw new Failure(entry, delayMs);
    return okOf(entry.job.payload);
  }

  #work(
    payload: string,
    context: Context,
  ): Awaitable<Output | Result<Output, unknown>> {
    const { scripts } = this.#setup;
    const script = scripts[this.#attempts++ % scripts.length]!;
    const entry = this.#byJob.get(context.job)!;
    this.#start(entry, context);
    if (script.act !== undefined) this.#insist(() => this.act(script.act!));
    if (script.way === "throws") {
      this.#inFlight--;
      throw new Failure(entry, script.delayMs);
    }
    if (script.way === "returns") {
      this.#inFlight--;
      return payload;
    }
    return this.#finish(entry, script);
  }

  #again({ entry, delayMs }: Failure): { readonly delayMs: number } {
    this.#insist(() => strictEqual(entry.isCancelled, false));
    if (this.#isClosed) entry.isCancelled = true;
    else this.#wait(entry, delayMs);
    return { delayMs };
  }

  act(act: Act): void {
    switch (act.do) {
      case "enqueue":
        return this.#enqueue(act.rank, act.delayMs);
      case "cancel":
        return this.#cancel(act.index);
      case "concurrency":
        this.#runner.concurrency = act.to;
        return;
      default:
        this.#runner[act.do]();
    }
  }

  #enqueue(rank: number, delayMs: number): void {
    if (this.#all.length > 40) return; // Jobs that add jobs come to an end.
    const payload = `job ${this.#all.length}`;
    const result = this.#queue.enqueue(payload, { priority: rank, delayMs });
    if (this.#isSealed) {
      strictEqual(result.unwrapErr().code, "TASK_QUEUE_CLOSED");
      return;
    }
    const job = result.unwrap();
    strictEqual(this.#byJob.has(job), false);
    strictEqual(job.attempts, 0, "it has started at once");
    const entry: Entry = {
      job,
      rank,
      readyAt: 0,
      isCancelled: false,
      starts: 0,
    };
    this.#all.push(entry);
    this.#byJob.set(job, entry);
    this.#results.push(watch(job.result));
    this.#wait(entry, delayMs);
  }

  #cancel(index: number): void {
    const entry = this.#all[index % Math.max(1, this.#all.length)];
    if (entry === undefined) return;
    const isUnfinished = UNFINISHED.includes(entry.job.status);
    strictEqual(entry.job.cancel("why"), isUnfinished);
    if (!isUnfinished) return;
    entry.isCancelled = true;
    this.#withdraw(entry);
  }

  async move(move: Move): Promise<void> {
    if (move.do === "advance") this.#clock.advance(move.byMs);
    else if (move.do !== "go on") this.act(move);
    else if (this.#s.count() > 0) await this.#s.waitOne();
    await this.checkAtRest();
  }

  /** What holds whenever nothing happens. */
  async checkAtRest(): Promise<void> {
    await flush(60);
    this.#promote();
    if (this.#complaint !== undefined) throw this.#complaint;
    const { isPaused, running, concurrency } = this.#runner;
    strictEqual(running, this.#inFlight, "running");
    strictEqual(this.#queue.size, this.#ready.length + this.#delayed.length);
    ok(
      isPaused || running >= concurrency || this.#ready.length === 0,
      "a job waits that could run",
    );
    const isStopped = ({ job, isCancelled }: Entry): boolean =>
      isCancelled && job.status === TaskStatus.RUNNING;
    const stopped = this.#all.filter(isStopped).length;
    // The alarm, and one for each that was told to stop and has not yet.
    ok(this.#clock.pending <= 1 + stopped, "there are too many timers");
  }

  /** Lets go on what can, until nothing does. */
  async #exhaust(ended: Watched<void>): Promise<void> {
    for (let i = 0; i < 2_000; i++) {
      await flush(60);
      const isIdle = this.#runner.running === 0 && this.#queue.size === 0;
      ok(isIdle || !ended.isSettled, "it was done too soon");
      if (this.#s.count() > 0) await this.#s.waitOne();
      else if (this.#queue.size > 0) {
        if (this.#runner.isPaused) this.#runner.resume();
        this.#clock.advance(1);
      } else return;
    }
    throw new Error("it goes on and on");
  }

  async end(way: "idle" | "drain" | "close", drainMs: number): Promise<void> {
    let ended: Watched<void>;
    this.#isSealed = way !== "idle";
    if (way === "close") {
      this.#isClosed = true;
      for (const { entry } of this.#delayed) entry.isCancelled = true;
      for (const entry of this.#ready) entry.isCancelled = true;
      this.#ready = [];
      this.#delayed = [];
      ended = watch(this.#runner.close({ drainMs }));
      await flush();
      this.#clock.advance(drainMs);
    } else {
      ended = watch(this.#runner[way]());
    }
    await this.#exhaust(ended);
    await this.checkAtRest();
    strictEqual(ended.isSettled, true, `${way}() is pending`);
    const closed = watch(this.#runner.close());
    await flush();
    strictEqual(closed.isSettled, true, "close() is pending");
    strictEqual(this.#clock.pending, 0, "a timer is left");
    this.#checkResults(way);
  }

  #checkResults(way: string): void {
    const failed: unknown[] = [];
    for (const [i, { job, isCancelled, starts }] of this.#all.entries()) {
      const { isSettled, value } = this.#results[i]!;
      strictEqual(isSettled, true, `the result of ${job.payload} is pending`);
      strictEqual(job.attempts, starts);
      if (isCancelled) strictEqual(job.status, TaskStatus.CANCELLED);
      else if (way !== "close") ok(job.status !== TaskStatus.CANCELLED);
      if (value!.ok) strictEqual(value!.value, job.payload);
      if (job.status === TaskStatus.FAILED) failed.push(job);
    }
    strictEqual(this.#failed.length, failed.length, "onError");
    strictEqual(new Set([...failed, ...this.#failed]).size, failed.length);
  }
}

const UNFINISHED: readonly TaskStatus[] = [
  TaskStatus.PENDING,
  TaskStatus.SCHEDULED,
  TaskStatus.RUNNING,
  TaskStatus.RETRYING,
];

const delays = fc.constantFrom(0, 0, 0, 1, 2, 5);

const enqueues = fc.record({
  do: fc.constant("enqueue" as const),
  rank: fc.integer({ min: -1, max: 2 }),
  delayMs: delays,
});

const acts: fc.Arbitrary<Act> = fc.oneof(
  { arbitrary: enqueues, weight: 4 },
  fc.record({ do: fc.constant("cancel" as const), index: fc.nat(30) }),
  fc.record({
    do: fc.constant("concurrency" as const),
    to: fc.constantFrom(1, 2, 3, Infinity),
  }),
  fc.constantFrom({ do: "pause" as const }, { do: "resume" as const }),
);

const moves: fc.Arbitrary<Move> = fc.oneof(
  { arbitrary: enqueues, weight: 3 },
  { arbitrary: acts, weight: 3 },
  { arbitrary: fc.constant({ do: "go on" as const }), weight: 3 },
  fc.record({ do: fc.constant("advance" as const), byMs: fc.nat(4) }),
);

const setups: fc.Arbitrary<Setup> = fc.record({
  concurrency: fc.constantFrom(1, 1, 2, 3),
  agingMsPerLevel: fc.constantFrom(0, 0, 2.5),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  scripts: fc.array(
    fc.record({
      way: fc.constantFrom(
        "resolves" as const,
        "resolves" as const,
        "rejects" as const,
        "errs" as const,
        "throws" as const,
        "returns" as const,
      ),
      delayMs: delays,
      act: fc.option(acts, { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
});

describe("JobRunner", () => {
  it("P17: starts the first that is ready, as many as may, and settles all (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        setups,
        fc.array(moves, { maxLength: 30, size: "max" }),
        fc.constantFrom("idle", "drain", "close"),
        fc.nat(3),
        async (s, setup, list, way, drainMs) => {
          const simulation = new Simulation(s, setup);
          for (const move of list) await simulation.move(move);
          await simulation.end(way, drainMs);
        },
      ),
      { numRuns: MODEL_RUNS },
    );
  });

  it("P17: settles all and leaves nothing, with time-outs and abandoned work (property)", async () => {
    const behaviours = fc.record({
      takesMs: fc.constantFrom(0, 1, 3, 6, Infinity),
      heeds: fc.boolean(),
      fails: fc.boolean(),
      cancelAtMs: fc.constantFrom(undefined, undefined, 0, 2, 5),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviours, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 2, 4),
        fc.constantFrom(2, 4, Infinity),
        async (list, concurrency, abandonAfterMs, attemptTimeoutMs) => {
          let inFlight = 0;
          let most = 0;
          const subject = bench(async (payload, { clock, signal }) => {
            const { takesMs, heeds, fails } = list[Number(payload)]!;
            let isCounted = true;
            const leave = (): void => {
              if (isCounted) inFlight--;
              isCounted = false;
            };
            most = Math.max(most, ++inFlight);
            // One that is abandoned gives its place up then.
            signal.addEventListener("abort", () => {
              clock.setTimer(leave, abandonAfterMs);
              if (abandonAfterMs === 0) leave();
            });
            const options: SleepOptions = heeds ? { signal } : {};
            try {
              if (takesMs > 0) await clock.sleep(takesMs, options);
            } finally {
              leave();
            }
            if (fails) throw new Error(payload);
            return payload;
          }, {
            concurrency,
            abandonAfterMs,
            attemptTimeoutMs,
            retry: { maxAttempts: 2, baseDelayMs: 2, jitter: false },
          });
          const { clock, queue, runner, errors } = subject;
          const results = list.map(({ cancelAtMs }, i) => {
            const job = subject.add(String(i));
            if (cancelAtMs !== undefined) {
              clock.setTimer(() => void job.cancel("why"), cancelAtMs);
            }
            return [job, watch(job.result)] as const;
          });
          await flush(60);
          for (let i = 0; i < 60; i++) {
            ok(runner.running <= concurrency, "too many run");
            clock.advance(1);
            await flush();
          }
          const isDone = queue.size === 0 && runner.running === 0;
          const closed = watch(runner.close({ drainMs: 1 }));
          await pass(clock, 12);
          strictEqual(closed.isSettled, true, "close() is pending");
          ok(most <= concurrency, "too many were at work");
          const failed = new Set<TaskStatus>([
            TaskStatus.FAILED,
            TaskStatus.TIMED_OUT,
          ]);
          const expected = results.filter(([job]) => failed.has(job.status));
          strictEqual(errors.length, expected.length, "onError");
          for (const [i, [job, result]] of results.entries()) {
            strictEqual(result.isSettled, true, "a result is pending");
            const { takesMs, fails } = list[i]!;
            if (isDone && takesMs < attemptTimeoutMs && !fails) {
              ok([TaskStatus.COMPLETED, TaskStatus.CANCELLED]
                .includes(job.status as "completed"));
            }
            if (takesMs === Infinity) ok(!result.value!.ok);
          }
          // Only sleeps of abandoned work may be left, never one of the runner's.
          const deafs = list.filter(({ heeds }) => !heeds).length;
          ok(clock.pending <= 2 * deafs, "a timer is left");
        },
      ),
      { numRuns: 300 },
    );
  });

  describe("start", () => {
    it("is never within enqueue(), and without any other push", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker);
      await flush();
      subject.add("a");
      deepStrictEqual(gate.started, []);
      strictEqual(subject.runner.running, 0);
      await flush();
      deepStrictEqual(gate.started, ["a"]);
      strictEqual(subject.runner.running, 1);
      await gate.pass("a");
      strictEqual(subject.runner.running, 0);
      await closeBench(subject);
    });

    it("waits for all that is enqueued along with the first, so that the most urgent goes first", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker);
      subject.add("b", { priority: 1 });
      subject.add("c", { priority: 2 });
      subject.add("a", { priority: 0 });
      for (const payload of ["a", "b", "c"]) {
        await flush();
        await gate.pass(payload);
      }
      deepStrictEqual(gate.started, ["a", "b", "c"]);
      await closeBench(subject);
    });

    it("takes what was in the queue before", async () => {
      const queue: Queue = new PriorityJobQueue();
      const job = queue.enqueue("a").unwrap();
      const options = { onError: (): void => {} };
      const runner = new JobRunner(queue, (payload) => payload, options);
      strictEqual(job.status, TaskStatus.PENDING);
      await flush();
      strictEqual(job.status, TaskStatus.COMPLETED);
      await runner.close();
    });

    it("is at the time of a delayed job, by one timer", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker, { concurrency: 3 });
      const { clock } = subject;
      subject.add("late", { delayMs: 20 });
      subject.add("soon", { delayMs: 10 });
      await flush();
      strictEqual(clock.pending, 1);
      await pass(clock, 9);
      deepStrictEqual(gate.started, []);
      await pass(clock, 1);
      deepStrictEqual(gate.started, ["soon"]);
      strictEqual(clock.pending, 1);
      subject.add("sooner", { delayMs: 5 });
      await pass(clock, 5);
      deepStrictEqual(gate.started, ["soon", "sooner"]);
      await pass(clock, 5);
      strictEqual(gate.started.at(-1), "late");
      strictEqual(clock.pending, 0);
      await Promise.all(["late", "soon", "sooner"].map((it) => gate.pass(it)));
      await closeBench(subject);
    });

    it("needs no timer once the delayed job is cancelled", async () => {
      const subject = bench(new Gate().worker);
      const job = subject.add("a", { delayMs: 10 });
      const idle = watch(subject.runner.idle());
      await flush();
      strictEqual(subject.clock.pending, 1);
      job.cancel();
      await flush();
      strictEqual(subject.clock.pending, 0);
      strictEqual(idle.isSettled, true);
    });

    it("is limited by the concurrency, which can change", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker, { concurrency: 2 });
      const { runner } = subject;
      for (const payload of "abcdefg") subject.add(payload);
      await flush();
      deepStrictEqual(gate.started.join(""), "ab");
      runner.concurrency = 4;
      strictEqual(runner.concurrency, 4);
      strictEqual(runner.running, 2);
      await flush();
      strictEqual(gate.started.join(""), "abcd");
      runner.concurrency = 1;
      for (const payload of "abc") await gate.pass(payload);
      strictEqual(gate.started.join(""), "abcd");
      await gate.pass("d");
      strictEqual(gate.started.join(""), "abcde");
      runner.concurrency = Infinity;
      await flush();
      strictEqual(gate.started.join(""), "abcdefg");
      strictEqual(runner.running, 3);
      for (const payload of "efg") await gate.pass(payload);
      await closeBench(subject);
    });

    for (const concurrency of [0, -1, 1.5, NaN, -Infinity, "2", null]) {
      it(`refuses a concurrency of ${typeof concurrency} ${concurrency}, and keeps the last`, async () => {
        const bad = { concurrency: concurrency as number };
        throws(() => bench(deaf, bad), ValidationError);
        const subject = bench(deaf, { concurrency: 3 });
        throws(
          () => subject.runner.concurrency = bad.concurrency,
          ValidationError,
        );
        strictEqual(subject.runner.concurrency, 3);
        await closeBench(subject);
      });
    }

    it("refuses what it cannot run with", () => {
      const queue: Queue = new PriorityJobQueue();
      const onError = (): void => {};
      const bads: readonly Partial<JobRunnerOptions<string, Output>>[] = [
        { attemptTimeoutMs: NaN },
        { attemptTimeoutMs: -1 },
        { abandonAfterMs: NaN },
        { abandonAfterMs: "5" as never },
        { onError: undefined as never },
        { retry: { maxAttempts: 0 } },
      ];
      for (const bad of bads) {
        throws(
          () => new JobRunner(queue, deaf, { onError, ...bad }),
          ValidationError,
        );
      }
      for (const worker of [undefined, null, {}, "run", { run: deaf }]) {
        throws(
          () => new JobRunner(queue, worker as never, { onError }),
          ValidationError,
        );
      }
      // None of them has become the queue's runner; the second would be two.
      const runner = new JobRunner(queue, deaf, { onError });
      throws(() => new JobRunner(queue, deaf, { onError }), ValidationError);
      return runner.close();
    });
  });

  describe("outcome", () => {
    const WORKERS: Readonly<Record<string, AnyWorker>> = {
      "a value": (payload) => payload,
      "an Ok": (payload) => okOf(payload),
      "a promise of a value": (payload) => Promise.resolve(payload),
      "a promise of an Ok": (payload) => Promise.resolve(okOf(payload)),
      "a thenable": (payload) => ({
        // deno-lint-ignore no-explicit-any -- stands for a foreign promise
        then: (resolve: any) => resolve(payload),
      } as Promise<string>),
    };
    for (const [name, worker] of Object.entries(WORKERS)) {
      it(`is the output where the worker gives ${name}`, async () => {
        const subject = bench(worker);
        const job = subject.add("a");
        const result = watch(job.result);
        await flush();
        strictEqual(result.value?.unwrap(), "a");
        strictEqual(job.status, TaskStatus.COMPLETED);
        deepStrictEqual(subject.errors, []);
        await closeBench(subject);
      });
    }

    const why = new Error("why");
    const FAILING: Readonly<Record<string, AnyWorker>> = {
      "throws": () => {
        throw why;
      },
      "rejects": () => Promise.reject(why),
      "returns an Err": () => err(why),
      "resolves to an Err": () => Promise.resolve(err(why)),
    };
    for (const [name, worker] of Object.entries(FAILING)) {
      it(`is a failure where the worker ${name}, told once to onError, and the next starts`, async () => {
        const subject = bench(worker);
        const job = subject.add("a");
        const next = subject.add("b");
        const result = watch(job.result);
        await flush();
        const error = result.value!.unwrapErr();
        strictEqual(error.code, "TASK_EXECUTION_FAILED");
        strictEqual(error.cause, why);
        strictEqual(job.status, TaskStatus.FAILED);
        strictEqual(next.status, TaskStatus.FAILED);
        deepStrictEqual(subject.errors.map((it) => it.job), [job, next]);
        strictEqual(subject.errors[0]?.error, error);
        await closeBench(subject);
      });
    }

    it("is undefined where the worker gives nothing", async () => {
      const subject = bench(() => undefined);
      const result = watch(subject.add("a").result);
      await flush();
      strictEqual(result.value?.ok, true);
      strictEqual(result.value.unwrap(), undefined);
      await closeBench(subject);
    });

    it("comes from a Task, which keeps its this", async () => {
      class Shout implements Task<string, Output> {
        readonly name = "shout";
        readonly #end = "!";
        run(input: string, { attempt }: { attempt: number }): string {
          return `${input}${this.#end} ${attempt}`;
        }
      }
      const subject = bench(new Shout());
      const result = watch(subject.add("a").result);
      await flush();
      strictEqual(result.value?.unwrap(), "a! 1");
      await closeBench(subject);
    });

    it("comes from a RetryableTask, whose retries are within one attempt of the job", async () => {
      const clock = new ManualClock();
      const attempts: number[] = [];
      const task = new RetryableTask<string, Output>((input, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("busy");
        return input;
      }, { clock, baseDelayMs: 10, jitter: false });
      const subject = bench(task, { clock });
      const job = subject.add("a");
      const result = watch(job.result);
      await pass(clock, 30);
      strictEqual(result.value?.unwrap(), "a");
      deepStrictEqual(attempts, [1, 2, 3]);
      strictEqual(job.attempts, 1);
      await closeBench(subject);
    });

    it("of a RetryableTask that is called off is cancelled, and ends its wait", async () => {
      const clock = new ManualClock();
      const task = new RetryableTask<string, Output>(() => {
        throw new Error("busy");
      }, { clock, baseDelayMs: 10, jitter: false });
      const subject = bench(task, { clock });
      const job = subject.add("a");
      const result = watch(job.result);
      await flush();
      job.cancel("why");
      await flush();
      const error = result.value!.unwrapErr();
      deepStrictEqual([error.code, error.cause], ["TASK_CANCELLED", "why"]);
      await closeBench(subject);
    });
  });

  describe("retries", () => {
    const busy = new Error("busy");
    const failing: AnyWorker = () => {
      throw busy;
    };

    it("come after exact delays, and free the place meanwhile", async () => {
      const started: string[] = [];
      const subject = bench((payload, { clock, attempt }) => {
        started.push(`${payload}${attempt} at ${clock.monotonic()}`);
        if (payload === "a" && attempt < 4) throw busy;
        return payload;
      }, {
        retry: {
          maxAttempts: 4,
          baseDelayMs: 10,
          minDelayMs: 4,
          random: () => 0.5,
        },
      });
      const { clock } = subject;
      const a = subject.add("a");
      const b = subject.add("b");
      await flush();
      strictEqual(a.status, TaskStatus.RETRYING);
      strictEqual(b.status, TaskStatus.COMPLETED);
      strictEqual(subject.runner.running, 0);
      const result = watch(a.result);
      await pass(clock, 100);
      // Floor 4; 10, 20, 40 at most: 4 + 3, 4 + 8, 4 + 18.
      deepStrictEqual(started, [
        "a1 at 0",
        "b1 at 0",
        "a2 at 7",
        "a3 at 19",
        "a4 at 41",
      ]);
      strictEqual(result.value?.unwrap(), "a");
      strictEqual(a.attempts, 4);
      deepStrictEqual(subject.errors, []);
      await closeBench(subject);
    });

    it("end with TASK_RETRY_EXHAUSTED, told once", async () => {
      const subject = bench(failing, {
        retry: { maxAttempts: 3, backoff: () => 5 },
      });
      const job = subject.add("a");
      await pass(subject.clock, 10);
      strictEqual(job.status, TaskStatus.FAILED);
      strictEqual(job.attempts, 3);
      strictEqual(subject.errors.length, 1);
      const [{ error } = {}] = subject.errors;
      strictEqual(error?.code, "TASK_RETRY_EXHAUSTED");
      strictEqual(error?.cause, busy);
      await closeBench(subject);
    });

    it("are none where the filter refuses the error", async () => {
      const subject = bench(failing, { retry: { retryOn: [TypeError] } });
      const job = subject.add("a");
      await flush();
      strictEqual(job.attempts, 1);
      strictEqual(subject.errors[0]?.error.code, "TASK_EXECUTION_FAILED");
      await closeBench(subject);
    });

    it("go on where a callback of the policy throws: the job fails with that", async () => {
      const oops = new Error("oops");
      const subject = bench(failing, {
        retry: {
          shouldRetry: () => {
            throw oops;
          },
        },
      });
      subject.add("a");
      const next = subject.add("b");
      await flush();
      strictEqual(subject.errors.length, 2);
      strictEqual(subject.errors[0]?.error.cause, oops);
      strictEqual(next.status, TaskStatus.FAILED);
      await closeBench(subject);
    });

    it("keep the place in line by the time of the next attempt", async () => {
      const started: string[] = [];
      const subject = bench((payload, { clock, attempt }) => {
        started.push(payload);
        if (payload === "a" && attempt === 1) throw busy;
        return clock.sleep(10) as Promise<undefined>;
      }, { retry: { backoff: () => 5 } });
      subject.add("a");
      subject.add("b");
      subject.add("c");
      await pass(subject.clock, 7);
      subject.add("d");
      await pass(subject.clock, 40);
      deepStrictEqual(started, ["a", "b", "c", "a", "d"]);
      await closeBench(subject);
    });

    it("are called off while they wait", async () => {
      const subject = bench(failing, { retry: { backoff: () => 50 } });
      const job = subject.add("a");
      await flush();
      strictEqual(job.status, TaskStatus.RETRYING);
      strictEqual(job.cancel("why"), true);
      await pass(subject.clock, 50);
      strictEqual(job.attempts, 1);
      strictEqual(job.status, TaskStatus.CANCELLED);
      deepStrictEqual(subject.errors, []);
      await closeBench(subject);
    });

    it("are paid for by a budget, which first-time successes fill", async () => {
      let deposits = 0;
      const subject = bench((payload, { attempt }) => {
        if (payload === "bad" || payload === "shaky" && attempt === 1) {
          throw busy;
        }
        return payload;
      }, {
        retry: {
          backoff: () => 1,
          budget: {
            deposit: () => void deposits++,
            withdraw: () => deposits > 0,
          },
        },
      });
      const bad = subject.add("bad");
      await flush();
      strictEqual(bad.attempts, 1);
      strictEqual(bad.status, TaskStatus.FAILED);
      subject.add("good");
      await flush();
      strictEqual(deposits, 1);
      const shaky = subject.add("shaky");
      await pass(subject.clock, 1);
      strictEqual(shaky.status, TaskStatus.COMPLETED);
      strictEqual(deposits, 1);
      await closeBench(subject);
    });
  });

  describe("limits of time", () => {
    it("stop an attempt that takes too long, which is TASK_TIMEOUT", async () => {
      let reason: unknown;
      const subject = bench((payload, context) => {
        context.signal.addEventListener("abort", () => {
          reason = context.signal.reason;
        });
        return untilStopped(payload, context);
      }, { attemptTimeoutMs: 10 });
      const job = subject.add("a");
      await pass(subject.clock, 9);
      strictEqual(job.status, TaskStatus.RUNNING);
      await pass(subject.clock, 1);
      strictEqual(job.status, TaskStatus.TIMED_OUT);
      const [{ error } = {}] = subject.errors;
      strictEqual(error?.code, "TASK_TIMEOUT");
      strictEqual(reason, error);
      strictEqual(subject.clock.pending, 0);
      await closeBench(subject);
    });

    it("count anew for each attempt, and a time-out is retried", async () => {
      const starts: number[] = [];
      const subject = bench((payload, context) => {
        starts.push(context.clock.monotonic());
        return untilStopped(payload, context);
      }, {
        attemptTimeoutMs: 10,
        retry: { maxAttempts: 3, backoff: () => 5 },
      });
      const job = subject.add("a");
      await pass(subject.clock, 40);
      deepStrictEqual(starts, [0, 15, 30]);
      strictEqual(job.status, TaskStatus.TIMED_OUT);
      strictEqual(subject.errors.length, 1);
      await closeBench(subject);
    });

    it("let work that succeeds all the same succeed", async () => {
      const subject = bench(async (payload, { clock }) => {
        await clock.sleep(12);
        return payload;
      }, { attemptTimeoutMs: 10, abandonAfterMs: 5 });
      const result = watch(subject.add("a").result);
      await pass(subject.clock, 12);
      strictEqual(result.value?.unwrap(), "a");
      await closeBench(subject);
    });

    for (const late of ["fails", "succeeds"] as const) {
      it(`abandon work that goes on: its place is free, and that it ${late} later is dropped`, async () => {
        const gate = new Gate();
        const subject = bench(gate.worker, {
          attemptTimeoutMs: 10,
          abandonAfterMs: 5,
        });
        const { clock, runner } = subject;
        const job = subject.add("a");
        const result = watch(job.result);
        await pass(clock, 1);
        const next = subject.add("b");
        await pass(clock, 13);
        strictEqual(job.status, TaskStatus.RUNNING);
        strictEqual(next.status, TaskStatus.PENDING);
        await pass(clock, 1);
        strictEqual(result.value?.unwrapErr().code, "TASK_TIMEOUT");
        deepStrictEqual(gate.started, ["a", "b"]);
        strictEqual(runner.running, 1);
        subject.add("c");
        await flush();
        if (late === "fails") await gate.fail("a", new Error("late"));
        else await gate.pass("a");
        strictEqual(job.status, TaskStatus.TIMED_OUT);
        strictEqual(runner.running, 1);
        // The late one has no place to pass on.
        deepStrictEqual(gate.started, ["a", "b"]);
        await gate.pass("b");
        await gate.pass("c");
        strictEqual(next.status, TaskStatus.COMPLETED);
        strictEqual(subject.errors.length, 1);
        await closeBench(subject);
      });
    }
  });

  describe("cancel", () => {
    it("of a job that runs aborts its signal with the reason, and ends it when it has stopped", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker);
      const job = subject.add("a");
      await flush();
      const { signal } = gate.contexts[0]!;
      strictEqual(job.cancel("why"), true);
      strictEqual(signal.aborted, true);
      strictEqual(signal.reason, "why");
      strictEqual(job.status, TaskStatus.RUNNING);
      const result = watch(job.result);
      await gate.pass("a"); // To succeed all the same is no success.
      const error = result.value!.unwrapErr();
      deepStrictEqual([error.code, error.cause], ["TASK_CANCELLED", "why"]);
      deepStrictEqual(subject.errors, []);
      await closeBench(subject);
    });

    it("is not retried", async () => {
      const subject = bench(untilStopped, { retry: { backoff: () => 0 } });
      const job = subject.add("a");
      await flush();
      job.cancel("why");
      await flush();
      strictEqual(job.status, TaskStatus.CANCELLED);
      strictEqual(job.attempts, 1);
      await closeBench(subject);
    });

    it("frees the place of work that goes on, after abandonAfterMs", async () => {
      const subject = bench((payload) => payload === "a" ? deaf() : payload, {
        abandonAfterMs: 5,
      });
      const job = subject.add("a");
      const next = subject.add("b");
      await flush();
      job.cancel();
      await pass(subject.clock, 4);
      strictEqual(job.status, TaskStatus.RUNNING);
      await pass(subject.clock, 1);
      strictEqual(job.status, TaskStatus.CANCELLED);
      strictEqual(next.status, TaskStatus.COMPLETED);
      await closeBench(subject);
    });

    it("by a signal stops the work, and the signal is let go of", async () => {
      const subject = bench(untilStopped, { concurrency: 2 });
      const signal = new CountingSignal();
      const jobs = ["running", "too", "waiting"].map((payload) =>
        subject.add(payload, { signal: signal.asSignal() })
      );
      await flush();
      strictEqual(signal.listenerCount, 3);
      signal.abort("why");
      await flush();
      for (const job of jobs) {
        strictEqual(job.status, TaskStatus.CANCELLED);
        strictEqual((await job.result).unwrapErr().cause, "why");
      }
      strictEqual(signal.listenerCount, 0);
      strictEqual(jobs[2]?.attempts, 0);
      await closeBench(subject);
    });

    it("of itself or of others from within the worker frees each place once", async () => {
      const jobs: AnyJob[] = [];
      const started: string[] = [];
      const subject = bench((payload, { job }) => {
        started.push(payload);
        if (payload === "b") { for (const other of jobs) other.cancel("all"); }
        if (payload === "c") job.cancel("myself");
        return deaf();
      }, { concurrency: 2, abandonAfterMs: 0 });
      jobs.push(subject.add("a"), subject.add("b"));
      subject.add("c", { priority: 1 });
      subject.add("d", { priority: 1 });
      subject.add("e", { priority: 1 });
      subject.add("delayed", { delayMs: 50 });
      await flush();
      deepStrictEqual(started, ["a", "b", "c", "d", "e"]);
      strictEqual(subject.runner.running, 2);
      for (const job of jobs) strictEqual(job.status, TaskStatus.CANCELLED);
      await closeBench(subject);
    });
  });

  describe("pause()", () => {
    it("starts no job until resume(), and lets those that run go on", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker, { concurrency: 2 });
      const { runner, clock } = subject;
      const a = subject.add("a");
      await flush();
      runner.pause();
      runner.pause();
      strictEqual(runner.isPaused, true);
      subject.add("b");
      subject.add("c", { delayMs: 5 });
      await pass(clock, 5);
      await gate.pass("a");
      strictEqual(a.status, TaskStatus.COMPLETED);
      runner.concurrency = 3;
      await flush();
      deepStrictEqual(gate.started, ["a"]);
      runner.resume();
      strictEqual(runner.isPaused, false);
      deepStrictEqual(gate.started, ["a"]);
      await flush();
      deepStrictEqual(gate.started, ["a", "b", "c"]);
      await gate.pass("b");
      await gate.pass("c");
      await closeBench(subject);
    });

    it("holds the next job back where the worker calls it", async () => {
      const started: string[] = [];
      const subject: Bench = bench((payload) => {
        started.push(payload);
        subject.runner.pause();
        return payload;
      }, { concurrency: 3 });
      for (const payload of "abc") subject.add(payload);
      subject.add("delayed", { delayMs: 5 });
      await flush();
      deepStrictEqual(started, ["a"]);
      subject.runner.resume();
      await flush();
      deepStrictEqual(started, ["a", "b"]);
      await closeBench(subject);
    });

    it("holds idle() up, unless nothing waits", async () => {
      const subject = bench((payload) => payload);
      const { runner } = subject;
      runner.pause();
      const empty = watch(runner.idle());
      await flush();
      strictEqual(empty.isSettled, true);
      subject.add("a");
      const idle = watch(runner.idle());
      await flush();
      strictEqual(idle.isSettled, false);
      runner.resume();
      await flush();
      strictEqual(idle.isSettled, true);
      await closeBench(subject);
    });
  });

  describe("idle()", () => {
    it("waits for jobs that wait, run, are delayed or retried", async () => {
      const subject = bench((payload, { clock, attempt }) => {
        if (attempt === 1) throw new Error("busy");
        return clock.sleep(10).then(() => payload);
      }, { retry: { backoff: () => 10 } });
      subject.add("a", { delayMs: 10 });
      const idle = watch(subject.runner.idle());
      await pass(subject.clock, 29);
      strictEqual(idle.isSettled, false);
      await pass(subject.clock, 1);
      strictEqual(idle.isSettled, true);
      await closeBench(subject);
    });

    it("resolves at once where there is nothing to do, each time", async () => {
      const subject = bench((payload) => payload);
      for (let i = 0; i < 3; i++) {
        const idle = watch(subject.runner.idle());
        await flush();
        strictEqual(idle.isSettled, true);
        subject.add("a");
        const [first, second] = [subject.runner.idle(), subject.runner.idle()];
        const both = watch(Promise.all([first, second]));
        await flush();
        strictEqual(both.isSettled, true);
      }
      await closeBench(subject);
    });

    it("resolves where all that waited was cancelled, or the queue closed", async () => {
      const subject = bench((payload) => payload);
      subject.runner.pause();
      const job = subject.add("a");
      const cancelled = watch(subject.runner.idle());
      await flush();
      job.cancel();
      await flush();
      strictEqual(cancelled.isSettled, true);
      subject.add("b");
      const closed = watch(subject.runner.idle());
      await flush();
      subject.queue.close();
      await flush();
      strictEqual(closed.isSettled, true);
      await closeBench(subject);
    });

    it("waits for what a job adds", async () => {
      const gate = new Gate();
      const subject: Bench = bench(async (payload, context) => {
        if (payload.length < 3) subject.add(payload + "+");
        return await gate.worker(payload, context) as Output;
      });
      subject.add("a");
      const idle = watch(subject.runner.idle());
      await flush();
      await gate.pass("a");
      await gate.pass("a+");
      strictEqual(idle.isSettled, false);
      await gate.pass("a++");
      strictEqual(idle.isSettled, true);
      await closeBench(subject);
    });
  });

  describe("drain()", () => {
    it("does what is there, retries included, and refuses new jobs", async () => {
      const subject = bench((payload, { attempt }) => {
        if (attempt === 1) throw new Error("busy");
        return payload;
      }, { retry: { backoff: () => 10 } });
      const jobs = [subject.add("a"), subject.add("b", { delayMs: 5 })];
      await flush();
      const drained = watch(subject.runner.drain());
      const late = subject.queue.enqueue("late").unwrapErr();
      strictEqual(late.code, "TASK_QUEUE_CLOSED");
      await pass(subject.clock, 14);
      strictEqual(drained.isSettled, false);
      await pass(subject.clock, 1);
      strictEqual(drained.isSettled, true);
      for (const job of jobs) strictEqual(job.status, TaskStatus.COMPLETED);
      await closeBench(subject);
    });
  });

  describe("close()", () => {
    it("calls off what waits at once, and lets what runs finish", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker);
      const { runner, clock, queue } = subject;
      const running = subject.add("a");
      await flush();
      const waiting = [subject.add("b"), subject.add("c", { delayMs: 5 })];
      const results = waiting.map((job) => watch(job.result));
      const closed = watch(runner.close({ drainMs: 10 }));
      strictEqual(queue.enqueue("d").unwrapErr().code, "TASK_QUEUE_CLOSED");
      await pass(clock, 9);
      for (const { value } of results) {
        strictEqual(value?.unwrapErr().code, "TASK_CANCELLED");
      }
      strictEqual(gate.contexts[0]!.signal.aborted, false);
      strictEqual(closed.isSettled, false);
      await gate.pass("a");
      strictEqual(running.status, TaskStatus.COMPLETED);
      strictEqual(closed.isSettled, true);
      strictEqual(clock.pending, 0);
      deepStrictEqual(gate.started, ["a"]);
    });

    it("stops what runs after drainMs, and abandons what goes on", async () => {
      const subject = bench(
        (payload, context) =>
          payload === "deaf" ? deaf() : untilStopped(payload, context),
        { concurrency: 3, abandonAfterMs: 5 },
      );
      const { runner, clock } = subject;
      const jobs = ["heeds", "deaf", "too"].map((it) => subject.add(it));
      await flush();
      const closed = watch(runner.close({ drainMs: 10 }));
      await pass(clock, 9);
      deepStrictEqual(
        jobs.map(({ status }) => status),
        Array(3).fill("running"),
      );
      await pass(clock, 1);
      deepStrictEqual(jobs.map(({ status }) => status), [
        TaskStatus.CANCELLED,
        TaskStatus.RUNNING,
        TaskStatus.CANCELLED,
      ]);
      strictEqual(closed.isSettled, false);
      await pass(clock, 5);
      strictEqual(jobs[1]?.status, TaskStatus.CANCELLED);
      strictEqual(closed.isSettled, true);
      strictEqual(clock.pending, 0);
      deepStrictEqual(subject.errors, []);
    });

    it("heeds a job that is called off while its retry is decided", async () => {
      const subject = bench(() => {
        throw new Error("busy");
      }, {
        retry: {
          shouldRetry: () => job.cancel("enough"),
          backoff: () => 1,
        },
      });
      const job = subject.add("a");
      await flush();
      strictEqual(job.status, TaskStatus.CANCELLED);
      strictEqual(job.attempts, 1);
      await subject.runner.close();
    });

    it("makes no further attempt: a job that fails then has failed", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker, { retry: { backoff: () => 1 } });
      const job = subject.add("a");
      await flush();
      const closed = watch(subject.runner.close());
      await gate.fail("a", new Error("busy"));
      strictEqual(job.status, TaskStatus.FAILED);
      strictEqual(subject.errors.length, 1);
      strictEqual(closed.isSettled, true);
      strictEqual(subject.clock.pending, 0);
    });

    it("gives the same promise each time, and ends a pause and an idle()", async () => {
      const subject = bench((payload) => payload);
      const { runner } = subject;
      runner.pause();
      const job = subject.add("a");
      const idle = watch(runner.idle());
      const closing = runner.close();
      strictEqual(runner.close({ drainMs: 5 }), closing);
      strictEqual(runner[Symbol.asyncDispose](), closing);
      const closed = watch(closing);
      await flush();
      strictEqual(closed.isSettled, true);
      strictEqual(idle.isSettled, true);
      strictEqual(job.status, TaskStatus.CANCELLED);
      const again = watch(Promise.all([runner.idle(), runner.drain()]));
      await flush();
      strictEqual(again.isSettled, true);
      strictEqual(subject.clock.pending, 0);
    });

    it("waits without end for drainMs: Infinity", async () => {
      const gate = new Gate();
      const subject = bench(gate.worker);
      subject.add("a");
      await flush();
      const closed = watch(subject.runner.close({ drainMs: Infinity }));
      await flush();
      subject.clock.advance(1e12);
      await flush();
      strictEqual(closed.isSettled, false);
      await gate.pass("a");
      strictEqual(closed.isSettled, true);
      strictEqual(subject.clock.pending, 0);
    });

    it("leaves nothing pending where a paused runner has a delayed job", async () => {
      const subject = bench((payload) => payload, { concurrency: 2 });
      subject.add("a", { delayMs: 50 });
      await flush();
      subject.runner.pause();
      await closeBench(subject);
    });

    for (const drainMs of [NaN, -1, "5", null]) {
      it(`throws at a drainMs of ${typeof drainMs} ${drainMs}, and goes on`, async () => {
        const subject = bench((payload) => payload);
        const options = { drainMs: drainMs as number };
        throws(() => subject.runner.close(options), ValidationError);
        const job = subject.add("a");
        await flush();
        strictEqual(job.status, TaskStatus.COMPLETED);
        await closeBench(subject);
      });
    }

    it("frees the queue for another runner", async () => {
      const { queue, runner } = bench((payload) => payload);
      await runner.close();
      const options = { onError: (): void => {} };
      await new JobRunner(queue, deaf, options).close();
    });
  });

  describe("onAttempt", () => {
    it("hears of each attempt with its times and what comes next", async () => {
      const events: JobAttemptEvent<string, Output>[] = [];
      const statuses: string[] = [];
      const busy = new Error("busy");
      const subject = bench(async (payload, { clock, attempt }) => {
        await clock.sleep(10 * attempt);
        if (attempt < 2) throw busy;
        return payload;
      }, {
        retry: { backoff: () => 5 },
        onAttempt: (event) => {
          events.push(event);
          statuses.push(event.job.status);
        },
      });
      const job = subject.add("a");
      await pass(subject.clock, 3);
      subject.clock.setNow(0); // Somebody sets the date back.
      await pass(subject.clock, 40);
      const [first, second, ...others] = events;
      deepStrictEqual(others, []);
      deepStrictEqual(statuses, [TaskStatus.RETRYING, TaskStatus.COMPLETED]);
      strictEqual(first?.job, job);
      strictEqual(first.attempt, 1);
      strictEqual(first.startedAt, 1_000_000);
      strictEqual(first.durationMs, 10);
      strictEqual(first.retryDelayMs, 5);
      strictEqual(first.outcome.unwrapErr(), busy);
      strictEqual(second?.attempt, 2);
      strictEqual(second.startedAt, 12);
      strictEqual(second.durationMs, 20);
      strictEqual(second.retryDelayMs, undefined);
      strictEqual(second.outcome.unwrap(), "a");
      await closeBench(subject);
    });

    it("is what the clock is read for, retries included", async () => {
      for (const onAttempt of [undefined, (): void => {}]) {
        const clock = new ManualClock();
        let reads = 0;
        const counting = {
          now: () => (reads++, clock.now()),
          monotonic: () => (reads++, clock.monotonic()),
          sleep: clock.sleep.bind(clock),
          setTimer: clock.setTimer.bind(clock),
        };
        let fails = 2;
        const subject = bench(() => {
          if (fails-- > 0) throw new Error("busy");
          return "done";
        }, {
          clock: counting,
          retry: { backoff: () => 0 },
          ...(onAttempt && { onAttempt }),
        });
        const job = subject.add("a");
        strictEqual((await job.result).unwrap(), "done");
        strictEqual(reads > 0, onAttempt !== undefined);
        await closeBench(subject);
      }
    });

    it("hears of what failed, timed out, was abandoned or called off, once", async () => {
      const outcomes: string[] = [];
      const subject = bench((payload, context) => {
        if (payload === "fails") throw new Error("why");
        if (payload === "deaf") return deaf();
        return untilStopped(payload, context);
      }, {
        concurrency: 4,
        attemptTimeoutMs: 10,
        abandonAfterMs: 5,
        onAttempt: ({ job, outcome, durationMs }) =>
          outcomes.push(
            `${job.payload} ${
              (outcome.unwrapErr() as TaskError).code
            } ${durationMs}`,
          ),
      });
      for (const payload of ["fails", "times out", "deaf"]) {
        subject.add(payload);
      }
      const off = subject.add("is called off");
      await pass(subject.clock, 3);
      off.cancel();
      await pass(subject.clock, 20);
      deepStrictEqual(outcomes, [
        "fails TASK_EXECUTION_FAILED 0",
        "is called off TASK_CANCELLED 3",
        "times out TASK_TIMEOUT 10",
        "deaf TASK_TIMEOUT 15",
      ]);
      await closeBench(subject);
    });
  });

  describe("callbacks that throw", () => {
    const oops = new Error("oops");
    const throwing = (): never => {
      throw oops;
    };

    async function expectReported(
      worker: AnyWorker,
      options: Partial<JobRunnerOptions<string, Output>>,
      status: TaskStatus,
    ): Promise<void> {
      const seen: unknown[] = [];
      const restore = hearUnhandled((reason) => void seen.push(reason));
      try {
        const subject = bench(worker, options);
        const jobs = [subject.add("a"), subject.add("b")];
        const results = jobs.map((job) => watch(job.result));
        await flush();
        await subject.clock.advanceAsync(0); // A turn of the event loop.
        for (const job of jobs) strictEqual(job.status, status);
        for (const { isSettled } of results) strictEqual(isSettled, true);
        await closeBench(subject);
      } finally {
        restore();
      }
      deepStrictEqual(seen, [oops, oops]);
    }

    it("onError: the rejection is unhandled, and the next job starts", () =>
      expectReported(
        () => err("why"),
        { onError: throwing },
        TaskStatus.FAILED,
      ));

    it("onAttempt: the rejection is unhandled, and the next job starts", () =>
      expectReported(
        (payload) => payload,
        { onAttempt: throwing },
        TaskStatus.COMPLETED,
      ));

    it("deposit() of a budget: the rejection is unhandled, and the next job starts", () =>
      expectReported(
        (payload) => payload,
        { retry: { budget: { deposit: throwing, withdraw: () => true } } },
        TaskStatus.COMPLETED,
      ));
  });

  describe("a hundred thousand jobs", () => {
    const COUNT = 100_000;
    const busy = new Error("busy");
    const WORKERS: Readonly<Record<string, Worker<number, number>>> = {
      "a worker that returns": (n) => n,
      "a worker that throws": () => {
        throw busy;
      },
      "an asynchronous worker": (n) => Promise.resolve(n),
    };
    for (const concurrency of [1, COUNT]) {
      for (const [name, worker] of Object.entries(WORKERS)) {
        it(`do not overflow the stack with ${name} and a concurrency of ${concurrency}`, async () => {
          const queue = new PriorityJobQueue<number, number, number>();
          let failed = 0;
          const runner = new JobRunner(queue, worker, {
            concurrency,
            onError: () => failed++,
          });
          for (let i = 0; i < COUNT; i++) queue.enqueue(i).unwrap();
          await runner.idle();
          strictEqual(queue.size, 0);
          strictEqual(runner.running, 0);
          strictEqual(failed, name.endsWith("throws") ? COUNT : 0);
          await runner.close();
        });
      }
    }

    it("do not overflow the stack where each calls itself off", async () => {
      const queue = new PriorityJobQueue<number, number, number>();
      const runner = new JobRunner(queue, (_, { job }) => {
        job.cancel();
        return 0;
      }, { abandonAfterMs: 0, onError: () => {} });
      for (let i = 0; i < COUNT; i++) queue.enqueue(i).unwrap();
      await runner.idle();
      strictEqual(runner.running, 0);
      await runner.close();
    });

    it("are closed at once, whoever waits for them", async () => {
      const subject = bench(deaf, { abandonAfterMs: 0 });
      let settled = 0;
      for (let i = 0; i < COUNT; i++) {
        subject.add("a").result.then(() => settled++);
      }
      await closeBench(subject);
      strictEqual(settled, COUNT);
    });
  });

  it("works off any JobQueue", async () => {
    const { queue } = bench(deaf, { concurrency: 1 });
    // Only what the protocol names is there.
    const inner: Queue = new PriorityJobQueue();
    const names = ["enqueue", "dequeue", "peek", "msUntilReady", "cancel"]
      .concat("attend", "retry", "settle", "subscribe", "seal", "close");
    const bare = {
      get size(): number {
        return inner.size;
      },
    } as Record<string, unknown>;
    for (const name of names) {
      const method = Reflect.get(inner, name) as (
        ...args: unknown[]
      ) => unknown;
      bare[name] = method.bind(inner);
    }
    const general = bare as unknown as JobQueue<string, Output>;
    const runner = new JobRunner(general, (payload) => payload, {
      onError: () => {},
    });
    const job = general.enqueue("a").unwrap();
    await runner.idle();
    strictEqual(job.status, TaskStatus.COMPLETED);
    await runner.close();
    queue.close();
  });

  it("infers what a worker takes and gives", async () => {
    const queue = new PriorityJobQueue<string, number, number>();
    const options = { onError: (): void => {} };
    const runner = new JobRunner(queue, (payload, { job, signal, attempt }) => {
      expectType<Equal<typeof payload, string>>();
      expectType<Equal<typeof job, Job<string, number>>>();
      expectType<Equal<typeof signal, AbortSignal>>();
      expectType<Equal<typeof attempt, number>>();
      return payload.length;
    }, {
      onError: (error, job) => {
        expectType<Equal<typeof error, TaskFailure>>();
        expectType<Equal<typeof job, Job<string, number>>>();
      },
    });
    expectType<Equal<typeof runner, JobRunner<string, number>>>();
    const result = await queue.enqueue("four").unwrap().result;
    expectType<Equal<typeof result, Result<number, TaskFailure>>>();
    strictEqual(result.unwrap(), 4);
    await runner.close();

    const other = new PriorityJobQueue<string, number, number>();
    // @ts-expect-error The output is a number.
    const wrong = new JobRunner(other, (payload) => payload, options);
    await wrong.close();
    // @ts-expect-error Somebody must hear of failures.
    throws(() => new JobRunner(other, () => 1, {}), ValidationError);
    const takesNumber = (n: number): number => n;
    // @ts-expect-error The payload is a string.
    const numeric = new JobRunner(other, takesNumber, options);
    await numeric.close();
  });
});
