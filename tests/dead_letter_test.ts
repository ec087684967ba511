import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DeadLetter,
  type DeadLetterQueue,
  type DeadLetterReason,
  type DeadLetterRetryError,
  InMemoryDeadLetterQueue,
  isDeadLetterQueue,
} from "../src/dead_letter.ts";
import { ValidationError } from "../src/errors.ts";
import { ok as okOf, type Result } from "../src/result.ts";
import {
  deadLetterQueueConformance,
  letterOf,
} from "./conformance/dead_letter_queue_conformance.ts";
import {
  deferred,
  type Equal,
  expectType,
  NOT_NUMBERS,
} from "./foundation_support.ts";

deadLetterQueueConformance("InMemoryDeadLetterQueue", {
  make: (maxLetters) => new InMemoryDeadLetterQueue({ maxLetters }),
});

deadLetterQueueConformance("an asynchronous InMemoryDeadLetterQueue", {
  make: (maxLetters) =>
    deferred<DeadLetterQueue<string>>(
      new InMemoryDeadLetterQueue({ maxLetters }),
    ),
});

describe("InMemoryDeadLetterQueue", () => {
  it("throws at a bound that is not a whole number of 1 or more", () => {
    const bad = [0, -1, 1.5, NaN, Infinity, ...NOT_NUMBERS.map(([, it]) => it)];
    for (const maxLetters of bad) {
      if (maxLetters === undefined) continue;
      throws(
        () => new InMemoryDeadLetterQueue({ maxLetters: maxLetters as number }),
        (error) =>
          ValidationError.is(error) && error.message.includes("maxLetters"),
      );
    }
  });

  it("holds 10 000 letters where nothing else is said", () => {
    const queue = new InMemoryDeadLetterQueue<string>();
    for (let i = 0; i < 10_000; i++) queue.add(letterOf(`${i}`)).unwrap();
    const { params } = queue.add(letterOf("one more")).unwrapErr();
    deepStrictEqual(params, { max: 10_000 });
  });

  it("gives a letter as it was given", () => {
    const queue = new InMemoryDeadLetterQueue<string>();
    const letter = letterOf("1");
    queue.add(letter).unwrap();
    strictEqual(queue.get("1"), letter);
    strictEqual(queue.list()[0], letter);
  });

  it("list() throws at an offset that is not whole, as a repository does", () => {
    const queue = new InMemoryDeadLetterQueue();
    for (const bad of [0.5, Infinity]) {
      throws(() => queue.list({ offset: bad }), /offset/);
    }
  });

  it("list() throws at an offset or a limit that is not a number of 0 or more", () => {
    const queue = new InMemoryDeadLetterQueue<string>();
    for (const bad of [-1, NaN, "1", null]) {
      throws(() => queue.list({ offset: bad as number }), /offset/);
      throws(() => queue.list({ limit: bad as number }), /limit/);
    }
  });

  it("keeps the message's type", async () => {
    const queue = new InMemoryDeadLetterQueue<{ to: string }>();
    const letter = queue.get("1");
    expectType<Equal<typeof letter, DeadLetter<{ to: string }> | undefined>>();
    const wrong = letterOf("1");
    // @ts-expect-error A letter of another type.
    queue.add(wrong);
    const sent = await queue.retry("2", ({ message }) => {
      expectType<Equal<typeof message, { to: string }>>();
      return okOf();
    });
    expectType<Equal<typeof sent, Result<boolean, DeadLetterRetryError>>>();
    expectType<
      Equal<
        DeadLetterReason,
        "max_attempts" | "rejected" | "expired" | "overflow" | "closed"
      >
    >();
  });
});

describe("isDeadLetterQueue()", () => {
  it("asks for every method, and for nothing else", () => {
    const methods = ["add", "get", "list", "count", "retry", "discard"];
    const all = Object.fromEntries(methods.map((name) => [name, () => {}]));
    strictEqual(isDeadLetterQueue(all), true);
    for (const name of methods) {
      strictEqual(isDeadLetterQueue({ ...all, [name]: 1 }), false, name);
    }
    for (const [name, value] of NOT_NUMBERS) {
      strictEqual(isDeadLetterQueue(value), false, name);
    }
  });
});
