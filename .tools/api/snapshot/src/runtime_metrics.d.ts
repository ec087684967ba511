import { type Clock } from "./clock.js";
import type { MetricCollection, MetricRegistry } from "./metric_registry.js";
export interface RuntimeProcess {
  uptime(): number;
  memoryUsage(): {
    readonly rss: number;
    readonly heapUsed: number;
    readonly heapTotal: number;
  };
  cpuUsage?(): {
    readonly user: number;
    readonly system: number;
  };
}
export interface RuntimeMetricsOptions {
  readonly lagIntervalMs?: number;
  readonly process?: RuntimeProcess | undefined;
  readonly clock?: Clock;
}
export declare function registerRuntimeMetrics(
  registry: Pick<
    MetricRegistry,
    "addCollector" | "counter" | "gauge" | "histogram"
  >,
  options?: RuntimeMetricsOptions,
): MetricCollection;
