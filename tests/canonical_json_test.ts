import { ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "../src/_canonical_json.ts";
import { RUNS } from "./foundation_support.ts";

/** RFC 8785, appendix B: doubles by their bits, and their text. */
const NUMBERS: readonly (readonly [bits: bigint, text: string])[] = [
  [0x0000000000000000n, "0"],
  [0x8000000000000000n, "0"],
  [0x0000000000000001n, "5e-324"],
  [0x8000000000000001n, "-5e-324"],
  [0x7fefffffffffffffn, "1.7976931348623157e+308"],
  [0xffefffffffffffffn, "-1.7976931348623157e+308"],
  [0x4340000000000000n, "9007199254740992"],
  [0xc340000000000000n, "-9007199254740992"],
  [0x4430000000000000n, "295147905179352830000"],
  [0x44b52d02c7e14af5n, "9.999999999999997e+22"],
  [0x44b52d02c7e14af6n, "1e+23"],
  [0x44b52d02c7e14af7n, "1.0000000000000001e+23"],
  [0x444b1ae4d6e2ef4en, "999999999999999700000"],
  [0x444b1ae4d6e2ef4fn, "999999999999999900000"],
  [0x444b1ae4d6e2ef50n, "1e+21"],
  [0x3eb0c6f7a0b5ed8cn, "9.999999999999997e-7"],
  [0x3eb0c6f7a0b5ed8dn, "0.000001"],
  [0x41b3de4355555553n, "333333333.3333332"],
  [0x41b3de4355555554n, "333333333.33333325"],
  [0x41b3de4355555555n, "333333333.3333333"],
  [0x41b3de4355555556n, "333333333.3333334"],
  [0x41b3de4355555557n, "333333333.33333343"],
  [0xbecbf647612f3696n, "-0.0000033333333333333333"],
  [0x43143ff3c1cb0959n, "1424953923781206.2"],
];

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** The members of an object in another order, at every depth. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse().map(([k, v]) => [k, reversed(v)]),
  );
}

function circle(): unknown {
  const list: unknown[] = [];
  list.push([{ list }]);
  return list;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

const NOT_JSON: readonly (readonly [name: string, value: unknown])[] = [
  ["undefined", undefined],
  ["a function", (): number => 1],
  ["a symbol", Symbol("one")],
  ["a bigint", 1n],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["half of a surrogate pair", "\ud800"],
  ["a date", new Date(0)],
  ["a Map", new Map([["a", 1]])],
  ["bytes", new Uint8Array(1)],
  ["a boxed number", Object(1)],
  [
    "an object of a class",
    new (class Point {
      x = 1;
    })(),
  ],
  ["an object that gives JSON", { toJSON: (): number => 1 }],
  ["a getter that throws", {
    get member(): never {
      throw new Error("no");
    },
  }],
  ["a circle", circle()],
  ["a hundred thousand levels", nested(100_000)],
];

describe("canonicalJson()", () => {
  it("writes the numbers of RFC 8785, appendix B", () => {
    for (const [bits, text] of NUMBERS) {
      strictEqual(canonicalJson(doubleOf(bits)), text);
      strictEqual(canonicalJson([doubleOf(bits)]), `[${text}]`);
    }
  });

  it("writes the example of RFC 8785, section 3.2.2 and 3.2.3", () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3,
        0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    strictEqual(
      canonicalJson(JSON.parse(input)),
      String.raw`{"literals":[null,true,false],` +
        String.raw`"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        '"string":"\u20ac$' + String.raw`\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("sorts names by code units, as in RFC 8785, section 3.2.3", () => {
    const input = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    strictEqual(
      canonicalJson(input),
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control",' +
        '"\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face",' +
        '"\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  it("sorts names that are numbers as texts", () => {
    strictEqual(
      canonicalJson({ 10: "a", 9: "b", "": 0 }),
      '{"":0,"10":"a","9":"b"}',
    );
  });

  it("escapes what JSON must, and nothing else", () => {
    strictEqual(
      canonicalJson('\0\b\t\n\f\r\u001f"\\/\u007f\u2028é😀'),
      String.raw`"\u0000\b\t\n\f\r\u001f\"\\/` + '\u007f\u2028é😀"',
    );
  });

  it("writes what is empty", () => {
    for (const text of ["{}", "[]", '""', "null", "[{},[]]"]) {
      strictEqual(canonicalJson(JSON.parse(text)), text);
    }
  });

  it("leaves out members that are undefined", () => {
    const value = { b: undefined, a: 1, c: undefined };
    strictEqual(canonicalJson(value), '{"a":1}');
    strictEqual(canonicalJson({ a: undefined }), "{}");
  });

  it("takes objects without a prototype, and a name __proto__", () => {
    const value = Object.assign(Object.create(null), { b: 1, a: 2 });
    strictEqual(canonicalJson(value), '{"a":2,"b":1}');
    const text = '{"__proto__":{"a":1}}';
    strictEqual(canonicalJson(JSON.parse(text)), text);
  });

  for (const [name, value] of NOT_JSON) {
    it(`gives nothing for ${name}, at any depth`, () => {
      strictEqual(canonicalJson(value), undefined);
      strictEqual(canonicalJson([1, value]), undefined);
      if (value !== undefined) {
        strictEqual(canonicalJson({ a: [{ b: value }] }), undefined);
      }
    });
  }

  it("gives nothing for a hole in a list, nor half a pair in a name", () => {
    // deno-lint-ignore no-sparse-arrays -- it is what is refused
    strictEqual(canonicalJson([1, , 2]), undefined);
    strictEqual(canonicalJson({ "\udc00": 1 }), undefined);
  });

  it("J1 says the same as JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const canonical = canonicalJson(value) ?? "";
        ok(isDeepEqual(JSON.parse(canonical), JSON.parse(text)));
        strictEqual(canonicalJson(JSON.parse(canonical)), canonical);
      }),
      { numRuns: RUNS },
    );
  });

  it("J2 does not depend on the order of members", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        strictEqual(canonicalJson(reversed(value)), canonicalJson(value));
      }),
      { numRuns: RUNS },
    );
  });

  it("J3 has one text a value, and other texts for others", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isSame = canonicalJson(a) === canonicalJson(b);
        const [plainA, plainB] = [a, b].map((value) =>
          JSON.parse(JSON.stringify(value))
        );
        strictEqual(isSame, isDeepEqual(plainA, plainB));
      }),
      { numRuns: RUNS },
    );
  });
});

function isDeepEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) {
    return a === b;
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [entries, others] = [Object.entries(a), new Map(Object.entries(b))];
  return entries.length === others.size &&
    entries.every(([key, value]) =>
      others.has(key) && isDeepEqual(value, others.get(key))
    );
}
