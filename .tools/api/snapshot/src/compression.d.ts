import { type CompressionError, type ErrorOf } from "./errors.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
export type Bytes = Uint8Array<ArrayBuffer>;
export interface CompressOptions {
  readonly signal?: AbortSignal | undefined;
}
export interface DecompressStreamOptions {
  readonly maxOutputBytes?: number;
}
export interface DecompressOptions extends DecompressStreamOptions {
  readonly signal?: AbortSignal | undefined;
}
export type DecompressError = ErrorOf<
  | "COMPRESSION_TRUNCATED"
  | "COMPRESSION_CORRUPT"
  | "COMPRESSION_TRAILING_DATA"
  | "COMPRESSION_OUTPUT_LIMIT"
  | "COMPRESSION_UNSUPPORTED"
>;
export interface Compressor<C extends string = string> {
  readonly coding: C;
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes>;
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>>;
  compressStream(): TransformStream<Bytes, Bytes>;
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes>;
}
export declare function isCompressor(value: unknown): value is Compressor;
export type CompressionBackend = "auto" | "web" | "native";
export interface CompressorOptions {
  readonly level?: number;
  readonly backend?: CompressionBackend;
}
export declare function isCodingAvailable(
  coding: "gzip" | "deflate" | "br",
  backend?: CompressionBackend,
): boolean;
export declare class GzipCompressor implements Compressor<"gzip"> {
  readonly coding: "gzip";
  constructor(options?: CompressorOptions);
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes>;
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>>;
  compressStream(): TransformStream<Bytes, Bytes>;
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes>;
}
export declare class DeflateCompressor implements Compressor<"deflate"> {
  readonly coding: "deflate";
  constructor(options?: CompressorOptions);
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes>;
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>>;
  compressStream(): TransformStream<Bytes, Bytes>;
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes>;
}
export declare class BrotliCompressor implements Compressor<"br"> {
  readonly coding: "br";
  constructor(options?: CompressorOptions);
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes>;
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>>;
  compressStream(): TransformStream<Bytes, Bytes>;
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes>;
}
export declare class IdentityCompressor implements Compressor<"identity"> {
  readonly coding: "identity";
  compress(data: Bytes, options?: CompressOptions): Awaitable<Bytes>;
  decompress(
    data: Bytes,
    options?: DecompressOptions,
  ): Awaitable<Result<Bytes, DecompressError>>;
  compressStream(): TransformStream<Bytes, Bytes>;
  decompressStream(
    options?: DecompressStreamOptions,
  ): TransformStream<Bytes, Bytes>;
}
export interface CompressorFactoryOptions {
  readonly compressors?: readonly Compressor[];
}
export declare class CompressorFactory {
  constructor(options?: CompressorFactoryOptions);
  get codings(): readonly string[];
  register(compressor: Compressor): this;
  unregister(coding: string): boolean;
  get(coding: string): Compressor | undefined;
  create(
    coding: string,
  ): Result<Compressor, CompressionError<"COMPRESSION_UNSUPPORTED">>;
}
