/**
 * Checks what is in the package: all that belongs there, and nothing else.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a package may hold. */
const FILES =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|(mod|src\/\w+)\.(js|d\.ts))$/;

/** What users miss when it is not there. */
const FIELDS = [
  "name",
  "version",
  "description",
  "keywords",
  "license",
  "type",
  "homepage",
  "repository",
  "bugs",
  "exports",
  "sideEffects",
  "engines",
];

/** What the package does without. */
const UNWANTED = [
  "dependencies",
  "devDependencies",
  "peerDependencies",
  "optionalDependencies",
  "imports",
  "scripts",
  "bin",
];

/**
 * Checks the files of the unpacked package.
 *
 * @param root The root of the repository.
 * @param folder Where the package is unpacked.
 * @returns How many files there are, and how many bytes in them.
 * @throws {Error} Something is missing, too much, or leads nowhere.
 */
export async function checkContents(
  root: string,
  folder: string,
): Promise<string> {
  const files = await readFiles(folder);
  const problems: string[] = [];
  for (const path of files.keys()) {
    if (!FILES.test(path)) problems.push(`${path} does not belong there`);
  }
  for (
    const path of ["README.md", "LICENSE", "CHANGELOG.md", ...sources(root)]
  ) {
    if (!files.has(path)) problems.push(`${path} is missing`);
  }
  const manifest = JSON.parse(files.get("package.json") ?? "{}");
  for (const field of FIELDS) {
    if (!(field in manifest)) problems.push(`package.json lacks ${field}`);
  }
  for (const field of UNWANTED) {
    if (field in manifest) problems.push(`package.json has ${field}`);
  }
  for (const [path, text] of files) {
    problems.push(...checkText(root, folder, path, text));
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const bytes = [...files.values()]
    .map((text) => new TextEncoder().encode(text).length)
    .reduce((a, b) => a + b);
  return `${files.size} files, ${bytes} bytes`;
}

async function readFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  async function read(prefix: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder + prefix)) {
      const path = `${prefix}/${name}`;
      if (isDirectory) await read(path);
      else files.set(path.slice(1), await Deno.readTextFile(folder + path));
    }
  }
  await read("");
  return files;
}

/** Every module, private ones too, since the others import them. */
function sources(root: string): readonly string[] {
  const src = [...Deno.readDirSync(join(root, "src"))];
  return ["mod.ts", ...src.map(({ name }) => `src/${name}`)]
    .map((path) => path.replace(/\.ts$/, ".js"));
}

function checkText(
  root: string,
  folder: string,
  path: string,
  text: string,
): readonly string[] {
  const problems: string[] = [];
  if (text.includes(root)) problems.push(`${path} tells where it was made`);
  if (/^\/\/# sourceMappingURL=/m.test(text)) {
    problems.push(`${path} has a source map, whose source is not there`);
  }
  // JavaScript cannot import types, nor types be found beside no types.
  const own = path.endsWith(".d.ts") ? ".d.ts" : ".js";
  for (const [, target = ""] of text.matchAll(/^.*\bfrom "(\..*)\.js";$/gm)) {
    if (!existsSync(join(folder, dirname(path), target + own))) {
      problems.push(`${path} imports ${target}, which has no ${own}`);
    }
  }
  if (path.endsWith(".md")) {
    problems.push(...checkLinks(root, folder, path, text));
  }
  return problems;
}

/** That each link to a file leads to one: in the package, or the repository. */
function checkLinks(
  root: string,
  folder: string,
  path: string,
  text: string,
): readonly string[] {
  const withoutCode = text.replaceAll(/^```[^]*?^```|`[^`]*`/gm, "");
  const links = withoutCode.matchAll(
    /(?:\]\(|\b(?:href|src|srcset)=")([^)"#\s]+)/g,
  );
  return [...links].flatMap(([, link = ""]) => {
    const inRepository =
      /^https:\/\/github\.com\/groundwork\/infra\/\w+\/v[^/]+\/(.+)$/
        .exec(link)?.[1];
    if (inRepository === undefined && link.includes(":")) return [];
    const target = inRepository === undefined
      ? join(folder, link)
      : join(root, inRepository);
    return existsSync(target) ? [] : [`${path} links to ${link}: no such file`];
  });
}
