/**
 * A process of its own for a measurement, on any runtime: what another one has
 * left behind, compiled code and a large heap, must not touch it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { circumstances, type RuntimeName } from "./results.ts";

/**
 * Runs a file, which prints JSON and nothing else, and waits for it.
 *
 * @param runtime On what.
 * @param file Its name in this folder.
 * @param args Its arguments.
 * @returns What it printed.
 * @throws {Error} It failed.
 */
export function askChild(
  runtime: RuntimeName,
  file: string,
  args: readonly string[],
): unknown {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [command, ...before] = commandOf(runtime);
  const { status, stdout, error } = spawnSync(
    command,
    [...before, path, ...args],
    { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" },
  );
  if (error !== undefined) throw error;
  if (status === 0) return JSON.parse(stdout);
  throw new Error(`It failed on ${runtime}: ${file} ${args.join(" ")}`);
}

/**
 * Gives what comes before the file: Node and Bun have to be taught `npm:`, V8 to
 * let the garbage collector be called.
 *
 * @param runtime The runtime.
 * @returns The command and its arguments.
 */
export function commandOf(runtime: RuntimeName): [string, ...string[]] {
  const command = binaryOf(runtime);
  switch (runtime) {
    case "deno":
      return [
        command,
        "run",
        "-A",
        "--no-lock",
        "--quiet",
        "--v8-flags=--expose-gc",
      ];
    case "bun":
      return [
        command,
        "--preload",
        fileURLToPath(new URL("bun_resolver.ts", import.meta.url)),
      ];
    case "node":
      return [
        command,
        "--disable-warning=ExperimentalWarning",
        "--expose-gc",
        "--import",
        new URL("node_resolver.mjs", import.meta.url).href,
      ];
  }
}

/** This one, or the one that `.ci/run` has installed, or the one in PATH. */
function binaryOf(runtime: RuntimeName): string {
  if (runtime === circumstances().runtime) return process.execPath;
  const folder = runtime === "node" ? "node24" : runtime;
  const path = `../.runtimes/${folder}/node_modules/.bin/${runtime}`;
  const installed = fileURLToPath(new URL(path, import.meta.url));
  return existsSync(installed) ? installed : runtime;
}
