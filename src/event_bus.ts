/**
 * Tells parts of a program what has happened, within the process and at once.
 *
 * When to use it: so that a module can react to another that does not know it.
 *
 * When not: for what must not get lost, has to be tried again, or goes to other
 * processes: that is for a `MessageBroker`.
 *
 * - **Isolated.** A handler that throws or rejects changes nothing for the others;
 *   each error is reported once.
 * - **Exact.** Handlers are called in the order they were added. One that is added
 *   while an event goes round does not get that event; one that is removed does
 *   not get it any more. An event may be emitted from within a handler: it goes
 *   round first.
 * - **Typed.** By a map from types to payloads, see {@linkcode EventBus}.
 *
 * @example Say what happened
 * ```ts
 * import { EventBus } from "@groundwork/infra/event-bus";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * interface Events {
 *   "link.visited": { slug: string };
 *   "cache.cleared": void;
 * }
 * const bus = new EventBus<Events>();
 * const seen: string[] = [];
 * bus.on("link.visited", ({ slug }) => void seen.push(slug));
 * bus.emit("link.visited", { slug: "docs" });
 * bus.emit("cache.cleared");
 * deepStrictEqual(seen, ["docs"]);
 * ```
 *
 * @module
 */

import { EventIterator, Overflow } from "./_event_iterator.ts";
import { requireCallback, requireFunction, requireWhole } from "./_options.ts";
import { isPromiseLike } from "./_promise_like.ts";
import { reasonOf } from "./_reason.ts";
import { reportUnhandled } from "./_report.ts";
import { MessagingError } from "./errors.ts";
import { formatMessage } from "./messages.ts";
import { parseStatus } from "./status.ts";
import { requireOption } from "./validators.ts";

/**
 * Hears of events. What it throws, or rejects with, is reported.
 *
 * @typeParam TPayload What an event tells.
 *
 * @example A handler by itself
 * ```ts
 * import { EventBus, type EventHandler } from "@groundwork/infra/event-bus";
 * import { strictEqual } from "node:assert/strict";
 *
 * let visits = 0;
 * const count: EventHandler<{ slug: string }> = () => void visits++;
 * const bus = new EventBus<{ visited: { slug: string } }>();
 * bus.on("visited", count);
 * bus.emit("visited", { slug: "docs" });
 * strictEqual(visits, 1);
 * ```
 */
export type EventHandler<TPayload> = (
  payload: TPayload,
) => void | PromiseLike<void>;

/**
 * What is to be passed with an event: nothing where its payload is `void` or
 * `undefined`.
 *
 * @typeParam TPayload What the event tells.
 */
export type EmitArgs<TPayload> = 0 extends 1 & TPayload ? [payload?: TPayload]
  : [TPayload] extends [void | undefined] ? []
  : undefined extends TPayload ? [payload?: TPayload]
  : [payload: TPayload];

/**
 * Any event of a map, with its type.
 *
 * @typeParam TEvents The payloads by type.
 *
 * @example Narrow by the type
 * ```ts
 * import type { AnyEvent } from "@groundwork/infra/event-bus";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Events = { visited: { slug: string }; cleared: void };
 * const tell = (event: AnyEvent<Events>) =>
 *   event.type === "visited" ? event.payload.slug : event.type;
 * strictEqual(tell({ type: "visited", payload: { slug: "docs" } }), "docs");
 * ```
 */
export type AnyEvent<TEvents extends object> = {
  [K in keyof TEvents]: { readonly type: K; readonly payload: TEvents[K] };
}[keyof TEvents];

/**
 * The map of events that are objects with a `type` of their own: instances of
 * classes, or a union. An event goes to the handlers of its `type` and to no
 * others: classes that extend each other share one only where they say so.
 *
 * @typeParam TEvent The events.
 *
 * @example Event classes
 * ```ts
 * import { EventBus, type EventsOf } from "@groundwork/infra/event-bus";
 * import { strictEqual } from "node:assert/strict";
 *
 * class LinkVisited {
 *   readonly type = "link.visited";
 *   readonly slug: string;
 *   constructor(slug: string) {
 *     this.slug = slug;
 *   }
 * }
 * class LinkDeleted {
 *   readonly type = "link.deleted";
 * }
 * const bus = new EventBus<EventsOf<LinkVisited | LinkDeleted>>();
 * let slug = "";
 * bus.on("link.visited", (event) => void (slug = event.slug));
 * const event = new LinkVisited("docs");
 * bus.emit(event.type, event);
 * strictEqual(slug, "docs");
 * ```
 */
export type EventsOf<TEvent extends { readonly type: PropertyKey }> = {
  [K in TEvent["type"]]: Extract<TEvent, { readonly type: K }>;
};

/**
 * A handler's place on a bus.
 *
 * @example For a while
 * ```ts
 * import { EventBus, type Subscription } from "@groundwork/infra/event-bus";
 * import { strictEqual } from "node:assert/strict";
 *
 * const bus = new EventBus<{ tick: void }>();
 * let ticks = 0;
 * const subscription: Subscription = bus.on("tick", () => void ticks++);
 * bus.emit("tick");
 * subscription.unsubscribe();
 * bus.emit("tick");
 * strictEqual(ticks, 1);
 * ```
 */
export interface Subscription extends Disposable {
  /** Whether the handler still hears of events. */
  readonly isActive: boolean;

  /** The handler hears of nothing any more. Harmless after the first call. */
  unsubscribe(): void;
}

/**
 * Which events a handler hears of, and for how long.
 *
 * @typeParam TPayload What an event tells.
 */
export interface SubscribeOptions<TPayload> {
  /** Ends the subscription. One that is aborted already lets none begin. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the first event is the last one.
   *
   * @default {false}
   */
  readonly once?: boolean;
  /**
   * Whether the handler comes before those that are there.
   *
   * @default {false}
   */
  readonly prepend?: boolean;
  /** Which events the handler hears of. What it throws is reported. */
  readonly filter?: (payload: TPayload) => boolean;
}

/**
 * Which event a promise waits for, and how long.
 *
 * @typeParam TPayload What the event tells.
 */
export type OnceOptions<TPayload> = Pick<
  SubscribeOptions<TPayload>,
  "signal" | "filter"
>;

/**
 * Which events an iterator gives, and how many it keeps.
 *
 * @typeParam TPayload What an event tells.
 */
export interface EventsOptions<TPayload> extends OnceOptions<TPayload> {
  /**
   * How many events wait for their turn: a whole number of 1 or more.
   *
   * @default {256}
   */
  readonly capacity?: number;
  /**
   * What happens with one more. `"error"`: the iterator ends with an error, after
   * those that wait. `"drop-oldest"`, `"drop-newest"`: one is lost.
   *
   * @default {"error"}
   */
  readonly overflow?: "error" | "drop-oldest" | "drop-newest";
}

/** What an error is about. */
export interface EventErrorContext {
  /** The type of the event. */
  readonly type: PropertyKey;
  /** What it told. */
  readonly payload: unknown;
}

/** Options of {@linkcode EventBus}. */
export interface EventBusOptions {
  /**
   * Called once for what a handler or a filter has thrown or rejected with, but
   * for what `publish` tells its caller. Default: it becomes an unhandled
   * rejection. Where this throws, so do both: what it has thrown, and what it was
   * called for.
   */
  readonly onError?: (error: unknown, context: EventErrorContext) => void;
}

type AnyHandler = (payload: unknown) => unknown;

/** In the place of a handler that has been removed. */
function noop(): void {}

/** A handler in a list; it is emptied on removal, as an emit may still hold it. */
class Entry implements Subscription {
  handler: AnyHandler;
  /** Where it is in its list. */
  place: number;
  readonly #list: HandlerList;
  /** Takes back the signal's listener, and tells who waits for an event. */
  #removed: (() => void) | undefined;

  constructor(list: HandlerList, handler: AnyHandler, place: number) {
    this.#list = list;
    this.handler = handler;
    this.place = place;
  }

  get isActive(): boolean {
    return this.handler !== noop;
  }

  /** Calls something when the handler is removed, in whichever way. */
  onRemoval(callback: () => void): void {
    const before = this.#removed;
    this.#removed = before === undefined ? callback : (): void => {
      before();
      callback();
    };
  }

  unsubscribe(): void {
    if (this.handler === noop) return;
    this.handler = noop;
    this.#list.remove(this.place);
    this.#removed?.();
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }
}

/** V8 inlines construction through a constant better than through a class. */
const EntryClass = Entry;

/** In the place of a type: all events. */
const ANY = /* @__PURE__ */ Symbol();

/** The entries of an empty list: nothing is ever added to it. */
const NOBODY: Entry[] = [];

/**
 * The handlers of a type. An emit goes through the array that is there when it
 * begins, up to its length then: what is added goes to the end, what is removed
 * leaves its place to `NEVER`, and what changes the array otherwise makes a new
 * one. (Left there, what was removed would live until then, and be copied by the
 * garbage collector.)
 */
class HandlerList {
  entries = NOBODY;
  /** How many have not been removed. */
  active = 0;
  /** Of which type. */
  readonly type: PropertyKey;
  readonly #lists: HandlerLists | undefined;

  constructor(type: PropertyKey, lists?: HandlerLists) {
    this.type = type;
    this.#lists = lists;
  }

  add(handler: AnyHandler, isFirst: boolean): Entry {
    const entry = new EntryClass(this, handler, this.entries.length);
    if (this.active === 0) this.entries = [entry]; // A push makes room for 17.
    else if (isFirst) this.#renew([entry, ...this.entries]);
    else this.entries.push(entry);
    this.active++;
    return entry;
  }

  remove(place: number): void {
    this.active--;
    if (this.active === 0) {
      this.entries = NOBODY;
      this.#lists?.noteEmptied(this);
      return;
    }
    this.entries[place] = NEVER;
    const slack = Math.min(this.active, 16 + (this.active >> 2));
    if (this.entries.length > this.active + slack) this.#renew(this.entries);
  }

  clear(): void {
    for (const entry of this.entries) entry.unsubscribe();
  }

  /** Makes the array anew, of those that have not been removed. */
  #renew(entries: readonly Entry[]): void {
    const active: Entry[] = [];
    for (const entry of entries) {
      if (entry.handler === noop) continue;
      entry.place = active.length;
      active.push(entry);
    }
    this.entries = active;
  }
}

/**
 * The lists by type. The one that was emptied last stays until another one is, as
 * the next handler is often of the same type: a key takes 20 to 110 ns to come to
 * a map and leave it, all the rest of a subscription 20.
 */
class HandlerLists {
  readonly #lists = new Map<PropertyKey, HandlerList>();
  #emptied: HandlerList | undefined;

  get(type: PropertyKey): HandlerList | undefined {
    return this.#lists.get(type);
  }

  getOrMake(type: PropertyKey): HandlerList {
    let list = this.#lists.get(type);
    if (list === undefined) {
      list = new HandlerList(type, this);
      this.#lists.set(type, list);
    }
    return list;
  }

  noteEmptied(list: HandlerList): void {
    const before = this.#emptied;
    this.#emptied = list;
    if (before !== undefined && before !== list && before.active === 0) {
      this.#lists.delete(before.type);
    }
  }

  all(): HandlerList[] {
    return [...this.#lists.values()];
  }
}

/**
 * A bus for the events of one program, or of a part of it.
 *
 * Measured (`bench/event_bus_bench.ts`): on Deno, Node and Bun ten handlers hear
 * an event 0.93, 0.88 and 0.70 times as fast as with nanoevents, which catches no
 * errors; 1.4, 1.4 and 1.9 times as fast as with mitt; 5, 3 and 20 times as fast
 * as with EventTarget. With one handler it is 0.96, 0.90 and 0.52 times nanoevents,
 * with a thousand 0.89, 0.87 and 1.4 times, with none 1.8 to 2 times. To add and
 * remove one takes 1.2, 1.2 and 0.9 times as long as with nanoevents where there
 * is no other, and a tenth of its time or less beside a thousand.
 *
 * @typeParam TEvents The payloads by type: an interface or a type. A type whose
 * payload is `void` is emitted without one. There is one hole: where a type is a
 * union (`"a" | "b"`), the payload of either is taken.
 *
 * @example Isolation
 * ```ts
 * import { EventBus } from "@groundwork/infra/event-bus";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const log: string[] = [];
 * const bus = new EventBus<{ saved: { id: number } }>({
 *   onError: (error, { type }) => log.push(`${String(type)}: ${error}`),
 * });
 * bus.on("saved", () => {
 *   throw new Error("disk full");
 * });
 * bus.on("saved", ({ id }) => void log.push(`indexed ${id}`));
 * bus.emit("saved", { id: 7 });
 * deepStrictEqual(log, ["saved: Error: disk full", "indexed 7"]);
 * ```
 */
export class EventBus<TEvents extends object> implements Disposable {
  readonly #lists = new HandlerLists();
  readonly #onError: EventBusOptions["onError"];
  /** Those for all events. */
  readonly #any = new HandlerList(ANY);

  /**
   * Makes a bus without handlers.
   *
   * @param options Who hears of errors.
   * @throws {ValidationError} `onError` is not a function.
   */
  constructor(options: EventBusOptions = {}) {
    const { onError } = options;
    requireCallback("onError", onError);
    this.#onError = onError;
  }

  /**
   * Adds a handler for a type of events. The same function may be added more than
   * once; each is a subscription of its own.
   *
   * @typeParam K The type.
   * @param type The type.
   * @param handler The handler.
   * @param options Which events, and for how long.
   * @returns The subscription.
   * @throws {ValidationError} `handler` or `filter` is not a function.
   *
   * @example Some of them, for as long as a signal allows
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { strictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ ordered: { total: number } }>();
   * const controller = new AbortController();
   * let sum = 0;
   * bus.on("ordered", ({ total }) => void (sum += total), {
   *   filter: ({ total }) => total >= 100,
   *   signal: controller.signal,
   * });
   * for (const total of [50, 100, 200]) bus.emit("ordered", { total });
   * controller.abort();
   * bus.emit("ordered", { total: 1_000 });
   * strictEqual(sum, 300);
   * ```
   */
  on<K extends keyof TEvents>(
    type: K,
    handler: EventHandler<TEvents[K]>,
    options?: SubscribeOptions<TEvents[K]>,
  ): Subscription {
    return this.#subscribe(
      type,
      handler as AnyHandler,
      options as SubscribeOptions<unknown> | undefined,
    );
  }

  /**
   * Adds a handler for all events. It is called after those of the type.
   *
   * @param handler The handler; it gets the type as well.
   * @param options Which events, and for how long.
   * @returns The subscription.
   * @throws {ValidationError} `handler` or `filter` is not a function.
   *
   * @example A log of everything
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ visited: { slug: string }; cleared: void }>();
   * const log: string[] = [];
   * bus.onAny(({ type }) => void log.push(type));
   * bus.emit("visited", { slug: "docs" });
   * bus.emit("cleared");
   * deepStrictEqual(log, ["visited", "cleared"]);
   * ```
   */
  onAny(
    handler: EventHandler<AnyEvent<TEvents>>,
    options?: SubscribeOptions<AnyEvent<TEvents>>,
  ): Subscription {
    return this.#subscribe(
      ANY,
      handler as AnyHandler,
      options as SubscribeOptions<unknown> | undefined,
    );
  }

  /**
   * Waits for the next event of a type.
   *
   * @typeParam K The type.
   * @param type The type.
   * @param options Which event, and for how long.
   * @returns A promise of what it tells. It rejects with the signal's reason, with
   * what the filter throws, or with `MSG_UNSUBSCRIBED` where the bus is cleared;
   * with a `ValidationError`, which is not thrown, where `filter` is no function.
   *
   * @example The next one
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { strictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ ready: { port: number } }>();
   * const ready = bus.once("ready");
   * bus.emit("ready", { port: 8080 });
   * strictEqual((await ready).port, 8080);
   * ```
   */
  once<K extends keyof TEvents>(
    type: K,
    options: OnceOptions<TEvents[K]> = {},
  ): Promise<TEvents[K]> {
    const { signal, filter } = options;
    return new Promise((resolve, reject) => {
      requireCallback("filter", filter);
      if (signal?.aborted) return reject(signal.reason);
      let isSettled = false;
      const subscription = this.#subscribe(
        type,
        (payload) => {
          try {
            const event = payload as TEvents[K];
            if (filter !== undefined && !filter(event)) return;
            resolve(event);
          } catch (error) {
            reject(error);
          }
          isSettled = true;
          subscription.unsubscribe();
        },
        { signal },
      );
      // To make an error takes longer than all the rest.
      subscription.onRemoval(() => {
        if (isSettled) return;
        reject(
          signal?.aborted
            ? signal.reason
            : new MessagingError("MSG_UNSUBSCRIBED"),
        );
      });
    });
  }

  /**
   * Gives the events of a type one after the other, for `for await`. It hears of
   * them from this call on, not from the first turn of the loop.
   *
   * @typeParam K The type.
   * @param type The type.
   * @param options Which events, how many wait for their turn, and for how long.
   * @returns An iterator. It ends when its loop does, when the signal is aborted
   * or when the bus is cleared, in the latter cases after the events that wait.
   * With the overflow `"error"` its last turn rejects with `MSG_QUEUE_FULL`.
   * @throws {ValidationError} An option is not valid.
   *
   * @example Until a signal
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ visited: string }>();
   * const controller = new AbortController();
   * const visits = bus.events("visited", { signal: controller.signal });
   * for (const slug of ["docs", "blog"]) bus.emit("visited", slug);
   * controller.abort();
   * deepStrictEqual(await Array.fromAsync(visits), ["docs", "blog"]);
   * ```
   */
  events<K extends keyof TEvents>(
    type: K,
    options: EventsOptions<TEvents[K]> = {},
  ): AsyncIterableIterator<TEvents[K]> {
    const { capacity = 256, overflow = Overflow.ERROR } = options;
    const { signal, filter } = options;
    requireWhole("capacity", capacity);
    requireOption(parseStatus(Overflow, overflow, "overflow"), overflow);
    const iterator = new EventIterator<TEvents[K]>(capacity, overflow);
    const subscription = this.#subscribe(
      type,
      (payload) => iterator.push(payload as TEvents[K]),
      { signal, filter } as SubscribeOptions<unknown>,
    );
    iterator.onEnd(() => subscription.unsubscribe());
    if (subscription.isActive) subscription.onRemoval(() => iterator.end());
    else iterator.end();
    return iterator;
  }

  /**
   * Calls all handlers, one after the other, and waits for none. No error of a
   * handler comes back from here.
   *
   * @typeParam K The type.
   * @param type The type.
   * @param args What the event tells, unless that is nothing.
   * @returns Whether there was a handler.
   *
   * @example Nobody listens
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { strictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ tick: void }>();
   * strictEqual(bus.emit("tick"), false);
   * bus.on("tick", () => {});
   * strictEqual(bus.emit("tick"), true);
   * ```
   */
  emit<K extends keyof TEvents>(
    type: K,
    ...args: EmitArgs<TEvents[K]>
  ): boolean;
  // An array of arguments would be made each time.
  emit(type: PropertyKey, payload?: unknown): boolean {
    const entries = this.#lists.get(type)?.entries;
    const any = this.#any.entries;
    const anyCount = any.length;
    const count = entries === undefined ? 0 : entries.length;
    if (count > 0) this.#callAll(entries!, count, payload, type, payload);
    if (anyCount === 0) return count > 0;
    this.#callAll(any, anyCount, { type, payload }, type, payload);
    return true;
  }

  /**
   * Starts all handlers, one after the other, and waits until all have ended.
   *
   * @typeParam K The type.
   * @param type The type.
   * @param args What the event tells, unless that is nothing.
   * @returns A promise that resolves when all have ended. It rejects with an
   * `AggregateError` where any has failed: its `errors` are in the order of the
   * handlers, and go to nobody else.
   *
   * @example Go on when all is done
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { rejects, strictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ stopping: void }>();
   * let isSaved = false;
   * bus.on("stopping", async () => {
   *   await Promise.resolve();
   *   isSaved = true;
   * });
   * await bus.publish("stopping");
   * strictEqual(isSaved, true);
   *
   * bus.on("stopping", () => Promise.reject(new Error("disk full")));
   * await rejects(bus.publish("stopping"), /disk full/);
   * ```
   */
  publish<K extends keyof TEvents>(
    type: K,
    ...args: EmitArgs<TEvents[K]>
  ): Promise<void>;
  async publish(type: PropertyKey, payload?: unknown): Promise<void> {
    const calls: (readonly [entries: readonly Entry[], argument: unknown])[] =
      [];
    const list = this.#lists.get(type);
    if (list !== undefined) calls.push([[...list.entries], payload]);
    if (this.#any.active > 0) {
      calls.push([[...this.#any.entries], { type, payload }]);
    }
    const running: unknown[] = [];
    for (const [entries, argument] of calls) {
      for (const { handler } of entries) running.push(start(handler, argument));
    }
    const errors: unknown[] = [];
    for (const outcome of await Promise.allSettled(running)) {
      if (outcome.status === "rejected") errors.push(outcome.reason);
    }
    if (errors.length === 0) return;
    const reason = reasonOf(errors[0]);
    throw new AggregateError(
      errors,
      formatMessage("MSG_HANDLER_ERROR", { reason }),
    );
  }

  /**
   * How many handlers there are.
   *
   * @param type Of which type. Default: of all types, and those for all events.
   * @returns The handlers.
   *
   * @example Do not work for nobody
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { strictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ tick: void; tock: void }>();
   * bus.on("tick", () => {});
   * strictEqual(bus.listenerCount("tick"), 1);
   * strictEqual(bus.listenerCount("tock"), 0);
   * strictEqual(bus.listenerCount(), 1);
   * ```
   */
  listenerCount(type?: keyof TEvents): number {
    if (type !== undefined) return this.#lists.get(type)?.active ?? 0;
    let count = this.#any.active;
    for (const { active } of this.#lists.all()) count += active;
    return count;
  }

  /**
   * Removes handlers. Promises of {@linkcode EventBus.once} reject, iterators end.
   *
   * @param type Of which type. Default: of all types, and those for all events.
   *
   * @example All of a type
   * ```ts
   * import { EventBus } from "@groundwork/infra/event-bus";
   * import { strictEqual } from "node:assert/strict";
   *
   * const bus = new EventBus<{ tick: void }>();
   * bus.on("tick", () => {});
   * bus.clear("tick");
   * strictEqual(bus.listenerCount(), 0);
   * ```
   */
  clear(type?: keyof TEvents): void {
    if (type !== undefined) return this.#lists.get(type)?.clear();
    for (const list of this.#lists.all()) list.clear();
    this.#any.clear();
  }

  /** The same as {@linkcode EventBus.clear}, for `using`. */
  [Symbol.dispose](): void {
    this.clear();
  }

  #listOf(type: PropertyKey): HandlerList {
    return type === ANY ? this.#any : this.#lists.getOrMake(type);
  }

  #subscribe(
    type: PropertyKey,
    handler: AnyHandler,
    options: SubscribeOptions<unknown> | undefined,
  ): Entry {
    requireFunction("handler", handler);
    if (options === undefined) return this.#listOf(type).add(handler, false);
    const { signal, once = false, prepend = false, filter } = options;
    requireCallback("filter", filter);
    if (signal?.aborted) return NEVER;
    const isPlain = !once && filter === undefined;
    const called = isPlain ? handler : (payload: unknown): unknown => {
      // A filter may have removed its handler.
      if (filter !== undefined && !(filter(payload) && entry.isActive)) {
        return undefined;
      }
      if (once) entry.unsubscribe();
      return handler(payload);
    };
    const entry = this.#listOf(type).add(called, prepend);
    if (signal !== undefined) {
      const onAbort = (): void => entry.unsubscribe();
      signal.addEventListener("abort", onAbort, { once: true });
      entry.onRemoval(() => signal.removeEventListener("abort", onAbort));
    }
    return entry;
  }

  /**
   * Measured, and no faster: one `try` around the loop that goes on after an error,
   * linked entries, or an array of functions beside the entries, since then it has
   * to be counted which emits are under way.
   */
  #callAll(
    entries: readonly Entry[],
    count: number,
    argument: unknown,
    type: PropertyKey,
    payload: unknown,
  ): void {
    for (let i = 0; i < count; i++) {
      const { handler } = entries[i]!;
      try {
        const returned = handler(argument);
        if (returned !== undefined) this.#watch(returned, type, payload);
      } catch (error) {
        this.#report(error, type, payload);
      }
    }
  }

  #watch(returned: unknown, type: PropertyKey, payload: unknown): void {
    if (!isPromiseLike(returned)) return;
    // A thenable may settle more than once, and call what it was not given.
    Promise.resolve(returned).then(
      undefined,
      (error: unknown) => this.#report(error, type, payload),
    );
  }

  #report(error: unknown, type: PropertyKey, payload: unknown): void {
    if (this.#onError === undefined) return reportUnhandled(error);
    try {
      this.#onError(error, { type, payload });
    } catch (thrown) {
      reportUnhandled(thrown);
      if (!Object.is(thrown, error)) reportUnhandled(error);
    }
  }
}

/** What a subscription is that could not begin, and what one leaves behind. */
const NEVER: Entry = /* @__PURE__ */ new Entry(
  /* @__PURE__ */ new HandlerList(ANY),
  noop,
  0,
);

/** What a handler throws at once is as if it had rejected with it. */
function start(handler: AnyHandler, argument: unknown): unknown {
  try {
    return handler(argument);
  } catch (error) {
    return Promise.reject(error);
  }
}
