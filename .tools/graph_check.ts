/**
 * Checks the module graph of the package: no dependencies, no circles, no
 * import from a higher floor, and exports that match the files.
 *
 * ```sh
 * deno run --allow-read --allow-run .tools/graph_check.ts
 * ```
 *
 * Prints one line and exits 0, or lists what is wrong and exits 1. Imports of
 * types count like all others: a reader follows them just the same.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a command-line tool speaks by console

import { floorOf, FLOORS, isPrivateModule } from "./floors.ts";

/** What is read of deno.json. */
interface DenoConfig {
  readonly exports: Readonly<Record<string, string>>;
}

/** What is read of the output of `deno info --json`. */
interface GraphInfo {
  readonly modules: readonly ModuleInfo[];
}

interface ModuleInfo {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly DependencyInfo[];
}

interface DependencyInfo {
  readonly specifier: string;
  readonly code?: ResolvedInfo;
  readonly type?: ResolvedInfo;
}

interface ResolvedInfo {
  readonly specifier?: string;
  readonly error?: string;
}

/** What each module imports, by path from the root. */
type Graph = ReadonlyMap<string, readonly string[]>;

const ROOT = new URL("../", import.meta.url);

/** Reachable by its subpath alone: tests are not the package's business. */
const SUBPATH_ONLY = new Set(["src/testing.ts"]);

/** The path from the root, or the whole specifier for what is elsewhere. */
function pathOf(specifier: string): string {
  return specifier.startsWith(ROOT.href)
    ? specifier.slice(ROOT.href.length)
    : specifier;
}

async function readConfig(): Promise<DenoConfig> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  return JSON.parse(text) as DenoConfig;
}

async function listSources(): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL("src/", ROOT))) {
    paths.push(`src/${entry.name}${entry.isDirectory ? "/" : ""}`);
  }
  return paths.toSorted();
}

/** The graph of several entry points, as the runtime itself resolves it. */
async function readGraph(
  entryPoints: readonly string[],
  problems: string[],
): Promise<Graph> {
  // A module of nothing but imports, because `deno info` takes one entry.
  const source = entryPoints
    .map((path) => `import ${JSON.stringify(new URL(path, ROOT).href)};`)
    .join("");
  const entry = `data:text/javascript,${encodeURIComponent(source)}`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const info = JSON.parse(new TextDecoder().decode(stdout)) as GraphInfo;
  const graph = new Map<string, readonly string[]>();
  for (const module of info.modules) {
    if (module.specifier === entry) continue;
    const path = pathOf(module.specifier);
    if (module.error !== undefined) problems.push(`${path}: ${module.error}`);
    graph.set(path, importsOf(module));
  }
  return graph;
}

function importsOf(module: ModuleInfo): readonly string[] {
  const targets = (module.dependencies ?? []).map((dependency) =>
    pathOf(
      dependency.code?.specifier ?? dependency.type?.specifier ??
        dependency.specifier,
    )
  );
  return [...new Set(targets)];
}

function isInside(path: string): boolean {
  return path === "mod.ts" || /^src\/[^/]+\.ts$/.test(path);
}

function checkDependencies(graph: Graph): readonly string[] {
  return [...graph].flatMap(([path, imports]) =>
    imports
      .filter((target) => isInside(path) && !isInside(target))
      .map((target) => `${path} imports ${target}, which is not the package's`)
  );
}

function checkFloors(graph: Graph): readonly string[] {
  return [...graph].flatMap(([path, imports]) => {
    if (!isInside(path)) return [];
    const own = floorOf(path);
    if (own === undefined) {
      return [`${path} stands on no floor: .tools/floors.ts`];
    }
    return imports
      .filter((target) => (floorOf(target) ?? 0) > own)
      .map((target) =>
        `${path} (floor ${own}) imports ${target} (floor ${floorOf(target)})`
      );
  });
}

/** Each circle once, by walking down and looking back. */
function checkCircles(graph: Graph): readonly string[] {
  const problems: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  function visit(path: string): void {
    const start = trail.indexOf(path);
    if (start !== -1) {
      problems.push(`Circle: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (finished.has(path)) return;
    trail.push(path);
    graph.get(path)?.forEach(visit);
    trail.pop();
    finished.add(path);
  }
  [...graph.keys()].forEach(visit);
  return problems;
}

/** `"./connection-pool"` for `src/connection_pool.ts`. */
function subpathOf(path: string): string {
  if (path === "mod.ts") return ".";
  return `./${path.slice("src/".length, -".ts".length).replaceAll("_", "-")}`;
}

function checkExports(
  exports: Readonly<Record<string, string>>,
  sources: readonly string[],
): readonly string[] {
  const wanted = new Map(
    ["mod.ts", ...sources.filter(isPublic)]
      .map((path): [string, string] => [subpathOf(path), `./${path}`]),
  );
  return [
    ...Object.entries(exports)
      .filter(([subpath, target]) => wanted.get(subpath) !== target)
      .map(([subpath, target]) =>
        `deno.json exports "${subpath}" as ${target}, where ${
          wanted.get(subpath) ?? "no public module"
        } belongs`
      ),
    ...[...wanted]
      .filter(([subpath]) => !Object.hasOwn(exports, subpath))
      .map(([subpath, target]) =>
        `deno.json lacks the export "${subpath}" of ${target}`
      ),
  ];
}

function isPublic(path: string): boolean {
  return isInside(path) && !isPrivateModule(path);
}

/** What mod.ts re-exports, also by `export *` of what it re-exports. */
async function readReExports(graph: Graph): Promise<ReadonlySet<string>> {
  const found = new Set(graph.get("mod.ts")?.filter(isInside));
  for (const path of found) { // grows meanwhile
    const source = await Deno.readTextFile(new URL(path, ROOT));
    for (const [, name] of source.matchAll(/^export \* from "\.\/(.+)";$/gm)) {
      found.add(`src/${name}`);
    }
  }
  return found;
}

function checkSources(
  sources: readonly string[],
  graph: Graph,
  reExported: ReadonlySet<string>,
): readonly string[] {
  const imported = new Set([...graph.values()].flat());
  return sources.flatMap((path) => {
    if (!isInside(path)) return [`${path}: src/ holds nothing but .ts files`];
    if (isPrivateModule(path)) {
      return imported.has(path) ? [] : [`${path} is imported nowhere`];
    }
    return reExported.has(path) === SUBPATH_ONLY.has(path)
      ? [
        `mod.ts ${
          reExported.has(path) ? "must not" : "must"
        } re-export ${path}`,
      ]
      : [];
  });
}

async function main(): Promise<void> {
  const { exports } = await readConfig();
  const sources = await listSources();
  const problems: string[] = [];
  const entryPoints = new Set(
    ["mod.ts", ...Object.values(exports), ...sources.filter(isPublic)]
      .map((path) => path.replace(/^\.\//, "")),
  );
  const graph = await readGraph([...entryPoints], problems);
  problems.push(
    ...checkDependencies(graph),
    ...checkFloors(graph),
    ...checkCircles(graph),
    ...checkExports(exports, sources),
    ...checkSources(sources, graph, await readReExports(graph)),
  );
  if (problems.length > 0) {
    console.error(problems.map((problem) => `- ${problem}`).join("\n"));
    console.error(`Module graph: ${problems.length} things are wrong`);
    Deno.exit(1);
  }
  const ahead = [...FLOORS.keys()].filter((path) => !sources.includes(path));
  console.log(
    `Module graph: ${sources.length} modules, ${
      Object.keys(exports).length
    } exports, no dependencies, no circles, floors kept (${ahead.length} planned)`,
  );
}

await main();
