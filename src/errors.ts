/**
 * Typed errors: one class a domain, one code an error, each with the
 * parameters its message names.
 *
 * When to use it: wherever somebody must be able to tell one failure from
 * another: in a `Result`, in a `catch`, in an answer.
 *
 * When not: for errors of your own domain: extend the native `Error`, or use
 * plain values; a `Result` takes either.
 *
 * - **One code, one meaning.** A code determines the class, the parameters and
 *   the text, at compile time.
 * - **No secrets of yours.** A message holds what the catalogue names: never a
 *   value that was checked, unless a program passed it as an option. Of an error
 *   that somebody else threw it may have the message.
 *
 * Narrow a union of errors by `code`; recognise any error of the package,
 * even one made by a second copy of it, with `InfrastructureError.is`.
 *
 * @example Make, narrow and log an error
 * ```ts
 * import { PoolError } from "@groundwork/infra/errors";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const error: PoolError<"POOL_CLOSED"> | PoolError<"POOL_ACQUIRE_TIMEOUT"> =
 *   new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 250 });
 *
 * if (error.code === "POOL_ACQUIRE_TIMEOUT") {
 *   strictEqual(error.params.timeoutMs, 250);
 * }
 * deepStrictEqual(JSON.parse(JSON.stringify(error)), {
 *   name: "PoolError",
 *   code: "POOL_ACQUIRE_TIMEOUT",
 *   message: "No connection became free within 250 ms",
 *   params: { timeoutMs: 250 },
 * });
 * ```
 *
 * @module
 */

import {
  type DomainCode,
  type ErrorCode,
  type ErrorDomain,
  type ErrorParams,
  formatMessage,
  type MessageCatalogue,
} from "./messages.ts";

/** The name of each domain's class. */
const CLASS_NAMES: Readonly<Record<ErrorDomain, string>> = {
  AUTH: "AuthenticationError",
  CACHE: "CacheError",
  POOL: "PoolError",
  VALIDATION: "ValidationError",
  SECURITY: "SecurityError",
  MSG: "MessagingError",
  DB: "RepositoryError",
  TASK: "TaskError",
  COMPRESSION: "CompressionError",
  CONFIG: "ConfigError",
};

/** Errors of every copy of the package carry their class's domain under it. */
const BRAND_KEY = "@groundwork/infra/error";

/** Plain data that goes with an error. It is logged: never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** Options of every error of the package. */
export interface InfrastructureErrorOptions {
  /** What brought it about, as in the standard `ErrorOptions`. */
  readonly cause?: unknown;
  /** Plain data for logs: counters, ids, states; never a secret. */
  readonly details?: ErrorDetails;
}

/**
 * The arguments after the code: a code without placeholders needs no
 * parameters. For a code that is only known as a union the check is as loose
 * as the loosest of them.
 *
 * @typeParam C The code.
 *
 * @example A helper that makes errors of any code
 * ```ts
 * import { type ErrorArguments, TaskError } from "@groundwork/infra/errors";
 * import type { DomainCode } from "@groundwork/infra/messages";
 * import { err } from "@groundwork/infra/result";
 * import { strictEqual } from "node:assert/strict";
 *
 * function fail<C extends DomainCode<"TASK">>(
 *   code: C,
 *   ...args: ErrorArguments<C>
 * ) {
 *   return err(new TaskError(code, ...args));
 * }
 * strictEqual(fail("TASK_QUEUE_FULL").error.message, "The queue is full");
 * strictEqual(fail("TASK_TIMEOUT", { timeoutMs: 50 }).error.params.timeoutMs, 50);
 * ```
 */
export type ErrorArguments<C extends ErrorCode> = ErrorParams<C> extends
  Readonly<Record<string, never>>
  ? [params?: ErrorParams<C>, options?: InfrastructureErrorOptions]
  : [params: ErrorParams<C>, options?: InfrastructureErrorOptions];

/**
 * What an error serializes to: no stack, the cause in short.
 *
 * @example Read the error that another service answered with
 * ```ts
 * import { type ErrorJson, PoolError } from "@groundwork/infra/errors";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const body = JSON.stringify(new PoolError("POOL_CLOSED"));
 * const { code, params }: ErrorJson = JSON.parse(body);
 * deepStrictEqual({ code, params }, { code: "POOL_CLOSED", params: {} });
 * ```
 */
export interface ErrorJson {
  /** The class: `"PoolError"`. */
  readonly name: string;
  /** The code: `"POOL_CLOSED"`. */
  readonly code: ErrorCode;
  /** The message in English. */
  readonly message: string;
  /** The parameters of the message. */
  readonly params: Readonly<Record<string, string | number>>;
  /** Plain data that goes with the error, where there is some. */
  readonly details?: ErrorDetails;
  /** The cause in short, where there is one. */
  readonly cause?: ErrorCauseJson;
}

/**
 * What is told of a cause: never its stack, nor its own fields.
 *
 * @example A driver's own fields stay out
 * ```ts
 * import { type ErrorCauseJson, TaskError } from "@groundwork/infra/errors";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const cause = Object.assign(new Error("no route"), {
 *   code: "EHOSTUNREACH",
 *   password: "hunter2",
 * });
 * const error = new TaskError("TASK_CANCELLED", {}, { cause });
 * const told: ErrorCauseJson | undefined = error.toJSON().cause;
 * deepStrictEqual(told, {
 *   name: "Error",
 *   message: "no route",
 *   code: "EHOSTUNREACH",
 * });
 * ```
 */
export interface ErrorCauseJson {
  /** The cause's name; for something thrown that is no Error, its type. */
  readonly name: string;
  /** Its message, where it is an Error. */
  readonly message?: string;
  /** Its code, where it has one. */
  readonly code?: string | number;
}

/**
 * What {@linkcode localize} renders: an error, or what one serialized to.
 *
 * @example Localize what came over the wire
 * ```ts
 * import { type Localizable, localize } from "@groundwork/infra/errors";
 * import { defineCatalogue } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const french = defineCatalogue({ POOL: { CLOSED: "Le pool est fermé" } });
 * const received: Localizable = JSON.parse('{"code":"POOL_CLOSED","params":{}}');
 * strictEqual(localize(received, french), "Le pool est fermé");
 * ```
 */
export interface Localizable {
  /** The code. */
  readonly code: ErrorCode;
  /** The parameters of its message. */
  readonly params: Readonly<Record<string, string | number>>;
}

/**
 * The base of every error of the package.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example Recognise any error of the package
 * ```ts
 * import { CacheError, InfrastructureError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const thrown: unknown = new CacheError("CACHE_KEY_NOT_FOUND", { key: "a" });
 * strictEqual(InfrastructureError.is(thrown), true);
 * strictEqual(InfrastructureError.is(new Error("other")), false);
 * ```
 */
export class InfrastructureError<C extends ErrorCode = ErrorCode>
  extends Error {
  /** The domain whose codes the class takes; the base takes all. */
  static readonly domain: ErrorDomain | undefined = undefined;

  /** The code: what programs branch on. */
  readonly code: C;
  /** The parameters of the message, frozen. */
  readonly params: ErrorParams<C>;
  /**
   * Plain data for logs, in a frozen copy one level deep; `undefined` where
   * there is none.
   */
  readonly details: ErrorDetails | undefined;

  /**
   * Makes an error; its message follows from code and parameters.
   *
   * @param code The code.
   * @param args The parameters of its message, then the options.
   */
  constructor(code: C, ...args: ErrorArguments<C>) {
    const [params, options] = args as [
      ErrorParams<C> | undefined,
      InfrastructureErrorOptions | undefined,
    ];
    const frozen = Object.freeze({ ...params }) as ErrorParams<C>;
    super(formatMessage(code, frozen), options);
    this.code = code;
    this.params = frozen;
    this.details = options?.details && Object.freeze({ ...options.details });
    Object.defineProperty(this, Symbol.for(BRAND_KEY), {
      value: new.target.domain,
    });
  }

  /**
   * The class's name, which minifiers keep. A class of your own overrides it,
   * or assigns another.
   */
  override get name(): string {
    const { domain } = this.constructor as typeof InfrastructureError;
    return domain === undefined ? "InfrastructureError" : CLASS_NAMES[domain];
  }

  /** Gives this error a name of its own. */
  override set name(name: string) {
    const property = { value: name, writable: true, configurable: true };
    Object.defineProperty(this, "name", property);
  }

  /**
   * Whether a value is an error of this class or one that extends it. For the
   * package's own classes an error of another copy of the package counts too.
   *
   * @typeParam T The class asked.
   * @param value What to look at.
   * @returns Whether it is one.
   *
   * @example Tell a bad request from a bug
   * ```ts
   * import { ValidationError } from "@groundwork/infra/errors";
   * import { strictEqual } from "node:assert/strict";
   *
   * class SlugError extends ValidationError {}
   * const statusOf = (thrown: unknown) => ValidationError.is(thrown) ? 400 : 500;
   *
   * const error = new SlugError("VALIDATION_REQUIRED", { field: "slug" });
   * strictEqual(statusOf(error), 400);
   * strictEqual(statusOf(new TypeError("bug")), 500);
   * ```
   */
  static is<T extends InfrastructureError>(
    this: ErrorClass<T>,
    value: unknown,
  ): value is T {
    if (typeof value !== "object" || value === null) return false;
    const brand = Object.getOwnPropertyDescriptor(value, Symbol.for(BRAND_KEY));
    if (brand === undefined) return false;
    // A class that somebody extended: it says no more of itself than this.
    if (!Object.hasOwn(this, "domain")) return value instanceof this;
    return this.domain === undefined || this.domain === brand.value;
  }

  /**
   * What goes into logs and answers, and to other workers (a structured clone
   * keeps little more than the message): no stack.
   *
   * @returns Name, code, message, parameters, details and the cause in short.
   *
   * @example A log line
   * ```ts
   * import { TaskError } from "@groundwork/infra/errors";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const error = new TaskError("TASK_TIMEOUT", { timeoutMs: 250 }, {
   *   cause: "aborted",
   *   details: { jobId: "j1" },
   * });
   * deepStrictEqual(error.toJSON(), {
   *   name: "TaskError",
   *   code: "TASK_TIMEOUT",
   *   message: "The task did not finish within 250 ms",
   *   params: { timeoutMs: 250 },
   *   details: { jobId: "j1" },
   *   cause: { name: "string" }, // A thrown text may hold anything: not told.
   * });
   * ```
   */
  toJSON(): ErrorJson {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      params: this.params,
      ...(this.details && { details: this.details }),
      ...("cause" in this && { cause: describeError(this.cause) }),
    };
  }
}

/**
 * A class of errors, as {@linkcode InfrastructureError.is} sees it.
 *
 * @typeParam T The errors it makes.
 *
 * @example Errors of any of several classes
 * ```ts
 * import {
 *   CacheError,
 *   type ErrorClass,
 *   InfrastructureError,
 *   PoolError,
 * } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const retryable: ErrorClass<InfrastructureError>[] = [CacheError, PoolError];
 * const isRetryable = (thrown: unknown) =>
 *   retryable.some((type) => InfrastructureError.is.call(type, thrown));
 *
 * strictEqual(isRetryable(new PoolError("POOL_EXHAUSTED")), true);
 * strictEqual(isRetryable(new Error("other")), false);
 * ```
 */
export interface ErrorClass<T> {
  /** Makes an error. */
  new (...args: never[]): T;
  /** The domain whose codes the class takes; `undefined` for all. */
  readonly domain: ErrorDomain | undefined;
}

/**
 * A token or a key was refused.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example A refused token is the caller's fault, a bad key is not
 * ```ts
 * import { AuthenticationError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const statusOf = ({ code }: AuthenticationError) =>
 *   code === "AUTH_KEY_MISSING" || code === "AUTH_KEY_INVALID" ? 500 : 401;
 *
 * strictEqual(statusOf(new AuthenticationError("AUTH_TOKEN_EXPIRED")), 401);
 * strictEqual(statusOf(new AuthenticationError("AUTH_KEY_INVALID")), 500);
 * ```
 */
export class AuthenticationError<
  C extends DomainCode<"AUTH"> = DomainCode<"AUTH">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "AUTH";
}

/**
 * A cache or a store could not do what it was asked.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example A full store refuses, and says where its limit is
 * ```ts
 * import { CacheError } from "@groundwork/infra/errors";
 * import { MemoryStore } from "@groundwork/infra/memory-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const store = new MemoryStore<string, string>({ maxEntries: 1 });
 * store.set("ada", "online").unwrap();
 * const error = store.set("bob", "online").unwrapErr();
 * strictEqual(CacheError.is(error), true);
 * strictEqual(error.params.max, 1);
 * ```
 */
export class CacheError<
  C extends DomainCode<"CACHE"> = DomainCode<"CACHE">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "CACHE";
}

/**
 * A connection pool could not give a connection.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example Try again only where waiting can help
 * ```ts
 * import { PoolError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const mayPass = ({ code }: PoolError) =>
 *   code === "POOL_EXHAUSTED" || code === "POOL_ACQUIRE_TIMEOUT";
 *
 * strictEqual(mayPass(new PoolError("POOL_EXHAUSTED")), true);
 * strictEqual(mayPass(new PoolError("POOL_CLOSED")), false);
 * ```
 */
export class PoolError<
  C extends DomainCode<"POOL"> = DomainCode<"POOL">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "POOL";
}

/**
 * A value is not what its field asks for. The value itself is never in the
 * error, as it may be a secret; what a program passes as an option is.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example The field, and never the value
 * ```ts
 * import { validateRange } from "@groundwork/infra/validators";
 * import { strictEqual } from "node:assert/strict";
 *
 * const error = validateRange("pin", 31337, { min: 0, max: 9999 }).unwrapErr();
 * strictEqual(error.field, "pin");
 * strictEqual(JSON.stringify(error).includes("31337"), false);
 * ```
 */
export class ValidationError<
  C extends DomainCode<"VALIDATION"> = DomainCode<"VALIDATION">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "VALIDATION";

  /** The field that is not valid. */
  get field(): string {
    return String((this.params as { readonly field: string | number }).field);
  }
}

/**
 * A request was refused, or sealing or opening a value failed.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example Tell the caller when to come back
 * ```ts
 * import { SecurityError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const retryAfterMs = 1_500;
 * const { params } = new SecurityError("SECURITY_RATE_LIMITED", { retryAfterMs });
 * const headers = { "retry-after": Math.ceil(params.retryAfterMs / 1_000) };
 * strictEqual(headers["retry-after"], 2);
 * ```
 */
export class SecurityError<
  C extends DomainCode<"SECURITY"> = DomainCode<"SECURITY">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "SECURITY";
}

/**
 * A message could not be published, delivered or handled.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example A dead letter keeps the handler's last error
 * ```ts
 * import { MessagingError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const cause = new RangeError("amount");
 * const error = new MessagingError("MSG_DEAD_LETTER", { retries: 3 }, { cause });
 * strictEqual(error.message, "The message was dead-lettered after 3 retries");
 * strictEqual(error.cause, cause);
 * ```
 */
export class MessagingError<
  C extends DomainCode<"MSG"> = DomainCode<"MSG">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "MSG";
}

/**
 * A repository could not do what it was asked.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example Answer with a status
 * ```ts
 * import { RepositoryError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * function statusOf({ code }: RepositoryError) {
 *   if (code === "DB_ENTITY_NOT_FOUND") return 404;
 *   return code === "DB_DUPLICATE_KEY" ? 409 : 503;
 * }
 * const taken = new RepositoryError("DB_DUPLICATE_KEY", { entity: "Link" });
 * strictEqual(statusOf(taken), 409);
 * ```
 */
export class RepositoryError<
  C extends DomainCode<"DB"> = DomainCode<"DB">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "DB";
}

/**
 * A task or a job failed, timed out, was cancelled or was not accepted.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example A code narrows the parameters
 * ```ts
 * import { TaskError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Failure = TaskError<"TASK_CANCELLED"> | TaskError<"TASK_TIMEOUT">;
 *
 * const spentMs = (error: Failure) =>
 *   error.code === "TASK_TIMEOUT" ? error.params.timeoutMs : 0;
 *
 * strictEqual(spentMs(new TaskError("TASK_TIMEOUT", { timeoutMs: 50 })), 50);
 * strictEqual(spentMs(new TaskError("TASK_CANCELLED")), 0);
 * ```
 */
export class TaskError<
  C extends DomainCode<"TASK"> = DomainCode<"TASK">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "TASK";
}

/**
 * Data could not be compressed or decompressed.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example A body that this service cannot read
 * ```ts
 * import { CompressionError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const statusOf = ({ code }: CompressionError) =>
 *   code === "COMPRESSION_UNSUPPORTED" ? 415 : 400;
 *
 * const truncated = new CompressionError("COMPRESSION_TRUNCATED", {
 *   coding: "br",
 * });
 * strictEqual(statusOf(truncated), 400);
 * strictEqual(truncated.message, "The br data ends too early");
 * ```
 */
export class CompressionError<
  C extends DomainCode<"COMPRESSION"> = DomainCode<"COMPRESSION">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "COMPRESSION";

  /** The content coding it is about: `"gzip"`. */
  get coding(): string {
    return String((this.params as { readonly coding: string | number }).coding);
  }
}

/**
 * Where a configuration value came from, from the weakest to the strongest.
 *
 * @example Blame the right place
 * ```ts
 * import { ConfigBuilder, field } from "@groundwork/infra/config";
 * import type { ConfigLayer } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * const toFix: Partial<Record<ConfigLayer, string>> = {
 *   environment: "See the deployment's variables",
 * };
 * const { issues } = new ConfigBuilder({ port: field.integer({ env: "PORT" }) })
 *   .withEnvironment({ PORT: "eighty" }).build().unwrapErr();
 * strictEqual(toFix[issues[0]!.layer!], "See the deployment's variables");
 * ```
 */
export type ConfigLayer = "default" | "values" | "environment" | "override";

/**
 * One thing that is wrong with a configuration. Never the value.
 *
 * @example What is missing has no layer, but a variable to set
 * ```ts
 * import { ConfigBuilder, field } from "@groundwork/infra/config";
 * import type { ConfigIssue } from "@groundwork/infra/errors";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const explain = ({ source, layer, message }: ConfigIssue) =>
 *   layer === undefined && source ? `${message}: set ${source}` : message;
 *
 * const { issues } = new ConfigBuilder({ token: field.secret({ env: "TOKEN" }) })
 *   .build().unwrapErr();
 * deepStrictEqual(issues.map(explain), ["token is required: set TOKEN"]);
 * ```
 */
export interface ConfigIssue extends Localizable {
  /** The field, as a path: `"database.poolSize"`. */
  readonly field: string;
  /** The layer the value came from; `undefined` where there was none. */
  readonly layer: ConfigLayer | undefined;
  /** The name of the variable, file or other source. */
  readonly source: string | undefined;
  /** What is wrong, as a code. */
  readonly code: DomainCode<"VALIDATION">;
  /** What is wrong, in English. */
  readonly message: string;
}

/**
 * A configuration is not valid; its `details` have every issue.
 *
 * @typeParam C The code, or a union of codes.
 *
 * @example Every issue, in the message and one by one
 * ```ts
 * import { ConfigBuilder, field } from "@groundwork/infra/config";
 * import { strictEqual } from "node:assert/strict";
 *
 * const error = new ConfigBuilder({
 *   port: field.integer({ env: "PORT" }),
 *   token: field.secret({ env: "TOKEN" }),
 * }).withEnvironment({ PORT: "eighty" }).build().unwrapErr();
 * strictEqual(
 *   error.message,
 *   "The configuration has 2 problem(s): port must be of type integer (PORT); " +
 *     "token is required (TOKEN)",
 * );
 * strictEqual(error.issues[1]?.field, "token");
 * ```
 */
export class ConfigError<
  C extends DomainCode<"CONFIG"> = DomainCode<"CONFIG">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "CONFIG";

  /** Everything that is wrong, as `details.issues` has it. */
  get issues(): readonly ConfigIssue[] {
    const { issues = [] } = this.details ?? {};
    return issues as readonly ConfigIssue[];
  }
}

/**
 * The error of each code, as a union that narrows by `code`, parameters
 * included: what a function with several errors returns.
 *
 * @typeParam C The codes.
 *
 * @example Narrow by code
 * ```ts
 * import { type ErrorOf, PoolError } from "@groundwork/infra/errors";
 * import { strictEqual } from "node:assert/strict";
 *
 * function waitedMs(error: ErrorOf<"POOL_CLOSED" | "POOL_ACQUIRE_TIMEOUT">) {
 *   return error.code === "POOL_CLOSED" ? 0 : error.params.timeoutMs;
 * }
 * strictEqual(waitedMs(new PoolError("POOL_CLOSED")), 0);
 * strictEqual(
 *   waitedMs(new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 5 })),
 *   5,
 * );
 * ```
 */
export type ErrorOf<C extends ErrorCode> = C extends DomainCode<"AUTH">
  ? AuthenticationError<C>
  : C extends DomainCode<"CACHE"> ? CacheError<C>
  : C extends DomainCode<"POOL"> ? PoolError<C>
  : C extends DomainCode<"VALIDATION"> ? ValidationError<C>
  : C extends DomainCode<"SECURITY"> ? SecurityError<C>
  : C extends DomainCode<"MSG"> ? MessagingError<C>
  : C extends DomainCode<"DB"> ? RepositoryError<C>
  : C extends DomainCode<"TASK"> ? TaskError<C>
  : C extends DomainCode<"COMPRESSION"> ? CompressionError<C>
  : C extends DomainCode<"CONFIG"> ? ConfigError<C>
  : never;

/**
 * Renders an error in another language. A text that the catalogue lacks comes
 * in English, and so do words among the parameters: the reason of another
 * component, or the summary of a ConfigError, whose `issues` can be rendered
 * one by one.
 *
 * @param error The error, or what it serialized to.
 * @param catalogue The texts of the other language.
 * @returns The message.
 *
 * @example A partial German catalogue
 * ```ts
 * import { localize, TaskError } from "@groundwork/infra/errors";
 * import { defineCatalogue } from "@groundwork/infra/messages";
 * import { strictEqual } from "node:assert/strict";
 *
 * const german = defineCatalogue({
 *   TASK: { CANCELLED: "Die Aufgabe wurde abgebrochen" },
 * });
 * strictEqual(
 *   localize(new TaskError("TASK_CANCELLED"), german),
 *   "Die Aufgabe wurde abgebrochen",
 * );
 * strictEqual(
 *   localize(new TaskError("TASK_QUEUE_FULL"), german),
 *   "The queue is full",
 * );
 * ```
 */
export function localize(
  error: Localizable,
  catalogue: MessageCatalogue,
): string {
  return formatMessage(
    error.code,
    error.params as ErrorParams<ErrorCode>,
    catalogue,
  );
}

/**
 * What may be told of something thrown, as plain data.
 *
 * @param error What was thrown.
 * @returns Name, message and code of an Error; of anything else, which may hold
 * a secret, only the type. It never throws, whatever the error is.
 *
 * @example Keep an error for later
 * ```ts
 * import { describeError } from "@groundwork/infra/errors";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { name, message } = describeError(new RangeError("too far"));
 * deepStrictEqual([name, message], ["RangeError", "too far"]);
 * deepStrictEqual(describeError("hunter2"), { name: "string" });
 * ```
 */
export function describeError(error: unknown): ErrorCauseJson {
  try {
    if (!(error instanceof Error)) {
      return { name: error === null ? "null" : typeof error };
    }
    const { name, message, code } = error as {
      readonly name: unknown;
      readonly message: unknown;
      readonly code?: unknown;
    };
    return {
      name: typeof name === "string" ? name : "Error",
      ...(typeof message === "string" && { message }),
      ...((typeof code === "string" || typeof code === "number") && { code }),
    };
  } catch { // A revoked proxy, say, or a getter that throws.
    return { name: typeof error };
  }
}
