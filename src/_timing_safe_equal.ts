/**
 * A comparison that takes as long whatever differs.
 *
 * @module
 */

/**
 * Whether bytes are the same, without telling by the time it takes where they
 * differ: all of them are looked at. So nobody can find a secret byte by byte.
 * That they differ in length is told at once.
 *
 * Engines promise nothing of time. What the platform can compare itself it should:
 * `crypto.subtle.verify` checks a MAC.
 *
 * @param a Bytes.
 * @param b Other bytes.
 * @returns Whether they are as many, and the same.
 *
 * @example A token for a webhook
 * ```ts
 * import { timingSafeEqual } from "@groundwork/infra/encryption";
 * import { strictEqual } from "node:assert/strict";
 *
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const expected = bytes("5f2c9e0b");
 *
 * strictEqual(timingSafeEqual(bytes("5f2c9e0b"), expected), true);
 * strictEqual(timingSafeEqual(bytes("5f2c9e0c"), expected), false);
 * strictEqual(timingSafeEqual(bytes("5f2c"), expected), false);
 * ```
 */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
