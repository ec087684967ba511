/**
 * What sealing makes, its one text, and what can be wrong with it.
 *
 * The text is `v1.<key id>.<base64url(iv | ciphertext | tag)>`, with an IV of 96 and
 * a tag of 128 bits.
 *
 * @module
 */

import { fromBase64Url, toBase64Url } from "./_base64url.ts";
import * as Expectations from "./_expectations.ts";
import { SecurityError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { Err, Ok, type Result } from "./result.ts";

/** Bytes that nobody else can change at the same time. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** How many bytes an IV has: no other number works on all runtimes. */
export const IV_BYTES = 12;

const TAG_BYTES = 16;

/** What the id of a key looks like. */
export const KEY_ID: RegExp = /^[\w-]{1,64}$/;

/** What comes before the payload. */
const HEAD = /^v1\.([\w-]{1,64})\./;

/** Another version, whatever may follow; the digits are bounded, as they are told. */
const OTHER_VERSION = /^v([1-9]\d{0,3})\./;

/** Why sealing fails. */
export type SealFailure =
  /** The codec cannot write the value. */
  | "invalid_value"
  /** The context is no object of JSON values. */
  | "invalid_context"
  /** The key has sealed as often as it may. */
  | "key_exhausted"
  /** The platform refused. */
  | "platform_failed";

/** Why opening fails. */
export type OpenFailure =
  /** It has another key or another context, or was changed: which is not told. */
  | "auth_failed"
  /** The ring has no key of this id. */
  | "unknown_key"
  /** It is no sealed value. */
  | "malformed"
  /** It is one, by a later version of the format. */
  | "unsupported_version"
  /** The context is no object of JSON values. */
  | "invalid_context"
  /** It is authentic, and not a value of the kind that is wanted. */
  | "invalid_value";

/**
 * The error of what cannot be sealed. It tells nothing of the value.
 *
 * @example The reason, for programs
 * ```ts
 * import { Cipher, type SealError } from "@groundwork/infra/encryption";
 * import { generateKey, KeyRing } from "@groundwork/infra/key-ring";
 * import { strictEqual } from "node:assert/strict";
 *
 * const ring = await KeyRing.create([{ id: "k1", key: generateKey() }], "k1");
 * const sealed = await new Cipher(ring).seal(new Map([["a", 1]]));
 * const error: SealError = sealed.unwrapErr();
 * strictEqual(error.details.reason, "invalid_value");
 * ```
 */
export type SealError = SecurityError<"SECURITY_ENCRYPTION_FAILED"> & {
  readonly details: { readonly reason: SealFailure };
};

/**
 * The error of what cannot be opened. It tells nothing of key and value.
 *
 * @example The reason, for programs
 * ```ts
 * import { EncryptedValue, type OpenError } from "@groundwork/infra/encryption";
 * import { strictEqual } from "node:assert/strict";
 *
 * const error: OpenError = EncryptedValue.parse("v2.k1.AAAA").unwrapErr();
 * strictEqual(error.details.reason, "unsupported_version");
 * strictEqual(
 *   error.message,
 *   "Decryption failed: the version 2 is not supported",
 * );
 * ```
 */
export type OpenError = SecurityError<"SECURITY_DECRYPTION_FAILED"> & {
  readonly details: { readonly reason: OpenFailure };
};

/**
 * What sealing makes: ciphertext and the id of its key. It shows that and nothing
 * else, wherever it is printed. It never changes.
 *
 * @typeParam T What it opens to.
 *
 * @example In a row of a table
 * ```ts
 * import { Cipher, EncryptedValue } from "@groundwork/infra/encryption";
 * import { generateKey, KeyRing } from "@groundwork/infra/key-ring";
 * import { match, strictEqual } from "node:assert/strict";
 *
 * interface User {
 *   readonly name: string;
 *   readonly email: EncryptedValue<string>;
 * }
 * const ring = await KeyRing.create([{ id: "k1", key: generateKey() }], "k1");
 * const email = (await new Cipher(ring).seal("ada@example.com")).unwrap();
 * const user: User = { name: "ada", email };
 *
 * match(JSON.stringify(user), /^{"name":"ada","email":"v1\.k1\.[\w-]{60}"}$/);
 * strictEqual(user.email.keyId, "k1");
 * ```
 */
export interface EncryptedValue<out T> {
  /** The id of its key. */
  readonly keyId: string;
  /** Never there: it only tells the compiler what it opens to. */
  readonly "~opensTo"?: T;

  /**
   * Its text.
   *
   * @returns What {@linkcode EncryptedValue.parse} reads.
   */
  toString(): string;

  /**
   * Its text, for JSON.
   *
   * @returns The same.
   */
  toJSON(): string;
}

/** What reads the text of an encrypted value. */
export interface EncryptedValueParser {
  /**
   * Reads the text of a value. Only what sealing writes is read: a value has one
   * text. Whether it is authentic is seen when it is opened.
   *
   * @typeParam T What it opens to, as the caller knows; see `parse` of
   * {@linkcode OpenOptions} for how to be sure.
   * @param text The text.
   * @returns The value; or why it is none (`malformed`, `unsupported_version`).
   *
   * @example From a database
   * ```ts
   * import { EncryptedValue } from "@groundwork/infra/encryption";
   * import { strictEqual } from "node:assert/strict";
   *
   * const text = "v1.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
   * const value = EncryptedValue.parse<string>(text).unwrap();
   * strictEqual(value.keyId, "k1");
   * strictEqual(`${value}`, text);
   *
   * const error = EncryptedValue.parse(text + "=").unwrapErr();
   * strictEqual(error.details.reason, "malformed");
   * ```
   */
  parse<T = unknown>(text: string): Result<EncryptedValue<T>, OpenError>;
}

/** The reader of encrypted values. */
export const EncryptedValue: EncryptedValueParser = { parse: parseSealed };

/** An encrypted value of this format. */
export class SealedValue implements EncryptedValue<never> {
  readonly keyId: string;
  readonly #payload: Bytes;

  /**
   * Takes what was sealed.
   *
   * @param keyId The id of the key.
   * @param payload IV, ciphertext and tag.
   */
  constructor(keyId: string, payload: Bytes) {
    this.keyId = keyId;
    this.#payload = payload;
    Object.freeze(this);
  }

  /**
   * The payload of a value.
   *
   * @param value The value.
   * @returns IV, ciphertext and tag, which must not be changed.
   */
  static payloadOf(value: SealedValue): Bytes {
    return value.#payload;
  }

  /**
   * Its text.
   *
   * @returns The text.
   */
  toString(): string {
    return `v1.${this.keyId}.${toBase64Url(this.#payload)}`;
  }

  /**
   * Its text.
   *
   * @returns The text.
   */
  toJSON(): string {
    return this.toString();
  }
}

/**
 * Reads a text.
 *
 * @param text The text.
 * @returns The value, or why it is none.
 */
export function parseSealed(text: string): Result<SealedValue, OpenError> {
  const [head, keyId] = HEAD.exec(text) ?? [];
  if (head === undefined || keyId === undefined) {
    const [, version = "1"] = OTHER_VERSION.exec(text) ?? [];
    return version === "1"
      ? openFailed("malformed", Expectations.OPEN_MALFORMED)
      : openFailed("unsupported_version", Expectations.OPEN_VERSION, {
        version,
      });
  }
  const payload = fromBase64Url(text.slice(head.length));
  return payload === undefined || payload.length < IV_BYTES + TAG_BYTES
    ? openFailed("malformed", Expectations.OPEN_MALFORMED)
    : new Ok(new SealedValue(keyId, payload));
}

/**
 * What is authenticated with a ciphertext: version, key id and context, each after
 * its length in four bytes, so that no two lists of them look the same.
 *
 * @param keyId The id of the key.
 * @param context The context as text.
 * @returns The bytes.
 */
export function additionalData(keyId: string, context: string): Bytes {
  // Units below 128 are bytes: a key id has 64 characters at most.
  const idLength = String.fromCharCode(keyId.length);
  const head = `\0\0\0\x02v1\0\0\0${idLength}${keyId}\0\0\0\0`;
  const bytes = new TextEncoder().encode(head + context);
  new DataView(bytes.buffer)
    .setUint32(head.length - 4, bytes.length - head.length);
  return bytes;
}

/** What else is to be told of a failed seal. */
export interface SealFailureOptions {
  /** What stands in the text. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** What the platform threw. */
  readonly cause?: unknown;
}

/**
 * Makes the error of a failed seal.
 *
 * @param reason Why, for programs.
 * @param text Why, for people.
 * @param options What else is to be told.
 * @returns The error.
 */
export function sealFailed(
  reason: SealFailure,
  text: string,
  options: SealFailureOptions = {},
): Err<SealError> {
  const { params = {}, ...cause } = options;
  const error = new SecurityError(
    "SECURITY_ENCRYPTION_FAILED",
    { reason: fillPlaceholders(text, params) },
    { details: { reason }, ...cause },
  );
  return new Err(error as SealError);
}

/**
 * Makes the error of a failed opening. It never has a cause: what was thrown may
 * quote the value.
 *
 * @param reason Why, for programs.
 * @param text Why, for people.
 * @param params What stands in the text.
 * @returns The error.
 */
export function openFailed(
  reason: OpenFailure,
  text: string,
  params: Readonly<Record<string, string>> = {},
): Err<OpenError> {
  const error = new SecurityError(
    "SECURITY_DECRYPTION_FAILED",
    { reason: fillPlaceholders(text, params) },
    { details: { reason } },
  );
  return new Err(error as OpenError);
}
