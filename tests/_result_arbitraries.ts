// Arbitrary values and results: what a Result has to carry unharmed.

import fc from "fast-check";
import { err, ok, type Result } from "../src/result.ts";

/** The values that careless code mistakes for "no value". */
export const AWKWARD_VALUES: readonly unknown[] = [
  undefined,
  null,
  false,
  0,
  -0,
  NaN,
  0n,
  "",
  [],
  {},
  Symbol.iterator,
  () => undefined,
  new Error("a value, not a failure"),
  ok(1),
  err("inner"),
];

/** Anything at all. */
export function values(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(...AWKWARD_VALUES),
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    }),
    fc.func(fc.integer()),
  );
}

/** An Ok or an Err of anything. */
export function results(): fc.Arbitrary<Result<unknown, unknown>> {
  return fc.oneof(values().map(ok), values().map(err));
}

/**
 * A function that gives one and the same answer to one input. (`fc.func` alone
 * makes a new copy of an answer that is itself a function.)
 */
export function functions<T>(
  answers: fc.Arbitrary<T>,
): fc.Arbitrary<(input: unknown) => T> {
  return fc.func<[unknown], T>(answers).map((fn) => {
    const known = new Map<unknown, T>();
    return (input) => {
      if (!known.has(input)) known.set(input, fn(input));
      return known.get(input) as T;
    };
  });
}
