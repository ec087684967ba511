import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as status from "../src/status.ts";
import { isStatus, parseStatus, type StatusSet } from "../src/status.ts";

const RUNS = { numRuns: 300 };

/** Every status set the module exports, by name. */
const SETS: ReadonlyMap<string, StatusSet> = new Map(
  Object.entries<unknown>(status).filter((
    entry,
  ): entry is [string, StatusSet] => typeof entry[1] === "object"),
);

/** What is in none of the sets, however much it looks like it. */
const STRANGERS: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "length",
  "null",
  "toString",
  "undefined",
  "valueOf",
  "0",
];

/** A string that resembles a member of the set, but is none. */
function lookalikes(members: readonly string[]): fc.Arbitrary<string> {
  const changes: readonly ((member: string) => string)[] = [
    (member) => member.toUpperCase(),
    (member) => `${member[0]?.toUpperCase()}${member.slice(1)}`,
    (member) => `${member} `,
    (member) => ` ${member}`,
    (member) => `${member}\n`,
    (member) => `${member}\0`,
    (member) => `"${member}"`,
    (member) => `${member}s`,
    (member) => member.slice(0, -1),
    (member) => `${member}${member}`,
    (member) => `${member},${member}`,
  ];
  return fc.tuple(fc.constantFrom(...members), fc.constantFrom(...changes))
    .map(([member, change]) => change(member));
}

describe("status sets", () => {
  it("4.1 are a base set and one for each domain", () => {
    assert.deepEqual([...SETS.keys()].sort(), [
      "AuthStatus",
      "BaseStatus",
      "CacheStatus",
      "ConnectionStatus",
      "HealthStatus",
      "MessageStatus",
      "TaskStatus",
    ]);
  });

  for (const [name, set] of SETS) {
    const members = Object.values(set);

    it(`${name} is frozen`, () => {
      assert.ok(Object.isFrozen(set));
      assert.throws(() => Object.assign(set, { ADDED: "added" }), TypeError);
      assert.throws(
        () => Object.assign(set, { [Object.keys(set)[0] ?? ""]: "changed" }),
        TypeError,
      );
    });

    it(`4.4 ${name} has members in lower snake_case, each once, named alike`, () => {
      assert.ok(members.length > 0);
      assert.equal(new Set(members).size, members.length);
      for (const [key, member] of Object.entries(set)) {
        assert.match(member, /^[a-z]+(_[a-z]+)*$/);
        assert.equal(key, member.toUpperCase());
      }
    });

    it(`P18 a status of ${name} serialises to its JSON string and back to itself`, () => {
      fc.assert(
        fc.property(fc.constantFrom(...members), (member) => {
          assert.equal(JSON.stringify(member), `"${member}"`);
          const back: unknown = JSON.parse(JSON.stringify(member));
          assert.equal(isStatus(set, back), true);
          assert.equal(parseStatus(set, back).unwrap(), member);
        }),
        { ...RUNS, examples: members.map((member) => [member]) },
      );
    });

    it(`P18 every string outside ${name} is refused`, () => {
      const strings = fc.oneof(
        fc.string(),
        fc.constantFrom(...STRANGERS),
        fc.constantFrom(...Object.keys(set)),
        lookalikes(members),
      );
      fc.assert(
        fc.property(
          strings.filter((text) => !members.includes(text)),
          (text) => {
            assert.equal(isStatus(set, text), false);
            assert.equal(parseStatus(set, text).ok, false);
          },
        ),
        {
          ...RUNS,
          examples: [...STRANGERS, ...Object.keys(set)].map((text) => [text]),
        },
      );
    });

    it(`${name} refuses what is no string, even where it prints as a member`, () => {
      const member = members[0] ?? "";
      const values: readonly unknown[] = [
        undefined,
        null,
        true,
        0,
        NaN,
        1n,
        Symbol(member),
        [],
        [member],
        {},
        { toString: () => member },
        Object(member),
        () => member,
        set,
        Object.create(null),
      ];
      for (const value of values) {
        assert.equal(isStatus(set, value), false);
        assert.equal(parseStatus(set, value).ok, false);
      }
    });

    it(`parseStatus() names the field and every member of ${name}`, () => {
      const error = parseStatus(set, "no such", "job.status").unwrapErr();
      assert.equal(error.code, "VALIDATION_NOT_A_MEMBER");
      assert.equal(error.field, "job.status");
      assert.equal(error.params.allowed, members.join(", "));
      assert.ok(error.message.includes("job.status"));
      for (const member of members) assert.ok(error.message.includes(member));
    });
  }
});

describe("isStatus()", () => {
  it("counts the values of a set, neither its names nor what it inherits", () => {
    const set: StatusSet = Object.assign(Object.create({ OLD: "old" }), {
      NEW: "new",
    });
    assert.equal(isStatus(set, "new"), true);
    assert.equal(isStatus(set, "NEW"), false);
    assert.equal(isStatus(set, "old"), false);
  });

  it("is false for everything in an empty set", () => {
    for (const value of ["", undefined, "toString"]) {
      assert.equal(isStatus({}, value), false);
    }
  });
});

describe("parseStatus()", () => {
  it("calls the field status where none is named", () => {
    const error = parseStatus(status.HealthStatus, "ill").unwrapErr();
    assert.equal(error.field, "status");
  });

  it("keeps the value out of the error, as it may be a secret", () => {
    fc.assert(
      fc.property(fc.uuid(), (secret) => {
        const error = parseStatus(status.TaskStatus, secret).unwrapErr();
        const told = [error.message, JSON.stringify(error), error.stack];
        assert.equal(told.join().includes(secret), false);
        assert.equal(error.cause, undefined);
      }),
      RUNS,
    );
  });
});
