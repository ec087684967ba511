import { type Clock } from "./clock.js";
import { CacheError } from "./errors.js";
import type {
  AtomicStore,
  BatchStore,
  ListableStore,
  StoreSetOptions,
  StoreUpdateOptions,
} from "./protocols.js";
import { type Result } from "./result.js";
export interface MemoryStoreOptions {
  readonly maxEntries?: number;
  readonly defaultTtlMs?: number;
  readonly clock?: Clock;
}
export declare class MemoryStore<TKey, TValue>
  implements
    AtomicStore<TKey, TValue>,
    BatchStore<TKey, TValue>,
    ListableStore<TKey, TValue> {
  constructor(options?: MemoryStoreOptions);
  get size(): number;
  get(key: TKey): TValue | undefined;
  set(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Result<void, CacheError<"CACHE_STORE_FULL">>;
  setIfAbsent(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Result<boolean, CacheError<"CACHE_STORE_FULL">>;
  update(
    key: TKey,
    change: (old: TValue | undefined) => TValue | undefined,
    options?: StoreUpdateOptions,
  ): Result<TValue | undefined, CacheError<"CACHE_STORE_FULL">>;
  delete(key: TKey): boolean;
  has(key: TKey): boolean;
  getMany(keys: Iterable<TKey>): Map<TKey, TValue>;
  keys(
    prefix?: [
      TKey,
    ] extends [
      string,
    ] ? string
      : undefined,
  ): Generator<TKey, void, undefined>;
  clear(): void;
  prune(): number;
}
