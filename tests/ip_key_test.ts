import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import { ipKey } from "../src/ip_key.ts";
import { character, NOT_NUMBERS, RUNS } from "./foundation_support.ts";

// --- what an address is, by the grammar of RFC 3986, and its bits in BigInt

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const V4_TEXT = String.raw`${OCTET}(?:\.${OCTET}){3}`;
const V4 = new RegExp(`^${V4_TEXT}$`);
const H16 = "[0-9a-f]{1,4}";
const LS32 = `(?:${H16}:${H16}|${V4_TEXT})`;
/** `IPv6address` in RFC 3986, appendix A. */
const V6 = new RegExp(
  `^(?:${
    [
      `(?:${H16}:){6}${LS32}`,
      `::(?:${H16}:){5}${LS32}`,
      `(?:${H16})?::(?:${H16}:){4}${LS32}`,
      `(?:(?:${H16}:){0,1}${H16})?::(?:${H16}:){3}${LS32}`,
      `(?:(?:${H16}:){0,2}${H16})?::(?:${H16}:){2}${LS32}`,
      `(?:(?:${H16}:){0,3}${H16})?::${H16}:${LS32}`,
      `(?:(?:${H16}:){0,4}${H16})?::${LS32}`,
      `(?:(?:${H16}:){0,5}${H16})?::${H16}`,
      `(?:(?:${H16}:){0,6}${H16})?::`,
    ].join("|")
  })$`,
  "i",
);

function v6ToBits(text: string): bigint {
  const hex = text.replace(/[^:]+\.[^:]+$/, (dotted) => {
    const bits = v4ToBits(dotted);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head = "", tail] = hex.split("::");
  const groupsOf = (part: string): string[] =>
    part === "" ? [] : part.split(":");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = new Array(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce(
    (bits, group) => bits << 16n | BigInt(`0x${group}`),
    0n,
  );
}

function v4ToBits(text: string): bigint {
  return text.split(".").reduce((bits, part) => bits << 8n | BigInt(part), 0n);
}

/** An address as its kind and its bits; `undefined` where it is none. */
function bitsOf(
  text: string,
): readonly [kind: "v4" | "v6", bits: bigint] | undefined {
  if (V4.test(text)) return ["v4", v4ToBits(text)];
  const address = text.replace(/%[^%]+$/, "");
  if (!V6.test(address)) return undefined;
  const bits = v6ToBits(address);
  return bits >> 32n === 0xffffn ? ["v4", bits & 0xffff_ffffn] : ["v6", bits];
}

function masked(bits: bigint, width: number, prefix: number): bigint {
  const dropped = BigInt(width - prefix);
  return bits >> dropped << dropped;
}

// --- addresses

const octet: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(0, 1, 255),
);

const v4Texts: fc.Arbitrary<string> = fc.tuple(octet, octet, octet, octet)
  .map((octets) => octets.join("."));

const group: fc.Arbitrary<number> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  fc.integer({ min: 0, max: 0xffff }),
  fc.constant(0xffff),
);

const groupLists: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }),
  fc.array(group, { minLength: 2, maxLength: 2 }).map((rest) => [
    ...[0, 0, 0, 0, 0, 0xffff],
    ...rest,
  ]),
);

/** One of the ways to write eight groups (RFC 4291, section 2.2). */
const v6Spellings: fc.Arbitrary<
  { readonly text: string; readonly bits: bigint }
> = fc.record({
  groups: groupLists,
  digits: fc.array(fc.integer({ min: 1, max: 4 }), {
    minLength: 8,
    maxLength: 8,
  }),
  upper: fc.boolean(),
  dotted: fc.boolean(),
  shortAt: fc.integer({ min: -1, max: 7 }),
  shortLength: fc.integer({ min: 1, max: 8 }),
}).map(({ groups, digits, upper, dotted, shortAt, shortLength }) => {
  const words = groups.map((it, i) => {
    const word = it.toString(16).padStart(digits[i]!, "0");
    return upper ? word.toUpperCase() : word;
  });
  if (dotted) {
    const bytes = groups.slice(6).flatMap((it) => [it >> 8, it & 0xff]);
    words.splice(6, 2, bytes.join("."));
  }
  const run = groups.slice(shortAt, shortAt + shortLength);
  const end = shortAt + run.length;
  const isShort = shortAt >= 0 && run.every((it) => it === 0) &&
    end <= (dotted ? 6 : 8);
  const text = isShort
    ? `${words.slice(0, shortAt).join(":")}::${words.slice(end).join(":")}`
    : words.join(":");
  const bits = groups.reduce((sum, it) => sum << 16n | BigInt(it), 0n);
  return { text, bits };
});

const v4Prefixes: fc.Arbitrary<number> = fc.integer({ min: 1, max: 32 });
const v6Prefixes: fc.Arbitrary<number> = fc.integer({ min: 1, max: 128 });

/** The address and the prefix that a key tells. */
function parseKey(key: string): readonly [bits: bigint, prefix: number] {
  const [address = "", prefix] = key.split("/");
  return V4.test(address)
    ? [v4ToBits(address), Number(prefix ?? 32)]
    : [v6ToBits(address), Number(prefix)];
}

function isRefused(text: unknown): boolean {
  const result = ipKey(text as string);
  return !result.ok && result.error instanceof ValidationError &&
    result.error.code === "VALIDATION_INVALID_FORMAT" &&
    result.error.field === "address";
}

describe("ipKey()", () => {
  for (
    const [address, key] of [
      ["203.0.113.7", "203.0.113.7"],
      ["0.0.0.0", "0.0.0.0"],
      ["255.255.255.255", "255.255.255.255"],
      ["2001:db8:0:1200::1", "2001:db8:0:1200::/56"],
      ["2001:DB8:0:12FF:1:2:3:4", "2001:db8:0:1200::/56"],
      ["2001:0db8:0000:1300::", "2001:db8:0:1300::/56"],
      ["::", "0:0:0:0::/56"],
      ["::1", "0:0:0:0::/56"],
      ["fe80::1%eth0", "fe80:0:0:0::/56"],
      ["fe80::1%25", "fe80:0:0:0::/56"],
      ["::ffff:203.0.113.7", "203.0.113.7"],
      ["::FFFF:cb00:7107", "203.0.113.7"],
      ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"],
      ["::ffff:203.0.113.7%1", "203.0.113.7"],
      ["::203.0.113.7", "0:0:0:0::/56"],
      ["::fffe:203.0.113.7", "0:0:0:0::/56"],
      ["1::ffff:203.0.113.7", "1:0:0:0::/56"],
      ["64:ff9b::203.0.113.7", "64:ff9b:0:0::/56"],
      ["1:2:3:4:5:6:7::", "1:2:3:0::/56"],
      ["::2:3:4:5:6:7:8", "0:2:3:0::/56"],
      ["1:2:3:4:5:6:203.0.113.7", "1:2:3:0::/56"],
    ] as const
  ) {
    it(`makes ${key} of ${address}`, () => {
      strictEqual(ipKey(address).unwrap(), key);
    });
  }

  it("writes a key of as many bits as were asked for", () => {
    const v4 = "203.0.113.255";
    const v6 = "ffff:1:ffff:2:ffff:3:ffff:ffff";
    for (
      const [address, prefix, key] of [
        [v4, 32, "203.0.113.255"],
        [v4, 31, "203.0.113.254/31"],
        [v4, 24, "203.0.113.0/24"],
        [v4, 20, "203.0.112.0/20"],
        [v4, 8, "203.0.0.0/8"],
        [v4, 1, "128.0.0.0/1"],
        [v6, 128, "ffff:1:ffff:2:ffff:3:ffff:ffff/128"],
        [v6, 127, "ffff:1:ffff:2:ffff:3:ffff:fffe/127"],
        [v6, 113, "ffff:1:ffff:2:ffff:3:ffff:8000/113"],
        [v6, 112, "ffff:1:ffff:2:ffff:3:ffff::/112"],
        [v6, 97, "ffff:1:ffff:2:ffff:3:8000::/97"],
        [v6, 64, "ffff:1:ffff:2::/64"],
        [v6, 48, "ffff:1:ffff::/48"],
        [v6, 16, "ffff::/16"],
        [v6, 1, "8000::/1"],
      ] as const
    ) {
      const options = address === v4
        ? { v4Prefix: prefix }
        : { v6Prefix: prefix };
      strictEqual(ipKey(address, options).unwrap(), key);
    }
    const mapped = ipKey("::ffff:203.0.113.7", { v4Prefix: 24, v6Prefix: 1 });
    strictEqual(mapped.unwrap(), "203.0.113.0/24");
  });

  it("tells the network of an address: what is left of its bits, and how many (property)", () => {
    fc.assert(
      fc.property(
        fc.oneof(v4Texts, v6Spellings.map(({ text }) => text)),
        v4Prefixes,
        v6Prefixes,
        (address, v4Prefix, v6Prefix) => {
          const key = ipKey(address, { v4Prefix, v6Prefix }).unwrap();
          const [kind, bits] = bitsOf(address)!;
          const expected = kind === "v4"
            ? [masked(bits, 32, v4Prefix), v4Prefix]
            : [masked(bits, 128, v6Prefix), v6Prefix];
          strictEqual(V4.test(key.split("/")[0]!), kind === "v4");
          deepStrictEqual(parseKey(key), expected);
        },
      ),
      { numRuns: 5 * RUNS },
    );
  });

  it("makes one key of all the ways to write an address (property)", () => {
    fc.assert(
      fc.property(v6Spellings, v4Prefixes, v6Prefixes, (
        { text, bits },
        v4Prefix,
        v6Prefix,
      ) => {
        const options = { v4Prefix, v6Prefix };
        const groups = Array.from(
          { length: 8 },
          (_, i) => (bits >> BigInt(112 - 16 * i) & 0xffffn).toString(16),
        );
        const key = ipKey(groups.join(":"), options).unwrap();
        strictEqual(ipKey(text, options).unwrap(), key);
        strictEqual(ipKey(`${text}%eth0`, options).unwrap(), key);
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it("makes one key of two addresses exactly when they share the prefix (property)", () => {
    fc.assert(
      fc.property(
        v6Spellings,
        fc.nat(127),
        v4Prefixes,
        v6Prefixes,
        ({ text, bits }, bit, v4Prefix, v6Prefix) => {
          const other = bits ^ 1n << BigInt(bit);
          const groups = Array.from(
            { length: 8 },
            (_, i) => (other >> BigInt(112 - 16 * i) & 0xffffn).toString(16),
          );
          const otherText = groups.join(":");
          const [kind, one] = bitsOf(text)!;
          const [otherKind, two] = bitsOf(otherText)!;
          const [width, prefix] = kind === "v4"
            ? [32, v4Prefix]
            : [128, v6Prefix];
          const options = { v4Prefix, v6Prefix };
          strictEqual(
            ipKey(text, options).unwrap() ===
              ipKey(otherText, options).unwrap(),
            kind === otherKind &&
              masked(one, width, prefix) === masked(two, width, prefix),
          );
        },
      ),
      { numRuns: 5 * RUNS },
    );
  });

  it("takes what is an address and nothing else, and never throws (property)", () => {
    const mangled = fc.tuple(
      fc.oneof(v4Texts, v6Spellings.map(({ text }) => text)),
      fc.nat(40),
      fc.nat(4),
      fc.oneof(
        fc.string({ maxLength: 3 }),
        fc.constantFrom(
          ...["", ":", "::", ".", "%", "0", "00", "1", "f", "g", " ", "\n"],
          ...["%eth0", "1.2.3.4", "256", "0x1", "+1", "-1", "/", "[", "]"],
        ),
      ),
    ).map(([text, at, length, piece]) =>
      text.slice(0, at) + piece + text.slice(at + length)
    );
    const pieces = fc.array(
      fc.constantFrom(":", "::", ".", "0", "1", "ffff", "255", "%", "a"),
      { maxLength: 14 },
    ).map((it) => it.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          mangled,
          pieces,
          fc.string(),
          fc.string({ unit: character }),
          fc.ipV4(),
          fc.ipV6(),
        ),
        (text) => {
          const isAddress = bitsOf(text) !== undefined;
          // Several zones are nobody's way to write an address: not said.
          if (text.split("%").length > 2) return void ipKey(text);
          strictEqual(ipKey(text).ok, isAddress, JSON.stringify(text));
          strictEqual(isRefused(text), !isAddress);
        },
      ),
      { numRuns: 10 * RUNS },
    );
  });

  for (
    const address of [
      ...["", " ", "localhost", "unknown", "203.0.113", "203.0.113.7.1"],
      ...["256.0.0.1", "01.2.3.4", "1.2.3.04", "0x1.2.3.4", "1.2.3.4 "],
      ...[" 1.2.3.4", "1.2.3.4\n", "1.2.3.4:80", "1.2.3.4/24", "1.2.3.4%eth0"],
      ...["1..2.3", "1.2.3.", ".1.2.3", "1.2.3.-4", "1.2.3.+4", "1e1.2.3.4"],
      ...["٣.2.3.4", "1234567", "3405803783", "%", "%eth0", "::%", "::1%"],
      ...[":", ":::", "::::", "1::2::3", "1:2:3:4:5:6:7", ":1::2", "1::2:"],
      ...["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8"],
      ...["1:2:3:4::5:6:7:8", "12345::", "g::", "::00001", "[::1]", "::1/64"],
      ...["1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "::1.2.3.256", "::01.2.3.4"],
      ...["1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::ffff:1.2.3.4.5"],
      ...["1.2.3.4:5:6:7:8:9:a:b", "::1\n", " ::1", "::1 ", "::ﬀ", "::-1"],
    ]
  ) {
    it(`refuses ${JSON.stringify(address)}`, () => {
      strictEqual(isRefused(address), true);
    });
  }

  it("its refusal tells what it wants, and not what it got", () => {
    const error = ipKey("not-an-address").unwrapErr();
    ok(error.message.includes("IPv4 or IPv6"), error.message);
    ok(!JSON.stringify(error).includes("not-an-address"));
  });

  it("refuses what is no string", () => {
    for (const value of [undefined, null, 5, 5n, {}, ["1.2.3.4"], () => {}]) {
      const error = ipKey(value as unknown as string).unwrapErr();
      strictEqual(error.code, "VALIDATION_TYPE_MISMATCH");
      strictEqual(error.field, "address");
    }
  });

  for (
    const [field, max] of [["v4Prefix", 32], ["v6Prefix", 128]] as const
  ) {
    it(`throws when ${field} is no whole number from 1 to ${max}, whatever the address`, () => {
      for (const address of ["1.2.3.4", "::1", "nonsense"]) {
        for (const value of [0, -1, max + 1, 1.5, NaN, Infinity]) {
          throws(
            () => ipKey(address, { [field]: value }),
            (error) =>
              error instanceof ValidationError &&
              error.code === "VALIDATION_INVALID_OPTION" &&
              error.field === field && error.message.includes(String(value)),
          );
        }
        for (const [name, value] of NOT_NUMBERS.slice(1)) {
          throws(
            () => ipKey(address, { [field]: value as number }),
            (error) =>
              error instanceof ValidationError && error.field === field,
            name,
          );
        }
      }
    });
  }
});
