/**
 * Columns: typed arrays of which each entry of a structure has one place.
 *
 * @module
 */

/** What a column may be made of. */
export type Column = Float64Array | Int32Array | Uint8Array;

/**
 * Moves a column into a new one, with more places or with fewer.
 *
 * @param column The column.
 * @param target The new one, which holds 0 in every place.
 * @returns The new one.
 */
export function movedTo<C extends Column>(column: C, target: C): C {
  target.set(column.subarray(0, target.length));
  return target;
}
