/**
 * Lends out connections, or anything else that is dear to make and is used by
 * one caller at a time.
 *
 * When to use it: for database connections, sockets, workers, browsers.
 *
 * When not: for what many callers can use at a time, which needs no pool; to
 * limit how many calls go on at once, for which a `JobRunner` will do.
 *
 * What holds, whatever the factory does:
 *
 * - **Counted.** `idle + inUse + unhealthy` is `total`, and `total + creating`
 *   never exceeds `max`. A connection counts until its `destroy()` has settled,
 *   so that the server never sees more than `max` either.
 * - **In order.** Who asks first is served first; nobody takes an idle connection
 *   while another waits.
 * - **Nobody waits for ever.** Each caller gets a connection or an error with a
 *   code, the pool's counters and the cause. One failed `create()` fails just one
 *   caller, the one who has waited longest.
 * - **Nothing is left.** After {@linkcode ConnectionPool.close} there is neither
 *   a connection nor a timer nor a caller who waits.
 *
 * @example Lend a connection for the time of a function
 * ```ts
 * import { ConnectionPool } from "@groundwork/infra/connection-pool";
 * import { strictEqual } from "node:assert/strict";
 *
 * class Client {
 *   query(text: string): Promise<string> {
 *     return Promise.resolve(`rows of ${text}`);
 *   }
 *   close(): void {}
 * }
 * const pool = new ConnectionPool({
 *   create: () => Promise.resolve(new Client()),
 *   destroy: (client) => client.close(),
 * }, { max: 10 });
 *
 * const rows = await pool.use((client) => client.query("SELECT 1"));
 * strictEqual(rows.unwrap(), "rows of SELECT 1");
 * await pool.close();
 * ```
 *
 * @module
 */

import { Alarm } from "./_alarm.ts";
import { asResult } from "./_attempt.ts";
import { Deque } from "./_deque.ts";
import { FactoryCall } from "./_factory_call.ts";
import {
  requireCallback,
  requireCount,
  requireDuration,
  requireWhole,
} from "./_options.ts";
import { reasonOf } from "./_reason.ts";
import { reportUnhandled } from "./_report.ts";
import { WaitingLine } from "./_waiting_line.ts";
import {
  type Clock,
  type RandomSource,
  systemClock,
  systemRandom,
  type TimerHandle,
} from "./clock.ts";
import type {
  ConnectionFactory,
  ConnectionInfo,
  ConnectionPoolContext,
  DestroyReason,
  PoolAcquireError,
  PoolEvent,
  PoolStats,
} from "./connection.ts";
import { type ErrorOf, PoolError } from "./errors.ts";
import type { Awaitable, CloseOptions } from "./protocols.ts";
import { Err, type ErrOf, Ok, type OkOf, type Result } from "./result.ts";
import { type Backoff, exponentialBackoff } from "./retry.ts";
import { ConnectionStatus, parseStatus } from "./status.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

export type {
  ConnectionFactory,
  ConnectionInfo,
  ConnectionPoolContext,
  DestroyReason,
  FactoryContext,
  PoolAcquireError,
  PoolEvent,
  PoolStats,
} from "./connection.ts";
export type { CloseOptions } from "./protocols.ts";

/** How long to wait for a connection. */
export interface AcquireOptions {
  /**
   * How long the whole may take, in ms, with making and validating connections;
   * `Infinity` for as long as it takes. Default: the pool's `acquireTimeoutMs`.
   */
  readonly timeoutMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode ConnectionPool.close}. */
export interface PoolCloseOptions extends CloseOptions {
  /** Ends that time early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Options of {@linkcode ConnectionPool}.
 *
 * @typeParam T The connection.
 */
export interface ConnectionPoolOptions<T> {
  /** How many connections there may be: a whole number of 1 or more. */
  readonly max: number;
  /**
   * How many connections are kept ready on top of those in use, as far as `max`
   * goes: a whole number from 0 to `max`.
   *
   * @default {0}
   */
  readonly minIdle?: number;
  /**
   * How many callers may wait beyond those for whom a connection is there or can
   * be made: a whole number of 0 or more, or `Infinity`. The next is refused with
   * `POOL_EXHAUSTED`.
   *
   * @default {10_000}
   */
  readonly maxWaiting?: number;
  /**
   * Which idle connection is lent out next. `"lifo"`: the last one that came
   * back, so that those nobody needs stay idle and go. `"fifo"`: the one that has
   * been idle longest, so that the load is spread.
   *
   * @default {"lifo"}
   */
  readonly order?: "lifo" | "fifo";
  /**
   * How long a caller waits at most, in ms.
   *
   * @default {30_000}
   */
  readonly acquireTimeoutMs?: number;
  /**
   * How long `create()` may take, in ms. What it makes later is destroyed.
   *
   * @default {30_000}
   */
  readonly createTimeoutMs?: number;
  /**
   * How long `validate()` may take, in ms.
   *
   * @default {5_000}
   */
  readonly validateTimeoutMs?: number;
  /**
   * How long `reset()` may take, in ms.
   *
   * @default {5_000}
   */
  readonly resetTimeoutMs?: number;
  /**
   * How long `destroy()` may take, in ms; then the connection counts no longer,
   * whether it is there or not.
   *
   * @default {5_000}
   */
  readonly destroyTimeoutMs?: number;
  /**
   * After how long without use a connection is validated before it is lent out,
   * in ms. 0: whenever it has been idle.
   *
   * @default {500}
   */
  readonly validateAfterIdleMs?: number;
  /**
   * How often an idle connection is validated, in ms, so that neither server nor
   * firewall gives it up.
   *
   * @default {Infinity}
   */
  readonly keepAliveMs?: number;
  /**
   * After how long without use a connection is destroyed, in ms, unless it is
   * among the last `minIdle`.
   *
   * @default {600_000}
   */
  readonly idleTimeoutMs?: number;
  /**
   * How old a connection may get, in ms. One that is lent out gets as old as it
   * takes, and is destroyed when it comes back.
   *
   * @default {1_800_000}
   */
  readonly maxLifetimeMs?: number;
  /**
   * By which part of it chance shortens the lifetime of each connection, from 0
   * to 1, so that those made together do not end together.
   *
   * @default {0.1}
   */
  readonly maxLifetimeJitter?: number;
  /**
   * How often a connection is lent out: a whole number of 1 or more, or
   * `Infinity`.
   *
   * @default {Infinity}
   */
  readonly maxUses?: number;
  /**
   * After how long a connection that is lent out is reported as leaked, in ms. It
   * takes the stack of each caller, so it is not for every day.
   *
   * @default {Infinity}
   */
  readonly leakThresholdMs?: number;
  /**
   * Called for everything that happens, within the call that makes it happen.
   * What it throws becomes an unhandled rejection.
   */
  readonly onEvent?: (event: PoolEvent<T>) => void;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
  /** Chance, for lifetimes and waits. Default: the system's. */
  readonly random?: RandomSource;
}

type AllOptions<T> =
  & Required<Omit<ConnectionPoolOptions<T>, "onEvent">>
  & { readonly onEvent: ((event: PoolEvent<T>) => void) | undefined };

/** Waits before spare connections are tried again that could not be made. */
const SPARE_BACKOFF: Backoff = /* @__PURE__ */ exponentialBackoff({
  baseDelayMs: 100,
  maxDelayMs: 5_000,
});

// Where a connection stands. The pool counts them by these numbers.
const IDLE = 0;
const LEASED = 1;
/** Made, released or being validated: in the pool's own hands. */
const CHECKED = 2;
const UNHEALTHY = 3;
const CLOSED = 4;

const STATUS_OF: readonly ConnectionStatus[] = [
  ConnectionStatus.IDLE,
  ConnectionStatus.IN_USE,
  ConnectionStatus.IN_USE,
  ConnectionStatus.UNHEALTHY,
  ConnectionStatus.CLOSED,
];

/** A connection of a pool. */
class Member<T> {
  readonly id: number;
  readonly connection: T;
  /** How often the pool was emptied before it was asked for. */
  readonly generation: number;
  /** In ms since the epoch; all other times are monotonic. */
  readonly createdAt: number;
  readonly createdTick: number;
  readonly expiresTick: number;
  lastUsedTick: number;
  /** When it was last known to work. */
  provenTick: number;
  acquiredTick = 0;
  place: number = CHECKED;
  /**
   * Counts who has had it, be it a caller or a check. Whoever notes its turn can
   * tell later whether the connection has gone into other hands.
   */
  turn = 0;
  useCount = 0;
  validationFailures = 0;
  /** The call that acquired it, where leaks are looked for. */
  acquiredBy: Error | undefined = undefined;
  /** When it counts as leaked; `Infinity` where it does not, or does already. */
  leakedTick = Infinity;
  /** The check that goes on. */
  check: FactoryCall<unknown> | undefined = undefined;

  constructor(
    id: number,
    connection: T,
    generation: number,
    createdAt: number,
    createdTick: number,
    lifetimeMs: number,
  ) {
    this.id = id;
    this.connection = connection;
    this.generation = generation;
    this.createdAt = createdAt;
    this.createdTick = createdTick;
    this.expiresTick = createdTick + lifetimeMs;
    this.lastUsedTick = createdTick;
    this.provenTick = createdTick;
  }

  toInfo(): ConnectionInfo<T> {
    const { id, connection, createdAt, useCount, validationFailures } = this;
    const origin = createdAt - this.createdTick;
    return {
      id,
      connection,
      status: STATUS_OF[this.place]!,
      createdAt,
      lastUsedAt: origin + this.lastUsedTick,
      expiresAt: origin + this.expiresTick,
      useCount,
      validationFailures,
      acquiredAt: this.place === LEASED
        ? origin + this.acquiredTick
        : undefined,
    };
  }
}

function usedLater(one: Member<unknown>, other: Member<unknown>): boolean {
  return one.lastUsedTick > other.lastUsedTick;
}

/** What a lease asks of its pool. */
interface LeaseOwner<T> {
  release(member: Member<T>): Promise<void>;
  destroy(member: Member<T>): Promise<void>;
}

const DONE: Promise<void> = /* @__PURE__ */ Promise.resolve();

class Lease<T> implements ConnectionPoolContext<T> {
  readonly #owner: LeaseOwner<T>;
  readonly #member: Member<T>;
  readonly #turn: number;
  /** What the first call of `release()` or `destroy()` gave. */
  #ended: Promise<void> | undefined = undefined;

  constructor(owner: LeaseOwner<T>, member: Member<T>) {
    this.#owner = owner;
    this.#member = member;
    this.#turn = member.turn;
  }

  get released(): boolean {
    return this.#turn !== this.#member.turn;
  }

  get connection(): T {
    const member = this.#member;
    if (this.#turn !== member.turn) {
      throw new PoolError("POOL_INVALID_STATE", {
        from: "released",
        to: ConnectionStatus.IN_USE,
      }, { details: { connectionId: member.id } });
    }
    return member.connection;
  }

  get info(): ConnectionInfo<T> {
    return this.#member.toInfo();
  }

  release(): Promise<void> {
    if (this.released) return this.#ended ?? DONE;
    return this.#ended = this.#owner.release(this.#member);
  }

  destroy(): Promise<void> {
    if (this.released) return this.#ended ?? DONE;
    return this.#ended = this.#owner.destroy(this.#member);
  }

  [Symbol.dispose](): void {
    void this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** V8 inlines construction through a constant better than through a class. */
const LeaseClass = Lease;

type Acquired<T> = Result<ConnectionPoolContext<T>, PoolAcquireError>;

/**
 * A pool of connections.
 *
 * Callers wait in one line, in strict order of arrival. Connections are made when
 * callers need them, and are bound to none: who falls out of the line leaves the
 * connection that is being made to the next. One timer serves all deadlines of
 * callers, another one all that happens to idle connections; the latter does not
 * keep the process alive.
 *
 * Measured (`bench/connection_pool_bench.ts`), with validation, lifetimes and
 * time limits on: 3 to 6 times as fast as generic-pool with time limits and 5 to
 * 13 times as fast as tarn where nobody waits; 2.3 to 6 and 4 to 12 times with a
 * thousand callers on ten connections.
 *
 * @typeParam T The connection.
 *
 * @example A pool for a service
 * ```ts
 * import { ConnectionPool } from "@groundwork/infra/connection-pool";
 * import { strictEqual } from "node:assert/strict";
 *
 * const failures: unknown[] = [];
 * const pool = new ConnectionPool({
 *   create: ({ signal }) => connect({ signal }),
 *   destroy: (socket) => socket.end(),
 *   validate: (socket) => socket.isOpen,
 * }, {
 *   max: 10,
 *   acquireTimeoutMs: 2_000,
 *   onEvent(event) {
 *     if ("error" in event) failures.push(event.error);
 *   },
 * });
 *
 * const answer = await pool.use((socket) => socket.ask("PING"));
 * strictEqual(answer.unwrapOr("no connection"), "PONG");
 * await pool.close();
 * strictEqual(failures.length, 0);
 *
 * function connect(_options: { signal: AbortSignal }) {
 *   const ask = (_text: string) => Promise.resolve("PONG");
 *   return Promise.resolve({ isOpen: true, ask, end() {} });
 * }
 * ```
 */
export class ConnectionPool<T> implements AsyncDisposable {
  readonly #factory: ConnectionFactory<T>;
  readonly #options: AllOptions<T>;
  readonly #clock: Clock;
  readonly #isLifo: boolean;
  readonly #validates: boolean;
  readonly #detectsLeaks: boolean;
  readonly #onEvent: ((event: PoolEvent<T>) => void) | undefined;

  /** All that count: idle, in use, or on their way out. */
  readonly #members = new Set<Member<T>>();
  /** How many members stand at each place. */
  readonly #counts: number[] = [0, 0, 0, 0];
  /** The one that has not been used for longest comes first. */
  readonly #idle = new Deque<Member<T>>();
  readonly #line: WaitingLine<Acquired<T>>;
  readonly #creations = new Set<FactoryCall<T>>();
  /** How many are being destroyed that count no more, or never did. */
  #strays = 0;
  #created = 0;
  #generation = 0;

  /** What the last `create()` failed with; `undefined` since one succeeded. */
  #createError: ErrorOf<"POOL_CONNECTION_ERROR"> | undefined;
  /** How often `create()` has failed in a row. */
  #createFailures = 0;
  /** Set while spare connections have to wait. */
  #spareTimer: TimerHandle | undefined;
  readonly #housekeeping: Alarm;
  readonly #forgotten: FinalizationRegistry<Forgotten<T>> | undefined;
  readonly #owner: LeaseOwner<T> = {
    release: (member) => this.#release(member),
    destroy: (member) => this.#destroyLeased(member),
  };
  #isPumping = false;
  #closing: PromiseWithResolvers<void> | undefined;
  /** Takes back the timer and the listener of the drain, while there is one. */
  #stopDraining: (() => void) | undefined;

  /**
   * Makes a pool, which makes `minIdle` connections at once.
   *
   * @param factory Makes and ends connections.
   * @param options How many, how long, and who hears of it.
   * @throws {ValidationError} The factory lacks a method, or an option is not
   * valid.
   */
  constructor(
    factory: ConnectionFactory<T>,
    options: ConnectionPoolOptions<T>,
  ) {
    requireFactory(factory);
    this.#factory = factory;
    const all = requireOptions(options);
    this.#options = all;
    this.#clock = all.clock;
    this.#isLifo = all.order === PoolOrder.LIFO;
    this.#validates = factory.validate !== undefined;
    this.#detectsLeaks = all.leakThresholdMs !== Infinity;
    this.#onEvent = all.onEvent;
    this.#line = new WaitingLine<Acquired<T>>(this.#clock, {
      timedOut: (timeoutMs) =>
        this.#refuse(
          new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs }, {
            details: { ...this.stats },
            ...(this.#createError && { cause: this.#createError }),
          }),
        ),
      aborted: (reason) => this.#refuseCancelled(reason),
    });
    this.#housekeeping = new Alarm(this.#clock, () => this.#keepHouse(), true);
    this.#forgotten = this.#detectsLeaks
      ? new FinalizationRegistry((one) => this.#takeBack(one))
      : undefined;
    this.#pump();
  }

  /** What the pool has now. */
  get stats(): PoolStats {
    const counts = this.#counts;
    return {
      idle: counts[IDLE]!,
      inUse: counts[LEASED]! + counts[CHECKED]!,
      unhealthy: counts[UNHEALTHY]!,
      total: this.#members.size,
      creating: this.#creations.size,
      waiting: this.#line.size,
      max: this.#options.max,
    };
  }

  /**
   * What the pool knows of each of its connections, the oldest first.
   *
   * @returns A list of its own.
   *
   * @example Which connections are in use
   * ```ts
   * import { ConnectionPool } from "@groundwork/infra/connection-pool";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 2 });
   * const lease = (await pool.acquire()).unwrap();
   * const seen = pool.connections().map(({ id, status }) => [id, status]);
   * deepStrictEqual(seen, [[1, "in_use"]]);
   * await lease.release();
   * await pool.close();
   * ```
   */
  connections(): readonly ConnectionInfo<T>[] {
    return Array.from(this.#members, (member) => member.toInfo());
  }

  /**
   * Lends out the idle connection that is next, unless it needs a validation or
   * somebody waits. It makes none.
   *
   * @returns The lease; `undefined` where there is none.
   *
   * @example Only if it costs no wait
   * ```ts
   * import { ConnectionPool } from "@groundwork/infra/connection-pool";
   * import { strictEqual } from "node:assert/strict";
   *
   * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 1 });
   * strictEqual(pool.tryAcquire(), undefined);
   * const lease = pool.tryAcquire() ?? (await pool.acquire()).unwrap();
   * strictEqual(lease.connection, "c");
   * await lease.release();
   * await pool.close();
   * ```
   */
  tryAcquire(): ConnectionPoolContext<T> | undefined {
    if (this.#line.size > 0) return undefined;
    return this.#takeIdle(this.#clock.monotonic());
  }

  /**
   * Lends out a connection, as soon as it is the caller's turn.
   *
   * @param options How long to wait.
   * @returns The lease; or the error, with the pool's counters in its `details`:
   * `POOL_ACQUIRE_TIMEOUT` (its cause is the last failure to make a connection,
   * where none has been made since), `POOL_CONNECTION_ERROR` (its cause is what
   * `create()` failed with), `POOL_EXHAUSTED` where too many wait,
   * `POOL_ACQUIRE_CANCELLED` (its cause is the signal's reason), `POOL_CLOSED`.
   * @throws {ValidationError} `timeoutMs` is not a number of 0 or more.
   *
   * @example A caller who gives up
   * ```ts
   * import { ConnectionPool } from "@groundwork/infra/connection-pool";
   * import { strictEqual } from "node:assert/strict";
   *
   * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 1 });
   * const lease = (await pool.acquire()).unwrap();
   *
   * const late = (await pool.acquire({ timeoutMs: 1 })).unwrapErr();
   * strictEqual(late.message, "No connection became free within 1 ms");
   * strictEqual(late.details?.inUse, 1);
   * await lease.release();
   * await pool.close();
   * ```
   */
  acquire(
    options?: AcquireOptions,
  ): Promise<Result<ConnectionPoolContext<T>, PoolAcquireError>> {
    const timeoutMs = options?.timeoutMs === undefined
      ? this.#options.acquireTimeoutMs
      : requireDuration("timeoutMs", options.timeoutMs);
    const signal = options?.signal;
    let refusal = this.#refusal(signal);
    if (refusal !== undefined) return Promise.resolve(refusal);
    const now = this.#clock.monotonic();
    if (this.#line.size === 0) {
      const lease = this.#takeIdle(now);
      if (lease !== undefined) return Promise.resolve(new Ok(lease));
      // Where that has destroyed some, `onEvent` may have closed the pool.
      refusal = this.#refusal(signal);
      if (refusal !== undefined) return Promise.resolve(refusal);
    }
    if (this.#isFull()) {
      const details = { ...this.stats };
      const error = new PoolError("POOL_EXHAUSTED", {}, { details });
      return Promise.resolve(this.#refuse(error));
    }
    const caller = this.#detectsLeaks ? new Error() : undefined;
    const acquired = this.#line.join(now, timeoutMs, caller, signal);
    this.#pump();
    return acquired;
  }

  /**
   * Lends out a connection for the time of a function, and takes it back however
   * the function ends.
   *
   * @typeParam R What the function returns.
   * @param work Gets the connection, and the lease, by which it can destroy one
   * that is broken.
   * @param options How long to wait for the connection.
   * @returns What the function returned, in an `Ok` unless it is a `Result`
   * itself; or why there was no connection.
   * @throws What the function throws, by rejecting.
   * @throws {ValidationError} As {@linkcode ConnectionPool.acquire} does, by
   * rejecting.
   *
   * @example A broken connection
   * ```ts
   * import { ConnectionPool } from "@groundwork/infra/connection-pool";
   * import { err } from "@groundwork/infra/result";
   * import { strictEqual } from "node:assert/strict";
   *
   * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 1 });
   * const rows = await pool.use((_connection, lease) => {
   *   void lease.destroy();
   *   return err("reset by peer");
   * });
   * strictEqual(rows.unwrapErr(), "reset by peer");
   * strictEqual(pool.stats.total, 0);
   * await pool.close();
   * ```
   */
  async use<R>(
    work: (connection: T, lease: ConnectionPoolContext<T>) => Awaitable<R>,
    options?: AcquireOptions,
  ): Promise<
    Result<
      OkOf<R> | Exclude<R, Result<unknown, unknown>>,
      ErrOf<R> | PoolAcquireError
    >
  > {
    const acquired = await this.acquire(options);
    if (!acquired.ok) return acquired;
    const lease = acquired.value;
    // It was taken back before its turn came: the pool is closed.
    if (lease.released) return this.#refuse(this.#closedError());
    try {
      return asResult(await work(lease.connection, lease)) as Result<
        OkOf<R> | Exclude<R, Result<unknown, unknown>>,
        ErrOf<R>
      >;
    } finally {
      if (!lease.released) {
        const released = lease.release();
        if (released !== DONE) await released;
      }
    }
  }

  /**
   * Replaces all connections: those that are idle are destroyed at once, the
   * others when they come back. For credentials that have changed, or a server
   * that has moved.
   *
   * @example After a change of password
   * ```ts
   * import { ConnectionPool } from "@groundwork/infra/connection-pool";
   * import { strictEqual } from "node:assert/strict";
   *
   * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 1 });
   * const lease = (await pool.acquire()).unwrap();
   * pool.evict();
   * strictEqual(pool.stats.total, 1); // Nobody loses what is in use.
   * await lease.release();
   * strictEqual(pool.stats.total, 0);
   * await pool.close();
   * ```
   */
  evict(): void {
    this.#generation++;
    this.#keepHouse();
  }

  /**
   * Takes no more callers, refuses those who wait, destroys what is idle, lets
   * those who have connections finish for a while, and destroys the rest under
   * their hands.
   *
   * @param options How long they may take.
   * @returns A promise that resolves when nothing is left; each call returns the
   * same, and only the first one's options count. It takes `drainMs` and
   * `destroyTimeoutMs` at most. Who has a connection must not wait for it.
   * @throws {ValidationError} `drainMs` is not a number of 0 or more.
   *
   * @example At the end of a service
   * ```ts
   * import { ConnectionPool } from "@groundwork/infra/connection-pool";
   * import { strictEqual } from "node:assert/strict";
   *
   * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 1 });
   * const lease = (await pool.acquire()).unwrap();
   * const waiting = pool.acquire();
   * const closed = pool.close({ drainMs: 1_000 });
   * strictEqual((await waiting).unwrapErr().code, "POOL_CLOSED");
   * await lease.release();
   * await closed;
   * strictEqual(pool.stats.total, 0);
   * ```
   */
  close(options: PoolCloseOptions = {}): Promise<void> {
    const { drainMs = 30_000, signal } = options;
    requireDuration("drainMs", drainMs);
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers();
      this.#close(drainMs, signal);
    }
    return this.#closing.promise;
  }

  /** The same as {@linkcode ConnectionPool.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- Callers

  /** Whether nobody else may wait. */
  #isFull(): boolean {
    const { max, maxWaiting } = this.#options;
    const counts = this.#counts;
    const available = max - counts[LEASED]! - counts[UNHEALTHY]!;
    return this.#line.size >= maxWaiting + available;
  }

  /** Lends out an idle connection that needs no validation. */
  #takeIdle(now: number): Lease<T> | undefined {
    for (;;) {
      const member = this.#nextIdle();
      if (member === undefined) return undefined;
      const reason = this.#reasonToRetire(member, now);
      if (reason === undefined) {
        if (this.#needsValidation(member, now)) return undefined;
        this.#dropNextIdle();
        const caller = this.#detectsLeaks ? new Error() : undefined;
        const lease = this.#lend(member, now, now, caller);
        if (this.#options.minIdle > 0) this.#pump();
        return lease;
      }
      this.#dropNextIdle();
      this.#retire(member, reason);
    }
  }

  #lend(
    member: Member<T>,
    now: number,
    since: number,
    caller: Error | undefined,
  ): Lease<T> {
    this.#move(member, LEASED);
    member.useCount++;
    member.acquiredTick = now;
    const lease = new LeaseClass(this.#owner, member);
    if (caller !== undefined) this.#watch(lease, member, caller, now);
    if (this.#onEvent !== undefined) {
      this.#emit({
        type: "acquired",
        connection: member.toInfo(),
        waitedMs: now - since,
      });
    }
    return lease;
  }

  /** Why nobody gets a connection now, or this caller does not. */
  #refusal(signal: AbortSignal | undefined): Err<PoolAcquireError> | undefined {
    if (this.#closing !== undefined) return this.#refuse(this.#closedError());
    return signal?.aborted ? this.#refuseCancelled(signal.reason) : undefined;
  }

  #refuse(error: PoolAcquireError): Err<PoolAcquireError> {
    if (this.#onEvent !== undefined) this.#emit({ type: "refused", error });
    return new Err(error);
  }

  #refuseCancelled(reason: unknown): Err<PoolAcquireError> {
    const options = { cause: reason, details: { ...this.stats } };
    return this.#refuse(
      new PoolError("POOL_ACQUIRE_CANCELLED", {}, options),
    );
  }

  #closedError(): ErrorOf<"POOL_CLOSED"> {
    return new PoolError("POOL_CLOSED", {}, { details: { ...this.stats } });
  }

  #release(member: Member<T>): Promise<void> {
    const now = this.#clock.monotonic();
    if (!this.#takeOver(member, now)) return DONE;
    if (
      this.#factory.reset === undefined ||
      this.#reasonToRetire(member, now) !== undefined
    ) {
      this.#offer(member, now);
      return DONE;
    }
    return new Promise((resolve) => this.#reset(member, resolve));
  }

  #destroyLeased(member: Member<T>): Promise<void> {
    if (!this.#takeOver(member, this.#clock.monotonic())) return DONE;
    return new Promise((resolve) => this.#retire(member, "requested", resolve));
  }

  /** Takes a connection back; a listener may be faster in doing more with it. */
  #takeOver(member: Member<T>, now: number): boolean {
    const heldMs = now - member.acquiredTick;
    member.lastUsedTick = now;
    member.provenTick = now;
    this.#move(member, CHECKED);
    if (this.#onEvent === undefined) return true;
    const { turn } = member;
    this.#emit({ type: "released", connection: member.toInfo(), heldMs });
    return turn === member.turn;
  }

  // --- Supply and demand

  /**
   * Brings connections and callers together: lends out what is idle, has it
   * validated, or has connections made. It is called after each change that may
   * let something go on. A call from within, by a synchronous factory or a
   * listener, leaves all to the one that runs.
   */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#serveIdle() || this.#createOne()) { /* More may go on. */ }
    } finally {
      this.#isPumping = false;
    }
  }

  /** Does something with the next idle connection, where somebody waits. */
  #serveIdle(): boolean {
    if (this.#line.size === 0) return false;
    const member = this.#nextIdle();
    if (member === undefined) return false;
    const now = this.#clock.monotonic();
    if (
      this.#reasonToRetire(member, now) === undefined &&
      this.#needsValidation(member, now)
    ) {
      // Those that are being checked are as good as there.
      if (this.#line.size <= this.#counts[CHECKED]!) return false;
      this.#dropNextIdle();
      this.#validate(member);
    } else {
      this.#dropNextIdle();
      this.#offer(member, now);
    }
    return true;
  }

  #createOne(): boolean {
    if (this.#closing !== undefined) return false;
    const { max, minIdle } = this.#options;
    if (this.#members.size + this.#creations.size >= max) return false;
    const coming = this.#creations.size + this.#counts[CHECKED]!;
    const spare = this.#counts[IDLE]! + coming - this.#line.size;
    const isWanted = this.#line.size > coming ||
      spare < minIdle && this.#spareTimer === undefined;
    if (isWanted) this.#create();
    return isWanted;
  }

  /** Hands a connection to the one who has waited longest, or keeps it. */
  #offer(member: Member<T>, now: number): void {
    const reason = this.#reasonToRetire(member, now);
    if (reason !== undefined) return this.#retire(member, reason);
    const waiter = this.#line.next();
    if (waiter === undefined) return this.#keep(member, now);
    const caller = waiter.note as Error | undefined;
    waiter.settle(new Ok(this.#lend(member, now, waiter.since, caller)));
  }

  #keep(member: Member<T>, now: number): void {
    this.#move(member, IDLE);
    this.#idle.insert(member, usedLater);
    this.#housekeeping.ringBy(this.#dueTick(member), now);
    const { minIdle, idleTimeoutMs } = this.#options;
    if (this.#idle.size > minIdle) {
      const { lastUsedTick } = this.#idle.first!;
      this.#housekeeping.ringBy(lastUsedTick + idleTimeoutMs, now);
    }
  }

  #nextIdle(): Member<T> | undefined {
    return this.#isLifo ? this.#idle.last : this.#idle.first;
  }

  #dropNextIdle(): void {
    if (this.#isLifo) this.#idle.pop();
    else this.#idle.shift();
  }

  #needsValidation(member: Member<T>, now: number): boolean {
    return this.#validates &&
      now - member.provenTick >= this.#options.validateAfterIdleMs;
  }

  #reasonToRetire(member: Member<T>, now: number): DestroyReason | undefined {
    if (this.#closing !== undefined) return "closed";
    if (member.generation !== this.#generation) return "evicted";
    if (now >= member.expiresTick) return "expired";
    if (member.useCount >= this.#options.maxUses) return "max_uses";
    return undefined;
  }

  /** Whoever had it before has it no longer. */
  #move(member: Member<T>, place: number): void {
    member.turn++;
    member.acquiredBy = undefined;
    member.leakedTick = Infinity;
    this.#counts[member.place]!--;
    this.#counts[place]!++;
    member.place = place;
  }

  // --- What the factory does

  #create(): void {
    const generation = this.#generation;
    const startedTick = this.#clock.monotonic();
    const creation = new FactoryCall<T>({
      operation: "create",
      timeoutMs: this.#options.createTimeoutMs,
      clock: this.#clock,
      settled: (outcome) => {
        this.#creations.delete(creation);
        if (outcome.ok) this.#admit(outcome.value, generation, startedTick);
        else this.#createFailed(outcome.error);
        this.#pump();
        this.#endClosing();
      },
      late: (connection) => this.#discard(connection),
    });
    this.#creations.add(creation);
    creation.run((context) => this.#factory.create(context));
  }

  #admit(connection: T, generation: number, startedTick: number): void {
    this.#createError = undefined;
    this.#createFailures = 0;
    this.#stopSpareTimer();
    const now = this.#clock.monotonic();
    const member = this.#toMember(connection, generation, now);
    this.#members.add(member);
    this.#counts[CHECKED]!++;
    const { turn } = member;
    this.#emit({
      type: "created",
      connection: member.toInfo(),
      durationMs: now - startedTick,
    });
    if (turn === member.turn) this.#offer(member, now);
  }

  #toMember(connection: T, generation: number, now: number): Member<T> {
    const { maxLifetimeMs, maxLifetimeJitter, random } = this.#options;
    const id = ++this.#created;
    const lifetimeMs = maxLifetimeMs * (1 - random() * maxLifetimeJitter);
    const createdAt = this.#clock.now();
    return new Member(id, connection, generation, createdAt, now, lifetimeMs);
  }

  #createFailed(cause: unknown): void {
    const waiter = this.#line.next();
    const error = new PoolError(
      "POOL_CONNECTION_ERROR",
      { reason: reasonOf(cause) },
      { cause, details: { ...this.stats } },
    );
    this.#createError = error;
    this.#createFailures++;
    this.#delaySpares();
    this.#emit({ type: "create_failed", error });
    waiter?.settle(this.#refuse(error));
  }

  /** Spare connections wait longer with each failure; callers never do. */
  #delaySpares(): void {
    const { minIdle, random } = this.#options;
    if (minIdle === 0 || this.#closing !== undefined) return;
    this.#stopSpareTimer();
    this.#spareTimer = this.#clock.setTimer(
      () => {
        this.#spareTimer = undefined;
        this.#pump();
      },
      SPARE_BACKOFF(this.#createFailures, random),
      { background: true },
    );
  }

  #stopSpareTimer(): void {
    this.#spareTimer?.cancel();
    this.#spareTimer = undefined;
  }

  #validate(member: Member<T>): void {
    const { validateTimeoutMs } = this.#options;
    this.#check("validate", member, validateTimeoutMs, (outcome) => {
      const now = this.#clock.monotonic();
      if (outcome.ok && outcome.value === true) {
        member.provenTick = now;
        return this.#offer(member, now);
      }
      member.validationFailures++;
      const { turn } = member;
      this.#emit({
        type: "validation_failed",
        connection: member.toInfo(),
        error: new PoolError(
          "POOL_HEALTH_CHECK_FAILED",
          { connectionId: member.id },
          outcome.ok ? {} : { cause: outcome.error },
        ),
      });
      if (turn === member.turn) this.#retire(member, "unhealthy");
    });
  }

  #reset(member: Member<T>, done: () => void): void {
    this.#check("reset", member, this.#options.resetTimeoutMs, (outcome) => {
      if (outcome.ok) return this.#offer(member, this.#clock.monotonic());
      const { turn } = member;
      this.#emit({
        type: "reset_failed",
        connection: member.toInfo(),
        error: outcome.error,
      });
      if (turn === member.turn) this.#retire(member, "reset_failed");
    }, done);
  }

  /** Has the factory look at a connection that nobody may have meanwhile. */
  #check(
    operation: "validate" | "reset",
    member: Member<T>,
    timeoutMs: number,
    settled: (outcome: Result<unknown, unknown>) => void,
    done?: () => void,
  ): void {
    this.#move(member, CHECKED);
    const { turn } = member;
    const check = new FactoryCall<unknown>({
      operation,
      timeoutMs,
      clock: this.#clock,
      settled: (outcome) => {
        member.check = undefined;
        if (turn === member.turn) {
          if (this.#closing === undefined) settled(outcome);
          else this.#retire(member, "closed");
        }
        done?.();
      },
    });
    member.check = check;
    check.run((context) =>
      this.#factory[operation]!(member.connection, context)
    );
  }

  /** Destroys a connection; it counts until that has settled. */
  #retire(member: Member<T>, reason: DestroyReason, done?: () => void): void {
    this.#move(member, UNHEALTHY);
    member.check?.giveUp(this.#closedError());
    this.#destroy(member, reason, () => {
      this.#counts[UNHEALTHY]!--;
      this.#members.delete(member);
    }, done);
    this.#pump();
  }

  /** Destroys a connection that came too late to count. */
  #discard(connection: T): void {
    this.#strays++;
    const now = this.#clock.monotonic();
    const member = this.#toMember(connection, this.#generation, now);
    this.#destroy(member, "late", () => this.#strays--);
  }

  #destroy(
    member: Member<T>,
    reason: DestroyReason,
    forget: () => void,
    done?: () => void,
  ): void {
    const { connection } = member;
    const call = new FactoryCall<void>({
      operation: "destroy",
      timeoutMs: this.#options.destroyTimeoutMs,
      clock: this.#clock,
      settled: (outcome) => {
        member.place = CLOSED;
        forget();
        const info = member.toInfo();
        this.#emit(
          outcome.ok ? { type: "destroyed", connection: info, reason } : {
            type: "destroy_failed",
            connection: info,
            reason,
            error: outcome.error,
          },
        );
        done?.();
        this.#pump();
        this.#endClosing();
      },
    });
    call.run((context) => this.#factory.destroy(connection, context));
  }

  // --- Housekeeping

  /** When something is to be done about an idle connection. */
  #dueTick(member: Member<T>): number {
    return this.#validates
      ? Math.min(
        member.expiresTick,
        member.provenTick + this.#options.keepAliveMs,
      )
      : member.expiresTick;
  }

  /**
   * Lets go of what has been idle for too long or is to be replaced, validates
   * what is to be kept alive, and reports leaks.
   */
  #keepHouse(): void {
    const now = this.#clock.monotonic();
    const { minIdle, idleTimeoutMs } = this.#options;
    const leaving: [Member<T>, DestroyReason][] = [];
    const unproven: Member<T>[] = [];
    let spare = this.#idle.size - minIdle;
    let next = Infinity;
    this.#idle.retain((member) => {
      const idleTick = spare > 0
        ? member.lastUsedTick + idleTimeoutMs
        : Infinity;
      const reason = this.#reasonToRetire(member, now) ??
        (now >= idleTick ? "idle" : undefined);
      const dueTick = this.#dueTick(member);
      if (reason !== undefined) {
        spare--;
        leaving.push([member, reason]);
      } else if (now >= dueTick) {
        unproven.push(member);
        next = Math.min(next, idleTick);
      } else {
        next = Math.min(next, dueTick, idleTick);
        return true;
      }
      return false;
    });
    const leaked: Member<T>[] = [];
    for (const member of this.#detectsLeaks ? this.#members : []) {
      if (now >= member.leakedTick) leaked.push(member);
      else next = Math.min(next, member.leakedTick);
    }
    this.#housekeeping.ringBy(next, now);
    // Only now code of others is called.
    for (const [member, reason] of leaving) this.#retire(member, reason);
    for (const member of unproven) {
      const reason = this.#reasonToRetire(member, now);
      if (reason === undefined) this.#validate(member);
      else this.#retire(member, reason);
    }
    for (const member of leaked) {
      if (now >= member.leakedTick) this.#tellLeak(member, now, false);
    }
  }

  /** Makes a lease tell when it is held for too long, or forgotten. */
  #watch(
    lease: Lease<T>,
    member: Member<T>,
    caller: Error,
    now: number,
  ): void {
    member.acquiredBy = caller;
    member.leakedTick = now + this.#options.leakThresholdMs;
    this.#housekeeping.ringBy(member.leakedTick, now);
    this.#forgotten?.register(lease, { member, turn: member.turn });
  }

  #takeBack({ member, turn }: Forgotten<T>): void {
    if (turn !== member.turn) return;
    this.#tellLeak(member, this.#clock.monotonic(), true);
    if (turn === member.turn) this.#retire(member, "leaked");
  }

  #tellLeak(member: Member<T>, now: number, isCollected: boolean): void {
    member.leakedTick = Infinity;
    this.#emit({
      type: "leaked",
      connection: member.toInfo(),
      heldMs: now - member.acquiredTick,
      stack: member.acquiredBy?.stack ?? "",
      isCollected,
    });
  }

  // --- The end

  #close(drainMs: number, signal: AbortSignal | undefined): void {
    this.#emit({ type: "closing" });
    this.#stopSpareTimer();
    const onAbort = (): void => this.#endDrain();
    const timer = this.#clock.setTimer(onAbort, drainMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#stopDraining = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    };
    const error = this.#closedError();
    for (;;) {
      const waiter = this.#line.next();
      if (waiter === undefined) break;
      waiter.settle(this.#refuse(error));
    }
    for (const creation of this.#creations) creation.abort(error);
    for (const member of this.#members) member.check?.abort(error);
    this.#keepHouse(); // Nothing may stay idle any more.
    if (signal?.aborted) this.#endDrain();
    this.#endClosing();
  }

  /** Takes connections from those who have them, and waits for no new ones. */
  #endDrain(): void {
    for (const member of this.#members) {
      if (member.place === LEASED || member.place === CHECKED) {
        this.#retire(member, "closed");
      }
    }
    const error = this.#closedError();
    for (const creation of this.#creations) creation.giveUp(error);
  }

  #endClosing(): void {
    if (this.#stopDraining === undefined) return;
    const left = this.#members.size + this.#creations.size + this.#strays;
    if (left > 0) return;
    this.#stopDraining();
    this.#stopDraining = undefined;
    this.#housekeeping.cancel();
    this.#emit({ type: "closed" });
    this.#closing!.resolve();
  }

  #emit(event: PoolEvent<T>): void {
    if (this.#onEvent === undefined) return;
    try {
      this.#onEvent(event);
    } catch (thrown) {
      reportUnhandled(thrown);
    }
  }
}

/** Who had a lease that was collected as garbage. */
interface Forgotten<T> {
  readonly member: Member<T>;
  readonly turn: number;
}

const PoolOrder = { LIFO: "lifo", FIFO: "fifo" } as const;

function requireFactory(factory: ConnectionFactory<unknown>): void {
  requireOption(validateType("factory", factory, "object"), factory);
  for (const name of ["create", "destroy", "validate", "reset"] as const) {
    const method = factory[name];
    const isOptional = name === "validate" || name === "reset";
    if (isOptional && method === undefined) continue;
    requireOption(validateType(`factory.${name}`, method, "function"), method);
  }
}

function requireOptions<T>(options: ConnectionPoolOptions<T>): AllOptions<T> {
  requireOption(validateType("options", options, "object"), options);
  const {
    max,
    minIdle = 0,
    maxWaiting = 10_000,
    maxUses = Infinity,
    order = PoolOrder.LIFO,
    maxLifetimeJitter = 0.1,
    onEvent,
    clock = systemClock,
    random = systemRandom,
  } = options;
  requireWhole("max", max);
  requireOption(
    validateRange("minIdle", minIdle, { min: 0, max, integer: true }),
    minIdle,
  );
  requireOption(parseStatus(PoolOrder, order, "order"), order);
  requireOption(
    validateRange("maxLifetimeJitter", maxLifetimeJitter, { min: 0, max: 1 }),
    maxLifetimeJitter,
  );
  requireCallback("onEvent", onEvent);
  return {
    max,
    minIdle,
    maxWaiting: requireCount("maxWaiting", maxWaiting, 0),
    order,
    ...requireDurations(options),
    maxLifetimeJitter,
    maxUses: requireCount("maxUses", maxUses),
    onEvent,
    clock,
    random,
  };
}

/** Each duration with its default and the least that makes sense, in ms. */
const DURATIONS = {
  acquireTimeoutMs: [30_000, 0],
  createTimeoutMs: [30_000, 0],
  validateTimeoutMs: [5_000, 0],
  resetTimeoutMs: [5_000, 0],
  destroyTimeoutMs: [5_000, 0],
  validateAfterIdleMs: [500, 0],
  keepAliveMs: [Infinity, 1],
  idleTimeoutMs: [600_000, 0],
  maxLifetimeMs: [1_800_000, 1],
  leakThresholdMs: [Infinity, 1],
} as const;

function requireDurations(
  options: Pick<ConnectionPoolOptions<unknown>, keyof typeof DURATIONS>,
): Record<keyof typeof DURATIONS, number> {
  const checked = Object.entries(DURATIONS).map(([key, [fallback, min]]) => {
    const name = key as keyof typeof DURATIONS;
    const { [name]: durationMs = fallback } = options;
    return [name, requireDuration(name, durationMs, min)];
  });
  return Object.fromEntries(checked);
}
