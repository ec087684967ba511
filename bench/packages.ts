/**
 * Which packages, in which versions, a bench file compares with: what it imports
 * by `npm:`, itself or by other files of its folder.
 *
 * @module
 */

import { readFileSync } from "node:fs";

const PACKAGE = /"npm:((?:@[^/"]+\/)?[^@/"]+)@([^/"]+)[/"]/g;
const NEIGHBOUR = /(?:from|import) "(\.\/[^"]+)"/g;

/**
 * Finds the packages.
 *
 * @param file The bench file.
 * @param read Reads a file.
 * @returns Their versions by their names, in alphabetical order.
 */
export function packagesOf(
  file: URL,
  read: (file: URL) => string = (file) => readFileSync(file, "utf8"),
): Record<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  function visit(file: URL): void {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    const source = read(file);
    for (const [, name, version] of source.matchAll(PACKAGE)) {
      found.set(name!, version!);
    }
    for (const [, path] of source.matchAll(NEIGHBOUR)) {
      visit(new URL(path!, file));
    }
  }
  visit(file);
  return Object.fromEntries([...found].sort(([a], [b]) => a < b ? -1 : 1));
}
