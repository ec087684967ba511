/** What several tests of the lower floors need. */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type {
  StandardSchema,
  StandardSchemaResult,
} from "../src/validators.ts";

/** How many cases a property runs. */
export const RUNS = 200;

/**
 * Any character. That is what fast-check calls "binary", which takes a second to
 * make.
 */
export const character: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
).map((point) => String.fromCodePoint(point));

/** Whether two types are the same, `readonly` and `?` included. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where the type argument is `true`. */
export function expectType<T extends true>(..._proof: readonly T[]): void {}

/** One value of every kind that is not a number, with a name. */
export const NOT_NUMBERS: readonly (readonly [name: string, value: unknown])[] =
  [
    ["undefined", undefined],
    ["null", null],
    ["a numeric string", "5"],
    ["an empty string", ""],
    ["a boolean", true],
    ["a bigint", 5n],
    ["a symbol", Symbol("five")],
    ["an object", { valueOf: (): number => 5 }],
    ["an array", [5]],
    ["a function", (): number => 5],
  ];

/** What shows a value as text. */
export interface Rendering {
  readonly name: string;
  readonly text: string;
}

interface Hosts {
  readonly process?: {
    readonly getBuiltinModule?: (id: string) => unknown;
  };
  readonly Deno?: { inspect(value: unknown, options?: unknown): string };
  readonly Bun?: { inspect(value: unknown, options?: unknown): string };
}

type Inspect = (value: unknown) => string;

/** How the consoles of the runtime at hand show a value. */
export function inspectors(): ReadonlyMap<string, Inspect> {
  const { process, Deno, Bun } = globalThis as Hosts;
  const util = process?.getBuiltinModule?.("node:util") as
    | { inspect(value: unknown, options?: unknown): string }
    | undefined;
  const found = new Map<string, Inspect>();
  const depth = Infinity;
  if (util !== undefined) {
    const hidden = { depth, showHidden: true, getters: true, showProxy: true };
    found.set("util.inspect", (value) => util.inspect(value));
    found.set("util.inspect hidden", (value) => util.inspect(value, hidden));
    found.set(
      "util.inspect raw",
      (value) => util.inspect(value, { ...hidden, customInspect: false }),
    );
  }
  if (Deno !== undefined) {
    const all = { depth, getters: true, showProxy: true };
    found.set("Deno.inspect", (value) => Deno.inspect(value));
    found.set("Deno.inspect deep", (value) => Deno.inspect(value, all));
  }
  if (Bun !== undefined) {
    found.set("Bun.inspect", (value) => Bun.inspect(value));
    found.set("Bun.inspect deep", (value) => Bun.inspect(value, { depth }));
  }
  return found;
}

/** Every text in which a value may end up: strings, JSON, stacks, consoles. */
export function renderingsOf(value: unknown): readonly Rendering[] {
  const renderings: Rendering[] = [
    { name: "String()", text: String(value) },
    { name: "JSON.stringify()", text: JSON.stringify(value) ?? "" },
  ];
  if (value instanceof Error) {
    renderings.push(
      { name: "message", text: value.message },
      { name: "stack", text: value.stack ?? "" },
      { name: "own fields", text: JSON.stringify({ ...value }) },
    );
  }
  for (const [name, inspect] of inspectors()) {
    renderings.push({ name, text: inspect(value) });
  }
  return renderings;
}

/** Fails where any rendering of the value has the marker in it. */
export function assertConceals(value: unknown, marker: string): void {
  const leaks = renderingsOf(value).filter(({ text }) => text.includes(marker));
  deepStrictEqual(leaks, []);
}

/** Fails where the error tells the marker in its message or its JSON. */
export function assertErrorConceals(error: Error, marker: string): void {
  const told = `${error.message}\n${String(error)}\n${JSON.stringify(error)}`;
  ok(!told.includes(marker), `${marker} is told in: ${told}`);
}

/** Fails where anything in a tree of plain data can still be changed. */
export function assertDeeplyFrozen(value: unknown, path = "value"): void {
  if (typeof value !== "object" || value === null) return;
  strictEqual(Object.isFrozen(value), true, `${path} is not frozen`);
  for (const [key, item] of Object.entries(value)) {
    assertDeeplyFrozen(item, `${path}.${key}`);
  }
}

/** A Standard Schema from its check alone. */
export function schemaOf<T>(
  validate: (
    value: unknown,
  ) => StandardSchemaResult<T> | Promise<StandardSchemaResult<T>>,
): StandardSchema<T> {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

/**
 * The same object with every method asynchronous: it does its work a
 * microtask later and gives a promise. It stands for a remote implementation.
 */
export function deferred<P extends object>(inner: P): P {
  return new Proxy(inner, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== "function") return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await Promise.resolve();
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Puts something else in a property's place while the body runs. */
export function withReplaced<T extends object, K extends keyof T, R>(
  target: T,
  key: K,
  replacement: T[K],
  body: () => R,
): R {
  const before = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, {
    value: replacement,
    configurable: true,
    writable: true,
  });
  try {
    return body();
  } finally {
    if (before === undefined) delete target[key];
    else Object.defineProperty(target, key, before);
  }
}

/** What became of a promise that may never settle. */
export interface Watched<T> {
  /** Whether it was fulfilled. */
  isSettled: boolean;
  /** What it was fulfilled with; `undefined` as long as it was not. */
  value: T | undefined;
}

/** Watches a promise, so that no test has to wait for it. */
export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { isSettled: false, value: undefined };
  promise.then((value) => {
    watched.isSettled = true;
    watched.value = value;
  });
  return watched;
}

/** A signal that tells how many listeners it has. */
export class CountingSignal {
  aborted = false;
  reason: unknown = undefined;
  /** How many listeners were ever added. */
  added = 0;
  readonly #listeners = new Map<() => void, boolean>();

  /** How many listeners there are now. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  addEventListener(
    type: string,
    listener: () => void,
    options?: { readonly once?: boolean },
  ): void {
    strictEqual(type, "abort");
    this.added++;
    this.#listeners.set(listener, options?.once === true);
  }

  removeEventListener(type: string, listener: () => void): void {
    strictEqual(type, "abort");
    this.#listeners.delete(listener);
  }

  abort(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    for (const [listener, once] of this.#listeners) {
      if (once) this.#listeners.delete(listener);
      listener();
    }
  }

  asSignal(): AbortSignal {
    return this as unknown as AbortSignal;
  }
}

/** A step of a model-based test: does the same to the model and to the real. */
export class ModelStep<Model extends object, Real>
  implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #run: (model: Model, real: Real) => Promise<void>;

  constructor(
    name: string,
    run: (model: Model, real: Real) => Promise<void>,
  ) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): Promise<void> {
    return this.#run(model, real);
  }

  toString(): string {
    return this.#name;
  }
}
