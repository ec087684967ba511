// deno-lint-ignore-file no-console -- a report on the console is the purpose

/**
 * How the time of operations grows with the size of what they work on, beside
 * what their documentation states. Fails where one grows faster:
 *
 * ```sh
 * deno task bench:scaling                       # on Deno
 * deno task bench:scaling --runtime node        # or bun
 * deno task bench:scaling --filter Cache        # "structure: operation"
 * deno task bench:scaling --save                # into results.json
 * ```
 *
 * `--json FILE` writes what `results.ts` calls a `ScalingPart`.
 *
 * How it measures, and why:
 *
 * 1. Each operation has a process of its own, with structures of all sizes, and
 *    beside each a control: a bare Map or array of the same size that is used in
 *    a way of the stated complexity. It grows too, with the caches that no
 *    longer hold it, and tells by how much the machine or the engine is to blame.
 * 2. Where items are visited, it is the same number at each size, at random
 *    places: what is seen to grow is the work, not the memory that it is done on.
 * 3. A sample takes 2 ms at least, and as many operations as there are items: so
 *    what is amortized is paid within each sample. Of several samples in turns
 *    the best counts. It is the time of the processor, to which nothing that
 *    runs beside adds.
 * 4. The slope of the line through the logarithms of sizes and times is compared
 *    with that of the control, for all sizes and for the three largest. What
 *    exceeds it by more than `TOLERANCE` is measured twice more, and fails if it
 *    does so each time.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { askChild } from "./child.ts";
import {
  type Circumstances,
  circumstances,
  parseRuntime,
  type RuntimeName,
  saveResults,
  type ScalingPart,
  type ScalingResult,
} from "./results.ts";
import { type Control, controls, type Step } from "./scaling_controls.ts";
import { events } from "./scaling_events.ts";
import { shuffled } from "./scaling_items.ts";
import { queues } from "./scaling_queues.ts";
import { records } from "./scaling_records.ts";
import { stores } from "./scaling_stores.ts";
import { values } from "./scaling_values.ts";
import { logLogSlope } from "./statistics.ts";

/** What is measured. */
export interface Operation {
  /** The class or function. */
  readonly structure: string;
  /** What is done with it. */
  readonly operation: string;
  /** What its documentation states. */
  readonly complexity: string;
  /** What grows as it should. */
  readonly control: Control;
  /** How large the structures are, in rising order. Default: from 1e2 to 1e6. */
  readonly sizes?: readonly number[];
  /** Makes a structure, and what does the operation. */
  readonly prepare: (size: number) => Step | Promise<Step>;
  /** How many operations a step is at this size. Default: one. */
  readonly batch?: (size: number) => number;
  /** What the reader should know. */
  readonly note?: string;
}

type Points = ScalingResult["points"];

/** What a child prints. */
interface Measurement extends Circumstances {
  readonly ours: Points;
  readonly control: Points;
}

const SIZES: readonly number[] = [1e2, 1e3, 1e4, 1e5, 1e6];

/** How many items are visited, again and again. */
const VISITED = 50;

const SHORTEST_SAMPLE_MS = 2;
/** Where it takes longer, what has been done by then is enough. */
const LONGEST_SAMPLE_MS = 500;

const ROUNDS = 7;
/** How many there are in any case, and for how long there are more. */
const FEWEST_ROUNDS = 2;
const ENOUGH_MS = 200;

/**
 * Of what grows as stated, the slope exceeds that of the control by 0.15 at the
 * most on a quiet machine, since ours has more to keep in the caches. A factor
 * of √n more would be 0.5.
 */
const TOLERANCE = 0.2;

const operations: readonly Operation[] = [
  ...stores,
  ...queues,
  ...events,
  ...records,
  ...values,
];

function nameOf({ structure, operation }: Operation): string {
  return `${structure}: ${operation}`;
}

// --- In the child

/** Something that is measured at one size. */
interface Track {
  readonly size: number;
  readonly step: Step;
  /** The numbers of the items that are visited. */
  readonly visited: Int32Array;
  /** Which of them is the next. */
  at: number;
  /** How many steps make a sample. */
  steps: number;
  /** How many operations a step is. */
  readonly batch: number;
  bestNs: number;
  spentMs: number;
}

async function measure(operation: Operation): Promise<Measurement> {
  const { prepare, control, batch = () => 1, sizes = SIZES } = operation;
  // One step is about all items.
  const isWhole = ["visit", "passThrough", "read"].includes(control);
  const ours: Track[] = [];
  const theirs: Track[] = [];
  for (const size of sizes) {
    const fewest = isWhole ? 1 : size;
    const makeControl = controls[control];
    ours.push(makeTrack(size, await prepare(size), fewest, batch(size)));
    theirs.push(makeTrack(size, makeControl(size), fewest, 1));
  }
  const tracks = ours.flatMap((track, i) => [track, theirs[i]!]);
  for (const track of tracks) await calibrate(track);
  for (let round = 0; round < ROUNDS; round++) {
    for (const track of round % 2 === 0 ? tracks : tracks.toReversed()) {
      const isEnough = round >= FEWEST_ROUNDS && track.spentMs > ENOUGH_MS;
      if (!isEnough) await sample(track);
    }
  }
  const toPoints = (tracks: readonly Track[]): Points =>
    tracks.map(({ size, bestNs }) => [size, bestNs]);
  return {
    ...circumstances(),
    ours: toPoints(ours),
    control: toPoints(theirs),
  };
}

function makeTrack(
  size: number,
  step: Step,
  fewest: number,
  batch: number,
): Track {
  return {
    size,
    step,
    visited: shuffled(size).subarray(0, VISITED),
    at: 0,
    steps: Math.ceil(fewest / batch),
    batch,
    bestNs: Infinity,
    spentMs: 0,
  };
}

/** Finds how many steps take long enough, once they are warm. */
async function calibrate(track: Track): Promise<void> {
  for (;;) {
    const ms = Math.min(await sample(track), await sample(track));
    if (ms >= SHORTEST_SAMPLE_MS) return;
    const growth = 1.2 * SHORTEST_SAMPLE_MS / Math.max(ms, 0.01);
    track.steps = Math.ceil(track.steps * Math.min(10, growth));
  }
}

/** Measures once; tells how long it took. */
async function sample(track: Track): Promise<number> {
  const { step, visited, steps } = track;
  let { at } = track;
  let done = 0;
  let right = 0;
  const startCpu = process.cpuUsage();
  const start = performance.now();
  while (done < steps) {
    const answer = step(visited[at]!);
    if (answer === true || answer !== false && await answer) right++;
    at = at + 1 === visited.length ? 0 : at + 1;
    if ((++done & 255) > 0) continue;
    if (performance.now() - start > LONGEST_SAMPLE_MS) break;
  }
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(startCpu);
  // The garbage collector has threads, whose time may be more than has gone by.
  const ms = Math.min(wallMs, (user + system) / 1e3);
  if (right < done) throw new Error(`${done - right} of ${done} steps failed`);
  track.at = at;
  track.spentMs += ms;
  // Rarely, time is booked late, and a sample seems to have taken none.
  if (ms > wallMs / 20) {
    track.bestNs = Math.min(track.bestNs, ms * 1e6 / done / track.batch);
  }
  return ms;
}

// --- In the parent

/** By how much it exceeds the control: on the whole, or among large sizes. */
function excessOf({ ours, control }: Measurement): number {
  const excess = (from: number) =>
    logLogSlope(ours.slice(from)) - logLogSlope(control.slice(from));
  const most = Math.max(excess(0), excess(-3));
  if (Number.isNaN(most)) throw new Error("No sample took any time");
  return most;
}

/** The least that it exceeds the control by, if that is too much at first. */
function judge(operation: Operation, runtime: RuntimeName): Measurement {
  const args = ["--measure", nameOf(operation)];
  let best = askChild(runtime, "scaling.ts", args) as Measurement;
  for (let i = 0; i < 2 && excessOf(best) > TOLERANCE; i++) {
    const again = askChild(runtime, "scaling.ts", args) as Measurement;
    if (excessOf(again) < excessOf(best)) best = again;
  }
  return best;
}

function toResult(
  { structure, operation, complexity, note }: Operation,
  { ours, control }: Measurement,
): ScalingResult {
  return {
    structure,
    operation,
    complexity,
    points: ours,
    slope: logLogSlope(ours),
    controlSlope: logLogSlope(control),
    ...(note !== undefined && { note }),
  };
}

const HEAD = [
  "ns an operation".padEnd(68),
  ...SIZES.map((size) => size.toExponential().replace("+", "").padStart(7)),
  " slope control excess",
].join(" ");

function toRow(operation: Operation, measured: Measurement): string {
  const { slope, controlSlope = NaN } = toResult(operation, measured);
  const excess = excessOf(measured);
  const ns = new Map(measured.ours);
  return [
    nameOf(operation).padEnd(58),
    operation.complexity.padEnd(9),
    ...SIZES.map((size) => formatNs(ns.get(size)).padStart(7)),
    slope.toFixed(2).padStart(6),
    controlSlope.toFixed(2).padStart(7),
    excess.toFixed(2).padStart(6),
    excess > TOLERANCE ? "grows faster than stated" : "",
  ].join(" ").trimEnd();
}

function formatNs(ns: number | undefined): string {
  if (ns === undefined) return "";
  if (ns < 1e6) return ns.toFixed(ns < 10 ? 1 : 0);
  return ns.toExponential(1).replace("+", "");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runtime: { type: "string", default: circumstances().runtime },
      filter: { type: "string", default: "" },
      json: { type: "string" },
      save: { type: "boolean", default: false },
      measure: { type: "string" },
    },
  });
  const { filter, json, save, measure: name } = values;
  const runtime = parseRuntime(values.runtime);
  if (name !== undefined) {
    const operation = operations.find((it) => nameOf(it) === name)!;
    console.log(JSON.stringify(await measure(operation)));
    process.exit(); // Nobody waits for what is still to happen.
  }
  console.log(HEAD);
  const results: ScalingResult[] = [];
  let part: ScalingPart | undefined;
  for (const operation of operations) {
    if (!nameOf(operation).includes(filter)) continue;
    const measured = judge(operation, runtime);
    console.log(toRow(operation, measured));
    if (excessOf(measured) > TOLERANCE) process.exitCode = 1;
    results.push(toResult(operation, measured));
    const { ours: _ours, control: _control, ...with_ } = measured;
    part = { ...with_, operations: results };
  }
  if (part === undefined) throw new Error("No operation has such a name");
  if (json !== undefined) {
    writeFileSync(json, JSON.stringify(part, undefined, 2) + "\n");
  }
  if (save) saveResults("scaling", part);
}

await main();
