import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CacheError, ValidationError } from "../src/errors.ts";
import { LineSink, MemorySink } from "../src/log_sinks.ts";
import {
  isStructuredLogger,
  type LogEntry,
  Logger,
  type LoggerOptions,
  LogLevel,
  LogSeverity,
  type LogSink,
  type NoContext,
  REDACTED_NAMES,
  type StructuredLogger,
} from "../src/logging.ts";
import { Secret } from "../src/secret.ts";
import { ManualClock } from "../src/testing.ts";
import { structuredLoggerConformance } from "./conformance/structured_logger_conformance.ts";
import { type Equal, expectType, RUNS } from "./foundation_support.ts";
import {
  anyRecord,
  hedgehog,
  hostileContext,
  hostileText,
  hostileValue,
  objectOf,
  Oops,
  oops,
  readLine,
  revoked,
  type Told,
} from "./logging_support.ts";
import { hearUnhandled } from "./unhandled_support.ts";

const LEVELS = Object.values(LogLevel);
const MANY = 3 * RUNS;
const MARKER = "hunter2-marker";

interface Written<TContext extends object> {
  readonly logger: Logger<TContext>;
  /** The lines so far. */
  readonly lines: readonly string[];
  /** Logs, and reads the line of it. */
  readonly tell: (extra?: unknown, message?: string) => Told;
}

/** A logger, and the lines that it writes at time 0. */
function make<TContext extends object = NoContext>(
  options: Partial<LoggerOptions<TContext>> = {},
): Written<TContext> {
  const lines: string[] = [];
  const logger = new Logger<TContext>({
    sinks: [{ write: ({ line }) => void lines.push(line) }],
    clock: new ManualClock(),
    ...options,
  });
  return {
    logger,
    lines,
    tell: (extra, message = "told") => {
      logger.info(message, extra as object);
      strictEqual(logger.failures, 0);
      return readLine(lines.at(-1)!);
    },
  };
}

/** What a value is told as. */
function told(value: unknown, options?: Partial<LoggerOptions>): unknown {
  return make(options).tell({ value })["value"];
}

structuredLoggerConformance("Logger", {
  make: (level) => {
    const sink = new MemorySink();
    const context = { service: "test", part: "none" };
    const logger = new Logger<typeof context>({
      sinks: [sink],
      level,
      context,
    });
    return { logger, entries: () => sink.entries };
  },
});

describe("a line", () => {
  const spans = fc.constantFrom<LoggerOptions["span"]>(
    undefined,
    () => undefined,
    () => null as unknown as undefined,
    () => ({ traceId: "4bf9", spanId: "00f0" }),
    () => ({ traceId: '"\n\u2028', spanId: Symbol("s") as unknown as string }),
    () => ({ traceId: "4bf9" }) as unknown as undefined,
  );

  it(
    `L1: each line is one JSON object in one line, no name twice, whatever is logged (property, ${MANY} cases)`,
    () => {
      fc.assert(
        fc.property(
          fc.record({
            context: hostileContext,
            own: hostileContext,
            message: hostileText,
            extra: hostileValue,
            level: fc.constantFrom(...LEVELS),
            isLazy: fc.boolean(),
            span: spans,
            time: fc.constantFrom("iso" as const, "epoch" as const),
            maxDepth: fc.constantFrom(1, 2, 3, 100),
            maxItems: fc.constantFrom(1, 2, 3, 50),
          }),
          (
            { context, own, message, extra, level, isLazy, span, ...options },
          ) => {
            const { logger, lines } = make({
              level: "trace",
              context: context(),
              ...(span && { span }),
              ...options,
            });
            for (const each of [logger, logger.child(own())]) {
              const value = extra() as object;
              each[level](message, isLazy ? () => value : value);
              const line = readLine(lines.at(-1)!);
              strictEqual(line["message"], message);
              strictEqual(line["level"], level);
            }
            strictEqual(lines.length, 2);
            strictEqual(logger.failures, 0);
          },
        ),
        { numRuns: MANY },
      );
    },
  );

  it(`L3: what is logged is as it was before, and is not frozen (property, ${RUNS} cases)`, () => {
    fc.assert(
      fc.property(
        anyRecord,
        anyRecord,
        (extra, context) => {
          const before = fc.stringify([extra, context]);
          const { logger, tell } = make({ context });
          tell(extra);
          logger.child(extra).info("told", { extra, context });
          strictEqual(fc.stringify([extra, context]), before);
          strictEqual(Object.isFrozen(extra), false);
          strictEqual(Object.isFrozen(context), false);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it(`tells what JSON can tell as JSON.stringify does (property, ${RUNS} cases)`, () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        deepStrictEqual(
          told(value, { maxDepth: 100 }),
          JSON.parse(JSON.stringify(value)),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("has time, level, message, context, span and data, in this order", () => {
    const { logger, lines } = make({
      context: { service: "links" },
      span: () => ({ traceId: "4bf9", spanId: "00f0" }),
    });
    logger.warn("slow", { ms: 5 });
    logger.warn("slow");
    const start = '{"time":"1970-01-01T00:00:00.000Z","level":"warn",' +
      '"message":"slow","service":"links","traceId":"4bf9","spanId":"00f0"';
    deepStrictEqual(lines, [`${start},"ms":5}`, `${start}}`]);
  });

  it("gives a name that is taken to nobody else", () => {
    const { tell } = make({
      context: { time: "context", _time: "context", id: 1, _id: 2 },
    });
    const { level, message, ...line } = tell({
      time: "extra",
      _time: "extra",
      id: 3,
      free: 4,
      level: 5,
      message: 6,
      traceId: 7,
    });
    deepStrictEqual([level, message], ["info", "told"]);
    deepStrictEqual(line, {
      time: "1970-01-01T00:00:00.000Z",
      _time: "context",
      __time: "context",
      id: 1,
      _id: 2,
      ___time: "extra",
      ____time: "extra",
      __id: 3,
      free: 4,
      _level: 5,
      _message: 6,
      _traceId: 7,
    });
  });

  it("writes objects as deep as maxDepth says", () => {
    const deep = { a: { b: { c: 1 }, list: [[]] } };
    deepStrictEqual(told(deep, { maxDepth: 1 }), "[too deep]");
    deepStrictEqual(told(deep, { maxDepth: 2 }), { a: "[too deep]" });
    deepStrictEqual(told(deep, { maxDepth: 3 }), {
      a: { b: "[too deep]", list: "[too deep]" },
    });
    deepStrictEqual(told(deep, { maxDepth: 5 }), deep);
  });

  it("writes as many members as maxItems says, and how many there are more", () => {
    const { tell } = make({ maxItems: 2, context: { a: 1, b: 2, c: 3, d: 4 } });
    const { time: _, level: __, message: ___, ...line } = tell({
      list: [1, 2, 3],
      object: { a: 1, b: 2, "[more]": 3 },
      c: 3,
    });
    deepStrictEqual(line, {
      a: 1,
      b: 2,
      "[more]": 2,
      list: [1, 2, "[1 more]"],
      object: { a: 1, b: 2, "[more]": 1 },
      "_[more]": 1,
    });
    const full = { list: [1, 2], map: [[1, 2], [3, 4]] };
    deepStrictEqual(told(full, { maxItems: 2 }), full);
    deepStrictEqual(told({ "[more]": 0, a: 1, b: 2 }, { maxItems: 2 }), {
      "[more]": 0,
      a: 1,
      "_[more]": 1,
    });
    deepStrictEqual(
      told([new Map([[1, 2], [3, 4]]), new Set([1, 2])], { maxItems: 1 }),
      [[[1, "[1 more]"], "[1 more]"], "[1 more]"],
    );
    deepStrictEqual(told([new Set([1, 2, 3])], { maxItems: 1 }), [
      [1, "[2 more]"],
    ]);
  });

  it("takes no more of a Map than it writes", () => {
    class Endless extends Map<number, number> {
      override *[Symbol.iterator](): MapIterator<[number, number]> {
        for (let i = 0;; i++) yield [i, i];
      }
    }
    deepStrictEqual(told(new Endless(), { maxItems: 2 }), []);
    const many = new Map([[1, 1], [2, 2], [3, 3]]);
    many[Symbol.iterator] = new Endless()[Symbol.iterator];
    deepStrictEqual(told(many, { maxItems: 2 }), [[0, 0], [1, 1], "[1 more]"]);
  });

  it("tells of what is too deep for the stack that it is", () => {
    let list: unknown[] = [];
    for (let i = 0; i < 50_000; i++) list = [list];
    const { logger, lines } = make({ maxDepth: 1_000_000 });
    logger.info("deep", { list });
    logger.info("deep", { list: [] });
    ok(lines[0]!.includes("[unreadable]"));
    deepStrictEqual(readLine(lines[1]!)["list"], []);
  });

  const cases: readonly (readonly [
    name: string,
    value: unknown,
    expected: unknown,
  ])[] = [
    ["NaN", NaN, "NaN"],
    ["an infinity", -Infinity, "-Infinity"],
    ["a bigint", 12345678901234567890n, "12345678901234567890"],
    ["a symbol", Symbol('a"b'), 'Symbol(a"b)'],
    ["a function", oops, undefined],
    ["undefined", undefined, undefined],
    ["undefined in a list", [undefined, oops], [null, null]],
    ["a hole", new Array(1), [null]],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["an invalid date", new Date(NaN), null],
    ["a URL", new URL("https://example.com/"), "https://example.com/"],
    ["a Map", new Map([["a", { b: 1 }]]), [["a", { b: 1 }]]],
    ["a Set", new Set([1, "a"]), [1, "a"]],
    ["bytes", new Uint8Array(3), "[Uint8Array of 3 bytes]"],
    [
      "bytes that have a toJSON()",
      Object.assign(new Uint8Array(2), { toJSON: () => [0, 0] }),
      "[Uint8Array of 2 bytes]",
    ],
    ["a Secret", new Secret("hunter2"), "[secret]"],
    ["toJSON()", { toJSON: () => ({ a: { toJSON: () => 1 } }) }, { a: 1 }],
    [
      "toJSON() that tells the object itself",
      {
        a: 1,
        toJSON(): unknown {
          return this;
        },
      },
      { a: 1 },
    ],
    ["toJSON() that tells nothing", { toJSON: () => undefined }, null],
    ["toJSON() that throws", { a: 1, toJSON: oops }, "[unreadable]"],
    ["a revoked proxy", revoked({}), "[unreadable]"],
    ["a proxy that throws", hedgehog({}), "[unreadable]"],
    ["one in a list", [1, hedgehog([])], [1, "[unreadable]"]],
    [
      "a getter that throws",
      Object.defineProperty({ a: 1 }, "b", { get: oops, enumerable: true }),
      { a: 1, b: "[unreadable]" },
    ],
    [
      "a getter of a list that throws",
      Object.defineProperty([1, 2, 3], 0, { get: oops }),
      ["[unreadable]", 2, 3],
    ],
    ["no prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ["a member of a prototype", Object.create({ a: 1 }), {}],
    ["a symbol as a name", { [Symbol("a")]: 1 }, {}],
  ];
  for (const [name, value, expected] of cases) {
    it(`tells ${name}`, () => deepStrictEqual(told(value), expected));
  }

  it("tells an object within itself, but not one that is there twice, as circular", () => {
    const shared = { a: 1 };
    const object: Record<string, unknown> = { shared, again: [shared, shared] };
    object["self"] = object;
    object["map"] = new Map([["object", object]]);
    deepStrictEqual(told(object), {
      shared,
      again: [shared, shared],
      self: "[circular]",
      map: [["object", "[circular]"]],
    });
    deepStrictEqual(make().tell(object)["self"], "[circular]");
  });

  it("is JSON if the message is no text", () => {
    for (
      const [message, expected] of [
        [5, "5"],
        [undefined, "null"],
        [
          { toString: () => '"', password: MARKER },
          '{"password":"[redacted]"}',
        ],
        [revoked({}), '"[unreadable]"'],
        [Symbol("a"), '"Symbol(a)"'],
      ] as const
    ) {
      const { logger, lines } = make();
      logger.info(message as unknown as string);
      strictEqual(readLine(lines[0]!)["message"], expected);
    }
  });

  it("stays right after more names than are remembered", () => {
    const { tell } = make({ maxItems: 5_000 });
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 1_500 }, (_, i) => `n${round}_${i}`);
      const object = objectOf(names.map((name, i) => [name, i]));
      deepStrictEqual(tell({ object, password: "p" })["object"], object);
    }
    const long = "x".repeat(100);
    deepStrictEqual(tell({ [long]: 1 })[long], 1);
    strictEqual(tell({ password: "p" })["password"], "[redacted]");
  });
});

describe("the time", () => {
  it("is written as ISO 8601, or in ms since the epoch", () => {
    for (
      const [time, expected] of [
        [undefined, "2030-01-01T00:00:00.000Z"],
        ["iso", "2030-01-01T00:00:00.000Z"],
        ["epoch", Date.UTC(2030, 0, 1)],
      ] as const
    ) {
      const clock = new ManualClock({ now: Date.UTC(2030, 0, 1) });
      const { tell } = make({ clock, ...(time && { time }) });
      strictEqual(tell()["time"], expected);
    }
  });

  it("is that of the entry, at any level and for any logger, also when a clock is set back", () => {
    const clock = new ManualClock({ now: 1_000 });
    const { logger, lines } = make({ clock });
    const child = logger.child({ id: 1 });
    logger.info("a");
    child.warn("b");
    clock.advance(1);
    child.warn("c");
    logger.info("d");
    clock.setNow(0);
    logger.info("e");
    deepStrictEqual(
      lines.map(readLine).map(({ time, level }) => [time, level]),
      [
        ["1970-01-01T00:00:01.000Z", "info"],
        ["1970-01-01T00:00:01.000Z", "warn"],
        ["1970-01-01T00:00:01.001Z", "warn"],
        ["1970-01-01T00:00:01.001Z", "info"],
        ["1970-01-01T00:00:00.000Z", "info"],
      ],
    );
  });

  it("that no date can have is null, or as it is", () => {
    for (
      const [now, iso, epoch] of [
        [9e15, null, 9e15],
        [Infinity, null, "Infinity"],
      ] as const
    ) {
      const { tell } = make({ clock: new ManualClock({ now }) });
      strictEqual(tell()["time"], iso);
      strictEqual(tell()["time"], iso);
      const clock = new ManualClock({ now });
      strictEqual(make({ clock, time: "epoch" }).tell()["time"], epoch);
    }
  });
});

describe("secrets", () => {
  /** `accessToken` as `ACCESS-token`, and so on. */
  const spelled = (names: readonly string[]): fc.Arbitrary<string> =>
    fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom("", "-", "_", ".", " ", "__"),
      fc.constantFrom(
        (text: string) => text,
        (text: string) => text.toLowerCase(),
        (text: string) => text.toUpperCase(),
      ),
    ).map(([name, separator, cased]) =>
      cased(name.replace(/[A-Z]/g, (it) => `${separator}${it}`))
    );

  const secretName = spelled([...REDACTED_NAMES, "cardNumber"]);

  /** Holds the marker in every way that would show if it were written. */
  const marked = fc.constantFrom<() => unknown>(
    () => MARKER,
    () => [MARKER, { [MARKER]: MARKER }],
    () => ({ a: MARKER }),
    () => new Error(MARKER),
    () => new Map([[MARKER, MARKER]]),
    () => ({ toJSON: () => MARKER }),
    () => Symbol(MARKER),
  );

  /** Values in each of which there is a secret somewhere. */
  const holder = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      marked.map((make) => new Secret(make())),
      fc.tuple(secretName, marked).map(([name, make]) =>
        ({ a: 1, [name]: make(), b: 2 }) as unknown
      ),
      fc.tuple(secretName, marked).map(([name, make]) =>
        new Map<unknown, unknown>([["a", 1], [name, make()]])
      ),
      fc.tuple(secretName, marked).map(([name, make]) =>
        Object.assign(new Error("failed"), { [name]: make() })
      ),
      fc.tuple(secretName, marked).map(([name, make]) =>
        Object.defineProperty({}, name, { get: make, enumerable: true })
      ),
      fc.tuple(secretName, marked).map(([name, make]) => ({
        shown: 1,
        toJSON: () => ({ [name]: make() }),
      })),
      fc.tuple(secretName).map(([name]) =>
        Object.entries({ a: "b", [name]: MARKER })
      ),
      tie("any").map((value) => ({ inner: value })),
      tie("any").map((value) => [1, value]),
      tie("any").map((value) => new Map([["inner", value]])),
      tie("any").map((value) => new Map([[value, 1]])),
      tie("any").map((value) => new Set([value])),
      tie("any").map((cause) => new Error("outer", { cause })),
      tie("any").map((value) => new AggregateError([value], "all")),
      tie("any").map((value) => Object.assign(new Error("outer"), { value })),
      tie("any").map((value) => ({ toJSON: () => value })),
      tie("any").map((value) =>
        new CacheError("CACHE_STORE_FULL", { max: 1 }, {
          cause: value,
          details: { value: value as string },
        })
      ),
    ),
  }))["any"];

  it(
    `L2: the value of no redacted name occurs in a line, at any depth, nor does what a Secret holds (property, ${MANY} cases)`,
    () => {
      fc.assert(
        fc.property(
          holder,
          holder,
          fc.boolean(),
          (given, own, isLazy) => {
            const { logger, lines } = make({
              context: { given },
              redact: ["card_number"],
              maxDepth: 100,
            });
            logger.info("told");
            logger.child({ own }).info("told");
            logger.info("told", given as object);
            logger.info("told", isLazy ? () => ({ own }) : { own });
            for (const line of lines) {
              readLine(line);
              strictEqual(line.includes(MARKER), false, line);
              ok(
                line.includes("[redacted]") || line.includes("[secret]"),
                line,
              );
            }
            strictEqual(lines.length, 4);
          },
        ),
        { numRuns: MANY },
      );
    },
  );

  it("are named in the data and the context themselves as well", () => {
    for (const name of [...REDACTED_NAMES, "x-api-key", "Set-Cookie"]) {
      strictEqual(make().tell({ [name]: MARKER })[name], "[redacted]");
      const { tell } = make({ context: { [name]: MARKER } });
      strictEqual(tell()[name], "[redacted]");
    }
  });

  it("are not read", () => {
    const object = Object.defineProperty({}, "password", {
      get: oops,
      enumerable: true,
    });
    deepStrictEqual(told(object), { password: "[redacted]" });
  });

  it("are no names that only have such a name in them", () => {
    const value = { tokens: 5, passwordAge: 6, cookieBanner: 7, secretary: 8 };
    deepStrictEqual(told(value), value);
  });

  it("are told by the first of a pair, as entries have them", () => {
    deepStrictEqual(
      told([...new Headers({ authorization: MARKER, host: "h" })]),
      [["authorization", "[redacted]"], ["host", "h"]],
    );
    deepStrictEqual(told(["password", "reset", "sent"]), [
      "password",
      "reset",
      "sent",
    ]);
  });

  it("of more names are in the option, which does not take away from ours", () => {
    const { tell } = make({ redact: ["card-number", "Stack", "cause"] });
    const line = tell({
      cardNumber: 1,
      CARD_NUMBER: 2,
      password: 3,
      error: new Error("no"),
    });
    deepStrictEqual(line, {
      time: line["time"],
      level: "info",
      message: "told",
      cardNumber: "[redacted]",
      CARD_NUMBER: "[redacted]",
      password: "[redacted]",
      error: { name: "Error", message: "no", stack: "[redacted]" },
    });
  });

  it("stay in the entry, whose line is what may leave", () => {
    const sink = new MemorySink();
    new Logger({ sinks: [sink] }).info("told", { password: MARKER });
    deepStrictEqual(sink.entries[0]!.extra, { password: MARKER });
  });
});

describe("errors", () => {
  /** Without the stack, of which it is seen that it is one. */
  function toldOf(error: unknown): unknown {
    return JSON.parse(JSON.stringify(told(error)), (name, value) => {
      if (name !== "stack") return value as unknown;
      strictEqual(typeof value, "string");
      return undefined;
    });
  }

  it("are told by name, message, stack, own members and causes", () => {
    const error = Object.assign(new RangeError("too much"), { code: "E_MUCH" });
    error.cause = new TypeError("no number", { cause: "NaN" });
    deepStrictEqual(toldOf(error), {
      name: "RangeError",
      message: "too much",
      code: "E_MUCH",
      cause: { name: "TypeError", message: "no number", cause: "NaN" },
    });
    strictEqual((told(error) as Error).stack, error.stack);
  });

  it("of an AggregateError are told, and circular causes end", () => {
    const inner: Error = new Error("inner");
    inner.cause = inner;
    deepStrictEqual(toldOf(new AggregateError([inner, 5], "all")), {
      name: "AggregateError",
      message: "all",
      errors: [
        { name: "Error", message: "inner", cause: "[circular]" },
        5,
      ],
    });
  });

  it("of ours are told with code, params and details, and the cause in full", () => {
    const error = new CacheError("CACHE_STORE_FULL", { max: 1 }, {
      details: { key: "k", password: MARKER },
      cause: new Error("inner"),
    });
    deepStrictEqual(toldOf(error), {
      name: "CacheError",
      message: error.message,
      cause: { name: "Error", message: "inner" },
      code: "CACHE_STORE_FULL",
      params: { max: 1 },
      details: { key: "k", password: "[redacted]" },
    });
  });

  it("are told by toJSON() where they have one, and by name and message in any case", () => {
    const hidden = { name: "Error", message: "failed" };
    for (
      const [toJSON, more] of [
        [(): unknown => ({ shown: 1, name: "other" }), { shown: 1 }],
        [(): unknown => "text", {}],
        [(): unknown => null, {}],
        [oops, {}],
      ] as const
    ) {
      const error = Object.assign(new Error("failed"), { own: 1, toJSON });
      deepStrictEqual(toldOf(error), { ...hidden, ...more });
    }
  });

  it("are told as far as they can be read", () => {
    const error = new Error("failed");
    for (const name of ["name", "own"]) {
      Object.defineProperty(error, name, { get: oops, enumerable: true });
    }
    deepStrictEqual(toldOf(error), {
      name: "[unreadable]",
      message: "failed",
      own: "[unreadable]",
    });
  });

  it("have no more members than maxItems says", () => {
    const error = Object.assign(new Error("failed"), { a: 1, b: 2, c: 3 });
    const line = told(error, { maxItems: 2 }) as Told;
    deepStrictEqual({ ...line, stack: "" }, {
      name: "Error",
      message: "failed",
      stack: "",
      a: 1,
      b: 2,
      "[more]": 1,
    });
  });

  it("may be all that is told, which is the entry's error", () => {
    const error = new Error("failed");
    for (const extra of [error, (): Error => error, { error }]) {
      const sink = new MemorySink();
      new Logger({ sinks: [sink] }).error("failed", extra);
      const [entry] = sink.entries;
      strictEqual(entry!.error, error);
      deepStrictEqual(entry!.extra, { error });
      strictEqual(
        (readLine(entry!.line)["error"] as Told)["message"],
        "failed",
      );
    }
  });
});

describe("data", () => {
  it("that are no record are told as `extra`", () => {
    for (
      const [value, expected] of [
        [[1, 2], [1, 2]],
        ["text", "text"],
        [5, 5],
        [false, false],
        [new Map([["a", 1]]), [["a", 1]]],
        [new Set([1]), [1]],
        [new Date(0), "1970-01-01T00:00:00.000Z"],
        [new Secret("hidden"), "[secret]"],
        [{ id: 1, hash: MARKER, toJSON: () => ({ id: 1 }) }, { id: 1 }],
        [new Uint8Array(2), "[Uint8Array of 2 bytes]"],
      ] as const
    ) {
      deepStrictEqual(make().tell(value)["extra"], expected);
      deepStrictEqual(make().tell(() => value)["extra"], expected);
    }
  });

  it("that are nothing are none", () => {
    for (const value of [undefined, null, (): void => {}, (): null => null]) {
      deepStrictEqual(Object.keys(make().tell(value)), [
        "time",
        "level",
        "message",
      ]);
    }
  });

  it("that cannot be had tell why", () => {
    for (
      const [value, name] of [
        [oops, "Error"],
        [hedgehog(oops), "Error"],
        [hedgehog({}), "Error"],
        [revoked(oops), "TypeError"],
        [revoked({}), "TypeError"],
      ] as const
    ) {
      const error = make().tell(value)["error"] as Told;
      strictEqual(error["name"], name);
      if (name === "Error") strictEqual(error["message"], "oops");
    }
    const noNames = new Proxy({ a: 1 }, { ownKeys: oops });
    strictEqual(make().tell(noNames)["[unreadable]"], true);
    const context = { "[unreadable]": 1 };
    strictEqual(make({ context }).tell(noNames)["_[unreadable]"], true);
  });

  it("may be an `error` that is no error, and read when somebody asks", () => {
    const sink = new MemorySink();
    const logger = new Logger({ sinks: [sink] });
    logger.info("told", { error: "text" });
    logger.info("told");
    deepStrictEqual(sink.entries.map(({ error }) => error), [
      "text",
      undefined,
    ]);
  });
});

describe("Logger.level", () => {
  it("is info by default, and shared by parent and children", () => {
    const { logger, lines } = make();
    const child = logger.child({ id: 1 });
    strictEqual(logger.level, "info");
    for (const level of [...LEVELS, "off"] as const) {
      child.level = level;
      strictEqual(logger.level, level);
      strictEqual(child.child({}).level, level);
      strictEqual(logger.isEnabled("error"), !["fatal", "off"].includes(level));
    }
    logger.fatal("off");
    strictEqual(lines.length, 0);
    strictEqual(logger.isEnabled("fatal"), false);
  });

  it("throws for what is no level, and stays as it is", () => {
    const { logger } = make({ level: "warn" });
    for (const level of ["silly", "INFO", "toString", 5, null]) {
      throws(() => {
        logger.level = level as LogLevel;
      }, { code: "VALIDATION_INVALID_OPTION" });
      strictEqual(logger.isEnabled(level as LogLevel), false);
    }
    strictEqual(logger.level, "warn");
  });

  it("has the numbers of OpenTelemetry, in order", () => {
    deepStrictEqual(LEVELS.map((level) => LogSeverity[level]), [
      1,
      5,
      9,
      13,
      17,
      21,
    ]);
    deepStrictEqual(Object.keys(LogSeverity), LEVELS);
  });

  it("that is off neither asks for the time, nor the span, nor the sinks", () => {
    const clock = new ManualClock();
    clock.now = oops;
    const { logger } = make({ clock, span: oops, level: "off" });
    for (const level of LEVELS) logger[level]("told", oops);
    strictEqual(logger.failures, 0);
  });
});

describe("Logger.child()", () => {
  it("reads a context once, when it is made", () => {
    let reads = 0;
    const inner = {
      get n(): number {
        return ++reads;
      },
    };
    const context = {
      inner,
      get n(): number {
        return ++reads;
      },
    };
    const { logger, lines } = make();
    const child = logger.child(context);
    strictEqual(reads, 2);
    child.info("a", { x: 1 });
    child.info("b");
    strictEqual(reads, 2);
    deepStrictEqual(lines.map((line) => readLine(line)["n"]), [1, 1]);
    child.child({ id: 1 });
    strictEqual(reads, 3); // What is within is written anew.
  });

  it("has a context of its own, frozen, that changes with nothing", () => {
    const given = { a: 1, list: [1] };
    const { logger, lines } = make({ context: given });
    const child = logger.child({ b: given });
    given.a = 2;
    given.list.push(2);
    logger.info("told");
    child.info("told");
    deepStrictEqual(readLine(lines[0]!)["list"], [1]);
    deepStrictEqual(readLine(lines[1]!)["b"], { a: 1, list: [1] });
    strictEqual(logger.context.a, 1);
    strictEqual(Object.isFrozen(logger.context), true);
    strictEqual(Object.isFrozen(child.context), true);
    strictEqual(Object.isFrozen(given), false);
    notStrictEqual(child.context, logger.context);
  });

  it("takes a name `__proto__` for a name", () => {
    const { logger, lines } = make();
    logger.child(objectOf([["__proto__", { polluted: 1 }]])).info("told");
    ok(lines[0]!.includes('"__proto__":{"polluted":1}'));
    strictEqual(
      Object.getPrototypeOf(logger.child({}).context),
      Object.prototype,
    );
  });

  it("throws for what is no object", () => {
    const { logger } = make();
    for (const context of [null, undefined, 5, "a", [], oops]) {
      throws(() => logger.child(context as object), {
        code: "VALIDATION_INVALID_OPTION",
      });
    }
  });

  it("counts failures with its parent", () => {
    const { logger } = make({ sinks: [{ write: oops }] });
    logger.child({ id: 1 }).info("told");
    strictEqual(logger.failures, 1);
  });
});

describe("a sink", () => {
  it("that throws is counted and told of, and others are written to nevertheless", () => {
    const errors: unknown[] = [];
    const written: string[] = [];
    const { logger } = make({
      sinks: [
        { write: oops },
        { write: ({ message }) => void written.push(message) },
        {
          write: () => {
            // deno-lint-ignore no-throw-literal -- somebody will
            throw undefined;
          },
        },
      ],
      onError: (error) => errors.push(error),
    });
    logger.info("a");
    logger.info("b");
    deepStrictEqual(written, ["a", "b"]);
    strictEqual(logger.failures, 4);
    ok(errors[0] instanceof Oops);
    strictEqual(errors.length, 4);
    strictEqual(errors[1], undefined);
  });

  it("that throws may be told to who throws: that is an unhandled rejection", async () => {
    const reasons: unknown[] = [];
    const restore = hearUnhandled((reason) => void reasons.push(reason));
    try {
      const { logger } = make({
        sinks: [{ write: oops }],
        onError: (error) => {
          throw error;
        },
      });
      logger.info("told");
      strictEqual(logger.failures, 1);
      await new Promise((resolve) => setTimeout(resolve));
    } finally {
      restore();
    }
    strictEqual(reasons.length, 1);
    ok(reasons[0] instanceof Oops);
  });

  it("is called as a method", () => {
    class Sink implements LogSink {
      readonly #lines: string[] = [];
      write({ line }: LogEntry): void {
        this.#lines.push(line);
      }
      get count(): number {
        return this.#lines.length;
      }
    }
    const sink = new Sink();
    const { logger } = make({ sinks: [sink] });
    logger.info("told");
    deepStrictEqual([sink.count, logger.failures], [1, 0]);
  });

  it("gets the same line however often it asks, and no line is made for who does not", () => {
    let reads = 0;
    const extra = {
      get n(): number {
        return ++reads;
      },
    };
    const lines: string[] = [];
    make({ sinks: [{ write: () => {} }] }).logger.info("told", extra);
    strictEqual(reads, 0);
    const write = ({ line }: LogEntry): void => void lines.push(line);
    make({ sinks: [{ write }, { write }] }).logger.info("told", extra);
    strictEqual(reads, 1);
    strictEqual(lines[0], lines[1]);
  });

  it("is not the logger's array: who changes it afterwards changes nothing", () => {
    const written: string[] = [];
    const sinks: LogSink[] = [{
      write: ({ message }) => void written.push(message),
    }];
    const { logger } = make({ sinks });
    sinks.pop();
    logger.info("told");
    deepStrictEqual(written, ["told"]);
  });

  it("gets context and data as they were given, and all that is told", () => {
    const entries: LogEntry[] = [];
    const { logger } = make({
      sinks: [{ write: (entry) => void entries.push(entry) }],
      clock: new ManualClock({ now: 7 }),
      context: { service: "links" },
      span: () => ({ traceId: "t", spanId: "s" }),
    });
    const extra = { a: { b: 1 } };
    logger.warn("told", extra);
    const [entry] = entries;
    strictEqual(entry!.extra, extra);
    strictEqual(entry!.context, logger.context);
    const { time, level, message, error, traceId, spanId } = entry!;
    deepStrictEqual(
      { time, level, message, error, traceId, spanId },
      {
        time: 7,
        level: "warn",
        message: "told",
        error: undefined,
        traceId: "t",
        spanId: "s",
      },
    );
  });
});

describe("logging while something is logged", () => {
  it("by a sink ends, and is counted", () => {
    const written: string[] = [];
    function selfLogging(name: string): LogSink {
      return {
        write({ message }): void {
          written.push(`${name} ${message}`);
          logger.info(`${message}+`);
        },
      };
    }
    const { logger } = make({ sinks: [selfLogging("a"), selfLogging("b")] });
    for (let round = 1; round <= 2; round++) {
      written.length = 0;
      logger.info("it");
      deepStrictEqual(written, [
        "a it",
        "a it+",
        "b it+",
        "b it",
        "a it+",
        "b it+",
      ]);
      strictEqual(logger.failures, 4 * round);
    }
  });

  it("by a getter of what is logged is written, and ends", () => {
    const { logger, lines } = make();
    const object = {
      a: 1,
      get b(): string {
        logger.info("b is read", { object, own: { n: 1 } });
        return "b";
      },
      c: { d: 2 },
    };
    logger.info("told", object);
    deepStrictEqual(
      lines.map(readLine).map(({ time: _, level: __, ...line }) => line),
      [
        {
          message: "b is read",
          object: { a: 1, b: "b", c: { d: 2 } },
          own: { n: 1 },
        },
        { message: "told", a: 1, b: "b", c: { d: 2 } },
      ],
    );
    strictEqual(logger.failures, 1);
  });

  it("by who hears of errors, or tells the span, ends", () => {
    for (
      const failing of [
        { sinks: [{ write: oops }] },
        { sinks: [], span: oops },
      ] as const
    ) {
      let calls = 0;
      const { logger } = make({
        ...failing,
        onError: () => {
          calls++;
          logger.error("a sink failed");
        },
      });
      logger.info("told");
      strictEqual(calls, 2);
      strictEqual(logger.failures, 3);
    }
    const spanning = make({
      span: () => {
        spanning.logger.info("within");
        return undefined;
      },
    });
    spanning.logger.info("told");
    deepStrictEqual(
      spanning.lines.map((line) => readLine(line)["message"]),
      ["within", "told"],
    );
  });

  it("by lazy data is no such thing", () => {
    const { logger, lines } = make();
    let depth = 0;
    const data = (): object => {
      if (depth < 5) logger.info(`${++depth}`, data);
      return {};
    };
    logger.info("0", data);
    deepStrictEqual(
      lines.map((line) => readLine(line)["message"]),
      ["5", "4", "3", "2", "1", "0"],
    );
    strictEqual(logger.failures, 0);
  });
});

describe("the span", () => {
  it("is asked for each entry", () => {
    let n = 0;
    const { tell } = make({
      span: () => (++n % 2 ? { traceId: `t${n}`, spanId: `s${n}` } : undefined),
    });
    deepStrictEqual(
      [tell(), tell(), tell()].map(({ traceId, spanId }) => [traceId, spanId]),
      [["t1", "s1"], [undefined, undefined], ["t3", "s3"]],
    );
  });

  it("that cannot be told is left out, counted and told of", () => {
    const errors: unknown[] = [];
    for (
      const span of [
        oops,
        () => hedgehog({}) as { traceId: string; spanId: string },
      ]
    ) {
      const { logger, lines } = make({
        span,
        onError: (error) => errors.push(error),
      });
      logger.info("told");
      strictEqual("traceId" in readLine(lines[0]!), false);
      strictEqual(logger.failures, 1);
    }
    strictEqual(errors.length, 2);
    ok(errors.every((error) => error instanceof Oops));
  });
});

describe("Logger.flush()", () => {
  it("flushes all sinks, and resolves when all have, be it that they failed", async () => {
    const errors: unknown[] = [];
    const flushed: string[] = [];
    const write = (): void => {};
    const { logger } = make({
      sinks: [
        { write },
        { write, flush: oops },
        { write, flush: () => Promise.reject(new Oops("later")) },
        { write, flush: () => void flushed.push("at once") },
        {
          write,
          flush: async () => {
            await Promise.resolve();
            flushed.push("later");
          },
        },
        { write, flush: 5 } as unknown as LogSink,
      ],
      onError: (error) => errors.push(error),
    });
    strictEqual(await logger.child({ id: 1 }).flush(), undefined);
    deepStrictEqual(flushed, ["at once", "later"]);
    strictEqual(logger.failures, 3);
    strictEqual(errors.length, 3);
  });
});

describe("options of a Logger", () => {
  const cases: readonly (readonly [field: string, options: object])[] = [
    ["sinks", { sinks: undefined }],
    ["sinks", { sinks: new Set() }],
    ["sinks[1].write", { sinks: [{ write(): void {} }, {}] }],
    ["sinks[0].write", { sinks: [null] }],
    ["sinks[0].write", { sinks: [{ write: "out" }] }],
    ["level", { level: "silly" }],
    ["level", { level: null }],
    ["context", { context: 5 }],
    ["context", { context: [] }],
    ["context", { context: null }],
    ["redact", { redact: "password" }],
    ["redact[1]", { redact: ["a", 5] }],
    ["time", { time: "unix" }],
    ["maxDepth", { maxDepth: 0 }],
    ["maxDepth", { maxDepth: 1.5 }],
    ["maxDepth", { maxDepth: NaN }],
    ["maxItems", { maxItems: 0 }],
    ["maxItems", { maxItems: "5" }],
    ["span", { span: {} }],
    ["onError", { onError: "throw" }],
  ];
  for (const [field, options] of cases) {
    const name = JSON.stringify(Object.values(options)[0]) ?? "undefined";
    it(`throw where ${field} is not valid: ${name}`, () => {
      throws(
        () => new Logger({ sinks: [], ...options }),
        (error) =>
          ValidationError.is(error) && error.field === field &&
          error.code === "VALIDATION_INVALID_OPTION",
      );
    });
  }

  it("may be undefined, as if they were not there", () => {
    const undefineds = {
      level: undefined,
      context: undefined,
      redact: undefined,
      time: undefined,
      maxDepth: undefined,
      maxItems: undefined,
      span: undefined,
      onError: undefined,
      clock: undefined,
    };
    const logger = new Logger(
      { sinks: [], ...undefineds } as unknown as LoggerOptions,
    );
    strictEqual(logger.level, "info");
  });
});

describe("isStructuredLogger()", () => {
  it("asks for all methods, and nothing else", () => {
    const { logger } = make();
    strictEqual(isStructuredLogger(logger), true);
    strictEqual(isStructuredLogger(logger.child({})), true);
    const methods = [...LEVELS, "child", "isEnabled", "flush"] as const;
    const like = Object.fromEntries(methods.map((name) => [name, () => {}]));
    strictEqual(isStructuredLogger(like), true);
    for (const missing of methods) {
      strictEqual(isStructuredLogger({ ...like, [missing]: 1 }), false);
    }
    for (const other of [null, undefined, 5, "a", {}, console]) {
      strictEqual(isStructuredLogger(other), false);
    }
  });
});

describe("the types of loggers", () => {
  it("know the context, a child's before its parent's, and what entries tell", () => {
    strictEqual(typeof typesOfLoggers, "function");
  });
});

/** Compiled, never called. */
function typesOfLoggers(): void {
  const sinks = [new LineSink({ write: () => {} })];

  const plain = new Logger({ sinks });
  expectType<Equal<typeof plain, Logger<NoContext>>>();
  // @ts-expect-error -- there is no such name
  void plain.context.service;

  const logger = new Logger({ sinks, context: { service: "shop", part: 1 } });
  expectType<
    Equal<
      typeof logger.context,
      Readonly<{ service: string; part: number }>
    >
  >();
  // @ts-expect-error -- a context is not to be changed
  logger.context.service = "other";

  const child = logger.child({ part: "cart", requestId: "r1" });
  expectType<Equal<typeof child.context.service, string>>();
  expectType<Equal<typeof child.context.part, "cart">>();
  expectType<Equal<typeof child.context.requestId, "r1">>();
  // @ts-expect-error -- the name has the child's type
  const part: number = child.context.part;
  void part;
  // @ts-expect-error -- there is no such name
  void child.context.other;
  // @ts-expect-error -- a context is an object
  logger.child("cart");

  const structured: StructuredLogger<{ service: string }> = logger;
  const own: StructuredLogger<{ service: string; id: number }> = structured
    .child({ id: 1 });
  own.info("told");
  // @ts-expect-error -- it lacks what the context has to have
  const lacking: Logger<{ tenant: string }> = logger;
  void lacking;

  logger.info("told");
  logger.info("told", { a: 1 });
  logger.info("told", () => ({ a: 1 }));
  logger.error("told", new Error("no"));
  logger.error("told", () => new Error("no"));
  // @ts-expect-error -- data have names
  logger.info("told", 5);
  // @ts-expect-error -- a message is a text
  logger.error(new Error("no"));

  // @ts-expect-error -- no level
  logger.level = "silly";
  // @ts-expect-error -- nothing is of this level
  logger.isEnabled("off");
  // @ts-expect-error -- somebody has to take the entries
  void new Logger({});
  // @ts-expect-error -- no format of times
  void new Logger({ sinks, time: "unix" });

  type Paid = LogEntry<{ service: string }, { cents: number }>;
  expectType<Equal<Paid["context"], { service: string }>>();
  expectType<Equal<Paid["extra"]["cents"], number>>();
  // An entry that is known well is one of any; not the other way round.
  expectType<Paid extends LogEntry ? true : false>();
  expectType<LogEntry extends Paid ? false : true>();
}
