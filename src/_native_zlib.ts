// The runtime's own zlib, without an import: `node:zlib` as Node, Deno and Bun
// give it by `process.getBuiltinModule`. Browsers have none.

import {
  type Backend,
  type Bytes,
  type Coding,
  type Decoded,
  type Engine,
  failed,
  fault,
  type FaultCode,
  join,
  noop,
  Tail,
  untilAborted,
} from "./_codec.ts";
import { CompressionError } from "./errors.ts";
import { Ok } from "./result.ts";

interface ZlibOptions {
  readonly level?: number;
  readonly params?: Readonly<Record<number, number>>;
  readonly chunkSize?: number;
  readonly maxOutputLength?: number;
  readonly info?: boolean;
}

/** A Node stream that codes, as far as it is used here. */
interface ZlibStream extends AsyncIterable<Bytes> {
  readonly bytesWritten: number;
  write(chunk: Bytes, done: (error?: unknown) => void): void;
  end(done: (error?: unknown) => void): void;
  destroy(): void;
  on(event: "error", listener: (error: unknown) => void): void;
}

/** What the `info` option answers with. */
interface ZlibInfo {
  readonly buffer: Bytes;
  readonly engine: { readonly bytesWritten: number };
}

type Done<T> = (error: unknown, answer: T) => void;
type Sync<T> = (data: Bytes, options: ZlibOptions) => T;
type Async<T> = (data: Bytes, options: ZlibOptions, done: Done<T>) => void;

interface ZlibFunctions {
  readonly compressSync: Sync<Bytes>;
  readonly compress: Async<Bytes>;
  readonly createCompress: (options: ZlibOptions) => ZlibStream;
  readonly decompressSync: Sync<ZlibInfo>;
  readonly decompress: Async<ZlibInfo>;
  readonly createDecompress: (options: ZlibOptions) => ZlibStream;
  readonly crc32: (data: Bytes, before?: number) => number;
}

/**
 * Measured on Node 26: up to about 100 KB a hop to the thread pool costs more
 * than the work (8 to 13 times the work at 1 KB), and above it next to nothing.
 * The threshold covers responses of 100 KB; compressing one takes about 1 ms.
 */
const SYNC_COMPRESS_BYTES = 131_072;
/** Encoded bytes; what they may decode to is bounded by the output limit. */
const SYNC_DECOMPRESS_BYTES = 65_536;
/** Node's 16 KiB make large data 1.5 times slower, and more makes limits loose. */
const CHUNK_BYTES = 65_536;
const MIN_CHUNK_BYTES = 64;
/** zlib's own default. */
const SMALL_CHUNK_BYTES = 16_384;
const MAX_BUFFER_BYTES = 2 ** 31 - 1;
const BROTLI_QUALITY = 1;
const BROTLI_SIZE_HINT = 5;
/** Check sum and length, in 4 bytes each. */
const GZIP_TRAILER_BYTES = 8;
const MAX_GZIP_HEADER_BYTES = 65_536;

/** gzip is decoded as raw deflate: node:zlib would take several members. */
const NAMES: Readonly<Record<Coding, readonly [string, string]>> = {
  gzip: ["gzip", "inflateRaw"],
  deflate: ["deflate", "inflate"],
  br: ["brotliCompress", "brotliDecompress"],
};

const found: Map<Coding, ZlibFunctions | undefined> = /* @__PURE__ */ new Map();

function zlibFor(coding: Coding): ZlibFunctions | undefined {
  if (!found.has(coding)) found.set(coding, findZlib(coding));
  return found.get(coding);
}

function findZlib(coding: Coding): ZlibFunctions | undefined {
  const { process } = globalThis as {
    readonly process?: {
      readonly getBuiltinModule?: (id: string) => unknown;
    };
  };
  const zlib = process?.getBuiltinModule?.("node:zlib") as
    | Readonly<Record<string, unknown>>
    | undefined;
  if (zlib === undefined) return undefined;
  const [compress, decompress] = NAMES[coding];
  const functions = {
    compressSync: zlib[`${compress}Sync`],
    compress: zlib[compress],
    createCompress: zlib[creatorOf(compress)],
    decompressSync: zlib[`${decompress}Sync`],
    decompress: zlib[decompress],
    createDecompress: zlib[creatorOf(decompress)],
    crc32: zlib["crc32"],
  };
  const isComplete = Object.values(functions).every((one) =>
    typeof one === "function"
  );
  return isComplete ? functions as unknown as ZlibFunctions : undefined;
}

function creatorOf(name: string): string {
  return `create${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

let takesTruncatedBrotli: boolean | undefined;

/**
 * Whether the end of brotli data has to be found another way: Deno 2.9 takes
 * every prefix. A byte more tells: only what is complete leaves it unread.
 */
function needsSentinel(
  coding: Coding,
  zlib: ZlibFunctions,
): boolean {
  if (coding !== "br") return false;
  if (takesTruncatedBrotli === undefined) {
    try {
      zlib.decompressSync(new Uint8Array(0), { info: true });
      takesTruncatedBrotli = true;
    } catch {
      takesTruncatedBrotli = false;
    }
  }
  return takesTruncatedBrotli;
}

const SENTINEL: Bytes = /* @__PURE__ */ new Uint8Array(1);

/** Whether the runtime has its own zlib for the coding. */
export function hasNative(coding: Coding): boolean {
  return zlibFor(coding) !== undefined;
}

/** A coding by node:zlib, or `undefined` where there is none. */
export function nativeBackend(
  coding: Coding,
  level: number,
): Backend | undefined {
  const zlib = zlibFor(coding);
  if (zlib === undefined) return undefined;

  function compressOptions(size: number | undefined): ZlibOptions {
    const params: Record<number, number> = { [BROTLI_QUALITY]: level };
    if (size !== undefined) params[BROTLI_SIZE_HINT] = size;
    const options: ZlibOptions = coding === "br" ? { params } : { level };
    const isSmall = size !== undefined && size <= CHUNK_BYTES;
    return isSmall ? options : { ...options, chunkSize: CHUNK_BYTES };
  }

  return {
    compress(data, signal): Bytes | Promise<Bytes> {
      const options = compressOptions(data.length);
      if (data.length <= SYNC_COMPRESS_BYTES) {
        return own(zlib.compressSync(data, options));
      }
      const work = new Promise<Bytes>((resolve, reject) => {
        zlib.compress(data, options, (error, answer) => {
          if (error) reject(error);
          else resolve(own(answer));
        });
      });
      return untilAborted(work, signal);
    },

    decompress(data, limit, signal): Decoded | Promise<Decoded> {
      const start = coding === "gzip" ? gzipHeaderLength(data, zlib.crc32) : 0;
      if (typeof start === "string") return failed(start, coding);
      const payload = needsSentinel(coding, zlib)
        ? join([data, SENTINEL])
        : data.subarray(start);
      const options: ZlibOptions = {
        info: true,
        maxOutputLength: Math.min(Math.max(limit, 1), MAX_BUFFER_BYTES),
        chunkSize: chunkSizeFor(coding, data),
      };

      function finish({ buffer, engine }: ZlibInfo): Decoded {
        if (buffer.length > limit) {
          return failed("COMPRESSION_OUTPUT_LIMIT", coding);
        }
        const consumed = start as number + engine.bytesWritten;
        const code = judgeEnd(
          coding,
          data.length - consumed,
          coding !== "gzip" ||
            uint32At(data, consumed) === zlib?.crc32(buffer) &&
              uint32At(data, consumed + 4) === buffer.length >>> 0,
        );
        return code === undefined ? new Ok(own(buffer)) : failed(code, coding);
      }

      if (data.length <= SYNC_DECOMPRESS_BYTES) {
        try {
          return finish(zlib.decompressSync(payload, options));
        } catch (thrown) {
          return failed(codeOf(thrown), coding, thrown);
        }
      }
      const work = new Promise<ZlibInfo>((resolve, reject) => {
        zlib.decompress(payload, options, (error, answer) => {
          if (error) reject(error);
          else resolve(answer);
        });
      }).then(
        finish,
        (thrown) => failed(codeOf(thrown), coding, thrown),
      );
      return untilAborted(work, signal);
    },

    compressEngine: () =>
      new NativeEngine(zlib.createCompress(compressOptions(undefined))),
    // Piece by piece there is no telling where such brotli data ends.
    decompressEngine: (limit) =>
      needsSentinel(coding, zlib)
        ? undefined
        : new NativeDecoder(coding, zlib, limit),
  };
}

/**
 * gzip tells how long its content is. A chunk of that size makes 1 KB decode a
 * sixth faster on Node 26 than zlib's own 16 KiB.
 */
function chunkSizeFor(coding: Coding, data: Bytes): number {
  if (data.length > SYNC_DECOMPRESS_BYTES) return CHUNK_BYTES;
  const told = coding === "gzip" ? uint32At(data, data.length - 4) : undefined;
  // One more than needed, or zlib would ask for another chunk.
  return Math.min((told ?? CHUNK_BYTES) + MIN_CHUNK_BYTES, SMALL_CHUNK_BYTES);
}

/** What is wrong with the end of data that decoded well, if anything. */
function judgeEnd(
  coding: Coding,
  left: number,
  isSumRight: boolean,
): FaultCode | undefined {
  const expected = coding === "gzip" ? GZIP_TRAILER_BYTES : 0;
  // Less than nothing is left where the sentinel was read.
  if (left < expected) return "COMPRESSION_TRUNCATED";
  if (left > expected) return "COMPRESSION_TRAILING_DATA";
  return isSumRight ? undefined : "COMPRESSION_CORRUPT";
}

function uint32At(bytes: Bytes, i: number): number | undefined {
  const [a, b, c, d] = [bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]];
  return d === undefined
    ? undefined
    : (a! | b! << 8 | c! << 16 | d << 24) >>> 0;
}

/** zlib gives parts of a shared pool, which must not be handed on. */
function own(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength
    ? new Uint8Array(bytes.buffer)
    : new Uint8Array(bytes);
}

function codeOf(thrown: unknown): FaultCode {
  const code = String((thrown as { readonly code?: unknown } | null)?.code);
  switch (code) {
    case "ERR_BUFFER_TOO_LARGE":
      return "COMPRESSION_OUTPUT_LIMIT";
    case "Z_BUF_ERROR":
      return "COMPRESSION_TRUNCATED";
    case "Z_MEM_ERROR":
    case "ERR_INVALID_ARG_TYPE":
    case "ERR_OUT_OF_RANGE":
      throw thrown; // Not the data's fault.
    default:
      return "COMPRESSION_CORRUPT";
  }
}

/** Where the header of a gzip member ends, or what is wrong with it. */
function gzipHeaderLength(
  data: Bytes,
  crc32: ZlibFunctions["crc32"],
): number | "COMPRESSION_TRUNCATED" | "COMPRESSION_CORRUPT" {
  const { 0: id1 = 0x1f, 1: id2 = 0x8b, 2: method = 8, 3: flags = 0 } = data;
  if (id1 !== 0x1f || id2 !== 0x8b || method !== 8 || (flags & 0xe0) !== 0) {
    return "COMPRESSION_CORRUPT";
  }
  let end = 10;
  if ((flags & 4) !== 0) { // Extra fields
    end += 2 + (data[end] ?? 0) + (data[end + 1] ?? 0) * 256;
  }
  for (const text of [8, 16]) { // A name, a comment
    if ((flags & text) === 0) continue;
    const zero = data.indexOf(0, end);
    if (zero < 0) return "COMPRESSION_TRUNCATED";
    end = zero + 1;
  }
  if ((flags & 2) !== 0) { // A check sum of the header
    end += 2;
    const sum = (data[end - 2] ?? 0) + (data[end - 1] ?? 0) * 256;
    if (
      end <= data.length && (crc32(data.subarray(0, end - 2)) & 0xffff) !== sum
    ) return "COMPRESSION_CORRUPT";
  }
  return end > data.length ? "COMPRESSION_TRUNCATED" : end;
}

/** A Node stream as an engine. */
class NativeEngine implements Engine {
  readonly #stream: ZlibStream;
  readonly #output: AsyncIterator<Bytes>;
  /** What rejects whatever is being waited for. */
  readonly #pending = new Set<(reason: unknown) => void>();

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    stream.on("error", noop); // Whoever writes or reads is told.
    this.#output = stream[Symbol.asyncIterator]();
  }

  /** How many bytes were taken. */
  get consumed(): number {
    return this.#stream.bytesWritten;
  }

  write(chunk: Bytes): Promise<void> {
    return this.#unlessAborted((resolve, reject) => {
      this.#stream.write(chunk, (error) => error ? reject(error) : resolve());
    });
  }

  close(): Promise<void> {
    return this.#unlessAborted((resolve, reject) => {
      this.#stream.end((error) => error ? reject(error) : resolve());
    });
  }

  next(): Promise<Bytes | undefined> {
    return this.#unlessAborted((resolve, reject) => {
      this.#output.next().then(
        ({ done, value }) => resolve(done ? undefined : own(value)),
        reject,
      );
    });
  }

  abort(reason: unknown): void {
    for (const reject of this.#pending) reject(reason);
    this.#stream.destroy();
  }

  /** A stream that was destroyed does not tell everybody on every runtime. */
  async #unlessAborted<T>(
    start: (
      resolve: (value: T) => void,
      reject: (reason: unknown) => void,
    ) => void,
  ): Promise<T> {
    let pending = noop as (reason: unknown) => void;
    try {
      return await new Promise<T>((resolve, reject) => {
        pending = reject;
        this.#pending.add(reject);
        start(resolve, reject);
      });
    } finally {
      this.#pending.delete(pending);
    }
  }
}

/** Decodes, and holds the data to its coding more strictly than zlib does. */
class NativeDecoder implements Engine {
  readonly #coding: Coding;
  readonly #zlib: ZlibFunctions;
  readonly #limit: number;
  readonly #inner: NativeEngine;
  readonly #tail = new Tail(GZIP_TRAILER_BYTES);
  readonly #closed: Promise<void>;
  #settleClosed: (reason?: unknown) => void = noop;
  #failClosed: (reason: unknown) => void = noop;
  /** What came so far of a gzip header that is not complete. */
  #head: Bytes | undefined;
  #headLength = 0;
  /** Whether all has been decoded; then how many bytes that took. */
  #hasEnded = false;
  #consumed = 0;
  #isAborted = false;
  #decoded = 0;
  #crc = 0;

  constructor(coding: Coding, zlib: ZlibFunctions, limit: number) {
    this.#coding = coding;
    this.#zlib = zlib;
    this.#limit = limit;
    this.#head = coding === "gzip" ? new Uint8Array(0) : undefined;
    this.#inner = new NativeEngine(zlib.createDecompress({}));
    this.#closed = new Promise((resolve, reject) => {
      this.#settleClosed = () => resolve();
      this.#failClosed = reject;
    });
    this.#closed.catch(noop);
  }

  async write(chunk: Bytes): Promise<void> {
    if (chunk.length === 0) return;
    this.#tail.push(chunk);
    let payload = chunk;
    if (this.#head !== undefined) {
      payload = this.#readHeader(join([this.#head, chunk]));
    }
    if (this.#hasEnded) this.#refuseTrailing();
    else if (payload.length > 0) await this.#guard(this.#inner.write(payload));
  }

  async close(): Promise<void> {
    if (this.#head !== undefined) {
      throw fault("COMPRESSION_TRUNCATED", this.#coding);
    }
    // A gzip member ends before its trailer: nobody ends the stream then.
    if (this.#hasEnded) this.#inner.abort(undefined);
    else await this.#guard(this.#inner.close());
    this.#settleClosed();
  }

  async next(): Promise<Bytes | undefined> {
    const chunk = await this.#guard(this.#inner.next());
    if (chunk !== undefined) {
      this.#decoded += chunk.length;
      if (this.#decoded > this.#limit) {
        throw fault("COMPRESSION_OUTPUT_LIMIT", this.#coding);
      }
      if (this.#coding === "gzip") {
        this.#crc = this.#zlib.crc32(chunk, this.#crc);
      }
      return chunk;
    }
    this.#hasEnded = true;
    this.#consumed = this.#headLength + this.#inner.consumed;
    this.#refuseTrailing();
    await this.#closed;
    const code = judgeEnd(
      this.#coding,
      this.#tail.total - this.#consumed,
      this.#coding !== "gzip" ||
        this.#tail.uint32(8, true) === this.#crc &&
          this.#tail.uint32(4, true) === this.#decoded >>> 0,
    );
    if (code !== undefined) throw fault(code, this.#coding);
    return undefined;
  }

  abort(reason: unknown): void {
    this.#isAborted = true;
    this.#failClosed(reason);
    this.#inner.abort(reason);
  }

  #refuseTrailing(): void {
    const allowed = this.#coding === "gzip" ? GZIP_TRAILER_BYTES : 0;
    if (this.#tail.total - this.#consumed > allowed) {
      throw fault("COMPRESSION_TRAILING_DATA", this.#coding);
    }
  }

  /** Gives what follows the header, once it is complete. */
  #readHeader(head: Bytes): Bytes {
    const end = gzipHeaderLength(head, this.#zlib.crc32);
    if (typeof end === "number") {
      this.#head = undefined;
      this.#headLength = end;
      return head.subarray(end);
    }
    if (
      end === "COMPRESSION_CORRUPT" || head.length > MAX_GZIP_HEADER_BYTES
    ) throw fault("COMPRESSION_CORRUPT", this.#coding);
    this.#head = head;
    return new Uint8Array(0);
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      // What was aborted fails with the reason, which is nobody's fault.
      if (this.#isAborted || CompressionError.is(thrown)) throw thrown;
      throw fault(codeOf(thrown), this.#coding, thrown);
    }
  }
}
