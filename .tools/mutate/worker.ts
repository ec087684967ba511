/**
 * A process that has loaded a module's tests over the mutated source, and runs
 * one of them under one mutant whenever it is asked. Each question is a line of
 * JSON; so is each answer, behind a mark, as tests may print too.
 *
 * The tests register by the shim of the leak check, as a `Deno.test` each.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { mutation } from "./switch.ts";

/** Which test to run, and how. */
export interface Question {
  /** The test, by its place. */
  readonly test: number;
  /** The mutant that is active meanwhile; 0 for none. */
  readonly mutant: number;
  /** How many cases a property runs at most; `null` for as many as it says. */
  readonly maxRuns: number | null;
  /** How often mutants may ask whether it is their turn; `null` for ever. */
  readonly maxAsked: number | null;
}

/** How it went. The first answer is about loading the tests. */
export interface Answer {
  /** How many tests there are. */
  readonly tests: number;
  /** What was thrown, if anything. */
  readonly failure: string | undefined;
  /** How many milliseconds it took. */
  readonly ms: number;
  /** How often mutants asked whether it was their turn. */
  readonly asked: number;
  /** The mutants that were reached, where none was active. */
  readonly reached: readonly number[];
}

/** What an answer begins with. */
export const MARK = "\u0001";

type Test = (context: Deno.TestContext) => void | Promise<void>;

const encoder = new TextEncoder();
const tests: Test[] = [];
const { setTimeout } = globalThis; // Tests put others in its place.

/** What was rejected with nobody there to hear it. */
let unheard: string | undefined;

/** Steps run at once, and fail as their test. */
const context = {
  step: async ({ fn }: Deno.TestStepDefinition): Promise<boolean> => {
    await fn(context);
    return true;
  },
} as Deno.TestContext;

function collectTests(): void {
  const collect = ({ ignore, fn }: Deno.TestDefinition): void => {
    if (!ignore) tests.push(fn);
  };
  Object.assign(Deno, { test: collect });
}

/** Does something and writes down how it went. */
async function report(work: () => unknown): Promise<void> {
  const started = performance.now();
  let failure: string | undefined;
  unheard = undefined;
  try {
    await work();
    // The event comes a turn later.
    await new Promise((resolve) => setTimeout(resolve, 0));
  } catch (thrown) {
    failure = describe(thrown);
  }
  const answer: Answer = {
    tests: tests.length,
    failure: failure ?? unheard,
    ms: performance.now() - started,
    asked: mutation.asked,
    reached: [...mutation.reached],
  };
  const line = `\n${MARK}${JSON.stringify(answer)}\n`;
  Deno.stdout.writeSync(encoder.encode(line));
}

/** A failure may hold anything, also what cannot be shown. */
function describe(thrown: unknown): string {
  try {
    return String((thrown as Error | undefined)?.stack ?? thrown);
  } catch {
    return "something that cannot be shown";
  }
}

async function main(mutant: string, files: readonly string[]): Promise<void> {
  collectTests();
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    unheard ??= describe(event.reason);
  });
  mutation.active = Number(mutant);
  await report(async () => {
    for (const file of files) await import(pathToFileURL(file).href);
  });
  for await (const line of createInterface({ input: process.stdin })) {
    const question: Question = JSON.parse(line);
    mutation.active = question.mutant;
    mutation.maxRuns = question.maxRuns ?? Infinity;
    mutation.maxAsked = question.maxAsked ?? Infinity;
    mutation.asked = 0;
    mutation.reached.clear();
    await report(() => tests[question.test]!(context));
  }
}

if (import.meta.main) await main(Deno.args[0]!, Deno.args.slice(1));
