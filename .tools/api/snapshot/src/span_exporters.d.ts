import { type Clock } from "./clock.js";
import { type SpanData, type SpanExporter } from "./span.js";
export interface InMemorySpanExporterOptions {
  readonly maxSpans?: number;
}
export declare class InMemorySpanExporter implements SpanExporter {
  constructor(options?: InMemorySpanExporterOptions);
  get spans(): readonly SpanData[];
  get dropped(): number;
  export(spans: readonly SpanData[]): void;
  clear(): void;
  close(): void;
}
export interface ConsoleSpanExporterOptions {
  readonly write?: (line: string) => void;
}
export declare class ConsoleSpanExporter implements SpanExporter {
  constructor(options?: ConsoleSpanExporterOptions);
  get dropped(): number;
  export(spans: readonly SpanData[]): void;
  close(): void;
}
export interface BatchStats {
  readonly queued: number;
  readonly exported: number;
  readonly dropped: number;
  readonly failed: number;
}
export interface BatchSpanExporterOptions {
  readonly maxQueue?: number;
  readonly maxBatch?: number;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}
export declare class BatchSpanExporter
  implements SpanExporter, AsyncDisposable {
  constructor(inner: SpanExporter, options?: BatchSpanExporterOptions);
  get stats(): BatchStats;
  export(spans: readonly SpanData[]): void;
  flush(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
