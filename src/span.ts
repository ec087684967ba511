/**
 * What is done, and what is told of it: the protocol of spans and of what brings
 * them away. The `Tracer` makes them.
 *
 * When to use it: as a type, in code that adds to a span or brings spans away.
 *
 * When not: to make spans: that is what `Tracer` is for, in the
 * module `tracing`.
 *
 * - **Typed.** A span knows which attributes it may have; what it is given
 *   after its end changes nothing.
 *
 * @example A span that somebody else has made
 * ```ts
 * import type { TypedSpan } from "@groundwork/infra/span";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * function load(span: TypedSpan): string {
 *   span.event("loaded", { rows: 1 });
 *   return span.traceId;
 * }
 * const span = new Tracer().start("load");
 * strictEqual(load(span).length, 32);
 * span.end();
 * ```
 *
 * @module
 */

import { type Awaitable, hasMethods } from "./protocols.ts";
import type { SpanContext } from "./trace_context.ts";

/** What an attribute may say. */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly boolean[];

/** What is told of a span, by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What a span is to those around it. */
export type SpanKind =
  | "internal"
  | "server"
  | "client"
  | "producer"
  | "consumer";

/** Something that happened within a span. */
export interface SpanEvent {
  /** What. */
  readonly name: string;
  /** When, in ms since the epoch. */
  readonly at: number;
  /** What is told of it. */
  readonly attributes: Attributes;
}

/** A span of another trace, or of this one, that has to do with it. */
export interface SpanLink {
  /** The other span. */
  readonly context: Pick<SpanContext, "traceId" | "spanId">;
  /** What is told of the link. */
  readonly attributes?: Attributes;
}

/** A span that has ended. */
export interface SpanData {
  /** The trace. */
  readonly traceId: string;
  /** The span. */
  readonly spanId: string;
  /** The span it is a part of, where it is. */
  readonly parentSpanId: string | undefined;
  /** Whether that is in another service. */
  readonly isParentRemote: boolean;
  /** The flags of the trace. */
  readonly flags: number;
  /** What tracing systems on the way had to say. */
  readonly traceState: string;
  /** What was done. */
  readonly name: string;
  /** What it is to those around it. */
  readonly kind: SpanKind;
  /** When it began, in ms since the epoch. */
  readonly startedAt: number;
  /** When it ended, in ms since the epoch. */
  readonly endedAt: number;
  /** Whether it failed. */
  readonly status: "unset" | "error";
  /** What it failed with. */
  readonly statusMessage: string | undefined;
  /** What is told of it. */
  readonly attributes: Attributes;
  /** What happened within it. */
  readonly events: readonly SpanEvent[];
  /** What has to do with it. */
  readonly links: readonly SpanLink[];
  /** How many attributes found no room, or had no valid value. */
  readonly droppedAttributes: number;
  /** How many events found no room. */
  readonly droppedEvents: number;
}

/**
 * Takes spans that have ended, to bring them somewhere.
 *
 * @example To a file
 * ```ts
 * import type { SpanExporter } from "@groundwork/infra/span";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const exporter: SpanExporter = {
 *   export(spans) {
 *     for (const { name, traceId } of spans) lines.push(`${traceId} ${name}`);
 *   },
 *   close() {},
 * };
 * new Tracer({ exporter }).run("step", {}, () => {});
 * strictEqual(lines.length, 1);
 * ```
 */
export interface SpanExporter {
  /**
   * Takes spans.
   *
   * @param spans The spans, in the order they ended.
   * @returns Nothing; or a promise that rejects where they could not be taken.
   */
  export(spans: readonly SpanData[]): Awaitable<void>;

  /**
   * Brings away what it still has, and ends.
   *
   * @returns A promise that resolves then.
   */
  close(): Awaitable<void>;
}

/**
 * Tells whether a value looks like a {@linkcode SpanExporter}: by its methods, not
 * by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A plugin
 * ```ts
 * import { InMemorySpanExporter } from "@groundwork/infra/span-exporters";
 * import { isSpanExporter } from "@groundwork/infra/span";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isSpanExporter(new InMemorySpanExporter()), true);
 * strictEqual(isSpanExporter({ export() {} }), false);
 * ```
 */
export function isSpanExporter(value: unknown): value is SpanExporter {
  return hasMethods(value, ["export", "close"]);
}

/**
 * Something that is being done. It is the context of what is done for it as well.
 *
 * @typeParam TAttributes What may be told of it.
 *
 * @example Attributes with types
 * ```ts
 * import type { TypedSpan } from "@groundwork/infra/span";
 * import { Tracer } from "@groundwork/infra/tracing";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Query = { "db.statement": string; "db.rows": number };
 * const span: TypedSpan<Query> = new Tracer().start<Query>("query");
 * span.set("db.statement", "select 1").set("db.rows", 1);
 * // @ts-expect-error -- a number is wanted
 * span.set("db.rows", "one");
 * span.end();
 * strictEqual(span.isRecording, false);
 * ```
 */
export interface TypedSpan<TAttributes extends object = Attributes>
  extends SpanContext, Disposable {
  /** Whether what is told of it is kept: it is sampled, and has not ended. */
  readonly isRecording: boolean;

  /**
   * Tells something of it.
   *
   * @typeParam K The attribute.
   * @param key Its name.
   * @param value Its value; the last one counts.
   * @returns This span.
   */
  set<K extends keyof TAttributes & string>(
    key: K,
    value: NonNullable<TAttributes[K]>,
  ): this;

  /**
   * Tells several things of it.
   *
   * @param attributes Values by name; `undefined` is left out.
   * @returns This span.
   */
  setAll(attributes: Partial<TAttributes>): this;

  /**
   * Tells that something happened.
   *
   * @param name What.
   * @param attributes What is told of it.
   * @returns This span.
   */
  event(name: string, attributes?: Attributes): this;

  /**
   * Tells that it failed.
   *
   * @param error What with: an error becomes an event `exception`.
   * @returns This span.
   */
  fail(error: unknown): this;

  /**
   * Ends it. Only the first call counts.
   *
   * @param at When, in ms since the epoch. Default: now.
   */
  end(at?: number): void;
}

/**
 * How a span begins.
 *
 * @typeParam TAttributes What may be told of it.
 */
export interface SpanOptions<TAttributes extends object = Attributes> {
  /** What is told of it from the start. */
  readonly attributes?: Partial<TAttributes>;
  /**
   * What it is a part of: a span, or a context that was extracted; `null` for
   * nothing. Default: the active span.
   */
  readonly parent?: SpanContext | null | undefined;
  /**
   * What it is to those around it.
   *
   * @default {"internal"}
   */
  readonly kind?: SpanKind;
  /** What has to do with it. */
  readonly links?: readonly SpanLink[];
  /** When it began, in ms since the epoch. Default: now. */
  readonly startedAt?: number;
}
