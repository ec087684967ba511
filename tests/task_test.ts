import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Attempt, type AttemptOwner } from "../src/_attempt.ts";
import { type Clock, systemClock } from "../src/clock.ts";
import { PoolError, TaskError, ValidationError } from "../src/errors.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { RetryPolicy, TokenRetryBudget } from "../src/retry.ts";
import { TaskStatus } from "../src/status.ts";
import {
  type AbandonEvent,
  isTask,
  retry,
  RetryableTask,
  type RetryableTaskOptions,
  type RetryEvent,
  type Task,
  type TaskContext,
  type TaskFailed,
  type TaskFailure,
  type TaskFunction,
  type TaskResult,
  toResult,
} from "../src/task.ts";
import { ManualClock } from "../src/testing.ts";
import {
  CountingSignal,
  type Equal,
  expectType,
  RUNS,
  watch,
  type Watched,
} from "./foundation_support.ts";

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 12; i++) await undefined;
}

/** Moves the clock on by whole ms, and lets promises settle before and after each. */
async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  await flush();
  for (let i = 0; i < durationMs; i++) {
    clock.advance(1);
    await flush();
  }
}

type AnyResult = TaskResult<unknown>;

interface Started {
  readonly clock: ManualClock;
  readonly signal: CountingSignal;
  readonly result: Watched<AnyResult>;
  readonly retries: RetryEvent[];
  readonly abandoned: AbandonEvent[];
}

/** Starts a task on a clock and with a signal of its own. */
function start(
  work: TaskFunction<undefined, unknown>,
  options: RetryableTaskOptions = {},
): Started {
  const clock = new ManualClock({ now: 1_000_000 });
  const signal = new CountingSignal();
  const retries: RetryEvent[] = [];
  const abandoned: AbandonEvent[] = [];
  const task = new RetryableTask(work, {
    clock,
    onRetry: (event) => retries.push(event),
    onAbandon: (event) => abandoned.push(event),
    ...(options.backoff === undefined && { jitter: false }),
    ...options,
  });
  const promise = task.execute(undefined, { signal: signal.asSignal() });
  return { clock, signal, result: watch(promise), retries, abandoned };
}

/** The result, which must be there and have left nothing behind. */
function settled({ result, clock, signal }: Started): AnyResult {
  ok(result.value !== undefined, "it has not settled");
  strictEqual(clock.pending, 0, "a timer is left");
  strictEqual(signal.listenerCount, 0, "a listener is left");
  ok(signal.added <= 1, `${signal.added} listeners were added`);
  return result.value;
}

/** The result, which must have that status. */
function settledAs<S extends TaskStatus>(
  started: Started,
  status: S,
): Extract<AnyResult, { readonly status: S }> {
  const result = settled(started);
  strictEqual(result.status, status);
  return result as Extract<AnyResult, { readonly status: S }>;
}

/** Work that never settles by itself, and stops when it is told. */
function untilStopped(_: unknown, { clock, signal }: TaskContext): unknown {
  return clock.sleep(Infinity, { signal });
}

/** Work that never settles, whatever it is told. */
function deaf(): Promise<never> {
  return new Promise(() => {});
}

function fail(): never {
  throw new Error("503");
}

/** A source of the outcomes given, one a call; the last stays. */
function outcomes(...list: readonly unknown[]): () => unknown {
  let calls = 0;
  return () => {
    const outcome = list[Math.min(calls++, list.length - 1)];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
}

// --- The whole against a model

interface Script {
  /** How long each attempt takes, whether it succeeds, whether it stops. */
  readonly attempts: readonly {
    readonly takesMs: number;
    readonly succeeds: boolean;
    readonly heeds: boolean;
  }[];
  readonly maxAttempts: number;
  readonly delaysMs: readonly number[];
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly abandonAfterMs: number;
  /** When it is called off, after all else that happens at that time. */
  readonly cancelAt: number;
}

interface Expected {
  readonly status: string;
  readonly attempts: number;
  readonly durationMs: number;
  readonly limitMs: number | undefined;
  readonly abandoned: number;
}

function at<T>(list: readonly T[], attempt: number): T {
  return list[(attempt - 1) % list.length]!;
}

/** What becomes of one attempt of a script. */
interface Ended {
  readonly at: number;
  readonly how: "succeeded" | "failed" | "stopped" | "cancelled" | "halted";
  readonly isAbandoned: boolean;
}

function predictAttempt(script: Script, attempt: number, now: number): Ended {
  const { totalTimeoutMs, abandonAfterMs, cancelAt } = script;
  const { takesMs, succeeds, heeds } = at(script.attempts, attempt);
  const doneAt = now + takesMs;
  const limitAt = Math.min(now + script.attemptTimeoutMs, totalTimeoutMs);
  const isLimited = limitAt <= doneAt;
  if (!isLimited && cancelAt >= doneAt) {
    const how = succeeds ? "succeeded" : "failed";
    return { at: doneAt, how, isAbandoned: false };
  }
  const stopAt = Math.min(isLimited ? limitAt : Infinity, cancelAt);
  const heedsInTime = heeds && abandonAfterMs > 0;
  const isAbandoned = !heedsInTime && doneAt >= stopAt + abandonAfterMs;
  const endAt = heeds ? stopAt : isAbandoned ? stopAt + abandonAfterMs : doneAt;
  const isCancelled = cancelAt < endAt || stopAt < limitAt || !isLimited;
  if (isCancelled) return { at: endAt, how: "cancelled", isAbandoned };
  const isDone = succeeds && !heeds && !isAbandoned;
  if (isDone) return { at: endAt, how: "succeeded", isAbandoned };
  const how = totalTimeoutMs <= endAt ? "halted" : "stopped";
  return { at: endAt, how, isAbandoned };
}

/** What should become of a script, worked out attempt by attempt. */
function predict(script: Script): Expected {
  const { totalTimeoutMs, attemptTimeoutMs, cancelAt } = script;
  let now = 0;
  let abandoned = 0;
  for (let attempts = 1;; attempts++) {
    const ended = predictAttempt(script, attempts, now);
    const end = (status: string, limitMs?: number): Expected => {
      return { status, attempts, durationMs: now, limitMs, abandoned };
    };
    now = ended.at;
    if (ended.isAbandoned) abandoned++;
    if (ended.how === "cancelled") return end("cancelled");
    if (ended.how === "succeeded") return end("completed");
    if (ended.how === "halted") return end("timed_out", totalTimeoutMs);
    if (attempts >= script.maxAttempts) {
      return ended.how === "stopped"
        ? end("timed_out", attemptTimeoutMs)
        : end("failed");
    }
    const retryAt = now + at(script.delaysMs, attempts);
    if (retryAt >= totalTimeoutMs) return end("timed_out", totalTimeoutMs);
    if (cancelAt < retryAt) {
      now = cancelAt;
      return end("cancelled");
    }
    now = retryAt;
  }
}

const limits = fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 9 }));
const totals = fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 30 }));
const lengths = fc.integer({ min: 1, max: 9 });

const scripts: fc.Arbitrary<Script> = fc.record({
  attempts: fc.array(
    fc.record({
      takesMs: lengths,
      succeeds: fc.boolean(),
      heeds: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  delaysMs: fc.array(lengths, { minLength: 1, maxLength: 3 }),
  attemptTimeoutMs: limits,
  totalTimeoutMs: totals,
  abandonAfterMs: fc.oneof(fc.nat(4), fc.constant(Infinity)),
  cancelAt: fc.oneof(fc.constant(Infinity), fc.nat(40)),
});

/** Longer than any script can take. */
const LONG_MS = 120;

async function play(script: Script): Promise<void> {
  let live = 0;
  let mostLive = 0;
  let calls = 0;
  const started = start(async (_, { attempt, clock, signal }) => {
    strictEqual(attempt, ++calls);
    mostLive = Math.max(mostLive, ++live);
    const { takesMs, succeeds, heeds } = at(script.attempts, attempt);
    try {
      await clock.sleep(takesMs, heeds ? { signal } : {});
    } finally {
      live--;
    }
    if (!succeeds) throw new Error("503");
  }, {
    maxAttempts: script.maxAttempts,
    backoff: (n) => at(script.delaysMs, n),
    attemptTimeoutMs: script.attemptTimeoutMs,
    totalTimeoutMs: script.totalTimeoutMs,
    abandonAfterMs: script.abandonAfterMs,
  });
  const { clock, signal, retries, abandoned } = started;
  await flush();
  for (let now = 0; now <= LONG_MS; now++) {
    if (now === script.cancelAt) signal.abort("enough");
    await flush();
    await pass(clock, 1);
  }

  const result = settled(started);
  const { status, attempts, retryCount, durationMs } = result;
  const limitMs = result.status === "timed_out"
    ? result.error.params.timeoutMs
    : undefined;
  deepStrictEqual(
    { status, attempts, durationMs, limitMs, abandoned: abandoned.length },
    predict(script),
  );
  strictEqual(attempts, calls);
  ok(attempts <= script.maxAttempts);
  strictEqual(retryCount, attempts - 1);
  strictEqual(result.startedAt, 1_000_000);
  strictEqual(result.finishedAt, result.startedAt + durationMs);
  ok(mostLive <= 1 + abandoned.length, "attempts overlap");
  const waitedMs = retries.reduce((sum, { delayMs }) => sum + delayMs, 0);
  ok(waitedMs <= script.totalTimeoutMs, `it waited ${waitedMs} ms`);
  // The last wait may have been called off: then no attempt came of it.
  ok(retries.length === retryCount || status === "cancelled");
}

describe("RetryableTask against a model", () => {
  it("has the status, attempts, duration and limit of the model: attempts <= maxAttempts, sum of delays <= totalTimeoutMs, no overlap, nothing left (property)", async () => {
    await fc.assert(fc.asyncProperty(scripts, play), { numRuns: 4 * RUNS });
  });

  it("is cancelled by an abort at any point, with no further attempt, listener or timer (property)", async () => {
    const behaviours = fc.array(fc.constantFrom("throw", "err", "hang"), {
      minLength: 1,
      maxLength: 4,
    });
    const clockSteps = fc.array(fc.integer({ min: 0, max: 8 }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        behaviours,
        clockSteps,
        limits,
        async (scheduler, list, advances, attemptTimeoutMs) => {
          let calls = 0;
          const started = start(async (_, { attempt, clock, signal }) => {
            calls++;
            await scheduler.schedule(Promise.resolve(), `attempt ${attempt}`);
            const behaviour = at(list, attempt);
            if (behaviour === "hang") await clock.sleep(Infinity, { signal });
            if (behaviour === "err") return err("503");
            throw new Error("503");
          }, {
            maxAttempts: Infinity,
            backoff: () => 3,
            attemptTimeoutMs,
            abandonAfterMs: 2,
          });
          const { clock, signal } = started;
          let callsAtAbort = -1;
          scheduler.schedule(Promise.resolve(), "abort").then(() => {
            callsAtAbort = calls;
            signal.abort("enough");
          });
          for (const durationMs of advances) {
            scheduler.schedule(Promise.resolve(), `+${durationMs}`).then(() => {
              clock.advance(durationMs);
            });
          }
          for (let i = 0; i < 6; i++) {
            await scheduler.waitAll();
            await pass(clock, 1);
          }
          const result = settledAs(started, TaskStatus.CANCELLED);
          strictEqual(result.reason, "enough");
          strictEqual(calls, callsAtAbort);
          strictEqual(result.attempts, calls);
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });
});

describe("RetryableTask.execute()", () => {
  it("completes at once where the first attempt succeeds", async () => {
    const started = start(() => "here");
    await flush();
    deepStrictEqual(settled(started), {
      status: TaskStatus.COMPLETED,
      output: "here",
      attempts: 1,
      retryCount: 0,
      startedAt: 1_000_000,
      finishedAt: 1_000_000,
      durationMs: 0,
    });
  });

  it("hands the task its input, a signal, the attempt and the clock", async () => {
    const clock = new ManualClock();
    const seen: unknown[] = [];
    const task = new RetryableTask((input: string, context) => {
      seen.push(input, context.attempt, context.clock);
      ok(context.signal instanceof AbortSignal);
      strictEqual(context.signal, context.signal);
      strictEqual(context.signal.aborted, false);
    }, { clock });
    strictEqual((await task.execute("in")).status, "completed");
    deepStrictEqual(seen, ["in", 1, clock]);
  });

  it("calls a task as its method", async () => {
    class Counter implements Task<number, number> {
      readonly name = "counter";
      total = 0;

      run(by: number): number {
        return this.total += by;
      }
    }
    const counter = new Counter();
    const task = new RetryableTask(counter);
    strictEqual(await task.run(2), 2);
    strictEqual(await task.run(3), 5);
    strictEqual(task.name, "counter");
  });

  it("calls the task within the call, and lets two runs go on at once", async () => {
    const seen: string[] = [];
    const task = new RetryableTask((input: string) => {
      seen.push(input);
      return input;
    });
    const both = Promise.all([task.execute("a"), task.execute("b")]);
    deepStrictEqual(seen, ["a", "b"]);
    deepStrictEqual((await both).map((it) => toResult(it).unwrap()), seen);
  });

  it("retries throws, rejections and Errs alike, after the exact delays", async () => {
    const reject = Promise.reject(new Error("rejected"));
    reject.catch(() => {});
    const work = outcomes(new Error("thrown"), reject, err("returned"), 7);
    const started = start(work, { maxAttempts: 4 });
    await pass(started.clock, 6_999);
    strictEqual(started.result.value, undefined);
    await pass(started.clock, 1);
    const result = settledAs(started, TaskStatus.COMPLETED);
    strictEqual(result.output, 7);
    strictEqual(result.attempts, 4);
    strictEqual(result.durationMs, 7_000);
    deepStrictEqual(
      started.retries.map(({ attempt, delayMs }) => [attempt, delayMs]),
      [[1, 1_000], [2, 2_000], [3, 4_000]],
    );
    strictEqual(started.retries[2]?.error, "returned");
  });

  it("unwraps an Ok once, and keeps what only looks like a Result", async () => {
    const inner = okOf(1);
    const first = start(() => okOf(inner));
    const second = start(() => ({ ok: false, error: "mine" }));
    await flush();
    strictEqual(settledAs(first, TaskStatus.COMPLETED).output, inner);
    deepStrictEqual(settledAs(second, TaskStatus.COMPLETED).output, {
      ok: false,
      error: "mine",
    });
  });

  it("measures the duration whatever is done to the date", async () => {
    const started = start(outcomes(new Error("503"), 1));
    await flush();
    started.clock.setNow(5);
    await pass(started.clock, 1_000);
    const result = settled(started);
    strictEqual(result.durationMs, 1_000);
    strictEqual(result.startedAt, 1_000_000);
    strictEqual(result.finishedAt, 1_005);
  });

  it("uses the system's clock where none is given", async () => {
    const before = systemClock.now();
    const result = await new RetryableTask(() => {}).execute(undefined);
    ok(result.startedAt >= before && result.finishedAt >= result.startedAt);
  });

  it("retries a TypeError as any other error (p-retry never retries one)", async () => {
    const started = start(outcomes(new TypeError("x is undefined"), 1));
    await pass(started.clock, 1_000);
    strictEqual(settledAs(started, TaskStatus.COMPLETED).attempts, 2);
  });

  it("waits for longer than 2³¹−1 ms where that is the delay", async () => {
    for (const delayMs of [2 ** 31, 2 ** 40]) {
      let calls = 0;
      const started = start(() => {
        calls++;
        return fail();
      }, {
        maxAttempts: 2,
        shouldRetry: () => ({ delayMs }),
        totalTimeoutMs: 2 ** 41,
      });
      await flush();
      started.clock.advance(delayMs - 1);
      await flush();
      strictEqual(calls, 1); // A platform timer would have fired at once.
      await pass(started.clock, 1);
      strictEqual(calls, 2);
      strictEqual(settledAs(started, TaskStatus.FAILED).durationMs, delayMs);
    }
  });

  it("does not start the next attempt early on the system's clock either", async () => {
    const controller = new AbortController();
    let calls = 0;
    const promise = new RetryableTask(() => {
      calls++;
      return fail();
    }, { backoff: () => 2 ** 31 }).execute(undefined, controller);
    await systemClock.sleep(30);
    strictEqual(calls, 1);
    controller.abort();
    strictEqual((await promise).status, "cancelled");
  });
});

describe("RetryableTask that fails", () => {
  it("has failed with RETRY_EXHAUSTED after maxAttempts, without a last wait", async () => {
    const last = new Error("third");
    const started = start(outcomes(new Error("1"), new Error("2"), last));
    await pass(started.clock, 3_000);
    const result = settledAs(started, TaskStatus.FAILED);
    strictEqual(result.error.code, "TASK_RETRY_EXHAUSTED");
    deepStrictEqual(result.error.params, { retries: 2 });
    strictEqual(result.error.cause, last);
    strictEqual(result.lastError, last);
    strictEqual(result.attempts, 3);
    strictEqual(result.retryCount, 2);
    strictEqual(result.durationMs, 3_000);
    strictEqual(started.retries.length, 2);
  });

  it("has failed with EXECUTION_FAILED where no retry was made or left out", async () => {
    const bug = new TypeError("x is undefined");
    const cases: readonly RetryableTaskOptions[] = [
      { maxAttempts: 1 },
      { retryOn: [PoolError] },
      { shouldRetry: () => false },
      { budget: { deposit() {}, withdraw: () => false } },
    ];
    for (const options of cases) {
      const started = start(outcomes(bug), options);
      await flush();
      const result = settledAs(started, TaskStatus.FAILED);
      strictEqual(result.error.code, "TASK_EXECUTION_FAILED");
      strictEqual(result.error.message, "The task failed: x is undefined");
      strictEqual(result.error.cause, bug);
      strictEqual(result.attempts, 1);
      deepStrictEqual(started.retries, []);
    }
  });

  it("says EXECUTION_FAILED, not RETRY_EXHAUSTED, where an error is refused after retries", async () => {
    const work = outcomes(new PoolError("POOL_EXHAUSTED"), new Error("bug"));
    const started = start(work, { retryOn: [PoolError] });
    await pass(started.clock, 1_000);
    const result = settledAs(started, TaskStatus.FAILED);
    strictEqual(result.error.code, "TASK_EXECUTION_FAILED");
    strictEqual(result.attempts, 2);
  });

  it("keeps what was thrown as it is, and tells no text of it", async () => {
    const thrown: readonly (readonly [unknown, string])[] = [
      ["hunter2", "string"],
      [undefined, "undefined"],
      [null, "null"],
      [42, "number"],
      [{ secret: "hunter2" }, "object"],
      [new RangeError(), "RangeError"],
    ];
    for (const [value, shown] of thrown) {
      const started = start(() => {
        throw value;
      }, { maxAttempts: 1 });
      await flush();
      const result = settledAs(started, TaskStatus.FAILED);
      strictEqual(result.lastError, value);
      strictEqual(result.error.cause, value);
      strictEqual(result.error.message, `The task failed: ${shown}`);
    }
  });

  it("settles where not even the text of an error can be read", async () => {
    class Unreadable extends Error {
      override get message(): string {
        throw this;
      }
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const textless = Object.assign(new Error(), {
      message: Object.create(null),
    });
    for (const thrown of [new Unreadable(), proxy, textless]) {
      const started = start(() => {
        throw thrown;
      }, { maxAttempts: 1 });
      await flush();
      const result = settledAs(started, TaskStatus.FAILED);
      ok(result.lastError === thrown);
      strictEqual(result.error.message, "The task failed: object");
    }
  });

  it("has failed with what a callback throws, and swallows nothing", async () => {
    const thrown = new Error("callback");
    function broken(): never {
      throw thrown;
    }
    const budget = { deposit: broken, withdraw: broken };
    const cases: readonly (readonly [RetryableTaskOptions, () => unknown])[] = [
      [{ retryOn: broken }, fail],
      [{ shouldRetry: broken }, fail],
      [{ backoff: broken }, fail],
      [{ random: broken, jitter: true }, fail],
      [{ onRetry: broken }, fail],
      [{ budget }, fail],
      [{ budget }, () => "done"],
      [
        { onAbandon: broken, attemptTimeoutMs: 1, abandonAfterMs: 0 },
        deaf,
      ],
    ];
    for (const [options, work] of cases) {
      const started = start(work, { totalTimeoutMs: 9_000, ...options });
      await flush();
      await pass(started.clock, 1);
      const result = settledAs(started, TaskStatus.FAILED);
      strictEqual(result.lastError, thrown, Object.keys(options).join());
      strictEqual(result.error.code, "TASK_EXECUTION_FAILED");
      strictEqual(result.attempts, 1);
    }
  });

  it("has failed with a ValidationError where a delay is not one", async () => {
    for (const delayMs of [NaN, -1, "5" as unknown as number]) {
      const started = start(fail, { shouldRetry: () => ({ delayMs }) });
      await flush();
      const { lastError } = settledAs(started, TaskStatus.FAILED);
      ok(ValidationError.is(lastError) && lastError.field === "delayMs");
    }
  });

  it("pays for retries from the budget and earns by first-time successes", async () => {
    const budget = new TokenRetryBudget({ capacity: 1, refund: 0.5 });
    const options = { budget, baseDelayMs: 1 };
    const first = start(outcomes(new Error("503"), 1), options);
    await pass(first.clock, 1);
    strictEqual(settled(first).status, "completed");
    strictEqual(budget.tokens, 0); // A success by a retry earns nothing.
    const second = start(fail, options);
    await flush();
    strictEqual(settledAs(second, TaskStatus.FAILED).attempts, 1);
    const third = start(() => 1, options);
    await flush();
    settledAs(third, TaskStatus.COMPLETED);
    strictEqual(budget.tokens, 0.5);
  });
});

describe("RetryableTask that is called off", () => {
  it("does not call the task where the signal has aborted before", async () => {
    const reason = new Error("shutting down");
    let calls = 0;
    const clock = new ManualClock();
    const task = new RetryableTask(() => calls++, { clock });
    const signal = new CountingSignal();
    signal.abort(reason);
    const result = await task.execute(undefined, { signal: signal.asSignal() });
    strictEqual(calls, 0);
    strictEqual(signal.added, 0);
    ok(result.status === TaskStatus.CANCELLED);
    strictEqual(result.attempts, 0);
    strictEqual(result.retryCount, 0);
    strictEqual(result.durationMs, 0);
    strictEqual(result.reason, reason);
    strictEqual(result.error.code, "TASK_CANCELLED");
    strictEqual(result.error.cause, reason);
  });

  it("tells the attempt with the caller's reason, waits for it and never retries", async () => {
    let reason: unknown;
    const started = start(async (_, { clock, signal }) => {
      await clock.sleep(Infinity, { signal }).catch(() => {});
      reason = signal.reason;
      await clock.sleep(5);
      return "too late";
    });
    await flush();
    started.signal.abort("enough");
    await pass(started.clock, 4);
    strictEqual(started.result.value, undefined);
    await pass(started.clock, 1);
    const result = settledAs(started, TaskStatus.CANCELLED);
    strictEqual(reason, "enough");
    strictEqual(result.reason, "enough");
    strictEqual(result.attempts, 1);
    deepStrictEqual(started.abandoned, []);
  });

  it("ends the wait for a retry at once", async () => {
    const started = start(fail);
    await pass(started.clock, 400);
    started.signal.abort("enough");
    await flush();
    const result = settledAs(started, TaskStatus.CANCELLED);
    strictEqual(result.durationMs, 400);
    strictEqual(result.attempts, 1);
  });

  it("ends an endless wait, which no timer would", async () => {
    const started = start(fail, { backoff: () => Infinity });
    await pass(started.clock, 10);
    strictEqual(started.result.value, undefined);
    started.signal.abort("enough");
    await flush();
    settledAs(started, TaskStatus.CANCELLED);
  });

  for (const name of ["retryOn", "shouldRetry", "onRetry"] as const) {
    it(`is cancelled where ${name} aborts the signal`, async () => {
      const started: Started = start(fail, {
        [name]: () => {
          started.signal.abort("enough");
          return true;
        },
      });
      await flush();
      strictEqual(settledAs(started, TaskStatus.CANCELLED).attempts, 1);
    });
  }

  it("is cancelled where the task itself aborts the signal, even if it succeeds", async () => {
    for (const abandonAfterMs of [0, 1_000]) {
      const signal = new CountingSignal();
      const task = new RetryableTask(() => signal.abort("enough"), {
        abandonAfterMs,
        clock: new ManualClock(),
      });
      const result = watch(
        task.execute(undefined, { signal: signal.asSignal() }),
      );
      await flush();
      strictEqual(result.value?.status, TaskStatus.CANCELLED);
      strictEqual(signal.listenerCount, 0);
    }
  });

  it("abandons work that does not heed it, and drops its late failure", async () => {
    const failures = [new Error("late"), "late", err("late")];
    for (const failure of failures) {
      const started = start(async (_, { clock }) => {
        await clock.sleep(50);
        if (failure instanceof Error) throw failure;
        return failure;
      }, { abandonAfterMs: 10 });
      await flush();
      started.signal.abort("enough");
      await pass(started.clock, 9);
      strictEqual(started.abandoned.length, 0);
      await pass(started.clock, 1);
      strictEqual(started.result.value?.status, TaskStatus.CANCELLED);
      strictEqual(started.abandoned.length, 1);
      strictEqual(started.abandoned[0]?.attempt, 1);
      strictEqual(started.abandoned[0]?.error.code, "TASK_CANCELLED");
      await pass(started.clock, 50); // An unhandled rejection would end it.
      strictEqual(settled(started).durationMs, 10);
    }
  });

  it("has an aborted signal for work that first asks for it then", async () => {
    let signal: AbortSignal | undefined;
    const started = start(async (_, context) => {
      await context.clock.sleep(5);
      signal = context.signal;
    });
    await flush();
    started.signal.abort("enough");
    await pass(started.clock, 5);
    strictEqual(signal?.aborted, true);
    strictEqual(signal.reason, "enough");
    settledAs(started, TaskStatus.CANCELLED);
  });

  it("leaves no listener on a signal that serves many tasks", async () => {
    const signal = new CountingSignal();
    const clock = new ManualClock();
    const work = outcomes(new Error("503"), "here");
    const task = new RetryableTask(work, { clock, jitter: false });
    const options = { signal: signal.asSignal() };
    const runs = Array.from(
      { length: 5 },
      () => task.execute(undefined, options),
    );
    strictEqual(signal.listenerCount, 5);
    await pass(clock, 3_000);
    strictEqual(signal.listenerCount, 0);
    strictEqual(signal.added, 5);
    for (const run of runs) strictEqual((await run).status, "completed");
  });
});

describe("RetryableTask with time limits", () => {
  it("stops an attempt at its limit, and retries", async () => {
    const reasons: unknown[] = [];
    const started = start(async (_, { attempt, clock, signal }) => {
      if (attempt === 2) return "here";
      await clock.sleep(Infinity, { signal }).catch((r) => reasons.push(r));
      throw new Error("stopped");
    }, { attemptTimeoutMs: 100 });
    await pass(started.clock, 1_100);
    strictEqual(settledAs(started, TaskStatus.COMPLETED).durationMs, 1_100);
    const [error] = reasons;
    ok(TaskError.is(error) && error.code === "TASK_TIMEOUT");
    strictEqual(started.retries[0]?.error, error);
  });

  it("has timed out with the attempt's limit where the last attempt did", async () => {
    const work = outcomes(new Error("503"));
    const started = start((_, context) => {
      return context.attempt === 1 ? work() : untilStopped(_, context);
    }, { attemptTimeoutMs: 100, maxAttempts: 2 });
    await pass(started.clock, 1_100);
    const result = settledAs(started, TaskStatus.TIMED_OUT);
    strictEqual(result.error.code, "TASK_TIMEOUT");
    deepStrictEqual(result.error.params, { timeoutMs: 100 });
    strictEqual(result.attempts, 2);
  });

  it("has failed, not timed out, where only an earlier attempt timed out", async () => {
    const started = start((_, context) => {
      return context.attempt === 1 ? untilStopped(_, context) : fail();
    }, { attemptTimeoutMs: 100, maxAttempts: 2 });
    await pass(started.clock, 1_100);
    settledAs(started, TaskStatus.FAILED);
  });

  it("asks retryOn of a time-out as of any error", async () => {
    const refusing = start(untilStopped, {
      attemptTimeoutMs: 100,
      retryOn: [PoolError],
    });
    await pass(refusing.clock, 100);
    const result = settledAs(refusing, TaskStatus.TIMED_OUT);
    strictEqual(result.attempts, 1);
    const accepting = start(untilStopped, {
      attemptTimeoutMs: 100,
      retryOn: [PoolError, TaskError],
      maxAttempts: 2,
    });
    await pass(accepting.clock, 1_200);
    strictEqual(settledAs(accepting, TaskStatus.TIMED_OUT).attempts, 2);
  });

  it("does not start the next attempt before the last has settled or is abandoned", async () => {
    const began: number[] = [];
    const started = start((_, { clock }) => {
      began.push(clock.monotonic());
      return deaf();
    }, {
      attemptTimeoutMs: 10,
      abandonAfterMs: 25,
      backoff: () => 5,
      maxAttempts: 3,
    });
    await pass(started.clock, 200);
    deepStrictEqual(began, [0, 40, 80]);
    strictEqual(settledAs(started, TaskStatus.TIMED_OUT).durationMs, 115);
    deepStrictEqual(started.abandoned.map((it) => it.attempt), [1, 2, 3]);
    strictEqual(started.abandoned[2]?.error.code, "TASK_TIMEOUT");
  });

  it("never abandons where abandonAfterMs is Infinity", async () => {
    const started = start(
      async (_, { clock }) => {
        await clock.sleep(5_000);
        return fail();
      },
      { attemptTimeoutMs: 10, abandonAfterMs: Infinity, maxAttempts: 1 },
    );
    await pass(started.clock, 4_999);
    strictEqual(started.result.value, undefined);
    await pass(started.clock, 1);
    settledAs(started, TaskStatus.TIMED_OUT);
    deepStrictEqual(started.abandoned, []);
  });

  it("counts a success that comes within the grace: a retry would do it twice", async () => {
    for (const limit of ["attemptTimeoutMs", "totalTimeoutMs"] as const) {
      const started = start(async (_, { clock }) => {
        await clock.sleep(15);
        return "done";
      }, { [limit]: 10, abandonAfterMs: 10 });
      await pass(started.clock, 15);
      strictEqual(settledAs(started, TaskStatus.COMPLETED).output, "done");
    }
  });

  it("stays cancelled where the signal aborts during the grace of a time-out", async () => {
    const started = start(async (_, { clock }) => {
      await clock.sleep(15);
      return "done";
    }, { attemptTimeoutMs: 10, abandonAfterMs: 10 });
    await pass(started.clock, 12);
    started.signal.abort("enough");
    started.signal.abort("more");
    await pass(started.clock, 3);
    const result = settledAs(started, TaskStatus.CANCELLED);
    strictEqual(result.reason, "enough");
  });

  it("never retries after the total limit, which the error tells with the last error", async () => {
    const first = new Error("503");
    const started = start((_, context) => {
      if (context.attempt === 1) throw first;
      return untilStopped(_, context);
    }, { totalTimeoutMs: 1_500, maxAttempts: Infinity });
    await pass(started.clock, 1_500);
    const result = settledAs(started, TaskStatus.TIMED_OUT);
    deepStrictEqual(result.error.params, { timeoutMs: 1_500 });
    strictEqual(result.error.cause, first);
    strictEqual(result.attempts, 2);
    strictEqual(result.durationMs, 1_500);
  });

  it("tells no cause where the total limit stops the first attempt", async () => {
    const started = start(untilStopped, { totalTimeoutMs: 20 });
    await pass(started.clock, 20);
    const { error } = settledAs(started, TaskStatus.TIMED_OUT);
    strictEqual("cause" in error, false);
  });

  it("does not wait for a retry that the total limit forbids", async () => {
    const error = new Error("503");
    for (const delayMs of [100, 101, 2 ** 31, Infinity]) {
      const started = start(outcomes(error), {
        totalTimeoutMs: 100,
        shouldRetry: () => ({ delayMs }),
      });
      await flush();
      const result = settledAs(started, TaskStatus.TIMED_OUT);
      strictEqual(result.durationMs, 0);
      deepStrictEqual(result.error.params, { timeoutMs: 100 });
      strictEqual(result.error.cause, error);
      deepStrictEqual(started.retries, []);
    }
  });

  it("asks nobody about an attempt that a cancel or the total limit stopped", async () => {
    const budget = new TokenRetryBudget();
    for (const cancelAt of [5, Infinity]) {
      let asked = 0;
      const started = start(untilStopped, {
        budget,
        totalTimeoutMs: 10,
        shouldRetry: () => ++asked > 0,
      });
      for (let now = 0; now <= 10; now++) {
        if (now === cancelAt) started.signal.abort("enough");
        await pass(started.clock, 1);
      }
      strictEqual(settled(started).attempts, 1);
      strictEqual(asked, 0);
    }
    strictEqual(budget.tokens, 10);
  });

  it("waits for a retry that just fits into the total limit", async () => {
    const started = start(outcomes(new Error("503"), 1), {
      totalTimeoutMs: 100,
      backoff: () => 99,
    });
    await pass(started.clock, 99);
    settledAs(started, TaskStatus.COMPLETED);
  });

  it("ends with the total limit where the wait's timer is late", async () => {
    const clock = new ManualClock();
    const late: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (durationMs, options) => clock.sleep(durationMs, options),
      setTimer: (callback, delayMs) =>
        clock.setTimer(callback, delayMs === 99 ? 500 : delayMs),
    };
    const error = new Error("503");
    const task = new RetryableTask(outcomes(error), {
      clock: late,
      totalTimeoutMs: 100,
      backoff: () => 99,
    });
    const result = watch(task.execute(undefined));
    await pass(clock, 100);
    ok(result.value?.status === TaskStatus.TIMED_OUT);
    strictEqual(result.value.error.cause, error);
    strictEqual(result.value.attempts, 1);
    strictEqual(clock.pending, 0);
  });

  it("sets no timer without limits", async () => {
    const started = start(deaf);
    await flush();
    strictEqual(started.clock.pending, 0);
  });

  for (
    const name of [
      "attemptTimeoutMs",
      "totalTimeoutMs",
      "abandonAfterMs",
    ] as const
  ) {
    for (const value of [-1, NaN, "5"]) {
      it(`throws for ${name} ${value}`, () => {
        throws(() => new RetryableTask(fail, { [name]: value }), (error) => {
          ok(ValidationError.is(error));
          return error.field === name && error.message.includes("received");
        });
      });
    }
  }

  for (const name of ["onRetry", "onAbandon"] as const) {
    for (const value of [null, "log", {}]) {
      it(`throws for ${name} ${JSON.stringify(value)}`, () => {
        throws(
          () => new RetryableTask(fail, { [name]: value as never }),
          (error) => ValidationError.is(error) && error.field === name,
        );
      });
    }
  }
});

describe("RetryableTask.run()", () => {
  it("gives the output alone", async () => {
    const task = new RetryableTask((n: number) => okOf(n + 1));
    strictEqual(await task.run(1), 2);
  });

  it("rejects with the TaskError of the result", async () => {
    const options = { maxAttempts: 1, attemptTimeoutMs: 1 };
    const failing = new RetryableTask(fail, options);
    await rejects(failing.run(undefined), { code: "TASK_EXECUTION_FAILED" });
    const hanging = new RetryableTask(untilStopped, options);
    await rejects(hanging.run(undefined), { code: "TASK_TIMEOUT" });
    const signal = AbortSignal.abort("enough");
    await rejects(failing.run(undefined, { signal }), {
      code: "TASK_CANCELLED",
      cause: "enough",
    });
  });

  it("makes tasks nest: a cancel of the outer one reaches the innermost", async () => {
    const clock = new ManualClock();
    let reason: unknown;
    const inner = new RetryableTask(async (_: undefined, context) => {
      try {
        await untilStopped(_, context);
      } catch (thrown) {
        reason = thrown;
        throw thrown;
      }
    }, { clock });
    const signal = new CountingSignal();
    const outer = new RetryableTask(inner, { clock });
    const result = watch(
      outer.execute(undefined, { signal: signal.asSignal() }),
    );
    await flush();
    signal.abort("enough");
    await flush();
    await flush();
    strictEqual(result.value?.status, TaskStatus.CANCELLED);
    strictEqual(reason, "enough");
    strictEqual(clock.pending, 0);
  });
});

describe("RetryableTask.name", () => {
  it("is the option, the task's or function's own, or anonymous", () => {
    strictEqual(new RetryableTask(fail).name, "fail");
    strictEqual(new RetryableTask(fail, { name: "other" }).name, "other");
    strictEqual(new RetryableTask({ name: "task", run: fail }).name, "task");
    strictEqual(new RetryableTask(() => {}).name, "anonymous");
  });
});

describe("retry()", () => {
  it("gives an Ok of the output, after retries", async () => {
    const result = await retry(({ attempt }) => {
      if (attempt < 3) throw new Error("503");
      return attempt;
    }, { baseDelayMs: 0 });
    strictEqual(result.unwrap(), 3);
  });

  it("gives an Err of the TaskError", async () => {
    const failed = await retry(fail, { baseDelayMs: 0 });
    strictEqual(failed.unwrapErr().code, "TASK_RETRY_EXHAUSTED");
    const signal = AbortSignal.abort("enough");
    const cancelled = await retry(fail, { signal });
    strictEqual(cancelled.unwrapErr().code, "TASK_CANCELLED");
  });

  it("rejects for bad options", async () => {
    await rejects(retry(fail, { maxAttempts: 0 }), ValidationError);
  });
});

describe("toResult()", () => {
  it("keeps the output or the error", async () => {
    const done = await new RetryableTask(() => 1).execute(undefined);
    strictEqual(toResult(done).unwrap(), 1);
    const options = { maxAttempts: 1 };
    const failed = await new RetryableTask(fail, options).execute(undefined);
    ok(failed.status === "failed");
    strictEqual(toResult(failed).unwrapErr(), failed.error);
  });
});

describe("isTask()", () => {
  it("is true of what has a name and a run method", () => {
    strictEqual(isTask({ name: "", run() {} }), true);
    strictEqual(isTask(new RetryableTask(fail)), true);
    const others = [
      undefined,
      null,
      "task",
      fail,
      {},
      { run() {} },
      { name: "a" },
      { name: 1, run() {} },
      { name: "a", run: true },
    ];
    for (const other of others) strictEqual(isTask(other), false);
  });
});

// --- What every runner of tasks rests on

/** Keeps what it is told of attempts. */
class Recorder implements AttemptOwner {
  readonly abandonAfterMs = 10;
  readonly outcomes: Result<unknown, unknown>[] = [];

  settled(_: Attempt, outcome: Result<unknown, unknown>): void {
    this.outcomes.push(outcome);
  }
}

describe("Attempt", () => {
  const cancel = (cause: unknown) => {
    return new TaskError("TASK_CANCELLED", {}, { cause });
  };

  it("settles after run() returns, even where the work throws at once", async () => {
    const owner = new Recorder();
    for (const work of [fail, () => 1, () => err("no")]) {
      const attempt = new Attempt(1, new ManualClock(), owner);
      attempt.run({ run: work }, undefined, Infinity);
      deepStrictEqual(owner.outcomes, []);
      await flush();
      strictEqual(owner.outcomes.splice(0).length, 1);
    }
  });

  it("takes a stop after the work has settled without harm", async () => {
    const clock = new ManualClock();
    const owner = new Recorder();
    const attempt = new Attempt(1, clock, owner);
    attempt.run({ run: () => 1 }, undefined, 5);
    await flush();
    attempt.stop(cancel("late"));
    await pass(clock, 20);
    strictEqual(owner.outcomes.length, 1);
    strictEqual(attempt.stopped, undefined);
    strictEqual(attempt.signal.aborted, false);
    strictEqual(attempt.isAbandoned, false);
    strictEqual(clock.pending, 0);
  });

  it("keeps the first cancel, and prefers a cancel to a time-out", async () => {
    const clock = new ManualClock();
    const owner = new Recorder();
    const attempt = new Attempt(1, clock, owner);
    attempt.run({ run: deaf }, undefined, 5);
    const { signal } = attempt;
    await pass(clock, 5);
    const [timeout, first] = [attempt.stopped, cancel("first")];
    strictEqual(signal.reason, timeout);
    attempt.stop(first);
    attempt.stop(cancel("second"));
    attempt.stop(new TaskError("TASK_TIMEOUT", { timeoutMs: 1 }));
    strictEqual(attempt.stopped, first);
    strictEqual(signal.reason, timeout); // A signal aborts only once.
    await pass(clock, 10);
    strictEqual(owner.outcomes.length, 1);
    strictEqual(owner.outcomes[0]?.unwrapErr(), first);
    strictEqual(attempt.isAbandoned, true);
  });
});

// --- Types

class HttpError extends Error {
  readonly status: number = 503;
}

describe("the types of tasks", () => {
  it("infer input, output and error of every kind of work", () => {
    const plain = new RetryableTask((n: number) => `${n}`);
    expectType<Equal<typeof plain, RetryableTask<number, string>>>();
    const promised = new RetryableTask((_: Date) => Promise.resolve({ a: 1 }));
    expectType<Equal<typeof promised, RetryableTask<Date, { a: number }>>>();
    const thrown = new RetryableTask(fail);
    expectType<Equal<typeof thrown, RetryableTask<unknown, never>>>();
    const result = new RetryableTask(
      (n: number): Result<number, "odd"> => n % 2 ? err("odd") : okOf(n),
    );
    expectType<Equal<typeof result, RetryableTask<number, number, "odd">>>();
    const later = new RetryableTask(
      (n: number): Promise<Result<number, HttpError>> =>
        Promise.resolve(okOf(n)),
    );
    expectType<Equal<typeof later, RetryableTask<number, number, HttpError>>>();
    const nested = new RetryableTask(result);
    expectType<Equal<typeof nested, RetryableTask<number, number>>>();
    expectType<
      Equal<
        Awaited<ReturnType<typeof result.execute>>,
        TaskResult<number, "odd">
      >
    >();
    const one = () => retry(() => 1);
    expectType<
      Equal<ReturnType<typeof one>, Promise<Result<number, TaskFailure>>>
    >();
    const two = () => retry((): Result<Date, "no"> => err("no"));
    expectType<
      Equal<ReturnType<typeof two>, Promise<Result<Date, TaskFailure>>>
    >();
  });

  it("narrow a result by its status", async () => {
    const task: RetryableTask<number, string, HttpError> = new RetryableTask(
      (n: number): Result<string, HttpError> => okOf(`${n}`),
    );
    const result = await task.execute(1);
    switch (result.status) {
      case "completed":
        expectType<Equal<typeof result.output, string>>();
        break;
      case "failed":
        expectType<Equal<typeof result, TaskFailed<HttpError>>>();
        expectType<
          Equal<
            typeof result.error.code,
            "TASK_EXECUTION_FAILED" | "TASK_RETRY_EXHAUSTED"
          >
        >();
        break;
      case "timed_out":
        expectType<Equal<typeof result.error.params.timeoutMs, number>>();
        break;
      case "cancelled":
        expectType<Equal<typeof result.reason, unknown>>();
        break;
    }
    // @ts-expect-error Only a completed one has an output.
    ok(result.output !== undefined);
    const status: TaskStatus = result.status;
    strictEqual(status, TaskStatus.COMPLETED);
  });

  it("give the callbacks the errors that retryOn lets through", () => {
    new RetryableTask(fail, {
      retryOn: [PoolError, HttpError],
      shouldRetry: (error) => {
        expectType<Equal<typeof error, PoolError | HttpError>>();
        return true;
      },
      onRetry: ({ error }) => {
        expectType<Equal<typeof error, PoolError | HttpError>>();
      },
    });
    new RetryableTask(fail, {
      onRetry: ({ error }) => {
        expectType<Equal<typeof error, unknown>>();
      },
    });
    // @ts-expect-error The input is a number.
    const wrong = () => new RetryableTask((n: number) => n).run("1");
    strictEqual(typeof wrong, "function");
  });

  it("make a RetryableTask a Task, and one of any filter a RetryableTask", () => {
    const options = {
      retryOn: [PoolError],
      shouldRetry: ({ code }: PoolError) => code === "POOL_EXHAUSTED",
    };
    const filtered = new RetryableTask((n: number) => n, options);
    const any: RetryableTask<number, number> = filtered;
    const policy: RetryPolicy = new RetryPolicy(options);
    ok(any === filtered && policy instanceof RetryPolicy);
    const task: Task<number, string> = new RetryableTask((n: number) => `${n}`);
    strictEqual(isTask(task), true);
  });
});
