/**
 * The pool against a ledger of what it did, under any order of calls, answers
 * and time.
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Deque } from "../src/_deque.ts";
import {
  ConnectionPool,
  type ConnectionPoolContext,
} from "../src/connection_pool.ts";
import { ManualClock } from "../src/testing.ts";
import {
  type Behaviour,
  flush,
  type Method,
  type Setup,
  Sim,
  WAYS_BACK,
} from "./connection_pool_support.ts";
import {
  CountingSignal,
  ModelStep,
  RUNS,
  watch,
} from "./foundation_support.ts";

/** How many cases each of the model-based properties runs. */
const MODEL_RUNS = 2_000;

// --- what can be done to it

type Step = ModelStep<object, Sim>;

function step(name: string, act: (sim: Sim) => void | Promise<void>): Step {
  return new ModelStep(name, async (_, sim) => {
    await act(sim);
    await sim.check();
  });
}

const index = fc.nat(5);
const durations = fc.constantFrom(0, 1, 60, 100, 250, 400, 700, 1_100, 6_000);
const behaviours = fc.constantFrom<Behaviour[]>(
  "fails",
  "fails",
  "denies",
  "hangs",
  "obeys",
);
const ways = fc.constantFrom(...WAYS_BACK);
const methods = fc.constantFrom<Method[]>(
  "create",
  "validate",
  "reset",
  "destroy",
);

const acquiring = fc.tuple(
  fc.constantFrom(undefined, undefined, 0, 50, 500, Infinity),
  fc.boolean(),
).map(([timeoutMs, isAbortable]) =>
  step(
    `acquire(${timeoutMs}, ${isAbortable})`,
    (sim) => sim.acquire(timeoutMs, isAbortable),
  )
);
const releasing = fc.tuple(index, ways).map(([i, way]) =>
  step(`release(${i}, ${String(way)})`, (sim) => sim.release(i, way))
);
const advancing = durations.map((durationMs) =>
  step(`advance(${durationMs})`, (sim) => sim.advance(durationMs))
);
const holdingUp = durations.map((durationMs) =>
  step(`holdUp(${durationMs})`, ({ clock }) => clock.holdUp(durationMs))
);
const evicting = fc.constant(step("evict", (sim) => sim.evict()));
const obeying = fc.constant(
  step("create obeys", (sim) => sim.plan("create", "obeys")),
);
/** Time passes, and the factory keeps up. */
const passing = fc.integer({ min: 1, max: 10 }).map((ticks) =>
  step(`pass(${ticks} * 50)`, async (sim) => {
    for (let i = 0; i < ticks; i++) {
      sim.advance(50);
      await sim.drain();
    }
  })
);
/** A caller comes before the timers that are overdue. */
const acquiringLate = fc.boolean().map((isAbortable) =>
  step(`acquireLate(${isAbortable})`, (sim) => {
    sim.clock.holdUp(6_000);
    sim.acquire(undefined, isAbortable);
  })
);
const borrowing = fc.constant(
  step("borrow", (sim) => {
    sim.acquire();
    return sim.drain();
  }),
);
const going = fc.constant(
  step("step", async ({ scheduler }) => {
    if (scheduler.count() > 0) await scheduler.waitOne();
  }),
);
const draining = fc.constant(step("drain", (sim) => sim.drain()));

/** Those after which the pool is still open. */
const openSteps = [
  acquiring,
  acquiring,
  acquiring,
  fc.constant(step("tryAcquire", (sim) => void sim.tryAcquire())),
  releasing,
  releasing,
  index.map((i) => step(`destroy(${i})`, (sim) => sim.destroy(i))),
  index.map((i) => step(`endAgain(${i})`, (sim) => sim.endAgain(i))),
  index.map((i) => step(`abort(${i})`, (sim) => sim.abort(i))),
  advancing,
  advancing,
  holdingUp,
  fc.tuple(methods, behaviours).map(([method, behaviour]) =>
    step(`${method} ${behaviour}`, (sim) => sim.plan(method, behaviour))
  ),
  fc.tuple(methods, behaviours).map(([method, behaviour]) =>
    step(`${method} ${behaviour}`, (sim) => sim.plan(method, behaviour))
  ),
  fc.constant(step("letGo", (sim) => sim.letGo())),
  evicting,
  passing,
  borrowing,
  borrowing,
  going,
  going,
  draining,
];

type Reaction = readonly [deed: string, act: (sim: Sim) => void];
const openDeeds: readonly Reaction[] = [
  ["acquire", (sim) => sim.acquire()],
  ["tryAcquire", (sim) => void sim.tryAcquire()],
  ["release", (sim) => sim.release(0, "release")],
  ["destroy", (sim) => sim.destroy(0)],
  ["abort the newest", (sim) => sim.abort(-1)],
  ["evict", (sim) => sim.evict()],
];
const deeds: readonly Reaction[] = [
  ...openDeeds,
  ["close", (sim) => sim.close(500)],
  ["close now", (sim) => sim.close(500, abortedSignal())],
  ["abort the drain", ({ closing }) => closing?.signal?.abort("now")],
];

function abortedSignal(): CountingSignal {
  const signal = new CountingSignal();
  signal.abort("now");
  return signal;
}

function reacting(list: readonly Reaction[]): fc.Arbitrary<Step> {
  const names = fc.constantFrom(
    "created",
    "create_failed",
    "acquired",
    "refused",
    "released",
    "validation_failed",
    "reset_failed",
    "destroyed",
    "destroy_failed",
    "leaked",
    "closing",
    "create",
    "validate",
    "reset",
    "destroy",
    "abort of create",
    "abort of validate",
    "abort of reset",
    "abort of destroy",
  );
  return fc.tuple(names, fc.constantFrom(...list)).map(
    ([name, [deed, act]]) =>
      step(`on ${name}: ${deed}`, (sim) => sim.reactTo(name, () => act(sim))),
  );
}

const closing = fc.tuple(
  fc.constantFrom(0, 100, 500, 30_000),
  fc.constantFrom("none", "pending", "aborted"),
).map(([drainMs, kind]) =>
  step(`close(${drainMs}, ${kind})`, (sim) => {
    const signal = kind === "pending" ? new CountingSignal() : abortedSignal();
    sim.close(drainMs, kind === "none" ? undefined : signal);
  })
);
const abortingDrain = fc.constant(
  step("abort the drain", ({ closing }) => closing?.signal?.abort("now")),
);

/** Those after which it may be closed. */
const lastSteps: readonly fc.Arbitrary<Step>[] = [
  ...openSteps,
  ...new Array(6).fill(closing),
  ...new Array(3).fill(abortingDrain),
];

const ALL_ASYNC: Setup["isSync"] = {
  create: false,
  validate: false,
  reset: false,
  destroy: false,
};
const setups: fc.Arbitrary<Setup> = fc.record({
  max: fc.integer({ min: 1, max: 3 }),
  minIdle: fc.constantFrom(0, 0, 1, 2, 3),
  maxWaiting: fc.constantFrom(10_000, 10_000, 0, 1, 2),
  order: fc.constantFrom("lifo" as const, "fifo" as const),
  acquireTimeoutMs: fc.constantFrom(1_000, Infinity),
  validateAfterIdleMs: fc.constantFrom(0, 500, Infinity),
  keepAliveMs: fc.constantFrom(Infinity, 700),
  idleTimeoutMs: fc.constantFrom(2_000, 2_000, 1_000, Infinity, 0),
  maxLifetimeMs: fc.constantFrom(Infinity, 5_000, 500),
  maxUses: fc.constantFrom(Infinity, Infinity, 1, 2),
  leakThresholdMs: fc.constantFrom(Infinity, 400),
  chance: fc.constantFrom(0, 0.5, 1 - 2 ** -10), // Exact, and so are all times.
  validates: fc.boolean(),
  resets: fc.boolean(),
  isSync: fc.constant(ALL_ASYNC),
}).map((setup) => ({ ...setup, minIdle: Math.min(setup.minIdle, setup.max) }));

const anySync: fc.Arbitrary<Setup["isSync"]> = fc.record({
  create: fc.boolean(),
  validate: fc.boolean(),
  reset: fc.boolean(),
  destroy: fc.boolean(),
});
const syncSetups: fc.Arbitrary<Setup> = fc.tuple(setups, anySync).map((
  [setup, isSync],
) => ({ ...setup, isSync }));
const anySetups: fc.Arbitrary<Setup> = fc.oneof(setups, syncSetups);

async function run(
  sim: Sim,
  commands: Iterable<fc.AsyncCommand<object, Sim>>,
): Promise<void> {
  await fc.asyncModelRun(() => ({ model: {}, real: sim }), commands);
}

/** Runs steps while the pool is open, others while it may be, and ends it. */
function propertyOf(
  setups: fc.Arbitrary<Setup>,
  steps: readonly fc.Arbitrary<Step>[],
  lastSteps: readonly fc.Arbitrary<Step>[],
): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(
    setups,
    fc.scheduler(),
    fc.commands([...steps], { size: "max", maxCommands: 60 }),
    fc.commands([...lastSteps], { size: "max", maxCommands: 16 }),
    fc.boolean(),
    async (setup, scheduler, open, last, isSettled) => {
      const sim = new Sim(setup, scheduler);
      await sim.check();
      await run(sim, open);
      await run(sim, last);
      if (isSettled) await sim.settle();
      await sim.finish();
    },
  );
}

/** How one who has acquired a connection can have done with it. */
const endings = fc.constantFrom(
  ...WAYS_BACK,
  "twice" as const,
  "use" as const,
  "use, throwing" as const,
  "failing to reset" as const,
  "destroy" as const,
);
type Ending = typeof endings extends fc.Arbitrary<infer E> ? E : never;

/** Acquires a connection, and has done with it. */
async function borrow(sim: Sim, ending: Ending): Promise<void> {
  if (ending === "use" || ending === "use, throwing") {
    sim.use(ending !== "use");
    return sim.drain();
  }
  const { inUse } = sim.pool.stats;
  sim.acquire();
  await sim.drain();
  strictEqual(sim.pool.stats.inUse, inUse + 1, "acquire() is pending");
  if (ending === "destroy") sim.destroy(-1);
  else if (ending === "twice" || ending === "failing to reset") {
    if (ending !== "twice") sim.plan("reset", "fails");
    sim.release(-1, "release");
    sim.endAgain(-1);
  } else sim.release(-1, ending);
  await sim.drain();
  sim.planNothing();
}

/** A number keeps what it does not divide. */
const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant("push" as const) },
    { weight: 2, arbitrary: fc.constantFrom("pop" as const, "shift" as const) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) },
  ),
  { size: "max", maxLength: 300 },
);

describe("Deque", () => {
  it("P6c: holds what an array holds (property)", () => {
    fc.assert(
      fc.property(operations, (list) => {
        const deque = new Deque<number>();
        let model: number[] = [];
        for (const [i, operation] of list.entries()) {
          if (operation === "push") {
            deque.push(i);
            model.push(i);
          } else if (typeof operation === "string") {
            strictEqual(deque[operation](), model[operation]());
          } else {
            const isKept = (item: number): boolean => item % operation !== 0;
            const asked: number[] = [];
            deque.retain((item) => asked.push(item) > 0 && isKept(item));
            deepStrictEqual(asked, model);
            model = model.filter(isKept);
          }
          strictEqual(deque.size, model.length);
          strictEqual(deque.first, model[0]);
          strictEqual(deque.last, model.at(-1));
        }
        for (const item of model) strictEqual(deque.shift(), item);
        strictEqual(deque.shift(), undefined);
        strictEqual(deque.pop(), undefined);
      }),
      { numRuns: RUNS },
    );
  });

  it("P6c: holds a sorted array where items are inserted by order (property)", () => {
    const operation = fc.oneof(
      { weight: 3, arbitrary: fc.nat(9) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("pop" as const, "shift" as const),
      },
    );
    const list = fc.array(operation, { size: "max", maxLength: 100 });
    fc.assert(
      fc.property(list, (operations) => {
        type Item = readonly [rank: number, id: number];
        const isLater = (one: Item, other: Item): boolean => one[0] > other[0];
        const deque = new Deque<Item>();
        const model: Item[] = [];
        for (const [id, operation] of operations.entries()) {
          if (typeof operation === "string") {
            strictEqual(deque[operation](), model[operation]());
            continue;
          }
          const item: Item = [operation, id];
          deque.insert(item, isLater);
          const place = model.findIndex((it) => isLater(it, item));
          model.splice(place < 0 ? model.length : place, 0, item);
        }
        strictEqual(deque.size, model.length);
        for (const item of model) strictEqual(deque.shift(), item);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("ConnectionPool", () => {
  it("P6: counts, serves in order, wastes nothing and leaves nothing, whatever is called (property)", async () => {
    await fc.assert(propertyOf(setups, openSteps, lastSteps), {
      numRuns: MODEL_RUNS,
    });
  });

  it("P6: does so with a factory that is partly synchronous (property)", async () => {
    await fc.assert(propertyOf(syncSetups, openSteps, lastSteps), {
      numRuns: MODEL_RUNS,
    });
  });

  it("P6: does so when listeners and the factory call it within its calls (property)", async () => {
    const opening = [
      ...openSteps,
      acquiringLate,
      ...new Array(4).fill(reacting(openDeeds)),
    ];
    const ending = [
      acquiring,
      borrowing,
      releasing,
      advancing,
      evicting,
      acquiringLate,
      acquiringLate,
      obeying,
      ...new Array(2).fill(closing),
      ...new Array(9).fill(reacting(deeds)),
    ];
    // One that answers at once has more happen within a call.
    const lively = syncSetups.map((setup) => ({
      ...setup,
      maxLifetimeMs: Math.min(setup.maxLifetimeMs, 5_000),
      isSync: { ...setup.isSync, create: true, destroy: true },
    }));
    await fc.assert(
      propertyOf(fc.oneof(anySetups, lively), opening, ending),
      { numRuns: MODEL_RUNS },
    );
  });

  it("P6: lets go of what is idle or old, and keeps the rest alive, in time (property)", async () => {
    const idleSetups = syncSetups.map((setup) => ({
      ...setup,
      max: 3,
      minIdle: Math.min(setup.minIdle, 1),
      maxUses: Infinity,
      maxLifetimeMs: Math.max(setup.maxLifetimeMs, 5_000),
      validates: true,
      keepAliveMs: 700,
      idleTimeoutMs: 1_000,
    }));
    const steps = [borrowing, borrowing, releasing, passing, passing];
    await fc.assert(propertyOf(idleSetups, steps, steps), { numRuns: 1_000 });
  });

  it("P6c: keeps a long line in order when many fall out of it (property)", async () => {
    const callers = fc.array(
      fc.record({
        timeoutMs: fc.constantFrom(Infinity, 100, 200, 300),
        isAborted: fc.boolean(),
      }),
      { size: "max", maxLength: 150 },
    );
    const moves = fc.constantFrom("abort", "abort", "abort", "serve", "wait");
    await fc.assert(
      fc.asyncProperty(
        callers,
        fc.infiniteStream(moves),
        async (list, stream) => {
          const clock = new ManualClock();
          const pool = new ConnectionPool<number>({
            create: () => 0,
            destroy: () => {},
          }, { max: 1, clock, idleTimeoutMs: Infinity });
          let lease = (await pool.acquire()).unwrap();
          const served: number[] = [];
          const codes: string[] = [];
          const signals = list.map(({ timeoutMs }, i) => {
            const signal = new CountingSignal();
            pool.acquire({ timeoutMs, signal: signal.asSignal() }).then(
              (result) => {
                codes[i] = result.ok ? "" : result.error.code;
                if (!result.ok) return;
                served.push(i);
                lease = result.value;
              },
            );
            return signal;
          });
          let line = list.map((caller, i) => ({ ...caller, i }));
          const expected: number[] = [];
          while (line.length > 0) {
            const move = stream.next().value;
            const now = clock.monotonic();
            if (move === "abort") {
              const one = line.findLast(({ isAborted }) => isAborted);
              if (one !== undefined) signals[one.i]!.abort("enough");
              line = line.filter((it) => it !== one);
            } else if (move === "wait" && now < 300) {
              clock.advance(50);
              line = line.filter(({ timeoutMs }) => timeoutMs > now + 50);
            } else {
              expected.push(line.shift()!.i);
              lease.release();
            }
            await undefined;
            strictEqual(pool.stats.waiting, line.length);
            deepStrictEqual(served, expected);
          }
          strictEqual(Object.keys(codes).length, list.length);
          ok(signals.every((signal) => signal.listenerCount === 0));
          lease.release();
          const closed = watch(pool.close());
          await flush();
          ok(closed.isSettled);
          strictEqual(clock.pending, 0);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("P7: has what it had before, after a connection was acquired and given back (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        anySetups,
        fc.scheduler(),
        fc.commands([...openSteps], { size: "max", maxCommands: 40 }),
        endings,
        async (setup, scheduler, commands, ending) => {
          const { max, minIdle, maxUses, order, resets } = setup;
          const sim = new Sim(setup, scheduler);
          await run(sim, commands);
          await sim.calmDown();
          if (sim.leases.length === max) sim.release(0, "release");
          await sim.drain();
          const before = sim.pool.stats;
          // Those in use do not count as spare.
          const leastWith = (inUse: number): number =>
            Math.min(max, inUse + minIdle);
          const most = Math.max(before.total, leastWith(before.inUse + 1));

          await borrow(sim, ending);
          const { lastLent } = sim;
          const isKept = ending !== "destroy" && lastLent!.uses < maxUses &&
            !(ending === "failing to reset" && resets);
          const total = isKept
            ? most
            : Math.max(most - 1, leastWith(before.inUse));
          const idle = total - before.inUse;
          deepStrictEqual(sim.pool.stats, { ...before, total, idle });
          const isOnTop = minIdle === 0 || most === before.total;
          if (order === "lifo" && isKept && isOnTop) {
            await borrow(sim, "release");
            strictEqual(sim.lastLent, lastLent);
          }
          await sim.settle();
          await sim.finish();
        },
      ),
      { numRuns: 500 },
    );
  });

  it("P7: lends out next what came back last, or first, and keeps the last minIdle (property)", async () => {
    const returns = fc.integer({ min: 1, max: 20 }).chain((max) =>
      fc.record({
        sequence: fc.shuffledSubarray(
          Array.from({ length: max }, (_, i) => i),
          {
            minLength: max,
          },
        ),
        minIdle: fc.nat(max),
        order: fc.constantFrom("lifo" as const, "fifo" as const),
        gapMs: fc.nat(3),
      })
    );
    await fc.assert(
      fc.asyncProperty(returns, async ({ sequence, minIdle, order, gapMs }) => {
        const max = sequence.length;
        const clock = new ManualClock();
        const gone: number[] = [];
        let made = 0;
        const pool = new ConnectionPool<number>({
          create: () => made++,
          destroy: (connection) => void gone.push(connection),
        }, { max, minIdle, order, idleTimeoutMs: 1_000, clock });
        const leases: ConnectionPoolContext<number>[] = [];
        for (const _ of sequence) leases.push((await pool.acquire()).unwrap());
        const lent = leases.map(({ connection }) => connection);
        const back = sequence.map((i) => lent[i]!);
        for (const i of sequence) {
          clock.advance(gapMs);
          leases[i]!.release();
        }
        const next = back.map(() => pool.tryAcquire()!);
        const expected = order === "fifo" ? back : back.toReversed();
        deepStrictEqual(next.map(({ connection }) => connection), expected);
        for (const lease of next) lease.release();
        clock.advance(1_000);
        deepStrictEqual(gone, expected.slice(0, max - minIdle));
        strictEqual(made, max);
      }),
      { numRuns: RUNS },
    );
  });
});
