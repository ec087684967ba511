import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import {
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from "node:zlib";
import fc from "fast-check";
import {
  type Bytes,
  type Compressor,
  CompressorFactory,
  GzipCompressor,
} from "../src/compression.ts";
import { CompressionService } from "../src/compression_service.ts";
import { CompressionError, ValidationError } from "../src/errors.ts";
import {
  compressResponse,
  type CompressResponseOptions,
  decompressRequest,
  stripETagSuffix,
  supportedCodings,
} from "../src/http_compression.ts";
import { CountingSignal, RUNS } from "./foundation_support.ts";
import { CODINGS, setHeader } from "./runtime_support.ts";

const URL_OF_PAGE = "http://test/page";
const TEXT = "All work and no play makes Jack a dull boy.\n".repeat(50);
const LONG_TEXT = TEXT.repeat(100); // 220,000 bytes

function get(
  acceptEncoding: string | null = "gzip",
  init: RequestInit = {},
): Request {
  const request = new Request(URL_OF_PAGE, init);
  if (acceptEncoding !== null) {
    setHeader(request, "accept-encoding", acceptEncoding);
  }
  return request;
}

function page(
  headers: Readonly<Record<string, string>> = {},
  body: BodyInit | null = TEXT,
  status = 200,
): Response {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return new Response(body, { status, headers: { ...type, ...headers } });
}

/** A body that gives these chunks one by one, and tells how it was treated. */
class Source {
  readonly cancelled: unknown[] = [];
  pulls = 0;
  readonly stream: ReadableStream<Bytes>;

  constructor(chunks: Iterable<Bytes>, failure?: Error) {
    const iterator = chunks[Symbol.iterator]();
    this.stream = new ReadableStream<Bytes>({
      pull: (controller) => {
        this.pulls++;
        const { done, value } = iterator.next();
        if (!done) controller.enqueue(value);
        else if (failure) controller.error(failure);
        else controller.close();
      },
      cancel: (reason) => {
        this.cancelled.push(reason);
      },
    }, { highWaterMark: 0 });
  }
}

function* endless(): Generator<Bytes> {
  for (;;) yield crypto.getRandomValues(new Uint8Array(10_000));
}

/** Lets other work go on until it has had its effect: pipes take some turns. */
async function turnsUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !isDone(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function split(data: Uint8Array, size: number): Bytes[] {
  const chunks: Bytes[] = [];
  for (let at = 0; at < data.length; at += size) {
    chunks.push(new Uint8Array(data.subarray(at, at + size)));
  }
  return chunks;
}

function bytesOf(text: string): Bytes {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Reads a body by its stream: the other methods of Chromium hide why it fails. */
async function drain({ body }: Request | Response): Promise<void> {
  const reader = body!.getReader();
  while (!(await reader.read()).done);
}

async function decoded(response: Response): Promise<string> {
  const coding = response.headers.get("content-encoding");
  const body = new Uint8Array(await response.arrayBuffer());
  const length = response.headers.get("content-length");
  if (length !== null && response.body !== null) {
    strictEqual(length, String(body.length));
  }
  switch (coding) {
    case null:
    case "identity":
      return textOf(body);
    case "gzip":
      return textOf(gunzipSync(body));
    case "deflate":
      return textOf(inflateSync(body));
    case "br":
      return textOf(brotliDecompressSync(body));
    default:
      throw new Error(coding);
  }
}

describe("compressResponse()", () => {
  // Each row of "HTTP rules" and "compressResponse decisions" of the contract.
  const rules: readonly {
    readonly name: string;
    readonly accept?: string | null;
    readonly method?: string;
    readonly response?: () => Response;
    readonly options?: CompressResponseOptions;
    readonly coding: string | null;
    readonly vary: string | null;
  }[] = [
    { name: "gzip is accepted", coding: "gzip", vary: "Accept-Encoding" },
    {
      name: "x-gzip is gzip",
      accept: "X-GZip",
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "the header is absent",
      accept: null,
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "the header is empty",
      accept: "",
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "the coding is unknown",
      accept: "zstd",
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "gzip is refused",
      accept: "gzip;q=0",
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "the weight is malformed",
      accept: "gzip;q=.5",
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "only deflate is left",
      accept: "gzip;q=0, deflate",
      coding: "deflate",
      vary: "Accept-Encoding",
    },
    {
      name: "identity is refused, gzip not",
      accept: "identity;q=0, gzip",
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "all is refused",
      accept: "*;q=0",
      coding: null,
      vary: "Accept-Encoding",
    },
    { name: "POST", method: "POST", coding: "gzip", vary: "Accept-Encoding" },
    {
      name: "404",
      response: () => page({}, TEXT, 404),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "500",
      response: () => page({}, TEXT, 500),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "204",
      response: () => page({}, null, 204),
      coding: null,
      vary: null,
    },
    {
      name: "205",
      response: () => page({}, null, 205),
      coding: null,
      vary: null,
    },
    {
      name: "206",
      response: () => page({ "content-range": "bytes 0-9/100" }, TEXT, 206),
      coding: null,
      vary: null,
    },
    {
      name: "206 in parts",
      response: () => page({}, TEXT, 206),
      coding: null,
      vary: null,
    },
    {
      name: "304",
      response: () => page({}, null, 304),
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "304 with the length of nothing",
      response: () => page({ "content-length": "0" }, null, 304),
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "304 without a type",
      response: () => new Response(null, { status: 304 }),
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "304 of an image",
      response: () => page({ "content-type": "image/png" }, null, 304),
      coding: null,
      vary: null,
    },
    {
      name: "302 without a body",
      response: () => Response.redirect("http://test/b", 302),
      coding: null,
      vary: null,
    },
    {
      name: "no body",
      response: () => page({}, null),
      coding: null,
      vary: null,
    },
    {
      name: "Content-Range",
      response: () => page({ "content-range": "bytes */9" }),
      coding: null,
      vary: null,
    },
    {
      name: "encoded already",
      response: () => page({ "content-encoding": "zstd" }),
      coding: "zstd",
      vary: null,
    },
    {
      name: "encoded as identity",
      response: () => page({ "content-encoding": "Identity" }),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "no-transform",
      response: () => page({ "cache-control": "max-age=1, No-Transform" }),
      coding: null,
      vary: null,
    },
    {
      name: "another directive",
      response: () => page({ "cache-control": "max-age=1" }),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "no type",
      response: () => new Response(bytesOf(TEXT)),
      coding: null,
      vary: null,
    },
    {
      name: "an image",
      response: () => page({ "content-type": "image/png" }),
      coding: null,
      vary: null,
    },
    {
      name: "an SVG",
      response: () => page({ "content-type": "image/svg+xml" }),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "an event stream",
      response: () => page({ "content-type": "text/event-stream" }),
      coding: null,
      vary: null,
    },
    {
      name: "an event stream that the service would take",
      response: () =>
        page({ "content-type": "Text/Event-Stream; charset=utf-8" }),
      options: {
        service: new CompressionService({ compressibleTypes: () => true }),
      },
      coding: null,
      vary: null,
    },
    {
      name: "a short body of known length",
      response: () => page({ "content-length": "3" }, "abc"),
      coding: null,
      vary: null,
    },
    {
      name: "a short body",
      response: () => page({}, "x".repeat(1023)),
      coding: null,
      vary: null,
    },
    {
      name: "a body just long enough",
      response: () => page({}, "x".repeat(1024)),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "a short body and no header",
      accept: null,
      response: () => page({}, "x".repeat(1023)),
      coding: null,
      vary: null,
    },
    {
      name: "an opt-out",
      options: { compressible: () => false },
      coding: null,
      vary: null,
    },
    {
      name: "an excluded path",
      options: {
        service: new CompressionService({ excludedPaths: ["/page"] }),
      },
      coding: null,
      vary: null,
    },
    {
      name: "another Vary",
      response: () => page({ vary: "Origin" }),
      coding: "gzip",
      vary: "Origin, Accept-Encoding",
    },
    {
      name: "the same Vary",
      response: () => page({ vary: "origin,accept-encoding" }),
      coding: "gzip",
      vary: "origin,accept-encoding",
    },
    {
      name: "the same Vary twice",
      response: () => page({ vary: "Accept-Encoding, accept-encoding" }),
      coding: "gzip",
      vary: "Accept-Encoding",
    },
    {
      name: "Vary: *",
      response: () => page({ vary: "*" }),
      coding: "gzip",
      vary: "*",
    },
    { name: "HEAD", method: "HEAD", coding: null, vary: "Accept-Encoding" },
    {
      name: "HEAD without a body",
      method: "HEAD",
      response: () => page({}, null),
      coding: null,
      vary: "Accept-Encoding",
    },
    {
      name: "HEAD of an image",
      method: "HEAD",
      response: () => page({ "content-type": "image/png" }, null),
      coding: null,
      vary: null,
    },
    {
      name: "HEAD of a short body",
      method: "HEAD",
      response: () => page({ "content-length": "12" }, null),
      coding: null,
      vary: null,
    },
  ];
  for (
    const { name, accept, method, response, options, coding, vary } of rules
  ) {
    it(`obeys RFC 9110: ${name}`, async () => {
      const before = response?.() ?? page();
      const text = await before.clone().text();
      const request = get(accept, { method: method ?? "GET" });
      const after = await compressResponse(request, before, options);
      strictEqual(after.headers.get("content-encoding"), coding);
      strictEqual(after.headers.get("vary"), vary);
      strictEqual(after.status, before.status);
      if (coding !== "zstd") strictEqual(await decoded(after), text);
    });
  }

  it("leaves what is not eligible the object it was", async () => {
    for (
      const response of [
        page({ "content-type": "image/png" }),
        page({ "content-encoding": "br" }),
        Response.redirect("http://test/"),
        Response.error(),
      ]
    ) {
      strictEqual(await compressResponse(get(), response), response);
    }
  });

  it("keeps status, text of the status and other headers", async () => {
    const response = page({ "x-id": "7", "last-modified": "yesterday" });
    response.headers.append("set-cookie", "a=1");
    response.headers.append("set-cookie", "b=2; Path=/");
    const { headers } = response;
    const cookies = headers.getSetCookie(); // which browsers have none of
    const before = new Response(response.body, {
      status: 418,
      statusText: "Teapot",
      headers,
    });
    const after = await compressResponse(get(), before);
    strictEqual(after.status, 418);
    strictEqual(after.statusText, "Teapot");
    strictEqual(after.headers.get("x-id"), "7");
    strictEqual(after.headers.get("last-modified"), "yesterday");
    deepStrictEqual(after.headers.getSetCookie(), cookies);
    strictEqual(headers.has("vary"), false);
  });

  it("drops what tells of the bytes before, and keeps it with identity", async () => {
    const told = {
      "accept-ranges": "bytes",
      "content-digest": "sha-256=:AA==:",
      "content-md5": "AA==",
      digest: "sha-256=AA==",
      "repr-digest": "sha-256=:AA==:",
    };
    const encoded = await compressResponse(get(), page(told));
    const plain = await compressResponse(get("zstd"), page(told));
    for (const [name, value] of Object.entries(told)) {
      strictEqual(encoded.headers.get(name), null, name);
      strictEqual(plain.headers.get(name), value, name);
    }
  });

  it("sets an exact Content-Length for a body of up to 64 KiB", async () => {
    for (const size of [1024, 65_536, 65_537]) {
      const chunks = split(bytesOf("x".repeat(size)), 1000);
      const response = page(
        { "content-length": String(size) },
        new Source(chunks).stream,
      );
      const after = await compressResponse(get(), response);
      const length = after.headers.get("content-length");
      strictEqual(length === null, size > 65_536, `${size}`);
      strictEqual(await decoded(after), "x".repeat(size));
    }
  });

  it("sends a body as it is that encoding makes no shorter", async () => {
    const noise = crypto.getRandomValues(new Uint8Array(5000));
    const headers = { "content-length": "5000", etag: '"a"' };
    const after = await compressResponse(get(), page(headers, noise));
    strictEqual(after.headers.get("content-encoding"), null);
    strictEqual(after.headers.get("content-length"), "5000");
    strictEqual(after.headers.get("etag"), '"a"');
    strictEqual(after.headers.get("vary"), "Accept-Encoding");
    deepStrictEqual(new Uint8Array(await after.arrayBuffer()), noise);
  });

  it("reads no more of a stream than it needs to decide", async () => {
    const source = new Source(endless());
    const after = await compressResponse(get(null), page({}, source.stream));
    ok(source.pulls <= 1, `${source.pulls} pulls`);
    await after.body!.cancel();
    const buffered = new Source(endless());
    const begun = await compressResponse(get(), page({}, buffered.stream));
    ok(buffered.pulls <= 9, `${buffered.pulls} pulls`);
    await begun.body!.cancel();
  });

  it("begins a slow stream sooner with a smaller buffer", async () => {
    const source = new Source(endless());
    const after = await compressResponse(
      get(),
      page({}, source.stream),
      { bufferBytes: 0 },
    );
    ok(source.pulls <= 3, `${source.pulls} pulls`);
    strictEqual(after.headers.get("content-encoding"), "gzip");
    await after.body!.cancel();
    await rejects(
      compressResponse(get(), page(), { bufferBytes: -1 }),
      ValidationError,
    );
  });

  for (const name of ["etag", "notAcceptable"] as const) {
    it(`rejects when ${name} is unknown, in place of doing something else`, async () => {
      for (const value of ["", "none", "Weak", 406, null]) {
        await rejects(
          compressResponse(get(), page(), { [name]: value as never }),
          (error) => ValidationError.is(error) && error.field === name,
        );
      }
    });
  }

  const tags: readonly [
    CompressResponseOptions["etag"],
    string,
    string | null,
  ][] = [
    [undefined, '"a"', 'W/"a"'],
    ["weak", '"a"', 'W/"a"'],
    ["weak", 'W/"a"', 'W/"a"'],
    ["suffix", '"a"', '"a-gzip"'],
    ["suffix", 'W/"a"', 'W/"a"'],
    ["suffix", '""', '"-gzip"'],
    ["drop", '"a"', null],
    ["drop", 'W/"a"', 'W/"a"'],
  ];
  for (const [mode, before, expected] of tags) {
    it(`makes ${expected} of ${before} in mode ${mode}, long or short`, async () => {
      const options = mode === undefined ? {} : { etag: mode };
      for (const text of [TEXT, LONG_TEXT]) {
        const response = page({ etag: before }, text);
        const after = await compressResponse(get(), response, options);
        strictEqual(after.headers.get("etag"), expected);
        strictEqual(await decoded(after), text);
        const plain = await compressResponse(
          get(null),
          page({ etag: before }, text),
          options,
        );
        strictEqual(plain.headers.get("etag"), before);
      }
    });
  }

  it("names in a 304 the tag that the client has", async () => {
    for (
      const [etag, has, expected] of [
        ["weak", 'W/"a"', 'W/"a"'],
        ["weak", '"a"', '"a"'],
        ["suffix", '"b", "a-gzip"', '"a-gzip"'],
        ["suffix", '"a"', '"a"'],
        ["drop", '"a"', '"a"'],
      ] as const
    ) {
      const request = get("gzip", { headers: { "if-none-match": has } });
      request.headers.set("accept-encoding", "gzip");
      const after = await compressResponse(
        request,
        page({ etag: '"a"' }, null, 304),
        { etag },
      );
      strictEqual(after.headers.get("etag"), expected);
    }
  });

  it("tells HEAD nothing that would be wrong for GET", async () => {
    const headers = { "content-length": "2200", etag: '"a"' };
    const head = { method: "HEAD" };
    const after = await compressResponse(
      get("gzip", head),
      page(headers, null),
    );
    strictEqual(after.headers.get("content-length"), null);
    strictEqual(after.headers.get("etag"), 'W/"a"');
    for (const etag of ["suffix", "drop"] as const) {
      const response = page(headers, null);
      const kept = await compressResponse(get("gzip", head), response, {
        etag,
      });
      strictEqual(kept.headers.get("etag"), '"a"');
    }
    const plain = await compressResponse(get(null, head), page(headers, null));
    strictEqual(plain.headers.get("content-length"), "2200");
    strictEqual(plain.headers.get("etag"), '"a"');
  });

  it("answers 406 where that is asked for, and ends the body", async () => {
    const source = new Source(endless());
    const options = { notAcceptable: "406" } as const;
    const after = await compressResponse(
      get("*;q=0"),
      page({ vary: "Origin" }, source.stream),
      options,
    );
    strictEqual(after.status, 406);
    strictEqual(after.body, null);
    strictEqual(after.headers.get("vary"), "Origin, Accept-Encoding");
    strictEqual(source.cancelled.length, 1);
    const fine = await compressResponse(get("br;q=0"), page(), options);
    strictEqual(fine.status, 200);
    const short = await compressResponse(get("*;q=0"), page({}, "a"), options);
    strictEqual(await short.text(), "a");
  });

  it("uses a compressor of the user's", async () => {
    const gzip = new GzipCompressor();
    const custom: Compressor = {
      coding: "zstd",
      compress: (data) => gzip.compress(data),
      decompress: (data, options) => gzip.decompress(data, options),
      compressStream: () => gzip.compressStream(),
      decompressStream: (options) => gzip.decompressStream(options),
    };
    const factory = new CompressorFactory({ compressors: [custom, gzip] });
    const service = new CompressionService({
      factory,
      codings: ["zstd", "gzip"],
    });
    for (const text of [TEXT, LONG_TEXT]) {
      const after = await compressResponse(
        get("gzip, zstd"),
        page({ etag: '"a"' }, text),
        { service, etag: "suffix" },
      );
      strictEqual(after.headers.get("content-encoding"), "zstd");
      strictEqual(after.headers.get("etag"), '"a-zstd"');
      const body = new Uint8Array(await after.arrayBuffer());
      strictEqual(textOf(gunzipSync(body)), text);
    }
    strictEqual(service.stats.byCoding.zstd?.operations, 1);
  });

  it("cancels the source when the client goes", async () => {
    for (const accept of ["gzip", null]) {
      const source = new Source(endless());
      const after = await compressResponse(
        get(accept),
        page({}, source.stream),
      );
      const reader = after.body!.getReader();
      await reader.read();
      await reader.cancel("gone");
      await turnsUntil(() => source.cancelled.length > 0);
      deepStrictEqual(source.cancelled, ["gone"]);
    }
  });

  it("cancels the source when the signal aborts while it is read", async () => {
    for (const isEarly of [true, false]) {
      const reason = new Error("gone");
      const controller = new AbortController();
      if (isEarly) controller.abort(reason);
      const cancelled: unknown[] = [];
      const body = new ReadableStream<Bytes>({
        start(controller): void {
          if (!isEarly) controller.enqueue(new Uint8Array(10));
        },
        cancel: (cause) => void cancelled.push(cause),
      });
      const pending = compressResponse(
        get(),
        page({}, body),
        { signal: controller.signal },
      );
      await Promise.resolve();
      controller.abort(reason);
      const after = await pending;
      await rejects(drain(after), (thrown) => thrown === reason);
      strictEqual(cancelled.length, 1);
    }
  });

  it("leaves the signal of the request alone, of which Deno warns", async () => {
    const request = get();
    Object.defineProperty(request, "signal", {
      get: () => throws(() => {}, "the signal was read"),
    });
    const after = await compressResponse(request, page());
    strictEqual(await decoded(after), TEXT);
  });

  it("leaves no listener on the signal", async () => {
    for (const text of [TEXT, LONG_TEXT]) {
      const counting = new CountingSignal();
      const signal = counting.asSignal();
      Object.assign(signal, { throwIfAborted: (): void => {} });
      const after = await compressResponse(get(), page({}, text), { signal });
      await after.arrayBuffer();
      strictEqual(counting.added > 0, true);
      strictEqual(counting.listenerCount, 0);
    }
  });

  it("fails the client's body where the source fails, early or late", async () => {
    for (const accept of ["gzip", null, "*;q=0"]) {
      for (const size of [0, 10, 2_000, 200_000]) {
        const failure = new Error("disk");
        const chunks = split(new Uint8Array(size).fill(65), 700);
        const source = new Source(chunks, failure);
        const after = await compressResponse(
          get(accept),
          page({}, source.stream),
        );
        await rejects(
          drain(after),
          (thrown) => thrown === failure,
          `${accept} ${size}`,
        );
      }
    }
  });

  it("fails the client's body where the compressor fails", async () => {
    const failure = new Error("no memory");
    const broken: Compressor = {
      coding: "gzip",
      compress: () => Promise.reject(failure),
      decompress: () => Promise.reject(failure),
      compressStream: () =>
        new TransformStream({
          transform(): void {
            throw failure;
          },
        }),
      decompressStream: () => new TransformStream(),
    };
    const factory = new CompressorFactory({ compressors: [broken] });
    const service = new CompressionService({ factory });
    for (const text of [TEXT, LONG_TEXT]) {
      const after = await compressResponse(get(), page({}, text), { service });
      await rejects(drain(after), (thrown) => thrown === failure);
    }
  });

  it("fails the client's body where a chunk is not bytes, and ends the source", async () => {
    for (const bytes of [0, 100_000]) {
      const chunks = [new Uint8Array(bytes), "text" as unknown as Bytes];
      const source = new Source(chunks);
      const after = await compressResponse(get(), page({}, source.stream));
      await rejects(drain(after), ValidationError);
      await turnsUntil(() => source.cancelled.length > 0);
      strictEqual(source.cancelled.length, 1);
    }
  });

  it("encodes what came with headers that cannot be changed", async () => {
    const url = `data:text/plain,${"a".repeat(2000)}`;
    const fetched = await fetch(url);
    const after = await compressResponse(get(), fetched);
    strictEqual(after.headers.get("content-encoding"), "gzip");
    strictEqual(await decoded(after), "a".repeat(2000));
  });

  it("P12 j what is decoded is the original, with the right headers, and doing it twice is doing it once", async () => {
    const service = new CompressionService();
    const arbitrary = fc.record({
      accept: fc.constantFrom(
        null,
        "",
        "gzip",
        "br, gzip;q=0.9",
        "deflate, *;q=0",
        "gzip;q=0, *",
        "identity, gzip;q=0.5",
        "*;q=0",
        "zstd",
        "identity;q=0, deflate;q=0.1",
      ),
      method: fc.constantFrom("GET", "POST", "HEAD"),
      status: fc.constantFrom(200, 200, 201, 206, 404),
      type: fc.constantFrom(
        "text/html; charset=utf-8",
        "application/problem+json",
        "image/png",
        "text/event-stream",
        null,
      ),
      vary: fc.constantFrom(null, "Origin", "accept-encoding, Origin"),
      etag: fc.constantFrom(null, '"v1"', 'W/"v1"'),
      cache: fc.constantFrom(null, "no-cache", "no-transform"),
      hasLength: fc.boolean(),
      chunk: fc.integer({ min: 1, max: 3000 }),
      bufferBytes: fc.constantFrom(0, 1500, 65_536),
      body: fc.oneof(
        fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.nat(200))
          .map(([text, times]) => bytesOf(text.repeat(times))),
        fc.integer({ min: 900, max: 3000 })
          .map((size) => crypto.getRandomValues(new Uint8Array(size))),
      ),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (one) => {
        const headers = new Headers();
        for (
          const [name, value] of [
            ["content-type", one.type],
            ["vary", one.vary],
            ["etag", one.etag],
            ["cache-control", one.cache],
            ["content-length", one.hasLength ? `${one.body.length}` : null],
          ] as const
        ) {
          if (value !== null) headers.set(name, value);
        }
        const { status, method } = one;
        const stream = new Source(split(one.body, one.chunk)).stream;
        const options = { service, bufferBytes: one.bufferBytes };
        const once = await compressResponse(
          get(one.accept, { method }),
          new Response(stream, { status, headers }),
          options,
        );
        const onceHeaders = [...once.headers];
        const after = await compressResponse(
          get(one.accept, { method }),
          once,
          options,
        );
        deepStrictEqual([...after.headers], onceHeaders);

        const isKnown = method !== "HEAD" || one.hasLength;
        const isEligible = status !== 206 && one.cache !== "no-transform" &&
          one.type !== null && /html|json/.test(one.type) &&
          (one.body.length >= 1024 || !isKnown);
        const varied = (after.headers.get("vary") ?? "").toLowerCase()
          .split(/\s*,\s*/).filter((name) => name === "accept-encoding");
        const before = one.vary?.includes("accept") ? 1 : 0;
        strictEqual(varied.length, isEligible ? 1 : before);

        const coding = after.headers.get("content-encoding");
        const selected = service.select(one.accept) ?? "identity";
        if (coding !== null) strictEqual(coding, selected);
        if (method === "HEAD" || !isEligible || selected === "identity") {
          strictEqual(coding, null);
        } else if (coding === null) {
          const compressor = service.factory.create(selected).unwrap();
          const encoded = await compressor.compress(new Uint8Array(one.body));
          ok(encoded.length >= one.body.length);
        }
        if (coding !== null && one.etag !== null) {
          strictEqual(after.headers.get("etag"), 'W/"v1"');
        }
        const text = await decoded(after); // It checks Content-Length.
        strictEqual(text, new TextDecoder().decode(one.body));
      }),
      { numRuns: RUNS },
    );
  });
});

describe("stripETagSuffix()", () => {
  it("takes suffixes off If-None-Match and If-Match, and no others", () => {
    const request = get("gzip", {
      headers: {
        "if-none-match": '"a-gzip",W/"b,c", "d-br" , "e-zip","f"',
        "if-match": '"g-deflate"',
        "if-range": '"a-gzip"',
      },
    });
    const { headers } = stripETagSuffix(request);
    const d = CODINGS.includes("br") ? "d" : "d-br";
    strictEqual(
      headers.get("if-none-match"),
      `"a",W/"b,c", "${d}" , "e-zip","f"`,
    );
    strictEqual(headers.get("if-match"), '"g"');
    strictEqual(headers.get("if-range"), '"a-gzip"');
  });

  it("gives the same request where there is nothing to do", () => {
    for (const tags of ['"a"', "*", 'W/"-gzip-x"', ""]) {
      const request = get(null, { headers: { "if-none-match": tags } });
      strictEqual(stripETagSuffix(request), request);
    }
    strictEqual(stripETagSuffix(request(), ["gzip"]).url, URL_OF_PAGE);
    function request(): Request {
      return get(null, { headers: { "if-none-match": '"a-gzip"' } });
    }
  });

  it("undoes what the mode suffix does, and keeps the body", async () => {
    const after = await compressResponse(
      get(),
      page({ etag: '"v1"' }),
      { etag: "suffix" },
    );
    const request = new Request(URL_OF_PAGE, {
      method: "PUT",
      headers: { "if-match": after.headers.get("etag")! },
      body: "new",
    });
    const stripped = stripETagSuffix(request);
    strictEqual(stripped.method, "PUT");
    strictEqual(stripped.headers.get("if-match"), '"v1"');
    strictEqual(await stripped.text(), "new");
  });
});

describe("decompressRequest()", () => {
  function post(
    coding: string | null,
    body: BodyInit | null,
    headers: Record<string, string> = {},
  ): Request {
    const request = new Request(URL_OF_PAGE, {
      method: "POST",
      headers: { "content-type": "text/plain", ...headers },
      body,
      ...(body instanceof ReadableStream && { duplex: "half" }),
    } as RequestInit);
    if (coding !== null) request.headers.set("content-encoding", coding);
    return request;
  }
  const packed = new Uint8Array(gzipSync(TEXT));

  const encodings: readonly [string, Uint8Array][] = [
    ["gzip", packed],
    ["GZip", packed],
    ["x-gzip", packed],
    ["identity, gzip", packed],
    ["gzip , ,identity", packed],
    ["deflate", deflateSync(TEXT)],
    ["deflate, gzip", gzipSync(deflateSync(TEXT))],
    ["gzip, gzip", gzipSync(packed)],
  ];
  for (const [coding, body] of encodings) {
    it(`decodes ${coding}`, async () => {
      const request = post(coding, new Uint8Array(body), {
        "content-length": String(body.length),
        "x-id": "7",
      });
      const decoded = decompressRequest(request).unwrap();
      strictEqual(decoded.headers.get("content-encoding"), null);
      strictEqual(decoded.headers.get("content-length"), null);
      strictEqual(decoded.headers.get("x-id"), "7");
      strictEqual(decoded.method, "POST");
      strictEqual(decoded.url, URL_OF_PAGE);
      strictEqual(await decoded.text(), TEXT);
    });
  }

  it("gives the same request where nothing is encoded", async () => {
    for (const coding of [null, "", "identity", " , Identity"]) {
      const request = post(coding, "plain");
      const same = decompressRequest(request).unwrap();
      strictEqual(same, request);
      strictEqual(await same.text(), "plain");
    }
  });

  it("takes a request without a body", async () => {
    const decoded = decompressRequest(post("gzip", null)).unwrap();
    strictEqual(decoded.headers.get("content-encoding"), null);
    strictEqual(await decoded.text(), "");
  });

  it("refuses what it does not know and too many codings (trap 8)", () => {
    for (
      const coding of ["lzw", "gzip, lzw", "gzip, gzip, gzip", "*", "gzip;q=1"]
    ) {
      const request = post(coding, packed);
      const error = decompressRequest(request).unwrapErr();
      strictEqual(error.code, "COMPRESSION_UNSUPPORTED");
      strictEqual(request.bodyUsed, false);
    }
    const error = decompressRequest(post("x".repeat(5000), "a")).unwrapErr();
    strictEqual(error.coding.length, 65);
    const one = decompressRequest(post("gzip, gzip", packed), {
      maxCodings: 1,
    });
    strictEqual(one.ok, false);
  });

  async function codeOf(request: Request, limit?: number): Promise<string> {
    const options = limit === undefined ? {} : { maxOutputBytes: limit };
    const decoded = decompressRequest(request, options).unwrap();
    try {
      await drain(decoded);
    } catch (error) {
      ok(CompressionError.is(error), String(error));
      return error.code;
    }
    return "ok";
  }

  it("fails the body where the data is bad", async () => {
    match(
      await codeOf(post("gzip", packed.slice(0, -3))),
      /^COMPRESSION_(TRUNCATED|CORRUPT)$/,
    );
    strictEqual(
      await codeOf(post("gzip", "plain text")),
      "COMPRESSION_CORRUPT",
    );
    match(
      await codeOf(
        post("deflate", new Uint8Array(deflateSync(TEXT)).slice(0, -1)),
      ),
      /^COMPRESSION_(TRUNCATED|CORRUPT)$/,
    );
  });

  it("fails the body where it exceeds the limit", async () => {
    strictEqual(await codeOf(post("gzip", packed), TEXT.length), "ok");
    strictEqual(
      await codeOf(post("gzip", packed), TEXT.length - 1),
      "COMPRESSION_OUTPUT_LIMIT",
    );
    const bomb = new Uint8Array(gzipSync(new Uint8Array(11 * 1024 * 1024)));
    strictEqual(await codeOf(post("gzip", bomb)), "COMPRESSION_OUTPUT_LIMIT");
    const twice = new Uint8Array(gzipSync(bomb));
    strictEqual(
      await codeOf(post("gzip, gzip", twice)),
      "COMPRESSION_OUTPUT_LIMIT",
    );
  });

  it("cancels the client's body when the decoded one is cancelled", async () => {
    const source = new Source(function* (): Generator<Bytes> {
      yield* split(packed, 20);
      for (;;) yield new Uint8Array(10);
    }());
    const decoded = decompressRequest(post("gzip", source.stream)).unwrap();
    await decoded.body!.cancel("enough");
    await turnsUntil(() => source.cancelled.length > 0);
    deepStrictEqual(source.cancelled, ["enough"]);
  });

  it("fails the decoded body where the client's fails", async () => {
    const failure = new Error("reset");
    const source = new Source(split(packed.slice(0, 40), 20), failure);
    const decoded = decompressRequest(post("gzip", source.stream)).unwrap();
    await rejects(drain(decoded), (thrown) => thrown === failure);
  });

  it("refuses bad limits", () => {
    throws(
      () => decompressRequest(post(null, "a"), { maxOutputBytes: -1 }),
      ValidationError,
    );
    throws(
      () => decompressRequest(post(null, "a"), { maxCodings: 0.5 }),
      ValidationError,
    );
  });

  it("takes the compressors of a factory, and tells which", async () => {
    const factory = new CompressorFactory({
      compressors: [new GzipCompressor()],
    });
    strictEqual(supportedCodings(factory), "gzip");
    strictEqual(decompressRequest(post("br", "a"), { factory }).ok, false);
    const decoded = decompressRequest(post("gzip", packed), { factory });
    strictEqual(await decoded.unwrap().text(), TEXT);
    strictEqual(
      supportedCodings(new CompressorFactory({ compressors: [] })),
      "identity",
    );
    match(supportedCodings(), /\bgzip\b.*\bdeflate\b/);
  });
});
