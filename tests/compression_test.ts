import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import * as zlib from "node:zlib";
import fc from "fast-check";
import {
  BrotliCompressor,
  type Bytes,
  type CompressionBackend,
  type Compressor,
  CompressorFactory,
  type CompressorOptions,
  type DecompressError,
  DeflateCompressor,
  GzipCompressor,
  IdentityCompressor,
  isCodingAvailable,
  isCompressor,
} from "../src/compression.ts";
import { CompressionError, ValidationError } from "../src/errors.ts";
import type { Result } from "../src/result.ts";
import {
  CountingSignal,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";
import { CODINGS, type Need, needs } from "./runtime_support.ts";

type Name = "gzip" | "deflate" | "br";

const MAKERS: Readonly<
  Record<Name, (options?: CompressorOptions) => Compressor>
> = {
  gzip: (options) => new GzipCompressor(options),
  deflate: (options) => new DeflateCompressor(options),
  br: (options) => new BrotliCompressor(options),
};
const NAMES = ["gzip", "deflate", "br"] as const;

/** What the runtime itself makes of encoded data, with nothing of ours. */
const REFEREES: Readonly<Record<Name, (data: Bytes) => Uint8Array>> = {
  gzip: (data) => zlib.gunzipSync(data),
  deflate: (data) => zlib.inflateSync(data),
  br: (data) => zlib.brotliDecompressSync(data),
};
const ENCODERS: Readonly<Record<Name, (data: Bytes) => Uint8Array>> = {
  gzip: (data) => zlib.gzipSync(data),
  deflate: (data) => zlib.deflateSync(data),
  br: (data) =>
    zlib.brotliCompressSync(data, {
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 },
    }),
};
const LEVELS: Readonly<Record<Name, readonly number[]>> = {
  gzip: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  deflate: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  br: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
};

interface Subject {
  readonly name: Name;
  readonly backend: CompressionBackend;
  readonly label: string;
  readonly compressor: Compressor;
  /** Web brotli has quality 11 on Node and Bun: 1 ms for nothing much. */
  readonly isSlow: boolean;
  /** Why its tests are left out. */
  readonly skip: string | false;
}

function needsOf(name: Name, backend: CompressionBackend): readonly Need[] {
  if (backend === "native") return ["zlib"];
  if (name !== "br") return [];
  return [backend === "web" ? "brotli of the web" : "brotli"];
}

const ALL_SUBJECTS: readonly Subject[] = NAMES.flatMap((name) =>
  (["auto", "native", "web"] as const).map((backend): Subject => {
    const { skip } = needs(...needsOf(name, backend));
    return {
      name,
      backend,
      label: `${name} by ${backend}`,
      compressor: skip ? new IdentityCompressor() : MAKERS[name]({ backend }),
      isSlow: name === "br" && backend === "web",
      skip,
    };
  })
);
const SUBJECTS = ALL_SUBJECTS.filter(({ skip }) => !skip);

const text = new TextEncoder();

function bytesOf(...values: number[]): Bytes {
  return Uint8Array.from(values);
}

function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Compares large data, for which assertions are too slow. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, i) => byte === other[i]);
}

/** JSON of about so many bytes, the same each time. */
function json(size: number): Bytes {
  const rows: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const row = JSON.stringify({
      id: i,
      name: `user ${i * 7919 % 10007}`,
      score: i * 2654435761 % 4294967296,
    });
    rows.push(row);
    length += row.length;
  }
  return text.encode(rows.join("\n")).slice(0, size);
}

/** Bytes that do not compress, the same each time. */
function noise(size: number): Bytes {
  const bytes = new Uint8Array(size);
  let state = 0x9e3779b9;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 300 }).map((s) => text.encode(s)),
  fc.tuple(fc.nat(255), fc.nat(3_000))
    .map(([byte, length]) => new Uint8Array(length).fill(byte)),
).map((bytes) => new Uint8Array(bytes) as Bytes);

/** Cuts that may give empty pieces. */
const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  maxLength: 12,
});

function split(data: Bytes, cuts: readonly number[]): Bytes[] {
  const ends = [0, ...cuts.map((cut) => Math.round(cut * data.length))]
    .sort((a, b) => a - b);
  return ends.map((start, i) => data.subarray(start, ends[i + 1]));
}

function pieces(data: Bytes, size: number): Bytes[] {
  const parts: Bytes[] = [];
  for (let i = 0; i < data.length; i += size) {
    parts.push(data.slice(i, i + size));
  }
  return parts;
}

async function through(
  { readable, writable }: TransformStream<Bytes, Bytes>,
  parts: readonly Bytes[],
): Promise<Bytes> {
  const seen = { bytes: 0 };
  return await counted({ readable, writable }, parts, seen);
}

async function counted(
  { readable, writable }: TransformStream<Bytes, Bytes>,
  parts: readonly Bytes[],
  seen: { bytes: number },
): Promise<Bytes> {
  const writer = writable.getWriter();
  const feeding = (async () => {
    for (const part of parts) await writer.write(part);
    await writer.close();
  })();
  feeding.catch(() => {});
  writer.closed.catch(() => {});
  const chunks: Bytes[] = [];
  const reader = readable.getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    seen.bytes += value.length;
    chunks.push(value);
  }
  await feeding;
  return concat(...chunks);
}

function codeOf(result: Result<Bytes, DecompressError>): string {
  return result.ok ? "ok" : result.error.code;
}

async function streamCode(
  compressor: Compressor,
  parts: readonly Bytes[],
  options?: { readonly maxOutputBytes?: number },
): Promise<string> {
  try {
    await through(compressor.decompressStream(options), parts);
    return "ok";
  } catch (thrown) {
    ok(CompressionError.is(thrown), String(thrown));
    strictEqual(thrown.params.coding, compressor.coding);
    return thrown.code;
  }
}

const CUT_SHORT = ["COMPRESSION_TRUNCATED", "COMPRESSION_CORRUPT"];

for (
  const { name, label, compressor, isSlow, backend, skip } of ALL_SUBJECTS
) {
  const sample = json(2_000);

  describe(`compression, ${label}`, { skip }, () => {
    it("P11 a) decompress(compress(x)) = x, h) and x stays as it is", async () => {
      await fc.assert(
        fc.asyncProperty(anyBytes, async (data) => {
          const before = data.slice();
          const encoded = await compressor.compress(data);
          const encodedBefore = encoded.slice();
          strictEqual(encoded.constructor, Uint8Array);
          strictEqual(encoded.byteLength, encoded.buffer.byteLength);
          deepStrictEqual(new Uint8Array(REFEREES[name](encoded)), before);
          const decoded = (await compressor.decompress(encoded)).unwrap();
          strictEqual(decoded.constructor, Uint8Array);
          strictEqual(decoded.byteLength, decoded.buffer.byteLength);
          deepStrictEqual(decoded, before);
          deepStrictEqual(data, before);
          deepStrictEqual(encoded, encodedBefore);
        }),
        { numRuns: RUNS },
      );
    });

    it("P11 a) holds for large data, and for parts of larger buffers", async () => {
      const size = isSlow ? 70_000 : 2_500_000;
      for (const data of [json(size), noise(size), new Uint8Array(size)]) {
        const encoded = await compressor.compress(data);
        const decoded = (await compressor.decompress(encoded)).unwrap();
        ok(isSame(new Uint8Array(decoded.buffer), data));
        const inner = concat(bytesOf(1, 2), encoded, bytesOf(3)).subarray(
          2,
          -1,
        );
        strictEqual((await compressor.decompress(inner)).unwrap().length, size);
        strictEqual((await compressor.decompress(inner)).ok, true);
      }
    });

    it("P11 b) a stream of any split is decoded by others", async () => {
      await fc.assert(
        fc.asyncProperty(anyBytes, anyCuts, async (data, cuts) => {
          const encoded = await through(
            compressor.compressStream(),
            split(data, cuts),
          );
          deepStrictEqual(new Uint8Array(REFEREES[name](encoded)), data);
          deepStrictEqual(
            (await compressor.decompress(encoded)).unwrap(),
            data,
          );
        }),
        { numRuns: RUNS },
      );
    });

    it("P11 c) a stream decodes what others made, in any split", async () => {
      await fc.assert(
        fc.asyncProperty(anyBytes, anyCuts, async (data, cuts) => {
          const encoded = new Uint8Array(ENCODERS[name](data));
          deepStrictEqual(
            await through(compressor.decompressStream(), split(encoded, cuts)),
            data,
          );
        }),
        { numRuns: RUNS },
      );
      const large = json(isSlow ? 70_000 : 1_000_000);
      const encoded = await through(compressor.compressStream(), [large]);
      for (const size of [1_000, 100_000]) {
        const decoded = await through(
          compressor.decompressStream(),
          pieces(encoded, size),
        );
        ok(isSame(decoded, large));
      }
    });

    it("P11 d) no strict prefix decodes", async () => {
      for (const data of [bytesOf(), bytesOf(7), sample, noise(300)]) {
        const encoded = await compressor.compress(data);
        for (let end = 0; end < encoded.length; end++) {
          const prefix = encoded.subarray(0, end);
          const code = codeOf(await compressor.decompress(prefix));
          ok(CUT_SHORT.includes(code), `${end} of ${encoded.length}: ${code}`);
        }
        const step = Math.ceil(encoded.length / 60);
        for (
          let back = 1;
          back <= encoded.length;
          back += back < 12 ? 1 : step
        ) {
          const prefix = encoded.subarray(0, encoded.length - back);
          const code = await streamCode(compressor, pieces(prefix, 50));
          ok(CUT_SHORT.includes(code), `${back} off, streamed: ${code}`);
        }
      }
    });

    it("P11 d) no strict prefix of large data decodes", async () => {
      const encoded = await compressor.compress(
        noise(isSlow ? 70_000 : 300_000),
      );
      for (const back of [1, 2, 3, 4, 5, 8, 9, 100, 30_000]) {
        const prefix = encoded.subarray(0, -back);
        const code = codeOf(await compressor.decompress(prefix));
        ok(CUT_SHORT.includes(code), `${back} off: ${code}`);
        const streamed = await streamCode(compressor, pieces(prefix, 20_000));
        ok(CUT_SHORT.includes(streamed), `${back} off, streamed: ${streamed}`);
      }
    });

    it("P11 e) nothing may follow", async () => {
      const tails = [
        bytesOf(0),
        new Uint8Array(100),
        bytesOf(9, 8, 7),
        noise(isSlow ? 2_000 : 70_000),
        bytesOf(0x1f, 0x8b),
        new Uint8Array(ENCODERS[name](sample)),
        new Uint8Array(ENCODERS[name](bytesOf())),
        new Uint8Array(ENCODERS[name](bytesOf(1))),
      ];
      for (const data of [bytesOf(), bytesOf(7), sample]) {
        const encoded = await compressor.compress(data);
        for (const tail of tails) {
          const longer = concat(encoded, tail);
          const code = codeOf(await compressor.decompress(longer));
          strictEqual(code, "COMPRESSION_TRAILING_DATA");
          for (const size of [1_000, encoded.length]) {
            const streamed = await streamCode(compressor, pieces(longer, size));
            // The web's decoders do not tell what is wrong.
            if (backend === "web") ok(streamed !== "ok");
            else strictEqual(streamed, code);
          }
        }
      }
      await fc.assert(
        fc.asyncProperty(
          anyBytes,
          fc.uint8Array({ minLength: 1, maxLength: 40 }),
          async (data, tail) => {
            const longer = concat(await compressor.compress(data), tail);
            strictEqual(
              codeOf(await compressor.decompress(longer)),
              "COMPRESSION_TRAILING_DATA",
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P11 f) a flipped bit is found, or does no harm", async () => {
      for (const data of [bytesOf(), json(200)]) {
        const encoded = await compressor.compress(data);
        for (let bit = 0; bit < encoded.length * 8; bit += isSlow ? 9 : 1) {
          const damaged = encoded.slice();
          damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ 1 << (bit & 7);
          const result = await compressor.decompress(damaged, {
            maxOutputBytes: 1_000_000,
          });
          // Brotli has no check sum.
          if (result.ok && name !== "br") deepStrictEqual(result.value, data);
          if (!result.ok) ok(CompressionError.is(result.error));
          if (bit % 16 === 0) await streamCode(compressor, [damaged]);
        }
      }
    });

    it("P11 g) the limit is exact", async () => {
      await fc.assert(
        fc.asyncProperty(anyBytes, async (data) => {
          const encoded = await compressor.compress(data);
          const exact = { maxOutputBytes: data.length };
          deepStrictEqual(
            (await compressor.decompress(encoded, exact)).unwrap(),
            data,
          );
          deepStrictEqual(
            await through(compressor.decompressStream(exact), [encoded]),
            data,
          );
          if (data.length === 0) return;
          const less = { maxOutputBytes: data.length - 1 };
          const code = codeOf(await compressor.decompress(encoded, less));
          strictEqual(code, "COMPRESSION_OUTPUT_LIMIT");
          strictEqual(await streamCode(compressor, [encoded], less), code);
        }),
        { numRuns: RUNS },
      );
    });

    it("P11 g) a bomb is not set off", async () => {
      const bomb = new Uint8Array(ENCODERS[name](new Uint8Array(20_000_000)));
      for (const limit of [0, 1_000, 1_000_000]) {
        const options = { maxOutputBytes: limit };
        const result = await withCounter(async (decoded) => {
          const one = await compressor.decompress(bomb, options);
          const seen = { bytes: 0 };
          const stream = compressor.decompressStream(options);
          await rejects(
            counted(stream, [bomb], seen),
            { code: "COMPRESSION_OUTPUT_LIMIT" },
          );
          ok(seen.bytes <= limit, `${seen.bytes} came out`);
          if (name !== "br") {
            ok(decoded.most <= limit + 65_536, `${decoded.most} were decoded`);
          }
          return one;
        });
        strictEqual(codeOf(result), "COMPRESSION_OUTPUT_LIMIT");
      }
    });

    it("P11 j) small pieces are as small when encoded", async () => {
      const data = json(isSlow ? 20_000 : 100_000);
      const whole = (await compressor.compress(data)).length;
      for (const size of [16, 1_000]) {
        const streamed = await through(
          compressor.compressStream(),
          pieces(data, size),
        );
        ok(
          streamed.length <= whole * 1.05 + 64,
          `${streamed.length} against ${whole}`,
        );
      }
    });

    it("compress() and decompress() reject with the reason of a signal", async () => {
      const reason = new TypeError("enough");
      const signal = AbortSignal.abort(reason);
      const encoded = await compressor.compress(sample);
      await rejects(
        async () => await compressor.compress(sample, { signal }),
        reason,
      );
      await rejects(
        async () => await compressor.decompress(encoded, { signal }),
        reason,
      );
      const large = noise(isSlow ? 20_000 : 400_000);
      const largeEncoded = await compressor.compress(large);
      for (
        const start of [
          (signal: AbortSignal) => compressor.compress(large, { signal }),
          (signal: AbortSignal) =>
            compressor.decompress(largeEncoded, { signal }),
        ]
      ) {
        const counting = new CountingSignal();
        const work = start(counting.asSignal());
        if (!(work instanceof Promise)) continue; // Done already.
        counting.abort(reason);
        await rejects(work as Promise<unknown>, reason);
        strictEqual(counting.listenerCount, 0);
        const calm = new CountingSignal();
        await start(calm.asSignal());
        strictEqual(calm.listenerCount, 0);
      }
    });

    it("a cancelled readable makes the writable fail", async () => {
      for (
        const { readable, writable } of [
          compressor.compressStream(),
          compressor.decompressStream(),
        ]
      ) {
        const writer = writable.getWriter();
        writer.closed.catch(() => {});
        const reason = new Error("gone");
        await readable.cancel(reason);
        await rejects(writer.write(noise(200_000)), reason);
        await rejects(writer.closed, reason);
      }
    });

    it("an aborted writable makes the readable fail", async () => {
      for (
        const { readable, writable } of [
          compressor.compressStream(),
          compressor.decompressStream(),
        ]
      ) {
        const reader = readable.getReader();
        const reading = reader.read();
        reading.catch(() => {});
        reader.closed.catch(() => {});
        const reason = new Error("gone");
        await writable.abort(reason);
        await rejects(reading, reason);
        await rejects(reader.closed, reason);
      }
    });

    it("a pending write ends when the reader goes away", async () => {
      const { readable, writable } = compressor.compressStream();
      const writer = writable.getWriter();
      writer.closed.catch(() => {});
      const data = noise(isSlow ? 20_000 : 200_000);
      const writing = (async () => {
        while (true) await writer.write(data);
      })();
      writing.catch(() => {});
      const reader = readable.getReader();
      await reader.read();
      const reason = new Error("gone");
      await reader.cancel(reason);
      await rejects(writing, reason);
    });

    it("bad data makes both ends of a stream fail alike", async () => {
      const { readable, writable } = compressor.decompressStream();
      const writer = writable.getWriter();
      const reader = readable.getReader();
      const closing = writer.closed;
      closing.catch(() => {});
      (async () => {
        while (true) await writer.write(new Uint8Array(1_000).fill(0xff));
      })().catch(() => {});
      const error = await reader.read().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      ok(CompressionError.is(error), String(error));
      strictEqual(error.params.coding, name);
      await rejects(closing, error);
    });

    it("a stream can be a part of a pipe", async () => {
      const source = new Blob([sample]).stream() as ReadableStream<Bytes>;
      const piped = source
        .pipeThrough(compressor.compressStream())
        .pipeThrough(compressor.decompressStream());
      deepStrictEqual(await new Response(piped).bytes(), sample);
    });

    it("decompress() refuses a limit that is none, at once", () => {
      const encoded = new Uint8Array(ENCODERS[name](sample));
      const wrong = [
        -1,
        0.5,
        NaN,
        Infinity,
        ...NOT_NUMBERS
          .map(([, value]) => value).filter((value) => value !== undefined),
      ];
      for (const maxOutputBytes of wrong as number[]) {
        throws(
          () => compressor.decompress(encoded, { maxOutputBytes }),
          ValidationError,
        );
        throws(
          () => compressor.decompressStream({ maxOutputBytes }),
          ValidationError,
        );
      }
    });
  });
}

/** Counts what the streams of the web decode while the body runs. */
async function withCounter<T>(
  body: (decoded: { most: number }) => Promise<T>,
): Promise<T> {
  const decoded = { most: 0 };
  const Original = globalThis.DecompressionStream;
  class Counting {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<BufferSource>;
    constructor(format: CompressionFormat) {
      let bytes = 0;
      const inner = new Original(format);
      this.writable = inner.writable;
      this.readable = inner.readable.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>(
          {
            transform(chunk, controller): void {
              bytes += chunk.length;
              decoded.most = Math.max(decoded.most, bytes);
              controller.enqueue(chunk);
            },
          },
          undefined,
          { highWaterMark: 0 },
        ),
      );
    }
  }
  Object.assign(globalThis, { DecompressionStream: Counting });
  try {
    return await body(decoded);
  } finally {
    Object.assign(globalThis, { DecompressionStream: Original });
  }
}

describe("compression, levels", () => {
  for (const name of NAMES) {
    for (const backend of ["auto", "native"] as const) {
      it(
        `P11 a) and b) hold for each level of ${name} by ${backend}`,
        needs("zlib"),
        async () => {
          const data = json(5_000);
          for (const level of LEVELS[name]) {
            const compressor = MAKERS[name]({ level, backend });
            const encoded = await compressor.compress(data);
            deepStrictEqual(new Uint8Array(REFEREES[name](encoded)), data);
            const streamed = await through(
              compressor.compressStream(),
              pieces(data, 700),
            );
            deepStrictEqual(new Uint8Array(REFEREES[name](streamed)), data);
          }
          const [first = 0] = LEVELS[name];
          const last = LEVELS[name].at(-1) ?? 0;
          const sizes = await Promise.all(
            [first, last].map(async (level) =>
              (await MAKERS[name]({ level, backend }).compress(data)).length
            ),
          );
          ok((sizes[1] ?? 0) < (sizes[0] ?? 0), String(sizes));
        },
      );
    }

    it(`${name} refuses a level or a backend that there is not`, () => {
      const top = LEVELS[name].at(-1) ?? 0;
      const wrong = [
        (LEVELS[name][0] ?? 0) - 1,
        top + 1,
        1.5,
        NaN,
        Infinity,
        ...NOT_NUMBERS.map(([, value]) => value)
          .filter((value) => value !== undefined),
      ];
      for (const level of wrong as number[]) {
        throws(() => MAKERS[name]({ level }), ValidationError);
      }
      throws(
        () => MAKERS[name]({ level: top + 1 }),
        new RegExp(`level must be between \\d and ${top}, received ${top + 1}`),
      );
      for (const backend of ["wasm", "", null, 1] as never[]) {
        throws(() => MAKERS[name]({ backend }), ValidationError);
      }
      if (isCodingAvailable(name, "web")) {
        throws(() => MAKERS[name]({ backend: "web", level: 3 }), /level/);
      }
    });
  }
});

describe("compression by the web", () => {
  it("takes one piece before somebody reads, also by streams that take all", async () => {
    const taken: number[] = [];
    class Greedy { // as the streams of workerd are
      readonly readable = new ReadableStream<Uint8Array>();
      readonly writable = new WritableStream<Uint8Array>({
        write(chunk): void {
          taken.push(chunk.length);
        },
      }, { size: () => 0 });
    }
    const gzip = new GzipCompressor({ backend: "web" });
    const { readable, writable } = withReplaced(
      globalThis,
      "CompressionStream",
      Greedy as unknown as typeof CompressionStream,
      () => gzip.compressStream(),
    );
    const writer = writable.getWriter();
    writer.write(new Uint8Array(300_000)).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    strictEqual(taken.length, 1);
    const reader = readable.getReader();
    const reading = reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    ok(taken.length > 1);
    await reader.cancel();
    await reading;
  });
});

describe("compression, other programs", () => {
  for (
    const [name, command] of [["gzip", "gzip"], ["br", "brotli"]] as const
  ) {
    const isThere = spawnSync(command, ["--version"]).status === 0;
    const { skip } = needs("other programs");
    it(
      `P11 b) ${command} -dc decodes what the ${name} streams make`,
      { skip: skip || (isThere ? false : `${command} is not installed`) },
      async () => {
        for (const { compressor } of SUBJECTS.filter((s) => s.name === name)) {
          for (const data of [bytesOf(), bytesOf(7), json(150_000)]) {
            const input = await through(
              compressor.compressStream(),
              split(data, [0, 0.1, 0.1, 0.9, 1]),
            );
            const { stdout, status } = spawnSync(command, ["-dc"], {
              input,
              maxBuffer: 2 ** 24,
            });
            strictEqual(status, 0);
            ok(isSame(stdout, data));
          }
        }
      },
    );
  }
});

describe("GzipCompressor", () => {
  it("decompress() reads the headers that others write", async () => {
    const data = json(500);
    const raw = zlib.deflateRawSync(data);
    const trailer = new Uint8Array(8);
    new DataView(trailer.buffer).setUint32(0, zlib.crc32(data), true);
    new DataView(trailer.buffer).setUint32(4, data.length, true);
    const fixed = (flags: number): Bytes =>
      bytesOf(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3);
    const extra = bytesOf(4, 0, 1, 2, 0, 0);
    const name = text.encode("a.json\0");
    const comment = text.encode("c\0");
    const summed = concat(fixed(2 | 8), name);
    const sum = zlib.crc32(summed) & 0xffff;
    const headers = [
      fixed(0),
      concat(fixed(1 | 8), name),
      concat(fixed(4), extra),
      concat(fixed(4 | 8 | 16), extra, name, comment),
      concat(summed, bytesOf(sum & 255, sum >> 8)),
    ];
    for (const { compressor } of SUBJECTS.filter((s) => s.name === "gzip")) {
      for (const header of headers) {
        const encoded = concat(header, raw, trailer);
        deepStrictEqual(
          (await compressor.decompress(encoded)).unwrap(),
          data,
        );
        for (const size of [1, 7]) {
          deepStrictEqual(
            await through(compressor.decompressStream(), pieces(encoded, size)),
            data,
          );
        }
        for (let end = 0; end < header.length; end++) {
          const code = codeOf(
            await compressor.decompress(encoded.subarray(0, end)),
          );
          ok(CUT_SHORT.includes(code), code);
        }
      }
      const wrongSum = concat(summed, bytesOf(sum + 1 & 255, sum >> 8));
      const code = codeOf(
        await compressor.decompress(concat(wrongSum, raw, trailer)),
      );
      if (compressor.coding !== "gzip") {
        strictEqual(code, "COMPRESSION_CORRUPT");
      }
    }
    strictEqual(
      codeOf(
        await new GzipCompressor().decompress(
          concat(summed, bytesOf(sum + 1 & 255, sum >> 8), raw, trailer),
        ),
      ),
      "COMPRESSION_CORRUPT",
    );
  });

  it("decompressStream() refuses a header without end", async () => {
    const gzip = new GzipCompressor();
    const endless = new Uint8Array(70_000).fill(0x61);
    endless.set([0x1f, 0x8b, 8, 8]);
    strictEqual(
      await streamCode(gzip, [...pieces(endless, 1_000), endless]),
      // The decoders of the web go on to the end.
      needs("zlib").skip ? "COMPRESSION_TRUNCATED" : "COMPRESSION_CORRUPT",
    );
  });

  it("tells what is wrong", async () => {
    const gzip = new GzipCompressor();
    const encoded = await gzip.compress(json(500));
    const broken = encoded.slice();
    broken[broken.length - 6] = (broken[broken.length - 6] ?? 0) ^ 1;
    for (
      const [data, code] of [
        [encoded.subarray(0, 5), "COMPRESSION_TRUNCATED"],
        [encoded.subarray(0, 100), "COMPRESSION_TRUNCATED"],
        [encoded.subarray(0, -1), "COMPRESSION_TRUNCATED"],
        [broken, "COMPRESSION_CORRUPT"],
        [text.encode("plain text"), "COMPRESSION_CORRUPT"],
      ] as const
    ) {
      strictEqual(codeOf(await gzip.decompress(data)), code);
      strictEqual(await streamCode(gzip, [data]), code);
    }
    const error = (await gzip.decompress(encoded.subarray(0, -1))).unwrapErr();
    strictEqual(error.message, "The gzip data ends too early");
  });

  it("gives small results at once", needs("zlib"), () => {
    const gzip = new GzipCompressor();
    const encoded = gzip.compress(json(1_000));
    ok(encoded instanceof Uint8Array);
    ok(!(gzip.decompress(encoded) instanceof Promise));
  });
});

describe("IdentityCompressor", () => {
  const identity = new IdentityCompressor();

  it("P11 i) is the identity", async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, anyCuts, async (data, cuts) => {
        const before = data.slice();
        strictEqual(await identity.compress(data), data);
        strictEqual((await identity.decompress(data)).unwrap(), data);
        for (
          const stream of [
            identity.compressStream(),
            identity.decompressStream({ maxOutputBytes: data.length }),
          ]
        ) deepStrictEqual(await through(stream, split(data, cuts)), before);
      }),
      { numRuns: RUNS },
    );
  });

  it("keeps to a limit and to a signal", async () => {
    const data = bytesOf(1, 2, 3);
    const less = { maxOutputBytes: 2 };
    const code = "COMPRESSION_OUTPUT_LIMIT";
    strictEqual(codeOf(await identity.decompress(data, less)), code);
    strictEqual(await streamCode(identity, [data], less), code);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await rejects(
      async () => await identity.compress(data, { signal }),
      reason,
    );
    await rejects(
      async () => await identity.decompress(data, { signal }),
      reason,
    );
  });
});

describe("isCompressor()", () => {
  it("tells compressors", () => {
    for (const { compressor } of SUBJECTS) ok(isCompressor(compressor));
    ok(isCompressor(new IdentityCompressor()));
    for (const [, value] of NOT_NUMBERS) {
      strictEqual(isCompressor(value), false);
    }
    const { coding: _, ...rest } = custom("x");
    strictEqual(isCompressor(rest), false);
    strictEqual(isCompressor({ ...custom("x"), compress: 1 }), false);
  });
});

function custom(coding: string): Compressor {
  const identity = new IdentityCompressor();
  return {
    coding,
    compress: (data, options) => identity.compress(data, options),
    decompress: (data, options) => identity.decompress(data, options),
    compressStream: () => identity.compressStream(),
    decompressStream: (options) => identity.decompressStream(options),
  };
}

describe("CompressorFactory", () => {
  it("has the runtime's codings, the preferred one first", () => {
    deepStrictEqual(new CompressorFactory().codings, CODINGS);
    for (const name of CODINGS) {
      strictEqual(new CompressorFactory().create(name).unwrap().coding, name);
    }
  });

  it("trap 8: a coding of one's own is as good as the others", () => {
    const zstd = custom("zstd");
    const factory = new CompressorFactory();
    strictEqual(factory.register(zstd), factory);
    deepStrictEqual(factory.codings, [...CODINGS, "zstd"]);
    strictEqual(factory.get("ZSTD"), zstd);
    strictEqual(factory.create("zstd").unwrap(), zstd);
    strictEqual(factory.unregister("Zstd"), true);
    strictEqual(factory.unregister("zstd"), false);
    strictEqual(factory.create("zstd").ok, false);
  });

  it("trap 8: registering a known coding replaces it, in its place", () => {
    for (const name of CODINGS) {
      const mine = custom(name.toUpperCase());
      const factory = new CompressorFactory().register(mine);
      strictEqual(factory.get(name), mine);
      strictEqual(factory.create(name).unwrap(), mine);
      deepStrictEqual(factory.codings, CODINGS);
      strictEqual(factory.unregister(name), true);
      strictEqual(factory.get(name), undefined);
      strictEqual(factory.codings.includes(name), false);
    }
  });

  it("trap 8: one registry does not know what is in another", () => {
    new CompressorFactory().register(custom("zstd")).unregister("gzip");
    deepStrictEqual(new CompressorFactory().codings, CODINGS);
  });

  it("takes its own list, in its order", () => {
    const mine = [custom("b"), custom("a")];
    const factory = new CompressorFactory({ compressors: mine });
    deepStrictEqual(factory.codings, ["b", "a"]);
    deepStrictEqual(new CompressorFactory({ compressors: [] }).codings, []);
  });

  it("codings is a copy", () => {
    const factory = new CompressorFactory();
    (factory.codings as string[]).length = 0;
    strictEqual(factory.codings.length, CODINGS.length);
  });

  it("get() takes any case, and x-gzip for gzip", () => {
    const factory = new CompressorFactory();
    for (const name of ["gzip", "GZIP", "x-gzip", "X-GZip"]) {
      strictEqual(factory.get(name)?.coding, "gzip");
    }
    const mine = custom("x-gzip");
    strictEqual(factory.register(mine).get("gzip"), mine);
  });

  it("create() says what it does not have", () => {
    for (const coding of ["zstd", "", "identity", "__proto__", "constructor"]) {
      const error = new CompressorFactory().create(coding).unwrapErr();
      strictEqual(error.code, "COMPRESSION_UNSUPPORTED");
      strictEqual(error.params.coding, coding);
    }
  });

  it("register() refuses what is no compressor, and no token", () => {
    const factory = new CompressorFactory();
    for (const [, value] of NOT_NUMBERS) {
      throws(() => factory.register(value as Compressor), ValidationError);
    }
    for (const coding of ["", "a b", "a,b", "ü", "a;q=1", "gzip\n"]) {
      throws(() => factory.register(custom(coding)), ValidationError);
    }
    deepStrictEqual(factory.codings, CODINGS);
  });
});
