/**
 * What the package costs those who bundle it: each subpath keeps its budget,
 * loads what stands below it and nothing else, and costs the same from the root
 * as by itself.
 *
 * ```sh
 * deno task check:size
 * ```
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { floorOf } from "../floors.ts";
import { BUDGET_OF_NOTHING, BUDGETS } from "./budgets.ts";
import { type Bundle, measure, readExports } from "./measure.ts";
import { formatSize, readTable } from "./table.ts";

/** A budget that is larger has let something in, or will. */
const MIN_USE = 0.75;
/** By how much a name may cost more or less from the root. */
const ROOT_TOLERANCE = 0.05;
/** By how much the README may differ, and what is lost by its decimal. */
const TABLE_TOLERANCE = 0.02;
const TABLE_STEP_KB = 0.05;

const exports = readExports();
const { alone, sources, fromRoot, ok: oneName, nothing } = await measure();

function sizeOf(
  bundles: ReadonlyMap<string, Bundle>,
  subpath: string,
): Bundle {
  const bundle = bundles.get(subpath);
  if (bundle === undefined) throw new Error(`${subpath} was not measured`);
  return bundle;
}

function assertKept(name: string, { gzip }: Bundle, budget: number): void {
  ok(gzip <= budget, `${name} is ${gzip} bytes, and its budget ${budget}`);
  ok(
    gzip >= MIN_USE * budget,
    `${name} is ${gzip} bytes, and its budget slack: ${budget}`,
  );
}

function assertAlike(name: string, one: Bundle, other: Bundle): void {
  const ratio = one.gzip / other.gzip;
  ok(
    Math.abs(ratio - 1) <= ROOT_TOLERANCE,
    `${name} is ${one.gzip} bytes from the root and ${other.gzip} by itself`,
  );
}

describe("BUDGETS", () => {
  it("has a budget for each subpath, and none besides", () => {
    deepStrictEqual(Object.keys(BUDGETS), [...exports.keys()]);
  });

  for (const [subpath, budget] of Object.entries(BUDGETS)) {
    if (!exports.has(subpath)) continue;
    it(`is kept and used by ${subpath}`, () => {
      assertKept(subpath, sizeOf(alone, subpath), budget);
    });
  }

  it("is kept and used by what is left of nothing", () => {
    strictEqual(nothing.packed.min, 0);
    assertKept("nothing", nothing.source, BUDGET_OF_NOTHING);
  });
});

describe("what is loaded", () => {
  for (const [subpath, file] of exports) {
    it(`by ${subpath} stands on its floor or below`, () => {
      const entry = file.replace("./", "");
      const own = floorOf(entry) ?? 0;
      const { modules } = sizeOf(alone, subpath);
      ok(modules.includes(entry));
      deepStrictEqual(
        modules.filter((path) => (floorOf(path) ?? Infinity) > own),
        [],
      );
    });

    it(`by ${subpath} is what its source imports`, () => {
      deepStrictEqual(
        sizeOf(alone, subpath).modules,
        sizeOf(sources, subpath).modules,
      );
    });
  }
});

describe("the root", () => {
  it("has all names but those for tests", () => {
    deepStrictEqual(
      [...exports.keys()].filter((subpath) => !fromRoot.has(subpath)),
      ["./testing"],
    );
  });

  it("costs as much as one name where one is used", () => {
    assertAlike("ok", oneName.fromRoot, oneName.fromSubpath);
  });

  for (const [subpath, bundle] of fromRoot) {
    it(`costs as much as ${subpath} where its names are used`, () => {
      assertAlike(subpath, bundle, sizeOf(alone, subpath));
    });
  }
});

describe("the table in the README", () => {
  const table = readTable();

  it("has each subpath", () => {
    deepStrictEqual(
      [...table.keys()].toSorted(),
      [...exports.keys()].toSorted(),
    );
  });

  it("is up to date; otherwise run deno task sizes", () => {
    const outdated = [...table].flatMap(([subpath, written]) => {
      const { min, gzip } = sizeOf(alone, subpath);
      return [min, gzip].some((bytes, i) =>
          Math.abs(Number(written[i]) - bytes / 1000) >
            TABLE_STEP_KB + TABLE_TOLERANCE * bytes / 1000
        )
        ? [`${subpath} is ${formatSize(min)} and ${formatSize(gzip)} kB`]
        : [];
    });
    deepStrictEqual(outdated, []);
  });
});
