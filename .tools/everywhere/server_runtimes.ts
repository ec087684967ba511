/**
 * Runs the test suite on the runtimes that have a test runner of their own: Deno,
 * Node and Bun.
 *
 * @module
 */

import { ask } from "../pack/command.ts";
import type { Runtime } from "../pack/runtimes.ts";
import type { Abilities } from "./abilities.ts";
import { listTests, ROOT_PATH, withFolder } from "./bundle.ts";
import type { Outcome } from "./collector.ts";

/** How a runtime runs tests and scripts. */
interface Kind {
  readonly title: string;
  /** What `counts.sh` has to read. */
  readonly format: "deno" | "tap" | "junit";
  /** The arguments, but for the files. */
  test(report: string): readonly string[];
  readonly script: readonly string[];
}

const DENO: Kind = {
  title: "Deno",
  format: "deno",
  test: () => ["test", "-A", "--no-check"],
  script: ["run", "-A", "--no-lock"],
};
const NODE: Kind = {
  title: "Node",
  format: "tap",
  test: (report) => [
    "--test",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
  ],
  script: ["--disable-warning=ExperimentalWarning"],
};
const BUN: Kind = {
  title: "Bun",
  format: "junit",
  test: (
    report,
  ) => ["test", "--reporter=junit", `--reporter-outfile=${report}`],
  script: [],
};

function kindOf({ name }: Runtime): Kind {
  if (name === "deno") return DENO;
  return name === "bun" ? BUN : NODE;
}

/** Runs all test files, and measures what the package can do there. */
export async function runOn(runtime: Runtime): Promise<Outcome> {
  const { title, format, test, script } = kindOf(runtime);
  const { program, version } = runtime;
  const files = (await listTests()).map((path) => `./${path}`);
  return await withFolder(async (folder) => {
    const report = `${folder}/report`;
    const { output } = await ask(
      program,
      [...test(report), ...files],
      ROOT_PATH,
    );
    if (format === "deno") await Deno.writeTextFile(report, output);
    const [passed = 0, failed = 0, skipped = 0] = await count(format, report);
    const text = await Deno.readTextFile(report);
    const measured = await ask(
      program,
      [...script, ".tools/everywhere/print_abilities.ts"],
      ROOT_PATH,
    );
    return {
      runtime: `${title} ${version}`,
      passed,
      failed,
      skipped,
      reasons: reasonsIn(text, skipped),
      abilities: JSON.parse(measured.stdout) as Abilities,
    };
  });
}

async function count(
  format: string,
  report: string,
): Promise<readonly number[]> {
  const command = [".tools/everywhere/counts.sh", format, report];
  const { stdout } = await ask("bash", command, ROOT_PATH);
  return stdout.split(" ").map(Number);
}

/** Only Node writes down why. */
function reasonsIn(report: string, skipped: number): Map<string, number> {
  const reasons = new Map<string, number>();
  let untold = skipped;
  for (const [, reason = ""] of report.matchAll(/^ *ok .* # SKIP (.+)$/gm)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    untold--;
  }
  if (untold > 0) reasons.set("not told by the runner", untold);
  return reasons;
}
