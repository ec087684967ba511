import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { notes } from "./notes.ts";
import { headlines, outcomeOf, renderPage, unexplained } from "./page.ts";
import {
  type ComparisonPart,
  type GroupResult,
  loadResults,
  type Results,
  type RuntimeName,
} from "./results.ts";
import type { Quartiles } from "./statistics.ts";

const MADE_WITH = {
  runtimeVersion: "1.2.3",
  version: "0.1.0",
  cpu: "some processor",
  date: "2026-11-23T12:00:00.000Z",
};

function part(
  runtime: RuntimeName,
  ratio: Quartiles,
  more: Partial<GroupResult> = {},
): ComparisonPart {
  return {
    ...MADE_WITH,
    runtime,
    quick: false,
    suites: [{
      name: "cache",
      file: "cache_bench.ts",
      packages: { "lru-cache": "11.5.3" },
      groups: [{
        name: "hit",
        oursNs: 1234,
        peers: {
          "lru-cache": { ns: 1000, ratio },
          "slow": { ns: 9000, ratio: [0.1, 0.1, 0.1] },
        },
        ...more,
      }],
    }],
  };
}

const FASTER: Quartiles = [1.2, 1.25, 1.3];
const SLOWER: Quartiles = [0.4, 0.5, 0.6];

const NOTES = {
  cache: {
    title: "The cache",
    about: "What is in it.",
    headline: { group: "hit", task: "a hit" },
    whys: [{ groups: ["hit"], why: "It does less." }],
  },
};

const RESULTS: Results = {
  comparison: { deno: part("deno", FASTER), bun: part("bun", SLOWER) },
};

describe("outcomeOf()", () => {
  it("is a tie when the quartiles do not say who is faster", () => {
    const cases: [Quartiles, string][] = [
      [[1.1, 1.2, 1.3], "peer"],
      [[0.9, 1.2, 1.3], "tie"],
      [[1.01, 1.02, 1.03], "tie"],
      [[0.8, 0.9, 1.1], "tie"],
      [[0.97, 0.98, 0.99], "tie"],
      [[0.7, 0.8, 0.9], "ours"],
    ];
    for (const [ratio, outcome] of cases) {
      strictEqual(outcomeOf({ ns: 1, ratio }), outcome, String(ratio));
    }
  });
});

describe("renderPage()", () => {
  const page = renderPage(RESULTS, NOTES);

  it("has a column a runtime, and none where nothing was measured", () => {
    match(page, /\| {2}\| Deno \| Bun \|\n/);
    ok(!page.includes("| Node"));
  });

  it("gives our time, and the ratios of the others", () => {
    ok(page.includes("| **hit** | **1.23 µs** | **1.23 µs** |"));
    ok(page.includes("| slow | 0.10 (0.10–0.10) | 0.10 (0.10–0.10) |"));
  });

  it("says that a peer is faster, where, and why", () => {
    ok(
      page.includes("| lru-cache | **1.25** (1.20–1.30) | 0.50 (0.40–0.60) |"),
    );
    ok(page.includes("- **hit** (lru-cache: 1.25 on Deno): It does less."));
  });

  it("admits it when nobody has noted why", () => {
    ok(renderPage(RESULTS, {}).includes("Nobody has looked into it yet."));
  });

  it("gives no reasons when no peer is faster", () => {
    const comparison = { bun: part("bun", SLOWER) };
    const page = renderPage({ comparison }, NOTES);
    ok(!page.includes("It does less."));
    ok(!page.includes("Where a peer is faster:"));
  });

  it("counts the tasks by their outcome on each runtime", () => {
    ok(
      page.includes(
        "| Tasks in which ours is faster than every peer | 0 | 1 |",
      ),
    );
    ok(page.includes("| … in which a peer is faster | 1 | 0 |"));
  });

  it("names peers with their versions, and links to where they are from", () => {
    ok(
      page.includes(
        "[lru-cache](https://www.npmjs.com/package/lru-cache) 11.5.3",
      ),
    );
  });

  it("names floor, variants and the disqualified", () => {
    const comparison = {
      node: part("node", SLOWER, {
        floor: { ns: 1, ratio: [2, 2, 2] },
        variants: { "without tags": { ns: 1, ratio: [3, 3, 3] } },
        disqualified: { bad: "answers 0 to 1" },
      }),
    };
    const page = renderPage({ comparison }, NOTES);
    match(page, /\| \*By hand\* \| .*2\.00/);
    match(page, /\| \*Ours, without tags\* \| .*3\.00/);
    ok(page.includes("- bad, hit, on Node: answers 0 to 1"));
  });

  it("says so when memory and scaling are not measured", () => {
    strictEqual(page.match(/Not measured yet/g)?.length, 2);
  });

  it("has the bytes of ours and of peers on each runtime", () => {
    const structure = { name: "full cache", item: "entry", note: "A note." };
    const page = renderPage({
      memory: {
        deno: {
          ...MADE_WITH,
          runtime: "deno",
          structures: [{
            ...structure,
            ours: { "with TTL": 61.4 },
            peers: { "lru-cache": 70 },
          }],
        },
        bun: {
          ...MADE_WITH,
          runtime: "bun",
          structures: [{ ...structure, ours: { "with TTL": 8.25 }, peers: {} }],
        },
      },
    }, {});
    ok(page.includes("### full cache"));
    ok(page.includes("| bytes per entry | Deno | Bun |"));
    ok(page.includes("| **with TTL** | 61 | 8.3 |"));
    ok(page.includes("| lru-cache | 70 |  |"));
    strictEqual(page.match(/A note\./g)?.length, 1);
  });

  it("has slopes beside what is stated", () => {
    const page = renderPage({
      scaling: {
        node: {
          ...MADE_WITH,
          runtime: "node",
          operations: [{
            structure: "PriorityHeap",
            operation: "pop",
            complexity: "O(log n)",
            points: [[1e2, 20], [1e6, 2500]],
            slope: 0.123,
            controlSlope: 0.1,
          }],
        },
      },
    }, {});
    ok(
      page.includes(
        "| `PriorityHeap` | pop | O(log n) | " +
          "0.12 (0.10); 20.0 ns at 1e2, 2.50 µs at 1e6 |",
      ),
    );
  });
});

describe("headlines()", () => {
  it("takes the fastest peer of the typical task on each runtime", () => {
    deepStrictEqual(headlines(RESULTS, NOTES), [{
      title: "The cache",
      task: "a hit",
      ratios: { deno: 1.25, bun: 0.5 },
    }]);
  });

  it("leaves out suites without a note or without that task", () => {
    deepStrictEqual(headlines(RESULTS, {}), []);
    const headline = { group: "another", task: "a hit" };
    const other = { cache: { ...NOTES.cache, headline } };
    deepStrictEqual(headlines(RESULTS, other), []);
  });
});

describe("unexplained()", () => {
  it("lists where a peer is faster and no note says why", () => {
    deepStrictEqual(unexplained(RESULTS, {}), ["cache: hit"]);
    deepStrictEqual(unexplained(RESULTS, NOTES), []);
    const comparison = { bun: part("bun", SLOWER) };
    deepStrictEqual(unexplained({ comparison }, {}), []);
  });
});

describe("notes", () => {
  const suites = Object.values(loadResults().comparison ?? {})
    .flatMap(({ suites }) => suites);

  it("speak of suites and groups that were measured", () => {
    for (const [name, { headline, whys = [] }] of Object.entries(notes)) {
      const known = suites.filter((suite) => suite.name === name)
        .flatMap(({ groups }) => groups.map(({ name }) => name));
      for (
        const group of [
          headline.group,
          ...whys.flatMap((it) => it.groups),
        ]
      ) {
        ok(known.includes(group), `${name}: ${group}`);
      }
    }
  });

  it("leave out no suite", () => {
    for (const { name } of suites) ok(name in notes, name);
  });
});
