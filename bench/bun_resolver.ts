/**
 * Lets Bun run the bench files: resolves `npm:name@version/sub` to the copy
 * that Deno installed under `node_modules/.deno`.
 *
 * Loaded with `bun --preload ./bench/bun_resolver.ts`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The part of Bun's global that is used here: Deno checks this file. */
declare const Bun: {
  plugin(plugin: { name: string; setup(build: PluginBuild): void }): void;
  resolveSync(specifier: string, from: string): string;
};

interface PluginBuild {
  onResolve(
    options: { filter: RegExp; namespace: string },
    callback: (args: { path: string }) => { path: string },
  ): void;
}

// Bun takes what stands before a colon for a namespace: no `npm:` in here.
const SPECIFIER = /^((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.+)?$/;

Bun.plugin({
  name: "npm specifiers",
  setup(build): void {
    build.onResolve({ filter: SPECIFIER, namespace: "npm" }, ({ path }) => {
      const [, name = "", version, sub = ""] = SPECIFIER.exec(path) ?? [];
      const folder = `${
        name.replace("/", "+")
      }@${version}/node_modules/${name}`;
      const inside = fileURLToPath(
        new URL(`../node_modules/.deno/${folder}`, import.meta.url),
      );
      if (!existsSync(inside)) {
        throw new Error(
          `Not installed: ${name}@${version} (see bench/harness.ts)`,
        );
      }
      // Asked from inside the package, its bare name means this very version.
      return { path: Bun.resolveSync(name + sub, inside) };
    });
  },
});
