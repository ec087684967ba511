import {
  deepStrictEqual,
  fail,
  match,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type AsyncStorage,
  createAsyncStorage,
  SyncStorage,
} from "../src/_async_storage.ts";
import { IdSource } from "../src/_trace_ids.ts";
import { TaskError, ValidationError } from "../src/errors.ts";
import { err, ok as okOf, type Result } from "../src/result.ts";
import {
  type Attributes,
  isSpanExporter,
  type SpanData,
  type SpanEvent,
  type SpanExporter,
  type SpanOptions,
  type TypedSpan,
} from "../src/span.ts";
import { ManualClock } from "../src/testing.ts";
import {
  extract,
  inject,
  RANDOM_FLAG,
  SAMPLED_FLAG,
  type SpanContext,
} from "../src/trace_context.ts";
import {
  parentBased,
  ratio,
  type Sampler,
  type SamplingRequest,
  type SpanIds,
  Tracer,
  type TracerOptions,
} from "../src/tracing.ts";
import {
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
  withReplaced,
} from "./foundation_support.ts";
import { needs } from "./runtime_support.ts";
import { reportedIn } from "./unhandled_support.ts";

const NOW = 1_700_000_000_000;

/** A tracer on a clock of its own, and what it exports. */
interface Timed {
  readonly clock: ManualClock;
  readonly tracer: Tracer;
  readonly spans: SpanData[];
}

function make(options: TracerOptions = {}): Timed {
  const clock = new ManualClock({ now: NOW });
  const spans: SpanData[] = [];
  const exporter: SpanExporter = {
    export(all) {
      spans.push(...all);
    },
    close() {},
  };
  return { clock, spans, tracer: new Tracer({ clock, exporter, ...options }) };
}

/** What a span tells that ends after all this is said of it. */
function told(
  say: (span: TypedSpan<Record<string, unknown>>) => unknown,
  options?: TracerOptions,
): SpanData {
  const { tracer, spans } = make(options);
  const span = tracer.start<Record<string, unknown>>("step");
  say(span);
  span.end();
  strictEqual(spans.length, 1);
  return spans[0]!;
}

/** Attributes that are not valid: tests say what types forbid. */
function anyAttributes(attributes: Record<string, unknown>): Attributes {
  return attributes as Attributes;
}

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

/** The next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

function remote(flags: number, traceState = ""): SpanContext {
  return {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    flags,
    traceState,
    isRemote: true,
  };
}

const NO_OBJECTS: readonly unknown[] = [null, [], "a", 5, true, () => {}];
const NO_FUNCTIONS: readonly unknown[] = [null, {}, [], "a", 5, true];

// --- options

describe("Tracer options", () => {
  it("new Tracer() throws when an option is not valid, and names it", () => {
    const bad: Record<string, readonly unknown[]> = {
      exporter: [...NO_OBJECTS, {}, { export() {} }, { close() {} }],
      sampler: NO_FUNCTIONS,
      storage: [...NO_OBJECTS, {}, { getStore() {} }, { run() {} }],
      ids: [...NO_OBJECTS, {}, { traceId() {} }, { spanId() {} }],
      onError: NO_FUNCTIONS,
      maxAttributes: [0, -1, 1.5, NaN, Infinity],
      maxEvents: [0, -1, 1.5, NaN, Infinity],
    };
    for (const [, value] of NOT_NUMBERS.slice(1)) {
      bad["maxAttributes"] = [...bad["maxAttributes"]!, value];
      bad["maxEvents"] = [...bad["maxEvents"]!, value];
    }
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) {
        throws(() => new Tracer({ [name]: value }), (error) => {
          ok(error instanceof ValidationError);
          strictEqual(error.code, "VALIDATION_INVALID_OPTION");
          ok(error.message.includes(name), error.message);
          return true;
        });
      }
    }
  });

  it("new Tracer() takes undefined for the default", () => {
    const tracer = new Tracer({
      maxAttributes: undefined,
      sampler: undefined,
      ids: undefined,
    } as object);
    tracer.start("step").end();
    strictEqual(tracer.start("step").isRecording, true);
  });

  it("isSpanExporter() looks at the methods", () => {
    strictEqual(isSpanExporter({ export() {}, close() {} }), true);
    for (const it of [...NO_OBJECTS, undefined, { export() {} }]) {
      strictEqual(isSpanExporter(it), false);
    }
  });
});

// --- a span

describe("Tracer.start()", () => {
  it("start() makes a root span with ids of its own", () => {
    const { tracer, spans } = make();
    const [first, second] = [tracer.start("a"), tracer.start("b")];
    for (const span of [first, second]) {
      match(span.traceId, /^(?!0+$)[0-9a-f]{32}$/);
      match(span.spanId, /^(?!0+$)[0-9a-f]{16}$/);
      strictEqual(span.flags, SAMPLED_FLAG | RANDOM_FLAG);
      strictEqual(span.isRemote, false);
      strictEqual(span.isRecording, true);
      span.end();
      strictEqual(span.isRecording, false);
    }
    ok(first.traceId !== second.traceId && first.spanId !== second.spanId);
    deepStrictEqual(
      spans.map((it) => [it.name, it.parentSpanId, it.isParentRemote]),
      [["a", undefined, false], ["b", undefined, false]],
    );
  });

  it("start() says all that there is of a span, and no more", () => {
    const { clock, tracer, spans } = make();
    const span = tracer.start("step", { kind: "client" });
    clock.advance(5);
    span.end();
    const [it] = spans;
    strictEqual(it?.kind, "client");
    strictEqual(it.startedAt, NOW);
    strictEqual(it.endedAt, NOW + 5);
    strictEqual(it.status, "unset");
    strictEqual(it.statusMessage, undefined);
    deepStrictEqual(it.attributes, {});
    deepStrictEqual(it.events, []);
    deepStrictEqual(it.links, []);
    strictEqual(it.traceState, "");
    strictEqual(it.droppedAttributes, 0);
    strictEqual(it.droppedEvents, 0);
    strictEqual(told(() => {}).kind, "internal");
  });

  it("T4 start() makes a child of the parent that is given", () => {
    const { tracer, spans } = make();
    const parent = tracer.start("parent");
    const child = tracer.start("child", { parent });
    const grandchild = tracer.start("grandchild", { parent: child });
    for (const span of [grandchild, parent, child]) span.end();
    strictEqual(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    deepStrictEqual(spans.map(({ parentSpanId }) => parentSpanId), [
      child.spanId,
      undefined,
      parent.spanId,
    ]);
    strictEqual(new Set(spans.map(({ spanId }) => spanId)).size, 3);
    strictEqual(spans[0]?.isParentRemote, false);
    // An ended span is still something to be a part of.
    strictEqual(tracer.start("late", { parent }).traceId, parent.traceId);
  });

  it("start() makes a root where the parent is null, even within another", () => {
    const { tracer } = make();
    tracer.run("outer", {}, (outer) => {
      strictEqual(tracer.start("inner").traceId, outer.traceId);
      const root = tracer.start("root", { parent: null });
      ok(root.traceId !== outer.traceId);
      const given = tracer.start("given", { parent: undefined });
      strictEqual(given.traceId, outer.traceId);
    });
  });

  it("start() goes on with what another service began", () => {
    for (const flags of [SAMPLED_FLAG, SAMPLED_FLAG | RANDOM_FLAG]) {
      const { tracer, spans } = make();
      const parent = remote(flags, "a=1");
      const span = tracer.start("step", { parent });
      span.end();
      strictEqual(spans[0]?.traceId, parent.traceId);
      strictEqual(spans[0].parentSpanId, parent.spanId);
      strictEqual(spans[0].isParentRemote, true);
      strictEqual(spans[0].flags, flags);
      strictEqual(spans[0].traceState, "a=1");
      const child = tracer.start("child", { parent: span });
      strictEqual(child.traceState, "a=1");
      strictEqual(child.flags, flags);
      child.end();
      strictEqual(spans[1]?.isParentRemote, false);
    }
  });

  it("start() keeps of linked spans what they are called", () => {
    const { tracer, spans } = make({ maxAttributes: 1 });
    const other = tracer.start("other").set("size", 5);
    const attributes: Record<string, string> = { why: "batch" };
    const links = [
      { context: other, attributes },
      { context: remote(0) },
      {
        context: remote(0),
        attributes: anyAttributes({ bad: {}, a: 1, b: 2 }),
      },
    ];
    const span = tracer.start("step", { links });
    attributes["why"] = "changed";
    links.pop();
    span.end();
    const { traceId, spanId } = remote(0);
    deepStrictEqual(spans[0]?.links, [
      {
        context: { traceId: other.traceId, spanId: other.spanId },
        attributes: { why: "batch" },
      },
      { context: { traceId, spanId }, attributes: {} },
      { context: { traceId, spanId }, attributes: { a: 1 } },
    ]);
    strictEqual(spans[0]?.droppedAttributes, 2);
  });

  it("TypedSpan ends as a Disposable does", () => {
    const { tracer, spans } = make();
    const span = tracer.start("step");
    span[Symbol.dispose]();
    span[Symbol.dispose]();
    strictEqual(spans.length, 1);
    strictEqual(span.isRecording, false);
  });
});

// --- times

describe("times of spans", () => {
  it("start() and end() take times that are given", () => {
    const { clock, tracer, spans } = make();
    const span = tracer.start("step", { startedAt: NOW - 1_000.5 });
    clock.advance(10);
    span.event("now").end(NOW - 500);
    strictEqual(spans[0]?.startedAt, NOW - 1_000.5);
    strictEqual(spans[0].endedAt, NOW - 500);
    strictEqual(spans[0].events[0]?.at, NOW + 10);
  });

  it("start() and end() take what is no time for now", () => {
    for (const bad of [NaN, Infinity, -Infinity, "5", null, new Event("end")]) {
      const { clock, tracer, spans } = make();
      const span = tracer.start("step", { startedAt: bad } as SpanOptions);
      clock.advance(3);
      span.end(bad as number);
      deepStrictEqual([spans[0]?.startedAt, spans[0]?.endedAt], [NOW, NOW + 3]);
    }
  });

  it("end() never comes before the start", () => {
    const { clock, tracer, spans } = make();
    tracer.start("a").end(NOW - 1);
    tracer.start("b", { startedAt: NOW + 100 }).end();
    const span = tracer.start("c");
    clock.setNow(NOW - 60_000);
    span.end();
    deepStrictEqual(
      spans.map((it) => [it.startedAt - NOW, it.endedAt - NOW]),
      [[0, 0], [100, 100], [0, 0]],
    );
  });

  it("end() counts by the monotonic clock, whatever the wall clock is set to", () => {
    for (const step of [-3_600_000, 3_600_000]) {
      const { clock, tracer, spans } = make();
      const parent = tracer.start("parent");
      clock.advance(10);
      clock.setNow(NOW + step);
      parent.event("set");
      const child = tracer.start("child", { parent });
      clock.advance(5);
      child.end();
      clock.advance(5);
      parent.end();
      const [inner, outer] = spans;
      deepStrictEqual(
        [inner?.startedAt, inner?.endedAt],
        [NOW + 10, NOW + 15],
      );
      deepStrictEqual([outer?.startedAt, outer?.endedAt], [NOW, NOW + 20]);
      strictEqual(outer?.events[0]?.at, NOW + 10);
      // The next trace goes by the new time.
      strictEqual(clock.now(), NOW + step + 10);
      tracer.start("next").end();
      strictEqual(spans[2]?.startedAt, clock.now());
    }
  });

  it("start() gives children times of their own where the parent's is given", () => {
    const { clock, tracer, spans } = make();
    const parent = tracer.start("parent", { startedAt: 5 });
    clock.advance(10);
    tracer.start("child", { parent }).end();
    strictEqual(spans[0]?.startedAt, NOW + 10);
  });

  it("start() goes by its own clock where the parent is another tracer's", () => {
    const other = make();
    other.clock.advance(1_000);
    other.clock.setNow(0);
    const parent = other.tracer.start("parent");
    const { clock, tracer, spans } = make();
    clock.advance(5);
    const child = tracer.start("child", { parent });
    clock.advance(5);
    child.end();
    strictEqual(spans[0]?.parentSpanId, parent.spanId);
    deepStrictEqual([spans[0].startedAt, spans[0].endedAt], [
      NOW + 5,
      NOW + 10,
    ]);
  });
});

// --- attributes and events

describe("attributes", () => {
  it("set() and setAll() keep what is told, the last value of a key", () => {
    const { tracer, spans } = make();
    const span = tracer.start<Record<string, unknown>>("step", {
      attributes: { a: 1, gone: undefined },
    });
    strictEqual(span.set("b", "x").setAll({ c: true, d: undefined }), span);
    span.set("a", 2);
    strictEqual(span.end(), undefined);
    deepStrictEqual(spans[0]?.attributes, { a: 2, b: "x", c: true });
    strictEqual(spans[0].droppedAttributes, 0);
  });

  it("set() takes values and lists of one type, and counts the others", () => {
    const valid = [
      "",
      "x",
      0,
      -1.5,
      NaN,
      Infinity,
      true,
      false,
      [],
      ["a", "b"],
      [1, NaN],
      [true, false],
    ];
    for (const value of valid) {
      const span = told((it) => it.set("key", value));
      deepStrictEqual(span.attributes, { key: value });
      strictEqual(span.droppedAttributes, 0);
    }
    // deno-lint-ignore no-sparse-arrays -- a hole is what is tested
    const holes = [[1, , 3], [, 1], new Array(2)];
    const invalid = [
      ...holes,
      undefined,
      null,
      1n,
      Symbol("x"),
      {},
      () => {},
      new Date(0),
      new Set(["a"]),
      new Uint8Array(2),
      new String("x"),
      [null],
      [1, "a"],
      [1, undefined],
      [{}],
      [["a"]],
      [1n],
    ];
    for (const value of invalid) {
      const span = told((it) => it.set("kept", 1).set("key", value!));
      deepStrictEqual(span.attributes, { kept: 1 });
      strictEqual(span.droppedAttributes, 1);
    }
  });

  it("set() keeps the old value where the new one is not valid", () => {
    const span = told((it) => it.set("key", 1).set("key", {}).set("", 2));
    deepStrictEqual(span.attributes, { key: 1 });
    strictEqual(span.droppedAttributes, 2);
  });

  it("set() copies lists", () => {
    const list = ["a"];
    const span = told((it) => {
      it.set("list", list).event("e", { list });
      list.push("b");
    });
    deepStrictEqual(span.attributes, { list: ["a"] });
    deepStrictEqual(span.events[0]?.attributes, { list: ["a"] });
  });

  it("set() and event() take keys that objects have", () => {
    const keys = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const span = told((it) => {
      for (const key of keys) it.set(key, key);
      it.event("e", JSON.parse('{"__proto__":"x","constructor":1}'));
    });
    deepStrictEqual(Object.keys(span.attributes), keys);
    for (const key of keys) strictEqual(span.attributes[key], key);
    strictEqual(Object.getPrototypeOf(span.attributes), Object.prototype);
    const attributes = span.events[0]?.attributes ?? {};
    deepStrictEqual(Object.entries(attributes), [
      ["__proto__", "x"],
      ["constructor", 1],
    ]);
    strictEqual(({} as Record<string, unknown>)["x"], undefined);
  });

  it("setAll() and event() take own properties alone", () => {
    const inherited = Object.assign(Object.create({ b: 2 }), { a: 1 });
    const span = told((it) => it.setAll(inherited).event("e", inherited));
    deepStrictEqual(span.attributes, { a: 1 });
    deepStrictEqual(span.events[0]?.attributes, { a: 1 });
  });

  it("maxAttributes bounds attributes, of each event as well", () => {
    const span = told((it) => {
      for (const key of ["a", "b", "c", "d"]) it.set(key, 1);
      it.set("a", 2);
      it.event("e", { a: 1, b: 2, c: 3 }).event("f", { a: 1, b: 2 });
    }, { maxAttributes: 2 });
    deepStrictEqual(span.attributes, { a: 2, b: 1 });
    strictEqual(span.droppedAttributes, 3);
    deepStrictEqual(span.events.map(({ attributes }) => attributes), [
      { a: 1, b: 2 },
      { a: 1, b: 2 },
    ]);
  });

  it("maxAttributes and maxEvents are 128 without an option", () => {
    const span = told((it) => {
      for (let i = 0; i < 130; i++) it.set(`a${i}`, i).event(`e${i}`);
    });
    strictEqual(Object.keys(span.attributes).length, 128);
    strictEqual(span.events.length, 128);
    deepStrictEqual([span.droppedAttributes, span.droppedEvents], [2, 2]);
  });
});

describe("events and failures", () => {
  it("event() keeps what happened, and when", () => {
    const { clock, tracer, spans } = make();
    const span = tracer.start("step");
    clock.advance(1.5);
    strictEqual(span.event("a"), span);
    clock.advance(1);
    span.event("b", anyAttributes({ n: 1, bad: {}, gone: undefined })).end();
    deepStrictEqual(spans[0]?.events, [
      { name: "a", at: NOW + 1.5, attributes: {} },
      { name: "b", at: NOW + 2.5, attributes: { n: 1 } },
    ]);
    strictEqual(spans[0].droppedAttributes, 1);
  });

  it("fail() says what a span failed with, and why it was", () => {
    const error = new TypeError("no such table");
    const span = told((it) => strictEqual(it.fail(error), it));
    strictEqual(span.status, "error");
    strictEqual(span.statusMessage, "no such table");
    strictEqual(span.events[0]?.name, "exception");
    deepStrictEqual(span.events[0].attributes, {
      "exception.type": "TypeError",
      "exception.message": "no such table",
      "exception.stacktrace": error.stack,
    });
  });

  it("fail() does without what an error has not, and tells no secret", () => {
    const without = Object.assign(new Error("m"), { stack: undefined });
    deepStrictEqual(told((it) => it.fail(without)).events[0]?.attributes, {
      "exception.type": "Error",
      "exception.message": "m",
    });
    for (const thrown of ["hunter2", 5, undefined, null, { a: 1 }]) {
      const span = told((it) => it.fail(thrown));
      strictEqual(span.status, "error");
      strictEqual(span.statusMessage, undefined);
      deepStrictEqual(span.events[0]?.attributes, {
        "exception.type": thrown === null ? "null" : typeof thrown,
      });
    }
  });

  it("fail() survives errors that throw when one looks at them", () => {
    const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
    revoke();
    const getters = ["message", "name", "stack"].map((name) =>
      Object.defineProperty(new Error("x"), name, {
        get() {
          throw new Error("looked at");
        },
      })
    );
    for (const error of [proxy, ...getters]) {
      strictEqual(told((it) => it.fail(error)).status, "error");
    }
  });

  it("fail() says that it failed even where events find no room", () => {
    const span = told((it) => {
      it.event("a").event("b").fail(new Error("late"));
    }, { maxEvents: 1 });
    deepStrictEqual(span.events.map(({ name }) => name), ["a"]);
    strictEqual(span.droppedEvents, 2);
    strictEqual(span.statusMessage, "late");
  });

  it("nothing counts that is said after the end", () => {
    const { clock, tracer, spans } = make();
    const span = tracer.start<Attributes>("step", { attributes: { a: 1 } });
    span.event("a").end();
    const before = {
      attributes: spans[0]!.attributes,
      events: [...spans[0]!.events],
    };
    clock.advance(5);
    span.set("a", 2).setAll({ b: 1 }).event("b").fail(new Error("x"));
    span.set("c", {} as never);
    span.end();
    span.end(NOW + 100);
    strictEqual(spans.length, 1);
    const [it] = spans;
    deepStrictEqual(it?.attributes, before.attributes);
    deepStrictEqual(it.events, before.events);
    strictEqual(it.status, "unset");
    strictEqual(it.endedAt, NOW);
    deepStrictEqual([it.droppedAttributes, it.droppedEvents], [0, 0]);
  });
});

// --- run

/** What a function does: the ways to come to an end. */
const OUTCOMES: Readonly<
  Record<string, { work: () => unknown; fails: boolean; value: unknown }>
> = {
  "returns": { work: () => 5, fails: false, value: 5 },
  "returns nothing": { work: () => {}, fails: false, value: undefined },
  "returns null": { work: () => null, fails: false, value: null },
  "returns an Ok": {
    work: () => okOf(5),
    fails: false,
    value: okOf(5),
  },
  "returns an Err": {
    work: () => err(new Error("bad")),
    fails: true,
    value: err(new Error("bad")),
  },
  "throws": {
    work: () => {
      throw new Error("bad");
    },
    fails: true,
    value: new Error("bad"),
  },
  "resolves": { work: () => Promise.resolve(5), fails: false, value: 5 },
  "resolves with an Err": {
    work: () => Promise.resolve(err(new Error("bad"))),
    fails: true,
    value: err(new Error("bad")),
  },
  "rejects": {
    work: () => Promise.reject(new Error("bad")),
    fails: true,
    value: new Error("bad"),
  },
  "is a thenable that resolves": {
    work: () => ({ then: (done: (value: number) => void) => done(5) }),
    fails: false,
    value: 5,
  },
  "is a thenable that rejects": {
    work: () => ({
      then: (_: unknown, bad: (error: Error) => void) => bad(new Error("bad")),
    }),
    fails: true,
    value: new Error("bad"),
  },
  "is a thenable that throws": {
    work: () => ({
      then() {
        throw new Error("bad");
      },
    }),
    fails: true,
    value: new Error("bad"),
  },
  "is a thenable that settles twice": {
    work: () => ({
      then(done: (value: number) => void, bad: (error: unknown) => void) {
        done(5);
        done(6);
        bad(new Error("bad"));
      },
    }),
    fails: false,
    value: 5,
  },
};

async function settle(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

describe("Tracer.run()", () => {
  for (const [name, { work, fails, value }] of Object.entries(OUTCOMES)) {
    it(`T3 run() ends its span once when the function ${name}`, async () => {
      const { tracer, spans } = make();
      const got = await settle(() => tracer.run("step", {}, work));
      deepStrictEqual(got, value);
      strictEqual(spans.length, 1);
      strictEqual(spans[0]?.status, fails ? "error" : "unset");
      strictEqual(spans[0].statusMessage, fails ? "bad" : undefined);
      await flush();
      strictEqual(spans.length, 1);
    });
  }

  it("T3 run() gives the same result or the same error", async () => {
    const outcome = fc.record({
      value: fc.anything(),
      fails: fc.boolean(),
      isAsync: fc.boolean(),
      endsItself: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 5 }),
        async (outcomes) => {
          const { tracer, spans } = make();
          for (const { value, fails, isAsync, endsItself } of outcomes) {
            const box = { value }; // Whatever is in it, it has no then().
            const before = spans.length;
            const got = await settle(() =>
              tracer.run("step", {}, (span) => {
                if (endsItself) span.end();
                if (fails && !isAsync) throw box;
                if (fails) return Promise.reject(box);
                return isAsync ? Promise.resolve(box) : box;
              })
            );
            strictEqual(got, box);
            strictEqual(spans.length, before + 1);
            const status = fails && !endsItself ? "error" : "unset";
            strictEqual(spans.at(-1)?.status, status);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("run() has ended the span before anybody sees the result", async () => {
    const { tracer, spans } = make();
    strictEqual(tracer.run("a", {}, () => spans.length), 0);
    strictEqual(spans.length, 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const running = tracer.run("b", {}, () => promise);
    await flush();
    strictEqual(spans.length, 1);
    const seen = running.then(() => spans.length);
    resolve();
    strictEqual(await seen, 2);
  });

  it("run() calls then() of a thenable once", async () => {
    let calls = 0;
    const thenable = {
      then(done: (value: number) => void) {
        calls++;
        done(5);
      },
    };
    strictEqual(await make().tracer.run("step", {}, () => thenable), 5);
    strictEqual(calls, 1);
  });

  it("run() ends its span where a result throws when one looks at it", () => {
    const { tracer, spans } = make();
    const result = {
      get then() {
        throw new Error("looked at");
      },
    };
    throws(() => tracer.run("step", {}, () => result), /looked at/);
    strictEqual(spans.length, 1);
    strictEqual(tracer.active(), undefined);
  });

  it("run() hands the function its span, and takes options for it", () => {
    const { tracer, spans } = make();
    const options = { kind: "server", attributes: { a: 1 } } as const;
    tracer.run("step", options, (span) => span.set("b", 2));
    deepStrictEqual(spans[0]?.attributes, { a: 1, b: 2 });
    strictEqual(spans[0].kind, "server");
  });

  it("run() leaves its own error of a rejection for the caller to handle", async () => {
    const reason = new Error("bad");
    const { tracer } = make();
    const unhandled = await reportedIn(async () => {
      await rejects(
        tracer.run("step", {}, async () => {
          await undefined;
          throw reason;
        }),
        (error) => error === reason,
      );
      await flush();
    });
    deepStrictEqual(unhandled, []);
  });
});

// --- the active span

/** What a tree of calls does between its steps. */
const PAUSES: readonly (() => unknown)[] = [
  () => {},
  async () => await undefined,
  () => new Promise<void>((resolve) => queueMicrotask(resolve)),
  turn,
];

interface Call {
  readonly name: string;
  readonly pause: number;
  readonly isParallel: boolean;
  readonly calls: readonly Call[];
}

const calls = fc.letrec<{ call: Call }>((tie) => ({
  call: fc.record({
    name: fc.string({ maxLength: 2 }),
    pause: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(0, 1, 2) },
      { weight: 1, arbitrary: fc.constant(3) },
    ),
    isParallel: fc.boolean(),
    calls: fc.oneof(
      { maxDepth: 3 },
      fc.constant([]),
      fc.array(tie("call"), { maxLength: 3 }),
    ),
  }),
})).call;

describe("the active span", () => {
  it("active() is the span of the function that runs", () => {
    const { tracer } = make();
    strictEqual(tracer.active(), undefined);
    tracer.run("outer", {}, (outer) => {
      strictEqual(tracer.active(), outer);
      tracer.run("inner", {}, (inner) => strictEqual(tracer.active(), inner));
      throws(() =>
        tracer.run("bad", {}, () => {
          throw new Error("bad");
        })
      );
      strictEqual(tracer.active(), outer);
      // It does not become the active one.
      tracer.start("leaf");
      strictEqual(tracer.active(), outer);
    });
    strictEqual(tracer.active(), undefined);
  });

  it("active() is not another tracer's", () => {
    const [one, other] = [new Tracer(), new Tracer()];
    one.run("step", {}, () => strictEqual(other.active(), undefined));
  });

  it(
    "T4 active() follows await, timers and microtasks",
    needs("AsyncLocalStorage"),
    async () => {
      const { tracer, spans } = make();
      await tracer.run("outer", {}, async (outer) => {
        for (const pause of PAUSES) {
          await pause();
          strictEqual(tracer.active(), outer);
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(() => {
          tracer.run("late", {}, () => resolve());
        }, 0);
        await promise;
      });
      strictEqual(spans[0]?.name, "late");
      strictEqual(spans[0].parentSpanId, spans[1]?.spanId);
      strictEqual(tracer.active(), undefined);
    },
  );

  it(
    "T4 a child has its parent's trace, however calls are nested and in parallel",
    needs("AsyncLocalStorage"),
    async () => {
      await fc.assert(
        fc.asyncProperty(calls, async (root) => {
          const { tracer, spans } = make();
          const parents = new Map<string, string | undefined>();
          const faults: string[] = [];

          async function perform(
            { name, pause, isParallel, calls }: Call,
            parent: TypedSpan | undefined,
          ): Promise<void> {
            await tracer.run(name, {}, async (span) => {
              parents.set(span.spanId, parent?.spanId);
              if (parent !== undefined && span.traceId !== parent.traceId) {
                faults.push("another trace");
              }
              const performing: Promise<void>[] = [];
              for (const call of calls) {
                await PAUSES[pause]!();
                const performed = perform(call, span);
                if (isParallel) performing.push(performed);
                else await performed;
                if (tracer.active() !== span) faults.push("another span");
              }
              await Promise.all(performing);
              if (tracer.active() !== span) faults.push("another span at last");
            });
          }

          await perform(root, undefined);
          deepStrictEqual(faults, []);
          strictEqual(spans.length, parents.size);
          for (const { spanId, parentSpanId } of spans) {
            strictEqual(parentSpanId, parents.get(spanId));
          }
        }),
        { numRuns: RUNS },
      );
    },
  );

  it("bind() calls with the span that was active when it was bound", () => {
    const { tracer } = make();
    const outside = tracer.bind(() => tracer.active());
    let inside = outside;
    const span = tracer.run("a", {}, (span) => {
      inside = tracer.bind(() => tracer.active());
      return span;
    });
    strictEqual(inside(), span);
    tracer.run("b", {}, (other) => {
      strictEqual(inside(), span);
      strictEqual(outside(), undefined);
      strictEqual(tracer.active(), other);
    });
  });

  it("bind() hands on arguments, results and errors", () => {
    const { tracer } = make();
    const bound = tracer.bind((a: number, b: number) => {
      if (b === 0) throw new RangeError("by 0");
      return a / b;
    });
    strictEqual(bound(6, 3), 2);
    throws(() => bound(1, 0), /by 0/);
    expectType<Equal<typeof bound, (a: number, b: number) => number>>();
  });

  it("storage keeps the active span, and may be shared by tracers", () => {
    const storage = createAsyncStorage<TypedSpan | undefined>();
    const one = make({ storage }).tracer;
    const { tracer, spans } = make({ storage });
    one.run("outer", {}, (outer) => {
      strictEqual(storage.getStore(), outer);
      strictEqual(tracer.active(), outer);
      tracer.run("inner", {}, () => {});
      strictEqual(spans[0]?.parentSpanId, outer.spanId);
    });
  });

  it("run() and bind() do in browsers what can be done until the first await", async () => {
    const { tracer, spans } = make({ storage: new SyncStorage() });
    const running = tracer.run("outer", {}, async (outer) => {
      strictEqual(tracer.active(), outer);
      const bound = tracer.bind(() => tracer.active());
      await undefined;
      strictEqual(tracer.active(), undefined);
      strictEqual(bound(), outer);
      tracer.start("inner", { parent: outer }).end();
    });
    strictEqual(tracer.active(), undefined);
    tracer.run("other", {}, (other) => strictEqual(tracer.active(), other));
    await running;
    deepStrictEqual(
      spans.map(({ name, parentSpanId }) => [name, parentSpanId]),
      [
        ["other", undefined],
        ["inner", spans[2]?.spanId],
        ["outer", undefined],
      ],
    );
  });
});

describe("createAsyncStorage()", () => {
  const storages: Readonly<Record<string, () => AsyncStorage<unknown>>> = {
    "SyncStorage": () => new SyncStorage<unknown>(),
    "the runtime's storage": () => createAsyncStorage<unknown>(),
  };

  for (const [name, make] of Object.entries(storages)) {
    it(`${name} keeps a value while a function runs`, () => {
      const storage = make();
      strictEqual(storage.getStore(), undefined);
      const sum = storage.run(
        1,
        (a: number, b: number) => {
          strictEqual(storage.getStore(), 1);
          storage.run(2, () => strictEqual(storage.getStore(), 2));
          strictEqual(storage.getStore(), 1);
          storage.run(
            undefined,
            () => strictEqual(storage.getStore(), undefined),
          );
          throws(() =>
            storage.run(3, () => {
              throw new Error("bad");
            })
          );
          strictEqual(storage.getStore(), 1);
          return a + b;
        },
        2,
        3,
      );
      strictEqual(sum, 5);
      strictEqual(storage.getStore(), undefined);
    });
  }

  it(
    "createAsyncStorage() gives the runtime's, whose value follows an await",
    needs("AsyncLocalStorage"),
    async () => {
      const storage = createAsyncStorage<number>();
      ok(!(storage instanceof SyncStorage));
      await storage.run(1, async () => {
        await turn();
        strictEqual(storage.getStore(), 1);
      });
    },
  );

  it("createAsyncStorage() does with less where the runtime has none", () => {
    const scope = globalThis as { process?: unknown };
    const processes: readonly unknown[] = [
      undefined,
      null,
      {},
      { getBuiltinModule: () => undefined },
    ];
    for (const process of processes) {
      let storage: AsyncStorage<number> | undefined;
      withReplaced(scope, "process", process, () => {
        storage = createAsyncStorage<number>();
      });
      ok(storage instanceof SyncStorage);
    }
  });
});

// --- sampling

describe("sampling", () => {
  it("parentBased() goes with a remote parent, and asks for roots", () => {
    const asked: SamplingRequest[] = [];
    const sampler = parentBased((request) => {
      asked.push(request);
      return request.name === "yes";
    });
    const { tracer } = make({ sampler });
    for (const flags of [0, 1, 2, 3]) {
      const span = tracer.start("no", { parent: remote(flags) });
      strictEqual(span.isRecording, (flags & 1) === 1);
      strictEqual(span.flags, flags);
    }
    strictEqual(asked.length, 0);
    strictEqual(tracer.start("yes").isRecording, true);
    strictEqual(tracer.start("no").isRecording, false);
    strictEqual(asked.length, 2);
  });

  it("the default sampler records roots, and goes with remote parents", () => {
    const { tracer } = make();
    strictEqual(tracer.start("root").isRecording, true);
    strictEqual(tracer.start("a", { parent: remote(1) }).isRecording, true);
    strictEqual(tracer.start("a", { parent: remote(0) }).isRecording, false);
  });

  it("a sampler sees what is to be begun", () => {
    const asked: SamplingRequest[] = [];
    const { tracer } = make({
      sampler(request) {
        asked.push(request);
        return true;
      },
    });
    const parent = remote(0);
    const span = tracer.start("root", { kind: "server", attributes: { a: 1 } });
    tracer.start("child", { parent: span });
    tracer.start("remote", { parent });
    deepStrictEqual(asked, [
      {
        traceId: span.traceId,
        name: "root",
        kind: "server",
        attributes: { a: 1 },
        parent: undefined,
      },
      {
        traceId: parent.traceId,
        name: "remote",
        kind: "internal",
        attributes: {},
        parent,
      },
    ]);
  });

  it("a sampler that throws records nothing, and onError hears of it", async () => {
    const error = new Error("bad sampler");
    const sampler: Sampler = () => {
      throw error;
    };
    const errors: unknown[] = [];
    const { tracer, spans } = make({
      sampler,
      onError: (it) => errors.push(it),
    });
    strictEqual(tracer.run("step", {}, (span) => span.isRecording), false);
    deepStrictEqual([errors, spans], [[error], []]);
    const silent = make({ sampler }).tracer;
    deepStrictEqual(await reportedIn(() => silent.start("step")), [error]);
  });

  it("ratio() and parentBased() throw when their argument is not valid", () => {
    for (const bad of [-0.1, 1.1, NaN, Infinity, ...NOT_NUMBERS]) {
      const value = Array.isArray(bad) ? bad[1] : bad;
      throws(() => ratio(value as number), /probability/);
    }
    for (const bad of NO_FUNCTIONS) {
      throws(() => parentBased(bad as Sampler), /root/);
    }
  });

  it("ratio() records no trace at 0 and every trace at 1", () => {
    const ends = ["0".repeat(13) + "1", "f".repeat(14), "8" + "0".repeat(13)];
    for (const end of ends) {
      const traceId = "a".repeat(18) + end;
      strictEqual(ratio(0)({ traceId } as SamplingRequest), false, end);
      strictEqual(ratio(1)({ traceId } as SamplingRequest), true, end);
    }
  });

  it("ratio() records the highest of the last 56 bits", () => {
    const half = ratio(0.5);
    for (
      const [end, isRecorded] of [
        ["80000000000000", true],
        ["7fffffffffffff", false],
        ["ffffffffffffff", true],
        ["00000000000001", false],
      ] as const
    ) {
      for (const start of ["0".repeat(18), "f".repeat(18)]) {
        const request = { traceId: start + end } as SamplingRequest;
        strictEqual(half(request), isRecorded, start + end);
      }
    }
  });

  const bits = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    .map((words) =>
      words.map((word) => word.toString(16).padStart(4, "0")).join("")
    );
  const probability = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(0, 0.25, 0.5, 1, Number.MIN_VALUE, 1 - 2 ** -53),
  );

  it("T5 ratio() records with a higher probability what it does with a lower", () => {
    fc.assert(
      fc.property(bits, probability, probability, (traceId, p, q) => {
        const request = { traceId } as SamplingRequest;
        const [low, high] = [Math.min(p, q), Math.max(p, q)];
        ok(!ratio(low)(request) || ratio(high)(request));
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it("T5 ratio() decides alike for the whole trace, in every service", () => {
    fc.assert(
      fc.property(probability, bits, bits, (p, traceId, spanId) => {
        fc.pre(/[^0]/.test(traceId) && /[^0]/.test(spanId.slice(0, 16)));
        const ids: SpanIds = {
          traceId: () => traceId,
          spanId: () => spanId.slice(0, 16),
        };
        const root = make({ sampler: ratio(p), ids }).tracer.start("root");
        const headers = new Map<string, string>();
        inject(root, headers);
        const parent = extract(headers) ?? fail();
        const { tracer } = make({ sampler: ratio(p) });
        const other = tracer.start("other", { parent });
        strictEqual(other.isRecording, root.isRecording);
        const child = tracer.start("child", { parent: other });
        strictEqual(child.isRecording, root.isRecording);
        strictEqual(child.traceId, traceId);
      }),
      { numRuns: RUNS },
    );
  });

  it("ratio() records as many as it should", () => {
    const { tracer } = make({ sampler: ratio(0.25) });
    let recorded = 0;
    for (let i = 0; i < 4_000; i++) {
      if (tracer.start("step").isRecording) recorded++;
    }
    // Ten standard deviations.
    ok(Math.abs(recorded - 1_000) < 280, `${recorded} of 4000`);
  });
});

describe("spans that are not recorded", () => {
  const sampler: Sampler = () => false;

  it("they do nothing, and nobody hears of them", () => {
    const { tracer, spans } = make({ sampler });
    const span = tracer.start<Attributes>("step", { attributes: { a: 1 } });
    strictEqual(span.isRecording, false);
    strictEqual(span.isRemote, false);
    strictEqual(span.set("a", 1), span);
    strictEqual(span.setAll({ b: 1 }), span);
    strictEqual(span.event("e"), span);
    strictEqual(span.fail(new Error("bad")), span);
    span.end();
    span[Symbol.dispose]();
    strictEqual(tracer.run("run", {}, () => 5), 5);
    throws(() =>
      tracer.run("run", {}, () => {
        throw new Error("bad");
      }), /bad/);
    deepStrictEqual(spans, []);
  });

  it("they tell others of the trace, and that it is not recorded", () => {
    const { tracer } = make({ sampler });
    const root = tracer.start("root");
    strictEqual(root.flags, RANDOM_FLAG);
    strictEqual(root.traceState, "");
    const headers = new Map<string, string>();
    inject(root, headers);
    deepStrictEqual(extract(headers), {
      traceId: root.traceId,
      spanId: root.spanId,
      flags: RANDOM_FLAG,
      traceState: "",
      isRemote: true,
    });
    for (const flags of [0, 1, 2, 3]) {
      const parent = remote(flags, "a=1");
      const span = tracer.start("step", { parent });
      strictEqual(span.traceId, parent.traceId);
      ok(span.spanId !== parent.spanId);
      strictEqual(span.flags, flags & RANDOM_FLAG);
      strictEqual(span.traceState, "a=1");
    }
  });

  it("what is done for them is not recorded either, and asks nobody", () => {
    let asked = 0;
    const { tracer, spans } = make({
      sampler() {
        asked++;
        return false;
      },
    });
    tracer.run("outer", {}, (outer) => {
      strictEqual(tracer.active(), outer);
      strictEqual(tracer.start("inner"), outer);
      tracer.run("inner", {}, (inner) => strictEqual(inner, outer));
      const root = tracer.start("root", { parent: null });
      ok(root.traceId !== outer.traceId);
    });
    strictEqual(asked, 2);
    deepStrictEqual(spans, []);
  });

  it("what is recorded is, within what is not", () => {
    const { tracer, spans } = make({ sampler: ({ name }) => name === "yes" });
    tracer.run("no", {}, () => {
      tracer.run("yes", { parent: null }, () => {});
      tracer.run("yes", { parent: remote(0) }, () => {});
    });
    strictEqual(spans.length, 2);
    strictEqual(spans[1]?.flags, SAMPLED_FLAG);
  });
});

// --- exporters that fail

describe("exporters of a Tracer", () => {
  const error = new Error("unreachable");
  const failing: Readonly<Record<string, SpanExporter["export"]>> = {
    "throws": () => {
      throw error;
    },
    "rejects": () => Promise.reject(error),
    "gives a thenable that rejects": () =>
      ({
        then(_: unknown, reject: (error: unknown) => void) {
          reject(error);
        },
      }) as unknown as Promise<void>,
    "gives what throws when one looks at it": () =>
      ({
        get then() {
          throw error;
        },
      }) as unknown as Promise<void>,
  };

  for (const [name, exporting] of Object.entries(failing)) {
    it(`onError hears of an exporter that ${name}, and no caller`, async () => {
      const exporter: SpanExporter = { export: exporting, close() {} };
      const errors: unknown[] = [];
      const tracer = new Tracer({
        exporter,
        onError: (it) => void errors.push(it),
      });
      strictEqual(tracer.run("sync", {}, () => 5), 5);
      strictEqual(await tracer.run("async", {}, () => Promise.resolve(6)), 6);
      throws(() =>
        tracer.run("bad", {}, () => {
          throw new RangeError("bad");
        }), RangeError);
      tracer.start("leaf").end();
      await flush();
      deepStrictEqual(errors, [error, error, error, error]);
    });
  }

  it("errors are unhandled where there is no onError, or it throws", async () => {
    const exporter: SpanExporter = { export: failing["throws"]!, close() {} };
    const silent = new Tracer({ exporter });
    const run = () => silent.run("step", {}, () => {});
    deepStrictEqual(await reportedIn(run), [error]);
    const worse = new Error("worse");
    const tracer = new Tracer({
      exporter,
      onError() {
        throw worse;
      },
    });
    deepStrictEqual(
      await reportedIn(() => strictEqual(tracer.run("step", {}, () => 5), 5)),
      [worse],
    );
  });

  it("export() may look at the span for ever, and begin another", async () => {
    const seen: SpanData[] = [];
    const tracer: Tracer = new Tracer({
      exporter: {
        async export([span]) {
          seen.push(span!);
          await undefined;
          if (seen.length < 3) tracer.run("export", { parent: null }, () => {});
        },
        close() {},
      },
    });
    tracer.run("step", {}, () => {});
    await flush();
    deepStrictEqual(seen.map(({ name }) => name), ["step", "export", "export"]);
  });

  it("a Tracer without an exporter does the same for others", () => {
    const tracer = new Tracer();
    const span = tracer.start("step").set("a", 1);
    strictEqual(span.isRecording, true);
    span.end();
    strictEqual(span.isRecording, false);
  });
});

// --- ids

describe("ids", () => {
  it("ids makes all ids of a Tracer", () => {
    let n = 0;
    const ids: SpanIds = {
      traceId: () => `${++n}`.padStart(32, "a"),
      spanId: () => `${++n}`.padStart(16, "b"),
    };
    const { tracer, spans } = make({ ids });
    tracer.run("outer", {}, () => tracer.start("inner").end());
    deepStrictEqual(spans.map(({ traceId, spanId }) => [traceId, spanId]), [
      ["1".padStart(32, "a"), "3".padStart(16, "b")],
      ["1".padStart(32, "a"), "2".padStart(16, "b")],
    ]);
  });

  it("IdSource makes ids of random bytes, and of each byte but once", () => {
    let n = 0;
    const fetched: Uint8Array[] = [];
    const made: string[] = [];
    const getRandomValues = ((bytes: Uint8Array): Uint8Array => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = (n++ * 37 + 1) & 0xff;
      fetched.push(bytes.slice());
      return bytes;
    }) as typeof crypto.getRandomValues;
    withReplaced(crypto, "getRandomValues", getRandomValues, () => {
      const ids = new IdSource();
      for (let i = 0; i < 300; i++) {
        const id = i % 3 === 0 ? ids.traceId() : ids.spanId();
        strictEqual(id.length, i % 3 === 0 ? 32 : 16);
        made.push(id);
      }
    });
    ok(fetched.length > 1);
    const digits = fetched
      .map((bytes) =>
        Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
      );
    // In order, but for what is left at the end of a fetch.
    let [at, place] = [0, 0];
    for (const id of made) {
      if (place + id.length > digits[at]!.length) [at, place] = [at + 1, 0];
      strictEqual(id, digits[at]!.slice(place, place + id.length));
      place += id.length;
    }
  });

  it("IdSource gives no id that is 0, and others that begin with it", () => {
    for (const zeros of [1, 8, 15, 16, 40, 1_024]) {
      let fetches = 0;
      const getRandomValues = ((bytes: Uint8Array): Uint8Array => {
        bytes.fill(0xab).fill(0, 0, fetches++ === 0 ? zeros : 0);
        return bytes;
      }) as typeof crypto.getRandomValues;
      withReplaced(crypto, "getRandomValues", getRandomValues, () => {
        const [trace, span] = [
          new IdSource().traceId(),
          new IdSource().spanId(),
        ];
        match(trace, /^(?:00)*(?:ab)+$/);
        match(span, /^(?:00)*(?:ab)+$/);
      });
      fetches = 0;
      withReplaced(crypto, "getRandomValues", getRandomValues, () => {
        match(new IdSource().spanId(), /^(?:00)*(?:ab)+$/);
      });
    }
  });

  it("IdSource makes no id twice", () => {
    const ids = new IdSource();
    const made = new Set<string>();
    for (let i = 0; i < 2_000; i++) made.add(ids.traceId()).add(ids.spanId());
    strictEqual(made.size, 4_000);
  });
});

// --- types

describe("types", () => {
  interface Query {
    "db.statement": string;
    "db.rows"?: number;
    "db.tags": readonly string[];
  }

  it("TypedSpan takes the attributes of its type alone", () => {
    const { tracer, spans } = make();
    const span = tracer.start<Query>("query", {
      attributes: { "db.statement": "select" },
    });
    expectType<Equal<typeof span, TypedSpan<Query>>>();
    span.set("db.rows", 1).set("db.tags", ["a"]).setAll({ "db.rows": 2 });
    // @ts-expect-error -- another type
    span.set("db.rows", {});
    // @ts-expect-error -- no such attribute
    span.set("db.row", 1);
    // @ts-expect-error -- nothing to keep
    span.set("db.rows", undefined);
    // @ts-expect-error -- no such attribute
    span.setAll({ "db.row": 1 });
    // @ts-expect-error -- another type
    tracer.start<Query>("query", { attributes: { "db.rows": "1" } });
    span.end();
    strictEqual(spans[0]?.droppedAttributes, 2);
  });

  it("attributes at the start do not bound those that come later", () => {
    const { tracer } = make();
    const span = tracer.start("step", { attributes: { a: 1 } });
    expectType<Equal<typeof span, TypedSpan<Attributes>>>();
    span.set("b", "x").end();
    const length = tracer.run("step", { attributes: { a: 1 } }, (inner) => {
      expectType<Equal<typeof inner, TypedSpan<Attributes>>>();
      return inner.set("b", "x").traceId.length;
    });
    expectType<Equal<typeof length, number>>();
    // @ts-expect-error -- no value that an attribute can have
    tracer.start("step", { attributes: { a: new Date(0) } });
  });

  it("run() has the attributes of its function's parameter, and its result", async () => {
    const { tracer } = make();
    const options = { attributes: { "db.statement": "select" } };
    const rows = tracer.run("query", options, (span: TypedSpan<Query>) => {
      span.set("db.rows", 1);
      // @ts-expect-error -- no such attribute
      span.set("db.row", 1);
      return 1;
    });
    expectType<Equal<typeof rows, number>>();
    const later = tracer.run("query", {}, () => Promise.resolve("x"));
    expectType<Equal<typeof later, Promise<string>>>();
    strictEqual(await later, "x");
    const result = tracer.run(
      "query",
      {},
      (): Result<number, TaskError> =>
        err(new TaskError("TASK_TIMEOUT", { timeoutMs: 5 })),
    );
    expectType<Equal<typeof result, Result<number, TaskError>>>();
    strictEqual(result.ok, false);
  });

  it("a span is a context, and its data are read alone", () => {
    const { tracer, spans } = make();
    const span = tracer.start("step");
    const context: SpanContext = span;
    strictEqual(context.spanId, span.spanId);
    span.end();
    expectType<Equal<SpanData["events"], readonly SpanEvent[]>>();
    // @ts-expect-error -- kinds are known
    tracer.start("step", { kind: "sever" });
    strictEqual(spans.length, 1);
  });
});
