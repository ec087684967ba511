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
      ["Date[`now`]();", 1],
      ["Date[method]();", 1],
      ["const now = Date.now;", 1],
      ["schedule(Date.now);", 1],
      ["const { now } = Date;", 1],
      ["const { now: read, UTC } = Date;", 1],
      ["const { ...all } = Date;", 1],
      ["let now; ({ now } = Date);", 1],
      ["function f({ now } = Date) {}", 1],
      ["function f(now = Date.now) {}", 1],
      ["class A { #now = Date.now; }", 1],
      ["new Date();", 1],
      ["new Date;", 1],
      ["Date();", 1],
      ["Date(0);", 1],
      ["const D = Date;", 1],
      ["make(Date);", 1],
      ["class Day extends Date {}", 1],
      ["(Date as unknown as { now(): number }).now();", 1],
      ["Date.now!();", 1],
      ["globalThis.Date.now();", 1],
      ["new globalThis.Date();", 1],
      ["self.window.Date.now();", 1],
      ["performance.now();", 1],
      ["performance.timeOrigin;", 1],
      ["const p = performance;", 1],
      ["globalThis.performance.now();", 1],
      ["const { performance } = globalThis;", 1],
      ["setTimeout(f, 1);", 1],
      ["setInterval(f, 1); setImmediate(f);", 2],
      ["requestAnimationFrame(f); requestIdleCallback(f);", 2],
      ["globalThis.setTimeout(f); window.setTimeout(f);", 2],
      ['self["setTimeout"](f);', 1],
      ["(globalThis as unknown as Timers).setTimeout(f);", 1],
      ["const { setTimeout: later } = globalThis;", 1],
      ["const { Date: { now } } = globalThis;", 1],
      ["const { Date: D = Fallback } = globalThis;", 1],
      ["const wait = setTimeout;", 1],
      ["const timers = { setTimeout };", 1],
      ["const timers = { start: setTimeout };", 1],
      ["const later = () => setTimeout;", 1],
      ["setTimeout.call(null, f);", 1],
      ["const g = setTimeout<[]>;", 1],
      ["AbortSignal.timeout(5);", 1],
      ["const { timeout } = AbortSignal;", 1],
      ["const signals = [AbortSignal];", 1],
      ["process.hrtime();", 1],
      ["process.hrtime.bigint();", 1],
      ["globalThis.process?.hrtime();", 1],
      ["process.uptime();", 1],
      ["Math.random();", 1],
      ["function f(random = Math.random) {}", 1],
      ["const { random, max } = Math;", 1],
      ["const { Math: { random } } = globalThis;", 1],
      ["const m = Math;", 1],
      ["Temporal.Now.instant();", 1],
      ["Atomics.wait(a, 0, 0, 5);", 1],
      ['process.getBuiltinModule("node:timers/promises");', 1],
      ['globalThis.process?.getBuiltinModule("perf_hooks");', 1],
    ],
    good: [
      "clock.setTimeout(f, 1);",
      "const timers = { setTimeout: f, performance: 1, Date: 2 };",
      "const { setTimeout } = clock;",
      "const { setTimeout: start } = clock;",
      "type Timer = ReturnType<typeof setTimeout>;",
      "let timer: ReturnType<typeof globalThis.setTimeout> | undefined;",
      "interface Clock { setTimeout(f: () => void): void; performance: Date }",
      "class Clock { setTimeout(): void {} performance = 1; }",
      "clearTimeout(timer); clearInterval(timer);",
      "new Date(0); new Date(clock.now()); new Date(2026, 0);",
      "new globalThis.Date(0);",
      "Date.UTC(2026); Date.parse(text); Date.prototype;",
      "x instanceof Date || x.constructor === Date;",
      "typeof Date;",
      "const { UTC } = Date;",
      "const { max } = Math; Math.max(1, 2); Math['floor'](1);",
      "AbortSignal.any([a]); AbortSignal.abort(); x instanceof AbortSignal;",
      "function f(signal: AbortSignal, at: Date): void {}",
      "process.env; process.getBuiltinModule('node:fs');",
      "const { process } = globalThis as unknown as Host;",
      "const scope = globalThis as { crypto?: Crypto };",
      "stats.performance.now; this.Math.random();",
      "const name = 'node:timers';",
      "setTimeout: for (;;) break setTimeout;",
      "import { now as performance } from './clock.ts';",
    ],
  },
  {
    rule: "no-runtime-global",
    place: "src/cache.ts",
    exemptPlaces: ["examples/service.ts", "tests/cache_test.ts", "mod.ts"],
    bad: [
      ["Deno.env.get('A');", 1],
      ["globalThis.Deno?.version;", 1],
      ["const { Deno: host } = globalThis;", 1],
      ["const host = Deno;", 1],
      ["typeof Deno;", 1],
      ["let server: Deno.HttpServer;", 1],
      ["type Host = typeof Deno;", 1],
      ["Bun.sleep(1);", 1],
      ["new URLPattern({});", 1],
      ["new globalThis.DisposableStack();", 1],
    ],
    good: [
      "host.Deno; const x = { Deno: 1 };",
      "interface Host { Deno: string }",
      "type Name = 'Deno';",
    ],
  },
  {
    rule: "no-node-import",
    place: "src/cache.ts",
    exemptPlaces: ["tests/cache_test.ts", "examples/service.ts"],
    bad: [
      ['import { readFile } from "node:fs/promises";', 1],
      ['import type { Buffer } from "node:buffer";', 1],
      ['import { type Buffer } from "node:buffer";', 1],
      ['import "node:fs";', 1],
      ['import fs from "fs";', 1],
      ['import fc from "fast-check";', 1],
      ['import x from "npm:x@1";', 1],
      ['import x from "https://example.com/x.ts";', 1],
      ['import x from "/x.ts";', 1],
      ['import x from "./x.js";', 1],
      ['import x from "./x";', 1],
      ['import x from "..";', 1],
      ['export * from "node:fs";', 1],
      ['export * as fs from "node:fs";', 1],
      ['export { readFile } from "node:fs";', 1],
      ['export type { Stats } from "node:fs";', 1],
      ['await import("node:fs");', 1],
      ["await import(`node:fs`);", 1],
      ["await import(name);", 1],
      ['type Stats = import("node:fs").Stats;', 1],
      ['import fs = require("node:fs");', 1],
      ['const fs = require("fs");', 1],
    ],
    good: [
      'import { ok } from "./result.ts"; import type { Err } from "./result.ts";',
      'export { ok } from "./result.ts"; export const a = 1;',
      'await import("./_brotli.ts");',
      'process.getBuiltinModule("node:fs");',
      "const { require: needed } = options; this.isRequired(); import.meta.url;",
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
      ['export * from "./job_runner.ts";', 1],
      ['export { Cache } from "./cache.ts";', 1],
      ['type C = import("./cache.ts").Cache;', 1],
      ['await import("./cache.ts");', 1],
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
    place: "src/job_runner.ts",
    good: [
      'import { a } from "./job_queue.ts"; import { b } from "./clock.ts";',
    ],
  },
  {
    rule: "floors",
    place: "src/newcomer.ts",
    bad: [["export const a = 1;", 1], ["", 1]],
  },
  {
    rule: "floors",
    place: "src/folder/clock.ts",
    bad: [["export const a = 1;", 1]],
  },
  {
    rule: "floors",
    place: "mod.ts",
    bad: [
      ["export const version = 1;", 1],
      ['import "./src/clock.ts";', 1],
      ['import { ok } from "./src/result.ts"; export { ok };', 2],
      ["console.log(1);", 1],
      ['export * from "./examples/service.ts";', 1],
    ],
    good: [
      'export * from "./src/clock.ts";\nexport type { A } from "./src/cache.ts";',
    ],
  },
  {
    rule: "error-text-in-catalogue",
    place: "src/cache.ts",
    exemptPlaces: ["src/messages.ts", "tests/cache_test.ts"],
    bad: [
      ['throw new Error("The pool is closed");', 1],
      ['throw new Error("closed");', 1],
      ["throw new Error(`The pool is closed`);", 1],
      ["throw new Error(`Pool ${name} is closed`);", 1],
      ["throw new Error(`${code}: ${closed ? 'closed' : 'open'}`);", 1],
      ["throw new Error(String.raw`closed`);", 1],
      ['throw new PoolError("closed", { cause });', 1],
      ['throw Error("closed");', 1],
      ['return new errors.PoolError("closed");', 1],
      ['return new this.#errorClass("closed");', 1],
      ['new DOMException("Timed out", "TimeoutError");', 1],
      ['new AggregateError(all, "All of them failed");', 1],
      ['new PoolError("POOL_CLOSED", { message: "closed" });', 1],
      ['new PoolError({ code, "message": `closed` });', 1],
      ['throw { message: "closed" };', 1],
      ['throw "closed";', 1],
      ["throw `closed ${name}`;", 1],
      ['throw new Error("Pool " + name);', 1],
      ['throw new Error(name + (" is" + " closed"));', 1],
      ['throw new Error(text ?? "closed");', 1],
      ['throw new Error(a ? b : "closed");', 1],
      ['throw new Error((0, "closed"));', 1],
      ['throw new Error("closed" as string);', 1],
      ['throw new Error(["closed", name].join(": "));', 1],
      ['throw new Error(...["closed"]);', 1],
      ['throw new Error("The {name}".replace("{name}", name));', 1],
      ['throw new Error(codes.join(" or "));', 1],
      ['throw new Error(fill("The {name} is closed", { name }));', 1],
      ['throw new Error(await text("The pool is closed"));', 1],
      ['const text = "closed"; throw new Error(text);', 1],
      ['throw new Error(TEXT); const TEXT = "closed";', 1],
      ['let text; text = "closed"; throw new Error(text);', 1],
      ['function f(text = "closed") { throw new Error(text); }', 1],
      ['const T = { A: "closed" } as const; throw new Error(T.A);', 1],
      ['const T = Object.freeze({ A: { B: "c" } }); throw Error(T.A.B);', 1],
      ['const T = { A: "closed" }; throw new Error(T[key]);', 1],
      [
        "class PoolError extends Error { constructor() { super('closed'); } }",
        1,
      ],
      ["class E extends PoolError { override message = 'closed'; }", 1],
      ["error.message = 'closed';", 1],
      ["this.message = `closed ${name}`;", 1],
      ['Promise.reject("closed"); reject("closed");', 2],
      ['controller.abort("closed"); AbortSignal.abort("closed");', 2],
      ['throw poolError("The pool is closed");', 1],
      ['throw PoolError.of("The pool is closed");', 1],
      ['throw new Error("Ошибка");', 1],
    ],
    good: [
      'throw new PoolError("POOL_CLOSED");',
      'throw new PoolError("POOL_CLOSED", { topic: "some text" }, { cause });',
      "throw new PoolError(`POOL_${key}`);",
      "throw new PoolError(`${domain}_${key}`);",
      'throw new PoolError(closed ? "POOL_CLOSED" : "POOL_EXHAUSTED");',
      'const code = "POOL_CLOSED"; throw new PoolError(code);',
      'throw new TypeError(fill(Texts.DELAY, { received: "none at all" }));',
      'throw new TypeError(formatMessage("POOL_CLOSED", {}));',
      "throw new UnwrapError(ResultMessages.UNWRAP, { cause });",
      'throw new Error(codes.join(", "));',
      'throw new Error("");',
      "throw error; throw toError(reason); throw new Error(message, { cause });",
      'throw optionError("ttlMs", received);',
      'throw PoolError.of("ttlMs");',
      'class PoolError extends Error { override get name() { return "E"; } }',
      'class Plain { message = "text"; constructor() { super("text"); } }',
      'const issue = { message: "a text" };',
      'console.log("some text"); new Map([["some", "text"]]);',
      'const loop = loop2, loop2 = loop + ""; throw new Error(loop);',
      "reject(error); controller.abort(); signal.throwIfAborted();",
    ],
  },
  {
    rule: "no-using-syntax",
    place: "src/cache.ts",
    exemptPlaces: [".tools/x.ts", "bench/x_bench.ts"],
    bad: [
      ["using lock = take();", 1],
      ["await using lock = take();", 1],
      ["for (using lock of locks) {}", 1],
    ],
    good: [
      "const using = 1; using;",
      "class Lock { [Symbol.dispose]() {} }",
    ],
  },
  {
    rule: "no-using-syntax",
    place: "tests/cache_test.ts",
    bad: [["using lock = take();", 1]],
  },
  {
    rule: "no-using-syntax",
    place: "examples/service.ts",
    bad: [["using lock = take();", 1]],
  },
  {
    rule: "no-private-keyword",
    place: "bench/x_bench.ts",
    bad: [
      ["class A { private a = 1; }", 1],
      ["class A { private static readonly a?: string; }", 1],
      ["class A { private a(): void {} private get b() { return 1; } }", 2],
      ["class A { private accessor a = 1; }", 1],
      ["class A { constructor(private readonly a: string) {} }", 1],
      ["class A { private constructor() {} }", 1],
      [
        "abstract class A { private abstract a: 1; private abstract b(): 1; }",
        2,
      ],
      ["declare class A { private a(): void; }", 1],
      ["const A = class { private a = 1; };", 1],
    ],
    good: [
      "class A { #a = 1; protected b = 1; public c = 1; private = 1; }",
      "const a = { private: 1 };",
    ],
  },
];

function repeated(id: string, times: number): readonly string[] {
  return Array<string>(times).fill(id);
}

for (const { rule, place, bad, good, exemptPlaces } of CASES) {
  const id = `house/${rule}`;
  const ofThisRule = (found: string): boolean => found === id;

  Deno.test(`${rule} flags what it must in ${place}`, () => {
    for (const [source, count] of bad ?? []) {
      const found = findings(place, source).filter(ofThisRule);
      deepStrictEqual(found, repeated(id, count), source);
    }
  });

  Deno.test(`${rule} leaves the rest alone in ${place}`, () => {
    for (const source of good ?? []) {
      deepStrictEqual(findings(place, source).filter(ofThisRule), [], source);
    }
  });

  Deno.test(`${rule} does not reach beyond ${place}`, () => {
    for (const elsewhere of exemptPlaces ?? []) {
      for (const [source] of bad ?? []) {
        const found = findings(elsewhere, source).filter(ofThisRule);
        deepStrictEqual(found, [], `${source} in ${elsewhere}`);
      }
    }
  });
}

Deno.test("house_lint has cases for every rule", () => {
  deepStrictEqual(
    [...new Set(CASES.map(({ rule }) => rule))].toSorted(),
    Object.keys(plugin.rules).toSorted(),
  );
});
