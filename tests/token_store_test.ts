import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import { Err, Ok } from "../src/result.ts";
import { ManualClock } from "../src/testing.ts";
import {
  InMemoryTokenStore,
  type InMemoryTokenStoreOptions,
  isTokenStore,
  type NextToken,
  type NoClaims,
  type StoredToken,
  verifyToken,
} from "../src/token_store.ts";
import { tokenStoreConformance } from "./conformance/token_store_conformance.ts";
import {
  assertDeeplyFrozen,
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";

type Store = InMemoryTokenStore<object>;

tokenStoreConformance("InMemoryTokenStore", {
  make: ({ around = (store) => store, ...options }) => {
    const clock = new ManualClock();
    const store = new InMemoryTokenStore<object>({ ...options, clock });
    return {
      store: around(store),
      now: () => clock.now(),
      advance: (durationMs) => clock.advance(durationMs),
      setNow: (now) => clock.setNow(now),
    };
  },
  modelRuns: 500,
});

/** A store, its clock, and a short way to store a token in it. */
function setUp(options: InMemoryTokenStoreOptions = {}): {
  readonly clock: ManualClock;
  readonly tokens: Store;
  readonly put: (
    jti: string,
    ttlMs?: number,
    userId?: string,
  ) => StoredToken<object>;
} {
  const clock = new ManualClock({ now: 1_000_000 });
  const tokens = new InMemoryTokenStore<object>({ ...options, clock });
  return {
    clock,
    tokens,
    put: (jti, ttlMs = 1_000, userId = "ada") =>
      tokens.add({ jti, userId, expiresAt: clock.now() + ttlMs }).unwrap(),
  };
}

describe("new InMemoryTokenStore()", () => {
  const bad: readonly (readonly [string, unknown])[] = [
    ...NOT_NUMBERS.filter(([name]) => name !== "undefined"),
    ["NaN", NaN],
    ["a negative number", -1],
    ["minus infinity", -Infinity],
  ];

  for (const option of ["maxTokens", "graceMs"] as const) {
    const worse: typeof bad = option === "graceMs"
      ? []
      : [["zero", 0], ["a fraction", 1.5], ["infinity", Infinity]];
    for (const [name, value] of [...bad, ...worse]) {
      it(`throws and names ${option} when it is ${name}`, () => {
        throws(
          () => new InMemoryTokenStore({ [option]: value }),
          (error) => {
            ok(ValidationError.is(error));
            strictEqual(error.code, "VALIDATION_INVALID_OPTION");
            strictEqual(error.field, option);
            return true;
          },
        );
      });
    }
  }

  it("takes the smallest and the largest options", () => {
    for (const graceMs of [0, 0.5, Infinity]) {
      strictEqual(new InMemoryTokenStore({ maxTokens: 1, graceMs }).size, 0);
    }
  });

  it("has room for 100 000 tokens and a grace of 10 s when told nothing", () => {
    const { clock, tokens, put } = setUp();
    for (let i = 0; i < 100_000; i++) put(`t${i}`, 60_000);
    const expiresAt = clock.now() + 60_000;
    const full = tokens.add({ jti: "more", userId: "ada", expiresAt });
    deepStrictEqual(full.unwrapErr().params, { entity: "Token", max: 100_000 });

    const other = setUp();
    other.put("t0", 60_000);
    const next: NextToken<object> = { jti: "t1", expiresAt };
    other.tokens.rotate("t0", next).unwrap();
    other.clock.advance(9_999);
    strictEqual(other.tokens.rotate("t0", next).unwrap().outcome, "replayed");
    other.clock.advance(1);
    strictEqual(other.tokens.rotate("t0", next).unwrap().outcome, "reused");
  });

  it("uses the system's clock when told none", () => {
    const tokens = new InMemoryTokenStore();
    const before = Date.now();
    const expiresAt = before + 60_000;
    const token = tokens.add({ jti: "t0", userId: "ada", expiresAt }).unwrap();
    ok(token.createdAt >= before && token.createdAt <= Date.now());
    const past = tokens.add({ jti: "t1", userId: "ada", expiresAt: before });
    strictEqual(past.unwrapErr().code, "VALIDATION_TOO_SMALL");
  });
});

describe("InMemoryTokenStore", () => {
  it("never forgives when the grace is infinite, nor takes a replay for a theft", () => {
    const { clock, tokens, put } = setUp({ graceMs: Infinity });
    put("t0", 1e9);
    const next = { jti: "t1", expiresAt: clock.now() + 1e9 };
    tokens.rotate("t0", next).unwrap();
    clock.advance(1e8);
    strictEqual(tokens.rotate("t0", next).unwrap().outcome, "replayed");
  });

  it("is synchronous", () => {
    const { clock, tokens, put } = setUp();
    put("t0");
    ok(tokens.find("t0") instanceof Ok);
    ok(tokens.find("") instanceof Err);
    strictEqual(tokens.isActive("t0"), true);
    const next = { jti: "t1", expiresAt: clock.now() + 1 };
    ok(tokens.rotate("t0", next) instanceof Ok);
    ok(Array.isArray(tokens.listActive("ada").unwrap()));
    strictEqual(tokens.prune(), 0);
  });

  it("gives the same token each time, as nobody can change it", () => {
    const { tokens, put } = setUp();
    const token = put("t0");
    assertDeeplyFrozen(token);
    strictEqual(tokens.find("t0").unwrap(), token);
    strictEqual(tokens.listActive("ada").unwrap()[0], token);
  });

  it("keeps nothing of the objects that it was given", () => {
    const { clock, tokens } = setUp();
    const expiresAt = clock.now() + 1_000;
    const claims = { list: [{}], more: {} };
    const token = tokens.add({ jti: "t0", userId: "ada", expiresAt, claims })
      .unwrap();
    const kept = token.claims as typeof claims;
    ok(kept !== claims && kept.list !== claims.list);
    ok(kept.list[0] !== claims.list[0] && kept.more !== claims.more);
    strictEqual(Object.isFrozen(claims) || Object.isFrozen(claims.list), false);
  });

  it("stands still while the machine's date is up to a minute back", () => {
    const { clock, tokens, put } = setUp();
    put("t0", 1_000);
    put("t1", 2_000);
    clock.advance(1_000);
    strictEqual(tokens.isActive("t0"), false);
    const latest = clock.now();
    for (const backMs of [1, 30_000, 60_000, 59_999]) {
      clock.setNow(latest - backMs);
      strictEqual(tokens.isActive("t0"), false);
      strictEqual(tokens.isActive("t1"), true);
      strictEqual(put(`at${backMs}`, 120_000).createdAt, latest);
      const past = tokens.add({ jti: "x", userId: "ada", expiresAt: latest });
      strictEqual(past.unwrapErr().code, "VALIDATION_TOO_SMALL");
    }
    clock.advance(59_999 + 999);
    strictEqual(tokens.isActive("t1"), true);
    clock.advance(1);
    strictEqual(tokens.isActive("t1"), false);
  });

  it("believes a date that is set back by more than a minute, and is back at once", () => {
    const { clock, tokens, put } = setUp();
    const right = clock.now();
    clock.setNow(right + 1e12);
    put("t0", 1_000);
    tokens.revoke("t0").unwrap();
    clock.setNow(right + 1e12 - 60_001);
    strictEqual(put("t1").createdAt, right + 1e12 - 60_001);
    clock.setNow(right);
    strictEqual(put("t2", 1_000).createdAt, right);
    clock.advance(999);
    strictEqual(tokens.isActive("t2"), true);
    clock.advance(1);
    strictEqual(tokens.isActive("t2"), false);
    // What was revoked stays so, whatever the date.
    strictEqual(tokens.isActive("t0"), false);
    strictEqual(tokens.find("t0").unwrap()?.revokedAt, right + 1e12);
    const same = tokens.add({ jti: "t0", userId: "ada", expiresAt: right * 2 });
    strictEqual(same.unwrapErr().code, "DB_DUPLICATE_KEY");
  });

  it("measures the grace by what has passed, whatever becomes of the date", () => {
    for (const stepMs of [-1e9, -30_000, 30_000, 1e9]) {
      const { clock, tokens, put } = setUp({ graceMs: 10 });
      put("t0", 1e10);
      const next = { jti: "t1", expiresAt: clock.now() + 1e10 };
      tokens.rotate("t0", next).unwrap();
      clock.setNow(clock.now() + stepMs);
      clock.advance(9);
      strictEqual(tokens.rotate("t0", next).unwrap().outcome, "replayed");
      clock.advance(1);
      strictEqual(tokens.rotate("t0", next).unwrap().outcome, "reused");
    }
  });

  it("has no claims when told none: {} and nothing else", () => {
    const { clock } = setUp();
    const tokens = new InMemoryTokenStore({ clock });
    const expiresAt = clock.now() + 1;
    const token = { jti: "t0", userId: "ada", expiresAt };
    deepStrictEqual(tokens.add({ ...token, claims: {} }).unwrap().claims, {});
    const claims = { admin: true };
    // @ts-expect-error -- claims that the type of the store does not have
    tokens.add({ ...token, claims });
    // @ts-expect-error -- the same holds for the next token
    tokens.rotate("t0", { jti: "t1", expiresAt, claims });
    expectType<Equal<NoClaims, Record<string, never>>>();
  });

  it("knows times before the epoch", () => {
    const clock = new ManualClock({ now: -1_000 });
    const tokens = new InMemoryTokenStore({ clock });
    tokens.add({ jti: "t0", userId: "ada", expiresAt: -500 }).unwrap();
    clock.advance(499);
    strictEqual(tokens.isActive("t0"), true);
    clock.advance(1);
    strictEqual(tokens.isActive("t0"), false);
  });

  it("a time between two milliseconds is not in the future of itself", () => {
    const clock = new ManualClock({ now: 10.5 });
    const tokens = new InMemoryTokenStore({ clock });
    const refused = tokens.add({ jti: "t0", userId: "ada", expiresAt: 10 });
    deepStrictEqual(refused.unwrapErr().params, {
      field: "expiresAt",
      min: 11,
    });
    tokens.add({ jti: "t0", userId: "ada", expiresAt: 11 }).unwrap();
    strictEqual(tokens.isActive("t0"), true);
    clock.advance(0.5);
    strictEqual(tokens.isActive("t0"), false);
  });

  for (
    const [name, wrap] of [
      ["objects", (inner: unknown): unknown => ({ inner })],
      ["arrays", (inner: unknown): unknown => [inner]],
    ] as const
  ) {
    it(`add() never throws, however deep ${name} are nested`, () => {
      const { clock, tokens } = setUp({ maxTokens: 1 });
      let shallowest = 0;
      for (let depth = 1; depth < 40_000; depth = Math.ceil(depth * 1.05)) {
        let inner: unknown = 1;
        for (let i = 0; i < depth; i++) inner = wrap(inner);
        const claims = { inner };
        const expiresAt = clock.now() + 1;
        const added = tokens.add({ jti: "t0", userId: "a", expiresAt, claims });
        if (!added.ok) {
          shallowest ||= depth;
          strictEqual(added.error.code, "VALIDATION_TYPE_MISMATCH");
        }
        clock.advance(1);
      }
      ok(shallowest > 500, `refuses a depth of ${shallowest}`);
    });
  }

  it("rotate() and add() stand a getter that changes the store meanwhile", () => {
    const { clock, tokens, put } = setUp();
    put("t0");
    const expiresAt = clock.now() + 1_000;
    const revoking = {
      get role(): string {
        tokens.revokeUser("ada").unwrap();
        return "x";
      },
    };
    const rotation = tokens.rotate("t0", {
      jti: "t1",
      expiresAt,
      claims: revoking,
    });
    deepStrictEqual(rotation.unwrap(), { outcome: "inactive" });
    const storing = {
      get role(): string {
        put("t2");
        return "x";
      },
    };
    const added = tokens.add({
      jti: "t2",
      userId: "bob",
      expiresAt,
      claims: storing,
    });
    strictEqual(added.unwrapErr().code, "DB_DUPLICATE_KEY");
    deepStrictEqual(tokens.listActive("bob").unwrap(), []);
    strictEqual(tokens.find("t2").unwrap()?.userId, "ada");
  });
});

describe("InMemoryTokenStore.size", () => {
  it("counts revoked tokens, and expired ones until they are dropped", () => {
    const { clock, tokens, put } = setUp();
    put("t0", 10);
    put("t1", 10);
    put("t2", 20);
    tokens.revoke("t0");
    strictEqual(tokens.size, 3);
    clock.advance(10);
    strictEqual(tokens.size, 3);
    strictEqual(tokens.prune(1), 1);
    strictEqual(tokens.size, 2);
    put("t3");
    strictEqual(tokens.size, 2);
  });

  it("never exceeds the bound, and is what is alive after prune() (property)", () => {
    const moves = fc.array(
      fc.oneof(
        fc.tuple(fc.constant("add"), fc.nat(9), fc.integer({ min: 1, max: 9 })),
        fc.tuple(fc.constant("rotate"), fc.nat(9), fc.nat(9)),
        fc.tuple(fc.constant("revoke"), fc.nat(9), fc.constant(0)),
        fc.tuple(fc.constant("advance"), fc.nat(5), fc.constant(0)),
        fc.tuple(fc.constant("prune"), fc.nat(3), fc.constant(0)),
      ),
      { maxLength: 60, size: "max" },
    );
    fc.assert(
      fc.property(moves, (list) => {
        const { clock, tokens } = setUp({ maxTokens: 5, graceMs: 0 });
        for (const [move, a, b] of list) {
          const expiresAt = clock.now() + b + 1;
          if (move === "add") {
            tokens.add({ jti: `t${a}`, userId: `u${a % 2}`, expiresAt });
          } else if (move === "rotate") {
            tokens.rotate(`t${a}`, { jti: `t${b}`, expiresAt });
          } else if (move === "revoke") tokens.revoke(`t${a}`);
          else if (move === "advance") clock.advance(a);
          else {
            const before = tokens.size;
            const pruned = tokens.prune(a);
            ok(pruned <= a);
            strictEqual(tokens.size, before - pruned);
          }
          ok(tokens.size <= 5);
        }
        const before = tokens.size;
        let alive = 0;
        for (let i = 0; i < 10; i++) {
          if (tokens.find(`t${i}`).unwrap() !== undefined) alive++;
        }
        strictEqual(tokens.prune(), before - alive);
        strictEqual(tokens.size, alive);
        clock.advance(20);
        strictEqual(tokens.prune(), alive);
        strictEqual(tokens.size, 0);
      }),
      { numRuns: RUNS },
    );
  });

  it("does not grow when 20 000 tokens come and expire, without any prune()", () => {
    const { clock, tokens, put } = setUp();
    for (let i = 0; i < 20_000; i++) {
      put(`t${i}`, 10, `u${i}`);
      if (i % 3 === 0) tokens.revoke(`t${i}`);
      clock.advance(1);
      ok(tokens.size <= 10);
    }
    clock.advance(10);
    strictEqual(tokens.prune(), 10);
    strictEqual(tokens.size, 0);
  });

  it("goes down bit by bit after a burst, by every token that is stored", () => {
    const { clock, tokens, put } = setUp();
    for (let i = 0; i < 1_000; i++) put(`burst${i}`, 10);
    clock.advance(10);
    let before = tokens.size;
    for (let i = 0; i < 500; i++) {
      put(`t${i}`);
      // One comes, a few go, but not so many that one call takes long.
      if (before > 500) ok(tokens.size < before && tokens.size > before - 20);
      before = tokens.size;
    }
    strictEqual(tokens.size, 500);
  });

  it("a store that is full of expired tokens refuses none, and drops a few for each", () => {
    const { clock, tokens, put } = setUp({ maxTokens: 100 });
    for (let i = 0; i < 90; i++) put(`expired${i}`, 10);
    for (let i = 0; i < 10; i++) put(`t${i}`, 20);
    clock.advance(10);
    strictEqual(tokens.size, 100);
    for (let i = 10; i < 100; i++) {
      const before = tokens.size;
      put(`t${i}`, 20);
      ok(tokens.size <= 100);
      ok(before - tokens.size < 8, "one call does not take long");
    }
    // They are all alive now: there is room for one as soon as one expires.
    strictEqual(tokens.prune(), 0);
    const late = { jti: "late", userId: "ada", expiresAt: clock.now() + 30 };
    const full = tokens.add(late).unwrapErr();
    strictEqual(full.code, "DB_REPOSITORY_FULL");
    clock.advance(10);
    tokens.add(late).unwrap();
    ok(tokens.size <= 100);
  });

  it("add() of an id whose token has expired does not need a prune()", () => {
    const { clock, tokens, put } = setUp();
    for (let i = 0; i < 20; i++) put(`t${i}`, 1 + i);
    clock.advance(20);
    put("t19", 5, "bob");
    strictEqual(tokens.find("t19").unwrap()?.userId, "bob");
    clock.advance(5);
    tokens.prune();
    strictEqual(tokens.size, 0);
    strictEqual(tokens.find("t19").unwrap(), undefined);
  });

  it("leaves nothing behind in any index when all has expired", () => {
    const maps: Map<unknown, unknown>[] = [];
    class SeenMap<K, V> extends Map<K, V> {
      constructor() {
        super();
        maps.push(this as Map<unknown, unknown>);
      }
    }
    const clock = new ManualClock();
    let tokens: Store | undefined;
    withReplaced(globalThis, "Map", SeenMap as MapConstructor, () => {
      tokens = new InMemoryTokenStore<object>({ clock, graceMs: 0 });
    });
    ok(tokens !== undefined && maps.length > 0);
    for (let i = 0; i < 20; i++) {
      const familyId = `f${i % 10}`;
      const userId = `u${i % 5}`;
      const expiresAt = clock.now() + 10 + i;
      tokens.add({ jti: `t${i}`, userId, familyId, expiresAt }).unwrap();
      tokens.rotate(`t${i}`, { jti: `n${i}`, expiresAt: expiresAt + 5 });
      if (i % 4 === 0) tokens.rotate(`t${i}`, { jti: "x", expiresAt });
    }
    tokens.revokeUser("u1");
    tokens.revokeUser("nobody");
    tokens.revokeFamily("none");
    tokens.listActive("nobody");
    ok(maps.some(({ size }) => size > 0));
    clock.advance(100);
    tokens.prune();
    deepStrictEqual(maps.map(({ size }) => size), maps.map(() => 0));
  });
});

describe("InMemoryTokenStore.prune()", () => {
  for (
    const [name, limit] of [
      ...NOT_NUMBERS.filter(([name]) => name !== "undefined"),
      ["NaN", NaN],
      ["negative", -1],
      ["minus infinity", -Infinity],
      ["a fraction", 1.5],
    ] as const
  ) {
    it(`throws and names the limit when it is ${name}, and drops nothing`, () => {
      const { clock, tokens, put } = setUp();
      put("t0", 1);
      clock.advance(1);
      throws(() => tokens.prune(limit as number), (error) => {
        ok(ValidationError.is(error));
        strictEqual(error.code, "VALIDATION_INVALID_OPTION");
        strictEqual(error.field, "limit");
        return true;
      });
      strictEqual(tokens.size, 1);
    });
  }

  it("drops the earliest first, and a token at the moment it expires", () => {
    const { clock, tokens, put } = setUp();
    for (const ttlMs of [30, 10, 20]) put(`t${ttlMs}`, ttlMs);
    clock.advance(9);
    strictEqual(tokens.prune(), 0);
    clock.advance(1);
    strictEqual(tokens.prune(), 1);
    clock.advance(20);
    strictEqual(tokens.prune(1), 1);
    clock.setNow(1_000_020);
    strictEqual(tokens.prune(Infinity), 1);
    strictEqual(tokens.size, 0);
  });
});

describe("isTokenStore()", () => {
  const methods = [
    "add",
    "find",
    "isActive",
    "revoke",
    "revokeUser",
    "revokeFamily",
    "rotate",
    "listActive",
    "prune",
  ];
  const whole = Object.fromEntries(methods.map((name) => [name, () => {}]));

  it("is true for whatever has the methods", () => {
    strictEqual(isTokenStore(whole), true);
    strictEqual(isTokenStore(Object.assign(() => {}, whole)), true);
  });

  for (const name of methods) {
    it(`is false when ${name} is missing or no method`, () => {
      strictEqual(isTokenStore({ ...whole, [name]: undefined }), false);
      strictEqual(isTokenStore({ ...whole, [name]: true }), false);
    });
  }

  for (const value of [undefined, null, 1, "store", [], new Map()]) {
    it(`is false for ${Object.prototype.toString.call(value)}`, () => {
      strictEqual(isTokenStore(value), false);
    });
  }
});

describe("verifyToken()", () => {
  it("needs find() only, and asks once with the very id", async () => {
    const { put } = setUp();
    const token = put("t0");
    const asked: unknown[] = [];
    const found = await verifyToken({
      find: (jti) => {
        asked.push(jti);
        return Promise.resolve(new Ok(token));
      },
    }, "t0");
    strictEqual(found.unwrap(), token);
    deepStrictEqual(asked, ["t0"]);
  });

  it("refuses a token that was revoked at time 0", async () => {
    const clock = new ManualClock({ now: 0 });
    const tokens = new InMemoryTokenStore({ clock });
    tokens.add({ jti: "t0", userId: "ada", expiresAt: 10 }).unwrap();
    tokens.revoke("t0").unwrap();
    strictEqual(tokens.isActive("t0"), false);
    const refused = await verifyToken(tokens, "t0");
    strictEqual(refused.unwrapErr().code, "AUTH_TOKEN_REVOKED");
    deepStrictEqual(tokens.listActive("ada").unwrap(), []);
    strictEqual(tokens.revoke("t0").unwrap(), false);
  });

  it("says what is wrong with the id by its cause", async () => {
    const refused = (await verifyToken(new InMemoryTokenStore(), ""))
      .unwrapErr();
    strictEqual(refused.message, "The token is malformed");
    ok(ValidationError.is(refused.cause));
    strictEqual(refused.cause.message, "jti must not be empty");
  });

  it("rejects with what the store rejects with", async () => {
    const down = new Error("down");
    await rejects(
      verifyToken({ find: () => Promise.reject(down) }, "t0"),
      (error) => error === down,
    );
  });
});
