/**
 * Messages to handlers that only add them up, so that what is measured is the way
 * to them. How to run it: see `harness.ts`.
 *
 * A call publishes messages and waits until all are handled; an answer is what the
 * handlers have added up. Where it says "one by one", each is waited for before
 * the next is published. "By hand" calls the handlers.
 *
 * There is no other library that does the same within a process. The peers do a
 * part of it:
 *
 * - emittery calls all handlers of an event at once, however many run already. It
 *   has neither patterns nor queues nor retries: one handler that fails fails the
 *   publisher.
 * - fastq and p-queue are queues with a concurrency, here one for each
 *   subscription. They have no topics; keys are a queue each, which has nothing
 *   to say to the others, so that more than ten run together; and retries are a
 *   loop in the handler, which keeps its place in the meantime.
 * - None of them has ids, receipts, bounds that a publisher waits for, or dead
 *   letters.
 *
 * @module
 */

import Emittery from "npm:emittery@2.2.0";
import fastq from "npm:fastq@1.20.3";
import PQueue from "npm:p-queue@10.0.0";
import { InMemoryBroker } from "../src/in_memory_broker.ts";
import type { MessageSubscribeOptions } from "../src/message_broker.ts";
import { bench, type Contender, type Group } from "./harness.ts";

const TOPIC = "order.placed";

const DONE: Promise<void> = Promise.resolve();

/** Always the same, as it is not what is measured. */
const FAILURE = new Error("not yet");

const KEYS: readonly string[] = Array.from({ length: 100 }, (_, i) => `k${i}`);

interface Message {
  readonly n: number;
  readonly key: string;
  /** How often it is still to fail. */
  failures: number;
}

type Handle = (message: Message) => Promise<void>;

/** What the handlers of a contender have heard. */
class Ledger {
  sum = 0;
  readonly #last = new Map<string, number>();
  readonly #busy = new Set<string>();

  reset(): void {
    this.sum = 0;
    this.#last.clear();
  }

  // deno-lint-ignore require-await -- what it costs to wait is what is measured
  readonly add: Handle = async ({ n }) => {
    this.sum += n;
  };

  // deno-lint-ignore require-await -- as above
  readonly fail: Handle = async (message) => {
    if (message.failures-- > 0) throw FAILURE;
    this.sum += message.n;
  };

  /** Counts a message only where those of its key come in their order. */
  readonly addInOrder: Handle = async ({ key, n }) => {
    if (this.#busy.has(key) || n <= (this.#last.get(key) ?? -1)) return;
    this.#busy.add(key);
    this.#last.set(key, n);
    await DONE;
    this.#busy.delete(key);
    this.sum += n;
  };
}

// --- What carries messages

interface Carrier {
  publish(message: Message): Promise<unknown>;
  /** Waits for the rest, where what was published need not be handled yet. */
  idle?(): Promise<void>;
}

/** Makes a carrier to some handlers, each with a concurrency. */
type Maker = (handlers: readonly Handle[], concurrency: number) => Carrier;

type Makers = Readonly<Record<string, Maker>>;

/** Resolves when all do. */
function all(promises: readonly Promise<unknown>[]): Promise<unknown> {
  return promises.length === 1 ? promises[0]! : Promise.all(promises);
}

function subscribed(
  handlers: readonly Handle[],
  options: MessageSubscribeOptions,
): InMemoryBroker<{ [TOPIC]: Message }> {
  const broker = new InMemoryBroker<{ [TOPIC]: Message }>({ onError() {} });
  for (const handle of handlers) {
    broker.subscribe("order.*", handle, options).unwrap();
  }
  return broker;
}

const makers: Makers = {
  "groundwork"(handlers, concurrency) {
    const broker = subscribed(handlers, { concurrency });
    return {
      publish: (message) => broker.publish(TOPIC, message),
      idle: () => broker.idle(),
    };
  },
  "emittery"(handlers) {
    const emitter = new Emittery<{ [TOPIC]: Message }>();
    for (const handle of handlers) {
      emitter.on(TOPIC, ({ data }) => handle(data));
    }
    return { publish: (message) => emitter.emit(TOPIC, message) };
  },
  "fastq"(handlers, concurrency) {
    const queues = handlers.map((handle) => fastq.promise(handle, concurrency));
    return {
      publish: (message) => all(queues.map((queue) => queue.push(message))),
    };
  },
  "p-queue"(handlers, concurrency) {
    const lines = handlers.map((handle) =>
      [handle, new PQueue({ concurrency })] as const
    );
    return {
      publish: (message) =>
        all(lines.map(([handle, queue]) => queue.add(() => handle(message)))),
    };
  },
};

const byHand: Maker = (handlers) => ({
  publish: (message) => all(handlers.map((handle) => handle(message))),
});

const keyed: Makers = {
  "groundwork"(handlers, concurrency) {
    const broker = subscribed(handlers, { concurrency });
    return {
      publish: (message) =>
        broker.publish(TOPIC, message, { key: message.key }),
      idle: () => broker.idle(),
    };
  },
  "fastq, a queue a key": ([handle]) => eachKey(handle!, makers["fastq"]!),
  "p-queue, a queue a key": ([handle]) => eachKey(handle!, makers["p-queue"]!),
};

function eachKey(handle: Handle, make: Maker): Carrier {
  const carriers = new Map(KEYS.map((key) => [key, make([handle], 1)]));
  return { publish: (message) => carriers.get(message.key)!.publish(message) };
}

const trying: Makers = {
  "groundwork"(handlers, concurrency) {
    const retry = { maxAttempts: 3, backoff: () => 0 };
    const broker = subscribed(handlers, { concurrency, retry });
    return {
      publish: (message) => broker.publish(TOPIC, message),
      idle: () => broker.idle(),
    };
  },
  "fastq, a loop": ([handle], concurrency) =>
    makers["fastq"]!([thrice(handle!)], concurrency),
  "p-queue, a loop": ([handle], concurrency) =>
    makers["p-queue"]!([thrice(handle!)], concurrency),
};

function thrice(handle: Handle): Handle {
  return async (message) => {
    for (let attempt = 1;; attempt++) {
      try {
        return await handle(message);
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  };
}

// --- Groups

interface Task {
  readonly name: string;
  readonly makers: Makers;
  readonly handler: "add" | "addInOrder" | "fail";
  readonly handlers: number;
  readonly concurrency: number;
  /** How many messages a call publishes. */
  readonly count: number;
  readonly isOneByOne?: boolean;
}

function makeContender(task: Task, make: Maker): Contender {
  const { handler, handlers, concurrency, count, isOneByOne = false } = task;
  const ledger = new Ledger();
  const carrier = make(Array(handlers).fill(ledger[handler]), concurrency);
  return async (i) => {
    ledger.reset();
    const published = [];
    for (let j = 0; j < count; j++) {
      const key = KEYS[j % KEYS.length]!;
      const answer = carrier.publish({ n: i + j, key, failures: 2 });
      if (isOneByOne) {
        await answer;
        await carrier.idle?.();
      } else {
        published.push(answer);
      }
    }
    await Promise.all(published);
    await carrier.idle?.();
    return ledger.sum;
  };
}

function compare(task: Task): Group {
  const { name, makers, handler, handlers, count } = task;
  const { groundwork, ...peers } = Object.fromEntries(
    Object.entries(makers).map(([peer, make]) => [
      peer,
      makeContender(task, make),
    ]),
  );
  return {
    name,
    ours: groundwork!,
    ...(handler === "add" && { floor: makeContender(task, byHand) }),
    peers,
    check: (answer, i) =>
      answer === handlers * (count * i + count * (count - 1) / 2),
  };
}

await bench(import.meta, "message-broker", [
  compare({
    name: "to 1, one by one x 16",
    makers,
    handler: "add",
    handlers: 1,
    concurrency: 1,
    count: 16,
    isOneByOne: true,
  }),
  compare({
    name: "to 10, one by one x 16",
    makers,
    handler: "add",
    handlers: 10,
    concurrency: 1,
    count: 16,
    isOneByOne: true,
  }),
  compare({
    name: "to 1, 1e3 at once",
    makers,
    handler: "add",
    handlers: 1,
    concurrency: 10,
    count: 1e3,
  }),
  compare({
    name: "to 10, 1e3 at once",
    makers,
    handler: "add",
    handlers: 10,
    concurrency: 10,
    count: 1e3,
  }),
  compare({
    name: "100 keys, 1e3 at once",
    makers: keyed,
    handler: "addInOrder",
    handlers: 1,
    concurrency: 10,
    count: 1e3,
  }),
  compare({
    name: "third time lucky, 1e3 at once",
    makers: trying,
    handler: "fail",
    handlers: 1,
    concurrency: 10,
    count: 1e3,
  }),
]);
