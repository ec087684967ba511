import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type AcceptedCoding,
  createSelector,
  parseAcceptEncoding,
} from "../src/accept_encoding.ts";
import { ValidationError } from "../src/errors.ts";
import { RUNS, withReplaced } from "./foundation_support.ts";

/** Elements as a header has them, and what a recipient makes of them. */
const ELEMENTS: readonly (readonly [string, readonly AcceptedCoding[]])[] = [
  ["gzip", [{ coding: "gzip", q: 1 }]],
  ["GZip", [{ coding: "gzip", q: 1 }]],
  ["x-gzip", [{ coding: "gzip", q: 1 }]],
  ["X-Compress;q=0.1", [{ coding: "compress", q: 0.1 }]],
  [" \tgzip\t ", [{ coding: "gzip", q: 1 }]],
  ["gzip;q=0.5", [{ coding: "gzip", q: 0.5 }]],
  ["gzip; q=0.5", [{ coding: "gzip", q: 0.5 }]],
  ["gzip \t;\t q=0.5", [{ coding: "gzip", q: 0.5 }]],
  ["gzip;Q=0.5", [{ coding: "gzip", q: 0.5 }]],
  ["gzip;q=0", [{ coding: "gzip", q: 0 }]],
  ["gzip;q=0.", [{ coding: "gzip", q: 0 }]],
  ["gzip;q=1.", [{ coding: "gzip", q: 1 }]],
  ["gzip;q=0.001", [{ coding: "gzip", q: 0.001 }]],
  ["gzip;q=0.999", [{ coding: "gzip", q: 0.999 }]],
  ["gzip;q=1.000", [{ coding: "gzip", q: 1 }]],
  ["*;q=0.3", [{ coding: "*", q: 0.3 }]],
  ["identity;q=0", [{ coding: "identity", q: 0 }]],
  ["09azAZ!#$%&'*+-.^_`|~", [{ coding: "09azaz!#$%&'*+-.^_`|~", q: 1 }]],
  ["gzip,br", [{ coding: "gzip", q: 1 }, { coding: "br", q: 1 }]],
  [",,gzip,, ,", [{ coding: "gzip", q: 1 }]],
  // What is not well-formed does not count.
  ["gzip;q=1.001", []],
  ["gzip;q=1.5", []],
  ["gzip;q=2", []],
  ["gzip;q=-1", []],
  ["gzip;q=.5", []],
  ["gzip;q=0.5000", []],
  ["gzip;q=0,5", [{ coding: "gzip", q: 0 }, { coding: "5", q: 1 }]],
  ["gzip;q=0.:", []],
  ["gzip;q=0./", []],
  ["gzip;q:0.5", []],
  ["gzip;q =0.5", []],
  ["gzip;q= 0.5", []],
  ["gzip;q=", []],
  ["gzip;q", []],
  ["gzip;", []],
  ["gzip;q=0x1", []],
  ["gzip;q=0.5;q=0.6", []],
  ["gzip;level=1", []],
  ["gzip;q=NaN", []],
  ["gzip br", []],
  [";q=1", []],
  ["gz(ip", []],
  ['"gzip"', []],
  ["gzîp", []],
  ["", []],
  [" ", []],
  [",", []],
];

describe("parseAcceptEncoding()", () => {
  for (const [header, expected] of ELEMENTS) {
    it(`reads ${JSON.stringify(header)}`, () => {
      deepStrictEqual(parseAcceptEncoding(header), expected);
      const before = `br;q=0.1,${header}`;
      deepStrictEqual(parseAcceptEncoding(before), [
        { coding: "br", q: 0.1 },
        ...expected,
      ]);
    });
  }

  it("gives nothing for no header", () => {
    deepStrictEqual(parseAcceptEncoding(null), []);
    deepStrictEqual(parseAcceptEncoding(undefined), []);
  });
});

const BROWSER = "gzip, deflate, br, zstd";

/** RFC 9110 §12.5.3, the traps of header parsers, and what browsers send. */
const CHOICES: readonly (readonly [
  header: string | null,
  priority: readonly string[],
  expected: string | undefined,
])[] = [
  [null, ["br", "gzip"], "identity"],
  ["", ["br", "gzip"], "identity"],
  [BROWSER, ["br", "gzip", "deflate"], "br"],
  [BROWSER, ["gzip", "br"], "gzip"],
  [BROWSER, [], "identity"],
  ["gzip, deflate, br", ["deflate"], "deflate"],
  ["compress, gzip", ["br"], "identity"],
  ["gzip;q=0.5, br;q=0.4", ["br", "gzip"], "gzip"],
  ["gzip; q=0.5", ["gzip"], "gzip"],
  ["gzip;q=0, *", ["gzip", "br"], "br"],
  ["gzip;q=0, *", ["gzip"], "identity"],
  ["gzip;q=1.5", ["gzip"], "identity"],
  ["*", ["br", "gzip"], "br"],
  ["*;q=0.1", ["gzip"], "gzip"],
  ["*, gzip", ["compress", "gzip"], "gzip"],
  ["*;q=1, gzip;q=0.9", ["gzip", "compress"], "compress"],
  ["*;q=0", ["gzip"], undefined],
  ["*;q=0, gzip", ["gzip"], "gzip"],
  ["*;q=0, identity", ["gzip"], "identity"],
  ["identity;q=0", ["gzip"], undefined],
  ["identity;q=0, *", ["gzip"], "gzip"],
  ["identity;q=0, gzip;q=0", ["gzip"], undefined],
  ["identity;q=0, br", ["gzip"], undefined],
  ["identity", ["gzip"], "identity"],
  ["identity, gzip", ["gzip"], "gzip"],
  ["identity;q=0.5, gzip;q=0.4", ["gzip"], "identity"],
  ["identity;q=0.5, *;q=0.5", ["gzip"], "gzip"],
  ["x-gzip", ["gzip"], "gzip"],
  ["identity;q=0", ["gzip", "identity"], undefined],
  ["identity;q=0, *", ["identity"], undefined],
  ["identity;q=0, *", ["identity", "gzip"], "gzip"],
  ["*", ["Identity", "gzip"], "gzip"],
  ["identity, gzip;q=0.5", ["gzip", "identity"], "identity"],
  ["gzip;q=0, x-gzip", ["gzip"], "gzip"],
  ["gzip, gzip;q=0", ["gzip"], "gzip"],
  ["*, *;q=0", ["gzip"], "gzip"],
  ["x", ["gzip"], "identity"],
  ["*x", ["gzip"], "identity"],
  ["gzipper", ["gzip"], "identity"],
  ["A_b^9", ["a_B^9"], "a_B^9"],
  ["GZIP", ["gzip"], "gzip"],
  ["gzip", ["GZip"], "GZip"],
  ["zstd", ["gzip", "zstd"], "zstd"],
];

/** How many characters it takes to answer. */
function readsOf(
  select: (header: string) => unknown,
  header: string,
): number {
  const { charCodeAt } = String.prototype;
  let reads = 0;
  function counting(this: string, at: number): number {
    reads++;
    return charCodeAt.call(this, at);
  }
  withReplaced(String.prototype, "charCodeAt", counting, () => select(header));
  return reads;
}

describe("createSelector()", () => {
  for (const [header, priority, expected] of CHOICES) {
    it(`chooses ${expected} of ${priority} for ${JSON.stringify(header)}`, () => {
      const select = createSelector(priority);
      strictEqual(select(header), expected);
      strictEqual(select(header), expected, "as remembered");
    });
  }

  it("reads a header it remembers no more, whatever the answer was", () => {
    const select = createSelector(["gzip"], { maxRemembered: 2 });
    for (const header of ["gzip", "identity;q=0"]) {
      ok(readsOf(select, header) > 0);
      strictEqual(readsOf(select, header), 0);
    }
    strictEqual(readsOf(select, "gzip"), 0);
  });

  it("forgets all headers when there is one more than it may remember", () => {
    const select = createSelector(["gzip"], { maxRemembered: 2 });
    for (const header of ["gzip", "br", "zstd"]) select(header);
    strictEqual(readsOf(select, "zstd"), 0);
    ok(readsOf(select, "gzip") > 0);
    strictEqual(readsOf(select, "zstd"), 0);
    ok(readsOf(select, "br") > 0);
  });

  it("remembers no header of more than 256 characters, nor any when it may not", () => {
    const select = createSelector(["gzip"]);
    const longest = "gzip".padEnd(256);
    const tooLong = "gzip".padEnd(257);
    for (const header of [longest, tooLong]) select(header);
    strictEqual(readsOf(select, longest), 0);
    ok(readsOf(select, tooLong) > 0);

    const forgetful = createSelector(["gzip"], { maxRemembered: 0 });
    forgetful("gzip");
    ok(readsOf(forgetful, "gzip") > 0);
  });

  it("throws when a coding is no token or is there twice", () => {
    for (
      const priority of [[""], ["a b"], ["gzip;q=1"], ["*"], ["br", "BR"]]
    ) {
      throws(
        () => createSelector(priority),
        (error) => ValidationError.is(error) && error.field === "priority",
      );
    }
    throws(() => createSelector(["br", "gzip", "BR"]), {
      code: "VALIDATION_INVALID_OPTION",
      message:
        "The option priority is not valid: each may be there but once, received br, gzip, br",
    });
    for (const maxRemembered of [-1, 0.5, NaN, Infinity]) {
      throws(
        () => createSelector(["gzip"], { maxRemembered }),
        (error) => ValidationError.is(error) && error.field === "maxRemembered",
      );
    }
  });

  it("has the server's codings as its type", () => {
    const select = createSelector(["br", "gzip"]);
    const coding: "br" | "gzip" | "identity" | undefined = select("br");
    strictEqual(coding, "br");
    // @ts-expect-error the server has no zstd
    const other: "zstd" | undefined = select("br");
    strictEqual(other, "br");
  });
});

// --- a model: tokens and their weights in thousandths

interface Model {
  readonly entries: readonly (readonly [token: string, weight: number])[];
  readonly header: string;
}

const TOKENS = ["gzip", "br", "deflate", "zstd", "identity", "*", "compress"];
const JUNK = [
  "",
  "gzip;q=2",
  "br;q=",
  "a b",
  "deflate;x=1",
  ";q=1",
  "zstd;q=.1",
];

const space = fc.constantFrom("", " ", "\t", "  ");
const priorities = fc.subarray(["br", "gzip", "deflate", "zstd"], {
  minLength: 1,
}).chain((codings) =>
  fc.shuffledSubarray(codings, {
    minLength: codings.length,
    maxLength: codings.length,
  })
);

/** A token as a client may spell it. */
function spelled(token: string): fc.Arbitrary<string> {
  return fc.tuple(fc.nat(), fc.constantFrom("", "x-")).map(([bits, prefix]) =>
    (token === "gzip" || token === "compress" ? prefix + token : token)
      .replace(
        /[a-z]/g,
        (letter, i) => bits >> (i % 30) & 1 ? letter.toUpperCase() : letter,
      )
  );
}

function weightText(weight: number): fc.Arbitrary<string> {
  const digits = String(weight % 1000).padStart(3, "0");
  const short = digits.replace(/0+$/, "");
  const whole = weight === 1000 ? "1" : "0";
  return weight === 1000
    ? fc.constantFrom("", ";q=1", ";q=1.0", ";Q=1.000")
    : fc.constantFrom(`;q=${whole}.${digits}`, `;Q=${whole}.${short}`);
}

const weights = fc.oneof(
  fc.constantFrom(0, 1, 500, 999, 1000),
  fc.integer({ min: 0, max: 1000 }),
);

const entriesOf = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...TOKENS), weights),
  {
    selector: ([token]) => token,
  },
);

/** Writes the entries down in some way, with junk between them. */
function written(
  entries: readonly (readonly [string, number])[],
): fc.Arbitrary<string> {
  const elements = entries.map(([token, weight]) =>
    fc.tuple(spelled(token), space, weightText(weight), space, space).map(
      ([name, before, q, between, after]) =>
        before + name + (q && between + q.replace(";", `;${after}`)) + after,
    )
  );
  return fc.tuple(
    fc.tuple(...elements),
    fc.array(fc.constantFrom(...JUNK), { maxLength: 3 }),
    fc.nat(),
  ).chain(([parts, junk]) =>
    fc.shuffledSubarray([...parts, ...junk], {
      minLength: parts.length + junk.length,
      maxLength: parts.length + junk.length,
    })
  ).map((parts) => parts.join(","));
}

const models: fc.Arbitrary<Model> = entriesOf.chain((entries) =>
  written(entries).map((header) => ({ entries, header }))
);

/** The weight of a coding: its own, else that of `*`, else none. */
function weightOf({ entries }: Model, coding: string): number {
  const weights = new Map(entries);
  return weights.get(coding) ?? weights.get("*") ?? 0;
}

function isIdentityRefused({ entries }: Model): boolean {
  const weights = new Map(entries);
  return (weights.get("identity") ?? weights.get("*")) === 0;
}

describe("P12 the selected coding is the acceptable one of highest priority", () => {
  const run = { numRuns: Math.max(RUNS, 500) };

  it("P12 a the result is one of the server's codings, identity or nothing", () => {
    fc.assert(
      fc.property(models, priorities, ({ header }, priority) => {
        const chosen = createSelector(priority)(header);
        ok([...priority, "identity", undefined].includes(chosen));
      }),
      run,
    );
  });

  it("P12 b c it has a weight, no other has a greater, ties go by name and order", () => {
    fc.assert(
      fc.property(models, priorities, (model, priority) => {
        const chosen = createSelector(priority)(model.header);
        if (chosen === undefined || chosen === "identity") return;
        const named = new Map(model.entries);
        const rank = (coding: string): number =>
          2 * weightOf(model, coding) + (named.has(coding) ? 1 : 0);
        ok(weightOf(model, chosen) > 0);
        const best = Math.max(...priority.map(rank));
        strictEqual(chosen, priority.find((coding) => rank(coding) === best));
        ok((named.get("identity") ?? 0) <= weightOf(model, chosen));
      }),
      run,
    );
  });

  it("P12 b c identity comes first only where it is wanted more, or alone may be", () => {
    fc.assert(
      fc.property(models, priorities, (model, priority) => {
        const chosen = createSelector(priority)(model.header);
        const most = Math.max(...priority.map((it) => weightOf(model, it)));
        const own = new Map(model.entries).get("identity") ?? 0;
        strictEqual(
          chosen === "identity",
          most > 0 ? own > most : !isIdentityRefused(model),
        );
      }),
      run,
    );
  });

  it("P12 d nothing is acceptable just when no coding is and identity is refused", () => {
    fc.assert(
      fc.property(models, priorities, (model, priority) => {
        const chosen = createSelector(priority)(model.header);
        const hasCoding = priority.some((it) => weightOf(model, it) > 0);
        strictEqual(
          chosen === undefined,
          !hasCoding && isIdentityRefused(model),
        );
      }),
      run,
    );
  });

  it("P12 e f order, case, white space and malformed elements change nothing", () => {
    const pairs = entriesOf.chain((entries) =>
      fc.tuple(written(entries), written(entries))
    );
    fc.assert(
      fc.property(pairs, priorities, ([one, two], priority) => {
        const select = createSelector(priority);
        strictEqual(select(one), select(two));
      }),
      run,
    );
  });

  it("P12 g no header and an empty one give identity", () => {
    fc.assert(
      fc.property(priorities, (priority) => {
        const select = createSelector(priority);
        for (const header of [null, undefined, ""]) {
          strictEqual(select(header), "identity");
        }
      }),
      run,
    );
  });

  it("P12 h what is remembered is what would be found, after 10,000 headers too", () => {
    const remembering = createSelector(["br", "gzip", "deflate"]);
    const forgetful = createSelector(["br", "gzip", "deflate"], {
      maxRemembered: 0,
    });
    for (let i = 0; i < 10_000; i++) {
      const header = `gzip;q=0.${i % 1000}, br;q=0.${i % 997}, x${i}`;
      strictEqual(remembering(header), forgetful(header));
    }
    fc.assert(
      fc.property(models, ({ header }) => {
        strictEqual(remembering(header), forgetful(header));
        strictEqual(remembering(header), forgetful(header));
      }),
      run,
    );
  });

  it("P12 i it takes any string, and looks at each character a bounded number of times", () => {
    const select = createSelector(["br", "gzip"]);
    const anything = fc.string({
      unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    });
    fc.assert(
      fc.property(anything, (header) => {
        const chosen = select(header);
        ok(["br", "gzip", "identity", undefined].includes(chosen));
        parseAcceptEncoding(header);
      }),
      run,
    );
    for (
      const part of [",", " ", ";", "q=", "gzip", "\t,", "a;q=0.5,", "x-gzip,"]
    ) {
      const header = part.repeat(4_096 / part.length);
      ok(readsOf(select, header) <= 8 * header.length);
    }
  });
});
