import { ValidationError } from "./errors.js";
import { type Result } from "./result.js";
export interface TypeMap {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly object: Readonly<Record<string, unknown>>;
  readonly array: readonly unknown[];
  readonly function: (...args: never[]) => unknown;
}
export type TypeMismatch = ValidationError<"VALIDATION_TYPE_MISMATCH">;
export declare function validateType<K extends keyof TypeMap>(
  field: string,
  value: unknown,
  expectedType: K,
): Result<TypeMap[K], TypeMismatch>;
export declare function validateRequired<T>(
  field: string,
  value: T,
): Result<NonNullable<T>, ValidationError<"VALIDATION_REQUIRED">>;
export declare function validateNonEmpty(
  field: string,
  value: unknown,
): Result<string, TypeMismatch | ValidationError<"VALIDATION_EMPTY_VALUE">>;
export type IdentifierError =
  | TypeMismatch
  | ValidationError<"VALIDATION_EMPTY_VALUE" | "VALIDATION_INVALID_FORMAT">;
export declare function validateIdentifier(
  field: string,
  value: unknown,
  maxLength?: number,
): Result<string, IdentifierError>;
export interface RangeLimits {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}
export type RangeCode<L extends RangeLimits> = L extends {
  readonly min: number;
  readonly max: number;
} ? "VALIDATION_OUT_OF_RANGE"
  : L extends {
    readonly min: number;
  } ? "max" extends keyof L ? AnyRangeCode : "VALIDATION_TOO_SMALL"
  : L extends {
    readonly max: number;
  } ? "min" extends keyof L ? AnyRangeCode : "VALIDATION_TOO_LARGE"
  : AnyRangeCode;
export type AnyRangeCode =
  | "VALIDATION_OUT_OF_RANGE"
  | "VALIDATION_TOO_SMALL"
  | "VALIDATION_TOO_LARGE";
export declare function validateRange<const L extends RangeLimits>(
  field: string,
  value: unknown,
  limits: L,
): Result<number, TypeMismatch | ValidationError<RangeCode<L>>>;
export interface Format {
  readonly description: string;
  readonly pattern: RegExp;
}
export declare function validateFormat<F extends RegExp | Format>(
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
>;
export interface StandardSchema<TOutput = unknown> {
  readonly "~standard": StandardSchemaProperties<TOutput>;
}
export interface StandardSchemaProperties<TOutput> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (
    value: unknown,
  ) => StandardSchemaResult<TOutput> | Promise<StandardSchemaResult<TOutput>>;
}
export type StandardSchemaResult<TOutput> = {
  readonly value: TOutput;
  readonly issues?: undefined;
} | {
  readonly issues: readonly StandardSchemaIssue[];
};
export interface StandardSchemaIssue {
  readonly message: string;
  readonly path?:
    | readonly (PropertyKey | {
      readonly key: PropertyKey;
    })[]
    | undefined;
}
export interface ValidateSchemaOptions {
  readonly field?: string;
  readonly includeMessages?: boolean;
}
export declare function validateSchema<TOutput>(
  schema: StandardSchema<TOutput>,
  value: unknown,
  options?: ValidateSchemaOptions,
): Result<
  TOutput,
  ValidationError<"VALIDATION_SCHEMA_MISMATCH" | "VALIDATION_SCHEMA_ASYNC">
>;
export declare function requireOption<T>(
  result: Result<T, ValidationError>,
  received: unknown,
): T;
