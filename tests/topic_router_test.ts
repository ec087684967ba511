import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import {
  AMQP_TOPICS,
  type MatchTopics,
  MQTT_TOPICS,
  NATS_TOPICS,
  type TopicError,
  TopicRouter,
  type TopicsMatching,
  type TopicSyntax,
  validatePattern,
  validateTopic,
  type WordsMatch,
} from "../src/topic_router.ts";
import {
  assertDeeplyFrozen,
  character,
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";

const PRESETS: readonly (readonly [name: string, syntax: TopicSyntax])[] = [
  ["AMQP_TOPICS", AMQP_TOPICS],
  ["NATS_TOPICS", NATS_TOPICS],
  ["MQTT_TOPICS", MQTT_TOPICS],
];

// --- the oracle: a naive recursive matcher over split words

function matches(
  pattern: string,
  topic: string,
  syntax: TopicSyntax = AMQP_TOPICS,
): boolean {
  const { separator, one, many, hidesDollar } = syntax;
  const words = pattern.split(separator);
  const isWild = words[0] === one || words[0] === many;
  if (hidesDollar && isWild && topic.startsWith("$")) return false;
  return takes(words, topic.split(separator), syntax);
}

function takes(
  takers: readonly string[],
  words: readonly string[],
  syntax: TopicSyntax,
): boolean {
  const [taker, ...others] = takers;
  if (taker === undefined) return words.length === 0;
  if (taker === syntax.many) {
    const least = syntax.manyTakesNone ? 0 : 1;
    return words.some((_, i) =>
      i >= least && takes(others, words.slice(i), syntax)
    ) || (words.length >= least && takes(others, [], syntax));
  }
  const [word, ...rest] = words;
  if (word === undefined) return false;
  const isTaken = taker === syntax.one
    ? word !== "" || syntax.allowsEmptyWords
    : taker === word;
  return isTaken && takes(others, rest, syntax);
}

function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** A router of the patterns; the value of each is its place in the list. */
function routerOf(
  patterns: readonly string[],
  options: { syntax?: TopicSyntax; cacheSize?: number } = {},
): TopicRouter<number> {
  const router = new TopicRouter<number>(options);
  for (const [i, pattern] of patterns.entries()) router.add(pattern, i);
  return router;
}

/** What the patterns that match are, by the oracle. */
function expected(
  patterns: readonly string[],
  topic: string,
  syntax?: TopicSyntax,
): number[] {
  return [...patterns.keys()].filter((i) =>
    matches(patterns[i]!, topic, syntax)
  );
}

// --- arbitraries

/** The presets, and every grammar beside them. */
const syntaxes: fc.Arbitrary<TopicSyntax> = fc.oneof(
  fc.constantFrom(...PRESETS.map(([, syntax]) => syntax)),
  fc.record({
    separator: fc.constantFrom(".", "/"),
    one: fc.constantFrom("*", "+"),
    many: fc.constantFrom("#", "**"),
    manyEndsPattern: fc.boolean(),
    manyTakesNone: fc.boolean(),
    allowsEmptyWords: fc.boolean(),
    allowsSpaces: fc.boolean(),
    hidesDollar: fc.boolean(),
  }),
);

const literals = fc.constantFrom("a", "b", "c", "a", "b", "c", "$a", "");

function topicsOf({ separator }: TopicSyntax): fc.Arbitrary<string> {
  return fc.array(literals, { minLength: 1, maxLength: 6 })
    .map((words) => words.join(separator));
}

/** Valid patterns; the invalid ones made are mended. */
function patternsOf(syntax: TopicSyntax): fc.Arbitrary<string> {
  const { separator, one, many } = syntax;
  const words = fc.oneof(literals, fc.constantFrom(one, many));
  return fc.array(words, { minLength: 1, maxLength: 6 }).map((made) => {
    const kept = made.map((word, i) => {
      const isMisplaced = word === many && syntax.manyEndsPattern &&
        i < made.length - 1;
      const isEmpty = word === "" &&
        (!syntax.allowsEmptyWords || made.length === 1);
      return isMisplaced ? one : isEmpty ? "a" : word;
    });
    const pattern = kept.join(separator);
    strictEqual(validatePattern("pattern", pattern, syntax).ok, true);
    return pattern;
  });
}

interface Case {
  readonly syntax: TopicSyntax;
  readonly patterns: readonly string[];
  readonly topics: readonly string[];
}

const cases: fc.Arbitrary<Case> = syntaxes.chain((syntax) =>
  fc.record({
    syntax: fc.constant(syntax),
    patterns: fc.array(patternsOf(syntax), { maxLength: 20 }),
    topics: fc.array(topicsOf(syntax), { minLength: 1, maxLength: 10 }),
  })
);

/** Calls a function and counts how often Math.imul, part of each step, was. */
function countSteps(body: () => void): number {
  let count = 0;
  const { imul } = Math;
  withReplaced(Math, "imul", (a: number, b: number): number => {
    count++;
    return imul(a, b);
  }, body);
  return count;
}

describe("TopicRouter", () => {
  it("P14a: match() gives the values that the oracle filters, as a multiset (property)", () => {
    fc.assert(
      fc.property(cases, ({ syntax, patterns, topics }) => {
        const router = routerOf(patterns, { syntax });
        for (const topic of topics) {
          deepStrictEqual(
            sorted(router.match(topic)),
            expected(patterns, topic, syntax),
          );
        }
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it("P14a: match() agrees with the oracle where many `#` are about (property)", () => {
    const words = fc.constantFrom("a", "b", "*", "#", "#");
    const pattern = fc.array(words, { minLength: 1, maxLength: 8 })
      .map((all) => all.join("."));
    const topic = fc.array(fc.constantFrom("a", "b"), {
      minLength: 1,
      maxLength: 8,
    }).map((all) => all.join("."));
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 12 }),
        fc.array(topic, { minLength: 1, maxLength: 6 }),
        (patterns, topics) => {
          const router = routerOf(patterns);
          for (const topic of topics) {
            deepStrictEqual(
              sorted(router.match(topic)),
              expected(patterns, topic),
            );
          }
        },
      ),
      { numRuns: 5 * RUNS },
    );
  });

  it("P14b: remove() restores what add() changed, results and nodes (property)", () => {
    const changes = cases.chain((made) =>
      fc.record({
        made: fc.constant(made),
        added: fc.array(patternsOf(made.syntax), { maxLength: 10 }),
        order: fc.infiniteStream(fc.nat()),
      })
    );
    fc.assert(
      fc.property(changes, ({ made, added, order }) => {
        const { syntax, patterns, topics } = made;
        const router = routerOf(patterns, { syntax });
        function removeAll(pairs: [string, number][]): void {
          while (pairs.length > 0) {
            const at = order.next().value % pairs.length;
            const [[pattern, value]] = pairs.splice(at, 1) as [
              [string, number],
            ];
            strictEqual(router.remove(pattern, value), true);
            strictEqual(router.remove(pattern, value), false);
          }
        }
        const before = topics.map((topic) => sorted(router.match(topic)));
        const { nodeCount, size } = router;
        for (const pattern of added) router.add(pattern, -1);
        strictEqual(router.size, size + added.length);
        for (const [i, pattern] of added.entries()) {
          strictEqual(router.remove(pattern, -1 - i), i === 0);
          if (i === 0) router.add(pattern, -1);
        }
        for (const pattern of added) {
          strictEqual(router.remove(pattern, -1), true);
        }
        deepStrictEqual(
          topics.map((topic) => sorted(router.match(topic))),
          before,
        );
        strictEqual(router.nodeCount, nodeCount);
        strictEqual(router.size, size);

        removeAll(patterns.map((pattern, i) => [pattern, i]));
        strictEqual(router.nodeCount, 0);
        strictEqual(router.size, 0);
        for (const topic of topics) deepStrictEqual(router.match(topic), []);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("P14c: the order of add() makes no difference to the set (property)", () => {
    const shuffled = cases.chain((made) =>
      fc.record({
        made: fc.constant(made),
        order: fc.shuffledSubarray([...made.patterns.keys()], {
          minLength: made.patterns.length,
        }),
      })
    );
    fc.assert(
      fc.property(shuffled, ({ made, order }) => {
        const { syntax, patterns, topics } = made;
        const router = routerOf(patterns, { syntax });
        const other = new TopicRouter<number>({ syntax });
        for (const i of order) other.add(patterns[i]!, i);
        strictEqual(other.nodeCount, router.nodeCount);
        for (const topic of topics) {
          deepStrictEqual(
            sorted(other.match(topic)),
            sorted(router.match(topic)),
          );
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("P14d: match() gives the same with a cache of any size, between any changes (property)", () => {
    const programs = cases.chain(({ syntax, patterns, topics }) =>
      fc.record({
        syntax: fc.constant(syntax),
        cacheSize: fc.constantFrom(1, 2, 3, 1024),
        steps: fc.array(
          fc.oneof(
            fc.record({
              kind: fc.constantFrom("add", "remove"),
              text: fc.constantFrom("a", ...patterns),
            }),
            fc.record({
              kind: fc.constant("match"),
              text: fc.constantFrom(...topics),
            }),
          ),
          { maxLength: 60 },
        ),
      })
    );
    fc.assert(
      fc.property(programs, ({ syntax, cacheSize, steps }) => {
        const cached = new TopicRouter<string>({ syntax, cacheSize });
        const plain = new TopicRouter<string>({ syntax, cacheSize: 0 });
        for (const { kind, text } of steps) {
          if (kind === "add") {
            cached.add(text, text);
            plain.add(text, text);
          } else if (kind === "remove") {
            strictEqual(cached.remove(text, text), plain.remove(text, text));
          } else {
            deepStrictEqual(cached.match(text), plain.match(text));
          }
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("P14f: match() takes at most a step a word and place, whatever the pattern (property)", () => {
    const words = fc.constantFrom("a", "b", "*", "#", "#");
    const pattern = fc.array(words, { minLength: 30, maxLength: 60 })
      .map((all) => all.join("."));
    const topic = fc.array(fc.constantFrom("a", "a", "a", "b"), {
      minLength: 100,
      maxLength: 100,
    }).map((all) => all.join("."));
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 5 }),
        topic,
        (patterns, topic) => {
          const router = routerOf(patterns, { cacheSize: 0 });
          const steps = countSteps(() => router.match(topic));
          const limit = topic.length + 100 * (router.nodeCount + 1);
          ok(steps > 0 && steps <= limit, `${steps} steps, of ${limit}`);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("P14f: match() is through a topic of 100 words with any number of `#` at once", () => {
    const topic = Array(100).fill("a").join(".");
    for (const count of [1, 2, 3, 10, 50, 99]) {
      for (const word of ["a", "*", "a.*"]) {
        const begin = `#.${word}.`.repeat(count);
        if (begin.length > 1000) continue;
        const patterns = [`${begin}#`, `${begin}b`, `${begin}#.a`];
        const words = word.split(".").length * count;
        deepStrictEqual(
          sorted(routerOf(patterns).match(topic)),
          [0, 1, 2].filter((i) => i !== 1 && words + (i && 1) <= 100),
          `${count} times #.${word}`,
        );
      }
    }
  });

  it("P14: match(), remove() and the validators throw for no string (property)", () => {
    const text = fc.oneof(
      fc.string({ unit: character }),
      fc.string({ unit: fc.constantFrom("a", ".", "/", "*", "+", "#", ">") }),
      fc.constantFrom("__proto__", "constructor.*", "\ud800.a", "$", "$."),
    );
    fc.assert(
      fc.property(syntaxes, fc.array(text), text, (syntax, patterns, topic) => {
        const router = new TopicRouter<string>({ syntax });
        for (const pattern of patterns) {
          const result = validatePattern("pattern", pattern, syntax);
          if (result.ok) router.add(pattern, pattern);
          else throws(() => router.add(pattern, pattern), ValidationError);
          strictEqual(router.remove(topic, "none"), false);
        }
        for (const asked of [topic, ...patterns]) {
          const found = router.match(asked);
          for (const pattern of found) {
            strictEqual(matches(pattern, asked, syntax), true);
          }
          if (!validateTopic("topic", asked, syntax).ok) continue;
          strictEqual(validatePattern("pattern", asked, syntax).ok, true);
          if (patterns.includes(asked)) ok(found.includes(asked));
        }
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it("match() tells words apart whose hashes are the same", () => {
    // The first two have the same FNV-1a hash, the others the same key.
    const words = ["declinate", "macallums", "key", "keyehfceg", "keyhogn1s"];
    const router = new TopicRouter<string>();
    for (const word of words) {
      router.add(`${word}.*`, word);
      for (const other of words) {
        const isThere = words.indexOf(other) <= words.indexOf(word);
        deepStrictEqual(router.match(`${other}.x`), isThere ? [other] : []);
      }
    }
    for (const word of ["key", "macallums", "keyhogn1s"]) {
      strictEqual(router.remove(`${word}.*`, word), true);
      deepStrictEqual(router.match(`${word}.x`), []);
    }
    for (const word of ["declinate", "keyehfceg"]) {
      deepStrictEqual(router.match(`${word}.x`), [word]);
    }
    strictEqual(router.nodeCount, 4);

    const other = routerOf(["declinate.x.*", "macallums.y.*"]);
    deepStrictEqual(other.match("macallums.x.z"), []);
    deepStrictEqual(other.match("declinate.x.z"), [0]);
  });

  it("keeps thousands of patterns, and gives their room back", () => {
    const router = new TopicRouter<number>();
    const count = 2000;
    for (let i = 0; i < count; i++) router.add(`a.${i}.*`, i);
    strictEqual(router.nodeCount, 2 * count + 1);
    strictEqual(router.size, count);
    for (let i = 0; i < count; i++) {
      deepStrictEqual(router.match(`a.${i}.b`), [i]);
      if (i % 4 > 0) strictEqual(router.remove(`a.${i}.*`, i), true);
    }
    for (let i = 0; i < count; i++) {
      deepStrictEqual(router.match(`a.${i}.b`), i % 4 > 0 ? [] : [i]);
    }
    for (let i = 0; i < count; i += 4) router.remove(`a.${i}.*`, i);
    strictEqual(router.nodeCount, 0);
    strictEqual(router.size, 0);
    for (let i = 0; i < 20; i++) {
      router.add("a.*", i);
      deepStrictEqual(router.match("a.b"), [i]);
      strictEqual(router.remove("a.*", i), true);
    }
    strictEqual(router.nodeCount, 0);
  });

  it("nodeCount counts shared beginnings once", () => {
    const router = new TopicRouter<number>();
    const counts = ["a.b", "a.b", "a.*", "a.*.c", "a.#", "#.z", "#"].map(
      (pattern) => {
        router.add(pattern, 1);
        return router.nodeCount;
      },
    );
    deepStrictEqual(counts, [2, 2, 3, 4, 4, 6, 6]);
  });

  for (const pattern of ["a.b", "a.*", "a.#", "#.b"]) {
    it(`remove() takes one occurrence from ${pattern}, by Object.is`, () => {
      const router = new TopicRouter<unknown>();
      const object = {};
      for (const value of [NaN, 0, object, -0, object, undefined]) {
        router.add(pattern, value);
      }
      strictEqual(router.remove(pattern, {}), false);
      strictEqual(router.remove(pattern, -0), true);
      strictEqual(router.remove(pattern, -0), false);
      strictEqual(router.remove(pattern, NaN), true);
      strictEqual(router.remove(pattern, object), true);
      strictEqual(router.size, 3);
      deepStrictEqual(router.match("a.b"), [0, object, undefined]);
      strictEqual(router.remove(pattern, undefined), true);
      strictEqual(router.remove(pattern, undefined), false);
    });
  }

  it("remove() leaves patterns alone that match the same topics or share places", () => {
    const router = routerOf(["a.*", "a.#", "a.*.#", "a.b", "*.b", "#.b"]);
    for (const pattern of ["a", "*", "#", "b.*", "a.*.b", "a.b.#", "#.#.a"]) {
      for (let i = 0; i < 6; i++) strictEqual(router.remove(pattern, i), false);
    }
    strictEqual(router.remove("a.*", 1), false);
    strictEqual(router.remove("a.#", 0), false);
    deepStrictEqual(sorted(router.match("a.b")), [0, 1, 2, 3, 4, 5]);
  });

  it("remove() takes `#.#` for `#`, where `#` may take no word, and only there", () => {
    const router = new TopicRouter<string>();
    router.add("a.#.#", "value");
    strictEqual(router.remove("a.#", "value"), true);
    strictEqual(router.nodeCount, 0);
    const syntax = { ...AMQP_TOPICS, manyTakesNone: false };
    const other = new TopicRouter<string>({ syntax });
    other.add("a.#.#", "two or more");
    strictEqual(other.remove("a.#", "two or more"), false);
    deepStrictEqual(other.match("a.b"), []);
    deepStrictEqual(other.match("a.b.c"), ["two or more"]);
  });

  it("match() gives a value once a pattern, however many ways the pattern matches", () => {
    const router = new TopicRouter<string>();
    router.add("#.a.#", "one");
    deepStrictEqual(router.match("a.a.a.a"), ["one"]);
    router.add("#.a.#", "one");
    router.add("a.a.a.a", "one");
    deepStrictEqual(router.match("a.a.a.a"), ["one", "one", "one"]);
  });

  it("match() gives arrays that neither callers nor changes can spoil", () => {
    for (const cacheSize of [0, 1024]) {
      const router = routerOf(["a.b", "a.*", "#"], { cacheSize });
      for (let i = 0; i < 5; i++) {
        for (const [topic, values] of [["a.b", [0, 1, 2]], ["b.b", [2]]]) {
          const found = router.match(topic as string) as number[];
          deepStrictEqual(sorted(found), values);
          found.length = 0;
          found.push(7);
        }
      }
      const found = router.match("a.b");
      router.add("a.*", 3);
      router.remove("#", 2);
      deepStrictEqual(sorted(found), [0, 1, 2]);
    }
  });

  it("match() has the same order after the same changes", () => {
    const patterns = ["#", "a.*", "*.b", "a.b", "#.b", "a.#", "a.*", "*.*"];
    const [first, second] = [routerOf(patterns), routerOf(patterns)];
    first.match("b.a");
    const order = first.match("a.b");
    deepStrictEqual(second.match("a.b"), order);
    deepStrictEqual(first.match("a.b"), order);
    deepStrictEqual(first.match("a.b"), order);
  });

  it("match() goes no further than any pattern does", () => {
    const router = routerOf(["a.b.*", "*.b.c"], { cacheSize: 0 });
    const topic = `a.x.${"c".repeat(1000)}`;
    ok(countSteps(() => deepStrictEqual(router.match(topic), [])) < 10);
  });

  it("match() does the work once more at most for a topic that comes again", () => {
    const router = routerOf(["a.*", "*.b"], { cacheSize: 2 });
    function steps(topic: string): boolean[] {
      return [1, 2, 3, 4].map(() => countSteps(() => router.match(topic)) > 0);
    }
    deepStrictEqual(steps("a.b"), [true, true, false, false]);
    router.add("c.*", 1);
    deepStrictEqual(steps("a.b"), [true, false, false, false]);
    strictEqual(router.remove("c.*", 2), false);
    deepStrictEqual(steps("a.b"), [false, false, false, false]);
    router.remove("c.*", 1);
    deepStrictEqual(steps("a.b"), [true, false, false, false]);
    // One more has room, and with the next all are forgotten.
    deepStrictEqual(steps("a.c"), [true, true, false, false]);
    deepStrictEqual(steps("a.b"), [false, false, false, false]);
    deepStrictEqual(steps("a.d"), [true, true, false, false]);
    deepStrictEqual(steps("a.b"), [true, true, false, false]);
  });

  it("match() looks for each topic anew with a cacheSize of 0", () => {
    const router = routerOf(["a.*"], { cacheSize: 0 });
    for (let i = 0; i < 4; i++) {
      ok(countSteps(() => deepStrictEqual(router.match("a.b"), [0])) > 0);
    }
  });

  it("remembers 1024 topics by default", () => {
    const router = routerOf(["a.*"]);
    function ask(from: number, to: number): number {
      return countSteps(() => {
        for (let i = from; i < to; i++) router.match(`a.${i}`);
      });
    }
    ask(0, 1024);
    ask(0, 1024);
    strictEqual(ask(0, 1024), 0);
  });

  it("takes names of Object's properties for words like any other", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const router = new TopicRouter<string>();
    for (const name of names) deepStrictEqual(router.match(name), []);
    for (const name of names) router.add(`${name}.*`, name);
    for (const name of names) router.add(name, name);
    for (const name of names) {
      deepStrictEqual(router.match(name), [name]);
      deepStrictEqual(router.match(`${name}.${name}`), [name]);
    }
  });

  it("match() takes wildcards in a topic for words like any other", () => {
    const router = routerOf(["a.*", "a.#", "a.b", "*.x", "#.b"]);
    deepStrictEqual(sorted(router.match("a.*")), [0, 1]);
    deepStrictEqual(sorted(router.match("a.#")), [0, 1]);
    deepStrictEqual(sorted(router.match("#")), []);
    strictEqual(router.remove("a.*", 0), true);
  });

  it("match() goes by the grammar's words for wildcards and its separator", () => {
    const wildcards = { separator: "!", one: "any", many: "**" };
    const syntax = { ...AMQP_TOPICS, ...wildcards };
    const router = routerOf(["a!any", "**!b", "*!b", "a.#!b"], { syntax });
    deepStrictEqual(sorted(router.match("a!b")), [0, 1]);
    deepStrictEqual(sorted(router.match("a.#!b")), [1, 3]);
    deepStrictEqual(sorted(router.match("*!b")), [1, 2]);
    deepStrictEqual(router.match("a.b"), []);
  });

  for (const [name, value] of [...NOT_NUMBERS, ["NaN", NaN]] as const) {
    if (value === undefined) continue;
    it(`refuses a cacheSize that is ${name}`, () => {
      throws(
        () => new TopicRouter({ cacheSize: value as number }),
        /The option cacheSize is not valid/,
      );
    });
  }

  for (const cacheSize of [-1, 0.5, Infinity]) {
    it(`refuses a cacheSize of ${cacheSize}`, () => {
      throws(() => new TopicRouter({ cacheSize }), {
        code: "VALIDATION_INVALID_OPTION",
        message: new RegExp(`cacheSize .* received ${cacheSize}`),
      });
    });
  }

  for (
    const [name, wrong, field] of [
      ["no separator", { separator: "" }, "separator"],
      ["a separator of two characters", { separator: "::" }, "separator"],
      ["no wildcard for one word", { one: "" }, "many"],
      ["no wildcard for many words", { many: "" }, "many"],
      ["the same wildcard twice", { one: "#" }, "many"],
      ["a separator in a wildcard", { one: ".*" }, "many"],
      ["a separator for a wildcard", { many: "." }, "many"],
    ] as const
  ) {
    it(`refuses a grammar with ${name}`, () => {
      const syntax: TopicSyntax = { ...AMQP_TOPICS, ...wrong };
      throws(
        () => new TopicRouter({ syntax }),
        new RegExp(`The option syntax\\.${field} is not valid`),
      );
    });
  }

  it("add() throws for a bad pattern, names it and changes nothing", () => {
    const router = new TopicRouter<number>({ syntax: NATS_TOPICS });
    throws(() => router.add("a.>.b", 1), {
      code: "VALIDATION_INVALID_OPTION",
      message: /pattern .*: > may only be the last word, received "a\.>\.b"/,
    });
    throws(() => router.add(7 as unknown as string, 1), ValidationError);
    strictEqual(router.size, 0);
    strictEqual(router.nodeCount, 0);
  });
});

// --- tables of the brokers

/** The bindings and the expectations of RabbitMQ's own test. */
const RABBIT_PATTERNS = [
  ...["a.b.c", "a.*.c", "a.#.b", "a.b.b.c", "#", "#.#", "#.b", "*.*", "a.*"],
  ...["*.b.c", "a.#", "a.#.#", "b.b.c", "a.b.b", "a.b", "b.c"],
  ...["no.binding.with.an.empty.key", "*.*.*", "vodka.martini", "a.b.c"],
  ...["*.#", "#.*.#", "*.#.#", "#.#.#", "*", "#.b.#"],
];
const RABBIT_TABLE: readonly (readonly [topic: string, ids: string])[] = [
  ["a.b.c", "1 2 5 6 10 11 12 18 20 21 22 23 24 26"],
  ["a.b", "3 5 6 7 8 9 11 12 15 21 22 23 24 26"],
  ["a.b.b", "3 5 6 7 11 12 14 18 21 22 23 24 26"],
  ["", "5 6 24"],
  ["b.c.c", "5 6 18 21 22 23 24 26"],
  ["a.a.a.a.a", "5 6 11 12 21 22 23 24"],
  ["vodka.gin", "5 6 8 21 22 23 24"],
  ["vodka.martini", "5 6 8 19 21 22 23 24"],
  ["b.b.c", "5 6 10 13 18 21 22 23 24 26"],
  ["nothing.here.at.all", "5 6 21 22 23 24"],
  ["oneword", "5 6 21 22 23 24 25"],
];

type Row = readonly [pattern: string, topic: string, isMatch: boolean];

/** What mosquitto and the standard say. */
const MQTT_TABLE: readonly Row[] = [
  ["foo/#", "foo/", true],
  ["foo/#", "foo", true],
  ["test/6/#", "test/3", false],
  ["foo/bar", "foo/bar", true],
  ["foo/+", "foo/bar", true],
  ["foo/+/baz", "foo/bar/baz", true],
  ["A/B/+/#", "A/B/B/C", true],
  ["foo/+/#", "foo/bar/baz", true],
  ["foo/+/#", "foo/bar", true],
  ["foo/+/#", "foo", false],
  ["#", "foo/bar/baz", true],
  ["foo/bar", "foo", false],
  ["foo/+", "foo/bar/baz", false],
  ["foo/+/baz", "foo/bar/bar", false],
  ["foo/+/#", "fo2/bar/baz", false],
  ["#", "/foo/bar", true],
  ["/#", "/foo/bar", true],
  ["/#", "foo/bar", false],
  ["foo//bar", "foo//bar", true],
  ["foo//+", "foo//bar", true],
  ["foo/+/+/baz", "foo///baz", true],
  ["foo/bar/+", "foo/bar/", true],
  ["foo/bar/+", "foo/bar", false],
  ["$SYS/bar", "$SYS/bar", true],
  ["#", "$SYS/bar", false],
  ["$BOB/bar", "$SYS/bar", false],
  ["+/bar", "$SYS/bar", false],
  ["+/#", "$SYS/bar", false],
  ["$SYS/#", "$SYS/bar", true],
  ["$SYS/#", "$SYS", true],
  ["$SYS/+", "$SYS/bar", true],
  ["+", "$SYS", false],
  ["a/#", "a/$SYS", true],
  ["a/+", "a/$SYS", true],
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/#", "sport", true],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
];

const NATS_TABLE: readonly Row[] = [
  ["foo", "foo", true],
  ["foo", "bar", false],
  ["*", "foo", true],
  [">", "foo", true],
  [">", "foo.bar", true],
  ["foo.>", "foo.bar", true],
  ["bar.>", "foo.bar", false],
  ["foo.>", "foo", false],
  ["foo.*", "foo", false],
  ["stats.>", "stats.test.22", true],
  ["stats.*.*", "stats.test.22", true],
  ["*.*.*", "stats.test.22", true],
  ["*.>", "stats.test.22", true],
  ["*.>", "stats", false],
  ["foo", "foo.bar", false],
  ["stats.test.foos", "stats.test.foos", true],
  ["stats.test.foo", "stats.test.foos", false],
  ["stats.test.*", "stats.test", false],
  ["stats.*", "stats.test.foos", false],
  ["stats.*.*.foos", "stats.test.foos", false],
  ["*", "$SYS", true],
  [">", "$SYS.ping", true],
];

describe("the presets", () => {
  it("P14g: AMQP_TOPICS does what RabbitMQ does", () => {
    const router = routerOf(RABBIT_PATTERNS);
    for (const [topic, ids] of RABBIT_TABLE) {
      const found = sorted(router.match(topic)).map((i) => i + 1);
      // A pattern of RabbitMQ's test that has no words is not one here.
      strictEqual(found.filter((id) => id !== 17).join(" "), ids, topic);
    }
  });

  for (
    const [name, syntax, table] of [
      ["MQTT_TOPICS does what mosquitto does", MQTT_TOPICS, MQTT_TABLE],
      ["NATS_TOPICS does what NATS does", NATS_TOPICS, NATS_TABLE],
    ] as const
  ) {
    it(`P14g: ${name}`, () => {
      const patterns = table.map(([pattern]) => pattern);
      const all = routerOf(patterns, { syntax });
      for (const [i, [pattern, topic, isMatch]] of table.entries()) {
        const text = `${pattern} and ${topic}`;
        strictEqual(validateTopic("topic", topic, syntax).ok, true, text);
        const router = routerOf([pattern], { syntax });
        deepStrictEqual(router.match(topic), isMatch ? [0] : [], text);
        strictEqual(all.match(topic).includes(i), isMatch, text);
      }
    });
  }

  it("`*` takes no empty word where the grammar has none, and `#` does", () => {
    const router = routerOf(["a.*", "a.#", "*.b", "#.b", "*"]);
    deepStrictEqual(router.match("a."), [1]);
    deepStrictEqual(router.match(".b"), [3]);
    deepStrictEqual(router.match(""), []);
  });

  for (const [name, syntax] of PRESETS) {
    it(`${name} cannot be changed`, () => assertDeeplyFrozen(syntax));
  }
});

// --- the validators

type Verdict = true | string;

const TYPE = "VALIDATION_TYPE_MISMATCH";
const EMPTY = "VALIDATION_EMPTY_VALUE";
const WORD = "no word may be empty";
const LENGTH = "at most 1024 characters";
const UNICODE = "well-formed Unicode";
const CONTROL = "no control characters";
const SPACE = "no white space";

/** What both validators say, and all presets. */
const TEXTS: readonly (readonly [name: string, text: unknown, Verdict])[] = [
  ["one word", "foo", true],
  ["one character", "a", true],
  ["any Unicode", "größe\u{1f600}", true],
  ["1024 characters", "a".repeat(1024), true],
  ["1025 characters", "a".repeat(1025), LENGTH],
  ["an empty string", "", EMPTY],
  ["a number", 7, TYPE],
  ["undefined", undefined, TYPE],
  ["an array", ["a"], TYPE],
  ["half a surrogate pair", "a\ud800", UNICODE],
  ["a line break", "a\nb", CONTROL],
  ["a null character", "a\0", CONTROL],
  ["a C1 control character", "a\u0085", CONTROL],
];

/** What one validator says of a text in one grammar. */
const WORDS: readonly (readonly [
  syntax: TopicSyntax,
  text: string,
  topic: Verdict,
  pattern: Verdict,
])[] = [
  [AMQP_TOPICS, "a.b.c", true, true],
  [AMQP_TOPICS, "a.*.c", "neither * nor #", true],
  [AMQP_TOPICS, "a.#.c", "neither * nor #", true],
  [AMQP_TOPICS, "#.a.#.*.#", "neither * nor #", true],
  [AMQP_TOPICS, "*", "neither * nor #", true],
  [AMQP_TOPICS, "a.b*", "neither * nor #", "* and # stand for whole words"],
  [AMQP_TOPICS, "#b.a", "neither * nor #", "* and # stand for whole words"],
  [AMQP_TOPICS, "##", "neither * nor #", "* and # stand for whole words"],
  [AMQP_TOPICS, "*#", "neither * nor #", "* and # stand for whole words"],
  [AMQP_TOPICS, ".", WORD, WORD],
  [AMQP_TOPICS, ".a", WORD, WORD],
  [AMQP_TOPICS, "a.", WORD, WORD],
  [AMQP_TOPICS, "a..b", WORD, WORD],
  [AMQP_TOPICS, "*.", WORD, WORD],
  [AMQP_TOPICS, "a b", true, true],
  [AMQP_TOPICS, "a.>", true, true],
  [AMQP_TOPICS, "$a/b", true, true],
  [NATS_TOPICS, "foo.bar", true, true],
  [NATS_TOPICS, "foo.bar.*", "neither * nor >", true],
  [NATS_TOPICS, "foo.bar.>", "neither * nor >", true],
  [NATS_TOPICS, "*", "neither * nor >", true],
  [NATS_TOPICS, ">", "neither * nor >", true],
  [NATS_TOPICS, "*.*.>", "neither * nor >", true],
  [NATS_TOPICS, ">.bar", "neither * nor >", "> may only be the last word"],
  [NATS_TOPICS, "foo.>.bar", "neither * nor >", "> may only be the last word"],
  [NATS_TOPICS, "a.>.>", "neither * nor >", "> may only be the last word"],
  [NATS_TOPICS, "fo*", "neither * nor >", "* and > stand for whole words"],
  [NATS_TOPICS, "foo.>>", "neither * nor >", "* and > stand for whole words"],
  [NATS_TOPICS, ".", WORD, WORD],
  [NATS_TOPICS, ".foo", WORD, WORD],
  [NATS_TOPICS, "foo.", WORD, WORD],
  [NATS_TOPICS, "foo..bar", WORD, WORD],
  [NATS_TOPICS, "foo bar", SPACE, SPACE],
  [NATS_TOPICS, "foo.\u00a0", SPACE, SPACE],
  [NATS_TOPICS, "foo#", true, true],
  [MQTT_TOPICS, "sport/tennis", true, true],
  [MQTT_TOPICS, "/", true, true],
  [MQTT_TOPICS, "/a//b/", true, true],
  [MQTT_TOPICS, "Tennis Court", true, true],
  [MQTT_TOPICS, "#", "neither + nor #", true],
  [MQTT_TOPICS, "sport/#", "neither + nor #", true],
  [MQTT_TOPICS, "+/tennis/#", "neither + nor #", true],
  [MQTT_TOPICS, "sport/+/player1", "neither + nor #", true],
  [MQTT_TOPICS, "sport/tennis#", "neither + nor #", "+ and # stand for whole"],
  [MQTT_TOPICS, "sport+", "neither + nor #", "+ and # stand for whole words"],
  [MQTT_TOPICS, "fo+o", "neither + nor #", "+ and # stand for whole words"],
  [MQTT_TOPICS, "sport/#/rank", "neither + nor #", "# may only be the last"],
  [MQTT_TOPICS, "a.*", true, true],
];

function assertVerdict(
  validate: typeof validateTopic,
  text: unknown,
  syntax: TopicSyntax | undefined,
  verdict: Verdict,
): void {
  const result = validate("here", text, syntax);
  if (verdict === true) {
    strictEqual(result.unwrap(), text);
    return;
  }
  const error: TopicError = result.unwrapErr();
  ok(error instanceof ValidationError);
  strictEqual(error.params.field, "here");
  if (verdict.startsWith("VALIDATION_")) strictEqual(error.code, verdict);
  else {
    strictEqual(error.code, "VALIDATION_INVALID_FORMAT");
    ok(error.message.includes(verdict), error.message);
  }
}

describe("validateTopic() and validatePattern()", () => {
  for (const [name, text, verdict] of TEXTS) {
    it(`${verdict === true ? "take" : "refuse"} ${name}`, () => {
      for (const [, syntax] of PRESETS) {
        assertVerdict(validateTopic, text, syntax, verdict);
        assertVerdict(validatePattern, text, syntax, verdict);
      }
    });
  }

  it("know the words and wildcards of each preset, as the brokers do", () => {
    for (const [syntax, text, topic, pattern] of WORDS) {
      assertVerdict(validateTopic, text, syntax, topic);
      assertVerdict(validatePattern, text, syntax, pattern);
    }
  });

  it("go by AMQP_TOPICS where they are told no grammar", () => {
    assertVerdict(validateTopic, "a.#", undefined, "neither * nor #");
    assertVerdict(validatePattern, "a.#.b", undefined, true);
    assertVerdict(validateTopic, "a/+/>", undefined, true);
  });
});

// --- the types

interface Events {
  "orders": 0;
  "orders.created": 1;
  "orders.paid": 2;
  "orders.eu.created": 3;
  "orders.eu.north.created": 4;
  "users.created": 5;
  "a.a.a": 6;
}

/** The topics that the compiler says match, for each pattern, all of them. */
const TYPED: {
  readonly [P in (typeof TYPED_PATTERNS)[number]]: {
    readonly [K in TopicsMatching<Events, P>]: Events[K];
  };
} = {
  "orders": { orders: 0 },
  "orders.*": { "orders.created": 1, "orders.paid": 2 },
  "*.created": { "orders.created": 1, "users.created": 5 },
  "*": { orders: 0 },
  "*.*": { "orders.created": 1, "orders.paid": 2, "users.created": 5 },
  "#": {
    "orders": 0,
    "orders.created": 1,
    "orders.paid": 2,
    "orders.eu.created": 3,
    "orders.eu.north.created": 4,
    "users.created": 5,
    "a.a.a": 6,
  },
  "orders.#": {
    "orders": 0,
    "orders.created": 1,
    "orders.paid": 2,
    "orders.eu.created": 3,
    "orders.eu.north.created": 4,
  },
  "orders.*.#": {
    "orders.created": 1,
    "orders.paid": 2,
    "orders.eu.created": 3,
    "orders.eu.north.created": 4,
  },
  "orders.#.created": {
    "orders.created": 1,
    "orders.eu.created": 3,
    "orders.eu.north.created": 4,
  },
  "#.created": {
    "orders.created": 1,
    "orders.eu.created": 3,
    "orders.eu.north.created": 4,
    "users.created": 5,
  },
  "#.eu.#": { "orders.eu.created": 3, "orders.eu.north.created": 4 },
  "#.#.paid.#": { "orders.paid": 2 },
  "#.a.#.a.#": { "a.a.a": 6 },
  "#.a.#.a.#.a.#.a.#": {},
  "a.*.a": { "a.a.a": 6 },
  "orders.*.*.*.*": {},
  "none": {},
  "orders.create*": {},
};

const TYPED_PATTERNS = [
  "orders",
  "orders.*",
  "*.created",
  "*",
  "*.*",
  "#",
  "orders.#",
  "orders.*.#",
  "orders.#.created",
  "#.created",
  "#.eu.#",
  "#.#.paid.#",
  "#.a.#.a.#",
  "#.a.#.a.#.a.#.a.#",
  "a.*.a",
  "orders.*.*.*.*",
  "none",
  "orders.create*",
] as const;

describe("MatchTopics and TopicsMatching", () => {
  it("P14h: the types know just the topics that match() finds", () => {
    const topics = Object.keys(TYPED["#"]);
    for (const pattern of TYPED_PATTERNS) {
      const router = new TopicRouter<boolean>();
      if (validatePattern("pattern", pattern).ok) router.add(pattern, true);
      deepStrictEqual(
        Object.keys(TYPED[pattern]).toSorted(),
        topics.filter((topic) => router.match(topic).length > 0).toSorted(),
        pattern,
      );
    }
  });

  it("give the union of what is told, all for any string, never for none", () => {
    expectType<Equal<MatchTopics<Events, "orders.created">, 1>>(true);
    expectType<Equal<MatchTopics<Events, "orders.*">, 1 | 2>>(true);
    expectType<Equal<MatchTopics<Events, "*.created">, 1 | 5>>(true);
    expectType<Equal<MatchTopics<Events, "orders.#">, 0 | 1 | 2 | 3 | 4>>(true);
    expectType<Equal<MatchTopics<Events, "orders.#.created">, 1 | 3 | 4>>(true);
    expectType<Equal<MatchTopics<Events, "#.a.#.a">, 6>>(true);
    expectType<Equal<MatchTopics<Events, "none.*">, never>>(true);
    expectType<Equal<MatchTopics<Events, string>, Events[keyof Events]>>(true);
    expectType<Equal<MatchTopics<Events, never>, never>>(true);
    expectType<
      Equal<TopicsMatching<Events, "*.paid" | "a.#">, "orders.paid" | "a.a.a">
    >(true);
  });

  it("take what is open for whatever it may be", () => {
    type Some = MatchTopics<Events, `orders.${string}`>;
    expectType<Equal<Some, Events[keyof Events]>>(true);
    expectType<Equal<MatchTopics<Record<string, 7>, "a.*">, 7>>(true);
    interface Open {
      [key: `users.${string}`]: 1;
      "orders.paid": 2;
      "orders.eu.paid": 3;
    }
    expectType<Equal<MatchTopics<Open, "orders.*">, 1 | 2>>(true);
  });

  it("leave alone what is no string, and types that are neither", () => {
    const key = Symbol("key");
    interface Mixed {
      [key]: 1;
      7: 2;
      readonly "a.b"?: 3;
      "a.c": { readonly x: 4 };
    }
    expectType<Equal<TopicsMatching<Mixed, "#">, "a.b" | "a.c">>(true);
    expectType<
      Equal<MatchTopics<Mixed, "a.*">, 3 | undefined | { readonly x: 4 }>
    >(true);
    type Aliased = { "a.b": 1; "b.b": 2 };
    expectType<Equal<MatchTopics<Aliased, "*.b">, 1 | 2>>(true);
    strictEqual(typeof key, "symbol");
  });

  it("know that `*` takes no empty word, and that `#` takes one", () => {
    expectType<Equal<WordsMatch<"a..", "a.*.">, false>>(true);
    expectType<Equal<WordsMatch<"a..", "a.#.">, true>>(true);
    expectType<Equal<WordsMatch<"a.b.", "*.*.">, true>>(true);
    expectType<Equal<WordsMatch<"a.", "a.b.">, false>>(true);
    expectType<Equal<WordsMatch<"a.b.", "a.">, false>>(true);
  });
});
