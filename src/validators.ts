/**
 * The checks that every module makes of its input, once. Each returns a
 * `Result` whose error names the field, and never the value: it may be a
 * secret. Gather the problems of several fields with `allErrors`.
 *
 * When to use it: for single values at the border of a function or a service.
 *
 * When not: for nested documents, which schema libraries describe better:
 * `validateSchema` takes any Standard Schema.
 *
 * - **Nothing slips through**: NaN is no number, a format covers the whole
 *   text, a bound of 0 is a bound.
 * - **Silent.** An error names the field, and never the value. `requireOption`
 *   alone shows it, for what a program passes as an option.
 *
 * @example Check a form
 * ```ts
 * import { allErrors } from "@groundwork/infra/result";
 * import { validateNonEmpty, validateRange } from "@groundwork/infra/validators";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const form = allErrors({
 *   name: validateNonEmpty("name", " "),
 *   age: validateRange("age", -1, { min: 0 }),
 * });
 * deepStrictEqual(form.unwrapErr().map((error) => error.message), [
 *   "name must not be empty",
 *   "age must be at least 0",
 * ]);
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { typeMismatch } from "./_mismatch.ts";
import { ValidationError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { Err, Ok, type Result } from "./result.ts";

/**
 * The types that {@linkcode validateType} tells apart, by name.
 *
 * @example Keep what is of a type
 * ```ts
 * import { partition } from "@groundwork/infra/result";
 * import { type TypeMap, validateType } from "@groundwork/infra/validators";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const ofType = <K extends keyof TypeMap>(type: K, values: readonly unknown[]) =>
 *   partition(values.map((value) => validateType("value", value, type)))[0];
 *
 * // Neither NaN nor what is too large to be exact.
 * deepStrictEqual(ofType("integer", [1, NaN, "2", 2 ** 53]), [1]);
 * ```
 */
export interface TypeMap {
  /** A string. */
  readonly string: string;
  /** A number that is not NaN. */
  readonly number: number;
  /** A whole number that is represented exactly. */
  readonly integer: number;
  /** `true` or `false`. */
  readonly boolean: boolean;
  /** An object that is no array. */
  readonly object: Readonly<Record<string, unknown>>;
  /** An array. */
  readonly array: readonly unknown[];
  /** A function. */
  readonly function: (...args: never[]) => unknown;
}

/**
 * The error of a value that has another type.
 *
 * @example A validator of your own that only looks at the type
 * ```ts
 * import type { Result } from "@groundwork/infra/result";
 * import { type TypeMismatch, validateType } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const readIds = (body: unknown): Result<readonly unknown[], TypeMismatch> =>
 *   validateType("body", body, "object")
 *     .andThen(({ ids }) => validateType("body.ids", ids, "array"));
 *
 * strictEqual(readIds({ ids: "1,2" }).unwrapErr().params.field, "body.ids");
 * ```
 */
export type TypeMismatch = ValidationError<"VALIDATION_TYPE_MISMATCH">;

/**
 * Checks the type of a value.
 *
 * @typeParam K The name of the type.
 * @param field How the error names the value.
 * @param value The value.
 * @param expectedType The name of the type.
 * @returns The value, typed; or an error with the code
 * `VALIDATION_TYPE_MISMATCH`.
 *
 * @example A body that must be an object
 * ```ts
 * import { validateType } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(validateType("body", { id: 1 }, "object").unwrap().id, 1);
 * strictEqual(
 *   validateType("body", null, "object").unwrapErr().message,
 *   "body must be of type object",
 * );
 * ```
 */
export function validateType<K extends keyof TypeMap>(
  field: string,
  value: unknown,
  expectedType: K,
): Result<TypeMap[K], TypeMismatch> {
  if (isOfType(value, expectedType)) return new Ok(value as TypeMap[K]);
  return new Err(typeMismatch(field, expectedType));
}

function isOfType(value: unknown, expectedType: keyof TypeMap): boolean {
  switch (expectedType) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && !Number.isNaN(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "object":
      return typeof value === "object" && value !== null &&
        !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "function":
      return typeof value === "function";
  }
}

/**
 * Checks that something is there.
 *
 * @typeParam T The type of the value.
 * @param field How the error names the value.
 * @param value The value.
 * @returns The value, which is neither `undefined` nor `null`; or an error
 * with the code `VALIDATION_REQUIRED`.
 *
 * @example A header that must be there
 * ```ts
 * import { validateRequired } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const header = new Headers().get("x-request-id");
 * strictEqual(validateRequired("x-request-id", header).ok, false);
 * strictEqual(validateRequired("count", 0).unwrap(), 0);
 * ```
 */
export function validateRequired<T>(
  field: string,
  value: T,
): Result<NonNullable<T>, ValidationError<"VALIDATION_REQUIRED">> {
  if (value !== undefined && value !== null) return new Ok(value);
  return new Err(new ValidationError("VALIDATION_REQUIRED", { field }));
}

/**
 * Checks that a string has something to read in it: not only white space in
 * Unicode's sense (U+0085 and U+FEFF included).
 *
 * @param field How the error names the value.
 * @param value The value.
 * @returns The string as it is; or an error with the code
 * `VALIDATION_TYPE_MISMATCH` or `VALIDATION_EMPTY_VALUE`.
 *
 * @example Blank is empty
 * ```ts
 * import { validateNonEmpty } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(validateNonEmpty("name", " Ada ").unwrap(), " Ada ");
 * strictEqual(validateNonEmpty("name", "\u00a0").ok, false);
 * ```
 */
export function validateNonEmpty(
  field: string,
  value: unknown,
): Result<string, TypeMismatch | ValidationError<"VALIDATION_EMPTY_VALUE">> {
  const text = validateType(field, value, "string");
  // \s covers all of Unicode's White_Space but U+0085, and U+FEFF besides.
  if (!text.ok || /[^\s\u0085]/.test(text.value)) return text;
  return new Err(new ValidationError("VALIDATION_EMPTY_VALUE", { field }));
}

/** Why {@linkcode validateIdentifier} refuses a value. */
export type IdentifierError =
  | TypeMismatch
  | ValidationError<"VALIDATION_EMPTY_VALUE" | "VALIDATION_INVALID_FORMAT">;

/** White space in Unicode's sense, and U+FEFF; U+0085 is a control character. */
const BLANK_AT_AN_END = /^\s|\s$/;
/** What would let a log show something else than there is. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
/** Of nothing but blanks and what most fonts do not show. */
const UNSEEN = /^[\s\u0085\u2800\p{Default_Ignorable_Code_Point}]*$/u;

/**
 * Checks an identifier that comes from outside. It has something to see in it, no
 * white space at its ends, no control character, line break or change of
 * direction, no half of a surrogate pair, and is not too long.
 *
 * @param field How the error names the value.
 * @param value The value.
 * @param maxLength How many UTF-16 code units it may have.
 * @returns The string as it is; or an error with the code
 * `VALIDATION_TYPE_MISMATCH`, `VALIDATION_EMPTY_VALUE` or
 * `VALIDATION_INVALID_FORMAT`.
 * @throws {ValidationError} `maxLength` is NaN.
 *
 * @example What cannot be told apart
 * ```ts
 * import { validateIdentifier } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(validateIdentifier("userId", "ada@example.com").ok, true);
 * strictEqual(validateIdentifier("userId", "ada ").ok, false);
 * strictEqual(
 *   validateIdentifier("userId", "\u200b").unwrapErr().message,
 *   "userId must not be empty",
 * );
 * ```
 */
export function validateIdentifier(
  field: string,
  value: unknown,
  maxLength = 512,
): Result<string, IdentifierError> {
  requireBound("maxLength", maxLength);
  const text = validateType(field, value, "string");
  if (!text.ok) return text;
  const id = text.value;
  const reason = invalidIdentifier(id, maxLength);
  if (reason !== undefined) {
    return new Err(
      new ValidationError("VALIDATION_INVALID_FORMAT", { field, reason }),
    );
  }
  if (!UNSEEN.test(id)) return text;
  return new Err(new ValidationError("VALIDATION_EMPTY_VALUE", { field }));
}

function invalidIdentifier(id: string, maxLength: number): string | undefined {
  if (id.length > maxLength) {
    const max = String(maxLength);
    return fillPlaceholders(Expectations.ID_LENGTH, { max });
  }
  if (!id.isWellFormed()) return Expectations.ID_UNICODE;
  if (UNSEEN.test(id)) return undefined; // That is said in other words.
  if (CONTROL.test(id)) return Expectations.ID_CONTROL;
  if (BLANK_AT_AN_END.test(id)) return Expectations.ID_ENDS;
  return undefined;
}

/**
 * The limits of {@linkcode validateRange}; each is inclusive.
 *
 * @example Limits that several fields share
 * ```ts
 * import { type RangeLimits, validateRange } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const port = { min: 1, max: 65_535, integer: true } satisfies RangeLimits;
 * strictEqual(validateRange("http.port", 8080, port).ok, true);
 * strictEqual(
 *   validateRange("admin.port", 80.5, port).unwrapErr().message,
 *   "admin.port must be of type integer",
 * );
 * ```
 */
export interface RangeLimits {
  /** The smallest value. Default: no lower bound. */
  readonly min?: number;
  /** The largest value. Default: no upper bound. */
  readonly max?: number;
  /**
   * Whether only whole numbers will do.
   *
   * @default {false}
   */
  readonly integer?: boolean;
}

/**
 * The code of a number outside its limits: it tells which bounds there are.
 *
 * @typeParam L The limits.
 *
 * @example The limits tell the code
 * ```ts
 * import { type RangeCode, validateRange } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tooLarge: RangeCode<{ max: number }> = "VALIDATION_TOO_LARGE";
 * const error = validateRange("limit", 200, { max: 100 }).unwrapErr();
 * strictEqual(error.code, tooLarge);
 * ```
 */
export type RangeCode<L extends RangeLimits> = L extends
  { readonly min: number; readonly max: number } ? "VALIDATION_OUT_OF_RANGE"
  : L extends { readonly min: number }
    ? "max" extends keyof L ? AnyRangeCode : "VALIDATION_TOO_SMALL"
  : L extends { readonly max: number }
    ? "min" extends keyof L ? AnyRangeCode : "VALIDATION_TOO_LARGE"
  : AnyRangeCode;

/** The codes of a number outside limits that are only known at run time. */
export type AnyRangeCode =
  | "VALIDATION_OUT_OF_RANGE"
  | "VALIDATION_TOO_SMALL"
  | "VALIDATION_TOO_LARGE";

/**
 * Checks that a number lies within its limits, both inclusive. NaN never does.
 *
 * @typeParam L The limits.
 * @param field How the error names the value.
 * @param value The value.
 * @param limits The bounds, and whether it must be whole.
 * @returns The number; or an error with the code `VALIDATION_TYPE_MISMATCH`
 * (no number, or not whole), `VALIDATION_OUT_OF_RANGE` (both bounds given),
 * `VALIDATION_TOO_SMALL` or `VALIDATION_TOO_LARGE` (one bound given).
 * @throws {ValidationError} A bound is NaN, or `min` exceeds `max`.
 *
 * @example A bound of 0 is a bound
 * ```ts
 * import { validateRange } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(validateRange("port", 80, { min: 0, max: 65535 }).unwrap(), 80);
 * strictEqual(
 *   validateRange("offset", 1, { max: 0 }).unwrapErr().message,
 *   "offset must be at most 0",
 * );
 * ```
 */
export function validateRange<const L extends RangeLimits>(
  field: string,
  value: unknown,
  limits: L,
): Result<number, TypeMismatch | ValidationError<RangeCode<L>>> {
  const { min, max, integer } = limits;
  requireBound("min", min);
  requireBound("max", max);
  if (min !== undefined && max !== undefined && min > max) {
    requireOption(outOfRange("max", min, undefined), max);
  }
  // NaN has a number's type here, so that it is reported as out of range.
  if (typeof value !== "number" || integer && !Number.isSafeInteger(value)) {
    return validateType(field, value, integer ? "integer" : "number");
  }
  if (min === undefined && max === undefined) {
    return validateType(field, value, "number");
  }
  if (value >= (min ?? -Infinity) && value <= (max ?? Infinity)) {
    return new Ok(value);
  }
  return outOfRange(field, min, max) as Err<ValidationError<RangeCode<L>>>;
}

function requireBound(name: string, bound: number | undefined): void {
  if (Number.isNaN(bound)) {
    requireOption(validateType(name, bound, "number"), bound);
  }
}

function outOfRange(
  field: string,
  min: number | undefined,
  max: number | undefined,
): Err<ValidationError> {
  if (max === undefined) {
    return new Err(
      new ValidationError("VALIDATION_TOO_SMALL", { field, min: min! }),
    );
  }
  return new Err(
    min === undefined
      ? new ValidationError("VALIDATION_TOO_LARGE", { field, max })
      : new ValidationError("VALIDATION_OUT_OF_RANGE", { field, min, max }),
  );
}

/**
 * A format with words for it, for {@linkcode validateFormat}.
 *
 * @example Words in place of a pattern
 * ```ts
 * import { type Format, validateFormat } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const hour: Format = {
 *   description: "hours and minutes, as in 09:30",
 *   pattern: /([01]\d|2[0-3]):[0-5]\d/,
 * };
 * strictEqual(
 *   validateFormat("opensAt", "9:30", hour).unwrapErr().message,
 *   "opensAt has an invalid format: hours and minutes, as in 09:30",
 * );
 * ```
 */
export interface Format {
  /** What the message says of it: `"lower-case letters and digits"`. */
  readonly description: string;
  /** What the whole string must match. */
  readonly pattern: RegExp;
}

/**
 * Checks that the whole string matches. A `g` or `y` flag of the pattern keeps
 * no state from call to call.
 *
 * @typeParam F The format: a pattern, or one with a description.
 * @param field How the error names the value.
 * @param value The value.
 * @param format The pattern, or the pattern and words for it.
 * @returns The string; or an error with the code `VALIDATION_TYPE_MISMATCH`,
 * `VALIDATION_PATTERN_MISMATCH` (a bare pattern) or
 * `VALIDATION_INVALID_FORMAT` (a described one).
 *
 * @example The match is anchored at both ends
 * ```ts
 * import { validateFormat } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const slug = { description: "lower-case letters", pattern: /[a-z]+/ };
 * strictEqual(validateFormat("slug", "abc", slug).unwrap(), "abc");
 * strictEqual(
 *   validateFormat("slug", "abc!", slug).unwrapErr().message,
 *   "slug has an invalid format: lower-case letters",
 * );
 * ```
 */
export function validateFormat<F extends RegExp | Format>(
  field: string,
  value: unknown,
  format: F,
): Result<
  string,
  | TypeMismatch
  | ValidationError<
    F extends RegExp ? "VALIDATION_PATTERN_MISMATCH"
      : "VALIDATION_INVALID_FORMAT"
  >
> {
  const pattern = format instanceof RegExp ? format : format.pattern;
  const text = validateType(field, value, "string");
  if (!text.ok || matchesWhole(pattern, text.value)) return text;
  return new Err(
    format instanceof RegExp
      ? new ValidationError("VALIDATION_PATTERN_MISMATCH", {
        field,
        pattern: String(pattern),
      })
      : new ValidationError("VALIDATION_INVALID_FORMAT", {
        field,
        reason: (format as Format).description,
      }),
  ) as never;
}

/** Each pattern anchored at both ends, compiled once. */
const wholePatterns: WeakMap<RegExp, RegExp> = /* @__PURE__ */ new WeakMap();

function matchesWhole(pattern: RegExp, text: string): boolean {
  let whole = wholePatterns.get(pattern);
  if (whole === undefined) {
    // Sticky at 0 and a lookahead, since ^ and $ mean lines under the m flag.
    const flags = pattern.flags.replace(/[gy]/g, "") + "y";
    whole = new RegExp(`(?:${pattern.source})(?![\\s\\S])`, flags);
    wholePatterns.set(pattern, whole);
  }
  whole.lastIndex = 0;
  return whole.test(text);
}

/**
 * The part of a Standard Schema that {@linkcode validateSchema} uses: any
 * schema of Zod, Valibot, ArkType and others has it.
 *
 * @typeParam TOutput What a valid value becomes.
 *
 * @see {@link https://standardschema.dev}
 *
 * @example A schema without a library
 * ```ts
 * import {
 *   type StandardSchema,
 *   validateSchema,
 * } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const date: StandardSchema<Date> = {
 *   "~standard": {
 *     version: 1,
 *     vendor: "example",
 *     validate(value) {
 *       const parsed = new Date(String(value));
 *       return Number.isNaN(parsed.getTime())
 *         ? { issues: [{ message: "Not a date" }] }
 *         : { value: parsed };
 *     },
 *   },
 * };
 * strictEqual(validateSchema(date, "2030-01-01").unwrap().getUTCFullYear(), 2030);
 * ```
 */
export interface StandardSchema<TOutput = unknown> {
  /** The properties of the standard. */
  readonly "~standard": StandardSchemaProperties<TOutput>;
}

/**
 * What stands under `~standard`.
 *
 * @typeParam TOutput What a valid value becomes.
 *
 * @example Tell whose schema it is
 * ```ts
 * import type { StandardSchemaProperties } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const label = ({ vendor, version }: StandardSchemaProperties<unknown>) =>
 *   `${vendor} (Standard Schema ${version})`;
 *
 * const validate = (value: unknown) => ({ value });
 * const zod = label({ version: 1, vendor: "zod", validate });
 * strictEqual(zod, "zod (Standard Schema 1)");
 * ```
 */
export interface StandardSchemaProperties<TOutput> {
  /** The version of the standard. */
  readonly version: 1;
  /** Who made the schema library. */
  readonly vendor: string;
  /**
   * Checks a value.
   *
   * @param value The value.
   * @returns The output or the issues, or a promise of them.
   */
  readonly validate: (
    value: unknown,
  ) => StandardSchemaResult<TOutput> | Promise<StandardSchemaResult<TOutput>>;
}

/**
 * What a schema answers.
 *
 * @typeParam TOutput What a valid value becomes.
 *
 * @example Issues decide, not the value
 * ```ts
 * import type { StandardSchemaResult } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isValid = (answer: StandardSchemaResult<string>) =>
 *   answer.issues === undefined;
 *
 * strictEqual(isValid({ value: "" }), true);
 * strictEqual(isValid({ issues: [] }), false);
 * ```
 */
export type StandardSchemaResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

/**
 * One thing that a schema finds wrong.
 *
 * @example Where a value within a value is wrong
 * ```ts
 * import {
 *   type StandardSchemaIssue,
 *   validateSchema,
 * } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const issue: StandardSchemaIssue = {
 *   message: "Too short",
 *   path: ["tags", { key: 0 }],
 * };
 * const schema = {
 *   "~standard": {
 *     version: 1 as const,
 *     vendor: "example",
 *     validate: () => ({ issues: [issue] }),
 *   },
 * };
 * const error = validateSchema(schema, { tags: [""] }, { field: "link" })
 *   .unwrapErr();
 * strictEqual(error.message, "link does not satisfy its schema: link.tags.0");
 * ```
 */
export interface StandardSchemaIssue {
  /** What is wrong, in the schema library's words. */
  readonly message: string;
  /** Where, from the outside in. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}

/** Options of {@linkcode validateSchema}. */
export interface ValidateSchemaOptions {
  /**
   * How the error names the value.
   *
   * @default {"value"}
   */
  readonly field?: string;
  /**
   * Whether the schema's own messages enter the error. Several libraries quote
   * the received value in them, so only for values that are no secrets.
   *
   * @default {false}
   */
  readonly includeMessages?: boolean;
}

/**
 * Checks a value against a Standard Schema.
 *
 * @typeParam TOutput What a valid value becomes.
 * @param schema The schema. It must validate synchronously.
 * @param value The value.
 * @param options How the error names the value and what it tells.
 * @returns What the schema made of the value; or an error with the code
 * `VALIDATION_SCHEMA_MISMATCH`, its `details.issues` telling where, or
 * `VALIDATION_SCHEMA_ASYNC`.
 * @throws What the schema itself throws.
 *
 * @example Any library's schema will do
 * ```ts
 * import { type StandardSchema, validateSchema } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const trimmed: StandardSchema<string> = {
 *   "~standard": {
 *     version: 1,
 *     vendor: "example",
 *     validate: (value) =>
 *       typeof value === "string"
 *         ? { value: value.trim() }
 *         : { issues: [{ message: "Expected a string" }] },
 *   },
 * };
 * strictEqual(validateSchema(trimmed, " a ").unwrap(), "a");
 * strictEqual(
 *   validateSchema(trimmed, 1).unwrapErr().code,
 *   "VALIDATION_SCHEMA_MISMATCH",
 * );
 * ```
 */
export function validateSchema<TOutput>(
  schema: StandardSchema<TOutput>,
  value: unknown,
  options: ValidateSchemaOptions = {},
): Result<
  TOutput,
  ValidationError<"VALIDATION_SCHEMA_MISMATCH" | "VALIDATION_SCHEMA_ASYNC">
> {
  const { field = "value", includeMessages = false } = options;
  const answer = schema["~standard"].validate(value);
  if ("then" in answer) {
    // Nobody will look at the promise: its rejection must not end the process.
    answer.then(undefined, () => {});
    return new Err(new ValidationError("VALIDATION_SCHEMA_ASYNC", { field }));
  }
  if (answer.issues === undefined) return new Ok(answer.value);
  const issues = answer.issues.map((issue) => ({
    path: pathOf(field, issue),
    ...(includeMessages && { message: issue.message }),
  }));
  const reason = issues
    .map(({ path, message }) => message ? `${path}: ${message}` : path)
    .join("; ");
  return new Err(
    new ValidationError(
      "VALIDATION_SCHEMA_MISMATCH",
      { field, reason },
      { details: { issues } },
    ),
  );
}

function pathOf(field: string, issue: StandardSchemaIssue): string {
  const keys = (issue.path ?? []).map((part) =>
    String(typeof part === "object" ? part.key : part)
  );
  return [field, ...keys].join(".");
}

/**
 * Unwraps the check of an option: a bad one is a mistake in the program, so it
 * throws at once, with the received value in the message. Not for options that
 * hold secrets.
 *
 * @typeParam T The type of the option.
 * @param result What a validator said of it.
 * @param received The value that was received.
 * @returns The option.
 * @throws {ValidationError} The check failed; the code is
 * `VALIDATION_INVALID_OPTION` and the cause the validator's error.
 *
 * @example A constructor checks its options
 * ```ts
 * import { requireOption, validateRange } from "@groundwork/infra/validators";
 * import { throws } from "node:assert/strict";
 *
 * function makeQueue(maxSize: number) {
 *   return requireOption(validateRange("maxSize", maxSize, { min: 1 }), maxSize);
 * }
 * throws(() => makeQueue(-3), /maxSize must be at least 1, received -3/);
 * ```
 */
export function requireOption<T>(
  result: Result<T, ValidationError>,
  received: unknown,
): T {
  if (result.ok) return result.value;
  const cause = result.error;
  throw new ValidationError(
    "VALIDATION_INVALID_OPTION",
    {
      field: cause.field,
      reason: cause.message,
      received: describeReceived(received),
    },
    { cause },
  );
}

/** The longest piece of a received string that a message shows. */
const SHOWN_CHARACTERS = 64;

function describeReceived(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > SHOWN_CHARACTERS
        ? `${JSON.stringify(value.slice(0, SHOWN_CHARACTERS))}…`
        : JSON.stringify(value);
    case "function":
    case "symbol":
      return typeof value;
    case "object":
      return value === null ? "null" : Object.prototype.toString.call(value);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}
