import type { LogEntry, LogSink } from "./logging.js";
import type { Awaitable } from "./protocols.js";
export interface LineSinkOptions {
  readonly write: (line: string) => void;
  readonly flush?: () => Awaitable<void>;
}
export declare class LineSink implements LogSink {
  constructor(options: LineSinkOptions);
  write(entry: LogEntry): void;
  flush(): Promise<void>;
}
export type LogConsole = Pick<Console, "debug" | "info" | "warn" | "error">;
export interface ConsoleSinkOptions {
  readonly console?: LogConsole;
}
export declare class ConsoleSink implements LogSink {
  constructor(options?: ConsoleSinkOptions);
  write(entry: LogEntry): void;
}
export interface PrettySinkOptions {
  readonly write: (text: string) => void;
  readonly colors?: boolean;
}
export declare class PrettySink implements LogSink {
  constructor(options: PrettySinkOptions);
  write(entry: LogEntry): void;
}
export interface MemorySinkOptions {
  readonly maxEntries?: number;
}
export declare class MemorySink implements LogSink {
  constructor(options?: MemorySinkOptions);
  get entries(): readonly LogEntry[];
  write(entry: LogEntry): void;
  clear(): void;
}
