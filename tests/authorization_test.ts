import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  allOf,
  allow,
  anyOf,
  type AuthorizationContext,
  type Authorizer,
  type Condition,
  type Decision,
  deny,
  hasRole,
  isAuthorizer,
  not,
  type Policy,
  PolicyBasedAuthorizer,
  type PolicyBasedAuthorizerOptions,
  type PolicyEvaluation,
  type ResourceOfType,
  type ResourceType,
  type Subject,
  toAuthorizationResult,
} from "../src/authorization.ts";
import {
  describeError,
  type ErrorOf,
  SecurityError,
  ValidationError,
} from "../src/errors.ts";
import { Expectations } from "../src/messages.ts";
import type { Awaitable } from "../src/protocols.ts";
import type { Result } from "../src/result.ts";
import { authorizerConformance } from "./conformance/authorizer_conformance.ts";
import {
  assertConceals,
  assertDeeplyFrozen,
  assertErrorConceals,
  type Equal,
  expectType,
  RUNS,
  watch,
  withReplaced,
} from "./foundation_support.ts";
import { hearUnhandled } from "./unhandled_support.ts";

type Context = AuthorizationContext<unknown>;

const ADA: Subject = { id: "ada", roles: ["author", "reader"] };

/** A question of Ada's. */
function question(
  resource: unknown = "l1",
  action = "read",
  subject: Subject = ADA,
): Context {
  return { subject, resource, action };
}

/** A policy without types: tests answer what they should not. */
function policyOf(
  id: string,
  evaluate: (context: Context) => unknown,
  rest: object = {},
): Policy<unknown> {
  return { id, evaluate: evaluate as () => "allow", ...rest };
}

function authorizerOf(
  policies: readonly Policy<unknown>[],
  options: Partial<PolicyBasedAuthorizerOptions<unknown>> = {},
): PolicyBasedAuthorizer<unknown> {
  return new PolicyBasedAuthorizer({ policies, ...options });
}

/** The decision about a question, of one policy that does this. */
function decisionOn(evaluate: (context: Context) => unknown): Decision {
  return authorizerOf([policyOf("p", evaluate)]).decideSync(question());
}

/** Fails where the options are not refused because of this one. */
function assertRefused(make: () => unknown, field: string, told = ""): void {
  throws(make, (error) => {
    ok(ValidationError.is(error), String(error));
    strictEqual(error.field, field);
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    ok(error.message.includes(told), error.message);
    return true;
  });
}

// --- the model

const TEXT: unknown = "hunter2";
const FAILURE: Error = new RangeError("no route");

/** What a policy does, and what that means. */
interface Behaviour {
  readonly name: string;
  readonly act: () => unknown;
  readonly means: Pick<PolicyEvaluation, "effect" | "reason" | "error">;
}

function behaviour(
  name: string,
  act: () => unknown,
  effect: PolicyEvaluation["effect"],
  reason?: string,
  error?: PolicyEvaluation["error"],
): Behaviour {
  return { name, act, means: { effect, reason, error } };
}

/** What is no answer. */
const NO_ANSWERS: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  1,
  "",
  "ALLOW",
  "allow ",
  ["allow"],
  {},
  { effect: "permit" },
  { effect: true },
  { effect: "allow", reason: 5 },
  { effect: "allow", reason: null },
  { allowed: true },
  () => "allow",
  Symbol("allow"),
];

const SYNC: readonly Behaviour[] = [
  behaviour("allows", () => "allow", "allow"),
  behaviour("denies", () => "deny", "deny"),
  behaviour("abstains", () => "abstain", "abstain"),
  behaviour("allows so", () => ({ effect: "allow" }), "allow"),
  behaviour(
    "allows with a reason",
    () => ({ effect: "allow", reason: "owner" }),
    "allow",
    "owner",
  ),
  behaviour(
    "denies with a reason",
    () => ({ effect: "deny", reason: "locked" }),
    "deny",
    "locked",
  ),
  behaviour(
    "abstains with a reason",
    () => ({ effect: "abstain", reason: "no idea" }),
    "abstain",
    "no idea",
  ),
  behaviour(
    "throws",
    () => {
      throw FAILURE;
    },
    "deny",
    Expectations.POLICY_FAILED,
    { name: "RangeError", message: "no route" },
  ),
  behaviour(
    "throws a text",
    () => {
      throw TEXT;
    },
    "deny",
    Expectations.POLICY_FAILED,
    { name: "string" },
  ),
  ...NO_ANSWERS.map((value) =>
    behaviour(
      `answers ${typeof value}`,
      () => value,
      "deny",
      Expectations.POLICY_ANSWER,
    )
  ),
];

/** The same, later. */
const ASYNC: readonly Behaviour[] = SYNC.map(({ name, act, means }) => ({
  name: `${name} later`,
  act: () => Promise.resolve().then(act),
  means,
}));

const FAILING: readonly Behaviour[] = [...SYNC, ...ASYNC].filter(
  ({ means: { reason } }) =>
    reason === Expectations.POLICY_FAILED ||
    reason === Expectations.POLICY_ANSWER,
);

const ACTIONS = ["read", "write", "delete"] as const;
const TYPES = ["link", "report"] as const;

/** A policy, as data: what it does at each question. */
interface Sketch {
  readonly id: string;
  readonly actions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly behaviours: readonly Behaviour[];
}

/** A question, as data. */
interface Asked {
  readonly type: string;
  readonly action: string;
}

function subsetOf(
  names: readonly string[],
): fc.Arbitrary<string[] | undefined> {
  return fc.option(fc.subarray([...names], { minLength: 1 }), {
    nil: undefined,
  });
}

function sketchesWith(
  behaviours: readonly Behaviour[],
  maxLength = 6,
): fc.Arbitrary<Sketch[]> {
  const sketch: fc.Arbitrary<Sketch> = fc.record({
    id: fc.string({ unit: fc.constantFrom("a", "b", "Z", "é"), minLength: 1 }),
    actions: subsetOf(ACTIONS),
    resources: subsetOf(TYPES),
    behaviours: fc.array(fc.constantFrom(...behaviours), {
      minLength: 1,
      maxLength: 4,
    }),
  });
  return fc.uniqueArray(sketch, { selector: ({ id }) => id, maxLength });
}

/** Mostly of those that answer: else all would be denied. */
const sketches: fc.Arbitrary<Sketch[]> = fc.oneof(
  sketchesWith(SYNC.slice(0, 7)),
  sketchesWith(SYNC),
);

const allSketches: fc.Arbitrary<Sketch[]> = fc.oneof(
  sketches,
  sketchesWith([...SYNC.slice(0, 7), ...ASYNC.slice(0, 7)]),
  sketchesWith([...SYNC, ...ASYNC]),
);

const asked: fc.Arbitrary<Asked> = fc.record({
  type: fc.constantFrom(...TYPES, "user", "__proto__"),
  action: fc.constantFrom(...ACTIONS, "publish", "constructor"),
});

function contextOf({ type, action }: Asked, turn = 0): Context {
  const environment = { turn };
  return { subject: ADA, resource: { type }, action, environment };
}

function behaviourAt({ behaviours }: Sketch, turn: number): Behaviour {
  return behaviours[turn % behaviours.length]!;
}

function toPolicy(sketch: Sketch): Policy<unknown> {
  const { id, actions, resources } = sketch;
  return policyOf(
    id,
    ({ environment }) =>
      behaviourAt(sketch, environment?.["turn"] as number).act(),
    { actions, resources },
  );
}

function isConcerned({ actions, resources }: Sketch, asked: Asked): boolean {
  return (actions === undefined || actions.includes(asked.action)) &&
    (resources === undefined || resources.includes(asked.type));
}

/** What is decided, by going through all policies. */
function model(all: readonly Sketch[], asked: Asked, turn = 0): Decision {
  const evaluated = all.filter((sketch) => isConcerned(sketch, asked))
    .map((sketch): PolicyEvaluation => ({
      policyId: sketch.id,
      ...behaviourAt(sketch, turn).means,
    }))
    .sort((a, b) => a.policyId < b.policyId ? -1 : 1);
  const denials = evaluated.filter(({ effect }) => effect === "deny");
  const consents = evaluated.filter(({ effect }) => effect === "allow");
  const decisive = [...denials, ...consents][0];
  return {
    allowed: denials.length === 0 && consents.length > 0,
    policyId: decisive?.policyId,
    reason: decisive === undefined ? Expectations.POLICY_NONE : decisive.reason,
    error: decisive?.error,
    evaluated,
  };
}

authorizerConformance("PolicyBasedAuthorizer", {
  make: (judge) =>
    new PolicyBasedAuthorizer<string>({
      policies: [allow("judge", { when: judge })],
    }),
});

// What the documentation says of a service elsewhere.
authorizerConformance("an authorizer of one's own", {
  make: (judge): Authorizer<string> => ({
    async decide(context): Promise<Decision> {
      const told = await Promise.resolve(context).then(judge)
        .catch(describeError);
      return {
        allowed: told === true,
        policyId: undefined,
        reason: undefined,
        error: typeof told === "boolean" ? undefined : told,
        evaluated: [],
      };
    },
  }),
});

describe("PolicyBasedAuthorizer.decideSync()", () => {
  it("Z0 decides as the model does, whatever was asked before", () => {
    fc.assert(
      fc.property(
        sketches,
        fc.array(asked, { minLength: 1, maxLength: 12 }),
        (all, questions) => {
          const authorizer = authorizerOf(all.map(toPolicy));
          for (const [turn, asked] of questions.entries()) {
            deepStrictEqual(
              authorizer.decideSync(contextOf(asked, turn)),
              model(all, asked, turn),
            );
          }
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it("Z1 denies what no policy allows", () => {
    const silent = sketchesWith(
      SYNC.filter(({ means }) => means.effect === "abstain"),
    );
    fc.assert(
      fc.property(silent, asked, (all, asked) => {
        const decision = authorizerOf(all.map(toPolicy))
          .decideSync(contextOf(asked));
        strictEqual(decision.allowed, false);
        strictEqual(decision.policyId, undefined);
        strictEqual(decision.reason, "no policy allows it");
      }),
      { numRuns: RUNS },
    );
  });

  it("Z2 never turns a denial into a permission when a denial is added", () => {
    const denying = sketchesWith(
      [...SYNC, ...FAILING].filter(({ means }) => means.effect !== "allow"),
      3,
    );
    fc.assert(
      fc.property(sketches, denying, asked, (all, added, asked) => {
        const both = [
          ...all,
          ...added.map((sketch) => ({ ...sketch, id: `+${sketch.id}` })),
        ];
        const context = contextOf(asked);
        const before = authorizerOf(all.map(toPolicy)).decideSync(context);
        const after = authorizerOf(both.map(toPolicy)).decideSync(context);
        ok(before.allowed || !after.allowed);
      }),
      { numRuns: RUNS },
    );
  });

  it("Z3 decides and explains the same in whatever order the policies are", () => {
    const shuffled = sketches.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length }),
      )
    );
    fc.assert(
      fc.property(shuffled, asked, ([all, others], asked) => {
        const context = contextOf(asked);
        deepStrictEqual(
          authorizerOf(all.map(toPolicy)).decideSync(context),
          authorizerOf(others.map(toPolicy)).decideSync(context),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("Z4 never allows when a policy fails that is asked", () => {
    fc.assert(
      fc.property(
        sketches,
        fc.constantFrom(...FAILING),
        asked,
        (all, behaviour, asked) => {
          const failing: Sketch = {
            id: "failing",
            actions: undefined,
            resources: undefined,
            behaviours: [behaviour],
          };
          const decision = authorizerOf([...all, failing].map(toPolicy))
            .decideSync(contextOf(asked));
          strictEqual(decision.allowed, false);
          const { effect, reason } = decision.evaluated
            .find(({ policyId }) => policyId === "failing")!;
          strictEqual(effect, "deny");
          ok(reason);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("Z5 decides as if each policy were asked that says by itself whether it is concerned", () => {
    fc.assert(
      fc.property(sketches, asked, (all, asked) => {
        const context = contextOf(asked);
        const unindexed = all.map((sketch) =>
          policyOf(
            sketch.id,
            () =>
              isConcerned(sketch, asked)
                ? sketch.behaviours[0]!.act()
                : "abstain",
          )
        );
        const indexed = authorizerOf(all.map(toPolicy)).decideSync(context);
        const plain = authorizerOf(unindexed).decideSync(context);
        const concerned = new Set(
          all.filter((sketch) => isConcerned(sketch, asked)).map(({ id }) =>
            id
          ),
        );
        deepStrictEqual(indexed, {
          ...plain,
          evaluated: plain.evaluated
            .filter(({ policyId }) => concerned.has(policyId)),
        });
      }),
      { numRuns: RUNS },
    );
  });

  it("denies when a policy would have to be waited for", () => {
    const answers = [
      Promise.resolve("allow"),
      Promise.reject(new Error("nobody hears this")),
      { then: (resolve: (answer: string) => void) => resolve("allow") },
    ];
    for (const answer of answers) {
      const decision = decisionOn(() => answer);
      strictEqual(decision.allowed, false);
      strictEqual(decision.policyId, "p");
      strictEqual(decision.reason, Expectations.POLICY_ASYNC);
    }
  });

  it("denies when an answer cannot even be looked at", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const answers: unknown[] = [
      proxy,
      {
        get then(): never {
          throw FAILURE;
        },
      },
      {
        effect: "allow",
        get reason(): never {
          throw FAILURE;
        },
      },
    ];
    for (const answer of answers) {
      const decision = decisionOn(() => answer);
      strictEqual(decision.allowed, false);
      strictEqual(decision.reason, Expectations.POLICY_FAILED);
      ok(decision.error);
    }
  });

  it("denies when there is no question", () => {
    for (const policies of [[], [allow<unknown>("all")]]) {
      const decision = authorizerOf(policies).decideSync(undefined as never);
      strictEqual(decision.allowed, false);
      strictEqual(decision.reason, Expectations.POLICY_TARGET);
      strictEqual(decision.error?.name, "TypeError");
    }
  });

  it("asks each policy once, and all of them even after a denial", () => {
    const calls: string[] = [];
    const log = (id: string, answer: string): Policy<unknown> =>
      policyOf(id, () => {
        calls.push(id);
        return answer;
      });
    const policies = [log("c", "deny"), log("a", "deny"), log("b", "allow")];
    const authorizer = authorizerOf(policies);
    for (let i = 0; i < 2; i++) {
      const { policyId, evaluated } = authorizer.decideSync(question());
      strictEqual(policyId, "a");
      deepStrictEqual(
        evaluated.map(({ policyId, effect }) => [policyId, effect]),
        [["a", "deny"], ["b", "allow"], ["c", "deny"]],
      );
    }
    deepStrictEqual(calls, ["a", "b", "c", "a", "b", "c"]);
  });

  it("asks the others when one throws that has not done so before", () => {
    let isBroken = false;
    const authorizer = authorizerOf([
      policyOf("a", () => "allow"),
      policyOf("b", () => {
        if (isBroken) throw FAILURE;
        return "abstain";
      }),
      policyOf("c", () => "abstain"),
    ]);
    strictEqual(authorizer.decideSync(question()).policyId, "a");
    isBroken = true;
    const { policyId, evaluated } = authorizer.decideSync(question());
    strictEqual(policyId, "b");
    strictEqual(evaluated.length, 3);
    isBroken = false;
    strictEqual(authorizer.decideSync(question()).allowed, true);
  });

  it("is right for more combinations of answers than it remembers", () => {
    const bits = 8;
    const authorizer = authorizerOf(
      Array.from(
        { length: bits },
        (_, bit) =>
          policyOf(
            `p${bit}`,
            ({ resource }) =>
              ((resource as number) >> bit) % 2 === 1 ? "allow" : "abstain",
          ),
      ),
    );
    for (let turn = 0; turn < 2; turn++) {
      for (let n = 0; n < 2 ** bits; n++) {
        const decision = authorizer.decideSync(question(n));
        strictEqual(decision.allowed, n > 0);
        deepStrictEqual(
          decision.evaluated.map(({ effect }) => effect === "allow"),
          Array.from({ length: bits }, (_, bit) => (n >> bit) % 2 === 1),
        );
      }
    }
  });

  it("is right for very many policies, and soon", () => {
    const count = 10_000;
    const authorizer = authorizerOf(
      Array.from(
        { length: count },
        (_, i) =>
          policyOf(
            `p${i}`,
            ({ resource }) => resource === i ? "deny" : "allow",
          ),
      ),
    );
    for (const resource of [-1, 0, count - 1, -1]) {
      const decision = authorizer.decideSync(question(resource));
      strictEqual(decision.allowed, resource === -1);
      strictEqual(decision.policyId, `p${Math.max(resource, 0)}`);
      strictEqual(decision.evaluated.length, count);
    }
  });

  it("gives the same decision again, however often it was said in another form", () => {
    let answer: unknown = { effect: "allow" };
    const authorizer = authorizerOf([policyOf("p", () => answer)]);
    for (let i = 0; i < 200; i++) authorizer.decideSync(question());
    for (answer of ["deny", "allow", "abstain"]) {
      const decision = authorizer.decideSync(question());
      strictEqual(authorizer.decideSync(question()), decision);
    }
  });

  it("remembers nothing of actions and types that no policy names", () => {
    const authorizer = authorizerOf([
      allow("links", { resources: ["link"], actions: ["read"] }),
      allow("all"),
    ]);
    function askAll(turn: number): void {
      for (const type of ["link", "x", `t${turn}`]) {
        for (const action of ["read", "y", `a${turn}`]) {
          const context = contextOf({ type, action });
          strictEqual(authorizer.decideSync(context).policyId, "all");
        }
      }
    }
    askAll(0);
    const { set } = Map.prototype;
    let added = 0;
    withReplaced(
      Map.prototype,
      "set",
      function (this: Map<unknown, unknown>, key, value) {
        added++;
        return set.call(this, key, value);
      } as typeof set,
      () => {
        for (let turn = 1; turn < 100; turn++) askAll(turn);
      },
    );
    strictEqual(added, 0);
  });

  it("gives decisions that nobody can change", () => {
    const behaviours = SYNC.map(({ act }, i) => policyOf(`p${i}`, act));
    assertDeeplyFrozen(authorizerOf(behaviours).decideSync(question()));
    assertDeeplyFrozen(authorizerOf([]).decideSync(question()));
    assertDeeplyFrozen(authorizerOf([]).decideSync(null as never));
  });

  it("tells nothing of what was thrown but its name, message and code", () => {
    const marker = "hunter2";
    const error = Object.assign(new Error("no route"), {
      code: "EHOSTUNREACH",
      password: marker,
      cause: new Error(marker),
    });
    for (const thrown of [error, marker, { password: marker }]) {
      const decision = decisionOn(() => {
        throw thrown;
      });
      assertConceals(decision, marker);
    }
    const answered = decisionOn(() => ({ effect: marker, reason: marker }));
    assertConceals(answered, marker);
    deepStrictEqual(
      decisionOn(() => {
        throw error;
      }).error,
      { name: "Error", message: "no route", code: "EHOSTUNREACH" },
    );
  });

  it("calls a policy as a method, with the very context", () => {
    const context = question();
    let seen: unknown;
    class Own implements Policy<unknown> {
      readonly id = "own";
      readonly #effect = "allow";
      evaluate(given: Context): "allow" {
        seen = given;
        return this.#effect;
      }
    }
    strictEqual(authorizerOf([new Own()]).decideSync(context).allowed, true);
    strictEqual(seen, context);
  });
});

describe("PolicyBasedAuthorizer.decide()", () => {
  it("Z6 decides as the model does, be policies synchronous or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        allSketches,
        fc.array(asked, { minLength: 1, maxLength: 4 }),
        async (all, questions) => {
          const authorizer = authorizerOf(all.map(toPolicy));
          const decisions = questions.map((asked, turn) =>
            watch(authorizer.decide(contextOf(asked, turn)))
          );
          await flush();
          deepStrictEqual(
            decisions.map(({ value }) => value),
            questions.map((asked, turn) => model(all, asked, turn)),
          );
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it("Z7 decides the same in whatever order the policies answer", async () => {
    await fc.assert(
      fc.asyncProperty(
        allSketches,
        asked,
        fc.scheduler(),
        async (all, asked, scheduler) => {
          const policies = all.map((sketch) =>
            policyOf(
              sketch.id,
              () =>
                scheduler.schedule(Promise.resolve())
                  .then(sketch.behaviours[0]!.act),
              { actions: sketch.actions, resources: sketch.resources },
            )
          );
          const decision = watch(
            authorizerOf(policies).decide(contextOf(asked)),
          );
          await scheduler.waitAll();
          await flush();
          deepStrictEqual(decision.value, model(all, asked));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("asks all before it waits for any", async () => {
    const calls: string[] = [];
    const policies = ["a", "b"].map((id) =>
      policyOf(id, () => {
        calls.push(id);
        return Promise.resolve("allow");
      })
    );
    const deciding = authorizerOf(policies).decide(question());
    deepStrictEqual(calls, ["a", "b"]);
    strictEqual((await deciding).policyId, "a");
  });

  it("takes any thenable", async () => {
    const decide = async (answer: unknown): Promise<Decision> =>
      await authorizerOf([policyOf("p", () => answer)]).decide(question());
    const kept = { then: (resolve: (it: unknown) => void) => resolve("allow") };
    strictEqual((await decide(kept)).allowed, true);
    const broken = {
      then(): never {
        throw FAILURE;
      },
    };
    strictEqual((await decide(broken)).error?.message, "no route");
  });

  it("does not reject when there is no question", async () => {
    const decision = await authorizerOf([]).decide(null as never);
    strictEqual(decision.allowed, false);
    strictEqual(decision.reason, Expectations.POLICY_TARGET);
    assertDeeplyFrozen(decision);
  });
});

describe("PolicyBasedAuthorizer.authorize()", () => {
  it("gives what decide() and decideSync() do, as a Result", async () => {
    await fc.assert(
      fc.asyncProperty(sketches, asked, async (all, asked) => {
        const authorizer = authorizerOf(all.map(toPolicy));
        const context = contextOf(asked);
        const decision = authorizer.decideSync(context);
        const results = [
          authorizer.authorizeSync(context),
          await authorizer.authorize(context),
        ];
        for (const result of results) {
          strictEqual(result.ok, decision.allowed);
          if (result.ok) {
            deepStrictEqual(result.value, decision);
            continue;
          }
          const { policyId, reason } = decision;
          ok(SecurityError.is(result.error));
          strictEqual(result.error.code, "SECURITY_POLICY_DENIED");
          strictEqual(result.error.params.resource, asked.type);
          deepStrictEqual(result.error.details, { policyId, reason });
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("tells nothing of what a policy threw", () => {
    const authorizer = authorizerOf([
      policyOf("p", () => {
        throw new Error("hunter2");
      }),
    ]);
    const error = authorizer.authorizeSync(question()).unwrapErr();
    assertErrorConceals(error, "hunter2");
    strictEqual(error.details?.["reason"], "the policy failed");
  });

  it("names the resource only by a type that it has", () => {
    const nameOf = (
      resource: unknown,
      typeOf?: (resource: unknown) => string,
    ): string | number =>
      authorizerOf([], { typeOf }).authorizeSync(question(resource))
        .unwrapErr().params.resource;
    strictEqual(nameOf({ type: "link" }), "link");
    strictEqual(nameOf({ kind: "link" }, () => "page"), "page");
    for (const resource of [undefined, null, 5, {}, { type: 5 }]) {
      strictEqual(nameOf(resource), "the resource");
    }
    const broken = (): never => {
      throw FAILURE;
    };
    strictEqual(nameOf("l1", broken), "the resource");
  });
});

describe("toAuthorizationResult()", () => {
  it("takes the decision of any authorizer", () => {
    const allowed = decisionOn(() => "allow");
    strictEqual(toAuthorizationResult(allowed).unwrap(), allowed);
    const denied = decisionOn(() => ({ effect: "deny", reason: "late" }));
    const error = toAuthorizationResult(denied, "link l1").unwrapErr();
    strictEqual(error.message, "The policy denies access to link l1");
    deepStrictEqual(error.details, { policyId: "p", reason: "late" });
    strictEqual(
      toAuthorizationResult(denied).unwrapErr().message,
      "The policy denies access to the resource",
    );
  });
});

describe("PolicyBasedAuthorizerOptions.typeOf", () => {
  const links = allow<unknown>("links", { resources: ["link"] });

  it("tells the type that resources are chosen by", () => {
    const authorizer = authorizerOf([links], {
      typeOf: (resource) => (resource as { kind: string }).kind,
    });
    const decide = (kind: string): boolean =>
      authorizer.decideSync(question({ kind, type: "link" })).allowed;
    strictEqual(decide("link"), true);
    strictEqual(decide("report"), false);
  });

  it("denies when there is no type, though policies for all types allow", () => {
    const authorizer = authorizerOf([links, allow("all")]);
    for (const resource of [undefined, null, "link", {}, { type: 5 }]) {
      const decision = authorizer.decideSync(question(resource));
      strictEqual(decision.allowed, false);
      strictEqual(decision.policyId, undefined);
      strictEqual(decision.reason, Expectations.POLICY_TARGET);
      strictEqual(decision.error?.message, "type must be of type string");
      deepStrictEqual(decision.evaluated, []);
    }
  });

  it("denies when it throws", async () => {
    const authorizer = authorizerOf([links, allow("all")], {
      typeOf: () => {
        throw FAILURE;
      },
    });
    const decisions = [
      authorizer.decideSync(question()),
      await authorizer.decide(question()),
    ];
    for (const { allowed, error } of decisions) {
      strictEqual(allowed, false);
      strictEqual(error?.message, "no route");
    }
  });

  it("is not asked where no policy names resources", () => {
    const authorizer = authorizerOf([allow("all")], {
      typeOf: () => {
        throw FAILURE;
      },
    });
    strictEqual(authorizer.decideSync(question()).allowed, true);
  });
});

describe("PolicyBasedAuthorizerOptions.onDecision", () => {
  it("gets each decision with its context", async () => {
    const heard: [Decision, Context][] = [];
    const authorizer = authorizerOf([allow("all", { actions: ["read"] })], {
      onDecision: (...args) => void heard.push(args),
    });
    const contexts = ["read", "write", "read", "write"]
      .map((action) => question("l1", action));
    const decisions = [
      authorizer.decideSync(contexts[0]!),
      await authorizer.decide(contexts[1]!),
    ];
    authorizer.authorizeSync(contexts[2]!).unwrap();
    (await authorizer.authorize(contexts[3]!)).unwrapErr();
    deepStrictEqual(heard.map(([, context]) => context), contexts);
    deepStrictEqual(
      heard.map(([{ allowed }]) => allowed),
      [true, false, true, false],
    );
    strictEqual(heard[0]![0], decisions[0]);
    strictEqual(heard[1]![0], decisions[1]);
  });

  it("hears of what could not be decided", () => {
    const reasons: unknown[] = [];
    const onDecision = ({ reason }: Decision): void =>
      void reasons.push(reason);
    authorizerOf([], { onDecision }).decideSync(undefined as never);
    deepStrictEqual(reasons, [Expectations.POLICY_TARGET]);
  });

  it("changes no decision when it throws, which is an unhandled rejection", async () => {
    const authorizer = authorizerOf([allow("all", { actions: ["read"] })], {
      onDecision(): never {
        throw FAILURE;
      },
    });
    const heard: unknown[] = [];
    const restore = hearUnhandled((reason) => heard.push(reason));
    try {
      for (const action of ["read", "write"]) {
        const context = question("l1", action);
        const allowed = action === "read";
        strictEqual(authorizer.decideSync(context).allowed, allowed);
        strictEqual((await authorizer.decide(context)).allowed, allowed);
      }
      await new Promise<void>((resolve) => setTimeout(resolve));
    } finally {
      restore();
    }
    deepStrictEqual(heard, [FAILURE, FAILURE, FAILURE, FAILURE]);
  });
});

describe("new PolicyBasedAuthorizer()", () => {
  const make = (policies: unknown, rest: object = {}) => (): unknown =>
    new PolicyBasedAuthorizer({ policies, ...rest } as never);
  const evaluate = (): "allow" => "allow";

  it("refuses options that it does not know", () => {
    assertRefused(make([], { policy: [] }), "policy", "not a known field");
    assertRefused(make([], { strict: true }), "strict", "received true");
  });

  it("refuses options of another type", () => {
    assertRefused(make(undefined), "policies", "array");
    assertRefused(make({}), "policies", "array");
    assertRefused(make([], { typeOf: "type" }), "typeOf", "function");
    assertRefused(make([], { typeOf: null }), "typeOf", "function");
    assertRefused(make([], { onDecision: true }), "onDecision", "function");
  });

  it("refuses what is no policy", () => {
    const good = { id: "good", evaluate };
    for (const bad of [undefined, null, 5, "allow", evaluate, {}]) {
      assertRefused(make([good, bad]), "policies[1]", Expectations.POLICY);
    }
  });

  it("refuses ids that are none, or taken", () => {
    for (const id of [undefined, 5, "", " ", "a\nb", "a".repeat(513)]) {
      assertRefused(make([{ id, evaluate }]), "policies[0].id");
    }
    const twice = [{ id: "a", evaluate }, allow("b"), deny("a")];
    assertRefused(make(twice), "policies[2].id", "received a");
  });

  it("refuses actions and resources that are no names, or none at all", () => {
    for (const name of ["actions", "resources"]) {
      const field = `policies[0].${name}`;
      const refuse = (list: unknown, field: string): void =>
        assertRefused(make([{ id: "a", evaluate, [name]: list }]), field);
      refuse([], field);
      refuse("read", field);
      refuse(null, field);
      refuse(["read", 5], `${field}[1]`);
    }
  });

  it("refuses a reason that is no text", () => {
    assertRefused(
      make([{ id: "a", evaluate, reason: 5 }]),
      "policies[0].reason",
      "string",
    );
  });

  it("is not changed by what is done to its options later", () => {
    const actions = ["read"];
    const policies = [allow<unknown>("reads", { actions })];
    const authorizer = authorizerOf(policies);
    actions.push("write");
    policies.push(allow("all"));
    strictEqual(authorizer.decideSync(question("l1", "read")).allowed, true);
    strictEqual(authorizer.decideSync(question("l1", "write")).allowed, false);
  });
});

/** What is neither true nor false; some is like an answer of a policy. */
const NOT_TRUTHS: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  "",
  "false",
  "allow",
  "abstain",
  { effect: "allow" },
];

describe("allow() and deny()", () => {
  const outcome = (policy: Policy<unknown>): Decision =>
    authorizerOf([policy]).decideSync(question());

  it("say so when there is no condition or it holds, and abstain else", () => {
    for (const [make, effect] of [[allow, "allow"], [deny, "deny"]] as const) {
      for (const when of [undefined, (): boolean => true]) {
        const [said] = outcome(make("p", { when })).evaluated;
        strictEqual(said?.effect, effect);
      }
      const [said] = outcome(make("p", { when: () => false })).evaluated;
      strictEqual(said?.effect, "abstain");
    }
  });

  it("give their reason where they do not abstain", () => {
    const reason = "Because";
    strictEqual(outcome(allow("p", { reason })).reason, reason);
    strictEqual(outcome(deny("p", { reason })).reason, reason);
    const silent = outcome(deny("p", { reason, when: () => false }));
    strictEqual(silent.evaluated[0]?.reason, undefined);
    strictEqual(silent.reason, Expectations.POLICY_NONE);
  });

  it("are asked for their actions and types alone", () => {
    let asked = 0;
    const policy = allow<unknown>("p", {
      actions: ["read"],
      resources: ["link"],
      when: () => ++asked > 0,
    });
    const authorizer = authorizerOf([policy]);
    for (const type of TYPES) {
      for (const action of ACTIONS) {
        const { allowed } = authorizer.decideSync(contextOf({ type, action }));
        strictEqual(allowed, type === "link" && action === "read");
      }
    }
    strictEqual(asked, 1);
  });

  it("deny when a condition is neither true nor false", async () => {
    for (const value of NOT_TRUTHS) {
      for (const make of [allow, deny]) {
        for (const isAsync of [false, true]) {
          const answer = (): unknown =>
            isAsync ? Promise.resolve(value) : value;
          const policy = make<unknown>("p", { when: answer as () => boolean });
          const decision = await authorizerOf([policy]).decide(question());
          strictEqual(decision.allowed, false, `${typeof value}`);
          strictEqual(decision.reason, Expectations.POLICY_ANSWER);
        }
      }
    }
  });

  it("refuse options that they do not know, and no condition", () => {
    for (const make of [allow, deny]) {
      const bad = (options: object) => (): unknown => make("p", options);
      assertRefused(bad({ action: ["read"] }), "action", "not a known field");
      assertRefused(bad({ unless: () => true }), "unless");
      assertRefused(bad({ when: true }), "when", "function");
      assertRefused(bad({ when: null }), "when", "function");
    }
  });
});

// --- conditions

type Test = Condition<unknown, string, unknown>;

/** What comes of a condition. */
type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

function outcomeOf(condition: Test): Awaitable<Outcome> {
  const failed = (thrown: unknown): Outcome => ({ thrown });
  try {
    const holds = condition(question());
    return holds instanceof Promise
      ? holds.then((value) => ({ value }), failed)
      : { value: holds };
  } catch (thrown) {
    return failed(thrown);
  }
}

/** A condition as data: `undefined` for one that throws. */
interface Leaf {
  readonly value: unknown;
  readonly isAsync: boolean;
}

function leafOf({ value, isAsync }: Leaf): Test {
  function answer(): boolean {
    if (value === undefined) throw FAILURE;
    return value as boolean;
  }
  return isAsync ? () => Promise.resolve().then(answer) : answer;
}

const truths: fc.Arbitrary<Leaf> = fc.record({
  value: fc.boolean(),
  isAsync: fc.boolean(),
});

const leaves: fc.Arbitrary<Leaf> = fc.oneof(
  { weight: 3, arbitrary: truths },
  fc.record({
    value: fc.constantFrom(undefined, 1, "true", null),
    isAsync: fc.boolean(),
  }),
);

const several = (of: fc.Arbitrary<Leaf>): fc.Arbitrary<Test[]> =>
  fc.array(of.map(leafOf), { minLength: 1, maxLength: 5 });

async function assertSame(a: Test, b: Test): Promise<void> {
  deepStrictEqual(await outcomeOf(a), await outcomeOf(b));
}

describe("allOf(), anyOf() and not()", () => {
  it("Z8 are and, or and not for what is true or false", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(truths, { minLength: 1, maxLength: 5 }),
        async (all) => {
          const tests = all.map(leafOf);
          const values = all.map(({ value }) => value);
          const holds = async (test: Test): Promise<unknown> =>
            (await outcomeOf(test) as { value: unknown }).value;
          strictEqual(await holds(allOf(...tests)), !values.includes(false));
          strictEqual(await holds(anyOf(...tests)), values.includes(true));
          strictEqual(await holds(not(tests[0]!)), !values[0]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("Z9 follow De Morgan's laws, failures included", async () => {
    await fc.assert(
      fc.asyncProperty(several(leaves), async (tests) => {
        const negated = tests.map((test): Test => not(test));
        await assertSame(not(allOf(...tests)), anyOf(...negated));
        await assertSame(not(anyOf(...tests)), allOf(...negated));
      }),
      { numRuns: RUNS },
    );
  });

  it("Z10 cancel a double negation, failures included", async () => {
    await fc.assert(
      fc.asyncProperty(leaves.map(leafOf), async (test) => {
        await assertSame(not(not(test)), test);
      }),
      { numRuns: RUNS },
    );
  });

  it("Z11 nest in any way", async () => {
    await fc.assert(
      fc.asyncProperty(several(leaves), several(leaves), async (a, b) => {
        await assertSame(allOf(allOf(...a), allOf(...b)), allOf(...a, ...b));
        await assertSame(anyOf(anyOf(...a), anyOf(...b)), anyOf(...a, ...b));
      }),
      { numRuns: RUNS },
    );
  });

  it("Z12 make no yes of a failure that they come to first", async () => {
    await fc.assert(
      fc.asyncProperty(
        leaves.filter(({ value }) => typeof value !== "boolean").map(leafOf),
        several(leaves),
        async (failing, others) => {
          const tests = [
            not(failing),
            allOf(failing, ...others),
            anyOf(failing, ...others),
          ];
          for (const when of tests) {
            const authorizer = authorizerOf([allow("p", { when })]);
            const { allowed, policyId } = await authorizer.decide(question());
            strictEqual(allowed, false);
            strictEqual(policyId, "p");
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("ask in order, and none that makes no difference", async () => {
    for (const isAsync of [false, true]) {
      const calls: number[] = [];
      const test = (n: number, value: boolean): Test => () => {
        calls.push(n);
        return isAsync ? Promise.resolve(value) : value;
      };
      await outcomeOf(allOf(test(1, true), test(2, false), test(3, true)));
      await outcomeOf(anyOf(test(4, false), test(5, true), test(6, false)));
      deepStrictEqual(calls, [1, 2, 4, 5]);
    }
  });

  it("stay synchronous with conditions that are", () => {
    const yes = (): boolean => true;
    strictEqual(allOf(yes, not(not(yes)))(question() as never), true);
    strictEqual(anyOf(not(yes), yes)(question() as never), true);
  });

  it("refuse none, and what is no function", () => {
    assertRefused(() => allOf(), "conditions", "empty");
    assertRefused(() => anyOf(), "conditions", "empty");
    assertRefused(() => allOf(() => true, true as never), "conditions[1]");
    assertRefused(() => anyOf("admin" as never), "conditions[0]", "function");
    assertRefused(() => not(undefined as never), "condition", "function");
  });
});

describe("hasRole()", () => {
  it("holds for subjects that have any of the roles", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 }),
        fc.option(fc.array(fc.constantFrom("a", "b", "c", "d")), {
          nil: undefined,
        }),
        (wanted, roles) => {
          const context = { ...question(), subject: { id: "ada", roles } };
          strictEqual(
            hasRole(...wanted)(context),
            wanted.some((role) => roles?.includes(role)),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("does not hold for nobody", () => {
    for (const subject of [undefined, null, {}]) {
      strictEqual(hasRole("admin")({ ...question(), subject }), false);
    }
  });

  it("makes a rule deny when roles are no list", () => {
    const bad = [
      ...["no-admin", { admin: true }, new Set(["admin"]), 5],
      ...[true, false, Promise.resolve(true)], // Answers, were they conditions'.
    ];
    for (const roles of bad) {
      const isAdmin: Condition<unknown> = hasRole("admin");
      const isOther: Condition<unknown> = not(isAdmin);
      for (const when of [isAdmin, isOther]) {
        const subject = { id: "ada", roles } as unknown as Subject;
        const decision = authorizerOf([allow("p", { when })])
          .decideSync(question("l1", "read", subject));
        strictEqual(decision.allowed, false);
        strictEqual(decision.reason, Expectations.POLICY_ANSWER);
      }
    }
  });

  it("refuses none, and blank ones", () => {
    assertRefused(() => hasRole(), "roles", "empty");
    assertRefused(() => hasRole("a", " "), "roles[1]", "empty");
    assertRefused(() => hasRole(5 as never), "roles[0]", "string");
  });
});

describe("isAuthorizer()", () => {
  it("knows one by its method", () => {
    strictEqual(isAuthorizer(authorizerOf([])), true);
    strictEqual(isAuthorizer({ decide: () => undefined }), true);
    for (const value of [undefined, null, {}, { decide: true }, () => true]) {
      strictEqual(isAuthorizer(value), false);
    }
  });
});

describe("the types of authorization", () => {
  interface Link {
    readonly type: "link";
    readonly owner: string;
  }
  interface Report {
    readonly type: "report";
    readonly isPublic: boolean;
  }
  interface User extends Subject {
    readonly team: string;
  }
  type Action = "read" | "write";

  const isOwner: Condition<{ readonly owner: string }> = (
    { subject, resource },
  ) => subject.id === resource.owner;

  it("narrow resources and actions to those of a rule", () => {
    new PolicyBasedAuthorizer<Link | Report, Action, User>({
      policies: [
        allow("a", {
          resources: ["link"],
          actions: ["read"],
          when: ({ subject, resource, action }) => {
            expectType<Equal<typeof resource, Link>>();
            expectType<Equal<typeof action, "read">>();
            expectType<Equal<typeof subject, User>>();
            return true;
          },
        }),
        deny("b", {
          when: ({ resource, action }) => {
            expectType<Equal<typeof resource, Link | Report>>();
            expectType<Equal<typeof action, Action>>();
            return false;
          },
        }),
        allow("c", {
          resources: ["link"],
          when: allOf(
            hasRole("author"),
            isOwner,
            not(({ subject, resource }) => subject.team === resource.owner),
          ),
        }),
        // @ts-expect-error No action of this name.
        allow("d", { actions: ["raed"] }),
        // @ts-expect-error No type of this name.
        allow("e", { resources: ["lnik"] }),
        // @ts-expect-error Reports have no owner.
        allow("f", { resources: ["report"], when: isOwner }),
        // @ts-expect-error Not all have an owner.
        allow("g", { when: ({ resource }) => resource.owner === "ada" }),
        // @ts-expect-error No action of this name.
        { id: "h", actions: ["raed"], evaluate: () => "allow" },
        // @ts-expect-error No such effect.
        { id: "i", evaluate: () => "permit" },
      ],
    });
    expectType<Equal<ResourceType<Link | Report>, "link" | "report">>();
    expectType<Equal<ResourceType<{ readonly owner: string }>, string>>();
    expectType<Equal<ResourceOfType<Link | Report, "link">, Link>>();
  });

  it("let no other question be asked", () => {
    const authorizer = new PolicyBasedAuthorizer<Link, Action, User>({
      policies: [],
    });
    const subject: User = { id: "ada", team: "a" };
    const resource: Link = { type: "link", owner: "ada" };
    authorizer.decideSync({ subject, resource, action: "read" });
    // @ts-expect-error No action of this name.
    authorizer.decideSync({ subject, resource, action: "delete" });
    // @ts-expect-error The user has no team.
    authorizer.decideSync({ subject: ADA, resource, action: "read" });
    // @ts-expect-error It is no link.
    authorizer.decideSync({ subject, resource: { type: "x" }, action: "read" });
    type Answer = Result<Decision, ErrorOf<"SECURITY_POLICY_DENIED">>;
    expectType<
      Equal<ReturnType<typeof authorizer.authorizeSync>, Answer>
    >();
  });

  it("let policies be shared by authorizers of different resources", () => {
    function suspension<R, A extends string>(): Policy<R, A, User> {
      return deny("suspension", { when: ({ subject }) => subject.team === "" });
    }
    const closed = {
      id: "closed",
      evaluate: (_context: AuthorizationContext<unknown>): "deny" => "deny",
    };
    const links = new PolicyBasedAuthorizer<Link, Action, User>({
      policies: [suspension(), closed],
    });
    const reports = new PolicyBasedAuthorizer<Report, "export", User>({
      policies: [suspension(), closed],
    });
    const authorizers: unknown[] = [links, reports];
    strictEqual(authorizers.every(isAuthorizer), true);
    new PolicyBasedAuthorizer<Link, Action, { readonly roles: number }>({
      // @ts-expect-error Its subjects have roles of another type.
      policies: [allow("a", { when: hasRole("admin") })],
    });
  });
});

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}
