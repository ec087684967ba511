/**
 * Bytes as text for URLs, headers and file names.
 *
 * @module
 */

const CHUNK = 8_192;

/**
 * Encodes bytes by the alphabet of RFC 4648, section 5, without padding.
 *
 * @param bytes The bytes.
 * @returns The text.
 */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  // As many at a time as surely fit on the stack.
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary)
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * Decodes what {@linkcode toBase64Url} has encoded, and nothing else: bytes have but
 * one text.
 *
 * @param text The text.
 * @returns The bytes; `undefined` where it has other characters, padding, or bits
 * that belong to no byte.
 */
export function fromBase64Url(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
  return toBase64Url(bytes) === text ? bytes : undefined;
}
