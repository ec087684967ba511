/**
 * What every implementation of the `MetricCollector` protocol does. The suite knows
 * the protocol and nothing else: it looks at series by `with()`.
 *
 * @module
 */

import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type CounterChild,
  type GaugeChild,
  type HistogramChild,
  isMetricCollector,
  type LabelValue,
  type MetricCollector,
} from "../../src/metrics.ts";
import { character, NOT_NUMBERS, RUNS } from "../foundation_support.ts";

/** A collector without metrics, and its time. */
export interface MetricCollectorUnderTest {
  /** The collector. */
  readonly collector: MetricCollector;
  /** Lets time pass for its timers. */
  readonly advance: (durationMs: number) => void;
}

/** Options of {@linkcode metricCollectorConformance}. */
export interface MetricCollectorConformanceOptions {
  /** Makes a collector that drops what is not valid. */
  readonly make: () => MetricCollectorUnderTest;
}

const HELP = "What the test counts";

/** What is not a number, but for `undefined`, which is the default. */
const NO_AMOUNTS: readonly unknown[] = NOT_NUMBERS
  .map(([, value]) => value)
  .filter((value) => value !== undefined);

/** Texts that are parts of what joins labels, or names that objects have. */
export const HOSTILE_TEXTS = [
  "",
  " ",
  "|",
  ",",
  '"',
  "\\",
  "\n",
  "\r",
  "\u0000",
  "\u2028",
  '",b="',
  '\\",b=\\"',
  "\\n",
  "\\\\n",
  "a,b",
  "} 1",
  "{",
  " # {",
  "=",
  "#",
  "😀",
  "é",
  "e\u0301",
  "__proto__",
  "constructor",
  "toString",
  "1",
  "01",
  "1.0",
  "-0",
  "0",
  "true",
  "NaN",
  "Infinity",
  "undefined",
  "null",
] as const;

/** A text made to be mistaken for another one. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.array(fc.constantFrom(...HOSTILE_TEXTS), { maxLength: 4 })
    .map((parts) => parts.join("")),
  fc.string({ unit: character, maxLength: 8 }),
);

/** Any value that a label can have. */
export const labelValue: fc.Arbitrary<LabelValue> = fc.oneof(
  hostileText,
  fc.boolean(),
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
);

/** Labels that are not valid for the labels `a` and `b`. */
export const BAD_LABELS: readonly (readonly [name: string, labels: unknown])[] =
  [
    ["none", undefined],
    ["null", null],
    ["a string", "ab"],
    ["a number", 5],
    ["an empty object", {}],
    ["an array", ["x", "y"]],
    ["a missing label", { a: "x" }],
    ["an unknown label", { a: "x", b: "y", c: "z" }],
    ["undefined as a value", { a: "x", b: undefined }],
    ["null as a value", { a: null, b: "y" }],
    ["an object as a value", { a: "x", b: { toString: (): string => "y" } }],
    ["an array as a value", { a: ["x"], b: "y" }],
    ["a bigint as a value", { a: 1n, b: "y" }],
    ["a symbol as a value", { a: "x", b: Symbol("y") }],
    ["a function as a value", { a: "x", b: (): string => "y" }],
  ];

/** Calls them all; none may throw. */
function callAll(...calls: readonly (() => unknown)[]): void {
  for (const call of calls) call();
}

/**
 * Tests an implementation of `MetricCollector`.
 *
 * @param name What the suite is called.
 * @param options How to make one.
 */
export function metricCollectorConformance(
  name: string,
  { make }: MetricCollectorConformanceOptions,
): void {
  const spec = { a: true, b: true } as const;

  function makeCounter(): CounterChild {
    return make().collector.counter({ name: "c", help: HELP }).with({});
  }

  function makeGauge(): GaugeChild {
    return make().collector.gauge({ name: "g", help: HELP }).with({});
  }

  function makeHistogram(): HistogramChild {
    return make().collector.histogram({ name: "h", help: HELP }).with({});
  }

  describe(`MetricCollector conformance: ${name}`, () => {
    it("isMetricCollector() is true", () => {
      strictEqual(isMetricCollector(make().collector), true);
    });

    it("makes the same metric when it is asked twice for the same", () => {
      const { collector } = make();
      const options = { name: "c", help: HELP, labels: spec };
      const first = collector.counter(options);
      first.inc({ a: 1, b: 2 });
      const second = collector.counter({ ...options, labels: { ...spec } });
      strictEqual(second.with({ a: 1, b: 2 }).value, 1);
      second.inc({ a: 1, b: 2 });
      strictEqual(first.with({ a: 1, b: 2 }).value, 2);
    });

    it("throws when a name is taken by another metric", () => {
      const { collector } = make();
      collector.counter({ name: "x", help: HELP });
      throws(() => collector.gauge({ name: "x", help: HELP }));
      throws(() => collector.histogram({ name: "x", help: HELP }));
      throws(() => collector.counter({ name: "x", help: HELP, labels: spec }));
      throws(() => collector.counter({ name: "no name", help: HELP }));
    });

    // --- counters

    it("Counter.inc() adds 1, or the amount", () => {
      const counter = make().collector.counter({ name: "c", help: HELP });
      strictEqual(counter.with({}).value, 0);
      counter.inc();
      counter.inc(undefined);
      counter.inc(0.5);
      counter.inc(0);
      counter.inc(-0);
      strictEqual(counter.with({}).value, 2.5);
    });

    it("Counter.inc() drops what is no amount, and throws nothing", () => {
      const counter = make().collector.counter({ name: "c", help: HELP });
      counter.inc(2);
      for (const amount of [-1, NaN, Infinity, -Infinity, ...NO_AMOUNTS]) {
        counter.inc(amount as number);
        counter.with({}).inc(amount as number);
      }
      strictEqual(counter.with({}).value, 2);
    });

    it("CounterChild.inc() drops what would make the sum infinite", () => {
      const child = makeCounter();
      child.inc(1e308);
      child.inc(1e308);
      strictEqual(child.value, 1e308);
      child.inc(1);
      strictEqual(child.value, 1e308);
    });

    it("M3 CounterChild.value never falls, whatever is counted", () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.oneof(
              fc.double(),
              fc.integer({ min: -9, max: 9 }),
              fc.constantFrom(1e308, Number.MAX_VALUE, Number.MIN_VALUE),
              fc.constantFrom(...NO_AMOUNTS),
            ),
          ),
          (amounts) => {
            const child = makeCounter();
            for (const amount of amounts) {
              const before = child.value;
              child.inc(amount as number);
              ok(child.value >= before && child.value < Infinity);
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    // --- gauges

    it("Gauge shows what is set, more and less", () => {
      const gauge = make().collector.gauge({ name: "g", help: HELP });
      strictEqual(gauge.with({}).value, 0);
      gauge.set(5);
      gauge.inc();
      gauge.inc(2.5);
      gauge.dec();
      gauge.dec(-1);
      strictEqual(gauge.with({}).value, 8.5);
    });

    it("Gauge.set() takes NaN, the infinities and what is below 0", () => {
      const child = makeGauge();
      for (const value of [NaN, Infinity, -Infinity, -1.5, 1e308]) {
        child.set(value);
        strictEqual(child.value, value);
      }
    });

    it("Gauge drops what is no number, and throws nothing", () => {
      const gauge = make().collector.gauge({ name: "g", help: HELP });
      gauge.set(7);
      for (const amount of NO_AMOUNTS as number[]) {
        for (const it of [gauge, gauge.with({})]) {
          callAll(
            () => it.set(amount),
            () => it.inc(amount),
            () => it.dec(amount),
          );
        }
        strictEqual(gauge.with({}).value, 7, typeof amount);
      }
      gauge.set(undefined as unknown as number);
      strictEqual(gauge.with({}).value, 7);
    });

    it("Gauge.track() shows one more while a function runs", () => {
      const child = makeGauge();
      strictEqual(child.track(() => child.value), 1);
      strictEqual(child.value, 0);
      const error = new Error("no");
      throws(() =>
        child.track(() => {
          throw error;
        }), error);
      strictEqual(child.value, 0);
    });

    it("Gauge.track() shows one more until a promise has settled", async () => {
      const child = makeGauge();
      const { promise, resolve } = Promise.withResolvers<string>();
      const { promise: failing, reject } = Promise.withResolvers<string>();
      const tracked = child.track(() => promise);
      const failed = child.track(() => failing);
      strictEqual(child.value, 2);
      resolve("done");
      strictEqual(await tracked, "done");
      strictEqual(child.value, 1);
      reject(new Error("no"));
      await rejects(failed, /^Error: no$/);
      strictEqual(child.value, 0);
    });

    it("Gauge.track() waits for a thenable that is no promise", async () => {
      const child = makeGauge();
      const thenable = {
        then(resolve: (value: string) => void): void {
          queueMicrotask(() => resolve(`at ${child.value}`));
        },
      };
      strictEqual(await child.track(() => thenable), "at 1");
      strictEqual(child.value, 0);
    });

    // --- histograms

    it("Histogram.observe() counts and sums up", () => {
      const histogram = make().collector.histogram({ name: "h", help: HELP });
      const child = histogram.with({});
      deepStrictEqual([child.count, child.sum], [0, 0]);
      for (const value of [0.25, 100, -1, 0]) histogram.observe(value);
      deepStrictEqual([child.count, child.sum], [4, 99.25]);
    });

    it("Histogram.observe() drops what is not finite, and throws nothing", () => {
      const child = makeHistogram();
      child.observe(1);
      for (
        const value of [NaN, Infinity, -Infinity, undefined, ...NO_AMOUNTS]
      ) {
        child.observe(value as number);
      }
      deepStrictEqual([child.count, child.sum], [1, 1]);
      child.observe(1e308);
      child.observe(1e308); // The sum would be infinite.
      deepStrictEqual([child.count, child.sum], [2, 1e308]);
    });

    it("Histogram.startTimer() observes seconds, once", () => {
      const { collector, advance } = make();
      const histogram = collector.histogram({ name: "h", help: HELP });
      const child = histogram.with({});
      const timer = histogram.startTimer();
      advance(1_500);
      strictEqual(timer.stop(), 1.5);
      advance(1_000);
      strictEqual(timer.stop(), 1.5);
      timer[Symbol.dispose]();
      deepStrictEqual([child.count, child.sum], [1, 1.5]);
      const other = child.startTimer();
      advance(500);
      other[Symbol.dispose]();
      deepStrictEqual([child.count, child.sum], [2, 2]);
    });

    it("Histogram.time() observes how long a function takes, also where it fails", () => {
      const { collector, advance } = make();
      const histogram = collector.histogram({ name: "h", help: HELP });
      const error = new Error("no");
      strictEqual(
        histogram.time(() => {
          advance(250);
          return "done";
        }),
        "done",
      );
      throws(() =>
        histogram.time(() => {
          advance(500);
          throw error;
        }), error);
      const { count, sum } = histogram.with({});
      deepStrictEqual([count, sum], [2, 0.75]);
    });

    it("Histogram.time() observes how long a promise takes, also where it fails", async () => {
      const { collector, advance } = make();
      const child = collector.histogram({ name: "h", help: HELP }).with({});
      const { promise, resolve } = Promise.withResolvers<string>();
      const timed = child.time(() => promise);
      const failed = child.time(() => promise.then(() => Promise.reject(1)));
      advance(2_000);
      strictEqual(child.count, 0);
      resolve("done");
      strictEqual(await timed, "done");
      await rejects(failed, (error) => error === 1);
      deepStrictEqual([child.count, child.sum], [2, 4]);
    });

    // --- labels

    it("M2 two series are one exactly where their labels say the same as text", () => {
      const pair = fc.record({ a: labelValue, b: labelValue });
      fc.assert(
        fc.property(
          fc.uniqueArray(pair, {
            selector: ({ a, b }) => JSON.stringify([String(a), String(b)]),
          }),
          pair,
          (all, other) => {
            const counter = make().collector
              .counter({ name: "c", help: HELP, labels: spec });
            all.forEach((labels, i) => counter.inc(labels, i + 1));
            all.forEach((labels, i) => {
              strictEqual(counter.with(labels).value, i + 1);
              const texts = { a: String(labels.a), b: String(labels.b) };
              strictEqual(counter.with(texts).value, i + 1);
            });
            const value =
              all.findIndex(({ a, b }) =>
                String(a) === String(other.a) && String(b) === String(other.b)
              ) + 1;
            strictEqual(counter.with(other).value, value);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("M2 takes every pair of hostile texts apart", () => {
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels: spec, maxSeries: 5_000 });
      let amount = 0;
      for (const a of HOSTILE_TEXTS) {
        for (const b of HOSTILE_TEXTS) counter.inc({ a, b }, ++amount);
      }
      for (const b of HOSTILE_TEXTS.toReversed()) {
        for (const a of HOSTILE_TEXTS) {
          const wanted = HOSTILE_TEXTS.indexOf(a) * HOSTILE_TEXTS.length +
            HOSTILE_TEXTS.indexOf(b) + 1;
          strictEqual(counter.with({ a, b }).value, wanted);
        }
      }
    });

    it("takes a number, a boolean and their texts as one", () => {
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels: { a: true } });
      const same = [
        [200, "200", 2e2],
        [true, "true"],
        [false, "false"],
        [0, -0, "0"],
        [NaN, "NaN"],
        [1e21, "1e+21"],
        [-Infinity, "-Infinity"],
      ];
      for (const [i, values] of same.entries()) {
        for (const order of [values, values.toReversed()]) {
          for (const a of order) counter.inc({ a }, i + 1);
        }
        for (const a of values) {
          strictEqual(counter.with({ a }).value, (i + 1) * 2 * values.length);
        }
      }
    });

    it("takes lone surrogates for what they are as UTF-8", () => {
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels: { a: true } });
      for (const a of ["\ud800", "\udfff", "\ufffd", "\ud800"]) {
        counter.inc({ a });
      }
      strictEqual(counter.with({ a: "\ufffd" }).value, 4);
      strictEqual(counter.with({ a: "\udbff" }).value, 4);
    });

    it("takes labels by their names, not by their order", () => {
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels: spec });
      counter.inc({ a: "x", b: "y" });
      counter.inc({ b: "y", a: "x" }, 2);
      counter.inc({ b: "x", a: "y" }, 10);
      strictEqual(counter.with({ a: "x", b: "y" }).value, 3);
    });

    it("takes labels whose names objects have", () => {
      const { collector } = make();
      const labels = { constructor: true, toString: true } as const;
      const counter = collector.counter({ name: "c", help: HELP, labels });
      counter.inc({ constructor: "x", toString: "__proto__" });
      counter.inc({ constructor: "x", toString: "y" }, 2);
      counter.inc({} as never);
      counter.inc({ constructor: "x" } as never);
      const { value } = counter
        .with({ constructor: "x", toString: "__proto__" });
      strictEqual(value, 1);
      for (const it of ["constructor", "toString", "hasOwnProperty"]) {
        strictEqual(
          collector.counter({ name: it, help: HELP }).with({}).value,
          0,
        );
      }
    });

    it("drops records with labels that are not valid, and throws nothing", () => {
      const { collector } = make();
      const labels = spec;
      const counter = collector.counter({ name: "c", help: HELP, labels });
      const gauge = collector.gauge({ name: "g", help: HELP, labels });
      const histogram = collector.histogram({ name: "h", help: HELP, labels });
      for (const [, it] of BAD_LABELS) {
        const bad = it as { a: string; b: string };
        callAll(
          () => counter.inc(bad),
          () => counter.with(bad).inc(),
          () => gauge.set(bad, 1),
          () => gauge.inc(bad),
          () => gauge.dec(bad),
          () => gauge.with(bad).set(1),
          () => histogram.observe(bad, 1),
          () => histogram.with(bad).observe(1),
          () => histogram.startTimer(bad).stop(),
        );
        strictEqual(gauge.track(bad, () => "done"), "done");
        strictEqual(histogram.time(bad, () => "done"), "done");
        strictEqual(counter.remove(bad), false);
      }
      for (const a of ["x", "undefined", "null", "", "[object Object]", "1"]) {
        for (const b of ["y", "undefined", "null", ""]) {
          strictEqual(counter.with({ a, b }).value, 0);
          strictEqual(gauge.with({ a, b }).value, 0);
          strictEqual(histogram.with({ a, b }).count, 0);
        }
      }
    });

    it("drops records with a value that the label's list does not have", () => {
      const labels = { a: ["x", 1, true] } as const;
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels });
      for (const a of ["x", "1", 1, true, "true"]) counter.inc({ a } as never);
      for (const a of ["y", "", 0, false, "01", "constructor"]) {
        counter.inc({ a } as never);
        counter.with({ a } as never).inc();
        strictEqual(counter.with({ a } as never).value, 0);
      }
      strictEqual(counter.with({ a: "x" }).value, 1);
      strictEqual(counter.with({ a: 1 }).value, 2);
      strictEqual(counter.with({ a: true }).value, 2);
    });

    it("M7 what a child records is what the metric records with its labels", () => {
      const step = fc.record({
        a: fc.constantFrom("x", "y", 1, "1", true),
        amount: fc.double(),
        byChild: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(step), (steps) => {
          const [left, right] = [make().collector, make().collector];
          const labels = { a: true } as const;
          const options = { name: "m", help: HELP, labels };
          const first = {
            counter: left.counter({ ...options, name: "c" }),
            gauge: left.gauge({ ...options, name: "g" }),
            histogram: left.histogram({ ...options, name: "h" }),
          };
          const second = {
            counter: right.counter({ ...options, name: "c" }),
            gauge: right.gauge({ ...options, name: "g" }),
            histogram: right.histogram({ ...options, name: "h" }),
          };
          for (const { a, amount, byChild } of steps) {
            if (byChild) {
              first.counter.with({ a }).inc(amount);
              first.gauge.with({ a }).inc(amount);
              first.gauge.with({ a }).dec(1);
              first.histogram.with({ a }).observe(amount);
            } else {
              first.counter.inc({ a }, amount);
              first.gauge.inc({ a }, amount);
              first.gauge.dec({ a }, 1);
              first.histogram.observe({ a }, amount);
            }
            second.counter.inc({ a }, amount);
            second.gauge.inc({ a }, amount);
            second.gauge.dec({ a }, 1);
            second.histogram.observe({ a }, amount);
          }
          for (const a of ["x", "y", "1", "true"]) {
            const [one, other] = [first, second].map((it) => [
              it.counter.with({ a }).value,
              it.gauge.with({ a }).value,
              it.histogram.with({ a }).count,
              it.histogram.with({ a }).sum,
            ]);
            deepStrictEqual(one, other);
          }
        }),
        { numRuns: RUNS },
      );
    });

    it("M8 to change the labels afterwards changes nothing", () => {
      fc.assert(
        fc.property(labelValue, labelValue, (before, after) => {
          fc.pre(String(before) !== String(after));
          const counter = make().collector
            .counter({ name: "c", help: HELP, labels: { a: true } });
          const labels: { a: LabelValue } = { a: before };
          const child = counter.with(labels);
          counter.inc(labels, 2);
          labels.a = after;
          child.inc(3);
          strictEqual(counter.with(labels).value, 0);
          strictEqual(counter.with({ a: before }).value, 5);
        }),
        { numRuns: RUNS },
      );
    });

    it("to change the options afterwards changes nothing", () => {
      const { collector } = make();
      const list = ["x"];
      const labels: Record<string, string[]> = { a: list };
      const buckets = [1, 2];
      const options = { name: "h", help: HELP, labels, buckets };
      const histogram = collector.histogram(options);
      list[0] = "y";
      list.push("z");
      labels["b"] = ["v"];
      buckets[0] = 5;
      histogram.observe({ a: "x" }, 1.5);
      histogram.observe({ a: "z" }, 1.5);
      strictEqual(histogram.with({ a: "x" }).count, 1);
      const same = { ...options, labels: { a: ["x"] }, buckets: [1, 2] };
      strictEqual(collector.histogram(same).with({ a: "x" }).count, 1);
    });

    // --- series

    it("remove() drops one series, and its child goes on by itself", () => {
      const { collector } = make();
      const counter = collector.counter({
        name: "c",
        help: HELP,
        labels: spec,
      });
      const old = counter.with({ a: "x", b: 1 });
      old.inc(5);
      counter.inc({ a: "x", b: 2 }, 7);
      strictEqual(counter.remove({ a: "x", b: "1" }), true);
      strictEqual(counter.remove({ a: "x", b: 1 }), false);
      old.inc();
      strictEqual(old.value, 6);
      for (const b of [1, "1"]) {
        strictEqual(counter.with({ a: "x", b }).value, 0);
      }
      strictEqual(counter.with({ a: "x", b: 2 }).value, 7);
    });

    it("remove() drops a series under all types of its values", () => {
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels: spec });
      for (
        const [value, text] of [[5, "5"], [true, "true"], [false, "false"]]
      ) {
        const same = [
          { a: value!, b: "x" },
          { a: text!, b: "x" },
          { a: "x", b: value! },
          { a: "x", b: text! },
        ];
        for (const labels of same) counter.inc(labels);
        strictEqual(counter.remove(same[1]!), true);
        strictEqual(counter.remove(same[2]!), true);
        for (const labels of same) {
          strictEqual(counter.with(labels).value, 0);
          strictEqual(counter.remove(labels), true);
        }
      }
    });

    it("remove() knows nothing of a series that is not there", () => {
      const { collector } = make();
      const counter = collector.counter({
        name: "c",
        help: HELP,
        labels: spec,
      });
      counter.inc({ a: "x", b: "y" });
      for (const a of ["y", "", "constructor"]) {
        strictEqual(counter.remove({ a, b: "y" }), false);
      }
      const plain = collector.gauge({ name: "g", help: HELP });
      plain.set(1);
      strictEqual(plain.remove({}), false);
      strictEqual(plain.with({}).value, 1);
    });

    it("clear() drops all series, and children go on by themselves", () => {
      const { collector } = make();
      const options = { help: HELP, labels: { a: true } } as const;
      const counter = collector.counter({ name: "c", ...options });
      const gauge = collector.gauge({ name: "g", help: HELP });
      const histogram = collector.histogram({ name: "h", ...options });
      const old = counter.with({ a: 1 });
      const shown = gauge.with({});
      old.inc();
      shown.set(5);
      histogram.observe({ a: 1 }, 5);
      for (const it of [counter, gauge, histogram]) it.clear();
      old.inc();
      shown.inc();
      deepStrictEqual([old.value, shown.value], [2, 6]);
      deepStrictEqual([counter.with({ a: 1 }).value, gauge.with({}).value], [
        0,
        0,
      ]);
      strictEqual(histogram.with({ a: "1" }).count, 0);
      gauge.inc();
      strictEqual(gauge.with({}).value, 1);
    });

    it("maxSeries bounds the series, and what comes beyond is one", () => {
      const counter = make().collector
        .counter({ name: "c", help: HELP, labels: spec, maxSeries: 2 });
      counter.inc({ a: 1, b: 1 });
      counter.inc({ a: 1, b: 2 });
      const rest = counter.with({ a: 1, b: 3 });
      counter.inc({ a: 2, b: 1 }, 5);
      counter.inc({ a: 1, b: 4 }, 10);
      strictEqual(rest.value, 15);
      strictEqual(counter.with({ a: "3", b: "3" }).value, 15);
      counter.inc({ a: 1, b: "2" });
      strictEqual(counter.with({ a: "1", b: 2 }).value, 2);
      // Where one goes, there is room for one.
      strictEqual(counter.remove({ a: 1, b: 1 }), true);
      counter.inc({ a: 2, b: 1 });
      strictEqual(counter.with({ a: 2, b: 1 }).value, 1);
      strictEqual(counter.with({ a: 1, b: 1 }).value, 15);
    });
  });
}
