// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * How often caches hit:
 *
 * ```sh
 * deno run -A --no-lock bench/cache_hits.ts
 * ```
 *
 * Hits are those of a read that is followed by a write when it misses, over a
 * million reads by Zipf's law with an exponent of 1, once with and once without
 * scans of new keys in between. Ours and lru-cache have to agree.
 *
 * @module
 */

import { LRUCache } from "npm:lru-cache@11.5.3";
import QuickLru from "npm:quick-lru@7.3.0";
import { InMemoryCacheProvider } from "../src/cache.ts";
import { makeRandom } from "./random.ts";

interface Cache {
  get(key: string): unknown;
  set(key: string, value: boolean): unknown;
}

const makers: Readonly<Record<string, (max: number) => Cache>> = {
  "lru": (maxEntries) =>
    new InMemoryCacheProvider({ maxEntries, ttlMs: Infinity }),
  "s3-fifo": (maxEntries) =>
    new InMemoryCacheProvider({
      maxEntries,
      ttlMs: Infinity,
      eviction: "s3-fifo",
    }),
  "quick-lru": (maxSize) => new QuickLru<string, boolean>({ maxSize }),
  "lru-cache": (max) => new LRUCache<string, boolean>({ max }),
};

/** Numbers of keys: ranks by Zipf's law, and now and then a scan of new ones. */
function makeTrace(universe: number, scanLength: number): Int32Array {
  const random = makeRandom();
  let scanned = universe;
  let scan = 0;
  return Int32Array.from({ length: 1e6 }, (_, place) => {
    const drawn = random();
    if (place % 1e5 === 0) scan = scanLength;
    if (scan-- > 0) return scanned++;
    return Math.floor(universe ** drawn);
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

const names = Object.keys(makers);
console.log("hits in %".padEnd(32), names.join("  "));
for (const max of [1e3, 1e4]) {
  for (const [label, scan] of [["zipf", 0], ["zipf and scans", 2e4]] as const) {
    const trace = makeTrace(1e5, scan);
    const ratios = names.map((name) => hitRatio(makers[name]!(max), trace));
    if (ratios[0] !== ratios.at(-1)) throw new Error(ratios.join(", "));
    console.log(
      `${label}, ${max} of 1e5`.padEnd(32),
      ratios.map((ratio, i) =>
        (100 * ratio).toFixed(1).padStart(Math.max(4, names[i]!.length))
      ).join("  "),
    );
  }
}
