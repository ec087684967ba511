// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * Measures ours beside the peers and compares the ratios with those of
 * `results.json`:
 *
 * ```sh
 * deno task bench:check                     # on Deno; --runtime node, or bun
 * deno task bench:check --quick             # a first look in less time
 * deno task bench:check --filter cache      # only groups with this in their name
 * ```
 *
 * A group that has become slower by more than the noise of this very run (see
 * `verdict.ts`) is measured up to twice more, in three new processes each time, and
 * fails only if it is slower each time. (In one process each, as a quick run has
 * it, one group of 134 failed in one of three runs of unchanged code.)
 *
 * | exit code | what it means |
 * | --- | --- |
 * | 0 | nothing has become slower |
 * | 1 | something has |
 * | 2 | nothing could be measured or compared |
 * | 3 | the machine is too noisy to tell |
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { loadResults, parseRuntime } from "./results.ts";
import { run } from "./run.ts";
import {
  marginOf,
  MAX_MARGIN,
  noiseOf,
  type Pair,
  pairUp,
  slowdownOf,
} from "./verdict.ts";

const TRIES = 3;

function main(): number {
  const { values: { runtime: name, quick, filter } } = parseArgs({
    options: {
      runtime: { type: "string", default: "deno" },
      quick: { type: "boolean", default: false },
      filter: { type: "string", default: "" },
    },
  });
  const runtime = parseRuntime(name);
  const baseline = loadResults().comparison?.[runtime];
  if (baseline === undefined) {
    throw new Error(`No baseline: deno task bench:compare --runtime ${name}`);
  }
  const first = run({ runtime, quick, filter });
  for (const key of ["cpu", "runtimeVersion"] as const) {
    if (first[key] === baseline[key]) continue;
    console.log(`The baseline is of ${baseline[key]}, this is ${first[key]}.`);
  }
  const pairs = pairUp(baseline, first);
  if (pairs.length === 0) throw new Error("No such group in the baseline");
  const margin = marginOf(pairs.flatMap(noiseOf));
  console.log(
    `\n${pairs.length} groups. Nine of ten peers have changed by less than`,
    `${percent(margin)} against each other: so much is noise.`,
  );
  if (margin > MAX_MARGIN) {
    console.log("TOO NOISY TO TELL. Stop what else is running, and try again.");
    return 3;
  }

  let slower = pairs.filter((pair) => isSlower(pair, margin));
  for (let tries = 1;; tries++) {
    for (const pair of slower) console.log(describe(pair, `try ${tries}`));
    if (slower.length === 0 || tries === TRIES) break;
    const only = Map.groupBy(slower, ({ file }) => file);
    const again = run({
      runtime,
      quick: false,
      only: new Map(
        [...only].map(([file, pairs]) => [
          file,
          pairs.map(({ now }) => now.name),
        ]),
      ),
    });
    slower = pairUp(baseline, again).filter((pair) => isSlower(pair, margin));
  }
  if (slower.length === 0) {
    console.log("OK: nothing has become slower.");
    return 0;
  }
  console.log(`SLOWER THAN THE BASELINE, ${TRIES} times of ${TRIES}:`);
  for (const pair of slower) console.log(describe(pair, "slower"));
  return 1;
}

function isSlower(pair: Pair, margin: number): boolean {
  return (slowdownOf(pair) ?? 1) > margin;
}

function describe(pair: Pair, label: string): string {
  const { suite, now } = pair;
  return `${label}: ${suite}: ${now.name}, by ${percent(slowdownOf(pair)!)}`;
}

function percent(factor: number): string {
  return `${Math.round(100 * (factor - 1))} %`;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(String(error));
  process.exitCode = 2;
}
