/**
 * Configuration from defaults, files, the environment and overrides: typed,
 * deeply frozen, and with every problem reported at once.
 *
 * When to use it: once, at the start of a program, for all it can be told from
 * outside.
 *
 * When not: for what changes while it runs; for a library, which takes options.
 *
 * Precedence is fixed, whatever the order of the calls: defaults, then values
 * (files; a later one wins), then the environment, then overrides. An empty
 * variable counts as not set. A problem names the field, the layer and the
 * variable or file, and never the value.
 *
 * @example A service's configuration
 * ```ts
 * import { ConfigBuilder, field } from "@groundwork/infra/config";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const builder = new ConfigBuilder({
 *   port: field.integer({ env: "PORT", default: 8080, min: 0, max: 65535 }),
 *   database: {
 *     password: field.secret({ env: "DB_PASSWORD" }),
 *     timeoutMs: field.duration({ env: "DB_TIMEOUT", default: "5s" }),
 *   },
 * });
 *
 * const config = builder
 *   .withValues({ database: { timeoutMs: 250 } }, "config.json")
 *   .withEnvironment({ PORT: "80", DB_PASSWORD: "hunter2" })
 *   .build().unwrap();
 * strictEqual(config.port, 80);
 * strictEqual(config.database.timeoutMs, 250);
 * strictEqual(config.database.password.reveal(), "hunter2");
 *
 * const bad = builder.withEnvironment({ PORT: "99999" }).build().unwrapErr();
 * deepStrictEqual(bad.issues.map((issue) => issue.message), [
 *   "port must be between 0 and 65535",
 *   "database.password is required",
 * ]);
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { typeMismatch } from "./_mismatch.ts";
import { frozenCopy, isPlainObject } from "./_plain.ts";
import {
  type ConfigRecord,
  type Field,
  field,
  type FieldKind,
} from "./config_fields.ts";
import {
  ConfigError,
  type ConfigIssue,
  type ConfigLayer,
  ValidationError,
} from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";
import type { Secret } from "./secret.ts";
import { requireOption, validateFormat } from "./validators.ts";

export * from "./config_fields.ts";

/**
 * Fields and groups of fields by name.
 *
 * @example Groups nest
 * ```ts
 * import {
 *   ConfigBuilder,
 *   type ConfigShape,
 *   field,
 * } from "@groundwork/infra/config";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const shape = {
 *   http: { port: field.integer({ default: 8080 }) },
 *   graceMs: field.duration({ default: "10s" }),
 * } satisfies ConfigShape;
 *
 * const paths = new ConfigBuilder(shape).describe().map((it) => it.field);
 * deepStrictEqual(paths, ["http.port", "graceMs"]);
 * ```
 */
export interface ConfigShape {
  /** A field, or a group. */
  readonly [name: string]: Field<unknown> | ConfigShape;
}

/**
 * The configuration that a shape describes.
 *
 * @typeParam S The shape.
 *
 * @example Name the type of a configuration
 * ```ts
 * import { ConfigBuilder, type ConfigOf, field } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const shape = {
 *   host: field.string({ optional: true }),
 *   port: field.integer({ default: 8080 }),
 * };
 * const address = ({ host = "0.0.0.0", port }: ConfigOf<typeof shape>) =>
 *   `${host}:${port}`;
 *
 * const config = new ConfigBuilder(shape).build().unwrap();
 * strictEqual(address(config), "0.0.0.0:8080");
 * ```
 */
export type ConfigOf<S> = {
  readonly [K in keyof S]: S[K] extends Field<infer T> ? T : ConfigOf<S[K]>;
};

/**
 * Some of a configuration's values, as overrides take them.
 *
 * @typeParam S The shape.
 *
 * @example Flags of a command line, some of them absent
 * ```ts
 * import {
 *   ConfigBuilder,
 *   type ConfigOverrides,
 *   field,
 * } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const shape = {
 *   port: field.integer({ default: 8080 }),
 *   token: field.secret(),
 * };
 * // A secret may be given bare: the field wraps it.
 * const flags: ConfigOverrides<typeof shape> = {
 *   port: undefined,
 *   token: "t0k3n",
 * };
 * const config = new ConfigBuilder(shape).withOverrides(flags).build().unwrap();
 * strictEqual(config.port, 8080);
 * strictEqual(config.token.reveal(), "t0k3n");
 * ```
 */
export type ConfigOverrides<S> = {
  readonly [K in keyof S]?:
    | (S[K] extends Field<infer T> ? (T extends Secret<infer V> ? V | T : T)
      : ConfigOverrides<S[K]>)
    | undefined;
};

/** Options of {@linkcode ConfigBuilder}. */
export interface ConfigBuilderOptions {
  /**
   * What the variables of fields without an `env` of their own begin with:
   * with `"APP_"`, `database.poolSize` reads `APP_DATABASE_POOL_SIZE`.
   */
  readonly envPrefix?: string;
}

/**
 * What `describe()` tells of a field.
 *
 * @example Rows for a README
 * ```ts
 * import {
 *   ConfigBuilder,
 *   field,
 *   type FieldDescription,
 * } from "@groundwork/infra/config";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const toRow = (it: FieldDescription) =>
 *   `| ${it.variable ?? "(none)"} | ${it.required ? "required" : it.default} |`;
 *
 * const rows = new ConfigBuilder({
 *   databaseUrl: field.url({ env: "DATABASE_URL" }),
 *   poolSize: field.integer({ default: 10 }),
 * }).describe().map(toRow);
 * deepStrictEqual(rows, ["| DATABASE_URL | required |", "| (none) | 10 |"]);
 * ```
 */
export interface FieldDescription {
  /** The path: `"database.poolSize"`. */
  readonly field: string;
  /** What it holds. */
  readonly kind: FieldKind;
  /** The environment variable, where there is one. */
  readonly variable: string | undefined;
  /** Whether it must be given. */
  readonly required: boolean;
  /** The default, where there is one. */
  readonly default: unknown;
  /** What it is for. */
  readonly description: string | undefined;
}

/** One field in its place. */
interface Leaf {
  readonly path: string;
  readonly field: Field<unknown>;
  readonly variable: string | undefined;
}

/** A raw value and where it came from. */
interface Given {
  readonly raw: unknown;
  readonly layer: ConfigLayer;
  readonly source: string | undefined;
}

/** From the weakest to the strongest. */
const LAYERS: readonly ConfigLayer[] = [
  "default",
  "values",
  "environment",
  "override",
];

/**
 * Builds a configuration from its layers. A builder never changes: each
 * `with…` gives a new one.
 *
 * @typeParam S The shape: fields and groups of fields by name.
 *
 * @example The environment wins over a file, whichever comes first
 * ```ts
 * import { ConfigBuilder, field } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const builder = new ConfigBuilder({
 *   port: field.integer({ env: "PORT", default: 8080 }),
 * });
 * const both = builder.withEnvironment({ PORT: "80" }).withValues({ port: 3000 });
 * strictEqual(both.build().unwrap().port, 80);
 * strictEqual(builder.build().unwrap().port, 8080); // It has not changed.
 * ```
 */
export class ConfigBuilder<const S extends ConfigShape> {
  readonly #shape: S;
  readonly #options: ConfigBuilderOptions;
  readonly #leaves: readonly Leaf[];
  /** The strongest value of each field so far, by path. */
  #given: ReadonlyMap<string, Given>;
  /** What is wrong with the sources, apart from their fields' values. */
  #issues: readonly ConfigIssue[] = [];

  /**
   * Makes a builder that knows the defaults.
   *
   * @param shape Fields and groups of fields by name.
   * @param options How variables are named.
   * @throws {ValidationError} A default is not valid for its field, a name is
   * empty or has a dot in it, or two fields read one variable.
   */
  constructor(shape: S, options: ConfigBuilderOptions = {}) {
    this.#shape = frozenCopy(shape);
    this.#options = options;
    this.#leaves = leavesOf(this.#shape, "", options.envPrefix);
    requireOwnVariables(this.#leaves);
    this.#given = defaultsOf(this.#leaves);
  }

  /**
   * Adds values from outside the program, as a parsed JSON file has them. They
   * are copied at once. What is wrong with them, unknown names included, is
   * reported by `build()`, together with everything else.
   *
   * @param values An object in the shape of the configuration.
   * @param source What problems call them: the file's name. Default:
   * `"values"`.
   * @returns A new builder.
   *
   * @example Every problem of a file at once
   * ```ts
   * import { ConfigBuilder, field } from "@groundwork/infra/config";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const { issues } = new ConfigBuilder({ port: field.integer({ default: 8080 }) })
   *   .withValues(JSON.parse('{ "port": "80", "prot": 81 }'), "config.json")
   *   .build().unwrapErr();
   * deepStrictEqual(issues.map((it) => `${it.source}: ${it.message}`), [
   *   "config.json: prot is not a known field",
   *   "config.json: port must be of type integer",
   * ]);
   * ```
   */
  withValues(values: unknown, source = "values"): ConfigBuilder<S> {
    const { raw, errors } = flatten(this.#shape, values);
    const issues = errors.map((error) => issueOf(error, "values", source));
    return this.#with("values", raw, () => source, issues);
  }

  /**
   * Adds the environment: `process.env`, or `Deno.env.toObject()`. Only the
   * variables that fields name are read; an empty one counts as not set.
   *
   * @param environment The variables by name.
   * @returns A new builder.
   *
   * @example Names that follow from a prefix
   * ```ts
   * import { ConfigBuilder, field } from "@groundwork/infra/config";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const config = new ConfigBuilder({
   *   debug: field.boolean({ default: false }),
   *   poolSize: field.integer({ default: 10 }),
   * }, { envPrefix: "APP_" })
   *   .withEnvironment({ APP_DEBUG: "on", APP_POOL_SIZE: "" })
   *   .build().unwrap();
   * deepStrictEqual(config, { debug: true, poolSize: 10 });
   * ```
   */
  withEnvironment(
    environment: Readonly<Record<string, string | undefined>>,
  ): ConfigBuilder<S> {
    const raw = new Map<string, unknown>();
    for (const { path, variable } of this.#leaves) {
      const text = variable && environment[variable];
      // Not what an object inherits: there may be a variable "constructor".
      if (typeof text === "string" && text !== "") raw.set(path, text);
    }
    return this.#with("environment", raw, ({ variable }) => variable);
  }

  /**
   * Adds values from the program itself, which win over all others.
   *
   * @param overrides Values in the shape of the configuration; `undefined`
   * leaves a field as it is.
   * @param source What problems call them. Default: `"overrides"`.
   * @returns A new builder.
   * @throws {ValidationError} A name is not one of the shape, a group is not
   * an object, or a value refers to itself or is nested thousands deep.
   *
   * @example A test pins one value
   * ```ts
   * import { ConfigBuilder, field } from "@groundwork/infra/config";
   * import { strictEqual, throws } from "node:assert/strict";
   *
   * const builder = new ConfigBuilder({
   *   database: { timeoutMs: field.duration({ env: "DB_TIMEOUT" }) },
   * }).withEnvironment({ DB_TIMEOUT: "9s" });
   * const pinned = builder.withOverrides({ database: { timeoutMs: 50 } });
   * strictEqual(pinned.build().unwrap().database.timeoutMs, 50);
   *
   * const misspelt: object = { databse: {} };
   * throws(() => builder.withOverrides(misspelt), /databse is not a known field/);
   * ```
   */
  withOverrides(
    overrides: ConfigOverrides<S>,
    source = "overrides",
  ): ConfigBuilder<S> {
    const { raw, errors } = flatten(this.#shape, overrides);
    if (errors[0] !== undefined) throw errors[0];
    return this.#with("override", raw, () => source);
  }

  /**
   * Puts the layers together and checks every field.
   *
   * @returns The configuration, deeply frozen; or an error with every issue:
   * first what is wrong with the sources, then field by field in the order of
   * the shape.
   *
   * @example The configuration cannot be changed, at any depth
   * ```ts
   * import { ConfigBuilder, field } from "@groundwork/infra/config";
   * import { strictEqual, throws } from "node:assert/strict";
   *
   * const config = new ConfigBuilder({
   *   labels: field.record({ default: { team: "links" } }),
   * }).build().unwrap();
   * const labels = config.labels as { team: string };
   * throws(() => labels.team = "billing", TypeError);
   * strictEqual(labels.team, "links");
   * ```
   */
  build(): Result<ConfigOf<S>, ConfigError<"CONFIG_INVALID">> {
    const values = new Map<string, unknown>();
    const issues = [...this.#issues];
    for (const leaf of this.#leaves) {
      const given = this.#given.get(leaf.path);
      const value = readGiven(leaf, given);
      if (value.ok) values.set(leaf.path, value.value);
      else {
        const source = given === undefined ? leaf.variable : given.source;
        issues.push(issueOf(value.error, given?.layer, source));
      }
    }
    if (issues.length > 0) return new Err(toConfigError(issues));
    return new Ok(assemble(this.#shape, values, "") as ConfigOf<S>);
  }

  /**
   * What there is to configure, for `--help` or a README.
   *
   * @returns Each field with its kind, variable, default and description.
   *
   * @example Print a help text
   * ```ts
   * import { ConfigBuilder, field } from "@groundwork/infra/config";
   * import { strictEqual } from "node:assert/strict";
   *
   * const builder = new ConfigBuilder({
   *   port: field.integer({ default: 8080, description: "Where to listen" }),
   * }, { envPrefix: "APP_" });
   * const help = builder.describe().map((f) =>
   *   `${f.variable}  ${f.description} (${f.kind}, default ${f.default})`
   * );
   * strictEqual(help[0], "APP_PORT  Where to listen (integer, default 8080)");
   * ```
   */
  describe(): readonly FieldDescription[] {
    return this.#leaves.map(({ path, field: { kind, options }, variable }) => ({
      field: path,
      kind,
      variable,
      required: options.default === undefined && options.optional !== true,
      default: options.default,
      description: options.description,
    }));
  }

  /** A new builder in which each value stands unless a stronger layer has one. */
  #with(
    layer: ConfigLayer,
    raw: ReadonlyMap<string, unknown>,
    sourceOf: (leaf: Leaf) => string | undefined,
    issues: readonly ConfigIssue[] = [],
  ): ConfigBuilder<S> {
    const given = new Map(this.#given);
    for (const leaf of this.#leaves) {
      const before = given.get(leaf.path)?.layer ?? "default";
      if (raw.get(leaf.path) === undefined) continue;
      if (LAYERS.indexOf(before) > LAYERS.indexOf(layer)) continue;
      const source = sourceOf(leaf);
      given.set(leaf.path, { raw: raw.get(leaf.path), layer, source });
    }
    const next = new ConfigBuilder(this.#shape, this.#options);
    next.#given = given;
    next.#issues = [...this.#issues, ...issues];
    return next;
  }
}

/**
 * What every service has, ready to be spread into a shape.
 *
 * @example Another default for one of them
 * ```ts
 * import {
 *   type BaseConfigFields,
 *   baseFields,
 *   ConfigBuilder,
 *   field,
 * } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const fields: BaseConfigFields = {
 *   ...baseFields(),
 *   timeoutMs: field.duration({ default: "2s", max: 10_000 }),
 * };
 * strictEqual(new ConfigBuilder(fields).build().unwrap().timeoutMs, 2_000);
 * ```
 */
export type BaseConfigFields = {
  /** Whether the component does anything at all. Default: true. */
  readonly enabled: Field<boolean>;
  /** Whether it tells more than usual. Default: false. */
  readonly debug: Field<boolean>;
  /** How long an operation may take, in ms. Default: 30 000. */
  readonly timeoutMs: Field<number>;
  /** How often a failed operation is tried again. Default: 3. */
  readonly retryAttempts: Field<number>;
  /** Anything else, by name. Default: nothing. */
  readonly metadata: Field<ConfigRecord>;
};

/**
 * The configuration that every service has.
 *
 * @example Work with the configuration of any service
 * ```ts
 * import {
 *   type BaseConfig,
 *   baseFields,
 *   ConfigBuilder,
 *   field,
 * } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const attempts = (config: BaseConfig) =>
 *   config.enabled ? 1 + config.retryAttempts : 0;
 *
 * const config = new ConfigBuilder({
 *   ...baseFields(),
 *   port: field.integer({ default: 8080 }),
 * }).build().unwrap();
 * strictEqual(attempts(config), 4);
 * ```
 */
export type BaseConfig = ConfigOf<BaseConfigFields>;

/**
 * The fields that every service has, to build on.
 *
 * @returns A shape with `enabled` (true), `debug` (false), `timeoutMs`
 * (30 000), `retryAttempts` (3) and `metadata` ({}).
 *
 * @example Extend the base
 * ```ts
 * import { baseFields, ConfigBuilder, field } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const config = new ConfigBuilder({
 *   ...baseFields(),
 *   port: field.integer({ default: 8080 }),
 * }).build().unwrap();
 * strictEqual(config.timeoutMs, 30_000);
 * strictEqual(config.port, 8080);
 * ```
 */
export function baseFields(): BaseConfigFields {
  return {
    enabled: field.boolean({ default: true }),
    debug: field.boolean({ default: false }),
    timeoutMs: field.duration({ default: 30_000 }),
    retryAttempts: field.integer({ default: 3, min: 0 }),
    metadata: field.record({ default: {} }),
  };
}

// The shape: a tree of groups whose leaves are fields.

function isField(node: Field<unknown> | ConfigShape): node is Field<unknown> {
  return typeof node.read === "function";
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function leavesOf(
  shape: ConfigShape,
  path: string,
  envPrefix: string | undefined,
): readonly Leaf[] {
  return Object.entries(shape).flatMap(([name, node]) => {
    const description = Expectations.FIELD_NAME;
    requireOption(
      validateFormat("shape", name, { description, pattern: FIELD_NAME }),
      name,
    );
    const here = join(path, name);
    if (!isField(node)) return leavesOf(node, here, envPrefix);
    const variable = node.options.env ??
      (envPrefix === undefined ? undefined : envPrefix + toVariable(here));
    return [{ path: here, field: node, variable }];
  });
}

/** Two fields of one variable would be a slip: `aB.c` and `a.bC` under a prefix. */
function requireOwnVariables(leaves: readonly Leaf[]): void {
  const fields = new Map<string, string>();
  for (const { path, variable } of leaves) {
    if (variable === undefined) continue;
    const other = fields.get(variable);
    if (other !== undefined) {
      throw new ValidationError("VALIDATION_INVALID_OPTION", {
        field: path,
        reason: fillPlaceholders(Expectations.OWN_VARIABLE, { other }),
        received: variable,
      });
    }
    fields.set(variable, path);
  }
}

/** Dots part the names of a path. */
const FIELD_NAME = /[^.]+/;

/** `database.poolSize` to `DATABASE_POOL_SIZE`. */
function toVariable(path: string): string {
  return path.replace(/([a-z\d])([A-Z])/g, "$1_$2").replace(/\W/g, "_")
    .toUpperCase();
}

function defaultsOf(leaves: readonly Leaf[]): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  for (const { path, field } of leaves) {
    const raw = frozenCopy(field.options.default);
    if (raw === undefined) continue;
    requireOption(field.read(path, raw, false), raw);
    given.set(path, { raw, layer: "default", source: undefined });
  }
  return given;
}

/** The values of a tree by path, and what does not fit into the shape. */
function flatten(
  shape: ConfigShape,
  values: unknown,
  path = "",
): { readonly raw: Map<string, unknown>; readonly errors: ValidationError[] } {
  const raw = new Map<string, unknown>();
  if (values === undefined) return { raw, errors: [] };
  if (!isPlainObject(values)) {
    const whole = path || "configuration";
    return { raw, errors: [typeMismatch(whole, "object")] };
  }
  const errors: ValidationError[] = [];
  for (const [name, value] of Object.entries(values)) {
    const here = join(path, name);
    const node = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (node === undefined) {
      errors.push(
        new ValidationError("VALIDATION_UNKNOWN_FIELD", { field: here }),
      );
    } else if (isField(node)) {
      const copy = catchToResult(
        () => frozenCopy(value),
        () => typeMismatch(here, Expectations.FINITE),
      );
      if (copy.ok) raw.set(here, copy.value);
      else errors.push(copy.error);
    } else {
      const inner = flatten(node, value, here);
      for (const [key, item] of inner.raw) raw.set(key, item);
      errors.push(...inner.errors);
    }
  }
  return { raw, errors };
}

function readGiven(
  { path, field }: Leaf,
  given: Given | undefined,
): Result<unknown, ValidationError> {
  if (given !== undefined) {
    return field.read(path, given.raw, given.layer === "environment");
  }
  if (field.options.optional) return new Ok(undefined);
  return new Err(new ValidationError("VALIDATION_REQUIRED", { field: path }));
}

function assemble(
  shape: ConfigShape,
  values: ReadonlyMap<string, unknown>,
  path: string,
): unknown {
  return Object.freeze(Object.fromEntries(
    Object.entries(shape).map(([name, node]) => {
      const here = join(path, name);
      return [
        name,
        isField(node) ? values.get(here) : assemble(node, values, here),
      ];
    }),
  ));
}

function issueOf(
  error: ValidationError,
  layer: ConfigLayer | undefined,
  source: string | undefined,
): ConfigIssue {
  const { field, code, message, params } = error;
  return Object.freeze({ field, layer, source, code, message, params });
}

function toConfigError(
  issues: readonly ConfigIssue[],
): ConfigError<"CONFIG_INVALID"> {
  const summary = issues.map(({ message, source }) =>
    source === undefined ? message : `${message} (${source})`
  ).join("; ");
  return new ConfigError(
    "CONFIG_INVALID",
    { count: issues.length, summary },
    { details: { issues: Object.freeze(issues) } },
  );
}
