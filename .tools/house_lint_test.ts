/**
 * The house rules on snippets: what each flags, how often, and what it leaves
 * alone. Runs on Deno only, because the linter does.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";
import plugin from "./house_lint.ts";

/** A snippet, and how many findings of the rule it must give. */
type Case = readonly [source: string, findings: number];

interface RuleCases {
  readonly rule: string;
  /** The file the snippets pretend to be, from the root. */
  readonly place: string;
  readonly bad?: readonly Case[];
  readonly good?: readonly string[];
  /** Snippets that the rule must leave alone in these other files. */
  readonly exemptPlaces?: readonly string[];
}

/** The findings on a snippet, as rule ids in order. */
function findings(place: string, source: string): readonly string[] {
  const file = `${import.meta.dirname}/../${place}`.replace("/.tools/..", "");
  return Deno.lint.runPlugin(plugin, file, source).map(({ id }) => id);
}

const CASES: readonly RuleCases[] = [
  {
    rule: "no-ambient-time",
    place: "src/cache.ts",
    exemptPlaces: ["src/clock.ts", "tests/cache_test.ts", "bench/x_bench.ts"],
    bad: [
      ["Date.now();", 1],
      ["Date?.now();", 1],
      ['Date["now"]();', 1],
      ["const now = Date.now;", 1],
      ["schedule(Date.now);", 1],
      ["const { now: read, UTC } = Date;", 1],
      ["function f(now = Date.now) {}", 1],
      ["class A { #now = Date.now; }", 1],
      ["new Date(); new Date; Date(); Date(0);", 4],
      ["globalThis.Date.now(); new globalThis.Date();", 2],
      ["(Date as unknown as { now(): number }).now();", 1],
      ["performance.now(); globalThis.performance.timeOrigin;", 2],
      ["const p = performance;", 1],
      ["const { performance } = globalThis;", 1],
      ["setTimeout(f, 1); setInterval(f, 1); setImmediate(f);", 3],
      ["requestAnimationFrame(f); window.requestAnimationFrame(f);", 2],
      ['globalThis.setTimeout(f); self["setTimeout"](f);', 2],
      ["(globalThis as unknown as Timers).setTimeout(f);", 1],
      ["const { setTimeout: later } = globalThis;", 1],
      ["const timers = { setTimeout }; const wait = setTimeout;", 2],
      ["const timers = { start: setTimeout };", 1],
      ["const later = () => setTimeout;", 1],
      ["AbortSignal.timeout(5); const { timeout } = AbortSignal;", 2],
      ["process.hrtime.bigint(); globalThis.process?.hrtime();", 2],
      ["Math.random(); function f(random = Math.random) {}", 2],
      ["const { random, max } = Math;", 1],
    ],
    good: [
      "clock.setTimeout(f, 1); stats.performance.now; this.Math.random();",
      "const timers = { setTimeout: f, performance: 1, setInterval() {} };",
      "const { setTimeout } = clock; const { setTimeout: start } = clock;",
      "function f(setTimeout: Start, [performance]: X, ...setInterval: Y) {}",
      "type Timer = ReturnType<typeof setTimeout>;",
      "let timer: ReturnType<typeof globalThis.setTimeout> | undefined;",
      "interface Clock { setTimeout(f: () => void): void; performance: Date }",
      "class Clock { setTimeout(): void {} performance = 1; }",
      "clearTimeout(timer); clearInterval(timer);",
      "new Date(0); new Date(clock.now()); new globalThis.Date(2026, 0);",
      "Date.UTC(2026); Date.parse(text); x instanceof Date; typeof Date;",
      "const { max } = Math; Math.max(1, 2);",
      "AbortSignal.any([a]); x instanceof AbortSignal;",
      "process.env; process.getBuiltinModule('node:fs');",
      "const { process } = globalThis as unknown as Host;",
      "import { now as performance } from './clock.ts';",
    ],
  },
  {
    rule: "no-runtime-global",
    place: "src/cache.ts",
    exemptPlaces: ["examples/service.ts", "tests/cache_test.ts", "mod.ts"],
    bad: [
      ["Deno.env.get('A'); globalThis.Deno?.version;", 2],
      ["const { Deno: host } = globalThis; const h = Deno;", 2],
      ["typeof Deno; Deno !== undefined;", 2],
      ["Bun.sleep(1); new URLPattern({});", 2],
      ["new DisposableStack(); new globalThis.AsyncDisposableStack();", 2],
      ["new SuppressedError(a, b);", 1],
    ],
    good: [
      "host.Deno; const x = { Deno: 1 };",
      "interface Host { Deno: string } type Name = 'Deno';",
    ],
  },
  {
    rule: "no-node-import",
    place: "src/cache.ts",
    exemptPlaces: ["tests/cache_test.ts", "examples/service.ts"],
    bad: [
      ['import { readFile } from "node:fs/promises";', 1],
      ['import type { Buffer } from "node:buffer"; import "node:fs";', 2],
      ['import fs from "fs"; import fc from "fast-check";', 2],
      ['import x from "npm:x@1"; import y from "https://a.org/x.ts";', 2],
      ['import x from "./x.js"; import y from "./x"; import z from "..";', 3],
      ['export * from "node:fs"; export { stat } from "node:fs";', 2],
      ['await import("node:fs"); await import(name);', 2],
      ['type Stats = import("node:fs").Stats;', 1],
    ],
    good: [
      'import { ok } from "./result.ts"; import type { E } from "./result.ts";',
      'export { ok } from "./result.ts"; export const a = 1;',
      'await import("./_brotli.ts"); process.getBuiltinModule("node:fs");',
    ],
  },
  {
    rule: "no-node-import",
    place: "mod.ts",
    bad: [['export * from "node:fs";', 1]],
    good: ['export * from "./src/clock.ts";'],
  },
  {
    rule: "floors",
    place: "src/errors.ts",
    exemptPlaces: ["tests/cache_test.ts", "examples/service.ts"],
    bad: [
      ['import { Secret } from "./secret.ts";', 1],
      ['import type { Cache } from "./cache.ts";', 1],
      ['export * from "./job_runner.ts"; export { C } from "./cache.ts";', 2],
      ['type C = import("./cache.ts").Cache; await import("./cache.ts");', 2],
      ['import * as all from "../mod.ts";', 1],
      ['import { fixture } from "../tests/fixture.ts";', 1],
    ],
    good: [
      'import { ok } from "./result.ts"; import { fill } from "./messages.ts";',
      'import { sha256 } from "./_sha256.ts";',
    ],
  },
  {
    rule: "floors",
    place: "src/_sha256.ts",
    bad: [['import { Secret } from "./secret.ts";', 1]],
    good: ['import { encode } from "./_encoding.ts";'],
  },
  {
    rule: "floors",
    place: "src/newcomer.ts",
    bad: [["export const a = 1;", 1], ["", 1]],
  },
  {
    rule: "floors",
    place: "mod.ts",
    bad: [
      ['export const version = 1; import "./src/clock.ts";', 2],
      ['import { ok } from "./src/result.ts"; export { ok };', 2],
      ['export * from "./examples/service.ts";', 1],
    ],
    good: [
      'export * from "./src/clock.ts"; export type { A } from "./src/cache.ts";',
    ],
  },
  {
    rule: "error-text-in-catalogue",
    place: "src/cache.ts",
    exemptPlaces: ["src/messages.ts", "tests/cache_test.ts"],
    bad: [
      ['throw new Error("The pool is closed"); throw Error("closed");', 2],
      ["throw new Error(`Pool ${name} is closed`);", 1],
      ["throw new Error(`${code}: ${closed ? 'closed' : 'open'}`);", 1],
      ['throw new PoolError("closed", { cause });', 1],
      ['return new errors.PoolError("closed");', 1],
      ['new DOMException("Timed out", "TimeoutError");', 1],
      ['new PoolError("POOL_CLOSED", { message: "closed" });', 1],
      ['new PoolError({ code, "message": `closed` });', 1],
      ['new PoolError("POOL_CLOSED", ["closed"]);', 1],
      ['throw { message: "closed" }; throw "closed"; throw `no ${name}`;', 3],
      ['throw new Error(name + (" is" + " closed"));', 1],
      ['throw new Error(text ?? "closed"); throw new Error(a ? b : "c");', 2],
      ['throw new Error("closed" as string);', 1],
      ["class A extends Error { constructor() { super('closed'); } }", 1],
      ["const A = class extends e.PoolError { a = () => super('no'); };", 1],
      ['Promise.reject("closed"); reject("closed");', 2],
      ['controller.abort("closed"); AbortSignal.abort("closed");', 2],
      ['throw new Error("Ошибка");', 1],
    ],
    good: [
      'throw new PoolError("POOL_CLOSED", { topic: "some text" }, { cause });',
      "throw new PoolError(`POOL_${key}`); throw new Error(`${domain}_${key}`);",
      'throw new PoolError(closed ? "POOL_CLOSED" : "POOL_EXHAUSTED");',
      'throw new PoolError(kind === "some text" ? A : B);',
      'throw new TypeError(fill(Texts.DELAY, { received: "none at all" }));',
      'throw new Error(""); throw toError(reason); throw error;',
      'throw optionError("ttlMs", received); throw PoolError.of("ttlMs");',
      "class PoolError extends Error { override get name() { return 'E'; } }",
      'class Plain { message = "text"; constructor() { super("text"); } }',
      "class A extends Map { constructor() { super('text'); } }",
      'const issue = { message: "a text" }; console.log("some text");',
      "reject(error); controller.abort(); signal.throwIfAborted();",
    ],
  },
  {
    rule: "no-using-syntax",
    place: "src/cache.ts",
    exemptPlaces: [".tools/x.ts", "bench/x_bench.ts"],
    bad: [
      ["using lock = take(); await using other = take();", 2],
      ["for (using lock of locks) {}", 1],
    ],
    good: ["const using = 1; class Lock { [Symbol.dispose]() {} }"],
  },
  ...["mod.ts", "tests/cache_test.ts", "examples/service.ts"].map(
    (place): RuleCases => ({
      rule: "no-using-syntax",
      place,
      bad: [["using lock = take();", 1]],
    }),
  ),
  {
    rule: "no-private-keyword",
    place: "bench/x_bench.ts",
    bad: [
      ["class A { private a = 1; private static readonly b?: string; }", 2],
      ["class A { private a(): void {} private get b() { return 1; } }", 2],
      ["class A { private accessor a = 1; }", 1],
      ["class A { constructor(private readonly a: string) {} }", 1],
      ["class A { private constructor() {} }", 1],
      [
        "abstract class A { private abstract a: 1; private abstract b(): 1 }",
        2,
      ],
    ],
    good: [
      "class A { #a = 1; protected b = 1; public c = 1; private = 1; }",
      "const a = { private: 1 };",
    ],
  },
];

function expect(id: string, file: string, [source, count]: Case): void {
  const found = findings(file, source).filter((other) => other === id);
  deepStrictEqual(found, Array(count).fill(id), `${source} in ${file}`);
}

for (const { rule, place, bad = [], good = [], exemptPlaces = [] } of CASES) {
  Deno.test(`${rule} in ${place}`, () => {
    const id = `house/${rule}`;
    for (const one of bad) expect(id, place, one);
    for (const source of good) expect(id, place, [source, 0]);
    for (const elsewhere of exemptPlaces) {
      for (const [source] of bad) expect(id, elsewhere, [source, 0]);
    }
  });
}

Deno.test("house_lint has cases for every rule", () => {
  deepStrictEqual(
    [...new Set(CASES.map(({ rule }) => rule))].toSorted(),
    Object.keys(plugin.rules).toSorted(),
  );
});
