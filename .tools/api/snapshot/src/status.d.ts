import { ValidationError } from "./errors.js";
import { type Result } from "./result.js";
export type StatusSet<S extends string = string> = Readonly<Record<string, S>>;
export declare const BaseStatus: {
  readonly PENDING: "pending";
  readonly ACTIVE: "active";
  readonly INACTIVE: "inactive";
  readonly COMPLETED: "completed";
  readonly FAILED: "failed";
};
export type BaseStatus =
  | "pending"
  | "active"
  | "inactive"
  | "completed"
  | "failed";
export declare const ConnectionStatus: {
  readonly CONNECTING: "connecting";
  readonly IDLE: "idle";
  readonly IN_USE: "in_use";
  readonly UNHEALTHY: "unhealthy";
  readonly CLOSED: "closed";
};
export type ConnectionStatus =
  | "connecting"
  | "idle"
  | "in_use"
  | "unhealthy"
  | "closed";
export declare const TaskStatus: {
  readonly PENDING: "pending";
  readonly SCHEDULED: "scheduled";
  readonly RUNNING: "running";
  readonly RETRYING: "retrying";
  readonly COMPLETED: "completed";
  readonly FAILED: "failed";
  readonly CANCELLED: "cancelled";
  readonly TIMED_OUT: "timed_out";
};
export type TaskStatus =
  | "pending"
  | "scheduled"
  | "running"
  | "retrying"
  | "completed"
  | "failed"
  | "cancelled"
  | "timed_out";
export declare const HealthStatus: {
  readonly HEALTHY: "healthy";
  readonly DEGRADED: "degraded";
  readonly UNHEALTHY: "unhealthy";
};
export type HealthStatus = "healthy" | "degraded" | "unhealthy";
export declare const CacheStatus: {
  readonly HIT: "hit";
  readonly MISS: "miss";
  readonly STALE: "stale";
  readonly EXPIRED: "expired";
};
export type CacheStatus = "hit" | "miss" | "stale" | "expired";
export declare const MessageStatus: {
  readonly PENDING: "pending";
  readonly PROCESSING: "processing";
  readonly ACKNOWLEDGED: "acknowledged";
  readonly RETRYING: "retrying";
  readonly DEAD_LETTERED: "dead_lettered";
};
export type MessageStatus =
  | "pending"
  | "processing"
  | "acknowledged"
  | "retrying"
  | "dead_lettered";
export declare const AuthStatus: {
  readonly AUTHENTICATED: "authenticated";
  readonly ANONYMOUS: "anonymous";
  readonly REJECTED: "rejected";
  readonly EXPIRED: "expired";
  readonly REVOKED: "revoked";
};
export type AuthStatus =
  | "authenticated"
  | "anonymous"
  | "rejected"
  | "expired"
  | "revoked";
export declare function isStatus<S extends string>(
  set: StatusSet<S>,
  value: unknown,
): value is S;
export declare function parseStatus<S extends string>(
  set: StatusSet<S>,
  value: unknown,
  field?: string,
): Result<S, ValidationError<"VALIDATION_NOT_A_MEMBER">>;
