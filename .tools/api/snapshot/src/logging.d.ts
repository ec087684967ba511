import { type Clock } from "./clock.js";
import { type Awaitable } from "./protocols.js";
export declare const LogLevel: {
  readonly TRACE: "trace";
  readonly DEBUG: "debug";
  readonly INFO: "info";
  readonly WARN: "warn";
  readonly ERROR: "error";
  readonly FATAL: "fatal";
};
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";
export declare const LogSeverity: Readonly<Record<LogLevel, number>>;
export type NoContext = Readonly<Record<never, never>>;
export type ChildContext<TContext extends object, TOwn extends object> =
  Readonly<Omit<TContext, keyof TOwn> & TOwn>;
export interface LogEntry<
  TContext extends object = object,
  TExtra extends object = object,
> {
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly context: TContext;
  readonly extra: TExtra;
  readonly error: unknown;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly line: string;
}
export interface LogSink {
  write(entry: LogEntry): void;
  flush?(): Awaitable<void>;
}
export declare function isLogSink(value: unknown): value is LogSink;
export type LogExtra<TExtra extends object> =
  | TExtra
  | Error
  | (() => TExtra | Error);
export interface StructuredLogger<TContext extends object = object> {
  trace<X extends object>(message: string, extra?: LogExtra<X>): void;
  debug<X extends object>(message: string, extra?: LogExtra<X>): void;
  info<X extends object>(message: string, extra?: LogExtra<X>): void;
  warn<X extends object>(message: string, extra?: LogExtra<X>): void;
  error<X extends object>(message: string, extra?: LogExtra<X>): void;
  fatal<X extends object>(message: string, extra?: LogExtra<X>): void;
  child<const TOwn extends object>(
    context: TOwn,
  ): StructuredLogger<ChildContext<TContext, TOwn>>;
  isEnabled(level: LogLevel): boolean;
  flush(): Awaitable<void>;
}
export declare function isStructuredLogger(
  value: unknown,
): value is StructuredLogger;
export interface LoggerOptions<TContext extends object = NoContext> {
  readonly sinks: readonly LogSink[];
  readonly level?: LogLevel | "off";
  readonly context?: TContext;
  readonly redact?: readonly string[];
  readonly time?: "iso" | "epoch";
  readonly maxDepth?: number;
  readonly maxItems?: number;
  readonly span?: () => {
    readonly traceId: string;
    readonly spanId: string;
  } | undefined;
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}
export declare const REDACTED_NAMES: readonly string[];
export declare class Logger<TContext extends object = NoContext>
  implements StructuredLogger<TContext> {
  constructor(options: LoggerOptions<TContext>);
  get context(): Readonly<TContext>;
  get level(): LogLevel | "off";
  set level(level: LogLevel | "off");
  get failures(): number;
  trace<X extends object>(message: string, extra?: LogExtra<X>): void;
  debug<X extends object>(message: string, extra?: LogExtra<X>): void;
  info<X extends object>(message: string, extra?: LogExtra<X>): void;
  warn<X extends object>(message: string, extra?: LogExtra<X>): void;
  error<X extends object>(message: string, extra?: LogExtra<X>): void;
  fatal<X extends object>(message: string, extra?: LogExtra<X>): void;
  child<const TOwn extends object>(
    context: TOwn,
  ): Logger<ChildContext<TContext, TOwn>>;
  isEnabled(level: LogLevel): boolean;
  flush(): Promise<void>;
}
