/**
 * Runs the suite on the code that is shipped, private modules included.
 *
 * Tests and reference service are copied into the unpacked package, where they
 * find at `../src/x.js` what is `../src/x.ts` in the repository. So each runtime
 * runs them unchanged, with no hook between, and a test that still asked for a
 * source would not find any.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ask, run } from "./command.ts";
import type { Runtime } from "./runtimes.ts";

/** How many tests passed and failed. */
export interface Counts {
  /** How many passed. */
  readonly passed: number;
  /** How many failed. */
  readonly failed: number;
  /** What the runtime said, but of what passed. */
  readonly report: string;
}

/** What is read of the output of `deno info --json`. */
interface GraphInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
  }[];
}

/** How Node, Deno and Bun tell of what passed, or say nothing. */
const DULL = /^\s*[✔▶]|\.\.\. ok\b|^\(pass\)|^tests\/\S+:$|^$/;

/** An import of a source of the package, from any depth. */
const SOURCE = /(?<=["'](?:\.\.\/)+(?:mod|src\/\w+))\.ts(?=["'?])/g;

/**
 * Copies tests and reference service to the package.
 *
 * @param root The root of the repository.
 * @param folder Where the package is unpacked.
 */
export async function prepareSuite(
  root: string,
  folder: string,
): Promise<void> {
  for (const part of ["tests", "examples"]) {
    await copyFolder(join(root, part), join(folder, part));
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copyFolder(source, target);
    else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(source);
      await Deno.writeTextFile(target, text.replaceAll(SOURCE, ".js"));
    } else await Deno.copyFile(source, target);
  }
}

/**
 * Proves that the suite and the service load no file of the repository.
 *
 * @param folder Where the package is unpacked, in the folder of the program.
 * @returns How many of the modules that are shipped they load; those that have
 * nothing but types need none to.
 * @throws {Error} A module is from elsewhere, or cannot be found.
 */
export async function countShippedModules(folder: string): Promise<string> {
  const files = ["tests", "examples"].flatMap((part) =>
    [...Deno.readDirSync(join(folder, part))]
      .filter(({ name }) => name.endsWith(".ts"))
      .map(({ name }) => `./${part}/${name}`)
  );
  const entry = join(folder, "everything.ts");
  const imports = files.map((file) => `import ${JSON.stringify(file)};\n`);
  await Deno.writeTextFile(entry, imports.join(""));
  const { modules } = JSON.parse(
    await run(Deno.execPath(), ["info", "--json", "--no-lock", entry], folder),
  ) as GraphInfo;

  const here = `${pathToFileURL(folder).href}/`;
  const dependencies = new URL("../node_modules/", here).href;
  const loaded = new Set<string>();
  for (const { specifier, error } of modules) {
    if (error !== undefined) throw new Error(error);
    if (!specifier.startsWith("file:")) continue; // a module of the platform
    if (specifier.startsWith(dependencies)) continue;
    if (!specifier.startsWith(here)) {
      throw new Error(`The suite loads ${specifier}, which is not shipped`);
    }
    const path = specifier.slice(here.length).replace(/\?.*/, "");
    if (path === "mod.js" || path.startsWith("src/")) loaded.add(path);
  }
  const shipped = [...Deno.readDirSync(join(folder, "src"))]
    .filter(({ name }) => name.endsWith(".js"));
  return `${loaded.size} of ${shipped.length + 1} modules, no other`;
}

/**
 * Runs the suite.
 *
 * @param runtime What runs it.
 * @param folder Where the package is unpacked.
 * @returns How many tests passed and failed.
 */
export async function runSuite(
  runtime: Runtime,
  folder: string,
): Promise<Counts> {
  const report = join(await Deno.makeTempDir({ dir: folder }), "report.xml");
  const args = argumentsOf(runtime, folder, report);
  const { success, output } = await ask(runtime.program, args, folder);
  const xml = await Deno.readTextFile(report).catch(() => "");
  const { passed, failures } = readReport(xml);
  // What fails without a failed test, or runs none, must not look well.
  const isBroken = failures.length === 0 && (!success || passed === 0);
  return {
    passed,
    failed: isBroken ? 1 : failures.length,
    report: output.split("\n").filter((line) => !DULL.test(line)).join("\n"),
  };
}

function argumentsOf(
  { name }: Runtime,
  folder: string,
  report: string,
): readonly string[] {
  if (name === "deno") {
    return ["test", "-A", "--no-check", `--junit-path=${report}`, "tests/"];
  }
  if (name === "bun") {
    const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
    // Its limit for a test is meant for a machine with nothing else to do.
    return ["test", ...reporter, "--timeout=60000", "./tests/"];
  }
  const reporter = ["junit", "spec"].map((it) => `--test-reporter=${it}`);
  const destinations = [report, "stdout"]
    .map((it) => `--test-reporter-destination=${it}`);
  const files = [...Deno.readDirSync(join(folder, "tests"))]
    .map((entry) => `tests/${entry.name}`)
    .filter((path) => path.endsWith("_test.ts"));
  return ["--test", ...reporter, ...destinations, ...files];
}

/**
 * Counts in a report of the form that all runners write. Deno reports suites
 * like tests; only what holds nothing is a test, as Node and Bun count.
 */
function readReport(
  xml: string,
): { readonly passed: number; readonly failures: readonly string[] } {
  const cases = xml.split("<testcase ").slice(1).map((text) => ({
    name: /\bname="([^"]*)"/.exec(text)?.[1] ?? "",
    isFailed: /<(failure|error)\b/.test(text),
    isSkipped: text.includes("<skipped"),
  }));
  const suites = new Set(cases.flatMap(({ name }) => {
    const parts = name.split(" &gt; ");
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join(" &gt; "));
  }));
  const tests = cases.filter(({ name }) => !suites.has(name));
  return {
    passed: tests.filter((it) => !it.isFailed && !it.isSkipped).length,
    failures: tests.filter((it) => it.isFailed).map((it) => it.name),
  };
}
