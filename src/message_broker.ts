/**
 * Messages by topic that are handled at least once: in order, with retries, and
 * kept as dead letters where nobody can handle them.
 *
 * When to use it: where work has to follow an event in any case, may have to be
 * tried again, or is more than can be done at once.
 *
 * When not: for parts of a program that only want to hear of something: an
 * `EventBus` will do. For work by priority a `JobRunner`.
 *
 * - **Routed.** A subscription has a pattern of topics, as in AMQP: `*` stands for
 *   one word, `#` for any number. Each subscription gets each message that
 *   matches; those that share a group share its messages.
 * - **At least once.** A message is forgotten when a handler has done its work, a
 *   dead letter has been stored, or its subscription has ended without `drain`. A
 *   handler must therefore bear to see one twice.
 * - **In order.** A subscription starts messages in the order they were published.
 *   Those of one key are handled one after the other, retries included, while
 *   others go on.
 * - **Bounded.** A subscription holds so many messages; then publishers wait, or
 *   what its `overflow` says.
 *
 * @example Publish and subscribe
 * ```ts
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * type Topics = {
 *   "order.placed": { id: number };
 *   "order.paid": { id: number; cents: number };
 * };
 * const broker = new InMemoryBroker<Topics>({ onError: console.error });
 * const seen: string[] = [];
 * broker.subscribe("order.*", ({ id }, { meta }) => {
 *   seen.push(`${meta.topic} ${id}`);
 * }).unwrap();
 *
 * (await broker.publish("order.placed", { id: 7 })).unwrap();
 * (await broker.publish("order.paid", { id: 7, cents: 250 })).unwrap();
 * await broker.close();
 * deepStrictEqual(seen, ["order.placed 7", "order.paid 7"]);
 * ```
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type {
  DeadLetterQueue,
  DeadLetterRetryError,
  MessageMeta,
} from "./dead_letter.ts";
import type { ErrorOf } from "./errors.ts";
import { type Awaitable, type CloseOptions, hasMethods } from "./protocols.ts";
import type { Result } from "./result.ts";
import type { RetryOptions } from "./retry.ts";
import type { MatchTopics } from "./topic_router.ts";

export type { MessageMeta } from "./dead_letter.ts";
export type { CloseOptions } from "./protocols.ts";

/** What a handler can tell of the message it handles, and when to stop. */
export interface MessageContext {
  /** What is known of the message besides what it tells. */
  readonly meta: MessageMeta;
  /** The group, or the subscription. */
  readonly subscription: string;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
  /** How often the message was dead and sent again. */
  readonly replays: number;
  /** Aborts when the handler has to stop. */
  readonly signal: AbortSignal;
  /** The time. */
  readonly clock: Clock;
}

/**
 * Handles messages. It fails by throwing, or by returning an `Err`; with a
 * `MessagingError` of the code `MSG_REJECTED` it says that to try again is no use.
 *
 * @typeParam TMessage What a message tells.
 * @typeParam TResult What it comes to, for who has requested it.
 *
 * @example Bad input is no use to try again
 * ```ts
 * import { MessagingError } from "@groundwork/infra/errors";
 * import type { MessageHandler } from "@groundwork/infra/message-broker";
 * import { throws } from "node:assert/strict";
 *
 * const handle: MessageHandler<{ cents: number }> = ({ cents }) => {
 *   const reason = "a negative amount";
 *   if (cents < 0) throw new MessagingError("MSG_REJECTED", { reason });
 * };
 * throws(() => handle({ cents: -1 }, undefined!), /negative/);
 * ```
 */
export type MessageHandler<TMessage, TResult = unknown> = (
  message: TMessage,
  context: MessageContext,
) => Awaitable<TResult | Result<TResult, unknown>>;

/** What a publisher says of a message. */
export interface PublishOptions {
  /**
   * Its id: a second message of the same id is not delivered within `dedupeMs`,
   * and comes to what the first one came to. Default: a random one.
   */
  readonly id?: string;
  /** What it is about: messages of one key are handled one after the other. */
  readonly key?: string;
  /** What else is to be known of it. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How long it is of use, in ms; then it is a dead letter.
   *
   * @default {Infinity}
   */
  readonly ttlMs?: number;
  /**
   * Whether it is an error that no subscription matches.
   *
   * @default {false}
   */
  readonly mandatory?: boolean;
  /** Ends the wait for room; where it is aborted, nothing is published. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a message that was published. */
export interface PublishReceipt {
  /** Its id. */
  readonly id: string;
  /** How many groups and subscriptions it goes to. */
  readonly routed: number;
  /** Whether it had been published before, and was not delivered again. */
  readonly deduplicated: boolean;
}

/** Why a message was not published. */
export type PublishError = ErrorOf<
  "MSG_PUBLISH_FAILED" | "MSG_QUEUE_FULL" | "MSG_BROKER_UNAVAILABLE"
>;

/** Why a subscription did not begin. */
export type SubscribeError = ErrorOf<
  "MSG_SUBSCRIBE_FAILED" | "MSG_BROKER_UNAVAILABLE"
>;

/** Why a request came to nothing. */
export type RequestError =
  | PublishError
  | ErrorOf<"MSG_DEAD_LETTER" | "TASK_TIMEOUT">;

/** What a requester says of a message. */
export interface RequestOptions
  extends Omit<PublishOptions, "id" | "mandatory"> {
  /**
   * How long the answer may take, in ms.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number;
}

/** What a failed attempt was about. */
export interface DeliveryFailure {
  /** What is known of the message. */
  readonly meta: MessageMeta;
  /** The group, or the subscription. */
  readonly subscription: string;
  /** Which attempt it was, from 1; 0 where there was none. */
  readonly attempt: number;
  /** How long it is to the next one, in ms; `undefined` where none comes. */
  readonly retryDelayMs: number | undefined;
}

/** How messages are handled that a group or a subscription gets. */
export interface DeliveryOptions {
  /**
   * Which failures are tried again, and when. Default: five attempts, after 50 to
   * 100 ms at first, and up to 30 s.
   */
  readonly retry?: RetryOptions;
  /**
   * How long an attempt may take, in ms. Default: as long as it takes.
   *
   * @default {Infinity}
   */
  readonly timeoutMs?: number;
  /**
   * How many messages are held, those that are handled or tried again included: a
   * whole number of 1 or more.
   *
   * @default {1_024}
   */
  readonly capacity?: number;
  /**
   * What happens with one more. `"wait"`: its publisher waits, and must be no
   * handler that others wait for to make room. `"reject"`: it is not published, to
   * nobody. `"dead-letter"`: it is dead at once, here, unless as many dead letters
   * as messages wait to be stored; then it is refused as well.
   *
   * @default {"wait"}
   */
  readonly overflow?: "wait" | "reject" | "dead-letter";
}

/** How a subscription is to be. */
export interface MessageSubscribeOptions extends DeliveryOptions {
  /**
   * The name of the group that shares messages: each goes to one of its
   * subscriptions. They have one pattern, and the delivery options of the first.
   * Default: none; the subscription gets all messages itself.
   */
  readonly group?: string;
  /**
   * How many messages its handler is given at a time: a whole number of 1 or more.
   *
   * @default {1}
   */
  readonly concurrency?: number;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** How a subscription is to end. */
export interface UnsubscribeOptions {
  /**
   * Whether the last of a group handles what the group holds. Else that is
   * forgotten, but for what is being handled.
   *
   * @default {false}
   */
  readonly drain?: boolean;
}

/**
 * A handler's place at a broker.
 *
 * @example For a while
 * ```ts
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import type { MessageSubscription } from "@groundwork/infra/message-broker";
 * import { strictEqual } from "node:assert/strict";
 *
 * const broker = new InMemoryBroker<{ tick: number }>({ onError: console.error });
 * let sum = 0;
 * const subscription: MessageSubscription = broker
 *   .subscribe("tick", (n) => void (sum += n))
 *   .unwrap();
 * await broker.publish("tick", 1);
 * await subscription.unsubscribe({ drain: true });
 * await broker.publish("tick", 1);
 * strictEqual(sum, 1);
 * await broker.close();
 * ```
 */
export interface MessageSubscription extends AsyncDisposable {
  /** The group's name, or one of its own: dead letters have it. */
  readonly name: string;
  /** Which topics it gets. */
  readonly pattern: string;
  /** Whether it still gets messages. */
  readonly isActive: boolean;

  /**
   * Gets no more messages.
   *
   * @param options Whether to handle those that are held.
   * @returns A promise that resolves when its handler has ended all it was given;
   * for the last of a group, when the group's dead letters are stored, too. The
   * handler must not wait for it.
   */
  unsubscribe(options?: UnsubscribeOptions): Promise<void>;
}

/** Where a dead message is sent again. */
export interface ReplayOptions {
  /**
   * `"subscription"`: to the one that could not handle it. `"topic"`: to all that
   * match its topic.
   *
   * @default {"subscription"}
   */
  readonly to?: "subscription" | "topic";
}

/**
 * Brings messages from publishers to handlers.
 *
 * @typeParam TTopics What messages tell, by topic.
 *
 * @example Code for any broker, near or far
 * ```ts
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import type { MessageBroker } from "@groundwork/infra/message-broker";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Topics = { "user.created": { email: string } };
 * async function register(broker: MessageBroker<Topics>, email: string) {
 *   const receipt = await broker.publish("user.created", { email });
 *   return receipt.map(({ routed }) => routed);
 * }
 * const broker = new InMemoryBroker<Topics>({ onError: console.error });
 * strictEqual((await register(broker, "ada@example.com")).unwrap(), 0);
 * await broker.close();
 * ```
 */
export interface MessageBroker<TTopics extends object> extends AsyncDisposable {
  /** Where messages are that nobody could handle. */
  readonly deadLetters: DeadLetterQueue<TTopics[keyof TTopics]>;

  /**
   * Publishes a message.
   *
   * @typeParam K The topic, as a literal type.
   * @param topic Where.
   * @param message What it tells.
   * @param options What else is to be known of it.
   * @returns Its id, and to how many it goes; or why it goes to nobody.
   */
  publish<K extends keyof TTopics & string>(
    topic: K,
    message: TTopics[K],
    options?: PublishOptions,
  ): Awaitable<Result<PublishReceipt, PublishError>>;

  /**
   * Adds a handler.
   *
   * @typeParam P The pattern, as a literal type.
   * @param pattern Of which topics.
   * @param handler The handler.
   * @param options Its group, its concurrency, how messages are handled.
   * @returns The subscription; or why it did not begin.
   */
  subscribe<P extends string>(
    pattern: P,
    handler: MessageHandler<MatchTopics<TTopics, P>>,
    options?: MessageSubscribeOptions,
  ): Awaitable<Result<MessageSubscription, SubscribeError>>;

  /**
   * Publishes a message and waits for what a handler makes of it.
   *
   * @typeParam R What it is to come to; the broker cannot check it.
   * @param topic Where.
   * @param message What it tells.
   * @param options How long to wait, and what else is to be known.
   * @returns What the first handler came to that succeeded; or why none did.
   */
  request<R>(
    topic: keyof TTopics & string,
    message: TTopics[keyof TTopics],
    options?: RequestOptions,
  ): Awaitable<Result<R, RequestError>>;

  /**
   * Sends a dead message again, with all its attempts before it.
   *
   * @param id The id of the dead letter.
   * @param options Where to.
   * @returns Whether there was such a letter; or why it is still there.
   */
  replay(
    id: string,
    options?: ReplayOptions,
  ): Awaitable<Result<boolean, DeadLetterRetryError>>;

  /**
   * Takes no more messages, lets handlers end what is there, and gives up the
   * rest.
   *
   * @param options How long they may take.
   * @returns A promise that resolves when nothing goes on any more.
   */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Tells whether a value looks like a {@linkcode MessageBroker}: by its methods, not
 * by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A plugin
 * ```ts
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import { isMessageBroker } from "@groundwork/infra/message-broker";
 * import { strictEqual } from "node:assert/strict";
 *
 * const broker = new InMemoryBroker({ onError: console.error });
 * strictEqual(isMessageBroker(broker), true);
 * strictEqual(isMessageBroker(new EventTarget()), false);
 * await broker.close();
 * ```
 */
export function isMessageBroker(
  value: unknown,
): value is MessageBroker<Record<string, unknown>> {
  return hasMethods(value, [
    "publish",
    "subscribe",
    "request",
    "replay",
    "close",
  ]);
}
