/**
 * Requests of clients that are told by their addresses. How to run it: see
 * `harness.ts`. What limiters hold is measured by `rate_limiter_memory.ts`.
 *
 * A call makes 16 requests (`x 16`), so that the loop around it does not drown
 * the differences. An answer is how many of them were allowed: where it says
 * "denied", as many to begin with as the limits of the keys come to, then none.
 *
 * All read the machine's clock for each request. With one key that is most of what
 * there is to do, and how long it takes depends on which clock: `Date.now()` may
 * be set back, and `performance.now()`, which is ours and limiter's, may not, and
 * takes twice as long on Deno. What is not the same besides:
 *
 * - rate-limiter-flexible has nothing but promises: each is awaited, in a `try`,
 *   since a denial is a rejection. The others are called. Where it says
 *   "awaited", they are awaited as well: ours by code that is written for any
 *   `RateLimiter`, and hono-rate-limiter as by its own middleware.
 * - rate-limiter-flexible and hono-rate-limiter count by fixed windows, and count
 *   what they deny; "by hand" is a fixed window in a Map. limiter is a bucket,
 *   and has no keys: here it stands in a Map that nobody prunes.
 * - rate-limiter-flexible puts a prefix before each key: that is a new string,
 *   which a Map has to hash. The others get strings that have been hashed before.
 * - hono-rate-limiter's store is asked without the middleware around it.
 * - Of two limits, rate-limiter-flexible's union takes from one of them what the
 *   other denies. The others have no such thing.
 *
 * Ours is the `GcraLimiter`. The ways to count are only beside each other with
 * `--filter algorithms`: engines compile calls to them for those they have seen,
 * and most programs use one.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { MemoryStore } from "npm:hono-rate-limiter@0.5.4";
import { RateLimiter as Limiter } from "npm:limiter@4.1.0";
import {
  RateLimiterMemory,
  RateLimiterUnion,
} from "npm:rate-limiter-flexible@11.4.0";
import { CombinedRateLimiter } from "../src/combined_rate_limiter.ts";
import {
  FixedWindowLimiter,
  GcraLimiter,
  type RateLimiter,
  SlidingWindowLimiter,
  TokenBucketLimiter,
} from "../src/rate_limiter.ts";
import { copy } from "./copy.ts";
import { bench, type Contender, type Group } from "./harness.ts";

const HOUR_MS = 3_600_000;
const HOUR_S = HOUR_MS / 1_000;

/** So many that nobody comes to the end of them. */
const PLENTY = 1e9;

/** Whether a key may go on. */
type Ask = (key: string) => boolean;

/** Makes a contender of the keys, by a limit for each. */
type Maker = (limit: number, keys: readonly string[]) => Contender;

type Makers = Readonly<Record<string, Maker>>;

// What contenders do. A copy is compiled for each: no free variables in here.

function call(ask: Ask, keys: readonly string[]): Contender {
  let at = 0;
  return () => {
    let allowed = 0;
    for (let n = 0; n < 16; n++) {
      if (ask(keys[at]!)) allowed++;
      if (++at === keys.length) at = 0;
    }
    return allowed;
  };
}

function awaitOurs(
  limiter: RateLimiter<string>,
  keys: readonly string[],
): Contender {
  let at = 0;
  return async () => {
    let allowed = 0;
    for (let n = 0; n < 16; n++) {
      const decision = await limiter.consume(keys[at]!);
      if (decision.allowed) allowed++;
      if (++at === keys.length) at = 0;
    }
    return allowed;
  };
}

function awaitHits(
  store: MemoryStore,
  limit: number,
  keys: readonly string[],
): Contender {
  let at = 0;
  return async () => {
    let allowed = 0;
    for (let n = 0; n < 16; n++) {
      const { totalHits } = await store.increment(keys[at]!);
      if (totalHits <= limit) allowed++;
      if (++at === keys.length) at = 0;
    }
    return allowed;
  };
}

/** Of which a denial is a rejection. */
interface Rejecting {
  consume(key: string): Promise<unknown>;
}

function awaitRejecting(
  limiter: Rejecting,
  keys: readonly string[],
): Contender {
  let at = 0;
  return async () => {
    let allowed = 0;
    for (let n = 0; n < 16; n++) {
      try {
        await limiter.consume(keys[at]!);
        allowed++;
      } catch {
        // Denied.
      }
      if (++at === keys.length) at = 0;
    }
    return allowed;
  };
}

// --- Contenders

/** Makes one that is called. */
function called(makeAsk: (limit: number) => Ask): Maker {
  return (limit, keys) => copy(call)(makeAsk(limit), keys);
}

function makeStore(): MemoryStore {
  const store = new MemoryStore();
  store.init({ windowMs: HOUR_MS } as Parameters<MemoryStore["init"]>[0]);
  return store;
}

const byHand: Maker = called((limit) => {
  const windows = new Map<string, { count: number; endsAt: number }>();
  return (key) => {
    const now = Date.now();
    const window = windows.get(key);
    if (window === undefined || now >= window.endsAt) {
      windows.set(key, { count: 1, endsAt: now + HOUR_MS });
      return true;
    }
    if (window.count === limit) return false;
    window.count++;
    return true;
  };
});

const flexible: Maker = (points, keys) =>
  copy(awaitRejecting)(
    new RateLimiterMemory({ points, duration: HOUR_S }),
    keys,
  );

const makers: Makers = {
  "groundwork": called((limit) => {
    const limiter = new GcraLimiter({ limit, periodMs: HOUR_MS });
    return (key) => limiter.consume(key).allowed;
  }),
  "rate-limiter-flexible, awaited": flexible,
  "limiter, in a Map": called((tokensPerInterval) => {
    const options = { tokensPerInterval, interval: HOUR_MS };
    const limiters = new Map<string, Limiter>();
    return (key) => {
      let limiter = limiters.get(key);
      if (limiter === undefined) {
        limiters.set(key, limiter = new Limiter(options));
      }
      return limiter.tryRemoveTokens(1);
    };
  }),
  "hono-rate-limiter's store": called((limit) => {
    const store = makeStore();
    return (key) => store.increment(key).totalHits <= limit;
  }),
};

const awaitedMakers: Makers = {
  "groundwork": (limit, keys) =>
    copy(awaitOurs)(new GcraLimiter({ limit, periodMs: HOUR_MS }), keys),
  "rate-limiter-flexible": flexible,
  "hono-rate-limiter's store": (limit, keys) =>
    copy(awaitHits)(makeStore(), limit, keys),
};

/** So many an hour, and twice as many in four hours. */
const twoLimits: Makers = {
  "groundwork": (limit, keys) =>
    copy(awaitOurs)(
      new CombinedRateLimiter([
        new GcraLimiter({ limit, periodMs: HOUR_MS }),
        new GcraLimiter({ limit: 2 * limit, periodMs: 4 * HOUR_MS }),
      ]),
      keys,
    ),
  "rate-limiter-flexible's union": (points, keys) =>
    copy(awaitRejecting)(
      new RateLimiterUnion(
        new RateLimiterMemory({ keyPrefix: "1h", points, duration: HOUR_S }),
        new RateLimiterMemory({
          keyPrefix: "4h",
          points: 2 * points,
          duration: 4 * HOUR_S,
        }),
      ),
      keys,
    ),
};

const algorithms: Makers = {
  "groundwork": makers["groundwork"]!,
  "token bucket": called((capacity) => {
    const limiter = new TokenBucketLimiter({
      capacity,
      refill: capacity,
      periodMs: HOUR_MS,
    });
    return (key) => limiter.consume(key).allowed;
  }),
  "fixed window": called((limit) => {
    const limiter = new FixedWindowLimiter({ limit, periodMs: HOUR_MS });
    return (key) => limiter.consume(key).allowed;
  }),
  "sliding window": called((limit) => {
    const limiter = new SlidingWindowLimiter({ limit, periodMs: HOUR_MS });
    return (key) => limiter.consume(key).allowed;
  }),
};

// --- Groups

function compare(
  name: string,
  makers: Makers,
  floor: Maker | undefined,
  limit: number,
  keys: readonly string[],
): Group {
  const { groundwork, ...peers } = Object.fromEntries(
    Object.entries(makers).map(([peer, make]) => [peer, make(limit, keys)]),
  );
  return {
    name,
    ours: groundwork!,
    ...(floor && { floor: floor(limit, keys) }),
    peers,
    check(answer, i) {
      const left = Math.max(0, keys.length * limit - 16 * i);
      return answer === Math.min(16, left);
    },
  };
}

/** Addresses, in no order of theirs. */
function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const number = i * 7_919 % count;
    return `198.51.${100 + (number >> 8)}.${number & 255}`;
  });
}

function suite(suffix: string, makers: Makers, floor?: Maker): Group[] {
  const group = (name: string, limit: number, keys: number): Group =>
    compare(`${name} x 16${suffix}`, makers, floor, limit, addresses(keys));
  return [
    group("1 key, allowed", PLENTY, 1),
    group("1e4 keys, allowed", PLENTY, 1e4),
    group("2 keys, denied", 12, 2),
  ];
}

const { values: { filter } } = parseArgs({
  options: { filter: { type: "string", default: "" } },
  strict: false, // The harness knows the others.
});
const groups: Group[] = [
  ...suite("", makers, byHand),
  ...suite(", awaited", awaitedMakers),
  ...suite(", two limits", twoLimits),
];
if (filter === "algorithms") groups.push(...suite(", algorithms", algorithms));

await bench(import.meta, "rate-limiter", groups);

// The timers of some peers go on for long. Under `deno bench` it is not the end.
if (import.meta.main !== false) process.exit();
