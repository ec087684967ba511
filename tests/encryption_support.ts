/** What the tests of encryption and of key rings share. */

import {
  Cipher,
  EncryptedValue,
  type OpenError,
  type SealError,
} from "../src/encryption.ts";
import { type KeyInput, KeyRing } from "../src/key_ring.ts";
import type { Result } from "../src/result.ts";

/** Bytes that nobody else can change at the same time. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const MARKER = "hunter2-marker";

/** Keys whose bytes are all the same, so that rings can be made again. */
export function rawKey(fill: number): Bytes {
  return new Uint8Array(32).fill(fill);
}

export const K1: KeyInput = { id: "k1", key: rawKey(1) };
export const K2: KeyInput = { id: "k2", key: rawKey(2) };

export async function cipherOf(
  keys: readonly KeyInput[] = [K1],
  primary = "k1",
): Promise<Cipher> {
  return new Cipher(await KeyRing.create(keys, primary));
}

export function reasonOf<E extends SealError | OpenError>(
  result: Result<unknown, E>,
): E["details"]["reason"] {
  return result.unwrapErr().details.reason;
}

export function parse(text: string): EncryptedValue<unknown> {
  return EncryptedValue.parse(text).unwrap();
}

/** Reads a text and opens it. */
export async function openText(
  cipher: Cipher,
  text: string,
): Promise<Result<unknown, OpenError>> {
  const value = EncryptedValue.parse(text);
  return value.ok ? await cipher.open(value.value) : value;
}

/** What the encryption writes, put together by hand. */
export const byHand = {
  toText: (bytes: Uint8Array): string =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  toBytes: (text: string): Bytes =>
    Uint8Array.from(
      atob(text.replaceAll("-", "+").replaceAll("_", "/")),
      (unit) => unit.charCodeAt(0),
    ),
  additionalData: (...parts: readonly string[]): Bytes =>
    Uint8Array.from(parts.flatMap((part) => {
      const bytes = new TextEncoder().encode(part);
      const { length } = bytes;
      const head = [length >> 24, length >> 16, length >> 8, length];
      return [...head.map((byte) => byte & 255), ...bytes];
    })),
  importKey: (bytes: Bytes): Promise<CryptoKey> =>
    crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]),
};
