// What has to compile, and what must not. `deno check` does the checking: an
// unused `@ts-expect-error` is an error as well. The runtimes only see that
// the calls run.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CacheEntry,
  type CacheProvider,
  type CacheSetError,
  InMemoryCacheProvider,
  type LoadContext,
} from "../src/cache.ts";
import { type CacheKey, cacheKey } from "../src/cache_key.ts";
import {
  type ConnectionFactory,
  type ConnectionInfo,
  ConnectionPool,
  type ConnectionPoolContext,
  type FactoryContext,
  type PoolAcquireError,
  type PoolEvent,
} from "../src/connection_pool.ts";
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
  type AnyEvent,
  type EmitArgs,
  EventBus,
  type EventHandler,
  type EventsOf,
  type Subscription,
} from "../src/event_bus.ts";
import type { HealthPartReport, HealthReport } from "../src/health.ts";
import type { PriorityJob } from "../src/job_queue.ts";
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
import type { TaskResult } from "../src/task.ts";
import type { ScheduledTask } from "../src/task_scheduler.ts";
import { HashedTokenStore } from "../src/hashed_token_store.ts";
import { CombinedRateLimiter } from "../src/combined_rate_limiter.ts";
import { rateLimitHeaders } from "../src/rate_limit_headers.ts";
import {
  FixedWindowLimiter,
  GcraLimiter,
  InMemoryRateLimiter,
  isRateLimiter,
  type KeyOfOption,
  type RateLimitAlgorithm,
  type RateLimitDecision,
  type RateLimiter,
  SlidingWindowLimiter,
  TokenBucketLimiter,
  toRateLimitResult,
} from "../src/rate_limiter.ts";
import type { DeepReadonly } from "../src/protocols.ts";
import {
  InMemoryTokenStore,
  isTokenStore,
  type NewToken,
  type NextToken,
  type StoredToken,
  type TokenAddError,
  type TokenInputError,
  type TokenRotation,
  type TokenStore,
  type TokenVerifyError,
  verifyToken,
} from "../src/token_store.ts";

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

  it("4.3 are what modules tell: members of their set, and no other string", () => {
    sameType<Same<ConnectionInfo<unknown>["status"], ConnectionStatus>>();
    sameType<Same<HealthReport["status"], HealthStatus>>();
    sameType<Same<HealthPartReport["status"], HealthStatus>>();
    sameType<Same<PriorityJob<unknown>["status"], TaskStatus>>();
    sameType<Same<ScheduledTask["status"], TaskStatus>>();
    type Ongoing = "pending" | "scheduled" | "running" | "retrying";
    sameType<
      Same<TaskResult<unknown>["status"], Exclude<TaskStatus, Ongoing>>
    >();
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

describe("CacheProvider", () => {
  interface User {
    readonly name: string;
  }
  interface Admin extends User {
    readonly role: string;
  }
  const userKey = cacheKey<User>("user");
  const adminKey = cacheKey<Admin>("admin");
  const dateKey = cacheKey<Date>("date");
  const ada = { name: "Ada" };

  it("gives what the key says, whatever the cache may hold", () => {
    const cache = new InMemoryCacheProvider();
    hasType<InMemoryCacheProvider<unknown>>()(cache);
    cache.set(userKey(1), ada);
    cache.setWithTags(dateKey(1), new Date(0), ["t"]);
    hasType<User | undefined>()(cache.get(userKey(1)));
    hasType<User | undefined>()(cache.peek(userKey(1)));
    hasType<CacheEntry<Date> | undefined>()(cache.entry(dateKey(1)));
    hasType<User | Promise<User>>()(cache.getOrSet(userKey(1), () => ada));
    hasType<unknown>()(cache.get("user:1"));
    assert.equal(cache.get(userKey(1))?.name, "Ada");
    assert.equal(cache.entry(dateKey(1))?.value.getTime(), 0);
  });

  it("takes what the key says, and nothing else", () => {
    const cache = new InMemoryCacheProvider();
    neverRun(() => [
      // @ts-expect-error a date is no user
      cache.set(userKey(1), new Date(0)),
      // @ts-expect-error a user is no admin
      cache.setWithTags(adminKey(1), ada, ["t"]),
      // @ts-expect-error what is loaded is no date
      cache.getOrSet(dateKey(1), () => ada),
      // @ts-expect-error nor is what is loaded later
      cache.getOrSet(dateKey(1), () => Promise.resolve(ada)),
      cache.getOrSet(userKey(1), (context) => {
        hasType<LoadContext<User>>()(context);
        hasType<User | undefined>()(context.stale?.value);
        return ada;
      }, {
        // @ts-expect-error a date says nothing of a user
        policy: (value: Date) => ({ ttlMs: value.getTime() }),
      }),
    ]);
    hasType<Result<void, CacheSetError>>()(
      cache.set(userKey(1), { name: "Ada", role: "root" } as Admin),
    );
    assert.equal(cache.has(userKey(1)), true);
  });

  it("holds values of its own type and of narrower ones", () => {
    const cache = new InMemoryCacheProvider<User>();
    hasType<User | undefined>()(cache.get("1"));
    hasType<Admin | undefined>()(cache.get(adminKey(1)));
    neverRun(() => [
      // @ts-expect-error there are no dates
      cache.get(dateKey(1)),
      // @ts-expect-error under a plain key neither
      cache.set("1", new Date(0)),
      // @ts-expect-error an entry is read only
      cache.entry("1")!.value = ada,
    ]);
    assert.equal(cache.get("1"), undefined);
  });

  it("is what every cache is, near or far, for the same values and no others", () => {
    const near = new InMemoryCacheProvider<User>();
    const far: CacheProvider<User> = near;
    const key: CacheKey<User> = userKey(1);
    hasType<User | Promise<User | undefined> | undefined>()(far.get(key));
    // @ts-expect-error these values are users
    const dates: CacheProvider<Date> = near;
    // @ts-expect-error a Map is no cache
    const map: CacheProvider = new Map();
    void [dates, map];
    assert.equal(far, near);
  });
});

describe("ConnectionPool", () => {
  class Client {
    readonly host: string = "db";
    close(): void {}
  }
  const factory: ConnectionFactory<Client> = {
    create: () => new Client(),
    destroy: (client) => client.close(),
  };
  const pool = new ConnectionPool(factory, { max: 1 });

  it("has the type of what its factory makes, promised or not", () => {
    hasType<ConnectionPool<Client>>()(pool);
    hasType<ConnectionPool<Client>>()(
      new ConnectionPool({
        create: () => Promise.resolve(new Client()),
        destroy: (client) => hasType<Client>()(client),
        validate: (client) => client.host === "db",
      }, { max: 1 }),
    );
    hasType<ConnectionPool<string>>()(
      new ConnectionPool({
        create({ signal }) {
          hasType<AbortSignal>()(signal);
          return String(signal.aborted);
        },
        destroy(_connection, context) {
          hasType<FactoryContext>()(context);
        },
      }, { max: 1 }),
    );
  });

  it("refuses a factory and options that it cannot do with", () => {
    const create = (): Client => new Client();
    const destroy = (_client: Client): void => {};
    neverRun(() => [
      // @ts-expect-error destroy is missing
      new ConnectionPool({ create }, { max: 1 }),
      // @ts-expect-error create is missing
      new ConnectionPool({ destroy }, { max: 1 }),
      // @ts-expect-error destroy takes no such connection
      new ConnectionPool<string>({ create: () => "c", destroy }, { max: 1 }),
      // @ts-expect-error a validation tells yes or no
      new ConnectionPool({ create, destroy, validate: () => 1 }, { max: 1 }),
      // @ts-expect-error max is missing
      new ConnectionPool(factory, {}),
      // @ts-expect-error the options are missing
      new ConnectionPool(factory),
      // @ts-expect-error max is a number
      new ConnectionPool(factory, { max: "1" }),
      // @ts-expect-error there is no such order
      new ConnectionPool(factory, { max: 1, order: "random" }),
      // @ts-expect-error there is no such option
      new ConnectionPool(factory, { max: 1, min: 1 }),
      // @ts-expect-error a time is a number of ms
      pool.acquire({ timeoutMs: "1s" }),
      // @ts-expect-error the counters are readonly
      pool.stats.idle = 1,
    ]);
  });

  it("acquire() and tryAcquire() give leases with the connection's type", () => {
    neverRun(async () => {
      const acquired = await pool.acquire();
      hasType<Result<ConnectionPoolContext<Client>, PoolAcquireError>>()(
        acquired,
      );
      const lease = acquired.unwrap();
      hasType<Client>()(lease.connection);
      hasType<ConnectionInfo<Client>>()(lease.info);
      hasType<readonly ConnectionInfo<Client>[]>()(pool.connections());
      hasType<ConnectionPoolContext<Client> | undefined>()(pool.tryAcquire());
      // @ts-expect-error who has a lease gives it back, and changes nothing
      lease.connection = new Client();
      // @ts-expect-error there may be none
      void pool.tryAcquire().connection;
      if (!acquired.ok) {
        hasType<
          | "POOL_EXHAUSTED"
          | "POOL_ACQUIRE_TIMEOUT"
          | "POOL_ACQUIRE_CANCELLED"
          | "POOL_CONNECTION_ERROR"
          | "POOL_CLOSED"
        >()(acquired.error.code);
        if (acquired.error.code === "POOL_ACQUIRE_TIMEOUT") {
          hasType<number>()(acquired.error.params.timeoutMs);
        }
      }
    });
  });

  it("use() flattens a Result, and keeps anything else", () => {
    neverRun(() => [
      hasType<Promise<Result<string, PoolAcquireError>>>()(
        pool.use((client) => client.host),
      ),
      hasType<Promise<Result<string, PoolAcquireError>>>()(
        pool.use(async (client, lease) => {
          hasType<ConnectionPoolContext<Client>>()(lease);
          await lease.destroy();
          return client.host;
        }),
      ),
      hasType<Promise<Result<number, "a" | PoolAcquireError>>>()(
        pool.use(() => steps()),
      ),
      hasType<Promise<Result<number, "a" | PoolAcquireError>>>()(
        pool.use(() => Promise.resolve(steps())),
      ),
      hasType<Promise<Result<number, "a" | PoolAcquireError>>>()(
        pool.use(async () => {
          await undefined;
          return flag() ? ok(1) : err("a");
        }),
      ),
      hasType<Promise<Result<void, PoolAcquireError>>>()(
        pool.use((client) => client.close()),
      ),
      // @ts-expect-error it gets a client
      pool.use((text: string) => text),
    ]);
  });

  it("its events are told apart by their type", () => {
    const onEvent = (event: PoolEvent<Client>): void => {
      switch (event.type) {
        case "created":
          hasType<number>()(event.durationMs);
          break;
        case "acquired":
          hasType<number>()(event.waitedMs);
          hasType<ConnectionInfo<Client>>()(event.connection);
          break;
        case "released":
          hasType<number>()(event.heldMs);
          break;
        case "refused":
          hasType<PoolAcquireError>()(event.error);
          break;
        case "create_failed":
          hasType<"POOL_CONNECTION_ERROR">()(event.error.code);
          break;
        case "validation_failed":
          hasType<number>()(Number(event.error.params.connectionId));
          break;
        case "destroyed":
          // @ts-expect-error there is no such reason
          void (event.reason === "bored");
          break;
        case "leaked":
          hasType<string>()(event.stack);
          hasType<boolean>()(event.isCollected);
          break;
        case "reset_failed":
        case "destroy_failed":
          hasType<unknown>()(event.error);
          break;
        case "closing":
        case "closed":
          // @ts-expect-error it is about no connection
          void event.connection;
          break;
        default:
          hasType<never>()(event);
      }
    };
    onEvent({ type: "closing" });
    neverRun(() => [
      new ConnectionPool(factory, { max: 1, onEvent }),
      new ConnectionPool<string>({ create: () => "c", destroy() {} }, {
        max: 1,
        // @ts-expect-error its events have clients, not strings
        onEvent,
      }),
    ]);
  });
});

describe("TokenStore", () => {
  interface Session {
    device: string;
    roles: string[];
    more?: { at: number };
  }
  interface Hint {
    lang?: string;
  }
  const claims: Session = { device: "phone", roles: ["admin"] };
  const token = {
    jti: "t0",
    userId: "ada",
    expiresAt: Number.MAX_SAFE_INTEGER,
  };

  it("wants claims where there must be some, and only there", () => {
    neverRun(() => {
      const sessions = new InMemoryTokenStore<Session>();
      sessions.add({ ...token, claims });
      // @ts-expect-error a session must say its device
      sessions.add(token);
      // @ts-expect-error and its roles
      sessions.add({ ...token, claims: { device: "phone" } });
      // @ts-expect-error a role is a string
      sessions.add({ ...token, claims: { device: "phone", roles: [1] } });
      // @ts-expect-error the same holds for the next one
      sessions.rotate("t0", { jti: "t1", expiresAt: 1 });
      sessions.rotate("t0", { jti: "t1", expiresAt: 1, claims });

      const hints = new InMemoryTokenStore<Hint>();
      hints.add(token);
      hints.add({ ...token, claims: {} });
      hints.add({ ...token, claims: { lang: "de" } });
      hints.rotate("t0", { jti: "t1", expiresAt: 1 });
      // @ts-expect-error a language is a string
      hints.add({ ...token, claims: { lang: 1 } });

      const bare = new InMemoryTokenStore();
      bare.add(token);
      bare.rotate("t0", { jti: "t1", expiresAt: 1 });
      // @ts-expect-error claims are an object
      new InMemoryTokenStore<string>();
    });
    assert.equal(isTokenStore(new InMemoryTokenStore()), true);
  });

  it("wants the other fields of a token", () => {
    type Next = NextToken<Session>;
    sameType<Same<Next["jti" | "expiresAt"], string | number>>();
    neverRun(() => {
      const { jti, userId, expiresAt } = token;
      // @ts-expect-error there is no user
      const noUser: NewToken = { jti, expiresAt };
      // @ts-expect-error there is no time
      const noTime: NewToken = { jti, userId };
      // @ts-expect-error a time is a number
      const date: NewToken = { jti, userId, expiresAt: new Date() };
      // @ts-expect-error what may be left out is not undefined
      const noFamily: NewToken = { ...token, familyId: undefined };
      // @ts-expect-error a successor has the user of the other
      const next: NextToken = { jti, expiresAt, userId };
      void [noUser, noTime, date, noFamily, next];
    });
  });

  it("gives tokens that cannot be changed at any depth", () => {
    type Deep = DeepReadonly<{
      a: { b: { c: string[] }[] };
      t: [number, { d: 1 }];
      f: () => string;
      n: null;
      u?: string | undefined;
    }>;
    sameType<
      Same<Deep, {
        readonly a: {
          readonly b: readonly { readonly c: readonly string[] }[];
        };
        readonly t: readonly [number, { readonly d: 1 }];
        readonly f: () => string;
        readonly n: null;
        readonly u?: string | undefined;
      }>
    >();
    sameType<Same<DeepReadonly<string | Hint>, string | Readonly<Hint>>>();
    neverRun(() => {
      const sessions = new InMemoryTokenStore<Session>();
      const stored = sessions.add({ ...token, claims }).unwrap();
      hasType<StoredToken<Session>>()(stored);
      hasType<number | undefined>()(stored.revokedAt);
      hasType<readonly string[]>()(stored.claims.roles);
      // @ts-expect-error a field
      stored.userId = "bob";
      // @ts-expect-error a claim
      stored.claims.device = "laptop";
      // @ts-expect-error a list
      stored.claims.roles.push("admin");
      // @ts-expect-error further in
      stored.claims.more!.at = 1;
      const list = sessions.listActive("ada").unwrap();
      hasType<readonly StoredToken<Session>[]>()(list);
      // @ts-expect-error the list that was given
      list.pop();
    });
  });

  it("tells the outcomes of a rotation apart", () => {
    function told(rotation: TokenRotation<Session>): string {
      // @ts-expect-error there may be no successor
      void rotation.successor;
      switch (rotation.outcome) {
        case "rotated":
        case "replayed":
          hasType<StoredToken<Session>>()(rotation.successor);
          // @ts-expect-error nothing was revoked
          void rotation.revoked;
          return rotation.successor.claims.device;
        case "reused":
          hasType<number>()(rotation.revoked);
          // @ts-expect-error there is no successor
          void rotation.successor;
          return rotation.userId + rotation.familyId;
        case "inactive":
        case "unknown":
          hasType<"inactive" | "unknown">()(rotation.outcome);
          return rotation.outcome;
      }
    }
    sameType<
      Same<
        TokenRotation["outcome"],
        "rotated" | "replayed" | "reused" | "inactive" | "unknown"
      >
    >();
    assert.equal(told({ outcome: "unknown" }), "unknown");
  });

  it("tells all codes of its errors", async () => {
    const tokens = new InMemoryTokenStore<Hint>();
    hasType<Result<StoredToken<Hint>, TokenAddError>>()(tokens.add(token));
    hasType<Result<StoredToken<Hint> | undefined, TokenInputError>>()(
      tokens.find("t0"),
    );
    hasType<Result<boolean, TokenInputError>>()(tokens.revoke("t1"));
    hasType<Result<number, TokenInputError>>()(tokens.revokeUser("bob"));
    hasType<Result<TokenRotation<Hint>, TokenAddError>>()(
      tokens.rotate("t1", token),
    );
    type InputCode =
      | "VALIDATION_TYPE_MISMATCH"
      | "VALIDATION_EMPTY_VALUE"
      | "VALIDATION_INVALID_FORMAT";
    sameType<Same<TokenInputError["code"], InputCode>>();
    sameType<
      Same<
        TokenAddError["code"],
        | InputCode
        | "VALIDATION_TOO_SMALL"
        | "DB_DUPLICATE_KEY"
        | "DB_REPOSITORY_FULL"
      >
    >();
    sameType<
      Same<
        TokenVerifyError["code"],
        "AUTH_TOKEN_MALFORMED" | "AUTH_TOKEN_INVALID" | "AUTH_TOKEN_REVOKED"
      >
    >();
    const verified = await verifyToken(tokens, "t0");
    hasType<Result<StoredToken<Hint>, TokenVerifyError>>()(verified);
    assert.equal(verified.unwrap().jti, "t0");
  });

  it("is what every store is, for the same claims and no others", () => {
    const inner = new InMemoryTokenStore<Session>();
    const hashed = new HashedTokenStore(inner);
    hasType<HashedTokenStore<Session>>()(hashed);
    const stores: readonly TokenStore<Session>[] = [inner, hashed];
    // @ts-expect-error these tokens say something else
    const others: TokenStore<{ role: string }> = inner;
    // @ts-expect-error a Map is no store
    const map: TokenStore = new Map();
    void [others, map];
    assert.equal(stores.every(isTokenStore), true);
  });
});

describe("RateLimiter", () => {
  interface Asker {
    readonly ip: string;
    readonly user: number;
  }

  const rate = { limit: 5, periodMs: 1_000 };
  const bucket = { capacity: 5, refill: 5, periodMs: 1_000 };

  it("keyOf may be left out for strings, numbers and bigints", () => {
    hasType<GcraLimiter<string>>()(new GcraLimiter(rate));
    hasType<TokenBucketLimiter<string>>()(new TokenBucketLimiter(bucket));
    hasType<FixedWindowLimiter<string>>()(new FixedWindowLimiter(rate));
    hasType<SlidingWindowLimiter<string>>()(new SlidingWindowLimiter(rate));
    const limiters = [
      new GcraLimiter<number>(rate),
      new TokenBucketLimiter<bigint>(bucket),
      new FixedWindowLimiter<"read" | "write">(rate),
      new SlidingWindowLimiter<string | number | bigint>(rate),
      new GcraLimiter<string>({ ...rate, keyOf: (key) => key.length }),
    ];
    assert.equal(limiters.every(isRateLimiter), true);
    sameType<
      Same<
        KeyOfOption<"a" | 1>,
        { readonly keyOf?: (key: "a" | 1) => string | number | bigint }
      >
    >();
  });

  it("keyOf must be given for all other keys", () => {
    neverRun(() => [
      // @ts-expect-error objects are told by identity
      new GcraLimiter<Asker>(rate),
      // @ts-expect-error and so with every limiter
      new TokenBucketLimiter<Asker>(bucket),
      // @ts-expect-error of the four
      new FixedWindowLimiter<Asker>(rate),
      // @ts-expect-error of the four
      new SlidingWindowLimiter<Asker>(rate),
      // @ts-expect-error and with one of one's own
      new InMemoryRateLimiter<Asker>({} as RateLimitAlgorithm, {}),
      // @ts-expect-error some of these keys are objects
      new GcraLimiter<string | Asker>(rate),
      // @ts-expect-error these may be anything
      new GcraLimiter<unknown>(rate),
      // @ts-expect-error a symbol is no key
      new GcraLimiter<symbol>(rate),
      // @ts-expect-error nor is a boolean
      new GcraLimiter<boolean>(rate),
      // @ts-expect-error it may be missing
      new GcraLimiter<string | undefined>(rate),
      // @ts-expect-error what it makes must be a key itself
      new GcraLimiter<Asker>({ ...rate, keyOf: ({ ip }: Asker) => [ip] }),
      // @ts-expect-error it gets the keys
      new GcraLimiter<Asker>({ ...rate, keyOf: (ip: string) => ip }),
      // @ts-expect-error left out is not undefined
      new GcraLimiter<string>({ ...rate, keyOf: undefined }),
    ]);
    const limiter = new GcraLimiter<Asker>({
      ...rate,
      keyOf: ({ user }) => user,
    });
    const ada: Asker = { ip: "203.0.113.7", user: 1 };
    hasType<RateLimitDecision<Asker>>()(limiter.consume(ada));
    hasType<Asker>()(limiter.peek(ada).key);
    hasType<void>()(limiter.refund(ada, 1));
    hasType<boolean>()(limiter.reset(ada));
    hasType<GcraLimiter<Asker>>()(
      new GcraLimiter({ ...rate, keyOf: ({ ip }: Asker) => ip }),
    );
    // @ts-expect-error it counts askers
    neverRun(() => limiter.consume("ada"));
  });

  it("options say how much, and nothing that is not theirs", () => {
    neverRun(() => [
      // @ts-expect-error there is no limit without a period
      new GcraLimiter({ limit: 5 }),
      // @ts-expect-error a bucket has a capacity
      new TokenBucketLimiter(rate),
      // @ts-expect-error a window has no burst
      new FixedWindowLimiter({ limit: 5, periodMs: 1_000, burst: 2 }),
      // @ts-expect-error it forgets or denies
      new GcraLimiter({ ...rate, onFull: "evict" }),
    ]);
  });

  it("is what every limiter is, near or far, for the same keys and no others", () => {
    const near = new GcraLimiter<Asker>({ ...rate, keyOf: ({ ip }) => ip });
    const combined = new CombinedRateLimiter([near]);
    hasType<CombinedRateLimiter<Asker>>()(combined);
    hasType<Promise<RateLimitDecision<Asker>>>()(
      combined.peek({ ip: "203.0.113.7", user: 1 }),
    );
    const limiters: readonly RateLimiter<Asker>[] = [near, combined];
    // @ts-expect-error a string has neither ip nor user
    const others: RateLimiter<string> = near;
    neverRun(() => [
      // @ts-expect-error these count different keys
      new CombinedRateLimiter<Asker>([near, new GcraLimiter(rate)]),
    ]);
    void others;
    assert.equal(limiters.every(isRateLimiter), true);
  });

  it("toRateLimitResult() keeps the key, and names the one error", () => {
    const decision = new GcraLimiter<number>(rate).consume(1);
    hasType<
      Result<RateLimitDecision<number>, ErrorOf<"SECURITY_RATE_LIMITED">>
    >()(toRateLimitResult(decision));
    hasType<Record<string, string>>()(rateLimitHeaders("a", decision, rate));
    neverRun(() => {
      // @ts-expect-error a decision is read only
      decision.allowed = true;
      // @ts-expect-error headers want to know the period
      rateLimitHeaders("a", decision, {});
    });
  });
});

describe("P13: EventBus", () => {
  const unseen: unique symbol = Symbol("unseen");
  interface Events {
    visited: { slug: string };
    count: number;
    level: "low" | "high";
    cleared: void;
    gone: undefined;
    noted: string | undefined;
    anything: unknown;
    7: boolean;
    [unseen]: Date;
  }
  const bus = new EventBus<Events>();
  class LinkVisited {
    readonly type = "link.visited";
    readonly slug: string = "docs";
  }
  class LinkDeleted {
    readonly type = "link.deleted";
    readonly at: number = 1;
  }
  class LinkPurged extends LinkDeleted {
    readonly bytes: number = 2;
  }

  it("emit() and publish() take the payload of the type, and nothing else", () => {
    neverRun(() => [
      hasType<boolean>()(bus.emit("visited", { slug: "docs" })),
      hasType<Promise<void>>()(bus.publish("visited", { slug: "docs" })),
      bus.emit(7, true),
      bus.emit(unseen, new Date(0)),
      // @ts-expect-error the payload is missing
      bus.emit("visited"),
      // @ts-expect-error the payload is missing
      bus.publish("visited"),
      // @ts-expect-error the payload is another type's
      bus.emit("visited", 5),
      // @ts-expect-error the payload is another type's
      bus.publish("count", { slug: "docs" }),
      // @ts-expect-error a field is missing
      bus.emit("visited", {}),
      // @ts-expect-error a field has another type
      bus.emit("visited", { slug: 5 }),
      // @ts-expect-error there is no such field
      bus.emit("visited", { slug: "docs", at: 1 }),
      // @ts-expect-error one payload, not two
      bus.emit("count", 1, 2),
      // @ts-expect-error one payload, not two
      bus.publish("count", 1, 2),
      // @ts-expect-error a payload that may be null is not asked for
      bus.emit("count", null),
      // @ts-expect-error the key's payload is a Date
      bus.emit(unseen, 5),
      // @ts-expect-error the number's payload is a boolean
      bus.emit(7, "true"),
    ]);
  });

  it("takes no payload where it is void, and may where it is optional", () => {
    neverRun(() => [
      bus.emit("cleared"),
      bus.publish("cleared"),
      bus.emit("gone"),
      bus.emit("noted"),
      bus.emit("noted", "a"),
      bus.emit("noted", undefined),
      bus.emit("anything"),
      bus.emit("anything", 5),
      // @ts-expect-error there is nothing to tell
      bus.emit("cleared", 5),
      // @ts-expect-error there is nothing to tell, not even that
      bus.emit("cleared", undefined),
      // @ts-expect-error there is nothing to tell
      bus.publish("gone", undefined),
      // @ts-expect-error the payload is a string
      bus.emit("noted", 5),
    ]);
    sameType<Same<EmitArgs<void>, []>>();
    sameType<Same<EmitArgs<undefined>, []>>();
    sameType<Same<EmitArgs<void | undefined>, []>>();
    sameType<Same<EmitArgs<number>, [payload: number]>>();
    sameType<Same<EmitArgs<1 | 2>, [payload: 1 | 2]>>();
    sameType<Same<EmitArgs<boolean>, [payload: boolean]>>();
    sameType<Same<EmitArgs<null>, [payload: null]>>();
    sameType<Same<EmitArgs<1 | undefined>, [payload?: 1 | undefined]>>();
    sameType<Same<EmitArgs<unknown>, [payload?: unknown]>>();
  });

  it("a payload of any kind can be emitted", () => {
    // deno-lint-ignore no-explicit-any -- what foreign maps have
    const loose = new EventBus<{ a: any }>();
    assert.equal(loose.emit("a", 5), false);
  });

  it("a literal union takes its members", () => {
    neverRun(() => [
      bus.emit("level", "low"),
      bus.on("level", (level) => hasType<"low" | "high">()(level)),
      // @ts-expect-error there is no such level
      bus.emit("level", "middle"),
      // @ts-expect-error any string may be no level
      bus.emit("level", String("low")),
    ]);
  });

  it("refuses a type that the map does not have", () => {
    neverRun(() => [
      // @ts-expect-error there is no such type
      bus.emit("visit", { slug: "docs" }),
      // @ts-expect-error there is no such type
      bus.publish("visit"),
      // @ts-expect-error there is no such type
      bus.on("visit", () => {}),
      // @ts-expect-error there is no such type
      bus.once("visit"),
      // @ts-expect-error there is no such type
      bus.events("visit"),
      // @ts-expect-error there is no such type
      bus.listenerCount("visit"),
      // @ts-expect-error there is no such type
      bus.clear("visit"),
      // @ts-expect-error a number is not its name
      bus.emit("7", true),
      // @ts-expect-error it is another symbol
      bus.emit(Symbol.iterator, new Date(0)),
      // @ts-expect-error any string may be no type
      bus.emit(String("count"), 1),
    ]);
  });

  it("handlers and filters get the payload of their type", () => {
    neverRun(() => [
      hasType<Subscription>()(
        bus.on("visited", (event) => hasType<{ slug: string }>()(event)),
      ),
      bus.on("cleared", (event) => hasType<void>()(event)),
      bus.on("noted", (event) => hasType<string | undefined>()(event)),
      bus.on(unseen, (event) => hasType<Date>()(event)),
      bus.on(7, (event) => hasType<boolean>()(event)),
      bus.on("count", () => {}),
      bus.on("count", (count: number | string) => void count),
      bus.on("count", async (count) => {
        hasType<number>()(await count);
      }),
      bus.on("count", () => {}, {
        filter: (count) => {
          hasType<number>()(count);
          return true;
        },
      }),
      // @ts-expect-error the handler takes another payload
      bus.on("count", (count: string) => void count),
      // @ts-expect-error the handler takes a narrower payload
      bus.on("level", (level: "low") => void level),
      // @ts-expect-error the handler takes two
      bus.on("count", (count: number, more: number) => void [count, more]),
      // @ts-expect-error a handler gives nothing
      bus.on("count", (count) => count),
      // @ts-expect-error nor a promise of something
      bus.on("count", (count) => Promise.resolve(count)),
      // @ts-expect-error a handler is a function
      bus.on("count", {}),
      // @ts-expect-error the handler is missing
      bus.on("count"),
      // @ts-expect-error the filter takes another payload
      bus.on("count", () => {}, { filter: (text: string) => text === "" }),
      // @ts-expect-error a filter says yes or no, not later
      bus.on("count", () => {}, { filter: () => Promise.resolve(true) }),
      // @ts-expect-error there is no such option
      bus.on("count", () => {}, { priority: 1 }),
      // @ts-expect-error a controller is no signal
      bus.on("count", () => {}, { signal: new AbortController() }),
    ]);
    const handler: EventHandler<number> = (count) => void count;
    // @ts-expect-error it takes numbers
    const other: EventHandler<string> = handler;
    void other;
  });

  it("a subscription is read, and ended", () => {
    neverRun(() => {
      const subscription = bus.on("cleared", () => {});
      hasType<boolean>()(subscription.isActive);
      hasType<void>()(subscription.unsubscribe());
      const disposable: Disposable = subscription;
      // @ts-expect-error whether it is active is readonly
      subscription.isActive = true;
      // @ts-expect-error it is no function
      subscription();
      return disposable;
    });
  });

  it("onAny() is narrowed by the type", () => {
    neverRun(() => [
      bus.onAny((event) => {
        hasType<AnyEvent<Events>>()(event);
        switch (event.type) {
          case "visited":
            return hasType<{ slug: string }>()(event.payload);
          case "count":
            return hasType<number>()(event.payload);
          case "level":
            return hasType<"low" | "high">()(event.payload);
          case "cleared":
            return hasType<void>()(event.payload);
          case "gone":
            return hasType<undefined>()(event.payload);
          case "noted":
            return hasType<string | undefined>()(event.payload);
          case "anything":
            return hasType<unknown>()(event.payload);
          case 7:
            return hasType<boolean>()(event.payload);
          case unseen:
            return hasType<Date>()(event.payload);
          default:
            return hasType<never>()(event);
        }
      }, { filter: ({ type }) => type !== "cleared" }),
      bus.onAny((event) => {
        // @ts-expect-error which it is has to be known first
        void event.payload.slug;
        // @ts-expect-error there is no such type
        void (event.type === "visit");
        // @ts-expect-error an event is shared by all that hear of it
        event.payload = 5;
      }),
      // @ts-expect-error it hears of more than that
      bus.onAny((event: { type: "count"; payload: number }) => void event),
    ]);
    sameType<
      Same<
        AnyEvent<{ a: number; b: void }>,
        | { readonly type: "a"; readonly payload: number }
        | { readonly type: "b"; readonly payload: void }
      >
    >();
  });

  it("once() and events() give the payload of their type", () => {
    neverRun(() => [
      hasType<Promise<{ slug: string }>>()(bus.once("visited")),
      hasType<Promise<void>>()(bus.once("cleared")),
      hasType<Promise<Date>>()(bus.once(unseen, { filter: (at) => !!at })),
      hasType<AsyncIterableIterator<number>>()(
        bus.events("count", { capacity: 1, overflow: "drop-oldest" }),
      ),
      async () => {
        for await (const level of bus.events("level")) {
          hasType<"low" | "high">()(level);
        }
      },
      // @ts-expect-error a promise has one event anyway
      bus.once("count", { once: true }),
      // @ts-expect-error the filter takes another payload
      bus.once("count", { filter: (text: string) => text === "" }),
      // @ts-expect-error an iterator goes on
      bus.events("count", { once: true }),
      // @ts-expect-error there is no such policy
      bus.events("count", { overflow: "block" }),
      // @ts-expect-error a capacity is a number
      bus.events("count", { capacity: "1" }),
    ]);
  });

  it("takes a map that is an interface, a type or a record, and nothing else", () => {
    type Types = { a: number; b: void };
    interface Inherited extends Types {
      c: string;
    }
    const inherited = new EventBus<Inherited>();
    const record = new EventBus<Record<string, number>>();
    assert.equal(new EventBus<Types>().emit("a", 1), false);
    assert.equal(inherited.emit("b"), false);
    assert.equal(record.emit("whatever", 1), false);
    neverRun(() => [
      inherited.on("c", (text) => hasType<string>()(text)),
      // @ts-expect-error all of its payloads are numbers
      record.emit("whatever", "1"),
      // @ts-expect-error a map is an object
      new EventBus<string>(),
      // @ts-expect-error onError hears of errors as unknown
      new EventBus<Types>({ onError: (error: Error) => void error }),
      // @ts-expect-error there is no such option
      new EventBus<Types>({ onerror: () => {} }),
      new EventBus<Types>({
        onError: (error, { type, payload }) => {
          hasType<unknown>()(error);
          hasType<PropertyKey>()(type);
          hasType<unknown>()(payload);
        },
      }),
    ]);
  });

  it("a bus of one map is not a bus of another", () => {
    const numbers = new EventBus<{ a: number }>();
    // @ts-expect-error its payloads are numbers
    const strings: EventBus<{ a: string }> = numbers;
    // @ts-expect-error it has no other types
    const more: EventBus<{ a: number; b: number }> = numbers;
    assert.equal(strings, more);
  });

  it("EventsOf() is the map of event classes, and of unions", () => {
    type Links = EventsOf<LinkVisited | LinkDeleted>;
    sameType<
      Same<
        Links,
        { "link.visited": LinkVisited; "link.deleted": LinkDeleted }
      >
    >();
    type Deletions = EventsOf<LinkDeleted | LinkPurged>;
    sameType<
      Same<Deletions, { "link.deleted": LinkDeleted | LinkPurged }>
    >();
    type Plain = EventsOf<{ type: 1; a: string } | { type: 2 }>;
    sameType<Same<Plain[1], { type: 1; a: string }>>();
    const links = new EventBus<Links>();
    const event = new LinkVisited();
    assert.equal(links.emit(event.type, event), false);
    neverRun(() => [
      // It keeps the type of its base class.
      links.emit("link.deleted", new LinkPurged()),
      links.on("link.deleted", (event) => hasType<LinkDeleted>()(event)),
      links.onAny(({ type, payload }) => {
        if (type === "link.visited") hasType<LinkVisited>()(payload);
        else hasType<LinkDeleted>()(payload);
      }),
      // @ts-expect-error an event has its own type
      links.emit("link.deleted", new LinkVisited()),
      // @ts-expect-error there is no such event
      links.emit("link.created", new LinkVisited()),
      // @ts-expect-error an event has a type
      new EventBus<EventsOf<Date>>(),
    ]);
  });

  it("documented hole: a union of types takes the payload of either", () => {
    const either = flag() ? "count" : "visited";
    assert.equal(bus.emit(either, { slug: "docs" }), false);
    // @ts-expect-error but no other
    neverRun(() => bus.emit(either, "docs"));
    // @ts-expect-error and not none
    neverRun(() => bus.emit(either));
  });

  it("works where the map is a parameter", () => {
    function count<E extends object, K extends keyof E>(
      any: EventBus<E>,
      type: K,
    ): (...args: EmitArgs<E[K]>) => boolean {
      any.on(type, (payload) => hasType<E[K]>()(payload));
      return (...args) => any.emit(type, ...args);
    }
    const counted = count(new EventBus<{ a: number }>(), "a");
    hasType<(payload: number) => boolean>()(counted);
    assert.equal(counted(1), true);
  });
});
