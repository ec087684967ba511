/**
 * Hears from a suite that runs inside a browser or workerd, and tells what became
 * of it.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import type { Abilities } from "./abilities.ts";
import type { TestResult } from "./runner.ts";
import type { Report } from "./suite.ts";

/** What became of a whole run. */
export interface Outcome {
  /** The runtime with its version. */
  readonly runtime: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many tests were left out for each reason. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly abilities: Abilities;
}

/** A program that runs the suite. */
export interface Program {
  /** The runtime with its version. */
  readonly runtime: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** The whole suite takes a minute on two slow cores. */
const LIMIT_MS = 600_000;

/**
 * Starts a program and waits until the suite in it has come to its end. Prints
 * failed tests as they come.
 *
 * @param folder Where `suite.js` is.
 * @param prepare Tells what to start. It gets the URL to report to, at which there
 * is a page with `suite.js` as well.
 * @returns What became of all tests.
 * @throws {Error} The suite did not come to its end.
 */
export async function runOutside(
  folder: string,
  prepare: (collector: string) => Promise<Program> | Program,
): Promise<Outcome> {
  const results: TestResult[] = [];
  const ended = Promise.withResolvers<Abilities>();
  let file = "the first file";

  function hear(report: Report): void {
    if (report.type === "end") ended.resolve(report.abilities);
    else if (report.type === "started") file = report.file;
    else {
      results.push(...report.results);
      printFailures(report.file, report.results);
    }
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      if (request.method === "POST") {
        hear(await request.json() as Report);
        return new Response();
      }
      return await serve(folder, new URL(request.url).pathname);
    },
  );
  const collector = `http://127.0.0.1:${server.addr.port}/`;
  const { runtime, command, args } = await prepare(collector);
  const child = new Deno.Command(command, {
    args: [...args],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  const timer = setTimeout(() => {
    ended.reject(new Error(`${file} was not done in ${LIMIT_MS / 1_000} s`));
  }, LIMIT_MS);
  child.status.then(async ({ code }) => {
    const error = new Error(`${runtime} exited with ${code} in ${file}`);
    ended.reject(Object.assign(error, { said: (await said).slice(-2_000) }));
  });
  try {
    const abilities = await ended.promise;
    return { runtime, ...count(results), abilities };
  } finally {
    clearTimeout(timer);
    await stop(child);
    await server.shutdown();
  }
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><script type="module" src="/suite.js"></script>';

async function serve(folder: string, path: string): Promise<Response> {
  if (path !== "/suite.js") {
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  }
  return new Response(await Deno.readFile(`${folder}/suite.js`), {
    headers: { "content-type": "text/javascript" },
  });
}

async function stop(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGTERM");
  } catch {
    return; // It has ended.
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await child.status;
  clearTimeout(timer);
}

function printFailures(file: string, results: readonly TestResult[]): void {
  for (const { name, failed } of results) {
    if (failed === undefined) continue;
    console.log(`\n${file}: ${name}\n  ${failed.replaceAll("\n", "\n  ")}`);
  }
}

function count(
  results: readonly TestResult[],
): Omit<Outcome, "runtime" | "abilities"> {
  const reasons = new Map<string, number>();
  let failed = 0;
  let skipped = 0;
  for (const result of results) {
    if (result.failed !== undefined) failed++;
    if (result.skipped === undefined) continue;
    skipped++;
    reasons.set(result.skipped, (reasons.get(result.skipped) ?? 0) + 1);
  }
  const passed = results.length - failed - skipped;
  return { passed, failed, skipped, reasons };
}

/** Prints the totals, and exits with 1 where a test failed or none ran. */
export function conclude(outcome: Outcome): never {
  const { runtime, passed, failed, skipped, reasons, abilities } = outcome;
  console.log(`\n${runtime}`);
  for (const [reason, number] of reasons) {
    console.log(`  skipped ${number}: ${reason}`);
  }
  for (const [name, found] of Object.entries(abilities)) {
    console.log(`  ${name}: ${found}`);
  }
  console.log(`passed ${passed}, failed ${failed}, skipped ${skipped}`);
  Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
}
