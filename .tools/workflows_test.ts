/**
 * What no run of a workflow would tell: that what it trusts is pinned, that it
 * may do no more than it must, and that its runtimes are those of `.ci/run`.
 *
 * @module
 */

import { deepStrictEqual, match, notStrictEqual, ok } from "node:assert/strict";
import { describe, it } from "node:test";

const ROOT = new URL("../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);

const workflows = [...Deno.readDirSync(FOLDER)].map(({ name }) => ({
  name,
  text: Deno.readTextFileSync(new URL(name, FOLDER)),
}));

/** All that a pattern's group finds. */
function find(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group = ""]) => group);
}

describe("workflows", () => {
  it("are there", () => notStrictEqual(workflows.length, 0));

  for (const { name, text } of workflows) {
    describe(name, () => {
      it("pins each action by its hash and says which version that is", () => {
        for (const action of find(text, /uses: (.+)/g)) {
          if (!action.startsWith("./")) {
            match(action, /^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
          }
        }
      });

      it("may read, and ask for a token only where it publishes", () => {
        ok(/^permissions:\n {2}contents: read\n\n/m.test(text));
        const written = find(text, /^ +([\w-]+): write$/gm);
        const jobs = name === "publish.yml" ? ["id-token", "id-token"] : [];
        deepStrictEqual(written, jobs);
      });

      it("leaves no credentials behind in a checkout", () => {
        const checkouts = find(text, /(uses: actions\/checkout@)/g);
        const without = find(text, /(persist-credentials: false)/g);
        deepStrictEqual(without.length, checkouts.length);
      });
    });
  }

  it("agree with .ci/run and the tasks on the versions of the runtimes", () => {
    const versions = (path: string, pattern: RegExp) =>
      find(Deno.readTextFileSync(new URL(path, ROOT)), pattern);
    for (const runtime of ["deno", "bun"]) {
      const name = `${runtime.toUpperCase()}_VERSION`;
      const pinned = versions(".ci/run", new RegExp(`${name}=([\\d.]+)`, "g"));
      deepStrictEqual(pinned.length, 1, `${name} in .ci/run`);
      const found = [
        ...workflows.flatMap(({ text }) =>
          find(text, new RegExp(`${name}: ([\\d.]+)`, "g"))
        ),
        ...["deno.json", "README.md", "CONTRIBUTING.md"].flatMap((path) =>
          versions(path, new RegExp(`\\b${runtime}@([\\d.]+)`, "g"))
        ),
      ];
      notStrictEqual(found.length, 0);
      deepStrictEqual([...new Set(found)], pinned);
    }
  });
});
