/**
 * Topics, patterns that match them, and a router that finds all values whose
 * patterns match a topic: what a message broker asks for each message.
 *
 * When to use it: to find who listens, among many patterns, for each message.
 *
 * When not: for URLs, which want a router that knows methods and parameters;
 * for a handful of fixed names, which an `EventBus` takes.
 *
 * - **Exact.** What it finds is what matching each pattern by itself would
 *   find, no more and no less.
 * - **By the words, not by the patterns.** The time grows with the topic's
 *   words and with what matches, not with the patterns that do not.
 *
 * A topic is a list of words, as in `orders.eu.created`. A pattern may have
 * wildcards in place of words. Which ones, and where, tells the grammar:
 *
 * | | words | one word | many words | an empty word |
 * | --- | --- | --- | --- | --- |
 * | {@linkcode AMQP_TOPICS} | `a.b` | `*` | `#`, none as well, anywhere | no |
 * | {@linkcode NATS_TOPICS} | `a.b` | `*` | `>`, one at least, at the end | no |
 * | {@linkcode MQTT_TOPICS} | `a/b` | `+` | `#`, none as well, at the end | yes |
 *
 * @example Who hears of an order?
 * ```ts
 * import { TopicRouter } from "@groundwork/infra/topic-router";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const router = new TopicRouter<string>();
 * router.add("orders.eu.created", "mail");
 * router.add("orders.*.created", "stock");
 * router.add("#.failed", "alarm");
 * router.add("orders.#", "archive");
 *
 * deepStrictEqual(
 *   router.match("orders.eu.created").toSorted(),
 *   ["archive", "mail", "stock"],
 * );
 * deepStrictEqual(
 *   router.match("orders.us.payment.failed").toSorted(),
 *   ["alarm", "archive"],
 * );
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { requireWhole } from "./_options.ts";
import { type TopicSyntax, TopicTrie } from "./_topic_trie.ts";
import { ValidationError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { Err, type Result } from "./result.ts";
import {
  requireOption,
  type TypeMismatch,
  validateType,
} from "./validators.ts";

export type { TopicSyntax } from "./_topic_trie.ts";

/**
 * The grammar of AMQP 0-9-1 topic exchanges, as RabbitMQ has them, and the
 * default: `*` takes one word, `#` any number of them, none as well. Both may
 * stand anywhere, and more than once. RabbitMQ lets words be empty, though `*`
 * does not take them; here they are refused.
 *
 * @see {@link https://www.rabbitmq.com/tutorials/tutorial-five-javascript}
 *
 * @example Anywhere, and none as well
 * ```ts
 * import { AMQP_TOPICS, TopicRouter } from "@groundwork/infra/topic-router";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const router = new TopicRouter<string>({ syntax: AMQP_TOPICS });
 * router.add("logs.#.error", "errors");
 * deepStrictEqual(router.match("logs.error"), ["errors"]);
 * deepStrictEqual(router.match("logs.db.disk.error"), ["errors"]);
 * ```
 */
export const AMQP_TOPICS: TopicSyntax = /* @__PURE__ */ Object.freeze({
  separator: ".",
  one: "*",
  many: "#",
  manyEndsPattern: false,
  manyTakesNone: true,
  allowsEmptyWords: false,
  allowsSpaces: true,
  hidesDollar: false,
});

/**
 * The grammar of NATS subjects: `*` takes one word, and `>`, at the end only,
 * one or more. To NATS itself a wildcard within a word, as in `fo*`, is an
 * ordinary character; here it is refused, as it is a slip more often than not.
 *
 * @see {@link https://docs.nats.io/nats-concepts/subjects}
 *
 * @example One at least
 * ```ts
 * import { NATS_TOPICS, TopicRouter } from "@groundwork/infra/topic-router";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const router = new TopicRouter<string>({ syntax: NATS_TOPICS });
 * router.add("time.us.>", "clock");
 * deepStrictEqual(router.match("time.us.east"), ["clock"]);
 * deepStrictEqual(router.match("time.us"), []);
 * ```
 */
export const NATS_TOPICS: TopicSyntax = /* @__PURE__ */ Object.freeze({
  separator: ".",
  one: "*",
  many: ">",
  manyEndsPattern: true,
  manyTakesNone: false,
  allowsEmptyWords: false,
  allowsSpaces: false,
  hidesDollar: false,
});

/**
 * The grammar of MQTT 3.1.1 and 5: `+` takes one word, which may be empty, and
 * `#`, at the end only, any number: `sport/#` matches `sport` as well. A pattern
 * that begins with a wildcard matches no topic that begins with a `$`.
 *
 * @see {@link https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901241}
 *
 * @example The parent, empty words and what servers say of themselves
 * ```ts
 * import { MQTT_TOPICS, TopicRouter } from "@groundwork/infra/topic-router";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const router = new TopicRouter<string>({ syntax: MQTT_TOPICS });
 * router.add("#", "all");
 * router.add("sport/#", "sport");
 * router.add("+/+", "two words");
 * deepStrictEqual(router.match("sport").toSorted(), ["all", "sport"]);
 * deepStrictEqual(router.match("/finance").toSorted(), ["all", "two words"]);
 * deepStrictEqual(router.match("$SYS/uptime"), []);
 * ```
 */
export const MQTT_TOPICS: TopicSyntax = /* @__PURE__ */ Object.freeze({
  separator: "/",
  one: "+",
  many: "#",
  manyEndsPattern: true,
  manyTakesNone: true,
  allowsEmptyWords: true,
  allowsSpaces: true,
  hidesDollar: true,
});

/** How many UTF-16 code units a topic or a pattern may have. */
const MAX_LENGTH = 1024;

/**
 * Why {@linkcode validateTopic} or {@linkcode validatePattern} refuses a value.
 *
 * @example Tell an empty topic from a wrong one
 * ```ts
 * import { type TopicError, validateTopic } from "@groundwork/infra/topic-router";
 * import { strictEqual } from "node:assert/strict";
 *
 * const hintOf = ({ code }: TopicError) =>
 *   code === "VALIDATION_EMPTY_VALUE" ? "Name a topic" : "Mind the dots";
 *
 * strictEqual(hintOf(validateTopic("topic", "").unwrapErr()), "Name a topic");
 * strictEqual(hintOf(validateTopic("topic", "a.").unwrapErr()), "Mind the dots");
 * ```
 */
export type TopicError =
  | TypeMismatch
  | ValidationError<"VALIDATION_EMPTY_VALUE" | "VALIDATION_INVALID_FORMAT">;

/**
 * Checks a topic: at most 1024 characters of well-formed Unicode, no control
 * characters, no wildcards (not within a word either), and no empty words or
 * white space unless the grammar has them. Every topic is a pattern, too, which
 * matches that topic alone.
 *
 * @param field How the error names the topic.
 * @param topic The topic.
 * @param syntax The grammar.
 * @returns The topic as it is; or an error with the code
 * `VALIDATION_TYPE_MISMATCH`, `VALIDATION_EMPTY_VALUE` or
 * `VALIDATION_INVALID_FORMAT`.
 *
 * @example A wildcard is for those who listen
 * ```ts
 * import { validateTopic } from "@groundwork/infra/topic-router";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(validateTopic("topic", "orders.created").ok, true);
 * strictEqual(
 *   validateTopic("topic", "orders.*").unwrapErr().message,
 *   "topic has an invalid format: neither * nor #, which are for patterns",
 * );
 * ```
 */
export function validateTopic(
  field: string,
  topic: unknown,
  syntax: TopicSyntax = AMQP_TOPICS,
): Result<string, TopicError> {
  return validateText(field, topic, syntax, invalidTopic);
}

/**
 * Checks a pattern: what {@linkcode validateTopic} checks, but that words may be
 * wildcards, where the grammar has them.
 *
 * @param field How the error names the pattern.
 * @param pattern The pattern.
 * @param syntax The grammar.
 * @returns The pattern as it is; or an error with the code
 * `VALIDATION_TYPE_MISMATCH`, `VALIDATION_EMPTY_VALUE` or
 * `VALIDATION_INVALID_FORMAT`.
 *
 * @example No part of a word
 * ```ts
 * import { validatePattern } from "@groundwork/infra/topic-router";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(validatePattern("pattern", "orders.*").ok, true);
 * strictEqual(
 *   validatePattern("pattern", "orders.eu*").unwrapErr().message,
 *   "pattern has an invalid format: * and # stand for whole words",
 * );
 * ```
 */
export function validatePattern(
  field: string,
  pattern: unknown,
  syntax: TopicSyntax = AMQP_TOPICS,
): Result<string, TopicError> {
  return validateText(field, pattern, syntax, invalidPattern);
}

/** Tells what is wrong. */
type Check = (text: string, syntax: TopicSyntax) => string | undefined;

function validateText(
  field: string,
  value: unknown,
  syntax: TopicSyntax,
  check: Check,
): Result<string, TopicError> {
  const text = validateType(field, value, "string");
  if (!text.ok) return text;
  if (text.value === "") {
    return new Err(new ValidationError("VALIDATION_EMPTY_VALUE", { field }));
  }
  const reason = invalidText(text.value, syntax) ?? check(text.value, syntax);
  return reason === undefined ? text : invalidFormat(field, reason);
}

function invalidFormat(
  field: string,
  reason: string,
): Err<ValidationError<"VALIDATION_INVALID_FORMAT">> {
  return new Err(
    new ValidationError("VALIDATION_INVALID_FORMAT", { field, reason }),
  );
}

function invalidText(text: string, syntax: TopicSyntax): string | undefined {
  const { separator, allowsEmptyWords, allowsSpaces } = syntax;
  if (text.length > MAX_LENGTH) {
    const max = String(MAX_LENGTH);
    return fillPlaceholders(Expectations.ID_LENGTH, { max });
  }
  if (!text.isWellFormed()) return Expectations.ID_UNICODE;
  if (/\p{Cc}/u.test(text)) return Expectations.ID_CONTROL;
  if (!allowsSpaces && /\s/.test(text)) return Expectations.TOPIC_SPACE;
  const hasEmptyWord = text.startsWith(separator) || text.endsWith(separator) ||
    text.includes(separator + separator);
  return hasEmptyWord && !allowsEmptyWords
    ? Expectations.TOPIC_EMPTY_WORD
    : undefined;
}

function hasWildcard(text: string, { one, many }: TopicSyntax): boolean {
  return text.includes(one) || text.includes(many);
}

function invalidTopic(topic: string, syntax: TopicSyntax): string | undefined {
  if (!hasWildcard(topic, syntax)) return undefined;
  const { one, many } = syntax;
  return fillPlaceholders(Expectations.TOPIC_WILDCARD, { one, many });
}

function invalidPattern(
  pattern: string,
  syntax: TopicSyntax,
): string | undefined {
  const { separator, one, many, manyEndsPattern } = syntax;
  const words = pattern.split(separator);
  const hasPart = words.some((word) =>
    word !== one && word !== many && hasWildcard(word, syntax)
  );
  if (hasPart) {
    return fillPlaceholders(Expectations.PATTERN_PART, { one, many });
  }
  return manyEndsPattern && words.slice(0, -1).includes(many)
    ? fillPlaceholders(Expectations.PATTERN_END, { many })
    : undefined;
}

/** Options of {@linkcode TopicRouter}. */
export interface TopicRouterOptions {
  /**
   * The grammar.
   *
   * @default {AMQP_TOPICS}
   */
  readonly syntax?: TopicSyntax;
  /**
   * For how many topics the answer is remembered, until a pattern comes or
   * goes; 0 for none.
   *
   * @default {1024}
   */
  readonly cacheSize?: number;
}

/**
 * Finds the values whose patterns match a topic.
 *
 * Costs: a match takes time in the length of the topic and in the number of
 * places that its words lead to among the patterns, which is at most a step for
 * each word and each place: no pattern makes it exponential. A topic that comes
 * again, with no pattern added or removed since, is looked up. `add` takes time
 * in the words of the pattern, and so does `remove`, but for a look through the
 * values of the very pattern.
 *
 * An answer is remembered when its topic comes for the second time, so that
 * topics that never come again cost little; when there is no more room, all are
 * forgotten. What is given out is a copy. A frozen array could be shared, but
 * then it takes 3 to 17 times as long to go through it, and on Bun 50 times as
 * long to freeze it as to copy it.
 *
 * Measured (`bench/topic_router_bench.ts`): with 1000 patterns a topic takes 0.25
 * to 0.4 µs, and 2 µs with 100 000, which is 1.7 to 3.5 times as fast as qlobber
 * on Deno, Node and Bun; a topic that comes again takes 15 to 20 ns, 25 times as
 * fast and more.
 *
 * @typeParam T The type of the values.
 *
 * @example A value for each pattern
 * ```ts
 * import { TopicRouter } from "@groundwork/infra/topic-router";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const router = new TopicRouter<string>();
 * router.add("orders.*", "audit");
 * router.add("#.created", "audit");
 * deepStrictEqual(router.match("orders.created"), ["audit", "audit"]);
 * strictEqual(new Set(router.match("orders.created")).size, 1);
 * ```
 */
export class TopicRouter<T> {
  readonly #syntax: TopicSyntax;
  readonly #cacheSize: number;
  readonly #trie: TopicTrie<T>;
  #size = 0;
  /** Answers. */
  readonly #remembered = new Map<string, readonly T[]>();
  /** Topics that came at least once of late; at most `cacheSize`. */
  readonly #seen = new Set<string>();

  /**
   * Makes a router without patterns.
   *
   * @param options Its grammar and its bound.
   * @throws {ValidationError} `cacheSize` is not a whole number of 0 or more;
   * the separator is not one character; or the wildcards are not two different
   * words.
   */
  constructor(options: TopicRouterOptions = {}) {
    const { syntax = AMQP_TOPICS, cacheSize = 1024 } = options;
    this.#cacheSize = requireWhole("cacheSize", cacheSize, 0);
    this.#syntax = requireSyntax(syntax);
    this.#trie = new TopicTrie(syntax);
  }

  /** How many values there are: each counts as often as it was added. */
  get size(): number {
    return this.#size;
  }

  /**
   * How many nodes the patterns take: one for each beginning of a pattern that
   * ends with a whole word, shared ones once. It is for metrics, and to see that
   * all is given back: without patterns it is 0.
   */
  get nodeCount(): number {
    return this.#trie.size;
  }

  /**
   * Adds a value to a pattern. The same may be added more than once.
   *
   * @param pattern The pattern; to be checked with {@linkcode validatePattern}
   * where it comes from outside.
   * @param value The value.
   * @throws {ValidationError} The pattern is not one of the grammar.
   *
   * @example A pattern that comes from outside
   * ```ts
   * import { TopicRouter, validatePattern } from "@groundwork/infra/topic-router";
   * import { strictEqual } from "node:assert/strict";
   *
   * const router = new TopicRouter<number>();
   * const subscribe = (pattern: unknown, id: number) =>
   *   validatePattern("pattern", pattern).map((ok) => router.add(ok, id));
   *
   * strictEqual(subscribe("orders.*", 1).ok, true);
   * strictEqual(subscribe("orders.*x", 2).ok, false);
   * strictEqual(router.size, 1);
   * ```
   */
  add(pattern: string, value: T): void {
    requireOption(validatePattern("pattern", pattern, this.#syntax), pattern);
    this.#trie.add(pattern, value);
    this.#size++;
    this.#remembered.clear();
  }

  /**
   * Removes a value from a pattern: one occurrence, by `Object.is`.
   *
   * @param pattern The pattern that it was added to. (Where `many` may take no
   * word, `#.#` is the same pattern as `#`.)
   * @param value The value.
   * @returns Whether it was there.
   *
   * @example Once for each time it was added
   * ```ts
   * import { TopicRouter } from "@groundwork/infra/topic-router";
   * import { strictEqual } from "node:assert/strict";
   *
   * const router = new TopicRouter<string>();
   * router.add("orders.*", "mail");
   * strictEqual(router.remove("orders.#", "mail"), false);
   * strictEqual(router.remove("orders.*", "mail"), true);
   * strictEqual(router.remove("orders.*", "mail"), false);
   * strictEqual(router.nodeCount, 0);
   * ```
   */
  remove(pattern: string, value: T): boolean {
    if (!this.#trie.remove(pattern, value)) return false;
    this.#size--;
    this.#remembered.clear();
    return true;
  }

  /**
   * Finds the values whose patterns match a topic: each once for each of its
   * patterns that does.
   *
   * The order has no meaning, but the same changes in the same order give the
   * same one. The topic is not checked: an empty word of it is never taken by
   * `one` where the grammar has none, a wildcard in it is a word like any other.
   *
   * @param topic The topic.
   * @returns The values, in an array of the caller's own.
   *
   * @example Everybody but once
   * ```ts
   * import { TopicRouter } from "@groundwork/infra/topic-router";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const router = new TopicRouter<string>();
   * router.add("orders.*", "ada");
   * router.add("orders.created", "ada");
   * router.add("#", "bob");
   * deepStrictEqual(
   *   new Set(router.match("orders.created")),
   *   new Set(["ada", "bob"]),
   * );
   * ```
   */
  match(topic: string): readonly T[] {
    const remembered = this.#remembered.get(topic);
    if (remembered !== undefined) return remembered.slice();
    const found: T[] = [];
    this.#trie.collect(topic, found);
    if (this.#cacheSize > 0) this.#remember(topic, found);
    return found;
  }

  #remember(topic: string, found: readonly T[]): void {
    if (this.#seen.has(topic)) {
      if (this.#remembered.size >= this.#cacheSize) this.#remembered.clear();
      this.#remembered.set(topic, found.slice());
    } else {
      if (this.#seen.size >= this.#cacheSize) this.#seen.clear();
      this.#seen.add(topic);
    }
  }
}

function requireSyntax(syntax: TopicSyntax): TopicSyntax {
  const { separator, one, many } = syntax;
  if (separator.length !== 1) {
    requireOption(
      invalidFormat("syntax.separator", Expectations.TOPIC_SEPARATOR),
      separator,
    );
  }
  const areWords = one !== "" && many !== "" && one !== many &&
    !`${one}${many}`.includes(separator);
  if (!areWords) {
    requireOption(
      invalidFormat("syntax.many", Expectations.TOPIC_WILDCARDS),
      many,
    );
  }
  return syntax;
}

/**
 * Those topics of an event map that a pattern of {@linkcode AMQP_TOPICS}
 * matches. A pattern that is not known to the compiler, as it is of type
 * `string` in part or as a whole, may match all; a union matches what any of its
 * members does.
 *
 * @typeParam TTopics The event map: what is told under each topic.
 * @typeParam P The pattern, as a literal type.
 *
 * @example Names for what a pattern matches
 * ```ts
 * import type { TopicsMatching } from "@groundwork/infra/topic-router";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * interface Events {
 *   "orders.created": { id: number };
 *   "orders.eu.paid": { amount: number };
 *   "users.created": { name: string };
 * }
 * const created: Record<TopicsMatching<Events, "*.created">, string> = {
 *   "orders.created": "A new order",
 *   "users.created": "A new user",
 * };
 * deepStrictEqual(Object.keys(created), ["orders.created", "users.created"]);
 * ```
 */
export type TopicsMatching<TTopics extends object, P extends string> = P extends
  unknown ? {
    [K in keyof TTopics & string]-?:
      // A type of more than one string has an index signature as a key.
      Record<never, never> extends Record<K, 1> | Record<P, 1> ? K
        : WordsMatch<`${K}.`, `${P}.`> extends true ? K
        : never;
  }[keyof TTopics & string]
  : never;

/**
 * What may be told to who listens to a pattern of {@linkcode AMQP_TOPICS}: the
 * union of what an event map has under the topics that it matches, `never` where
 * there are none.
 *
 * @typeParam TTopics The event map: what is told under each topic.
 * @typeParam P The pattern, as a literal type.
 *
 * @example A handler for several topics
 * ```ts
 * import type { MatchTopics } from "@groundwork/infra/topic-router";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface Events {
 *   "orders.created": { id: number };
 *   "orders.eu.paid": { id: number; amount: number };
 *   "users.created": { name: string };
 * }
 * const idOf = (told: MatchTopics<Events, "orders.#">) => told.id;
 *
 * strictEqual(idOf({ id: 7, amount: 20 }), 7);
 * const user: Events["users.created"] = { name: "ada" };
 * // @ts-expect-error This is told under users.created, which does not match.
 * strictEqual(idOf(user), undefined);
 * ```
 */
export type MatchTopics<TTopics extends object, P extends string> =
  TTopics[TopicsMatching<TTopics, P>];

/**
 * Whether the words of a topic are those that a pattern of
 * {@linkcode AMQP_TOPICS} takes. Each word, the last one too, is followed by a
 * dot, so that the empty string stands for no words.
 *
 * @typeParam T The words of the topic.
 * @typeParam P The words of the pattern.
 *
 * @example Of one topic
 * ```ts
 * import type { WordsMatch } from "@groundwork/infra/topic-router";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isMatch: WordsMatch<"orders.eu.paid.", "orders.#.paid."> = true;
 * const isNone: WordsMatch<"orders.", "orders.*."> = false;
 * strictEqual(isMatch, !isNone);
 * ```
 */
export type WordsMatch<T extends string, P extends string> = P extends
  `${infer Taker}.${infer Takers}`
  ? Taker extends "#" ? WordsMatch<T, Takers> extends true ? true
    : T extends `${string}.${infer Words}` ? WordsMatch<Words, P>
    : false
  : T extends `${infer Word}.${infer Words}`
    ? [Taker, Word] extends ["*", ""] ? false
    : Taker extends "*" | Word ? WordsMatch<Words, Takers>
    : false
  : false
  : T extends "" ? true
  : false;
