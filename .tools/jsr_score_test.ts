/**
 * The criteria of JSR on small packages: one that fulfils them all, and some
 * that each break one. Runs on Deno only, because it asks Deno.
 *
 * @module
 */

import { deepStrictEqual, match } from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Criterion, examine } from "./jsr_score.ts";

type Files = Readonly<Record<string, string>>;

const COMPLETE: Files = {
  "deno.json": JSON.stringify({
    name: "@scope/name",
    version: "1.0.0",
    license: "MIT",
    exports: { ".": "./mod.ts", "./shapes": "./shapes.ts" },
  }),
  "README.md": "# Name\n\n```ts\nconst example = 1;\n```\n",
  "mod.ts": `/**
 * The root.
 *
 * @module
 */

export * from "./shapes.ts";
export { hidden } from "./_hidden.ts";
`,
  "_hidden.ts": `/** Exported by the root alone. */
export const hidden: number = Math.max(1);
`,
  "shapes.ts": `/**
 * Shapes.
 *
 * @module
 */

/** A circle. */
export class Circle {
  #radius: number;
  private turns = 0;
  /** Its name. */
  readonly name: string = "circle";

  /** Makes a circle. */
  constructor(radius: number) {
    this.#radius = radius;
  }

  /** Its radius. */
  get radius(): number {
    return this.#radius;
  }
  set radius(radius: number) {
    this.#radius = radius;
  }

  /** Turns once. */
  turn(): void;
  /** Turns so many times. */
  turn(times: number): void;
  turn(times = 1): void {
    this.turns += times;
  }

  /** Makes one. */
  static turn(): Circle {
    return new Circle(1);
  }
}

/** Has a size. */
export interface Sized {
  /** How large it is. */
  readonly size: number;
  /** Grows. */
  grow(): void;
}

/** A point. */
export type Point = {
  /** How far to the right. */
  readonly x: number;
};

/** Twice a number. */
export function twice(value: number): number;
/** Twice a text. */
export function twice(value: string): string;
export function twice(value: number | string): number | string {
  return typeof value === "number" ? value * 2 : value + value;
}
`,
};

async function examineFiles(files: Files): Promise<readonly Criterion[]> {
  const folder = await Deno.makeTempDir({ prefix: "groundwork-jsr-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    return await examine(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What each criterion that is not fulfilled gives, and what is missing. */
async function faultsOf(
  files: Files,
): Promise<Readonly<Record<string, readonly [number, readonly string[]]>>> {
  const criteria = await examineFiles(files);
  return Object.fromEntries(
    criteria.filter(({ missing }) => missing.length > 0)
      .map(({ name, given, missing }) => [name, [given, missing]]),
  );
}

/** The complete package without a text in a file. */
function without(file: string, ...texts: readonly string[]): Files {
  let text = COMPLETE[file] ?? "";
  for (const part of texts) {
    const rest = text.replace(part, "");
    if (rest === text) throw new Error(`${file} lacks ${part}`);
    text = rest;
  }
  return { ...COMPLETE, [file]: text };
}

describe("examine()", () => {
  it("gives all points for a complete package", async () => {
    const criteria = await examineFiles(COMPLETE);
    deepStrictEqual(
      criteria.map(({ points, given, total }) => [given, points, total]),
      [[2, 2, 1], [1, 1, 1], [1, 1, 2], [5, 5, 6], [0, 0, 9], [5, 5, 1]],
    );
    deepStrictEqual(criteria.flatMap(({ missing }) => missing), []);
  });

  it("misses a README that is there but not published", async () => {
    const config = JSON.parse(COMPLETE["deno.json"] ?? "");
    config.publish = { include: ["*.ts", "deno.json"] };
    deepStrictEqual(
      await faultsOf({ ...COMPLETE, "deno.json": JSON.stringify(config) }),
      {
        "A README is published": [0, ["README.md"]],
        "It has an example": [0, ["README.md"]],
      },
    );
  });

  it("misses an example", async () => {
    deepStrictEqual(await faultsOf({ ...COMPLETE, "README.md": "# Name\n" }), {
      "It has an example": [0, ["README.md"]],
    });
  });

  it("misses a module doc, also that of the root", async () => {
    for (const file of ["mod.ts", "shapes.ts"]) {
      deepStrictEqual(await faultsOf(without(file, " * @module\n")), {
        "Entry points have a module doc": [0, [file]],
      });
    }
  });

  it("misses the documentation of symbols by what JSR asks for", async () => {
    const name = "Symbols are documented";
    deepStrictEqual(await faultsOf(without("shapes.ts", "/** A point. */\n")), {
      [name]: [5, ["Point"]],
    });
    deepStrictEqual(
      await faultsOf(
        without("shapes.ts", "/** A point. */\n", "/** Twice a text. */\n"),
      ),
      { [name]: [4, ["Point", "twice"]] },
    );
    deepStrictEqual(
      await faultsOf(
        without("_hidden.ts", "/** Exported by the root alone. */\n"),
      ),
      { [name]: [5, ["hidden"]] },
    );
  });

  it("misses the documentation of each kind of member", async () => {
    const members: Readonly<Record<string, string>> = {
      "/** Makes a circle. */": "Circle.constructor",
      "/** Its name. */": "Circle.name",
      "/** Its radius. */": "Circle.radius",
      "/** Turns so many times. */": "Circle.turn",
      "/** Makes one. */": "Circle::turn",
      "/** How large it is. */": "Sized.size",
      "/** Grows. */": "Sized.grow",
      "/** How far to the right. */": "Point.x",
    };
    deepStrictEqual(
      await faultsOf(without("shapes.ts", ...Object.keys(members))),
      { "Members are documented": [0, Object.values(members)] },
    );
  });

  it("misses a type that only inference would find", async () => {
    const faults = await faultsOf(without("_hidden.ts", ": number"));
    const [given, missing] = faults["The public API has no slow types"] ?? [];
    deepStrictEqual(given, 0);
    match(missing?.[0] ?? "", /missing-explicit-type/);
  });
});
