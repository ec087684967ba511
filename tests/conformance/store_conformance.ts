/**
 * What every implementation of the `Store` protocol does, and of each of its
 * capabilities. A suite knows its protocol and nothing else, and a way to let
 * time pass; it awaits every call.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CacheError, ValidationError } from "../../src/errors.ts";
import {
  type AtomicStore,
  type Awaitable,
  type BatchStore,
  isAtomicStore,
  isBatchStore,
  isListableStore,
  isStore,
  type ListableStore,
  type Store,
  type StoreSetOptions,
  type StoreUpdateOptions,
} from "../../src/protocols.ts";
import { character, ModelStep, RUNS } from "../foundation_support.ts";

/** What the store under test is made with. */
export interface StoreSetup {
  /** How long a value stays of which nothing is said. Default: for good. */
  readonly defaultTtlMs?: number;
  /** How many keys there may be. Default: as many as the suite needs. */
  readonly maxEntries?: number;
}

/** An empty store, and its time. */
export interface StoreUnderTest<S = Store<string, unknown>> {
  /** The store. */
  readonly store: S;
  /** Lets time pass for the store. */
  readonly advance: (durationMs: number) => Awaitable<void>;
}

/** Options of {@linkcode storeConformance} and the suites beside it. */
export interface StoreConformanceOptions<S = Store<string, unknown>> {
  /** Makes an empty store. */
  readonly make: (setup: StoreSetup) => Awaitable<StoreUnderTest<S>>;
}

async function put(
  store: Store<string, unknown>,
  key: string,
  value: unknown,
  options?: StoreSetOptions,
): Promise<void> {
  strictEqual((await store.set(key, value, options)).unwrap(), undefined);
}

/** Both ways to ask for a key. */
async function look(
  store: Store<string, unknown>,
  key: string,
): Promise<readonly [has: boolean, value: unknown]> {
  return [await store.has(key), await store.get(key)];
}

const GONE: readonly [false, undefined] = [false, undefined];

// --- a model: values by key, with the time they end at

interface Model {
  now: number;
  readonly entries: Map<string, { value: unknown; expiresAt: number }>;
}

const MAX_ENTRIES = 3;
const DEFAULT_TTL_MS = 7;

function liveIn({ now, entries }: Model, key: string): boolean {
  const entry = entries.get(key);
  return entry !== undefined && now < entry.expiresAt;
}

/** Writes as a store does that is told a time; says whether there was room. */
function writeTo(
  model: Model,
  key: string,
  value: unknown,
  staysMs: number,
): boolean {
  const { now, entries } = model;
  const others = [...entries.keys()]
    .filter((it) => it !== key && liveIn(model, it));
  if (staysMs <= 0) entries.delete(key);
  else if (others.length < MAX_ENTRIES) {
    entries.set(key, { value, expiresAt: now + staysMs });
  } else return false;
  return true;
}

const keys = fc.constantFrom("a", "b", "c", "d", "e");
const ttls = fc.constantFrom(undefined, -1, 0, 1, 2, 3, 5, 10, Infinity);

const steps = [
  fc.tuple(keys, fc.nat(9), ttls).map(([key, value, ttlMs]) =>
    new ModelStep<Model, StoreUnderTest>(
      `set(${key}, ${value}, ${ttlMs})`,
      async (model, { store }) => {
        const result = await store.set(
          key,
          value,
          ttlMs === undefined ? undefined : { ttlMs },
        );
        if (writeTo(model, key, value, ttlMs ?? DEFAULT_TTL_MS)) {
          strictEqual(result.ok, true);
        } else {
          strictEqual(result.unwrapErr().code, "CACHE_STORE_FULL");
        }
      },
    )
  ),
  keys.map((key) =>
    new ModelStep<Model, StoreUnderTest>(
      `look(${key})`,
      async (model, { store }) => {
        deepStrictEqual(
          await look(store, key),
          liveIn(model, key) ? [true, model.entries.get(key)!.value] : GONE,
        );
      },
    )
  ),
  keys.map((key) =>
    new ModelStep<Model, StoreUnderTest>(
      `delete(${key})`,
      async (model, { store }) => {
        strictEqual(await store.delete(key), liveIn(model, key));
        model.entries.delete(key);
      },
    )
  ),
  fc.nat(4).map((durationMs) =>
    new ModelStep<Model, StoreUnderTest>(
      `advance(${durationMs})`,
      async (model, { advance }) => {
        await advance(durationMs);
        model.now += durationMs;
      },
    )
  ),
];

type AtomicUnderTest = StoreUnderTest<AtomicStore<string, unknown>>;

/** The options, without those that are `undefined`. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

const atomicSteps: fc.Arbitrary<ModelStep<Model, AtomicUnderTest>>[] = [
  ...steps,
  fc.tuple(keys, fc.nat(9), ttls).map(([key, value, ttlMs]) =>
    new ModelStep<Model, AtomicUnderTest>(
      `setIfAbsent(${key}, ${value}, ${ttlMs})`,
      async (model, { store }) => {
        const options = defined<{ ttlMs?: number | undefined }>({ ttlMs });
        const result = await store.setIfAbsent(
          key,
          value,
          options as StoreSetOptions,
        );
        const staysMs = ttlMs ?? DEFAULT_TTL_MS;
        if (liveIn(model, key) || staysMs <= 0) {
          strictEqual(result.unwrap(), false);
        } else if (writeTo(model, key, value, staysMs)) {
          strictEqual(result.unwrap(), true);
        } else {
          strictEqual(result.unwrapErr().code, "CACHE_STORE_FULL");
        }
      },
    )
  ),
  fc.tuple(keys, fc.option(fc.nat(9), { nil: undefined }), ttls, ttls).map((
    [key, value, ttlMs, initialTtlMs],
  ) =>
    new ModelStep<Model, AtomicUnderTest>(
      `update(${key}, ${value}, ${ttlMs}, ${initialTtlMs})`,
      async (model, { store }) => {
        let seen: unknown;
        const result = await store.update(
          key,
          (old) => {
            seen = old;
            return value;
          },
          defined({ ttlMs, initialTtlMs }) as StoreUpdateOptions,
        );
        const { now, entries } = model;
        const old = liveIn(model, key) ? entries.get(key) : undefined;
        const staysMs = old === undefined
          ? initialTtlMs ?? ttlMs ?? DEFAULT_TTL_MS
          : ttlMs ?? old.expiresAt - now;
        strictEqual(seen, old?.value);
        if (value === undefined || staysMs <= 0) {
          entries.delete(key);
          strictEqual(result.unwrap(), undefined);
        } else if (writeTo(model, key, value, staysMs)) {
          strictEqual(result.unwrap(), value);
        } else {
          strictEqual(result.unwrapErr().code, "CACHE_STORE_FULL");
        }
      },
    )
  ),
];

/** Texts of any code units, and those that plain objects would trip over. */
const anyKeys: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: character }),
  fc.array(fc.nat(0xffff), { maxLength: 3 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "__proto__", ":", "\ud800", "\udc00x", "constructor"),
);

/** Whatever a structured clone takes. */
const anyValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  }),
  fc.constantFrom(undefined, null, NaN, -0, 0, "", 0n, new Uint8Array(3)),
);

/** Registers the cases for one implementation. */
export function storeConformance(
  name: string,
  { make }: StoreConformanceOptions,
): void {
  describe(`${name} conforms to Store`, () => {
    it("isStore() is true", async () => {
      strictEqual(isStore((await make({})).store), true);
    });

    it("does what a map with times does (property)", async () => {
      const setup = { maxEntries: MAX_ENTRIES, defaultTtlMs: DEFAULT_TTL_MS };
      await fc.assert(
        fc.asyncProperty(fc.commands(steps), async (commands) => {
          const real = await make(setup);
          await fc.asyncModelRun(
            () => ({ model: { now: 0, entries: new Map() }, real }),
            commands,
          );
        }),
        { numRuns: RUNS },
      );
    });

    it("P4: gives any value back under any key, and has() is true for it (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(anyKeys, anyValues), { maxLength: 8 }),
          async (pairs) => {
            const { store } = await make({});
            for (const [key, value] of pairs) await put(store, key, value);
            for (const [key, value] of new Map(pairs)) {
              deepStrictEqual(await look(store, key), [true, value]);
            }
            for (const key of new Map(pairs).keys()) {
              strictEqual(await store.delete(key), true);
              deepStrictEqual(await look(store, key), GONE);
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("has nothing when it is new", async () => {
      const { store } = await make({});
      deepStrictEqual(await look(store, "a"), GONE);
      strictEqual(await store.delete("a"), false);
    });

    for (const value of ["a", "", 0, false, null, { list: [1] }]) {
      it(`get() gives ${JSON.stringify(value)} back when it was set`, async () => {
        const { store } = await make({});
        await put(store, "a", value);
        deepStrictEqual(await look(store, "a"), [true, value]);
        deepStrictEqual(await look(store, "b"), GONE);
      });
    }

    it("has() is true for a value that is undefined", async () => {
      const { store } = await make({});
      await put(store, "a", undefined);
      deepStrictEqual(await look(store, "a"), [true, undefined]);
      strictEqual(await store.delete("a"), true);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    it("set() replaces what is there", async () => {
      const { store } = await make({});
      await put(store, "a", 1);
      await put(store, "a", 2);
      deepStrictEqual(await look(store, "a"), [true, 2]);
    });

    it("delete() tells whether there was a live value", async () => {
      const { store, advance } = await make({});
      await put(store, "a", 1);
      await put(store, "b", 2, { ttlMs: 10 });
      strictEqual(await store.delete("a"), true);
      strictEqual(await store.delete("a"), false);
      deepStrictEqual(await look(store, "a"), GONE);
      await advance(10);
      strictEqual(await store.delete("b"), false);
    });

    it("takes keys like those of every object for keys like others", async () => {
      const { store } = await make({});
      for (const key of ["__proto__", "toString", "constructor", ""]) {
        deepStrictEqual(await look(store, key), GONE);
        await put(store, key, 1);
        deepStrictEqual(await look(store, key), [true, 1]);
        strictEqual(await store.delete(key), true);
      }
    });

    it("keeps a value for its time to live and not longer", async () => {
      const { store, advance } = await make({});
      await put(store, "a", 1, { ttlMs: 1_000 });
      await advance(999);
      deepStrictEqual(await look(store, "a"), [true, 1]);
      await advance(1);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    it("keeps a value for good when told Infinity, or nothing at all", async () => {
      const { store, advance } = await make({});
      await put(store, "a", 1, { ttlMs: Infinity });
      await put(store, "b", 2);
      await put(store, "c", 3, {});
      await advance(1e12);
      deepStrictEqual(await look(store, "a"), [true, 1]);
      deepStrictEqual(await look(store, "b"), [true, 2]);
      deepStrictEqual(await look(store, "c"), [true, 3]);
    });

    it("keeps a value for the store's own time when told nothing else", async () => {
      const { store, advance } = await make({ defaultTtlMs: 100 });
      await put(store, "a", 1);
      await put(store, "b", 2, { ttlMs: 200 });
      await put(store, "c", 3, { ttlMs: Infinity });
      await advance(99);
      deepStrictEqual(await look(store, "a"), [true, 1]);
      await advance(1);
      deepStrictEqual(await look(store, "a"), GONE);
      deepStrictEqual(await look(store, "b"), [true, 2]);
      await advance(100);
      deepStrictEqual(await look(store, "b"), GONE);
      deepStrictEqual(await look(store, "c"), [true, 3]);
    });

    it("set() begins the time anew, be it longer or shorter", async () => {
      const { store, advance } = await make({});
      await put(store, "longer", 1, { ttlMs: 10 });
      await put(store, "shorter", 1, { ttlMs: Infinity });
      await advance(9);
      await put(store, "longer", 2, { ttlMs: 10 });
      await put(store, "shorter", 2, { ttlMs: 5 });
      await advance(5);
      deepStrictEqual(await look(store, "longer"), [true, 2]);
      deepStrictEqual(await look(store, "shorter"), GONE);
    });

    it("get() and has() do not lengthen the time", async () => {
      const { store, advance } = await make({});
      await put(store, "a", 1, { ttlMs: 10 });
      await advance(9);
      await look(store, "a");
      await advance(1);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    for (const ttlMs of [0, -0, -1, -Infinity]) {
      it(`set() removes what is there and stores nothing when ttlMs is ${ttlMs}`, async () => {
        const { store } = await make({ maxEntries: 1 });
        await put(store, "a", 1);
        await put(store, "a", 2, { ttlMs });
        deepStrictEqual(await look(store, "a"), GONE);
        await put(store, "b", 1);
        // Nothing is stored, so there need be no room for it.
        await put(store, "c", 1, { ttlMs });
        deepStrictEqual(await look(store, "b"), [true, 1]);
        deepStrictEqual(await look(store, "c"), GONE);
      });
    }

    for (const ttlMs of [NaN, "5", null]) {
      it(`set() throws and keeps what is there when ttlMs is ${typeof ttlMs} ${ttlMs}`, async () => {
        const { store } = await make({});
        await put(store, "a", 1);
        const options = { ttlMs: ttlMs as number };
        await rejects(
          async () => await store.set("a", 2, options),
          ValidationError,
        );
        await rejects(
          async () => await store.set("b", 2, options),
          ValidationError,
        );
        deepStrictEqual(await look(store, "a"), [true, 1]);
        deepStrictEqual(await look(store, "b"), GONE);
      });
    }

    it("set() refuses one more key and drops no live value when there is no room", async () => {
      const { store, advance } = await make({ maxEntries: 2 });
      await put(store, "a", 1, { ttlMs: 10 });
      await put(store, "b", 2);
      await advance(9);
      const error = (await store.set("c", 3)).unwrapErr();
      ok(CacheError.is(error));
      strictEqual(error.code, "CACHE_STORE_FULL");
      deepStrictEqual(await look(store, "a"), [true, 1]);
      deepStrictEqual(await look(store, "b"), [true, 2]);
      deepStrictEqual(await look(store, "c"), GONE);
    });

    it("set() replaces values when there is no room for more keys", async () => {
      const { store } = await make({ maxEntries: 2 });
      await put(store, "a", 1);
      await put(store, "b", 2);
      await put(store, "a", 3);
      await put(store, "b", undefined);
      deepStrictEqual(await look(store, "a"), [true, 3]);
      deepStrictEqual(await look(store, "b"), [true, undefined]);
    });

    it("delete() makes room", async () => {
      const { store } = await make({ maxEntries: 2 });
      await put(store, "a", 1);
      await put(store, "b", 2);
      await store.delete("a");
      await put(store, "c", 3);
      deepStrictEqual(await look(store, "c"), [true, 3]);
    });

    it("what expires makes room, at its very time", async () => {
      const { store, advance } = await make({ maxEntries: 2 });
      await put(store, "a", 1, { ttlMs: 10 });
      await put(store, "b", 2, { ttlMs: 20 });
      await advance(10);
      await put(store, "c", 3);
      strictEqual((await store.set("d", 4)).ok, false);
      await advance(10);
      await put(store, "d", 4);
      deepStrictEqual(await look(store, "c"), [true, 3]);
      deepStrictEqual(await look(store, "d"), [true, 4]);
    });

    it("what was given a shorter time makes room at that time", async () => {
      const { store, advance } = await make({ maxEntries: 1 });
      await put(store, "a", 1, { ttlMs: 100 });
      await put(store, "a", 2, { ttlMs: 10 });
      await advance(10);
      await put(store, "b", 3);
      deepStrictEqual(await look(store, "b"), [true, 3]);
    });
  });
}

/** Begins something a number of microtasks later. */
async function after<T>(turns: number, action: () => Awaitable<T>): Promise<T> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  return await action();
}

/** What is done to one key at about the same time as other things. */
const racers = fc.record({
  kind: fc.constantFrom("update", "update", "update", "set", "delete"),
  turns: fc.nat(12),
});

/** Registers the cases of `AtomicStore` for one implementation. */
export function atomicStoreConformance(
  name: string,
  { make }: StoreConformanceOptions<AtomicStore<string, unknown>>,
): void {
  describe(`${name} conforms to AtomicStore`, () => {
    it("isAtomicStore() is true", async () => {
      strictEqual(isAtomicStore((await make({})).store), true);
    });

    it("does what a map with times does (property)", async () => {
      const setup = { maxEntries: MAX_ENTRIES, defaultTtlMs: DEFAULT_TTL_MS };
      await fc.assert(
        fc.asyncProperty(fc.commands(atomicSteps), async (commands) => {
          const real = await make(setup);
          await fc.asyncModelRun(
            () => ({ model: { now: 0, entries: new Map() }, real }),
            commands,
          );
        }),
        { numRuns: RUNS },
      );
    });

    it("update() loses no write that comes at the same time (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(racers, { minLength: 2, maxLength: 10 }),
          async (ops) => {
            const { store } = await make({});
            /** What each update put its own value in the place of. */
            const replaced: unknown[] = [];
            let deleted = 0;
            await Promise.all(
              ops.map(({ kind, turns }, id) =>
                after(turns, async () => {
                  if (kind === "set") await put(store, "a", id);
                  else if (kind === "delete") {
                    if (await store.delete("a")) deleted++;
                  } else {
                    let seen: unknown;
                    const result = await store.update("a", (old) => {
                      seen = old;
                      return id;
                    });
                    strictEqual(result.unwrap(), id);
                    replaced.push(seen);
                  }
                })
              ),
            );
            // A value has one successor. To find nothing, some delete must have
            // come between, or nothing before.
            const values: unknown[] = replaced.filter((it) => it !== undefined);
            strictEqual(new Set(values).size, values.length);
            ok(replaced.length - values.length <= deleted + 1);
            ok(!values.includes(await store.get("a")));
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("update() counts every one of many at the same time", async () => {
      const { store } = await make({});
      const counts = await Promise.all(
        Array.from({ length: 20 }, async (_, turns) => {
          const result = await after(
            turns % 5,
            () => store.update("a", (old = 0) => (old as number) + 1),
          );
          return result.unwrap() as number;
        }),
      );
      counts.sort((a, b) => a - b);
      deepStrictEqual(counts, Array.from({ length: 20 }, (_, i) => i + 1));
      strictEqual(await store.get("a"), 20);
    });

    it("setIfAbsent() stores the value of exactly one of many at the same time (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }),
          async (starts) => {
            const { store } = await make({});
            const stored = await Promise.all(starts.map(async (turns, id) => {
              const result = await after(
                turns,
                () => store.setIfAbsent("a", id),
              );
              return result.unwrap();
            }));
            strictEqual(stored.filter(Boolean).length, 1);
            strictEqual(await store.get("a"), stored.indexOf(true));
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("setIfAbsent() keeps a live value and its time, be it undefined", async () => {
      const { store, advance } = await make({});
      await put(store, "a", undefined, { ttlMs: 10 });
      await advance(9);
      const result = await store.setIfAbsent("a", 1, { ttlMs: 100 });
      strictEqual(result.unwrap(), false);
      deepStrictEqual(await look(store, "a"), [true, undefined]);
      await advance(1);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    it("setIfAbsent() stores for the time told, and again when that is over", async () => {
      const { store, advance } = await make({ defaultTtlMs: 100 });
      strictEqual(
        (await store.setIfAbsent("a", 1, { ttlMs: 5 })).unwrap(),
        true,
      );
      await advance(5);
      strictEqual((await store.setIfAbsent("a", 2)).unwrap(), true);
      await advance(99);
      deepStrictEqual(await look(store, "a"), [true, 2]);
      await advance(1);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    for (const ttlMs of [0, -0, -1, -Infinity]) {
      it(`setIfAbsent() neither stores nor removes when ttlMs is ${ttlMs}`, async () => {
        const { store } = await make({ maxEntries: 1 });
        await put(store, "a", 1);
        for (const key of ["a", "b"]) {
          const result = await store.setIfAbsent(key, 2, { ttlMs });
          strictEqual(result.unwrap(), false);
        }
        deepStrictEqual(await look(store, "a"), [true, 1]);
        deepStrictEqual(await look(store, "b"), GONE);
      });

      it(`update() removes what is there and stores nothing when ttlMs is ${ttlMs}`, async () => {
        const { store } = await make({ maxEntries: 1 });
        await put(store, "a", 1);
        for (const key of ["b", "a"]) {
          const result = await store.update(key, () => 2, { ttlMs });
          strictEqual(result.unwrap(), undefined);
          deepStrictEqual(await look(store, key), GONE);
        }
      });
    }

    for (const ttlMs of [NaN, "5", null]) {
      it(`setIfAbsent() and update() throw and keep what is there when a time is ${typeof ttlMs} ${ttlMs}`, async () => {
        const { store } = await make({});
        await put(store, "a", 1);
        const wrong = ttlMs as number;
        for (const key of ["a", "b"]) {
          for (
            const write of [
              () => store.setIfAbsent(key, 2, { ttlMs: wrong }),
              () => store.update(key, () => 2, { ttlMs: wrong }),
              () => store.update(key, () => 2, { initialTtlMs: wrong }),
              () =>
                store.update(key, () => 2, { ttlMs: wrong, initialTtlMs: 1 }),
            ]
          ) {
            await rejects(async () => await write(), ValidationError);
          }
        }
        deepStrictEqual(await look(store, "a"), [true, 1]);
        deepStrictEqual(await look(store, "b"), GONE);
      });
    }

    it("update() gives the old value and stores the new one", async () => {
      const { store, advance } = await make({});
      const seen: unknown[] = [];
      for (const value of [1, null, "x"]) {
        const result = await store.update("a", (old) => {
          seen.push(old);
          return value;
        }, { ttlMs: 10 });
        strictEqual(result.unwrap(), value);
      }
      deepStrictEqual(seen, [undefined, 1, null]);
      await advance(10);
      await store.update("a", (old) => {
        strictEqual(old, undefined);
        return 2;
      });
      strictEqual(await store.get("a"), 2);
    });

    it("update() removes the value when the new one is undefined", async () => {
      const { store } = await make({ maxEntries: 1 });
      await put(store, "a", 1);
      strictEqual(
        (await store.update("b", () => undefined)).unwrap(),
        undefined,
      );
      deepStrictEqual(await look(store, "a"), [true, 1]);
      strictEqual(
        (await store.update("a", () => undefined)).unwrap(),
        undefined,
      );
      deepStrictEqual(await look(store, "a"), GONE);
      await put(store, "a", undefined);
      await store.update("a", (old) => old);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    it("update() keeps what is left of the time when it is told no ttlMs", async () => {
      const { store, advance } = await make({ defaultTtlMs: 50 });
      await put(store, "a", 0, { ttlMs: 10 });
      await put(store, "forGood", 0, { ttlMs: Infinity });
      for (let i = 0; i < 9; i++) {
        await advance(1);
        await store.update("a", () => i, { initialTtlMs: 30 });
        await store.update("forGood", () => i, {});
      }
      deepStrictEqual(await look(store, "a"), [true, 8]);
      await advance(1);
      deepStrictEqual(await look(store, "a"), GONE);
      await advance(1e9);
      deepStrictEqual(await look(store, "forGood"), [true, 8]);
    });

    it("update() begins the time anew when it is told ttlMs", async () => {
      const { store, advance } = await make({});
      await put(store, "longer", 0, { ttlMs: 10 });
      await put(store, "shorter", 0);
      await advance(9);
      for (const key of ["longer", "shorter"]) {
        await store.update(key, () => 1, { ttlMs: 10, initialTtlMs: 99 });
      }
      await advance(9);
      deepStrictEqual(await look(store, "longer"), [true, 1]);
      deepStrictEqual(await look(store, "shorter"), [true, 1]);
      await advance(1);
      deepStrictEqual(await look(store, "longer"), GONE);
      deepStrictEqual(await look(store, "shorter"), GONE);
    });

    it("update() gives a new value initialTtlMs, else ttlMs, else the store's own time", async () => {
      const { store, advance } = await make({ defaultTtlMs: 30 });
      const add = (key: string, options: StoreUpdateOptions) =>
        store.update(key, () => 1, options);
      await add("10", { initialTtlMs: 10, ttlMs: 99 });
      await add("20", { ttlMs: 20 });
      await add("30", {});
      for (const key of ["10", "20", "30"]) {
        await advance(9);
        deepStrictEqual(await look(store, key), [true, 1]);
        await advance(1);
        deepStrictEqual(await look(store, key), GONE);
      }
    });

    it("update() throws what the function throws, and changes nothing", async () => {
      const { store, advance } = await make({});
      await put(store, "a", 1, { ttlMs: 10 });
      const thrown = new RangeError("Oops");
      for (const key of ["a", "b"]) {
        await rejects(
          async () =>
            await store.update(key, () => {
              throw thrown;
            }, { ttlMs: 99 }),
          (error) => error === thrown,
        );
      }
      deepStrictEqual(await look(store, "a"), [true, 1]);
      deepStrictEqual(await look(store, "b"), GONE);
      await advance(10);
      deepStrictEqual(await look(store, "a"), GONE);
    });

    it("setIfAbsent() and update() refuse one more key when there is no room", async () => {
      const { store, advance } = await make({ maxEntries: 1 });
      await put(store, "a", 1, { ttlMs: 10 });
      for (
        const result of [
          await store.setIfAbsent("b", 1),
          await store.update("b", () => 1),
        ]
      ) {
        strictEqual(result.unwrapErr().code, "CACHE_STORE_FULL");
      }
      strictEqual((await store.setIfAbsent("a", 2)).unwrap(), false);
      strictEqual((await store.update("a", () => 3)).unwrap(), 3);
      await advance(10);
      strictEqual(
        (await store.setIfAbsent("b", 4, { ttlMs: 1 })).unwrap(),
        true,
      );
      await advance(1);
      strictEqual((await store.update("c", () => 5)).unwrap(), 5);
    });
  });
}

/** Registers the cases of `BatchStore` for one implementation. */
export function batchStoreConformance(
  name: string,
  { make }: StoreConformanceOptions<BatchStore<string, unknown>>,
): void {
  describe(`${name} conforms to BatchStore`, () => {
    it("isBatchStore() is true", async () => {
      strictEqual(isBatchStore((await make({})).store), true);
    });

    it("getMany() gives what has() and get() give, in the order asked for (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(anyKeys, anyValues, ttls)),
          fc.array(anyKeys),
          async (entries, others) => {
            const { store, advance } = await make({});
            for (const [key, value, ttlMs = 4] of entries) {
              await put(store, key, value, { ttlMs });
            }
            await advance(3);
            const asked = [...others, ...entries.map(([key]) => key)].sort();
            const expected = new Map<string, unknown>();
            for (const key of asked) {
              const [has, value] = await look(store, key);
              if (has) expected.set(key, value);
            }
            deepStrictEqual(
              [...(await store.getMany(asked))],
              [...expected],
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("getMany() tells a stored undefined from a miss", async () => {
      const { store } = await make({});
      await put(store, "a", undefined);
      const found = await store.getMany(["b", "a"]);
      deepStrictEqual([...found], [["a", undefined]]);
      strictEqual(found.has("a"), true);
      strictEqual(found.has("b"), false);
    });

    it("getMany() takes any iterable, and gives a key that comes twice once", async () => {
      const { store } = await make({});
      await put(store, "a", 1);
      await put(store, "b", 2);
      function* asked(): Generator<string> {
        yield* ["b", "a", "b"];
      }
      deepStrictEqual([...(await store.getMany(asked()))], [["b", 2], [
        "a",
        1,
      ]]);
      deepStrictEqual([...(await store.getMany([]))], []);
      deepStrictEqual([...(await store.getMany(new Set(["b"])))], [["b", 2]]);
    });

    it("getMany() gives a map of the caller's own", async () => {
      const { store } = await make({});
      await put(store, "a", 1);
      const found = await store.getMany(["a", "b"]);
      await put(store, "b", 2);
      await store.delete("a");
      deepStrictEqual([...found], [["a", 1]]);
    });
  });
}

/** Registers the cases of `ListableStore` for one implementation. */
export function listableStoreConformance(
  name: string,
  { make }: StoreConformanceOptions<ListableStore<string, unknown>>,
): void {
  async function list(
    store: ListableStore<string, unknown>,
    prefix?: string,
  ): Promise<readonly string[]> {
    const listed = new Set<string>();
    for await (const key of store.keys(prefix)) listed.add(key);
    return [...listed].sort();
  }

  describe(`${name} conforms to ListableStore`, () => {
    it("isListableStore() is true", async () => {
      strictEqual(isListableStore((await make({})).store), true);
    });

    it("keys() gives the live keys that begin with the prefix (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(anyKeys, ttls)),
          fc.oneof(anyKeys, fc.constant(undefined)),
          fc.nat(2),
          async (entries, other, length) => {
            const { store, advance } = await make({});
            for (const [key, ttlMs = 4] of entries) {
              await put(store, key, 1, { ttlMs });
            }
            await advance(3);
            const live: string[] = [];
            for (const key of new Set(entries.map(([key]) => key))) {
              if (await store.has(key)) live.push(key);
            }
            live.sort();
            deepStrictEqual(await list(store), live);
            for (const prefix of [other, live[0]?.slice(0, length), ""]) {
              deepStrictEqual(
                await list(store, prefix),
                live.filter((key) => key.startsWith(prefix ?? "")),
              );
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("keys() gives nothing when there is nothing", async () => {
      const { store } = await make({});
      deepStrictEqual(await list(store), []);
      await put(store, "a", undefined);
      deepStrictEqual(await list(store), ["a"]);
      deepStrictEqual(await list(store, "ab"), []);
    });

    it("keys() takes a prefix as it is, not as a pattern", async () => {
      const { store } = await make({});
      for (const key of ["a*", "ab", "a:1", "A", "[a]"]) {
        await put(store, key, 1);
      }
      deepStrictEqual(await list(store, "a*"), ["a*"]);
      deepStrictEqual(await list(store, "[a]"), ["[a]"]);
      deepStrictEqual(await list(store, "a"), ["a*", "a:1", "ab"]);
    });

    it("keys() gives all that stay, none that left before its turn, and ends, when the store changes on the way (property)", async () => {
      const names = ["a", "b", "c", "d", "e", "f"];
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(
              fc.constantFrom(...names, "x", "y"),
              fc.constantFrom("set", "delete", "expire"),
            ),
            { maxLength: 12 },
          ),
          async (changes) => {
            const { store, advance } = await make({});
            for (const key of names) await put(store, key, 1);
            const live = new Set(names);
            const stayed = new Set(names);
            const listed = new Set<string>();
            for await (const key of store.keys()) {
              ok(live.has(key), `${key} has left`);
              listed.add(key);
              const [name, kind] = changes.pop() ?? ["x", "set"];
              if (kind === "set") {
                await put(store, name, 2);
                live.add(name);
              } else {
                if (kind === "delete") await store.delete(name);
                else await put(store, name, 2, { ttlMs: 1 });
                await advance(1);
                live.delete(name);
                stayed.delete(name);
              }
            }
            for (const key of stayed) ok(listed.has(key), `${key} is missing`);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("keys() ends when every step adds a key, or replaces one", async () => {
      const { store } = await make({});
      await put(store, "0", 0);
      let steps = 0;
      for await (const key of store.keys()) {
        await store.delete(key);
        await put(store, key, 0);
        await put(store, `${++steps}`, 0);
        ok(steps < 1_000);
      }
      ok(steps >= 1);
    });

    it("keys() may be left before its end, and begins anew with each call", async () => {
      const { store } = await make({});
      await put(store, "a", 1);
      await put(store, "b", 2);
      for await (const _ of store.keys()) break;
      deepStrictEqual(await list(store), ["a", "b"]);
      deepStrictEqual(await list(store), ["a", "b"]);
    });

    for (const prefix of [null, 5, ["a"]]) {
      it(`keys() throws when prefix is ${JSON.stringify(prefix)}`, async () => {
        const { store } = await make({});
        await rejects(
          async () => await list(store, prefix as unknown as string),
          ValidationError,
        );
      });
    }
  });
}
