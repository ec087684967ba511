import {
  deepStrictEqual,
  doesNotThrow,
  match,
  notStrictEqual,
  ok as assert,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Deque } from "../src/_deque.ts";
import {
  systemClock,
  type TimerHandle,
  type TimerOptions,
} from "../src/clock.ts";
import { isConnectionFactory } from "../src/connection.ts";
import {
  type AcquireOptions,
  type ConnectionFactory,
  type ConnectionInfo,
  ConnectionPool,
  type ConnectionPoolContext,
  type ConnectionPoolOptions,
  type FactoryContext,
  type PoolEvent,
  type PoolStats,
} from "../src/connection_pool.ts";
import { PoolError, ValidationError } from "../src/errors.ts";
import { err, ok, type Result } from "../src/result.ts";
import { ManualClock } from "../src/testing.ts";
import {
  CountingSignal,
  NOT_NUMBERS,
  RUNS,
  watch,
  type Watched,
  withReplaced,
} from "./foundation_support.ts";
import { hearReported } from "./unhandled_support.ts";

/** The wall time at which the clocks of these tests begin. */
const START = 1_000_000;

type Options = Partial<ConnectionPoolOptions<string>>;
type Methods = Partial<ConnectionFactory<string>>;
type Lease = ConnectionPoolContext<string>;
type EventType = PoolEvent<string>["type"];

/** Lets all that is ready to go on do so. */
async function flush(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

/** What a promise comes to that must have settled by now. */
async function answer<T>(promise: PromiseLike<T>): Promise<T> {
  const watched = watch(Promise.resolve(promise));
  await flush();
  strictEqual(watched.isSettled, true, "still pending");
  return watched.value as T;
}

/** What a promise was rejected with, which must have happened by now. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return answer(promise.then(
    () => new Error("not rejected"),
    (error: unknown) => error,
  ));
}

function codeOf(result: Result<unknown, unknown> | undefined): unknown {
  if (result === undefined) return "pending";
  return result.ok ? "ok" : (result.error as PoolError).code;
}

/** A clock that remembers which timers may keep a process alive. */
class RecordingClock extends ManualClock {
  readonly set: { readonly delayMs: number; readonly background: boolean }[] =
    [];

  override setTimer(
    callback: () => void,
    delayMs: number,
    options?: TimerOptions,
  ): TimerHandle {
    this.set.push({ delayMs, background: options?.background === true });
    return super.setTimer(callback, delayMs);
  }
}

function assertCounted(stats: PoolStats): void {
  const { idle, inUse, unhealthy, total, creating, waiting, max } = stats;
  const counts = [idle, inUse, unhealthy, total, creating, waiting];
  assert(counts.every((it) => it >= 0), JSON.stringify(stats));
  strictEqual(idle + inUse + unhealthy, total, JSON.stringify(stats));
  assert(total + creating <= max, JSON.stringify(stats));
}

/** A pool of strings, "c1" and so on, and all that there is to see of it. */
class Rig {
  readonly clock: RecordingClock = new RecordingClock({ now: START });
  readonly events: PoolEvent<string>[] = [];
  /** All connections that were made. */
  readonly made: string[] = [];
  /** All calls of `destroy()`. */
  readonly ended: string[] = [];
  readonly pool: ConnectionPool<string>;

  constructor(options: Options, methods: Methods) {
    const { onEvent } = options;
    const { create = () => this.make(), destroy, validate, reset } = methods;
    this.pool = new ConnectionPool<string>({
      create: (context) => create(context),
      destroy: (connection, context) => {
        this.ended.push(connection);
        return destroy?.(connection, context);
      },
      ...(validate && { validate }),
      ...(reset && { reset }),
    }, {
      max: 2,
      clock: this.clock,
      random: () => 0,
      ...options,
      onEvent: (event) => {
        this.events.push(event);
        // The first ones are told before there is a pool to ask.
        if (this.pool !== undefined) assertCounted(this.pool.stats);
        onEvent?.(event);
      },
    });
  }

  make(): string {
    const name = `c${this.made.length + 1}`;
    this.made.push(name);
    return name;
  }

  async lease(options?: AcquireOptions): Promise<Lease> {
    return (await answer(this.pool.acquire(options))).unwrap();
  }

  /** So many idle connections, all released at this moment. */
  async fill(count: number): Promise<void> {
    const leases: Lease[] = [];
    for (let i = 0; i < count; i++) leases.push(await this.lease());
    for (const lease of leases) await answer(lease.release());
    this.told();
  }

  /** What has happened since the last call, in short. */
  told(): string[] {
    return this.events.splice(0).map(inShort);
  }

  /** The events of a type, since the last call of `told()`. */
  of<Type extends EventType>(
    type: Type,
  ): Extract<PoolEvent<string>, { readonly type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<
      PoolEvent<string>,
      { readonly type: Type }
    >[];
  }

  counts(): string {
    const { idle, inUse, unhealthy, creating, waiting } = this.pool.stats;
    return `${idle} idle, ${inUse} in use, ${unhealthy} unhealthy, ` +
      `${creating} creating, ${waiting} waiting`;
  }

  async pass(durationMs: number): Promise<void> {
    await flush();
    this.clock.advance(durationMs);
    await flush();
  }

  /** Closes the pool, after which nothing may be left. */
  async end(): Promise<void> {
    const closed = watch(this.pool.close({ drainMs: 0 }));
    for (let i = 0; i < 3; i++) await this.pass(60_000);
    strictEqual(closed.isSettled, true, "close() is pending");
    strictEqual(
      this.counts(),
      "0 idle, 0 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
    strictEqual(this.clock.pending, 0, "a timer is left");
    deepStrictEqual(this.ended.toSorted(), this.made.toSorted());
  }
}

function inShort(event: PoolEvent<string>): string {
  const words: string[] = [event.type];
  if ("connection" in event) words.push(event.connection.connection);
  if ("reason" in event) words.push(event.reason);
  if ("error" in event) words.push(nameOf(event.error));
  return words.join(" ");
}

function nameOf(error: unknown): string {
  if (PoolError.is(error)) return error.code;
  return error instanceof Error ? error.message : String(error);
}

type Make = (options?: Options, methods?: Methods) => Rig;

/** A test after which the pools that it made are closed and looked at. */
function test(
  name: string,
  body: (make: Make) => Promise<void> | void,
): void {
  it(name, async () => {
    const rigs: Rig[] = [];
    await body((options = {}, methods = {}) => {
      const rig = new Rig(options, methods);
      rigs.push(rig);
      return rig;
    });
    for (const rig of rigs) await rig.end();
  });
}

/** A call of a factory's method that goes on until the test ends it. */
interface OpenCall<T> extends PromiseWithResolvers<T> {
  readonly signal: AbortSignal;
}

/** A method whose calls the test ends. */
function openCalls<T>(): {
  readonly calls: OpenCall<T>[];
  readonly call: (
    ...args: [FactoryContext] | [string, FactoryContext]
  ) => Promise<T>;
} {
  const calls: OpenCall<T>[] = [];
  return {
    calls,
    call: (...args) => {
      const { signal } = args.at(-1) as FactoryContext;
      const call = { ...Promise.withResolvers<T>(), signal };
      calls.push(call);
      return call.promise;
    },
  };
}

/** A promise that rejects with the signal's reason. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

const OOPS = new Error("oops");

/** Every way in which a method can give a value. */
const WAYS: readonly (readonly [string, <T>(value: T) => T | Promise<T>])[] = [
  ["returns", (value) => value],
  ["gives a promise", (value) => Promise.resolve(value)],
  ["gives a thenable", <T>(value: T) => {
    const then = (resolve: (value: T) => void): void => resolve(value);
    return { then } as unknown as Promise<T>;
  }],
];

/** Every way in which a method can fail with {@linkcode OOPS}. */
const FAILURES: readonly (readonly [string, () => Promise<never>])[] = [
  ["throws", () => {
    throw OOPS;
  }],
  ["rejects", () => Promise.reject(OOPS)],
  ["gives a thenable that rejects", () => {
    const then = (_: unknown, reject: (error: unknown) => void): void =>
      reject(OOPS);
    return { then } as unknown as Promise<never>;
  }],
  ["gives a thenable whose then() throws", () => {
    const then = (): void => {
      throw OOPS;
    };
    return { then } as unknown as Promise<never>;
  }],
  ["gives something whose then cannot be read", () => ({
    get then(): never {
      throw OOPS;
    },
  } as unknown as Promise<never>)],
];

/** How a received value is told. */
function received(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function" || typeof value === "symbol") {
    return typeof value;
  }
  if (value === null) return "null";
  return typeof value === "object"
    ? Object.prototype.toString.call(value)
    : String(value);
}

function isInvalid(field: string, value: unknown, error: unknown): boolean {
  assert(error instanceof ValidationError, String(error));
  strictEqual(error.code, "VALIDATION_INVALID_OPTION");
  const { params } = error as ValidationError<"VALIDATION_INVALID_OPTION">;
  deepStrictEqual(
    { field: params.field, received: params.received },
    { field, received: received(value) },
  );
  return true;
}

const PLAIN: ConnectionFactory<string> = { create: () => "c", destroy() {} };

/** An option that is a number, and what it may be. */
interface NumberOption {
  readonly name: keyof ConnectionPoolOptions<string>;
  readonly good: readonly number[];
  readonly bad: readonly number[];
  /** What is not told has a default. */
  readonly isRequired?: true;
}

const BEYOND = Number.MAX_SAFE_INTEGER + 1;
const ANY_DURATION = {
  good: [0, 0.5, 1, 2 ** 31, Infinity],
  bad: [NaN, -1, -0.001, -Infinity],
};
const TRUE_DURATION = {
  good: [1, 1.5, 2 ** 31, Infinity],
  bad: [NaN, 0, 0.999, -1, -Infinity],
};

const NUMBER_OPTIONS: readonly NumberOption[] = [
  {
    name: "max",
    good: [5, 1_000_000, Number.MAX_SAFE_INTEGER],
    bad: [NaN, 0, -1, 1.5, Infinity, BEYOND],
    isRequired: true,
  },
  { name: "minIdle", good: [0, 5], bad: [NaN, -1, 0.5, 6, Infinity] },
  {
    name: "maxWaiting",
    good: [0, 1, Infinity],
    bad: [NaN, -1, 0.5, -Infinity, BEYOND],
  },
  {
    name: "maxUses",
    good: [1, 2, Infinity],
    bad: [NaN, 0, -1, 1.5, -Infinity, BEYOND],
  },
  {
    name: "maxLifetimeJitter",
    good: [0, 0.5, 1],
    bad: [NaN, -0.001, 1.001, Infinity],
  },
  { name: "acquireTimeoutMs", ...ANY_DURATION },
  { name: "createTimeoutMs", ...ANY_DURATION },
  { name: "validateTimeoutMs", ...ANY_DURATION },
  { name: "resetTimeoutMs", ...ANY_DURATION },
  { name: "destroyTimeoutMs", ...ANY_DURATION },
  { name: "validateAfterIdleMs", ...ANY_DURATION },
  { name: "idleTimeoutMs", ...ANY_DURATION },
  { name: "keepAliveMs", ...TRUE_DURATION },
  { name: "maxLifetimeMs", ...TRUE_DURATION },
  { name: "leakThresholdMs", ...TRUE_DURATION },
];

describe("isConnectionFactory()", () => {
  it("asks for create() and destroy() alone", () => {
    const create = (): number => 1;
    const destroy = (): void => {};
    strictEqual(isConnectionFactory({ create, destroy }), true);
    strictEqual(isConnectionFactory({ create, destroy, validate: 1 }), true);
    strictEqual(isConnectionFactory({ create }), false);
    strictEqual(isConnectionFactory({ destroy }), false);
    strictEqual(isConnectionFactory({ create, destroy: true }), false);
    for (const value of [undefined, null, 0, "", {}, create]) {
      strictEqual(isConnectionFactory(value), false);
    }
  });

  it("finds methods of a class", () => {
    class Factory {
      create(): number {
        return 1;
      }
      destroy(): void {}
    }
    strictEqual(isConnectionFactory(new Factory()), true);
    strictEqual(isConnectionFactory(Factory), false);
  });
});

describe("new ConnectionPool()", () => {
  for (const { name, good, bad, isRequired } of NUMBER_OPTIONS) {
    const pool = (value: unknown): ConnectionPool<string> =>
      new ConnectionPool(
        PLAIN,
        { max: 5, clock: new ManualClock(), [name]: value } as Options & {
          max: number;
        },
      );
    it(`takes a ${name} of ${good.join(", ")}`, () => {
      for (const value of good) doesNotThrow(() => pool(value));
    });
    it(`throws, and names the option and the value, when ${name} is ${bad.join(", ")}`, () => {
      for (const value of bad) {
        throws(() => pool(value), (error) => isInvalid(name, value, error));
      }
    });
    it(`throws, and names the option and the value, when ${name} is no number`, () => {
      for (const [, value] of NOT_NUMBERS) {
        if (value === undefined && !isRequired) {
          doesNotThrow(() => pool(value));
        } else {
          throws(() => pool(value), (error) => isInvalid(name, value, error));
        }
      }
    });
  }

  it("throws when order is no order", () => {
    for (const order of ["LIFO", "", "random", null, 1, {}, ["lifo"]]) {
      throws(
        () => new ConnectionPool(PLAIN, { max: 1, order: order as "lifo" }),
        (error) => isInvalid("order", order, error),
      );
    }
  });

  it("throws when onEvent is no function", () => {
    for (const onEvent of [null, 1, "log", {}]) {
      throws(
        () => new ConnectionPool(PLAIN, { max: 1, onEvent: onEvent as never }),
        (error) => isInvalid("onEvent", onEvent, error),
      );
    }
  });

  it("throws when the options are no object", () => {
    for (const options of [undefined, null, 5, "max"]) {
      throws(
        () => new ConnectionPool(PLAIN, options as never),
        (error) => isInvalid("options", options, error),
      );
    }
  });

  it("throws when the factory is no object", () => {
    for (const factory of [undefined, null, 5, "factory"]) {
      throws(
        () => new ConnectionPool(factory as never, { max: 1 }),
        (error) => isInvalid("factory", factory, error),
      );
    }
  });

  for (const method of ["create", "destroy"] as const) {
    it(`throws when the factory's ${method} is missing or no function`, () => {
      for (const value of [undefined, null, 5, {}]) {
        throws(
          () =>
            new ConnectionPool(
              { ...PLAIN, [method]: value } as never,
              { max: 1 },
            ),
          (error) => isInvalid(`factory.${method}`, value, error),
        );
      }
    });
  }

  for (const method of ["validate", "reset"] as const) {
    it(`throws when the factory's ${method} is there but no function`, () => {
      for (const value of [null, 5, {}]) {
        throws(
          () =>
            new ConnectionPool(
              { ...PLAIN, [method]: value } as never,
              { max: 1 },
            ),
          (error) => isInvalid(`factory.${method}`, value, error),
        );
      }
      const factory = { ...PLAIN, [method]: undefined };
      doesNotThrow(() => new ConnectionPool(factory, { max: 1 }));
    });
  }

  it("calls nothing, and no factory, when an option is not valid", () => {
    let calls = 0;
    const factory = { create: () => ++calls, destroy() {} };
    throws(() => new ConnectionPool(factory, { max: 2, minIdle: 3 }));
    throws(() =>
      new ConnectionPool(factory, { max: 2, minIdle: 2, maxUses: 0 })
    );
    strictEqual(calls, 0);
  });

  test("makes nothing, and sets no timer, by default", (make) => {
    const { pool, clock, made } = make({ max: 7 });
    deepStrictEqual(pool.stats, {
      idle: 0,
      inUse: 0,
      unhealthy: 0,
      total: 0,
      creating: 0,
      waiting: 0,
      max: 7,
    });
    deepStrictEqual([made.length, clock.pending], [0, 0]);
    deepStrictEqual(pool.connections(), []);
  });

  test("makes minIdle connections at once", (make) => {
    const rig = make({ max: 3, minIdle: 2 });
    deepStrictEqual(rig.told(), ["created c1", "created c2"]);
    strictEqual(
      rig.counts(),
      "2 idle, 0 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });

  test("heeds no change of the options afterwards", async (make) => {
    const options = { max: 1, maxWaiting: 0, acquireTimeoutMs: 10 };
    const rig = make(options);
    Object.assign(options, { max: 9, maxWaiting: 9, acquireTimeoutMs: 99 });
    await rig.lease();
    strictEqual(
      codeOf(await answer(rig.pool.acquire())),
      "POOL_EXHAUSTED",
    );
  });

  it("uses the system's clock and chance by default", async () => {
    const before = systemClock.now();
    const pool = new ConnectionPool(PLAIN, { max: 1 });
    const acquired = await answer(pool.acquire());
    const after = systemClock.now();
    const lease = acquired.unwrap();
    const { createdAt, expiresAt } = lease.info;
    assert(before <= createdAt && createdAt <= after);
    const lifetimeMs = expiresAt - createdAt;
    assert(1_619_999 <= lifetimeMs && lifetimeMs <= 1_800_001);
    await answer(lease.release());
    await answer(pool.close());

    const other = new ConnectionPool(PLAIN, {
      max: 1,
      minIdle: 0,
      clock: new ManualClock(),
    });
    let acquiring: Promise<unknown> = Promise.resolve();
    withReplaced(Math, "random", () => 0.5, () => {
      acquiring = other.acquire();
    });
    await answer(acquiring);
    strictEqual(other.connections()[0]!.expiresAt, 1_710_000);
  });
});

describe("acquire()", () => {
  test("makes a connection, lends it out and tells so", async (make) => {
    const rig = make();
    const lease = await rig.lease();
    strictEqual(lease.connection, "c1");
    strictEqual(lease.released, false);
    const made: ConnectionInfo<string> = {
      id: 1,
      connection: "c1",
      status: "in_use",
      createdAt: START,
      lastUsedAt: START,
      expiresAt: START + 1_800_000,
      useCount: 0,
      validationFailures: 0,
      acquiredAt: undefined,
    };
    const lent = { ...made, useCount: 1, acquiredAt: START };
    deepStrictEqual(rig.events, [
      { type: "created", connection: made, durationMs: 0 },
      { type: "acquired", connection: lent, waitedMs: 0 },
    ]);
    deepStrictEqual(lease.info, lent);
    deepStrictEqual(rig.pool.connections(), [lent]);
  });

  test("tells how long the making and the wait took", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({}, { create: call });
    const first = watch(rig.pool.acquire());
    rig.clock.advance(40);
    const second = watch(rig.pool.acquire());
    strictEqual(
      rig.counts(),
      "0 idle, 0 in use, 0 unhealthy, 2 creating, 2 waiting",
    );
    rig.clock.advance(60);
    calls[1]!.resolve(rig.make());
    await flush();
    deepStrictEqual([first.isSettled, second.isSettled], [true, false]);
    deepStrictEqual(rig.of("created").map((it) => it.durationMs), [60]);
    deepStrictEqual(rig.of("acquired").map((it) => it.waitedMs), [100]);
    calls[0]!.resolve(rig.make());
    await flush();
    deepStrictEqual(rig.of("created").map((it) => it.durationMs), [60, 100]);
    deepStrictEqual(rig.of("acquired").map((it) => it.waitedMs), [100, 60]);
  });

  test("uses an idle connection rather than a new one", async (make) => {
    const rig = make();
    await rig.fill(1);
    rig.clock.advance(10);
    const lease = await rig.lease();
    deepStrictEqual(rig.told(), ["acquired c1"]);
    strictEqual(lease.info.useCount, 2);
    strictEqual(lease.info.acquiredAt, START + 10);
  });

  test("answers in order of arrival, whatever comes free", async (make) => {
    const rig = make({ max: 2 });
    const held = [await rig.lease(), await rig.lease()];
    const order: number[] = [];
    const waiting = [1, 2, 3, 4].map((number) =>
      rig.pool.acquire().then((result) => {
        order.push(number);
        return result.unwrap();
      })
    );
    await flush();
    deepStrictEqual(order, []);
    held[1]!.release();
    await flush();
    held[0]!.release();
    await flush();
    deepStrictEqual(order, [1, 2]);
    const [first, second] = await answer(Promise.all(waiting.slice(0, 2)));
    deepStrictEqual([first!.connection, second!.connection], ["c2", "c1"]);
    second!.destroy(); // Its successor has to be made.
    await flush();
    first!.release();
    await flush();
    deepStrictEqual(order, [1, 2, 3, 4]);
    strictEqual(rig.made.length, 3);
  });

  test("lets nobody take a connection past those who wait", async (make) => {
    const rig = make({ max: 1 });
    const held = await rig.lease();
    const first = watch(rig.pool.acquire());
    held.release(); // The first one has it, but has not heard yet.
    const taken = rig.pool.tryAcquire();
    const second = watch(rig.pool.acquire());
    await flush();
    deepStrictEqual(
      [first.isSettled, second.isSettled, taken],
      [true, false, undefined],
    );
  });

  test("makes no more than max, however many ask", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 3 }, { create: call });
    const waiting = Array.from({ length: 10 }, () => watch(rig.pool.acquire()));
    await flush();
    strictEqual(calls.length, 3);
    for (const { resolve } of calls) resolve(rig.make());
    await flush();
    strictEqual(calls.length, 3);
    strictEqual(waiting.filter((it) => it.isSettled).length, 3);
    strictEqual(
      rig.counts(),
      "0 idle, 3 in use, 0 unhealthy, 0 creating, 7 waiting",
    );
  });

  test("makes just as many as callers wait for", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 10 }, { create: call });
    void rig.pool.acquire();
    void rig.pool.acquire();
    await flush();
    strictEqual(calls.length, 2);
    for (const { resolve } of calls) resolve(rig.make());
  });

  test("gives a connection that is being made to the next when its caller leaves", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({}, { create: call });
    const controller = new AbortController();
    const left = watch(rig.pool.acquire({ signal: controller.signal }));
    controller.abort();
    await flush();
    strictEqual(codeOf(left.value), "POOL_ACQUIRE_CANCELLED");
    strictEqual(calls[0]!.signal.aborted, false);
    const next = watch(rig.pool.acquire());
    strictEqual(calls.length, 1);
    calls[0]!.resolve(rig.make());
    await flush();
    strictEqual(next.value!.unwrap().connection, "c1");
  });

  test("keeps a connection idle that nobody waits for any more", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({}, { create: call });
    const late = watch(rig.pool.acquire({ timeoutMs: 10 }));
    rig.clock.advance(10);
    calls[0]!.resolve(rig.make());
    await flush();
    strictEqual(codeOf(late.value), "POOL_ACQUIRE_TIMEOUT");
    strictEqual(
      rig.counts(),
      "1 idle, 0 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });

  describe("time-out", () => {
    test("is acquireTimeoutMs, 30 s by default", async (make) => {
      const rig = make({ max: 1, createTimeoutMs: Infinity });
      await rig.lease();
      const waiting = watch(rig.pool.acquire());
      await rig.pass(29_999);
      strictEqual(waiting.isSettled, false);
      await rig.pass(1);
      const error = waiting.value!.unwrapErr();
      strictEqual(error.code, "POOL_ACQUIRE_TIMEOUT");
      deepStrictEqual(error.params, { timeoutMs: 30_000 });
      deepStrictEqual(error.details, {
        idle: 0,
        inUse: 1,
        unhealthy: 0,
        total: 1,
        creating: 0,
        waiting: 0,
        max: 1,
      });
      strictEqual("cause" in error, false);
      deepStrictEqual(rig.told().at(-1), "refused POOL_ACQUIRE_TIMEOUT");
    });

    test("is the pool's where the call tells none, and the call's where it does", async (make) => {
      const rig = make({ max: 1, acquireTimeoutMs: 50 });
      await rig.lease();
      const pools = watch(rig.pool.acquire());
      const calls = watch(rig.pool.acquire({ timeoutMs: 20 }));
      const undef = watch(rig.pool.acquire({ timeoutMs: undefined as never }));
      const longer = watch(rig.pool.acquire({ timeoutMs: 90 }));
      const settled = (): boolean[] =>
        [calls, pools, undef, longer].map((it) => it.isSettled);
      await rig.pass(20);
      deepStrictEqual(settled(), [true, false, false, false]);
      await rig.pass(30);
      deepStrictEqual(settled(), [true, true, true, false]);
      await rig.pass(39);
      strictEqual(longer.isSettled, false);
      await rig.pass(1);
      deepStrictEqual(longer.value!.unwrapErr().params, { timeoutMs: 90 });
    });

    test("of 0 waits for no turn of the event loop", async (make) => {
      const { calls, call } = openCalls<string>();
      const rig = make({}, { create: call });
      const waiting = watch(rig.pool.acquire({ timeoutMs: 0 }));
      await rig.pass(0);
      deepStrictEqual(waiting.value!.unwrapErr().params, { timeoutMs: 0 });
      calls[0]!.resolve(rig.make());
      await flush();
      const lease = await rig.lease({ timeoutMs: 0 }); // There is one by now.
      strictEqual(lease.connection, "c1");
    });

    test("of Infinity sets no timer and waits for as long as it takes", async (make) => {
      const rig = make({ max: 1, maxLifetimeMs: Infinity });
      const held = await rig.lease();
      const waiting = watch(rig.pool.acquire({ timeoutMs: Infinity }));
      strictEqual(rig.clock.pending, 0);
      await rig.pass(2 ** 40);
      strictEqual(waiting.isSettled, false);
      await answer(held.release());
      strictEqual(codeOf(waiting.value), "ok");
    });

    test("ends the waits of many callers each in time, by one timer", async (make) => {
      const rig = make({ max: 1, maxWaiting: Infinity });
      await rig.lease();
      strictEqual(rig.clock.pending, 0);
      const waits = Array.from({ length: 500 }, (_, i) => (i * 7919) % 997 + 1);
      const ends: [timeoutMs: number, at: number][] = [];
      for (const timeoutMs of waits) {
        rig.pool.acquire({ timeoutMs }).then((result) => {
          strictEqual(codeOf(result), "POOL_ACQUIRE_TIMEOUT");
          ends.push([timeoutMs, rig.clock.monotonic()]);
        });
        strictEqual(rig.clock.pending, 1);
      }
      while (rig.pool.stats.waiting > 0) {
        await rig.pass(1);
        assert(rig.clock.pending <= 1);
      }
      strictEqual(ends.length, 500);
      for (const [timeoutMs, at] of ends) strictEqual(at, timeoutMs);
      strictEqual(rig.clock.pending, 0);
    });

    test("refuses once one who is cancelled by a listener of another's time-out", async (make) => {
      const controller = new AbortController();
      const rig = make({
        max: 1,
        onEvent: ({ type }) => {
          if (type === "refused") controller.abort();
        },
      });
      await rig.lease();
      void rig.pool.acquire({ timeoutMs: 10 });
      void rig.pool.acquire({ timeoutMs: 10, signal: controller.signal });
      rig.told();
      await rig.pass(10);
      deepStrictEqual(rig.told(), [
        "refused POOL_ACQUIRE_TIMEOUT",
        "refused POOL_ACQUIRE_CANCELLED",
      ]);
      strictEqual(rig.pool.stats.waiting, 0);
    });

    test("is counted from the call, not from the last caller's", async (make) => {
      const rig = make({ max: 1 });
      await rig.lease();
      const first = watch(rig.pool.acquire({ timeoutMs: 100 }));
      await rig.pass(60);
      const second = watch(rig.pool.acquire({ timeoutMs: 100 }));
      await rig.pass(40);
      deepStrictEqual([first.isSettled, second.isSettled], [true, false]);
      await rig.pass(59);
      strictEqual(second.isSettled, false);
      await rig.pass(1);
      strictEqual(second.isSettled, true);
    });

    test("of one who has got a connection leaves the others theirs", async (make) => {
      const rig = make({ max: 1 });
      const held = await rig.lease();
      const first = watch(rig.pool.acquire({ timeoutMs: 10 }));
      const second = watch(rig.pool.acquire({ timeoutMs: 30 }));
      held.release();
      await rig.pass(29);
      strictEqual(codeOf(first.value), "ok");
      strictEqual(second.isSettled, false);
      await rig.pass(1);
      strictEqual(codeOf(second.value), "POOL_ACQUIRE_TIMEOUT");
    });

    test("leaves no timer once nobody waits", async (make) => {
      const rig = make({ max: 1, maxLifetimeMs: Infinity });
      const held = await rig.lease();
      const controller = new AbortController();
      const { signal } = controller;
      void rig.pool.acquire({ timeoutMs: 10 });
      void rig.pool.acquire({ timeoutMs: 20, signal });
      held.release();
      await flush();
      strictEqual(rig.clock.pending, 1);
      controller.abort();
      strictEqual(rig.clock.pending, 0);
    });

    test("sets no timer for one who has left, when another's ends", async (make) => {
      const rig = make({ max: 1, maxLifetimeMs: Infinity });
      await rig.lease();
      const controller = new AbortController();
      void rig.pool.acquire({ timeoutMs: 10 });
      void rig.pool.acquire({ timeoutMs: 20, signal: controller.signal });
      void rig.pool.acquire({ timeoutMs: Infinity });
      controller.abort();
      await rig.pass(10);
      strictEqual(rig.pool.stats.waiting, 1);
      strictEqual(rig.clock.pending, 0);
    });

    test("keeps the process alive, as somebody waits", async (make) => {
      const rig = make({ max: 1 });
      await rig.lease();
      void rig.pool.acquire({ timeoutMs: 123 });
      deepStrictEqual(rig.clock.set.at(-1), {
        delayMs: 123,
        background: false,
      });
    });

    test("covers making and validating", async (make) => {
      const { calls, call } = openCalls<boolean>();
      const rig = make({ max: 1 }, { validate: call });
      await rig.fill(1);
      rig.clock.advance(500);
      const waiting = watch(rig.pool.acquire({ timeoutMs: 10 }));
      await rig.pass(10);
      strictEqual(codeOf(waiting.value), "POOL_ACQUIRE_TIMEOUT");
      calls[0]!.resolve(true);
      await flush();
      strictEqual(rig.pool.stats.idle, 1);
    });

    test("has the last failure to make a connection as its cause, where none was made since", async (make) => {
      const { calls, call } = openCalls<string>();
      const rig = make({ max: 2 }, { create: call });
      const fails = watch(rig.pool.acquire());
      calls[0]!.reject(OOPS);
      await flush();
      const failure = fails.value!.unwrapErr();
      const late = watch(rig.pool.acquire({ timeoutMs: 5 }));
      await rig.pass(5);
      const error = late.value!.unwrapErr();
      strictEqual(error.code, "POOL_ACQUIRE_TIMEOUT");
      strictEqual(error.cause, failure);
      strictEqual(failure.cause, OOPS);

      calls[1]!.resolve(rig.make());
      await rig.pass(0);
      await rig.lease();
      const later = watch(rig.pool.acquire({ timeoutMs: 5 }));
      await rig.pass(5);
      strictEqual("cause" in later.value!.unwrapErr(), false);
    });

    it("throws at once when timeoutMs is no number of 0 or more", async () => {
      const pool = new ConnectionPool(PLAIN, { max: 1 });
      const values = [
        NaN,
        -1,
        -Infinity,
        ...NOT_NUMBERS.slice(1).map(([, v]) => v),
      ];
      for (const value of values) {
        throws(
          () => pool.acquire({ timeoutMs: value as number }),
          (error) => isInvalid("timeoutMs", value, error),
        );
        const error = await rejection(
          pool.use(() => 1, { timeoutMs: value as number }),
        );
        isInvalid("timeoutMs", value, error);
      }
      strictEqual(pool.stats.total, 0);
      await answer(pool.close());
      throws(() => pool.acquire({ timeoutMs: -1 }), ValidationError);
    });
  });

  describe("signal", () => {
    test("refuses at once where it is aborted, and makes nothing", async (make) => {
      const rig = make();
      const reason = new Error("gone");
      const signal = AbortSignal.abort(reason);
      const error = (await answer(rig.pool.acquire({ signal }))).unwrapErr();
      strictEqual(error.code, "POOL_ACQUIRE_CANCELLED");
      strictEqual(error.cause, reason);
      deepStrictEqual(error.params, {});
      strictEqual(error.details?.max, 2);
      strictEqual(rig.made.length, 0);
      deepStrictEqual(rig.told(), ["refused POOL_ACQUIRE_CANCELLED"]);
    });

    test("refuses at once even where a connection is idle", async (make) => {
      const rig = make();
      await rig.fill(1);
      const signal = AbortSignal.abort();
      const result = await answer(rig.pool.acquire({ signal }));
      strictEqual(codeOf(result), "POOL_ACQUIRE_CANCELLED");
      strictEqual(rig.pool.stats.idle, 1);
    });

    test("ends the wait, and the next one moves up", async (make) => {
      const rig = make({ max: 1 });
      const held = await rig.lease();
      const signal = new CountingSignal();
      const first = watch(rig.pool.acquire({ signal: signal.asSignal() }));
      const second = watch(rig.pool.acquire());
      strictEqual(signal.listenerCount, 1);
      signal.abort("why");
      await flush();
      const error = first.value!.unwrapErr();
      strictEqual(error.code, "POOL_ACQUIRE_CANCELLED");
      strictEqual(error.cause, "why");
      deepStrictEqual(error.details, { ...rig.pool.stats });
      strictEqual(error.details?.waiting, 1);
      strictEqual(signal.listenerCount, 0);
      held.release();
      await flush();
      strictEqual(codeOf(second.value), "ok");
    });

    test("does nothing once the connection is granted, and has no listener left", async (make) => {
      const rig = make({ max: 1 });
      const held = await rig.lease();
      const signal = new CountingSignal();
      const waiting = watch(rig.pool.acquire({ signal: signal.asSignal() }));
      held.release();
      strictEqual(signal.listenerCount, 0);
      signal.abort("too late"); // Granted, though the caller has not heard yet.
      await flush();
      const lease = waiting.value!.unwrap();
      strictEqual(lease.connection, "c1");
      strictEqual(lease.released, false);
    });

    test("has no listener left after a time-out or a failure", async (make) => {
      const { calls, call } = openCalls<string>();
      const rig = make({ max: 1 }, { create: call });
      const signals = [1, 2].map(() => new CountingSignal());
      const [late, failing] = signals.map((it) => it.asSignal());
      void rig.pool.acquire({ signal: late!, timeoutMs: 5 });
      strictEqual(signals[0]!.listenerCount, 1);
      await rig.pass(5);
      strictEqual(signals[0]!.listenerCount, 0);

      void rig.pool.acquire({ signal: failing! });
      calls[0]!.reject(OOPS);
      await flush();
      strictEqual(signals[1]!.listenerCount, 0);
    });

    test("gets no listener where a connection is there", async (make) => {
      const rig = make();
      await rig.fill(1);
      const signal = new CountingSignal();
      await rig.lease({ signal: signal.asSignal() });
      strictEqual(signal.added, 0);
    });

    test("shared by many ends all their waits", async (make) => {
      const rig = make({ max: 1 });
      await rig.lease();
      const controller = new AbortController();
      const { signal } = controller;
      const all = Array.from(
        { length: 100 },
        () => watch(rig.pool.acquire({ signal })),
      );
      const other = watch(rig.pool.acquire());
      controller.abort();
      await flush();
      for (const { value } of all) {
        strictEqual(codeOf(value), "POOL_ACQUIRE_CANCELLED");
      }
      strictEqual(other.isSettled, false);
      strictEqual(rig.pool.stats.waiting, 1);
    });
  });

  describe("maxWaiting", () => {
    test("of 0 refuses whom no connection is there or can be made for", async (make) => {
      const { calls, call } = openCalls<string>();
      const rig = make({ max: 2, maxWaiting: 0 }, { create: call });
      const first = watch(rig.pool.acquire());
      const second = watch(rig.pool.acquire());
      const third = await answer(rig.pool.acquire());
      const error = third.unwrapErr();
      strictEqual(error.code, "POOL_EXHAUSTED");
      deepStrictEqual(error.params, {});
      deepStrictEqual(error.details, {
        idle: 0,
        inUse: 0,
        unhealthy: 0,
        total: 0,
        creating: 2,
        waiting: 2,
        max: 2,
      });
      deepStrictEqual(rig.told(), ["refused POOL_EXHAUSTED"]);
      for (const { resolve } of calls) resolve(rig.make());
      await flush();
      deepStrictEqual([codeOf(first.value), codeOf(second.value)], [
        "ok",
        "ok",
      ]);
      const fourth = await answer(rig.pool.acquire());
      strictEqual(codeOf(fourth), "POOL_EXHAUSTED");
      await answer(first.value!.unwrap().release());
      await rig.lease();
    });

    test("of 0 lets one wait for a validation or a reset, and none for a destroy", async (make) => {
      const validations = openCalls<boolean>();
      const resets = openCalls<void>();
      const destroys = openCalls<void>();
      const rig = make({ max: 1, maxWaiting: 0 }, {
        validate: validations.call,
        reset: resets.call,
        destroy: destroys.call,
      });
      const lease = await rig.lease();
      lease.release();
      const first = watch(rig.pool.acquire());
      strictEqual(
        codeOf(await answer(rig.pool.acquire())),
        "POOL_EXHAUSTED",
      );
      resets.calls[0]!.resolve();
      await flush();
      const again = first.value!.unwrap();
      again.release();
      resets.calls[1]!.resolve();
      await flush();
      rig.clock.advance(500);
      const second = watch(rig.pool.acquire());
      strictEqual(rig.pool.stats.inUse, 1);
      validations.calls[0]!.resolve(true);
      await flush();
      second.value!.unwrap().destroy();
      strictEqual(
        codeOf(await answer(rig.pool.acquire())),
        "POOL_EXHAUSTED",
      );
      destroys.calls[0]!.resolve();
    });

    test("is 10 000 by default", async (make) => {
      const rig = make({ max: 1 });
      await rig.lease();
      for (let i = 0; i < 10_000; i++) void rig.pool.acquire();
      strictEqual(rig.pool.stats.waiting, 10_000);
      const result = await answer(rig.pool.acquire());
      strictEqual(codeOf(result), "POOL_EXHAUSTED");
      strictEqual(result.unwrapErr().details?.waiting, 10_000);
    });

    test("counts only those who still wait", async (make) => {
      const rig = make({ max: 1, maxWaiting: 2 });
      await rig.lease();
      const controller = new AbortController();
      void rig.pool.acquire({ signal: controller.signal });
      void rig.pool.acquire();
      strictEqual(
        codeOf(await answer(rig.pool.acquire())),
        "POOL_EXHAUSTED",
      );
      controller.abort();
      const waiting = watch(rig.pool.acquire());
      await flush();
      strictEqual(waiting.isSettled, false);
    });
  });

  describe("defects of other pools", () => {
    for (const [name, fail] of FAILURES) {
      test(`rejects one caller per failed create() instead of spinning, where it ${name}`, async (make) => {
        let creates = 0;
        const rig = make({ max: 2 }, {
          create: () => {
            creates++;
            return fail();
          },
        });
        const waiting = [1, 2, 3, 4].map(() => watch(rig.pool.acquire()));
        await rig.pass(0);
        await rig.pass(0);
        strictEqual(creates, 4);
        for (const { value } of waiting) {
          const error = value!.unwrapErr();
          strictEqual(error.code, "POOL_CONNECTION_ERROR");
          deepStrictEqual(error.params, { reason: "oops" });
          strictEqual(error.cause, OOPS);
          strictEqual(error.details?.max, 2);
        }
        await rig.pass(60_000);
        strictEqual(creates, 4);
      });
    }

    test("uses a new connection instead of spinning when no validation succeeds", async (make) => {
      let validations = 0;
      const rig = make({ max: 3, validateAfterIdleMs: 0 }, {
        validate: () => {
          validations++;
          return false;
        },
      });
      await rig.fill(3);
      const lease = await rig.lease();
      strictEqual(lease.connection, "c4");
      await rig.pass(60_000);
      deepStrictEqual([validations, rig.made.length], [3, 4]);
    });

    test("refuses at once after close() instead of at its time-out", async (make) => {
      const rig = make();
      await answer(rig.pool.close());
      const error = (await answer(rig.pool.acquire())).unwrapErr();
      strictEqual(error.code, "POOL_CLOSED");
      strictEqual(error.details?.total, 0);
      deepStrictEqual(rig.told().at(-1), "refused POOL_CLOSED");
      strictEqual(rig.pool.tryAcquire(), undefined);
      strictEqual(codeOf(await answer(rig.pool.use(() => 1))), "POOL_CLOSED");
    });

    test("close() ends although a lease is never given back", async (make) => {
      const rig = make();
      const leaked = await rig.lease();
      const closed = watch(rig.pool.close());
      await rig.pass(29_999);
      strictEqual(closed.isSettled, false);
      strictEqual(leaked.released, false);
      await rig.pass(1);
      strictEqual(closed.isSettled, true);
      strictEqual(leaked.released, true);
    });

    test("never has more than max live connections, however long destroy() takes", async (make) => {
      let live = 0;
      let most = 0;
      const destroys = openCalls<void>();
      const rig: Rig = make({ max: 1 }, {
        create: () => {
          most = Math.max(most, ++live);
          return rig.make();
        },
        destroy: (connection, context) =>
          destroys.call(connection, context).then(() => void live--),
      });
      for (let i = 0; i < 10; i++) {
        const waiting = watch(rig.pool.acquire());
        await flush();
        if (i > 0) {
          strictEqual(waiting.isSettled, false);
          strictEqual(rig.pool.stats.unhealthy, 1);
          rig.clock.advance(50);
          destroys.calls[i - 1]!.resolve();
          await flush();
        }
        const lease = waiting.value!.unwrap();
        void lease.destroy();
      }
      strictEqual(most, 1);
      destroys.calls[9]!.resolve();
    });

    test("close() settles those who wait before it resolves", async (make) => {
      const rig = make({ max: 1 });
      const held = await rig.lease();
      const order: string[] = [];
      rig.pool.acquire().then((result) => order.push(`${codeOf(result)}`));
      rig.pool.close().then(() => order.push("closed"));
      await flush();
      deepStrictEqual(order, ["POOL_CLOSED"]);
      held.release();
      await flush();
      deepStrictEqual(order, ["POOL_CLOSED", "closed"]);
    });
  });
});

describe("create()", () => {
  for (const [name, way] of WAYS) {
    test(`may be one that ${name}`, async (make) => {
      const rig: Rig = make({ max: 1 }, { create: () => way(rig.make()) });
      const lease = await rig.lease();
      strictEqual(lease.connection, "c1");
      deepStrictEqual(rig.told(), ["created c1", "acquired c1"]);
    });
  }

  test("that is synchronous gives the connection before acquire() returns", (make) => {
    const rig = make();
    void rig.pool.acquire();
    deepStrictEqual(rig.told(), ["created c1", "acquired c1"]);
  });

  it("may make any value, undefined and null included", async () => {
    for (const value of [undefined, null, 0, "", NaN, Symbol("s"), () => 1]) {
      const ended: unknown[] = [];
      const pool = new ConnectionPool<unknown>({
        create: () => value,
        destroy: (connection) => void ended.push(connection),
      }, { max: 1, clock: new ManualClock() });
      const lease = (await answer(pool.acquire())).unwrap();
      strictEqual(Object.is(lease.connection, value), true);
      await answer(lease.destroy());
      strictEqual(ended.length, 1);
      strictEqual(Object.is(ended[0], value), true);
    }
  });

  test("that fails is told with its cause, and then the oldest caller is refused", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 2 }, { create: call });
    const waiting = [1, 2, 3].map(() => watch(rig.pool.acquire()));
    calls[1]!.reject(OOPS);
    await flush();
    deepStrictEqual(waiting.map((it) => it.isSettled), [true, false, false]);
    deepStrictEqual(rig.events.map((it) => it.type), [
      "create_failed",
      "refused",
    ]);
    const [failed] = rig.of("create_failed");
    const [refused] = rig.of("refused");
    strictEqual(failed!.error, refused!.error);
    strictEqual(waiting[0]!.value!.unwrapErr(), failed!.error);
    deepStrictEqual(failed!.error.details, {
      idle: 0,
      inUse: 0,
      unhealthy: 0,
      total: 0,
      creating: 1,
      waiting: 2,
      max: 2,
    });
    strictEqual(calls.length, 3, "The next one's connection is being made.");
    calls[0]!.resolve(rig.make());
    calls[2]!.resolve(rig.make());
    await flush();
    deepStrictEqual(waiting.slice(1).map((it) => codeOf(it.value)), [
      "ok",
      "ok",
    ]);
  });

  test("that fails for nobody is told, and refuses nobody", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 1 }, { create: call });
    void rig.pool.acquire({ timeoutMs: 1 });
    await rig.pass(1);
    rig.told();
    calls[0]!.reject("no reason");
    await flush();
    deepStrictEqual(rig.told(), ["create_failed POOL_CONNECTION_ERROR"]);
  });

  test("may fail with anything", async (make) => {
    for (
      const [reason, text] of [[undefined, "undefined"], [null, "null"], [
        "secret",
        "string",
      ], [new TypeError(), "TypeError"]] as const
    ) {
      const rig = make({}, { create: () => Promise.reject(reason) });
      const error = (await answer(rig.pool.acquire())).unwrapErr();
      deepStrictEqual(error.params, { reason: text });
      strictEqual(error.cause, reason);
      strictEqual("cause" in error, true);
    }
  });

  test("may take createTimeoutMs, 30 s by default; then its signal aborts and its caller is refused", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 1, acquireTimeoutMs: Infinity }, { create: call });
    const waiting = watch(rig.pool.acquire());
    await rig.pass(29_999);
    strictEqual(waiting.isSettled, false);
    strictEqual(calls[0]!.signal.aborted, false);
    await rig.pass(1);
    const error = waiting.value!.unwrapErr();
    strictEqual(error.code, "POOL_CONNECTION_ERROR");
    const cause = error.cause as PoolError<"POOL_FACTORY_TIMEOUT">;
    strictEqual(cause.code, "POOL_FACTORY_TIMEOUT");
    deepStrictEqual(cause.params, { operation: "create", timeoutMs: 30_000 });
    strictEqual(calls[0]!.signal.aborted, true);
    strictEqual(calls[0]!.signal.reason, cause);
    strictEqual(rig.pool.stats.creating, 0);
  });

  test("that comes too late is destroyed, and nobody gets it", async (make) => {
    const { calls, call } = openCalls<string>();
    const destroys = openCalls<void>();
    const rig = make({ max: 1, createTimeoutMs: 100 }, {
      create: call,
      destroy: destroys.call,
    });
    const first = watch(rig.pool.acquire());
    await rig.pass(100);
    strictEqual(codeOf(first.value), "POOL_CONNECTION_ERROR");
    const second = watch(rig.pool.acquire());
    rig.told();
    rig.clock.advance(5);
    calls[0]!.resolve(rig.make());
    await flush();
    deepStrictEqual(rig.ended, ["c1"]);
    strictEqual(
      rig.counts(),
      "0 idle, 0 in use, 0 unhealthy, 1 creating, 1 waiting",
    );
    strictEqual(second.isSettled, false);
    deepStrictEqual(rig.told(), []);
    destroys.calls[0]!.resolve();
    await flush();
    const [event] = rig.of("destroyed");
    strictEqual(event!.reason, "late");
    strictEqual(event!.connection.connection, "c1");
    strictEqual(event!.connection.status, "closed");
    strictEqual(event!.connection.createdAt, START + 105);
    calls[1]!.resolve(rig.make());
    await flush();
    strictEqual(second.value!.unwrap().connection, "c2");
    rig.pool.evict();
    void second.value!.unwrap().release();
    destroys.calls[1]!.resolve();
  });

  test("that fails too late is ignored", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 1, createTimeoutMs: 100 }, { create: call });
    void rig.pool.acquire();
    await rig.pass(100);
    rig.told();
    calls[0]!.reject(OOPS);
    await flush();
    deepStrictEqual(rig.told(), []);
  });

  test("has no timer where createTimeoutMs is Infinity, or where it is synchronous", async (make) => {
    const rig = make({
      createTimeoutMs: Infinity,
      acquireTimeoutMs: Infinity,
    }, { create: () => never() });
    void rig.pool.acquire();
    await rig.pass(0);
    strictEqual(rig.clock.set.length, 0);
    const sync = make({
      createTimeoutMs: 5,
      acquireTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
    });
    await sync.lease();
    strictEqual(sync.clock.set.length, 0);
  });

  test("may ask for its signal late: it is aborted by then", async (make) => {
    let seen: FactoryContext | undefined;
    const rig = make({ createTimeoutMs: 10 }, {
      create: (context) => {
        seen = context;
        return never();
      },
    });
    void rig.pool.acquire();
    await rig.pass(10);
    strictEqual(seen!.signal.aborted, true);
    strictEqual(seen!.signal.reason.code, "POOL_FACTORY_TIMEOUT");
    strictEqual(seen!.signal, seen!.signal);
  });

  test("that honours its signal fails its caller once", async (make) => {
    const rig = make({ createTimeoutMs: 10 }, {
      create: ({ signal }) => untilAborted(signal),
    });
    const waiting = watch(rig.pool.acquire());
    await rig.pass(10);
    strictEqual(codeOf(waiting.value), "POOL_CONNECTION_ERROR");
    strictEqual(rig.of("create_failed").length, 1);
  });

  test("may acquire from its own pool, and use it while it is made", async (make) => {
    let inner: Promise<Result<Lease, unknown>> | undefined;
    const rig: Rig = make({ max: 2 }, {
      create: () => {
        inner ??= rig.pool.acquire();
        return rig.make();
      },
    });
    const outer = await rig.lease();
    const other = (await answer(inner!)).unwrap();
    deepStrictEqual([outer.connection, other.connection], ["c1", "c2"]);
  });

  it("twenty thousand callers of a synchronous create() that fails overflow no stack", async () => {
    let creates = 0;
    const pool = new ConnectionPool<string>({
      create: () => {
        creates++;
        if (creates === 1) {
          for (let i = 0; i < 20_000; i++) void pool.acquire();
        }
        throw OOPS;
      },
      destroy() {},
    }, { max: 1, maxWaiting: Infinity, clock: new ManualClock() });
    const result = await answer(pool.acquire());
    strictEqual(codeOf(result), "POOL_CONNECTION_ERROR");
    strictEqual(pool.stats.waiting, 0);
    strictEqual(creates, 20_001);
  });
});

describe("the factory", () => {
  it("is the this of its methods", async () => {
    const calls: string[] = [];
    class Factory implements ConnectionFactory<string> {
      readonly #name = "c";
      #note(what: string): void {
        calls.push(`${what} ${this.#name}`);
      }
      create({ signal }: FactoryContext): string {
        this.#note(`create ${signal.aborted}`);
        return "c";
      }
      destroy(connection: string, { signal }: FactoryContext): void {
        this.#note(`destroy ${connection} ${signal.aborted}`);
      }
      validate(connection: string, { signal }: FactoryContext): boolean {
        this.#note(`validate ${connection} ${signal.aborted}`);
        return true;
      }
      reset(connection: string, { signal }: FactoryContext): void {
        this.#note(`reset ${connection} ${signal.aborted}`);
      }
    }
    const clock = new ManualClock();
    const pool = new ConnectionPool(new Factory(), { max: 1, clock });
    await answer((await answer(pool.acquire())).unwrap().release());
    clock.advance(500);
    await answer((await answer(pool.acquire())).unwrap().release());
    await answer(pool.close());
    deepStrictEqual(calls, [
      "create false c",
      "reset c false c",
      "validate c false c",
      "reset c false c",
      "destroy c false c",
    ]);
  });

  it("needs no own property: a proxy or a prototype will do", async () => {
    const pool = new ConnectionPool<string>(Object.create(PLAIN), { max: 1 });
    strictEqual((await answer(pool.use((c) => c))).unwrap(), "c");
    await answer(pool.close());
  });
});

describe("tryAcquire()", () => {
  test("makes none", (make) => {
    const rig = make();
    strictEqual(rig.pool.tryAcquire(), undefined);
    strictEqual(rig.made.length, 0);
    deepStrictEqual(rig.told(), []);
  });

  test("lends out an idle connection, and tells so", async (make) => {
    const rig = make();
    await rig.fill(1);
    const lease = rig.pool.tryAcquire()!;
    strictEqual(lease.connection, "c1");
    deepStrictEqual(rig.events.map((it) => inShort(it)), ["acquired c1"]);
    strictEqual(rig.of("acquired")[0]!.waitedMs, 0);
    strictEqual(rig.pool.tryAcquire(), undefined);
  });

  test("gives none where it needs a validation, and one where it does not", async (make) => {
    const rig = make({}, { validate: () => true });
    await rig.fill(1);
    rig.clock.advance(500);
    strictEqual(rig.pool.tryAcquire(), undefined);
    deepStrictEqual(rig.told(), []);
    strictEqual(rig.pool.stats.idle, 1);
    await answer((await rig.lease()).release());
    rig.clock.advance(499);
    notStrictEqual(rig.pool.tryAcquire(), undefined);
  });

  test("gives none while somebody waits", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 2, validateAfterIdleMs: 100 }, { validate: call });
    await rig.fill(1);
    rig.clock.advance(100);
    const waiting = watch(rig.pool.acquire()); // For the validation.
    strictEqual(rig.pool.tryAcquire(), undefined);
    calls[0]!.resolve(true);
    await flush();
    strictEqual(codeOf(waiting.value), "ok");
  });

  test("destroys what may not be lent out any more, and goes on to the next", async (make) => {
    const rig = make({ max: 3, maxLifetimeMs: 1_000, idleTimeoutMs: Infinity });
    await rig.fill(1);
    rig.clock.advance(400);
    const old = await rig.lease();
    const young = await rig.lease();
    young.release(); // The old one lies on top.
    old.release();
    // Time passes before the timer has its turn.
    withReplaced(rig.clock, "monotonic", () => 1_000, () => {
      const lease = rig.pool.tryAcquire()!;
      strictEqual(lease.connection, "c2");
    });
    deepStrictEqual(rig.ended, ["c1"]);
    deepStrictEqual(rig.told().slice(-2), [
      "destroyed c1 expired",
      "acquired c2",
    ]);
  });

  test("gives none once the pool is closing", async (make) => {
    const rig = make();
    await rig.fill(1);
    const held = await rig.lease();
    void rig.pool.close();
    await answer(held.release());
    strictEqual(rig.pool.tryAcquire(), undefined);
  });

  test("has a spare made for the one it takes", (make) => {
    const rig = make({ max: 2, minIdle: 1 });
    rig.pool.tryAcquire();
    strictEqual(
      rig.counts(),
      "1 idle, 1 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
    rig.pool.tryAcquire();
    strictEqual(
      rig.counts(),
      "0 idle, 2 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });
});

describe("order", () => {
  test("is lifo by default: the last one that came back is next", async (make) => {
    for (const options of [{}, { order: "lifo" as const }]) {
      const rig = make({ max: 3, ...options });
      const leases = [await rig.lease(), await rig.lease(), await rig.lease()];
      for (const index of [1, 2, 0]) leases[index]!.release();
      const taken = [1, 2, 3].map(() => rig.pool.tryAcquire()!.connection);
      deepStrictEqual(taken, ["c1", "c3", "c2"]);
    }
  });

  test("fifo lends out what has been idle longest, by acquire() too", async (make) => {
    const rig = make({ max: 3, order: "fifo" });
    const leases = [await rig.lease(), await rig.lease(), await rig.lease()];
    for (const index of [1, 2, 0]) leases[index]!.release();
    const taken = [
      rig.pool.tryAcquire()!,
      await rig.lease(),
      await rig.lease(),
    ];
    deepStrictEqual(taken.map((it) => it.connection), ["c2", "c3", "c1"]);
  });

  test("fifo: who waits gets the next one that needs no validation, while the first is validated", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 2, order: "fifo" }, { validate: call });
    const [one, other] = [await rig.lease(), await rig.lease()];
    one.release();
    await rig.pass(500);
    other.release();
    const lease = await rig.lease();
    strictEqual(lease.connection, "c2");
    strictEqual(calls.length, 1);
    calls[0]!.resolve(true);
    await flush();
    strictEqual(
      rig.counts(),
      "1 idle, 1 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });

  for (const way of ["tryAcquire", "acquire"] as const) {
    test(`holds for a listener's ${way}(): it is not served before who waits`, async (make) => {
      let later: Watched<Result<Lease, unknown>> | Lease | undefined;
      const rig: Rig = make({
        max: 2,
        order: "fifo",
        onEvent: ({ type }) => {
          if (type !== "validation_failed") return;
          later = way === "tryAcquire"
            ? rig.pool.tryAcquire()
            : watch(rig.pool.acquire());
        },
      }, { validate: () => false });
      const [one, other] = [await rig.lease(), await rig.lease()];
      one.release();
      await rig.pass(500);
      other.release();
      const lease = await rig.lease(); // c1 fails, and c2 needs no validation.
      strictEqual(lease.connection, "c2");
      if (way === "tryAcquire") strictEqual(later, undefined);
    });
  }

  test("fifo and lifo hold for those who need a validation as well", async (make) => {
    for (const [order, first] of [["fifo", "c1"], ["lifo", "c3"]] as const) {
      const seen: string[] = [];
      const rig = make({ max: 3, order, validateAfterIdleMs: 0 }, {
        validate: (connection) => {
          seen.push(connection);
          return true;
        },
      });
      await rig.fill(3);
      await rig.lease();
      deepStrictEqual(seen, [first]);
    }
  });
});

describe("use()", () => {
  test("lends the connection and the lease, and takes them back", async (make) => {
    const rig = make();
    let during: Lease | undefined;
    const result = await answer(rig.pool.use(async (connection, lease) => {
      during = lease;
      strictEqual(lease.connection, connection);
      strictEqual(rig.pool.stats.inUse, 1);
      await undefined;
      return connection.length;
    }));
    strictEqual(result.unwrap(), 2);
    strictEqual(during!.released, true);
    strictEqual(rig.pool.stats.idle, 1);
  });

  test("gives a Result as it is, and anything else in an Ok", async (make) => {
    const { pool } = make();
    const good = ok(1);
    const bad = err("no rows");
    strictEqual(await answer(pool.use(() => good)), good);
    strictEqual(await answer(pool.use(() => bad)), bad);
    strictEqual(await answer(pool.use(() => Promise.resolve(bad))), bad);
    const nothing = await answer(pool.use(() => {}));
    deepStrictEqual([nothing.ok, nothing.unwrap()], [true, undefined]);
    const lookalike = { ok: false, error: 1 };
    strictEqual((await answer(pool.use(() => lookalike))).unwrap(), lookalike);
  });

  test("takes the connection back and rejects when the function throws or rejects", async (make) => {
    const rig = make();
    const thrown = await rejection(rig.pool.use(() => {
      throw OOPS;
    }));
    const rejected = await rejection(rig.pool.use(() => Promise.reject(OOPS)));
    deepStrictEqual([thrown === OOPS, rejected === OOPS], [true, true]);
    strictEqual(
      rig.counts(),
      "1 idle, 0 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });

  test("does not call the function where there is no connection", async (make) => {
    const rig = make({ max: 1 });
    await rig.lease();
    let calls = 0;
    const work = (): number => ++calls;
    const late = watch(rig.pool.use(work, { timeoutMs: 5 }));
    const aborted = await answer(
      rig.pool.use(work, { signal: AbortSignal.abort() }),
    );
    await rig.pass(5);
    strictEqual(codeOf(late.value), "POOL_ACQUIRE_TIMEOUT");
    strictEqual(codeOf(aborted), "POOL_ACQUIRE_CANCELLED");
    strictEqual(calls, 0);
  });

  test("lets the function destroy the connection, or give it back", async (make) => {
    const rig = make();
    await answer(rig.pool.use((_, lease) => lease.destroy()));
    strictEqual(rig.pool.stats.total, 0);
    await answer(rig.pool.use((_, lease) => void lease.release()));
    strictEqual(rig.of("released").length, 2);
  });

  test("waits for the reset, and for no destroy that its function began", async (make) => {
    const resets = openCalls<void>();
    const destroys = openCalls<void>();
    const rig = make({ max: 1 }, {
      reset: resets.call,
      destroy: destroys.call,
    });
    const first = watch(rig.pool.use(() => 1));
    await flush();
    strictEqual(first.isSettled, false);
    resets.calls[0]!.resolve();
    await flush();
    strictEqual(first.isSettled, true);
    const second = watch(rig.pool.use((_, lease) => void lease.destroy()));
    await flush();
    strictEqual(second.isSettled, true);
    strictEqual(rig.pool.stats.unhealthy, 1);
    destroys.calls[0]!.resolve();
    await flush();
  });

  test("does not reject when the pool is closed before the function begins", async (make) => {
    const rig = make();
    await rig.fill(1);
    let calls = 0;
    const using = rig.pool.use(() => ++calls);
    void rig.pool.close({ signal: AbortSignal.abort() });
    const outcome = await answer(
      using.then(codeOf, (error: unknown) => `rejected: ${error}`),
    );
    strictEqual(outcome, "POOL_CLOSED");
    strictEqual(calls, 0);
  });
});

describe("the lease", () => {
  test("release() gives the connection back, and tells for how long it was lent out", async (make) => {
    const rig = make();
    rig.clock.advance(5);
    const lease = await rig.lease();
    rig.clock.advance(70);
    strictEqual(lease.info.acquiredAt, START + 5);
    const released = lease.release();
    strictEqual(rig.pool.stats.idle, 1, "free when the call returns");
    await answer(released);
    const [event] = rig.of("released");
    deepStrictEqual(event, {
      type: "released",
      connection: {
        id: 1,
        connection: "c1",
        status: "in_use",
        createdAt: START + 5,
        lastUsedAt: START + 75,
        expiresAt: START + 1_800_005,
        useCount: 1,
        validationFailures: 0,
        acquiredAt: undefined,
      },
      heldMs: 70,
    });
    strictEqual(lease.released, true);
    strictEqual(lease.info.status, "idle");
  });

  test("counts one release only, however often it is given back", async (make) => {
    const rig = make({ max: 2 });
    const lease = await rig.lease();
    const first = lease.release();
    strictEqual(lease.release(), first);
    strictEqual(lease.destroy(), first);
    await answer(first);
    strictEqual(
      rig.counts(),
      "1 idle, 0 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
    const next = await rig.lease();
    await answer(lease.release());
    await answer(lease.destroy());
    lease[Symbol.dispose]();
    await answer(lease[Symbol.asyncDispose]());
    strictEqual(next.released, false, "It is somebody else's by now.");
    const other = await rig.lease();
    notStrictEqual(other.connection, next.connection);
    strictEqual(rig.of("released").length, 1);
    deepStrictEqual(rig.ended, []);
  });

  test("destroy() ends the connection, resolves when it has ended, and counts once", async (make) => {
    const destroys = openCalls<void>();
    const rig = make({ max: 1 }, { destroy: destroys.call });
    const lease = await rig.lease();
    const first = lease.destroy();
    const watched = watch(first);
    strictEqual(lease.destroy(), first);
    strictEqual(lease.release(), first);
    strictEqual(lease.released, true);
    strictEqual(lease.info.status, "unhealthy");
    strictEqual(
      rig.counts(),
      "0 idle, 0 in use, 1 unhealthy, 0 creating, 0 waiting",
    );
    await flush();
    strictEqual(watched.isSettled, false);
    destroys.calls[0]!.resolve();
    await flush();
    strictEqual(watched.isSettled, true);
    strictEqual(lease.info.status, "closed");
    deepStrictEqual(rig.ended, ["c1"]);
    deepStrictEqual(rig.told().slice(2), [
      "released c1",
      "destroyed c1 requested",
    ]);
  });

  test("destroy() makes room for the next one who waits", async (make) => {
    const rig = make({ max: 1 });
    const lease = await rig.lease();
    const waiting = watch(rig.pool.acquire());
    await answer(lease.destroy());
    strictEqual(waiting.value!.unwrap().connection, "c2");
  });

  test("connection throws after a release, and names what was tried", async (make) => {
    const rig = make();
    for (const end of ["release", "destroy"] as const) {
      const lease = await rig.lease();
      const { id } = lease.info;
      await answer(lease[end]());
      throws(() => lease.connection, (error: unknown) => {
        assert(error instanceof PoolError);
        strictEqual(error.code, "POOL_INVALID_STATE");
        deepStrictEqual(error.params, { from: "released", to: "in_use" });
        deepStrictEqual(error.details, { connectionId: id });
        return true;
      });
    }
  });

  test("connection throws and released is true once somebody else has it, or the pool has taken it", async (make) => {
    const rig = make({ max: 1 });
    const first = await rig.lease();
    await answer(first.release());
    const second = await rig.lease();
    throws(() => first.connection, PoolError);
    strictEqual(second.connection, "c1");
    const closed = rig.pool.close({ signal: AbortSignal.abort() });
    strictEqual(second.released, true);
    throws(() => second.connection, PoolError);
    await answer(second.release());
    await answer(second.destroy());
    await answer(closed);
  });

  test("info follows the connection, whoever has it", async (make) => {
    const rig = make({ max: 1 });
    const first = await rig.lease();
    const before = first.info;
    rig.clock.advance(10);
    await answer(first.release());
    deepStrictEqual(first.info, {
      ...before,
      status: "idle",
      lastUsedAt: START + 10,
      acquiredAt: undefined,
    });
    rig.clock.advance(10);
    const second = await rig.lease();
    deepStrictEqual(first.info, second.info);
    strictEqual(first.info.useCount, 2);
    strictEqual(first.info.acquiredAt, START + 20);
    strictEqual(before.useCount, 1, "What was told does not change.");
  });

  test("Symbol.dispose and Symbol.asyncDispose give it back", async (make) => {
    const rig = make({ max: 2 });
    const [one, other] = [await rig.lease(), await rig.lease()];
    strictEqual(one[Symbol.dispose](), undefined);
    strictEqual(rig.pool.stats.idle, 1);
    await answer(other[Symbol.asyncDispose]());
    strictEqual(rig.pool.stats.idle, 2);
    deepStrictEqual(rig.told().slice(-2), ["released c1", "released c2"]);
  });

  test("Symbol.asyncDispose waits for the reset, Symbol.dispose does not", async (make) => {
    const { calls, call } = openCalls<void>();
    const rig = make({ max: 2 }, { reset: call });
    const [one, other] = [await rig.lease(), await rig.lease()];
    one[Symbol.dispose]();
    const disposed = watch(Promise.resolve(other[Symbol.asyncDispose]()));
    await flush();
    strictEqual(disposed.isSettled, false);
    for (const { resolve } of calls) resolve();
    await flush();
    strictEqual(disposed.isSettled, true);
  });

  test("a wall clock that is set moves no time that counts", async (make) => {
    const rig = make({ max: 1, idleTimeoutMs: 1_000 });
    const lease = await rig.lease();
    rig.clock.setNow(0);
    await rig.pass(50);
    await answer(lease.release());
    strictEqual(lease.info.createdAt, START);
    strictEqual(lease.info.lastUsedAt, START + 50);
    strictEqual(rig.of("released")[0]!.heldMs, 50);
    await rig.pass(999);
    strictEqual(rig.pool.stats.idle, 1);
    await rig.pass(1);
    strictEqual(rig.pool.stats.idle, 0);
  });

  it("trap 2: a second release makes no counter negative and queues nothing twice", async () => {
    const pool = new ConnectionPool(PLAIN, {
      max: 3,
      clock: new ManualClock(),
    });
    const lease = (await answer(pool.acquire())).unwrap();
    for (let i = 0; i < 3; i++) await answer(lease.release());
    const stats: PoolStats = pool.stats;
    assertCounted(stats);
    deepStrictEqual([stats.idle, stats.inUse, stats.total], [1, 0, 1]);
    notStrictEqual(pool.tryAcquire(), undefined);
    strictEqual(pool.tryAcquire(), undefined);
  });
});

describe("reset()", () => {
  for (const [name, way] of WAYS) {
    test(`may be one that ${name}`, async (make) => {
      const seen: string[] = [];
      const rig = make({ max: 1 }, {
        reset: (connection) => {
          seen.push(connection);
          return way(undefined);
        },
      });
      const lease = await rig.lease();
      const released = lease.release();
      strictEqual(lease.released, true);
      strictEqual(rig.pool.stats.idle, name === "returns" ? 1 : 0);
      await answer(released);
      strictEqual(rig.pool.stats.idle, 1);
      deepStrictEqual(seen, ["c1"]);
      deepStrictEqual(rig.told().slice(2), ["released c1"]);
    });
  }

  for (const [name, fail] of FAILURES) {
    test(`has the connection destroyed where it ${name}`, async (make) => {
      const rig = make({ max: 1 }, { reset: fail });
      const lease = await rig.lease();
      const waiting = watch(rig.pool.acquire());
      rig.told();
      await answer(lease.release());
      const [event] = rig.of("reset_failed");
      strictEqual(event!.error, OOPS);
      strictEqual(event!.connection.status, "in_use");
      deepStrictEqual(rig.told(), [
        "released c1",
        "reset_failed c1 oops",
        "destroyed c1 reset_failed",
        "created c2",
        "acquired c2",
      ]);
      strictEqual(waiting.value!.unwrap().connection, "c2");
      await answer(waiting.value!.unwrap().destroy());
    });
  }

  test("counts as in use, and whoever waits gets the connection after it", async (make) => {
    const { calls, call } = openCalls<void>();
    const rig = make({ max: 1 }, { reset: call });
    const lease = await rig.lease();
    const released = watch(lease.release());
    strictEqual(
      rig.counts(),
      "0 idle, 1 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
    const waiting = watch(rig.pool.acquire());
    strictEqual(rig.pool.tryAcquire(), undefined);
    await flush();
    deepStrictEqual([released.isSettled, waiting.isSettled], [false, false]);
    calls[0]!.resolve();
    await flush();
    deepStrictEqual([released.isSettled, codeOf(waiting.value)], [true, "ok"]);
    strictEqual(rig.made.length, 1);
  });

  test("may take resetTimeoutMs, 5 s by default; then the connection is destroyed", async (make) => {
    for (
      const [options, ms] of [[{}, 5_000], [
        { resetTimeoutMs: 10 },
        10,
      ]] as const
    ) {
      const { calls, call } = openCalls<void>();
      const rig = make({ max: 1, ...options }, { reset: call });
      const lease = await rig.lease();
      const released = watch(lease.release());
      await rig.pass(ms - 1);
      strictEqual(released.isSettled, false);
      strictEqual(calls[0]!.signal.aborted, false);
      await rig.pass(1);
      strictEqual(released.isSettled, true);
      const [event] = rig.of("reset_failed");
      const error = event!.error as PoolError<"POOL_FACTORY_TIMEOUT">;
      strictEqual(error.code, "POOL_FACTORY_TIMEOUT");
      deepStrictEqual(error.params, { operation: "reset", timeoutMs: ms });
      strictEqual(calls[0]!.signal.reason, error);
      deepStrictEqual(rig.ended, ["c1"]);
      calls[0]!.resolve();
      await flush();
      strictEqual(rig.pool.stats.total, 0, "Too late is nothing.");
    }
  });

  test("is spared to a connection that is destroyed anyway", async (make) => {
    let resets = 0;
    const rig = make({ max: 1, maxUses: 1 }, { reset: () => void resets++ });
    await answer((await rig.lease()).release());
    await answer((await rig.lease()).destroy());
    deepStrictEqual([resets, rig.ended], [0, ["c1", "c2"]]);
    const evicted = await rig.lease();
    rig.pool.evict();
    await answer(evicted.release());
    strictEqual(resets, 0);
  });

  test("evict() during it destroys the connection afterwards", async (make) => {
    const { calls, call } = openCalls<void>();
    const rig = make({ max: 1 }, { reset: call });
    (await rig.lease()).release();
    rig.pool.evict();
    deepStrictEqual(rig.ended, []);
    calls[0]!.resolve();
    await flush();
    deepStrictEqual(rig.told().at(-1), "destroyed c1 evicted");
  });
});

describe("validate()", () => {
  /** Whether one who has been idle for so long is validated first. */
  async function isValidated(
    make: Make,
    options: Options,
    idleMs: number,
  ): Promise<boolean> {
    let validations = 0;
    const rig = make({ idleTimeoutMs: Infinity, ...options }, {
      validate: () => {
        validations++;
        return true;
      },
    });
    await rig.fill(1);
    rig.clock.advance(idleMs);
    await rig.lease();
    return validations > 0;
  }

  test("is called after validateAfterIdleMs without use, 500 ms by default", async (make) => {
    strictEqual(await isValidated(make, {}, 499), false);
    strictEqual(await isValidated(make, {}, 500), true);
    strictEqual(await isValidated(make, { validateAfterIdleMs: 7 }, 6), false);
    strictEqual(await isValidated(make, { validateAfterIdleMs: 7 }, 7), true);
  });

  test("is called whenever it has been idle with a validateAfterIdleMs of 0, and never with Infinity", async (make) => {
    strictEqual(await isValidated(make, { validateAfterIdleMs: 0 }, 0), true);
    const never = { validateAfterIdleMs: Infinity };
    strictEqual(await isValidated(make, never, 1_700_000), false);
  });

  test("is not called for a new connection, nor for one that changes hands", async (make) => {
    const rig = make({ max: 1, validateAfterIdleMs: 0 }, {
      validate: () => {
        throw new Error("not now");
      },
    });
    const lease = await rig.lease();
    const waiting = watch(rig.pool.acquire());
    await answer(lease.release());
    strictEqual(waiting.value!.unwrap().connection, "c1");
  });

  test("proves the connection: the time until the next one begins anew", async (make) => {
    let validations = 0;
    const rig = make({ max: 1 }, {
      validate: () => {
        validations++;
        return true;
      },
    });
    await rig.fill(1);
    rig.clock.advance(500);
    const waiting = watch(rig.pool.acquire());
    await flush();
    rig.clock.advance(1_000);
    await answer(waiting.value!.unwrap().release()); // Used until now.
    rig.clock.advance(499);
    await answer((await rig.lease()).release());
    strictEqual(validations, 1);
  });

  for (const [name, way] of WAYS) {
    test(`may be one that ${name}`, async (make) => {
      const answers = [true, false];
      const rig = make({ max: 1, validateAfterIdleMs: 0 }, {
        validate: () => way(answers.shift()!),
      });
      await rig.fill(1);
      const lease = await rig.lease();
      strictEqual(lease.connection, "c1");
      await answer(lease.release());
      strictEqual((await rig.lease()).connection, "c2");
    });
  }

  test("that gives anything but true has the connection destroyed, and told so", async (make) => {
    for (const value of [false, undefined, null, 1, "true", {}]) {
      const rig = make({ max: 1, validateAfterIdleMs: 0 }, {
        validate: () => value as boolean,
      });
      await rig.fill(1);
      const lease = await rig.lease();
      strictEqual(lease.connection, "c2");
      const [event] = rig.of("validation_failed");
      strictEqual(event!.error.code, "POOL_HEALTH_CHECK_FAILED");
      deepStrictEqual(event!.error.params, { connectionId: 1 });
      strictEqual("cause" in event!.error, false);
      strictEqual(event!.connection.validationFailures, 1);
      strictEqual(event!.connection.status, "in_use");
      deepStrictEqual(rig.told(), [
        "validation_failed c1 POOL_HEALTH_CHECK_FAILED",
        "destroyed c1 unhealthy",
        "created c2",
        "acquired c2",
      ]);
    }
  });

  for (const [name, fail] of FAILURES) {
    test(`that ${name} has the connection destroyed, and its cause told`, async (make) => {
      const rig = make({ max: 1, validateAfterIdleMs: 0 }, { validate: fail });
      await rig.fill(1);
      const lease = await rig.lease();
      strictEqual(lease.connection, "c2");
      const [event] = rig.of("validation_failed");
      strictEqual(event!.error.cause, OOPS);
    });
  }

  test("may take validateTimeoutMs, 5 s by default; then the connection is destroyed", async (make) => {
    for (
      const [options, ms] of [[{}, 5_000], [
        { validateTimeoutMs: 10 },
        10,
      ]] as const
    ) {
      const { calls, call } = openCalls<boolean>();
      const rig = make({ max: 1, validateAfterIdleMs: 0, ...options }, {
        validate: call,
      });
      await rig.fill(1);
      const waiting = watch(rig.pool.acquire());
      await rig.pass(ms - 1);
      strictEqual(waiting.isSettled, false);
      strictEqual(calls[0]!.signal.aborted, false);
      await rig.pass(1);
      const [event] = rig.of("validation_failed");
      const cause = event!.error.cause as PoolError<"POOL_FACTORY_TIMEOUT">;
      deepStrictEqual(cause.params, { operation: "validate", timeoutMs: ms });
      strictEqual(calls[0]!.signal.reason, cause);
      strictEqual(waiting.value!.unwrap().connection, "c2");
      calls[0]!.resolve(true);
      await flush();
      strictEqual(rig.pool.stats.total, 1, "Too late is nothing.");
    }
  });

  test("counts as in use, and several go on at once, one for each who waits", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 4, validateAfterIdleMs: 0 }, { validate: call });
    await rig.fill(3);
    const waiting = [1, 2].map(() => watch(rig.pool.acquire()));
    strictEqual(
      rig.counts(),
      "1 idle, 2 in use, 0 unhealthy, 0 creating, 2 waiting",
    );
    strictEqual(calls.length, 2);
    for (const { resolve } of calls) resolve(true);
    await flush();
    deepStrictEqual(waiting.map((it) => codeOf(it.value)), ["ok", "ok"]);
    strictEqual(rig.made.length, 3);
  });

  test("that fails has the next idle connection looked at, which may be too old by then", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 2, maxLifetimeMs: 1_000, validateAfterIdleMs: 0 }, {
      validate: call,
    });
    const old = await rig.lease();
    rig.clock.advance(500);
    const young = await rig.lease();
    old.release();
    young.release(); // It lies on top.
    const waiting = watch(rig.pool.acquire());
    calls[0]!.resolve(false);
    // Time passes before the timer has its turn.
    rig.clock.monotonic = (): number => 1_000;
    await flush();
    Reflect.deleteProperty(rig.clock, "monotonic");
    strictEqual(waiting.value!.unwrap().connection, "c3");
    deepStrictEqual(rig.of("destroyed").map((it) => it.reason), [
      "unhealthy",
      "expired",
    ]);
  });

  test("that fails has the next idle connection validated", async (make) => {
    const seen: string[] = [];
    const rig = make({ max: 3, validateAfterIdleMs: 0 }, {
      validate: (connection) => {
        seen.push(connection);
        return Promise.resolve(connection === "c1");
      },
    });
    await rig.fill(3);
    const lease = await rig.lease();
    strictEqual(lease.connection, "c1");
    deepStrictEqual(seen, ["c3", "c2", "c1"]);
    deepStrictEqual(rig.ended, ["c3", "c2"]);
    strictEqual(rig.made.length, 3);
  });

  test("that fails has another made at once, as far as max goes, while the old one is destroyed", async (make) => {
    const destroys = openCalls<void>();
    const rig = make({ max: 2, validateAfterIdleMs: 0 }, {
      validate: () => Promise.resolve(false),
      destroy: destroys.call,
    });
    await rig.fill(1);
    const lease = await rig.lease();
    strictEqual(lease.connection, "c2");
    strictEqual(rig.pool.stats.unhealthy, 1);
    destroys.calls[0]!.resolve();
  });

  test("evict() during it destroys the connection, and the caller gets a new one", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 1, validateAfterIdleMs: 0 }, { validate: call });
    await rig.fill(1);
    const waiting = watch(rig.pool.acquire());
    rig.pool.evict();
    deepStrictEqual(rig.ended, []);
    calls[0]!.resolve(true);
    await flush();
    deepStrictEqual(rig.told(), [
      "destroyed c1 evicted",
      "created c2",
      "acquired c2",
    ]);
    strictEqual(waiting.value!.unwrap().connection, "c2");
  });

  test("leaves the connection idle when its caller has left", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 1, validateAfterIdleMs: 0 }, { validate: call });
    await rig.fill(1);
    const controller = new AbortController();
    void rig.pool.acquire({ signal: controller.signal });
    controller.abort();
    calls[0]!.resolve(true);
    await flush();
    strictEqual(rig.pool.stats.idle, 1);
  });
});

describe("destroy()", () => {
  for (const [name, way] of WAYS) {
    test(`may be one that ${name}`, async (make) => {
      const rig = make({ max: 1 }, { destroy: () => way(undefined) });
      const lease = await rig.lease();
      rig.clock.advance(3);
      await answer(lease.destroy());
      const [event] = rig.of("destroyed");
      deepStrictEqual(event, {
        type: "destroyed",
        connection: {
          id: 1,
          connection: "c1",
          status: "closed",
          createdAt: START,
          lastUsedAt: START + 3,
          expiresAt: START + 1_800_000,
          useCount: 1,
          validationFailures: 0,
          acquiredAt: undefined,
        },
        reason: "requested",
      });
    });
  }

  for (const [name, fail] of FAILURES) {
    test(`that ${name} is told, frees the place, and fails nobody`, async (make) => {
      const rig = make({ max: 1 }, { destroy: fail });
      const lease = await rig.lease();
      const waiting = watch(rig.pool.acquire());
      rig.told();
      await answer(lease.destroy());
      const [event] = rig.of("destroy_failed");
      strictEqual(event!.error, OOPS);
      strictEqual(event!.reason, "requested");
      strictEqual(event!.connection.status, "closed");
      deepStrictEqual(rig.told(), [
        "released c1",
        "destroy_failed c1 requested oops",
        "created c2",
        "acquired c2",
      ]);
      strictEqual(codeOf(waiting.value), "ok");
    });
  }

  test("may take destroyTimeoutMs, 5 s by default; then the connection counts no longer", async (make) => {
    for (
      const [options, ms] of [[{}, 5_000], [
        { destroyTimeoutMs: 10 },
        10,
      ]] as const
    ) {
      const { calls, call } = openCalls<void>();
      const rig = make({ max: 1, ...options }, { destroy: call });
      const ended = watch((await rig.lease()).destroy());
      const waiting = watch(rig.pool.acquire());
      await rig.pass(ms - 1);
      deepStrictEqual([ended.isSettled, waiting.isSettled], [false, false]);
      strictEqual(rig.pool.stats.unhealthy, 1);
      await rig.pass(1);
      deepStrictEqual([ended.isSettled, waiting.isSettled], [true, true]);
      const [event] = rig.of("destroy_failed");
      const error = event!.error as PoolError<"POOL_FACTORY_TIMEOUT">;
      deepStrictEqual(error.params, { operation: "destroy", timeoutMs: ms });
      strictEqual(calls[0]!.signal.reason, error);
      rig.told();
      calls[0]!.resolve();
      await flush();
      deepStrictEqual(rig.told(), [], "Too late is nothing.");
      strictEqual(rig.pool.stats.total, 1);
    }
  });

  test("that is synchronous frees the place before the call returns", async (make) => {
    const rig = make({ max: 1 });
    const lease = await rig.lease();
    void lease.destroy();
    strictEqual(rig.pool.stats.total, 0);
  });
});

describe("minIdle", () => {
  test("keeps spare connections on top of those in use, as far as max goes", async (make) => {
    const rig = make({ max: 4, minIdle: 2 });
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      await rig.lease();
      const { idle, inUse } = rig.pool.stats;
      seen.push(`${idle} + ${inUse}`);
    }
    deepStrictEqual(seen, ["2 + 1", "2 + 2", "1 + 3", "0 + 4"]);
  });

  test("counts those who wait: a spare one is none where somebody waits for it", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 10, minIdle: 2 }, { create: call });
    strictEqual(calls.length, 2);
    void rig.pool.acquire();
    strictEqual(calls.length, 3);
    void rig.pool.acquire();
    strictEqual(calls.length, 4);
    for (const { resolve } of calls) resolve(rig.make());
    await flush();
    strictEqual(
      rig.counts(),
      "2 idle, 2 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });

  test("replaces what was destroyed", async (make) => {
    const rig = make({ max: 3, minIdle: 1 });
    const lease = await rig.lease();
    await answer(lease.destroy());
    strictEqual(rig.pool.stats.idle, 1);
    rig.pool.evict();
    deepStrictEqual(rig.pool.connections().map((it) => it.connection), ["c3"]);
  });

  test("tries again after a failure, later each time: 50 to 100 ms, doubled up to 5 s", async (make) => {
    const SPANS = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];
    for (const random of [0, 0.5, 1]) {
      const rig = make({ max: 2, minIdle: 1, random: () => random }, {
        create: () => Promise.reject(OOPS),
      });
      await flush();
      for (const [index, span] of SPANS.entries()) {
        const delay = 50 + random * (span - 50);
        await rig.pass(delay - 1);
        strictEqual(rig.of("create_failed").length, index + 1);
        await rig.pass(1);
        strictEqual(rig.of("create_failed").length, index + 2);
      }
      strictEqual(rig.clock.pending, 1);
    }
  });

  test("begins its waits anew once a connection was made", async (make) => {
    let works = false;
    const rig: Rig = make({ max: 2, minIdle: 1, random: () => 1 }, {
      create: () => works ? Promise.resolve(rig.make()) : Promise.reject(OOPS),
    });
    await rig.pass(100);
    await rig.pass(200);
    works = true;
    await rig.pass(400);
    strictEqual(rig.pool.stats.idle, 1);
    works = false;
    rig.told();
    rig.pool.evict();
    await flush();
    deepStrictEqual(rig.told(), [
      "destroyed c1 evicted",
      "create_failed POOL_CONNECTION_ERROR",
    ]);
    await rig.pass(99);
    deepStrictEqual(rig.told(), []);
    await rig.pass(1);
    deepStrictEqual(rig.told(), ["create_failed POOL_CONNECTION_ERROR"]);
  });

  test("makes no caller wait for its waits, and ends them when a caller's connection is made", async (make) => {
    let works = false;
    const rig: Rig = make({ max: 3, minIdle: 1, random: () => 1 }, {
      create: () => works ? Promise.resolve(rig.make()) : Promise.reject(OOPS),
    });
    await flush();
    strictEqual(rig.clock.pending, 1);
    works = true;
    await rig.lease();
    strictEqual(
      rig.counts(),
      "1 idle, 1 in use, 0 unhealthy, 0 creating, 0 waiting",
    );
  });

  test("waits as long as the last failure says, by one timer, whoever the failure is told", async (make) => {
    const rig = make({
      max: 2,
      minIdle: 1,
      random: () => 1,
      createTimeoutMs: Infinity,
    }, { create: () => Promise.reject(OOPS) });
    await rig.pass(60);
    const result = await answer(rig.pool.acquire());
    strictEqual(codeOf(result), "POOL_CONNECTION_ERROR");
    strictEqual(rig.clock.pending, 1);
    await rig.pass(199);
    strictEqual(rig.of("create_failed").length, 2);
    await rig.pass(1);
    strictEqual(rig.of("create_failed").length, 3);
  });

  test("sets its timer in the background, and none where it is 0", async (make) => {
    const spare = make({ minIdle: 1, createTimeoutMs: Infinity }, {
      create: () => Promise.reject(OOPS),
    });
    await flush();
    deepStrictEqual(spare.clock.set, [{ delayMs: 50, background: true }]);
    const none = make({ createTimeoutMs: Infinity }, {
      create: () => Promise.reject(OOPS),
    });
    await answer(none.pool.acquire({ timeoutMs: Infinity }));
    deepStrictEqual(none.clock.set, []);
  });

  test("does not go on when the pool is closed", async (make) => {
    let creates = 0;
    const rig = make({ minIdle: 1 }, {
      create: () => {
        creates++;
        return Promise.reject(OOPS);
      },
    });
    await flush();
    await answer(rig.pool.close());
    strictEqual(rig.clock.pending, 0);
    await rig.pass(10_000);
    strictEqual(creates, 1);
  });

  test("that fails at once overflows nothing and spins not", (make) => {
    let creates = 0;
    const rig = make({ max: 5, minIdle: 5 }, {
      create: () => {
        creates++;
        throw OOPS;
      },
    });
    strictEqual(creates, 1);
    strictEqual(rig.clock.pending, 1);
  });
});

describe("idleTimeoutMs", () => {
  test("is 10 minutes by default", async (make) => {
    const rig = make();
    await rig.fill(1);
    await rig.pass(599_999);
    strictEqual(rig.pool.stats.idle, 1);
    await rig.pass(1);
    deepStrictEqual(rig.told(), ["destroyed c1 idle"]);
    strictEqual(rig.clock.pending, 0);
  });

  test("trap 2: is enforced without anybody asking for a connection", async (make) => {
    const rig = make({ max: 3, idleTimeoutMs: 100 });
    const leases = [await rig.lease(), await rig.lease(), await rig.lease()];
    for (const lease of leases) {
      lease.release();
      await rig.pass(10);
    }
    rig.told();
    const ends: [string, number][] = [];
    for (let i = 0; i < 200; i++) {
      await rig.pass(1);
      for (const told of rig.told()) ends.push([told, rig.clock.monotonic()]);
    }
    deepStrictEqual(ends, [
      ["destroyed c1 idle", 100],
      ["destroyed c2 idle", 110],
      ["destroyed c3 idle", 120],
    ]);
  });

  test("spares the last minIdle, for as long as there are no more", async (make) => {
    const rig = make({ max: 3, minIdle: 1, idleTimeoutMs: 100 });
    await rig.fill(3);
    await rig.pass(100);
    deepStrictEqual(rig.told(), ["destroyed c1 idle", "destroyed c2 idle"]);
    await rig.pass(10_000);
    deepStrictEqual(rig.told(), []);
    strictEqual(rig.pool.stats.idle, 1);
    // With another one on top, the one that has been idle for so long goes.
    const other = await rig.lease();
    await rig.pass(0);
    deepStrictEqual(rig.told(), ["acquired c3", "created c4"]);
    await answer(other.release());
    deepStrictEqual(rig.told(), ["released c3"]);
    await rig.pass(99);
    deepStrictEqual(rig.told(), []);
    await rig.pass(1);
    deepStrictEqual(rig.told(), ["destroyed c4 idle"]);
  });

  test("sets no timer for those that are spared", (make) => {
    const rig = make({ max: 3, minIdle: 2, maxLifetimeMs: Infinity });
    strictEqual(rig.pool.stats.idle, 2);
    strictEqual(rig.clock.pending, 0);
  });

  test("has one go at once that was spared for longer, when another comes back", async (make) => {
    const rig = make({ max: 2, minIdle: 1, idleTimeoutMs: 100, order: "fifo" });
    const [one, other] = [await rig.lease(), await rig.lease()];
    one.release();
    await rig.pass(1_000);
    rig.told();
    other.release();
    deepStrictEqual(rig.told(), ["released c2"]);
    await rig.pass(0);
    deepStrictEqual(rig.told(), ["destroyed c1 idle"]);
  });

  test("begins anew with each use", async (make) => {
    const rig = make({ idleTimeoutMs: 100 });
    await rig.fill(1);
    await rig.pass(60);
    const lease = await rig.lease();
    await rig.pass(60);
    strictEqual(lease.released, false);
    await answer(lease.release());
    await rig.pass(99);
    strictEqual(rig.pool.stats.idle, 1);
    await rig.pass(1);
    strictEqual(rig.pool.stats.idle, 0);
  });

  test("of 0 destroys what comes back at the next turn, and of Infinity never", async (make) => {
    const rig = make({ idleTimeoutMs: 0 });
    await rig.fill(1);
    strictEqual(rig.pool.stats.idle, 1);
    await rig.pass(0);
    strictEqual(rig.pool.stats.idle, 0);
    const forever = make({ idleTimeoutMs: Infinity, maxLifetimeMs: Infinity });
    await forever.fill(1);
    strictEqual(forever.clock.pending, 0);
    await forever.pass(2 ** 45);
    strictEqual(forever.pool.stats.idle, 1);
  });

  test("is exact although keepAliveMs has changed the order of those who are idle", async (make) => {
    const rig = make({ max: 2, idleTimeoutMs: 1_500, keepAliveMs: 1_000 }, {
      validate: () => true,
    });
    const [one, other] = [await rig.lease(), await rig.lease()];
    one.release();
    await rig.pass(900);
    other.release();
    rig.told();
    const ends: [string, number][] = [];
    for (let i = 0; i < 30; i++) {
      await rig.pass(100);
      for (const told of rig.told()) ends.push([told, rig.clock.monotonic()]);
    }
    deepStrictEqual(ends, [
      ["destroyed c1 idle", 1_500],
      ["destroyed c2 idle", 2_400],
    ]);
  });

  test("does not keep the process alive", async (make) => {
    const rig = make({ idleTimeoutMs: 77 });
    const lease = await rig.lease();
    rig.clock.set.length = 0;
    await answer(lease.release());
    deepStrictEqual(rig.clock.set.at(-1), { delayMs: 77, background: true });
    assert(rig.clock.set.every((it) => it.background));
    strictEqual(rig.clock.pending, 1);
  });
});

describe("maxLifetimeMs", () => {
  const EXACT = { maxLifetimeJitter: 0, idleTimeoutMs: Infinity };

  test("is half an hour by default", async (make) => {
    for (const methods of [{}, { validate: () => true }]) {
      const rig = make(EXACT, methods);
      await rig.fill(1);
      await rig.pass(1_799_999);
      strictEqual(rig.pool.stats.idle, 1);
      await rig.pass(1);
      deepStrictEqual(rig.told(), ["destroyed c1 expired"]);
      strictEqual(rig.clock.pending, 0);
    }
  });

  test("is shortened by chance, by a tenth at most by default", async (make) => {
    for (
      const [random, options, lifetimeMs] of [
        [0, {}, 1_800_000],
        [0.5, {}, 1_710_000],
        [1, {}, 1_620_000],
        [0.25, { maxLifetimeMs: 1_000, maxLifetimeJitter: 1 }, 750],
        [0.25, { maxLifetimeMs: 1_000, maxLifetimeJitter: 0 }, 1_000],
        [0.5, { maxLifetimeMs: Infinity }, Infinity],
      ] as const
    ) {
      const rig = make({
        ...options,
        random: () => random,
        idleTimeoutMs: Infinity,
      });
      await rig.fill(1);
      const [info] = rig.pool.connections();
      strictEqual(info!.expiresAt, START + lifetimeMs);
      if (lifetimeMs === Infinity) {
        strictEqual(rig.clock.pending, 0);
      } else {
        await rig.pass(lifetimeMs - 1);
        strictEqual(rig.pool.stats.idle, 1);
        await rig.pass(1);
        strictEqual(rig.pool.stats.idle, 0);
      }
    }
  });

  test("asks for chance once a connection", async (make) => {
    const values = [0.1, 0.9];
    const rig = make({
      maxLifetimeMs: 1_000,
      maxLifetimeJitter: 0.5,
      random: () => values.shift()!,
    });
    await rig.fill(2);
    deepStrictEqual(rig.pool.connections().map((it) => it.expiresAt - START), [
      950,
      550,
    ]);
  });

  test("takes nothing from whoever has it: it is destroyed when it comes back", async (make) => {
    const rig = make({ ...EXACT, max: 1, maxLifetimeMs: 100 });
    const lease = await rig.lease();
    const waiting = watch(rig.pool.acquire());
    await rig.pass(5_000);
    strictEqual(lease.connection, "c1");
    rig.told();
    await answer(lease.release());
    deepStrictEqual(rig.told(), [
      "released c1",
      "destroyed c1 expired",
      "created c2",
      "acquired c2",
    ]);
    strictEqual(codeOf(waiting.value), "ok");
  });

  test("destroys idle ones below minIdle too, and replaces them", async (make) => {
    const rig = make({ ...EXACT, minIdle: 1, maxLifetimeMs: 100 });
    await rig.pass(100);
    deepStrictEqual(rig.told(), [
      "created c1",
      "destroyed c1 expired",
      "created c2",
    ]);
  });

  test("is seen by acquire() before the timer has its turn", async (make) => {
    const rig = make({ ...EXACT, max: 1, maxLifetimeMs: 100 });
    await rig.fill(1);
    withReplaced(rig.clock, "monotonic", () => 100, () => {
      void rig.pool.acquire();
    });
    deepStrictEqual(rig.told(), [
      "destroyed c1 expired",
      "created c2",
      "acquired c2",
    ]);
  });
});

describe("maxUses", () => {
  test("destroys a connection that was lent out as often", async (make) => {
    const rig = make({ max: 1, maxUses: 3 });
    const taken: string[] = [];
    for (let i = 0; i < 7; i++) {
      const lease = await rig.lease();
      taken.push(lease.connection);
      await answer(lease.release());
    }
    deepStrictEqual(taken, ["c1", "c1", "c1", "c2", "c2", "c2", "c3"]);
    deepStrictEqual(
      rig.of("destroyed").map((it) => [it.reason, it.connection.useCount]),
      [["max_uses", 3], ["max_uses", 3]],
    );
  });

  test("has no limit by default", async (make) => {
    const rig = make({ max: 1 });
    for (let i = 0; i < 1_000; i++) {
      const lease = await rig.lease();
      void lease.release();
    }
    strictEqual(rig.made.length, 1);
    strictEqual(rig.pool.connections()[0]!.useCount, 1_000);
  });
});

describe("keepAliveMs", () => {
  test("has what is idle validated as often, in the background", async (make) => {
    const seen: [string, number][] = [];
    const rig: Rig = make({
      max: 2,
      keepAliveMs: 100,
      idleTimeoutMs: Infinity,
    }, {
      validate: (connection) => {
        seen.push([connection, rig.clock.monotonic()]);
        return Promise.resolve(true);
      },
    });
    const [one, other] = [await rig.lease(), await rig.lease()];
    rig.clock.set.length = 0;
    one.release();
    await rig.pass(30);
    other.release();
    deepStrictEqual(rig.clock.set, [{ delayMs: 100, background: true }]);
    for (let i = 0; i < 32; i++) await rig.pass(10);
    deepStrictEqual(seen, [
      ["c1", 100],
      ["c2", 130],
      ["c1", 200],
      ["c2", 230],
      ["c1", 300],
      ["c2", 330],
    ]);
    deepStrictEqual(rig.ended, []);
    strictEqual(rig.pool.connections()[0]!.lastUsedAt, START);
  });

  test("leaves each its place: it is as long unused as before", async (make) => {
    for (const [order, next] of [["lifo", "c2"], ["fifo", "c1"]] as const) {
      const rig = make({ order, keepAliveMs: 100, validateAfterIdleMs: 500 }, {
        validate: () => true,
      });
      const [one, other] = [await rig.lease(), await rig.lease()];
      one.release();
      await rig.pass(50);
      other.release();
      await rig.pass(50); // c1 is validated.
      strictEqual(rig.pool.tryAcquire()?.connection, next);
    }
  });

  test("destroys what fails, and replaces it as minIdle says", async (make) => {
    let works = false;
    const rig = make({ max: 2, minIdle: 1, keepAliveMs: 100 }, {
      validate: () => works,
    });
    await rig.pass(100);
    works = true;
    deepStrictEqual(rig.told(), [
      "created c1",
      "validation_failed c1 POOL_HEALTH_CHECK_FAILED",
      "destroyed c1 unhealthy",
      "created c2",
    ]);
  });

  test("proves a connection: it is lent out without another validation", async (make) => {
    let validations = 0;
    const rig = make({ keepAliveMs: 400, validateAfterIdleMs: 500 }, {
      validate: () => {
        validations++;
        return true;
      },
    });
    await rig.fill(1);
    await rig.pass(400);
    rig.clock.advance(399);
    notStrictEqual(rig.pool.tryAcquire(), undefined);
    strictEqual(validations, 1);
  });

  test("gives the connection to one who has come meanwhile", async (make) => {
    const { calls, call } = openCalls<boolean>();
    const rig = make({ max: 1, keepAliveMs: 100 }, { validate: call });
    await rig.fill(1);
    await rig.pass(100);
    strictEqual(rig.pool.tryAcquire(), undefined);
    strictEqual(rig.pool.stats.inUse, 1);
    const waiting = watch(rig.pool.acquire());
    calls[0]!.resolve(true);
    await flush();
    strictEqual(waiting.value!.unwrap().connection, "c1");
  });

  test("validates nothing that is in use", async (make) => {
    let validations = 0;
    const rig = make({ keepAliveMs: 100 }, {
      validate: () => ++validations > 0,
    });
    await rig.fill(1);
    await rig.lease();
    await rig.pass(1_000);
    strictEqual(validations, 0);
  });

  test("is never by default, and nothing without validate()", async (make) => {
    let validations = 0;
    const rig = make({ idleTimeoutMs: Infinity }, {
      validate: () => ++validations > 0,
    });
    await rig.fill(1);
    await rig.pass(1_799_999);
    strictEqual(validations, 0);
    strictEqual(rig.pool.stats.idle, 1);
    const without = make({
      keepAliveMs: 100,
      idleTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
    });
    await without.fill(1);
    strictEqual(without.clock.pending, 0);
  });
});

describe("evict()", () => {
  test("destroys what is idle at once, and the rest when it comes back", async (make) => {
    const rig = make({ max: 3 });
    const leases = [await rig.lease(), await rig.lease(), await rig.lease()];
    leases[0]!.release();
    rig.told();
    strictEqual(rig.pool.evict(), undefined);
    deepStrictEqual(rig.told(), ["destroyed c1 evicted"]);
    strictEqual(leases[1]!.connection, "c2");
    strictEqual(leases[1]!.released, false);
    await answer(leases[1]!.release());
    deepStrictEqual(rig.told(), ["released c2", "destroyed c2 evicted"]);
    const next = await rig.lease();
    await answer(next.release());
    strictEqual(rig.pool.stats.idle, 1, "A new one is kept.");
  });

  test("destroys what is being made when it comes, and its caller gets a newer one", async (make) => {
    const { calls, call } = openCalls<string>();
    const rig = make({ max: 1 }, { create: call });
    const waiting = watch(rig.pool.acquire());
    rig.pool.evict();
    strictEqual(calls[0]!.signal.aborted, false);
    calls[0]!.resolve(rig.make());
    await flush();
    deepStrictEqual(rig.told(), ["created c1", "destroyed c1 evicted"]);
    strictEqual(calls.length, 2);
    calls[1]!.resolve(rig.make());
    await flush();
    strictEqual(waiting.value!.unwrap().connection, "c2");
  });

  test("may be called twice, and on an empty or closed pool", async (make) => {
    const rig = make();
    rig.pool.evict();
    await rig.fill(2);
    rig.pool.evict();
    rig.pool.evict();
    deepStrictEqual(rig.ended, ["c1", "c2"]);
    await answer(rig.pool.close());
    rig.pool.evict();
    deepStrictEqual(rig.ended, ["c1", "c2"]);
  });

  test("goes before other reasons but closing", async (make) => {
    const rig = make({ max: 1, maxUses: 1, maxLifetimeMs: 10 });
    const lease = await rig.lease();
    rig.pool.evict();
    await rig.pass(10);
    await answer(lease.release());
    deepStrictEqual(rig.of("destroyed")[0]!.reason, "evicted");
    const other = await rig.lease();
    rig.pool.evict();
    void rig.pool.close();
    await answer(other.release());
    deepStrictEqual(rig.of("destroyed")[1]!.reason, "closed");
  });
});

describe("connections() and stats", () => {
  test("tell of each connection, the oldest first, in a list of its own", async (make) => {
    const rig = make({ max: 3 });
    const one = await rig.lease();
    await rig.lease();
    await answer(one.release());
    const list = rig.pool.connections();
    deepStrictEqual(list.map((it) => [it.id, it.status]), [
      [1, "idle"],
      [2, "in_use"],
    ]);
    (list as unknown[]).length = 0;
    strictEqual(rig.pool.connections().length, 2);
    const { stats } = rig.pool;
    deepStrictEqual(stats, {
      idle: 1,
      inUse: 1,
      unhealthy: 0,
      total: 2,
      creating: 0,
      waiting: 0,
      max: 3,
    });
    notStrictEqual(rig.pool.stats, stats);
  });

  test("count a connection as unhealthy while it is being destroyed", async (make) => {
    const { calls, call } = openCalls<void>();
    const rig = make({ max: 2 }, { destroy: call });
    void (await rig.lease()).destroy();
    strictEqual(rig.pool.connections()[0]!.status, "unhealthy");
    strictEqual(
      rig.counts(),
      "0 idle, 0 in use, 1 unhealthy, 0 creating, 0 waiting",
    );
    calls[0]!.resolve();
    await flush();
    deepStrictEqual(rig.pool.connections(), []);
  });
});

describe("leakThresholdMs", () => {
  async function forgetful(pool: ConnectionPool<string>): Promise<Lease> {
    return (await answer(pool.acquire())).unwrap();
  }
  async function forgetfulUser(pool: ConnectionPool<string>): Promise<void> {
    await pool.use(() => never());
  }
  function forgetfulTrier(pool: ConnectionPool<string>): Lease {
    const lease = pool.tryAcquire()!;
    strictEqual(lease.released, false); // A tail call would leave no frame.
    return lease;
  }

  test("tells of one that is held for longer, with the stack of who acquired it, once", async (make) => {
    const rig = make({ max: 1, leakThresholdMs: 100 });
    const lease = await forgetful(rig.pool);
    await rig.pass(99);
    deepStrictEqual(rig.of("leaked"), []);
    await rig.pass(1);
    const [event] = rig.of("leaked");
    const { stack, ...rest } = event!;
    match(stack, /forgetful/);
    deepStrictEqual(rest, {
      type: "leaked",
      connection: lease.info,
      heldMs: 100,
      isCollected: false,
    });
    strictEqual(lease.info.status, "in_use");
    await rig.pass(10_000);
    strictEqual(rig.of("leaked").length, 1);
    strictEqual(lease.connection, "c1", "It is told, and not taken.");
    await answer(lease.release());
  });

  test("names who took an idle connection, who waited for one, and who used one", async (make) => {
    const rig = make({ max: 3, leakThresholdMs: 100 });
    await rig.fill(1);
    forgetfulTrier(rig.pool);
    void forgetfulUser(rig.pool);
    await flush();
    const held = await rig.lease();
    const waiting = forgetful(rig.pool).catch(() => undefined);
    void held.release();
    await waiting;
    await rig.fill(0);
    await rig.pass(100);
    const stacks = rig.of("leaked").map((it) => it.stack);
    strictEqual(stacks.length, 3);
    match(stacks[0]!, /forgetfulTrier/);
    match(stacks[1]!, /forgetfulUser/);
    match(stacks[2]!, /forgetful\b/);
  });

  test("begins anew with each lease, and tells nothing of one that was given back", async (make) => {
    const rig = make({ max: 1, leakThresholdMs: 100 });
    for (let i = 0; i < 5; i++) {
      const lease = await rig.lease();
      await rig.pass(99);
      await answer(lease.release());
      await rig.pass(50);
    }
    deepStrictEqual(rig.of("leaked"), []);
    await rig.lease();
    await rig.pass(100);
    strictEqual(rig.of("leaked").length, 1);
  });

  test("tells of each in its time", async (make) => {
    const rig = make({ max: 2, leakThresholdMs: 100, idleTimeoutMs: 10 });
    await rig.lease();
    await rig.pass(40);
    await rig.lease();
    const seen: [number, number][] = [];
    for (let i = 0; i < 20; i++) {
      await rig.pass(10);
      for (const it of rig.of("leaked")) {
        seen.push([it.connection.id, rig.clock.monotonic()]);
      }
      rig.told();
    }
    deepStrictEqual(seen, [[1, 100], [2, 140]]);
  });

  test("is not looked for by default, and takes no stack", async (make) => {
    const rig = make({ max: 1 });
    await rig.lease();
    await rig.pass(2 ** 40);
    deepStrictEqual(rig.of("leaked"), []);
    strictEqual(rig.clock.pending, 0);
  });

  test("does not take a lease for leaked that a listener of another leak has just made", async (make) => {
    let second: Lease | undefined;
    const rig: Rig = make({
      max: 2,
      leakThresholdMs: 100,
      onEvent: (event) => {
        if (event.type !== "leaked" || event.connection.id !== 1) return;
        void second!.release();
        second = rig.pool.tryAcquire();
      },
    });
    await rig.lease();
    second = await rig.lease();
    await rig.pass(100);
    deepStrictEqual(rig.of("leaked").map((it) => it.connection.id), [1]);
    await rig.pass(99);
    strictEqual(rig.of("leaked").length, 1);
    await rig.pass(1);
    deepStrictEqual(
      rig.of("leaked").map((it) => [it.connection.id, it.heldMs]),
      [[1, 100], [2, 100]],
    );
  });

  describe("with a collector of garbage", () => {
    const collect = findCollector();
    const skip = collect === undefined ? "no way to collect garbage" : false;

    /** Collects until something holds. */
    async function collectUntil(
      holds: () => boolean,
      attempts = 50,
    ): Promise<void> {
      for (let i = 0; i < attempts; i++) {
        await systemClock.sleep(0); // What was looked at lives on in its turn.
        collect!();
        if (holds()) return;
      }
    }

    /** Acquires and forgets, so that no frame has the lease any more. */
    async function forget(pool: ConnectionPool<object>): Promise<void> {
      for (let i = 0; i < 3; i++) (await pool.acquire()).unwrap();
    }

    it(
      "takes back what was forgotten and collected, and tells so",
      { skip },
      async () => {
        const clock = new ManualClock();
        const events: PoolEvent<object>[] = [];
        const pool = new ConnectionPool<object>({
          create: () => ({}),
          destroy() {},
        }, {
          max: 3,
          clock,
          leakThresholdMs: 1_000,
          onEvent: (event) => void events.push(event),
        });
        await forget(pool);
        clock.advance(7);
        // The engine may keep the last one alive for a while.
        await collectUntil(() => pool.stats.total <= 1);
        assert(pool.stats.total <= 1, `${pool.stats.total} are left`);
        const leaks = events.filter((it) => it.type === "leaked");
        strictEqual(leaks.length, 3 - pool.stats.total);
        for (const { isCollected, heldMs, stack, connection } of leaks) {
          deepStrictEqual([isCollected, heldMs], [true, 7]);
          match(stack, /forget/);
          strictEqual(connection.status, "in_use");
        }
        const reasons = events.filter((it) => it.type === "destroyed")
          .map((it) => it.reason);
        deepStrictEqual(reasons, leaks.map(() => "leaked"));
        assertCounted(pool.stats);
        await answer(pool.close({ signal: AbortSignal.abort() }));
      },
    );

    it("destroys each once when a listener of a leak closes the pool", {
      skip,
    }, async () => {
      const ended: object[] = [];
      const pool: ConnectionPool<object> = new ConnectionPool<object>({
        create: () => ({}),
        destroy: (connection) => void ended.push(connection),
      }, {
        max: 3,
        clock: new ManualClock(),
        leakThresholdMs: 1_000,
        onEvent: ({ type }) => {
          if (type !== "leaked") return;
          void pool.close({ signal: AbortSignal.abort() });
        },
      });
      await forget(pool);
      await collectUntil(() => ended.length > 0);
      assert(ended.length > 0, "nothing was collected");
      await answer(pool.close());
      deepStrictEqual([ended.length, new Set(ended).size], [3, 3]);
      strictEqual(pool.stats.total, 0);
    });

    it(
      "takes nothing back where leaks are not looked for",
      { skip },
      async () => {
        const pool = new ConnectionPool<object>({
          create: () => ({}),
          destroy() {},
        }, { max: 3, clock: new ManualClock() });
        await forget(pool);
        await collectUntil(() => pool.stats.total < 3, 4);
        strictEqual(pool.stats.inUse, 3);
        await answer(pool.close({ signal: AbortSignal.abort() }));
      },
    );

    it("leaves alone what was given back before its lease was collected", {
      skip,
    }, async () => {
      const events: string[] = [];
      const pool = new ConnectionPool<object>({
        create: () => ({}),
        destroy() {},
      }, {
        max: 1,
        clock: new ManualClock(),
        leakThresholdMs: 1_000,
        onEvent: ({ type }) => void events.push(type),
      });
      const gone = await useAndForget(pool);
      const lease = (await answer(pool.acquire())).unwrap();
      const left = (): number =>
        gone.filter((it) => it.deref() !== undefined).length;
      await collectUntil(() => left() === 0);
      assert(left() < 10, "nothing was collected");
      await systemClock.sleep(0);
      strictEqual(lease.released, false, "It has the same connection.");
      strictEqual(events.includes("leaked"), false);
      await answer(lease.release());
      await answer(pool.close());
    });

    async function useAndForget(
      pool: ConnectionPool<object>,
    ): Promise<WeakRef<object>[]> {
      const gone: WeakRef<object>[] = [];
      for (let i = 0; i < 10; i++) {
        const lease = (await pool.acquire()).unwrap();
        await lease.release();
        gone.push(new WeakRef(lease));
      }
      return gone;
    }

    it(
      "keeps nothing of callers who have left, though others wait before them",
      { skip },
      async () => {
        const pool = new ConnectionPool(PLAIN, {
          max: 1,
          clock: new ManualClock(),
        });
        const lease = (await answer(pool.acquire())).unwrap();
        const first = watch(pool.acquire());
        const signals = leave(pool, 1_000);
        strictEqual(pool.stats.waiting, 1);
        const left = (): number =>
          signals.filter((it) => it.deref() !== undefined).length;
        await collectUntil(() => left() < 100);
        assert(left() < 100, `${left()} of 1000 are left`);
        void lease.release();
        await flush();
        strictEqual(codeOf(first.value), "ok");
        await answer(pool.close({ signal: AbortSignal.abort() }));
      },
    );

    function leave(
      pool: ConnectionPool<string>,
      count: number,
    ): WeakRef<AbortSignal>[] {
      return Array.from({ length: count }, () => {
        const controller = new AbortController();
        void pool.acquire({ signal: controller.signal });
        controller.abort();
        return new WeakRef(controller.signal);
      });
    }
  });
});

interface Hosts {
  readonly Bun?: { gc(isSynchronous: boolean): void };
  readonly gc?: () => void;
  readonly process?: {
    readonly getBuiltinModule?: (id: string) => unknown;
  };
}

/** What collects garbage in the runtime at hand, where anything does. */
function findCollector(): (() => void) | undefined {
  const { Bun, gc, process } = globalThis as Hosts;
  if (Bun !== undefined) return () => Bun.gc(true);
  if (gc !== undefined) return gc;
  try {
    const v8 = process?.getBuiltinModule?.("node:v8") as {
      setFlagsFromString(flags: string): void;
    };
    const vm = process?.getBuiltinModule?.("node:vm") as {
      runInNewContext(code: string): unknown;
    };
    v8.setFlagsFromString("--expose-gc");
    return vm.runInNewContext("gc") as () => void;
  } catch {
    return undefined;
  }
}

describe("close()", () => {
  test("of an idle pool destroys all at once and tells what happens in order", async (make) => {
    const rig = make({ max: 2 });
    await rig.fill(2);
    await answer(rig.pool.close());
    deepStrictEqual(rig.told(), [
      "closing",
      "destroyed c1 closed",
      "destroyed c2 closed",
      "closed",
    ]);
    strictEqual(rig.clock.pending, 0);
  });

  test("of an empty pool resolves, with nothing left", async (make) => {
    const rig = make();
    await answer(rig.pool.close());
    deepStrictEqual(rig.told(), ["closing", "closed"]);
  });

  test("gives the same promise each time, and heeds the first options only", async (make) => {
    const rig = make();
    await rig.lease();
    const closed = rig.pool.close({ drainMs: 100 });
    const controller = new AbortController();
    controller.abort();
    strictEqual(
      rig.pool.close({ drainMs: 0, signal: controller.signal }),
      closed,
    );
    strictEqual(rig.pool[Symbol.asyncDispose](), closed);
    const watched = watch(closed);
    await rig.pass(99);
    strictEqual(watched.isSettled, false);
    await rig.pass(1);
    strictEqual(watched.isSettled, true);
    strictEqual(rig.pool.close(), closed);
    strictEqual(rig.of("closing").length, 1);
    strictEqual(rig.of("closed").length, 1);
  });

  test("Symbol.asyncDispose is close() with its defaults", async (make) => {
    const rig = make();
    await rig.lease();
    const closed = watch(rig.pool[Symbol.asyncDispose]());
    await rig.pass(29_999);
    strictEqual(closed.isSettled, false);
    await rig.pass(1);
    strictEqual(closed.isSettled, true);
  });

  test("refuses all who wait, in order, with the counters", async (make) => {
    const rig = make({ max: 1 });
    const held = await rig.lease();
    const signal = new CountingSignal();
    const order: number[] = [];
    const waiting = [1, 2, 3].map((number) =>
      rig.pool.acquire({ signal: signal.asSignal() }).then((result) => {
        order.push(number);
        return result.unwrapErr();
      })
    );
    void rig.pool.close();
    strictEqual(signal.listenerCount, 0);
    strictEqual(rig.pool.stats.waiting, 0);
    const errors = await answer(Promise.all(waiting));
    deepStrictEqual(order, [1, 2, 3]);
    for (const { code, params, details } of errors) {
      strictEqual(code, "POOL_CLOSED");
      deepStrictEqual(params, {});
      deepStrictEqual([details?.inUse, details?.max], [1, 1]);
    }
    strictEqual(held.released, false);
    await answer(held.release());
  });

  test("lets those who have connections finish, and destroys what comes back", async (make) => {
    let resets = 0;
    const rig = make({ max: 3 }, { reset: () => void resets++ });
    const [one, other] = [await rig.lease(), await rig.lease()];
    const closed = watch(rig.pool.close({ drainMs: 1_000 }));
    strictEqual(one.connection, "c1");
    await rig.pass(500);
    await answer(one.release());
    strictEqual(closed.isSettled, false);
    strictEqual(rig.pool.stats.total, 1);
    await answer(other.destroy());
    strictEqual(closed.isSettled, true);
    deepStrictEqual(rig.told().slice(-4), [
      "destroyed c1 closed",
      "released c2",
      "destroyed c2 requested",
      "closed",
    ]);
    strictEqual(resets, 0);
    strictEqual(rig.clock.pending, 0);
  });

  test("destroys under the hands of those who take longer than drainMs", async (make) => {
    const rig = make({ max: 2 });
    const lease = await rig.lease();
    const closed = watch(rig.pool.close({ drainMs: 1_000 }));
    await rig.pass(999);
    strictEqual(lease.released, false);
    deepStrictEqual(rig.ended, []);
    await rig.pass(1);
    strictEqual(lease.released, true);
    deepStrictEqual(rig.ended, ["c1"]);
    strictEqual(closed.isSettled, true);
    deepStrictEqual(rig.told().slice(-2), ["destroyed c1 closed", "closed"]);
  });

  test("with a drainMs of 0 takes all at the next turn, with Infinity never", async (make) => {
    const rig = make();
    const lease = await rig.lease();
    void rig.pool.close({ drainMs: 0 });
    strictEqual(lease.released, false);
    await rig.pass(0);
    strictEqual(lease.released, true);
    const patient = make();
    const held = await patient.lease();
    const closed = watch(patient.pool.close({ drainMs: Infinity }));
    await patient.pass(2 ** 45);
    strictEqual(closed.isSettled, false);
    await answer(held.release());
    strictEqual(closed.isSettled, true);
  });

  test("takes all at once where its signal is aborted", async (make) => {
    const rig = make();
    const lease = await rig.lease();
    const signal = new CountingSignal();
    signal.abort("now");
    const closed = rig.pool.close({ signal: signal.asSignal() });
    strictEqual(lease.released, true);
    await answer(closed);
    strictEqual(signal.listenerCount, 0);
  });

  test("takes all when its signal aborts, and has no listener left", async (make) => {
    for (const isAborted of [true, false]) {
      const rig = make();
      const lease = await rig.lease();
      const signal = new CountingSignal();
      const closed = watch(rig.pool.close({ signal: signal.asSignal() }));
      strictEqual(signal.listenerCount, 1);
      await rig.pass(100);
      strictEqual(closed.isSettled, false);
      if (isAborted) signal.abort("enough");
      else lease.release();
      strictEqual(lease.released, true);
      strictEqual(rig.clock.pending, 0);
      await flush();
      strictEqual(closed.isSettled, true);
      strictEqual(signal.listenerCount, 0);
      deepStrictEqual(rig.ended, ["c1"]);
    }
  });

  it("throws when drainMs is no number of 0 or more, and closes nothing", async () => {
    const pool = new ConnectionPool(PLAIN, {
      max: 1,
      clock: new ManualClock(),
    });
    const values = [
      NaN,
      -1,
      -Infinity,
      ...NOT_NUMBERS.slice(1).map(([, v]) => v),
    ];
    for (const value of values) {
      throws(
        () => pool.close({ drainMs: value as number }),
        (error) => isInvalid("drainMs", value, error),
      );
    }
    strictEqual(codeOf(await answer(pool.acquire())), "ok");
  });

  test("keeps the process alive while it waits", async (make) => {
    const rig = make();
    await rig.lease();
    void rig.pool.close({ drainMs: 55 });
    deepStrictEqual(rig.clock.set.at(-1), { delayMs: 55, background: false });
  });

  describe("while a connection is being made", () => {
    test("aborts its signal, and ends when create() honours it", async (make) => {
      let seen: AbortSignal | undefined;
      const rig = make({ max: 1 }, {
        create: ({ signal }) => {
          seen = signal;
          return untilAborted(signal);
        },
      });
      const waiting = watch(rig.pool.acquire());
      await answer(rig.pool.close());
      strictEqual(seen!.reason.code, "POOL_CLOSED");
      strictEqual(codeOf(waiting.value), "POOL_CLOSED");
      deepStrictEqual(rig.told(), [
        "closing",
        "refused POOL_CLOSED",
        "create_failed POOL_CONNECTION_ERROR",
        "closed",
      ]);
      strictEqual(rig.clock.pending, 0);
    });

    test("leaves no timer for spares when create() fails meanwhile", async (make) => {
      const { calls, call } = openCalls<string>();
      const rig = make({ max: 1, minIdle: 1 }, { create: call });
      const closed = watch(rig.pool.close());
      calls[0]!.reject(OOPS);
      await flush();
      strictEqual(closed.isSettled, true);
      strictEqual(rig.clock.pending, 0);
    });

    test("waits for create() that ignores it, and destroys what it makes", async (make) => {
      const { calls, call } = openCalls<string>();
      const rig = make({ max: 1 }, { create: call });
      void rig.pool.acquire();
      const closed = watch(rig.pool.close());
      await rig.pass(1_000);
      strictEqual(closed.isSettled, false);
      strictEqual(rig.pool.stats.creating, 1);
      calls[0]!.resolve(rig.make());
      await flush();
      strictEqual(closed.isSettled, true);
      deepStrictEqual(rig.told().slice(2), [
        "created c1",
        "destroyed c1 closed",
        "closed",
      ]);
    });

    test("gives up create() that never settles after drainMs", async (make) => {
      for (const how of ["drainMs", "signal"] as const) {
        const { calls, call } = openCalls<string>();
        const rig = make({ max: 2, createTimeoutMs: Infinity }, {
          create: call,
        });
        void rig.pool.acquire();
        void rig.pool.acquire();
        const controller = new AbortController();
        const closed = watch(
          rig.pool.close({ drainMs: 1_000, signal: controller.signal }),
        );
        await rig.pass(999);
        strictEqual(closed.isSettled, false);
        if (how === "drainMs") await rig.pass(1);
        else controller.abort();
        await flush();
        strictEqual(closed.isSettled, true);
        strictEqual(rig.pool.stats.creating, 0);
        strictEqual(rig.clock.pending, 0);
        // What comes after the end is destroyed all the same.
        calls[0]!.resolve(rig.make());
        await flush();
        deepStrictEqual(rig.told().at(-1), "destroyed c1 late");
        calls[1]!.reject(OOPS);
      }
    });

    test("waits for the destroy() of what came too late", async (make) => {
      const creates = openCalls<string>();
      const destroys = openCalls<void>();
      const rig = make({ max: 1, createTimeoutMs: 10 }, {
        create: creates.call,
        destroy: destroys.call,
      });
      void rig.pool.acquire();
      await rig.pass(10);
      creates.calls[0]!.resolve(rig.make());
      await flush();
      const closed = watch(rig.pool.close());
      await flush();
      strictEqual(closed.isSettled, false);
      destroys.calls[0]!.resolve();
      await flush();
      strictEqual(closed.isSettled, true);
      strictEqual(rig.clock.pending, 0);
    });

    test("called by a synchronous create() itself ends all the same", async (make) => {
      for (const signal of [undefined, AbortSignal.abort()]) {
        let closed: Promise<void> | undefined;
        const rig: Rig = make({ max: 1 }, {
          create: () => {
            closed = rig.pool.close({ signal });
            return rig.make();
          },
        });
        const result = await answer(rig.pool.acquire());
        strictEqual(codeOf(result), "POOL_CLOSED");
        await answer(closed!);
        deepStrictEqual(rig.ended, ["c1"]);
        strictEqual(rig.clock.pending, 0);
      }
    });

    test("gives up a method that closes the pool before it gives its promise, without a timer", async (make) => {
      const rig: Rig = make({ max: 1, createTimeoutMs: 10 }, {
        create: () => {
          void rig.pool.close({ signal: AbortSignal.abort() });
          return never();
        },
      });
      const result = await answer(rig.pool.acquire());
      strictEqual(codeOf(result), "POOL_CLOSED");
      strictEqual(rig.clock.pending, 0);
      strictEqual(rig.of("closed").length, 1);
    });
  });

  for (const method of ["validate", "reset"] as const) {
    test(`while ${method}() goes on destroys the connection afterwards`, async (make) => {
      const { calls, call } = openCalls<never>();
      const rig = make({ max: 1, validateAfterIdleMs: 0 }, {});
      await rig.pool.close();
      const other = make({ max: 1, validateAfterIdleMs: 0 }, {
        [method]: call,
      });
      const lease = await other.lease();
      const released = watch(lease.release());
      if (method === "validate") void other.pool.acquire();
      strictEqual(calls.length, 1);
      other.told();
      const closed = watch(other.pool.close());
      await flush();
      strictEqual(closed.isSettled, false);
      calls[0]!.resolve(true as never);
      await flush();
      strictEqual(closed.isSettled, true);
      strictEqual(released.isSettled, true);
      deepStrictEqual(other.told().slice(-2), [
        "destroyed c1 closed",
        "closed",
      ]);
    });

    test(`aborts the signal of ${method}(), and gives it up after drainMs`, async (make) => {
      const { calls, call } = openCalls<never>();
      const rig = make({
        max: 1,
        validateAfterIdleMs: 0,
        validateTimeoutMs: Infinity,
        resetTimeoutMs: Infinity,
      }, { [method]: call });
      const lease = await rig.lease();
      const released = watch(lease.release());
      if (method === "validate") void rig.pool.acquire();
      const closed = watch(rig.pool.close({ drainMs: 100 }));
      await rig.pass(99);
      strictEqual(calls[0]!.signal.reason.code, "POOL_CLOSED");
      strictEqual(closed.isSettled, false);
      rig.told();
      await rig.pass(1);
      strictEqual(closed.isSettled, true);
      strictEqual(released.isSettled, true);
      deepStrictEqual(rig.told(), ["destroyed c1 closed", "closed"]);
      strictEqual(rig.clock.pending, 0);
      calls[0]!.reject(OOPS);
      await flush();
      deepStrictEqual(rig.told(), []);
    });
  }

  test("waits for destroy(), but for no longer than destroyTimeoutMs", async (make) => {
    const { calls, call } = openCalls<void>();
    const rig = make({ max: 2, destroyTimeoutMs: 100 }, { destroy: call });
    await rig.fill(1);
    await rig.lease();
    const lease = await rig.lease();
    const closed = watch(rig.pool.close({ drainMs: 1_000 }));
    await rig.pass(1_000);
    strictEqual(lease.released, true);
    strictEqual(calls.length, 2);
    calls[0]!.resolve();
    await rig.pass(99);
    strictEqual(closed.isSettled, false);
    await rig.pass(1);
    strictEqual(closed.isSettled, true);
    strictEqual(calls[1]!.signal.aborted, true);
    deepStrictEqual(rig.told().slice(-2), [
      "destroy_failed c2 closed POOL_FACTORY_TIMEOUT",
      "closed",
    ]);
    strictEqual(rig.clock.pending, 0);
  });

  test("makes no spare and no new connection any more", async (make) => {
    const rig = make({ max: 3, minIdle: 2 });
    const lease = await rig.lease();
    void rig.pool.close();
    await answer(lease.release());
    strictEqual(rig.made.length, 3);
    await rig.pass(10_000);
    strictEqual(rig.made.length, 3);
  });

  test("leaves no timer, whatever the pool had set", async (make) => {
    const rig = make({
      max: 3,
      minIdle: 1,
      keepAliveMs: 50,
      leakThresholdMs: 60,
    }, { validate: () => true });
    const lease = await rig.lease();
    await rig.lease();
    const full = await rig.lease();
    void rig.pool.acquire({ timeoutMs: 70 });
    await rig.pass(10);
    assert(rig.clock.pending > 0);
    const closed = rig.pool.close();
    for (const it of rig.pool.connections()) strictEqual(it.status, "in_use");
    void full.release();
    void lease.release();
    await rig.pass(60);
    void rig.pool.close();
    await rig.pass(30_000);
    await answer(closed);
    strictEqual(rig.clock.pending, 0);
  });

  describe("with its signal aborted by code that it calls", () => {
    test("destroys each once when destroy() aborts it", async (make) => {
      const controller = new AbortController();
      const rig = make({ max: 3 }, { destroy: () => controller.abort() });
      await rig.fill(3);
      await answer(rig.pool.close({ signal: controller.signal }));
      await flush();
      deepStrictEqual(rig.ended.toSorted(), ["c1", "c2", "c3"]);
      deepStrictEqual(rig.told().at(-1), "closed");
    });

    test("destroys each once when a listener of a refusal aborts it", async (make) => {
      const controller = new AbortController();
      const rig = make({
        max: 3,
        validateAfterIdleMs: 0,
        onEvent: ({ type }) => {
          if (type === "refused") controller.abort();
        },
      }, { validate: () => never() });
      await rig.fill(3);
      void rig.pool.acquire();
      await answer(rig.pool.close({ signal: controller.signal }));
      await flush();
      deepStrictEqual(rig.ended.toSorted(), ["c1", "c2", "c3"]);
      deepStrictEqual(rig.told().at(-1), "closed");
    });

    test("validates nothing that it has destroyed", async (make) => {
      const validated: string[] = [];
      const rig: Rig = make({
        max: 3,
        minIdle: 1,
        idleTimeoutMs: 100,
        keepAliveMs: 100,
        onEvent: ({ type }) => {
          if (type !== "destroyed") return;
          void rig.pool.close({ signal: AbortSignal.abort() });
        },
      }, {
        validate: (connection) => {
          validated.push(connection);
          return true;
        },
      });
      await rig.fill(3);
      await rig.pass(100); // Two go, and the third is to be kept alive.
      deepStrictEqual(validated, []);
      deepStrictEqual(rig.ended.toSorted(), ["c1", "c2", "c3"]);
      deepStrictEqual(rig.told().at(-1), "closed");
    });
  });
});

describe("onEvent", () => {
  const TYPES: readonly EventType[] = [
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
    "closed",
  ];

  /** What a listener may do with a pool. */
  type Action = (story: Story) => void;

  /** A life of a pool in which everything happens. */
  class Story {
    readonly rig: Rig;
    readonly results: Watched<Result<Lease, unknown>>[] = [];
    readonly ends: Watched<void>[] = [];
    readonly leases: Lease[] = [];
    readonly fails: Set<string> = new Set();
    #actions = 0;

    constructor(type: EventType | undefined, action: Action, isAsync: boolean) {
      const way = <T>(name: string, value: () => T): T | Promise<T> => {
        if (!isAsync) return this.#orFail(name, value);
        return Promise.resolve().then(() => this.#orFail(name, value));
      };
      this.rig = new Rig({
        max: 3,
        minIdle: 1,
        maxWaiting: 3,
        keepAliveMs: 1_000,
        idleTimeoutMs: 3_000,
        leakThresholdMs: 400,
        acquireTimeoutMs: 300,
        onEvent: (event) => {
          if (event.type !== type || this.rig === undefined) return;
          if (this.#actions++ < 3) action(this);
        },
      }, {
        create: () => way("create", () => this.rig.make()),
        destroy: () => way("destroy", () => undefined),
        validate: () => way("validate", () => true),
        reset: () => way("reset", () => undefined),
      });
    }

    #orFail<T>(name: string, value: () => T): T {
      if (this.fails.delete(name)) throw OOPS;
      return value();
    }

    acquire(): void {
      const watched = watch(this.rig.pool.acquire());
      this.results.push(watched);
    }

    async step(): Promise<void> {
      await flush();
      for (const { value } of this.results) {
        const lease = value?.ok ? value.value : undefined;
        if (lease !== undefined && !this.leases.includes(lease)) {
          this.leases.push(lease);
        }
      }
    }

    /** Gives one back, whichever is held for longest. */
    give(how: "release" | "destroy"): void {
      const lease = this.leases.find((it) => !it.released);
      if (lease !== undefined) this.ends.push(watch(lease[how]()));
    }

    async play(): Promise<void> {
      const { pool, clock } = this.rig;
      const run = async (...acts: (() => void)[]): Promise<void> => {
        for (const act of acts) act();
        await this.step();
      };
      await run();
      await run(() => this.acquire(), () => this.acquire());
      await run(
        () => this.give("release"),
        () => this.fails.add("create"),
        () => this.give("destroy"),
      );
      await run(() => clock.advance(600), () => this.acquire());
      this.fails.add("validate");
      await run(() => clock.advance(600), () => this.acquire());
      this.fails.add("reset");
      await run(() => this.give("release"));
      await run(...Array.from({ length: 8 }, () => () => this.acquire()));
      await run(() => clock.advance(300));
      await run(() => clock.advance(200)); // Leaks.
      this.fails.add("destroy");
      await run(() => this.give("destroy"));
      await run(() => this.give("release"), () => this.give("release"));
      for (let i = 0; i < 6; i++) await run(() => clock.advance(500));
      // Several are idle, and go together, or some of them.
      for (const act of [() => pool.evict(), () => clock.advance(1_000)]) {
        await run(() => this.acquire(), () => this.acquire());
        await run(() => this.acquire());
        const give = (): void => this.give("release");
        await run(give, give, give, act);
        await run();
        await run(() => clock.advance(400));
      }
      this.fails.add("create");
      await run(() => pool.evict());
      for (let i = 0; i < 6; i++) await run(() => clock.advance(500));
      await run(() => this.acquire(), () => void pool.close());
      await run(() => this.give("release"));
    }

    async end(): Promise<void> {
      this.fails.clear();
      await this.rig.end();
      for (const { isSettled } of [...this.results, ...this.ends]) {
        strictEqual(isSettled, true, "somebody waits for ever");
      }
      strictEqual(this.rig.of("closing").length, 1);
      strictEqual(this.rig.of("closed").length, 1);
    }
  }

  for (const isAsync of [false, true]) {
    const kind = isAsync ? "asynchronous" : "synchronous";
    it(`is told everything there is, with a factory that is ${kind}`, async () => {
      const story = new Story(undefined, () => {}, isAsync);
      await story.play();
      await story.end();
      const types = new Set(story.rig.events.map((it) => it.type));
      deepStrictEqual([...types].toSorted(), TYPES.toSorted());
    });

    const ACTIONS: Readonly<Record<string, Action>> = {
      "acquires": (story) => story.acquire(),
      "tries to acquire": ({ rig, leases }) => {
        const lease = rig.pool.tryAcquire();
        if (lease !== undefined) leases.push(lease);
      },
      "gives back a lease": (story) => story.give("release"),
      "destroys a lease": (story) => story.give("destroy"),
      "evicts": ({ rig }) => rig.pool.evict(),
      "closes the pool": ({ rig }) => void rig.pool.close(),
      "closes the pool at once": ({ rig }) =>
        void rig.pool.close({ signal: AbortSignal.abort() }),
      "does a bit of everything": (story) => {
        story.acquire();
        story.give("release");
        story.rig.pool.evict();
        story.give("destroy");
        story.acquire();
      },
      "throws": () => {
        throw OOPS;
      },
    };
    for (const [name, action] of Object.entries(ACTIONS)) {
      it(`may be one that ${name}, whatever it is told, with a factory that is ${kind}`, async () => {
        for (const type of TYPES) {
          const reasons: unknown[] = [];
          const restore = name === "throws"
            ? hearReported((reason) => reasons.push(reason))
            : () => {};
          try {
            const story = new Story(type, action, isAsync);
            try {
              await story.play();
              await story.end();
            } catch (error) {
              throw new Error(`at ${type}: ${error}`, { cause: error });
            }
          } finally {
            restore();
          }
          if (name === "throws") {
            assert(reasons.length > 0, `at ${type}`);
            assert(reasons.every((it) => it === OOPS), `at ${type}`);
          }
        }
      });
    }
  }

  it("that throws is an unhandled rejection, and the pool goes on", async () => {
    const reasons: unknown[] = [];
    const restore = hearReported((reason) => reasons.push(reason));
    try {
      const pool = new ConnectionPool(PLAIN, {
        max: 1,
        clock: new ManualClock(),
        onEvent: ({ type }) => {
          throw new Error(type);
        },
      });
      const used = watch(pool.use((connection) => connection));
      await flush();
      strictEqual(used.value!.unwrap(), "c");
      const closed = watch(pool.close());
      await flush();
      strictEqual(closed.isSettled, true);
    } finally {
      restore();
    }
    deepStrictEqual(reasons.map((it) => (it as Error).message), [
      "created",
      "acquired",
      "released",
      "closing",
      "destroyed",
      "closed",
    ]);
  });

  it("is called as a function of its own, within the call", async () => {
    const seen: unknown[] = [];
    const pool = new ConnectionPool(PLAIN, {
      max: 1,
      onEvent(this: unknown, event) {
        seen.push(event.type);
      },
    });
    const acquired = pool.acquire();
    deepStrictEqual(seen, ["created", "acquired"]);
    const lease = (await answer(acquired)).unwrap();
    void lease.release();
    deepStrictEqual(seen.slice(2), ["released"]);
    await answer(pool.close());
  });

  test("a failed create() refuses nobody who has come after it", async (make) => {
    const results: Watched<Result<Lease, unknown>>[] = [];
    let works = false;
    const rig: Rig = make({
      max: 1,
      minIdle: 1,
      onEvent: ({ type }) => {
        if (type !== "create_failed") return;
        works = true;
        results.push(watch(rig.pool.acquire()));
      },
    }, {
      create: () => works ? Promise.resolve(rig.make()) : Promise.reject(OOPS),
    });
    await flush();
    deepStrictEqual(results.map((it) => codeOf(it.value)), ["ok"]);
  });
});

describe("Deque", () => {
  it("does what an array does (property)", () => {
    const steps = fc.oneof(
      { weight: 5, arbitrary: fc.constant("push") },
      { weight: 2, arbitrary: fc.constantFrom("pop", "shift") },
      { weight: 1, arbitrary: fc.constantFrom("retain", "keep all", "clear") },
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 200, size: "max" }), (list) => {
        const deque = new Deque<number>();
        let model: number[] = [];
        let next = 0;
        for (const step of list) {
          if (step === "push") {
            deque.push(next);
            model.push(next++);
          } else if (step === "pop") {
            strictEqual(deque.pop(), model.pop());
          } else if (step === "shift") {
            strictEqual(deque.shift(), model.shift());
          } else {
            const asked: number[] = [];
            const isKept = (item: number): boolean =>
              step === "keep all" || step === "retain" && item % 3 !== 0;
            deque.retain((item) => {
              asked.push(item);
              return isKept(item);
            });
            deepStrictEqual(asked, model);
            model = model.filter(isKept);
          }
          strictEqual(deque.size, model.length);
          strictEqual(deque.first, model[0]);
          strictEqual(deque.last, model.at(-1));
        }
      }),
      { numRuns: RUNS },
    );
  });
});
