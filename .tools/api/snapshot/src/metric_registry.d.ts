import { type Clock } from "./clock.js";
import type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  LabelsOf,
  LabelSpec,
  LabelValue,
  MetricCollector,
  MetricOptions,
  MetricSource,
  NoLabels,
} from "./metrics.js";
import type { Awaitable } from "./protocols.js";
export interface ValueSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly {
    readonly le: number;
    readonly count: number;
  }[];
}
export interface MetricHead {
  readonly name: string;
  readonly help: string;
  readonly unit: string | undefined;
}
export type MetricFamily =
  & MetricHead
  & ({
    readonly kind: "counter" | "gauge";
    readonly series: readonly ValueSample[];
  } | {
    readonly kind: "histogram";
    readonly series: readonly HistogramSample[];
  });
export interface MetricRegistryOptions {
  readonly labels?: Readonly<Record<string, LabelValue>>;
  readonly maxSeries?: number;
  readonly onInvalid?: "drop" | "throw";
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}
export interface CollectOptions {
  readonly timeoutMs?: number;
}
export interface MetricCollection extends Disposable {
  close(): void;
}
export declare class MetricRegistry implements MetricCollector, Disposable {
  constructor(options?: MetricRegistryOptions);
  counter<const TSpec extends LabelSpec = NoLabels>(
    options: MetricOptions<TSpec>,
  ): Counter<LabelsOf<TSpec>>;
  gauge<const TSpec extends LabelSpec = NoLabels>(
    options: MetricOptions<TSpec>,
  ): Gauge<LabelsOf<TSpec>>;
  histogram<const TSpec extends LabelSpec = NoLabels>(
    options: HistogramOptions<TSpec>,
  ): Histogram<LabelsOf<TSpec>>;
  addCollector(
    collect: () => Awaitable<unknown>,
    options?: CollectOptions,
  ): MetricCollection;
  collect(): Promise<void>;
  sources(): readonly MetricSource[];
  snapshot(): readonly MetricFamily[];
  close(): void;
  [Symbol.dispose](): void;
}
