import type {
  AuthorizationContext,
  Policy,
  ResourceOfType,
  ResourceType,
  Subject,
} from "./_policy.js";
import type { Awaitable } from "./protocols.js";
export type Condition<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> = (
  context: AuthorizationContext<TResource, TAction, TSubject>,
) => Awaitable<boolean>;
export interface RuleOptions<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
  TType extends string = string,
> {
  readonly actions?: readonly TAction[] | undefined;
  readonly resources?: readonly TType[] | undefined;
  readonly when?:
    | Condition<ResourceOfType<TResource, TType>, TAction, TSubject>
    | undefined;
  readonly reason?: string | undefined;
}
export declare function allow<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
  const TType extends ResourceType<TResource> = ResourceType<TResource>,
  const TOwnAction extends TAction = TAction,
>(
  id: string,
  options?: RuleOptions<TResource, TOwnAction, TSubject, TType>,
): Policy<TResource, TAction, TSubject>;
export declare function deny<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
  const TType extends ResourceType<TResource> = ResourceType<TResource>,
  const TOwnAction extends TAction = TAction,
>(
  id: string,
  options?: RuleOptions<TResource, TOwnAction, TSubject, TType>,
): Policy<TResource, TAction, TSubject>;
export declare function allOf<TResource, TAction extends string, TSubject>(
  ...conditions: readonly Condition<
    NoInfer<TResource>,
    NoInfer<TAction>,
    NoInfer<TSubject>
  >[]
): Condition<TResource, TAction, TSubject>;
export declare function anyOf<TResource, TAction extends string, TSubject>(
  ...conditions: readonly Condition<
    NoInfer<TResource>,
    NoInfer<TAction>,
    NoInfer<TSubject>
  >[]
): Condition<TResource, TAction, TSubject>;
export declare function not<TResource, TAction extends string, TSubject>(
  condition: Condition<NoInfer<TResource>, NoInfer<TAction>, NoInfer<TSubject>>,
): Condition<TResource, TAction, TSubject>;
export declare function hasRole(
  ...roles: readonly string[]
): Condition<
  unknown,
  string,
  | {
    readonly roles?: readonly string[] | undefined;
  }
  | null
  | undefined
>;
