/**
 * What is hashed and signed of an audit trail, byte for byte.
 *
 * @module
 */

import { toBase64Url } from "./_base64url.ts";
import * as Expectations from "./_expectations.ts";
import { invalidOption } from "./_options.ts";
import { hmacSha256, sha256 } from "./_sha256.ts";
import { fillPlaceholders } from "./messages.ts";
import { Secret } from "./secret.ts";

/** What a message comes to: its hash, or its code by a key. */
export type Digest = (message: Uint8Array) => Uint8Array<ArrayBuffer>;

/** A key need not be longer than a hash, and must not be shorter (RFC 2104). */
const MIN_KEY_BYTES = 32;

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/**
 * SHA-256; with a key, HMAC-SHA-256. The key is not kept.
 *
 * @param key The key.
 * @returns The function.
 * @throws {ValidationError} The key is not of bytes, or too short.
 */
export function digestOf(
  key: Uint8Array | Secret<Uint8Array> | undefined,
): Digest {
  if (key === undefined) return sha256;
  const given: unknown = key instanceof Secret ? key.reveal() : key;
  if (!(given instanceof Uint8Array) || given.length < MIN_KEY_BYTES) {
    const min = MIN_KEY_BYTES;
    const reason = fillPlaceholders(Expectations.KEY_BYTES, { min });
    // Nothing of what may be a secret.
    const received = given instanceof Uint8Array
      ? String(given.length)
      : typeof given;
    throw invalidOption("key", reason, received);
  }
  return hmacSha256(given);
}

/**
 * The hash of an entry.
 *
 * @param digest By what.
 * @param prev The hash of the one before.
 * @param text The entry without its hash, as canonical JSON.
 * @returns The hash, in the alphabet of URLs.
 */
export function hashOf(digest: Digest, prev: string, text: string): string {
  return toBase64Url(digest(encoder.encode(`audit.v1\0${prev}${text}`)));
}

/** What a checkpoint says. */
export interface CheckpointFields {
  /** The number of the last entry. */
  readonly seq: number;
  /** Its hash. */
  readonly hash: string;
  /** When it was made. */
  readonly at: string;
}

/**
 * What is signed of a checkpoint. It begins like no entry, since both may have
 * the same key.
 *
 * @param checkpoint What it says.
 * @returns The bytes.
 */
export function checkpointBytes(
  { seq, hash, at }: CheckpointFields,
): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify([seq, hash, at]);
  return encoder.encode(`audit.checkpoint.v1\0${text}`);
}
