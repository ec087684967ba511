// deno-lint-ignore-file no-console -- prints what the harness cannot measure

/**
 * Caches of 10,000 entries, keys from 100,000 strings, values that are objects.
 * How to run it: see `harness.ts`.
 *
 * A call does 16 operations (`x 16`), so that the loop around it does not drown
 * the differences, and goes on where the last one stopped. An answer is the sum
 * of what was read. Before that, each cache is asked how many entries it holds.
 *
 * What is not the same:
 *
 * - quick-lru keeps two generations, each as large as the bound: it holds up to
 *   twice as many, and what goes is not the least recently used.
 * - mnemonist has no TTL. Its arrays have their full size from the start.
 * - `@isaacs/ttlcache` drops what expires first, not what was used least
 *   recently; a timer does it.
 * - `@cacheable/memory` stores an object an entry, which it also sends to hooks;
 *   it is told not to clone.
 * - lru-cache and ours read the clock once in a synchronous loop: it until a
 *   timer of 1 ms fires, which it never does in here, ours until the turn ends.
 *   Hence "a turn each", where ours reads it for every operation.
 * - Tags: none of them has any. One tag is compared with our own `set` without.
 *
 * Invalidation is measured beside the harness, since entries have to be put back
 * between two calls: see the end of what is printed, or `--filter invalidate`.
 *
 * The groups of a million entries take minutes, and are only there for `--filter
 * 1e6`. S3-FIFO is only there for `--filter s3-fifo`: engines compile calls to
 * the policy for the policies that they have seen, and most programs use one.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { CacheableMemory } from "npm:@cacheable/memory@2.2.0";
import { TTLCache } from "npm:@isaacs/ttlcache@2.1.5";
import { LRUCache } from "npm:lru-cache@11.5.3";
import { LRUCache as Mnemonist, LRUMap } from "npm:mnemonist@0.40.8";
import QuickLru from "npm:quick-lru@7.3.0";
import { InMemoryCacheProvider } from "../src/cache.ts";
import { copy } from "./copy.ts";
import { bench, type Contender, type Group } from "./harness.ts";
import { makeRandom } from "./random.ts";

interface Item {
  readonly id: number;
}

/** What the caches have in common. */
interface Cache {
  get(key: string): Item | undefined;
  set(key: string, value: Item): unknown;
}

/** Makes a cache for so many entries. */
type MakeCache = (max: number) => Cache;

type Makers = Readonly<Record<string, MakeCache>>;

const HOUR_MS = 3_600_000;

const withoutTtl: Makers = {
  "groundwork": (maxEntries) =>
    new InMemoryCacheProvider<Item>({ maxEntries, ttlMs: Infinity }),
  "lru-cache": (max) => new LRUCache<string, Item>({ max }),
  "quick-lru (up to 2x)": (maxSize) => new QuickLru<string, Item>({ maxSize }),
  "mnemonist LRUCache": (max) => new Mnemonist<string, Item>(max),
};

const slowerWithoutTtl: Makers = {
  "mnemonist LRUMap": (max) => new LRUMap<string, Item>(max),
  "@cacheable/memory": (lruSize) =>
    new CacheableMemory({ lruSize, useClone: false }),
};

const withTtl: Makers = {
  "groundwork": (maxEntries) =>
    new InMemoryCacheProvider<Item>({ maxEntries, ttlMs: HOUR_MS }),
  "lru-cache": (max) => new LRUCache<string, Item>({ max, ttl: HOUR_MS }),
  "quick-lru (up to 2x)": (maxSize) =>
    new QuickLru<string, Item>({ maxSize, maxAge: HOUR_MS }),
  "@isaacs/ttlcache": (max) =>
    new TTLCache<string, Item>({ max, ttl: HOUR_MS }),
  "@cacheable/memory": (lruSize) =>
    new CacheableMemory({ lruSize, useClone: false, ttl: HOUR_MS }),
};

const s3Fifo: Makers = {
  "groundwork": (maxEntries) =>
    new InMemoryCacheProvider<Item>({
      maxEntries,
      ttlMs: Infinity,
      eviction: "s3-fifo",
    }),
  "lru-cache": withoutTtl["lru-cache"]!,
};

/** The keys that there are, and which of them are used one after the other. */
interface Work {
  readonly keys: readonly string[];
  /** By the lowest bits of the number of a key. */
  readonly values: readonly Item[];
  /** Numbers of keys; `~number` where it is written without being read. */
  readonly trace: Int32Array;
}

const values: readonly Item[] = Array.from({ length: 1_024 }, (_, id) => ({
  id,
}));

function makeTrace(length: number, next: (place: number) => number) {
  return Int32Array.from({ length }, (_, place) => next(place));
}

/** Keys from `from` on, all as likely. */
function uniform(from: number, count: number): Int32Array {
  const random = makeRandom(1);
  const length = Math.max(2 ** 17, 2 * count);
  return makeTrace(length, () => from + Math.floor(count * random()));
}

/** All keys in turns, from `from` on. */
function inTurns(from: number, count: number): Int32Array {
  return makeTrace(count, (place) => (from + place) % count);
}

/**
 * Zipf's law with an exponent of 1: the logarithm of a rank is uniform. What is
 * popular does not lie together. One in ten is a write.
 */
function zipf(count: number): Int32Array {
  const random = makeRandom(1);
  return makeTrace(Math.max(2 ** 20, count), () => {
    const rank = Math.floor(count ** random());
    const key = rank * 7_919 % count;
    return random() < 0.1 ? ~key : key;
  });
}

// What contenders do. A copy is compiled for each: no free variables in here.

function read(cache: Cache, { keys, trace }: Work): Contender {
  let at = 0;
  return () => {
    let sum = 0;
    for (let n = 0; n < 16; n++) {
      sum += cache.get(keys[trace[at]!]!)?.id ?? -1;
      if (++at === trace.length) at = 0;
    }
    return sum;
  };
}

function readInTurns(cache: Cache, { keys, trace }: Work): Contender {
  let at = 0;
  return async () => {
    let sum = 0;
    for (let n = 0; n < 16; n++) {
      sum += cache.get(keys[trace[at]!]!)?.id ?? -1;
      if (++at === trace.length) at = 0;
      await undefined;
    }
    return sum;
  };
}

function write(cache: Cache, { keys, values, trace }: Work): Contender {
  let at = 0;
  return () => {
    const first = keys[trace[at]!]!;
    for (let n = 0; n < 16; n++) {
      const key = trace[at]!;
      cache.set(keys[key]!, values[key & 1_023]!);
      if (++at === trace.length) at = 0;
    }
    return cache.get(first)?.id;
  };
}

function mix(cache: Cache, { keys, values, trace }: Work): Contender {
  let at = 0;
  return () => {
    let sum = 0;
    for (let n = 0; n < 16; n++) {
      const step = trace[at]!;
      if (++at === trace.length) at = 0;
      const key = step < 0 ? ~step : step;
      let item = step < 0 ? undefined : cache.get(keys[key]!);
      if (item === undefined) {
        item = values[key & 1_023]!;
        cache.set(keys[key]!, item);
      }
      sum += item.id;
    }
    return sum;
  };
}

type TaggingCache = InMemoryCacheProvider<Item>;

function writeOneTag(
  cache: TaggingCache,
  { keys, values, trace }: Work,
): Contender {
  let at = 0;
  return () => {
    const first = keys[trace[at]!]!;
    for (let n = 0; n < 16; n++) {
      const key = trace[at]!;
      // The keys serve as names of tags as well.
      cache.set(keys[key]!, values[key & 1_023]!, { tags: [keys[key % 1e3]!] });
      if (++at === trace.length) at = 0;
    }
    return cache.get(first)?.id;
  };
}

function writeThreeTags(
  cache: TaggingCache,
  { keys, values, trace }: Work,
): Contender {
  let at = 0;
  return () => {
    const first = keys[trace[at]!]!;
    for (let n = 0; n < 16; n++) {
      const key = trace[at]!;
      cache.set(keys[key]!, values[key & 1_023]!, {
        tags: [
          keys[key % 1e3]!,
          keys[(key + 1) % 1e3]!,
          keys[(key + 2) % 1e3]!,
        ],
      });
      if (++at === trace.length) at = 0;
    }
    return cache.get(first)?.id;
  };
}

function fill<C extends Cache>(
  cache: C,
  { keys, values }: Work,
  count: number,
): C {
  for (let key = 0; key < count; key++) {
    cache.set(keys[key]!, values[key & 1_023]!);
  }
  return cache;
}

/** The first 16 numbers of each call, the first 64 calls. */
function checkOf(
  operation: unknown,
  { trace }: Work,
  held: number,
): Group["check"] {
  return (answer, call) => {
    const batch = [...trace.slice(16 * call, 16 * call + 16)].map((step) =>
      step < 0 ? ~step : step
    );
    if (operation === write) return answer === (batch[0]! & 1_023);
    const isMix = operation === mix;
    const ids = batch.map((key) => isMix || key < held ? key & 1_023 : -1);
    return answer === ids.reduce((sum, id) => sum + id, 0);
  };
}

/** Caches that hold the first keys, and then all do the same. */
function compare(
  name: string,
  makers: Makers,
  operation: (cache: Cache, work: Work) => Contender,
  work: Work,
  max: number,
): Group {
  const { groundwork, ...peers } = Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [
      name,
      copy(operation)(fill(make(max), work, max), work),
    ]),
  );
  return {
    name,
    ours: groundwork!,
    peers,
    check: checkOf(operation, work, max),
  };
}

function suite(
  suffix: string,
  makers: Makers,
  keys: readonly string[],
  max: number,
): Group[] {
  const all = keys.length;
  const hits = { keys, values, trace: uniform(0, max) };
  const misses = { keys, values, trace: uniform(max, all - max) };
  const turns = { keys, values, trace: inTurns(max, all) };
  const mixed = { keys, values, trace: zipf(all) };
  return [
    compare(`hit x 16${suffix}`, makers, read, hits, max),
    compare(`miss x 16${suffix}`, makers, read, misses, max),
    compare(`set + evict x 16${suffix}`, makers, write, turns, max),
    compare(`zipf mixed x 16${suffix}`, makers, mix, mixed, max),
  ];
}

/** Our `set` with tags, beside our own without. */
function tagged(
  name: string,
  operation: (cache: TaggingCache, work: Work) => Contender,
  keys: readonly string[],
  max: number,
): Group {
  const work: Work = { keys, values, trace: inTurns(max, keys.length) };
  const make = () =>
    fill(
      new InMemoryCacheProvider<Item>({ maxEntries: max, ttlMs: Infinity }),
      work,
      max,
    );
  return {
    name,
    ours: copy(operation)(make(), work),
    variants: { "without tags": copy(write)(make(), work) },
    peers: {},
    check: checkOf(write, work, max),
  };
}

/** Fails if a cache holds more than it should, or not what came last. */
function requireBound(makers: Makers, keys: readonly string[]): void {
  for (const [name, make] of Object.entries(makers)) {
    const max = 1_000;
    const cache = fill(
      make(max),
      { keys, values, trace: new Int32Array() },
      1e4,
    );
    const held = keys.slice(0, 1e4).filter((key) => cache.get(key)).length;
    const most = name.startsWith("quick-lru") ? 2 * max : max;
    if (held > most || !cache.get(keys[1e4 - 1]!)) {
      throw new Error(`${name} holds ${held} of ${max} entries`);
    }
  }
}

/** lru-cache with tags, as they are commonly added: a set of keys for each. */
class HandTagged {
  readonly #cache: LRUCache<string, Item>;
  readonly #keys: Map<string, Set<string>> = new Map();

  constructor(max: number) {
    this.#cache = new LRUCache({ max });
  }

  set(key: string, value: Item, { tags }: { tags: readonly string[] }): void {
    this.#cache.set(key, value);
    for (const tag of tags) {
      let keys = this.#keys.get(tag);
      if (keys === undefined) this.#keys.set(tag, keys = new Set());
      keys.add(key);
    }
  }

  invalidateByTag(tag: string): number {
    const keys = this.#keys.get(tag) ?? [];
    this.#keys.delete(tag);
    let count = 0;
    for (const key of keys) if (this.#cache.delete(key)) count++;
    return count;
  }
}

/**
 * How long it takes to invalidate a tag of 100,000 entries that are evenly
 * spread over tags. Between two calls, and not timed, the entries are put back.
 */
function printInvalidation(members: number, keys: readonly string[]): void {
  const count = 1e5;
  const tags = count / members;
  const contenders = {
    "groundwork": new InMemoryCacheProvider<Item>({
      maxEntries: count,
      ttlMs: Infinity,
    }),
    "lru-cache, a Set for each tag": new HandTagged(count),
  };
  console.log(`\ninvalidate ${members} of 1e5`.padEnd(33), "µs: best   median");
  for (const [name, cache] of Object.entries(contenders)) {
    const put = (tag: number): void => {
      for (let key = tag; key < count; key += tags) {
        cache.set(keys[key]!, values[key & 1_023]!, { tags: [`tag-${tag}`] });
      }
    };
    for (let tag = 0; tag < tags; tag++) put(tag);
    const times: number[] = [];
    for (let round = 0; round < 20 * Math.min(tags, 20); round++) {
      const tag = round % tags;
      const start = performance.now();
      const dropped = cache.invalidateByTag(`tag-${tag}`);
      times.push(1e3 * (performance.now() - start));
      if (dropped !== members) throw new Error(`${name} drops ${dropped}`);
      put(tag);
    }
    times.sort((a, b) => a - b);
    const [best, median] = [times[0]!, times[times.length >> 1]!];
    console.log(
      `  ${name.padEnd(30)}`,
      best.toFixed(0).padStart(8),
      median.toFixed(0).padStart(8),
    );
  }
}

function makeKeys(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `key:${number}`);
}

const { values: options } = parseArgs({
  options: { filter: { type: "string" } },
  strict: false, // The harness knows the others.
});
const filter = String(options.filter ?? "");
const keys = makeKeys(1e5);
const allWithoutTtl = { ...withoutTtl, ...slowerWithoutTtl };
requireBound(allWithoutTtl, keys);
requireBound(withTtl, keys);
const max = 1e4;
const hits: Work = { keys, values, trace: uniform(0, max) };
const groups: Group[] = [
  ...suite("", allWithoutTtl, keys, max),
  ...suite(", 1 h TTL", withTtl, keys, max),
  compare("hit, a turn each x 16, 1 h TTL", withTtl, readInTurns, hits, max),
  tagged("set with one tag x 16", writeOneTag, keys, max),
  tagged("set with three tags x 16", writeThreeTags, keys, max),
];
if (filter.includes("1e6")) {
  groups.push(...suite(", 1e6", withoutTtl, makeKeys(4e6), 1e6));
}
if (filter.includes("s3-fifo")) {
  groups.push(...suite(", s3-fifo", s3Fifo, keys, max));
}

await bench(import.meta, "cache", groups);
// Not under `deno bench`, which imports this file.
if (import.meta.main !== false && "invalidate".includes(filter)) {
  printInvalidation(1e3, keys);
  printInvalidation(1e5, keys);
}
