/**
 * Compression of HTTP messages as RFC 9110 has it, for whatever speaks
 * `Request` and `Response`: {@linkcode compressResponse} encodes what goes out,
 * {@linkcode decompressRequest} decodes what comes in.
 *
 * When to use it: in a service that speaks `Request` and `Response` and has no
 * proxy that compresses.
 *
 * When not: behind such a proxy; for files that never change, which are better
 * compressed once, when they are built.
 *
 * - **By the book.** `Vary`, `ETag`, `Content-Length`, ranges and
 *   `no-transform` are treated as RFC 9110 has them; doing it twice is doing it
 *   once.
 * - **Nothing just ends.** An error of a body comes out where the body is read,
 *   and what decoding may produce is bounded.
 *
 * Compressing a page that shows a secret beside something the client sent lets
 * an attacker who sees the lengths guess the secret (BREACH). Leave such pages
 * out, by `compressible` or by the service's `excludedPaths`.
 *
 * @example Around a handler
 * ```ts
 * import { compressResponse } from "@groundwork/infra/http-compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const handler = (_request: Request) =>
 *   Response.json(Array.from({ length: 500 }, (_, id) => ({ id })));
 *
 * const request = new Request("http://localhost/", {
 *   headers: { "accept-encoding": "gzip" },
 * });
 * const response = await compressResponse(request, handler(request));
 * strictEqual(response.headers.get("content-encoding"), "gzip");
 * strictEqual(response.headers.get("vary"), "Accept-Encoding");
 * ```
 *
 * @module
 */

import { join } from "./_codec.ts";
import { typeMismatch } from "./_mismatch.ts";
import { requireWhole } from "./_options.ts";
import type { Bytes, Compressor, CompressorFactory } from "./compression.ts";
import { CompressionService } from "./compression_service.ts";
import { CompressionError, type ErrorOf } from "./errors.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";
import { parseStatus } from "./status.ts";
import { requireOption } from "./validators.ts";

/**
 * What becomes of a strong `ETag` when a body is encoded, which makes other
 * bytes of it:
 *
 * - `"weak"` turns `"x"` into `W/"x"`;
 * - `"suffix"` turns it into `"x-gzip"`, which stays strong; the handler then
 *   gets what {@linkcode stripETagSuffix} gives, and
 *   {@linkcode compressResponse} the request as it came;
 * - `"drop"` removes it.
 */
export type ETagMode = "weak" | "suffix" | "drop";

/** Options of {@linkcode compressResponse}. */
export interface CompressResponseOptions {
  /**
   * Decides what is worth compressing and with what. Make it once, not once a
   * request. Bodies that are sent as a stream are not in its statistics.
   * Default: one with the usual options.
   */
  readonly service?: CompressionService;
  /**
   * What becomes of a strong `ETag` when the body is encoded.
   *
   * @default {"weak"}
   */
  readonly etag?: ETagMode;
  /**
   * What a client gets that accepts no coding of ours and refuses identity
   * too: the body as it is, or a 406 without a body.
   *
   * @default {"identity"}
   */
  readonly notAcceptable?: "identity" | "406";
  /**
   * Up to this many bytes a body is read before the answer begins, so that it
   * has an exact `Content-Length` and stays as it is where encoding would not
   * make it shorter. A longer one is encoded while it is sent.
   *
   * @default {65_536}
   */
  readonly bufferBytes?: number;
  /**
   * Asked for each response that could be encoded, before its body is read,
   * which it must not do itself; `false` leaves the response as it is.
   */
  readonly compressible?: (response: Response) => boolean;
  /**
   * Gives the body up while it is read before the answer begins. That may be
   * `request.signal`; on its own it is not looked at, as Deno would warn of it.
   * From then on a server cancels the body when the client has gone. Where the
   * client has gone before, the answer's body fails with the signal's reason:
   * cancel it instead of sending it.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode decompressRequest}. */
export interface DecompressRequestOptions {
  /**
   * How long a decoded body may be, in bytes.
   *
   * @default {10_485_760}
   */
  readonly maxOutputBytes?: number;
  /**
   * How many codings may be on top of each other.
   *
   * @default {2}
   */
  readonly maxCodings?: number;
  /** The compressors. Default: the usual ones. */
  readonly factory?: CompressorFactory;
}

/**
 * Encodes a response for the client that sent the request, where that is worth
 * it and allowed. What is not touched comes back as the same object; what is
 * encoded already is not touched, so doing it twice is doing it once.
 *
 * Left alone are: a status without a body or with a part of one (1xx, 204, 205,
 * 206), `Content-Range`, `Content-Encoding`, `Cache-Control: no-transform`, a
 * type that does not shrink or is missing (Bun gives none to a body of text),
 * event streams, and what is shorter than the service's `minBytes`, for which
 * the body is read that far. All else gets `Vary: Accept-Encoding`, be it
 * encoded or not, also as an answer to HEAD or as a 304.
 *
 * A body that comes slowly and must be seen as it comes, such as progress in
 * NDJSON, is to be kept out by `Cache-Control: no-transform` or `compressible`.
 *
 * Errors of the body, of the compressor and an abort of the signal come out
 * where the new body is read: it never just ends. Cancelling it cancels the
 * body that was given.
 *
 * @param request The request, for its method and its `Accept-Encoding`.
 * @param response The response; its body is used up.
 * @param options What to compress and how.
 * @returns The response to send.
 * @throws {ValidationError} `bufferBytes` is not a whole number of 0 or more,
 * or `etag` or `notAcceptable` is unknown.
 *
 * @example An entity tag names bytes, so it is weakened
 * ```ts
 * import { compressResponse } from "@groundwork/infra/http-compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const request = new Request("http://localhost/", {
 *   headers: { "accept-encoding": "gzip, br;q=0" },
 * });
 * const page = new Response("<p>again</p>".repeat(200), {
 *   headers: { "content-type": "text/html", etag: '"v1"' },
 * });
 * const response = await compressResponse(request, page);
 * strictEqual(response.headers.get("etag"), 'W/"v1"');
 * const { byteLength } = await response.clone().arrayBuffer();
 * strictEqual(response.headers.get("content-length"), String(byteLength));
 * const body = response.body!.pipeThrough(new DecompressionStream("gzip"));
 * strictEqual((await new Response(body).text()).length, 12 * 200);
 * ```
 */
export async function compressResponse(
  request: Request,
  response: Response,
  options: CompressResponseOptions = {},
): Promise<Response> {
  const { service = usualService(), etag = "weak", compressible } = options;
  const { bufferBytes = 65_536, notAcceptable = "identity", signal } = options;
  requireWhole("bufferBytes", bufferBytes, 0);
  requireOption(parseStatus(ETagModes, etag, "etag"), etag);
  requireOption(
    parseStatus(WhenRefused, notAcceptable, "notAcceptable"),
    notAcceptable,
  );
  if (!mayEncode(request, response, service)) return response;
  if (compressible?.(response) === false) return response;

  const acceptEncoding = request.headers.get("accept-encoding");
  const selected = service.select(acceptEncoding);
  const compressor = selected === undefined || selected === "identity"
    ? undefined
    : service.factory.get(selected);
  const plain = new Headers(response.headers);
  addVary(plain);
  function encode(coding: string, body: BodyInit, length?: number): Response {
    return remade(response, body, encodedHeaders(plain, coding, etag, length));
  }

  if (isHeadOnly(request, response)) {
    if (compressor !== undefined) {
      const encodedTag = etagOf(plain, compressor.coding, etag);
      if (response.status === 304) confirmETag(request, plain, encodedTag);
      else hedgeHead(plain, encodedTag);
    }
    return remade(response, response.body, plain);
  }
  if (selected === "identity" && plain.has("content-length")) {
    return remade(response, response.body, plain); // It is long enough.
  }

  const { minBytes } = service;
  const enough = compressor ? Math.max(minBytes, bufferBytes + 1) : minBytes;
  const { bytes, isAll, whole } = await peek(response.body!, enough, signal);
  if (isAll && bytes.length < minBytes) {
    return remade(response, bytes, response.headers);
  }
  if (selected === undefined && notAcceptable === "406") {
    await whole.cancel();
    const vary = plain.get("vary")!;
    return new Response(null, { status: 406, headers: { vary } });
  }
  if (compressor === undefined) {
    return remade(response, isAll ? bytes : whole, plain);
  }
  const { coding } = compressor;
  if (!isAll) {
    return encode(coding, whole.pipeThrough(compressor.compressStream()));
  }
  try {
    const result = await service.compress(bytes, { acceptEncoding, signal });
    if (!result.compressed) return remade(response, bytes, plain);
    // Meanwhile a better coding may have been registered.
    return encode(result.coding, result.data, result.compressedBytes);
  } catch (error) {
    return encode(coding, failingStream(error));
  }
}

/**
 * Takes the suffixes off that `etag: "suffix"` gave, so that the handler finds
 * its own tags in `If-None-Match` and `If-Match`. `If-Range` keeps them: ranges
 * are of the encoded bytes.
 *
 * @param request The request; its body moves over to the new one.
 * @param codings The codings whose suffixes to take off.
 * @returns A request with the handler's tags; the same one where none has a
 * suffix.
 *
 * @example The client has the encoded page
 * ```ts
 * import { stripETagSuffix } from "@groundwork/infra/http-compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const request = new Request("http://localhost/", {
 *   headers: { "if-none-match": '"v1-gzip", W/"v0"' },
 * });
 * strictEqual(
 *   stripETagSuffix(request).headers.get("if-none-match"),
 *   '"v1", W/"v0"',
 * );
 * ```
 */
export function stripETagSuffix(
  request: Request,
  codings: readonly string[] = usualService().factory.codings,
): Request {
  const headers = new Headers(request.headers);
  let isChanged = false;
  for (const name of ["if-none-match", "if-match"]) {
    const tags = headers.get(name);
    const stripped = tags?.replace(ETAGS, (tag: string) => {
      const coding = codings.find((coding) => tag.endsWith(`-${coding}"`));
      return coding ? `${tag.slice(0, -coding.length - 2)}"` : tag;
    });
    if (stripped === undefined || stripped === tags) continue;
    headers.set(name, stripped);
    isChanged = true;
  }
  return isChanged ? new Request(request, { headers }) : request;
}

/**
 * Decodes the body of a request by its `Content-Encoding`, while it is read.
 *
 * An error of the data, or a body that is longer than `maxOutputBytes` when
 * decoded, comes out as a CompressionError where the body is read: answer
 * `COMPRESSION_OUTPUT_LIMIT` with a 413 and the others with a 400.
 *
 * @param request The request; its body moves over to the new one.
 * @param options The limits, and the compressors.
 * @returns The request with a plain body, without `Content-Encoding` and
 * `Content-Length`; the same one where nothing is encoded, and one without a
 * body where there is none (for Bun an empty one is none). Or an error with the
 * code `COMPRESSION_UNSUPPORTED`: answer it with a 415, and with
 * {@linkcode supportedCodings} as `Accept-Encoding`.
 * @throws {ValidationError} `maxOutputBytes` or `maxCodings` is not a whole
 * number of 0 or more.
 *
 * @example A request that is encoded, and one nobody can read
 * ```ts
 * import { GzipCompressor } from "@groundwork/infra/compression";
 * import {
 *   decompressRequest,
 *   supportedCodings,
 * } from "@groundwork/infra/http-compression";
 * import { match, strictEqual } from "node:assert/strict";
 *
 * const body = await new GzipCompressor()
 *   .compress(new TextEncoder().encode('{"name":"ada"}'));
 * const post = (coding: string) =>
 *   new Request("http://localhost/", {
 *     method: "POST",
 *     headers: { "content-encoding": coding },
 *     body,
 *   });
 *
 * const request = decompressRequest(post("gzip")).unwrap();
 * strictEqual((await request.json()).name, "ada");
 *
 * const error = decompressRequest(post("lzw")).unwrapErr();
 * strictEqual(error.code, "COMPRESSION_UNSUPPORTED");
 * match(supportedCodings(), /gzip/);
 * ```
 */
export function decompressRequest(
  request: Request,
  options: DecompressRequestOptions = {},
): Result<Request, ErrorOf<"COMPRESSION_UNSUPPORTED">> {
  const { maxOutputBytes = 10_485_760, maxCodings = 2 } = options;
  const { factory = usualService().factory } = options;
  requireWhole("maxOutputBytes", maxOutputBytes, 0);
  requireWhole("maxCodings", maxCodings, 0);

  const header = request.headers.get("content-encoding") ?? "";
  const codings = tokensOf(header).filter((coding) => coding !== "identity");
  if (codings.length === 0) return new Ok(request);
  if (codings.length > maxCodings) return unsupported(header);
  const compressors: Compressor[] = [];
  for (const coding of codings) {
    const compressor = factory.get(coding);
    if (compressor === undefined) return unsupported(coding);
    compressors.unshift(compressor); // The last one comes off first.
  }

  const headers = new Headers(request.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  if (request.body === null) return new Ok(new Request(request, { headers }));
  const body = compressors.reduce<ReadableStream<Bytes>>(
    (body, compressor) =>
      body.pipeThrough(compressor.decompressStream({ maxOutputBytes })),
    request.body as ReadableStream<Bytes>,
  );
  const init = { headers, body, duplex: "half" };
  return new Ok(new Request(request, init));
}

/**
 * The codings that {@linkcode decompressRequest} can decode, as the value of
 * the `Accept-Encoding` header that goes with a 415 (RFC 9110 §12.5.3).
 *
 * @param factory The compressors. Default: the usual ones.
 * @returns The codings, the best first.
 *
 * @example What a factory can decode
 * ```ts
 * import { CompressorFactory, GzipCompressor } from "@groundwork/infra/compression";
 * import { supportedCodings } from "@groundwork/infra/http-compression";
 * import { strictEqual } from "node:assert/strict";
 *
 * const compressors = [new GzipCompressor()];
 * strictEqual(supportedCodings(new CompressorFactory({ compressors })), "gzip");
 * ```
 */
export function supportedCodings(
  factory: CompressorFactory = usualService().factory,
): string {
  const codings = factory.codings.filter((coding) => coding !== "identity");
  return codings.join(", ") || "identity";
}

const ETagModes = { WEAK: "weak", SUFFIX: "suffix", DROP: "drop" } as const;
const WhenRefused = { IDENTITY: "identity", NOT_ACCEPTABLE: "406" } as const;

/** Made when first needed, so that importing does nothing. */
let usual: CompressionService | undefined;

function usualService(): CompressionService {
  return usual ??= new CompressionService();
}

// --- What may be encoded

const BODYLESS: readonly number[] = [204, 205];

/** Whether only the negotiation and the length of the body are left to see. */
function mayEncode(
  request: Request,
  response: Response,
  service: CompressionService,
): boolean {
  const { status, headers } = response;
  if (status < 200 || BODYLESS.includes(status) || status === 206) return false;
  if (response.body === null && !isHeadOnly(request, response)) return false;
  const codings = tokensOf(headers.get("content-encoding") ?? "");
  if (codings.some((coding) => coding !== "identity")) return false;
  if (headers.has("content-range")) return false;
  const directives = tokensOf(headers.get("cache-control") ?? "");
  if (directives.includes("no-transform")) return false;

  const contentType = headers.get("content-type");
  // A 304 may leave the type out, and must have the Vary of the 200.
  if (contentType === null && status !== 304) return false;
  if (/^\s*text\/event-stream\s*(;|$)/i.test(contentType ?? "")) return false;
  const length = status === 304 ? null : headers.get("content-length");
  return service.shouldCompress({
    size: length === null ? Infinity : Number(length),
    contentType,
    path: pathOf(request),
  });
}

/** Whether the answer has the headers of another, and not its body. */
function isHeadOnly(request: Request, response: Response): boolean {
  return request.method === "HEAD" || response.status === 304;
}

/**
 * The path; none where the request was so malformed that its URL, which some
 * servers make of the Host header, is no URL or cannot even be read.
 */
function pathOf(request: Request): string | undefined {
  return catchToResult(
    (): string | undefined => new URL(request.url).pathname,
    () => undefined,
  ).unwrapOr(undefined);
}

/** The elements of a list in a header, in lower case. */
function tokensOf(header: string): string[] {
  return header.split(",").map((token) => token.trim().toLowerCase())
    .filter((token) => token !== "");
}

// --- Headers

/** These tell of the bytes before they are encoded. */
const OF_PLAIN_BYTES = [
  "accept-ranges",
  "content-digest",
  "content-length",
  "content-md5",
  "digest",
  "repr-digest",
];

function encodedHeaders(
  plain: Headers,
  coding: string,
  mode: ETagMode,
  length: number | undefined,
): Headers {
  const headers = new Headers(plain);
  for (const name of OF_PLAIN_BYTES) headers.delete(name);
  headers.set("content-encoding", coding);
  if (length !== undefined) headers.set("content-length", `${length}`);
  const etag = etagOf(headers, coding, mode);
  if (etag === undefined) headers.delete("etag");
  else headers.set("etag", etag);
  return headers;
}

/** The tag of the encoded bytes; `undefined` where they have none. */
function etagOf(
  headers: Headers,
  coding: string,
  mode: ETagMode,
): string | undefined {
  const etag = headers.get("etag");
  if (etag === null || !etag.startsWith('"')) return etag ?? undefined;
  if (mode === "weak") return `W/${etag}`;
  return mode === "drop" ? undefined : etag.replace(/"$/, `-${coding}"`);
}

/** Names Accept-Encoding once; `*` says it already. */
function addVary(headers: Headers): void {
  const vary = headers.get("vary") ?? "";
  const names = vary.split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.includes("*")) return;
  const others = names.filter((name) =>
    name.toLowerCase() !== "accept-encoding"
  );
  if (others.length === names.length - 1) return;
  headers.set("vary", [...others, "Accept-Encoding"].join(", "));
}

/** One entity tag: commas may be in it. */
const ETAGS = /(?:W\/)?"[^"]*"/g;

/** A 304 names the tag that the client has, be it that of encoded bytes. */
function confirmETag(
  request: Request,
  headers: Headers,
  encodedTag: string | undefined,
): void {
  const header = request.headers.get("if-none-match") ?? "";
  const known: readonly string[] = header.match(ETAGS) ?? [];
  if (encodedTag !== undefined && known.includes(encodedTag)) {
    headers.set("etag", encodedTag);
  }
}

/**
 * Whether GET would encode is not sure, so HEAD gets what is true either way:
 * no length, and a weak tag if that is what GET would give.
 */
function hedgeHead(headers: Headers, encodedTag: string | undefined): void {
  headers.delete("content-length");
  if (encodedTag?.startsWith("W/")) headers.set("etag", encodedTag);
}

function remade(
  { status, statusText }: Response,
  body: BodyInit | null,
  headers: Headers,
): Response {
  return new Response(body, { status, statusText, headers });
}

// --- Bodies

interface Peeked {
  /** What was read. */
  readonly bytes: Bytes;
  /** Whether that is all. */
  readonly isAll: boolean;
  /** The whole body: what was read, and then the rest. */
  readonly whole: ReadableStream<Bytes>;
}

/** Reads a body until there are so many bytes, or it ends or fails. */
async function peek(
  body: ReadableStream<Uint8Array>,
  enough: number,
  signal: AbortSignal | undefined,
): Promise<Peeked> {
  const reader = body.getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  function onAbort(): void {
    giveUp(reader, signal?.reason);
  }
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal?.aborted) onAbort();
    let isAll = false;
    while (!isAll && size < enough) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      isAll = done;
      if (value === undefined) continue;
      chunks.push(requireBytes(value));
      size += value.length;
    }
    const bytes = join(chunks);
    return { bytes, isAll, whole: continued(bytes, reader) };
  } catch (error) {
    // What was read goes out before the error, as it would have.
    giveUp(reader, error);
    const bytes = join(chunks);
    return { bytes, isAll: false, whole: failingStream(error, bytes) };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Ends a source whose reader learns the reason; what it says now is late. */
function giveUp(
  reader: ReadableStreamDefaultReader<unknown>,
  reason: unknown,
): void {
  reader.cancel(reason).catch(() => {});
}

function requireBytes(chunk: unknown): Bytes {
  if (chunk instanceof Uint8Array) return chunk as Bytes;
  throw typeMismatch("body", "Uint8Array");
}

/** What was read, and then what a reader still has. */
function continued(
  head: Bytes,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Bytes> {
  let isBegun = head.length === 0;
  return new ReadableStream<Bytes>({
    async pull(controller): Promise<void> {
      if (!isBegun) {
        isBegun = true;
        return controller.enqueue(head);
      }
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(requireBytes(value));
      } catch (error) {
        giveUp(reader, error);
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function failingStream(error: unknown, head?: Bytes): ReadableStream<Bytes> {
  let isBegun = head === undefined || head.length === 0;
  return new ReadableStream<Bytes>({
    pull(controller): void {
      if (isBegun) return controller.error(error);
      isBegun = true;
      controller.enqueue(head!);
    },
  }, { highWaterMark: 0 });
}

function unsupported(
  coding: string,
): Err<ErrorOf<"COMPRESSION_UNSUPPORTED">> {
  // A client chose the text: no more of it than tells what it was.
  const shown = coding.length > 64 ? `${coding.slice(0, 64)}…` : coding;
  return new Err(
    new CompressionError("COMPRESSION_UNSUPPORTED", { coding: shown }),
  );
}
