import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { TimerHandle } from "../src/clock.ts";
import { TaskError, ValidationError } from "../src/errors.ts";
import {
  type CollectOptions,
  type HistogramSample,
  type MetricFamily,
  MetricRegistry,
  type MetricRegistryOptions,
  type ValueSample,
} from "../src/metric_registry.ts";
import type {
  ExemplarLabels,
  HistogramOptions,
  LabelValue,
  MetricCollector,
} from "../src/metrics.ts";
import { ManualClock } from "../src/testing.ts";
import {
  BAD_LABELS,
  HOSTILE_TEXTS,
  hostileText,
  labelValue,
  metricCollectorConformance,
} from "./conformance/metric_collector_conformance.ts";
import {
  NOT_NUMBERS,
  RUNS,
  watch,
  withReplaced,
} from "./foundation_support.ts";
import { reportedIn } from "./unhandled_support.ts";

const HELP = "What the test counts";

function makerOf(
  options: MetricRegistryOptions,
  wrap: (registry: MetricRegistry) => MetricCollector = (it) => it,
): () => {
  collector: MetricCollector;
  advance: (durationMs: number) => void;
} {
  return () => {
    const clock = new ManualClock();
    return {
      collector: wrap(new MetricRegistry({ clock, ...options })),
      advance: (durationMs) => clock.advance(durationMs),
    };
  };
}

metricCollectorConformance("MetricRegistry", { make: makerOf({}) });
metricCollectorConformance("MetricRegistry with labels of all series", {
  make: makerOf({ labels: { region: "eu", _: '",a="x' } }),
});
metricCollectorConformance("an object that hands on to a registry", {
  make: makerOf({}, (registry) => ({
    counter: (options) => registry.counter(options),
    gauge: (options) => registry.gauge(options),
    histogram: (options) => registry.histogram(options),
  })),
});

/** The family of a name, where the registry has it. */
function familyOf(
  registry: MetricRegistry,
  name: string,
): MetricFamily | undefined {
  return registry.snapshot().find((family) => family.name === name);
}

/** The series of a counter or a gauge. */
function valuesOf(
  registry: MetricRegistry,
  name: string,
): readonly ValueSample[] {
  const family = familyOf(registry, name);
  ok(family !== undefined && family.kind !== "histogram");
  return family.series;
}

/** The series of a histogram. */
function histogramsOf(
  registry: MetricRegistry,
  name: string,
): readonly HistogramSample[] {
  const family = familyOf(registry, name);
  ok(family?.kind === "histogram");
  return family.series;
}

/** How many records were dropped, by metric and reason. */
function droppedBy(registry: MetricRegistry): Record<string, number> {
  if (familyOf(registry, "metrics_invalid_records") === undefined) return {};
  return Object.fromEntries(
    valuesOf(registry, "metrics_invalid_records").map(({ labels, value }) => [
      `${labels["metric"]} ${labels["reason"]}`,
      value,
    ]),
  );
}

/** Fails unless the call throws for an option, and names it and what it was. */
function throwsOption(call: () => unknown, field: string, received = ""): void {
  throws(call, (error) => {
    ok(ValidationError.is(error), String(error));
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    strictEqual(error.params["field" as never], field);
    ok(error.message.startsWith(`The option ${field} is`), error.message);
    ok(error.message.includes(`received ${received}`), error.message);
    return true;
  });
}

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

// --- options

const NO_OBJECTS: readonly unknown[] = [
  null,
  [],
  ["a"],
  "a",
  5,
  true,
  () => {},
];
const BAD_LABEL_NAMES = [
  "",
  "1a",
  "a-b",
  "a:b",
  "a b",
  "a\n",
  "é",
  "__a",
  "le",
  "quantile",
  "otel_metric_overflow",
] as const;
const NO_WHOLE_NUMBERS: readonly unknown[] = [
  ...NOT_NUMBERS.map(([, value]) => value).filter((it) => it !== undefined),
  0,
  -1,
  1.5,
  NaN,
  Infinity,
];

function makeWith(options: Readonly<Record<string, unknown>>): MetricRegistry {
  return new MetricRegistry(options as MetricRegistryOptions);
}

describe("new MetricRegistry()", () => {
  it("throws when the labels of all series are no object", () => {
    for (const labels of NO_OBJECTS) {
      throwsOption(() => makeWith({ labels }), "labels");
    }
  });

  it("throws when a label of all series has no valid name or value", () => {
    for (const name of BAD_LABEL_NAMES) {
      const received = JSON.stringify(name);
      const labels = { [name]: "x" };
      throwsOption(() => makeWith({ labels }), `labels.${name}`, received);
    }
    for (const value of [undefined, null, {}, 5n, Symbol("x"), () => {}]) {
      throwsOption(() => makeWith({ labels: { a: value } }), "labels.a");
    }
    throwsOption(
      () => makeWith({ labels: { a: undefined } }),
      "labels.a",
      "undefined",
    );
  });

  it("throws when a label of all series is one of its own metric", () => {
    for (const name of ["metric", "reason"]) {
      throwsOption(
        () => makeWith({ labels: { [name]: "x" } }),
        `labels.${name}`,
      );
    }
  });

  it("throws when maxSeries is not a whole number of 1 or more", () => {
    for (const maxSeries of NO_WHOLE_NUMBERS) {
      throwsOption(() => makeWith({ maxSeries }), "maxSeries");
    }
    throwsOption(() => makeWith({ maxSeries: -3 }), "maxSeries", "-3");
  });

  it("throws when onInvalid is neither drop nor throw", () => {
    for (const onInvalid of [null, "", "DROP", "log", "constructor", 1, {}]) {
      throwsOption(() => makeWith({ onInvalid }), "onInvalid");
    }
  });

  it("throws when onError is no function", () => {
    for (const onError of [null, "x", {}, 5]) {
      throwsOption(() => makeWith({ onError }), "onError");
    }
  });

  it("has room for 2000 series a metric when it is told nothing", () => {
    const registry = makeWith({ maxSeries: undefined, onError: undefined });
    const counter = registry
      .counter({ name: "c", help: HELP, labels: { a: true } });
    for (let a = 0; a < 2_005; a++) counter.inc({ a });
    const series = valuesOf(registry, "c");
    strictEqual(series.length, 2_001);
    const labels = { otel_metric_overflow: "true" };
    deepStrictEqual(series.at(-1), { labels, value: 5 });
  });

  it("gives all series its labels, also those of its own metric", () => {
    const hostile = HOSTILE_TEXTS.join("");
    const constant = { region: hostile, zone: 5, up: true };
    const registry = new MetricRegistry({ labels: constant, maxSeries: 1 });
    const wanted = { region: hostile, zone: "5", up: "true" };
    registry.gauge({ name: "g", help: HELP }).set(1);
    const counter = registry
      .counter({ name: "c", help: HELP, labels: { a: true } });
    counter.inc({ a: 1 });
    counter.inc({ a: 2 });
    counter.inc({ a: 1 }, NaN);
    const labels = registry.snapshot().map(({ series }) =>
      series.map((it) => it.labels)
    );
    deepStrictEqual(labels, [
      [{ ...wanted, metric: "c", reason: "value" }],
      [wanted],
      [{ ...wanted, a: "1" }, { ...wanted, otel_metric_overflow: "true" }],
    ]);
  });
});

type AnyOptions = HistogramOptions<
  Record<string, readonly LabelValue[] | true>
>;
const KINDS = ["counter", "gauge", "histogram"] as const;
type Kind = typeof KINDS[number];

function define(
  registry: MetricCollector,
  kind: Kind,
  options: Readonly<Record<string, unknown>>,
): unknown {
  return registry[kind](
    { name: "m", help: HELP, ...options } as unknown as AnyOptions,
  );
}

/** Fails unless each of the kinds refuses it, and nothing is left of it. */
function refuses(
  options: Readonly<Record<string, unknown>>,
  field: string,
  received = "",
  kinds: readonly Kind[] = KINDS,
): void {
  for (const kind of kinds) {
    const registry = new MetricRegistry({ labels: { region: "eu" } });
    throwsOption(() => define(registry, kind, options), field, received);
    deepStrictEqual(registry.snapshot(), []);
    for (const other of ["m", "m_total", "m_count"]) {
      define(registry, "gauge", { name: other });
    }
  }
}

describe("MetricRegistry.counter(), gauge() and histogram()", () => {
  it("throw when the name is not valid", () => {
    for (
      const name of ["", "1a", "a b", "a-b", "é", "a\n", "\na", 'a"', "a{}"]
    ) {
      refuses({ name }, "name", JSON.stringify(name));
    }
    for (const name of [undefined, null, 5, {}, ["a"]]) {
      refuses({ name }, "name");
    }
    // Without it, nothing is left.
    refuses({ name: "_total" }, "name", '"_total"', ["counter"]);
  });

  it("take names that objects have, colons and underscores", () => {
    const registry = new MetricRegistry();
    const names = ["__proto__", "constructor", "toString", ":", "_", "a:b_1"];
    for (const name of names) define(registry, "counter", { name });
    deepStrictEqual(registry.snapshot().map(({ name }) => name), names);
  });

  it("throw when the help is missing or blank", () => {
    for (const help of [undefined, null, "", " \n\t", "\u00a0", 5, {}]) {
      refuses({ help }, "help");
    }
  });

  it("throw when the unit is not valid, or not the end of the name", () => {
    for (const unit of ["", "a b", "s\n", "1s", null, 5]) {
      refuses({ unit }, "unit");
    }
    refuses({ unit: "seconds" }, "unit", "seconds");
    for (const name of ["seconds", "mseconds", "m_seconds_x", "m_Seconds"]) {
      refuses({ name, unit: "seconds" }, "unit");
    }
    throws(
      () => define(new MetricRegistry(), "gauge", { unit: "bytes" }),
      /m_bytes/,
    );
    // The unit stands before the suffix.
    refuses({ name: "m_total_bytes_", unit: "bytes" }, "unit");
    const registry = new MetricRegistry();
    define(registry, "counter", { name: "m_bytes_total", unit: "bytes" });
    const [family] = registry.snapshot();
    deepStrictEqual([family?.name, family?.unit], ["m_bytes", "bytes"]);
  });

  it("throw when the labels are no object", () => {
    for (const labels of NO_OBJECTS) refuses({ labels }, "labels");
  });

  it("throw when a label has no valid name, or is one of all series", () => {
    for (const name of BAD_LABEL_NAMES) {
      const labels = { [name]: true };
      refuses({ labels }, `labels.${name}`, JSON.stringify(name));
    }
    refuses({ labels: { region: true } }, "labels.region", "region");
  });

  it("throw when a label is neither true nor a list of different values", () => {
    const lists = [[], ["a", "a"], [1, "1"], [true, "true"], [
      "\ud800",
      "\udfff",
    ]];
    const values = [
      [null],
      [undefined],
      [{}],
      [["a"]],
      [1n],
      [NaN, "NaN"],
      Object.assign(["x"], { length: 2 }),
    ];
    const others = [false, null, undefined, "a", 5, {}, new Set(["a"])];
    for (const a of [...lists, ...values, ...others]) {
      refuses({ labels: { a } }, "labels.a");
    }
    refuses({ labels: { a: ["x", "x"] } }, "labels.a", "x,x");
  });

  it("throw when maxSeries is not a whole number of 1 or more", () => {
    for (const maxSeries of NO_WHOLE_NUMBERS) {
      refuses({ maxSeries }, "maxSeries");
    }
  });

  it("throw when init is no boolean, needs a list, or more room than there is", () => {
    for (const init of [null, 0, 1, "", "yes", {}]) {
      refuses({ init }, "init");
    }
    const labels = { a: ["x", "y"], b: true };
    refuses({ init: true, labels }, "init", "b");
    const lists = { a: ["x", "y"], b: [1, 2, 3] };
    refuses({ init: true, labels: lists, maxSeries: 5 }, "maxSeries", "5");
    const digits = Array.from({ length: 10 }, (_, i) => i);
    const many = Object.fromEntries(digits.map((i) => [`a${i}`, digits]));
    refuses({ init: true, labels: many }, "maxSeries", "2000");
  });

  it("throw when the buckets are not finite, ascending and at least one", () => {
    const others = [null, 5, "1", {}, new Set([1])];
    const lists = [
      [],
      [Infinity],
      [1, 1],
      [2, 1],
      [0, -0],
      [NaN],
      [1, NaN, 2],
      [-Infinity, 1],
      [1, Infinity, Infinity],
      [1, Infinity, 2],
      ["1"],
      [1n],
      [null],
      [1, , 2], // deno-lint-ignore-line no-sparse-arrays
      Object.assign([1], { length: 2 }),
    ];
    for (const buckets of [...others, ...lists]) {
      refuses({ buckets }, "buckets", "", ["histogram"]);
    }
    refuses({ buckets: [3, 2.5] }, "buckets", "3,2.5", ["histogram"]);
  });

  it("make the same metric when only the order or what is the default differs", () => {
    const labels = { a: true, b: ["x", 1] };
    const options = { labels, unit: undefined };
    for (const kind of KINDS) {
      const registry = new MetricRegistry({ maxSeries: 7 });
      const first = define(registry, kind, options);
      for (
        const same of [
          {},
          { labels: { b: ["x", 1], a: true } },
          { labels: { a: true, b: ["x", "1"] } },
          { maxSeries: 7 },
          { init: false },
        ]
      ) {
        strictEqual(define(registry, kind, { ...options, ...same }), first);
      }
    }
    const registry = new MetricRegistry();
    const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    const first = define(registry, "histogram", {});
    const infinite = [...buckets, Infinity];
    strictEqual(define(registry, "histogram", { buckets }), first);
    strictEqual(define(registry, "histogram", { buckets: infinite }), first);
    const counter = define(registry, "counter", { name: "c" });
    strictEqual(define(registry, "counter", { name: "c_total" }), counter);
  });

  it("throw when there is another metric of the name", () => {
    const base = { name: "m_s", unit: "s", labels: { a: ["x", "y"] } };
    for (
      const other of [
        { help: "Other" },
        { unit: undefined },
        { labels: { a: true } },
        { labels: { a: ["x"] } },
        { labels: { a: ["x", "y"], b: true } },
        { labels: { b: ["x", "y"] } },
        { labels: undefined },
        { maxSeries: 5 },
        { buckets: [1, 2] },
      ]
    ) {
      for (const kind of "buckets" in other ? ["histogram"] as const : KINDS) {
        const registry = new MetricRegistry();
        const first = define(registry, kind, base);
        const call = (): unknown =>
          define(registry, kind, { ...base, ...other });
        throwsOption(call, "name", "m_s");
        strictEqual(define(registry, kind, base), first);
      }
    }
    for (const kind of KINDS) {
      for (const other of KINDS.filter((it) => it !== kind)) {
        const registry = new MetricRegistry();
        define(registry, kind, {});
        throwsOption(() => define(registry, other, {}), "name");
      }
    }
  });

  it("throw when a name clashes with one that a sample has", () => {
    const clashes: readonly (readonly [Kind, string, Kind, string])[] = [
      ["counter", "x", "gauge", "x_total"],
      ["counter", "x_total", "gauge", "x"],
      ["counter", "x", "gauge", "x_created"],
      ["counter", "x", "histogram", "x_total"],
      ["counter", "x", "counter", "x_total_total"],
      ["counter", "x_created", "counter", "x"],
      ["histogram", "x", "gauge", "x_bucket"],
      ["histogram", "x", "gauge", "x_sum"],
      ["histogram", "x", "gauge", "x_count"],
      ["histogram", "x", "gauge", "x_created"],
      ["histogram", "x", "counter", "x_count"],
      ["histogram", "x", "counter", "x_sum_total"],
      ["histogram", "x", "histogram", "x_bucket"],
    ];
    for (const [kind, name, other, taken] of clashes) {
      for (
        const [[first, a], [second, b]] of [
          [[kind, name], [other, taken]],
          [[other, taken], [kind, name]],
        ] as const
      ) {
        const registry = new MetricRegistry();
        define(registry, first, { name: a });
        throwsOption(() => define(registry, second, { name: b }), "name");
        strictEqual(registry.snapshot().length, 1);
      }
    }
    throws(() => {
      const registry = new MetricRegistry();
      define(registry, "histogram", { name: "size" });
      define(registry, "counter", { name: "size_count" });
    }, /size_count is taken by the metric size/);
  });

  it("take names that look like those of samples, and are none", () => {
    const registry = new MetricRegistry();
    define(registry, "gauge", { name: "x" });
    for (const suffix of ["total", "bucket", "sum", "count", "created"]) {
      define(registry, "gauge", { name: `x_${suffix}` });
    }
    define(registry, "histogram", { name: "h" });
    define(registry, "counter", { name: "h_max" });
    define(registry, "counter", { name: "h_total_max" });
    define(registry, "gauge", { name: "h_total" });
    strictEqual(registry.snapshot().length, 10);
  });

  it("begin at 0 without labels, and without any series with them", () => {
    const registry = new MetricRegistry();
    for (const kind of KINDS) {
      define(registry, kind, { name: `${kind}_plain` });
      define(registry, kind, { name: kind, labels: { a: ["x"] } });
    }
    const counts = registry.snapshot().map(({ series }) => series.length);
    deepStrictEqual(counts, [1, 0, 1, 0, 1, 0]);
  });

  it("make all series when init is set, also when the metric is known", () => {
    const labels = { a: ["x", 'y",'], b: [1, true] };
    const wanted = [
      { a: "x", b: "1" },
      { a: "x", b: "true" },
      { a: 'y",', b: "1" },
      { a: 'y",', b: "true" },
    ];
    for (const kind of KINDS) {
      const registry = new MetricRegistry();
      const init = true;
      const first = define(registry, kind, { init, labels, maxSeries: 4 });
      const labelsOf = (): unknown =>
        registry.snapshot()[0]?.series.map((it) => it.labels);
      deepStrictEqual(labelsOf(), wanted);
      (first as { clear(): void }).clear();
      deepStrictEqual(labelsOf(), []);
      define(registry, kind, { init, labels, maxSeries: 4 });
      deepStrictEqual(labelsOf(), wanted);
    }
    const registry = new MetricRegistry();
    define(registry, "gauge", { init: true, maxSeries: 1 });
    deepStrictEqual(valuesOf(registry, "m"), [{ labels: {}, value: 0 }]);
  });
});

// --- series

type AnyMap = Map<unknown, unknown>;

/** What a step of a program does to a counter. */
type Step =
  | readonly ["inc", a: LabelValue, b: LabelValue, amount: number]
  | readonly ["remove", a: LabelValue, b: LabelValue]
  | readonly ["clear"];

const few: fc.Arbitrary<LabelValue> = fc
  .constantFrom<LabelValue[]>("1", 1, "true", true, '",b="');

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constant("inc"), few, few, fc.nat(9)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("remove"), few, few) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("clear")) },
  ) as fc.Arbitrary<Step>,
  { maxLength: 25 },
);

/** The series of a counter, told by hand. */
class CounterModel {
  readonly #maxSeries: number;
  readonly #series = new Map<string, number>();
  #rest: number | undefined;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  do([action, a, b, amount = 0]: Step): void {
    const key = JSON.stringify([String(a), String(b)]);
    const value = this.#series.get(key);
    if (action === "clear") {
      this.#series.clear();
      this.#rest = undefined;
    } else if (action === "remove") {
      this.#series.delete(key);
    } else if (value !== undefined || this.#series.size < this.#maxSeries) {
      this.#series.set(key, (value ?? 0) + amount);
    } else {
      this.#rest = (this.#rest ?? 0) + amount;
    }
  }

  /** The series, in the order of their labels. */
  get series(): readonly (readonly [key: string, value: number])[] {
    const rest = this.#rest === undefined
      ? []
      : [["rest", this.#rest] as const];
    return [...this.#series, ...rest].toSorted(byKey);
  }
}

function byKey(
  [a]: readonly [string, number],
  [b]: readonly [string, number],
): number {
  return a < b ? -1 : 1;
}

describe("MetricRegistry's series", () => {
  const ab = { a: true, b: true } as const;

  it("M1 the sum of all series is the sum of all amounts that were taken", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(
          few,
          few,
          fc.oneof(fc.integer({ min: -2, max: 99 }), fc.constant(NaN)),
        )),
        (maxSeries, records) => {
          const registry = new MetricRegistry({ maxSeries });
          const counter = registry.counter({
            name: "c",
            help: HELP,
            labels: ab,
          });
          const sizes = registry
            .histogram({ name: "h", help: HELP, labels: ab, buckets: [5] });
          for (const [a, b, amount] of records) {
            counter.inc({ a, b }, amount);
            counter.inc({ a } as never, 1);
            sizes.observe({ a, b }, amount);
          }
          const taken = records.map(([, , it]) => it)
            .filter((it) => !Number.isNaN(it));
          const series = histogramsOf(registry, "h");
          const sumOf = (all: readonly number[]): number =>
            all.reduce((sum, it) => sum + it, 0);
          strictEqual(
            sumOf(valuesOf(registry, "c").map(({ value }) => value)),
            sumOf(taken.filter((it) => it >= 0)),
          );
          strictEqual(sumOf(series.map(({ sum }) => sum)), sumOf(taken));
          strictEqual(sumOf(series.map(({ count }) => count)), taken.length);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("M6 there are no more series than maxSeries and one; all are those of a model", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        steps,
        (maxSeries, program) => {
          const registry = new MetricRegistry();
          const model = new CounterModel(maxSeries);
          const counter = registry
            .counter({ name: "c", help: HELP, labels: ab, maxSeries });
          for (const step of program) {
            const [action, a, b, amount] = step;
            model.do(step);
            if (action === "inc") counter.inc({ a, b }, amount);
            else if (action === "remove") counter.remove({ a, b });
            else counter.clear();
            const series = valuesOf(registry, "c").map(({ labels, value }) => {
              const { a, b } = labels;
              const isRest = labels["otel_metric_overflow"] === "true";
              return [isRest ? "rest" : JSON.stringify([a, b]), value] as const;
            });
            deepStrictEqual(series.toSorted(byKey), model.series);
            ok(series.length <= maxSeries + 1);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("M4 buckets are cumulative, the last one is the count, the sum that of what was taken", () => {
    const value = fc.oneof(
      fc.double(),
      fc.double({ min: -10, max: 10, noNaN: true }),
      fc.integer({ min: -3, max: 20 }),
    );
    const bounds = fc.oneof(
      fc.uniqueArray(fc.integer({ min: -3, max: 40 }), { minLength: 1 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 40 }), {
        minLength: 15,
        maxLength: 20,
      }),
      fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 1,
        selector: (it) => it + 0, // -0 is 0.
      }),
    ).map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        bounds,
        fc.array(value, { maxLength: 40 }),
        (buckets, values) => {
          const registry = new MetricRegistry();
          const histogram = registry.histogram({
            name: "h",
            help: HELP,
            buckets,
          });
          let sum = 0;
          const taken: number[] = [];
          for (const it of [...values, ...buckets]) {
            histogram.observe(it);
            if (!Number.isFinite(it) || !Number.isFinite(sum + it)) continue;
            taken.push(it);
            sum += it;
          }
          const wanted = [...buckets, Infinity].map((le) => ({
            le,
            count: taken.filter((it) => it <= le).length,
          }));
          const count = taken.length;
          deepStrictEqual(histogramsOf(registry, "h"), [
            { labels: {}, count, sum, buckets: wanted },
          ]);
          deepStrictEqual(histogram.with({}).count, count);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("M2 snapshot() tells each series by what its labels say as text", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(labelValue, labelValue), {
          selector: (it) => JSON.stringify(it.map(String)),
        }),
        (all) => {
          const registry = new MetricRegistry();
          const counter = registry.counter({
            name: "c",
            help: HELP,
            labels: ab,
          });
          for (const [i, [a, b]] of all.entries()) counter.inc({ a, b }, i);
          const told = valuesOf(registry, "c")
            .toSorted((one, other) => one.value - other.value);
          deepStrictEqual(
            told,
            all.map(([a, b], value) => ({
              labels: { a: String(a), b: String(b) },
              value,
            })),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("M8 snapshot() tells of labels what they were", () => {
    fc.assert(
      fc.property(hostileText, hostileText, (before, after) => {
        const registry = new MetricRegistry();
        const counter = registry
          .counter({ name: "c", help: HELP, labels: { a: true } });
        const labels = { a: before };
        counter.inc(labels);
        const earlier = registry.snapshot();
        labels.a = after;
        const now = registry.snapshot();
        deepStrictEqual(now, earlier);
        counter.inc({ a: before });
        deepStrictEqual(now, earlier);
        deepStrictEqual(valuesOf(registry, "c"), [
          { labels: { a: before }, value: 2 },
        ]);
      }),
      { numRuns: RUNS },
    );
  });

  it("are found by labels that are read once, whatever they say the next time", () => {
    const registry = new MetricRegistry();
    const counter = registry
      .counter({ name: "c", help: HELP, labels: { a: true } });
    let reads = 0;
    const labels = {
      get a(): number {
        return ++reads;
      },
    };
    counter.inc(labels);
    const [first, ...others] = valuesOf(registry, "c");
    deepStrictEqual(others, []);
    for (let a = 0; a < 9; a++) {
      const isIt = String(a) === first?.labels["a"];
      strictEqual(counter.with({ a }).value, isIt ? 1 : 0);
    }
  });

  it("take long values", () => {
    const registry = new MetricRegistry();
    const a = `"\\${"x".repeat(100_000)}\n`;
    registry.counter({ name: "c", help: HELP, labels: { a: true } }).inc({ a });
    deepStrictEqual(valuesOf(registry, "c"), [{ labels: { a }, value: 1 }]);
  });

  it("are not told any more when they are removed, and again when they are used", () => {
    const registry = new MetricRegistry();
    const gauge = registry.gauge({ name: "g", help: HELP, labels: ab });
    const child = gauge.with({ a: 1, b: 2 });
    const other = gauge.with({ a: 1, b: 3 });
    gauge.remove({ a: "1", b: 2 });
    child.set(5);
    other.set(6);
    const labels = { a: "1", b: "3" };
    deepStrictEqual(valuesOf(registry, "g"), [{ labels, value: 6 }]);
    gauge.remove({ a: 1, b: 3 });
    deepStrictEqual(valuesOf(registry, "g"), []);
    gauge.inc({ a: 1, b: 3 });
    deepStrictEqual(valuesOf(registry, "g"), [{ labels, value: 1 }]);
  });

  it("of which there is no room leave nothing where they would have been", () => {
    const registry = new MetricRegistry({ maxSeries: 1 });
    const gauge = registry.gauge({ name: "g", help: HELP, labels: ab });
    gauge.set({ a: 1, b: 1 }, 1);
    gauge.set({ a: 2, b: 1 }, 2);
    gauge.set({ a: 1, b: 2 }, 3);
    strictEqual(gauge.remove({ a: 2, b: 1 }), false);
    strictEqual(gauge.remove({ a: 1, b: 1 }), true);
    const rest = { labels: { otel_metric_overflow: "true" }, value: 3 };
    deepStrictEqual(valuesOf(registry, "g"), [rest]);
    gauge.set({ a: 2, b: 1 }, 7);
    deepStrictEqual(valuesOf(registry, "g"), [
      { labels: { a: "2", b: "1" }, value: 7 },
      rest,
    ]);
    gauge.clear();
    deepStrictEqual(valuesOf(registry, "g"), []);
  });

  it("leave nothing in memory when they are removed", () => {
    const { set, delete: remove } = Map.prototype;
    let entries = 0;
    const registry = new MetricRegistry();
    const gauge = registry.gauge({ name: "g", help: HELP, labels: ab });
    const values = [1, "1", true, "true", false, NaN, -0, "", "x", 1e21];
    withReplaced(Map.prototype, "set", function (this: AnyMap, key, value) {
      if (!this.has(key)) entries++;
      return set.call(this, key, value);
    }, () => {
      withReplaced(Map.prototype, "delete", function (this: AnyMap, key) {
        const isGone = remove.call(this, key);
        if (isGone) entries--;
        return isGone;
      }, () => {
        for (const a of values) for (const b of values) gauge.inc({ a, b });
        ok(entries > 70);
        for (const a of values) for (const b of values) gauge.remove({ a, b });
      });
    });
    strictEqual(entries, 0);
  });

  it("can be dropped by the thousand", () => {
    const registry = new MetricRegistry({ maxSeries: 5_000 });
    const gauge = registry
      .gauge({ name: "g", help: HELP, labels: { a: true } });
    for (let a = 0; a < 5_000; a++) gauge.set({ a }, a);
    for (let a = 0; a < 5_000; a++) ok(gauge.remove({ a }));
    deepStrictEqual(valuesOf(registry, "g"), []);
  });
});

// --- what is not valid

describe("MetricRegistry's dropped records", () => {
  function defineAll(registry: MetricRegistry) {
    const labels = { a: true, b: true } as const;
    return {
      counter: registry.counter({ name: "c", help: HELP, labels }),
      gauge: registry.gauge({ name: "g", help: HELP, labels }),
      histogram: registry.histogram({ name: "h", help: HELP, labels }),
    };
  }
  const good = { a: "good", b: "y" };

  it("are counted by metric and reason, once each", () => {
    const registry = new MetricRegistry();
    const { counter, gauge, histogram } = defineAll(registry);
    deepStrictEqual(droppedBy(registry), {});
    counter.inc(good, -1);
    counter.inc(good, NaN);
    gauge.set(good, "5" as never);
    histogram.observe(good, Infinity);
    for (const [, labels] of BAD_LABELS) {
      // Both are not valid, and yet it is one record.
      counter.inc(labels as never, NaN, { no: 5 } as never);
      gauge.dec(labels as never, "x" as never);
      histogram.observe(labels as never, NaN);
    }
    counter.inc(good, 1, { "0": "x" });
    deepStrictEqual(droppedBy(registry), {
      "c value": 2,
      "c label": BAD_LABELS.length,
      "c exemplar": 1,
      "g value": 1,
      "g label": BAD_LABELS.length,
      "h value": 1,
      "h label": BAD_LABELS.length,
    });
    strictEqual(registry.snapshot()[0]?.name, "metrics_invalid_records");
    strictEqual(registry.snapshot()[0]?.kind, "counter");
  });

  it("are not counted while all is well", () => {
    const registry = new MetricRegistry();
    const { counter, gauge, histogram } = defineAll(registry);
    counter.inc(good, 0, {});
    gauge.set(good, NaN);
    histogram.observe(good, -1);
    deepStrictEqual(registry.snapshot().map(({ name }) => name), [
      "c",
      "g",
      "h",
    ]);
    strictEqual(registry.sources().length, 3);
  });

  it("may be such of the metric that counts them", () => {
    const registry = new MetricRegistry();
    const invalid = registry.counter({
      name: "metrics_invalid_records",
      help: "Records that were dropped, since they were not valid",
      labels: { metric: true, reason: ["value", "label", "exemplar"] },
    });
    invalid.inc({ metric: "x", reason: "value" }, -1);
    invalid.inc({} as never);
    deepStrictEqual(droppedBy(registry), {
      "x value": 0,
      "metrics_invalid_records value": 1,
      "metrics_invalid_records label": 1,
    });
  });

  it("are no series: a child of labels that are not valid is told nowhere", () => {
    const registry = new MetricRegistry();
    const { counter } = defineAll(registry);
    const lost = counter.with({} as never);
    lost.inc(5);
    strictEqual(counter.with({} as never).value, 0);
    deepStrictEqual(valuesOf(registry, "c"), []);
    deepStrictEqual(droppedBy(registry), { "c label": 2 });
  });

  it("are told to onError, the first of each metric", () => {
    const errors: unknown[] = [];
    const registry = new MetricRegistry({ onError: (it) => errors.push(it) });
    const { counter, gauge, histogram } = defineAll(registry);
    for (let i = 0; i < 3; i++) {
      counter.inc(good, NaN);
      counter.inc({} as never);
      gauge.inc({} as never);
      histogram.observe(good, 1, { "": "x" });
    }
    ok(errors.every((error) => ValidationError.is(error)));
    deepStrictEqual(errors.map((error) => (error as Error).message), [
      "c has an invalid format: a record was dropped: its value is not valid",
      "g has an invalid format: a record was dropped: its label is not valid",
      "h has an invalid format: a record was dropped: its exemplar is not valid",
    ]);
  });

  it("are unhandled rejections of what onError throws, and nothing else", async () => {
    const error = new Error("no");
    const unhandled = await reportedIn(() => {
      const registry = new MetricRegistry({
        onError() {
          throw error;
        },
      });
      const { counter } = defineAll(registry);
      counter.inc(good, NaN);
      counter.inc(good, NaN);
      counter.inc(good);
      strictEqual(counter.with(good).value, 1);
      defineAll(new MetricRegistry()).counter.inc(good, NaN);
    });
    deepStrictEqual(unhandled, [error]);
  });

  it("are thrown when onInvalid is throw, and not counted", () => {
    const errors: unknown[] = [];
    const registry = new MetricRegistry({
      onInvalid: "throw",
      onError: (error) => errors.push(error),
    });
    const { counter, gauge, histogram } = defineAll(registry);
    const isRefused = (
      call: () => unknown,
      metric: string,
      reason: string,
    ): void =>
      throws(call, (error) => {
        ok(ValidationError.is(error));
        strictEqual(error.params["field" as never], metric);
        return error.message.includes(`its ${reason} is`);
      });
    isRefused(() => counter.inc(good, -1), "c", "value");
    isRefused(() => counter.with({} as never), "c", "label");
    isRefused(() => counter.inc(good, 1, null as never), "c", "exemplar");
    isRefused(() => gauge.set(good, null as never), "g", "value");
    isRefused(() => gauge.track({} as never, () => {}), "g", "label");
    isRefused(() => histogram.observe(good, NaN), "h", "value");
    isRefused(() => histogram.startTimer({} as never), "h", "label");
    strictEqual(counter.remove({} as never), false);
    gauge.set(good, 5);
    strictEqual(gauge.with(good).value, 5);
    deepStrictEqual(droppedBy(registry), {});
    deepStrictEqual(errors, []);
  });
});

// --- exemplars

describe("MetricRegistry's exemplars", () => {
  /** The exemplars of a metric: one, or one for each bucket. */
  function exemplarsOf(registry: MetricRegistry): readonly unknown[] {
    const told: unknown[] = [];
    for (const source of registry.sources()) {
      source.visit({
        value: (_labels, _value, exemplar) => told.push(exemplar),
        histogram: (_labels, { exemplars }) => told.push(exemplars),
      });
    }
    return told;
  }

  it("are the last of a counter, and of each bucket, with their time", () => {
    const clock = new ManualClock({ now: 1_000 });
    const registry = new MetricRegistry({ clock });
    const counter = registry.counter({ name: "c", help: HELP });
    const histogram = registry
      .histogram({ name: "h", help: HELP, buckets: [1, 2] });
    deepStrictEqual(exemplarsOf(registry), [undefined, undefined]);
    counter.inc(2, { trace_id: "a" });
    counter.inc(5);
    histogram.observe(1, { trace_id: "b" });
    clock.advance(500);
    histogram.observe(9, { trace_id: "c", span_id: "d" });
    histogram.observe(0, { trace_id: "e" });
    deepStrictEqual(exemplarsOf(registry), [
      { labels: { trace_id: "a" }, value: 2, at: 1_000 },
      [
        { labels: { trace_id: "e" }, value: 0, at: 1_500 },
        undefined,
        { labels: { trace_id: "c", span_id: "d" }, value: 9, at: 1_500 },
      ],
    ]);
    counter.with({}).inc(1, {});
    deepStrictEqual(
      exemplarsOf(registry)[0],
      { labels: {}, value: 1, at: 1_500 },
    );
  });

  it("may have 128 characters, names and values together", () => {
    const longest: readonly ExemplarLabels[] = [
      { a: "x".repeat(127) },
      { a: "\u{1f600}".repeat(127) },
      { ["a".repeat(128)]: "" },
      { a: "x".repeat(63), b: "\u{1f600}".repeat(63) },
    ];
    for (const labels of longest) {
      const registry = new MetricRegistry();
      const counter = registry.counter({ name: "c", help: HELP });
      counter.inc(1, labels);
      const { labels: kept } = exemplarsOf(registry)[0] as {
        labels: ExemplarLabels;
      };
      deepStrictEqual(kept, labels);
      const [[name, value]] = Object.entries(labels) as [[string, string]];
      counter.inc(1, { ...labels, [name]: `${value}x` });
      deepStrictEqual(droppedBy(registry), { "c exemplar": 1 });
      strictEqual(counter.with({}).value, 2);
    }
  });

  it("are dropped when they are not valid, and the record is not", () => {
    const values = [undefined, null, 5, true, {}, ["x"], 5n, Symbol("x")];
    const invalid: readonly unknown[] = [
      ...[null, "", "a", 5, true, 5n, Symbol("x"), () => {}, ["a"]],
      ...values.map((a) => ({ a })),
      ...["", "1", "a-b", "a:b", "é", "a\n"].map((name) => ({ [name]: "x" })),
    ];
    const registry = new MetricRegistry();
    const counter = registry.counter({ name: "c", help: HELP });
    const histogram = registry.histogram({ name: "h", help: HELP });
    counter.inc(1, { kept: "yes" });
    for (const exemplar of invalid) {
      counter.inc(1, exemplar as ExemplarLabels);
      histogram.observe(1, exemplar as ExemplarLabels);
      histogram.startTimer().stop(exemplar as ExemplarLabels);
    }
    strictEqual(counter.with({}).value, 1 + invalid.length);
    strictEqual(histogram.with({}).count, 2 * invalid.length);
    deepStrictEqual(droppedBy(registry), {
      "c exemplar": invalid.length,
      "h exemplar": 2 * invalid.length,
    });
    const [kept, of] = exemplarsOf(registry).slice(-2);
    deepStrictEqual((kept as { labels: unknown }).labels, { kept: "yes" });
    strictEqual(of, undefined);
  });

  it("are copies, of labels that were read once", () => {
    const registry = new MetricRegistry();
    const counter = registry.counter({ name: "c", help: HELP });
    const labels = { a: "x" };
    counter.inc(1, labels);
    labels.a = "y";
    let reads = 0;
    const other = registry.counter({ name: "d", help: HELP });
    other.inc(1, {
      get a(): string {
        return reads++ === 0 ? "first" : 5 as never;
      },
      ["__proto__"]: "own",
    });
    const [first, second] = exemplarsOf(registry) as { labels: unknown }[];
    deepStrictEqual(first?.labels, { a: "x" });
    deepStrictEqual(Object.entries(second?.labels as object), [
      ["a", "first"],
      ["__proto__", "own"],
    ]);
  });

  it("are none of what is dropped, and end with their series", () => {
    const registry = new MetricRegistry();
    const counter = registry
      .counter({ name: "c", help: HELP, labels: { a: true } });
    counter.inc({ a: 1 }, NaN, { trace_id: "x" });
    counter.inc({ a: 2 }, 1, { trace_id: "y" });
    counter.remove({ a: 2 });
    counter.inc({ a: 2 });
    deepStrictEqual(exemplarsOf(registry), [undefined, undefined, undefined]);
  });

  it("are those that a timer is stopped with", () => {
    const clock = new ManualClock({ now: 5_000 });
    const registry = new MetricRegistry({ clock });
    const histogram = registry
      .histogram({ name: "h", help: HELP, buckets: [1] });
    const timer = histogram.startTimer();
    clock.advance(2_000);
    timer.stop({ trace_id: "x" });
    timer.stop({ trace_id: "y" });
    deepStrictEqual(exemplarsOf(registry), [
      [undefined, { labels: { trace_id: "x" }, value: 2, at: 7_000 }],
    ]);
  });
});

// --- collectors

describe("MetricRegistry.addCollector() and collect()", () => {
  interface Collected {
    readonly clock: ManualClock;
    readonly registry: MetricRegistry;
    readonly errors: unknown[];
  }

  function makeCollected(): Collected {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    return { clock, errors, registry: new MetricRegistry({ clock, onError }) };
  }

  it("addCollector() throws when an option is not valid", () => {
    const { registry } = makeCollected();
    for (const collect of [undefined, null, "x", {}]) {
      throwsOption(() => registry.addCollector(collect as never), "collect");
    }
    for (const timeoutMs of [null, "5", NaN, -1, {}]) {
      const options = { timeoutMs } as CollectOptions;
      throwsOption(() => registry.addCollector(() => {}, options), "timeoutMs");
    }
  });

  it("collect() calls all collectors in their order, and waits for all", async () => {
    const { clock, registry } = makeCollected();
    const called: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    registry.addCollector(() => void called.push("sync"));
    registry.addCollector(() => {
      called.push("async");
      return promise;
    }, { timeoutMs: Infinity });
    registry.addCollector(() => called.push("last"));
    const collected = watch(registry.collect());
    deepStrictEqual(called, ["sync", "async", "last"]);
    await flush();
    strictEqual(collected.isSettled, false);
    resolve();
    await flush();
    strictEqual(collected.isSettled, true);
    strictEqual(clock.pending, 0);
    const again = watch(registry.collect());
    await flush();
    strictEqual(again.isSettled, true);
    strictEqual(called.length, 6);
  });

  it("collect() does not call anything when there is nothing to call", async () => {
    const { clock, registry } = makeCollected();
    await registry.collect();
    strictEqual(clock.pending, 0);
  });

  it("collect() goes on when a collector fails, and tells onError", async () => {
    const { clock, errors, registry } = makeCollected();
    const gauge = registry.gauge({ name: "g", help: HELP });
    const [first, second, third] = ["one", "two", "three"].map(Error);
    registry.addCollector(() => {
      throw first;
    });
    registry.addCollector(() => Promise.reject(second));
    registry.addCollector(() => ({
      then(_: unknown, reject: (error: unknown) => void): void {
        reject(third);
      },
    }));
    registry.addCollector(() => gauge.set(5));
    await registry.collect();
    deepStrictEqual(new Set(errors), new Set([first, second, third]));
    strictEqual(gauge.with({}).value, 5);
    strictEqual(clock.pending, 0);
    await registry.collect();
    strictEqual(errors.length, 6);
  });

  it("collect() makes what a collector throws an unhandled rejection without onError, or where that throws", async () => {
    const [error, other] = [new Error("no"), new Error("nor this")];
    const fail = (): never => {
      throw error;
    };
    const unhandled = await reportedIn(async () => {
      const registry = new MetricRegistry({ clock: new ManualClock() });
      registry.addCollector(fail);
      await registry.collect();
      const telling = new MetricRegistry({
        clock: new ManualClock(),
        onError() {
          throw other;
        },
      });
      telling.addCollector(fail);
      await telling.collect();
    });
    deepStrictEqual(unhandled, [error, other]);
  });

  it("collect() waits for a collector as long as it may take", async () => {
    const { clock, errors, registry } = makeCollected();
    let calls = 0;
    const hang = (): Promise<void> => {
      calls++;
      return new Promise(() => {});
    };
    registry.addCollector(hang, { timeoutMs: 300 });
    registry.addCollector(hang);
    const collected = watch(registry.collect());
    clock.advance(299);
    await flush();
    strictEqual(errors.length, 0);
    clock.advance(1);
    await flush();
    strictEqual(collected.isSettled, false);
    strictEqual(errors.length, 1);
    clock.advance(699);
    await flush();
    strictEqual(collected.isSettled, false);
    clock.advance(1);
    await flush();
    strictEqual(collected.isSettled, true);
    const timeouts = errors.map((error) => {
      ok(error instanceof TaskError, String(error));
      return [error.code, error.params];
    });
    deepStrictEqual(timeouts, [
      ["TASK_TIMEOUT", { timeoutMs: 300 }],
      ["TASK_TIMEOUT", { timeoutMs: 1_000 }],
    ]);
    strictEqual(clock.pending, 0);
    strictEqual(calls, 2);
  });

  it("collect() does not call a collector that still runs, but waits for it", async () => {
    const { clock, errors, registry } = makeCollected();
    const runs: PromiseWithResolvers<void>[] = [];
    registry.addCollector(() => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    }, { timeoutMs: 10 });
    const first = watch(registry.collect());
    const second = watch(registry.collect());
    clock.advance(10);
    await flush();
    deepStrictEqual([first.isSettled, second.isSettled], [true, true]);
    const third = watch(registry.collect());
    clock.advance(5);
    const fourth = watch(registry.collect());
    strictEqual(runs.length, 1);
    clock.advance(5);
    await flush();
    deepStrictEqual([third.isSettled, fourth.isSettled], [true, false]);
    runs[0]?.resolve();
    await flush();
    strictEqual(fourth.isSettled, true);
    strictEqual(clock.pending, 0);
    strictEqual(errors.length, 3);
    // Now it is called again; what it throws too late is told as well.
    const fifth = watch(registry.collect());
    strictEqual(runs.length, 2);
    clock.advance(10);
    await flush();
    strictEqual(fifth.isSettled, true);
    runs[1]?.reject("too late");
    await flush();
    deepStrictEqual(errors.slice(4), ["too late"]);
    watch(registry.collect());
    strictEqual(runs.length, 3);
  });

  it("collect() keeps nothing of the calls that wait for a collector in vain", async () => {
    const { clock, registry } = makeCollected();
    const { promise: hanging, resolve } = Promise.withResolvers<void>();
    const setTimer = clock.setTimer.bind(clock);
    let cancels = 0;
    clock.setTimer = (callback, delayMs): TimerHandle => {
      const timer = setTimer(callback, delayMs);
      const cancel = (): void => {
        cancels++;
        timer.cancel();
      };
      return { cancel, [Symbol.dispose]: cancel };
    };
    registry.addCollector(() => hanging, { timeoutMs: 1 });
    // A promise that never settles keeps each reaction that it is given.
    const reactions = new Map<unknown, number>();
    const { then } = Promise.prototype;
    const counting = function (this: Promise<unknown>, ...args): unknown {
      reactions.set(this, (reactions.get(this) ?? 0) + 1);
      return then.apply(this, args);
    } as typeof then;
    for (let i = 0; i < 5; i++) {
      withReplaced(Promise.prototype, "then", counting, () => {
        void registry.collect();
      });
      clock.advance(1);
      await flush();
    }
    ok(Math.max(...reactions.values()) <= 1);
    resolve();
    await flush();
    strictEqual(cancels, 5);
  });

  it("collect() ends when a collector calls it", async () => {
    const { clock, errors, registry } = makeCollected();
    let calls = 0;
    registry.addCollector(() => {
      calls++;
      return registry.collect();
    }, { timeoutMs: 5 });
    const collected = watch(registry.collect());
    await flush();
    strictEqual(collected.isSettled, false);
    clock.advance(5);
    await flush();
    strictEqual(collected.isSettled, true);
    deepStrictEqual([calls, clock.pending, errors.length], [1, 0, 2]);
  });

  it("addCollector() gives what takes the collector away, and it alone", async () => {
    const { clock, registry } = makeCollected();
    const called: string[] = [];
    const same = (): void => void called.push("same");
    const first = registry.addCollector(same);
    registry.addCollector(same);
    const hanging = registry.addCollector(() => new Promise(() => {}));
    await flush();
    const collected = watch(registry.collect());
    first.close();
    first[Symbol.dispose]();
    hanging[Symbol.dispose]();
    await flush();
    // Nobody waits for it any more.
    deepStrictEqual([collected.isSettled, clock.pending], [true, 0]);
    await registry.collect();
    deepStrictEqual(called, ["same", "same", "same"]);
  });

  it("close() forgets all collectors, and nothing is pending", async () => {
    for (const end of ["close", Symbol.dispose] as const) {
      const { clock, errors, registry } = makeCollected();
      let calls = 0;
      registry.addCollector(() => {
        calls++;
        return new Promise(() => {});
      });
      registry.addCollector(() => void calls++);
      const collected = watch(registry.collect());
      const gauge = registry.gauge({ name: "g", help: HELP });
      registry[end]();
      registry[end]();
      await flush();
      deepStrictEqual([collected.isSettled, clock.pending], [true, 0]);
      await registry.collect();
      deepStrictEqual([calls, errors], [2, []]);
      gauge.set(5);
      deepStrictEqual(valuesOf(registry, "g"), [{ labels: {}, value: 5 }]);
    }
  });

  it("collect() takes the system's clock when it is given none, and leaves no timer", async () => {
    const errors: unknown[] = [];
    const registry = new MetricRegistry({ onError: (it) => errors.push(it) });
    registry.addCollector(() => {}, { timeoutMs: 60_000 });
    registry.addCollector(() => new Promise(() => {}), { timeoutMs: 1 });
    await registry.collect();
    strictEqual(errors.length, 1);
  });
});

// --- looking at it

describe("MetricRegistry.snapshot() and sources()", () => {
  it("give all metrics, the oldest first", () => {
    const registry = new MetricRegistry();
    define(registry, "histogram", { name: "z", buckets: [1], unit: undefined });
    define(registry, "counter", { name: "b_total", help: "B" });
    define(registry, "gauge", { name: "a_s", unit: "s" });
    define(registry, "histogram", { name: "z", buckets: [1] });
    const buckets = [{ le: 1, count: 0 }, { le: Infinity, count: 0 }];
    const zero = { labels: {}, value: 0 };
    const sized = { labels: {}, count: 0, sum: 0, buckets };
    const unit = undefined;
    deepStrictEqual(registry.snapshot(), [
      { name: "z", help: HELP, unit, kind: "histogram", series: [sized] },
      { name: "b", help: "B", unit, kind: "counter", series: [zero] },
      { name: "a_s", help: HELP, unit: "s", kind: "gauge", series: [zero] },
    ]);
    deepStrictEqual(
      registry.sources().map(({ name, kind, bounds }) => [name, kind, bounds]),
      [["z", "histogram", [1]], ["b", "counter", []], ["a_s", "gauge", []]],
    );
  });

  it("snapshot() gives copies", () => {
    const registry = new MetricRegistry();
    const gauge = registry.gauge({ name: "g", help: HELP });
    const histogram = registry
      .histogram({ name: "h", help: HELP, buckets: [1] });
    const before = registry.snapshot();
    const copy = structuredClone(before);
    gauge.set(5);
    histogram.observe(0);
    deepStrictEqual(before, copy);
    notStrictEqual(registry.snapshot(), before);
  });
});

describe("Gauge.track() and Histogram.time()", () => {
  it("end with the series they began with, also when that is removed", async () => {
    const clock = new ManualClock();
    const registry = new MetricRegistry({ clock });
    const labels = { a: true } as const;
    const gauge = registry.gauge({ name: "g", help: HELP, labels });
    const histogram = registry.histogram({ name: "h", help: HELP, labels });
    const { promise, resolve } = Promise.withResolvers<void>();
    const at = { a: 1 };
    const tracked = gauge.track(at, () => promise);
    const timed = histogram.time(at, () => promise);
    at.a = 2;
    const timer = histogram.startTimer({ a: 1 });
    gauge.remove({ a: 1 });
    histogram.clear();
    resolve();
    await Promise.all([tracked, timed]);
    timer.stop();
    deepStrictEqual(valuesOf(registry, "g"), []);
    deepStrictEqual(histogramsOf(registry, "h"), []);
  });

  it("reject with what the recording throws when onInvalid is throw", async () => {
    const clock = new ManualClock();
    Object.defineProperty(clock, "monotonic", { value: (): number => NaN });
    const registry = new MetricRegistry({ clock, onInvalid: "throw" });
    const histogram = registry.histogram({ name: "h", help: HELP });
    const timed = histogram.time(() => Promise.resolve());
    await rejects(timed, (error) => ValidationError.is(error));
  });
});
