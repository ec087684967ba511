/**
 * What every implementation of the `MessageBroker` protocol does. The suite knows
 * the protocol and nothing else, and a way to let time pass: its methods may be
 * asynchronous.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeadLetter } from "../../src/dead_letter.ts";
import { MessagingError } from "../../src/errors.ts";
import {
  type DeliveryFailure,
  type DeliveryOptions,
  isMessageBroker,
  type MessageBroker,
  type MessageContext,
} from "../../src/message_broker.ts";
import { err, ok as okOf } from "../../src/result.ts";
import { watch } from "../foundation_support.ts";

/** What messages tell: which one it is. */
export type ConformanceTopics = Record<string, number>;

type Broker = MessageBroker<ConformanceTopics>;

/** A broker, what it told of failures, and its time. */
export interface BrokerUnderTest {
  /** The broker. */
  readonly broker: Broker;
  /** What failed, in order. */
  readonly failures: readonly (DeliveryFailure & { readonly code: string })[];
  /** Lets time pass for the broker, and all that is due then happen. */
  readonly pass: (durationMs: number) => Promise<void>;
}

/** Options of {@linkcode messageBrokerConformance}. */
export interface MessageBrokerConformanceOptions {
  /** Makes a broker without subscriptions. */
  readonly make: (options: DeliveryOptions) => BrokerUnderTest;
}

/** Three attempts, 10 ms apart. */
const RETRY: DeliveryOptions = {
  retry: { maxAttempts: 3, backoff: () => 10 },
};

/**
 * Tests an implementation of `MessageBroker`.
 *
 * @param name What the suite is called.
 * @param options How to make one.
 */
export function messageBrokerConformance(
  name: string,
  { make }: MessageBrokerConformanceOptions,
): void {
  async function publish(
    broker: Broker,
    topic: string,
    ...messages: readonly number[]
  ): Promise<void> {
    for (const message of messages) {
      (await broker.publish(topic, message)).unwrap();
    }
  }

  async function lettersOf(
    broker: Broker,
  ): Promise<readonly DeadLetter<number>[]> {
    return await broker.deadLetters.list();
  }

  describe(`MessageBroker conformance: ${name}`, () => {
    it("isMessageBroker() is true", async () => {
      const { broker } = make({});
      strictEqual(isMessageBroker(broker), true);
      await broker.close();
    });

    it("P14: each subscription that matches gets the message once, no other does", async () => {
      const { broker, pass } = make({});
      const seen: string[] = [];
      const patterns = ["a.b", "a.*", "a.#", "#", "*.b", "*", "a.b.c", "b.#"];
      for (const pattern of patterns) {
        const on = (n: number): void => void seen.push(`${pattern} ${n}`);
        (await broker.subscribe(pattern, on)).unwrap();
      }
      const receipt = (await broker.publish("a.b", 1)).unwrap();
      strictEqual(receipt.routed, 5);
      strictEqual(receipt.deduplicated, false);
      await pass(0);
      deepStrictEqual(
        seen.toSorted(),
        ["#", "*.b", "a.#", "a.*", "a.b"].map((it) => `${it} 1`),
      );
      await broker.close();
    });

    it("tells the handler what is known of the message", async () => {
      const { broker, pass } = make(RETRY);
      const seen: MessageContext[] = [];
      const subscription = (await broker.subscribe("a.*", (_, context) => {
        seen.push(context);
      })).unwrap();
      const headers = { trace: "t1" };
      const options = { id: "m1", key: "k1", headers };
      strictEqual((await broker.publish("a.b", 1, options)).unwrap().id, "m1");
      await publish(broker, "a.b", 2);
      await pass(0);
      const [first, second] = seen;
      const { id, topic, key } = first!.meta;
      deepStrictEqual([id, topic, key], ["m1", "a.b", "k1"]);
      deepStrictEqual({ ...first!.meta.headers }, headers);
      strictEqual(first!.attempt, 1);
      strictEqual(first!.replays, 0);
      strictEqual(first!.subscription, subscription.name);
      strictEqual(first!.signal.aborted, false);
      strictEqual(subscription.pattern, "a.*");
      ok(second!.meta.id.length > 0 && second!.meta.id !== "m1");
      strictEqual(second!.meta.key, undefined);
      strictEqual(typeof second!.meta.publishedAt, "number");
      await broker.close();
    });

    it("refuses topics and patterns that are none, by value", async () => {
      const { broker } = make({});
      for (const topic of ["", "a..b", "a.*", "#", "a.", "fo*"]) {
        const refused = await broker.publish(topic, 1);
        strictEqual(refused.unwrapErr().code, "MSG_PUBLISH_FAILED", topic);
      }
      for (const pattern of ["", "a..b", "fo*", "a#"]) {
        const refused = await broker.subscribe(pattern, () => {});
        strictEqual(refused.unwrapErr().code, "MSG_SUBSCRIBE_FAILED", pattern);
      }
      await broker.close();
    });

    it("publish() tells that nobody gets the message, and fails where it is mandatory", async () => {
      const { broker } = make({});
      (await broker.subscribe("b", () => {})).unwrap();
      strictEqual((await broker.publish("a", 1)).unwrap().routed, 0);
      const refused = await broker.publish("a", 1, { mandatory: true });
      strictEqual(refused.unwrapErr().code, "MSG_PUBLISH_FAILED");
      const receipt = await broker.publish("b", 1, { mandatory: true });
      strictEqual(receipt.unwrap().routed, 1);
      await broker.close();
    });

    it("a group shares its messages, and each gets one handler", async () => {
      const { broker, pass } = make({});
      const seen: number[] = [];
      const subscriptions = [];
      for (let i = 0; i < 3; i++) {
        const on = (n: number): void => void seen.push(n);
        const options = { group: "workers" };
        const result = await broker.subscribe("a", on, options);
        subscriptions.push(result.unwrap());
      }
      strictEqual((await broker.publish("a", 0)).unwrap().routed, 1);
      await publish(broker, "a", 1, 2, 3, 4, 5);
      await pass(0);
      deepStrictEqual(seen.toSorted(), [0, 1, 2, 3, 4, 5]);
      for (const { name } of subscriptions) strictEqual(name, "workers");
      await broker.close();
    });

    it("subscribe() refuses another pattern for a group", async () => {
      const { broker } = make({});
      const group = { group: "workers" };
      (await broker.subscribe("a", () => {}, group)).unwrap();
      const refused = await broker.subscribe("b", () => {}, group);
      strictEqual(refused.unwrapErr().code, "MSG_SUBSCRIBE_FAILED");
      strictEqual((await broker.publish("b", 1)).unwrap().routed, 0);
      await broker.close();
    });

    it("handles one after the other in order, where nothing else is said", async () => {
      const { broker, pass } = make({});
      const seen: number[] = [];
      let running = 0;
      (await broker.subscribe("a", async (n) => {
        strictEqual(running++, 0);
        await undefined;
        running--;
        seen.push(n);
      })).unwrap();
      await publish(broker, "a", 1, 2, 3, 4, 5);
      await pass(0);
      deepStrictEqual(seen, [1, 2, 3, 4, 5]);
      await broker.close();
    });

    it("trap 7: a failure is told, tried again, and ends as a dead letter", async () => {
      const { broker, failures, pass } = make(RETRY);
      const attempts: number[] = [];
      const subscription = (await broker.subscribe("a", (_, { attempt }) => {
        attempts.push(attempt);
        throw new RangeError(`attempt ${attempt}`);
      })).unwrap();
      const { id } = (await broker.publish("a", 7, { key: "k" })).unwrap();
      await pass(30);
      deepStrictEqual(attempts, [1, 2, 3]);
      deepStrictEqual(
        failures.map((it) => [it.code, it.attempt, it.retryDelayMs]),
        [
          ["MSG_HANDLER_ERROR", 1, 10],
          ["MSG_HANDLER_ERROR", 2, 10],
          ["MSG_HANDLER_ERROR", 3, undefined],
        ],
      );
      for (const failure of failures) {
        strictEqual(failure.meta.id, id);
        strictEqual(failure.subscription, subscription.name);
      }
      const [letter, ...others] = await lettersOf(broker);
      strictEqual(others.length, 0);
      strictEqual(letter?.message, 7);
      strictEqual(letter.meta.id, id);
      strictEqual(letter.meta.key, "k");
      strictEqual(letter.subscription, subscription.name);
      strictEqual(letter.reason, "max_attempts");
      strictEqual(letter.attempts, 3);
      strictEqual(letter.replays, 0);
      const { name, message } = letter.error!;
      deepStrictEqual([name, message], ["RangeError", "attempt 3"]);
      strictEqual(letter.deadAt - letter.firstFailedAt!, 20);
      await broker.close();
    });

    it("a failure ends as soon as an attempt succeeds", async () => {
      const { broker, failures, pass } = make(RETRY);
      const attempts: number[] = [];
      (await broker.subscribe("a", (_, { attempt }) => {
        attempts.push(attempt);
        return attempt < 3 ? err("not yet") : okOf();
      })).unwrap();
      await publish(broker, "a", 1);
      await pass(30);
      deepStrictEqual(attempts, [1, 2, 3]);
      strictEqual(failures.length, 2);
      strictEqual(await broker.deadLetters.count(), 0);
      await broker.close();
    });

    it("MSG_REJECTED, thrown or returned, is not tried again", async () => {
      const { broker, failures, pass } = make(RETRY);
      const attempts: number[] = [];
      (await broker.subscribe("a", (n) => {
        attempts.push(n);
        const error = new MessagingError("MSG_REJECTED", { reason: "bad" });
        if (n === 1) throw error;
        return err(error);
      })).unwrap();
      await publish(broker, "a", 1, 2);
      await pass(30);
      deepStrictEqual(attempts, [1, 2]);
      strictEqual(failures.length, 2);
      for (const { reason, attempts } of await lettersOf(broker)) {
        deepStrictEqual([reason, attempts], ["rejected", 1]);
      }
      strictEqual(await broker.deadLetters.count(), 2);
      await broker.close();
    });

    it("a failing subscription takes nothing from the others", async () => {
      const { broker, pass } = make({ retry: { maxAttempts: 1 } });
      const seen: number[] = [];
      (await broker.subscribe("a", () => err("never"))).unwrap();
      (await broker.subscribe("a", (n) => void seen.push(n))).unwrap();
      await publish(broker, "a", 1, 2);
      await pass(0);
      deepStrictEqual(seen, [1, 2]);
      strictEqual(await broker.deadLetters.count(), 2);
      await broker.close();
    });

    it("a message that is tried again blocks its key, and no other", async () => {
      const { broker, pass } = make(RETRY);
      const seen: number[] = [];
      (await broker.subscribe("a", (n, { attempt }) => {
        if (n === 1 && attempt === 1) return err("not yet");
        seen.push(n);
        return okOf();
      })).unwrap();
      for (
        const [n, key] of [[1, "x"], [2, "x"], [3, "y"], [4, "x"]] as const
      ) {
        (await broker.publish("a", n, { key })).unwrap();
      }
      await publish(broker, "a", 5);
      await pass(0);
      deepStrictEqual(seen, [3, 5]);
      await pass(10);
      deepStrictEqual(seen, [3, 5, 1, 2, 4]);
      await broker.close();
    });

    it("messages of one key are handled one after the other, of several at once", async () => {
      const { broker, pass } = make({});
      const events: string[] = [];
      (await broker.subscribe("a", async (n, { meta, clock }) => {
        events.push(`${meta.key}${n} begins`);
        await clock.sleep(10);
        events.push(`${meta.key}${n} ends`);
      }, { concurrency: 4 })).unwrap();
      for (const [n, key] of [[1, "x"], [2, "x"], [1, "y"]] as const) {
        (await broker.publish("a", n, { key })).unwrap();
      }
      await pass(30);
      deepStrictEqual(events, [
        "x1 begins",
        "y1 begins",
        "x1 ends",
        "y1 ends",
        "x2 begins",
        "x2 ends",
      ]);
      await broker.close();
    });

    it("publish() delivers the messages of one id once", async () => {
      const { broker, pass } = make({});
      const seen: number[] = [];
      (await broker.subscribe("a", (n) => void seen.push(n))).unwrap();
      for (const id of ["__proto__", "x"]) {
        const first = (await broker.publish("a", 1, { id })).unwrap();
        deepStrictEqual(first, { id, routed: 1, deduplicated: false });
        const second = (await broker.publish("a", 2, { id })).unwrap();
        deepStrictEqual(second, { id, routed: 1, deduplicated: true });
      }
      await pass(0);
      deepStrictEqual(seen, [1, 1]);
      await broker.close();
    });

    it("a message that was not handled in its time is a dead letter", async () => {
      const { broker, pass } = make({});
      const seen: number[] = [];
      (await broker.subscribe("a", async (n, { clock }) => {
        seen.push(n);
        await clock.sleep(20);
      })).unwrap();
      await publish(broker, "a", 1);
      (await broker.publish("a", 2, { ttlMs: 10 })).unwrap();
      await publish(broker, "a", 3);
      await pass(50);
      deepStrictEqual(seen, [1, 3]);
      const [letter] = await lettersOf(broker);
      strictEqual(letter?.reason, "expired");
      strictEqual(letter.attempts, 0);
      strictEqual(letter.error, undefined);
      strictEqual(letter.firstFailedAt, undefined);
      await broker.close();
    });

    it("an attempt that takes too long is told to stop, and has failed", async () => {
      const { broker, failures, pass } = make({ ...RETRY, timeoutMs: 5 });
      const signals: AbortSignal[] = [];
      (await broker.subscribe("a", async (_, { clock, signal }) => {
        signals.push(signal);
        await clock.sleep(1_000, { signal });
      })).unwrap();
      await publish(broker, "a", 1);
      await pass(40);
      deepStrictEqual(signals.map(({ aborted }) => aborted), [
        true,
        true,
        true,
      ]);
      strictEqual(failures.length, 3);
      const [letter] = await lettersOf(broker);
      strictEqual(letter?.error?.code, "TASK_TIMEOUT");
      await broker.close();
    });

    it("publish() waits for room", async () => {
      const { broker, pass } = make({ capacity: 1 });
      const seen: number[] = [];
      (await broker.subscribe("a", async (n, { clock }) => {
        seen.push(n);
        await clock.sleep(10);
      })).unwrap();
      await publish(broker, "a", 1);
      const waiting = watch((async () => await broker.publish("a", 2))());
      await pass(9);
      strictEqual(waiting.isSettled, false);
      await pass(1);
      strictEqual(waiting.value?.unwrap().routed, 1);
      await pass(10);
      deepStrictEqual(seen, [1, 2]);
      await broker.close();
    });

    it("publish() refuses where there is no room and nobody is to wait, to all", async () => {
      const { broker, pass } = make({});
      const seen: string[] = [];
      const on = (n: number, { subscription }: MessageContext): void =>
        void seen.push(`${subscription} ${n}`);
      (await broker.subscribe("a", on, { group: "roomy" })).unwrap();
      (await broker.subscribe("a", async (n, context) => {
        on(n, context);
        await context.clock.sleep(10);
      }, { group: "full", capacity: 1, overflow: "reject" })).unwrap();
      await publish(broker, "a", 1);
      const { code } = (await broker.publish("a", 2)).unwrapErr();
      strictEqual(code, "MSG_QUEUE_FULL");
      await pass(10);
      await publish(broker, "a", 3);
      await pass(10);
      deepStrictEqual(seen.toSorted(), [
        "full 1",
        "full 3",
        "roomy 1",
        "roomy 3",
      ]);
      await broker.close();
    });

    it("request() gives what the handler comes to, returned, awaited or as a Result", async () => {
      const { broker, pass } = make({});
      const ways: readonly ((n: number) => unknown)[] = [
        (n) => n * n,
        (n) => Promise.resolve(n * n),
        (n) => okOf(n * n),
      ];
      for (const [i, way] of ways.entries()) {
        (await broker.subscribe(`square.${i}`, way)).unwrap();
        const answer = watch(
          (async () => await broker.request<number>(`square.${i}`, 7))(),
        );
        await pass(0);
        strictEqual(answer.value?.unwrap(), 49);
      }
      await broker.close();
    });

    it("request() fails where nobody is there, all fail, or nobody answers in time", async () => {
      const { broker, pass } = make({ retry: { maxAttempts: 1 } });
      (await broker.subscribe("fails", () => err(new RangeError("no"))))
        .unwrap();
      (await broker.subscribe("sleeps", async (_, { clock, signal }) => {
        await clock.sleep(1_000, { signal });
      })).unwrap();
      const codes: string[] = [];
      for (const topic of ["nobody", "fails", "sleeps"]) {
        const answer = watch(
          (async () => await broker.request(topic, 1, { timeoutMs: 10 }))(),
        );
        await pass(10);
        codes.push(answer.value!.unwrapErr().code);
      }
      deepStrictEqual(codes, [
        "MSG_PUBLISH_FAILED",
        "MSG_DEAD_LETTER",
        "TASK_TIMEOUT",
      ]);
      await pass(1_000);
      await broker.close();
    });

    it("trap 7: replay() sends a dead message again, to the one that could not handle it", async () => {
      const { broker, pass } = make(RETRY);
      const seen: string[] = [];
      let isUp = false;
      (await broker.subscribe("a", (n, { attempt, replays, meta }) => {
        seen.push(`${meta.id} ${n}: ${attempt}, ${replays}`);
        if (!isUp) throw new Error("down");
      }, { group: "broken" })).unwrap();
      let others = 0;
      (await broker.subscribe("a", () => void others++)).unwrap();
      (await broker.publish("a", 7, { id: "m1" })).unwrap();
      await pass(20);
      const [letter] = await lettersOf(broker);

      strictEqual((await broker.replay(letter!.id)).unwrap(), true);
      strictEqual(await broker.deadLetters.get(letter!.id), undefined);
      await pass(20);
      const [again, ...rest] = await lettersOf(broker);
      strictEqual(rest.length, 0);
      strictEqual(again?.replays, 1);
      strictEqual(again.attempts, 3);

      isUp = true;
      strictEqual((await broker.replay(again.id)).unwrap(), true);
      await pass(0);
      strictEqual(await broker.deadLetters.count(), 0);
      deepStrictEqual(seen.slice(3), [
        "m1 7: 1, 1",
        "m1 7: 2, 1",
        "m1 7: 3, 1",
        "m1 7: 1, 2",
      ]);
      strictEqual(others, 1);
      strictEqual((await broker.replay(again.id)).unwrap(), false);
      await broker.close();
    });

    it("replay() to the topic sends it to all that match", async () => {
      const { broker, pass } = make({ retry: { maxAttempts: 1 } });
      (await broker.subscribe("a", () => err("never"), { group: "g" }))
        .unwrap();
      await publish(broker, "a", 1);
      await pass(0);
      const seen: number[] = [];
      (await broker.subscribe("#", (n) => void seen.push(n))).unwrap();
      const [letter] = await lettersOf(broker);
      const result = await broker.replay(letter!.id, { to: "topic" });
      strictEqual(result.unwrap(), true);
      await pass(0);
      deepStrictEqual(seen, [1]);
      const [again] = await lettersOf(broker);
      deepStrictEqual([again?.subscription, again?.replays], ["g", 1]);
      await broker.close();
    });

    it("replay() keeps a letter that nobody is there for", async () => {
      const { broker, pass } = make({ retry: { maxAttempts: 1 } });
      const subscription = (await broker.subscribe("a", () => err("never"), {
        group: "g",
      })).unwrap();
      await publish(broker, "a", 1);
      await pass(0);
      await subscription.unsubscribe();
      const [letter] = await lettersOf(broker);
      for (const to of ["subscription", "topic"] as const) {
        const refused = await broker.replay(letter!.id, { to });
        strictEqual(refused.unwrapErr().code, "MSG_PUBLISH_FAILED");
      }
      strictEqual(await broker.deadLetters.count(), 1);
      const seen: number[] = [];
      (await broker.subscribe("a", (n) => void seen.push(n), { group: "g" }))
        .unwrap();
      strictEqual((await broker.replay(letter!.id)).unwrap(), true);
      await pass(0);
      deepStrictEqual(seen, [1]);
      await broker.close();
    });

    it("trap 7: unsubscribe() ends one subscription of a topic, and no other", async () => {
      const { broker, pass } = make({});
      const seen: string[] = [];
      const subscriptions = [];
      for (const name of ["a", "b", "c"]) {
        const on = (n: number): void => void seen.push(`${name}${n}`);
        const options = name === "c" ? {} : { group: name };
        subscriptions.push((await broker.subscribe("t", on, options)).unwrap());
      }
      strictEqual(subscriptions[1]!.isActive, true);
      await subscriptions[1]!.unsubscribe();
      await subscriptions[1]!.unsubscribe();
      strictEqual(subscriptions[1]!.isActive, false);
      strictEqual((await broker.publish("t", 1)).unwrap().routed, 2);
      await pass(0);
      deepStrictEqual(seen.toSorted(), ["a1", "c1"]);
      await broker.close();
    });

    it("unsubscribe() with drain handles what is held, without it forgets that", async () => {
      for (const drain of [true, false]) {
        const { broker, pass } = make({});
        const seen: number[] = [];
        const subscription =
          (await broker.subscribe("a", async (n, { clock }) => {
            await clock.sleep(10);
            seen.push(n);
          })).unwrap();
        await publish(broker, "a", 1, 2, 3);
        await pass(0);
        const ended = watch(subscription.unsubscribe({ drain }));
        strictEqual((await broker.publish("a", 4)).unwrap().routed, 0);
        await pass(drain ? 29 : 9);
        strictEqual(ended.isSettled, false);
        await pass(1);
        strictEqual(ended.isSettled, true);
        deepStrictEqual(seen, drain ? [1, 2, 3] : [1]);
        strictEqual(await broker.deadLetters.count(), 0);
        await broker.close();
      }
    });

    it("a signal ends a subscription, also one that was aborted before", async () => {
      const { broker, pass } = make({});
      const controller = new AbortController();
      const { signal } = controller;
      let calls = 0;
      const on = (): void => void calls++;
      const first = (await broker.subscribe("a", on, { signal })).unwrap();
      strictEqual(first.isActive, true);
      controller.abort();
      strictEqual(first.isActive, false);
      const second = (await broker.subscribe("a", on, { signal })).unwrap();
      strictEqual(second.isActive, false);
      await pass(0);
      strictEqual((await broker.publish("a", 1)).unwrap().routed, 0);
      await pass(0);
      strictEqual(calls, 0);
      await broker.close();
    });

    it("close() lets handlers end, retries included, and takes no more", async () => {
      const { broker, pass } = make(RETRY);
      const seen: number[] = [];
      (await broker.subscribe("a", (n, { attempt }) => {
        if (attempt < 3) return err("not yet");
        seen.push(n);
        return okOf();
      })).unwrap();
      await publish(broker, "a", 1, 2);
      await pass(0);
      const closed = watch(broker.close());
      const again = watch(broker.close());
      const codes = [
        (await broker.publish("a", 3)).unwrapErr().code,
        (await broker.subscribe("a", () => {})).unwrapErr().code,
        (await broker.request("a", 3)).unwrapErr().code,
      ];
      deepStrictEqual(new Set(codes), new Set(["MSG_BROKER_UNAVAILABLE"]));
      await pass(19);
      strictEqual(closed.isSettled, false);
      await pass(1);
      strictEqual(closed.isSettled && again.isSettled, true);
      deepStrictEqual(seen, [1, 2]);
    });

    it("close() makes dead letters of what is left at the end of drainMs", async () => {
      const { broker, pass } = make({});
      const subscription = (await broker.subscribe(
        "a",
        (_, { clock, signal }) => clock.sleep(1_000, { signal }),
        { group: "g" },
      )).unwrap();
      for (const n of [1, 2, 3]) {
        (await broker.publish("a", n, { key: "k" })).unwrap();
      }
      await pass(0);
      const closed = watch(broker.close({ drainMs: 20 }));
      await pass(19);
      strictEqual(closed.isSettled, false);
      await pass(1);
      strictEqual(closed.isSettled, true);
      const letters = await lettersOf(broker);
      deepStrictEqual(
        letters.map(({ message, reason }) => `${message} ${reason}`).toSorted(),
        ["1 closed", "2 closed", "3 closed"],
      );
      strictEqual(subscription.isActive, false);
      const refused = await broker.replay(letters[0]!.id);
      strictEqual(refused.unwrapErr().code, "MSG_BROKER_UNAVAILABLE");
      strictEqual(await broker.deadLetters.count(), 3);
    });

    it("Symbol.asyncDispose ends a subscription and a broker", async () => {
      const { broker } = make({});
      const subscription = (await broker.subscribe("a", () => {})).unwrap();
      await subscription[Symbol.asyncDispose]();
      strictEqual(subscription.isActive, false);
      await broker[Symbol.asyncDispose]();
      const { code } = (await broker.publish("a", 1)).unwrapErr();
      strictEqual(code, "MSG_BROKER_UNAVAILABLE");
    });
  });
}
