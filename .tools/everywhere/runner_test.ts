/**
 * Has the stand-in for `node:test` run suites of its own. Node counts the same
 * tests, but for those of a suite that is left out.
 *
 * @module
 */

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { withReplaced } from "../../tests/foundation_support.ts";
import * as standIn from "./runner.ts";

/** What became of tests, shortly: "name", "name: skipped for a reason". */
async function run(
  register: () => void | Promise<void>,
): Promise<readonly string[]> {
  const results = await standIn.runFile(() => Promise.resolve(register()));
  return results.map(({ name, skipped, failed }) => {
    if (failed !== undefined) return `${name}: ${failed.split("\n")[0]}`;
    return skipped === undefined ? name : `${name}: skipped for ${skipped}`;
  });
}

function fail(): never {
  throw new Error("boom");
}

describe("runFile()", () => {
  it("tells of each test, by the names of the suites around it", async () => {
    const results = await run(() => {
      standIn.it("top", () => {});
      standIn.describe("a", () => {
        standIn.test("one", async () => await Promise.resolve());
        standIn.suite("b", () => standIn.it("two", fail));
        standIn.it("three", () => Promise.reject(new TypeError("late")));
      });
    });
    deepStrictEqual(results, [
      "top",
      "a > one",
      "a > b > two: Error: boom",
      "a > three: TypeError: late",
    ]);
  });

  it("names all tests that are left out, with the reason, and runs none", async () => {
    const results = await run(() => {
      standIn.it("one", { skip: "rain" }, fail);
      standIn.it("two", { skip: false }, () => {});
      standIn.it("three", { todo: true }, fail);
      standIn.it.skip("four", fail);
      standIn.it("five");
      standIn.describe("a", { skip: "snow" }, () => {
        standIn.before(fail);
        standIn.after(fail);
        standIn.it("one", fail);
        standIn.describe("b", () => standIn.it("two", { skip: "hail" }, fail));
      });
    });
    deepStrictEqual(results, [
      "one: skipped for rain",
      "two",
      "three: skipped for to do",
      "four: skipped for no reason",
      "five: skipped for to do",
      "a > one: skipped for snow",
      "a > b > two: skipped for hail",
    ]);
  });

  it("runs the hooks around what they are for, whatever fails", async () => {
    const log: string[] = [];
    await run(() => {
      const write = (text: string) => () => void log.push(text);
      standIn.before(write("file"));
      standIn.after(write("end"));
      standIn.beforeEach(write("each"));
      standIn.afterEach(write("after each"));
      standIn.describe("a", () => {
        standIn.before(write("suite"));
        standIn.after(write("suite ends"));
        standIn.beforeEach(write("each of suite"));
        standIn.afterEach(write("after each of suite"));
        standIn.it("one", (t) => {
          t.after(write("after one"));
          log.push("one");
          fail();
        });
      });
      standIn.it("two", write("two"));
    });
    deepStrictEqual(log, [
      "file",
      "suite",
      "each",
      "each of suite",
      "one",
      "after one",
      "after each of suite",
      "after each",
      "suite ends",
      "each",
      "two",
      "after each",
      "end",
    ]);
  });

  it("fails where a hook fails", async () => {
    const results = await run(() => {
      standIn.describe("a", () => {
        standIn.before(fail);
        standIn.it("one", () => {});
      });
      standIn.describe("b", () => {
        standIn.after(fail);
        standIn.it("one", () => {});
      });
      standIn.describe("c", () => {
        standIn.beforeEach(fail);
        standIn.it("one", () => {});
      });
    });
    deepStrictEqual(results, [
      "a: Error: boom",
      "b > one",
      "b: Error: boom",
      "c > one: Error: boom",
    ]);
  });

  it("fails where the file cannot be loaded, and goes on with the next", async () => {
    deepStrictEqual(await run(fail), ["(the file): Error: boom"]);
    deepStrictEqual(await run(() => standIn.it("one", () => {})), ["one"]);
  });

  it("hears of what nobody handles", async () => {
    type Listener = (event: unknown) => void;
    const heard = new Map<string, Listener>();
    const register = (type: string, listener: Listener) =>
      void heard.set(type, listener);
    // The runner of this test would hear of a real one first.
    const results = await withReplaced(
      globalThis,
      "addEventListener",
      register as typeof addEventListener,
      () =>
        run(() => {
          standIn.it("one", () => {
            const preventDefault = () => {};
            const [reason, error] = [new Error("lost"), new Error("thrown")];
            heard.get("unhandledrejection")?.({ preventDefault, reason });
            heard.get("error")?.({ preventDefault, error });
          });
        }),
    );
    deepStrictEqual(results, [
      "(outside a test): Error: lost",
      "(outside a test): Error: thrown",
      "one",
    ]);
  });

  it("counts a test within a test", async () => {
    const results = await run(() => {
      standIn.it("outer", async (t) => {
        await t.test("inner", fail);
      });
    });
    deepStrictEqual(results, ["outer > inner: Error: boom", "outer"]);
  });

  it("refuses options that it does not know", async () => {
    const [result] = await run(() => {
      standIn.it("one", { timeout: 5 }, () => {});
    });
    match(result!, /no option timeout/);
  });

  it("tells why an error came about", async () => {
    const [result] = await standIn.runFile(() => {
      standIn.it("one", () => {
        throw new Error("outer", { cause: new Error("inner") });
      });
      return Promise.resolve();
    });
    match(result!.failed!, /outer[^]*because of Error: inner/);
    strictEqual(result!.name, "one");
  });
});
