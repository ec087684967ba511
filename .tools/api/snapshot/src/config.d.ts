import {
  type ConfigRecord,
  type Field,
  type FieldKind,
} from "./config_fields.js";
import { ConfigError } from "./errors.js";
import { type Result } from "./result.js";
import type { Secret } from "./secret.js";
export * from "./config_fields.js";
export interface ConfigShape {
  readonly [name: string]: Field<unknown> | ConfigShape;
}
export type ConfigOf<S> = {
  readonly [K in keyof S]: S[K] extends Field<infer T> ? T : ConfigOf<S[K]>;
};
export type ConfigOverrides<S> = {
  readonly [K in keyof S]?:
    | (S[K] extends Field<infer T> ? (T extends Secret<infer V> ? V | T : T)
      : ConfigOverrides<S[K]>)
    | undefined;
};
export interface ConfigBuilderOptions {
  readonly envPrefix?: string;
}
export interface FieldDescription {
  readonly field: string;
  readonly kind: FieldKind;
  readonly variable: string | undefined;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string | undefined;
}
export declare class ConfigBuilder<const S extends ConfigShape> {
  constructor(shape: S, options?: ConfigBuilderOptions);
  withValues(values: unknown, source?: string): ConfigBuilder<S>;
  withEnvironment(
    environment: Readonly<Record<string, string | undefined>>,
  ): ConfigBuilder<S>;
  withOverrides(
    overrides: ConfigOverrides<S>,
    source?: string,
  ): ConfigBuilder<S>;
  build(): Result<ConfigOf<S>, ConfigError<"CONFIG_INVALID">>;
  describe(): readonly FieldDescription[];
}
export type BaseConfigFields = {
  readonly enabled: Field<boolean>;
  readonly debug: Field<boolean>;
  readonly timeoutMs: Field<number>;
  readonly retryAttempts: Field<number>;
  readonly metadata: Field<ConfigRecord>;
};
export type BaseConfig = ConfigOf<BaseConfigFields>;
export declare function baseFields(): BaseConfigFields;
