/**
 * Counters and histograms, recorded and exposed. How to run it: see `harness.ts`.
 * What series hold is measured by `metrics_memory.ts`.
 *
 * A call records 16 times (`x 16`), so that the loop around it does not drown the
 * differences; an answer is how often. Before that, each contender records so
 * much, and what the libraries expose then has to be the same for all of them, and
 * to add up. Labels are object literals, as in the documents of all.
 *
 * What is not the same:
 *
 * - prom-client and `@prometheus-io/client`, its successor, throw at an amount that
 *   is not valid, and let there be any number of series. A child of theirs keeps the
 *   labels, and looks the series up each time.
 * - OpenTelemetry records in a context, for views and readers: here are no views,
 *   and one reader. It has no children. It is told not to expose labels and metrics
 *   of its own.
 * - All of them expose by a promise, but ours. Pages are encoded.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { copy } from "./copy.ts";
import { bench, type Contender, type Group } from "./harness.ts";
import {
  type BoundCounter,
  type BoundHistogram,
  type Counter,
  type Histogram,
  libraries,
  type OtelCounter,
  type OtelHistogram,
  type Registry,
  samplesOf,
} from "./metric_libraries.ts";
import { makeRandom } from "./random.ts";

// What contenders do. A copy is compiled for each: no free variables in here.

function inc(counter: Counter): Contender {
  return () => {
    for (let n = 0; n < 16; n++) counter.inc();
    return 16;
  };
}

function add(counter: OtelCounter): Contender {
  return () => {
    for (let n = 0; n < 16; n++) counter.add(1);
    return 16;
  };
}

function incBound(series: BoundCounter): Contender {
  return () => {
    for (let n = 0; n < 16; n++) series.inc();
    return 16;
  };
}

function incLabelled(counter: Counter, places: readonly Place[]): Contender {
  let at = 0;
  return () => {
    for (let n = 0; n < 16; n++) {
      const { method, route } = places[at]!;
      counter.inc({ method, route });
      if (++at === places.length) at = 0;
    }
    return 16;
  };
}

function addLabelled(
  counter: OtelCounter,
  places: readonly Place[],
): Contender {
  let at = 0;
  return () => {
    for (let n = 0; n < 16; n++) {
      const { method, route } = places[at]!;
      counter.add(1, { method, route });
      if (++at === places.length) at = 0;
    }
    return 16;
  };
}

/** Routes are cut from a text, and so are strings that nobody has seen yet. */
function incCut(counter: Counter, places: readonly Place[]): Contender {
  let at = 0;
  return () => {
    for (let n = 0; n < 16; n++) {
      const { method, url } = places[at]!;
      counter.inc({ method, route: url.slice(19) });
      if (++at === places.length) at = 0;
    }
    return 16;
  };
}

function addCut(counter: OtelCounter, places: readonly Place[]): Contender {
  let at = 0;
  return () => {
    for (let n = 0; n < 16; n++) {
      const { method, url } = places[at]!;
      counter.add(1, { method, route: url.slice(19) });
      if (++at === places.length) at = 0;
    }
    return 16;
  };
}

function observe(
  histogram: BoundHistogram,
  values: readonly number[],
): Contender {
  let at = 0;
  return () => {
    for (let n = 0; n < 16; n++) histogram.observe(values[at++ & 65_535]!);
    return 16;
  };
}

function record(
  histogram: OtelHistogram,
  values: readonly number[],
): Contender {
  let at = 0;
  return () => {
    for (let n = 0; n < 16; n++) histogram.record(values[at++ & 65_535]!);
    return 16;
  };
}

function observeLabelled(
  histogram: Histogram,
  values: readonly number[],
  places: readonly Place[],
): Contender {
  let at = 0;
  let turn = 0;
  return () => {
    for (let n = 0; n < 16; n++) {
      const { method, route } = places[at]!;
      histogram.observe({ method, route }, values[turn++ & 65_535]!);
      if (++at === places.length) at = 0;
    }
    return 16;
  };
}

function recordLabelled(
  histogram: OtelHistogram,
  values: readonly number[],
  places: readonly Place[],
): Contender {
  let at = 0;
  let turn = 0;
  return () => {
    for (let n = 0; n < 16; n++) {
      const { method, route } = places[at]!;
      histogram.record(values[turn++ & 65_535]!, { method, route });
      if (++at === places.length) at = 0;
    }
    return 16;
  };
}

// --- Groups

/** What a request was for. */
interface Place {
  readonly method: string;
  readonly route: string;
  readonly url: string;
}

const PLACES: readonly Place[] = ["DELETE", "GET", "POST", "PUT"].flatMap(
  (method) =>
    ["/", "/links", "/links/:id", "/login", "/visits"].map((route) => ({
      method,
      route,
      url: `https://example.com${route}`,
    })),
);

/** So many that no processor learns by heart what comes next. */
const VALUES = 2 ** 16;

/**
 * What requests take: half of them less than 20 ms, and one in six more than
 * `spread` times as long. As many as the masks above say.
 */
function makeSeconds(spread: number): readonly number[] {
  const random = makeRandom();
  return Array.from({ length: VALUES }, () => {
    let normal = -6; // The sum of twelve that are uniform.
    for (let n = 0; n < 12; n++) normal += random();
    return Number((0.02 * spread ** normal).toPrecision(3));
  });
}

const SECONDS = makeSeconds(3);

/** All in one bucket. */
const ALIKE = makeSeconds(1.01).map((seconds) => seconds - 0.003);

const LABELS = ["method", "route"];

/** Calls of each contender before what it has recorded is looked at. */
const CALLS = 100;

/** Makes a contender; `undefined` where the library has no such thing. */
type Maker = (registry: Registry) => Contender | undefined;

async function compare(name: string, make: Maker): Promise<Group> {
  const peers: Record<string, Contender> = {};
  let ours: Contender | undefined;
  let expected: Map<string, number> | undefined;
  for (const [library, makeRegistry] of Object.entries(libraries)) {
    const registry = makeRegistry();
    const contender = make(registry);
    if (contender === undefined) continue;
    let records = 0;
    for (let call = 0; call < CALLS; call++) records += Number(contender(call));
    const samples = samplesOf(await registry.page());
    let counted = 0;
    for (const [sample, value] of samples) {
      if (/_(total|count)\{/.test(sample)) counted += value;
    }
    strictEqual(counted, records, `${library} in "${name}"`);
    deepStrictEqual(samples, expected ??= samples, `${library} in "${name}"`);
    if (ours === undefined) ours = contender;
    else peers[library] = contender;
  }
  return {
    name: `${name} x 16`,
    ours: ours!,
    peers,
    check: (answer) => answer === 16,
  };
}

function counting(
  labels: readonly string[],
  ours: (counter: Counter) => Contender,
  otel: (counter: OtelCounter) => Contender,
): Maker {
  return (registry) => {
    const { own } = registry.counter(labels);
    return "add" in own ? otel(own) : ours(own);
  };
}

/** Two labels. */
function labelledInc(places: readonly Place[]): Maker {
  return counting(
    LABELS,
    (own) => copy(incLabelled)(own, places),
    (own) => copy(addLabelled)(own, places),
  );
}

function observing(
  labels: readonly string[],
  ours: (histogram: Histogram) => Contender,
  otel: (histogram: OtelHistogram) => Contender,
): Maker {
  return (registry) => {
    const { own } = registry.histogram(labels);
    return "record" in own ? otel(own) : ours(own);
  };
}

function plainObserve(values: readonly number[]): Maker {
  return observing(
    [],
    (own) => copy(observe)(own, values),
    (own) => copy(record)(own, values),
  );
}

/** Pages of as many series, all of which have another value. */
async function compareExposing(
  kind: "counter" | "histogram",
  series: number,
): Promise<Group> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const pages = Object.entries(libraries).map(([library, make]) => {
    const registry = make();
    const metric = registry[kind](LABELS);
    for (let i = 0; i < series; i++) {
      const { method } = PLACES[i % PLACES.length]!;
      const labels = { method, route: `/links/${i}` };
      if (kind === "counter") metric.record(labels, i + 1);
      else {for (let n = 0; n < 20; n++) {
          metric.record(labels, SECONDS[(7 * i + n) & 65_535]!);
        }}
    }
    return [library, registry] as const;
  });
  const expected = samplesOf(await pages[0]![1].page());
  strictEqual(expected.size, kind === "counter" ? series : 14 * series);
  const { groundwork, ...peers } = Object.fromEntries(
    pages.map(([library, { page }]): [string, Contender] => [
      library,
      library === "groundwork"
        ? () => encoder.encode(page() as string)
        : async () => encoder.encode(await page()),
    ]),
  );
  return {
    name: `expose ${series} ${kind}s`,
    ours: groundwork!,
    peers,
    check(answer, call) {
      const bytes = answer as Uint8Array<ArrayBuffer>;
      if (call > 0) return bytes.length > 0; // It takes too long.
      deepStrictEqual(samplesOf(decoder.decode(bytes)), expected);
      return true;
    },
  };
}

/** A series that has been looked up. */
const PLACE = { method: "GET", route: "/links" };

const groups: Group[] = [
  await compare(
    "inc",
    counting([], (own) => copy(inc)(own), (own) => copy(add)(own)),
  ),
  await compare("inc of a child", ({ counter }) => {
    const child = counter(LABELS).bind?.(PLACE);
    return child && copy(incBound)(child);
  }),
  await compare("inc, 20 series", labelledInc(PLACES)),
  await compare("inc, 1 series", labelledInc(PLACES.slice(0, 1))),
  await compare(
    "inc, 20 series, new strings",
    counting(
      LABELS,
      (own) => copy(incCut)(own, PLACES),
      (own) => copy(addCut)(own, PLACES),
    ),
  ),
  await compare("observe", plainObserve(SECONDS)),
  await compare("observe, 1 bucket", plainObserve(ALIKE)),
  await compare("observe by a child", ({ histogram }) => {
    const child = histogram(LABELS).bind?.(PLACE);
    return child && copy(observe)(child, SECONDS);
  }),
  await compare(
    "observe, 20 series",
    observing(
      LABELS,
      (own) => copy(observeLabelled)(own, SECONDS, PLACES),
      (own) => copy(recordLabelled)(own, SECONDS, PLACES),
    ),
  ),
  await compareExposing("counter", 10_000),
  await compareExposing("histogram", 1_000),
];

await bench(import.meta, "metrics", groups);
