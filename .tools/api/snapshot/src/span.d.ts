import { type Awaitable } from "./protocols.js";
import type { SpanContext } from "./trace_context.js";
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly boolean[];
export type Attributes = Readonly<Record<string, AttributeValue>>;
export type SpanKind =
  | "internal"
  | "server"
  | "client"
  | "producer"
  | "consumer";
export interface SpanEvent {
  readonly name: string;
  readonly at: number;
  readonly attributes: Attributes;
}
export interface SpanLink {
  readonly context: Pick<SpanContext, "traceId" | "spanId">;
  readonly attributes?: Attributes;
}
export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isParentRemote: boolean;
  readonly flags: number;
  readonly traceState: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: "unset" | "error";
  readonly statusMessage: string | undefined;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
}
export interface SpanExporter {
  export(spans: readonly SpanData[]): Awaitable<void>;
  close(): Awaitable<void>;
}
export declare function isSpanExporter(value: unknown): value is SpanExporter;
export interface TypedSpan<TAttributes extends object = Attributes>
  extends SpanContext, Disposable {
  readonly isRecording: boolean;
  set<K extends keyof TAttributes & string>(
    key: K,
    value: NonNullable<TAttributes[K]>,
  ): this;
  setAll(attributes: Partial<TAttributes>): this;
  event(name: string, attributes?: Attributes): this;
  fail(error: unknown): this;
  end(at?: number): void;
}
export interface SpanOptions<TAttributes extends object = Attributes> {
  readonly attributes?: Partial<TAttributes>;
  readonly parent?: SpanContext | null | undefined;
  readonly kind?: SpanKind;
  readonly links?: readonly SpanLink[];
  readonly startedAt?: number;
}
