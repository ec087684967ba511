/**
 * Plain data: what JSON has, object literals and arrays.
 *
 * @module
 */

/** Whether a value is an object literal, or an object without a prototype. */
export function isPlainObject(
  value: unknown,
): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a value is what JSON can say. */
export function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isJson);
      return isPlainObject(value) && Object.values(value).every(isJson);
    default:
      return false;
  }
}

/**
 * A copy of plain objects, arrays and dates, at any depth; anything else, such
 * as an instance of a class, is kept as it is. `Object.fromEntries` defines, so
 * that a key `__proto__` from a file is plain data.
 */
export function plainCopy<T>(value: T): T {
  return copyWith(value, (copy) => copy);
}

/** The same, frozen (but for the dates). */
export function frozenCopy<T>(value: T): T {
  return copyWith(value, Object.freeze);
}

function copyWith<T>(value: T, finish: (copy: object) => unknown): T {
  if (Array.isArray(value)) {
    // Unlike map(), it fills holes, and makes no instance of a subclass.
    return finish(Array.from(value, (item) => copyWith(item, finish))) as T;
  }
  if (value instanceof Date) return new Date(value) as T;
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    copyWith(item, finish),
  ]);
  return finish(Object.fromEntries(entries)) as T;
}
