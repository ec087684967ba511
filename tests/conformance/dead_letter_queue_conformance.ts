/**
 * What every implementation of the `DeadLetterQueue` protocol does. The suite
 * knows the protocol and nothing else: its methods may be asynchronous.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DeadLetter,
  type DeadLetterQueue,
  isDeadLetterQueue,
  type Redeliver,
} from "../../src/dead_letter.ts";
import { MessagingError } from "../../src/errors.ts";
import { err, ok as okOf } from "../../src/result.ts";

/** Options of {@linkcode deadLetterQueueConformance}. */
export interface DeadLetterQueueConformanceOptions {
  /** Makes an empty queue that holds so many letters at the most. */
  readonly make: (maxLetters: number) => DeadLetterQueue<string>;
}

/** A letter; what matters to a test is given. */
export function letterOf(
  id: string,
  parts: Partial<DeadLetter<string>> & { readonly topic?: string } = {},
): DeadLetter<string> {
  const { topic = "a.b", ...others } = parts;
  return Object.freeze({
    id,
    message: `message of ${id}`,
    meta: Object.freeze({
      id: `m-${id}`,
      topic,
      key: undefined,
      publishedAt: 1,
      headers: Object.freeze({}),
    }),
    subscription: "mailer",
    reason: "max_attempts",
    attempts: 5,
    error: Object.freeze({ name: "Error", message: "no mail server" }),
    firstFailedAt: 2,
    deadAt: 3,
    replays: 0,
    ...others,
  });
}

const IDS = ["__proto__", "constructor", "toString", "0", "ü"] as const;

async function idsOf(queue: DeadLetterQueue<string>): Promise<string[]> {
  return (await queue.list()).map(({ id }) => id);
}

/**
 * Tests an implementation of `DeadLetterQueue`.
 *
 * @param name What the suite is called.
 * @param options How to make one.
 */
export function deadLetterQueueConformance(
  name: string,
  { make }: DeadLetterQueueConformanceOptions,
): void {
  /** A queue with letters of these ids. */
  async function holding(
    ...ids: readonly string[]
  ): Promise<DeadLetterQueue<string>> {
    const queue = make(100);
    for (const id of ids) (await queue.add(letterOf(id))).unwrap();
    return queue;
  }

  describe(`DeadLetterQueue conformance: ${name}`, () => {
    it("isDeadLetterQueue() is true", () => {
      strictEqual(isDeadLetterQueue(make(1)), true);
    });

    it("add() keeps all that is known of a letter", async () => {
      const queue = make(10);
      const bare = letterOf("bare", {
        error: undefined,
        firstFailedAt: undefined,
        attempts: 0,
        reason: "expired",
      });
      const full = letterOf("full", {
        replays: 2,
        meta: {
          id: "m",
          topic: "x",
          key: "k",
          publishedAt: 9,
          headers: { trace: "t" },
        },
      });
      for (const letter of [bare, full]) (await queue.add(letter)).unwrap();
      deepStrictEqual(await queue.get("bare"), bare);
      deepStrictEqual(await queue.get("full"), full);
      strictEqual(await queue.count(), 2);
    });

    it("get() and discard() know nothing of an id that is not there", async () => {
      const queue = await holding("d1");
      for (const id of [...IDS, "", "d"]) {
        strictEqual(await queue.get(id), undefined);
        strictEqual(await queue.discard(id), false);
      }
      strictEqual(await queue.count(), 1);
    });

    it("takes ids that objects have names of", async () => {
      const queue = await holding(...IDS);
      deepStrictEqual(new Set(await idsOf(queue)), new Set(IDS));
      for (const id of IDS) {
        strictEqual((await queue.get(id))?.message, `message of ${id}`);
        strictEqual((await queue.retry(id, () => okOf())).unwrap(), true);
        strictEqual(await queue.get(id), undefined);
      }
      strictEqual(await queue.count(), 0);
    });

    it("list() gives the oldest first, of one subscription, topic or part", async () => {
      const queue = make(10);
      const letters = [
        letterOf("1", { subscription: "mailer", topic: "x" }),
        letterOf("2", { subscription: "indexer", topic: "y" }),
        letterOf("3", { subscription: "mailer", topic: "y" }),
        letterOf("4", { subscription: "mailer", topic: "x" }),
      ];
      for (const letter of letters) (await queue.add(letter)).unwrap();
      const cases: readonly (readonly [
        options: Parameters<typeof queue.list>[0],
        ids: string,
      ])[] = [
        [undefined, "1234"],
        [{}, "1234"],
        [{ subscription: "mailer" }, "134"],
        [{ topic: "y" }, "23"],
        [{ subscription: "mailer", topic: "y" }, "3"],
        [{ subscription: "nobody" }, ""],
        [{ offset: 1 }, "234"],
        [{ limit: 2 }, "12"],
        [{ limit: 0 }, ""],
        [{ offset: 9 }, ""],
        [{ subscription: "mailer", offset: 1, limit: 1 }, "3"],
      ];
      for (const [options, ids] of cases) {
        const listed = await queue.list(options);
        strictEqual(listed.map(({ id }) => id).join(""), ids);
      }
    });

    it("list() is not changed by what comes later", async () => {
      const queue = await holding("1");
      const before = await queue.list();
      (await queue.add(letterOf("2"))).unwrap();
      await queue.discard("1");
      strictEqual(before.length, 1);
      deepStrictEqual(await idsOf(queue), ["2"]);
    });

    it("add() refuses a letter beyond the bound, until there is room", async () => {
      const queue = make(1);
      (await queue.add(letterOf("1"))).unwrap();
      const { code, params } = (await queue.add(letterOf("2"))).unwrapErr();
      strictEqual(code, "MSG_QUEUE_FULL");
      deepStrictEqual(params, { max: 1 });
      deepStrictEqual(await idsOf(queue), ["1"]);
      // A letter that is stored twice is there once.
      (await queue.add(letterOf("1", { replays: 7 }))).unwrap();
      strictEqual((await queue.get("1"))?.replays, 7);
      await queue.discard("1");
      (await queue.add(letterOf("2"))).unwrap();
      deepStrictEqual(await idsOf(queue), ["2"]);
    });

    it("trap 7: retry() sends the letter again, and it is gone then", async () => {
      const queue = await holding("1", "2");
      const sent: unknown[] = [];
      const redeliver: Redeliver<string> = (letter) => {
        sent.push(letter.message);
        return okOf(1);
      };
      strictEqual((await queue.retry("1", redeliver)).unwrap(), true);
      strictEqual((await queue.retry("1", redeliver)).unwrap(), false);
      deepStrictEqual(sent, ["message of 1"]);
      deepStrictEqual(await idsOf(queue), ["2"]);
    });

    it("trap 7: discard() throws one letter away", async () => {
      const queue = await holding("1", "2", "3");
      strictEqual(await queue.discard("2"), true);
      strictEqual(await queue.discard("2"), false);
      deepStrictEqual(await idsOf(queue), ["1", "3"]);
    });

    it("retry() keeps a letter that could not be sent, and it can be again", async () => {
      const queue = await holding("1");
      const failure = new MessagingError("MSG_QUEUE_FULL", { max: 1 });
      const result = await queue.retry("1", () => err(failure));
      strictEqual(result.unwrapErr(), failure);
      await rejects(
        async () =>
          await queue.retry("1", () => {
            throw new RangeError("thrown");
          }),
        RangeError,
      );
      await rejects(
        async () =>
          await queue.retry("1", () => Promise.reject(new TypeError("later"))),
        TypeError,
      );
      strictEqual(await queue.count(), 1);
      strictEqual((await queue.retry("1", () => okOf())).unwrap(), true);
      strictEqual(await queue.count(), 0);
    });

    it("retry() keeps the letter until it has been sent, for nobody else", async () => {
      const queue = await holding("1");
      const sending = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      let calls = 0;
      const redeliver: Redeliver<string> = async () => {
        calls++;
        begun.resolve();
        await sending.promise;
        return okOf();
      };
      const first = queue.retry("1", redeliver);
      await begun.promise;
      strictEqual((await queue.get("1"))?.id, "1");
      strictEqual(await queue.count(), 1);
      strictEqual((await queue.retry("1", redeliver)).unwrap(), false);
      strictEqual(await queue.discard("1"), false);
      sending.resolve();
      strictEqual((await first).unwrap(), true);
      strictEqual(calls, 1);
      strictEqual(await queue.count(), 0);
    });

    it("retry() twice at once sends it once", async () => {
      const queue = await holding("1");
      let calls = 0;
      const redeliver: Redeliver<string> = async () => {
        calls++;
        await undefined;
        return okOf();
      };
      const results = await Promise.all([
        queue.retry("1", redeliver),
        queue.retry("1", redeliver),
      ]);
      deepStrictEqual(
        results.map((result) => result.unwrap()).toSorted(),
        [false, true],
      );
      strictEqual(calls, 1);
    });

    it("retry() keeps a letter that died again on its way", async () => {
      const queue = await holding("1");
      const result = await queue.retry("1", async ({ id }) => {
        const again = letterOf(id, { replays: 1 });
        return (await queue.add(again)).map(() => true);
      });
      strictEqual(result.unwrap(), true);
      strictEqual((await queue.get("1"))?.replays, 1);
      ok(await queue.discard("1"), "it is still taken to be on its way");
    });
  });
}
