import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import * as groundwork from "../mod.ts";
import { systemClock } from "../src/clock.ts";
import { InfrastructureError } from "../src/errors.ts";
import { MemoryStore } from "../src/memory_store.ts";
import {
  type AtomicStore,
  type Awaitable,
  type BatchStore,
  type CreateError,
  type Factory,
  hasMethods,
  isAtomicStore,
  isBatchStore,
  isClock,
  isFactory,
  isListableStore,
  isRepository,
  isService,
  isStore,
  type ListableStore,
  type ListOptions,
  type Repository,
  type Service,
  type Store,
  type StoreSetError,
  type StoreSetOptions,
  type UpdateError,
} from "../src/protocols.ts";
import { InMemoryRepository } from "../src/repository.ts";
import { err, ok, type Result } from "../src/result.ts";
import { ManualClock } from "../src/testing.ts";
import { deferred, type Equal, expectType } from "./foundation_support.ts";
import { CODINGS } from "./runtime_support.ts";

interface User {
  readonly id: string;
  readonly name: string;
}

/** A repository as a remote one is: every method gives a promise. */
class RemoteRepository implements Repository<User> {
  readonly #inner = new InMemoryRepository<User>({ entity: "User" });

  async get(id: string): Promise<User | undefined> {
    return await this.#inner.get(id);
  }
  async getAll(options?: ListOptions): Promise<readonly User[]> {
    return await this.#inner.getAll(options);
  }
  async create(user: User): Promise<Result<User, CreateError>> {
    return await this.#inner.create(user);
  }
  async update(user: User): Promise<Result<User, UpdateError>> {
    return await this.#inner.update(user);
  }
  async delete(id: string): Promise<boolean> {
    return await this.#inner.delete(id);
  }
  async exists(id: string): Promise<boolean> {
    return await this.#inner.exists(id);
  }
}

/** A store as a remote one is. */
class RemoteStore implements Store<string, number> {
  readonly #inner = new MemoryStore<string, number>();

  async get(key: string): Promise<number | undefined> {
    return await this.#inner.get(key);
  }
  async set(
    key: string,
    value: number,
    options?: StoreSetOptions,
  ): Promise<Result<void, StoreSetError>> {
    return await this.#inner.set(key, value, options);
  }
  async delete(key: string): Promise<boolean> {
    return await this.#inner.delete(key);
  }
  async has(key: string): Promise<boolean> {
    return await this.#inner.has(key);
  }
}

class HalfService implements Service<number, number, Error> {
  execute(input: number): Result<number, Error> {
    return input % 2 === 0 ? ok(input / 2) : err(new Error("Odd"));
  }
}

class RemoteService implements Service<number, number> {
  async execute(input: number): Promise<Result<number, InfrastructureError>> {
    return await Promise.resolve(
      input > 0 ? ok(input) : err(new InfrastructureError("TASK_CANCELLED")),
    );
  }
}

class DateFactory implements Factory<string, Date> {
  create(text: string): Date {
    return new Date(text);
  }
  createDefault(): Date {
    return new Date(0);
  }
}

class RemoteFactory implements Factory<string, Date> {
  async create(text: string): Promise<Date> {
    return await Promise.resolve(new Date(text));
  }
  async createDefault(): Promise<Date> {
    return await this.create("1970-01-01");
  }
}

/** Each guard with its methods and what it must accept. */
const GUARDS: readonly {
  readonly name: string;
  readonly guard: (value: unknown) => boolean;
  readonly methods: readonly string[];
  readonly good: readonly object[];
}[] = [
  {
    name: "isRepository()",
    guard: isRepository,
    methods: ["get", "getAll", "create", "update", "delete", "exists"],
    good: [
      new InMemoryRepository({ entity: "User" }),
      new RemoteRepository(),
    ],
  },
  {
    name: "isService()",
    guard: isService,
    methods: ["execute"],
    good: [new HalfService(), new RemoteService()],
  },
  {
    name: "isFactory()",
    guard: isFactory,
    methods: ["create", "createDefault"],
    good: [new DateFactory(), new RemoteFactory()],
  },
  {
    name: "isStore()",
    guard: isStore,
    methods: ["get", "set", "delete", "has"],
    good: [new MemoryStore(), new RemoteStore(), new Map()],
  },
  {
    name: "isAtomicStore()",
    guard: isAtomicStore,
    methods: ["get", "set", "delete", "has", "setIfAbsent", "update"],
    good: [new MemoryStore(), deferred(new MemoryStore())],
  },
  {
    name: "isBatchStore()",
    guard: isBatchStore,
    methods: ["get", "set", "delete", "has", "getMany"],
    good: [new MemoryStore(), deferred(new MemoryStore())],
  },
  {
    name: "isListableStore()",
    guard: isListableStore,
    methods: ["get", "set", "delete", "has", "keys"],
    good: [new MemoryStore(), deferred(new MemoryStore()), new Map()],
  },
  {
    name: "isClock()",
    guard: isClock,
    methods: ["now", "monotonic", "sleep", "setTimer"],
    good: [systemClock, new ManualClock()],
  },
];

const NOT_OBJECTS: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  NaN,
  5n,
  "",
  "execute",
  true,
  false,
  Symbol("s"),
];

function methodsOf(names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (): void => {}]));
}

for (const { name, guard, methods, good } of GUARDS) {
  describe(name, () => {
    it("is true for implementations, be they synchronous or not", () => {
      for (const value of good) strictEqual(guard(value), true);
    });

    it("is true for whatever has the methods, own or inherited", () => {
      const own = methodsOf(methods);
      const bare = Object.assign(Object.create(null), own);
      class Base {}
      Object.assign(Base.prototype, own);
      class Derived extends Base {}
      const getters = Object.defineProperties({}, {
        ...Object.fromEntries(
          methods.map((it) => [it, { get: (): unknown => own[it] }]),
        ),
      });
      const callable = Object.assign((): void => {}, own);
      for (
        const value of [
          own,
          bare,
          new Base(),
          new Derived(),
          Object.create(own),
          getters,
          callable,
          new Proxy(own, {}),
          { ...own, more: 1 },
          Object.freeze(own),
        ]
      ) {
        strictEqual(guard(value), true);
      }
    });

    it("does not call the methods, nor look at their parameters", () => {
      const value = Object.fromEntries(methods.map((it) => [
        it,
        (_a: unknown, _b: unknown, _c: unknown): never => {
          throw new Error("It was called");
        },
      ]));
      strictEqual(guard(value), true);
    });

    for (const missing of methods) {
      it(`is false when ${missing} is missing or no function`, () => {
        const { [missing]: _, ...rest } = methodsOf(methods);
        strictEqual(guard(rest), false);
        for (const value of [undefined, null, true, "f", {}, []]) {
          strictEqual(guard({ ...rest, [missing]: value }), false);
        }
      });
    }

    it("is false for values that are no objects, empty ones and classes", () => {
      for (const value of [...NOT_OBJECTS, {}, [], (): void => {}, Date]) {
        strictEqual(guard(value), false);
      }
      for (const value of good) strictEqual(guard(value.constructor), false);
    });
  });
}

/**
 * What the package has of each protocol that a guard knows; of a service, a
 * factory and a factory of connections there is only what users write.
 */
const OWN: Readonly<Record<string, () => readonly unknown[]>> = {
  isAtomicStore: () => [new MemoryStore()],
  isAuditLogger: () => [
    new groundwork.AuditLog({ store: new groundwork.InMemoryAuditStore() }),
  ],
  isAuditStore: () => [new groundwork.InMemoryAuditStore()],
  isAuthorizer: () => [new groundwork.PolicyBasedAuthorizer({ policies: [] })],
  isBatchStore: () => [new MemoryStore()],
  isCacheProvider: () => [new groundwork.InMemoryCacheProvider()],
  isClock: () => [systemClock, new ManualClock()],
  isCompressor: () => [
    ...CODINGS.map((coding) =>
      new groundwork.CompressorFactory().create(coding).unwrap()
    ),
    new groundwork.IdentityCompressor(),
  ],
  isConnectionFactory: () => [{ create: () => 0, destroy: () => {} }],
  isDeadLetterQueue: () => [new groundwork.InMemoryDeadLetterQueue()],
  isEncryptor: () => [groundwork.Cipher.prototype],
  isFactory: () => [new DateFactory()],
  isHealthCheck: () => [new groundwork.CompositeHealthCheck("all")],
  isJobQueue: () => [new groundwork.PriorityJobQueue()],
  isListableStore: () => [new MemoryStore()],
  isLogSink: () => [
    new groundwork.ConsoleSink(),
    new groundwork.LineSink({ write() {} }),
    new groundwork.MemorySink(),
    new groundwork.PrettySink({ write() {} }),
  ],
  isMessageBroker: () => [new groundwork.InMemoryBroker({ onError() {} })],
  isMetricCollector: () => [new groundwork.MetricRegistry()],
  isRateLimiter: () => {
    const rate = { limit: 1, periodMs: 1_000 };
    const limiters = [
      new groundwork.FixedWindowLimiter(rate),
      new groundwork.GcraLimiter(rate),
      new groundwork.SlidingWindowLimiter(rate),
      new groundwork.TokenBucketLimiter({ ...rate, capacity: 1, refill: 1 }),
    ];
    return [...limiters, new groundwork.CombinedRateLimiter(limiters)];
  },
  isRepository: () => [new InMemoryRepository({ entity: "User" })],
  isRetryBudget: () => [new groundwork.TokenRetryBudget()],
  isService: () => [new HalfService()],
  isSpanExporter: () => [
    new groundwork.BatchSpanExporter(new groundwork.InMemorySpanExporter()),
    new groundwork.ConsoleSpanExporter(),
    new groundwork.InMemorySpanExporter(),
  ],
  isStore: () => [new MemoryStore()],
  isStructuredLogger: () => [new groundwork.Logger({ sinks: [] })],
  isTask: () => [new groundwork.RetryableTask(() => 0)],
  isTokenStore: () => {
    const tokens = new groundwork.InMemoryTokenStore();
    return [tokens, new groundwork.HashedTokenStore(tokens)];
  },
};

/** What asks about something else than the methods of a protocol. */
const OTHER_QUESTIONS = ["isCodingAvailable", "isCompressible", "isStatus"];

describe("the guards of all modules", () => {
  it("15.3 are all looked at here", () => {
    const guards = Object.keys(groundwork).filter((name) =>
      /^is[A-Z]/.test(name) && !OTHER_QUESTIONS.includes(name)
    );
    deepStrictEqual(guards.toSorted(), Object.keys(OWN));
  });

  for (const [name, make] of Object.entries(OWN)) {
    it(`1.5, 15.3 ${name}() knows what the package has, and nothing without methods`, () => {
      const guard: unknown = Reflect.get(groundwork, name);
      if (typeof guard !== "function") throw new TypeError(name);
      for (const value of make()) strictEqual(guard(value), true);
      for (const value of [undefined, null, 0, "", {}, [], (): void => {}]) {
        strictEqual(guard(value), false);
      }
    });
  }
});

describe("hasMethods()", () => {
  it("is true when there are no names, for all but undefined and null", () => {
    strictEqual(hasMethods({}, []), true);
    strictEqual(hasMethods(0, []), true);
    strictEqual(hasMethods(undefined, []), false);
    strictEqual(hasMethods(null, []), false);
  });

  it("sees the methods of primitives, too", () => {
    strictEqual(hasMethods("a", ["trim"]), true);
    strictEqual(hasMethods("a", ["trim", "length"]), false);
  });

  it("lets a throw of a getter out", () => {
    const value = {
      get execute(): never {
        throw new RangeError("Oops");
      },
    };
    throws(() => hasMethods(value, ["execute"]), RangeError);
  });
});

describe("the protocols", () => {
  it("are implemented by the classes in memory, which stay synchronous", () => {
    const repository = new InMemoryRepository<User>({ entity: "User" });
    const store = new MemoryStore<string, number>();
    const asRepository: Repository<User> = repository;
    const asStore: Store<string, number> = store;
    expectType<
      Equal<ReturnType<typeof repository.get>, User | undefined>
    >();
    expectType<Equal<ReturnType<typeof store.get>, number | undefined>>();
    expectType<
      Equal<ReturnType<typeof asStore.get>, Awaitable<number | undefined>>
    >();
    strictEqual(asRepository, repository);
    strictEqual(store.has("a"), false);
  });

  it("let the same code run on a synchronous and on an asynchronous implementation", async () => {
    async function count(store: Store<string, number>): Promise<number> {
      const visits = (await store.get("/") ?? 0) + 1;
      (await store.set("/", visits)).unwrap();
      return visits;
    }
    for (
      const store of [new MemoryStore<string, number>(), new RemoteStore()]
    ) {
      await count(store);
      strictEqual(await count(store), 2);
    }
    async function rename(users: Repository<User>): Promise<unknown> {
      (await users.create({ id: "u", name: "a" })).unwrap();
      (await users.update({ id: "u", name: "b" })).unwrap();
      return await users.getAll();
    }
    for (
      const users of [
        new InMemoryRepository<User>({ entity: "User" }),
        new RemoteRepository(),
      ]
    ) {
      deepStrictEqual(await rename(users), [{ id: "u", name: "b" }]);
    }
    for (const factory of [new DateFactory(), new RemoteFactory()]) {
      const made = await factory.createDefault();
      strictEqual(made.getTime(), 0);
    }
    for (const service of [new HalfService(), new RemoteService()]) {
      const result: Result<number, Error> = await service.execute(-1);
      strictEqual(result.ok, false);
    }
  });

  it("narrow the errors of create, update and set by their code", () => {
    const users: Repository<User> = new InMemoryRepository<User>({
      entity: "User",
    });
    const full = users.create({ id: "u", name: "a" });
    if (!(full instanceof Promise) && !full.ok) {
      if (full.error.code === "DB_REPOSITORY_FULL") {
        expectType<Equal<typeof full.error.params.max, number>>();
      }
    }
    strictEqual(full instanceof Promise, false);
  });

  it("guards narrow an unknown value to the protocol", () => {
    const value: unknown = new MemoryStore();
    strictEqual(isStore(value), true);
    if (isStore(value)) {
      expectType<Equal<typeof value, Store<unknown, unknown>>>();
    }
    const service: unknown = new HalfService();
    strictEqual(isService(service), true);
    if (isService(service)) {
      expectType<Equal<typeof service, Service<unknown, unknown>>>();
    }
  });

  it("guards of a store's capabilities keep the types of its keys and values", async () => {
    const stores: readonly Store<string, number>[] = [
      new MemoryStore<string, number>(),
      new RemoteStore(),
    ];
    const found: boolean[] = [];
    for (const store of stores) {
      found.push(
        isAtomicStore(store),
        isBatchStore(store),
        isListableStore(store),
      );
      if (isAtomicStore(store)) {
        expectType<Equal<typeof store, AtomicStore<string, number>>>();
        strictEqual((await store.update("a", (n = 0) => n + 1)).unwrap(), 1);
      }
      if (isBatchStore(store)) {
        expectType<Equal<typeof store, BatchStore<string, number>>>();
        strictEqual((await store.getMany(["a"])).get("a"), 1);
      }
      if (isListableStore(store)) {
        expectType<Equal<typeof store, ListableStore<string, number>>>();
        for await (const key of store.keys("a")) strictEqual(key, "a");
      }
    }
    deepStrictEqual(found, [true, true, true, false, false, false]);
    const value: unknown = new MemoryStore();
    if (isAtomicStore(value)) {
      expectType<Equal<typeof value, AtomicStore<unknown, unknown>>>();
    }
  });

  it("let a prefix be given only where keys are strings", () => {
    type PrefixOf<TKey> = Parameters<ListableStore<TKey, number>["keys"]>[0];
    expectType<Equal<PrefixOf<string>, string | undefined>>();
    expectType<Equal<PrefixOf<"a" | "b">, string | undefined>>();
    expectType<Equal<PrefixOf<number>, undefined>>();
    expectType<Equal<PrefixOf<string | number>, undefined>>();
    expectType<Equal<PrefixOf<unknown>, undefined>>();
    const store: ListableStore<number, number> = new MemoryStore();
    // @ts-expect-error Numbers have no prefix.
    const misuse = (): unknown => store.keys("1");
    strictEqual(typeof misuse, "function");
  });
});
