import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type AuditAnswer,
  type AuditAppendResult,
  type AuditInput,
  AuditLog,
  type AuditLogger,
  type AuditLogOptions,
  isAuditLogger,
} from "../src/audit.ts";
import {
  AuditChainError,
  type AuditCheckpoint,
  type AuditFault,
  type AuditKey,
  verifyChain,
  type VerifyChainOptions,
} from "../src/audit_chain.ts";
import {
  AUDIT_GENESIS,
  type AuditActor,
  type AuditEntry,
  type AuditHead,
  type AuditOutcome,
  type AuditStore,
  InMemoryAuditStore,
  isAuditStore,
} from "../src/audit_store.ts";
import {
  RepositoryError,
  SecurityError,
  ValidationError,
} from "../src/errors.ts";
import type { Awaitable } from "../src/protocols.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { Secret } from "../src/secret.ts";
import { ManualClock } from "../src/testing.ts";
import { auditStoreConformance } from "./conformance/audit_store_conformance.ts";
import {
  assertConceals,
  assertDeeplyFrozen,
  assertErrorConceals,
  deferred,
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  watch,
} from "./foundation_support.ts";

auditStoreConformance("InMemoryAuditStore", {
  make: (maxEntries) => new InMemoryAuditStore<string, object>({ maxEntries }),
});

auditStoreConformance("an asynchronous InMemoryAuditStore", {
  make: (maxEntries) =>
    deferred<AuditStore<string, object>>(
      new InMemoryAuditStore({ maxEntries }),
    ),
});

// --- What tests need

type Entry = AuditEntry<unknown, unknown>;
type Entries = readonly Entry[];

/** A log of anything, near or far. */
type AnyLog = AuditLog<unknown, unknown, AuditStore>;

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const OTHER_KEY = KEY.map((byte) => byte ^ 1);

function inputOf(
  parts: Partial<AuditInput<unknown, unknown>> = {},
): AuditInput<unknown, unknown> {
  return {
    event: "order.refunded",
    actor: { id: "ada" },
    resource: "orders/1",
    outcome: "success",
    context: {},
    ...parts,
  };
}

function memory(): InMemoryAuditStore<unknown, unknown> {
  return new InMemoryAuditStore<unknown, unknown>();
}

function logOf(
  store: AuditStore,
  options: Partial<AuditLogOptions<AuditStore>> = {},
): AnyLog {
  return new AuditLog<unknown, unknown, AuditStore>({ store, ...options });
}

/** As from a database. */
function reread<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

function chainOf(
  inputs: readonly AuditInput<unknown, unknown>[],
  key?: Uint8Array,
): Entry[] {
  const store = memory();
  const log = new AuditLog<unknown, unknown, typeof store>({
    store,
    ...(key && { key }),
  });
  for (const input of inputs) log.append(input).unwrap();
  return reread([...store.list()]);
}

function chainOfLength(length: number, key?: Uint8Array): Entry[] {
  return chainOf(
    Array.from({ length }, (_, i) => inputOf({ event: { i } })),
    key,
  );
}

async function faultOf(
  entries: unknown,
  options?: VerifyChainOptions,
): Promise<{ index: number; seq: number; reason: AuditFault }> {
  const result = await verifyChain(entries as Entries, options);
  const { index, seq, reason } = result.unwrapErr();
  return { index, seq, reason };
}

async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await undefined;
    yield item;
  }
}

// --- Arbitraries

const texts: fc.Arbitrary<string> = fc.string({ unit: "grapheme" });

const inputs: fc.Arbitrary<AuditInput<unknown, unknown>> = fc.record({
  event: fc.jsonValue({ maxDepth: 3 }),
  actor: fc.record({
    id: texts.map((text) => `u${text}`),
    type: texts,
  }, { requiredKeys: ["id"] }),
  resource: texts.map((text) => `r${text}`),
  outcome: fc.constantFrom<AuditOutcome>("success", "failure", "denied"),
  context: fc.jsonValue({ maxDepth: 2 }),
});

const keys: fc.Arbitrary<Uint8Array | undefined> = fc.option(
  fc.uint8Array({ minLength: 32, maxLength: 80 }),
  { nil: undefined },
);

/** Inputs of a chain that is not empty. */
const manyInputs: fc.Arbitrary<readonly AuditInput<unknown, unknown>[]> = fc
  .array(inputs, { minLength: 1, maxLength: 6 });

function keyOption(key: Uint8Array | undefined): { key?: Uint8Array } {
  return key === undefined ? {} : { key };
}

/** Every place in a tree of plain data, as a path. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  const inner = typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, item]) =>
      pathsOf(item, [...path, name])
    )
    : [];
  return [[...path], ...inner];
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown>)[name],
    value,
  );
}

/** Changes what is at a path: another value, none, or one more beside it. */
function edit(
  entry: Entry,
  path: readonly string[],
  kind: "change" | "remove" | "add",
): Entry {
  const copy = reread(entry);
  const owner = at(copy, path.slice(0, -1)) as Record<string, unknown>;
  const name = path.at(-1)!;
  if (kind === "remove" && !Array.isArray(owner)) {
    delete owner[name];
  } else if (kind === "add") {
    const inner = owner[name];
    if (Array.isArray(inner)) inner.push(0);
    else if (typeof inner === "object" && inner !== null) {
      Object.assign(inner, { added: 1 });
    } else owner[name] = [inner];
  } else {
    const old = owner[name];
    owner[name] = typeof old === "number"
      ? Number(old === 0)
      : typeof old === "string"
      ? `${old}x`
      : old === null
      ? false
      : null;
  }
  return copy;
}

// --- Tests

describe("AuditLog", () => {
  it("append() chains entries that say what was done", () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
    const store = memory();
    let ids = 0;
    const log = new AuditLog<unknown, unknown, typeof store>({
      store,
      clock,
      newId: () => `id-${++ids}`,
    });
    const first = log.append({
      event: { type: "refund", cents: 5 },
      actor: { id: "ada", type: "user" },
      resource: "orders/1",
      outcome: "denied",
      context: { ip: "::1" },
    }).unwrap();
    deepStrictEqual({ ...first }, {
      seq: 1,
      id: "id-1",
      at: "2026-01-02T03:04:05.006Z",
      event: { type: "refund", cents: 5 },
      actor: { id: "ada", type: "user" },
      resource: "orders/1",
      outcome: "denied",
      context: { ip: "::1" },
      prev: AUDIT_GENESIS.hash,
      hash: first.hash,
    });
    const second = log.append(inputOf()).unwrap();
    deepStrictEqual([second.seq, second.prev], [2, first.hash]);
    deepStrictEqual(store.list(), [first, second]);
    strictEqual(store.head(), second);
  });

  it("hashes the bytes that its documentation says", async () => {
    const clock = new ManualClock({ now: 0 });
    const log = logOf(memory(), { clock, newId: () => "i1" });
    const entry = (await log.append({
      event: { z: [1.5, "ü\n"], a: null },
      actor: { type: "user", id: "ada" },
      resource: "r",
      outcome: "success",
      context: {},
    })).unwrap();
    const text = "audit.v1\0" + "A".repeat(43) +
      '{"actor":{"id":"ada","type":"user"},"at":"1970-01-01T00:00:00.000Z",' +
      '"context":{},"event":{"a":null,"z":[1.5,"ü\\n"]},"id":"i1",' +
      `"outcome":"success","prev":"${"A".repeat(43)}","resource":"r","seq":1}`;
    const digest = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(text),
    );
    const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)));
    strictEqual(
      entry.hash,
      base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
    );
    // What was written once has to be verified for years.
    strictEqual(entry.hash, "O1MJK6iOJ9VcF1e7g7bfOFamcFKHAMGfVTIzW63al90");
  });

  it("append() has stored the entry when it returns, with a synchronous store", () => {
    const store = memory();
    const log = new AuditLog<unknown, unknown, typeof store>({ store });
    ok(log.append(inputOf()).ok);
    strictEqual(store.list().length, 1);
  });

  it("append() gives frozen entries, which share nothing with the input", () => {
    const store = memory();
    const log = new AuditLog<unknown, unknown, typeof store>({ store });
    const input = {
      event: { list: [{ deep: 1 }] },
      actor: { id: "ada", type: "user" },
      resource: "r",
      outcome: "success",
      context: { deep: { er: [1] } },
    } as const;
    const entry = log.append(input).unwrap();
    assertDeeplyFrozen(entry);
    Object.assign(input.event.list[0], { deep: 2 });
    Object.assign(input.context.deep, { er: [] });
    Object.assign(input.actor, { id: "eve" });
    deepStrictEqual(reread(entry.event), { list: [{ deep: 1 }] });
    deepStrictEqual(reread(entry.context), { deep: { er: [1] } });
    strictEqual(entry.actor.id, "ada");
  });

  it("append() copies before it waits", async () => {
    const store = deferred<AuditStore>(memory());
    const log = logOf(store);
    const event = { n: 1 };
    const answer = log.append(inputOf({ event }));
    event.n = 2;
    deepStrictEqual((await answer).unwrap().event, { n: 1 });
  });

  it("append() reads each value once: what it stores is what it hashed", async () => {
    let reads = 0;
    const event = {
      get n(): number {
        return ++reads;
      },
    };
    const store = memory();
    (await logOf(store).append(inputOf({ event }))).unwrap();
    deepStrictEqual(reread(store.head()?.event), { n: 1 });
    strictEqual((await verifyChain(store.list())).ok, true);
  });

  it("append() records of an actor no more than its id and type", async () => {
    const subject = { id: "ada", email: "ada@example.com", roles: ["admin"] };
    const entry = await logOf(memory()).append(inputOf({ actor: subject }));
    deepStrictEqual({ ...entry.unwrap().actor }, { id: "ada" });
  });

  it("append() has an empty context where there is none", () => {
    const log = new AuditLog<string>({ store: new InMemoryAuditStore() });
    const { context } = log.append({
      event: "login",
      actor: { id: "ada" },
      resource: "crm",
      outcome: "success",
    }).unwrap();
    deepStrictEqual({ ...context }, {});
  });

  it("append() takes names that objects have, and any Unicode", async () => {
    const event = JSON.parse(
      '{"__proto__":{"a":1},"constructor":"x","\\u0000":"\\ud83d\\ude00\\u2028"}',
    );
    const store = memory();
    const entry = (await logOf(store).append(inputOf({ event }))).unwrap();
    deepStrictEqual(entry.event, event);
    strictEqual((await verifyChain(reread(store.list()))).ok, true);
  });

  it("append() refuses what JSON cannot say, and names where it is", async () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const bad: readonly (readonly [name: string, value: unknown])[] = [
      ["undefined", undefined],
      ["a function", () => 1],
      ["a symbol", Symbol("s")],
      ["a bigint", 1n],
      ["NaN", { n: NaN }],
      ["Infinity", [Infinity]],
      ["a Date", { at: new Date(0) }],
      ["a Map", new Map()],
      ["a hole", [, 1]],
      ["undefined in a list", [undefined]],
      ["half a character", "\ud800"],
      ["half a character in a name", { "\udc00": 1 }],
      ["a cycle", cycle],
      ["an Error", new Error("x")],
    ];
    const store = memory();
    for (const [name, value] of bad) {
      for (const field of ["event", "context"] as const) {
        if (field === "context" && value === undefined) continue;
        const result = await logOf(store).append(inputOf({ [field]: value }));
        const { code, params } = result.unwrapErr();
        strictEqual(code, "VALIDATION_TYPE_MISMATCH", name);
        deepStrictEqual(params, {
          field,
          expectedType:
            "JSON value, without cycles and at most 100 levels deep",
        });
      }
    }
    deepStrictEqual(store.list(), []);
  });

  it("append() leaves members out that are undefined, as JSON does", async () => {
    const event = { a: 1, b: undefined };
    const entry = (await logOf(memory()).append(inputOf({ event }))).unwrap();
    deepStrictEqual(Object.keys(entry.event as object), ["a"]);
  });

  it("append() takes 100 levels, and refuses 101 and 100 000", async () => {
    const nested = (levels: number): unknown => {
      let value: unknown = "deep";
      for (let i = 0; i < levels; i++) {
        value = i % 2 === 0 ? [value] : { value };
      }
      return value;
    };
    const store = memory();
    const log = logOf(store);
    ok((await log.append(inputOf({ event: nested(100) }))).ok);
    for (const levels of [101, 5_000, 100_000]) {
      const refused = await log.append(inputOf({ context: nested(levels) }));
      strictEqual(refused.unwrapErr().code, "VALIDATION_TYPE_MISMATCH");
    }
    strictEqual((await verifyChain(store.list())).ok, true);
  });

  it("append() refuses a Secret, wherever it is, and does not tell it", async () => {
    const secret = new Secret("hunter2");
    for (const value of [secret, { secret }, [[secret]]]) {
      for (const field of ["event", "context"] as const) {
        const result = await logOf(memory()).append(
          inputOf({ [field]: value }),
        );
        assertErrorConceals(result.unwrapErr(), "hunter2");
        assertConceals(result, "hunter2");
      }
    }
  });

  it("append() refuses an actor, a resource or an outcome that is none", async () => {
    const cases: readonly (readonly [
      parts: object,
      code: string,
      field: string,
    ])[] = [
      [{ actor: { id: "" } }, "VALIDATION_EMPTY_VALUE", "actor.id"],
      [{ actor: { id: " " } }, "VALIDATION_EMPTY_VALUE", "actor.id"],
      [{ actor: { id: 7 } }, "VALIDATION_TYPE_MISMATCH", "actor.id"],
      [{ actor: {} }, "VALIDATION_TYPE_MISMATCH", "actor.id"],
      [{ actor: { id: "\ud800" } }, "VALIDATION_TYPE_MISMATCH", "actor"],
      [
        { actor: { id: "ada", type: 1 } },
        "VALIDATION_TYPE_MISMATCH",
        "actor.type",
      ],
      [
        { actor: { id: "ada", type: null } },
        "VALIDATION_TYPE_MISMATCH",
        "actor.type",
      ],
      [{ resource: "" }, "VALIDATION_EMPTY_VALUE", "resource"],
      [{ resource: undefined }, "VALIDATION_TYPE_MISMATCH", "resource"],
      [{ resource: "\udc00" }, "VALIDATION_TYPE_MISMATCH", "resource"],
      [{ outcome: "ok" }, "VALIDATION_NOT_A_MEMBER", "outcome"],
      [{ outcome: undefined }, "VALIDATION_NOT_A_MEMBER", "outcome"],
      [{ outcome: "toString" }, "VALIDATION_NOT_A_MEMBER", "outcome"],
    ];
    const store = memory();
    for (const [parts, code, field] of cases) {
      const error = (await logOf(store).append(inputOf(parts))).unwrapErr();
      strictEqual(error.code, code, JSON.stringify(parts));
      strictEqual((error as ValidationError).field, field);
    }
    strictEqual(store.head(), undefined);
  });

  it("append() refuses an id that cannot be recorded", async () => {
    const log = logOf(memory(), { newId: () => "\ud800" });
    const { code, params } = (await log.append(inputOf())).unwrapErr();
    strictEqual(code, "VALIDATION_TYPE_MISMATCH");
    strictEqual((params as { field: string }).field, "id");
  });

  it("gives ids of UUIDs by default", async () => {
    const log = logOf(memory());
    const entries = [
      (await log.append(inputOf())).unwrap(),
      (await log.append(inputOf())).unwrap(),
    ];
    for (const { id } of entries) ok(/^[\da-f-]{36}$/.test(id), id);
    notStrictEqual(entries[0]!.id, entries[1]!.id);
  });

  it("append() gives the store's error, and goes on once there is none", async () => {
    const store = new InMemoryAuditStore<unknown, unknown>({ maxEntries: 1 });
    const log = logOf(store);
    (await log.append(inputOf())).unwrap();
    const { code } = (await log.append(inputOf())).unwrapErr();
    strictEqual(code, "DB_REPOSITORY_FULL");

    const failure = new RepositoryError("DB_CONNECTION_FAILED", {
      reason: "no route",
    });
    const inner = memory();
    let isDown = true;
    const flaky: AuditStore = {
      head: () => inner.head(),
      appendIf: (entry, prev) =>
        isDown ? err(failure) : inner.appendIf(entry, prev),
      list: (options) => inner.list(options),
    };
    const other = logOf(flaky);
    strictEqual((await other.append(inputOf())).unwrapErr(), failure);
    isDown = false;
    strictEqual((await other.append(inputOf())).unwrap().seq, 1);
  });

  it("append() is DB_QUERY_FAILED where the store throws or rejects", async () => {
    const cause = new Error("no route");
    const thrower = (): never => {
      throw cause;
    };
    const rejecter = (): Promise<never> => Promise.reject(cause);
    const inner = memory();
    const base = deferred<AuditStore>(inner);
    const stores: readonly AuditStore[] = [
      { ...inner, head: thrower, appendIf: thrower, list: () => [] },
      { head: rejecter, appendIf: thrower, list: () => [] },
      { head: () => undefined, appendIf: thrower, list: () => [] },
      { head: () => base.head(), appendIf: thrower, list: () => [] },
      { head: () => base.head(), appendIf: rejecter, list: () => [] },
    ];
    for (const store of stores) {
      const error = (await logOf(store).append(inputOf())).unwrapErr();
      strictEqual(error.code, "DB_QUERY_FAILED");
      strictEqual(error.message, "The query failed: no route");
      strictEqual(error.cause, cause);
    }
  });

  it("append() goes behind an entry of which the store did not say that it is there", async () => {
    const inner = memory();
    let isLossy = true;
    const store: AuditStore = {
      head: () => inner.head(),
      appendIf(entry, prev) {
        const added = inner.appendIf(entry, prev);
        return isLossy ? Promise.reject(new Error("time-out")) : added;
      },
      list: (options) => inner.list(options),
    };
    const log = logOf(store);
    (await log.append(inputOf({ event: 1 }))).unwrapErr();
    isLossy = false;
    const next = (await log.append(inputOf({ event: 2 }))).unwrap();
    strictEqual(next.seq, 2);
    strictEqual((await verifyChain(inner.list())).unwrap().seq, 2);
  });

  it("append() asks an asynchronous store once where nobody else writes", async () => {
    const inner = memory();
    const calls: string[] = [];
    const store: AuditStore = {
      head() {
        calls.push("head");
        return Promise.resolve(inner.head());
      },
      appendIf(entry, prev) {
        calls.push("appendIf");
        return Promise.resolve(inner.appendIf(entry, prev));
      },
      list: (options) => inner.list(options),
    };
    const log = logOf(store);
    for (let i = 0; i < 3; i++) (await log.append(inputOf())).unwrap();
    deepStrictEqual(calls, ["head", "appendIf", "appendIf", "appendIf"]);
  });

  it("append() waits for whatever has a then()", async () => {
    const inner = memory();
    const thenable = <T>(value: T): Promise<T> =>
      ({
        then: (next: (value: T) => void): void => next(value),
      }) as unknown as Promise<T>;
    const log = logOf({
      head: () => thenable(inner.head()),
      appendIf: (entry, prev) => thenable(inner.appendIf(entry, prev)),
      list: () => [],
    });
    strictEqual((await log.append(inputOf())).unwrap().seq, 1);
    strictEqual((await log.append(inputOf())).unwrap().seq, 2);
  });

  it("append() comes behind what another log has written", async () => {
    const store = memory();
    const [one, two] = [logOf(store), logOf(store)];
    for (const log of [one, two, two, one, two]) {
      (await log.append(inputOf())).unwrap();
    }
    strictEqual((await verifyChain(store.list())).unwrap().seq, 5);
  });

  it("append() gives up after maxAttempts, with nothing stored", async () => {
    for (const maxAttempts of [1, 3, undefined]) {
      for (const isFar of [false, true]) {
        let attempts = 0;
        const busy: AuditStore = {
          head: () => undefined,
          appendIf() {
            attempts++;
            return isFar ? Promise.resolve(okOf(false)) : okOf(false);
          },
          list: () => [],
        };
        const options = maxAttempts === undefined ? {} : { maxAttempts };
        const log = logOf(busy, options);
        const { code, message } = (await log.append(inputOf())).unwrapErr();
        strictEqual(code, "DB_TRANSACTION_FAILED");
        strictEqual(
          message,
          "The transaction failed: others were faster each time",
        );
        strictEqual(attempts, maxAttempts ?? 10);
      }
    }
  });

  it("append() lets no more than maxWaiting wait, then takes more again", async () => {
    const inner = memory();
    const gate = Promise.withResolvers<void>();
    const store: AuditStore = {
      async head() {
        await gate.promise;
        return inner.head();
      },
      appendIf: (entry, prev) => Promise.resolve(inner.appendIf(entry, prev)),
      list: (options) => inner.list(options),
    };
    for (const maxWaiting of [0, 2]) {
      const log = logOf(store, { maxWaiting });
      const taken = Array.from(
        { length: maxWaiting + 1 },
        (_, i) => log.append(inputOf({ event: i })),
      );
      const refused = (await log.append(inputOf())).unwrapErr();
      strictEqual(refused.code, "TASK_QUEUE_FULL");
      gate.resolve();
      for (const answer of taken) (await answer).unwrap();
      await undefined;
      (await log.append(inputOf())).unwrap();
    }
    deepStrictEqual(inner.list().map(({ event }) => event), [
      0,
      "order.refunded",
      0,
      1,
      2,
      "order.refunded",
    ]);
  });

  it("append() lets 1 000 wait where nothing else is said", async () => {
    const head = () => new Promise<undefined>(() => {});
    const log = logOf(Object.assign(memory(), { head }) as AuditStore);
    for (let i = 0; i <= 1_000; i++) void log.append(inputOf());
    const refused = (await log.append(inputOf())).unwrapErr();
    strictEqual(refused.code, "TASK_QUEUE_FULL");
  });

  it("append() keeps the order of calls after one that failed", async () => {
    const inner = memory();
    let calls = 0;
    const store: AuditStore = {
      head: () => Promise.resolve(inner.head()),
      appendIf: (entry, prev) =>
        ++calls === 2
          ? Promise.reject(new Error("down"))
          : Promise.resolve(inner.appendIf(entry, prev)),
      list: (options) => inner.list(options),
    };
    const log = logOf(store);
    const results = await Promise.all(
      [0, 1, 2, 3].map((event) => log.append(inputOf({ event }))),
    );
    deepStrictEqual(results.map(({ ok }) => ok), [true, false, true, true]);
    deepStrictEqual(inner.list().map(({ event }) => event), [0, 2, 3]);
  });

  it("A5: two logs on one asynchronous store never fork the chain, in whatever order it answers (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 8 }),
        async (s, writers, maxAttempts) => {
          const inner = memory();
          const store: AuditStore = {
            head: s.scheduleFunction(() => Promise.resolve(inner.head())),
            appendIf: s.scheduleFunction((entry: Entry, prev: string) =>
              Promise.resolve(inner.appendIf(entry, prev))
            ),
            list: (options) => inner.list(options),
          };
          const logs = [
            logOf(store, { maxAttempts }),
            logOf(store, { maxAttempts }),
          ];
          const answers = writers.map((isFirst, event) =>
            watch(
              Promise.resolve(
                logs[Number(isFirst)]!.append(inputOf({ event })),
              ),
            )
          );
          await s.waitIdle();
          const results = answers.map(({ value }) => value!);
          const entries = inner.list();
          strictEqual(
            (await verifyChain(entries)).unwrap().seq,
            results.filter((result) => result?.ok).length,
          );
          for (const result of results) {
            if (result.ok) ok(entries.includes(result.value));
            else strictEqual(result.error.code, "DB_TRANSACTION_FAILED");
          }
          // One that is as patient as there are rivals never gives up.
          if (maxAttempts > writers.length) {
            strictEqual(entries.length, writers.length);
          }
          for (const isFirst of [true, false]) {
            const own = entries.map(({ event }) => event as number)
              .filter((event) => writers[event] === isFirst);
            deepStrictEqual(own, own.toSorted((a, b) => a - b));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("A4: a prefix of a chain is unchanged by later appends (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        manyInputs,
        manyInputs,
        keys,
        async (some, more, key) => {
          const store = memory();
          const log = new AuditLog<unknown, unknown, typeof store>({
            store,
            ...keyOption(key),
          });
          for (const input of some) log.append(input).unwrap();
          const before = store.list();
          const text = JSON.stringify(before);
          const from = (await verifyChain(before, keyOption(key))).unwrap();
          for (const input of more) log.append(input).unwrap();

          const after = store.list();
          strictEqual(JSON.stringify(after.slice(0, before.length)), text);
          const rest = after.slice(before.length);
          deepStrictEqual(
            (await verifyChain(rest, { from, ...keyOption(key) })).unwrap(),
            (await verifyChain(after, keyOption(key))).unwrap(),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("throws at a limit that is not a whole number", () => {
    const bad = [-1, 1.5, NaN, Infinity, ...NOT_NUMBERS.map(([, it]) => it)];
    for (const name of ["maxAttempts", "maxWaiting"]) {
      for (const value of bad) {
        if (value === undefined) continue;
        throws(
          () => logOf(memory(), { [name]: value }),
          (error) => ValidationError.is(error) && error.message.includes(name),
        );
      }
    }
    throws(() => logOf(memory(), { maxAttempts: 0 }), /maxAttempts/);
    logOf(memory(), { maxWaiting: 0 });
  });

  it("throws at a store, a signer or a maker of ids that is none", () => {
    const bad = {
      store: [undefined, null, {}, [], { head() {}, appendIf() {} }],
      signer: [null, {}, "a"],
      newId: [null, {}, "a"],
    };
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) {
        throws(
          () => logOf(memory(), { [name]: value }),
          (error) => ValidationError.is(error) && error.message.includes(name),
        );
      }
    }
  });

  it("throws at a key that is none, and does not tell it", () => {
    const short = new TextEncoder().encode("hunter2".repeat(4));
    const bad: readonly unknown[] = [
      short,
      new Secret(short),
      new Uint8Array(0),
      new Secret("hunter2".repeat(8)),
      "hunter2".repeat(8),
      null,
      [...KEY],
      KEY.buffer,
      32,
    ];
    for (const key of bad) {
      throws(
        () => logOf(memory(), { key: key as AuditKey }),
        (error) => {
          ok(ValidationError.is(error));
          strictEqual(error.code, "VALIDATION_INVALID_OPTION");
          ok(error.message.includes("at least 32 bytes"), error.message);
          assertErrorConceals(error, "hunter2");
          assertErrorConceals(error, "104,117");
          return true;
        },
      );
    }
  });

  it("takes a key as bytes or as a Secret, and copies it", async () => {
    const bytes = KEY.slice();
    const logs = [bytes, new Secret(bytes)].map((key) => {
      const store = memory();
      return { store, log: logOf(store, { key }) };
    });
    bytes.fill(0);
    for (const { store, log } of logs) {
      (await log.append(inputOf())).unwrap();
      for (const key of [KEY, new Secret(KEY)]) {
        strictEqual((await verifyChain(store.list(), { key })).ok, true);
      }
    }
  });

  it("shows nothing of its key", () => {
    const marker = "hunter2".repeat(5);
    const log = logOf(memory(), { key: new TextEncoder().encode(marker) });
    assertConceals(log, marker);
    assertConceals(log, "104, 117");
  });
});

describe("AuditLog.checkpoint()", () => {
  it("says how long the chain is, and when", async () => {
    const clock = new ManualClock({ now: 5 });
    const store = memory();
    const log = logOf(store, { clock });
    const at = "1970-01-01T00:00:00.005Z";
    const empty = (await log.checkpoint()).unwrap();
    deepStrictEqual({ ...empty }, { ...AUDIT_GENESIS, at });
    const { hash } = (await log.append(inputOf())).unwrap();
    const checkpoint = (await log.checkpoint()).unwrap();
    deepStrictEqual({ ...checkpoint }, { seq: 1, hash, at });
    assertDeeplyFrozen(checkpoint);
  });

  it("has what was appended before, where that still goes on", async () => {
    const store = deferred<AuditStore>(memory());
    const log = logOf(store);
    void log.append(inputOf());
    void log.append(inputOf());
    strictEqual((await log.checkpoint()).unwrap().seq, 2);
  });

  it("is signed by the key", async () => {
    const store = memory();
    const log = logOf(store, { key: KEY });
    (await log.append(inputOf())).unwrap();
    const checkpoint = (await log.checkpoint()).unwrap();
    ok(/^[\w-]{43}$/.test(checkpoint.sig!));
    const entries = store.list();
    for (const it of [checkpoint, reread(checkpoint)]) {
      ok((await verifyChain(entries, { key: KEY, checkpoint: it })).ok);
    }
    const cases: readonly Partial<AuditCheckpoint>[] = [
      { sig: checkpoint.sig!.replace(/^./, (it) => it === "A" ? "B" : "A") },
      { sig: checkpoint.sig!.slice(0, -1) },
      { sig: `${checkpoint.sig}=` },
      { sig: "" },
      { seq: 0, hash: AUDIT_GENESIS.hash },
      { at: "2020-01-01T00:00:00.000Z" },
      { hash: `${checkpoint.hash}x` },
    ];
    for (const parts of cases) {
      const forged = { ...checkpoint, ...parts };
      deepStrictEqual(
        await faultOf(entries, { key: KEY, checkpoint: forged }),
        { index: 0, seq: 1, reason: "signature" },
      );
    }
  });

  it("is signed by the signer, beside the key", async () => {
    const pair = await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign", "verify"],
    );
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const store = memory();
    const log = logOf(store, {
      key: KEY,
      signer: (message) =>
        crypto.subtle.sign(algorithm, pair.privateKey, message),
    });
    (await log.append(inputOf())).unwrap();
    const checkpoint = reread((await log.checkpoint()).unwrap());
    const verify: VerifyChainOptions["verify"] = (message, signature) =>
      crypto.subtle.verify(algorithm, pair.publicKey, signature, message);

    const entries = store.list();
    ok((await verifyChain(entries, { key: KEY, checkpoint, verify })).ok);
    const later = { ...checkpoint, at: "2030-01-01T00:00:00.000Z" };
    strictEqual(
      (await faultOf(entries, { key: KEY, checkpoint: later, verify })).reason,
      "signature",
    );
    // The key has not signed it.
    strictEqual(
      (await faultOf(entries, { key: KEY, checkpoint })).reason,
      "signature",
    );
  });

  it("takes a signer that answers at once, with bytes", async () => {
    const signed: Uint8Array[] = [];
    const log = logOf(memory(), {
      signer(message) {
        signed.push(message);
        return message.subarray(0, 3);
      },
    });
    const { sig, at } = (await log.checkpoint()).unwrap();
    strictEqual(sig, "YXVk");
    const text = JSON.stringify([0, AUDIT_GENESIS.hash, at]);
    strictEqual(
      new TextDecoder().decode(signed[0]),
      `audit.checkpoint.v1\0${text}`,
    );
  });

  it("is SECURITY_SIGNING_FAILED where the signer throws or rejects", async () => {
    const cause = new Error("no quota");
    const signers: readonly (() => Awaitable<Uint8Array>)[] = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ];
    for (const signer of signers) {
      const error = (await logOf(memory(), { signer }).checkpoint())
        .unwrapErr();
      strictEqual(error.code, "SECURITY_SIGNING_FAILED");
      strictEqual(error.message, "Signing failed: no quota");
      strictEqual(error.cause, cause);
    }
  });

  it("is DB_QUERY_FAILED where the store throws or rejects", async () => {
    const cause = new Error("no route");
    const heads: readonly (() => Awaitable<undefined>)[] = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ];
    for (const head of heads) {
      const store = { head, appendIf: () => okOf(true), list: () => [] };
      const error = (await logOf(store).checkpoint()).unwrapErr();
      strictEqual(error.code, "DB_QUERY_FAILED");
      strictEqual(error.cause, cause);
    }
  });
});

describe("verifyChain()", () => {
  it("A1: an untouched chain verifies, keyed or not, read from JSON or from a stream (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(inputs, { maxLength: 6 }),
        keys,
        async (list, key) => {
          const entries = chainOf(list, key);
          const last = entries.at(-1) ?? AUDIT_GENESIS;
          const head = { seq: list.length, hash: last.hash };
          const options = keyOption(key);
          for (const source of [entries, new Set(entries), streamOf(entries)]) {
            const verified = await verifyChain(source, options);
            deepStrictEqual({ ...verified.unwrap() }, head);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("A2 i: any edit of an entry, at any depth, is found at its index (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        manyInputs,
        keys,
        fc.nat(),
        fc.nat(),
        fc.constantFrom("change" as const, "remove" as const, "add" as const),
        async (list, key, place, where, kind) => {
          const entries = chainOf(list, key);
          const index = place % entries.length;
          const paths = pathsOf(entries[index]).slice(1);
          const path = paths[where % paths.length]!;
          const edited = edit(entries[index]!, path, kind);
          const { index: found, seq } = await faultOf(
            entries.with(index, edited),
            keyOption(key),
          );
          deepStrictEqual([found, seq], [index, index + 1]);
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it("A2 ii: a deletion before the end is found where the entry was (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.nat(),
        keys,
        async (length, place, key) => {
          const index = place % (length - 1);
          const entries = chainOfLength(length, key).toSpliced(index, 1);
          deepStrictEqual(
            await faultOf(entries, keyOption(key)),
            { index, seq: index + 1, reason: "seq" },
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("A2 iii: an insertion, of a copy or of an entry of another chain, is found where it is (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        keys,
        async (length, from, to, isForeign, key) => {
          const entries = chainOfLength(length, key);
          const index = to % (length + 1);
          // The number may be right, the entry before it is another.
          const inserted = isForeign
            ? chainOfLength(index + 1, key)[index]!
            : entries[from % length]!;
          // A copy of itself before itself is first wrong one later.
          const isItself = inserted === entries[index];
          const isFirst = isForeign && index === 0;
          const { index: found } = await faultOf(
            entries.toSpliced(index, 0, inserted),
            keyOption(key),
          );
          strictEqual(found, isItself || isFirst ? index + 1 : index);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("A2 iv: a swap is found at the first of the two (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(6), { minLength: 2, maxLength: 2 }),
        keys,
        async (pair, key) => {
          const [i, j] = pair.toSorted((a, b) => a - b) as [number, number];
          const entries = chainOfLength(7, key);
          const swapped = entries.with(i, entries[j]!).with(j, entries[i]!);
          deepStrictEqual(
            await faultOf(swapped, keyOption(key)),
            { index: i, seq: i + 1, reason: "seq" },
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("A2 v: an edit by somebody who hashes it anew is found at the next entry without a key, and at its own with one (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.nat(),
        fc.boolean(),
        async (length, place, isKeyed) => {
          const index = place % (length - 1);
          const entries = chainOfLength(length, isKeyed ? KEY : undefined);
          // What a log without the key makes of it.
          let head: AuditHead = entries[index - 1] ?? AUDIT_GENESIS;
          const forger = logOf({
            head: () => head.seq === 0 ? undefined : head as Entry,
            appendIf: (entry) => {
              head = entry;
              return okOf(true);
            },
            list: () => [],
          });
          const forged = (await forger.append(inputOf())).unwrap();
          deepStrictEqual(
            await faultOf(
              entries.with(index, forged),
              isKeyed ? { key: KEY } : {},
            ),
            isKeyed
              ? { index, seq: index + 1, reason: "hash" }
              : { index: index + 1, seq: index + 2, reason: "prev" },
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("A3: a truncation is found given a checkpoint, wherever it is cut (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        manyInputs,
        fc.array(inputs, { maxLength: 3 }),
        fc.nat(),
        keys,
        async (list, later, place, key) => {
          const store = memory();
          const log = logOf(store, keyOption(key));
          for (const input of list) (await log.append(input)).unwrap();
          const checkpoint = reread((await log.checkpoint()).unwrap());
          for (const input of later) (await log.append(input)).unwrap();

          const options = { ...keyOption(key), checkpoint };
          const entries = reread(store.list());
          ok((await verifyChain(entries, options)).ok);
          const length = place % list.length;
          const cut = entries.slice(0, length);
          ok((await verifyChain(cut, keyOption(key))).ok);
          deepStrictEqual(
            await faultOf(cut, options),
            { index: length, seq: length + 1, reason: "truncated" },
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("finds a chain that was made anew, given a checkpoint", async () => {
    const [old, anew] = [chainOfLength(3), chainOfLength(5)];
    const checkpoint = {
      seq: 3,
      hash: old[2]!.hash,
      at: "2026-01-01T00:00:00.000Z",
    };
    deepStrictEqual(
      await faultOf(anew, { checkpoint }),
      { index: 2, seq: 3, reason: "checkpoint" },
    );
  });

  it("names the reason", async () => {
    const entries = chainOfLength(3);
    const [first, second] = entries as [Entry, Entry, Entry];
    const cases: readonly (readonly [entry: object, reason: AuditFault])[] = [
      [{ ...second, seq: 3 }, "seq"],
      [{ ...second, seq: 1 }, "seq"],
      [{ ...second, prev: second.hash }, "prev"],
      [{ ...second, hash: first.hash }, "hash"],
      [{ ...second, hash: second.hash.toUpperCase() }, "hash"],
      [{ ...second, event: { i: 2 } }, "hash"],
      [{ ...second, event: { i: 1n } }, "malformed"],
      [{ ...second, added: 1 }, "hash"],
      [{ ...second, seq: "2" }, "malformed"],
      [{ ...second, seq: 2.5 }, "malformed"],
      [{ ...second, event: undefined }, "malformed"],
      [{ ...second, context: undefined }, "malformed"],
      [{ ...second, actor: "ada" }, "malformed"],
      [{ ...second, actor: null }, "malformed"],
      [{ ...second, outcome: 1 }, "malformed"],
      [{ ...second, hash: null }, "malformed"],
    ];
    for (const [entry, reason] of cases) {
      deepStrictEqual(
        await faultOf(entries.with(1, entry as Entry)),
        { index: 1, seq: 2, reason },
      );
    }
  });

  it("finds another key, or none, at the first entry", async () => {
    const plain = chainOfLength(2);
    const keyed = chainOfLength(2, KEY);
    const hash = { index: 0, seq: 1, reason: "hash" };
    deepStrictEqual(await faultOf(keyed, { key: OTHER_KEY }), hash);
    deepStrictEqual(await faultOf(keyed), hash);
    deepStrictEqual(await faultOf(plain, { key: KEY }), hash);
  });

  it("begins after `from`, and counts from there", async () => {
    const entries = chainOfLength(5);
    const from = entries[1]!;
    const rest = entries.slice(2);
    strictEqual((await verifyChain(rest, { from })).unwrap().seq, 5);
    deepStrictEqual(
      await faultOf(rest.with(1, { ...rest[1]!, event: "x" }), { from }),
      { index: 1, seq: 4, reason: "hash" },
    );
    deepStrictEqual(
      await faultOf(rest, { from: { seq: 2, hash: "other" } }),
      { index: 0, seq: 3, reason: "prev" },
    );
    deepStrictEqual((await faultOf(rest)).reason, "seq");
    deepStrictEqual({ ...(await verifyChain([], { from })).unwrap() }, {
      seq: 2,
      hash: from.hash,
    });
  });

  it("goes from a chain of one key to that of the next", async () => {
    const store = memory();
    const old = logOf(store, { key: KEY });
    (await old.append(inputOf())).unwrap();
    const from = (await old.checkpoint()).unwrap();
    (await logOf(store, { key: OTHER_KEY }).append(inputOf())).unwrap();

    const [first, second] = store.list() as [Entry, Entry];
    ok((await verifyChain([first], { key: KEY, checkpoint: from })).ok);
    ok((await verifyChain([second], { key: OTHER_KEY, from })).ok);
  });

  it("looks at a checkpoint of `from` itself, and at none before it", async () => {
    const entries = chainOfLength(3);
    const from = entries[1]!;
    const checkpointOf = (seq: number, hash: string): AuditCheckpoint => ({
      seq,
      hash,
      at: "2026-01-01T00:00:00.000Z",
    });
    const rest = entries.slice(2);
    const same = checkpointOf(2, from.hash);
    ok((await verifyChain(rest, { from, checkpoint: same })).ok);
    for (
      const checkpoint of [
        checkpointOf(2, entries[0]!.hash),
        checkpointOf(1, entries[0]!.hash),
      ]
    ) {
      deepStrictEqual(
        await faultOf(rest, { from, checkpoint }),
        { index: 0, seq: 3, reason: "checkpoint" },
      );
    }
  });

  it("trusts a checkpoint without a signature only where none could be checked", async () => {
    const entries = chainOfLength(1, KEY);
    const { seq, hash } = entries[0]!;
    const bare = { seq, hash, at: "2026-01-01T00:00:00.000Z" };
    const verify = (): boolean => true;
    strictEqual(
      (await faultOf(entries, { key: KEY, checkpoint: bare })).reason,
      "signature",
    );
    strictEqual(
      (await faultOf(entries, { key: KEY, checkpoint: bare, verify })).reason,
      "signature",
    );
    const plain = chainOfLength(1);
    const ofPlain = { ...bare, hash: plain[0]!.hash };
    ok((await verifyChain(plain, { checkpoint: ofPlain })).ok);
    const signed = { ...ofPlain, sig: "AAAA" };
    strictEqual(
      (await faultOf(plain, { checkpoint: signed })).reason,
      "signature",
    );
    ok((await verifyChain(plain, { checkpoint: signed, verify })).ok);
  });

  it("takes nothing but true from `verify`, and has what it throws for a cause", async () => {
    const checkpoint = { ...AUDIT_GENESIS, at: "", sig: "AAAA" };
    for (
      const answer of [false, 1, "true", undefined, Promise.resolve(false)]
    ) {
      const verify = (() => answer) as VerifyChainOptions["verify"] & object;
      strictEqual(
        (await faultOf([], { checkpoint, verify })).reason,
        "signature",
      );
    }
    const cause = new Error("no route");
    const result = await verifyChain([], {
      checkpoint,
      verify: () => Promise.reject(cause),
    });
    const error = result.unwrapErr();
    deepStrictEqual([error.reason, error.cause], ["signature", cause]);
  });

  it("has a checkpoint that is none for a fault", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const bad: readonly unknown[] = [
      null,
      {},
      "x",
      7,
      [],
      proxy,
      { seq: "1", hash: "h", at: "" },
      { seq: -1, hash: "h", at: "" },
      { seq: 1, at: "" },
      { seq: 1, hash: "h" },
      { seq: 1, hash: "h", at: "", sig: 7 },
    ];
    for (const checkpoint of bad) {
      deepStrictEqual(
        await faultOf([], { checkpoint: checkpoint as AuditCheckpoint }),
        { index: 0, seq: 1, reason: "checkpoint" },
      );
    }
  });

  it("has whatever is no entry for malformed", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const [entry] = chainOfLength(1) as [Entry];
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const hostile: readonly unknown[] = [
      ...NOT_NUMBERS.map(([, value]) => value),
      7,
      proxy,
      new Proxy({}, {
        ownKeys() {
          throw new Error("hostile");
        },
      }),
      {
        ...entry,
        get seq(): number {
          throw new Error("hostile");
        },
      },
      { ...entry, event: cycle },
      { ...entry, event: proxy },
      { ...entry, actor: proxy },
      {
        ...entry,
        event: {
          get x(): number {
            throw new Error("x");
          },
        },
      },
      { ...entry, context: new Date(0) },
      { ...entry, actor: { id: Symbol("x") } },
      Promise.resolve(entry),
      { then() {} },
    ];
    for (const value of hostile) {
      deepStrictEqual(
        await faultOf([value]),
        { index: 0, seq: 1, reason: "malformed" },
      );
    }
  });

  it("A6: rejects for no list of anything (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.anything({ withNullPrototype: true }), { minLength: 1 }),
        async (list) => {
          const { index } = await faultOf(list);
          strictEqual(index, 0);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("has a source that fails for unreadable, after what was right", async () => {
    const entries = chainOfLength(2);
    const cause = new Error("no route");
    function* failing(): Generator<Entry> {
      yield* entries;
      throw cause;
    }
    const sources: readonly unknown[] = [failing(), streamOf(failing())];
    for (const source of sources) {
      const error = (await verifyChain(source as Entries)).unwrapErr();
      strictEqual(error.reason, "unreadable");
      deepStrictEqual([error.index, error.seq], [2, 3]);
      strictEqual(error.cause, cause);
    }
    for (const source of [null, undefined, 7, {}, () => []]) {
      strictEqual((await faultOf(source)).reason, "unreadable");
    }
  });

  it("reads no further than the first bad entry, and lets go of the source", async () => {
    const entries = chainOfLength(3).with(1, null as unknown as Entry);
    let read = 0;
    let isClosed = false;
    async function* source(): AsyncGenerator<Entry> {
      try {
        for (const entry of entries) {
          read++;
          yield await entry;
        }
      } finally {
        isClosed = true;
      }
    }
    strictEqual((await faultOf(source())).reason, "malformed");
    deepStrictEqual([read, isClosed], [2, true]);
  });

  it("names the bad entry even where the source fails when it is let go", async () => {
    const source = {
      [Symbol.iterator]: (): object => ({
        next: () => ({ done: false, value: null }),
        return() {
          throw new Error("hostile");
        },
      }),
    };
    strictEqual((await faultOf(source)).reason, "malformed");
  });

  it("rejects at a key that is none", async () => {
    await rejects(
      () => verifyChain([], { key: new Uint8Array(31) }),
      /key is not valid: at least 32 bytes, received 31/,
    );
  });

  it("gives an error that says what is wrong where", async () => {
    const error = (await verifyChain(chainOfLength(3).toSpliced(1, 1)))
      .unwrapErr();
    ok(error instanceof AuditChainError);
    ok(SecurityError.is(error));
    strictEqual(error.name, "SecurityError");
    strictEqual(error.message, "The audit trail is broken at entry 2 (seq)");
    deepStrictEqual(reread(error), {
      name: "SecurityError",
      code: "SECURITY_AUDIT_BROKEN",
      message: "The audit trail is broken at entry 2 (seq)",
      params: { seq: 2, reason: "seq" },
      details: { index: 1 },
    });
    strictEqual("cause" in error, false);
  });
});

describe("InMemoryAuditStore", () => {
  it("throws at a bound that is not a whole number of 1 or more", () => {
    const bad = [0, -1, 1.5, NaN, Infinity, ...NOT_NUMBERS.map(([, it]) => it)];
    for (const maxEntries of bad) {
      if (maxEntries === undefined) continue;
      throws(
        () => new InMemoryAuditStore({ maxEntries: maxEntries as number }),
        /maxEntries/,
      );
    }
  });

  it("holds 10 000 entries where nothing else is said", () => {
    const store = memory();
    const entry = { hash: AUDIT_GENESIS.hash } as Entry;
    for (let i = 0; i < 10_000; i++) {
      store.appendIf(entry, AUDIT_GENESIS.hash).unwrap();
    }
    const { params } = store.appendIf(entry, entry.hash).unwrapErr();
    deepStrictEqual(params, { entity: "AuditEntry", max: 10_000 });
  });

  it("list() throws at a part that is none", () => {
    const store = memory();
    for (const bad of [-1, NaN, "1", null]) {
      throws(() => store.list({ afterSeq: bad as number }), /afterSeq/);
      throws(() => store.list({ limit: bad as number }), /limit/);
    }
    throws(() => store.list({ afterSeq: 0.5 }), /afterSeq/);
  });
});

describe("isAuditStore() and isAuditLogger()", () => {
  it("ask for every method, and for nothing else", () => {
    const methods = ["head", "appendIf", "list"];
    const all = Object.fromEntries(methods.map((name) => [name, () => {}]));
    strictEqual(isAuditStore(all), true);
    for (const name of methods) {
      strictEqual(isAuditStore({ ...all, [name]: 1 }), false, name);
    }
    strictEqual(isAuditLogger({ append() {} }), true);
    strictEqual(isAuditLogger(logOf(memory())), true);
    for (const [name, value] of NOT_NUMBERS) {
      strictEqual(isAuditStore(value), false, name);
      strictEqual(isAuditLogger(value), false, name);
    }
  });
});

describe("the types of an audit trail", () => {
  interface Refund {
    readonly type: "refund";
    cents: number;
    tags: string[];
  }
  interface Origin {
    ip: string;
  }
  const input: AuditInput<Refund, Origin> = {
    event: { type: "refund", cents: 1, tags: [] },
    actor: { id: "ada" },
    resource: "r",
    outcome: "success",
    context: { ip: "::1" },
  };

  it("append() gives a Result with a synchronous store, else what has to be awaited", async () => {
    const near = new AuditLog<Refund, Origin>({
      store: new InMemoryAuditStore(),
    });
    const answer = near.append(input);
    expectType<Equal<typeof answer, AuditAppendResult<Refund, Origin>>>();

    const store: AuditStore<Refund, Origin> = new InMemoryAuditStore();
    const far = new AuditLog<Refund, Origin, typeof store>({ store });
    const later = far.append(input);
    expectType<
      Equal<typeof later, Awaitable<AuditAppendResult<Refund, Origin>>>
    >();
    strictEqual((await later).ok, true);
    expectType<Equal<AuditAnswer<AuditStore, 1>, Awaitable<1>>>();
    expectType<Equal<AuditAnswer<InMemoryAuditStore, 1>, 1>>();
    const loggers: readonly AuditLogger<Refund, Origin>[] = [near, far];
    ok(loggers.every(isAuditLogger));
  });

  it("entries have what was recorded, and none of it can be assigned", () => {
    const log = new AuditLog<Refund, Origin>({
      store: new InMemoryAuditStore(),
    });
    const entry = log.append(input).unwrap();
    expectType<Equal<typeof entry.event.cents, number>>();
    expectType<Equal<typeof entry.event.tags, readonly string[]>>();
    expectType<Equal<typeof entry.context, { readonly ip: string }>>();
    expectType<Equal<typeof entry.outcome, AuditOutcome>>();
    expectType<Equal<typeof entry.actor, AuditActor>>();
    throws(() => {
      // @ts-expect-error It cannot be assigned.
      entry.event.cents = 2;
    }, TypeError);
    const known: AuditEntry<unknown, unknown> = entry;
    strictEqual(known.seq, 1);
  });

  it("inputs are checked: event, outcome, and a context where there must be one", () => {
    const log = new AuditLog<Refund, Origin>({
      store: new InMemoryAuditStore(),
    });
    const { context: _, ...rest } = input;
    // @ts-expect-error The context is missing.
    log.append(rest);
    // @ts-expect-error It is no outcome.
    log.append({ ...input, outcome: "ok" });
    // @ts-expect-error It is another event.
    log.append({ ...input, event: { type: "login" } });
    const bare = new AuditLog<string>({ store: new InMemoryAuditStore() });
    const login = { ...rest, event: "login" };
    bare.append(login);
    // @ts-expect-error There is no context.
    bare.append({ ...login, context: { ip: "::1" } });
    // @ts-expect-error The store is missing.
    throws(() => new AuditLog<string>({}).append(login).unwrap());
  });

  it("verifyChain() gives where the chain ends, or what is wrong", async () => {
    const verified = await verifyChain([]);
    expectType<Equal<typeof verified, Result<AuditHead, AuditChainError>>>();
    ok(verified.ok);
  });
});
