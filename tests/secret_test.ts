import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CacheError } from "../src/errors.ts";
import { Secret } from "../src/secret.ts";
import {
  assertConceals,
  type Equal,
  expectType,
  inspectors,
  renderingsOf,
  RUNS,
} from "./foundation_support.ts";
import { needs } from "./runtime_support.ts";

const MARKER = "hunter2-marker";

/** Secrets of several kinds that all hold the marker. */
const HELD: readonly (readonly [name: string, value: unknown])[] = [
  ["a string", MARKER],
  ["an object", { [MARKER]: MARKER, nested: { deep: [MARKER] } }],
  ["an array", [MARKER]],
  ["a Map", new Map([[MARKER, MARKER]])],
  ["an error", new Error(MARKER)],
  ["a function", Object.assign((): string => MARKER, { [MARKER]: MARKER })],
  ["a symbol", Symbol(MARKER)],
  ["bytes", new TextEncoder().encode(MARKER)],
  ["another secret", new Secret(MARKER)],
];

describe("Secret", () => {
  it("reveal() gives the very value", () => {
    for (const [, value] of HELD) {
      strictEqual(new Secret(value).reveal(), value);
    }
    for (const value of [undefined, null, NaN, 0, ""]) {
      ok(Object.is(new Secret(value).reveal(), value));
    }
  });

  it("reveal() tells two secrets apart", () => {
    const [a, b] = [new Secret("a"), new Secret("b")];
    strictEqual(a.reveal(), "a");
    strictEqual(b.reveal(), "b");
  });

  it("reveal() has the type of the value", () => {
    const secret = new Secret({ user: "ada" as const });
    expectType<
      Equal<ReturnType<typeof secret.reveal>, { user: "ada" }>
    >();
    strictEqual(secret.reveal().user, "ada");
  });

  it("is a word for itself in strings and JSON", () => {
    const secret = new Secret(MARKER);
    strictEqual(String(secret), "[secret]");
    strictEqual(`${secret}`, "[secret]");
    strictEqual("" + secret, "[secret]");
    strictEqual(secret.toString(), "[secret]");
    strictEqual(secret.toLocaleString(), "[secret]");
    strictEqual([secret].join(), "[secret]");
    strictEqual(JSON.stringify(secret), '"[secret]"');
    strictEqual(JSON.stringify({ secret }), '{"secret":"[secret]"}');
  });

  it("is a word for itself on every console of the runtime at hand", () => {
    strictEqual(inspectors().size > 0, "process" in globalThis);
    const secret = new Secret(MARKER);
    for (const [name, inspect] of inspectors()) {
      if (name === "util.inspect raw") continue;
      ok(inspect(secret).includes("[secret]"), name);
    }
  });

  for (const [name, value] of HELD) {
    it(`shows ${name} in no rendering of itself`, () => {
      // Bytes would show as their numbers.
      const markers = value instanceof Uint8Array
        ? [value.slice(0, 4).join(), value.slice(0, 4).join(", ")]
        : [MARKER];
      const secret = new Secret(value);
      for (const marker of markers) {
        assertConceals(secret, marker);
        assertConceals({ deep: { list: [secret] } }, marker);
        assertConceals([secret, [secret]], marker);
        assertConceals(new Map([["key", secret]]), marker);
        assertConceals(new Map([[secret, "value"]]), marker);
        assertConceals(new Set([secret]), marker);
        assertConceals(new Proxy(secret, {}), marker);
        assertConceals(Object.create(secret), marker);
      }
    });
  }

  it("shows nothing when it is part of an error", () => {
    const secret = new Secret(MARKER);
    const reason = "It is down";
    const errors = [
      new Error(`Bad password ${secret}`),
      new Error("Bad password", { cause: secret }),
      new Error("Bad password", { cause: { secret } }),
      Object.assign(new Error("Bad password"), { secret }),
      new AggregateError([secret], "Bad passwords"),
      new CacheError("CACHE_CONNECTION_FAILED", { reason }, {
        cause: secret,
        details: { secret },
      }),
    ];
    for (const error of errors) assertConceals(error, MARKER);
  });

  it(
    "shows nothing in formatted texts, failed assertions and serialized bytes",
    needs("util.inspect"),
    () => {
      const secret = new Secret(MARKER);
      const { process } = globalThis as {
        readonly process?: {
          readonly getBuiltinModule?: (id: string) => unknown;
        };
      };
      const util = process?.getBuiltinModule?.("node:util") as {
        format(...args: readonly unknown[]): string;
      };
      const v8 = process?.getBuiltinModule?.("node:v8") as {
        serialize(value: unknown): Uint8Array;
      };
      const { format } = util;
      for (const pattern of ["%s", "%d", "%i", "%f", "%j", "%o", "%O", ""]) {
        assertConceals(format(pattern, secret, [{ secret }]), MARKER);
      }
      for (const held of [secret, { secret }, new Map([["secret", secret]])]) {
        const bytes = v8.serialize(held);
        assertConceals(new TextDecoder("latin1").decode(bytes), MARKER);
      }
      for (const compare of [strictEqual, deepStrictEqual]) {
        throws(() => compare({ secret }, { secret: 1 }), (error) => {
          assertConceals(error, MARKER);
          return true;
        });
      }
    },
  );

  it("is the word for itself where the platform makes a string of it", () => {
    const secret = new Secret(MARKER);
    const text = secret as unknown as string;
    strictEqual(Number(secret), NaN);
    strictEqual(new Headers({ a: text }).get("a"), "[secret]");
    strictEqual(String(new URLSearchParams({ a: text })), "a=%5Bsecret%5D");
    strictEqual(encodeURIComponent(text), "%5Bsecret%5D");
    strictEqual(new Error(text).message, "[secret]");
    deepStrictEqual(Object.keys({ [text]: 1 }), ["[secret]"]);
  });

  it("leaves nothing of itself in a structured clone", () => {
    const clone = structuredClone({ secret: new Secret(MARKER) });
    deepStrictEqual(Reflect.ownKeys(clone.secret), []);
    assertConceals(clone, MARKER);
  });

  it("gives nothing away to copies by keys", () => {
    const secret = new Secret(MARKER);
    deepStrictEqual(Object.keys(secret), []);
    deepStrictEqual(Object.values(secret), []);
    deepStrictEqual(Object.entries(secret), []);
    deepStrictEqual({ ...secret }, {});
    deepStrictEqual(Object.assign({}, secret), {});
    deepStrictEqual(Object.getOwnPropertyNames(secret), []);
    const names: string[] = [];
    for (const name in secret) names.push(name);
    deepStrictEqual(names, []);
  });

  it("gives nothing away to those who look at its symbols", () => {
    const secret = new Secret(MARKER);
    const held = secret as unknown as Record<symbol, unknown>;
    const symbols = Object.getOwnPropertySymbols(secret);
    deepStrictEqual(
      new Set(symbols),
      new Set([
        Symbol.for("nodejs.util.inspect.custom"),
        Symbol.for("Deno.customInspect"),
      ]),
    );
    for (const symbol of symbols) {
      const value = held[symbol];
      assertConceals(value, MARKER);
      if (typeof value === "function") strictEqual(value(), "[secret]");
    }
  });

  it("cannot be changed", () => {
    const secret = new Secret("a");
    strictEqual(Object.isFrozen(secret), true);
    throws(() => {
      (secret as { toJSON: unknown }).toJSON = (): string => secret.reveal();
    }, TypeError);
  });

  it("looks the same whatever it holds (property)", () => {
    const reference = renderingsOf(new Secret("reference"));
    fc.assert(
      fc.property(fc.anything(), (value) => {
        deepStrictEqual(renderingsOf(new Secret(value)), reference);
      }),
      { numRuns: RUNS },
    );
  });

  it("conceals in a class derived from it as well", () => {
    class ApiKey extends Secret<string> {}
    const key = new ApiKey(MARKER);
    assertConceals({ key }, MARKER);
    strictEqual(key.reveal(), MARKER);
  });
});

describe("the renderings these tests look at", () => {
  it(
    "do show what is no secret, so that a leak would be seen",
    needs("util.inspect"),
    () => {
      for (const { name, text } of renderingsOf([MARKER])) {
        ok(text.includes(MARKER), name);
      }
      notDeepStrictEqual(
        renderingsOf(new Error(MARKER, { cause: MARKER })),
        renderingsOf(new Error("other")),
      );
      throws(() => assertConceals(new Error("a", { cause: MARKER }), MARKER));
    },
  );
});
