/**
 * What policies are asked, what they answer, and what is told of that.
 *
 * @module
 */

import type { ErrorCauseJson } from "./errors.ts";
import type { Awaitable } from "./protocols.ts";

/** Who wants to do something, as long as an application says no more of him. */
export interface Subject {
  /** Who it is. */
  readonly id: string;
  /** What he is. */
  readonly roles?: readonly string[];
}

/**
 * What is asked: whether a subject may do something to a resource.
 *
 * @typeParam TResource What it would be done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who would do it.
 *
 * @example May Ada read this?
 * ```ts
 * import type { AuthorizationContext } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Question = AuthorizationContext<{ owner: string }, "read" | "delete">;
 * const question: Question = {
 *   subject: { id: "ada" },
 *   resource: { owner: "bob" },
 *   action: "read",
 * };
 * strictEqual(question.subject.id === question.resource.owner, false);
 * ```
 */
export interface AuthorizationContext<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  /** Who wants to. */
  readonly subject: TSubject;
  /** To what. */
  readonly resource: TResource;
  /** To do what. */
  readonly action: TAction;
  /** What else matters, such as the time or the address. */
  readonly environment?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * What a policy says: `"deny"` outweighs `"allow"`, and `"abstain"` leaves it to
 * the others.
 */
export type PolicyEffect = "allow" | "deny" | "abstain";

/** What a policy says, with its reason. */
export interface PolicyVerdict {
  /** What it says. */
  readonly effect: PolicyEffect;
  /** Why. It ends up in logs: never a secret. Default: the policy's own. */
  readonly reason?: string | undefined;
}

/**
 * The types of resources that can be told apart: the values of their `type`.
 *
 * @typeParam TResource The resources.
 *
 * @example Of a union
 * ```ts
 * import type { ResourceType } from "@groundwork/infra/authorization";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * type Link = { type: "link"; url: string };
 * type Report = { type: "report"; clicks: number };
 * const types: ResourceType<Link | Report>[] = ["link", "report"];
 * deepStrictEqual(types.length, 2);
 * ```
 */
export type ResourceType<TResource> = TResource extends
  { readonly type: infer T extends string } ? T : string;

/**
 * The resources of some types.
 *
 * @typeParam TResource All resources.
 * @typeParam TType The types.
 *
 * @example One of a union
 * ```ts
 * import type { ResourceOfType } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Link = { type: "link"; url: string };
 * type Report = { type: "report"; clicks: number };
 * const report: ResourceOfType<Link | Report, "report"> = {
 *   type: "report",
 *   clicks: 7,
 * };
 * strictEqual(report.clicks, 7);
 * ```
 */
export type ResourceOfType<TResource, TType> = TResource extends
  { readonly type: infer T } ? [T & TType] extends [never] ? never : TResource
  : TResource;

/**
 * Says who may do what. Most are made by {@linkcode allow} and
 * {@linkcode deny}; one that has to remember or to look up something may be an
 * object of a class.
 *
 * @typeParam TResource What things are done to.
 * @typeParam TAction What can be done.
 * @typeParam TSubject Who does it.
 *
 * @example A policy that asks somebody else
 * ```ts
 * import {
 *   type AuthorizationContext,
 *   type Policy,
 *   PolicyBasedAuthorizer,
 * } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Share = { id: string };
 * class Invited implements Policy<Share, "read"> {
 *   readonly id = "invited";
 *   async evaluate({ subject, resource }: AuthorizationContext<Share>) {
 *     const guests = await Promise.resolve(new Set([`${resource.id}:ada`]));
 *     return guests.has(`${resource.id}:${subject.id}`) ? "allow" : "abstain";
 *   }
 * }
 * const authorizer = new PolicyBasedAuthorizer<Share, "read">({
 *   policies: [new Invited()],
 * });
 * const decision = await authorizer.decide({
 *   subject: { id: "ada" },
 *   resource: { id: "s1" },
 *   action: "read",
 * });
 * strictEqual(decision.policyId, "invited");
 * ```
 */
export interface Policy<
  TResource,
  TAction extends string = string,
  TSubject = Subject,
> {
  /** What decisions call it; each policy of an authorizer has its own. */
  readonly id: string;
  /** For which actions it is asked; not empty. Default: for all. */
  readonly actions?: readonly TAction[] | undefined;
  /** For which types of resources it is asked; not empty. Default: for all. */
  readonly resources?: readonly ResourceType<TResource>[] | undefined;
  /** What decisions give as its reason where it allows or denies. */
  readonly reason?: string | undefined;

  /**
   * Says what it thinks. It must change nothing, and has to come to an end: the
   * decision waits for it. What is no effect and no verdict is a denial: an error,
   * another value, a rejection.
   *
   * @param context What is asked.
   * @returns Its effect, or that with a reason.
   */
  evaluate(
    context: AuthorizationContext<TResource, TAction, TSubject>,
  ): Awaitable<PolicyEffect | PolicyVerdict>;
}

/**
 * What a policy said, as a decision has it.
 *
 * @example A line for each
 * ```ts
 * import {
 *   deny,
 *   PolicyBasedAuthorizer,
 *   type PolicyEvaluation,
 * } from "@groundwork/infra/authorization";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const tell = ({ policyId, effect, reason, error }: PolicyEvaluation) =>
 *   [policyId, effect, error?.message ?? reason].join(": ");
 *
 * const authorizer = new PolicyBasedAuthorizer<string>({
 *   policies: [
 *     deny("by night", { reason: "It is late" }),
 *     { id: "broken", evaluate: () => JSON.parse("?") },
 *   ],
 * });
 * const question = { subject: { id: "ada" }, resource: "l1", action: "read" };
 * const [late, broken] = authorizer.decideSync(question).evaluated;
 * deepStrictEqual(tell(late!).slice(0, 14), "broken: deny: ");
 * deepStrictEqual(tell(broken!), "by night: deny: It is late");
 * ```
 */
export interface PolicyEvaluation {
  /** The policy. */
  readonly policyId: string;
  /** What it said; `"deny"` where it failed. */
  readonly effect: PolicyEffect;
  /** Why, where it said so or has failed. */
  readonly reason: string | undefined;
  /** What it failed with; `undefined` where it did not. */
  readonly error: ErrorCauseJson | undefined;
}

/**
 * Whether something is allowed, and why. It is plain data for logs, and says too
 * much for whoever was denied. It may be the answer to several questions.
 *
 * @example Tell an administrator
 * ```ts
 * import { type Decision, PolicyBasedAuthorizer } from "@groundwork/infra/authorization";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tell = ({ allowed, policyId = "nobody", reason }: Decision) =>
 *   `${allowed ? "Allowed" : "Denied"} by ${policyId}: ${reason}`;
 *
 * const authorizer = new PolicyBasedAuthorizer<string>({ policies: [] });
 * const question = { subject: { id: "ada" }, resource: "l1", action: "read" };
 * strictEqual(
 *   tell(authorizer.decideSync(question)),
 *   "Denied by nobody: no policy allows it",
 * );
 * ```
 */
export interface Decision {
  /** Whether it is. */
  readonly allowed: boolean;
  /**
   * The policy that decided: where there are several, the first by id. `undefined`
   * where no policy did, which denies.
   */
  readonly policyId: string | undefined;
  /** Its reason, or why none decided. */
  readonly reason: string | undefined;
  /** What it failed with; `undefined` where it did not. */
  readonly error: ErrorCauseJson | undefined;
  /** What each policy said that was asked, by id. */
  readonly evaluated: readonly PolicyEvaluation[];
}
