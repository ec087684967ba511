import { deepStrictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { packagesOf } from "./packages.ts";

describe("packagesOf()", () => {
  const files: Readonly<Record<string, string>> = {
    "file:///bench/a_bench.ts": `
      import plain from "npm:plain@1.2.3";
      import { x } from "npm:@scope/name@4.5.6/sub/path";
      import { libraries } from "./libraries.ts";
      import { ours } from "../src/ours.ts";`,
    "file:///bench/libraries.ts": `
      import type { T } from "npm:typed@7.0.0-rc.1";
      import "./a_bench.ts";`,
  };
  const packages = packagesOf(
    new URL("file:///bench/a_bench.ts"),
    (file) => files[file.href]!,
  );

  it("finds what neighbours import as well, and each file once", () => {
    deepStrictEqual(packages, {
      "@scope/name": "4.5.6",
      "plain": "1.2.3",
      "typed": "7.0.0-rc.1",
    });
  });

  it("is in alphabetical order", () => {
    deepStrictEqual(Object.keys(packages), ["@scope/name", "plain", "typed"]);
  });
});
