import {
  type EncryptedValue,
  type OpenError,
  type SealError,
} from "./_sealed_value.js";
import { type ValueCodec } from "./_value_codecs.js";
import type { KeyRing } from "./key_ring.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
import { type StandardSchema } from "./validators.js";
export {
  EncryptedValue,
  type EncryptedValueParser,
  type OpenError,
  type OpenFailure,
  type SealError,
  type SealFailure,
} from "./_sealed_value.js";
export { timingSafeEqual } from "./_timing_safe_equal.js";
export { bytesCodec, jsonCodec, type ValueCodec } from "./_value_codecs.js";
export type AadContext = Readonly<
  Record<string, string | number | boolean | null>
>;
export interface SealOptions {
  readonly context?: AadContext | undefined;
}
export type ValueParser<T> =
  | StandardSchema<T>
  | ((value: unknown) => T | Result<T, unknown>);
export interface OpenOptions<T> extends SealOptions {
  readonly parse: ValueParser<T>;
}
export interface Encryptor<T> {
  seal(
    value: T,
    options?: SealOptions,
  ): Awaitable<Result<EncryptedValue<T>, SealError>>;
  open(
    value: EncryptedValue<T>,
    options?: SealOptions,
  ): Awaitable<Result<T, OpenError>>;
}
export declare function isEncryptor(
  value: unknown,
): value is Encryptor<unknown>;
export interface CipherOptions<TValue> {
  readonly codec?: ValueCodec<TValue>;
}
export declare class Cipher<TValue = unknown> implements Encryptor<TValue> {
  constructor(ring: KeyRing, options?: CipherOptions<TValue>);
  seal<T extends TValue>(
    value: T,
    options?: SealOptions,
  ): Promise<Result<EncryptedValue<T>, SealError>>;
  open<T extends TValue>(
    value: EncryptedValue<unknown>,
    options: OpenOptions<T>,
  ): Promise<Result<T, OpenError>>;
  open<T extends TValue>(
    value: EncryptedValue<T>,
    options?: SealOptions,
  ): Promise<Result<T, OpenError>>;
  needsRotation(value: EncryptedValue<unknown>): boolean;
  rotate<T extends TValue>(
    value: EncryptedValue<T>,
    options?: SealOptions,
  ): Promise<Result<EncryptedValue<T>, OpenError | SealError>>;
}
