/**
 * What every implementation of the `Encryptor` protocol does, whoever has its
 * keys. The suite knows the protocol and nothing else; it awaits every call.
 *
 * @module
 */

import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type AadContext,
  type EncryptedValue,
  type Encryptor,
  isEncryptor,
} from "../../src/encryption.ts";
import type { Awaitable } from "../../src/protocols.ts";
import { assertConceals, RUNS } from "../foundation_support.ts";

const MARKER = "hunter2-marker";

/** What JSON cannot say, or would change. */
const UNSAYABLE: readonly (readonly [name: string, value: unknown])[] = [
  ["undefined", undefined],
  ["a function", (): string => MARKER],
  ["a symbol", Symbol(MARKER)],
  ["a bigint", 1n],
  ["NaN", NaN],
  ["Infinity", -Infinity],
  ["a date", new Date(0)],
  ["a Map", new Map([[MARKER, MARKER]])],
  ["bytes", new TextEncoder().encode(MARKER)],
  ["an object that gives JSON", { [MARKER]: 1, toJSON: (): number => 1 }],
  ["a hole", new Array(1)],
];

/** A value as JSON gives it back: without -0, and with ordinary prototypes. */
export function plainOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Contexts, and never the same again. */
export const contexts: fc.Arbitrary<AadContext> = fc.dictionary(
  fc.string({ unit: "grapheme", maxLength: 5 }),
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 5 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  ),
  { maxKeys: 3 },
).map((context) => ({ ...context }));

/**
 * Registers the suite.
 *
 * @param name What is tested.
 * @param make Makes an encryptor of whatever JSON can say.
 */
export function encryptorConformance(
  name: string,
  make: () => Awaitable<Encryptor<unknown>>,
): void {
  async function seal(
    encryptor: Encryptor<unknown>,
    value: unknown,
    context?: AadContext,
  ): Promise<EncryptedValue<unknown>> {
    return (await encryptor.seal(value, { context })).unwrap();
  }

  describe(`${name} as an Encryptor`, () => {
    it("looks like one", async () => {
      strictEqual(isEncryptor(await make()), true);
    });

    it("C1 open(seal(x)) = x, in the same context", async () => {
      const encryptor = await make();
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), contexts, async (value, context) => {
          const sealed = await seal(encryptor, value, context);
          const opened = await encryptor.open(sealed, { context });
          deepStrictEqual(opened.unwrap(), plainOf(value));
        }),
        { numRuns: RUNS },
      );
    });

    it("C2 another context does not open it", async () => {
      const encryptor = await make();
      const pair = fc.uniqueArray(contexts, {
        minLength: 2,
        maxLength: 2,
        selector: (context) => JSON.stringify(Object.entries(context).sort()),
      });
      await fc.assert(
        fc.asyncProperty(pair, async ([context, other]) => {
          const sealed = await seal(encryptor, MARKER, context);
          const opened = await encryptor.open(sealed, { context: other });
          strictEqual(opened.unwrapErr().code, "SECURITY_DECRYPTION_FAILED");
          assertConceals(opened, MARKER);
        }),
        { numRuns: RUNS },
      );
    });

    it("C3 two seals of a value differ", async () => {
      const encryptor = await make();
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          const [one, other] = await Promise.all([
            seal(encryptor, value),
            seal(encryptor, value),
          ]);
          notStrictEqual(one.toString(), other.toString());
        }),
        { numRuns: RUNS },
      );
    });

    it("takes no context for an empty one", async () => {
      const encryptor = await make();
      for (const one of [undefined, {}]) {
        const sealed = await seal(encryptor, MARKER, one);
        for (const other of [undefined, {}]) {
          const opened = await encryptor.open(sealed, { context: other });
          strictEqual(opened.unwrap(), MARKER);
        }
        strictEqual((await encryptor.open(sealed)).unwrap(), MARKER);
      }
    });

    it("does not care for the order of a context's members", async () => {
      const encryptor = await make();
      const sealed = await seal(encryptor, MARKER, { a: 1, b: null });
      const opened = await encryptor.open(sealed, {
        context: { b: null, a: 1 },
      });
      strictEqual(opened.unwrap(), MARKER);
    });

    it("seal() makes a text that shows the id of the key, and nothing else", async () => {
      const encryptor = await make();
      const sealed = await seal(encryptor, { [MARKER]: MARKER }, {
        place: MARKER,
      });
      ok(sealed.keyId.length > 0);
      strictEqual(sealed.toJSON(), sealed.toString());
      strictEqual(JSON.stringify([sealed]), JSON.stringify([`${sealed}`]));
      assertConceals(sealed, MARKER);
    });

    it("seal() refuses what it cannot give back, and does not tell it", async () => {
      const encryptor = await make();
      for (const [what, value] of UNSAYABLE) {
        for (const it of [value, [value], { a: [value] }]) {
          const { code } = (await encryptor.seal(it)).unwrapErr();
          strictEqual(code, "SECURITY_ENCRYPTION_FAILED", what);
        }
        assertConceals(await encryptor.seal([value]), MARKER);
      }
    });

    it("calls may overlap", async () => {
      const encryptor = await make();
      const values = Array.from({ length: 50 }, (_, i) => ({ i }));
      const opened = await Promise.all(values.map(async (value, i) => {
        const context = { i };
        const sealed = await seal(encryptor, value, context);
        return (await encryptor.open(sealed, { context })).unwrap();
      }));
      deepStrictEqual(opened, values);
    });
  });
}
