/**
 * A pool with a factory, callers and a listener of its own, and a ledger of what
 * it did to them, by which everything is checked that is to hold.
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type * as fc from "fast-check";
import type {
  Clock,
  SleepOptions,
  TimerHandle,
  TimerOptions,
} from "../src/clock.ts";
import {
  type ConnectionFactory,
  ConnectionPool,
  type ConnectionPoolContext,
  type FactoryContext,
  type PoolAcquireError,
  type PoolEvent,
} from "../src/connection_pool.ts";
import { PoolError } from "../src/errors.ts";
import type { Awaitable } from "../src/protocols.ts";
import type { Result } from "../src/result.ts";
import { ConnectionStatus } from "../src/status.ts";
import { ManualClock } from "../src/testing.ts";
import { CountingSignal, watch, type Watched } from "./foundation_support.ts";

/** Lets promises settle that wait for nothing but each other. */
export async function flush(): Promise<void> {
  for (let i = 0; i < 6; i++) await undefined;
}

/** A clock whose timers come late where the process was held up. */
class LateClock implements Clock {
  /** The time up to which timers have run. */
  readonly timers: ManualClock = new ManualClock();
  /** The pending timers that keep the process alive. */
  readonly awaited: Set<TimerHandle> = new Set();
  #leastTick = 0;
  #rings = 0;

  get isLate(): boolean {
    return this.timers.monotonic() < this.#leastTick;
  }

  /** Time passes, and nothing can run. */
  holdUp(durationMs: number): void {
    this.#leastTick = this.monotonic() + durationMs;
  }

  advance(durationMs: number): void {
    this.#rings = 0;
    this.timers.advanceTo(this.monotonic() + durationMs);
  }

  now(): number {
    return this.monotonic();
  }

  monotonic(): number {
    return Math.max(this.timers.monotonic(), this.#leastTick);
  }

  sleep(durationMs: number, options?: SleepOptions): Promise<void> {
    return this.timers.sleep(durationMs, options);
  }

  setTimer(
    callback: () => void,
    delayMs: number,
    options?: TimerOptions,
  ): TimerHandle {
    const timer = this.timers.setTimer(() => {
      this.awaited.delete(handle);
      ok(++this.#rings < 10_000, "rings without end");
      callback();
    }, this.monotonic() - this.timers.monotonic() + Math.max(0, delayMs));
    const cancel = (): void => {
      this.awaited.delete(handle);
      timer.cancel();
    };
    const handle = { cancel, [Symbol.dispose]: cancel };
    if (!options?.background) this.awaited.add(handle);
    return handle;
  }
}

// --- what the ledger has on its pages

/** A method of the factory. */
export type Method = "create" | "validate" | "reset" | "destroy";
type Lease = ConnectionPoolContext<Resource>;
type Acquired = Result<Lease, PoolAcquireError>;

/** What a method of the factory does next. `denies`: `validate()` says no. */
export type Behaviour = "works" | "fails" | "denies" | "hangs" | "obeys";

/** How a lease is given back. */
export type WayBack =
  | "release"
  | typeof Symbol.dispose
  | typeof Symbol.asyncDispose;
export const WAYS_BACK: readonly WayBack[] = [
  "release",
  Symbol.dispose,
  Symbol.asyncDispose,
];

const TIME_LIMITS_MS: Readonly<Record<Method, number>> = {
  create: 300,
  validate: 100,
  reset: 100,
  destroy: 200,
};

/** A call of a method that has not ended yet. */
class Call {
  readonly method: Method;
  readonly #clock: LateClock;
  readonly #dueBy: number;
  readonly #context: FactoryContext;
  /** What it is about; `undefined` for what is still to be made. */
  readonly resource: Resource | undefined;
  /** How often the pool had been emptied before. */
  readonly evictions: number;

  constructor(
    method: Method,
    context: FactoryContext,
    resource: Resource | undefined,
    evictions: number,
    clock: LateClock,
  ) {
    this.method = method;
    this.#clock = clock;
    this.#dueBy = clock.monotonic() + TIME_LIMITS_MS[method];
    this.#context = context;
    this.resource = resource;
    this.evictions = evictions;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  get isOverdue(): boolean {
    return this.#clock.timers.monotonic() >= this.#dueBy;
  }

  get isGivenUp(): boolean {
    return this.signal.aborted || this.isOverdue;
  }
}

/** What the factory makes. */
export class Resource {
  readonly madeBy: Call;
  /** The one call of `destroy()`. */
  destroying: Call | undefined = undefined;
  isGone = false;
  /** Whether the pool has told that it was made. */
  isKnown = false;
  isDirty = false;
  uses = 0;
  leaks = 0;
  usedAt = 0;
  provenAt = 0;
  resetAt = 0;
  acquiredAt = 0;
  expiresAt: number = Infinity;

  constructor(madeBy: Call) {
    this.madeBy = madeBy;
  }

  /** Whether it is there, but the pool cannot count it. */
  get isStray(): boolean {
    return this.destroying?.isGivenUp === true ||
      !this.isKnown && this.madeBy.isGivenUp;
  }
}

/** A call of `acquire()`. */
interface Request {
  readonly dueBy: number;
  readonly signal: CountingSignal | undefined;
  isSettled: boolean;
}

/** The options that are varied, and what the factory is like. */
export interface Setup {
  readonly max: number;
  readonly minIdle: number;
  readonly maxWaiting: number;
  readonly order: "lifo" | "fifo";
  readonly acquireTimeoutMs: number;
  readonly validateAfterIdleMs: number;
  readonly keepAliveMs: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly maxUses: number;
  readonly leakThresholdMs: number;
  readonly chance: number;
  readonly validates: boolean;
  readonly resets: boolean;
  /** Which methods answer without a promise. */
  readonly isSync: Readonly<Record<Method, boolean>>;
}

const LEAST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
const JITTER = 0.25;

/** Calls the pool, plays its factory and listens to it. */
export class Sim {
  readonly setup: Setup;
  readonly clock: LateClock = new LateClock();
  readonly scheduler: fc.Scheduler;
  readonly pool: ConnectionPool<Resource>;
  /** What went wrong where the pool would have caught it. */
  readonly #failures: unknown[] = [];

  readonly #plans: Record<Method, Behaviour[]> = {
    create: [],
    validate: [],
    reset: [],
    destroy: [],
  };
  readonly #calls = new Set<Call>();
  readonly #resources: Resource[] = [];
  #hung: (() => void)[] = [];
  #evictions = 0;

  readonly #requests: Request[] = [];
  /** What is lent out, with its lease once the caller has it. */
  readonly #held = new Map<Resource, Lease | undefined>();
  readonly #ended: Lease[] = [];
  readonly #endings: Watched<void>[] = [];
  /** How many have called for a connection. */
  #asked = 0;
  #grants = 0;
  #refusals = 0;
  #releases = 0;

  /** What was lent out last. */
  lastLent: Resource | undefined = undefined;
  readonly #heard = new Map<PoolEvent<Resource>["type"], number>();
  /** How many have gone that had been made in time. */
  #gone = 0;
  /** Whether the last connection to be made could not be made. */
  #isCreateFailing = false;
  /** How many were to be told of a connection not made, and were. */
  readonly #blames = new Map<
    PoolAcquireError,
    { readonly expected: number | undefined; told: number }
  >();
  #failedAt = 0;
  /** Whether a listener has acted, so that promises settle out of order. */
  #isDisturbed = false;
  readonly #reactions = new Map<string, () => void>();

  closing: {
    readonly since: number;
    readonly drainMs: number;
    readonly signal: CountingSignal | undefined;
  } | undefined = undefined;
  #closed: Promise<void> | undefined;
  #hasClosed: Watched<void> | undefined;

  constructor(setup: Setup, scheduler: fc.Scheduler) {
    this.setup = setup;
    this.scheduler = scheduler;
    const { chance, validates, resets, isSync: _, ...options } = setup;
    const factory: ConnectionFactory<Resource> = {
      create: (context) => this.#create(context),
      destroy: (resource, context) => this.#destroy(resource, context),
      ...(validates && {
        validate: (resource, context) => this.#validate(resource, context),
      }),
      ...(resets && {
        reset: (resource, context) => this.#reset(resource, context),
      }),
    };
    // What happens in the constructor is heard of before `pool` is set.
    this.pool = new ConnectionPool(factory, {
      ...options,
      createTimeoutMs: TIME_LIMITS_MS.create,
      validateTimeoutMs: TIME_LIMITS_MS.validate,
      resetTimeoutMs: TIME_LIMITS_MS.reset,
      destroyTimeoutMs: TIME_LIMITS_MS.destroy,
      maxLifetimeJitter: JITTER,
      onEvent: (event) => this.#guard(() => this.#hear(event)),
      clock: this.clock,
      random: () => chance,
    });
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (failure) {
      this.#failures.push(failure);
    }
  }

  get #isDrainOver(): boolean {
    if (this.closing === undefined) return false;
    const { since, drainMs, signal } = this.closing;
    return signal?.aborted === true ||
      this.clock.timers.monotonic() >= since + drainMs;
  }

  // --- the factory

  #create(context: FactoryContext): Awaitable<Resource> {
    const call = this.#begin("create", context, undefined);
    this.#guard(() => {
      strictEqual(this.closing, undefined, "made when closing");
      const live = this.#resources.filter((it) => !it.isGone && !it.isStray);
      const coming = this.#inFlight("create").length;
      ok(live.length + coming <= this.setup.max, "more than the server allows");
      if (this.pool !== undefined) this.#mustBeWanted();
    });
    return this.#perform(call, () => {
      const resource = new Resource(call);
      this.#resources.push(resource);
      return resource;
    });
  }

  /** A connection is made for who waits, or as a spare one. */
  #mustBeWanted(): void {
    const { idle, creating, waiting } = this.pool.stats;
    const others = creating - 1 + this.#inFlight("validate", "reset").length;
    if (waiting > others) return;
    const { minIdle, chance } = this.setup;
    ok(idle + others - waiting < minIdle, "nobody wants it");
    const soonest = this.#failedAt + chance * LEAST_BACKOFF_MS;
    ok(
      !this.#isCreateFailing || this.clock.monotonic() >= soonest,
      "a spare one is tried again at once",
    );
  }

  #validate(resource: Resource, context: FactoryContext): Awaitable<boolean> {
    const call = this.#begin("validate", context, resource);
    const { validateAfterIdleMs, keepAliveMs } = this.setup;
    const unprovenMs = this.clock.monotonic() - resource.provenAt;
    this.#guard(() => {
      this.#mustBeFree(resource);
      this.#mustBeGood(resource, this.clock.monotonic());
      ok(unprovenMs >= Math.min(validateAfterIdleMs, keepAliveMs), "too early");
    });
    return this.#perform(call, (behaviour) => {
      if (behaviour === "denies") return false;
      resource.provenAt = this.clock.monotonic();
      return true;
    });
  }

  #reset(resource: Resource, context: FactoryContext): Awaitable<void> {
    const call = this.#begin("reset", context, resource);
    this.#guard(() => {
      this.#mustBeFree(resource);
      ok(resource.isDirty, "reset twice");
      this.#mustBeGood(resource, this.clock.monotonic());
      ok(resource.uses < this.setup.maxUses, "reset to be destroyed");
    });
    return this.#perform(call, () => {
      resource.isDirty = false;
      resource.resetAt = this.clock.monotonic();
    });
  }

  #mustBeFree(resource: Resource): void {
    strictEqual(resource.destroying, undefined, "checked after its end");
    ok(!this.#held.has(resource), "checked while lent out");
    const others = this.#inFlight("validate", "reset")
      .filter((it) => it.resource === resource);
    strictEqual(others.length, 1, "checked twice at a time");
  }

  #destroy(resource: Resource, context: FactoryContext): Awaitable<void> {
    const call = this.#begin("destroy", context, resource);
    this.#guard(() => {
      strictEqual(resource.destroying, undefined, "destroyed twice");
      if (this.#held.delete(resource)) {
        ok(this.#isDrainOver, "destroyed while lent out");
      }
    });
    resource.destroying ??= call;
    return this.#perform(call, () => {}, () => {
      resource.isGone = true;
    });
  }

  #begin(
    method: Method,
    context: FactoryContext,
    resource: Resource | undefined,
  ): Call {
    const evictions = this.#evictions;
    const call = new Call(method, context, resource, evictions, this.clock);
    this.#calls.add(call);
    return call;
  }

  #perform<R>(
    call: Call,
    act: (behaviour: Behaviour) => R,
    ended?: () => void,
  ): Awaitable<R> {
    const { method } = call;
    const behaviour = this.#plans[method].shift() ?? "works";
    this.#react(method);
    const end = (): R => {
      this.#calls.delete(call);
      ended?.();
      if (
        behaviour === "fails" || behaviour === "denies" && method !== "validate"
      ) {
        throw new Error(method);
      }
      return act(behaviour);
    };
    if (behaviour === "hangs") {
      return new Promise<void>((resolve) => this.#hung.push(resolve)).then(end);
    }
    if (behaviour === "obeys") {
      return new Promise<never>((_, reject) =>
        call.signal.addEventListener("abort", () => {
          this.#calls.delete(call);
          ended?.();
          reject(new Error("aborted"));
          this.#react(`abort of ${method}`);
        })
      );
    }
    if (this.setup.isSync[method]) return end();
    return this.scheduler.schedule(Promise.resolve(), method).then(end);
  }

  /** Calls the pool still waits for. */
  #inFlight(...methods: Method[]): Call[] {
    return Array.from(this.#calls).filter((call) =>
      methods.includes(call.method) && !call.isGivenUp
    );
  }

  plan(method: Method, behaviour: Behaviour): void {
    this.#plans[method].push(behaviour);
  }

  planNothing(): void {
    for (const plan of Object.values(this.#plans)) plan.length = 0;
  }

  /** What hangs goes on. */
  letGo(): void {
    const hung = this.#hung;
    this.#hung = [];
    for (const resolve of hung) resolve();
  }

  // --- the listener

  /** Does something within the pool's next event or call of a name. */
  reactTo(name: string, action: () => void): void {
    this.#reactions.set(name, action);
  }

  #react(name: string): void {
    const action = this.#reactions.get(name);
    if (action === undefined) return;
    this.#reactions.delete(name);
    this.#isDisturbed = true;
    this.#guard(action);
  }

  #timesHeard(type: PoolEvent<Resource>["type"]): number {
    return this.#heard.get(type) ?? 0;
  }

  #hear(event: PoolEvent<Resource>): void {
    this.#heard.set(event.type, this.#timesHeard(event.type) + 1);
    if ("connection" in event) {
      const { connection } = event;
      this.#hearOf(event, connection.connection, connection.expiresAt);
    }
    if (event.type === "create_failed") {
      this.#isCreateFailing = true;
      this.#failedAt = this.clock.monotonic();
    }
    if (this.pool === undefined) return;
    this.checkCounters();
    const { total } = this.pool.stats;
    if (event.type === "closed") {
      strictEqual(this.#inFlight("destroy").length, 0, "closed too early");
    } else if (event.type === "create_failed") {
      const served = this.#timesHeard("acquired") + this.#timesHeard("refused");
      const expected = this.clock.isLate
        ? undefined
        : Math.sign(Math.max(0, this.#asked - served));
      this.#blames.set(event.error, { expected, told: 0 });
    } else if (event.type === "refused") {
      const blame = this.#blames.get(event.error);
      if (blame !== undefined) blame.told++;
      else ok(event.error.code !== "POOL_CONNECTION_ERROR", "of what?");
    }
    strictEqual(this.#timesHeard("created") - this.#gone, total, event.type);
    this.#react(event.type);
  }

  #hearOf(
    event: PoolEvent<Resource>,
    resource: Resource,
    expiresAt: number,
  ): void {
    const now = this.clock.monotonic();
    const { maxLifetimeMs, maxUses, leakThresholdMs } = this.setup;
    switch (event.type) {
      case "created": {
        ok(!resource.isKnown, "made twice");
        resource.isKnown = true;
        resource.usedAt = now;
        resource.provenAt = now;
        resource.expiresAt = expiresAt;
        this.#isCreateFailing = false;
        const lifetimeMs = expiresAt - now;
        ok(lifetimeMs <= maxLifetimeMs, "a lifetime that is too long");
        ok(lifetimeMs >= maxLifetimeMs * (1 - JITTER), "or too short");
        break;
      }
      case "acquired":
        this.#mustBeFit(resource, now);
        this.lastLent = resource;
        resource.uses++;
        ok(resource.uses <= maxUses, "used too often");
        resource.leaks = 0;
        resource.acquiredAt = now;
        ok(!this.#held.has(resource), "lent out twice");
        this.#held.set(resource, undefined);
        break;
      case "leaked":
        ok(!event.isCollected);
        strictEqual(++resource.leaks, 1, "reported twice");
        strictEqual(event.heldMs, now - resource.acquiredAt);
        ok(event.heldMs >= leakThresholdMs, "no leak");
        ok(this.#held.has(resource), "given back already");
        break;
      case "released":
        strictEqual(event.heldMs, now - resource.acquiredAt);
        break;
      case "validation_failed":
      case "reset_failed":
        strictEqual(this.closing, undefined, "no wonder when closing");
        break;
      case "destroyed":
        ok(resource.isGone, "there is still something");
        if (event.reason !== "late") this.#gone++;
        break;
      case "destroy_failed":
        ok(resource.destroying !== undefined);
        if (event.reason !== "late") this.#gone++;
        break;
    }
  }

  #mustBeFit(resource: Resource, now: number): void {
    const { validates, validateAfterIdleMs } = this.setup;
    ok(resource.isKnown, "not made yet");
    strictEqual(resource.destroying, undefined, "destroyed");
    this.#mustBeGood(resource, now);
    ok(!resource.isDirty, "not reset");
    const unprovenMs = now - resource.provenAt;
    ok(
      !validates || unprovenMs === 0 || unprovenMs < validateAfterIdleMs ||
        resource.resetAt === now,
      "not validated",
    );
  }

  #mustBeGood(resource: Resource, now: number): void {
    strictEqual(this.closing, undefined, "closing");
    ok(now < resource.expiresAt, "expired");
    strictEqual(resource.madeBy.evictions, this.#evictions, "evicted");
  }

  // --- the callers

  acquire(timeoutMs?: number, isAbortable = false): void {
    const limitMs = timeoutMs ?? this.setup.acquireTimeoutMs;
    const request: Request = {
      dueBy: this.clock.monotonic() + limitMs,
      signal: isAbortable ? new CountingSignal() : undefined,
      isSettled: false,
    };
    const isFull = this.clock.isLate ? undefined : this.#isFull();
    this.#requests.push(request);
    this.#asked++;
    this.pool.acquire({
      ...(timeoutMs !== undefined && { timeoutMs }),
      signal: request.signal?.asSignal(),
    }).then((result) =>
      this.#guard(() => {
        request.isSettled = true;
        this.#settled(request, isFull, result);
        this.checkCounters();
      })
    );
  }

  /** Whether one more caller would be refused. */
  #isFull(): boolean {
    const { waiting, unhealthy, max } = this.pool.stats;
    const available = max - this.#held.size - unhealthy;
    return waiting >= this.setup.maxWaiting + available;
  }

  #settled(
    request: Request,
    isFull: boolean | undefined,
    result: Acquired,
  ): void {
    if (result.ok) this.#grants++;
    else this.#refusals++;
    const code = result.ok ? "" : result.error.code;
    if (isFull !== undefined && this.closing === undefined) {
      strictEqual(code === "POOL_EXHAUSTED", isFull, "the bound of the line");
    }
    switch (code) {
      case "POOL_CLOSED":
        return ok(this.closing !== undefined);
      case "POOL_ACQUIRE_CANCELLED":
        return ok(request.signal?.aborted);
      case "POOL_ACQUIRE_TIMEOUT":
        return ok(this.clock.monotonic() >= request.dueBy, "too early");
      case "POOL_EXHAUSTED":
        return;
    }
    const earlier = this.#requests.slice(0, this.#requests.indexOf(request));
    ok(
      this.#isDisturbed || earlier.every((one) => one.isSettled),
      "not in the order of arrival",
    );
    if (result.ok) this.#take(result.value);
    else strictEqual(code, "POOL_CONNECTION_ERROR");
  }

  #take(lease: Lease): void {
    const resource = lease.info.connection;
    if (lease.released) return ok(this.#isDrainOver);
    strictEqual(lease.connection, resource);
    ok(this.#held.has(resource), "a lease nobody heard of");
    strictEqual(this.#held.get(resource), undefined, "two leases");
    this.#held.set(resource, lease);
  }

  tryAcquire(): Lease | undefined {
    const { waiting, idle } = this.pool.stats;
    const lease = this.pool.tryAcquire();
    if (lease === undefined) return undefined;
    ok(waiting === 0 && idle > 0, "barged in");
    this.#asked++;
    this.#grants++;
    this.#take(lease);
    return lease;
  }

  get leases(): Lease[] {
    return Array.from(this.#held.values()).filter((it) => it !== undefined);
  }

  release(index: number, way: WayBack): void {
    const lease = pick(this.leases, index);
    if (lease === undefined) return;
    this.#giveBack(lease);
    this.#endings.push(watch(Promise.resolve(lease[way]())));
  }

  /** Writes down that a caller is about to give back what it has. */
  #giveBack(lease: Lease): void {
    const resource = lease.connection;
    this.#held.delete(resource);
    this.#ended.push(lease);
    this.#releases++;
    resource.isDirty = this.setup.resets;
    resource.usedAt = this.clock.monotonic();
    resource.provenAt = resource.usedAt;
  }

  /** Has the pool lend out a connection for the time of a function. */
  use(fails: boolean): void {
    this.#asked++;
    const used = this.pool.use(async (resource, lease) => {
      this.#grants++;
      this.#guard(() => this.#take(lease));
      strictEqual(lease.connection, resource);
      await this.scheduler.schedule(Promise.resolve(), "work");
      this.#giveBack(lease);
      if (fails) throw new Error("work");
      return resource;
    });
    const ended = used.then(
      (result) => this.#guard(() => ok(!fails && result.ok)),
      (error) => this.#guard(() => ok(fails && error.message === "work")),
    );
    this.#endings.push(watch(ended));
  }

  destroy(index: number): void {
    const lease = pick(this.leases, index);
    if (lease === undefined) return;
    this.#giveBack(lease);
    this.#endings.push(watch(lease.destroy()));
  }

  /** What has been given back stays given back. */
  endAgain(index: number): void {
    const lease = pick(this.#ended, index);
    if (lease === undefined) return;
    const before = this.pool.stats;
    this.#endings.push(watch(lease.release()), watch(lease.destroy()));
    lease[Symbol.dispose]();
    deepStrictEqual(this.pool.stats, before);
    ok(lease.released);
    throws(() => lease.connection, PoolError);
  }

  abort(index: number): void {
    const pending = this.#requests.filter((one) =>
      !one.isSettled && one.signal !== undefined && !one.signal.aborted
    );
    pick(pending, index)?.signal?.abort("enough");
  }

  advance(durationMs: number): void {
    this.clock.advance(durationMs);
    if (this.closing !== undefined) return;
    const now = this.clock.monotonic();
    const patient = this.#requests.filter((it) =>
      !it.isSettled && it.dueBy > now
    );
    ok(this.pool.stats.waiting <= patient.length, "waits for too long");
    const { minIdle, idleTimeoutMs, validates, keepAliveMs, leakThresholdMs } =
      this.setup;
    const idle = this.pool.connections().filter(({ status }) =>
      status === ConnectionStatus.IDLE
    );
    for (const { connection, expiresAt, lastUsedAt } of idle) {
      ok(now < expiresAt, "kept although it is expired");
      ok(
        idle.length <= minIdle || now < lastUsedAt + idleTimeoutMs,
        "kept although nobody used it",
      );
      ok(
        !validates || now < connection.provenAt + keepAliveMs,
        "not kept alive",
      );
    }
    for (const { acquiredAt, leaks } of this.#held.keys()) {
      strictEqual(leaks, now >= acquiredAt + leakThresholdMs ? 1 : 0, "leaks");
    }
  }

  evict(): void {
    this.#evictions++;
    this.pool.evict();
  }

  close(drainMs: number, signal?: CountingSignal): void {
    if (this.closing !== undefined) {
      const again = this.pool.close();
      return strictEqual(again, this.#closed ?? again);
    }
    this.closing = { since: this.clock.monotonic(), drainMs, signal };
    this.#closed = this.pool.close({ drainMs, signal: signal?.asSignal() });
    this.#hasClosed = watch(this.#closed);
  }

  get isClosed(): boolean {
    return this.#hasClosed?.isSettled === true;
  }

  // --- what holds at any time, and when nothing goes on by itself

  checkCounters(): void {
    const { idle, inUse, unhealthy, total, creating, waiting, max } =
      this.pool.stats;
    for (const count of [idle, inUse, unhealthy, total, creating, waiting]) {
      ok(count >= 0, "a counter below 0");
    }
    strictEqual(idle + inUse + unhealthy, total, "total");
    ok(total + creating <= max, "more than max");
  }

  /** Lets promises settle, and checks everything. */
  async check(): Promise<void> {
    this.checkCounters();
    await flush();
    if (this.#failures.length > 0) throw this.#failures[0];
    this.checkCounters();
    this.#checkLedger();
    this.#checkWork();
    this.#checkRequests();
    this.#checkEvents();
    if (this.closing !== undefined) this.#checkClosing();
  }

  #checkLedger(): void {
    const { idle, inUse, unhealthy, total, creating } = this.pool.stats;
    const live = this.#resources.filter((it) => !it.isGone && !it.isStray);
    const infos = this.pool.connections();
    const known = new Set(live.filter((it) => it.isKnown));
    ok(infos.every(({ connection }) => known.has(connection)), "no such thing");
    deepStrictEqual([infos.length, known.size], [total, total]);
    const count = (sought: ConnectionStatus): number =>
      infos.filter(({ status }) => status === sought).length;
    strictEqual(count(ConnectionStatus.IDLE), idle);
    strictEqual(count(ConnectionStatus.IN_USE), inUse);
    strictEqual(count(ConnectionStatus.UNHEALTHY), unhealthy);
    for (const { connection, lastUsedAt, useCount, acquiredAt } of infos) {
      const isHeld = this.#held.has(connection);
      strictEqual(acquiredAt, isHeld ? connection.acquiredAt : undefined);
      if (connection.destroying === undefined) {
        deepStrictEqual([lastUsedAt, useCount], [
          connection.usedAt,
          connection.uses,
        ]);
      }
    }
    const checking = this.#inFlight("validate", "reset").length;
    const checked = inUse - this.#held.size;
    if (this.closing === undefined) strictEqual(checked, checking, "in use");
    else ok(checked >= checking, "in use");
    const destroying = this.#inFlight("destroy")
      .filter(({ resource }) => resource!.isKnown);
    strictEqual(unhealthy, destroying.length, "unhealthy");
    if (this.closing === undefined) {
      strictEqual(total, live.length, "total is what lives");
      strictEqual(creating, this.#inFlight("create").length, "creating");
    }
    ok(Array.from(this.#held.values()).every((it) => it !== undefined));
    for (const { isOverdue, signal } of this.#calls) {
      ok(!isOverdue || signal.aborted, "not told that its time is up");
    }
  }

  #checkWork(): void {
    const { idle, total, creating, waiting, max } = this.pool.stats;
    const checking = this.#inFlight("validate", "reset").length;
    if (waiting > 0) {
      ok(idle === 0 || checking >= waiting, "idle while somebody waits");
      ok(
        total + creating === max || creating + checking >= waiting,
        "nobody makes a connection for who waits",
      );
    }
    const isBusy = waiting > 0 || this.closing !== undefined ||
      this.#inFlight("create", "validate", "reset", "destroy").length > 0;
    if (isBusy) return;
    strictEqual(this.clock.awaited.size, 0, "keeps the process alive");
    ok(
      idle >= this.setup.minIdle || total === max || this.#isCreateFailing,
      "too few spare connections",
    );
  }

  #checkRequests(): void {
    const pending = this.#requests.filter((one) => !one.isSettled);
    strictEqual(this.pool.stats.waiting, pending.length, "waiting");
    const now = this.clock.timers.monotonic();
    for (const { dueBy, signal } of pending) {
      ok(dueBy >= now, "waits for much too long");
      ok(signal?.aborted !== true, "waits although it was aborted");
    }
    for (const { isSettled, signal } of this.#requests) {
      const listeners = isSettled || signal === undefined ? 0 : 1;
      strictEqual(signal?.listenerCount ?? 0, listeners, "listeners");
    }
  }

  #checkEvents(): void {
    strictEqual(this.#timesHeard("acquired"), this.#grants);
    strictEqual(this.#timesHeard("refused"), this.#refusals);
    strictEqual(this.#timesHeard("released"), this.#releases);
    for (const { expected, told } of this.#blames.values()) {
      ok(told <= 1, "one failure, one error");
      const isSure = expected !== undefined && !this.#isDisturbed;
      if (isSure) strictEqual(told, expected, "one failure, one error");
    }
    strictEqual(this.#timesHeard("closing"), this.closing ? 1 : 0);
    strictEqual(this.#timesHeard("closed"), this.isClosed ? 1 : 0);
  }

  #checkClosing(): void {
    const { idle, inUse, waiting, total, creating } = this.pool.stats;
    strictEqual(idle + waiting, 0, "not refused, or not let go");
    if (this.closing!.signal?.aborted) strictEqual(inUse + creating, 0, "now");
    for (const { method, signal } of this.#calls) {
      ok(method === "destroy" || signal.aborted, "not told of the end");
    }
    const late = this.#inFlight("destroy")
      .some(({ resource }) => !resource!.isKnown);
    if (!this.isClosed) return ok(total + creating > 0 || late, "never closed");
    strictEqual(total + creating, 0);
    strictEqual(this.closing!.signal?.listenerCount ?? 0, 0, "listeners");
    if (!late) strictEqual(this.clock.timers.pending, 0, "a timer is left");
  }

  // --- the end

  /** Runs all that is scheduled. */
  async drain(): Promise<void> {
    await flush();
    for (let i = 0; i < 500 && this.scheduler.count() > 0; i++) {
      await this.scheduler.waitOne();
      if (this.scheduler.count() === 0) await flush();
    }
  }

  /** Whether nothing goes on, and spare connections are there. */
  get isQuiet(): boolean {
    const { idle, inUse, unhealthy, total, creating, waiting, max } =
      this.pool.stats;
    return inUse === this.#held.size && unhealthy + creating + waiting === 0 &&
      (idle >= this.setup.minIdle || total === max) &&
      (!this.#isCreateFailing ||
        this.clock.monotonic() >= this.#failedAt + LONGEST_BACKOFF_MS);
  }

  /** The factory works again, and all that goes on comes to its end. */
  async calmDown(): Promise<void> {
    this.planNothing();
    this.letGo();
    this.advance(0);
    await this.drain();
    for (let i = 0; i < 40 && !this.isQuiet; i++) {
      if (this.pool.stats.waiting > 0) this.release(0, "release");
      this.advance(200);
      await this.drain();
    }
    ok(this.isQuiet, "never comes to rest");
  }

  /** Everybody gives back what he has. */
  async settle(): Promise<void> {
    this.planNothing();
    for (let round = 0; round < 6; round++) {
      this.advance(1_000);
      await this.drain();
      for (let i = 0; this.leases.length > 0; i++) {
        ok(i < 100, "leases without end");
        while (this.leases.length > 0) this.release(0, WAYS_BACK[i % 3]!);
        await this.drain();
      }
    }
    const { max: _, total, idle, ...others } = this.pool.stats;
    strictEqual(this.#requests.filter((one) => !one.isSettled).length, 0);
    const nothing = { inUse: 0, unhealthy: 0, creating: 0, waiting: 0 };
    deepStrictEqual(others, nothing);
    strictEqual(total, idle);
  }

  /** Closes without a step of the factory, and then lets it finish. */
  async finish(): Promise<void> {
    this.close(500);
    await this.check();
    this.advance(this.closing!.drainMs);
    await this.check();
    this.advance(TIME_LIMITS_MS.destroy);
    await this.check();
    ok(this.isClosed, "close() does not resolve");
    strictEqual(this.pool.tryAcquire(), undefined);
    this.acquire(undefined, true);
    await this.check();
    strictEqual(this.#requests.filter((one) => !one.isSettled).length, 0);
    ok(this.#endings.every((one) => one.isSettled), "release() is pending");
    ok(this.#ended.every((lease) => lease.released));
    this.planNothing();
    this.letGo();
    await this.drain();
    strictEqual(this.clock.timers.pending, 0, "a timer is left");
    for (const resource of this.#resources) {
      ok(resource.destroying !== undefined, "never destroyed");
    }
  }
}

/** One of a list, by any number; -1 is the newest. */
function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.at(index % list.length);
}
