/**
 * Copies of functions, for bench files whose contenders do the same.
 *
 * @module
 */

let copies = 0;

/**
 * Compiles a function once more: what engines learn about a copy is about one
 * contender alone (see `harness.ts`).
 *
 * @param original The function; it must have no free variables.
 * @returns The copy.
 */
// deno-lint-ignore no-explicit-any -- whatever it takes, the copy takes
export function copy<F extends (...args: any[]) => unknown>(original: F): F {
  return new Function(
    `"use strict"; return /* ${++copies} */ ${original}`,
  )();
}
