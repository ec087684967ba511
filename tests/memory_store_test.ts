import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "../src/clock.ts";
import { ValidationError } from "../src/errors.ts";
import { MemoryStore, type MemoryStoreOptions } from "../src/memory_store.ts";
import { PriorityHeap } from "../src/priority_heap.ts";
import type { StoreUpdateOptions } from "../src/protocols.ts";
import { ManualClock } from "../src/testing.ts";
import {
  atomicStoreConformance,
  batchStoreConformance,
  listableStoreConformance,
  storeConformance,
  type StoreConformanceOptions,
  type StoreSetup,
} from "./conformance/store_conformance.ts";
import {
  deferred,
  type Equal,
  expectType,
  NOT_NUMBERS,
  withReplaced,
} from "./foundation_support.ts";

interface Timed {
  readonly clock: ManualClock;
  readonly store: MemoryStore<string, unknown>;
}

function makeTimed(options: MemoryStoreOptions = {}): Timed {
  const clock = new ManualClock({ now: 1_700_000_000_000 });
  return { clock, store: new MemoryStore({ clock, ...options }) };
}

function advanceOf(clock: ManualClock): (durationMs: number) => void {
  return (durationMs) => clock.advance(durationMs);
}

type AnyStore = MemoryStore<string, unknown>;

/** The same store as if it were far away: it answers later, key by key. */
function remote(inner: AnyStore): AnyStore {
  return Object.create(deferred(inner), {
    keys: {
      async *value(prefix?: string): AsyncGenerator<string> {
        for (const key of inner.keys(prefix)) {
          await Promise.resolve();
          yield key;
        }
      },
    },
  });
}

/**
 * A remote store that cannot run a function where the values are: it looks
 * whether another write was faster, and then begins again.
 */
function optimistic(inner: AnyStore): AnyStore {
  return Object.create(deferred(inner), {
    update: {
      async value(
        key: string,
        change: (old: unknown) => unknown,
        options?: StoreUpdateOptions,
      ): Promise<unknown> {
        for (;;) {
          const before = inner.get(key);
          const value = change(before);
          await Promise.resolve();
          if (Object.is(inner.get(key), before)) {
            return inner.update(key, () => value, options);
          }
        }
      },
    },
  });
}

function makerOf(
  wrap: (store: AnyStore) => AnyStore,
): StoreConformanceOptions<AnyStore> {
  return {
    make(setup: StoreSetup) {
      const { clock, store } = makeTimed(setup);
      return { store: wrap(store), advance: advanceOf(clock) };
    },
  };
}

for (
  const [name, maker] of [
    ["MemoryStore", makerOf((store) => store)],
    ["an asynchronous store", makerOf(remote)],
  ] as const
) {
  storeConformance(name, maker);
  atomicStoreConformance(name, maker);
  batchStoreConformance(name, maker);
  listableStoreConformance(name, maker);
}
atomicStoreConformance("a store that tries again", makerOf(optimistic));

// --- a model: a plain Map and a number

interface Model {
  now: number;
  readonly maxEntries: number;
  readonly entries: Map<string, { value: number; expiresAt: number }>;
}

function dropExpired({ now, entries }: Model): void {
  for (const [key, { expiresAt }] of entries) {
    if (expiresAt <= now) entries.delete(key);
  }
}

/** Does the same to both, and then compares what they hold and answer. */
class Step implements fc.Command<Model, Timed> {
  readonly #name: string;
  readonly #run: (model: Model, real: Timed) => void;

  constructor(name: string, run: (model: Model, real: Timed) => void) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Timed): void {
    dropExpired(model);
    this.#run(model, real);
    dropExpired(model);
    const { size } = real.store;
    ok(
      model.entries.size <= size && size <= model.maxEntries,
      `size is ${size}`,
    );
  }

  toString(): string {
    return this.#name;
  }
}

/** Writes where there is room; the model holds nothing that has expired. */
function writeTo(
  { now, maxEntries, entries }: Model,
  key: string,
  value: number,
  ttlMs: number,
): boolean {
  const fits = entries.has(key) || entries.size < maxEntries;
  if (ttlMs <= 0) entries.delete(key);
  else if (fits) entries.set(key, { value, expiresAt: now + ttlMs });
  return ttlMs <= 0 || fits;
}

const keys = fc.constantFrom("a", "b", "c", "d", "e", "f");
const ttls = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
  fc.constantFrom(0, -1, Infinity, 0.5),
);

const steps = [
  fc.tuple(keys, fc.nat(99), ttls).map(([key, value, ttlMs]) =>
    new Step(`set(${key}, ${value}, ${ttlMs})`, (model, { store }) => {
      const result = store.set(key, value, { ttlMs });
      strictEqual(result.ok, writeTo(model, key, value, ttlMs));
    })
  ),
  fc.tuple(keys, fc.nat(99), ttls).map(([key, value, ttlMs]) =>
    new Step(`setIfAbsent(${key}, ${value}, ${ttlMs})`, (model, { store }) => {
      const result = store.setIfAbsent(key, value, { ttlMs });
      if (model.entries.has(key) || ttlMs <= 0) {
        strictEqual(result.unwrap(), false);
      } else {
        strictEqual(
          result.unwrapOr(false),
          writeTo(model, key, value, ttlMs),
        );
      }
    })
  ),
  fc.tuple(keys, fc.nat(99), ttls).map(([key, value, initialTtlMs]) =>
    new Step(
      `update(${key}, ${value}, ${initialTtlMs})`,
      (model, { store }) => {
        const { now, entries } = model;
        const entry = entries.get(key);
        const leftMs = entry === undefined
          ? initialTtlMs
          : entry.expiresAt - now;
        const result = store.update(key, (old) => {
          strictEqual(old, entry?.value);
          return value;
        }, { initialTtlMs });
        strictEqual(result.ok, writeTo(model, key, value, leftMs));
      },
    )
  ),
  fc.tuple(keys, fc.nat(99), ttls).map(([key, value, ttlMs]) =>
    new Step(`touch(${key}, ${value}, ${ttlMs})`, (model, { store }) => {
      const isThere = model.entries.has(key);
      const result = store.update(
        key,
        (old) => old === undefined ? undefined : value,
        { ttlMs },
      );
      if (isThere) writeTo(model, key, value, ttlMs);
      strictEqual(result.unwrap(), isThere && ttlMs > 0 ? value : undefined);
    })
  ),
  fc.array(keys).map((asked) =>
    new Step(`getMany(${asked})`, ({ entries }, { store }) => {
      const found = new Set(asked.filter((key) => entries.has(key)));
      deepStrictEqual(
        [...store.getMany(asked)],
        [...found].map((key) => [key, entries.get(key)!.value]),
      );
    })
  ),
  fc.constant(
    new Step("keys()", ({ entries }, { store }) => {
      deepStrictEqual([...store.keys()].sort(), [...entries.keys()].sort());
    }),
  ),
  keys.map((key) =>
    new Step(`get(${key})`, ({ entries }, { store }) => {
      strictEqual(store.get(key), entries.get(key)?.value);
    })
  ),
  keys.map((key) =>
    new Step(`has(${key})`, ({ entries }, { store }) => {
      strictEqual(store.has(key), entries.has(key));
    })
  ),
  keys.map((key) =>
    new Step(`delete(${key})`, ({ entries }, { store }) => {
      strictEqual(store.delete(key), entries.delete(key));
    })
  ),
  fc.nat(6).map((durationMs) =>
    new Step(`advance(${durationMs})`, (model, { clock }) => {
      clock.advance(durationMs);
      model.now += durationMs;
    })
  ),
  fc.constant(
    new Step("prune()", ({ entries }, { store }) => {
      const before = store.size;
      strictEqual(store.prune(), before - entries.size);
      strictEqual(store.size, entries.size);
    }),
  ),
  fc.constant(
    new Step("clear()", ({ entries }, { store }) => {
      store.clear();
      entries.clear();
      strictEqual(store.size, 0);
    }),
  ),
  fc.integer({ min: -1e12, max: 1e12 }).map((now) =>
    new Step(`setNow(${now})`, (_, { clock }) => clock.setNow(now))
  ),
];

describe("MemoryStore", () => {
  it("does what a plain Map with times does (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.commands(steps, { size: "+1" }),
        (maxEntries, commands) => {
          fc.modelRun(() => ({
            model: { now: 0, maxEntries, entries: new Map() },
            real: makeTimed({ maxEntries }),
          }), commands);
        },
      ),
      { numRuns: 600 },
    );
  });

  it("is synchronous: it gives values, not promises", () => {
    const { store } = makeTimed();
    strictEqual(store.set("a", 1).ok, true);
    strictEqual(store.get("a"), 1);
    strictEqual(store.has("a"), true);
    strictEqual(store.delete("a"), true);
    strictEqual(store.setIfAbsent("a", 1).unwrap(), true);
    strictEqual(store.update("a", () => 2).unwrap(), 2);
    strictEqual(store.getMany(["a"]).get("a"), 2);
    deepStrictEqual([...store.keys("a")], ["a"]);
  });

  it("P4: gives every value back as the same one, under any key (property)", () => {
    const anything = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
      }),
      fc.constantFrom("", "__proto__", "\ud800", "\udc00", NaN, -0, undefined),
      fc.constantFrom<unknown>(null, Symbol("s"), (): void => {}, 0n),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anything, anything)), (pairs) => {
        const store = new MemoryStore<unknown, unknown>();
        const model = new Map(pairs);
        for (const [key, value] of pairs) store.set(key, value).unwrap();
        strictEqual(store.size, model.size);
        for (const [key, value] of model) {
          strictEqual(store.get(key), value);
          strictEqual(store.has(key), true);
          strictEqual(store.setIfAbsent(key, {}).unwrap(), false);
        }
        const found = [...store.getMany(model.keys())];
        const expected = [...model];
        strictEqual(found.length, expected.length);
        for (const [i, [key, value]] of found.entries()) {
          strictEqual(key, expected[i]![0]);
          strictEqual(value, expected[i]![1]);
        }
        strictEqual(
          new Set([...store.keys(), ...model.keys()]).size,
          model.size,
        );
      }),
      { numRuns: 300 },
    );
  });

  it("update() is called with the value and its result is kept as the same one", () => {
    const { store } = makeTimed();
    const [first, second] = [{}, {}];
    store.set("a", first).unwrap();
    const result = store.update("a", (old) => {
      strictEqual(old, first);
      return second;
    });
    strictEqual(result.unwrap(), second);
    strictEqual(store.get("a"), second);
  });

  it("update() calls the function once, and not when an option is wrong", () => {
    const { store } = makeTimed();
    let calls = 0;
    const change = () => ++calls;
    store.update("a", change).unwrap();
    strictEqual(calls, 1);
    throws(() => store.update("a", change, { ttlMs: NaN }), ValidationError);
    throws(
      () => store.update("a", change, { ttlMs: 1, initialTtlMs: NaN }),
      ValidationError,
    );
    strictEqual(calls, 1);
  });

  for (const meddle of ["set", "delete", "clear", "fill", "update"] as const) {
    it(`update() has the last word and keeps the time when its function calls ${meddle}()`, () => {
      const { clock, store } = makeTimed({ maxEntries: 2 });
      store.set("a", 1, { ttlMs: 10 }).unwrap();
      const result = store.update("a", () => {
        if (meddle === "set") store.set("a", 5, { ttlMs: 1 }).unwrap();
        if (meddle === "delete") store.delete("a");
        if (meddle === "clear") store.clear();
        if (meddle === "fill") store.set("b", 5).unwrap();
        if (meddle === "update") store.update("a", () => 5, { ttlMs: 99 });
        return 2;
      });
      strictEqual(result.unwrap(), 2);
      ok(store.size <= 2);
      clock.advance(9);
      strictEqual(store.get("a"), 2);
      clock.advance(1);
      strictEqual(store.get("a"), undefined);
    });
  }

  it("update() stays within the bound when its function takes the last room", () => {
    const { store } = makeTimed({ maxEntries: 1 });
    const result = store.update("a", () => {
      store.set("b", 1).unwrap();
      return 1;
    });
    strictEqual(result.unwrapErr().code, "CACHE_STORE_FULL");
    strictEqual(store.size, 1);
  });

  it("keys() gives each key once, and no more than there were at the beginning", () => {
    const { store } = makeTimed();
    for (const key of ["a", "b", "c"]) store.set(key, 1).unwrap();
    const seen: string[] = [];
    for (const key of store.keys()) {
      seen.push(key);
      store.set(key, 2).unwrap();
      store.set(`${key}+`, 1).unwrap();
    }
    deepStrictEqual(seen, ["a", "b", "c"]);
    strictEqual(store.size, 6);
  });

  it("keys() gives a key that expires on the way no longer, and drops it", () => {
    const { clock, store } = makeTimed();
    store.set("a", 1).unwrap();
    store.set("b", 1, { ttlMs: 10 }).unwrap();
    const iterator = store.keys();
    strictEqual(iterator.next().value, "a");
    clock.advance(10);
    strictEqual(iterator.next().done, true);
    strictEqual(store.size, 1);
  });

  it("keys() checks the prefix at once, and takes none for keys that are no strings", () => {
    const { store } = makeTimed();
    throws(
      () => store.keys(5 as unknown as string),
      (error) =>
        ValidationError.is(error) && error.field === "prefix" &&
        error.message.endsWith("received 5"),
    );
    const byNumber = new MemoryStore<number, string>();
    byNumber.set(5, "five").unwrap();
    deepStrictEqual([...byNumber.keys()], [5]);
    expectType<
      Equal<Parameters<typeof byNumber.keys>[0], undefined>
    >();
    expectType<
      Equal<Parameters<typeof store.keys>[0], string | undefined>
    >();
  });

  describe("at its bound", () => {
    const maxEntries = 100;
    const writes = 20 * maxEntries;

    /** How often the store looks through its entries while it is written to. */
    function searchesOf(write: (timed: Timed, i: number) => void): number {
      const timed = makeTimed({ maxEntries });
      for (let i = 0; i < maxEntries; i++) {
        timed.store.set(`${i}`, i, { ttlMs: i + 1 }).unwrap();
      }
      let searches = 0;
      const iterate = Map.prototype[Symbol.iterator];
      function countAndIterate(
        this: Map<unknown, unknown>,
      ): MapIterator<[unknown, unknown]> {
        searches++;
        return iterate.call(this);
      }
      withReplaced(Map.prototype, Symbol.iterator, countAndIterate, () => {
        for (let i = maxEntries; i < maxEntries + writes; i++) {
          timed.clock.advance(1);
          write(timed, i);
        }
      });
      ok(searches > 0, "It looks through them by other means");
      return searches;
    }

    it("looks through its entries once when one expires for each that comes", () => {
      const searches = searchesOf(({ store }, i) => {
        store.set(`${i}`, i, { ttlMs: maxEntries }).unwrap();
        strictEqual(store.size, maxEntries);
      });
      strictEqual(searches, 1);
    });

    it("looks through them once in as many writes as it holds when keys are given other times", () => {
      const searches = searchesOf(({ store }, i) => {
        store.set(`${i}`, i, { ttlMs: 1 }).unwrap();
        for (const key of store.getMany(["98", "99"]).keys()) {
          store.set(key, i, { ttlMs: 1_000 }).unwrap();
        }
        strictEqual(store.has("99"), true);
      });
      ok(searches <= 1 + 3 * writes / maxEntries, `${searches} searches`);
    });

    it("queues keys while it is full, and soon no longer when it is not", () => {
      const { clock, store } = makeTimed({ maxEntries });
      function fill(): void {
        for (let i = 0; i < maxEntries; i++) {
          store.set(`${i}`, i, { ttlMs: i + 1 }).unwrap();
        }
      }
      let queued = 0;
      const push = PriorityHeap.prototype.push;
      function countAndPush(
        this: PriorityHeap<unknown>,
        item: unknown,
        priority: number,
      ): void {
        queued++;
        push.call(this, item, priority);
      }
      withReplaced(PriorityHeap.prototype, "push", countAndPush, () => {
        fill();
        strictEqual(queued, 0);
        clock.advance(1);
        store.set("new", 1).unwrap();
        strictEqual(queued, maxEntries);
        store.delete("new");
        for (let i = 0; i < writes; i++) {
          store.set("1", i, { ttlMs: 1_000 + i });
        }
        ok(queued < 3 * maxEntries, `${queued} were queued`);

        store.clear();
        fill();
        clock.advance(1);
        queued = 0;
        store.set("new", 1).unwrap();
        strictEqual(queued, maxEntries);
        store.clear();
        fill();
        strictEqual(queued, maxEntries);
      });
    });

    it("looks through them once when values are updated and keep their times", () => {
      const searches = searchesOf(({ store }, i) => {
        store.set(`${i}`, i, { ttlMs: maxEntries }).unwrap();
        for (let j = 0; j < 10; j++) {
          store.update(`${i - j}`, () => j).unwrap();
        }
      });
      strictEqual(searches, 1);
    });
  });

  it("finds room among keys that were written again, removed and set for good meanwhile", () => {
    const { clock, store } = makeTimed({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) store.set(key, 1, { ttlMs: 5 }).unwrap();
    clock.advance(5);
    store.set("a", 1, { ttlMs: 5 }).unwrap(); // From here on there is a queue.
    store.set("b", 1, { ttlMs: 5 }).unwrap();
    store.set("c", 1, { ttlMs: 5 }).unwrap();
    store.set("d", 1).ok;
    store.set("a", 2, { ttlMs: 20 }).unwrap();
    store.set("b", 2).unwrap();
    store.delete("c");
    store.set("c", 2, { ttlMs: 10 }).unwrap();
    clock.advance(5);
    strictEqual(store.set("d", 1).ok, false);
    clock.advance(5);
    strictEqual(store.set("d", 1).ok, true);
    deepStrictEqual([...store.keys()].sort(), ["a", "b", "d"]);
    clock.advance(10);
    strictEqual(store.prune(), 1);
    deepStrictEqual([...store.keys()].sort(), ["b", "d"]);
  });

  it("keeps values as they are, not copied", () => {
    const { store } = makeTimed();
    const value = { list: [1] };
    store.set("a", value).unwrap();
    strictEqual(store.get("a"), value);
  });

  it("compares keys as a Map does", () => {
    const store = new MemoryStore<unknown, string>();
    const key = {};
    store.set(key, "object").unwrap();
    store.set(NaN, "not a number").unwrap();
    store.set(0, "zero").unwrap();
    strictEqual(store.get(key), "object");
    strictEqual(store.get({}), undefined);
    strictEqual(store.get(NaN), "not a number");
    strictEqual(store.get(-0), "zero");
    strictEqual(store.get("0"), undefined);
  });

  it("is live if and only if now < storedAt + ttlMs, fractions included", () => {
    const { clock, store } = makeTimed();
    clock.advance(0.25);
    store.set("a", 1, { ttlMs: 1.5 }).unwrap();
    clock.advanceTo(1.5);
    strictEqual(store.has("a"), true);
    clock.advanceTo(1.75);
    strictEqual(store.has("a"), false);
  });

  for (const step of [-1e12, 1e12]) {
    it(`neither revives nor kills a value when the wall clock steps by ${step}`, () => {
      const { clock, store } = makeTimed({ maxEntries: 2 });
      store.set("live", 1, { ttlMs: 100 }).unwrap();
      store.set("expired", 1, { ttlMs: 50 }).unwrap();
      clock.advance(50);
      clock.setNow(clock.now() + step);
      strictEqual(store.get("expired"), undefined);
      strictEqual(store.get("live"), 1);
      clock.advance(49);
      strictEqual(store.get("live"), 1);
      clock.advance(1);
      strictEqual(store.get("live"), undefined);
    });
  }

  it("sets no timer", () => {
    const { clock, store } = makeTimed();
    store.set("a", 1, { ttlMs: 10 }).unwrap();
    strictEqual(clock.pending, 0);
  });

  it("follows the system's monotonic clock when it is told no other", () => {
    let now = 1_000;
    withReplaced(performance, "now", () => now, () => {
      const store = new MemoryStore<string, number>();
      store.set("a", 1, { ttlMs: 10 }).unwrap();
      strictEqual(systemClock.monotonic(), 1_000);
      now = 1_009;
      strictEqual(store.get("a"), 1);
      now = 1_010;
      strictEqual(store.get("a"), undefined);
    });
  });

  it("drops an expired value when it is met", () => {
    for (const meet of ["get", "has", "delete"] as const) {
      const { clock, store } = makeTimed();
      store.set("a", 1, { ttlMs: 10 }).unwrap();
      clock.advance(10);
      strictEqual(store.size, 1);
      store[meet]("a");
      strictEqual(store.size, 0);
    }
  });

  it("drops all that has expired when room is needed, and nothing else", () => {
    const { clock, store } = makeTimed({ maxEntries: 3 });
    store.set("a", 1, { ttlMs: 5 }).unwrap();
    store.set("b", 2, { ttlMs: 10 }).unwrap();
    store.set("c", 3, { ttlMs: 11 }).unwrap();
    clock.advance(10);
    store.set("d", 4).unwrap();
    strictEqual(store.size, 2);
    strictEqual(store.get("c"), 3);
    strictEqual(store.get("d"), 4);
  });

  it("prune() drops what has expired and tells how many", () => {
    const { clock, store } = makeTimed();
    strictEqual(store.prune(), 0);
    store.set("a", 1, { ttlMs: 10 }).unwrap();
    store.set("b", 2, { ttlMs: 10 }).unwrap();
    store.set("c", 3, { ttlMs: 11 }).unwrap();
    store.set("d", 4).unwrap();
    clock.advance(9);
    strictEqual(store.prune(), 0);
    clock.advance(1);
    strictEqual(store.prune(), 2);
    strictEqual(store.prune(), 0);
    strictEqual(store.size, 2);
  });

  it("finds room by expiry after clear() and after prune()", () => {
    const { clock, store } = makeTimed({ maxEntries: 2 });
    store.set("a", 1, { ttlMs: 5 }).unwrap();
    store.clear();
    store.set("b", 1, { ttlMs: 20 }).unwrap();
    store.set("c", 1, { ttlMs: 30 }).unwrap();
    clock.advance(5);
    strictEqual(store.prune(), 0);
    strictEqual(store.set("d", 1).ok, false);
    clock.advance(15);
    strictEqual(store.set("d", 1).ok, true);
    clock.advance(10);
    strictEqual(store.set("e", 1).ok, true);
  });

  it("does not look through its entries for room before any can have expired", () => {
    const { clock, store } = makeTimed({ maxEntries: 2 });
    store.set("a", 1, { ttlMs: 10 }).unwrap();
    store.set("b", 1).unwrap();
    const pruned: number[] = [];
    store.prune = (): number => {
      pruned.push(clock.monotonic());
      return MemoryStore.prototype.prune.call(store);
    };
    for (let i = 0; i < 5; i++) store.set("c", 1);
    deepStrictEqual(pruned, []);
    clock.advance(10);
    store.set("c", 1).unwrap();
    for (let i = 0; i < 5; i++) store.set("d", 1);
    deepStrictEqual(pruned, [10]);
    store.clear();
    store.set("a", 1, { ttlMs: 5 }).unwrap();
    store.clear();
    store.set("a", 1).unwrap();
    store.set("b", 1).unwrap();
    clock.advance(5);
    strictEqual(store.set("c", 1).ok, false);
    deepStrictEqual(pruned, [10]);
  });

  it("tells the bound when it is full", () => {
    const { store } = makeTimed({ maxEntries: 1 });
    store.set("a", 1).unwrap();
    const error = store.set("b", 1).unwrapErr();
    strictEqual(
      error.message,
      "The store is full: it holds its limit of 1 entries",
    );
  });

  it("holds 100 000 entries when it is told no bound", () => {
    const store = new MemoryStore<number, number>();
    for (let i = 0; i < 100_000; i++) store.set(i, i).unwrap();
    strictEqual(store.set(-1, 0).ok, false);
    strictEqual(store.size, 100_000);
  });

  for (const defaultTtlMs of [0, -1]) {
    it(`stores nothing when defaultTtlMs is ${defaultTtlMs}, unless told otherwise`, () => {
      const { store } = makeTimed({ defaultTtlMs });
      store.set("a", 1).unwrap();
      store.set("b", 1, { ttlMs: 1 }).unwrap();
      strictEqual(store.has("a"), false);
      strictEqual(store.has("b"), true);
    });
  }
});

describe("MemoryStore options", () => {
  function isInvalidOption(
    error: unknown,
    field: string,
    received?: string,
  ): boolean {
    ok(ValidationError.is(error));
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    strictEqual(error.field, field);
    if (received !== undefined) {
      ok(error.message.endsWith(`received ${received}`), error.message);
    }
    return true;
  }

  for (const maxEntries of [0, -1, 0.5, NaN, Infinity]) {
    it(`throws when maxEntries is ${maxEntries}`, () => {
      throws(
        () => makeTimed({ maxEntries }),
        (error) => isInvalidOption(error, "maxEntries", String(maxEntries)),
      );
    });
  }

  for (const [name, value] of NOT_NUMBERS.slice(1)) {
    it(`throws when maxEntries or defaultTtlMs is ${name}`, () => {
      throws(
        () => makeTimed({ maxEntries: value as number }),
        (error) => isInvalidOption(error, "maxEntries"),
      );
      throws(
        () => makeTimed({ defaultTtlMs: value as number }),
        (error) => isInvalidOption(error, "defaultTtlMs"),
      );
    });
  }

  it("throws when defaultTtlMs is NaN", () => {
    throws(
      () => makeTimed({ defaultTtlMs: NaN }),
      (error) => isInvalidOption(error, "defaultTtlMs", "NaN"),
    );
  });

  it("set() names ttlMs and what it received when that is no number", () => {
    const { store } = makeTimed();
    throws(
      () => store.set("a", 1, { ttlMs: NaN }),
      (error) => isInvalidOption(error, "ttlMs", "NaN"),
    );
    throws(
      () => store.set("a", 1, { ttlMs: "5" as unknown as number }),
      (error) => isInvalidOption(error, "ttlMs", '"5"'),
    );
  });
});
