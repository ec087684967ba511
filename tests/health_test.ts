import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PoolError, type TaskError, ValidationError } from "../src/errors.ts";
import {
  CompositeHealthCheck,
  type HealthCheck,
  type HealthCheckResult,
  type HealthHandlerOptions,
  type HealthPartOptions,
  type HealthPartReport,
  type HealthReport,
  isHealthCheck,
} from "../src/health.ts";
import { isClock } from "../src/protocols.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { HealthStatus } from "../src/status.ts";
import { ManualClock } from "../src/testing.ts";
import {
  assertDeeplyFrozen,
  CountingSignal,
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  watch,
} from "./foundation_support.ts";

const STATUSES: readonly HealthStatus[] = Object.values(HealthStatus);

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

/** A composite on a clock of its own. */
function make(): { clock: ManualClock; health: CompositeHealthCheck } {
  const clock = new ManualClock({ now: 1_700_000_000_000 });
  return { clock, health: new CompositeHealthCheck("shop", { clock }) };
}

/** A check without types: tests return what they should not. */
function checkOf(
  name: string,
  check: (dependency: undefined, signal: AbortSignal) => unknown,
): HealthCheck {
  return { name, check: check as HealthCheck["check"] };
}

/** The report on the one part of a composite. */
async function onlyPart(
  health: CompositeHealthCheck,
): Promise<HealthPartReport> {
  const { parts } = await health.check();
  strictEqual(parts.length, 1);
  return parts[0]!;
}

/** The report on a part that does this. */
function outcomeOf(
  check: () => unknown,
  options?: HealthPartOptions,
): Promise<HealthPartReport> {
  return onlyPart(make().health.addCheck(checkOf("part", check), options));
}

function model(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.includes("unhealthy")) return "unhealthy";
  return statuses.includes("degraded") ? "degraded" : "healthy";
}

/** Fails where a report, or one within it, is not as its parts are. */
function assertAggregated({ status, parts }: HealthReport): void {
  strictEqual(status, model(parts.map((part) => part.status)));
  for (const part of parts) {
    if (part.parts === undefined) continue;
    const inner = model(part.parts.map((it) => it.status));
    const isCapped = !part.critical && inner === "unhealthy";
    strictEqual(part.status, isCapped ? "degraded" : inner);
    assertAggregated({ ...part, status: inner, parts: part.parts });
  }
}

/** A signal that tells how many listeners it has, as a caller hands it in. */
class CallerSignal extends CountingSignal {
  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
}

/** Calls of a check that settle when they are told to. */
class Gate implements HealthCheck {
  readonly name = "gate";
  readonly calls: {
    readonly signal: AbortSignal;
    readonly settle: (outcome: HealthStatus | Error) => void;
  }[] = [];
  /** How many calls have not settled. */
  running = 0;

  async check(_: undefined, signal: AbortSignal): Promise<HealthStatus> {
    strictEqual(this.running++, 0, "two calls overlap");
    const { promise, resolve } = Promise.withResolvers<HealthStatus | Error>();
    this.calls.push({ signal, settle: resolve });
    const outcome = await promise;
    this.running--;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }
}

describe("isHealthCheck()", () => {
  it("tells a check by its name and its method", () => {
    class Inherited extends Gate {}
    for (const good of [new Gate(), new Inherited(), make().health]) {
      strictEqual(isHealthCheck(good), true);
    }
    const check = (): void => {};
    for (
      const bad of [
        { name: "a" },
        { check },
        { name: 5, check },
        { name: "a", check: "healthy" },
        check,
        "healthy",
        null,
        undefined,
      ]
    ) strictEqual(isHealthCheck(bad), false);
  });
});

describe("what a check returns", () => {
  it("is healthy where it is nothing", async () => {
    for (
      const check of [
        (): void => {},
        (): Promise<void> => Promise.resolve(),
        (): unknown => okOf(undefined),
      ]
    ) {
      const part = await outcomeOf(check);
      deepStrictEqual([part.status, part.error], ["healthy", undefined]);
    }
  });

  for (const status of STATUSES) {
    it(`is ${status} where it says so, in each shape`, async () => {
      for (
        const outcome of [
          status,
          { status },
          okOf(status),
          okOf({ status }),
          Promise.resolve(status),
          Promise.resolve(okOf({ status })),
        ]
      ) {
        const part = await outcomeOf(() => outcome);
        deepStrictEqual([part.status, part.error], [status, undefined]);
        strictEqual("message" in part || "data" in part, false);
      }
    });
  }

  it("is unhealthy with VALIDATION_NOT_A_MEMBER where it is anything else", async () => {
    for (
      const outcome of [
        null,
        true,
        false,
        0,
        "",
        "HEALTHY",
        "toString",
        "pass",
        [],
        {},
        { status: "up" },
        { status: null },
        { message: "no status" },
        okOf(okOf("healthy")),
        okOf(null),
      ]
    ) {
      const { status, error } = await outcomeOf(() => outcome);
      deepStrictEqual([status, error], ["unhealthy", {
        name: "ValidationError",
        message: "status must be one of healthy, degraded, unhealthy",
        code: "VALIDATION_NOT_A_MEMBER",
      }]);
    }
  });

  it("is unhealthy where it throws, rejects or is an Err, with the error as plain data", async () => {
    const error = new PoolError("POOL_CLOSED");
    const plain = {
      name: "PoolError",
      message: "The pool is closed",
      code: "POOL_CLOSED",
    };
    for (
      const check of [
        (): never => {
          throw error;
        },
        (): Promise<never> => Promise.reject(error),
        (): unknown => err(error),
        (): unknown => Promise.resolve(err(error)),
      ]
    ) {
      const part = await outcomeOf(check);
      deepStrictEqual([part.status, part.error], ["unhealthy", plain]);
    }
    const { error: told } = await outcomeOf(() => err("hunter2"));
    deepStrictEqual(told, { name: "string" });
  });

  it("is unhealthy where its error or its data cannot be told", async () => {
    const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
    revoke();
    const hostile = Object.defineProperty(new Error(), "message", {
      get(): never {
        throw hostile;
      },
    });
    const odd = Object.assign(new Error(), { message: 5n });
    for (
      const [error, name] of [
        [proxy, "object"],
        [hostile, "object"],
        [odd, "Error"],
      ] as const
    ) {
      const part = await outcomeOf(() => Promise.reject(error));
      strictEqual(part.status, "unhealthy");
      deepStrictEqual(part.error, { name });
    }
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    for (const data of [{ big: 5n }, loop]) {
      const part = await outcomeOf(() => ({ status: "healthy", data }));
      strictEqual(part.status, "unhealthy");
      strictEqual(part.error?.name, "TypeError");
    }
  });

  it("is copied: message and data do not change with what the check holds", async () => {
    const result = {
      status: "degraded",
      message: "slow",
      data: { sizes: [1, 2], since: new Date(0) },
      secret: "not a field",
    };
    const { health } = make();
    health.addCheck(checkOf("part", () => result), { ttlMs: 5 });
    const part = await onlyPart(health);
    result.data.sizes.push(3);
    deepStrictEqual(await onlyPart(health), part);
    deepStrictEqual(part, {
      name: "part",
      critical: true,
      tags: [],
      status: "degraded",
      message: "slow",
      data: { sizes: [1, 2], since: "1970-01-01T00:00:00.000Z" },
      durationMs: 0,
      checkedAt: 1_700_000_000_000,
    });
    assertDeeplyFrozen(part.data);
    assertDeeplyFrozen(part.tags);
  });

  it("comes with its dependency and a signal, and with its own this", async () => {
    const { health } = make();
    const dependency = { url: "db" };
    const seen: unknown[] = [];
    const check = {
      name: "part",
      calls: 0,
      check(it: { readonly url: string }, signal: AbortSignal): void {
        this.calls++;
        seen.push(it, signal.aborted);
      },
    };
    await health.addCheck(check, { dependency }).check();
    deepStrictEqual([check.calls, ...seen], [1, dependency, false]);
    strictEqual(seen[0], dependency);
  });
});

describe("the aggregate", () => {
  /** A check of each status, made once: a check is no state. */
  const CHECKS = STATUSES.map((status) => checkOf(status, () => status));

  function composite(name: string, statuses: readonly HealthStatus[]) {
    const whole = new CompositeHealthCheck(name);
    for (const [i, status] of statuses.entries()) {
      const { check } = CHECKS[STATUSES.indexOf(status)]!;
      whole.addCheck({ name: `${i}`, check });
    }
    return whole;
  }

  it("P15: is unhealthy iff a part is, else degraded iff a part is, else healthy, in any order (all 1,093 sequences of up to 6 parts)", async () => {
    const sequences: HealthStatus[][] = [[]];
    for (const sequence of sequences) {
      if (sequence.length === 6) break;
      for (const status of STATUSES) sequences.push([...sequence, status]);
    }
    strictEqual(sequences.length, 1_093);
    for (const statuses of sequences) {
      const report = await composite("whole", statuses).check();
      strictEqual(report.status, model(statuses), statuses.join());
      deepStrictEqual(report.parts.map(({ status }) => status), statuses);
    }
  });

  /** Every way to put numbers below n into groups. */
  function* partitions(n: number): Generator<number[][]> {
    if (n === 0) return yield [];
    for (const groups of partitions(n - 1)) {
      for (const i of groups.keys()) {
        yield groups.map((group, j) => i === j ? [...group, n - 1] : group);
      }
      yield [...groups, [n - 1]];
    }
  }

  it("P15: is the same however the parts are split into nested composites (every split of every multiset of up to 6 parts)", async () => {
    let splits = 0;
    async function run(statuses: readonly HealthStatus[]): Promise<void> {
      for (const groups of partitions(statuses.length)) {
        splits++;
        const whole = new CompositeHealthCheck("whole");
        for (const [i, group] of groups.entries()) {
          whole.addCheck(composite(`${i}`, group.map((at) => statuses[at]!)));
        }
        const report = await whole.check();
        strictEqual(report.status, model(statuses), JSON.stringify(groups));
        assertAggregated(report);
      }
      if (statuses.length === 6) return;
      const least = STATUSES.indexOf(statuses.at(-1) ?? "healthy");
      for (const status of STATUSES.slice(least)) {
        await run([...statuses, status]);
      }
    }
    await run([]);
    strictEqual(splits, 28 * 203 + 21 * 52 + 15 * 15 + 10 * 5 + 6 * 2 + 3 + 1);
  });

  type Tree =
    | { readonly kind: HealthStatus | "throws" | "unknown"; critical: boolean }
    | { readonly inner: readonly Tree[]; critical: boolean };

  const trees = fc.letrec<{ tree: Tree; leaf: Tree }>((tie) => ({
    leaf: fc.record({
      kind: fc.constantFrom(...STATUSES, "throws" as const, "unknown" as const),
      critical: fc.boolean(),
    }),
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.record({
        inner: fc.array(tie("tree"), { maxLength: 4 }),
        critical: fc.boolean(),
      }),
    ),
  }));
  const forests = fc.array(trees.tree, { maxLength: 5 });

  function plant(forest: readonly Tree[], name = "whole") {
    const whole = new CompositeHealthCheck(name);
    for (const [i, tree] of forest.entries()) {
      const { critical } = tree;
      if ("inner" in tree) {
        whole.addCheck(plant(tree.inner, `${i}`), { critical });
      } else {
        const check = checkOf(`${i}`, () => {
          if (tree.kind === "throws") throw new Error();
          return tree.kind;
        });
        whole.addCheck(check, { critical });
      }
    }
    return whole;
  }

  function expected(tree: Tree): HealthStatus {
    const status = "inner" in tree
      ? model(tree.inner.map(expected))
      : tree.kind === "throws" || tree.kind === "unknown"
      ? "unhealthy"
      : tree.kind;
    return !tree.critical && status === "unhealthy" ? "degraded" : status;
  }

  /** All parts that are no composites, with none between them and the whole. */
  function flattened(forest: readonly Tree[]): Tree[] {
    return forest.flatMap((tree) =>
      "inner" in tree ? flattened(tree.inner) : [tree]
    );
  }

  function allCritical(forest: readonly Tree[]): Tree[] {
    return forest.map((tree) => ({
      ...tree,
      critical: true,
      ...("inner" in tree && { inner: allCritical(tree.inner) }),
    }));
  }

  it("P15: holds over the reported parts of any tree, a throw and an unknown status being unhealthy and a part that is not critical degraded at worst (property)", async () => {
    await fc.assert(
      fc.asyncProperty(forests, async (forest) => {
        const report = await plant(forest).check();
        assertAggregated(report);
        strictEqual(report.status, model(forest.map(expected)));
      }),
      { numRuns: RUNS },
    );
  });

  it("P15: is the same for any nesting and order of the same parts (property)", async () => {
    await fc.assert(
      fc.asyncProperty(forests, async (drawn) => {
        const forest = allCritical(drawn);
        const { status } = await plant(forest).check();
        const flat = flattened(forest);
        strictEqual((await plant(flat).check()).status, status);
        strictEqual((await plant(flat.reverse()).check()).status, status);
      }),
      { numRuns: RUNS },
    );
  });

  it("P15: never improves by a part that is added (property)", async () => {
    await fc.assert(
      fc.asyncProperty(forests, trees.tree, async (forest, tree) => {
        const before = await plant(forest).check();
        const after = await plant([...forest, tree]).check();
        ok(STATUSES.indexOf(after.status) >= STATUSES.indexOf(before.status));
      }),
      { numRuns: RUNS },
    );
  });

  it("names the parts in the order they were added, with time and durations", async () => {
    const { clock, health } = make();
    const inner = new CompositeHealthCheck("inner", { clock });
    inner.addCheck(checkOf("slow", () => clock.sleep(30)));
    health.addCheck(checkOf("fast", () => clock.sleep(20))).addCheck(inner)
      .addCheck(checkOf("sync", () => {}));
    const report = watch(health.check());
    await clock.advanceAsync(50);
    const { name, status, durationMs, checkedAt, parts } = report.value!;
    deepStrictEqual([name, status, durationMs], ["shop", "healthy", 30]);
    strictEqual(checkedAt, 1_700_000_000_030);
    deepStrictEqual(
      [...parts, ...parts[1]!.parts!].map((part) => [
        part.name,
        part.durationMs,
        part.checkedAt - 1_700_000_000_000,
      ]),
      [["fast", 20, 20], ["inner", 30, 30], ["sync", 0, 0], ["slow", 30, 30]],
    );
    strictEqual("parts" in parts[0]!, false);
    strictEqual(clock.pending, 0);
  });
});

describe("timeoutMs", () => {
  it("ends a check that ignores its signal, and is 5 s where it is not given", async () => {
    for (const timeoutMs of [undefined, 200]) {
      const { clock, health } = make();
      const gate = new Gate();
      health.addCheck(gate, timeoutMs === undefined ? {} : { timeoutMs });
      const report = watch(health.check());
      const limit = timeoutMs ?? 5_000;
      await clock.advanceAsync(limit - 1);
      strictEqual(report.isSettled, false);
      await clock.advanceAsync(1);
      const [part] = report.value!.parts;
      strictEqual(part?.status, "unhealthy");
      strictEqual(part.durationMs, limit);
      deepStrictEqual(part.error, {
        name: "TaskError",
        message: `The task did not finish within ${limit} ms`,
        code: "TASK_TIMEOUT",
      });
      const [{ signal }] = gate.calls as [Gate["calls"][0]];
      strictEqual((signal.reason as TaskError).code, "TASK_TIMEOUT");
      strictEqual(clock.pending, 0);
    }
  });

  it("is reported at once, without another call, until the check has settled", async () => {
    for (const late of ["healthy", "rejects"] as const) {
      const { clock, health } = make();
      const gate = new Gate();
      health.addCheck(gate, { timeoutMs: 100 });
      const first = watch(health.check());
      await clock.advanceAsync(100);
      clock.advance(1_000);
      const again = watch(health.check());
      await flush();
      deepStrictEqual(again.value?.parts, first.value?.parts);
      strictEqual(gate.calls.length, 1);

      gate.calls[0]!.settle(
        late === "healthy" ? late : new Error("late"),
      );
      await flush();
      const next = watch(health.check());
      await flush();
      deepStrictEqual([gate.calls.length, next.isSettled], [2, false]);
      gate.calls[1]!.settle("degraded");
      await flush();
      strictEqual(next.value?.status, "degraded");
      strictEqual(clock.pending, 0);
    }
  });

  it("lets a check be that stops in time", async () => {
    const { clock, health } = make();
    health.addCheck(
      checkOf("part", (_, signal) => clock.sleep(50, { signal })),
      {
        timeoutMs: 51,
      },
    );
    const report = watch(health.check());
    await clock.advanceAsync(50);
    strictEqual(report.value?.status, "healthy");
    strictEqual(clock.pending, 0);
  });

  it("sets no timer where it is Infinity", async () => {
    const { clock, health } = make();
    const gate = new Gate();
    const report = watch(
      health.addCheck(gate, { timeoutMs: Infinity }).check(),
    );
    await flush();
    strictEqual(clock.pending, 0);
    gate.calls[0]!.settle("healthy");
    await flush();
    strictEqual(report.value?.status, "healthy");
  });

  it("P15: a report ends within the longest limit, and a part that took longer is unhealthy (property)", async () => {
    const parts = fc.array(
      fc.record({
        takesMs: fc.integer({ min: 1, max: 50 }),
        timeoutMs: fc.integer({ min: 1, max: 50 }),
        isDeaf: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(parts, async (drawn) => {
        const { clock, health } = make();
        for (const [i, { takesMs, timeoutMs, isDeaf }] of drawn.entries()) {
          const check = checkOf(
            `${i}`,
            (_, signal) => clock.sleep(takesMs, isDeaf ? {} : { signal }),
          );
          health.addCheck(check, { timeoutMs });
        }
        const report = watch(health.check());
        for (let i = 0; i < 50; i++) {
          await flush();
          clock.advance(1);
        }
        await flush();
        const { durationMs, parts } = report.value!;
        ok(durationMs <= Math.max(...drawn.map((it) => it.timeoutMs)));
        for (const [i, { takesMs, timeoutMs }] of drawn.entries()) {
          // At the same ms, the limit was set first.
          const isLate = takesMs >= timeoutMs;
          strictEqual(parts[i]?.status, isLate ? "unhealthy" : "healthy");
          strictEqual(parts[i].durationMs, Math.min(takesMs, timeoutMs));
        }
        strictEqual(clock.pending, 0);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("concurrent reports", () => {
  it("share one call, also from several composites", async () => {
    const { clock, health } = make();
    const gate = new Gate();
    const inner = new CompositeHealthCheck("inner", { clock }).addCheck(gate);
    health.addCheck(inner);
    const other = new CompositeHealthCheck("other", { clock }).addCheck(inner);
    const reports = [health, health, other, inner].map((it) =>
      watch(it.check())
    );
    await flush();
    strictEqual(gate.calls.length, 1);
    gate.calls[0]!.settle("degraded");
    await flush();
    for (const { value } of reports) strictEqual(value?.status, "degraded");
    deepStrictEqual([gate.calls.length, clock.pending], [1, 0]);
  });

  it("leave the call alone while one waits, and stop it when all have left", async () => {
    const { clock, health } = make();
    const gate = new Gate();
    health.addCheck(gate);
    const signals = [new CallerSignal(), new CallerSignal()];
    const reports = signals.map((it) =>
      health.check({ signal: it.asSignal() })
    );
    const failures = reports.map((it) => watch(it.catch((reason) => reason)));
    await flush();
    const [call] = gate.calls;
    signals[0]!.abort("enough");
    await flush();
    strictEqual(failures[0]!.value as unknown, "enough");
    strictEqual(failures[1]!.isSettled, false);
    strictEqual(call!.signal.aborted, false);
    signals[1]!.abort("also");
    await flush();
    strictEqual(failures[1]!.value as unknown, "also");
    deepStrictEqual([call!.signal.aborted, call!.signal.reason], [
      true,
      "also",
    ]);
    deepStrictEqual(signals.map((it) => it.listenerCount), [0, 0]);
    strictEqual(clock.pending, 0);
    call!.settle("healthy");
  });

  it("do not take a call that was left for an outcome: the next one waits until it has settled", async () => {
    const { clock, health } = make();
    const gate = new Gate();
    health.addCheck(gate, { timeoutMs: 100 });
    const signal = new CallerSignal();
    const left = health.check({ signal: signal.asSignal() }).catch(() => {});
    await flush();
    signal.abort("gone");
    await left;
    const next = watch(health.check());
    await flush();
    deepStrictEqual([gate.calls.length, next.isSettled], [1, false]);
    gate.calls[0]!.settle(new Error("aborted"));
    await flush();
    strictEqual(gate.calls.length, 2);
    gate.calls[1]!.settle("healthy");
    await flush();
    strictEqual(next.value?.status, "healthy");
    strictEqual(clock.pending, 0);
  });

  it("time out where a call that was left does not settle, and recover when it has", async () => {
    const { clock, health } = make();
    const gate = new Gate();
    health.addCheck(gate, { timeoutMs: 100 });
    const signal = new CallerSignal();
    health.check({ signal: signal.asSignal() }).catch(() => {});
    await flush();
    signal.abort("gone");
    const second = watch(health.check());
    await clock.advanceAsync(100);
    strictEqual(second.value?.parts[0]?.error?.code, "TASK_TIMEOUT");
    const third = watch(health.check());
    await flush();
    strictEqual(third.value?.status, "unhealthy");
    gate.calls[0]!.settle("healthy");
    await flush();
    strictEqual(gate.calls.length, 1, "called for those who were told already");
    const fourth = watch(health.check());
    await flush();
    gate.calls[1]!.settle("healthy");
    await flush();
    strictEqual(fourth.value?.status, "healthy");
    strictEqual(clock.pending, 0);
  });

  it("call nothing where the signal has aborted before", async () => {
    const { health } = make();
    const gate = new Gate();
    health.addCheck(new CompositeHealthCheck("inner").addCheck(gate));
    const signal = AbortSignal.abort(new Error("too late"));
    await rejects(health.check({ signal }), /too late/);
    await flush();
    strictEqual(gate.calls.length, 0);
  });

  it("leave no listener on the signal of one that ends well", async () => {
    const { health } = make();
    health.addCheck(checkOf("a", () => {})).addCheck(checkOf("b", () => {}));
    const signal = new CallerSignal();
    await health.check({ signal: signal.asSignal() });
    deepStrictEqual([signal.added, signal.listenerCount], [2, 0]);
  });

  it("never overlap calls, end each wait once and for its own reason, and leave nothing, in any order of events (property)", async () => {
    type Move =
      | { readonly kind: "ask"; readonly isFirm: boolean }
      | { readonly kind: "abort"; readonly who: number }
      | { readonly kind: "settle"; readonly status: HealthStatus | "throws" }
      | { readonly kind: "pass"; readonly ms: number };
    const moves = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("ask" as const), isFirm: fc.boolean() }),
        fc.record({ kind: fc.constant("abort" as const), who: fc.nat(5) }),
        fc.record({
          kind: fc.constant("settle" as const),
          status: fc.constantFrom(...STATUSES, "throws" as const),
        }),
        fc.record({
          kind: fc.constant("pass" as const),
          ms: fc.constantFrom(5, 10),
        }),
      ),
      { maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), moves, async (s, list) => {
        const { clock, health } = make();
        const gate = new Gate();
        health.addCheck(gate, { timeoutMs: 10 });
        let aborted = 0;
        const askers: {
          readonly signal: CallerSignal | undefined;
          readonly end: { value: unknown; isSettled: boolean };
        }[] = [];
        function apply(move: Move): void {
          if (move.kind === "ask") {
            const signal = move.isFirm ? undefined : new CallerSignal();
            const report = health.check({ signal: signal?.asSignal() });
            const end = watch<unknown>(report.catch((reason) => reason));
            askers.push({ signal, end });
          } else if (move.kind === "abort") {
            const { signal } = askers[move.who] ?? {};
            if (signal?.aborted === false) signal.abort(`left ${aborted++}`);
          } else if (move.kind === "settle") {
            const { status } = move;
            gate.calls.at(-1)?.settle(
              status === "throws" ? new Error(status) : status,
            );
          } else clock.advance(move.ms);
        }
        const problems: unknown[] = [];
        for (const move of list) {
          s.schedule(Promise.resolve(), move.kind)
            .then(() => apply(move))
            .catch((problem) => problems.push(problem));
        }
        await s.waitIdle();
        await flush();
        clock.advance(10); // Time is up for all who still wait.
        await flush();
        if (problems.length > 0) throw problems[0];
        for (const { signal, end } of askers) {
          strictEqual(end.isSettled, true, "one waits for ever");
          strictEqual(signal?.listenerCount ?? 0, 0);
          if (signal?.aborted && end.value === signal.reason) continue;
          const { parts } = end.value as HealthReport;
          const { error } = parts[0]!;
          if (error === undefined) continue;
          ok(error.code === "TASK_TIMEOUT" || error.message === "throws");
        }
        strictEqual(clock.pending, 0, "a timer is left");
        for (const [i, { signal, settle }] of gate.calls.entries()) {
          if (gate.running > 0 && i === gate.calls.length - 1) {
            strictEqual(signal.aborted, true, "one runs without being needed");
          }
          settle("healthy");
        }
        await flush();
        const last = watch(health.check());
        await flush();
        gate.calls.at(-1)!.settle("degraded");
        await flush();
        strictEqual(last.value?.status, "degraded", "it does not recover");
      }),
      { numRuns: 3 * RUNS },
    );
  });
});

describe("ttlMs and failureTtlMs", () => {
  /** At which of these times the check is called; each ms somebody asks. */
  async function callsIn(
    status: string,
    options: HealthPartOptions,
  ): Promise<number[]> {
    const { clock, health } = make();
    const calls: number[] = [];
    const check = checkOf("part", () => {
      calls.push(clock.monotonic());
      return status;
    });
    health.addCheck(check, options);
    for (let i = 0; i < 8; i++) {
      const before = calls.length;
      const part = await onlyPart(health);
      strictEqual(part.checkedAt, 1_700_000_000_000 + calls.at(-1)!);
      ok(calls.length <= before + 1);
      clock.advance(1);
    }
    return calls;
  }

  it("say for how long an outcome will do", async () => {
    const always = [0, 1, 2, 3, 4, 5, 6, 7];
    const cases: [string, HealthPartOptions, number[]][] = [
      ["healthy", {}, always],
      ["unhealthy", {}, always],
      ["healthy", { ttlMs: 3 }, [0, 3, 6]],
      ["degraded", { ttlMs: 3, failureTtlMs: 1 }, [0, 3, 6]],
      ["unhealthy", { ttlMs: 3 }, [0, 3, 6]],
      ["unhealthy", { ttlMs: 3, failureTtlMs: 5 }, [0, 5]],
      ["unhealthy", { ttlMs: Infinity, failureTtlMs: 0 }, always],
      ["nonsense", { ttlMs: 3, failureTtlMs: 4 }, [0, 4]],
      ["unhealthy", { failureTtlMs: 4, critical: false }, [0, 4]],
      ["healthy", { failureTtlMs: 4 }, always],
      ["healthy", { ttlMs: Infinity }, [0]],
    ];
    for (const [status, options, calls] of cases) {
      deepStrictEqual(await callsIn(status, options), calls);
    }
  });

  it("count from when a check has settled, also one that timed out", async () => {
    const { clock, health } = make();
    const gate = new Gate();
    health.addCheck(gate, { timeoutMs: 10, ttlMs: 0, failureTtlMs: 20 });
    health.check();
    await clock.advanceAsync(10);
    gate.calls[0]!.settle("healthy");
    await flush();
    clock.advance(19);
    strictEqual((await health.check()).status, "unhealthy");
    clock.advance(1);
    const report = watch(health.check());
    await flush();
    gate.calls[1]!.settle("healthy");
    await flush();
    strictEqual(report.value?.status, "healthy");
  });
});

describe("critical", () => {
  it("reports an unhealthy part as degraded where it is false, with its error", async () => {
    const failing = checkOf("part", () => Promise.reject(new Error("down")));
    for (
      const [critical, status] of [[false, "degraded"], [
        true,
        "unhealthy",
      ]] as const
    ) {
      const { health } = make();
      health.addCheck(failing, { critical });
      const report = await health.check();
      strictEqual(report.status, status);
      const [part] = report.parts;
      deepStrictEqual([part?.status, part?.critical], [status, critical]);
      strictEqual(part?.error?.message, "down");
    }
    for (const status of ["healthy", "degraded"] as const) {
      const part = await outcomeOf(() => status, { critical: false });
      strictEqual(part.status, status);
    }
  });

  it("caps a whole composite, and leaves its parts as they are", async () => {
    const inner = new CompositeHealthCheck("inner")
      .addCheck(checkOf("part", () => "unhealthy"));
    const { parts: [part] } = await make().health
      .addCheck(inner, { critical: false }).check();
    strictEqual(part?.status, "degraded");
    strictEqual(part.parts?.[0]?.status, "unhealthy");
  });
});

describe("tags", () => {
  const TAGS: readonly string[] = ["liveness", "readiness", "startup"];

  it("select parts that have one of them; those without tags are only in full reports", async () => {
    const { health } = make();
    health.addCheck(checkOf("a", () => {}), { tags: ["liveness"] })
      .addCheck(checkOf("b", () => {}), { tags: ["readiness", "liveness"] })
      .addCheck(checkOf("c", () => {}), { tags: ["readiness"] })
      .addCheck(checkOf("d", () => {}));
    async function names(...tags: string[]): Promise<string> {
      const { parts } = await health.check({ tags });
      return parts.map(({ name }) => name).join("");
    }
    deepStrictEqual(
      [
        await names("liveness"),
        await names("readiness"),
        await names("readiness", "liveness"),
        await names("startup"),
      ],
      ["ab", "bc", "abc", ""],
    );
    strictEqual((await health.check()).parts.length, 4);
    strictEqual((await health.check({ tags: ["startup"] })).status, "healthy");
  });

  interface Node {
    readonly tags: readonly string[];
    readonly inner: readonly Node[] | undefined;
  }
  const tags = fc.subarray([...TAGS], { maxLength: 2 });
  const { node } = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.record({
      tags,
      inner: fc.option(fc.array(tie("node"), { maxLength: 3 }), {
        nil: undefined,
        depthSize: "small",
      }),
    }),
  }));

  it("select a part iff it or a composite it is in has one of them, and call nothing else (property)", async () => {
    const selections = fc.subarray([...TAGS], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(node, { maxLength: 4 }),
        fc.option(selections, { nil: undefined }),
        async (nodes, selection) => {
          const called: string[] = [];
          const wanted: string[] = [];
          function plant(
            path: string,
            inner: readonly Node[],
            isIn: boolean,
          ): CompositeHealthCheck {
            const whole = new CompositeHealthCheck(path);
            for (const [i, { tags, inner: parts }] of inner.entries()) {
              const name = `${path}/${i}`;
              const has = isIn || tags.some((tag) => selection?.includes(tag));
              if (parts !== undefined) {
                whole.addCheck(plant(name, parts, has), { tags });
                continue;
              }
              if (has) wanted.push(name);
              whole.addCheck(checkOf(name, () => void called.push(name)), {
                tags,
              });
            }
            return whole;
          }
          const whole = plant("whole", nodes, selection === undefined);
          const { parts } = await whole.check({ tags: selection });
          function leaves(parts: readonly HealthPartReport[]): string[] {
            return parts.flatMap((it) =>
              it.parts === undefined ? [it.name] : leaves(it.parts)
            );
          }
          deepStrictEqual(called.sort(), wanted.sort());
          deepStrictEqual(leaves(parts).sort(), wanted);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("leave out a composite that has nothing of what is asked for", async () => {
    const inner = new CompositeHealthCheck("inner")
      .addCheck(checkOf("part", () => "unhealthy"), { tags: ["readiness"] });
    const { health } = make();
    health.addCheck(inner).addCheck(new CompositeHealthCheck("empty"));
    deepStrictEqual((await health.check({ tags: ["liveness"] })).parts, []);
    strictEqual((await health.check({ tags: ["readiness"] })).parts.length, 1);
    strictEqual((await health.check()).parts.length, 2);
  });
});

describe("addCheck() and remove()", () => {
  it("refuse a name that is taken, for a check or a composite", async () => {
    const { health } = make();
    health.addCheck(checkOf("a", () => {}));
    for (
      const second of [checkOf("a", () => {}), new CompositeHealthCheck("a")]
    ) {
      throws(
        () => health.addCheck(second),
        {
          code: "VALIDATION_INVALID_OPTION",
          message:
            "The option name is not valid: the name is taken, received a",
        },
      );
    }
    strictEqual(health.remove("a"), true);
    strictEqual(health.remove("a"), false);
    health.addCheck(checkOf("a", () => "degraded"));
    strictEqual((await health.check()).status, "degraded");
  });

  it("refuse a composite that would contain itself", () => {
    const [a, b, c] = ["a", "b", "c"].map((it) => new CompositeHealthCheck(it));
    a!.addCheck(b!);
    b!.addCheck(c!);
    for (const [outer, inner] of [[a, a], [b, a], [c, a], [c, b]] as const) {
      throws(
        () => outer!.addCheck(inner!),
        (error) =>
          ValidationError.is(error) && error.params.field === "check" &&
          /among its parts/.test(error.message),
      );
    }
    a!.addCheck(c!); // Twice in the tree, but in no circle.
  });

  it("leave a report alone that is being made", async () => {
    const { health } = make();
    const gate = new Gate();
    const report = watch(health.addCheck(gate).check());
    await flush();
    health.remove("gate");
    health.addCheck(checkOf("gate", () => "unhealthy"));
    gate.calls[0]!.settle("healthy");
    await flush();
    strictEqual(report.value?.status, "healthy");
    strictEqual((await health.check()).status, "unhealthy");
  });

  it("refuse bad options, naming each", () => {
    const { health } = make();
    const part = checkOf("part", () => {});
    const cases: [string, unknown, Record<string, unknown>?][] = [
      ["check", undefined],
      ["check", () => {}],
      ["check", { name: "a" }],
      ["name", checkOf(" ", () => {})],
      ["name", checkOf("draining", () => {})],
      ["tags", part, { tags: "liveness" }],
      ["tags", part, { tags: [""] }],
      ["tags", part, { tags: [5] }],
      ["critical", part, { critical: "no" }],
      ["timeoutMs", part, { timeoutMs: -1 }],
      ["ttlMs", part, { ttlMs: NaN }],
      ["failureTtlMs", part, { failureTtlMs: "5" }],
    ];
    for (const option of ["timeoutMs", "ttlMs", "failureTtlMs"]) {
      for (const [, value] of NOT_NUMBERS) {
        if (value === undefined) continue;
        cases.push([option, part, { [option]: value }]);
      }
    }
    const inner = new CompositeHealthCheck("inner");
    for (const option of ["timeoutMs", "ttlMs", "failureTtlMs", "dependency"]) {
      cases.push([option, inner, { [option]: 5 }]);
    }
    for (const [field, check, options] of cases) {
      throws(
        () =>
          health.addCheck(check as HealthCheck, options as HealthPartOptions),
        (error) =>
          ValidationError.is(error) && error.params.field === field &&
          error.code === "VALIDATION_INVALID_OPTION",
        `${field} is let through`,
      );
    }
    health.addCheck(inner, { ttlMs: undefined } as object); // As if it were not there.
    throws(() => new CompositeHealthCheck(""), { code: /INVALID_OPTION$/ });
  });

  it("reject an empty selection, which would always be healthy, and one that is no list", async () => {
    const { health } = make();
    for (const tags of [[], "liveness", [""]] as unknown as string[][]) {
      await rejects(health.check({ tags }), ValidationError);
      throws(() => health.handler({ tags }), ValidationError);
    }
  });

  it("takes the system's clock where none is given", async () => {
    const health = new CompositeHealthCheck("shop").addCheck(
      checkOf("a", () => {}),
    );
    const { checkedAt, parts } = await health.check();
    ok(parts[0]!.checkedAt <= checkedAt && checkedAt > 1_700_000_000_000);
    strictEqual(isClock(health), false);
  });
});

describe("drain()", () => {
  it("makes the readiness unhealthy at once, and leaves the liveness", async () => {
    const { health } = make();
    health.addCheck(checkOf("a", () => {}), { tags: ["liveness"] })
      .addCheck(checkOf("b", () => {}), {
        tags: ["readiness"],
        ttlMs: Infinity,
      });
    async function statuses(): Promise<string[]> {
      const reports = [
        await health.check({ tags: ["liveness"] }),
        await health.check({ tags: ["readiness"] }),
        await health.check(),
      ];
      for (const report of reports) assertAggregated(report);
      return reports.map(({ status }) => status);
    }
    deepStrictEqual(await statuses(), ["healthy", "healthy", "healthy"]);
    strictEqual(health.isDraining, false);
    health.drain();
    health.drain();
    strictEqual(health.isDraining, true);
    deepStrictEqual(await statuses(), ["healthy", "unhealthy", "unhealthy"]);
    strictEqual(health.remove("draining"), true);
    strictEqual(health.isDraining, false);
    deepStrictEqual(await statuses(), ["healthy", "healthy", "healthy"]);
  });

  it("of a nested composite counts for the whole", async () => {
    const inner = new CompositeHealthCheck("inner");
    const { health } = make();
    health.addCheck(inner);
    inner.drain();
    strictEqual(health.isDraining, false);
    const { status, parts } = await health.check({ tags: ["readiness"] });
    strictEqual(status, "unhealthy");
    strictEqual(parts[0]?.parts?.[0]?.name, "draining");
  });
});

describe("handler()", () => {
  function probe(method = "GET"): Request {
    return new Request("http://localhost/health", { method });
  }

  function ofStatus(status: HealthStatus): CompositeHealthCheck {
    return make().health.addCheck(checkOf("part", () => status));
  }

  it("answers 200, 200 and 503 with pass, warn and fail", async () => {
    for (
      const [status, code, word] of [["healthy", 200, "pass"], [
        "degraded",
        200,
        "warn",
      ], ["unhealthy", 503, "fail"]] as const
    ) {
      const response = await ofStatus(status).handler()(probe());
      strictEqual(response.status, code);
      strictEqual(response.headers.get("cache-control"), "no-store");
      strictEqual(
        response.headers.get("content-type"),
        "application/health+json",
      );
      strictEqual((await response.json()).status, word);
    }
  });

  it("writes health+json as the draft has it, nested parts under their path", async () => {
    const { clock, health } = make();
    const inner = new CompositeHealthCheck("store:1", { clock })
      .addCheck(checkOf("db", () => err(new Error("refused"))))
      .addCheck(checkOf("files", () => ({
        status: "degraded",
        message: "slow",
        data: { ms: 5 },
      })));
    health.addCheck(inner, { critical: false })
      .addCheck(checkOf("ok", () => ({ status: "healthy", message: "fine" })));
    const common = {
      componentType: "component",
      observedValue: 0,
      observedUnit: "ms",
      time: "2023-11-14T22:13:20.000Z",
    };
    async function body(options?: HealthHandlerOptions): Promise<unknown> {
      return await (await health.handler(options)(probe())).json();
    }
    const checks = {
      "store_1:responseTime": [{ ...common, status: "warn" }],
      "store_1/db:responseTime": [{ ...common, status: "fail" }],
      "store_1/files:responseTime": [{ ...common, status: "warn" }],
      "ok:responseTime": [{ ...common, status: "pass" }],
    };
    const plain = { status: "warn", serviceId: "shop", checks };
    deepStrictEqual(await body(), plain);
    deepStrictEqual(await body({ details: true }), {
      ...plain,
      checks: {
        ...checks,
        "store_1/db:responseTime": [
          { ...common, status: "fail", output: "refused" },
        ],
        "store_1/files:responseTime": [
          { ...common, status: "warn", output: "slow", data: { ms: 5 } },
        ],
      },
    });
  });

  it("keeps parts apart that have the same path", async () => {
    const inner = new CompositeHealthCheck("a").addCheck(
      checkOf("b", () => {}),
    );
    const { health } = make();
    health.addCheck(inner).addCheck(checkOf("a/b", () => "degraded"))
      .addCheck(checkOf("__proto__", () => {}));
    const { checks } = await (await health.handler()(probe())).json();
    deepStrictEqual(
      checks["a/b:responseTime"].map((it: { status: string }) => it.status),
      ["pass", "warn"],
    );
    ok(Object.hasOwn(checks, "__proto__:responseTime"));
  });

  it("writes the report as it is in plain JSON, texts only with details", async () => {
    const { health } = make();
    health.addCheck(checkOf("db", () => err(new Error("refused"))))
      .addCheck(checkOf("files", () => ({
        status: "degraded",
        message: "slow",
        data: { message: "kept", error: 1 },
      })));
    const report = await health.check();
    const open = await health.handler({ format: "json" })(probe());
    strictEqual(open.headers.get("content-type"), "application/json");
    const bare = ({ name, critical, tags, ...part }: HealthPartReport) => ({
      name,
      critical,
      tags,
      status: part.status,
      durationMs: part.durationMs,
      checkedAt: part.checkedAt,
    });
    deepStrictEqual(await open.json(), {
      ...report,
      parts: report.parts.map(bare),
    });
    const full = await health.handler({ format: "json", details: true })(
      probe(),
    );
    deepStrictEqual(await full.json(), JSON.parse(JSON.stringify(report)));
  });

  it("tells no text of a part without details, in any format, at any depth (property)", async () => {
    const MARK = "hunter2";
    const results = fc.constantFrom<() => unknown>(
      () => ({ status: "healthy", message: MARK }),
      () => ({ status: "degraded", data: { [MARK]: { a: [MARK] } } }),
      () => err(new Error(MARK)),
      () => err(Object.assign(new Error("a"), { code: MARK })),
      () => {
        throw new PoolError("POOL_CONNECTION_ERROR", { reason: MARK });
      },
      () => ({ status: MARK }),
      () => MARK,
    );
    const formats = fc.constantFrom("json" as const, "health+json" as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(results, { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        formats,
        async (checks, depth, format) => {
          let health = new CompositeHealthCheck("inner");
          for (const [i, check] of checks.entries()) {
            health.addCheck(checkOf(`${i}`, check));
          }
          for (let i = 0; i < depth; i++) {
            health = new CompositeHealthCheck(`outer ${i}`).addCheck(health);
          }
          const response = await health.handler({ format })(probe());
          const text = await response.text();
          strictEqual(text.includes(MARK), false, text);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("selects by tags", async () => {
    const { health } = make();
    health.addCheck(checkOf("a", () => "unhealthy"), { tags: ["readiness"] });
    const codes: number[] = [];
    for (const tag of ["liveness", "readiness"]) {
      codes.push((await health.handler({ tags: [tag] })(probe())).status);
    }
    deepStrictEqual(codes, [200, 503]);
  });

  it("takes other status codes, and sends no body with those that have none", async () => {
    const statusCodes = { degraded: 429, unhealthy: 500 };
    const codes: number[] = [];
    for (const status of STATUSES) {
      const response = await ofStatus(status).handler({ statusCodes })(probe());
      codes.push(response.status);
    }
    deepStrictEqual(codes, [200, 429, 500]);
    for (const healthy of [204, 205, 304]) {
      const handler = ofStatus("healthy").handler({ statusCodes: { healthy } });
      const response = await handler(probe());
      strictEqual(response.status, healthy);
      strictEqual(await response.text(), "");
    }
  });

  it("answers HEAD like GET without a body, and other methods with 405 without a check", async () => {
    const { health } = make();
    let calls = 0;
    health.addCheck(checkOf("a", () => {
      calls++;
      return "unhealthy";
    }));
    const handler = health.handler();
    const head = await handler(probe("HEAD"));
    strictEqual(head.status, 503);
    strictEqual(head.headers.get("content-type"), "application/health+json");
    strictEqual(head.headers.get("cache-control"), "no-store");
    strictEqual(await head.text(), "");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const refused = await handler(probe(method));
      strictEqual(refused.status, 405);
      strictEqual(refused.headers.get("allow"), "GET, HEAD");
      strictEqual(refused.headers.get("cache-control"), "no-store");
    }
    strictEqual(calls, 1);
  });

  it("refuses bad options, naming each", () => {
    const { health } = make();
    for (
      const [field, options] of [
        ["details", { details: "false" }],
        ["format", { format: "xml" }],
        ["format", { format: "toString" }],
        ["statusCodes.healthy", { statusCodes: { healthy: 199 } }],
        ["statusCodes.degraded", { statusCodes: { degraded: 600 } }],
        ["statusCodes.unhealthy", { statusCodes: { unhealthy: 503.5 } }],
        ["statusCodes.healthy", { statusCodes: { healthy: "200" } }],
      ] as const
    ) {
      throws(
        () => health.handler(options as HealthHandlerOptions),
        (error) =>
          ValidationError.is(error) && error.params.field === field &&
          error.code === "VALIDATION_INVALID_OPTION",
      );
    }
  });
});

interface Database {
  ping(): Promise<void>;
}

describe("the types of health checks", () => {
  it("want a dependency where a check takes one, and tell its type", () => {
    strictEqual(typeof typesOfHealth, "function");
  });
});

/** Compiled, never called. */
function typesOfHealth(
  database: Database,
  reachable: HealthCheck<Database>,
  optional: HealthCheck<Database | undefined>,
  anything: HealthCheck<unknown>,
): void {
  const health = new CompositeHealthCheck("shop");
  // A dependency is wanted exactly where the check takes one.
  health.addCheck(reachable, { dependency: database });
  health.addCheck(optional).addCheck(optional, { dependency: database });
  health.addCheck(anything).addCheck(anything, { dependency: 5 });
  health.addCheck(health, { critical: false });
  // It tells the type of a check's parameter.
  health.addCheck({ name: "a", check: (it) => it.ping() }, {
    dependency: database,
  });
  // @ts-expect-error It has none.
  health.addCheck(reachable);
  // @ts-expect-error It has none.
  health.addCheck(reachable, { ttlMs: 5 });
  // @ts-expect-error It has another.
  health.addCheck(reachable, { dependency: {} });
  // @ts-expect-error A check that takes one is none that takes nothing.
  const _check: HealthCheck = reachable;
  // @ts-expect-error That is no outcome.
  health.addCheck({ name: "a", check: () => true });
  // @ts-expect-error Nor is that.
  health.addCheck({ name: "a", check: () => ({ status: "up" }) });
  // @ts-expect-error Nor that.
  health.addCheck({ name: "a", check: () => okOf(5) });
  // @ts-expect-error There is no such option.
  health.addCheck(optional, { timeout: 5 });
  // @ts-expect-error There is no such format.
  health.handler({ format: "xml" });
  // @ts-expect-error There is no such status.
  health.handler({ statusCodes: { pass: 200 } });

  const value: unknown = database;
  if (isHealthCheck(value)) health.addCheck(value);
  const composite: HealthCheck = health;
  health.addCheck(composite);
  expectType<Equal<HealthReport["status"], HealthStatus>>();
  expectType<Equal<ReturnType<typeof health.check>, Promise<HealthReport>>>();
  expectType<
    Equal<
      Awaited<ReturnType<HealthCheck["check"]>>,
      | HealthStatus
      | HealthCheckResult
      | void
      | Result<HealthStatus | HealthCheckResult | void, unknown>
    >
  >();
}
