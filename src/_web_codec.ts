// The web's compression streams, driven by hand, and held to what the standard
// says where a runtime is more lenient.

import { adler32 } from "./_adler32.ts";
import {
  type Backend,
  type Bytes,
  type Coding,
  type Decoded,
  drive,
  type Engine,
  failed,
  fault,
  type FaultCode,
  LateEngine,
  noop,
  Tail,
  untilAborted,
} from "./_codec.ts";
import { systemClock } from "./clock.ts";
import { CompressionError } from "./errors.ts";
import { Ok } from "./result.ts";

/** The names of the streams' formats; DOM's types do not know brotli yet. */
const FORMATS: Readonly<Record<Coding, CompressionFormat>> = {
  gzip: "gzip",
  deflate: "deflate",
  br: "brotli" as CompressionFormat,
};

/** No byte of deflate data stands for more than this many. */
const MAX_DEFLATE_RATIO = 1_032;
/**
 * Brotli has no such bound: a block of a few bytes may stand for 16 MiB. In
 * slices of this size Deno overshot a limit by 40 MiB at the most.
 */
const BROTLI_SLICE_BYTES = 64;
/** Above this a runtime that works in the event loop would hold it up. */
const SLICE_BYTES = 1_048_576;

const available: Map<Coding, boolean> = /* @__PURE__ */ new Map();

/** Whether the runtime has the web's streams for the coding. */
export function hasWeb(coding: Coding): boolean {
  let answer = available.get(coding);
  if (answer === undefined) {
    try {
      new CompressionStream(FORMATS[coding]);
      new DecompressionStream(FORMATS[coding]);
      answer = true;
    } catch {
      answer = false;
    }
    available.set(coding, answer);
  }
  return answer;
}

/** Data that a strict decoder refuses: nothing at all, or a byte too many. */
const REFUSED: Readonly<Record<Coding, readonly (readonly number[])[]>> = {
  gzip: [], // What is lenient about a gzip decoder is always checked.
  deflate: [[]],
  br: [[], [0x06, 0x00]], // 06 is the whole of an empty stream.
};

const strictness: Map<Coding, Promise<boolean>> = /* @__PURE__ */ new Map();

/** Whether the runtime refuses what it should; asked once. */
function isStrict(coding: Coding): Promise<boolean> {
  let answer = strictness.get(coding);
  if (answer === undefined) {
    answer = Promise.all(REFUSED[coding].map(async (bytes) => {
      const engine = new WebEngine(new DecompressionStream(FORMATS[coding]));
      try {
        await drive(engine, Uint8Array.from(bytes));
        return false;
      } catch {
        return true;
      }
    })).then((refused) => refused.every(Boolean));
    strictness.set(coding, answer);
  }
  return answer;
}

/**
 * A coding by the web's streams, or `undefined` where there are none.
 *
 * @param native Tells what was wrong more exactly, and decodes brotli where
 * the web's decoder takes what it must not (Node 22).
 */
export function webBackend(
  coding: Coding,
  native: Backend | undefined,
): Backend | undefined {
  if (!hasWeb(coding)) return undefined;
  const format = FORMATS[coding];

  async function decoder(limit: number): Promise<Engine> {
    const strict = await isStrict(coding);
    if (strict || coding !== "br") {
      return new WebDecoder(coding, limit, coding === "deflate" && !strict);
    }
    const engine = native?.decompressEngine(limit);
    if (engine === undefined) throw fault("COMPRESSION_UNSUPPORTED", coding);
    return engine;
  }

  return {
    compress(data, signal): Promise<Bytes> {
      const engine = new WebEngine(new CompressionStream(format));
      return untilAborted(drive(engine, data), signal, (reason) => {
        engine.abort(reason);
      });
    },

    async decompress(data, limit, signal): Promise<Decoded> {
      const engine = new LateEngine(decoder(limit));
      try {
        const decoding = drive(engine, data);
        return new Ok(
          await untilAborted(decoding, signal, (reason) => {
            engine.abort(reason);
          }),
        );
      } catch (thrown) {
        engine.abort(thrown);
        if (signal?.aborted || !CompressionError.is(thrown)) throw thrown;
        // Most runtimes have one error for all that is wrong with the data.
        const exact = thrown.code === "COMPRESSION_OUTPUT_LIMIT"
          ? undefined
          : await native?.decompress(data, limit, signal);
        return exact?.ok === false
          ? exact
          : failed(thrown.code, coding, thrown.cause);
      }
    },

    compressEngine: () => new WebEngine(new CompressionStream(format)),
    decompressEngine: (limit) => new LateEngine(decoder(limit)),
  };
}

/** A stream of the web as an engine. */
class WebEngine implements Engine {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  /** Resolves when somebody waits for output. */
  #demand: PromiseWithResolvers<void> = Promise.withResolvers();
  #isGreedy = false;

  constructor({ writable, readable }: GenericTransformStream) {
    this.#writer = writable.getWriter();
    this.#reader = readable.getReader() as ReadableStreamDefaultReader<Bytes>;
    this.#writer.closed.catch(noop);
    this.#reader.closed.catch(noop);
  }

  async write(chunk: Bytes): Promise<void> {
    for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
      const slice = chunk.length <= SLICE_BYTES
        ? chunk
        : chunk.subarray(start, start + SLICE_BYTES);
      if (this.#isGreedy) await this.#demand.promise;
      await this.#told(this.#writeSlice(slice));
    }
  }

  /**
   * The streams of workerd take whatever comes, at once, and keep all that they
   * make of it. They are held here to what the standard says, with a turn of the
   * event loop after each slice, without which no reader hears of its output.
   */
  async #writeSlice(slice: Bytes): Promise<void> {
    const room = this.#writer.desiredSize;
    const written = this.#writer.write(slice);
    this.#isGreedy = room !== null && this.#writer.desiredSize === room;
    await written;
    if (this.#isGreedy) await systemClock.sleep(0);
  }

  close(): Promise<void> {
    return this.#told(this.#writer.close());
  }

  async next(): Promise<Bytes | undefined> {
    this.#demand.resolve();
    const { done, value } = await this.#reader.read();
    if (done) return undefined;
    this.#demand = Promise.withResolvers();
    return value;
  }

  abort(reason: unknown): void {
    this.#demand.resolve();
    this.#writer.abort(reason).catch(noop);
    this.#reader.cancel(reason).catch(noop);
  }

  /** The reading end knows best what went wrong. */
  async #told(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (thrown) {
      await this.#reader.closed;
      throw thrown;
    }
  }
}

/** Decodes within a limit, and checks what lenient runtimes do not. */
class WebDecoder implements Engine {
  readonly #coding: Coding;
  readonly #limit: number;
  readonly #checksAdler: boolean;
  readonly #inner: WebEngine;
  readonly #tail = new Tail(4);
  #head: number[] = [];
  #decoded = 0;
  #adler = 1;

  constructor(coding: Coding, limit: number, checksAdler: boolean) {
    this.#coding = coding;
    this.#limit = limit;
    this.#checksAdler = checksAdler;
    this.#inner = new WebEngine(new DecompressionStream(FORMATS[coding]));
  }

  async write(chunk: Bytes): Promise<void> {
    this.#tail.push(chunk);
    if (this.#head.length <= EMPTY_MEMBER_BYTES) {
      this.#head.push(...chunk.subarray(0, EMPTY_MEMBER_BYTES + 1));
    }
    let rest = chunk;
    while (rest.length > 0) {
      const size = this.#sliceSize();
      await this.#guard(this.#inner.write(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
  }

  close(): Promise<void> {
    return this.#guard(this.#inner.close());
  }

  async next(): Promise<Bytes | undefined> {
    const chunk = await this.#guard(this.#inner.next());
    if (chunk === undefined) {
      this.#checkEnd();
      return undefined;
    }
    this.#decoded += chunk.length;
    if (this.#decoded > this.#limit) {
      throw fault("COMPRESSION_OUTPUT_LIMIT", this.#coding);
    }
    if (this.#checksAdler) this.#adler = adler32(chunk, this.#adler);
    return chunk;
  }

  abort(reason: unknown): void {
    this.#inner.abort(reason);
  }

  /** Deno decodes a write into one chunk: more is not written at once. */
  #sliceSize(): number {
    if (this.#coding === "br") return BROTLI_SLICE_BYTES;
    const remaining = this.#limit - this.#decoded;
    return Math.floor(Math.max(remaining, 0) / MAX_DEFLATE_RATIO) + 1;
  }

  #checkEnd(): void {
    if (this.#coding === "gzip") {
      // Bun and Node 22 go on with a second member. The length of the last is
      // then not that of all, unless the others are empty. (One that is empty
      // in a way that no encoder writes passes: the content is the same.)
      if (
        this.#tail.uint32(4, true) !== this.#decoded >>> 0 ||
        startsWithEmptyMember(this.#head)
      ) throw fault("COMPRESSION_TRAILING_DATA", this.#coding);
    } else if (
      this.#checksAdler && this.#tail.uint32(4, false) !== this.#adler
    ) throw fault("COMPRESSION_TRUNCATED", this.#coding);
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      // The standard says TypeError; Node 22 has an Error with a code as well.
      const code = (thrown as { readonly code?: unknown } | null)?.code;
      if (!(thrown instanceof TypeError) && typeof code !== "string") {
        throw thrown;
      }
      throw fault(codeOf(thrown as Error), this.#coding, thrown);
    }
  }
}

const EMPTY_MEMBER_BYTES = 20;

/** Whether more follows a member of 20 bytes with nothing in it. */
function startsWithEmptyMember(head: readonly number[]): boolean {
  return head.length > EMPTY_MEMBER_BYTES && head[3] === 0 && head[10] === 3 &&
    head.slice(11, EMPTY_MEMBER_BYTES).every((byte) => byte === 0);
}

/** As far as the runtime says it; the rest is called corrupt. */
function codeOf(thrown: Error): FaultCode {
  const { code } = thrown as { readonly code?: unknown };
  const told = `${code} ${thrown.message}`;
  if (/trailing|junk|whole buffer/i.test(told)) {
    return "COMPRESSION_TRAILING_DATA";
  }
  return /Z_BUF_ERROR|unexpected end|truncated|incomplete/i.test(told)
    ? "COMPRESSION_TRUNCATED"
    : "COMPRESSION_CORRUPT";
}
