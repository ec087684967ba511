/**
 * Cron expressions: five fields and a time zone, parsed once, that tell when a
 * job is due. A schedule is a value: it never changes, reads no clock and sets
 * no timer.
 *
 * When to use it: for times of the calendar, as people mean them, in their time
 * zone.
 *
 * When not: for intervals: `every()` of the `task-scheduler` follows a clock
 * that nobody sets. For seconds, which cron has not.
 *
 * | field | values |
 * | --- | --- |
 * | minute | 0 to 59 |
 * | hour | 0 to 23 |
 * | day of month | 1 to 31 |
 * | month | 1 to 12, or `jan` to `dec` |
 * | day of week | 0 to 7, where 0 and 7 are Sunday, or `sun` to `sat` |
 *
 * A field is a list, with commas, of values, ranges (`9-17`) and `*`. A step
 * (`9-17/2`) follows a range or `*`; after a single value (`5/15`) it is
 * refused, as in cronie. One that is longer than its range leaves the first
 * value. Names have three letters, in either case. A range of weekdays may end
 * with Sunday (`fri-sun`). In place of the five fields there may be `@hourly`,
 * `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` or `@annually`.
 *
 * The rest follows cronie, the cron of many Linux systems:
 *
 * - **Two day fields.** Where one of them begins with `*`, a day must match
 *   both: `*` with the step 2, and `mon`, are the Mondays with an odd date.
 *   Where neither does, one is enough: `1,15` and `mon` are both dates, and
 *   each Monday besides.
 * - **Fixed and wildcard jobs.** A job is a wildcard job where its minute or
 *   its hour begins with `*`: it runs by the clock on the wall, as that comes.
 *   So it skips what the clock skips, and runs twice in what the clock repeats.
 *   All others are fixed jobs, which a change of the clock shall neither drop
 *   nor double: a time that the clock skips runs at the first instant after the
 *   gap, once for all times in the gap (cronie: once for each, in a row); a time
 *   that the clock repeats runs the first time alone.
 * - **Corrections.** A change of three hours or more is none of daylight saving
 *   time: there, fixed jobs too run by the clock on the wall, and a day that
 *   the calendar left out is left out.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html}
 * POSIX, crontab
 * @see {@link https://man7.org/linux/man-pages/man5/crontab.5.html} cronie,
 * crontab(5): the fields
 * @see {@link https://man7.org/linux/man-pages/man8/cron.8.html} cronie,
 * cron(8), "Daylight Saving Time and other time changes". What makes a wildcard
 * job is in its source alone: `MIN_STAR`, `HR_STAR`, `DOM_STAR` and `DOW_STAR`
 * in `src/entry.c` and `src/cron.c`.
 *
 * @example Every weekday at half past nine, in Berlin
 * ```ts
 * import { CronSchedule } from "@groundwork/infra/cron";
 * import { strictEqual } from "node:assert/strict";
 *
 * const schedule = CronSchedule.parse("30 9 * * mon-fri", {
 *   timeZone: "Europe/Berlin",
 * }).unwrap();
 * const friday = Date.parse("2024-03-29T12:00:00Z");
 * const due = schedule.next(friday)!;
 * // Berlin's summer time begins that Sunday.
 * strictEqual(new Date(due).toISOString(), "2024-04-01T07:30:00.000Z");
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { ValidationError } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

/** Options of {@linkcode CronSchedule.parse}. */
export interface CronOptions {
  /**
   * The time zone of the fields, by its IANA name: `"Europe/Berlin"`. Not an
   * offset such as `"+01:00"`, which some runtimes do not know.
   *
   * @default {"UTC"}
   */
  readonly timeZone?: string | undefined;
}

/**
 * The error of an expression that cannot be read, of one that is never due, and
 * of an unknown time zone. Its parameter `field` is `cron.minute`, `cron.hour`,
 * `cron.dayOfMonth`, `cron.month` or `cron.dayOfWeek`, or `cron` where it is
 * about the whole expression, or `timeZone`; `reason` says what is wrong.
 *
 * @example Which field is wrong, and why
 * ```ts
 * import { type CronError, CronSchedule } from "@groundwork/infra/cron";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const explain = ({ params }: CronError) => [params.field, params.reason];
 *
 * deepStrictEqual(CronSchedule.parse("0 25 * * *").mapErr(explain).unwrapErr(), [
 *   "cron.hour",
 *   "25 is not within 0 to 23",
 * ]);
 * ```
 */
export type CronError = ValidationError<"VALIDATION_INVALID_FORMAT">;

const MINUTE_MS = 60_000;
const MINUTES_PER_HOUR = 60;
const DAY_MS = 86_400_000;
/**
 * The last time that is looked at, in the year 275760; the first is its
 * negative. Of the times that a Date holds it leaves out a day, so that the
 * local time is one of them as well.
 */
const LAST_MS = 8.64e15 - DAY_MS;
/** From here on a change of the clock is a correction, see cron(8). */
const CORRECTION_MS = 3 * 60 * MINUTE_MS;
/**
 * No zone changes its offset twice within this time, and none by so much: the
 * largest change, of 24 hours, moved a zone across the date line.
 */
const WINDOW_MS = 36 * 60 * MINUTE_MS;

/** A byte a value: 1 where the field has it. `indexOf(1, from)` is the next. */
type ValueSet = Uint8Array;

interface Field {
  /** How an error names it. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The names of the values, from `min` on. */
  readonly names: readonly string[];
  /** The values in words. */
  readonly values: string;
}

const MINUTE: Field = {
  name: "cron.minute",
  min: 0,
  max: 59,
  names: [],
  values: "0 to 59",
};
const HOUR: Field = {
  name: "cron.hour",
  min: 0,
  max: 23,
  names: [],
  values: "0 to 23",
};
const DAY_OF_MONTH: Field = {
  name: "cron.dayOfMonth",
  min: 1,
  max: 31,
  names: [],
  values: "1 to 31",
};
const MONTH: Field = {
  name: "cron.month",
  min: 1,
  max: 12,
  names: [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
  ],
  values: "1 to 12 or jan to dec",
};
const DAY_OF_WEEK: Field = {
  name: "cron.dayOfWeek",
  min: 0,
  max: 7,
  names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
  values: "0 to 7 or sun to sat",
};
const FIELDS = [MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK] as const;

const NICKNAMES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["@hourly", "0 * * * *"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
]);

const ITEM = /^(?:\*|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/i;
/** `?`, `5#3`, `L`, `L-3`, `15W`, `LW`, `5L` and `friL` of Quartz. */
const QUARTZ = /[?#]|^\d*(?:L|W|LW)(?:-\d+)?$|^[a-z]{3}L$/i;
/** The longest piece of an expression or a zone that an error shows. */
const SHOWN_CHARACTERS = 32;

/** What an expression says. */
interface Fields {
  readonly minutes: ValueSet;
  readonly hours: ValueSet;
  readonly days: ValueSet;
  readonly months: ValueSet;
  readonly weekdays: ValueSet;
  /** Whether a day needs both day fields, and not one of them. */
  readonly needsBothDays: boolean;
  /** Whether it is a fixed job, which a change of the clock does not touch. */
  readonly isFixed: boolean;
}

/** The zone's distance from UTC at a time, in ms; positive east of Greenwich. */
type OffsetAt = (timeMs: number) => number;

/** What {@linkcode CronSchedule.parse} makes a schedule of. */
interface Parts {
  readonly expression: string;
  readonly timeZone: string;
  readonly fields: Fields;
  readonly offsetAt: OffsetAt;
}

/**
 * When a job is due: an expression and a time zone. Frozen; made by
 * {@linkcode CronSchedule.parse}.
 *
 * @example The next three times
 * ```ts
 * import { CronSchedule } from "@groundwork/infra/cron";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const monthly = CronSchedule.parse("@monthly").unwrap();
 * let time: number | undefined = Date.parse("2024-01-31T00:00:00Z");
 * const days: string[] = [];
 * while (days.length < 3 && (time = monthly.next(time)) !== undefined) {
 *   days.push(new Date(time).toISOString().slice(0, 10));
 * }
 * deepStrictEqual(days, ["2024-02-01", "2024-03-01", "2024-04-01"]);
 * ```
 */
export class CronSchedule {
  /** The expression as it was given, with single spaces between its fields. */
  readonly expression: string;
  /** The time zone as it was given. */
  readonly timeZone: string;
  readonly #fields: Fields;
  readonly #offsetAt: OffsetAt;

  /**
   * For {@linkcode CronSchedule.parse} alone, hence the type.
   *
   * @param parts What the expression says.
   */
  constructor(parts: never) {
    const { expression, timeZone, fields, offsetAt } = parts as Parts;
    this.expression = expression;
    this.timeZone = timeZone;
    this.#fields = fields;
    this.#offsetAt = offsetAt;
    Object.freeze(this);
  }

  /**
   * Reads an expression. One whose days are in none of its months, such as
   * `0 0 30 2 *`, is refused; every other is due again and again.
   *
   * @param expression Five fields with blanks between them, or a nickname.
   * @param options The time zone.
   * @returns The schedule; or an error that names the field and the reason.
   * @throws {ValidationError} The expression or the time zone is no string.
   *
   * @example Input from outside
   * ```ts
   * import { CronSchedule } from "@groundwork/infra/cron";
   * import { strictEqual } from "node:assert/strict";
   *
   * strictEqual(CronSchedule.parse("0-59/5 8-18 * * mon-fri").ok, true);
   * strictEqual(
   *   CronSchedule.parse("0 0 * * fry").unwrapErr().message,
   *   "cron.dayOfWeek has an invalid format: " +
   *     "fry is not within 0 to 7 or sun to sat",
   * );
   * strictEqual(
   *   CronSchedule.parse("@daily", { timeZone: "Mars" }).unwrapErr().params.field,
   *   "timeZone",
   * );
   * ```
   */
  static parse(
    expression: string,
    options: CronOptions = {},
  ): Result<CronSchedule, CronError> {
    const { timeZone = "UTC" } = options;
    requireOption(
      validateType("expression", expression, "string"),
      expression,
    );
    requireOption(validateType("timeZone", timeZone, "string"), timeZone);
    const words = expression.match(/[^ \t]+/g) ?? [];
    return parseFields(words).andThen((fields) =>
      findOffsets(timeZone).map((offsetAt) => {
        const parts: Parts = {
          expression: words.join(" "),
          timeZone,
          fields,
          offsetAt,
        };
        return new CronSchedule(parts as never);
      })
    );
  }

  /**
   * The first time after a time at which the job is due. It goes from field to
   * field, so a rare date costs little more than a frequent one: some µs.
   *
   * @param afterMs Wall time, in ms since the epoch, up to ±8,639,999,913,600,000
   * (a day less than a Date).
   * @returns The time, which is later than `afterMs`, in ms since the epoch: the
   * start of a minute in the zone, or the end of a gap. `undefined` where it is
   * past the last time, in the year 275760.
   * @throws {ValidationError} `afterMs` is no number, or NaN, or out of range.
   *
   * @example A time that the clock skips, and one that it repeats
   * ```ts
   * import { CronSchedule } from "@groundwork/infra/cron";
   * import { strictEqual } from "node:assert/strict";
   *
   * const timeZone = "America/New_York";
   * const next = (expression: string, after: string) => {
   *   const schedule = CronSchedule.parse(expression, { timeZone }).unwrap();
   *   return new Date(schedule.next(Date.parse(after))!).toISOString();
   * };
   *
   * // 2:30 is skipped: a fixed job runs at 3:00, when the gap ends.
   * strictEqual(
   *   next("30 2 * * *", "2024-03-10T00:00-05:00"),
   *   "2024-03-10T07:00:00.000Z",
   * );
   * // 1:30 comes twice: a fixed job runs once, a wildcard job both times.
   * strictEqual(
   *   next("30 1 * * *", "2024-11-03T01:30-04:00"),
   *   "2024-11-04T06:30:00.000Z",
   * );
   * strictEqual(
   *   next("30 * * * *", "2024-11-03T01:30-04:00"),
   *   "2024-11-03T06:30:00.000Z",
   * );
   * ```
   */
  next(afterMs: number): number | undefined {
    return this.#next(Math.floor(requireTime("afterMs", afterMs)));
  }

  /**
   * Whether the job is due in the minute that contains a time: a minute of the
   * zone's clock, which {@linkcode CronSchedule.next} finds.
   *
   * @param timeMs Wall time, in ms since the epoch, up to ±8,639,999,913,600,000
   * (a day less than a Date).
   * @returns Whether it is.
   * @throws {ValidationError} `timeMs` is no number, or NaN, or out of range.
   *
   * @example The seconds do not count
   * ```ts
   * import { CronSchedule } from "@groundwork/infra/cron";
   * import { strictEqual } from "node:assert/strict";
   *
   * const noon = CronSchedule.parse("0 12 * * *").unwrap();
   * strictEqual(noon.matches(Date.parse("2024-05-01T12:00:59Z")), true);
   * strictEqual(noon.matches(Date.parse("2024-05-01T12:01:00Z")), false);
   * ```
   */
  matches(timeMs: number): boolean {
    const time = Math.floor(requireTime("timeMs", timeMs));
    const offset = this.#offsetAt(time);
    const start = floorToMinute(time + offset) - offset;
    const first = this.#offsetAt(start) === offset
      ? start
      : findChange(start, time, this.#offsetAt);
    return this.#next(first - 1) === first;
  }

  /**
   * The expression, which parses to the same schedule in the same time zone.
   *
   * @returns The same as `expression`.
   *
   * @example Blanks are made single
   * ```ts
   * import { CronSchedule } from "@groundwork/infra/cron";
   * import { strictEqual } from "node:assert/strict";
   *
   * const schedule = CronSchedule.parse(" 0  4 * * Sun ").unwrap();
   * strictEqual(`${schedule}`, "0 4 * * Sun");
   * ```
   */
  toString(): string {
    return this.expression;
  }

  /**
   * Walks over stretches of time in which the offset stays the same. A local
   * time is written as the UTC time that reads the same.
   */
  #next(afterMs: number): number | undefined {
    const offsetAt = this.#offsetAt;
    const { isFixed } = this.#fields;
    let at = afterMs;
    let offset = offsetAt(at);
    // Nothing that is due before this local time is looked for any more.
    let from = at + 1 + offset;
    if (isFixed) from = Math.max(from, endOfRepetition(at, offset, offsetAt));
    for (;;) {
      const local = findLocal(this.#fields, from);
      // In a gap the local time would be before the change at which it ends.
      const found = Math.max(at, local - offset);
      if (!(found <= LAST_MS)) return undefined;
      const end = Math.min(found, at + WINDOW_MS);
      if (offsetAt(end) !== offset) {
        const change = findChange(at, end, offsetAt);
        const changed = offsetAt(change);
        // A fixed job's own time goes on without a gap and without repetition.
        from = isFixed && Math.abs(changed - offset) < CORRECTION_MS
          ? change + offset
          : floorToMinute(change + changed);
        at = change;
        offset = changed;
      } else if (end === found) {
        return found;
      } else {
        // No local time before the one found is due, whatever the offset does.
        at = Math.max(end, found - WINDOW_MS);
        offset = offsetAt(at);
        from = at + offset;
      }
    }
  }
}

function requireTime(name: string, timeMs: number): number {
  const limits = { min: -LAST_MS, max: LAST_MS };
  return requireOption(validateRange(name, timeMs, limits), timeMs);
}

function floorToMinute(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
}

// --- the zone

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

function findOffsets(timeZone: string): Result<OffsetAt, CronError> {
  if (timeZone.toUpperCase() === "UTC") return new Ok(() => 0);
  const item = show(timeZone);
  const unknown = (): CronError =>
    cronError("timeZone", Expectations.TIME_ZONE, { item });
  if (!/^[a-z]/i.test(timeZone)) return new Err(unknown());
  return catchToResult(
    () =>
      new Intl.DateTimeFormat("en-US", {
        timeZone,
        timeZoneName: "longOffset",
      }),
    unknown,
  ).map((format) => (timeMs) => offsetIn(format, timeMs));
}

/** Ends in "GMT-04:00", or "GMT-00:44:30" long ago, or "GMT" for none. */
function offsetIn(format: Intl.DateTimeFormat, timeMs: number): number {
  const [, sign, hours, minutes, seconds = 0] = OFFSET.exec(
    format.format(timeMs),
  )!;
  if (sign === undefined) return 0;
  const distance = Number(hours) * 3_600 + Number(minutes) * 60 +
    Number(seconds);
  return (sign === "-" ? -distance : distance) * 1_000;
}

/** The first ms after one time, up to another, that has not its offset. */
function findChange(lowMs: number, highMs: number, offsetAt: OffsetAt): number {
  const offset = offsetAt(lowMs);
  let low = lowMs;
  let high = highMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}

/** The local time up to which fixed jobs have run, where the clock went back. */
function endOfRepetition(
  timeMs: number,
  offset: number,
  offsetAt: OffsetAt,
): number {
  const since = timeMs - CORRECTION_MS;
  const earlier = offsetAt(since);
  return earlier > offset && earlier - offset < CORRECTION_MS
    ? findChange(since, timeMs, offsetAt) + earlier
    : -Infinity;
}

// --- the fields

/** The first local time from one on that the fields have; NaN past the last. */
function findLocal(fields: Fields, fromMs: number): number {
  const start = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
  const day = Math.floor(start / DAY_MS) * DAY_MS;
  const date = findDate(fields, day);
  if (date === day) {
    const minute = findMinute(fields, (start - day) / MINUTE_MS);
    if (minute !== undefined) return day + minute * MINUTE_MS;
    return findLocal(fields, day + DAY_MS);
  }
  return date + findMinute(fields, 0)! * MINUTE_MS;
}

/** The first minute of a day from one on, counted from midnight. */
function findMinute(
  { hours, minutes }: Fields,
  from: number,
): number | undefined {
  const hour = Math.floor(from / MINUTES_PER_HOUR);
  if (hours[hour] === 1) {
    const minute = minutes.indexOf(1, from % MINUTES_PER_HOUR);
    if (minute >= 0) return hour * MINUTES_PER_HOUR + minute;
  }
  const later = hours.indexOf(1, hour + 1);
  return later < 0 ? undefined : later * MINUTES_PER_HOUR + minutes.indexOf(1);
}

/** The first date from one on, in ms; NaN where a Date cannot hold it. */
function findDate(fields: Fields, fromMs: number): number {
  const { days, months, weekdays, needsBothDays } = fields;
  const date = new Date(fromMs);
  while (!Number.isNaN(date.getTime())) {
    const day = date.getUTCDate();
    const month = date.getUTCMonth();
    if (months[month + 1] !== 1) {
      date.setUTCMonth(month + 1, 1);
      continue;
    }
    const hasDay = days[day] === 1;
    const hasWeekday = weekdays[date.getUTCDay()] === 1;
    if (needsBothDays ? hasDay && hasWeekday : hasDay || hasWeekday) break;
    date.setUTCDate(day + 1);
  }
  return date.getTime();
}

// --- the text

function parseFields(words: readonly string[]): Result<Fields, CronError> {
  const [first = ""] = words;
  if (words.length === 1 && first.startsWith("@")) {
    const meaning = NICKNAMES.get(first);
    if (meaning !== undefined) return parseFields(meaning.split(" "));
    const nicknames = [...NICKNAMES.keys()].join(", ");
    return new Err(
      cronError("cron", Expectations.CRON_NICKNAME, {
        item: show(first),
        nicknames,
      }),
    );
  }
  if (words.length !== FIELDS.length) {
    const count = String(words.length);
    return new Err(cronError("cron", Expectations.CRON_FIELDS, { count }));
  }
  const sets: ValueSet[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const set = parseField(words[index]!, field);
    if (!set.ok) return set;
    sets.push(set.value);
  }
  const [minutes, hours, days, months, weekdays] = sets as [
    ValueSet,
    ValueSet,
    ValueSet,
    ValueSet,
    ValueSet,
  ];
  if (weekdays[7] === 1) weekdays[0] = 1;
  // It is the first character that counts: "5,*" is no wildcard in cronie.
  const [minuteStar, hourStar, dayStar, , weekdayStar] = words.map((word) =>
    word.startsWith("*")
  );
  const needsBothDays = dayStar! || weekdayStar!;
  if (needsBothDays && !hasSomeDate(days, months)) {
    return new Err(cronError("cron", Expectations.CRON_NEVER));
  }
  const isFixed = !minuteStar && !hourStar;
  return new Ok({
    minutes,
    hours,
    days,
    months,
    weekdays,
    needsBothDays,
    isFixed,
  });
}

/** In time, a date of the calendar falls on every weekday, 29 February too. */
function hasSomeDate(days: ValueSet, months: ValueSet): boolean {
  const firstDay = days.indexOf(1);
  return months.some((has, month) =>
    has === 1 && firstDay <= new Date(Date.UTC(2000, month, 0)).getUTCDate()
  );
}

function parseField(text: string, field: Field): Result<ValueSet, CronError> {
  const set = new Uint8Array(field.max + 1);
  for (const item of text.split(",")) {
    const problem = addItem(set, item, field);
    if (problem !== undefined) {
      const { name, values } = field;
      return new Err(cronError(name, problem, { item: show(item), values }));
    }
  }
  return new Ok(set);
}

/** Puts the values of an item into a set, or returns what is wrong with it. */
function addItem(
  set: ValueSet,
  item: string,
  field: Field,
): string | undefined {
  if (QUARTZ.test(item)) return Expectations.CRON_QUARTZ;
  const match = ITEM.exec(item);
  if (match === null) return Expectations.CRON_ITEM;
  const [, first, last, step] = match;
  const low = first === undefined ? field.min : valueOf(first, field);
  let high = first === undefined ? field.max : valueOf(last ?? first, field);
  if (Number.isNaN(low + high)) return Expectations.CRON_VALUE;
  if (field === DAY_OF_WEEK && low > 0 && high === 0) high = 7;
  if (low > high) return Expectations.CRON_RANGE;
  const isSingle = first !== undefined && last === undefined;
  if (step !== undefined && (isSingle || Number(step) === 0)) {
    return Expectations.CRON_STEP;
  }
  for (let value = low; value <= high; value += Number(step ?? 1)) {
    set[value] = 1;
  }
  return undefined;
}

/** The value of a number or a name, NaN where the field does not have it. */
function valueOf(word: string, { min, max, names }: Field): number {
  const place = names.indexOf(word.toLowerCase());
  const value = place < 0 ? Number(word) : min + place;
  return value >= min && value <= max ? value : NaN;
}

function cronError(
  field: string,
  problem: string,
  params: Readonly<Record<string, string>> = {},
): CronError {
  const reason = fillPlaceholders(problem, params);
  return new ValidationError("VALIDATION_INVALID_FORMAT", { field, reason });
}

/** A piece of the text as a message can have it: never long, never empty. */
function show(item: string): string {
  if (item.length > SHOWN_CHARACTERS) {
    return `${JSON.stringify(item.slice(0, SHOWN_CHARACTERS))}…`;
  }
  return /^[!-~]+$/.test(item) ? item : JSON.stringify(item);
}
