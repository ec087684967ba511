/**
 * A program of somebody who has installed the package: imports and requires the
 * root and every subpath, on whichever runtime runs it. Prints the names that
 * each exports, as JSON.
 *
 * Each name of a subpath is, in the root too, the same object, so that an error
 * from the one is an error of the other's class.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what it prints is read by `check.ts`

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const PACKAGE = "@groundwork/infra";

/** Reachable by its subpath alone: the root has nothing for tests. */
const SUBPATH_ONLY = "./testing";

const { exports } = JSON.parse(
  readFileSync(
    new URL(`node_modules/${PACKAGE}/package.json`, import.meta.url),
    "utf8",
  ),
) as { readonly exports: Readonly<Record<string, unknown>> };

const require = createRequire(import.meta.url);
const root = await import(PACKAGE);
const inRoot = new Set<string>();
const names: Record<string, readonly string[]> = {};
for (const subpath of Object.keys(exports)) {
  const specifier = PACKAGE + subpath.slice(1);
  const imported = await import(specifier);
  const required = require(specifier);
  const found = Object.keys(imported).sort();
  deepStrictEqual(Object.keys(required).sort(), found, specifier);
  for (const name of found) {
    const what = `${name} of ${specifier}`;
    ok(imported[name] !== undefined, what);
    strictEqual(required[name], imported[name], `${what}, required`);
    if (subpath === SUBPATH_ONLY) continue;
    strictEqual(root[name], imported[name], `${what}, in the root`);
    if (subpath !== ".") inRoot.add(name);
  }
  names[subpath] = found;
}
deepStrictEqual([...inRoot].sort(), names["."], "the names of the root");
console.log(JSON.stringify(names));
