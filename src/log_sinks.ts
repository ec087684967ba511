/**
 * Where log entries go: to the console, as lines to anything that takes text, for
 * people to read, or into memory for tests.
 *
 * When to use it: with a `Logger`: lines for what collects them, text
 * for people, memory for tests.
 *
 * When not: to rotate files or send entries over a network: the platform, or an
 * agent, reads the lines and does that better.
 *
 * - **One entry, one line.** Nothing in an entry can begin a line or move a
 *   cursor.
 * - **Bounded.** What is kept in memory is the last so many entries.
 *
 * @example To a file, and to who looks at the terminal
 * ```ts
 * import { LineSink, PrettySink } from "@groundwork/infra/log-sinks";
 * import { Logger } from "@groundwork/infra/logging";
 * import { match, strictEqual } from "node:assert/strict";
 *
 * const file: string[] = [];
 * const terminal: string[] = [];
 * const logger = new Logger({
 *   sinks: [
 *     new LineSink({ write: (line) => void file.push(line) }),
 *     new PrettySink({ write: (line) => void terminal.push(line) }),
 *   ],
 * });
 * logger.info("listening", { port: 8080 });
 * strictEqual(JSON.parse(file[0]!).port, 8080);
 * match(terminal[0]!, /INFO {2}listening port=8080$/m);
 * ```
 *
 * @module
 */

import { escapeOf } from "./_log_json.ts";
import { requireCallback, requireFunction, requireWhole } from "./_options.ts";
import { Ring } from "./_ring.ts";
import type { LogEntry, LogLevel, LogSink } from "./logging.ts";
import type { Awaitable } from "./protocols.ts";
import { requireOption, validateType } from "./validators.ts";

/** Options of {@linkcode LineSink}. */
export interface LineSinkOptions {
  /** Gets each entry as a line of JSON with its line break. */
  readonly write: (line: string) => void;
  /** Brings away what `write` was given. Default: nothing is to be done. */
  readonly flush?: () => Awaitable<void>;
}

/**
 * Writes entries as lines of JSON.
 *
 * @example To the standard output of Node, Deno and Bun
 * ```ts
 * import { LineSink } from "@groundwork/infra/log-sinks";
 * import { Logger } from "@groundwork/infra/logging";
 * import process from "node:process";
 * import { strictEqual } from "node:assert/strict";
 *
 * const sink = new LineSink({ write: (line) => void process.stdout.write(line) });
 * const logger = new Logger({ sinks: [sink] });
 * logger.info("started");
 * strictEqual(logger.failures, 0);
 * ```
 */
export class LineSink implements LogSink {
  readonly #write: (line: string) => void;
  readonly #flush: (() => Awaitable<void>) | undefined;

  /**
   * Makes one.
   *
   * @param options Where lines go.
   * @throws {ValidationError} An option is no function.
   */
  constructor(options: LineSinkOptions) {
    const { write, flush } = options;
    requireFunction("write", write);
    requireCallback("flush", flush);
    this.#write = write;
    this.#flush = flush;
  }

  /**
   * Writes an entry.
   *
   * @param entry The entry.
   */
  write(entry: LogEntry): void {
    this.#write(`${entry.line}\n`);
  }

  /**
   * Brings away what was written.
   *
   * @returns A promise that resolves then.
   */
  async flush(): Promise<void> {
    await this.#flush?.();
  }
}

/** The part of the console that is used. */
export type LogConsole = Pick<Console, "debug" | "info" | "warn" | "error">;

/** Options of {@linkcode ConsoleSink}. */
export interface ConsoleSinkOptions {
  /** The console. Default: the global one. */
  readonly console?: LogConsole;
}

const METHOD_OF: Readonly<Record<LogLevel, keyof LogConsole>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warn",
  error: "error",
  fatal: "error",
};

/**
 * Writes entries to the console as lines of JSON, each by the method of its level:
 * for browsers, and for platforms that collect what is written there.
 *
 * @example By level
 * ```ts
 * import { ConsoleSink } from "@groundwork/infra/log-sinks";
 * import { Logger } from "@groundwork/infra/logging";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const calls: string[] = [];
 * const console = {
 *   debug: () => calls.push("debug"),
 *   info: () => calls.push("info"),
 *   warn: () => calls.push("warn"),
 *   error: () => calls.push("error"),
 * };
 * const logger = new Logger({ sinks: [new ConsoleSink({ console })] });
 * logger.warn("odd");
 * logger.fatal("over");
 * deepStrictEqual(calls, ["warn", "error"]);
 * ```
 */
export class ConsoleSink implements LogSink {
  readonly #console: LogConsole;

  /**
   * Makes one.
   *
   * @param options The console.
   * @throws {ValidationError} The console lacks one of its methods.
   */
  constructor(options: ConsoleSinkOptions = {}) {
    const { console = globalThis.console } = options;
    for (const name of Object.values(METHOD_OF)) {
      requireFunction(`console.${name}`, console[name]);
    }
    this.#console = console;
  }

  /**
   * Writes an entry.
   *
   * @param entry The entry.
   */
  write(entry: LogEntry): void {
    this.#console[METHOD_OF[entry.level]](entry.line);
  }
}

/** Options of {@linkcode PrettySink}. */
export interface PrettySinkOptions {
  /** Gets each entry as a text with its line break. */
  readonly write: (text: string) => void;
  /**
   * Whether levels have colours (ANSI escape sequences).
   *
   * @default {false}
   */
  readonly colors?: boolean;
}

const COLOR_OF: Readonly<Record<LogLevel, number>> = {
  trace: 90,
  debug: 36,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 35,
};

/**
 * Writes entries for people to read: the time of day, level, message, then what is
 * told besides. Nothing in it can move the cursor or begin a line.
 *
 * @example What it looks like
 * ```ts
 * import { PrettySink } from "@groundwork/infra/log-sinks";
 * import { Logger } from "@groundwork/infra/logging";
 * import { ManualClock } from "@groundwork/infra/testing";
 * import { strictEqual } from "node:assert/strict";
 *
 * let text = "";
 * const logger = new Logger({
 *   sinks: [new PrettySink({ write: (it) => void (text += it) })],
 *   clock: new ManualClock({ now: Date.UTC(2026, 0, 1, 12, 30) }),
 * });
 * logger.warn("slow\n\u001b[2Jquery", { ms: 1500, table: "links" });
 * strictEqual(text, '12:30:00.000 WARN  slow\\n\\u001b[2Jquery ms=1500 table="links"\n');
 * ```
 */
export class PrettySink implements LogSink {
  readonly #write: (text: string) => void;
  readonly #colors: boolean;

  /**
   * Makes one.
   *
   * @param options Where text goes.
   * @throws {ValidationError} An option is not valid.
   */
  constructor(options: PrettySinkOptions) {
    const { write, colors = false } = options;
    requireFunction("write", write);
    requireOption(validateType("colors", colors, "boolean"), colors);
    this.#write = write;
    this.#colors = colors;
  }

  /**
   * Writes an entry.
   *
   * @param entry The entry.
   */
  write(entry: LogEntry): void {
    const { level } = entry;
    const time = new Date(entry.time).toISOString().slice(11, -1);
    const name = level.toUpperCase().padEnd(5);
    const shown = this.#colors
      ? `\u001b[${COLOR_OF[level]}m${name}\u001b[0m`
      : name;
    // The line has been through all that leaves secrets and line breaks out.
    const { time: _time, level: _level, message, ...told } = JSON.parse(
      entry.line,
    );
    const texts = Object.entries(told).map(([key, value]) =>
      ` ${key}=${JSON.stringify(value)}`
    );
    this.#write(`${time} ${shown} ${escaped(message + texts.join(""))}\n`);
  }
}

/** Control characters, and what breaks lines or turns the direction of text. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\p{Surrogate}\u2028\u2029]/gu;

function escaped(text: string): string {
  return text.replace(
    CONTROLS,
    (it) => it === "\n" ? "\\n" : escapeOf(it),
  );
}

/** Options of {@linkcode MemorySink}. */
export interface MemorySinkOptions {
  /**
   * How many entries are kept; the oldest are dropped. A whole number of 1 or more.
   *
   * @default {1_000}
   */
  readonly maxEntries?: number;
}

/**
 * Keeps the last entries: for tests, and to show what happened of late.
 *
 * @example The last of them
 * ```ts
 * import { MemorySink } from "@groundwork/infra/log-sinks";
 * import { Logger } from "@groundwork/infra/logging";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const sink = new MemorySink({ maxEntries: 2 });
 * const logger = new Logger({ sinks: [sink] });
 * for (const message of ["a", "b", "c"]) logger.info(message);
 * deepStrictEqual(sink.entries.map(({ message }) => message), ["b", "c"]);
 * ```
 */
export class MemorySink implements LogSink {
  readonly #entries: Ring<LogEntry>;

  /**
   * Makes one without entries.
   *
   * @param options Its bound.
   * @throws {ValidationError} `maxEntries` is not a whole number of 1 or more.
   */
  constructor(options: MemorySinkOptions = {}) {
    const { maxEntries = 1_000 } = options;
    this.#entries = new Ring(requireWhole("maxEntries", maxEntries));
  }

  /** The entries, the oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries.toArray();
  }

  /**
   * Keeps an entry.
   *
   * @param entry The entry.
   */
  write(entry: LogEntry): void {
    void entry.line; // Later, what was logged may be another thing.
    this.#entries.push(entry);
  }

  /** Forgets all entries. */
  clear(): void {
    this.#entries.clear();
  }
}
