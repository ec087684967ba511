/**
 * Draws ours beside the fastest peer as horizontal bars, a row a task and a bar
 * a runtime, on a logarithmic scale from the line where both are as fast.
 *
 * The SVG stands alone: no script, no style sheet, no font of its own.
 *
 * @module
 */

import { type RuntimeName, RUNTIMES } from "./results.ts";

/** A task. */
export interface Row {
  /** The part of the library. */
  readonly title: string;
  /** What is done. */
  readonly task: string;
  /** Ours divided by the fastest peer, where it was measured. */
  readonly ratios: Readonly<Partial<Record<RuntimeName, number>>>;
}

/** The colours of a chart. */
export interface Theme {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly bars: Readonly<Record<RuntimeName, string>>;
}

/** For pages with a light background. */
export const LIGHT: Theme = {
  background: "#ffffff",
  text: "#1f2328",
  faint: "#59636e",
  grid: "#d1d9e0",
  bars: { deno: "#0969da", node: "#1a7f37", bun: "#bc4c00" },
};

/** For pages with a dark background. */
export const DARK: Theme = {
  background: "#0d1117",
  text: "#f0f6fc",
  faint: "#9198a1",
  grid: "#3d444d",
  bars: { deno: "#58a6ff", node: "#3fb950", bun: "#f0883e" },
};

const NAMES = Object.keys(RUNTIMES) as RuntimeName[];

const WIDTH = 800;
/** Where the scale begins and ends; labels of bars need room on both sides. */
const LEFT = 290;
const RIGHT = 760;
const TOP = 64;
const BAR = 12;
const GAP = 14;
const FONT =
  "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/**
 * Draws the chart.
 *
 * @param rows The tasks, from top to bottom.
 * @param theme The colours.
 * @returns The SVG.
 */
export function drawChart(rows: readonly Row[], theme: Theme): string {
  const runtimes = NAMES.filter((runtime) =>
    rows.some(({ ratios }) => ratios[runtime] !== undefined)
  );
  const ratios = rows.flatMap((row) => Object.values(row.ratios));
  const scale = scaleOf(ratios);
  const rowHeight = Math.max(2, runtimes.length) * BAR + GAP;
  const bottom = TOP + rows.length * rowHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${
      bottom + 34
    }" viewBox="0 0 ${WIDTH} ${
      bottom + 34
    }" role="img" aria-labelledby="title desc" font-family="${FONT}" font-size="12">`,
    `<title id="title">Groundwork beside the fastest peer</title>`,
    `<desc id="desc">${escape(describe(rows))}</desc>`,
    rect(0, 0, WIDTH, bottom + 34, theme.background),
    ...legend(runtimes, theme),
    ...axis(scale, bottom, theme),
    ...rows.flatMap((row, i) =>
      drawRow(row, runtimes, scale, TOP + i * rowHeight, rowHeight, theme)
    ),
    "</svg>",
    "",
  ].join("\n");
}

interface Scale {
  readonly ticks: readonly number[];
  readonly x: (ratio: number) => number;
}

/** From a power of ten that is below all ratios to one that is above. */
function scaleOf(ratios: readonly number[]): Scale {
  const low = Math.floor(Math.log10(Math.min(0.1, ...ratios)));
  const high = Math.ceil(Math.log10(Math.max(10, ...ratios)));
  const ticks: number[] = [];
  for (let power = low; power < high; power++) {
    for (const step of [1, 2, 5]) ticks.push(Number(`${step}e${power}`));
  }
  ticks.push(10 ** high);
  return {
    ticks,
    x: (ratio) =>
      LEFT + (Math.log10(ratio) - low) / (high - low) * (RIGHT - LEFT),
  };
}

function drawRow(
  { title, task, ratios }: Row,
  runtimes: readonly RuntimeName[],
  { x }: Scale,
  top: number,
  height: number,
  theme: Theme,
): string[] {
  const middle = top + height / 2;
  const parts = [
    text(12, middle - 3, title, theme.text, `font-weight="600"`),
    text(12, middle + 12, task, theme.faint),
  ];
  const barsTop = middle - runtimes.length * BAR / 2;
  for (const [i, runtime] of runtimes.entries()) {
    const ratio = ratios[runtime];
    if (ratio === undefined) continue;
    const [from, to] = [x(Math.min(1, ratio)), x(Math.max(1, ratio))];
    const y = barsTop + i * BAR;
    // A bar that is no longer than a hair would not be seen.
    const length = Math.max(2, to - from);
    parts.push(
      rect(from, y + 1, length, BAR - 3, theme.bars[runtime]),
      ratio < 1
        ? label(from - 4, y + 9, ratio, theme, "end")
        : label(from + length + 4, y + 9, ratio, theme, "start"),
    );
  }
  return parts;
}

function label(
  x: number,
  y: number,
  ratio: number,
  theme: Theme,
  anchor: "start" | "end",
): string {
  // The outline keeps the lines of the grid off the digits.
  const attributes = `font-size="11" text-anchor="${anchor}" ` +
    `paint-order="stroke" stroke="${theme.background}" stroke-width="3"`;
  return text(x, y, format(ratio), theme.text, attributes);
}

function legend(runtimes: readonly RuntimeName[], theme: Theme): string[] {
  return [
    text(
      12,
      22,
      "Time of ours ÷ time of the fastest peer",
      theme.text,
      `font-size="14" font-weight="600"`,
    ),
    ...runtimes.flatMap((runtime, i) => [
      rect(12 + i * 72, 33, 11, 11, theme.bars[runtime]),
      text(28 + i * 72, 43, RUNTIMES[runtime], theme.text),
    ]),
  ];
}

function axis({ ticks, x }: Scale, bottom: number, theme: Theme): string[] {
  const one = x(1);
  return [
    text(one - 8, 22, "◀ ours is faster", theme.faint, `text-anchor="end"`),
    text(one + 8, 22, "a peer is faster ▶", theme.faint),
    ...ticks.flatMap((tick) => [
      line(x(tick), TOP - 10, bottom + 6, tick === 1 ? theme.text : theme.grid),
      ...[48, bottom + 22].map((y) =>
        text(x(tick), y, String(tick), theme.faint, `text-anchor="middle"`)
      ),
    ]),
  ];
}

function describe(rows: readonly Row[]): string {
  const told = rows.map(({ title, task, ratios }) => {
    const each = NAMES.flatMap((runtime) => {
      const ratio = ratios[runtime];
      return ratio === undefined
        ? []
        : `${format(ratio)} on ${RUNTIMES[runtime]}`;
    });
    return `${title}, ${task}: ${each.join(", ")}.`;
  });
  return `Below 1 ours is faster. ${told.join(" ")}`;
}

/** Two digits or so, and no powers of ten. */
function format(ratio: number): string {
  if (ratio < 0.1) return ratio.toFixed(3);
  if (ratio < 1) return ratio.toFixed(2);
  return ratio.toFixed(ratio < 10 ? 1 : 0);
}

function text(
  x: number,
  y: number,
  content: string,
  fill: string,
  more = "",
): string {
  const place = `x="${round(x)}" y="${round(y)}"`;
  return `<text ${place} fill="${fill}" ${more}>${escape(content)}</text>`;
}

function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
): string {
  const place = `x="${round(x)}" y="${round(y)}"`;
  return `<rect ${place} width="${
    round(width)
  }" height="${height}" fill="${fill}"/>`;
}

function line(x: number, from: number, to: number, stroke: string): string {
  const ends = `x1="${round(x)}" y1="${from}" x2="${round(x)}" y2="${to}"`;
  return `<line ${ends} stroke="${stroke}"/>`;
}

function round(length: number): number {
  return Math.round(10 * length) / 10;
}

function escape(content: string): string {
  return content.replace(
    /[&<>"]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
