/**
 * What the process itself is like: its memory, its processor time, and how late its
 * timers are.
 *
 * When to use it: in the program that owns the process, once.
 *
 * When not: in browsers and workers that tell nothing of their process: there
 * it registers what there is.
 *
 * - **Honest.** What the runtime does not tell is left out, never shown as 0.
 *
 * @example As long as the service runs
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { registerRuntimeMetrics } from "@groundwork/infra/runtime-metrics";
 * import { strictEqual } from "node:assert/strict";
 *
 * const registry = new MetricRegistry();
 * const runtime = registerRuntimeMetrics(registry);
 * await registry.collect();
 * const names = registry.snapshot().map(({ name }) => name);
 * strictEqual(names.includes("process_resident_memory_bytes"), true);
 * runtime.close(); // No timer is left.
 * ```
 *
 * @module
 */

import { requireDuration } from "./_options.ts";
import { type Clock, systemClock, type TimerHandle } from "./clock.ts";
import type { MetricCollection, MetricRegistry } from "./metric_registry.ts";
import type { Histogram } from "./metrics.ts";

/** What Node, Deno and Bun tell of the process. */
export interface RuntimeProcess {
  /** How long it runs, in seconds. */
  uptime(): number;

  /** Its memory, in bytes. */
  memoryUsage(): {
    readonly rss: number;
    readonly heapUsed: number;
    readonly heapTotal: number;
  };

  /** The processor time it has taken, in microseconds. */
  cpuUsage?(): { readonly user: number; readonly system: number };
}

/** Options of {@linkcode registerRuntimeMetrics}. */
export interface RuntimeMetricsOptions {
  /**
   * How often it is measured how late a timer is, in ms: 1 or more; `Infinity` for
   * never.
   *
   * @default {1_000}
   */
  readonly lagIntervalMs?: number;
  /**
   * What tells of the process. Default: the global `process`; where there is none,
   * as in browsers, only the lag of timers is measured.
   */
  readonly process?: RuntimeProcess | undefined;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/** From a tenth of a millisecond to a few seconds. */
const LAG_BUCKETS = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/**
 * Registers the metrics of the process: `process_start_time_seconds`,
 * `process_resident_memory_bytes`, `process_heap_used_bytes`,
 * `process_heap_size_bytes`, `process_cpu_seconds_total` and
 * `runtime_timer_lag_seconds`, as far as the runtime tells them.
 *
 * @param registry Where.
 * @param options How often the lag is measured.
 * @returns What ends it: nothing is pending then, and the metrics stay as they are.
 * @throws {ValidationError} An option is not valid, or a name is taken.
 *
 * @example A timer that comes late
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { registerRuntimeMetrics } from "@groundwork/infra/runtime-metrics";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const registry = new MetricRegistry();
 * const clock = new ManualClock();
 * const runtime = registerRuntimeMetrics(registry, { clock, process: undefined });
 * clock.advance(3_000);
 * const [lag] = registry.snapshot();
 * strictEqual(lag?.kind === "histogram" && lag.series[0]?.count, 3);
 * runtime.close();
 * strictEqual(clock.pending, 0);
 * ```
 */
export function registerRuntimeMetrics(
  registry: Pick<
    MetricRegistry,
    "addCollector" | "counter" | "gauge" | "histogram"
  >,
  options: RuntimeMetricsOptions = {},
): MetricCollection {
  const { clock = systemClock, lagIntervalMs = 1_000 } = options;
  requireDuration("lagIntervalMs", lagIntervalMs, 1);
  const process = "process" in options
    ? options.process
    : (globalThis as { readonly process?: RuntimeProcess }).process;
  // All names are claimed before anything goes on: where one is taken, nothing does.
  const lag = lagIntervalMs === Infinity ? undefined : lagMetric(registry);
  const parts = [
    ...(typeof process?.memoryUsage === "function"
      ? [measureProcess(registry, process, clock)]
      : []),
    ...(lag === undefined ? [] : [measureLag(lag, lagIntervalMs, clock)]),
  ];
  const close = () => {
    for (const part of parts) part.close();
  };
  return { close, [Symbol.dispose]: close };
}

function measureProcess(
  registry: Pick<MetricRegistry, "addCollector" | "counter" | "gauge">,
  process: RuntimeProcess,
  clock: Clock,
): Pick<MetricCollection, "close"> {
  const bytes = (name: string, help: string) =>
    registry.gauge({ name, help, unit: "bytes" });
  const resident = bytes(
    "process_resident_memory_bytes",
    "The memory of the process that is in the main memory",
  );
  const heapUsed = bytes("process_heap_used_bytes", "The heap that is in use");
  const heapSize = bytes("process_heap_size_bytes", "The heap");
  registry.gauge({
    name: "process_start_time_seconds",
    help: "When the process was started, since the epoch",
    unit: "seconds",
  }).set(clock.now() / 1000 - process.uptime());
  const cpu = process.cpuUsage && registry.counter({
    name: "process_cpu_seconds",
    help: "The processor time that the process has taken",
    unit: "seconds",
    labels: { mode: ["user", "system"] },
  });
  return registry.addCollector(() => {
    const { rss, heapUsed: used, heapTotal } = process.memoryUsage();
    resident.set(rss);
    heapUsed.set(used);
    heapSize.set(heapTotal);
    if (cpu === undefined) return;
    const usage = process.cpuUsage!();
    for (const mode of ["user", "system"] as const) {
      const child = cpu.with({ mode });
      // The runtime tells all of it, and the counter knows what it was before.
      child.inc(Math.max(0, usage[mode] / 1e6 - child.value));
    }
  });
}

function lagMetric(registry: Pick<MetricRegistry, "histogram">): Histogram {
  return registry.histogram({
    name: "runtime_timer_lag_seconds",
    help: "How much later than wanted a timer is",
    unit: "seconds",
    buckets: LAG_BUCKETS,
  });
}

function measureLag(
  lag: Histogram,
  intervalMs: number,
  clock: Clock,
): Pick<MetricCollection, "close"> {
  let timer: TimerHandle;
  function wait(): void {
    const startTick = clock.monotonic();
    timer = clock.setTimer(
      () => {
        const lateMs = clock.monotonic() - startTick - intervalMs;
        lag.observe(Math.max(0, lateMs) / 1000);
        wait();
      },
      intervalMs,
      { background: true },
    );
  }
  wait();
  return { close: () => timer.cancel() };
}
