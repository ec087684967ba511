/**
 * The table of sizes in the README.
 *
 * ```sh
 * deno task sizes
 * ```
 *
 * Measures and writes it anew; `size_test.ts` fails when it is out of date.
 *
 * @module
 */

import { join } from "node:path";
import { type Bundle, measure, ROOT } from "./measure.ts";

const README = join(ROOT, "README.md");
const BEGIN = "<!-- sizes: begin -->";
const END = "<!-- sizes: end -->";

/** What is shown first. */
const FIRST = [
  ".",
  "./result",
  "./errors",
  "./config",
  "./cache",
  "./connection-pool",
  "./job-queue",
  "./rate-limiter",
  "./event-bus",
  "./logging",
];

/**
 * Writes a size.
 *
 * @param bytes The size.
 * @returns The size in kB of 1,000 bytes.
 */
export function formatSize(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

/**
 * Reads the table.
 *
 * @returns The sizes by subpath, minified and gzipped, as they are written.
 * @throws {Error} The README has no place for it.
 */
export function readTable(): ReadonlyMap<string, readonly [string, string]> {
  const [, table] = splitReadme();
  return new Map(
    [...table.matchAll(/^\| `(\S+)` +\| +([\d.]+) \| +([\d.]+) \|$/gm)].map(
      ([, name = "", min = "", gzip = ""]) => [subpathOf(name), [min, gzip]],
    ),
  );
}

/** What comes before the table, the table, and what comes after it. */
function splitReadme(): [string, string, string] {
  const text = Deno.readTextFileSync(README);
  const begin = text.indexOf(BEGIN) + BEGIN.length;
  const end = text.indexOf(END, begin);
  if (begin < BEGIN.length || end === -1) {
    throw new Error(`README.md lacks ${BEGIN} or ${END}`);
  }
  return [text.slice(0, begin), text.slice(begin, end), text.slice(end)];
}

/** How the table calls a subpath: "result" for "./result". */
function nameOf(subpath: string): string {
  return subpath.replace("./", "");
}

function subpathOf(name: string): string {
  return name === "." ? name : `./${name}`;
}

function tableOf(
  subpaths: readonly string[],
  bundles: ReadonlyMap<string, Bundle>,
): string {
  const rows = subpaths.map((subpath) => {
    const { min = 0, gzip = 0 } = bundles.get(subpath) ?? {};
    const cells = [nameOf(subpath), formatSize(min), formatSize(gzip)];
    return `| \`${cells[0]}\` | ${cells[1]} | ${cells[2]} |`;
  });
  return [
    "| subpath | min | min + gzip |",
    "| --- | ---: | ---: |",
    ...rows,
  ].join("\n");
}

async function main(): Promise<void> {
  const { alone } = await measure();
  const rest = [...alone.keys()].filter((subpath) => !FIRST.includes(subpath));
  const [before, , after] = splitReadme();
  const table = [
    tableOf(FIRST, alone),
    `<details>\n<summary>The other ${rest.length}</summary>`,
    tableOf(rest, alone),
    "</details>",
  ].join("\n\n");
  await Deno.writeTextFile(README, `${before}\n\n${table}\n\n${after}`);
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", README],
  }).output();
}

if (import.meta.main) await main();
