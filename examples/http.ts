/**
 * What an HTTP service needs around its own work: problem details (RFC 9457), a
 * JSON body, compressed or not, that is bounded in size and time, and which part
 * of a list is asked for.
 *
 * @module
 */

import {
  allErrors,
  catchToResult,
  type Clock,
  CompressionError,
  decompressRequest,
  err,
  ok,
  type Result,
  supportedCodings,
  type TimerHandle,
  validateFormat,
  validateRange,
  type ValidationError,
} from "../mod.ts";

/** Something that went wrong, as HTTP tells it. */
export class HttpProblem {
  readonly status: number;
  readonly detail: string | undefined;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail?: string,
    members: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.status = status;
    this.detail = detail;
    this.members = members;
    this.headers = headers;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

/** The answer that tells a problem. */
export function problemResponse(problem: HttpProblem): Response {
  const { status, detail, members, headers } = problem;
  return new Response(
    JSON.stringify({
      type: "about:blank",
      title: TITLES[status],
      status,
      ...(detail !== undefined && { detail }),
      ...members,
    }),
    {
      status,
      headers: { "content-type": "application/problem+json", ...headers },
    },
  );
}

/** The bounds of a body. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** How long the whole body may take, in ms. */
  readonly bodyTimeoutMs: number;
}

/** Reads a JSON body; nothing of it is used unless all of it is good. */
export async function readJson(
  request: Request,
  limits: BodyLimits,
  clock: Clock,
): Promise<Result<unknown, HttpProblem>> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim();
  if (type?.toLowerCase() !== "application/json") {
    return err(
      new HttpProblem(
        415,
        "The body must be application/json",
        {},
        { accept: "application/json" },
      ),
    );
  }
  const decoded = decompressRequest(request, {
    maxOutputBytes: limits.maxBodyBytes,
  });
  if (!decoded.ok) {
    const { code, message } = decoded.error;
    const headers = { "accept-encoding": supportedCodings() };
    return err(new HttpProblem(415, message, { code }, headers));
  }
  const bytes = await readBytes(decoded.value, limits, clock);
  if (!bytes.ok) return bytes;
  return catchToResult(
    (): unknown =>
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value)),
    () => new HttpProblem(400, "The body is not well-formed JSON in UTF-8"),
  );
}

/** What of a body is left unread is not worth waiting for. */
const CLOSE: Readonly<Record<string, string>> = { connection: "close" };

async function readBytes(
  request: Request,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
  clock: Clock,
): Promise<Result<Uint8Array, HttpProblem>> {
  const tooLarge = err(
    new HttpProblem(
      413,
      `The body must not exceed ${maxBodyBytes} bytes`,
      {},
      CLOSE,
    ),
  );
  if (Number(request.headers.get("content-length")) > maxBodyBytes) {
    await request.body?.cancel();
    return tooLarge;
  }
  if (request.body === null) return ok(new Uint8Array());

  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let timedOut = false;
  const timer: TimerHandle = clock.setTimer(() => {
    timedOut = true;
    reader.cancel().catch(() => {});
  }, bodyTimeoutMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (timedOut) {
        return err(
          new HttpProblem(
            408,
            `The body took longer than ${bodyTimeoutMs} ms`,
            {},
            CLOSE,
          ),
        );
      }
      if (done) return ok(concatenate(chunks, size));
      size += value.length;
      if (size > maxBodyBytes) {
        await reader.cancel();
        return tooLarge;
      }
      chunks.push(value);
    }
  } catch (error) {
    if (!CompressionError.is(error)) {
      return err(new HttpProblem(400, "The body ended too early"));
    }
    const { code, message } = error;
    if (code === "COMPRESSION_OUTPUT_LIMIT") return tooLarge;
    return err(new HttpProblem(400, message, { code }, CLOSE));
  } finally {
    timer.cancel();
  }
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** A part of a list. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** Reads `?offset=0&limit=20`, which are the defaults. */
export function readPage(
  url: URL,
): Result<Page, readonly ValidationError[]> {
  return allErrors({
    offset: readNumber(url, "offset", 0, { min: 0 }),
    limit: readNumber(url, "limit", 20, { min: 1, max: 100 }),
  });
}

function readNumber(
  url: URL,
  name: string,
  fallback: number,
  limits: { readonly min: number; readonly max?: number },
): Result<number, ValidationError> {
  const text = url.searchParams.get(name);
  if (text === null) return ok(fallback);
  return validateFormat(name, text, /\d+/)
    .andThen((digits) => validateRange(name, Number(digits), limits));
}
