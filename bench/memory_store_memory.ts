/**
 * What key-value stores hold: numbers, for an hour or for ever.
 *
 * @module
 */

import { CacheableMemory } from "npm:@cacheable/memory@2.2.0";
import { TTLCache } from "npm:@isaacs/ttlcache@2.1.5";
import { MemoryStore } from "../src/memory_store.ts";
import type { Filler, Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";

const COUNT = 1e5;
const HOUR_MS = 3_600_000;

const keys = textsOf(COUNT, (number) => `key:${number}`);

function filler(
  make: () => { set(key: string, value: number): unknown },
): Filler {
  return (count) => {
    const store = make();
    for (let i = 0; i < count; i++) store.set(keys[i]!, i);
    return store;
  };
}

/** What is weighed. */
export const weighings: readonly Weighing[] = [{
  name: "Key-value store, 1e5 entries",
  item: "entry",
  count: COUNT,
  ours: {
    "groundwork": filler(() => new MemoryStore<string, number>()),
    "groundwork, TTL": filler(() =>
      new MemoryStore<string, number>({ defaultTtlMs: HOUR_MS })
    ),
  },
  peers: {
    "@isaacs/ttlcache, TTL": filler(() =>
      new TTLCache<string, number>({ ttl: HOUR_MS })
    ),
    "@cacheable/memory, TTL": filler(() =>
      new CacheableMemory({ useClone: false, ttl: HOUR_MS })
    ),
    "a bare Map": filler(() => new Map<string, number>()),
  },
}];
