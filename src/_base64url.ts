/**
 * Bytes as text for URLs, headers and file names.
 *
 * @module
 */

const ALPHABET =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The code unit of each digit. */
const UNITS: Uint8Array = /* @__PURE__ */ new TextEncoder().encode(ALPHABET);

/** What is no digit. */
const NONE = 64;

/** The digit of each byte of UTF-8. */
const DIGITS: Uint8Array = /* @__PURE__ */ Uint8Array.from(
  { length: 256 },
  (_, unit) => {
    const digit = UNITS.indexOf(unit);
    return digit < 0 ? NONE : digit;
  },
);

/** What newer runtimes bring with them (ECMAScript 2026); it is much faster. */
interface NativeBase64 {
  readonly fromBase64?: (
    text: string,
    options: { readonly alphabet: "base64url" },
  ) => Uint8Array<ArrayBuffer>;
  readonly prototype: {
    readonly toBase64?: (
      options: { readonly alphabet: "base64url"; readonly omitPadding: true },
    ) => string;
  };
}

/**
 * Encodes bytes by the alphabet of RFC 4648, section 5, without padding.
 *
 * @param bytes The bytes.
 * @returns The text.
 */
export function toBase64Url(bytes: Uint8Array): string {
  const { prototype } = Uint8Array as unknown as NativeBase64;
  return prototype.toBase64 === undefined
    ? encode(bytes)
    : prototype.toBase64.call(bytes, {
      alphabet: "base64url",
      omitPadding: true,
    });
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
  if (text.length % 4 === 1) return undefined;
  const bytes = decode(text);
  // White space and padding, which the runtime takes, stand for no bits.
  if (bytes?.length !== (text.length * 3) >> 2) return undefined;
  const rest = bytes.length % 3;
  return rest === 0 || text.endsWith(toBase64Url(bytes.subarray(-rest)))
    ? bytes
    : undefined;
}

function encode(bytes: Uint8Array): string {
  const { length } = bytes;
  // Of the last group, digits after the last one needed are written as well.
  const units = new Uint8Array(Math.ceil(length / 3) * 4);
  for (let i = 0, at = 0; i < length; i += 3) {
    const group = bytes[i]! << 16 | bytes[i + 1]! << 8 | bytes[i + 2]!;
    units[at++] = UNITS[group >> 18]!;
    units[at++] = UNITS[group >> 12 & 63]!;
    units[at++] = UNITS[group >> 6 & 63]!;
    units[at++] = UNITS[group & 63]!;
  }
  return new TextDecoder().decode(
    units.subarray(0, Math.ceil(length * 4 / 3)),
  );
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  const native = Uint8Array as unknown as NativeBase64;
  if (native.fromBase64 === undefined) return decodeByHand(text);
  try {
    return native.fromBase64(text, { alphabet: "base64url" });
  } catch {
    return undefined;
  }
}

function decodeByHand(text: string): Uint8Array<ArrayBuffer> | undefined {
  const units = new TextEncoder().encode(text);
  const bytes = new Uint8Array((units.length * 3) >> 2);
  let seen = 0;
  for (let i = 0, at = 0; i < units.length; i += 4) {
    const [first, second] = [DIGITS[units[i]!]!, DIGITS[units[i + 1]!]!];
    // What the last group lacks is written beyond the end, which does nothing.
    const third = i + 2 < units.length ? DIGITS[units[i + 2]!]! : 0;
    const fourth = i + 3 < units.length ? DIGITS[units[i + 3]!]! : 0;
    seen |= first | second | third | fourth;
    bytes[at++] = first << 2 | second >> 4;
    bytes[at++] = second << 4 | third >> 2;
    bytes[at++] = third << 6 | fourth;
  }
  return (seen & NONE) === 0 ? bytes : undefined;
}
