/**
 * Runs the test suite on all runtimes, and writes into the README what runs where.
 *
 * ```sh
 * deno task runtimes
 * ```
 *
 * Takes the runtimes that `.ci/run` installs into `.runtimes/`, those on the PATH,
 * or those that NODE22, NODE24, NODE26, BUN, CHROMIUM and WORKERD name. Fails, and
 * writes nothing, where one is missing, where a test fails, or where not all have
 * the same tests.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { findRuntime, type RuntimeName } from "../pack/runtimes.ts";
import { ROOT, ROOT_PATH } from "./bundle.ts";
import { findChromium, runInChromium } from "./chromium.ts";
import type { Outcome } from "./collector.ts";
import { runOn } from "./server_runtimes.ts";
import { findWorkerd, runInWorkerd } from "./workerd.ts";

const README = new URL("README.md", ROOT);
const BEGIN = "<!-- runtimes: begin -->";
const END = "<!-- runtimes: end -->";

const NAMES: readonly RuntimeName[] = [
  "deno",
  "node22",
  "node24",
  "node26",
  "bun",
];

/** What each runtime made of the suite, one after another. */
async function runAll(): Promise<readonly Outcome[]> {
  const found = await Promise.all(
    NAMES.map((name) => findRuntime(name, ROOT_PATH)),
  );
  const runs = [
    ...found.map((runtime) => () => runOn(runtime)),
    runInChromium,
    runInWorkerd,
  ];
  await Promise.all([findChromium(), findWorkerd()]);
  const outcomes: Outcome[] = [];
  for (const run of runs) {
    const outcome = await run();
    const { runtime, passed, failed, skipped } = outcome;
    console.log(
      `${runtime}: passed ${passed}, failed ${failed}, skipped ${skipped}`,
    );
    outcomes.push(outcome);
  }
  return outcomes;
}

/** What forbids to publish the outcomes. */
function problemsOf(outcomes: readonly Outcome[]): readonly string[] {
  const totals = outcomes.map(({ passed, skipped }) => passed + skipped);
  return [
    ...outcomes.filter(({ passed, failed }) => failed > 0 || passed === 0)
      .map(({ runtime }) => `${runtime} fails`),
    ...new Set(totals).size > 1
      ? [`The numbers of tests differ: ${totals.join(", ")}`]
      : [],
  ];
}

function tableOf(outcomes: readonly Outcome[]): string {
  const abilities = Object.keys(outcomes[0]?.abilities ?? {});
  const heads = ["runtime", "tests that ran", "left out", ...abilities];
  const rows = outcomes.map((
    { runtime, passed, skipped, abilities: found },
  ) => [runtime, passed, skipped, ...abilities.map((name) => found[name])]);
  return [heads, heads.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Why tests were left out; runtimes with the same reasons share a line. */
function reasonsOf(outcomes: readonly Outcome[]): string {
  const runtimes = Map.groupBy(
    outcomes.filter(({ skipped }) => skipped > 0),
    ({ reasons }) =>
      [...reasons].sort(([, a], [, b]) => b - a)
        .map(([reason, count]) => `${count} (${reason})`).join(", "),
  );
  return [...runtimes].map(([reasons, left]) =>
    `- Left out on ${left.map((it) => it.runtime).join(", ")}: ${reasons}`
  ).join("\n");
}

async function write(text: string): Promise<void> {
  const readme = await Deno.readTextFile(README);
  const begin = readme.indexOf(BEGIN) + BEGIN.length;
  const end = readme.indexOf(END);
  if (begin < BEGIN.length || end < begin) {
    throw new Error(`README.md lacks ${BEGIN} or ${END}`);
  }
  await Deno.writeTextFile(
    README,
    `${readme.slice(0, begin)}\n\n${text}\n\n${readme.slice(end)}`,
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", README.pathname],
  }).output();
}

const outcomes = await runAll();
const problems = problemsOf(outcomes);
if (problems.length > 0) {
  console.error(problems.map((problem) => `- ${problem}`).join("\n"));
  Deno.exit(1);
}
await write(`${tableOf(outcomes)}\n\n${reasonsOf(outcomes)}`);
