import {
  deepStrictEqual,
  match,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import {
  HashedTokenStore,
  hashTokenId,
  randomTokenId,
} from "../src/hashed_token_store.ts";
import { Err } from "../src/result.ts";
import { ManualClock } from "../src/testing.ts";
import {
  InMemoryTokenStore,
  type TokenStore,
  verifyToken,
} from "../src/token_store.ts";
import { tokenStoreConformance } from "./conformance/token_store_conformance.ts";
import {
  assertConceals,
  assertErrorConceals,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";

/** Digests that were computed before: the properties hash the same few ids. */
const DIGESTS = new Map<string, ArrayBuffer>();

describe("with digests that are computed once", () => {
  const { subtle } = crypto;

  before(() => {
    Object.defineProperty(subtle, "digest", {
      configurable: true,
      value: async (algorithm: string, bytes: Uint8Array<ArrayBuffer>) => {
        const key = `${algorithm}:${bytes}`;
        const digest = DIGESTS.get(key) ??
          await SubtleCrypto.prototype.digest.call(subtle, algorithm, bytes);
        DIGESTS.set(key, digest);
        return digest;
      },
    });
  });

  after(() => {
    Reflect.deleteProperty(subtle, "digest");
  });

  tokenStoreConformance("HashedTokenStore", {
    make: ({ around = (store) => store, ...options }) => {
      const clock = new ManualClock();
      const inner = new InMemoryTokenStore<object>({ ...options, clock });
      return {
        store: new HashedTokenStore(around(inner)),
        now: () => clock.now(),
        advance: (durationMs) => clock.advance(durationMs),
        setNow: (now) => clock.setNow(now),
      };
    },
    storedId: hashTokenId,
  });
});

/** One call of a store: the method, then what it was given. */
type Call = readonly [method: string, ...args: unknown[]];

/** A store, and all that it passes on to the one that it is in front of. */
function setUp(maxTokens = 100): {
  readonly clock: ManualClock;
  readonly inner: InMemoryTokenStore<object>;
  readonly tokens: HashedTokenStore<object>;
  readonly calls: Call[];
} {
  const clock = new ManualClock();
  const inner = new InMemoryTokenStore<object>({ clock, maxTokens });
  const calls: Call[] = [];
  const spy = new Proxy<TokenStore<object>>(inner, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        calls.push([String(name), ...args]);
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { clock, inner, tokens: new HashedTokenStore(spy), calls };
}

describe("HashedTokenStore", () => {
  it("passes every call on, with hashes in the place of ids and all else as it is", async () => {
    const { tokens, calls } = setUp();
    const [a, b] = [await hashTokenId("a"), await hashTokenId("b")];
    const claims = { role: "x" };
    const token = { userId: "ada", familyId: "f", expiresAt: 10, claims };
    await tokens.add({ jti: "a", ...token });
    await tokens.find("a");
    await tokens.isActive("a");
    await tokens.rotate("a", { jti: "b", expiresAt: 20, claims });
    await tokens.revoke("b", "lost");
    await tokens.revoke("b");
    await tokens.revokeUser("ada");
    await tokens.revokeUser("ada", { reason: "why", exceptFamilyId: "f" });
    await tokens.revokeUser("ada", { exceptJti: "b", reason: "why" });
    await tokens.revokeUser("ada", { exceptJti: "b", exceptFamilyId: "f" });
    await tokens.revokeFamily("f", "why");
    await tokens.listActive("ada");
    await tokens.prune(3);
    deepStrictEqual(
      calls.map((call) => call.filter((it) => it !== undefined)),
      [
        ["add", { jti: a, ...token }],
        ["find", a],
        ["isActive", a],
        ["rotate", a, { jti: b, expiresAt: 20, claims }],
        ["revoke", b, "lost"],
        ["revoke", b],
        ["revokeUser", "ada", {}],
        ["revokeUser", "ada", { reason: "why", exceptFamilyId: "f" }],
        ["revokeUser", "ada", { exceptJti: b, reason: "why" }],
        ["revokeUser", "ada", { exceptJti: b, exceptFamilyId: "f" }],
        ["revokeFamily", "f", "why"],
        ["listActive", "ada"],
        ["prune", 3],
      ],
    );
  });

  it("never shows the store behind it an id, valid or not, nor gives one back (property)", async () => {
    const secrets = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom(..."abcXYZ0189-_"), minLength: 12 })
        .map((text) => `Sesame${text}`),
      { minLength: 3, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(
        secrets,
        fc.constantFrom("", " ", "\n", "\ud800", "i".repeat(512)),
        async (ids, flaw) => {
          const { clock, tokens, calls } = setUp(2);
          const [first, second, third] = ids as [string, string, string];
          const expiresAt = clock.now() + 10;
          const answers: unknown[] = [];
          for (const id of [first, `${first}${flaw}`]) {
            const token = { jti: id, userId: "ada", expiresAt };
            answers.push(
              await tokens.add(token),
              await tokens.add(token),
              await tokens.find(id),
              await tokens.isActive(id),
              await tokens.revokeUser("ada", { exceptJti: id }),
              await tokens.listActive("ada"),
              await tokens.rotate(id, { jti: `${second}${flaw}`, expiresAt }),
              await tokens.rotate(id, { jti: second, expiresAt }),
              await tokens.rotate(id, { jti: second, expiresAt }),
              await tokens.rotate(second, { jti: third, expiresAt }),
              await tokens.add({ jti: third, userId: "ada", expiresAt }),
              await tokens.add({ jti: third, userId: "ada", expiresAt: 0 }),
              await tokens.revoke(id),
              await verifyToken(tokens, id),
              await tokens.find(id),
            );
          }
          const seen = JSON.stringify([calls, answers]);
          ok(calls.length > 12);
          strictEqual(seen.includes("Sesame"), false, seen);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("asks the store behind it nothing when the id is none", async () => {
    const { tokens, calls } = setUp();
    for (const jti of ["", " a", "a\u0000", "i".repeat(513), undefined]) {
      const id = jti as string;
      ok(await tokens.find(id) instanceof Err);
      ok(await tokens.revoke(id) instanceof Err);
      ok(await tokens.rotate(id, { jti: "b", expiresAt: 1 }) instanceof Err);
      ok(await tokens.rotate("b", { jti: id, expiresAt: 1 }) instanceof Err);
      ok(
        await tokens.add({ jti: id, userId: "a", expiresAt: 1 }) instanceof Err,
      );
      strictEqual(await tokens.isActive(id), false);
    }
    ok(await tokens.revokeUser("ada", { exceptJti: "" }) instanceof Err);
    deepStrictEqual(calls, []);
  });

  it("hashes once: a hash that was stolen from the store opens nothing", async () => {
    const { clock, inner, tokens } = setUp();
    const secret = randomTokenId();
    const expiresAt = clock.now() + 10;
    const stored = (await tokens.add({ jti: secret, userId: "ada", expiresAt }))
      .unwrap();
    strictEqual(stored.jti, await hashTokenId(secret));
    strictEqual(inner.isActive(stored.jti), true);
    strictEqual(inner.isActive(secret), false);
    strictEqual(await tokens.isActive(stored.jti), false);
    strictEqual((await tokens.find(stored.jti)).unwrap(), undefined);
    const rotation = await tokens.rotate(stored.jti, { jti: "b", expiresAt });
    deepStrictEqual(rotation.unwrap(), { outcome: "unknown" });
    const refused = await verifyToken(tokens, stored.jti);
    strictEqual(refused.unwrapErr().code, "AUTH_TOKEN_INVALID");
    assertErrorConceals(refused.unwrapErr(), stored.jti);
    assertConceals(tokens, secret);
  });

  it("revokes and spares a token by the hash that a list of tokens tells", async () => {
    const { clock, tokens } = setUp();
    const expiresAt = clock.now() + 10;
    for (const jti of ["a", "b", "c"]) {
      (await tokens.add({ jti, userId: "ada", expiresAt })).unwrap();
    }
    const [a, b] = (await tokens.listActive("ada")).unwrap();
    strictEqual((await tokens.revoke(a!.jti, "lost")).unwrap(), true);
    strictEqual((await tokens.revoke(a!.jti)).unwrap(), false);
    strictEqual((await tokens.find("a")).unwrap()?.revokedReason, "lost");
    const options = { exceptJti: b!.jti };
    strictEqual((await tokens.revokeUser("ada", options)).unwrap(), 1);
    strictEqual(await tokens.isActive("b"), true);
    strictEqual(await tokens.isActive("c"), false);
  });

  it("stores no id that looks like a hash, since it could not be revoked by it", async () => {
    const { clock, tokens, calls } = setUp();
    const expiresAt = clock.now() + 10;
    for (const jti of ["sha256:", "sha256:mine", await hashTokenId("a")]) {
      const added = await tokens.add({ jti, userId: "ada", expiresAt });
      const rotated = await tokens.rotate("a", { jti, expiresAt });
      for (const [result, field] of [[added, "jti"], [rotated, "next.jti"]]) {
        const error = (result as typeof added).unwrapErr();
        strictEqual(
          error.message,
          `${field} has an invalid format: ` +
            "no sha256: at its beginning, which is for hashes",
        );
      }
    }
    deepStrictEqual(calls, []);
    // A hash that can be none is refused as an id.
    for (const end of [" ", "\n", "i".repeat(512)]) {
      const error = (await tokens.revoke(`sha256:${end}`)).unwrapErr();
      strictEqual(error.code, "VALIDATION_INVALID_FORMAT");
    }
    deepStrictEqual(calls, []);
    for (const jti of ["sha256", "SHA256:a", "a:sha256:"]) {
      (await tokens.add({ jti, userId: "ada", expiresAt })).unwrap();
      strictEqual((await tokens.revoke(jti)).unwrap(), true);
    }
  });

  it("a family without a name has the hash of its first token", async () => {
    const { clock, tokens } = setUp();
    const expiresAt = clock.now() + 10;
    const token = { jti: "a", userId: "ada", expiresAt };
    const { familyId } = (await tokens.add(token)).unwrap();
    strictEqual(familyId, await hashTokenId("a"));
    await tokens.rotate("a", { jti: "b", expiresAt });
    strictEqual((await tokens.find("b")).unwrap()?.familyId, familyId);
    strictEqual((await tokens.revokeFamily(familyId)).unwrap(), 1);
    strictEqual(await tokens.isActive("b"), false);
  });

  it("does not change what it is given", async () => {
    const { clock, tokens } = setUp();
    const expiresAt = clock.now() + 10;
    const token = Object.freeze({ jti: "a", userId: "ada", expiresAt });
    const next = Object.freeze({ jti: "b", expiresAt });
    const options = Object.freeze({ exceptJti: "b" });
    (await tokens.add(token)).unwrap();
    (await tokens.rotate("a", next)).unwrap();
    strictEqual((await tokens.revokeUser("ada", options)).unwrap(), 0);
  });

  it("throws when it is put in front of something else", () => {
    for (const value of [undefined, null, {}, new Map()]) {
      throws(() => new HashedTokenStore(value as never), (error) => {
        ok(ValidationError.is(error));
        strictEqual(error.code, "VALIDATION_INVALID_OPTION");
        strictEqual(error.field, "tokens");
        return true;
      });
    }
  });

  it("rejects with what the store behind it throws", async () => {
    const { tokens } = setUp();
    await rejects(tokens.prune(-1), (error) => ValidationError.is(error));
    const down = new Error("down");
    const broken = new HashedTokenStore(
      new Proxy(new InMemoryTokenStore(), {
        get: () => () => Promise.reject(down),
      }),
    );
    const isDown = (error: unknown): boolean => error === down;
    const token = { jti: "a", userId: "ada", expiresAt: 1 };
    await rejects(broken.add(token), isDown);
    await rejects(broken.find("a"), isDown);
    await rejects(broken.isActive("a"), isDown);
    await rejects(broken.revoke("a"), isDown);
    await rejects(broken.revokeUser("a"), isDown);
    await rejects(broken.revokeUser("a", { exceptJti: "a" }), isDown);
    await rejects(broken.revokeFamily("a"), isDown);
    await rejects(broken.rotate("a", token), isDown);
    await rejects(broken.listActive("a"), isDown);
    await rejects(broken.prune(), isDown);
  });
});

describe("hashTokenId()", () => {
  for (
    const [name, text, hash] of [
      ["nothing", "", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"],
      ["three letters", "abc", "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"],
      [
        "448 bits",
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "JI1qYdIGOLjlwCaTDD5gOaM85Flk_yFn9uzt1BnbBsE",
      ],
      [
        "UTF-8 of up to four bytes",
        "é日𝒳",
        "izRNkcw_cGGGsl7cVPQUZyNICqUp-gDcFRUH287Uw-I",
      ],
      [
        "text to normalise",
        "e\u0301\u212b",
        "1b7gC3GOfuWvFvbtQXHh68cQ6wPpviAo3Y5_ZRFIMbw",
      ],
      [
        "512 letters",
        "a".repeat(512),
        "RxvmVYtmXk9t1J8RhIFNFJGwMV1Ga-6naMFTzFUAyDY",
      ],
    ] as const
  ) {
    it(`is SHA-256 of ${name}, as others compute it`, async () => {
      strictEqual(await hashTokenId(text), `sha256:${hash}`);
    });
  }

  it("gives a mark and 43 characters of a valid id, other for other ids (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: fc.constantFrom(..."aé日𝒳") }), {
          minLength: 2,
          maxLength: 2,
        }),
        async ([first, second]) => {
          const hash = await hashTokenId(first!);
          match(hash, /^sha256:[A-Za-z0-9_-]{43}$/);
          notStrictEqual(await hashTokenId(second!), hash);
          strictEqual(await hashTokenId(first!), hash);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe("randomTokenId()", () => {
  /** What it makes of bytes that are known. */
  function idOf(bytes: readonly number[]): string {
    let id = "";
    withReplaced(
      crypto,
      "getRandomValues",
      ((array: Uint8Array) => {
        strictEqual(array.length, bytes.length);
        array.set(bytes);
        return array;
      }) as Crypto["getRandomValues"],
      () => {
        id = randomTokenId(bytes.length);
      },
    );
    return id;
  }

  it("writes the platform's random bytes in the alphabet of URLs (property)", () => {
    const bytesOf = fc.array(fc.nat(255), {
      minLength: 16,
      maxLength: 256,
      size: "max",
    });
    fc.assert(
      fc.property(bytesOf, (bytes) => {
        const id = idOf(bytes);
        match(id, /^[A-Za-z0-9_-]+$/);
        const padded = id.replaceAll("-", "+").replaceAll("_", "/");
        const decoded = atob(padded);
        deepStrictEqual([...decoded].map((it) => it.charCodeAt(0)), bytes);
      }),
      { numRuns: RUNS },
    );
    match(idOf(new Array(18).fill(255)), /^_{24}$/);
    match(idOf(new Array(16).fill(0xfb)), /^(-_v7)+-w$/);
  });

  it("has 256 bits when told nothing, and never comes twice", () => {
    const ids = Array.from({ length: 1_000 }, () => randomTokenId());
    for (const id of ids) strictEqual(id.length, 43);
    strictEqual(new Set(ids).size, ids.length);
    notStrictEqual(randomTokenId(16), randomTokenId(16));
  });

  it("has as many bits as it is told, from 16 bytes to 256", () => {
    for (let bytes = 16; bytes <= 256; bytes++) {
      strictEqual(randomTokenId(bytes).length, Math.ceil(bytes * 4 / 3));
    }
  });

  for (
    const [name, bytes] of [
      ...NOT_NUMBERS.filter(([name]) => name !== "undefined"),
      ["15", 15],
      ["257", 257],
      ["a fraction", 16.5],
      ["NaN", NaN],
      ["infinity", Infinity],
    ] as const
  ) {
    it(`throws and names the bytes when they are ${name}`, () => {
      throws(() => randomTokenId(bytes as number), (error) => {
        ok(ValidationError.is(error));
        strictEqual(error.code, "VALIDATION_INVALID_OPTION");
        strictEqual(error.field, "bytes");
        return true;
      });
    });
  }

  it("is an id that every store takes, whatever its length", () => {
    const tokens = new InMemoryTokenStore();
    const expiresAt = Date.now() + 60_000;
    for (const bytes of [16, 32, 256]) {
      const jti = randomTokenId(bytes);
      strictEqual(tokens.add({ jti, userId: "ada", expiresAt }).ok, true);
    }
  });
});
