/**
 * Runs every bench file with the harness and its options (see `harness.ts`),
 * each in a process of its own: what engines learn from one file must not speed
 * up or slow down the next.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const folder = fileURLToPath(new URL(".", import.meta.url));

const { values: { quick, filter, json } } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    json: { type: "string" },
  },
});

const temporary = mkdtempSync(join(tmpdir(), "groundwork-bench-"));
const reports: unknown[] = [];
try {
  const files = readdirSync(folder).filter((name) =>
    name.endsWith("_bench.ts")
  );
  for (const file of files.sort()) {
    const report = join(temporary, `${file}.json`);
    const args = [...runtimeArgs(), join(folder, file), "--json", report];
    if (quick) args.push("--quick");
    args.push("--filter", filter);
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
    else reports.push(JSON.parse(readFileSync(report, "utf8")));
  }
  if (json !== undefined) {
    writeFileSync(json, JSON.stringify(reports, undefined, 2) + "\n");
  }
} finally {
  rmSync(temporary, { recursive: true });
}

/** What comes before the file: Node and Bun have to be taught `npm:`. */
function runtimeArgs(): string[] {
  if ("Deno" in globalThis) return ["run", "-A", "--no-lock", "--quiet"];
  if ("Bun" in globalThis) {
    return ["--preload", join(folder, "bun_resolver.ts")];
  }
  return [
    "--disable-warning=ExperimentalWarning",
    "--import",
    new URL("node_resolver.mjs", import.meta.url).href,
  ];
}
