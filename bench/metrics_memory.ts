/**
 * What the series of metrics hold when 10,000 have been recorded once, and
 * exposed: what is kept for the next page counts. Values of labels are there
 * before; the objects they come in are made for each record, as programs do, and
 * count where they are kept.
 *
 * @module
 */

import { type Labels, libraries, type Registry } from "./metric_libraries.ts";
import type { Filler, Weighing } from "./memory.ts";

const SERIES = 10_000;

const methods = ["GET", "POST", "PUT", "DELETE"];
const routes = Array.from({ length: 100 }, (_, i) => `/links/${i}/visits`);
const hosts = Array.from({ length: 25 }, (_, i) => `host-${i}.example.com`);

function twoLabels(i: number): Labels {
  return { route: routes[i % 100]!, user: routes[i / 100 | 0]! };
}

function threeLabels(i: number): Labels {
  const method = methods[(i / 100 | 0) & 3]!;
  return { host: hosts[i / 400 | 0]!, method, route: routes[i % 100]! };
}

/** Records in each series once. */
type Recorder = (registry: Registry, count: number) => void;

const kinds: Readonly<Record<string, Recorder>> = {
  "counter with 2 labels"(registry, count) {
    const counter = registry.counter(["route", "user"]);
    for (let i = 0; i < count; i++) counter.record(twoLabels(i), 1);
  },
  "counter with 3 labels"(registry, count) {
    const counter = registry.counter(["host", "method", "route"]);
    for (let i = 0; i < count; i++) counter.record(threeLabels(i), 1);
  },
  "counter with 2 labels, amounts of 0.5"(registry, count) {
    const counter = registry.counter(["route", "user"]);
    for (let i = 0; i < count; i++) counter.record(twoLabels(i), 0.5);
  },
  "histogram with 2 labels"(registry, count) {
    const histogram = registry.histogram(["route", "user"]);
    for (let i = 0; i < count; i++) histogram.record(twoLabels(i), 0.2);
  },
};

function filler(make: () => Registry, record: Recorder): Filler {
  return async (count) => {
    const registry = make();
    record(registry, count);
    const page = await registry.page();
    // Not by a RegExp: it would keep the page.
    const lines = page.split("\n").length;
    if (lines < count) throw new Error(`It has ${lines} lines`);
    return registry;
  };
}

/** What is weighed. */
export const weighings: readonly Weighing[] = Object.entries(kinds).map(
  ([kind, record]) => {
    const [ours, ...peers] = Object.entries(libraries)
      .map(([library, make]) => [library, filler(make, record)] as const);
    return {
      name: `Metrics, 1e4 series of a ${kind}`,
      item: "series",
      count: SERIES,
      ours: Object.fromEntries([ours!]),
      peers: Object.fromEntries(peers),
    };
  },
);
