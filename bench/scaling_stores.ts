/**
 * What is kept by keys: caches, stores, limits.
 *
 * @module
 */

import { type CacheOptions, InMemoryCacheProvider } from "../src/cache.ts";
import {
  type DeadLetter,
  InMemoryDeadLetterQueue,
} from "../src/dead_letter.ts";
import { MemoryStore, type MemoryStoreOptions } from "../src/memory_store.ts";
import {
  GcraLimiter,
  type InMemoryRateLimiter,
  SlidingWindowLimiter,
} from "../src/rate_limiter.ts";
import { InMemoryRepository } from "../src/repository.ts";
import { ManualClock } from "../src/testing.ts";
import { InMemoryTokenStore } from "../src/token_store.ts";
import type { Operation } from "./scaling.ts";
import type { Step } from "./scaling_controls.ts";
import { keysOf, UP_TO_1E5 } from "./scaling_items.ts";

/** Numbers from a first one to the one before `end`, and on from 0. */
function inTurns(first: number, end: number): () => number {
  let next = first;
  return () => {
    const number = next++;
    if (next === end) next = 0;
    return number;
  };
}

/** What is said where the same keys go and come again and again. */
const SAME_KEYS =
  "A bare Map is no better: engines leave the places of deleted " +
  "keys in its table until they make it anew, and pass over those of the same " +
  "key each time it comes.";

// --- Cache

const CACHE = "InMemoryCacheProvider";

function fullCache(
  size: number,
  options: CacheOptions<number> = {},
): InMemoryCacheProvider<number> {
  const cache = new InMemoryCacheProvider<number>({
    maxEntries: size,
    ttlMs: Infinity,
    ...options,
  });
  const keys = keysOf(size);
  for (let i = 0; i < size; i++) cache.set(keys[i]!, i);
  return cache;
}

function getCached(size: number, options?: CacheOptions<number>): Step {
  const cache = fullCache(size, options);
  const keys = keysOf(size);
  return (number) => cache.get(keys[number]!) === number;
}

function setAtBound(size: number, options?: CacheOptions<number>): Step {
  const cache = fullCache(size, options);
  const keys = keysOf(2 * size);
  const next = inTurns(size, 2 * size);
  return () => {
    const number = next();
    return cache.set(keys[number]!, number).ok && cache.size === size;
  };
}

/** Half of the steps read an entry, so that some have proved themselves. */
function readAndSetAtBound(size: number): Step {
  const cache = fullCache(size, { eviction: "s3-fifo" });
  const keys = keysOf(2 * size);
  const next = inTurns(size, 2 * size);
  return (number) => {
    cache.get(keys[number]!);
    const newest = next();
    return cache.set(keys[newest]!, newest).ok && cache.size === size;
  };
}

const HITS = 10;

const PER_ENTRY = "The time of an entry; it is linear in those that are hit.";
const PER_TOKEN = "The time of a token; it is linear in those of the user.";

const caches: readonly Operation[] = [
  {
    structure: CACHE,
    operation: "get",
    complexity: "O(1)",
    control: "lookUp",
    prepare: (size) => getCached(size),
  },
  {
    structure: CACHE,
    operation: "get, with a TTL",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare: (size) => getCached(size, { ttlMs: 3_600_000 }),
  },
  {
    structure: CACHE,
    operation: "set of an entry that is there",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const cache = fullCache(size);
      const keys = keysOf(size);
      return (number) => cache.set(keys[number]!, number).ok;
    },
  },
  {
    structure: CACHE,
    operation: "set that evicts",
    complexity: "O(1)",
    control: "replace",
    prepare: (size) => setAtBound(size),
  },
  {
    structure: CACHE,
    operation: "get, and set that evicts by S3-FIFO",
    complexity: "O(1)",
    control: "replace",
    sizes: UP_TO_1E5,
    prepare: readAndSetAtBound,
  },
  {
    structure: CACHE,
    operation: `set and invalidateByTag, ${HITS} of n entries`,
    complexity: "O(1)",
    note: PER_ENTRY,
    control: "replace",
    batch: () => HITS,
    prepare(size) {
      const cache = fullCache(size);
      const keys = keysOf(size);
      const next = inTurns(0, size);
      const options = { tags: ["tag"] };
      return () => {
        for (let i = 0; i < HITS; i++) cache.set(keys[next()]!, i, options);
        return cache.invalidateByTag("tag") === HITS;
      };
    },
  },
  {
    structure: CACHE,
    operation: "set and invalidateByTag, all entries",
    complexity: "O(1)",
    note: PER_ENTRY,
    control: "replace",
    sizes: UP_TO_1E5,
    batch: (size) => size,
    prepare(size) {
      const cache = new InMemoryCacheProvider<number>({ maxEntries: size });
      const keys = keysOf(size);
      const options = { tags: ["all"] };
      return () => {
        for (let i = 0; i < size; i++) cache.set(keys[i]!, i, options);
        return cache.invalidateByTag("all") === size;
      };
    },
  },
  {
    structure: CACHE,
    operation: "delete and set of the same keys",
    complexity: "O(1)",
    note: SAME_KEYS,
    control: "toggle",
    prepare(size) {
      const cache = fullCache(size);
      const keys = keysOf(size);
      return (number) =>
        cache.delete(keys[number]!) && cache.set(keys[number]!, number).ok;
    },
  },
  {
    structure: CACHE,
    operation: "clearPattern that hits none",
    complexity: "O(n)",
    control: "visit",
    sizes: UP_TO_1E5,
    prepare(size) {
      const cache = fullCache(size);
      return () => cache.clearPattern("key:*x") === 0;
    },
  },
];

// --- Stores

const STORE = "MemoryStore";

function fullStore(
  size: number,
  options: MemoryStoreOptions = {},
): MemoryStore<string, number> {
  const store = new MemoryStore<string, number>({
    maxEntries: size,
    ...options,
  });
  const keys = keysOf(size);
  for (let i = 0; i < size; i++) store.set(keys[i]!, i).unwrap();
  return store;
}

const stored: readonly Operation[] = [
  {
    structure: STORE,
    operation: "get",
    complexity: "O(1)",
    control: "lookUp",
    prepare(size) {
      const store = fullStore(size);
      const keys = keysOf(size);
      return (number) => store.get(keys[number]!) === number;
    },
  },
  {
    structure: STORE,
    operation: "update",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const store = fullStore(size);
      const keys = keysOf(size);
      return (number) =>
        store.update(keys[number]!, (old) => old).unwrap() === number;
    },
  },
  {
    structure: STORE,
    operation: "delete and set",
    complexity: "O(1)",
    control: "replace",
    sizes: UP_TO_1E5,
    prepare(size) {
      const store = fullStore(size);
      const keys = keysOf(size);
      const next = inTurns(0, size);
      return () => {
        const key = keys[next()]!;
        return store.delete(key) && store.set(key, 0).ok;
      };
    },
  },
  {
    structure: STORE,
    operation: "delete and setIfAbsent of the same keys",
    complexity: "O(1)",
    note: SAME_KEYS,
    control: "toggle",
    prepare(size) {
      const store = fullStore(size);
      const keys = keysOf(size);
      return (number) =>
        store.delete(keys[number]!) &&
        store.setIfAbsent(keys[number]!, number).unwrap();
    },
  },
  {
    structure: STORE,
    operation: "set at the bound, as one expires",
    complexity: "O(log n)",
    control: "descend",
    prepare(size) {
      const clock = new ManualClock();
      const store = new MemoryStore<string, number>({
        clock,
        maxEntries: size,
        defaultTtlMs: size,
      });
      const keys = keysOf(2 * size);
      const next = inTurns(size, 2 * size);
      for (let i = 0; i < size; i++) {
        clock.advance(1);
        store.set(keys[i]!, i).unwrap();
      }
      return () => {
        clock.advance(1);
        return store.set(keys[next()]!, 0).ok;
      };
    },
  },
  {
    structure: STORE,
    operation: "keys",
    complexity: "O(n)",
    control: "visit",
    sizes: UP_TO_1E5,
    prepare(size) {
      const store = fullStore(size);
      return () => {
        let count = 0;
        for (const _ of store.keys()) count++;
        return count === size;
      };
    },
  },
  {
    structure: "InMemoryRepository",
    operation: "get",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const keys = keysOf(size);
      const entities = new InMemoryRepository<{ id: string; number: number }>({
        entity: "Entity",
        maxEntities: size,
      });
      for (let number = 0; number < size; number++) {
        entities.create({ id: keys[number]!, number }).unwrap();
      }
      return (number) => entities.get(keys[number]!)!.number === number;
    },
  },
  {
    structure: "InMemoryDeadLetterQueue",
    operation: "add and discard",
    complexity: "O(1)",
    control: "replace",
    sizes: UP_TO_1E5,
    prepare(size) {
      const letters = new InMemoryDeadLetterQueue<number>({
        maxLetters: size + 1,
      });
      const keys = keysOf(2 * size);
      const next = inTurns(size, 2 * size);
      const add = (number: number) =>
        letters.add({ id: keys[number]! } as DeadLetter<number>).ok;
      for (let i = 0; i < size; i++) add(i);
      return () => {
        const number = next();
        const oldest = number < size ? number + size : number - size;
        return letters.discard(keys[oldest]!) && add(number);
      };
    },
  },
];

// --- Tokens

const TOKENS = "InMemoryTokenStore";

/** A clock that is moved by a ms a token, so that n live for n ms. */
class TokenWork {
  readonly clock: ManualClock = new ManualClock({ now: 1 });
  readonly store: InMemoryTokenStore;
  readonly size: number;

  constructor(size: number) {
    this.size = size;
    this.store = new InMemoryTokenStore({
      clock: this.clock,
      maxTokens: size + HITS,
      graceMs: 0,
    });
  }

  get expiresAt(): number {
    return this.clock.now() + this.size;
  }

  add(jti: string, userId: string): boolean {
    this.clock.advance(1);
    return this.store.add({ jti, userId, expiresAt: this.expiresAt }).ok;
  }
}

function filledTokens(size: number): TokenWork {
  const work = new TokenWork(size);
  const keys = keysOf(size);
  for (let i = 0; i < size; i++) work.add(keys[i]!, keys[i % 100]!);
  return work;
}

const tokens: readonly Operation[] = [
  {
    structure: TOKENS,
    operation: "isActive",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { store } = filledTokens(size);
      const keys = keysOf(size);
      return (number) => store.isActive(keys[number]!);
    },
  },
  {
    structure: TOKENS,
    operation: "add, as one expires",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const work = filledTokens(size);
      const keys = keysOf(2 * size);
      const next = inTurns(size, 2 * size);
      return () => {
        const number = next();
        return work.add(keys[number]!, keys[number % 100]!);
      };
    },
  },
  {
    structure: TOKENS,
    operation: "rotate, as one expires",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const work = filledTokens(size);
      const { store, clock } = work;
      // They have just been added, and are rotated in time.
      const current = keysOf(size).slice(size / 2, size);
      const next = inTurns(0, current.length);
      let rotated = 0;
      return () => {
        clock.advance(1);
        const place = next();
        const jti = `rotated-${rotated++}`;
        const { expiresAt } = work;
        const rotation = store.rotate(current[place]!, { jti, expiresAt });
        current[place] = jti;
        return rotation.unwrap().outcome === "rotated";
      };
    },
  },
  {
    structure: TOKENS,
    operation: `add and revokeUser, ${HITS} of n tokens`,
    complexity: "O(log n)",
    note: PER_TOKEN,
    control: "descend",
    sizes: UP_TO_1E5,
    batch: () => HITS,
    prepare(size) {
      const work = filledTokens(size);
      let count = 0;
      return () => {
        const userId = `user-${count++}`;
        for (let i = 0; i < HITS; i++) work.add(`${userId}-${i}`, userId);
        return work.store.revokeUser(userId).unwrap() === HITS;
      };
    },
  },
  {
    structure: TOKENS,
    operation: "add and revokeUser, all tokens",
    complexity: "O(log n)",
    note: PER_TOKEN,
    control: "descend",
    sizes: UP_TO_1E5,
    batch: (size) => size,
    prepare(size) {
      const keys = keysOf(size);
      return () => {
        const work = new TokenWork(size);
        for (let i = 0; i < size; i++) work.add(keys[i]!, "ada");
        return work.store.revokeUser("ada").unwrap() === size;
      };
    },
  },
];

// --- Limits

/**
 * A millisecond passes with each request, and in so many ms a key may make as
 * many: nobody is denied, and keys are remembered.
 */
const RATE = { limit: 3_600_000, periodMs: 3_600_000 };

type MakeLimiter = (
  options: { readonly clock: ManualClock; readonly maxKeys: number },
) => InMemoryRateLimiter<string>;

const limiters: Readonly<Record<string, MakeLimiter>> = {
  GcraLimiter: (options) => new GcraLimiter({ ...options, ...RATE }),
  SlidingWindowLimiter: (options) =>
    new SlidingWindowLimiter({ ...options, ...RATE }),
};

const limits: readonly Operation[] = Object.entries(limiters).flatMap(
  ([structure, make]): Operation[] => [{
    structure,
    operation: "consume of a key that is known",
    complexity: "O(1)",
    control: "lookUp",
    prepare(size) {
      const clock = new ManualClock();
      const limiter = make({ clock, maxKeys: 2 * size });
      const keys = keysOf(size);
      for (const key of keys.slice(0, size)) limiter.consume(key);
      return (number) => {
        clock.advance(1);
        return limiter.consume(keys[number]!).allowed;
      };
    },
  }, {
    structure,
    operation: "consume of a new key, at the bound",
    complexity: "O(1)",
    control: "replace",
    prepare(size) {
      const clock = new ManualClock();
      const limiter = make({ clock, maxKeys: size });
      const keys = keysOf(2 * size);
      const next = inTurns(size, 2 * size);
      return () => {
        clock.advance(1);
        return limiter.consume(keys[next()]!).allowed;
      };
    },
  }],
);

/** What is kept by keys. */
export const stores: readonly Operation[] = [
  ...caches,
  ...stored,
  ...tokens,
  ...limits,
];
