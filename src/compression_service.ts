/**
 * Compression as a service decides on it: what is worth compressing, which
 * coding the client takes best, and what came of it.
 *
 * When to use it: where bytes leave in one piece: what is stored, queued, or
 * sent by a protocol of your own.
 *
 * When not: for `Response` objects, which `compressResponse` of
 * `http-compression` encodes as they are sent, with this service's help.
 *
 * - **Never longer.** What would not get strictly shorter stays as it is, and
 *   the result says why.
 * - **Counted.** What was done with each coding, and why data was left alone,
 *   adds up to all calls of `compress`.
 *
 * The compressors themselves, with their levels, are in the factory; a
 * compressor that is registered there later takes part from then on.
 *
 * @example Compress an answer, and read it again
 * ```ts
 * import { CompressionService } from "@groundwork/infra/compression-service";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const service = new CompressionService();
 * const report = new TextEncoder().encode("all quiet; ".repeat(500));
 *
 * const result = await service.compress(report, {
 *   acceptEncoding: "gzip;q=0.8, *;q=0",
 *   contentType: "text/plain",
 * });
 * strictEqual(result.coding, "gzip");
 * strictEqual(result.savingsPercent > 90, true);
 *
 * const back = await service.decompress(result.data, result.coding);
 * deepStrictEqual(back.unwrap(), report);
 * ```
 *
 * @module
 */

import { CODING_NAME } from "./_codec.ts";
import { requireWhole } from "./_options.ts";
import { frozenCopy } from "./_plain.ts";
import { createSelector } from "./accept_encoding.ts";
import {
  type Bytes,
  type Compressor,
  CompressorFactory,
  type DecompressError,
  type DecompressOptions,
  IdentityCompressor,
} from "./compression.ts";
import { Ok, type Result } from "./result.ts";
import { requireOption, validateFormat } from "./validators.ts";

/**
 * Types that shrink, besides all of `text/`: those with a suffix for a text
 * format, and formats that are text or raw data under another name.
 */
const COMPRESSIBLE =
  /^(?:text\/(?!event-stream$).+|[^/]+\/[^/]+\+(?:json|xml|text|yaml)|application\/(?:json|openmetrics-text|(?:x-)?ndjson|(?:x-)?javascript|xml|(?:x-)?yaml|wasm)|image\/(?:bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf))$/;

/**
 * Whether content of a type is worth compressing: texts, JSON, XML and the
 * like, and the few image and font formats that are not compressed already. An
 * event stream is not: a compressor would hold its events back.
 *
 * @param contentType The type, with or without parameters, in any case.
 * @returns Whether it is; `false` where there is no type.
 *
 * @example What shrinks and what does not
 * ```ts
 * import { isCompressible } from "@groundwork/infra/compression-service";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isCompressible("text/html; charset=utf-8"), true);
 * strictEqual(isCompressible("application/problem+json"), true);
 * strictEqual(isCompressible("image/png"), false);
 * strictEqual(isCompressible("text/event-stream"), false);
 * ```
 */
export function isCompressible(
  contentType: string | null | undefined,
): boolean {
  return COMPRESSIBLE.test(essenceOf(contentType ?? ""));
}

/** `text/html` of `Text/HTML; charset=utf-8`. */
function essenceOf(contentType: string): string {
  return contentType.split(";", 1)[0]!.trim().toLowerCase();
}

/** Options of {@linkcode CompressionService}. */
export interface CompressionServiceOptions {
  /**
   * Shorter data stays as it is.
   *
   * @default {1024}
   */
  readonly minBytes?: number;
  /** The compressors. Default: a factory of its own, with the usual ones. */
  readonly factory?: CompressorFactory;
  /**
   * The codings that may be used, the best first. One that the factory does
   * not have (yet) is passed over. Default: all of the factory.
   */
  readonly codings?: readonly string[];
  /**
   * The types that are worth compressing: a list of types, of which `text/*`
   * names all of one kind, or a function that decides.
   * Default: {@linkcode isCompressible}.
   */
  readonly compressibleTypes?:
    | readonly string[]
    | ((contentType: string) => boolean);
  /**
   * Paths whose answers stay as they are, such as those that show a secret
   * beside what the client sent (BREACH). A string means the path and all
   * below it.
   */
  readonly excludedPaths?: readonly (string | RegExp)[];
}

/**
 * What {@linkcode CompressionService.shouldCompress} decides on.
 *
 * @example A small answer and a large one
 * ```ts
 * import {
 *   type CompressionCandidate,
 *   CompressionService,
 * } from "@groundwork/infra/compression-service";
 * import { strictEqual } from "node:assert/strict";
 *
 * const service = new CompressionService({ minBytes: 500 });
 * const page: CompressionCandidate = { size: 900, contentType: "text/html" };
 * strictEqual(service.shouldCompress(page), true);
 * strictEqual(service.shouldCompress({ ...page, size: 100 }), false);
 * ```
 */
export interface CompressionCandidate {
  /** How large it is, in bytes. */
  readonly size: number;
  /** Its type. Without one the type does not speak against it. */
  readonly contentType?: string | null | undefined;
  /** The path it is the answer for. */
  readonly path?: string | undefined;
}

/** What {@linkcode CompressionService.compress} is told besides the data. */
export interface CompressionRequest {
  /** The client's `Accept-Encoding` header; `null` where it sent none. */
  readonly acceptEncoding: string | null | undefined;
  /** The type of the data. Without one the type does not speak against it. */
  readonly contentType?: string | null | undefined;
  /** The path that the data is the answer for. */
  readonly path?: string | undefined;
  /** Ends the work when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Why data stayed as it is: its path is excluded, its type does not shrink, it
 * is too short, the client takes no coding of ours, or the encoded data was not
 * strictly shorter.
 *
 * @example Ask why
 * ```ts
 * import {
 *   CompressionService,
 *   type SkipReason,
 * } from "@groundwork/infra/compression-service";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { skipped } = await new CompressionService()
 *   .compress(new Uint8Array(10), { acceptEncoding: "gzip" });
 * const reason: SkipReason | undefined = skipped;
 * strictEqual(reason, "size");
 * ```
 */
export type SkipReason = "path" | "type" | "size" | "coding" | "not-smaller";

/**
 * What came of compressing.
 *
 * @example The numbers of a result
 * ```ts
 * import {
 *   type CompressionResult,
 *   CompressionService,
 * } from "@groundwork/infra/compression-service";
 * import { strictEqual } from "node:assert/strict";
 *
 * const result: CompressionResult = await new CompressionService()
 *   .compress(new Uint8Array(10_000), { acceptEncoding: "gzip" });
 * strictEqual(result.compressed, true);
 * strictEqual(result.ratio, 1 - result.compressedBytes / 10_000);
 * strictEqual(result.savingsPercent, result.ratio * 100);
 * ```
 */
export interface CompressionResult {
  /** The coding of the data: a token for `Content-Encoding`, or `identity`. */
  readonly coding: string;
  /** The encoded data; with `identity` the very data that was given. */
  readonly data: Bytes;
  /** Whether the data is encoded; it is strictly shorter then. */
  readonly compressed: boolean;
  /** The length before, in bytes. */
  readonly originalBytes: number;
  /** The length of `data`, in bytes. */
  readonly compressedBytes: number;
  /** The part saved: 1 − compressed / original; 0 for empty data. */
  readonly ratio: number;
  /** The part saved, in percent. */
  readonly savingsPercent: number;
  /** Why the data stayed as it is, where it did. */
  readonly skipped?: SkipReason;
}

/** What was done with one coding. */
export interface CodingStats {
  /** How often it was the outcome. */
  readonly operations: number;
  /** How many bytes went in. */
  readonly bytesIn: number;
  /** How many bytes came out. */
  readonly bytesOut: number;
}

/**
 * What a service has compressed. `operations` is the sum of `compressed`,
 * `failed` and what was skipped for whatever reason.
 *
 * @example How much traffic was saved
 * ```ts
 * import {
 *   CompressionService,
 *   type CompressionStats,
 * } from "@groundwork/infra/compression-service";
 * import { strictEqual } from "node:assert/strict";
 *
 * const service = new CompressionService();
 * const zeros = new Uint8Array(10_000);
 * await service.compress(zeros, { acceptEncoding: "gzip" });
 * await service.compress(zeros, { acceptEncoding: null });
 *
 * const stats: CompressionStats = service.stats;
 * strictEqual(stats.operations, 2);
 * strictEqual(stats.compressed, 1);
 * strictEqual(stats.skipped.coding, 1);
 * strictEqual(stats.savedBytes, 10_000 - stats.byCoding.gzip!.bytesOut);
 * ```
 */
export interface CompressionStats {
  /** How often compression was asked for. */
  readonly operations: number;
  /** How often something was compressed. */
  readonly compressed: number;
  /** How often a compressor failed or was aborted. */
  readonly failed: number;
  /** How often data stayed as it is, by reason. */
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** How many bytes went in, but for what failed. */
  readonly bytesIn: number;
  /** How many bytes came out. */
  readonly bytesOut: number;
  /** How many bytes fewer came out than went in. */
  readonly savedBytes: number;
  /** The same by the coding of the outcome, `identity` included. */
  readonly byCoding: Readonly<Record<string, CodingStats>>;
}

/**
 * Compresses what is worth it with the coding that the client takes best.
 *
 * @example A compressor of one's own takes part
 * ```ts
 * import { CompressorFactory, GzipCompressor } from "@groundwork/infra/compression";
 * import { CompressionService } from "@groundwork/infra/compression-service";
 * import { strictEqual } from "node:assert/strict";
 *
 * const factory = new CompressorFactory({ compressors: [new GzipCompressor()] });
 * const service = new CompressionService({ factory, codings: ["zstd", "gzip"] });
 * strictEqual(service.select("gzip, zstd"), "gzip");
 *
 * const gzip = new GzipCompressor();
 * factory.register({ // A stand-in: it only bears the name.
 *   coding: "zstd",
 *   compress: (data) => gzip.compress(data),
 *   decompress: (data, options) => gzip.decompress(data, options),
 *   compressStream: () => gzip.compressStream(),
 *   decompressStream: (options) => gzip.decompressStream(options),
 * });
 * strictEqual(service.select("gzip, zstd"), "zstd");
 * ```
 */
export class CompressionService {
  /** The compressors; what is registered here takes part at once. */
  readonly factory: CompressorFactory;
  /** Shorter data stays as it is. */
  readonly minBytes: number;
  readonly #codings: readonly string[] | undefined;
  readonly #isCompressible: (contentType: string) => boolean;
  readonly #excludedPaths: readonly ((path: string) => boolean)[];
  #tally = new Tally();
  /** The selector for the codings that were available when last asked. */
  #selector: ReturnType<typeof createSelector<string>> | undefined;
  #selectorCodings = "";

  /**
   * Makes a service.
   *
   * @param options What it compresses and how.
   * @throws {ValidationError} `minBytes` is not a whole number of 0 or more, or
   * one of `codings` is not a token.
   */
  constructor(options: CompressionServiceOptions = {}) {
    const { minBytes = 1024, codings, excludedPaths = [] } = options;
    this.minBytes = requireWhole("minBytes", minBytes, 0);
    this.factory = options.factory ?? new CompressorFactory();
    for (const coding of codings ?? []) {
      requireOption(validateFormat("codings", coding, CODING_NAME), coding);
    }
    this.#codings = codings && [
      ...new Set(codings.map((coding) => coding.toLowerCase())),
    ];
    this.#isCompressible = typeTest(options.compressibleTypes);
    this.#excludedPaths = excludedPaths.map(pathTest);
  }

  /** What was done since the service was made or reset: a frozen snapshot. */
  get stats(): CompressionStats {
    return this.#tally.snapshot();
  }

  /**
   * Sets all statistics to zero.
   *
   * @example Statistics of each hour
   * ```ts
   * import { CompressionService } from "@groundwork/infra/compression-service";
   * import { strictEqual } from "node:assert/strict";
   *
   * const service = new CompressionService();
   * await service.compress(new Uint8Array(), { acceptEncoding: null });
   * const lastHour = service.stats;
   * service.resetStats();
   * strictEqual(lastHour.operations, 1);
   * strictEqual(service.stats.operations, 0);
   * ```
   */
  resetStats(): void {
    this.#tally = new Tally();
  }

  /**
   * Whether something is worth compressing, whatever the client takes.
   *
   * @param candidate Its size in bytes, its type and its path.
   * @returns Whether it is.
   *
   * @example Neither images nor what lies under a path
   * ```ts
   * import { CompressionService } from "@groundwork/infra/compression-service";
   * import { strictEqual } from "node:assert/strict";
   *
   * const service = new CompressionService({ excludedPaths: ["/account"] });
   * const page = { size: 5_000, contentType: "text/html", path: "/" };
   * strictEqual(service.shouldCompress(page), true);
   * strictEqual(service.shouldCompress({ ...page, path: "/account/1" }), false);
   * strictEqual(
   *   service.shouldCompress({ ...page, contentType: "image/png" }),
   *   false,
   * );
   * ```
   */
  shouldCompress(candidate: CompressionCandidate): boolean {
    return this.#reasonToSkip(candidate) === undefined;
  }

  /**
   * The coding that the client takes best, of those that there are.
   *
   * @param acceptEncoding The client's header.
   * @returns The coding; `"identity"` where none is better; `undefined` where
   * the client refuses identity too.
   *
   * @example What a header gets
   * ```ts
   * import { CompressionService } from "@groundwork/infra/compression-service";
   * import { strictEqual } from "node:assert/strict";
   *
   * const service = new CompressionService();
   * strictEqual(service.select("gzip, deflate;q=0.5"), "gzip");
   * strictEqual(service.select(null), "identity");
   * strictEqual(service.select("*;q=0"), undefined);
   * ```
   */
  select(acceptEncoding: string | null | undefined): string | undefined {
    const { factory } = this;
    const codings = (this.#codings ?? factory.codings).filter((coding) =>
      coding !== "identity" && factory.get(coding) !== undefined
    );
    const key = codings.join();
    if (this.#selector === undefined || key !== this.#selectorCodings) {
      this.#selector = createSelector(codings);
      this.#selectorCodings = key;
    }
    return this.#selector(acceptEncoding);
  }

  /**
   * Compresses data, where it is worth it and the client takes a coding.
   * Otherwise, and where nothing would be saved, the data comes back as it is,
   * as `identity`; also for a client that refuses identity, who gets something
   * that way (RFC 9110 §12.5.3).
   *
   * @param data The data; it is not changed.
   * @param request The client's header, and the data's type and path.
   * @returns The data, encoded or not, and what was saved. It rejects with
   * whatever a compressor throws, and with the reason of an abort.
   *
   * @example Random data does not shrink
   * ```ts
   * import { CompressionService } from "@groundwork/infra/compression-service";
   * import { strictEqual } from "node:assert/strict";
   *
   * const noise = crypto.getRandomValues(new Uint8Array(2_000));
   * const result = await new CompressionService()
   *   .compress(noise, { acceptEncoding: "gzip" });
   * strictEqual(result.coding, "identity");
   * strictEqual(result.data, noise);
   * strictEqual(result.skipped, "not-smaller");
   * ```
   */
  async compress(
    data: Bytes,
    request: CompressionRequest,
  ): Promise<CompressionResult> {
    const { acceptEncoding, contentType, path, signal } = request;
    const tally = this.#tally;
    try {
      signal?.throwIfAborted();
      const skipped = this.#reasonToSkip({
        size: data.length,
        contentType,
        path,
      });
      const compressor = skipped ?? this.#compressorFor(acceptEncoding);
      if (typeof compressor === "string") {
        return tally.record(resultOf(data, data, compressor));
      }
      const encoded = await compressor.compress(data, { signal });
      return tally.record(
        encoded.length < data.length
          ? resultOf(data, encoded, undefined, compressor.coding)
          : resultOf(data, data, "not-smaller"),
      );
    } catch (error) {
      tally.failed++;
      throw error;
    }
  }

  /**
   * Decodes data. A coding that the factory does not have is an error: the data
   * never comes back as if it had been decoded.
   *
   * @param data The encoded data; it is not changed.
   * @param coding Its coding, in any case; `x-gzip` is `gzip`.
   * @param options The limit of the output, and a signal.
   * @returns The decoded data; or an error that tells whether the coding is not
   * supported, or the data too long, truncated, corrupt or followed by more.
   *
   * @example An unknown coding is refused
   * ```ts
   * import { CompressionService } from "@groundwork/infra/compression-service";
   * import { strictEqual } from "node:assert/strict";
   *
   * const result = await new CompressionService()
   *   .decompress(new Uint8Array([1, 2, 3]), "lzw");
   * strictEqual(result.unwrapErr().code, "COMPRESSION_UNSUPPORTED");
   * ```
   */
  async decompress(
    data: Bytes,
    coding: string,
    options: DecompressOptions = {},
  ): Promise<Result<Bytes, DecompressError>> {
    const compressor = coding.toLowerCase() === "identity"
      ? new Ok(new IdentityCompressor())
      : this.factory.create(coding);
    if (!compressor.ok) return compressor;
    return await compressor.value.decompress(data, options);
  }

  #reasonToSkip(candidate: CompressionCandidate): SkipReason | undefined {
    const { size, contentType, path } = candidate;
    if (path !== undefined && this.#excludedPaths.some((test) => test(path))) {
      return "path";
    }
    if (typeof contentType === "string" && !this.#isCompressible(contentType)) {
      return "type";
    }
    return size < this.minBytes ? "size" : undefined;
  }

  #compressorFor(
    acceptEncoding: string | null | undefined,
  ): Compressor | "coding" {
    const coding = this.select(acceptEncoding);
    if (coding === undefined || coding === "identity") return "coding";
    return this.factory.get(coding) ?? "coding";
  }
}

/** The test that an option stands for. */
function typeTest(
  types: CompressionServiceOptions["compressibleTypes"],
): (contentType: string) => boolean {
  if (types === undefined) return isCompressible;
  if (typeof types === "function") return types;
  const listed = new Set(types.map((type) => type.toLowerCase()));
  return (contentType) => {
    const essence = essenceOf(contentType);
    return listed.has(essence) || listed.has(essence.replace(/\/.*/, "/*"));
  };
}

function pathTest(excluded: string | RegExp): (path: string) => boolean {
  if (typeof excluded === "string") {
    const folder = excluded.endsWith("/") ? excluded : `${excluded}/`;
    return (path) => path === excluded || path.startsWith(folder);
  }
  // With g or y an expression goes on from where it was.
  const flags = excluded.flags.replace(/[gy]/g, "");
  const pattern = new RegExp(excluded.source, flags);
  return (path) => pattern.test(path);
}

function resultOf(
  original: Bytes,
  data: Bytes,
  skipped: SkipReason | undefined,
  coding = "identity",
): CompressionResult {
  const originalBytes = original.length;
  const compressedBytes = data.length;
  const ratio = originalBytes === 0 ? 0 : 1 - compressedBytes / originalBytes;
  return {
    coding,
    data,
    compressed: skipped === undefined,
    originalBytes,
    compressedBytes,
    ratio,
    savingsPercent: ratio * 100,
    ...(skipped !== undefined && { skipped }),
  };
}

/** The running counts behind the statistics. */
class Tally {
  failed = 0;
  readonly #skipped: Record<SkipReason, number> = {
    path: 0,
    type: 0,
    size: 0,
    coding: 0,
    "not-smaller": 0,
  };
  readonly #byCoding = new Map<string, CodingStats>();

  record(result: CompressionResult): CompressionResult {
    const { coding, originalBytes, compressedBytes, skipped } = result;
    if (skipped !== undefined) this.#skipped[skipped]++;
    const before = this.#byCoding.get(coding);
    this.#byCoding.set(coding, {
      operations: (before?.operations ?? 0) + 1,
      bytesIn: (before?.bytesIn ?? 0) + originalBytes,
      bytesOut: (before?.bytesOut ?? 0) + compressedBytes,
    });
    return result;
  }

  snapshot(): CompressionStats {
    let recorded = 0;
    let compressed = 0;
    let bytesIn = 0;
    let bytesOut = 0;
    for (const [coding, stats] of this.#byCoding) {
      recorded += stats.operations;
      if (coding !== "identity") compressed += stats.operations;
      bytesIn += stats.bytesIn;
      bytesOut += stats.bytesOut;
    }
    return frozenCopy({
      operations: recorded + this.failed,
      compressed,
      failed: this.failed,
      skipped: this.#skipped,
      bytesIn,
      bytesOut,
      savedBytes: bytesIn - bytesOut,
      byCoding: Object.fromEntries(this.#byCoding),
    });
  }
}
