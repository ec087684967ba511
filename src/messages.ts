/**
 * Every sentence the package can put into an error, in one catalogue, and the
 * types that check the parameters of each at compile time.
 *
 * When to use it: to translate what errors say, or to list what can go wrong.
 * A few codes are for services alone, such as `SECURITY_FORBIDDEN`: nothing in
 * the package makes their errors.
 *
 * When not: to make an error: its class, from the `errors` module, takes the
 * code and the parameters.
 *
 * - **All of them.** There is no other place in the package with a sentence for
 *   an error; a lint holds that.
 * - **Translations that fit.** To `defineCatalogue`, a text in another language
 *   with other parameters than the English one does not compile; one that is
 *   missing is told in English.
 *
 * An error code is `DOMAIN_KEY`: `"POOL_ACQUIRE_TIMEOUT"` names
 * `ErrorMessages.POOL.ACQUIRE_TIMEOUT`. A `{name}` in a text is a parameter.
 * To add an error, add its line here: its code, the type of its parameters and
 * its place in translations follow from it.
 *
 * @example Format a message by its code
 * ```ts
 * import { formatMessage } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(
 *   formatMessage("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 250 }),
 *   "No connection became free within 250 ms",
 * );
 * ```
 *
 * @module
 */

import * as expectations from "./_expectations.ts";

/**
 * The built-in English texts by domain and key.
 *
 * @example Read a text
 * ```ts
 * import { ErrorMessages } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(ErrorMessages.TASK.CANCELLED, "The task was cancelled");
 * ```
 */
export const ErrorMessages = {
  AUTH: {
    TOKEN_EXPIRED: "The token has expired",
    TOKEN_INVALID: "The token is not valid",
    TOKEN_REVOKED: "The token has been revoked",
    TOKEN_MALFORMED: "The token is malformed",
    ALGORITHM_MISMATCH:
      "The token uses algorithm {received} where {expected} is required",
    KEY_INVALID: "The key is not valid",
    KEY_MISSING: "No {keyType} key is configured for algorithm {algorithm}",
    SIGNATURE_INVALID: "The signature does not match",
    CLAIMS_MISSING: "The token lacks the claim {claim}",
    ISSUER_INVALID: "The token comes from an issuer that is not accepted",
    AUDIENCE_INVALID: "The token is meant for another audience",
  },
  CACHE: {
    KEY_NOT_FOUND: "The cache has no entry for key {key}",
    SERIALIZATION_FAILED: "The value could not be serialized: {reason}",
    DESERIALIZATION_FAILED:
      "The stored value could not be deserialized: {reason}",
    CONNECTION_FAILED: "The cache could not be reached: {reason}",
    OPERATION_TIMEOUT:
      "The cache operation did not finish within {timeoutMs} ms",
    TAG_NOT_FOUND: "No entry carries the tag {tag}",
    STORE_FULL: "The store is full: it holds its limit of {max} entries",
    ENTRY_TOO_LARGE: "The entry weighs {weight}, and the cache holds {max}",
    LOAD_FAILED: "The value could not be loaded: {reason}",
  },
  POOL: {
    EXHAUSTED: "All connections are in use and no more callers may wait",
    ACQUIRE_TIMEOUT: "No connection became free within {timeoutMs} ms",
    ACQUIRE_CANCELLED: "The wait for a connection was cancelled",
    CONNECTION_ERROR: "The connection failed: {reason}",
    CLOSED: "The pool is closed",
    INVALID_STATE: "A connection cannot go from state {from} to {to}",
    HEALTH_CHECK_FAILED: "Connection {connectionId} failed its health check",
    FACTORY_TIMEOUT:
      "The factory's {operation}() did not finish within {timeoutMs} ms",
  },
  VALIDATION: {
    EMPTY_VALUE: "{field} must not be empty",
    INVALID_FORMAT: "{field} has an invalid format: {reason}",
    OUT_OF_RANGE: "{field} must be between {min} and {max}",
    TOO_SMALL: "{field} must be at least {min}",
    TOO_LARGE: "{field} must be at most {max}",
    REQUIRED: "{field} is required",
    TYPE_MISMATCH: "{field} must be of type {expectedType}",
    PATTERN_MISMATCH: "{field} must match the pattern {pattern}",
    NOT_A_MEMBER: "{field} must be one of {allowed}",
    UNKNOWN_FIELD: "{field} is not a known field",
    SCHEMA_MISMATCH: "{field} does not satisfy its schema: {reason}",
    SCHEMA_ASYNC: "{field} needs a schema that validates synchronously",
    INVALID_OPTION:
      "The option {field} is not valid: {reason}, received {received}",
  },
  SECURITY: {
    UNAUTHORIZED: "Authentication is required",
    FORBIDDEN: "Access is not allowed",
    RATE_LIMITED: "Too many requests: try again in {retryAfterMs} ms",
    ENCRYPTION_FAILED: "Encryption failed: {reason}",
    DECRYPTION_FAILED: "Decryption failed: {reason}",
    POLICY_DENIED: "The policy denies access to {resource}",
    AUDIT_BROKEN: "The audit trail is broken at entry {seq} ({reason})",
    SIGNING_FAILED: "Signing failed: {reason}",
  },
  MSG: {
    PUBLISH_FAILED: "Publishing to {topic} failed: {reason}",
    SUBSCRIBE_FAILED: "Subscribing to {topic} failed: {reason}",
    HANDLER_ERROR: "A message handler failed: {reason}",
    DEAD_LETTER: "The message was dead-lettered after {retries} retries",
    BROKER_UNAVAILABLE: "The broker is not available: {reason}",
    QUEUE_FULL: "The queue is full: it holds its limit of {max} messages",
    REJECTED: "The message was rejected: {reason}",
    UNSUBSCRIBED: "The subscription has ended",
  },
  DB: {
    CONNECTION_FAILED: "The database could not be reached: {reason}",
    QUERY_FAILED: "The query failed: {reason}",
    TRANSACTION_FAILED: "The transaction failed: {reason}",
    ENTITY_NOT_FOUND: "{entity} {id} was not found",
    DUPLICATE_KEY: "{entity} already exists",
    CONSTRAINT_VIOLATION: "The constraint {constraint} is violated",
    REPOSITORY_FULL:
      "The repository of {entity} is full: it holds its limit of {max}",
  },
  TASK: {
    EXECUTION_FAILED: "The task failed: {reason}",
    TIMEOUT: "The task did not finish within {timeoutMs} ms",
    CANCELLED: "The task was cancelled",
    RETRY_EXHAUSTED: "The task failed and its {retries} retries are used up",
    QUEUE_FULL: "The queue is full",
    QUEUE_CLOSED: "The queue is closed",
  },
  COMPRESSION: {
    UNSUPPORTED: "The content coding {coding} is not supported",
    TRUNCATED: "The {coding} data ends too early",
    CORRUPT: "The {coding} data is corrupt",
    TRAILING_DATA: "The {coding} data is followed by other bytes",
    OUTPUT_LIMIT: "The {coding} data exceeds the output limit when decoded",
  },
  CONFIG: {
    INVALID: "The configuration has {count} problem(s): {summary}",
  },
} as const;

/**
 * Texts of the Result module. They stand beside the catalogue, because a
 * program that only imports Result should not have to ship the catalogue.
 *
 * @example Expect the text of a failed unwrap
 * ```ts
 * import { ResultMessages } from "@groundwork/infra/messages";
 * import { err } from "@groundwork/infra/result";
 * import { throws } from "node:assert/strict";
 *
 * throws(() => err("not-found").unwrap(), { message: ResultMessages.UNWRAP });
 * ```
 */
export const ResultMessages = {
  UNWRAP: "unwrap() was called on an Err; its error is the cause",
  UNWRAP_ERR: "unwrapErr() was called on an Ok",
  NOT_PLAIN:
    "fromPlain() needs an object with a boolean ok, as a Result serializes to",
} as const;

/**
 * Texts of the clock. They stand beside the catalogue, so that a program that
 * only imports the clock need not ship it.
 *
 * @example The text that a clock of your own can use as well
 * ```ts
 * import { assertDelay } from "@groundwork/infra/clock";
 * import { ClockMessages, fillPlaceholders } from "@groundwork/infra/messages";
 * import { throws } from "node:assert/strict";
 *
 * const message = fillPlaceholders(ClockMessages.DELAY, { received: "NaN" });
 * throws(() => assertDelay(NaN), { message });
 * ```
 */
export const ClockMessages = {
  DELAY: "A delay must be a number of milliseconds, received {received}",
} as const;

/**
 * What a value should have been, where a message needs words for it.
 *
 * @example What a flag of a configuration should have been
 * ```ts
 * import { field } from "@groundwork/infra/config-fields";
 * import { Expectations } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(
 *   field.boolean().read("debug", "maybe", true).unwrapErr().message,
 *   `debug must be of type ${Expectations.BOOLEAN}`,
 * );
 * ```
 */
export const Expectations: typeof expectations = expectations;

/**
 * What an error is about: the first part of its code.
 *
 * @example Whom to call
 * ```ts
 * import type { ErrorDomain } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const teams: Partial<Record<ErrorDomain, string>> = { AUTH: "identity" };
 * const teamOf = (code: string) =>
 *   teams[code.split("_")[0] as ErrorDomain] ?? "platform";
 *
 * strictEqual(teamOf("AUTH_TOKEN_EXPIRED"), "identity");
 * strictEqual(teamOf("POOL_CLOSED"), "platform");
 * ```
 */
export type ErrorDomain = keyof typeof ErrorMessages;

/**
 * The codes of one domain, or of several.
 *
 * @typeParam D The domain.
 *
 * @example A table that must know every code of a domain
 * ```ts
 * import type { DomainCode } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * // A code that joins the domain does not compile until it has its line here.
 * const statuses: Record<DomainCode<"COMPRESSION">, number> = {
 *   COMPRESSION_UNSUPPORTED: 415,
 *   COMPRESSION_TRUNCATED: 400,
 *   COMPRESSION_CORRUPT: 400,
 *   COMPRESSION_TRAILING_DATA: 400,
 *   COMPRESSION_OUTPUT_LIMIT: 413,
 * };
 * strictEqual(statuses.COMPRESSION_OUTPUT_LIMIT, 413);
 * ```
 */
export type DomainCode<D extends ErrorDomain> = {
  [K in D]: `${K}_${keyof (typeof ErrorMessages)[K] & string}`;
}[D];

/**
 * Every error code of the package.
 *
 * @example From codes to statuses
 * ```ts
 * import type { ErrorCode } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const statuses: Partial<Record<ErrorCode, number>> = {
 *   DB_ENTITY_NOT_FOUND: 404,
 *   SECURITY_RATE_LIMITED: 429,
 * };
 * const statusOf = (code: ErrorCode) => statuses[code] ?? 500;
 *
 * strictEqual(statusOf("SECURITY_RATE_LIMITED"), 429);
 * strictEqual(statusOf("POOL_CLOSED"), 500);
 * ```
 */
export type ErrorCode = DomainCode<ErrorDomain>;

/**
 * The English text of a code, as a literal type.
 *
 * @typeParam C The code.
 *
 * @example A test that breaks, at compile time, when the text changes
 * ```ts
 * import { findMessage, type MessageOf } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const text: MessageOf<"POOL_CLOSED"> = "The pool is closed";
 * strictEqual(findMessage("POOL_CLOSED"), text);
 * ```
 */
export type MessageOf<C extends ErrorCode> = C extends
  `${infer D extends ErrorDomain}_${infer K}`
  ? K extends keyof (typeof ErrorMessages)[D] ? (typeof ErrorMessages)[D][K]
  : never
  : never;

/**
 * The names of the placeholders in a text.
 *
 * @typeParam T The text, as a literal type.
 *
 * @example Checked parameters for texts of your own
 * ```ts
 * import {
 *   fillPlaceholders,
 *   type PlaceholderOf,
 * } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const fill = <const T extends string>(
 *   text: T,
 *   params: Readonly<Record<PlaceholderOf<T>, string>>,
 * ) => fillPlaceholders(text, params);
 *
 * strictEqual(fill("/users/{id}", { id: "u1" }), "/users/u1");
 * // @ts-expect-error The id is missing.
 * strictEqual(fill("/users/{id}", {}), "/users/{id}");
 * ```
 */
export type PlaceholderOf<T extends string> = T extends
  `${string}{${infer P}}${infer Rest}` ? P | PlaceholderOf<Rest> : never;

/**
 * The type of a parameter by its name: what counts or measures is a number,
 * everything else a word or a number.
 *
 * @typeParam P The parameter's name.
 *
 * @example A time-out is a number, an id may be either
 * ```ts
 * import type { ParamValue } from "@groundwork/infra/messages";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const timeoutMs: ParamValue<"timeoutMs"> = 250;
 * const ids: ParamValue<"id">[] = [7, "u7"];
 * deepStrictEqual([timeoutMs, ...ids].map(String), ["250", "7", "u7"]);
 * ```
 */
export type ParamValue<P extends string> = P extends
  `${string}Ms` | "min" | "max" | "retries" | "count" ? number
  : string | number;

/**
 * The parameters of a code, read off its text. A code without placeholders
 * takes none.
 *
 * @typeParam C The code; a union gives a union.
 *
 * @example The text tells the parameters
 * ```ts
 * import { type ErrorParams, formatMessage } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const params: ErrorParams<"POOL_INVALID_STATE"> = {
 *   from: "idle",
 *   to: "closed",
 * };
 * const none: ErrorParams<"POOL_CLOSED"> = {};
 * strictEqual(
 *   formatMessage("POOL_INVALID_STATE", params),
 *   "A connection cannot go from state idle to closed",
 * );
 * strictEqual(formatMessage("POOL_CLOSED", none), "The pool is closed");
 * ```
 */
export type ErrorParams<C extends ErrorCode> = C extends ErrorCode
  ? [PlaceholderOf<MessageOf<C>>] extends [never]
    ? Readonly<Record<string, never>>
  : { readonly [P in PlaceholderOf<MessageOf<C>>]: ParamValue<P> }
  : never;

/**
 * A catalogue in another language, checked or not: domain, key, text.
 *
 * @example A catalogue from a file, which nothing checks
 * ```ts
 * import {
 *   formatMessage,
 *   type MessageCatalogue,
 * } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const loaded: MessageCatalogue = JSON.parse(
 *   '{ "TASK": { "TIMEOUT": "Pas fini en {timeout} ms" } }',
 * );
 * strictEqual(
 *   formatMessage("TASK_TIMEOUT", { timeoutMs: 50 }, loaded),
 *   "Pas fini en {timeout} ms", // It says {timeoutMs} in English.
 * );
 * ```
 */
export type MessageCatalogue = {
  readonly [D in ErrorDomain]?: {
    readonly [K in keyof (typeof ErrorMessages)[D]]?: string;
  };
};

/**
 * A catalogue whose every text has just the placeholders of the English one.
 * A text that lacks one, misspells one or adds one becomes the wanted
 * placeholders in the compiler's error.
 *
 * @typeParam T The catalogue as written.
 *
 * @example A misspelt placeholder does not compile
 * ```ts
 * import type { CheckedCatalogue } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const french = { TASK: { TIMEOUT: "Pas fini en {timeout} ms" } } as const;
 * // @ts-expect-error The English text says {timeoutMs}.
 * const checked: CheckedCatalogue<typeof french> = french;
 * strictEqual(checked, french);
 * ```
 */
export type CheckedCatalogue<T> = {
  readonly [D in keyof T]: D extends ErrorDomain ? {
      readonly [K in keyof T[D]]: K extends keyof (typeof ErrorMessages)[D]
        ? SamePlaceholders<T[D][K], (typeof ErrorMessages)[D][K]>
        : never;
    }
    : never;
};

/**
 * The text itself where it has the same placeholders as another, else a record
 * of those wanted.
 *
 * @typeParam T The text to check.
 * @typeParam Original The text it translates.
 *
 * @example The text, or what it lacks
 * ```ts
 * import type { SamePlaceholders } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const text: SamePlaceholders<"Voll: {max}", "Full: {max}"> = "Voll: {max}";
 * const wanted: SamePlaceholders<"Voll", "Full: {max}"> = { placeholders: "max" };
 * strictEqual(text.includes(`{${wanted.placeholders}}`), true);
 * ```
 */
export type SamePlaceholders<T, Original> = [T, Original] extends
  [infer A extends string, infer B extends string]
  ? [PlaceholderOf<A>, PlaceholderOf<B>] extends
    [PlaceholderOf<B>, PlaceholderOf<A>] ? T
  : { readonly placeholders: PlaceholderOf<B> }
  : never;

/**
 * Puts parameters into a text in one pass: a value that itself contains
 * `{name}` is not expanded again, and only own properties count, so that
 * `{toString}` stays as it is written.
 *
 * @param text The text with its `{name}` placeholders.
 * @param params The parameters by name.
 * @returns The text with each placeholder that has a parameter replaced.
 *
 * @example A value is never expanded again
 * ```ts
 * import { fillPlaceholders } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(fillPlaceholders("{a}-{b}", { a: "{b}", b: 2 }), "{b}-2");
 * ```
 */
export function fillPlaceholders(
  text: string,
  params: Readonly<Record<string, string | number>>,
): string {
  return text.replace(
    /\{(\w+)\}/g,
    (placeholder, name: string) =>
      Object.hasOwn(params, name) ? String(params[name]) : placeholder,
  );
}

/**
 * The text of a code in a catalogue.
 *
 * @param code The error code.
 * @param catalogue Where to look. Default: the built-in English texts.
 * @returns The text, or `undefined` where the catalogue has none of its own.
 *
 * @example Look up a text
 * ```ts
 * import { findMessage } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(findMessage("POOL_CLOSED"), "The pool is closed");
 * strictEqual(findMessage("POOL_CLOSED", { POOL: {} }), undefined);
 * ```
 */
export function findMessage(
  code: ErrorCode,
  catalogue: MessageCatalogue = ErrorMessages,
): string | undefined {
  const split = code.indexOf("_");
  const texts = ownValue(catalogue, code.slice(0, split));
  const text = ownValue(texts, code.slice(split + 1));
  return typeof text === "string" ? text : undefined;
}

/**
 * The message of a code, with its parameters put in.
 *
 * @typeParam C The code.
 * @param code The error code.
 * @param params Its parameters; the type follows from the text.
 * @param catalogue Texts to prefer to the English ones.
 * @returns The message.
 *
 * @example Format a message
 * ```ts
 * import { formatMessage } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(
 *   formatMessage("VALIDATION_TOO_SMALL", { field: "age", min: 0 }),
 *   "age must be at least 0",
 * );
 * ```
 */
export function formatMessage<C extends ErrorCode>(
  code: C,
  params: ErrorParams<C>,
  catalogue: MessageCatalogue = ErrorMessages,
): string {
  const text = findMessage(code, catalogue) ?? findMessage(code) ?? code;
  return fillPlaceholders(text, params);
}

/**
 * Declares a catalogue in another language. It may be partial; each text it
 * has must carry just the placeholders of the English one, or it does not
 * compile.
 *
 * @typeParam T The catalogue as written.
 * @param catalogue The texts by domain and key.
 * @returns The same object.
 *
 * @example A partial German catalogue
 * ```ts
 * import { defineCatalogue, formatMessage } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const german = defineCatalogue({
 *   POOL: { ACQUIRE_TIMEOUT: "Keine Verbindung frei nach {timeoutMs} ms" },
 * });
 * strictEqual(
 *   formatMessage("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 5 }, german),
 *   "Keine Verbindung frei nach 5 ms",
 * );
 * ```
 */
export function defineCatalogue<const T extends MessageCatalogue>(
  catalogue: T & CheckedCatalogue<T>,
): T {
  return catalogue;
}

function ownValue(object: unknown, key: string): unknown {
  return typeof object === "object" && object !== null &&
      Object.hasOwn(object, key)
    ? (object as Record<string, unknown>)[key]
    : undefined;
}
