// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * What caches hold, in bytes and in hits. It needs the garbage collector:
 *
 * ```sh
 * deno task bench:peers
 * node --expose-gc --import ./bench/node_resolver.mjs bench/cache_memory.ts
 * ```
 *
 * Bytes are counted once when the cache has just become full, and once after two
 * and a half times as many writes as the bound: a Map from which keys are deleted
 * takes more room, and there are ghosts by then. They are divided by the bound.
 * Keys and values are there before, and do not count.
 *
 * Hits are those of a read that is followed by a write when it misses, over a
 * million reads by Zipf's law with an exponent of 1, once with and once without
 * scans of new keys in between. Ours and lru-cache have to agree.
 *
 * @module
 */

import { LRUCache } from "npm:lru-cache@11.5.3";
import { LRUCache as Mnemonist, LRUMap } from "npm:mnemonist@0.40.8";
import QuickLru from "npm:quick-lru@7.3.0";
import { InMemoryCacheProvider } from "../src/cache.ts";
import { bytesOf } from "./memory.ts";

interface Cache {
  get(key: string): unknown;
  set(key: string, value: boolean): unknown;
}

const HOUR_MS = 3_600_000;

const makers: Readonly<Record<string, (max: number) => Cache>> = {
  "groundwork": (maxEntries) =>
    new InMemoryCacheProvider({ maxEntries, ttlMs: Infinity }),
  "groundwork, TTL": (maxEntries) =>
    new InMemoryCacheProvider({ maxEntries, ttlMs: HOUR_MS }),
  "groundwork, s3-fifo": (maxEntries) =>
    new InMemoryCacheProvider({
      maxEntries,
      ttlMs: Infinity,
      eviction: "s3-fifo",
    }),
  "groundwork, s3-fifo, TTL": (maxEntries) =>
    new InMemoryCacheProvider({
      maxEntries,
      ttlMs: HOUR_MS,
      eviction: "s3-fifo",
    }),
  "lru-cache": (max) => new LRUCache<string, boolean>({ max }),
  "lru-cache, TTL": (max) =>
    new LRUCache<string, boolean>({ max, ttl: HOUR_MS }),
  "quick-lru": (maxSize) => new QuickLru<string, boolean>({ maxSize }),
  "quick-lru, TTL": (maxSize) =>
    new QuickLru<string, boolean>({ maxSize, maxAge: HOUR_MS }),
  "mnemonist LRUCache": (max) => new Mnemonist<string, boolean>(max),
  "mnemonist LRUMap": (max) => new LRUMap<string, boolean>(max),
};

const keys = Array.from({ length: 250_000 }, (_, number) => `key:${number}`);

function fill(cache: Cache, count: number): Cache {
  for (let key = 0; key < count; key++) cache.set(keys[key]!, true);
  return cache;
}

function bytesAfter(
  make: (max: number) => Cache,
  writes: number,
): Promise<number> {
  return bytesOf(() => fill(make(1e5), writes));
}

console.log("bytes an entry, 1e5 entries".padEnd(32), " full   later");
for (const [name, make] of Object.entries(makers)) {
  await bytesAfter(make, 250_000); // Code and hashes do not count.
  const full = await bytesAfter(make, 100_000);
  const later = await bytesAfter(make, 250_000);
  console.log(
    name.padEnd(30),
    ...[full, later].map((bytes) => (bytes / 1e5).toFixed(1).padStart(7)),
  );
}

/** Numbers of keys: ranks by Zipf's law, and now and then a scan of new ones. */
function makeTrace(universe: number, scanLength: number): Int32Array {
  let state = 1;
  let scanned = universe;
  let scan = 0;
  return Int32Array.from({ length: 1e6 }, (_, place) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (place % 1e5 === 0) scan = scanLength;
    if (scan-- > 0) return scanned++;
    return Math.floor(universe ** (state / 2 ** 32));
  });
}

function hitRatio(cache: Cache, trace: Int32Array): number {
  let hits = 0;
  for (const number of trace) {
    const key = `key:${number}`;
    if (cache.get(key) === true) hits++;
    else cache.set(key, true);
  }
  return hits / trace.length;
}

console.log("\nhits in %".padEnd(33), "  lru s3-fifo quick-lru");
for (const max of [1e3, 1e4]) {
  for (const [label, scan] of [["zipf", 0], ["zipf and scans", 2e4]] as const) {
    const trace = makeTrace(1e5, scan);
    const [ours = 0, s3Fifo = 0, quickLru = 0, lruCache] = [
      "groundwork",
      "groundwork, s3-fifo",
      "quick-lru",
      "lru-cache",
    ].map((name) => hitRatio(makers[name]!(max), trace));
    if (ours !== lruCache) throw new Error(`${ours}, lru-cache: ${lruCache}`);
    console.log(
      `${label}, ${max} of 1e5`.padEnd(32),
      ...[ours, s3Fifo, quickLru].map((it) =>
        (100 * it).toFixed(1).padStart(5)
      ),
    );
  }
}
