import type { PlaceholderOf } from "./messages.js";
export type CacheKey<T> = string & {
  readonly "~value": (value: T) => T;
};
export type UntypedKey = string & {
  readonly "~value"?: (value: unknown) => unknown;
};
export type CacheKeyPart = string | number | bigint | boolean;
export interface CacheKeyFamily<T> {
  (...parts: readonly CacheKeyPart[]): CacheKey<T>;
  glob(...parts: readonly CacheKeyPart[]): string;
}
export declare function cacheKey<T>(namespace: string): CacheKeyFamily<T>;
export type CacheKeyParams<P extends string> = string extends P
  ? Readonly<Record<string, CacheKeyPart>>
  : [
    PlaceholderOf<P>,
  ] extends [
    never,
  ] ? Readonly<Record<string, never>>
  : {
    readonly [K in PlaceholderOf<P>]: CacheKeyPart;
  };
export interface CacheKeyPattern<P extends string, T = unknown> {
  (
    ...params: Record<string, never> extends CacheKeyParams<P> ? [
        params?: CacheKeyParams<P>,
      ]
      : [
        params: CacheKeyParams<P>,
      ]
  ): CacheKey<T>;
  format(
    ...params: Record<string, never> extends CacheKeyParams<P> ? [
        params?: CacheKeyParams<P>,
      ]
      : [
        params: CacheKeyParams<P>,
      ]
  ): CacheKey<T>;
  of<V>(): CacheKeyPattern<P, V>;
  glob(params?: Partial<CacheKeyParams<P>>): string;
}
export declare function CacheKey<P extends string>(
  pattern: P,
): CacheKeyPattern<P>;
