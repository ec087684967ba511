import { type Clock } from "./clock.js";
import {
  type Attributes,
  type SpanExporter,
  type SpanKind,
  type SpanOptions,
  type TypedSpan,
} from "./span.js";
import { type SpanContext } from "./trace_context.js";
export interface SamplingRequest {
  readonly traceId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly parent: SpanContext | undefined;
}
export type Sampler = (request: SamplingRequest) => boolean;
export declare function ratio(probability: number): Sampler;
export declare function parentBased(root: Sampler): Sampler;
export interface TracerOptions {
  readonly exporter?: SpanExporter;
  readonly sampler?: Sampler;
  readonly maxAttributes?: number;
  readonly maxEvents?: number;
  readonly storage?: SpanStorage;
  readonly ids?: SpanIds;
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}
export interface SpanStorage {
  getStore(): TypedSpan | undefined;
  run<A extends unknown[], R>(
    span: TypedSpan | undefined,
    work: (...args: A) => R,
    ...args: A
  ): R;
}
export interface SpanIds {
  traceId(): string;
  spanId(): string;
}
export declare class Tracer {
  constructor(options?: TracerOptions);
  start<TAttributes extends object = Attributes>(
    name: string,
    options?: SpanOptions<NoInfer<TAttributes>>,
  ): TypedSpan<TAttributes>;
  run<TAttributes extends object = Attributes, R = unknown>(
    name: string,
    options: SpanOptions<NoInfer<TAttributes>>,
    work: (span: TypedSpan<TAttributes>) => R,
  ): R;
  active(): TypedSpan | undefined;
  bind<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R;
}
