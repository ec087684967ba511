import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hmacSha256, sha256 } from "../src/_sha256.ts";
import { RUNS } from "./foundation_support.ts";

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(
    hex.match(/../g) ?? [],
    (digits) => parseInt(digits, 16),
  );
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function digestByWebCrypto(
  message: Uint8Array<ArrayBuffer>,
): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", message)));
}

async function hmacByWebCrypto(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, [
    "sign",
  ]);
  const code = await crypto.subtle.sign("HMAC", imported, message);
  return toHex(new Uint8Array(code));
}

/** The bytes 0, 1, 2, … */
function counting(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i);
}

function bytes(
  minLength: number,
  maxLength: number,
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.uint8Array({ minLength, maxLength }) as fc.Arbitrary<
    Uint8Array<ArrayBuffer>
  >;
}

describe("sha256()", () => {
  it("gives what FIPS 180-4 has for examples", () => {
    const cases: readonly (readonly [message: string, hash: string])[] = [
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
      [
        "abc",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      ],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      ],
      [
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn" +
        "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
      ],
      [
        "a".repeat(1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      ],
    ];
    for (const [message, hash] of cases) {
      strictEqual(toHex(sha256(utf8(message))), hash, `${message.length}`);
    }
  });

  it("gives what WebCrypto gives at every length around the blocks", async () => {
    for (let length = 0; length <= 300; length++) {
      const message = counting(length);
      strictEqual(
        toHex(sha256(message)),
        await digestByWebCrypto(message),
        `${length}`,
      );
    }
  });

  it("1: gives what WebCrypto gives for any bytes (property)", async () => {
    await fc.assert(
      fc.asyncProperty(bytes(0, 300), async (message) => {
        strictEqual(toHex(sha256(message)), await digestByWebCrypto(message));
      }),
      { numRuns: RUNS },
    );
  });

  it("2: hashes a part of a buffer as it would a copy, and changes nothing (property)", () => {
    fc.assert(
      fc.property(bytes(0, 300), fc.nat(300), fc.nat(300), (all, i, j) => {
        const part = all.subarray(Math.min(i, j), Math.max(i, j));
        const before = all.slice();
        deepStrictEqual(sha256(part), sha256(part.slice()));
        deepStrictEqual(all, before);
      }),
      { numRuns: RUNS },
    );
  });

  it("gives bytes of its own each time", () => {
    const first = sha256(utf8("abc"));
    const kept = first.slice();
    const second = sha256(utf8("abcd"));
    deepStrictEqual(first, kept);
    second.fill(0);
    deepStrictEqual(sha256(utf8("abc")), kept);
  });
});

describe("hmacSha256()", () => {
  it("gives what RFC 4231 has for examples", () => {
    const large = "aa".repeat(131);
    const cases: readonly (readonly [
      key: string,
      message: Uint8Array,
      code: string,
    ])[] = [
      [
        "0b".repeat(20),
        utf8("Hi There"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      ],
      [
        toHex(utf8("Jefe")),
        utf8("what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      ],
      [
        "aa".repeat(20),
        fromHex("dd".repeat(50)),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      ],
      [
        "0102030405060708090a0b0c0d0e0f10111213141516171819",
        fromHex("cd".repeat(50)),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      ],
      [
        large,
        utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      ],
      [
        large,
        utf8(
          "This is a test using a larger than block-size key and a larger than " +
            "block-size data. The key needs to be hashed before being used by " +
            "the HMAC algorithm.",
        ),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
      ],
    ];
    for (const [key, message, code] of cases) {
      strictEqual(toHex(hmacSha256(fromHex(key))(message)), code);
    }
    // Test case 5 has only the beginning of the code.
    const truncated = hmacSha256(fromHex("0c".repeat(20)))(
      utf8("Test With Truncation"),
    );
    strictEqual(
      toHex(truncated.subarray(0, 16)),
      "a3b6167473100ee06e0c796c2955552b",
    );
  });

  it("3: gives what WebCrypto gives for keys around a block, and leaves them as they are (property)", async () => {
    await fc.assert(
      fc.asyncProperty(bytes(1, 140), bytes(0, 200), async (key, message) => {
        const [keyBefore, messageBefore] = [key.slice(), message.slice()];
        strictEqual(
          toHex(hmacSha256(key)(message)),
          await hmacByWebCrypto(key, message),
        );
        deepStrictEqual([key, message], [keyBefore, messageBefore]);
      }),
      { numRuns: RUNS },
    );
  });

  it("gives codes that depend on nothing that was hashed in between", () => {
    const key = counting(32);
    const [mac, other] = [hmacSha256(key), hmacSha256(counting(33))];
    const before = mac(utf8("abc"));
    key.fill(0);
    other(counting(200));
    sha256(counting(77));
    deepStrictEqual(mac(utf8("abc")), before);
    deepStrictEqual(hmacSha256(counting(32))(utf8("abc")), before);
  });
});
