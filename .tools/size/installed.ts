/**
 * The package as a program has it: packed, and unpacked into `node_modules`.
 *
 * @module
 */

import { basename, join } from "node:path";
import { pack } from "../pack/pack.ts";

/** What the package is called. */
export const PACKAGE = "@groundwork/infra";

/**
 * Packs the package and installs it in a folder that is removed afterwards.
 *
 * @typeParam T What is made of it.
 * @param use Gets the folder, in whose `node_modules` the package is.
 * @returns What `use` returned.
 * @throws {Error} It could not be packed or unpacked; and what `use` throws.
 */
export async function withInstalled<T>(
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const temporary = await Deno.makeTempDir({ prefix: "groundwork-installed-" });
  try {
    const folder = await Deno.realPath(temporary);
    const tarball = await pack(folder);
    // A relative path: some programs of this name take "C:" for a host.
    const { success, stderr } = await new Deno.Command("tar", {
      args: ["-xzf", basename(tarball)],
      cwd: folder,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const target = packageFolder(folder);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.rename(join(folder, "package"), target);
    return await use(folder);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/**
 * Where the package is.
 *
 * @param folder The folder it is installed in.
 * @returns The package's own folder.
 */
export function packageFolder(folder: string): string {
  return join(folder, "node_modules", PACKAGE);
}
