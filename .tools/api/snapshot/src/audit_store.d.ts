import { type ErrorOf } from "./errors.js";
import { type Awaitable, type DeepReadonly } from "./protocols.js";
import { type Result } from "./result.js";
export interface AuditActor {
  readonly id: string;
  readonly type?: string;
}
export type AuditOutcome = "success" | "failure" | "denied";
export type NoAuditContext = Record<string, never>;
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}
export declare const AUDIT_GENESIS: AuditHead;
export interface AuditEntry<TEvent, TContext = NoAuditContext> {
  readonly seq: number;
  readonly id: string;
  readonly at: string;
  readonly event: DeepReadonly<TEvent>;
  readonly actor: AuditActor;
  readonly resource: string;
  readonly outcome: AuditOutcome;
  readonly context: DeepReadonly<TContext>;
  readonly prev: string;
  readonly hash: string;
}
export interface AuditListOptions {
  readonly afterSeq?: number;
  readonly limit?: number;
}
export type AuditStoreError = ErrorOf<
  "DB_REPOSITORY_FULL" | "DB_CONNECTION_FAILED" | "DB_QUERY_FAILED"
>;
export interface AuditStore<TEvent = unknown, TContext = unknown> {
  head(): Awaitable<AuditEntry<TEvent, TContext> | undefined>;
  appendIf(
    entry: AuditEntry<TEvent, TContext>,
    expectedPrev: string,
  ): Awaitable<Result<boolean, AuditStoreError>>;
  list(
    options?: AuditListOptions,
  ): Awaitable<readonly AuditEntry<TEvent, TContext>[]>;
}
export declare function isAuditStore(value: unknown): value is AuditStore;
export interface InMemoryAuditStoreOptions {
  readonly maxEntries?: number;
}
export declare class InMemoryAuditStore<
  TEvent = unknown,
  TContext = NoAuditContext,
> implements AuditStore<TEvent, TContext> {
  constructor(options?: InMemoryAuditStoreOptions);
  head(): AuditEntry<TEvent, TContext> | undefined;
  appendIf(
    entry: AuditEntry<TEvent, TContext>,
    expectedPrev: string,
  ): Result<boolean, ErrorOf<"DB_REPOSITORY_FULL">>;
  list(options?: AuditListOptions): readonly AuditEntry<TEvent, TContext>[];
}
