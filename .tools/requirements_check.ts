/**
 * Checks the requirement table in `tests/README.md`: that each demand, property,
 * known mistake and code of an error has a row, that the tests it names are
 * there, and that each test whose name carries a mark stands in a row of that
 * mark. Then holds the source against the rules that the table names.
 *
 * ```sh
 * deno run --allow-read=. --allow-run .tools/requirements_check.ts
 * ```
 *
 * Prints one line and exits 0, or lists what is wrong and exits 1.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { ErrorMessages } from "../src/messages.ts";
import {
  findProblems,
  readRows,
  readTitles,
  REQUIRED_IDS,
  type Title,
} from "./requirements.ts";
import {
  type Documentation,
  type Package,
  RULES,
} from "./requirements_source.ts";

const ROOT = new URL("../", import.meta.url);
const DOCUMENT = "tests/README.md";
const RULES_FILE = ".tools/requirements_source.ts";

/** Checks that run without a test of their own. */
const CHECKS = [".tools/graph_check.ts"];

async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** The files of a folder, as the table names them. */
async function listFiles(
  folder: string,
  prefix: string,
): Promise<readonly (readonly [name: string, path: string])[]> {
  const files = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  return files.filter(({ isFile, name }) => isFile && name.endsWith(".ts"))
    .map(({ name }): readonly [string, string] => [
      prefix + name,
      folder + name,
    ])
    .toSorted();
}

/** The commands of the tasks as tests of a suite, by as many words as one says. */
async function readTasks(): Promise<readonly Title[]> {
  const { tasks } = JSON.parse(await readText("deno.json")) as {
    readonly tasks: Readonly<Record<string, string>>;
  };
  return Object.entries(tasks).flatMap(([task, commands]) =>
    commands.split(" && ").flatMap((command) => {
      const words = command.split(" ");
      return words.map((_, i): Title => ({
        path: [task, words.slice(0, i + 1).join(" ")],
        line: 1,
      }));
    })
  );
}

/** All that a row may name, by its file. */
async function readFacts(): Promise<Map<string, readonly Title[]>> {
  const suites = await listFiles("tests/conformance/", "conformance/");
  const tests = (await listFiles("tests/", "")).filter(([name]) =>
    name.endsWith("_test.ts")
  );
  const tools = (await listFiles(".tools/", ".tools/")).filter(([name]) =>
    name.endsWith("_test.ts")
  );
  const sources = await Promise.all(
    [...tests, ...suites, ...tools].map(async ([name, path]) =>
      [name, await readText(path)] as const
    ),
  );
  const run = sources.filter(([name]) =>
    // A suite that no test imports proves nothing.
    !name.startsWith("conformance/") ||
    sources.some(([, source]) => source.includes(`"./${name}"`))
  );
  return new Map([
    ...run.map(([name, source]) => [name, readTitles(source)] as const),
    ...CHECKS.map((name) => [name, []] as const),
    ["deno.json", await readTasks()],
    [RULES_FILE, [...RULES.keys()].map((says) => ({ path: [says], line: 1 }))],
  ]);
}

async function readPackage(): Promise<Package> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts", "src/testing.ts"],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  const { nodes } = JSON.parse(text.decode(stdout)) as Documentation;
  const paths = (await listFiles("src/", "src/")).map(([, path]) => path);
  const sources = paths.map(async (path) =>
    [path, await readText(path)] as const
  );
  return {
    symbols: Object.values(nodes).flatMap(({ symbols }) => symbols),
    sources: new Map(await Promise.all(sources)),
  };
}

async function main(): Promise<void> {
  const [markdown, titles, package_] = await Promise.all([
    readText(DOCUMENT),
    readFacts(),
    readPackage(),
  ]);
  const codes = Object.entries(ErrorMessages).flatMap(([domain, texts]) =>
    Object.keys(texts).map((key) => `${domain}_${key}`)
  );
  const ids = [...REQUIRED_IDS, ...codes];
  const rows = readRows(markdown);
  const problems = [
    ...findProblems(DOCUMENT, rows, { ids, titles }),
    ...[...RULES].flatMap(([says, find]) =>
      find(package_).map((what) => `${RULES_FILE}: ${says}: ${what}`)
    ),
  ];
  if (problems.length > 0) {
    console.error(problems.map((problem) => `- ${problem}`).join("\n"));
    console.error(`Requirements: ${problems.length} things are wrong`);
    Deno.exit(1);
  }
  const proven = new Set(rows.map(({ id }) => id)).size;
  console.log(
    `Requirements: ${rows.length} proofs of ${proven} demands, properties and codes, ${RULES.size} rules kept`,
  );
}

await main();
