/**
 * What npm installs for the checks.
 *
 * @module
 */

import { basename, join } from "node:path";
import { NPM, run } from "./command.ts";
import { COMPILERS } from "./types.ts";

/** What looks at the package, by exact versions. */
const TOOLS = {
  publint: "0.3.25",
  "@arethetypeswrong/cli": "0.18.5",
  ...Object.fromEntries(
    COMPILERS.map((it) => [`typescript-${it}`, `npm:typescript@${it}`]),
  ),
};

/** The types of the oldest Node that is promised. */
const NODE_TYPES = "22.19.7";

/**
 * Installs what looks at the package, unless it is there.
 *
 * @param root The root of the repository.
 * @returns The folder it is in, below `node_modules`.
 * @throws {Error} npm failed.
 */
export async function installTools(root: string): Promise<string> {
  const folder = join(root, ".runtimes", "package");
  const mark = join(folder, "installed.json");
  const wanted = JSON.stringify(TOOLS);
  if (await Deno.readTextFile(mark).catch(() => "") !== wanted) {
    await Deno.mkdir(folder, { recursive: true });
    await install(folder, TOOLS);
    await Deno.writeTextFile(mark, wanted);
  }
  return join(folder, "node_modules");
}

/**
 * Makes a folder the program of somebody who uses the package: installed in
 * `node_modules`, and once more unpacked in `package`, for the suite.
 *
 * @param root The root of the repository.
 * @param folder The folder.
 * @param tarball The package, in that folder.
 * @throws {Error} A program failed.
 */
export async function installConsumer(
  root: string,
  folder: string,
  tarball: string,
): Promise<void> {
  const config = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  ) as { readonly imports: { readonly "fast-check": string } };
  await install(folder, {
    "@groundwork/infra": `file:${basename(tarball)}`,
    "@types/node": NODE_TYPES,
    "fast-check": config.imports["fast-check"],
  });
  // A relative path: some programs of this name take "C:" for a host.
  await run("tar", ["-xzf", basename(tarball)], folder);
  const entryPoints = new URL("entry_points.ts", import.meta.url);
  await Deno.copyFile(entryPoints, join(folder, "entry_points.ts"));
  const consumer = await Deno.readTextFile(
    new URL("consumer.ts", import.meta.url),
  );
  await Deno.writeTextFile(
    join(folder, "consumer.ts"),
    consumer.replaceAll(/^(?=(async )?(const|function) )/gm, "export "),
  );
}

async function install(
  folder: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<void> {
  const manifest = { private: true, type: "module", dependencies };
  await Deno.writeTextFile(
    join(folder, "package.json"),
    JSON.stringify(manifest),
  );
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const args = ["install", "--ignore-scripts", "--no-package-lock", ...quiet];
  await run(NPM, args, folder);
}
