/**
 * What every implementation of the `TokenStore` protocol does. The suite knows
 * the protocol and nothing else, a way to let time pass, and under which id the
 * store keeps a token; it awaits every call.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../src/clock.ts";
import {
  AuthenticationError,
  RepositoryError,
  ValidationError,
} from "../../src/errors.ts";
import { Expectations } from "../../src/messages.ts";
import type { Awaitable } from "../../src/protocols.ts";
import { ok as okOf, type Result } from "../../src/result.ts";
import {
  isTokenStore,
  type NewToken,
  type RevokeUserOptions,
  type StoredToken,
  type TokenRotation,
  type TokenStore,
  verifyToken,
} from "../../src/token_store.ts";
import {
  assertConceals,
  assertDeeplyFrozen,
  ModelStep,
  RUNS,
} from "../foundation_support.ts";

type AnyStore = TokenStore<object>;
type Token = StoredToken<object>;

/** What the store under test is made with. */
export interface TokenStoreSetup {
  /** How many tokens there may be. Default: as many as the suite needs. */
  readonly maxTokens?: number;
  /** For how long a rotated token may come again. Default: ten seconds. */
  readonly graceMs?: number;
  /** What to put around the store that has the tokens. Default: nothing. */
  readonly around?: (store: AnyStore) => AnyStore;
}

/** An empty store, and its time. */
export interface TokenStoreUnderTest {
  /** The store. */
  readonly store: AnyStore;
  /** The machine's date, in ms since the epoch. */
  readonly now: () => number;
  /** Lets time pass for the store. */
  readonly advance: (durationMs: number) => Awaitable<void>;
  /** Changes the machine's date, without any time passing. */
  readonly setNow: (now: number) => Awaitable<void>;
}

/** Options of {@linkcode tokenStoreConformance}. */
export interface TokenStoreConformanceOptions {
  /** Makes an empty store. */
  readonly make: (setup: TokenStoreSetup) => Awaitable<TokenStoreUnderTest>;
  /** Under which id the store keeps a token. Default: under its own. */
  readonly storedId?: (jti: string) => Awaitable<string>;
  /** How many cases the properties against the model run. Default: 200. */
  readonly modelRuns?: number;
}

/** What came of a call: a value, or the code of an error. */
function answerOf(result: Result<unknown, { readonly code: string }>): unknown {
  return result.ok ? result.value : result.error.code;
}

/** The options, without those that are `undefined`. */
function defined<T extends object>(
  options: { readonly [K in keyof T]: T[K] | undefined },
): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

// --- a model: tokens by id, in the order in which they were stored

const IDS = ["t0", "t1", "t2", "t3", "t4"] as const;
const USERS = ["ada", "bob"] as const;
const MAX_TOKENS = 4;
const GRACE_MS = 3;

/** Knows nothing of indexes, queues or bounds of work. */
class Model {
  readonly #setup: Required<Omit<TokenStoreSetup, "around">>;
  readonly #tokens: Map<string, Token>;
  /** The machine's date. */
  wall: number;
  /** The latest that it ever was. */
  #now: number;
  /** How much time has passed, whatever the date says. */
  #tick = 0;
  readonly #replacedTicks: Map<string, number>;

  constructor(
    wall: number,
    setup: Required<Omit<TokenStoreSetup, "around">>,
    tokens: Iterable<readonly [string, Token]> = [],
    replacedTicks: Iterable<readonly [string, number]> = [],
  ) {
    this.#replacedTicks = new Map(replacedTicks);
    this.wall = wall;
    this.#now = wall;
    this.#setup = setup;
    this.#tokens = new Map(tokens);
  }

  copy(): Model {
    const copy = new Model(
      this.wall,
      this.#setup,
      this.#tokens,
      this.#replacedTicks,
    );
    copy.#tick = this.#tick;
    return copy;
  }

  pass(durationMs: number, wall: number): void {
    this.#tick += durationMs;
    this.setNow(wall);
  }

  setNow(wall: number): void {
    this.wall = wall;
    this.#now = Math.max(this.#now, wall);
    for (const [id, { expiresAt }] of this.#tokens) {
      if (expiresAt <= this.#now) this.#tokens.delete(id);
    }
  }

  find(id: string): Token | undefined {
    return this.#tokens.get(id);
  }

  isActive(id: string): boolean {
    return this.#isGood(this.find(id));
  }

  listActive(userId: string): readonly Token[] {
    return [...this.#tokens.values()]
      .filter((token) => token.userId === userId && this.#isGood(token));
  }

  add(
    { jti, userId, familyId = jti, expiresAt, claims = {} }: NewToken<object>,
  ): unknown {
    if (expiresAt <= this.#now) return "VALIDATION_TOO_SMALL";
    if (this.#tokens.has(jti)) return "DB_DUPLICATE_KEY";
    const others = [...this.#tokens.values()]
      .some((token) => token.familyId === familyId && token.userId !== userId);
    if (others) return "VALIDATION_INVALID_FORMAT";
    if (this.#tokens.size >= this.#setup.maxTokens) return "DB_REPOSITORY_FULL";
    const token = {
      jti,
      userId,
      familyId,
      createdAt: this.#now,
      expiresAt,
      revokedAt: undefined,
      revokedReason: undefined,
      replacedBy: undefined,
      claims,
    };
    this.#tokens.set(jti, token);
    return token;
  }

  revoke(id: string, reason: string | undefined): boolean {
    return this.#revokeWhere(({ jti }) => jti === id, reason) === 1;
  }

  revokeUser(
    userId: string,
    { exceptJti, exceptFamilyId, reason }: RevokeUserOptions,
  ): number {
    return this.#revokeWhere(
      (token) =>
        token.userId === userId && token.jti !== exceptJti &&
        token.familyId !== exceptFamilyId,
      reason,
    );
  }

  revokeFamily(familyId: string, reason: string | undefined): number {
    return this.#revokeWhere((token) => token.familyId === familyId, reason);
  }

  rotate(id: string, next: Omit<NewToken<object>, "userId">): unknown {
    if (next.expiresAt <= this.#now) return "VALIDATION_TOO_SMALL";
    const old = this.find(id);
    if (old === undefined) return { outcome: "unknown" };
    const { userId, familyId, revokedAt, replacedBy } = old;
    if (revokedAt === undefined) {
      const successor = this.add({ ...next, userId, familyId });
      if (typeof successor === "string") return successor;
      this.#revokeWhere(({ jti }) => jti === id, "rotated", next.jti);
      this.#replacedTicks.set(id, this.#tick);
      return { outcome: "rotated", successor };
    }
    if (replacedBy === undefined) return { outcome: "inactive" };
    if (this.#tick < this.#replacedTicks.get(id)! + this.#setup.graceMs) {
      const successor = this.find(replacedBy);
      const isUsable = this.#isGood(successor) ||
        successor?.replacedBy !== undefined;
      return isUsable
        ? { outcome: "replayed", successor }
        : { outcome: "inactive" };
    }
    const revoked = this.revokeFamily(familyId, "reused");
    return { outcome: "reused", familyId, userId, revoked };
  }

  #isGood(token: Token | undefined): boolean {
    return token !== undefined && token.revokedAt === undefined;
  }

  #revokeWhere(
    isMeant: (token: Token) => boolean,
    revokedReason: string | undefined,
    replacedBy?: string,
  ): number {
    const revokedAt = this.#now;
    const meant = [...this.#tokens.values()]
      .filter((token) => this.#isGood(token) && isMeant(token));
    for (const token of meant) {
      const revoked = { ...token, revokedAt, revokedReason, replacedBy };
      this.#tokens.set(token.jti, revoked);
    }
    return meant.length;
  }
}

/** The store under test, with what the calls need. */
interface Real extends TokenStoreUnderTest {
  /** The ids of the suite, as the store keeps them. */
  readonly idOf: (jti: string) => string;
}

/** One call of a store, and what the model answers to the same. */
interface Call {
  readonly name: string;
  readonly ask: (real: Real) => Promise<unknown>;
  readonly answer: (model: Model, idOf: Real["idOf"]) => unknown;
}

const jtis = fc.constantFrom(...IDS);
const users = fc.constantFrom(...USERS);
/** Some of their own, and those that begin with a token. */
const families = fc.constantFrom("f", "g", ...IDS);
const ttls = fc.integer({ min: -1, max: 9 });
const reasons = fc.constantFrom(undefined, "why");

function adds(ttlMs: fc.Arbitrary<number>): fc.Arbitrary<Call> {
  return fc.tuple(jtis, users, fc.option(families, { nil: undefined }), ttlMs)
    .map(([jti, userId, family, ttl]): Call => {
      const claims = { of: [jti] };
      return {
        name: `add(${jti}, ${userId}, ${family}, ${ttl})`,
        ask: async ({ store, now, idOf }) => {
          const expiresAt = now() + ttl;
          const familyId = family && idOf(family);
          const more = defined<{ familyId?: string }>({ familyId });
          const token = { jti, userId, expiresAt, claims, ...more };
          return answerOf(await store.add(token));
        },
        answer: (model, idOf) =>
          model.add({
            jti: idOf(jti),
            userId,
            expiresAt: model.wall + ttl,
            claims,
            ...family && { familyId: idOf(family) },
          }),
      };
    });
}

function rotations(ttlMs: fc.Arbitrary<number>): fc.Arbitrary<Call> {
  return fc.tuple(jtis, jtis, ttlMs).map(([jti, next, ttl]): Call => ({
    name: `rotate(${jti}, ${next}, ${ttl})`,
    ask: async ({ store, now }) =>
      answerOf(
        await store.rotate(jti, { jti: next, expiresAt: now() + ttl }),
      ),
    answer: (model, idOf) =>
      model.rotate(idOf(jti), {
        jti: idOf(next),
        expiresAt: model.wall + ttl,
      }),
  }));
}

const finds = jtis.map((jti): Call => ({
  name: `find(${jti})`,
  ask: async ({ store }) => answerOf(await store.find(jti)),
  answer: (model, idOf) => model.find(idOf(jti)),
}));

const lists = users.map((userId): Call => ({
  name: `listActive(${userId})`,
  ask: async ({ store }) => answerOf(await store.listActive(userId)),
  answer: (model) => model.listActive(userId),
}));

const revocations = fc.tuple(jtis, reasons).map(([jti, reason]): Call => ({
  name: `revoke(${jti}, ${reason})`,
  ask: async ({ store }) => answerOf(await store.revoke(jti, reason)),
  answer: (model, idOf) => model.revoke(idOf(jti), reason),
}));

const userRevocations = fc.tuple(
  users,
  fc.option(jtis, { nil: undefined }),
  fc.option(families, { nil: undefined }),
  reasons,
).map(([userId, exceptJti, except, reason]): Call => ({
  name: `revokeUser(${userId}, ${exceptJti}, ${except}, ${reason})`,
  ask: async ({ store, idOf }) => {
    const exceptFamilyId = except && idOf(except);
    const options = defined({ exceptJti, exceptFamilyId, reason });
    return answerOf(await store.revokeUser(userId, options));
  },
  answer: (model, idOf) =>
    model.revokeUser(
      userId,
      defined<RevokeUserOptions>({
        exceptJti: exceptJti && idOf(exceptJti),
        exceptFamilyId: except && idOf(except),
        reason,
      }),
    ),
}));

const familyRevocations = fc.tuple(families, reasons).map((
  [family, reason],
): Call => ({
  name: `revokeFamily(${family}, ${reason})`,
  ask: async ({ store, idOf }) =>
    answerOf(await store.revokeFamily(idOf(family), reason)),
  answer: (model, idOf) => model.revokeFamily(idOf(family), reason),
}));

/** All that can be seen of a store by those ids and users. */
async function look({ store }: TokenStoreUnderTest): Promise<unknown> {
  const found = [];
  for (const jti of IDS) {
    found.push((await store.find(jti)).unwrap(), await store.isActive(jti));
  }
  for (const userId of USERS) {
    found.push((await store.listActive(userId)).unwrap());
  }
  return found;
}

function lookAt(model: Model, idOf: Real["idOf"]): unknown {
  return [
    ...IDS.flatMap((jti) => [model.find(idOf(jti)), model.isActive(idOf(jti))]),
    ...USERS.map((userId) => model.listActive(userId)),
  ];
}

function step(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
): ModelStep<Model, Real> {
  return new ModelStep(name, async (model, real) => {
    await run(model, real);
    deepStrictEqual(await look(real), lookAt(model, real.idOf));
  });
}

const steps = [
  ...[
    adds(ttls),
    adds(fc.constant(9)),
    rotations(ttls),
    rotations(fc.constant(9)),
    rotations(fc.constant(99)),
    revocations,
    userRevocations,
    familyRevocations,
  ].map((calls) =>
    calls.map(({ name, ask, answer }) =>
      step(name, async (model, real) => {
        deepStrictEqual(await ask(real), answer(model, real.idOf));
      })
    )
  ),
  fc.option(fc.nat(3), { nil: undefined }).map((limit) =>
    step(`prune(${limit})`, async (_model, { store }) => {
      const pruned = await store.prune(limit);
      ok(pruned >= 0 && pruned <= (limit ?? Infinity));
    })
  ),
  fc.nat(4).map((durationMs) =>
    step(`advance(${durationMs})`, async (model, { advance, now }) => {
      await advance(durationMs);
      model.pass(durationMs, now());
    })
  ),
  fc.integer({ min: -5, max: 5 }).map((byMs) =>
    step(`setNow(${byMs})`, async (model, { setNow, now }) => {
      await setNow(now() + byMs);
      model.setNow(now());
    })
  ),
];

// --- a history: which calls there were, and when they began and ended

/** A call that was made while others may have been under way. */
interface Done {
  readonly call: Call;
  readonly began: number;
  readonly ended: number;
  readonly answered: unknown;
}

/** The same text for what is the same. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, it: unknown) => {
    if (it === undefined) return "undefined";
    if (typeof it !== "object" || it === null || Array.isArray(it)) return it;
    return Object.fromEntries(Object.entries(it).sort());
  });
}

/**
 * Whether calls that overlapped answered as though they had come one after the
 * other, none before one that had ended when it began; at the end it is as it
 * would be then.
 */
function isLinearisable(
  history: readonly Done[],
  model: Model,
  idOf: Real["idOf"],
  atLast: string,
): boolean {
  if (history.length === 0) return textOf(lookAt(model, idOf)) === atLast;
  const firstEnd = Math.min(...history.map(({ ended }) => ended));
  return history.some((done) => {
    if (done.began > firstEnd) return false;
    const next = model.copy();
    const answer = done.call.answer(next, idOf);
    if (textOf(answer) !== textOf(done.answered)) return false;
    const others = history.filter((other) => other !== done);
    return isLinearisable(others, next, idOf, atLast);
  });
}

/** A store whose every call begins and ends when the scheduler says so. */
function scheduled(store: AnyStore, s: fc.Scheduler): AnyStore {
  return new Proxy(store, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== "function") return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await s.schedule(Promise.resolve(), `${String(name)} begins`);
        const result: unknown = await Reflect.apply(member, target, args);
        await s.schedule(Promise.resolve(), `${String(name)} ends`);
        return result;
      };
    },
  });
}

/** Each client makes its calls one after the other, all at the same time. */
async function runClients(
  s: fc.Scheduler,
  real: Real,
  clients: readonly (readonly Call[])[],
): Promise<readonly Done[]> {
  const history: Done[] = [];
  let time = 0;
  let running = clients.length;
  const failures: unknown[] = [];
  for (const calls of clients) {
    (async (): Promise<void> => {
      for (const call of calls) {
        const began = time++;
        const answered = await call.ask(real);
        history.push({ call, began, ended: time++, answered });
      }
    })().catch((thrown) => failures.push(thrown)).finally(() => running--);
  }
  let idle = 0;
  while (running > 0 && idle < 2_000) {
    idle = s.count() > 0 ? 0 : idle + 1;
    if (idle === 0) await s.waitOne();
    else if (idle < 20) await undefined;
    else await systemClock.sleep(0); // It waits for more than a microtask.
  }
  deepStrictEqual(failures, []);
  strictEqual(running, 0, "a call does not end");
  return history;
}

/** The first design: the ids are listed, then revoked one after the other. */
function tokenByToken(store: AnyStore): AnyStore {
  return {
    ...delegating(() => store),
    revokeUser: async (userId, options = {}) => {
      const { exceptJti, exceptFamilyId, reason } = options;
      const tokens = await store.listActive(userId);
      if (!tokens.ok) return tokens;
      let revoked = 0;
      for (const { jti, familyId } of tokens.value) {
        if (jti === exceptJti || familyId === exceptFamilyId) continue;
        if ((await store.revoke(jti, reason)).unwrap()) revoked++;
      }
      return okOf(revoked);
    },
  };
}

/** A store whose every call goes to the one that is chosen at the time. */
function delegating(choose: () => AnyStore): AnyStore {
  return {
    add: (token) => choose().add(token),
    find: (jti) => choose().find(jti),
    isActive: (jti) => choose().isActive(jti),
    revoke: (jti, reason) => choose().revoke(jti, reason),
    revokeUser: (userId, options) => choose().revokeUser(userId, options),
    revokeFamily: (familyId, reason) => choose().revokeFamily(familyId, reason),
    rotate: (jti, next) => choose().rotate(jti, next),
    listActive: (userId) => choose().listActive(userId),
    prune: (limit) => choose().prune(limit),
  };
}

const REVOKE_ADA: Call = {
  name: "revokeUser",
  ask: async ({ store }) =>
    (await store.revokeUser("ada", { reason: "all" })).unwrap(),
  answer: (model) => model.revokeUser("ada", { reason: "all" }),
};

function addCall(jti: string, userId: string): Call {
  return {
    name: `add ${jti}`,
    ask: async ({ store, now }) =>
      (await store.add({ jti, userId, expiresAt: now() + 1_000 })).unwrap(),
    answer: () => undefined,
  };
}

function rotateCall(jti: string, next: string): Call {
  return {
    name: `rotate ${jti}`,
    ask: async ({ store, now }) =>
      (await store.rotate(jti, { jti: next, expiresAt: now() + 1_000 }))
        .unwrap(),
    answer: () => undefined,
  };
}

/** Calls of a few clients, with tokens that were stored before. */
const traffic = fc.record({
  before: fc.array(adds(fc.constant(99)), { maxLength: 3 }),
  clients: fc.array(
    fc.array(
      fc.oneof(
        adds(fc.constant(99)),
        rotations(fc.constant(99)),
        userRevocations,
        revocations,
        lists,
        finds,
      ),
      { minLength: 1, maxLength: 3 },
    ),
    { minLength: 2, maxLength: 3 },
  ),
});

// --- ids that are none, by what is wrong with them

/** All that has the property White_Space, and U+FEFF. */
const BLANKS = [
  ..."\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff",
  ..."\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a",
];
/** What most fonts do not show, though it is no white space. */
const UNSEEN = [..."\u00ad\u034f\u200b\u200d\u200e\u2060\u2800\u3164\ufe0f"];
/** Control characters, line separators and what turns the direction. */
const CONTROLS = [
  ...Array.from({ length: 0xa0 }, (_, i) => String.fromCharCode(i))
    .filter((it) => it < " " || it > "~"),
  ..."\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
];

const visible = fc.string({
  unit: fc.constantFrom(..."azAZ09-_.:/@é日𝒳"),
  minLength: 1,
  maxLength: 9,
});
const blank = fc.constantFrom(...BLANKS);

interface BadId {
  readonly id: unknown;
  readonly code: string;
}

function bad(code: string): (id: unknown) => BadId {
  return (id) => ({ id, code });
}

const badIds: fc.Arbitrary<BadId> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...BLANKS, ...UNSEEN), maxLength: 4 })
    .map(bad("VALIDATION_EMPTY_VALUE")),
  fc.oneof(
    fc.tuple(blank, visible).map((parts) => parts.join("")),
    fc.tuple(visible, blank).map((parts) => parts.join("")),
    fc.tuple(visible, fc.constantFrom(...CONTROLS), visible)
      .map((parts) => parts.join("")),
    fc.integer({ min: 513, max: 2_000 }).map((length) => "i".repeat(length)),
    fc.tuple(visible, fc.constantFrom("\ud800", "\udc00"), visible)
      .map((parts) => parts.join("")),
  ).map(bad("VALIDATION_INVALID_FORMAT")),
  fc.constantFrom(undefined, null, 1, NaN, true, ["t0"], {}, Object("t0"))
    .map(bad("VALIDATION_TYPE_MISMATCH")),
);

/** Ids that are odd, and valid all the same. */
const goodIds = fc.oneof(
  visible,
  fc.tuple(
    visible,
    fc.constantFrom(
      ...BLANKS.filter((it) => !CONTROLS.includes(it)),
      ...UNSEEN,
    ),
    visible,
  ).map((parts) => parts.join("")),
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 9 })
    .filter((id) => id.trim() === id),
  fc.integer({ min: 500, max: 512 }).map((length) => "i".repeat(length)),
  fc.constantFrom("__proto__", "constructor", "toString", "0", "𝒳", "*", "é"),
);

/** Every call that takes an id, by the name that the error has for it. */
const ID_CALLS: readonly (readonly [
  name: string,
  field: string,
  call: (
    store: AnyStore,
    id: string,
    expiresAt: number,
  ) => Awaitable<Result<unknown, ValidationError | RepositoryError>>,
])[] = [
  [
    "add",
    "jti",
    (store, jti, expiresAt) => store.add({ jti, userId: "bob", expiresAt }),
  ],
  [
    "add",
    "userId",
    (store, userId, expiresAt) => store.add({ jti: "new", userId, expiresAt }),
  ],
  ["find", "jti", (store, jti) => store.find(jti)],
  ["revoke", "jti", (store, jti) => store.revoke(jti)],
  ["revokeUser", "userId", (store, userId) => store.revokeUser(userId)],
  ["revokeFamily", "familyId", (store, id) => store.revokeFamily(id)],
  ["listActive", "userId", (store, userId) => store.listActive(userId)],
  [
    "rotate",
    "jti",
    (store, jti, expiresAt) => store.rotate(jti, { jti: "new", expiresAt }),
  ],
  [
    "rotate",
    "next.jti",
    (store, jti, expiresAt) => store.rotate("t0", { jti, expiresAt }),
  ],
];

/** The same, where the id can be left out. */
const OPTIONAL_ID_CALLS: typeof ID_CALLS = [
  [
    "add",
    "familyId",
    (store, familyId, expiresAt) =>
      store.add({ jti: "new", userId: "bob", familyId, expiresAt }),
  ],
  [
    "revokeUser",
    "exceptJti",
    (store, exceptJti) => store.revokeUser("ada", { exceptJti }),
  ],
  [
    "revokeUser",
    "exceptFamilyId",
    (store, exceptFamilyId) => store.revokeUser("ada", { exceptFamilyId }),
  ],
];

// --- claims

class Point {
  x = 0;
}

function nested(depth: number, wrap: (inner: unknown) => unknown): object {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return { value };
}

function cyclic(): object {
  const claims: { self?: object; list: unknown[] } = { list: [] };
  claims.list.push(claims);
  claims.self = claims;
  return claims;
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What JSON cannot say, wherever it stands among the claims. */
const NOT_JSON: readonly (readonly [name: string, make: () => unknown])[] = [
  ["undefined", () => undefined],
  ["NaN", () => NaN],
  ["Infinity", () => -Infinity],
  ["a bigint", () => 1n],
  ["a symbol", () => Symbol("s")],
  ["a function", () => () => 1],
  ["a class", () => Point],
  ["a date", () => new Date(0)],
  ["a map", () => new Map([["a", 1]])],
  ["a set", () => new Set([1])],
  ["a regular expression", () => /a/],
  ["bytes", () => new Uint8Array(2)],
  ["a boxed string", () => Object("a")],
  ["an error", () => new Error("no")],
  ["a promise", () => Promise.resolve(1)],
  ["an instance of a class", () => new Point()],
  ["an object that inherits", () => Object.create({ admin: true })],
  ["a proxy that has been revoked", revokedProxy],
  ["a getter that throws", () => ({
    get admin(): boolean {
      throw new Error("no");
    },
  })],
  ["a cycle", cyclic],
  [
    "objects nested 100 000 deep",
    () => nested(100_000, (inner) => ({ inner })),
  ],
  ["arrays nested 100 000 deep", () => nested(100_000, (inner) => [inner])],
];

/** What is no object of claims, though some of it is JSON. */
const NOT_CLAIMS: readonly (readonly [name: string, make: () => unknown])[] = [
  ["null", () => null],
  ["a string", () => "admin"],
  ["a number", () => 1],
  ["true", () => true],
  ["an array", () => [1]],
  ...NOT_JSON.slice(1).map(([name, make]) => [name, make] as const),
];

const claimsArb = fc.dictionary(
  fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.constantFrom("__proto__", "constructor", "toJSON", "then"),
  ),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3, noNullPrototype: true },
);

/** Tries every way to change plain data, at every depth. */
function assertUnchangeable(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const object = value as Record<string, unknown>;
  for (const key of [...Object.keys(object), "more"]) {
    const before = Object.getOwnPropertyDescriptor(object, key)?.value;
    throws(() => Object.defineProperty(object, key, { value: {} }), TypeError);
    throws(() => {
      // To assign to `__proto__` is to call a setter, where it is no own field.
      if (Object.hasOwn(object, key) || key === "more") object[key] = "x";
      else throw new TypeError();
    }, TypeError);
    if (key !== "more") throws(() => delete object[key], TypeError);
    assertUnchangeable(before);
  }
  throws(() => Object.setPrototypeOf(object, null), TypeError);
}

/** Changes plain data all over. */
function spoil(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    const item = Object.getOwnPropertyDescriptor(object, key)?.value;
    spoil(item);
    Object.defineProperty(object, key, { value: "spoilt" });
  }
  if (Array.isArray(object)) object.push("spoilt");
  else object["spoilt"] = true;
}

const MARKER = "Sesame4711";

/** Registers the cases for one implementation. */
export function tokenStoreConformance(
  name: string,
  { make, storedId = (jti) => jti, modelRuns = RUNS }:
    TokenStoreConformanceOptions,
): void {
  async function makeReal(setup: TokenStoreSetup = {}): Promise<Real> {
    const ids = new Map<string, string>();
    for (const jti of IDS) ids.set(jti, await storedId(jti));
    const idOf = (jti: string): string => ids.get(jti) ?? jti;
    return { ...await make(setup), idOf };
  }

  /** Stores a token for a second, at the least. */
  async function put(
    { store, now }: TokenStoreUnderTest,
    jti: string,
    userId = "ada",
    more: Partial<NewToken<object>> = {},
  ): Promise<Token> {
    const expiresAt = now() + 1_000;
    return (await store.add({ jti, userId, expiresAt, ...more })).unwrap();
  }

  async function rotate(
    { store, now }: TokenStoreUnderTest,
    jti: string,
    next: string,
  ): Promise<TokenRotation<object>> {
    const expiresAt = now() + 1_000;
    return (await store.rotate(jti, { jti: next, expiresAt })).unwrap();
  }

  async function activeOf(
    { store }: TokenStoreUnderTest,
    userId: string,
  ): Promise<readonly string[]> {
    return (await store.listActive(userId)).unwrap().map(({ jti }) => jti);
  }

  async function storedIds(jtis: readonly string[]): Promise<string[]> {
    const ids = [];
    for (const jti of jtis) ids.push(await storedId(jti));
    return ids;
  }

  describe(`${name} conforms to TokenStore`, () => {
    it("isTokenStore() is true", async () => {
      strictEqual(isTokenStore((await makeReal()).store), true);
    });

    it("has nothing when it is new", async () => {
      const { store } = await makeReal();
      strictEqual((await store.find("t0")).unwrap(), undefined);
      strictEqual(await store.isActive("t0"), false);
      strictEqual((await store.revoke("t0")).unwrap(), false);
      strictEqual((await store.revokeUser("ada")).unwrap(), 0);
      strictEqual((await store.revokeFamily("f")).unwrap(), 0);
      deepStrictEqual((await store.listActive("ada")).unwrap(), []);
      strictEqual(await store.prune(), 0);
    });

    it("add() gives the token with all that a store knows of it", async () => {
      const real = await makeReal();
      await real.advance(5);
      const createdAt = real.now();
      const token = await put(real, "t0", "ada", { claims: { role: "x" } });
      const expected = {
        jti: real.idOf("t0"),
        userId: "ada",
        familyId: real.idOf("t0"),
        createdAt,
        expiresAt: createdAt + 1_000,
        revokedAt: undefined,
        revokedReason: undefined,
        replacedBy: undefined,
        claims: { role: "x" },
      };
      deepStrictEqual(token, expected);
      deepStrictEqual((await real.store.find("t0")).unwrap(), expected);
      deepStrictEqual((await real.store.listActive("ada")).unwrap(), [
        expected,
      ]);
      strictEqual(await real.store.isActive("t0"), true);
    });

    it("P10: does what a plain list of tokens does (property)", async () => {
      const setup = { maxTokens: MAX_TOKENS, graceMs: GRACE_MS };
      const many = fc.commands(steps, { maxCommands: 20, size: "max" });
      await fc.assert(
        fc.asyncProperty(many, async (commands) => {
          const real = await makeReal(setup);
          const model = new Model(real.now(), setup);
          await look(real); // From now on it knows the time.
          await fc.asyncModelRun(() => ({ model, real }), commands);
        }),
        { numRuns: modelRuns },
      );
    });

    it("P8: nothing of a token can be changed, and nothing that is done to the input reaches it (property)", async () => {
      await fc.assert(
        fc.asyncProperty(claimsArb, claimsArb, async (expected, other) => {
          const claims = structuredClone(expected);
          const real = await makeReal();
          const { store, now } = real;
          const expiresAt = now() + 1_000;
          const input = { jti: "t0", userId: "ada", expiresAt, claims };
          const first = (await store.add(input)).unwrap();
          const before = structuredClone(first);
          const next = { jti: "t1", expiresAt, claims: structuredClone(other) };
          const rotation = (await store.rotate("t0", next)).unwrap();
          ok(rotation.outcome === "rotated");
          spoil(input);
          spoil(next);

          const found = (await store.find("t0")).unwrap();
          const listed = (await store.listActive("ada")).unwrap()[0];
          assertDeeplyFrozen(rotation);
          deepStrictEqual(first.claims, expected);
          deepStrictEqual(found?.claims, expected);
          deepStrictEqual(rotation.successor.claims, other);
          for (const token of [first, found, rotation.successor, listed]) {
            assertDeeplyFrozen(token);
          }
          assertUnchangeable(found);
          assertUnchangeable(listed);
          // What was given before is not touched by what comes later.
          strictEqual(first.revokedAt, undefined);
          deepStrictEqual(first, before);
          strictEqual((await store.revoke("t1")).unwrap(), true);
          strictEqual(rotation.successor.revokedAt, undefined);
          const revoked = (await store.find("t1")).unwrap();
          assertDeeplyFrozen(revoked);
          deepStrictEqual(revoked, {
            ...listed,
            revokedAt: now(),
            claims: other,
          });
        }),
        { numRuns: RUNS },
      );
    });

    it("P8: a list cannot be changed, nor can what came of a rotation", async () => {
      const real = await makeReal({ graceMs: 10 });
      await put(real, "t0");
      const list = (await real.store.listActive("ada")).unwrap() as Token[];
      throws(() => list.pop(), TypeError);
      const none = (await real.store.listActive("bob")).unwrap() as Token[];
      throws(() => none.push(...list), TypeError);
      deepStrictEqual(await activeOf(real, "ada"), [real.idOf("t0")]);

      const rotations = [
        await rotate(real, "t0", "t1"),
        await rotate(real, "t0", "t2"),
        await rotate(real, "none", "t2"),
      ];
      await real.advance(10);
      rotations.push(
        await rotate(real, "t0", "t2"),
        await rotate(real, "t1", "t2"),
      );
      deepStrictEqual(
        rotations.map(({ outcome }) => outcome),
        ["rotated", "replayed", "unknown", "reused", "inactive"],
      );
      for (const rotation of rotations) assertUnchangeable(rotation);
    });

    for (
      const [method, call] of [
        ["revoke", (store, reason) => store.revoke("t0", reason)],
        ["revokeUser", (store, reason) => store.revokeUser("ada", { reason })],
        ["revokeFamily", (store, reason) => store.revokeFamily("f", reason)],
      ] as const satisfies readonly (readonly [
        string,
        (
          store: AnyStore,
          reason: string,
        ) => Awaitable<Result<unknown, ValidationError>>,
      ])[]
    ) {
      it(`P9: ${method}() names the reason and revokes nothing when it is no text`, async () => {
        const real = await makeReal();
        await put(real, "t0", "ada", { familyId: "f" });
        const before = await look(real);
        for (const reason of [null, 1, NaN, true, {}, ["why"], Object("why")]) {
          const error = (await call(real.store, reason as string)).unwrapErr();
          ok(ValidationError.is(error));
          deepStrictEqual(
            [error.code, error.field],
            ["VALIDATION_TYPE_MISMATCH", "reason"],
          );
          deepStrictEqual(await look(real), before);
        }
        await call(real.store, "");
        strictEqual((await real.store.find("t0")).unwrap()?.revokedReason, "");
      });
    }

    for (const [method, field, call] of [...ID_CALLS, ...OPTIONAL_ID_CALLS]) {
      it(`P9: ${method}() names ${field} and changes nothing when it is no id (property)`, async () => {
        const isOptional = OPTIONAL_ID_CALLS.some(([, it]) => it === field) &&
          field !== "userId";
        const real = await makeReal();
        await put(real, "t0");
        const before = await look(real);
        await fc.assert(
          fc.asyncProperty(badIds, async ({ id, code }) => {
            if (isOptional && id === undefined) return;
            const expiresAt = real.now() + 1_000;
            const error = (await call(real.store, id as string, expiresAt))
              .unwrapErr();
            ok(ValidationError.is(error));
            deepStrictEqual([error.code, error.field], [code, field]);
            strictEqual(await real.store.isActive(id as string), false);
          }),
          { numRuns: RUNS },
        );
        deepStrictEqual(await look(real), before);
        strictEqual((await real.store.find("new")).unwrap(), undefined);
      });
    }

    it("P9: gives every valid id back exactly (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(goodIds, { minLength: 4, maxLength: 4 }),
          async (ids) => {
            const real = await makeReal();
            const { store } = real;
            const [jti, userId, familyId, next] = ids as [
              string,
              string,
              string,
              string,
            ];
            const token = await put(real, jti, userId, { familyId });
            const id = await storedId(jti);
            deepStrictEqual(
              [token.jti, token.userId, token.familyId],
              [id, userId, familyId],
            );
            deepStrictEqual((await store.find(jti)).unwrap(), token);
            for (const other of [userId, familyId, next]) {
              strictEqual((await store.find(other)).unwrap(), undefined);
            }
            deepStrictEqual(await activeOf(real, userId), [id]);
            deepStrictEqual(await activeOf(real, jti), []);
            strictEqual((await rotate(real, jti, next)).outcome, "rotated");
            const nextId = await storedId(next);
            strictEqual(
              (await store.find(jti)).unwrap()?.replacedBy,
              nextId,
            );
            deepStrictEqual(await activeOf(real, userId), [nextId]);
            const options = { exceptJti: next };
            strictEqual((await store.revokeUser(userId, options)).unwrap(), 0);
            strictEqual((await store.revokeFamily(familyId)).unwrap(), 1);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P9: add() and rotate() refuse a time that is none or has passed (property)", async () => {
      const times = fc.oneof(
        fc.constantFrom<unknown>(
          ...[NaN, Infinity, -Infinity, 1e300, 2 ** 53, 10.5, 1_000.5],
          ...["9999999999999", undefined, null, new Date(1e13), 10n ** 12n],
        ).map((time) => [time, "VALIDATION_TYPE_MISMATCH"] as const),
        fc.integer({ max: 10 })
          .map((time) => [time, "VALIDATION_TOO_SMALL"] as const),
      );
      await fc.assert(
        fc.asyncProperty(times, async ([time, code]) => {
          const real = await makeReal();
          const { store } = real;
          await real.setNow(10);
          const before = await put(real, "t0");
          const expiresAt = time as number;
          const added =
            (await store.add({ jti: "t1", userId: "bob", expiresAt }))
              .unwrapErr();
          const rotated = (await store.rotate("t0", { jti: "t1", expiresAt }))
            .unwrapErr();
          ok(ValidationError.is(added) && ValidationError.is(rotated));
          deepStrictEqual([added.code, added.field], [code, "expiresAt"]);
          deepStrictEqual(
            [rotated.code, rotated.field],
            [code, "next.expiresAt"],
          );
          deepStrictEqual((await store.find("t0")).unwrap(), before);
          strictEqual((await store.find("t1")).unwrap(), undefined);
        }),
        { numRuns: RUNS },
      );
    });

    it("add() and rotate() tell the least time that will do", async () => {
      const { store, setNow } = await makeReal();
      await setNow(10);
      const error = (await store.add({ jti: "a", userId: "u", expiresAt: 10 }))
        .unwrapErr();
      deepStrictEqual(error.params, { field: "expiresAt", min: 11 });
      await store.add({ jti: "a", userId: "u", expiresAt: 11 });
      strictEqual(await store.isActive("a"), true);
    });

    // --- claims

    it("takes for claims what JSON can say, and nothing for none", async () => {
      const real = await makeReal();
      const claims = JSON.parse(
        '{"a":[null,true,-1.5e300,"\\u0000",{"__proto__":{"admin":true}}],' +
          '"__proto__":1,"":{}}',
      ) as object;
      const token = await put(real, "t0", "ada", { claims });
      deepStrictEqual(token.claims, claims);
      strictEqual(Object.hasOwn(token.claims, "__proto__"), true);
      strictEqual((token.claims as { admin?: boolean }).admin, undefined);
      strictEqual(
        Object.getPrototypeOf(token.claims) === Object.prototype,
        true,
      );
      deepStrictEqual((await put(real, "t1")).claims, {});
      const bare = Object.assign(Object.create(null), { a: 1 }) as object;
      const other = await put(real, "t2", "ada", { claims: bare });
      deepStrictEqual({ ...other.claims }, { a: 1 });
    });

    it("reads a getter once and keeps what it gave", async () => {
      const real = await makeReal();
      let reads = 0;
      const claims = {
        get count(): number {
          return ++reads;
        },
      };
      const token = await put(real, "t0", "ada", { claims });
      deepStrictEqual(token.claims, { count: 1 });
      deepStrictEqual((await real.store.find("t0")).unwrap()?.claims, {
        count: 1,
      });
      strictEqual(reads, 1);
    });

    it("does not keep a symbol or what does not show", async () => {
      const real = await makeReal();
      const claims = Object.defineProperty(
        { [Symbol("s")]: { admin: true }, a: 1 },
        "hidden",
        { value: { admin: true } },
      );
      const token = await put(real, "t0", "ada", { claims });
      deepStrictEqual(Reflect.ownKeys(token.claims), ["a"]);
    });

    async function assertRefused(claims: unknown): Promise<void> {
      const real = await makeReal();
      const { store, now } = real;
      await put(real, "t0");
      const before = await look(real);
      const expiresAt = now() + 1_000;
      const given = { jti: "t1", expiresAt, claims: claims as object };
      const added = (await store.add({ userId: "ada", ...given })).unwrapErr();
      const rotated = (await store.rotate("t0", given)).unwrapErr();
      for (
        const [error, field] of [
          [added, "claims"],
          [rotated, "next.claims"],
        ] as const
      ) {
        ok(ValidationError.is(error));
        deepStrictEqual(
          [error.code, error.field],
          ["VALIDATION_TYPE_MISMATCH", field],
        );
      }
      deepStrictEqual(await look(real), before);
    }

    for (const [what, makeClaims] of NOT_CLAIMS) {
      it(`add() and rotate() refuse ${what} for claims`, async () => {
        await assertRefused(makeClaims());
      });
    }

    for (const [what, makeValue] of NOT_JSON) {
      it(`add() and rotate() refuse ${what} inside claims`, async () => {
        await assertRefused({ a: 1, it: makeValue() });
        await assertRefused({ list: [1, { it: makeValue() }] });
        await assertRefused({ list: [makeValue()] });
      });
    }

    // --- time

    it("a token is good until it expires, and nothing is known of it then", async () => {
      const real = await makeReal();
      const { store, advance } = real;
      await put(real, "t0");
      await put(real, "t1");
      await store.revoke("t1");
      await advance(999);
      strictEqual(await store.isActive("t0"), true);
      strictEqual(
        (await store.find("t1")).unwrap()?.revokedAt !== undefined,
        true,
      );
      await advance(1);
      for (const jti of ["t0", "t1"]) {
        strictEqual(await store.isActive(jti), false);
        strictEqual((await store.find(jti)).unwrap(), undefined);
        strictEqual((await store.revoke(jti)).unwrap(), false);
        deepStrictEqual(await rotate(real, jti, "t2"), { outcome: "unknown" });
      }
      deepStrictEqual(await activeOf(real, "ada"), []);
      strictEqual((await store.revokeUser("ada")).unwrap(), 0);
      strictEqual((await store.revokeFamily(real.idOf("t0"))).unwrap(), 0);
    });

    it("an id can be used again when its token has expired", async () => {
      const real = await makeReal();
      await put(real, "t0", "ada", { familyId: "f" });
      await real.store.revoke("t0");
      await real.advance(1_000);
      const token = await put(real, "t0", "bob");
      deepStrictEqual(
        [token.userId, token.revokedAt, token.familyId],
        ["bob", undefined, real.idOf("t0")],
      );
      deepStrictEqual(await activeOf(real, "ada"), []);
      strictEqual((await real.store.revokeUser("ada")).unwrap(), 0);
      strictEqual((await real.store.revokeFamily("f")).unwrap(), 0);
      strictEqual(await real.store.isActive("t0"), true);
    });

    it("what has expired stays so when the machine's date is set back", async () => {
      const real = await makeReal();
      await put(real, "t0");
      await put(real, "t1", "ada", { expiresAt: real.now() + 2_000 });
      await real.advance(1_000);
      strictEqual(await real.store.isActive("t0"), false);
      await real.setNow(real.now() - 500);
      strictEqual(await real.store.isActive("t0"), false);
      strictEqual((await real.store.find("t0")).unwrap(), undefined);
      strictEqual(await real.store.isActive("t1"), true);
      await real.advance(1_499);
      strictEqual(await real.store.isActive("t1"), true);
      await real.advance(1);
      strictEqual(await real.store.isActive("t1"), false);
    });

    // --- revocation

    it("revoke() is true the first time only, and keeps the first time and reason", async () => {
      const real = await makeReal();
      const { store, advance } = real;
      await put(real, "t0");
      await advance(10);
      const revokedAt = real.now();
      strictEqual((await store.revoke("t0", "lost")).unwrap(), true);
      await advance(10);
      strictEqual((await store.revoke("t0", "again")).unwrap(), false);
      strictEqual((await store.revokeUser("ada")).unwrap(), 0);
      strictEqual((await store.revokeFamily(real.idOf("t0"))).unwrap(), 0);
      const token = (await store.find("t0")).unwrap();
      deepStrictEqual(
        [token?.revokedAt, token?.revokedReason, token?.replacedBy],
        [revokedAt, "lost", undefined],
      );
    });

    it("P10(a): what was revoked stays so until it expires, whatever else is done (property)", async () => {
      const setup = { maxTokens: MAX_TOKENS, graceMs: GRACE_MS };
      await fc.assert(
        fc.asyncProperty(
          users,
          fc.array(
            fc.oneof(
              adds(fc.constant(9)),
              rotations(fc.constant(9)),
              revocations,
              userRevocations,
              familyRevocations,
              fc.constant<Call>({
                name: "prune()",
                ask: async ({ store }) => await store.prune(),
                answer: () => undefined,
              }),
              fc.constant<Call>({
                name: "advance(1)",
                ask: async ({ advance }) => await advance(1),
                answer: () => undefined,
              }),
            ),
            { maxLength: 12 },
          ),
          async (userId, calls) => {
            const real = await makeReal(setup);
            const { store, now } = real;
            const { expiresAt } = await put(real, "t0", userId, {
              expiresAt: now() + 10,
            });
            strictEqual((await store.revoke("t0", "lost")).unwrap(), true);
            const tombstone = (await store.find("t0")).unwrap();
            for (const call of calls) {
              await call.ask(real);
              if (now() >= expiresAt) return;
              deepStrictEqual((await store.find("t0")).unwrap(), tombstone);
              strictEqual(await store.isActive("t0"), false);
              const active = await activeOf(real, userId);
              strictEqual(active.includes(real.idOf("t0")), false);
              deepStrictEqual(await rotate(real, "t0", "next"), {
                outcome: "inactive",
              });
              const again = { jti: "t0", userId, expiresAt: now() + 99 };
              strictEqual((await store.add(again)).ok, false);
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    /** Runs clients at the same time, on tokens that were stored before. */
    async function runOverlapping(
      s: fc.Scheduler,
      before: (real: Real) => Promise<void>,
      clients: readonly (readonly Call[])[],
      around: (store: AnyStore) => AnyStore = (store) => store,
    ): Promise<{ readonly real: Real; readonly history: readonly Done[] }> {
      let isBusy = false;
      const real = await makeReal({
        graceMs: 0,
        around: (store) => {
          const slow = around(scheduled(store, s));
          return delegating(() => isBusy ? slow : store);
        },
      });
      await before(real);
      isBusy = true;
      const history = await runClients(s, real, clients);
      isBusy = false;
      return { real, history };
    }

    async function isAsInARow(
      s: fc.Scheduler,
      before: readonly Call[],
      clients: readonly (readonly Call[])[],
      around?: (store: AnyStore) => AnyStore,
    ): Promise<boolean> {
      let model = new Model(0, { maxTokens: Infinity, graceMs: 0 });
      const { real, history } = await runOverlapping(
        s,
        async (real) => {
          model = new Model(real.now(), { maxTokens: Infinity, graceMs: 0 });
          for (const call of before) {
            deepStrictEqual(
              await call.ask(real),
              call.answer(model, real.idOf),
            );
          }
        },
        clients,
        around,
      );
      const atLast = textOf(await look(real));
      return isLinearisable(history, model, real.idOf, atLast);
    }

    it("P10(b): calls that overlap answer as though they came one after the other (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          traffic,
          async (s, { before, clients }) => {
            strictEqual(await isAsInARow(s, before, clients), true);
          },
        ),
        { numRuns: modelRuns },
      );
    });

    it("P10(b): that is not so for a revokeUser() that goes token by token", async () => {
      const found = await fc.check(
        fc.asyncProperty(
          fc.scheduler(),
          traffic,
          async (s, { before, clients }) =>
            await isAsInARow(s, before, clients, tokenByToken),
        ),
        { numRuns: 2_000, endOnFailure: true },
      );
      strictEqual(found.failed, true);
      ok(String(found.errorInstance).includes("returning false"));
    });

    it("P10(b): revokeUser() catches what add() had stored, and nothing that it stores later; nothing that rotate() made of the former is active (property)", async () => {
      const ids = ["a0", "a1", "a2", "a3"];
      const clients = fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
      ).map(([split, rotations]) => [
        ids.slice(0, split).map((jti) => addCall(jti, "ada")),
        ids.slice(split).map((jti) => addCall(jti, "ada")),
        [rotateCall("t0", "n0"), rotateCall("n0", "n1")].slice(0, rotations),
        [rotateCall("t1", "n2")],
        [REVOKE_ADA],
      ]);
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), clients, async (s, calls) => {
          const { real, history } = await runOverlapping(s, async (real) => {
            await put(real, "t0");
            await put(real, "t1");
          }, calls);
          const revocation = history.find(({ call }) => call === REVOKE_ADA)!;
          let caught = 0;
          const revoked = new Map<string, boolean>();
          for (const jti of ["t0", "t1", "n0", "n1", "n2", ...ids]) {
            const token = (await real.store.find(jti)).unwrap();
            revoked.set(jti, token?.revokedAt !== undefined);
            if (token?.revokedReason === "all") caught++;
            if (jti < "n" || token === undefined) continue;
            ok(token.revokedAt !== undefined, `${jti} goes back to one before`);
          }
          strictEqual(revocation.answered, caught);
          for (const { call, began, ended } of history) {
            if (!call.name.startsWith("add ")) continue;
            const isRevoked = revoked.get(call.name.slice(4));
            if (ended < revocation.began) strictEqual(isRevoked, true);
            if (began > revocation.ended) strictEqual(isRevoked, false);
          }
          for (const [first, ...later] of calls.slice(0, 2)) {
            // Who is caught by it drags along what was stored before.
            let wasRevoked = revoked.get(first!.name.slice(4));
            for (const { name } of later) {
              const isRevoked = revoked.get(name.slice(4));
              ok(wasRevoked || !isRevoked);
              wasRevoked = isRevoked;
            }
          }
        }),
        { numRuns: RUNS },
      );
    });

    it("P10(c): at every moment a reader sees all of a user's tokens revoked or none (property)", async () => {
      const listing: Call = {
        name: "list",
        ask: async ({ store }) =>
          (await store.listActive("ada")).unwrap().length,
        answer: () => undefined,
      };
      const readers = fc.array(
        fc.array(fc.constant(listing), { minLength: 1, maxLength: 4 }),
        { minLength: 1, maxLength: 3 },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.integer({ min: 2, max: 5 }),
          readers,
          async (s, count, clients) => {
            const { history } = await runOverlapping(s, async (real) => {
              for (let i = 0; i < count; i++) await put(real, `a${i}`);
              await put(real, "b", "bob");
            }, [...clients, [REVOKE_ADA]]);
            const revocation = history.find(({ call }) => call === REVOKE_ADA)!;
            strictEqual(revocation.answered, count);
            let isOver = false;
            for (const { call, began, ended, answered } of history) {
              if (call !== listing) continue;
              ok(answered === count || answered === 0, `saw ${answered}`);
              if (ended < revocation.began) strictEqual(answered, count);
              if (began > revocation.ended) strictEqual(answered, 0);
              // What ended before began before; it cannot have seen it later.
              isOver ||= answered === 0 && clients.length === 1;
              if (isOver) strictEqual(answered, 0);
            }
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("P10(d): revokeUser() counts what was active, the second time nothing, and leaves other users alone (property)", async () => {
      const tokens = fc.array(
        fc.record({
          userId: users,
          familyId: fc.constantFrom("f", "g"),
          state: fc.constantFrom("active", "active", "revoked", "expired"),
        }),
        { maxLength: 8 },
      );
      const kept = fc.record({
        exceptJti: fc.constantFrom(undefined, "k0", "k1", "none"),
        exceptFamilyId: fc.constantFrom(undefined, "f", "none"),
      });
      await fc.assert(
        fc.asyncProperty(tokens, kept, async (list, except) => {
          const real = await makeReal();
          const { store, now } = real;
          for (const [i, { userId, familyId, state }] of list.entries()) {
            // Families are of one user each.
            await put(real, `k${i}`, userId, {
              familyId: familyId + userId,
              expiresAt: now() + (state === "expired" ? 1 : 1_000),
            });
            if (state === "revoked") await store.revoke(`k${i}`);
          }
          await real.advance(1);
          const idsOf = async (
            isMeant: (i: number, it: typeof list[number]) => boolean,
          ): Promise<string[]> => {
            const meant = [...list.entries()]
              .filter(([i, it]) => it.state === "active" && isMeant(i, it));
            return await storedIds(meant.map(([i]) => `k${i}`));
          };
          const all = await idsOf((_i, { userId }) => userId === "ada");
          const stays = await idsOf((i, { userId, familyId }) =>
            userId === "ada" &&
            (`k${i}` === except.exceptJti || familyId === except.exceptFamilyId)
          );
          const others = await idsOf((_i, { userId }) => userId === "bob");
          deepStrictEqual(await activeOf(real, "ada"), all);

          const familyId = except.exceptFamilyId;
          const options = defined<RevokeUserOptions>({
            exceptJti: except.exceptJti,
            exceptFamilyId: familyId && `${familyId}ada`,
          });
          const count = (await store.revokeUser("ada", options)).unwrap();
          strictEqual(count, all.length - stays.length);
          deepStrictEqual(await activeOf(real, "ada"), stays);
          strictEqual((await store.revokeUser("ada", options)).unwrap(), 0);
          strictEqual((await store.revokeUser("ada")).unwrap(), stays.length);
          strictEqual((await store.revokeUser("ada")).unwrap(), 0);
          deepStrictEqual(await activeOf(real, "ada"), []);
          deepStrictEqual(await activeOf(real, "bob"), others);
        }),
        { numRuns: RUNS },
      );
    });

    it("P10(e): who uses a replaced token after the grace has all of its family revoked and nothing else (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
          fc.nat(2),
          fc.nat(9),
          async (rotations, besides, choice) => {
            const real = await makeReal({ graceMs: GRACE_MS });
            const { store } = real;
            const count = rotations[0]! + 1;
            const families: string[] = [];
            for (const [i, times] of [count, ...rotations.slice(1)].entries()) {
              const { familyId } = await put(real, `f${i}-0`);
              families.push(familyId);
              for (let j = 0; j < times; j++) {
                await rotate(real, `f${i}-${j}`, `f${i}-${j + 1}`);
              }
            }
            const family = families[0]!;
            for (let i = 0; i < besides; i++) {
              await put(real, `beside${i}`, "ada", { familyId: family });
            }
            await put(real, "other", "bob");
            await real.advance(GRACE_MS);
            const before = (await store.listActive("ada")).unwrap();

            const used = `f0-${choice % count}`;
            deepStrictEqual(await rotate(real, used, "stolen"), {
              outcome: "reused",
              familyId: family,
              userId: "ada",
              revoked: 1 + besides,
            });
            strictEqual((await store.find("stolen")).unwrap(), undefined);
            deepStrictEqual(
              (await store.listActive("ada")).unwrap(),
              before.filter(({ familyId }) => familyId !== family),
            );
            strictEqual(await store.isActive("other"), true);
            for (let j = 0; j <= count; j++) {
              const token = (await store.find(`f0-${j}`)).unwrap()!;
              const why = j === count ? "reused" : "rotated";
              strictEqual(token.revokedReason, why);
            }
            // There is nothing left of it to revoke.
            const again = await rotate(real, used, "stolen");
            ok(again.outcome === "reused" && again.revoked === 0);
            deepStrictEqual(await rotate(real, `f0-${count}`, "stolen"), {
              outcome: "inactive",
            });
          },
        ),
        { numRuns: RUNS },
      );
    });

    // --- trap 3: what the first design got wrong

    it("trap 3: to store a revoked token again is refused and leaves it revoked", async () => {
      const real = await makeReal();
      await put(real, "t0");
      await real.store.revoke("t0", "lost");
      const before = await look(real);
      const expiresAt = real.now() + 5_000;
      for (const userId of USERS) {
        const again = await real.store.add({ jti: "t0", userId, expiresAt });
        strictEqual(again.unwrapErr().code, "DB_DUPLICATE_KEY");
      }
      await put(real, "t1");
      const rotation = await real.store.rotate("t1", { jti: "t0", expiresAt });
      strictEqual(rotation.unwrapErr().code, "DB_DUPLICATE_KEY");
      strictEqual(await real.store.isActive("t1"), true);
      strictEqual((await real.store.revoke("t1")).unwrap(), true);
      const token = (await real.store.find("t0")).unwrap();
      strictEqual(token?.revokedReason, "lost");
      await real.store.prune();
      deepStrictEqual(
        (await look(real) as unknown[])[0],
        (before as unknown[])[0],
      );
    });

    it("trap 3: to store a token for another user is refused and leaves it with the first", async () => {
      const real = await makeReal();
      const token = await put(real, "t0", "ada");
      const refused = await real.store.add({
        jti: "t0",
        userId: "bob",
        expiresAt: real.now() + 5_000,
      });
      const error = refused.unwrapErr();
      ok(RepositoryError.is(error));
      deepStrictEqual(
        [error.code, error.params],
        ["DB_DUPLICATE_KEY", { entity: "Token" }],
      );
      deepStrictEqual((await real.store.find("t0")).unwrap(), token);
      deepStrictEqual(await activeOf(real, "bob"), []);
      strictEqual((await real.store.revokeUser("bob")).unwrap(), 0);
      strictEqual(await real.store.isActive("t0"), true);
      strictEqual((await real.store.revokeUser("ada")).unwrap(), 1);
    });

    it("trap 3: a full store drops no token, revoked or not, but refuses a new one", async () => {
      const real = await makeReal({ maxTokens: 3 });
      const { store, now } = real;
      await put(real, "t0");
      await put(real, "t1");
      await put(real, "t2", "bob");
      await store.revoke("t0", "lost");
      const before = await look(real);
      const expiresAt = now() + 5_000;
      const refusals = [
        await store.add({ jti: "t3", userId: "ada", expiresAt }),
        await store.rotate("t1", { jti: "t3", expiresAt }),
        await store.rotate("t2", { jti: "t3", expiresAt }),
      ];
      for (const refusal of refusals) {
        const error = refusal.unwrapErr();
        ok(RepositoryError.is(error));
        deepStrictEqual(
          [error.code, error.params],
          ["DB_REPOSITORY_FULL", { entity: "Token", max: 3 }],
        );
        deepStrictEqual(await look(real), before);
      }
      strictEqual(await store.prune(), 0);
      deepStrictEqual(await look(real), before);
    });

    it("trap 3: a full store has room again as soon as a token expires, revoked or not", async () => {
      const real = await makeReal({ maxTokens: 2 });
      await put(real, "t0", "ada", { expiresAt: real.now() + 10 });
      await put(real, "t1");
      await real.store.revoke("t0");
      await real.advance(10);
      await put(real, "t2");
      strictEqual(await real.store.isActive("t1"), true);
      strictEqual(await real.store.isActive("t2"), true);
    });

    it("trap 3: revokeUser() is one step, so that no token that is stored meanwhile is left", async () => {
      const real = await makeReal();
      await put(real, "t0");
      await put(real, "t1");
      const expiresAt = real.now() + 1_000;
      const [, revoked] = await Promise.all([
        real.store.add({ jti: "t2", userId: "ada", expiresAt }),
        real.store.revokeUser("ada", { reason: "all" }),
        real.store.rotate("t0", { jti: "t3", expiresAt }),
      ]);
      const caught = [];
      for (const jti of IDS) {
        const token = (await real.store.find(jti)).unwrap();
        if (token?.revokedReason === "all") caught.push(jti);
      }
      strictEqual(caught.length, revoked.unwrap());
      strictEqual(await real.store.isActive("t1"), false);
      strictEqual(await real.store.isActive("t3"), false);
    });

    it("add() refuses a family of another user, be it named by the token's own id", async () => {
      const real = await makeReal();
      const { store, now } = real;
      const first = real.idOf("t0");
      await put(real, "t1", "ada", { familyId: first });
      await put(real, "t2", "ada", { familyId: "f" });
      await store.revoke("t2");
      const before = await look(real);
      const bobs = { userId: "bob", expiresAt: now() + 1_000 };
      for (
        const [token, field] of [
          [{ jti: "t3", familyId: "f" }, "familyId"],
          [{ jti: "t0", familyId: first }, "familyId"],
          [{ jti: "t0" }, "jti"],
        ] as const
      ) {
        const error = (await store.add({ ...token, ...bobs })).unwrapErr();
        deepStrictEqual(
          [error.code, error.params],
          [
            "VALIDATION_INVALID_FORMAT",
            { field, reason: Expectations.FAMILY_OWNER },
          ],
        );
        deepStrictEqual(await look(real), before);
      }
      // That there is such a token is told before.
      const same = await store.add({ jti: "t1", familyId: "f", ...bobs });
      strictEqual(same.unwrapErr().code, "DB_DUPLICATE_KEY");
      // The same user may, and others when nothing is left of it.
      await put(real, "t3", "ada", { familyId: "f", expiresAt: now() + 1_001 });
      await real.advance(1_000);
      const early = { jti: "t4", userId: "bob", familyId: "f" };
      const refused = await store.add({ ...early, expiresAt: now() + 10 });
      strictEqual(refused.unwrapErr().code, "VALIDATION_INVALID_FORMAT");
      await real.advance(1);
      await put(real, "t0", "bob", { familyId: "f" });
      strictEqual((await store.revokeUser("ada")).unwrap(), 0);
      strictEqual((await store.revokeFamily("f")).unwrap(), 1);
    });

    // --- rotation

    it("rotate() gives the successor the user and the family, and marks the old one", async () => {
      const real = await makeReal();
      const { store, now, advance } = real;
      await put(real, "t0", "ada", { familyId: "f", claims: { role: "x" } });
      await advance(10);
      const rotation = await rotate(real, "t0", "t1");
      const successor = (await store.find("t1")).unwrap();
      deepStrictEqual(rotation, { outcome: "rotated", successor });
      deepStrictEqual(successor, {
        jti: real.idOf("t1"),
        userId: "ada",
        familyId: "f",
        createdAt: now(),
        expiresAt: now() + 1_000,
        revokedAt: undefined,
        revokedReason: undefined,
        replacedBy: undefined,
        claims: {},
      });
      const old = (await store.find("t0")).unwrap();
      deepStrictEqual(
        [old?.revokedAt, old?.revokedReason, old?.replacedBy],
        [now(), "rotated", real.idOf("t1")],
      );
      deepStrictEqual(old?.claims, { role: "x" });
      strictEqual((await store.revoke("t0")).unwrap(), false);
      strictEqual(await store.isActive("t1"), true);
    });

    it("rotate() says that a replaced token is replayed until the grace is over", async () => {
      const real = await makeReal({ graceMs: 10 });
      await put(real, "t0");
      await rotate(real, "t0", "t1");
      const before = await look(real);
      await real.advance(9);
      const successor = (await real.store.find("t1")).unwrap();
      for (const next of ["t2", "t1", "t0"]) {
        deepStrictEqual(await rotate(real, "t0", next), {
          outcome: "replayed",
          successor,
        });
        deepStrictEqual(await look(real), before);
      }
      await real.advance(1);
      strictEqual((await rotate(real, "t0", "t2")).outcome, "reused");
      strictEqual(await real.store.isActive("t1"), false);
    });

    it("rotate() without grace takes the second use for a theft at once", async () => {
      const real = await makeReal({ graceMs: 0 });
      await put(real, "t0");
      await rotate(real, "t0", "t1");
      strictEqual((await rotate(real, "t0", "t2")).outcome, "reused");
    });

    it("rotate() gives the next in line within the grace, though it has been replaced too", async () => {
      const real = await makeReal({ graceMs: 10 });
      await put(real, "t0");
      await rotate(real, "t0", "t1");
      await rotate(real, "t1", "t2");
      const replayed = await rotate(real, "t0", "t3");
      ok(replayed.outcome === "replayed");
      strictEqual(replayed.successor.jti, real.idOf("t1"));
      strictEqual(replayed.successor.replacedBy, real.idOf("t2"));
      strictEqual(await real.store.isActive("t2"), true);
    });

    it("rotate() says inactive within the grace when the successor is not good any more", async () => {
      const real = await makeReal({ graceMs: 10 });
      await put(real, "t0");
      await rotate(real, "t0", "t1");
      await real.store.revoke("t1");
      deepStrictEqual(await rotate(real, "t0", "t2"), { outcome: "inactive" });

      await put(real, "t3");
      const expiresAt = real.now() + 5;
      await real.store.rotate("t3", { jti: "t4", expiresAt });
      await real.advance(5);
      deepStrictEqual(await rotate(real, "t3", "t2"), { outcome: "inactive" });
      strictEqual((await real.store.find("t2")).unwrap(), undefined);
    });

    it("rotate() changes nothing when the new id is taken, be it by the old token", async () => {
      const real = await makeReal();
      await put(real, "t0");
      await put(real, "t1", "bob");
      const before = await look(real);
      const expiresAt = real.now() + 5_000;
      for (const jti of ["t0", "t1"]) {
        const taken = await real.store.rotate("t0", { jti, expiresAt });
        strictEqual(taken.unwrapErr().code, "DB_DUPLICATE_KEY");
        deepStrictEqual(await look(real), before);
      }
    });

    it("rotate() cannot name another user or family", async () => {
      const real = await makeReal();
      await put(real, "t0", "ada");
      const expiresAt = real.now() + 1_000;
      const next = { jti: "t1", userId: "bob", familyId: "f", expiresAt };
      const rotation = (await real.store.rotate("t0", next)).unwrap();
      ok(rotation.outcome === "rotated");
      const { userId, familyId } = rotation.successor;
      deepStrictEqual([userId, familyId], ["ada", real.idOf("t0")]);
    });

    it("revokeFamily() revokes all that goes back to one token, and nothing else", async () => {
      const real = await makeReal();
      const { familyId } = await put(real, "t0");
      await rotate(real, "t0", "t1");
      await put(real, "t2", "ada", { familyId });
      await put(real, "t3", "ada");
      const revoked = await real.store.revokeFamily(familyId, "lost");
      strictEqual(revoked.unwrap(), 2);
      for (const jti of ["t1", "t2"]) {
        const token = (await real.store.find(jti)).unwrap();
        strictEqual(token?.revokedReason, "lost");
      }
      const first = (await real.store.find("t0")).unwrap();
      strictEqual(first?.revokedReason, "rotated");
      strictEqual(await real.store.isActive("t3"), true);
      strictEqual((await real.store.revokeFamily(familyId)).unwrap(), 0);
    });

    it("listActive() gives the oldest first, and a successor last", async () => {
      const real = await makeReal();
      for (const jti of ["t2", "t0", "t1"]) {
        await put(real, jti);
        await real.advance(1);
      }
      await rotate(real, "t2", "t3");
      deepStrictEqual(
        await activeOf(real, "ada"),
        await storedIds(["t0", "t1", "t3"]),
      );
    });

    it("prune() drops no more than it is told, and only what has expired", async () => {
      const real = await makeReal();
      const { store, now, advance } = real;
      for (const jti of ["t0", "t1", "t2"]) {
        await put(real, jti, "ada", { expiresAt: now() + 10 });
      }
      await put(real, "t3");
      await store.revoke("t1");
      strictEqual(await store.prune(), 0);
      await advance(10);
      const before = await look(real);
      strictEqual(await store.prune(0), 0);
      strictEqual(await store.prune(2), 2);
      strictEqual(await store.prune(), 1);
      strictEqual(await store.prune(), 0);
      deepStrictEqual(await look(real), before);
      deepStrictEqual(await activeOf(real, "ada"), [real.idOf("t3")]);
    });

    // --- verifyToken()

    it("verifyToken() gives a good token, and tells why another is none", async () => {
      const real = await makeReal();
      const { store } = real;
      const token = await put(real, "t0");
      await put(real, "t1");
      await store.revoke("t1");
      await put(real, "t2", "ada", { expiresAt: real.now() + 10 });
      await put(real, "t3", "ada", { expiresAt: real.now() + 10 });
      await store.revoke("t3");
      await real.advance(10);
      deepStrictEqual((await verifyToken(store, "t0")).unwrap(), token);
      for (
        const [jti, code] of [
          ["t1", "AUTH_TOKEN_REVOKED"],
          ["t2", "AUTH_TOKEN_INVALID"],
          ["t3", "AUTH_TOKEN_INVALID"],
          ["t4", "AUTH_TOKEN_INVALID"],
          ["", "AUTH_TOKEN_MALFORMED"],
          [" t0", "AUTH_TOKEN_MALFORMED"],
          [undefined, "AUTH_TOKEN_MALFORMED"],
        ] as const
      ) {
        const error = (await verifyToken(store, jti as string)).unwrapErr();
        ok(AuthenticationError.is(error));
        strictEqual(error.code, code);
        const isMalformed = code === "AUTH_TOKEN_MALFORMED";
        strictEqual(ValidationError.is(error.cause), isMalformed);
      }
    });

    // --- secrets

    it("tells no id in any error, on any console", async () => {
      const real = await makeReal({ maxTokens: 2 });
      const { store, now } = real;
      const expiresAt = now() + 1_000;
      const errors: Error[] = [];
      const marked = [` ${MARKER}`, `${MARKER}\u0000`, MARKER.repeat(99)];
      for (const [, , call] of [...ID_CALLS, ...OPTIONAL_ID_CALLS]) {
        for (const id of [...marked, `\ud800${MARKER}`, [MARKER]]) {
          errors.push(
            (await call(store, id as string, expiresAt)).unwrapErr(),
          );
        }
      }
      for (const id of marked) {
        errors.push((await verifyToken(store, id)).unwrapErr());
      }
      const userId = `user-${MARKER}`;
      const claims = { secret: MARKER, at: new Date(0) } as object;
      const token = { jti: MARKER, userId, familyId: `f-${MARKER}`, expiresAt };
      errors.push(
        (await store.add({ ...token, claims })).unwrapErr(),
        (await store.add({ ...token, expiresAt: 0 })).unwrapErr(),
      );
      errors.push((await verifyToken(store, MARKER)).unwrapErr());
      (await store.add(token)).unwrap();
      errors.push(
        (await store.add(token)).unwrapErr(),
        (await store.rotate(MARKER, token)).unwrapErr(),
        (await store.rotate(MARKER, { ...token, expiresAt: 0 })).unwrapErr(),
        (await store.rotate(MARKER, { ...token, claims })).unwrapErr(),
      );
      await store.revoke(MARKER, `because of ${MARKER}`);
      errors.push(
        (await store.add(token)).unwrapErr(),
        (await verifyToken(store, MARKER)).unwrapErr(),
      );
      await put(real, "t0");
      const other = { ...token, jti: `${MARKER}2` };
      errors.push(
        (await store.add(other)).unwrapErr(),
        (await store.rotate("t0", other)).unwrapErr(),
      );
      for (const error of errors) {
        assertConceals(error, MARKER);
        assertConceals(error, await storedId(MARKER));
      }
    });
  });
}
