/**
 * Checks what npm's users install, not what it is made of: packs the package,
 * installs the tarball in a temporary folder, and looks at it as they would.
 *
 * ```sh
 * deno task check:package [--all]
 * ```
 *
 * The suite is run on the code that is shipped, on Node 24; with `--all` on all
 * runtimes. The runtimes are those of `.ci/run`, or others on
 * the path. What looks at packages and compiles is installed once, into
 * `.runtimes/package/`.
 *
 * Prints a table and what has failed, ends with the line "tests: N passed, N
 * failed", and exits with 1 where anything has.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { deepStrictEqual } from "node:assert/strict";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./command.ts";
import { checkContents } from "./contents.ts";
import { installConsumer, installTools } from "./install.ts";
import { pack } from "./pack.ts";
import { findRuntime, type Runtime, type RuntimeName } from "./runtimes.ts";
import {
  type Counts,
  countShippedModules,
  prepareSuite,
  runSuite,
} from "./suite.ts";
import {
  checkConsumerByDeno,
  compileConsumer,
  COMPILERS,
  compileTypesTest,
} from "./types.ts";

/** What has been found: a note, or how many tests passed. Else it is thrown. */
type Finding = string | Counts;

interface Row extends Counts {
  readonly name: string;
  readonly seconds: number;
  readonly note: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const RUNTIMES: readonly RuntimeName[] = [
  "deno",
  "node22",
  "node24",
  "node26",
  "bun",
];

/** TypeScript 5 does not tell the literals that a callback returns. */
const EXACT_COMPILERS = COMPILERS.filter((it) => !it.startsWith("5."));

const rows: Row[] = [];

async function check(
  name: string,
  find: () => Promise<Finding>,
): Promise<void> {
  const started = performance.now();
  let note = "";
  let counts: Counts = { passed: 1, failed: 0, report: "" };
  try {
    const finding = await find();
    if (typeof finding === "string") note = finding;
    else counts = finding;
  } catch (error) {
    const report = error instanceof Error ? error.message : String(error);
    counts = { passed: 0, failed: 1, report };
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  rows.push({ name, seconds, note, ...counts });
  console.log(`${counts.failed > 0 ? "FAILED" : "ok    "} ${name}`);
}

/** That the same sources become the same bytes, whenever they are packed. */
async function checkBytes(tarball: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "groundwork-again-" });
  try {
    const [first, second] = await Promise.all(
      [tarball, await pack(folder)].map((path) => Deno.readFile(path)),
    );
    deepStrictEqual(second, first);
    return `${first?.length} bytes`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What each entry point exports, by the sources. */
async function readSourceNames(): Promise<Record<string, readonly string[]>> {
  const { exports } = JSON.parse(
    await Deno.readTextFile(join(ROOT, "deno.json")),
  ) as { readonly exports: Readonly<Record<string, string>> };
  const names: Record<string, readonly string[]> = {};
  for (const [subpath, path] of Object.entries(exports)) {
    const source = await import(new URL(`../../${path}`, import.meta.url).href);
    names[subpath] = Object.keys(source).sort();
  }
  return names;
}

async function checkEntryPoints(
  { name, program, version }: Runtime,
  folder: string,
): Promise<string> {
  const args = name === "deno" ? ["run", "-A", "--no-lock"] : [];
  const printed = await run(program, [...args, "entry_points.ts"], folder);
  const names = JSON.parse(printed) as Record<string, readonly string[]>;
  deepStrictEqual(names, await readSourceNames());
  const entries = Object.keys(names).length;
  return `${version}: ${entries} entry points, ${names["."]?.length} names`;
}

/** What the checks look at, and with what. */
interface Place {
  /** The folder of a program in which the package is installed. */
  readonly folder: string;
  readonly tarball: string;
  readonly tools: string;
  readonly node: Runtime;
}

async function prepare(folder: string): Promise<Place> {
  const node = await findRuntime("node24", ROOT);
  const tarball = await pack(folder);
  await installConsumer(ROOT, folder, tarball);
  return { folder, tarball, tools: await installTools(ROOT), node };
}

async function checkAll(place: Place, onAll: boolean): Promise<void> {
  const { folder, tarball, tools, node } = place;
  const installed = join(folder, "node_modules", "@groundwork", "infra");
  const suite = join(folder, "package");

  await check("contents", () => checkContents(ROOT, installed));
  await check("packed twice", () => checkBytes(tarball));
  await check("publint", async () => {
    const args = ["publint/src/cli.js", tarball, "--strict"];
    await run(node.program, args, tools);
    return "strict";
  });
  await check("attw", async () => {
    const cli = "@arethetypeswrong/cli/dist/index.js";
    const args = [cli, tarball, "--profile", "esm-only"];
    await run(node.program, args, tools);
    return "esm-only";
  });
  for (const name of RUNTIMES) {
    await check(
      `imports on ${name}`,
      async () => checkEntryPoints(await findRuntime(name, ROOT), folder),
    );
  }
  for (const compiler of COMPILERS) {
    await check(
      `TypeScript ${compiler}`,
      () => compileConsumer(node, tools, compiler, folder),
    );
  }
  await check("TypeScript of Deno", () => checkConsumerByDeno(folder));
  await prepareSuite(ROOT, suite);
  for (const compiler of EXACT_COMPILERS) {
    await check(
      `types_test by ${compiler}`,
      () => compileTypesTest(node, tools, compiler, suite),
    );
  }
  await check("loads what is shipped", () => countShippedModules(suite));
  for (const name of onAll ? RUNTIMES : ["node24"] as const) {
    await check(
      `suite on ${name}`,
      async () => runSuite(await findRuntime(name, ROOT), suite),
    );
  }
}

function printTable(): void {
  console.log(`
${"".padEnd(24)} ${"passed".padStart(6)} ${"failed".padStart(6)} seconds`);
  for (const { name, passed, failed, seconds, note } of rows) {
    const counts = [passed, failed].map((it) => String(it).padStart(6));
    const cells = [name.padEnd(24), ...counts, String(seconds).padStart(7)];
    console.log(`${cells.join(" ")}  ${note}`.trimEnd());
  }
  for (const { name, failed, report } of rows) {
    if (failed > 0) console.log(`\n=== ${name} ===\n${report}`);
  }
}

async function main(): Promise<void> {
  const temporary = await Deno.makeTempDir({ prefix: "groundwork-package-" });
  try {
    let place: Place | undefined;
    await check("packed and installed", async () => {
      place = await prepare(await Deno.realPath(temporary));
      return basename(place.tarball);
    });
    if (place !== undefined) {
      await checkAll(place, Deno.args.includes("--all"));
    }
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  printTable();
  const [passed, failed] = [
    rows.reduce((sum, row) => sum + row.passed, 0),
    rows.reduce((sum, row) => sum + row.failed, 0),
  ];
  console.log(`\ntests: ${passed} passed, ${failed} failed`);
  if (failed > 0) Deno.exit(1);
}

await main();
