import { type AuditEntry, type AuditHead } from "./audit_store.js";
import { SecurityError } from "./errors.js";
import type { Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
import type { Secret } from "./secret.js";
export type AuditKey = Uint8Array | Secret<Uint8Array>;
export interface AuditCheckpoint extends AuditHead {
  readonly at: string;
  readonly sig?: string;
}
export type AuditSignatureCheck = (
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => Awaitable<boolean>;
export type AuditFault =
  | "malformed"
  | "seq"
  | "prev"
  | "hash"
  | "truncated"
  | "checkpoint"
  | "signature"
  | "unreadable";
export declare class AuditChainError
  extends SecurityError<"SECURITY_AUDIT_BROKEN"> {
  readonly index: number;
  readonly seq: number;
  readonly reason: AuditFault;
  constructor(
    reason: AuditFault,
    index: number,
    seq: number,
    options?: ErrorOptions,
  );
}
export interface VerifyChainOptions {
  readonly from?: AuditHead;
  readonly checkpoint?: AuditCheckpoint;
  readonly key?: AuditKey;
  readonly verify?: AuditSignatureCheck;
}
export declare function verifyChain(
  entries:
    | Iterable<AuditEntry<unknown, unknown>>
    | AsyncIterable<AuditEntry<unknown, unknown>>,
  options?: VerifyChainOptions,
): Promise<Result<AuditHead, AuditChainError>>;
