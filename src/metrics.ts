/**
 * What a service counts and measures: counters, gauges and histograms whose labels
 * are typed by name and by value.
 *
 * When to use it: as a type, in code that counts and does not want to know
 * where that goes.
 *
 * When not: for what has an identity, as users or requests have: a label of
 * many values makes many series; traces and logs take them.
 *
 * - **Typed.** A label that is not declared, or has another value than it may,
 *   does not compile.
 * - **Never in the way.** To record returns nothing and throws nothing.
 *
 * This is the protocol: what to count with. Code that counts takes a
 * {@linkcode MetricCollector}; the `MetricRegistry` is one.
 *
 * @example Requests by method and status
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { strictEqual } from "node:assert/strict";
 *
 * const registry = new MetricRegistry();
 * const requests = registry.counter({
 *   name: "http_requests",
 *   help: "Requests that were answered",
 *   labels: { method: ["GET", "POST"], status: true },
 * });
 * requests.inc({ method: "GET", status: 200 });
 * requests.inc({ method: "GET", status: 200 }, 2);
 * strictEqual(requests.with({ method: "GET", status: 200 }).value, 3);
 * ```
 *
 * @module
 */

import { hasMethods } from "./protocols.ts";

/** What a label may say; it is exposed as text. */
export type LabelValue = string | number | boolean;

/**
 * The labels of a metric by their names: a list of all values, or `true` for any
 * value. A list also bounds how many series there can be.
 */
export type LabelSpec = Readonly<Record<string, readonly LabelValue[] | true>>;

/**
 * The labels that belong to a {@linkcode LabelSpec}.
 *
 * @typeParam TSpec The specification.
 *
 * @example A list is a union
 * ```ts
 * import type { LabelsOf } from "@groundwork/infra/metrics";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Labels = LabelsOf<{ method: readonly ["GET", "POST"]; route: true }>;
 * const labels: Labels = { method: "GET", route: "/links" };
 * strictEqual(labels.method, "GET");
 * ```
 */
export type LabelsOf<TSpec extends LabelSpec> = {
  readonly [K in keyof TSpec]: TSpec[K] extends readonly (infer V)[] ? V
    : LabelValue;
};

/** The labels of a metric without any. */
export type NoLabels = Readonly<Record<never, never>>;

/**
 * The arguments of a method: with the labels in front where there are any.
 *
 * @typeParam TLabels The labels.
 * @typeParam TRest The other arguments.
 *
 * @example Both forms
 * ```ts
 * import type { NoLabels, WithLabels } from "@groundwork/infra/metrics";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const plain: WithLabels<NoLabels, [amount: number]> = [2];
 * const labelled: WithLabels<{ queue: string }, [amount: number]> = [
 *   { queue: "mail" },
 *   2,
 * ];
 * deepStrictEqual([plain.length, labelled.length], [1, 2]);
 * ```
 */
export type WithLabels<TLabels extends object, TRest extends unknown[]> =
  keyof TLabels extends never ? TRest : [labels: TLabels, ...rest: TRest];

/**
 * What leads from a number to something that stands behind it, as `{ trace_id }`:
 * at most 128 characters, names and values together (OpenMetrics 1.0).
 */
export type ExemplarLabels = Readonly<Record<string, string>>;

/** One series of a counter. */
export interface CounterChild {
  /** What has been counted. */
  readonly value: number;

  /**
   * Counts.
   *
   * @param amount How much: a finite number of 0 or more. Default: 1.
   * @param exemplar What stands behind it.
   */
  inc(amount?: number, exemplar?: ExemplarLabels): void;
}

/**
 * Counts what only ever gets more.
 *
 * @typeParam TLabels Its labels.
 *
 * @example A child for a hot path
 * ```ts
 * import type { Counter } from "@groundwork/infra/metrics";
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { strictEqual } from "node:assert/strict";
 *
 * const hits: Counter<{ cache: string }> = new MetricRegistry().counter({
 *   name: "cache_hits",
 *   help: "Look-ups that found something",
 *   labels: { cache: true },
 * });
 * const linkHits = hits.with({ cache: "links" }); // Looked up once.
 * for (let i = 0; i < 3; i++) linkHits.inc();
 * strictEqual(linkHits.value, 3);
 * ```
 */
export interface Counter<TLabels extends object = NoLabels> {
  /**
   * Counts.
   *
   * @param args The labels where there are any; how much (default: 1), a finite
   * number of 0 or more; what stands behind it.
   */
  inc(
    ...args: WithLabels<TLabels, [amount?: number, exemplar?: ExemplarLabels]>
  ): void;

  /**
   * A series by itself: what is done with it needs no look-up.
   *
   * @param labels Its labels.
   * @returns The series.
   */
  with(labels: TLabels): CounterChild;

  /**
   * Drops a series. Who still holds it can go on, but it is not exposed.
   *
   * @param labels Its labels.
   * @returns Whether there was one.
   */
  remove(labels: TLabels): boolean;

  /** Drops all series; one without labels begins anew. */
  clear(): void;
}

/** One series of a gauge. */
export interface GaugeChild {
  /** What it shows. */
  readonly value: number;

  /**
   * Shows a value.
   *
   * @param value The value; NaN and the infinities are values as well.
   */
  set(value: number): void;

  /**
   * Shows more.
   *
   * @param amount How much. Default: 1.
   */
  inc(amount?: number): void;

  /**
   * Shows less.
   *
   * @param amount How much. Default: 1.
   */
  dec(amount?: number): void;

  /**
   * Shows one more for as long as a function takes, or the promise it returns.
   *
   * @typeParam R What the function returns.
   * @param work The function.
   * @returns What it returned.
   * @throws What it throws.
   */
  track<R>(work: () => R): R;
}

/**
 * Shows what gets more and less.
 *
 * @typeParam TLabels Its labels.
 *
 * @example What is under way
 * ```ts
 * import type { Gauge } from "@groundwork/infra/metrics";
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { strictEqual } from "node:assert/strict";
 *
 * const running: Gauge = new MetricRegistry().gauge({
 *   name: "jobs_running",
 *   help: "Jobs under way",
 * });
 * const seen = await running.track(async () => running.with({}).value);
 * strictEqual(seen, 1);
 * strictEqual(running.with({}).value, 0);
 * ```
 */
export interface Gauge<TLabels extends object = NoLabels> {
  /**
   * Shows a value.
   *
   * @param args The labels where there are any; the value.
   */
  set(...args: WithLabels<TLabels, [value: number]>): void;

  /**
   * Shows more.
   *
   * @param args The labels where there are any; how much (default: 1).
   */
  inc(...args: WithLabels<TLabels, [amount?: number]>): void;

  /**
   * Shows less.
   *
   * @param args The labels where there are any; how much (default: 1).
   */
  dec(...args: WithLabels<TLabels, [amount?: number]>): void;

  /**
   * Shows one more for as long as a function takes, or the promise it returns.
   *
   * @typeParam R What the function returns.
   * @param args The labels where there are any; the function.
   * @returns What it returned.
   * @throws What it throws.
   */
  track<R>(...args: WithLabels<TLabels, [work: () => R]>): R;

  /**
   * A series by itself.
   *
   * @param labels Its labels.
   * @returns The series.
   */
  with(labels: TLabels): GaugeChild;

  /**
   * Drops a series. Who still holds it can go on, but it is not exposed.
   *
   * @param labels Its labels.
   * @returns Whether there was one.
   */
  remove(labels: TLabels): boolean;

  /** Drops all series; one without labels begins anew. */
  clear(): void;
}

/** Measures how long something takes. */
export interface MetricTimer extends Disposable {
  /**
   * Observes the time since the start. Only the first call does.
   *
   * @param exemplar What stands behind it.
   * @returns The time, in seconds.
   */
  stop(exemplar?: ExemplarLabels): number;
}

/** One series of a histogram. */
export interface HistogramChild {
  /** How many values have been observed. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;

  /**
   * Observes a value.
   *
   * @param value The value: a finite number. A duration is in seconds.
   * @param exemplar What stands behind it.
   */
  observe(value: number, exemplar?: ExemplarLabels): void;

  /**
   * Begins to measure a time.
   *
   * @returns The timer, to be stopped or disposed of.
   */
  startTimer(): MetricTimer;

  /**
   * Observes how long a function takes, or the promise it returns, in seconds;
   * also where it fails.
   *
   * @typeParam R What the function returns.
   * @param work The function.
   * @returns What it returned.
   * @throws What it throws.
   */
  time<R>(work: () => R): R;
}

/**
 * Counts values by their size.
 *
 * @typeParam TLabels Its labels.
 *
 * @example How long requests take
 * ```ts
 * import type { Histogram } from "@groundwork/infra/metrics";
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { strictEqual } from "node:assert/strict";
 *
 * const durations: Histogram<{ route: string }> = new MetricRegistry().histogram({
 *   name: "http_request_duration_seconds",
 *   help: "How long requests take",
 *   unit: "seconds",
 *   labels: { route: true },
 *   buckets: [0.1, 0.5, 1],
 * });
 * durations.observe({ route: "/links" }, 0.25);
 * await durations.time({ route: "/links" }, async () => "answer");
 * strictEqual(durations.with({ route: "/links" }).count, 2);
 * ```
 */
export interface Histogram<TLabels extends object = NoLabels> {
  /**
   * Observes a value.
   *
   * @param args The labels where there are any; the value, a finite number (a
   * duration is in seconds); what stands behind it.
   */
  observe(
    ...args: WithLabels<TLabels, [value: number, exemplar?: ExemplarLabels]>
  ): void;

  /**
   * Begins to measure a time.
   *
   * @param args The labels where there are any.
   * @returns The timer, to be stopped or disposed of.
   */
  startTimer(...args: WithLabels<TLabels, []>): MetricTimer;

  /**
   * Observes how long a function takes, or the promise it returns, in seconds;
   * also where it fails.
   *
   * @typeParam R What the function returns.
   * @param args The labels where there are any; the function.
   * @returns What it returned.
   * @throws What it throws.
   */
  time<R>(...args: WithLabels<TLabels, [work: () => R]>): R;

  /**
   * A series by itself.
   *
   * @param labels Its labels.
   * @returns The series.
   */
  with(labels: TLabels): HistogramChild;

  /**
   * Drops a series. Who still holds it can go on, but it is not exposed.
   *
   * @param labels Its labels.
   * @returns Whether there was one.
   */
  remove(labels: TLabels): boolean;

  /** Drops all series; one without labels begins anew. */
  clear(): void;
}

/**
 * What a metric is.
 *
 * @typeParam TSpec Its labels.
 */
export interface MetricOptions<TSpec extends LabelSpec = NoLabels> {
  /**
   * Its name: letters, digits, `_` and `:`, no digit first. A counter's samples
   * have `_total` after it, be it written here or not.
   */
  readonly name: string;
  /** What it tells, in a sentence. */
  readonly help: string;
  /** Its unit, in the plural, as `seconds`; the name must end with it. */
  readonly unit?: string;
  /** Its labels. Default: none. */
  readonly labels?: TSpec;
  /**
   * How many series there may be: a whole number of 1 or more. What comes beyond
   * is recorded in one more series, whose only label is `otel_metric_overflow`.
   * Default: the collector's.
   */
  readonly maxSeries?: number;
  /**
   * Whether all series are there from the start, which needs a list for each label,
   * and room for them all.
   *
   * @default {false}
   */
  readonly init?: boolean;
}

/**
 * What a histogram is.
 *
 * @typeParam TSpec Its labels.
 */
export interface HistogramOptions<TSpec extends LabelSpec = NoLabels>
  extends MetricOptions<TSpec> {
  /**
   * The upper bounds of its buckets, from low to high; one for all that is above
   * is added.
   *
   * @default {[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]}
   */
  readonly buckets?: readonly number[];
}

/**
 * Makes metrics. To ask twice for the same gives the same.
 *
 * @example A part that counts, wherever it is used
 * ```ts
 * import type { MetricCollector } from "@groundwork/infra/metrics";
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { strictEqual } from "node:assert/strict";
 *
 * function makeMailer(metrics: MetricCollector) {
 *   const sent = metrics.counter({ name: "mails_sent", help: "Mails sent" });
 *   return { send: () => sent.inc(), sent: () => sent.with({}).value };
 * }
 * const mailer = makeMailer(new MetricRegistry());
 * mailer.send();
 * strictEqual(mailer.sent(), 1);
 * ```
 */
export interface MetricCollector {
  /**
   * Makes a counter.
   *
   * @typeParam TSpec Its labels.
   * @param options What it is.
   * @returns The counter.
   */
  counter<const TSpec extends LabelSpec = NoLabels>(
    options: MetricOptions<TSpec>,
  ): Counter<LabelsOf<TSpec>>;

  /**
   * Makes a gauge.
   *
   * @typeParam TSpec Its labels.
   * @param options What it is.
   * @returns The gauge.
   */
  gauge<const TSpec extends LabelSpec = NoLabels>(
    options: MetricOptions<TSpec>,
  ): Gauge<LabelsOf<TSpec>>;

  /**
   * Makes a histogram.
   *
   * @typeParam TSpec Its labels.
   * @param options What it is.
   * @returns The histogram.
   */
  histogram<const TSpec extends LabelSpec = NoLabels>(
    options: HistogramOptions<TSpec>,
  ): Histogram<LabelsOf<TSpec>>;
}

/**
 * Tells whether a value looks like a {@linkcode MetricCollector}: by its methods,
 * not by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A plugin
 * ```ts
 * import { isMetricCollector } from "@groundwork/infra/metrics";
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isMetricCollector(new MetricRegistry()), true);
 * strictEqual(isMetricCollector({ counter() {} }), false);
 * ```
 */
export function isMetricCollector(value: unknown): value is MetricCollector {
  return hasMethods(value, ["counter", "gauge", "histogram"]);
}

/** What stood behind a number, when it was recorded. */
export interface Exemplar {
  /** What leads there. */
  readonly labels: ExemplarLabels;
  /** The number. */
  readonly value: number;
  /** When, in ms since the epoch. */
  readonly at: number;
}

/** What a histogram has observed in a series. */
export interface HistogramData {
  /** How many values fell into each bucket; the last one has no upper bound. */
  readonly counts: readonly number[];
  /** The sum of all values. */
  readonly sum: number;
  /** The last exemplar of each bucket, where there is any. */
  readonly exemplars: readonly (Exemplar | undefined)[] | undefined;
}

/** Is told of the series of a metric. */
export interface SeriesVisitor {
  /**
   * A series of a counter or a gauge.
   *
   * @param labels Its labels as the text formats of Prometheus have them, without
   * braces: `method="GET",status="200"`; empty where there are none.
   * @param value Its value.
   * @param exemplar What stands behind the last of it, where that is known.
   */
  value(labels: string, value: number, exemplar: Exemplar | undefined): void;

  /**
   * A series of a histogram.
   *
   * @param labels Its labels, as above.
   * @param data What it has observed.
   */
  histogram(labels: string, data: HistogramData): void;
}

/** A metric, as those see it who expose it. */
export interface MetricSource {
  /** Its name, without the suffixes of its samples. */
  readonly name: string;
  /** What it counts with. */
  readonly kind: "counter" | "gauge" | "histogram";
  /** What it tells. */
  readonly help: string;
  /** Its unit, where it has one. */
  readonly unit: string | undefined;
  /** The upper bounds of a histogram's buckets, without the infinite one. */
  readonly bounds: readonly number[];

  /**
   * Tells of each series.
   *
   * @param visitor Who is told.
   */
  visit(visitor: SeriesVisitor): void;
}
