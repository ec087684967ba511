// What has to compile, and what must not. `deno check` does the checking: an
// unused `@ts-expect-error` is an error as well. The runtimes only see that
// the calls run.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AuthenticationError,
  CacheError,
  ConfigError,
  type ErrorOf,
  InfrastructureError,
  PoolError,
  TaskError,
  ValidationError,
} from "../src/errors.ts";
import {
  defineCatalogue,
  type DomainCode,
  type ErrorCode,
  type ErrorParams,
  formatMessage,
  type MessageOf,
  type PlaceholderOf,
} from "../src/messages.ts";
import {
  all,
  allErrors,
  andThenAsync,
  any,
  type AnyResult,
  catchToResult,
  catchToResultAsync,
  type Err,
  err,
  type ErrOf,
  fromPlain,
  gen,
  genAsync,
  genFn,
  mapAsync,
  type Ok,
  ok,
  type OkOf,
  partition,
  type Result,
} from "../src/result.ts";
import {
  type AuthStatus,
  type BaseStatus,
  type CacheStatus,
  type ConnectionStatus,
  HealthStatus,
  isStatus,
  type MessageStatus,
  parseStatus,
  TaskStatus,
} from "../src/status.ts";
import type * as Status from "../src/status.ts";

/** Whether two types are the same, `any` and `readonly` told apart. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles where the type of the value is the one named, and no other. */
function hasType<Expected>(): <Actual>(
  value: Actual,
  ...proof: Same<Actual, Expected> extends true ? [] : [never]
) => void {
  return () => {};
}

/** Compiles where two types are the same. */
function sameType<_Proof extends true>(): void {}

/** Calls nothing: for code that must compile, or must not, and never run. */
function neverRun(_code: () => unknown): void {}

/** A condition the compiler cannot see through. */
function flag(): boolean {
  return true;
}

function steps(): Result<number, "a"> {
  return flag() ? ok(1) : err("a");
}

function words(): Result<string, "b"> {
  return flag() ? ok("x") : err("b");
}

describe("hasType() and sameType()", () => {
  it("do not compile for another type", () => {
    hasType<number>()(1 as number);
    // @ts-expect-error a union is not its member
    hasType<1 | 2>()(1 as const);
    // @ts-expect-error any is not a number
    hasType<number>()(JSON.parse("1"));
    sameType<Same<{ a: 1 }, { a: 1 }>>();
    // @ts-expect-error a readonly field is not a writable one
    sameType<Same<{ readonly a: 1 }, { a: 1 }>>();
  });
});

describe("ok() and err()", () => {
  it("ok() widens a literal, err() keeps it", () => {
    hasType<Ok<number>>()(ok(1));
    hasType<Ok<string>>()(ok("a"));
    hasType<Err<"a">>()(err("a"));
    hasType<Err<{ readonly code: "a"; readonly at: 1 }>>()(
      err({ code: "a", at: 1 }),
    );
    assert.equal(err("a").error, "a");
  });

  it("are assignable to the results they can be, and to no other", () => {
    const right: Result<number, string> = ok(1);
    const narrow: Result<1 | 2, "a"> = flag() ? ok<1>(1) : err("a");
    const widened: Result<number, string> = narrow;
    const anything: AnyResult = widened;
    // @ts-expect-error a string is no number
    const wrongValue: Result<number, string> = ok("a");
    // @ts-expect-error "b" is no "a"
    const wrongError: Result<number, "a"> = err("b");
    function narrowed(wide: Result<number, string>): Result<number, "a"> {
      // @ts-expect-error the error may be any string
      return wide;
    }
    void [anything, wrongValue, wrongError, narrowed];
    assert.equal(right.ok, true);
  });

  it("are read only", () => {
    neverRun(() => {
      const result = ok(1);
      // @ts-expect-error value is readonly
      result.value = 2;
      // @ts-expect-error ok is readonly
      result.ok = true;
      // @ts-expect-error error is readonly
      err("a").error = "a";
    });
  });
});

describe("narrowing", () => {
  it("by ok gives each side its own field", () => {
    const result = steps();
    if (result.ok) {
      hasType<number>()(result.value);
      // @ts-expect-error an Ok has no error
      void result.error;
    } else {
      hasType<"a">()(result.error);
      // @ts-expect-error an Err has no value
      void result.value;
    }
    // @ts-expect-error not before it is known which it is
    void (steps().value);
  });

  it("by an early return leaves the Ok", () => {
    function first(): Result<string, "a"> {
      const result = steps();
      if (!result.ok) return result;
      hasType<Ok<number>>()(result);
      return ok(String(result.value));
    }
    assert.deepEqual(first(), ok("1"));
  });

  it("by isOk() and isErr() works in both branches", () => {
    const result = steps();
    if (result.isOk()) hasType<number>()(result.value);
    else hasType<"a">()(result.error);
    if (result.isErr()) hasType<"a">()(result.error);
    else hasType<number>()(result.value);
  });

  it("works on an unannotated union", () => {
    const result = flag() ? ok(1) : err("a");
    if (result.ok) hasType<number>()(result.value);
    else hasType<"a">()(result.error);
    if (result.isOk()) hasType<number>()(result.value);
    else hasType<"a">()(result.error);
  });
});

describe("methods of an unannotated union", () => {
  const result = flag() ? ok(1) : err("a");

  it("are callable with the exact types on both sides", () => {
    hasType<Ok<number> | Err<"a">>()(result);
    hasType<Result<string, "a">>()(result.map((n) => String(n)));
    hasType<Result<number, "b">>()(result.mapErr(() => "b"));
    hasType<Result<number, "a!">>()(
      result.mapErr((error) => `${error}!` as const),
    );
    hasType<Result<string, "a" | "b">>()(result.andThen(words));
    hasType<Result<string, "a" | "b">>()(result.flatMap(words));
    hasType<Result<number | string, "b">>()(result.orElse(words));
    hasType<number>()(result.unwrap());
    hasType<number>()(result.expect("a number"));
    hasType<number | null>()(result.unwrapOr(null));
    hasType<number | Date>()(result.unwrapOrElse(() => new Date(0)));
    hasType<Ok<number> | Err<"a">>()(result.inspect(() => {}));
    hasType<Ok<number> | Err<"a">>()(result.inspectErr(() => {}));
    hasType<string | 1>()(
      result.match({ ok: (n) => String(n), err: () => 1 as const }),
    );
    neverRun(() => hasType<"a">()(result.unwrapErr()));
    assert.equal(result.unwrap(), 1);
  });

  it("give the callback its side's type", () => {
    result.map((n) => hasType<number>()(n));
    result.andThen((n) => ok(hasType<number>()(n)));
    result.mapErr((error) => hasType<"a">()(error));
    result.orElse((error) => ok(hasType<"a">()(error)));
    result.unwrapOrElse((error) => hasType<"a">()(error));
    result.inspect((n) => hasType<number>()(n));
    result.inspectErr((error) => hasType<"a">()(error));
    result.match({
      ok: (n) => hasType<number>()(n),
      err: (error) => hasType<"a">()(error),
    });
    // @ts-expect-error the callback wants a string, the value is a number
    neverRun(() => result.map((text: string) => text));
    // @ts-expect-error the callback wants "b", the error is "a"
    neverRun(() => result.mapErr((error: "b") => error));
    // @ts-expect-error match needs both branches
    neverRun(() => result.match({ ok: () => 1 }));
    // @ts-expect-error andThen continues with a result, not with a bare value
    neverRun(() => result.andThen((n) => n));
  });

  it("gather the exact error union of a chain", () => {
    const chain = result
      .andThen((n) => n > 0 ? ok(String(n)) : err("negative"))
      .andThen((text) => text.length > 0 ? ok(text.length) : err(404))
      .map((length) => length > 1);
    hasType<Result<boolean, "a" | "negative" | 404>>()(chain);
    hasType<Result<boolean, never>>()(chain.orElse(() => ok(false)));
    assert.deepEqual(chain, ok(false));
  });

  it("flatten one layer", () => {
    function nest(): Result<Result<number, "a">, "b"> {
      return flag() ? ok(steps()) : err("b");
    }
    hasType<Result<number, "a" | "b">>()(nest().flatten());
    // @ts-expect-error there is nothing to flatten in a number
    neverRun(() => steps().flatten());
    assert.deepEqual(nest().flatten(), ok(1));
  });

  it("take one side alone", () => {
    hasType<Result<string, never>>()(ok(1).map(String));
    hasType<Result<never, string>>()(err("a").mapErr(String));
    hasType<number>()(ok(1).unwrap());
    hasType<Result<string, "b">>()(ok(1).andThen(words));
    hasType<Result<string, "a">>()(err("a").map(String));
  });

  it("OkOf and ErrOf read the types off", () => {
    sameType<Same<OkOf<Result<number, "a">>, number>>();
    sameType<Same<ErrOf<Result<number, "a">>, "a">>();
    sameType<Same<OkOf<Ok<1> | Ok<2> | Err<"a">>, 1 | 2>>();
    sameType<Same<ErrOf<Err<"a"> | Err<"b"> | Ok<1>>, "a" | "b">>();
    sameType<Same<OkOf<Err<"a">>, never>>();
    sameType<Same<ErrOf<Ok<1>>, never>>();
  });
});

describe("collections of results", () => {
  it("all() keeps tuples, arrays and records", () => {
    hasType<Result<[number, string], "a" | "b">>()(all([steps(), words()]));
    const list: Result<number, "a">[] = [steps()];
    hasType<Result<number[], "a">>()(all(list));
    const readonlyList: readonly Result<number, "a">[] = list;
    hasType<Result<number[], "a">>()(all(readonlyList));
    hasType<Result<{ n: number; s: string }, "a" | "b">>()(
      all({ n: steps(), s: words() }),
    );
    hasType<Result<[], never>>()(all([]));
    const record: Record<string, Result<number, "a">> = {};
    hasType<Result<Record<string, number>, "a">>()(all(record));
    // @ts-expect-error a bare value is no result
    neverRun(() => all([steps(), 1]));
    // @ts-expect-error a bare value is no result in a record either
    neverRun(() => all({ n: steps(), s: "x" }));
    // @ts-expect-error a set has neither an order of its own nor keys
    neverRun(() => all(new Set([steps()])));
    assert.deepEqual(all([steps(), words()]), ok([1, "x"]));
  });

  it("allErrors() keeps them, with a list of errors", () => {
    hasType<Result<[number, string], ("a" | "b")[]>>()(
      allErrors([steps(), words()]),
    );
    hasType<Result<{ n: number; s: string }, ("a" | "b")[]>>()(
      allErrors({ n: steps(), s: words() }),
    );
    const list: Result<number, "a">[] = [steps()];
    hasType<Result<number[], "a"[]>>()(allErrors(list));
    assert.deepEqual(allErrors([steps()]), ok([1]));
  });

  it("partition() and any() give lists of each side's union", () => {
    const mixed = [steps(), words()];
    hasType<[values: (number | string)[], errors: ("a" | "b")[]]>()(
      partition(mixed),
    );
    hasType<Result<number | string, ("a" | "b")[]>>()(any(mixed));
    hasType<Result<number, "a"[]>>()(any(new Set([steps()])));
    assert.deepEqual(partition(mixed), [[1, "x"], []]);
  });

  it("fromPlain() gives the types named", () => {
    hasType<Result<number, "a">>()(fromPlain<number, "a">(steps()));
    // @ts-expect-error ok must say which side it is
    neverRun(() => fromPlain<number, "a">({ value: 1 }));
    assert.deepEqual(fromPlain({ ok: true, value: 1 }), ok(1));
  });
});

describe("generators", () => {
  it("gen() gathers the errors and gives each value its type", () => {
    const result = gen(function* () {
      const n = yield* steps();
      hasType<number>()(n);
      const s = yield* words();
      hasType<string>()(s);
      const u = yield* (flag() ? ok(true) : err(404));
      hasType<boolean>()(u);
      return { n, s };
    });
    hasType<Result<{ n: number; s: string }, "a" | "b" | 404>>()(result);
    function* bare(): Generator<number, void> {
      yield 1;
    }
    // @ts-expect-error what is yielded has to be an Err: yield*, not yield
    neverRun(() => gen(bare));
    assert.deepEqual(result, ok({ n: 1, s: "x" }));
  });

  it("gen() of a body that cannot fail has no error", () => {
    // deno-lint-ignore require-yield
    const result = gen(function* () {
      return 1 as number;
    });
    hasType<Result<number, never>>()(result);
    assert.deepEqual(result, ok(1));
  });

  it("genFn() keeps the parameters", () => {
    const add = genFn(function* (a: number, b?: string) {
      return `${a + (yield* steps())}${b}${yield* words()}`;
    });
    hasType<(a: number, b?: string) => Result<string, "a" | "b">>()(add);
    // @ts-expect-error the first parameter is a number
    neverRun(() => add("1"));
    // @ts-expect-error the first parameter is required
    neverRun(() => add());
    assert.deepEqual(add(1, "-"), ok("2-x"));
  });

  it("genAsync() does the same for promises", async () => {
    const result = genAsync(async function* () {
      const n = yield* await Promise.resolve(steps());
      hasType<number>()(n);
      const s = yield* words();
      hasType<string>()(s);
      return [n, s] as const;
    });
    hasType<Promise<Result<readonly [number, string], "a" | "b">>>()(result);
    assert.deepEqual(await result, ok([1, "x"]));
  });
});

describe("functions that meet throwing and asynchronous code", () => {
  it("catchToResult() has the type of the value and the literal error", () => {
    hasType<Result<number, "bad">>()(
      catchToResult(() => Number("1"), () => "bad"),
    );
    hasType<Result<never, "bad">>()(catchToResult((): never => {
      throw new Error("no");
    }, () => "bad"));
    // @ts-expect-error mapError is required, or the error would be unknown
    neverRun(() => catchToResult(() => 1));
    catchToResult(() => 1, (thrown) => hasType<unknown>()(thrown));
  });

  it("catchToResult() asks for the input that the code takes", () => {
    const length = (text: string): number => text.length;
    hasType<Result<number, "bad">>()(
      catchToResult(length, () => "bad", "four"),
    );
    // @ts-expect-error the code takes an input
    neverRun(() => catchToResult(length, () => "bad"));
    // @ts-expect-error the code takes a string
    neverRun(() => catchToResult(length, () => "bad", 4));
  });

  it("catchToResult() takes the input of a generic caller", () => {
    function same<T>(value: T): Result<T, "bad"> {
      return catchToResult((input: T) => input, () => "bad", value);
    }
    assert.deepEqual(same<number | undefined>(undefined), ok(undefined));
  });

  it("catchToResultAsync() awaits the type", async () => {
    const caught = catchToResultAsync(() => Promise.resolve(1), () => "bad");
    hasType<Promise<Result<number, "bad">>>()(caught);
    // @ts-expect-error mapError is required
    neverRun(() => catchToResultAsync(() => Promise.resolve(1)));
    assert.deepEqual(await caught, ok(1));
  });

  it("mapAsync() and andThenAsync() take either kind of input and function", async () => {
    const later = Promise.resolve(steps());
    hasType<Promise<Result<string, "a">>>()(mapAsync(later, String));
    hasType<Promise<Result<string, "a">>>()(
      mapAsync(steps(), (n) => Promise.resolve(String(n))),
    );
    hasType<Promise<Result<string, "a" | "b">>>()(andThenAsync(later, words));
    const next = andThenAsync(steps(), () => Promise.resolve(words()));
    hasType<Promise<Result<string, "a" | "b">>>()(next);
    assert.deepEqual(await next, ok("x"));
  });
});

describe("parameters of errors", () => {
  it("are none for a code without placeholders", () => {
    const error = new PoolError("POOL_CLOSED");
    hasType<PoolError<"POOL_CLOSED">>()(error);
    void new PoolError("POOL_CLOSED", {});
    void new PoolError("POOL_CLOSED", undefined, { cause: error });
    neverRun(() => [
      // @ts-expect-error the code takes no parameters
      new PoolError("POOL_CLOSED", { timeoutMs: 1 }),
      // @ts-expect-error options come after the parameters
      new PoolError("POOL_CLOSED", { cause: error }),
      // @ts-expect-error the options have no such field
      new PoolError("POOL_CLOSED", {}, { reason: "x" }),
      // @ts-expect-error the code takes no parameters
      formatMessage("POOL_CLOSED", { reason: "x" }),
    ]);
    assert.equal(error.code, "POOL_CLOSED");
  });

  it("are checked for a code with one", () => {
    const error = new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 1 });
    hasType<number>()(error.params.timeoutMs);
    neverRun(() => [
      // @ts-expect-error the parameters are missing
      new PoolError("POOL_ACQUIRE_TIMEOUT"),
      // @ts-expect-error timeoutMs is missing
      new PoolError("POOL_ACQUIRE_TIMEOUT", {}),
      // @ts-expect-error timeoutMs is misspelt
      new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMS: 1 }),
      // @ts-expect-error there is no parameter reason
      new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 1, reason: "x" }),
      // @ts-expect-error timeoutMs is a number
      new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: "1" }),
      // @ts-expect-error timeoutMs is not optional
      new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: undefined }),
      // @ts-expect-error timeoutMs is missing
      formatMessage("POOL_ACQUIRE_TIMEOUT", {}),
      // @ts-expect-error parameters are readonly
      error.params.timeoutMs = 2,
    ]);
    assert.equal(error.params.timeoutMs, 1);
  });

  it("are checked for a code with two", () => {
    const code = "VALIDATION_TOO_SMALL";
    const error = new ValidationError(code, { field: "age", min: 0 });
    hasType<string | number>()(error.params.field);
    hasType<number>()(error.params.min);
    neverRun(() => [
      // @ts-expect-error both parameters are missing
      new ValidationError(code),
      // @ts-expect-error min is missing
      new ValidationError(code, { field: "age" }),
      // @ts-expect-error min is misspelt
      new ValidationError(code, { field: "age", mni: 0 }),
      // @ts-expect-error there is no parameter max
      new ValidationError(code, { field: "age", min: 0, max: 1 }),
      // @ts-expect-error min is a number
      new ValidationError(code, { field: "age", min: "0" }),
      // @ts-expect-error a field is a word, not an object
      new ValidationError(code, { field: {}, min: 0 }),
    ]);
    assert.equal(error.field, "age");
  });

  it("are checked through the base class as well", () => {
    const error = new InfrastructureError("DB_DUPLICATE_KEY", { entity: "x" });
    hasType<InfrastructureError<"DB_DUPLICATE_KEY">>()(error);
    // @ts-expect-error entity is missing
    neverRun(() => new InfrastructureError("DB_DUPLICATE_KEY"));
    // @ts-expect-error there is no such code
    neverRun(() => new InfrastructureError("DB_NO_SUCH"));
    assert.equal(error.code, "DB_DUPLICATE_KEY");
  });

  it("follow from the text", () => {
    sameType<Same<PlaceholderOf<"no brace">, never>>();
    sameType<Same<PlaceholderOf<"{a} and {b}, {a}">, "a" | "b">>();
    sameType<Same<MessageOf<"POOL_CLOSED">, "The pool is closed">>();
    sameType<
      Same<
        ErrorParams<"VALIDATION_OUT_OF_RANGE">,
        {
          readonly field: string | number;
          readonly min: number;
          readonly max: number;
        }
      >
    >();
  });
});

describe("codes of errors", () => {
  it("have to be of the class's domain", () => {
    neverRun(() => [
      // @ts-expect-error a code of the cache
      new PoolError("CACHE_TAG_NOT_FOUND", { tag: "t" }),
      // @ts-expect-error a code of the pool
      new CacheError("POOL_CLOSED"),
      // @ts-expect-error a code of the pool
      new TaskError("POOL_CLOSED"),
      // @ts-expect-error a code of validation
      new ConfigError("VALIDATION_REQUIRED", { field: "f" }),
      // @ts-expect-error no code at all
      new PoolError("POOL_NO_SUCH"),
      // @ts-expect-error the key without its domain
      new PoolError("CLOSED"),
    ]);
    // @ts-expect-error the type refuses another domain's code as well
    sameType<Same<AuthenticationError<"POOL_CLOSED">, never>>();
    sameType<
      Same<
        DomainCode<"TASK">,
        | "TASK_EXECUTION_FAILED"
        | "TASK_TIMEOUT"
        | "TASK_CANCELLED"
        | "TASK_RETRY_EXHAUSTED"
        | "TASK_QUEUE_FULL"
        | "TASK_QUEUE_CLOSED"
      >
    >();
  });

  it("of several codes are a union that narrows, by ErrorOf", () => {
    function limitOf(error: ErrorOf<"CACHE_STORE_FULL" | "POOL_CLOSED">) {
      if (error.code === "POOL_CLOSED") {
        hasType<PoolError<"POOL_CLOSED">>()(error);
        return 0;
      }
      hasType<CacheError<"CACHE_STORE_FULL">>()(error);
      return error.params.max;
    }
    const full = new CacheError("CACHE_STORE_FULL", { max: 3 });
    assert.equal(limitOf(full), 3);
  });

  it("tell the members of a union apart, parameters included", () => {
    type AnyOfThree =
      | PoolError<"POOL_CLOSED">
      | PoolError<"POOL_ACQUIRE_TIMEOUT">
      | CacheError<"CACHE_TAG_NOT_FOUND">;
    function describeError(error: AnyOfThree): string {
      // @ts-expect-error not before the code is known
      void error.params.timeoutMs;
      switch (error.code) {
        case "POOL_CLOSED":
          hasType<PoolError<"POOL_CLOSED">>()(error);
          return "closed";
        case "POOL_ACQUIRE_TIMEOUT":
          hasType<number>()(error.params.timeoutMs);
          return `${error.params.timeoutMs} ms`;
        case "CACHE_TAG_NOT_FOUND":
          hasType<CacheError<"CACHE_TAG_NOT_FOUND">>()(error);
          hasType<"CACHE_TAG_NOT_FOUND">()(error.code);
          return `tag ${error.params.tag}`;
      }
      // No code is left: a new member of the union would not compile here.
      error satisfies never;
    }
    const tag = "t";
    assert.equal(
      describeError(new CacheError("CACHE_TAG_NOT_FOUND", { tag })),
      "tag t",
    );
  });

  it("narrow the error of a result that gathers several", () => {
    const result = flag()
      ? err(new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 5 }))
      : err(new TaskError("TASK_CANCELLED"));
    if (result.error.code === "POOL_ACQUIRE_TIMEOUT") {
      hasType<number>()(result.error.params.timeoutMs);
    } else {
      hasType<TaskError<"TASK_CANCELLED">>()(result.error);
    }
  });

  it("narrow an unknown value by is()", () => {
    const thrown: unknown = new PoolError("POOL_CLOSED");
    if (PoolError.is(thrown)) hasType<DomainCode<"POOL">>()(thrown.code);
    else hasType<unknown>()(thrown);
    if (InfrastructureError.is(thrown)) hasType<ErrorCode>()(thrown.code);
    if (ValidationError.is(thrown)) hasType<string>()(thrown.field);
    // @ts-expect-error an unknown value has no code
    neverRun(() => thrown.code);
    assert.ok(PoolError.is(thrown));
  });
});

describe("defineCatalogue()", () => {
  it("takes a partial catalogue with the placeholders of the English one", () => {
    const german = defineCatalogue({
      POOL: {
        CLOSED: "Zu",
        ACQUIRE_TIMEOUT: "Nichts frei nach {timeoutMs} ms",
      },
      VALIDATION: { TOO_SMALL: "Ab {min}: {field}" },
    });
    hasType<"Zu">()(german.POOL.CLOSED);
    void defineCatalogue({});
    void defineCatalogue({ POOL: {} });
    assert.equal(german.POOL.CLOSED, "Zu");
  });

  it("refuses everything else", () => {
    neverRun(() => [
      // @ts-expect-error the placeholder is misspelt
      defineCatalogue({ POOL: { ACQUIRE_TIMEOUT: "nach {timeoutMS} ms" } }),
      // @ts-expect-error the placeholder is missing
      defineCatalogue({ POOL: { ACQUIRE_TIMEOUT: "Nichts frei" } }),
      // @ts-expect-error one of two placeholders is missing
      defineCatalogue({ VALIDATION: { TOO_SMALL: "Ab {min}" } }),
      // @ts-expect-error there is a placeholder too many
      defineCatalogue({ POOL: { CLOSED: "Zu seit {since}" } }),
      // @ts-expect-error a placeholder with blanks is never filled
      defineCatalogue({ VALIDATION: { REQUIRED: "{ field } fehlt" } }),
      // @ts-expect-error there is no such key
      defineCatalogue({ POOL: { NO_SUCH: "x" } }),
      // @ts-expect-error there is no such domain
      defineCatalogue({ SWIMMING: { CLOSED: "x" } }),
      // @ts-expect-error a text is a string
      defineCatalogue({ POOL: { CLOSED: 1 } }),
    ]);
  });
});

describe("statuses", () => {
  it("are unions of literals", () => {
    sameType<
      Same<
        BaseStatus,
        "pending" | "active" | "inactive" | "completed" | "failed"
      >
    >();
    sameType<
      Same<
        ConnectionStatus,
        "connecting" | "idle" | "in_use" | "unhealthy" | "closed"
      >
    >();
    sameType<Same<HealthStatus, "healthy" | "degraded" | "unhealthy">>();
    sameType<Same<CacheStatus, "hit" | "miss" | "stale" | "expired">>();
    sameType<
      Same<
        MessageStatus,
        | "pending"
        | "processing"
        | "acknowledged"
        | "retrying"
        | "dead_lettered"
      >
    >();
    sameType<
      Same<
        AuthStatus,
        "authenticated" | "anonymous" | "rejected" | "expired" | "revoked"
      >
    >();
    sameType<
      Same<
        TaskStatus,
        | "pending"
        | "scheduled"
        | "running"
        | "retrying"
        | "completed"
        | "failed"
        | "cancelled"
        | "timed_out"
      >
    >();
    const status: HealthStatus = HealthStatus.DEGRADED;
    // @ts-expect-error no member of the set
    const other: HealthStatus = "dead";
    // @ts-expect-error any string is too wide
    const wide: HealthStatus = String(status);
    void [other, wide];
    assert.equal(status, "degraded");
  });

  it("are the values of the sets of their names", () => {
    type ValuesOf<Set> = Set[keyof Set];
    sameType<Same<ValuesOf<typeof Status.BaseStatus>, BaseStatus>>();
    sameType<
      Same<ValuesOf<typeof Status.ConnectionStatus>, ConnectionStatus>
    >();
    sameType<Same<ValuesOf<typeof Status.TaskStatus>, TaskStatus>>();
    sameType<Same<ValuesOf<typeof Status.HealthStatus>, HealthStatus>>();
    sameType<Same<ValuesOf<typeof Status.CacheStatus>, CacheStatus>>();
    sameType<Same<ValuesOf<typeof Status.MessageStatus>, MessageStatus>>();
    sameType<Same<ValuesOf<typeof Status.AuthStatus>, AuthStatus>>();
  });

  it("have sets that cannot be changed", () => {
    neverRun(() => {
      // @ts-expect-error members are readonly
      TaskStatus.RUNNING = "running";
      // @ts-expect-error there is no such member
      void TaskStatus.NO_SUCH;
    });
  });

  it("narrow and parse to the union of their set", () => {
    const value: unknown = "running";
    if (isStatus(TaskStatus, value)) hasType<TaskStatus>()(value);
    const parsed = parseStatus(TaskStatus, value);
    hasType<Result<TaskStatus, ValidationError<"VALIDATION_NOT_A_MEMBER">>>()(
      parsed,
    );
    assert.equal(parsed.unwrap(), TaskStatus.RUNNING);
  });
});
