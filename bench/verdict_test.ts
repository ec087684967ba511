import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ComparisonPart, GroupResult } from "./results.ts";
import type { Quartiles } from "./statistics.ts";
import {
  marginOf,
  MIN_MARGIN,
  noiseOf,
  type Pair,
  pairUp,
  slowdownOf,
} from "./verdict.ts";

/** Quartiles that are 10 % from the median. */
function around(median: number): Quartiles {
  return [0.9 * median, median, 1.1 * median];
}

function group(
  oursNs: number,
  peerNs: Readonly<Record<string, number>>,
): GroupResult {
  return {
    name: "get",
    oursNs,
    peers: Object.fromEntries(
      Object.entries(peerNs).map((
        [name, ns],
      ) => [name, { ns, ratio: around(oursNs / ns) }]),
    ),
  };
}

function pair(before: GroupResult, now: GroupResult): Pair {
  return { suite: "cache", file: "cache_bench.ts", before, now };
}

function near(actual: number | undefined, expected: number): void {
  ok(Math.abs(actual! / expected - 1) < 1e-9, `${actual}, not ${expected}`);
}

const BEFORE = group(10, { a: 10, b: 20, c: 30 });

describe("slowdownOf()", () => {
  it("is beyond the upper quartile of the baseline", () => {
    const now = group(15, { a: 10, b: 20, c: 30 });
    near(slowdownOf(pair(BEFORE, now)), 1.5 / 1.1);
  });

  it("is below 1 when nothing has changed", () => {
    near(slowdownOf(pair(BEFORE, BEFORE)), 1 / 1.1);
  });

  it("P1 is the same on a machine that is so many times as slow", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0.5, max: 5, noNaN: true }),
        (machine, ours) => {
          const now = group(10 * ours * machine, {
            a: 10 * machine,
            b: 20 * machine,
            c: 30 * machine,
          });
          near(slowdownOf(pair(BEFORE, now)), ours / 1.1);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does not follow one contender when the others say otherwise", () => {
    const now = group(10, { a: 2, b: 20, c: 30 });
    near(slowdownOf(pair(BEFORE, now)), 1 / 1.1);
  });

  it("does not follow one of two either", () => {
    const [before, now] = [{ a: 10, b: 20 }, { a: 2, b: 20 }];
    near(slowdownOf(pair(group(10, before), group(10, now))), 1 / 1.1);
  });

  it("asks only those who took part both times", () => {
    const now = group(15, { b: 20, d: 1 });
    near(slowdownOf(pair(BEFORE, now)), 1.5 / 1.1);
    strictEqual(slowdownOf(pair(BEFORE, group(15, { d: 1 }))), undefined);
  });

  it("asks the floor and variants when there are no peers", () => {
    const alone = {
      ...group(10, {}),
      floor: { ns: 5, ratio: around(2) },
      variants: { uncached: { ns: 20, ratio: around(0.5) } },
    };
    near(slowdownOf(pair(alone, alone)), 1 / 1.1);
  });
});

describe("noiseOf()", () => {
  it("is 1 for each contender when nothing has changed", () => {
    deepStrictEqual(noiseOf(pair(BEFORE, BEFORE)), [1, 1, 1]);
  });

  it("P2 says nothing of ours, however slow it has become", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (ours) => {
        const now = group(10 * ours, { a: 10, b: 20, c: 30 });
        deepStrictEqual(noiseOf(pair(BEFORE, now)), [1, 1, 1]);
      }),
      { numRuns: 200 },
    );
  });

  it("is at least 1 when a contender has become faster or slower", () => {
    for (const ns of [5, 20]) {
      const [a, b, c] = noiseOf(
        pair(BEFORE, group(10, { a: ns, b: 20, c: 30 })),
      );
      near(a, 2);
      ok(b! >= 1 && c! >= 1);
    }
  });

  it("says nothing when there is nobody to compare with", () => {
    const alone = group(10, { a: 10 });
    deepStrictEqual(noiseOf(pair(alone, alone)), []);
  });
});

describe("marginOf()", () => {
  it("exceeds nine of ten when there is noise", () => {
    strictEqual(marginOf([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 9]), 2);
  });

  it("is never less than the least when there is little noise or none", () => {
    strictEqual(marginOf([1, 1.01, 1.02]), MIN_MARGIN);
    strictEqual(marginOf([]), MIN_MARGIN);
  });
});

describe("pairUp()", () => {
  function part(suites: ComparisonPart["suites"]): ComparisonPart {
    return {
      runtime: "deno",
      runtimeVersion: "2.9.6",
      version: "0.1.0",
      cpu: "one",
      date: "2026-11-23T00:00:00.000Z",
      quick: false,
      suites,
    };
  }
  const suite = { name: "cache", file: "cache_bench.ts", packages: {} };
  const set = { ...BEFORE, name: "set" };

  it("leaves out what one of them does not have", () => {
    const pairs = pairUp(
      part([{ ...suite, groups: [BEFORE, set] }]),
      part([
        { ...suite, groups: [BEFORE, { ...BEFORE, name: "new" }] },
        { ...suite, file: "new_bench.ts", groups: [BEFORE] },
      ]),
    );
    deepStrictEqual(pairs, [pair(BEFORE, BEFORE)]);
  });
});
