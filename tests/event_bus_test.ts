import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MessagingError, ValidationError } from "../src/errors.ts";
import {
  EventBus,
  type EventErrorContext,
  type EventsOf,
  type EventsOptions,
  type SubscribeOptions,
  type Subscription,
} from "../src/event_bus.ts";
import {
  CountingSignal,
  NOT_NUMBERS,
  RUNS,
  watch,
  withReplaced,
} from "./foundation_support.ts";
import { hearUnhandled } from "./unhandled_support.ts";

/** How many programs the properties against the model run. */
const MODEL_RUNS = 1_000;

const oops: Error = new Error("oops");

function throwing(): never {
  throw oops;
}

const NOT_FUNCTIONS = NOT_NUMBERS.filter(([name]) =>
  name !== "undefined" && name !== "a function"
);

/** Lets all that is ready to go on do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await undefined;
}

/** A turn of the event loop: runtimes look for unhandled rejections after one. */
function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = (): void => {
      port1.close();
      port2.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Fails where the promise is pending: a bug must not hang the tests. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  let isPending = true;
  promise.then(() => isPending = false, () => isPending = false);
  await settle();
  strictEqual(isPending, false, "a promise is pending");
  return promise;
}

function isEnded(error: unknown): boolean {
  return error instanceof MessagingError && error.code === "MSG_UNSUBSCRIBED";
}

function isFull(max: number): (error: unknown) => boolean {
  return (error) =>
    error instanceof MessagingError && error.code === "MSG_QUEUE_FULL" &&
    error.message.includes(`limit of ${max} `);
}

/** An error of an option that names it. */
function isRefusalOf(field: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof ValidationError &&
    error.code === "VALIDATION_INVALID_OPTION" &&
    error.field === field && error.message.includes(field);
}

interface Heard extends EventErrorContext {
  readonly error: unknown;
}

/** A bus, and what its `onError` has heard. */
function makeHearing<E extends object = Record<PropertyKey, unknown>>(): {
  readonly bus: EventBus<E>;
  readonly errors: Heard[];
} {
  const errors: Heard[] = [];
  const bus = new EventBus<E>({
    onError: (error, context) => errors.push({ error, ...context }),
  });
  return { bus, errors };
}

// --- unhandled rejections

/** What becomes an unhandled rejection because of the body. */
async function unhandledIn(body: () => void): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const restore = hearUnhandled((reason) => void reasons.push(reason));
  try {
    body();
    await settle();
    await turn();
    await turn();
  } finally {
    restore();
  }
  return reasons;
}

// --- programs that run on a bus and on a model of it

type Payload = { readonly index: number };

const PAYLOADS: readonly Payload[] = [0, 1, 2, 3].map((index) => ({ index }));
const SYMBOL: unique symbol = Symbol("a");
const TYPES: readonly PropertyKey[] = ["a", "__proto__", SYMBOL];
const SIGNALS = 3;

/** Which payloads pass: all, every other one, or none since it throws. */
type FilterKind = "none" | "odd" | "throws";

interface Handling {
  /** `undefined` for any type. */
  readonly type: PropertyKey | undefined;
  readonly isFirst: boolean;
  readonly once: boolean;
  readonly filter: FilterKind;
  readonly signal: number | undefined;
  readonly outcome: "returns" | "throws" | "rejects" | "thenable";
  /** What it does when called. */
  readonly script: readonly Action[];
}

interface Wait {
  readonly do: "wait";
  readonly type: PropertyKey;
  readonly filter: FilterKind;
  readonly signal: number | undefined;
}

type Action =
  | { readonly do: "add"; readonly handling: Handling }
  | Wait
  | { readonly do: "remove"; readonly which: number }
  | { readonly do: "abort"; readonly signal: number }
  | { readonly do: "clear"; readonly type: PropertyKey | undefined }
  | {
    readonly do: "emit" | "publish";
    readonly type: PropertyKey;
    readonly payload: number;
  };

/** An error whose name tells where it comes from. */
class Fault extends Error {
  readonly label: string;
  constructor(label: string) {
    super(label);
    this.label = label;
  }
}

function labelOf(error: unknown): string {
  if (error instanceof Fault) return error.label;
  return isEnded(error) ? "ended" : String(error);
}

/** Runs programs, and writes down what can be seen of them. */
abstract class World {
  /** What happened, in order. */
  readonly log: string[] = [];
  /** What happened later: the order of microtasks is nobody's business. */
  readonly later: string[] = [];
  #added = 0;
  #calls = 0;
  /** Events left, since handlers that emit may never end. */
  #fuel = 40;
  readonly #ignoresOutcomes: boolean;

  constructor(ignoresOutcomes: boolean) {
    this.#ignoresOutcomes = ignoresOutcomes;
  }

  abstract add(id: number, handling: Handling): void;
  abstract wait(id: number, wait: Wait): void;
  abstract remove(which: number): void;
  abstract abort(signal: number): void;
  abstract clear(type: PropertyKey | undefined): void;
  abstract emit(type: PropertyKey, payload: Payload): boolean;
  abstract publish(id: number, type: PropertyKey, payload: Payload): void;
  /** How many handlers there are, of what kind, and on which signals. */
  abstract counts(): string;

  run(actions: readonly Action[]): void {
    for (const action of actions) {
      this.#do(action);
      this.log.push(this.counts());
    }
  }

  #do(action: Action): void {
    switch (action.do) {
      case "add":
        return this.add(this.#added++, action.handling);
      case "wait":
        return this.wait(this.#added++, action);
      case "remove":
        return this.remove(action.which);
      case "abort":
        return this.abort(action.signal);
      case "clear":
        return this.clear(action.type);
      case "emit":
      case "publish": {
        if (this.#fuel-- <= 0) return;
        const payload = PAYLOADS[action.payload]!;
        if (action.do === "publish") {
          return this.publish(this.#added++, action.type, payload);
        }
        const wasHeard = this.emit(action.type, payload);
        this.log.push(wasHeard ? "heard" : "not heard");
      }
    }
  }

  /** What a handler does; gives the error that it then fails with. */
  hear(
    id: number,
    handling: Handling,
    type: PropertyKey | undefined,
    payload: unknown,
  ): Fault | undefined {
    const index = PAYLOADS.indexOf(payload as Payload);
    this.log.push(`${id} hears ${String(type)} ${index}`);
    const call = this.#calls++;
    this.run(handling.script);
    const { outcome } = handling;
    if (this.#ignoresOutcomes || outcome === "returns") return undefined;
    return new Fault(`${outcome} ${id} ${call}`);
  }

  passes(id: number, filter: FilterKind, payload: unknown): boolean {
    if (filter === "throws" && !this.#ignoresOutcomes) {
      throw new Fault(`filter ${id} ${this.#calls++}`);
    }
    return filter === "none" || (payload as Payload).index % 2 === 1;
  }

  /** An error that `onError` hears of; one of a promise comes later. */
  noteError(error: unknown, type: PropertyKey, payload: unknown): void {
    const label = labelOf(error);
    const index = PAYLOADS.indexOf(payload as Payload);
    const isLater = /^(rejects|thenable)/.test(label);
    (isLater ? this.later : this.log).push(
      `${label} at ${String(type)} ${index}`,
    );
  }
}

/** The bus. */
class RealWorld extends World {
  readonly #bus: EventBus<Record<PropertyKey, Payload>> = new EventBus({
    onError: (error, { type, payload }) => this.noteError(error, type, payload),
  });
  readonly #signals = Array.from(
    { length: SIGNALS },
    () => new CountingSignal(),
  );
  readonly #subscriptions: Subscription[] = [];

  add(id: number, handling: Handling): void {
    const { type, isFirst, once, filter, signal, outcome } = handling;
    const fail = (fault: Fault | undefined): void | PromiseLike<void> => {
      if (fault === undefined) return;
      if (outcome === "throws") throw fault;
      if (outcome === "rejects") return Promise.reject(fault);
      return {
        then:
          ((_: unknown, reject: (reason: unknown) => void): void =>
            queueMicrotask(() => reject(fault))) as PromiseLike<void>["then"],
      };
    };
    const options: SubscribeOptions<unknown> = {
      ...(isFirst && { prepend: true }),
      ...(once && { once }),
      signal: this.#signalOf(signal),
    };
    this.#subscriptions.push(
      type === undefined
        ? this.#bus.onAny(
          (event) => fail(this.hear(id, handling, event.type, event.payload)),
          filter === "none" ? options : {
            ...options,
            filter: (event) => this.passes(id, filter, event.payload),
          },
        )
        : this.#bus.on(
          type,
          (payload) => fail(this.hear(id, handling, type, payload)),
          filter === "none" ? options : {
            ...options,
            filter: (payload) => this.passes(id, filter, payload),
          },
        ),
    );
  }

  wait(id: number, { type, filter, signal }: Wait): void {
    this.#bus.once(type, {
      signal: this.#signalOf(signal),
      ...(filter !== "none" && {
        filter: (payload) => this.passes(id, filter, payload),
      }),
    }).then(
      (payload) => this.later.push(`${id} gets ${PAYLOADS.indexOf(payload)}`),
      (error) => this.later.push(`${id} fails: ${labelOf(error)}`),
    );
  }

  remove(which: number): void {
    const subscription = this.#subscriptions[
      which % Math.max(1, this.#subscriptions.length)
    ];
    if (which % 2 === 0) subscription?.unsubscribe();
    else subscription?.[Symbol.dispose]();
  }

  abort(signal: number): void {
    this.#signals[signal]!.abort(new Fault(`signal ${signal}`));
  }

  clear(type: PropertyKey | undefined): void {
    if (type === undefined) this.#bus.clear();
    else this.#bus.clear(type);
  }

  emit(type: PropertyKey, payload: Payload): boolean {
    return this.#bus.emit(type, payload);
  }

  publish(id: number, type: PropertyKey, payload: Payload): void {
    this.#bus.publish(type, payload).then(
      () => this.later.push(`${id} is done`),
      ({ errors }) =>
        this.later.push(`${id} fails: ${errors.map(labelOf).join()}`),
    );
  }

  counts(): string {
    return JSON.stringify([
      ...TYPES.map((type) => this.#bus.listenerCount(type)),
      this.#bus.listenerCount(),
      this.#subscriptions.map(({ isActive }) => Number(isActive)).join(""),
      this.#signals.map(({ listenerCount }) => listenerCount),
    ]);
  }

  #signalOf(signal: number | undefined): AbortSignal | undefined {
    return signal === undefined ? undefined : this.#signals[signal]!.asSignal();
  }
}

/** Someone in the model's list. */
interface Place {
  readonly id: number;
  readonly type: PropertyKey | undefined;
  readonly once: boolean;
  readonly filter: FilterKind;
  readonly signal: number | undefined;
  /** What is done with an event; gives the error of the handler, if any. */
  readonly call: (
    type: PropertyKey,
    payload: Payload,
  ) => Fault | undefined;
  readonly filterFailed?: (fault: Fault) => void;
  readonly removed: (why: string) => void;
}

/** A plain list of handlers, in the order in which they are called. */
class ModelWorld extends World {
  #places: Place[] = [];
  readonly #added: (Place | undefined)[] = [];
  readonly #aborted = new Set<number>();

  add(id: number, handling: Handling): void {
    const { type, isFirst, once, filter, signal } = handling;
    if (signal !== undefined && this.#aborted.has(signal)) {
      this.#added.push(undefined);
      return;
    }
    const place: Place = {
      id,
      type,
      once,
      filter,
      signal,
      call: (emitted, payload) => this.hear(id, handling, emitted, payload),
      removed() {},
    };
    this.#added.push(place);
    if (isFirst) this.#places.unshift(place);
    else this.#places.push(place);
  }

  wait(id: number, { type, filter, signal }: Wait): void {
    let isSettled = false;
    const fail = (why: string): void => {
      if (!isSettled) this.later.push(`${id} fails: ${why}`);
      isSettled = true;
    };
    if (signal !== undefined && this.#aborted.has(signal)) {
      return fail(`signal ${signal}`);
    }
    const place: Place = {
      id,
      type,
      once: true,
      filter,
      signal,
      call: (_, payload) => {
        this.later.push(`${id} gets ${payload.index}`);
        isSettled = true;
        return undefined;
      },
      filterFailed: ({ label }) => {
        fail(label);
        this.#drop((other) => other === place, "");
      },
      removed: fail,
    };
    this.#places.push(place);
  }

  remove(which: number): void {
    const place = this.#added[which % Math.max(1, this.#added.length)];
    this.#drop((other) => other === place, "");
  }

  abort(signal: number): void {
    this.#aborted.add(signal);
    this.#drop((place) => place.signal === signal, `signal ${signal}`);
  }

  clear(type: PropertyKey | undefined): void {
    this.#drop((place) => type === undefined || place.type === type, "ended");
  }

  emit(type: PropertyKey, payload: Payload): boolean {
    return this.#send(type, payload, (fault) => {
      this.noteError(fault, type, payload);
    });
  }

  publish(id: number, type: PropertyKey, payload: Payload): void {
    const faults: Fault[] = [];
    this.#send(type, payload, (fault) => faults.push(fault));
    this.later.push(
      faults.length === 0
        ? `${id} is done`
        : `${id} fails: ${faults.map(labelOf).join()}`,
    );
  }

  counts(): string {
    const count = (isOf: (place: Place) => boolean): number =>
      this.#places.filter(isOf).length;
    return JSON.stringify([
      ...TYPES.map((type) => count((place) => place.type === type)),
      this.#places.length,
      this.#added.map((place) => Number(this.#has(place))).join(""),
      Array.from({ length: SIGNALS }, (_, i) => count((p) => p.signal === i)),
    ]);
  }

  #has(place: Place | undefined): boolean {
    return place !== undefined && this.#places.includes(place);
  }

  #drop(isDropped: (place: Place) => boolean, why: string): void {
    const dropped = this.#places.filter(isDropped);
    this.#places = this.#places.filter((place) => !isDropped(place));
    for (const place of dropped) place.removed(why);
  }

  #send(
    type: PropertyKey,
    payload: Payload,
    failed: (fault: Fault) => void,
  ): boolean {
    const round = [
      ...this.#places.filter((place) => place.type === type),
      ...this.#places.filter((place) => place.type === undefined),
    ];
    for (const place of round) {
      if (!this.#has(place)) continue;
      try {
        if (!this.passes(place.id, place.filter, payload)) continue;
      } catch (fault) {
        (place.filterFailed ?? failed)(fault as Fault);
        continue;
      }
      if (place.once) {
        this.#places = this.#places.filter((other) => other !== place);
      }
      const fault = place.call(type, payload);
      if (fault !== undefined) failed(fault);
    }
    return round.length > 0;
  }
}

const types = fc.constantFrom(...TYPES);
const signals = fc.option(fc.nat(SIGNALS - 1), { nil: undefined, freq: 2 });
const filters = fc.constantFrom<FilterKind>(
  "none",
  "none",
  "none",
  "odd",
  "throws",
);

const { program } = fc.letrec<
  {
    program: readonly Action[];
    script: readonly Action[];
    handling: Handling;
    action: Action;
  }
>((tie) => ({
  program: fc.array(tie("action"), { maxLength: 25, size: "max" }),
  script: fc.array(tie("action"), { maxLength: 3, depthIdentifier: "nested" }),
  handling: fc.record({
    type: fc.option(types, { nil: undefined, freq: 3 }),
    isFirst: fc.constantFrom(false, false, true),
    once: fc.constantFrom(false, false, true),
    filter: filters,
    signal: signals,
    outcome: fc.constantFrom(
      "returns" as const,
      "returns" as const,
      "throws" as const,
      "rejects" as const,
      "thenable" as const,
    ),
    script: fc.oneof(
      { maxDepth: 3, depthSize: "small", depthIdentifier: "nested" },
      { arbitrary: fc.constant([]), weight: 2 },
      { arbitrary: tie("script"), weight: 3 },
    ),
  }),
  action: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("add" as const),
        handling: tie("handling"),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "emit" as const,
          "emit" as const,
          "publish" as const,
        ),
        type: types,
        payload: fc.nat(PAYLOADS.length - 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("wait" as const),
        type: types,
        filter: filters,
        signal: signals,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("remove" as const),
        which: fc.nat(20),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("abort" as const),
        signal: fc.nat(SIGNALS - 1),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("clear" as const),
        type: fc.option(types, { nil: undefined, freq: 3 }),
      }),
    },
  ),
}));

/** Who heard what, and how many handlers there were, without the errors. */
function callsIn({ log }: World): readonly string[] {
  return log.filter((line) => !/^(throws|filter)/.test(line));
}

describe("EventBus against a list of handlers (property)", () => {
  it("P13a, d: calls are those of the list, in its order; so are the counts", async () => {
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(program, async (actions) => {
        const real = new RealWorld(true);
        const model = new ModelWorld(true);
        real.run(actions);
        model.run(actions);
        deepStrictEqual(real.log, model.log);
        await settle();
        deepStrictEqual(real.later.toSorted(), model.later.toSorted());
        calls += real.log.filter((line) => line.includes("hears")).length;
        real.clear(undefined);
        model.clear(undefined);
        strictEqual(real.counts(), model.counts());
        await settle();
      }),
      { numRuns: MODEL_RUNS },
    );
    ok(calls > 2 * MODEL_RUNS, `the programs call only ${calls} handlers`);
  });

  it("P13b: each error is told once, and changes nobody else's calls", async () => {
    let errors = 0;
    await fc.assert(
      fc.asyncProperty(program, async (actions) => {
        const real = new RealWorld(false);
        const model = new ModelWorld(false);
        real.run(actions);
        model.run(actions);
        deepStrictEqual(real.log, model.log);
        await settle();
        deepStrictEqual(real.later.toSorted(), model.later.toSorted());
        errors += real.log.filter((line) => line.includes(" at ")).length;
        real.clear(undefined);
        await settle();
      }),
      { numRuns: MODEL_RUNS },
    );
    ok(errors > MODEL_RUNS / 4, `the programs make only ${errors} errors`);
  });

  it("P13b: with handlers that fail, the others are called as if none did", async () => {
    const fails = (action: Action): Action => {
      if (action.do === "wait") return { ...action, filter: "none" };
      if (action.do !== "add") return action;
      const { filter, script } = action.handling;
      return {
        do: "add",
        handling: {
          ...action.handling,
          // A filter that throws is another than one that lets pass.
          filter: filter === "throws" ? "none" : filter,
          script: script.map(fails),
        },
      };
    };
    await fc.assert(
      fc.asyncProperty(program, async (actions) => {
        const failing = new RealWorld(false);
        const sound = new RealWorld(true);
        failing.run(actions.map(fails));
        sound.run(actions.map(fails));
        deepStrictEqual(callsIn(failing), callsIn(sound));
        failing.clear(undefined);
        sound.clear(undefined);
        await settle();
      }),
      { numRuns: RUNS },
    );
  });

  it("P13c: a handler gets the very payload", () =>
    fc.assert(
      fc.property(fc.anything(), (payload) => {
        const { bus, errors } = makeHearing();
        const got: unknown[] = [];
        bus.on("a", (it) => void got.push(it));
        bus.on("a", (it) => void got.push(it), {
          filter: (it) => Object.is(it, payload),
          once: true,
        });
        bus.onAny((event) => void got.push(event.payload));
        bus.emit("a", payload);
        deepStrictEqual(got.map((it) => Object.is(it, payload)), [
          true,
          true,
          true,
        ]);
        deepStrictEqual(errors, []);
      }),
      { numRuns: RUNS },
    ));

  it("P13f: any name is like any other", () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.oneof(
            fc.constantFrom<PropertyKey>(
              "__proto__",
              "constructor",
              "hasOwnProperty",
              "toString",
              "then",
              "error",
              "*",
              "",
              "0",
              0,
              -1,
              NaN,
              Infinity,
              Symbol.iterator,
              Symbol("a"),
              Symbol("a"),
              Symbol.for("a"),
            ),
            fc.string(),
          ),
          { minLength: 1, maxLength: 10, comparator: "SameValueZero" },
        ),
        (names) => {
          const { bus } = makeHearing<Record<PropertyKey, PropertyKey>>();
          const heard: PropertyKey[] = [];
          const any: PropertyKey[] = [];
          for (const name of names) {
            strictEqual(bus.emit(name, name), false);
            strictEqual(bus.listenerCount(name), 0);
          }
          const subscriptions = names.map((name) =>
            bus.on(name, (payload) => {
              strictEqual(payload, name);
              heard.push(name);
            })
          );
          bus.onAny(({ type }) => void any.push(type));
          for (const name of names) {
            strictEqual(bus.listenerCount(name), 1);
            strictEqual(bus.emit(name, name), true);
          }
          deepStrictEqual(heard, names);
          deepStrictEqual(any, names);
          subscriptions[0]!.unsubscribe();
          strictEqual(bus.listenerCount(names[0]), 0);
          for (const name of names.slice(1)) {
            strictEqual(bus.listenerCount(name), 1);
            bus.clear(name);
            strictEqual(bus.listenerCount(name), 0);
          }
          strictEqual(bus.listenerCount(), 1);
          strictEqual(Object.getPrototypeOf({}), Object.prototype);
        },
      ),
      { numRuns: RUNS },
    ));

  it("P13g: publish() ends after all handlers, with their errors in their order", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            outcome: fc.constantFrom(
              "returns",
              "throws",
              "resolves",
              "rejects",
              "thenable",
            ),
            isAny: fc.boolean(),
            /** When its promise settles. */
            at: fc.nat(1_000),
          }),
          { maxLength: 8 },
        ),
        async (handlers) => {
          const { bus, errors } = makeHearing();
          const started: number[] = [];
          const gates: { at: number; open: () => void }[] = [];
          const faults = handlers.map((_, i) => new Error(String(i)));
          for (const [i, { outcome, isAny, at }] of handlers.entries()) {
            const handler = (): void | PromiseLike<void> => {
              started.push(i);
              if (outcome === "returns") return;
              if (outcome === "throws") throw faults[i];
              return new Promise((resolve, reject) => {
                const open = outcome === "resolves"
                  ? resolve
                  : () => reject(faults[i]);
                gates.push({ at, open });
              });
            };
            const given = (): void | PromiseLike<void> => {
              const returned = handler();
              if (outcome !== "thenable" || !returned) return returned;
              return { then: returned.then.bind(returned) };
            };
            if (isAny) bus.onAny(given);
            else bus.on("a", given);
          }
          const places = [...handlers.keys()].toSorted((a, b) =>
            Number(handlers[a]!.isAny) - Number(handlers[b]!.isAny)
          );
          let outcome: unknown = "pending";
          bus.publish("a", 1).then(
            () => outcome = "fulfilled",
            (error) => outcome = error,
          );
          deepStrictEqual(started, places);
          for (const { open } of gates.toSorted((a, b) => a.at - b.at)) {
            await settle();
            strictEqual(outcome, "pending");
            open();
          }
          await settle();
          const expected = places.filter((i) =>
            /throws|rejects|thenable/.test(handlers[i]!.outcome)
          ).map((i) => faults[i]);
          if (expected.length === 0) strictEqual(outcome, "fulfilled");
          else {
            ok(outcome instanceof AggregateError);
            deepStrictEqual(
              outcome.errors.map((error) => faults.indexOf(error)),
              expected.map((error) => faults.indexOf(error!)),
            );
          }
          deepStrictEqual(errors, []);
        },
      ),
      { numRuns: RUNS },
    ));
});

// --- nothing remains, nothing is quadratic

/** The maps that hold something for a key while the body runs, or held it. */
function mapsUsedIn(
  isKey: (key: unknown) => boolean,
  body: () => void,
): ReadonlySet<Map<unknown, unknown>> {
  const maps = new Set<Map<unknown, unknown>>();
  const { set } = Map.prototype;
  withReplaced(Map.prototype, "set", function (
    this: Map<unknown, unknown>,
    key: unknown,
    value: unknown,
  ) {
    if (isKey(key)) maps.add(this);
    return set.call(this, key, value);
  }, body);
  return maps;
}

/** How many items arrays are asked to go through while the body runs. */
function itemsVisitedIn(body: () => void): number {
  let visited = 0;
  let run = body;
  for (
    const name of [
      "filter",
      "slice",
      "splice",
      "toSpliced",
      "indexOf",
      "findIndex",
      "includes",
      "shift",
      "unshift",
      "concat",
    ] as const
  ) {
    const method = Array.prototype[name] as (...args: unknown[]) => unknown;
    const inner = run;
    run = () =>
      withReplaced(
        Array.prototype as unknown as Record<string, unknown>,
        name,
        function (this: unknown[], ...args: unknown[]): unknown {
          visited += this.length;
          return method.apply(this, args);
        },
        inner,
      );
  }
  run();
  return visited;
}

/** How long the longest array is that something is added to meanwhile. */
function longestPushedIn(body: () => void): number {
  let longest = 0;
  const { push } = Array.prototype;
  withReplaced(
    Array.prototype as unknown as Record<string, unknown>,
    "push",
    function (this: unknown[], ...items: unknown[]): number {
      const length = push.apply(this, items);
      longest = Math.max(longest, length);
      return length;
    },
    body,
  );
  return longest;
}

describe("EventBus with many names and many handlers", () => {
  const MANY = 100_000;
  const isName = (key: unknown): boolean =>
    typeof key === "string" && key.startsWith("room.");

  const WAYS: Readonly<
    Record<string, (bus: EventBus<Record<string, number>>, i: number) => void>
  > = {
    "unsubscribe()": (bus, i) => bus.on(`room.${i}`, () => {}).unsubscribe(),
    "once": (bus, i) => {
      bus.on(`room.${i}`, () => {}, { once: true });
      bus.emit(`room.${i}`, i);
    },
    "a promise": (bus, i) => {
      bus.once(`room.${i}`);
      bus.emit(`room.${i}`, i);
    },
    "a signal": (bus, i) => {
      const signal = new CountingSignal();
      bus.on(`room.${i}`, () => {}, { signal: signal.asSignal() });
      signal.abort(oops);
    },
    "clear()": (bus, i) => {
      bus.on(`room.${i}`, () => {});
      bus.clear(`room.${i}`);
    },
    "an iterator": (bus, i) => void bus.events(`room.${i}`).return?.(),
    "nothing but emit()": (bus, i) => void bus.emit(`room.${i}`, i),
    "nothing but listenerCount() and clear()": (bus, i) => {
      bus.listenerCount(`room.${i}`);
      bus.clear(`room.${i}`);
    },
    "a signal that was aborted before": (bus, i) => {
      const signal = AbortSignal.abort();
      bus.on(`room.${i}`, () => {}, { signal });
      bus.events(`room.${i}`, { signal });
    },
  };
  for (const [name, use] of Object.entries(WAYS)) {
    it(`P13e: at most the last name remains after ${name}`, () => {
      const bus = new EventBus<Record<string, number>>();
      let most = 0;
      const maps = mapsUsedIn(isName, () => {
        for (let i = 0; i < MANY; i++) {
          use(bus, i);
          most = Math.max(most, bus.listenerCount());
        }
      });
      strictEqual(most, 0);
      const isWithout = /nothing|before/.test(name);
      deepStrictEqual([...maps].map(({ size }) => size), isWithout ? [] : [1]);
      strictEqual(bus.emit(`room.${MANY - 1}`, 0), false);
    });
  }

  it("P13e: one name remains of a hundred thousand that were there at once", () => {
    const bus = new EventBus<Record<string, number>>();
    const maps = mapsUsedIn(isName, () => {
      const subscriptions = Array.from(
        { length: MANY },
        (_, i) => bus.on(`room.${i}`, () => {}),
      );
      strictEqual(bus.listenerCount(), MANY);
      for (const subscription of subscriptions) subscription.unsubscribe();
    });
    strictEqual(bus.listenerCount(), 0);
    deepStrictEqual([...maps].map(({ size }) => size), [1]);
  });

  it("P13e: a name that has a handler again does not go", () => {
    const bus = new EventBus<Record<string, number>>();
    const heard: number[] = [];
    bus.on("room.1", () => {}).unsubscribe();
    bus.on("room.1", (event) => void heard.push(event));
    bus.on("room.2", () => {}).unsubscribe();
    bus.on("room.3", () => {}).unsubscribe();
    bus.emit("room.1", 7);
    deepStrictEqual(heard, [7]);
  });

  it("P13e: what was removed is called by no list that is made anew", () => {
    const bus = new EventBus<Record<string, number>>();
    const heard: number[] = [];
    const kept = Array.from({ length: 40 }, (_, i) => {
      bus.on("room", () => void heard.push(i), { prepend: i % 3 === 0 });
      return bus.on("room", () => void heard.push(-1));
    });
    for (const subscription of kept) subscription.unsubscribe();
    bus.emit("room", 0);
    deepStrictEqual(heard.toSorted((a, b) => a - b), [...Array(40).keys()]);
  });

  it("P13e: refused handlers leave no name", () => {
    const bus = new EventBus<Record<string, number>>();
    const maps = mapsUsedIn(isName, () => {
      throws(() => bus.on("room.1", 5 as never));
      throws(() => bus.on("room.1", () => {}, { filter: 5 as never }));
      throws(() => bus.events("room.1", { capacity: 0 }));
    });
    strictEqual(maps.size, 0);
  });

  it("a hundred thousand handlers of a type go in linear time", () => {
    const orders: Readonly<Record<string, (i: number) => number>> = {
      "first in, first out": (i) => i,
      "last in, first out": (i) => MANY - 1 - i,
      "in no order": (i) => i * 7_919 % MANY,
    };
    for (const [name, place] of Object.entries(orders)) {
      const bus = new EventBus<{ a: number }>();
      let calls = 0;
      const subscriptions = Array.from(
        { length: MANY },
        () => bus.on("a", () => void calls++),
      );
      const visited = itemsVisitedIn(() => {
        for (let i = 0; i < MANY; i++) subscriptions[place(i)]!.unsubscribe();
      });
      strictEqual(bus.listenerCount(), 0);
      strictEqual(bus.emit("a", 1), false);
      strictEqual(calls, 0);
      ok(visited <= 4 * MANY, `${name}: ${visited} items visited`);
    }
  });

  it("a hundred thousand handlers go in linear time, by a signal and by clear()", () => {
    for (const way of ["signal", "clear"]) {
      const bus = new EventBus<{ a: number }>();
      const signal = new CountingSignal();
      const options = { signal: signal.asSignal() };
      for (let i = 0; i < MANY; i++) bus.on("a", () => {}, options);
      const visited = itemsVisitedIn(() => {
        if (way === "signal") signal.abort(oops);
        else bus.clear();
      });
      strictEqual(bus.listenerCount(), 0);
      strictEqual(signal.listenerCount, 0);
      ok(visited <= 4 * MANY, `${way}: ${visited} items visited`);
    }
  });

  it("handlers that come and go beside one that stays leave nothing to go through", () => {
    const bus = new EventBus<{ a: number }>();
    bus.on("a", () => {});
    bus.onAny(() => {});
    let most = 0;
    const longest = longestPushedIn(() => {
      for (let i = 0; i < 1_000; i++) {
        const visited = itemsVisitedIn(() => {
          bus.on("a", () => {}).unsubscribe();
          bus.onAny(() => {}).unsubscribe();
        });
        most = Math.max(most, visited);
      }
    });
    ok(most <= 8, `${most} items visited for two handlers`);
    ok(longest <= 4, `${longest} handlers in the place of one`);
  });

  it("emit() from within handlers, a thousand deep, reaches each", () => {
    const { bus, errors } = makeHearing<{ a: number }>();
    let calls = 0;
    bus.on("a", (depth) => {
      calls++;
      if (depth > 0) bus.emit("a", depth - 1);
    });
    bus.emit("a", 999);
    strictEqual(calls, 1_000);
    deepStrictEqual(errors, []);
  });
});

// --- what the documents say

interface Events {
  a: Payload;
  n: number;
  cleared: void;
}

describe("EventBus handlers", () => {
  it("on() calls handlers in the order they were added, any-handlers last", () => {
    const { bus } = makeHearing<Events>();
    const calls: string[] = [];
    bus.onAny(() => void calls.push("any 1"));
    bus.on("n", () => void calls.push("1"));
    bus.on("n", () => void calls.push("2"));
    bus.onAny(() => void calls.push("any 2"));
    bus.on("n", () => void calls.push("3"));
    bus.emit("n", 1);
    deepStrictEqual(calls, ["1", "2", "3", "any 1", "any 2"]);
  });

  it("on() with prepend puts a handler before those that are there", () => {
    const { bus } = makeHearing<Events>();
    const calls: string[] = [];
    bus.on("n", () => void calls.push("2"));
    bus.on("n", () => void calls.push("1"), { prepend: true });
    bus.on("n", () => void calls.push("0"), { prepend: true });
    bus.on("n", () => void calls.push("3"), { prepend: false });
    bus.onAny(() => void calls.push("any 2"));
    bus.onAny(() => void calls.push("any 1"), { prepend: true });
    bus.emit("n", 1);
    deepStrictEqual(calls, ["0", "1", "2", "3", "any 1", "any 2"]);
  });

  it("on() makes a subscription each time for the same function", () => {
    const { bus } = makeHearing<Events>();
    let calls = 0;
    const handler = (): void => void calls++;
    const first = bus.on("n", handler);
    const second = bus.on("n", handler);
    notStrictEqual(first, second);
    bus.emit("n", 1);
    strictEqual(calls, 2);
    second.unsubscribe();
    second.unsubscribe();
    strictEqual(bus.listenerCount("n"), 1);
    bus.emit("n", 1);
    strictEqual(calls, 3);
    strictEqual(first.isActive, true);
  });

  it("a handler is called without a this, and with one argument", () => {
    const { bus } = makeHearing<Events>();
    const seen: unknown[] = [];
    function handler(this: unknown, ...args: unknown[]): void {
      seen.push(this, args);
    }
    bus.on("n", handler);
    bus.on("n", handler, { once: true });
    bus.onAny(handler);
    bus.emit("n", 1);
    deepStrictEqual(seen, [
      undefined,
      [1],
      undefined,
      [1],
      undefined,
      [{ type: "n", payload: 1 }],
    ]);
  });

  it("unsubscribe() ends a subscription, once and for all", () => {
    const { bus } = makeHearing<Events>();
    let calls = 0;
    const subscription = bus.on("n", () => void calls++);
    strictEqual(subscription.isActive, true);
    subscription.unsubscribe();
    strictEqual(subscription.isActive, false);
    strictEqual(bus.emit("n", 1), false);
    const other = bus.on("n", () => void calls++);
    subscription.unsubscribe();
    subscription[Symbol.dispose]();
    strictEqual(other.isActive, true);
    strictEqual(bus.emit("n", 1), true);
    strictEqual(calls, 1);
    other[Symbol.dispose]();
    strictEqual(other.isActive, false);
    strictEqual(bus.listenerCount(), 0);
  });

  it("a handler added while an event goes round does not get it", () => {
    const { bus } = makeHearing<Events>();
    const calls: string[] = [];
    bus.on("n", (n) => {
      calls.push(`first ${n}`);
      if (n > 1) return;
      bus.on("n", (n) => void calls.push(`late ${n}`));
      bus.on("n", (n) => void calls.push(`early ${n}`), { prepend: true });
      bus.onAny(({ payload }) => void calls.push(`any ${payload}`));
    });
    bus.emit("n", 1);
    deepStrictEqual(calls.splice(0), ["first 1"]);
    bus.emit("n", 2);
    deepStrictEqual(calls, ["early 2", "first 2", "late 2", "any 2"]);
  });

  it("the last to leave and the next to come during an event do not get it", () => {
    const { bus } = makeHearing<Events>();
    const calls: string[] = [];
    const first = bus.on("n", (n) => {
      first.unsubscribe();
      strictEqual(bus.listenerCount("n"), 0);
      bus.on("n", (n) => void calls.push(`second ${n}`));
      calls.push(`first ${n}`);
    });
    bus.emit("n", 1);
    bus.emit("n", 2);
    deepStrictEqual(calls, ["first 1", "second 2"]);
  });

  it("a handler removed while an event goes round does not get it", () => {
    for (
      const remove of ["unsubscribe", "abort", "clear", "clear all", "dispose"]
    ) {
      const { bus } = makeHearing<Events>();
      const signal = new CountingSignal();
      const calls: string[] = [];
      const options = { signal: signal.asSignal() };
      bus.on("n", () => {
        calls.push("first");
        if (remove === "unsubscribe") {
          second.unsubscribe();
          any.unsubscribe();
        } else if (remove === "abort") signal.abort(oops);
        else if (remove === "clear") bus.clear("n");
        else if (remove === "clear all") bus.clear();
        else bus[Symbol.dispose]();
      });
      const second = bus.on("n", () => void calls.push("second"), options);
      const any = bus.onAny(() => void calls.push("any"), options);
      bus.emit("n", 1);
      deepStrictEqual(
        calls,
        remove === "clear" ? ["first", "any"] : ["first"],
        remove,
      );
    }
  });

  it("emit() from within a handler goes round first", () => {
    const { bus } = makeHearing<Events>();
    const calls: string[] = [];
    bus.on("n", (n) => {
      calls.push(`first ${n}`);
      if (n === 1) bus.emit("n", 2);
      calls.push(`first ${n} ends`);
    });
    bus.on("n", (n) => void calls.push(`second ${n}`));
    bus.emit("n", 1);
    deepStrictEqual(calls, [
      "first 1",
      "first 2",
      "first 2 ends",
      "second 2",
      "first 1 ends",
      "second 1",
    ]);
  });

  it("once: a handler hears the first event only, that of its own doing too", () => {
    const { bus } = makeHearing<Events>();
    const calls: number[] = [];
    const subscription: Subscription = bus.on("n", (n) => {
      calls.push(n);
      strictEqual(subscription.isActive, false);
      strictEqual(bus.listenerCount(), 0);
      bus.emit("n", n + 1);
    }, { once: true });
    strictEqual(bus.emit("n", 1), true);
    strictEqual(bus.emit("n", 2), false);
    deepStrictEqual(calls, [1]);
  });

  it("once: a handler that throws is not called again", () => {
    const { bus, errors } = makeHearing<Events>();
    bus.on("n", throwing, { once: true });
    bus.emit("n", 1);
    bus.emit("n", 2);
    deepStrictEqual(errors, [{ error: oops, type: "n", payload: 1 }]);
  });

  it("once: a handler for any event hears the first of any type", () => {
    const { bus } = makeHearing<Events>();
    const heard: unknown[] = [];
    bus.onAny((event) => void heard.push(event), { once: true });
    bus.emit("n", 1);
    bus.emit("cleared");
    deepStrictEqual(heard, [{ type: "n", payload: 1 }]);
  });

  it("filter: events that do not pass are not heard, and do not count for once", () => {
    const { bus } = makeHearing<Events>();
    const heard: string[] = [];
    bus.on("n", (n) => void heard.push(`even ${n}`), {
      filter: (n) => n % 2 === 0,
    });
    bus.on("n", (n) => void heard.push(`once ${n}`), {
      filter: (n) => n > 2,
      once: true,
    });
    bus.onAny(({ type }) => void heard.push(type), {
      filter: ({ type }) => type === "cleared",
    });
    for (const n of [1, 2, 3, 4]) bus.emit("n", n);
    bus.emit("cleared");
    deepStrictEqual(heard, ["even 2", "once 3", "even 4", "cleared"]);
  });

  it("filter: a handler that its own filter has removed is not called", () => {
    for (const remove of ["unsubscribe", "abort", "clear"]) {
      const { bus } = makeHearing<Events>();
      const controller = new AbortController();
      let calls = 0;
      const subscription = bus.on("n", () => void calls++, {
        signal: controller.signal,
        filter() {
          if (remove === "unsubscribe") subscription.unsubscribe();
          else if (remove === "abort") controller.abort();
          else bus.clear();
          return true;
        },
      });
      bus.emit("n", 1);
      strictEqual(calls, 0, remove);
    }
  });

  it("filter: one that emits does not make a handler hear two events with once", () => {
    const { bus } = makeHearing<Events>();
    const heard: number[] = [];
    bus.on("n", (n) => void heard.push(n), {
      once: true,
      filter(n) {
        if (n === 1) bus.emit("n", 2);
        return true;
      },
    });
    bus.emit("n", 1);
    deepStrictEqual(heard, [2]);
  });

  it("signal: an abort ends subscriptions, and no listener is left on it", () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    const options = { signal: signal.asSignal() };
    const ended = [
      bus.on("n", throwing, options),
      bus.onAny(throwing, { ...options, once: true }),
    ];
    strictEqual(signal.listenerCount, 2);
    bus.on("n", () => {}, options).unsubscribe();
    bus.on("a", () => {}, { ...options, once: true });
    bus.emit("cleared");
    strictEqual(signal.added, 4);
    strictEqual(signal.listenerCount, 2 - 1 + 1);
    signal.abort(oops);
    deepStrictEqual(ended.map(({ isActive }) => isActive), [false, false]);
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.listenerCount, 0);
  });

  it("signal: one that is aborted already lets no subscription begin", () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    signal.abort(oops);
    const options = { signal: signal.asSignal() };
    for (
      const subscription of [
        bus.on("n", throwing, options),
        bus.onAny(throwing, options),
      ]
    ) {
      strictEqual(subscription.isActive, false);
      subscription.unsubscribe();
      subscription[Symbol.dispose]();
    }
    strictEqual(bus.emit("n", 1), false);
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.added, 0);
    strictEqual(bus.on("n", () => {}).isActive, true);
  });

  it("signal: a real one ends a subscription as well", () => {
    const { bus } = makeHearing<Events>();
    const controller = new AbortController();
    const { signal } = controller;
    const subscription = bus.on("n", () => {}, { signal });
    controller.abort();
    strictEqual(subscription.isActive, false);
    strictEqual(bus.listenerCount(), 0);
  });

  it("onAny() gets the type and the payload, and hears of types nobody else hears of", () => {
    const { bus } = makeHearing<Events>();
    const heard: unknown[] = [];
    const subscription = bus.onAny((event) => void heard.push(event));
    strictEqual(bus.emit("n", 1), true);
    strictEqual(bus.emit("cleared"), true);
    subscription.unsubscribe();
    strictEqual(bus.emit("cleared"), false);
    deepStrictEqual(heard, [
      { type: "n", payload: 1 },
      { type: "cleared", payload: undefined },
    ]);
  });

  it("emit() tells whether there was a handler, even where its filter lets nothing pass", () => {
    const { bus, errors } = makeHearing<Events>();
    strictEqual(bus.emit("n", 1), false);
    const subscription = bus.on("n", () => {}, { filter: () => false });
    strictEqual(bus.emit("n", 1), true);
    strictEqual(bus.emit("cleared"), false);
    subscription.unsubscribe();
    strictEqual(bus.emit("n", 1), false);
    bus.on("n", throwing);
    strictEqual(bus.emit("n", 1), true);
    strictEqual(errors.length, 1);
  });

  it("listenerCount() counts handlers, promises and iterators, by type or all", () => {
    const { bus } = makeHearing<Events>();
    bus.on("n", () => {});
    bus.on("n", () => {}, { once: true });
    bus.once("a").catch(() => {});
    const iterator = bus.events("a");
    bus.onAny(() => {});
    strictEqual(bus.listenerCount("n"), 2);
    strictEqual(bus.listenerCount("a"), 2);
    strictEqual(bus.listenerCount("cleared"), 0);
    strictEqual(bus.listenerCount(), 5);
    iterator.return?.();
    strictEqual(bus.listenerCount("a"), 1);
    bus.clear();
    strictEqual(bus.listenerCount(), 0);
  });

  it("clear() of a type leaves the others, and those for any event", () => {
    const { bus } = makeHearing<Events>();
    const n = [bus.on("n", () => {}), bus.on("n", () => {})];
    const a = bus.on("a", () => {});
    const any = bus.onAny(() => {});
    bus.clear("n");
    bus.clear("cleared");
    deepStrictEqual(n.map(({ isActive }) => isActive), [false, false]);
    deepStrictEqual([a.isActive, any.isActive], [true, true]);
    strictEqual(bus.listenerCount(), 2);
  });

  for (const way of ["clear()", "[Symbol.dispose]()"]) {
    it(`${way} removes all, and the bus can be used again`, () => {
      const { bus } = makeHearing<Events>();
      const signal = new CountingSignal();
      const options = { signal: signal.asSignal() };
      const all = [
        bus.on("n", throwing, options),
        bus.on("a", throwing),
        bus.onAny(throwing, options),
      ];
      if (way === "clear()") bus.clear();
      else bus[Symbol.dispose]();
      deepStrictEqual(all.map(({ isActive }) => isActive), [
        false,
        false,
        false,
      ]);
      strictEqual(bus.emit("n", 1), false);
      strictEqual(signal.listenerCount, 0);
      let calls = 0;
      bus.on("n", () => void calls++);
      bus.emit("n", 1);
      strictEqual(calls, 1);
    });
  }

  it("methods refuse what is no function, and add nothing", () => {
    const { bus } = makeHearing<Events>();
    for (const [name, value] of NOT_FUNCTIONS) {
      const bad = value as never;
      throws(() => bus.on("n", bad), isRefusalOf("handler"), name);
      throws(() => bus.onAny(bad), isRefusalOf("handler"), name);
      throws(() => new EventBus({ onError: bad }), isRefusalOf("onError"));
      const options = { filter: bad };
      throws(() => bus.on("n", () => {}, options), isRefusalOf("filter"), name);
      throws(
        () => bus.onAny(() => {}, options),
        isRefusalOf("filter"),
        name,
      );
    }
    throws(() => bus.on("n", undefined as never), isRefusalOf("handler"));
    throws(
      () => bus.on("n", 5 as never, { signal: AbortSignal.abort() }),
      isRefusalOf("handler"),
    );
    throws(() => bus.on("n", 5 as never), /5/);
    strictEqual(bus.listenerCount(), 0);
  });

  it("once() and events() refuse a filter that is no function, and add nothing", async () => {
    const { bus } = makeHearing<Events>();
    for (const [name, value] of NOT_FUNCTIONS) {
      const options = { filter: value as never };
      await rejects(bus.once("n", options), isRefusalOf("filter"), name);
      throws(() => bus.events("n", options), isRefusalOf("filter"), name);
    }
    strictEqual(bus.listenerCount(), 0);
  });

  it("events() refuses a capacity or an overflow that cannot be, and adds nothing", () => {
    const { bus } = makeHearing<Events>();
    const capacities: readonly unknown[] = [
      0,
      -1,
      1.5,
      NaN,
      Infinity,
      ...NOT_NUMBERS.map(([, value]) => value).filter((v) => v !== undefined),
    ];
    for (const capacity of capacities) {
      throws(
        () => bus.events("n", { capacity: capacity as never }),
        isRefusalOf("capacity"),
        String(capacity),
      );
    }
    for (const overflow of ["drop", "ERROR", "", null, 5]) {
      throws(
        () => bus.events("n", { overflow: overflow as never }),
        isRefusalOf("overflow"),
        String(overflow),
      );
    }
    strictEqual(bus.listenerCount(), 0);
  });
});

describe("EventBus and classes", () => {
  class Base {
    readonly type: "base" | "shared" = "base";
  }
  class Derived extends Base {
    readonly extra = 1;
  }
  class Renamed extends Base {
    override readonly type = "shared";
  }
  class Other {
    readonly type = "other";
  }

  it("an instance reaches the handlers of its type, not those of its base class", () => {
    interface Types {
      base: Base;
      shared: Renamed;
      other: Other;
    }
    const { bus } = makeHearing<Types>();
    const heard: [string, unknown][] = [];
    bus.on("base", (event) => void heard.push(["base", event]));
    bus.on("shared", (event) => void heard.push(["shared", event]));
    const base = new Base();
    const derived = new Derived();
    const renamed = new Renamed();
    bus.emit("base", base);
    // It keeps the type of its base class, and so is one of those.
    bus.emit("base", derived);
    // It has a type of its own: the handlers of the base class do not hear it.
    strictEqual(bus.emit(renamed.type, renamed), true);
    strictEqual(bus.emit("other", new Other()), false);
    deepStrictEqual(heard, [
      ["base", base],
      ["base", derived],
      ["shared", renamed],
    ]);
    strictEqual(heard[1]![1], derived);
  });

  it("classes that say so share a type, and onAny() tells them apart", () => {
    class Left {
      readonly type = "moved";
      readonly by = -1;
    }
    class Right {
      readonly type = "moved";
      readonly by = 1;
    }
    const { bus } = makeHearing<EventsOf<Left | Right | Other>>();
    const heard: unknown[] = [];
    bus.on("moved", (event) => void heard.push(event.by));
    bus.onAny(({ payload }) => void heard.push(payload instanceof Left));
    for (const event of [new Left(), new Right()]) bus.emit(event.type, event);
    deepStrictEqual(heard, [-1, true, 1, false]);
  });
});

// --- errors

type Handler = () => void | PromiseLike<void>;

/** A thenable that is no promise. */
function thenable(
  then: (
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) => void,
): PromiseLike<void> {
  return { then: then as unknown as PromiseLike<void>["then"] };
}

/** Ways to fail with `oops`, once each. */
const FAILING: Readonly<Record<string, Handler>> = {
  "throws": throwing,
  "returns a rejected promise": () => new Promise((_, reject) => reject(oops)),
  "is asynchronous and throws": async () => {
    await undefined;
    throw oops;
  },
  "returns a thenable that rejects at once": () =>
    thenable((_, reject) => reject(oops)),
  "returns a thenable that rejects later": () =>
    thenable((_, reject) => queueMicrotask(() => reject(oops))),
  "returns a function that is a thenable": () =>
    Object.assign(() => {}, thenable((_, reject) => reject(oops))),
  "returns a thenable whose then() throws": () => thenable(throwing),
  "returns what throws where it is asked for its then": () => ({
    get then(): never {
      throw oops;
    },
  }),
  "returns a thenable that rejects twice": () =>
    thenable((_, reject) => {
      reject(oops);
      reject(oops);
    }),
  "returns a thenable that rejects and whose then() throws": () =>
    thenable((_, reject) => {
      reject(oops);
      throw oops;
    }),
};

/** What is returned, and is nobody's failure. */
const SOUND: Readonly<Record<string, () => unknown>> = {
  "nothing": () => undefined,
  "null": () => null,
  "a number": () => 5,
  "an object": () => ({ then: 5 }),
  "an Error": () => oops,
  "a promise": () => Promise.resolve(oops),
  "a thenable that resolves": () => thenable((resolve) => resolve(oops)),
  "a promise that never settles": () => new Promise(() => {}),
};

describe("EventBus errors", () => {
  for (const [name, handler] of Object.entries(FAILING)) {
    it(`onError() hears once of a handler that ${name}`, async () => {
      const { bus, errors } = makeHearing<Events>();
      const calls: string[] = [];
      bus.on("n", () => void calls.push("before"));
      bus.on("n", handler);
      bus.on("n", () => void calls.push("after"));
      bus.onAny(handler);
      bus.onAny(() => void calls.push("any"));
      const unhandled = await unhandledIn(() => {
        strictEqual(bus.emit("n", 5), true);
        deepStrictEqual(calls, ["before", "after", "any"]);
      });
      const heard = { error: oops, type: "n", payload: 5 };
      deepStrictEqual(errors, [heard, heard]);
      deepStrictEqual(unhandled, []);
    });

    it(`publish() alone tells once of a handler that ${name}`, async () => {
      const { bus, errors } = makeHearing<Events>();
      let calls = 0;
      bus.on("n", handler);
      bus.on("n", () => void calls++);
      bus.onAny(handler);
      bus.onAny(() => void calls++);
      await rejects(soon(bus.publish("n", 5)), (error) => {
        ok(error instanceof AggregateError);
        deepStrictEqual(error.errors, [oops, oops]);
        strictEqual(error.message, "A message handler failed: oops");
        return true;
      });
      strictEqual(calls, 2);
      deepStrictEqual(errors, []);
    });
  }

  for (const [name, handler] of Object.entries(SOUND)) {
    it(`emit() hears nothing of a handler that returns ${name}`, async () => {
      const { bus, errors } = makeHearing<Events>();
      bus.on("n", handler as Handler);
      bus.on("n", handler as Handler, { once: true });
      bus.onAny(handler as Handler);
      deepStrictEqual(await unhandledIn(() => bus.emit("n", 5)), []);
      deepStrictEqual(errors, []);
    });

    if (name.includes("never")) continue;
    it(`publish() resolves with nothing for a handler that returns ${name}`, async () => {
      const { bus, errors } = makeHearing<Events>();
      bus.on("n", handler as Handler);
      bus.onAny(handler as Handler);
      strictEqual(await soon(bus.publish("n", 5)), undefined);
      deepStrictEqual(errors, []);
    });
  }

  it("onError() hears of what is thrown, whatever it is", () => {
    for (const thrown of [undefined, null, 0, "", NaN, Symbol("a"), () => {}]) {
      const { bus, errors } = makeHearing<Events>();
      bus.on("n", () => {
        throw thrown;
      });
      bus.emit("n", 5);
      deepStrictEqual(errors, [{ error: thrown, type: "n", payload: 5 }]);
    }
  });

  it("onError() hears of a handler for any event with the payload alone", () => {
    const { bus, errors } = makeHearing<Events>();
    bus.onAny(throwing);
    bus.emit("n", 5);
    bus.emit("cleared");
    deepStrictEqual(errors, [
      { error: oops, type: "n", payload: 5 },
      { error: oops, type: "cleared", payload: undefined },
    ]);
  });

  it("onError() hears of a filter that throws; its handler stays, and is not called", () => {
    const { bus, errors } = makeHearing<Events>();
    let calls = 0;
    const handler = (): void => void calls++;
    const options = { filter: throwing };
    bus.on("n", handler, options);
    bus.on("n", handler, { ...options, once: true });
    bus.onAny(handler, options);
    const iterator = bus.events("n", options);
    bus.emit("n", 5);
    strictEqual(calls, 0);
    strictEqual(bus.listenerCount(), 4);
    const heard = { error: oops, type: "n", payload: 5 };
    deepStrictEqual(errors, [heard, heard, heard, heard]);
    iterator.return?.();
  });

  it("publish() tells of a filter that throws", async () => {
    const { bus, errors } = makeHearing<Events>();
    bus.on("n", () => {}, { filter: throwing });
    await rejects(soon(bus.publish("n", 5)), { errors: [oops] });
    deepStrictEqual(errors, []);
  });

  it("onError() may use the bus", () => {
    const log: string[] = [];
    const bus: EventBus<Events> = new EventBus<Events>({
      onError(error, { type }) {
        log.push(`${type.toString()}: ${error}`);
        if (type === "n") bus.emit("cleared");
      },
    });
    bus.on("n", throwing);
    bus.on("n", () => void log.push("next"));
    bus.on("cleared", throwing);
    bus.emit("n", 1);
    deepStrictEqual(log, ["n: Error: oops", "cleared: Error: oops", "next"]);
  });

  describe("without onError", () => {
    for (const [name, handler] of Object.entries(FAILING)) {
      it(`become one unhandled rejection where a handler ${name}`, async () => {
        const bus = new EventBus<Events>();
        let calls = 0;
        bus.on("n", handler);
        bus.on("n", () => void calls++);
        const unhandled = await unhandledIn(() => bus.emit("n", 5));
        strictEqual(calls, 1);
        deepStrictEqual(unhandled, [oops]);
      });
    }

    it("become one for each: handlers, filters, handlers for any event", async () => {
      const bus = new EventBus<Events>({});
      bus.on("n", throwing);
      bus.on("n", () => {}, { filter: throwing });
      bus.onAny(async () => {
        await undefined;
        throw oops;
      });
      deepStrictEqual(await unhandledIn(() => bus.emit("n", 5)), [
        oops,
        oops,
        oops,
      ]);
    });
  });

  it("onError() that throws: both errors become unhandled, others go on", async () => {
    const worse = new Error("worse");
    for (const [name, handler] of Object.entries(FAILING)) {
      let told = 0;
      const bus = new EventBus<Events>({
        onError() {
          told++;
          throw worse;
        },
      });
      let calls = 0;
      bus.on("n", handler);
      bus.on("n", () => void calls++);
      const unhandled = await unhandledIn(() => bus.emit("n", 5));
      strictEqual(told, 1, name);
      strictEqual(calls, 1, name);
      // What it was told of is not lost either.
      deepStrictEqual(unhandled, [worse, oops], name);
    }
  });

  it("onError() that throws what it hears: it is unhandled once", async () => {
    for (const thrown of [oops, NaN]) {
      const bus = new EventBus<Events>({
        onError(error) {
          throw error;
        },
      });
      bus.on("n", () => {
        throw thrown;
      });
      deepStrictEqual(await unhandledIn(() => bus.emit("n", 5)), [thrown]);
    }
  });
});

describe("EventBus.publish()", () => {
  it("resolves where nobody hears of it", async () => {
    const { bus } = makeHearing<Events>();
    strictEqual(await soon(bus.publish("cleared")), undefined);
  });

  it("starts all in their order, before it returns, and waits for all", async () => {
    const { bus } = makeHearing<Events>();
    const log: string[] = [];
    const open: (() => void)[] = [];
    const handle = (name: string) => (): Promise<void> => {
      log.push(name);
      return new Promise((resolve) => open.push(resolve));
    };
    bus.onAny(handle("any"));
    bus.on("n", handle("1"));
    bus.on("n", () => void log.push("2"));
    bus.on("n", handle("0"), { prepend: true });
    const done = watch(bus.publish("n", 5));
    deepStrictEqual(log, ["0", "1", "2", "any"]);
    for (const next of open) {
      await settle();
      strictEqual(done.isSettled, false);
      next();
    }
    await settle();
    strictEqual(done.isSettled, true);
  });

  it("waits for the others after one has failed", async () => {
    const { bus } = makeHearing<Events>();
    const { promise, resolve } = Promise.withResolvers<void>();
    bus.on("n", throwing);
    bus.on("n", () => promise);
    const done = watch(bus.publish("n", 5).catch((error) => error.errors));
    await settle();
    strictEqual(done.isSettled, false);
    resolve();
    await settle();
    deepStrictEqual(done.value, [oops]);
  });

  it("does not call a handler that an earlier one has removed, nor one it has added", async () => {
    const { bus } = makeHearing<Events>();
    const log: string[] = [];
    bus.on("n", () => {
      log.push("first");
      second.unsubscribe();
      any.unsubscribe();
      bus.on("n", () => void log.push("late"));
      bus.onAny(() => void log.push("late any"));
    });
    const second = bus.on("n", () => void log.push("second"));
    bus.on("n", () => void log.push("third"));
    const any = bus.onAny(() => void log.push("any"));
    await soon(bus.publish("n", 5));
    deepStrictEqual(log, ["first", "third"]);
  });

  it("waits for a handler that was removed after it had started", async () => {
    const { bus } = makeHearing<Events>();
    const { promise, reject } = Promise.withResolvers<void>();
    const subscription = bus.on("n", () => promise);
    const published = bus.publish("n", 5);
    const done = watch(published.catch((error) => error));
    subscription.unsubscribe();
    bus.clear();
    await settle();
    strictEqual(done.isSettled, false);
    reject(oops);
    await settle();
    deepStrictEqual(done.value.errors, [oops]);
  });

  it("tells of what was thrown by its type alone where it is no Error", async () => {
    const { bus } = makeHearing<Events>();
    bus.on("n", () => Promise.reject("hunter2"));
    await rejects(soon(bus.publish("n", 5)), {
      message: "A message handler failed: string",
      errors: ["hunter2"],
    });
  });

  it("settles promises and feeds iterators as emit() does", async () => {
    const { bus } = makeHearing<Events>();
    const next = bus.once("n");
    const iterator = bus.events("n");
    let calls = 0;
    bus.on("n", () => void calls++, { once: true });
    await soon(bus.publish("n", 5));
    await soon(bus.publish("n", 6));
    strictEqual(await soon(next), 5);
    strictEqual(calls, 1);
    deepStrictEqual(await soon(iterator.next()), { done: false, value: 5 });
    deepStrictEqual(await soon(iterator.next()), { done: false, value: 6 });
    iterator.return?.();
  });
});

describe("EventBus.once()", () => {
  it("gives the next event, and hears of no other", async () => {
    const { bus } = makeHearing<Events>();
    bus.emit("n", 1);
    const next = bus.once("n");
    strictEqual(bus.listenerCount("n"), 1);
    bus.emit("n", 2);
    strictEqual(bus.listenerCount("n"), 0);
    bus.emit("n", 3);
    strictEqual(await soon(next), 2);
  });

  it("gives the very payload", async () => {
    const { bus } = makeHearing<Events>();
    const next = bus.once("a");
    bus.emit("a", PAYLOADS[1]!);
    strictEqual(await soon(next), PAYLOADS[1]);
  });

  it("waits for an event that the filter lets pass", async () => {
    const { bus, errors } = makeHearing<Events>();
    const next = bus.once("n", { filter: (n) => n > 1 });
    bus.emit("n", 1);
    strictEqual(bus.listenerCount("n"), 1);
    bus.emit("n", 2);
    strictEqual(bus.listenerCount("n"), 0);
    strictEqual(await soon(next), 2);
    deepStrictEqual(errors, []);
  });

  it("gives the first event that passes where the filter emits another", async () => {
    const { bus } = makeHearing<Events>();
    const next = bus.once("n", {
      filter(n) {
        if (n === 1) bus.emit("n", 2);
        return true;
      },
    });
    bus.emit("n", 1);
    strictEqual(await soon(next), 2);
  });

  it("rejects with what the filter throws, tells nobody else, and is gone", async () => {
    const { bus, errors } = makeHearing<Events>();
    const signal = new CountingSignal();
    const next = bus.once("n", { filter: throwing, signal: signal.asSignal() });
    next.catch(() => {});
    bus.emit("n", 1);
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.listenerCount, 0);
    await rejects(soon(next), (error) => error === oops);
    deepStrictEqual(errors, []);
  });

  it("rejects where the filter itself ends the waiting", async () => {
    for (const way of ["abort", "clear"]) {
      const { bus, errors } = makeHearing<Events>();
      const signal = new CountingSignal();
      const next = bus.once("n", {
        signal: signal.asSignal(),
        filter() {
          if (way === "abort") signal.abort(oops);
          else bus.clear();
          return true;
        },
      });
      next.catch(() => {});
      bus.emit("n", 1);
      strictEqual(signal.listenerCount, 0);
      await rejects(
        soon(next),
        (error) => way === "abort" ? error === oops : isEnded(error),
      );
      deepStrictEqual(errors, []);
    }
  });

  it("makes no error for a promise that has its event", async () => {
    const { bus } = makeHearing<Events>();
    let made = 0;
    const { defineProperty } = Object;
    const next = bus.once("n");
    withReplaced(Object, "defineProperty", (target, key, property) => {
      if (target instanceof MessagingError) made++;
      return defineProperty(target, key, property) as typeof target;
    }, () => {
      bus.emit("n", 1);
      strictEqual(made, 0);
      bus.once("n").catch(() => {});
      bus.clear();
      strictEqual(made, 1, "an error is made where there is one");
    });
    strictEqual(await soon(next), 1);
  });

  it("rejects with the signal's reason, and leaves nothing", async () => {
    const { bus } = makeHearing<Events>();
    for (const reason of [oops, undefined, "enough"]) {
      const signal = new CountingSignal();
      const next = bus.once("n", { signal: signal.asSignal() });
      next.catch(() => {});
      strictEqual(signal.listenerCount, 1);
      signal.abort(reason);
      strictEqual(signal.listenerCount, 0);
      strictEqual(bus.listenerCount(), 0);
      const caught = soon(next).then(
        () => "fulfilled",
        (error) => ({ error }),
      );
      deepStrictEqual(await caught, { error: reason });
    }
  });

  it("rejects with the reason of a signal that is aborted already", async () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    signal.abort(oops);
    const next = bus.once("n", { signal: signal.asSignal() });
    next.catch(() => {});
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.added, 0);
    await rejects(soon(next), (error) => error === oops);
  });

  it("leaves no listener on the signal when it has its event", async () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    const next = bus.once("n", { signal: signal.asSignal() });
    bus.emit("n", 1);
    strictEqual(signal.listenerCount, 0);
    signal.abort(oops);
    strictEqual(await soon(next), 1);
  });

  for (const way of ["clear()", "clear(type)", "[Symbol.dispose]()"] as const) {
    it(`rejects with MSG_UNSUBSCRIBED after ${way}`, async () => {
      const { bus } = makeHearing<Events>();
      const signal = new CountingSignal();
      const nexts = [
        bus.once("n"),
        bus.once("n", { signal: signal.asSignal() }),
      ];
      for (const next of nexts) next.catch(() => {});
      if (way === "clear()") bus.clear();
      else if (way === "clear(type)") bus.clear("n");
      else bus[Symbol.dispose]();
      strictEqual(signal.listenerCount, 0);
      for (const next of nexts) await rejects(soon(next), isEnded);
    });
  }
});

// --- iterators

type Step =
  | { readonly do: "emit"; readonly n: number }
  | { readonly do: "next" | "return" | "abort" | "clear" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("emit" as const), n: fc.nat(99) }),
  },
  { weight: 6, arbitrary: fc.constant({ do: "next" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "return" as const,
        "abort" as const,
        "clear" as const,
      ),
    }),
  },
);

/** An iterator as lists: what waits, and who waits. */
class ModelIterator {
  readonly outcomes: string[] = [];
  isListening = true;
  readonly #capacity: number;
  readonly #overflow: EventsOptions<number>["overflow"];
  #events: number[] = [];
  #hasFailed = false;

  constructor(capacity: number, overflow: EventsOptions<number>["overflow"]) {
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  emit(n: number): void {
    if (!this.isListening) return;
    const waiting = this.outcomes.indexOf("pending");
    if (waiting >= 0) {
      this.outcomes[waiting] = String(n);
      return;
    }
    if (this.#events.length === this.#capacity) {
      if (this.#overflow === "drop-newest") return;
      if (this.#overflow === "drop-oldest") this.#events.shift();
      else {
        this.#hasFailed = true;
        return this.end();
      }
    }
    this.#events.push(n);
  }

  next(): void {
    const n = this.#events.shift();
    if (n !== undefined) this.outcomes.push(String(n));
    else if (this.#hasFailed) this.outcomes.push("full");
    else this.outcomes.push(this.isListening ? "pending" : "end");
    if (n === undefined) this.#hasFailed = false;
  }

  end(): void {
    this.isListening = false;
    for (const [i, outcome] of this.outcomes.entries()) {
      if (outcome === "pending") this.outcomes[i] = "end";
    }
  }

  return(): void {
    this.#events = [];
    this.#hasFailed = false;
    this.end();
  }
}

describe("EventBus.events()", () => {
  it("P13: gives what a list would, with any capacity, overflow and end (property)", async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { maxLength: 30, size: "max" }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(
          "error" as const,
          "drop-oldest" as const,
          "drop-newest" as const,
          undefined,
        ),
        async (program, capacity, overflow) => {
          const { bus, errors } = makeHearing<Events>();
          const signal = new CountingSignal();
          const iterator = bus.events("n", {
            capacity,
            signal: signal.asSignal(),
            ...(overflow && { overflow }),
          });
          const model = new ModelIterator(capacity, overflow);
          const outcomes: string[] = [];
          const ask = (): void => {
            const place = outcomes.push("pending") - 1;
            iterator.next().then(
              ({ done, value }) => outcomes[place] = done ? "end" : `${value}`,
              (error) => {
                ok(isFull(capacity)(error));
                outcomes[place] = "full";
              },
            );
          };
          for (const step of program) {
            if (step.do === "emit") {
              model.emit(step.n);
              bus.emit("n", step.n);
            } else if (step.do === "next") {
              model.next();
              ask();
            } else if (step.do === "return") {
              model.return();
              deepStrictEqual(await iterator.return!(), {
                done: true,
                value: undefined,
              });
            } else {
              model.end();
              if (step.do === "abort") signal.abort(oops);
              else bus.clear();
            }
            const listening = Number(model.isListening);
            strictEqual(bus.listenerCount(), listening);
            strictEqual(signal.listenerCount, listening);
            await settle();
            deepStrictEqual(outcomes, model.outcomes);
          }
          deepStrictEqual(errors, []);
          for (const outcome of outcomes) reached.add(outcome);
        },
      ),
      { numRuns: MODEL_RUNS },
    );
    for (const outcome of ["pending", "full", "end"]) {
      ok(reached.has(outcome), `no program reaches "${outcome}"`);
    }
  });

  it("hears of events from the call on, and gives them to for await in order", async () => {
    const { bus } = makeHearing<Events>();
    bus.emit("n", 0);
    const events = bus.events("n");
    strictEqual(events[Symbol.asyncIterator](), events);
    strictEqual(bus.listenerCount("n"), 1);
    bus.emit("n", 1);
    bus.emit("n", 2);
    const heard: number[] = [];
    const loop = (async (): Promise<void> => {
      for await (const n of events) {
        heard.push(n);
        if (n === 4) break;
      }
    })();
    await settle();
    deepStrictEqual(heard, [1, 2]);
    for (const n of [3, 4, 5]) bus.emit("n", n);
    await soon(loop);
    deepStrictEqual(heard, [1, 2, 3, 4]);
    strictEqual(bus.listenerCount(), 0);
    deepStrictEqual(await soon(events.next()), {
      done: true,
      value: undefined,
    });
  });

  it("a loop that throws unsubscribes", async () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    const events = bus.events("n", { signal: signal.asSignal() });
    bus.emit("n", 1);
    const loop = (async (): Promise<void> => {
      for await (const n of events) throw new Error(`${n}`);
    })();
    await rejects(soon(loop), /1/);
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.listenerCount, 0);
  });

  it("gives the very payloads, those that are undefined as well", async () => {
    const { bus } = makeHearing<Events>();
    const events = bus.events("a");
    const none = bus.events("cleared");
    bus.emit("a", PAYLOADS[2]!);
    bus.emit("cleared");
    bus.emit("cleared");
    strictEqual((await soon(events.next())).value, PAYLOADS[2]);
    bus.clear();
    deepStrictEqual(await soon(Array.fromAsync(none)), [undefined, undefined]);
  });

  it("gives each of several that ask at once an event of its own, in order", async () => {
    const { bus } = makeHearing<Events>();
    const events = bus.events("n");
    const turns = [events.next(), events.next(), events.next(), events.next()];
    const order: number[] = [];
    for (const [i, turn] of turns.entries()) turn.then(() => order.push(i));
    for (const n of [1, 2]) bus.emit("n", n);
    bus.clear();
    deepStrictEqual(await soon(Promise.all(turns)), [
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    deepStrictEqual(order, [0, 1, 2, 3]);
  });

  it("gives events that pass the filter only; the others take no place", async () => {
    const { bus } = makeHearing<Events>();
    const events = bus.events("n", { capacity: 2, filter: (n) => n > 1 });
    for (const n of [0, 1, 2, 0, 3]) bus.emit("n", n);
    bus.clear();
    deepStrictEqual(await soon(Array.fromAsync(events)), [2, 3]);
  });

  it("keeps 256 events where nothing is said, and ends with an error at one more", async () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    const events = bus.events("n", { signal: signal.asSignal() });
    for (let n = 0; n < 256; n++) bus.emit("n", n);
    strictEqual(bus.listenerCount(), 1);
    strictEqual(bus.emit("n", 256), true);
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.listenerCount, 0);
    strictEqual(bus.emit("n", 257), false);
    for (let value = 0; value < 256; value++) {
      deepStrictEqual(await soon(events.next()), { done: false, value });
    }
    await rejects(soon(events.next()), isFull(256));
    const end = { done: true, value: undefined };
    deepStrictEqual(await soon(events.next()), end);
  });

  it("has room again for each event that was taken", async () => {
    const { bus, errors } = makeHearing<Events>();
    const events = bus.events("n", { capacity: 1 });
    for (let n = 0; n < 100; n++) {
      bus.emit("n", n);
      strictEqual((await soon(events.next())).value, n);
    }
    strictEqual(bus.listenerCount(), 1);
    deepStrictEqual(errors, []);
    bus.clear();
  });

  it("loses the oldest, or the newest, where it is told so", async () => {
    const { bus } = makeHearing<Events>();
    const oldest = bus.events("n", { capacity: 2, overflow: "drop-oldest" });
    const newest = bus.events("n", { capacity: 2, overflow: "drop-newest" });
    for (const n of [1, 2, 3, 4]) bus.emit("n", n);
    strictEqual(bus.listenerCount(), 2);
    bus.clear();
    deepStrictEqual(await soon(Array.fromAsync(oldest)), [3, 4]);
    deepStrictEqual(await soon(Array.fromAsync(newest)), [1, 2]);
  });

  it("ends at once with a signal that is aborted already", async () => {
    const { bus } = makeHearing<Events>();
    const signal = new CountingSignal();
    signal.abort(oops);
    const events = bus.events("n", { signal: signal.asSignal() });
    strictEqual(bus.listenerCount(), 0);
    strictEqual(signal.added, 0);
    bus.emit("n", 1);
    deepStrictEqual(await soon(Array.fromAsync(events)), []);
  });

  it("return() gives the end, to those that wait as well, and forgets events", async () => {
    const { bus } = makeHearing<Events>();
    const end = { done: true, value: undefined };
    const waiting = bus.events("n");
    const turn = waiting.next();
    deepStrictEqual(await soon(waiting.return!()), end);
    deepStrictEqual(await soon(turn), end);
    const full = bus.events("n", { capacity: 1 });
    bus.emit("n", 1);
    bus.emit("n", 2);
    deepStrictEqual(await soon(full.return!()), end);
    deepStrictEqual(await soon(full.next()), end);
    deepStrictEqual(await soon(full.return!()), end);
    strictEqual(bus.listenerCount(), 0);
  });

  it("an end that is changed by who got it is nobody else's end", async () => {
    const { bus } = makeHearing<Events>();
    const events = bus.events("n");
    bus.clear();
    const end = await soon(events.next());
    Reflect.set(end, "done", false);
    try {
      strictEqual((await soon(events.next())).done, true);
      strictEqual((await soon(events.return!())).done, true);
    } finally {
      Reflect.set(end, "done", true);
    }
  });

  it("two iterators each get all events", async () => {
    const { bus } = makeHearing<Events>();
    const first = bus.events("n");
    const second = bus.events("n");
    bus.emit("n", 1);
    await soon(first.return!());
    bus.emit("n", 2);
    bus.clear();
    deepStrictEqual(await soon(Array.fromAsync(second)), [1, 2]);
  });
});
