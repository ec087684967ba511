/**
 * The policies of an authorizer, found by what they are for.
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { invalidOption } from "./_options.ts";
import { Applicant, Panel } from "./_policy_panel.ts";
import { requireOption, validateType } from "./validators.ts";

/** `undefined` stands for all actions that no policy names. */
type ByAction = Map<string | undefined, Panel>;

/**
 * Finds the policies for a type and an action. It remembers what it has found: at
 * most a panel for each pair of those that policies name, however many others are
 * asked for.
 */
export class PolicyIndex {
  readonly #policies: readonly Applicant[];
  readonly #actions: Set<string> = new Set();
  readonly #byType: Map<string, ByAction> = new Map();
  readonly #otherTypes: ByAction = new Map();

  /**
   * Makes an index of a copy.
   *
   * @param policies The policies.
   * @throws {ValidationError} One is not valid, or two have the same id.
   */
  constructor(policies: readonly object[]) {
    requireOption(validateType("policies", policies, "array"), policies);
    const byId = new Map<string, Applicant>();
    for (const [i, policy] of policies.entries()) {
      const field = `policies[${i}]`;
      const applicant = new Applicant(policy, field);
      const { id, actions = [], resources = [] } = applicant;
      if (byId.has(id)) {
        throw invalidOption(`${field}.id`, Expectations.NAME_TAKEN, id);
      }
      byId.set(id, applicant);
      for (const action of actions) this.#actions.add(action);
      for (const type of resources) this.#byType.set(type, new Map());
    }
    // So that nothing of a decision depends on the order of the list.
    this.#policies = [...byId.values()].sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** Whether the type matters. */
  get hasTypes(): boolean {
    return this.#byType.size > 0;
  }

  /**
   * Finds the policies to ask.
   *
   * @param type The type of the resource, where it matters.
   * @param action The action.
   * @returns The policies.
   */
  find(type: string | undefined, action: string): Panel {
    const byAction = type === undefined ? type : this.#byType.get(type);
    return byAction === undefined
      ? this.#findIn(this.#otherTypes, undefined, action)
      : this.#findIn(byAction, type, action);
  }

  #findIn(
    byAction: ByAction,
    type: string | undefined,
    action: string,
  ): Panel {
    const found = byAction.get(action);
    if (found !== undefined) return found;
    const known = this.#actions.has(action) ? action : undefined;
    let panel = byAction.get(known);
    if (panel === undefined) {
      panel = new Panel(this.#policies.filter((it) => it.isFor(type, known)));
      byAction.set(known, panel);
    }
    return panel;
  }
}
