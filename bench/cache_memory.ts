/**
 * What caches hold: when they have just become full, and after two and a half
 * times as many writes as their bound, as a Map from which keys are deleted takes
 * more room, and S3-FIFO has ghosts by then.
 *
 * @module
 */

import { LRUCache } from "npm:lru-cache@11.5.3";
import { LRUCache as Mnemonist, LRUMap } from "npm:mnemonist@0.40.8";
import QuickLru from "npm:quick-lru@7.3.0";
import { type CacheOptions, InMemoryCacheProvider } from "../src/cache.ts";
import type { Filler, Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";

interface Cache {
  set(key: string, value: boolean): unknown;
}

type Makers = Readonly<Record<string, (max: number) => Cache>>;

const HOUR_MS = 3_600_000;

function ours(options: CacheOptions<boolean>): (max: number) => Cache {
  return (maxEntries) => new InMemoryCacheProvider({ maxEntries, ...options });
}

const ourMakers: Makers = {
  "groundwork": ours({ ttlMs: Infinity }),
  "groundwork, TTL": ours({ ttlMs: HOUR_MS }),
  "groundwork, s3-fifo": ours({ ttlMs: Infinity, eviction: "s3-fifo" }),
  "groundwork, s3-fifo, TTL": ours({ ttlMs: HOUR_MS, eviction: "s3-fifo" }),
};

const peerMakers: Makers = {
  "lru-cache": (max) => new LRUCache<string, boolean>({ max }),
  "lru-cache, TTL": (max) =>
    new LRUCache<string, boolean>({ max, ttl: HOUR_MS }),
  "quick-lru": (maxSize) => new QuickLru<string, boolean>({ maxSize }),
  "quick-lru, TTL": (maxSize) =>
    new QuickLru<string, boolean>({ maxSize, maxAge: HOUR_MS }),
  "mnemonist LRUCache": (max) => new Mnemonist<string, boolean>(max),
  "mnemonist LRUMap": (max) => new LRUMap<string, boolean>(max),
};

const keys = textsOf(250_000, (number) => `key:${number}`);

function fillers(makers: Makers, writes: number): Record<string, Filler> {
  return Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [name, (max) => {
      const cache = make(max);
      for (const key of keys.slice(0, writes * max)) cache.set(key, true);
      return cache;
    }]),
  );
}

function weighing(state: string, writes: number): Weighing {
  return {
    name: `Cache, 1e5 entries, ${state}`,
    item: "entry",
    count: 1e5,
    ours: fillers(ourMakers, writes),
    peers: {
      ...fillers(peerMakers, writes),
      ...writes === 1 && fillers({ "a bare Map": () => new Map() }, writes),
    },
    note:
      "quick-lru keeps up to twice as many entries as its bound. mnemonist's " +
      "have no TTL.",
  };
}

/** What is weighed. */
export const weighings: readonly Weighing[] = [
  weighing("just full", 1),
  weighing("after 2.5e5 writes", 2.5),
];
