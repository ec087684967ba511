import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type CronOptions, CronSchedule } from "../src/cron.ts";
import { ValidationError } from "../src/errors.ts";
import { NOT_NUMBERS, RUNS, withReplaced } from "./foundation_support.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LAST_MS = 8.64e15 - DAY_MS;

function parse(expression: string, timeZone?: string): CronSchedule {
  return CronSchedule.parse(expression, { timeZone }).unwrap();
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(":00.000Z", "Z");
}

/** The times after one time and before another, with a bound. */
function timesBetween(
  schedule: CronSchedule,
  afterMs: number,
  beforeMs: number,
): number[] {
  const times: number[] = [];
  let time = schedule.next(afterMs);
  while (time !== undefined && time < beforeMs && times.length < 10_000) {
    times.push(time);
    time = schedule.next(time);
  }
  return times;
}

/** The first times from one time on. */
function upcoming(
  schedule: CronSchedule,
  from: string,
  count: number,
): string[] {
  const times: string[] = [];
  let time: number | undefined = Date.parse(from) - 1;
  while (times.length < count) {
    time = schedule.next(time);
    if (time === undefined) break;
    times.push(iso(time));
  }
  return times;
}

// --- what a field may be, made together with its values

interface FieldCase {
  readonly text: string;
  readonly values: ReadonlySet<number>;
}

const MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
  .split(" ");
const DAY_NAMES = "sun mon tue wed thu fri sat".split(" ");

function* stepped(low: number, high: number, step: number): Generator<number> {
  for (let value = low; value <= high; value += step) yield value;
}

function itemCases(
  min: number,
  max: number,
  names: readonly string[],
): fc.Arbitrary<FieldCase> {
  const value = fc.integer({ min, max });
  const step = fc.option(fc.integer({ min: 1, max: max + 5 }), {
    freq: 2,
    nil: undefined,
  });
  const written = fc.constantFrom<((name: string) => string) | undefined>(
    undefined,
    (name) => name,
    (name) => name.toUpperCase(),
    (name) => name[0]!.toUpperCase() + name.slice(1),
  );
  const suffix = (by: number | undefined): string =>
    by === undefined ? "" : `/${by}`;
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(value, written).map(([one, write]) => {
        const name = names[one - min];
        const text = write && name ? write(name) : String(one);
        return { text, values: new Set([one]) };
      }),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(value, value, step, written).map(
        ([a, b, by, write]) => {
          const [low, high] = a < b ? [a, b] : [b, a];
          const text = [low, high].map((one) => {
            const name = names[one - min];
            return write && name ? write(name) : String(one);
          });
          return {
            text: text.join("-") + suffix(by),
            values: new Set(stepped(low, high, by ?? 1)),
          };
        },
      ),
    },
    {
      weight: 2,
      arbitrary: step.map((by) => ({
        text: `*${suffix(by)}`,
        values: new Set(stepped(min, max, by ?? 1)),
      })),
    },
  );
}

function fieldCases(
  min: number,
  max: number,
  names: readonly string[] = [],
): fc.Arbitrary<FieldCase> {
  return fc.oneof(
    fc.constant({ text: "*", values: new Set(stepped(min, max, 1)) }),
    fc.array(itemCases(min, max, names), { minLength: 1, maxLength: 3 })
      .map((items) => ({
        text: items.map(({ text }) => text).join(","),
        values: new Set(items.flatMap(({ values }) => [...values])),
      })),
  );
}

const minuteFields = fieldCases(0, 59);
const hourFields = fieldCases(0, 23);
const dayFields = fieldCases(1, 31);
const monthFields = fieldCases(1, 12, MONTH_NAMES);
const weekdayFields = fieldCases(0, 7, DAY_NAMES)
  .map(({ text, values }) => ({
    text,
    values: new Set([...values].map((day) => day % 7)),
  }));
const always = fc.constant({ text: "*", values: new Set(stepped(0, 31, 1)) });

type Expression = readonly [
  minute: FieldCase,
  hour: FieldCase,
  day: FieldCase,
  month: FieldCase,
  weekday: FieldCase,
];

/** Often every day, so that something is due in a short window. */
const expressions: fc.Arbitrary<Expression> = fc.tuple(
  minuteFields,
  hourFields,
  fc.oneof(always, dayFields),
  fc.oneof({ weight: 3, arbitrary: always }, monthFields),
  fc.oneof(always, weekdayFields),
);

function textOf(expression: Expression): string {
  return expression.map(({ text }) => text).join(" ");
}

function isStarred({ text }: FieldCase): boolean {
  return text[0] === "*";
}

function hasDate(
  [, , days, months, weekdays]: Expression,
  date: Date,
): boolean {
  const inDays = days.values.has(date.getUTCDate());
  const inWeekdays = weekdays.values.has(date.getUTCDay());
  const isDay = isStarred(days) || isStarred(weekdays)
    ? inDays && inWeekdays
    : inDays || inWeekdays;
  return months.values.has(date.getUTCMonth() + 1) && isDay;
}

/** Whether the fields have a local time, written as the UTC that reads so. */
function hasLocal(expression: Expression, localMs: number): boolean {
  const date = new Date(localMs);
  return expression[0].values.has(date.getUTCMinutes()) &&
    expression[1].values.has(date.getUTCHours()) &&
    hasDate(expression, date);
}

/** Whether it is due on any date at all: the others are refused. */
function isPossible(expression: Expression): boolean {
  for (let day = 0; day < 40 * 366; day++) {
    if (hasDate(expression, new Date(day * DAY_MS))) return true;
  }
  return false;
}

// --- clocks that changed, and a daemon that lives through it

interface Change {
  readonly zone: string;
  /** The first instant with the new offset. */
  readonly at: string;
  readonly shiftHours: number;
}

const CHANGES: readonly Change[] = [
  { zone: "America/New_York", at: "2024-03-10T07:00Z", shiftHours: 1 },
  { zone: "America/New_York", at: "2024-11-03T06:00Z", shiftHours: -1 },
  { zone: "Europe/Berlin", at: "2023-03-26T01:00Z", shiftHours: 1 },
  { zone: "Europe/Berlin", at: "2023-10-29T01:00Z", shiftHours: -1 },
  { zone: "Australia/Lord_Howe", at: "2023-09-30T15:30Z", shiftHours: 0.5 },
  { zone: "Australia/Lord_Howe", at: "2023-04-01T15:00Z", shiftHours: -0.5 },
  { zone: "America/Sao_Paulo", at: "2018-11-04T03:00Z", shiftHours: 1 },
  { zone: "America/Sao_Paulo", at: "2018-02-18T02:00Z", shiftHours: -1 },
  { zone: "Africa/Cairo", at: "2010-04-29T22:00Z", shiftHours: 1 },
  { zone: "Africa/Cairo", at: "2010-09-30T21:00Z", shiftHours: -1 },
  { zone: "Antarctica/Casey", at: "2010-03-04T15:00Z", shiftHours: -3 },
  { zone: "Pacific/Apia", at: "2011-12-30T10:00Z", shiftHours: 24 },
  { zone: "Asia/Pyongyang", at: "2015-08-14T15:00Z", shiftHours: -0.5 },
  { zone: "America/Caracas", at: "2007-12-09T07:00Z", shiftHours: -0.5 },
  { zone: "Asia/Kathmandu", at: "1985-12-31T18:30Z", shiftHours: 0.25 },
];

/** The clock of a zone, minute by minute, from all of its fields. */
function localClock(zone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (timeMs) => {
    const part = new Map(
      format.formatToParts(timeMs).map(({ type, value }) => [type, +value]),
    );
    return Date.UTC(
      part.get("year")!,
      part.get("month")! - 1,
      part.get("day")!,
      part.get("hour")!,
      part.get("minute")!,
      part.get("second")!,
    );
  };
}

interface Tick {
  readonly timeMs: number;
  readonly localMs: number;
}

const BEFORE_MS = 28 * HOUR_MS;
const AFTER_MS = 30 * HOUR_MS;

/** Every minute about a change. */
const ticksByChange: ReadonlyMap<Change, readonly Tick[]> = new Map(
  CHANGES.map((change): [Change, readonly Tick[]] => {
    const toLocal = localClock(change.zone);
    const at = Date.parse(change.at);
    const times = stepped(at - BEFORE_MS, at + AFTER_MS - 1, MINUTE_MS);
    return [
      change,
      Array.from(times, (timeMs) => ({ timeMs, localMs: toLocal(timeMs) })),
    ];
  }),
);

/**
 * What the man page of cronie's daemon says, as a daemon: it wakes each minute,
 * and keeps a virtual clock that takes no part in the changes of the real one.
 */
function runDaemon(expression: Expression, ticks: readonly Tick[]): number[] {
  const isWildcard = isStarred(expression[0]) || isStarred(expression[1]);
  const runs: number[] = [];
  let virtualMs = ticks[0]!.localMs - MINUTE_MS;
  for (const { timeMs, localMs } of ticks) {
    const skippedMs = localMs - virtualMs - MINUTE_MS;
    const isCorrection = Math.abs(skippedMs) >= 3 * HOUR_MS;
    let isDue = false;
    if (isWildcard || isCorrection) {
      isDue = hasLocal(expression, localMs);
    } else {
      for (let at = virtualMs + MINUTE_MS; at <= localMs; at += MINUTE_MS) {
        isDue ||= hasLocal(expression, at);
      }
    }
    if (isDue) runs.push(timeMs);
    virtualMs = isCorrection ? localMs : Math.max(virtualMs, localMs);
  }
  return runs;
}

describe("CronSchedule.parse()", () => {
  it("keeps the expression, with single blanks, and the time zone", () => {
    const schedule = parse("\t0  4 * *\t Sun ", "europe/berlin");
    strictEqual(schedule.expression, "0 4 * * Sun");
    strictEqual(schedule.timeZone, "europe/berlin");
    strictEqual(String(schedule), "0 4 * * Sun");
    strictEqual(parse("@daily").expression, "@daily");
  });

  it("takes UTC where no time zone is given", () => {
    for (const options of [undefined, {}, { timeZone: undefined }]) {
      const schedule = CronSchedule.parse("0 0 * * *", options).unwrap();
      strictEqual(schedule.timeZone, "UTC");
      strictEqual(schedule.next(0), DAY_MS);
    }
    strictEqual(parse("0 0 * * *", "utc").next(0), DAY_MS);
    strictEqual(parse("0 0 * * *", "Etc/UTC").next(0), DAY_MS);
  });

  it("makes a value that cannot be changed", () => {
    const schedule = parse("0 0 * * *");
    strictEqual(Object.isFrozen(schedule), true);
    ok(schedule instanceof CronSchedule);
  });

  const VALID: readonly (readonly [
    expression: string,
    from: string,
    ...times: string[],
  ])[] = [
    [
      "* * * * *",
      "2024-01-01T00:00:30Z",
      "2024-01-01T00:01Z",
      "2024-01-01T00:02Z",
    ],
    [
      "*/20 * * * *",
      "2024-01-01T00:41Z",
      "2024-01-01T01:00Z",
      "2024-01-01T01:20Z",
    ],
    [
      "*/25 * * * *",
      "2024-01-01T00:26Z",
      "2024-01-01T00:50Z",
      "2024-01-01T01:00Z",
    ],
    [
      "1-30/20 * * * *",
      "2024-01-01T00:00Z",
      "2024-01-01T00:01Z",
      "2024-01-01T00:21Z",
      "2024-01-01T01:01Z",
    ],
    [
      "*/90 * * * *",
      "2024-01-01T00:01Z",
      "2024-01-01T01:00Z",
      "2024-01-01T02:00Z",
    ],
    [
      "59,00,007 23 * * *",
      "2024-01-01T00:00Z",
      "2024-01-01T23:00Z",
      "2024-01-01T23:07Z",
      "2024-01-01T23:59Z",
      "2024-01-02T23:00Z",
    ],
    [
      "0 9-17/4,12 * * *",
      "2024-01-01T00:00Z",
      "2024-01-01T09:00Z",
      "2024-01-01T12:00Z",
      "2024-01-01T13:00Z",
      "2024-01-01T17:00Z",
      "2024-01-02T09:00Z",
    ],
    [
      "59 23 31 12 *",
      "2024-01-01T00:00Z",
      "2024-12-31T23:59Z",
      "2025-12-31T23:59Z",
    ],
    [
      "0 0 31 * *",
      "2024-01-31T00:01Z",
      "2024-03-31T00:00Z",
      "2024-05-31T00:00Z",
    ],
    [
      "0 0 30 * *",
      "2023-01-31T00:00Z",
      "2023-03-30T00:00Z",
      "2023-04-30T00:00Z",
    ],
    [
      "0 0 29 2 *",
      "2024-02-29T00:01Z",
      "2028-02-29T00:00Z",
      "2032-02-29T00:00Z",
    ],
    ["0 0 29 FEB *", "2096-02-29T00:01Z", "2104-02-29T00:00Z"],
    ["0 0 29 2 *", "1896-02-29T00:01Z", "1904-02-29T00:00Z"],
    ["0 0 29 2 *", "1996-02-29T00:01Z", "2000-02-29T00:00Z"],
    [
      "0 0 1 jan,Jul *",
      "2024-01-02T00:00Z",
      "2024-07-01T00:00Z",
      "2025-01-01T00:00Z",
    ],
    [
      "0 0 1 oct-DEC/2 *",
      "2024-01-02T00:00Z",
      "2024-10-01T00:00Z",
      "2024-12-01T00:00Z",
    ],
    // 2024-01-01 was a Monday.
    [
      "0 0 * * 0",
      "2024-01-01T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-14T00:00Z",
    ],
    [
      "0 0 * * 7",
      "2024-01-01T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-14T00:00Z",
    ],
    [
      "0 0 * * sun",
      "2024-01-01T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-14T00:00Z",
    ],
    [
      "0 0 * * 5-7",
      "2024-01-01T00:00Z",
      "2024-01-05T00:00Z",
      "2024-01-06T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-12T00:00Z",
    ],
    [
      "0 0 * * Fri-SUN",
      "2024-01-01T00:00Z",
      "2024-01-05T00:00Z",
      "2024-01-06T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-12T00:00Z",
    ],
    [
      "0 0 * * sat-0",
      "2024-01-01T00:00Z",
      "2024-01-06T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-13T00:00Z",
    ],
    [
      "0 0 * * sun-tue",
      "2024-01-01T00:00Z",
      "2024-01-01T00:00Z",
      "2024-01-02T00:00Z",
      "2024-01-07T00:00Z",
    ],
    [
      "0 0 * * 1-7/3",
      "2024-01-01T00:00Z",
      "2024-01-01T00:00Z",
      "2024-01-04T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-08T00:00Z",
    ],
    [
      "0 0 * * */7",
      "2024-01-01T00:00Z",
      "2024-01-07T00:00Z",
      "2024-01-14T00:00Z",
    ],
    // Either day field will do where neither begins with *.
    [
      "0 0 13 * 5",
      "2024-09-01T00:00Z",
      "2024-09-06T00:00Z",
      "2024-09-13T00:00Z",
      "2024-09-20T00:00Z",
      "2024-09-27T00:00Z",
      "2024-10-04T00:00Z",
      "2024-10-11T00:00Z",
      "2024-10-13T00:00Z",
    ],
    [
      "0 0 30 2 mon",
      "2024-01-01T00:00Z",
      "2024-02-05T00:00Z",
      "2024-02-12T00:00Z",
    ],
    [
      "0 0 1-31 * 1",
      "2024-01-02T00:00Z",
      "2024-01-02T00:00Z",
      "2024-01-03T00:00Z",
    ],
    // It takes both where one begins with *, whatever follows.
    [
      "0 0 */2 * mon",
      "2024-01-02T00:00Z",
      "2024-01-15T00:00Z",
      "2024-01-29T00:00Z",
      "2024-02-05T00:00Z",
    ],
    [
      "0 0 13 * */5",
      "2024-01-01T00:00Z",
      "2024-09-13T00:00Z",
      "2024-10-13T00:00Z",
    ],
    [
      "0 0 *,1 * mon",
      "2024-01-02T00:00Z",
      "2024-01-08T00:00Z",
      "2024-01-15T00:00Z",
    ],
    [
      "0 0 1,* * mon",
      "2024-01-02T00:00Z",
      "2024-01-02T00:00Z",
      "2024-01-03T00:00Z",
    ],
    // 29 February on a Sunday, across 2100, which is no leap year.
    [
      "0 0 29 2 */7",
      "2088-03-01T00:00Z",
      "2128-02-29T00:00Z",
      "2156-02-29T00:00Z",
    ],
    [
      "0 0 */28 2 */7",
      "2024-01-01T00:00Z",
      "2026-02-01T00:00Z",
      "2032-02-01T00:00Z",
      "2032-02-29T00:00Z",
    ],
  ];

  for (const [expression, from, ...times] of VALID) {
    it(`reads ${expression} from ${from} on`, () => {
      deepStrictEqual(upcoming(parse(expression), from, times.length), times);
    });
  }

  it("reads each nickname as its five fields", () => {
    const nicknames: Readonly<Record<string, string>> = {
      "@hourly": "0 * * * *",
      "@daily": "0 0 * * *",
      "@midnight": "0 0 * * *",
      "@weekly": "0 0 * * 0",
      "@monthly": "0 0 1 * *",
      "@yearly": "0 0 1 1 *",
      "@annually": "0 0 1 1 *",
    };
    for (const [nickname, fields] of Object.entries(nicknames)) {
      for (const zone of ["UTC", "America/Sao_Paulo", "America/New_York"]) {
        for (const from of ["2018-02-17T12:00Z", "2018-11-03T12:00Z"]) {
          deepStrictEqual(
            upcoming(parse(nickname, zone), from, 30),
            upcoming(parse(fields, zone), from, 30),
            nickname,
          );
        }
      }
    }
  });

  const INVALID: readonly (readonly [
    expression: string,
    field: string,
    reason: RegExp,
  ])[] = [
    ["", "cron", /five fields .*, not 0;/],
    [" \t", "cron", /not 0;/],
    ["* * * *", "cron", /not 4;/],
    ["0 * * * * *", "cron", /not 6; seconds and years are not supported/],
    ["0 0 12 * * ? 2024", "cron", /not 7;/],
    ["@daily 5", "cron", /not 2;/],
    ["@reboot", "cron", /@reboot is none of @hourly, @daily,/],
    ["@Daily", "cron", /@Daily is none of/],
    ["@", "cron", /@ is none of/],
    ["60 * * * *", "cron.minute", /60 is not within 0 to 59/],
    ["-1 * * * *", "cron.minute", /-1 is neither/],
    ["1.5 * * * *", "cron.minute", /1\.5 is neither/],
    ["0x1 * * * *", "cron.minute", /0x1 is neither/],
    ["1e1 * * * *", "cron.minute", /1e1 is neither/],
    ["jan * * * *", "cron.minute", /jan is not within 0 to 59/],
    ["5/15 * * * *", "cron.minute", /the step of 5\/15 .* follow/],
    ["*/0 * * * *", "cron.minute", /the step of \*\/0 is 0/],
    ["0-9/00 * * * *", "cron.minute", /the step of 0-9\/00 is 0/],
    ["*/ * * * *", "cron.minute", /\*\/ is neither/],
    ["*/2/3 * * * *", "cron.minute", /neither/],
    ["*/-2 * * * *", "cron.minute", /neither/],
    ["/5 * * * *", "cron.minute", /neither/],
    ["*5 * * * *", "cron.minute", /neither/],
    ["5* * * * *", "cron.minute", /neither/],
    ["** * * * *", "cron.minute", /neither/],
    ["1-*  * * * *", "cron.minute", /neither/],
    ["1- * * * *", "cron.minute", /neither/],
    ["1-2-3 * * * *", "cron.minute", /neither/],
    ["30-10 * * * *", "cron.minute", /30-10 runs backwards/],
    ["1-5,50-60 * * * *", "cron.minute", /50-60 is not within 0 to 59/],
    ["1,,2 * * * *", "cron.minute", /"" is neither/],
    [", * * * *", "cron.minute", /"" is neither/],
    ["1, * * * *", "cron.minute", /"" is neither/],
    ["0~30 * * * *", "cron.minute", /0~30 is neither/],
    ["٣ * * * *", "cron.minute", /neither/],
    ["0\n 0 * * *", "cron.minute", /"0\\n" is neither/],
    ["0 24 * * *", "cron.hour", /24 is not within 0 to 23/],
    ["0 22-0 * * *", "cron.hour", /22-0 runs backwards/],
    ["0 99999999999999999999 * * *", "cron.hour", /is not within/],
    ["0 0 0 * *", "cron.dayOfMonth", /0 is not within 1 to 31/],
    ["0 0 32 * *", "cron.dayOfMonth", /32 is not within 1 to 31/],
    ["0 0 0-5 * *", "cron.dayOfMonth", /0-5 is not within 1 to 31/],
    ["0 0 L * *", "cron.dayOfMonth", /L uses L, W, # or \?, which are not/],
    ["0 0 L-3 * *", "cron.dayOfMonth", /not supported/],
    ["0 0 lw * *", "cron.dayOfMonth", /not supported/],
    ["0 0 15W * *", "cron.dayOfMonth", /15W uses .* not supported/],
    ["0 0 ? * *", "cron.dayOfMonth", /\? uses .* not supported/],
    ["0 0 * 0 *", "cron.month", /0 is not within 1 to 12 or jan to dec/],
    ["0 0 * 13 *", "cron.month", /13 is not within/],
    ["0 0 * june *", "cron.month", /june is not within/],
    ["0 0 * sun *", "cron.month", /sun is not within/],
    ["0 0 * dec-jan *", "cron.month", /dec-jan runs backwards/],
    ["0 0 * */jan *", "cron.month", /neither/],
    ["0 0 * * 8", "cron.dayOfWeek", /8 is not within 0 to 7 or sun to sat/],
    ["0 0 * * monday", "cron.dayOfWeek", /monday is not within/],
    ["0 0 * * fri-mon", "cron.dayOfWeek", /fri-mon runs backwards/],
    ["0 0 * * mon-fry", "cron.dayOfWeek", /mon-fry is not within/],
    ["0 0 * * 5#3", "cron.dayOfWeek", /5#3 uses .* not supported/],
    ["0 0 * * mon#1", "cron.dayOfWeek", /not supported/],
    ["0 0 * * 5L", "cron.dayOfWeek", /5L uses .* not supported/],
    ["0 0 * * friL", "cron.dayOfWeek", /friL uses .* not supported/],
    ["0 0 * * mon,?", "cron.dayOfWeek", /\? uses .* not supported/],
    ["0 0 30 2 *", "cron", /none of its months has any of its days/],
    ["0 0 31 2,4,6,9,11 *", "cron", /none of its months/],
    ["0 0 30-31 feb */2", "cron", /none of its months/],
  ];

  for (const [expression, field, reason] of INVALID) {
    it(`refuses ${JSON.stringify(expression)}`, () => {
      const error = CronSchedule.parse(expression).unwrapErr();
      strictEqual(error.code, "VALIDATION_INVALID_FORMAT");
      strictEqual(error.params.field, field);
      ok(reason.test(String(error.params.reason)), error.message);
    });
  }

  it("shows no more than the beginning of a long item", () => {
    const long = "9".repeat(100_000);
    for (const expression of [`${long} * * * *`, `@${long}`]) {
      const { message } = CronSchedule.parse(expression).unwrapErr();
      ok(message.length < 300, `${message.length} characters`);
    }
    const error = CronSchedule.parse("@daily", { timeZone: `A${long}` });
    ok(error.unwrapErr().message.length < 300);
  });

  for (
    const timeZone of [
      "",
      " ",
      "Mars/Olympus",
      "Europe/Berlin ",
      "+01:00",
      "-05:00",
      "GMT+25",
      "local",
    ]
  ) {
    it(`refuses the time zone ${JSON.stringify(timeZone)}`, () => {
      const error = CronSchedule.parse("@daily", { timeZone }).unwrapErr();
      strictEqual(error.code, "VALIDATION_INVALID_FORMAT");
      strictEqual(error.params.field, "timeZone");
    });
  }

  it("throws where an argument is no string", () => {
    for (const value of [undefined, null, 5, {}, ["0 0 * * *"]]) {
      throws(
        () => CronSchedule.parse(value as string),
        (thrown) =>
          ValidationError.is(thrown) &&
          /option expression is not valid/.test(thrown.message),
      );
    }
    for (const timeZone of [null, 5, {}]) {
      throws(
        () => CronSchedule.parse("@daily", { timeZone } as CronOptions),
        /option timeZone is not valid/,
      );
    }
  });

  it(`CS1: parse(toString()) gives the same schedule, and nothing throws for any text (${RUNS} cases)`, () => {
    const alphabet = fc.constantFrom(..."0123456789*/-,@ LW#?amonsufri\t");
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: alphabet, maxLength: 24 }),
      expressions.map(textOf),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = CronSchedule.parse(text);
        if (!parsed.ok) {
          strictEqual(parsed.error.code, "VALIDATION_INVALID_FORMAT");
          return;
        }
        const again = parse(String(parsed.value));
        strictEqual(String(again), String(parsed.value));
        deepStrictEqual(
          upcoming(again, "2024-01-01T00:00Z", 5),
          upcoming(parsed.value, "2024-01-01T00:00Z", 5),
        );
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

describe("CronSchedule.next()", () => {
  it(`CS2: in UTC, next() is the first minute that the fields have, and matches() has it (${RUNS} cases)`, () => {
    fc.assert(
      fc.property(
        expressions,
        fc.integer({ min: -4e12, max: 8e12 }),
        (expression, after) => {
          const parsed = CronSchedule.parse(textOf(expression));
          strictEqual(parsed.ok, isPossible(expression));
          if (!parsed.ok) return;
          const next = parsed.value.next(after)!;
          ok(next > after);
          strictEqual(parsed.value.matches(next), true);
          const first = Math.floor(after / MINUTE_MS + 1) * MINUTE_MS;
          const end = first + 3 * DAY_MS;
          let expected = first;
          while (expected < end && !hasLocal(expression, expected)) {
            expected += MINUTE_MS;
          }
          if (expected < end) strictEqual(iso(next), iso(expected));
          else ok(next >= end);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it(`CS3: in UTC, next() finds the date that a search day by day finds (${RUNS} cases)`, () => {
    const rare = fc.tuple(
      fc.constant({ text: "7", values: new Set([7]) }),
      fc.constant({ text: "5", values: new Set([5]) }),
      dayFields,
      monthFields,
      weekdayFields,
    );
    fc.assert(
      fc.property(
        rare,
        fc.integer({ min: -80 * 365, max: 250 * 365 }),
        (expression, afterDay) => {
          if (!isPossible(expression)) return;
          let day = afterDay;
          while (!hasDate(expression, new Date(day * DAY_MS))) day++;
          const expected = day * DAY_MS + 5 * HOUR_MS + 7 * MINUTE_MS;
          const schedule = parse(textOf(expression));
          strictEqual(schedule.next(afterDay * DAY_MS), expected);
        },
      ),
      { numRuns: RUNS },
    );
  });

  for (const change of CHANGES) {
    const ticks = ticksByChange.get(change)!;
    const at = Date.parse(change.at);
    const before = ticks[BEFORE_MS / MINUTE_MS - 1]!;
    const after = ticks[BEFORE_MS / MINUTE_MS]!;

    it(`CS4: next() and matches() do as the daemon does about ${change.at} in ${change.zone} (${RUNS} cases)`, () => {
      // What the runtime knows of time zones, before what we make of it.
      strictEqual(after.timeMs, at);
      strictEqual(
        after.localMs - before.localMs - MINUTE_MS,
        change.shiftHours * HOUR_MS,
      );
      // Hours and minutes about the change, as fixed jobs and as others.
      const near = expressions.chain(([minute, hour, ...days]) => {
        const hours = [before, after]
          .map(({ localMs }) => new Date(localMs).getUTCHours());
        return fc.tuple(
          fc.constantFrom(minute, {
            text: "0,15,30,45,59",
            values: new Set([0, 15, 30, 45, 59]),
          }),
          fc.constantFrom(
            hour,
            ...hours.map((value) => ({
              text: String(value),
              values: new Set([value]),
            })),
          ),
          ...days.map((day) => fc.constant(day)) as [
            fc.Arbitrary<FieldCase>,
            fc.Arbitrary<FieldCase>,
            fc.Arbitrary<FieldCase>,
          ],
        );
      });
      fc.assert(
        fc.property(
          fc.oneof(expressions, near),
          fc.integer({ min: -BEFORE_MS, max: AFTER_MS - 1 }),
          (expression, distance) => {
            const parsed = CronSchedule.parse(textOf(expression), {
              timeZone: change.zone,
            });
            if (!parsed.ok) return;
            const schedule = parsed.value;
            const expected = runDaemon(expression, ticks);
            const [from, to] = [at - 4 * HOUR_MS, at + 4 * HOUR_MS];
            deepStrictEqual(
              timesBetween(schedule, from - 1, to).map(iso),
              expected.filter((run) => run >= from && run < to).map(iso),
            );
            // From anywhere, and whatever was asked before.
            const time = at + distance;
            const next = schedule.next(time);
            const later = expected.find((run) => run > time);
            if (later === undefined) ok(next! >= at + AFTER_MS);
            else strictEqual(iso(next!), iso(later));
            const minute = Math.floor(time / MINUTE_MS) * MINUTE_MS;
            strictEqual(schedule.matches(time), expected.includes(minute));
          },
        ),
        { numRuns: RUNS },
      );
    });
  }

  const CHANGED: readonly (readonly [
    what: string,
    expression: string,
    zone: string,
    from: string,
    ...times: string[],
  ])[] = [
    [
      "runs a skipped time when the gap ends",
      "30 2 * * *",
      "America/New_York",
      "2024-03-09T12:00Z",
      "2024-03-10T07:00Z",
      "2024-03-11T06:30Z",
    ],
    [
      "runs several skipped times once",
      "0,20,40 2 * * *",
      "America/New_York",
      "2024-03-10T00:00-05:00",
      "2024-03-10T07:00Z",
      "2024-03-11T06:00Z",
    ],
    [
      "runs a skipped time and one at the end of the gap once",
      "0 2,3 * * *",
      "America/New_York",
      "2024-03-10T00:00-05:00",
      "2024-03-10T07:00Z",
      "2024-03-11T06:00Z",
    ],
    [
      "skips the gap with a wildcard hour",
      "30 * * * *",
      "America/New_York",
      "2024-03-10T06:00Z",
      "2024-03-10T06:30Z",
      "2024-03-10T07:30Z",
    ],
    [
      "skips the day with a wildcard minute",
      "*/30 2 * * *",
      "America/New_York",
      "2024-03-10T00:00-05:00",
      "2024-03-11T06:00Z",
      "2024-03-11T06:30Z",
    ],
    [
      "skips the gap with a stepped hour",
      "0 */2 * * *",
      "America/New_York",
      "2024-03-10T05:00Z",
      "2024-03-10T05:00Z",
      "2024-03-10T08:00Z",
    ],
    [
      "keeps what a range of hours would skip",
      "0 0-23/2 * * *",
      "America/New_York",
      "2024-03-10T05:00Z",
      "2024-03-10T05:00Z",
      "2024-03-10T07:00Z",
      "2024-03-10T08:00Z",
    ],
    [
      "runs a repeated time once",
      "30 1 * * *",
      "America/New_York",
      "2024-11-03T04:00Z",
      "2024-11-03T05:30Z",
      "2024-11-04T06:30Z",
    ],
    [
      "runs a range of hours once",
      "30 0-2 * * *",
      "America/New_York",
      "2024-11-03T04:00Z",
      "2024-11-03T04:30Z",
      "2024-11-03T05:30Z",
      "2024-11-03T07:30Z",
    ],
    [
      "repeats a wildcard hour",
      "30 * * * *",
      "America/New_York",
      "2024-11-03T05:00Z",
      "2024-11-03T05:30Z",
      "2024-11-03T06:30Z",
      "2024-11-03T07:30Z",
    ],
    [
      "repeats a wildcard minute",
      "*/30 1 * * *",
      "America/New_York",
      "2024-11-03T04:00Z",
      "2024-11-03T05:00Z",
      "2024-11-03T05:30Z",
      "2024-11-03T06:00Z",
      "2024-11-03T06:30Z",
      "2024-11-04T06:00Z",
    ],
    [
      "takes 5,* for a fixed minute",
      "5,* 1 * * *",
      "America/New_York",
      "2024-11-03T05:59Z",
      "2024-11-03T05:59Z",
      "2024-11-04T06:00Z",
    ],
    [
      "knows a gap of half an hour",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2023-09-30T00:00Z",
      "2023-09-30T15:30Z",
      "2023-10-01T15:15Z",
    ],
    [
      "runs what follows a short gap at its time",
      "45 2 * * *",
      "Australia/Lord_Howe",
      "2023-09-30T00:00Z",
      "2023-09-30T15:45Z",
    ],
    [
      "runs once in a repeated half-hour",
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2023-04-01T00:00Z",
      "2023-04-01T14:45Z",
      "2023-04-02T15:15Z",
    ],
    [
      "runs twice in a repeated half-hour",
      "45 * * * *",
      "Australia/Lord_Howe",
      "2023-04-01T14:00Z",
      "2023-04-01T14:45Z",
      "2023-04-01T15:15Z",
      "2023-04-01T16:15Z",
    ],
    [
      "starts a day without midnight at one",
      "@daily",
      "America/Sao_Paulo",
      "2018-11-03T12:00Z",
      "2018-11-04T03:00Z",
      "2018-11-05T02:00Z",
    ],
    [
      "starts a week without midnight at one",
      "@weekly",
      "America/Sao_Paulo",
      "2018-11-03T12:00Z",
      "2018-11-04T03:00Z",
      "2018-11-11T02:00Z",
    ],
    [
      "runs at a repeated 23:30 once",
      "30 23 * * *",
      "America/Sao_Paulo",
      "2018-02-17T12:00Z",
      "2018-02-18T01:30Z",
      "2018-02-19T02:30Z",
    ],
    [
      "ends a Saturday that is an hour longer",
      "59 * * * 6",
      "America/Sao_Paulo",
      "2018-02-18T01:00Z",
      "2018-02-18T01:59Z",
      "2018-02-18T02:59Z",
      "2018-02-24T03:59Z",
    ],
    [
      "starts a day without midnight at one",
      "@daily",
      "Africa/Cairo",
      "2010-04-29T12:00Z",
      "2010-04-29T22:00Z",
      "2010-04-30T21:00Z",
    ],
    [
      "starts a month after a repeated hour",
      "@monthly",
      "Africa/Cairo",
      "2010-09-30T00:00Z",
      "2010-09-30T22:00Z",
    ],
    [
      "leaves out a day that was left out",
      "@daily",
      "Pacific/Apia",
      "2011-12-29T00:00Z",
      "2011-12-29T10:00Z",
      "2011-12-30T10:00Z",
      "2011-12-31T10:00Z",
    ],
    [
      "leaves out a date that was left out",
      "0 12 30 12 *",
      "Pacific/Apia",
      "2011-01-01T00:00Z",
      "2012-12-29T22:00Z",
    ],
    [
      "leaves out a weekday that was left out",
      "0 12 * * fri",
      "Pacific/Apia",
      "2011-12-24T00:00Z",
      "2012-01-05T22:00Z",
    ],
    [
      "finds a skipped date of a far year",
      "30 2 31 3 *",
      "Europe/Berlin",
      "2013-04-01T00:00Z",
      "2014-03-31T00:30Z",
      "2015-03-31T00:30Z",
      "2016-03-31T00:30Z",
    ],
    [
      "finds a summer's date in winter",
      "0 12 4 7 *",
      "America/New_York",
      "2024-01-01T00:00Z",
      "2024-07-04T16:00Z",
      "2025-07-04T16:00Z",
    ],
    [
      "finds a winter's date in summer",
      "0 12 25 12 *",
      "America/New_York",
      "2024-07-01T00:00Z",
      "2024-12-25T17:00Z",
      "2025-12-25T17:00Z",
    ],
    [
      "finds a repetition before a far date",
      "*/30 1 3 11 *",
      "America/New_York",
      "2024-11-03T05:45Z",
      "2024-11-03T06:00Z",
      "2024-11-03T06:30Z",
      "2025-11-03T06:00Z",
    ],
    [
      "finds a gap a year away",
      "30 2 27 3 *",
      "Europe/Berlin",
      "2015-04-01T00:00Z",
      "2016-03-27T01:00Z",
      "2017-03-27T00:30Z",
    ],
    // Liberia's clock was 44 min 30 s behind until it turned 00:44:30 at once.
    [
      "starts minutes where a zone had them",
      "* * * * *",
      "Africa/Monrovia",
      "1972-01-06T12:00:00Z",
      "1972-01-06T12:00:30.000Z",
      "1972-01-06T12:01:30.000Z",
    ],
    [
      "goes over from odd minutes to even ones",
      "* * * * *",
      "Africa/Monrovia",
      "1972-01-07T00:42:31Z",
      "1972-01-07T00:43:30.000Z",
      "1972-01-07T00:44:30.000Z",
      "1972-01-07T00:45Z",
    ],
    [
      "runs in the minute in which a gap ends",
      "30 0 * * *",
      "Africa/Monrovia",
      "1972-01-06T12:00Z",
      "1972-01-07T00:44:30.000Z",
      "1972-01-08T00:30Z",
    ],
  ];

  for (const [what, expression, zone, from, ...times] of CHANGED) {
    it(`${what}: ${expression} in ${zone}`, () => {
      const schedule = parse(expression, zone);
      deepStrictEqual(upcoming(schedule, from, times.length), times);
      for (const time of times) {
        strictEqual(schedule.matches(Date.parse(time)), true, time);
      }
    });
  }

  it(`CS5: in a zone, next() finds the date that a search day by day finds (${RUNS} cases)`, () => {
    // At 5:07, a time at which none of these clocks changed since 1975.
    const zones = CHANGES.map(({ zone }) => zone)
      .filter((zone) => !/Apia|Casey/.test(zone))
      .map((zone): [string, (timeMs: number) => number] => [
        zone,
        localClock(zone),
      ]);
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.tuple(
          fc.constant({ text: "7", values: new Set([7]) }),
          fc.constant({ text: "5", values: new Set([5]) }),
          dayFields,
          monthFields,
          weekdayFields,
        ),
        fc.integer({ min: Date.UTC(1975), max: Date.UTC(2020) }),
        ([zone, toLocal], expression, after) => {
          if (!isPossible(expression)) return;
          const ofDay = 5 * HOUR_MS + 7 * MINUTE_MS;
          const afterLocal = toLocal(Math.floor(after / 1000) * 1000);
          let day = Math.floor((afterLocal - ofDay) / DAY_MS) + 1;
          while (!hasDate(expression, new Date(day * DAY_MS))) day++;
          const next = parse(textOf(expression), zone).next(after)!;
          strictEqual(iso(toLocal(next)), iso(day * DAY_MS + ofDay));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("asks the runtime about a zone a few times, however far the date", () => {
    let asked = 0;
    const { DateTimeFormat } = Intl;
    function CountingFormat(
      ...args: ConstructorParameters<typeof DateTimeFormat>
    ): unknown {
      const inner = new DateTimeFormat(...args);
      const format = (timeMs: number): string => {
        asked++;
        return inner.format(timeMs);
      };
      return { format };
    }
    withReplaced(Intl, "DateTimeFormat", CountingFormat as never, () => {
      const schedule = parse("0 0 29 2 */7", "America/New_York");
      const time = schedule.next(Date.parse("2088-03-01T12:00Z"))!;
      strictEqual(iso(time), "2128-02-29T05:00Z");
    });
    ok(asked > 0 && asked < 10, `${asked} times`);
  });

  it("is strict about the millisecond", () => {
    const schedule = parse("0 * * * *");
    strictEqual(schedule.next(-1), 0);
    strictEqual(schedule.next(-0.5), 0);
    strictEqual(schedule.next(0), HOUR_MS);
    strictEqual(schedule.next(HOUR_MS - 0.25), HOUR_MS);
    strictEqual(schedule.next(HOUR_MS), 2 * HOUR_MS);
  });

  it("goes nearly as far as a Date goes, in both directions", () => {
    for (const zone of ["UTC", "America/New_York", "Pacific/Kiritimati"]) {
      const schedule = parse("* * * * *", zone);
      ok(schedule.next(-LAST_MS)! <= MINUTE_MS - LAST_MS, zone);
      strictEqual(schedule.next(LAST_MS), undefined, zone);
      strictEqual(schedule.next(LAST_MS - 1), LAST_MS, zone);
      strictEqual(schedule.matches(LAST_MS), true, zone);
      strictEqual(parse("0 0 1 1 *", zone).next(LAST_MS - 1), undefined, zone);
      strictEqual(parse("0 0 29 2 *", zone).next(LAST_MS - 1), undefined, zone);
    }
    // The years below 100, which Date.UTC() takes for those after 1900.
    deepStrictEqual(
      upcoming(parse("0 0 29 2 *"), "0050-06-01T00:00Z", 1),
      ["0052-02-29T00:00Z"],
    );
  });

  it("throws where the time is no time", () => {
    const schedule = parse("* * * * *");
    const bad: readonly (readonly [string, unknown])[] = [
      ...NOT_NUMBERS,
      ["NaN", NaN],
      ["Infinity", Infinity],
      ["-Infinity", -Infinity],
      ["beyond a Date", LAST_MS + 1],
    ];
    for (const [name, value] of bad) {
      throws(
        () => schedule.next(value as number),
        (thrown) =>
          ValidationError.is(thrown) && /afterMs/.test(thrown.message),
        name,
      );
      throws(
        () => schedule.matches(value as number),
        (thrown) => ValidationError.is(thrown) && /timeMs/.test(thrown.message),
        name,
      );
    }
  });
});

describe("CronSchedule.matches()", () => {
  it("has every time of the minute, and none of the others", () => {
    const schedule = parse("30 9 * * *", "Asia/Kathmandu");
    const due = Date.parse("2024-05-01T09:30+05:45");
    for (
      const [distance, expected] of [
        [-1, false],
        [-0.5, false],
        [0, true],
        [0.5, true],
        [MINUTE_MS - 1, true],
        [MINUTE_MS, false],
      ] as const
    ) {
      strictEqual(schedule.matches(due + distance), expected, `${distance}`);
    }
  });

  it("has the first of two equal times for a fixed job, and both for others", () => {
    const first = Date.parse("2024-11-03T05:30Z");
    const second = first + HOUR_MS;
    const zone = "America/New_York";
    const dues = ["30 1 * * *", "30 * * * *"].map((expression) =>
      [first, second].map((time) => parse(expression, zone).matches(time))
    );
    deepStrictEqual(dues, [[true, false], [true, true]]);
  });

  it("has the end of a gap for what was skipped, on that day alone", () => {
    const schedule = parse("30 2 * * *", "America/New_York");
    strictEqual(schedule.matches(Date.parse("2024-03-10T03:00-04:00")), true);
    strictEqual(schedule.matches(Date.parse("2024-03-10T03:01-04:00")), false);
    strictEqual(schedule.matches(Date.parse("2024-03-10T03:30-04:00")), false);
    strictEqual(schedule.matches(Date.parse("2024-03-11T03:00-04:00")), false);
  });
});
