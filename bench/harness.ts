// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * Compares contenders on a noisy machine. A bench file that uses it runs on
 * Deno, Node (22.18 or newer) and Bun, and under `deno bench` as well:
 *
 * ```sh
 * deno task bench                                # deno bench, all files
 * deno task bench:deno                           # this harness, all files
 * deno task bench:node --quick --filter map      # the same on Node
 * deno task bench:bun --json report.json         # the same on Bun
 * deno run -A --no-lock bench/result_bench.ts    # this harness, one file
 * ```
 *
 * Options: `--quick` (fewer and smaller rounds), `--filter TEXT` (only groups
 * with this in their name), `--json FILE` (the quartiles as well).
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
 * 3. A sample is a loop of at least 4 ms. In a round the cases take turns, in
 *    reverse order in odd rounds, and of each case's samples the best counts:
 *    what else the machine does only ever adds time.
 * 4. Ratios are taken within a round, between neighbours in time. The table
 *    shows their median and, in brackets, their quartiles: ours divided by the
 *    contender, so that below 1 ours is faster.
 *
 * `deno bench` calls all contenders from one loop and each at another time:
 * handy every day, but where the two disagree, trust this.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";

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
  /** The task written by hand: the best that can be hoped for. */
  readonly floor?: Contender;
  /** Other libraries, by name. */
  readonly peers: Readonly<Record<string, Contender>>;
  /** Whether an answer, awaited if it was a promise, is right. */
  readonly check: (answer: unknown, index: number) => boolean;
}

interface Entry {
  readonly name: string;
  readonly role: "ours" | "floor" | "peer";
  readonly contender: Contender;
}

interface Examined extends Entry {
  readonly isAsync: boolean;
  /** Why it is disqualified. */
  readonly fault: string | undefined;
}

interface Case extends Examined {
  readonly loop: (calls: number) => Promise<void> | void;
  /** The calls of a sample. */
  calls: number;
  /** The best sample of each round, in nanoseconds a call. */
  readonly bests: number[];
}

interface Quartiles {
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
}

/** A group's part of what `--json` writes. */
interface GroupReport {
  readonly name: string;
  readonly fastestPeer: string | undefined;
  /** The fastest first; `ratio` is ours divided by the contender. */
  readonly contenders: readonly {
    readonly name: string;
    readonly role: Entry["role"];
    readonly nsPerCall: Quartiles;
    readonly ratio: Quartiles;
  }[];
  readonly disqualified: readonly { name: string; reason?: string }[];
}

const CHECKED_CALLS = 64;
const SAMPLE_MS = 4;
const FULL = { rounds: 15, samples: 5, warmUpMs: 150 };
const QUICK = { rounds: 5, samples: 2, warmUpMs: 50 };

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

  const { values: { quick, filter, json } } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      filter: { type: "string", default: "" },
      json: { type: "string" },
    },
  });
  const { rounds, samples, warmUpMs } = quick ? QUICK : FULL;
  const runtime = detectRuntime();
  const cpu = cpus()[0]?.model ?? "unknown";
  console.log(`\n${suite}: ${runtime.name} ${runtime.version}, ${cpu}`);

  const prepared: { name: string; examined: Examined[]; cases: Case[] }[] = [];
  for (const group of groups.filter(({ name }) => name.includes(filter))) {
    const examined = await examineAll(group);
    const cases = examined.filter(({ fault }) => fault === undefined)
      .map((one): Case => ({
        ...one,
        loop: compileLoop(one),
        calls: 1,
        bests: [],
      }));
    prepared.push({ name: group.name, examined, cases });
  }
  await warmUp(prepared.flatMap(({ cases }) => cases), warmUpMs);

  const reports: GroupReport[] = [];
  for (const { name, examined, cases } of prepared) {
    await measure(cases, rounds, samples);
    const report = toReport(name, examined, cases);
    reports.push(report);
    print(report);
  }
  if (json !== undefined) {
    const date = new Date().toISOString();
    const report = { suite, date, runtime, cpu, quick, groups: reports };
    writeFileSync(json, JSON.stringify(report, undefined, 2) + "\n");
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

async function examineAll(group: Group): Promise<Examined[]> {
  await group.setup?.();
  const { ours, floor, peers } = group;
  const entries: Entry[] = [{
    name: "groundwork",
    role: "ours",
    contender: ours,
  }];
  if (floor !== undefined) {
    entries.push({ name: "by hand", role: "floor", contender: floor });
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
    console.log(`Disqualified: ${message}`);
  }
  return examined;
}

async function examine(entry: Entry, check: Group["check"]): Promise<Examined> {
  let isAsync = false;
  for (let i = 0; i < CHECKED_CALLS; i++) {
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
  for (let turn = 0; turn < 3; turn++) {
    for (const one of cases) {
      for (let spentMs = 0; spentMs < ms / 3;) {
        const tookMs = await sample(one);
        if (tookMs < 1) one.calls *= 2;
        spentMs += tookMs;
      }
    }
  }
  for (const one of cases) {
    for (let ms = 0; (ms = await sample(one)) < SAMPLE_MS;) {
      // At most doubled, since the reading may be off; more than asked for,
      // since the next may be.
      one.calls = Math.ceil(one.calls * Math.min(2, 1.2 * SAMPLE_MS / ms));
    }
  }
}

async function measure(
  cases: readonly Case[],
  rounds: number,
  samples: number,
): Promise<void> {
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
}

/** How many milliseconds a sample took. */
async function sample({ loop, calls, isAsync }: Case): Promise<number> {
  const start = performance.now();
  const running = loop(calls);
  if (isAsync) await running;
  return performance.now() - start;
}

function toReport(
  name: string,
  examined: readonly Examined[],
  cases: readonly Case[],
): GroupReport {
  const ours = cases.find(({ role }) => role === "ours")?.bests ?? [];
  const contenders = cases.map(({ name, role, bests }) => ({
    name,
    role,
    nsPerCall: quartiles(bests),
    ratio: quartiles(bests.map((ns, round) => (ours[round] ?? NaN) / ns)),
  })).toSorted((a, b) => a.nsPerCall.median - b.nsPerCall.median);
  return {
    name,
    fastestPeer: contenders.find(({ role }) => role === "peer")?.name,
    contenders,
    disqualified: examined.filter(({ fault }) => fault !== undefined)
      .map(({ name, fault = "" }) => ({ name, reason: fault })),
  };
}

function quartiles(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  function at(share: number): number {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? NaN;
    return below + ((sorted[Math.ceil(place)] ?? NaN) - below) * (place % 1);
  }
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}

function print(report: GroupReport): void {
  console.log(`\n${report.name.padEnd(32)} ns a call   ours ÷ it  (q1..q3)`);
  for (const { name, role, nsPerCall, ratio } of report.contenders) {
    const mark = role === "ours"
      ? ">"
      : name === report.fastestPeer
      ? "*"
      : " ";
    const label = role === "floor" ? `${name} (floor)` : name;
    const spread = `(${ratio.q1.toFixed(2)}..${ratio.q3.toFixed(2)})`;
    console.log(
      `${mark} ${label.padEnd(30)}`,
      nsPerCall.median.toFixed(2).padStart(9),
      ratio.median.toFixed(2).padStart(11),
      role === "ours" ? "" : ` ${spread}`,
    );
  }
  for (const { name, reason } of report.disqualified) {
    console.log(`- ${name}: disqualified, ${reason}`);
  }
  console.log("> ours   * fastest peer");
}

function detectRuntime(): { name: string; version: string | undefined } {
  const { versions } = process;
  const name = ["deno", "bun"].find((name) => name in versions) ?? "node";
  return { name, version: versions[name] };
}
