/**
 * What a connection pool works with: the factory that makes its connections,
 * what it lends out, and what it tells.
 *
 * When to use it: to make a driver poolable: a factory creates, destroys, and
 * validates or resets as far as it can.
 *
 * When not: to use a pool; that is `ConnectionPool` alone, from the
 * module `connection-pool`.
 *
 * - **One way.** The pool calls the factory, never the other way round; it
 *   bounds each call in time, and takes what fails out of use.
 *
 * The protocol stands apart from the pool, so that a driver can offer a factory
 * without bringing a pool along.
 *
 * @example A factory for any pool
 * ```ts
 * import type { ConnectionFactory } from "@groundwork/infra/connection";
 * import { ConnectionPool } from "@groundwork/infra/connection-pool";
 * import { strictEqual } from "node:assert/strict";
 *
 * function channels(): ConnectionFactory<MessageChannel> {
 *   return {
 *     create: () => new MessageChannel(),
 *     destroy(channel) {
 *       channel.port1.close();
 *       channel.port2.close();
 *     },
 *   };
 * }
 * const pool = new ConnectionPool(channels(), { max: 2 });
 * strictEqual(pool.stats.max, 2);
 * await pool.close();
 * ```
 *
 * @module
 */

import type { ErrorOf } from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import type { ConnectionStatus } from "./status.ts";

/** What a factory's methods get besides the connection. */
export interface FactoryContext {
  /**
   * Aborts when nobody waits for the method any more: its time is up, or the
   * pool is closed.
   */
  readonly signal: AbortSignal;
}

/**
 * Makes connections and ends them. A method fails by throwing or rejecting; what
 * it failed with is the cause of the error that a caller gets, or is told in an
 * event.
 *
 * @typeParam T The connection.
 *
 * @example Validation and reset
 * ```ts
 * import {
 *   type ConnectionFactory,
 *   ConnectionPool,
 * } from "@groundwork/infra/connection-pool";
 * import { strictEqual } from "node:assert/strict";
 *
 * class Session {
 *   isOpen = true;
 *   inTransaction = false;
 * }
 * const factory: ConnectionFactory<Session> = {
 *   create: () => new Session(),
 *   destroy: (session) => void (session.isOpen = false),
 *   validate: (session) => session.isOpen,
 *   reset: (session) => void (session.inTransaction = false),
 * };
 * const pool = new ConnectionPool(factory, { max: 1 });
 * await pool.use((session) => void (session.inTransaction = true));
 * const next = await pool.use((session) => session.inTransaction);
 * strictEqual(next.unwrap(), false);
 * await pool.close();
 * ```
 */
export interface ConnectionFactory<T> {
  /**
   * Makes a connection.
   *
   * @param context Tells when to give up.
   * @returns The connection.
   */
  create(context: FactoryContext): Awaitable<T>;

  /**
   * Ends a connection. It is called once for each that was made, and the
   * connection counts until it has settled.
   *
   * @param connection The connection.
   * @param context Tells when nobody waits any more.
   */
  destroy(connection: T, context: FactoryContext): Awaitable<void>;

  /**
   * Tells whether a connection still works. It is called before one is lent out
   * that has not been used for `validateAfterIdleMs`, and every `keepAliveMs`
   * for one that is idle.
   *
   * @param connection The connection.
   * @param context Tells when to give up.
   * @returns `true` where it works; with anything else it is destroyed.
   */
  validate?(connection: T, context: FactoryContext): Awaitable<boolean>;

  /**
   * Makes a connection that was released ready for the next caller, as by a
   * rollback. Where it fails, the connection is destroyed.
   *
   * @param connection The connection.
   * @param context Tells when to give up.
   */
  reset?(connection: T, context: FactoryContext): Awaitable<void>;
}

/**
 * Tells whether a value looks like a {@linkcode ConnectionFactory}: by its
 * methods, not by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has `create()` and `destroy()`.
 *
 * @example A plugin
 * ```ts
 * import { isConnectionFactory } from "@groundwork/infra/connection";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isConnectionFactory({ create() {}, destroy() {} }), true);
 * strictEqual(isConnectionFactory({ create() {} }), false);
 * ```
 */
export function isConnectionFactory(
  value: unknown,
): value is ConnectionFactory<unknown> {
  return hasMethods(value, ["create", "destroy"]);
}

/** Why a pool gives no connection. */
export type PoolAcquireError = ErrorOf<
  | "POOL_EXHAUSTED"
  | "POOL_ACQUIRE_TIMEOUT"
  | "POOL_ACQUIRE_CANCELLED"
  | "POOL_CONNECTION_ERROR"
  | "POOL_CLOSED"
>;

/**
 * What a pool has at a moment. `idle + inUse + unhealthy` is `total`, and
 * `total + creating` never exceeds `max`.
 *
 * @example A gauge
 * ```ts
 * import { ConnectionPool, type PoolStats } from "@groundwork/infra/connection-pool";
 * import { strictEqual } from "node:assert/strict";
 *
 * const load = ({ inUse, max }: PoolStats) => inUse / max;
 * const pool = new ConnectionPool({ create: () => ({}), destroy() {} }, { max: 4 });
 * const lease = (await pool.acquire()).unwrap();
 * strictEqual(load(pool.stats), 0.25);
 * await lease.release();
 * await pool.close();
 * ```
 */
export interface PoolStats {
  /** Connections that are free. */
  readonly idle: number;
  /** Connections that are lent out, or are being validated or reset. */
  readonly inUse: number;
  /** Connections that are being destroyed. */
  readonly unhealthy: number;
  /** All connections there are. */
  readonly total: number;
  /** Connections that are being made. */
  readonly creating: number;
  /** Callers who wait. */
  readonly waiting: number;
  /** How many connections there may be. */
  readonly max: number;
}

/**
 * What a pool knows of a connection, at a moment.
 *
 * @typeParam T The connection.
 *
 * @example How old the connections are
 * ```ts
 * import {
 *   type ConnectionInfo,
 *   ConnectionPool,
 * } from "@groundwork/infra/connection-pool";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock();
 * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, {
 *   max: 1,
 *   clock,
 * });
 * await pool.use(() => clock.advance(250));
 * const ageOf = (info: ConnectionInfo<string>) => clock.now() - info.createdAt;
 * deepStrictEqual(pool.connections().map(ageOf), [250]);
 * await pool.close();
 * ```
 */
export interface ConnectionInfo<T> {
  /** Its number in this pool, from 1. */
  readonly id: number;
  /** The connection. */
  readonly connection: T;
  /** Where it stands. */
  readonly status: ConnectionStatus;
  /** When it was made, in ms since the epoch. */
  readonly createdAt: number;
  /** When it was released last, or made, in ms since the epoch. */
  readonly lastUsedAt: number;
  /** When its lifetime ends, in ms since the epoch; `Infinity` for never. */
  readonly expiresAt: number;
  /** How often it was lent out. */
  readonly useCount: number;
  /** How often it failed its validation; once is enough to destroy it. */
  readonly validationFailures: number;
  /** When it was lent out, in ms since the epoch, where it is now. */
  readonly acquiredAt: number | undefined;
}

/**
 * A connection that is lent out: give it back by `await using`, or by
 * `release()` in a `finally`.
 *
 * @typeParam T The connection.
 *
 * @example Back on every way out
 * ```ts
 * import { ConnectionPool } from "@groundwork/infra/connection-pool";
 * import { strictEqual } from "node:assert/strict";
 *
 * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, { max: 1 });
 * async function query(): Promise<string> {
 *   await using lease = (await pool.acquire()).unwrap();
 *   return `by ${lease.connection}`;
 * }
 * strictEqual(await query(), "by c");
 * strictEqual(pool.stats.idle, 1);
 * await pool.close();
 * ```
 */
export interface ConnectionPoolContext<T> extends AsyncDisposable, Disposable {
  /**
   * The connection.
   *
   * @throws {PoolError} `POOL_INVALID_STATE`: it has been given back, or the
   * pool was closed and has destroyed it.
   */
  readonly connection: T;
  /** What the pool knows of the connection, whoever has it now. */
  readonly info: ConnectionInfo<T>;
  /** Whether it has been given back, or taken back. */
  readonly released: boolean;

  /**
   * Gives the connection back. Only the first call counts.
   *
   * @returns A promise that resolves when the connection has been reset; it never
   * rejects. Where the factory has no `reset()`, or a synchronous one, the
   * connection is free when the call returns.
   */
  release(): Promise<void>;

  /**
   * Gives the connection back to be destroyed, as it is known to be broken.
   * Harmless once it has been given back.
   *
   * @returns A promise that resolves when it has been destroyed; it never
   * rejects.
   */
  destroy(): Promise<void>;
}

/** Why a connection was destroyed. */
export type DestroyReason =
  /** Its lifetime is over. */
  | "expired"
  /** It was idle for too long. */
  | "idle"
  /** It was lent out as often as it may be. */
  | "max_uses"
  /** It failed its validation. */
  | "unhealthy"
  /** It could not be reset. */
  | "reset_failed"
  /** Who had it asked for it. */
  | "requested"
  /** By the pool's `evict()`. */
  | "evicted"
  /** Who had it forgot about it. */
  | "leaked"
  /** It came after its time to be made was up. */
  | "late"
  /** The pool was closed. */
  | "closed";

/**
 * What happened in a pool.
 *
 * @typeParam T The connection.
 *
 * @example Find who keeps connections
 * ```ts
 * import { ConnectionPool, type PoolEvent } from "@groundwork/infra/connection-pool";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { match } from "node:assert/strict";
 *
 * const log: string[] = [];
 * function onEvent(event: PoolEvent<string>) {
 *   if (event.type === "leaked") log.push(`${event.heldMs} ms\n${event.stack}`);
 * }
 * const clock = new ManualClock();
 * const pool = new ConnectionPool({ create: () => "c", destroy() {} }, {
 *   max: 1,
 *   leakThresholdMs: 60_000,
 *   onEvent,
 *   clock,
 * });
 * const lease = pool.tryAcquire() ?? (await pool.acquire()).unwrap();
 * clock.advance(60_000);
 * match(log.join(), /^60000 ms/);
 * await lease.release();
 * await pool.close();
 * ```
 */
export type PoolEvent<T> =
  | {
    /** A connection was made. */
    readonly type: "created";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** How long it took, in ms. */
    readonly durationMs: number;
  }
  | {
    /** A connection could not be made. */
    readonly type: "create_failed";
    /** Why. */
    readonly error: ErrorOf<"POOL_CONNECTION_ERROR">;
  }
  | {
    /** A connection was lent out. */
    readonly type: "acquired";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** How long the caller has waited, in ms. */
    readonly waitedMs: number;
  }
  | {
    /** A caller goes without. */
    readonly type: "refused";
    /** Why. */
    readonly error: PoolAcquireError;
  }
  | {
    /** A connection was given back. */
    readonly type: "released";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** How long it was lent out, in ms. */
    readonly heldMs: number;
  }
  | {
    /** A connection failed its validation, or the validation failed. */
    readonly type: "validation_failed";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** Its cause is what `validate()` failed with, where it did. */
    readonly error: ErrorOf<"POOL_HEALTH_CHECK_FAILED">;
  }
  | {
    /** A connection could not be reset. */
    readonly type: "reset_failed";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** What `reset()` failed with. */
    readonly error: unknown;
  }
  | {
    /** A connection was destroyed. */
    readonly type: "destroyed";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** Why it was. */
    readonly reason: DestroyReason;
  }
  | {
    /** A connection was destroyed, but who knows: it counts no longer. */
    readonly type: "destroy_failed";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** Why it was to be destroyed. */
    readonly reason: DestroyReason;
    /** What `destroy()` failed with; `POOL_FACTORY_TIMEOUT` where it hangs. */
    readonly error: unknown;
  }
  | {
    /** A connection is lent out for longer than `leakThresholdMs`. */
    readonly type: "leaked";
    /** The connection. */
    readonly connection: ConnectionInfo<T>;
    /** How long it has been lent out, in ms. */
    readonly heldMs: number;
    /** The stack of the call that acquired it. */
    readonly stack: string;
    /**
     * Whether the lease has been collected as garbage: it can never be released,
     * so the connection is destroyed.
     */
    readonly isCollected: boolean;
  }
  | {
    /** The pool takes no more callers. */
    readonly type: "closing";
  }
  | {
    /** Nothing is left. */
    readonly type: "closed";
  };
