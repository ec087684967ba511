import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "../src/clock.ts";
import { ValidationError } from "../src/errors.ts";
import { MemoryStore, type MemoryStoreOptions } from "../src/memory_store.ts";
import type { Store } from "../src/protocols.ts";
import { ManualClock } from "../src/testing.ts";
import {
  storeConformance,
  type StoreSetup,
} from "./conformance/store_conformance.ts";
import { deferred, NOT_NUMBERS, withReplaced } from "./foundation_support.ts";

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

storeConformance("MemoryStore", {
  make(setup: StoreSetup) {
    const { clock, store } = makeTimed(setup);
    return { store, advance: advanceOf(clock) };
  },
});

storeConformance("an asynchronous store", {
  make(setup: StoreSetup) {
    const { clock, store } = makeTimed(setup);
    return Promise.resolve({
      store: deferred<Store<string, unknown>>(store),
      advance: advanceOf(clock),
    });
  },
});

// --- a model: a plain Map and a number

interface Model {
  now: number;
  readonly entries: Map<string, { value: number; expiresAt: number }>;
}

const MAX_ENTRIES = 4;

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
    ok(model.entries.size <= size && size <= MAX_ENTRIES, `size is ${size}`);
  }

  toString(): string {
    return this.#name;
  }
}

const keys = fc.constantFrom("a", "b", "c", "d", "e", "f");
const ttls = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
  fc.constantFrom(0, -1, Infinity, 0.5),
);

const steps = [
  fc.tuple(keys, fc.nat(99), ttls).map(([key, value, ttlMs]) =>
    new Step(`set(${key}, ${value}, ${ttlMs})`, ({ now, entries }, real) => {
      const result = real.store.set(key, value, { ttlMs });
      const fits = entries.has(key) || entries.size < MAX_ENTRIES;
      strictEqual(result.ok, ttlMs <= 0 || fits);
      if (ttlMs <= 0) entries.delete(key);
      else if (fits) entries.set(key, { value, expiresAt: now + ttlMs });
    })
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
      fc.property(fc.commands(steps, { size: "+1" }), (commands) => {
        fc.modelRun(() => ({
          model: { now: 0, entries: new Map() },
          real: makeTimed({ maxEntries: MAX_ENTRIES }),
        }), commands);
      }),
      { numRuns: 600 },
    );
  });

  it("is synchronous: it gives values, not promises", () => {
    const { store } = makeTimed();
    strictEqual(store.set("a", 1).ok, true);
    strictEqual(store.get("a"), 1);
    strictEqual(store.has("a"), true);
    strictEqual(store.delete("a"), true);
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
