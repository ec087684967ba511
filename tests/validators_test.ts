import {
  deepStrictEqual,
  doesNotThrow,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "../src/clock.ts";
import { ValidationError } from "../src/errors.ts";
import { Err, Ok, type Result } from "../src/result.ts";
import {
  type AnyRangeCode,
  type Format,
  type IdentifierError,
  type RangeCode,
  type RangeLimits,
  requireOption,
  type StandardSchemaIssue,
  type TypeMap,
  type TypeMismatch,
  validateFormat,
  validateIdentifier,
  validateNonEmpty,
  validateRange,
  validateRequired,
  validateSchema,
  validateType,
} from "../src/validators.ts";
import {
  assertConceals,
  assertErrorConceals,
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  schemaOf,
} from "./foundation_support.ts";

/** What a failed check says, in short. */
function failureOf(result: Result<unknown, ValidationError>): {
  readonly code: string;
  readonly field: string;
  readonly message: string;
} {
  const error = result.unwrapErr();
  ok(ValidationError.is(error));
  const { code, field, message } = error;
  return { code, field, message };
}

function typeMismatch(field: string, expectedType: string): unknown {
  return {
    code: "VALIDATION_TYPE_MISMATCH",
    field,
    message: `${field} must be of type ${expectedType}`,
  };
}

function isInvalidOption(error: unknown, message: string): boolean {
  ok(ValidationError.is(error));
  strictEqual(error.code, "VALIDATION_INVALID_OPTION");
  strictEqual(error.message, message);
  return true;
}

class Point {
  x = 0;
}

describe("validateType()", () => {
  const accepted: Record<keyof TypeMap, readonly unknown[]> = {
    string: ["", "a"],
    number: [0, -0, 1.5, -1, Infinity, -Infinity, 2 ** 60],
    integer: [0, -0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    boolean: [true, false],
    object: [{}, Object.create(null), new Point(), new Date(0), /a/],
    array: [[], [undefined]],
    function: [(): void => {}, Point, Math.max, async (): Promise<void> => {}],
  };
  const odd = [undefined, null, NaN, 2 ** 53, 5n, Symbol("s"), Object("a")];
  const everything = [...Object.values(accepted).flat(), ...odd];

  for (const expectedType of Object.keys(accepted) as (keyof TypeMap)[]) {
    it(`gives the very value back when it is of type ${expectedType}`, () => {
      for (const value of accepted[expectedType]) {
        const result = validateType("it", value, expectedType);
        ok(Object.is(result.unwrap(), value));
      }
    });

    it(`fails and names the type when the value is not of type ${expectedType}`, () => {
      const alsoAccepted: readonly unknown[] = [
        ...accepted[expectedType],
        ...(expectedType === "number" ? [...accepted.integer, 2 ** 53] : []),
        ...(expectedType === "integer" ? accepted.integer : []),
        ...(expectedType === "object" ? odd.slice(-1) : []),
      ];
      for (const value of everything) {
        if (alsoAccepted.some((it) => Object.is(it, value))) continue;
        deepStrictEqual(
          failureOf(validateType("it", value, expectedType)),
          typeMismatch("it", expectedType),
        );
      }
    });
  }

  it("types the value by the name of the type", () => {
    const text = validateType("it", "a" as unknown, "string");
    expectType<Equal<typeof text, Result<string, TypeMismatch>>>();
    const list = validateType("it", [] as unknown, "array");
    expectType<Equal<typeof list, Result<readonly unknown[], TypeMismatch>>>();
    strictEqual(text.ok && list.ok, true);
  });
});

describe("validateRequired()", () => {
  it("gives the very value back when there is one, be it falsy", () => {
    for (const value of [0, -0, "", false, NaN, 0n, [], {}, (): void => {}]) {
      ok(Object.is(validateRequired("it", value).unwrap(), value));
    }
  });

  for (const value of [undefined, null]) {
    it(`fails when the value is ${value}`, () => {
      deepStrictEqual(failureOf(validateRequired("it", value)), {
        code: "VALIDATION_REQUIRED",
        field: "it",
        message: "it is required",
      });
    });
  }

  it("takes undefined and null out of the type", () => {
    const result = validateRequired("it", "a" as string | null | undefined);
    expectType<
      Equal<
        typeof result,
        Result<string, ValidationError<"VALIDATION_REQUIRED">>
      >
    >();
    strictEqual(result.unwrap(), "a");
  });
});

/** Every code point. */
const characters = Array.from(
  { length: 0x11_0000 },
  (_, codePoint) => String.fromCodePoint(codePoint),
);
/** White space as Unicode has it, and the byte order mark. */
const whiteSpace = characters
  .filter((it) => /^[\p{White_Space}\uFEFF]$/u.test(it));

describe("validateNonEmpty()", () => {
  it("fails when the string is of any one white space of Unicode", () => {
    ok(whiteSpace.length > 20);
    for (const blank of whiteSpace) {
      deepStrictEqual(failureOf(validateNonEmpty("it", blank)), {
        code: "VALIDATION_EMPTY_VALUE",
        field: "it",
        message: "it must not be empty",
      });
    }
  });

  it("P9 fails when the string has white space only or nothing, of any length (property)", () => {
    const blank = fc.array(fc.constantFrom(...whiteSpace))
      .map((characters) => characters.join(""));
    fc.assert(
      fc.property(blank, (text) => {
        strictEqual(
          failureOf(validateNonEmpty("it", text)).code,
          "VALIDATION_EMPTY_VALUE",
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("gives the very string back when anything else is in it (property)", () => {
    const around = fc.array(fc.constantFrom(...whiteSpace), { maxLength: 3 });
    const something = fc.nat(characters.length - 1)
      .map((codePoint) => characters[codePoint]!)
      .filter((it) => !whiteSpace.includes(it));
    fc.assert(
      fc.property(around, something, around, (before, it, after) => {
        const text = [...before, it, ...after].join("");
        strictEqual(validateNonEmpty("it", text).unwrap(), text);
      }),
      { numRuns: RUNS },
    );
  });

  for (
    const [name, text] of [
      ["a zero-width space", "\u200b"],
      ["a word joiner", "\u2060"],
      ["NUL", "\0"],
      ["a lone surrogate", "\ud800"],
      ["a zero", "0"],
    ] as const
  ) {
    it(`accepts ${name}, which is no white space to Unicode`, () => {
      strictEqual(validateNonEmpty("it", text).unwrap(), text);
    });
  }

  for (const value of [undefined, null, 0, 1, true, {}, ["a"], Object("a")]) {
    it(`fails when the value is ${JSON.stringify(value)}, which is no string`, () => {
      deepStrictEqual(
        failureOf(validateNonEmpty("it", value)),
        typeMismatch("it", "string"),
      );
    });
  }
});

describe("validateIdentifier()", () => {
  const LENGTH = "at most 512 characters";
  const UNICODE = "well-formed Unicode";
  const CONTROL = "no control characters, line breaks or changes of direction";
  const ENDS = "no white space at its ends";

  function invalid(reason: string): unknown {
    return {
      code: "VALIDATION_INVALID_FORMAT",
      field: "it",
      message: `it has an invalid format: ${reason}`,
    };
  }

  const empty = {
    code: "VALIDATION_EMPTY_VALUE",
    field: "it",
    message: "it must not be empty",
  };

  /** Line breaks and changes of direction that are no control characters. */
  const breaks = [..."\u2028\u2029\u202a\u202b\u202c\u202d\u202e"]
    .concat([..."\u2066\u2067\u2068\u2069"]);
  const controls = characters.filter((_, code) =>
    code < 0x20 || code >= 0x7f && code < 0xa0
  ).concat(breaks);
  /** What shows nothing, though it is no white space. */
  const invisible = [
    "\u00ad", // soft hyphen
    "\u034f", // combining grapheme joiner
    "\u115f", // Hangul filler
    "\u180e", // Mongolian vowel separator
    "\u200b", // zero-width space
    "\u200d", // zero-width joiner
    "\u2060", // word joiner
    "\u2800", // Braille blank
    "\u3164", // Hangul filler
    "\ufe0f", // variation selector
    "\u{e0041}", // tag
    "\u{e0100}", // variation selector
  ];
  const unseen = [...new Set([...whiteSpace, ...invisible, ...breaks])];
  const visible = fc.string({
    unit: fc.constantFrom(..."aZ09-_.:/@+=~*%'\"<{é日本𝒳🔑", "e\u0301"),
    minLength: 1,
    maxLength: 40,
  });

  it("P9 fails when nothing can be seen of the string, of any length up to the limit (property)", () => {
    const blanks = fc.string({
      unit: fc.constantFrom(...unseen),
      maxLength: 256,
      size: "max",
    });
    fc.assert(
      fc.property(blanks, (id) => {
        deepStrictEqual(failureOf(validateIdentifier("it", id)), empty);
      }),
      { numRuns: RUNS },
    );
    for (const id of unseen) {
      deepStrictEqual(failureOf(validateIdentifier("it", id)), empty);
    }
  });

  it("P9 fails when there is any one white space of Unicode at an end", () => {
    for (const blank of whiteSpace) {
      const reason = controls.includes(blank) ? CONTROL : ENDS;
      for (const id of [`${blank}a`, `a${blank}`, `${blank}a b${blank}`]) {
        deepStrictEqual(
          failureOf(validateIdentifier("it", id)),
          invalid(reason),
        );
      }
    }
  });

  it("P9 fails when there is any one control character, wherever it stands", () => {
    strictEqual(controls.length, 65 + 11);
    for (const control of controls) {
      for (const id of [`${control}a`, `a${control}b`, `a${control}`]) {
        deepStrictEqual(
          failureOf(validateIdentifier("it", id)),
          invalid(CONTROL),
        );
      }
      const isBlank = unseen.includes(control);
      deepStrictEqual(
        failureOf(validateIdentifier("it", control)),
        isBlank ? empty : invalid(CONTROL),
      );
    }
  });

  it("P9 fails when there is half of a surrogate pair, wherever it stands (property)", () => {
    const half = fc.integer({ min: 0xd800, max: 0xdfff })
      .map((unit) => String.fromCharCode(unit));
    const text = fc.oneof(visible, fc.constant(""), fc.constant(" "));
    fc.assert(
      fc.property(text, half, text, (before, it, after) => {
        deepStrictEqual(
          failureOf(validateIdentifier("it", before + it + after)),
          invalid(UNICODE),
        );
      }),
      { numRuns: RUNS },
    );
    const reversed = "\udc00\ud800";
    deepStrictEqual(
      failureOf(validateIdentifier("it", reversed)),
      invalid(UNICODE),
    );
  });

  it("P9 fails when the string is too long, whatever else it is (property)", () => {
    const units = fc.constantFrom("i", " ", "é", "\u0000", "\ud800", "\u200b");
    fc.assert(
      fc.property(units, fc.integer({ min: 513, max: 5_000 }), (unit, n) => {
        deepStrictEqual(
          failureOf(validateIdentifier("it", unit.repeat(n))),
          invalid(LENGTH),
        );
      }),
      { numRuns: RUNS },
    );
    // Code units are counted, as the length of a string counts them.
    strictEqual(validateIdentifier("it", "🔑".repeat(256)).ok, true);
    strictEqual(validateIdentifier("it", "🔑".repeat(257)).ok, false);
    strictEqual(validateIdentifier("it", "i".repeat(512)).ok, true);
  });

  it("takes another limit for the length, and tells it", () => {
    strictEqual(validateIdentifier("it", "abc", 3).ok, true);
    deepStrictEqual(
      failureOf(validateIdentifier("it", "abcd", 3)),
      invalid("at most 3 characters"),
    );
    strictEqual(validateIdentifier("it", "i".repeat(600), 600).ok, true);
    deepStrictEqual(failureOf(validateIdentifier("it", "", 0)), empty);
  });

  it("throws when the limit is NaN, which would be none", () => {
    throws(
      () => validateIdentifier("it", "abc", NaN),
      (error) =>
        isInvalidOption(
          error,
          "The option maxLength is not valid: maxLength must be of type number, received NaN",
        ),
    );
  });

  it("gives the very string back when there is something to see in it (property)", () => {
    const inner = fc.constantFrom(
      "",
      ...unseen.filter((it) => !controls.includes(it)),
    );
    fc.assert(
      fc.property(visible, inner, visible, (before, it, after) => {
        const id = before + it + after;
        strictEqual(validateIdentifier("it", id).unwrap(), id);
      }),
      { numRuns: RUNS },
    );
    for (const id of ["0", "__proto__", "null", "a b", "\u200ba\u200b", "~"]) {
      strictEqual(validateIdentifier("it", id).unwrap(), id);
    }
  });

  it("takes every character that can be seen for an id (property)", () => {
    const seen = fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })
      .filter((it) => !unseen.includes(it) && !controls.includes(it));
    fc.assert(
      fc.property(seen, (id) => {
        strictEqual(validateIdentifier("it", id).unwrap(), id);
      }),
      { numRuns: RUNS },
    );
  });

  for (const value of [undefined, null, 0, 1, true, {}, ["a"], Object("a")]) {
    it(`fails when the value is ${JSON.stringify(value)}, which is no string`, () => {
      deepStrictEqual(
        failureOf(validateIdentifier("it", value)),
        typeMismatch("it", "string"),
      );
    });
  }

  it("stands a string with a million blanks inside", () => {
    // None of the patterns goes over the string more than once.
    const id = `a${" ".repeat(2 ** 20)}`;
    deepStrictEqual(
      failureOf(validateIdentifier("it", `${id}a\u0000`, Infinity)),
      invalid(CONTROL),
    );
    strictEqual(validateIdentifier("it", `${id}a`, Infinity).ok, true);
  });

  it("types the codes that there are", () => {
    const result = validateIdentifier("it", "a" as unknown);
    expectType<Equal<typeof result, Result<string, IdentifierError>>>();
    expectType<
      Equal<
        IdentifierError["code"],
        | "VALIDATION_TYPE_MISMATCH"
        | "VALIDATION_EMPTY_VALUE"
        | "VALIDATION_INVALID_FORMAT"
      >
    >();
    strictEqual(result.ok, true);
  });
});

describe("validateRange()", () => {
  // Trap 5: a bound of 0 was printed as infinity, and NaN passed.
  const outside: readonly (readonly [
    limits: RangeLimits,
    values: readonly number[],
    code: string,
    message: string,
  ])[] = [
    [
      { min: 0, max: 5 },
      [-1, -Number.MIN_VALUE, 5.000001, 6, Infinity, -Infinity, NaN],
      "VALIDATION_OUT_OF_RANGE",
      "it must be between 0 and 5",
    ],
    [
      { min: -5, max: 0 },
      [-6, Number.MIN_VALUE, 1, NaN],
      "VALIDATION_OUT_OF_RANGE",
      "it must be between -5 and 0",
    ],
    [
      { min: 0, max: 0 },
      [1, -1, NaN],
      "VALIDATION_OUT_OF_RANGE",
      "it must be between 0 and 0",
    ],
    [
      { min: 0 },
      [-1, -Infinity, NaN],
      "VALIDATION_TOO_SMALL",
      "it must be at least 0",
    ],
    [
      { max: 0 },
      [1, Infinity, NaN],
      "VALIDATION_TOO_LARGE",
      "it must be at most 0",
    ],
    [
      { min: 1.5 },
      [1, 1.4999, NaN],
      "VALIDATION_TOO_SMALL",
      "it must be at least 1.5",
    ],
    [
      { min: 1, integer: true },
      [0, -1],
      "VALIDATION_TOO_SMALL",
      "it must be at least 1",
    ],
    [
      { min: 1, max: 9, integer: true },
      [0, 10],
      "VALIDATION_OUT_OF_RANGE",
      "it must be between 1 and 9",
    ],
  ];

  for (const [limits, values, code, message] of outside) {
    for (const value of values) {
      it(`fails with its bounds when ${value} is outside ${JSON.stringify(limits)}`, () => {
        deepStrictEqual(failureOf(validateRange("it", value, limits)), {
          code,
          field: "it",
          message,
        });
      });
    }
  }

  const inside: readonly (readonly [RangeLimits, readonly number[]])[] = [
    [{ min: 0, max: 5 }, [0, -0, 2.5, 5]],
    [{ min: 0, max: 0 }, [0, -0]],
    [{ min: 0 }, [0, 1e300, Infinity]],
    [{ max: 0 }, [0, -1e300, -Infinity]],
    [{}, [0, 1.5, Infinity, -Infinity]],
    [{ min: -Infinity, max: Infinity }, [0, Infinity, -Infinity]],
    [{ integer: true }, [0, -3, Number.MAX_SAFE_INTEGER]],
    [{ integer: false, min: 0 }, [0.5]],
  ];
  for (const [limits, values] of inside) {
    it(`gives the very number back when it is within ${JSON.stringify(limits)}, bounds included`, () => {
      for (const value of values) {
        ok(Object.is(validateRange("it", value, limits).unwrap(), value));
      }
    });
  }

  it("accepts exactly what lies between the bounds (property)", () => {
    const bound = fc.option(fc.double({ noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(bound, bound, fc.double(), (a, b, value) => {
        const swap = a !== undefined && b !== undefined && a > b;
        const [min, max] = swap ? [b, a] : [a, b];
        const limits = {
          ...(min !== undefined && { min }),
          ...(max !== undefined && { max }),
        };
        for (const it of [value, min ?? value, max ?? value]) {
          const isInside = !Number.isNaN(it) &&
            (min === undefined || it >= min) &&
            (max === undefined || it <= max);
          strictEqual(validateRange("it", it, limits).ok, isInside);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("fails when the value is NaN, whatever the limits", () => {
    const limits: readonly RangeLimits[] = [
      ...outside.map(([it]) => it),
      ...inside.map(([it]) => it),
    ];
    for (const it of limits) {
      strictEqual(validateRange("it", NaN, it).ok, false);
    }
    deepStrictEqual(
      failureOf(validateRange("it", NaN, {})),
      typeMismatch("it", "number"),
    );
  });

  for (const [name, value] of NOT_NUMBERS) {
    it(`fails with the type when the value is ${name}`, () => {
      for (const limits of [{ min: 0, max: 9 }, { min: 0 }, {}]) {
        deepStrictEqual(
          failureOf(validateRange("it", value, limits)),
          typeMismatch("it", "number"),
        );
      }
      deepStrictEqual(
        failureOf(validateRange("it", value, { min: 0, integer: true })),
        typeMismatch("it", "integer"),
      );
    });
  }

  for (const value of [0.5, NaN, Infinity, 2 ** 53, -(2 ** 53)]) {
    it(`fails with the type when ${value} should be whole`, () => {
      deepStrictEqual(
        failureOf(validateRange("it", value, { max: 1, integer: true })),
        typeMismatch("it", "integer"),
      );
    });
  }

  it("throws at once, whatever the value, when min exceeds max", () => {
    for (const value of [0, 2, NaN, "no number", undefined]) {
      throws(
        () => validateRange("it", value, { min: 5, max: 1 }),
        (error) =>
          isInvalidOption(
            error,
            "The option max is not valid: max must be at least 5, received 1",
          ),
      );
    }
  });

  const nanBounds: readonly (readonly ["min" | "max", RangeLimits])[] = [
    ["min", { min: NaN }],
    ["max", { max: NaN }],
    ["min", { min: NaN, max: 5 }],
    ["max", { min: 5, max: NaN }],
  ];
  for (const [bound, limits] of nanBounds) {
    const keys = Object.keys(limits).join(" and ");
    it(`throws at once, naming the bound and NaN, when ${bound} of ${keys} is NaN`, () => {
      for (const value of [0, 5, NaN, "no number"]) {
        throws(
          () => validateRange("it", value, limits),
          (error) =>
            isInvalidOption(
              error,
              `The option ${bound} is not valid: ${bound} must be of type number, received NaN`,
            ),
        );
      }
    });
  }

  it("types the code by the bounds there are", () => {
    type CodeOf<R> = R extends Result<number, infer E>
      ? E extends ValidationError<infer C> ? C : never
      : never;
    const both = validateRange("it", 1, { min: 0, max: 2 });
    const low = validateRange("it", 1, { min: 0 });
    const high = validateRange("it", 1, { max: 2 });
    expectType<
      Equal<
        CodeOf<typeof both>,
        "VALIDATION_TYPE_MISMATCH" | "VALIDATION_OUT_OF_RANGE"
      >
    >();
    expectType<
      Equal<
        CodeOf<typeof low>,
        "VALIDATION_TYPE_MISMATCH" | "VALIDATION_TOO_SMALL"
      >
    >();
    expectType<
      Equal<
        CodeOf<typeof high>,
        "VALIDATION_TYPE_MISMATCH" | "VALIDATION_TOO_LARGE"
      >
    >();
    strictEqual(both.ok && low.ok && high.ok, true);
  });
});

describe("validateFormat()", () => {
  // Trap 5: formats were anchored at the start only.
  const cases: readonly (readonly [
    pattern: RegExp,
    whole: readonly string[],
    partly: readonly string[],
  ])[] = [
    [/[a-z]+/, ["a", "abc"], ["abc1", "1abc", "a b", "abc\n", "\nabc", ""]],
    [/^abc$/, ["abc"], ["abc\n", "abcd", "xabc"]],
    [/^a$/m, ["a"], ["a\nb", "b\na", "a\n"]],
    [/a$\n^b/m, ["a\nb"], ["a\nb\n", "a"]],
    [/a|ab/, ["a", "ab"], ["abc", "b", "ba", "aab"]],
    [/ab|a|abc/, ["a", "ab", "abc"], ["abcd", ""]],
    [/^a|b$/, ["a", "b"], ["ab", "ax", "xb"]],
    [/a*?/, ["", "a", "aaa"], ["b", "aab"]],
    [/(?:)/, [""], ["a", "\n"]],
    [/|a/, ["", "a"], ["aa"]],
    [/a(?=b)/, [], ["a", "ab"]],
    [/a(?!b)/, ["a"], ["ab"]],
    [/(?!admin).*/, ["bob", ""], ["admin", "administrator"]],
    [/(?=.*\d).+/, ["a1", "1"], ["a", ""]],
    [/(?<!x)abc/, ["abc"], ["xabc"]],
    [/(?<=x)abc/, [], ["abc", "xabc"]],
    [/(a|b)\1/, ["aa", "bb"], ["ab", "ba", "aaa"]],
    [/(?<q>['"]).*\k<q>/, ["'a'", '"a"'], ["'a\"", "'a' "]],
    [/abc/i, ["ABC", "abc"], ["ABCD"]],
    [/a.b/s, ["a\nb"], ["a\nb\n"]],
    [/a.b/, ["axb"], ["a\nb"]],
    [/./u, ["😀", "a"], ["😀😀", "\n"]],
    [/./, ["a"], ["😀"]],
    [/[\p{L}--[a-z]]+/v, ["É", "ÉA"], ["a", "Éa"]],
    [/[)\]]/, [")", "]"], ["))"]],
    [/a\/b/, ["a/b"], ["a/b/"]],
    [/a/d, ["a"], ["aa"]],
    [/a+/g, ["a", "aa"], ["aab", "baa"]],
    [/a+/y, ["a", "aa"], ["aab", "baa"]],
    [/^a+$/gmy, ["a", "aa"], ["a\na", "a\n"]],
  ];

  for (const [pattern, whole, partly] of cases) {
    it(`accepts what ${pattern} matches as a whole, each time again`, () => {
      for (const text of [...whole, ...whole]) {
        strictEqual(
          validateFormat("it", text, pattern).unwrap(),
          text,
          JSON.stringify(text),
        );
      }
    });

    it(`fails when ${pattern} matches a part at the most, each time again`, () => {
      for (const text of [...partly, ...partly]) {
        deepStrictEqual(
          failureOf(validateFormat("it", text, pattern)),
          {
            code: "VALIDATION_PATTERN_MISMATCH",
            field: "it",
            message: `it must match the pattern ${pattern}`,
          },
          JSON.stringify(text),
        );
      }
    });
  }

  it("accepts exactly what the pattern anchored by hand accepts (property)", () => {
    const atoms = fc.constantFrom("a", "b", ".", "a*", "b?", "[ab]", "a|b");
    const sources = fc.array(fc.oneof(atoms, atoms.map((it) => `(${it})`)), {
      minLength: 1,
      maxLength: 4,
    }).map((parts) => parts.join(""));
    const flags = fc.subarray(["g", "i", "s", "u", "y"])
      .map((letters) => letters.join(""));
    const texts = fc.array(
      fc.string({ unit: fc.constantFrom("a", "b", "A", "\n"), maxLength: 4 }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(sources, flags, texts, (source, flags, texts) => {
        const pattern = new RegExp(source, flags);
        const anchored = new RegExp(
          `^(?:${source})$`,
          flags.replace(/[gy]/g, ""),
        );
        for (const text of texts) {
          strictEqual(
            validateFormat("it", text, pattern).ok,
            anchored.test(text),
            JSON.stringify(text),
          );
        }
      }),
      { numRuns: 5 * RUNS },
    );
  });

  for (const flags of ["", "g", "y", "gy"]) {
    it(`neither uses nor changes lastIndex when the flags are "${flags}"`, () => {
      const pattern = new RegExp("ab", flags);
      for (const lastIndex of [0, 1, 2, 99]) {
        pattern.lastIndex = lastIndex;
        strictEqual(validateFormat("it", "ab", pattern).ok, true);
        strictEqual(pattern.lastIndex, lastIndex);
        strictEqual(validateFormat("it", "abab", pattern).ok, false);
        strictEqual(pattern.lastIndex, lastIndex);
      }
    });

    it(`accepts a frozen pattern when the flags are "${flags}"`, () => {
      const pattern = Object.freeze(new RegExp("ab", flags));
      strictEqual(validateFormat("it", "ab", pattern).ok, true);
      strictEqual(validateFormat("it", "abc", pattern).ok, false);
    });
  }

  it("says the description and not the pattern when there is one", () => {
    const slug: Format = {
      description: "lower-case letters",
      pattern: /[a-z]/,
    };
    strictEqual(validateFormat("it", "a", slug).unwrap(), "a");
    deepStrictEqual(failureOf(validateFormat("it", "ab", slug)), {
      code: "VALIDATION_INVALID_FORMAT",
      field: "it",
      message: "it has an invalid format: lower-case letters",
    });
  });

  for (const value of [undefined, null, 1, {}, ["a"], /a/, Object("a")]) {
    it(`fails with the type when the value is ${value}, whether its text matches or not`, () => {
      for (const pattern of [/.*/s, /-/]) {
        deepStrictEqual(
          failureOf(validateFormat("it", value, pattern)),
          typeMismatch("it", "string"),
        );
      }
    });
  }

  it("types the code by the kind of the format", () => {
    const format = { description: "an a", pattern: /a/ };
    const bare = validateFormat("it", "a", /a/);
    const described = validateFormat("it", "a", format);
    expectType<
      Equal<
        typeof bare,
        Result<
          string,
          TypeMismatch | ValidationError<"VALIDATION_PATTERN_MISMATCH">
        >
      >
    >();
    expectType<
      Equal<
        typeof described,
        Result<
          string,
          TypeMismatch | ValidationError<"VALIDATION_INVALID_FORMAT">
        >
      >
    >();
    strictEqual(bare.ok && described.ok, true);
  });
});

describe("validateSchema()", () => {
  const asIs = schemaOf((value) => ({ value }));
  function failing(
    ...issues: readonly StandardSchemaIssue[]
  ): ReturnType<typeof schemaOf> {
    return schemaOf(() => ({ issues }));
  }

  it("gives what the schema made of the value", () => {
    const trimmed = schemaOf((value) => ({ value: String(value).trim() }));
    const result = validateSchema(trimmed, " a ");
    strictEqual(result.unwrap(), "a");
    strictEqual(validateSchema(asIs, undefined).unwrap(), undefined);
  });

  it("hands the very value to the schema, as a method of its properties", () => {
    const seen: unknown[] = [];
    const properties = {
      version: 1 as const,
      vendor: "test",
      validate(this: unknown, value: unknown): { readonly value: unknown } {
        seen.push(this, value);
        return { value };
      },
    };
    const value = { a: 1 };
    strictEqual(
      validateSchema({ "~standard": properties }, value).unwrap(),
      value,
    );
    strictEqual(seen[0], properties);
    strictEqual(seen[1], value);
  });

  it("accepts a schema that is a function", () => {
    const callable = Object.assign((): void => {}, asIs);
    strictEqual(validateSchema(callable, 1).unwrap(), 1);
  });

  const paths: readonly (readonly [
    StandardSchemaIssue["path"],
    string,
  ])[] = [
    [undefined, "body"],
    [[], "body"],
    [["a"], "body.a"],
    [["a", 0, "b"], "body.a.0.b"],
    [[{ key: "a" }, { key: 1 }], "body.a.1"],
    [["a", { key: "b" }], "body.a.b"],
    [[Symbol("s")], "body.Symbol(s)"],
    [[{ key: Symbol("s") }], "body.Symbol(s)"],
  ];
  for (const [path, expected] of paths) {
    it(`tells where as ${expected}`, () => {
      const schema = failing({ message: "Wrong", ...(path && { path }) });
      const error = validateSchema(schema, 1, { field: "body" }).unwrapErr();
      strictEqual(error.code, "VALIDATION_SCHEMA_MISMATCH");
      strictEqual(error.field, "body");
      strictEqual(
        error.message,
        `body does not satisfy its schema: ${expected}`,
      );
      deepStrictEqual(error.details, { issues: [{ path: expected }] });
    });
  }

  it("tells every issue, with the schema's words only when asked to", () => {
    const schema = failing(
      { message: "Too short", path: ["a"] },
      { message: "Too long", path: ["b"] },
    );
    const silent = validateSchema(schema, 1).unwrapErr();
    strictEqual(
      silent.message,
      "value does not satisfy its schema: value.a; value.b",
    );
    const talking = validateSchema(schema, 1, { includeMessages: true })
      .unwrapErr();
    strictEqual(
      talking.message,
      "value does not satisfy its schema: " +
        "value.a: Too short; value.b: Too long",
    );
    deepStrictEqual(talking.details, {
      issues: [
        { path: "value.a", message: "Too short" },
        { path: "value.b", message: "Too long" },
      ],
    });
  });

  it("fails when the list of issues is empty, as there is no value", () => {
    strictEqual(
      validateSchema(failing(), 1).unwrapErr().code,
      "VALIDATION_SCHEMA_MISMATCH",
    );
  });

  for (
    const [name, answer] of [
      [
        "resolves",
        (): Promise<{ value: unknown }> => Promise.resolve({ value: 1 }),
      ],
      // The runtime fails the test where nobody handles the rejection.
      ["rejects", (): Promise<never> => Promise.reject(new Error("Down"))],
      ["rejects later", async (): Promise<never> => {
        await systemClock.sleep(1);
        throw new Error("Down");
      }],
    ] as const
  ) {
    it(`fails with a typed error when the schema is asynchronous and ${name}`, async () => {
      const result = validateSchema(schemaOf(answer), "a", { field: "body" });
      deepStrictEqual(failureOf(result), {
        code: "VALIDATION_SCHEMA_ASYNC",
        field: "body",
        message: "body needs a schema that validates synchronously",
      });
      await systemClock.sleep(5);
    });
  }

  it("takes the rejection of an asynchronous schema upon itself", () => {
    let handlesRejection = false;
    const answer = new Promise<never>(() => {});
    answer.then = (_onValue, onError): Promise<never> => {
      handlesRejection = typeof onError === "function";
      return answer;
    };
    validateSchema(schemaOf(() => answer), 1);
    strictEqual(handlesRejection, true);
  });

  it("lets a throw of the schema out", () => {
    const broken = schemaOf(() => {
      throw new RangeError("Oops");
    });
    throws(() => validateSchema(broken, 1), RangeError);
  });
});

describe("every validator", () => {
  /** Each check that can fail, with a value that holds the marker. */
  function failuresWith(
    marker: string,
    holder: unknown,
  ): readonly ValidationError[] {
    const quoting = schemaOf((value) => ({
      issues: [{ message: `Did not expect ${JSON.stringify(value)}` }],
    }));
    const format = { description: "digits", pattern: /\d/ };
    const types = ["string", "number", "integer", "boolean", "function"];
    const results: Result<unknown, ValidationError>[] = [
      ...types.map((it) => validateType("it", holder, it as keyof TypeMap)),
      ...(["number", "object", "array"] as const)
        .map((it) => validateType("it", marker, it)),
      validateNonEmpty("it", holder),
      validateIdentifier("it", holder),
      validateIdentifier("it", ` ${marker}`),
      validateIdentifier("it", `${marker}\u0000`),
      validateIdentifier("it", `\ud800${marker}`),
      validateIdentifier("it", marker, 1),
      validateRange("it", marker, { min: 0 }),
      validateRange("it", holder, { min: 0, max: 1, integer: true }),
      validateFormat("it", marker, /\d/),
      validateFormat("it", marker, format),
      validateFormat("it", holder, format),
      validateSchema(quoting, marker),
      validateSchema(quoting, holder),
      validateSchema(schemaOf(() => Promise.reject(marker)), holder),
    ];
    return results.map((it) => it.unwrapErr());
  }

  it("never tells the value in its error (property)", () => {
    const markers = fc.string({ minLength: 8 }).map((it) => `<marker ${it}>`);
    const wrap: readonly ((marker: string) => unknown)[] = [
      (marker) => [marker],
      (marker) => ({ [marker]: marker }),
      (marker) => ({ toString: (): string => marker }),
      (marker) => new Error(marker),
      (marker) => new Map([[marker, marker]]),
      (marker) => Symbol(marker),
      (marker) => ({ [Symbol.toStringTag]: marker }),
    ];
    fc.assert(
      fc.property(markers, fc.constantFrom(...wrap), (marker, hold) => {
        for (const error of failuresWith(marker, hold(marker))) {
          assertErrorConceals(error, marker);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("shows the value on no console when its error is logged", () => {
    const marker = "hunter2-marker";
    for (const error of failuresWith(marker, { marker })) {
      assertConceals(error, marker);
    }
  });

  it("never tells a number in its error", () => {
    const failures = [
      validateRange("it", 987_654, { min: 0, max: 1 }),
      validateRange("it", 987_654, { max: 1 }),
      validateRange("it", 987_654, { min: 10 ** 6 }),
      validateRange("it", 987_654.5, { min: 0, integer: true }),
      validateType("it", 987_654, "string"),
      validateNonEmpty("it", 987_654),
      validateFormat("it", 987_654, /a/),
    ];
    for (const failure of failures) {
      assertErrorConceals(failure.unwrapErr(), "987654");
    }
  });

  it("puts a field's name into the message as it is, placeholders included", () => {
    const field = "{field} {min} $& $1";
    strictEqual(
      failureOf(validateRange(field, -1, { min: 0 })).message,
      `${field} must be at least 0`,
    );
    strictEqual(failureOf(validateNonEmpty(field, "")).field, field);
  });
});

describe("requireOption()", () => {
  const failed = validateRange("size", -1, { min: 0 });

  it("gives the value when the check passed", () => {
    const value = { a: 1 };
    strictEqual(requireOption(new Ok(value), undefined), value);
    doesNotThrow(() => requireOption(new Ok(undefined), "anything"));
  });

  it("throws with code, field and the validator's error as cause when it failed", () => {
    throws(() => requireOption(failed, -1), (error: unknown) => {
      ok(ValidationError.is(error));
      strictEqual(error.code, "VALIDATION_INVALID_OPTION");
      strictEqual(error.field, "size");
      strictEqual(error.cause, failed.unwrapErr());
      return true;
    });
  });

  const shown: readonly (readonly [received: unknown, shown: string])[] = [
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [-3, "-3"],
    [0, "0"],
    [-0, "-0"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    [5n, "5"],
    ["", '""'],
    ["a", '"a"'],
    ['"\n\u0000', '"\\"\\n\\u0000"'],
    ["{received} {field} $&", '"{received} {field} $&"'],
    [Symbol("s"), "symbol"],
    [(): void => {}, "function"],
    [Point, "function"],
    [{}, "[object Object]"],
    [new Point(), "[object Object]"],
    [Object.create(null), "[object Object]"],
    [[1, 2], "[object Array]"],
    [new Map(), "[object Map]"],
    [new Date(0), "[object Date]"],
    ["x".repeat(64), `"${"x".repeat(64)}"`],
    ["x".repeat(65), `"${"x".repeat(64)}"…`],
    ["x".repeat(1_000_000), `"${"x".repeat(64)}"…`],
  ];
  for (const [received, text] of shown) {
    it(`names the option and shows ${text.slice(0, 70)}`, () => {
      throws(
        () => requireOption(failed, received),
        (error) =>
          isInvalidOption(
            error,
            `The option size is not valid: size must be at least 0, ` +
              `received ${text}`,
          ),
      );
    });
  }

  it("throws whatever the failed check was", () => {
    const failures: readonly Result<unknown, ValidationError>[] = [
      validateNonEmpty("it", ""),
      validateRequired("it", null),
      validateFormat("it", "b", /a/),
      new Err(new ValidationError("VALIDATION_UNKNOWN_FIELD", { field: "it" })),
    ];
    for (const failure of failures) {
      throws(
        () => requireOption(failure, "b"),
        (error) =>
          isInvalidOption(
            error,
            `The option it is not valid: ${failure.unwrapErr().message}, ` +
              'received "b"',
          ),
      );
    }
  });
});

describe("RangeCode", () => {
  it("is exact for known bounds, and every code for a bound that may be there", () => {
    expectType<Equal<RangeCode<{ min: 1 }>, "VALIDATION_TOO_SMALL">>();
    expectType<Equal<RangeCode<{ max: 1 }>, "VALIDATION_TOO_LARGE">>();
    expectType<
      Equal<RangeCode<{ min: 0; max: 1 }>, "VALIDATION_OUT_OF_RANGE">
    >();
    expectType<Equal<RangeCode<{ min: 1; max?: number }>, AnyRangeCode>>();
    const limits: { min: number; max?: number } = { min: 0, max: 1 };
    const { code } = validateRange("it", 2, limits).unwrapErr();
    strictEqual(code, "VALIDATION_OUT_OF_RANGE");
  });
});
