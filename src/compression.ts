/**
 * Compression in the codings of HTTP: gzip, deflate, brotli, and any other
 * that a {@linkcode Compressor} is registered for.
 *
 * When to use it: to compress and decompress bytes, at once or as a stream,
 * where it must be known that nothing is missing.
 *
 * When not: for responses over HTTP, which `http-compression` knows the rules
 * of; behind a proxy that compresses; for data that is compressed already.
 *
 * Data that is cut short, damaged or followed by other bytes never decodes:
 * it is an error on every runtime, also where the runtime's own decoder takes
 * it. What decoding may produce is bounded.
 *
 * The work is done by the runtime: by its zlib where it has one (Node, Deno
 * and Bun, found without an import), by the streams of the web elsewhere.
 * Nothing is looked for before it is needed.
 *
 * @example There and back
 * ```ts
 * import { GzipCompressor } from "@groundwork/infra/compression";
 * import { deepStrictEqual, ok } from "node:assert/strict";
 *
 * const gzip = new GzipCompressor();
 * const page = new TextEncoder().encode("<li>link</li>".repeat(200));
 * const encoded = await gzip.compress(page);
 * ok(encoded.length < page.length / 20);
 * deepStrictEqual((await gzip.decompress(encoded)).unwrap(), page);
 * ```
 *
 * @module
 */

import {
  type Backend,
  CoalescingEngine,
  type Coding,
  CODING_NAME,
  failed,
  fault,
  streamOf,
} from "./_codec.ts";
import { typeMismatch } from "./_mismatch.ts";
import { hasNative, nativeBackend } from "./_native_zlib.ts";
import { requireWhole } from "./_options.ts";
import { hasWeb, webBackend } from "./_web_codec.ts";
import {
  type CompressionError,
  type ErrorOf,
  ValidationError,
} from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { requireOption, validateFormat, validateRange } from "./validators.ts";

/** Bytes that are not shared with another thread. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Options of {@linkcode Compressor.compress}. */
export interface CompressOptions {
  /** Gives up when it aborts. What a thread has begun, it ends for nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode Compressor.decompressStream}. */
export interface DecompressStreamOptions {
  /**
   * How many bytes may come out; one more is an error.
   *
   * @default {67_108_864}
   */
  readonly maxOutputBytes?: number;
}

/** Options of {@linkcode Compressor.decompress}. */
export interface DecompressOptions extends DecompressStreamOptions {
  /** Gives up when it aborts. What a thread has begun, it ends for nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** Why data cannot be decoded. */
export type DecompressError = ErrorOf<
  | "COMPRESSION_TRUNCATED"
  | "COMPRESSION_CORRUPT"
  | "COMPRESSION_TRAILING_DATA"
  | "COMPRESSION_OUTPUT_LIMIT"
  | "COMPRESSION_UNSUPPORTED"
>;

/**
 * One coding, there and back. Input is neither changed nor detached.
 *
 * @typeParam C The coding's name in HTTP.
 *
 * @example A function that takes any compressor
 * ```ts
 * import { type Compressor, GzipCompressor } from "@groundwork/infra/compression";
 * import { ok, strictEqual } from "node:assert/strict";
 *
 * async function pack(compressor: Compressor, text: string) {
 *   const bytes = await compressor.compress(new TextEncoder().encode(text));
 *   return { bytes, headers: { "content-encoding": compressor.coding } };
 * }
 *
 * const { bytes, headers } = await pack(new GzipCompressor(), "la".repeat(99));
 * ok(bytes.length < 99);
 * strictEqual(headers["content-encoding"], "gzip");
 * ```
 */
export interface Compressor<C extends string = string> {
  /** The coding's name in HTTP: `"gzip"`, `"br"`, or one of your own. */
  readonly coding: C;

  /**
   * Compresses data.
   *
   * @param data The data; it may be empty.
   * @param options What makes it give up.
   * @returns The encoded bytes, or a promise of them; it rejects with the
   * signal's reason where that aborts.
   */
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes>;

  /**
   * Decompresses data.
   *
   * @param data The encoded bytes.
   * @param options How much may come out, and what makes it give up.
   * @returns What was compressed, or why that cannot be told; or a promise of
   * either, which rejects with the signal's reason where that aborts.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>>;

  /**
   * A stream that compresses.
   *
   * @returns The stream.
   */
  compressStream(): TransformStream<Bytes, Bytes>;

  /**
   * A stream that decompresses.
   *
   * @param options How much may come out.
   * @returns The stream; bad data makes it fail with a `CompressionError`.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes>;
}

/**
 * Tells a compressor.
 *
 * @param value What to look at.
 * @returns Whether it has a coding and the methods of a compressor.
 *
 * @example Not everything that compresses
 * ```ts
 * import { GzipCompressor, isCompressor } from "@groundwork/infra/compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isCompressor(new GzipCompressor()), true);
 * strictEqual(isCompressor({ compress: () => "smaller" }), false);
 * ```
 */
export function isCompressor(value: unknown): value is Compressor {
  return hasMethods(value, METHODS) &&
    typeof (value as { readonly coding?: unknown }).coding === "string";
}

const METHODS = [
  "compress",
  "decompress",
  "compressStream",
  "decompressStream",
] as const;

/**
 * Who does the work: the runtime's zlib (`"native"`), the streams of the web
 * (`"web"`), or the better that there is (`"auto"`). That is the former: it has
 * levels, tells exactly what is wrong with data, and does small data at once.
 */
export type CompressionBackend = "auto" | "web" | "native";

/** Options of the compressors. */
export interface CompressorOptions {
  /**
   * How hard to try: a higher one is slower and gives less. The streams of the
   * web have but one: 6 for gzip and deflate, and for brotli one that nobody
   * can ask for.
   *
   * @default {6 for gzip and deflate, 4 for brotli}
   */
  readonly level?: number;
  /**
   * Who does the work.
   *
   * @default {"auto"}
   */
  readonly backend?: CompressionBackend;
}

/** How much may come out where nothing is said of it: 64 MiB. */
const MAX_OUTPUT_BYTES = 67_108_864;

interface Levels {
  readonly min: number;
  readonly max: number;
  /** The default. */
  readonly level: number;
}

/** What the compressors of the runtime's own codings have in common. */
class Codec {
  readonly #coding: Coding;
  readonly #backend: Backend;
  /** What the streams are decoded with where the backend cannot do it. */
  readonly #other: Backend | undefined;

  constructor(coding: Coding, options: CompressorOptions, levels: Levels) {
    const { min, max } = levels;
    const { level = levels.level, backend = "auto" } = options;
    this.#coding = coding;
    requireOption(
      validateRange("level", level, { min, max, integer: true }),
      level,
    );
    requireBackend(coding, backend);
    const native = nativeBackend(coding, level);
    if (native !== undefined && backend !== "web") {
      this.#backend = native;
      this.#other = webBackend(coding, undefined);
      return;
    }
    if (options.level !== undefined && (coding === "br" || level !== 6)) {
      const allowed = coding === "br" ? "undefined" : "6";
      requireOption(notAMember("level", allowed), level);
    }
    this.#backend = webBackend(coding, native) as Backend;
  }

  compress(data: Bytes, { signal }: CompressOptions = {}): Awaitable<Bytes> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return this.#backend.compress(data, signal);
  }

  decompress(
    data: Bytes,
    options: DecompressOptions = {},
  ): Awaitable<Result<Bytes, DecompressError>> {
    const { signal } = options;
    const limit = requireLimit(options);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return this.#backend.decompress(data, limit, signal);
  }

  compressStream(): TransformStream<Bytes, Bytes> {
    return streamOf(new CoalescingEngine(this.#backend.compressEngine()));
  }

  decompressStream(
    options: DecompressStreamOptions = {},
  ): TransformStream<Bytes, Bytes> {
    const limit = requireLimit(options);
    const engine = this.#backend.decompressEngine(limit) ??
      this.#other?.decompressEngine(limit);
    if (engine === undefined) {
      throw fault("COMPRESSION_UNSUPPORTED", this.#coding);
    }
    return streamOf(engine);
  }
}

function requireLimit(options: DecompressStreamOptions): number {
  const { maxOutputBytes = MAX_OUTPUT_BYTES } = options;
  return requireWhole("maxOutputBytes", maxOutputBytes, 0);
}

function requireBackend(coding: Coding, backend: unknown): void {
  const allowed = (["auto", "web", "native"] as const)
    .filter((one) => isCodingAvailable(coding, one));
  if ((allowed as readonly unknown[]).includes(backend)) return;
  requireOption(notAMember("backend", allowed.join(", ") || "none"), backend);
}

function notAMember(field: string, allowed: string): Err<ValidationError> {
  return new Err(
    new ValidationError("VALIDATION_NOT_A_MEMBER", { field, allowed }),
  );
}

/**
 * Whether a coding can be had here. It is looked for once.
 *
 * @param coding The coding.
 * @param backend Who is to do the work.
 * @returns Whether its compressor can be made.
 *
 * @example Brotli where there is brotli
 * ```ts
 * import {
 *   BrotliCompressor,
 *   GzipCompressor,
 *   isCodingAvailable,
 * } from "@groundwork/infra/compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const compressor = isCodingAvailable("br", "native")
 *   ? new BrotliCompressor()
 *   : new GzipCompressor();
 * strictEqual(compressor.coding, "br");
 * ```
 */
export function isCodingAvailable(
  coding: "gzip" | "deflate" | "br",
  backend: CompressionBackend = "auto",
): boolean {
  return (backend !== "native" && hasWeb(coding)) ||
    (backend !== "web" && hasNative(coding));
}

/**
 * gzip (RFC 1952): what every client understands.
 *
 * Data of several members is refused: what follows the first is trailing data.
 * At a limit no more than 64 KiB beyond it are ever decoded.
 *
 * @example A bomb goes off in a bounded space
 * ```ts
 * import { GzipCompressor } from "@groundwork/infra/compression";
 * import { ok, strictEqual } from "node:assert/strict";
 *
 * const gzip = new GzipCompressor({ level: 9 });
 * const bomb = await gzip.compress(new Uint8Array(10_000_000));
 * ok(bomb.length < 10_000);
 * const result = await gzip.decompress(bomb, { maxOutputBytes: 1_000_000 });
 * strictEqual(result.unwrapErr().code, "COMPRESSION_OUTPUT_LIMIT");
 * ```
 */
export class GzipCompressor implements Compressor<"gzip"> {
  /** The coding's name in HTTP. */
  readonly coding = "gzip";
  readonly #codec: Codec;

  /**
   * Makes a compressor; it holds nothing and may be shared.
   *
   * @param options The level, 1 to 9, and who does the work.
   * @throws {ValidationError} The level is not a whole number of its range,
   * the backend is none or is not available here, or the level is not one that
   * the backend can do (see {@linkcode CompressorOptions}).
   */
  constructor(options: CompressorOptions = {}) {
    this.#codec = new Codec("gzip", options, { min: 1, max: 9, level: 6 });
  }

  /**
   * Compresses data.
   *
   * @param data The data; it may be empty.
   * @param options What makes it give up.
   * @returns The encoded bytes; at once for small data where the runtime has
   * its own zlib. Where the signal aborts, a promise that rejects with its
   * reason.
   */
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes> {
    return this.#codec.compress(data, options);
  }

  /**
   * Decompresses data.
   *
   * @param data The encoded bytes.
   * @param options How much may come out, and what makes it give up.
   * @returns What was compressed; or an error with the code
   * `COMPRESSION_TRUNCATED`, `COMPRESSION_CORRUPT`,
   * `COMPRESSION_TRAILING_DATA` or `COMPRESSION_OUTPUT_LIMIT`. Where the signal
   * aborts, a promise that rejects with its reason.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>> {
    return this.#codec.decompress(data, options);
  }

  /**
   * A stream that compresses; small writes are gathered to 64 KiB.
   *
   * @returns The stream; to abort or cancel one end stops the other.
   */
  compressStream(): TransformStream<Bytes, Bytes> {
    return this.#codec.compressStream();
  }

  /**
   * A stream that decompresses, as strictly as {@linkcode decompress} does.
   * What came out before an error is not to be trusted.
   *
   * @param options How much may come out.
   * @returns The stream; bad data makes it fail with a `CompressionError`.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes> {
    return this.#codec.decompressStream(options);
  }
}

/**
 * HTTP's deflate: zlib's format (RFC 1950), not raw deflate.
 *
 * At a limit no more than 64 KiB beyond it are ever decoded.
 *
 * @example Data that was cut short
 * ```ts
 * import { DeflateCompressor } from "@groundwork/infra/compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const deflate = new DeflateCompressor();
 * const encoded = await deflate.compress(new TextEncoder().encode("hello"));
 * const result = await deflate.decompress(encoded.subarray(0, -1));
 * strictEqual(result.unwrapErr().code, "COMPRESSION_TRUNCATED");
 * ```
 */
export class DeflateCompressor implements Compressor<"deflate"> {
  /** The coding's name in HTTP. */
  readonly coding = "deflate";
  readonly #codec: Codec;

  /**
   * Makes a compressor; it holds nothing and may be shared.
   *
   * @param options The level, 1 to 9, and who does the work.
   * @throws {ValidationError} The level is not a whole number of its range,
   * the backend is none or is not available here, or the level is not one that
   * the backend can do (see {@linkcode CompressorOptions}).
   */
  constructor(options: CompressorOptions = {}) {
    this.#codec = new Codec("deflate", options, { min: 1, max: 9, level: 6 });
  }

  /**
   * Compresses data.
   *
   * @param data The data; it may be empty.
   * @param options What makes it give up.
   * @returns The encoded bytes; at once for small data where the runtime has
   * its own zlib. Where the signal aborts, a promise that rejects with its
   * reason.
   */
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes> {
    return this.#codec.compress(data, options);
  }

  /**
   * Decompresses data.
   *
   * @param data The encoded bytes.
   * @param options How much may come out, and what makes it give up.
   * @returns What was compressed; or an error with the code
   * `COMPRESSION_TRUNCATED`, `COMPRESSION_CORRUPT`,
   * `COMPRESSION_TRAILING_DATA` or `COMPRESSION_OUTPUT_LIMIT`. Where the signal
   * aborts, a promise that rejects with its reason.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>> {
    return this.#codec.decompress(data, options);
  }

  /**
   * A stream that compresses; small writes are gathered to 64 KiB.
   *
   * @returns The stream; to abort or cancel one end stops the other.
   */
  compressStream(): TransformStream<Bytes, Bytes> {
    return this.#codec.compressStream();
  }

  /**
   * A stream that decompresses, as strictly as {@linkcode decompress} does.
   * What came out before an error is not to be trusted.
   *
   * @param options How much may come out.
   * @returns The stream; bad data makes it fail with a `CompressionError`.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes> {
    return this.#codec.decompressStream(options);
  }
}

/**
 * Brotli (RFC 7932): smaller than gzip at the same cost.
 *
 * The default level is 4, as 11 takes a hundred times as long. At a limit no
 * more than 64 KiB beyond it are decoded by the runtime's zlib, but up to 40 MiB
 * by the web's streams, which have no bound of their own. `decompressStream()`
 * takes these on Deno, whose zlib takes brotli data that was cut short.
 *
 * @example Text with a dictionary of the web's words
 * ```ts
 * import { BrotliCompressor, GzipCompressor } from "@groundwork/infra/compression";
 * import { ok } from "node:assert/strict";
 *
 * const page = new TextEncoder().encode('<div class="content">The time is</div>');
 * const brotli = await new BrotliCompressor({ level: 11 }).compress(page);
 * ok(brotli.length < (await new GzipCompressor().compress(page)).length);
 * ```
 */
export class BrotliCompressor implements Compressor<"br"> {
  /** The coding's name in HTTP. */
  readonly coding = "br";
  readonly #codec: Codec;

  /**
   * Makes a compressor; it holds nothing and may be shared.
   *
   * @param options The level, 0 to 11, and who does the work.
   * @throws {ValidationError} The level is not a whole number of its range,
   * the backend is none or is not available here, or the level is not one that
   * the backend can do (see {@linkcode CompressorOptions}).
   */
  constructor(options: CompressorOptions = {}) {
    this.#codec = new Codec("br", options, { min: 0, max: 11, level: 4 });
  }

  /**
   * Compresses data.
   *
   * @param data The data; it may be empty.
   * @param options What makes it give up.
   * @returns The encoded bytes; at once for small data where the runtime has
   * its own zlib. Where the signal aborts, a promise that rejects with its
   * reason.
   */
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes> {
    return this.#codec.compress(data, options);
  }

  /**
   * Decompresses data.
   *
   * @param data The encoded bytes.
   * @param options How much may come out, and what makes it give up.
   * @returns What was compressed; or an error with the code
   * `COMPRESSION_TRUNCATED`, `COMPRESSION_CORRUPT`,
   * `COMPRESSION_TRAILING_DATA` or `COMPRESSION_OUTPUT_LIMIT`. Where the signal
   * aborts, a promise that rejects with its reason.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>> {
    return this.#codec.decompress(data, options);
  }

  /**
   * A stream that compresses; small writes are gathered to 64 KiB.
   *
   * @returns The stream; to abort or cancel one end stops the other.
   */
  compressStream(): TransformStream<Bytes, Bytes> {
    return this.#codec.compressStream();
  }

  /**
   * A stream that decompresses, as strictly as {@linkcode decompress} does.
   * What came out before an error is not to be trusted.
   *
   * @param options How much may come out.
   * @returns The stream; bad data makes it fail with a `CompressionError`.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes> {
    return this.#codec.decompressStream(options);
  }
}

/**
 * No coding: what goes in comes out, the very same bytes.
 *
 * @example A stand-in where nothing is to be compressed
 * ```ts
 * import { IdentityCompressor } from "@groundwork/infra/compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const identity = new IdentityCompressor();
 * const data = new Uint8Array([1, 2, 3]);
 * strictEqual(await identity.compress(data), data);
 * strictEqual(
 *   (await identity.decompress(data, { maxOutputBytes: 2 })).unwrapErr().code,
 *   "COMPRESSION_OUTPUT_LIMIT",
 * );
 * ```
 */
export class IdentityCompressor implements Compressor<"identity"> {
  /** The coding's name in HTTP. */
  readonly coding = "identity";

  /**
   * Gives the data itself, not a copy.
   *
   * @param data The data.
   * @param options What makes it give up.
   * @returns The data. Where the signal has aborted, a promise that rejects
   * with its reason.
   */
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes> {
    const signal = options?.signal;
    return signal?.aborted ? Promise.reject(signal.reason) : data;
  }

  /**
   * Gives the data itself, not a copy.
   *
   * @param data The data.
   * @param options How much it may be, and what makes it give up.
   * @returns The data; or an error with the code `COMPRESSION_OUTPUT_LIMIT`.
   * Where the signal has aborted, a promise that rejects with its reason.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompress(
    data: Bytes,
    options: DecompressOptions = {},
  ): Awaitable<Result<Bytes, DecompressError>> {
    const { signal } = options;
    const limit = requireLimit(options);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return data.length > limit
      ? failed("COMPRESSION_OUTPUT_LIMIT", this.coding)
      : new Ok(data);
  }

  /**
   * A stream that passes on what it is given.
   *
   * @returns The stream.
   */
  compressStream(): TransformStream<Bytes, Bytes> {
    return new TransformStream();
  }

  /**
   * A stream that passes on what it is given.
   *
   * @param options How much may pass.
   * @returns The stream; beyond the limit it fails with a `CompressionError`.
   * @throws {ValidationError} `maxOutputBytes` is not a whole number of 0 or
   * more.
   */
  decompressStream(
    options: DecompressStreamOptions = {},
  ): TransformStream<Bytes, Bytes> {
    const { coding } = this;
    let remaining = requireLimit(options);
    return new TransformStream({
      transform(chunk, controller): void {
        remaining -= chunk.length;
        if (remaining < 0) throw fault("COMPRESSION_OUTPUT_LIMIT", coding);
        controller.enqueue(chunk);
      },
    });
  }
}

/** Options of {@linkcode CompressorFactory}. */
export interface CompressorFactoryOptions {
  /**
   * The compressors, the preferred one first. Default: brotli, gzip and
   * deflate, as far as they can be had. Brotli is left out where only the web's
   * streams have it, as they may take a hundred times as long.
   */
  readonly compressors?: readonly Compressor[];
}

/**
 * The compressors a service has, by their codings. All are equal: one that is
 * registered under the name of another takes its place.
 *
 * The identity is none of them, as negotiation knows it anyway.
 *
 * @example A coding of one's own
 * ```ts
 * import {
 *   CompressorFactory,
 *   GzipCompressor,
 *   IdentityCompressor,
 * } from "@groundwork/infra/compression";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * // Stands for zstd by some library.
 * const zstd = Object.assign(new IdentityCompressor(), { coding: "zstd" });
 *
 * const factory = new CompressorFactory({
 *   compressors: [new GzipCompressor()],
 * });
 * factory.register(zstd);
 * deepStrictEqual(factory.codings, ["gzip", "zstd"]);
 * strictEqual(factory.create("zstd").unwrap(), zstd);
 * ```
 */
export class CompressorFactory {
  readonly #compressors = new Map<string, Compressor>();

  /**
   * Makes a registry.
   *
   * @param options What is in it from the start.
   * @throws {ValidationError} One of the compressors is none, or its coding is
   * no token.
   */
  constructor(options: CompressorFactoryOptions = {}) {
    const { compressors = defaultCompressors() } = options;
    for (const compressor of compressors) this.register(compressor);
  }

  /** The codings, in lower case; the preferred one first. */
  get codings(): readonly string[] {
    return [...this.#compressors.keys()];
  }

  /**
   * Adds a compressor, as the least preferred; or replaces the one of the same
   * coding, in its place.
   *
   * @param compressor The compressor.
   * @returns The registry.
   * @throws {ValidationError} It is no compressor, or its coding is no token.
   *
   * @example Better brotli for everybody
   * ```ts
   * import { BrotliCompressor, CompressorFactory } from "@groundwork/infra/compression";
   * import { strictEqual } from "node:assert/strict";
   *
   * const best = new BrotliCompressor({ level: 9 });
   * const factory = new CompressorFactory().register(best);
   * strictEqual(factory.get("br"), best);
   * strictEqual(factory.codings[0], "br");
   * ```
   */
  register(compressor: Compressor): this {
    if (!isCompressor(compressor)) {
      requireOption(
        new Err(typeMismatch("compressor", "Compressor")),
        compressor,
      );
    }
    const { coding } = compressor;
    requireOption(validateFormat("coding", coding, CODING_NAME), coding);
    this.#compressors.set(keyOf(coding), compressor);
    return this;
  }

  /**
   * Removes a compressor.
   *
   * @param coding Its coding, in any case.
   * @returns Whether there was one.
   *
   * @example A service without deflate, which clients disagree about
   * ```ts
   * import { CompressorFactory } from "@groundwork/infra/compression";
   * import { strictEqual } from "node:assert/strict";
   *
   * const factory = new CompressorFactory();
   * strictEqual(factory.unregister("deflate"), true);
   * strictEqual(factory.unregister("deflate"), false);
   * strictEqual(factory.get("deflate"), undefined);
   * ```
   */
  unregister(coding: string): boolean {
    return this.#compressors.delete(keyOf(coding));
  }

  /**
   * Finds a compressor.
   *
   * @param coding Its coding, in any case; `x-gzip` is gzip.
   * @returns The compressor, or `undefined` where there is none.
   *
   * @example Names as they come in headers
   * ```ts
   * import { CompressorFactory } from "@groundwork/infra/compression";
   * import { strictEqual } from "node:assert/strict";
   *
   * const factory = new CompressorFactory();
   * strictEqual(factory.get("X-GZip"), factory.get("gzip"));
   * strictEqual(factory.get("compress"), undefined);
   * ```
   */
  get(coding: string): Compressor | undefined {
    return this.#compressors.get(keyOf(coding));
  }

  /**
   * Finds a compressor, or says that there is none.
   *
   * @param coding Its coding, in any case; `x-gzip` is gzip.
   * @returns The compressor; or an error with the code
   * `COMPRESSION_UNSUPPORTED`.
   *
   * @example What a client sent and we do not know
   * ```ts
   * import { CompressorFactory } from "@groundwork/infra/compression";
   * import { strictEqual } from "node:assert/strict";
   *
   * strictEqual(
   *   new CompressorFactory().create("lzma").unwrapErr().message,
   *   "The content coding lzma is not supported",
   * );
   * ```
   */
  create(
    coding: string,
  ): Result<Compressor, CompressionError<"COMPRESSION_UNSUPPORTED">> {
    const compressor = this.get(coding);
    return compressor === undefined
      ? new Err(unsupported(coding))
      : new Ok(compressor);
  }
}

function unsupported(
  coding: string,
): CompressionError<"COMPRESSION_UNSUPPORTED"> {
  return fault("COMPRESSION_UNSUPPORTED", coding) as CompressionError<
    "COMPRESSION_UNSUPPORTED"
  >;
}

function defaultCompressors(): Compressor[] {
  const compressors: Compressor[] = [];
  // By name and not by size: Deno's web brotli is fast, but does not say so.
  if (isCodingAvailable("br", "native")) {
    compressors.push(new BrotliCompressor());
  }
  if (isCodingAvailable("gzip")) compressors.push(new GzipCompressor());
  if (isCodingAvailable("deflate")) compressors.push(new DeflateCompressor());
  return compressors;
}

function keyOf(coding: string): string {
  const name = coding.toLowerCase();
  return name === "x-gzip" ? "gzip" : name;
}
