/**
 * A message broker within one process: for services that need no other one, for
 * tests, and as the measure of what a broker does.
 *
 * When to use it: where messages may be lost with the process.
 *
 * When not: where they must outlive it: use another {@linkcode MessageBroker},
 * or publish what a database remembers. Where nothing is tried again and nobody
 * must be waited for, an `EventBus` will do.
 *
 * - **As the protocol says**: routed, at least once, in order by key, bounded.
 *   The suite of conformance that any broker can run is the one it runs.
 * - **Accounted for.** A message that was taken is handled, waits, or is a dead
 *   letter, unless its subscription ended without `drain`. What cannot be stored
 *   even at `close()` is told to `onError`; after that nothing is pending.
 *
 * @example A handler that fails, and its dead letter
 * ```ts
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import { strictEqual } from "node:assert/strict";
 *
 * const broker = new InMemoryBroker<{ "order.placed": number }>({
 *   retry: { maxAttempts: 1 },
 *   onError() {},
 * });
 * broker.subscribe("order.*", (id) => {
 *   throw new Error(`order ${id} is not known`);
 * }).unwrap();
 * (await broker.publish("order.placed", 7)).unwrap();
 * await broker.close();
 * const [letter] = await broker.deadLetters.list();
 * strictEqual(letter?.error?.message, "order 7 is not known");
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import {
  invalidOption,
  requireDuration,
  requireFunction,
  requireProtocol,
  requireWhole,
} from "./_options.ts";
import { isPromiseLike } from "./_promise_like.ts";
import {
  type Admission,
  Group,
  type GroupParts,
  type Member,
  type Parcel,
  Reply,
  withDefaults,
} from "./_message_group.ts";
import { InMemoryCacheProvider } from "./cache.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  type DeadLetterQueue,
  type DeadLetterRetryError,
  InMemoryDeadLetterQueue,
  isDeadLetterQueue,
  type MessageMeta,
} from "./dead_letter.ts";
import { type ErrorOf, MessagingError, TaskError } from "./errors.ts";
import type {
  DeliveryFailure,
  DeliveryOptions,
  MessageBroker,
  MessageHandler,
  MessageSubscribeOptions,
  MessageSubscription,
  PublishError,
  PublishOptions,
  PublishReceipt,
  ReplayOptions,
  RequestError,
  RequestOptions,
  SubscribeError,
  UnsubscribeOptions,
} from "./message_broker.ts";
import { fillPlaceholders } from "./messages.ts";
import type { Awaitable, CloseOptions } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { parseStatus } from "./status.ts";
import {
  type MatchTopics,
  TopicRouter,
  validatePattern,
  validateTopic,
} from "./topic_router.ts";
import { requireOption, validateIdentifier } from "./validators.ts";

/**
 * Options of {@linkcode InMemoryBroker}.
 *
 * @typeParam TTopics The messages by their topics.
 */
export interface InMemoryBrokerOptions<TTopics extends object>
  extends DeliveryOptions {
  /**
   * Called once for each attempt that failed (`MSG_HANDLER_ERROR`, whose cause is
   * what the handler failed with), and each time a dead letter could not be stored
   * (`MSG_BROKER_UNAVAILABLE`). What it throws becomes an unhandled rejection.
   */
  readonly onError: (
    error: ErrorOf<"MSG_HANDLER_ERROR" | "MSG_BROKER_UNAVAILABLE">,
    failure: DeliveryFailure,
  ) => void;
  /** Where dead messages go. Default: a queue in memory. */
  readonly deadLetters?: DeadLetterQueue<TTopics[keyof TTopics]>;
  /**
   * For how long an id is remembered that a publisher gave, in ms. Of more than
   * 100,000 the one that came up least recently is forgotten.
   *
   * @default {300_000}
   */
  readonly dedupeMs?: number;
  /**
   * How long a handler that was told to stop gets for it, in ms. Then it is left
   * to itself, and its place goes to the next message.
   *
   * @default {1_000}
   */
  readonly abandonAfterMs?: number;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

const ReplayTarget = { SUBSCRIPTION: "subscription", TOPIC: "topic" } as const;

type Published = Result<PublishReceipt, PublishError>;

/** How many ids of publishers are remembered. */
const REMEMBERED = 100_000;

const NO_HEADERS: MessageMeta["headers"] = /* @__PURE__ */ Object.freeze({});

class GroupSubscription implements MessageSubscription {
  readonly #group: Group;
  readonly #end: (options: UnsubscribeOptions) => Promise<void>;
  #ending: Promise<void> | undefined;

  constructor(
    group: Group,
    end: (options: UnsubscribeOptions) => Promise<void>,
  ) {
    this.#group = group;
    this.#end = end;
  }

  get name(): string {
    return this.#group.name;
  }

  get pattern(): string {
    return this.#group.pattern;
  }

  get isActive(): boolean {
    return this.#ending === undefined;
  }

  unsubscribe(options: UnsubscribeOptions = {}): Promise<void> {
    return this.#ending ??= this.#end(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }
}

/**
 * A broker in memory: the reference implementation of {@linkcode MessageBroker}.
 * Messages are handed over as they are, not copied; they last as long as the
 * process.
 *
 * Measured (`bench/message_broker_bench.ts`, Deno): a message to one handler takes
 * 1.3 µs, or 0.7 µs where many are published at once: 1.1 and 2 times as fast as a
 * p-queue, and an eighth and a third as fast as fastq, which have neither topics,
 * receipts nor dead letters. An attempt that fails costs 4 µs more.
 *
 * @typeParam TTopics What messages tell, by topic.
 *
 * @example A message that nobody can handle, until somebody can
 * ```ts
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const broker = new InMemoryBroker<{ "mail.welcome": string }>({
 *   retry: { maxAttempts: 2, baseDelayMs: 1 },
 *   onError() {},
 * });
 * const sent: string[] = [];
 * let isUp = false;
 * broker.subscribe("mail.#", (to) => {
 *   if (!isUp) throw new Error("no mail server");
 *   sent.push(to);
 * }, { group: "mailer" }).unwrap();
 *
 * (await broker.publish("mail.welcome", "ada@example.com")).unwrap();
 * await broker.idle();
 * const [letter] = await broker.deadLetters.list();
 * strictEqual(letter?.attempts, 2);
 *
 * isUp = true;
 * (await broker.replay(letter.id)).unwrap();
 * await broker.close();
 * deepStrictEqual(sent, ["ada@example.com"]);
 * ```
 */
export class InMemoryBroker<TTopics extends object>
  implements MessageBroker<TTopics> {
  /** Where messages are that nobody could handle. */
  readonly deadLetters: DeadLetterQueue<TTopics[keyof TTopics]>;
  readonly #router = new TopicRouter<Group>();
  readonly #groups = new Map<string, Group>();
  /** Those that handle what they hold, and get no more. */
  readonly #leaving = new Set<Group>();
  readonly #subscriptions = new Set<MessageSubscription>();
  readonly #parts: GroupParts;
  readonly #defaults: DeliveryOptions;
  /** By the ids that publishers gave. */
  readonly #receipts: InMemoryCacheProvider<Promise<Published>>;
  /** How many groups there were, and how many names were made for some. */
  #grouped = 0;
  #named = 0;
  #closing: Promise<void> | undefined;

  /**
   * Makes a broker without subscriptions.
   *
   * @param options Who hears of failures, where dead messages go, and how messages
   * are handled of whose subscription nothing else is said.
   * @throws {ValidationError} An option is not valid.
   */
  constructor(options: InMemoryBrokerOptions<TTopics>) {
    const {
      onError,
      deadLetters = new InMemoryDeadLetterQueue<TTopics[keyof TTopics]>(),
      dedupeMs = 300_000,
      abandonAfterMs = 1_000,
      clock = systemClock,
    } = options;
    requireFunction("onError", onError);
    requireProtocol("deadLetters", deadLetters, isDeadLetterQueue);
    requireDuration("dedupeMs", dedupeMs);
    requireDuration("abandonAfterMs", abandonAfterMs);
    withDefaults(options); // Else a bad one would come out with a subscription.
    this.deadLetters = deadLetters;
    this.#defaults = options;
    this.#parts = {
      clock,
      abandonAfterMs,
      onError,
      deadLetters: deadLetters as DeadLetterQueue<unknown>,
    };
    this.#receipts = new InMemoryCacheProvider<Promise<Published>>({
      maxEntries: REMEMBERED,
      ttlMs: dedupeMs,
      clock,
    });
  }

  /**
   * Adds a handler.
   *
   * @typeParam P The pattern, as a literal type.
   * @param pattern Of which topics.
   * @param handler The handler.
   * @param options Its group, its concurrency, how messages are handled.
   * @returns The subscription; or why it did not begin: `MSG_SUBSCRIBE_FAILED`
   * where the pattern is not valid or not that of the group,
   * `MSG_BROKER_UNAVAILABLE` where the broker is closed.
   * @throws {ValidationError} An option is not valid, or comes with a group that
   * has it from its first subscription.
   *
   * @example Two workers share the messages
   * ```ts
   * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const broker = new InMemoryBroker<{ job: number }>({ onError: console.error });
   * const done: string[] = [];
   * for (const worker of ["a", "b"]) {
   *   broker.subscribe("job", (n) => void done.push(`${worker}${n}`), {
   *     group: "workers",
   *   }).unwrap();
   * }
   * for (const n of [1, 2]) await broker.publish("job", n);
   * await broker.close();
   * deepStrictEqual(done, ["a1", "b2"]);
   * ```
   */
  subscribe<P extends string>(
    pattern: P,
    handler: MessageHandler<MatchTopics<TTopics, P>>,
    options: MessageSubscribeOptions = {},
  ): Result<MessageSubscription, SubscribeError> {
    const { concurrency = 1, group: groupName, signal } = options;
    requireFunction("handler", handler);
    requireWhole("concurrency", concurrency);
    if (groupName !== undefined) {
      requireOption(validateIdentifier("group", groupName), groupName);
    }
    const closed = this.#refusal();
    if (closed !== undefined) return new Err(closed);
    const checked = validatePattern("pattern", pattern);
    if (!checked.ok) {
      return new Err(subscribeError(pattern, checked.error.message));
    }
    const name = groupName ?? this.#freshName(pattern);
    const group = this.#groups.get(name) ??
      this.#addGroup(name, pattern, options);
    if (group.pattern !== pattern) {
      const reason = fillPlaceholders(Expectations.GROUP_PATTERN, { name });
      return new Err(subscribeError(pattern, reason));
    }
    if (group.members.length > 0) requireNoDeliveryOptions(options);
    const member = group.join(handler as MessageHandler<never>, concurrency);
    const subscription = new GroupSubscription(group, async (how) => {
      this.#subscriptions.delete(subscription);
      signal?.removeEventListener("abort", onAbort);
      await this.#unsubscribe(group, member, how);
    });
    this.#subscriptions.add(subscription);
    function onAbort(): void {
      void subscription.unsubscribe();
    }
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    return new Ok(subscription);
  }

  /**
   * Publishes a message. Where a subscription has no room for it, it waits.
   *
   * @typeParam K The topic, as a literal type.
   * @param topic Where.
   * @param message What it tells.
   * @param options What else is to be known of it.
   * @returns Its id, and to how many it goes; or why it goes to nobody:
   * `MSG_PUBLISH_FAILED` where the topic is not valid, where nobody gets it though
   * it is `mandatory`, or where the wait was cancelled; `MSG_QUEUE_FULL` where a
   * subscription has no room and would not have it wait;
   * `MSG_BROKER_UNAVAILABLE` where the broker is closed.
   * @throws {ValidationError} By rejecting: an option is not valid.
   *
   * @example Once only
   * ```ts
   * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
   * import { strictEqual } from "node:assert/strict";
   *
   * const broker = new InMemoryBroker<{ tick: number }>({ onError: console.error });
   * let sum = 0;
   * broker.subscribe("tick", (n) => void (sum += n)).unwrap();
   * for (let i = 0; i < 2; i++) await broker.publish("tick", 5, { id: "t1" });
   * await broker.close();
   * strictEqual(sum, 5);
   * ```
   */
  publish<K extends keyof TTopics & string>(
    topic: K,
    message: TTopics[K],
    options: PublishOptions = {},
  ): Promise<Result<PublishReceipt, PublishError>> {
    return this.#publish(topic, message, options);
  }

  /**
   * Publishes a message and waits for what a handler makes of it.
   *
   * @typeParam R What it is to come to; the broker cannot check it.
   * @param topic Where.
   * @param message What it tells.
   * @param options How long to wait, and what else is to be known.
   * @returns What the first handler came to that succeeded; or why none did: as
   * {@linkcode InMemoryBroker.publish} has it, `MSG_DEAD_LETTER` (its cause is the
   * handler's error), or `TASK_TIMEOUT`; the message is still handled then.
   * @throws {ValidationError} By rejecting: an option is not valid.
   *
   * @example Ask and answer
   * ```ts
   * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
   * import { strictEqual } from "node:assert/strict";
   *
   * const broker = new InMemoryBroker<{ square: number }>({ onError: console.error });
   * broker.subscribe("square", (n) => n * n).unwrap();
   * strictEqual((await broker.request<number>("square", 7)).unwrap(), 49);
   * await broker.close();
   * ```
   */
  async request<R>(
    topic: keyof TTopics & string,
    message: TTopics[keyof TTopics],
    options: RequestOptions = {},
  ): Promise<Result<R, RequestError>> {
    const { timeoutMs = 30_000 } = options;
    requireDuration("timeoutMs", timeoutMs);
    const reply = new Reply();
    const timer = this.#parts.clock.setTimer(
      () => reply.settle(new Err(new TaskError("TASK_TIMEOUT", { timeoutMs }))),
      timeoutMs,
    );
    try {
      const published = this.#publish(
        topic,
        message,
        { ...options, mandatory: true },
        reply,
      );
      const refused = published.then((result) => {
        if (!result.ok) reply.settle(result);
      });
      await Promise.race([refused, reply.promise]);
      return await reply.promise as Result<R, RequestError>;
    } finally {
      timer.cancel();
    }
  }

  /**
   * Sends a dead message again, with all its attempts before it.
   *
   * @param id The id of the dead letter.
   * @param options Where to.
   * @returns Whether there was such a letter, which is gone now; or why it is still
   * there: `MSG_PUBLISH_FAILED` where its subscription is no more, or none matches
   * its topic, `MSG_QUEUE_FULL`, or `MSG_BROKER_UNAVAILABLE` where the broker is closed.
   * @throws {ValidationError} By rejecting: `to` is unknown.
   *
   * @example There is none
   * ```ts
   * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
   * import { strictEqual } from "node:assert/strict";
   *
   * const broker = new InMemoryBroker({ onError: console.error });
   * strictEqual((await broker.replay("d1")).unwrap(), false);
   * await broker.close();
   * ```
   */
  async replay(
    id: string,
    options: ReplayOptions = {},
  ): Promise<Result<boolean, DeadLetterRetryError>> {
    const { to = ReplayTarget.SUBSCRIPTION } = options;
    requireOption(parseStatus(ReplayTarget, to, "to"), to);
    return await this.deadLetters.retry(id, async (letter) => {
      const { message, meta, replays, subscription: name } = letter;
      const parcel = {
        message,
        meta,
        expiresTick: Infinity,
        replays: replays + 1,
        reply: undefined,
      };
      const isForAll = to === ReplayTarget.TOPIC;
      const group = this.#groups.get(name);
      const groups = isForAll ? this.#match(meta.topic) : group ? [group] : [];
      const delivered = await this.#deliver(parcel, groups, undefined);
      if (!delivered.ok || delivered.value > 0) return delivered;
      const reason = isForAll
        ? Expectations.UNROUTABLE
        : fillPlaceholders(Expectations.NO_SUBSCRIPTION, { name });
      return new Err(publishError(meta.topic, reason));
    });
  }

  /**
   * Waits until no message is held, be it waiting, handled, tried again, or on its
   * way to the dead letters.
   *
   * @returns A promise that resolves then. A handler must not wait for it: it
   * would wait for itself.
   *
   * @example All handled
   * ```ts
   * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
   * import { strictEqual } from "node:assert/strict";
   *
   * const broker = new InMemoryBroker<{ tick: void }>({ onError: console.error });
   * let ticks = 0;
   * broker.subscribe("tick", () => void ticks++).unwrap();
   * await broker.publish("tick", undefined);
   * await broker.idle();
   * strictEqual(ticks, 1);
   * await broker.close();
   * ```
   */
  async idle(): Promise<void> {
    for (;;) { // A handler may publish to a group that was idle.
      const busy = this.#allGroups().filter(({ isIdle }) => !isIdle);
      if (busy.length === 0) return;
      await Promise.all(busy.map((group) => group.idle()));
    }
  }

  /**
   * Takes no more messages and refuses publishers who wait, lets handlers end what
   * is there, retries included, and makes dead letters of the rest.
   *
   * @param options How long they may take.
   * @returns A promise that resolves when nothing goes on any more; each call
   * returns the same, and only the first one's `drainMs` counts. A handler must not
   * wait for it.
   * @throws {ValidationError} `drainMs` is not a number of 0 or more.
   *
   * @example Nothing is lost in silence
   * ```ts
   * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
   * import { strictEqual } from "node:assert/strict";
   *
   * const broker = new InMemoryBroker<{ job: number }>({ onError() {} });
   * broker.subscribe("job", (_n, { signal, clock }) =>
   *   clock.sleep(60_000, { signal })).unwrap();
   * for (const n of [1, 2]) await broker.publish("job", n);
   * await broker.close({ drainMs: 0 });
   * strictEqual(await broker.deadLetters.count(), 2);
   * ```
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { drainMs = 30_000 } = options;
    requireDuration("drainMs", drainMs);
    return this.#closing ??= this.#close(drainMs);
  }

  /** The same as {@linkcode InMemoryBroker.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    const groups = this.#allGroups();
    for (const group of groups) group.close();
    const timer = this.#parts.clock.setTimer(() => {
      const error = closedError();
      for (const group of groups) group.giveUp(error);
    }, drainMs);
    await this.idle();
    timer.cancel();
    const all = [...this.#subscriptions];
    await Promise.all(all.map((subscription) => subscription.unsubscribe()));
  }

  #allGroups(): readonly Group[] {
    return [...this.#groups.values(), ...this.#leaving];
  }

  #freshName(pattern: string): string {
    for (;;) {
      const name = `${pattern}:${++this.#named}`;
      if (!this.#groups.has(name)) return name;
    }
  }

  #refusal(): ErrorOf<"MSG_BROKER_UNAVAILABLE"> | undefined {
    return this.#closing === undefined ? undefined : closedError();
  }

  #addGroup(
    name: string,
    pattern: string,
    options: DeliveryOptions,
  ): Group {
    const all = { ...this.#defaults, ...options };
    const group = new Group(this.#grouped++, name, pattern, all, this.#parts);
    this.#groups.set(name, group);
    this.#router.add(pattern, group);
    return group;
  }

  async #unsubscribe(
    group: Group,
    member: Member,
    { drain = false }: UnsubscribeOptions,
  ): Promise<void> {
    const isLast = group.members.length === 1 && group.members[0] === member;
    if (!isLast) return await group.leave(member);
    this.#groups.delete(group.name);
    this.#router.remove(group.pattern, group);
    this.#leaving.add(group);
    group.close();
    if (!drain) group.forget();
    await group.idle();
    this.#leaving.delete(group);
  }

  /**
   * Each group once, as it has but one pattern, and the oldest first: publishers
   * that take room in one order cannot wait for each other in a circle.
   */
  #match(topic: string): readonly Group[] {
    const groups = this.#router.match(topic);
    return groups.length < 2
      ? groups
      : groups.toSorted((a, b) => a.index - b.index);
  }

  async #publish(
    topic: string,
    message: unknown,
    options: PublishOptions,
    reply?: Reply,
  ): Promise<Published> {
    const { id, key, headers, ttlMs = Infinity } = options;
    const { mandatory = false, signal } = options;
    if (id !== undefined) requireOption(validateIdentifier("id", id), id);
    if (key !== undefined) requireOption(validateIdentifier("key", key), key);
    requireDuration("ttlMs", ttlMs);
    const checked = validateTopic("topic", topic);
    if (!checked.ok) {
      return new Err(publishError(topic, checked.error.message));
    }
    const meta: MessageMeta = Object.freeze({
      id: id ?? crypto.randomUUID(),
      topic,
      key,
      publishedAt: this.#parts.clock.now(),
      headers: headers === undefined
        ? NO_HEADERS
        : Object.freeze({ ...headers }),
    });
    const expiresTick = ttlMs === Infinity
      ? Infinity
      : this.#parts.clock.monotonic() + ttlMs;
    const parcel = { message, meta, expiresTick, replays: 0, reply };
    if (id === undefined) return this.#send(parcel, mandatory, signal);

    const known = this.#receipts.get(id);
    if (known !== undefined) {
      const first = await known;
      return first.map((receipt) => ({ ...receipt, deduplicated: true }));
    }
    const sent = Promise.resolve(this.#send(parcel, mandatory, signal));
    this.#receipts.set(id, sent);
    const result = await sent;
    if (!result.ok) this.#receipts.delete(id);
    return result;
  }

  #send(
    parcel: Parcel,
    mandatory: boolean,
    signal: AbortSignal | undefined,
  ): Awaitable<Published> {
    const groups = this.#match(parcel.meta.topic);
    const delivered = this.#deliver(parcel, groups, signal);
    return isPromiseLike(delivered)
      ? delivered.then((result) => receiptOf(parcel, mandatory, result))
      : receiptOf(parcel, mandatory, delivered);
  }

  /**
   * To all groups or to none. Where all have room it is done within this call, so
   * that messages are in the order of the calls.
   */
  #deliver(
    parcel: Parcel,
    groups: readonly Group[],
    signal: AbortSignal | undefined,
    admissions: Admission[] = [],
  ): Awaitable<Result<number, PublishError>> {
    const { topic } = parcel.meta;
    for (;;) {
      const last = admissions.at(-1);
      const refusal = last?.ok === false
        ? last.error
        : this.#refusal() ?? cancellation(topic, signal);
      const group = groups[admissions.length];
      if (refusal !== undefined || group === undefined) {
        return settle(parcel, groups, admissions, refusal);
      }
      const answer = group.reserve(signal);
      if (isPromiseLike(answer)) {
        return answer.then((granted) => {
          admissions.push(group.arrive(granted));
          return this.#deliver(parcel, groups, signal, admissions);
        });
      }
      admissions.push(answer);
    }
  }
}

/** Hands a message to the groups that have room; or gives the room back. */
function settle(
  parcel: Parcel,
  groups: readonly Group[],
  admissions: readonly Admission[],
  refusal: PublishError | undefined,
): Result<number, PublishError> {
  let routed = 0;
  for (let i = 0; i < admissions.length; i++) {
    const group = groups[i]!;
    const hasSlot = admissions[i]!.unwrapOr(false);
    if (refusal === undefined && group.admit(parcel, hasSlot)) routed++;
    else if (hasSlot) group.release();
  }
  return refusal === undefined ? new Ok(routed) : new Err(refusal);
}

function receiptOf(
  { meta: { id, topic } }: Parcel,
  mandatory: boolean,
  delivered: Result<number, PublishError>,
): Published {
  if (!delivered.ok) return delivered;
  const routed = delivered.value;
  return mandatory && routed === 0
    ? new Err(publishError(topic, Expectations.UNROUTABLE))
    : new Ok({ id, routed, deduplicated: false });
}

/** These are the group's, and it has them. */
function requireNoDeliveryOptions(options: DeliveryOptions): void {
  for (const name of ["retry", "timeoutMs", "capacity", "overflow"] as const) {
    if (options[name] === undefined) continue;
    throw invalidOption(
      name,
      Expectations.GROUP_OPTION,
      String(options[name]),
    );
  }
}

function publishError(
  topic: string,
  reason: string,
  options: ErrorOptions = {},
): ErrorOf<"MSG_PUBLISH_FAILED"> {
  return new MessagingError("MSG_PUBLISH_FAILED", { topic, reason }, options);
}

function cancellation(
  topic: string,
  signal: AbortSignal | undefined,
): ErrorOf<"MSG_PUBLISH_FAILED"> | undefined {
  if (!signal?.aborted) return undefined;
  const cause = signal.reason;
  return publishError(topic, Expectations.CANCELLED, { cause });
}

function subscribeError(
  topic: string,
  reason: string,
): ErrorOf<"MSG_SUBSCRIBE_FAILED"> {
  return new MessagingError("MSG_SUBSCRIBE_FAILED", { topic, reason });
}

function closedError(): ErrorOf<"MSG_BROKER_UNAVAILABLE"> {
  const reason = Expectations.CLOSED;
  return new MessagingError("MSG_BROKER_UNAVAILABLE", { reason });
}
