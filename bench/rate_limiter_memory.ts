/**
 * What limiters hold when each key has made one request. A million keys nearly
 * fill a Map of V8, which grows by doubling; 550,000 are soon after that.
 *
 * @module
 */

import { MemoryStore } from "npm:hono-rate-limiter@0.5.4";
import { RateLimiter as Limiter } from "npm:limiter@4.1.0";
import { RateLimiterMemory } from "npm:rate-limiter-flexible@11.4.0";
import {
  FixedWindowLimiter,
  GcraLimiter,
  type InMemoryRateLimiter,
  SlidingWindowLimiter,
  TokenBucketLimiter,
} from "../src/rate_limiter.ts";
import type { Filler, Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";

const HOUR_MS = 3_600_000;
const LIMIT = 100;

const BOUNDS = { maxKeys: 2 ** 21, onFull: "deny" } as const;
const WINDOW = { ...BOUNDS, limit: LIMIT, periodMs: HOUR_MS };

const all = textsOf(
  1e6,
  (number) => `10.${number >> 16}.${number >> 8 & 255}.${number & 255}`,
);

function filler(make: () => InMemoryRateLimiter<string>): Filler {
  return (count) => {
    const limiter = make();
    for (const key of all.slice(0, count)) limiter.consume(key);
    if (limiter.size === count) return limiter;
    throw new Error(`It has ${limiter.size} keys`);
  };
}

const ours: Readonly<Record<string, Filler>> = {
  "groundwork, GCRA": filler(() => new GcraLimiter(WINDOW)),
  "groundwork, token bucket": filler(() =>
    new TokenBucketLimiter({ ...WINDOW, capacity: LIMIT, refill: LIMIT })
  ),
  "groundwork, fixed window": filler(() => new FixedWindowLimiter(WINDOW)),
  "groundwork, sliding window": filler(() => new SlidingWindowLimiter(WINDOW)),
};

const peers: Readonly<Record<string, Filler>> = {
  async "rate-limiter-flexible"(count) {
    const limiter = new RateLimiterMemory({ points: LIMIT, duration: 3_600 });
    for (const key of all.slice(0, count)) await limiter.consume(key);
    return limiter;
  },
  "limiter, in a Map"(count) {
    const options = { tokensPerInterval: LIMIT, interval: HOUR_MS };
    const limiters = new Map<string, Limiter>();
    for (const key of all.slice(0, count)) {
      const limiter = new Limiter(options);
      limiters.set(key, limiter);
      limiter.tryRemoveTokens(1);
    }
    return limiters;
  },
  "hono-rate-limiter's store"(count) {
    const store = new MemoryStore();
    store.init({ windowMs: HOUR_MS } as Parameters<MemoryStore["init"]>[0]);
    for (const key of all.slice(0, count)) store.increment(key);
    return store;
  },
};

/** What is weighed. */
export const weighings: readonly Weighing[] = [1e6, 5.5e5].map((count) => ({
  name: `Rate limiter, ${count === 1e6 ? "1e6" : "5.5e5"} keys`,
  item: "key",
  count,
  ours,
  peers,
  note:
    "rate-limiter-flexible makes keys of its own, and a timer for each; of a " +
    "timer only what is JavaScript is weighed.",
}));
