// The guard, and what has to compile and what must not. `deno check` does the
// checking: an unused `@ts-expect-error` is an error as well.

import { strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { MetricRegistry } from "../src/metric_registry.ts";
import {
  type Counter,
  type CounterChild,
  type Gauge,
  type Histogram,
  isMetricCollector,
  type LabelsOf,
  type LabelSpec,
  type LabelValue,
  type MetricCollector,
  type MetricTimer,
  type NoLabels,
  type WithLabels,
} from "../src/metrics.ts";
import { type Equal, expectType } from "./foundation_support.ts";

const HELP = "What the test counts";

/** Compiles, and never runs. */
function compiles(_body: () => void): void {}

describe("isMetricCollector()", () => {
  it("is true of what has all three methods, own or inherited", () => {
    const methods = { counter() {}, gauge() {}, histogram() {} };
    strictEqual(isMetricCollector(new MetricRegistry()), true);
    strictEqual(isMetricCollector(methods), true);
    strictEqual(isMetricCollector(Object.create(methods)), true);
  });

  it("is false of what lacks one, and throws for nothing", () => {
    const methods = { counter() {}, gauge() {}, histogram() {} };
    for (const name of Object.keys(methods)) {
      for (const other of [undefined, null, 5, "x", {}]) {
        strictEqual(isMetricCollector({ ...methods, [name]: other }), false);
      }
    }
    for (const value of [undefined, null, 5, "counter", true, {}, [], 5n]) {
      strictEqual(isMetricCollector(value), false);
    }
  });

  it("narrows to the protocol", () => {
    const value: unknown = new MetricRegistry();
    if (!isMetricCollector(value)) throw new Error("it is one");
    expectType<Equal<typeof value, MetricCollector>>();
  });
});

describe("the types of metrics", () => {
  const registry = new MetricRegistry();

  it("LabelsOf has the values of lists, and any value for true", () => {
    expectType<
      Equal<
        LabelsOf<{
          readonly method: readonly ["GET", "POST"];
          readonly status: readonly [200, 404];
          readonly ok: readonly [true];
          readonly route: true;
        }>,
        {
          readonly method: "GET" | "POST";
          readonly status: 200 | 404;
          readonly ok: true;
          readonly route: LabelValue;
        }
      >
    >();
    expectType<
      Equal<LabelsOf<LabelSpec>, { readonly [name: string]: LabelValue }>
    >();
    expectType<Equal<keyof LabelsOf<NoLabels>, never>>();
  });

  it("WithLabels has labels in front where there are any", () => {
    expectType<Equal<WithLabels<NoLabels, [by: number]>, [by: number]>>();
    expectType<
      Equal<
        WithLabels<{ a: string }, [by?: number]>,
        [labels: { a: string }, by?: number]
      >
    >();
  });

  it("a metric without labels takes none", () => {
    const counter = registry.counter({ name: "c", help: HELP });
    const gauge = registry.gauge({ name: "g", help: HELP, labels: {} });
    const histogram = registry.histogram({ name: "h", help: HELP });
    expectType<Equal<typeof counter, Counter<LabelsOf<NoLabels>>>>();
    const plain: [Counter, Gauge, Histogram] = [counter, gauge, histogram];
    strictEqual(plain.length, 3);
    compiles(() => {
      counter.inc();
      counter.inc(2, { trace_id: "x" });
      gauge.set(5);
      histogram.observe(5);
      const child: CounterChild = counter.with({});
      const timer: MetricTimer = histogram.startTimer();
      const tracked: string = gauge.track(() => "x");
      const timed: Promise<number> = histogram.time(() => Promise.resolve(5));
      void [child, timer, tracked, timed];
      // @ts-expect-error there are no labels
      counter.inc({ a: "x" });
      // @ts-expect-error there are no labels
      gauge.set({}, 5);
      // @ts-expect-error a value is wanted
      gauge.set();
      // @ts-expect-error a number is wanted
      histogram.observe("5");
      // @ts-expect-error a number is wanted
      counter.inc(5n);
      // @ts-expect-error an exemplar has texts
      counter.inc(1, { trace_id: 5 });
      // @ts-expect-error a series is not set from outside
      counter.with({}).value = 5;
    });
  });

  it("a label that is missing, unknown or of no known value does not compile", () => {
    const labels = { method: ["GET", "POST"], status: [200, 404] } as const;
    const counter = registry
      .counter({ name: "requests", help: HELP, labels });
    const inline = registry.counter({
      name: "others",
      help: HELP,
      labels: { method: ["GET", "POST"], route: true },
    });
    expectType<
      Equal<
        Parameters<typeof inline.with>,
        [
          labels: {
            readonly method: "GET" | "POST";
            readonly route: LabelValue;
          },
        ]
      >
    >();
    compiles(() => {
      counter.inc({ method: "GET", status: 200 });
      counter.inc({ method: "POST", status: 404 }, 2, { trace_id: "x" });
      inline.inc({ method: "GET", route: "/" });
      inline.inc({ method: "GET", route: 5 });
      inline.inc({ method: "GET", route: true });
      // @ts-expect-error labels are wanted
      counter.inc();
      // @ts-expect-error labels are wanted
      counter.inc(2);
      // @ts-expect-error status is missing
      counter.inc({ method: "GET" });
      // @ts-expect-error status is missing
      counter.with({ method: "GET" });
      // @ts-expect-error status is missing
      counter.remove({ method: "GET" });
      // @ts-expect-error route is unknown
      counter.inc({ method: "GET", status: 200, route: "/" });
      // @ts-expect-error it is not in the list
      counter.inc({ method: "PUT", status: 200 });
      // @ts-expect-error it is in the list as a number
      counter.inc({ method: "GET", status: "200" });
      // @ts-expect-error no value of a label is undefined
      inline.inc({ method: "GET", route: undefined });
      // @ts-expect-error no value of a label is an object
      inline.inc({ method: "GET", route: {} });
      // @ts-expect-error no value of a label is a bigint
      inline.inc({ method: "GET", route: 5n });
    });
  });

  it("all methods of all kinds have the labels", () => {
    const labels = { a: ["x"] } as const;
    const gauge = registry.gauge({ name: "labelled", help: HELP, labels });
    const histogram = registry.histogram({ name: "sizes", help: HELP, labels });
    compiles(() => {
      gauge.set({ a: "x" }, 5);
      gauge.inc({ a: "x" });
      gauge.dec({ a: "x" }, 2);
      const tracked: number = gauge.track({ a: "x" }, () => 5);
      histogram.observe({ a: "x" }, 5, { trace_id: "x" });
      histogram.startTimer({ a: "x" })[Symbol.dispose]();
      const timed: number = histogram.time({ a: "x" }, () => 5);
      void [tracked, timed];
      // @ts-expect-error a value is wanted
      gauge.set({ a: "x" });
      // @ts-expect-error it is not in the list
      gauge.inc({ a: "y" });
      // @ts-expect-error it is not in the list
      gauge.dec({ a: "y" });
      // @ts-expect-error labels are wanted
      gauge.track(() => 5);
      // @ts-expect-error it is not in the list
      histogram.observe({ a: "y" }, 5);
      // @ts-expect-error labels are wanted
      histogram.startTimer();
      // @ts-expect-error labels are wanted
      histogram.time(() => 5);
    });
  });

  it("options that make no sense do not compile", () => {
    compiles(() => {
      // @ts-expect-error a help is wanted
      registry.counter({ name: "x" });
      // @ts-expect-error a label is a list or true
      registry.counter({ name: "x", help: HELP, labels: { a: false } });
      // @ts-expect-error a label is a list or true
      registry.counter({ name: "x", help: HELP, labels: { a: "x" } });
      // @ts-expect-error values are strings, numbers and booleans
      registry.counter({ name: "x", help: HELP, labels: { a: [null] } });
      // @ts-expect-error only histograms have buckets
      registry.counter({ name: "x", help: HELP, buckets: [1] });
      // @ts-expect-error it is one of two
      new MetricRegistry({ onInvalid: "log" });
      // @ts-expect-error the value of a label is no undefined
      new MetricRegistry({ labels: { region: undefined } });
    });
  });

  it("labels that are only known at run time are any labels", () => {
    const spec: LabelSpec = { a: true };
    const counter = registry.counter({
      name: "dynamic",
      help: HELP,
      labels: spec,
    });
    counter.inc({ a: "x" });
    strictEqual(counter.with({ a: "x" }).value, 1);
    compiles(() => {
      // @ts-expect-error labels are wanted
      counter.inc();
    });
  });

  it("who takes a collector counts with any", () => {
    function count(collector: MetricCollector): number {
      const counter = collector
        .counter({ name: "taken", help: HELP, labels: { a: ["x", "y"] } });
      counter.inc({ a: "y" });
      compiles(() => {
        // @ts-expect-error it is not in the list
        counter.inc({ a: "z" });
      });
      return counter.with({ a: "y" }).value;
    }
    strictEqual(count(new MetricRegistry()), 1);
  });
});
