export declare const SAMPLED_FLAG: 1;
export declare const RANDOM_FLAG: 2;
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  readonly traceState: string;
  readonly isRemote: boolean;
}
export interface HeaderGetter {
  get(name: string): string | null | undefined;
}
export interface HeaderSetter {
  set(name: string, value: string): unknown;
  delete?(name: string): unknown;
}
export declare function extract(headers: HeaderGetter): SpanContext | undefined;
export declare function inject(
  context: Pick<SpanContext, "traceId" | "spanId" | "flags" | "traceState">,
  headers: HeaderSetter,
): void;
