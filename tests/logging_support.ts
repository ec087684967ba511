/** Whatever somebody may log, and what reads the lines that come of it. */

import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { Secret } from "../src/secret.ts";
import { character } from "./foundation_support.ts";

/** What a line told. */
export type Told = Readonly<Record<string, unknown>>;

/** What ends a line somewhere, or moves the cursor of a terminal. */
const BREAKS = /[\p{Cc}\u2028\u2029]/u;

/** Reads a line strictly: one object of JSON, in one line, no name twice in it. */
export function readLine(line: string): Told {
  ok(!BREAKS.test(line), `a line break: ${JSON.stringify(line)}`);
  ok(line.startsWith("{"), line);
  const told = JSON.parse(line) as Told;
  deepStrictEqual(namesTwice(line), [], line);
  return told;
}

/** The names that an object of the JSON has more than once. */
function namesTwice(json: string): readonly string[] {
  const twice: string[] = [];
  const objects: Set<string>[] = [];
  const tokens = json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g);
  for (const [token, text, colon] of tokens) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(text!) as string;
      const names = objects.at(-1)!;
      if (names.has(name)) twice.push(name);
      names.add(name);
    }
  }
  return twice;
}

/** Texts that are more than they look. */
const HOSTILE_TEXTS: readonly string[] = [
  "",
  '"',
  "\\",
  '\\"',
  '","level":"fatal',
  "\n",
  "\r\n",
  '\n{"level":"fatal"}',
  "\u0000",
  "\u0007",
  "\u001b[2J",
  "\u007f",
  "\u0085",
  "\u009b31m",
  "\u2028",
  "\u2029",
  "\u202e",
  "\u2066",
  "\u200f",
  "\u061c",
  "\ud800",
  "\udc00\ud800",
  "😀",
  "a".repeat(48),
  "a".repeat(49),
  `${"a".repeat(60)}"`,
  `${"a".repeat(60)}\u2028`,
];

/** Names that a line, an object or we use for something. */
const HOSTILE_NAMES: readonly string[] = [
  "time",
  "_time",
  "__time",
  "level",
  "message",
  "traceId",
  "_traceId",
  "spanId",
  "a",
  "_a",
  "b",
  "error",
  "extra",
  "name",
  "stack",
  "cause",
  "errors",
  "[more]",
  "_[more]",
  "[unreadable]",
  "_[unreadable]",
  "__proto__",
  "constructor",
  "toString",
  "length",
  "0",
  "password",
  "Set-Cookie",
];

/** A text, most likely an odd one. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: character, maxLength: 60 }),
);

/** A name, most likely one that is used for something. */
const hostileName: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_NAMES) },
  { weight: 1, arbitrary: hostileText },
);

/** An error that a test throws where nothing may come of it. */
export class Oops extends Error {}

/** Throws. */
export function oops(): never {
  throw new Oops("oops");
}

/** A proxy that nobody can ask anything. */
export function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** A proxy that throws whatever it is asked. */
export function hedgehog(target: object): object {
  const traps = Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((name) => [name, oops]),
  );
  return new Proxy(target, traps);
}

/** An object whose members have these names and values, `__proto__` as well. */
export function objectOf(
  members: readonly (readonly [name: string, value: unknown])[],
): Record<string, unknown> {
  const object = {};
  for (const [name, value] of members) define(object, name, { value });
  return object;
}

function define<T extends object>(
  object: T,
  name: string,
  how: PropertyDescriptor,
): T {
  const options = { enumerable: true, configurable: true };
  return Object.defineProperty(object, name, { ...options, ...how });
}

/** What makes a value each time, so that none is shared. */
const LEAVES: readonly (() => unknown)[] = [
  (): unknown => undefined,
  (): unknown => null,
  (): unknown => NaN,
  (): unknown => -Infinity,
  (): unknown => -0,
  (): unknown => 1e21,
  (): unknown => 12345678901234567890n,
  (): unknown => Symbol('s"\n'),
  (): unknown => oops,
  (): unknown => class A {},
  (): unknown => new Date(0),
  (): unknown => new Date(NaN),
  (): unknown => /a"/g,
  (): unknown => new URL("https://example.com/?a=1"),
  (): unknown => new Headers({ a: "b" }),
  (): unknown => new Uint8Array(5),
  (): unknown => new DataView(new ArrayBuffer(3)),
  (): unknown => new Uint8Array(3).buffer,
  (): unknown => new WeakMap(),
  (): unknown => Promise.resolve(),
  (): unknown => new Secret("hidden"),
  (): unknown => Object.create(null),
  (): unknown => Object.create(Error.prototype),
  (): unknown => Object.create(Date.prototype),
  (): unknown => Object.create(Map.prototype),
  (): unknown => new DOMException("gone", "AbortError"),
  (): unknown => new Array(4_294_967_295),
  (): unknown => revoked({}),
  (): unknown => revoked([]),
  (): unknown => revoked(oops),
  (): unknown => hedgehog({}),
  (): unknown => hedgehog([]),
  (): unknown => hedgehog(oops),
  (): unknown => new Proxy({}, { ownKeys: oops }),
  (): unknown => new Proxy([1, 2], { get: (): unknown => NaN }),
  (): unknown => ({ toJSON: oops }),
  (): unknown => ({ toJSON: (): void => {} }),
  (): unknown => {
    function again(): unknown {
      return { a: 1, toJSON: again };
    }
    return again();
  },
  (): unknown => {
    const self: Record<string, unknown> = { a: 1 };
    self["toJSON"] = (): unknown => self;
    return self;
  },
  (): unknown => Object.assign(new Error("e"), { toJSON: oops }),
  (): unknown => Object.assign(new Error("e"), { toJSON: (): string => "j" }),
  (): unknown => {
    const error = new Error("e");
    for (const name of ["name", "message", "stack", "cause", "x"]) {
      define(error, name, { get: oops });
    }
    return error;
  },
  (): unknown => {
    const list: unknown[] = [1];
    list.push(list, { list });
    return list;
  },
  (): unknown => {
    const map = new Map<unknown, unknown>();
    return map.set("self", map).set(map, map);
  },
  (): unknown => {
    const error = new Error("e");
    error.cause = error;
    return new AggregateError([error, new Error("f", { cause: error })], "g");
  },
];

/**
 * Makes any value at all, a new one each time. (The values themselves fast-check
 * could not look at.)
 */
export const hostileValue: fc.Arbitrary<() => unknown> = fc.letrec<{
  value: () => unknown;
  members: () => Record<string, unknown>;
}>((tie) => {
  const value = tie("value");
  const members = tie("members");
  const values = fc.array(value, { maxLength: 5 })
    .map((makes) => (): unknown[] => makes.map((make) => make()));
  return {
    members: fc.array(fc.tuple(hostileName, value), { maxLength: 6 }).map(
      (entries) => () =>
        objectOf(entries.map(([name, make]) => [name, make()])),
    ),
    value: fc.oneof(
      { maxDepth: 4 },
      { weight: 4, arbitrary: fc.constantFrom(...LEAVES) },
      { weight: 2, arbitrary: hostileText.map((text) => () => text) },
      { weight: 2, arbitrary: anything().map((value) => () => value) },
      { weight: 3, arbitrary: members },
      { weight: 1, arbitrary: values },
      { weight: 1, arbitrary: values.map((make) => () => new Set(make())) },
      {
        weight: 1,
        arbitrary: fc.tuple(values, values).map(([names, values]) => () => {
          const all = values();
          return new Map(names().map((name, i) => [name, all[i]]));
        }),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(hostileText, value, members).map(
          ([message, cause, own]) => () => {
            const error = new Error(message, { cause: cause() });
            // Bun makes it when it is first read, and throws where `name` has
            // become something that is no text.
            void error.stack;
            const descriptors = Object.getOwnPropertyDescriptors(own());
            return Object.defineProperties(error, descriptors);
          },
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(members, value).map(([own, make]) => () =>
          Object.assign(own(), { toJSON: make })
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(members, hostileName).map(([own, name]) => () =>
          define(own(), name, { get: oops })
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(members, hostileName).map(([own, name]) => () => {
          const object = own();
          return define(object, name, { value: { object } });
        }),
      },
    ),
  };
}).value;

/** All that fast-check has. */
function anything(): fc.Arbitrary<unknown> {
  return fc.anything({
    maxDepth: 2,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  });
}

/** Data that have nothing that throws: their text tells whether they changed. */
export const anyRecord: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.string(),
  anything(),
  { maxKeys: 5 },
);

/** Makes a context: whatever it has, it lets itself be copied. */
export const hostileContext: fc.Arbitrary<() => Record<string, unknown>> = fc
  .array(fc.tuple(hostileName, hostileValue), { maxLength: 4 })
  .map((entries) => () =>
    objectOf(entries.map(([name, make]) => [name, make()]))
  );
