/**
 * Cache keys that know the type of the value stored under them, and that never
 * collide: a key is a plain string, but two lists of parts, whatever they
 * hold, never make the same one.
 *
 * When to use it: wherever a key has more than one part, or a part that
 * somebody else chooses.
 *
 * When not: as an identifier of its own, shown or stored for long: it is made
 * of its parts, and changes with them.
 *
 * Joining parts by hand does not hold that: `user:${id}` with the id `7:posts`
 * is the key of somebody else's posts. Here a `:` within a part becomes `%3A`,
 * and a `%` becomes `%25`.
 *
 * A part counts as its text: `42`, `42n` and `"42"` are the same part, since an
 * id is a number in the program and a string in its URL. So are `0` and `-0`.
 * What has no text of its own is refused: `undefined`, `null`, `NaN`, objects.
 * All of them would come from a slip, and share one key.
 *
 * @example Two ways to make the same key
 * ```ts
 * import { CacheKey, cacheKey } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface Post {
 *   readonly title: string;
 * }
 * const byParts = cacheKey<Post>("post");
 * const byName = CacheKey("post:{author}:{page}").of<Post>();
 *
 * const key: CacheKey<Post> = byParts("ada", 2);
 * strictEqual(key, "post:ada:2");
 * strictEqual(byName({ author: "ada", page: 2 }), key);
 * strictEqual(byParts("ada:2"), "post:ada%3A2");
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { escapeGlob } from "./_glob.ts";
import { typeMismatch } from "./_mismatch.ts";
import { ValidationError } from "./errors.ts";
import type { PlaceholderOf } from "./messages.ts";
import { Err } from "./result.ts";
import { requireOption, validateNonEmpty } from "./validators.ts";

/**
 * A key that says what is stored under it. At run time it is a plain string.
 *
 * It is invariant: the key of an `Admin` is not one of a `User`, or a plain
 * user could be stored where an admin is read; nor the other way round. A
 * plain string is no key of anything, see {@linkcode UntypedKey}.
 *
 * @typeParam T The type of the value.
 *
 * @example The type of the key is the type of the value
 * ```ts
 * import { type CacheKey, cacheKey } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * const values = new Map<string, unknown>();
 * const read = <T>(key: CacheKey<T>) => values.get(key) as T | undefined;
 * const write = <T>(key: CacheKey<T>, value: NoInfer<T>) =>
 *   values.set(key, value);
 *
 * const visits = cacheKey<number>("visits");
 * write(visits("/"), 1);
 * strictEqual(read(visits("/"))?.toFixed(1), "1.0");
 * // @ts-expect-error What is stored under it is a number.
 * write(visits("/about"), "one");
 * // @ts-expect-error A plain string says nothing of a type.
 * read<number>("visits:/");
 * ```
 */
export type CacheKey<T> = string & {
  /** For the type checker alone: there is no such property. */
  readonly "~value": (value: T) => T;
};

/**
 * A key that says nothing of what is stored under it: a plain string, or a
 * `CacheKey<unknown>`; but not a key that says something else.
 *
 * A method that takes `CacheKey<V> | UntypedKey` finds `V` from a typed key,
 * and falls back on its default for any other. With `CacheKey<V> | string` in
 * its place, the key of an order would be taken for a plain string where users
 * are stored.
 *
 * @example A cache's methods
 * ```ts
 * import {
 *   type CacheKey,
 *   cacheKey,
 *   type UntypedKey,
 * } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * class Cache<T> {
 *   readonly #values = new Map<string, T>();
 *   get<V extends T = T>(key: CacheKey<V> | UntypedKey): V | undefined {
 *     return this.#values.get(key) as V | undefined;
 *   }
 *   set<V extends T = T>(key: CacheKey<V> | UntypedKey, value: NoInfer<V>) {
 *     this.#values.set(key, value);
 *   }
 * }
 * const cache = new Cache<string | number>();
 * cache.set(cacheKey<number>("visits")("/"), 1);
 * const visits: number | undefined = cache.get(cacheKey<number>("visits")("/"));
 * const unsure: string | number | undefined = cache.get("visits:/");
 * strictEqual(visits, unsure);
 * // @ts-expect-error This cache holds no dates.
 * cache.get(cacheKey<Date>("visits")("/"));
 * ```
 */
export type UntypedKey = string & {
  /** For the type checker alone: there is no such property. */
  readonly "~value"?: (value: unknown) => unknown;
};

/**
 * What a key can be made of. NaN has the type of a number, but is refused.
 *
 * @example A number and its text are the same part
 * ```ts
 * import { cacheKey, type CacheKeyPart } from "@groundwork/infra/cache-key";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const parts: CacheKeyPart[] = [7, 7n, "7", true];
 * deepStrictEqual(parts.map((part) => cacheKey("user")(part)), [
 *   "user:7",
 *   "user:7",
 *   "user:7",
 *   "user:true",
 * ]);
 * ```
 */
export type CacheKeyPart = string | number | bigint | boolean;

/**
 * Keys that begin with the same namespace, as made by {@linkcode cacheKey}.
 *
 * @typeParam T The type of the values.
 *
 * @example Read one user by any id
 * ```ts
 * import { cacheKey, type CacheKeyFamily } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface User {
 *   readonly name: string;
 * }
 * const userKey: CacheKeyFamily<User> = cacheKey("user");
 * strictEqual(userKey(7), "user:7");
 * strictEqual(userKey(), "user");
 * strictEqual(userKey(""), "user:");
 * ```
 */
export interface CacheKeyFamily<T> {
  /**
   * Makes a key.
   *
   * @param parts What tells it from the family's other keys, in order. They
   * may hold any text, the empty one too; none at all is the namespace alone.
   * @returns The key.
   * @throws {ValidationError} A part is NaN, or none of the types.
   */
  (...parts: readonly CacheKeyPart[]): CacheKey<T>;

  /**
   * The glob of all keys of the family that begin with these parts and have
   * at least one more. It matches no key of another family.
   *
   * In a glob, `*` stands for any run of characters (`:` and the empty one
   * included), `?` for one UTF-16 code unit, and a backslash takes the meaning
   * from the character after it. Those characters, and `[` for Redis' sake, are
   * escaped in the parts.
   *
   * @param parts The first parts; none for the whole family.
   * @returns The glob.
   * @throws {ValidationError} A part is NaN, or none of the types.
   *
   * @example All users; all that is kept of one
   * ```ts
   * import { cacheKey } from "@groundwork/infra/cache-key";
   * import { strictEqual } from "node:assert/strict";
   *
   * const userKey = cacheKey("user");
   * strictEqual(userKey.glob(), "user:*"); // Neither users:7, nor user.
   * strictEqual(userKey.glob(7), "user:7:*"); // user:7:posts, but not user:7.
   * strictEqual(userKey.glob("*"), "user:\\*:*");
   * ```
   */
  glob(...parts: readonly CacheKeyPart[]): string;
}

/**
 * Makes a family of keys: the namespace and the parts, with `:` between.
 *
 * Two lists of parts make the same key only if they are equal in number and,
 * each as text, one by one. The namespace is encoded like a part, so that the
 * families `a:b` and `a` have no key in common either. A part costs some 15 ns
 * more than in a template string, which is less than the lookup of the key.
 *
 * @typeParam T The type of the values.
 * @param namespace What all its keys begin with; not empty.
 * @returns The family, to be kept and called for each key.
 * @throws {ValidationError} The namespace is no string, or empty.
 *
 * @example A part cannot reach into the next one
 * ```ts
 * import { cacheKey } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * const fileKey = cacheKey<Uint8Array>("file");
 * strictEqual(fileKey("ada", "notes.txt"), "file:ada:notes.txt");
 * strictEqual(fileKey("ada:notes.txt"), "file:ada%3Anotes.txt");
 * strictEqual(fileKey("ada%3Anotes.txt"), "file:ada%253Anotes.txt");
 * ```
 */
export function cacheKey<T>(namespace: string): CacheKeyFamily<T> {
  requireOption(validateNonEmpty("namespace", namespace), namespace);
  const prefix = encodeText(namespace);
  function makeKey(...parts: readonly CacheKeyPart[]): CacheKey<T> {
    let key = prefix;
    for (let i = 0; i < parts.length; i++) key += `:${encode(parts[i], i)}`;
    return key as CacheKey<T>;
  }
  function glob(...parts: readonly CacheKeyPart[]): string {
    return `${escapeGlob(makeKey(...parts))}:*`;
  }
  return Object.assign(makeKey, { glob });
}

/**
 * The parameters of a pattern, read off it. A pattern that is only known as a
 * `string` takes any.
 *
 * @typeParam P The pattern.
 *
 * @example The pattern tells the parameters
 * ```ts
 * import { CacheKey, type CacheKeyParams } from "@groundwork/infra/cache-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * const params: CacheKeyParams<"user:{id}:{page}"> = { id: "ada", page: 2 };
 * strictEqual(CacheKey("user:{id}:{page}")(params), "user:ada:2");
 * ```
 */
export type CacheKeyParams<P extends string> = string extends P
  ? Readonly<Record<string, CacheKeyPart>>
  : [PlaceholderOf<P>] extends [never] ? Readonly<Record<string, never>>
  : { readonly [K in PlaceholderOf<P>]: CacheKeyPart };

/**
 * Keys of one shape, as made by {@linkcode CacheKey}.
 *
 * @typeParam P The pattern.
 * @typeParam T The type of the values.
 *
 * @example A misspelt parameter does not compile
 * ```ts
 * import { CacheKey, type CacheKeyPattern } from "@groundwork/infra/cache-key";
 * import { strictEqual, throws } from "node:assert/strict";
 *
 * const userKey: CacheKeyPattern<"user:{id}"> = CacheKey("user:{id}");
 * strictEqual(userKey({ id: 7 }), "user:7");
 * const misspelt = { ID: 7 };
 * // @ts-expect-error It is {id}.
 * throws(() => userKey(misspelt), /id must be .*, received undefined/);
 * ```
 */
export interface CacheKeyPattern<P extends string, T = unknown> {
  /**
   * Makes a key.
   *
   * @param params The value of each placeholder; nothing for a pattern without.
   * Only own properties count, and those of other names do not.
   * @returns The key.
   * @throws {ValidationError} One is missing, NaN or none of the types.
   */
  (
    ...params: Record<string, never> extends CacheKeyParams<P>
      ? [params?: CacheKeyParams<P>]
      : [params: CacheKeyParams<P>]
  ): CacheKey<T>;

  /**
   * Makes a key, as calling the pattern does: for where a name reads better.
   *
   * @param params The value of each placeholder.
   * @returns The key.
   * @throws {ValidationError} One is missing, NaN or none of the types.
   *
   * @example By its name
   * ```ts
   * import { CacheKey } from "@groundwork/infra/cache-key";
   * import { strictEqual } from "node:assert/strict";
   *
   * strictEqual(CacheKey("user:{id}").format({ id: 7 }), "user:7");
   * ```
   */
  format(
    ...params: Record<string, never> extends CacheKeyParams<P>
      ? [params?: CacheKeyParams<P>]
      : [params: CacheKeyParams<P>]
  ): CacheKey<T>;

  /**
   * The same keys, for values of a type.
   *
   * @typeParam V The type of the values.
   * @returns The same pattern.
   *
   * @example Users by their id
   * ```ts
   * import { CacheKey } from "@groundwork/infra/cache-key";
   * import { strictEqual } from "node:assert/strict";
   *
   * interface User {
   *   readonly name: string;
   * }
   * const userKey = CacheKey("user:{id}").of<User>();
   * const key: CacheKey<User> = userKey({ id: 7 });
   * strictEqual(key, "user:7");
   * ```
   */
  of<V>(): CacheKeyPattern<P, V>;

  /**
   * The glob of all keys of the pattern with these parameters. It is of the
   * language that {@linkcode CacheKeyFamily.glob} tells of.
   *
   * Since a `*` takes in `:` as well, it also matches what hangs from the keys
   * in other patterns.
   *
   * @param params The known parameters; those left out may be anything.
   * @returns The glob.
   * @throws {ValidationError} One is NaN or none of the types. That goes for
   * `undefined` too: not everything is cleared when one id is missing.
   *
   * @example A page of every user; every page of a user
   * ```ts
   * import { CacheKey } from "@groundwork/infra/cache-key";
   * import { strictEqual } from "node:assert/strict";
   *
   * const postsKey = CacheKey("user:{id}:posts:{page}");
   * strictEqual(postsKey.glob({ page: 1 }), "user:*:posts:1");
   * strictEqual(postsKey.glob({ id: "a?" }), "user:a\\?:posts:*");
   * // It matches user:7:posts:1 as well:
   * strictEqual(CacheKey("user:{id}").glob(), "user:*");
   * ```
   */
  glob(params?: Partial<CacheKeyParams<P>>): string;
}

/**
 * Makes keys by a pattern with named parameters: `user:{id}:posts:{page}`.
 *
 * The text between the placeholders is taken as it is written. The values are
 * encoded, and between two placeholders there is a `:`, so that different
 * parameters make different keys. A name is of letters, digits and `_`, and
 * there but once. A pattern without placeholders makes its one key.
 *
 * The keys belong to no type of value yet: see {@linkcode CacheKeyPattern.of}.
 *
 * @typeParam P The pattern, as a literal type.
 * @param pattern The pattern.
 * @returns What makes the keys, to be kept and called for each.
 * @throws {ValidationError} The pattern is empty, a brace of it is no part of a
 * placeholder, a placeholder is there twice, or two have no `:` between.
 *
 * @example A pattern with two parameters, one with none
 * ```ts
 * import { CacheKey } from "@groundwork/infra/cache-key";
 * import { strictEqual, throws } from "node:assert/strict";
 *
 * const pageKey = CacheKey("tenant-{tenant}:page:{path}").of<string>();
 * strictEqual(pageKey({ tenant: 7, path: "/a:b" }), "tenant-7:page:/a%3Ab");
 * strictEqual(CacheKey("flags")(), "flags");
 * throws(() => CacheKey("{a}-{b}"), /two placeholders need a colon/);
 * ```
 */
export function CacheKey<P extends string>(pattern: P): CacheKeyPattern<P> {
  const [texts, names] = parsePattern(pattern);
  const escapedTexts = texts.map(escapeGlob);
  function makeKey(params: Readonly<Record<string, unknown>> = {}): string {
    return interleave(texts, names, (name) => encodeOwn(params, name));
  }
  function glob(params: Readonly<Record<string, unknown>> = {}): string {
    return interleave(
      escapedTexts,
      names,
      (name) =>
        Object.hasOwn(params, name) ? escapeGlob(encodeOwn(params, name)) : "*",
    );
  }
  function of(): unknown {
    return makeKey;
  }
  const methods = { format: makeKey, glob, of };
  return Object.assign(makeKey, methods) as unknown as CacheKeyPattern<P>;
}

/** The texts, one more than the names, and the names between them. */
function parsePattern(pattern: string): [texts: string[], names: string[]] {
  requireOption(validateNonEmpty("pattern", pattern), pattern);
  const pieces = pattern.split(/\{(\w+)\}/);
  const texts = pieces.filter((_, i) => i % 2 === 0);
  const names = pieces.filter((_, i) => i % 2 === 1);
  function refuseIf(isWrong: boolean, reason: string): void {
    if (!isWrong) return;
    const params = { field: "pattern", reason };
    const error = new ValidationError("VALIDATION_INVALID_FORMAT", params);
    requireOption(new Err(error), pattern);
  }
  refuseIf(texts.some((text) => /[{}]/.test(text)), Expectations.PLACEHOLDER);
  refuseIf(new Set(names).size < names.length, Expectations.DISTINCT);
  refuseIf(
    texts.slice(1, -1).some((text) => !text.includes(":")),
    Expectations.KEY_SEPARATOR,
  );
  return [texts, names];
}

function interleave(
  texts: readonly string[],
  names: readonly string[],
  valueOf: (name: string) => string,
): string {
  let joined = texts[0]!;
  for (let i = 0; i < names.length; i++) {
    joined += valueOf(names[i]!) + texts[i + 1]!;
  }
  return joined;
}

function encodeOwn(
  params: Readonly<Record<string, unknown>>,
  name: string,
): string {
  return encode(Object.hasOwn(params, name) ? params[name] : undefined, name);
}

/** The part as a text without `:`; the types are not trusted, see the head. */
function encode(part: unknown, name: string | number): string {
  if (typeof part === "string") return encodeText(part);
  const hasText = typeof part === "number" && !Number.isNaN(part) ||
    typeof part === "bigint" || typeof part === "boolean";
  if (hasText) return String(part);
  const field = typeof name === "string" ? name : `parts.${name}`;
  const error = typeMismatch(field, Expectations.KEY_PART);
  return requireOption(new Err(error), part);
}

/** Looking first halves the time: most texts have nothing to encode. */
function encodeText(text: string): string {
  return text.includes(":") || text.includes("%")
    ? text.replaceAll("%", "%25").replaceAll(":", "%3A")
    : text;
}
