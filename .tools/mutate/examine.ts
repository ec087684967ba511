/**
 * Tries every mutant of a module against the module's tests.
 *
 * 1. The tests run twice without a mutant: they must pass, and it is noted what
 *    each reaches and how much it does.
 * 2. A mutant meets the tests that reach it, the quickest first, in a process
 *    that has met others before, and properties run few cases. A test that fails
 *    and passes again without the mutant has killed it.
 * 3. Whatever else comes of it (nothing, a crash, no answer) is tried again in a
 *    process of its own, with the mutant active from the first import on and
 *    with all cases: that counts.
 *
 * @module
 */

import type { Mutant } from "./instrument.ts";
import { type Reply, Runner } from "./runner.ts";
import type { Answer } from "./worker.ts";

/** What became of a mutant. */
export type Verdict = "killed" | "timed out" | "survived" | "not reached";

/** Where the mutated copy is. */
export interface Workspace {
  /** The import map for the workers. */
  readonly importMap: string;
  /** The files of tests. */
  readonly tests: readonly string[];
  /** The mutants in it. */
  readonly mutants: readonly Mutant[];
}

/** How a test does without a mutant. */
interface Test {
  /** Its place among all of them. */
  readonly place: number;
  /** With all cases of its properties. */
  readonly all: Answer;
  /** With few, where it passes with few. */
  readonly few: Answer | undefined;
}

/** What is known before the first mutant's turn. */
interface Baseline {
  /** All tests, the quickest first. */
  readonly tests: readonly Test[];
  /** Those that reach each mutant. */
  readonly testsByMutant: ReadonlyMap<number, readonly Test[]>;
  /** The mutants that are reached once in a process, as while loading. */
  readonly onceReached: ReadonlySet<number>;
}

const FEW_RUNS = 20;
const LOAD_LIMIT_MS = 60_000;

/**
 * Tries every mutant.
 *
 * @param workspace The mutated copy.
 * @param lanes How many processes at a time.
 * @returns What became of each mutant.
 * @throws The tests fail without a mutant.
 */
export async function examine(
  workspace: Workspace,
  lanes: number,
): Promise<ReadonlyMap<Mutant, Verdict>> {
  const baseline = await measure(workspace);
  const verdicts = new Map<Mutant, Verdict>(
    workspace.mutants.map((mutant) => [mutant, "not reached"]),
  );
  const queue = workspace.mutants.values(); // shared by all lanes
  await Promise.all(Array.from({ length: lanes }, async () => {
    const lane = new Lane(workspace, baseline);
    for (const mutant of queue) {
      verdicts.set(mutant, await lane.judge(mutant.id));
    }
    lane.close();
  }));
  return verdicts;
}

async function measure({ importMap, tests }: Workspace): Promise<Baseline> {
  const runner = new Runner(importMap, tests, 0);
  async function run(test: number, maxRuns: number | null): Promise<Reply> {
    const question = { test, mutant: 0, maxRuns, maxAsked: null };
    return await runner.ask(question, LOAD_LIMIT_MS);
  }
  try {
    const loaded = passing(await runner.load(LOAD_LIMIT_MS));
    const all: Answer[] = [];
    for (let place = 0; place < loaded.tests; place++) {
      all.push(passing(await run(place, null)));
    }
    // A second pass, as what is made at its first use is reached in one only.
    const measured: Test[] = [];
    for (const [place, answer] of all.entries()) {
      const reply = await run(place, FEW_RUNS);
      const few = isPass(reply) ? reply : undefined;
      measured.push({ place, all: answer, few });
    }
    return {
      tests: measured.sort((a, b) => a.all.ms - b.all.ms),
      ...reachOf(loaded, measured),
    };
  } finally {
    runner.close();
  }
}

function reachOf(
  loaded: Answer,
  tests: readonly Test[],
): Pick<Baseline, "testsByMutant" | "onceReached"> {
  const testsByMutant = new Map<number, Test[]>();
  for (const test of tests) {
    for (const id of test.all.reached) {
      testsByMutant.set(id, [...testsByMutant.get(id) ?? [], test]);
    }
  }
  const again = new Set(tests.flatMap(({ few }) => few?.reached ?? []));
  const once = [...testsByMutant.keys()].filter((id) => !again.has(id));
  return { testsByMutant, onceReached: new Set([...loaded.reached, ...once]) };
}

function isPass(
  reply: Reply,
): reply is Answer & { readonly failure?: undefined } {
  return typeof reply === "object" && reply.failure === undefined;
}

function passing(reply: Reply): Answer {
  if (isPass(reply)) return reply;
  const reason = typeof reply === "string" ? reply : reply.failure;
  throw new Error(`The tests fail without a mutant: ${reason}`);
}

/** One process after the other, and in each of them many mutants. */
class Lane {
  readonly #workspace: Workspace;
  readonly #baseline: Baseline;
  #runner: Runner | undefined;

  constructor(workspace: Workspace, baseline: Baseline) {
    this.#workspace = workspace;
    this.#baseline = baseline;
  }

  async judge(mutant: number): Promise<Verdict> {
    const { tests, testsByMutant, onceReached } = this.#baseline;
    const reaching = testsByMutant.get(mutant) ?? [];
    const isOnce = onceReached.has(mutant);
    if (reaching.length === 0 && !isOnce) return "not reached";
    return await this.#judgeQuickly(mutant, reaching) ??
      await this.#judgeThoroughly(mutant, isOnce ? tests : reaching);
  }

  close(): void {
    this.#runner?.close();
    this.#runner = undefined;
  }

  async #judgeQuickly(
    mutant: number,
    tests: readonly Test[],
  ): Promise<Verdict | undefined> {
    for (const test of tests) {
      const runner = this.#runner ??= await this.#start();
      const maxRuns = test.few && FEW_RUNS;
      const usual = test.few ?? test.all;
      const verdict = await verdictOf(runner, test, mutant, usual, maxRuns);
      if (verdict === "survived") continue;
      if (await verdictOf(runner, test, 0, usual, maxRuns) === "survived") {
        return verdict;
      }
      this.close(); // Who knows what the mutant left behind.
      return undefined;
    }
    return undefined;
  }

  async #start(): Promise<Runner> {
    const { importMap, tests } = this.#workspace;
    const runner = new Runner(importMap, tests, 0);
    passing(await runner.load(LOAD_LIMIT_MS));
    return runner;
  }

  async #judgeThoroughly(
    mutant: number,
    tests: readonly Test[],
  ): Promise<Verdict> {
    const { importMap, tests: files } = this.#workspace;
    const runner = new Runner(importMap, files, mutant);
    try {
      const loaded = await runner.load(LOAD_LIMIT_MS);
      if (!isPass(loaded)) return loaded === "timed out" ? loaded : "killed";
      for (const test of tests) {
        const verdict = await verdictOf(runner, test, mutant, test.all);
        if (verdict !== "survived") return verdict;
      }
      return "survived";
    } finally {
      runner.close();
    }
  }
}

/** What one test makes of a mutant, as compared with what it does without. */
async function verdictOf(
  runner: Runner,
  test: Test,
  mutant: number,
  usual: Answer,
  maxRuns: number | null = null,
): Promise<Verdict> {
  const maxAsked = 10 * usual.asked + 1_000_000;
  const question = { test: test.place, mutant, maxRuns, maxAsked };
  const reply = await runner.ask(question, 5 * usual.ms + 1_000);
  if (typeof reply === "object" && reply.asked > maxAsked) return "timed out";
  if (isPass(reply)) return "survived";
  return reply === "timed out" ? reply : "killed";
}
