/**
 * Typed errors: one class a domain, one code an error, each with the
 * parameters its message names.
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
 * parameters.
 *
 * @typeParam C The code.
 */
export type ErrorArguments<C extends ErrorCode> = ErrorParams<C> extends
  Readonly<Record<string, never>>
  ? [params?: ErrorParams<C>, options?: InfrastructureErrorOptions]
  : [params: ErrorParams<C>, options?: InfrastructureErrorOptions];

/** What an error serializes to: no stack, the cause in short. */
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

/** What is told of a cause: never its stack, nor its own fields. */
export interface ErrorCauseJson {
  /** The cause's name; for something thrown that is no Error, its type. */
  readonly name: string;
  /** Its message, where it is an Error. */
  readonly message?: string;
  /** Its code, where it has one. */
  readonly code?: string | number;
}

/** What {@linkcode localize} renders: an error, or what one serialized to. */
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
  /** Plain data for logs, frozen; `undefined` where there is none. */
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

  /** The class's name, a literal that minifiers keep. */
  override get name(): string {
    return "InfrastructureError";
  }

  /**
   * Whether a value is an error of this class, or of another copy of the
   * package's. A class of your own that extends one counts as that one.
   *
   * @typeParam T The class asked.
   * @param value What to look at.
   * @returns Whether it is one.
   */
  static is<T extends InfrastructureError>(
    this: ErrorClass<T>,
    value: unknown,
  ): value is T {
    if (typeof value !== "object" || value === null) return false;
    const brand = Object.getOwnPropertyDescriptor(value, Symbol.for(BRAND_KEY));
    if (brand === undefined) return false;
    return this.domain === undefined || this.domain === brand.value;
  }

  /**
   * What goes into logs and answers: no stack.
   *
   * @returns Name, code, message, parameters, details and the cause in short.
   */
  toJSON(): ErrorJson {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      params: this.params,
      ...(this.details && { details: this.details }),
      ...("cause" in this && { cause: describeCause(this.cause) }),
    };
  }
}

/**
 * A class of errors, as {@linkcode InfrastructureError.is} sees it.
 *
 * @typeParam T The errors it makes.
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
 */
export class AuthenticationError<
  C extends DomainCode<"AUTH"> = DomainCode<"AUTH">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "AUTH";

  /** The class's name. */
  override get name(): "AuthenticationError" {
    return "AuthenticationError";
  }
}

/**
 * A cache or a store could not do what it was asked.
 *
 * @typeParam C The code, or a union of codes.
 */
export class CacheError<
  C extends DomainCode<"CACHE"> = DomainCode<"CACHE">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "CACHE";

  /** The class's name. */
  override get name(): "CacheError" {
    return "CacheError";
  }
}

/**
 * A connection pool could not give a connection.
 *
 * @typeParam C The code, or a union of codes.
 */
export class PoolError<
  C extends DomainCode<"POOL"> = DomainCode<"POOL">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "POOL";

  /** The class's name. */
  override get name(): "PoolError" {
    return "PoolError";
  }
}

/**
 * A value is not what its field asks for. The value itself is never in the
 * error, as it may be a secret; what a program passes as an option is.
 *
 * @typeParam C The code, or a union of codes.
 */
export class ValidationError<
  C extends DomainCode<"VALIDATION"> = DomainCode<"VALIDATION">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "VALIDATION";

  /** The class's name. */
  override get name(): "ValidationError" {
    return "ValidationError";
  }

  /** The field that is not valid. */
  get field(): string {
    return String((this.params as { readonly field: string | number }).field);
  }
}

/**
 * A request was refused, or sealing or opening a value failed.
 *
 * @typeParam C The code, or a union of codes.
 */
export class SecurityError<
  C extends DomainCode<"SECURITY"> = DomainCode<"SECURITY">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "SECURITY";

  /** The class's name. */
  override get name(): "SecurityError" {
    return "SecurityError";
  }
}

/**
 * A message could not be published, delivered or handled.
 *
 * @typeParam C The code, or a union of codes.
 */
export class MessagingError<
  C extends DomainCode<"MSG"> = DomainCode<"MSG">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "MSG";

  /** The class's name. */
  override get name(): "MessagingError" {
    return "MessagingError";
  }
}

/**
 * A repository could not do what it was asked.
 *
 * @typeParam C The code, or a union of codes.
 */
export class RepositoryError<
  C extends DomainCode<"DB"> = DomainCode<"DB">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "DB";

  /** The class's name. */
  override get name(): "RepositoryError" {
    return "RepositoryError";
  }
}

/**
 * A task or a job failed, timed out, was cancelled or was not accepted.
 *
 * @typeParam C The code, or a union of codes.
 */
export class TaskError<
  C extends DomainCode<"TASK"> = DomainCode<"TASK">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "TASK";

  /** The class's name. */
  override get name(): "TaskError" {
    return "TaskError";
  }
}

/**
 * Data could not be compressed or decompressed.
 *
 * @typeParam C The code, or a union of codes.
 */
export class CompressionError<
  C extends DomainCode<"COMPRESSION"> = DomainCode<"COMPRESSION">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "COMPRESSION";

  /** The class's name. */
  override get name(): "CompressionError" {
    return "CompressionError";
  }
}

/** Where a configuration value came from, from the weakest to the strongest. */
export type ConfigLayer = "default" | "values" | "environment" | "override";

/** One thing that is wrong with a configuration. Never the value. */
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
 */
export class ConfigError<
  C extends DomainCode<"CONFIG"> = DomainCode<"CONFIG">,
> extends InfrastructureError<C> {
  /** The domain of the codes. */
  static override readonly domain = "CONFIG";

  /** The class's name. */
  override get name(): "ConfigError" {
    return "ConfigError";
  }

  /** Everything that is wrong, as `details.issues` has it. */
  get issues(): readonly ConfigIssue[] {
    const { issues = [] } = this.details ?? {};
    return issues as readonly ConfigIssue[];
  }
}

/**
 * Renders an error in another language. A text that the catalogue lacks comes
 * in English.
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

function describeCause(cause: unknown): ErrorCauseJson {
  if (!(cause instanceof Error)) {
    return { name: cause === null ? "null" : typeof cause };
  }
  const { name, message } = cause;
  const code = (cause as { readonly code?: unknown }).code;
  return typeof code === "string" || typeof code === "number"
    ? { name, message, code }
    : { name, message };
}
