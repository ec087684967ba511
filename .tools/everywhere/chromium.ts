/**
 * Runs the test suite, unchanged, in headless Chromium.
 *
 * ```sh
 * deno run -A --no-lock .tools/everywhere/chromium.ts [part of a path]
 * ```
 *
 * Takes the `chromium` of the PATH, or what the variable CHROMIUM names. Prints
 * failed tests and, last, the totals; exits with 1 where a test failed or none
 * ran.
 *
 * @module
 */

import { CHROMIUM_FLAGS } from "../chromium_flags.ts";
import { ask } from "../pack/command.ts";
import { bundleSuite, withFolder } from "./bundle.ts";
import { conclude, type Outcome, runOutside } from "./collector.ts";

const ARGS: readonly string[] = [
  ...CHROMIUM_FLAGS,
  "--js-flags=--expose-gc", // There are tests of what garbage collection tells.
];

/**
 * Finds Chromium.
 *
 * @returns Its command, and its name with its version.
 * @throws {Error} There is none.
 */
export async function findChromium(): Promise<
  { readonly command: string; readonly runtime: string }
> {
  const command = Deno.env.get("CHROMIUM") ?? "chromium";
  const { stdout } = await ask(command, ["--version"], ".").catch(() => {
    throw new Error(
      `There is no ${command}: install Chromium, or name it by CHROMIUM`,
    );
  });
  return { command, runtime: `Chromium ${stdout.match(/\d+\.\d+/)?.[0]}` };
}

/** Runs the files whose path has the filter in it. */
export async function runInChromium(filter = ""): Promise<Outcome> {
  const { command, runtime } = await findChromium();
  return await withFolder(async (folder) => {
    await bundleSuite(folder, "await run(location.origin);", filter);
    return await runOutside(folder, (collector) => ({
      runtime,
      command,
      args: [...ARGS, `--user-data-dir=${folder}/profile`, collector],
    }));
  });
}

if (import.meta.main) conclude(await runInChromium(Deno.args[0]));
