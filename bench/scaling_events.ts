/**
 * What is told to many: events, topics, messages.
 *
 * @module
 */

import { EventBus } from "../src/event_bus.ts";
import { InMemoryBroker } from "../src/in_memory_broker.ts";
import { TopicRouter } from "../src/topic_router.ts";
import type { Operation } from "./scaling.ts";
import type { Step } from "./scaling_controls.ts";
import { keysOf, UP_TO_1E4, UP_TO_1E5 } from "./scaling_items.ts";
import { patternsOf, topicOf } from "./topic_patterns.ts";

// --- Events

const BUS = "EventBus";

type Events = Record<string, number>;

/** A handler of its own for each subscription, as programs have them. */
function handlers(size: number, count: () => void): (() => void)[] {
  return Array.from({ length: size }, () => () => count());
}

function fullBus(size: number, typeOf: (number: number) => string): {
  readonly bus: EventBus<Events>;
  readonly heard: () => number;
} {
  let heard = 0;
  const bus = new EventBus<Events>();
  for (const [i, handler] of handlers(size, () => heard++).entries()) {
    bus.on(typeOf(i), handler);
  }
  return { bus, heard: () => heard };
}

const buses: readonly Operation[] = [
  {
    structure: BUS,
    operation: "emit to n handlers",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { bus, heard } = fullBus(size, () => "event");
      return (number) => {
        const before = heard();
        bus.emit("event", number);
        return heard() === before + size;
      };
    },
  },
  {
    structure: BUS,
    operation: "publish to n handlers",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { bus, heard } = fullBus(size, () => "event");
      return async (number) => {
        const before = heard();
        await bus.publish("event", number);
        return heard() === before + size;
      };
    },
  },
  {
    structure: BUS,
    operation: "emit to one handler, n types",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const keys = keysOf(size);
      const { bus, heard } = fullBus(size, (number) => keys[number]!);
      return (number) => {
        const before = heard();
        bus.emit(keys[number]!, number);
        return heard() === before + 1;
      };
    },
  },
  {
    structure: BUS,
    operation: "unsubscribe and on, n handlers",
    complexity: "O(1)",
    note: "On average.",
    control: "replace",
    sizes: UP_TO_1E5,
    prepare(size) {
      const bus = new EventBus<Events>();
      const all = handlers(size, () => {});
      const places = all.map((handler) => bus.on("event", handler));
      return (number) => {
        places[number]!.unsubscribe();
        places[number] = bus.on("event", all[number]!);
        return bus.listenerCount("event") === size;
      };
    },
  },
  {
    structure: BUS,
    operation: "on with prepend, n handlers",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { bus } = fullBus(size, () => "event");
      return () => {
        const place = bus.on("event", () => {}, { prepend: true });
        place.unsubscribe();
        return bus.listenerCount("event") === size;
      };
    },
  },
];

// --- Topics

const ROUTER = "TopicRouter";

function fullRouter(size: number, cacheSize: number): TopicRouter<number> {
  const router = new TopicRouter<number>({ cacheSize });
  for (const [i, pattern] of patternsOf(size).entries()) router.add(pattern, i);
  return router;
}

/** Each topic has the pattern of its number, and some besides. */
function match(size: number, cacheSize: number): Step {
  const router = fullRouter(size, cacheSize);
  const topics = Array.from({ length: size }, (_, i) => topicOf(i));
  return (number) => router.match(topics[number]!).includes(number);
}

const routers: readonly Operation[] = [
  {
    structure: ROUTER,
    operation: "match of a topic that is not remembered, n patterns",
    complexity: "O(1)",
    note: "It is linear in the places that the words of the topic lead to.",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare: (size) => match(size, 0),
  },
  {
    structure: ROUTER,
    operation: "match of a topic that is remembered, n patterns",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare: (size) => match(size, 1_024),
  },
  {
    structure: ROUTER,
    operation: "remove and add, n patterns",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const router = fullRouter(size, 0);
      const patterns = patternsOf(size);
      return (number) => {
        const wasThere = router.remove(patterns[number]!, number);
        router.add(patterns[number]!, number);
        return wasThere;
      };
    },
  },
  {
    structure: ROUTER,
    operation: "remove and add, n values of one pattern",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E5,
    prepare(size) {
      const router = new TopicRouter<number>();
      for (let i = 0; i < size; i++) router.add("orders.*", i);
      return (number) => {
        const wasThere = router.remove("orders.*", number);
        router.add("orders.*", number);
        return wasThere;
      };
    },
  },
];

// --- Messages

const BROKER = "InMemoryBroker";

const brokers: readonly Operation[] = [
  {
    structure: BROKER,
    operation: "publish to one of n subscriptions",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E4,
    prepare(size) {
      const broker = new InMemoryBroker<Record<string, number>>({
        onError() {},
      });
      let hear = (_told: number): void => {};
      for (let i = 0; i < size; i++) {
        broker.subscribe(`orders.${i}`, (told) => hear(told)).unwrap();
      }
      return async (number) => {
        const heard = new Promise<number>((resolve) => hear = resolve);
        void broker.publish(`orders.${number}`, number);
        return await heard === number;
      };
    },
  },
  {
    structure: BROKER,
    operation: "publish of n, which are then handled one by one",
    complexity: "O(log n)",
    note: "The time of a message.",
    control: "descend",
    sizes: UP_TO_1E5,
    batch: (size) => size,
    prepare(size) {
      const broker = new InMemoryBroker<{ orders: number }>({ onError() {} });
      let heard = 0;
      broker.subscribe("orders", () => void heard++, { capacity: size })
        .unwrap();
      return async () => {
        heard = 0;
        for (let i = 0; i < size; i++) void broker.publish("orders", i);
        await broker.idle();
        return heard === size;
      };
    },
  },
  {
    structure: BROKER,
    operation: "publish of n that wait for room",
    complexity: "O(log n)",
    note: "The time of a message.",
    control: "descend",
    sizes: UP_TO_1E5,
    batch: (size) => size,
    prepare(size) {
      const broker = new InMemoryBroker<{ orders: number }>({ onError() {} });
      let heard = 0;
      broker.subscribe("orders", () => void heard++, { capacity: 1 })
        .unwrap();
      return async () => {
        heard = 0;
        const published = Array.from(
          { length: size },
          (_, i) => broker.publish("orders", i),
        );
        await Promise.all(published);
        await broker.idle();
        return heard === size;
      };
    },
  },
];

/** What is told to many. */
export const events: readonly Operation[] = [
  ...buses,
  ...routers,
  ...brokers,
];
