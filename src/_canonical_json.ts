/**
 * One text for one value: JSON in canonical form (RFC 8785), so that a hash of it,
 * or what it authenticates, does not depend on how it came about.
 *
 * @module
 */

import { isPlainObject } from "./_plain.ts";
import { catchToResult } from "./result.ts";

/**
 * Writes plain data in canonical form: no white space, the names of each object in
 * the order of their UTF-16 code units, numbers as ECMAScript writes them.
 *
 * @param value The value. As in `JSON.stringify`, a member that is `undefined` is
 * left out.
 * @returns The text; `undefined` where it is not what JSON can say: a number that
 * is not finite, half of a surrogate pair, an object of a class, a function, a hole
 * or `undefined` in a list, a circle, or thousands of levels.
 */
export function canonicalJson(value: unknown): string | undefined {
  // What is nested too deep overflows the stack, and a circle does.
  return catchToResult(() => write(value), () => undefined).unwrapOr(undefined);
}

function write(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return writeText(value);
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : undefined;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return writeList(value);
      return isPlainObject(value) ? writeObject(value) : undefined;
    default:
      return undefined;
  }
}

function writeText(text: string): string | undefined {
  return text.isWellFormed() ? JSON.stringify(text) : undefined;
}

function writeList(values: readonly unknown[]): string | undefined {
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const item = write(values[i]);
    if (item === undefined) return undefined;
    text += i === 0 ? item : `,${item}`;
  }
  return `[${text}]`;
}

function writeObject(
  value: Readonly<Record<string, unknown>>,
): string | undefined {
  let text = "";
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    const [key, written] = [writeText(name), write(member)];
    if (key === undefined || written === undefined) return undefined;
    text += `${text === "" ? "" : ","}${key}:${written}`;
  }
  return `{${text}}`;
}
