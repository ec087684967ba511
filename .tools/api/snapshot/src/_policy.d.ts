import type { ErrorCauseJson } from "./errors.js";
import type { Awaitable } from "./protocols.js";
export interface Subject {
  readonly id: string;
  readonly roles?: readonly string[];
}
export interface AuthorizationContext<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  readonly subject: TSubject;
  readonly resource: TResource;
  readonly action: TAction;
  readonly environment?: Readonly<Record<string, unknown>> | undefined;
}
export type PolicyEffect = "allow" | "deny" | "abstain";
export interface PolicyVerdict {
  readonly effect: PolicyEffect;
  readonly reason?: string | undefined;
}
export type ResourceType<TResource> = TResource extends {
  readonly type: infer T extends string;
} ? T
  : string;
export type ResourceOfType<TResource, TType> = TResource extends {
  readonly type: infer T;
} ? [
    T & TType,
  ] extends [
    never,
  ] ? never
  : TResource
  : TResource;
export interface Policy<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  readonly id: string;
  readonly actions?: readonly TAction[] | undefined;
  readonly resources?: readonly ResourceType<TResource>[] | undefined;
  readonly reason?: string | undefined;
  evaluate(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Awaitable<PolicyEffect | PolicyVerdict>;
}
export interface PolicyEvaluation {
  readonly policyId: string;
  readonly effect: PolicyEffect;
  readonly reason: string | undefined;
  readonly error: ErrorCauseJson | undefined;
}
export interface Decision {
  readonly allowed: boolean;
  readonly policyId: string | undefined;
  readonly reason: string | undefined;
  readonly error: ErrorCauseJson | undefined;
  readonly evaluated: readonly PolicyEvaluation[];
}
