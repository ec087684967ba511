// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * What the series of metrics hold, in bytes. It needs the garbage collector:
 *
 * ```sh
 * deno task bench:peers
 * node --expose-gc --import ./bench/node_resolver.mjs bench/metrics_memory.ts
 * deno run -A --no-lock --v8-flags=--expose-gc bench/metrics_memory.ts
 * ```
 *
 * Bytes are counted when 10,000 series have been recorded once, and once more when
 * they have been exposed: what is kept for the next page counts. The values of the
 * labels are there before; what is made of them counts. The objects that labels come
 * in are made for each record, as programs do, and count where they are kept.
 *
 * @module
 */

import { libraries, type Registry } from "./metric_libraries.ts";
import { bytesOf } from "./memory.ts";

const SERIES = 10_000;

const methods = ["GET", "POST", "PUT", "DELETE"];
const routes = Array.from({ length: 100 }, (_, i) => `/links/${i}/visits`);
const hosts = Array.from({ length: 25 }, (_, i) => `host-${i}.example.com`);

/** Records in each series once. */
type Filler = (registry: Registry) => void;

const fillers: Readonly<Record<string, Filler>> = {
  "counter, 2 labels"(registry) {
    const counter = registry.counter(["route", "user"]);
    for (let i = 0; i < SERIES; i++) {
      counter.record(
        { route: routes[i % 100]!, user: routes[i / 100 | 0]! },
        1,
      );
    }
  },
  "counter, 3 labels"(registry) {
    const counter = registry.counter(["host", "method", "route"]);
    for (let i = 0; i < SERIES; i++) {
      const route = routes[i % 100]!;
      const method = methods[(i / 100 | 0) & 3]!;
      counter.record({ host: hosts[i / 400 | 0]!, method, route }, 1);
    }
  },
  "counter, 2 labels, amounts of 0.5"(registry) {
    const counter = registry.counter(["route", "user"]);
    for (let i = 0; i < SERIES; i++) {
      counter.record(
        { route: routes[i % 100]!, user: routes[i / 100 | 0]! },
        0.5,
      );
    }
  },
  "histogram, 2 labels"(registry) {
    const histogram = registry.histogram(["route", "user"]);
    for (let i = 0; i < SERIES; i++) {
      histogram.record(
        { route: routes[i % 100]!, user: routes[i / 100 | 0]! },
        0.2,
      );
    }
  },
};

/** Now and then what is being compiled still holds what was weighed before. */
async function medianBytes(make: () => unknown): Promise<number> {
  const all = [await bytesOf(make), await bytesOf(make), await bytesOf(make)];
  return all.toSorted((a, b) => a - b)[1]!;
}

for (const [name, fill] of Object.entries(fillers)) {
  console.log(`bytes a series: ${name}`.padEnd(52), "recorded  exposed");
  for (const [library, make] of Object.entries(libraries)) {
    const recorded = () => {
      const registry = make();
      fill(registry);
      return registry;
    };
    const exposed = async () => {
      const registry = recorded();
      const page = await registry.page();
      // Not by a RegExp: it would keep the page.
      const lines = page.split("\n").length;
      if (lines < SERIES) throw new Error(`It has ${lines}`);
      return registry;
    };
    await bytesOf(exposed); // Code does not count.
    const bytes = [await medianBytes(recorded), await medianBytes(exposed)];
    console.log(
      `  ${library}`.padEnd(52),
      ...bytes.map((all) => (all / SERIES).toFixed(0).padStart(8)),
    );
  }
}
