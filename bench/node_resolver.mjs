/**
 * Lets Node run the bench files: resolves `npm:name@version/sub` to the copy
 * that Deno installed under `node_modules/.deno`.
 *
 * Loaded with `node --import ./bench/node_resolver.mjs`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import * as module from "node:module";
import process from "node:process";

const SPECIFIER = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.+)?$/;

if (module.registerHooks === undefined) {
  throw new Error(
    `The benchmarks need Node 22.18 or later; this is ${process.version}`,
  );
}

module.registerHooks({
  resolve(specifier, context, nextResolve) {
    const match = SPECIFIER.exec(specifier);
    if (match === null) return nextResolve(specifier, context);
    const [, name, version, sub = ""] = match;
    const folder = `${name.replace("/", "+")}@${version}/node_modules/${name}`;
    const manifest = new URL(
      `../node_modules/.deno/${folder}/package.json`,
      import.meta.url,
    );
    if (!existsSync(manifest)) {
      throw new Error(
        `Not installed: ${name}@${version} (see bench/harness.ts)`,
      );
    }
    // Asked from inside the package, its bare name means this very version,
    // and Node's own rules for `exports` apply to the rest.
    return nextResolve(name + sub, { ...context, parentURL: manifest.href });
  },
});
