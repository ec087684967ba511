/**
 * Who may do what to which resource, decided by policies.
 *
 * When to use it: to decide by attributes or roles, in one place, and to be
 * able to say why.
 *
 * When not: to find out who somebody is, which a `TokenStore` helps with; for
 * relations that reach over many objects, as in Zanzibar, which want an engine
 * of their own.
 *
 * - **Denied by default.** What no policy allows is denied.
 * - **Denials outweigh.** One policy that denies is enough, whatever others say.
 *   The order of policies has no meaning, so one that is added at the end, or by
 *   somebody else, means what it says.
 * - **Failures deny.** A policy that throws, rejects or answers what is no answer
 *   denies, and the decision tells so. It is never skipped.
 * - **Explained.** A decision has the policy that decided, its reason, and what
 *   each policy said that was asked.
 *
 * There is neither a language for policies nor a store of relations. Who wants one
 * puts it behind {@linkcode Authorizer}.
 *
 * @example Links that belong to somebody
 * ```ts
 * import {
 *   allow,
 *   deny,
 *   hasRole,
 *   PolicyBasedAuthorizer,
 * } from "@groundwork/infra/authorization";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * interface Link {
 *   readonly owner: string;
 *   readonly isLocked: boolean;
 * }
 * const links = new PolicyBasedAuthorizer<Link, "read" | "write" | "delete">({
 *   policies: [
 *     allow("anybody reads", { actions: ["read"] }),
 *     allow("owners", {
 *       when: ({ subject, resource }) => subject.id === resource.owner,
 *     }),
 *     allow("editors", { actions: ["write"], when: hasRole("editor") }),
 *     deny("locked", {
 *       actions: ["write", "delete"],
 *       when: ({ resource }) => resource.isLocked,
 *       reason: "The link is locked",
 *     }),
 *   ],
 * });
 *
 * const decision = links.decideSync({
 *   subject: { id: "ada" },
 *   resource: { owner: "ada", isLocked: true },
 *   action: "delete",
 * });
 * strictEqual(decision.allowed, false);
 * strictEqual(decision.reason, "The link is locked");
 * deepStrictEqual(
 *   decision.evaluated.map(({ policyId, effect }) => [policyId, effect]),
 *   [["locked", "deny"], ["owners", "allow"]],
 * );
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { typeMismatch } from "./_mismatch.ts";
import { requireCallback, requireFunction } from "./_options.ts";
import type {
  AuthorizationContext,
  Decision,
  Policy,
  Subject,
} from "./_policy.ts";
import { PolicyIndex } from "./_policy_index.ts";
import { type Panel, undecidable } from "./_policy_panel.ts";
import { requireKnownOptions } from "./_policy_rules.ts";
import { callReporting } from "./_report.ts";
import { type ErrorOf, SecurityError } from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";

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
} from "./_policy.ts";
export {
  allOf,
  allow,
  anyOf,
  type Condition,
  deny,
  hasRole,
  not,
  type RuleOptions,
} from "./_policy_rules.ts";

/**
 * Decides who may do what. {@linkcode PolicyBasedAuthorizer} does, and so may a
 * client of a service for it, such as OPA, Cedar or OpenFGA.
 *
 * @typeParam TResource What things are done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who does it.
 *
 * @example A service elsewhere, whose failures deny
 * ```ts
 * import type { Authorizer } from "@groundwork/infra/authorization";
 * import { describeError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * function remote(ask: (input: unknown) => Promise<boolean>): Authorizer<string> {
 *   return {
 *     async decide(input) {
 *       const told = await ask(input).catch(describeError);
 *       return {
 *         allowed: told === true,
 *         policyId: undefined,
 *         reason: undefined,
 *         error: typeof told === "boolean" ? undefined : told,
 *         evaluated: [],
 *       };
 *     },
 *   };
 * }
 * const opa = remote(() => Promise.reject(new Error("no route")));
 * const question = { subject: { id: "ada" }, resource: "l1", action: "read" };
 * const { allowed, error } = await opa.decide(question);
 * strictEqual(allowed, false);
 * strictEqual(error?.message, "no route");
 * ```
 */
export interface Authorizer<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  /**
   * Decides. A failure is a denial, not an error: who asks need not know how it is
   * decided, and must not go on by mistake.
   *
   * @param context Who wants to do what to which resource.
   * @returns The decision.
   */
  decide(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Awaitable<Decision>;
}

/**
 * Tells whether a value looks like an {@linkcode Authorizer}: by its method, not by
 * what it does.
 *
 * @param value What to look at.
 * @returns Whether it has it.
 *
 * @example A plugin
 * ```ts
 * import { isAuthorizer, PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isAuthorizer(new PolicyBasedAuthorizer({ policies: [] })), true);
 * strictEqual(isAuthorizer(() => true), false);
 * ```
 */
export function isAuthorizer(value: unknown): value is Authorizer<unknown> {
  return hasMethods(value, ["decide"]);
}

/**
 * Makes a decision a `Result`, for code that goes on by `andThen`. The error names
 * the policy and its reason among its details, and nothing of the other policies.
 *
 * @param decision The decision.
 * @param resource What the message calls the resource.
 * @returns The decision, where it allows; else an error with the code
 * `SECURITY_POLICY_DENIED`.
 *
 * @example Of any authorizer
 * ```ts
 * import {
 *   PolicyBasedAuthorizer,
 *   toAuthorizationResult,
 * } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const authorizer = new PolicyBasedAuthorizer<string>({ policies: [] });
 * const question = { subject: { id: "ada" }, resource: "l1", action: "read" };
 * const decision = await authorizer.decide(question);
 * strictEqual(
 *   toAuthorizationResult(decision, "link l1").unwrapErr().message,
 *   "The policy denies access to link l1",
 * );
 * ```
 */
export function toAuthorizationResult(
  decision: Decision,
  resource: string = Expectations.RESOURCE,
): Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">> {
  if (decision.allowed) return new Ok(decision);
  const { policyId, reason } = decision;
  const details = { policyId, reason };
  return new Err(
    new SecurityError("SECURITY_POLICY_DENIED", { resource }, { details }),
  );
}

/**
 * Options of {@linkcode PolicyBasedAuthorizer}.
 *
 * @typeParam TResource What things are done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who does it.
 */
export interface PolicyBasedAuthorizerOptions<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  /** The policies, in any order, each with an id of its own. */
  readonly policies: readonly Policy<TResource, TAction, TSubject>[];
  /**
   * Tells the type of a resource, which policies choose their `resources` by. It is
   * only asked where any does. Default: the resource's `type`.
   */
  readonly typeOf?: ((resource: TResource) => string) | undefined;
  /**
   * Called with each decision, before who asked gets it: for an audit log. What it
   * throws becomes an unhandled rejection, and the decision stays.
   */
  readonly onDecision?:
    | ((
      decision: Decision,
      context: AuthorizationContext<TResource, TAction, TSubject>,
    ) => void)
    | undefined;
}

const OPTIONS: readonly (keyof PolicyBasedAuthorizerOptions<unknown>)[] = [
  "policies",
  "typeOf",
  "onDecision",
];

type Question = AuthorizationContext<unknown, string, unknown>;

/**
 * Decides by policies. It asks all that are for the action and the type of the
 * resource, and
 *
 * 1. one that denies, or fails, denies;
 * 2. else one that allows, allows;
 * 3. else it is denied.
 *
 * All are asked, even after a denial: so a decision tells all that stands against
 * it, and is the same whatever the order. Those that are asynchronous are asked at
 * the same time.
 *
 * Resources may be of several types: a union of objects with a `type`. A policy
 * that names `resources` gets only those. Where types have actions of their own,
 * an authorizer for each is simpler, and says more to the compiler; what they have
 * in common can be a function, as that of {@linkcode deny}.
 *
 * Measured (`bench/authorization_bench.ts`): on Deno, Node and Bun a decision by
 * one of 50 rules takes 20 to 50 ns. Where a rule has a condition that is 3 to 4
 * times as fast as casl 7, or 1.4 to 2 times with functions for casl's conditions;
 * without one it is 1.2 to 2 times. Making casl's ability of a user takes 3 to 6 µs.
 *
 * @typeParam TResource What things are done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who does it.
 *
 * @example Two types of resources
 * ```ts
 * import {
 *   allow,
 *   hasRole,
 *   PolicyBasedAuthorizer,
 * } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Link = { type: "link"; owner: string };
 * type Report = { type: "report"; isPublic: boolean };
 *
 * const authorizer = new PolicyBasedAuthorizer<Link | Report, "read" | "delete">({
 *   policies: [
 *     allow("owners", {
 *       resources: ["link"],
 *       when: ({ subject, resource }) => subject.id === resource.owner,
 *     }),
 *     allow("public", {
 *       resources: ["report"],
 *       actions: ["read"],
 *       when: ({ resource }) => resource.isPublic,
 *     }),
 *     allow("admins", { when: hasRole("admin") }),
 *   ],
 * });
 * const report: Report = { type: "report", isPublic: true };
 * const mayDelete = (...roles: string[]) =>
 *   authorizer.decideSync({
 *     subject: { id: "ada", roles },
 *     resource: report,
 *     action: "delete",
 *   }).allowed;
 * strictEqual(mayDelete(), false);
 * strictEqual(mayDelete("admin"), true);
 * ```
 */
export class PolicyBasedAuthorizer<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> implements Authorizer<TResource, TAction, TSubject> {
  readonly #index: PolicyIndex;
  readonly #typeOf: (resource: never) => unknown;
  readonly #onDecision:
    | ((decision: Decision, context: never) => void)
    | undefined;

  /**
   * Makes an authorizer. What is done to the list of policies later, or to what
   * they say of themselves, is no matter.
   *
   * @param options The policies.
   * @throws {ValidationError} An option is not valid or not known, a policy has no
   * id or that of another, or its `actions` or `resources` are empty.
   */
  constructor(
    options: PolicyBasedAuthorizerOptions<TResource, TAction, TSubject>,
  ) {
    requireKnownOptions(options, OPTIONS);
    const { policies, typeOf = tagOf, onDecision } = options;
    requireFunction("typeOf", typeOf);
    requireCallback("onDecision", onDecision);
    this.#index = new PolicyIndex(policies);
    this.#typeOf = typeOf;
    this.#onDecision = onDecision;
  }

  /**
   * Decides, and waits for policies that are asynchronous. It never rejects.
   *
   * @param context Who wants to do what to which resource.
   * @returns The decision.
   *
   * @example A policy that looks something up
   * ```ts
   * import { allow, PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
   * import { strictEqual } from "node:assert/strict";
   *
   * const friends = { areFriends: (a: string, b: string) => Promise.resolve(a < b) };
   * const authorizer = new PolicyBasedAuthorizer<{ owner: string }, "read">({
   *   policies: [
   *     allow("friends", {
   *       when: ({ subject, resource }) =>
   *         friends.areFriends(subject.id, resource.owner),
   *     }),
   *   ],
   * });
   * const { allowed } = await authorizer.decide({
   *   subject: { id: "ada" },
   *   resource: { owner: "bob" },
   *   action: "read",
   * });
   * strictEqual(allowed, true);
   * ```
   */
  async decide(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Promise<Decision> {
    let decision: Decision;
    try {
      decision = await this.#panelFor(context).decide(context);
    } catch (error) {
      decision = undecidable(error);
    }
    return this.#tell(decision, context);
  }

  /**
   * Decides at once. It never throws: a policy that is asynchronous denies.
   *
   * @param context Who wants to do what to which resource.
   * @returns The decision.
   *
   * @example In the middle of something
   * ```ts
   * import { allow, PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const authorizer = new PolicyBasedAuthorizer<{ owner: string }, "read">({
   *   policies: [
   *     allow("owners", {
   *       when: ({ subject, resource }) => subject.id === resource.owner,
   *     }),
   *   ],
   * });
   * const subject = { id: "ada" };
   * const links = [{ owner: "ada" }, { owner: "bob" }];
   * const visible = links.filter((resource) =>
   *   authorizer.decideSync({ subject, resource, action: "read" }).allowed
   * );
   * deepStrictEqual(visible, [{ owner: "ada" }]);
   * ```
   */
  decideSync(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Decision {
    let decision: Decision;
    try {
      decision = this.#panelFor(context).decideSync(context);
    } catch (error) {
      decision = undecidable(error);
    }
    return this.#tell(decision, context);
  }

  /**
   * Decides, for code that goes on by `andThen`: {@linkcode decide} and
   * {@linkcode toAuthorizationResult} in one.
   *
   * @param context Who wants to do what to which resource.
   * @returns The decision, where it allows; else an error with the code
   * `SECURITY_POLICY_DENIED`, which names the type of the resource.
   *
   * @example Delete or fail
   * ```ts
   * import { PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
   * import { strictEqual } from "node:assert/strict";
   *
   * type Link = { type: "link"; slug: string };
   * const links = new PolicyBasedAuthorizer<Link, "delete">({ policies: [] });
   * const subject = { id: "ada" };
   * const resource: Link = { type: "link", slug: "home" };
   * const asked = await links.authorize({ subject, resource, action: "delete" });
   * const deleted = asked.map(() => "deleted");
   * strictEqual(deleted.unwrapErr().message, "The policy denies access to link");
   * ```
   */
  async authorize(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Promise<Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">>> {
    return this.#toResult(await this.decide(context), context);
  }

  /**
   * The same at once: {@linkcode decideSync} and {@linkcode toAuthorizationResult}
   * in one.
   *
   * @param context Who wants to do what to which resource.
   * @returns The decision, or the error.
   *
   * @example Delete or fail
   * ```ts
   * import { PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
   * import { strictEqual } from "node:assert/strict";
   *
   * const links = new PolicyBasedAuthorizer<string, "delete">({ policies: [] });
   * const subject = { id: "ada" };
   * const asked = links.authorizeSync({ subject, resource: "l1", action: "delete" });
   * strictEqual(asked.unwrapErr().code, "SECURITY_POLICY_DENIED");
   * ```
   */
  authorizeSync(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">> {
    return this.#toResult(this.decideSync(context), context);
  }

  #panelFor({ resource, action }: Question): Panel {
    const type = this.#index.hasTypes ? this.#requireType(resource) : undefined;
    return this.#index.find(type, action);
  }

  #requireType(resource: unknown): string {
    const type = this.#typeOf(resource as never);
    if (typeof type === "string") return type;
    throw typeMismatch("type", "string");
  }

  #tell(decision: Decision, context: unknown): Decision {
    const onDecision = this.#onDecision;
    if (onDecision !== undefined) {
      callReporting(() => onDecision(decision, context as never));
    }
    return decision;
  }

  #toResult(
    decision: Decision,
    context: Question,
  ): Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">> {
    let resource: string | undefined;
    try {
      resource = this.#requireType(context.resource);
    } catch { // It is called what all are called.
    }
    return toAuthorizationResult(decision, resource);
  }
}

function tagOf(resource: unknown): unknown {
  return (resource as { readonly type?: unknown } | null | undefined)?.type;
}
