import type { CompressorFactory } from "./compression.js";
import { CompressionService } from "./compression_service.js";
import { type ErrorOf } from "./errors.js";
import { type Result } from "./result.js";
export type ETagMode = "weak" | "suffix" | "drop";
export interface CompressResponseOptions {
  readonly service?: CompressionService;
  readonly etag?: ETagMode;
  readonly notAcceptable?: "identity" | "406";
  readonly bufferBytes?: number;
  readonly compressible?: (response: Response) => boolean;
  readonly signal?: AbortSignal | undefined;
}
export interface DecompressRequestOptions {
  readonly maxOutputBytes?: number;
  readonly maxCodings?: number;
  readonly factory?: CompressorFactory;
}
export declare function compressResponse(
  request: Request,
  response: Response,
  options?: CompressResponseOptions,
): Promise<Response>;
export declare function stripETagSuffix(
  request: Request,
  codings?: readonly string[],
): Request;
export declare function decompressRequest(
  request: Request,
  options?: DecompressRequestOptions,
): Result<Request, ErrorOf<"COMPRESSION_UNSUPPORTED">>;
export declare function supportedCodings(factory?: CompressorFactory): string;
