import type { CacheKey, UntypedKey } from "./cache_key.js";
import { type Clock } from "./clock.js";
import { CacheError, type ErrorOf } from "./errors.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
export type CacheSetError = ErrorOf<
  | "CACHE_ENTRY_TOO_LARGE"
  | "CACHE_SERIALIZATION_FAILED"
  | "CACHE_CONNECTION_FAILED"
>;
export interface CacheEntry<T> {
  readonly key: string;
  readonly value: T;
  readonly ttlMs: number;
  readonly tags: readonly string[];
}
export interface CacheSetOptions {
  readonly ttlMs?: number;
  readonly tags?: Iterable<string>;
  readonly weight?: number;
}
export interface LoadContext<T> {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly stale: CacheEntry<T> | undefined;
}
export interface LoadOptions<T> extends CacheSetOptions {
  readonly staleMs?: number;
  readonly errorTtlMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly policy?: (value: T) => CacheSetOptions | false;
}
export interface CacheProvider<T = unknown> {
  get<V extends T = T>(key: CacheKey<V> | UntypedKey): Awaitable<V | undefined>;
  entry<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
  ): Awaitable<CacheEntry<V> | undefined>;
  set<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    options?: CacheSetOptions,
  ): Awaitable<Result<void, CacheSetError>>;
  setWithTags<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    tags: Iterable<string>,
    ttlMs?: number,
  ): Awaitable<Result<void, CacheSetError>>;
  delete(key: string): Awaitable<boolean>;
  has(key: string): Awaitable<boolean>;
  getTags(key: string): Awaitable<readonly string[]>;
  invalidateByTag(tag: string): Awaitable<number>;
  clearPattern(glob: string): Awaitable<number>;
  getOrSet<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    load: (context: LoadContext<V>) => Awaitable<NoInfer<V>>,
    options?: LoadOptions<NoInfer<V>>,
  ): Awaitable<V>;
  clear(): Awaitable<void>;
}
export declare function isCacheProvider(value: unknown): value is CacheProvider;
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly hitRate: number;
  readonly evictions: number;
  readonly expirations: number;
  readonly size: number;
  readonly weight: number;
}
export type RemovalReason =
  | "evicted"
  | "expired"
  | "deleted"
  | "replaced"
  | "invalidated"
  | "cleared";
export interface CacheOptions<T> {
  readonly maxEntries?: number;
  readonly maxWeight?: number;
  readonly weigh?: (value: T, key: string) => number;
  readonly ttlMs?: number;
  readonly eviction?: "lru" | "s3-fifo";
  readonly copy?: "reference" | "clone";
  readonly onRemove?: (entry: CacheEntry<T>, reason: RemovalReason) => void;
  readonly onLoadError?: (
    error: CacheError<"CACHE_LOAD_FAILED">,
    key: string,
  ) => void;
  readonly clock?: Clock;
}
export declare class InMemoryCacheProvider<T = unknown>
  implements CacheProvider<T>, Disposable {
  constructor(options?: CacheOptions<T>);
  get stats(): CacheStats;
  get size(): number;
  get<V extends T = T>(key: CacheKey<V> | UntypedKey): V | undefined;
  peek<V extends T = T>(key: CacheKey<V> | UntypedKey): V | undefined;
  entry<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
  ): CacheEntry<V> | undefined;
  has(key: string): boolean;
  getTags(key: string): readonly string[];
  set<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    options?: CacheSetOptions,
  ): Result<void, CacheSetError>;
  setWithTags<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
    tags: Iterable<string>,
    ttlMs?: number,
  ): Result<void, CacheSetError>;
  delete(key: string): boolean;
  invalidateByTag(tag: string): number;
  clearPattern(glob: string): number;
  clear(): void;
  prune(limit?: number): number;
  [Symbol.dispose](): void;
  getOrSet<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    load: (context: LoadContext<V>) => Awaitable<NoInfer<V>>,
    options?: LoadOptions<NoInfer<V>>,
  ): Awaitable<V>;
}
