import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fromBase64Url, toBase64Url } from "../src/_base64url.ts";
import { RUNS, withReplaced } from "./foundation_support.ts";

/** What newer runtimes have, and older have not. */
interface Native {
  fromBase64: unknown;
  readonly prototype: { toBase64: unknown };
}

const NATIVE = Uint8Array as unknown as Native;

/** Runs the body as on a runtime without base64 of its own. */
function withoutNative(body: () => void): void {
  withReplaced(NATIVE, "fromBase64", undefined, () => {
    withReplaced(NATIVE.prototype, "toBase64", undefined, body);
  });
}

const WAYS: readonly (readonly [string, (body: () => void) => void])[] = [
  ["as the runtime does it", (body) => body()],
  ["by hand", withoutNative],
];

/** RFC 4648, section 10, without padding. */
const VECTORS: readonly (readonly [plain: string, text: string])[] = [
  ["", ""],
  ["f", "Zg"],
  ["fo", "Zm8"],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg"],
  ["fooba", "Zm9vYmE"],
  ["foobar", "Zm9vYmFy"],
];

/** One that is another than that of bytes, and that a lax reader takes. */
const REFUSED: readonly (readonly [name: string, text: string])[] = [
  ["padding", "Zg=="],
  ["half of the padding", "Zg="],
  ["padding alone", "===="],
  ["white space", "Zm 8"],
  ["white space before a full group", " Zm9v"],
  ["white space behind", "Zm9v\n"],
  ["as much white space as a group has", "Zm9v    "],
  ["a digit of the other alphabet", "-_+_"],
  ["another one", "-_/_"],
  ["bits that belong to no byte", "Zh"],
  ["two such bits", "Zm9"],
  ["a single digit", "Z"],
  ["a single digit behind a group", "Zm9vZ"],
  ["no ASCII", "Zm9ö"],
  ["what is a digit but for its high byte", "Zm9\u0176"],
  ["half of a surrogate pair", "Zm9\ud800"],
  ["a zero", "Zm9\0"],
];

const bytes = fc.uint8Array({ maxLength: 300 });
const digit = fc.constantFrom(..."AQgw-_Zz09+/= \n\u00e9");

describe("base64url", () => {
  for (const [name, run] of WAYS) {
    it(`has the vectors of RFC 4648, ${name}`, () => {
      run(() => {
        for (const [plain, text] of VECTORS) {
          const expected = new TextEncoder().encode(plain);
          strictEqual(toBase64Url(expected), text);
          deepStrictEqual(fromBase64Url(text), expected);
        }
      });
    });

    it(`has the alphabet of RFC 4648, section 5, ${name}`, () => {
      const alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      run(() => {
        const decoded = fromBase64Url(alphabet);
        ok(decoded);
        strictEqual(toBase64Url(decoded), alphabet);
        const bits = Array.from(
          decoded,
          (byte) => byte.toString(2).padStart(8, "0"),
        ).join("");
        const digits = bits.match(/.{6}/g)?.map((six) => parseInt(six, 2));
        deepStrictEqual(digits, Array.from({ length: 64 }, (_, i) => i));
      });
    });

    it(`fromBase64Url() refuses every other text, ${name}`, () => {
      run(() => {
        for (const [what, text] of REFUSED) {
          strictEqual(fromBase64Url(text), undefined, what);
        }
      });
    });

    it(`B1 gives back what it was given, whatever the length, ${name}`, () => {
      run(() => {
        fc.assert(
          fc.property(bytes, (data) => {
            const text = toBase64Url(data);
            strictEqual(text.length, Math.ceil(data.length * 4 / 3));
            deepStrictEqual(fromBase64Url(text), new Uint8Array(data));
          }),
          { numRuns: RUNS },
        );
      });
    });

    it(`B2 reads no text but that of the bytes, ${name}`, () => {
      run(() => {
        fc.assert(
          fc.property(fc.string({ unit: digit, maxLength: 9 }), (text) => {
            const decoded = fromBase64Url(text);
            if (decoded !== undefined) strictEqual(toBase64Url(decoded), text);
          }),
          { numRuns: 10 * RUNS },
        );
      });
    });
  }

  it("B3 is the same as the runtime does it and by hand", () => {
    const text = fc.oneof(
      bytes.map(toBase64Url),
      fc.string({ unit: digit, maxLength: 9 }),
    );
    fc.assert(
      fc.property(bytes, text, (data, text) => {
        const [encoded, decoded] = [toBase64Url(data), fromBase64Url(text)];
        withoutNative(() => {
          strictEqual(toBase64Url(data), encoded);
          deepStrictEqual(fromBase64Url(text), decoded);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it("encodes the part of a buffer that it is given", () => {
    const part = new TextEncoder().encode("a foo b").subarray(2, 5);
    strictEqual(toBase64Url(part), "Zm9v");
    withoutNative(() => strictEqual(toBase64Url(part), "Zm9v"));
  });

  it("is not stopped by what does not fit on the stack", () => {
    const data = new Uint8Array(1_000_001).fill(0xfb);
    for (const [, run] of WAYS) {
      run(() => deepStrictEqual(fromBase64Url(toBase64Url(data)), data));
    }
  });
});
