/**
 * The public API as one can read it: the declarations of the packed package
 * without their comments, in `snapshot/`, so that a change of the API is a
 * change of files, and reviewed as one.
 *
 * ```sh
 * deno task check:api  # fails where the API differs, and shows how
 * deno task api        # accepts the API as it is
 * ```
 *
 * A private module has a file only where a public type leads to it.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "npm:typescript@6.0.3";
import { packageFolder, withInstalled } from "../size/installed.ts";

const SNAPSHOT = fileURLToPath(new URL("snapshot/", import.meta.url));
const EXTENSION = ".d.ts";

/** Declarations by path: "src/result.d.ts". */
type Api = ReadonlyMap<string, string>;

function readApi(folder: string): Api {
  const api = new Map<string, string>();
  function read(path: string): void {
    for (const { name, isDirectory } of Deno.readDirSync(join(folder, path))) {
      if (isDirectory) read(`${path}${name}/`);
      else if (name.endsWith(EXTENSION)) {
        const text = Deno.readTextFileSync(join(folder, path, name));
        api.set(path + name, text);
      }
    }
  }
  read("");
  return api;
}

function writeApi(folder: string, api: Api): void {
  for (const [path, text] of api) {
    const file = join(folder, path);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeTextFileSync(file, text);
  }
}

function withoutComments(declarations: string): string {
  return ts.createPrinter({ removeComments: true }).printFile(
    ts.createSourceFile("", declarations, ts.ScriptTarget.Latest),
  );
}

/** Runs a program, and tells whether it succeeded. */
async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<boolean> {
  const { success } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  return success;
}

/** Writes the API as it is into a folder of its own, in a stable format. */
async function writeCurrent(installed: string, folder: string): Promise<void> {
  const packed = readApi(packageFolder(installed));
  writeApi(
    folder,
    new Map([...packed].map(([path, text]) => [path, withoutComments(text)])),
  );
  if (!await run(Deno.execPath(), ["fmt", "--quiet", "."], folder)) {
    throw new Error("The declarations could not be formatted");
  }
}

async function main(accepts: boolean): Promise<boolean> {
  return await withInstalled(async (folder) => {
    await writeCurrent(folder, join(folder, "packed"));
    const current = readApi(join(folder, "packed"));
    if (accepts) {
      rmSync(SNAPSHOT, { recursive: true, force: true });
      writeApi(SNAPSHOT, current);
      console.log(`Public API: ${current.size} files written`);
      return true;
    }
    writeApi(join(folder, "accepted"), readApi(SNAPSHOT));
    // Git says where in a declaration a line stands, which `diff` does not.
    const same = await run(
      "git",
      ["diff", "--no-index", "--no-prefix", "accepted", "packed"],
      folder,
    );
    if (same) console.log(`Public API: ${current.size} files, as accepted`);
    else {
      console.error(
        "The public API differs. If that is meant: deno task api, and a line in CHANGELOG.md",
      );
    }
    return same;
  });
}

if (!await main(Deno.args.includes("--accept"))) Deno.exit(1);
