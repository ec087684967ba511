import {
  type DomainCode,
  type ErrorCode,
  type ErrorDomain,
  type ErrorParams,
  type MessageCatalogue,
} from "./messages.js";
export type ErrorDetails = Readonly<Record<string, unknown>>;
export interface InfrastructureErrorOptions {
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}
export type ErrorArguments<C extends ErrorCode> = ErrorParams<C> extends
  Readonly<Record<string, never>> ? [
    params?: ErrorParams<C>,
    options?: InfrastructureErrorOptions,
  ]
  : [
    params: ErrorParams<C>,
    options?: InfrastructureErrorOptions,
  ];
export interface ErrorJson {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly details?: ErrorDetails;
  readonly cause?: ErrorCauseJson;
}
export interface ErrorCauseJson {
  readonly name: string;
  readonly message?: string;
  readonly code?: string | number;
}
export interface Localizable {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, string | number>>;
}
export declare class InfrastructureError<C extends ErrorCode = ErrorCode>
  extends Error {
  static readonly domain: ErrorDomain | undefined;
  readonly code: C;
  readonly params: ErrorParams<C>;
  readonly details: ErrorDetails | undefined;
  constructor(code: C, ...args: ErrorArguments<C>);
  override get name(): string;
  override set name(name: string);
  static is<T extends InfrastructureError>(
    this: ErrorClass<T>,
    value: unknown,
  ): value is T;
  toJSON(): ErrorJson;
}
export interface ErrorClass<T> {
  new (...args: never[]): T;
  readonly domain: ErrorDomain | undefined;
}
export declare class AuthenticationError<
  C extends DomainCode<"AUTH"> = DomainCode<"AUTH">,
> extends InfrastructureError<C> {
  static readonly domain: "AUTH";
}
export declare class CacheError<
  C extends DomainCode<"CACHE"> = DomainCode<"CACHE">,
> extends InfrastructureError<C> {
  static readonly domain: "CACHE";
}
export declare class PoolError<
  C extends DomainCode<"POOL"> = DomainCode<"POOL">,
> extends InfrastructureError<C> {
  static readonly domain: "POOL";
}
export declare class ValidationError<
  C extends DomainCode<"VALIDATION"> = DomainCode<"VALIDATION">,
> extends InfrastructureError<C> {
  static readonly domain: "VALIDATION";
  get field(): string;
}
export declare class SecurityError<
  C extends DomainCode<"SECURITY"> = DomainCode<"SECURITY">,
> extends InfrastructureError<C> {
  static readonly domain: "SECURITY";
}
export declare class MessagingError<
  C extends DomainCode<"MSG"> = DomainCode<"MSG">,
> extends InfrastructureError<C> {
  static readonly domain: "MSG";
}
export declare class RepositoryError<
  C extends DomainCode<"DB"> = DomainCode<"DB">,
> extends InfrastructureError<C> {
  static readonly domain: "DB";
}
export declare class TaskError<
  C extends DomainCode<"TASK"> = DomainCode<"TASK">,
> extends InfrastructureError<C> {
  static readonly domain: "TASK";
}
export declare class CompressionError<
  C extends DomainCode<"COMPRESSION"> = DomainCode<"COMPRESSION">,
> extends InfrastructureError<C> {
  static readonly domain: "COMPRESSION";
  get coding(): string;
}
export type ConfigLayer = "default" | "values" | "environment" | "override";
export interface ConfigIssue extends Localizable {
  readonly field: string;
  readonly layer: ConfigLayer | undefined;
  readonly source: string | undefined;
  readonly code: DomainCode<"VALIDATION">;
  readonly message: string;
}
export declare class ConfigError<
  C extends DomainCode<"CONFIG"> = DomainCode<"CONFIG">,
> extends InfrastructureError<C> {
  static readonly domain: "CONFIG";
  get issues(): readonly ConfigIssue[];
}
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
export declare function localize(
  error: Localizable,
  catalogue: MessageCatalogue,
): string;
export declare function describeError(error: unknown): ErrorCauseJson;
