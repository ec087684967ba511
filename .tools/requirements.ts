/**
 * What the check of the requirement table is made of: which ids must have a row,
 * how a row and the names of tests are read, and what is wrong with them.
 *
 * @module
 */

/** What the names of the tests say before what they state: `P13a, d:`. */
const MARK = /^(?:[A-Z]{1,2}\d{1,2}|\d{1,2}\.\d)(?=[a-z]?\b)/;

/** A regression test of a known mistake says which one it is about. */
const TRAP = /\btrap \d\b/g;

/** The requirements of five demands each; the seventh was dropped. */
const REQUIREMENTS = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** How many properties there are of each kind, and how many known mistakes. */
const PROPERTIES: Readonly<Record<string, number>> = {
  P: 18,
  M: 9,
  T: 5,
  L: 3,
  C: 6,
  A: 4,
  Z: 4,
  "trap ": 9,
};

/** One to a number, put behind a word. */
function numbered(word: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${word}${i + 1}`);
}

/** The ids that must have a row, but for the codes of errors. */
export const REQUIRED_IDS: readonly string[] = [
  ...REQUIREMENTS.flatMap((number) => numbered(`${number}.`, 5)),
  ...Object.entries(PROPERTIES).flatMap(([word, count]) =>
    numbered(word, count)
  ),
];

/** A suite or a test, as its file has it. */
export interface Title {
  /** The names of the suites around it, and its own. */
  readonly path: readonly string[];
  /** Which line of the file it begins on. */
  readonly line: number;
}

/** A row of the table: what proves what. */
export interface Row {
  readonly id: string;
  /** From the root, or from `tests/`. */
  readonly file: string;
  /** The suite or test, perhaps behind the suites around it; "" for all. */
  readonly test: string;
  readonly line: number;
}

/** Something that is wrong, and where. */
export type Problem = `${string}:${number}: ${string}`;

// --- reading

/** The beginning of a test, its name included, or the end of a call. */
const CALL =
  /^( *)(?:(describe|it|test|Deno\.test)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[\w.]+)|\}?\);$)/gm;

/**
 * The suites and tests that a file holds, as far as `deno fmt` has formatted it:
 * a suite holds what is indented under it. A name that is put together is given
 * as the source has it, `${…}` included; one that is a variable, as `${variable}`.
 *
 * @param source The text of the file.
 * @returns All of them, in their order.
 */
export function readTitles(source: string): readonly Title[] {
  const titles: Title[] = [];
  const suites: { readonly depth: number; readonly path: readonly string[] }[] =
    [];
  for (const match of source.matchAll(CALL)) {
    const { index, 1: indent = "", 2: kind, 3: literal } = match;
    const depth = indent.length;
    while ((suites.at(-1)?.depth ?? -1) >= depth) suites.pop();
    if (literal === undefined) continue;
    const path = [...suites.at(-1)?.path ?? [], nameOf(literal)];
    if (kind === "describe") suites.push({ depth, path });
    titles.push({ path, line: source.slice(0, index).split("\n").length });
  }
  return titles;
}

function nameOf(literal: string): string {
  return /^["'`]/.test(literal)
    ? literal.slice(1, -1).replace(/\\(["'`\\])/g, "$1")
    : `\${${literal}}`;
}

/**
 * The ids that a name carries.
 *
 * @param name The name of a test or suite.
 * @returns `["P4", "P5"]` for `P4, P5: does …`.
 */
export function marksOf(name: string): readonly string[] {
  const marks: string[] = name.match(TRAP) ?? [];
  for (const part of name.split(", ")) {
    const mark = MARK.exec(part)?.[0];
    if (mark === undefined) break;
    marks.push(mark);
    // What does not end with its mark begins what is stated.
    if (/^\S+\s/.test(part)) break;
  }
  return marks;
}

/**
 * The rows of all tables that have the columns `id`, `file` and `test`. A row
 * without an id is about that of the row before.
 *
 * @param markdown The text of the document.
 * @returns The rows, in their order.
 */
export function readRows(markdown: string): readonly Row[] {
  const rows: Row[] = [];
  let columns: readonly string[] = [];
  let id = "";
  for (const [i, text] of markdown.split("\n").entries()) {
    const cells = cellsOf(text);
    if (cells.length === 0) columns = [];
    else if (columns.length === 0) columns = cells;
    else if (!cells.every((cell) => /^-+$/.test(cell))) {
      const [own, file, test] = ["id", "file", "test"].map((name) =>
        cells[columns.indexOf(name)]
      );
      if (own === undefined || file === undefined) continue;
      id = own || id;
      rows.push({ id, file, test: test ?? "", line: i + 1 });
    }
  }
  return rows;
}

/** The cells of a line of a table, without what marks them as code. */
function cellsOf(text: string): readonly string[] {
  if (!text.startsWith("|")) return [];
  return text.slice(1, text.lastIndexOf("|")).split(/(?<!\\)\|/).map((cell) =>
    cell.trim().replace(/^(`+) ?(.*?) ?\1$/, "$2").replaceAll("\\|", "|")
  );
}

// --- judging

/** What the table is held against. */
export interface Facts {
  /** The ids that must have a row. */
  readonly ids: readonly string[];
  /** What may be named in each file that may be named, by its name. */
  readonly titles: ReadonlyMap<string, readonly Title[]>;
}

/**
 * What is wrong with a table.
 *
 * @param document The name of the document that has it.
 * @param rows Its rows.
 * @param facts What it is held against.
 * @returns Each problem, with its place.
 */
export function findProblems(
  document: string,
  rows: readonly Row[],
  { ids, titles }: Facts,
): readonly Problem[] {
  const problems: Problem[] = [];
  const proven = new Set<string>();
  const proofs = new Map<Title, Set<string>>();
  for (const row of rows) {
    const { id, file, test, line } = row;
    const all = titles.get(file);
    const found = all?.filter(({ path }) => isNamed(path, test)) ?? [];
    if (all === undefined) {
      problems.push(
        `${document}:${line}: ${id}: ${file} is not there, or no test runs it`,
      );
    } else if (test !== "" && found.length === 0) {
      problems.push(`${document}:${line}: ${id}: ${file} has no "${test}"`);
    } else if (found.length > 1) {
      problems.push(
        `${document}:${line}: ${id}: ${file} has ${found.length} of "${test}", name the suite too`,
      );
    } else proven.add(id);
    for (const title of found) {
      proofs.set(title, (proofs.get(title) ?? new Set()).add(id));
    }
  }
  problems.push(
    ...ids.filter((id) => !proven.has(id))
      .map((id): Problem => `${document}:1: ${id} has no row with a proof`),
  );
  for (const [file, all] of titles) {
    problems.push(...findUnlisted(file, all, proofs));
  }
  return problems;
}

/** Whether a path ends with what a row says. */
function isNamed(path: readonly string[], test: string): boolean {
  const whole = path.join(" > ");
  return whole === test || whole.endsWith(` > ${test}`);
}

/** The tests that carry the mark of an id and stand in none of its rows. */
function findUnlisted(
  file: string,
  titles: readonly Title[],
  proofs: ReadonlyMap<Title, ReadonlySet<string>>,
): readonly Problem[] {
  return titles.flatMap((title) => {
    // A suite that has a row stands for all that is in it.
    const ids = titles
      .filter(({ path }) => path.every((name, i) => name === title.path[i]))
      .flatMap((one) => [...proofs.get(one) ?? []]);
    return marksOf(title.path.at(-1) ?? "")
      .filter((mark) => !ids.includes(mark))
      .map((mark): Problem =>
        `${file}:${title.line}: "${
          title.path.at(-1)
        }" is in no row of ${mark}, which its name says it proves`
      );
  });
}
