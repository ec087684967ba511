import { type Result } from "./result.js";
import {
  type NewToken,
  type NextToken,
  type NoClaims,
  type RevokeUserOptions,
  type StoredToken,
  type TokenAddError,
  type TokenInputError,
  type TokenRotation,
  type TokenStore,
} from "./token_store.js";
export declare function randomTokenId(bytes?: number): string;
export declare function hashTokenId(jti: string): Promise<string>;
export declare class HashedTokenStore<TClaims extends object = NoClaims>
  implements TokenStore<TClaims> {
  constructor(tokens: TokenStore<TClaims>);
  add(
    token: NewToken<TClaims>,
  ): Promise<Result<StoredToken<TClaims>, TokenAddError>>;
  find(
    jti: string,
  ): Promise<Result<StoredToken<TClaims> | undefined, TokenInputError>>;
  isActive(jti: string): Promise<boolean>;
  revoke(
    jti: string,
    reason?: string,
  ): Promise<Result<boolean, TokenInputError>>;
  revokeUser(
    userId: string,
    options?: RevokeUserOptions,
  ): Promise<Result<number, TokenInputError>>;
  revokeFamily(
    familyId: string,
    reason?: string,
  ): Promise<Result<number, TokenInputError>>;
  rotate(
    jti: string,
    next: NextToken<TClaims>,
  ): Promise<Result<TokenRotation<TClaims>, TokenAddError>>;
  listActive(
    userId: string,
  ): Promise<Result<readonly StoredToken<TClaims>[], TokenInputError>>;
  prune(limit?: number): Promise<number>;
}
