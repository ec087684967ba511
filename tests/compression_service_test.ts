import {
  deepStrictEqual,
  match,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import {
  BrotliCompressor,
  type Bytes,
  type Compressor,
  CompressorFactory,
  GzipCompressor,
  IdentityCompressor,
} from "../src/compression.ts";
import {
  CompressionService,
  type CompressionServiceOptions,
  isCompressible,
  type SkipReason,
} from "../src/compression_service.ts";
import { ValidationError } from "../src/errors.ts";
import { Ok } from "../src/result.ts";
import { assertDeeplyFrozen, RUNS } from "./foundation_support.ts";
import { CODINGS } from "./runtime_support.ts";

const PAGE = new TextEncoder().encode("<p>again and again</p>".repeat(100));

/** A compressor of a user's: it cuts a body of one repeated byte to two. */
function runLength(coding = "zstd"): Compressor {
  return {
    coding,
    compress(data): Bytes {
      return new Uint8Array([data.length & 0xff, data.length >> 8, data[0]!]);
    },
    decompress(data) {
      const decoded = new Uint8Array(data[0]! + (data[1]! << 8));
      return new Ok(decoded.fill(data[2]!));
    },
    compressStream: () => new TransformStream(),
    decompressStream: () => new TransformStream(),
  };
}

function broken(error: unknown): Compressor {
  return { ...runLength("gzip"), compress: () => Promise.reject(error) };
}

describe("isCompressible()", () => {
  const types: readonly [string | null | undefined, boolean][] = [
    ["text/plain", true],
    ["text/html; charset=utf-8", true],
    [" TEXT/CSS ;x", true],
    ["text/event-stream", false],
    ["text/event-stream;charset=utf-8", false],
    ["application/json", true],
    ["application/openmetrics-text; version=1.0.0; charset=utf-8", true],
    ["application/problem+json", true],
    ["application/vnd.api+json; ext=x", true],
    ["application/atom+xml", true],
    ["application/openapi+yaml", true],
    ["application/ndjson", true],
    ["application/x-ndjson", true],
    ["application/javascript", true],
    ["application/xml", true],
    ["application/wasm", true],
    ["application/manifest+json", true],
    ["image/svg+xml", true],
    ["image/bmp", true],
    ["image/x-icon", true],
    ["image/vnd.microsoft.icon", true],
    ["font/ttf", true],
    ["font/otf", true],
    ["font/woff", false],
    ["font/woff2", false],
    ["image/png", false],
    ["image/jpeg", false],
    ["audio/mpeg", false],
    ["video/mp4", false],
    ["application/zip", false],
    ["application/gzip", false],
    ["application/octet-stream", false],
    ["application/jsonx", false],
    ["multipart/form-data; boundary=json", false],
    ["", false],
    ["text", false],
    [null, false],
    [undefined, false],
  ];
  for (const [type, expected] of types) {
    it(`says ${expected} of ${JSON.stringify(type)}`, () => {
      strictEqual(isCompressible(type), expected);
    });
  }
});

describe("CompressionService", () => {
  it("compresses with the best coding that the client takes", async () => {
    const service = new CompressionService();
    const result = await service.compress(PAGE, {
      acceptEncoding: "gzip, deflate;q=0.1",
      contentType: "text/html",
    });
    strictEqual(result.coding, "gzip");
    strictEqual(result.compressed, true);
    strictEqual("skipped" in result, false);
    strictEqual(result.originalBytes, PAGE.length);
    strictEqual(result.compressedBytes, result.data.length);
    strictEqual(result.ratio, 1 - result.data.length / PAGE.length);
    strictEqual(result.savingsPercent, result.ratio * 100);
    deepStrictEqual(new Uint8Array(gunzipSync(result.data)), PAGE);
  });

  it("has ratio and savings 0 for empty data", async () => {
    for (const minBytes of [0, 1]) {
      const result = await new CompressionService({ minBytes })
        .compress(new Uint8Array(), { acceptEncoding: "gzip" });
      deepStrictEqual(
        [result.ratio, result.savingsPercent, result.compressed],
        [0, 0, false],
      );
    }
  });

  it("gives data as it is, and says why", async () => {
    const service = new CompressionService({ excludedPaths: ["/account"] });
    const noise = crypto.getRandomValues(new Uint8Array(2000));
    const cases: readonly [
      SkipReason,
      Bytes,
      { contentType?: string; path?: string; acceptEncoding?: string | null },
    ][] = [
      ["path", PAGE, { path: "/account/1", contentType: "text/html" }],
      ["type", PAGE, { contentType: "image/png" }],
      ["type", PAGE, { contentType: "" }],
      ["size", PAGE.slice(0, 1023), {}],
      ["coding", PAGE, { acceptEncoding: null }],
      ["coding", PAGE, { acceptEncoding: "" }],
      ["coding", PAGE, { acceptEncoding: "zstd" }],
      ["coding", PAGE, { acceptEncoding: "*;q=0" }],
      ["not-smaller", noise, {}],
    ];
    for (const [reason, data, request] of cases) {
      const result = await service
        .compress(data, { acceptEncoding: "gzip", ...request });
      strictEqual(result.skipped, reason);
      strictEqual(result.coding, "identity");
      strictEqual(result.data, data);
      strictEqual(result.compressed, false);
      strictEqual(result.ratio, 0);
    }
    const { skipped, operations } = service.stats;
    strictEqual(operations, cases.length);
    deepStrictEqual(skipped, {
      path: 1,
      type: 2,
      size: 1,
      coding: 4,
      "not-smaller": 1,
    });
  });

  it("compresses from the smallest size on", () => {
    const usual = new CompressionService();
    strictEqual(usual.shouldCompress({ size: 1023 }), false);
    strictEqual(usual.shouldCompress({ size: 1024 }), true);
    const all = new CompressionService({ minBytes: 0 });
    strictEqual(all.shouldCompress({ size: 0 }), true);
  });

  it("keeps data that encoding makes no shorter, be it just as long", async () => {
    const factory = new CompressorFactory({ compressors: [runLength("gzip")] });
    const service = new CompressionService({ factory, minBytes: 0 });
    const three = await service
      .compress(new Uint8Array(3), { acceptEncoding: "gzip" });
    strictEqual(three.skipped, "not-smaller");
    const four = await service
      .compress(new Uint8Array(4), { acceptEncoding: "gzip" });
    strictEqual(four.compressed, true);
  });

  it("takes types as a list or as a function", () => {
    const size = 5000;
    const listed = new CompressionService({
      compressibleTypes: ["Application/Pdf", "image/*"],
    });
    for (
      const [contentType, expected] of [
        ["application/pdf; v=1", true],
        ["IMAGE/PNG", true],
        ["text/html", false],
      ] as const
    ) {
      strictEqual(listed.shouldCompress({ size, contentType }), expected);
    }
    const decided = new CompressionService({
      compressibleTypes: (type) => type.startsWith("text/html"),
    });
    strictEqual(
      decided.shouldCompress({ size, contentType: "text/css" }),
      false,
    );
    strictEqual(
      decided.shouldCompress({ size, contentType: "text/html;a" }),
      true,
    );
  });

  it("excludes a path, all below it, and what an expression matches", () => {
    const service = new CompressionService({
      excludedPaths: ["/account", "/raw/", /\.(zip|gz)$/g, /^\/x/y],
    });
    for (
      const [path, expected] of [
        ["/account", false],
        ["/account/keys", false],
        ["/accounting", true],
        ["/raw/1", false],
        ["/raw", true],
        ["/a.zip", false],
        ["/b/x", true],
        ["/xyz", false],
      ] as const
    ) {
      for (let time = 0; time < 3; time++) {
        strictEqual(
          service.shouldCompress({ size: 5000, path }),
          expected,
          path,
        );
      }
    }
  });

  it("keeps to the codings allowed, in their order", () => {
    const any = new CompressionService();
    const own = new CompressionService({
      codings: ["deflate", "GZIP", "gzip"],
    });
    strictEqual(own.select("gzip, deflate"), "deflate");
    strictEqual(own.select("gzip, br"), "gzip");
    strictEqual(own.select("br"), "identity");
    strictEqual(own.select("br, *;q=0"), undefined);
    strictEqual(any.select("identity;q=0, deflate"), "deflate");
    strictEqual(
      new CompressionService({ codings: ["identity"] }).select("gzip"),
      "identity",
    );
  });

  it("takes identity for no coding, though the factory has it first", async () => {
    const compressors = [new IdentityCompressor(), new GzipCompressor()];
    const factory = new CompressorFactory({ compressors });
    const service = new CompressionService({ factory });
    strictEqual(service.select("*"), "gzip");
    const result = await service.compress(PAGE, { acceptEncoding: "identity" });
    strictEqual(result.skipped, "coding");
  });

  it("lets a registered coding take part, and one taken away no more", async () => {
    const factory = new CompressorFactory({
      compressors: [new GzipCompressor()],
    });
    const service = new CompressionService({
      factory,
      codings: ["zstd", "gzip"],
    });
    const request = { acceptEncoding: "gzip, br, zstd" };
    const zeros = new Uint8Array(2000);
    strictEqual((await service.compress(zeros, request)).coding, "gzip");
    factory.register(runLength());
    const result = await service.compress(zeros, request);
    strictEqual(result.coding, "zstd");
    strictEqual(result.compressedBytes, 3);
    const back = await service.decompress(result.data, "ZSTD");
    deepStrictEqual(back.unwrap(), zeros);
    factory.unregister("zstd");
    strictEqual((await service.compress(zeros, request)).coding, "gzip");
    strictEqual(
      (await service.decompress(result.data, "zstd")).unwrapErr().code,
      "COMPRESSION_UNSUPPORTED",
    );
  });

  it("uses a registered compressor in place of a built-in one (trap 8)", async () => {
    const service = new CompressionService();
    service.factory.register(runLength("br"));
    const { data, coding } = await service
      .compress(new Uint8Array(5000), { acceptEncoding: "br" });
    strictEqual(coding, "br");
    strictEqual(data.length, 3);
  });

  it("never answers an unknown coding with its input (trap 8)", async () => {
    const service = new CompressionService();
    for (const coding of ["zstd", "", "gzip, gzip", "*", "constructor"]) {
      const result = await service.decompress(PAGE, coding);
      const error = result.unwrapErr();
      strictEqual(error.code, "COMPRESSION_UNSUPPORTED", coding);
      strictEqual(error.coding, coding);
    }
  });

  it("decodes whatever it encodes, in whatever case of the coding", async () => {
    const service = new CompressionService();
    for (const coding of CODINGS) {
      const { data } = await service
        .compress(PAGE, { acceptEncoding: coding });
      for (const name of [coding, coding.toUpperCase()]) {
        const back = await service.decompress(data, name);
        deepStrictEqual(back.unwrap(), PAGE);
      }
    }
    const { data } = await service.compress(PAGE, { acceptEncoding: "gzip" });
    deepStrictEqual((await service.decompress(data, "x-gzip")).unwrap(), PAGE);
    deepStrictEqual(
      (await service.decompress(PAGE, "identity")).unwrap(),
      PAGE,
    );
  });

  it("tells corrupt and truncated data, and a limit that is exceeded", async () => {
    const service = new CompressionService();
    const { data } = await service.compress(PAGE, { acceptEncoding: "gzip" });
    const cut = await service.decompress(data.slice(0, -9), "gzip");
    match(cut.unwrapErr().code, /^COMPRESSION_(TRUNCATED|CORRUPT)$/);
    const long = await service
      .decompress(data, "gzip", { maxOutputBytes: PAGE.length - 1 });
    strictEqual(long.unwrapErr().code, "COMPRESSION_OUTPUT_LIMIT");
    const exact = await service
      .decompress(data, "gzip", { maxOutputBytes: PAGE.length });
    strictEqual(exact.ok, true);
  });

  it("rejects with what a compressor throws, and counts it", async () => {
    const error = new Error("no memory");
    const factory = new CompressorFactory({ compressors: [broken(error)] });
    const service = new CompressionService({ factory });
    await rejects(
      service.compress(PAGE, { acceptEncoding: "gzip" }),
      (thrown) => thrown === error,
    );
    const { operations, failed, compressed, bytesIn } = service.stats;
    deepStrictEqual([operations, failed, compressed, bytesIn], [1, 1, 0, 0]);
  });

  it("rejects with the reason of an abort, whatever it would have done", async () => {
    const reason = new Error("gone");
    const signal = AbortSignal.abort(reason);
    const service = new CompressionService();
    for (const acceptEncoding of ["gzip", null]) {
      await rejects(
        service.compress(PAGE, { acceptEncoding, signal }),
        (thrown) => thrown === reason,
      );
    }
    strictEqual(service.stats.failed, 2);
  });

  it("hands the signal to the compressor", async () => {
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const compressor: Compressor = {
      ...runLength("gzip"),
      compress: (data, options) => {
        seen.push(options?.signal);
        return data;
      },
    };
    const factory = new CompressorFactory({ compressors: [compressor] });
    const service = new CompressionService({ factory });
    await service.compress(PAGE, { acceptEncoding: "gzip", signal });
    deepStrictEqual(seen, [signal]);
  });

  it("gives frozen statistics that later work does not change", async () => {
    const service = new CompressionService();
    const before = service.stats;
    await service.compress(PAGE, { acceptEncoding: "gzip" });
    const after = service.stats;
    assertDeeplyFrozen(before);
    assertDeeplyFrozen(after);
    strictEqual(before.operations, 0);
    deepStrictEqual(before.byCoding, {});
    strictEqual(after.operations, 1);
    strictEqual(after.byCoding.gzip?.bytesIn, PAGE.length);
    strictEqual(after.savedBytes, PAGE.length - after.bytesOut);
    service.resetStats();
    deepStrictEqual(service.stats, before);
    notStrictEqual(service.stats, before);
  });

  it("counts what began before a reset no more", async () => {
    const service = new CompressionService();
    const pending = service.compress(PAGE, { acceptEncoding: "gzip" });
    service.resetStats();
    await pending;
    strictEqual(service.stats.operations, 0);
  });

  const invalid: readonly [string, CompressionServiceOptions][] = [
    ["minBytes", { minBytes: -1 }],
    ["minBytes", { minBytes: 1.5 }],
    ["minBytes", { minBytes: NaN }],
    ["codings", { codings: ["gzip", "g zip"] }],
    ["codings", { codings: [""] }],
  ];
  for (const [name, options] of invalid) {
    it(`refuses ${JSON.stringify(options)} at construction`, () => {
      throws(
        () => new CompressionService(options),
        (error) => ValidationError.is(error) && error.field === name,
      );
    });
  }

  it("meets a bad level where the compressor is made (trap 8)", () => {
    for (const level of [-2, 10, 1.5, NaN]) {
      throws(() => new GzipCompressor({ level }), ValidationError);
    }
    throws(() => new BrotliCompressor({ level: 12 }), ValidationError);
  });

  it("P11 what is compressed and decompressed is the same, and the numbers add up", async () => {
    const service = new CompressionService({ minBytes: 16 });
    let bytesIn = 0;
    let bytesOut = 0;
    let operations = 0;
    const header = fc.constantFrom(null, "", "gzip", "br", "deflate", "*", "x");
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(255), fc.nat(500))
        .map(([byte, length]) => new Uint8Array(length).fill(byte)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, header, async (input, acceptEncoding) => {
        const data = new Uint8Array(input);
        const result = await service.compress(data, { acceptEncoding });
        const back = await service.decompress(result.data, result.coding);
        deepStrictEqual(back.unwrap(), new Uint8Array(input));
        deepStrictEqual(data, new Uint8Array(input));
        strictEqual(result.compressed, result.coding !== "identity");
        strictEqual(result.compressed, result.skipped === undefined);
        if (result.compressed) ok(result.compressedBytes < data.length);
        operations++;
        bytesIn += data.length;
        bytesOut += result.compressedBytes;
        const { stats } = service;
        const skipped = Object.values(stats.skipped).reduce((a, b) => a + b);
        strictEqual(stats.operations, operations);
        strictEqual(stats.operations, stats.compressed + skipped);
        deepStrictEqual(
          [stats.bytesIn, stats.bytesOut, stats.savedBytes],
          [bytesIn, bytesOut, bytesIn - bytesOut],
        );
      }),
      { numRuns: RUNS },
    );
  });
});
