/**
 * The compressors against the runtime's own zlib and against libraries that
 * bring their own. How to run it: see `harness.ts`.
 *
 * node:zlib is called synchronously with its defaults: it holds the event loop
 * up for as long as the data takes, and looks at none of what may follow them.
 *
 * @module
 */

import * as zlib from "node:zlib";
import * as fflate from "npm:fflate@0.8.3";
import * as pako from "npm:pako@3.0.3";
import {
  BrotliCompressor,
  type Bytes,
  GzipCompressor,
} from "../src/compression.ts";
import { bench, type Group } from "./harness.ts";

/** JSON as services answer with, of so many bytes. */
function json(size: number): Bytes {
  const rows: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const row = JSON.stringify({
      id: i,
      name: `user ${i * 7919 % 10007}`,
      email: `user${i * 31 % 997}@example.com`,
      score: i * 2654435761 % 4294967296,
    });
    rows.push(row);
    length += row.length + 1;
  }
  return new TextEncoder().encode(rows.join("\n")).slice(0, size);
}

/** Two inputs in turns: the work has to depend on the index. */
function pick(inputs: readonly Bytes[], i: number): Bytes {
  return inputs[i & 1] as Bytes;
}

function variants(size: number): readonly Bytes[] {
  const data = json(size);
  return [data, data.toReversed() as Bytes];
}

const gzip = new GzipCompressor();
const brotli = new BrotliCompressor();
const quality4 = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };

function gzipGroups(label: string, size: number): Group[] {
  const plain = variants(size);
  const encoded = plain.map((data) => new Uint8Array(zlib.gzipSync(data)));
  const limit = { maxOutputBytes: size };
  return [
    {
      name: `gzip compress ${label}`,
      // Trusts the floor to have looked: to decode each would take too long.
      check: (answer) => (answer as Bytes)[0] === 0x1f,
      ours: (i) => gzip.compress(pick(plain, i)),
      floor: (i) => zlib.gzipSync(pick(plain, i)),
      peers: {
        fflate: (i) => fflate.gzipSync(pick(plain, i)),
        pako: (i) => pako.gzip(pick(plain, i)),
      },
    },
    {
      name: `gzip decompress ${label}`,
      check: (answer) => (answer as Bytes).length === size,
      ours: (i) => {
        // A promise for the largest only: what is small is there at once.
        const result = gzip.decompress(pick(encoded, i), limit);
        return "then" in result
          ? result.then((settled) => settled.unwrap())
          : result.unwrap();
      },
      floor: (i) => zlib.gunzipSync(pick(encoded, i)),
      peers: {
        fflate: (i) => fflate.gunzipSync(pick(encoded, i)),
        pako: (i) => pako.ungzip(pick(encoded, i)),
      },
    },
  ];
}

const plain = variants(100_000);

const brotliGroup: Group = {
  name: "brotli compress 100 KB",
  check: (answer) => {
    const { length } = answer as Bytes;
    return length > 0 && length < 50_000;
  },
  ours: (i) => brotli.compress(pick(plain, i)),
  floor: (i) => zlib.brotliCompressSync(pick(plain, i), quality4),
  peers: {},
};

await bench(import.meta, "compression", [
  ...gzipGroups("1 KB", 1_000),
  ...gzipGroups("100 KB", 100_000),
  ...gzipGroups("10 MB", 10_000_000),
  brotliGroup,
]);
