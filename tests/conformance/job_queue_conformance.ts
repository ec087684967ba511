/**
 * What every implementation of the `JobQueue` protocol does. The suite knows the
 * protocol and nothing else, and a way to let time pass; no job is given a
 * priority, so that all are equals.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TaskError, ValidationError } from "../../src/errors.ts";
import { isJobQueue, type Job, type JobQueue } from "../../src/job_queue.ts";
import { err, ok as okOf } from "../../src/result.ts";
import { TaskStatus } from "../../src/status.ts";
import { CountingSignal, ModelStep, RUNS } from "../foundation_support.ts";

/** What the queue under test is made with. */
export interface JobQueueSetup {
  /** How many jobs may wait. Default: as many as the suite needs. */
  readonly maxSize?: number;
}

/** An empty queue, and its time. */
export interface JobQueueUnderTest {
  /** The queue. */
  readonly queue: JobQueue<string, number>;
  /** Lets exactly so much time pass for the queue. */
  readonly advance: (durationMs: number) => void;
}

/** Options of {@linkcode jobQueueConformance}. */
export interface JobQueueConformanceOptions {
  /** Makes an empty queue that refuses jobs beyond its bound. */
  readonly make: (setup: JobQueueSetup) => JobQueueUnderTest;
}

type AnyJob = Job<string, number>;

/** Takes all that is ready. */
function takeAll(queue: JobQueue<string, number>): AnyJob[] {
  const taken: AnyJob[] = [];
  for (let job; (job = queue.dequeue()) !== undefined;) taken.push(job);
  return taken;
}

function payloadsOf(jobs: readonly AnyJob[]): string {
  return jobs.map(({ payload }) => payload).join();
}

/** The error of a job that has ended; its result must have settled. */
async function failureOf(job: AnyJob): Promise<TaskError> {
  let failure: TaskError | undefined;
  job.result.then((result) => failure = result.unwrapErr());
  for (let i = 0; i < 4; i++) await undefined;
  ok(failure !== undefined, "the result has not settled");
  return failure;
}

// --- a model: the payloads in the order in which they are to be taken

interface Model {
  now: number;
  isSealed: boolean;
  isClosed: boolean;
  ready: AnyJob[];
  delayed: { readonly job: AnyJob; readonly dueAt: number }[];
  readonly running: AnyJob[];
  readonly ended: Map<AnyJob, TaskStatus>;
}

const MAX_SIZE = 4;

function sizeOf({ ready, delayed }: Model): number {
  return ready.length + delayed.length;
}

/** Those whose time has come take their place, in the order of their times. */
function promote(model: Model): void {
  const { delayed, now } = model;
  const due = delayed.filter(({ dueAt }) => dueAt <= now);
  due.sort((a, b) => a.dueAt - b.dueAt);
  model.ready.push(...due.map(({ job }) => job));
  model.delayed = delayed.filter(({ dueAt }) => dueAt > now);
}

function wait(model: Model, job: AnyJob, delayMs: number): void {
  if (delayMs > 0) model.delayed.push({ job, dueAt: model.now + delayMs });
  else model.ready.push(job);
}

function withdraw(model: Model, job: AnyJob): boolean {
  const before = sizeOf(model);
  model.ready = model.ready.filter((it) => it !== job);
  model.delayed = model.delayed.filter((it) => it.job !== job);
  return sizeOf(model) < before;
}

/** Compares all that can be seen. */
function check(model: Model, { queue }: JobQueueUnderTest): void {
  strictEqual(queue.size, sizeOf(model));
  const dueAt = Math.min(...model.delayed.map((it) => it.dueAt));
  const waitMs = model.ready.length > 0 ? 0 : dueAt - model.now;
  strictEqual(queue.msUntilReady(), waitMs === Infinity ? undefined : waitMs);
  strictEqual(queue.peek(), model.ready[0]);
  for (const { status } of model.ready) strictEqual(status, "pending");
  for (const { status } of model.running) strictEqual(status, "running");
  for (const [job, status] of model.ended) strictEqual(job.status, status);
}

const pick = fc.nat(9);
const delays = fc.constantFrom(0, 0, 0, 1, 2, 3, 5);

function step(
  name: string,
  run: (model: Model, real: JobQueueUnderTest) => void,
): ModelStep<Model, JobQueueUnderTest> {
  return new ModelStep(name, (model, real) => {
    run(model, real);
    check(model, real);
    return Promise.resolve();
  });
}

const steps = [
  delays.map((delayMs) =>
    step(`enqueue(${delayMs})`, (model, { queue }) => {
      const result = queue.enqueue("job", { delayMs });
      if (model.isSealed) {
        strictEqual(result.unwrapErr().code, "TASK_QUEUE_CLOSED");
      } else if (sizeOf(model) >= MAX_SIZE) {
        strictEqual(result.unwrapErr().code, "TASK_QUEUE_FULL");
      } else wait(model, result.unwrap(), delayMs);
    })
  ),
  fc.constant(
    step("dequeue", (model, { queue }) => {
      const job = model.ready.shift();
      strictEqual(queue.dequeue(), job);
      if (job !== undefined) model.running.push(job);
    }),
  ),
  fc.tuple(pick, delays).map(([index, delayMs]) =>
    step(`retry(${index}, ${delayMs})`, (model, { queue }) => {
      const [job] = model.running.splice(index, 1);
      if (job === undefined) return;
      queue.retry(job, delayMs);
      if (model.isClosed) model.ended.set(job, TaskStatus.CANCELLED);
      else wait(model, job, delayMs);
    })
  ),
  fc.tuple(pick, fc.boolean()).map(([index, succeeds]) =>
    step(`settle(${index}, ${succeeds})`, (model, { queue }) => {
      const [job] = model.running.splice(index, 1);
      if (job === undefined) return;
      const error = new TaskError("TASK_EXECUTION_FAILED", { reason: "" });
      queue.settle(job, succeeds ? okOf(1) : err(error));
      const status = succeeds ? TaskStatus.COMPLETED : TaskStatus.FAILED;
      model.ended.set(job, status);
    })
  ),
  pick.map((index) =>
    step(`cancel(${index})`, (model, { queue }) => {
      const { ready, delayed, running, ended } = model;
      const known = [ready, delayed.map(({ job }) => job), running]
        .flat().concat(...ended.keys());
      const job = known[index];
      if (job === undefined) return;
      const isWaiting = withdraw(model, job);
      strictEqual(queue.cancel(job), isWaiting);
      if (isWaiting) ended.set(job, TaskStatus.CANCELLED);
    })
  ),
  fc.nat(3).map((durationMs) =>
    step(`advance(${durationMs})`, (model, { advance }) => {
      advance(durationMs);
      model.now += durationMs;
      promote(model);
    })
  ),
];

const endings = fc.constantFrom(
  step("seal", (model, { queue }) => {
    queue.seal();
    model.isSealed = true;
  }),
  step("close", (model, { queue }) => {
    queue.close();
    model.isSealed = model.isClosed = true;
    for (const job of [...model.ready, ...model.delayed.map((it) => it.job)]) {
      withdraw(model, job);
      model.ended.set(job, TaskStatus.CANCELLED);
    }
  }),
);

/** Registers the cases for one implementation. */
export function jobQueueConformance(
  name: string,
  { make }: JobQueueConformanceOptions,
): void {
  describe(`${name} conforms to JobQueue`, () => {
    it("isJobQueue() is true", () => {
      strictEqual(isJobQueue(make({}).queue), true);
    });

    it("P17: gives out what two lists by time do (property)", async () => {
      const arbitrary = fc.tuple(
        fc.commands(steps, { size: "+1" }),
        fc.commands([endings, ...steps]),
      );
      await fc.assert(
        fc.asyncProperty(arbitrary, async ([open, closing]) => {
          const real = make({ maxSize: MAX_SIZE });
          const model: Model = {
            now: 0,
            isSealed: false,
            isClosed: false,
            ready: [],
            delayed: [],
            running: [],
            ended: new Map(),
          };
          await fc.asyncModelRun(() => ({ model, real }), open);
          await fc.asyncModelRun(() => ({ model, real }), closing);
        }),
        { numRuns: RUNS },
      );
    });

    it("has nothing when it is new", () => {
      const { queue } = make({});
      strictEqual(queue.size, 0);
      strictEqual(queue.peek(), undefined);
      strictEqual(queue.dequeue(), undefined);
      strictEqual(queue.msUntilReady(), undefined);
    });

    it("gives each job out once, the first one first", () => {
      const { queue } = make({});
      for (const payload of "abcde") queue.enqueue(payload).unwrap();
      strictEqual(queue.size, 5);
      strictEqual(queue.peek()?.payload, "a");
      strictEqual(payloadsOf(takeAll(queue)), "a,b,c,d,e");
      strictEqual(queue.size, 0);
    });

    it("numbers jobs from 1, each with a higher number than the last", () => {
      const { queue } = make({});
      const [a, b] = [queue.enqueue("a").unwrap(), queue.enqueue("b").unwrap()];
      strictEqual(a.sequence, 1);
      ok(b.sequence > a.sequence);
    });

    it("tells of a job what it was given and what it went through", () => {
      const { queue, advance } = make({});
      const job = queue.enqueue("a", { id: "one", delayMs: 5 }).unwrap();
      strictEqual(job.payload, "a");
      strictEqual(job.id, "one");
      strictEqual(job.duplicates, 0);
      strictEqual(job.attempts, 0);
      strictEqual(job.status, TaskStatus.SCHEDULED);
      advance(5);
      strictEqual(queue.peek(), job);
      strictEqual(job.status, TaskStatus.PENDING);
      queue.dequeue();
      strictEqual(job.status, TaskStatus.RUNNING);
      strictEqual(job.attempts, 1);
      queue.retry(job, 5);
      strictEqual(job.status, TaskStatus.RETRYING);
      strictEqual(job.attempts, 1);
      advance(5);
      strictEqual(queue.dequeue(), job);
      strictEqual(job.attempts, 2);
      queue.settle(job, okOf(1));
      strictEqual(job.status, TaskStatus.COMPLETED);
      strictEqual(queue.enqueue("b").unwrap().id, undefined);
    });

    it("gives a delayed job out at its time and not sooner", () => {
      const { queue, advance } = make({});
      const job = queue.enqueue("a", { delayMs: 10 }).unwrap();
      strictEqual(queue.size, 1);
      strictEqual(queue.msUntilReady(), 10);
      advance(9);
      strictEqual(queue.dequeue(), undefined);
      strictEqual(queue.msUntilReady(), 1);
      advance(1);
      strictEqual(queue.msUntilReady(), 0);
      strictEqual(queue.dequeue(), job);
      strictEqual(queue.size, 0);
    });

    it("gives jobs out by the time at which they became ready", () => {
      const { queue, advance } = make({});
      queue.enqueue("at 9", { delayMs: 9 });
      queue.enqueue("at 5", { delayMs: 5 });
      queue.enqueue("at 0");
      advance(7);
      // Nobody has looked since the other became ready.
      queue.enqueue("at 7");
      advance(2);
      queue.enqueue("at 9, later");
      strictEqual(
        payloadsOf(takeAll(queue)),
        "at 0,at 5,at 7,at 9,at 9, later",
      );
    });

    it("gives the unfinished job of an id back, and counts it", () => {
      const { queue } = make({ maxSize: 1 });
      const job = queue.enqueue("a", { id: "x" }).unwrap();
      strictEqual(queue.enqueue("b", { id: "x" }).unwrap(), job);
      strictEqual(job.payload, "a");
      queue.dequeue();
      strictEqual(queue.enqueue("c", { id: "x" }).unwrap(), job);
      queue.retry(job, 1);
      strictEqual(queue.enqueue("d", { id: "x" }).unwrap(), job);
      strictEqual(job.duplicates, 3);
      strictEqual(queue.size, 1);
    });

    const WAYS_TO_END: Readonly<
      Record<string, (queue: JobQueue<string, number>, job: AnyJob) => void>
    > = {
      "is cancelled": (queue, job) => queue.cancel(job),
      "is completed": (queue, job) => {
        queue.dequeue();
        queue.settle(job, okOf(1));
      },
      "has failed": (queue, job) => {
        queue.dequeue();
        const params = { reason: "" };
        queue.settle(job, err(new TaskError("TASK_EXECUTION_FAILED", params)));
      },
    };

    for (const [how, end] of Object.entries(WAYS_TO_END)) {
      it(`frees the id of a job that ${how}, and lets go of its signal`, () => {
        const { queue } = make({});
        const signal = new CountingSignal();
        const options = { id: "x", signal: signal.asSignal() };
        const job = queue.enqueue("a", options).unwrap();
        strictEqual(signal.listenerCount, 1);
        end(queue, job);
        strictEqual(signal.listenerCount, 0);
        const next = queue.enqueue("b", { id: "x" }).unwrap();
        ok(next !== job);
        strictEqual(next.duplicates, 0);
        strictEqual(queue.cancel(job), false);
        strictEqual(queue.dequeue(), next);
      });
    }

    it("cancel() ends a job that waits, with the reason as the cause", async () => {
      const { queue, advance } = make({});
      const pending = queue.enqueue("pending").unwrap();
      const scheduled = queue.enqueue("scheduled", { delayMs: 5 }).unwrap();
      strictEqual(queue.cancel(pending, "why"), true);
      strictEqual(scheduled.cancel("why"), true);
      strictEqual(queue.size, 0);
      advance(5);
      strictEqual(queue.dequeue(), undefined);
      for (const job of [pending, scheduled]) {
        strictEqual(job.status, TaskStatus.CANCELLED);
        const { code, cause } = await failureOf(job);
        deepStrictEqual([code, cause], ["TASK_CANCELLED", "why"]);
        strictEqual(job.cancel("again"), false);
      }
    });

    it("cancel() ends a job that waits for its next attempt", async () => {
      const { queue, advance } = make({});
      const job = queue.enqueue("a").unwrap();
      queue.dequeue();
      queue.retry(job, 5);
      strictEqual(job.cancel("why"), true);
      advance(5);
      strictEqual(queue.dequeue(), undefined);
      strictEqual((await failureOf(job)).cause, "why");
    });

    it("cancel() tells the run of a job to stop, once there is one", () => {
      const { queue } = make({});
      const job = queue.enqueue("a").unwrap();
      queue.dequeue();
      strictEqual(job.cancel("nobody hears"), false);
      const stops: TaskError[] = [];
      queue.attend(job, { stop: (error) => stops.push(error) });
      strictEqual(job.cancel("why"), true);
      strictEqual(job.status, TaskStatus.RUNNING);
      deepStrictEqual(stops.map(({ code }) => code), ["TASK_CANCELLED"]);
      strictEqual(stops[0]?.cause, "why");
    });

    it("does not tell the run of an attempt that is over", () => {
      const { queue } = make({});
      const job = queue.enqueue("a").unwrap();
      let stops = 0;
      queue.dequeue();
      queue.attend(job, { stop: () => stops++ });
      queue.retry(job, 0);
      queue.dequeue();
      strictEqual(job.cancel(), false);
      queue.attend(job, { stop: () => stops++ });
      queue.settle(job, okOf(1));
      strictEqual(job.cancel(), false);
      strictEqual(stops, 0);
    });

    it("a signal calls a job off that waits, and stops the run of one that runs", async () => {
      const { queue } = make({});
      const signal = new CountingSignal();
      const options = { signal: signal.asSignal() };
      const running = queue.enqueue("running", options).unwrap();
      const waiting = queue.enqueue("waiting", options).unwrap();
      const stops: unknown[] = [];
      queue.dequeue();
      queue.attend(running, { stop: ({ cause }) => stops.push(cause) });
      signal.abort("why");
      deepStrictEqual(stops, ["why"]);
      strictEqual((await failureOf(waiting)).cause, "why");
      strictEqual(queue.dequeue(), undefined);
    });

    it("ends a job at once whose signal has aborted already", async () => {
      const { queue } = make({ maxSize: 1 });
      const signal = new CountingSignal();
      signal.abort("why");
      const options = { id: "x", signal: signal.asSignal() };
      const job = queue.enqueue("a", options).unwrap();
      strictEqual(job.status, TaskStatus.CANCELLED);
      strictEqual((await failureOf(job)).cause, "why");
      strictEqual(queue.size, 0);
      strictEqual(signal.added, 0);
      ok(queue.enqueue("b", { id: "x" }).unwrap() !== job);
    });

    it("retry() puts a job behind those that are ready then", () => {
      const { queue, advance } = make({});
      const job = queue.enqueue("a").unwrap();
      queue.enqueue("b");
      queue.dequeue();
      queue.retry(job, 0);
      strictEqual(payloadsOf(takeAll(queue)), "b,a");
      queue.retry(job, 5);
      advance(5);
      queue.enqueue("c");
      strictEqual(payloadsOf(takeAll(queue)), "a,c");
    });

    it("retry() takes a job back where there is no room", () => {
      const { queue } = make({ maxSize: 1 });
      const job = queue.enqueue("a").unwrap();
      queue.dequeue();
      queue.enqueue("b").unwrap();
      queue.retry(job, 0);
      strictEqual(queue.size, 2);
      strictEqual(payloadsOf(takeAll(queue)), "b,a");
    });

    it("enqueue() refuses a job where there is no room, until there is", () => {
      const { queue } = make({ maxSize: 2 });
      const a = queue.enqueue("a").unwrap();
      queue.enqueue("b", { delayMs: 5 }).unwrap();
      const refused = queue.enqueue("c", { id: "x" });
      strictEqual(refused.unwrapErr().code, "TASK_QUEUE_FULL");
      strictEqual(queue.size, 2);
      a.cancel();
      // The id of one that was refused was never taken.
      strictEqual(queue.enqueue("d", { id: "x" }).unwrap().payload, "d");
      queue.dequeue();
      queue.enqueue("e").unwrap();
    });

    it("settle() is what the result tells, before it is asked for and after", async () => {
      const { queue } = make({});
      const early = queue.enqueue("early").unwrap();
      const late = queue.enqueue("late").unwrap();
      const values: unknown[] = [];
      early.result.then((result) => values.push(result.unwrap()));
      takeAll(queue);
      queue.settle(early, okOf(1));
      queue.settle(late, okOf(2));
      late.result.then((result) => values.push(result.unwrap()));
      for (let i = 0; i < 4; i++) await undefined;
      deepStrictEqual(values, [1, 2]);
      strictEqual(early.result, early.result);
    });

    const ENDINGS = [
      [
        TaskStatus.FAILED,
        new TaskError("TASK_EXECUTION_FAILED", {
          reason: "",
        }),
      ],
      [
        TaskStatus.FAILED,
        new TaskError("TASK_RETRY_EXHAUSTED", {
          retries: 1,
        }),
      ],
      [TaskStatus.TIMED_OUT, new TaskError("TASK_TIMEOUT", { timeoutMs: 1 })],
      [TaskStatus.CANCELLED, new TaskError("TASK_CANCELLED")],
    ] as const;

    for (const [status, error] of ENDINGS) {
      it(`settle() with ${error.code} makes the job ${status}`, async () => {
        const { queue } = make({});
        const job = queue.enqueue("a").unwrap();
        queue.dequeue();
        queue.settle(job, err(error));
        strictEqual(job.status, status);
        strictEqual(await failureOf(job), error);
      });
    }

    it("subscribe() tells one consumer of every reason to look again", () => {
      const { queue } = make({});
      let wakes = 0;
      const wokenBy = (action: () => void): boolean => {
        const before = wakes;
        action();
        return wakes > before;
      };
      const unsubscribe = queue.subscribe({ wake: () => wakes++ });
      let job!: AnyJob;
      ok(wokenBy(() => job = queue.enqueue("a").unwrap()));
      queue.dequeue();
      ok(wokenBy(() => queue.retry(job, 5)));
      ok(wokenBy(() => job.cancel()));
      ok(wokenBy(() => queue.enqueue("b", { delayMs: 5 })));
      ok(wokenBy(() => queue.close()));
      unsubscribe();
      unsubscribe();
      const other = make({}).queue;
      other.subscribe({ wake: () => wakes++ })();
      ok(!wokenBy(() => other.enqueue("c")));
    });

    it("subscribe() throws where there is a consumer, who goes on to hear", () => {
      const { queue } = make({});
      let wakes = 0;
      const unsubscribe = queue.subscribe({ wake: () => wakes++ });
      throws(() => queue.subscribe({ wake: () => {} }), ValidationError);
      queue.enqueue("a");
      ok(wakes > 0);
      unsubscribe();
      // The first has no say over the second.
      queue.subscribe({ wake: () => wakes = -Infinity });
      unsubscribe();
      queue.enqueue("b");
      strictEqual(wakes, -Infinity);
    });

    it("seal() refuses jobs, and those that are there go on", () => {
      const { queue, advance } = make({});
      const known = queue.enqueue("a", { id: "x" }).unwrap();
      queue.enqueue("b", { delayMs: 5 });
      queue.seal();
      for (const id of ["x", "y"]) {
        const refused = queue.enqueue("c", { id });
        strictEqual(refused.unwrapErr().code, "TASK_QUEUE_CLOSED");
      }
      strictEqual(queue.dequeue(), known);
      queue.retry(known, 1);
      advance(5);
      strictEqual(payloadsOf(takeAll(queue)), "a,b");
      queue.settle(known, okOf(1));
    });

    it("close() leaves no result pending, whoever waits for it (fastq's kill(), p-queue's clear())", async () => {
      const { queue } = make({});
      const jobs = [
        queue.enqueue("retrying").unwrap(),
        queue.enqueue("running").unwrap(),
        queue.enqueue("pending").unwrap(),
        queue.enqueue("scheduled", { delayMs: 5 }).unwrap(),
      ] as const;
      let settled = 0;
      for (const { result } of jobs) result.then(() => settled++);
      const [retrying, running] = jobs;
      queue.dequeue();
      queue.dequeue();
      queue.retry(retrying, 5);
      queue.close("shutting down");
      queue.close("not heard");
      for (let i = 0; i < 4; i++) await undefined;
      strictEqual(settled, 3);
      strictEqual(queue.size, 0);
      strictEqual(running.status, TaskStatus.RUNNING);
      queue.retry(running, 5); // There is no next attempt.
      for (const job of jobs) {
        strictEqual((await failureOf(job)).cause, "shutting down");
        strictEqual(job.status, TaskStatus.CANCELLED);
      }
      strictEqual(
        queue.enqueue("late").unwrapErr().code,
        "TASK_QUEUE_CLOSED",
      );
    });

    it("close() lets a job that runs come to its output", async () => {
      const { queue } = make({});
      const job = queue.enqueue("a").unwrap();
      queue.dequeue();
      queue.close();
      queue.settle(job, okOf(7));
      strictEqual((await job.result).unwrap(), 7);
    });

    it("throws at jobs that do not run, and changes nothing", () => {
      const { queue } = make({});
      const other = make({}).queue;
      other.enqueue("runs elsewhere");
      const foreignRunning = other.dequeue()!;
      const foreign = other.enqueue("foreign").unwrap();
      const waiting = queue.enqueue("waiting").unwrap();
      const ended = queue.enqueue("ended").unwrap();
      ended.cancel();
      const fake = { ...waiting } as AnyJob;
      const refuses = (job: AnyJob): void => {
        throws(() => queue.attend(job, { stop: () => {} }), ValidationError);
        throws(() => queue.retry(job, 0), ValidationError);
        throws(() => queue.settle(job, okOf(1)), ValidationError);
      };
      for (const job of [foreign, foreignRunning, waiting, ended, fake]) {
        refuses(job);
      }
      for (const job of [foreign, foreignRunning, fake]) {
        strictEqual(queue.cancel(job), false);
      }
      strictEqual(foreign.status, TaskStatus.PENDING);
      strictEqual(foreignRunning.status, TaskStatus.RUNNING);
      strictEqual(queue.dequeue(), waiting);
      refuses({ ...waiting } as AnyJob);
      strictEqual(waiting.status, TaskStatus.RUNNING);
      queue.settle(waiting, okOf(1));
      throws(() => queue.settle(waiting, okOf(2)), ValidationError);
      throws(() => queue.retry(waiting, 0), ValidationError);
    });

    for (const delayMs of [NaN, -1, -Infinity, "5", null]) {
      it(`throws at a delay of ${typeof delayMs} ${delayMs}, and loses nothing`, () => {
        const { queue } = make({});
        const job = queue.enqueue("a").unwrap();
        const options = { id: "x", delayMs: delayMs as number };
        throws(() => queue.enqueue("b", options), ValidationError);
        strictEqual(queue.size, 1);
        // The id is still free.
        strictEqual(queue.enqueue("c", { id: "x" }).unwrap().payload, "c");
        queue.dequeue();
        throws(() => queue.retry(job, delayMs as number), ValidationError);
        strictEqual(job.status, TaskStatus.RUNNING);
        queue.settle(job, okOf(1));
      });
    }

    it("keeps a job back for ever that is delayed by Infinity", () => {
      const { queue, advance } = make({});
      const job = queue.enqueue("a", { delayMs: Infinity }).unwrap();
      advance(1e12);
      strictEqual(queue.dequeue(), undefined);
      strictEqual(queue.msUntilReady(), Infinity);
      strictEqual(job.cancel(), true);
    });
  });
}
