// The check sum at the end of zlib data (RFC 1950).

const MODULUS = 65_521;
/** The most bytes whose sums stay below 2^32 without a division. */
const RUN_BYTES = 5_552;

/** Goes on with the sum of the bytes before, which starts at 1. */
export function adler32(bytes: Uint8Array, before = 1): number {
  let a = before & 0xffff;
  let b = before >>> 16;
  for (let start = 0; start < bytes.length; start += RUN_BYTES) {
    const end = Math.min(start + RUN_BYTES, bytes.length);
    for (let i = start; i < end; i++) {
      a += bytes[i] as number;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b << 16 | a) >>> 0;
}
