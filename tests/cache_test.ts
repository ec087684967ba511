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
import fc from "fast-check";
import { LruPolicy, S3FifoPolicy } from "../src/_cache_eviction.ts";
import { SlotLists } from "../src/_slot_lists.ts";
import { TagIndex } from "../src/_tag_index.ts";
import { TurnClock } from "../src/_turn_clock.ts";
import {
  type CacheEntry,
  type CacheOptions,
  type CacheProvider,
  type CacheSetOptions,
  type CacheStats,
  InMemoryCacheProvider,
  isCacheProvider,
  type LoadContext,
  type RemovalReason,
} from "../src/cache.ts";
import { systemClock } from "../src/clock.ts";
import { CacheError, ValidationError } from "../src/errors.ts";
import type { Awaitable } from "../src/protocols.ts";
import { ManualClock } from "../src/testing.ts";
import {
  cacheProviderConformance,
  type CacheProviderSetup,
  type CacheProviderUnderTest,
  observe,
  type Observed,
} from "./conformance/cache_provider_conformance.ts";
import {
  CountingSignal,
  deferred,
  ModelStep,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";
import { hearReported } from "./unhandled_support.ts";

// --- the protocol

function conforms(name: string, options: CacheOptions<unknown>): void {
  cacheProviderConformance(name, {
    make({ ttlMs = Infinity }: CacheProviderSetup): CacheProviderUnderTest {
      const clock = new ManualClock();
      return {
        cache: new InMemoryCacheProvider({ ...options, clock, ttlMs }),
        advance: (durationMs) => clock.advance(durationMs),
      };
    },
  });
}

conforms("InMemoryCacheProvider", {});
conforms("InMemoryCacheProvider with S3-FIFO", { eviction: "s3-fifo" });
conforms("InMemoryCacheProvider that clones", { copy: "clone", maxWeight: 99 });

cacheProviderConformance("an asynchronous cache", {
  make({ ttlMs = Infinity }: CacheProviderSetup) {
    const clock = new ManualClock();
    const cache = new InMemoryCacheProvider({ clock, ttlMs });
    return Promise.resolve({
      cache: deferred<CacheProvider>(cache),
      advance: (durationMs: number): void => clock.advance(durationMs),
    });
  },
});

// --- what tests of time and of promises need

interface Timed<T> {
  readonly clock: ManualClock;
  readonly cache: InMemoryCacheProvider<T>;
  /** Who left, as `key=value reason`. */
  readonly removals: string[];
}

function describeRemoval<T>(
  { key, value }: Pick<CacheEntry<T>, "key" | "value">,
  reason: RemovalReason,
): string {
  return `${key}=${JSON.stringify(value)} ${reason}`;
}

function makeTimed<T = unknown>(options: CacheOptions<T> = {}): Timed<T> {
  const clock = new ManualClock();
  const removals: string[] = [];
  const cache = new InMemoryCacheProvider<T>({
    clock,
    onRemove: (entry, reason) => removals.push(describeRemoval(entry, reason)),
    ...options,
  });
  return { clock, cache, removals };
}

/** Lets all that is ready to go on do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

/** A promise that has settled by now; fails where it has not. */
async function settled<T>(observed: Observed<T>): Promise<Observed<T>> {
  await settle();
  notStrictEqual(observed.state, "pending");
  return observed;
}

async function loaded<T>(
  cache: InMemoryCacheProvider<T>,
  key: string,
  value: T,
  options?: Parameters<typeof cache.getOrSet<T>>[2],
): Promise<T> {
  const got = observe(cache.getOrSet<T>(key, () => value, options));
  const { state, value: it } = await settled(got);
  strictEqual(state, "fulfilled");
  return it as T;
}

/**
 * What is handed to `Promise.reject`, and so to the platform, while the body
 * runs: the runners of tests fail a test for an unhandled rejection itself.
 */
function reportedIn(body: () => void): readonly unknown[] {
  const reasons: unknown[] = [];
  function reject<T>(reason?: unknown): Promise<T> {
    reasons.push(reason);
    return new Promise(() => {});
  }
  withReplaced(Promise, "reject", reject, body);
  return reasons;
}

// --- a model: entries in the order of a list of keys

/** The order in which keys go. */
interface Order {
  /** Notes that a key was used. */
  touch(key: string): void;
  /** Takes a key in; `makeRoom` drops others first. */
  add(key: string, makeRoom: () => void): void;
  /** Forgets a key that was dropped. */
  remove(key: string): void;
  /** The key to evict, which is forgotten. */
  evict(): string;
  clear(): void;
}

class LruOrder implements Order {
  /** The least recently used first. */
  readonly keys: Set<string> = new Set();

  touch(key: string): void {
    this.keys.delete(key);
    this.keys.add(key);
  }

  add(key: string, makeRoom: () => void): void {
    makeRoom();
    this.keys.add(key);
  }

  remove(key: string): void {
    this.keys.delete(key);
  }

  evict(): string {
    const [key] = this.keys;
    this.keys.delete(key!);
    return key!;
  }

  clear(): void {
    this.keys.clear();
  }
}

function without(keys: readonly string[], key: string): string[] {
  return keys.filter((it) => it !== key);
}

/** S3-FIFO with lists: each has the newest first. */
class S3FifoOrder implements Order {
  small: string[] = [];
  main: string[] = [];
  ghosts: string[] = [];
  uses: Record<string, number> = {};

  touch(key: string): void {
    this.uses[key] = Math.min(3, this.uses[key]! + 1);
  }

  add(key: string, makeRoom: () => void): void {
    const wasGhost = this.ghosts.includes(key);
    this.ghosts = without(this.ghosts, key);
    makeRoom();
    (wasGhost ? this.main : this.small).unshift(key);
    this.uses[key] = 0;
  }

  remove(key: string): void {
    this.small = without(this.small, key);
    this.main = without(this.main, key);
  }

  evict(): string {
    for (;;) {
      const isSmall = this.main.length === 0 ||
        this.small.length > 0 &&
          10 * this.small.length >= this.small.length + this.main.length;
      const key = (isSmall ? this.small : this.main).pop()!;
      if (this.uses[key] === 0) {
        if (!isSmall) return key;
        const live = this.small.length + this.main.length;
        this.ghosts.unshift(key);
        if (this.ghosts.length > 0.9 * live) this.ghosts.pop();
        return key;
      }
      this.main.unshift(key);
      this.uses[key] = isSmall ? 0 : this.uses[key]! - 1;
    }
  }

  clear(): void {
    this.small = [];
    this.main = [];
    this.ghosts = [];
  }
}

interface ModelEntry {
  readonly value: number;
  readonly tags: readonly string[];
  readonly expiresAt: number;
  readonly weight: number;
}

/** What the cache under test is made with. */
interface Bounds {
  readonly eviction: "lru" | "s3-fifo";
  readonly copy: "reference" | "clone";
  readonly maxEntries: number;
  readonly maxWeight: number;
}

const DEFAULT_TTL_MS = 8;

class Model {
  readonly bounds: Bounds;
  readonly order: Order;
  readonly entries: Map<string, ModelEntry> = new Map();
  readonly removals: string[] = [];
  now = 0;
  hits = 0;
  misses = 0;
  evictions = 0;
  expirations = 0;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
    this.order = bounds.eviction === "lru" ? new LruOrder() : new S3FifoOrder();
  }

  get weight(): number {
    return [...this.entries.values()]
      .reduce((sum, { weight }) => sum + weight, 0);
  }

  get stats(): CacheStats {
    const { hits, misses, evictions, expirations, entries } = this;
    return {
      hits,
      misses,
      hitRate: hits === 0 ? 0 : hits / (hits + misses),
      evictions,
      expirations,
      size: entries.size,
      weight: this.bounds.maxWeight === Infinity ? entries.size : this.weight,
    };
  }

  #leave(key: string, reason: RemovalReason): void {
    const { value } = this.entries.get(key)!;
    this.entries.delete(key);
    this.removals.push(describeRemoval({ key, value: { n: value } }, reason));
  }

  isLive(key: string): boolean {
    const entry = this.entries.get(key);
    return entry !== undefined && this.now < entry.expiresAt;
  }

  /** Drops an entry; tells whether it was live. */
  drop(key: string, reason: RemovalReason): boolean {
    if (!this.entries.has(key)) return false;
    const isLive = this.isLive(key);
    if (!isLive) this.expirations++;
    this.order.remove(key);
    this.#leave(key, isLive ? reason : "expired");
    return isLive;
  }

  dropAll(
    reason: RemovalReason,
    isHit: (key: string, entry: ModelEntry) => boolean,
  ): number {
    return [...this.entries]
      .filter(([key, entry]) => isHit(key, entry))
      .filter(([key]) => this.drop(key, reason)).length;
  }

  /** The entry, where it is live; one that has expired is found. */
  find(key: string): ModelEntry | undefined {
    if (this.isLive(key)) return this.entries.get(key);
    this.drop(key, "expired");
    return undefined;
  }

  get(key: string): ModelEntry | undefined {
    const entry = this.find(key);
    if (entry === undefined) this.misses++;
    else {
      this.hits++;
      this.order.touch(key);
    }
    return entry;
  }

  /** Tells whether it was not too large. */
  set(
    key: string,
    value: number,
    { ttlMs = DEFAULT_TTL_MS, tags = [], weight = value }: CacheSetOptions,
  ): boolean {
    const { maxEntries, maxWeight } = this.bounds;
    const isTooLarge = ttlMs > 0 && weight > maxWeight;
    if (ttlMs <= 0 || isTooLarge) {
      this.drop(key, "deleted");
      return !isTooLarge;
    }
    const isWeighed = maxWeight !== Infinity;
    const isThere = this.entries.has(key);
    if (isThere) this.#leave(key, "replaced");
    // By weight, others may have to go: what is replaced begins anew.
    if (isThere && isWeighed) this.order.remove(key);
    if (isThere && !isWeighed) this.order.touch(key);
    else {
      this.order.add(key, () => {
        while (
          this.entries.size >= maxEntries || this.weight + weight > maxWeight
        ) {
          this.evictions++;
          this.#leave(this.order.evict(), "evicted");
        }
      });
    }
    const expiresAt = this.now + ttlMs;
    const unique = [...new Set(tags)];
    this.entries.set(key, { value, tags: unique, expiresAt, weight });
    return true;
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.#leave(key, "cleared");
    this.order.clear();
  }
}

type Boxed = { n: number };
type Real = Timed<Boxed>;

function realOf({ eviction, copy, maxEntries, maxWeight }: Bounds): Real {
  return makeTimed<Boxed>({
    eviction,
    copy,
    maxEntries,
    maxWeight,
    ttlMs: DEFAULT_TTL_MS,
    weigh: ({ n }) => n,
  });
}

/** The order in which an invalidation drops is not told. */
function compare(model: Model, { cache, removals }: Real): void {
  deepStrictEqual([...removals].sort(), [...model.removals].sort());
  const isEvicted = (it: string): boolean => it.endsWith("evicted");
  deepStrictEqual(
    removals.filter(isEvicted),
    model.removals.filter(isEvicted),
  );
  deepStrictEqual(cache.stats, model.stats);
  strictEqual(cache.size, model.entries.size);
  ok(cache.size <= model.bounds.maxEntries, "too many");
  ok(cache.stats.weight <= model.bounds.maxWeight, "too heavy");
}

type Step = ModelStep<Model, Real>;

function step(
  name: string,
  run: (model: Model, real: Real) => void | Promise<void>,
): Step {
  return new ModelStep<Model, Real>(name, async (model, real) => {
    await run(model, real);
    compare(model, real);
  });
}

const keys = fc.constantFrom("a", "b", "c", "d", "aa", "ab", "ba", "");
const tagNames = fc.constantFrom("t", "u", "v", "__proto__");
const values = fc.nat(4);
const settings: fc.Arbitrary<CacheSetOptions> = fc.record({
  ttlMs: fc.constantFrom(-Infinity, -1, 0, 0.5, 2, 3, 5, 20, Infinity),
  tags: fc.array(tagNames, { maxLength: 4 }),
  weight: fc.constantFrom(0, 1, 2, 7, 8, 9, Infinity),
}, { requiredKeys: [] });

type Glob = readonly [glob: string, isMatch: (key: string) => boolean];
const globs = fc.constantFrom<Glob>(
  ["*", () => true],
  ["a*", (key) => key.startsWith("a")],
  ["?", (key) => key.length === 1],
  ["", (key) => key === ""],
  ["none", () => false],
);

const steps = [
  fc.tuple(keys, values, settings).map(([key, n, options]) =>
    step(`set(${key}, ${n}, ${fc.stringify(options)})`, (model, { cache }) => {
      const result = cache.set(key, { n }, options);
      if (model.set(key, n, options)) strictEqual(result.unwrap(), undefined);
      else strictEqual(result.unwrapErr().code, "CACHE_ENTRY_TOO_LARGE");
    })
  ),
  fc.tuple(keys, values, settings).map(([key, n, { tags = [], ttlMs }]) =>
    step(`setWithTags(${key}, ${n}, ${tags}, ${ttlMs})`, (model, { cache }) => {
      strictEqual(cache.setWithTags(key, { n }, tags, ttlMs).ok, true);
      model.set(key, n, ttlMs === undefined ? { tags } : { tags, ttlMs });
    })
  ),
  fc.tuple(keys, fc.constantFrom<"get" | "peek">("get", "peek")).map(
    ([key, read]) =>
      step(`${read}(${key})`, (model, { cache }) => {
        const entry = read === "get" ? model.get(key) : model.find(key);
        deepStrictEqual(cache[read](key), entry && { n: entry.value });
      }),
  ),
  keys.map((key) =>
    step(`entry(${key})`, (model, { cache }) => {
      const entry = model.find(key);
      deepStrictEqual(
        cache.entry(key),
        entry && {
          key,
          value: { n: entry.value },
          ttlMs: entry.expiresAt - model.now,
          tags: entry.tags,
        },
      );
    })
  ),
  keys.map((key) =>
    step(`has(${key})`, (model, { cache }) => {
      strictEqual(cache.has(key), model.find(key) !== undefined);
    })
  ),
  keys.map((key) =>
    step(`getTags(${key})`, (model, { cache }) => {
      deepStrictEqual(cache.getTags(key), model.find(key)?.tags ?? []);
    })
  ),
  keys.map((key) =>
    step(`delete(${key})`, (model, { cache }) => {
      strictEqual(cache.delete(key), model.drop(key, "deleted"));
    })
  ),
  fc.tuple(keys, values, settings).map(([key, n, options]) =>
    step(
      `getOrSet(${key}, ${n}, ${fc.stringify(options)})`,
      async (model, { cache }) => {
        const entry = model.get(key);
        const got = cache.getOrSet<Boxed>(key, () => ({ n }), options);
        if (entry !== undefined) {
          deepStrictEqual(got, { n: entry.value });
        } else {
          const { value } = await settled(observe(got));
          deepStrictEqual(value, { n });
          model.set(key, n, options);
        }
      },
    )
  ),
  tagNames.map((tag) =>
    step(`invalidateByTag(${tag})`, (model, { cache }) => {
      strictEqual(
        cache.invalidateByTag(tag),
        model.dropAll("invalidated", (_, { tags }) => tags.includes(tag)),
      );
      strictEqual(cache.invalidateByTag(tag), 0);
    })
  ),
  globs.map(([glob, isMatch]) =>
    step(`clearPattern(${glob})`, (model, { cache }) => {
      strictEqual(cache.clearPattern(glob), model.dropAll("deleted", isMatch));
    })
  ),
  fc.nat(3).map((durationMs) =>
    step(`advance(${durationMs})`, (model, { clock }) => {
      clock.advance(durationMs);
      model.now += durationMs;
    })
  ),
  fc.constant(
    step("prune()", (model, { cache }) => {
      const before = model.expirations;
      model.dropAll("expired", (key) => !model.isLive(key));
      strictEqual(cache.prune(), model.expirations - before);
    }),
  ),
  fc.constant(
    step("clear()", (model, { cache }) => {
      cache.clear();
      model.clear();
    }),
  ),
];

/** Reads and writes make for more evictions than the rest. */
const stepsByWeight = [...steps, ...steps.slice(0, 3), ...steps.slice(0, 3)];

/** What is left in a cache, and the order in which it would be evicted. */
function contentOf(model: Model, real: Real): void {
  for (let i = 0; i < 2 * model.bounds.maxEntries; i++) {
    const weight = Math.min(model.bounds.maxWeight, 2);
    real.cache.set(`new ${i}`, { n: 1 }, { weight });
    model.set(`new ${i}`, 1, { weight });
    compare(model, real);
  }
  real.cache.clear();
  model.clear();
  compare(model, real);
}

async function behavesAs(bounds: fc.Arbitrary<Bounds>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      bounds,
      fc.commands(stepsByWeight, { size: "+1", maxCommands: 120 }),
      async (it, commands) => {
        const model = new Model(it);
        const real = realOf(it);
        await fc.asyncModelRun(() => ({ model, real }), commands);
        contentOf(model, real);
      },
    ),
    { numRuns: 2 * RUNS },
  );
}

function boundsOf(
  eviction: "lru" | "s3-fifo",
  copy: "reference" | "clone",
): fc.Arbitrary<Bounds> {
  return fc.record({
    eviction: fc.constant(eviction),
    copy: fc.constant(copy),
    maxEntries: fc.integer({ min: 1, max: 6 }),
    maxWeight: fc.constantFrom(Infinity, 8),
  });
}

describe("InMemoryCacheProvider", () => {
  for (const eviction of ["lru", "s3-fifo"] as const) {
    for (const copy of ["reference", "clone"] as const) {
      it(`P4, P5: does what a Map in ${eviction} order does, by ${copy} (property)`, async () => {
        await behavesAs(boundsOf(eviction, copy));
      });
    }
  }

  const anyKey = fc.oneof(
    fc.string(),
    fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    fc.constantFrom("", ":", "__proto__", "constructor", "\ud800", "\udc00"),
  );
  const anyValue = fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    }),
    fc.constantFrom(undefined, null, NaN, -0, 10n),
  );

  it("P4: entry(key).value is the very value that was set, whatever it is (property)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyKey, anyValue)), (pairs) => {
        const cache = new InMemoryCacheProvider();
        for (const [key, value] of pairs) cache.set(key, value).unwrap();
        for (const [key, value] of new Map(pairs)) {
          strictEqual(cache.has(key), true);
          ok(Object.is(cache.entry(key)!.value, value));
          ok(Object.is(cache.get(key), value));
        }
        strictEqual(cache.size, new Map(pairs).size);
      }),
      { numRuns: RUNS },
    );
  });

  it("P4: a clone is equal to the value that was set, prototype included (property)", () => {
    fc.assert(
      fc.property(anyKey, anyValue, (key, value) => {
        const cache = new InMemoryCacheProvider({ copy: "clone" });
        cache.set(key, value).unwrap();
        deepStrictEqual(cache.entry(key)!.value, structuredClone(value));
        deepStrictEqual(cache.get(key), structuredClone(value));
      }),
      { numRuns: RUNS },
    );
  });

  it("P5: two invalidations commute (property)", () => {
    const write = fc.tuple(keys, values, settings);
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 30 }),
        tagNames,
        tagNames,
        fc.nat(4),
        (writes, first, second, durationMs) => {
          const [one, other] = [[first, second], [second, first]].map(
            (tags) => {
              const { cache, clock, removals } = makeTimed<number>({
                maxEntries: 6,
              });
              for (const [key, value, options] of writes) {
                cache.set(key, value, options);
              }
              clock.advance(durationMs);
              const counts = tags.map((tag) => cache.invalidateByTag(tag));
              const dropped = removals.filter((it) => !it.endsWith("evicted"))
                .sort();
              removals.length = 0;
              for (let i = 0; i < 6; i++) cache.set(`new ${i}`, 1);
              return { sum: counts[0]! + counts[1]!, dropped, removals };
            },
          );
          deepStrictEqual(one, other);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("is synchronous but for a load: it gives values, not promises", () => {
    const { cache } = makeTimed<number>();
    strictEqual(cache.set("a", 1, { tags: ["t"] }).ok, true);
    strictEqual(cache.get("a"), 1);
    strictEqual(cache.getOrSet("a", () => 2), 1);
    strictEqual(cache.has("a"), true);
    strictEqual(cache.invalidateByTag("t"), 1);
    strictEqual(cache.clearPattern("*"), 0);
    strictEqual(cache.delete("a"), false);
  });

  it("gives entries and tags that nobody can change", () => {
    const { cache } = makeTimed<number>();
    const tags = ["t"];
    cache.set("a", 1, { tags });
    tags.push("u");
    deepStrictEqual(cache.getTags("a"), ["t"]);
    for (const frozen of [cache.entry("a"), cache.entry("a")!.tags]) {
      strictEqual(Object.isFrozen(frozen), true);
    }
    strictEqual(Object.isFrozen(cache.getTags("a")), true);
    strictEqual(Object.isFrozen(cache.getTags("b")), true);
  });

  it("counts nothing but get() and getOrSet() as reads", () => {
    const { cache } = makeTimed<number>();
    cache.set("a", 1);
    for (const key of ["a", "b"]) {
      cache.peek(key);
      cache.entry(key);
      cache.has(key);
      cache.getTags(key);
    }
    strictEqual(cache.stats.hits + cache.stats.misses, 0);
    strictEqual(cache.stats.hitRate, 0);
    for (const key of ["a", "a", "a", "b"]) cache.get(key);
    strictEqual(cache.stats.hitRate, 0.75);
  });

  it("sets no timer", async () => {
    const { cache, clock } = makeTimed<number>();
    cache.set("a", 1, { ttlMs: 10 });
    await loaded(cache, "b", 1, { staleMs: 5, errorTtlMs: 5 });
    strictEqual(clock.pending, 0);
  });

  it("expires by the monotonic clock, whatever the date is", () => {
    const { cache, clock } = makeTimed<number>();
    cache.set("a", 1, { ttlMs: 10 });
    clock.setNow(1e12);
    strictEqual(cache.get("a"), 1);
    clock.advance(10);
    clock.setNow(0);
    strictEqual(cache.get("a"), undefined);
  });

  it("holds 10 000 entries for an hour each when told nothing else", () => {
    const clock = new ManualClock();
    const cache = new InMemoryCacheProvider<number>({ clock });
    for (let i = 0; i < 10_001; i++) cache.set(`${i}`, i);
    strictEqual(cache.size, 10_000);
    strictEqual(cache.has("0"), false);
    strictEqual(cache.has("1"), true);
    clock.advance(3_599_999);
    strictEqual(cache.has("1"), true);
    clock.advance(1);
    strictEqual(cache.has("1"), false);
  });

  it("maxEntries and maxWeight may be Infinity: then nobody is asked what a value weighs", () => {
    const cache = new InMemoryCacheProvider<number>({
      maxEntries: Infinity,
      maxWeight: Infinity,
      weigh(): never {
        throw new Error("Asked");
      },
    });
    for (let i = 0; i < 20_000; i++) cache.set(`${i}`, i);
    strictEqual(cache.size, 20_000);
    strictEqual(cache.stats.weight, 20_000);
  });

  it("weighs 1 each when told no weight", () => {
    const { cache } = makeTimed<number>({ maxWeight: 2 });
    for (const key of ["a", "b", "c"]) cache.set(key, 9);
    strictEqual(cache.stats.weight, 2);
    strictEqual(cache.has("a"), false);
  });

  it("refuses what weighs more than all may, and drops what was there", () => {
    const { cache, removals } = makeTimed<string>({
      maxWeight: 5,
      weigh: (value, key) => value.length + key.length,
    });
    cache.set("a", "1234").unwrap();
    const error = cache.set("a", "12345").unwrapErr();
    ok(CacheError.is(error));
    strictEqual(error.code, "CACHE_ENTRY_TOO_LARGE");
    strictEqual(error.message, "The entry weighs 6, and the cache holds 5");
    strictEqual(cache.has("a"), false);
    deepStrictEqual(removals, ['a="1234" deleted']);
    strictEqual(cache.stats.weight, 0);
  });

  it("is not confused by weights that do not add up", () => {
    const { cache } = makeTimed<number>({ maxWeight: 0.7 });
    for (let i = 0; i < 100; i++) {
      cache.set("a", 1, { weight: 0.1 });
      cache.set("b", 1, { weight: 0.2 });
      cache.set("c", 1, { weight: 0.3 });
      for (const key of ["a", "b", "c"]) cache.delete(key);
      strictEqual(cache.stats.weight, 0);
      cache.set("d", 1, { weight: 0.7 }).unwrap();
      strictEqual(cache.size, 1);
      cache.delete("d");
    }
  });

  it("clear() and disposal leave the counts, and nothing else", () => {
    const { cache } = makeTimed<number>();
    cache.set("a", 1, { tags: ["t"] });
    cache.get("a");
    cache[Symbol.dispose]();
    deepStrictEqual(cache.stats, {
      hits: 1,
      misses: 0,
      hitRate: 1,
      evictions: 0,
      expirations: 0,
      size: 0,
      weight: 0,
    });
    strictEqual(cache.invalidateByTag("t"), 0);
    cache.set("a", 2, { ttlMs: Infinity });
    deepStrictEqual(cache.getTags("a"), []);
    strictEqual(cache.get("a"), 2);
  });

  it("prune() looks at so many entries, and goes on from there", () => {
    const { cache, clock } = makeTimed<number>();
    for (let i = 0; i < 10; i++) cache.set(`${i}`, i, { ttlMs: 1 + i % 2 });
    strictEqual(cache.prune(), 0);
    clock.advance(1);
    const dropped = [cache.prune(4), cache.prune(0), cache.prune(6)];
    ok(dropped.every((count) => count <= 5));
    strictEqual(dropped[0]! + dropped[2]!, 5);
    strictEqual(dropped[1], 0);
    strictEqual(cache.size, 5);
    clock.advance(1);
    strictEqual(cache.prune(100), 5);
    strictEqual(cache.prune(), 0);
    strictEqual(cache.stats.expirations, 10);
  });

  it("prune() leaves a value that is stale but kept", async () => {
    const { cache, clock, removals } = makeTimed<number>();
    await loaded(cache, "a", 1, { ttlMs: 5, staleMs: 5 });
    clock.advance(5);
    strictEqual(cache.prune(), 0);
    strictEqual(cache.has("a"), false);
    strictEqual(cache.size, 1);
    clock.advance(5);
    strictEqual(cache.prune(), 1);
    deepStrictEqual(removals, ["a=1 expired"]);
  });
});

describe("InMemoryCacheProvider options", () => {
  function isInvalid(field: string, value: unknown, error: unknown): boolean {
    ok(ValidationError.is(error));
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    strictEqual(error.field, field);
    const text = typeof value === "string" ? `"${value}"` : String(value);
    if (typeof value !== "object") ok(error.message.includes(text));
    return true;
  }

  const bad: readonly (readonly [string, readonly unknown[]])[] = [
    ["maxEntries", [0, -1, 0.5, NaN, -Infinity, "5", null]],
    ["maxWeight", [-1, NaN, -Infinity, "5", null]],
    ["ttlMs", [NaN, "5", null]],
    ["eviction", ["fifo", "LRU", "", "lru ", null, 1]],
    ["copy", ["json", "", "clones", null, true]],
    ["weigh", [5, null, "length"]],
    ["onRemove", [5, null]],
    ["onLoadError", [5, null]],
  ];
  for (const [field, given] of bad) {
    for (const value of given) {
      it(`throws when ${field} is ${typeof value} ${value}`, () => {
        throws(
          () => new InMemoryCacheProvider({ [field]: value }),
          (error) => isInvalid(field, value, error),
        );
      });
    }
  }

  for (const [name, value] of NOT_NUMBERS.slice(1)) {
    it(`set() throws, and leaves all as it is, when ttlMs or weight is ${name}`, () => {
      const { cache } = makeTimed<number>({ maxWeight: 5 });
      cache.set("a", 1, { tags: ["t"] });
      throws(
        () => cache.set("a", 2, { ttlMs: value as number }),
        (error) => isInvalid("ttlMs", {}, error),
      );
      if (value !== null) {
        throws(
          () => cache.set("a", 2, { weight: value as number }),
          (error) => isInvalid("weight", {}, error),
        );
      }
      strictEqual(cache.get("a"), 1);
      deepStrictEqual(cache.getTags("a"), ["t"]);
    });
  }

  for (const weight of [-1, NaN, -Infinity]) {
    it(`set() throws when the weight is ${weight}, be it told or weighed`, () => {
      const { cache } = makeTimed<number>({
        maxWeight: 5,
        weigh: (value) => value,
      });
      throws(
        () => cache.set("a", 1, { weight }),
        (error) => isInvalid("weight", weight, error),
      );
      throws(
        () => cache.set("a", weight),
        (error) => isInvalid("weight", weight, error),
      );
      strictEqual(cache.size, 0);
    });
  }

  it("set() throws, and leaves all as it is, when tags is a string or holds others", () => {
    const { cache } = makeTimed<number>();
    cache.set("a", 1, { tags: ["t"] });
    for (
      const [tags, expected] of [
        ["t", "array"],
        [[1], "string"],
        [new Set([undefined]), "string"],
      ] as const
    ) {
      const options = { tags: tags as Iterable<unknown> as Iterable<string> };
      for (
        const call of [
          (): unknown => cache.set("a", 2, options),
          (): unknown => cache.getOrSet("b", () => 2, options),
        ]
      ) {
        throws(call, (error) => {
          ok(isInvalid("tags", {}, error));
          match((error as Error).message, new RegExp(`of type ${expected}`));
          return true;
        });
      }
    }
    strictEqual(cache.get("a"), 1);
    deepStrictEqual(cache.getTags("a"), ["t"]);
  });

  for (const option of ["staleMs", "errorTtlMs"] as const) {
    for (const value of [-1, NaN, "5", null]) {
      it(`getOrSet() throws when ${option} is ${typeof value} ${value}`, () => {
        const { cache } = makeTimed<number>();
        throws(
          () => cache.getOrSet("a", () => 1, { [option]: value as number }),
          (error) => isInvalid(option, value, error),
        );
      });
    }
  }

  for (const ttlMs of [0, -1]) {
    it(`stores nothing when the cache's ttlMs is ${ttlMs}, unless told otherwise`, () => {
      const { cache } = makeTimed<number>({ ttlMs });
      cache.set("a", 1);
      cache.setWithTags("b", 1, ["t"]);
      cache.set("c", 1, { ttlMs: 1 });
      deepStrictEqual(["a", "b", "c"].map((key) => cache.has(key)), [
        false,
        false,
        true,
      ]);
    });
  }
});

describe("isCacheProvider()", () => {
  it("is false where a method is missing", () => {
    const { cache } = makeTimed();
    strictEqual(isCacheProvider(cache), true);
    const names = ("get entry set setWithTags delete has getTags " +
      "invalidateByTag clearPattern getOrSet clear").split(" ");
    const methods = Object.fromEntries(names.map((name) => [name, () => {}]));
    strictEqual(isCacheProvider(methods), true);
    for (const name of names) {
      strictEqual(isCacheProvider({ ...methods, [name]: 1 }), false, name);
    }
    for (const value of [undefined, null, 1, "cache", new Map()]) {
      strictEqual(isCacheProvider(value), false);
    }
  });
});

describe("InMemoryCacheProvider copy", () => {
  it("gives the same reference when told nothing", async () => {
    const { cache } = makeTimed<Boxed>();
    const value = { n: 1 };
    cache.set("a", value);
    strictEqual(cache.get("a"), value);
    strictEqual(cache.entry("a")!.value, value);
    const other = { n: 2 };
    strictEqual(await loaded(cache, "b", other), other);
    strictEqual(cache.get("b"), other);
  });

  it("clone: nobody changes what others see, neither on writing nor on reading", async () => {
    const seen: Boxed[] = [];
    const { cache, clock } = makeTimed<Boxed>({
      copy: "clone",
      onRemove: ({ value }) => seen.push(value),
    });
    const value = { n: 1 };
    cache.set("a", value);
    value.n = 2;
    const options = { ttlMs: 5, staleMs: 50 };
    const fresh = { n: 1 };
    const waiting = [1, 2].map(() =>
      observe(cache.getOrSet("b", () => fresh, options))
    );
    await settle();
    notStrictEqual(waiting[0]!.value, waiting[1]!.value);
    const reads: (() => Boxed)[] = [
      (): Boxed => cache.get("a")!,
      (): Boxed => cache.peek("a")!,
      (): Boxed => cache.entry("a")!.value,
      (): Boxed => cache.getOrSet("a", () => value) as Boxed,
    ];
    for (const read of reads) {
      const copy = read();
      deepStrictEqual(copy, { n: 1 });
      copy.n = 3;
    }
    waiting[0]!.value!.n = 4;
    fresh.n = 5;
    deepStrictEqual(cache.get("b"), { n: 1 });
    deepStrictEqual(waiting[1]!.value, { n: 1 });
    clock.advance(5);
    const contexts: LoadContext<Boxed>[] = [];
    const stale = cache.getOrSet("b", (context) => {
      contexts.push(context);
      return Promise.reject(new Error("Down"));
    }, options) as Boxed;
    stale.n = 6;
    await settle();
    deepStrictEqual(contexts[0]!.stale?.value, { n: 1 });
    cache.clear();
    deepStrictEqual(seen, [{ n: 1 }, { n: 1 }]);
  });

  it("clone: set() of what cannot be cloned is an error, and drops what was there", () => {
    const { cache, removals } = makeTimed<unknown>({ copy: "clone" });
    cache.set("a", 1, { tags: ["t"] });
    const error = cache.set("a", () => {}, { tags: ["t"] }).unwrapErr();
    ok(CacheError.is(error));
    strictEqual(error.code, "CACHE_SERIALIZATION_FAILED");
    ok(error.cause instanceof Error);
    strictEqual(error.cause.name, "DataCloneError");
    ok(error.message.includes(error.cause.message), error.message);
    strictEqual(cache.has("a"), false);
    strictEqual(cache.invalidateByTag("t"), 0);
    deepStrictEqual(removals, ["a=1 deleted"]);
  });

  it("clone: getOrSet() rejects with CACHE_LOAD_FAILED when the value cannot be cloned", async () => {
    const { cache } = makeTimed<unknown>({ copy: "clone" });
    const { reason } = await settled(
      observe(cache.getOrSet<unknown>("a", () => () => {})),
    );
    ok(CacheError.is(reason));
    strictEqual(reason.code, "CACHE_LOAD_FAILED");
    strictEqual((reason.cause as Error).name, "DataCloneError");
    strictEqual(cache.has("a"), false);
  });
});

describe("InMemoryCacheProvider.onRemove", () => {
  it("hears of each entry once, and why", async () => {
    const { cache, clock, removals } = makeTimed<number>({ maxEntries: 2 });
    cache.set("replaced", 1);
    cache.set("replaced", 2);
    cache.delete("replaced");
    cache.set("deleted", 1, { ttlMs: 0 });
    cache.set("evicted", 1);
    cache.set("expired", 1, { ttlMs: 5, tags: ["t"] });
    cache.set("invalidated", 1, { tags: ["t"] });
    clock.advance(5);
    cache.get("expired");
    cache.invalidateByTag("t");
    await loaded(cache, "stale", 1, { ttlMs: 5, staleMs: 5 });
    cache.set("cleared", 1);
    clock.advance(5);
    cache.delete("stale");
    cache.clearPattern("none");
    cache.set("matched", 1);
    cache.clearPattern("m*");
    cache.clear();
    deepStrictEqual(removals, [
      "replaced=1 replaced",
      "replaced=2 deleted",
      "evicted=1 evicted",
      "expired=1 expired",
      "invalidated=1 invalidated",
      "stale=1 expired",
      "matched=1 deleted",
      "cleared=1 cleared",
    ]);
  });

  it("hears at once of an entry that getOrSet() finds expired", () => {
    const { cache, clock, removals } = makeTimed<number>();
    cache.set("a", 1, { ttlMs: 5 });
    clock.advance(5);
    observe(cache.getOrSet("a", () => 2));
    deepStrictEqual(removals, ["a=1 expired"]);
  });

  it("is given the entry as it was, tags and time left included", () => {
    const entries: CacheEntry<number>[] = [];
    const { cache, clock } = makeTimed<number>({
      onRemove: (entry) => entries.push(entry),
    });
    cache.set("a", 1, { ttlMs: 10, tags: ["t", "u"] });
    clock.advance(4);
    cache.set("a", 2, { ttlMs: 3 });
    clock.advance(5);
    strictEqual(cache.has("a"), false);
    deepStrictEqual(entries, [
      { key: "a", value: 1, ttlMs: 6, tags: ["t", "u"] },
      { key: "a", value: 2, ttlMs: 0, tags: [] },
    ]);
    ok(entries.every(Object.isFrozen));
  });

  it("hears of an entry that has left: what it asks says so", () => {
    const asked: unknown[] = [];
    const { cache }: Timed<number> = makeTimed<number>({
      maxEntries: 1,
      onRemove({ key }, reason): void {
        asked.push(`${reason} ${key}: ${cache.peek(key)} of ${cache.size}`);
      },
    });
    cache.set("a", 1);
    cache.set("a", 2);
    cache.set("b", 3);
    cache.delete("b");
    deepStrictEqual(asked, [
      "replaced a: 2 of 1",
      "evicted a: undefined of 1",
      "deleted b: undefined of 0",
    ]);
  });

  it("may throw: that is an unhandled rejection, and the cache goes on", () => {
    const { cache }: Timed<number> = makeTimed<number>({
      onRemove({ key }): void {
        throw key;
      },
    });
    const reported = reportedIn(() => {
      cache.setWithTags("a", 1, ["t"]);
      cache.setWithTags("b", 1, ["t"]);
      cache.set("c", 1);
      strictEqual(cache.invalidateByTag("t"), 2);
      cache.clear();
    });
    deepStrictEqual([...reported].sort(), ["a", "b", "c"]);
    strictEqual(cache.size, 0);
  });

  const reactions: readonly (readonly [
    string,
    (cache: InMemoryCacheProvider<number>, key: string) => void,
  ])[] = [
    ["set() of the same key", (cache, key) => cache.set(key, 1)],
    ["set() of the same key with tags", (cache, key) => {
      cache.set(key, 1, { tags: ["t"], ttlMs: 3 });
    }],
    ["set() of another key", (cache, key) => cache.set(`${key}+`, 1)],
    ["clearPattern()", (cache) => cache.clearPattern("*")],
    ["delete() of the same key", (cache, key) => cache.delete(key)],
    ["invalidateByTag()", (cache) => cache.invalidateByTag("t")],
    ["clear()", (cache) => cache.clear()],
    ["prune()", (cache) => cache.prune()],
    ["get()", (cache, key) => cache.get(key)],
  ];

  for (const eviction of ["lru", "s3-fifo"] as const) {
    for (const [name, react] of reactions) {
      it(`may call ${name}: ${eviction} keeps its bounds and its order (property)`, () => {
        const writes = fc.array(fc.tuple(fc.nat(8), keys, values, settings), {
          maxLength: 40,
          size: "max",
        });
        fc.assert(
          fc.property(
            writes,
            fc.constantFrom(Infinity, 8),
            (list, maxWeight) => {
              const live = new Set<CacheEntry<number>>();
              let reactionsLeft = 0;
              const clock = new ManualClock();
              const cache = new InMemoryCacheProvider<number>({
                maxEntries: 3,
                maxWeight,
                clock,
                eviction,
                onRemove(entry): void {
                  strictEqual(live.has(entry), false);
                  live.add(entry);
                  if (reactionsLeft-- > 0) react(cache, entry.key);
                },
              });
              const reported = reportedIn(() => {
                for (const [way, key, value, options] of list) {
                  reactionsLeft = 4;
                  if (way === 0) cache.delete(key);
                  else if (way === 1) cache.invalidateByTag("t");
                  else if (way === 2) cache.clearPattern("a*");
                  else if (way === 3) cache.get(key);
                  else if (way === 4) clock.advance(1);
                  else cache.set(key, value, options);
                  const { size, stats } = cache;
                  ok(size >= 0 && size <= 3, `size is ${size}`);
                  ok(stats.weight >= 0 && stats.weight <= maxWeight);
                }
                // What is told of the cache is what is in it.
                reactionsLeft = 0;
                const { size } = cache;
                live.clear();
                cache.clear();
                strictEqual(live.size, size);
                strictEqual(cache.stats.weight, 0);
                for (let i = 0; i < 9; i++) cache.set(`new ${i}`, 1);
                strictEqual(cache.size, 3);
                strictEqual(cache.has("new 8"), true);
                strictEqual(cache.invalidateByTag("t"), 0);
              });
              deepStrictEqual(reported, []);
            },
          ),
          { numRuns: RUNS },
        );
      });
    }
  }

  it("may put back what an invalidation drops: the invalidation ends", () => {
    let left = 1_000;
    const { cache }: Timed<number> = makeTimed<number>({
      onRemove({ key, tags }, reason): void {
        if (reason !== "replaced" && left-- > 0) {
          cache.set(`${key}+`, 1, { tags });
        }
      },
    });
    cache.set("a", 1, { tags: ["t"] });
    strictEqual(cache.invalidateByTag("t"), 1);
    strictEqual(cache.clearPattern("*"), 1);
    cache.clear();
    strictEqual(left, 997);
    deepStrictEqual(cache.getTags("a+++"), ["t"]);
  });
});

// --- loads

/** Loads that end when the test says so. */
interface ManualLoads<T> {
  readonly load: (context: LoadContext<T>) => Promise<T>;
  readonly contexts: LoadContext<T>[];
  succeed(value: T): void;
  fail(error: unknown): void;
}

function makeLoads<T>(): ManualLoads<T> {
  const contexts: LoadContext<T>[] = [];
  const pending: PromiseWithResolvers<T>[] = [];
  return {
    contexts,
    load(context): Promise<T> {
      contexts.push(context);
      pending.push(Promise.withResolvers());
      return pending.at(-1)!.promise;
    },
    succeed: (value) => pending.shift()!.resolve(value),
    fail: (error) => pending.shift()!.reject(error),
  };
}

describe("InMemoryCacheProvider.getOrSet()", () => {
  it("stores a value that is undefined", async () => {
    const { cache } = makeTimed<undefined>();
    await loaded(cache, "a", undefined);
    let loads = 0;
    strictEqual(cache.getOrSet("a", () => void loads++), undefined);
    strictEqual(loads, 0);
    strictEqual(cache.has("a"), true);
  });

  it("goes on when the entry is evicted meanwhile", async () => {
    const { cache } = makeTimed<number>({ maxEntries: 1 });
    const { load, succeed, contexts } = makeLoads<number>();
    const got = observe(cache.getOrSet("a", load));
    await settle();
    cache.set("b", 2);
    cache.set("c", 3);
    strictEqual(contexts[0]!.signal.aborted, false);
    succeed(1);
    strictEqual((await settled(got)).value, 1);
    strictEqual(cache.get("a"), 1);
    strictEqual(cache.size, 1);
  });

  it("gives the value though it is too heavy to be stored", async () => {
    const { cache } = makeTimed<number>({ maxWeight: 1 });
    strictEqual(await loaded(cache, "a", 5, { weight: 2 }), 5);
    strictEqual(cache.has("a"), false);
  });

  it("gives the value though it is to be stored for no time", async () => {
    const { cache } = makeTimed<number>();
    strictEqual(await loaded(cache, "a", 5, { ttlMs: 0 }), 5);
    strictEqual(cache.has("a"), false);
  });

  it("begins the time when the value is there, not when it is asked for", async () => {
    const { cache, clock } = makeTimed<number>();
    const { load, succeed } = makeLoads<number>();
    const got = observe(cache.getOrSet("a", load, { ttlMs: 10 }));
    await settle();
    clock.advance(100);
    succeed(1);
    await settled(got);
    clock.advance(9);
    strictEqual(cache.has("a"), true);
    clock.advance(1);
    strictEqual(cache.has("a"), false);
  });

  it("takes the tags as they were when it was called", async () => {
    const { cache } = makeTimed<number>();
    const { load, succeed } = makeLoads<number>();
    const tags = ["t"];
    const got = observe(cache.getOrSet("a", load, { tags }));
    await settle();
    tags[0] = "u";
    cache.invalidateByTag("u");
    succeed(1);
    await settled(got);
    deepStrictEqual(cache.getTags("a"), ["t"]);
  });

  it("counts one read each, whether it loads, joins or finds", async () => {
    const { cache } = makeTimed<number>();
    const { load, succeed } = makeLoads<number>();
    observe(cache.getOrSet("a", load));
    observe(cache.getOrSet("a", load));
    await settle();
    succeed(1);
    await settle();
    cache.getOrSet("a", load);
    deepStrictEqual([cache.stats.hits, cache.stats.misses], [1, 2]);
  });

  it("tells a load that throws what is no Error by its type alone", async () => {
    const { cache } = makeTimed<number>();
    for (const [thrown, text] of [["secret", "string"], [null, "null"]]) {
      const { reason } = await settled(observe(cache.getOrSet("a", () => {
        throw thrown;
      })));
      ok(CacheError.is(reason));
      strictEqual(reason.message, `The value could not be loaded: ${text}`);
      strictEqual(reason.cause, thrown);
    }
  });

  it("rejects when policy throws or says what is not valid", async () => {
    const { cache } = makeTimed<number>();
    const thrown = new Error("No");
    const throwing = observe(cache.getOrSet("a", () => 1, {
      policy(): never {
        throw thrown;
      },
    }));
    const invalid = observe(cache.getOrSet("b", () => 1, {
      policy: () => ({ ttlMs: NaN }),
    }));
    await settle();
    ok(CacheError.is(throwing.reason));
    strictEqual(throwing.reason.cause, thrown);
    ok(CacheError.is(invalid.reason));
    ok(ValidationError.is(invalid.reason.cause));
    strictEqual(cache.size, 0);
  });

  it("takes what policy leaves out from the cache, not from the options", async () => {
    const { cache } = makeTimed<number>({ ttlMs: 7 });
    await loaded(cache, "a", 1, {
      ttlMs: 1,
      tags: ["t"],
      policy: () => ({}),
    });
    strictEqual(cache.entry("a")!.ttlMs, 7);
    deepStrictEqual(cache.getTags("a"), []);
  });

  it("does not join or store a load of unknown tags after any tag was invalidated", async () => {
    const { cache } = makeTimed<number>();
    const { load, contexts, succeed } = makeLoads<number>();
    const policy = (): CacheSetOptions => ({ tags: ["t"] });
    const first = observe(cache.getOrSet("a", load, { policy }));
    const untagged = observe(cache.getOrSet("b", load));
    await settle();
    cache.invalidateByTag("t");
    const second = observe(cache.getOrSet("a", load, { policy }));
    await settle();
    strictEqual(contexts.length, 3);
    succeed(1);
    strictEqual((await settled(first)).value, 1);
    strictEqual(cache.has("a"), false);
    succeed(2);
    strictEqual((await settled(untagged)).value, 2);
    strictEqual(cache.has("b"), true);
    succeed(3);
    strictEqual((await settled(second)).value, 3);
    deepStrictEqual(cache.getTags("a"), ["t"]);
    strictEqual(cache.get("a"), 3);
  });

  it("keeps a newer load when an older one of the key ends", async () => {
    const { cache } = makeTimed<number>();
    const { load, contexts, succeed } = makeLoads<number>();
    observe(cache.getOrSet("a", load));
    await settle();
    cache.delete("a");
    observe(cache.getOrSet("a", load));
    await settle();
    succeed(1);
    await settle();
    const third = observe(cache.getOrSet("a", load));
    await settle();
    strictEqual(contexts.length, 2);
    succeed(2);
    strictEqual((await settled(third)).value, 2);
  });

  it("aborts a load that was superseded when the last who waits has gone", async () => {
    const { cache } = makeTimed<number>();
    const { load, contexts } = makeLoads<number>();
    const signal = new CountingSignal();
    const got = observe(
      cache.getOrSet("a", load, { signal: signal.asSignal() }),
    );
    await settle();
    cache.delete("a");
    strictEqual(contexts[0]!.signal.aborted, false);
    signal.abort(new Error("Gone"));
    strictEqual(contexts[0]!.signal.aborted, true);
    strictEqual((await settled(got)).state, "rejected");
  });

  it("lets the next one load anew when all have gone, though the load ignores it", async () => {
    const { cache } = makeTimed<number>();
    const { load, contexts, succeed } = makeLoads<number>();
    const signal = new CountingSignal();
    observe(cache.getOrSet("a", load, { signal: signal.asSignal() }));
    await settle();
    signal.abort(new Error("Gone"));
    const next = observe(cache.getOrSet("a", load));
    await settle();
    strictEqual(contexts.length, 2);
    succeed(1);
    await settle();
    strictEqual(cache.has("a"), false);
    succeed(2);
    strictEqual((await settled(next)).value, 2);
    strictEqual(cache.get("a"), 2);
  });

  it("takes its listener back when the load has ended, well or not", async () => {
    const { cache } = makeTimed<number>();
    const { load, succeed, fail } = makeLoads<number>();
    for (const end of [() => succeed(1), () => fail(new Error("Down"))]) {
      const signals = [new CountingSignal(), new CountingSignal()];
      const gots = signals.map((signal) =>
        observe(cache.getOrSet("a", load, { signal: signal.asSignal() }))
      );
      await settle();
      deepStrictEqual(signals.map((it) => it.listenerCount), [1, 1]);
      end();
      await settle();
      ok(gots.every((it) => it.state !== "pending"));
      deepStrictEqual(signals.map((it) => it.listenerCount), [0, 0]);
      cache.clear();
    }
  });

  it("hangs nothing of those who may go on the load's promise", async () => {
    const { cache } = makeTimed<number>();
    const { load, succeed } = makeLoads<number>();
    const gots = [observe(cache.getOrSet("a", load))];
    await settle();
    const waits: Awaitable<number>[] = [];
    let reactions = 0;
    const then = Promise.prototype.then;
    const counting = function (this: unknown, ...args: unknown[]): unknown {
      reactions++;
      return Reflect.apply(then, this, args);
    };
    const aborts = [new AbortController(), new AbortController()];
    withReplaced(Promise.prototype, "then", counting as typeof then, () => {
      for (const { signal } of aborts) {
        waits.push(cache.getOrSet("a", load, { signal }));
      }
    });
    strictEqual(reactions, 0); // It could not forget who has gone.
    gots.push(...waits.map((wait) => observe(wait)));
    aborts[0]!.abort();
    await settle();
    succeed(1);
    await settle();
    deepStrictEqual(
      gots.map((it) => it.state),
      ["fulfilled", "rejected", "fulfilled"],
    );
  });

  it("a load with nobody left to hear of its failure is no unhandled rejection", async () => {
    const { cache } = makeTimed<number>();
    const { load, fail } = makeLoads<number>();
    const signal = new CountingSignal();
    observe(cache.getOrSet("a", load, { signal: signal.asSignal() }));
    await settle();
    signal.abort(new Error("Gone"));
    fail(new Error("Down"));
    await systemClock.sleep(0);
  });

  it("stale: gives it at once to all, and loads once", async () => {
    const { cache, clock, removals } = makeTimed<number>();
    const options = { ttlMs: 5, staleMs: 5, tags: ["t"] };
    await loaded(cache, "a", 1, options);
    clock.advance(5);
    const { load, contexts, succeed } = makeLoads<number>();
    for (let i = 0; i < 3; i++) {
      strictEqual(cache.getOrSet("a", load, options), 1);
    }
    await settle();
    strictEqual(contexts.length, 1);
    deepStrictEqual(contexts[0]!.stale, {
      key: "a",
      value: 1,
      ttlMs: 0,
      tags: ["t"],
    });
    const waiting = observe(cache.getOrSet("a", load));
    succeed(2);
    strictEqual((await settled(waiting)).value, 2);
    strictEqual(cache.getOrSet("a", load, options), 2);
    deepStrictEqual(removals, ["a=1 replaced"]);
  });

  it("stale: the load goes on though all who wait for it have gone", async () => {
    const { cache, clock } = makeTimed<number>();
    const options = { ttlMs: 5, staleMs: 5 };
    await loaded(cache, "a", 1, options);
    clock.advance(5);
    const { load, contexts, succeed } = makeLoads<number>();
    const signal = new CountingSignal();
    observe(cache.getOrSet("a", load, { signal: signal.asSignal() }));
    strictEqual(cache.getOrSet("a", load, options), 1);
    await settle();
    signal.abort(new Error("Gone"));
    strictEqual(contexts[0]!.signal.aborted, false);
    succeed(2);
    await settle();
    strictEqual(cache.get("a"), 2);
  });

  it("stale: is not given after staleMs, nor where set() stored it", async () => {
    const { cache, clock } = makeTimed<number>();
    const options = { ttlMs: 5, staleMs: 5 };
    await loaded(cache, "a", 1, options);
    cache.set("b", 1, { ttlMs: 5 });
    await loaded(cache, "c", 1, { ttlMs: 5, staleMs: 50 });
    cache.set("c", 2, { ttlMs: 5 });
    clock.advance(5);
    strictEqual(await loaded(cache, "b", 2, options), 2);
    strictEqual(await loaded(cache, "c", 3, options), 3);
    clock.advance(5);
    strictEqual(await loaded(cache, "a", 2, options), 2);
  });

  it("stale: is not given where it was not to be kept, by a clock below 0", async () => {
    let now = -1_000;
    const clock = { ...systemClock, monotonic: (): number => now };
    const cache = new InMemoryCacheProvider<number>({ clock });
    cache.set("a", 1, { ttlMs: 5 });
    now += 5;
    const options = { ttlMs: 5, staleMs: 5 };
    cache.set("b", 1, { ttlMs: 5 });
    // From here on it notes how long values are kept.
    strictEqual(await loaded(cache, "a", 2, options), 2);
    now += 5;
    strictEqual(await loaded(cache, "b", 2, options), 2);
  });

  it("stale: is not given where only the key is remembered, as by s3-fifo", async () => {
    const { cache } = makeTimed<number>({ eviction: "s3-fifo", maxEntries: 3 });
    for (const key of ["a", "b", "c", "d"]) cache.set(key, 1);
    strictEqual(cache.has("a"), false);
    strictEqual(await loaded(cache, "a", 2, { staleMs: 5 }), 2);
  });

  it("stale: is not given to who asks for none", async () => {
    const { cache, clock } = makeTimed<number>();
    await loaded(cache, "a", 1, { ttlMs: 5, staleMs: 5 });
    clock.advance(5);
    strictEqual(cache.get("a"), undefined);
    strictEqual(cache.entry("a"), undefined);
    strictEqual(await loaded(cache, "a", 2), 2);
  });

  it("stale: is invalid with the key and with the tag, and counts for no live entry", async () => {
    for (
      const invalidate of [
        (cache: InMemoryCacheProvider<number>): number | boolean =>
          cache.invalidateByTag("t"),
        (cache: InMemoryCacheProvider<number>): number | boolean =>
          cache.delete("a"),
        (cache: InMemoryCacheProvider<number>): number | boolean =>
          cache.clearPattern("a"),
      ]
    ) {
      const { cache, clock } = makeTimed<number>();
      const options = { ttlMs: 5, staleMs: 5, tags: ["t"] };
      await loaded(cache, "a", 1, options);
      clock.advance(5);
      strictEqual(Number(invalidate(cache)), 0);
      strictEqual(cache.size, 0);
      strictEqual(await loaded(cache, "a", 2, options), 2);
    }
  });

  it("stale: a failed load is told to onLoadError, and remembered for errorTtlMs", async () => {
    const told: unknown[] = [];
    const { cache, clock } = makeTimed<number>({
      onLoadError: (error, key) => told.push(error, key),
    });
    const options = { ttlMs: 5, staleMs: 50, errorTtlMs: 10 };
    const { load, contexts, fail } = makeLoads<number>();
    await loaded(cache, "a", 1, options);
    clock.advance(5);
    strictEqual(cache.getOrSet("a", load, options), 1);
    await settle();
    const cause = new Error("Down");
    fail(cause);
    await settle();
    strictEqual(told.length, 2);
    ok(CacheError.is(told[0]));
    strictEqual(told[0].code, "CACHE_LOAD_FAILED");
    strictEqual(told[0].cause, cause);
    strictEqual(told[1], "a");
    clock.advance(9);
    strictEqual(cache.getOrSet("a", load, options), 1);
    await settle();
    strictEqual(contexts.length, 1);
    const { reason } = await settled(observe(cache.getOrSet("a", load)));
    strictEqual(reason, told[0]);
    clock.advance(1);
    strictEqual(cache.getOrSet("a", load, options), 1);
    await settle();
    strictEqual(contexts.length, 2);
    fail(cause);
    await settle();
  });

  it("does not tell onLoadError what a caller is told", async () => {
    const told: unknown[] = [];
    const { cache } = makeTimed<number>({
      onLoadError: (error) => told.push(error),
    });
    const { load, fail } = makeLoads<number>();
    const got = observe(cache.getOrSet("a", load, { staleMs: 5 }));
    await settle();
    fail(new Error("Down"));
    strictEqual((await settled(got)).state, "rejected");
    deepStrictEqual(told, []);
  });

  it("tells onLoadError where one who joined was given the stale value", async () => {
    const told: string[] = [];
    const { cache, clock } = makeTimed<number>({
      onLoadError: (_error, key) => told.push(key),
    });
    const { load, fail } = makeLoads<number>();
    await loaded(cache, "a", 1, { ttlMs: 5, staleMs: 50 });
    clock.advance(5);
    const got = observe(cache.getOrSet("a", load));
    strictEqual(cache.getOrSet("a", load, { staleMs: 50 }), 1);
    await settle();
    fail(new Error("Down"));
    strictEqual((await settled(got)).state, "rejected");
    deepStrictEqual(told, ["a"]);
  });

  it("stale: onLoadError may be missing, or throw, which is an unhandled rejection", async () => {
    const thrown = new Error("Bug");
    for (
      const onLoadError of [
        undefined,
        (): never => {
          throw thrown;
        },
      ]
    ) {
      const { cache, clock } = makeTimed<number>(
        onLoadError === undefined ? {} : { onLoadError },
      );
      const options = { ttlMs: 5, staleMs: 50 };
      await loaded(cache, "a", 1, options);
      clock.advance(5);
      const reasons: unknown[] = [];
      const restore = hearReported((reason) => reasons.push(reason));
      try {
        strictEqual(
          cache.getOrSet("a", () => {
            throw new Error("Down");
          }, options),
          1,
        );
        await settle();
      } finally {
        restore();
      }
      deepStrictEqual(reasons, onLoadError === undefined ? [] : [thrown]);
      strictEqual(cache.getOrSet("a", () => 2, options), 1);
      await settle();
      strictEqual(cache.get("a"), 2);
    }
  });

  it("errorTtlMs: forgets a failure of unknown tags with any tag", async () => {
    const cache = new InMemoryCacheProvider<number>();
    let loads = 0;
    function fail(): never {
      loads++;
      throw new Error("down");
    }
    const options = { errorTtlMs: 1_000, policy: () => ({ tags: ["t"] }) };
    for (let i = 0; i < 2; i++) {
      await rejects(async () => await cache.getOrSet("k", fail, options));
    }
    strictEqual(loads, 1);
    cache.invalidateByTag("t");
    await rejects(async () => await cache.getOrSet("k", fail, options));
    strictEqual(loads, 2);
  });

  it("errorTtlMs: remembers a failure when a tag that it does not carry is invalidated", async () => {
    for (const tag of ["t", ""]) {
      const { cache } = makeTimed<number>();
      const { load, fail } = makeLoads<number>();
      const got = observe(
        cache.getOrSet("a", load, { errorTtlMs: 10, tags: [tag] }),
      );
      await settle();
      fail(new Error("Down"));
      await settled(got);
      cache.invalidateByTag("u");
      const again = await settled(observe(cache.getOrSet("a", () => 1)));
      strictEqual(again.state, "rejected");
    }
  });

  it("errorTtlMs: does not remember the failure of a load that was superseded", async () => {
    for (
      const invalidate of [
        (cache: InMemoryCacheProvider<number>): unknown => cache.delete("a"),
        (cache: InMemoryCacheProvider<number>): unknown =>
          cache.invalidateByTag("t"),
        (cache: InMemoryCacheProvider<number>): unknown => cache.clear(),
      ]
    ) {
      const { cache } = makeTimed<number>();
      const { load, fail } = makeLoads<number>();
      const options = { errorTtlMs: 10, tags: ["t"] };
      const got = observe(cache.getOrSet("a", load, options));
      await settle();
      invalidate(cache);
      fail(new Error("Down"));
      strictEqual((await settled(got)).state, "rejected");
      strictEqual(await loaded(cache, "a", 1), 1);
    }
  });

  it("does not store a load that its own tags or weight invalidate", async () => {
    const { cache } = makeTimed<number>({
      maxWeight: 9,
      weigh(value): number {
        if (value === 1) cache.delete("a");
        return 1;
      },
    });
    function* tags(): Generator<string> {
      cache.invalidateByTag("t");
      yield "t";
    }
    strictEqual(await loaded(cache, "a", 1), 1);
    strictEqual(
      await loaded(cache, "b", 2, { policy: () => ({ tags: tags() }) }),
      2,
    );
    strictEqual(cache.size, 0);
  });

  it("set() supersedes the loads that its own tags or weight begin", async () => {
    const { cache } = makeTimed<number>({
      maxWeight: 9,
      weigh(value): number {
        if (value === 1) observe(cache.getOrSet("a", () => 2));
        return 1;
      },
    });
    cache.set("a", 1);
    await settle();
    strictEqual(cache.get("a"), 1);
  });

  it("errorTtlMs: remembers 10 000 failures where entries have no bound", async () => {
    const { cache, clock } = makeTimed<number>({ maxEntries: Infinity });
    let loads = 0;
    function fail(): never {
      loads++;
      throw new Error("Down");
    }
    async function failWith(key: number): Promise<void> {
      const got = cache.getOrSet(`${key}`, fail, { errorTtlMs: 10 });
      await rejects(async () => await got);
    }
    for (let i = 0; i <= 10_000; i++) await failWith(i);
    await failWith(1);
    strictEqual(loads, 10_001);
    await failWith(0);
    strictEqual(loads, 10_002);
    clock.advance(10);
    strictEqual(cache.prune(), 0); // Failures are no entries.
  });

  it("errorTtlMs: remembers no more failures than there may be entries", async () => {
    const { cache } = makeTimed<number>({ maxEntries: 2 });
    const options = { errorTtlMs: 10 };
    const fail = (): never => {
      throw new Error("Down");
    };
    for (const key of ["a", "b", "c"]) {
      await settled(observe(cache.getOrSet(key, fail, options)));
    }
    strictEqual(await loaded(cache, "a", 1), 1);
    const { state } = await settled(observe(cache.getOrSet("c", () => 1)));
    strictEqual(state, "rejected");
    strictEqual(cache.size, 1);
  });

  it("errorTtlMs: prune() makes room by failures whose time is over", async () => {
    const { cache, clock } = makeTimed<number>({ maxEntries: 2 });
    async function fail(key: string, errorTtlMs: number): Promise<void> {
      const load = (): never => {
        throw new Error("Down");
      };
      await settled(observe(cache.getOrSet(key, load, { errorTtlMs })));
    }
    await fail("a", 10);
    await fail("b", 1);
    clock.advance(1);
    cache.prune();
    await fail("c", 10);
    const { state } = await settled(observe(cache.getOrSet("a", () => 1)));
    strictEqual(state, "rejected");
  });

  // --- loads and invalidations in any order

  const MOVES = [
    "ask",
    "ask with a policy",
    "ask with a signal",
    "abort",
    "set",
    "delete",
    "invalidateByTag",
    "clearPattern",
    "clear",
    "set another",
  ] as const;

  interface Move {
    readonly kind: typeof MOVES[number];
    readonly key: "a" | "b";
    readonly tag: "t" | "u";
    readonly fails: boolean;
  }

  const moves = fc.array(
    fc.record<Move>({
      kind: fc.oneof(
        { weight: 3, arbitrary: fc.constant("ask" as const) },
        { weight: 7, arbitrary: fc.constantFrom(...MOVES) },
      ),
      key: fc.constantFrom("a", "b"),
      tag: fc.constantFrom("t", "u"),
      fails: fc.boolean(),
    }),
    { minLength: 3, maxLength: 25, size: "max" },
  );

  /** A load, and what it gives. */
  interface LoadRecord {
    readonly key: string;
    readonly tag: string;
    /** Whether nobody knows the tag before it has ended. */
    readonly hasPolicy: boolean;
    /** When it was asked for, when it began, when it ended. */
    readonly askedAt: number;
    readonly beganAt: number;
    endedAt: number;
    readonly signal: AbortSignal;
  }

  /** What is in the cache: a load's record, or when it was set. */
  type Stored = LoadRecord | number;

  interface Invalidation {
    readonly at: number;
    readonly isHit: (load: LoadRecord) => boolean;
  }

  interface Caller {
    readonly key: string;
    readonly askedAt: number;
    readonly got: Observed<Stored>;
    readonly signal: CountingSignal | undefined;
  }

  class Simulation {
    readonly #cache: InMemoryCacheProvider<Stored>;
    readonly #s: fc.Scheduler;
    readonly #loads: LoadRecord[] = [];
    readonly #callers: Caller[] = [];
    readonly #invalidations: Invalidation[] = [];
    /** What went wrong where nobody hears of what is thrown. */
    readonly #problems: string[] = [];
    #now = 0;

    constructor(s: fc.Scheduler, eviction: "lru" | "s3-fifo") {
      this.#s = s;
      this.#cache = new InMemoryCacheProvider<Stored>({
        maxEntries: 2,
        eviction,
        clock: new ManualClock(),
      });
    }

    #isInvalid(load: LoadRecord, after: number, before: number): boolean {
      return this.#invalidations.some(({ at, isHit }) =>
        after < at && at < before && isHit(load)
      );
    }

    #ask({ kind, key, tag, fails }: Move): void {
      const askedAt = ++this.#now;
      const hasPolicy = kind === "ask with a policy";
      const signal = kind === "ask with a signal"
        ? new CountingSignal()
        : undefined;
      const load = async (context: LoadContext<Stored>): Promise<Stored> => {
        const record: LoadRecord = {
          key,
          tag,
          hasPolicy,
          askedAt,
          beganAt: ++this.#now,
          endedAt: Infinity,
          signal: context.signal,
        };
        const other = this.#loads.find((it) =>
          it.key === key && it.endedAt === Infinity && !it.signal.aborted &&
          !this.#isInvalid(it, it.askedAt, askedAt)
        );
        if (other !== undefined) this.#problems.push(`Two loads of ${key}`);
        this.#loads.push(record);
        await this.#s.schedule(Promise.resolve(), `load of ${key}`);
        record.endedAt = ++this.#now;
        if (fails) throw record;
        return record;
      };
      const got = observe(this.#cache.getOrSet<Stored>(key, load, {
        ...hasPolicy ? { policy: () => ({ tags: [tag] }) } : { tags: [tag] },
        signal: signal?.asSignal(),
      }));
      this.#callers.push({ key, askedAt, got, signal });
    }

    move(move: Move): void {
      const { kind, key, tag } = move;
      const cache = this.#cache;
      if (kind.startsWith("ask")) this.#ask(move);
      else if (kind === "abort") {
        this.#callers.find(({ signal }) => signal?.aborted === false)
          ?.signal?.abort(new Error("Gone"));
      } else if (kind === "set another") cache.set("c", ++this.#now);
      else {
        const at = ++this.#now;
        const isHit = kind === "invalidateByTag"
          ? (load: LoadRecord): boolean =>
            load.tag === tag || load.hasPolicy && at < load.endedAt
          : (load: LoadRecord): boolean => kind === "clear" || load.key === key;
        this.#invalidations.push({ at, isHit });
        if (kind === "set") cache.set(key, at);
        else if (kind === "delete") cache.delete(key);
        else if (kind === "clearPattern") cache.clearPattern(key);
        else if (kind === "clear") cache.clear();
        else cache.invalidateByTag(tag);
      }
      this.#check();
    }

    #check(): void {
      for (const key of ["a", "b"]) {
        const stored = this.#cache.peek(key);
        if (typeof stored !== "object") continue;
        const { beganAt } = stored;
        ok(!this.#isInvalid(stored, beganAt, Infinity), `${key} is invalid`);
      }
      strictEqual(this.#problems.join(), "");
    }

    end(): void {
      this.#check();
      for (const { key, askedAt, got, signal } of this.#callers) {
        notStrictEqual(got.state, "pending");
        strictEqual(signal?.listenerCount ?? 0, 0);
        if (signal?.aborted && got.reason === signal.reason) continue;
        const given = got.state === "fulfilled"
          ? got.value!
          : (got.reason as CacheError).cause as LoadRecord;
        if (typeof given === "number") continue;
        strictEqual(given.key, key);
        strictEqual(given.signal.aborted, false, "aborted, though one waits");
        ok(!this.#isInvalid(given, given.beganAt, askedAt), "given too late");
      }
    }
  }

  for (const eviction of ["lru", "s3-fifo"] as const) {
    it(`P5: gives and stores no load that began before an invalidation, and loads once a key, with ${eviction} (property)`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), moves, async (s, list) => {
          const simulation = new Simulation(s, eviction);
          const problems: unknown[] = [];
          for (const move of list) {
            s.schedule(Promise.resolve(), move.kind)
              .then(() => simulation.move(move))
              .catch((problem) => problems.push(problem));
          }
          await s.waitIdle();
          await settle();
          if (problems.length > 0) throw problems[0];
          simulation.end();
        }),
        { numRuns: 5 * RUNS },
      );
    });
  }
});

// --- what there is inside

/**
 * All arrays of integers that are made while the body runs: in them are the
 * links, and in the links the numbers of slots and tags.
 */
function integersIn(body: () => void): readonly Int32Array[] {
  const arrays: Int32Array[] = [];
  const Recording = new Proxy(Int32Array, {
    construct(target, args: [number]): object {
      arrays.push(new target(...args));
      return arrays.at(-1)!;
    },
  });
  withReplaced(globalThis, "Int32Array", Recording, body);
  return arrays;
}

/** Fails where there are more numbers than a bound, or greater ones. */
function assertBounded(arrays: readonly Int32Array[], bound: number): void {
  ok(arrays.length > 0);
  for (const array of arrays) {
    ok(array.length <= bound, `${array.length} numbers`);
    ok(array.every((number) => number <= bound), "a greater number");
  }
}

// --- hit ratios

/** A fixed sequence of numbers from 0 to 1. */
function* sequence(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0;
    yield state / 2 ** 32;
  }
}

/** A fixed trace of keys, of which the n-th is asked for in 1/n of the cases. */
function zipfTrace(length: number, universe: number): readonly string[] {
  const sums: number[] = [];
  for (let i = 1, sum = 0; i <= universe; i++) sums.push(sum += 1 / i);
  const numbers = sequence(42);
  return Array.from({ length }, () => {
    const drawn = numbers.next().value * sums.at(-1)!;
    return `${sums.findIndex((sum) => sum >= drawn)}`;
  });
}

function hitRateOf(
  eviction: "lru" | "s3-fifo",
  trace: readonly string[],
  maxEntries: number,
): number {
  const cache = new InMemoryCacheProvider<number>({ eviction, maxEntries });
  for (const key of trace) {
    if (cache.get(key) === undefined) cache.set(key, 1, { ttlMs: Infinity });
  }
  return cache.stats.hitRate;
}

describe("InMemoryCacheProvider eviction", () => {
  it("s3-fifo hits more often than lru on a Zipf trace", () => {
    const trace = zipfTrace(30_000, 2_000);
    for (const maxEntries of [20, 200]) {
      const lru = hitRateOf("lru", trace, maxEntries);
      const s3 = hitRateOf("s3-fifo", trace, maxEntries);
      ok(lru > 0.2 && s3 > lru + 0.02, `s3-fifo ${s3}, lru ${lru}`);
    }
  });

  for (const [eviction, kept] of [["lru", 0], ["s3-fifo", 50]] as const) {
    it(`${eviction} keeps ${kept} of 50 entries in use through a scan`, () => {
      const { cache } = makeTimed<number>({ eviction, maxEntries: 100 });
      for (let i = 0; i < 50; i++) cache.set(`hot ${i}`, i);
      for (let i = 0; i < 50; i++) cache.get(`hot ${i}`);
      for (let i = 0; i < 1_000; i++) cache.set(`scan ${i}`, i);
      let count = 0;
      for (let i = 0; i < 50; i++) if (cache.has(`hot ${i}`)) count++;
      strictEqual(count, kept);
    });
  }

  it("s3-fifo evicts what S3-FIFO with lists evicts, on long traces (property)", () => {
    // Squared, so that some keys are asked for again and again.
    const key = fc.integer({ min: 0, max: 63 }).map((n) => `${n * n >> 6}`);
    const trace = fc.array(key, {
      minLength: 100,
      maxLength: 300,
      size: "max",
    });
    fc.assert(
      fc.property(
        trace,
        fc.integer({ min: 8, max: 24 }),
        (list, maxEntries) => {
          const bounds: Bounds = {
            eviction: "s3-fifo",
            copy: "reference",
            maxEntries,
            maxWeight: Infinity,
          };
          const model = new Model(bounds);
          const real = realOf(bounds);
          for (const key of list) {
            if (model.get(key) === undefined) model.set(key, 1, {});
            if (real.cache.get(key) === undefined) {
              real.cache.set(key, {
                n: 1,
              });
            }
          }
          deepStrictEqual(real.removals, model.removals);
          deepStrictEqual(real.cache.stats, model.stats);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("s3-fifo takes a key that comes back soon into the main queue", () => {
    const { cache } = makeTimed<number>({
      eviction: "s3-fifo",
      maxEntries: 10,
    });
    for (let i = 0; i < 12; i++) cache.set(`${i}`, i);
    strictEqual(cache.has("1"), false);
    cache.set("1", 1);
    for (let i = 0; i < 100; i++) cache.set(`scan ${i}`, i);
    strictEqual(cache.has("1"), true);
  });

  for (const eviction of ["lru", "s3-fifo"] as const) {
    it(`${eviction} does not grow, and its index is empty when it is, after 300 000 operations`, () => {
      const arrays = integersIn(() => {
        const { cache } = makeTimed<number>({
          eviction,
          maxEntries: 50,
          onRemove: () => {},
        });
        const numbers = sequence(7);
        const draw = (n: number): number =>
          Math.floor(numbers.next().value * n);
        for (let i = 0; i < 300_000; i++) {
          const key = `${draw(200)}`;
          const way = draw(100);
          if (way < 60) {
            cache.set(key, i, { tags: [`${draw(9)}`, `once ${i}`] });
          } else if (way < 90) cache.get(key);
          else if (way < 98) cache.delete(key);
          else cache.invalidateByTag(`${draw(9)}`);
        }
        strictEqual(cache.size, 50);
        cache.clearPattern("*");
        strictEqual(cache.size, 0);
        for (let i = 0; i < 10_000; i++) {
          if (i % 50 === 0) cache.clear();
          cache.set(`${i}`, i, { tags: ["t"] });
        }
      });
      // Fifty entries, as many ghosts, two links each; doubled, in five words.
      assertBounded(arrays, 2 * 128 * 5);
    });
  }

  for (
    const [eviction, most] of [["lru", 1_003], ["s3-fifo", 2_003]] as const
  ) {
    it(`${eviction} doubles its room as it fills, up to what its bound needs`, () => {
      const arrays = integersIn(() => {
        const { cache } = makeTimed<number>({ eviction, maxEntries: 1_000 });
        for (let i = 0; i < 5_000; i++) cache.set(`${i}`, i);
      });
      const lengths = arrays.map(({ length }) => length);
      strictEqual(lengths[0], 2 * 16);
      strictEqual(lengths[1], 2 * 32);
      ok(lengths.every((length) => length <= 2 * most), `${lengths}`);
      ok(lengths.length < 10, `${lengths.length} arrays`);
    });
  }
});

// --- the parts

describe("SlotLists", () => {
  const CAPACITY = 12;
  const LISTS = 2;

  type ListModel = { readonly lists: number[][] };

  function assertSame({ lists }: ListModel, real: SlotLists): void {
    for (const [list, slots] of lists.entries()) {
      strictEqual(real.last(list), slots.at(-1) ?? list);
    }
  }

  const slots = fc.integer({ min: LISTS, max: CAPACITY - 1 });

  function listStep(
    name: string,
    run: (model: ListModel, real: SlotLists) => void,
  ): fc.Command<ListModel, SlotLists> {
    return {
      check: () => true,
      run(model, real): void {
        run(model, real);
        assertSame(model, real);
      },
      toString: () => name,
    };
  }

  const listSteps = [
    fc.tuple(slots, fc.nat(LISTS - 1)).map(([slot, list]) =>
      listStep(`unshift(${list}, ${slot})`, ({ lists }, real) => {
        const at = lists.findIndex((it) => it.includes(slot));
        if (at >= 0) {
          real.remove(slot);
          lists[at] = lists[at]!.filter((it) => it !== slot);
        }
        real.unshift(list, slot);
        lists[list]!.unshift(slot);
      })
    ),
    slots.map((slot) =>
      listStep(`remove(${slot})`, ({ lists }, real) => {
        const at = lists.findIndex((it) => it.includes(slot));
        if (at < 0) return;
        real.remove(slot);
        lists[at] = lists[at]!.filter((it) => it !== slot);
      })
    ),
    slots.map((slot) =>
      listStep(`moveToFront(${slot})`, ({ lists }, real) => {
        const at = lists.findIndex((it) => it.includes(slot));
        if (at < 0) return;
        real.moveToFront(at, slot);
        lists[at] = [slot, ...lists[at]!.filter((it) => it !== slot)];
      })
    ),
    fc.nat(LISTS - 1).map((list) =>
      listStep(`clear(${list})`, ({ lists }, real) => {
        real.clear(list);
        lists[list] = [];
      })
    ),
    fc.constant(
      listStep("grow()", (_model, real) => real.grow(2 * CAPACITY)),
    ),
  ];

  it("does what arrays do (property)", () => {
    fc.assert(
      fc.property(fc.commands(listSteps, { size: "+1" }), (commands) => {
        const model: ListModel = { lists: [[], []] };
        const real = new SlotLists(LISTS, CAPACITY);
        fc.modelRun(() => ({ model, real }), commands);
        for (const [list, slots] of model.lists.entries()) {
          for (const slot of [...slots].reverse()) {
            strictEqual(real.last(list), slot);
            real.remove(slot);
          }
          strictEqual(real.last(list), list);
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe("TagIndex", () => {
  const SLOTS = 6;
  const tags = fc.constantFrom("", "t", "u", "v", "__proto__", "\ud800");
  const slots = fc.nat(SLOTS - 1);

  type Tagged = readonly Set<string>[];

  function assertSame(tagged: Tagged, index: TagIndex): void {
    const all = new Set(tagged.flatMap((names) => [...names]));
    strictEqual(index.size, all.size);
    for (const [slot, names] of tagged.entries()) {
      deepStrictEqual(index.tagsOf(slot), [...names]);
    }
    for (const tag of ["", "t", "u", "v", "__proto__", "\ud800", "none"]) {
      const first = index.firstOf(tag);
      if (all.has(tag)) ok(tagged[first]!.has(tag));
      else strictEqual(first, -1);
    }
  }

  function tagStep(
    name: string,
    run: (tagged: Set<string>[], index: TagIndex) => void,
  ): fc.Command<Set<string>[], TagIndex> {
    return {
      check: () => true,
      run(tagged, index): void {
        run(tagged, index);
        assertSame(tagged, index);
      },
      toString: () => name,
    };
  }

  const add = fc.tuple(slots, fc.array(tags)).map(([slot, names]) =>
    tagStep(`remove(${slot}), add(${slot}, ${names})`, (tagged, index) => {
      index.remove(slot);
      index.add(slot, names);
      tagged[slot] = new Set(names);
    })
  );
  const tagSteps = [
    add,
    add,
    slots.map((slot) =>
      tagStep(`remove(${slot})`, (tagged, index) => {
        index.remove(slot);
        tagged[slot]!.clear();
      })
    ),
    tags.map((tag) =>
      tagStep(`drain(${tag})`, (tagged, index) => {
        for (let slot; (slot = index.firstOf(tag)) !== -1;) {
          ok(tagged[slot]!.has(tag));
          index.remove(slot);
          tagged[slot]!.clear();
        }
        ok(tagged.every((names) => !names.has(tag)));
      })
    ),
    fc.constant(tagStep("grow()", (_tagged, index) => index.grow(2 * SLOTS))),
  ];

  it("P5: does what a Set of tags for each slot does (property)", () => {
    fc.assert(
      fc.property(fc.commands(tagSteps, { size: "+1" }), (commands) => {
        const model = Array.from({ length: SLOTS }, () => new Set<string>());
        fc.modelRun(() => ({ model, real: new TagIndex(SLOTS) }), commands);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("add() takes as many steps a tag, however many there are", () => {
    const names = Array.from({ length: 2_000 }, (_, i) => `tag ${i}`);
    let reads = 0;
    const Counting = new Proxy(Int32Array, {
      construct(target, args: [number]): object {
        return new Proxy(new target(...args), {
          get(array, key): unknown {
            reads++;
            const value = Reflect.get(array, key, array);
            return typeof value === "function" ? value.bind(array) : value;
          },
        });
      },
    });
    withReplaced(globalThis, "Int32Array", Counting, () => {
      const index = new TagIndex(1);
      index.add(0, names);
      strictEqual(index.size, names.length);
    });
    ok(reads < 50 * names.length, `${reads} reads`);
  });

  it("is empty and no larger after a million changes", () => {
    const arrays = integersIn(() => {
      const index = new TagIndex(100);
      for (let i = 0; i < 500_000; i++) {
        const slot = i * 7 % 100;
        if (i % 3 === 0) index.remove(slot);
        index.remove(slot);
        index.add(slot, [`tag ${i}`, `tag ${i % 10}`]);
      }
      ok(index.size > 10);
      for (let slot = 0; slot < 100; slot++) index.remove(slot);
      strictEqual(index.size, 0);
    });
    assertBounded(arrays, 5 * 256);
  });
});

describe("LruPolicy and S3FifoPolicy", () => {
  it("forget all on clear()", () => {
    for (const policy of [new LruPolicy(16), new S3FifoPolicy(16)]) {
      for (let slot = 3; slot < 9; slot++) policy.add(slot, slot % 2 === 0);
      strictEqual(policy.bury(policy.victim()), policy instanceof S3FifoPolicy);
      policy.clear();
      strictEqual(policy.surplusGhost(), -1);
      policy.grow(32);
      policy.add(20, false);
      policy.add(21, false);
      strictEqual(policy.victim(), 20);
    }
  });
});

describe("TurnClock", () => {
  it("stands still within a turn, and goes on after it", async () => {
    let now = 1_000;
    const original = performance.now;
    performance.now = (): number => now;
    try {
      const time = new TurnClock(systemClock);
      strictEqual(time.now(), 1_000);
      now = 1_001;
      strictEqual(time.now(), 1_000);
      await undefined;
      strictEqual(time.now(), 1_001);
      now = 1_002;
      strictEqual(time.now(), 1_001);
      await undefined;
      strictEqual(time.now(), 1_002);
    } finally {
      performance.now = original;
    }
  });

  it("reads a clock that it was given each time", () => {
    const clock = new ManualClock();
    const time = new TurnClock(clock);
    strictEqual(time.now(), 0);
    clock.advance(1);
    strictEqual(time.now(), 1);
  });

  it("a cache follows the system's clock when it is told no other", async () => {
    let now = 1_000;
    const original = performance.now;
    performance.now = (): number => now;
    try {
      const cache = new InMemoryCacheProvider<number>();
      cache.set("a", 1, { ttlMs: 10 });
      now = 1_010;
      strictEqual(cache.get("a"), 1);
      await undefined;
      strictEqual(cache.get("a"), undefined);
    } finally {
      performance.now = original;
    }
  });
});
