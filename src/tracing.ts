/**
 * What was done for a request, step by step and across services: spans, in the
 * terms of OpenTelemetry and W3C Trace Context.
 *
 * When to use it: to see where time went, and what belongs together.
 *
 * When not: for how often something happens: metrics tell it at a fraction of
 * the price.
 *
 * - **Typed.** A span knows which attributes it may have.
 * - **Out of the way.** A span that is not sampled costs next to nothing; whatever
 *   an exporter does wrong, no caller hears of it.
 * - **Bounded.** Attributes and events of a span are, and so is what waits to be
 *   exported.
 *
 * @example A request and what it calls
 * ```ts
 * import { InMemorySpanExporter } from "@groundwork/infra/span-exporters";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const exporter = new InMemorySpanExporter();
 * const tracer = new Tracer({ exporter });
 *
 * const links = await tracer.run("GET /links", { kind: "server" }, async (span) => {
 *   span.set("http.route", "/links");
 *   return await tracer.run("select", {}, async () => ["docs"]);
 * });
 *
 * strictEqual(links.length, 1);
 * const [select, request] = exporter.spans;
 * deepStrictEqual([select?.name, request?.name], ["select", "GET /links"]);
 * strictEqual(select?.parentSpanId, request?.spanId);
 * ```
 *
 * @module
 */

import { createAsyncStorage } from "./_async_storage.ts";
import {
  requireCallback,
  requireFunction,
  requireProtocol,
  requireWhole,
} from "./_options.ts";
import { isPromiseLike } from "./_promise_like.ts";
import { PassiveSpan, RecordedSpan, type SpanOwner } from "./_recorded_span.ts";
import { reportTo } from "./_report.ts";
import { IdSource } from "./_trace_ids.ts";
import { type Clock, systemClock } from "./clock.ts";
import { hasMethods } from "./protocols.ts";
import { Err } from "./result.ts";
import {
  type Attributes,
  isSpanExporter,
  type SpanData,
  type SpanExporter,
  type SpanKind,
  type SpanOptions,
  type TypedSpan,
} from "./span.ts";
import {
  RANDOM_FLAG,
  SAMPLED_FLAG,
  type SpanContext,
} from "./trace_context.ts";
import { requireOption, validateRange } from "./validators.ts";

/** What a sampler decides by. */
export interface SamplingRequest {
  /** The trace. */
  readonly traceId: string;
  /** What is to be done. */
  readonly name: string;
  /** What it is to those around it. */
  readonly kind: SpanKind;
  /** What is told of it from the start. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What it is a part of. */
  readonly parent: SpanContext | undefined;
}

/**
 * Decides whether a span is recorded. It is asked for spans without a parent, or
 * with one of another service; the others go with their parents.
 *
 * @param request What it decides by.
 * @returns Whether to record it.
 */
export type Sampler = (request: SamplingRequest) => boolean;

/**
 * A sampler that goes by the trace, so that all services decide alike.
 *
 * @param probability How many of all traces are recorded, from 0 to 1.
 * @returns The sampler. It looks at the last 56 bits of the trace id, and records
 * the highest, as OpenTelemetry has it ("TraceState: Probability Sampling"). What is
 * recorded with one probability is recorded with any higher one.
 * @throws {ValidationError} `probability` is out of range.
 *
 * @example None, all
 * ```ts
 * import { ratio, Tracer } from "@groundwork/infra/tracing";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const recorded = [0, 1].map((probability) =>
 *   new Tracer({ sampler: ratio(probability) }).start("step").isRecording
 * );
 * deepStrictEqual(recorded, [false, true]);
 * ```
 */
export function ratio(probability: number): Sampler {
  const limits = { min: 0, max: 1 };
  requireOption(
    validateRange("probability", probability, limits),
    probability,
  );
  // The last digit is left out: a number takes no more than 53 bits.
  const least = (1 - probability) * 2 ** 52;
  return ({ traceId }) => parseInt(traceId.slice(-14, -1), 16) >= least;
}

/**
 * A sampler that goes with the parent, where there is one.
 *
 * @param root What decides where there is none.
 * @returns The sampler.
 *
 * @example A trace that another service records
 * ```ts
 * import { extract } from "@groundwork/infra/trace-context";
 * import { parentBased, ratio, Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const tracer = new Tracer({ sampler: parentBased(ratio(0)) });
 * const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
 * const parent = extract(new Headers({ traceparent }));
 * strictEqual(tracer.start("request", { parent }).isRecording, true);
 * strictEqual(tracer.start("request").isRecording, false);
 * ```
 */
export function parentBased(root: Sampler): Sampler {
  requireFunction("root", root);
  return (request) =>
    request.parent === undefined
      ? root(request)
      : (request.parent.flags & SAMPLED_FLAG) !== 0;
}

/** Options of {@linkcode Tracer}. */
export interface TracerOptions {
  /** Where spans go that have ended. Default: nowhere. */
  readonly exporter?: SpanExporter;
  /** Which are recorded. Default: with the parent, and all that have none. */
  readonly sampler?: Sampler;
  /**
   * How many attributes a span may have, and each of its events: a whole number of
   * 1 or more.
   *
   * @default {128}
   */
  readonly maxAttributes?: number;
  /**
   * How many events a span may have: a whole number of 1 or more.
   *
   * @default {128}
   */
  readonly maxEvents?: number;
  /**
   * What keeps the active span: an `AsyncLocalStorage`. Default: one of the
   * runtime's. Browsers have none; there the active span is known until the first
   * `await`, and after that `parent` is to be given.
   */
  readonly storage?: SpanStorage;
  /** What makes ids. Default: the platform's generator for secrets. */
  readonly ids?: SpanIds;
  /**
   * Called with what the exporter or the sampler throws. What it throws becomes an
   * unhandled rejection. Default: such errors are unhandled rejections themselves.
   */
  readonly onError?: (error: unknown) => void;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/** What keeps the active span; an `AsyncLocalStorage` does. */
export interface SpanStorage {
  /** The active span. */
  getStore(): TypedSpan | undefined;

  /**
   * Calls a function with another active span.
   *
   * @typeParam A What the function takes.
   * @typeParam R What the function returns.
   * @param span The span; `undefined` for none.
   * @param work The function.
   * @param args What it is given.
   * @returns What it returned.
   */
  run<A extends unknown[], R>(
    span: TypedSpan | undefined,
    work: (...args: A) => R,
    ...args: A
  ): R;
}

/** Makes ids. */
export interface SpanIds {
  /** 32 hexadecimal digits in lower case, not all of them 0. */
  traceId(): string;
  /** 16 hexadecimal digits in lower case, not all of them 0. */
  spanId(): string;
}

const ALL: Sampler = () => true;

/**
 * Makes spans. One will do for a service: each keeps an `AsyncLocalStorage` of its
 * own, and in Node 22 every promise pays for every one that is in use.
 *
 * Measured (`bench/tracing_bench.ts`): a span with two attributes takes 0.15 to
 * 0.4 µs, half of it to read clocks, which is 2.2 to 5 times as fast as
 * OpenTelemetry; an active one 2.2 to 3.2 times as fast. Within one that is not
 * sampled it takes 10 to 20 ns.
 *
 * @example A request from another service
 * ```ts
 * import { InMemorySpanExporter } from "@groundwork/infra/span-exporters";
 * import { extract } from "@groundwork/infra/trace-context";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const exporter = new InMemorySpanExporter();
 * const tracer = new Tracer({ exporter });
 * function handle(request: Request): Response {
 *   const parent = extract(request.headers);
 *   return tracer.run("request", { kind: "server", parent }, (span) => {
 *     span.set("url.path", new URL(request.url).pathname);
 *     return new Response();
 *   });
 * }
 * const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
 * handle(new Request("http://localhost/links", { headers: { traceparent } }));
 * strictEqual(exporter.spans[0]?.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
 * strictEqual(exporter.spans[0].parentSpanId, "00f067aa0ba902b7");
 * ```
 */
export class Tracer {
  readonly #exporter: SpanExporter | undefined;
  readonly #sampler: Sampler;
  readonly #storage: SpanStorage;
  readonly #ids: SpanIds;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #owner: SpanOwner;

  /**
   * Makes a tracer.
   *
   * @param options Where spans go, and which are recorded.
   * @throws {ValidationError} An option is not valid.
   */
  constructor(options: TracerOptions = {}) {
    const {
      exporter,
      sampler = parentBased(ALL),
      maxAttributes = 128,
      maxEvents = 128,
      storage = createAsyncStorage<TypedSpan | undefined>(),
      ids = new IdSource(),
      onError,
      clock = systemClock,
    } = options;
    if (exporter !== undefined) {
      requireProtocol("exporter", exporter, isSpanExporter);
    }
    requireFunction("sampler", sampler);
    requireProtocol("storage", storage, isSpanStorage);
    requireProtocol("ids", ids, isSpanIds);
    requireCallback("onError", onError);
    this.#exporter = exporter;
    this.#sampler = sampler;
    this.#storage = storage;
    this.#ids = ids;
    this.#onError = onError;
    this.#owner = {
      clock,
      maxAttributes: requireWhole("maxAttributes", maxAttributes),
      maxEvents: requireWhole("maxEvents", maxEvents),
      ended: (span) => this.#export(span),
    };
  }

  /**
   * Begins a span. It does not become the active one; who begins it ends it.
   *
   * @typeParam TAttributes What may be told of it.
   * @param name What is done.
   * @param options What it is a part of, and what is told of it.
   * @returns The span.
   *
   * @example A step that is not a function
   * ```ts
   * import { InMemorySpanExporter } from "@groundwork/infra/span-exporters";
   * import { Tracer } from "@groundwork/infra/tracing";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const exporter = new InMemorySpanExporter();
   * const tracer = new Tracer({ exporter });
   * const request = tracer.start("request");
   * const step = tracer.start("parse", {
   *   parent: request,
   *   attributes: { bytes: 12 },
   * });
   * step.end();
   * request.end();
   * deepStrictEqual(exporter.spans[0]?.attributes, { bytes: 12 });
   * ```
   */
  start<TAttributes extends object = Attributes>(
    name: string,
    options: SpanOptions<NoInfer<TAttributes>> = {},
  ): TypedSpan<TAttributes> {
    return this.#start(name, options) as TypedSpan<TAttributes>;
  }

  /**
   * Calls a function as a span, which is the active one for the function and all
   * that it awaits. The span ends when the function has, or the promise that it
   * returns. It fails with what is thrown, and with the error of an `Err`.
   *
   * @typeParam TAttributes What may be told of it: the parameter of the function
   * says so.
   * @typeParam R What the function returns.
   * @param name What is done.
   * @param options What it is a part of, and what is told of it.
   * @param work The function.
   * @returns What it returned; for anything with a `then()`, a promise of the same.
   * @throws What it throws.
   *
   * @example It fails
   * ```ts
   * import { InMemorySpanExporter } from "@groundwork/infra/span-exporters";
   * import { Tracer } from "@groundwork/infra/tracing";
   * import { rejects, strictEqual } from "node:assert/strict";
   *
   * const exporter = new InMemorySpanExporter();
   * const tracer = new Tracer({ exporter });
   * await rejects(tracer.run("query", {}, async () => {
   *   throw new Error("connection reset");
   * }), /connection reset/);
   * strictEqual(exporter.spans[0]?.status, "error");
   * strictEqual(exporter.spans[0].events[0]?.name, "exception");
   * ```
   */
  run<TAttributes extends object = Attributes, R = unknown>(
    name: string,
    options: SpanOptions<NoInfer<TAttributes>>,
    work: (span: TypedSpan<TAttributes>) => R,
  ): R {
    const span = this.start<TAttributes>(name, options);
    let returned: R;
    try {
      returned = this.#storage.run(span as unknown as TypedSpan, work, span);
      if (!isPromiseLike(returned)) {
        endWith(span, returned);
        return returned;
      }
    } catch (error) {
      span.fail(error).end();
      throw error;
    }
    return Promise.resolve(returned).then((value) => {
      endWith(span, value);
      return value;
    }, (error) => {
      span.fail(error).end();
      throw error;
    }) as R;
  }

  /**
   * The active span.
   *
   * @returns The span; `undefined` where there is none.
   *
   * @example Far from where it was begun
   * ```ts
   * import { Tracer } from "@groundwork/infra/tracing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tracer = new Tracer();
   * strictEqual(tracer.active(), undefined);
   * tracer.run("request", {}, (span) => strictEqual(tracer.active(), span));
   * ```
   */
  active(): TypedSpan | undefined {
    return this.#storage.getStore();
  }

  /**
   * Makes a function that is always called with the span that is active now: for
   * listeners, whose callers have a span of their own.
   *
   * @typeParam A What the function takes.
   * @typeParam R What the function returns.
   * @param work The function.
   * @returns The function to be called.
   *
   * @example A listener
   * ```ts
   * import { Tracer } from "@groundwork/infra/tracing";
   * import { strictEqual } from "node:assert/strict";
   *
   * const tracer = new Tracer();
   * const target = new EventTarget();
   * tracer.run("request", {}, (span) => {
   *   const listener = () => strictEqual(tracer.active(), span);
   *   target.addEventListener("ready", tracer.bind(listener));
   * });
   * target.dispatchEvent(new Event("ready"));
   * ```
   */
  bind<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
    const span = this.active();
    return (...args) => this.#storage.run(span, work, ...args);
  }

  #start(
    name: string,
    options: SpanOptions<object>,
  ): RecordedSpan | PassiveSpan {
    const given = options.parent;
    const parent = given === undefined
      ? this.#storage.getStore()
      : given ?? undefined;
    if (parent instanceof PassiveSpan) return parent;
    const { kind = "internal", attributes, links, startedAt } = options;
    const traceId = parent === undefined ? this.#ids.traceId() : parent.traceId;
    const random = parent === undefined
      ? RANDOM_FLAG
      : parent.flags & RANDOM_FLAG;
    if (
      !(parent instanceof RecordedSpan) &&
      !this.#isSampled({
        traceId,
        name,
        kind,
        attributes: (attributes ?? {}) as Readonly<Record<string, unknown>>,
        parent,
      })
    ) {
      // Others must still be able to tell what belongs to the trace, and that it
      // was here.
      return new PassiveSpan({
        traceId,
        spanId: this.#ids.spanId(),
        flags: random,
        traceState: parent === undefined ? "" : parent.traceState,
      });
    }
    const start = { name, kind, links, parent, startedAt };
    const flags = SAMPLED_FLAG | random;
    const spanId = this.#ids.spanId();
    const span = new RecordedSpan(this.#owner, start, traceId, spanId, flags);
    if (attributes !== undefined) {
      span.setAll(attributes as Readonly<Record<string, unknown>>);
    }
    return span;
  }

  #isSampled(request: SamplingRequest): boolean {
    try {
      return this.#sampler(request);
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  #export(span: SpanData): void {
    if (this.#exporter === undefined) return;
    try {
      const exported = this.#exporter.export([span]);
      if (!isPromiseLike(exported)) return;
      Promise.resolve(exported).catch((error) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    reportTo(this.#onError, error);
  }
}

function isSpanStorage(value: unknown): boolean {
  return hasMethods(value, ["getStore", "run"]);
}

function isSpanIds(value: unknown): boolean {
  return hasMethods(value, ["traceId", "spanId"]);
}

function endWith(
  span: { fail(error: unknown): unknown; end(): void },
  returned: unknown,
): void {
  if (returned instanceof Err) span.fail(returned.error);
  span.end();
}
