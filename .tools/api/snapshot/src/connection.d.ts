import type { ErrorOf } from "./errors.js";
import { type Awaitable } from "./protocols.js";
import type { ConnectionStatus } from "./status.js";
export interface FactoryContext {
  readonly signal: AbortSignal;
}
export interface ConnectionFactory<T> {
  create(context: FactoryContext): Awaitable<T>;
  destroy(connection: T, context: FactoryContext): Awaitable<void>;
  validate?(connection: T, context: FactoryContext): Awaitable<boolean>;
  reset?(connection: T, context: FactoryContext): Awaitable<void>;
}
export declare function isConnectionFactory(
  value: unknown,
): value is ConnectionFactory<unknown>;
export type PoolAcquireError = ErrorOf<
  | "POOL_EXHAUSTED"
  | "POOL_ACQUIRE_TIMEOUT"
  | "POOL_ACQUIRE_CANCELLED"
  | "POOL_CONNECTION_ERROR"
  | "POOL_CLOSED"
>;
export interface PoolStats {
  readonly idle: number;
  readonly inUse: number;
  readonly unhealthy: number;
  readonly total: number;
  readonly creating: number;
  readonly waiting: number;
  readonly max: number;
}
export interface ConnectionInfo<T> {
  readonly id: number;
  readonly connection: T;
  readonly status: ConnectionStatus;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly useCount: number;
  readonly validationFailures: number;
  readonly acquiredAt: number | undefined;
}
export interface ConnectionPoolContext<T> extends AsyncDisposable, Disposable {
  readonly connection: T;
  readonly info: ConnectionInfo<T>;
  readonly released: boolean;
  release(): Promise<void>;
  destroy(): Promise<void>;
}
export type DestroyReason =
  | "expired"
  | "idle"
  | "max_uses"
  | "unhealthy"
  | "reset_failed"
  | "requested"
  | "evicted"
  | "leaked"
  | "late"
  | "closed";
export type PoolEvent<T> = {
  readonly type: "created";
  readonly connection: ConnectionInfo<T>;
  readonly durationMs: number;
} | {
  readonly type: "create_failed";
  readonly error: ErrorOf<"POOL_CONNECTION_ERROR">;
} | {
  readonly type: "acquired";
  readonly connection: ConnectionInfo<T>;
  readonly waitedMs: number;
} | {
  readonly type: "refused";
  readonly error: PoolAcquireError;
} | {
  readonly type: "released";
  readonly connection: ConnectionInfo<T>;
  readonly heldMs: number;
} | {
  readonly type: "validation_failed";
  readonly connection: ConnectionInfo<T>;
  readonly error: ErrorOf<"POOL_HEALTH_CHECK_FAILED">;
} | {
  readonly type: "reset_failed";
  readonly connection: ConnectionInfo<T>;
  readonly error: unknown;
} | {
  readonly type: "destroyed";
  readonly connection: ConnectionInfo<T>;
  readonly reason: DestroyReason;
} | {
  readonly type: "destroy_failed";
  readonly connection: ConnectionInfo<T>;
  readonly reason: DestroyReason;
  readonly error: unknown;
} | {
  readonly type: "leaked";
  readonly connection: ConnectionInfo<T>;
  readonly heldMs: number;
  readonly stack: string;
  readonly isCollected: boolean;
} | {
  readonly type: "closing";
} | {
  readonly type: "closed";
};
