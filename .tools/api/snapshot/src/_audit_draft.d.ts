import type {
  AuditActor,
  AuditOutcome,
  NoAuditContext,
} from "./audit_store.js";
import type { ErrorOf } from "./errors.js";
export type AuditContextField<TContext> = NoAuditContext extends TContext ? {
    readonly context?: TContext;
  }
  : {
    readonly context: TContext;
  };
export type AuditInput<TEvent, TContext = NoAuditContext> = {
  readonly event: TEvent;
  readonly actor: AuditActor;
  readonly resource: string;
  readonly outcome: AuditOutcome;
} & AuditContextField<TContext>;
export type AuditInputError = ErrorOf<
  | "VALIDATION_EMPTY_VALUE"
  | "VALIDATION_NOT_A_MEMBER"
  | "VALIDATION_TYPE_MISMATCH"
>;
