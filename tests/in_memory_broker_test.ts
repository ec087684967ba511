import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import { type Clock, systemClock } from "../src/clock.ts";
import {
  type DeadLetter,
  type DeadLetterQueue,
  InMemoryDeadLetterQueue,
} from "../src/dead_letter.ts";
import {
  type ErrorOf,
  MessagingError,
  ValidationError,
} from "../src/errors.ts";
import {
  InMemoryBroker,
  type InMemoryBrokerOptions,
} from "../src/in_memory_broker.ts";
import {
  type DeliveryFailure,
  type DeliveryOptions,
  isMessageBroker,
  type MessageBroker,
  type MessageContext,
  type MessageMeta,
  type MessageSubscribeOptions,
  type MessageSubscription,
  type PublishError,
  type PublishOptions,
  type PublishReceipt,
  type RequestError,
} from "../src/message_broker.ts";
import type { Awaitable } from "../src/protocols.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import { ManualClock } from "../src/testing.ts";
import {
  type BrokerUnderTest,
  messageBrokerConformance,
} from "./conformance/message_broker_conformance.ts";
import {
  assertDeeplyFrozen,
  CountingSignal,
  deferred,
  type Equal,
  expectType,
  NOT_NUMBERS,
  watch,
  type Watched,
} from "./foundation_support.ts";
import { hearUnhandled } from "./unhandled_support.ts";

/** Lets promises settle that wait for nothing but each other. */
async function flush(ticks = 40): Promise<void> {
  for (let i = 0; i < ticks; i++) await undefined;
}

/** Moves the clock on by whole ms, and lets promises settle before and after each. */
async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  await flush();
  clock.advance(0);
  await flush();
  for (let i = 0; i < durationMs; i++) {
    clock.advance(1);
    await flush();
  }
}

type Topics = Record<string, number>;

function underTest(
  options: DeliveryOptions,
  deadLetters: DeadLetterQueue<number>,
): BrokerUnderTest {
  const clock = new ManualClock({ now: 1_000_000 });
  const failures: BrokerUnderTest["failures"][number][] = [];
  const broker = new InMemoryBroker<Topics>({
    clock,
    deadLetters,
    onError: ({ code }, failure) => failures.push({ code, ...failure }),
    ...options,
  });
  return { broker, failures, pass: (durationMs) => pass(clock, durationMs) };
}

messageBrokerConformance("InMemoryBroker", {
  make: (options) => underTest(options, new InMemoryDeadLetterQueue()),
});

messageBrokerConformance("InMemoryBroker with asynchronous dead letters", {
  make: (options) =>
    underTest(
      options,
      deferred<DeadLetterQueue<number>>(new InMemoryDeadLetterQueue()),
    ),
});

// --- what the tests need

type BrokerError = ErrorOf<"MSG_HANDLER_ERROR" | "MSG_BROKER_UNAVAILABLE">;

/** Dead letters that are stored or not, as the test will have it. */
class Letters extends InMemoryDeadLetterQueue<number> {
  /** The letters of every attempt to store one. */
  readonly tried: DeadLetter<number>[] = [];
  fail: (() => Awaitable<Result<void, ErrorOf<"MSG_QUEUE_FULL">>>) | undefined;

  override add(
    letter: DeadLetter<number>,
  ): ReturnType<InMemoryDeadLetterQueue<number>["add"]> {
    this.tried.push(letter);
    return (this.fail?.() ?? super.add(letter)) as ReturnType<
      InMemoryDeadLetterQueue<number>["add"]
    >;
  }
}

interface Bench {
  readonly clock: ManualClock;
  readonly broker: InMemoryBroker<Topics>;
  readonly letters: Letters;
  /** What `onError` was told. */
  readonly errors: {
    readonly error: BrokerError;
    readonly failure: DeliveryFailure;
  }[];
  /** Adds a subscription that must begin. */
  readonly on: (
    pattern: string,
    handler: (message: number, context: MessageContext) => unknown,
    options?: MessageSubscribeOptions,
  ) => MessageSubscription;
  /** Publishes a message that must be published at once. */
  readonly put: (
    topic: string,
    message: number,
    options?: PublishOptions,
  ) => Promise<PublishReceipt>;
  /** Publishes a message that may have to wait. */
  readonly send: (
    topic: string,
    message: number,
    options?: PublishOptions,
  ) => Watched<Result<PublishReceipt, PublishError>>;
}

/** A broker with a clock and dead letters of its own. */
function bench(
  options: Partial<InMemoryBrokerOptions<Topics>> = {},
): Bench {
  const clock = new ManualClock({ now: 1_000_000 });
  const letters = new Letters();
  const errors: Bench["errors"] = [];
  const broker = new InMemoryBroker<Topics>({
    clock,
    deadLetters: letters,
    onError: (error, failure) => errors.push({ error, failure }),
    ...options,
  });
  const on: Bench["on"] = (pattern, handler, subscribeOptions) =>
    broker.subscribe(pattern, handler, subscribeOptions).unwrap();
  const send: Bench["send"] = (topic, message, publishOptions) =>
    watch(broker.publish(topic, message, publishOptions));
  const put: Bench["put"] = async (topic, message, publishOptions) => {
    const sent = send(topic, message, publishOptions);
    await flush();
    strictEqual(sent.isSettled, true, "it is not published");
    return sent.value!.unwrap();
  };
  return { clock, broker, letters, errors, on, put, send };
}

/** Closes the broker, and looks that nothing is left. */
async function closeBench({ broker, clock }: Bench): Promise<void> {
  const closed = watch(broker.close({ drainMs: 0 }));
  await pass(clock, 0);
  strictEqual(closed.isSettled, true, "it has not closed");
  strictEqual(clock.pending, 0, "a timer is left");
}

/** A handler that comes to its end from outside. */
class Gate {
  readonly started: number[] = [];
  readonly contexts: MessageContext[] = [];
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();

  readonly handler = (message: number, context: MessageContext): unknown => {
    this.started.push(message);
    this.contexts.push(context);
    const gate = Promise.withResolvers<unknown>();
    this.#open.set(message, gate);
    return gate.promise;
  };

  async pass(...messages: readonly number[]): Promise<void> {
    for (const message of messages) this.#open.get(message)!.resolve(message);
    await flush();
  }

  async fail(message: number, error: unknown = new Error("as told")): Promise<
    void
  > {
    this.#open.get(message)!.reject(error);
    await flush();
  }
}

/** Work that goes on whatever it is told. */
function deaf(): Promise<never> {
  return new Promise(() => {});
}

function lost(): never {
  throw new Error("not reachable");
}

/** Every attempt fails; there are two, 10 ms apart. */
const TWICE: DeliveryOptions = {
  retry: { maxAttempts: 2, backoff: () => 10 },
};
const ONCE: DeliveryOptions = { retry: { maxAttempts: 1 } };

const BAD_DURATIONS = [-1, NaN, "5", null];
const BAD_COUNTS = [0, -1, 1.5, NaN, Infinity, "5", null];

/** What none of the options of a delivery may be. */
const BAD_DELIVERY: readonly (readonly [name: string, value: unknown])[] = [
  ...BAD_DURATIONS.map((it) => ["timeoutMs", it] as const),
  ...BAD_COUNTS.map((it) => ["capacity", it] as const),
  ["overflow", "drop"],
  ["overflow", "__proto__"],
  ["overflow", null],
];

function naming(name: string): (error: unknown) => boolean {
  return (error) =>
    ValidationError.is(error) && error.code === "VALIDATION_INVALID_OPTION" &&
    error.params.field === name;
}

describe("new InMemoryBroker()", () => {
  const onError = (): void => {};

  it("throws at options that are none", () => {
    const bad: readonly (readonly [name: string, value: unknown])[] = [
      ...[undefined, null, 1, {}].map((it) => ["onError", it] as const),
      ...[null, [], {}, 1].map((it) => ["deadLetters", it] as const),
      ...BAD_DURATIONS.map((it) => ["dedupeMs", it] as const),
      ...BAD_DURATIONS.map((it) => ["abandonAfterMs", it] as const),
      ...BAD_DELIVERY,
    ];
    for (const [name, value] of bad) {
      const options = { onError, [name]: value } as never;
      throws(() => new InMemoryBroker(options), naming(name), name);
    }
    const retries = [{ maxAttempts: 0 }, { baseDelayMs: -1 }, { factor: 0 }];
    for (const retry of retries) {
      const [name] = Object.keys(retry);
      throws(() => new InMemoryBroker({ onError, retry }), naming(name!));
    }
    throws(
      () =>
        new InMemoryBroker({
          onError,
          retry: { backoff: () => 1, baseDelayMs: 1 },
        }),
      naming("baseDelayMs"),
    );
  });

  it("works with the system's clock and a queue of its own", async () => {
    const broker = new InMemoryBroker<Topics>({ onError, ...ONCE });
    const clocks: Clock[] = [];
    broker.subscribe("a", (_, { clock }) => {
      clocks.push(clock);
      return err("no");
    }).unwrap();
    (await broker.publish("a", 1)).unwrap();
    await broker.close();
    deepStrictEqual(clocks, [systemClock]);
    strictEqual(await broker.deadLetters.count(), 1);
  });

  it("makes five attempts, after 100 ms at first and 30 s at most, by chance", async () => {
    for (const [chance, first] of [[0, 50], [1, 100]] as const) {
      const it = bench({ retry: { random: () => chance } });
      it.on("a", () => err("no"));
      await it.put("a", 1);
      for (let i = 0; i < 4; i++) {
        it.clock.advance(30_000);
        await flush();
      }
      const delays = it.errors.map(({ failure }) => failure.retryDelayMs);
      deepStrictEqual(delays, [
        first,
        ...[200, 400, 800].map((most) => chance === 1 ? most : 50),
        undefined,
      ]);
      await closeBench(it);
    }
    const it = bench({ retry: { maxAttempts: 11, random: () => 1 } });
    it.on("a", () => err("no"));
    await it.put("a", 1);
    for (let i = 0; i < 10; i++) {
      it.clock.advance(30_000);
      await flush();
    }
    strictEqual(it.errors[9]?.failure.retryDelayMs, 30_000);
    await closeBench(it);
  });
});

describe("InMemoryBroker.subscribe()", () => {
  it("throws at options that are none, and leaves nothing behind", async () => {
    const it = bench();
    const bad: readonly (readonly [name: string, value: unknown])[] = [
      ...BAD_COUNTS.map((it) => ["concurrency", it] as const),
      ...["", " ", 1, null, "a\n"].map((it) => ["group", it] as const),
      ...BAD_DELIVERY,
    ];
    for (const [name, value] of bad) {
      const options = { [name]: value } as never;
      throws(() => it.broker.subscribe("a", lost, options), naming(name));
    }
    for (const [, handler] of NOT_NUMBERS) {
      if (typeof handler === "function") continue;
      throws(
        () => it.broker.subscribe("a", handler as never),
        naming("handler"),
      );
    }
    const retry = { maxAttempts: 0 };
    const group = "g";
    throws(() => it.broker.subscribe("a", lost, { retry, group }));
    strictEqual((await it.put("a", 1)).routed, 0);
    it.on("b", () => {}, { group }); // It may have another pattern.
    await closeBench(it);
  });

  it("throws at delivery options of one that joins a group", async () => {
    const it = bench();
    const group = "g";
    it.on("a", () => {}, { group, capacity: 1, timeoutMs: 1, ...ONCE });
    const options: readonly DeliveryOptions[] = [
      { capacity: 1 },
      { timeoutMs: 1 },
      { overflow: "wait" },
      { retry: {} },
    ];
    for (const option of options) {
      const [name] = Object.keys(option);
      throws(
        () => it.broker.subscribe("a", lost, { group, ...option }),
        naming(name!),
      );
    }
    it.on("a", () => {}, { group, concurrency: 2 });
    await closeBench(it);
  });

  it("names what has no group by itself, and no other group", async () => {
    const it = bench();
    const taken = it.on("a", () => {}, { group: "a:1" });
    const names = [taken, it.on("a", () => {}), it.on("a", () => {})].map((
      { name },
    ) => name);
    strictEqual(new Set(names).size, 3);
    strictEqual((await it.put("a", 1)).routed, 3);
    await closeBench(it);
  });

  it("takes a group that objects have a name of", async () => {
    const it = bench(ONCE);
    for (const group of ["__proto__", "constructor"]) {
      it.on("a", () => err("no"), { group });
    }
    await it.put("a", 1);
    for (const letter of it.letters.list()) {
      strictEqual((await it.broker.replay(letter.id)).unwrap(), true);
      await flush();
    }
    deepStrictEqual(
      it.letters.list().map((letter) => letter.subscription),
      ["__proto__", "constructor"],
    );
    await closeBench(it);
  });

  it("has the broker's delivery options, but for its own", async () => {
    const it = bench({ ...ONCE, capacity: 1, overflow: "reject" });
    it.on("a", () => err("no"));
    it.on("b", deaf, { capacity: 2, timeoutMs: 5 });
    await it.put("a", 1);
    strictEqual(it.letters.count(), 1);
    await it.put("b", 1);
    await it.put("b", 2);
    const refused = it.send("b", 3);
    await flush();
    strictEqual(refused.value?.unwrapErr().code, "MSG_QUEUE_FULL");
    deepStrictEqual(refused.value?.unwrapErr().params, { max: 2 });
    const closed = watch(it.broker.close({ drainMs: 0 }));
    await pass(it.clock, 0);
    it.clock.advance(1_000);
    await flush();
    strictEqual(closed.isSettled, true);
  });

  it("lets go of its signal when it ends, however it ends", async () => {
    const it = bench();
    const signal = new CountingSignal();
    const options = { signal: signal.asSignal() };
    const subscription = it.on("a", () => {}, options);
    it.on("a", () => {}, options);
    strictEqual(signal.listenerCount, 2);
    await subscription.unsubscribe();
    strictEqual(signal.listenerCount, 1);
    await closeBench(it);
    strictEqual(signal.listenerCount, 0);
  });
});

describe("InMemoryBroker, members of a group", () => {
  it("take messages in turns", async () => {
    const it = bench();
    const seen: string[] = [];
    for (const name of ["a", "b", "c"]) {
      it.on("t", (n) => void seen.push(`${name}${n}`), { group: "g" });
    }
    for (let i = 0; i < 6; i++) await it.put("t", i);
    deepStrictEqual(seen, ["a0", "b1", "c2", "a3", "b4", "c5"]);
    await closeBench(it);
  });

  it("have as many at a time as each has said", async () => {
    const it = bench();
    const one = new Gate();
    const two = new Gate();
    it.on("t", one.handler, { group: "g" });
    it.on("t", two.handler, { group: "g", concurrency: 2 });
    for (let i = 0; i < 5; i++) await it.put("t", i);
    deepStrictEqual([one.started, two.started], [[0], [1, 2]]);
    await two.pass(1);
    deepStrictEqual([one.started, two.started], [[0], [1, 2, 3]]);
    await one.pass(0);
    deepStrictEqual([one.started, two.started], [[0, 4], [1, 2, 3]]);
    await closeAll(it, one, two);
  });

  it("do what is tried again after one has left, and what waits", async () => {
    const it = bench(TWICE);
    const seen: string[] = [];
    const gate = new Gate();
    const first = it.on("t", gate.handler, { group: "g" });
    await it.put("t", 1);
    await it.put("t", 2);
    it.on("t", (n, { attempt }) => void seen.push(`${n}: ${attempt}`), {
      group: "g",
    });
    await flush();
    deepStrictEqual(seen, ["2: 1"]);
    const left = watch(first.unsubscribe());
    await flush();
    strictEqual(left.isSettled, false);
    await gate.fail(1);
    strictEqual(left.isSettled, true);
    await pass(it.clock, 10);
    deepStrictEqual(seen, ["2: 1", "1: 2"]);
    await it.put("t", 3);
    deepStrictEqual(gate.started, [1]);
    await closeBench(it);
  });

  it("that leave end all they were given", async () => {
    const it = bench();
    const gate = new Gate();
    const leaving = it.on("t", gate.handler, { group: "g", concurrency: 2 });
    for (const n of [1, 2]) await it.put("t", n);
    it.on("t", gate.handler, { group: "g" });
    const left = watch(leaving.unsubscribe());
    await gate.pass(1);
    strictEqual(left.isSettled, false);
    await gate.pass(2);
    strictEqual(left.isSettled, true);
    await closeBench(it);
  });

  it("that end together drain what the group holds", async () => {
    const it = bench();
    const gates = [new Gate(), new Gate()];
    const members = gates.map(({ handler }) =>
      it.on("t", handler, { group: "g" })
    );
    for (let i = 0; i < 4; i++) await it.put("t", i);
    const ended = members.map((member) =>
      watch(member.unsubscribe({ drain: true }))
    );
    await flush();
    await gates[0]!.pass(0);
    deepStrictEqual(ended.map(({ isSettled }) => isSettled), [true, false]);
    for (const n of [1, 2, 3]) await gates[1]!.pass(n);
    deepStrictEqual(gates[1]!.started, [1, 2, 3]);
    strictEqual(ended[1]!.isSettled, true);
    await closeBench(it);
  });

  it("of a group that comes anew while the old one ends are on their own", async () => {
    const it = bench(ONCE);
    const old = new Gate();
    const group = "g";
    const first = it.on("t", old.handler, { group });
    await it.put("t", 1);
    await it.put("t", 2);
    const ended = watch(first.unsubscribe({ drain: true }));
    const seen: number[] = [];
    // It may even have another pattern, and other options.
    it.on("*", (n) => void seen.push(n), { group, capacity: 1 });
    strictEqual((await it.put("t", 3)).routed, 1);
    deepStrictEqual(seen, [3]);
    await old.fail(1);
    const [letter] = it.letters.list();
    strictEqual((await it.broker.replay(letter!.id)).unwrap(), true);
    await flush();
    deepStrictEqual(seen, [3, 1]);
    await old.pass(2);
    strictEqual(ended.isSettled, true);
    strictEqual((await it.put("t", 4)).routed, 1);
    await closeBench(it);
  });
});

/** Lets all that the gates hold end, until nothing is left. */
async function closeAll(it: Bench, ...gates: readonly Gate[]): Promise<void> {
  const closed = watch(it.broker.close());
  for (let i = 0; i < 20 && !closed.isSettled; i++) {
    for (const gate of gates) await gate.pass(...new Set(gate.started));
    await pass(it.clock, 10);
  }
  strictEqual(closed.isSettled, true, "it has not closed");
  strictEqual(it.clock.pending, 0, "a timer is left");
}

describe("InMemoryBroker, order", () => {
  it("is that of the calls, not of their answers", async () => {
    const it = bench();
    const seen: number[] = [];
    it.on("a", (n) => void seen.push(n));
    for (let i = 0; i < 50; i++) void it.broker.publish("a", i);
    await flush(400);
    deepStrictEqual(seen, [...Array(50).keys()]);
    await closeBench(it);
  });

  it("is kept by publishers who wait", async () => {
    const it = bench({ capacity: 2 });
    const seen: number[] = [];
    it.on("a", async (n) => {
      await undefined;
      seen.push(n);
    });
    const sent = Array.from({ length: 20 }, (_, i) => it.send("a", i));
    await flush(1_000);
    deepStrictEqual(seen, [...Array(20).keys()]);
    ok(sent.every(({ isSettled }) => isSettled));
    await closeBench(it);
  });

  it("is kept between one who has waited for room and one who comes as there is some", async () => {
    const it = bench({ capacity: 2 });
    const gate = new Gate();
    it.on("a", gate.handler, { concurrency: 2 });
    for (const n of [1, 2]) await it.put("a", n);
    const waiting = [it.send("a", 3)];
    const freed = gate.pass(1, 2);
    // By now there is room for both, and the first does not know yet.
    void Promise.resolve().then(() => waiting.push(it.send("a", 4)));
    await freed;
    deepStrictEqual(gate.started, [1, 2, 3, 4]);
    ok(waiting.every(({ value }) => value?.ok));
    await closeAll(it, gate);
  });

  it("of a message that is tried again is that of its publishing", async () => {
    const it = bench(TWICE);
    const gate = new Gate();
    it.on("a", gate.handler);
    for (let i = 0; i < 3; i++) await it.put("a", i);
    await gate.fail(0);
    it.clock.advance(10); // While the next one is handled.
    await gate.pass(1);
    deepStrictEqual(gate.started, [0, 1, 0]);
    await closeAll(it, gate);
  });

  it("of one key holds through a dead letter, which is stored first", async () => {
    const it = bench(ONCE);
    const seen: number[] = [];
    it.on("a", (n) => {
      seen.push(n);
      return n === 1 ? err("no") : okOf();
    }, { concurrency: 9 });
    const storing = Promise.withResolvers<Result<void, never>>();
    it.letters.fail = () => storing.promise;
    for (const key of ["__proto__", "constructor"]) {
      await it.put("a", 1, { key });
      await it.put("a", 2, { key });
    }
    deepStrictEqual(seen, [1, 1]);
    storing.resolve(okOf());
    await flush();
    deepStrictEqual(seen, [1, 1, 2, 2]);
    await it.put("a", 3, { key: "__proto__" });
    deepStrictEqual(seen, [1, 1, 2, 2, 3]);
    await closeBench(it);
  });

  it("of one key is not kept between groups", async () => {
    const it = bench(TWICE);
    const seen: string[] = [];
    it.on("a", () => err("no"));
    it.on("a", (n) => void seen.push(`${n}`));
    for (const n of [1, 2]) await it.put("a", n, { key: "k" });
    deepStrictEqual(seen, ["1", "2"]);
    await closeBench(it);
  });
});

describe("InMemoryBroker, failures", () => {
  it("tells onError once of each attempt that failed, with what it failed with", async () => {
    const it = bench(TWICE);
    const thenable = {
      then: (_: unknown, reject: (error: unknown) => void): void =>
        reject(failures[3]),
    };
    const failures = [0, 1, 2, 3].map((i) => new RangeError(`way ${i}`));
    const ways: readonly (() => unknown)[] = [
      () => {
        throw failures[0];
      },
      () => Promise.reject(failures[1]),
      () => err(failures[2]),
      () => thenable,
    ];
    it.on("a", (n) => ways[n]!());
    for (const n of [0, 1, 2, 3]) await it.put("a", n);
    await pass(it.clock, 10);
    strictEqual(it.errors.length, 8);
    for (const [i, { error, failure }] of it.errors.entries()) {
      strictEqual(error.code, "MSG_HANDLER_ERROR");
      strictEqual(error.cause, failures[i % 4]);
      ok(error.message.includes(`way ${i % 4}`));
      strictEqual(failure.attempt, i < 4 ? 1 : 2);
      strictEqual(failure.retryDelayMs, i < 4 ? 10 : undefined);
    }
    strictEqual(it.letters.count(), 4);
    await closeBench(it);
  });

  it("counts what is no promise, and Ok, as done", async () => {
    const it = bench();
    const values = [undefined, null, 0, "", okOf(), okOf(err("inner")), {
      then: 1,
    }];
    it.on("a", (n) => values[n]);
    for (const n of values.keys()) await it.put("a", n);
    strictEqual(it.errors.length, 0);
    strictEqual(it.letters.count(), 0);
    await closeBench(it);
  });

  it("keeps a letter of what was thrown, whatever it is, and shows no more than its type", async () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const unreadable = Object.defineProperty(new Error(), "message", {
      get(): never {
        throw new Error("unreadable");
      },
    });
    const things = [undefined, null, "hunter2", revoked.proxy, unreadable];
    const it = bench(ONCE);
    it.on("a", (n) => {
      throw things[n];
    });
    for (const n of things.keys()) await it.put("a", n);
    deepStrictEqual(
      it.letters.list().map(({ error }) => error?.name),
      ["undefined", "null", "string", "TypeError", "object"],
    );
    strictEqual(it.errors.length, things.length);
    await closeBench(it);
  });

  it("does not try again what the policy refuses, nor where its callbacks throw", async () => {
    const thrown = new TypeError("a bug of the policy");
    const it = bench({
      retry: {
        maxAttempts: 9,
        backoff: () => 10,
        retryOn: [RangeError],
        shouldRetry: (error) => {
          const { message } = error as RangeError;
          if (message === "throws") throw thrown;
          return message === "in 5" ? { delayMs: 5 } : false;
        },
      },
    });
    const errors = [
      new TypeError("not of the class"),
      new RangeError("refused"),
      new RangeError("throws"),
      new RangeError("in 5"),
    ];
    let attempts = 0;
    it.on("a", (n, { attempt }) => {
      attempts++;
      if (attempt === 1) throw errors[n];
    });
    for (const n of errors.keys()) await it.put("a", n);
    deepStrictEqual(
      it.letters.list().map(({ reason, error }) => [reason, error?.message]),
      [
        ["rejected", "not of the class"],
        ["rejected", "refused"],
        ["rejected", "a bug of the policy"],
      ],
    );
    strictEqual(it.errors[2]?.error.cause, thrown);
    strictEqual(it.errors[3]?.failure.retryDelayMs, 5);
    await pass(it.clock, 5);
    strictEqual(attempts, 5);
    await closeBench(it);
  });

  it("pays retries out of a budget, and earns by first-time successes", async () => {
    const told: string[] = [];
    const it = bench({
      retry: {
        backoff: () => 10,
        budget: {
          deposit: () => void told.push("deposit"),
          withdraw: () => told.push("withdraw") < 3,
        },
      },
    });
    it.on("a", (n, { attempt }) => n < attempt ? okOf() : err("no"));
    await it.put("a", 0); // Succeeds at once.
    await it.put("a", 1); // Is tried again.
    await it.put("a", 9); // Cannot be.
    await pass(it.clock, 10);
    deepStrictEqual(told, ["deposit", "withdraw", "withdraw"]);
    deepStrictEqual(it.letters.list().map(({ reason }) => reason), [
      "rejected",
    ]);
    await closeBench(it);
  });

  it("waits for ever where the backoff says so, until it is closed", async () => {
    const it = bench({ retry: { backoff: () => Infinity } });
    it.on("a", () => err("no"));
    await it.put("a", 1);
    strictEqual(it.clock.pending, 0);
    await closeBench(it);
    deepStrictEqual(it.letters.list().map(({ reason }) => reason), ["closed"]);
  });

  it("gives the place of a handler that does not stop to the next message", async () => {
    const it = bench({ timeoutMs: 10, abandonAfterMs: 5, ...ONCE });
    const started: number[] = [];
    const signals: AbortSignal[] = [];
    let finish: (() => void) | undefined;
    it.on("a", (n, { signal }) => {
      started.push(n);
      signals.push(signal);
      return n > 1
        ? undefined
        : new Promise<void>((resolve) => finish = resolve);
    });
    await it.put("a", 1);
    await it.put("a", 2);
    await pass(it.clock, 10);
    strictEqual(signals[0]?.aborted, true);
    strictEqual((signals[0]?.reason as { code: string }).code, "TASK_TIMEOUT");
    await pass(it.clock, 4);
    deepStrictEqual(started, [1]);
    strictEqual(it.errors.length, 0);
    await pass(it.clock, 1);
    deepStrictEqual(started, [1, 2]);
    const [letter] = it.letters.list();
    strictEqual(letter?.error?.code, "TASK_TIMEOUT");
    // What it comes to later is of no account.
    finish!();
    await flush();
    strictEqual(it.errors.length, 1);
    strictEqual(it.letters.count(), 1);
    await closeBench(it);
  });

  it("counts an attempt as done that succeeded after its time", async () => {
    const it = bench({ timeoutMs: 10 });
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 1);
    await pass(it.clock, 10);
    await gate.pass(1);
    strictEqual(it.errors.length, 0);
    await closeBench(it);
  });

  it("gives up a message whose time is up before it is tried again", async () => {
    const it = bench({ retry: { backoff: () => 10 } });
    it.on("a", () => err("no"));
    await it.put("a", 1, { ttlMs: 15 });
    await pass(it.clock, 20);
    const [letter] = it.letters.list();
    strictEqual(letter?.reason, "expired");
    strictEqual(letter.attempts, 2);
    strictEqual(letter.firstFailedAt, 1_000_000);
    strictEqual(letter.deadAt, 1_000_020);
    ok(letter.error !== undefined);
    await closeBench(it);
  });

  it("gives up a message at once that has no time, and never for its age when it is replayed", async () => {
    const it = bench();
    let calls = 0;
    it.on("a", () => void calls++);
    await it.put("a", 1, { ttlMs: 0 });
    strictEqual(calls, 0);
    const [letter] = it.letters.list();
    await pass(it.clock, 1);
    strictEqual((await it.broker.replay(letter!.id)).unwrap(), true);
    await flush();
    strictEqual(calls, 1);
    await closeBench(it);
  });

  it("freezes what it tells of a message, and not the message", async () => {
    const clock = new ManualClock();
    const broker = new InMemoryBroker<{ a: { n: number } }>({
      clock,
      onError() {},
      ...ONCE,
    });
    const seen: MessageMeta[] = [];
    broker.subscribe("a", (message, { meta }) => {
      seen.push(meta);
      message.n++;
      throw new RangeError("no");
    }).unwrap();
    const message = { n: 1 };
    const headers: Record<string, string> = JSON.parse('{"__proto__":"x"}');
    (await broker.publish("a", message, { headers, key: "k" })).unwrap();
    headers["later"] = "y";
    await flush();
    const [letter] = await broker.deadLetters.list();
    const { message: same, ...others } = letter!;
    strictEqual(same, message);
    strictEqual(same.n, 2);
    strictEqual(Object.isFrozen(letter), true);
    assertDeeplyFrozen(Object.freeze(others));
    strictEqual(letter!.meta, seen[0]);
    deepStrictEqual(Object.entries(seen[0]!.headers), [["__proto__", "x"]]);
    await broker.close();
  });
});

describe("InMemoryBroker, room", () => {
  it("is taken by messages that are handled or tried again, too", async () => {
    const it = bench({ ...TWICE, capacity: 2, overflow: "reject" });
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 1);
    await gate.fail(1);
    await it.put("a", 2);
    const refused = it.send("a", 3);
    await flush();
    strictEqual(refused.value?.ok, false);
    await gate.pass(2);
    await it.put("a", 4);
    await closeAll(it, gate);
  });

  it("publish() is cancelled by its signal while it waits, and takes nothing", async () => {
    const it = bench({ capacity: 1 });
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 1);
    const signal = new CountingSignal();
    const cancelled = it.send("a", 2, { signal: signal.asSignal() });
    const waiting = it.send("a", 3);
    await flush();
    signal.abort("why");
    await flush();
    const error = cancelled.value?.unwrapErr();
    strictEqual(error?.code, "MSG_PUBLISH_FAILED");
    deepStrictEqual(error.params, { topic: "a", reason: "it was cancelled" });
    strictEqual(error.cause, "why");
    strictEqual(signal.listenerCount, 0);
    await gate.pass(1);
    strictEqual(waiting.isSettled, true);
    deepStrictEqual(gate.started, [1, 3]);
    await closeAll(it, gate);
  });

  it("publish() with a signal that is aborted publishes nothing", async () => {
    const it = bench({ capacity: 1 });
    const gate = new Gate();
    const signal = AbortSignal.abort("why");
    it.on("a", gate.handler);
    const sent = ["nobody", "a", "a"].map((topic) =>
      it.send(topic, 1, { signal })
    );
    await it.put("a", 2);
    sent.push(it.send("a", 3, { signal })); // It would have to wait.
    await flush();
    for (const { value } of sent) strictEqual(value?.unwrapErr().cause, "why");
    deepStrictEqual(gate.started, [2]);
    await closeAll(it, gate);
  });

  it("publish() lets go of its signal when it has room", async () => {
    const it = bench({ capacity: 1 });
    const gate = new Gate();
    it.on("a", gate.handler);
    const signal = new CountingSignal();
    for (const n of [1, 2]) it.send("a", n, { signal: signal.asSignal() });
    await flush();
    strictEqual(signal.listenerCount, 1);
    await gate.pass(1);
    strictEqual(signal.listenerCount, 0);
    signal.abort("too late");
    await gate.pass(2);
    deepStrictEqual(gate.started, [1, 2]);
    await closeBench(it);
  });

  it("publish() goes to nobody where its signal is aborted as room comes", async () => {
    const it = bench({ capacity: 1 });
    const gates = [new Gate(), new Gate()];
    const signal = new CountingSignal();
    for (const { handler } of gates) it.on("a", handler);
    await it.put("a", 1);
    const waiting = it.send("a", 2, { signal: signal.asSignal() });
    await flush();
    await gates[0]!.pass(1); // Now it waits for the second.
    strictEqual(signal.listenerCount, 1);
    signal.abort("why");
    await flush();
    strictEqual(waiting.value?.unwrapErr().code, "MSG_PUBLISH_FAILED");
    await gates[1]!.pass(1);
    await it.put("a", 3); // The room of the first is free again.
    deepStrictEqual(gates.map(({ started }) => started), [[1, 3], [1, 3]]);
    await closeAll(it, ...gates);
  });

  it("publish() goes to all groups or to none", async () => {
    const it = bench({ capacity: 1 });
    const roomy = new Gate();
    const full = new Gate();
    it.on("#", roomy.handler, { capacity: 9, concurrency: 9 });
    it.on("a", full.handler, { overflow: "reject" });
    await it.put("a", 1);
    const refused = it.send("a", 2);
    await flush();
    strictEqual(refused.value?.unwrapErr().code, "MSG_QUEUE_FULL");
    deepStrictEqual(roomy.started, [1]);
    for (let i = 10; i < 18; i++) await it.put("b", i); // No room was lost.
    await closeAll(it, roomy, full);
  });

  it("publish() does not go to a group that is refused after it, though it had room", async () => {
    const it = bench({ capacity: 1 });
    const gates = [new Gate(), new Gate(), new Gate()];
    it.on("a", gates[0]!.handler, { overflow: "reject" });
    it.on("*", gates[1]!.handler, { overflow: "wait" });
    it.on("#", gates[2]!.handler, { overflow: "reject" });
    await it.put("b", 1); // Takes the second and the third.
    const refused = it.send("a", 2); // Waits for the second.
    await flush();
    const other = it.send("a", 3); // The first has been taken.
    await flush();
    strictEqual(other.value?.unwrapErr().code, "MSG_QUEUE_FULL");
    await gates[1]!.pass(1);
    strictEqual(refused.value?.unwrapErr().code, "MSG_QUEUE_FULL");
    await gates[2]!.pass(1);
    await it.put("a", 4);
    deepStrictEqual(gates[0]!.started, [4]);
    await closeAll(it, ...gates);
  });

  it("publishers over several groups do not wait for each other in a circle", async () => {
    const it = bench({ capacity: 1 });
    const gates = [new Gate(), new Gate()];
    // The router finds them in one order for a topic, in the other for the other.
    it.on("a.*.#", gates[0]!.handler);
    it.on("#.b.#", gates[1]!.handler);
    await it.put("a.a.b", 1);
    const waiting = [it.send("a.a.b", 2), it.send("a.b.b", 3)];
    await flush();
    for (const n of [1, 2, 3]) {
      for (const gate of gates) await gate.pass(n);
    }
    ok(waiting.every(({ value }) => value?.unwrap().routed === 2));
    await closeBench(it);
  });

  it("publishers over many groups all come to their end", async () => {
    const it = bench({ capacity: 1 });
    const patterns = ["a", "#", "*", "a.#", "*.#", "a.*.#", "#.b.#"];
    let calls = 0;
    for (const pattern of patterns) {
      it.on(pattern, async () => {
        await undefined;
        calls++;
      });
    }
    const topics = ["a", "b", "a.b", "b.a", "a.a.b", "a.b.b"];
    const sent = Array.from(
      { length: 30 },
      (_, i) => it.send(topics[i % topics.length]!, i),
    );
    await flush(2_000);
    ok(sent.every(({ isSettled }) => isSettled));
    const routed = sent.reduce((sum, it) => sum + it.value!.unwrap().routed, 0);
    strictEqual(calls, routed);
    await closeBench(it);
  });

  it("a message without room is a dead letter where the group will have it so", async () => {
    const it = bench({ capacity: 1, overflow: "dead-letter" });
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 1, { key: "k" });
    const receipt = await it.put("a", 2, { key: "k" });
    strictEqual(receipt.routed, 1);
    const [letter] = it.letters.list();
    strictEqual(letter?.reason, "overflow");
    strictEqual(letter.attempts, 0);
    deepStrictEqual(it.errors, []);
    // Sent again while there is no room it dies again, and is not lost.
    strictEqual((await it.broker.replay(letter.id)).unwrap(), true);
    await flush();
    const [again] = it.letters.list();
    deepStrictEqual([again?.message, again?.replays], [2, 1]);
    await gate.pass(1);
    strictEqual((await it.broker.replay(again!.id)).unwrap(), true);
    await flush();
    deepStrictEqual(gate.started, [1, 2]);
    await closeAll(it, gate);
    strictEqual(it.letters.count(), 0);
  });

  it("refuses what has no room where the dead letters have none either", async () => {
    const it = bench({ capacity: 2, overflow: "dead-letter" });
    it.letters.fail = lost;
    const gate = new Gate();
    it.on("a", gate.handler);
    for (let i = 0; i < 4; i++) await it.put("a", i);
    const refused = it.send("a", 4);
    await flush();
    strictEqual(refused.value?.unwrapErr().code, "MSG_QUEUE_FULL");
    it.letters.fail = undefined;
    await pass(it.clock, 100);
    await it.put("a", 5);
    deepStrictEqual(it.letters.list().map(({ message }) => message), [2, 3, 5]);
    await closeAll(it, gate);
  });

  it("refuses what has no room while as many dead letters are being stored", async () => {
    const it = bench({ capacity: 2, overflow: "dead-letter" });
    const stored = Promise.withResolvers<Result<void, never>>();
    it.letters.fail = () => stored.promise;
    const gate = new Gate();
    it.on("a", gate.handler);
    for (let i = 0; i < 4; i++) await it.put("a", i);
    const refused = it.send("a", 4);
    await flush();
    strictEqual(refused.value?.unwrapErr().code, "MSG_QUEUE_FULL");
    deepStrictEqual(it.letters.tried.map(({ message }) => message), [2, 3]);
    it.letters.fail = undefined;
    stored.resolve(okOf(undefined));
    await flush();
    await it.put("a", 5);
    deepStrictEqual(it.letters.list().map(({ message }) => message), [5]);
    await closeAll(it, gate);
  });
});

describe("InMemoryBroker.publish()", () => {
  it("rejects at options that are none", async () => {
    const it = bench();
    const bad: readonly (readonly [name: string, value: unknown])[] = [
      ...["", " ", 1, null].map((it) => ["id", it] as const),
      ...["", " ", 1, null].map((it) => ["key", it] as const),
      ...BAD_DURATIONS.map((it) => ["ttlMs", it] as const),
    ];
    for (const [name, value] of bad) {
      const options = { [name]: value } as never;
      await rejects(it.broker.publish("a", 1, options), naming(name));
      if (name === "id") continue;
      await rejects(it.broker.request("a", 1, options), naming(name));
      strictEqual(it.clock.pending, 0);
    }
    await closeBench(it);
  });

  it("forgets an id after dedupeMs", async () => {
    const it = bench({ dedupeMs: 100 });
    it.on("a", () => {});
    await it.put("a", 1, { id: "x" });
    await pass(it.clock, 99);
    strictEqual((await it.put("a", 1, { id: "x" })).deduplicated, true);
    await pass(it.clock, 1);
    strictEqual((await it.put("a", 1, { id: "x" })).deduplicated, false);
    await closeBench(it);
  });

  it("remembers an id for 5 min where nothing else is said, for no time with 0", async () => {
    for (const [dedupeMs, kept] of [[undefined, 299_999], [0, -1]] as const) {
      const it = bench(dedupeMs === undefined ? {} : { dedupeMs });
      await it.put("a", 1, { id: "x" });
      it.clock.advance(Math.max(0, kept));
      const { deduplicated } = await it.put("a", 1, { id: "x" });
      strictEqual(deduplicated, kept >= 0);
      it.clock.advance(1);
      strictEqual((await it.put("a", 1, { id: "x" })).deduplicated, false);
      await closeBench(it);
    }
  });

  it("has a second message of an id come to what the first comes to, which waits", async () => {
    for (const isCancelled of [false, true]) {
      const it = bench({ capacity: 1 });
      const gate = new Gate();
      const signal = new CountingSignal();
      it.on("a", gate.handler);
      await it.put("a", 1);
      const first = it.send("a", 2, { id: "x", signal: signal.asSignal() });
      const second = it.send("a", 3, { id: "x" });
      await flush();
      strictEqual(second.isSettled, false);
      if (isCancelled) signal.abort("why");
      else await gate.pass(1);
      await flush();
      if (isCancelled) {
        // Nobody was told that it is on its way, though it is not.
        strictEqual(first.value?.unwrapErr(), second.value?.unwrapErr());
        await gate.pass(1);
        strictEqual((await it.put("a", 4, { id: "x" })).deduplicated, false);
      } else {
        strictEqual(first.value?.unwrap().deduplicated, false);
        strictEqual(second.value?.unwrap().deduplicated, true);
      }
      deepStrictEqual(gate.started, isCancelled ? [1, 4] : [1, 2]);
      await closeAll(it, gate);
    }
  });

  it("does not remember the id of a message that was refused", async () => {
    const it = bench({ capacity: 1, overflow: "reject" });
    const id = "x";
    const unroutable = it.send("a", 1, { id, mandatory: true });
    await flush();
    strictEqual(unroutable.value?.ok, false);
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 2);
    const refused = it.send("a", 3, { id });
    await flush();
    strictEqual(refused.value?.ok, false);
    await gate.pass(2);
    strictEqual((await it.put("a", 4, { id })).deduplicated, false);
    deepStrictEqual(gate.started, [2, 4]);
    await closeAll(it, gate);
  });

  it("a mandatory message fails whose last group ends while it waits", async () => {
    const it = bench({ capacity: 1 });
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    await it.put("a", 1);
    const mandatory = it.send("a", 2, { mandatory: true });
    const other = it.send("a", 3);
    await flush();
    void subscription.unsubscribe({ drain: true });
    await flush();
    strictEqual(mandatory.value?.unwrapErr().code, "MSG_PUBLISH_FAILED");
    strictEqual(other.value?.unwrap().routed, 0);
    await gate.pass(1);
    deepStrictEqual(gate.started, [1]);
    await closeBench(it);
  });
});

describe("InMemoryBroker.request()", () => {
  it("rejects at a time-out that is none", async () => {
    const it = bench();
    for (const timeoutMs of BAD_DURATIONS) {
      const options = { timeoutMs: timeoutMs as number };
      await rejects(it.broker.request("a", 1, options), naming("timeoutMs"));
    }
    await closeBench(it);
  });

  it("takes the first success of several", async () => {
    const it = bench(ONCE);
    const gates = [new Gate(), new Gate(), new Gate()];
    for (const { handler } of gates) it.on("a", handler);
    const answer = watch(it.broker.request<number>("a", 7));
    await flush();
    await gates[0]!.fail(7);
    strictEqual(answer.isSettled, false);
    await gates[2]!.pass(7);
    strictEqual(answer.value?.unwrap(), 7);
    strictEqual(it.clock.pending, 0);
    await gates[1]!.fail(7);
    await closeBench(it);
  });

  it("fails when the last has failed, with its error as the cause", async () => {
    const it = bench(TWICE);
    const last = new RangeError("last");
    it.on("a", () => err("first"), ONCE);
    it.on("a", () => err(last));
    const answer = watch(it.broker.request("a", 1));
    await flush();
    strictEqual(answer.isSettled, false);
    await pass(it.clock, 10);
    const error = answer.value?.unwrapErr();
    strictEqual(error?.code, "MSG_DEAD_LETTER");
    deepStrictEqual(error.params, { retries: 1 });
    strictEqual(error.cause, last);
    await closeBench(it);
  });

  it("has 30 s, and then its message is still handled", async () => {
    const it = bench();
    const gate = new Gate();
    it.on("a", gate.handler);
    const answer = watch(it.broker.request("a", 1));
    await flush();
    it.clock.advance(29_999);
    await flush();
    strictEqual(answer.isSettled, false);
    it.clock.advance(1);
    await flush();
    const { code, params } = answer.value!.unwrapErr();
    strictEqual(code, "TASK_TIMEOUT");
    deepStrictEqual(params, { timeoutMs: 30_000 });
    await gate.pass(1);
    strictEqual(it.errors.length, 0);
    await closeBench(it);
  });

  it("is not kept waiting by a message that is forgotten, expires or has no room", async () => {
    const it = bench({ capacity: 1, overflow: "dead-letter" });
    const gate = new Gate();
    const subscription = it.on("a", gate.handler, { capacity: 2 });
    it.on("b", lost);
    it.on("c", gate.handler);
    await it.put("a", 1);
    await it.put("c", 2);
    const answers = [
      watch(it.broker.request("a", 3)),
      watch(it.broker.request("b", 1, { ttlMs: 0 })),
      watch(it.broker.request("c", 1)),
    ];
    await flush();
    void subscription.unsubscribe();
    await flush();
    for (const { value } of answers) {
      const error = value!.unwrapErr();
      strictEqual(error.code, "MSG_DEAD_LETTER");
      strictEqual("cause" in error, false);
      deepStrictEqual(error.params, { retries: 0 });
    }
    await gate.pass(1, 2);
    await closeBench(it);
  });

  it("ends with the broker, even where the dead letter is lost", async () => {
    for (const fails of [false, true]) {
      const it = bench();
      if (fails) it.letters.fail = lost;
      it.on("a", (_, { clock, signal }) => clock.sleep(Infinity, { signal }));
      const answers = [1, 2].map((n) => watch(it.broker.request("a", n)));
      await closeBench(it);
      for (const { value } of answers) {
        strictEqual(value?.unwrapErr().code, "MSG_DEAD_LETTER");
      }
    }
  });

  it("times out while its message waits for room", async () => {
    const it = bench({ capacity: 1 });
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 1);
    const answer = watch(it.broker.request("a", 2, { timeoutMs: 5 }));
    await pass(it.clock, 5);
    strictEqual(answer.value?.unwrapErr().code, "TASK_TIMEOUT");
    await gate.pass(1);
    deepStrictEqual(gate.started, [1, 2]);
    await closeAll(it, gate);
  });
});

describe("InMemoryBroker, dead letters", () => {
  const FULL = new MessagingError("MSG_QUEUE_FULL", { max: 1 });
  const FAILURES: Readonly<
    Record<string, () => Awaitable<Result<void, ErrorOf<"MSG_QUEUE_FULL">>>>
  > = {
    "has no room": () => err(FULL),
    throws: lost,
    rejects: () => Promise.reject(new Error("not reachable")),
    "answers with nothing": () => Promise.resolve(undefined as never),
  };

  for (const [how, fail] of Object.entries(FAILURES)) {
    it(`are stored again, after longer and longer, by a store that ${how}`, async () => {
      const it = bench(ONCE);
      it.letters.fail = fail;
      it.on("a", () => err(new RangeError("no")));
      await it.put("a", 1);
      for (let i = 0; i < 10; i++) {
        it.clock.advance(30_000);
        await flush();
      }
      const [first, ...others] = it.errors;
      strictEqual(first?.error.code, "MSG_HANDLER_ERROR");
      deepStrictEqual(
        others.slice(0, 10).map(({ failure }) => failure.retryDelayMs),
        [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000],
      );
      for (const { error, failure } of others) {
        strictEqual(error.code, "MSG_BROKER_UNAVAILABLE");
        strictEqual(failure.attempt, 1);
      }
      it.letters.fail = undefined;
      it.clock.advance(30_000);
      await flush();
      strictEqual(it.letters.count(), 1);
      // One that was stored in spite of all is not there twice.
      const ids = it.letters.tried.map(({ id, deadAt }) => `${id} ${deadAt}`);
      strictEqual(new Set(ids).size, 1);
      await closeBench(it);
      strictEqual(it.letters.count(), 1);
    });
  }

  it("that cannot be stored take room, and block their key", async () => {
    const it = bench({ ...ONCE, capacity: 2, overflow: "reject" });
    it.letters.fail = lost;
    const seen: number[] = [];
    it.on("a", (n) => {
      seen.push(n);
      return n === 1 ? err("no") : okOf();
    });
    await it.put("a", 1, { key: "k" });
    await it.put("a", 2, { key: "k" });
    const refused = it.send("a", 3);
    await flush();
    strictEqual(refused.value?.ok, false);
    deepStrictEqual(seen, [1]);
    it.letters.fail = undefined;
    await pass(it.clock, 100);
    deepStrictEqual(seen, [1, 2]);
    await closeBench(it);
  });

  it("are stored once more at close(), and lost only where that fails, too", async () => {
    for (const fails of [false, true]) {
      const it = bench(ONCE);
      it.letters.fail = lost;
      it.on("a", () => err("no"));
      it.on("b", (_, { clock, signal }) => clock.sleep(Infinity, { signal }));
      await it.put("a", 1);
      await it.put("b", 2);
      await it.put("b", 3);
      const before = it.errors.length;
      const closed = watch(it.broker.close({ drainMs: 50 }));
      await pass(it.clock, 49);
      strictEqual(closed.isSettled, false);
      if (!fails) it.letters.fail = undefined;
      await pass(it.clock, 1);
      strictEqual(closed.isSettled, true);
      strictEqual(it.clock.pending, 0);
      strictEqual(it.letters.count(), fails ? 0 : 3);
      const told = it.errors.slice(before)
        .filter(({ error }) => error.code === "MSG_BROKER_UNAVAILABLE");
      strictEqual(told.length, fails ? 3 : 0);
      for (const { failure } of told) {
        strictEqual(failure.retryDelayMs, undefined);
      }
      strictEqual(new Set(it.letters.tried.map(({ id }) => id)).size, 3);
    }
  });

  it("that are being stored when the broker gives up are waited for", async () => {
    const it = bench(ONCE);
    const storing = Promise.withResolvers<Result<void, never>>();
    it.letters.fail = () => storing.promise;
    it.on("a", () => err("no"));
    await it.put("a", 1);
    const closed = watch(it.broker.close({ drainMs: 0 }));
    await pass(it.clock, 10);
    strictEqual(closed.isSettled, false);
    storing.resolve(okOf());
    await flush();
    strictEqual(closed.isSettled, true);
    strictEqual(it.letters.tried.length, 1);
  });

  it("of a subscription that ended are stored as long as the broker is there", async () => {
    const it = bench(ONCE);
    it.letters.fail = lost;
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    await it.put("a", 1);
    const ended = watch(subscription.unsubscribe());
    await gate.fail(1);
    await pass(it.clock, 250);
    strictEqual(ended.isSettled, false);
    const idle = watch(it.broker.idle());
    await flush();
    strictEqual(idle.isSettled, false);
    it.letters.fail = undefined;
    await pass(it.clock, 500);
    strictEqual(ended.isSettled && idle.isSettled, true);
    const [letter] = it.letters.list();
    strictEqual(letter?.reason, "closed");
    await closeBench(it);
  });

  it("that a full store cannot take are kept until a replay makes room", async () => {
    const deadLetters = new InMemoryDeadLetterQueue<number>({ maxLetters: 1 });
    const it = bench({ ...ONCE, deadLetters });
    let isUp = false;
    it.on("a", () => isUp ? okOf() : err("down"));
    await it.put("a", 1);
    await it.put("a", 2);
    strictEqual(deadLetters.count(), 1);
    isUp = true;
    const [letter] = deadLetters.list();
    strictEqual((await it.broker.replay(letter!.id)).unwrap(), true);
    await pass(it.clock, 100);
    deepStrictEqual(deadLetters.list().map(({ message }) => message), [2]);
    await closeBench(it);
  });
});

describe("InMemoryBroker.replay()", () => {
  /** A bench with a dead letter of the group g on the topic a. */
  async function withLetter(
    options: Partial<InMemoryBrokerOptions<Topics>> = {},
  ): Promise<Bench & { readonly id: string; readonly gate: Gate }> {
    const it = bench({ ...ONCE, ...options });
    const gate = new Gate();
    it.on("a", gate.handler, { group: "g" });
    await it.put("a", 1);
    await gate.fail(1);
    return { ...it, gate, id: it.letters.list()[0]!.id };
  }

  it("rejects at a target that is none", async () => {
    const it = bench();
    for (const to of ["", "group", "__proto__", null]) {
      await rejects(it.broker.replay("x", { to: to as "topic" }), naming("to"));
    }
    await closeBench(it);
  });

  it("waits for room, and keeps the letter until then", async () => {
    const it = await withLetter({ capacity: 1 });
    await it.put("a", 2);
    const replayed = watch(it.broker.replay(it.id));
    const twice = watch(it.broker.replay(it.id));
    await flush();
    strictEqual(replayed.isSettled, false);
    strictEqual(twice.value?.unwrap(), false);
    strictEqual(it.letters.discard(it.id), false);
    strictEqual(it.letters.count(), 1);
    await it.gate.pass(2);
    strictEqual(replayed.value?.unwrap(), true);
    strictEqual(it.letters.count(), 0);
    deepStrictEqual(it.gate.started, [1, 2, 1]);
    await closeAll(it, it.gate);
  });

  it("keeps the letter where there is no room and it is not to wait", async () => {
    const it = await withLetter({ capacity: 1, overflow: "reject" });
    await it.put("a", 2);
    for (const to of ["subscription", "topic"] as const) {
      const refused = await it.broker.replay(it.id, { to });
      strictEqual(refused.unwrapErr().code, "MSG_QUEUE_FULL");
      strictEqual(it.letters.count(), 1);
    }
    await closeAll(it, it.gate);
  });

  it("keeps the letter where the subscription ends while it waits", async () => {
    for (const to of ["subscription", "topic"] as const) {
      const it = bench({ ...ONCE, capacity: 1 });
      const gate = new Gate();
      const subscription = it.on("a", gate.handler, { group: "g" });
      await it.put("a", 1);
      await gate.fail(1);
      await it.put("a", 2);
      const [letter] = it.letters.list();
      const replayed = watch(it.broker.replay(letter!.id, { to }));
      await flush();
      void subscription.unsubscribe();
      await flush();
      strictEqual(replayed.value?.unwrapErr().code, "MSG_PUBLISH_FAILED");
      strictEqual(it.letters.count(), 1);
      await gate.pass(2);
      await closeBench(it);
    }
  });

  it("keeps the letter where the broker closes while it waits", async () => {
    const it = await withLetter({ capacity: 1 });
    await it.put("a", 2);
    const replayed = watch(it.broker.replay(it.id));
    await flush();
    const closed = watch(it.broker.close());
    await flush();
    strictEqual(replayed.value?.unwrapErr().code, "MSG_BROKER_UNAVAILABLE");
    await it.gate.pass(2);
    strictEqual(closed.isSettled, true);
    strictEqual(it.letters.count(), 1);
    const late = await it.broker.replay(it.id);
    strictEqual(late.unwrapErr().code, "MSG_BROKER_UNAVAILABLE");
  });

  it("keeps the message's id, though one of that id was published", async () => {
    const it = bench(ONCE);
    const ids: string[] = [];
    it.on("a", (_, { meta }) => {
      ids.push(meta.id);
      return err("no");
    });
    await it.put("a", 1, { id: "x", key: "k" });
    for (let i = 1; i < 4; i++) {
      const [letter] = it.letters.list();
      strictEqual((await it.broker.replay(letter!.id)).unwrap(), true);
      await flush();
      strictEqual(it.letters.list()[0]?.replays, i);
    }
    deepStrictEqual(ids, ["x", "x", "x", "x"]);
    strictEqual(it.letters.count(), 1);
    await closeBench(it);
  });
});

describe("MessageSubscription.unsubscribe()", () => {
  it("forgets what waits, is tried again or is behind another, and nobody waits for it", async () => {
    const it = bench({ ...TWICE, capacity: 4 });
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    await it.put("a", 1);
    await gate.fail(1);
    await it.put("a", 2, { key: "k" });
    await it.put("a", 3, { key: "k" });
    await it.put("a", 4);
    const waiting = it.send("a", 5);
    await flush();
    const ended = watch(subscription.unsubscribe());
    strictEqual(subscription.unsubscribe(), subscription.unsubscribe());
    await flush();
    strictEqual(waiting.value?.unwrap().routed, 0);
    strictEqual(it.clock.pending, 0);
    strictEqual(ended.isSettled, false);
    await gate.pass(2);
    strictEqual(ended.isSettled, true);
    await pass(it.clock, 20);
    deepStrictEqual(gate.started, [1, 2]);
    strictEqual(it.letters.count(), 0);
    await closeBench(it);
  });

  it("with drain has publishers who wait pass it over, and handles all that is held", async () => {
    const it = bench({ ...TWICE, capacity: 2 });
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    const other: number[] = [];
    it.on("#", (n) => void other.push(n));
    await it.put("a", 1);
    await it.put("a", 2);
    const waiting = it.send("a", 3);
    await flush();
    const ended = watch(subscription.unsubscribe({ drain: true }));
    await flush();
    strictEqual(waiting.value?.unwrap().routed, 1);
    deepStrictEqual(other, [1, 2, 3]);
    await gate.fail(1);
    await gate.pass(2);
    strictEqual(ended.isSettled, false);
    await pass(it.clock, 10);
    await gate.pass(1);
    strictEqual(ended.isSettled, true);
    deepStrictEqual(gate.started, [1, 2, 1]);
    await closeBench(it);
  });

  it("makes a dead letter of what fails after it", async () => {
    const it = bench(TWICE);
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    await it.put("a", 1);
    const ended = watch(subscription.unsubscribe());
    await gate.fail(1);
    strictEqual(ended.isSettled, true);
    const [letter] = it.letters.list();
    deepStrictEqual([letter?.reason, letter?.attempts], ["closed", 1]);
    strictEqual(it.errors[0]?.failure.retryDelayMs, undefined);
    await closeBench(it);
  });

  it("makes no more attempts, though the broker is closed after it", async () => {
    const it = bench(TWICE);
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    await it.put("a", 1);
    void subscription.unsubscribe();
    const closed = watch(it.broker.close());
    await gate.fail(1);
    strictEqual(closed.isSettled, true);
    const [letter] = it.letters.list();
    deepStrictEqual([letter?.reason, letter?.attempts], ["closed", 1]);
  });

  it("has a publisher who waits elsewhere not wait there any more", async () => {
    const it = bench({ capacity: 1 });
    const gates = [new Gate(), new Gate()];
    it.on("a", gates[0]!.handler);
    const second = it.on("#", gates[1]!.handler);
    await it.put("a", 1);
    const waiting = it.send("a", 2); // For the first, then for the second.
    await flush();
    const ended = watch(second.unsubscribe({ drain: true }));
    await gates[0]!.pass(1);
    strictEqual(waiting.value?.unwrap().routed, 1);
    strictEqual(ended.isSettled, false);
    await gates[1]!.pass(1);
    strictEqual(ended.isSettled, true);
    await closeAll(it, ...gates);
  });

  it("of a publisher who has room there and waits elsewhere takes it off, and gives nothing back twice", async () => {
    const it = bench({ capacity: 1 });
    const gates = [new Gate(), new Gate()];
    const first = it.on("a", gates[0]!.handler);
    it.on("#", gates[1]!.handler);
    await it.put("b", 1);
    const waiting = it.send("a", 2); // Has room at the first.
    await flush();
    await first.unsubscribe();
    await gates[1]!.pass(1);
    strictEqual(waiting.value?.unwrap().routed, 1);
    deepStrictEqual(gates.map(({ started }) => started), [[], [1, 2]]);
    await closeAll(it, ...gates);
  });
});

describe("InMemoryBroker.idle()", () => {
  it("waits for what handlers publish, too", async () => {
    const it = bench();
    const seen: string[] = [];
    // The last to be handled goes to the group that was idle first.
    it.on("c", (n) => void seen.push(`c${n}`));
    it.on("b", async (n) => {
      seen.push(`b${n}`);
      await it.clock.sleep(10);
      (await it.broker.publish("c", n)).unwrap();
    });
    it.on("a", async (n) => {
      seen.push(`a${n}`);
      await it.clock.sleep(10);
      (await it.broker.publish("b", n)).unwrap();
    });
    await it.put("a", 1);
    let seenWhenIdle: string[] | undefined;
    void it.broker.idle().then(() => seenWhenIdle = [...seen]);
    await pass(it.clock, 20);
    deepStrictEqual(seenWhenIdle, ["a1", "b1", "c1"]);
    await closeBench(it);
  });

  it("resolves as often as nothing is held", async () => {
    const it = bench();
    const gate = new Gate();
    const subscription = it.on("a", gate.handler);
    for (const n of [1, 2]) {
      await it.put("a", n);
      const idle = watch(it.broker.idle());
      const again = watch(it.broker.idle());
      await flush();
      strictEqual(idle.isSettled || again.isSettled, false);
      if (n === 2) break;
      await gate.pass(n);
      strictEqual(idle.isSettled && again.isSettled, true);
    }
    const ended = watch(subscription.unsubscribe({ drain: true }));
    await flush();
    strictEqual(ended.isSettled, false);
    await gate.pass(2);
    strictEqual(ended.isSettled, true);
    await closeBench(it);
  });

  it("resolves at once where nothing is held, and waits for retries", async () => {
    const it = bench(TWICE);
    const empty = watch(it.broker.idle());
    await flush();
    strictEqual(empty.isSettled, true);
    it.on("a", () => err("no"));
    await it.put("a", 1);
    const idle = watch(it.broker.idle());
    await pass(it.clock, 9);
    strictEqual(idle.isSettled, false);
    await pass(it.clock, 1);
    strictEqual(idle.isSettled, true);
    await closeBench(it);
  });
});

describe("InMemoryBroker.close()", () => {
  it("throws at a time that is none, and goes on", async () => {
    const it = bench();
    for (const drainMs of BAD_DURATIONS) {
      throws(
        () => it.broker.close({ drainMs: drainMs as number }),
        naming("drainMs"),
      );
    }
    it.on("a", () => {});
    strictEqual((await it.put("a", 1)).routed, 1);
    await closeBench(it);
  });

  it("gives every call the same promise", async () => {
    const it = bench();
    const closing = it.broker.close();
    strictEqual(it.broker.close({ drainMs: 0 }), closing);
    strictEqual(it.broker[Symbol.asyncDispose](), closing);
    await closing;
    strictEqual(it.broker.close(), closing);
  });

  it("refuses publishers who wait, at once, and takes no message from elsewhere", async () => {
    const it = bench({ capacity: 1 });
    const gates = [new Gate(), new Gate()];
    for (const { handler } of gates) it.on("a", handler);
    await it.put("a", 1);
    const waiting = it.send("a", 2, { id: "x" });
    await flush();
    await gates[0]!.pass(1); // It has room at the first.
    const closed = watch(it.broker.close());
    await flush();
    strictEqual(waiting.value?.unwrapErr().code, "MSG_BROKER_UNAVAILABLE");
    await gates[1]!.pass(1);
    strictEqual(closed.isSettled, true);
    deepStrictEqual(gates.map(({ started }) => started), [[1], [1]]);
  });

  it("gives handlers 30 s, tells them why they have to stop, and leaves them after abandonAfterMs", async () => {
    const it = bench({ abandonAfterMs: 5 });
    const signals: AbortSignal[] = [];
    it.on("a", (_, { signal }) => {
      signals.push(signal);
      return deaf();
    });
    await it.put("a", 1);
    await it.put("a", 2);
    const closed = watch(it.broker.close());
    it.clock.advance(29_999);
    await flush();
    strictEqual(signals[0]?.aborted, false);
    it.clock.advance(1);
    await flush();
    strictEqual(
      (signals[0]?.reason as { code: string }).code,
      "MSG_BROKER_UNAVAILABLE",
    );
    await pass(it.clock, 4);
    strictEqual(closed.isSettled, false);
    await pass(it.clock, 1);
    strictEqual(closed.isSettled, true);
    deepStrictEqual(
      it.letters.list().map(({ message, reason, attempts }) => [
        message,
        reason,
        attempts,
      ]),
      [[2, "closed", 0], [1, "closed", 1]],
    );
    strictEqual(it.letters.list()[1]?.error?.code, "TASK_CANCELLED");
    strictEqual(it.clock.pending, 0);
  });

  it("with an abandonAfterMs of 0 leaves them at once", async () => {
    const it = bench({ abandonAfterMs: 0 });
    it.on("a", deaf, { concurrency: 3 });
    for (const n of [1, 2, 3]) await it.put("a", n);
    await closeBench(it);
    strictEqual(it.letters.count(), 3);
  });

  it("gives up what a subscription still drains", async () => {
    const it = bench();
    const subscription = it.on(
      "a",
      (_, { clock, signal }) => clock.sleep(Infinity, { signal }),
    );
    await it.put("a", 1);
    await it.put("a", 2);
    const ended = watch(subscription.unsubscribe({ drain: true }));
    await flush();
    strictEqual(ended.isSettled, false);
    await closeBench(it);
    strictEqual(ended.isSettled, true);
    strictEqual(it.letters.count(), 2);
  });

  it("does not make a dead letter twice of what a handler ends at that time", async () => {
    const it = bench({ ...TWICE, capacity: 9 });
    const gate = new Gate();
    it.on("a", gate.handler, { concurrency: 3 });
    for (const n of [1, 2, 3, 4]) await it.put("a", n, { key: `${n % 2}` });
    await gate.fail(1); // Is to be tried again, with 3 behind it.
    const closed = watch(it.broker.close({ drainMs: 5 }));
    await pass(it.clock, 5);
    await gate.pass(2); // Too late: it was told to stop.
    strictEqual(closed.isSettled, true);
    deepStrictEqual(
      it.letters.list().map(({ message }) => message).toSorted(),
      [1, 2, 3, 4],
    );
    strictEqual(it.clock.pending, 0);
  });

  it("for ever waits for handlers as long as they take", async () => {
    const it = bench();
    const gate = new Gate();
    it.on("a", gate.handler);
    await it.put("a", 1);
    const closed = watch(it.broker.close({ drainMs: Infinity }));
    it.clock.advance(1e9);
    await flush();
    strictEqual(closed.isSettled, false);
    await gate.pass(1);
    strictEqual(closed.isSettled, true);
    strictEqual(it.clock.pending, 0);
  });
});

describe("trap 7", () => {
  it("trap 7: what onError throws is an unhandled rejection, and stops nothing", async () => {
    const thrown = new Error("onError throws");
    const unhandled = await unhandledWhile(async () => {
      const it = bench({
        ...TWICE,
        onError() {
          throw thrown;
        },
      });
      it.on("a", () => err("no"));
      await it.put("a", 1);
      await pass(it.clock, 10);
      strictEqual(it.letters.count(), 1);
      await closeBench(it);
    });
    deepStrictEqual(unhandled, [thrown, thrown]);
  });

  it("trap 7: what a retry budget throws at a success is an unhandled rejection, and stops nothing", async () => {
    const thrown = new Error("deposit throws");
    const unhandled = await unhandledWhile(async () => {
      const it = bench({
        retry: {
          budget: {
            deposit() {
              throw thrown;
            },
            withdraw: () => true,
          },
        },
      });
      let calls = 0;
      it.on("a", () => void calls++);
      await it.put("a", 1);
      await it.put("a", 2);
      strictEqual(calls, 2);
      await closeBench(it);
    });
    deepStrictEqual(unhandled, [thrown, thrown]);
  });

  it("trap 7: a message that has been handled is not kept", async () => {
    const it = bench({ capacity: 1 });
    const late: number[] = [];
    it.on("a", () => {});
    for (let i = 0; i < 100; i++) await it.put("a", i); // Each makes room.
    it.on("a", (n) => void late.push(n));
    it.on("#", (n) => void late.push(n));
    await flush();
    deepStrictEqual(late, []);
    await it.broker.idle();
    await closeBench(it);
  });

  it("trap 7: a handler is called with messages of its own pattern, be there a subclass or not", async () => {
    class Placed {
      readonly id: number;
      constructor(id: number) {
        this.id = id;
      }
    }
    class Gift extends Placed {}
    const broker = new InMemoryBroker<{ "order.placed": Placed }>({
      onError() {},
    });
    const seen: Placed[] = [];
    broker.subscribe("order.placed", (order) => void seen.push(order)).unwrap();
    const gift = new Gift(7);
    (await broker.publish("order.placed", gift)).unwrap();
    await broker.idle();
    strictEqual(seen[0], gift);
    await broker.close();
  });
});

/** What becomes an unhandled rejection while the body runs, and right after. */
async function unhandledWhile(body: () => Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const putBack = hearUnhandled((reason) => reasons.push(reason));
  try {
    await body();
    await systemClock.sleep(0);
    await systemClock.sleep(0);
  } finally {
    putBack();
  }
  return reasons;
}

describe("isMessageBroker()", () => {
  it("asks for every method, and for nothing else", () => {
    const methods = ["publish", "subscribe", "request", "replay", "close"];
    const all = Object.fromEntries(methods.map((name) => [name, () => {}]));
    strictEqual(isMessageBroker(all), true);
    for (const name of methods) {
      strictEqual(isMessageBroker({ ...all, [name]: 1 }), false, name);
    }
    for (const [name, value] of NOT_NUMBERS) {
      strictEqual(isMessageBroker(value), false, name);
    }
  });
});

// --- types

interface Placed {
  readonly id: number;
}
interface Paid extends Placed {
  readonly cents: number;
}
type OrderTopics = {
  "order.placed": Placed;
  "order.paid": Paid;
  "order.item.added": { readonly sku: string };
  "mail.sent": string;
  tick: void;
};

describe("the types of a broker", () => {
  it("tell a handler what its pattern can match, and keep a letter's message", () => {
    strictEqual(typeof typesOfBroker, "function");
  });
});

/** Compiled, and never called. */
function typesOfBroker(
  broker: MessageBroker<OrderTopics>,
  memory: InMemoryBroker<OrderTopics>,
): void {
  // A handler's message is what may be published under its pattern.
  broker.subscribe(
    "order.placed",
    (m) => expectType<Equal<typeof m, Placed>>(),
  );
  broker.subscribe(
    "order.*",
    (m) => expectType<Equal<typeof m, Placed | Paid>>(),
  );
  broker.subscribe(
    "order.#",
    (m) =>
      expectType<
        Equal<
          typeof m,
          OrderTopics[`order.${"placed" | "paid" | "item.added"}`]
        >
      >(),
  );
  memory.subscribe("*.sent", (m, context) => {
    expectType<Equal<typeof m, string>>();
    expectType<Equal<typeof context, MessageContext>>();
  });
  memory.subscribe(
    "#",
    (m) => expectType<Equal<typeof m, OrderTopics[keyof OrderTopics]>>(),
  );
  broker.subscribe("ordre.*", (m) => expectType<Equal<typeof m, never>>());
  // A handler of more is one of less; not the other way round.
  const ofPlaced = (_: Placed): void => {};
  const ofPaid = (_: Paid): void => {};
  broker.subscribe("order.*", ofPlaced);
  // @ts-expect-error Not every message has cents.
  broker.subscribe("order.*", ofPaid);
  // @ts-expect-error A mail is no order.
  memory.subscribe("#", ofPlaced);

  broker.publish("order.placed", { id: 1 });
  broker.publish("tick", undefined);
  // @ts-expect-error There is no such topic.
  broker.publish("order.plcaed", { id: 1 });
  // @ts-expect-error A pattern is no topic.
  broker.publish("order.*", { id: 1 });
  // @ts-expect-error The cents are missing.
  broker.publish("order.paid", { id: 1 });
  // @ts-expect-error That is what another topic tells.
  memory.publish("mail.sent", { id: 1 });
  // @ts-expect-error There is no such option.
  broker.publish("tick", undefined, { prority: 1 });
  // @ts-expect-error There is no such option.
  broker.subscribe("tick", () => {}, { prefetch: 1 });
  // @ts-expect-error There is no such policy.
  broker.subscribe("tick", () => {}, { overflow: "drop" });

  const published = memory.publish("tick", undefined);
  expectType<
    Equal<typeof published, Promise<Result<PublishReceipt, PublishError>>>
  >();
  const requested = memory.request<number>("order.placed", { id: 1 });
  expectType<Equal<typeof requested, Promise<Result<number, RequestError>>>>();
  // @ts-expect-error A request is never a duplicate.
  memory.request("order.placed", { id: 1 }, { id: "x" });

  // A letter has the message's type.
  const letter = memory.deadLetters.get("d1");
  expectType<
    Equal<
      typeof letter,
      Awaitable<DeadLetter<OrderTopics[keyof OrderTopics]> | undefined>
    >
  >();
  expectType<
    typeof memory extends MessageBroker<OrderTopics> ? true : false
  >();
  // @ts-expect-error It has to be heard of failures.
  new InMemoryBroker<OrderTopics>({});
}
