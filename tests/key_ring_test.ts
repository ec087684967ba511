import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import { Cipher, type OpenError, type SealError } from "../src/encryption.ts";
import { ValidationError } from "../src/errors.ts";
import { generateKey, type KeyInput, KeyRing } from "../src/key_ring.ts";
import { Secret } from "../src/secret.ts";
import {
  byHand,
  type Bytes,
  cipherOf,
  K1,
  K2,
  MARKER,
  parse,
  rawKey,
  reasonOf,
} from "./encryption_support.ts";
import { assertConceals, withReplaced } from "./foundation_support.ts";
import { hearUnhandled } from "./unhandled_support.ts";

describe("KeyRing", () => {
  const text = generateKey();

  it("takes bytes, text, secrets of them and keys of the platform", async () => {
    const bytes = byHand.toBytes(text.reveal());
    const cipher = await cipherOf([{ id: "k1", key: text }]);
    const sealed = (await cipher.seal(MARKER)).unwrap();
    const keys = [
      bytes,
      text.reveal(),
      text,
      new Secret(bytes),
      await byHand.importKey(bytes),
      new Uint8Array([0, ...bytes, 0]).subarray(1, 33),
    ];
    for (const key of keys) {
      const other = await cipherOf([{ id: "k1", key }]);
      strictEqual((await other.open(sealed)).unwrap(), MARKER);
    }
  });

  it("does not care what becomes of the bytes it was made of", async () => {
    const key = rawKey(7);
    const creating = KeyRing.create([{ id: "k1", key }], "k1");
    key.fill(0);
    const cipher = new Cipher(await creating);
    const sealed = (await cipher.seal(1)).unwrap();
    const other = await cipherOf([{ id: "k1", key: rawKey(7) }]);
    strictEqual((await other.open(sealed)).unwrap(), 1);
  });

  it("imports keys once, and such that nobody can export them", async () => {
    const { importKey } = SubtleCrypto.prototype;
    const imports: unknown[][] = [];
    function spy(...args: unknown[]): Promise<CryptoKey> {
      imports.push(args);
      return Reflect.apply(importKey, crypto.subtle, args);
    }
    let creating: Promise<KeyRing> | undefined;
    withReplaced(crypto.subtle, "importKey", spy as never, () => {
      creating = KeyRing.create([K1, K2], "k1");
    });
    const cipher = new Cipher(await creating!);
    for (let i = 0; i < 3; i++) {
      const sealed = (await cipher.seal(i)).unwrap();
      strictEqual((await cipher.open(sealed)).unwrap(), i);
    }
    strictEqual(imports.length, 2);
    for (const [format, , , extractable] of imports) {
      deepStrictEqual([format, extractable], ["raw", false]);
    }
  });

  it("says which keys it has, and never changes", async () => {
    const ring = await KeyRing.create([K2, K1], "k1");
    strictEqual(ring.primary, "k1");
    deepStrictEqual(ring.ids, ["k2", "k1"]);
    strictEqual(ring.maxSeals, 2 ** 32);
    strictEqual(ring.seals, 0);
    strictEqual(Object.isFrozen(ring), true);
    strictEqual(Object.isFrozen(ring.ids), true);
  });

  it("opens by keys that may only decrypt, as long as they have retired", async () => {
    const usages: KeyUsage[] = ["decrypt"];
    const key = await crypto.subtle
      .importKey("raw", rawKey(1), "AES-GCM", false, usages);
    const sealed = (await (await cipherOf()).seal(MARKER)).unwrap();
    const ring = await KeyRing.create([{ id: "k1", key }, K2], "k2");
    strictEqual((await new Cipher(ring).open(sealed)).unwrap(), MARKER);
    await rejects(KeyRing.create([{ id: "k1", key }, K2], "k1"), {
      message: "The option keys[0].key is not valid: " +
        "a CryptoKey must be for encrypt, received decrypt",
    });
  });

  it("refuses keys of the platform that are for something else", async () => {
    const both: KeyUsage[] = ["encrypt", "decrypt"];
    const { subtle } = crypto;
    const bad: readonly (readonly [expected: RegExp, key: CryptoKey])[] = [
      [
        /must be for AES-GCM and have 256 bits, received AES-GCM 128$/,
        await subtle.importKey(
          "raw",
          new Uint8Array(16),
          "AES-GCM",
          false,
          both,
        ),
      ],
      [
        /must be for AES-GCM and have 256 bits, received AES-CBC 256$/,
        await subtle.importKey("raw", rawKey(1), "AES-CBC", false, both),
      ],
      [
        /received HMAC/,
        await subtle.importKey(
          "raw",
          rawKey(1),
          { name: "HMAC", hash: "SHA-256" },
          false,
          ["sign"],
        ),
      ],
      [
        /must not be extractable, received extractable$/,
        await subtle.importKey("raw", rawKey(1), "AES-GCM", true, both),
      ],
      [
        /must be for decrypt, received encrypt$/,
        await subtle.importKey("raw", rawKey(1), "AES-GCM", false, ["encrypt"]),
      ],
    ];
    for (const [expected, key] of bad) {
      for (const primary of ["k1", "k2"]) {
        const keys = [K2, { id: "k1", key }];
        await rejects(KeyRing.create(keys, primary), (error) => {
          ok(error instanceof ValidationError);
          strictEqual(error.field, "keys[1].key");
          ok(expected.test(error.message), error.message);
          return true;
        });
      }
    }
  });

  it("refuses every other key, and tells no more of it than its length", async () => {
    const key = text.reveal();
    const marker = key.slice(3, 20);
    const bad: readonly (readonly [received: string, key: unknown])[] = [
      ["string(42)", key.slice(1)],
      ["string(44)", `${key}=`],
      ["string(44)", ` ${key}`],
      ["string(44)", `${key}A`],
      ["string(43)", `${key.slice(0, -1)}.`],
      ["string(43)", `${key.slice(0, -1)}${key.endsWith("B") ? "C" : "B"}`],
      ["string(0)", ""],
      ["string(64)", "00".repeat(32)],
      ["Uint8Array(31)", rawKey(77).subarray(1)],
      ["Uint8Array(33)", new Uint8Array(33).fill(77)],
      ["object", rawKey(77).buffer],
      ["object", [...rawKey(77)]],
      ["object", { key }],
      ["null", null],
      ["undefined", undefined],
      ["number", 77],
    ];
    for (const [received, key] of bad) {
      for (const input of [key, new Secret(key)]) {
        const keys = [K2, { id: "k1", key: input }] as KeyInput[];
        await rejects(KeyRing.create(keys, "k1"), (error) => {
          ok(error instanceof ValidationError);
          strictEqual(
            error.message,
            "The option keys[1].key is not valid: 32 bytes, their text in " +
              "base64url without padding, or a CryptoKey is wanted, " +
              `received ${received}`,
          );
          assertConceals(error, marker);
          for (const bytes of ["77,77", "77, 77"]) assertConceals(error, bytes);
          return true;
        });
      }
    }
  });

  it("refuses ids, lists and primaries, and never shows what may be a key", async () => {
    const key = text.reveal();
    type Call = readonly [
      field: string,
      received: string,
      keys: unknown,
      primary: unknown,
    ];
    const calls: readonly Call[] = [
      ["keys[0].id", '""', [{ id: "", key }], "k1"],
      ["keys[0].id", '"k.1"', [{ id: "k.1", key }], "k.1"],
      ["keys[0].id", '"k1\\n"', [{ id: "k1\n", key }], "k1\n"],
      ["keys[0].id", '"kö"', [{ id: "kö", key }], "kö"],
      ["keys[0].id", "string(65)", [{ id: "k".repeat(65), key }], "k1"],
      ["keys[0].id", "number", [{ id: 1, key }], 1],
      ["keys[0].id", "string(44)", [{ id: `${key}=`, key }], "k1"],
      ["keys[1].id", '"k1"', [K1, { id: "k1", key }], "k1"],
      ["keys[1].id", "string(43)", [{ id: key, key }, { id: key, key }], key],
      ["keys[0].key", "string(2)", [{ id: key, key: "k1" }], key],
      ["keys[0].key", "undefined", [{ id: key }], key],
      ["primary", '"k1"', [], "k1"],
      ["keys", "string(43)", key, "k1"],
      ["keys", "object", [key], "k1"],
      ["keys", "object", [null], "k1"],
      ["keys", "object", { id: "k1", key }, "k1"],
      ["keys", "undefined", undefined, "k1"],
      ["primary", '"k2"', [{ id: "k1", key }], "k2"],
      ["primary", "string(43)", [{ id: "k1", key }], key],
      ["primary", "undefined", [{ id: "k1", key }], undefined],
    ];
    for (const [field, received, keys, primary] of calls) {
      const creating = KeyRing.create(keys as KeyInput[], primary as string);
      await rejects(creating, (error) => {
        ok(error instanceof ValidationError);
        strictEqual(error.code, "VALIDATION_INVALID_OPTION");
        ok(error.message.startsWith(`The option ${field} is not valid: `));
        ok(error.message.endsWith(`, received ${received}`), error.message);
        assertConceals(error, key);
        return true;
      });
    }
  });

  it("the constructor takes keys of the platform only", () => {
    for (const key of [text, text.reveal(), rawKey(1), undefined]) {
      const keys = [{ id: "k1", key }] as unknown as KeyInput<CryptoKey>[];
      throws(() => new KeyRing(keys, "k1"), (error) => {
        ok(error instanceof ValidationError);
        strictEqual(error.field, "keys[0].key");
        assertConceals(error, text.reveal());
        return true;
      });
    }
  });

  it("throws for options that are not valid, with name and value", async () => {
    for (const maxSeals of [0, -1, 1.5, NaN, 2 ** 32 + 1, Infinity, "9"]) {
      const options = { maxSeals: maxSeals as number };
      await rejects(KeyRing.create([K1], "k1", options), (error) => {
        ok(error instanceof ValidationError);
        strictEqual(error.field, "maxSeals");
        const received = typeof maxSeals === "string" ? '"9"' : maxSeals;
        ok(error.message.endsWith(`, received ${received}`), error.message);
        return true;
      });
    }
    const onSealWarning = 7 as never;
    await rejects(KeyRing.create([K1], "k1", { onSealWarning }), {
      message: /option onSealWarning is not valid: .*, received 7$/,
    });
    const ring = await KeyRing.create([K1], "k1", { maxSeals: 2 ** 32 });
    strictEqual(ring.maxSeals, 2 ** 32);
  });
});

describe("the count of seals", () => {
  it("warns at a half, once, and refuses at the limit", async () => {
    const warnings: unknown[] = [];
    for (const [maxSeals, half] of [[1, 1], [4, 2], [5, 3]] as const) {
      warnings.length = 0;
      const ring = await KeyRing.create([K1, K2], "k1", {
        maxSeals,
        onSealWarning: (warning) => warnings.push(warning),
      });
      const cipher = new Cipher(ring);
      for (let i = 1; i <= maxSeals; i++) {
        strictEqual((await cipher.seal(i)).ok, true);
        strictEqual(ring.seals, i);
        deepStrictEqual(
          warnings,
          i < half ? [] : [{ keyId: "k1", seals: half, maxSeals }],
        );
      }
      const error = (await cipher.seal(MARKER)).unwrapErr();
      strictEqual(error.details.reason, "key_exhausted");
      strictEqual(
        error.message,
        "Encryption failed: the key k1 has sealed as often as it may, " +
          `${maxSeals} times`,
      );
      assertConceals(error, MARKER);
      strictEqual(ring.seals, maxSeals);
      strictEqual(warnings.length, 1);
    }
  });

  it("reports what a warning throws, and seals all the same", async () => {
    const heard: unknown[] = [];
    const restore = hearUnhandled((reason) => heard.push(reason));
    try {
      const thrown = new Error("pager is down");
      const ring = await KeyRing.create([K1], "k1", {
        maxSeals: 2,
        onSealWarning: () => {
          throw thrown;
        },
      });
      strictEqual((await new Cipher(ring).seal(1)).ok, true);
      await new Promise((resolve) => setTimeout(resolve, 0));
      deepStrictEqual(heard, [thrown]);
    } finally {
      restore();
    }
  });

  it("is not passed by calls that overlap, nor by a second cipher", async () => {
    const ring = await KeyRing.create([K1], "k1", { maxSeals: 5 });
    const ciphers = [new Cipher(ring), new Cipher(ring)];
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => ciphers[i % 2]!.seal(i)),
    );
    deepStrictEqual(
      results.map(({ ok }) => ok),
      results.map((_, i) => i < 5),
    );
  });

  it("goes on opening at the limit, and counts what rotates", async () => {
    const ring = await KeyRing.create([K1], "k1", { maxSeals: 2 });
    const cipher = new Cipher(ring);
    const sealed = (await cipher.seal(MARKER)).unwrap();
    strictEqual((await cipher.rotate(sealed)).ok, true);
    const rotated = await cipher.rotate(sealed);
    strictEqual(
      reasonOf<SealError | OpenError>(rotated),
      "key_exhausted",
    );
    strictEqual((await cipher.open(sealed)).unwrap(), MARKER);
    strictEqual(ring.seals, 2);
  });

  it("does not count what never reached the key", async () => {
    const ring = await KeyRing.create([K1], "k1");
    const cipher = new Cipher(ring);
    await cipher.seal(undefined);
    await cipher.seal(1, { context: null as never });
    await cipher.rotate(parse(`v1.k1.${"A".repeat(38)}`));
    strictEqual(ring.seals, 0);
  });
});

describe("generateKey()", () => {
  it("makes keys that differ, in the text that rings take", async () => {
    const texts = Array.from({ length: 50 }, () => generateKey().reveal());
    strictEqual(new Set(texts).size, texts.length);
    for (const key of texts) {
      strictEqual(byHand.toBytes(key).length, 32);
      strictEqual((await KeyRing.create([{ id: "k", key }], "k")).primary, "k");
    }
  });

  it("asks the generator of the platform for all bits", () => {
    const ones = <T>(bytes: T): T => (bytes as Bytes).fill(0xff) as T;
    withReplaced(crypto, "getRandomValues", ones as never, () => {
      deepStrictEqual(byHand.toBytes(generateKey().reveal()), rawKey(0xff));
    });
  });
});
