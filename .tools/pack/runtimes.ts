/**
 * Where the runtimes are.
 *
 * @module
 */

import { join } from "node:path";
import { ask } from "./command.ts";

/** What the package is checked on. */
export type RuntimeName = "deno" | "bun" | "node22" | "node24" | "node26";

/** A program that runs JavaScript. */
export interface Runtime {
  /** What it is called here. */
  readonly name: RuntimeName;
  /** Its path, or its name on the path. */
  readonly program: string;
  /** What it says its version is. */
  readonly version: string;
}

/**
 * Finds a runtime: where `.ci/run` installs it, on the path, or where the
 * environment says it is (`NODE22`, `BUN`). Deno is the one that runs this.
 *
 * @param name Which.
 * @param root The root of the repository.
 * @returns The runtime.
 * @throws {Error} It is in none of these places.
 */
export async function findRuntime(
  name: RuntimeName,
  root: string,
): Promise<Runtime> {
  if (name === "deno") {
    return { name, program: Deno.execPath(), version: Deno.version.deno };
  }
  const [kind, major] = name === "bun" ? ["bun", ""] : ["node", name.slice(4)];
  const variable = name.toUpperCase();
  const suffix = Deno.build.os === "windows" ? ".cmd" : "";
  const candidates = [
    join(root, ".runtimes", name, "node_modules", ".bin", kind + suffix),
    kind,
    Deno.env.get(variable),
  ];
  for (const program of candidates) {
    const version = await versionOf(program);
    if (program !== undefined && version?.startsWith(major)) {
      return { name, program, version };
    }
  }
  throw new Error(
    `There is no ${kind} ${major}: .ci/run installs it, or ${variable} may have its path`,
  );
}

async function versionOf(
  program: string | undefined,
): Promise<string | undefined> {
  if (program === undefined) return undefined;
  try {
    const { success, stdout } = await ask(program, ["--version"], ".");
    return success ? stdout.trim().replace(/^v/, "") : undefined;
  } catch {
    return undefined; // there is no such program
  }
}
