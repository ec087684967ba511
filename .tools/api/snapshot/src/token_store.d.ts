import { type Clock } from "./clock.js";
import { type ErrorOf, ValidationError } from "./errors.js";
import { type Awaitable, type DeepReadonly } from "./protocols.js";
import { type Result } from "./result.js";
import { type IdentifierError } from "./validators.js";
export type NoClaims = Record<string, never>;
export interface StoredToken<TClaims extends object = NoClaims> {
  readonly jti: string;
  readonly userId: string;
  readonly familyId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
  readonly revokedReason: string | undefined;
  readonly replacedBy: string | undefined;
  readonly claims: DeepReadonly<TClaims>;
}
export interface TokenFields {
  readonly jti: string;
  readonly userId: string;
  readonly familyId?: string;
  readonly expiresAt: number;
}
export type ClaimsField<TClaims extends object> = NoClaims extends TClaims ? {
    readonly claims?: TClaims;
  }
  : {
    readonly claims: TClaims;
  };
export type NewToken<TClaims extends object = NoClaims> =
  & TokenFields
  & ClaimsField<TClaims>;
export type NextToken<TClaims extends object = NoClaims> =
  & Pick<TokenFields, "jti" | "expiresAt">
  & ClaimsField<TClaims>;
export type TokenInputError = IdentifierError;
export type TokenAddError =
  | TokenInputError
  | ValidationError<"VALIDATION_TOO_SMALL">
  | ErrorOf<"DB_DUPLICATE_KEY" | "DB_REPOSITORY_FULL">;
export type TokenRotation<TClaims extends object = NoClaims> = {
  readonly outcome: "rotated";
  readonly successor: StoredToken<TClaims>;
} | {
  readonly outcome: "replayed";
  readonly successor: StoredToken<TClaims>;
} | {
  readonly outcome: "reused";
  readonly familyId: string;
  readonly userId: string;
  readonly revoked: number;
} | {
  readonly outcome: "inactive";
} | {
  readonly outcome: "unknown";
};
export interface RevokeUserOptions {
  readonly exceptJti?: string;
  readonly exceptFamilyId?: string;
  readonly reason?: string;
}
export interface TokenStore<TClaims extends object = NoClaims> {
  add(
    token: NewToken<TClaims>,
  ): Awaitable<Result<StoredToken<TClaims>, TokenAddError>>;
  find(
    jti: string,
  ): Awaitable<Result<StoredToken<TClaims> | undefined, TokenInputError>>;
  isActive(jti: string): Awaitable<boolean>;
  revoke(
    jti: string,
    reason?: string,
  ): Awaitable<Result<boolean, TokenInputError>>;
  revokeUser(
    userId: string,
    options?: RevokeUserOptions,
  ): Awaitable<Result<number, TokenInputError>>;
  revokeFamily(
    familyId: string,
    reason?: string,
  ): Awaitable<Result<number, TokenInputError>>;
  rotate(
    jti: string,
    next: NextToken<TClaims>,
  ): Awaitable<Result<TokenRotation<TClaims>, TokenAddError>>;
  listActive(
    userId: string,
  ): Awaitable<Result<readonly StoredToken<TClaims>[], TokenInputError>>;
  prune(limit?: number): Awaitable<number>;
}
export declare function isTokenStore(value: unknown): value is TokenStore;
export type TokenVerifyError = ErrorOf<
  "AUTH_TOKEN_MALFORMED" | "AUTH_TOKEN_INVALID" | "AUTH_TOKEN_REVOKED"
>;
export declare function verifyToken<TClaims extends object>(
  tokens: Pick<TokenStore<TClaims>, "find">,
  jti: string,
): Promise<Result<StoredToken<TClaims>, TokenVerifyError>>;
export interface InMemoryTokenStoreOptions {
  readonly maxTokens?: number;
  readonly graceMs?: number;
  readonly clock?: Clock;
}
export declare class InMemoryTokenStore<TClaims extends object = NoClaims>
  implements TokenStore<TClaims> {
  constructor(options?: InMemoryTokenStoreOptions);
  get size(): number;
  add(token: NewToken<TClaims>): Result<StoredToken<TClaims>, TokenAddError>;
  find(jti: string): Result<StoredToken<TClaims> | undefined, TokenInputError>;
  isActive(jti: string): boolean;
  revoke(jti: string, reason?: string): Result<boolean, TokenInputError>;
  revokeUser(
    userId: string,
    options?: RevokeUserOptions,
  ): Result<number, TokenInputError>;
  revokeFamily(
    familyId: string,
    reason?: string,
  ): Result<number, TokenInputError>;
  rotate(
    jti: string,
    next: NextToken<TClaims>,
  ): Result<TokenRotation<TClaims>, TokenAddError>;
  listActive(
    userId: string,
  ): Result<readonly StoredToken<TClaims>[], TokenInputError>;
  prune(limit?: number): number;
}
