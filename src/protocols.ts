/**
 * The protocols that the parts of a service are written against, each with a
 * guard that checks an object at run time.
 *
 * When to use it: as the type of what a service needs, so that a test, a memory
 * and a database fit in.
 *
 * When not: where only one implementation will ever be: then its class is the
 * type.
 *
 * - **Checked by their shape.** A guard looks at the methods; the conformance
 *   suites in `tests/` look at what they do.
 *
 * Methods return {@linkcode Awaitable}: an in-memory implementation stays
 * synchronous and makes no promise a call, a remote one is asynchronous, and
 * code written against the protocol awaits either.
 *
 * @example A function that takes any store
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import type { Store } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function countVisit(store: Store<string, number>, page: string) {
 *   const visits = (await store.get(page) ?? 0) + 1;
 *   (await store.set(page, visits)).unwrap();
 *   return visits;
 * }
 *
 * const store = new MemoryStore<string, number>();
 * await countVisit(store, "/");
 * strictEqual(await countVisit(store, "/"), 2);
 * ```
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { ErrorOf, InfrastructureError } from "./errors.ts";
import type { Result } from "./result.ts";

/**
 * A value, or a promise of it.
 *
 * @typeParam T The type of the value.
 *
 * @example A source that may be near or far
 * ```ts
 * import type { Awaitable } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * const greet = async (nameOf: () => Awaitable<string>) =>
 *   `Hello ${await nameOf()}`;
 *
 * strictEqual(await greet(() => "Ada"), "Hello Ada");
 * strictEqual(await greet(() => Promise.resolve("Bob")), "Hello Bob");
 * ```
 */
export type Awaitable<T> = T | Promise<T>;

/**
 * A type of plain data with nothing in it that can be assigned.
 *
 * @typeParam T The type.
 *
 * @example Inner fields as well
 * ```ts
 * import type { DeepReadonly } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Claims = { roles: string[] };
 * const claims: DeepReadonly<Claims> = { roles: ["admin"] };
 * // @ts-expect-error -- an array that cannot be changed
 * const push = claims.roles.push;
 * strictEqual(typeof push, "function");
 * ```
 */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown ? T
  : T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T;

/** Why {@linkcode Repository.create} refuses an entity. */
export type CreateError = ErrorOf<
  "DB_DUPLICATE_KEY" | "DB_REPOSITORY_FULL" | "DB_CONSTRAINT_VIOLATION"
>;

/** Why {@linkcode Repository.update} refuses an entity. */
export type UpdateError = ErrorOf<
  "DB_ENTITY_NOT_FOUND" | "DB_CONSTRAINT_VIOLATION"
>;

/** Why {@linkcode Store.set} refuses a value. */
export type StoreSetError = ErrorOf<
  "CACHE_STORE_FULL" | "CACHE_SERIALIZATION_FAILED"
>;

/** How something that works in the background is to end. */
export interface CloseOptions {
  /**
   * How long what is under way may go on before it is told to stop, in ms.
   *
   * @default {30_000}
   */
  readonly drainMs?: number;
}

/** Which part of a list to give. */
export interface ListOptions {
  /**
   * How many entities to pass over.
   *
   * @default {0}
   */
  readonly offset?: number;
  /**
   * How many entities to give at the most.
   *
   * @default {Infinity}
   */
  readonly limit?: number;
}

/**
 * Entities by their id. An entity that is given out is the caller's own:
 * changing it changes nothing in the repository.
 *
 * @typeParam TEntity The type of the entities.
 * @typeParam TId The type of their ids.
 *
 * @example A function that takes any repository
 * ```ts
 * import type { Repository } from "@groundwork/infra/protocols";
 * import { InMemoryRepository } from "@groundwork/infra/repository";
 * import { strictEqual } from "node:assert/strict";
 *
 * type User = { id: string; name: string };
 *
 * async function rename(users: Repository<User>, id: string, name: string) {
 *   const user = await users.get(id);
 *   return user && (await users.update({ ...user, name })).unwrap();
 * }
 * const users = new InMemoryRepository<User>({ entity: "User" });
 * users.create({ id: "u1", name: "Ada" }).unwrap();
 * strictEqual((await rename(users, "u1", "Ada L."))?.name, "Ada L.");
 * strictEqual(await rename(users, "u2", "Bob"), undefined);
 * ```
 */
export interface Repository<TEntity, TId = string> {
  /**
   * One entity.
   *
   * @param id Its id.
   * @returns The entity, or `undefined` where there is none.
   */
  get(id: TId): Awaitable<TEntity | undefined>;

  /**
   * All entities, or a part of them, in the order of their creation.
   *
   * @param options Which part.
   * @returns The entities.
   * @throws {ValidationError} `offset` is not a whole number of 0 or more, or
   * `limit` not a number of 0 or more.
   */
  getAll(options?: ListOptions): Awaitable<readonly TEntity[]>;

  /**
   * Adds an entity.
   *
   * @param entity The entity; it carries its id.
   * @returns The entity as stored; or an error with the code
   * `DB_DUPLICATE_KEY` where the id is taken, `DB_REPOSITORY_FULL` where there
   * is no room, `DB_CONSTRAINT_VIOLATION` where a rule of the store is broken.
   */
  create(entity: TEntity): Awaitable<Result<TEntity, CreateError>>;

  /**
   * Replaces an entity.
   *
   * @param entity The new entity; it carries the id of the old.
   * @returns The entity as stored; or an error with the code
   * `DB_ENTITY_NOT_FOUND` where there is none with its id,
   * `DB_CONSTRAINT_VIOLATION` where a rule of the store is broken.
   */
  update(entity: TEntity): Awaitable<Result<TEntity, UpdateError>>;

  /**
   * Removes an entity.
   *
   * @param id Its id.
   * @returns Whether there was one.
   */
  delete(id: TId): Awaitable<boolean>;

  /**
   * Whether there is an entity.
   *
   * @param id Its id.
   * @returns Whether there is one.
   */
  exists(id: TId): Awaitable<boolean>;
}

/**
 * One operation of the domain.
 *
 * @typeParam TInput What it takes.
 * @typeParam TOutput What it gives.
 * @typeParam TError How it fails.
 *
 * @example An operation that checks its input
 * ```ts
 * import type { ValidationError } from "@groundwork/infra/errors";
 * import type { Service } from "@groundwork/infra/protocols";
 * import { validateNonEmpty } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const shorten: Service<string, { slug: string }, ValidationError> = {
 *   execute: (url) => validateNonEmpty("url", url).map(() => ({ slug: "a1" })),
 * };
 * const answer = await shorten.execute(" ");
 * strictEqual(answer.unwrapErr().field, "url");
 * ```
 */
export interface Service<TInput, TOutput, TError = InfrastructureError> {
  /**
   * Carries the operation out.
   *
   * @param input What it takes.
   * @returns What it gives, or how it failed.
   */
  execute(input: TInput): Awaitable<Result<TOutput, TError>>;
}

/**
 * Makes things of one kind.
 *
 * @typeParam TConfig What tells how to make one.
 * @typeParam TInstance What is made.
 *
 * @example Queues, large or of the usual size
 * ```ts
 * import type { Factory } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * const queues: Factory<
 *   { maxSize: number },
 *   { maxSize: number; jobs: string[] }
 * > = {
 *   create: ({ maxSize }) => ({ maxSize, jobs: [] }),
 *   createDefault: () => queues.create({ maxSize: 100 }),
 * };
 * const queue = await queues.createDefault();
 * strictEqual(queue.maxSize, 100);
 * ```
 */
export interface Factory<TConfig, TInstance> {
  /**
   * Makes one as told.
   *
   * @param config How to make it.
   * @returns What was made.
   */
  create(config: TConfig): Awaitable<TInstance>;

  /**
   * Makes one with the defaults.
   *
   * @returns What was made.
   */
  createDefault(): Awaitable<TInstance>;
}

/** Options of {@linkcode Store.set} and {@linkcode AtomicStore.setIfAbsent}. */
export interface StoreSetOptions {
  /**
   * How long the value stays, in ms. `Infinity` means for good; 0 or less
   * removes what is there and stores nothing. Default: the store's own.
   */
  readonly ttlMs?: number;
}

/**
 * Values by their key, each for a time. What some stores can do beyond it has
 * an interface each, so that a part of a service asks for what it needs and no
 * more:
 *
 * - {@linkcode AtomicStore}: where two callers may want the same key at the
 *   same time, and one of them must not undo the other. A rate limiter counts
 *   with `update`; an idempotency check or a lock claims a key with
 *   `setIfAbsent`; a token store rotates a token with `update`.
 * - {@linkcode BatchStore}: where many keys are wanted at once, and the store
 *   is far away.
 * - {@linkcode ListableStore}: where keys are not known beforehand, such as all
 *   sessions of a user.
 *
 * @typeParam TKey The type of the keys.
 * @typeParam TValue The type of the values.
 *
 * @example Do a job at most once a minute
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import type { Store } from "@groundwork/infra/protocols";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * async function isFirst(seen: Store<string, true>, jobId: string) {
 *   if (await seen.has(jobId)) return false;
 *   (await seen.set(jobId, true, { ttlMs: 60_000 })).unwrap();
 *   return true;
 * }
 * const seen = new MemoryStore<string, true>();
 * deepStrictEqual(
 *   [await isFirst(seen, "j1"), await isFirst(seen, "j1")],
 *   [true, false],
 * );
 * ```
 */
export interface Store<TKey, TValue> {
  /**
   * A value.
   *
   * @param key Its key.
   * @returns The value, or `undefined` where there is none (any more).
   */
  get(key: TKey): Awaitable<TValue | undefined>;

  /**
   * Stores a value in place of what is there.
   *
   * @param key Its key.
   * @param value The value.
   * @param options How long it stays.
   * @returns Nothing; or an error with the code `CACHE_STORE_FULL` where there
   * is no room for one more key (a store never drops a live value to make
   * room), `CACHE_SERIALIZATION_FAILED` where a remote one cannot write the
   * value down.
   * @throws {ValidationError} `ttlMs` is not a number or is NaN.
   */
  set(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Awaitable<Result<void, StoreSetError>>;

  /**
   * Removes a value.
   *
   * @param key Its key.
   * @returns Whether there was a live one.
   */
  delete(key: TKey): Awaitable<boolean>;

  /**
   * Whether there is a live value, be it `undefined`.
   *
   * @param key Its key.
   * @returns Whether there is one.
   */
  has(key: TKey): Awaitable<boolean>;
}

/** Options of {@linkcode AtomicStore.update}. */
export interface StoreUpdateOptions {
  /**
   * How long the value stays from now on, in ms; what was there begins its time
   * anew. `Infinity` means for good; 0 or less removes what is there and stores
   * nothing. Default: what was there keeps what is left of its time.
   */
  readonly ttlMs?: number;
  /**
   * How long the value stays where there was none before, in ms: the length of
   * a window that begins with its first event. 0 or less stores nothing.
   * Default: `ttlMs`, or else the store's own.
   */
  readonly initialTtlMs?: number;
}

/**
 * A store that looks and writes in one step: no other write to the key comes
 * between. With `get` and `set` alone, two callers that read the same count
 * write the same new one, and two that find nothing both begin.
 *
 * @typeParam TKey The type of the keys.
 * @typeParam TValue The type of the values.
 *
 * @example Calls a minute, for any number of servers
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import type { AtomicStore } from "@groundwork/infra/protocols";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * async function countCall(calls: AtomicStore<string, number>, user: string) {
 *   const counted = await calls.update(user, (count = 0) => count + 1, {
 *     initialTtlMs: 60_000,
 *   });
 *   return counted.unwrap();
 * }
 * const calls = new MemoryStore<string, number>();
 * deepStrictEqual(
 *   await Promise.all([countCall(calls, "ada"), countCall(calls, "ada")]),
 *   [1, 2],
 * );
 * ```
 */
export interface AtomicStore<TKey, TValue> extends Store<TKey, TValue> {
  /**
   * Stores a value where there is no live one. Of callers at the same time one
   * stores its value, and the others learn that they came late.
   *
   * @param key Its key.
   * @param value The value.
   * @param options How long it stays. With a `ttlMs` of 0 or less nothing is
   * stored, and nothing removed.
   * @returns Whether it was stored; or an error as {@linkcode Store.set} gives.
   * @throws {ValidationError} `ttlMs` is not a number or is NaN.
   */
  setIfAbsent(
    key: TKey,
    value: TValue,
    options?: StoreSetOptions,
  ): Awaitable<Result<boolean, StoreSetError>>;

  /**
   * Changes a value by what it is. A value that was there keeps what is left of
   * its time unless `ttlMs` is given, so that a counter does not lengthen its
   * own window.
   *
   * @param key Its key.
   * @param change Gives the new value, or `undefined` to remove the old one. It
   * gets `undefined` where there is none, and where that is what is stored. It
   * must have no effects and be quick: a store that finds that another write
   * was faster calls it again, with the newer value. What it throws is thrown,
   * and nothing has changed.
   * @param options How long the value stays.
   * @returns What is stored now, `undefined` where that is nothing; or an error
   * as {@linkcode Store.set} gives, and nothing has changed.
   * @throws {ValidationError} `ttlMs` or `initialTtlMs` is not a number or is
   * NaN.
   */
  update(
    key: TKey,
    change: (old: TValue | undefined) => TValue | undefined,
    options?: StoreUpdateOptions,
  ): Awaitable<Result<TValue | undefined, StoreSetError>>;
}

/**
 * A store that gives many values at once: one round trip where the store is far
 * away.
 *
 * @typeParam TKey The type of the keys.
 * @typeParam TValue The type of the values.
 *
 * @example Which of the tokens are known?
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import type { BatchStore } from "@groundwork/infra/protocols";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * async function unknownOf(
 *   tokens: BatchStore<string, unknown>,
 *   ids: readonly string[],
 * ) {
 *   const known = await tokens.getMany(ids);
 *   return ids.filter((id) => !known.has(id));
 * }
 * const tokens = new MemoryStore<string, unknown>();
 * tokens.set("t1", undefined).unwrap(); // Known, though nothing is told of it.
 * deepStrictEqual(await unknownOf(tokens, ["t1", "t2"]), ["t2"]);
 * ```
 */
export interface BatchStore<TKey, TValue> extends Store<TKey, TValue> {
  /**
   * Several values at once. They need not be of one moment: a write may come
   * between two of them.
   *
   * @param keys Their keys.
   * @returns The live values by their keys, in the order in which they were
   * asked for first. A key that is not in it has no value; one that is may have
   * `undefined`.
   */
  getMany(keys: Iterable<TKey>): Awaitable<ReadonlyMap<TKey, TValue>>;
}

/**
 * A store that tells its keys.
 *
 * @typeParam TKey The type of the keys. A prefix can be given only where they
 * are strings.
 * @typeParam TValue The type of the values.
 *
 * @example All sessions of a user
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import type { ListableStore } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function logOut(sessions: ListableStore<string, true>, user: string) {
 *   let ended = 0;
 *   for await (const id of sessions.keys(`${user}:`)) {
 *     if (await sessions.delete(id)) ended++;
 *   }
 *   return ended;
 * }
 * const sessions = new MemoryStore<string, true>();
 * for (const id of ["ada:1", "ada:2", "adam:1"]) {
 *   sessions.set(id, true).unwrap();
 * }
 * strictEqual(await logOut(sessions, "ada"), 2);
 * ```
 */
export interface ListableStore<TKey, TValue> extends Store<TKey, TValue> {
  /**
   * The keys of the live values, one by one, in no particular order. The store
   * may be changed on the way: a key that is live from the first step to the
   * last comes, one that is removed before its turn does not come, and one that
   * is added may come or not. A key may come twice where a store far away is
   * read in parts, or where it is removed and set again. The loop ends,
   * whatever is added.
   *
   * @param prefix What the keys begin with, code unit by code unit. Default:
   * all keys.
   * @returns The keys, which `for await` takes either way.
   * @throws {ValidationError} `prefix` is not a string.
   */
  keys(
    prefix?: [TKey] extends [string] ? string : undefined,
  ): Iterable<TKey> | AsyncIterable<TKey>;
}

/**
 * Whether a value has the methods of a {@linkcode Repository}. Like every
 * guard here it looks at the methods' presence, not at their parameters.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 *
 * @example Check a plug-in
 * ```ts
 * import { isRepository } from "@groundwork/infra/protocols";
 * import { InMemoryRepository } from "@groundwork/infra/repository";
 * import { strictEqual } from "node:assert/strict";
 *
 * const users = new InMemoryRepository<{ id: string }>({ entity: "User" });
 * strictEqual(isRepository(users), true);
 * strictEqual(isRepository(new Map()), false);
 * ```
 */
export function isRepository(
  value: unknown,
): value is Repository<unknown, unknown> {
  return hasMethods(value, [
    "get",
    "getAll",
    "create",
    "update",
    "delete",
    "exists",
  ]);
}

/**
 * Whether a value has the method of a {@linkcode Service}.
 *
 * @param value What to look at.
 * @returns Whether it is there.
 *
 * @example Check a plug-in
 * ```ts
 * import { isService } from "@groundwork/infra/protocols";
 * import { ok } from "@groundwork/infra/result";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isService({ execute: (n: number) => ok(n + 1) }), true);
 * strictEqual(isService({ execute: true }), false);
 * ```
 */
export function isService(value: unknown): value is Service<unknown, unknown> {
  return hasMethods(value, ["execute"]);
}

/**
 * Whether a value has the methods of a {@linkcode Factory}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 *
 * @example Check a plug-in
 * ```ts
 * import { isFactory } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * const dates = {
 *   create: (text: string) => new Date(text),
 *   createDefault: () => new Date(0),
 * };
 * strictEqual(isFactory(dates), true);
 * strictEqual(isFactory(Date), false);
 * ```
 */
export function isFactory(value: unknown): value is Factory<unknown, unknown> {
  return hasMethods(value, ["create", "createDefault"]);
}

/**
 * Whether a value has the methods of a {@linkcode Store}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 *
 * @example A Map is close enough to be mistaken for one
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { isStore } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isStore(new MemoryStore()), true);
 * strictEqual(isStore(null), false);
 * strictEqual(isStore(new Map()), true);
 * ```
 */
export function isStore(value: unknown): value is Store<unknown, unknown> {
  return hasMethods(value, ["get", "set", "delete", "has"]);
}

/**
 * Whether a store is an {@linkcode AtomicStore}.
 *
 * @typeParam TKey The type of its keys.
 * @typeParam TValue The type of its values.
 * @param store What to look at.
 * @returns Whether the methods are all there.
 *
 * @example Refuse at the start what would miscount
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { isAtomicStore } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isAtomicStore(new MemoryStore<string, number>()), true);
 * strictEqual(isAtomicStore(new Map()), false);
 * ```
 */
export function isAtomicStore<TKey, TValue>(
  store: Store<TKey, TValue>,
): store is AtomicStore<TKey, TValue>;
/**
 * Whether a value has the methods of an {@linkcode AtomicStore}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 */
export function isAtomicStore(
  value: unknown,
): value is AtomicStore<unknown, unknown>;
export function isAtomicStore(value: unknown): boolean {
  return isStore(value) && hasMethods(value, ["setIfAbsent", "update"]);
}

/**
 * Whether a store is a {@linkcode BatchStore}.
 *
 * @typeParam TKey The type of its keys.
 * @typeParam TValue The type of its values.
 * @param store What to look at.
 * @returns Whether the methods are all there.
 *
 * @example One round trip where the store can do it
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { isBatchStore, type Store } from "@groundwork/infra/protocols";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * async function sum(store: Store<string, number>, keys: readonly string[]) {
 *   const numbers = isBatchStore(store)
 *     ? [...(await store.getMany(keys)).values()]
 *     : await Promise.all(keys.map((key) => store.get(key)));
 *   return numbers.reduce<number>((total, it) => total + (it ?? 0), 0);
 * }
 * const store = new MemoryStore<string, number>();
 * store.set("a", 1).unwrap();
 * store.set("b", 2).unwrap();
 * deepStrictEqual(await sum(store, ["a", "b", "c"]), 3);
 * ```
 */
export function isBatchStore<TKey, TValue>(
  store: Store<TKey, TValue>,
): store is BatchStore<TKey, TValue>;
/**
 * Whether a value has the methods of a {@linkcode BatchStore}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 */
export function isBatchStore(
  value: unknown,
): value is BatchStore<unknown, unknown>;
export function isBatchStore(value: unknown): boolean {
  return isStore(value) && hasMethods(value, ["getMany"]);
}

/**
 * Whether a store is a {@linkcode ListableStore}.
 *
 * @typeParam TKey The type of its keys.
 * @typeParam TValue The type of its values.
 * @param store What to look at.
 * @returns Whether the methods are all there.
 *
 * @example A Map is close enough to be mistaken for one
 * ```ts
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { isListableStore } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isListableStore(new MemoryStore<string, number>()), true);
 * strictEqual(isListableStore({ get: () => undefined }), false);
 * strictEqual(isListableStore(new Map()), true);
 * ```
 */
export function isListableStore<TKey, TValue>(
  store: Store<TKey, TValue>,
): store is ListableStore<TKey, TValue>;
/**
 * Whether a value has the methods of a {@linkcode ListableStore}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 */
export function isListableStore(
  value: unknown,
): value is ListableStore<unknown, unknown>;
export function isListableStore(value: unknown): boolean {
  return isStore(value) && hasMethods(value, ["keys"]);
}

/**
 * Whether a value has the methods of a {@linkcode Clock}.
 *
 * @param value What to look at.
 * @returns Whether they are all there.
 *
 * @example A clock of a test
 * ```ts
 * import { isClock } from "@groundwork/infra/protocols";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isClock(new ManualClock()), true);
 * strictEqual(isClock(Date), false);
 * ```
 */
export function isClock(value: unknown): value is Clock {
  return hasMethods(value, ["now", "monotonic", "sleep", "setTimer"]);
}

/**
 * Whether a value has methods of these names: what every guard of a protocol
 * comes down to.
 *
 * @param value What to look at.
 * @param names The names of the methods.
 * @returns Whether each name is a function of the value.
 *
 * @example A guard of your own
 * ```ts
 * import { hasMethods } from "@groundwork/infra/protocols";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(hasMethods([], ["push", "pop"]), true);
 * strictEqual(hasMethods(undefined, ["push"]), false);
 * ```
 */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (value === undefined || value === null) return false;
  const object = value as Readonly<Record<string, unknown>>;
  return names.every((name) => typeof object[name] === "function");
}
