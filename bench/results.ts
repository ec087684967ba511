/**
 * What stands in `results.json`, which the page and the chart are made of, and
 * which `deno task bench:check` compares with.
 *
 * It has a section for each kind of measurement and in it a part for each
 * runtime. Whoever measures replaces the part of its runtime, by `saveResults`,
 * and then renders the page anew by `deno task bench:compare --render`:
 *
 * ```ts ignore
 * const part: MemoryPart = { ...circumstances(), structures };
 * saveResults("memory", part);
 * ```
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import type { Quartiles } from "./statistics.ts";

/** All that was measured. */
export interface Results {
  /** Ours beside the peers: what a call takes. */
  readonly comparison?: Parts<ComparisonPart>;
  /** What structures hold, in bytes. */
  readonly memory?: Parts<MemoryPart>;
  /** How the time of an operation grows with the size of the structure. */
  readonly scaling?: Parts<ScalingPart>;
}

/** The runtimes, as the keys of parts. */
export type RuntimeName = "deno" | "node" | "bun";

/** What the runtimes are called, in the order in which they are shown. */
export const RUNTIMES: Readonly<Record<RuntimeName, string>> = {
  deno: "Deno",
  node: "Node",
  bun: "Bun",
};

/**
 * Reads the name of a runtime.
 *
 * @param name The value of an option.
 * @returns It.
 * @throws {Error} There is no such runtime.
 */
export function parseRuntime(name: string): RuntimeName {
  if (name in RUNTIMES) return name as RuntimeName;
  throw new Error(`--runtime must be deno, node or bun: ${name}`);
}

/** What was measured on each runtime. */
export type Parts<Part> = Readonly<Partial<Record<RuntimeName, Part>>>;

/** What a part was measured with. */
export interface Circumstances {
  readonly runtime: RuntimeName;
  readonly runtimeVersion: string;
  /** The version of this package. */
  readonly version: string;
  readonly cpu: string;
  /** In ISO 8601. */
  readonly date: string;
}

// --- Comparison

/** What bench files report on one runtime. */
export interface ComparisonPart extends Circumstances {
  /** Measured in little time, so with more noise. */
  readonly quick: boolean;
  readonly suites: readonly SuiteResult[];
}

/** What one bench file reports. */
export interface SuiteResult {
  readonly name: string;
  /** The file, without the folder. */
  readonly file: string;
  /** The versions of the packages that the file imports. */
  readonly packages: Readonly<Record<string, string>>;
  readonly groups: readonly GroupResult[];
}

/** What was measured of one task. */
export interface GroupResult {
  readonly name: string;
  readonly oursNs: number;
  /** Ours in other ways, by name. */
  readonly variants?: Readonly<Record<string, Measured>>;
  /** The task written by hand. */
  readonly floor?: Measured;
  /** The libraries, by name, the fastest first. */
  readonly peers: Readonly<Record<string, Measured>>;
  /** Who answered wrongly, and how. */
  readonly disqualified?: Readonly<Record<string, string>>;
}

/** What was measured of a contender other than ours. */
export interface Measured {
  /** Nanoseconds a call: the median. */
  readonly ns: number;
  /** Ours divided by this one: below 1 ours is faster. */
  readonly ratio: Quartiles;
}

// --- Memory

/** What the `*_memory.ts` report on one runtime. */
export interface MemoryPart extends Circumstances {
  readonly structures: readonly MemoryResult[];
}

/** What one task keeps in ours and in others. */
export interface MemoryResult {
  /** What is weighed: "cache, 1e5 entries, full". */
  readonly name: string;
  /** What the bytes are divided by: "entry", "key", "series". */
  readonly item: string;
  /** Bytes an item of each kind of ours, by name. */
  readonly ours: Readonly<Record<string, number>>;
  /** Bytes an item of each library, by name. */
  readonly peers: Readonly<Record<string, number>>;
  /** What the reader should know: why a peer takes less, say. */
  readonly note?: string;
}

// --- Scaling

/** What the measurements of growth report on one runtime. */
export interface ScalingPart extends Circumstances {
  readonly operations: readonly ScalingResult[];
}

/** How the time of one operation grows. */
export interface ScalingResult {
  /** The class or function: "PriorityHeap". */
  readonly structure: string;
  /** "pop", "invalidateByTag, 10 of n entries". */
  readonly operation: string;
  /** What its documentation states: "O(log n)". */
  readonly complexity: string;
  /** Sizes in rising order, with nanoseconds an operation at each. */
  readonly points: readonly (readonly [size: number, ns: number])[];
  /** Of the line through the logarithms of the points (`logLogSlope`). */
  readonly slope: number;
  /** That of what grows as stated, a bare Map or array, on the same machine. */
  readonly controlSlope?: number;
  /** What the reader should know. */
  readonly note?: string;
}

// --- The file

type Section = keyof Results;
type PartOf<S extends Section> = NonNullable<Results[S]>[RuntimeName];

const FILE = new URL("results.json", import.meta.url);

/** Reads what has been measured so far. */
export function loadResults(): Results {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
}

/**
 * Replaces what has been measured on this runtime.
 *
 * @param section The kind of measurement.
 * @param part What was measured; it names its runtime.
 */
export function saveResults<S extends Section>(
  section: S,
  part: NonNullable<PartOf<S>>,
): void {
  const results = loadResults();
  const parts = { ...results[section], [part.runtime]: part };
  // On one line: the rendering formats it, and keeps whatever fits into a line.
  writeFileSync(
    FILE,
    JSON.stringify({ ...results, [section]: parts }, rounded) + "\n",
  );
}

/** Four digits are more than any machine can repeat. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

/** What is measured with: here and now. */
export function circumstances(): Circumstances {
  const { versions } = process;
  const runtime = (["deno", "bun"] as const).find((name) => name in versions) ??
    "node";
  const manifest = new URL("../deno.json", import.meta.url);
  return {
    runtime,
    runtimeVersion: versions[runtime] ?? "unknown",
    version: JSON.parse(readFileSync(manifest, "utf8")).version,
    cpu: cpus()[0]?.model ?? "unknown",
    date: new Date().toISOString(),
  };
}
