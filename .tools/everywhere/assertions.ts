/**
 * The assertions of `node:assert/strict`, as Node has them but for the texts of
 * their messages (`node_assert_test.ts` asks both about the same cases).
 *
 * @module
 */

import { stringify } from "fast-check";
import { isDeepEqual } from "./deep_equal.ts";

/** What is told of a failed assertion. */
export interface AssertionErrorOptions {
  readonly message?: string | undefined;
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator?: string | undefined;
}

/** An assertion does not hold. */
export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly generatedMessage: boolean;
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string | undefined;

  constructor(
    { message, actual, expected, operator }: AssertionErrorOptions,
  ) {
    super(message ?? `${operator}: ${show(actual)}, ${show(expected)}`);
    this.name = "AssertionError";
    this.generatedMessage = message === undefined;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

type Message = string | Error | undefined;
// deno-lint-ignore no-explicit-any -- any class will do, with any constructor
type ErrorClass = abstract new (...args: any[]) => unknown;
/** What an error must be like: a class, a check, a pattern, or some fields. */
type Expectation = ErrorClass | ((error: unknown) => boolean) | RegExp | object;

const LONGEST_SHOWN = 2_000;

function show(value: unknown): string {
  const text = asText(value);
  return text.length > LONGEST_SHOWN
    ? `${text.slice(0, LONGEST_SHOWN)}…`
    : text;
}

function asText(value: unknown): string {
  try {
    return stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function failWith(
  message: Message,
  options: Omit<AssertionErrorOptions, "message">,
  generated?: string,
): never {
  if (message instanceof Error) throw message;
  throw new AssertionError({ ...options, message: message ?? generated });
}

/** Throws. */
export function fail(message: string | Error = "Failed"): never {
  failWith(message, { operator: "fail" });
}

/** Fails where the value is falsy. */
export function ok(value?: unknown, message?: string | Error): asserts value {
  if (!value) {
    failWith(message, { actual: value, expected: true, operator: "==" });
  }
}

/** Fails where two values are not the same, as `Object.is` has it. */
export function strictEqual(
  actual: unknown,
  expected: unknown,
  message?: string | Error,
): void {
  if (!Object.is(actual, expected)) {
    failWith(message, { actual, expected, operator: "strictEqual" });
  }
}

/** Fails where two values are the same. */
export function notStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: string | Error,
): void {
  if (Object.is(actual, expected)) {
    failWith(message, { actual, expected, operator: "notStrictEqual" });
  }
}

/** Fails where two values are not made alike. */
export function deepStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: string | Error,
): void {
  if (!isDeepEqual(actual, expected)) {
    failWith(message, { actual, expected, operator: "deepStrictEqual" });
  }
}

/** Fails where two values are made alike. */
export function notDeepStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: string | Error,
): void {
  if (isDeepEqual(actual, expected)) {
    failWith(message, { actual, expected, operator: "notDeepStrictEqual" });
  }
}

/** Fails where a text does not match. */
export function match(
  text: string,
  pattern: RegExp,
  message?: string | Error,
): void {
  assertPattern(pattern);
  if (typeof text !== "string" || pattern.exec(text) === null) {
    failWith(message, { actual: text, expected: pattern, operator: "match" });
  }
}

/** Fails where a text matches. */
export function doesNotMatch(
  text: string,
  pattern: RegExp,
  message?: string | Error,
): void {
  assertPattern(pattern);
  if (typeof text !== "string" || pattern.exec(text) !== null) {
    const options = { actual: text, expected: pattern };
    failWith(message, { ...options, operator: "doesNotMatch" });
  }
}

function assertPattern(pattern: unknown): void {
  if (!(pattern instanceof RegExp)) {
    throw new TypeError("What to match must be a RegExp");
  }
}

// --- errors

/** Nothing was thrown. */
const NOTHING = Symbol("nothing");

function thrownBy(body: () => unknown): unknown {
  if (typeof body !== "function") {
    throw new TypeError("What to call must be a function");
  }
  try {
    body();
  } catch (error) {
    return error;
  }
  return NOTHING;
}

async function rejectionOf(
  promise: Promise<unknown> | (() => Promise<unknown>),
): Promise<unknown> {
  const given = typeof promise === "function" ? promise() : promise;
  if (!isThenable(given)) {
    throw new TypeError("What to await must be a promise, or give one");
  }
  try {
    await given;
  } catch (error) {
    return error;
  }
  return NOTHING;
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

/** Fails where nothing is thrown, or something else. */
export function throws(
  body: () => unknown,
  expected?: Expectation | string,
  message?: string | Error,
): void {
  checkThrown("throws", thrownBy(body), expected, message);
}

/** Fails where the promise does not reject, or with something else. */
export async function rejects(
  promise: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expectation | string,
  message?: string | Error,
): Promise<void> {
  checkThrown("rejects", await rejectionOf(promise), expected, message);
}

/** Fails where something is thrown. */
export function doesNotThrow(
  body: () => unknown,
  expected?: ErrorClass | RegExp | string,
  message?: string | Error,
): void {
  checkNotThrown("doesNotThrow", thrownBy(body), expected, message);
}

/** Fails where the promise rejects. */
export async function doesNotReject(
  promise: Promise<unknown> | (() => Promise<unknown>),
  expected?: ErrorClass | RegExp | string,
  message?: string | Error,
): Promise<void> {
  checkNotThrown(
    "doesNotReject",
    await rejectionOf(promise),
    expected,
    message,
  );
}

function checkThrown(
  operator: string,
  actual: unknown,
  expected: Expectation | string | undefined,
  message: Message,
): void {
  if (typeof expected === "string") {
    if (message !== undefined) {
      throw new TypeError("A text cannot say what to expect");
    }
    const text = (actual as { message?: unknown } | null)?.message ?? actual;
    if (text === expected) {
      throw new TypeError(
        "Is it the message of the error or of the assertion?",
      );
    }
    return checkThrown(operator, actual, undefined, expected);
  }
  const isPossible = expected === undefined || expected === null ||
    typeof expected === "function" || typeof expected === "object";
  if (!isPossible) {
    throw new TypeError("What to expect must be a function or an object");
  }
  if (actual === NOTHING) {
    failWith(message, { expected, operator }, "Nothing was thrown");
  }
  if (!expected) return;
  const options = { actual, expected, operator };
  const generated = `${operator}: ${show(actual)} is not ${show(expected)}`;
  if (!isExpected(actual, expected)) failWith(message, options, generated);
}

function checkNotThrown(
  operator: string,
  actual: unknown,
  expected: ErrorClass | RegExp | string | undefined,
  message: Message,
): void {
  if (actual === NOTHING) return;
  if (typeof expected === "string") {
    return checkNotThrown(operator, actual, undefined, expected);
  }
  if (expected !== undefined && !isExpected(actual, expected)) throw actual;
  const generated = `${operator}: ${show(actual)}`;
  failWith(message, { actual, expected, operator }, generated);
}

function isExpected(actual: unknown, expected: Expectation): boolean {
  if (typeof expected === "function") return isAccepted(actual, expected);
  if (expected instanceof RegExp) return expected.exec(String(actual)) !== null;
  if (typeof actual !== "object" || actual === null) return false;
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) {
    throw new TypeError("What to expect may not be an empty object");
  }
  return keys.every((key) => {
    const has = Reflect.get(actual, key) as unknown;
    const wanted = Reflect.get(expected, key) as unknown;
    return typeof has === "string" && wanted instanceof RegExp &&
        wanted.exec(has) !== null ||
      key in actual && isDeepEqual(has, wanted);
  });
}

// deno-lint-ignore ban-types -- a class, or a function to ask
function isAccepted(actual: unknown, expected: Function): boolean {
  // Arrow functions have no prototype, and nothing is an instance of them.
  if (expected.prototype !== undefined && actual instanceof expected) {
    return true;
  }
  if (Object.prototype.isPrototypeOf.call(Error, expected)) return false;
  return Reflect.apply(expected, {}, [actual]) === true;
}

export {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  notStrictEqual as notEqual,
  strictEqual as equal,
};
