/**
 * Counters, gauges and histograms, and their series.
 *
 * @module
 */

import { BucketIndex } from "./_bucket_index.ts";
import {
  type InvalidReason,
  type SeriesLimits,
  type SeriesOwner,
  SeriesTable,
} from "./_metric_series.ts";
import { isPromiseLike } from "./_promise_like.ts";
import type { Clock } from "./clock.ts";
import type {
  Counter,
  CounterChild,
  Exemplar,
  ExemplarLabels,
  Gauge,
  GaugeChild,
  Histogram,
  HistogramChild,
  HistogramData,
  MetricSource,
  MetricTimer,
  SeriesVisitor,
} from "./metrics.ts";

/** What a metric is made of. */
export interface InstrumentParts extends SeriesLimits {
  /** Its name, without the suffixes of its samples. */
  readonly name: string;
  /** What it tells. */
  readonly help: string;
  /** Its unit, where it has one. */
  readonly unit: string | undefined;
  /** Whether it has labels. */
  readonly hasLabels: boolean;
  /** The time. */
  readonly clock: Clock;

  /**
   * Hears of a record that was dropped.
   *
   * @param metric The name of the metric.
   * @param reason Why.
   */
  drop(metric: string, reason: InvalidReason): void;
}

/** How long the labels of an exemplar may be in all (OpenMetrics 1.0). */
const MAX_EXEMPLAR = 128;

const EXEMPLAR_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * What all kinds of metrics have in common.
 *
 * @typeParam TSeries A series.
 */
export abstract class Instrument<TSeries extends object>
  implements SeriesOwner<TSeries> {
  /** Its name, without the suffixes of its samples. */
  readonly name: string;
  /** What it tells. */
  readonly help: string;
  /** Its unit, where it has one. */
  readonly unit: string | undefined;
  /** The upper bounds of a histogram's buckets, without the infinite one. */
  readonly bounds: readonly number[];
  /** The time. */
  readonly clock: Clock;
  /** Whether it has labels. */
  readonly hasLabels: boolean;
  /** Its series by their labels. */
  readonly series: SeriesTable<TSeries>;
  readonly #drop: InstrumentParts["drop"];

  /**
   * Makes one.
   *
   * @param parts What it is made of.
   * @param bounds The bounds of its buckets, where it has any.
   */
  constructor(parts: InstrumentParts, bounds: readonly number[] = []) {
    this.name = parts.name;
    this.help = parts.help;
    this.unit = parts.unit;
    this.bounds = bounds;
    this.clock = parts.clock;
    this.hasLabels = parts.hasLabels;
    this.#drop = (metric, reason) => parts.drop(metric, reason);
    this.series = new SeriesTable(this, parts);
  }

  /** Makes a series with labels, as the text formats have them. */
  abstract makeSeries(labels: string): TSeries;

  /** Hears of a record that was dropped. */
  drop(reason: InvalidReason): void {
    this.#drop(this.name, reason);
  }

  /** A series by itself; for labels that are not valid, one of no table. */
  with(labels: unknown): TSeries {
    if (!this.hasLabels) return this.series.only;
    return this.series.at(labels) ?? this.makeSeries("");
  }

  /** Drops a series; tells whether there was one. */
  remove(labels: object): boolean {
    return this.series.remove(labels);
  }

  /** Drops all series. */
  clear(): void {
    this.series.clear();
  }

  /** An exemplar, unless it is not valid. */
  exemplarOf(labels: ExemplarLabels, value: number): Exemplar | undefined {
    if (typeof labels === "object" && labels !== null) {
      const entries = Object.entries(labels);
      if (lengthOf(entries) <= MAX_EXEMPLAR) {
        const copy = Object.fromEntries(entries);
        return { labels: copy, value, at: this.clock.now() };
      }
    }
    this.drop("exemplar");
    return undefined;
  }
}

/** How many characters there are in all; infinitely many where one is not valid. */
function lengthOf(entries: readonly (readonly [string, unknown])[]): number {
  let length = 0;
  for (const [name, text] of entries) {
    if (!EXEMPLAR_NAME.test(name) || typeof text !== "string") return Infinity;
    length += [...name].length + [...text].length;
  }
  return length;
}

/** A series of a counter. */
export class CounterSeries implements CounterChild {
  /** The metric. */
  readonly owner: CounterInstrument;
  /** Its labels, as the text formats have them. */
  readonly labels: string;
  /** Its value. */
  value = 0;

  /** Makes one that is 0. */
  constructor(owner: CounterInstrument, labels: string) {
    this.owner = owner;
    this.labels = labels;
  }

  inc(amount?: number, exemplar?: ExemplarLabels): void {
    const added = amount === undefined ? 1 : amount;
    // Not below 0, not NaN, no infinity; and the sum does not become one.
    const isAmount = typeof added === "number" && added >= 0;
    if (!isAmount || this.value + added === Infinity) {
      return this.owner.drop("value");
    }
    this.value += added;
    if (exemplar !== undefined) this.owner.remember(this, added, exemplar);
  }
}

/** A counter. */
export class CounterInstrument extends Instrument<CounterSeries>
  implements Counter<Record<string, unknown>>, MetricSource {
  /** What it counts with. */
  readonly kind = "counter";
  /** Few series have any. */
  readonly #exemplars = new WeakMap<CounterSeries, Exemplar>();

  /** Makes a series with labels, as the text formats have them. */
  makeSeries(labels: string): CounterSeries {
    return new CounterSeries(this, labels);
  }

  inc(first?: unknown, second?: unknown, third?: unknown): void {
    if (this.hasLabels) {
      this.series.at(first)?.inc(second as number, third as ExemplarLabels);
    } else {
      this.series.only.inc(first as number, second as ExemplarLabels);
    }
  }

  /** Keeps what stands behind the last amount of a series. */
  remember(
    series: CounterSeries,
    amount: number,
    labels: ExemplarLabels,
  ): void {
    const exemplar = this.exemplarOf(labels, amount);
    if (exemplar !== undefined) this.#exemplars.set(series, exemplar);
  }

  visit(visitor: SeriesVisitor): void {
    this.series.forEach((series) =>
      visitor.value(series.labels, series.value, this.#exemplars.get(series))
    );
  }
}

/** A series of a gauge. */
export class GaugeSeries implements GaugeChild {
  /** The metric. */
  readonly owner: GaugeInstrument;
  /** Its labels, as the text formats have them. */
  readonly labels: string;
  /** Its value. */
  value = 0;

  /** Makes one that is 0. */
  constructor(owner: GaugeInstrument, labels: string) {
    this.owner = owner;
    this.labels = labels;
  }

  set(value: number): void {
    if (typeof value === "number") this.value = value;
    else this.owner.drop("value");
  }

  inc(amount: number = 1): void {
    this.set(typeof amount === "number" ? this.value + amount : amount);
  }

  dec(amount: number = 1): void {
    this.set(typeof amount === "number" ? this.value - amount : amount);
  }

  track<R>(work: () => R): R {
    this.inc();
    return finallyDo(work, () => this.dec());
  }
}

/** A gauge. */
export class GaugeInstrument extends Instrument<GaugeSeries>
  implements Gauge<Record<string, unknown>>, MetricSource {
  /** What it counts with. */
  readonly kind = "gauge";

  /** Makes a series with labels, as the text formats have them. */
  makeSeries(labels: string): GaugeSeries {
    return new GaugeSeries(this, labels);
  }

  set(first: unknown, second?: unknown): void {
    if (this.hasLabels) this.series.at(first)?.set(second as number);
    else this.series.only.set(first as number);
  }

  inc(first?: unknown, second?: unknown): void {
    if (this.hasLabels) this.series.at(first)?.inc(second as number);
    else this.series.only.inc(first as number);
  }

  dec(first?: unknown, second?: unknown): void {
    if (this.hasLabels) this.series.at(first)?.dec(second as number);
    else this.series.only.dec(first as number);
  }

  track<R>(first: unknown, second?: unknown): R {
    return this.with(first).track((this.hasLabels ? second : first) as () => R);
  }

  visit(visitor: SeriesVisitor): void {
    this.series.forEach(({ labels, value }) =>
      visitor.value(labels, value, undefined)
    );
  }
}

/** A series of a histogram. */
export class HistogramSeries implements HistogramChild, HistogramData {
  /** The metric. */
  readonly owner: HistogramInstrument;
  /** Its labels, as the text formats have them. */
  readonly labels: string;
  /** Of each bucket by itself. Measured: quicker than a typed array, and smaller. */
  readonly counts: number[];
  /** The sum of all values. */
  sum = 0;

  /** Makes one that is 0. */
  constructor(owner: HistogramInstrument, labels: string) {
    this.owner = owner;
    this.labels = labels;
    this.counts = new Array<number>(owner.bounds.length + 1).fill(0);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  get exemplars(): readonly (Exemplar | undefined)[] | undefined {
    return this.owner.exemplarsOf(this);
  }

  observe(value: number, exemplar?: ExemplarLabels): void {
    // Neither NaN nor an infinity, and the sum does not become one.
    if (typeof value !== "number" || !Number.isFinite(this.sum + value)) {
      return this.owner.drop("value");
    }
    const bucket = this.owner.index.find(value);
    this.counts[bucket]!++;
    this.sum += value;
    if (exemplar !== undefined) {
      this.owner.remember(this, bucket, value, exemplar);
    }
  }

  startTimer(): MetricTimer {
    return new Timer(this, this.owner.clock);
  }

  time<R>(work: () => R): R {
    const timer = this.startTimer();
    return finallyDo(work, () => timer.stop());
  }
}

/** A histogram. */
export class HistogramInstrument extends Instrument<HistogramSeries>
  implements Histogram<Record<string, unknown>>, MetricSource {
  /** What it counts with. */
  readonly kind = "histogram";
  /** Finds the bucket of a value. */
  readonly index: BucketIndex = new BucketIndex(this.bounds);
  readonly #exemplars = new WeakMap<
    HistogramSeries,
    (Exemplar | undefined)[]
  >();

  /** Makes a series with labels, as the text formats have them. */
  makeSeries(labels: string): HistogramSeries {
    return new HistogramSeries(this, labels);
  }

  observe(first: unknown, second?: unknown, third?: unknown): void {
    if (this.hasLabels) {
      this.series.at(first)?.observe(second as number, third as ExemplarLabels);
    } else {
      this.series.only.observe(first as number, second as ExemplarLabels);
    }
  }

  startTimer(labels?: unknown): MetricTimer {
    return this.with(labels).startTimer();
  }

  time<R>(first: unknown, second?: unknown): R {
    return this.with(first).time((this.hasLabels ? second : first) as () => R);
  }

  /** Keeps what stands behind the last value of a bucket. */
  remember(
    series: HistogramSeries,
    bucket: number,
    value: number,
    labels: ExemplarLabels,
  ): void {
    const exemplar = this.exemplarOf(labels, value);
    if (exemplar === undefined) return;
    let all = this.#exemplars.get(series);
    if (all === undefined) {
      all = new Array<undefined>(series.counts.length).fill(undefined);
      this.#exemplars.set(series, all);
    }
    all[bucket] = exemplar;
  }

  /** What stands behind the last value of each bucket of a series. */
  exemplarsOf(
    series: HistogramSeries,
  ): readonly (Exemplar | undefined)[] | undefined {
    return this.#exemplars.get(series);
  }

  visit(visitor: SeriesVisitor): void {
    this.series.forEach((series) => visitor.histogram(series.labels, series));
  }
}

class Timer implements MetricTimer {
  readonly #series: HistogramSeries;
  readonly #clock: Clock;
  readonly #startTick: number;
  #seconds: number | undefined;

  constructor(series: HistogramSeries, clock: Clock) {
    this.#series = series;
    this.#clock = clock;
    this.#startTick = clock.monotonic();
  }

  stop(exemplar?: ExemplarLabels): number {
    if (this.#seconds !== undefined) return this.#seconds;
    const seconds = (this.#clock.monotonic() - this.#startTick) / 1000;
    this.#seconds = seconds;
    this.#series.observe(seconds, exemplar);
    return seconds;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Calls a function, and another one when that, or its promise, has ended. */
function finallyDo<R>(work: () => R, end: () => void): R {
  let returned: R;
  try {
    returned = work();
  } catch (error) {
    end();
    throw error;
  }
  if (isPromiseLike(returned)) {
    return Promise.resolve(returned).finally(end) as R;
  }
  end();
  return returned;
}
