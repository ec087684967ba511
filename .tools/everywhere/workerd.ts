/**
 * Runs the test suite, unchanged, in workerd, without anything of Node.
 *
 * ```sh
 * deno run -A --no-lock .tools/everywhere/workerd.ts [part of a path]
 * ```
 *
 * Takes what the variable WORKERD names, or has npm install workerd into
 * `.runtimes/`, once. Prints failed tests and, last, the totals; exits with 1 where
 * a test failed or none ran.
 *
 * @module
 */

import { ask, NPM } from "../pack/command.ts";
import { bundleSuite, ROOT, ROOT_PATH, withFolder } from "./bundle.ts";
import { conclude, type Outcome, runOutside } from "./collector.ts";

const VERSION = "1.20261117.1";

/**
 * Finds workerd, or installs it.
 *
 * @returns Its command, and its name with its version.
 * @throws {Error} There is none.
 */
export async function findWorkerd(): Promise<
  { readonly command: string; readonly runtime: string }
> {
  const command = Deno.env.get("WORKERD") ?? await install();
  const { stdout } = await ask(command, ["--version"], ".").catch(() => {
    throw new Error(`There is no ${command}, which WORKERD names`);
  });
  return { command, runtime: stdout.trim() };
}

/** Runs the files whose path has the filter in it. */
export async function runInWorkerd(filter = ""): Promise<Outcome> {
  const { command, runtime } = await findWorkerd();
  return await withFolder(async (folder) => {
    const start = "export default { test: (_, env) => run(env.collector) };";
    await bundleSuite(folder, start, filter);
    return await runOutside(folder, async (collector) => {
      const config = `${folder}/config.capnp`;
      await Deno.writeTextFile(config, configOf(collector));
      return { runtime, command, args: ["test", config] };
    });
  });
}

/** By dates of late 2026 there is something of Node unless it is turned off. */
function configOf(collector: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["local"])),
  ],
  v8Flags = ["--expose-gc"],
);

const main :Workerd.Worker = (
  modules = [(name = "suite.js", esModule = embed "suite.js")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
  bindings = [(name = "collector", text = ${JSON.stringify(collector)})],
);
`;
}

async function install(): Promise<string> {
  const prefix = new URL(".runtimes/workerd/", ROOT);
  const binary = await findBinary(prefix);
  if (binary !== undefined) return binary;
  await Deno.mkdir(prefix, { recursive: true });
  const { output } = await ask(NPM, [
    "install",
    `--prefix=${prefix.pathname}`,
    "--no-audit",
    "--no-fund",
    "--no-save",
    "--loglevel=error",
    `workerd@${VERSION}`,
  ], ROOT_PATH);
  const installed = await findBinary(prefix);
  if (installed !== undefined) return installed;
  throw new Error(`npm did not install workerd@${VERSION}: ${output}`);
}

/** The one for this platform, where it is there in the right version. */
async function findBinary(prefix: URL): Promise<string | undefined> {
  const packages = new URL("node_modules/@cloudflare/", prefix);
  try {
    for await (const { name } of Deno.readDir(packages)) {
      const folder = new URL(`${name}/`, packages);
      const manifest = await Deno.readTextFile(new URL("package.json", folder));
      const { version } = JSON.parse(manifest) as { version: string };
      if (version === VERSION) return new URL("bin/workerd", folder).pathname;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

if (import.meta.main) conclude(await runInWorkerd(Deno.args[0]));
