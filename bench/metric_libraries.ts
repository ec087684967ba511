/**
 * Ours and other libraries for metrics, each behind the same interface, for what
 * compares them. What is measured is called on the library's own objects.
 *
 * @module
 */

import * as prometheusIo from "npm:@prometheus-io/client@0.16.1";
import type { Attributes } from "npm:@opentelemetry/api@1.10.0";
import { PrometheusSerializer } from "npm:@opentelemetry/exporter-prometheus@0.301.0";
import {
  MeterProvider,
  MetricReader,
} from "npm:@opentelemetry/sdk-metrics@3.1.1";
import promClient from "npm:prom-client@15.1.3";
import { MetricRegistry } from "../src/metric_registry.ts";
import { expose } from "../src/prometheus.ts";

/** Labels by their names. */
export type Labels = Readonly<Record<string, string>>;

/** A series of a counter. */
export interface BoundCounter {
  inc(): void;
}

/** A counter of ours, or of Prometheus. */
export interface Counter {
  inc(amount?: number): void;
  inc(labels: Labels, amount?: number): void;
}

/** A counter of OpenTelemetry. */
export interface OtelCounter {
  add(amount: number, labels?: Labels): void;
}

/** A series of a histogram. */
export interface BoundHistogram {
  observe(value: number): void;
}

/** A histogram of ours, or of Prometheus. */
export interface Histogram {
  observe(value: number): void;
  observe(labels: Labels, value: number): void;
}

/** A histogram of OpenTelemetry. */
export interface OtelHistogram {
  record(value: number, labels?: Labels): void;
}

/** A metric of a library. */
export interface Metric<TOwn, TBound> {
  /** The library's own. */
  readonly own: TOwn;
  /** One of its series, where the library has such a thing. */
  readonly bind?: (labels: Labels) => TBound;

  /**
   * Records, however the library does it.
   *
   * @param labels The labels.
   * @param number An amount, or a value.
   */
  record(labels: Labels, number: number): void;
}

/** What a service has one of. */
export interface Registry {
  /**
   * Makes the counter `requests`.
   *
   * @param labels The names of its labels.
   * @returns The counter.
   */
  counter(
    labels: readonly string[],
  ): Metric<Counter | OtelCounter, BoundCounter>;

  /**
   * Makes the histogram `seconds`.
   *
   * @param labels The names of its labels.
   * @returns The histogram.
   */
  histogram(
    labels: readonly string[],
  ): Metric<Histogram | OtelHistogram, BoundHistogram>;

  /**
   * Exposes both.
   *
   * @returns What Prometheus reads.
   */
  page(): string | Promise<string>;
}

/** More series than are asked for. */
const MAX_SERIES = 200_000;

const HELP = "What is measured";

/** The default of all of them, but of OpenTelemetry. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function ours(): Registry {
  const registry = new MetricRegistry({ maxSeries: MAX_SERIES });
  const specOf = (labels: readonly string[]) =>
    Object.fromEntries(labels.map((name) => [name, true as const]));
  return {
    counter(labels) {
      const own = registry.counter({
        name: "requests",
        help: HELP,
        labels: specOf(labels),
      });
      return {
        own: own as unknown as Counter,
        bind: (labels) => own.with(labels),
        record: (labels, amount) => own.inc(labels, amount),
      };
    },
    histogram(labels) {
      const own = registry.histogram({
        name: "seconds",
        help: HELP,
        labels: specOf(labels),
        buckets: BUCKETS,
      });
      return {
        own: own as unknown as Histogram,
        bind: (labels) => own.with(labels),
        record: (labels, value) => own.observe(labels, value),
      };
    },
    page: () => expose(registry).body,
  };
}

function prometheus(client: typeof promClient): () => Registry {
  return () => {
    const registry = new client.Registry();
    const common = { help: HELP, registers: [registry] };
    return {
      counter(labelNames) {
        const name = "requests_total";
        const own = new client.Counter({ ...common, name, labelNames });
        return {
          own,
          bind: (labels) => own.labels(labels),
          record: (labels, amount) => own.inc(labels, amount),
        };
      },
      histogram(labelNames) {
        const own = new client.Histogram({
          ...common,
          name: "seconds",
          labelNames,
          buckets: BUCKETS,
        });
        return {
          own,
          bind: (labels) => own.labels(labels),
          record: (labels, value) => own.observe(labels, value),
        };
      },
      page: () => registry.metrics(),
    };
  };
}

/** Reads when it is asked to, as the exporter for Prometheus does. */
class Reader extends MetricReader {
  constructor() {
    super({ cardinalitySelector: () => MAX_SERIES });
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function openTelemetry(): Registry {
  const reader = new Reader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter("bench");
  // Neither timestamps, nor labels and metrics that the others have not either.
  const serializer = new PrometheusSerializer("", false, undefined, true, true);
  return {
    counter() {
      const own = meter.createCounter<Attributes>("requests", {
        description: HELP,
      });
      return { own, record: (labels, amount) => own.add(amount, labels) };
    },
    histogram() {
      const own = meter.createHistogram<Attributes>("seconds", {
        description: HELP,
        advice: { explicitBucketBoundaries: BUCKETS },
      });
      return { own, record: (labels, value) => own.record(value, labels) };
    },
    async page() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw errors[0];
      return serializer.serialize(resourceMetrics);
    },
  };
}

/** Makes a registry of each library; ours is the first. */
export const libraries: Readonly<Record<string, () => Registry>> = {
  "groundwork": ours,
  "prom-client": prometheus(promClient),
  "@prometheus-io/client": prometheus(
    prometheusIo as unknown as typeof promClient,
  ),
  "OpenTelemetry": openTelemetry,
};

/**
 * The samples of a page, so that pages can be compared: in what order the samples
 * and their labels are, and how numbers are written, makes no difference.
 *
 * @param page What Prometheus reads.
 * @returns Values by names with labels.
 */
export function samplesOf(page: string): Map<string, number> {
  const lines = page.split("\n").filter((line) => /^[^#]/.test(line));
  const samples = lines.map((line) => {
    const [, name = "", labels = "", value] =
      /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const all = labels.split(",").map((label) =>
      label.replace(/^le="(\d.*)"$/, (_, bound) => `le="${Number(bound)}"`)
    );
    return [`${name}{${all.sort()}}`, Number(value)] as const;
  });
  return new Map(samples.toSorted(([a], [b]) => a < b ? -1 : 1));
}
