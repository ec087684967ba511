/**
 * What every implementation of the `CacheProvider` protocol does. The suite
 * knows the protocol and nothing else, and a way to let time pass; it awaits
 * every call. A cache that cannot tell how many entries it dropped may say -1.
 *
 * @module
 */

import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type CacheProvider,
  type CacheSetOptions,
  isCacheProvider,
  type LoadContext,
  type LoadOptions,
} from "../../src/cache.ts";
import { systemClock } from "../../src/clock.ts";
import { CacheError, ValidationError } from "../../src/errors.ts";
import type { Awaitable } from "../../src/protocols.ts";
import { CountingSignal, ModelStep, RUNS } from "../foundation_support.ts";

/** What the cache under test is made with. */
export interface CacheProviderSetup {
  /** How long a value is given of which nothing is said. Default: for good. */
  readonly ttlMs?: number;
}

/** An empty cache, and its time. */
export interface CacheProviderUnderTest {
  /** The cache, with room for as many entries as the suite needs. */
  readonly cache: CacheProvider;
  /** Lets time pass for the cache. */
  readonly advance: (durationMs: number) => Awaitable<void>;
}

/** Options of {@linkcode cacheProviderConformance}. */
export interface CacheProviderConformanceOptions {
  /** Makes an empty cache. */
  readonly make: (
    setup: CacheProviderSetup,
  ) => Awaitable<CacheProviderUnderTest>;
}

/** What a promise has come to so far. */
export interface Observed<T> {
  state: "pending" | "fulfilled" | "rejected";
  value?: T;
  reason?: unknown;
}

/** Watches a promise, so that nobody has to wait for it. */
export function observe<T>(awaitable: Awaitable<T>): Observed<T> {
  const observed: Observed<T> = { state: "pending" };
  Promise.resolve(awaitable).then(
    (value) => Object.assign(observed, { state: "fulfilled", value }),
    (reason) => Object.assign(observed, { state: "rejected", reason }),
  );
  return observed;
}

const MOST_TURNS = 500;

/** Lets the event loop turn until something has come true; fails if never. */
async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS && !isTrue(); turn++) {
    await systemClock.sleep(0);
  }
  ok(isTrue(), `${what} never came true`);
}

/** What a promise comes to; fails where it never settles. */
async function valueOf<T>(awaitable: Awaitable<T>): Promise<T> {
  const observed = observe(awaitable);
  await until(() => observed.state !== "pending", "the promise has settled");
  if (observed.state === "rejected") throw observed.reason;
  return observed.value as T;
}

/** A load that ends when the test says so. */
interface ManualLoad {
  readonly load: (context: LoadContext<unknown>) => Promise<unknown>;
  readonly contexts: LoadContext<unknown>[];
  succeed(value: unknown): void;
  fail(error: unknown): void;
}

function makeLoad(): ManualLoad {
  const contexts: LoadContext<unknown>[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  return {
    contexts,
    succeed: resolve,
    fail: reject,
    load(context): Promise<unknown> {
      contexts.push(context);
      return promise;
    },
  };
}

/** Asks for a value, and waits until its load has begun. */
async function begin(
  cache: CacheProvider,
  key: string,
  options?: LoadOptions<unknown>,
): Promise<{ readonly load: ManualLoad; readonly got: Observed<unknown> }> {
  const load = makeLoad();
  const got = observe(cache.getOrSet(key, load.load, options));
  await until(() => load.contexts.length > 0, "the load has begun");
  return { load, got };
}

async function put(
  cache: CacheProvider,
  key: string,
  value: unknown,
  options?: CacheSetOptions,
): Promise<void> {
  strictEqual((await cache.set(key, value, options)).unwrap(), undefined);
}

/** All ways to ask for a key; the time left is not looked at. */
async function look(
  cache: CacheProvider,
  key: string,
): Promise<readonly unknown[]> {
  const entry = await cache.entry(key);
  return [
    await cache.has(key),
    await cache.get(key),
    entry?.key,
    entry?.value,
    entry?.tags,
    await cache.getTags(key),
  ];
}

function shown(
  key: string,
  value: unknown,
  tags: readonly string[] = [],
): readonly unknown[] {
  return [true, value, key, value, tags, tags];
}

const GONE: readonly unknown[] = [
  false,
  undefined,
  undefined,
  undefined,
  undefined,
  [],
];

function isCount(actual: number, expected: number): void {
  if (actual !== -1) strictEqual(actual, expected);
}

// --- a model: values by key, with their tags and the time they end at

interface ModelEntry {
  readonly value: number;
  readonly tags: readonly string[];
  readonly expiresAt: number;
}

interface Model {
  now: number;
  readonly entries: Map<string, ModelEntry>;
}

const DEFAULT_TTL_MS = 7;

function liveIn({ now, entries }: Model, key: string): ModelEntry | undefined {
  const entry = entries.get(key);
  return entry !== undefined && now < entry.expiresAt ? entry : undefined;
}

function putInModel(
  { now, entries }: Model,
  key: string,
  value: number,
  { ttlMs, tags = [] }: CacheSetOptions,
): void {
  const staysMs = ttlMs ?? DEFAULT_TTL_MS;
  if (staysMs <= 0) entries.delete(key);
  else {
    const expiresAt = now + staysMs;
    entries.set(key, { value, tags: [...new Set(tags)], expiresAt });
  }
}

function dropWhere(
  model: Model,
  isHit: (entry: ModelEntry, key: string) => boolean,
): number {
  let count = 0;
  for (const [key, entry] of model.entries) {
    if (!isHit(entry, key)) continue;
    if (liveIn(model, key) !== undefined) count++;
    model.entries.delete(key);
  }
  return count;
}

const keys = fc.constantFrom("a", "a:1", "a:2", "b", "b:1");
const tagNames = fc.constantFrom("t", "u", "v");
const settings: fc.Arbitrary<CacheSetOptions> = fc.record({
  ttlMs: fc.constantFrom(-1, 0, 1, 2, 3, 5, 10, Infinity),
  tags: fc.array(tagNames, { maxLength: 3 }),
}, { requiredKeys: [] });

type Glob = readonly [glob: string, isMatch: (key: string) => boolean];

const globs = fc.constantFrom<Glob>(
  ["*", () => true],
  ["a", (key) => key === "a"],
  ["a:*", (key) => key.startsWith("a:")],
  ["?:1", (key) => key.endsWith(":1")],
  ["none", () => false],
);

type Step = ModelStep<Model, CacheProviderUnderTest>;

function step(
  name: string,
  run: (model: Model, real: CacheProviderUnderTest) => Promise<void>,
): Step {
  return new ModelStep<Model, CacheProviderUnderTest>(name, run);
}

const steps = [
  fc.tuple(keys, fc.nat(9), settings).map(([key, value, options]) =>
    step(
      `set(${key}, ${value}, ${fc.stringify(options)})`,
      async (model, { cache }) => {
        await put(cache, key, value, options);
        putInModel(model, key, value, options);
      },
    )
  ),
  fc.tuple(keys, fc.nat(9), settings).map(([key, value, options]) =>
    step(
      `setWithTags(${key}, ${value}, ${fc.stringify(options)})`,
      async (model, { cache }) => {
        const { tags = [], ttlMs } = options;
        await cache.setWithTags(key, value, tags, ttlMs);
        putInModel(model, key, value, options);
      },
    )
  ),
  fc.tuple(keys, fc.nat(9), settings).map(([key, value, options]) =>
    step(
      `getOrSet(${key}, ${value}, ${fc.stringify(options)})`,
      async (model, { cache }) => {
        const live = liveIn(model, key);
        let loads = 0;
        const got = await valueOf(cache.getOrSet(key, () => {
          loads++;
          return value;
        }, options));
        strictEqual(loads, live === undefined ? 1 : 0);
        strictEqual(got, live === undefined ? value : live.value);
        if (live === undefined) putInModel(model, key, value, options);
      },
    )
  ),
  keys.map((key) =>
    step(`look(${key})`, async (model, { cache }) => {
      const live = liveIn(model, key);
      deepStrictEqual(
        await look(cache, key),
        live === undefined ? GONE : shown(key, live.value, live.tags),
      );
      const ttlMs = (await cache.entry(key))?.ttlMs;
      if (live !== undefined) strictEqual(ttlMs, live.expiresAt - model.now);
    })
  ),
  keys.map((key) =>
    step(`delete(${key})`, async (model, { cache }) => {
      strictEqual(await cache.delete(key), liveIn(model, key) !== undefined);
      model.entries.delete(key);
    })
  ),
  tagNames.map((tag) =>
    step(`invalidateByTag(${tag})`, async (model, { cache }) => {
      isCount(
        await cache.invalidateByTag(tag),
        dropWhere(model, ({ tags }) => tags.includes(tag)),
      );
      isCount(await cache.invalidateByTag(tag), 0);
    })
  ),
  globs.map(([glob, isMatch]) =>
    step(`clearPattern(${glob})`, async (model, { cache }) => {
      isCount(
        await cache.clearPattern(glob),
        dropWhere(model, (_entry, key) => isMatch(key)),
      );
      isCount(await cache.clearPattern(glob), 0);
    })
  ),
  fc.constant(
    step("clear()", async (model, { cache }) => {
      strictEqual(await cache.clear(), undefined);
      model.entries.clear();
    }),
  ),
  fc.nat(4).map((durationMs) =>
    step(`advance(${durationMs})`, async (model, { advance }) => {
      await advance(durationMs);
      model.now += durationMs;
    })
  ),
];

type Hit = readonly [
  name: string,
  invalidate: (cache: CacheProvider) => Awaitable<unknown>,
];

/** All ways to make what is under "user:1", with the tag "users", invalid. */
const INVALIDATIONS: readonly Hit[] = [
  ["delete()", (cache) => cache.delete("user:1")],
  ["set() of another value", (cache) => cache.set("user:1", "set")],
  ["set() for no time", (cache) => cache.set("user:1", 1, { ttlMs: 0 })],
  ["setWithTags()", (cache) => cache.setWithTags("user:1", "set", ["other"])],
  ["invalidateByTag()", (cache) => cache.invalidateByTag("users")],
  ["clearPattern()", (cache) => cache.clearPattern("user:*")],
  ["clear()", (cache) => cache.clear()],
];

function failing(): Promise<never> {
  return Promise.reject(new Error("Down"));
}

/** Ways that have nothing to do with it. */
const OTHERS: readonly Hit[] = [
  ["delete() of another key", (cache) => cache.delete("user:2")],
  ["set() of another key", (cache) => cache.set("user:2", 1)],
  ["invalidateByTag() of another tag", (cache) => cache.invalidateByTag("u")],
  ["clearPattern() of other keys", (cache) => cache.clearPattern("user:??")],
];

/** Registers the cases for one implementation. */
export function cacheProviderConformance(
  name: string,
  { make }: CacheProviderConformanceOptions,
): void {
  describe(`${name} conforms to CacheProvider`, () => {
    it("isCacheProvider() is true", async () => {
      strictEqual(isCacheProvider((await make({})).cache), true);
    });

    it("P4, P5: does what a map with times and tags does (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.commands(steps, { size: "+1" }),
          async (commands) => {
            const real = await make({ ttlMs: DEFAULT_TTL_MS });
            await fc.asyncModelRun(
              () => ({ model: { now: 0, entries: new Map() }, real }),
              commands,
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("has nothing when it is new", async () => {
      const { cache } = await make({});
      deepStrictEqual(await look(cache, "a"), GONE);
      strictEqual(await cache.delete("a"), false);
      isCount(await cache.invalidateByTag("t"), 0);
      isCount(await cache.clearPattern("*"), 0);
      strictEqual(await cache.clear(), undefined);
    });

    for (const value of ["a", "", 0, false, null, { list: [1] }]) {
      it(`get() gives ${JSON.stringify(value)} back when it was set`, async () => {
        const { cache } = await make({});
        await put(cache, "a", value);
        deepStrictEqual(await look(cache, "a"), shown("a", value));
        deepStrictEqual(await look(cache, "b"), GONE);
      });
    }

    for (const value of [undefined, null]) {
      it(`entry() and has() tell a stored ${value} from a miss`, async () => {
        const { cache } = await make({});
        await put(cache, "a", value, { tags: ["t"] });
        deepStrictEqual(await look(cache, "a"), shown("a", value, ["t"]));
        strictEqual(
          await valueOf(cache.getOrSet("a", () => "loaded")),
          value,
        );
        strictEqual(await cache.delete("a"), true);
        deepStrictEqual(await look(cache, "a"), GONE);
      });
    }

    it("takes any string for a key and for a tag", async () => {
      const { cache } = await make({});
      const names = ["", ":", "::", "__proto__", "constructor", "*", "\ud800"];
      for (const key of names) {
        deepStrictEqual(await look(cache, key), GONE);
        await put(cache, key, `value of ${key}`, { tags: [key] });
      }
      for (const key of names) {
        deepStrictEqual(
          await look(cache, key),
          shown(key, `value of ${key}`, [key]),
        );
      }
      for (const key of names) {
        isCount(await cache.invalidateByTag(key), 1);
        deepStrictEqual(await look(cache, key), GONE);
      }
    });

    it("gives a value while now < storedAt + ttlMs", async () => {
      const { cache, advance } = await make({});
      await put(cache, "a", 1, { ttlMs: 1_000, tags: ["t"] });
      await advance(999);
      deepStrictEqual(await look(cache, "a"), shown("a", 1, ["t"]));
      strictEqual((await cache.entry("a"))?.ttlMs, 1);
      await advance(1);
      deepStrictEqual(await look(cache, "a"), GONE);
      strictEqual(await cache.delete("a"), false);
    });

    it("gives a value for good when told Infinity", async () => {
      const { cache, advance } = await make({ ttlMs: 5 });
      await put(cache, "a", 1, { ttlMs: Infinity });
      await cache.setWithTags("b", 2, ["t"], Infinity);
      await advance(1e12);
      deepStrictEqual(await look(cache, "a"), shown("a", 1));
      deepStrictEqual(await look(cache, "b"), shown("b", 2, ["t"]));
      strictEqual((await cache.entry("a"))?.ttlMs, Infinity);
    });

    it("gives a value for the cache's own time when told nothing else", async () => {
      const { cache, advance } = await make({ ttlMs: 100 });
      await put(cache, "a", 1);
      await cache.setWithTags("b", 2, []);
      await valueOf(cache.getOrSet("c", () => 3));
      await advance(99);
      for (const key of ["a", "b", "c"]) {
        strictEqual(await cache.has(key), true);
      }
      await advance(1);
      for (const key of ["a", "b", "c"]) {
        strictEqual(await cache.has(key), false);
      }
    });

    for (const ttlMs of [0, -0, -1, -Infinity]) {
      it(`set() drops what is there and stores nothing when ttlMs is ${ttlMs}`, async () => {
        const { cache } = await make({});
        await put(cache, "a", 1, { tags: ["t"] });
        await put(cache, "a", 2, { ttlMs });
        deepStrictEqual(await look(cache, "a"), GONE);
        await cache.setWithTags("b", 2, ["t"], ttlMs);
        deepStrictEqual(await look(cache, "b"), GONE);
        isCount(await cache.invalidateByTag("t"), 0);
      });
    }

    for (const ttlMs of [NaN, "5", null]) {
      it(`set() throws and keeps what is there when ttlMs is ${typeof ttlMs} ${ttlMs}`, async () => {
        const { cache } = await make({});
        await put(cache, "a", 1, { tags: ["t"] });
        await rejects(
          async () => await cache.set("a", 2, { ttlMs: ttlMs as number }),
          ValidationError,
        );
        deepStrictEqual(await look(cache, "a"), shown("a", 1, ["t"]));
      });
    }

    it("getTags() gives the tags in the order given, each once", async () => {
      const { cache } = await make({});
      await cache.setWithTags("a", 1, new Set(["z", "a", "m"]));
      deepStrictEqual(await cache.getTags("a"), ["z", "a", "m"]);
      await put(cache, "a", 1, { tags: ["b", "a", "b"] });
      deepStrictEqual(await cache.getTags("a"), ["b", "a"]);
    });

    it("set() leaves no tag of the value it replaces", async () => {
      const { cache } = await make({});
      await cache.setWithTags("a", 1, ["old", "both"]);
      await cache.setWithTags("a", 2, ["new", "both"]);
      isCount(await cache.invalidateByTag("old"), 0);
      deepStrictEqual(await look(cache, "a"), shown("a", 2, ["new", "both"]));
      await put(cache, "a", 3);
      isCount(await cache.invalidateByTag("new"), 0);
      isCount(await cache.invalidateByTag("both"), 0);
      deepStrictEqual(await look(cache, "a"), shown("a", 3));
    });

    it("invalidateByTag() drops all that carry the tag, and nothing else", async () => {
      const { cache } = await make({});
      await cache.setWithTags("a", 1, ["t"]);
      await cache.setWithTags("b", 2, ["u", "t"]);
      await cache.setWithTags("c", 3, ["u"]);
      await put(cache, "t", 4);
      isCount(await cache.invalidateByTag("t"), 2);
      deepStrictEqual(await look(cache, "a"), GONE);
      deepStrictEqual(await look(cache, "b"), GONE);
      deepStrictEqual(await look(cache, "c"), shown("c", 3, ["u"]));
      deepStrictEqual(await look(cache, "t"), shown("t", 4));
      isCount(await cache.invalidateByTag("t"), 0);
    });

    it("clearPattern() takes a key with an escaped star for itself", async () => {
      const { cache } = await make({});
      await put(cache, "users", 1);
      await put(cache, "users:archive", 2);
      await put(cache, "users*", 3);
      isCount(await cache.clearPattern("users\\*"), 1);
      isCount(await cache.clearPattern("users"), 1);
      deepStrictEqual(
        await look(cache, "users:archive"),
        shown("users:archive", 2),
      );
    });

    it("getOrSet() shares one load among all who ask meanwhile", async () => {
      const { cache } = await make({});
      const { load, got } = await begin(cache, "a");
      const others = Array.from({ length: 3 }, () => {
        return observe(cache.getOrSet("a", () => "loaded once more"));
      });
      const { load: load2, got: got2 } = await begin(cache, "b");
      load.succeed(1);
      load2.succeed(2);
      const all = [got, ...others, got2];
      await until(() => all.every((it) => it.state !== "pending"), "all ended");
      deepStrictEqual(all.map((it) => it.value), [1, 1, 1, 1, 2]);
      strictEqual(load.contexts.length, 1);
      strictEqual(load.contexts[0]!.key, "a");
      strictEqual(load.contexts[0]!.stale, undefined);
      strictEqual(load.contexts[0]!.signal.aborted, false);
      deepStrictEqual(await look(cache, "a"), shown("a", 1));
    });

    for (const [way, invalidate] of INVALIDATIONS) {
      it(`${way} wins over a load that began before`, async () => {
        const { cache } = await make({});
        const { load, got } = await begin(cache, "user:1", { tags: ["users"] });
        await invalidate(cache);
        const isSet = await cache.has("user:1");
        const later = makeLoad();
        const gotLater = observe(cache.getOrSet("user:1", later.load));
        load.succeed("old");
        await until(() => got.state !== "pending", "the first has it");
        if (!isSet) {
          await until(() => later.contexts.length === 1, "a new load began");
          later.succeed("set");
        }
        await until(() => gotLater.state !== "pending", "the later has it");
        deepStrictEqual([got.value, gotLater.value], ["old", "set"]);
        strictEqual(await cache.get("user:1"), isSet ? "set" : gotLater.value);
      });
    }

    for (const [way, leaveAlone] of OTHERS) {
      it(`${way} leaves a load alone`, async () => {
        const { cache } = await make({});
        const { load, got } = await begin(cache, "user:1", { tags: ["users"] });
        await leaveAlone(cache);
        const joined = observe(cache.getOrSet("user:1", () => "another load"));
        await systemClock.sleep(0);
        load.succeed("loaded");
        await until(() => joined.state !== "pending", "the second has it");
        strictEqual(got.value, "loaded");
        strictEqual(joined.value, "loaded");
        deepStrictEqual(
          await look(cache, "user:1"),
          shown("user:1", "loaded", ["users"]),
        );
      });
    }

    it("getOrSet() rejects with CACHE_LOAD_FAILED, and loads anew for the next", async () => {
      const { cache } = await make({});
      const cause = new Error("Down");
      for (
        const load of [
          (): Promise<never> => Promise.reject(cause),
          (): never => {
            throw cause;
          },
        ]
      ) {
        const got = observe(cache.getOrSet("a", load));
        await until(() => got.state !== "pending", "the load has ended");
        strictEqual(got.state, "rejected");
        ok(CacheError.is(got.reason));
        strictEqual(got.reason.code, "CACHE_LOAD_FAILED");
        strictEqual(got.reason.cause, cause);
        match(got.reason.message, /Down/);
        deepStrictEqual(await look(cache, "a"), GONE);
      }
      strictEqual(await valueOf(cache.getOrSet("a", () => 1)), 1);
    });

    it("getOrSet() takes what policy says of the value", async () => {
      const { cache, advance } = await make({});
      const policy = (value: unknown): CacheSetOptions | false =>
        value === 404 ? false : { ttlMs: 10, tags: [`is-${value}`] };
      strictEqual(
        await valueOf(cache.getOrSet("a", () => 404, { policy })),
        404,
      );
      deepStrictEqual(await look(cache, "a"), GONE);
      await valueOf(cache.getOrSet("a", () => 1, { policy, tags: ["not"] }));
      deepStrictEqual(await look(cache, "a"), shown("a", 1, ["is-1"]));
      await advance(10);
      deepStrictEqual(await look(cache, "a"), GONE);
    });

    it("getOrSet() tells a failure for errorTtlMs without a load", async () => {
      const { cache, advance } = await make({});
      await rejects(valueOf(cache.getOrSet("a", failing, { errorTtlMs: 10 })));
      deepStrictEqual(await look(cache, "a"), GONE);
      await advance(9);
      await rejects(valueOf(cache.getOrSet("a", () => 1)), /Down/);
      strictEqual(await valueOf(cache.getOrSet("b", () => 1)), 1);
      await advance(1);
      strictEqual(await valueOf(cache.getOrSet("a", () => 1)), 1);
    });

    for (const [way, invalidate] of INVALIDATIONS) {
      it(`${way} ends the memory of a failure`, async () => {
        const { cache } = await make({});
        const options = { errorTtlMs: 10, tags: ["users"] };
        await rejects(valueOf(cache.getOrSet("user:1", failing, options)));
        await rejects(valueOf(cache.getOrSet("user:1", () => "set")));
        await invalidate(cache);
        const got = await valueOf(cache.getOrSet("user:1", () => "set"));
        strictEqual(got, "set");
      });
    }

    it("getOrSet() gives the stale value for staleMs while it loads another", async () => {
      const { cache, advance } = await make({});
      const options = { ttlMs: 10, staleMs: 10, tags: ["t"] };
      await valueOf(cache.getOrSet("a", () => "old", options));
      await advance(10);
      deepStrictEqual(await look(cache, "a"), GONE);
      const { load, got } = await begin(cache, "a", options);
      await until(() => got.state !== "pending", "the stale one is given");
      strictEqual(got.value, "old");
      strictEqual(load.contexts[0]!.stale?.value, "old");
      load.succeed("new");
      let value: unknown;
      for (let i = 0; i < MOST_TURNS && value === undefined; i++) {
        value = await cache.get("a");
      }
      strictEqual(value, "new");
      await advance(20);
      strictEqual(
        await valueOf(cache.getOrSet("a", () => "newest", options)),
        "newest",
      );
    });

    it("getOrSet() gives the stale value when the load fails, but not an invalid one", async () => {
      const { cache, advance } = await make({});
      const options = { ttlMs: 10, staleMs: 10, tags: ["t"] };
      await valueOf(cache.getOrSet("a", () => "old", options));
      await advance(15);
      for (let i = 0; i < 2; i++) {
        strictEqual(
          await valueOf(cache.getOrSet("a", failing, options)),
          "old",
        );
        await systemClock.sleep(0);
      }
      isCount(await cache.invalidateByTag("t"), 0);
      await rejects(valueOf(cache.getOrSet("a", failing, options)), /Down/);
    });

    it("getOrSet() ends the wait of one by its signal, not that of the others", async () => {
      const { cache } = await make({});
      const signal = new CountingSignal();
      const reason = new Error("Gone");
      const { load, got } = await begin(cache, "a", {
        signal: signal.asSignal(),
      });
      const other = observe(cache.getOrSet("a", () => "another load"));
      await systemClock.sleep(0);
      signal.abort(reason);
      await until(() => got.state !== "pending", "the wait has ended");
      strictEqual(got.reason, reason);
      strictEqual(load.contexts[0]!.signal.aborted, false);
      load.succeed(1);
      await until(() => other.state !== "pending", "the other has it");
      strictEqual(other.value, 1);
      strictEqual(signal.listenerCount, 0);
    });

    it("getOrSet() aborts the load when the last has gone, and not before", async () => {
      const { cache } = await make({});
      const signals = [new CountingSignal(), new CountingSignal()];
      const reasons = [new Error("first"), new Error("second")];
      const { load, got } = await begin(cache, "a", {
        signal: signals[0]!.asSignal(),
      });
      const other = observe(cache.getOrSet("a", () => "another load", {
        signal: signals[1]!.asSignal(),
      }));
      await until(() => signals[1]!.added === 1, "both wait");
      signals[0]!.abort(reasons[0]);
      await until(() => got.state !== "pending", "the first has gone");
      strictEqual(load.contexts[0]!.signal.aborted, false);
      strictEqual(other.state, "pending");
      signals[1]!.abort(reasons[1]);
      await until(() => other.state !== "pending", "the second has gone");
      strictEqual(load.contexts[0]!.signal.aborted, true);
      strictEqual(load.contexts[0]!.signal.reason, reasons[1]);
      strictEqual(got.reason, reasons[0]);
      strictEqual(other.reason, reasons[1]);
      load.succeed("too late");
      await systemClock.sleep(0);
      deepStrictEqual(await look(cache, "a"), GONE);
      strictEqual(await valueOf(cache.getOrSet("a", () => 1)), 1);
    });

    it("getOrSet() does not load for a signal that has aborted, but gives what is there", async () => {
      const { cache } = await make({});
      const reason = new Error("Gone");
      const signal = AbortSignal.abort(reason);
      const { load, contexts } = makeLoad();
      const got = observe(cache.getOrSet("a", load, { signal }));
      await until(() => got.state !== "pending", "the wait has ended");
      strictEqual(got.reason, reason);
      await systemClock.sleep(0);
      strictEqual(contexts.length, 0);
      await put(cache, "a", 1);
      strictEqual(await valueOf(cache.getOrSet("a", load, { signal })), 1);
    });
  });
}
