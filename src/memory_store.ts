/**
 * A key-value store in memory: the reference implementation of the `Store`
 * protocol and of all its capabilities. Values stay for a time; there is a
 * bound, and at the bound a new key is refused rather than a live value dropped
 * (a cache drops, a store does not).
 *
 * When to use it: in tests and demos, and in services of one process that may
 * forget.
 *
 * When not: for what must survive the process; as a cache, which drops what it
 * has no room for.
 *
 * Expiry follows the monotonic clock: a value is live while
 * `now < storedAt + ttlMs`, whatever happens to the machine's date. There are
 * no timers: what has expired is dropped when it is met, when room is needed,
 * or by {@linkcode MemoryStore.prune}.
 *
 * @example Values for a time
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const clock = new ManualClock();
 * const store = new MemoryStore<string, string>({ clock });
 * store.set("session", "ada", { ttlMs: 1000 }).unwrap();
 * strictEqual(store.get("session"), "ada");
 * clock.advance(1000);
 * strictEqual(store.get("session"), undefined);
 * ```
 *
 * @module
 */

import { requireWhole } from "./_options.ts";
import { type Clock, systemClock } from "./clock.ts";
import { CacheError } from "./errors.ts";
import { PriorityHeap } from "./priority_heap.ts";
import type {
  AtomicStore,
  BatchStore,
  ListableStore,
  StoreSetOptions,
  StoreUpdateOptions,
} from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { requireOption, validateType } from "./validators.ts";

/** Options of {@linkcode MemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many keys there may be; one more is refused.
   *
   * @default {100_000}
   */
  readonly maxEntries?: number;
  /**
   * How long a value stays for which `set` is not told, in ms; 0 or less
   * stores nothing.
   *
   * @default {Infinity}
   */
  readonly defaultTtlMs?: number;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

interface Entry<TValue> {
  value: TValue;
  /** Monotonic time in ms; the entry is live before it. */
  expiresAt: number;
}

/**
 * Keeps values in memory. Keys are compared as Map keys are; values are kept
 * as they are, not copied. Every method is synchronous, and what it does is
 * done at once: nothing comes between.
 *
 * Costs: all but `prune`, `keys` and `clear` are amortized constant below the
 * bound. At the bound a new key costs O(log n), amortized: the first that finds
 * the store full looks through it once and queues what will expire, and what is
 * written from then on is queued, too. A store that is never full has no queue.
 *
 * Measured with 100 000 keys on Deno and Node: where one key expires as another
 * comes, a `set` at the bound took 0.6 ms when it looked through the entries
 * each time. It takes 5 to 18 µs as an average of the first 2000, the making
 * of the queue included, and 1 µs in the long run. The queue takes 16 to 35
 * bytes an entry. To queue from the beginning makes an ordinary `set` take up
 * to 1.3 times as long, and 1.9 times with a handle an entry.
 *
 * @typeParam TKey The type of the keys.
 * @typeParam TValue The type of the values.
 *
 * @example At its bound it refuses a new key and keeps what it has
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const carts = new MemoryStore<string, number>({ maxEntries: 1 });
 * carts.set("ada", 3).unwrap();
 * strictEqual(carts.set("bob", 1).unwrapErr().code, "CACHE_STORE_FULL");
 * strictEqual(carts.set("ada", 4).ok, true); // Not a new key.
 * strictEqual(carts.get("ada"), 4);
 * ```
 */
export class MemoryStore<TKey, TValue>
  implements
    AtomicStore<TKey, TValue>,
    BatchStore<TKey, TValue>,
    ListableStore<TKey, TValue> {
  readonly #entries = new Map<TKey, Entry<TValue>>();
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #defaultTtlMs: number;
  /** No entry expires before this: a full store looks for room only then. */
  #nextExpiry = Infinity;
  /**
   * Keys by the time their entry expires, once the store has been full. Each
   * entry that will expire is in it; what was removed or given another time
   * since is still there under its old time, too.
   */
  #expiries: PriorityHeap<TKey> | undefined;

  /**
   * Makes an empty store.
   *
   * @param options Its bounds and its time.
   * @throws {ValidationError} `maxEntries` is not a whole number of 1 or more,
   * or `defaultTtlMs` is not a number.
   */
  constructor(options: MemoryStoreOptions = {}) {
    const { maxEntries = 100_000, defaultTtlMs = Infinity } = options;
    this.#clock = options.clock ?? systemClock;
    this.#maxEntries = requireWhole("maxEntries", maxEntries);
    this.#defaultTtlMs = requireOption(
      validateType("defaultTtlMs", defaultTtlMs, "number"),
      defaultTtlMs,
    );
  }

  /** How many keys take room; expired ones count until they are dropped. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * A value.
   *
   * @param key Its key.
   * @returns The value, or `undefined` where there is none (any more).
   *
   * @example Count, starting from nothing
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const visits = new MemoryStore<string, number>();
   * const count = (page: string) =>
   *   visits.set(page, (visits.get(page) ?? 0) + 1).unwrap();
   *
   * count("/");
   * count("/");
   * strictEqual(visits.get("/"), 2);
   * ```
   */
  get(key: TKey): TValue | undefined {
    return this.#live(key)?.value;
  }

  /**
   * Stores a value in place of what is there.
   *
   * @param key Its key.
   * @param value The value.
   * @param options How long it stays.
   * @returns Nothing; or an error with the code `CACHE_STORE_FULL`. A full
   * store drops all that has expired before it refuses.
   * @throws {ValidationError} `ttlMs` is not a number or is NaN.
   *
   * @example A new value gets a new time to live
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const sessions = new MemoryStore<string, string>({
   *   clock,
   *   defaultTtlMs: 1_000,
   * });
   * sessions.set("s1", "ada").unwrap();
   * clock.advance(900);
   * sessions.set("s1", "ada").unwrap();
   * clock.advance(900);
   * strictEqual(sessions.get("s1"), "ada");
   * ```
   */
  set(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Result<void, CacheError<"CACHE_STORE_FULL">> {
    const ttlMs = this.#timeToLive(options);
    if (ttlMs > 0) return this.#write(key, value, this.#expiryAfter(ttlMs));
    this.#entries.delete(key);
    return new Ok(undefined);
  }

  /**
   * Stores a value where there is no live one.
   *
   * @param key Its key.
   * @param value The value.
   * @param options How long it stays.
   * @returns Whether it was stored; or an error with the code
   * `CACHE_STORE_FULL`.
   * @throws {ValidationError} `ttlMs` is not a number or is NaN.
   *
   * @example A request that comes twice is carried out once
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const requests = new MemoryStore<string, "begun">();
   * const begin = (idempotencyKey: string) =>
   *   requests.setIfAbsent(idempotencyKey, "begun", { ttlMs: 86_400_000 });
   *
   * strictEqual(begin("order-1").unwrap(), true);
   * strictEqual(begin("order-1").unwrap(), false);
   * ```
   */
  setIfAbsent(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Result<boolean, CacheError<"CACHE_STORE_FULL">> {
    const ttlMs = this.#timeToLive(options);
    if (ttlMs <= 0 || this.#live(key) !== undefined) return new Ok(false);
    return this.#write(key, value, this.#expiryAfter(ttlMs)).map(() => true);
  }

  /**
   * Changes a value by what it is. The value keeps what is left of its time,
   * unless `ttlMs` is given.
   *
   * @param key Its key.
   * @param change Gives the new value, or `undefined` to remove the old one. It
   * is called once, with `undefined` where there is none. What it throws is
   * thrown, and nothing has changed. What it does to this key by itself is
   * overwritten.
   * @param options How long the value stays.
   * @returns What is stored now, `undefined` where that is nothing; or an error
   * with the code `CACHE_STORE_FULL`.
   * @throws {ValidationError} `ttlMs` or `initialTtlMs` is not a number or is
   * NaN.
   *
   * @example Three requests a minute
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const counts = new MemoryStore<string, number>({ clock });
   * const isAllowed = (client: string) =>
   *   counts.update(client, (count = 0) => count + 1, { initialTtlMs: 60_000 })
   *     .unwrap()! <= 3;
   *
   * for (let i = 0; i < 3; i++) strictEqual(isAllowed("ada"), true);
   * clock.advance(59_999);
   * strictEqual(isAllowed("ada"), false);
   * clock.advance(1); // The minute began with the first request.
   * strictEqual(isAllowed("ada"), true);
   * ```
   *
   * @example A session that lasts while it is in use
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const sessions = new MemoryStore<string, { hits: number }>({ clock });
   * const touch = (id: string) =>
   *   sessions.update(
   *     id,
   *     (session) => session && { hits: session.hits + 1 },
   *     { ttlMs: 1_800_000 },
   *   ).unwrap();
   *
   * sessions.set("s1", { hits: 0 }, { ttlMs: 1_800_000 }).unwrap();
   * clock.advance(1_000_000);
   * strictEqual(touch("s1")?.hits, 1);
   * clock.advance(1_000_000);
   * strictEqual(touch("s1")?.hits, 2);
   * strictEqual(touch("s2"), undefined); // There is none, and none is made.
   * ```
   */
  update(
    key: TKey,
    change: (old: TValue | undefined) => TValue | undefined,
    options: StoreUpdateOptions = {},
  ): Result<TValue | undefined, CacheError<"CACHE_STORE_FULL">> {
    const { ttlMs, initialTtlMs = ttlMs ?? this.#defaultTtlMs } = options;
    if (ttlMs !== undefined) checkTtl("ttlMs", ttlMs);
    checkTtl("initialTtlMs", initialTtlMs);
    const old = this.#live(key);
    // Read before the call: a write that `change` makes alters the entry.
    const oldExpiry = old?.expiresAt;
    const value = change(old?.value);
    const newTtlMs = oldExpiry === undefined ? initialTtlMs : ttlMs;
    const isKept = newTtlMs === undefined || newTtlMs > 0;
    if (value === undefined || !isKept) {
      this.#entries.delete(key);
      return new Ok(undefined);
    }
    const expiresAt = newTtlMs === undefined
      ? oldExpiry!
      : this.#expiryAfter(newTtlMs);
    return this.#write(key, value, expiresAt).map(() => value);
  }

  /**
   * Removes a value.
   *
   * @param key Its key.
   * @returns Whether there was a live one.
   *
   * @example A token that is good for one use
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new MemoryStore<string, true>();
   * tokens.set("t1", true).unwrap();
   * strictEqual(tokens.delete("t1"), true);
   * strictEqual(tokens.delete("t1"), false); // Used up.
   * ```
   */
  delete(key: TKey): boolean {
    const wasLive = this.#live(key) !== undefined;
    this.#entries.delete(key);
    return wasLive;
  }

  /**
   * Whether there is a live value, be it `undefined`.
   *
   * @param key Its key.
   * @returns Whether there is one.
   *
   * @example A look-up that found nothing is remembered as well
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const known = new MemoryStore<string, string | undefined>();
   * known.set("no-such-link", undefined).unwrap();
   * strictEqual(known.get("no-such-link"), undefined);
   * strictEqual(known.has("no-such-link"), true);
   * ```
   */
  has(key: TKey): boolean {
    return this.#live(key) !== undefined;
  }

  /**
   * Several values at once.
   *
   * @param keys Their keys.
   * @returns The live values by their keys, in the order in which they were
   * asked for. A key that is not in it has no value; one that is may have
   * `undefined`.
   *
   * @example Who of them is here?
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const rooms = new MemoryStore<string, number>();
   * rooms.set("ada", 101).unwrap();
   * rooms.set("cid", 103).unwrap();
   * deepStrictEqual(
   *   [...rooms.getMany(["cid", "bob", "ada"])],
   *   [["cid", 103], ["ada", 101]],
   * );
   * ```
   */
  getMany(keys: Iterable<TKey>): Map<TKey, TValue> {
    const found = new Map<TKey, TValue>();
    for (const key of keys) {
      const entry = this.#live(key);
      if (entry !== undefined) found.set(key, entry.value);
    }
    return found;
  }

  /**
   * The keys of the live values, one by one, in no particular order. It is safe
   * to change the store on the way: a key that is there all the time comes
   * exactly once, one that is removed before its turn does not come, and one
   * that is added may come or not. The loop always ends: no more keys come than
   * there were at its beginning.
   *
   * @param prefix What the keys begin with, code unit by code unit, where they
   * are strings. Default: all keys.
   * @returns The keys.
   * @throws {ValidationError} `prefix` is not a string.
   *
   * @example Log out everywhere
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const sessions = new MemoryStore<string, true>();
   * for (const id of ["ada:1", "bob:1", "ada:2"]) {
   *   sessions.set(id, true).unwrap();
   * }
   * for (const id of sessions.keys("ada:")) sessions.delete(id);
   * deepStrictEqual([...sessions.keys()], ["bob:1"]);
   * ```
   */
  keys(
    prefix?: [TKey] extends [string] ? string : undefined,
  ): Generator<TKey, void, undefined> {
    if (prefix !== undefined) {
      requireOption(validateType("prefix", prefix, "string"), prefix);
    }
    return this.#liveKeys(prefix);
  }

  /**
   * Removes all values.
   *
   * @example Room again, at once
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const store = new MemoryStore<string, number>({ maxEntries: 1 });
   * store.set("a", 1).unwrap();
   * store.clear();
   * strictEqual(store.set("b", 2).ok, true);
   * ```
   */
  clear(): void {
    this.#entries.clear();
    this.#expiries = undefined;
    this.#nextExpiry = Infinity;
  }

  /**
   * Drops what has expired. It looks at every entry, unless the store has been
   * full lately and knows what is due.
   *
   * @returns How many entries were dropped.
   *
   * @example Give memory back from time to time
   * ```ts
   * import { MemoryStore } from "@groundwork/infra/memory-store";
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const store = new MemoryStore<string, number>({ clock });
   * store.set("a", 1, { ttlMs: 1_000 }).unwrap();
   * clock.advance(1_000);
   * strictEqual(store.size, 1); // Expired, but nobody has looked.
   * strictEqual(store.prune(), 1);
   * strictEqual(store.size, 0);
   * ```
   */
  prune(): number {
    const now = this.#clock.monotonic();
    const sizeBefore = this.#entries.size;
    if (this.#expiries === undefined) this.#dropBySearch(now);
    else this.#dropQueued(this.#expiries, now);
    return sizeBefore - this.#entries.size;
  }

  #dropBySearch(now: number): void {
    let nextExpiry = Infinity;
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(key);
      else if (expiresAt < nextExpiry) nextExpiry = expiresAt;
    }
    this.#nextExpiry = nextExpiry;
  }

  #dropQueued(expiries: PriorityHeap<TKey>, now: number): void {
    let nextExpiry = expiries.peekPriority() ?? Infinity;
    while (nextExpiry <= now) {
      const key = expiries.pop() as TKey;
      // Else it was removed, or has been given a later time meanwhile.
      if (this.#entries.get(key)?.expiresAt! <= now) this.#entries.delete(key);
      nextExpiry = expiries.peekPriority() ?? Infinity;
    }
    this.#nextExpiry = nextExpiry;
  }

  *#liveKeys(prefix: string | undefined): Generator<TKey, void, undefined> {
    // A Map visits its oldest entries first, so that what was there at the
    // beginning comes before the count has run out.
    let rest = this.#entries.size;
    for (const key of this.#entries.keys()) {
      if (rest-- === 0) return;
      if (prefix !== undefined && !(key as string).startsWith(prefix)) continue;
      if (this.#live(key) !== undefined) yield key;
    }
  }

  #live(key: TKey): Entry<TValue> | undefined {
    const entry = this.#entries.get(key);
    // To read the clock takes longer than all the rest.
    if (entry === undefined || entry.expiresAt === Infinity) return entry;
    if (this.#clock.monotonic() < entry.expiresAt) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #timeToLive(options: StoreSetOptions | undefined): number {
    const ttlMs = options?.ttlMs;
    if (ttlMs === undefined) return this.#defaultTtlMs;
    checkTtl("ttlMs", ttlMs);
    return ttlMs;
  }

  #expiryAfter(ttlMs: number): number {
    return ttlMs === Infinity ? Infinity : this.#clock.monotonic() + ttlMs;
  }

  #write(
    key: TKey,
    value: TValue,
    expiresAt: number,
  ): Result<void, CacheError<"CACHE_STORE_FULL">> {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (!this.#hasRoom()) {
        return new Err(
          new CacheError("CACHE_STORE_FULL", { max: this.#maxEntries }),
        );
      }
      this.#entries.set(key, { value, expiresAt });
      this.#noteExpiry(key, expiresAt);
    } else {
      entry.value = value;
      if (entry.expiresAt !== expiresAt) {
        entry.expiresAt = expiresAt;
        this.#noteExpiry(key, expiresAt);
      }
    }
    return new Ok(undefined);
  }

  /**
   * Takes notice of when an entry expires. A queue that has grown to twice the
   * keys of a full store is dropped: most of it is stale, and there were as
   * many writes since it was made as it takes steps to make it anew, if ever
   * there is no room again. So a store that is no longer full soon has none.
   */
  #noteExpiry(key: TKey, expiresAt: number): void {
    if (expiresAt < this.#nextExpiry) this.#nextExpiry = expiresAt;
    const expiries = this.#expiries;
    if (expiries === undefined || expiresAt === Infinity) return;
    if (expiries.size < 2 * this.#maxEntries) expiries.push(key, expiresAt);
    else this.#expiries = undefined;
  }

  #hasRoom(): boolean {
    if (this.#entries.size < this.#maxEntries) return true;
    if (this.#clock.monotonic() < this.#nextExpiry) return false;
    this.#expiries ??= this.#queueAll();
    return this.prune() > 0;
  }

  #queueAll(): PriorityHeap<TKey> {
    const expiries = new PriorityHeap<TKey>();
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt < Infinity) expiries.push(key, expiresAt);
    }
    return expiries;
  }
}

function checkTtl(name: string, ttlMs: number): void {
  if (typeof ttlMs === "number" && ttlMs === ttlMs) return;
  requireOption(validateType(name, ttlMs, "number"), ttlMs);
}
