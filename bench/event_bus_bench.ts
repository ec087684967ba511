/**
 * Events that tell an object, to handlers that add up a number of it. How to run
 * it: see `harness.ts`.
 *
 * A call emits 16 events (`x 16`), so that the loop around it does not drown the
 * differences. An answer is what the handlers have added up.
 *
 * What is not the same:
 *
 * - Ours catches what each handler throws, looks whether it returned a promise,
 *   and calls nobody who has been removed meanwhile. Node's emitter and ours tell
 *   whether there was a handler.
 * - nanoevents, mitt, eventemitter3 and Node's emitter stop at the first handler
 *   that throws. nanoevents and mitt have no `once`: it is written by hand, as
 *   their documents show.
 * - EventTarget wants an event of its own for each dispatch.
 * - nanoevents keeps its lists in an object. Where it is only ever asked for one
 *   type, V8 takes the list for a constant: `--filter "emit to 1"` has it up to
 *   twice as fast.
 * - emittery calls its handlers a microtask later, and gives a promise; here each
 *   is awaited before the next. That is what `publish` does, see there.
 *
 * Engines compile the loop over the handlers for what they have seen in it. All
 * groups together show it more than most programs would; `--filter` shows one
 * group alone.
 *
 * @module
 */

import { EventEmitter, once } from "node:events";
import Emittery from "npm:emittery@2.2.0";
import { EventEmitter as EventEmitter3 } from "npm:eventemitter3@5.0.4";
import mittModule from "npm:mitt@3.0.1";
import { createNanoEvents } from "npm:nanoevents@10.0.0";
import { EventBus } from "../src/event_bus.ts";
import { copy } from "./copy.ts";
import { bench, type Contender, type Group } from "./harness.ts";

/** Its types are those of its CommonJS form. */
const mitt = mittModule as unknown as typeof mittModule.default;

interface Item {
  readonly id: number;
}

/** What the handlers of a contender add up. */
interface Tally {
  sum: number;
}

// deno-lint-ignore no-explicit-any -- each bus tells of an event in its way
type Handler = (event: any, item: any) => void;

/** Makes a handler that adds up what it hears of. */
type HandlerMaker = (tally: Tally) => Handler;

/** What the contenders have in common. */
interface Bus {
  readonly hear: HandlerMaker;
  /** The same for all events, where that is something else. */
  readonly hearAny?: HandlerMaker;
  emit(type: string, item: Item): unknown;
  /** Adds a handler, and gives what removes it. */
  on(type: string, handler: Handler): () => void;
  once(type: string, handler: Handler): void;
  onAny?(handler: Handler): void;
  /** Gives the next event. */
  next?(type: string): Promise<Item>;
  /** Emits, and waits for all handlers. */
  publish?(type: string, item: Item): Promise<unknown>;
}

// A copy of these is compiled for each handler: no free variables in here.

function hearItem(tally: Tally): Handler {
  return ({ id }: Item) => void (tally.sum += id);
}

function hearPayload(tally: Tally): Handler {
  return ({ payload }: { payload: Item }) => void (tally.sum += payload.id);
}

function hearSecond(tally: Tally): Handler {
  return (_type: string, { id }: Item) => void (tally.sum += id);
}

function hearDetail(tally: Tally): Handler {
  return ({ detail }: CustomEvent<Item>) => void (tally.sum += detail.id);
}

function hearData(tally: Tally): Handler {
  return ({ data }: { data: Item }) => void (tally.sum += data.id);
}

type Events = Record<string, Item>;

const makers: Readonly<Record<string, () => Bus>> = {
  "groundwork"() {
    const bus = new EventBus<Events>();
    return {
      hear: hearItem,
      hearAny: hearPayload,
      emit: (type, item) => bus.emit(type, item),
      on(type, handler) {
        const place = bus.on(type, handler as (item: Item) => void);
        return () => place.unsubscribe();
      },
      once(type, handler) {
        bus.on(type, handler as (item: Item) => void, { once: true });
      },
      onAny: (handler) => void bus.onAny(handler as (event: unknown) => void),
      next: (type) => bus.once(type),
      publish: (type, item) => bus.publish(type, item),
    };
  },
  "nanoevents"() {
    const bus = createNanoEvents<Record<string, (item: Item) => void>>();
    return {
      hear: hearItem,
      emit: (type, item) => bus.emit(type, item),
      on: (type, handler) => bus.on(type, handler as (item: Item) => void),
      once(type, handler) {
        const off = bus.on(type, (item) => {
          off();
          handler(item, undefined);
        });
      },
    };
  },
  "mitt"() {
    const bus = mitt<Events>();
    return {
      hear: hearItem,
      hearAny: hearSecond,
      emit: (type, item) => bus.emit(type, item),
      on(type, handler) {
        bus.on(type, handler as (item: Item) => void);
        return () => bus.off(type, handler as (item: Item) => void);
      },
      once(type, handler) {
        const called = (item: Item): void => {
          bus.off(type, called);
          handler(item, undefined);
        };
        bus.on(type, called);
      },
      onAny: (handler) => bus.on("*", handler),
    };
  },
  "eventemitter3"() {
    const bus = new EventEmitter3();
    return {
      hear: hearItem,
      emit: (type, item) => bus.emit(type, item),
      on(type, handler) {
        bus.on(type, handler);
        return () => void bus.off(type, handler);
      },
      once: (type, handler) => void bus.once(type, handler),
    };
  },
  "node:events"() {
    const bus = new EventEmitter().setMaxListeners(0);
    return {
      hear: hearItem,
      emit: (type, item) => bus.emit(type, item),
      on(type, handler) {
        bus.on(type, handler);
        return () => void bus.off(type, handler);
      },
      once: (type, handler) => void bus.once(type, handler),
      next: async (type) => (await once(bus, type))[0],
    };
  },
  "EventTarget"() {
    const bus = new EventTarget();
    type Listener = (event: Event) => void;
    return {
      hear: hearDetail,
      emit: (type, item) =>
        bus.dispatchEvent(new CustomEvent(type, { detail: item })),
      on(type, handler) {
        bus.addEventListener(type, handler as Listener);
        return () => bus.removeEventListener(type, handler as Listener);
      },
      once(type, handler) {
        bus.addEventListener(type, handler as Listener, { once: true });
      },
    };
  },
  "emittery"() {
    const bus = new Emittery<Events>();
    type Listener = (event: unknown) => void;
    return {
      hear: hearData,
      emit: (type, item) => bus.emit(type, item),
      on: (type, handler) => bus.on(type, handler as Listener),
      once(type, handler) {
        const off = bus.on(type, (event) => {
          off();
          handler(event, undefined);
        });
      },
      onAny: (handler) => void bus.onAny(handler as Listener),
      next: async (type) => (await bus.once(type)).data,
      publish: (type, item) => bus.emit(type, item),
    };
  },
};

/** The least that a bus can do: calls handlers of a list, by type. */
function makeFloor(): Bus {
  const lists = new Map<string, ((item: Item) => void)[]>();
  return {
    hear: hearItem,
    emit(type, item) {
      const list = lists.get(type);
      if (list === undefined) return;
      for (let i = 0; i < list.length; i++) {
        const handler = list[i]!;
        handler(item);
      }
    },
    on(type, handler) {
      const list = lists.get(type) ?? [];
      lists.set(type, list);
      list.push(handler as (item: Item) => void);
      return () => {};
    },
    once() {},
  };
}

/** What a contender works with. */
interface Work {
  readonly bus: Bus;
  readonly tally: Tally;
  /** One that has not been added. */
  readonly handler: Handler;
  /** By the lowest bits of a number. */
  readonly items: readonly Item[];
  /** The type of each event of a call. */
  readonly types: readonly string[];
}

const items: readonly Item[] = Array.from({ length: 1_024 }, (_, id) => ({
  id,
}));

// What contenders do. A copy is compiled for each: no free variables in here.

function emit({ bus, tally, items, types }: Work): Contender {
  return (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      bus.emit(types[n]!, items[(i + n) & 1_023]!);
    }
    return tally.sum;
  };
}

function emitInTurns({ bus, tally, items, types }: Work): Contender {
  return async (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      await bus.emit(types[n]!, items[(i + n) & 1_023]!);
    }
    return tally.sum;
  };
}

function publish({ bus, tally, items, types }: Work): Contender {
  return async (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      await bus.publish!(types[n]!, items[(i + n) & 1_023]!);
    }
    return tally.sum;
  };
}

function addOnceAndEmit(
  { bus, tally, handler, items, types }: Work,
): Contender {
  return (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      bus.once(types[n]!, handler);
      bus.emit(types[n]!, items[(i + n) & 1_023]!);
    }
    return tally.sum;
  };
}

function addOnceAndEmitInTurns(
  { bus, tally, handler, items, types }: Work,
): Contender {
  return async (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      bus.once(types[n]!, handler);
      await bus.emit(types[n]!, items[(i + n) & 1_023]!);
    }
    return tally.sum;
  };
}

function waitForNext({ bus, items, types }: Work): Contender {
  return async (i) => {
    let sum = 0;
    for (let n = 0; n < types.length; n++) {
      const next = bus.next!(types[n]!);
      bus.emit(types[n]!, items[(i + n) & 1_023]!);
      sum += (await next).id;
    }
    return sum;
  };
}

/** Those who come go in the same order. The event that follows tells who is there. */
function addAndRemove(
  { bus, tally, handler, items, types }: Work,
): Contender {
  const removers: (() => void)[] = [];
  return (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      removers[n] = bus.on(types[n]!, handler);
    }
    for (let n = 0; n < types.length; n++) removers[n]!();
    bus.emit(types[0]!, items[i & 1_023]!);
    return tally.sum;
  };
}

function addAndRemoveInTurns(
  { bus, tally, handler, items, types }: Work,
): Contender {
  const removers: (() => void)[] = [];
  return async (i) => {
    tally.sum = 0;
    for (let n = 0; n < types.length; n++) {
      removers[n] = bus.on(types[n]!, handler);
    }
    for (let n = 0; n < types.length; n++) removers[n]!();
    await bus.emit(types[0]!, items[i & 1_023]!);
    return tally.sum;
  };
}

interface Task {
  readonly name: string;
  readonly operation: (work: Work) => Contender;
  /** The same where `emit` gives a promise. */
  readonly inTurns?: (work: Work) => Contender;
  /** Who can do it. Default: everybody. */
  readonly needs?: keyof Bus;
  /** The type of each event of a call. */
  readonly types: readonly string[];
  /** Adds those handlers that are there already. */
  readonly prepare: (bus: Bus, makeHandler: () => Handler) => void;
  /** How many handlers hear of an event. */
  readonly heard: number;
  /** How many events of a call are heard. Default: all. */
  readonly emitted?: number;
  /** Whether it can be done with a plain list. */
  readonly hasFloor?: boolean;
}

/** A contender with a bus and handlers of its own. */
function makeContender(task: Task, bus: Bus, isAsync: boolean): Contender {
  const { operation, inTurns = operation, needs, types, prepare } = task;
  const tally = { sum: 0 };
  const hear = needs === "onAny" ? bus.hearAny ?? bus.hear : bus.hear;
  // Handlers of a program are different functions: of 1,000 some are the same.
  const kinds = Array.from({ length: 10 }, () => copy(hear));
  let made = 0;
  prepare(bus, () => kinds[made++ % kinds.length]!(tally));
  const handler = copy(hear)(tally);
  const work = { bus, tally, handler, items, types };
  return copy(isAsync ? inTurns : operation)(work);
}

function compare(task: Task): Group {
  const { name, needs, types, heard, emitted = types.length } = task;
  const contenders: Record<string, Contender> = {};
  for (const [peer, make] of Object.entries(makers)) {
    const bus = make();
    if (needs !== undefined && !(needs in bus)) continue;
    contenders[peer] = makeContender(task, bus, peer === "emittery");
  }
  const { groundwork, ...peers } = contenders;
  return {
    name,
    ours: groundwork!,
    ...(task.hasFloor && { floor: makeContender(task, makeFloor(), false) }),
    peers,
    check(answer, i) {
      let sum = 0;
      for (let n = 0; n < emitted; n++) sum += (i + n) & 1_023;
      return answer === heard * sum;
    },
  };
}

const sameType: readonly string[] = Array(16).fill("visited");
const manyTypes: readonly string[] = sameType.map((type, n) => `${type}.${n}`);

function addMany(count: number): Task["prepare"] {
  return (bus, makeHandler) => {
    for (let i = 0; i < count; i++) bus.on("visited", makeHandler());
  };
}

/** There is a handler, but of another type. */
function addOther(bus: Bus, makeHandler: () => Handler): void {
  bus.on("other", makeHandler());
}

function emitTo(count: number, times: number): Group {
  return compare({
    name: `emit to ${count} x ${times}`,
    operation: emit,
    inTurns: emitInTurns,
    types: sameType.slice(0, times),
    prepare: addMany(count),
    heard: count,
    hasFloor: true,
  });
}

function addAndRemoveBeside(count: number): Group {
  return compare({
    name: `on + off beside ${count} x 16`,
    operation: addAndRemove,
    inTurns: addAndRemoveInTurns,
    types: sameType,
    prepare: addMany(count),
    heard: count,
    emitted: 1,
  });
}

await bench(import.meta, "event bus", [
  compare({
    name: "emit to 0 of 16 types x 16",
    operation: emit,
    inTurns: emitInTurns,
    types: manyTypes,
    prepare: addOther,
    heard: 0,
    hasFloor: true,
  }),
  emitTo(1, 16),
  compare({
    name: "emit to 1 of 16 types x 16",
    operation: emit,
    inTurns: emitInTurns,
    types: manyTypes,
    prepare(bus, makeHandler) {
      for (const type of manyTypes) bus.on(type, makeHandler());
    },
    heard: 1,
    hasFloor: true,
  }),
  emitTo(10, 16),
  emitTo(1_000, 1),
  compare({
    name: "emit to 1 for any x 16",
    operation: emit,
    inTurns: emitInTurns,
    needs: "onAny",
    types: sameType,
    prepare: (bus, makeHandler) => bus.onAny!(makeHandler()),
    heard: 1,
  }),
  compare({
    name: "once + emit x 16",
    operation: addOnceAndEmit,
    inTurns: addOnceAndEmitInTurns,
    types: sameType,
    prepare: addOther,
    heard: 1,
  }),
  compare({
    name: "await once x 16",
    operation: waitForNext,
    needs: "next",
    types: sameType,
    prepare: addOther,
    heard: 1,
  }),
  compare({
    name: "publish to 10 x 16",
    operation: publish,
    needs: "publish",
    types: sameType,
    prepare: addMany(10),
    heard: 10,
  }),
  addAndRemoveBeside(0),
  addAndRemoveBeside(10),
  addAndRemoveBeside(1_000),
]);
