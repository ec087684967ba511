import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  defineCatalogue,
  type ErrorCode,
  ErrorMessages,
  fillPlaceholders,
  findMessage,
  formatMessage,
  type MessageCatalogue,
} from "../src/messages.ts";
import {
  CODES,
  filledCodes,
  paramValues,
  placeholdersIn,
} from "./_error_codes.ts";

const RUNS = { numRuns: 300 };

/** The 51 codes every version has to have, each with its parameters. */
const REQUIRED_CODES: Readonly<
  Record<string, Readonly<Record<string, string>>>
> = {
  AUTH: {
    TOKEN_EXPIRED: "",
    TOKEN_INVALID: "",
    TOKEN_REVOKED: "",
    TOKEN_MALFORMED: "",
    ALGORITHM_MISMATCH: "expected,received",
    KEY_INVALID: "",
    KEY_MISSING: "algorithm,keyType",
    SIGNATURE_INVALID: "",
    CLAIMS_MISSING: "claim",
    ISSUER_INVALID: "",
    AUDIENCE_INVALID: "",
  },
  CACHE: {
    KEY_NOT_FOUND: "key",
    SERIALIZATION_FAILED: "reason",
    DESERIALIZATION_FAILED: "reason",
    CONNECTION_FAILED: "reason",
    OPERATION_TIMEOUT: "timeoutMs",
    TAG_NOT_FOUND: "tag",
  },
  POOL: {
    EXHAUSTED: "",
    ACQUIRE_TIMEOUT: "timeoutMs",
    CONNECTION_ERROR: "reason",
    CLOSED: "",
    INVALID_STATE: "from,to",
    HEALTH_CHECK_FAILED: "connectionId",
  },
  VALIDATION: {
    EMPTY_VALUE: "field",
    INVALID_FORMAT: "field,reason",
    OUT_OF_RANGE: "field,min,max",
    REQUIRED: "field",
    TYPE_MISMATCH: "field,expectedType",
    PATTERN_MISMATCH: "field,pattern",
  },
  SECURITY: {
    UNAUTHORIZED: "",
    FORBIDDEN: "",
    RATE_LIMITED: "retryAfterMs",
    ENCRYPTION_FAILED: "reason",
    DECRYPTION_FAILED: "reason",
    POLICY_DENIED: "resource",
  },
  MSG: {
    PUBLISH_FAILED: "topic,reason",
    SUBSCRIBE_FAILED: "topic,reason",
    HANDLER_ERROR: "reason",
    DEAD_LETTER: "retries",
    BROKER_UNAVAILABLE: "reason",
  },
  DB: {
    CONNECTION_FAILED: "reason",
    QUERY_FAILED: "reason",
    TRANSACTION_FAILED: "reason",
    ENTITY_NOT_FOUND: "entity,id",
    DUPLICATE_KEY: "entity",
    CONSTRAINT_VIOLATION: "constraint",
  },
  TASK: {
    EXECUTION_FAILED: "reason",
    TIMEOUT: "timeoutMs",
    CANCELLED: "",
    RETRY_EXHAUSTED: "retries",
    QUEUE_FULL: "",
  },
};

/** `formatMessage` for a code that is only known at run time. */
function format(
  code: string,
  params: Readonly<Record<string, string | number>>,
  catalogue?: MessageCatalogue,
): string {
  return formatMessage(code as "POOL_CLOSED", params as never, catalogue);
}

describe("ErrorMessages", () => {
  for (const [domain, keys] of Object.entries(REQUIRED_CODES)) {
    it(`3.1 has every required code of ${domain}, with its parameters`, () => {
      for (const [key, params] of Object.entries(keys)) {
        const entry = CODES.find(({ code }) => code === `${domain}_${key}`);
        assert.ok(entry, `${domain}_${key} is missing`);
        const wanted = params.split(",").filter((name) => name !== "");
        for (const name of wanted) {
          assert.ok(entry.names.includes(name), `${entry.code} lacks ${name}`);
        }
      }
    });
  }

  it("3.2 has the domains of the package", () => {
    assert.deepEqual(Object.keys(ErrorMessages).sort(), [
      "AUTH",
      "CACHE",
      "COMPRESSION",
      "CONFIG",
      "DB",
      "MSG",
      "POOL",
      "SECURITY",
      "TASK",
      "VALIDATION",
    ]);
  });

  it("has codes that lead back to one text each", () => {
    const codes = new Set(CODES.map(({ code }) => code));
    assert.equal(codes.size, CODES.length);
    for (const { code, text } of CODES) {
      assert.equal(findMessage(code), text, code);
    }
  });

  it("has keys in upper case, and texts that start high and end without a full stop", () => {
    for (const { code, text } of CODES) {
      assert.match(code, /^[A-Z]+(_[A-Z]+)+$/);
      assert.match(text, /^[A-Z{]/, code);
      assert.doesNotMatch(text, /[.!\s]$/, code);
    }
  });

  it("has no brace that is not part of a placeholder", () => {
    for (const { code, text } of CODES) {
      assert.doesNotMatch(text.replace(/\{[a-zA-Z]+\}/g, ""), /[{}]/, code);
    }
  });
});

describe("fillPlaceholders()", () => {
  it("replaces each placeholder where it stands, and nothing else", () => {
    const names = ["a", "field", "x1", "snake_case"];
    const pieces = fc.oneof(
      fc.string(),
      fc.constantFrom(...names, "other", "toString").map((name) => `{${name}}`),
    );
    const params = fc.dictionary(fc.constantFrom(...names), paramValues());
    fc.assert(
      fc.property(fc.array(pieces), params, (list, given) => {
        const text = list.join("");
        const expected = text.split(/(\{\w+\})/).map((piece) => {
          const name = piece.slice(1, -1);
          return /^\{\w+\}$/.test(piece) && Object.hasOwn(given, name)
            ? String(given[name])
            : piece;
        }).join("");
        assert.equal(fillPlaceholders(text, given), expected);
      }),
      RUNS,
    );
  });

  it("substitutes in one pass, with every value taken literally", () => {
    const cases: readonly (readonly [
      text: string,
      params: Readonly<Record<string, string | number>>,
      expected: string,
    ])[] = [
      ["{a}", { a: "{b}", b: "no" }, "{b}"],
      ["{a}{b}", { a: "{", b: "a}" }, "{a}"],
      ["{a} {b}", { a: "{b}", b: "{a}" }, "{b} {a}"],
      ["<{a}>", { a: "$&" }, "<$&>"],
      ["<{a}>", { a: "$1" }, "<$1>"],
      ["<{a}>", { a: "$$" }, "<$$>"],
      ["<{a}>", { a: "$`" }, "<$`>"],
      ["<{a}>", { a: "$'" }, "<$'>"],
      ["{a}, {a} and {a}", { a: 1 }, "1, 1 and 1"],
      ["{a}", { a: "" }, ""],
      ["{a}", { a: 0 }, "0"],
      ["{a}", { a: NaN }, "NaN"],
      ["{{a}}", { a: 1 }, "{1}"],
      ["", { a: 1 }, ""],
    ];
    for (const [text, params, expected] of cases) {
      assert.equal(fillPlaceholders(text, params), expected, text);
    }
  });

  it("leaves a placeholder without a parameter as it is written", () => {
    const texts = ["{b}", "{A}", "{ a }", "{a-b}", "{}", "{", "a}", "{a"];
    for (const text of texts) {
      assert.equal(fillPlaceholders(text, { a: 1 }), text);
    }
  });

  it("counts own properties only", () => {
    const inherited: Record<string, string> = Object.create({ field: "x" });
    const texts = [
      "{toString}",
      "{constructor}",
      "{hasOwnProperty}",
      "{__proto__}",
      "{valueOf}",
      "{field}",
    ];
    for (const text of texts) {
      assert.equal(fillPlaceholders(text, {}), text);
      assert.equal(fillPlaceholders(text, inherited), text);
    }
  });

  it("takes own properties whatever they are called", () => {
    const params = JSON.parse('{"__proto__":"p","toString":"t"}');
    assert.equal(fillPlaceholders("{__proto__} {toString}", params), "p t");
    const bare = Object.assign(Object.create(null), { field: "x" });
    assert.equal(fillPlaceholders("{field}", bare), "x");
  });
});

describe("findMessage()", () => {
  it("gives undefined for a code that the catalogue does not have", () => {
    const codes = [
      "POOL_NO_SUCH",
      "NO_SUCH",
      "POOL_",
      "POOL",
      "_CLOSED",
      "",
      "pool_CLOSED",
      "POOL_closed",
      "POOL_toString",
      "POOL_constructor",
      "POOL___proto__",
      "constructor_name",
      "toString_length",
      "__proto___toString",
    ];
    for (const code of codes) {
      assert.equal(findMessage(code as ErrorCode), undefined, code);
    }
  });

  it("does not look beyond the catalogue given", () => {
    assert.equal(findMessage("POOL_CLOSED", {}), undefined);
    assert.equal(findMessage("POOL_CLOSED", { POOL: {} }), undefined);
    const catalogue = { POOL: { CLOSED: "Zu" } };
    assert.equal(findMessage("POOL_CLOSED", catalogue), "Zu");
    assert.equal(findMessage("POOL_EXHAUSTED", catalogue), undefined);
  });

  it("takes own texts only, and nothing that is no text", () => {
    const catalogues: readonly unknown[] = [
      Object.create({ POOL: { CLOSED: "inherited" } }),
      { POOL: Object.create({ CLOSED: "inherited" }) },
      { POOL: { CLOSED: 1 } },
      { POOL: { CLOSED: null } },
      { POOL: { CLOSED: ["text"] } },
      { POOL: null },
      { POOL: "text" },
    ];
    for (const catalogue of catalogues) {
      assert.equal(
        findMessage("POOL_CLOSED", catalogue as MessageCatalogue),
        undefined,
      );
    }
  });
});

describe("formatMessage()", () => {
  it("leaves no placeholder that has a parameter, for every code", () => {
    for (const { code, text, names } of CODES) {
      const params = Object.fromEntries(names.map((name, i) => [name, i]));
      const message = format(code, params);
      assert.deepEqual(placeholdersIn(message), []);
      assert.equal(message.includes("{"), false);
      names.forEach((_, i) => assert.ok(message.includes(String(i)), text));
    }
  });

  it("puts each value where its name stands, for every code and any values", () => {
    fc.assert(
      fc.property(filledCodes(), ([{ code, text }, params]) => {
        // Odd pieces of the split are the names.
        const expected = text.split(/\{(\w+)\}/).map((piece, i) =>
          i % 2 === 1 ? String(params[piece]) : piece
        ).join("");
        assert.equal(format(code, params), expected);
      }),
      RUNS,
    );
  });

  it("prefers the catalogue given and falls back to English", () => {
    const german = defineCatalogue({
      VALIDATION: {
        OUT_OF_RANGE: "{max} und {min} begrenzen {field}",
        REQUIRED: "{field} fehlt",
      },
    });
    const params = { field: "alter", min: 1, max: 9 };
    assert.equal(
      formatMessage("VALIDATION_OUT_OF_RANGE", params, german),
      "9 und 1 begrenzen alter",
    );
    assert.equal(
      formatMessage("VALIDATION_EMPTY_VALUE", { field: "alter" }, german),
      formatMessage("VALIDATION_EMPTY_VALUE", { field: "alter" }),
    );
    assert.equal(
      formatMessage("POOL_CLOSED", {}, german),
      ErrorMessages.POOL.CLOSED,
    );
  });

  it("gives the code itself where no catalogue has a text for it", () => {
    assert.equal(format("POOL_NO_SUCH", {}), "POOL_NO_SUCH");
    assert.equal(format("POOL_toString", {}), "POOL_toString");
  });
});

describe("defineCatalogue()", () => {
  it("returns the very catalogue", () => {
    const catalogue = { POOL: { CLOSED: "Zu" } } as const;
    assert.equal(defineCatalogue(catalogue), catalogue);
  });
});
