import type {
  AuthorizationContext,
  Decision,
  Policy,
  Subject,
} from "./_policy.js";
import { type ErrorOf } from "./errors.js";
import { type Awaitable } from "./protocols.js";
import { type Result } from "./result.js";
export type {
  AuthorizationContext,
  Decision,
  Policy,
  PolicyEffect,
  PolicyEvaluation,
  PolicyVerdict,
  ResourceOfType,
  ResourceType,
  Subject,
} from "./_policy.js";
export {
  allOf,
  allow,
  anyOf,
  type Condition,
  deny,
  hasRole,
  not,
  type RuleOptions,
} from "./_policy_rules.js";
export interface Authorizer<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  decide(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Awaitable<Decision>;
}
export declare function isAuthorizer(
  value: unknown,
): value is Authorizer<unknown>;
export declare function toAuthorizationResult(
  decision: Decision,
  resource?: string,
): Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">>;
export interface PolicyBasedAuthorizerOptions<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  readonly policies: readonly Policy<TResource, TAction, TSubject>[];
  readonly typeOf?: ((resource: TResource) => string) | undefined;
  readonly onDecision?:
    | ((
      decision: Decision,
      context: AuthorizationContext<TResource, TAction, TSubject>,
    ) => void)
    | undefined;
}
export declare class PolicyBasedAuthorizer<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> implements Authorizer<TResource, TAction, TSubject> {
  constructor(
    options: PolicyBasedAuthorizerOptions<TResource, TAction, TSubject>,
  );
  decide(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Promise<Decision>;
  decideSync(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Decision;
  authorize(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Promise<Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">>>;
  authorizeSync(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">>;
}
