/**
 * Writes the page of the benchmarks, `README.md` of this folder, and says what
 * goes into its chart: all from what was measured, and nothing by measuring.
 *
 * @module
 */

import type { Row } from "./chart.ts";
import type { SuiteNotes } from "./notes.ts";
import {
  type ComparisonPart,
  type GroupResult,
  type Measured,
  type MemoryPart,
  type MemoryResult,
  type Parts,
  type Results,
  type RuntimeName,
  RUNTIMES,
  type ScalingPart,
  type ScalingResult,
  type SuiteResult,
} from "./results.ts";

/** The notes by the names of suites. */
type Notes = Readonly<Record<string, SuiteNotes>>;

const COLUMNS = Object.entries(RUNTIMES) as [RuntimeName, string][];

/** A runtime on which something was measured. */
interface Column<Part> {
  readonly runtime: RuntimeName;
  readonly title: string;
  readonly part: Part;
}

function columnsOf<Part>(parts: Parts<Part>): Column<Part>[] {
  return COLUMNS.flatMap(([runtime, title]) => {
    const part = parts[runtime];
    return part === undefined ? [] : [{ runtime, title, part }];
  });
}

/** Less than this is a tie, whatever the quartiles say. */
const TIE = 1.05;

// --- Who is faster

/** How ours compares with the fastest peer. */
export type Outcome = "ours" | "tie" | "peer";

/**
 * Tells who is faster: nobody, if the quartiles do not say.
 *
 * @param measured What was measured of a peer.
 * @returns The outcome.
 */
export function outcomeOf({ ratio: [q1, median, q3] }: Measured): Outcome {
  if (q1 > 1 && median > TIE) return "peer";
  return q3 < 1 && median < 1 / TIE ? "ours" : "tie";
}

function groupOutcome({ peers }: GroupResult): Outcome | undefined {
  const outcomes = Object.values(peers).map(outcomeOf);
  if (outcomes.length === 0) return undefined;
  return (["peer", "tie"] as const).find((it) => outcomes.includes(it)) ??
    "ours";
}

/**
 * Finds the groups in which a peer is faster, and nobody has noted why.
 *
 * @param results What was measured.
 * @param notes What is said of it.
 * @returns Suite and group.
 */
export function unexplained(results: Results, notes: Notes): string[] {
  return suitesOf(results, notes).flatMap(({ name, rows }) =>
    rows.filter((row) => winsOf(row).length > 0 && !whyOf(row, notes[name]))
      .map((row) => `${name}: ${row.name}`)
  );
}

/**
 * Picks the typical task of each suite for the chart.
 *
 * @param results What was measured.
 * @param notes Which task is the typical one.
 * @returns The rows, in the order of the notes.
 */
export function headlines(results: Results, notes: Notes): Row[] {
  return suitesOf(results, notes).flatMap(({ name, rows }): Row[] => {
    const { title, headline } = notes[name] ?? {};
    const row = rows.find((row) => row.name === headline?.group);
    if (row === undefined) return [];
    const ratios: Partial<Record<RuntimeName, number>> = {};
    for (const [runtime] of COLUMNS) {
      const [fastest] = Object.values(row.on[runtime]?.peers ?? {});
      if (fastest !== undefined) ratios[runtime] = fastest.ratio[1];
    }
    return [{ title: title!, task: headline!.task, ratios }];
  });
}

// --- What was measured, put together by suite and group

interface SuiteRows {
  readonly name: string;
  readonly file: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly rows: readonly GroupRow[];
}

interface GroupRow {
  readonly name: string;
  readonly on: Readonly<Partial<Record<RuntimeName, GroupResult>>>;
}

/** In the order of the notes; those that have none come last. */
function suitesOf({ comparison = {} }: Results, notes: Notes): SuiteRows[] {
  const order = Object.keys(notes);
  const all = COLUMNS.flatMap(([runtime]) => comparison[runtime]?.suites ?? [])
    .map(({ name }) => name);
  return [...new Set([...order.filter((it) => all.includes(it)), ...all])]
    .map((name) => toRows(name, comparison));
}

function toRows(name: string, parts: Parts<ComparisonPart>): SuiteRows {
  const suites = new Map<RuntimeName, SuiteResult>();
  for (const [runtime] of COLUMNS) {
    const suite = parts[runtime]?.suites.find((it) => it.name === name);
    if (suite !== undefined) suites.set(runtime, suite);
  }
  const all = [...suites.values()];
  const names = new Set(
    all.flatMap(({ groups }) => groups.map(({ name }) => name)),
  );
  const rows = [...names].map((name): GroupRow => {
    const on: Partial<Record<RuntimeName, GroupResult>> = {};
    for (const [runtime, { groups }] of suites) {
      const group = groups.find((group) => group.name === name);
      if (group !== undefined) on[runtime] = group;
    }
    return { name, on };
  });
  const packages = Object.assign({}, ...all.map(({ packages }) => packages));
  return { name, file: all[0]!.file, packages, rows };
}

/** Who is faster than ours, on which runtime and by how much. */
function winsOf({ on }: GroupRow): string[] {
  const byPeer = new Map<string, string[]>();
  for (const [runtime, title] of COLUMNS) {
    const [fastest] = Object.entries(on[runtime]?.peers ?? {})
      .filter(([, measured]) => outcomeOf(measured) === "peer");
    if (fastest === undefined) continue;
    const [peer, { ratio }] = fastest;
    const told = `${digits(ratio[1])} on ${title}`;
    byPeer.set(peer, [...byPeer.get(peer) ?? [], told]);
  }
  return [...byPeer].map(([peer, told]) => `${peer}: ${told.join(", ")}`);
}

function whyOf(
  { name }: GroupRow,
  { whys = [] }: Partial<SuiteNotes> = {},
): string | undefined {
  return whys.filter(({ groups }) => groups.includes(name))
    .map(({ why }) => why).join(" ") || undefined;
}

// --- The page

/**
 * Writes the page.
 *
 * @param results What was measured.
 * @param notes What is said of it.
 * @returns The page, as Markdown that is not yet formatted.
 */
export function renderPage(results: Results, notes: Notes): string {
  const suites = suitesOf(results, notes);
  return [
    "<!-- Made by `deno task bench:compare --render`: edit `page.ts` or `notes.ts`. -->",
    "# Benchmarks",
    "Every hot path of Groundwork beside the libraries that do the same, and " +
    "beside what one would write by hand. Each contender has first to give the " +
    "right answers. Where a peer is faster, this page says so, and why.",
    PICTURE,
    "The typical task of each part: the time of ours divided by that of its " +
    "fastest peer. Left of 1 ours is faster. Below is the whole of it:",
    summary(results, suites),
    contents(suites, notes),
    RUN,
    METHOD,
    READING,
    "## Comparison",
    ...suites.map((suite) => renderSuite(suite, notes[suite.name])),
    renderMemory(results.memory),
    renderScaling(results.scaling),
  ].join("\n\n") + "\n";
}

const PICTURE = `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="chart-dark.svg">
  <img src="chart-light.svg" alt="Bar chart: the time of ours divided by that of the fastest peer, for one typical task of each part" width="800">
</picture>`;

const RUN = `## How to run it

\`\`\`sh
deno task bench:compare                  # all on Deno, and this page anew
deno task bench:compare --runtime node   # or bun
deno task bench:compare --quick          # in less than three minutes
deno task bench:compare --filter cache   # prints, and changes nothing
deno task bench:compare --render         # this page anew, measures nothing
deno task bench:memory --save            # bytes; --runtime as above
deno task bench:scaling --save           # growth; --runtime as above
deno task bench:check                    # compares with what stands here
deno task bench                          # the everyday tool: deno bench
\`\`\`

A run replaces what was measured on its runtime, and leaves the other ones as
they are. The figures are in [results.json](results.json).`;

const METHOD = `## How it is measured

- **Answers first.** Each contender is asked up to 64 times and its answers are
  checked. A peer that answers wrongly is disqualified, and said to be; if ours
  does, nothing is measured.
- **All are warm.** All contenders of all tasks of a file are warmed up before the
  first is measured: none profits from an optimization that a later one undoes.
- **A loop each.** The loop that calls a contender is compiled for it alone. In one
  that all share, V8 would inline none of them.
- **The processor's time.** What counts is the time that processors spend on the
  process, in all its threads. Other programs on the machine do not count, nor does
  a contender that waits and does nothing; the garbage collector does.
- **In turns.** A sample takes 4 ms at least. In each round all contenders take
  turns, in reverse order in odd rounds, and of up to five samples the best counts:
  what else the machine does only ever adds time.
- **Ratios, not times.** Ours is divided by the other's time of the same round, so
  that what slows the machine down slows both.
- **Several processes.** Engines compile the same code differently from process to
  process. A full run takes three of each file, minutes apart, and puts their
  rounds together; a quick one takes one.

\`deno task bench:check\` measures once more and compares the ratios with these. How
much is noise it learns from the peers: their code is the same, so what they change
by against each other is noise. A task fails if ours is slower than the upper
quartile here by more than that, and by 15 % at least, in three runs out of three.
If even peers differ by more than 35 %, the machine is too noisy to tell, and it says
so, with an exit code of its own (3).`;

const READING = `## How to read it

- The bold line of each task has the time that ours takes for a call. The lines
  below it have **ours divided by the contender**: 0.5 means that ours takes half
  the time, 2 that it takes twice as long. In brackets are the quartiles of all
  rounds: half of them were within.
- A ratio in bold: that peer is faster than ours. It says so where the median is
  above ${TIE} and the lower quartile above 1.
- *By hand* is the task without a library, without what ours checks and holds. *Ours*
  with a comma is ours used in another way; it is no peer.
- \`x 16\` means that a call does it sixteen times, so that the loop around it does
  not drown the differences.
- Nobody's program does nothing but one of these tasks. A peer that takes half of 50
  ns saves 25 ns.`;

function summary(
  { comparison = {} }: Results,
  suites: readonly SuiteRows[],
): string {
  const parts = columnsOf(comparison);
  function count(outcome: Outcome): string[] {
    return parts.map(({ runtime }) =>
      String(
        suites.flatMap(({ rows }) => rows).filter(({ on }) => {
          const group = on[runtime];
          return group !== undefined && groupOutcome(group) === outcome;
        }).length,
      )
    );
  }
  return table(
    ["", ...parts.map(({ title, part }) => `${title} ${part.runtimeVersion}`)],
    [
      ["Tasks in which ours is faster than every peer", ...count("ours")],
      ["… in which the fastest peer is about as fast", ...count("tie")],
      ["… in which a peer is faster", ...count("peer")],
      ["Version of Groundwork", ...parts.map(({ part }) => part.version)],
      ["Processor", ...parts.map(({ part }) => part.cpu)],
      ["Measured on", ...parts.map(({ part }) => part.date.slice(0, 10))],
      [
        "Kind of run",
        ...parts.map(({ part }) => part.quick ? "quick: noisy" : "full"),
      ],
    ],
  );
}

function contents(suites: readonly SuiteRows[], notes: Notes): string {
  const links = suites.map(({ name }) => {
    const title = titleOf(name, notes[name]);
    return `[${title}](#${slug(title)})`;
  });
  links.push("[Memory](#memory)", "[Scaling](#scaling)");
  return links.join(" · ");
}

function titleOf(name: string, notes: SuiteNotes | undefined): string {
  return notes?.title ?? name;
}

/** As GitHub makes it of a heading. */
function slug(title: string): string {
  return title.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");
}

function renderSuite(
  { name, file, packages, rows }: SuiteRows,
  notes: SuiteNotes | undefined,
): string {
  const runtimes = COLUMNS.filter(([runtime]) =>
    rows.some(({ on }) => on[runtime] !== undefined)
  );
  const peers = Object.entries(packages).map(([peer, version]) =>
    `[${peer}](https://www.npmjs.com/package/${peer}) ${version}`
  );
  return [
    `### ${titleOf(name, notes)}`,
    ...notes === undefined ? [] : [notes.about],
    `Source: [${file}](${file}).` +
    (peers.length === 0 ? "" : ` Peers: ${peers.join(", ")}.`),
    table(
      ["", ...runtimes.map(([, title]) => title)],
      rows.flatMap((row) => groupLines(row, runtimes)),
    ),
    ...disqualified(rows),
    ...reasons(rows, notes),
  ].join("\n\n");
}

function groupLines(
  { name, on }: GroupRow,
  runtimes: typeof COLUMNS,
): string[][] {
  const groups = runtimes.map(([runtime]) => on[runtime]);
  function lines(
    of: (group: GroupResult) => Readonly<Record<string, Measured>>,
    label: (name: string) => string,
    show: (measured: Measured) => string,
  ): string[][] {
    const parts = groups.map((group) => group === undefined ? {} : of(group));
    return [...new Set(parts.flatMap(Object.keys))].map((name) => [
      label(name),
      ...parts.map((part) => part[name] === undefined ? "" : show(part[name])),
    ]);
  }
  return [
    [
      `**${name}**`,
      ...groups.map((group) =>
        group === undefined ? "" : `**${duration(group.oursNs)}**`
      ),
    ],
    ...lines(
      ({ floor }) => floor === undefined ? {} : { "By hand": floor },
      (name) => `*${name}*`,
      cell,
    ),
    ...lines(
      ({ variants = {} }) => variants,
      (name) => `*Ours, ${name}*`,
      cell,
    ),
    ...lines(({ peers }) => peers, (name) => name, peerCell),
  ];
}

function cell({ ratio: [q1, median, q3] }: Measured): string {
  return `${digits(median)} (${digits(q1)}–${digits(q3)})`;
}

/** In bold where the peer is faster. */
function peerCell(measured: Measured): string {
  const text = cell(measured);
  return outcomeOf(measured) === "peer" ? text.replace(/^\S+/, "**$&**") : text;
}

function disqualified(rows: readonly GroupRow[]): string[] {
  const lines = rows.flatMap(({ name, on }) =>
    COLUMNS.flatMap(([runtime, title]) =>
      Object.entries(on[runtime]?.disqualified ?? {}).map(([peer, fault]) =>
        `- ${peer}, ${name}, on ${title}: ${fault}`
      )
    )
  );
  return lines.length === 0
    ? []
    : ["Disqualified, for a wrong answer:", lines.join("\n")];
}

function reasons(
  rows: readonly GroupRow[],
  notes: SuiteNotes | undefined,
): string[] {
  const byWhy = new Map<string, string[]>();
  for (const row of rows) {
    const wins = winsOf(row);
    if (wins.length === 0) continue;
    const why = whyOf(row, notes) ?? "Nobody has looked into it yet.";
    const told = `**${row.name}** (${wins.join("; ")})`;
    byWhy.set(why, [...byWhy.get(why) ?? [], told]);
  }
  if (byWhy.size === 0) return [];
  const lines = [...byWhy].map(([why, told]) => `- ${told.join("; ")}: ${why}`);
  return ["Where a peer is faster:", lines.join("\n")];
}

// --- Memory

function renderMemory(parts: Parts<MemoryPart> = {}): string {
  const measured = columnsOf(parts);
  const names = new Set(
    measured.flatMap(({ part }) => part.structures.map(({ name }) => name)),
  );
  const tables = [...names].map((name) => {
    const on = measured.map(({ part }) =>
      part.structures.find((structure) => structure.name === name)
    );
    return memoryTable(name, measured.map(({ title }) => title), on);
  });
  return [
    "## Memory",
    "Bytes that structures hold, divided by their items. What is put into them " +
    "was there before, and does not count. It is read from the garbage " +
    "collector, which has to run first.",
    ...measured.length === 0 ? ["Not measured yet."] : [told(measured)],
    ...tables,
  ].join("\n\n");
}

function memoryTable(
  name: string,
  titles: readonly string[],
  on: readonly (MemoryResult | undefined)[],
): string {
  function lines(
    of: (result: MemoryResult) => Readonly<Record<string, number>>,
    label: (name: string) => string,
  ): string[][] {
    const parts = on.map((result) => result === undefined ? {} : of(result));
    return [...new Set(parts.flatMap(Object.keys))].map((name) => [
      label(name),
      ...parts.map((part) => part[name] === undefined ? "" : bytes(part[name])),
    ]);
  }
  const notes = new Set(on.flatMap((result) => result?.note ?? []));
  return [
    `### ${name}`,
    table(
      [`bytes per ${on.find((it) => it !== undefined)?.item}`, ...titles],
      [
        ...lines(({ ours }) => ours, (name) => `**${name}**`),
        ...lines(({ peers }) => peers, (name) => name),
      ],
    ),
    ...notes,
  ].join("\n\n");
}

// --- Scaling

function renderScaling(parts: Parts<ScalingPart> = {}): string {
  const measured = columnsOf(parts);
  const keys = new Map<string, ScalingResult>();
  for (const { part } of measured) {
    for (const it of part.operations) {
      const key = `${it.structure} ${it.operation}`;
      if (!keys.has(key)) keys.set(key, it);
    }
  }
  const rows = [...keys.values()].map((first) => [
    `\`${first.structure}\``,
    first.operation,
    first.complexity,
    ...measured.map(({ part }) =>
      scalingCell(
        part.operations.find(({ structure, operation }) =>
          structure === first.structure && operation === first.operation
        ),
      )
    ),
  ]);
  const notes = [...keys.values()].flatMap(({ structure, operation, note }) =>
    note === undefined ? [] : [`- \`${structure}\`, ${operation}: ${note}`]
  );
  return [
    "## Scaling",
    "How the time of an operation grows with the size of the structure, beside " +
    "what its documentation states. The slope is that of a line through the " +
    "logarithms of sizes and times: 0 if the time is constant, 1 if it is in " +
    "proportion. In brackets is the slope of a bare Map or array that is used in " +
    "a way of the stated complexity: it grows too, with the caches of the " +
    "processor that no longer hold it. Then the times, of the smallest and the " +
    "largest size.",
    ...measured.length === 0 ? ["Not measured yet."] : [
      told(measured),
      table(
        [
          "Structure",
          "Operation",
          "Stated",
          ...measured.map(({ title }) => title),
        ],
        rows,
        3,
      ),
    ],
    ...notes.length === 0 ? [] : [notes.join("\n")],
  ].join("\n\n");
}

function scalingCell(result: ScalingResult | undefined): string {
  if (result === undefined) return "";
  const { slope, controlSlope, points } = result;
  const [first, last] = [points[0]!, points.at(-1)!];
  const control = controlSlope === undefined
    ? ""
    : ` (${controlSlope.toFixed(2)})`;
  return `${slope.toFixed(2)}${control}; ${duration(first[1])} at ${
    count(first[0])
  }, ${duration(last[1])} at ${count(last[0])}`;
}

// --- Text

function told(measured: readonly Column<MemoryPart | ScalingPart>[]): string {
  const each = measured.map(({ title, part }) =>
    `${title} ${part.runtimeVersion} on ${part.date.slice(0, 10)} (${part.cpu})`
  );
  return `Measured with ${each.join(", ")}.`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, i) => i < textColumns ? "---" : "---:");
  return [head, rule, ...rows].map(line).join("\n");
}

function duration(ns: number): string {
  if (ns < 1e3) return `${digits(ns)} ns`;
  return ns < 1e6 ? `${digits(ns / 1e3)} µs` : `${digits(ns / 1e6)} ms`;
}

function bytes(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** 1e2, 1e6: as in the names of tasks. */
function count(size: number): string {
  const power = Math.log10(size);
  return Number.isInteger(power) ? `1e${power}` : String(size);
}

/** Two digits or three, and no powers of ten. */
function digits(value: number): string {
  if (value < 0.1) return value.toFixed(3);
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
