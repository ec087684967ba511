import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bytesCodec,
  Cipher,
  type CipherOptions,
  EncryptedValue,
  type Encryptor,
  isEncryptor,
  jsonCodec,
  type OpenError,
  type OpenFailure,
  type SealError,
  timingSafeEqual,
  type ValueCodec,
} from "../src/encryption.ts";
import { SecurityError, ValidationError } from "../src/errors.ts";
import { generateKey, KeyRing } from "../src/key_ring.ts";
import { err, type Result } from "../src/result.ts";
import { Secret } from "../src/secret.ts";
import { validateType } from "../src/validators.ts";
import {
  contexts,
  encryptorConformance,
  plainOf,
} from "./conformance/encryptor_conformance.ts";
import {
  byHand,
  type Bytes,
  cipherOf,
  K1,
  K2,
  MARKER,
  openText,
  parse,
  rawKey,
  reasonOf,
} from "./encryption_support.ts";
import {
  assertConceals,
  assertErrorConceals,
  deferred,
  type Equal,
  expectType,
  inspectors,
  RUNS,
  schemaOf,
  withReplaced,
} from "./foundation_support.ts";

function hex(text: string): Bytes {
  const pairs = text.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

encryptorConformance("Cipher", () => cipherOf());
encryptorConformance(
  "Cipher, called from afar,",
  async () => deferred<Encryptor<unknown>>(await cipherOf()),
);

describe("Cipher", () => {
  it("C1 open(seal(x)) = x for bytes", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const cipher = new Cipher(ring, { codec: bytesCodec });
    const values = fc.uint8Array({ maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(values, contexts, async (value, context) => {
        const sealed = (await cipher.seal(value, { context })).unwrap();
        const again = EncryptedValue.parse<Uint8Array>(sealed.toString());
        const opened = await cipher.open(again.unwrap(), { context });
        deepStrictEqual(opened.unwrap(), new Uint8Array(value));
      }),
      { numRuns: RUNS },
    );
  });

  it("C2 no other text opens: every change of one character", async () => {
    const cipher = await cipherOf([K1, { id: "K1", key: rawKey(1) }, K2]);
    const text = String((await cipher.seal(MARKER)).unwrap());
    const units = [
      ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
      ..."+/=. \n\0é\ud800",
    ];
    const reasons = new Set<OpenFailure>();
    for (let i = 0; i < text.length; i++) {
      const others = units.filter((unit) => unit !== text[i]);
      const opened = await Promise.all(
        others.map((unit) =>
          openText(cipher, text.slice(0, i) + unit + text.slice(i + 1))
        ),
      );
      for (const result of opened) reasons.add(reasonOf(result));
    }
    deepStrictEqual([...reasons].sort(), [
      "auth_failed",
      "malformed",
      "unknown_key",
      "unsupported_version",
    ]);
    strictEqual((await openText(cipher, text)).unwrap(), MARKER);
  });

  it("C2 no other text opens: characters gone, doubled or swapped", async () => {
    const cipher = await cipherOf();
    const text = String((await cipher.seal(MARKER)).unwrap());
    for (let i = 0; i < text.length; i++) {
      const [before, at, next] = [text.slice(0, i), text[i], text[i + 1]];
      const changed = [
        before,
        text.slice(i + 1),
        before + text.slice(i + 1),
        before + at + text.slice(i),
        before + next + at + text.slice(i + 2),
      ];
      for (const other of changed) {
        if (other !== text) ok(!(await openText(cipher, other)).ok, other);
      }
    }
  });

  it("C2 no other bytes open: every change of one bit", async () => {
    const cipher = await cipherOf();
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 1 }),
        fc.nat(),
        async (value, n) => {
          const text = String((await cipher.seal(value)).unwrap());
          const [version, keyId, payload = ""] = text.split(".");
          const bytes = byHand.toBytes(payload);
          const bit = n % (bytes.length * 8);
          bytes[bit >> 3]! ^= 1 << (bit & 7);
          const other = [version, keyId, byHand.toText(bytes)].join(".");
          strictEqual(reasonOf(await openText(cipher, other)), "auth_failed");
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("C2 the id of another key does not open it, even of the same bytes", async () => {
    const twin = { id: "twin", key: rawKey(1) };
    const cipher = await cipherOf([K1, K2, twin]);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const text = String((await cipher.seal(value)).unwrap());
        for (const id of ["twin", "k2"]) {
          const other = text.replace(".k1.", `.${id}.`);
          strictEqual(reasonOf(await openText(cipher, other)), "auth_failed");
        }
        const unknown = text.replace(".k1.", ".k3.");
        strictEqual(reasonOf(await openText(cipher, unknown)), "unknown_key");
      }),
      { numRuns: RUNS },
    );
  });

  it("C2 where id and context meet makes no difference that could be lost", async () => {
    const keys = ["a", "a1", "a11"].map((id) => ({ id, key: rawKey(1) }));
    const [one, other] = await Promise.all([
      cipherOf(keys, "a"),
      cipherOf(keys, "a11"),
    ]);
    const sealed = (await one.seal(1, { context: { x: 1 } })).unwrap();
    const text = String(sealed).replace(".a.", ".a11.");
    const opened = await other.open(parse(text), { context: { x: 1 } });
    strictEqual(reasonOf(opened), "auth_failed");
  });

  it("C4 after a rotation old values open, new ones have the primary's id", async () => {
    const before = await cipherOf([K1, K2], "k1");
    const after = await cipherOf([K1, K2], "k2");
    const last = await cipherOf([K2], "k2");
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), contexts, async (value, context) => {
        const expected = plainOf(value);
        const old = (await before.seal(value, { context })).unwrap();
        deepStrictEqual(
          (await after.open(old, { context })).unwrap(),
          expected,
        );
        strictEqual(before.needsRotation(old), false);
        strictEqual(after.needsRotation(old), true);

        const fresh = (await after.rotate(old, { context })).unwrap();
        strictEqual(fresh.keyId, "k2");
        strictEqual(after.needsRotation(fresh), false);
        for (const cipher of [before, after, last]) {
          const opened = await cipher.open(fresh, { context });
          deepStrictEqual(opened.unwrap(), expected);
        }
        strictEqual(reasonOf(await last.open(old, { context })), "unknown_key");
      }),
      { numRuns: RUNS },
    );
  });

  it("C5 shows nothing of a value, whatever it is", async () => {
    const cipher = await cipherOf();
    const texts = fc.string({ unit: "grapheme", maxLength: 20 })
      .map((text) => `${MARKER}${text}`);
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const held = { [text]: [text] };
        const context = { place: text };
        const sealed = (await cipher.seal(held, { context })).unwrap();
        const clone = structuredClone({ sealed });
        const error = (await cipher.open(sealed)).unwrapErr();
        const wrong = (await cipher.open(sealed, {
          context,
          parse: (value) => validateType("value", value, "string"),
        })).unwrapErr();
        for (const it of [sealed, clone, error, wrong]) {
          assertConceals(it, MARKER);
          assertConceals({ deep: [it] }, MARKER);
        }
        assertConceals(new Error(`${sealed}`, { cause: sealed }), MARKER);
        deepStrictEqual(Object.keys(sealed), ["keyId"]);
        deepStrictEqual({ ...clone.sealed }, { keyId: "k1" });
      }),
      { numRuns: RUNS },
    );
  });

  it("seals what plain Web Crypto opens", async () => {
    const cipher = await cipherOf([K2, K1], "k2");
    const value = { name: "Ada – ÄÖ", list: [1, null, true] };
    const context = { row: 7, column: "users.näme" };
    const sealed = (await cipher.seal(value, { context })).unwrap();

    const [version, keyId, payload = ""] = `${sealed}`.split(".");
    deepStrictEqual([version, keyId], ["v1", "k2"]);
    const bytes = byHand.toBytes(payload);
    const plain = await crypto.subtle.decrypt(
      {
        name: "AES-GCM",
        iv: bytes.slice(0, 12),
        additionalData: byHand.additionalData(
          "v1",
          "k2",
          '{"column":"users.näme","row":7}',
        ),
        tagLength: 128,
      },
      await byHand.importKey(rawKey(2)),
      bytes.slice(12),
    );
    strictEqual(new TextDecoder().decode(plain), JSON.stringify(value));
  });

  it("opens what plain Web Crypto has sealed", async () => {
    const cipher = await cipherOf([K2, K1], "k2");
    const iv = new Uint8Array(12).fill(9);
    const sealed = await crypto.subtle.encrypt(
      {
        name: "AES-GCM",
        iv,
        additionalData: byHand.additionalData("v1", "k1", '{"a":"ä"}'),
      },
      await byHand.importKey(rawKey(1)),
      new TextEncoder().encode('{"name":"Ada"}'),
    );
    const payload = Uint8Array.of(...iv, ...new Uint8Array(sealed));
    const value = parse(`v1.k1.${byHand.toText(payload)}`);
    const opened = await cipher.open(value, { context: { a: "ä" } });
    deepStrictEqual(opened.unwrap(), { name: "Ada" });
  });

  it("has the ciphertext and the tag of the GCM specification", async () => {
    // Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
    const key = hex("feffe9928665731c6d6a8f9467308308".repeat(2));
    const iv = hex("cafebabefacedbaddecaf888");
    const plain = hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    const ciphertext = hex(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
    );
    const hashKey = 0xacbef20579b4b8ebce889bac8732dad7n;
    const mask = 0xfd2caa16a5832e76aa132c1453eeda7en;
    const published = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    strictEqual(
      ghash(hashKey, published, ciphertext) ^ mask,
      0x76fc6ece0f4e1768cddf8853bb2d551bn,
    );

    const ring = await KeyRing.create([{ id: "k1", key }], "k1");
    const cipher = new Cipher(ring, { codec: bytesCodec });
    let sealing: ReturnType<typeof cipher.seal> | undefined;
    const fixed = <T>(bytes: T): T => {
      (bytes as Bytes).set(iv);
      return bytes;
    };
    withReplaced(crypto, "getRandomValues", fixed as never, () => {
      sealing = cipher.seal(plain, { context: { a: 1 } });
    });
    const text = String((await sealing!).unwrap());

    // Only the tag depends on what is authenticated besides.
    const additional = byHand.additionalData("v1", "k1", '{"a":1}');
    const tag = ghash(hashKey, additional, ciphertext) ^ mask;
    deepStrictEqual(
      byHand.toBytes(text.slice("v1.k1.".length)),
      Uint8Array.of(
        ...iv,
        ...ciphertext,
        ...hex(tag.toString(16).padStart(32, "0")),
      ),
    );
  });

  it("takes 177 characters for 100 bytes, as its format has it", async () => {
    const ring = await KeyRing.create([{ id: "k1", key: rawKey(1) }], "k1");
    const cipher = new Cipher(ring, { codec: bytesCodec });
    for (const length of [0, 1, 2, 100]) {
      const sealed = (await cipher.seal(new Uint8Array(length))).unwrap();
      const expected = 6 + Math.ceil((12 + length + 16) * 4 / 3);
      strictEqual(sealed.toString().length, expected);
    }
  });

  it("takes value and context at once: later changes do no harm", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const cipher = new Cipher(ring, { codec: bytesCodec });
    const [value, context] = [Uint8Array.of(1, 2, 3), { a: 1 }];
    const sealing = cipher.seal(value, { context });
    value.fill(0);
    context.a = 2;
    const sealed = (await sealing).unwrap();
    context.a = 1;
    const opening = cipher.open(sealed, { context });
    const rotating = cipher.rotate(sealed, { context });
    context.a = 2;
    deepStrictEqual((await opening).unwrap(), Uint8Array.of(1, 2, 3));
    const rotated = (await rotating).unwrap();
    ok((await cipher.open(rotated, { context: { a: 1 } })).ok);
  });

  it("gives bytes that are nobody else's", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const cipher = new Cipher(ring, { codec: bytesCodec });
    const sealed = (await cipher.seal(Uint8Array.of(1, 2, 3))).unwrap();
    const text = sealed.toString();
    (await cipher.open(sealed)).unwrap().fill(0);
    deepStrictEqual(
      (await cipher.open(sealed)).unwrap(),
      Uint8Array.of(1, 2, 3),
    );
    strictEqual(sealed.toString(), text);
  });

  it("open() has one error for another key, another context and a change", async () => {
    const cipher = await cipherOf();
    const stranger = await cipherOf([{ id: "k1", key: rawKey(3) }]);
    const sealed = (await cipher.seal(MARKER)).unwrap();
    const text = sealed.toString();
    const last = text.at(-2) === "A" ? "B" : "A";
    const changed = parse(text.slice(0, -2) + last + text.at(-1));
    const errors = [
      await stranger.open(sealed),
      await cipher.open(sealed, { context: { a: 1 } }),
      await cipher.open(changed),
      await stranger.rotate(sealed),
    ].map((result) => result.unwrapErr());
    for (const error of errors) {
      ok(SecurityError.is(error));
      strictEqual("cause" in error, false);
      deepStrictEqual(error.toJSON(), {
        name: "SecurityError",
        code: "SECURITY_DECRYPTION_FAILED",
        message:
          "Decryption failed: the value was changed, or has another key or context",
        params: {
          reason: "the value was changed, or has another key or context",
        },
        details: { reason: "auth_failed" },
      });
    }
  });

  it("open() says the same whatever the platform throws", async () => {
    const cipher = await cipherOf();
    const sealed = (await cipher.seal(1)).unwrap();
    const thrown = new Error(MARKER);
    const ways = [
      (): Promise<never> => Promise.reject(thrown),
      (): never => {
        throw thrown;
      },
    ];
    for (const decrypt of ways) {
      let opening: ReturnType<Cipher["open"]> | undefined;
      withReplaced(crypto.subtle, "decrypt", decrypt, () => {
        opening = cipher.open(sealed);
      });
      const opened = await opening!;
      strictEqual(reasonOf(opened), "auth_failed");
      assertConceals(opened, MARKER);
    }
  });

  it("open() tells an unknown key by its id", async () => {
    const cipher = await cipherOf();
    const sealed = (await (await cipherOf([K2], "k2")).seal(1)).unwrap();
    const error = (await cipher.open(sealed)).unwrapErr();
    strictEqual(error.details.reason, "unknown_key");
    strictEqual(error.message, "Decryption failed: there is no key k2");
  });

  it("never tries a key of another id", async () => {
    const cipher = await cipherOf([K1, K2]);
    const used: unknown[] = [];
    const { decrypt } = SubtleCrypto.prototype;
    function spy(
      ...args: Parameters<SubtleCrypto["decrypt"]>
    ): Promise<ArrayBuffer> {
      used.push(args[1]);
      return Reflect.apply(decrypt, crypto.subtle, args);
    }
    const sealed = (await cipher.seal(1)).unwrap();
    const openings: unknown[] = [];
    withReplaced(crypto.subtle, "decrypt", spy as never, () => {
      openings.push(cipher.open(sealed, { context: { a: 1 } }));
      openings.push(openText(cipher, String(sealed).replace("k1", "k3")));
    });
    await Promise.all(openings);
    strictEqual(used.length, 1);
  });

  it("seal() refuses a context that would bind less than it seems to", async () => {
    const cipher = await cipherOf();
    const sealed = (await cipher.seal(MARKER)).unwrap();
    const bad: readonly unknown[] = [
      null,
      "users",
      7,
      ["users"],
      { tenant: undefined },
      { tenant: NaN },
      { tenant: 1n },
      { tenant: new Date(0) },
      { tenant: { deep: undefined } },
      { tenant: "\ud800" },
      new Map([["tenant", 1]]),
      new Secret("tenant"),
    ];
    for (const context of bad as { tenant: string }[]) {
      for (
        const result of [
          await cipher.seal(MARKER, { context }),
          await cipher.open(sealed, { context }),
          await cipher.rotate(sealed, { context }),
        ]
      ) {
        strictEqual(reasonOf<SealError | OpenError>(result), "invalid_context");
        assertConceals(result, MARKER);
      }
    }
  });

  it("seal() leaves out members that are undefined, as JSON does", async () => {
    const cipher = await cipherOf();
    const value = { a: 1, b: undefined as number | undefined };
    const sealed = (await cipher.seal(value)).unwrap();
    deepStrictEqual((await cipher.open(sealed)).unwrap(), { a: 1 });
  });

  it("seal() refuses what has no end", async () => {
    const cipher = await cipherOf();
    const circle: Record<string, unknown> = {};
    circle.circle = { circle };
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    for (const value of [circle, deep]) {
      strictEqual(reasonOf(await cipher.seal(value)), "invalid_value");
    }
  });

  it("seal() refuses a secret instead of sealing the word for it", async () => {
    const cipher = await cipherOf();
    const sealed = await cipher.seal({ password: new Secret(MARKER) });
    strictEqual(reasonOf(sealed), "invalid_value");
    assertConceals(sealed, MARKER);
  });

  it("seal() says so when the platform refuses", async () => {
    const cipher = await cipherOf();
    const cause = new RangeError("too much");
    let sealing: ReturnType<Cipher["seal"]> | undefined;
    withReplaced(crypto.subtle, "encrypt", () => Promise.reject(cause), () => {
      sealing = cipher.seal(1);
    });
    const error = (await sealing!).unwrapErr();
    strictEqual(error.details.reason, "platform_failed");
    strictEqual(error.cause, cause);
    strictEqual(
      error.message,
      "Encryption failed: the platform refused to encrypt",
    );
  });

  it("rotate() seals anew what has the primary already, and needs a key", async () => {
    const cipher = await cipherOf();
    const sealed = (await cipher.seal(1)).unwrap();
    const rotated = (await cipher.rotate(sealed)).unwrap();
    notDeepStrictEqual(rotated.toString(), sealed.toString());
    strictEqual((await cipher.open(rotated)).unwrap(), 1);
    const other = await cipherOf([K2], "k2");
    strictEqual(reasonOf(await other.rotate(sealed)), "unknown_key");
  });

  it("rotate() does not look at the value, so that another codec's will do", async () => {
    const ring = await KeyRing.create([K1, K2], "k2");
    const bytes = new Cipher(await KeyRing.create([K1], "k1"), {
      codec: bytesCodec,
    });
    const value = Uint8Array.of(0xff, 0xfe);
    const sealed = (await bytes.seal(value)).unwrap();
    const rotated = (await new Cipher(ring).rotate(sealed)).unwrap();
    const opened = await new Cipher(ring, { codec: bytesCodec }).open(rotated);
    deepStrictEqual(opened.unwrap(), value);
  });

  it("opens what another copy of the package has sealed", async () => {
    const cipher = await cipherOf();
    const text = String((await cipher.seal(MARKER)).unwrap());
    const foreign: EncryptedValue<string> = {
      keyId: "k1",
      toString: () => text,
      toJSON: () => text,
    };
    strictEqual((await cipher.open(foreign)).unwrap(), MARKER);
    strictEqual((await cipher.rotate(foreign)).ok, true);
    const none = { keyId: "k1", toString: (): string => "?" };
    const opened = await cipher.open(none as EncryptedValue<string>);
    strictEqual(reasonOf(opened), "malformed");
    for (const value of [undefined, null, 7, "", {}]) {
      const opened = await cipher.open(value as EncryptedValue<string>);
      strictEqual(reasonOf(opened), "malformed");
    }
  });

  it("shows nothing of its keys", async () => {
    const key = generateKey();
    const ring = await KeyRing.create([{ id: "k1", key }], "k1");
    for (const it of [ring, new Cipher(ring), key]) {
      assertConceals(it, key.reveal());
    }
    for (const [name, inspect] of inspectors()) {
      ok(!inspect(ring).includes("CryptoKey"), name);
    }
  });

  it("throws for a ring or a codec that is none, without a word of it", () => {
    const bad: readonly unknown[] = [undefined, null, MARKER, {}, [MARKER]];
    for (const ring of bad) {
      throws(() => new Cipher(ring as KeyRing), (error) => {
        ok(error instanceof ValidationError);
        strictEqual(error.field, "ring");
        assertErrorConceals(error, MARKER);
        return true;
      });
    }
  });

  it("throws for a codec that is none", async () => {
    const ring = await KeyRing.create([K1], "k1");
    for (const codec of [null, {}, MARKER, { encode(): void {} }]) {
      const options = { codec } as unknown as CipherOptions<unknown>;
      throws(() => new Cipher(ring, options), {
        code: "VALIDATION_INVALID_OPTION",
        message: "The option codec is not valid: an object with methods " +
          `encode() and decode() is wanted, received ${
            codec === null ? "null" : typeof codec
          }`,
      });
    }
  });
});

describe("Cipher with parse", () => {
  interface User {
    readonly name: string;
  }

  const ada: User = { name: "ada" };
  const asUser = schemaOf<User>((value) =>
    typeof value === "object" && value !== null && "name" in value
      ? { value: { name: String(value.name) } }
      : { issues: [{ message: `Not a user: ${JSON.stringify(value)}` }] }
  );

  it("takes functions, results, schemas and schemas that are functions", async () => {
    const cipher = await cipherOf();
    const sealed = parse(String((await cipher.seal(ada)).unwrap()));
    const callable = Object.assign((): never => {
      throw new Error("called");
    }, asUser);
    const parsers = [
      (value: unknown): User => value as User,
      (value: unknown) =>
        validateType("user", value, "object").map(() => value as User),
      asUser,
      callable,
    ];
    for (const parse of parsers) {
      const opened = await cipher.open(sealed, { parse });
      deepStrictEqual(opened.unwrap(), ada);
    }
  });

  it("gives what the parser makes of it", async () => {
    const cipher = await cipherOf();
    const sealed = parse(String((await cipher.seal("1815-12-10")).unwrap()));
    const opened = await cipher.open(sealed, {
      parse: (value) => new Date(String(value)),
    });
    strictEqual(opened.unwrap().getTime(), Date.UTC(1815, 11, 10));
  });

  it("has one error for what is refused, and does not tell what it is", async () => {
    const cipher = await cipherOf();
    const sealed = (await cipher.seal({ [MARKER]: MARKER })).unwrap();
    const wanted = schemaOf<User>((value) => ({
      issues: [{ message: JSON.stringify(value), path: [MARKER] }],
    }));
    const parsers = [
      wanted,
      schemaOf<User>(() => Promise.reject(new Error(MARKER))),
      schemaOf<User>(() => {
        throw new Error(MARKER);
      }),
      (value: unknown): never => {
        throw value;
      },
      (value: unknown) => err(value),
    ];
    for (const parse of parsers) {
      const opened = await cipher.open<unknown>(sealed, { parse });
      const error = opened.unwrapErr();
      strictEqual(error.code, "SECURITY_DECRYPTION_FAILED");
      deepStrictEqual(error.details, { reason: "invalid_value" });
      strictEqual("cause" in error, false);
      assertConceals(opened, MARKER);
    }
  });

  it("is not asked about what is not authentic", async () => {
    const cipher = await cipherOf();
    const sealed = (await cipher.seal(ada)).unwrap();
    const opened = await cipher.open(sealed, {
      context: { a: 1 },
      parse: (): never => {
        throw new Error("called");
      },
    });
    strictEqual(reasonOf(opened), "auth_failed");
  });
});

describe("Cipher with a codec", () => {
  it("opens no bytes as JSON that are none, and does not tell them", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const bytes = new Cipher(ring, { codec: bytesCodec });
    const texts = ["", MARKER, `{"${MARKER}`].map((text) =>
      new TextEncoder().encode(text)
    );
    for (const plain of [...texts, Uint8Array.of(0x22, 0xff, 0x22)]) {
      const sealed = (await bytes.seal(plain)).unwrap();
      const opened = await new Cipher(ring).open<unknown>(sealed);
      strictEqual(reasonOf(opened), "invalid_value");
      assertConceals(opened, MARKER);
    }
  });

  it("takes a codec's refusals for what they are, and tells nothing of them", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const fail = (): never => {
      throw new Error(MARKER);
    };
    const bytes = new Uint8Array(1);
    const codecs: readonly ValueCodec<string>[] = [
      { encode: fail, decode: fail },
      { encode: () => undefined, decode: fail },
    ];
    for (const codec of codecs) {
      const result = await new Cipher(ring, { codec }).seal(MARKER);
      strictEqual(reasonOf(result), "invalid_value");
      assertConceals(result, MARKER);
    }
    strictEqual(ring.seals, 0);
    const codec: ValueCodec<string> = { encode: () => bytes, decode: fail };
    const cipher = new Cipher(ring, { codec });
    const sealed = (await cipher.seal(MARKER)).unwrap();
    const opened = await cipher.open(sealed);
    strictEqual(reasonOf(opened), "invalid_value");
    assertConceals(opened, MARKER);
  });

  it("bytesCodec takes bytes only", () => {
    for (const value of ["a", [1], new ArrayBuffer(1), undefined]) {
      strictEqual(bytesCodec.encode(value as unknown as Uint8Array), undefined);
    }
  });

  it("jsonCodec gives back half surrogates, marks of errors and any name", () => {
    for (
      const value of ["\ud800", "\ufffd", { ["__proto__"]: 1, "\udc00": [""] }]
    ) {
      const bytes = jsonCodec.encode(value) as Bytes;
      deepStrictEqual(jsonCodec.decode(bytes), value);
    }
  });
});

describe("EncryptedValue", () => {
  const PAYLOAD = "A".repeat(38);

  it("C6 parse(toString(v)) is v", async () => {
    const ids = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
    await fc.assert(
      fc.asyncProperty(ids, fc.jsonValue(), async (id, value) => {
        const cipher = await cipherOf([{ id, key: rawKey(1) }], id);
        const sealed = (await cipher.seal(value)).unwrap();
        const again = parse(sealed.toString());
        strictEqual(again.keyId, id);
        strictEqual(again.toString(), sealed.toString());
        deepStrictEqual(again, sealed);
        deepStrictEqual((await cipher.open(again)).unwrap(), plainOf(value));
      }),
      { numRuns: RUNS },
    );
  });

  it("C6 no other text is accepted than that of a value", () => {
    const unit = fc.constantFrom(..."v1.k_-AQgw=+/ \n");
    const texts = fc.oneof(
      fc.string({ unit, maxLength: 60 }),
      fc.tuple(
        fc.constantFrom("v1.", "v1", "V1.", " v1."),
        fc.string({ unit, maxLength: 4 }),
        fc.constantFrom(".", ""),
        fc.string({
          unit: fc.constantFrom(..."AQgw"),
          minLength: 36,
          maxLength: 60,
        }),
      ).map((parts) => parts.join("")),
    );
    let read = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = EncryptedValue.parse(text);
        if (!parsed.ok) return;
        read++;
        strictEqual(parsed.value.toString(), text);
      }),
      { numRuns: 20 * RUNS },
    );
    ok(read > 0, "No text was read at all");
  });

  it("parse() tells what is malformed from another version", () => {
    const malformed = [
      "",
      "v1",
      "v1.",
      "v1.k1",
      "v1.k1.",
      `v1..${PAYLOAD}`,
      `.k1.${PAYLOAD}`,
      `k1.${PAYLOAD}`,
      `v.k1.${PAYLOAD}`,
      `v0.k1.${PAYLOAD}`,
      `v01.k1.${PAYLOAD}`,
      `v10000.k1.${PAYLOAD}`,
      `V1.k1.${PAYLOAD}`,
      ` v1.k1.${PAYLOAD}`,
      `v1.k1.${PAYLOAD} `,
      `v1.k1.${PAYLOAD}\n`,
      `v1.k1.${PAYLOAD}=`,
      `v1.k1.${PAYLOAD}.`,
      `v1.k1.${PAYLOAD}.A`,
      `v1.k 1.${PAYLOAD}`,
      `v1.k\n.${PAYLOAD}`,
      `v1.kö.${PAYLOAD}`,
      `v1.${"k".repeat(65)}.${PAYLOAD}`,
      `v1.k1.${PAYLOAD.slice(1)}`,
      `v1.k1.${PAYLOAD.slice(2)}`,
      `v1.k1.${PAYLOAD.slice(1)}B`,
      `v1.k1.${PAYLOAD.slice(1)}+`,
    ];
    for (const text of malformed) {
      strictEqual(reasonOf(EncryptedValue.parse(text)), "malformed", text);
    }
    for (const text of ["v2.k1.AAAA", "v2.", "v9999.?", "v10.\n"]) {
      const error = EncryptedValue.parse(text).unwrapErr();
      strictEqual(error.details.reason, "unsupported_version", text);
    }
    for (const id of ["k", "k".repeat(64), "-_0"]) {
      strictEqual(parse(`v1.${id}.${PAYLOAD}`).keyId, id);
    }
    for (const value of [undefined, null, 7, {}, [`v1.k1.${PAYLOAD}`]]) {
      const parsed = EncryptedValue.parse(value as string);
      strictEqual(reasonOf(parsed), "malformed");
    }
  });

  it("parse() does not tell what it was given", () => {
    for (const text of [MARKER, `v1.k1.${MARKER}=`, `v2.${MARKER}.`]) {
      assertConceals(EncryptedValue.parse(text), MARKER);
    }
  });

  it("is the same text in strings and JSON, and cannot be changed", () => {
    const text = `v1.k1.${PAYLOAD}`;
    const value = parse(text);
    strictEqual(`${value}`, text);
    strictEqual(value + "", text);
    strictEqual(JSON.stringify({ value }), `{"value":"${text}"}`);
    strictEqual(Object.isFrozen(value), true);
    throws(() => {
      (value as { keyId: string }).keyId = "k2";
    }, TypeError);
    deepStrictEqual(structuredClone({ value }).value, { keyId: "k1" });
  });
});

describe("timingSafeEqual()", () => {
  it("E1 says what a comparison of all bytes says", () => {
    const bytes = fc.uint8Array({ maxLength: 8, max: 1 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        strictEqual(timingSafeEqual(a, b), a.join() === b.join());
        strictEqual(timingSafeEqual(a, a.slice()), true);
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it("E2 sees every bit, wherever it is", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.nat(),
        (bytes, n) => {
          const other = bytes.slice();
          const bit = n % (bytes.length * 8);
          other[bit >> 3]! ^= 1 << (bit & 7);
          strictEqual(timingSafeEqual(bytes, other), false);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("looks at the part of a buffer that it is given, and at its length", () => {
    const buffer = Uint8Array.of(0, 1, 2, 3, 1, 2);
    const [one, other] = [buffer.subarray(1, 3), buffer.subarray(4)];
    strictEqual(timingSafeEqual(one, other), true);
    strictEqual(timingSafeEqual(one, buffer.subarray(1, 4)), false);
    strictEqual(timingSafeEqual(new Uint8Array(2), new Uint8Array(3)), false);
    strictEqual(timingSafeEqual(new Uint8Array(0), new Uint8Array(0)), true);
  });

  it("looks at all bytes, also behind a difference", () => {
    const read: string[] = [];
    const spy = new Proxy(new Uint8Array(4), {
      get(target, name): unknown {
        if (/^\d+$/.test(String(name))) read.push(String(name));
        return Reflect.get(target, name, target);
      },
    });
    strictEqual(timingSafeEqual(spy, Uint8Array.of(1, 0, 0, 1)), false);
    deepStrictEqual(read, ["0", "1", "2", "3"]);
  });
});

describe("the types of encryption", () => {
  interface User {
    readonly name: string;
  }

  it("a sealed value knows what it opens to", async () => {
    const cipher = await cipherOf();
    const ada: User = { name: "ada" };
    const sealed = (await cipher.seal(ada)).unwrap();
    expectType<Equal<typeof sealed, EncryptedValue<User>>>();
    const opened = await cipher.open(sealed);
    expectType<Equal<typeof opened, Result<User, OpenError>>>();
    const rotated = await cipher.rotate(sealed);
    expectType<
      Equal<typeof rotated, Result<EncryptedValue<User>, OpenError | SealError>>
    >();

    const wider: EncryptedValue<unknown> = sealed;
    strictEqual(wider, sealed);
    // @ts-expect-error A user is no number.
    const other: EncryptedValue<number> = sealed;
    strictEqual(other.keyId, "k1");
  });

  it("a parser decides what a text opens to", async () => {
    const cipher = await cipherOf();
    const value = parse(String((await cipher.seal("Ada")).unwrap()));
    const unknown = await cipher.open(value);
    expectType<Equal<typeof unknown, Result<unknown, OpenError>>>();

    const byFunction = await cipher.open(value, { parse: String });
    expectType<Equal<typeof byFunction, Result<string, OpenError>>>();
    const byResult = await cipher.open(value, {
      parse: (it) => validateType("it", it, "string"),
    });
    expectType<Equal<typeof byResult, Result<string, OpenError>>>();
    const schema = schemaOf<User>((it) => ({ value: { name: String(it) } }));
    const bySchema = await cipher.open(value, { parse: schema });
    expectType<Equal<typeof bySchema, Result<User, OpenError>>>();
    deepStrictEqual(bySchema.unwrap(), { name: "Ada" });
  });

  it("a cipher seals what its codec takes", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const cipher = new Cipher(ring, { codec: bytesCodec });
    expectType<Equal<typeof cipher, Cipher<Uint8Array>>>();
    // @ts-expect-error A text is no bytes.
    strictEqual(reasonOf(await cipher.seal("text")), "invalid_value");

    const plain = new Cipher(ring);
    expectType<Equal<typeof plain, Cipher<unknown>>>();
    const encryptor: Encryptor<User> = plain;
    strictEqual(isEncryptor(encryptor), true);
    // @ts-expect-error An encryptor of users seals no numbers.
    strictEqual((await encryptor.seal(1)).ok, true);
    // @ts-expect-error A member that may be undefined binds to nothing.
    const bad = await plain.seal(1, { context: { tenant: undefined } });
    strictEqual(bad.ok, false);
  });

  it("an error knows its reasons", async () => {
    const cipher = await cipherOf();
    const error = (await cipher.seal(undefined)).unwrapErr();
    expectType<
      Equal<
        typeof error.details.reason,
        | "invalid_value"
        | "invalid_context"
        | "key_exhausted"
        | "platform_failed"
      >
    >();
    const general: SecurityError = error;
    strictEqual(general.code, "SECURITY_ENCRYPTION_FAILED");
  });

  it("isEncryptor() looks for its methods", () => {
    const methods = { seal(): void {}, open(): void {} };
    strictEqual(isEncryptor(methods), true);
    for (const name of ["seal", "open"]) {
      strictEqual(isEncryptor({ ...methods, [name]: undefined }), false);
    }
    for (const value of [undefined, null, 7, "seal"]) {
      strictEqual(isEncryptor(value), false);
    }
  });
});

/** GHASH of NIST SP 800-38D, section 6.4, with numbers for blocks. */
function ghash(
  hashKey: bigint,
  additional: Uint8Array,
  ciphertext: Uint8Array,
): bigint {
  const blocks = [additional, ciphertext].flatMap((bytes) =>
    Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => {
      const block = bytes.subarray(16 * i, 16 * i + 16);
      return block.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n) <<
        BigInt(8 * (16 - block.length));
    })
  );
  const [a, c] = [additional, ciphertext].map(({ length }) =>
    BigInt(8 * length)
  );
  let hash = 0n;
  for (const block of [...blocks, a! << 64n | c!]) {
    let [product, factor] = [0n, hash ^ block];
    for (let bit = 127n; bit >= 0n; bit--) {
      if (hashKey >> bit & 1n) product ^= factor;
      factor = factor >> 1n ^ (factor & 1n ? 0xe1n << 120n : 0n);
    }
    hash = product;
  }
  return hash;
}
