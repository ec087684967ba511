import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compileGlob, escapeGlob } from "../src/_glob.ts";
import {
  CacheKey,
  cacheKey,
  type CacheKeyParams,
  type CacheKeyPart,
  type UntypedKey,
} from "../src/cache_key.ts";
import { ValidationError } from "../src/errors.ts";
import { type Equal, expectType, RUNS } from "./foundation_support.ts";

/** Every UTF-16 string, but mostly of what the encodings are about. */
const texts = fc.string({
  unit: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(..."%:*?\\[]{}253A") },
    fc.integer({ min: 0, max: 0xffff }).map((unit) =>
      String.fromCharCode(unit)
    ),
  ),
  maxLength: 6,
});
const namespaces = fc.oneof(
  texts.filter((text) => text.trim() !== "" && text !== "\u0085"),
  fc.constantFrom("user", "users", "user:7", "user%3A7"),
);
const parts: fc.Arbitrary<CacheKeyPart> = fc.oneof(
  { weight: 2, arbitrary: texts },
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 30 }),
  fc.bigInt({ min: -3n, max: 30n }),
  fc.boolean(),
  fc.constantFrom("7", "-0", "true", "1e+21", "", "__proto__", "toString"),
);
const partLists = fc.array(parts, { maxLength: 4 });

/** A list and another that is often the same, or nearly. */
const listPairs = fc.oneof(
  fc.tuple(partLists, partLists),
  partLists.map((list) => [list, list.map(String)]),
  partLists.map((list) => [list, [list.join(":")]]),
  partLists.map((list) => [list, [...list, ""]]),
);

function sameTexts(
  a: readonly CacheKeyPart[],
  b: readonly CacheKeyPart[],
): boolean {
  return a.length === b.length &&
    a.every((part, i) => String(part) === String(b[i]));
}

/** What no key may be made of; all of it has a `String()`. */
const NO_PARTS: readonly unknown[] = [
  undefined,
  null,
  NaN,
  {},
  ["7"],
  new Date(0),
  Symbol("7"),
  () => 7,
];

const REFUSED = {
  name: "ValidationError",
  code: "VALIDATION_INVALID_OPTION",
} as const;

function reasonOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    ok(error instanceof ValidationError);
    strictEqual(error.code, REFUSED.code);
    return error.message;
  }
  return "nothing was thrown";
}

describe("cacheKey()", () => {
  it("joins the namespace and the parts with colons", () => {
    const key = cacheKey("user");
    strictEqual(key(), "user");
    strictEqual(key(7), "user:7");
    strictEqual(key("ada", 2, 3n, true), "user:ada:2:3:true");
    strictEqual(key(""), "user:");
    strictEqual(key("", ""), "user::");
  });

  it("encodes what would end a part, and what encodes", () => {
    strictEqual(cacheKey("a:b%")("c:d", "e%3A"), "a%3Ab%25:c%3Ad:e%253A");
    strictEqual(cacheKey("k")("::", "%%"), "k:%3A%3A:%25%25");
  });

  it("keeps every other character, lone surrogates included", () => {
    const text = "é 🙂/\\*?[]{}\0\ud800\udc00\ud800";
    strictEqual(cacheKey("k")(text), `k:${text}`);
  });

  it("takes a number and its text for the same part", () => {
    const key = cacheKey("k");
    strictEqual(key(42), key("42"));
    strictEqual(key(42n), key(42));
    strictEqual(key(-0), key(0));
    strictEqual(key(1e21), "k:1e+21");
    strictEqual(key(Infinity), "k:Infinity");
  });

  it("refuses what has no text of its own, naming part and value", () => {
    const key = cacheKey("user");
    for (const part of NO_PARTS) {
      throws(() => key("ada", part as string), REFUSED);
      throws(() => key.glob(part as string), REFUSED);
    }
    strictEqual(
      reasonOf(() => key("ada", undefined as unknown as string)),
      "The option parts.1 is not valid: parts.1 must be of type string, " +
        "bigint, boolean or number (but NaN), received undefined",
    );
  });

  it("refuses an empty namespace, and what is no string", () => {
    for (const namespace of ["", " \t", undefined, null, 7]) {
      throws(() => cacheKey(namespace as string), REFUSED);
    }
  });

  it("K1: two part lists make the same key iff they are the same texts", () => {
    fc.assert(
      fc.property(listPairs, ([a, b]) => {
        const key = cacheKey("k");
        strictEqual(key(...a!) === key(...b!), sameTexts(a!, b!));
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it("K2: two families have a key in common iff their namespace is the same", () => {
    fc.assert(
      fc.property(
        namespaces,
        namespaces,
        partLists,
        partLists,
        (n, m, a, b) => {
          const isSame = n === m && sameTexts(a, b);
          strictEqual(cacheKey(n)(...a) === cacheKey(m)(...b), isSame);
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });
});

describe("cacheKey().glob()", () => {
  it("gives the family, or what hangs from a key", () => {
    const key = cacheKey("user");
    strictEqual(key.glob(), "user:*");
    strictEqual(key.glob(7, "a:b"), "user:7:a%3Ab:*");
  });

  it("escapes what globs are made of, in the namespace too", () => {
    strictEqual(cacheKey("u*").glob("?", "\\", "[a]"), "u\\*:\\?:\\\\:\\[a]:*");
  });

  it("K3: the glob of parts matches just the keys that go on from them", () => {
    fc.assert(
      fc.property(
        fc.tuple(namespaces, namespaces),
        listPairs,
        partLists,
        fc.boolean(),
        ([n, m], [first, other], more, isOwn) => {
          const list = isOwn ? [...first!, ...more] : other!;
          for (const namespace of [n, m]) {
            const wanted = namespace === n && list.length > first!.length &&
              sameTexts(first!, list.slice(0, first!.length));
            const glob = cacheKey(n).glob(...first!);
            strictEqual(
              compileGlob(glob)(cacheKey(namespace)(...list)),
              wanted,
            );
          }
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });
});

describe("CacheKey()", () => {
  it("puts the encoded values into the pattern", () => {
    const key = CacheKey("user:{id}:posts:p{page}");
    strictEqual(key({ id: 7, page: 2n }), "user:7:posts:p2");
    strictEqual(key({ id: "a:b%", page: true }), "user:a%3Ab%25:posts:ptrue");
    strictEqual(key({ id: "{page}", page: "$1$&" }), "user:{page}:posts:p$1$&");
    strictEqual(key({ id: "", page: "" }), "user::posts:p");
  });

  it("takes the text between as it is written", () => {
    strictEqual(CacheKey("a%3A::{x}:\\*")({ x: 1 }), "a%3A::1:\\*");
    strictEqual(CacheKey("{tenant}:users")({ tenant: "t" }), "t:users");
    strictEqual(CacheKey("{id}")({ id: "x:y" }), "x%3Ay");
  });

  it("makes its one key where there is no placeholder", () => {
    strictEqual(CacheKey("flags")(), "flags");
    strictEqual(CacheKey("flags*").glob(), "flags\\*");
  });

  it("makes the keys that cacheKey() makes of the same parts", () => {
    strictEqual(
      CacheKey("user:{id}:{page}")({ id: "a:%", page: 1 }),
      cacheKey("user")("a:%", 1),
    );
  });

  it("refuses a pattern that is empty or no string", () => {
    for (const pattern of ["", " ", undefined, null, 7]) {
      throws(() => CacheKey(pattern as string), REFUSED);
    }
  });

  it("refuses braces that are no placeholder", () => {
    const patterns =
      "{} a:{ a:} a:{id a:id} a:{a{id}} {{id}} a:{user-id} a:{a}:}b{:{c} a:{ü}"
        .split(" ");
    for (const pattern of [...patterns, "a:{ id }"]) {
      strictEqual(
        reasonOf(() => CacheKey(pattern)),
        "The option pattern is not valid: pattern has an invalid format: " +
          "braces are for placeholders, such as {example}, received " +
          JSON.stringify(pattern),
      );
    }
  });

  it("refuses a placeholder that is there twice", () => {
    ok(/but once.*\{a\}/.test(reasonOf(() => CacheKey("{a}:{b}:{a}"))));
  });

  it("refuses two placeholders without a colon between them", () => {
    for (const pattern of ["{a}{b}", "{a}-{b}", "k:{a}:{b}-{c}:d"]) {
      ok(/need a colon/.test(reasonOf(() => CacheKey(pattern))), pattern);
    }
  });

  it("refuses a missing parameter, and what has no text of its own", () => {
    const key = CacheKey("user:{id}" as string);
    for (const id of NO_PARTS) throws(() => key({ id: id as string }), REFUSED);
    for (const params of [undefined, {}, { Id: 7 }]) {
      strictEqual(
        reasonOf(() => key(params)),
        "The option id is not valid: id must be of type string, " +
          "bigint, boolean or number (but NaN), received undefined",
      );
    }
  });

  it("ignores parameters of other names", () => {
    const user = { id: 7, name: "Ada" };
    strictEqual(CacheKey("user:{id}")(user), "user:7");
  });

  it("knows own properties alone, whatever they are called", () => {
    const key = CacheKey("k:{__proto__}:{toString}");
    strictEqual(key({ ["__proto__"]: "p", toString: "t" }), "k:p:t");
    strictEqual(key.glob({ ["__proto__"]: "p", toString: 1 }), "k:p:1");
    strictEqual(key.glob(), "k:*:*");
    const inherited: CacheKeyParams<"k:{id}"> = Object.create({ id: 7 });
    throws(() => CacheKey("k:{id}")(inherited), REFUSED);
    strictEqual(CacheKey("k:{id}").glob(inherited), "k:*");
    throws(() => CacheKey("k:{constructor}" as string)({}), REFUSED);
  });

  it("K4: different parameters make different keys", () => {
    const key = CacheKey("k:{a}:x-{b}-y::{c}");
    fc.assert(
      fc.property(
        listPairs.map((pair) =>
          pair.map((list) => [...list, "", "", ""].slice(0, 3))
        ),
        (pair) => {
          const [one, other] = pair.map(([a, b, c]) =>
            key({ a: a!, b: b!, c: c! })
          );
          strictEqual(one === other, sameTexts(pair[0]!, pair[1]!));
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });
});

describe("CacheKey().glob()", () => {
  it("has a star for each parameter that is left out", () => {
    const key = CacheKey("user:{id}:posts:{page}");
    strictEqual(key.glob(), "user:*:posts:*");
    strictEqual(key.glob({ page: 1 }), "user:*:posts:1");
    strictEqual(key.glob({ id: "a:*", page: "?" }), "user:a%3A\\*:posts:\\?");
  });

  it("refuses an undefined parameter rather than to match all", () => {
    const key = CacheKey("user:{id}");
    for (const id of NO_PARTS) {
      throws(() => key.glob({ id: id as string }), REFUSED);
    }
  });

  it("K5: of its own keys it matches just those with the parameters", () => {
    const key = CacheKey("k*:{a}:x?{b}\\:[{c}" as string);
    const values = fc.record({ a: parts, b: parts, c: parts });
    const names = fc.subarray(["a", "b", "c"] as const);
    fc.assert(
      fc.property(values, values, names, names, (made, other, same, known) => {
        const asked = { ...other };
        for (const name of same) asked[name] = made[name];
        const glob = key.glob(
          Object.fromEntries(known.map((name) => [name, asked[name]])),
        );
        const wanted = known.every((name) =>
          String(asked[name]) === String(made[name])
        );
        strictEqual(compileGlob(glob)(key(made)), wanted);
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe("CacheKey().of()", () => {
  it("makes the same keys and globs", () => {
    const key = CacheKey("user:{id}").of<User>();
    strictEqual(key({ id: 7 }), "user:7");
    strictEqual(key.glob({ id: 7 }), "user:7");
    strictEqual(key.of<Order>()({ id: 7 }), "user:7");
  });
});

// --- types

interface User {
  readonly name: string;
}
interface Admin extends User {
  readonly role: string;
}
interface Order {
  readonly total: number;
}

/** A cache's methods, as the types want them. */
class Cache<T> {
  readonly #values = new Map<string, unknown>();

  get<V extends T = T>(key: CacheKey<V> | UntypedKey): V | undefined {
    return this.#values.get(key) as V | undefined;
  }

  set<V extends T = T>(
    key: CacheKey<V> | UntypedKey,
    value: NoInfer<V>,
  ): void {
    this.#values.set(key, value);
  }

  load<V extends T = T>(
    _key: CacheKey<V> | UntypedKey,
    load: () => NoInfer<V> | Promise<NoInfer<V>>,
  ): Promise<V> {
    return Promise.resolve(load()).then((value) => value as V);
  }

  delete(key: string): boolean {
    return this.#values.delete(key);
  }
}

describe("the type CacheKey", () => {
  const userKey = cacheKey<User>("user");
  const user = userKey(7);
  const admin = cacheKey<Admin>("admin")(7);
  const order = CacheKey("order:{id}").of<Order>()({ id: 7 });
  const unknown = CacheKey("order:{id}")({ id: 7 });

  it("is a string, and no other key's type", () => {
    expectType<Equal<typeof user, CacheKey<User>>>(true);
    expectType<Equal<typeof order, CacheKey<Order>>>(true);
    expectType<Equal<typeof unknown, CacheKey<unknown>>>(true);
    const text: string = user;
    // @ts-expect-error Another type
    const asOrder: CacheKey<Order> = user;
    // @ts-expect-error A subtype: it could be stored as the wider one.
    const asUser: CacheKey<User> = admin;
    // @ts-expect-error A supertype: it could be read as the narrower one.
    const asAdmin: CacheKey<Admin> = user;
    // @ts-expect-error It says nothing.
    const fromUnknown: CacheKey<User> = unknown;
    // @ts-expect-error It forgets what it says.
    const toUnknown: CacheKey<unknown> = user;
    // @ts-expect-error A plain string
    const fromString: CacheKey<User> = text;
    // @ts-expect-error A literal
    const fromLiteral: CacheKey<User> = "user:7";
    deepStrictEqual(
      [asOrder, asUser, asAdmin, fromUnknown, toUnknown, fromString],
      [user, admin, user, unknown, user, text],
    );
    strictEqual(fromLiteral, user);
  });

  it("is untyped for plain strings and unknown values alone", () => {
    const template: `a${number}` = `a${7}`;
    const untyped: UntypedKey[] = ["a", String(user), template, unknown];
    // @ts-expect-error It says something.
    untyped.push(user);
    // @ts-expect-error It says something.
    untyped.push(cacheKey<never>("none")());
    strictEqual(untyped.length, 6);
  });

  it("tells a cache of anything what it reads", () => {
    const cache = new Cache<unknown>();
    const typed = cache.get(user);
    expectType<Equal<typeof typed, User | undefined>>(true);
    const plain = cache.get("user:7");
    expectType<Equal<typeof plain, unknown>>(true);
    const untyped = cache.get(unknown);
    expectType<Equal<typeof untyped, unknown>>(true);
    const asserted = cache.get<User>("user:7");
    expectType<Equal<typeof asserted, User | undefined>>(true);
    const loaded = cache.load(user, () => ({ name: "Ada" }));
    expectType<Equal<typeof loaded, Promise<User>>>(true);
    strictEqual(cache.get(user), undefined);
  });

  it("keeps the values of another type out", () => {
    const cache = new Cache<unknown>();
    cache.set(user, { name: "Ada" });
    cache.set(user, { name: "Ada", role: "root" } as Admin);
    cache.set("any", { total: 1 });
    // @ts-expect-error No order under a user's key
    cache.set(user, { total: 1 });
    // @ts-expect-error No plain user under an admin's key
    cache.set(admin, { name: "Ada" });
    // @ts-expect-error No loader of orders
    cache.load(user, () => ({ total: 1 }));
    // @ts-expect-error Nor of promises of them
    cache.load(user, () => Promise.resolve({ total: 1 }));
    strictEqual(cache.delete(user), true);
  });

  it("fits a cache of one type and its subtypes", () => {
    const cache = new Cache<User>();
    const typed = cache.get(user);
    expectType<Equal<typeof typed, User | undefined>>(true);
    const narrower = cache.get(admin);
    expectType<Equal<typeof narrower, Admin | undefined>>(true);
    const plain = cache.get("user:7" as string);
    expectType<Equal<typeof plain, User | undefined>>(true);
    const untyped = cache.get(unknown);
    expectType<Equal<typeof untyped, User | undefined>>(true);
    // @ts-expect-error There are no orders in it.
    cache.get(order);
    // @ts-expect-error Not under a plain key either
    cache.set("order", { total: 1 });
    strictEqual(cache.get(user), undefined);
  });

  it("has parameters as the pattern names them", () => {
    const pages = CacheKey("user:{id}:{page}").of<User>();
    expectType<
      Equal<
        CacheKeyParams<"user:{id}:{page}">,
        { readonly id: CacheKeyPart; readonly page: CacheKeyPart }
      >
    >(true);
    expectType<Equal<ReturnType<typeof pages>, CacheKey<User>>>(true);
    // @ts-expect-error One is missing.
    throws(() => pages({ id: 7 }), REFUSED);
    // @ts-expect-error All are missing.
    throws(() => pages(), REFUSED);
    // @ts-expect-error Misspelt
    throws(() => pages({ id: 7, pgae: 1 }), REFUSED);
    // @ts-expect-error One too many
    pages({ id: 7, page: 1, size: 10 });
    // @ts-expect-error No part
    throws(() => pages({ id: 7, page: undefined }), REFUSED);
    // @ts-expect-error Misspelt
    pages.glob({ pgae: 1 });
    // @ts-expect-error undefined is not the same as left out.
    throws(() => pages.glob({ page: undefined }), REFUSED);
    // @ts-expect-error There is no placeholder.
    CacheKey("flags")({ id: 7 });
    strictEqual(CacheKey("flags")({}), CacheKey("flags")());
    strictEqual(CacheKey("a:{b}" as string)({ b: 1 }), "a:1");
  });
});

// --- globs

/** What a glob means, by its definition: each way to match is tried. */
function matchesNaively(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  const [first, ...rest] = glob.split("");
  const tail = rest.join("");
  if (first === "*") {
    return Array.from({ length: text.length + 1 }, (_, i) => i)
      .some((i) => matchesNaively(tail, text.slice(i)));
  }
  if (text === "") return false;
  if (first === "?") return matchesNaively(tail, text.slice(1));
  return first === "\\" && tail !== ""
    ? tail[0] === text[0] && matchesNaively(tail.slice(1), text.slice(1))
    : first === text[0] && matchesNaively(tail, text.slice(1));
}

describe("compileGlob()", () => {
  it("matches as the language says", () => {
    const cases: readonly [
      glob: string,
      yes: readonly string[],
      no: readonly string[],
    ][] = [
      ["", [""], ["a", "*"]],
      ["*", ["", "a", ":", "a:b\n"], []],
      ["**", ["", "ab"], []],
      ["?", ["a", ":", "\n", "\ud83d"], ["", "ab", "🙂"]],
      ["??", ["ab", "🙂"], ["a"]],
      ["user:*", ["user:", "user:7", "user:7:posts"], ["user", "users:7"]],
      ["*:7", [":7", "a:7:7"], ["7", "a:7:"]],
      ["a*b*c", ["abc", "aXbbXc"], ["ab", "acb", "abcX"]],
      ["a?", ["ab"], ["a", "abc"]],
      ["\\*", ["*"], ["", "a", "\\*"]],
      ["\\?\\\\", ["?\\"], ["a\\", "?"]],
      ["\\a", ["a"], ["\\a"]],
      ["a\\", ["a\\"], ["a"]],
      ["[a-z].+(b)^$|{c}", ["[a-z].+(b)^$|{c}"], ["a.+(b)^$|{c}", "ab"]],
      ["A", ["A"], ["a"]],
      ["é", ["\u00e9"], ["e\u0301"]],
    ];
    for (const [glob, yes, no] of cases) {
      const matches = compileGlob(glob);
      for (const text of yes) ok(matches(text), `${glob} matches ${text}`);
      for (const text of no) ok(!matches(text), `${glob} and ${text}`);
    }
  });

  it("keeps nothing from one text to the next", () => {
    const matches = compileGlob("a*b");
    const texts = ["axb", "axc", "b", "axb", "ab", ""];
    deepStrictEqual(texts.map(matches), [
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it("G1: agrees with the definition", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab*?\\"), maxLength: 7 }),
        fc.string({ unit: fc.constantFrom(..."abab*?\\"), maxLength: 8 }),
        (glob, text) => {
          strictEqual(compileGlob(glob)(text), matchesNaively(glob, text));
        },
      ),
      { numRuns: 20 * RUNS },
    );
  });

  it("G2: an escaped text matches itself alone", () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        const matches = compileGlob(escapeGlob(text));
        strictEqual(matches(text), true);
        strictEqual(matches(other), text === other);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  // Backtracking takes more than the age of the universe for the first two.
  it("ends on globs that are made to last", () => {
    const text = "a".repeat(100_000);
    for (
      const [glob, matchesToo] of [
        ["a*".repeat(50) + "b", "b"],
        ["*a".repeat(50) + "?*b", "ab"],
        ["*" + "a".repeat(100) + "b", "b"],
        ["?".repeat(100) + "*b", "b"],
        ["*".repeat(1000) + "b", "b"],
      ] as const
    ) {
      const matches = compileGlob(glob);
      strictEqual(matches(text), false, glob);
      strictEqual(matches(text + matchesToo), true, glob);
    }
  });
});
