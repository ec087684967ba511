/**
 * The rules and conditions that most policies are made of.
 *
 * @module
 */

import { requireCallback, requireFunction } from "./_options.ts";
import type {
  AuthorizationContext,
  Policy,
  PolicyEffect,
  ResourceOfType,
  ResourceType,
  Subject,
} from "./_policy.ts";
import { isPromiseLike } from "./_promise_like.ts";
import { ValidationError } from "./errors.ts";
import type { Awaitable } from "./protocols.ts";
import { Err } from "./result.ts";
import { requireOption, validateNonEmpty, validateType } from "./validators.ts";

/**
 * Tells whether something holds. It may be asynchronous.
 *
 * @typeParam TResource Of which resources.
 * @typeParam TAction Of which actions.
 * @typeParam TSubject Of whom.
 *
 * @example A condition for several types of resources
 * ```ts
 * import { allow, type Condition } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isOwner: Condition<{ owner: string }> = ({ subject, resource }) =>
 *   subject.id === resource.owner;
 * const policy = allow("owners", { when: isOwner });
 * const resource = { owner: "ada" };
 * const subject = { id: "ada" };
 * strictEqual(policy.evaluate({ subject, resource, action: "read" }), "allow");
 * ```
 */
export type Condition<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> = (
  context: AuthorizationContext<TResource, TAction, TSubject>,
) => Awaitable<boolean>;

/**
 * Options of {@linkcode allow} and {@linkcode deny}.
 *
 * @typeParam TResource All resources.
 * @typeParam TAction The actions that the rule is about.
 * @typeParam TSubject Who does it.
 * @typeParam TType The types of resources that the rule is about.
 */
export interface RuleOptions<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
  TType extends string = string,
> {
  /** Which actions; not empty. Default: all. */
  readonly actions?: readonly TAction[] | undefined;
  /** Which types of resources; not empty. Default: all. */
  readonly resources?: readonly TType[] | undefined;
  /** Whether the rule holds. Where it does not, it abstains. Default: always. */
  readonly when?:
    | Condition<ResourceOfType<TResource, TType>, TAction, TSubject>
    | undefined;
  /** What decisions say where it holds. */
  readonly reason?: string | undefined;
}

const RULE_OPTIONS: readonly (keyof RuleOptions<unknown>)[] = [
  "actions",
  "resources",
  "when",
  "reason",
];

/**
 * A policy that allows what a condition holds for, and abstains from the rest.
 *
 * @typeParam TResource What things are done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who does it.
 * @typeParam TType The types of resources that it is about.
 * @typeParam TOwnAction The actions that it is about.
 * @param id What decisions call it.
 * @param options What it is about, and when it holds.
 * @returns The policy.
 * @throws {ValidationError} An option is not known, or `when` is no function.
 *
 * @example Who may change what
 * ```ts
 * import { allow, PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const authorizer = new PolicyBasedAuthorizer<
 *   { owner: string },
 *   "read" | "write"
 * >({
 *   policies: [
 *     allow("anybody reads", { actions: ["read"] }),
 *     allow("owners do all", {
 *       when: ({ subject, resource }) => subject.id === resource.owner,
 *     }),
 *   ],
 * });
 * const subject = { id: "ada" };
 * const resource = { owner: "bob" };
 * const mayDo = (action: "read" | "write") =>
 *   authorizer.decideSync({ subject, resource, action }).allowed;
 * strictEqual(mayDo("read"), true);
 * strictEqual(mayDo("write"), false);
 * ```
 */
export function allow<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
  const TType extends ResourceType<TResource> = ResourceType<TResource>,
  const TOwnAction extends TAction = TAction,
>(
  id: string,
  options: RuleOptions<TResource, TOwnAction, TSubject, TType> = {},
): Policy<TResource, TAction, TSubject> {
  return new Rule(id, "allow", options);
}

/**
 * A policy that denies what a condition holds for, and abstains from the rest. It
 * outweighs whatever allows.
 *
 * @typeParam TResource What things are done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who does it.
 * @typeParam TType The types of resources that it is about.
 * @typeParam TOwnAction The actions that it is about.
 * @param id What decisions call it.
 * @param options What it is about, and when it holds.
 * @returns The policy.
 * @throws {ValidationError} An option is not known, or `when` is no function.
 *
 * @example A rule for authorizers of any resources
 * ```ts
 * import {
 *   allow,
 *   deny,
 *   type Policy,
 *   PolicyBasedAuthorizer,
 * } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface User {
 *   readonly isSuspended: boolean;
 * }
 * function suspension<R, A extends string>(): Policy<R, A, User> {
 *   return deny("suspension", {
 *     when: ({ subject }) => subject.isSuspended,
 *     reason: "The account is suspended",
 *   });
 * }
 * const links = new PolicyBasedAuthorizer<string, "read", User>({
 *   policies: [allow("all"), suspension()],
 * });
 * const subject = { isSuspended: true };
 * const denied = links.decideSync({ subject, resource: "l1", action: "read" });
 * strictEqual(denied.reason, "The account is suspended");
 * ```
 */
export function deny<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
  const TType extends ResourceType<TResource> = ResourceType<TResource>,
  const TOwnAction extends TAction = TAction,
>(
  id: string,
  options: RuleOptions<TResource, TOwnAction, TSubject, TType> = {},
): Policy<TResource, TAction, TSubject> {
  return new Rule(id, "deny", options);
}

/**
 * What a rule says where its condition is neither true nor false, which denies. It
 * is not what the condition said: that may look like an answer.
 */
const NO_ANSWER = undefined as unknown as PolicyEffect;

/** A class, as engines inline its method; they call closures. */
class Rule<
  TResource,
  TAction extends string,
  TSubject,
  TType extends ResourceType<TResource>,
  TOwnAction extends TAction,
> implements Policy<TResource, TAction, TSubject> {
  readonly id: string;
  readonly actions: readonly TOwnAction[] | undefined;
  readonly resources: readonly TType[] | undefined;
  readonly reason: string | undefined;
  readonly #effect: "allow" | "deny";
  readonly #when: RuleOptions<TResource, TOwnAction, TSubject, TType>["when"];

  constructor(
    id: string,
    effect: "allow" | "deny",
    options: RuleOptions<TResource, TOwnAction, TSubject, TType>,
  ) {
    requireKnownOptions(options, RULE_OPTIONS);
    const { actions, resources, when, reason } = options;
    requireCallback("when", when);
    this.id = id;
    this.actions = actions;
    this.resources = resources;
    this.reason = reason;
    this.#effect = effect;
    this.#when = when;
  }

  evaluate(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Awaitable<PolicyEffect> {
    const when = this.#when;
    if (when === undefined) return this.#effect;
    // It is only asked for what it is about.
    return this.#answerOf(when(context as Parameters<typeof when>[0]));
  }

  #answerOf(holds: Awaitable<boolean>): Awaitable<PolicyEffect> {
    if (holds === true) return this.#effect;
    if (holds === false) return "abstain";
    return isPromiseLike(holds)
      ? holds.then((it) => this.#answerOf(it))
      : NO_ANSWER;
  }
}

/** Inside nobody needs the types: conditions get what is decided about. */
type AnyCondition = Condition<never, never, never>;

/**
 * A condition that holds where all of some do. They are asked one after the other,
 * and no longer than one holds: later ones may rely on earlier ones.
 *
 * A condition is true or false, unlike a policy, so the laws of logic hold for
 * {@linkcode allOf}, {@linkcode anyOf} and {@linkcode not}. What a condition throws
 * or answers instead is handed on, and the rule denies: nothing can turn a failure
 * into a yes. While all conditions are synchronous, so is the whole.
 *
 * Within a rule its types are those of the rule. Elsewhere they have to be told, as
 * the example of {@linkcode anyOf} does.
 *
 * @typeParam TResource Of which resources.
 * @typeParam TAction Of which actions.
 * @typeParam TSubject Of whom.
 * @param conditions The conditions; one or more, as a list that happens to be empty
 * must not allow all.
 * @returns The condition.
 * @throws {ValidationError} There are none, or one is no function.
 *
 * @example An owner who may write
 * ```ts
 * import {
 *   allOf,
 *   allow,
 *   hasRole,
 *   PolicyBasedAuthorizer,
 * } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const authorizer = new PolicyBasedAuthorizer<{ owner: string }, "write">({
 *   policies: [
 *     allow("owners", {
 *       when: allOf(
 *         hasRole("author"),
 *         ({ subject, resource }) => subject.id === resource.owner,
 *       ),
 *     }),
 *   ],
 * });
 * const resource = { owner: "ada" };
 * const mayWrite = (subject: { id: string; roles: string[] }) =>
 *   authorizer.decideSync({ subject, resource, action: "write" }).allowed;
 * strictEqual(mayWrite({ id: "ada", roles: ["author"] }), true);
 * strictEqual(mayWrite({ id: "ada", roles: [] }), false);
 * ```
 */
export function allOf<TResource, TAction extends string, TSubject>(
  ...conditions: readonly Condition<
    NoInfer<TResource>,
    NoInfer<TAction>,
    NoInfer<TSubject>
  >[]
): Condition<TResource, TAction, TSubject> {
  return whileAll(requireConditions(conditions), true);
}

/**
 * A condition that holds where any of some does. They are asked one after the
 * other, and no longer than none holds. See {@linkcode allOf}.
 *
 * @typeParam TResource Of which resources.
 * @typeParam TAction Of which actions.
 * @typeParam TSubject Of whom.
 * @param conditions The conditions; one or more.
 * @returns The condition.
 * @throws {ValidationError} There are none, or one is no function.
 *
 * @example Editors and owners
 * ```ts
 * import { anyOf, type Condition, hasRole } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const mayEdit: Condition<{ owner: string }> = anyOf(
 *   hasRole("editor"),
 *   ({ subject, resource }) => subject.id === resource.owner,
 * );
 * const subject = { id: "ada" };
 * const resource = { owner: "ada" };
 * strictEqual(mayEdit({ subject, resource, action: "edit" }), true);
 * ```
 */
export function anyOf<TResource, TAction extends string, TSubject>(
  ...conditions: readonly Condition<
    NoInfer<TResource>,
    NoInfer<TAction>,
    NoInfer<TSubject>
  >[]
): Condition<TResource, TAction, TSubject> {
  return whileAll(requireConditions(conditions), false);
}

/**
 * A condition that holds where another does not. See {@linkcode allOf}.
 *
 * @typeParam TResource Of which resources.
 * @typeParam TAction Of which actions.
 * @typeParam TSubject Of whom.
 * @param condition The other.
 * @returns The condition.
 * @throws {ValidationError} It is no function.
 *
 * @example Everybody but guests
 * ```ts
 * import { type Condition, hasRole, not } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isMember: Condition<string> = not(hasRole("guest"));
 * const subject = { id: "ada", roles: ["guest"] };
 * strictEqual(isMember({ subject, resource: "l1", action: "read" }), false);
 * ```
 */
export function not<TResource, TAction extends string, TSubject>(
  condition: Condition<
    NoInfer<TResource>,
    NoInfer<TAction>,
    NoInfer<TSubject>
  >,
): Condition<TResource, TAction, TSubject> {
  requireFunction("condition", condition);
  function opposite(holds: boolean): boolean {
    // What is neither true nor false stays what it is.
    return typeof holds === "boolean" ? !holds : holds;
  }
  return (context) => {
    const holds = condition(context);
    return isPromiseLike(holds) ? holds.then(opposite) : opposite(holds);
  };
}

/**
 * A condition that holds for subjects with any of some roles. One without roles has
 * none, and so has nobody; roles that are no list make a rule deny.
 *
 * @param roles The roles; one or more.
 * @returns The condition.
 * @throws {ValidationError} There are none, or one is blank.
 *
 * @example Either of two
 * ```ts
 * import { hasRole } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const maySee = hasRole("editor", "admin");
 * const question = { resource: "l1", action: "read" };
 * strictEqual(maySee({ ...question, subject: { roles: ["admin"] } }), true);
 * strictEqual(maySee({ ...question, subject: undefined }), false);
 * ```
 */
export function hasRole(
  ...roles: readonly string[]
): Condition<
  unknown,
  string,
  { readonly roles?: readonly string[] | undefined } | null | undefined
> {
  requireSome("roles", roles);
  for (const [i, role] of roles.entries()) {
    requireOption(validateNonEmpty(`roles[${i}]`, role), role);
  }
  return ({ subject }) => {
    const own = subject?.roles;
    if (own === undefined || own === null) return false;
    // A text has an includes() too, which would find "admin" in "no-admin".
    // Nor is it the answer itself: `true` is no role, and would be a yes.
    if (!Array.isArray(own)) return undefined as never;
    for (let i = 0; i < own.length; i++) {
      for (let j = 0; j < roles.length; j++) {
        if (own[i] === roles[j]) return true;
      }
    }
    return false;
  };
}

/** Goes on as long as conditions are what is expected. */
function whileAll(
  conditions: readonly AnyCondition[],
  expected: boolean,
): Condition<unknown, string, unknown> {
  function from(start: number, context: never): Awaitable<boolean> {
    for (let i = start; i < conditions.length; i++) {
      const holds = conditions[i]!(context);
      if (isPromiseLike(holds)) {
        return holds.then((it) => it === expected ? from(i + 1, context) : it);
      }
      if (holds !== expected) return holds;
    }
    return expected;
  }
  return (context) => from(0, context as never);
}

/** A copy: a list that is changed later is no matter. */
function requireConditions(
  conditions: readonly AnyCondition[],
): readonly AnyCondition[] {
  requireSome("conditions", conditions);
  for (const [i, condition] of conditions.entries()) {
    requireFunction(`conditions[${i}]`, condition);
  }
  return conditions;
}

/**
 * Throws for an option that is none: with a typing error in it, a rule would be
 * about more than it should be.
 *
 * @param options The options.
 * @param known The names of all that there are.
 * @throws {ValidationError} One has another name.
 */
export function requireKnownOptions(
  options: object,
  known: readonly string[],
): void {
  for (const [field, value] of Object.entries(options)) {
    if (known.includes(field)) continue;
    const error = new ValidationError("VALIDATION_UNKNOWN_FIELD", { field });
    requireOption(new Err(error), value);
  }
}

/**
 * Throws for an empty list.
 *
 * @param field What it is called.
 * @param list The list.
 * @throws {ValidationError} It is no list, or empty.
 */
export function requireSome(field: string, list: readonly unknown[]): void {
  requireOption(validateType(field, list, "array"), list);
  if (list.length > 0) return;
  const error = new ValidationError("VALIDATION_EMPTY_VALUE", { field });
  requireOption(new Err(error), list);
}
