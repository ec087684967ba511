// What the two backends of compression.ts share: engines, and streams on them.

import { CompressionError, type ErrorOf } from "./errors.ts";
import { Err, type Result } from "./result.ts";

/** Bytes that nobody else can change at the same time. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The codings that runtimes bring with them. */
export type Coding = "gzip" | "deflate" | "br";

/** What can be wrong with data that is to be decoded. */
export type FaultCode =
  | "COMPRESSION_TRUNCATED"
  | "COMPRESSION_CORRUPT"
  | "COMPRESSION_TRAILING_DATA"
  | "COMPRESSION_OUTPUT_LIMIT"
  | "COMPRESSION_UNSUPPORTED";

/** The error of one such code. */
export type Fault = ErrorOf<FaultCode>;
/** What decoding comes to. */
export type Decoded = Result<Bytes, Fault>;

/** Compresses or decompresses piece by piece; what fails rejects. */
export interface Engine {
  /** Takes a piece of input, and resolves when it is worked off. */
  write(chunk: Bytes): Promise<void>;
  /** Says that there is no more input. */
  close(): Promise<void>;
  /** The next piece of output; `undefined` at the end. */
  next(): Promise<Bytes | undefined>;
  /** Lets go of everything; what is pending rejects. */
  abort(reason: unknown): void;
}

/** One coding, done by one part of the runtime. */
export interface Backend {
  /** Compresses all at once. */
  compress(
    data: Bytes,
    signal: AbortSignal | undefined,
  ): Bytes | Promise<Bytes>;
  /** Decompresses all at once. */
  decompress(
    data: Bytes,
    limit: number,
    signal: AbortSignal | undefined,
  ): Decoded | Promise<Decoded>;
  /** Compresses piece by piece. */
  compressEngine(): Engine;
  /**
   * Decompresses piece by piece; `undefined` where the runtime cannot do it
   * as strictly as it must be done.
   */
  decompressEngine(limit: number): Engine | undefined;
}

/** A token of RFC 9110 §5.6.2, as validators take a format. */
export const CODING_NAME: {
  readonly description: string;
  readonly pattern: RegExp;
} = {
  description: "a content coding, which is a token of HTTP",
  pattern: /[!#$%&'*+.^_`|~0-9A-Za-z-]+/,
};

/** Small writes are gathered up to this many bytes. */
const COALESCED_BYTES = 65_536;

/** For a rejection that is told elsewhere as well. */
export function noop(): void {}

/** Makes an error. */
export function fault(code: FaultCode, coding: string, cause?: unknown): Fault {
  return new CompressionError(
    code,
    { coding },
    cause === undefined ? {} : { cause },
  );
}

/** Makes a result of an error. */
export function failed(
  code: FaultCode,
  coding: string,
  cause?: unknown,
): Err<Fault> {
  return new Err(fault(code, coding, cause));
}

/** One array of many; a single one that has its buffer for itself stays. */
export function join(chunks: readonly Bytes[]): Bytes {
  const [first] = chunks;
  if (chunks.length === 1 && first?.length === first?.buffer.byteLength) {
    return first as Bytes;
  }
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

/** The last bytes of what was written, however it was split. */
export class Tail {
  readonly #size: number;
  #bytes: Bytes = new Uint8Array(0);
  /** How many bytes were written altogether. */
  total = 0;

  /** Keeps so many bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Goes on with another piece. */
  push(chunk: Bytes): void {
    this.total += chunk.length;
    this.#bytes = chunk.length >= this.#size
      ? chunk.slice(-this.#size)
      : join([this.#bytes, chunk]).slice(-this.#size);
  }

  /** A number that starts so many bytes before the end. */
  uint32(fromEnd: number, littleEndian: boolean): number | undefined {
    const offset = this.#bytes.length - fromEnd;
    if (offset < 0) return undefined;
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset)
      .getUint32(offset, littleEndian);
  }
}

/** Gives up on a promise that cannot be stopped when the signal aborts. */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void = noop,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    function abort(): void {
      onAbort(signal?.reason);
      reject(signal?.reason);
    }
    signal.addEventListener("abort", abort, { once: true });
    work.finally(() => signal.removeEventListener("abort", abort))
      .then(resolve, reject);
  });
}

/** Feeds all of the data to an engine, and gathers what comes out. */
export async function drive(engine: Engine, data: Bytes): Promise<Bytes> {
  // What fails here fails the reading as well, and is told there.
  (data.length === 0
    ? engine.close()
    : engine.write(data).then(() => engine.close()))
    .catch(noop);
  const chunks: Bytes[] = [];
  let chunk: Bytes | undefined;
  while ((chunk = await engine.next()) !== undefined) chunks.push(chunk);
  return join(chunks);
}

/** An engine that is only known later. */
export class LateEngine implements Engine {
  readonly #engine: Promise<Engine>;

  /** Waits for the engine. */
  constructor(engine: Promise<Engine>) {
    this.#engine = engine;
    engine.catch(noop); // Told by whatever is asked of it.
  }

  /** As of any engine. */
  async write(chunk: Bytes): Promise<void> {
    await (await this.#engine).write(chunk);
  }

  /** As of any engine. */
  async close(): Promise<void> {
    await (await this.#engine).close();
  }

  /** As of any engine. */
  async next(): Promise<Bytes | undefined> {
    return await (await this.#engine).next();
  }

  /** As of any engine. */
  abort(reason: unknown): void {
    this.#engine.then((engine) => engine.abort(reason), noop);
  }
}

/** Gathers small writes: runtimes code tiny ones badly, or slowly, or both. */
export class CoalescingEngine implements Engine {
  readonly #inner: Engine;
  #buffer: Bytes | undefined;
  #length = 0;

  /** Writes to another engine. */
  constructor(inner: Engine) {
    this.#inner = inner;
  }

  /** As of any engine. */
  async write(chunk: Bytes): Promise<void> {
    let rest = chunk;
    while (this.#length + rest.length >= COALESCED_BYTES) {
      if (this.#length === 0) {
        await this.#inner.write(rest.slice(0, COALESCED_BYTES));
        rest = rest.subarray(COALESCED_BYTES);
        continue;
      }
      const room = COALESCED_BYTES - this.#length;
      this.#append(rest.subarray(0, room));
      rest = rest.subarray(room);
      await this.#flush();
    }
    if (rest.length > 0) this.#append(rest);
  }

  /** As of any engine. */
  async close(): Promise<void> {
    if (this.#length > 0) await this.#flush();
    this.#buffer = undefined;
    await this.#inner.close();
  }

  /** As of any engine. */
  next(): Promise<Bytes | undefined> {
    return this.#inner.next();
  }

  /** As of any engine. */
  abort(reason: unknown): void {
    this.#buffer = undefined;
    this.#inner.abort(reason);
  }

  #append(bytes: Bytes): void {
    this.#buffer ??= new Uint8Array(COALESCED_BYTES);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  async #flush(): Promise<void> {
    const full = (this.#buffer as Bytes).slice(0, this.#length);
    this.#length = 0;
    await this.#inner.write(full);
  }
}

/**
 * The two ends of an engine. A failure, a cancellation or an abort at one end
 * reaches the other and lets the engine go; the first reason stands.
 */
export function streamOf(engine: Engine): TransformStream<Bytes, Bytes> {
  let input: WritableStreamDefaultController;
  let output: ReadableStreamDefaultController<Bytes>;
  let stopped: { readonly reason: unknown } | undefined;

  function stop(reason: unknown): unknown {
    if (stopped === undefined) {
      stopped = { reason };
      engine.abort(reason);
      input.error(reason);
      output.error(reason);
    }
    return stopped.reason;
  }

  async function attempt<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      throw stop(thrown);
    }
  }

  const readable = new ReadableStream<Bytes>({
    start(controller): void {
      output = controller;
    },
    async pull(controller): Promise<void> {
      const chunk = await attempt(engine.next());
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel(reason): void {
      stop(reason);
    },
  }, { highWaterMark: 0 });
  const writable = new WritableStream<Bytes>({
    start(controller): void {
      input = controller;
    },
    write: (chunk) => attempt(engine.write(chunk)),
    close: () => attempt(engine.close()),
    abort(reason): void {
      stop(reason);
    },
  });
  return { readable, writable };
}
