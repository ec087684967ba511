/**
 * What every implementation of the `Store` protocol does. The suite knows the
 * protocol and nothing else, and a way to let time pass; it awaits every call.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CacheError, ValidationError } from "../../src/errors.ts";
import {
  type Awaitable,
  isStore,
  type Store,
  type StoreSetOptions,
} from "../../src/protocols.ts";
import { ModelStep, RUNS } from "../foundation_support.ts";

/** What the store under test is made with. */
export interface StoreSetup {
  /** How long a value stays of which nothing is said. Default: for good. */
  readonly defaultTtlMs?: number;
  /** How many keys there may be. Default: as many as the suite needs. */
  readonly maxEntries?: number;
}

/** An empty store, and its time. */
export interface StoreUnderTest {
  /** The store. */
  readonly store: Store<string, unknown>;
  /** Lets time pass for the store. */
  readonly advance: (durationMs: number) => Awaitable<void>;
}

/** Options of {@linkcode storeConformance}. */
export interface StoreConformanceOptions {
  /** Makes an empty store. */
  readonly make: (setup: StoreSetup) => Awaitable<StoreUnderTest>;
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
        const { now, entries } = model;
        const staysMs = ttlMs ?? DEFAULT_TTL_MS;
        const others = [...entries.keys()]
          .filter((it) => it !== key && liveIn(model, it));
        if (staysMs <= 0) entries.delete(key);
        else if (others.length < MAX_ENTRIES) {
          entries.set(key, { value, expiresAt: now + staysMs });
        } else {
          strictEqual(result.unwrapErr().code, "CACHE_STORE_FULL");
          return;
        }
        strictEqual(result.ok, true);
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
