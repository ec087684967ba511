/**
 * What buses hold of handlers, which are there before.
 *
 * @module
 */

import { EventEmitter, setMaxListeners } from "node:events";
import Emittery from "npm:emittery@2.2.0";
import { EventEmitter as EventEmitter3 } from "npm:eventemitter3@5.0.4";
import mittModule from "npm:mitt@3.0.1";
import { createNanoEvents } from "npm:nanoevents@10.0.0";
import { EventBus } from "../src/event_bus.ts";
import type { Filler, Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";

/** Its types are those of its CommonJS form. */
const mitt = mittModule as unknown as typeof mittModule.default;

const COUNT = 1e4;

type Handler = () => void;

const handlers: readonly Handler[] = Array.from(
  { length: COUNT },
  () => () => {},
);

const types = textsOf(COUNT, (number) => `type:${number}`);

/** What buses have in common. */
type Bus = { on(type: string, handler: Handler): unknown };

const ours: Readonly<Record<string, () => Bus>> = {
  "groundwork": () => new EventBus<Record<string, void>>(),
};

const peers: Readonly<Record<string, () => Bus>> = {
  "nanoevents": () => createNanoEvents<Record<string, Handler>>(),
  "mitt": () => mitt<Record<string, void>>(),
  "eventemitter3": () => new EventEmitter3(),
  "node:events": () => new EventEmitter().setMaxListeners(0),
  "EventTarget"() {
    const bus = new EventTarget();
    setMaxListeners(0, bus);
    return {
      bus,
      on: (type: string, handler: Handler) =>
        bus.addEventListener(type, handler),
    };
  },
  "emittery": () => new Emittery<Record<string, void>>(),
};

function fillers(
  makers: Readonly<Record<string, () => Bus>>,
  typeOf: (number: number) => string,
): Record<string, Filler> {
  return Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [name, (count) => {
      const bus = make();
      for (let i = 0; i < count; i++) bus.on(typeOf(i), handlers[i]!);
      return bus;
    }]),
  );
}

function weighing(kind: string, typeOf: (number: number) => string): Weighing {
  return {
    name: `Event bus, ${kind}`,
    item: "subscription",
    count: COUNT,
    ours: fillers(ours, typeOf),
    peers: fillers(peers, typeOf),
    note:
      "What `on` returns counts where the bus keeps it. A subscription of ours " +
      "is an object, by which it is ended in constant time; the smallest keep " +
      "nothing but handlers, and look for one among all of its type to end it.",
  };
}

/** What is weighed. */
export const weighings: readonly Weighing[] = [
  weighing("1e4 handlers of one type", () => "type"),
  weighing("1e4 types with a handler each", (number) => types[number]!),
];
