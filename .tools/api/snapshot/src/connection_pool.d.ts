import { type Clock, type RandomSource } from "./clock.js";
import type {
  ConnectionFactory,
  ConnectionInfo,
  ConnectionPoolContext,
  PoolAcquireError,
  PoolEvent,
  PoolStats,
} from "./connection.js";
import type { Awaitable, CloseOptions } from "./protocols.js";
import { type ErrOf, type OkOf, type Result } from "./result.js";
export type {
  ConnectionFactory,
  ConnectionInfo,
  ConnectionPoolContext,
  DestroyReason,
  FactoryContext,
  PoolAcquireError,
  PoolEvent,
  PoolStats,
} from "./connection.js";
export type { CloseOptions } from "./protocols.js";
export interface AcquireOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}
export interface PoolCloseOptions extends CloseOptions {
  readonly signal?: AbortSignal | undefined;
}
export interface ConnectionPoolOptions<T> {
  readonly max: number;
  readonly minIdle?: number;
  readonly maxWaiting?: number;
  readonly order?: "lifo" | "fifo";
  readonly acquireTimeoutMs?: number;
  readonly createTimeoutMs?: number;
  readonly validateTimeoutMs?: number;
  readonly resetTimeoutMs?: number;
  readonly destroyTimeoutMs?: number;
  readonly validateAfterIdleMs?: number;
  readonly keepAliveMs?: number;
  readonly idleTimeoutMs?: number;
  readonly maxLifetimeMs?: number;
  readonly maxLifetimeJitter?: number;
  readonly maxUses?: number;
  readonly leakThresholdMs?: number;
  readonly onEvent?: (event: PoolEvent<T>) => void;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}
export declare class ConnectionPool<T> implements AsyncDisposable {
  constructor(factory: ConnectionFactory<T>, options: ConnectionPoolOptions<T>);
  get stats(): PoolStats;
  connections(): readonly ConnectionInfo<T>[];
  tryAcquire(): ConnectionPoolContext<T> | undefined;
  acquire(
    options?: AcquireOptions,
  ): Promise<Result<ConnectionPoolContext<T>, PoolAcquireError>>;
  use<R>(
    work: (connection: T, lease: ConnectionPoolContext<T>) => Awaitable<R>,
    options?: AcquireOptions,
  ): Promise<
    Result<
      OkOf<R> | Exclude<R, Result<unknown, unknown>>,
      ErrOf<R> | PoolAcquireError
    >
  >;
  evict(): void;
  close(options?: PoolCloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
