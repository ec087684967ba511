/**
 * Stands in for `node:zlib` in browsers and workerd, for what tests compare with:
 * pako is a port of zlib. It has no brotli.
 *
 * @module
 */

import { deflate, deflateRaw, gzip, inflate, ungzip } from "npm:pako@3.0.3";
import { absent } from "./absent.ts";

export {
  deflate as deflateSync,
  deflateRaw as deflateRawSync,
  gzip as gzipSync,
  inflate as inflateSync,
  ungzip as gunzipSync,
};

/** The checksum of the data, which stands near the end of what gzip makes. */
export function crc32(data: Uint8Array): number {
  const packed = gzip(data);
  const end = packed.byteOffset + packed.length;
  return new DataView(packed.buffer, end - 8).getUint32(0, true);
}

/** There is none. */
export const brotliCompressSync: () => never = absent("brotliCompressSync");
/** There is none. */
export const brotliDecompressSync: () => never = absent("brotliDecompressSync");
/** Of what there is none. */
export const constants: Readonly<Record<string, number>> = {};
