/**
 * The fields of a configuration's shape: what each holds, how its text is
 * read, and what is wrong with a value that does not fit.
 *
 * When to use it: to say what a configuration holds; the `config` module builds
 * it.
 *
 * When not: to check the body of a request: `validators`, or any Standard
 * Schema, tell such problems to a client in terms of a client.
 *
 * - **Read once, by the letter.** A text is read as its field says or refused:
 *   no `1e3` and no `80.0` for a whole number.
 * - **Silent.** A problem names the field, and never the value.
 *
 * @example One field by itself
 * ```ts
 * import { field } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const graceMs = field.duration({ max: 60_000 });
 * strictEqual(graceMs.read("graceMs", "1.5s", true).unwrap(), 1_500);
 * strictEqual(
 *   graceMs.read("graceMs", "2m", true).unwrapErr().message,
 *   "graceMs must be between 0 and 60000",
 * );
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { typeMismatch } from "./_mismatch.ts";
import { frozenCopy, isJson, isPlainObject } from "./_plain.ts";
import { ValidationError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";
import { Secret } from "./secret.ts";
import { parseStatus, type StatusSet } from "./status.ts";
import {
  type Format,
  type RangeLimits,
  type StandardSchema,
  validateFormat,
  validateNonEmpty,
  validateRange,
  validateSchema,
  validateType,
} from "./validators.ts";

/**
 * What a field holds.
 *
 * @example Choose the input of a form
 * ```ts
 * import { field, type FieldKind } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const inputs: Partial<Record<FieldKind, string>> = {
 *   boolean: "checkbox",
 *   secret: "password",
 * };
 * strictEqual(inputs[field.secret().kind], "password");
 * ```
 */
export type FieldKind =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "duration"
  | "url"
  | "oneOf"
  | "record"
  | "secret"
  | "schema";

/**
 * One field of a configuration. Made by {@linkcode field}.
 *
 * @typeParam T The type of its value.
 *
 * @example Text and parsed values are read differently
 * ```ts
 * import { type Field, field } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const port: Field<number> = field.integer({ min: 0, max: 65535 });
 * strictEqual(port.read("port", "80", true).unwrap(), 80);
 * strictEqual(
 *   port.read("port", "80", false).unwrapErr().code,
 *   "VALIDATION_TYPE_MISMATCH",
 * );
 * ```
 */
export interface Field<T> {
  /** What it holds. */
  readonly kind: FieldKind;
  /** How it is named outside, whether it must be there, what it falls back to. */
  readonly options: FieldOptions<unknown>;
  /**
   * Checks a raw value.
   *
   * @param path The field's path, for the error.
   * @param raw The value as it came.
   * @param isText Whether it came as text, as from a variable.
   * @returns The value, or what is wrong with it.
   */
  readonly read: (
    path: string,
    raw: unknown,
    isText: boolean,
  ) => Result<T, ValidationError>;
}

/**
 * Options of every field.
 *
 * @typeParam TInput What the default may be.
 */
export interface FieldOptions<TInput> {
  /**
   * The environment variable. Default: with the builder's `envPrefix`, the
   * prefix and the path in capitals; without, none.
   */
  readonly env?: string;
  /** What the field is for, for `describe()`. */
  readonly description?: string;
  /**
   * The value where no layer has one. Without it the field is required, unless
   * it is `optional`.
   */
  readonly default?: TInput;
  /**
   * Whether the field may be absent, and then is `undefined`.
   *
   * @default {false}
   */
  readonly optional?: boolean;
}

/** Options of a string field. */
export interface StringFieldOptions extends FieldOptions<string> {
  /** What the whole string must match. Default: anything that is not blank. */
  readonly format?: RegExp | Format;
}

/** Options of a field with a number. */
export interface NumberFieldOptions extends FieldOptions<number> {
  /** The smallest value. Default: no lower bound. */
  readonly min?: number;
  /** The largest value. Default: no upper bound. */
  readonly max?: number;
}

/** Options of a field with a duration; the bounds are in ms. */
export interface DurationFieldOptions extends FieldOptions<number | string> {
  /**
   * The shortest duration, in ms.
   *
   * @default {0}
   */
  readonly min?: number;
  /** The longest duration, in ms. Default: no upper bound. */
  readonly max?: number;
}

/** Options of a field with a URL. */
export interface UrlFieldOptions extends FieldOptions<string> {
  /** The protocols to accept, with their colon. Default: any. */
  readonly protocols?: readonly string[];
}

/**
 * Options of a secret field. It takes no default: a secret in the source code
 * is none.
 *
 * @typeParam T The type of the secret.
 */
export interface SecretFieldOptions<T> extends FieldOptions<never> {
  /**
   * What the secret must be; of its options only those count that check the
   * value. Default: a string that is not blank.
   */
  readonly of?: Field<T>;
}

/**
 * `undefined` for the options of an optional field, else nothing.
 *
 * @typeParam O The options as written.
 *
 * @example Only an optional field may be absent
 * ```ts
 * import type { AbsentIn } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const greet = (nickname: string | AbsentIn<{ optional: true }>) =>
 *   `Hello ${nickname ?? "you"}`;
 * const shout = (name: string | AbsentIn<{ default: "Ada" }>) =>
 *   name.toUpperCase(); // No check is needed.
 *
 * strictEqual(greet(undefined), "Hello you");
 * strictEqual(shout("Ada"), "ADA");
 * ```
 */
export type AbsentIn<O> = O extends { readonly optional: infer B }
  ? true extends B ? undefined : never
  : never;

/**
 * What a secret field holds.
 *
 * @typeParam O The options as written.
 *
 * @example A secret that is a number
 * ```ts
 * import { field, type SecretIn } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const options = { of: field.integer({ min: 0, max: 9999 }) };
 * const isRight = (pin: SecretIn<typeof options>) => pin === 42;
 *
 * const secret = field.secret(options).read("pin", "0042", true).unwrap();
 * strictEqual(isRight(secret.reveal()), true);
 * ```
 */
export type SecretIn<O> = O extends { readonly of: Field<infer T> } ? T
  : string;

/**
 * A JSON object: unknown values by name.
 *
 * @example Labels that a deployment adds
 * ```ts
 * import { type ConfigRecord, field } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const teamOf = (labels: ConfigRecord) => String(labels["team"] ?? "nobody");
 *
 * const labels = field.record().read("labels", '{"team":"links"}', true);
 * strictEqual(teamOf(labels.unwrap()), "links");
 * ```
 */
export type ConfigRecord = Readonly<Record<string, unknown>>;

/**
 * The makers of fields; see {@linkcode field}.
 *
 * @example What each makes of text
 * ```ts
 * import { field, type FieldFactories } from "@groundwork/infra/config-fields";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { boolean, duration, url }: FieldFactories = field;
 * strictEqual(boolean().read("debug", "On", true).unwrap(), true);
 * strictEqual(duration().read("graceMs", "1.5m", true).unwrap(), 90_000);
 * strictEqual(url().read("site", "HTTP://A.b", true).unwrap(), "http://a.b/");
 * ```
 */
export interface FieldFactories {
  /**
   * A string that is not blank, or that matches a format.
   *
   * @typeParam O The options as written.
   * @param options What it must match, and the options of every field.
   * @returns The field.
   *
   * @example The format must match the whole string
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const region = field.string({ format: /[a-z]{2}-\d/ });
   * strictEqual(region.read("region", "eu-1", true).unwrap(), "eu-1");
   * strictEqual(region.read("region", "eu-12", true).ok, false);
   * ```
   */
  string<const O extends StringFieldOptions>(
    options?: O,
  ): Field<string | AbsentIn<O>>;

  /**
   * A whole number: `"80"` as text, `80` in a file.
   *
   * @typeParam O The options as written.
   * @param options Its bounds, and the options of every field.
   * @returns The field.
   * @throws {ValidationError} A bound is NaN, or `min` exceeds `max`.
   *
   * @example A port
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const port = field.integer({ min: 0, max: 65535 });
   * strictEqual(port.read("port", "8080", true).unwrap(), 8080);
   * strictEqual(
   *   port.read("port", "0x50", true).unwrapErr().message,
   *   "port must be of type integer",
   * );
   * ```
   */
  integer<const O extends NumberFieldOptions>(
    options?: O,
  ): Field<number | AbsentIn<O>>;

  /**
   * A finite number in decimal notation.
   *
   * @typeParam O The options as written.
   * @param options Its bounds, and the options of every field.
   * @returns The field.
   * @throws {ValidationError} A bound is NaN, or `min` exceeds `max`.
   *
   * @example A rate
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const sampleRate = field.number({ min: 0, max: 1 });
   * strictEqual(sampleRate.read("sampleRate", "1e-3", true).unwrap(), 0.001);
   * strictEqual(sampleRate.read("sampleRate", "10%", true).ok, false);
   * ```
   */
  number<const O extends NumberFieldOptions>(
    options?: O,
  ): Field<number | AbsentIn<O>>;

  /**
   * True or false; as text also yes and no, on and off, 1 and 0, in any case.
   *
   * @typeParam O The options as written.
   * @param options The options of every field.
   * @returns The field.
   *
   * @example A word, and nothing but one of the words
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const debug = field.boolean();
   * strictEqual(debug.read("debug", "OFF", true).unwrap(), false);
   * strictEqual(debug.read("debug", "nope", true).ok, false);
   * ```
   */
  boolean<const O extends FieldOptions<boolean>>(
    options?: O,
  ): Field<boolean | AbsentIn<O>>;

  /**
   * A duration in ms: a number, or text such as `500ms`, `30s`, `1.5m`, `2h`
   * or `1d`. Name the field `…Ms`.
   *
   * @typeParam O The options as written.
   * @param options Its bounds, and the options of every field.
   * @returns The field.
   * @throws {ValidationError} A bound is NaN, or `min` exceeds `max`.
   *
   * @example A time-out with a longest value
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const timeoutMs = field.duration({ max: 60_000 });
   * strictEqual(timeoutMs.read("timeoutMs", "30s", true).unwrap(), 30_000);
   * strictEqual(timeoutMs.read("timeoutMs", "250", true).unwrap(), 250);
   * strictEqual(timeoutMs.read("timeoutMs", "2m", true).ok, false);
   * ```
   */
  duration<const O extends DurationFieldOptions>(
    options?: O,
  ): Field<number | AbsentIn<O>>;

  /**
   * An absolute URL, as a string in its normal form (a `URL` object cannot be
   * frozen). A URL with a password in it belongs in a secret:
   * `field.secret({ of: field.url() })`.
   *
   * @typeParam O The options as written.
   * @param options The protocols to accept, and the options of every field.
   * @returns The field.
   *
   * @example Only the protocols that are named
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const webhook = field.url({ protocols: ["https:"] });
   * strictEqual(
   *   webhook.read("webhook", "https://hooks.example", true).unwrap(),
   *   "https://hooks.example/",
   * );
   * strictEqual(webhook.read("webhook", "http://a.example", true).ok, false);
   * ```
   */
  url<const O extends UrlFieldOptions>(
    options?: O,
  ): Field<string | AbsentIn<O>>;

  /**
   * One of a few strings.
   *
   * @typeParam S The strings.
   * @typeParam O The options as written.
   * @param members The strings, as an array or a status set.
   * @param options The options of every field.
   * @returns The field.
   *
   * @example A status set lists the members
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { HealthStatus } from "@groundwork/infra/status";
   * import { strictEqual } from "node:assert/strict";
   *
   * const worst = field.oneOf(HealthStatus, { default: HealthStatus.DEGRADED });
   * strictEqual(worst.read("worst", "healthy", true).unwrap(), "healthy");
   * strictEqual(
   *   worst.read("worst", "fine", true).unwrapErr().message,
   *   "worst must be one of healthy, degraded, unhealthy",
   * );
   * ```
   */
  oneOf<const S extends string, const O extends FieldOptions<S>>(
    members: readonly S[] | StatusSet<S>,
    options?: O,
  ): Field<S | AbsentIn<O>>;

  /**
   * A JSON object of anything, copied and deeply frozen; as text, in JSON.
   *
   * @typeParam O The options as written.
   * @param options The options of every field.
   * @returns The field.
   *
   * @example A later change of the source goes unnoticed
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const source = { tags: ["a"] };
   * const labels = field.record().read("labels", source, false).unwrap();
   * source.tags.push("b");
   * deepStrictEqual(labels, { tags: ["a"] });
   * ```
   */
  record<const O extends FieldOptions<ConfigRecord>>(
    options?: O,
  ): Field<ConfigRecord | AbsentIn<O>>;

  /**
   * A value that never shows itself.
   *
   * @typeParam O The options as written.
   * @param options What it must be, and the options of every field.
   * @returns The field.
   * @throws {ValidationError} There is a default, which the types rule out.
   *
   * @example A URL with a password in it
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import { strictEqual } from "node:assert/strict";
   *
   * const database = field.secret({ of: field.url() });
   * const url = database.read("database", "db://ada:pw@host", true).unwrap();
   * strictEqual(String(url), "[secret]");
   * strictEqual(url.reveal(), "db://ada:pw@host");
   * ```
   */
  secret<const O extends SecretFieldOptions<unknown>>(
    options?: O,
  ): Field<Secret<SecretIn<O>> | AbsentIn<O>>;

  /**
   * Whatever a Standard Schema accepts. From a variable the schema gets the
   * text.
   *
   * @typeParam T What the schema makes of a valid value.
   * @typeParam O The options as written.
   * @param schema The schema; it must validate synchronously.
   * @param options The options of every field.
   * @returns The field.
   *
   * @example The schema does the parsing
   * ```ts
   * import { field } from "@groundwork/infra/config-fields";
   * import type { StandardSchema } from "@groundwork/infra/validators";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const words: StandardSchema<string[]> = {
   *   "~standard": {
   *     version: 1,
   *     vendor: "example",
   *     validate: (text) => ({ value: String(text).split(",") }),
   *   },
   * };
   * const tags = field.schema(words).read("tags", "links,beta", true);
   * deepStrictEqual(tags.unwrap(), ["links", "beta"]);
   * ```
   */
  schema<T, const O extends FieldOptions<unknown>>(
    schema: StandardSchema<T>,
    options?: O,
  ): Field<T | AbsentIn<O>>;
}

/**
 * Makes the fields of a configuration's shape.
 *
 * @example Fields of several kinds
 * ```ts
 * import { ConfigBuilder, field } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const config = new ConfigBuilder({
 *   level: field.oneOf(["debug", "info"], { default: "info" }),
 *   graceMs: field.duration({ default: "1.5m" }),
 *   proxy: field.url({ optional: true, protocols: ["http:", "https:"] }),
 * }).build().unwrap();
 *
 * strictEqual(config.level, "info");
 * strictEqual(config.graceMs, 90_000);
 * strictEqual(config.proxy, undefined);
 * ```
 */
export const field: FieldFactories = {
  string(options) {
    const { format } = options ?? {};
    return makeField(
      "string",
      options,
      (path, raw) =>
        format === undefined
          ? validateNonEmpty(path, raw)
          : validateFormat(path, raw, format),
    );
  },
  integer(options) {
    return numberField("integer", options, /^[+-]?\d+$/);
  },
  number(options) {
    return numberField("number", options, NUMBER_TEXT);
  },
  boolean(options) {
    return makeField("boolean", options, readBoolean);
  },
  duration(options) {
    const limits = limitsOf({
      min: options?.min ?? 0,
      max: options?.max,
    });
    return makeField("duration", options, (path, raw) => {
      const durationMs = typeof raw === "string" ? parseDuration(raw) : raw;
      return typeof durationMs === "number"
        ? validateRange(path, durationMs, limits)
        : new Err(typeMismatch(path, Expectations.DURATION));
    });
  },
  url(options) {
    const { protocols } = options ?? {};
    return makeField(
      "url",
      options,
      (path, raw) =>
        validateType(path, raw, "string")
          .andThen((text) => readUrl(path, text, protocols)),
    );
  },
  oneOf(members, options) {
    const set: StatusSet = { ...members } as StatusSet;
    return makeField(
      "oneOf",
      options,
      (path, raw) => parseStatus(set, raw, path),
    );
  },
  record(options) {
    return makeField("record", options, readRecord);
  },
  secret(options) {
    const { of: inner = field.string() } = options ?? {};
    if ((options?.default ?? inner.options.default) !== undefined) {
      throw new ValidationError("VALIDATION_INVALID_OPTION", {
        field: "default",
        reason: Expectations.NO_DEFAULT,
        received: String(new Secret(inner)),
      });
    }
    return makeField("secret", options, (path, raw, isText) => {
      const value = raw instanceof Secret ? raw.reveal() : raw;
      return inner.read(path, value, isText).map((it) => new Secret(it));
    });
  },
  schema(schema, options) {
    return makeField(
      "schema",
      options,
      (path, raw) =>
        validateSchema(schema, raw, { field: path }).map(frozenCopy),
    );
  },
};

const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const TRUE_WORDS: readonly string[] = ["true", "yes", "on", "1"];
const FALSE_WORDS: readonly string[] = ["false", "no", "off", "0"];

/** A field fits wherever one is asked for: its reader is checked by hand. */
function makeField(
  kind: FieldKind,
  options: FieldOptions<unknown> | undefined,
  read: Field<unknown>["read"],
): Field<never> {
  const fallback = frozenCopy(options?.default);
  return Object.freeze({
    kind,
    options: Object.freeze({
      ...options,
      ...(fallback !== undefined && { default: fallback }),
    }),
    read,
  }) as Field<never>;
}

function numberField(
  kind: "integer" | "number",
  options: NumberFieldOptions | undefined,
  textPattern: RegExp,
): Field<never> {
  const limits = { ...limitsOf(options), integer: kind === "integer" };
  return makeField(kind, options, (path, raw, isText) => {
    const value = isText ? parseNumber(String(raw), textPattern) : raw;
    return Number.isFinite(value)
      ? validateRange(path, value, limits)
      : new Err(typeMismatch(path, kind));
  });
}

function limitsOf(
  bounds: { readonly min?: number; readonly max?: number | undefined } = {},
): RangeLimits {
  const { min, max } = bounds;
  const limits = {
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
  // Throws where the limits themselves make no sense.
  validateRange("limits", 0, limits);
  return limits;
}

function parseNumber(text: string, pattern: RegExp): number {
  const trimmed = text.trim();
  return pattern.test(trimmed) ? Number(trimmed) : NaN;
}

function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * MS_PER_UNIT[match[2] ?? "ms"]!;
  return Number.isFinite(durationMs) ? durationMs : undefined;
}

function readBoolean(
  path: string,
  raw: unknown,
  isText: boolean,
): Result<boolean, ValidationError> {
  if (!isText) return validateType(path, raw, "boolean");
  const word = String(raw).trim().toLowerCase();
  if (TRUE_WORDS.includes(word)) return new Ok(true);
  if (FALSE_WORDS.includes(word)) return new Ok(false);
  return new Err(typeMismatch(path, Expectations.BOOLEAN));
}

function readUrl(
  path: string,
  text: string,
  protocols: readonly string[] | undefined,
): Result<string, ValidationError> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (protocols?.includes(url.protocol) ?? true)) {
    return new Ok(url.href);
  }
  const reason = url
    ? fillPlaceholders(Expectations.URL_PROTOCOL, {
      protocols: protocols!.join(", "),
    })
    : Expectations.URL;
  return new Err(
    new ValidationError("VALIDATION_INVALID_FORMAT", { field: path, reason }),
  );
}

function readRecord(
  path: string,
  raw: unknown,
  isText: boolean,
): Result<ConfigRecord, ValidationError> {
  // Also catches what is nested too deeply to walk, or refers to itself.
  const record = catchToResult(() => {
    const value: unknown = isText ? JSON.parse(String(raw)) : raw;
    return isPlainObject(value) && isJson(value)
      ? frozenCopy(value)
      : undefined;
  }, () => undefined).unwrapOr(undefined);
  return record === undefined
    ? new Err(typeMismatch(path, Expectations.RECORD))
    : new Ok(record);
}
