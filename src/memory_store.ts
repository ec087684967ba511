/**
 * A key-value store in memory: the reference implementation of the `Store`
 * protocol. Values stay for a time; there is a bound, and at the bound a new
 * key is refused rather than a live value dropped (a cache drops, a store
 * does not).
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

import { type Clock, systemClock } from "./clock.ts";
import { CacheError } from "./errors.ts";
import type { Store, StoreSetOptions } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

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
  readonly value: TValue;
  /** Monotonic time in ms; the entry is live before it. */
  readonly expiresAt: number;
}

/**
 * Keeps values in memory. Keys are compared as Map keys are; values are kept
 * as they are, not copied.
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
export class MemoryStore<TKey, TValue> implements Store<TKey, TValue> {
  readonly #entries = new Map<TKey, Entry<TValue>>();
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #defaultTtlMs: number;
  /** No entry expires before this: a full store looks for room only then. */
  #nextExpiry = Infinity;

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
    this.#maxEntries = requireOption(
      validateRange("maxEntries", maxEntries, { min: 1, integer: true }),
      maxEntries,
    );
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
   * store looks at every entry for expired ones before it refuses.
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
    const { ttlMs = this.#defaultTtlMs } = options ?? {};
    requireOption(validateType("ttlMs", ttlMs, "number"), ttlMs);
    if (ttlMs <= 0) {
      this.#entries.delete(key);
      return new Ok(undefined);
    }
    if (!this.#entries.has(key) && !this.#hasRoom()) {
      return new Err(
        new CacheError("CACHE_STORE_FULL", { max: this.#maxEntries }),
      );
    }
    const expiresAt = this.#clock.monotonic() + ttlMs;
    this.#entries.set(key, { value, expiresAt });
    if (expiresAt < this.#nextExpiry) this.#nextExpiry = expiresAt;
    return new Ok(undefined);
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
    this.#nextExpiry = Infinity;
  }

  /**
   * Drops what has expired. It looks at every entry.
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
    let nextExpiry = Infinity;
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(key);
      else if (expiresAt < nextExpiry) nextExpiry = expiresAt;
    }
    this.#nextExpiry = nextExpiry;
    return sizeBefore - this.#entries.size;
  }

  #live(key: TKey): Entry<TValue> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#clock.monotonic() < entry.expiresAt) {
      return entry;
    }
    this.#entries.delete(key);
    return undefined;
  }

  #hasRoom(): boolean {
    if (this.#entries.size < this.#maxEntries) return true;
    return this.#clock.monotonic() >= this.#nextExpiry && this.prune() > 0;
  }
}
