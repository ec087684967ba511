/**
 * Messages that nobody could handle, kept until somebody looks at them: to send
 * them again, or to throw them away.
 *
 * When to use it: behind a broker or a queue, for whatever shall not be tried
 * for ever and must not be forgotten either.
 *
 * When not: as a second queue: who reads it all the time wants a retry policy.
 *
 * - **Nothing is lost unheard.** At the bound a new letter is refused, which
 *   its broker tells; none is dropped.
 * - **Once.** A letter that is being sent again cannot be sent again beside it;
 *   it leaves when its delivery is accepted.
 *
 * @example Look, then discard
 * ```ts
 * import { InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
 * import { InMemoryBroker } from "@groundwork/infra/in-memory-broker";
 * import { strictEqual } from "node:assert/strict";
 *
 * const deadLetters = new InMemoryDeadLetterQueue<{ to: string }>();
 * const broker = new InMemoryBroker<{ "mail.welcome": { to: string } }>({
 *   deadLetters,
 *   retry: { maxAttempts: 1 },
 *   onError() {},
 * });
 * broker.subscribe("mail.*", () => {
 *   throw new Error("no such address");
 * }).unwrap();
 * (await broker.publish("mail.welcome", { to: "ada" })).unwrap();
 * await broker.idle();
 *
 * const [letter] = deadLetters.list();
 * strictEqual(letter?.error?.message, "no such address");
 * strictEqual(deadLetters.discard(letter.id), true);
 * await broker.close();
 * ```
 *
 * @module
 */

import { requireWhole } from "./_options.ts";
import { type ErrorCauseJson, type ErrorOf, MessagingError } from "./errors.ts";
import { type Awaitable, hasMethods, type ListOptions } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { requireOption, validateRange } from "./validators.ts";

/** What is known of a message besides what it tells. */
export interface MessageMeta {
  /** Its id; it stays the same over retries and replays. */
  readonly id: string;
  /** Where it was published. */
  readonly topic: string;
  /** What it is about: messages of one key are handled one after the other. */
  readonly key: string | undefined;
  /** When it was published, in ms since the epoch. */
  readonly publishedAt: number;
  /** What its publisher said besides. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Why a message is dead. */
export type DeadLetterReason =
  /** All attempts have failed. */
  | "max_attempts"
  /** The handler said so, or its error is not one to be tried again. */
  | "rejected"
  /** Its time was up before it was handled. */
  | "expired"
  /** There was no room for it. */
  | "overflow"
  /** The broker was closed, or its subscription, before it was handled. */
  | "closed";

/**
 * A message that was given up.
 *
 * @typeParam TMessage What it tells.
 *
 * @example What to tell who is on call
 * ```ts
 * import type { DeadLetter } from "@groundwork/infra/dead-letter";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tell = ({ meta, subscription, attempts, error }: DeadLetter<unknown>) =>
 *   `${meta.topic} for ${subscription}: ${error?.message} (${attempts} attempts)`;
 *
 * strictEqual(
 *   tell({
 *     id: "d1",
 *     message: {},
 *     meta: {
 *       id: "m1",
 *       topic: "mail.welcome",
 *       key: undefined,
 *       publishedAt: 0,
 *       headers: {},
 *     },
 *     subscription: "mailer",
 *     reason: "max_attempts",
 *     attempts: 5,
 *     error: { name: "Error", message: "no such address" },
 *     firstFailedAt: 0,
 *     deadAt: 0,
 *     replays: 0,
 *   }),
 *   "mail.welcome for mailer: no such address (5 attempts)",
 * );
 * ```
 */
export interface DeadLetter<TMessage> {
  /** The id of the letter: a message may be dead for several subscriptions. */
  readonly id: string;
  /** What the message tells. */
  readonly message: TMessage;
  /** What is known of it besides. */
  readonly meta: MessageMeta;
  /** The group, or the subscription, that could not handle it. */
  readonly subscription: string;
  /** Why it is dead. */
  readonly reason: DeadLetterReason;
  /** How often it was tried. */
  readonly attempts: number;
  /** What the last attempt failed with, as plain data; where one did. */
  readonly error: ErrorCauseJson | undefined;
  /** When it failed first, in ms since the epoch; where it did. */
  readonly firstFailedAt: number | undefined;
  /** When it was given up, in ms since the epoch. */
  readonly deadAt: number;
  /** How often it has been sent again. */
  readonly replays: number;
}

/** Which letters to give. */
export interface DeadLetterListOptions extends ListOptions {
  /** Of which subscription. Default: of all. */
  readonly subscription?: string;
  /** Of which topic. Default: of all. */
  readonly topic?: string;
}

/** Why a letter was not sent again. */
export type DeadLetterRetryError = ErrorOf<
  "MSG_PUBLISH_FAILED" | "MSG_QUEUE_FULL" | "MSG_BROKER_UNAVAILABLE"
>;

/**
 * Sends a message again.
 *
 * @typeParam TMessage What it tells.
 */
export type Redeliver<TMessage> = (
  letter: DeadLetter<TMessage>,
) => Awaitable<Result<unknown, DeadLetterRetryError>>;

/**
 * Keeps dead letters.
 *
 * @typeParam TMessage What messages tell.
 *
 * @example Send all of a subscription again
 * ```ts
 * import type { DeadLetterQueue, Redeliver } from "@groundwork/infra/dead-letter";
 * import { InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function retryAll(
 *   letters: DeadLetterQueue<unknown>,
 *   subscription: string,
 *   redeliver: Redeliver<unknown>,
 * ) {
 *   let sent = 0;
 *   for (const { id } of await letters.list({ subscription })) {
 *     if ((await letters.retry(id, redeliver)).unwrapOr(false)) sent++;
 *   }
 *   return sent;
 * }
 * const letters = new InMemoryDeadLetterQueue();
 * const sent = await retryAll(letters, "mailer", () => {
 *   throw new Error("there is none");
 * });
 * strictEqual(sent, 0);
 * ```
 */
export interface DeadLetterQueue<TMessage = unknown> {
  /**
   * Keeps a letter.
   *
   * @param letter The letter.
   * @returns Nothing; or `MSG_QUEUE_FULL`: whoever has the message keeps it.
   */
  add(
    letter: DeadLetter<TMessage>,
  ): Awaitable<Result<void, ErrorOf<"MSG_QUEUE_FULL">>>;

  /**
   * A letter.
   *
   * @param id Its id.
   * @returns The letter; `undefined` where there is none (any more).
   */
  get(id: string): Awaitable<DeadLetter<TMessage> | undefined>;

  /**
   * The letters, the oldest first.
   *
   * @param options Which of them.
   * @returns The letters.
   */
  list(
    options?: DeadLetterListOptions,
  ): Awaitable<readonly DeadLetter<TMessage>[]>;

  /** How many letters there are. */
  count(): Awaitable<number>;

  /**
   * Sends a letter again. It is kept until that has been done, so that it is
   * rather there twice than lost; while it goes on, nobody else can.
   *
   * @param id Its id.
   * @param redeliver How to send it; a broker's `replay()` does it by itself.
   * @returns Whether there was such a letter, which is gone now; or why it could
   * not be sent, and it is still there.
   */
  retry(
    id: string,
    redeliver: Redeliver<TMessage>,
  ): Awaitable<Result<boolean, DeadLetterRetryError>>;

  /**
   * Throws a letter away.
   *
   * @param id Its id.
   * @returns Whether there was such a letter.
   */
  discard(id: string): Awaitable<boolean>;
}

/**
 * Tells whether a value looks like a {@linkcode DeadLetterQueue}: by its methods,
 * not by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A plugin
 * ```ts
 * import {
 *   InMemoryDeadLetterQueue,
 *   isDeadLetterQueue,
 * } from "@groundwork/infra/dead-letter";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isDeadLetterQueue(new InMemoryDeadLetterQueue()), true);
 * strictEqual(isDeadLetterQueue([]), false);
 * ```
 */
export function isDeadLetterQueue(
  value: unknown,
): value is DeadLetterQueue<unknown> {
  return hasMethods(value, [
    "add",
    "get",
    "list",
    "count",
    "retry",
    "discard",
  ]);
}

/** Options of {@linkcode InMemoryDeadLetterQueue}. */
export interface InMemoryDeadLetterQueueOptions {
  /**
   * How many letters there may be; one more is refused. A whole number of 1 or
   * more.
   *
   * @default {10_000}
   */
  readonly maxLetters?: number;
}

/**
 * Keeps dead letters in memory. All but `retry` is synchronous.
 *
 * @typeParam TMessage What messages tell.
 *
 * @example At its bound it refuses
 * ```ts
 * import { InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
 * import { throws } from "node:assert/strict";
 *
 * throws(() => new InMemoryDeadLetterQueue({ maxLetters: 0 }), /maxLetters/);
 * ```
 */
export class InMemoryDeadLetterQueue<TMessage = unknown>
  implements DeadLetterQueue<TMessage> {
  readonly #letters = new Map<string, DeadLetter<TMessage>>();
  /** The ids of those that are being sent again. */
  readonly #leaving = new Set<string>();
  readonly #maxLetters: number;

  /**
   * Makes an empty queue.
   *
   * @param options Its bound.
   * @throws {ValidationError} `maxLetters` is not a whole number of 1 or more.
   */
  constructor(options: InMemoryDeadLetterQueueOptions = {}) {
    const { maxLetters = 10_000 } = options;
    this.#maxLetters = requireWhole("maxLetters", maxLetters);
  }

  /**
   * Keeps a letter; one of the same id takes its place.
   *
   * @param letter The letter.
   * @returns Nothing; or `MSG_QUEUE_FULL`.
   *
   * @example By hand
   * ```ts
   * import { type DeadLetter, InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const letters = new InMemoryDeadLetterQueue<string>({ maxLetters: 1 });
   * const letter = { id: "d1", message: "hello" } as DeadLetter<string>;
   * strictEqual(letters.add(letter).ok, true);
   * strictEqual(letters.add({ ...letter, id: "d2" }).ok, false);
   * ```
   */
  add(
    letter: DeadLetter<TMessage>,
  ): Result<void, ErrorOf<"MSG_QUEUE_FULL">> {
    const max = this.#maxLetters;
    if (this.#letters.size >= max && !this.#letters.has(letter.id)) {
      return new Err(new MessagingError("MSG_QUEUE_FULL", { max }));
    }
    this.#letters.set(letter.id, letter);
    return new Ok(undefined);
  }

  /**
   * A letter.
   *
   * @param id Its id.
   * @returns The letter; `undefined` where there is none (any more).
   *
   * @example There is none
   * ```ts
   * import { InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
   * import { strictEqual } from "node:assert/strict";
   *
   * strictEqual(new InMemoryDeadLetterQueue().get("d1"), undefined);
   * ```
   */
  get(id: string): DeadLetter<TMessage> | undefined {
    return this.#letters.get(id);
  }

  /**
   * The letters, the oldest first.
   *
   * @param options Which of them.
   * @returns A list of its own.
   * @throws {ValidationError} `offset` is not a whole number of 0 or more, or
   * `limit` not a number of 0 or more.
   *
   * @example Those of a subscription
   * ```ts
   * import { type DeadLetter, InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const letters = new InMemoryDeadLetterQueue<string>();
   * const letter = { id: "d1", subscription: "mailer" } as DeadLetter<string>;
   * letters.add(letter).unwrap();
   * strictEqual(letters.list({ subscription: "mailer" }).length, 1);
   * strictEqual(letters.list({ subscription: "indexer" }).length, 0);
   * ```
   */
  list(options: DeadLetterListOptions = {}): readonly DeadLetter<TMessage>[] {
    const { offset = 0, limit = Infinity, subscription, topic } = options;
    requireWhole("offset", offset, 0);
    requireOption(validateRange("limit", limit, { min: 0 }), limit);
    return [...this.#letters.values()]
      .filter((letter) =>
        (subscription === undefined || letter.subscription === subscription) &&
        (topic === undefined || letter.meta.topic === topic)
      )
      .slice(offset, offset + limit);
  }

  /**
   * How many letters there are.
   *
   * @returns The letters.
   *
   * @example None yet
   * ```ts
   * import { InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
   * import { strictEqual } from "node:assert/strict";
   *
   * strictEqual(new InMemoryDeadLetterQueue().count(), 0);
   * ```
   */
  count(): number {
    return this.#letters.size;
  }

  /**
   * Sends a letter again.
   *
   * @param id Its id.
   * @param redeliver How to send it.
   * @returns Whether there was such a letter that nobody else was sending, which
   * is gone now; or why it could not be sent, and it is still there. It rejects
   * with what `redeliver` throws, and the letter is still there.
   *
   * @example Kept until it has been sent
   * ```ts
   * import { type DeadLetter, InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
   * import { MessagingError } from "@groundwork/infra/errors";
   * import { err, ok } from "@groundwork/infra/result";
   * import { strictEqual } from "node:assert/strict";
   *
   * const letters = new InMemoryDeadLetterQueue<string>();
   * letters.add({ id: "d1" } as DeadLetter<string>).unwrap();
   * const full = new MessagingError("MSG_QUEUE_FULL", { max: 10 });
   * strictEqual((await letters.retry("d1", () => err(full))).ok, false);
   * strictEqual(letters.count(), 1);
   * strictEqual((await letters.retry("d1", () => ok())).unwrap(), true);
   * strictEqual(letters.count(), 0);
   * ```
   */
  async retry(
    id: string,
    redeliver: Redeliver<TMessage>,
  ): Promise<Result<boolean, DeadLetterRetryError>> {
    const letter = this.#letters.get(id);
    if (letter === undefined || this.#leaving.has(id)) return new Ok(false);
    this.#leaving.add(id);
    try {
      const sent = await redeliver(letter);
      if (!sent.ok) return sent;
      // It may have died again in the meantime, under the same id.
      if (this.#letters.get(id) === letter) this.#letters.delete(id);
      return new Ok(true);
    } finally {
      this.#leaving.delete(id);
    }
  }

  /**
   * Throws a letter away, unless it is being sent again.
   *
   * @param id Its id.
   * @returns Whether there was such a letter.
   *
   * @example Only once
   * ```ts
   * import { type DeadLetter, InMemoryDeadLetterQueue } from "@groundwork/infra/dead-letter";
   * import { strictEqual } from "node:assert/strict";
   *
   * const letters = new InMemoryDeadLetterQueue<string>();
   * letters.add({ id: "d1" } as DeadLetter<string>).unwrap();
   * strictEqual(letters.discard("d1"), true);
   * strictEqual(letters.discard("d1"), false);
   * ```
   */
  discard(id: string): boolean {
    return !this.#leaving.has(id) && this.#letters.delete(id);
  }
}
