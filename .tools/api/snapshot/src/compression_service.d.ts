import {
  type Bytes,
  CompressorFactory,
  type DecompressError,
  type DecompressOptions,
} from "./compression.js";
import { type Result } from "./result.js";
export declare function isCompressible(
  contentType: string | null | undefined,
): boolean;
export interface CompressionServiceOptions {
  readonly minBytes?: number;
  readonly factory?: CompressorFactory;
  readonly codings?: readonly string[];
  readonly compressibleTypes?:
    | readonly string[]
    | ((contentType: string) => boolean);
  readonly excludedPaths?: readonly (string | RegExp)[];
}
export interface CompressionCandidate {
  readonly size: number;
  readonly contentType?: string | null | undefined;
  readonly path?: string | undefined;
}
export interface CompressionRequest {
  readonly acceptEncoding: string | null | undefined;
  readonly contentType?: string | null | undefined;
  readonly path?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
export type SkipReason = "path" | "type" | "size" | "coding" | "not-smaller";
export interface CompressionResult {
  readonly coding: string;
  readonly data: Bytes;
  readonly compressed: boolean;
  readonly originalBytes: number;
  readonly compressedBytes: number;
  readonly ratio: number;
  readonly savingsPercent: number;
  readonly skipped?: SkipReason;
}
export interface CodingStats {
  readonly operations: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}
export interface CompressionStats {
  readonly operations: number;
  readonly compressed: number;
  readonly failed: number;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly savedBytes: number;
  readonly byCoding: Readonly<Record<string, CodingStats>>;
}
export declare class CompressionService {
  readonly factory: CompressorFactory;
  readonly minBytes: number;
  constructor(options?: CompressionServiceOptions);
  get stats(): CompressionStats;
  resetStats(): void;
  shouldCompress(candidate: CompressionCandidate): boolean;
  select(acceptEncoding: string | null | undefined): string | undefined;
  compress(
    data: Bytes,
    request: CompressionRequest,
  ): Promise<CompressionResult>;
  decompress(
    data: Bytes,
    coding: string,
    options?: DecompressOptions,
  ): Promise<Result<Bytes, DecompressError>>;
}
