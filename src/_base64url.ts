/**
 * Bytes as text for URLs, headers and file names.
 *
 * @module
 */

/**
 * Encodes bytes by the alphabet of RFC 4648, section 5, without padding.
 *
 * @param bytes The bytes; not so many that they do not fit on the stack.
 * @returns The text.
 */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
