/**
 * What the check of the requirement table reads, and what it finds wrong, on
 * snippets. Runs on Deno only.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  findProblems,
  marksOf,
  readRows,
  readTitles,
  REQUIRED_IDS,
  type Title,
} from "./requirements.ts";
import {
  type DocumentedSymbol,
  type Package,
  RULES,
} from "./requirements_source.ts";

// --- reading

function pathsIn(source: string): readonly string[] {
  return readTitles(source).map(({ path }) => path.join(" > "));
}

Deno.test("readTitles() tells tests by the suites around them", () => {
  const source = `
describe("a", () => {
  it("one", () => {});
  describe("b", () => {
    it("two", () => {});
  });
  for (const name of NAMES) {
    it(\`three \${name}\`, () => {});
  }
  it("four", () => {});
});
it("five", () => {});
Deno.test("six", () => {});
`;
  deepStrictEqual(pathsIn(source), [
    "a",
    "a > one",
    "a > b",
    "a > b > two",
    "a > three ${name}",
    "a > four",
    "five",
    "six",
  ]);
  strictEqual(readTitles(source)[3]?.line, 5);
});

Deno.test("readTitles() reads names of every form", () => {
  deepStrictEqual(
    pathsIn(`
it(
  "on a line of its own",
  () => {},
);
it('says "so"', () => {});
it("says \\"so\\" again", () => {});
it(\`a \\\` and \${f("x")}\`, () => {});
for (const { name } of CASES) {
  describe(name, () => {
    it("one", () => {});
  });
}
`),
    [
      "on a line of its own",
      'says "so"',
      'says "so" again',
      'a ` and ${f("x")}',
      "${name}",
      "${name} > one",
    ],
  );
});

Deno.test("readTitles() takes nothing else for a test", () => {
  const source = `
// it("was one");
it.skip("is left out", () => {});
PATTERN.test("x");
const text = "it(\\"none\\")";
function test(name: string): void {}
`;
  deepStrictEqual(pathsIn(source), []);
});

Deno.test("marksOf() reads what a name begins with, and traps anywhere", () => {
  const cases: readonly (readonly [name: string, marks: readonly string[]])[] =
    [
      ["P1 a value", ["P1"]],
      ["P13a, d: calls are in order, as told", ["P13"]],
      ["P4, P5: does what a Map does", ["P4", "P5"]],
      ["P10(b): that is not so", ["P10"]],
      ["P14 i: every message", ["P14"]],
      ["A2 iv: a swap", ["A2"]],
      ["TS1 tasks run", ["TS1"]],
      ["3.1 has every code", ["3.1"]],
      ["1.5, 15.3 say yes", ["1.5", "15.3"]],
      ["trap 7: it is told", ["trap 7"]],
      ["a name (trap 6)", ["trap 6"]],
      ["W3C test suite", []],
      ["does without P1", []],
      ["3.14 is pi", []],
      ["100 levels", []],
      ["HTTP2 works", []],
    ];
  for (const [name, marks] of cases) deepStrictEqual(marksOf(name), marks);
});

Deno.test("readRows() reads the tables that name tests, and no others", () => {
  const document = `
| task | what |
| ---- | ---- |
| test | all  |

| id  | demand    | file     | test             |
| --- | --------- | -------- | ---------------- |
| P1  | one \\| two | \`a.ts\` | \`x \\| y\`        |
|     |           | \`b.ts\` | \`\` has a \` in it \`\` |

| id | file | test |
| --- | --- | --- |
| M1 | \`c.ts\` | |
`;
  deepStrictEqual(
    readRows(document).map(({ id, file, test }) => [id, file, test]),
    [["P1", "a.ts", "x | y"], ["P1", "b.ts", "has a ` in it"], [
      "M1",
      "c.ts",
      "",
    ]],
  );
  strictEqual(readRows(document)[0]?.line, 8);
});

// --- judging

const TITLES: readonly Title[] = [
  { path: ["a"], line: 1 },
  { path: ["a", "P1 is so"], line: 2 },
  { path: ["b"], line: 3 },
  { path: ["b", "P1 is so"], line: 4 },
  { path: ["b", "does x"], line: 5 },
];

function problemsOf(
  rows: readonly (readonly [id: string, test: string, file?: string])[],
): readonly string[] {
  return findProblems(
    "doc.md",
    rows.map(([id, test, file = "x_test.ts"]) => ({ id, file, test, line: 9 })),
    { ids: ["P1"], titles: new Map([["x_test.ts", TITLES]]) },
  );
}

Deno.test("findProblems() finds none where all is proven", () => {
  const all: [string, string][] = [["P1", "a > P1 is so"], ["P1", "b"]];
  deepStrictEqual(problemsOf(all), []);
});

Deno.test("findProblems() names each id that has no proof", () => {
  const [first] = problemsOf([["P2", "a"], ["P2", "b"]]);
  strictEqual(first, "doc.md:1: P1 has no row with a proof");
});

Deno.test("findProblems() names a row whose test is gone, and takes it for none", () => {
  deepStrictEqual(
    problemsOf([["P1", "P1 was so"], ["P2", "a"], ["P2", "b"]]).slice(0, 2),
    [
      'doc.md:9: P1: x_test.ts has no "P1 was so"',
      "doc.md:1: P1 has no row with a proof",
    ],
  );
  strictEqual(
    problemsOf([["P1", "a", "y_test.ts"]])[0],
    "doc.md:9: P1: y_test.ts is not there, or no test runs it",
  );
});

Deno.test("findProblems() wants a suite where a name is there twice", () => {
  strictEqual(
    problemsOf([["P1", "P1 is so"]])[0],
    'doc.md:9: P1: x_test.ts has 2 of "P1 is so", name the suite too',
  );
});

Deno.test("findProblems() names a test that is in no row of its mark", () => {
  const told = '"P1 is so" is in no row of P1, which its name says it proves';
  deepStrictEqual(problemsOf([["P1", "does x"]]), [
    `x_test.ts:2: ${told}`,
    `x_test.ts:4: ${told}`,
  ]);
  deepStrictEqual(problemsOf([["P1", "a"], ["P2", "b"]]), [
    `x_test.ts:4: ${told}`,
  ]);
});

Deno.test("REQUIRED_IDS are 70 demands, 18 properties, those of parts and 9 mistakes", () => {
  const demands = REQUIRED_IDS.filter((id) => /^\d+\.\d$/.test(id));
  strictEqual(demands.length, 70);
  strictEqual(demands.some((id) => id.startsWith("7.")), false);
  strictEqual(REQUIRED_IDS.filter((id) => id.startsWith("P")).length, 18);
  strictEqual(REQUIRED_IDS.filter((id) => id.startsWith("trap ")).length, 9);
  strictEqual(new Set(REQUIRED_IDS).size, REQUIRED_IDS.length);
});

// --- rules

/** What each rule finds in a package, by what it says. */
function findings(package_: Partial<Package>): Record<string, unknown> {
  const whole = { symbols: [], sources: new Map(), ...package_ };
  return Object.fromEntries(
    [...RULES].map(([says, find]) => [says, find(whole)] as const)
      .filter(([, found]) => found.length > 0),
  );
}

const LINES = Array.from({ length: 10 }, (_, i) => `call(${i});`).join("\n");

Deno.test("the rules find lines that stand in two modules", () => {
  const [twins = ""] = RULES.keys();
  const same = (one: string, other: string): Record<string, unknown> =>
    findings({ sources: new Map([["a.ts", one], ["b.ts", other]]) });
  const found = { [twins]: ["a.ts and b.ts: call(0);"] };
  deepStrictEqual(same(LINES, `let x;\n${LINES}`), found);
  deepStrictEqual(
    same(LINES, LINES.replace("call(5)", "// a word\n\n  call(5)")),
    found,
  );
  deepStrictEqual(same(LINES, LINES.replace("call(5)", "call(6)")), {});
  deepStrictEqual(same(`${LINES}\n${LINES}`, ""), {});
  const imports = LINES.replaceAll(/call\((\d)\)/g, 'import a$1 from "./c.ts"');
  deepStrictEqual(same(imports, imports), {});
});

Deno.test("the rules find classes with a grandparent, errors aside", () => {
  const source = (text: string): Record<string, unknown> =>
    findings({ sources: new Map([["a.ts", text]]) });
  deepStrictEqual(
    source(`
export abstract class A<T extends object> {}
class B extends A<Map<string, T>> {}
export class C<T>
  extends B {}
class OwnError extends Error {}
class OtherError extends OwnError {}
`),
    {
      "no class but an error extends one that extends another": [
        "C extends B, which extends A",
      ],
    },
  );
});

function symbol(
  name: string,
  kind: string,
  def: object = {},
  tags: readonly object[] = [],
): DocumentedSymbol {
  return {
    name,
    declarations: [{ kind, def, jsDoc: { tags } } as never],
  };
}

Deno.test("the rules find protocols without a guard", () => {
  const cache = symbol("MemoryCache", "class", {
    implements: [{ repr: "Cache" }, { repr: "Disposable" }],
  });
  deepStrictEqual(findings({ symbols: [cache] }), {
    "every protocol that a class implements has a guard": [
      "Cache has no isCache()",
    ],
  });
  deepStrictEqual(
    findings({ symbols: [cache, symbol("isCache", "function")] }),
    {},
  );
});

Deno.test("the rules find type parameters that nothing explains", () => {
  const typeParams = [{ name: "T" }, { name: "U" }];
  const example = { kind: "example" };
  const explained = { kind: "template", name: "T" };
  deepStrictEqual(
    findings({
      symbols: [
        symbol("Pair", "class", {
          typeParams,
          methods: [{ name: "map", functionDef: { typeParams } }],
        }, [example, explained]),
        symbol("Store", "interface", {
          methods: [{
            name: "get",
            typeParams,
            jsDoc: { tags: [explained] },
          }],
        }),
      ],
    }),
    {
      "every type parameter is explained": [
        "U of Pair",
        "T of Pair.map()",
        "U of Pair.map()",
        "U of Store.get()",
      ],
    },
  );
});

Deno.test("the rules find generic exports that no example shows", () => {
  const rule =
    "every generic export has an example, or is a part of one that has";
  const tags = [{ kind: "template", name: "T" }];
  const def = { typeParams: [{ name: "T" }] };
  const options = symbol("Options", "interface", def, tags);
  const deeper = symbol("Deeper", "typeAlias", def, tags);
  const shown = symbol(
    "Shown",
    "class",
    { ...def, constructors: [{ params: [{ typeName: "Options" }] }] },
    [...tags, { kind: "example" }],
  );
  deepStrictEqual(findings({ symbols: [options] }), {
    [rule]: ["Options is shown by no example"],
  });
  deepStrictEqual(findings({ symbols: [options, shown] }), {});
  const onward = symbol(
    "Options",
    "interface",
    { ...def, properties: [{ tsType: { typeName: "Deeper" } }] },
    tags,
  );
  deepStrictEqual(findings({ symbols: [deeper, onward, shown] }), {});
  const alone = symbol("Options", "class", def, tags);
  deepStrictEqual(findings({ symbols: [alone, shown] }), {
    [rule]: ["Options is shown by no example"],
  });
});
