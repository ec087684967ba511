/**
 * Compiles programs of those who have installed the package, by every version of
 * TypeScript that is promised.
 *
 * @module
 */

import { join } from "node:path";
import { ask, run } from "./command.ts";
import type { Runtime } from "./runtimes.ts";

/**
 * The versions of TypeScript: the oldest that knows all that the types say
 * (`Uint8Array<ArrayBuffer>` came with 5.7), and the last of each major.
 */
export const COMPILERS = ["5.7.3", "5.9.3", "6.0.3", "7.0.2"] as const;

/** One of them. */
export type Compiler = typeof COMPILERS[number];

/** What the programs are made for. */
const PLATFORMS = {
  Node: { lib: ["es2022"], types: ["node"] },
  browsers: { lib: ["es2022", "dom"], types: [] },
};

/** How modules are found. */
const RESOLUTIONS = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

const STRICTNESS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

const PROGRAM = { ...STRICTNESS, target: "es2022", skipLibCheck: false };

/**
 * Compiles `consumer.ts` for each platform, with each way of finding modules.
 *
 * @param node What runs the compiler.
 * @param tools The folder of compilers.
 * @param compiler The version of the compiler.
 * @param folder Where the program and the package are.
 * @returns What it was compiled for.
 * @throws {Error} It does not compile.
 */
export async function compileConsumer(
  node: Runtime,
  tools: string,
  compiler: Compiler,
  folder: string,
): Promise<string> {
  const programs = Object.entries(PLATFORMS).flatMap(([platform, libraries]) =>
    Object.entries(RESOLUTIONS).map(([resolution, modules]) =>
      compile(node, tools, compiler, folder, `${platform}-${resolution}`, {
        compilerOptions: {
          ...PROGRAM,
          ...libraries,
          ...modules,
          declaration: true,
          rootDir: ".",
          outDir: `out/${compiler}-${platform}-${resolution}`,
        },
        files: ["consumer.ts"],
      })
    )
  );
  return (await Promise.all(programs)).join(", ");
}

/**
 * Checks the types of `consumer.ts` by Deno.
 *
 * @param folder Where the program and the package are.
 * @returns The version of its compiler.
 * @throws {Error} It does not compile.
 */
export async function checkConsumerByDeno(folder: string): Promise<string> {
  const config = join(folder, "deno.json");
  await Deno.writeTextFile(
    config,
    JSON.stringify({ compilerOptions: STRICTNESS }),
  );
  const args = ["check", "--no-lock", "--config", config, "consumer.ts"];
  await run(Deno.execPath(), args, folder);
  await Deno.remove(config);
  return Deno.version.typescript;
}

/**
 * Compiles the suite's test of types with the types that are shipped.
 *
 * @param node What runs the compiler.
 * @param tools The folder of compilers.
 * @param compiler The version of the compiler.
 * @param folder Where the suite and the package are.
 * @returns What it was compiled for.
 * @throws {Error} It does not compile.
 */
export async function compileTypesTest(
  node: Runtime,
  tools: string,
  compiler: Compiler,
  folder: string,
): Promise<string> {
  return await compile(node, tools, compiler, folder, "Node-nodenext", {
    compilerOptions: {
      ...PROGRAM,
      ...PLATFORMS.Node,
      ...RESOLUTIONS.nodenext,
      noEmit: true,
    },
    files: ["tests/types_test.ts"],
  });
}

async function compile(
  node: Runtime,
  tools: string,
  compiler: Compiler,
  folder: string,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  const file = join(folder, `tsconfig.${compiler}-${name}.json`);
  await Deno.writeTextFile(file, JSON.stringify(settings));
  const tsc = join(tools, `typescript-${compiler}`, "bin/tsc");
  const args = [tsc, "--project", file, "--pretty", "false"];
  const { success, output } = await ask(node.program, args, folder);
  if (!success) throw new Error(`${name}:\n${output}`);
  return name;
}
