/**
 * Asks the real `node:assert/strict` and its stand-in about the same cases: both
 * must come to the same verdict, and to the one that stands here: that of Node 24
 * and Deno, as Node 22 and Bun are less strict in some cases.
 *
 * @module
 */

import real from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import shim from "./node_assert.ts";

type Assert = typeof real;

const SUBJECTS: readonly (readonly [name: string, assert: Assert])[] = [
  ["node", real],
  ["stand-in", shim as unknown as Assert],
];

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

class Named extends Error {
  override name = "Named";
}

class Mute {
  readonly #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x(): number {
    return this.#x;
  }
}

/** The same value, made twice. */
function twice<T>(make: () => T): readonly [T, T] {
  return [make(), make()];
}

function circle(length: number): object {
  const first: { next?: object } = {};
  let last = first;
  for (let i = 1; i < length; i++) last = last.next = {};
  last.next = first;
  return first;
}

function hidden(value: unknown): object {
  return Object.defineProperty({ a: 1 }, "hidden", { value });
}

function tagged(tag: string): object {
  return Object.defineProperty({}, Symbol.toStringTag, { value: tag });
}

function errorWith(fields: object, message = "m"): Error {
  return Object.assign(new Error(message), fields);
}

const SYMBOL = Symbol("key");
const SHARED = { a: 1 };
const NULL_PROTOTYPE = { __proto__: null, a: 1 };

type Pair = readonly [name: string, pair: readonly [unknown, unknown]];

const ALIKE: readonly Pair[] = [
  ["NaN", [NaN, 0 / 0]],
  ["-0", [-0, -0]],
  ["objects", twice(() => ({ a: 1, b: { c: [1, 2, { d: null }] } }))],
  ["objects in another order", [{ a: 1, b: 2 }, { b: 2, a: 1 }]],
  ["objects without a prototype", twice(() => ({ __proto__: null, a: 1 }))],
  ["instances", twice(() => new Point(1))],
  ["instances whose state is private", [new Mute(1), new Mute(2)]],
  ["getters with equal results", [{
    get a() {
      return 1;
    },
  }, { a: 1 }]],
  ["what is not enumerable", [hidden(1), hidden(2)]],
  ["symbols as keys", twice(() => ({ [SYMBOL]: [1] }))],
  ["arrays with holes", [[1, , 3], [1, , 3]]], // deno-lint-ignore no-sparse-arrays
  ["arrays with fields", twice(() => Object.assign([1], { a: 1 }))],
  [
    "arguments",
    twice(() =>
      (function (..._: number[]) {
        return arguments;
      })(1, 2)
    ),
  ],
  ["dates", twice(() => new Date(5))],
  ["patterns", twice(() => /a/gi)],
  ["maps", twice(() => new Map<unknown, unknown>([["a", [1]], ["b", {}]]))],
  ["maps in another order", [
    new Map([["a", 1], ["b", 2]]),
    new Map([["b", 2], ["a", 1]]),
  ]],
  ["maps with objects as keys", [
    new Map([[{ a: 1 }, 1], [{ a: 2 }, 2], [{ a: 3 }, 3]]),
    new Map([[{ a: 3 }, 3], [{ a: 1 }, 1], [{ a: 2 }, 2]]),
  ]],
  [
    "maps with NaN and null as keys",
    twice(() =>
      new Map([[NaN, 1], [null, 2], [undefined, 3]] as [unknown, number][])
    ),
  ],
  ["sets", [new Set([1, "a", null]), new Set([null, "a", 1])]],
  ["sets of objects", [
    new Set([{ a: 1 }, { a: 2 }, [3]]),
    new Set([[3], { a: 2 }, { a: 1 }]),
  ]],
  ["bytes", twice(() => new Uint8Array([1, 2, 3]))],
  ["bytes from different buffers", [
    new Uint8Array([1, 2, 3]).subarray(1),
    new Uint8Array([2, 3]),
  ]],
  ["floats with NaN", twice(() => new Float64Array([NaN, 1]))],
  ["buffers", twice(() => new Uint8Array([1, 2]).buffer)],
  ["views", twice(() => new DataView(new ArrayBuffer(2)))],
  ["errors", twice(() => new TypeError("m"))],
  ["errors of a class", twice(() => new Named("m"))],
  ["errors with fields", twice(() => errorWith({ code: "E" }))],
  ["errors with causes", twice(() => new Error("m", { cause: { a: 1 } }))],
  ["errors of errors", twice(() => new AggregateError([new Error("a")], "m"))],
  ["boxed numbers", twice(() => Object(1))],
  ["boxed texts", twice(() => Object("a"))],
  ["boxed symbols", twice(() => Object(SYMBOL))],
  ["addresses", twice(() => new URL("http://a/b"))],
  ["circles", twice(() => circle(1))],
  ["longer circles", twice(() => circle(3))],
  [
    "maps in themselves",
    twice(() => {
      const map = new Map<string, unknown>();
      return map.set("self", map);
    }),
  ],
  ["what stands there twice", [[NULL_PROTOTYPE, NULL_PROTOTYPE], [
    { __proto__: null, a: 1 },
    { __proto__: null, a: 1 },
  ]]],
];

const UNLIKE: readonly Pair[] = [
  ["0 and -0", [0, -0]],
  ["0 and -0 in a list", [[0], [-0]]],
  ["1 and its text", [1, "1"]],
  ["1 and 1n", [1, 1n]],
  ["null and undefined", [null, undefined]],
  ["null and an object", [null, {}]],
  ["null and undefined in an object", [{ a: null }, { a: undefined }]],
  ["what is undefined and what is not there", [{ a: undefined }, {}]],
  ["undefined under different keys", [{ a: undefined }, { b: undefined }]],
  ["functions", twice(() => () => 1)],
  ["symbols", twice(() => Symbol("a"))],
  ["fields", [{ a: 1 }, { a: 2 }]],
  ["deep fields", [{ a: { b: [1] } }, { a: { b: [2] } }]],
  ["an object and a list", [{}, []]],
  ["a list and what is like one", [[1], { 0: 1, length: 1 }]],
  ["an object without a prototype", [{ a: 1 }, NULL_PROTOTYPE]],
  ["an instance and an object", [new Point(1), { x: 1 }]],
  ["instances of different classes", [
    new Point(1),
    new (class Point {
      x = 1;
    })(),
  ]],
  ["a class and one that extends it", [
    new (class extends Point {})(1),
    new Point(1),
  ]],
  ["tags", [tagged("A"), tagged("B")]],
  ["a field that is hidden", [{ a: 1, hidden: 1 }, hidden(1)]],
  ["symbols as keys", [{ [SYMBOL]: 1 }, { [SYMBOL]: 2 }]],
  ["a symbol more", [{ [SYMBOL]: 1 }, {}]],
  ["different symbols", [{ [Symbol("a")]: 1 }, { [Symbol("a")]: 1 }]],
  ["lengths of lists", [[1], [1, undefined]]],
  ["orders of lists", [[1, 2], [2, 1]]],
  ["a hole and undefined", [[1, , 3], [1, undefined, 3]]], // deno-lint-ignore no-sparse-arrays
  ["holes alone", [new Array(1), new Array(2)]],
  ["fields of lists", [Object.assign([1], { a: 1 }), [1]]],
  ["dates", [new Date(5), new Date(6)]],
  ["a date and none", [new Date(5), new Date(NaN)]],
  ["a date and its number", [new Date(5), 5]],
  ["fields of dates", [new Date(5), Object.assign(new Date(5), { a: 1 })]],
  ["patterns", [/a/, /b/]],
  ["flags of patterns", [/a/, /a/g]],
  ["how far a pattern is", [/a/g, Object.assign(/a/g, { lastIndex: 1 })]],
  ["a map and a set", [new Map(), new Set()]],
  ["keys of maps", [new Map([["a", 1]]), new Map([["b", 1]])]],
  ["values of maps", [new Map([["a", 1]]), new Map([["a", 2]])]],
  ["undefined in maps", [
    new Map([["a", undefined]]),
    new Map([["b", undefined]]),
  ]],
  ["sizes of maps", [new Map([["a", 1]]), new Map()]],
  ["maps with objects as keys", [
    new Map([[{ a: 1 }, 1], [{ a: 2 }, 2]]),
    new Map([[{ a: 1 }, 2], [{ a: 2 }, 1]]),
  ]],
  ["maps with one key twice", [
    new Map([[{ a: 1 }, 1], [{ a: 1 }, 1], [{ a: 2 }, 1]]),
    new Map([[{ a: 1 }, 1], [{ a: 2 }, 1], [{ a: 2 }, 1]]),
  ]],
  ["fields of maps", [new Map(), Object.assign(new Map(), { a: 1 })]],
  ["sets", [new Set([1, 2]), new Set([1, 3])]],
  ["sets of a number and a text", [new Set([1]), new Set(["1"])]],
  ["sizes of sets", [new Set([1]), new Set()]],
  ["sets of objects", [
    new Set([{ a: 1 }, { a: 1 }, { a: 2 }]),
    new Set([{ a: 1 }, { a: 2 }, { a: 2 }]),
  ]],
  ["sets that share an object", [
    new Set([SHARED, { a: 1 }]),
    new Set([SHARED, { a: 2 }]),
  ]],
  ["a set of objects and of numbers", [new Set([{}, 1]), new Set([{}, 2])]],
  ["types of lists of numbers", [new Uint8Array([1]), new Int8Array([1])]],
  ["bytes", [new Uint8Array([1, 2]), new Uint8Array([1, 3])]],
  ["lengths of bytes", [new Uint8Array(1), new Uint8Array(2)]],
  ["floats of 0 and -0", [new Float64Array([0]), new Float64Array([-0])]],
  ["bytes and a list", [new Uint8Array([1]), [1]]],
  ["buffers", [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer]],
  ["messages", [new Error("a"), new Error("b")]],
  ["names", [new Error("a"), Object.assign(new Error("a"), { name: "N" })]],
  ["classes of errors", [new TypeError("a"), new RangeError("a")]],
  ["fields of errors", [errorWith({ code: "A" }), errorWith({ code: "B" })]],
  ["a field more of an error", [errorWith({ code: "A" }), errorWith({})]],
  ["causes", [new Error("m", { cause: 1 }), new Error("m", { cause: 2 })]],
  ["a cause and none", [new Error("m", { cause: undefined }), new Error("m")]],
  ["errors of errors", [
    new AggregateError([new Error("a")], "m"),
    new AggregateError([new Error("b")], "m"),
  ]],
  ["an error and what is like one", [new Error("m"), {
    name: "Error",
    message: "m",
  }]],
  ["boxed numbers", [Object(1), Object(2)]],
  ["a number and its box", [1, Object(1)]],
  ["boxed 0 and -0", [Object(0), Object(-0)]],
  ["boxed texts", [Object("a"), Object("b")]],
  ["addresses", [new URL("http://a/b"), new URL("http://a/c")]],
  ["promises", twice(() => Promise.resolve(1))],
  ["weak maps", twice(() => new WeakMap())],
  ["weak sets", twice(() => new WeakSet())],
  ["a circle and none", [circle(1), { next: {} }]],
  ["circles of different lengths", [circle(1), circle(2)]],
];

describe("deepStrictEqual()", () => {
  for (const [subject, assert] of SUBJECTS) {
    const deepStrictEqual: Assert["deepStrictEqual"] = assert.deepStrictEqual;

    for (const [name, [a, b]] of ALIKE) {
      it(`takes ${name} for alike (${subject})`, () => {
        deepStrictEqual(a, b);
        deepStrictEqual(b, a);
        deepStrictEqual([{ a }], [{ a: b }]);
        real.throws(() => assert.notDeepStrictEqual(a, b), {
          code: "ERR_ASSERTION",
        });
      });
    }
    for (const [name, [a, b]] of UNLIKE) {
      it(`tells ${name} apart (${subject})`, () => {
        for (const [one, other] of [[a, b], [b, a], [[{ a }], [{ a: b }]]]) {
          real.throws(() => deepStrictEqual(one, other), {
            name: "AssertionError",
            code: "ERR_ASSERTION",
          });
        }
        assert.notDeepStrictEqual(a, b);
      });
    }
  }

  const anything = fc.anything({
    key: fc.constantFrom("a", "b"),
    maxDepth: 3,
    maxKeys: 2,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });

  function isAlike(
    deepStrictEqual: Assert["deepStrictEqual"],
    a: unknown,
    b: unknown,
  ): boolean {
    try {
      deepStrictEqual(a, b);
      return true;
    } catch {
      return false;
    }
  }

  for (
    const [name, pair] of [
      ["what is made twice", fc.clone(anything, 2)],
      ["any two", fc.tuple(anything, anything)],
    ] as const
  ) {
    it(`P1 both come to the same verdict on ${name}`, () => {
      fc.assert(
        fc.property(pair, ([a, b]) => {
          const verdicts = SUBJECTS.map(([, assert]) =>
            isAlike(assert.deepStrictEqual, a, b)
          );
          real.equal(verdicts[0], verdicts[1]);
        }),
        { numRuns: 2_000 },
      );
    });
  }
});

/** What becomes of an assertion. */
async function verdictOf(body: () => unknown): Promise<string> {
  try {
    await body();
    return "holds";
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_ASSERTION") return "fails";
    return error instanceof TypeError ? "refuses" : String(error);
  }
}

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

const TOLD = errorWith({ code: "E", n: NaN, at: { a: [1] } }, "It is down");

type Case = readonly [
  name: string,
  verdict: "holds" | "fails" | "refuses" | string,
  body: (assert: Assert) => unknown,
];

/** What to throw, what to expect, and the verdict: for throws() and rejects(). */
const EXPECTATIONS: readonly (readonly [
  name: string,
  verdict: "holds" | "fails" | "refuses",
  thrown: unknown,
  expected: unknown,
])[] = [
  ["anything", "holds", TOLD, undefined],
  ["undefined", "holds", undefined, undefined],
  ["a class", "holds", TOLD, Error],
  ["a class it extends", "holds", new Named("m"), Error],
  ["another class", "fails", TOLD, TypeError],
  ["another class of one's own", "fails", TOLD, Named],
  ["a class, and no error comes", "fails", "text", Error],
  ["a class that is no error's", "holds", new Point(1), Point],
  ["a check", "holds", TOLD, (error: unknown) => error === TOLD],
  ["a check that says no", "fails", TOLD, () => false],
  ["a check that says something", "fails", TOLD, () => 1],
  ["a check written as a function", "holds", TOLD, function () {
    return true;
  }],
  ["a pattern", "holds", TOLD, /down/],
  ["a pattern of name and message", "holds", TOLD, /^Error: It is down$/],
  ["another pattern", "fails", TOLD, /up/],
  ["a pattern, and a text comes", "holds", "It is down", /down/],
  ["fields", "holds", TOLD, { code: "E", n: NaN, at: { a: [1] } }],
  ["fields that are inherited", "holds", TOLD, { name: "Error" }],
  ["fields by patterns", "holds", TOLD, { message: /down/, code: /E/ }],
  ["a field by another pattern", "fails", TOLD, { message: /up/ }],
  ["another field", "fails", TOLD, { code: "F" }],
  ["a deep field", "fails", TOLD, { at: { a: [2] } }],
  ["a field that is not there", "fails", TOLD, { missing: undefined }],
  ["a number by a pattern", "fails", errorWith({ n: 1 }), { n: /1/ }],
  ["a pattern by itself", "holds", errorWith({ n: /1/ }), { n: /1/ }],
  ["no fields", "refuses", TOLD, {}],
  ["fields, and a text comes", "fails", "text", { message: "text" }],
  ["fields, and null comes", "fails", null, { message: "text" }],
  ["an error", "holds", new Named("m"), new Named("m")],
  ["an error of another message", "fails", new Named("m"), new Named("n")],
  ["an error of another name", "fails", new Named("m"), new Error("m")],
  ["an error with fields", "fails", new Error("m"), errorWith({ code: "E" })],
  ["a message", "holds", TOLD, "why"],
  ["the message itself", "refuses", TOLD, "It is down"],
  ["the text itself", "refuses", "It is down", "It is down"],
  ["a number", "refuses", TOLD, 1],
];

class Wanted extends Error {}

const CASES: readonly Case[] = [
  ...EXPECTATIONS.flatMap(([name, verdict, thrown, expected]): Case[] => [
    [
      `throws() of ${name}`,
      verdict,
      (assert) => assert.throws(thrower(thrown), expected as RegExp),
    ],
    [
      `rejects() of ${name}`,
      verdict,
      (assert) => assert.rejects(Promise.reject(thrown), expected as RegExp),
    ],
  ]),
  ["throws() of nothing", "fails", (assert) => assert.throws(() => 1)],
  ["throws() of nothing, with a class", "fails", (assert) => {
    assert.throws(() => 1, Error);
  }],
  ["throws() of no function", "refuses", (assert) => {
    assert.throws(1 as unknown as () => void);
  }],
  ["throws() of two texts", "refuses", (assert) => {
    assert.throws(thrower(TOLD), "a" as unknown as RegExp, "b");
  }],
  [
    "rejects() of what is fulfilled",
    "fails",
    (assert) => assert.rejects(Promise.resolve(1)),
  ],
  [
    "rejects() of a function",
    "holds",
    (assert) => assert.rejects(() => Promise.reject(TOLD), /down/),
  ],
  [
    "rejects() of a function that throws",
    "Error: It is down",
    (assert) => assert.rejects(thrower(TOLD), /down/),
  ],
  [
    "rejects() of a function that gives no promise",
    "refuses",
    (assert) => assert.rejects((() => 1) as unknown as () => Promise<void>),
  ],
  [
    "rejects() of no promise",
    "refuses",
    (assert) => assert.rejects(1 as unknown as Promise<void>),
  ],
  [
    "doesNotThrow() of nothing",
    "holds",
    (assert) => assert.doesNotThrow(() => 1),
  ],
  [
    "doesNotThrow() of an error",
    "fails",
    (assert) => assert.doesNotThrow(thrower(TOLD)),
  ],
  [
    "doesNotThrow() of what is expected",
    "fails",
    (assert) => assert.doesNotThrow(thrower(TOLD), /down/),
  ],
  [
    "doesNotThrow() of something else",
    "Error: It is down",
    (assert) => assert.doesNotThrow(thrower(TOLD), /up/),
  ],
  [
    "doesNotReject() of what is fulfilled",
    "holds",
    (assert) => assert.doesNotReject(Promise.resolve(1)),
  ],
  [
    "doesNotReject() of an error",
    "fails",
    (assert) => assert.doesNotReject(Promise.reject(TOLD)),
  ],
  ["ok() of 1", "holds", (assert) => assert.ok(1)],
  ["ok() of an empty text", "fails", (assert) => assert.ok("")],
  ["ok() of NaN", "fails", (assert) => assert.ok(NaN)],
  ["ok() of nothing", "fails", (assert) => (assert.ok as () => void)()],
  ["the whole of 1", "holds", (assert) => assert(1)],
  ["the whole of 0", "fails", (assert) => assert(0)],
  [
    "ok() with an error for the message",
    "Error: mine",
    (assert) => assert.ok(false, new Wanted("mine")),
  ],
  ["strictEqual() of NaN", "holds", (assert) => assert.strictEqual(NaN, NaN)],
  ["strictEqual() of 0 and -0", "fails", (assert) => assert.strictEqual(0, -0)],
  ["strictEqual() of objects", "fails", (assert) => assert.strictEqual({}, {})],
  ["equal() of 1 and its text", "fails", (assert) => assert.equal(1, "1")],
  [
    "notStrictEqual() of 0 and -0",
    "holds",
    (assert) => assert.notStrictEqual(0, -0),
  ],
  [
    "notStrictEqual() of NaN",
    "fails",
    (assert) => assert.notStrictEqual(NaN, NaN),
  ],
  [
    "notEqual() of 1 and its text",
    "holds",
    (assert) => assert.notEqual(1, "1"),
  ],
  [
    "deepEqual() of 1 and its text",
    "fails",
    (assert) => assert.deepEqual([1], ["1"]),
  ],
  [
    "notDeepEqual() of 1 and its text",
    "holds",
    (assert) => assert.notDeepEqual([1], ["1"]),
  ],
  ["match() of a match", "holds", (assert) => assert.match("abc", /b/)],
  ["match() of none", "fails", (assert) => assert.match("abc", /d/)],
  [
    "match() of no text",
    "fails",
    (assert) => assert.match(1 as unknown as string, /1/),
  ],
  [
    "match() of no pattern",
    "refuses",
    (assert) => assert.match("abc", "b" as unknown as RegExp),
  ],
  [
    "doesNotMatch() of none",
    "holds",
    (assert) => assert.doesNotMatch("abc", /d/),
  ],
  [
    "doesNotMatch() of a match",
    "fails",
    (assert) => assert.doesNotMatch("abc", /b/),
  ],
  ["fail()", "fails", (assert) => assert.fail()],
  [
    "fail() with an error",
    "Error: mine",
    (assert) => assert.fail(new Wanted("mine")),
  ],
];

describe("assertions", () => {
  for (const [subject, assert] of SUBJECTS) {
    for (const [name, verdict, body] of CASES) {
      it(`${name} ${/ /.test(verdict) ? "gives" : "is:"} ${verdict} (${subject})`, async () => {
        real.equal(await verdictOf(() => body(assert)), verdict);
      });
    }

    it(`tell what they compared (${subject})`, () => {
      real.throws(() => assert.strictEqual(1, 2), {
        name: "AssertionError",
        code: "ERR_ASSERTION",
        actual: 1,
        expected: 2,
        operator: "strictEqual",
        generatedMessage: true,
      });
      real.throws(() => assert.strictEqual(1, 2, "why"), {
        message: /^why/,
        generatedMessage: false,
      });
      real.throws(() => assert.fail("why"), { message: "why" });
      real.throws(() => assert.ok(0), assert.AssertionError);
    });
  }
});
