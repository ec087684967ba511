/**
 * Who asks: users log in with a password and get an opaque bearer token, which
 * they change for a new one before it expires. Only hashes of tokens are kept.
 * Whoever comes with a token that was changed before has a copy of it: then the
 * whole session is over, for the thief as well.
 *
 * @module
 */

import {
  allErrors,
  type Clock,
  type ConfigRecord,
  err,
  HashedTokenStore,
  hashTokenId,
  InMemoryTokenStore,
  ok,
  randomTokenId,
  RepositoryError,
  type Result,
  type Secret,
  type StoredToken,
  type TokenAddError,
  validateNonEmpty,
  validateType,
  type ValidationError,
} from "../mod.ts";
import { HttpProblem } from "./http.ts";

/** What a user gets: the token is told only now. */
export interface Session {
  readonly user: string;
  readonly token: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Who wants to log in. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What the sessions work with. */
export interface SessionParts {
  /** By the names of the users. */
  readonly passwords: Secret<ConfigRecord>;
  /** How long a token is good, in ms. */
  readonly sessionMs: number;
  readonly clock: Clock;
}

/** The sessions of all users. */
export class Sessions {
  readonly #tokens: HashedTokenStore;
  readonly #passwords: Secret<ConfigRecord>;
  readonly #sessionMs: number;
  readonly #clock: Clock;

  constructor({ passwords, sessionMs, clock }: SessionParts) {
    this.#tokens = new HashedTokenStore(new InMemoryTokenStore({ clock }));
    this.#passwords = passwords;
    this.#sessionMs = sessionMs;
    this.#clock = clock;
  }

  /** Begins a session. */
  async logIn(
    { user, password }: Credentials,
  ): Promise<Result<Session, HttpProblem>> {
    const passwords = this.#passwords.reveal();
    const right = Object.hasOwn(passwords, user) ? passwords[user] : undefined;
    // How long it takes to compare hashes tells nothing of what was hashed.
    const given = await hashTokenId(password);
    const wanted = await hashTokenId(String(right));
    if (typeof right !== "string" || given !== wanted) {
      return err(unauthorized("The user name or the password is wrong"));
    }
    const { jti, expiresAt } = this.#next();
    const added = await this.#tokens.add({ jti, userId: user, expiresAt });
    return added
      .map(() => sessionOf(user, jti, expiresAt))
      .mapErr(toProblem);
  }

  /** The stored token of a request; `undefined` where it has no good one. */
  async find(request: Request): Promise<StoredToken | undefined> {
    const found = await this.#tokens.find(bearerOf(request));
    const token = found.unwrapOr(undefined);
    return token?.revokedAt === undefined ? token : undefined;
  }

  /** Changes the token of a request for a new one. */
  async renew(request: Request): Promise<Result<Session, HttpProblem>> {
    const { jti, expiresAt } = this.#next();
    const next = { jti, expiresAt };
    const rotated = await this.#tokens.rotate(bearerOf(request), next);
    if (!rotated.ok) return err(toProblem(rotated.error));
    const rotation = rotated.value;
    switch (rotation.outcome) {
      case "rotated":
        return ok(sessionOf(rotation.successor.userId, jti, expiresAt));
      case "replayed": // Likely by the same client, of which nothing is stolen.
        return err(new HttpProblem(409, "The token was changed just now"));
      default:
        return err(unauthorized());
    }
  }

  /** Ends a session. */
  async logOut({ familyId }: StoredToken): Promise<void> {
    (await this.#tokens.revokeFamily(familyId, "logged out")).unwrap();
  }

  /** Ends all sessions of a user, and tells how many there were. */
  async logOutEverywhere({ userId }: StoredToken): Promise<number> {
    const reason = "logged out everywhere";
    return (await this.#tokens.revokeUser(userId, { reason })).unwrap();
  }

  /** Forgets what has expired. */
  async prune(): Promise<void> {
    await this.#tokens.prune();
  }

  #next(): { readonly jti: string; readonly expiresAt: number } {
    const expiresAt = this.#clock.now() + this.#sessionMs;
    return { jti: randomTokenId(), expiresAt };
  }
}

/** Reads who wants to log in from a body. */
export function readCredentials(
  input: unknown,
): Result<Credentials, readonly ValidationError[]> {
  const body = validateType("body", input, "object");
  if (!body.ok) return err([body.error]);
  const { user, password } = body.value;
  return allErrors({
    user: validateNonEmpty("user", user),
    password: validateNonEmpty("password", password),
  });
}

/** Nobody is told what is wrong with a token: who has stolen it would use that. */
export function unauthorized(
  detail = "A bearer token that is good is needed",
): HttpProblem {
  return new HttpProblem(401, detail, {}, { "www-authenticate": "Bearer" });
}

/** The token of a request (RFC 6750, section 2.1); empty where it has none. */
function bearerOf(request: Request): string {
  const authorization = request.headers.get("authorization") ?? "";
  return /^Bearer +([\w~+/.-]+=*)$/i.exec(authorization)?.[1] ?? "";
}

function toProblem(error: TokenAddError): HttpProblem {
  return RepositoryError.is(error)
    ? new HttpProblem(503, "There are too many sessions")
    : unauthorized();
}

function sessionOf(user: string, token: string, expiresAt: number): Session {
  return { user, token, expiresAt: new Date(expiresAt).toISOString() };
}
