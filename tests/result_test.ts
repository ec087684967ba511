import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ResultMessages } from "../src/messages.ts";
import {
  all,
  allErrors,
  andThenAsync,
  any,
  type AnyResult,
  catchToResult,
  catchToResultAsync,
  equals,
  Err,
  err,
  fromPlain,
  gen,
  genAsync,
  genFn,
  mapAsync,
  Ok,
  ok,
  partition,
  type Result,
  UnwrapError,
} from "../src/result.ts";
import {
  AWKWARD_VALUES,
  functions,
  results,
  values,
} from "./_result_arbitraries.ts";

const RUNS = { numRuns: 300 };

/** Same side, and the very same content. */
function assertSame(actual: AnyResult, expected: AnyResult): void {
  assert.equal(actual.ok, expected.ok);
  assert.ok(actual instanceof Ok || actual instanceof Err);
  if (actual.ok && expected.ok) assertIs(actual.value, expected.value);
  if (!actual.ok && !expected.ok) assertIs(actual.error, expected.error);
}

/** `assert.equal` prints its arguments, which arbitrary values may not stand. */
function assertIs(actual: unknown, expected: unknown): void {
  assert.ok(Object.is(actual, expected), "not the same value");
}

/** The error that a call throws. */
function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (thrown) {
    return thrown;
  }
  assert.fail("nothing was thrown");
}

/** The reason a promise rejects with. */
async function rejectionOf(fn: () => Promise<unknown>): Promise<unknown> {
  try {
    await fn();
  } catch (reason) {
    return reason;
  }
  assert.fail("the promise was not rejected");
}

/** A callback that must not run. */
function never(): never {
  throw new Error("a callback was called that must not be");
}

/** A step that can fail. */
function half(n: number): Result<number, `odd ${number}`> {
  return n % 2 === 0 ? ok(n / 2) : err(`odd ${n}`);
}

describe("properties", () => {
  it("P1 a value wrapped in Ok and unwrapped is that value", () => {
    fc.assert(
      fc.property(values(), (value) => {
        assertIs(ok(value).unwrap(), value);
        assertIs(new Ok(value).value, value);
        assertIs(ok(value).expect("a value"), value);
        assertIs(ok(value).unwrapOr("fallback"), value);
        assertIs(ok(value).unwrapOrElse(never), value);
        assertIs(err(value).unwrapErr(), value);
      }),
      { ...RUNS, examples: AWKWARD_VALUES.map((value) => [value]) },
    );
  });

  it("P2 r.map(f).map(g) equals r.map(x => g(f(x)))", () => {
    fc.assert(
      fc.property(
        results(),
        functions(values()),
        functions(values()),
        (r, f, g) => {
          assertSame(r.map(f).map(g), r.map((x) => g(f(x))));
        },
      ),
      RUNS,
    );
  });

  it("P3 mapping an Err gives the same Err, and f is not called", () => {
    fc.assert(
      fc.property(values(), (error) => {
        const failure = err(error);
        assert.ok(failure.map(never) === failure);
      }),
      { ...RUNS, examples: AWKWARD_VALUES.map((value) => [value]) },
    );
  });

  it("functor identity: r.map(x => x) equals r", () => {
    fc.assert(
      fc.property(results(), (r) => assertSame(r.map((x) => x), r)),
      RUNS,
    );
  });

  it("left identity: ok(x).andThen(f) is f(x)", () => {
    fc.assert(
      fc.property(values(), functions(results()), (x, f) => {
        assert.ok(ok(x).andThen(f) === f(x));
        assert.ok(ok(x).flatMap(f) === f(x));
      }),
      RUNS,
    );
  });

  it("right identity: r.andThen(ok) equals r", () => {
    fc.assert(
      fc.property(results(), (r) => {
        assertSame(r.andThen((x) => ok(x)), r);
        assertSame(r.flatMap((x) => ok(x)), r);
      }),
      RUNS,
    );
  });

  it("associativity: r.andThen(f).andThen(g) equals r.andThen(x => f(x).andThen(g))", () => {
    fc.assert(
      fc.property(
        results(),
        functions(results()),
        functions(results()),
        (r, f, g) => {
          assertSame(
            r.andThen(f).andThen(g),
            r.andThen((x) => f(x).andThen(g)),
          );
          assertSame(
            r.flatMap(f).flatMap(g),
            r.flatMap((x) => f(x).flatMap(g)),
          );
        },
      ),
      RUNS,
    );
  });

  it("mapErr identity: r.mapErr(e => e) equals r", () => {
    fc.assert(
      fc.property(results(), (r) => assertSame(r.mapErr((e) => e), r)),
      RUNS,
    );
  });

  it("mapErr composition: r.mapErr(f).mapErr(g) equals r.mapErr(e => g(f(e)))", () => {
    fc.assert(
      fc.property(
        results(),
        functions(values()),
        functions(values()),
        (r, f, g) => {
          assertSame(r.mapErr(f).mapErr(g), r.mapErr((e) => g(f(e))));
        },
      ),
      RUNS,
    );
  });

  it("orElse is andThen of the other side", () => {
    fc.assert(
      fc.property(results(), functions(results()), (r, f) => {
        assert.ok(r.orElse(f) === (r.ok ? r : f(r.error)));
      }),
      RUNS,
    );
  });

  it("match rebuilds the result it takes apart", () => {
    fc.assert(
      fc.property(results(), (r) => {
        assertSame(r.match<typeof r, AnyResult, AnyResult>({ ok, err }), r);
      }),
      RUNS,
    );
  });

  it("flatten is andThen of identity", () => {
    fc.assert(
      fc.property(results(), values(), (inner, error) => {
        assert.ok(ok(inner).flatten() === inner);
        const failure: Result<AnyResult, unknown> = err(error);
        assert.ok(failure.flatten() === failure);
      }),
      RUNS,
    );
  });
});

describe("Ok and Err", () => {
  it("have own fields ok and value, or ok and error, and nothing else", () => {
    assert.deepEqual(Reflect.ownKeys(ok(1)), ["ok", "value"]);
    assert.deepEqual(Reflect.ownKeys(err(1)), ["ok", "error"]);
    assert.equal(ok(1).ok, true);
    assert.equal(err(1).ok, false);
  });

  it("share no base class, which would slow chains down", () => {
    assert.equal(Object.getPrototypeOf(Ok.prototype), Object.prototype);
    assert.equal(Object.getPrototypeOf(Err.prototype), Object.prototype);
  });

  it("serialize to exactly ok and value, or ok and error", () => {
    assert.equal(JSON.stringify(ok(1)), '{"ok":true,"value":1}');
    assert.equal(
      JSON.stringify(err({ code: "X" })),
      '{"ok":false,"error":{"code":"X"}}',
    );
    assert.equal(JSON.stringify(ok(undefined)), '{"ok":true}');
    assert.equal(
      JSON.stringify({ nested: ok([err(null)]) }),
      '{"nested":{"ok":true,"value":[{"ok":false,"error":null}]}}',
    );
  });

  it("isOk() and isErr() tell the sides apart", () => {
    assert.equal(ok(0).isOk(), true);
    assert.equal(ok(0).isErr(), false);
    assert.equal(err(0).isOk(), false);
    assert.equal(err(0).isErr(), true);
  });

  it("call a callback once, with one argument", () => {
    const calls: unknown[][] = [];
    const record = (...args: unknown[]): Ok<number> => {
      calls.push(args);
      return ok(1);
    };
    const good: AnyResult = ok("v");
    const bad: AnyResult = err("e");
    good.map(record);
    good.andThen(record);
    good.flatMap(record);
    good.inspect(record);
    good.match({ ok: record, err: never });
    assert.deepEqual(calls.splice(0), Array(5).fill(["v"]));
    bad.mapErr(record);
    bad.orElse(record);
    bad.unwrapOrElse(record);
    bad.inspectErr(record);
    bad.match({ ok: never, err: record });
    assert.deepEqual(calls, Array(5).fill(["e"]));
  });

  it("leave the callback of the other side uncalled and return themselves", () => {
    const good: AnyResult = ok("v");
    const bad: AnyResult = err("e");
    const cases: readonly (readonly [string, AnyResult, AnyResult])[] = [
      ["mapErr", good, good.mapErr(never)],
      ["orElse", good, good.orElse(never)],
      ["inspectErr", good, good.inspectErr(never)],
      ["map", bad, bad.map(never)],
      ["andThen", bad, bad.andThen(never)],
      ["flatMap", bad, bad.flatMap(never)],
      ["inspect", bad, bad.inspect(never)],
    ];
    for (const [name, before, after] of cases) {
      assert.ok(after === before, `${name} made another result`);
    }
  });

  it("let what a callback throws propagate", () => {
    const bug = new Error("bug");
    const broken = (): never => {
      throw bug;
    };
    const good: AnyResult = ok(1);
    const bad: AnyResult = err(1);
    const cases: Readonly<Record<string, () => unknown>> = {
      map: () => good.map(broken),
      andThen: () => good.andThen(broken),
      flatMap: () => good.flatMap(broken),
      inspect: () => good.inspect(broken),
      matchOk: () => good.match({ ok: broken, err: never }),
      mapErr: () => bad.mapErr(broken),
      orElse: () => bad.orElse(broken),
      unwrapOrElse: () => bad.unwrapOrElse(broken),
      inspectErr: () => bad.inspectErr(broken),
      matchErr: () => bad.match({ ok: never, err: broken }),
    };
    for (const [name, call] of Object.entries(cases)) {
      assert.equal(thrownBy(call), bug, name);
    }
  });

  it("inspect() and inspectErr() return the same result, whatever the callback returns", () => {
    const good = ok(1);
    const bad = err(1);
    assert.ok(good.inspect(() => err(2)) === good);
    assert.ok(bad.inspectErr(() => ok(2)) === bad);
  });

  it("unwrapOr() gives the very fallback for an Err", () => {
    for (const fallback of AWKWARD_VALUES) {
      assertIs(err("e").unwrapOr(fallback), fallback);
    }
  });

  it("unwrapOrElse() makes the fallback of the error", () => {
    assert.equal(err("e").unwrapOrElse((error) => `${error}!`), "e!");
  });

  it("match() returns what the branch of its side returns", () => {
    const branches = {
      ok: (n: number) => n + 1,
      err: (e: string) => e.length,
    };
    const cases: readonly (readonly [Result<number, string>, number])[] = [
      [ok(1), 2],
      [err("four"), 4],
    ];
    for (const [result, expected] of cases) {
      assert.equal(result.match(branches), expected);
    }
  });
});

describe("unwrap(), expect() and unwrapErr()", () => {
  it("unwrap() throws the very error of an Err where it is an Error", () => {
    class Custom extends Error {}
    for (const error of [new Error("a"), new TypeError("b"), new Custom("c")]) {
      assert.equal(thrownBy(() => err(error).unwrap()), error);
    }
  });

  it("unwrap() throws an UnwrapError with the error as cause where it is no Error", () => {
    fc.assert(
      fc.property(
        values().filter((value) => !(value instanceof Error)),
        (error) => {
          const thrown = thrownBy(() => err(error).unwrap());
          assert.ok(thrown instanceof UnwrapError);
          assert.equal(thrown.message, ResultMessages.UNWRAP);
          assertIs(thrown.cause, error);
        },
      ),
      { ...RUNS, examples: [[undefined], [null], [""], [0], [{ stack: "" }]] },
    );
  });

  it("expect() throws an UnwrapError with the words given, Error or not", () => {
    for (const error of [new Error("inner"), "text", undefined]) {
      const thrown = thrownBy(() => err(error).expect("a user is signed in"));
      assert.ok(thrown instanceof UnwrapError);
      assert.equal(thrown.message, "a user is signed in");
      assertIs(thrown.cause, error);
    }
  });

  it("unwrapErr() throws an UnwrapError with the value of an Ok as cause", () => {
    for (const value of AWKWARD_VALUES) {
      const thrown = thrownBy(() => ok(value).unwrapErr());
      assert.ok(thrown instanceof UnwrapError);
      assert.equal(thrown.message, ResultMessages.UNWRAP_ERR);
      assert.ok(Object.hasOwn(thrown, "cause"));
      assertIs(thrown.cause, value);
    }
  });

  it("UnwrapError has its name on the prototype, safe from minifiers", () => {
    const error = new UnwrapError("m");
    assert.equal(error.name, "UnwrapError");
    assert.equal(Object.hasOwn(error, "name"), false);
    assert.equal(String(error), "UnwrapError: m");
    class Minified extends UnwrapError {}
    assert.equal(new Minified("m").name, "UnwrapError");
  });
});

describe("all()", () => {
  it("gives every value in order, or the first Err itself, as a loop would", () => {
    fc.assert(
      fc.property(fc.array(results()), (list) => {
        const firstErr = list.find((r) => !r.ok);
        const combined = all(list);
        if (firstErr !== undefined) {
          assert.ok(combined === firstErr);
          return;
        }
        const combinedValues = combined.unwrap();
        assert.equal(combinedValues.length, list.length);
        list.forEach((r, i) => assertIs(combinedValues[i], r.unwrap()));
      }),
      RUNS,
    );
  });

  it("keeps keys and order of a record", () => {
    const combined = all({ b: ok(1), a: ok("x"), 2: ok(null) }).unwrap();
    assert.deepEqual(combined, { 2: null, b: 1, a: "x" });
    assert.deepEqual(Object.keys(combined), ["2", "b", "a"]);
  });

  it("gives the first Err of a record in the order of its keys", () => {
    const first = err("first");
    const combined = all({ a: ok(1), z: first, b: err("second") });
    assert.ok(combined === first);
  });

  it("gives every value of a record, or its first Err, as a loop would", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), results()), (record) => {
        const entries = Object.entries(record);
        const firstErr = entries.find(([, r]) => !r.ok)?.[1];
        const combined = all(record);
        if (firstErr !== undefined) {
          assert.ok(combined === firstErr);
          return;
        }
        const combinedValues = Object.entries(combined.unwrap());
        assert.equal(combinedValues.length, entries.length);
        entries.forEach(([key, r], i) => {
          assert.equal(combinedValues[i]?.[0], key);
          assertIs(combinedValues[i]?.[1], r.unwrap());
        });
      }),
      RUNS,
    );
  });

  it("gives empty values for nothing", () => {
    assert.deepEqual(all([]).unwrap(), []);
    assert.deepEqual(all({}).unwrap(), {});
  });

  it("returns a list of its own", () => {
    const list = [ok(1), ok(2)];
    assert.deepEqual(all(list).unwrap(), [1, 2]);
    assert.deepEqual(list, [ok(1), ok(2)]);
  });
});

describe("allErrors()", () => {
  it("gives every value in order, or every error in order", () => {
    fc.assert(
      fc.property(fc.array(results()), (list) => {
        const errors = list.filter((r) => !r.ok).map((r) => r.unwrapErr());
        const combined = allErrors(list);
        assert.equal(combined.ok, errors.length === 0);
        const actual: readonly unknown[] = combined.ok
          ? combined.value
          : combined.error;
        const expected = combined.ok ? list.map((r) => r.unwrap()) : errors;
        assert.equal(actual.length, expected.length);
        expected.forEach((content, i) => assertIs(actual[i], content));
      }),
      RUNS,
    );
  });

  it("keeps keys and order of a record", () => {
    const combined = allErrors({ b: ok(1), a: ok("x") });
    assert.deepEqual(Object.entries(combined.unwrap()), [["b", 1], ["a", "x"]]);
  });

  it("gives the errors of a record in the order of its keys", () => {
    const combined = allErrors({ b: err(1), ok: ok("x"), a: err(2) });
    assert.deepEqual(combined.unwrapErr(), [1, 2]);
  });

  it("gives empty values for nothing", () => {
    assert.deepEqual(allErrors([]).unwrap(), []);
    assert.deepEqual(allErrors({}).unwrap(), {});
  });

  it("returns a list of its own", () => {
    const list = [ok(1)];
    assert.notEqual(allErrors(list).unwrap() as unknown, list);
  });
});

describe("all() and allErrors() over a record from outside", () => {
  for (const [name, combine] of Object.entries({ all, allErrors })) {
    it(`${name}() takes a key __proto__ as data`, () => {
      const record: Record<string, Ok<unknown>> = Object.fromEntries([
        ["__proto__", ok({ admin: true })],
        ["constructor", ok(1)],
      ]);
      const combined = combine(record).unwrap();
      assert.equal(Object.getPrototypeOf(combined), Object.prototype);
      assert.deepEqual(Object.keys(combined), ["__proto__", "constructor"]);
      assert.equal((combined as { admin?: unknown }).admin, undefined);
    });

    it(`${name}() does not read inherited results`, () => {
      const record: Record<string, AnyResult> = Object.create({
        inherited: err("inherited"),
      });
      record["own"] = ok(1);
      assert.deepEqual(combine(record).unwrap(), { own: 1 });
    });
  }
});

describe("partition()", () => {
  it("gives values and errors, each in order, of any iterable", () => {
    const list = [ok(1), err("a"), ok(2), err("b")];
    const expected = [[1, 2], ["a", "b"]];
    const iterables: readonly Iterable<AnyResult>[] = [
      list,
      new Set(list),
      new Map(list.entries()).values(),
      (function* () {
        yield* list;
      })(),
    ];
    for (const iterable of iterables) {
      assert.deepEqual(partition(iterable), expected);
    }
    assert.deepEqual(partition([]), [[], []]);
  });
});

describe("any()", () => {
  it("gives the first Ok itself, or every error in order", () => {
    fc.assert(
      fc.property(fc.array(results()), (list) => {
        const firstOk = list.find((r) => r.ok);
        const found = any(list);
        if (firstOk !== undefined) {
          assert.ok(found === firstOk);
          return;
        }
        const errors = found.unwrapErr();
        assert.equal(errors.length, list.length);
        list.forEach((r, i) => assertIs(errors[i], r.unwrapErr()));
      }),
      RUNS,
    );
  });

  it("gives no errors for nothing", () => {
    assert.deepEqual(any([]).unwrapErr(), []);
  });

  it("looks at nothing after the first Ok and closes what it iterated", () => {
    const events: string[] = [];
    function* mirrors(): Generator<Result<number, string>> {
      try {
        events.push("first");
        yield err("down");
        events.push("second");
        yield ok(2);
        events.push("third");
        yield ok(3);
      } finally {
        events.push("closed");
      }
    }
    assert.equal(any(mirrors()).unwrap(), 2);
    assert.deepEqual(events, ["first", "second", "closed"]);
  });
});

describe("equals()", () => {
  it("is true for two results that hold the same on the same side", () => {
    fc.assert(
      fc.property(values(), (value) => {
        assert.equal(equals(ok(value), ok(value)), true);
        assert.equal(equals(err(value), err(value)), true);
        assert.equal(equals(ok(value), err(value)), false);
        assert.equal(equals(err(value), ok(value)), false);
      }),
      { ...RUNS, examples: AWKWARD_VALUES.map((value) => [value]) },
    );
  });

  it("is false where the contents differ", () => {
    const pairs: readonly (readonly [unknown, unknown])[] = [
      [0, -0],
      [null, undefined],
      [1, "1"],
      [1, 1n],
      [{}, {}],
      ["a", "b"],
    ];
    for (const [a, b] of pairs) {
      assert.equal(equals(ok(a), ok(b)), false);
      assert.equal(equals(err(a), err(b)), false);
    }
  });

  it("compares by the function given, with the contents in order", () => {
    const seen: unknown[][] = [];
    const same = (...pair: unknown[]): boolean => {
      seen.push(pair);
      return pair[0] === 1;
    };
    assert.equal(equals(ok(1), ok(2), same), true);
    assert.equal(equals(err(3), err(4), same), false);
    assert.equal(equals(ok(1), err(1), same), false);
    assert.equal(equals(err(1), ok(1), same), false);
    assert.deepEqual(seen, [[1, 2], [3, 4]]);
  });
});

describe("fromPlain()", () => {
  it("gives the methods back after JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const viaJson = JSON.parse(JSON.stringify(value));
        for (const make of [ok, err]) {
          const back = fromPlain(JSON.parse(JSON.stringify(make(value))));
          assert.deepEqual(back, make(viaJson));
        }
      }),
      RUNS,
    );
  });

  it("gives the methods back after a structured clone", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true }),
        (value) => {
          for (const make of [ok, err]) {
            const clone: Result<unknown, unknown> = structuredClone(
              make(value),
            );
            assert.deepEqual(Reflect.ownKeys(clone), Object.keys(make(value)));
            assertSame(fromPlain(clone), clone);
          }
        },
      ),
      RUNS,
    );
  });

  it("reads an undefined value or error, which JSON leaves out", () => {
    assert.deepEqual(
      fromPlain(JSON.parse(JSON.stringify(ok(undefined)))),
      ok(undefined),
    );
    assert.deepEqual(
      fromPlain(JSON.parse(JSON.stringify(err(undefined)))),
      err(undefined),
    );
  });

  it("takes a result as it is", () => {
    assert.deepEqual(fromPlain<number, string>(ok(1)), ok(1));
    assert.deepEqual(fromPlain<number, string>(err("e")), err("e"));
  });

  it("throws a TypeError for what no result serializes to", () => {
    const malformed: readonly unknown[] = [
      undefined,
      null,
      true,
      false,
      0,
      1n,
      "ok",
      Symbol("ok"),
      [],
      {},
      { value: 1 },
      { error: 1 },
      { ok: undefined, value: 1 },
      { ok: null },
      { ok: 1, value: 1 },
      { ok: 0, error: 1 },
      { ok: "true", value: 1 },
      { ok: Object(true), value: 1 },
      { OK: true, value: 1 },
    ];
    for (const plain of malformed) {
      assert.throws(
        () => fromPlain(plain as Result<unknown, unknown>),
        { name: "TypeError", message: ResultMessages.NOT_PLAIN },
      );
    }
  });
});

describe("ok()", () => {
  it("gives an Ok with undefined when given nothing", () => {
    const saved: Result<void, string> = ok();
    assertSame(saved, ok(undefined));
  });
});

describe("catchToResult()", () => {
  it("gives an Ok with what the code returned and leaves mapError uncalled", () => {
    for (const value of AWKWARD_VALUES) {
      assertSame(catchToResult(() => value, never), ok(value));
    }
  });

  it("maps whatever was thrown, Error or not", () => {
    fc.assert(
      fc.property(values(), (thrown) => {
        const result = catchToResult(() => {
          throw thrown;
        }, (caught) => ({ caught }));
        assertIs(result.unwrapErr().caught, thrown);
      }),
      { ...RUNS, examples: AWKWARD_VALUES.map((value) => [value]) },
    );
  });

  it("hands its input to the code, whatever it is", () => {
    for (const value of AWKWARD_VALUES) {
      assertSame(
        catchToResult((input: unknown) => input, never, value),
        ok(value),
      );
    }
    const parsed = catchToResult(JSON.parse, () => "bad-json", "{");
    assertSame(parsed, err("bad-json"));
  });

  it("lets a throw inside mapError propagate", () => {
    const bug = new Error("bug");
    const thrown = thrownBy(() =>
      catchToResult(
        () => never(),
        () => {
          throw bug;
        },
      )
    );
    assert.equal(thrown, bug);
  });
});

describe("catchToResultAsync()", () => {
  it("gives an Ok with what the code resolved to and leaves mapError uncalled", async () => {
    const cases: readonly (() => unknown)[] = [
      () => 7,
      () => Promise.resolve(7),
      () => Promise.resolve(Promise.resolve(7)),
      () => ({ then: (resolve: (n: number) => void) => resolve(7) }),
    ];
    for (const fn of cases) {
      assertSame(await catchToResultAsync(fn, never), ok(7));
    }
    assertSame(
      await catchToResultAsync(() => Promise.resolve(), never),
      ok(undefined),
    );
  });

  it("maps whatever a promise was rejected with", async () => {
    await fc.assert(
      fc.asyncProperty(values(), async (reason) => {
        const result = await catchToResultAsync(
          () => Promise.reject(reason),
          (caught) => ({ caught }),
        );
        assertIs(result.unwrapErr().caught, reason);
      }),
      { ...RUNS, examples: AWKWARD_VALUES.map((value) => [value]) },
    );
  });

  it("maps a throw before the first await", async () => {
    const early = new Error("early");
    const result = await catchToResultAsync((): Promise<number> => {
      throw early;
    }, (caught) => ({ caught }));
    assert.equal(result.unwrapErr().caught, early);
  });

  it("rejects where mapError throws", async () => {
    const bug = new Error("bug");
    const reason = await rejectionOf(() =>
      catchToResultAsync(
        () => Promise.reject(new Error("down")),
        () => {
          throw bug;
        },
      )
    );
    assert.equal(reason, bug);
  });
});

describe("iteration", () => {
  it("of an Ok yields nothing and returns the value", () => {
    for (const value of AWKWARD_VALUES) {
      const step = ok(value)[Symbol.iterator]().next();
      assert.equal(step.done, true);
      assertIs(step.value, value);
      assert.deepEqual([...ok(value)], []);
    }
  });

  it("of an Err yields the Err itself and then ends, so that a stray spread cannot hang", () => {
    const failure = err("e");
    const steps = failure[Symbol.iterator]();
    const first = steps.next();
    assert.equal(first.done, false);
    assert.ok(first.value === failure);
    assert.equal(steps.next().done, true);
    assert.equal(steps.next().done, true);
  });

  it("starts anew each time", () => {
    const failure = err("e");
    assert.ok(failure[Symbol.iterator]().next().value === failure);
    assert.ok(failure[Symbol.iterator]().next().value === failure);
  });
});

describe("gen()", () => {
  it("gives what the body returned, or the first Err itself, as all() does", () => {
    fc.assert(
      fc.property(fc.array(results(), { maxLength: 8 }), (list) => {
        const expected = all(list);
        const actual = gen(function* () {
          const contents: unknown[] = [];
          for (const result of list) contents.push(yield* result);
          return contents;
        });
        if (!expected.ok) return assert.ok(actual === expected);
        const contents = actual.unwrap();
        assert.equal(contents.length, expected.value.length);
        contents.forEach((content, i) => assertIs(content, expected.value[i]));
      }),
      RUNS,
    );
  });

  it("takes a body that yields nothing", () => {
    // deno-lint-ignore require-yield
    const seven = gen(function* () {
      return 7;
    });
    assert.deepEqual(seven, ok(7));
    assert.deepEqual(gen(function* () {}), ok(undefined));
  });

  it("returns a result that the body returns as a value", () => {
    const inner = err("inner");
    // deno-lint-ignore require-yield
    const outer = gen(function* () {
      return inner;
    });
    assert.ok(outer.unwrap() === inner);
  });

  it("nests", () => {
    const quarter = (n: number) =>
      gen(function* () {
        const first = yield* half(n);
        return yield* gen(function* () {
          return yield* half(first);
        });
      });
    assert.deepEqual(quarter(12), ok(3));
    assert.deepEqual(quarter(6), err("odd 3"));
    assert.deepEqual(quarter(3), err("odd 3"));
  });

  it("calls the body once, without arguments and without a this", () => {
    const calls: unknown[][] = [];
    // deno-lint-ignore require-yield
    gen(function* (this: unknown, ...args: unknown[]) {
      calls.push([this, ...args]);
    });
    assert.deepEqual(calls, [[undefined]]);
  });

  it("lets a throw in the body propagate after its finally block", () => {
    const bug = new Error("bug");
    const events: string[] = [];
    const thrown = thrownBy(() =>
      gen(function* () {
        try {
          yield* ok(1);
          throw bug;
        } finally {
          events.push("closed");
        }
      })
    );
    assert.equal(thrown, bug);
    assert.deepEqual(events, ["closed"]);
  });

  it("lets a throw in a finally block on the way out propagate", () => {
    const bug = new Error("bug");
    const thrown = thrownBy(() =>
      gen(function* () {
        try {
          yield* err("e");
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw bug;
        }
      })
    );
    assert.equal(thrown, bug);
  });

  it("does not show an Err to a catch block", () => {
    const result = gen(function* () {
      try {
        yield* err("e");
      } catch {
        return "caught";
      }
      return "went on";
    });
    assert.deepEqual(result, err("e"));
  });
});

describe("genFn()", () => {
  it("passes its arguments on, each call on its own", () => {
    const add = genFn(function* (a: number, b: number, ...more: number[]) {
      const sum = (yield* half(a)) + (yield* half(b));
      return more.reduce((total, n) => total + n, sum);
    });
    assert.deepEqual(add(2, 4), ok(3));
    assert.deepEqual(add(2, 5), err("odd 5"));
    assert.deepEqual(add(2, 4, 10, 20), ok(33));
    assert.deepEqual(add(7, 5), err("odd 7"));
  });

  it("calls the body for nothing until it is called itself", () => {
    let calls = 0;
    // deno-lint-ignore require-yield
    const counted = genFn(function* () {
      return ++calls;
    });
    assert.equal(calls, 0);
    assert.deepEqual([counted(), counted()], [ok(1), ok(2)]);
  });

  it("keeps apart two calls that run inside each other", () => {
    const countdown: (n: number) => Result<string, string> = genFn(
      function* (n: number) {
        if (n === 0) return yield* err("zero");
        const inner = countdown(n - 1);
        return `${n} ${inner.ok ? inner.value : inner.error}`;
      },
    );
    assert.deepEqual(countdown(2), ok("2 1 zero"));
  });

  it("gives the body no this, even as a method", () => {
    const holder = {
      // deno-lint-ignore require-yield
      whoami: genFn(function* (this: unknown) {
        return this;
      }),
    };
    assert.deepEqual(holder.whoami(), ok(undefined));
  });

  it("works detached and as a callback, with the arguments the caller gives", () => {
    const halved = [2, 4].map(genFn(function* (n: number, index: number) {
      return [yield* half(n), index];
    }));
    assert.deepEqual(halved, [ok([1, 0]), ok([2, 1])]);
  });

  it("lets throws propagate and runs finally blocks", () => {
    const bug = new Error("bug");
    const events: string[] = [];
    const risky = genFn(function* (throws: boolean) {
      try {
        if (throws) throw bug;
        yield* err("e");
      } finally {
        events.push("closed");
      }
    });
    assert.equal(thrownBy(() => risky(true)), bug);
    assert.deepEqual(risky(false), err("e"));
    assert.deepEqual(events, ["closed", "closed"]);
  });
});

describe("genAsync()", () => {
  it("gives what the body returned, or the first Err itself, as all() does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(results(), fc.boolean()), { maxLength: 5 }),
        async (list) => {
          const expected = all(list.map(([result]) => result));
          const actual = await genAsync(async function* () {
            let count = 0;
            for (const [result, waits] of list) {
              if (waits) yield* await Promise.resolve(result);
              else yield* result;
              count++;
            }
            return count;
          });
          if (expected.ok) assert.deepEqual(actual, ok(list.length));
          else assert.ok(actual === expected);
        },
      ),
      RUNS,
    );
  });

  it("goes on after an await of a Promise<Result>", async () => {
    const load = (n: number) => Promise.resolve(half(n));
    const quarter = (n: number) =>
      genAsync(async function* () {
        return yield* await load(yield* await load(n));
      });
    assert.deepEqual(await quarter(12), ok(3));
    assert.deepEqual(await quarter(6), err("odd 3"));
  });

  it("nests", async () => {
    const outer = await genAsync(async function* () {
      const inner = await genAsync(async function* () {
        return yield* await Promise.resolve(half(4));
      });
      return yield* inner;
    });
    assert.deepEqual(outer, ok(2));
  });

  it("resolves only after an asynchronous finally block has ended", async () => {
    const events: string[] = [];
    const result = await genAsync(async function* () {
      try {
        yield* err("e");
        events.push("went on");
      } finally {
        events.push("closing");
        await Promise.resolve();
        await Promise.resolve();
        events.push("closed");
      }
    });
    assert.deepEqual(result, err("e"));
    assert.deepEqual(events, ["closing", "closed"]);
  });

  it("rejects with what the body throws, awaits or throws in a finally block", async () => {
    const bug = new Error("bug");
    const bodies: Readonly<
      Record<string, () => AsyncGenerator<Err<string>, void>>
    > = {
      // deno-lint-ignore require-yield
      "throws": async function* () {
        await Promise.resolve();
        throw bug;
      },
      // deno-lint-ignore require-yield
      "awaits": async function* () {
        await Promise.reject(bug);
      },
      "finally": async function* () {
        try {
          yield* err("e");
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw bug;
        }
      },
      "before the generator exists": () => {
        throw bug;
      },
    };
    for (const [name, body] of Object.entries(bodies)) {
      assert.equal(await rejectionOf(() => genAsync(body)), bug, name);
    }
  });
});

describe("gen(), genFn() and genAsync() on the way out of an Err", () => {
  type Steps = Generator<Err<string>, unknown>;
  type Awaitable<T> = T | Promise<T>;
  const runners: Readonly<
    Record<string, (body: () => Steps) => Awaitable<AnyResult>>
  > = {
    "gen()": gen,
    "genFn()": (body) => genFn(body)(),
    "genAsync()": (body) =>
      genAsync(async function* () {
        // Delegates each step, so that the body's finally blocks are left by
        // what genAsync() asks of the outer generator.
        return yield* body() as unknown as AsyncGenerator<Err<string>, unknown>;
      }),
  };

  for (const [name, run] of Object.entries(runners)) {
    it(`${name} runs nothing after the Err, and finally blocks from the inside out`, async () => {
      const events: string[] = [];
      const result = await run(function* () {
        try {
          try {
            events.push("before");
            yield* err("e");
            events.push("after");
          } finally {
            events.push("inner");
          }
          events.push("between");
        } finally {
          events.push("outer");
        }
        events.push("end");
      });
      assert.deepEqual(result, err("e"));
      assert.deepEqual(events, ["before", "inner", "outer"]);
    });

    it(`${name} goes on in a finally block after yield* of an Ok`, async () => {
      const events: unknown[] = [];
      const result = await run(function* () {
        try {
          yield* err("e");
        } finally {
          events.push(yield* ok(1) as Result<number, string>);
          events.push(yield* ok(2) as Result<number, string>);
        }
      });
      assert.deepEqual(result, err("e"));
      assert.deepEqual(events, [1, 2]);
    });

    it(`${name} gives the Err that a finally block yields in place of the first`, async () => {
      const events: string[] = [];
      const result = await run(function* () {
        try {
          try {
            yield* err("first");
          } finally {
            yield* err("second");
            events.push("not reached");
          }
        } finally {
          events.push("outer");
          yield* err("third");
        }
      });
      assert.deepEqual(result, err("third"));
      assert.deepEqual(events, ["outer"]);
    });

    it(`${name} keeps the first Err where a finally block returns`, async () => {
      const result = await run(function* () {
        try {
          yield* err("first");
        } finally {
          // deno-lint-ignore no-unsafe-finally
          return "swallowed";
        }
      });
      assert.deepEqual(result, err("first"));
    });
  }
});

describe("mapAsync() and andThenAsync()", () => {
  const inputs: Readonly<Record<string, (r: AnyResult) => unknown>> = {
    "a result": (r) => r,
    "a promise": (r) => Promise.resolve(r),
    "a thenable": (r) => ({
      then: (resolve: (r: AnyResult) => void) => resolve(r),
    }),
  };

  for (const [name, wrap] of Object.entries(inputs)) {
    it(`mapAsync() maps the value of ${name} by a plain or an asynchronous function`, async () => {
      const input = wrap(ok(1)) as Ok<number>;
      assert.deepEqual(await mapAsync(input, (n) => n + 1), ok(2));
      assert.deepEqual(
        await mapAsync(input, (n) => Promise.resolve(n + 1)),
        ok(2),
      );
    });

    it(`andThenAsync() continues after ${name} by a plain or an asynchronous function`, async () => {
      const next = err("next");
      const input = wrap(ok(1)) as Ok<number>;
      assert.deepEqual(await andThenAsync(input, (n) => ok(n + 1)), ok(2));
      assert.ok(await andThenAsync(input, () => next) === next);
      assert.ok(
        await andThenAsync(input, () => Promise.resolve(next)) === next,
      );
    });

    it(`both give the Err of ${name} itself and call nothing`, async () => {
      const failure = err("e");
      const input = wrap(failure) as Result<number, string>;
      assert.ok(await mapAsync(input, never) === failure);
      assert.ok(await andThenAsync(input, never) === failure);
    });
  }

  it("reject with what the function throws or rejects with, or the input does", async () => {
    const bug = new Error("bug");
    const throws = (): never => {
      throw bug;
    };
    const rejects = (): Promise<never> => Promise.reject(bug);
    const cases: Readonly<Record<string, () => Promise<unknown>>> = {
      "mapAsync, throws": () => mapAsync(ok(1), throws),
      "mapAsync, rejects": () => mapAsync(ok(1), rejects),
      "mapAsync, input": () => mapAsync(rejects(), never),
      "andThenAsync, throws": () => andThenAsync(ok(1), throws),
      "andThenAsync, rejects": () => andThenAsync(ok(1), rejects),
      "andThenAsync, input": () => andThenAsync(rejects(), never),
    };
    for (const [name, call] of Object.entries(cases)) {
      assert.equal(await rejectionOf(call), bug, name);
    }
  });
});
