import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MetricRegistry } from "../src/metric_registry.ts";
import type { ExemplarLabels, LabelValue } from "../src/metrics.ts";
import {
  expose,
  exposeStream,
  type ExpositionFormat,
  negotiateFormat,
  prometheusHandler,
} from "../src/prometheus.ts";
import { ManualClock } from "../src/testing.ts";
import {
  HOSTILE_TEXTS,
  hostileText,
  labelValue,
} from "./conformance/metric_collector_conformance.ts";
import { character, RUNS, watch } from "./foundation_support.ts";
import {
  type Page,
  type ParsedExemplar,
  type ParsedFamily,
  type ParsedSample,
  parseExposition,
  readWithPython,
  sortedLabels,
} from "./prometheus_support.ts";
import { needs } from "./runtime_support.ts";

const HELP = "What the test counts";
const OPENMETRICS = "application/openmetrics-text; version=1.0.0";
const FORMATS = ["text", "openmetrics"] as const;
const ACCEPTS: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain",
  openmetrics: OPENMETRICS,
};

function pageOf(registry: MetricRegistry, format: ExpositionFormat): string {
  return expose(registry, ACCEPTS[format]).body;
}

function linesOf(registry: MetricRegistry, format: ExpositionFormat): string[] {
  return pageOf(registry, format).split("\n").slice(0, -1);
}

// --- what is recorded, and what has to be read then

interface Recorded {
  readonly values: readonly LabelValue[];
  readonly amount: number;
  readonly exemplar: ExemplarLabels | undefined;
}

interface MetricScenario {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly stem: string;
  readonly unit: string | undefined;
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly records: readonly Recorded[];
}

interface Scenario {
  readonly constant: Readonly<Record<string, string>>;
  readonly metrics: readonly MetricScenario[];
}

const LABEL_NAMES = ["a", "_", "constructor", "toString", "Z9"] as const;

const amounts: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer({ min: -5, max: 500 }),
  fc.constantFrom(0, -0, 1e21, 1e-7, 5e-324, 2 ** 53, 0.1, 1e300),
);

const exemplars: fc.Arbitrary<ExemplarLabels | undefined> = fc.option(
  fc.oneof(
    fc.record({ trace_id: hostileText }),
    fc.record({ trace_id: hostileText, __a: hostileText }),
    fc.constant({}),
  ),
  { nil: undefined },
);

const metricScenarios: fc.Arbitrary<MetricScenario> = fc
  .subarray([...LABEL_NAMES])
  .chain((labels) =>
    fc.record({
      kind: fc.constantFrom("counter", "gauge", "histogram"),
      // With something at its ends, since readers differ about white space there.
      help: hostileText.map((text) => `x${text}x`),
      stem: fc.constantFrom("m", ":m", "__proto__", "constructor", "M_count"),
      unit: fc.constantFrom(undefined, "seconds", "s:2"),
      labels: fc.constant(labels),
      buckets: fc.uniqueArray(
        fc.oneof(
          fc.integer({ min: -2, max: 20 }),
          fc.constantFrom(0.005, 1e-5, 123_456, 1e6, 1.5e21),
        ),
        { minLength: 1, maxLength: 5 },
      ).map((all) => all.toSorted((a, b) => a - b)),
      records: fc.array(
        fc.record({
          values: fc.tuple(...labels.map(() => labelValue)),
          amount: amounts,
          exemplar: exemplars,
        }),
        { maxLength: 6 },
      ),
    })
  );

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  constant: fc.oneof(
    fc.constant({}),
    fc.record({ region: hostileText, zone: hostileText }),
  ),
  metrics: fc.array(metricScenarios, { maxLength: 4 }),
});

const START = 1_700_000_000_123;

function baseName({ stem, unit }: MetricScenario, i: number): string {
  return `${stem}_${i}${unit === undefined ? "" : `_${unit}`}`;
}

/** Does what a scenario says. */
function play({ constant, metrics }: Scenario): MetricRegistry {
  const clock = new ManualClock({ now: START });
  const registry = new MetricRegistry({ clock, labels: constant });
  for (const [i, metric] of metrics.entries()) {
    const { kind, help, unit, labels: names, buckets, records } = metric;
    const base = baseName(metric, i);
    // A counter may have its suffix or not.
    const name = kind === "counter" && i % 2 === 0 ? `${base}_total` : base;
    const labels = Object.fromEntries(names.map((it) => [it, true] as const));
    const options = { name, help, labels, ...(unit && { unit }) };
    const histogram = kind === "histogram"
      ? registry.histogram({ ...options, buckets })
      : undefined;
    const counter = kind === "counter" ? registry.counter(options) : undefined;
    const gauge = kind === "gauge" ? registry.gauge(options) : undefined;
    for (const { values, amount, exemplar } of records) {
      clock.advance(1);
      const at = Object.fromEntries(names.map((it, k) => [it, values[k]!]));
      counter?.with(at).inc(amount, exemplar);
      gauge?.with(at).set(amount);
      histogram?.with(at).observe(amount, exemplar);
    }
  }
  return registry;
}

interface Series {
  labels: (readonly [string, string])[];
  value: number;
  sum: number;
  taken: number[];
  exemplar: ParsedExemplar | undefined;
  exemplars: (ParsedExemplar | undefined)[];
}

/** What a reader has to find of a metric; knows nothing of how it is kept. */
function expectedFamily(
  scenario: Scenario,
  metric: MetricScenario,
  i: number,
  start: number,
  format: ExpositionFormat,
): ParsedFamily {
  const { kind, help, unit, labels: names, buckets, records } = metric;
  const bounds = [...buckets, Infinity];
  const all = new Map<string, Series>();
  const seriesAt = (values: readonly LabelValue[]): Series => {
    const texts = values.map(String);
    const key = JSON.stringify(texts);
    const found = all.get(key) ?? {
      labels: [
        ...Object.entries(scenario.constant),
        ...names.map((name, k) => [name, texts[k]!] as const),
      ],
      value: 0,
      sum: 0,
      taken: [],
      exemplar: undefined,
      exemplars: bounds.map(() => undefined),
    };
    all.set(key, found);
    return found;
  };
  if (names.length === 0) seriesAt([]);
  records.forEach(({ values, amount, exemplar }, k) => {
    const series = seriesAt(values);
    const behind = exemplar && format === "openmetrics"
      ? {
        labels: sortedLabels(Object.entries(exemplar)),
        value: amount + 0,
        at: (start + k + 1) / 1000,
      }
      : undefined;
    if (kind === "gauge") series.value = amount + 0;
    if (kind === "counter" && amount >= 0) {
      if (series.value + amount === Infinity) return;
      series.value += amount;
      series.exemplar = behind ?? series.exemplar;
    }
    if (kind === "histogram" && Number.isFinite(series.sum + amount)) {
      series.sum += amount;
      series.taken.push(amount);
      const bucket = bounds.findIndex((bound) => amount <= bound);
      series.exemplars[bucket] = behind ?? series.exemplars[bucket];
    }
  });
  const isOpen = format === "openmetrics";
  const base = baseName(metric, i);
  const samples = [...all.values()].flatMap((series): ParsedSample[] => {
    const labels = sortedLabels(series.labels);
    const { value, exemplar, sum, taken } = series;
    if (kind === "counter") {
      return [{ name: `${base}_total`, labels, value, exemplar }];
    }
    if (kind === "gauge") return [{ name: base, labels, value, exemplar }];
    const isCounted = !isOpen || (buckets.every((it) => it >= 0) && sum >= 0);
    const none = { labels, exemplar: undefined };
    return [
      ...bounds.map((bound, k) => ({
        name: `${base}_bucket`,
        labels: sortedLabels([...series.labels, ["le", String(bound)]]),
        value: taken.filter((it) => it <= bound).length,
        exemplar: series.exemplars[k],
      })),
      ...(isCounted
        ? [
          { name: `${base}_sum`, ...none, value: sum },
          { name: `${base}_count`, ...none, value: taken.length },
        ]
        : []),
    ];
  });
  const name = kind === "counter" && !isOpen ? `${base}_total` : base;
  return { name, type: kind, help, unit: isOpen && unit || "", samples };
}

function expected(
  scenario: Scenario,
  format: ExpositionFormat,
): readonly ParsedFamily[] {
  let start = START;
  return scenario.metrics.map((metric, i) => {
    const family = expectedFamily(scenario, metric, i, start, format);
    start += metric.records.length;
    return family;
  });
}

/**
 * The series in the order of their labels, the samples of each as they were; how
 * the bound of a bucket looks is not the question here.
 */
function comparable(families: readonly ParsedFamily[]): unknown {
  return families.map(({ samples, ...head }) => ({
    ...head,
    samples: samples.map(({ labels, ...sample }) => {
      const le = new Map(labels).get("le")?.replace(/^\+Inf$/, "Infinity");
      const own = labels.filter(([name]) => name !== "le");
      return { ...sample, le: Number(le), key: JSON.stringify(own) };
    }).toSorted((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  }));
}

/** Without the metric that counts what was dropped. */
function familiesOf(
  families: readonly ParsedFamily[],
): readonly ParsedFamily[] {
  return families.filter(({ name }) => !name.startsWith("metrics_invalid"));
}

describe("expose()", () => {
  it("M5 what is read from a page by the grammar is what was recorded (property)", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const registry = play(scenario);
        for (const format of FORMATS) {
          const read = parseExposition(pageOf(registry, format), format);
          deepStrictEqual(
            comparable(familiesOf(read)),
            comparable(expected(scenario, format)),
          );
        }
      }),
      { numRuns: RUNS },
    );
  });

  // --- the same by Python's official reader

  // Each makes two pages.
  const sampled = fc.sample(scenarios, { numRuns: RUNS / 2, seed: 7 })
    .map(readableForPython);
  const longText = `"\\\n${"é".repeat(50_000)}`;
  const all: readonly Scenario[] = [...sampled, {
    constant: {},
    metrics: [{
      kind: "gauge",
      help: `x${longText}x`,
      stem: "long",
      unit: undefined,
      labels: ["a"],
      buckets: [1],
      records: [longText, ...HOSTILE_TEXTS].map((text, amount) => ({
        values: [text],
        amount,
        exemplar: undefined,
      })),
    }],
  }];
  const pages = all.flatMap((scenario) => {
    const registry = play(scenario);
    return FORMATS.map((format): Page => ({
      format,
      body: pageOf(registry, format),
    }));
  });
  const fromPython = readWithPython(pages);

  it(
    "M5 what Python's official reader finds in a page is what was recorded",
    {
      skip: needs("other programs").skip ||
        (fromPython === undefined
          ? "prometheus_client for Python is not installed"
          : false),
    },
    () => {
      strictEqual(fromPython?.length, pages.length);
      fromPython?.forEach((read, i) => {
        const { format, body } = pages[i]!;
        if (typeof read === "string") throw new Error(`${read}\n${body}`);
        const wanted = expected(all[Math.floor(i / 2)]!, format);
        deepStrictEqual(
          comparable(familiesOf(read)),
          // It has counters by the name that OpenMetrics has for them.
          comparable(
            wanted.map((family) =>
              family.type === "counter"
                ? { ...family, name: family.name.replace(/_total$/, "") }
                : family
            ),
          ),
        );
      });
    },
  );

  it("M9 the media type is that of the page, whatever the client accepts (property)", () => {
    const registry = play(all.at(-1)!);
    const pieces = fc.constantFrom(
      ...["application/openmetrics-text", "text/plain", "text/*", "*/*"],
      ...[";", ",", " ", "=", '"', "q=0", "q=0.5", ";q=1", "q=x", "version="],
      ...["1.0.0", "0.0.1", "0.0.4", "2.0.0", ";version=1.0.0", "\u0000"],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 12 }).map((it) => it.join("")),
          fc.string({ unit: character }),
          fc.constant(null),
        ),
        (accept) => {
          const { contentType, body } = expose(registry, accept);
          const format = negotiateFormat(accept);
          const types: Readonly<Record<ExpositionFormat, string>> = {
            text: "text/plain; version=0.0.4; charset=utf-8",
            openmetrics:
              "application/openmetrics-text; version=1.0.0; charset=utf-8",
          };
          strictEqual(contentType, types[format]);
          strictEqual(body.endsWith("\n# EOF\n"), format === "openmetrics");
          strictEqual(exposeStream(registry, accept).contentType, contentType);
        },
      ),
      { numRuns: RUNS },
    );
    for (const format of FORMATS) {
      ok(parseExposition(pageOf(registry, format), format).length > 0);
    }
  });

  it("writes each kind as its format has it", () => {
    const clock = new ManualClock({ now: 1_700_000_000_500 });
    const registry = new MetricRegistry({ clock, labels: { zone: 1 } });
    const counter = registry.counter({
      name: "sent_bytes_total",
      help: 'What "was" sent\\',
      unit: "bytes",
      labels: { to: true },
    });
    counter.inc({ to: "b" }, 2.5, { trace_id: "4bf9" });
    counter.inc({ to: 'a"\\\n' });
    registry.histogram({ name: "size", help: "Two\nlines", buckets: [1, 2.5] })
      .observe(2, { trace_id: "x", span_id: "y" });
    registry.gauge({ name: "up", help: "Up" }).set(-Infinity);
    registry.gauge({ name: "none", help: "None", labels: { a: true } });
    strictEqual(
      pageOf(registry, "text"),
      `# HELP sent_bytes_total What "was" sent\\\\
# TYPE sent_bytes_total counter
sent_bytes_total{zone="1",to="b"} 2.5
sent_bytes_total{zone="1",to="a\\"\\\\\\n"} 1
# HELP size Two\\nlines
# TYPE size histogram
size_bucket{zone="1",le="1.0"} 0
size_bucket{zone="1",le="2.5"} 1
size_bucket{zone="1",le="+Inf"} 1
size_sum{zone="1"} 2
size_count{zone="1"} 1
# HELP up Up
# TYPE up gauge
up{zone="1"} -Inf
# HELP none None
# TYPE none gauge
`,
    );
    strictEqual(
      pageOf(registry, "openmetrics"),
      `# TYPE sent_bytes counter
# UNIT sent_bytes bytes
# HELP sent_bytes What \\"was\\" sent\\\\
sent_bytes_total{zone="1",to="b"} 2.5 # {trace_id="4bf9"} 2.5 1700000000.5
sent_bytes_total{zone="1",to="a\\"\\\\\\n"} 1
# TYPE size histogram
# HELP size Two\\nlines
size_bucket{zone="1",le="1.0"} 0
size_bucket{zone="1",le="2.5"} 1 # {trace_id="x",span_id="y"} 2 1700000000.5
size_bucket{zone="1",le="+Inf"} 1
size_sum{zone="1"} 2
size_count{zone="1"} 1
# TYPE up gauge
# HELP up Up
up{zone="1"} -Inf
# TYPE none gauge
# HELP none None
# EOF
`,
    );
  });

  it("writes nothing of an empty registry but the end that OpenMetrics has", () => {
    const registry = new MetricRegistry();
    strictEqual(pageOf(registry, "text"), "");
    strictEqual(pageOf(registry, "openmetrics"), "# EOF\n");
    strictEqual(expose(registry).contentType.startsWith("text/plain"), true);
  });

  it("writes braces only where there are labels", () => {
    const registry = new MetricRegistry();
    registry.gauge({ name: "g", help: HELP }).set(1);
    registry.histogram({ name: "h", help: HELP, buckets: [1] }).observe(1);
    deepStrictEqual(
      linesOf(registry, "text").filter((line) => !line.startsWith("#")),
      [
        "g 1",
        'h_bucket{le="1.0"} 1',
        'h_bucket{le="+Inf"} 1',
        "h_sum 1",
        "h_count 1",
      ],
    );
  });

  it("writes the bounds of buckets in their canonical form", () => {
    const forms: readonly (readonly [bound: number, le: string])[] = [
      [-1.5e21, "-1.5e+21"],
      [-1e6, "-1e+06"],
      [-2, "-2.0"],
      [-0.5, "-0.5"],
      [-1e-5, "-1e-05"],
      [0, "0.0"],
      [5e-324, "5e-324"],
      [1e-10, "1e-10"],
      [1e-9, "1e-09"],
      [1e-5, "1e-05"],
      [1.5e-5, "1.5e-05"],
      [0.0001, "0.0001"],
      [0.00012345, "0.00012345"],
      [0.001, "0.001"],
      [0.1, "0.1"],
      [0.999, "0.999"],
      [1, "1.0"],
      [1.7, "1.7"],
      [10, "10.0"],
      [123_456, "123456.0"],
      [123_456.789, "123456.789"],
      [999_999.5, "999999.5"],
      [1e6, "1e+06"],
      [1_234_567, "1.234567e+06"],
      [1e10, "1e+10"],
      [2 ** 53, "9.007199254740992e+15"],
      [1.5e21, "1.5e+21"],
      [1e100, "1e+100"],
      [Number.MAX_VALUE, "1.7976931348623157e+308"],
    ];
    const registry = new MetricRegistry();
    registry.histogram({
      name: "h",
      help: HELP,
      buckets: forms.map(([bound]) => bound),
    });
    for (const format of FORMATS) {
      const bounds = [...pageOf(registry, format).matchAll(/le="([^"]*)"/g)];
      deepStrictEqual(
        bounds.map(([, le]) => le),
        [...forms.map(([, le]) => le), "+Inf"],
      );
    }
    const zero = new MetricRegistry();
    zero.histogram({ name: "h", help: HELP, buckets: [-0] });
    ok(pageOf(zero, "openmetrics").includes('le="0.0"'));
  });

  it("writes numbers so that nothing of them is lost", () => {
    const forms: readonly (readonly [value: number, text: string])[] = [
      [0, "0"],
      [-0, "0"],
      [-1.5, "-1.5"],
      [0.1 + 0.2, "0.30000000000000004"],
      [1e21, "1e+21"],
      [1e-7, "1e-7"],
      [5e-324, "5e-324"],
      [Number.MAX_VALUE, "1.7976931348623157e+308"],
      [2 ** 53, "9007199254740992"],
      [NaN, "NaN"],
      [Infinity, "+Inf"],
      [-Infinity, "-Inf"],
    ];
    for (const [value, text] of forms) {
      const registry = new MetricRegistry();
      registry.gauge({ name: "g", help: HELP }).set(value);
      for (const format of FORMATS) {
        ok(linesOf(registry, format).includes(`g ${text}`), text);
      }
    }
  });

  it("has no sum and no count in OpenMetrics of a histogram with what is below 0", () => {
    const registry = new MetricRegistry();
    const labels = { a: true } as const;
    const below = registry
      .histogram({ name: "below", help: HELP, buckets: [-1, 1] });
    const above = registry
      .histogram({ name: "above", help: HELP, buckets: [1], labels });
    below.observe(5);
    above.observe({ a: 1 }, -5);
    above.observe({ a: 2 }, -5);
    above.observe({ a: 2 }, 5);
    const [, open] = FORMATS.map((format) =>
      linesOf(registry, format).filter((line) => /^\w+_(sum|count)/.test(line))
    );
    deepStrictEqual(open, ['above_sum{a="2"} 0', 'above_count{a="2"} 2']);
    parseExposition(pageOf(registry, "openmetrics"), "openmetrics");
    const text = linesOf(registry, "text");
    for (
      const line of ["below_sum 5", 'above_sum{a="1"} -5', "below_count 1"]
    ) {
      ok(text.includes(line), line);
    }
  });

  it("has exemplars and units in OpenMetrics only", () => {
    const registry = new MetricRegistry();
    registry.counter({ name: "c_s", help: HELP, unit: "s" }).inc(1, { a: "x" });
    registry.histogram({ name: "h", help: HELP }).observe(1, { a: "x" });
    strictEqual(pageOf(registry, "text").includes(" # {"), false);
    strictEqual(pageOf(registry, "text").includes("UNIT"), false);
    const open = linesOf(registry, "openmetrics");
    strictEqual(
      open.filter((line) => line.includes(' # {a="x"} 1 ')).length,
      2,
    );
    ok(open.includes("# UNIT c_s s"));
  });

  it("writes UTF-8 in which all series differ, whatever the labels were", async () => {
    const registry = new MetricRegistry();
    const counter = registry
      .counter({ name: "c", help: "\ud800", labels: { a: true } });
    for (const a of ["\ud800", "\udfff\ud800", "\ufffd\ufffd", "x\udbff"]) {
      counter.inc({ a });
    }
    for (const accept of Object.values(ACCEPTS)) {
      const { body, contentType } = expose(registry, accept);
      const bytes = await new Response(body).bytes();
      const page = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      const format = contentType.startsWith("text") ? "text" : "openmetrics";
      const [family] = parseExposition(page, format);
      deepStrictEqual(
        family?.samples.map(({ labels, value }) => [labels[0]?.[1], value]),
        [["\ufffd", 1], ["\ufffd\ufffd", 2], ["x\ufffd", 1]],
      );
    }
  });

  it("writes the values as they are while collectors still run", async () => {
    const clock = new ManualClock();
    const registry = new MetricRegistry({ clock });
    const gauge = registry.gauge({ name: "g", help: HELP });
    const { promise, resolve } = Promise.withResolvers<void>();
    registry.addCollector(async () => {
      gauge.set(1);
      await promise;
      gauge.set(2);
    });
    strictEqual(linesOf(registry, "text").at(-1), "g 0");
    const collected = registry.collect();
    strictEqual(linesOf(registry, "text").at(-1), "g 1");
    resolve();
    await collected;
    strictEqual(linesOf(registry, "text").at(-1), "g 2");
  });

  it("writes what was dropped, in front, when something was", () => {
    const registry = new MetricRegistry();
    registry.counter({ name: "c", help: HELP }).inc(-1);
    deepStrictEqual(linesOf(registry, "text").slice(1, 3), [
      "# TYPE metrics_invalid_records_total counter",
      'metrics_invalid_records_total{metric="c",reason="value"} 1',
    ]);
  });

  it("writes removed series no more, and those beyond the bound as one", () => {
    const registry = new MetricRegistry({ maxSeries: 2, labels: { z: 1 } });
    const gauge = registry.gauge({
      name: "g",
      help: HELP,
      labels: { a: true },
    });
    for (const a of [1, 2, 3, 4]) gauge.inc({ a });
    gauge.remove({ a: 1 });
    deepStrictEqual(linesOf(registry, "text").slice(2), [
      'g{z="1",a="2"} 1',
      'g{z="1",otel_metric_overflow="true"} 2',
    ]);
    gauge.clear();
    deepStrictEqual(linesOf(registry, "text").slice(2), []);
  });
});

/** Its reader takes the first brace in an exemplar for the end of the labels. */
function readableForPython({ constant, metrics }: Scenario): Scenario {
  const plain = (labels: ExemplarLabels): ExemplarLabels =>
    Object.fromEntries(
      Object.entries(labels).map((
        [name, it],
      ) => [name, it.replaceAll("}", ")")]),
    );
  return {
    constant,
    metrics: metrics.map(({ records, ...metric }) => ({
      ...metric,
      records: records.map((record) => ({
        ...record,
        exemplar: record.exemplar && plain(record.exemplar),
      })),
    })),
  };
}

describe("negotiateFormat()", () => {
  const BROWSER =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const TABLE: readonly (readonly [
    name: string,
    accept: string | null,
    format: ExpositionFormat,
  ])[] = [
    ["nobody says", null, "text"],
    ["an empty header", "", "text"],
    ["anything", "*/*", "text"],
    ["a browser", BROWSER, "text"],
    [
      "Prometheus 2.5 to 2.34",
      "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    [
      "Prometheus 2.35 to 2.48",
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    [
      "Prometheus 2.49 and later, which prefers protobuf",
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "openmetrics",
    ],
    [
      "Prometheus 3",
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "openmetrics",
    ],
    [
      "Prometheus 3, told to take text only",
      "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4",
      "text",
    ],
    ["vmagent", "text/plain;version=0.0.4;q=1,*/*;q=0.1", "text"],
    [
      "OpenMetrics without a version",
      "application/openmetrics-text",
      "openmetrics",
    ],
    [
      "no version before 1 but 0.0",
      "application/openmetrics-text;version=0.1.0",
      "text",
    ],
    ["a version to come", "application/openmetrics-text;version=2.0.0", "text"],
    [
      "a version that looks alike",
      "application/openmetrics-text;version=1.0x",
      "text",
    ],
    [
      "a version in short",
      "application/openmetrics-text;version=1.0",
      "openmetrics",
    ],
    [
      "a quoted version",
      'application/openmetrics-text;version="1.0.0"',
      "openmetrics",
    ],
    [
      "capitals and blanks",
      " Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.5 ",
      "openmetrics",
    ],
    ["a weight of 0", "application/openmetrics-text;q=0", "text"],
    [
      "a weight of 0.000",
      "application/openmetrics-text;q=0.000, */*;q=0",
      "text",
    ],
    ["nothing at all", "*/*;q=0", "text"],
    [
      "the same weights",
      "text/plain, application/openmetrics-text",
      "openmetrics",
    ],
    [
      "text preferred",
      "text/plain;q=0.6,application/openmetrics-text;q=0.5",
      "text",
    ],
    [
      "any text preferred",
      "text/*, application/openmetrics-text;q=0.9",
      "text",
    ],
    [
      "anything preferred",
      "*/*;q=1,application/openmetrics-text;q=0.9",
      "text",
    ],
    [
      "text refused",
      "text/plain;q=0, */*, application/openmetrics-text;q=0.1",
      "openmetrics",
    ],
    [
      "the more specific range for text",
      "*/*;q=1, text/*;q=0.8, text/plain;q=0.2, application/openmetrics-text;q=0.5",
      "openmetrics",
    ],
    [
      "a range for text that is more specific than all",
      "*/*;q=1, text/*;q=0.2, application/openmetrics-text;q=0.5",
      "openmetrics",
    ],
    [
      "another text version preferred",
      "text/plain;version=1.0.0, application/openmetrics-text;q=0.5",
      "openmetrics",
    ],
    [
      "the better of two weights",
      "application/openmetrics-text;q=0.1, application/openmetrics-text;q=0.9, text/plain;q=0.5",
      "openmetrics",
    ],
    [
      "the better of two weights, which comes first",
      "application/openmetrics-text;q=0.9, application/openmetrics-text;q=0.1, text/plain;q=0.5",
      "openmetrics",
    ],
    ["any application", "application/*", "text"],
    ["a longer name", "application/openmetrics-text-2", "text"],
    ["a weight that is none", "application/openmetrics-text;q=x", "text"],
    ["an empty weight", "application/openmetrics-text;q=", "text"],
    ["a weight above 1", "application/openmetrics-text;q=1.1", "text"],
    ["a weight below 0", "application/openmetrics-text;q=-1", "text"],
    ["an infinite weight", "application/openmetrics-text;q=Infinity", "text"],
    ["a hexadecimal weight", "application/openmetrics-text;q=0x1", "text"],
    [
      "a weight with four digits",
      "application/openmetrics-text;q=0.1234",
      "text",
    ],
    [
      "a malformed range beside a good one",
      "application/openmetrics-text;q=x,application/openmetrics-text;q=0.5",
      "openmetrics",
    ],
    [
      "a malformed range for text",
      "application/openmetrics-text;q=0.5,text/plain;q=9,*/*;q=x",
      "openmetrics",
    ],
    ["only separators", ',;,;;=,",', "text"],
  ];

  for (const [name, accept, format] of TABLE) {
    it(`gives ${format} for ${name}`, () => {
      strictEqual(negotiateFormat(accept), format);
    });
  }

  it("takes a long header", () => {
    const header = "text/plain;q=0.1,".repeat(20_000) + OPENMETRICS;
    strictEqual(negotiateFormat(header), "openmetrics");
  });
});

/** The chunks of a stream. */
async function chunksOf(
  stream: ReadableStream<Uint8Array>,
): Promise<readonly string[]> {
  const chunks: string[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(new TextDecoder().decode(value));
  }
}

describe("exposeStream()", () => {
  it("M5 gives the page of expose(), a metric at a time (property)", async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const registry = play(scenario);
        for (const [format, accept] of Object.entries(ACCEPTS)) {
          const whole = expose(registry, accept);
          const { contentType, body } = exposeStream(registry, accept);
          const chunks = await chunksOf(body);
          strictEqual(chunks.join(""), whole.body);
          strictEqual(contentType, whole.contentType);
          const end = format === "openmetrics" ? 1 : 0;
          strictEqual(chunks.length, registry.sources().length + end);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("writes each metric as it is when its turn comes", async () => {
    const registry = new MetricRegistry();
    const gauges = ["a", "b", "c", "d"]
      .map((name) => registry.gauge({ name, help: HELP }));
    const reader = exposeStream(registry).body.getReader();
    const pages: string[] = [];
    for (const [i, gauge] of gauges.entries()) {
      const { value } = await reader.read();
      pages.push(new TextDecoder().decode(value));
      for (const it of gauges) it.set(i + 1);
      gauge.set(0);
    }
    strictEqual((await reader.read()).done, true);
    ok(pages[0]?.endsWith("\na 0\n"));
    ok(/\nd [23]\n$/.test(pages[3] ?? ""), pages[3]);
  });

  it("can be given up", async () => {
    const registry = new MetricRegistry();
    for (const name of ["a", "b", "c"]) registry.gauge({ name, help: HELP });
    const { body } = exposeStream(registry);
    await body.cancel("enough");
    strictEqual((await body.getReader().read()).done, true);
  });
});

describe("prometheusHandler()", () => {
  const URL = "http://localhost/metrics";

  function makeRegistry(): MetricRegistry {
    const registry = new MetricRegistry({ clock: new ManualClock() });
    const gauge = registry.gauge({ name: "g", help: HELP });
    registry.addCollector(async () => {
      await undefined;
      gauge.inc();
    });
    return registry;
  }

  it("answers a GET with the metrics, after they were collected", async () => {
    const handle = prometheusHandler(makeRegistry());
    for (const [i, [format, accept]] of Object.entries(ACCEPTS).entries()) {
      const response = await handle(new Request(URL, { headers: { accept } }));
      const { status, headers } = response;
      const page = await response.text();
      strictEqual(status, 200);
      strictEqual(headers.get("vary"), "Accept");
      const isOpen = format === "openmetrics";
      strictEqual(
        headers.get("content-type"),
        isOpen
          ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
          : "text/plain; version=0.0.4; charset=utf-8",
      );
      const [family] = parseExposition(page, isOpen ? "openmetrics" : "text");
      strictEqual(family?.samples[0]?.value, i + 1);
    }
  });

  it("answers in the text format when the client says nothing", async () => {
    const handle = prometheusHandler(makeRegistry());
    const response = await handle(new Request(URL));
    ok(response.headers.get("content-type")?.startsWith("text/plain"));
    ok((await response.text()).endsWith("\ng 1\n"));
  });

  it("answers a HEAD as a GET, without the page", async () => {
    const handle = prometheusHandler(makeRegistry());
    const headers = { accept: OPENMETRICS };
    const head = await handle(new Request(URL, { method: "HEAD", headers }));
    const get = await handle(new Request(URL, { headers }));
    strictEqual(head.status, 200);
    strictEqual(await head.text(), "");
    strictEqual(head.body, null);
    for (const name of ["content-type", "vary"]) {
      strictEqual(head.headers.get(name), get.headers.get(name));
    }
  });

  it("answers other methods with 405, and collects nothing", async () => {
    let calls = 0;
    const registry = new MetricRegistry();
    registry.addCollector(() => void calls++);
    const handle = prometheusHandler(registry);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const { status, headers, body } = await handle(
        new Request(URL, { method }),
      );
      strictEqual(status, 405);
      strictEqual(headers.get("allow"), "GET, HEAD");
      strictEqual(body, null);
    }
    strictEqual(calls, 0);
  });

  it("answers although a collector fails, and another one hangs", async () => {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const registry = new MetricRegistry({
      clock,
      onError: (error) => errors.push(error),
    });
    const gauge = registry.gauge({ name: "g", help: HELP });
    registry.addCollector(() => Promise.reject("no"));
    registry.addCollector(() => new Promise(() => {}), { timeoutMs: 50 });
    registry.addCollector(() => gauge.set(7));
    const answer = watch(prometheusHandler(registry)(new Request(URL)));
    for (let i = 0; i < 30; i++) await undefined;
    strictEqual(answer.isSettled, false);
    clock.advance(50);
    for (let i = 0; i < 30; i++) await undefined;
    ok((await answer.value?.text())?.endsWith("\ng 7\n"));
    strictEqual(errors.length, 2);
    strictEqual(clock.pending, 0);
  });
});
