/**
 * Tokens that were given out: sessions, refresh tokens, API keys. A token that
 * was revoked stays revoked, whatever else happens, until it would have expired.
 *
 * When to use it: for sessions, refresh tokens and API keys that must be
 * revocable at once.
 *
 * When not: for signing or reading tokens, as JWT libraries do; their `jti` can
 * be kept here. In memory, not for what several processes share.
 *
 * What holds:
 *
 * - **Revoked is revoked.** A revoked token leaves a tombstone until it expires:
 *   it cannot be stored again, and no bound evicts it.
 * - **At once.** To revoke a token, a family or a user is one step: nobody sees
 *   half of it, and what was stored before it is caught by it.
 * - **Rotation.** A refresh token is good for one use. Who uses it a second time,
 *   later than a moment after the first, ends the whole family: either the client
 *   or a thief has the old one (RFC 9700, section 4.14.2).
 * - **Frozen.** What the store gives is frozen at every depth, and shares nothing
 *   with what it was given.
 *
 * An id that is itself the secret, as with opaque bearer tokens, should not be
 * kept in the clear: see the `hashed-token-store` module.
 *
 * @example Log in, log out
 * ```ts
 * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tokens = new InMemoryTokenStore();
 * const expiresAt = Date.now() + 3_600_000;
 * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
 * strictEqual(tokens.isActive("t1"), true);
 * strictEqual(tokens.revoke("t1").unwrap(), true);
 * strictEqual(tokens.isActive("t1"), false);
 * strictEqual(tokens.add({ jti: "t1", userId: "ada", expiresAt }).ok, false);
 * ```
 *
 * @module
 */

import { copyClaims } from "./_claims.ts";
import * as Expectations from "./_expectations.ts";
import { requireCount, requireDuration, requireWhole } from "./_options.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  AuthenticationError,
  type ErrorOf,
  RepositoryError,
  ValidationError,
} from "./errors.ts";
import { PriorityHeap } from "./priority_heap.ts";
import { type Awaitable, type DeepReadonly, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import {
  type IdentifierError,
  type TypeMismatch,
  validateIdentifier,
  validateType,
} from "./validators.ts";

/** The claims of tokens that have none. */
export type NoClaims = Record<string, never>;

/**
 * A token as a store has it: frozen at every depth.
 *
 * @typeParam TClaims What else it says.
 *
 * @example Show a user where they are logged in
 * ```ts
 * import { InMemoryTokenStore, type StoredToken } from "@groundwork/infra/token-store";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * interface Session {
 *   device: string;
 * }
 * const tokens = new InMemoryTokenStore<Session>();
 * const expiresAt = Date.now() + 3_600_000;
 * const claims = { device: "phone" };
 * tokens.add({ jti: "t1", userId: "ada", expiresAt, claims }).unwrap();
 *
 * const deviceOf = (token: StoredToken<Session>) => token.claims.device;
 * deepStrictEqual(tokens.listActive("ada").unwrap().map(deviceOf), ["phone"]);
 * ```
 */
export interface StoredToken<TClaims extends object = NoClaims> {
  /** Its id (RFC 7519, section 4.1.7). */
  readonly jti: string;
  /** Whose it is. */
  readonly userId: string;
  /** The id of the token that it goes back to by rotation, or its own. */
  readonly familyId: string;
  /** When it was stored, in ms since the epoch. */
  readonly createdAt: number;
  /** When it expires, in ms since the epoch: it is good before that. */
  readonly expiresAt: number;
  /** When it was revoked, in ms since the epoch; `undefined` while it is good. */
  readonly revokedAt: number | undefined;
  /** Why it was revoked: `"rotated"`, `"reused"`, or what the caller said. */
  readonly revokedReason: string | undefined;
  /** The id of the token that took its place by rotation. */
  readonly replacedBy: string | undefined;
  /** What else it says. */
  readonly claims: DeepReadonly<TClaims>;
}

/** What a token is stored with, but for its claims. */
export interface TokenFields {
  /**
   * Its id: 1 to 512 characters, as `validateIdentifier` has them. Like the
   * other ids.
   */
  readonly jti: string;
  /** Whose it is. */
  readonly userId: string;
  /**
   * The family it belongs to; all of a family have one user. Default: one of its
   * own, by its id.
   */
  readonly familyId?: string;
  /** When it expires: a whole number of ms since the epoch, in the future. */
  readonly expiresAt: number;
}

/**
 * The claims of a new token; they can be left out where there need be none.
 *
 * @typeParam TClaims The claims.
 */
export type ClaimsField<TClaims extends object> = NoClaims extends TClaims
  ? { readonly claims?: TClaims }
  : { readonly claims: TClaims };

/**
 * A token that is to be stored.
 *
 * @typeParam TClaims What else it says: what JSON can say.
 */
export type NewToken<TClaims extends object = NoClaims> =
  & TokenFields
  & ClaimsField<TClaims>;

/**
 * The token that takes another's place: user and family are those of the other.
 *
 * @typeParam TClaims What else it says: what JSON can say.
 */
export type NextToken<TClaims extends object = NoClaims> =
  & Pick<TokenFields, "jti" | "expiresAt">
  & ClaimsField<TClaims>;

/** Why a store refuses what it is to look for. */
export type TokenInputError = IdentifierError;

/** Why a store does not take a token. */
export type TokenAddError =
  | TokenInputError
  | ValidationError<"VALIDATION_TOO_SMALL">
  | ErrorOf<"DB_DUPLICATE_KEY" | "DB_REPOSITORY_FULL">;

/**
 * What came of a rotation.
 *
 * @typeParam TClaims What else the tokens say.
 *
 * @example What to answer
 * ```ts
 * import type { TokenRotation } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * function statusOf(rotation: TokenRotation): number {
 *   switch (rotation.outcome) {
 *     case "rotated":
 *       return 200;
 *     case "replayed":
 *       return 409; // Another tab was first, and has the new token.
 *     default:
 *       return 401;
 *   }
 * }
 * strictEqual(statusOf({ outcome: "unknown" }), 401);
 * ```
 */
export type TokenRotation<TClaims extends object = NoClaims> =
  | {
    /** The old token was good, and has been replaced. */
    readonly outcome: "rotated";
    /** The new one. */
    readonly successor: StoredToken<TClaims>;
  }
  | {
    /** The old token had been replaced a moment ago. Nothing has changed. */
    readonly outcome: "replayed";
    /** What it was replaced by. */
    readonly successor: StoredToken<TClaims>;
  }
  | {
    /** The old token had been replaced before: its family has been revoked. */
    readonly outcome: "reused";
    /** The family. */
    readonly familyId: string;
    /** Whose it was. */
    readonly userId: string;
    /** How many tokens of it were active until now. */
    readonly revoked: number;
  }
  | {
    /** The old token has been revoked. */
    readonly outcome: "inactive";
  }
  | {
    /** There is no such token, or none any more. */
    readonly outcome: "unknown";
  };

/** Options of {@linkcode TokenStore.revokeUser}. */
export interface RevokeUserOptions {
  /** The id of a token that stays: log out everywhere but here. */
  readonly exceptJti?: string;
  /** A family that stays. */
  readonly exceptFamilyId?: string;
  /** Why; it is kept with the tokens. */
  readonly reason?: string;
}

/**
 * Keeps tokens. All that changes several tokens is one step: whatever is stored
 * or rotated at the same time is wholly before it or after it.
 *
 * @typeParam TClaims What tokens say besides.
 *
 * @example Log out everywhere but here
 * ```ts
 * import { InMemoryTokenStore, type TokenStore } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function logOutElsewhere(tokens: TokenStore, jti: string) {
 *   const token = (await tokens.find(jti)).unwrap();
 *   if (token === undefined) return 0;
 *   const options = { exceptJti: jti, reason: "logged out elsewhere" };
 *   return (await tokens.revokeUser(token.userId, options)).unwrap();
 * }
 *
 * const tokens = new InMemoryTokenStore();
 * const expiresAt = Date.now() + 3_600_000;
 * for (const jti of ["phone", "laptop"]) {
 *   tokens.add({ jti, userId: "ada", expiresAt }).unwrap();
 * }
 * strictEqual(await logOutElsewhere(tokens, "phone"), 1);
 * strictEqual(tokens.isActive("phone"), true);
 * ```
 */
export interface TokenStore<TClaims extends object = NoClaims> {
  /**
   * Stores a token.
   *
   * @param token The token; it is copied.
   * @returns It as it was stored; or an error: a field is not valid, there is one
   * with this id (revoked ones count), or the store is full.
   */
  add(
    token: NewToken<TClaims>,
  ): Awaitable<Result<StoredToken<TClaims>, TokenAddError>>;

  /**
   * Looks for a token.
   *
   * @param jti Its id.
   * @returns The token, revoked or not; `undefined` where there is none, or none
   * any more since it has expired; or an error where this can be no id.
   */
  find(
    jti: string,
  ): Awaitable<Result<StoredToken<TClaims> | undefined, TokenInputError>>;

  /**
   * Whether a token is good.
   *
   * @param jti Its id.
   * @returns Whether there is one that has neither expired nor been revoked.
   */
  isActive(jti: string): Awaitable<boolean>;

  /**
   * Revokes a token.
   *
   * @param jti Its id.
   * @param reason Why; it is kept with the token.
   * @returns Whether it was active: `false` where it was revoked before, or where
   * there is none (RFC 7009, section 2.2, has that be no error); or an error
   * where this can be no id.
   */
  revoke(
    jti: string,
    reason?: string,
  ): Awaitable<Result<boolean, TokenInputError>>;

  /**
   * Revokes all tokens of a user.
   *
   * @param userId The user.
   * @param options What stays, and why.
   * @returns How many were active; or an error where this can be no id.
   */
  revokeUser(
    userId: string,
    options?: RevokeUserOptions,
  ): Awaitable<Result<number, TokenInputError>>;

  /**
   * Revokes all tokens of a family: those that go back to one by rotation.
   *
   * @param familyId The family.
   * @param reason Why; it is kept with the tokens.
   * @returns How many were active; or an error where this can be no id.
   */
  revokeFamily(
    familyId: string,
    reason?: string,
  ): Awaitable<Result<number, TokenInputError>>;

  /**
   * Puts a token in the place of another, which is good for one use.
   *
   * @param jti The old token's id.
   * @param next The new one.
   * @returns What came of it; or an error, and nothing has changed: a field is
   * not valid, there is one with the new id, or the store is full.
   */
  rotate(
    jti: string,
    next: NextToken<TClaims>,
  ): Awaitable<Result<TokenRotation<TClaims>, TokenAddError>>;

  /**
   * The active tokens of a user.
   *
   * @param userId The user.
   * @returns The tokens, the oldest first; or an error where this can be no id.
   */
  listActive(
    userId: string,
  ): Awaitable<Result<readonly StoredToken<TClaims>[], TokenInputError>>;

  /**
   * Drops what has expired. Nobody can tell but by the room.
   *
   * @param limit How many to drop at the most.
   * @returns How many were dropped.
   */
  prune(limit?: number): Awaitable<number>;
}

/**
 * Tells whether a value looks like a {@linkcode TokenStore}: by its methods, not
 * by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A plugin
 * ```ts
 * import { InMemoryTokenStore, isTokenStore } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isTokenStore(new InMemoryTokenStore()), true);
 * strictEqual(isTokenStore(new Map()), false);
 * ```
 */
export function isTokenStore(value: unknown): value is TokenStore {
  return hasMethods(value, [
    "add",
    "find",
    "isActive",
    "revoke",
    "revokeUser",
    "revokeFamily",
    "rotate",
    "listActive",
    "prune",
  ]);
}

/** Why a token does not let its bearer in. */
export type TokenVerifyError = ErrorOf<
  "AUTH_TOKEN_MALFORMED" | "AUTH_TOKEN_INVALID" | "AUTH_TOKEN_REVOKED"
>;

/**
 * Looks for a token that lets its bearer in.
 *
 * @typeParam TClaims What tokens say besides.
 * @param tokens Where to look.
 * @param jti What the bearer shows.
 * @returns The token; or why it is not good: `AUTH_TOKEN_MALFORMED` where it can
 * be none, `AUTH_TOKEN_INVALID` where there is none (any more),
 * `AUTH_TOKEN_REVOKED`. A server should answer all three alike.
 *
 * @example Who asks
 * ```ts
 * import { InMemoryTokenStore, verifyToken } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tokens = new InMemoryTokenStore();
 * const refused = (await verifyToken(tokens, "guess")).unwrapErr();
 * strictEqual(refused.code, "AUTH_TOKEN_INVALID");
 * ```
 */
export async function verifyToken<TClaims extends object>(
  tokens: Pick<TokenStore<TClaims>, "find">,
  jti: string,
): Promise<Result<StoredToken<TClaims>, TokenVerifyError>> {
  const found = await tokens.find(jti);
  if (!found.ok) {
    const cause = found.error;
    return new Err(
      new AuthenticationError("AUTH_TOKEN_MALFORMED", {}, { cause }),
    );
  }
  const token = found.value;
  if (token === undefined) {
    return new Err(new AuthenticationError("AUTH_TOKEN_INVALID"));
  }
  if (token.revokedAt !== undefined) {
    return new Err(new AuthenticationError("AUTH_TOKEN_REVOKED"));
  }
  return new Ok(token);
}

/** Options of {@linkcode InMemoryTokenStore}. */
export interface InMemoryTokenStoreOptions {
  /**
   * How many tokens there may be, revoked ones included until they expire; one
   * more is refused. A whole number of 1 or more.
   *
   * @default {100_000}
   */
  readonly maxTokens?: number;
  /**
   * For how long after a rotation the old token may come again without being
   * taken for a theft, in ms: two tabs of a browser do that.
   *
   * @default {10_000}
   */
  readonly graceMs?: number;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/** What a new token is made of, once it has been checked. */
interface CheckedToken<TClaims extends object> {
  readonly jti: string;
  readonly expiresAt: number;
  readonly claims: DeepReadonly<TClaims>;
}

/** By how much a date is corrected, in ms; a larger step back mends a wrong one. */
const LARGEST_CORRECTION_MS = 60_000;

/** How many expired tokens are dropped when one is stored. */
const PRUNED_AT_ONCE = 4;

/**
 * Keeps tokens in memory. Every method is synchronous, and what it does is done
 * at once. Time is the wall time, as expiry is a date. Where the machine's date is
 * corrected by up to a minute back, time stands still until it is past the old
 * one, so that nothing that has expired is good again; where it is set back by
 * more, it was wrong, and the new one counts.
 *
 * All but `revokeUser`, `revokeFamily` and `listActive` takes the same time
 * however many tokens there are; storing one, on average, the logarithm, since
 * there is a queue by expiry in place of timers. `add` to a family also passes
 * over those of it that have expired and have not been dropped yet.
 *
 * @typeParam TClaims What tokens say besides.
 *
 * @example Refresh tokens
 * ```ts
 * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tokens = new InMemoryTokenStore({ graceMs: 0 });
 * const expiresAt = Date.now() + 3_600_000;
 * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
 *
 * const first = tokens.rotate("t1", { jti: "t2", expiresAt }).unwrap();
 * strictEqual(first.outcome, "rotated");
 * // Somebody who has stolen the first one tries it.
 * const second = tokens.rotate("t1", { jti: "t3", expiresAt }).unwrap();
 * strictEqual(second.outcome, "reused");
 * strictEqual(tokens.isActive("t2"), false);
 * ```
 */
export class InMemoryTokenStore<TClaims extends object = NoClaims>
  implements TokenStore<TClaims> {
  readonly #maxTokens: number;
  readonly #graceMs: number;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, StoredToken<TClaims>>();
  /** The ids of a user's tokens, in the order they were stored. */
  readonly #byUser = new Map<string, Set<string>>();
  readonly #byFamily = new Map<string, Set<string>>();
  readonly #expiries = new PriorityHeap<string>();
  /** When a token was replaced, in monotonic time: grace is no date. */
  readonly #replacedTicks = new Map<string, number>();
  #latest = -Infinity;

  /**
   * Makes an empty store.
   *
   * @param options Its bound, its grace and its time.
   * @throws {ValidationError} `maxTokens` is not a whole number of 1 or more, or
   * `graceMs` is not a number of 0 or more.
   */
  constructor(options: InMemoryTokenStoreOptions = {}) {
    const { maxTokens = 100_000, graceMs = 10_000 } = options;
    this.#maxTokens = requireWhole("maxTokens", maxTokens);
    this.#graceMs = requireDuration("graceMs", graceMs);
    this.#clock = options.clock ?? systemClock;
  }

  /** How many tokens take room; expired ones count until they are dropped. */
  get size(): number {
    return this.#tokens.size;
  }

  /**
   * Stores a token. It drops a few that have expired.
   *
   * @param token The token; it is copied.
   * @returns It as it was stored; or an error: `VALIDATION_…` where a field is
   * not valid, `DB_DUPLICATE_KEY` where there is one with this id (revoked ones
   * count), `DB_REPOSITORY_FULL`.
   *
   * @example The bound evicts nobody
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore({ maxTokens: 1 });
   * const expiresAt = Date.now() + 3_600_000;
   * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
   * const full = tokens.add({ jti: "t2", userId: "bob", expiresAt });
   * strictEqual(full.unwrapErr().code, "DB_REPOSITORY_FULL");
   * strictEqual(tokens.isActive("t1"), true);
   * ```
   */
  add(
    token: NewToken<TClaims>,
  ): Result<StoredToken<TClaims>, TokenAddError> {
    const now = this.#now();
    const { userId, familyId } = token;
    const user = validateIdentifier("userId", userId);
    if (!user.ok) return user;
    if (familyId !== undefined) {
      const family = validateIdentifier("familyId", familyId);
      if (!family.ok) return family;
    }
    const checked = this.#check(token, now);
    if (!checked.ok) return checked;
    const { jti } = checked.value;
    const family = familyId ?? jti;
    const isTaken = this.#live(jti, now) !== undefined; // That is told first.
    if (!isTaken && !this.#isFamilyOf(family, userId, now)) {
      const field = familyId === undefined ? "jti" : "familyId";
      const reason = Expectations.FAMILY_OWNER;
      return new Err(
        new ValidationError("VALIDATION_INVALID_FORMAT", { field, reason }),
      );
    }
    return this.#admit(checked.value, userId, family, now);
  }

  /**
   * Looks for a token.
   *
   * @param jti Its id.
   * @returns The token, revoked or not; `undefined` where there is none, or none
   * any more since it has expired; or an error where this can be no id.
   *
   * @example Why it is not good any more
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore();
   * const expiresAt = Date.now() + 3_600_000;
   * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
   * tokens.revoke("t1", "password changed").unwrap();
   * const token = tokens.find("t1").unwrap();
   * strictEqual(token?.revokedReason, "password changed");
   * ```
   */
  find(
    jti: string,
  ): Result<StoredToken<TClaims> | undefined, TokenInputError> {
    return validateIdentifier("jti", jti)
      .map((id) => this.#live(id, this.#now()));
  }

  /**
   * Whether a token is good.
   *
   * @param jti Its id.
   * @returns Whether there is one that has neither expired nor been revoked.
   *
   * @example Good until it expires
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const tokens = new InMemoryTokenStore({ clock });
   * tokens.add({ jti: "t1", userId: "ada", expiresAt: 1_000 }).unwrap();
   * clock.advance(999);
   * strictEqual(tokens.isActive("t1"), true);
   * clock.advance(1);
   * strictEqual(tokens.isActive("t1"), false);
   * ```
   */
  isActive(jti: string): boolean {
    const token = this.#live(jti, this.#now());
    return token !== undefined && token.revokedAt === undefined;
  }

  /**
   * Revokes a token.
   *
   * @param jti Its id.
   * @param reason Why; it is kept with the token.
   * @returns Whether it was active; or an error where this can be no id.
   *
   * @example Only the first time
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore();
   * const expiresAt = Date.now() + 3_600_000;
   * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
   * strictEqual(tokens.revoke("t1").unwrap(), true);
   * strictEqual(tokens.revoke("t1").unwrap(), false);
   * strictEqual(tokens.revoke("t2").unwrap(), false);
   * ```
   */
  revoke(jti: string, reason?: string): Result<boolean, TokenInputError> {
    const id = validateIdentifier("jti", jti);
    if (!id.ok) return id;
    return validateReason(reason)
      .map(() => this.#revokeAll([jti], reason) === 1);
  }

  /**
   * Revokes all tokens of a user.
   *
   * @param userId The user.
   * @param options What stays, and why.
   * @returns How many were active; or an error where this can be no id.
   *
   * @example After a change of password
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore();
   * const expiresAt = Date.now() + 3_600_000;
   * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
   * tokens.add({ jti: "t2", userId: "ada", expiresAt }).unwrap();
   * const reason = "password changed";
   * strictEqual(tokens.revokeUser("ada", { reason }).unwrap(), 2);
   * strictEqual(tokens.revokeUser("ada", { reason }).unwrap(), 0);
   * ```
   */
  revokeUser(
    userId: string,
    options: RevokeUserOptions = {},
  ): Result<number, TokenInputError> {
    const { exceptJti, exceptFamilyId, reason } = options;
    for (const [field, id] of Object.entries({ exceptJti, exceptFamilyId })) {
      if (id === undefined) continue;
      const checked = validateIdentifier(field, id);
      if (!checked.ok) return checked;
    }
    const user = validateIdentifier("userId", userId);
    if (!user.ok) return user;
    return validateReason(reason).map(() => {
      const ids = this.#byUser.get(userId) ?? [];
      return this.#revokeAll(ids, reason, exceptJti, exceptFamilyId);
    });
  }

  /**
   * Revokes all tokens of a family.
   *
   * @param familyId The family.
   * @param reason Why; it is kept with the tokens.
   * @returns How many were active; or an error where this can be no id.
   *
   * @example One device
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore();
   * const expiresAt = Date.now() + 3_600_000;
   * const familyId = "phone";
   * tokens.add({ jti: "refresh", userId: "ada", familyId, expiresAt }).unwrap();
   * tokens.add({ jti: "access", userId: "ada", familyId, expiresAt }).unwrap();
   * tokens.add({ jti: "laptop", userId: "ada", expiresAt }).unwrap();
   * strictEqual(tokens.revokeFamily("phone").unwrap(), 2);
   * strictEqual(tokens.isActive("laptop"), true);
   * ```
   */
  revokeFamily(
    familyId: string,
    reason?: string,
  ): Result<number, TokenInputError> {
    const family = validateIdentifier("familyId", familyId);
    if (!family.ok) return family;
    return validateReason(reason).map(() =>
      this.#revokeAll(this.#byFamily.get(familyId) ?? [], reason)
    );
  }

  /**
   * Puts a token in the place of another, which is good for one use. The new one
   * has the user and the family of the old one.
   *
   * @param jti The old token's id.
   * @param next The new one.
   * @returns What came of it; or an error, and nothing has changed: `VALIDATION_…`
   * where a field is not valid, `DB_DUPLICATE_KEY` where there is one with the new
   * id, `DB_REPOSITORY_FULL`.
   *
   * @example Two tabs of a browser
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore({ graceMs: 10_000 });
   * const expiresAt = Date.now() + 3_600_000;
   * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
   * tokens.rotate("t1", { jti: "t2", expiresAt }).unwrap();
   * const other = tokens.rotate("t1", { jti: "t3", expiresAt }).unwrap();
   * strictEqual(other.outcome, "replayed");
   * strictEqual("successor" in other && other.successor.jti, "t2");
   * ```
   */
  rotate(
    jti: string,
    next: NextToken<TClaims>,
  ): Result<TokenRotation<TClaims>, TokenAddError> {
    const now = this.#now();
    const id = validateIdentifier("jti", jti);
    if (!id.ok) return id;
    const checked = this.#check(next, now, "next.");
    if (!checked.ok) return checked;
    const old = this.#live(jti, now);
    if (old === undefined) return new Ok(UNKNOWN);
    if (old.revokedAt !== undefined) return new Ok(this.#replay(old, now));

    const { userId, familyId } = old;
    return this.#admit(checked.value, userId, familyId, now).map(
      (successor): TokenRotation<TClaims> => {
        this.#revokeOne(old, now, ROTATED, successor.jti);
        this.#replacedTicks.set(old.jti, this.#clock.monotonic());
        return Object.freeze({ outcome: "rotated", successor });
      },
    );
  }

  /**
   * The active tokens of a user.
   *
   * @param userId The user.
   * @returns The tokens, the oldest first; or an error where this can be no id.
   *
   * @example How many sessions
   * ```ts
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tokens = new InMemoryTokenStore();
   * const expiresAt = Date.now() + 3_600_000;
   * tokens.add({ jti: "t1", userId: "ada", expiresAt }).unwrap();
   * strictEqual(tokens.listActive("ada").unwrap().length, 1);
   * strictEqual(tokens.listActive("bob").unwrap().length, 0);
   * ```
   */
  listActive(
    userId: string,
  ): Result<readonly StoredToken<TClaims>[], TokenInputError> {
    return validateIdentifier("userId", userId).map((user) => {
      const now = this.#now();
      const active: StoredToken<TClaims>[] = [];
      for (const jti of this.#byUser.get(user) ?? []) {
        const token = this.#live(jti, now);
        if (token !== undefined && token.revokedAt === undefined) {
          active.push(token);
        }
      }
      return Object.freeze(active);
    });
  }

  /**
   * Drops what has expired.
   *
   * @param limit How many to drop at the most, so that one call does not take
   * long: a whole number of 0 or more, or `Infinity`.
   * @returns How many were dropped.
   * @throws {ValidationError} `limit` is neither a whole number of 0 or more nor
   * `Infinity`.
   *
   * @example Now and then
   * ```ts
   * import { ManualClock } from "@groundwork/infra/testing";
   * import { InMemoryTokenStore } from "@groundwork/infra/token-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const clock = new ManualClock();
   * const tokens = new InMemoryTokenStore({ clock });
   * tokens.add({ jti: "t1", userId: "ada", expiresAt: 1_000 }).unwrap();
   * clock.advance(1_000);
   * strictEqual(tokens.prune(), 1);
   * strictEqual(tokens.size, 0);
   * ```
   */
  prune(limit: number = Infinity): number {
    requireCount("limit", limit, 0);
    return this.#prune(this.#now(), limit);
  }

  #prune(now: number, limit: number): number {
    let pruned = 0;
    while (pruned < limit && this.#expiries.size > 0) {
      if (this.#expiries.peekPriority()! > now) break;
      this.#drop(this.#expiries.pop()!);
      pruned++;
    }
    return pruned;
  }

  /** The time, which does not go back by a little. */
  #now(): number {
    const now = this.#clock.now();
    const isCorrected = now < this.#latest &&
      now >= this.#latest - LARGEST_CORRECTION_MS;
    if (!isCorrected) this.#latest = now;
    return this.#latest;
  }

  #live(jti: string, now: number): StoredToken<TClaims> | undefined {
    const token = this.#tokens.get(jti);
    return token !== undefined && now < token.expiresAt ? token : undefined;
  }

  #check(
    token: NextToken<TClaims>,
    now: number,
    prefix = "",
  ): Result<
    CheckedToken<TClaims>,
    TokenInputError | ValidationError<"VALIDATION_TOO_SMALL">
  > {
    const { jti, expiresAt, claims = {} } = token;
    const id = validateIdentifier(`${prefix}jti`, jti);
    if (!id.ok) return id;
    const field = `${prefix}expiresAt`;
    const whole = validateType(field, expiresAt, "integer");
    if (!whole.ok) return whole;
    const min = Math.floor(now) + 1;
    if (expiresAt < min) {
      return new Err(
        new ValidationError("VALIDATION_TOO_SMALL", { field, min }),
      );
    }
    return copyClaims(`${prefix}claims`, claims).map((copy) => ({
      jti,
      expiresAt,
      claims: copy as DeepReadonly<TClaims>,
    }));
  }

  #admit(
    { jti, expiresAt, claims }: CheckedToken<TClaims>,
    userId: string,
    familyId: string,
    now: number,
  ): Result<
    StoredToken<TClaims>,
    ErrorOf<"DB_DUPLICATE_KEY" | "DB_REPOSITORY_FULL">
  > {
    const max = this.#maxTokens;
    this.#prune(now, PRUNED_AT_ONCE); // One alone makes room.
    const same = this.#tokens.get(jti);
    if (same !== undefined) {
      if (now < same.expiresAt) {
        const params = { entity: "Token" };
        return new Err(new RepositoryError("DB_DUPLICATE_KEY", params));
      }
      this.#prune(now, Infinity); // It is among those that have expired.
    }
    if (this.#tokens.size >= max) {
      const params = { entity: "Token", max };
      return new Err(new RepositoryError("DB_REPOSITORY_FULL", params));
    }
    const token: StoredToken<TClaims> = Object.freeze({
      jti,
      userId,
      familyId,
      createdAt: now,
      expiresAt,
      revokedAt: undefined,
      revokedReason: undefined,
      replacedBy: undefined,
      claims,
    });
    this.#tokens.set(jti, token);
    addTo(this.#byUser, userId, jti);
    addTo(this.#byFamily, familyId, jti);
    this.#expiries.push(jti, expiresAt);
    return new Ok(token);
  }

  #isFamilyOf(familyId: string, userId: string, now: number): boolean {
    for (const jti of this.#byFamily.get(familyId) ?? []) {
      const token = this.#live(jti, now);
      if (token !== undefined) return token.userId === userId;
    }
    return true;
  }

  #drop(jti: string): void {
    const { userId, familyId } = this.#tokens.get(jti)!;
    this.#tokens.delete(jti);
    this.#replacedTicks.delete(jti);
    deleteFrom(this.#byUser, userId, jti);
    deleteFrom(this.#byFamily, familyId, jti);
  }

  #revokeAll(
    ids: Iterable<string>,
    reason: string | undefined,
    exceptJti?: string,
    exceptFamilyId?: string,
  ): number {
    const now = this.#now();
    let revoked = 0;
    for (const jti of ids) {
      const token = this.#live(jti, now);
      if (token === undefined || token.revokedAt !== undefined) continue;
      if (jti === exceptJti || token.familyId === exceptFamilyId) continue;
      this.#revokeOne(token, now, reason);
      revoked++;
    }
    return revoked;
  }

  #revokeOne(
    token: StoredToken<TClaims>,
    now: number,
    reason: string | undefined,
    replacedBy?: string,
  ): void {
    this.#tokens.set(
      token.jti,
      Object.freeze({
        ...token,
        revokedAt: now,
        revokedReason: reason,
        replacedBy,
      }),
    );
  }

  /** What it means that a token is used that has been revoked. */
  #replay(
    { jti, userId, familyId, replacedBy }: StoredToken<TClaims>,
    now: number,
  ): TokenRotation<TClaims> {
    if (replacedBy === undefined) return INACTIVE;
    const elapsedMs = this.#clock.monotonic() - this.#replacedTicks.get(jti)!;
    if (elapsedMs < this.#graceMs) {
      const successor = this.#live(replacedBy, now);
      const isGood = successor !== undefined &&
        (successor.revokedAt === undefined ||
          successor.replacedBy !== undefined);
      return isGood
        ? Object.freeze({ outcome: "replayed", successor })
        : INACTIVE;
    }
    const family = this.#byFamily.get(familyId) ?? [];
    const revoked = this.#revokeAll(family, REUSED);
    return Object.freeze({ outcome: "reused", familyId, userId, revoked });
  }
}

const UNKNOWN = /* @__PURE__ */ Object.freeze({ outcome: "unknown" } as const);
const INACTIVE = /* @__PURE__ */ Object.freeze(
  { outcome: "inactive" } as const,
);
const ROTATED = "rotated";
const REUSED = "reused";

function validateReason(
  reason: string | undefined,
): Result<string | undefined, TypeMismatch> {
  return reason === undefined
    ? new Ok(reason)
    : validateType("reason", reason, "string");
}

function addTo(
  index: Map<string, Set<string>>,
  key: string,
  jti: string,
): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([jti]));
  else ids.add(jti);
}

function deleteFrom(
  index: Map<string, Set<string>>,
  key: string,
  jti: string,
): void {
  const ids = index.get(key)!;
  ids.delete(jti);
  if (ids.size === 0) index.delete(key);
}
