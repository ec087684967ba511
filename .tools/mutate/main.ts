/**
 * Mutation testing: puts small faults into the core modules, one at a time, and
 * counts those that the module's tests notice.
 *
 * ```sh
 * deno task mutate                        # all modules of modules.ts
 * deno task mutate result cache           # some of them
 * deno task mutate cache --json FILE      # every mutant and its fate as well
 * ```
 *
 * Prints a table and each mutant that was not noticed. Exits with 1 where less
 * than the threshold of a module's mutants was noticed: killed by a failing
 * test, or stopped because a test did not end.
 *
 * Works on a copy in a temporary folder. How it is fast: all mutants of a module
 * are compiled into one copy (`instrument.ts`), and few processes try them all,
 * with just the tests that reach them (`examine.ts`).
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { examine, type Verdict, type Workspace } from "./examine.ts";
import { instrument, type Mutant } from "./instrument.ts";
import { type Module, MODULES, THRESHOLD } from "./modules.ts";

const ROOT = new URL("../../", import.meta.url);

/** What came of a module. */
interface Report {
  readonly name: string;
  readonly seconds: number;
  readonly verdicts: ReadonlyMap<Mutant, Verdict>;
  /** The share that was noticed, in percent. */
  readonly score: number;
}

function countOf({ verdicts }: Report, ...wanted: readonly Verdict[]): number {
  return [...verdicts.values()].filter((one) => wanted.includes(one)).length;
}

async function prepare(folder: string, module: Module): Promise<Workspace> {
  for (const part of ["src", "tests"]) {
    const from = fileURLToPath(new URL(part, ROOT));
    await cp(from, join(folder, part), { recursive: true });
  }
  const mutants: Mutant[] = [];
  const switchUrl = new URL("switch.ts", import.meta.url).href;
  for (const file of module.sources) {
    const path = join(folder, file);
    const source = await readFile(path, "utf8");
    const made = instrument(file, source, mutants.length + 1, switchUrl);
    await writeFile(path, made.text);
    mutants.push(...made.mutants);
  }
  const importMap = join(folder, "import_map.json");
  await writeFile(importMap, JSON.stringify(await importMapOf()));
  const tests = module.tests.map((file) => join(folder, file));
  return { importMap, tests, mutants };
}

async function importMapOf(): Promise<unknown> {
  const config = await readFile(new URL("deno.json", ROOT), "utf8");
  const { imports } = JSON.parse(config);
  const shims = new URL("../leak_check/", import.meta.url);
  return {
    imports: {
      "fast-check": new URL("fast_check.ts", import.meta.url),
      "node:test": new URL("shim.ts", shims),
    },
    scopes: {
      [new URL(".", import.meta.url).href]: imports,
      [shims.href]: { "node:test": "node:test" },
    },
  };
}

async function reportOn(name: string, module: Module): Promise<Report> {
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "groundwork-mutate-"));
  try {
    const workspace = await prepare(folder, module);
    // One core is left to whoever else works on the machine.
    const lanes = Math.max(1, availableParallelism() - 1);
    const verdicts = await examine(workspace, lanes);
    const seconds = Math.round((performance.now() - started) / 1000);
    const report = { name, seconds, verdicts, score: NaN };
    const noticed = countOf(report, "killed", "timed out");
    return { ...report, score: 100 * noticed / verdicts.size };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function printSurvivors({ name, verdicts }: Report): void {
  console.log(`\n${name}: what no test notices`);
  for (const [mutant, verdict] of verdicts) {
    if (verdict !== "survived" && verdict !== "not reached") continue;
    const { file, line, column, operator, before, after, sourceLine } = mutant;
    const note = verdict === "survived" ? "" : ` (${verdict})`;
    console.log(
      `${file}:${line}:${column} ${operator}${note}: ${inOneLine(before)} → ` +
        `${inOneLine(after)}\n    ${sourceLine}`,
    );
  }
}

function inOneLine(code: string): string {
  const line = code.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function printTable(reports: readonly Report[]): void {
  const head = [
    "module",
    "mutants",
    "killed",
    "timed out",
    "survived",
    "not reached",
    "score",
    "seconds",
  ];
  const rows = reports.map((report) => [
    report.name,
    report.verdicts.size,
    countOf(report, "killed"),
    countOf(report, "timed out"),
    countOf(report, "survived"),
    countOf(report, "not reached"),
    `${report.score.toFixed(1)} %`,
    report.seconds,
  ]);
  console.log();
  for (const [name, ...cells] of [head, ...rows]) {
    const padded = cells.map((cell) => String(cell).padStart(12)).join("");
    console.log(String(name).padEnd(16) + padded);
  }
}

async function main(): Promise<void> {
  const { positionals, values: { json } } = parseArgs({
    options: { json: { type: "string" } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !MODULES.has(name));
  if (unknown.length > 0) {
    throw new Error(`Not in modules.ts: ${unknown.join(", ")}`);
  }
  const names = positionals.length > 0 ? positionals : [...MODULES.keys()];
  const reports: Report[] = [];
  for (const name of names) {
    const report = await reportOn(name, MODULES.get(name)!);
    printSurvivors(report);
    reports.push(report);
  }
  printTable(reports);
  if (json !== undefined) {
    const plain = reports.map(({ verdicts, ...report }) => ({
      ...report,
      mutants: [...verdicts].map(([mutant, verdict]) => ({
        ...mutant,
        verdict,
      })),
    }));
    await writeFile(json, `${JSON.stringify(plain, undefined, 2)}\n`);
  }
  const low = reports.filter(({ score }) => !(score >= THRESHOLD));
  if (low.length > 0) {
    console.error(
      `Below ${THRESHOLD} %: ${low.map(({ name }) => name).join(", ")}`,
    );
    process.exitCode = 1;
  }
}

await main();
