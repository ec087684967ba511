import { strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BucketIndex } from "../src/_bucket_index.ts";

/** How many bounds are below a value, one after the other. */
function scan(bounds: readonly number[], value: number): number {
  return bounds.filter((bound) => value > bound).length;
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const usual = fc.double({ min: -100, max: 100, noNaN: true });
const boundaries = fc.uniqueArray(fc.oneof(finite, usual), {
  minLength: 1,
  maxLength: 40,
  comparator: (a, b) => a === b, // 0 and -0 are one bound.
}).map((bounds) => bounds.toSorted((a, b) => a - b));

describe("BucketIndex", () => {
  it("finds what a search finds one bound after the other (property)", () => {
    fc.assert(
      fc.property(
        boundaries,
        fc.array(fc.oneof(finite, usual), { maxLength: 20 }),
        (bounds, values) => {
          const index = new BucketIndex(bounds);
          // Each bound itself, and what is next to it.
          const near = bounds.flatMap((it) => [
            it,
            it * (1 - Number.EPSILON),
            it * (1 + Number.EPSILON),
            -it,
          ]);
          for (const value of [...values, ...near, 0, -0]) {
            strictEqual(index.find(value), scan(bounds, value));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  for (
    const bounds of [
      [0],
      [-0],
      [-2, -1],
      [-1, 0, 1],
      [Number.MIN_VALUE],
      [Number.MIN_VALUE, Number.MAX_VALUE],
      [-Number.MAX_VALUE, Number.MAX_VALUE],
      [1, 1 + Number.EPSILON],
      Array.from({ length: 1_000 }, (_, i) => i / 10),
    ]
  ) {
    it(`finds buckets among ${bounds.length} from ${bounds[0]} on`, () => {
      const index = new BucketIndex(Object.freeze(bounds));
      const values = [
        ...bounds,
        0,
        -0,
        1,
        1.05,
        99.95,
        -3,
        Number.MIN_VALUE,
        -Number.MIN_VALUE,
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
      ];
      for (const value of values) {
        strictEqual(index.find(value), scan(bounds, value), String(value));
      }
    });
  }
});
