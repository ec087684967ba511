// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * Compares contenders on a noisy machine. A bench file that uses it runs on
 * Deno, Node (22.18 or newer) and Bun, and under `deno bench` as well:
 *
 * ```sh
 * deno task bench                                # deno bench, all files
 * deno task bench:compare                        # this harness, all files
 * deno run -A --no-lock bench/result_bench.ts    # this harness, one file
 * ```
 *
 * Options: `--quick` (in a third of the time, with more noise), `--filter TEXT`
 * (only groups with this in "suite: group"). For `run.ts` there are besides
 * `--only NAME` (all is warmed up, but only groups of these names are measured)
 * and `--json FILE` (every round, instead of tables).
 *
 * Peers are pinned in the bench files (`npm:name@version`) and nowhere else;
 * `--no-lock` keeps them out of deno.lock, and so out of what the tests
 * install. Node and Bun read the copies that Deno installed.
 *
 * How it measures, and why:
 *
 * 1. Every contender is first checked. A peer that answers wrongly is
 *    disqualified; if ours does, the run fails.
 * 2. All cases of all groups are warmed up before the first is measured, so
 *    that none profits from an optimization that a later one undoes.
 * 3. Time is what processors spend on this process, in all its threads. It goes
 *    on for the garbage collector, and stands still while other programs run.
 * 4. A sample is a loop of at least 4 ms. In a round the cases take turns, in
 *    reverse order in odd rounds, and of each case's samples the best counts:
 *    what else the machine does only ever adds time.
 * 5. Each group has so much time for each of its cases, which says how many
 *    rounds there are: many if a call is fast, and `MIN_ROUNDS` if it is slow.
 * 6. Ratios are taken within a round, between neighbours in time. The table
 *    shows their median and, in brackets, their quartiles: ours divided by the
 *    contender, so that below 1 ours is faster.
 *
 * `deno bench` calls all contenders from one loop, each at another time, and goes
 * by the clock on the wall: handy every day, but where the two disagree, trust
 * this.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { circumstances } from "./results.ts";
import {
  type GroupRounds,
  type Role,
  type SuiteRounds,
  summarize,
  toText,
} from "./rounds.ts";

/**
 * One implementation of a group's task. The work must depend on the index, or
 * engines do it once, and what it produced must be returned, or they do not do
 * it at all. A promise is awaited.
 */
export type Contender = (index: number) => unknown;

/** Contenders for one task. */
export interface Group {
  /** The task. */
  readonly name: string;
  /** Runs once, before the contenders are checked. */
  readonly setup?: () => void | Promise<void>;
  /** Our implementation. */
  readonly ours: Contender;
  /** Ours in other ways, by name: to be seen beside it, and no peers. */
  readonly variants?: Readonly<Record<string, Contender>>;
  /** The task written by hand: the best that can be hoped for. */
  readonly floor?: Contender;
  /** Other libraries, by name. */
  readonly peers: Readonly<Record<string, Contender>>;
  /** Whether an answer, awaited if it was a promise, is right. */
  readonly check: (answer: unknown, index: number) => boolean;
}

interface Entry {
  readonly name: string;
  readonly role: Role;
  readonly contender: Contender;
}

interface Examined extends Entry {
  readonly isAsync: boolean;
  /** Why it is disqualified. */
  readonly fault: string | undefined;
}

interface Case extends Examined {
  readonly loop: (calls: number) => Promise<void> | void;
  /** How long it has been warmed up. */
  warmMs: number;
  /** The calls of a sample. */
  calls: number;
  /** How long it takes. */
  sampleMs: number;
  /** The best sample of each round, in nanoseconds a call. */
  readonly bests: number[];
}

const SAMPLE_MS = 4;
const MIN_ROUNDS = 5;
const MAX_SAMPLES = 5;

/** A contender is called so often to be checked, unless that takes too long. */
const CHECKED_CALLS = 64;
const MIN_CHECKED_CALLS = 3;
const CHECK_MS = 100;

/** For each case, if its calls are not so slow that they need more. */
const FULL: Budget = { warmUpMs: 120, measureMs: 300 };
const QUICK: Budget = { warmUpMs: 40, measureMs: 80 };

interface Budget {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Keeps the latest answers: an answer that is kept is not dead code. */
const sink: unknown[] = new Array(16).fill(undefined);

let loops = 0;

/**
 * Measures the groups or, under `deno bench`, registers them.
 *
 * @param meta The `import.meta` of the bench file.
 * @param suite What the groups are about.
 * @param groups The groups.
 * @throws {Error} Our contender is wrong.
 */
export async function bench(
  meta: ImportMeta,
  suite: string,
  groups: readonly Group[],
): Promise<void> {
  // `deno run` has a `Deno.bench` too, which does nothing. The difference is
  // that `deno bench` imports the file: it is not the main module then. (It is
  // undefined in Node 22, where a bench file has only one way to be run.)
  if ("Deno" in globalThis && !meta.main) return await register(suite, groups);

  const { values: { quick, filter, only, json } } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      filter: { type: "string", default: "" },
      only: { type: "string", multiple: true },
      json: { type: "string" },
    },
  });
  const budget = quick ? QUICK : FULL;

  const prepared: Prepared[] = [];
  for (const group of groups) {
    if (!`${suite}: ${group.name}`.includes(filter)) continue;
    prepared.push(await prepare(group));
  }
  await warmUp(prepared.flatMap(({ cases }) => cases), budget.warmUpMs);

  const measured: GroupRounds[] = [];
  for (const one of prepared) {
    if (only !== undefined && !only.includes(one.name)) continue;
    const group = await measure(one, budget.measureMs);
    measured.push(group);
    if (json === undefined) console.log(toText(suite, summarize([group])));
  }
  if (json !== undefined) {
    const report: SuiteRounds = { ...circumstances(), suite, groups: measured };
    writeFileSync(json, JSON.stringify(report));
  }
}

async function register(
  suite: string,
  groups: readonly Group[],
): Promise<void> {
  for (const group of groups) {
    for (
      const { name, role, contender, isAsync, fault } of await examineAll(group)
    ) {
      if (fault !== undefined) continue;
      let i = 0;
      Deno.bench({
        name,
        group: `${suite}: ${group.name}`,
        baseline: role === "ours",
        fn: isAsync
          ? async () => void (sink[i & 15] = await contender(i++))
          : () => void (sink[i & 15] = contender(i++)),
      });
    }
  }
}

interface Prepared {
  readonly name: string;
  readonly cases: readonly Case[];
  readonly disqualified: Readonly<Record<string, string>>;
}

async function prepare(group: Group): Promise<Prepared> {
  const cases: Case[] = [];
  const disqualified: Record<string, string> = {};
  for (const one of await examineAll(group)) {
    if (one.fault !== undefined) disqualified[one.name] = one.fault;
    else {
      const loop = compileLoop(one);
      cases.push({ ...one, loop, warmMs: 0, calls: 1, sampleMs: 0, bests: [] });
    }
  }
  return { name: group.name, cases, disqualified };
}

async function examineAll(group: Group): Promise<Examined[]> {
  await group.setup?.();
  const { ours, variants = {}, floor, peers } = group;
  const entries: Entry[] = [{
    name: "groundwork",
    role: "ours",
    contender: ours,
  }];
  if (floor !== undefined) {
    entries.push({ name: "by hand", role: "floor", contender: floor });
  }
  for (const [name, contender] of Object.entries(variants)) {
    entries.push({ name, role: "variant", contender });
  }
  for (const [name, contender] of Object.entries(peers)) {
    entries.push({ name, role: "peer", contender });
  }
  const examined: Examined[] = [];
  for (const entry of entries) {
    const one = await examine(entry, group.check);
    examined.push(one);
    if (one.fault === undefined) continue;
    const message = `${entry.name} ${one.fault} in "${group.name}"`;
    if (entry.role === "ours") throw new Error(message);
    console.error(`Disqualified: ${message}`);
  }
  return examined;
}

async function examine(entry: Entry, check: Group["check"]): Promise<Examined> {
  let isAsync = false;
  const start = processorMs();
  for (let i = 0; i < CHECKED_CALLS; i++) {
    const spentMs = processorMs() - start;
    if (i >= MIN_CHECKED_CALLS && spentMs > CHECK_MS) break;
    let fault: string | undefined;
    try {
      const returned = entry.contender(i) as { then?: unknown } | undefined;
      isAsync ||= typeof returned?.then === "function";
      const answer = await returned;
      if (!check(answer, i)) fault = `answers ${String(answer)} to ${i}`;
    } catch (thrown) {
      fault = `throws ${String(thrown)} at ${i}`;
    }
    if (fault !== undefined) return { ...entry, isAsync, fault };
  }
  return { ...entry, isAsync, fault: undefined };
}

/**
 * Compiles a loop for one contender alone. What engines learn about a call is
 * kept with its place in the source. In a loop that all contenders share the
 * call may go anywhere, and is inlined for none: V8 then measured 4.2 and 5.0 ns
 * for two contenders that take 0.8 and 2.7 ns in loops of their own. A closure
 * of the loop for each is no remedy, and neither is to compile the same text
 * again: both share what was learned. Hence the number in the text.
 *
 * The other side: a contender is inlined into its loop, which leaves a little
 * less room for what is to be inlined into the contender.
 */
function compileLoop({ contender, isAsync }: Examined): Case["loop"] {
  const [prefix, wait] = isAsync ? ["async ", "await "] : ["", ""];
  return new Function(
    "contender",
    "sink",
    `return ${prefix}function loop${++loops}(calls) {
      for (let i = 0; i < calls; i++) sink[i & 15] = ${wait}contender(i);
    }`,
  )(contender, sink);
}

/** Warms the cases up in turns, then finds how many calls make a sample. */
async function warmUp(cases: readonly Case[], ms: number): Promise<void> {
  for (let turn = 1; turn <= 3; turn++) {
    for (const one of cases) {
      while (one.warmMs < ms * turn / 3) {
        const tookMs = await sample(one);
        if (tookMs < 1) one.calls *= 2;
        one.warmMs += tookMs;
      }
    }
  }
  for (const one of cases) {
    while ((one.sampleMs = await sample(one)) < SAMPLE_MS) {
      // At most doubled, since the reading may be off; more than asked for,
      // since the next may be.
      const growth = Math.min(2, 1.2 * SAMPLE_MS / one.sampleMs);
      one.calls = Math.ceil(one.calls * growth);
    }
  }
}

async function measure(
  { name, cases, disqualified }: Prepared,
  budgetMs: number,
): Promise<GroupRounds> {
  const turnMs = cases.reduce((sum, { sampleMs }) => sum + sampleMs, 0);
  const turns = budgetMs * cases.length / turnMs;
  // Where there is time for both, more rounds are better than more samples.
  const samples = clamp(Math.round(turns / 12), 1, MAX_SAMPLES);
  const rounds = Math.max(MIN_ROUNDS, Math.floor(turns / samples));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? cases : cases.toReversed();
    for (const { bests } of cases) bests.push(Infinity);
    for (let i = 0; i < samples; i++) {
      for (const one of order) {
        const ns = await sample(one) * 1e6 / one.calls;
        one.bests[round] = Math.min(one.bests[round] ?? Infinity, ns);
      }
    }
  }
  const contenders = cases.map(({ name, role, bests }) => ({
    name,
    role,
    ns: bests,
  }));
  return { name, contenders, disqualified };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** How many milliseconds a sample took. */
async function sample({ loop, calls, isAsync }: Case): Promise<number> {
  const start = processorMs();
  const running = loop(calls);
  if (isAsync) await running;
  return processorMs() - start;
}

/**
 * The time that processors have spent on this process, in all its threads. While
 * others have them, it stands still: measured on two processors that nine programs
 * shared, the middle half of the samples of one loop took 100 to 144 ms by the
 * clock on the wall, and 18.4 to 18.9 ms by this one.
 */
function processorMs(): number {
  // Windows counts in steps of 15 ms.
  if (process.platform === "win32") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}
