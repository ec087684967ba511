// deno-lint-ignore-file no-console -- says how far it is, since it takes long

/**
 * Runs bench files with the harness, each in a process of its own: what engines
 * learn from one file must not speed up or slow down the next. What they make of
 * it differs from process to process too, so that a full run takes several of
 * each file, and puts their rounds together.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandOf } from "./child.ts";
import { packagesOf } from "./packages.ts";
import type { ComparisonPart, RuntimeName, SuiteResult } from "./results.ts";
import { type GroupRounds, type SuiteRounds, summarize } from "./rounds.ts";

/** What to run. */
export interface RunOptions {
  readonly runtime: RuntimeName;
  /** One process a file, with less time for each contender. */
  readonly quick: boolean;
  /** Only groups with this in "suite: group". Default: all. */
  readonly filter?: string;
  /** Only these groups, by bench file. Default: all. */
  readonly only?: ReadonlyMap<string, readonly string[]>;
}

const FULL_PROCESSES = 3;

/**
 * Runs the bench files.
 *
 * @param options What to run.
 * @returns What was measured, without files of which no group was asked for.
 * @throws {Error} A file failed: ours answered wrongly, say.
 */
export function run(options: RunOptions): ComparisonPart {
  const { runtime, quick, only } = options;
  const folder = new URL(".", import.meta.url);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith("_bench.ts"))
    .filter((file) => only === undefined || only.has(file))
    .sort();
  const temporary = mkdtempSync(join(tmpdir(), "groundwork-bench-"));
  const measured = new Map<string, SuiteRounds[]>();
  try {
    // Not one file after the other: rounds of the same file, minutes apart,
    // show what changes slowly on the machine.
    for (let turn = 1; turn <= (quick ? 1 : FULL_PROCESSES); turn++) {
      for (const file of files) {
        const start = performance.now();
        const report = runFile(file, options, join(temporary, "report.json"));
        if (report.groups.length === 0) continue;
        measured.set(file, [...measured.get(file) ?? [], report]);
        const seconds = (performance.now() - start) / 1e3;
        console.error(
          `${runtime}: ${file}${quick ? "" : ` (${turn} of ${FULL_PROCESSES})`}`
            .padEnd(48),
          `${report.groups.length} groups`.padStart(10),
          `${seconds.toFixed(1)} s`.padStart(8),
        );
      }
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
  const reports = [...measured.values()];
  const first = reports[0]?.[0];
  if (first === undefined) throw new Error("No group has such a name");
  const { suite: _suite, groups: _groups, ...measuredWith } = first;
  return {
    ...measuredWith,
    quick,
    suites: [...measured].map(([file, reports]) => toSuite(file, reports)),
  };
}

function toSuite(file: string, reports: readonly SuiteRounds[]): SuiteResult {
  const byName = new Map<string, GroupRounds[]>();
  for (const group of reports.flatMap(({ groups }) => groups)) {
    byName.set(group.name, [...byName.get(group.name) ?? [], group]);
  }
  return {
    name: reports[0]!.suite,
    file,
    packages: packagesOf(new URL(file, import.meta.url)),
    groups: [...byName.values()].map(summarize),
  };
}

function runFile(
  file: string,
  { runtime, quick, filter = "", only }: RunOptions,
  report: string,
): SuiteRounds {
  const args = ["--filter", filter, "--json", report];
  if (quick) args.push("--quick");
  for (const name of only?.get(file) ?? []) args.push("--only", name);
  const [command, ...before] = commandOf(runtime);
  const path = fileURLToPath(new URL(file, import.meta.url));
  // Some files print what they have measured beside the harness.
  const { status, error } = spawnSync(command, [...before, path, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`It failed on ${runtime}: ${file}`);
  return JSON.parse(readFileSync(report, "utf8"));
}
