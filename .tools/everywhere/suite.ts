/**
 * Runs the test files inside a browser or workerd, one after another, and reports
 * each to the collector outside (`collector.ts`).
 *
 * @module
 */

import { type Abilities, measureAbilities } from "./abilities.ts";
import { runFile, type TestResult } from "./runner.ts";

/** What is reported: a file that begins, a file that is done, the end. */
export type Report =
  | { readonly type: "started"; readonly file: string }
  | {
    readonly type: "done";
    readonly file: string;
    readonly results: readonly TestResult[];
  }
  | { readonly type: "end"; readonly abilities: Abilities };

/** What imports each file, by its path. */
export type Files = Readonly<Record<string, () => Promise<unknown>>>;

// Tests replace what is global.
const { fetch } = globalThis;

/** Runs all files, and measures what the runtime can do. */
export async function runSuite(collector: string, files: Files): Promise<void> {
  async function tell(report: Report): Promise<void> {
    const body = JSON.stringify(report);
    await (await fetch(collector, { method: "POST", body })).body?.cancel();
  }
  for (const [file, load] of Object.entries(files)) {
    await tell({ type: "started", file });
    await tell({ type: "done", file, results: await runFile(load) });
  }
  await tell({ type: "end", abilities: await measureAbilities() });
}
