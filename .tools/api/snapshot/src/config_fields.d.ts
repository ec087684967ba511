import { ValidationError } from "./errors.js";
import { type Result } from "./result.js";
import { Secret } from "./secret.js";
import { type StatusSet } from "./status.js";
import { type Format, type StandardSchema } from "./validators.js";
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
export interface Field<T> {
  readonly kind: FieldKind;
  readonly options: FieldOptions<unknown>;
  readonly read: (
    path: string,
    raw: unknown,
    isText: boolean,
  ) => Result<T, ValidationError>;
}
export interface FieldOptions<TInput> {
  readonly env?: string;
  readonly description?: string;
  readonly default?: TInput;
  readonly optional?: boolean;
}
export interface StringFieldOptions extends FieldOptions<string> {
  readonly format?: RegExp | Format;
}
export interface NumberFieldOptions extends FieldOptions<number> {
  readonly min?: number;
  readonly max?: number;
}
export interface DurationFieldOptions extends FieldOptions<number | string> {
  readonly min?: number;
  readonly max?: number;
}
export interface UrlFieldOptions extends FieldOptions<string> {
  readonly protocols?: readonly string[];
}
export interface SecretFieldOptions<T> extends FieldOptions<never> {
  readonly of?: Field<T>;
}
export type AbsentIn<O> = O extends {
  readonly optional: infer B;
} ? true extends B ? undefined : never
  : never;
export type SecretIn<O> = O extends {
  readonly of: Field<infer T>;
} ? T
  : string;
export type ConfigRecord = Readonly<Record<string, unknown>>;
export interface FieldFactories {
  string<const O extends StringFieldOptions>(
    options?: O,
  ): Field<string | AbsentIn<O>>;
  integer<const O extends NumberFieldOptions>(
    options?: O,
  ): Field<number | AbsentIn<O>>;
  number<const O extends NumberFieldOptions>(
    options?: O,
  ): Field<number | AbsentIn<O>>;
  boolean<const O extends FieldOptions<boolean>>(
    options?: O,
  ): Field<boolean | AbsentIn<O>>;
  duration<const O extends DurationFieldOptions>(
    options?: O,
  ): Field<number | AbsentIn<O>>;
  url<const O extends UrlFieldOptions>(
    options?: O,
  ): Field<string | AbsentIn<O>>;
  oneOf<const S extends string, const O extends FieldOptions<S>>(
    members: readonly S[] | StatusSet<S>,
    options?: O,
  ): Field<S | AbsentIn<O>>;
  record<const O extends FieldOptions<ConfigRecord>>(
    options?: O,
  ): Field<ConfigRecord | AbsentIn<O>>;
  secret<const O extends SecretFieldOptions<unknown>>(
    options?: O,
  ): Field<Secret<SecretIn<O>> | AbsentIn<O>>;
  schema<T, const O extends FieldOptions<unknown>>(
    schema: StandardSchema<T>,
    options?: O,
  ): Field<T | AbsentIn<O>>;
}
export declare const field: FieldFactories;
