/**
 * Spans: those that are recorded, and those that are not.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { describeError } from "./errors.ts";
import type {
  Attributes,
  AttributeValue,
  SpanData,
  SpanEvent,
  SpanKind,
  SpanLink,
  TypedSpan,
} from "./span.ts";
import type { SpanContext } from "./trace_context.ts";

/** What all spans of a tracer share. */
export interface SpanOwner {
  /** The time. */
  readonly clock: Clock;
  /** How many attributes a span may have, and each of its events. */
  readonly maxAttributes: number;
  /** How many events a span may have. */
  readonly maxEvents: number;

  /**
   * Hears of a span that has ended.
   *
   * @param span The span.
   */
  ended(span: SpanData): void;
}

/** How a span begins. */
export interface SpanStart {
  /** What was done. */
  readonly name: string;
  /** What it is to those around it. */
  readonly kind: SpanKind;
  /** What has to do with it. */
  readonly links: readonly SpanLink[] | undefined;
  /** What it is a part of. */
  readonly parent: SpanContext | undefined;
  /** When it began, where that is told. */
  readonly startedAt: number | undefined;
}

const NO_EVENTS: readonly SpanEvent[] = /* @__PURE__ */ Object.freeze([]);
const NO_LINKS: readonly SpanLink[] = /* @__PURE__ */ Object.freeze([]);
const NO_ATTRIBUTES: Attributes = /* @__PURE__ */ Object.freeze({});

/** A span that is recorded. */
export class RecordedSpan
  implements TypedSpan<Record<string, unknown>>, SpanData {
  /** The trace. */
  readonly traceId: string;
  /** The span. */
  readonly spanId: string;
  /** The span it is a part of. */
  readonly parentSpanId: string | undefined;
  /** Whether that is in another service. */
  readonly isParentRemote: boolean;
  /** The flags of the trace. */
  readonly flags: number;
  /** What tracing systems on the way had to say. */
  readonly traceState: string;
  /** It is of this service. */
  readonly isRemote = false;
  /** What is done. */
  readonly name: string;
  /** What it is to those around it. */
  readonly kind: SpanKind;
  /** What has to do with it. */
  readonly links: readonly SpanLink[];
  /** When it began, in ms since the epoch. */
  readonly startedAt: number;
  /** When it ended, in ms since the epoch. */
  endedAt: number = NaN;
  /** Whether it failed. */
  status: "unset" | "error" = "unset";
  /** What it failed with. */
  statusMessage: string | undefined = undefined;
  /** How many attributes were dropped. */
  droppedAttributes = 0;
  /** How many events were dropped. */
  droppedEvents = 0;
  /** Whether it has not ended. */
  isRecording = true;
  /** Wall time at monotonic time 0: one look at each clock does for a trace. */
  readonly origin: number;
  readonly #owner: SpanOwner;
  #attributes: Map<string, AttributeValue> | undefined = undefined;
  #events: SpanEvent[] | undefined = undefined;

  /**
   * Begins one.
   *
   * @param owner The tracer.
   * @param start How it begins.
   * @param traceId The trace.
   * @param spanId The span.
   * @param flags The flags of the trace.
   */
  constructor(
    owner: SpanOwner,
    { name, kind, links, parent, startedAt }: SpanStart,
    traceId: string,
    spanId: string,
    flags: number,
  ) {
    this.#owner = owner;
    this.traceId = traceId;
    this.spanId = spanId;
    this.flags = flags;
    this.parentSpanId = parent?.spanId;
    this.isParentRemote = parent?.isRemote === true;
    this.traceState = parent === undefined ? "" : parent.traceState;
    this.name = name;
    this.kind = kind;
    this.links = links === undefined ? NO_LINKS : this.#copyLinks(links);
    const { clock } = owner;
    const tick = clock.monotonic();
    this.origin = parent instanceof RecordedSpan && parent.#owner === owner
      ? parent.origin
      : clock.now() - tick;
    this.startedAt = Number.isFinite(startedAt)
      ? startedAt!
      : this.origin + tick;
  }

  /** What is told of it. */
  get attributes(): Attributes {
    return this.#attributes === undefined
      ? NO_ATTRIBUTES
      : Object.fromEntries(this.#attributes);
  }

  /** What happened within it. */
  get events(): readonly SpanEvent[] {
    return this.#events ?? NO_EVENTS;
  }

  set(key: string, value: unknown): this {
    if (!this.isRecording) return this;
    const attributes = this.#attributes ??= new Map();
    if (!put(attributes, key, value, this.#owner.maxAttributes)) {
      this.droppedAttributes++;
    }
    return this;
  }

  setAll(attributes: Readonly<Record<string, unknown>>): this {
    for (const key of Object.keys(attributes)) {
      const value = attributes[key];
      if (value !== undefined) this.set(key, value);
    }
    return this;
  }

  event(name: string, attributes?: Attributes): this {
    if (!this.isRecording) return this;
    const events = this.#events ??= [];
    if (events.length >= this.#owner.maxEvents) {
      this.droppedEvents++;
      return this;
    }
    const at = this.#now();
    events.push({ name, at, attributes: this.#copyAttributes(attributes) });
    return this;
  }

  fail(error: unknown): this {
    if (!this.isRecording) return this;
    const { name, message } = describeError(error);
    const stack = stackOf(error);
    this.status = "error";
    this.statusMessage = message;
    return this.event("exception", {
      "exception.type": name,
      ...(message !== undefined && { "exception.message": message }),
      ...(stack !== undefined && { "exception.stacktrace": stack }),
    });
  }

  end(at?: number): void {
    if (!this.isRecording) return;
    this.isRecording = false;
    // No span takes less than no time, whatever clocks say.
    const endedAt = Number.isFinite(at) ? at! : this.#now();
    this.endedAt = Math.max(this.startedAt, endedAt);
    this.#owner.ended(this);
  }

  /** The same as `end()`, for `using`. */
  [Symbol.dispose](): void {
    this.end();
  }

  #now(): number {
    return this.origin + this.#owner.clock.monotonic();
  }

  /** Of another span no more than its name is kept. */
  #copyLinks(links: readonly SpanLink[]): readonly SpanLink[] {
    return links.map(({ context: { traceId, spanId }, attributes }) => ({
      context: { traceId, spanId },
      attributes: this.#copyAttributes(attributes),
    }));
  }

  /** As many as there may be; the others are counted. */
  #copyAttributes(attributes: Attributes = NO_ATTRIBUTES): Attributes {
    const kept = new Map<string, AttributeValue>();
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined) continue;
      if (!put(kept, key, value, this.#owner.maxAttributes)) {
        this.droppedAttributes++;
      }
    }
    return Object.fromEntries(kept);
  }
}

/** Whatever was thrown, to look at it must not throw once more. */
function stackOf(error: unknown): string | undefined {
  try {
    const stack = error instanceof Error ? error.stack : undefined;
    return typeof stack === "string" ? stack : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps an attribute; tells whether it could. */
function put(
  attributes: Map<string, AttributeValue>,
  key: string,
  value: unknown,
  max: number,
): boolean {
  const kept = Array.isArray(value) ? copyOf(value) : value;
  if (key === "" || !isScalar(kept) && !Array.isArray(kept)) return false;
  if (attributes.size >= max && !attributes.has(key)) return false;
  attributes.set(key, kept as AttributeValue);
  return true;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" ||
    typeof value === "boolean";
}

/** A list of values of one type; a hole is none. */
function copyOf(values: readonly unknown[]): readonly unknown[] | undefined {
  const copy = [...values];
  const type = typeof copy[0];
  return copy.every((value) => isScalar(value) && typeof value === type)
    ? copy
    : undefined;
}

/** A span that is not recorded. All that is done for it is not recorded either. */
export class PassiveSpan implements TypedSpan<Record<string, unknown>> {
  /** The trace. */
  readonly traceId: string;
  /** The span. */
  readonly spanId: string;
  /** The flags of the trace. */
  readonly flags: number;
  /** What tracing systems on the way had to say. */
  readonly traceState: string;
  /** It is of this service. */
  readonly isRemote = false;
  /** It never is. */
  readonly isRecording = false;

  /**
   * Makes one.
   *
   * @param context Its ids; its flags say that it is not sampled.
   */
  constructor(context: Omit<SpanContext, "isRemote">) {
    this.traceId = context.traceId;
    this.spanId = context.spanId;
    this.flags = context.flags;
    this.traceState = context.traceState;
  }

  /** Does nothing. */
  set(): this {
    return this;
  }

  /** Does nothing. */
  setAll(): this {
    return this;
  }

  /** Does nothing. */
  event(): this {
    return this;
  }

  /** Does nothing. */
  fail(): this {
    return this;
  }

  /** Does nothing. */
  end(): void {}

  /** Does nothing. */
  [Symbol.dispose](): void {}
}
