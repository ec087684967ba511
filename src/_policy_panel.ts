/**
 * Policies that are asked together, and cannot fail.
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { invalidOption } from "./_options.ts";
import type {
  Decision,
  Policy,
  PolicyEffect,
  PolicyEvaluation,
} from "./_policy.ts";
import { requireSome } from "./_policy_rules.ts";
import { isPromiseLike } from "./_promise_like.ts";
import { describeError, type ErrorCauseJson } from "./errors.ts";
import { hasMethods } from "./protocols.ts";
import {
  requireOption,
  validateIdentifier,
  validateType,
} from "./validators.ts";

/** Inside nobody needs the types: policies get what is decided about. */
export type AnyPolicy = Policy<never, string, never>;

/** A policy of an authorizer. */
export class Applicant {
  /** Its id. */
  readonly id: string;
  /** For which actions it is asked; `undefined` for all. */
  readonly actions: ReadonlySet<string> | undefined;
  /** For which types it is asked; `undefined` for all. */
  readonly resources: ReadonlySet<string> | undefined;
  /** The policy itself. */
  readonly policy: AnyPolicy;
  /** What it says without a reason of the moment, made once. */
  readonly usual: Readonly<Record<PolicyEffect, PolicyEvaluation>>;

  /**
   * Checks a policy, and copies what it says of itself.
   *
   * @param policy The policy.
   * @param field What errors call it.
   * @throws {ValidationError} It is none.
   */
  constructor(policy: object, field: string) {
    if (!isPolicy(policy)) {
      throw invalidOption(field, Expectations.POLICY, typeof policy);
    }
    const { id, actions, resources, reason } = policy;
    this.id = requireOption(validateIdentifier(`${field}.id`, id), id);
    this.actions = namesIn(`${field}.actions`, actions);
    this.resources = namesIn(`${field}.resources`, resources);
    if (reason !== undefined) {
      requireOption(validateType(`${field}.reason`, reason, "string"), reason);
    }
    this.policy = policy;
    this.usual = {
      allow: this.#evaluation("allow", reason),
      deny: this.#evaluation("deny", reason),
      abstain: this.#evaluation("abstain"),
    };
  }

  /**
   * Tells whether it has to be asked.
   *
   * @param type The type of the resource; `undefined` for one that no policy names.
   * @param action The action; the same.
   * @returns Whether it is concerned.
   */
  isFor(type: string | undefined, action: string | undefined): boolean {
    return includes(this.resources, type) && includes(this.actions, action);
  }

  /**
   * Asks it. It neither throws nor rejects.
   *
   * @param context What is asked.
   * @returns What it says.
   */
  ask(context: unknown): PolicyEvaluation | Promise<PolicyEvaluation> {
    try {
      const answer: unknown = this.policy.evaluate(context as never);
      if (!isPromiseLike(answer)) return this.read(answer);
      return Promise.resolve(answer)
        .then((it) => this.read(it))
        .catch((error) => this.failed(error));
    } catch (error) {
      return this.failed(error);
    }
  }

  /**
   * The same, for who cannot wait.
   *
   * @param context What is asked.
   * @returns What it says; a denial where it cannot say so at once.
   */
  askSync(context: unknown): PolicyEvaluation {
    try {
      return this.read(this.policy.evaluate(context as never));
    } catch (error) {
      return this.failed(error);
    }
  }

  /**
   * Reads an answer that nobody waits for. It throws what reading does.
   *
   * @param answer What a policy answered.
   * @returns What that means.
   */
  read(answer: unknown): PolicyEvaluation {
    if (isEffect(answer)) return this.usual[answer];
    if (isPromiseLike(answer)) {
      Promise.resolve(answer).catch(() => {}); // It must not end the process.
      return this.#evaluation("deny", Expectations.POLICY_ASYNC);
    }
    const { effect, reason } = Object(answer);
    if (isEffect(effect)) {
      if (reason === undefined) return this.usual[effect];
      if (typeof reason === "string") return this.#evaluation(effect, reason);
    }
    return this.#evaluation("deny", Expectations.POLICY_ANSWER);
  }

  /**
   * What it means that it has failed.
   *
   * @param thrown With what.
   * @returns A denial.
   */
  failed(thrown: unknown): PolicyEvaluation {
    const error = Object.freeze(describeError(thrown));
    return this.#evaluation("deny", Expectations.POLICY_FAILED, error);
  }

  #evaluation(
    effect: PolicyEffect,
    reason?: string,
    error?: ErrorCauseJson,
  ): PolicyEvaluation {
    return Object.freeze({ policyId: this.id, effect, reason, error });
  }
}

function isPolicy(value: object): value is AnyPolicy {
  return hasMethods(value, ["evaluate"]);
}

function isEffect(value: unknown): value is PolicyEffect {
  return value === "allow" || value === "deny" || value === "abstain";
}

function namesIn(
  field: string,
  names: readonly string[] | undefined,
): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined;
  requireSome(field, names);
  for (const [i, name] of names.entries()) {
    requireOption(validateType(`${field}[${i}]`, name, "string"), name);
  }
  return new Set(names);
}

function includes(
  names: ReadonlySet<string> | undefined,
  name: string | undefined,
): boolean {
  return names === undefined || name !== undefined && names.has(name);
}

/** How many decisions a panel remembers. */
const REMEMBERED = 64;

/**
 * What the first policies of a panel have said before, and what came of it: a node
 * of a tree, whose branches are what the next one may say.
 */
class Precedent {
  /** What came of it, where all policies have been asked. */
  decision: Decision | undefined = undefined;
  allow: Precedent | undefined = undefined;
  deny: Precedent | undefined = undefined;
  abstain: Precedent | undefined = undefined;
  /** What the others had said. */
  readonly before: Precedent | undefined;
  /** What the latest has said; `undefined` at the root. */
  readonly evaluation: PolicyEvaluation | undefined;

  constructor(before?: Precedent, evaluation?: PolicyEvaluation) {
    this.before = before;
    this.evaluation = evaluation;
  }
}

/** What has been said, in order. */
function evaluationsOf(precedent: Precedent): PolicyEvaluation[] {
  const latestFirst: PolicyEvaluation[] = [];
  let at: Precedent | undefined = precedent;
  for (; at?.evaluation !== undefined; at = at.before) {
    latestFirst.push(at.evaluation);
  }
  return latestFirst.reverse();
}

/**
 * The policies for an action and a type.
 *
 * Answers that have come before in the same order make the same decision: so there
 * is nothing to be made, and a question costs little more than its policies do.
 */
export class Panel {
  readonly #applicants: readonly Applicant[];
  readonly #policies: readonly AnyPolicy[];
  readonly #root: Precedent = new Precedent();
  #remembered = 0;

  /**
   * Makes a panel.
   *
   * @param applicants The policies, in the order of decisions.
   */
  constructor(applicants: readonly Applicant[]) {
    this.#applicants = applicants;
    this.#policies = applicants.map(({ policy }) => policy);
    if (applicants.length === 0) this.#remember(conclude([]));
  }

  /**
   * Decides, and waits for none. It never throws.
   *
   * @param context What is asked.
   * @returns The decision.
   */
  decideSync(context: unknown): Decision {
    const policies = this.#policies;
    let precedent = this.#root;
    let i = 0;
    try {
      for (; i < policies.length; i++) {
        const answer: unknown = policies[i]!.evaluate(context as never);
        const next = answer === "allow"
          ? precedent.allow
          : answer === "deny"
          ? precedent.deny
          : answer === "abstain"
          ? precedent.abstain
          : undefined;
        if (next === undefined) {
          const evaluation = this.#applicants[i]!.read(answer);
          return this.#goOn(precedent, evaluation, context);
        }
        precedent = next;
      }
    } catch (thrown) {
      const evaluation = this.#applicants[i]!.failed(thrown);
      return this.#goOn(precedent, evaluation, context);
    }
    return precedent.decision!;
  }

  /**
   * Decides once all have answered. It never rejects.
   *
   * @param context What is asked.
   * @returns The decision.
   */
  async decide(context: unknown): Promise<Decision> {
    const asked = this.#applicants.map((it) => it.ask(context));
    return conclude(await Promise.all(asked));
  }

  /** Asks the others, from where there is no precedent on. */
  #goOn(
    precedent: Precedent,
    evaluation: PolicyEvaluation,
    context: unknown,
  ): Decision {
    const evaluated = evaluationsOf(precedent);
    evaluated.push(evaluation);
    for (const applicant of this.#applicants.slice(evaluated.length)) {
      evaluated.push(applicant.askSync(context));
    }
    const decision = conclude(evaluated);
    this.#remember(decision);
    return decision;
  }

  #remember(decision: Decision): void {
    const { evaluated } = decision;
    const isUsual = evaluated.every((evaluation, i) =>
      evaluation === this.#applicants[i]!.usual[evaluation.effect]
    );
    if (!isUsual || this.#remembered === REMEMBERED) return;
    let precedent = this.#root;
    for (const evaluation of evaluated) {
      precedent = precedent[evaluation.effect] ??= new Precedent(
        precedent,
        evaluation,
      );
    }
    // It is there where a policy has said the same in another form.
    if (precedent.decision !== undefined) return;
    precedent.decision = decision;
    this.#remembered++;
  }
}

function conclude(evaluated: readonly PolicyEvaluation[]): Decision {
  const decisive = evaluated.find(({ effect }) => effect === "deny") ??
    evaluated.find(({ effect }) => effect === "allow");
  return decisive === undefined
    ? decisionOf(false, NO_POLICY, evaluated)
    : decisionOf(decisive.effect === "allow", decisive, evaluated);
}

type Grounds = Pick<Decision, "policyId" | "reason" | "error">;

const NO_POLICY: Grounds = {
  policyId: undefined,
  reason: Expectations.POLICY_NONE,
  error: undefined,
};

/**
 * The decision where which policies to ask could not be found out.
 *
 * @param thrown Why.
 * @returns A denial.
 */
export function undecidable(thrown: unknown): Decision {
  const reason = Expectations.POLICY_TARGET;
  const error = Object.freeze(describeError(thrown));
  return decisionOf(false, { policyId: undefined, reason, error }, []);
}

function decisionOf(
  allowed: boolean,
  { policyId, reason, error }: Grounds,
  evaluated: readonly PolicyEvaluation[],
): Decision {
  Object.freeze(evaluated);
  return Object.freeze({ allowed, policyId, reason, error, evaluated });
}
