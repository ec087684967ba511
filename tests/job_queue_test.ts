import {
  deepStrictEqual,
  fail,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TaskError, ValidationError } from "../src/errors.ts";
import {
  isJobQueue,
  type Job,
  type JobQueue,
  type PriorityJob,
  type PriorityJobOptions,
  PriorityJobQueue,
  type PriorityJobQueueOptions,
  type PutError,
  type Ranking,
} from "../src/job_queue.ts";
import { JobRunner } from "../src/job_runner.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { TaskStatus } from "../src/status.ts";
import type { TaskFailure } from "../src/task.ts";
import { ManualClock } from "../src/testing.ts";
import { jobQueueConformance } from "./conformance/job_queue_conformance.ts";
import {
  CountingSignal,
  type Equal,
  expectType,
  ModelStep,
  NOT_NUMBERS,
  RUNS,
  watch,
  type Watched,
} from "./foundation_support.ts";
import { hearReported } from "./unhandled_support.ts";

/** How many cases the model-based properties run. */
const MODEL_RUNS = 3_000;

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 6; i++) await undefined;
}

type AnyJob = PriorityJob<number, number, number>;
type Queue = PriorityJobQueue<number, number, number>;
type Put = Watched<Result<AnyJob, PutError>>;

jobQueueConformance("PriorityJobQueue", {
  make: ({ maxSize }) => {
    const clock = new ManualClock();
    const queue = new PriorityJobQueue<string, number, number>({
      clock,
      ...(maxSize !== undefined && { maxSize }),
    });
    return { queue, advance: (durationMs) => clock.advance(durationMs) };
  },
});

jobQueueConformance("PriorityJobQueue that drops and ages", {
  make: ({ maxSize }) => {
    const clock = new ManualClock();
    const queue = new PriorityJobQueue<string, number, number>({
      clock,
      onFull: "drop-lowest", // Among equals nothing is dropped.
      agingMsPerLevel: 10,
      ...(maxSize !== undefined && { maxSize }),
    });
    return { queue, advance: (durationMs) => clock.advance(durationMs) };
  },
});

// --- a model: the jobs in the order in which they are to come out

/** What the model knows of a job. */
interface Entry {
  /** Undefined for one that waits for room. */
  job: AnyJob | undefined;
  readonly payload: number;
  readonly id: string | undefined;
  readonly signal: CountingSignal | undefined;
  rank: number;
  priority: number;
  status: TaskStatus;
  readyAt: number;
  duplicates: number;
  attempts: number;
  /** Whether somebody said how to stop it. */
  isAttended: boolean;
  /** How often it was told to stop. */
  stops: number;
  /** Why it was cancelled, or undefined. */
  cause: unknown;
}

/** One that waits for room. */
interface Putter {
  readonly entry: Entry;
  readonly delayMs: number;
  readonly put: Put;
}

interface Setup {
  readonly maxSize: number;
  readonly onFull: "reject" | "drop-lowest";
  readonly agingMsPerLevel: number;
}

const WHY = "why";
const SHUT_DOWN = "shut down";

class Model {
  readonly setup: Setup;
  now = 0;
  isSealed = false;
  isClosed = false;
  /** In the order in which they are to be given out. */
  ready: Entry[] = [];
  /** In the order in which they came. */
  delayed: { readonly entry: Entry; readonly dueAt: number }[] = [];
  /** All that wait, in the order in which they came or were moved. */
  waiting: Entry[] = [];
  putters: Putter[] = [];
  running: Entry[] = [];
  readonly all: Entry[] = [];
  /** Promises of `put()` with what they are to come to. */
  readonly puts: { readonly put: Put; check: (result: unknown) => void }[] = [];

  constructor(setup: Setup) {
    this.setup = setup;
  }

  keyOf({ rank, readyAt }: Entry): number {
    const { agingMsPerLevel } = this.setup;
    return agingMsPerLevel === 0 ? rank : readyAt + rank * agingMsPerLevel;
  }

  unfinished(id: string | undefined): Entry | undefined {
    return id === undefined
      ? undefined
      : this.all.find((it) =>
        it.id === id && (this.waiting.includes(it) || this.running.includes(it))
      );
  }

  placeReady(entry: Entry): void {
    const key = this.keyOf(entry);
    const index = this.ready.findIndex((it) => this.keyOf(it) > key);
    this.ready.splice(index < 0 ? this.ready.length : index, 0, entry);
    entry.status = TaskStatus.PENDING;
  }

  wait(entry: Entry, delayMs: number, status: TaskStatus): void {
    this.waiting.push(entry);
    if (delayMs > 0) {
      entry.status = status;
      this.delayed.push({ entry, dueAt: this.now + delayMs });
    } else {
      entry.readyAt = this.now;
      this.placeReady(entry);
    }
  }

  leave(entry: Entry): void {
    this.waiting = this.waiting.filter((it) => it !== entry);
    this.ready = this.ready.filter((it) => it !== entry);
    this.delayed = this.delayed.filter((it) => it.entry !== entry);
  }

  advance(durationMs: number): void {
    this.now += durationMs;
    const due = this.delayed.filter(({ dueAt }) => dueAt <= this.now);
    this.delayed = this.delayed.filter(({ dueAt }) => dueAt > this.now);
    due.sort((a, b) => a.dueAt - b.dueAt);
    for (const { entry, dueAt } of due) {
      entry.readyAt = dueAt;
      this.placeReady(entry);
    }
  }

  /** Whether it is let in, and whom it drives out. */
  admits(entry: Entry): readonly [isIn: boolean, dropped?: Entry | undefined] {
    const isFull = this.putters.length > 0 ||
      this.waiting.length >= this.setup.maxSize;
    if (!isFull) return [true];
    if (this.setup.onFull === "reject") return [false];
    const lowest = Math.max(...this.waiting.map(({ rank }) => rank));
    return lowest > entry.rank
      ? [true, this.waiting.find(({ rank }) => rank === lowest)]
      : [false];
  }

  cancel(entry: Entry, cause: unknown): void {
    this.leave(entry);
    entry.status = TaskStatus.CANCELLED;
    entry.cause = cause;
  }

  admitPutters(): void {
    while (
      this.putters.length > 0 && this.waiting.length < this.setup.maxSize
    ) {
      const { entry, delayMs, put } = this.putters.shift()!;
      const known = this.unfinished(entry.id);
      if (known !== undefined) known.duplicates++;
      else {
        this.all.push(entry);
        this.wait(entry, delayMs, TaskStatus.SCHEDULED);
      }
      const expected = known ?? entry;
      this.puts.push({
        put,
        check: (result): void => {
          const job = (result as Result<AnyJob, never>).unwrap();
          strictEqual(job, expected.job ??= job);
        },
      });
    }
  }
}

class Real {
  readonly clock: ManualClock;
  readonly queue: Queue;

  constructor(setup: Setup) {
    this.clock = new ManualClock();
    this.queue = new PriorityJobQueue({ ...setup, clock: this.clock });
  }
}

function refusal(put: Put, code: string): Model["puts"][number] {
  return {
    put,
    check: (result): void => {
      strictEqual((result as Result<never, TaskError>).unwrapErr().code, code);
    },
  };
}

/** Compares all that can be seen. */
async function check(model: Model, { queue, clock }: Real): Promise<void> {
  const { ready, delayed, waiting, puts } = model;
  strictEqual(clock.pending, 0, "the queue has a timer");
  if (puts.length > 0) {
    await flush();
    for (const { put, check } of puts.splice(0)) check(put.value);
  }
  strictEqual(queue.size, waiting.length, "size");
  const dueAt = Math.min(...delayed.map((it) => it.dueAt));
  const waitMs = ready.length > 0 ? 0 : dueAt - model.now;
  strictEqual(queue.msUntilReady(), waitMs === Infinity ? undefined : waitMs);
}

/** Compares all that is known of each job; it looks at the queue, too. */
function checkJobs(model: Model, { queue }: Real): void {
  strictEqual(queue.peek(), model.ready[0]?.job, "peek");
  strictEqual(queue.ready, model.ready.length, "ready");
  for (const entry of model.all) {
    const { job, payload, id, status, priority, attempts, duplicates } = entry;
    deepStrictEqual(
      { ...pickSeen(job!) },
      { payload, id, status, priority, attempts, duplicates },
    );
    const isLive = model.waiting.includes(entry) ||
      model.running.includes(entry);
    const { signal } = entry;
    const listeners = isLive && signal?.aborted === false ? 1 : 0;
    strictEqual(signal?.listenerCount ?? 0, listeners, "listeners");
    if (id !== undefined && isLive) strictEqual(queue.get(id), job);
  }
  for (const id of IDS) {
    strictEqual(queue.get(id), model.unfinished(id)?.job);
  }
}

function pickSeen(job: AnyJob): Record<string, unknown> {
  const { payload, id, status, priority, attempts, duplicates } = job;
  return { payload, id, status, priority, attempts, duplicates };
}

type StepBody = (model: Model, real: Real) => void;

function step(name: string, body: StepBody): ModelStep<Model, Real> {
  return new ModelStep(name, async (model, real) => {
    body(model, real);
    await check(model, real);
  });
}

const IDS = ["x", "y"] as const;
const pick = fc.nat(15);
const priorities = fc.constantFrom(0, -0, 1, 1, 2, -1, 1.5, -2.25, 7, -1e9);
const delays = fc.constantFrom(0, 0, 0, 1, 2, 3, 5, 0.5);
const ids = fc.constantFrom(undefined, undefined, undefined, ...IDS);
const watched = fc.constantFrom("none", "none", "watched", "aborted");

interface Wish {
  readonly priority: number;
  readonly delayMs: number;
  readonly id: string | undefined;
  readonly signal: string;
}

const wishes = fc.record({
  priority: priorities,
  delayMs: delays,
  id: ids,
  signal: watched,
}).map((wish) =>
  Object.defineProperty(wish, "toString", {
    value: () => JSON.stringify(wish),
  }) as Wish
);

function newEntry(
  model: Model,
  { priority, id, signal }: Wish,
): Entry {
  const entry: Entry = {
    job: undefined,
    payload: model.all.length,
    id,
    signal: signal === "none" ? undefined : new CountingSignal(),
    rank: priority,
    priority,
    status: TaskStatus.PENDING,
    readyAt: 0,
    duplicates: 0,
    attempts: 0,
    isAttended: false,
    stops: 0,
    cause: undefined,
  };
  if (signal === "aborted") entry.signal!.abort(WHY);
  return entry;
}

function optionsOf(
  { signal }: Entry,
  { priority, delayMs, id }: Wish,
): PriorityJobOptions<number> {
  return {
    priority,
    delayMs,
    ...(id !== undefined && { id }),
    signal: signal?.asSignal(),
  };
}

function enqueue(wish: Wish, model: Model, { queue }: Real): void {
  const entry = newEntry(model, wish);
  const result = queue.enqueue(entry.payload, optionsOf(entry, wish));
  const known = model.unfinished(wish.id);
  if (model.isSealed) {
    strictEqual(result.unwrapErr().code, "TASK_QUEUE_CLOSED");
  } else if (known !== undefined) {
    known.duplicates++;
    strictEqual(result.unwrap(), known.job);
  } else if (wish.signal === "aborted") {
    entry.job = result.unwrap();
    entry.status = TaskStatus.CANCELLED;
    entry.cause = WHY;
    model.all.push(entry);
  } else {
    const [isIn, dropped] = model.admits(entry);
    if (!isIn) {
      strictEqual(result.unwrapErr().code, "TASK_QUEUE_FULL");
      return;
    }
    entry.job = result.unwrap();
    model.all.push(entry);
    if (dropped !== undefined) model.cancel(dropped, DROPPED);
    model.wait(entry, wish.delayMs, TaskStatus.SCHEDULED);
  }
}

/** Stands for the cause of those that were dropped. */
const DROPPED = "dropped";

function put(wish: Wish, model: Model, { queue }: Real): void {
  const entry = newEntry(model, wish);
  const put = watch(queue.put(entry.payload, optionsOf(entry, wish)));
  const known = model.unfinished(wish.id);
  if (wish.signal === "aborted") {
    model.puts.push(refusal(put, "TASK_CANCELLED"));
  } else if (model.isSealed) {
    model.puts.push(refusal(put, "TASK_QUEUE_CLOSED"));
  } else if (known !== undefined) {
    known.duplicates++;
    model.puts.push({
      put,
      check: (result): void =>
        strictEqual((result as Result<AnyJob, never>).unwrap(), known.job),
    });
  } else {
    const [isIn, dropped] = model.admits(entry);
    if (!isIn) {
      model.putters.push({ entry, delayMs: wish.delayMs, put });
      return;
    }
    model.all.push(entry);
    if (dropped !== undefined) model.cancel(dropped, DROPPED);
    model.wait(entry, wish.delayMs, TaskStatus.SCHEDULED);
    model.puts.push({
      put,
      check: (result): void => {
        entry.job = (result as Result<AnyJob, never>).unwrap();
      },
    });
  }
}

function cancel(index: number, bySignal: boolean): StepBody {
  return (model, { queue }) => {
    const entry = model.all[index % Math.max(1, model.all.length)];
    if (entry === undefined) return;
    const isRunning = model.running.includes(entry);
    const isWaiting = model.waiting.includes(entry);
    const { signal, job } = entry;
    if (!bySignal) {
      const expected = isWaiting || isRunning && entry.isAttended;
      strictEqual(queue.cancel(job!, WHY), expected, "cancel");
    } else if (signal === undefined || signal.aborted) return;
    else signal.abort(WHY);
    if (isRunning && entry.isAttended) entry.stops--;
    if (isWaiting) {
      model.cancel(entry, WHY);
      model.admitPutters();
    }
  };
}

const steps = [
  wishes.map((wish) =>
    step(`enqueue(${wish})`, (model, real) => enqueue(wish, model, real))
  ),
  wishes.map((wish) =>
    step(`put(${wish})`, (model, real) => put(wish, model, real))
  ),
  pick.map((index) =>
    step(`abort put ${index}`, (model) => {
      const { putters } = model;
      const putter = putters[index % Math.max(1, putters.length)];
      if (putter?.entry.signal === undefined) return;
      strictEqual(putter.entry.signal.listenerCount, 1);
      putter.entry.signal.abort(WHY);
      model.putters = putters.filter((it) => it !== putter);
      model.puts.push(refusal(putter.put, "TASK_CANCELLED"));
    })
  ),
  fc.boolean().map((isAttended) =>
    step(`dequeue, attend: ${isAttended}`, (model, { queue }) => {
      const entry = model.ready[0];
      const job = queue.dequeue();
      strictEqual(job, entry?.job, "dequeue");
      if (entry === undefined) return;
      model.leave(entry);
      model.running.push(entry);
      entry.status = TaskStatus.RUNNING;
      entry.attempts++;
      entry.isAttended = isAttended;
      if (isAttended) {
        queue.attend(job!, {
          stop: ({ code, cause }) => {
            deepStrictEqual([code, cause], ["TASK_CANCELLED", WHY]);
            entry.stops++;
          },
        });
      }
      model.admitPutters();
    })
  ),
  fc.constant(
    step("look", (model, real) => {
      // Those that put() lets in are known once its promise has settled.
      if (model.all.every(({ job }) => job !== undefined)) {
        checkJobs(model, real);
      }
    }),
  ),
  fc.tuple(pick, delays).map(([index, delayMs]) =>
    step(`retry(${index}, ${delayMs})`, (model, { queue }) => {
      const [entry] = model.running.splice(index % 4, 1);
      if (entry === undefined) return;
      queue.retry(entry.job!, delayMs);
      entry.isAttended = false;
      if (model.isClosed) {
        entry.status = TaskStatus.CANCELLED;
        entry.cause = SHUT_DOWN;
      } else model.wait(entry, delayMs, TaskStatus.RETRYING);
    })
  ),
  fc.tuple(pick, fc.boolean()).map(([index, succeeds]) =>
    step(`settle(${index}, ${succeeds})`, (model, { queue }) => {
      const [entry] = model.running.splice(index % 4, 1);
      if (entry === undefined) return;
      const error = new TaskError("TASK_EXECUTION_FAILED", { reason: "" });
      queue.settle(entry.job!, succeeds ? okOf(entry.payload) : err(error));
      entry.status = succeeds ? TaskStatus.COMPLETED : TaskStatus.FAILED;
    })
  ),
  pick.map((index) => step(`cancel(${index})`, cancel(index, false))),
  pick.map((index) => step(`abort(${index})`, cancel(index, true))),
  fc.tuple(pick, priorities).map(([index, priority]) =>
    step(`updatePriority(${index}, ${priority})`, (model, { queue }) => {
      const entry = model.all[index % Math.max(1, model.all.length)];
      if (entry === undefined) return;
      const isWaiting = model.waiting.includes(entry);
      const isUnfinished = isWaiting || model.running.includes(entry);
      strictEqual(queue.updatePriority(entry.job!, priority), isUnfinished);
      if (!isUnfinished) return;
      const hasMoved = entry.rank !== priority;
      entry.priority = entry.rank = priority;
      if (!hasMoved || !isWaiting) return;
      model.waiting = [...model.waiting.filter((it) => it !== entry), entry];
      if (!model.ready.includes(entry)) return;
      model.ready = model.ready.filter((it) => it !== entry);
      model.placeReady(entry);
    })
  ),
  fc.constantFrom(0, 0.5, 1, 2, 3, 10).map((durationMs) =>
    step(`advance(${durationMs})`, (model, { clock }) => {
      clock.advance(durationMs);
      model.advance(durationMs);
    })
  ),
];

const endings = fc.constantFrom(
  step("seal", (model, { queue }) => {
    queue.seal();
    model.isSealed = true;
    for (const { put } of model.putters.splice(0)) {
      model.puts.push(refusal(put, "TASK_QUEUE_CLOSED"));
    }
  }),
  step("close", (model, { queue }) => {
    queue.close(model.isClosed ? "not heard" : SHUT_DOWN);
    model.isSealed = model.isClosed = true;
    for (const { put } of model.putters.splice(0)) {
      model.puts.push(refusal(put, "TASK_QUEUE_CLOSED"));
    }
    for (const entry of model.waiting) model.cancel(entry, SHUT_DOWN);
  }),
);

/** Ends all, and looks at each result. */
async function finish(model: Model, real: Real): Promise<void> {
  await check(model, real);
  checkJobs(model, real);
  const { queue } = real;
  const puts = model.putters.map(({ put }) => put);
  // Half of the results were asked for before, half are after.
  const asked = model.all.map(({ job }, i) =>
    i % 2 === 0 ? watch(job!.result) : undefined
  );
  queue.close(SHUT_DOWN);
  for (const entry of model.waiting) model.cancel(entry, SHUT_DOWN);
  for (const entry of model.running) {
    queue.retry(entry.job!, 1);
    entry.status = TaskStatus.CANCELLED;
    entry.cause = SHUT_DOWN;
  }
  await flush();
  for (const { value } of puts) {
    strictEqual(value?.unwrapErr().code, "TASK_QUEUE_CLOSED");
  }
  const results = model.all.map(({ job }, i) => asked[i] ?? watch(job!.result));
  await flush();
  for (const [i, entry] of model.all.entries()) {
    const { job, status, cause, signal, stops, payload } = entry;
    strictEqual(job!.status, status);
    strictEqual(signal?.listenerCount ?? 0, 0, "a listener is left");
    strictEqual(stops, 0, "told to stop too often or too seldom");
    const result = results[i]!.value;
    ok(result !== undefined, "a result is pending");
    if (result.ok) strictEqual(result.value, payload);
    else if (status === TaskStatus.CANCELLED) {
      strictEqual(result.error.code, "TASK_CANCELLED");
      const reason = result.error.cause;
      if (cause !== DROPPED) strictEqual(reason, cause);
      else strictEqual((reason as TaskError).code, "TASK_QUEUE_FULL");
    } else strictEqual(status, TaskStatus.FAILED);
  }
  for (const { entry } of model.putters) {
    strictEqual(entry.signal?.listenerCount ?? 0, 0, "a listener is left");
  }
  strictEqual(queue.size, 0);
}

const setups = fc.record({
  maxSize: fc.constantFrom(1, 2, 3, 100),
  onFull: fc.constantFrom("reject" as const, "drop-lowest" as const),
  agingMsPerLevel: fc.constantFrom(0, 0, 1, 2.5, 100),
});

describe("PriorityJobQueue", () => {
  it("P17: does what sorted lists do, whatever is called (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        setups,
        fc.commands(steps, { size: "+1" }),
        fc.commands([endings, endings, ...steps], { maxCommands: 10 }),
        async (setup, open, closing) => {
          const model = new Model(setup);
          const real = new Real(setup);
          await fc.asyncModelRun(() => ({ model, real }), open);
          await fc.asyncModelRun(() => ({ model, real }), closing);
          await finish(model, real);
        },
      ),
      { numRuns: MODEL_RUNS },
    );
  });

  it("P17: with aging nobody waits longer than the ranks differ (property)", () => {
    // A job of rank r is taken before all that came more than (r - lowest)
    // levels after it, however many there are.
    const arrivals = fc.array(
      fc.record({ rank: fc.integer({ min: -2, max: 5 }), gapMs: fc.nat(4) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 9 }), (list, level) => {
        const clock = new ManualClock();
        const queue = new PriorityJobQueue<number>({
          clock,
          agingMsPerLevel: level,
        });
        const cameAt: number[] = [];
        for (const [i, { rank, gapMs }] of list.entries()) {
          clock.advance(gapMs);
          cameAt.push(clock.monotonic());
          queue.enqueue(i, { priority: rank });
        }
        const taken: number[] = [];
        for (let job; (job = queue.dequeue()) !== undefined;) {
          for (const other of taken) {
            // Who went before came before, or is the more urgent by enough.
            const lead = list[job.payload]!.rank - list[other]!.rank;
            const late = cameAt[other]! - cameAt[job.payload]!;
            ok(late <= lead * level, `${other} before ${job.payload}`);
          }
          taken.push(job.payload);
        }
        strictEqual(taken.length, list.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it("P17: without aging is a stable sort, and so by a table (property)", () => {
    const levels = ["low", "high", "middle"] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...levels)), (list) => {
        const rank = { high: -1, middle: 0, low: 7 };
        const queue = new PriorityJobQueue<number, typeof levels[number]>({
          rank,
          defaultPriority: "low",
        });
        for (const [i, priority] of list.entries()) {
          queue.enqueue(i, { priority });
        }
        const taken: number[] = [];
        for (let job; (job = queue.dequeue());) taken.push(job.payload);
        const expected = [...list.keys()]
          .sort((a, b) => rank[list[a]!] - rank[list[b]!]);
        deepStrictEqual(taken, expected);
      }),
      { numRuns: RUNS },
    );
  });

  describe("order", () => {
    it("goes by the number, the lower first, by default 0", () => {
      const queue = new PriorityJobQueue<string>();
      queue.enqueue("default");
      queue.enqueue("1.5", { priority: 1.5 });
      queue.enqueue("-0", { priority: -0 });
      queue.enqueue("-1", { priority: -1 });
      queue.enqueue("1.25", { priority: 1.25 });
      queue.enqueue("-2^40", { priority: -(2 ** 40) });
      queue.enqueue("0", { priority: 0 });
      strictEqual(drain(queue), "-2^40,-1,default,-0,0,1.25,1.5");
    });

    it("goes by a function", () => {
      const queue = new PriorityJobQueue<string, Date>({
        rank: (deadline) => deadline.getTime(),
        defaultPriority: new Date(500),
      });
      queue.enqueue("900", { priority: new Date(900) });
      queue.enqueue("500");
      queue.enqueue("100", { priority: new Date(100) });
      strictEqual(drain(queue), "100,500,900");
    });

    it("goes by a table of numbers", () => {
      const queue = new PriorityJobQueue<string, 1 | 2>({
        rank: { 1: 20, 2: 10 },
        defaultPriority: 1,
      });
      queue.enqueue("1");
      queue.enqueue("2", { priority: 2 });
      strictEqual(drain(queue), "2,1");
    });

    it("is by the time at which a delayed job became ready, though nobody looked", () => {
      const clock = new ManualClock();
      const queue = new PriorityJobQueue<string>({ clock });
      queue.enqueue("at 5", { delayMs: 5, priority: 1 });
      const moved = queue.enqueue("at 0").unwrap();
      clock.advance(6);
      // It goes behind those that are ready, and one has been since 5.
      queue.updatePriority(moved, 1);
      queue.enqueue("at 6", { priority: 1 });
      strictEqual(drain(queue), "at 5,at 0,at 6");
    });

    it("counts a retry from the time of its next attempt", () => {
      const clock = new ManualClock();
      const queue = new PriorityJobQueue<string>({
        clock,
        agingMsPerLevel: 100,
      });
      const retried = queue.enqueue("retried").unwrap();
      queue.dequeue();
      queue.retry(retried, 50);
      clock.advance(40);
      queue.enqueue("key 140", { priority: 1 });
      queue.enqueue("key 40");
      queue.enqueue("key -60", { priority: -1 });
      clock.advance(60);
      strictEqual(drain(queue), "key -60,key 40,retried,key 140");
    });

    it("keeps the place of a job whose rank stays, and else moves it behind its equals", () => {
      const queue = new PriorityJobQueue<string, "a" | "b" | "c">({
        rank: { a: 0, b: 0, c: 1 },
        defaultPriority: "a",
      });
      const first = queue.enqueue("first").unwrap();
      const second = queue.enqueue("second").unwrap();
      queue.enqueue("third");
      strictEqual(queue.updatePriority(first, "b"), true);
      strictEqual(first.priority, "b");
      queue.updatePriority(second, "c");
      queue.updatePriority(second, "a");
      strictEqual(drain(queue), "first,third,second");
    });

    it("of a job that waits for its time or runs changes from its next turn on", () => {
      const clock = new ManualClock();
      const queue = new PriorityJobQueue<string>({ clock });
      const running = queue.enqueue("running").unwrap();
      queue.dequeue();
      const delayed = queue.enqueue("delayed", { delayMs: 5 }).unwrap();
      queue.enqueue("other");
      queue.updatePriority(delayed, -1);
      queue.updatePriority(running, -2);
      strictEqual(queue.peek()?.payload, "other");
      queue.retry(running, 5);
      clock.advance(5);
      strictEqual(drain(queue), "running,delayed,other");
    });
  });

  describe("programming errors", () => {
    const BAD_NUMBERS: readonly (readonly [string, unknown])[] = [
      ...NOT_NUMBERS.filter(([name]) => name !== "undefined"),
      ["NaN", NaN],
      ["Infinity", Infinity],
      ["-Infinity", -Infinity],
    ];

    for (const [name, priority] of BAD_NUMBERS) {
      it(`throws at ${name} as a priority and keeps the order (p-queue's NaN)`, async () => {
        const queue = new PriorityJobQueue<string>();
        const bad = { priority: priority as number, id: "x" };
        const c = queue.enqueue("c", { priority: 3 }).unwrap();
        throws(() => queue.enqueue("bad", bad), ValidationError);
        queue.enqueue("a", { priority: 1 });
        await rejects(queue.put("bad", bad), ValidationError);
        throws(() => queue.updatePriority(c, bad.priority), ValidationError);
        strictEqual(c.priority, 3);
        queue.enqueue("b", { priority: 2 });
        strictEqual(queue.get("x"), undefined);
        strictEqual(drain(queue), "a,b,c");
      });
    }

    it("names the option and what it got", () => {
      const queue = new PriorityJobQueue<string>();
      queue.subscribe({ wake() {} });
      const running = queue.enqueue("running").unwrap();
      queue.dequeue();
      const waiting = queue.enqueue("waiting").unwrap();
      const mistakes: readonly (readonly [string, string, () => unknown])[] = [
        ["priority", "NaN", () => queue.enqueue("a", { priority: NaN })],
        ["priority", "Infinity", () => queue.updatePriority(waiting, Infinity)],
        ["delayMs", "-5", () => queue.enqueue("a", { delayMs: -5 })],
        ["delayMs", "-1", () => queue.retry(running, -1)],
        ["job", "pending", () => queue.settle(waiting, okOf(1))],
        ["job", "undefined", () => queue.settle(undefined as never, okOf(1))],
        ["consumer", "another", () => queue.subscribe({ wake() {} })],
      ];
      for (const [field, received, make] of mistakes) {
        throws(make, (error) => isRefused(error, field, received));
      }
    });

    const NO_RANKS = ["toString", "__proto__", "inherited", "other", ""];
    for (const name of NO_RANKS) {
      it(`has no rank for "${name}" in a table that lacks it`, () => {
        const rank: Record<string, number> = Object.create({ inherited: 1 });
        rank.a = 0;
        const queue = new PriorityJobQueue<string, string>({
          rank,
          defaultPriority: "a",
        });
        throws(() => queue.enqueue("bad", { priority: name }), ValidationError);
        strictEqual(queue.size, 0);
        throws(
          () =>
            new PriorityJobQueue<string, string>({
              rank,
              defaultPriority: name,
            }),
          ValidationError,
        );
      });
    }

    it("throws what a ranking throws, and loses nothing", () => {
      const queue = new PriorityJobQueue<string, string>({
        rank: (priority) => {
          if (priority === "bad") throw new RangeError("bad");
          return priority.length;
        },
        defaultPriority: "",
      });
      const job = queue.enqueue("a").unwrap();
      throws(() => queue.enqueue("b", { priority: "bad" }), RangeError);
      throws(() => queue.updatePriority(job, "bad"), RangeError);
      strictEqual(drain(queue), "a");
    });

    const BAD_OPTIONS: readonly PriorityJobQueueOptions<number>[] = [
      ...[0, -1, 1.5, NaN, Infinity, "5"].map((maxSize) => ({
        maxSize: maxSize as number,
      })),
      ...[-1, NaN, Infinity, "5", null].map((agingMsPerLevel) => ({
        agingMsPerLevel: agingMsPerLevel as number,
      })),
      ...["", "wait", "rejected", "REJECT", null].map((onFull) => ({
        onFull: onFull as "reject",
      })),
      ...[NaN, Infinity, "0"].map((defaultPriority) => ({
        defaultPriority: defaultPriority as number,
      })),
      ...[null, 5, "rank"].map((rank) => ({ rank: rank as never })),
      { rank: { 0: 1, 1: NaN } },
      { rank: { 0: 1, 1: "2" } as never },
    ];
    for (const options of BAD_OPTIONS) {
      const [[name, value] = []] = Object.entries(options);
      const shown = typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
      it(`refuses to be made with ${name}: ${typeof value} ${shown}`, () => {
        throws(
          () => new PriorityJobQueue(options),
          (error) => isRefused(error, name!, ""),
        );
      });
    }

    it("refuses a default priority that the ranking has no number for", () => {
      throws(
        () => new PriorityJobQueue({ rank: () => NaN }),
        (error) => isRefused(error, "defaultPriority", "0"),
      );
    });

    it("does nothing with a job of another queue", () => {
      const queue = new PriorityJobQueue<string>();
      const foreign = new PriorityJobQueue<string>().enqueue("a").unwrap();
      strictEqual(queue.updatePriority(foreign, 1), false);
      strictEqual(queue.cancel(foreign), false);
      strictEqual(foreign.priority, 0);
    });
  });

  describe("bound", () => {
    it("refuses a job beyond it whatever its priority", () => {
      const queue = new PriorityJobQueue<string>({ maxSize: 1 });
      queue.enqueue("a").unwrap();
      const refused = queue.enqueue("b", { priority: -1 }).unwrapErr();
      strictEqual(refused.code, "TASK_QUEUE_FULL");
      strictEqual(drain(queue), "a");
    });

    it("drop-lowest drops the oldest of the least urgent for a more urgent one", async () => {
      const clock = new ManualClock();
      const queue = new PriorityJobQueue<string>({
        clock,
        maxSize: 4,
        onFull: "drop-lowest",
      });
      const all = [
        queue.enqueue("urgent", { priority: 0 }).unwrap(),
        queue.enqueue("older", { priority: 2, delayMs: 5 }).unwrap(),
        queue.enqueue("younger", { priority: 2, id: "x" }).unwrap(),
        queue.enqueue("middle", { priority: 1 }).unwrap(),
      ];
      const same = queue.enqueue("same", { priority: 2 }).unwrapErr();
      strictEqual(same.code, "TASK_QUEUE_FULL");
      queue.enqueue("new", { priority: 1 }).unwrap();
      const [urgent, older, younger, middle] = all;
      strictEqual(older!.status, TaskStatus.CANCELLED);
      const failure = (await older!.result).unwrapErr();
      strictEqual(failure.code, "TASK_CANCELLED");
      ok(TaskError.is(failure.cause));
      strictEqual(failure.cause.code, "TASK_QUEUE_FULL");
      queue.enqueue("newer", { priority: 1, id: "y" }).unwrap();
      strictEqual(younger!.status, TaskStatus.CANCELLED);
      strictEqual(queue.get("x"), undefined);
      queue.enqueue("newest", { priority: -1 }).unwrap();
      strictEqual(middle!.status, TaskStatus.CANCELLED);
      strictEqual(urgent!.status, TaskStatus.PENDING);
      strictEqual(drain(queue), "newest,urgent,new,newer");
    });

    it("drop-lowest drops no job that runs, and goes by priorities as they are", () => {
      const queue = new PriorityJobQueue<string>({
        maxSize: 2,
        onFull: "drop-lowest",
      });
      queue.enqueue("running", { priority: 9 });
      const running = queue.dequeue()!;
      const raised = queue.enqueue("raised", { priority: 5 }).unwrap();
      const lowered = queue.enqueue("lowered", { priority: 1 }).unwrap();
      queue.updatePriority(raised, 0);
      queue.updatePriority(lowered, 3);
      queue.enqueue("new", { priority: 2 }).unwrap();
      strictEqual(running.status, TaskStatus.RUNNING);
      strictEqual(lowered.status, TaskStatus.CANCELLED);
      strictEqual(drain(queue), "raised,new");
    });
  });

  describe("put()", () => {
    it("waits for room, first come, first served, and before any enqueue()", async () => {
      const queue = new PriorityJobQueue<string>({ maxSize: 1 });
      queue.enqueue("a").unwrap();
      const first = watch(queue.put("first", { priority: 5 }));
      const second = watch(queue.put("second", { priority: -5 }));
      await flush();
      strictEqual(first.value, undefined);
      strictEqual(queue.size, 1);
      strictEqual(queue.dequeue()?.payload, "a");
      // There is no room between: it has been given away already.
      strictEqual(queue.enqueue("late").unwrapErr().code, "TASK_QUEUE_FULL");
      await flush();
      strictEqual(first.value!.unwrap(), queue.peek());
      strictEqual(second.value, undefined);
      queue.peek()!.cancel();
      await flush();
      strictEqual(second.value!.unwrap(), queue.peek());
    });

    it("begins the delay when there is room", async () => {
      const clock = new ManualClock();
      const queue = new PriorityJobQueue<string>({ clock, maxSize: 1 });
      queue.enqueue("a").unwrap();
      const put = watch(queue.put("b", { delayMs: 10 }));
      clock.advance(20);
      queue.dequeue();
      await flush();
      ok(put.value?.ok);
      strictEqual(queue.msUntilReady(), 10);
    });

    it("ends with the signal, and has no listener left", async () => {
      const queue = new PriorityJobQueue<string>({ maxSize: 1 });
      const a = queue.enqueue("a").unwrap();
      const signals = [new CountingSignal(), new CountingSignal()] as const;
      const puts = signals.map((signal) =>
        watch(queue.put("b", { signal: signal.asSignal() }))
      );
      signals[0].abort("why");
      await flush();
      const failure = puts[0]!.value!.unwrapErr();
      deepStrictEqual([failure.code, failure.cause], ["TASK_CANCELLED", "why"]);
      a.cancel();
      await flush();
      const job = puts[1]!.value!.unwrap();
      strictEqual(signals[1].listenerCount, 1);
      signals[1].abort("why");
      strictEqual(job.status, TaskStatus.CANCELLED);
      deepStrictEqual(signals.map((it) => it.listenerCount), [0, 0]);
      strictEqual(queue.size, 0);
    });

    it("lets go of one that its signal has ended, though there is no room", async () => {
      const queue = new PriorityJobQueue<string>({ maxSize: 1 });
      queue.enqueue("a").unwrap();
      const signal = new CountingSignal();
      const put = watch(queue.put("b", { signal: signal.asSignal() }));
      signal.abort("why");
      await flush();
      strictEqual(put.value?.unwrapErr().code, "TASK_CANCELLED");
      signal.removeEventListener = () => fail("It is still held.");
      queue.seal(); // It turns to all that wait for room.
    });

    it("gives each its own job where the one of the same id was cancelled before", async () => {
      const queue = new PriorityJobQueue<string>({ maxSize: 1 });
      queue.enqueue("a").unwrap();
      const first = watch(queue.put("first", { id: "x" }));
      const second = watch(queue.put("second", { id: "x" }));
      queue.dequeue();
      queue.get("x")!.cancel();
      await flush();
      strictEqual(first.value!.unwrap().status, TaskStatus.CANCELLED);
      strictEqual(second.value!.unwrap().payload, "second");
      strictEqual(queue.dequeue()?.payload, "second");
    });

    it("is refused by seal() and close()", async () => {
      for (const end of ["seal", "close"] as const) {
        const queue = new PriorityJobQueue<string>({ maxSize: 1 });
        queue.enqueue("a").unwrap();
        const signal = new CountingSignal();
        const put = watch(queue.put("b", { signal: signal.asSignal() }));
        queue[end]();
        const late = watch(queue.put("c"));
        await flush();
        for (const { value } of [put, late]) {
          strictEqual(value?.unwrapErr().code, "TASK_QUEUE_CLOSED");
        }
        strictEqual(signal.listenerCount, 0);
        queue.dequeue();
        strictEqual(queue.size, 0);
      }
    });

    it("lets a hundred thousand in, one after the other", async () => {
      const queue = new PriorityJobQueue<number>({ maxSize: 1 });
      const count = 100_000;
      let sum = 0;
      for (let i = 0; i < count; i++) queue.put(i).then(() => sum++);
      let taken = 0;
      for (let job; (job = queue.dequeue()) !== undefined; taken++) {
        strictEqual(job.payload, taken);
      }
      strictEqual(taken, count);
      await flush();
      strictEqual(sum, count);
    });
  });

  describe("a hundred thousand jobs", () => {
    it("come out in order, with half of them cancelled", () => {
      const queue = new PriorityJobQueue<number>();
      const jobs = Array.from(
        { length: 100_000 },
        (_, i) => queue.enqueue(i, { priority: i % 10 }).unwrap(),
      );
      strictEqual(queue.enqueue(-1).unwrapErr().code, "TASK_QUEUE_FULL");
      for (const job of jobs) if (job.payload % 3 === 0) job.cancel();
      let last = -1;
      let taken = 0;
      for (let job; (job = queue.dequeue()) !== undefined; taken++) {
        const key = job.priority * 100_000 + job.payload;
        ok(key > last && job.payload % 3 !== 0);
        last = key;
      }
      strictEqual(taken, 66_666);
    });

    it("are closed at once", async () => {
      const queue = new PriorityJobQueue<number>();
      let settled = 0;
      for (let i = 0; i < 100_000; i++) {
        const delayMs = i % 2;
        const job = queue.enqueue(i, { delayMs }).unwrap();
        job.result.then(() => settled++);
      }
      queue[Symbol.dispose]();
      await flush();
      strictEqual(settled, 100_000);
      strictEqual(queue.size, 0);
    });
  });

  it("ready counts a job from its time on, though nobody looked", () => {
    const clock = new ManualClock();
    const queue = new PriorityJobQueue<string>({ clock });
    queue.enqueue("a");
    queue.enqueue("b", { delayMs: 5 });
    strictEqual(queue.ready, 1);
    clock.advance(5);
    strictEqual(queue.ready, 2);
  });

  it("does not look at the clock while no job is delayed", () => {
    let looks = 0;
    class WatchedClock extends ManualClock {
      override monotonic(): number {
        looks++;
        return super.monotonic();
      }
    }
    const queue = new PriorityJobQueue<string>({ clock: new WatchedClock() });
    const job = queue.enqueue("a").unwrap();
    queue.updatePriority(job, 1);
    queue.peek();
    queue.dequeue();
    queue.retry(job, 0);
    queue.msUntilReady();
    queue.dequeue();
    strictEqual(looks, 0);
    queue.enqueue("b", { delayMs: 5 });
    ok(looks > 0);
  });

  it("a reason that is thrown away is no unhandled rejection", async () => {
    const queue = new PriorityJobQueue<string>();
    const job = queue.enqueue("a").unwrap();
    job.cancel(new Error("why"));
    await flush(); // A rejection that nobody handles would end the test.
    strictEqual(job.status, TaskStatus.CANCELLED);
  });

  it("keeps `this` and types of what it gives", () => {
    type Level = "high" | "low";
    const queue = new PriorityJobQueue<string, Level, number>({
      rank: { high: 0, low: 1 },
      defaultPriority: "low",
    });
    const job = queue.enqueue("a", { priority: "high" }).unwrap();
    expectType<Equal<typeof job, PriorityJob<string, Level, number>>>();
    expectType<
      Equal<typeof job.result, Promise<Result<number, TaskFailure>>>
    >();
    expectType<Equal<typeof job.priority, Level>>();
    const general: JobQueue<string, number> = queue;
    const taken: Job<string, number> | undefined = general.dequeue();
    strictEqual(taken, job);

    const rank = { high: 0, low: 1 };
    const high = { high: 0 };
    type Options = PriorityJobQueueOptions<Level>;
    // @ts-expect-error The table must be complete.
    const table: Options = { rank: high, defaultPriority: "high" };
    // @ts-expect-error Priorities that are no numbers need a ranking.
    const ranked: Options = { defaultPriority: "high" };
    // @ts-expect-error And a default.
    const preset: Options = { rank };
    // @ts-expect-error What is no key needs a function.
    const dates: Ranking<Date> = rank;
    strictEqual([table, ranked, preset, dates].length, 4);

    // @ts-expect-error Options cannot be left out where a ranking is needed.
    const bare = new PriorityJobQueue<string, Level>();
    throws(() => bare.enqueue("b", { priority: "low" }), ValidationError);
    // @ts-expect-error "urgent" is no priority.
    throws(() => queue.enqueue("b", { priority: "urgent" }), ValidationError);
    // @ts-expect-error The output is a number.
    queue.settle(job, okOf("seven"));
    // @ts-expect-error A payload is a string.
    queue.enqueue(5);
    // @ts-expect-error Only an error of a task ends a job.
    const bad: Result<number, TaskFailure> = err(new Error("plain"));
    strictEqual(bad.ok, false);
  });
});

function isRefused(error: unknown, field: string, received: string): boolean {
  return error instanceof ValidationError &&
    error.code === "VALIDATION_INVALID_OPTION" &&
    error.field === field && error.message.includes(received);
}

/** Takes all, and joins their payloads. */
function drain<TPriority>(queue: PriorityJobQueue<string, TPriority>): string {
  const taken: string[] = [];
  for (let job; (job = queue.dequeue()) !== undefined;) taken.push(job.payload);
  return taken.join();
}

describe("isJobQueue()", () => {
  it("is false for what lacks a method", () => {
    const queue = new PriorityJobQueue();
    strictEqual(isJobQueue(queue), true);
    for (const value of [null, undefined, {}, [], "queue"]) {
      strictEqual(isJobQueue(value), false);
    }
    for (const name of ["settle", "attend", "subscribe", "msUntilReady"]) {
      const broken = Object.create(queue, { [name]: { value: undefined } });
      strictEqual(isJobQueue(broken), false);
    }
  });
});

describe("PriorityJobQueue, re-entered", () => {
  it("put() lets none in whose signal has aborted, though it made the room itself", async () => {
    const queue = new PriorityJobQueue<string>({ maxSize: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const first = queue.enqueue("first", { signal }).unwrap();
    const second = watch(queue.put("second", { signal }));
    const other = watch(queue.put("other"));
    controller.abort("why"); // The listener of the first comes first.
    await flush();
    strictEqual(first.status, TaskStatus.CANCELLED);
    const failure = second.value!.unwrapErr();
    deepStrictEqual([failure.code, failure.cause], ["TASK_CANCELLED", "why"]);
    strictEqual(queue.dequeue(), other.value!.unwrap());
    strictEqual(queue.size, 0);
  });

  it("cancel() is true for a job that ends within the call", () => {
    const queue = new PriorityJobQueue<string>();
    queue.enqueue("a").unwrap();
    const job = queue.dequeue()!;
    queue.attend(job, { stop: (error) => queue.settle(job, err(error)) });
    strictEqual(job.cancel(), true);
    strictEqual(job.status, TaskStatus.CANCELLED);
    strictEqual(job.cancel(), false);
  });

  it("a default priority may be null", () => {
    const queue = new PriorityJobQueue<string, number | null>({
      rank: (priority) => priority ?? Number.MAX_SAFE_INTEGER,
      defaultPriority: null,
    });
    strictEqual(queue.enqueue("a").unwrap().priority, null);
  });

  it("a default priority must be given where 0 is none", () => {
    const preset: PriorityJobQueueOptions<0 | 1> = {};
    // @ts-expect-error 0 is no priority.
    const bare: PriorityJobQueueOptions<1 | 2> = {};
    strictEqual([preset, bare].length, 2);
    strictEqual(new PriorityJobQueue<string, 0 | 1>().size, 0);
    // @ts-expect-error Nor may the options be left out.
    strictEqual(new PriorityJobQueue<string, 1 | 2>().size, 0);
  });
});

describe("JobRunner over a queue that others touch", () => {
  it("goes on where a job was settled by others, and tells of it", async () => {
    const heard: unknown[] = [];
    const restore = hearReported((reason) => heard.push(reason));
    try {
      const clock = new ManualClock();
      const queue = new PriorityJobQueue<string>({ clock });
      const runner = new JobRunner(queue, (payload, { job }) => {
        if (payload === "a") queue.settle(job, okOf("by others"));
      }, { clock, onError: () => {} });
      const a = queue.enqueue("a").unwrap();
      const b = queue.enqueue("b").unwrap();
      await flush();
      await clock.advanceAsync(0); // A turn of the event loop.
      deepStrictEqual([a.status, b.status], ["completed", "completed"]);
      strictEqual(runner.running, 0);
      const closed = watch(runner.close().then(() => true));
      await flush();
      strictEqual(closed.value, true);
      strictEqual(clock.pending, 0);
    } finally {
      restore();
    }
    strictEqual(heard.length, 1);
    ok(ValidationError.is(heard[0]));
  });

  it("tells of no next attempt where the queue was closed", async () => {
    const clock = new ManualClock();
    const queue = new PriorityJobQueue<string>({ clock });
    const delays: unknown[] = [];
    const runner = new JobRunner(queue, () => {
      queue.close();
      throw new Error("busy");
    }, {
      clock,
      retry: { backoff: () => 5 },
      onAttempt: ({ retryDelayMs }) => delays.push(retryDelayMs),
      onError: () => {},
    });
    const job = queue.enqueue("a").unwrap();
    await flush();
    strictEqual(job.status, TaskStatus.CANCELLED);
    deepStrictEqual(delays, [undefined]);
    const closed = watch(runner.close().then(() => true));
    await flush();
    strictEqual(closed.value, true);
  });
});
