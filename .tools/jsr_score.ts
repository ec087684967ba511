/**
 * The score that JSR will give the package, as far as files decide it. The
 * points that are left are for a description and the runtimes, which are set on
 * jsr.io, and for provenance, which comes with publishing from CI.
 *
 * JSR is content with documentation of 80 % of the symbols, and asks for none
 * of their members; this asks for all of both.
 *
 * ```sh
 * deno task check:jsr
 * ```
 *
 * Prints the points and exits 0, or lists what is missing as well and exits 1.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Something JSR gives points for. */
export interface Criterion {
  readonly name: string;
  /** What it is worth; 0 where only we ask for it. */
  readonly points: number;
  /** What JSR gives of that. */
  readonly given: number;
  /** How many things there are that should fulfil it. */
  readonly total: number;
  /** Which of them do not. */
  readonly missing: readonly string[];
}

/** Something by its name, and whether it fulfils a criterion. */
type Finding = readonly [name: string, isFulfilled: boolean];

/** What is read of the output of `deno doc --json`: the modules by URL. */
type Modules = Readonly<Record<string, DocumentedModule>>;

interface DocumentedModule {
  readonly module_doc?: Comment;
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declaration[];
  }[];
}

interface Comment {
  readonly doc?: string;
}

interface Declaration {
  readonly kind: string;
  readonly location: Place;
  readonly jsDoc?: Comment;
  readonly def?: Definition;
}

interface Place {
  readonly filename: string;
  readonly line: number;
  readonly col: number;
}

interface Definition extends Members {
  /** Where a re-export leads. */
  readonly target?: Place;
  /** Whether a function is more than its signature. */
  readonly hasBody?: boolean;
  /** What an alias or a variable is; a literal has members. */
  readonly tsType?: { readonly kind: string; readonly value?: Members };
}

type Members = { readonly [K in typeof MEMBER_LISTS[number]]?: Member[] };

interface Member {
  readonly name?: string;
  readonly kind?: string;
  readonly isStatic?: boolean;
  readonly accessibility?: string;
  readonly jsDoc?: Comment;
  readonly hasBody?: boolean;
  readonly functionDef?: { readonly hasBody?: boolean };
}

const MEMBER_LISTS = [
  "constructors",
  "properties",
  "methods",
  "callSignatures",
  "indexSignatures",
] as const;

/** Catalogues of texts: each says itself what it is. */
const CATALOGUES = new Set([
  "ErrorMessages",
  "ResultMessages",
  "ClockMessages",
  "Expectations",
]);

/** The share of documented symbols that JSR gives all points for. */
const ENOUGH = 0.8;

/**
 * Examines a package.
 *
 * @param folder Where its deno.json is.
 * @returns The criteria.
 * @throws {Error} Deno can neither read nor publish it.
 */
export async function examine(folder: string): Promise<readonly Criterion[]> {
  const root = pathToFileURL(join(resolve(folder), "/")).href;
  const { exports } = JSON.parse(
    await Deno.readTextFile(join(folder, "deno.json")),
  ) as { exports: Record<string, string> };
  const entries = Object.values(exports)
    .map((path) => new URL(path, root).href);
  const published = await listPublished(folder);
  const modules = await readModules(
    folder,
    published.filter((file) => file.endsWith(".ts")),
  );
  const symbols = symbolsOf(modules, entries);
  return [
    ...await examineReadme(published),
    allOrNothing(
      "Entry points have a module doc",
      1,
      entries.map((entry) => [
        entry.slice(root.length),
        isWritten(modules[entry]?.module_doc),
      ]),
    ),
    graded("Symbols are documented", 5, symbols.map(checkComment)),
    allOrNothing(
      "Members are documented",
      0,
      symbols.flatMap(membersOf).map(checkComment),
    ),
    allOrNothing("The public API has no slow types", 5, [
      ["public API", true],
      ...await findSlowTypes(folder),
    ]),
  ];
}

async function examineReadme(
  published: readonly string[],
): Promise<readonly Criterion[]> {
  const readme = published.find((file) => /\/readme\.md$/i.test(file));
  const text = readme && await Deno.readTextFile(fileURLToPath(readme));
  return [
    allOrNothing("A README is published", 2, [
      ["README.md", text !== undefined],
    ]),
    allOrNothing("It has an example", 1, [
      ["README.md", /^(?:```|~~~)/m.test(text ?? "")],
    ]),
  ];
}

function allOrNothing(
  name: string,
  points: number,
  findings: readonly Finding[],
): Criterion {
  const missing = findings.filter(([, isFulfilled]) => !isFulfilled)
    .map(([name]) => name);
  const given = missing.length === 0 ? points : 0;
  return { name, points, given, total: findings.length, missing };
}

function graded(
  name: string,
  points: number,
  findings: readonly Finding[],
): Criterion {
  const { total, missing, ...rest } = allOrNothing(name, points, findings);
  const share = total === 0 ? 1 : 1 - missing.length / total;
  const given = Math.floor(Math.min(share / ENOUGH, 1) * points);
  return { ...rest, total, missing, given };
}

function isWritten(comment: Comment | undefined): boolean {
  return comment?.doc !== undefined && comment.doc.trim() !== "";
}

function checkComment(
  [name, { jsDoc }]: readonly [string, Declaration | Member],
): Finding {
  return [name, isWritten(jsDoc)];
}

/** What the entry points export: each once, as it is declared. */
function symbolsOf(
  modules: Modules,
  entries: readonly string[],
): readonly (readonly [string, Declaration])[] {
  const declared = new Map(
    Object.values(modules).flatMap(({ symbols }) =>
      symbols.flatMap(({ declarations }) => declarations)
        .filter(({ kind }) => kind !== "reference")
        .map((one): [string, Declaration] => [textOf(one.location), one])
    ),
  );
  const found = new Map<string, readonly [string, Declaration]>();
  for (const entry of entries) {
    for (const { name, declarations } of modules[entry]?.symbols ?? []) {
      const origins = declarations.map((one) => {
        const target = one.def?.target;
        return target && declared.get(textOf(target)) || one;
      });
      for (const one of publicOf(origins, ({ def }) => def?.hasBody)) {
        found.set(textOf(one.location), [name, one]);
      }
    }
  }
  return [...found.values()];
}

function textOf({ filename, line, col }: Place): string {
  return `${filename}:${line}:${col}`;
}

/** What implements overloads is no part of the API. */
function publicOf<T>(
  overloads: readonly T[],
  hasBody: (one: T) => boolean | undefined,
): readonly T[] {
  const signatures = overloads.filter((one) => hasBody(one) !== true);
  return signatures.length > 0 ? signatures : overloads;
}

/** The members of a class, an interface, or a type that is a literal. */
function membersOf(
  [owner, { def }]: readonly [string, Declaration],
): readonly (readonly [string, Member])[] {
  if (CATALOGUES.has(owner)) return [];
  const { kind, value } = def?.tsType ?? {};
  const members = kind === "typeLiteral" ? value : def;
  return MEMBER_LISTS.flatMap((list) => {
    const visible = (members?.[list] ?? [])
      .filter(({ accessibility }) => accessibility !== "private");
    const byName = Map.groupBy(
      visible,
      ({ name = "()", isStatic }) => `${owner}${isStatic ? "::" : "."}${name}`,
    );
    return [...byName].flatMap(([name, group]) => {
      // What two accessors are for is told at the one that reads.
      const readable = group.filter(({ kind }) => kind !== "setter");
      return publicOf(
        readable.length > 0 ? readable : group,
        ({ functionDef, hasBody }) => functionDef?.hasBody ?? hasBody,
      ).map((member) => [name, member] as const);
    });
  });
}

async function listPublished(folder: string): Promise<readonly string[]> {
  const { success, output } = await deno(folder, [
    ...["publish", "--dry-run", "--allow-dirty"],
    ...["--no-check", "--allow-slow-types"],
  ]);
  if (!success) throw new Error(output);
  return [...output.matchAll(/^ +(file:.+) \(.+\)$/gm)]
    .map(([, file = ""]) => file);
}

async function readModules(
  folder: string,
  files: readonly string[],
): Promise<Modules> {
  const { success, output } = await deno(folder, ["doc", "--json", ...files]);
  if (!success) throw new Error(output);
  return (JSON.parse(output) as { nodes: Modules }).nodes;
}

async function findSlowTypes(folder: string): Promise<readonly Finding[]> {
  const { success, output } = await deno(folder, [
    ...["publish", "--dry-run", "--allow-dirty", "--no-check"],
  ]);
  if (success) return [];
  const found = [...output.matchAll(/^error\[.+\]: .+\n.*--> .+$/gm)];
  if (found.length === 0) throw new Error(output);
  return found.map(([text]) => [text, false]);
}

async function deno(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly success: boolean; readonly output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const output = stdout.length > 0 ? stdout : stderr;
  return { success, output: new TextDecoder().decode(output) };
}

async function main(): Promise<void> {
  const criteria = await examine(
    fileURLToPath(new URL("../", import.meta.url)),
  );
  for (const { name, points, given, total, missing } of criteria) {
    const share = `${total - missing.length} of ${total}`;
    const score = points === 0 ? "–" : `${given}/${points}`;
    console.log(
      `${name.padEnd(34)} ${score.padStart(4)} ${share.padStart(13)}`,
    );
    for (const thing of missing) console.error(`- ${thing}`);
  }
  const reached = criteria.reduce((sum, { given }) => sum + given, 0);
  const possible = criteria.reduce((sum, { points }) => sum + points, 0);
  console.log(`JSR score: ${reached} of the ${possible} points for files`);
  if (criteria.some(({ missing }) => missing.length > 0)) Deno.exit(1);
}

if (import.meta.main) await main();
