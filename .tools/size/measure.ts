/**
 * What bundlers ship of the package: how much it is, and which modules.
 *
 * Measured on the packed JavaScript, which npm's users get, and on the sources,
 * which JSR's users get.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "npm:esbuild@0.28.2";
import { PACKAGE, packageFolder, withInstalled } from "./installed.ts";

/** A bundle. */
export interface Bundle {
  /** Its size minified, in bytes. */
  readonly min: number;
  /** Its size minified and gzipped at level 9, in bytes. */
  readonly gzip: number;
  /** What it exports: values, since types are gone. */
  readonly names: readonly string[];
  /** The package's modules that are loaded, by the paths of their sources. */
  readonly modules: readonly string[];
}

/** What {@linkcode measure} finds. */
export interface Measures {
  /** Each subpath, alone, with all that it exports. */
  readonly alone: ReadonlyMap<string, Bundle>;
  /** The same of the sources. */
  readonly sources: ReadonlyMap<string, Bundle>;
  /** The same names from the root, where it has them all. */
  readonly fromRoot: ReadonlyMap<string, Bundle>;
  /** One name, from the root and from its subpath. */
  readonly ok: { readonly fromRoot: Bundle; readonly fromSubpath: Bundle };
  /** What is left of the root where nothing is used of it. */
  readonly nothing: { readonly packed: Bundle; readonly source: Bundle };
}

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Reads which subpaths there are.
 *
 * @returns The file of each, as they stand in deno.json.
 */
export function readExports(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(
    Deno.readTextFileSync(join(ROOT, "deno.json")),
  ) as { exports: Record<string, string> };
  return new Map(Object.entries(exports));
}

/**
 * Packs the package and bundles it in all ways.
 *
 * @returns The bundles.
 * @throws {Error} It could not be packed or bundled.
 */
export async function measure(): Promise<Measures> {
  try {
    return await withInstalled(measureIn);
  } finally {
    await esbuild.stop();
  }
}

async function measureIn(folder: string): Promise<Measures> {
  function bundle(exported: string, module: string): Promise<Bundle> {
    return bundleIn(
      folder,
      `export ${exported} from ${JSON.stringify(module)};`,
    );
  }
  const alone = new Map<string, Bundle>();
  const sources = new Map<string, Bundle>();
  const fromRoot = new Map<string, Bundle>();
  const root = await bundle("*", PACKAGE);
  for (const [subpath, file] of readExports()) {
    const own = await bundle("*", PACKAGE + subpath.slice(1));
    alone.set(subpath, own);
    sources.set(subpath, await bundle("*", join(ROOT, file)));
    if (own.names.every((name) => root.names.includes(name))) {
      fromRoot.set(
        subpath,
        await bundle(`{ ${own.names.join(", ")} }`, PACKAGE),
      );
    }
  }
  return {
    alone,
    sources,
    fromRoot,
    ok: {
      fromRoot: await bundle("{ ok }", PACKAGE),
      fromSubpath: await bundle("{ ok }", `${PACKAGE}/result`),
    },
    nothing: {
      packed: await bundle("{}", PACKAGE),
      source: await bundle("{}", join(ROOT, "mod.ts")),
    },
  };
}

async function bundleIn(folder: string, source: string): Promise<Bundle> {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: { contents: source, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const [file] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  if (file === undefined || output === undefined) {
    throw new Error(`There is no bundle of ${source}`);
  }
  return {
    min: file.contents.length,
    gzip: gzipSync(file.contents, { level: 9 }).length,
    names: output.exports,
    modules: Object.keys(metafile.inputs)
      .map((path) => sourceOf(join(folder, path), packageFolder(folder)))
      .filter((path) => path !== undefined)
      .toSorted(),
  };
}

/** Which source a module is, or is made of: "src/result.ts". */
function sourceOf(path: string, installed: string): string | undefined {
  for (const folder of [installed, ROOT]) {
    const prefix = join(folder, "/");
    if (path.startsWith(prefix)) {
      return path.slice(prefix.length).replaceAll("\\", "/")
        .replace(/\.js$/, ".ts");
    }
  }
  return undefined;
}
