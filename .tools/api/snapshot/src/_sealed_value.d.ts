import { SecurityError } from "./errors.js";
import { type Result } from "./result.js";
export type SealFailure =
  | "invalid_value"
  | "invalid_context"
  | "key_exhausted"
  | "platform_failed";
export type OpenFailure =
  | "auth_failed"
  | "unknown_key"
  | "malformed"
  | "unsupported_version"
  | "invalid_context"
  | "invalid_value";
export type SealError = SecurityError<"SECURITY_ENCRYPTION_FAILED"> & {
  readonly details: {
    readonly reason: SealFailure;
  };
};
export type OpenError = SecurityError<"SECURITY_DECRYPTION_FAILED"> & {
  readonly details: {
    readonly reason: OpenFailure;
  };
};
export interface EncryptedValue<out T> {
  readonly keyId: string;
  readonly "~opensTo"?: T;
  toString(): string;
  toJSON(): string;
}
export interface EncryptedValueParser {
  parse<T = unknown>(text: string): Result<EncryptedValue<T>, OpenError>;
}
export declare const EncryptedValue: EncryptedValueParser;
