import type { Clock } from "./clock.js";
import type { ErrorOf, InfrastructureError } from "./errors.js";
import type { Result } from "./result.js";
export type Awaitable<T> = T | Promise<T>;
export type DeepReadonly<T> = T extends (...args: never[]) => unknown ? T
  : T extends object ? {
      readonly [K in keyof T]: DeepReadonly<T[K]>;
    }
  : T;
export type CreateError = ErrorOf<
  "DB_DUPLICATE_KEY" | "DB_REPOSITORY_FULL" | "DB_CONSTRAINT_VIOLATION"
>;
export type UpdateError = ErrorOf<
  "DB_ENTITY_NOT_FOUND" | "DB_CONSTRAINT_VIOLATION"
>;
export type StoreSetError = ErrorOf<
  "CACHE_STORE_FULL" | "CACHE_SERIALIZATION_FAILED"
>;
export interface CloseOptions {
  readonly drainMs?: number;
}
export interface ListOptions {
  readonly offset?: number;
  readonly limit?: number;
}
export interface Repository<TEntity, TId = string> {
  get(id: TId): Awaitable<TEntity | undefined>;
  getAll(options?: ListOptions): Awaitable<readonly TEntity[]>;
  create(entity: TEntity): Awaitable<Result<TEntity, CreateError>>;
  update(entity: TEntity): Awaitable<Result<TEntity, UpdateError>>;
  delete(id: TId): Awaitable<boolean>;
  exists(id: TId): Awaitable<boolean>;
}
export interface Service<TInput, TOutput, TError = InfrastructureError> {
  execute(input: TInput): Awaitable<Result<TOutput, TError>>;
}
export interface Factory<TConfig, TInstance> {
  create(config: TConfig): Awaitable<TInstance>;
  createDefault(): Awaitable<TInstance>;
}
export interface StoreSetOptions {
  readonly ttlMs?: number;
}
export interface Store<TKey, TValue> {
  get(key: TKey): Awaitable<TValue | undefined>;
  set(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Awaitable<Result<void, StoreSetError>>;
  delete(key: TKey): Awaitable<boolean>;
  has(key: TKey): Awaitable<boolean>;
}
export interface StoreUpdateOptions {
  readonly ttlMs?: number;
  readonly initialTtlMs?: number;
}
export interface AtomicStore<TKey, TValue> extends Store<TKey, TValue> {
  setIfAbsent(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Awaitable<Result<boolean, StoreSetError>>;
  update(
    key: TKey,
    change: (old: TValue | undefined) => TValue | undefined,
    options?: StoreUpdateOptions,
  ): Awaitable<Result<TValue | undefined, StoreSetError>>;
}
export interface BatchStore<TKey, TValue> extends Store<TKey, TValue> {
  getMany(keys: Iterable<TKey>): Awaitable<ReadonlyMap<TKey, TValue>>;
}
export interface ListableStore<TKey, TValue> extends Store<TKey, TValue> {
  keys(
    prefix?: [
      TKey,
    ] extends [
      string,
    ] ? string
      : undefined,
  ): Iterable<TKey> | AsyncIterable<TKey>;
}
export declare function isRepository(
  value: unknown,
): value is Repository<unknown, unknown>;
export declare function isService(
  value: unknown,
): value is Service<unknown, unknown>;
export declare function isFactory(
  value: unknown,
): value is Factory<unknown, unknown>;
export declare function isStore(
  value: unknown,
): value is Store<unknown, unknown>;
export declare function isAtomicStore<TKey, TValue>(
  store: Store<TKey, TValue>,
): store is AtomicStore<TKey, TValue>;
export declare function isAtomicStore(
  value: unknown,
): value is AtomicStore<unknown, unknown>;
export declare function isBatchStore<TKey, TValue>(
  store: Store<TKey, TValue>,
): store is BatchStore<TKey, TValue>;
export declare function isBatchStore(
  value: unknown,
): value is BatchStore<unknown, unknown>;
export declare function isListableStore<TKey, TValue>(
  store: Store<TKey, TValue>,
): store is ListableStore<TKey, TValue>;
export declare function isListableStore(
  value: unknown,
): value is ListableStore<unknown, unknown>;
export declare function isClock(value: unknown): value is Clock;
export declare function hasMethods(
  value: unknown,
  names: readonly string[],
): boolean;
