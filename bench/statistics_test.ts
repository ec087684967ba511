import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { logLogSlope, quantile, quartiles } from "./statistics.ts";

const NUMBERS = fc.array(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  { minLength: 1 },
);

describe("quartiles()", () => {
  it("is between neighbours in proportion when none is in the middle", () => {
    deepStrictEqual(quartiles([4, 1, 3, 2]), [1.75, 2.5, 3.25]);
    deepStrictEqual(quartiles([10, 30, 20, 50, 40]), [20, 30, 40]);
  });

  it("is the value three times when there is one", () => {
    deepStrictEqual(quartiles([7]), [7, 7, 7]);
  });

  it("P1 rises, and stays within the values, in whatever order they come", () => {
    fc.assert(
      fc.property(NUMBERS, (values) => {
        const [q1, median, q3] = quartiles(values);
        ok(Math.min(...values) <= q1 && q1 <= median);
        ok(median <= q3 && q3 <= Math.max(...values));
        deepStrictEqual(quartiles(values.toReversed()), [q1, median, q3]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("quantile()", () => {
  it("is the least at 0 and the greatest at 1", () => {
    strictEqual(quantile([3, 1, 2], 0), 1);
    strictEqual(quantile([3, 1, 2], 1), 3);
  });

  it("P2 agrees with the quartiles", () => {
    fc.assert(
      fc.property(NUMBERS, (values) => {
        const shares = [0.25, 0.5, 0.75];
        deepStrictEqual(
          shares.map((share) => quantile(values, share)),
          [...quartiles(values)],
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("logLogSlope()", () => {
  it("P3 is the exponent when times are a power of the size", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 3, noNaN: true }),
        fc.double({ min: 0.1, max: 1e6, noNaN: true }),
        fc.uniqueArray(fc.integer({ min: 1, max: 1e6 }), { minLength: 2 }),
        (exponent, factor, sizes) => {
          const slope = logLogSlope(
            sizes.map((size) => [size, factor * size ** exponent] as const),
          );
          // Sizes that are close to each other leave little to divide by.
          const spread = Math.log(Math.max(...sizes) / Math.min(...sizes));
          ok(Math.abs(slope - exponent) < 1e-9 / spread);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is little above 0 when times are logarithmic", () => {
    const slope = logLogSlope(
      [1e2, 1e3, 1e4, 1e5, 1e6].map((size) => [size, Math.log2(size)] as const),
    );
    ok(slope > 0.1 && slope < 0.15);
  });

  it("is the line of the least squares when points are off it", () => {
    const e = Math.E;
    const slope = logLogSlope([[1, 1], [e, 1], [e ** 2, e ** 2]]);
    ok(Math.abs(slope - 1) < 1e-12);
  });
});
