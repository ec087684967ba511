/**
 * What every implementation of the `Authorizer` protocol does, whatever it decides
 * by. The suite knows the protocol and nothing else; it awaits every call.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type AuthorizationContext,
  type Authorizer,
  type Decision,
  isAuthorizer,
} from "../../src/authorization.ts";
import type { Awaitable } from "../../src/protocols.ts";
import { RUNS } from "../foundation_support.ts";

/** What is asked: about the document of this name. */
export type DocumentContext = AuthorizationContext<string>;

/** Options of {@linkcode authorizerConformance}. */
export interface AuthorizerConformanceOptions {
  /** Makes an authorizer that allows what a judge does, and nothing else. */
  readonly make: (
    judge: (context: DocumentContext) => Awaitable<boolean>,
  ) => Awaitable<Authorizer<string>>;
}

const contexts: fc.Arbitrary<DocumentContext> = fc.record({
  subject: fc.record({ id: fc.constantFrom("ada", "bob", "eve") }),
  resource: fc.constantFrom("ada's", "bob's", "plans", ""),
  action: fc.constantFrom("read", "write", "toString", "__proto__"),
});

function isOwner({ subject, resource }: DocumentContext): boolean {
  return resource.startsWith(subject.id);
}

/** Fails where it is no decision. */
function assertDecision(decision: Decision): void {
  strictEqual(typeof decision.allowed, "boolean");
  const { policyId = "", reason = "", evaluated } = decision;
  strictEqual(typeof policyId, "string");
  strictEqual(typeof reason, "string");
  for (const { policyId, effect } of evaluated) {
    strictEqual(typeof policyId, "string");
    strictEqual(["allow", "deny", "abstain"].includes(effect), true);
  }
  strictEqual(JSON.parse(JSON.stringify(decision)).allowed, decision.allowed);
}

/** Declares the tests of an implementation. */
export function authorizerConformance(
  name: string,
  { make }: AuthorizerConformanceOptions,
): void {
  describe(`${name} as an Authorizer`, () => {
    it("is one", async () => {
      strictEqual(isAuthorizer(await make(() => true)), true);
    });

    it("AC1 decides as its judge does, for questions asked at once", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(contexts, { minLength: 1, maxLength: 8 }),
          fc.boolean(),
          async (questions, isAsync) => {
            const authorizer = await make((context) =>
              isAsync ? Promise.resolve(isOwner(context)) : isOwner(context)
            );
            const decisions = await Promise.all(
              questions.map((context) => authorizer.decide(context)),
            );
            decisions.forEach(assertDecision);
            deepStrictEqual(
              decisions.map(({ allowed }) => allowed),
              questions.map(isOwner),
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("AC2 denies, and does not fail, when its judge fails", async () => {
      await fc.assert(
        fc.asyncProperty(contexts, fc.boolean(), async (context, isAsync) => {
          const authorizer = await make(() => {
            if (isAsync) return Promise.reject(new Error("no route"));
            throw new Error("no route");
          });
          const decision = await authorizer.decide(context);
          assertDecision(decision);
          strictEqual(decision.allowed, false);
        }),
        { numRuns: RUNS },
      );
    });

    it("decides anew when the answer of its judge changes", async () => {
      let allowed = true;
      const authorizer = await make(() => allowed);
      const context = {
        subject: { id: "ada" },
        resource: "plans",
        action: "read",
      };
      strictEqual((await authorizer.decide(context)).allowed, true);
      allowed = false;
      strictEqual((await authorizer.decide(context)).allowed, false);
    });
  });
}
