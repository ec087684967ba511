import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import {
  ConsoleSink,
  LineSink,
  type LogConsole,
  MemorySink,
  PrettySink,
} from "../src/log_sinks.ts";
import {
  type LogEntry,
  Logger,
  type LoggerOptions,
  LogLevel,
  type LogSink,
} from "../src/logging.ts";
import { ManualClock } from "../src/testing.ts";
import { RUNS, withReplaced } from "./foundation_support.ts";
import {
  hostileContext,
  hostileText,
  hostileValue,
  Oops,
  oops,
  readLine,
} from "./logging_support.ts";

const LEVELS = Object.values(LogLevel);

/** A logger at time 0 that writes to one sink. */
function loggerTo(
  sink: LogSink,
  options: Partial<LoggerOptions<object>> = {},
): Logger<object> {
  const clock = new ManualClock();
  return new Logger({ sinks: [sink], level: "trace", clock, ...options });
}

function isInvalid(error: unknown, field: string): boolean {
  return ValidationError.is(error) && error.field === field &&
    error.code === "VALIDATION_INVALID_OPTION";
}

describe("LineSink", () => {
  it(`writes each entry as its line and one line break, whatever is logged (property, ${RUNS} cases)`, () => {
    fc.assert(
      fc.property(hostileText, hostileValue, (message, makeValue) => {
        const lines: string[] = [];
        const entries = new MemorySink();
        const sink = new LineSink({ write: (line) => void lines.push(line) });
        const logger = loggerTo(sink, { sinks: [sink, entries] });
        logger.info(message, makeValue() as object);
        deepStrictEqual(lines, [`${entries.entries[0]!.line}\n`]);
        strictEqual(readLine(lines[0]!.slice(0, -1))["message"], message);
      }),
      { numRuns: RUNS },
    );
  });

  it("flush() does what the option does, and waits for it", async () => {
    const done: string[] = [];
    const sink = new LineSink({
      write: () => {},
      flush: async () => {
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        done.push("flushed");
      },
    });
    strictEqual(await sink.flush(), undefined);
    deepStrictEqual(done, ["flushed"]);
    strictEqual(await new LineSink({ write: () => {} }).flush(), undefined);
  });

  it("fails as what it writes to fails, which its logger counts", async () => {
    const errors: unknown[] = [];
    const sink = new LineSink({ write: oops, flush: oops });
    const logger = loggerTo(sink, { onError: (error) => errors.push(error) });
    logger.info("told");
    await logger.flush();
    strictEqual(errors.length, 2);
    ok(errors.every((error) => error instanceof Oops));
  });

  it("throws for options that are no functions", () => {
    const write = (): void => {};
    for (
      const [field, options] of [
        ["write", {}],
        ["write", { write: [] }],
        ["flush", { write, flush: true }],
        ["flush", { write, flush: null }],
      ] as const
    ) {
      throws(
        () => new LineSink(options as unknown as { write: () => void }),
        (error) => isInvalid(error, field),
      );
    }
  });
});

describe("ConsoleSink", () => {
  /** A console that notes who is called with what, as a method. */
  function consoleTo(calls: unknown[]): LogConsole {
    const methods = ["debug", "info", "warn", "error"] as const;
    const own = {} as Record<string, unknown>;
    for (const method of methods) {
      own[method] = function (this: unknown, ...data: unknown[]): void {
        calls.push([this === own, method, ...data]);
      };
    }
    return own as unknown as LogConsole;
  }

  const METHODS = ["debug", "debug", "info", "warn", "error", "error"];

  it("writes each entry by the method of its level, as a line and nothing else", () => {
    const calls: unknown[] = [];
    const logger = loggerTo(new ConsoleSink({ console: consoleTo(calls) }));
    for (const level of LEVELS) logger[level]("100 %s", { a: 1 });
    deepStrictEqual(
      calls,
      LEVELS.map((level, i) => [
        true,
        METHODS[i],
        '{"time":"1970-01-01T00:00:00.000Z",' +
        `"level":"${level}","message":"100 %s","a":1}`,
      ]),
    );
  });

  it("writes to the global console by default", () => {
    const calls: unknown[] = [];
    const logger = loggerTo(new ConsoleSink());
    withReplaced(
      console,
      "warn",
      (...data: unknown[]) => void calls.push(...data),
      () => logger.warn("told"),
    );
    deepStrictEqual(readLine(calls[0] as string)["message"], "told");
    strictEqual(calls.length, 1);
  });

  it("throws for a console without its methods", () => {
    for (const method of ["debug", "info", "warn", "error"]) {
      const console = { ...consoleTo([]), [method]: undefined };
      throws(
        () => new ConsoleSink({ console: console as unknown as LogConsole }),
        (error) => isInvalid(error, `console.${method}`),
      );
    }
  });

  it("does not go round in circles where the console logs", () => {
    const lines: unknown[] = [];
    const console = {
      ...consoleTo([]),
      info(line: unknown): void {
        lines.push(line);
        logger.info(String(line));
      },
    };
    const logger = loggerTo(new ConsoleSink({ console }));
    logger.info("told");
    strictEqual(lines.length, 2);
    strictEqual(logger.failures, 1);
  });
});

describe("PrettySink", () => {
  function prettyOf(
    log: (logger: Logger<object>) => void,
    options: Partial<LoggerOptions<object>> & { colors?: boolean } = {},
  ): string {
    let text = "";
    const { colors = false, ...others } = options;
    const write = (it: string): void => void (text += it);
    const logger = loggerTo(new PrettySink({ write, colors }), others);
    log(logger);
    strictEqual(logger.failures, 0);
    return text;
  }

  it("shows time of day, level, message, context, span and data", () => {
    const text = prettyOf(
      (logger) => {
        logger.info("link created", { slug: "docs", tags: ["a"], n: 1 });
        logger.fatal("over");
      },
      {
        clock: new ManualClock({ now: Date.UTC(2030, 0, 1, 23, 59, 58, 7) }),
        context: { service: "links" },
        span: () => ({ traceId: "4b", spanId: "00" }),
      },
    );
    strictEqual(
      text,
      '23:59:58.007 INFO  link created service="links" traceId="4b"' +
        ' spanId="00" slug="docs" tags=["a"] n=1\n' +
        '23:59:58.007 FATAL over service="links" traceId="4b" spanId="00"\n',
    );
  });

  /** How an entry begins. */
  function headOf(level: LogLevel, colors: boolean): string {
    const code = [90, 36, 32, 33, 31, 35][LEVELS.indexOf(level)];
    const name = level.toUpperCase().padEnd(5);
    const shown = colors ? `\u001b[${code}m${name}\u001b[0m` : name;
    return `00:00:00.000 ${shown} `;
  }

  it("colours the level and nothing else", () => {
    for (const level of LEVELS) {
      for (const colors of [false, true]) {
        const text = prettyOf((logger) => logger[level]("m", { a: 1 }), {
          colors,
        });
        strictEqual(text, `${headOf(level, colors)}m a=1\n`);
      }
    }
  });

  it("shows no secrets", () => {
    const text = prettyOf((logger) => {
      logger.info("in", { password: "hunter2", a: { token: "hunter2" } });
    });
    strictEqual(
      text,
      '00:00:00.000 INFO  in password="[redacted]" a={"token":"[redacted]"}\n',
    );
  });

  it("shows names that objects have as any others", () => {
    const text = prettyOf((logger) => {
      logger.info("m", JSON.parse('{"__proto__":1,"toString":2,"time":3}'));
    });
    strictEqual(text, "00:00:00.000 INFO  m __proto__=1 toString=2 _time=3\n");
  });

  it("escapes line breaks, control characters, those of direction, and halves of pairs", () => {
    const evil = [
      ..."\u0000\b\t\r\u001b\u007f\u0080\u0085\u009b\u009f",
      ..."\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
      ..."\u2066\u2067\u2068\u2069",
      "\ud800",
      "\udfff",
    ];
    const escapes = evil.map((it) =>
      `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`
    );
    strictEqual(
      prettyOf((logger) => {
        for (const it of evil) logger.info(`<${it}\n😀é>`);
      }),
      escapes.map((it) => `00:00:00.000 INFO  <${it}\\n😀é>\n`).join(""),
    );
    const text = prettyOf((logger) => {
      for (const it of evil) logger.info("m", { [`<${it}>`]: `<${it}>` });
    });
    const lines = text.split("\n");
    for (const [i, it] of escapes.entries()) {
      ok(lines[i]!.includes(`<${it}>=`), lines[i]);
    }
  });

  /** What a terminal does not simply show. */
  function isHarmful(character: string): boolean {
    const code = character.codePointAt(0)!;
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x61c ||
      code === 0x200e || code === 0x200f ||
      (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069) ||
      (code >= 0xd800 && code <= 0xdfff);
  }

  it(`an entry is one line, and nothing in it moves the cursor or begins another (property, ${RUNS} cases)`, () => {
    fc.assert(
      fc.property(
        hostileContext,
        hostileText,
        hostileValue,
        fc.constantFrom(...LEVELS),
        fc.boolean(),
        (makeContext, message, makeValue, level, colors) => {
          const text = prettyOf(
            (logger) => logger[level](message, makeValue() as object),
            { context: makeContext(), colors },
          );
          const start = headOf(level, colors);
          ok(text.startsWith(start) && text.endsWith("\n"), text);
          const rest = text.slice(start.length, -1);
          deepStrictEqual([...rest].filter(isHarmful), []);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("throws for options that are not valid", () => {
    throws(
      () => new PrettySink({} as { write: () => void }),
      (error) => isInvalid(error, "write"),
    );
    for (const colors of ["yes", 1, null]) {
      throws(
        () => new PrettySink({ write: () => {}, colors: colors as never }),
        (error) => isInvalid(error, "colors"),
      );
    }
  });
});

describe("MemorySink", () => {
  it(`keeps the last maxEntries entries, the oldest first (property, ${RUNS} cases)`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.string(), { maxLength: 12 }),
        (maxEntries, messages) => {
          const sink = new MemorySink({ maxEntries });
          const logger = loggerTo(sink);
          for (const message of messages) logger.info(message);
          deepStrictEqual(
            sink.entries.map(({ message }) => message),
            messages.slice(-maxEntries),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("keeps 1,000 by default", () => {
    const sink = new MemorySink();
    const logger = loggerTo(sink);
    for (let i = 0; i <= 1_000; i++) logger.info(`${i}`);
    strictEqual(sink.entries.length, 1_000);
    strictEqual(sink.entries[0]!.message, "1");
  });

  it("entries is a copy, which later entries and its owner leave alone", () => {
    const sink = new MemorySink();
    const logger = loggerTo(sink);
    logger.info("a");
    const { entries } = sink;
    logger.info("b");
    strictEqual(entries.length, 1);
    (entries as LogEntry[]).pop();
    strictEqual(sink.entries.length, 2);
  });

  it("has lines that tell what was logged, as it was then", () => {
    const sink = new MemorySink();
    const extra = { n: 1 };
    loggerTo(sink).info("told", extra);
    extra.n = 2;
    strictEqual(readLine(sink.entries[0]!.line)["n"], 1);
  });

  it("clear() forgets all", () => {
    const sink = new MemorySink({ maxEntries: 2 });
    const logger = loggerTo(sink);
    for (const message of ["a", "b", "c"]) logger.info(message);
    sink.clear();
    deepStrictEqual(sink.entries, []);
    logger.info("d");
    deepStrictEqual(sink.entries.map(({ message }) => message), ["d"]);
  });

  it("throws where maxEntries is no whole number of 1 or more", () => {
    for (const maxEntries of [0, -1, 1.5, NaN, Infinity, "5", null]) {
      const options = { maxEntries: maxEntries as number };
      throws(
        () => new MemorySink(options),
        (error) => isInvalid(error, "maxEntries"),
      );
    }
  });
});
