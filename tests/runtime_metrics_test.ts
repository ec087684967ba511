import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../src/clock.ts";
import { type MetricFamily, MetricRegistry } from "../src/metric_registry.ts";
import {
  registerRuntimeMetrics,
  type RuntimeProcess,
} from "../src/runtime_metrics.ts";
import { ManualClock } from "../src/testing.ts";

/** What a registry has, by the names of its metrics. */
function valuesOf(registry: MetricRegistry): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    registry.snapshot().map((family: MetricFamily) => [
      family.name,
      family.kind === "histogram"
        ? family.series.map(({ count, sum }) => [count, sum])
        : family.series.map(({ labels, value }) =>
          "mode" in labels ? [labels["mode"], value] : value
        ),
    ]),
  );
}

function makeProcess(): RuntimeProcess & { user: number; rss: number } {
  return {
    user: 1_500_000,
    rss: 4_096,
    uptime: () => 60,
    memoryUsage() {
      return { rss: this.rss, heapUsed: 100, heapTotal: 200 };
    },
    cpuUsage() {
      return { user: this.user, system: 250_000 };
    },
  };
}

describe("registerRuntimeMetrics()", () => {
  it("tells what the process tells, as it is when somebody asks", async () => {
    const clock = new ManualClock({ now: 100_000 });
    const registry = new MetricRegistry();
    const process = makeProcess();
    registerRuntimeMetrics(registry, {
      clock,
      process,
      lagIntervalMs: Infinity,
    });
    await registry.collect();
    deepStrictEqual(valuesOf(registry), {
      process_resident_memory_bytes: [4_096],
      process_heap_used_bytes: [100],
      process_heap_size_bytes: [200],
      process_start_time_seconds: [40],
      process_cpu_seconds: [["user", 1.5], ["system", 0.25]],
    });
    process.user = 1_000_000; // A clock that runs backwards is not believed.
    await registry.collect();
    process.user = 2_000_000;
    process.rss = 8_192;
    await registry.collect();
    const values = valuesOf(registry);
    deepStrictEqual(values["process_cpu_seconds"], [
      ["user", 2],
      ["system", 0.25],
    ]);
    deepStrictEqual(values["process_resident_memory_bytes"], [8_192]);
  });

  it("leaves out what a runtime does not tell", async () => {
    const registry = new MetricRegistry();
    const clock = new ManualClock();
    const { cpuUsage: _, ...process } = makeProcess();
    registerRuntimeMetrics(registry, {
      clock,
      process,
      lagIntervalMs: Infinity,
    });
    await registry.collect();
    strictEqual("process_cpu_seconds" in valuesOf(registry), false);
    strictEqual("process_heap_used_bytes" in valuesOf(registry), true);

    const browser = new MetricRegistry();
    registerRuntimeMetrics(browser, { clock, process: undefined });
    await browser.collect();
    deepStrictEqual(Object.keys(valuesOf(browser)), [
      "runtime_timer_lag_seconds",
    ]);
  });

  it("measures how late a timer is", () => {
    const clock = new ManualClock();
    const registry = new MetricRegistry();
    const options = { clock, process: undefined, lagIntervalMs: 100 };
    const runtime = registerRuntimeMetrics(registry, options);
    clock.advance(350);
    deepStrictEqual(valuesOf(registry), {
      runtime_timer_lag_seconds: [[3, 0]],
    });
    strictEqual(clock.pending, 1);
    runtime.close();
    strictEqual(clock.pending, 0);

    let lateMs = 0;
    const busy: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + lateMs,
      sleep: (durationMs, options) => clock.sleep(durationMs, options),
      setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
    };
    const late = new MetricRegistry();
    registerRuntimeMetrics(late, { ...options, clock: busy });
    lateMs = 250;
    clock.advance(100);
    deepStrictEqual(valuesOf(late), {
      runtime_timer_lag_seconds: [[1, 0.25]],
    });
  });

  it("ends with its disposal, and what was measured stays", async () => {
    const clock = new ManualClock();
    const registry = new MetricRegistry();
    const process = makeProcess();
    const runtime = registerRuntimeMetrics(registry, { clock, process });
    await registry.collect();
    runtime[Symbol.dispose]();
    runtime[Symbol.dispose]();
    process.rss = 1;
    await registry.collect();
    deepStrictEqual(valuesOf(registry)["process_resident_memory_bytes"], [
      4_096,
    ]);
  });

  it("leaves nothing behind when a name is taken", async () => {
    for (const name of ["runtime_timer_lag_seconds", "process_cpu_seconds"]) {
      const clock = new ManualClock();
      const registry = new MetricRegistry();
      registry.gauge({ name, help: "Somebody else's" });
      let asked = 0;
      const process = {
        ...makeProcess(),
        memoryUsage: () => ({ rss: ++asked, heapUsed: 0, heapTotal: 0 }),
      };
      throws(
        () => registerRuntimeMetrics(registry, { clock, process }),
        /name/,
      );
      await registry.collect();
      deepStrictEqual([asked, clock.pending], [0, 0]);
    }
  });

  it("asks the process at hand, where there is one", async () => {
    const registry = new MetricRegistry();
    const runtime = registerRuntimeMetrics(registry);
    await registry.collect();
    runtime[Symbol.dispose]();
    const values = valuesOf(registry);
    const hasProcess = "process" in globalThis;
    strictEqual("process_heap_used_bytes" in values, hasProcess);
    if (!hasProcess) return;
    const [started] = values["process_start_time_seconds"] as number[];
    ok(started! > 1.6e9 && started! <= Date.now() / 1000);
  });

  for (const lagIntervalMs of [0, 0.5, -1, NaN, "1" as unknown as number]) {
    it(`refuses ${String(lagIntervalMs)} ms between measurements`, () => {
      const register = () =>
        registerRuntimeMetrics(new MetricRegistry(), { lagIntervalMs });
      throws(register, /lagIntervalMs/);
    });
  }
});
