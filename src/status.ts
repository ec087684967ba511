/**
 * The states that things of this package can be in, as frozen sets of named
 * strings. Use the members, never loose literals: `TaskStatus.RUNNING`.
 *
 * When to use it: for states that are stored, sent or compared: members instead
 * of literals, guards at the border.
 *
 * When not: for states of your own domain; `as const` objects of the same shape
 * work with `isStatus` and `parseStatus` as well.
 *
 * - **Closed.** A guard knows the members alone, not what objects inherit; each
 *   value is its own JSON.
 *
 * Values are lower snake_case strings, so that they serialize as they are.
 *
 * @example Branch on a status, and read one from outside
 * ```ts
 * import { isStatus, parseStatus, TaskStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const status: TaskStatus = TaskStatus.TIMED_OUT;
 * strictEqual(JSON.stringify({ status }), '{"status":"timed_out"}');
 * strictEqual(isStatus(TaskStatus, "toString"), false);
 * strictEqual(parseStatus(TaskStatus, "running").unwrap(), TaskStatus.RUNNING);
 * ```
 *
 * @module
 */

import { ValidationError } from "./errors.ts";
import { Err, Ok, type Result } from "./result.ts";

/**
 * A set of statuses: names to values.
 *
 * @typeParam S The values.
 *
 * @example A set of your own
 * ```ts
 * import { parseStatus, type StatusSet } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const LinkStatus = {
 *   LIVE: "live",
 *   DISABLED: "disabled",
 * } as const satisfies StatusSet;
 *
 * const status: "live" | "disabled" = parseStatus(LinkStatus, "live").unwrap();
 * strictEqual(status, LinkStatus.LIVE);
 * ```
 */
export type StatusSet<S extends string = string> = Readonly<Record<string, S>>;

/**
 * The states anything can be in.
 *
 * @example A label for each state
 * ```ts
 * import { BaseStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const labels: Record<BaseStatus, string> = {
 *   [BaseStatus.PENDING]: "Soon",
 *   [BaseStatus.ACTIVE]: "At work",
 *   [BaseStatus.INACTIVE]: "Paused",
 *   [BaseStatus.COMPLETED]: "Done",
 *   [BaseStatus.FAILED]: "Failed",
 * };
 * strictEqual(labels.inactive, "Paused");
 * ```
 */
export const BaseStatus: {
  /** Not started yet. */
  readonly PENDING: "pending";
  /** At work. */
  readonly ACTIVE: "active";
  /** Set aside; may become active again. */
  readonly INACTIVE: "inactive";
  /** Ended well. */
  readonly COMPLETED: "completed";
  /** Ended badly. */
  readonly FAILED: "failed";
} = /* @__PURE__ */ Object.freeze(
  {
    PENDING: "pending",
    ACTIVE: "active",
    INACTIVE: "inactive",
    COMPLETED: "completed",
    FAILED: "failed",
  } as const,
);

/** A value of the set of the same name. */
export type BaseStatus =
  | "pending"
  | "active"
  | "inactive"
  | "completed"
  | "failed";

/**
 * The states of a pooled connection.
 *
 * @example How many connections are free
 * ```ts
 * import { ConnectionStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const connections: { status: ConnectionStatus }[] = [
 *   { status: ConnectionStatus.IDLE },
 *   { status: ConnectionStatus.IN_USE },
 * ];
 * const free = connections.filter((it) => it.status === ConnectionStatus.IDLE);
 * strictEqual(free.length, 1);
 * ```
 */
export const ConnectionStatus: {
  /** Being made. */
  readonly CONNECTING: "connecting";
  /** Free. */
  readonly IDLE: "idle";
  /** Lent out. */
  readonly IN_USE: "in_use";
  /** Failed its checks, or on its way out. */
  readonly UNHEALTHY: "unhealthy";
  /** Gone. */
  readonly CLOSED: "closed";
} = /* @__PURE__ */ Object.freeze(
  {
    CONNECTING: "connecting",
    IDLE: "idle",
    IN_USE: "in_use",
    UNHEALTHY: "unhealthy",
    CLOSED: "closed",
  } as const,
);

/** A value of the set of the same name. */
export type ConnectionStatus =
  | "connecting"
  | "idle"
  | "in_use"
  | "unhealthy"
  | "closed";

/**
 * The states of a task or a job.
 *
 * @example Whether a job can still change
 * ```ts
 * import { TaskStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const final: readonly TaskStatus[] = [
 *   TaskStatus.COMPLETED,
 *   TaskStatus.FAILED,
 *   TaskStatus.CANCELLED,
 *   TaskStatus.TIMED_OUT,
 * ];
 * strictEqual(final.includes(TaskStatus.RETRYING), false);
 * ```
 */
export const TaskStatus: {
  /** Waiting for its turn. */
  readonly PENDING: "pending";
  /** Waiting for its time. */
  readonly SCHEDULED: "scheduled";
  /** At work. */
  readonly RUNNING: "running";
  /** Failed, and waiting for its next attempt. */
  readonly RETRYING: "retrying";
  /** Ended with an output. */
  readonly COMPLETED: "completed";
  /** Ended with an error. */
  readonly FAILED: "failed";
  /** Ended because somebody said so. */
  readonly CANCELLED: "cancelled";
  /** Ended because its time was up. */
  readonly TIMED_OUT: "timed_out";
} = /* @__PURE__ */ Object.freeze(
  {
    PENDING: "pending",
    SCHEDULED: "scheduled",
    RUNNING: "running",
    RETRYING: "retrying",
    COMPLETED: "completed",
    FAILED: "failed",
    CANCELLED: "cancelled",
    TIMED_OUT: "timed_out",
  } as const,
);

/** A value of the set of the same name. */
export type TaskStatus =
  | "pending"
  | "scheduled"
  | "running"
  | "retrying"
  | "completed"
  | "failed"
  | "cancelled"
  | "timed_out";

/**
 * The health of a part or of the whole.
 *
 * @example The whole is as well as its worst part
 * ```ts
 * import { HealthStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const worstFirst = Object.values(HealthStatus).reverse();
 * const overall = (parts: readonly HealthStatus[]) =>
 *   worstFirst.find((status) => parts.includes(status)) ?? HealthStatus.HEALTHY;
 *
 * strictEqual(overall(["healthy", "degraded"]), HealthStatus.DEGRADED);
 * strictEqual(overall([]), HealthStatus.HEALTHY);
 * ```
 */
export const HealthStatus: {
  /** Does its work. */
  readonly HEALTHY: "healthy";
  /** Does its work, less well. */
  readonly DEGRADED: "degraded";
  /** Does not do its work. */
  readonly UNHEALTHY: "unhealthy";
} = /* @__PURE__ */ Object.freeze(
  {
    HEALTHY: "healthy",
    DEGRADED: "degraded",
    UNHEALTHY: "unhealthy",
  } as const,
);

/** A value of the set of the same name. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/**
 * What a look-up in a cache found.
 *
 * @example Tell a client how its answer was found
 * ```ts
 * import { CacheStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const header = (found: CacheStatus) =>
 *   found === CacheStatus.HIT || found === CacheStatus.STALE ? "hit" : "miss";
 *
 * strictEqual(header(CacheStatus.STALE), "hit");
 * strictEqual(header(CacheStatus.EXPIRED), "miss");
 * ```
 */
export const CacheStatus: {
  /** A live entry. */
  readonly HIT: "hit";
  /** Nothing. */
  readonly MISS: "miss";
  /** An entry past its time that may still be served. */
  readonly STALE: "stale";
  /** An entry past its time. */
  readonly EXPIRED: "expired";
} = /* @__PURE__ */ Object.freeze(
  { HIT: "hit", MISS: "miss", STALE: "stale", EXPIRED: "expired" } as const,
);

/** A value of the set of the same name. */
export type CacheStatus = "hit" | "miss" | "stale" | "expired";

/**
 * The states of a message in a broker.
 *
 * @example What a broker does next with a message
 * ```ts
 * import { MessageStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const afterFailure = (attempts: number): MessageStatus =>
 *   attempts < 3 ? MessageStatus.RETRYING : MessageStatus.DEAD_LETTERED;
 *
 * strictEqual(afterFailure(1), "retrying");
 * strictEqual(afterFailure(3), "dead_lettered");
 * ```
 */
export const MessageStatus: {
  /** Waiting for delivery. */
  readonly PENDING: "pending";
  /** With a handler. */
  readonly PROCESSING: "processing";
  /** Handled. */
  readonly ACKNOWLEDGED: "acknowledged";
  /** Failed, and waiting for its next delivery. */
  readonly RETRYING: "retrying";
  /** Given up and kept aside. */
  readonly DEAD_LETTERED: "dead_lettered";
} = /* @__PURE__ */ Object.freeze(
  {
    PENDING: "pending",
    PROCESSING: "processing",
    ACKNOWLEDGED: "acknowledged",
    RETRYING: "retrying",
    DEAD_LETTERED: "dead_lettered",
  } as const,
);

/** A value of the set of the same name. */
export type MessageStatus =
  | "pending"
  | "processing"
  | "acknowledged"
  | "retrying"
  | "dead_lettered";

/**
 * The states of an authentication.
 *
 * @example Whom a page may greet by name
 * ```ts
 * import { AuthStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * const greet = (status: AuthStatus, name: string) =>
 *   status === AuthStatus.AUTHENTICATED ? `Hello ${name}` : "Please log in";
 *
 * strictEqual(greet(AuthStatus.EXPIRED, "Ada"), "Please log in");
 * ```
 */
export const AuthStatus: {
  /** Proven. */
  readonly AUTHENTICATED: "authenticated";
  /** Not tried. */
  readonly ANONYMOUS: "anonymous";
  /** Tried and refused. */
  readonly REJECTED: "rejected";
  /** Was proven; its time is up. */
  readonly EXPIRED: "expired";
  /** Was proven; has been withdrawn. */
  readonly REVOKED: "revoked";
} = /* @__PURE__ */ Object.freeze(
  {
    AUTHENTICATED: "authenticated",
    ANONYMOUS: "anonymous",
    REJECTED: "rejected",
    EXPIRED: "expired",
    REVOKED: "revoked",
  } as const,
);

/** A value of the set of the same name. */
export type AuthStatus =
  | "authenticated"
  | "anonymous"
  | "rejected"
  | "expired"
  | "revoked";

/**
 * Whether a value is a member of a status set. Only the set's own values
 * count.
 *
 * @typeParam S The values of the set.
 * @param set The status set.
 * @param value What to look at.
 * @returns Whether it is a member.
 *
 * @example Narrow a string
 * ```ts
 * import { HealthStatus, isStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isStatus(HealthStatus, "degraded"), true);
 * strictEqual(isStatus(HealthStatus, "DEGRADED"), false);
 * ```
 */
export function isStatus<S extends string>(
  set: StatusSet<S>,
  value: unknown,
): value is S {
  return (Object.values(set) as unknown[]).includes(value);
}

/**
 * Reads a status from outside.
 *
 * @typeParam S The values of the set.
 * @param set The status set.
 * @param value What came in.
 * @param field How the error names it. Default: `"status"`.
 * @returns The status, or an error that names the field and the members.
 *
 * @example A stored status
 * ```ts
 * import { parseStatus, TaskStatus } from "@groundwork/infra/status";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(parseStatus(TaskStatus, "failed").unwrap(), TaskStatus.FAILED);
 * strictEqual(
 *   parseStatus(TaskStatus, "exploded", "job.status").unwrapErr().field,
 *   "job.status",
 * );
 * ```
 */
export function parseStatus<S extends string>(
  set: StatusSet<S>,
  value: unknown,
  field = "status",
): Result<S, ValidationError<"VALIDATION_NOT_A_MEMBER">> {
  if (isStatus(set, value)) return new Ok(value);
  const allowed = Object.values(set).join(", ");
  return new Err(
    new ValidationError("VALIDATION_NOT_A_MEMBER", { field, allowed }),
  );
}
