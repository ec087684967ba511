export type LabelValue = string | number | boolean;
export type LabelSpec = Readonly<Record<string, readonly LabelValue[] | true>>;
export type LabelsOf<TSpec extends LabelSpec> = {
  readonly [K in keyof TSpec]: TSpec[K] extends readonly (infer V)[] ? V
    : LabelValue;
};
export type NoLabels = Readonly<Record<never, never>>;
export type WithLabels<TLabels extends object, TRest extends unknown[]> =
  keyof TLabels extends never ? TRest : [
    labels: TLabels,
    ...rest: TRest,
  ];
export type ExemplarLabels = Readonly<Record<string, string>>;
export interface CounterChild {
  readonly value: number;
  inc(amount?: number, exemplar?: ExemplarLabels): void;
}
export interface Counter<TLabels extends object = NoLabels> {
  inc(
    ...args: WithLabels<TLabels, [
      amount?: number,
      exemplar?: ExemplarLabels,
    ]>
  ): void;
  with(labels: TLabels): CounterChild;
  remove(labels: TLabels): boolean;
  clear(): void;
}
export interface GaugeChild {
  readonly value: number;
  set(value: number): void;
  inc(amount?: number): void;
  dec(amount?: number): void;
  track<R>(work: () => R): R;
}
export interface Gauge<TLabels extends object = NoLabels> {
  set(
    ...args: WithLabels<TLabels, [
      value: number,
    ]>
  ): void;
  inc(
    ...args: WithLabels<TLabels, [
      amount?: number,
    ]>
  ): void;
  dec(
    ...args: WithLabels<TLabels, [
      amount?: number,
    ]>
  ): void;
  track<R>(
    ...args: WithLabels<TLabels, [
      work: () => R,
    ]>
  ): R;
  with(labels: TLabels): GaugeChild;
  remove(labels: TLabels): boolean;
  clear(): void;
}
export interface MetricTimer extends Disposable {
  stop(exemplar?: ExemplarLabels): number;
}
export interface HistogramChild {
  readonly count: number;
  readonly sum: number;
  observe(value: number, exemplar?: ExemplarLabels): void;
  startTimer(): MetricTimer;
  time<R>(work: () => R): R;
}
export interface Histogram<TLabels extends object = NoLabels> {
  observe(
    ...args: WithLabels<TLabels, [
      value: number,
      exemplar?: ExemplarLabels,
    ]>
  ): void;
  startTimer(...args: WithLabels<TLabels, []>): MetricTimer;
  time<R>(
    ...args: WithLabels<TLabels, [
      work: () => R,
    ]>
  ): R;
  with(labels: TLabels): HistogramChild;
  remove(labels: TLabels): boolean;
  clear(): void;
}
export interface MetricOptions<TSpec extends LabelSpec = NoLabels> {
  readonly name: string;
  readonly help: string;
  readonly unit?: string;
  readonly labels?: TSpec;
  readonly maxSeries?: number;
  readonly init?: boolean;
}
export interface HistogramOptions<TSpec extends LabelSpec = NoLabels>
  extends MetricOptions<TSpec> {
  readonly buckets?: readonly number[];
}
export interface MetricCollector {
  counter<const TSpec extends LabelSpec = NoLabels>(
    options: MetricOptions<TSpec>,
  ): Counter<LabelsOf<TSpec>>;
  gauge<const TSpec extends LabelSpec = NoLabels>(
    options: MetricOptions<TSpec>,
  ): Gauge<LabelsOf<TSpec>>;
  histogram<const TSpec extends LabelSpec = NoLabels>(
    options: HistogramOptions<TSpec>,
  ): Histogram<LabelsOf<TSpec>>;
}
export declare function isMetricCollector(
  value: unknown,
): value is MetricCollector;
export interface Exemplar {
  readonly labels: ExemplarLabels;
  readonly value: number;
  readonly at: number;
}
export interface HistogramData {
  readonly counts: readonly number[];
  readonly sum: number;
  readonly exemplars: readonly (Exemplar | undefined)[] | undefined;
}
export interface SeriesVisitor {
  value(labels: string, value: number, exemplar: Exemplar | undefined): void;
  histogram(labels: string, data: HistogramData): void;
}
export interface MetricSource {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly unit: string | undefined;
  readonly bounds: readonly number[];
  visit(visitor: SeriesVisitor): void;
}
