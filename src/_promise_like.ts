/**
 * Values that may have to be waited for.
 *
 * @module
 */

/**
 * Tells a promise from a value, for code that waits only where it must.
 *
 * @param value What to look at.
 * @returns Whether it has a `then()`.
 */
export function isPromiseLike<T>(
  value: T | PromiseLike<T>,
): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then ===
    "function";
}
