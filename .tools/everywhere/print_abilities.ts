/**
 * Prints the abilities of the runtime that runs it as JSON: Deno, Node or Bun.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { measureAbilities } from "./abilities.ts";

console.log(JSON.stringify(await measureAbilities()));
