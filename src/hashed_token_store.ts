/**
 * Tokens whose ids are secrets: what is stored is their hash, so that who reads
 * the store, or a copy of it, cannot use what he finds.
 *
 * When to use it: for opaque bearer tokens, API keys and links by mail: ids
 * that are themselves the secret.
 *
 * When not: for ids that are no secret, such as the `jti` of a signed token;
 * for passwords, which want a slow hash with salt.
 *
 * No secret is compared here either: a token is looked up by its hash, and how
 * long that takes tells nothing of the secret. A plain fast hash will do, without
 * salt, since the ids are random (see {@linkcode randomTokenId}); for passwords it
 * would not.
 *
 * @example Opaque bearer tokens
 * ```ts
 * import {
 *   HashedTokenStore,
 *   randomTokenId,
 * } from "@groundwork/infra/hashed-token-store";
 * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
 * import { notStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const tokens = new HashedTokenStore(new InMemoryTokenStore());
 * const secret = randomTokenId();
 * const expiresAt = Date.now() + 3_600_000;
 * const stored = await tokens.add({ jti: secret, userId: "ada", expiresAt });
 * notStrictEqual(stored.unwrap().jti, secret);
 * strictEqual(await tokens.isActive(secret), true);
 * ```
 *
 * @module
 */

import { toBase64Url } from "./_base64url.ts";
import { copyClaims } from "./_claims.ts";
import * as Expectations from "./_expectations.ts";
import { requireProtocol } from "./_options.ts";
import { ValidationError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { Err, Ok, type Result } from "./result.ts";
import {
  isTokenStore,
  type NewToken,
  type NextToken,
  type NoClaims,
  type RevokeUserOptions,
  type StoredToken,
  type TokenAddError,
  type TokenInputError,
  type TokenRotation,
  type TokenStore,
} from "./token_store.ts";
import {
  requireOption,
  validateIdentifier,
  validateRange,
} from "./validators.ts";

/**
 * Makes an id that nobody can guess, by the platform's generator for secrets.
 *
 * @param bytes How many random bytes it has: a whole number from 16 to 256.
 * @returns The id, in the alphabet of URLs (RFC 4648, section 5).
 * @throws {ValidationError} `bytes` is out of range.
 *
 * @example 256 bits
 * ```ts
 * import { randomTokenId } from "@groundwork/infra/hashed-token-store";
 * import { match } from "node:assert/strict";
 *
 * match(randomTokenId(), /^[\w-]{43}$/);
 * ```
 */
export function randomTokenId(bytes: number = 32): string {
  const limits = { min: 16, max: 256, integer: true };
  requireOption(validateRange("bytes", bytes, limits), bytes);
  return toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** What tells a hash from an id. */
const MARK = "sha256:";

/**
 * The hash under which an id is stored: SHA-256 of its UTF-8 (FIPS 180-4).
 *
 * @param jti The id.
 * @returns The hash, in the alphabet of URLs, after `sha256:`.
 *
 * @example The same each time
 * ```ts
 * import { hashTokenId } from "@groundwork/infra/hashed-token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(
 *   await hashTokenId("abc"),
 *   "sha256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
 * );
 * ```
 */
export async function hashTokenId(jti: string): Promise<string> {
  const bytes = new TextEncoder().encode(jti);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return MARK + toBase64Url(new Uint8Array(digest));
}

/**
 * Stores tokens in another store, under the hashes of their ids. What it gives
 * has the hash for its `jti`; ids of users and families are stored as they are
 * (a family has the hash of its first token, unless it was given an id).
 *
 * To revoke a token, or to spare one, its hash will do as well, as a list of
 * tokens has it; it opens nothing. So that the two cannot be mixed up, an id that
 * begins with `sha256:` is not stored.
 *
 * A token that was replaced a moment ago cannot be answered with its successor's
 * secret, since nobody has it any more: on `"replayed"`, let the client wait and
 * read what its other tab was given.
 *
 * @typeParam TClaims What tokens say besides.
 *
 * @example Rotation
 * ```ts
 * import {
 *   hashTokenId,
 *   HashedTokenStore,
 *   randomTokenId,
 * } from "@groundwork/infra/hashed-token-store";
 * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tokens = new HashedTokenStore(new InMemoryTokenStore());
 * const expiresAt = Date.now() + 3_600_000;
 * const first = randomTokenId();
 * (await tokens.add({ jti: first, userId: "ada", expiresAt })).unwrap();
 *
 * const second = randomTokenId();
 * const rotation = await tokens.rotate(first, { jti: second, expiresAt });
 * strictEqual(rotation.unwrap().outcome, "rotated");
 * const old = (await tokens.find(first)).unwrap();
 * strictEqual(old?.replacedBy, await hashTokenId(second));
 * ```
 */
export class HashedTokenStore<TClaims extends object = NoClaims>
  implements TokenStore<TClaims> {
  readonly #tokens: TokenStore<TClaims>;

  /**
   * Puts itself in front of a store.
   *
   * @param tokens Where the tokens are stored.
   * @throws {ValidationError} It is no token store.
   */
  constructor(tokens: TokenStore<TClaims>) {
    requireProtocol("tokens", tokens, isTokenStore);
    this.#tokens = tokens;
  }

  /**
   * Stores a token under the hash of its id.
   *
   * @param token The token.
   * @returns As {@linkcode TokenStore.add}, with the hash for the id.
   *
   * @example An API key
   * ```ts
   * import {
   *   HashedTokenStore,
   *   randomTokenId,
   * } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const keys = new HashedTokenStore<{ scope: string }>(new InMemoryTokenStore());
   * const key = randomTokenId();
   * const expiresAt = Date.now() + 86_400_000;
   * const claims = { scope: "read" };
   * (await keys.add({ jti: key, userId: "ada", expiresAt, claims })).unwrap();
   * strictEqual((await keys.find(key)).unwrap()?.claims.scope, "read");
   * ```
   */
  async add(
    token: NewToken<TClaims>,
  ): Promise<Result<StoredToken<TClaims>, TokenAddError>> {
    // Taken at once: the caller may go on to change it.
    const { ...copy } = token;
    const { claims = {} } = copy;
    const checked = copyClaims("claims", claims);
    if (!checked.ok) return checked;
    const jti = await hashedNew("jti", copy.jti);
    if (!jti.ok) return jti;
    const stored = { ...copy, jti: jti.value, claims: checked.value };
    return this.#tokens.add(stored as NewToken<TClaims>);
  }

  /**
   * Looks for a token.
   *
   * @param jti Its id, not the hash.
   * @returns As {@linkcode TokenStore.find}, with the hash for the id.
   *
   * @example Whose it is
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * strictEqual((await tokens.find("guess")).unwrap(), undefined);
   * ```
   */
  async find(
    jti: string,
  ): Promise<Result<StoredToken<TClaims> | undefined, TokenInputError>> {
    const hash = await hashed("jti", jti);
    return hash.ok ? this.#tokens.find(hash.value) : hash;
  }

  /**
   * Whether a token is good.
   *
   * @param jti Its id, not the hash.
   * @returns As {@linkcode TokenStore.isActive}.
   *
   * @example A guess
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * strictEqual(await tokens.isActive("guess"), false);
   * ```
   */
  async isActive(jti: string): Promise<boolean> {
    const hash = await hashed("jti", jti);
    return hash.ok && await this.#tokens.isActive(hash.value);
  }

  /**
   * Revokes a token.
   *
   * @param jti Its id, or the hash.
   * @param reason Why; it is kept with the token.
   * @returns As {@linkcode TokenStore.revoke}.
   *
   * @example Log out
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * const expiresAt = Date.now() + 3_600_000;
   * (await tokens.add({ jti: "secret", userId: "ada", expiresAt })).unwrap();
   * strictEqual((await tokens.revoke("secret")).unwrap(), true);
   * ```
   */
  async revoke(
    jti: string,
    reason?: string,
  ): Promise<Result<boolean, TokenInputError>> {
    const hash = await hashOf("jti", jti);
    return hash.ok ? this.#tokens.revoke(hash.value, reason) : hash;
  }

  /**
   * Revokes all tokens of a user.
   *
   * @param userId The user.
   * @param options What stays (by its id, or the hash), and why.
   * @returns As {@linkcode TokenStore.revokeUser}.
   *
   * @example Log out everywhere but here
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * const expiresAt = Date.now() + 3_600_000;
   * for (const jti of ["phone", "laptop"]) {
   *   (await tokens.add({ jti, userId: "ada", expiresAt })).unwrap();
   * }
   * const revoked = await tokens.revokeUser("ada", { exceptJti: "phone" });
   * strictEqual(revoked.unwrap(), 1);
   * strictEqual(await tokens.isActive("phone"), true);
   * ```
   */
  async revokeUser(
    userId: string,
    options: RevokeUserOptions = {},
  ): Promise<Result<number, TokenInputError>> {
    const { ...copy } = options;
    const { exceptJti } = copy;
    if (exceptJti === undefined) return this.#tokens.revokeUser(userId, copy);
    const hash = await hashOf("exceptJti", exceptJti);
    if (!hash.ok) return hash;
    return this.#tokens.revokeUser(userId, { ...copy, exceptJti: hash.value });
  }

  /**
   * Revokes all tokens of a family.
   *
   * @param familyId The family, as a stored token tells it.
   * @param reason Why; it is kept with the tokens.
   * @returns As {@linkcode TokenStore.revokeFamily}.
   *
   * @example By one of its tokens
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * const expiresAt = Date.now() + 3_600_000;
   * const stored = await tokens.add({ jti: "secret", userId: "ada", expiresAt });
   * const { familyId } = stored.unwrap();
   * strictEqual((await tokens.revokeFamily(familyId)).unwrap(), 1);
   * ```
   */
  async revokeFamily(
    familyId: string,
    reason?: string,
  ): Promise<Result<number, TokenInputError>> {
    return await this.#tokens.revokeFamily(familyId, reason);
  }

  /**
   * Puts a token in the place of another.
   *
   * @param jti The old token's id, not the hash.
   * @param next The new one.
   * @returns As {@linkcode TokenStore.rotate}, with hashes for the ids.
   *
   * @example A token that nobody has
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * const expiresAt = Date.now() + 3_600_000;
   * const rotation = await tokens.rotate("guess", { jti: "secret", expiresAt });
   * strictEqual(rotation.unwrap().outcome, "unknown");
   * ```
   */
  async rotate(
    jti: string,
    next: NextToken<TClaims>,
  ): Promise<Result<TokenRotation<TClaims>, TokenAddError>> {
    const { ...copy } = next;
    const { claims = {} } = copy;
    const checked = copyClaims("next.claims", claims);
    if (!checked.ok) return checked;
    const old = await hashed("jti", jti);
    if (!old.ok) return old;
    const hash = await hashedNew("next.jti", copy.jti);
    if (!hash.ok) return hash;
    const stored = { ...copy, jti: hash.value, claims: checked.value };
    return this.#tokens.rotate(old.value, stored as NextToken<TClaims>);
  }

  /**
   * The active tokens of a user.
   *
   * @param userId The user.
   * @returns As {@linkcode TokenStore.listActive}, with hashes for the ids.
   *
   * @example How many sessions
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * strictEqual((await tokens.listActive("ada")).unwrap().length, 0);
   * ```
   */
  async listActive(
    userId: string,
  ): Promise<Result<readonly StoredToken<TClaims>[], TokenInputError>> {
    return await this.#tokens.listActive(userId);
  }

  /**
   * Drops what has expired.
   *
   * @param limit How many to drop at the most.
   * @returns As {@linkcode TokenStore.prune}.
   *
   * @example Now and then
   * ```ts
   * import { HashedTokenStore } from "@groundwork/infra/hashed-token-store";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new HashedTokenStore(new InMemoryTokenStore());
   * strictEqual(await tokens.prune(), 0);
   * ```
   */
  async prune(limit?: number): Promise<number> {
    return await this.#tokens.prune(limit);
  }
}

/** What cannot be an id is refused by the name its caller gave it. */
async function hashed(
  field: string,
  jti: string,
): Promise<Result<string, TokenInputError>> {
  const id = validateIdentifier(field, jti);
  return id.ok ? new Ok(await hashTokenId(id.value)) : id;
}

/** A new id must not look like a hash, or nobody could revoke it by itself. */
async function hashedNew(
  field: string,
  jti: string,
): Promise<Result<string, TokenInputError>> {
  if (!hasMark(jti)) return await hashed(field, jti);
  const reason = fillPlaceholders(Expectations.ID_MARK, { mark: MARK });
  return new Err(
    new ValidationError("VALIDATION_INVALID_FORMAT", { field, reason }),
  );
}

/** For what opens nothing, the hash itself will do. */
async function hashOf(
  field: string,
  jti: string,
): Promise<Result<string, TokenInputError>> {
  return hasMark(jti)
    ? validateIdentifier(field, jti)
    : await hashed(field, jti);
}

function hasMark(jti: unknown): boolean {
  return typeof jti === "string" && jti.startsWith(MARK);
}
