/**
 * Bundles the test suite, unchanged, for runtimes without `node:test`: the import
 * map puts stand-ins in the place of Node's modules.
 *
 * @module
 */

import { ask } from "../pack/command.ts";

/** The root of the repository. */
export const ROOT: URL = new URL("../../", import.meta.url);
/** Its path. */
export const ROOT_PATH: string = ROOT.pathname;

/** Runs with a folder that is removed afterwards. */
export async function withFolder<T>(
  body: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await body(folder);
  } finally {
    await remove(folder);
  }
}

/** Some process of a browser may still write there for a moment. */
async function remove(folder: string, attempts = 20): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (attempts === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await remove(folder, attempts - 1);
  }
}

/**
 * Makes one module of all test files whose path has the filter in it.
 *
 * @param folder Where to put it, as `suite.js`.
 * @param start Source that starts `run(collector)`.
 * @param filter Empty for all files.
 */
export async function bundleSuite(
  folder: string,
  start: string,
  filter: string,
): Promise<void> {
  const files = (await listTests()).filter((path) => path.includes(filter));
  if (files.length === 0) throw new Error(`No test file has ${filter}`);
  const loads = files.map((path) =>
    `${JSON.stringify(path)}: () => import(${urlOf(path)}),`
  );
  const source = [
    `import { runSuite } from ${urlOf(".tools/everywhere/suite.ts")};`,
    `const files = { ${loads.join("\n")} };`,
    "const run = (collector) => runSuite(collector, files);",
    start,
  ].join("\n");
  await Deno.writeTextFile(`${folder}/main.ts`, source);
  const { success, output } = await ask(
    Deno.execPath(),
    [
      "bundle",
      "--no-lock",
      "--node-modules-dir=none",
      "--platform=browser",
      "--keep-names", // Tests look at the names of classes.
      "--import-map=.tools/everywhere/import_map.json",
      `--output=${folder}/suite.js`,
      `${folder}/main.ts`,
    ],
    ROOT_PATH,
  );
  if (!success) throw new Error(output);
  await requireStandIns(`${folder}/suite.js`);
}

/** The paths of all test files, from the root. */
export async function listTests(): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(new URL("tests/", ROOT))) {
    if (name.endsWith("_test.ts")) paths.push(`tests/${name}`);
  }
  return paths.toSorted();
}

function urlOf(path: string): string {
  return JSON.stringify(new URL(path, ROOT).href);
}

/** What the import map lacks stays an import, at which runtimes fail silently. */
async function requireStandIns(bundle: string): Promise<void> {
  const source = await Deno.readTextFile(bundle);
  const left = [...source.matchAll(/^(?:import|export) .*"(node:.*)";$/gm)];
  if (left.length > 0) {
    const names = new Set(left.map(([, name]) => name));
    throw new Error(
      `.tools/everywhere/import_map.json lacks ${[...names].join(", ")}`,
    );
  }
}
