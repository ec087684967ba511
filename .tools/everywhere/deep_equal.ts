/**
 * Whether two values are made alike: what `deepStrictEqual` of `node:assert` asks.
 * It is as strict as Node (`node_assert_test.ts` asks both about the same cases).
 * Where Node can look deeper than a script can, into a `CryptoKey`, say, things
 * are like themselves alone. What else is set on a typed array is not looked at.
 *
 * @module
 */

/** What is being compared, with how deep it lies, to end in circles. */
interface Trail {
  readonly ofA: Map<object, number>;
  readonly ofB: Map<object, number>;
}

/** Whether two values are made alike. */
export function isDeepEqual(a: unknown, b: unknown): boolean {
  return isEqual(a, b, { ofA: new Map(), ofB: new Map() });
}

function isEqual(a: unknown, b: unknown, trail: Trail): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (tagOf(a) !== tagOf(b)) return false;
  const { ofA, ofB } = trail;
  const [depthOfA, depthOfB] = [ofA.get(a), ofB.get(b)];
  if (depthOfA !== undefined || depthOfB !== undefined) {
    return depthOfA === depthOfB;
  }
  ofA.set(a, ofA.size);
  ofB.set(b, ofB.size);
  const result = hasEqualContent(a, b, trail);
  ofA.delete(a);
  ofB.delete(b);
  return result;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** These hold what no script can see. */
const OPAQUE: readonly (abstract new (...args: never[]) => object)[] = [
  Promise,
  WeakMap,
  WeakSet,
  WeakRef,
  CryptoKey,
];

const BOXES: readonly (abstract new (...args: never[]) => object)[] = [
  Number,
  String,
  Boolean,
  BigInt as unknown as new () => object,
  Symbol as unknown as new () => object,
];

function hasEqualContent(a: object, b: object, trail: Trail): boolean {
  if (ArrayBuffer.isView(a)) {
    return ArrayBuffer.isView(b) && hasEqualBytes(bytesOf(a), bytesOf(b));
  }
  if (OPAQUE.some((type) => a instanceof type)) return false;
  const boxed = BOXES.some((type) => a instanceof type);
  if (boxed && !Object.is(a.valueOf(), b.valueOf())) return false;
  return hasEqualState(a, b, trail) && hasEqualFields(a, b, trail);
}

/** Compares what built-in objects hold beside their properties. */
function hasEqualState(a: object, b: object, trail: Trail): boolean {
  if (a instanceof Map) {
    return b instanceof Map && hasEqualEntries(a, b, trail);
  }
  if (a instanceof Set) {
    return b instanceof Set && hasEqualItems(a, b, trail);
  }
  if (a instanceof Date) {
    return b instanceof Date && Object.is(a.getTime(), b.getTime());
  }
  if (a instanceof RegExp) {
    return b instanceof RegExp && a.source === b.source &&
      a.flags === b.flags && a.lastIndex === b.lastIndex;
  }
  if (a instanceof Error) return b instanceof Error && isSameError(a, b, trail);
  if (a instanceof URL) return b instanceof URL && a.href === b.href;
  if (a instanceof ArrayBuffer) {
    return b instanceof ArrayBuffer &&
      hasEqualBytes(new Uint8Array(a), new Uint8Array(b));
  }
  return true;
}

function isSameError(a: Error, b: Error, trail: Trail): boolean {
  // The stack tells where an error was made, not what it is.
  return Object.hasOwn(a, "cause") === Object.hasOwn(b, "cause") &&
    ["name", "message", "cause", "errors"].every((key) =>
      isEqual(Reflect.get(a, key), Reflect.get(b, key), trail)
    );
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function hasEqualBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The enumerable keys of an object's own; a hole of an array is none. */
function keysOf(value: object): readonly PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
  return [...Object.keys(value), ...symbols];
}

function hasEqualFields(a: object, b: object, trail: Trail): boolean {
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const keys = keysOf(a);
  return keys.length === keysOf(b).length &&
    keys.every((key) =>
      Object.prototype.propertyIsEnumerable.call(b, key) &&
      isEqual(Reflect.get(a, key), Reflect.get(b, key), trail)
    );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function hasEqualItems(
  a: ReadonlySet<unknown>,
  b: ReadonlySet<unknown>,
  trail: Trail,
): boolean {
  if (a.size !== b.size) return false;
  const left = [...b].filter((item) => !a.has(item));
  return [...a].every((item) =>
    b.has(item) ||
    isObject(item) && take(left, (other) => isEqual(item, other, trail))
  );
}

function hasEqualEntries(
  a: ReadonlyMap<unknown, unknown>,
  b: ReadonlyMap<unknown, unknown>,
  trail: Trail,
): boolean {
  if (a.size !== b.size) return false;
  const left = [...b].filter(([key]) => isObject(key));
  return [...a].every(([key, value]) =>
    isObject(key)
      ? take(
        left,
        ([otherKey, otherValue]) =>
          isEqual(key, otherKey, trail) && isEqual(value, otherValue, trail),
      )
      : b.has(key) && isEqual(value, b.get(key), trail)
  );
}

/** Takes the first item that fits out of a list, where there is one. */
function take<T>(items: T[], fits: (item: T) => boolean): boolean {
  const index = items.findIndex(fits);
  if (index === -1) return false;
  items.splice(index, 1);
  return true;
}
