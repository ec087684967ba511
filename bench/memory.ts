// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * How many bytes an item takes in what holds it, in ours and in other libraries:
 * the tables of all `*_memory.ts`.
 *
 * ```sh
 * deno task bench:memory                       # on Deno
 * deno task bench:memory --runtime node        # or bun
 * deno task bench:memory --filter Cache
 * deno task bench:memory --save                # into results.json
 * ```
 *
 * `--json FILE` writes what `results.ts` calls a `MemoryPart`.
 *
 * Each contender is weighed in several processes of its own, of which the median
 * counts. A process first checks its scale with something of a known weight, and
 * does all that it will do once without counting: compiled code is no part of it.
 * Then the bytes on the heap and beside it are read, with the garbage collector
 * having run, before and after the contender is filled.
 *
 * What is put in was there before, and does not count. Where a library wants it
 * wrapped, in a function that does a job, say, what is made for that counts.
 *
 * @module
 */

import { readdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { askChild } from "./child.ts";
import {
  type Circumstances,
  circumstances,
  type MemoryPart,
  type MemoryResult,
  parseRuntime,
  type RuntimeName,
  saveResults,
} from "./results.ts";

/** Fills something with so many items, and gives what holds them. */
export type Filler = (count: number) => unknown;

/** Contenders of one task, as the `*_memory.ts` export them. */
export interface Weighing {
  /** What is weighed. */
  readonly name: string;
  /** What the bytes are divided by. */
  readonly item: string;
  /** How many items. */
  readonly count: number;
  /** Ours, by name. */
  readonly ours: Readonly<Record<string, Filler>>;
  /** Other libraries, by name. */
  readonly peers: Readonly<Record<string, Filler>>;
  /** What the reader should know. */
  readonly note?: string;
}

const PROCESSES = 3;

/** In so many parts it is filled at first: the last may not be freed at once. */
const PARTS = 10;

/** How often to weigh what has a known weight. */
const MOST_TRIES = 5;

// --- In the child

/** What a child prints. */
interface Weight extends Circumstances {
  /** Bytes an item. */
  readonly bytes: number;
}

/** Holds what is weighed: so it is not garbage. */
const scale: unknown[] = [];

const { gc, Bun } = globalThis as {
  gc?: () => void;
  Bun?: { gc(isSynchronous: boolean): void };
};

async function usedBytes(): Promise<number> {
  // What is about to happen, and what is still in a register, must not count.
  await new Promise((resolve) => setTimeout(resolve));
  for (let i = 0; i < 2; i++) {
    if (Bun !== undefined) Bun.gc(true);
    else gc!();
  }
  const { heapUsed, external } = process.memoryUsage();
  // To Bun the heap is all of it.
  return Bun !== undefined ? heapUsed : heapUsed + external;
}

async function bytesOf(make: () => unknown): Promise<number> {
  const before = await usedBytes();
  scale.push(await make());
  return await usedBytes() - before;
}

/** Fills as many items, but little by little, and drops them. */
async function warmUp(fill: Filler, count: number): Promise<void> {
  for (let i = 0; i < PARTS; i++) {
    await fill(count / PARTS);
    await usedBytes();
  }
}

async function checkScale(): Promise<void> {
  let bytes = NaN;
  for (let i = 0; i < MOST_TRIES; i++) { // What is left over from the start goes.
    bytes = await bytesOf(() => new Float64Array(1e6));
    scale.pop();
    if (bytes > 7.9e6 && bytes < 8.1e6) return;
  }
  throw new Error(`The scale is off: 8e6 bytes weigh ${bytes}`);
}

async function weigh(
  { ours, peers, count }: Weighing,
  contender: string,
): Promise<Weight> {
  await checkScale();
  const fill = { ...ours, ...peers }[contender]!;
  await warmUp(fill, count);
  const bytes = await bytesOf(() => fill(count));
  return { ...circumstances(), bytes: bytes / count };
}

// --- In the parent

/** The tables, by their files. */
async function loadAll(): Promise<ReadonlyMap<string, readonly Weighing[]>> {
  const files = readdirSync(new URL(".", import.meta.url))
    .filter((file) => file.endsWith("_memory.ts")).sort();
  const all = new Map<string, readonly Weighing[]>();
  for (const file of files) all.set(file, await load(file));
  return all;
}

async function load(file: string): Promise<readonly Weighing[]> {
  return (await import(new URL(file, import.meta.url).href)).weighings;
}

function toText({ name, item, ours, peers, note }: MemoryResult): string {
  const lines = [`\n${`${name}: bytes per ${item}`.padEnd(64)}  ours ÷ it`];
  const [least = NaN] = Object.values(ours);
  for (const [contender, bytes] of Object.entries({ ...ours, ...peers })) {
    const mark = contender in ours ? ">" : " ";
    lines.push([
      `${mark} ${contender}`.padEnd(56),
      bytes.toFixed(bytes < 10 ? 1 : 0).padStart(8),
      (least / bytes).toFixed(2).padStart(8),
    ].join(" "));
  }
  if (note !== undefined) lines.push(note);
  return lines.join("\n");
}

function ask(
  runtime: RuntimeName,
  file: string,
  name: string,
  contender: string,
): Weight {
  const args = [file, name, contender].flatMap((it) => ["--weigh", it]);
  const weights = Array.from(
    { length: PROCESSES },
    () => askChild(runtime, "memory.ts", args) as Weight,
  );
  return weights.toSorted((a, b) => a.bytes - b.bytes)[PROCESSES >> 1]!;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runtime: { type: "string", default: circumstances().runtime },
      filter: { type: "string", default: "" },
      json: { type: "string" },
      save: { type: "boolean", default: false },
      weigh: { type: "string", multiple: true },
    },
  });
  const { filter, json, save, weigh: wanted } = values;
  const runtime = parseRuntime(values.runtime);
  if (wanted !== undefined) {
    const [file = "", name, contender = ""] = wanted;
    const weighing = (await load(file)).find((it) => it.name === name)!;
    console.log(JSON.stringify(await weigh(weighing, contender)));
    process.exit(); // The timers of some peers go on for long.
  }
  const structures: MemoryResult[] = [];
  let part: MemoryPart | undefined;
  for (const [file, weighings] of await loadAll()) {
    for (const { name, item, ours, peers, note } of weighings) {
      if (!name.includes(filter)) continue;
      const weighAll = (
        contenders: Weighing["ours"],
      ): Record<string, number> => {
        const weights: Record<string, number> = {};
        for (const contender of Object.keys(contenders)) {
          const { bytes, ...measuredWith } = ask(
            runtime,
            file,
            name,
            contender,
          );
          part = { ...measuredWith, structures };
          // What weighs nothing is kept where nobody can read it.
          if (bytes >= 1) weights[contender] = bytes;
        }
        return weights;
      };
      structures.push({
        name,
        item,
        ours: weighAll(ours),
        peers: weighAll(peers),
        ...(note !== undefined && { note }),
      });
      console.log(toText(structures.at(-1)!));
    }
  }
  if (part === undefined) throw new Error("Nothing has such a name");
  if (json !== undefined) {
    writeFileSync(json, JSON.stringify(part, undefined, 2) + "\n");
  }
  if (save) saveResults("memory", part);
}

await main();
