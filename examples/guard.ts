/**
 * Who may do what: owners may do anything with what is theirs, admins may see and
 * change all of it. Where there are no users, anybody may do anything.
 *
 * @module
 */

import {
  allow,
  type Decision,
  hasRole,
  PolicyBasedAuthorizer,
  toAuthorizationResult,
} from "../mod.ts";
import { failure } from "./answers.ts";
import { problemResponse } from "./http.ts";
import type { Caller } from "./router.ts";
import { unauthorized } from "./sessions.ts";

/** What can be done with what belongs to somebody. */
export type Action = "create" | "see" | "change";

/** What belongs to somebody; the audit trail to nobody. */
export interface Owned {
  readonly type: "link" | "deadLetter" | "auditTrail";
  readonly owner?: string;
}

/** Lets callers do what they may. */
export class Guard {
  /** Where there are none, anybody may do anything. */
  readonly hasUsers: boolean;
  readonly #admins: readonly string[];
  readonly #access: PolicyBasedAuthorizer<Owned, Action>;

  constructor(hasUsers: boolean, admins: readonly string[]) {
    this.hasUsers = hasUsers;
    this.#admins = admins;
    this.#access = new PolicyBasedAuthorizer<Owned, Action>({
      policies: hasUsers
        ? [
          allow("owner", {
            when: ({ subject, resource }) => subject.id === resource.owner,
          }),
          allow("admin", {
            actions: ["see", "change"],
            when: hasRole("admin"),
          }),
        ]
        : [allow("anybody")],
    });
  }

  /** The answer to a stranger, where there are users; `undefined` for others. */
  refuseStranger({ token }: Caller): Response | undefined {
    return this.hasUsers && token === undefined
      ? problemResponse(unauthorized())
      : undefined;
  }

  /** The answer to who may not do something; `undefined` for who may. */
  refuse(
    caller: Caller,
    action: Action,
    resource: Owned,
  ): Response | undefined {
    const user = caller.token?.userId;
    const decision = this.#decide(user, action, resource);
    if (decision.allowed) return undefined;
    if (user === undefined) return problemResponse(unauthorized());
    const denied = toAuthorizationResult(decision, resource.type);
    return denied.ok ? undefined : failure(denied.error);
  }

  /** Whether a user may do something; `undefined` is a stranger. */
  may(user: string | undefined, action: Action, resource: Owned): boolean {
    return this.#decide(user, action, resource).allowed;
  }

  #decide(
    user: string | undefined,
    action: Action,
    resource: Owned,
  ): Decision {
    const id = user ?? ""; // Nobody's name.
    const roles = this.#admins.includes(id) ? ["admin"] : [];
    const subject = { id, roles };
    return this.#access.decideSync({ subject, resource, action });
  }
}
