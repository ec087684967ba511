/**
 * `Result` against the result types of other libraries and against plain
 * objects written by hand. How to run it: see `harness.ts`.
 *
 * Each library is used the way that is fastest among those its own
 * documentation shows. One that lacks a feature is left out of that group.
 *
 * All are imported as namespaces, where they have no object of that kind: for
 * what is imported by its own name V8 removes fewer allocations, and a library
 * would look up to three times slower than its neighbour for the import alone.
 *
 * @module
 */

import { Result as Byethrow } from "npm:@praha/byethrow@0.12.0";
import { Result as BetterResult } from "npm:better-result@3.0.1";
import * as effect from "npm:effect@4.1.0/Result";
import * as neverthrow from "npm:neverthrow@8.2.0";
import * as optionT from "npm:option-t@55.1.2/plain_result";
import * as optionTAndThen from "npm:option-t@55.1.2/plain_result/and_then";
import * as optionTMap from "npm:option-t@55.1.2/plain_result/map";
import * as optionTTryCatch from "npm:option-t@55.1.2/plain_result/try_catch";
import * as oxide from "npm:oxide.ts@1.1.0";
import * as trueMyth from "npm:true-myth@9.4.0/result";
import * as tsResults from "npm:ts-results-es@7.1.0";
import { Result as TypescriptResult } from "npm:typescript-result@3.5.2";
import * as groundwork from "../src/result.ts";
import { bench, type Group } from "./harness.ts";

/** A result as one writes it without a library. */
type Plain = groundwork.PlainResult<number, number>;

// Small integers in every group: none of the contenders boxes them, so what is
// left to compare is the result types.

/** One call in four fails. */
function isBad(i: number): boolean {
  return (i & 3) === 0;
}

// What is constructed outlives the call, and what is narrowed comes from the
// call before. Otherwise the engines remove the construction altogether, and
// all libraries are equal.
const constructAndNarrow: Group = {
  name: "construct + narrow",
  check: (answer, i) => answer === (isBad(i - 1) ? ~(i - 1) : i - 1),
  ours: (() => {
    let next: groundwork.Result<number, number> = groundwork.ok(-1);
    return (i) => {
      const last = next;
      next = isBad(i) ? groundwork.err(i) : groundwork.ok(i);
      return last.ok ? last.value : ~last.error;
    };
  })(),
  floor: (() => {
    let next: Plain = { ok: true, value: -1 };
    return (i) => {
      const last = next;
      next = isBad(i) ? { ok: false, error: i } : { ok: true, value: i };
      return last.ok ? last.value : ~last.error;
    };
  })(),
  peers: {
    "byethrow": (() => {
      let next: Byethrow.Result<number, number> = Byethrow.succeed(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? Byethrow.fail(i) : Byethrow.succeed(i);
        return Byethrow.isSuccess(last) ? last.value : ~last.error;
      };
    })(),
    "better-result": (() => {
      let next: BetterResult<number, number> = BetterResult.ok(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? BetterResult.err(i) : BetterResult.ok(i);
        return last.status === "ok" ? last.value : ~last.error;
      };
    })(),
    "effect": (() => {
      let next: effect.Result<number, number> = effect.succeed(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? effect.fail(i) : effect.succeed(i);
        return effect.isSuccess(last) ? last.success : ~last.failure;
      };
    })(),
    "neverthrow": (() => {
      let next: neverthrow.Result<number, number> = neverthrow.ok(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? neverthrow.err(i) : neverthrow.ok(i);
        return last.isOk() ? last.value : ~last.error;
      };
    })(),
    "option-t": (() => {
      let next: optionT.Result<number, number> = optionT.createOk(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? optionT.createErr(i) : optionT.createOk(i);
        return optionT.isOk(last) ? last.val : ~last.err;
      };
    })(),
    "oxide.ts": (() => {
      let next: oxide.Result<number, number> = oxide.Ok(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? oxide.Err(i) : oxide.Ok(i);
        return last.isOk() ? last.unwrap() : ~last.unwrapErr();
      };
    })(),
    "true-myth": (() => {
      let next: trueMyth.Result<number, number> = trueMyth.ok(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? trueMyth.err(i) : trueMyth.ok(i);
        return last.isOk ? last.value : ~last.error;
      };
    })(),
    "ts-results-es": (() => {
      let next: tsResults.Result<number, number> = tsResults.Ok(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? tsResults.Err(i) : tsResults.Ok(i);
        return last.isOk() ? last.value : ~last.error;
      };
    })(),
    "typescript-result": (() => {
      let next: TypescriptResult<number, number> = TypescriptResult.ok(-1);
      return (i) => {
        const last = next;
        next = isBad(i) ? TypescriptResult.error(i) : TypescriptResult.ok(i);
        return last.ok ? last.value : ~last.error;
      };
    })(),
  },
};

function mapPlain(result: Plain, fn: (value: number) => number): Plain {
  return result.ok ? { ok: true, value: fn(result.value) } : result;
}

const mapFive: Group = {
  name: "map ×5",
  check: (answer, i) => answer === ((Math.imul(i + 1, 3) - 7) ^ 5) + 2,
  ours: (i) => {
    const result = groundwork.ok(i)
      .map((n) => (n + 1) | 0)
      .map((n) => Math.imul(n, 3))
      .map((n) => (n - 7) | 0)
      .map((n) => n ^ 5)
      .map((n) => (n + 2) | 0);
    return result.ok ? result.value : 0;
  },
  floor: (i) => {
    let result: Plain = { ok: true, value: i };
    result = mapPlain(result, (n) => (n + 1) | 0);
    result = mapPlain(result, (n) => Math.imul(n, 3));
    result = mapPlain(result, (n) => (n - 7) | 0);
    result = mapPlain(result, (n) => n ^ 5);
    result = mapPlain(result, (n) => (n + 2) | 0);
    return result.ok ? result.value : 0;
  },
  peers: {
    "byethrow": (i) => {
      const result = Byethrow.pipe(
        Byethrow.succeed(i),
        Byethrow.map((n) => (n + 1) | 0),
        Byethrow.map((n) => Math.imul(n, 3)),
        Byethrow.map((n) => (n - 7) | 0),
        Byethrow.map((n) => n ^ 5),
        Byethrow.map((n) => (n + 2) | 0),
      );
      return Byethrow.isSuccess(result) ? result.value : 0;
    },
    "better-result": (i) => {
      const result = BetterResult.ok(i)
        .map((n) => (n + 1) | 0)
        .map((n) => Math.imul(n, 3))
        .map((n) => (n - 7) | 0)
        .map((n) => n ^ 5)
        .map((n) => (n + 2) | 0);
      return result.status === "ok" ? result.value : 0;
    },
    "effect": (i) => {
      let result = effect.map(effect.succeed(i), (n) => (n + 1) | 0);
      result = effect.map(result, (n) => Math.imul(n, 3));
      result = effect.map(result, (n) => (n - 7) | 0);
      result = effect.map(result, (n) => n ^ 5);
      result = effect.map(result, (n) => (n + 2) | 0);
      return effect.isSuccess(result) ? result.success : 0;
    },
    "neverthrow": (i) => {
      const result = neverthrow.ok(i)
        .map((n) => (n + 1) | 0)
        .map((n) => Math.imul(n, 3))
        .map((n) => (n - 7) | 0)
        .map((n) => n ^ 5)
        .map((n) => (n + 2) | 0);
      return result.isOk() ? result.value : 0;
    },
    "option-t": (i) => {
      let result = optionTMap.mapForResult(
        optionT.createOk(i),
        (n) => (n + 1) | 0,
      );
      result = optionTMap.mapForResult(result, (n) => Math.imul(n, 3));
      result = optionTMap.mapForResult(result, (n) => (n - 7) | 0);
      result = optionTMap.mapForResult(result, (n) => n ^ 5);
      result = optionTMap.mapForResult(result, (n) => (n + 2) | 0);
      return optionT.isOk(result) ? result.val : 0;
    },
    "oxide.ts": (i) => {
      const result = oxide.Ok(i)
        .map((n) => (n + 1) | 0)
        .map((n) => Math.imul(n, 3))
        .map((n) => (n - 7) | 0)
        .map((n) => n ^ 5)
        .map((n) => (n + 2) | 0);
      return result.isOk() ? result.unwrap() : 0;
    },
    "true-myth": (i) => {
      const result = trueMyth.ok(i)
        .map((n) => (n + 1) | 0)
        .map((n) => Math.imul(n, 3))
        .map((n) => (n - 7) | 0)
        .map((n) => n ^ 5)
        .map((n) => (n + 2) | 0);
      return result.isOk ? result.value : 0;
    },
    "ts-results-es": (i) => {
      const result = tsResults.Ok(i)
        .map((n) => (n + 1) | 0)
        .map((n) => Math.imul(n, 3))
        .map((n) => (n - 7) | 0)
        .map((n) => n ^ 5)
        .map((n) => (n + 2) | 0);
      return result.isOk() ? result.value : 0;
    },
    "typescript-result": (i) => {
      const result = TypescriptResult.ok(i)
        .map((n) => (n + 1) | 0)
        .map((n) => Math.imul(n, 3))
        .map((n) => (n - 7) | 0)
        .map((n) => n ^ 5)
        .map((n) => (n + 2) | 0);
      return result.ok ? result.value : 0;
    },
  },
};

// For each library an operation that succeeds, and one that fails, with what is
// given to them here.

function upOurs(n: number): groundwork.Result<number, number> {
  return n < 0 ? groundwork.err(n) : groundwork.ok(n + 1);
}

function stopOurs(n: number): groundwork.Result<number, number> {
  return n < 0 ? groundwork.ok(n) : groundwork.err(n);
}

function upPlain(n: number): Plain {
  return n < 0 ? { ok: false, error: n } : { ok: true, value: n + 1 };
}

function stopPlain(n: number): Plain {
  return n < 0 ? { ok: true, value: n } : { ok: false, error: n };
}

function upByethrow(n: number): Byethrow.Result<number, number> {
  return n < 0 ? Byethrow.fail(n) : Byethrow.succeed(n + 1);
}

function stopByethrow(n: number): Byethrow.Result<number, number> {
  return n < 0 ? Byethrow.succeed(n) : Byethrow.fail(n);
}

function upBetterResult(n: number): BetterResult<number, number> {
  return n < 0 ? BetterResult.err(n) : BetterResult.ok(n + 1);
}

function stopBetterResult(n: number): BetterResult<number, number> {
  return n < 0 ? BetterResult.ok(n) : BetterResult.err(n);
}

function upEffect(n: number): effect.Result<number, number> {
  return n < 0 ? effect.fail(n) : effect.succeed(n + 1);
}

function stopEffect(n: number): effect.Result<number, number> {
  return n < 0 ? effect.succeed(n) : effect.fail(n);
}

function upNeverthrow(n: number): neverthrow.Result<number, number> {
  return n < 0 ? neverthrow.err(n) : neverthrow.ok(n + 1);
}

function stopNeverthrow(n: number): neverthrow.Result<number, number> {
  return n < 0 ? neverthrow.ok(n) : neverthrow.err(n);
}

function upOptionT(n: number): optionT.Result<number, number> {
  return n < 0 ? optionT.createErr(n) : optionT.createOk(n + 1);
}

function stopOptionT(n: number): optionT.Result<number, number> {
  return n < 0 ? optionT.createOk(n) : optionT.createErr(n);
}

function upOxide(n: number): oxide.Result<number, number> {
  return n < 0 ? oxide.Err(n) : oxide.Ok(n + 1);
}

function stopOxide(n: number): oxide.Result<number, number> {
  return n < 0 ? oxide.Ok(n) : oxide.Err(n);
}

function upTrueMyth(n: number): trueMyth.Result<number, number> {
  return n < 0 ? trueMyth.err(n) : trueMyth.ok(n + 1);
}

function stopTrueMyth(n: number): trueMyth.Result<number, number> {
  return n < 0 ? trueMyth.ok(n) : trueMyth.err(n);
}

function upTsResults(n: number): tsResults.Result<number, number> {
  return n < 0 ? tsResults.Err(n) : tsResults.Ok(n + 1);
}

function stopTsResults(n: number): tsResults.Result<number, number> {
  return n < 0 ? tsResults.Ok(n) : tsResults.Err(n);
}

function upTypescriptResult(n: number): TypescriptResult<number, number> {
  return n < 0 ? TypescriptResult.error(n) : TypescriptResult.ok(n + 1);
}

function stopTypescriptResult(n: number): TypescriptResult<number, number> {
  return n < 0 ? TypescriptResult.ok(n) : TypescriptResult.error(n);
}

function andThenPlain(result: Plain, fn: (value: number) => Plain): Plain {
  return result.ok ? fn(result.value) : result;
}

const andThenFive: Group = {
  name: "andThen ×5, error at step 3",
  check: (answer, i) => answer === i + 2,
  ours: (i) => {
    const result = upOurs(i)
      .andThen(upOurs).andThen(stopOurs).andThen(upOurs).andThen(upOurs);
    return result.ok ? -1 : result.error;
  },
  floor: (i) => {
    let result = upPlain(i);
    result = andThenPlain(result, upPlain);
    result = andThenPlain(result, stopPlain);
    result = andThenPlain(result, upPlain);
    result = andThenPlain(result, upPlain);
    return result.ok ? -1 : result.error;
  },
  peers: {
    "byethrow": (i) => {
      const result = Byethrow.pipe(
        upByethrow(i),
        Byethrow.andThen(upByethrow),
        Byethrow.andThen(stopByethrow),
        Byethrow.andThen(upByethrow),
        Byethrow.andThen(upByethrow),
      );
      return Byethrow.isSuccess(result) ? -1 : result.error;
    },
    "better-result": (i) => {
      const result = upBetterResult(i)
        .andThen(upBetterResult).andThen(stopBetterResult)
        .andThen(upBetterResult).andThen(upBetterResult);
      return result.status === "ok" ? -1 : result.error;
    },
    "effect": (i) => {
      let result = upEffect(i);
      result = effect.flatMap(result, upEffect);
      result = effect.flatMap(result, stopEffect);
      result = effect.flatMap(result, upEffect);
      result = effect.flatMap(result, upEffect);
      return effect.isSuccess(result) ? -1 : result.failure;
    },
    "neverthrow": (i) => {
      const result = upNeverthrow(i)
        .andThen(upNeverthrow).andThen(stopNeverthrow)
        .andThen(upNeverthrow).andThen(upNeverthrow);
      return result.isOk() ? -1 : result.error;
    },
    "option-t": (i) => {
      let result = upOptionT(i);
      result = optionTAndThen.andThenForResult(result, upOptionT);
      result = optionTAndThen.andThenForResult(result, stopOptionT);
      result = optionTAndThen.andThenForResult(result, upOptionT);
      result = optionTAndThen.andThenForResult(result, upOptionT);
      return optionT.isOk(result) ? -1 : result.err;
    },
    "oxide.ts": (i) => {
      const result = upOxide(i)
        .andThen(upOxide).andThen(stopOxide).andThen(upOxide).andThen(upOxide);
      return result.isOk() ? -1 : result.unwrapErr();
    },
    "true-myth": (i) => {
      const result = upTrueMyth(i)
        .andThen(upTrueMyth).andThen(stopTrueMyth)
        .andThen(upTrueMyth).andThen(upTrueMyth);
      return result.isOk ? -1 : result.error;
    },
    "ts-results-es": (i) => {
      const result = upTsResults(i)
        .andThen(upTsResults).andThen(stopTsResults)
        .andThen(upTsResults).andThen(upTsResults);
      return result.isOk() ? -1 : result.error;
    },
    // Its `map` takes functions that return results.
    "typescript-result": (i) => {
      const result = upTypescriptResult(i)
        .map(upTypescriptResult).map(stopTypescriptResult)
        .map(upTypescriptResult).map(upTypescriptResult);
      return result.ok ? -1 : result.error;
    },
  },
};

// Made beforehand: the stack trace of a new error would cost more than all else.
const failures = Array.from({ length: 8 }, (_, i) => new Error(`failure ${i}`));

function fail(i: number): number {
  throw failures[i & 7];
}

function messageOf(thrown: unknown): string {
  return (thrown as Error).message;
}

const failNeverthrow = neverthrow.fromThrowable(fail, messageOf);
const failByethrow = Byethrow.fn({ try: fail, catch: messageOf });
const failTrueMyth = trueMyth.safe(fail, messageOf);
const failTypescriptResult = TypescriptResult.wrap(fail, messageOf);

const catchThrow: Group = {
  name: "catch a throw",
  check: (answer, i) => answer === `failure ${i & 7}`,
  ours: (i) => {
    const result = groundwork.catchToResult(fail, messageOf, i);
    return result.ok ? "" : result.error;
  },
  floor: (i) => {
    let result: groundwork.PlainResult<number, string>;
    try {
      result = { ok: true, value: fail(i) };
    } catch (thrown) {
      result = { ok: false, error: messageOf(thrown) };
    }
    return result.ok ? "" : result.error;
  },
  peers: {
    "byethrow": (i) => {
      const result = failByethrow(i);
      return Byethrow.isSuccess(result) ? "" : result.error;
    },
    "better-result": (i) => {
      const result = BetterResult.try({ try: () => fail(i), catch: messageOf });
      return result.status === "ok" ? "" : result.error;
    },
    "effect": (i) => {
      const result = effect.try({ try: () => fail(i), catch: messageOf });
      return effect.isSuccess(result) ? "" : result.failure;
    },
    "neverthrow": (i) => {
      const result = failNeverthrow(i);
      return result.isOk() ? "" : result.error;
    },
    // These three have no function for the error: it is read afterwards.
    "option-t": (i) => {
      const result = optionTTryCatch.tryCatchIntoResult(() => fail(i));
      return optionT.isOk(result) ? "" : messageOf(result.err);
    },
    "oxide.ts": (i) => {
      const result = oxide.Result.safe(fail, i);
      return result.isOk() ? "" : messageOf(result.unwrapErr());
    },
    "ts-results-es": (i) => {
      const result = tsResults.Result.wrap(() => fail(i));
      return result.isOk() ? "" : messageOf(result.error);
    },
    "true-myth": (i) => {
      const result = failTrueMyth(i);
      return result.isOk ? "" : result.error;
    },
    "typescript-result": (i) => {
      const result = failTypescriptResult(i);
      return result.ok ? "" : result.error;
    },
  },
};

function fiveUpPlain(i: number): Plain {
  const a = upPlain(i);
  if (!a.ok) return a;
  const b = upPlain(a.value);
  if (!b.ok) return b;
  const c = upPlain(b.value);
  if (!c.ok) return c;
  const d = upPlain(c.value);
  if (!d.ok) return d;
  return upPlain(d.value);
}

function valueOfFiveUpPlain(i: number): number {
  const result = fiveUpPlain(i);
  return result.ok ? result.value : -1;
}

// No generators over results in byethrow, option-t, oxide.ts, true-myth and
// ts-results-es.
const generatorLiteral: Group = {
  name: "generator literal, 5 steps",
  check: (answer, i) => answer === i + 5,
  ours: (i) => {
    const result = groundwork.gen(function* () {
      const a = yield* upOurs(i);
      const b = yield* upOurs(a);
      const c = yield* upOurs(b);
      const d = yield* upOurs(c);
      return yield* upOurs(d);
    });
    return result.ok ? result.value : -1;
  },
  floor: valueOfFiveUpPlain,
  peers: {
    "better-result": (i) => {
      const result = BetterResult.gen(function* () {
        const a = yield* upBetterResult(i);
        const b = yield* upBetterResult(a);
        const c = yield* upBetterResult(b);
        const d = yield* upBetterResult(c);
        return upBetterResult(d);
      });
      return result.status === "ok" ? result.value : -1;
    },
    "effect": (i) => {
      const result = effect.gen(function* () {
        const a = yield* upEffect(i);
        const b = yield* upEffect(a);
        const c = yield* upEffect(b);
        const d = yield* upEffect(c);
        return yield* upEffect(d);
      });
      return effect.isSuccess(result) ? result.success : -1;
    },
    "neverthrow": (i) => {
      const result = neverthrow.safeTry(function* () {
        const a = yield* upNeverthrow(i);
        const b = yield* upNeverthrow(a);
        const c = yield* upNeverthrow(b);
        const d = yield* upNeverthrow(c);
        return upNeverthrow(d);
      });
      return result.isOk() ? result.value : -1;
    },
    "typescript-result": (i) => {
      const result = TypescriptResult.gen(function* () {
        const a = yield* upTypescriptResult(i);
        const b = yield* upTypescriptResult(a);
        const c = yield* upTypescriptResult(b);
        const d = yield* upTypescriptResult(c);
        return upTypescriptResult(d);
      });
      return result.ok ? result.value : -1;
    },
  },
};

const fiveUpOurs = groundwork.genFn(function* (i: number) {
  const a = yield* upOurs(i);
  const b = yield* upOurs(a);
  const c = yield* upOurs(b);
  const d = yield* upOurs(c);
  return yield* upOurs(d);
});

function* fiveUpBetterResult(i: number) {
  const a = yield* upBetterResult(i);
  const b = yield* upBetterResult(a);
  const c = yield* upBetterResult(b);
  const d = yield* upBetterResult(c);
  return upBetterResult(d);
}

function* fiveUpEffect(i: number) {
  const a = yield* upEffect(i);
  const b = yield* upEffect(a);
  const c = yield* upEffect(b);
  const d = yield* upEffect(c);
  return yield* upEffect(d);
}

function* fiveUpNeverthrow(i: number) {
  const a = yield* upNeverthrow(i);
  const b = yield* upNeverthrow(a);
  const c = yield* upNeverthrow(b);
  const d = yield* upNeverthrow(c);
  return upNeverthrow(d);
}

function* fiveUpTypescriptResult(i: number) {
  const a = yield* upTypescriptResult(i);
  const b = yield* upTypescriptResult(a);
  const c = yield* upTypescriptResult(b);
  const d = yield* upTypescriptResult(c);
  return upTypescriptResult(d);
}

// The peers take a function that returns a generator, so that theirs too can be
// defined once and be given its input by a small closure.
const generatorDefinedOnce: Group = {
  name: "generator defined once, 5 steps",
  check: (answer, i) => answer === i + 5,
  ours: (i) => {
    const result = fiveUpOurs(i);
    return result.ok ? result.value : -1;
  },
  floor: valueOfFiveUpPlain,
  peers: {
    "better-result": (i) => {
      const result = BetterResult.gen(() => fiveUpBetterResult(i));
      return result.status === "ok" ? result.value : -1;
    },
    "effect": (i) => {
      const result = effect.gen(() => fiveUpEffect(i));
      return effect.isSuccess(result) ? result.success : -1;
    },
    "neverthrow": (i) => {
      const result = neverthrow.safeTry(() => fiveUpNeverthrow(i));
      return result.isOk() ? result.value : -1;
    },
    "typescript-result": (i) => {
      const result = TypescriptResult.gen(fiveUpTypescriptResult(i));
      return result.ok ? result.value : -1;
    },
  },
};

/** Eight lists of a hundred successes, made beforehand. */
function hundreds<R>(ok: (value: number) => R): readonly R[][] {
  return Array.from(
    { length: 8 },
    (_, list) => Array.from({ length: 100 }, (_, i) => ok(list * 100 + i)),
  );
}

/** Picks one of {@linkcode hundreds}. */
function pick<T>(lists: readonly T[], i: number): T {
  return lists[i & 7] as T;
}

function ends(values: readonly number[]): number {
  return values.length + (values[0] ?? NaN) + (values.at(-1) ?? NaN);
}

function allPlain(
  results: readonly Plain[],
): groundwork.PlainResult<readonly number[], number> {
  const values = new Array<number>(results.length);
  for (let i = 0; i < results.length; i++) {
    const result = results[i] as Plain;
    if (!result.ok) return result;
    values[i] = result.value;
  }
  return { ok: true, value: values };
}

const oursHundreds = hundreds<groundwork.Result<number, number>>(groundwork.ok);
const plainHundreds = hundreds<Plain>((value) => ({ ok: true, value }));
const byethrowHundreds = hundreds<Byethrow.Result<number, number>>(
  Byethrow.succeed,
);
const betterResultHundreds = hundreds<BetterResult<number, number>>(
  BetterResult.ok,
);
const effectHundreds = hundreds<effect.Result<number, number>>(effect.succeed);
const neverthrowHundreds = hundreds<neverthrow.Result<number, number>>(
  neverthrow.ok,
);
const oxideHundreds = hundreds<oxide.Result<number, number>>(oxide.Ok);
const trueMythHundreds = hundreds<trueMyth.Result<number, number>>(trueMyth.ok);
const tsResultsHundreds = hundreds<tsResults.Result<number, number>>(
  tsResults.Ok,
);
const typescriptResultHundreds = hundreds<TypescriptResult<number, number>>(
  TypescriptResult.ok,
);

// option-t combines no lists.
const combineHundred: Group = {
  name: "combine 100",
  check: (answer, i) => answer === 100 + 2 * (i & 7) * 100 + 99,
  ours: (i) => {
    const result = groundwork.all(pick(oursHundreds, i));
    return result.ok ? ends(result.value) : -1;
  },
  floor: (i) => {
    const result = allPlain(pick(plainHundreds, i));
    return result.ok ? ends(result.value) : -1;
  },
  peers: {
    "byethrow": (i) => {
      const result = Byethrow.sequence(pick(byethrowHundreds, i));
      return Byethrow.isSuccess(result) ? ends(result.value) : -1;
    },
    "better-result": (i) => {
      const result = BetterResult.all(pick(betterResultHundreds, i));
      return result.status === "ok" ? ends(result.value) : -1;
    },
    "effect": (i) => {
      const result = effect.all(pick(effectHundreds, i));
      return effect.isSuccess(result) ? ends(result.success) : -1;
    },
    "neverthrow": (i) => {
      const result = neverthrow.Result.combine(pick(neverthrowHundreds, i));
      return result.isOk() ? ends(result.value) : -1;
    },
    "oxide.ts": (i) => {
      const result = oxide.Result.all(...pick(oxideHundreds, i));
      return result.isOk() ? ends(result.unwrap()) : -1;
    },
    "true-myth": (i) => {
      const result = trueMyth.all(pick(trueMythHundreds, i));
      return result.isOk ? ends(result.value) : -1;
    },
    "ts-results-es": (i) => {
      const result = tsResults.Result.all(pick(tsResultsHundreds, i));
      return result.isOk() ? ends(result.value) : -1;
    },
    "typescript-result": (i) => {
      const result = TypescriptResult.all(...pick(typescriptResultHundreds, i));
      return result.ok ? ends(result.value) : -1;
    },
  },
};

await bench(import.meta, "result", [
  constructAndNarrow,
  mapFive,
  andThenFive,
  catchThrow,
  generatorLiteral,
  generatorDefinedOnce,
  combineHundred,
]);
