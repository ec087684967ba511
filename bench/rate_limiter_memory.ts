// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * What limiters hold, in bytes a key, and how long it takes to add one. It needs
 * the garbage collector:
 *
 * ```sh
 * deno task bench:peers
 * node --expose-gc --import ./bench/node_resolver.mjs bench/rate_limiter_memory.ts
 * deno run -A --no-lock --v8-flags=--expose-gc bench/rate_limiter_memory.ts
 * ```
 *
 * Bytes are counted when each of so many keys has made one request. The keys are
 * there before, and do not count; but those that rate-limiter-flexible makes of
 * them, with its prefix, do. A million keys nearly fill a Map of V8, which grows
 * by doubling; 550,000 are soon after that.
 *
 * Timers, which rate-limiter-flexible has one of for each key, only count as far
 * as they are made of JavaScript.
 *
 * @module
 */

import process from "node:process";
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
import { bytesOf } from "./memory.ts";

const HOUR_MS = 3_600_000;
const LIMIT = 100;

const BOUNDS = { maxKeys: 2 ** 21, onFull: "deny" } as const;
const WINDOW = { ...BOUNDS, limit: LIMIT, periodMs: HOUR_MS };

/** Makes a limiter and lets each key take a unit. */
type Filler = (keys: readonly string[]) => unknown;

function fill(
  limiter: InMemoryRateLimiter<string>,
  keys: readonly string[],
): unknown {
  for (const key of keys) limiter.consume(key);
  if (limiter.size !== keys.length) throw new Error(`It has ${limiter.size}`);
  return limiter;
}

const fillers: Readonly<Record<string, Filler>> = {
  "groundwork, GCRA": (keys) => fill(new GcraLimiter(WINDOW), keys),
  "groundwork, token bucket": (keys) =>
    fill(
      new TokenBucketLimiter({ ...WINDOW, capacity: LIMIT, refill: LIMIT }),
      keys,
    ),
  "groundwork, fixed window": (keys) =>
    fill(new FixedWindowLimiter(WINDOW), keys),
  "groundwork, sliding window": (keys) =>
    fill(new SlidingWindowLimiter(WINDOW), keys),
  async "rate-limiter-flexible"(keys) {
    const limiter = new RateLimiterMemory({ points: LIMIT, duration: 3_600 });
    for (const key of keys) await limiter.consume(key);
    return limiter;
  },
  "limiter, in a Map"(keys) {
    const options = { tokensPerInterval: LIMIT, interval: HOUR_MS };
    const limiters = new Map<string, Limiter>();
    for (const key of keys) {
      const limiter = new Limiter(options);
      limiters.set(key, limiter);
      limiter.tryRemoveTokens(1);
    }
    return limiters;
  },
  "hono-rate-limiter's store"(keys) {
    const store = new MemoryStore();
    store.init({ windowMs: HOUR_MS } as Parameters<MemoryStore["init"]>[0]);
    for (const key of keys) store.increment(key);
    return store;
  },
};

function addresses(count: number): string[] {
  return Array.from(
    { length: count },
    (_, number) => `10.${number >> 16}.${number >> 8 & 255}.${number & 255}`,
  );
}

const all = addresses(1e6);

console.log(
  "bytes a key".padEnd(30),
  "     1e6   5.5e5   ns to add one of 1e6",
);
for (const [name, filler] of Object.entries(fillers)) {
  await bytesOf(() => filler(all.slice(0, 1e3))); // Code does not count.
  let tookMs = 0;
  const bytes = await bytesOf(async () => {
    const start = performance.now();
    const filled = await filler(all);
    tookMs = performance.now() - start;
    return filled;
  });
  const fewer = all.slice(0, 5.5e5);
  const worse = await bytesOf(() => filler(fewer));
  console.log(
    name.padEnd(30),
    (bytes / 1e6).toFixed(1).padStart(8),
    (worse / 5.5e5).toFixed(1).padStart(7),
    tookMs.toFixed(0).padStart(9),
  );
}

process.exit(); // The timers of some peers go on for long.
