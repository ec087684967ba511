/**
 * Packs what npm's users install: the tarball of `deno pack`, completed.
 *
 * ```sh
 * deno task pack [FOLDER]
 * ```
 *
 * Writes `groundwork-infra-<version>.tgz` into the root, or into the folder, and
 * prints its path. The same sources become the same bytes.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { NPM, run } from "./command.ts";

/** What is read and written of package.json; the rest stays as it is. */
interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const REPOSITORY = "https://github.com/groundwork/infra";

const DESCRIPTION =
  "The infrastructure layer that every TypeScript service writes by hand, as one coherent set of types without dependencies";

const KEYWORDS = [
  "infrastructure",
  "typescript",
  "zero-dependency",
  "result",
  "errors",
  "config",
  "cache",
  "connection-pool",
  "rate-limit",
  "compression",
  "event-bus",
  "message-broker",
  "job-queue",
  "scheduler",
  "metrics",
  "health",
  "tracing",
  "logging",
  "authorization",
  "encryption",
  "audit",
];

/** What `deno pack` leaves out. */
const FIELDS = {
  homepage: `${REPOSITORY}#readme`,
  repository: { type: "git", url: `git+${REPOSITORY}.git` },
  bugs: `${REPOSITORY}/issues`,
  sideEffects: false,
  engines: { node: ">=22" },
};

/**
 * Packs the package.
 *
 * @param into The folder that gets the tarball.
 * @returns The path of the tarball.
 * @throws {Error} A program failed.
 */
export async function pack(into: string): Promise<string> {
  const temporary = await Deno.makeTempDir({ prefix: "groundwork-pack-" });
  try {
    // A source map would tell the folder it was made in, point to files that
    // are not there, and weigh more than all the code, which differs from its
    // source by little more than the types.
    const made = join(temporary, "deno.tgz");
    const options = ["--allow-dirty", "--no-source-maps", "--output", made];
    await run(Deno.execPath(), ["pack", ...options], ROOT);
    // A relative path: some programs of this name take "C:" for a host.
    await run("tar", ["-xzf", "deno.tgz"], temporary);
    const folder = join(temporary, "package");
    const { version } = await completePackageJson(folder);
    await mendLinks(folder, version);
    await addReferences(folder);
    // npm sorts the files, and dates all of them alike.
    const destination = `--pack-destination=${resolve(into)}`;
    const args = ["pack", "./package", "--json", "--ignore-scripts"];
    const packed = await run(NPM, [...args, destination], temporary);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    return resolve(into, filename);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

async function completePackageJson(folder: string): Promise<PackageJson> {
  const path = join(folder, "package.json");
  const { name, version, ...rest } = JSON.parse(
    await Deno.readTextFile(path),
  ) as PackageJson;
  const complete = {
    ...{ name, version, description: DESCRIPTION, keywords: KEYWORDS },
    ...rest,
    ...FIELDS,
  };
  await Deno.writeTextFile(path, `${JSON.stringify(complete, undefined, 2)}\n`);
  return complete;
}

/**
 * What a README refers to, in Markdown or in HTML, where it is a path. Code is
 * matched first, so that nothing within it is.
 */
const CODE_OR_PATH =
  /^```[^]*?^```|`[^`]*`|(?<=\]\(|\b(?:href|src|srcset)=")(?![#/]|[a-z]+:)[^)"#\s]+/gm;

/** Lets links to what is not packed lead to it in the repository. */
async function mendLinks(folder: string, version: string): Promise<void> {
  const path = join(folder, "README.md");
  const text = await Deno.readTextFile(path);
  const packed = new Set([...Deno.readDirSync(folder)].map(({ name }) => name));
  const mended = text.replaceAll(CODE_OR_PATH, (match) => {
    if (match.startsWith("`") || packed.has(match)) return match;
    const view = /\.(svg|png)$/.test(match) ? "raw" : "blob";
    return `${REPOSITORY}/${view}/v${version}/${match}`;
  });
  await Deno.writeTextFile(path, mended);
}

/**
 * Lets each file of types that says `Disposable` bring along what that is: a
 * browser's program has it otherwise only where its own settings say so. It
 * cannot stand in src, since JSR forbids it.
 */
async function addReferences(folder: string): Promise<void> {
  const src = join(folder, "src");
  for await (const { name } of Deno.readDir(src)) {
    if (!name.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(join(src, name));
    if (!/\b(Async)?Disposable\b|\bSymbol\.(d|asyncD)ispose\b/.test(text)) {
      continue;
    }
    const reference = '/// <reference lib="esnext.disposable" />\n';
    await Deno.writeTextFile(join(src, name), reference + text);
  }
}

if (import.meta.main) console.log(await pack(Deno.args[0] ?? ROOT));
