/**
 * Measures what the package can do in the runtime at hand, by doing it.
 *
 * @module
 */

import {
  BrotliCompressor,
  type Compressor,
  type CompressorOptions,
  DeflateCompressor,
  GzipCompressor,
  isCodingAvailable,
  MetricRegistry,
  registerRuntimeMetrics,
  systemClock,
  Tracer,
} from "../../mod.ts";

/** What was found, by what was tried. */
export type Abilities = Readonly<Record<string, string>>;

const NONE = "–";

/** Tries everything in which runtimes are known to differ. */
export async function measureAbilities(): Promise<Abilities> {
  const withGzip = (options: CompressorOptions) => new GzipCompressor(options);
  const withDeflate = (options: CompressorOptions) =>
    new DeflateCompressor(options);
  const withBrotli = (options: CompressorOptions) =>
    new BrotliCompressor(options);
  return {
    "gzip by": await backendsOf("gzip", withGzip),
    "deflate by": await backendsOf("deflate", withDeflate),
    "brotli by": await backendsOf("br", withBrotli),
    "active span after `await`": await keepsActiveSpan() ? "kept" : NONE,
    "metrics of the process": await countProcessMetrics(),
  };
}

const BACKENDS = [["native", "zlib"], ["web", "`CompressionStream`"]] as const;

async function backendsOf(
  coding: "gzip" | "deflate" | "br",
  make: (options: CompressorOptions) => Compressor,
): Promise<string> {
  const data = new TextEncoder().encode("everywhere ".repeat(1_000));
  const found: string[] = [];
  for (const [backend, name] of BACKENDS) {
    if (!isCodingAvailable(coding, backend)) continue;
    const compressor = make({ backend });
    const encoded = await compressor.compress(data);
    const decoded = (await compressor.decompress(encoded)).unwrap();
    const isSame = decoded.length === data.length &&
      decoded.every((byte, i) => byte === data[i]);
    if (!isSame) throw new Error(`${coding} by ${name} does not give back`);
    found.push(name);
  }
  return found.join(", ") || NONE;
}

async function keepsActiveSpan(): Promise<boolean> {
  const tracer = new Tracer();
  return await tracer.run("request", {}, async (span) => {
    await systemClock.sleep(1);
    return tracer.active() === span;
  });
}

async function countProcessMetrics(): Promise<string> {
  const registry = new MetricRegistry();
  const metrics = registerRuntimeMetrics(registry);
  await registry.collect();
  metrics[Symbol.dispose]();
  const names = registry.snapshot().map(({ name }) => name);
  const count = names.filter((name) => name.startsWith("process_")).length;
  return count === 0 ? NONE : String(count);
}
