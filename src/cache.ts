/**
 * A cache: values by key, each for a time, with tags by which many are
 * invalidated at once, and with loads that many callers share.
 *
 * When to use it: for what can be had again, at a price.
 *
 * When not: for what must not get lost, or what is revoked and must stay so:
 * both belong into a store. One value that never changes needs a variable, not
 * a cache.
 *
 * Guarantees of the cache in memory:
 *
 * - **Bounded, exactly.** It never holds more than `maxEntries` entries or
 *   `maxWeight` of weight; the least recently used goes first, or by S3-FIFO the
 *   one that has proved itself least.
 * - **Never stale.** A value is given while `now < storedAt + ttlMs`, by the
 *   monotonic clock; there are no timers. What an invalidation hits is gone when
 *   the call returns, and no load that began before it is stored or joined after
 *   it.
 * - **One load a key.** Callers that want the same value at the same time wait
 *   for the same load, each with a signal of its own.
 *
 * @example Look-ups that are loaded once, and invalidated by tag
 * ```ts
 * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
 * import { strictEqual } from "node:assert/strict";
 *
 * const prices = new InMemoryCacheProvider<number>();
 * let loads = 0;
 * function priceOf(item: string) {
 *   return prices.getOrSet(item, () => ++loads, { tags: ["list-2030"] });
 * }
 * strictEqual(await priceOf("tea"), 1);
 * strictEqual(await priceOf("tea"), 1);
 *
 * strictEqual(prices.invalidateByTag("list-2030"), 1);
 * strictEqual(await priceOf("tea"), 2);
 * ```
 *
 * @module
 */

import {
  type EvictionPolicy,
  LruPolicy,
  RESERVED_SLOTS,
  S3FifoPolicy,
} from "./_cache_eviction.ts";
import { type Load, Loads } from "./_cache_loads.ts";
import { movedTo } from "./_columns.ts";
import { compileGlob } from "./_glob.ts";
import { requireCallback, requireCount, requireDuration } from "./_options.ts";
import { reasonOf } from "./_reason.ts";
import { callReporting } from "./_report.ts";
import { TagIndex } from "./_tag_index.ts";
import { TurnClock } from "./_turn_clock.ts";
import type { CacheKey, UntypedKey } from "./cache_key.ts";
import { type Clock, systemClock } from "./clock.ts";
import { CacheError, type ErrorOf } from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import {
  requireOption,
  validateFormat,
  validateRange,
  validateType,
} from "./validators.ts";

/** Why {@linkcode CacheProvider.set} refuses a value. */
export type CacheSetError = ErrorOf<
  | "CACHE_ENTRY_TOO_LARGE"
  | "CACHE_SERIALIZATION_FAILED"
  | "CACHE_CONNECTION_FAILED"
>;

/**
 * An entry of a cache, as it is seen from outside: a frozen copy.
 *
 * @typeParam T The type of the value.
 *
 * @example A stored `undefined` is no miss
 * ```ts
 * import { type CacheEntry, InMemoryCacheProvider } from "@groundwork/infra/cache";
 * import { strictEqual } from "node:assert/strict";
 *
 * const cache = new InMemoryCacheProvider<string | undefined>();
 * cache.set("nobody", undefined, { tags: ["users"], ttlMs: Infinity });
 * strictEqual(cache.get("nobody"), undefined);
 * const entry: CacheEntry<string | undefined> | undefined = cache.entry("nobody");
 * strictEqual(entry?.tags.join(), "users");
 * strictEqual(entry.ttlMs, Infinity);
 * ```
 */
export interface CacheEntry<T> {
  /** Its key. */
  readonly key: string;
  /** Its value. */
  readonly value: T;
  /** How much longer it is given, in ms; `Infinity` for as long as it is kept. */
  readonly ttlMs: number;
  /** Its tags, in the order given, each once. */
  readonly tags: readonly string[];
}

/** Options of {@linkcode CacheProvider.set}. */
export interface CacheSetOptions {
  /**
   * How long the value is given, in ms; `Infinity` for as long as it is kept, 0
   * or less not at all: then what is there is dropped. Default: the cache's.
   */
  readonly ttlMs?: number;
  /** Its tags, in place of those that the key had. */
  readonly tags?: Iterable<string>;
  /** What it weighs. Default: what the cache's `weigh` says, or 1. */
  readonly weight?: number;
}

/**
 * What a load is given.
 *
 * @typeParam T The type of the value.
 */
export interface LoadContext<T> {
  /** The key. */
  readonly key: string;
  /** Aborts when nobody waits for the value any more. */
  readonly signal: AbortSignal;
  /** The value that is no longer given, where one is kept. */
  readonly stale: CacheEntry<T> | undefined;
}

/**
 * Options of {@linkcode CacheProvider.getOrSet}.
 *
 * @typeParam T The type of the value.
 */
export interface LoadOptions<T> extends CacheSetOptions {
  /**
   * How long beyond its time the value that is stored may still be given, in ms:
   * while another one is loaded, and when that fails. Who asks without it is
   * given none that is beyond its time.
   *
   * @default {0}
   */
  readonly staleMs?: number;
  /**
   * How long a load that failed is not tried again, in ms: whoever asks gets the
   * same error. Of as many keys as there may be entries, at most of 10 000.
   *
   * @default {0}
   */
  readonly errorTtlMs?: number;
  /** Ends this caller's wait; the load goes on while another one waits. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Decides by the value how it is stored: options that take the place of these,
   * or `false` for not at all. While such a load goes on its tags are not known,
   * so that invalidating any tag ends its being shared and stored.
   */
  readonly policy?: (value: T) => CacheSetOptions | false;
}

/**
 * A cache. One in memory answers at once, a remote one with promises; whoever
 * awaits works with both.
 *
 * @typeParam T The type of the values; a key may narrow it.
 *
 * @example A function that takes any cache
 * ```ts
 * import { type CacheProvider, InMemoryCacheProvider } from "@groundwork/infra/cache";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function greet(cache: CacheProvider<string>, id: string) {
 *   return `Hello ${await cache.getOrSet(id, () => id.toUpperCase())}`;
 * }
 * strictEqual(await greet(new InMemoryCacheProvider<string>(), "ada"), "Hello ADA");
 * ```
 */
export interface CacheProvider<T = unknown> {
  /**
   * A value, which counts as used.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @returns The value; `undefined` where there is none (any more).
   */
  get<V extends T = T>(key: CacheKey<V> | UntypedKey): Awaitable<V | undefined>;

  /**
   * An entry, which tells a stored `undefined` from none. It does not count as
   * used.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @returns The entry; `undefined` where there is none.
   */
  entry<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
  ): Awaitable<CacheEntry<V> | undefined>;

  /**
   * Stores a value in place of what is there, tags included.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @param value The value.
   * @param options How long, with which tags.
   * @returns Nothing; or an error with the code `CACHE_ENTRY_TOO_LARGE`,
   * `CACHE_SERIALIZATION_FAILED` or `CACHE_CONNECTION_FAILED`. What was there is
   * dropped then as well.
   */
  set<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    options?: CacheSetOptions,
  ): Awaitable<Result<void, CacheSetError>>;

  /**
   * Stores a value with tags.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @param value The value.
   * @param tags Its tags.
   * @param ttlMs How long it is given, in ms. Default: the cache's.
   * @returns As {@linkcode CacheProvider.set} does.
   */
  setWithTags<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    tags: Iterable<string>,
    ttlMs?: number,
  ): Awaitable<Result<void, CacheSetError>>;

  /**
   * Drops a value.
   *
   * @param key Its key.
   * @returns Whether there was one.
   */
  delete(key: string): Awaitable<boolean>;

  /**
   * Whether there is a value, be it `undefined`. It does not count as used.
   *
   * @param key Its key.
   * @returns Whether there is one.
   */
  has(key: string): Awaitable<boolean>;

  /**
   * The tags of an entry.
   *
   * @param key Its key.
   * @returns Its tags; none where there is no entry.
   */
  getTags(key: string): Awaitable<readonly string[]>;

  /**
   * Drops all entries that carry a tag.
   *
   * @param tag The tag.
   * @returns How many; -1 where the cache cannot tell.
   */
  invalidateByTag(tag: string): Awaitable<number>;

  /**
   * Drops all entries whose key matches a pattern: `*` stands for any characters,
   * `?` for one, `\` makes the next one stand for itself.
   *
   * @param glob The pattern.
   * @returns How many; -1 where the cache cannot tell.
   */
  clearPattern(glob: string): Awaitable<number>;

  /**
   * A value, which is loaded and stored where there is none. Callers that want it
   * at the same time share one load.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @param load What loads it.
   * @param options How long it stays, with which tags; how failures are met.
   * @returns The value, at once where it is there. The promise rejects with a
   * CacheError of the code `CACHE_LOAD_FAILED`, whose cause is what the load threw,
   * or with the signal's reason.
   */
  getOrSet<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    load: (context: LoadContext<V>) => Awaitable<NoInfer<V>>,
    options?: LoadOptions<NoInfer<V>>,
  ): Awaitable<V>;

  /** Drops everything. */
  clear(): Awaitable<void>;
}

/**
 * Whether a value has the methods of a {@linkcode CacheProvider}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 *
 * @example Check a plug-in
 * ```ts
 * import { InMemoryCacheProvider, isCacheProvider } from "@groundwork/infra/cache";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isCacheProvider(new InMemoryCacheProvider()), true);
 * strictEqual(isCacheProvider(new Map()), false);
 * ```
 */
export function isCacheProvider(value: unknown): value is CacheProvider {
  return hasMethods(value, [
    "get",
    "entry",
    "set",
    "setWithTags",
    "delete",
    "has",
    "getTags",
    "invalidateByTag",
    "clearPattern",
    "getOrSet",
    "clear",
  ]);
}

/** What has happened in a cache. */
export interface CacheStats {
  /** Reads that found a value. */
  readonly hits: number;
  /** Reads that found none. */
  readonly misses: number;
  /** Hits by reads; 0 before the first. */
  readonly hitRate: number;
  /** Entries that went because of the bound. */
  readonly evictions: number;
  /** Entries that were dropped when they were found expired. */
  readonly expirations: number;
  /** Entries there are; expired ones count until they are found. */
  readonly size: number;
  /** What they weigh; 1 each where there is no `maxWeight`. */
  readonly weight: number;
}

/** Why an entry left. */
export type RemovalReason =
  | "evicted"
  | "expired"
  | "deleted"
  | "replaced"
  | "invalidated"
  | "cleared";

/**
 * Options of {@linkcode InMemoryCacheProvider}.
 *
 * @typeParam T The type of the values.
 *
 * @example Bounded by size, at most a minute
 * ```ts
 * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
 * import { strictEqual } from "node:assert/strict";
 *
 * const pages = new InMemoryCacheProvider<string>({
 *   maxEntries: 1_000,
 *   maxWeight: 8,
 *   weigh: (page) => page.length,
 *   ttlMs: 60_000,
 * });
 * pages.set("a", "12345");
 * pages.set("b", "12345"); // Makes 10: the first has to go.
 * strictEqual(pages.has("a"), false);
 * strictEqual(pages.stats.weight, 5);
 * ```
 */
export interface CacheOptions<T> {
  /**
   * How many entries there may be.
   *
   * @default {10_000}
   */
  readonly maxEntries?: number;
  /**
   * How much they may weigh together.
   *
   * @default {Infinity}
   */
  readonly maxWeight?: number;
  /**
   * What a value weighs: a number of 0 or more. Nobody asks where `maxWeight` is
   * `Infinity`. Default: 1.
   */
  readonly weigh?: (value: T, key: string) => number;
  /**
   * How long a value is given, in ms; `Infinity` for as long as it is kept.
   *
   * @default {3_600_000}
   */
  readonly ttlMs?: number;
  /**
   * Which entry goes first: the least recently used, or by S3-FIFO, which gives
   * more hits on most loads and is not swept clean by a scan.
   *
   * @default {"lru"}
   */
  readonly eviction?: "lru" | "s3-fifo";
  /**
   * What callers get: the value itself, or a structured clone for each write and
   * read, so that nobody changes what others see.
   *
   * @default {"reference"}
   */
  readonly copy?: "reference" | "clone";
  /**
   * Called when an entry has left. What it throws becomes an unhandled rejection.
   */
  readonly onRemove?: (entry: CacheEntry<T>, reason: RemovalReason) => void;
  /**
   * Called when a load failed behind the back of callers, who were given the
   * stale value. What it throws becomes an unhandled rejection.
   */
  readonly onLoadError?: (
    error: CacheError<"CACHE_LOAD_FAILED">,
    key: string,
  ) => void;
  /**
   * The time. Default: the system's, read once in a turn of synchronous code,
   * within which nothing expires: what is stored at the end of a long turn has
   * its time from when the turn first asked for it.
   */
  readonly clock?: Clock;
}

/** Stands for the value of an entry of which only the key is remembered. */
const GHOST = Symbol("ghost");

const STORED: Ok<void> = /* @__PURE__ */ new Ok<void>(undefined);

/** The tag of a failure whose load would have told its tags; no text has it. */
const UNKNOWN_TAGS = "\uD800unknown";

/** How many failures are remembered at most. */
const MOST_FAILURES = 10_000;

const NO_TAGS: readonly string[] = /* @__PURE__ */ Object.freeze([]);

const SMALLEST_CAPACITY = 16;

/**
 * A cache in memory. Everything but a load is synchronous.
 *
 * Costs: a read, a write and an eviction are O(1); a tag costs a write about a
 * third more; invalidating is linear in the entries that it hits.
 *
 * @typeParam T The type of the values; a typed key narrows it.
 *
 * @example Typed keys
 * ```ts
 * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
 * import { cacheKey } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * type User = { name: string };
 * const userKey = cacheKey<User>("user");
 *
 * const cache = new InMemoryCacheProvider();
 * cache.set(userKey(42), { name: "Ada" });
 * const user: User | undefined = cache.get(userKey(42));
 * strictEqual(user?.name, "Ada");
 * ```
 */
export class InMemoryCacheProvider<T = unknown>
  implements CacheProvider<T>, Disposable {
  readonly #maxEntries: number;
  readonly #maxWeight: number;
  readonly #ttlMs: number;
  readonly #weigh: ((value: T, key: string) => number) | undefined;
  readonly #isCloning: boolean;
  readonly #onRemove: CacheOptions<T>["onRemove"];
  readonly #onLoadError: CacheOptions<T>["onLoadError"];
  readonly #clock: Clock;
  readonly #time: TurnClock;
  readonly #policy: EvictionPolicy;
  readonly #loads: Loads<T> = new Loads();
  /** Loads that failed, where they are remembered. */
  #failures: InMemoryCacheProvider<CacheError<"CACHE_LOAD_FAILED">> | undefined;

  // An entry is a slot, a number; what there is to know of it stands in columns
  // under that number. The columns double as they fill; those for what nobody
  // uses are not there. Ghosts are slots as well.
  readonly #slots: Map<string, number> = new Map();
  readonly #keys: (string | undefined)[] = [];
  readonly #values: unknown[] = [];
  /** Until when the value is given, in monotonic ms. */
  #expiresAt: Float64Array | undefined;
  /** Until when it is kept, in monotonic ms. */
  #keptUntil: Float64Array | undefined;
  #weights: Float64Array | undefined;
  #tags: TagIndex | undefined;
  /** The slots that are free, of which `#freed` count. */
  readonly #free: number[] = [];
  /** Who has left, and why, while nobody has been told yet. */
  #departed: { entry: CacheEntry<T>; reason: RemovalReason }[] = [];
  #freed = 0;
  #capacity = SMALLEST_CAPACITY;
  /** More are never used; what S3-FIFO remembers may be as much again. */
  readonly #mostSlots: number;
  #used = RESERVED_SLOTS;

  #size = 0;
  #weight = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #expirations = 0;
  /** Where the last `prune` stopped. */
  #pruned = RESERVED_SLOTS;

  /**
   * Makes an empty cache.
   *
   * @param options Its bounds, its times, who hears of what.
   * @throws {ValidationError} An option is not valid.
   */
  constructor(options: CacheOptions<T> = {}) {
    const {
      maxEntries = 10_000,
      maxWeight = Infinity,
      ttlMs = 3_600_000,
      eviction = "lru",
      copy = "reference",
    } = options;
    requireCount("maxEntries", maxEntries);
    requireOption(validateRange("maxWeight", maxWeight, { min: 0 }), maxWeight);
    requireOption(validateType("ttlMs", ttlMs, "number"), ttlMs);
    requireOption(
      validateFormat("eviction", eviction, /lru|s3-fifo/),
      eviction,
    );
    requireOption(validateFormat("copy", copy, /reference|clone/), copy);
    requireCallback("weigh", options.weigh);
    requireCallback("onRemove", options.onRemove);
    requireCallback("onLoadError", options.onLoadError);
    this.#maxEntries = maxEntries;
    this.#maxWeight = maxWeight;
    this.#ttlMs = ttlMs;
    this.#weigh = options.weigh;
    this.#isCloning = copy === "clone";
    this.#onRemove = options.onRemove;
    this.#onLoadError = options.onLoadError;
    this.#clock = options.clock ?? systemClock;
    this.#time = new TurnClock(this.#clock);
    const mostEntries = eviction === "lru" ? maxEntries : 2 * maxEntries;
    this.#mostSlots = RESERVED_SLOTS + mostEntries;
    this.#policy = eviction === "lru"
      ? new LruPolicy(SMALLEST_CAPACITY)
      : new S3FifoPolicy(SMALLEST_CAPACITY);
    if (maxWeight !== Infinity) {
      this.#weights = new Float64Array(SMALLEST_CAPACITY);
    }
  }

  /** What has happened so far. */
  get stats(): CacheStats {
    const reads = this.#hits + this.#misses;
    return {
      hits: this.#hits,
      misses: this.#misses,
      hitRate: reads === 0 ? 0 : this.#hits / reads,
      evictions: this.#evictions,
      expirations: this.#expirations,
      size: this.#size,
      weight: this.#weights === undefined ? this.#size : this.#weight,
    };
  }

  /** How many entries there are; expired ones count until they are found. */
  get size(): number {
    return this.#size;
  }

  /**
   * A value, which counts as used.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @returns The value; `undefined` where there is none (any more).
   *
   * @example The least recently used goes first
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>({ maxEntries: 2 });
   * cache.set("a", 1);
   * cache.set("b", 2);
   * cache.get("a");
   * cache.set("c", 3);
   * strictEqual(cache.get("b"), undefined);
   * strictEqual(cache.get("a"), 1);
   * ```
   */
  get<V extends T = T>(key: CacheKey<V> | UntypedKey): V | undefined {
    const slot = this.#read(key);
    return slot === undefined ? undefined : this.#give(slot) as V;
  }

  /**
   * A value, which does not count as used, nor as a read.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @returns The value; `undefined` where there is none.
   *
   * @example Look without leaving a trace
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>({ maxEntries: 1 });
   * cache.set("a", 1);
   * strictEqual(cache.peek("a"), 1);
   * strictEqual(cache.stats.hits, 0);
   * ```
   */
  peek<V extends T = T>(key: CacheKey<V> | UntypedKey): V | undefined {
    const slot = this.#find(key);
    return slot === undefined ? undefined : this.#give(slot) as V;
  }

  /**
   * An entry, which tells a stored `undefined` from none. It does not count as
   * used.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @returns A frozen copy; `undefined` where there is none.
   *
   * @example How long it stays
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>();
   * cache.set("a", 1, { ttlMs: Infinity, tags: ["x", "y", "x"] });
   * strictEqual(cache.entry("a")?.ttlMs, Infinity);
   * strictEqual(cache.entry("a")?.tags.join(), "x,y");
   * ```
   */
  entry<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
  ): CacheEntry<V> | undefined {
    const slot = this.#find(key);
    return slot === undefined
      ? undefined
      : this.#describe(slot) as CacheEntry<V>;
  }

  /**
   * Whether there is a value, be it `undefined`. It does not count as used.
   *
   * @param key Its key.
   * @returns Whether there is one.
   *
   * @example A look-up that found nothing is remembered
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<string | undefined>();
   * cache.set("nobody", undefined);
   * strictEqual(cache.has("nobody"), true);
   * ```
   */
  has(key: string): boolean {
    return this.#find(key) !== undefined;
  }

  /**
   * The tags of an entry.
   *
   * @param key Its key.
   * @returns Its tags in the order given; none where there is no entry.
   *
   * @example What a write leaves
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>();
   * cache.set("a", 1, { tags: ["user:1"] });
   * strictEqual(cache.getTags("a").join(), "user:1");
   * cache.set("a", 2); // Without tags: it has none now.
   * strictEqual(cache.getTags("a").length, 0);
   * ```
   */
  getTags(key: string): readonly string[] {
    const slot = this.#find(key);
    return slot === undefined ? NO_TAGS : this.#tagsOf(slot);
  }

  /**
   * Stores a value in place of what is there, tags included. A load of the key
   * that goes on is not stored any more.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @param value The value.
   * @param options How long, with which tags.
   * @returns Nothing; or an error with the code `CACHE_ENTRY_TOO_LARGE`, or where
   * values are cloned `CACHE_SERIALIZATION_FAILED`; then what was there is dropped.
   * @throws {ValidationError} `ttlMs` is not a number, a tag is not a string, or
   * the weight is not a number of 0 or more.
   *
   * @example For a time
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const cache = new InMemoryCacheProvider<string>({ clock });
   * cache.set("code", "1234", { ttlMs: 60_000 });
   * strictEqual(cache.get("code"), "1234");
   * clock.advance(60_000);
   * strictEqual(cache.get("code"), undefined);
   * ```
   */
  set<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    options?: CacheSetOptions,
  ): Result<void, CacheSetError> {
    const result = this.#store(key, value, options, 0);
    this.#announce();
    return result;
  }

  /**
   * Stores a value with tags.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @param value The value.
   * @param tags Its tags.
   * @param ttlMs How long it is given, in ms. Default: the cache's.
   * @returns As {@linkcode InMemoryCacheProvider.set} does.
   *
   * @example All that is known of a user
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider();
   * cache.setWithTags("user:1", { name: "Ada" }, ["user:1"]);
   * cache.setWithTags("cart:1", ["tea"], ["user:1", "carts"]);
   * strictEqual(cache.invalidateByTag("user:1"), 2);
   * ```
   */
  setWithTags<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    tags: Iterable<string>,
    ttlMs: number = this.#ttlMs,
  ): Result<void, CacheSetError> {
    return this.set(key, value, { tags, ttlMs });
  }

  /**
   * Drops a value. A load of the key that goes on is not stored any more.
   *
   * @param key Its key.
   * @returns Whether there was one.
   *
   * @example Once
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>();
   * cache.set("a", 1);
   * strictEqual(cache.delete("a"), true);
   * strictEqual(cache.delete("a"), false);
   * ```
   */
  delete(key: string): boolean {
    this.#supersede(key);
    const wasLive = this.#dropKey(key, "deleted");
    this.#announce();
    return wasLive;
  }

  /**
   * Drops all entries that carry a tag; that of their latest write counts.
   *
   * @param tag The tag.
   * @returns How many there were.
   *
   * @example A tag that nobody carries
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>();
   * cache.set("a", 1, { tags: ["old"] });
   * cache.set("a", 2, { tags: ["new"] });
   * strictEqual(cache.invalidateByTag("old"), 0);
   * strictEqual(cache.get("a"), 2);
   * ```
   */
  invalidateByTag(tag: string): number {
    this.#loads.supersedeAll(({ tags }) => tags?.includes(tag) ?? true);
    this.#failures?.invalidateByTag(tag);
    this.#failures?.invalidateByTag(UNKNOWN_TAGS);
    let count = 0;
    for (let slot; (slot = this.#tags?.firstOf(tag) ?? -1) !== -1;) {
      if (this.#drop(slot, "invalidated")) count++;
    }
    this.#announce();
    return count;
  }

  /**
   * Drops all entries whose key matches a pattern: `*` stands for any characters,
   * `?` for one, `\` makes the next one stand for itself. It looks at every key:
   * what is dropped often deserves a tag.
   *
   * @param glob The pattern.
   * @returns How many there were.
   *
   * @example All pages of a list
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>();
   * cache.set("list:1", 1);
   * cache.set("list:2", 2);
   * cache.set("item:1", 3);
   * strictEqual(cache.clearPattern("list:*"), 2);
   * ```
   */
  clearPattern(glob: string): number {
    const isMatch = compileGlob(glob);
    this.#loads.supersedeAll((_load, key) => isMatch(key));
    this.#failures?.clearPattern(glob);
    let count = 0;
    for (const [key, slot] of this.#slots) {
      if (isMatch(key) && this.#drop(slot, "deleted")) count++;
    }
    this.#announce();
    return count;
  }

  /**
   * Drops everything. Loads that go on are not stored any more; the counts of
   * what has happened stay, and so does the room that entries took, some bytes
   * each.
   *
   * @example Start anew
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<number>();
   * cache.set("a", 1);
   * cache.clear();
   * strictEqual(cache.size, 0);
   * ```
   */
  clear(): void {
    this.#loads.supersedeAll(() => true);
    this.#failures?.clear();
    if (this.#onRemove !== undefined) {
      for (const slot of this.#slots.values()) {
        if (this.#values[slot] !== GHOST) this.#note(slot, "cleared");
      }
    }
    this.#slots.clear();
    this.#policy.clear();
    this.#keys.length = 0;
    this.#values.length = 0;
    this.#freed = 0;
    this.#tags = undefined;
    this.#used = RESERVED_SLOTS;
    this.#size = 0;
    this.#weight = 0;
    this.#announce();
  }

  /**
   * Drops entries whose time is over. There is no need to call it for the bound
   * to hold; it gives memory back early.
   *
   * @param limit How many entries to look at; the next call goes on from there.
   * @returns How many were dropped.
   *
   * @example A little at a time
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const cache = new InMemoryCacheProvider<number>({ clock, ttlMs: 1_000 });
   * for (let i = 0; i < 10; i++) cache.set(`key-${i}`, i);
   * clock.advance(1_000);
   * strictEqual(cache.prune(4), 4);
   * strictEqual(cache.size, 6);
   * ```
   */
  prune(limit: number = Infinity): number {
    this.#failures?.prune(limit);
    const before = this.#expirations;
    const span = Math.min(limit, this.#used - RESERVED_SLOTS);
    for (let i = 0; i < span; i++) {
      if (this.#pruned >= this.#used) this.#pruned = RESERVED_SLOTS;
      const slot = this.#pruned++;
      if (this.#keys[slot] !== undefined) this.#isLive(slot);
    }
    const count = this.#expirations - before;
    this.#announce();
    return count;
  }

  /** The same as {@linkcode InMemoryCacheProvider.clear}, for `using`. */
  [Symbol.dispose](): void {
    this.clear();
  }

  /**
   * A value, which is loaded and stored where there is none. Callers that want it
   * at the same time share one load, which begins after the code that runs now.
   *
   * @typeParam V The type of the value, which the key says.
   * @param key Its key.
   * @param load What loads it.
   * @param options How long it stays, with which tags; how failures are met.
   * @returns The value where it is there; else a promise, which rejects with a
   * CacheError of the code `CACHE_LOAD_FAILED`, whose cause is what the load threw,
   * or with the signal's reason. A caller that came before something was
   * invalidated gets what its load brings; it is not stored, and who comes later
   * gets another. A load that waits for its own key waits for ever.
   * @throws {ValidationError} There is no value, and `staleMs` or `errorTtlMs` is
   * not a number of 0 or more, or a tag is not a string.
   *
   * @example One load for many
   * ```ts
   * import { InMemoryCacheProvider } from "@groundwork/infra/cache";
   * import { strictEqual } from "node:assert/strict";
   *
   * const cache = new InMemoryCacheProvider<string>();
   * let loads = 0;
   * async function load() {
   *   loads++;
   *   return await Promise.resolve("page");
   * }
   * await Promise.all([1, 2, 3].map(() => cache.getOrSet("/", load)));
   * strictEqual(loads, 1);
   * strictEqual(cache.getOrSet("/", load), "page"); // No promise: it is there.
   * ```
   */
  getOrSet<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    load: (context: LoadContext<V>) => Awaitable<NoInfer<V>>,
    options?: LoadOptions<NoInfer<V>>,
  ): Awaitable<V> {
    const slot = this.#read(key);
    if (slot !== undefined) return this.#give(slot) as V;
    return this.#loadThrough(key, load, options ?? {});
  }

  #loadThrough<V extends T>(
    key: string,
    load: (context: LoadContext<V>) => Awaitable<V>,
    options: LoadOptions<V>,
  ): Awaitable<V> {
    const { signal, staleMs = 0, errorTtlMs = 0 } = options;
    requireDuration("staleMs", staleMs);
    requireDuration("errorTtlMs", errorTtlMs);
    const stale = staleMs > 0 ? this.#staleEntry<V>(key) : undefined;
    const failure = this.#failures?.get(key);
    if (failure !== undefined) {
      return stale === undefined ? Promise.reject(failure) : stale.value;
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const running = this.#loads.get(key) ??
      this.#startLoad(key, load, options, stale);
    if (stale === undefined) {
      const value = running.wait(signal) as Promise<V>;
      return this.#isCloning ? value.then((it) => this.#copy(it)) : value;
    }
    running.isBehindBack = true;
    running.detach();
    return this.#copy(stale.value);
  }

  #startLoad<V extends T>(
    key: string,
    load: (context: LoadContext<V>) => Awaitable<V>,
    options: LoadOptions<V>,
    stale: CacheEntry<V> | undefined,
  ): Load<T> {
    const { policy, staleMs = 0, errorTtlMs = 0 } = options;
    const tags = policy === undefined ? [...toTags(options.tags)] : undefined;
    return this.#loads.start(key, tags, async (running) => {
      try {
        const { signal } = running;
        const value = this.#copy(await load({ key, signal, stale }));
        const settings = policy === undefined
          ? { ...options, tags: tags! }
          : policy(value);
        if (settings !== false) {
          this.#store(key, value, settings, staleMs, running);
          this.#announce();
        }
        return value;
      } catch (thrown) {
        const error = new CacheError(
          "CACHE_LOAD_FAILED",
          { reason: reasonOf(thrown) },
          { cause: thrown },
        );
        if (errorTtlMs > 0 && !running.isSuperseded) {
          this.#rememberFailure(key, error, errorTtlMs, tags);
        }
        if (running.isBehindBack) {
          callReporting(() => this.#onLoadError?.(error, key));
        }
        throw error;
      }
    });
  }

  #rememberFailure(
    key: string,
    error: CacheError<"CACHE_LOAD_FAILED">,
    ttlMs: number,
    tags: readonly string[] = [UNKNOWN_TAGS],
  ): void {
    this.#failures ??= new InMemoryCacheProvider({
      maxEntries: Math.min(this.#maxEntries, MOST_FAILURES),
      clock: this.#clock,
    });
    this.#failures.set(key, error, { ttlMs, tags });
  }

  /** An entry that is only given while another value is loaded. */
  #staleEntry<V extends T>(key: string): CacheEntry<V> | undefined {
    const slot = this.#slots.get(key); // Whatever is past its time is gone.
    if (slot === undefined || this.#values[slot] === GHOST) return undefined;
    return this.#describe(slot) as CacheEntry<V>;
  }

  /** What was loaded before must be neither joined nor stored any more. */
  #supersede(key: string): void {
    this.#loads.supersede(key);
    this.#failures?.delete(key);
  }

  #store(
    key: string,
    value: T,
    options: CacheSetOptions | undefined,
    staleMs: number,
    load?: Load<T>,
  ): Result<void, CacheSetError> {
    const given = options?.ttlMs;
    const ttlMs = given === undefined
      ? this.#ttlMs
      : requireOption(validateType("ttlMs", given, "number"), given);
    const tags = options?.tags === undefined ? NO_TAGS : toTags(options.tags);
    const weight = this.#weights === undefined
      ? 0
      : this.#weightOf(key, value, options);
    // Asked last: the code that tells tags and weight may use the cache, too.
    if (load?.isSuperseded) return STORED;
    this.#supersede(key);
    if (ttlMs <= 0 || weight > this.#maxWeight) {
      this.#dropKey(key, "deleted");
      return ttlMs <= 0 ? STORED : this.#tooLarge(weight);
    }
    let kept: T = value;
    if (this.#isCloning) {
      try {
        kept = structuredClone(value);
      } catch (thrown) {
        this.#dropKey(key, "deleted");
        const reason = reasonOf(thrown);
        return new Err(
          new CacheError("CACHE_SERIALIZATION_FAILED", { reason }, {
            cause: thrown,
          }),
        );
      }
    }
    const slot = this.#place(key, weight);
    this.#values[slot] = kept;
    if (ttlMs !== Infinity || this.#expiresAt !== undefined) {
      this.#setTimes(slot, ttlMs, staleMs);
    }
    if (tags.length > 0) {
      this.#tags ??= new TagIndex(this.#capacity);
      this.#tags.add(slot, tags);
    }
    return STORED;
  }

  #weightOf(
    key: string,
    value: T,
    options: CacheSetOptions | undefined,
  ): number {
    const weight = options?.weight ?? this.#weigh?.(value, key) ?? 1;
    return requireOption(validateRange("weight", weight, { min: 0 }), weight);
  }

  #tooLarge(weight: number): Err<CacheSetError> {
    const max = this.#maxWeight;
    return new Err(new CacheError("CACHE_ENTRY_TOO_LARGE", { weight, max }));
  }

  /** A slot for a key, with nothing left of what was there. */
  #place(key: string, weight: number): number {
    let slot = this.#slots.get(key);
    let wasGhost = false;
    if (slot !== undefined) {
      if (this.#values[slot] === GHOST) {
        wasGhost = true;
        this.#policy.remove(slot);
        this.#forget(slot);
        slot = undefined;
      } else if (this.#weights !== undefined) {
        this.#remove(slot, "replaced"); // To make room must not hit itself.
        slot = undefined;
      } else {
        this.#note(slot, "replaced");
        this.#tags?.remove(slot);
        this.#policy.touch(slot);
        return slot;
      }
    }
    while (
      this.#size >= this.#maxEntries ||
      this.#weight + weight > this.#maxWeight
    ) this.#evict();
    slot = this.#freed > 0 ? this.#free[--this.#freed]! : this.#newSlot();
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#policy.add(slot, wasGhost);
    this.#size++;
    if (this.#weights !== undefined) {
      this.#weights[slot] = weight;
      this.#weight += weight;
    }
    return slot;
  }

  #newSlot(): number {
    const slot = this.#used++;
    if (slot === this.#capacity) this.#grow();
    return slot;
  }

  #grow(): void {
    this.#capacity = Math.min(2 * this.#capacity, this.#mostSlots);
    this.#policy.grow(this.#capacity);
    this.#tags?.grow(this.#capacity);
    this.#expiresAt &&= movedTo(
      this.#expiresAt,
      new Float64Array(this.#capacity),
    );
    this.#keptUntil &&= movedTo(
      this.#keptUntil,
      new Float64Array(this.#capacity),
    );
    this.#weights &&= movedTo(this.#weights, new Float64Array(this.#capacity));
  }

  #setTimes(slot: number, ttlMs: number, staleMs: number): void {
    this.#expiresAt ??= new Float64Array(this.#capacity).fill(Infinity);
    const expiresAt = this.#time.now() + ttlMs;
    this.#expiresAt[slot] = expiresAt;
    if (staleMs > 0 || this.#keptUntil !== undefined) {
      this.#keptUntil ??= new Float64Array(this.#capacity).fill(-Infinity);
      this.#keptUntil[slot] = expiresAt + staleMs;
    }
  }

  /** Whether an entry is still given; one whose time is over is dropped. */
  #isLive(slot: number): boolean {
    if (this.#values[slot] === GHOST) return false;
    if (this.#expiresAt === undefined) return true;
    const expiresAt = this.#expiresAt[slot]!;
    if (expiresAt === Infinity || this.#time.now() < expiresAt) return true;
    const keptUntil = this.#keptUntil?.[slot] ?? -Infinity;
    if (this.#time.now() >= keptUntil) this.#remove(slot, "expired");
    return false;
  }

  /** The entry of a key, which counts as a read and as a use. */
  #read(key: string): number | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) { // Measured: a fifth faster than to announce nothing.
      this.#misses++;
      return undefined;
    }
    if (!this.#isLive(slot)) {
      this.#misses++;
      this.#announce();
      return undefined;
    }
    this.#hits++;
    this.#policy.touch(slot);
    return slot;
  }

  /** The entry of a key, which nobody has used. */
  #find(key: string): number | undefined {
    const slot = this.#slots.get(key);
    if (slot !== undefined && this.#isLive(slot)) return slot;
    this.#announce();
    return undefined;
  }

  #give(slot: number): unknown {
    return this.#copy(this.#values[slot]);
  }

  #copy<V>(value: V): V {
    return this.#isCloning ? structuredClone(value) : value;
  }

  #tagsOf(slot: number): readonly string[] {
    return this.#tags === undefined
      ? NO_TAGS
      : Object.freeze(this.#tags.tagsOf(slot));
  }

  #describe(slot: number): CacheEntry<T> {
    const expiresAt = this.#expiresAt?.[slot] ?? Infinity;
    return Object.freeze({
      key: this.#keys[slot]!,
      value: this.#give(slot) as T,
      ttlMs: Math.max(0, expiresAt - this.#time.now()),
      tags: this.#tagsOf(slot),
    });
  }

  /** Drops what is under a key; tells whether it was still given. */
  #dropKey(key: string, reason: RemovalReason): boolean {
    const slot = this.#slots.get(key);
    return slot !== undefined && this.#drop(slot, reason);
  }

  #drop(slot: number, reason: RemovalReason): boolean {
    if (this.#values[slot] === GHOST) return false;
    const isLive = this.#isLive(slot);
    if (isLive) this.#remove(slot, reason);
    else if (this.#keys[slot] !== undefined) this.#remove(slot, "expired");
    return isLive;
  }

  #remove(slot: number, reason: RemovalReason): void {
    this.#note(slot, reason);
    if (reason === "expired") this.#expirations++;
    this.#policy.remove(slot);
    this.#release(slot);
    this.#forget(slot);
  }

  #evict(): void {
    const slot = this.#policy.victim();
    this.#note(slot, "evicted");
    this.#evictions++;
    this.#release(slot);
    if (this.#policy.bury(slot)) {
      this.#values[slot] = GHOST;
      const surplus = this.#policy.surplusGhost();
      if (surplus !== -1) {
        this.#policy.remove(surplus);
        this.#forget(surplus);
      }
    } else {
      this.#forget(slot);
    }
  }

  /** Takes an entry out of the sums and the index. */
  #release(slot: number): void {
    this.#tags?.remove(slot);
    this.#size--;
    if (this.#weights !== undefined) this.#weight -= this.#weights[slot]!;
    // Sums of fractions are inexact: the error must not add up for ever.
    if (this.#size === 0) this.#weight = 0;
  }

  /** Frees the slot of a key. */
  #forget(slot: number): void {
    this.#slots.delete(this.#keys[slot]!);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#free[this.#freed++] = slot;
  }

  #note(slot: number, reason: RemovalReason): void {
    if (this.#onRemove === undefined) return;
    this.#departed.push({ entry: this.#describe(slot), reason });
  }

  /** Tells who left. Who is told may use the cache: it must be whole by then. */
  #announce(): void {
    if (this.#departed.length === 0) return;
    const departed = this.#departed;
    this.#departed = [];
    for (const { entry, reason } of departed) {
      callReporting(() => this.#onRemove?.(entry, reason));
    }
  }
}

/** A string is iterable as well, but its characters are no tags. */
function toTags(tags: Iterable<string> | undefined): readonly string[] {
  if (tags === undefined) return NO_TAGS;
  if (typeof tags === "string") {
    requireOption(validateType("tags", tags, "array"), tags);
  }
  const names = Array.isArray(tags) ? tags : [...tags];
  for (const name of names) {
    if (typeof name !== "string") {
      requireOption(validateType("tags", name, "string"), name);
    }
  }
  return names;
}
