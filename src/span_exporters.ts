/**
 * Where spans go: into memory for tests, to the console while one looks, and in
 * batches to whatever takes them.
 *
 * When to use it: with a `Tracer`: in memory for tests, on the
 * console while one looks, in batches for a backend.
 *
 * When not: to speak a backend's language: write a `SpanExporter` that does, and
 * put it behind the batches.
 *
 * None of them is in the way of the service: what cannot be taken is dropped, and
 * counted.
 *
 * @example In batches
 * ```ts
 * import {
 *   BatchSpanExporter,
 *   InMemorySpanExporter,
 * } from "@groundwork/infra/span-exporters";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const backend = new InMemorySpanExporter();
 * const exporter = new BatchSpanExporter(backend);
 * const tracer = new Tracer({ exporter });
 * for (let i = 0; i < 3; i++) tracer.run("step", {}, () => {});
 * strictEqual(backend.spans.length, 0);
 * await exporter.close();
 * strictEqual(backend.spans.length, 3);
 * ```
 *
 * @module
 */

import {
  requireCallback,
  requireDuration,
  requireFunction,
  requireProtocol,
  requireWhole,
} from "./_options.ts";
import { callReporting } from "./_report.ts";
import { Ring } from "./_ring.ts";
import { type Clock, systemClock, type TimerHandle } from "./clock.ts";
import { TaskError } from "./errors.ts";
import { isSpanExporter, type SpanData, type SpanExporter } from "./span.ts";

/** Options of {@linkcode InMemorySpanExporter}. */
export interface InMemorySpanExporterOptions {
  /**
   * How many spans are kept; the oldest are dropped. A whole number of 1 or more.
   *
   * @default {1_000}
   */
  readonly maxSpans?: number;
}

/**
 * Keeps the last spans, for tests.
 *
 * @example What was done
 * ```ts
 * import { InMemorySpanExporter } from "@groundwork/infra/span-exporters";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const exporter = new InMemorySpanExporter();
 * new Tracer({ exporter }).run("outer", {}, () => {});
 * deepStrictEqual(exporter.spans.map(({ name }) => name), ["outer"]);
 * exporter.clear();
 * deepStrictEqual(exporter.spans, []);
 * ```
 */
export class InMemorySpanExporter implements SpanExporter {
  readonly #spans: Ring<SpanData>;
  #dropped = 0;

  /**
   * Makes one without spans.
   *
   * @param options Its bound.
   * @throws {ValidationError} `maxSpans` is not a whole number of 1 or more.
   */
  constructor(options: InMemorySpanExporterOptions = {}) {
    const { maxSpans = 1_000 } = options;
    this.#spans = new Ring(requireWhole("maxSpans", maxSpans));
  }

  /** The spans, in the order they ended. */
  get spans(): readonly SpanData[] {
    return this.#spans.toArray();
  }

  /** How many were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Keeps spans.
   *
   * @param spans The spans.
   */
  export(spans: readonly SpanData[]): void {
    for (const span of spans) {
      if (this.#spans.push(span)) this.#dropped++;
    }
  }

  /** Forgets all spans. */
  clear(): void {
    this.#spans.clear();
  }

  /** Does nothing: the spans stay. */
  close(): void {}
}

/** Options of {@linkcode ConsoleSpanExporter}. */
export interface ConsoleSpanExporterOptions {
  /** Gets each line. Default: `console.log`. */
  readonly write?: (line: string) => void;
}

/**
 * Writes each span as a line of JSON.
 *
 * @example Look at it
 * ```ts
 * import { ConsoleSpanExporter } from "@groundwork/infra/span-exporters";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const exporter = new ConsoleSpanExporter({ write: (line) => lines.push(line) });
 * new Tracer({ exporter }).run("step", { attributes: { n: 1 } }, () => {});
 * const { name, attributes } = JSON.parse(lines[0]!);
 * strictEqual(name, "step");
 * strictEqual(attributes.n, 1);
 * ```
 */
export class ConsoleSpanExporter implements SpanExporter {
  readonly #write: (line: string) => void;
  #dropped = 0;

  /**
   * Makes one.
   *
   * @param options Where lines go.
   * @throws {ValidationError} `write` is no function.
   */
  constructor(options: ConsoleSpanExporterOptions = {}) {
    // deno-lint-ignore no-console -- this is what it is for
    const { write = (line: string) => console.log(line) } = options;
    requireFunction("write", write);
    this.#write = write;
  }

  /** How many could not be written. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Writes spans.
   *
   * @param spans The spans.
   */
  export(spans: readonly SpanData[]): void {
    for (const span of spans) {
      try {
        this.#write(JSON.stringify(toJson(span), toText));
      } catch {
        this.#dropped++;
      }
    }
  }

  /** Does nothing: all is written. */
  close(): void {}
}

/** A span as plain data: its own may be behind getters. */
function toJson(span: SpanData): SpanData & { readonly durationMs: number } {
  return {
    name: span.name,
    kind: span.kind,
    durationMs: span.endedAt - span.startedAt,
    status: span.status,
    statusMessage: span.statusMessage,
    attributes: span.attributes,
    events: span.events,
    links: span.links,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    isParentRemote: span.isParentRemote,
    flags: span.flags,
    traceState: span.traceState,
    startedAt: span.startedAt,
    endedAt: span.endedAt,
    droppedAttributes: span.droppedAttributes,
    droppedEvents: span.droppedEvents,
  };
}

/** JSON has no NaN and no infinities: they are written as texts, not as `null`. */
function toText(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value)
    ? String(value)
    : value;
}

/**
 * What became of the spans of a {@linkcode BatchSpanExporter}. Each is in one of
 * these.
 */
export interface BatchStats {
  /** How many wait, or are being brought away. */
  readonly queued: number;
  /** How many were taken. */
  readonly exported: number;
  /** How many found no room. */
  readonly dropped: number;
  /** How many were not taken: it failed, or its time was up. */
  readonly failed: number;
}

/** Options of {@linkcode BatchSpanExporter}. */
export interface BatchSpanExporterOptions {
  /**
   * How many spans may wait or be on their way; more are dropped. A whole number of
   * 1 or more.
   *
   * @default {2_048}
   */
  readonly maxQueue?: number;
  /**
   * How many are brought away at a time: a whole number of 1 or more.
   *
   * @default {512}
   */
  readonly maxBatch?: number;
  /**
   * How long a span waits at most for a batch to fill, in ms.
   *
   * @default {5_000}
   */
  readonly intervalMs?: number;
  /**
   * How long a batch may take, in ms.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number;
  /** Called with why a batch was not taken. Default: nobody is told. */
  readonly onError?: (error: unknown) => void;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Brings spans to another exporter in batches, one after the other; one whose time
 * is up is not waited for. Whoever ends a span does not wait for it either, not even
 * for the part before the first `await`.
 *
 * @example What was dropped is known
 * ```ts
 * import { BatchSpanExporter } from "@groundwork/infra/span-exporters";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const exporter = new BatchSpanExporter({
 *   export: () => Promise.reject(new Error("unreachable")),
 *   close() {},
 * }, { maxQueue: 2 });
 * const tracer = new Tracer({ exporter });
 * for (let i = 0; i < 3; i++) tracer.run("step", {}, () => {});
 * await exporter.close();
 * strictEqual(exporter.stats.dropped, 1);
 * strictEqual(exporter.stats.failed, 2);
 * ```
 */
export class BatchSpanExporter implements SpanExporter, AsyncDisposable {
  readonly #inner: SpanExporter;
  readonly #maxQueue: number;
  readonly #maxBatch: number;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #clock: Clock;
  /** What is not yet on its way. */
  readonly #queue: SpanData[] = [];
  /** How many are queued, those on their way included. */
  #queued = 0;
  /** Brings them away where no batch fills. */
  #timer: TimerHandle | undefined;
  /** Set while a batch is brought away. */
  #sending: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #exported = 0;
  #dropped = 0;
  #failed = 0;

  /**
   * Makes one.
   *
   * @param inner Where batches go; it is closed with this one.
   * @param options Its bounds.
   * @throws {ValidationError} An option is not valid.
   */
  constructor(inner: SpanExporter, options: BatchSpanExporterOptions = {}) {
    requireProtocol("inner", inner, isSpanExporter);
    const {
      maxQueue = 2_048,
      maxBatch = 512,
      intervalMs = 5_000,
      timeoutMs = 30_000,
      onError,
      clock = systemClock,
    } = options;
    this.#inner = inner;
    this.#maxQueue = requireWhole("maxQueue", maxQueue);
    this.#maxBatch = requireWhole("maxBatch", maxBatch);
    this.#intervalMs = requireDuration("intervalMs", intervalMs);
    this.#timeoutMs = requireDuration("timeoutMs", timeoutMs);
    requireCallback("onError", onError);
    this.#onError = onError;
    this.#clock = clock;
  }

  /** What became of the spans so far. */
  get stats(): BatchStats {
    return {
      queued: this.#queued,
      exported: this.#exported,
      dropped: this.#dropped,
      failed: this.#failed,
    };
  }

  /**
   * Has spans wait for the next batch, as far as there is room.
   *
   * @param spans The spans.
   */
  export(spans: readonly SpanData[]): void {
    for (const span of spans) {
      if (this.#closing !== undefined || this.#queued >= this.#maxQueue) {
        this.#dropped++;
      } else {
        this.#queued++;
        this.#queue.push(span);
      }
    }
    this.#proceed();
  }

  /**
   * Brings away what waits now.
   *
   * @returns A promise that resolves when that is done, be it taken or not. It does
   * not wait for spans that come later.
   *
   * @example Before a worker is frozen
   * ```ts
   * import {
   *   BatchSpanExporter,
   *   InMemorySpanExporter,
   * } from "@groundwork/infra/span-exporters";
   * import { Tracer } from "@groundwork/infra/tracing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const exporter = new BatchSpanExporter(new InMemorySpanExporter());
   * new Tracer({ exporter }).run("step", {}, () => {});
   * await exporter.flush();
   * strictEqual(exporter.stats.exported, 1);
   * await exporter.close();
   * ```
   */
  async flush(): Promise<void> {
    const target = this.#settled + this.#queued;
    while (this.#settled < target) await (this.#sending ??= this.#send());
  }

  /**
   * Takes no more spans, brings away what waits, and closes the other exporter.
   *
   * @returns A promise that resolves then; it never rejects.
   *
   * @example At the end
   * ```ts
   * import {
   *   BatchSpanExporter,
   *   InMemorySpanExporter,
   * } from "@groundwork/infra/span-exporters";
   * import { Tracer } from "@groundwork/infra/tracing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const exporter = new BatchSpanExporter(new InMemorySpanExporter());
   * const tracer = new Tracer({ exporter });
   * await exporter.close();
   * tracer.run("late", {}, () => {});
   * strictEqual(exporter.stats.dropped, 1);
   * ```
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** The same as {@linkcode BatchSpanExporter.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.flush();
    await this.#within(() => this.#inner.close());
  }

  /** How many it is done with. */
  get #settled(): number {
    return this.#exported + this.#failed;
  }

  /** Has a full batch go, and what is less wait. */
  #proceed(): void {
    if (this.#queue.length >= this.#maxBatch) this.#sending ??= this.#send();
    else if (this.#queue.length > 0) this.#timer ??= this.#setTimer();
  }

  #setTimer(): TimerHandle {
    const onTimer = (): void => {
      this.#timer = undefined;
      void this.flush();
    };
    return this.#clock.setTimer(onTimer, this.#intervalMs, {
      background: true,
    });
  }

  async #send(): Promise<void> {
    await undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    const batch = this.#queue.splice(0, this.#maxBatch);
    const isTaken = await this.#within(() => this.#inner.export(batch));
    if (isTaken) this.#exported += batch.length;
    else this.#failed += batch.length;
    this.#queued -= batch.length;
    this.#sending = undefined;
    this.#proceed();
  }

  /** Tells whether it was done in time. */
  async #within(work: () => unknown): Promise<boolean> {
    const timeoutMs = this.#timeoutMs;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = this.#clock.setTimer(
      () => reject(new TaskError("TASK_TIMEOUT", { timeoutMs })),
      timeoutMs,
    );
    try {
      await Promise.race([promise, work()]);
      return true;
    } catch (error) {
      if (this.#onError) callReporting(() => this.#onError?.(error));
      return false;
    } finally {
      timer.cancel();
    }
  }
}
