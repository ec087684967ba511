import { type AuditInput, type AuditInputError } from "./_audit_draft.js";
import type { AuditCheckpoint, AuditKey } from "./audit_chain.js";
import {
  type AuditEntry,
  type AuditStore,
  type AuditStoreError,
  type InMemoryAuditStore,
  type NoAuditContext,
} from "./audit_store.js";
import { type Clock } from "./clock.js";
import { type ErrorOf } from "./errors.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
export type {
  AuditContextField,
  AuditInput,
  AuditInputError,
} from "./_audit_draft.js";
export type AuditAppendError =
  | AuditInputError
  | AuditStoreError
  | ErrorOf<"DB_TRANSACTION_FAILED" | "TASK_QUEUE_FULL">;
export type AuditAppendResult<TEvent, TContext = NoAuditContext> = Result<
  AuditEntry<TEvent, TContext>,
  AuditAppendError
>;
export interface AuditLogger<TEvent, TContext = NoAuditContext> {
  append(
    input: AuditInput<TEvent, TContext>,
  ): Awaitable<AuditAppendResult<TEvent, TContext>>;
}
export declare function isAuditLogger(
  value: unknown,
): value is AuditLogger<unknown>;
export type AuditSigner = (
  message: Uint8Array<ArrayBuffer>,
) => Awaitable<ArrayBuffer | Uint8Array>;
export type AuditCheckpointError = ErrorOf<
  "DB_QUERY_FAILED" | "SECURITY_SIGNING_FAILED"
>;
export type AuditAnswer<TStore extends AuditStore, T> = [
  Extract<ReturnType<TStore["head" | "appendIf"]>, PromiseLike<unknown>>,
] extends [
  never,
] ? T
  : Awaitable<T>;
export interface AuditLogOptions<TStore> {
  readonly store: TStore;
  readonly key?: AuditKey;
  readonly signer?: AuditSigner;
  readonly clock?: Clock;
  readonly newId?: () => string;
  readonly maxAttempts?: number;
  readonly maxWaiting?: number;
}
export declare class AuditLog<
  TEvent,
  TContext = NoAuditContext,
  TStore extends AuditStore<TEvent, TContext> = InMemoryAuditStore<
    TEvent,
    TContext
  >,
> implements AuditLogger<TEvent, TContext> {
  constructor(options: AuditLogOptions<TStore>);
  append(
    input: AuditInput<TEvent, TContext>,
  ): AuditAnswer<TStore, AuditAppendResult<TEvent, TContext>>;
  checkpoint(): Promise<Result<AuditCheckpoint, AuditCheckpointError>>;
}
