/**
 * Stands in for `node:test` in browsers and workerd: registers as it does and
 * runs the tests of a file, one after another. There is no `mock`: a test that
 * imports it cannot be bundled.
 *
 * @module
 */

import { enter, type Entry, Scope, type Step } from "./registry.ts";

export {
  after,
  afterEach,
  before,
  beforeEach,
  describe,
  it,
  suite,
  test,
} from "./registry.ts";

/** What became of a test. */
export interface TestResult {
  /** The suites around it and its own name, with ` > ` between them. */
  readonly name: string;
  /** Why it was left out, where it was. */
  readonly skipped?: string;
  /** Why it failed, where it did. */
  readonly failed?: string;
}

/** Longer than this no test may take. */
const LIMIT_MS = 60_000;

// Tests replace what is global.
const { setTimeout, clearTimeout } = globalThis;

/**
 * Runs the tests of a file.
 *
 * @param load What imports the file.
 * @returns What became of each test, and of each suite whose hooks failed.
 */
export async function runFile(
  load: () => Promise<unknown>,
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  const stopHearing = hearErrors((error) => {
    results.push({ name: "(outside a test)", failed: tell(error) });
  });

  function stepIn(path: readonly string[]): Step {
    return async (entry) => {
      const names = [...path, entry.name];
      const name = names.join(" > ");
      // The tests of a suite that is left out say so themselves.
      if (entry.skipped !== undefined && entry.suite === undefined) {
        results.push({ name, skipped: entry.skipped });
        return;
      }
      const failed = await failureOf(() => run(entry, stepIn(names)));
      if (failed !== undefined) results.push({ name, failed });
      else if (entry.suite === undefined) results.push({ name });
    };
  }

  const file = new Scope();
  enter(file);
  const failed = await failureOf(load) ??
    await failureOf(() => file.run(stepIn([])));
  if (failed !== undefined) results.push({ name: "(the file)", failed });
  stopHearing();
  return results;
}

async function run(entry: Entry, step: Step): Promise<void> {
  if (entry.suite !== undefined) return await entry.run(step);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`It was not done within ${LIMIT_MS} ms`);
    timer = setTimeout(() => reject(error), LIMIT_MS);
  });
  try {
    await Promise.race([entry.run(step), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(
  body: () => Promise<unknown>,
): Promise<string | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return tell(error);
  }
}

function tell(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    const { stack = "", cause } = error;
    const text = stack.includes(String(error)) ? stack : `${error}\n${stack}`;
    return cause === undefined ? text : `${text}\nbecause of ${tell(cause)}`;
  } catch {
    return "What was thrown cannot be told";
  }
}

/** Hears of what nobody handles, as Node's runner does. */
function hearErrors(listener: (error: unknown) => void): () => void {
  function onRejection(event: PromiseRejectionEvent): void {
    event.preventDefault();
    listener(event.reason);
  }
  function onError(event: ErrorEvent): void {
    event.preventDefault();
    listener(event.error);
  }
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
  };
}
