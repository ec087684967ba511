import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TaskError, ValidationError } from "../src/errors.ts";
import type { SpanData, SpanExporter } from "../src/span.ts";
import {
  BatchSpanExporter,
  type BatchSpanExporterOptions,
  ConsoleSpanExporter,
  InMemorySpanExporter,
} from "../src/span_exporters.ts";
import { ManualClock } from "../src/testing.ts";
import { Tracer } from "../src/tracing.ts";
import {
  spanExporterConformance,
  spansOf,
} from "./conformance/span_exporter_conformance.ts";
import {
  NOT_NUMBERS,
  RUNS,
  watch,
  withReplaced,
} from "./foundation_support.ts";
import { hearReported } from "./unhandled_support.ts";

const NOW = 1_700_000_000_000;

function namesOf(spans: readonly SpanData[]): string[] {
  return spans.map(({ name }) => name);
}

/** Lets promises settle that wait for nothing but each other. */
async function flush(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

function assertInvalid(name: string, construct: () => unknown): void {
  throws(construct, (error) => {
    ok(error instanceof ValidationError);
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    ok(error.message.includes(name), error.message);
    return true;
  });
}

const NO_WHOLE = [0, -1, 1.5, NaN, Infinity, null, "5"] as readonly number[];

spanExporterConformance("InMemorySpanExporter", () => {
  const exporter = new InMemorySpanExporter();
  return { exporter, names: () => namesOf(exporter.spans) };
});

spanExporterConformance("ConsoleSpanExporter", () => {
  const lines: string[] = [];
  const exporter = new ConsoleSpanExporter({
    write: (line) => void lines.push(line),
  });
  return { exporter, names: () => lines.map((line) => JSON.parse(line).name) };
});

for (const maxBatch of [1, 2, 512]) {
  spanExporterConformance(`BatchSpanExporter, batches of ${maxBatch}`, () => {
    const inner = new InMemorySpanExporter();
    const clock = new ManualClock();
    const exporter = new BatchSpanExporter(inner, { maxBatch, clock });
    return { exporter, names: () => namesOf(inner.spans) };
  });
}

describe("InMemorySpanExporter", () => {
  it("spans are the last ones, and dropped counts the others", () => {
    const exporter = new InMemorySpanExporter({ maxSpans: 3 });
    exporter.export(spansOf("a", "b"));
    strictEqual(exporter.dropped, 0);
    exporter.export(spansOf("c", "d"));
    deepStrictEqual(namesOf(exporter.spans), ["b", "c", "d"]);
    exporter.export(spansOf("e", "f", "g", "h"));
    deepStrictEqual(namesOf(exporter.spans), ["f", "g", "h"]);
    strictEqual(exporter.dropped, 5);
  });

  it("spans are 1,000 at most without an option, however many there are", () => {
    const exporter = new InMemorySpanExporter();
    const [span] = spansOf("a");
    exporter.export(new Array(200_000).fill(span));
    strictEqual(exporter.spans.length, 1_000);
    strictEqual(exporter.dropped, 199_000);
  });

  it("spans do not change what is kept, nor with it", () => {
    const exporter = new InMemorySpanExporter();
    exporter.export(spansOf("a"));
    const { spans } = exporter;
    (spans as SpanData[]).push(...spansOf("x"));
    exporter.export(spansOf("b"));
    deepStrictEqual(namesOf(spans), ["a", "x"]);
    deepStrictEqual(namesOf(exporter.spans), ["a", "b"]);
    exporter.clear();
    deepStrictEqual(exporter.spans, []);
    exporter.export(spansOf("c"));
    deepStrictEqual(namesOf(exporter.spans), ["c"]);
  });

  it("new InMemorySpanExporter() throws when maxSpans is not valid", () => {
    for (const maxSpans of NO_WHOLE.filter((it) => it !== null)) {
      assertInvalid("maxSpans", () => new InMemorySpanExporter({ maxSpans }));
    }
  });
});

describe("ConsoleSpanExporter", () => {
  it("export() writes all that there is of a span in a line", () => {
    const lines: string[] = [];
    const clock = new ManualClock({ now: NOW });
    const exporter = new ConsoleSpanExporter({
      write: (line) => void lines.push(line),
    });
    const tracer = new Tracer({ exporter, clock, maxEvents: 1 });
    const parent = tracer.start("parent");
    const child = tracer.start("child\n2", {
      parent,
      kind: "client",
      attributes: { text: "a\nb", list: [1, 2], rate: NaN, max: Infinity },
      links: [{ context: parent, attributes: { why: "x" } }],
    });
    child.fail(new RangeError("bad")).event("dropped").set("bad", null!);
    clock.advance(2.5);
    child.end();
    strictEqual(lines.length, 1);
    ok(!lines[0]!.includes("\n"));
    const { events, ...rest } = JSON.parse(lines[0]!);
    deepStrictEqual(rest, {
      name: "child\n2",
      kind: "client",
      durationMs: 2.5,
      status: "error",
      statusMessage: "bad",
      attributes: { text: "a\nb", list: [1, 2], rate: "NaN", max: "Infinity" },
      links: [{
        context: { traceId: parent.traceId, spanId: parent.spanId },
        attributes: { why: "x" },
      }],
      traceId: child.traceId,
      spanId: child.spanId,
      parentSpanId: parent.spanId,
      isParentRemote: false,
      flags: 3,
      traceState: "",
      startedAt: NOW,
      endedAt: NOW + 2.5,
      droppedAttributes: 1,
      droppedEvents: 1,
    });
    strictEqual(events[0].attributes["exception.type"], "RangeError");
  });

  it("export() counts what cannot be written, and throws nothing", () => {
    const lines: string[] = [];
    let calls = 0;
    const exporter = new ConsoleSpanExporter({
      write(line) {
        if (++calls === 2) throw new Error("broken pipe");
        lines.push(line);
      },
    });
    exporter.export(spansOf("a", "b", "c"));
    deepStrictEqual(lines.map((line) => JSON.parse(line).name), ["a", "c"]);
    strictEqual(exporter.dropped, 1);
  });

  it("export() writes to the console at hand without an option", () => {
    const exporter = new ConsoleSpanExporter();
    const lines: string[] = [];
    withReplaced(
      globalThis.console,
      "log",
      (line: string) => void lines.push(line),
      () => exporter.export(spansOf("a")),
    );
    deepStrictEqual(lines.map((line) => JSON.parse(line).name), ["a"]);
    strictEqual(exporter.dropped, 0);
  });

  it("new ConsoleSpanExporter() throws when write is no function", () => {
    for (const write of [null, {}, "log", 5]) {
      const options = { write } as object;
      assertInvalid("write", () => new ConsoleSpanExporter(options));
    }
  });
});

// --- batches

/** A call of the inner exporter that the test settles. */
interface Sent {
  readonly names: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A batch exporter whose inner exporter is the test. */
interface Batched {
  readonly clock: ManualClock;
  readonly exporter: BatchSpanExporter;
  /** All calls so far. */
  readonly sent: Sent[];
  readonly errors: unknown[];
  /** How often the inner exporter was closed. */
  readonly closes: () => number;
  /** Exports a span of each name by itself. */
  readonly end: (...names: readonly string[]) => void;
}

function makeBatched(options: BatchSpanExporterOptions = {}): Batched {
  const clock = new ManualClock({ now: NOW });
  const sent: Sent[] = [];
  const errors: unknown[] = [];
  let closes = 0;
  const exporter = new BatchSpanExporter({
    export(spans) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      sent.push({ names: namesOf(spans), resolve, reject });
      return promise;
    },
    close() {
      closes++;
    },
  }, { clock, onError: (error) => errors.push(error), ...options });
  return {
    clock,
    exporter,
    sent,
    errors,
    closes: () => closes,
    end(...names) {
      for (const span of spansOf(...names)) exporter.export([span]);
    },
  };
}

function sentNames(sent: readonly Sent[]): string[] {
  return sent.map(({ names }) => names.join(""));
}

describe("BatchSpanExporter", () => {
  it("export() sends a batch when it is full", async () => {
    const { end, sent, clock } = makeBatched({ maxBatch: 3 });
    end("a", "b");
    await flush();
    strictEqual(sent.length, 0);
    end("c");
    await flush();
    deepStrictEqual(sentNames(sent), ["abc"]);
    sent[0]!.resolve();
    await flush();
    strictEqual(clock.pending, 0);
  });

  it("export() sends what is less after intervalMs of the first", async () => {
    const { end, sent, clock } = makeBatched({ intervalMs: 1_000 });
    end("a");
    clock.advance(600);
    end("b");
    clock.advance(399);
    await flush();
    strictEqual(sent.length, 0);
    clock.advance(1);
    await flush();
    deepStrictEqual(sentNames(sent), ["ab"]);
    sent[0]!.resolve();
    await flush();
    strictEqual(clock.pending, 0);
    // The next one has its own time.
    clock.advance(500);
    end("c");
    clock.advance(999);
    await flush();
    strictEqual(sent.length, 1);
    clock.advance(1);
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "c"]);
  });

  it("export() waits 5 s for 512 spans without options, and keeps 2,048", async () => {
    const { exporter, sent, clock } = makeBatched();
    const [span] = spansOf("a");
    exporter.export(new Array(511).fill(span));
    clock.advance(4_999);
    await flush();
    strictEqual(sent.length, 0);
    exporter.export([span!]);
    await flush();
    strictEqual(sent[0]?.names.length, 512);
    exporter.export(new Array(2_000).fill(span));
    deepStrictEqual(exporter.stats, {
      queued: 2_048,
      exported: 0,
      dropped: 464,
      failed: 0,
    });
  });

  it("export() does not call the other exporter while a span ends", async () => {
    let depth = 0;
    const inner: SpanExporter = {
      export() {
        strictEqual(depth, 0);
      },
      close() {},
    };
    const exporter = new BatchSpanExporter(inner, { maxBatch: 1 });
    const tracer = new Tracer({ exporter });
    depth++;
    tracer.run("a", {}, () => {});
    tracer.run("b", {}, () => {});
    depth--;
    await exporter.close();
    strictEqual(exporter.stats.exported, 2);
  });

  it("batches go one after the other, each as full as can be", async () => {
    const { exporter, end, sent, clock } = makeBatched({ maxBatch: 2 });
    end("a", "b", "c", "d", "e");
    await flush();
    deepStrictEqual(sentNames(sent), ["ab"]);
    strictEqual(exporter.stats.queued, 5);
    end("f", "g");
    clock.advance(10_000);
    await flush();
    strictEqual(sent.length, 1);
    sent[0]!.resolve();
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "cd"]);
    sent[1]!.resolve();
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "cd", "ef"]);
    sent[2]!.resolve();
    await flush();
    strictEqual(sent.length, 3);
    clock.advance(5_000);
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "cd", "ef", "g"]);
    sent[3]!.resolve();
    await flush();
    deepStrictEqual(exporter.stats, {
      queued: 0,
      exported: 7,
      dropped: 0,
      failed: 0,
    });
    strictEqual(clock.pending, 0);
  });

  it("spans that come while a batch is on its way wait for another to fill", async () => {
    const options = { maxBatch: 3, intervalMs: 1_000 };
    const { end, sent, clock } = makeBatched(options);
    end("a", "b", "c");
    await flush();
    clock.advance(500);
    end("d");
    sent[0]!.resolve();
    await flush();
    strictEqual(sent.length, 1);
    clock.advance(999);
    await flush();
    strictEqual(sent.length, 1);
    clock.advance(1);
    await flush();
    deepStrictEqual(sentNames(sent), ["abc", "d"]);
  });

  it("no span is left behind that comes just as a batch is done", async () => {
    // At each of the microtasks in which a batch comes to its end.
    for (let wait = 0; wait < 20; wait++) {
      for (const maxBatch of [1, 2, 9]) {
        const { exporter, end, sent, clock } = makeBatched({ maxBatch });
        end("a");
        void exporter.flush();
        await flush();
        sent[0]!.resolve();
        for (let i = 0; i < wait; i++) await undefined;
        end("b");
        clock.advance(5_000);
        await flush();
        clock.advance(5_000);
        await flush();
        deepStrictEqual(sentNames(sent), ["a", "b"], `${wait}, ${maxBatch}`);
        sent[1]!.resolve();
        await flush();
        strictEqual(clock.pending, 0);
      }
    }
  });

  it("flush() and close() leave none behind either", async () => {
    for (let wait = 0; wait < 20; wait++) {
      for (const isClose of [false, true]) {
        const { exporter, end, sent } = makeBatched();
        end("a");
        void exporter.flush();
        await flush();
        sent[0]!.resolve();
        for (let i = 0; i < wait; i++) await undefined;
        end("b");
        const done = watch(isClose ? exporter.close() : exporter.flush());
        await flush();
        deepStrictEqual(sentNames(sent), ["a", "b"], `${wait}`);
        strictEqual(done.isSettled, false);
        sent[1]!.resolve();
        await flush();
        strictEqual(done.isSettled, true);
      }
    }
  });

  it("flush() sends what waits, and resolves when that is done", async () => {
    const { exporter, end, sent, clock } = makeBatched({ maxBatch: 2 });
    end("a", "b", "c");
    const flushed = watch(exporter.flush());
    await flush();
    sent[0]!.resolve();
    await flush();
    strictEqual(flushed.isSettled, false);
    deepStrictEqual(sentNames(sent), ["ab", "c"]);
    sent[1]!.resolve();
    await flush();
    strictEqual(flushed.isSettled, true);
    strictEqual(clock.pending, 0);
  });

  it("flush() does not wait for spans that come later", async () => {
    const { exporter, end, sent } = makeBatched({ maxBatch: 2 });
    end("a");
    const flushed = watch(exporter.flush());
    await flush();
    end("b", "c", "d");
    const later = watch(exporter.flush());
    sent[0]!.resolve();
    await flush();
    strictEqual(flushed.isSettled, true);
    deepStrictEqual(sentNames(sent), ["a", "bc"]);
    sent[1]!.resolve();
    await flush();
    strictEqual(later.isSettled, false);
    deepStrictEqual(sentNames(sent), ["a", "bc", "d"]);
    sent[2]!.resolve();
    await flush();
    strictEqual(later.isSettled, true);
  });

  it("flush() ends though each batch brings another span", async () => {
    const inner: SpanExporter = {
      export() {
        exporter.export(spansOf("export"));
      },
      close() {},
    };
    const clock = new ManualClock();
    const exporter: BatchSpanExporter = new BatchSpanExporter(inner, { clock });
    exporter.export(spansOf("a"));
    const flushed = watch(exporter.flush());
    await flush();
    strictEqual(flushed.isSettled, true);
    strictEqual(exporter.stats.exported, 1);
    strictEqual(exporter.stats.queued, 1);
    const closed = watch(exporter.close());
    await flush();
    strictEqual(closed.isSettled, true);
    strictEqual(exporter.stats.dropped, 1);
    strictEqual(clock.pending, 0);
  });

  it("flush() resolves at once where nothing waits", async () => {
    const { exporter, sent, clock } = makeBatched();
    const flushed = watch(exporter.flush());
    await flush();
    strictEqual(flushed.isSettled, true);
    strictEqual(sent.length, 0);
    strictEqual(clock.pending, 0);
  });

  it("maxQueue bounds what waits and what is on its way", async () => {
    const { exporter, end, sent } = makeBatched({ maxQueue: 3, maxBatch: 2 });
    end("a", "b", "c", "d");
    await flush();
    deepStrictEqual(exporter.stats, {
      queued: 3,
      exported: 0,
      dropped: 1,
      failed: 0,
    });
    sent[0]!.resolve();
    await flush();
    end("e", "f", "g");
    deepStrictEqual(exporter.stats, {
      queued: 3,
      exported: 2,
      dropped: 2,
      failed: 0,
    });
    deepStrictEqual(sentNames(sent), ["ab"]);
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "ce"]);
  });

  it("maxQueue may be less than a batch", async () => {
    const { exporter, end, sent, clock } = makeBatched({ maxQueue: 2 });
    end("a", "b", "c");
    clock.advance(5_000);
    await flush();
    deepStrictEqual(sentNames(sent), ["ab"]);
    strictEqual(exporter.stats.dropped, 1);
  });

  it("a batch that fails is counted, told of, and the next one goes", async () => {
    const { exporter, end, sent, errors } = makeBatched({ maxBatch: 2 });
    const error = new Error("unreachable");
    end("a", "b", "c", "d");
    await flush();
    sent[0]!.reject(error);
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "cd"]);
    sent[1]!.resolve();
    await flush();
    deepStrictEqual(errors, [error]);
    deepStrictEqual(exporter.stats, {
      queued: 0,
      exported: 2,
      dropped: 0,
      failed: 2,
    });
  });

  it("an exporter that throws fails as one does that rejects", async () => {
    const error = new Error("bad");
    const errors: unknown[] = [];
    const clock = new ManualClock();
    const inner: SpanExporter = {
      export() {
        throw error;
      },
      close() {
        throw error;
      },
    };
    const exporter = new BatchSpanExporter(inner, {
      clock,
      onError: (it) => errors.push(it),
    });
    exporter.export(spansOf("a"));
    await exporter.close();
    deepStrictEqual(errors, [error, error]);
    strictEqual(exporter.stats.failed, 1);
    strictEqual(clock.pending, 0);
    // Nobody has to be told.
    const silent = new BatchSpanExporter(inner, { clock });
    silent.export(spansOf("a"));
    await silent.close();
    strictEqual(silent.stats.failed, 1);
  });

  it("a batch that takes too long is counted, and the next one goes", async () => {
    const options = { maxBatch: 1, timeoutMs: 1_000 };
    const { exporter, end, sent, errors, clock } = makeBatched(options);
    end("a", "b");
    await flush();
    clock.advance(999);
    await flush();
    strictEqual(sent.length, 1);
    clock.advance(1);
    await flush();
    deepStrictEqual(sentNames(sent), ["a", "b"]);
    ok(errors[0] instanceof TaskError);
    strictEqual(errors[0].code, "TASK_TIMEOUT");
    deepStrictEqual(errors[0].params, { timeoutMs: 1_000 });
    // What comes of it later is nobody's business.
    sent[0]!.reject(new Error("late"));
    sent[1]!.resolve();
    await flush();
    strictEqual(errors.length, 1);
    deepStrictEqual(exporter.stats, {
      queued: 0,
      exported: 1,
      dropped: 0,
      failed: 1,
    });
    strictEqual(clock.pending, 0);
  });

  it("timeoutMs is 30 s without an option, and may be Infinity", async () => {
    const { exporter, end, clock } = makeBatched({ maxBatch: 1 });
    end("a");
    await flush();
    clock.advance(29_999);
    await flush();
    strictEqual(exporter.stats.failed, 0);
    clock.advance(1);
    await flush();
    strictEqual(exporter.stats.failed, 1);
    const patient = makeBatched({ maxBatch: 1, timeoutMs: Infinity });
    patient.end("a");
    await flush();
    patient.clock.advance(1e12);
    await flush();
    strictEqual(patient.exporter.stats.queued, 1);
  });

  it("close() sends what waits, then closes the other exporter, once", async () => {
    const { exporter, end, sent, closes, clock } = makeBatched({ maxBatch: 2 });
    end("a", "b", "c");
    const closing = exporter.close();
    strictEqual(exporter.close(), closing);
    strictEqual(exporter[Symbol.asyncDispose](), closing);
    const closed = watch(closing);
    end("late");
    await flush();
    sent[0]!.resolve();
    await flush();
    strictEqual(closes(), 0);
    sent[1]!.resolve();
    await flush();
    deepStrictEqual(sentNames(sent), ["ab", "c"]);
    strictEqual(closes(), 1);
    strictEqual(closed.isSettled, true);
    strictEqual(exporter.close(), closing);
    end("later");
    await exporter.flush();
    deepStrictEqual(exporter.stats, {
      queued: 0,
      exported: 3,
      dropped: 2,
      failed: 0,
    });
    strictEqual(clock.pending, 0);
  });

  it("close() waits no longer than it may, whatever the other exporter does", async () => {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const exporter = new BatchSpanExporter({
      export: () => new Promise<void>(() => {}),
      close: () => new Promise<void>(() => {}),
    }, { clock, timeoutMs: 1_000, onError: (it) => errors.push(it) });
    exporter.export(spansOf("a"));
    const closed = watch(exporter.close());
    await clock.advanceAsync(1_999);
    strictEqual(closed.isSettled, false);
    await clock.advanceAsync(1);
    await flush();
    strictEqual(closed.isSettled, true);
    strictEqual(errors.length, 2);
    strictEqual(clock.pending, 0);
  });

  it("an onError that throws stops nothing", async () => {
    const thrown: unknown[] = [];
    const worse = new Error("worse");
    const { exporter, end, sent } = makeBatched({
      maxBatch: 1,
      onError() {
        throw worse;
      },
    });
    end("a", "b");
    await flush();
    const restore = hearReported((reason) => thrown.push(reason));
    sent[0]!.reject(new Error("bad"));
    await flush();
    restore();
    deepStrictEqual(thrown, [worse]);
    deepStrictEqual(sentNames(sent), ["a", "b"]);
    strictEqual(exporter.stats.failed, 1);
  });

  it("stats say of each span what became of it", async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.nat(6).map((count) => ({ count })) },
      {
        weight: 4,
        arbitrary: fc.constantFrom("resolve", "reject", "hang", "throw"),
      },
      { weight: 2, arbitrary: fc.constantFrom("flush", "interval", "settle") },
      { weight: 1, arbitrary: fc.constant("close") },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, maxQueue, maxBatch) => {
          const clock = new ManualClock();
          const [span] = spansOf("a");
          const pending: PromiseWithResolvers<void>[] = [];
          const taken: number[] = [];
          const faults: string[] = [];
          let isThrowing = false;
          let busy = 0;
          const exporter = new BatchSpanExporter({
            async export(spans) {
              if (spans.length < 1 || spans.length > maxBatch) {
                faults.push(`a batch of ${spans.length}`);
              }
              taken.push(spans.length);
              if (isThrowing) throw new Error("bad");
              if (++busy > 1) faults.push("two batches at a time");
              const one = Promise.withResolvers<void>();
              pending.push(one);
              await one.promise.finally(() => busy--);
            },
            close() {},
          }, {
            clock,
            maxQueue,
            maxBatch,
            intervalMs: 10,
            timeoutMs: 100,
            onError(error) {
              if (!(error instanceof TaskError)) return;
              pending.shift();
              busy--;
            },
          });
          let received = 0;
          let closed = false;

          function assertAllAreKnown(): void {
            const { queued, exported, dropped, failed } = exporter.stats;
            strictEqual(queued + exported + dropped + failed, received);
            ok(queued >= 0 && queued <= maxQueue);
          }

          for (const it of steps) {
            if (typeof it === "object") {
              received += it.count;
              exporter.export(new Array(it.count).fill(span));
            } else if (it === "resolve") pending.shift()?.resolve();
            else if (it === "reject") pending.shift()?.reject(new Error("bad"));
            else if (it === "hang") clock.advance(100);
            else if (it === "throw") isThrowing = !isThrowing;
            else if (it === "flush") void exporter.flush();
            else if (it === "interval") clock.advance(10);
            else if (it === "settle") await flush();
            else if (!closed) {
              closed = true;
              void exporter.close();
            }
            assertAllAreKnown();
          }
          // In the end everything is done with, and nothing is pending.
          const closing = watch(exporter.close());
          for (let i = 0; i < 20; i++) {
            await flush();
            pending.shift()?.resolve();
          }
          await flush();
          assertAllAreKnown();
          strictEqual(closing.isSettled, true);
          const { queued, exported, failed } = exporter.stats;
          strictEqual(queued, 0);
          strictEqual(exported + failed, taken.reduce((a, b) => a + b, 0));
          strictEqual(clock.pending, 0);
          deepStrictEqual(faults, []);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("the timer between batches does not keep a process alive, others do", async () => {
    const backgrounds: (boolean | undefined)[] = [];
    const clock = new ManualClock();
    const { setTimer } = clock;
    Object.assign(clock, {
      setTimer(
        callback: () => void,
        delayMs: number,
        options?: { background?: boolean },
      ) {
        backgrounds.push(options?.background);
        return setTimer.call(clock, callback, delayMs);
      },
    });
    const exporter = new BatchSpanExporter(new InMemorySpanExporter(), {
      clock,
    });
    exporter.export(spansOf("a"));
    await exporter.close();
    deepStrictEqual(backgrounds, [true, undefined, undefined]);
  });

  it("new BatchSpanExporter() throws when an option is not valid", () => {
    const inner = new InMemorySpanExporter();
    const numbers = NOT_NUMBERS.slice(1).map(([, value]) => value);
    const bad: Record<string, readonly unknown[]> = {
      maxQueue: [0, -1, 1.5, NaN, Infinity, ...numbers],
      maxBatch: [0, -1, 1.5, NaN, Infinity, ...numbers],
      intervalMs: [-1, NaN, -Infinity, ...numbers],
      timeoutMs: [-1, NaN, -Infinity, ...numbers],
      onError: [null, {}, "log", 5],
    };
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) {
        const options = { [name]: value };
        assertInvalid(name, () => new BatchSpanExporter(inner, options));
      }
    }
    for (const it of [undefined, null, {}, "x", { export() {} }]) {
      const construct = () => new BatchSpanExporter(it as never);
      assertInvalid("inner", construct);
    }
  });
});
