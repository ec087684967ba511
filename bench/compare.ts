// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * Measures ours beside the peers on one runtime, and renders the page and the
 * charts of what was measured on all of them:
 *
 * ```sh
 * deno task bench:compare                       # on Deno
 * deno task bench:compare --runtime node        # or bun
 * deno task bench:compare --quick               # in less than three minutes
 * deno task bench:compare --filter cache        # prints, and changes nothing
 * deno task bench:compare --render              # measures nothing
 * ```
 *
 * Node and Bun are those of `.runtimes/`, which `.ci/run` installs, or else those
 * in PATH.
 *
 * A run on a runtime replaces the part of that runtime in `results.json`. One
 * with a filter does not: what stands together is from one run.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DARK, drawChart, LIGHT } from "./chart.ts";
import { notes } from "./notes.ts";
import { headlines, renderPage, unexplained } from "./page.ts";
import { loadResults, parseRuntime, saveResults } from "./results.ts";
import { toText } from "./rounds.ts";
import { run } from "./run.ts";

function main(): void {
  const { values: { runtime, quick, filter, render: isRendering } } = parseArgs(
    {
      options: {
        runtime: { type: "string", default: "deno" },
        quick: { type: "boolean", default: false },
        filter: { type: "string", default: "" },
        render: { type: "boolean", default: false },
      },
    },
  );
  if (isRendering) return render();
  const part = run({ runtime: parseRuntime(runtime), quick, filter });
  for (const { name, groups } of part.suites) {
    for (const group of groups) console.log(toText(name, group));
  }
  if (filter !== "") return;
  saveResults("comparison", part);
  render();
}

function render(): void {
  const results = loadResults();
  const rows = headlines(results, notes);
  const made = {
    "README.md": renderPage(results, notes),
    "chart-light.svg": drawChart(rows, LIGHT),
    "chart-dark.svg": drawChart(rows, DARK),
  };
  for (const [name, content] of Object.entries(made)) {
    writeFileSync(new URL(name, import.meta.url), content);
  }
  const files = ["results.json", ...Object.keys(made)].map((name) =>
    fileURLToPath(new URL(name, import.meta.url))
  );
  const { status } = spawnSync(process.execPath, ["fmt", "--quiet", ...files], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("deno fmt failed");
  for (const name of unexplained(results, notes)) {
    console.log(`A peer is faster, and notes.ts does not say why: ${name}`);
  }
}

main();
