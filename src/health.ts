/**
 * Health checks of the parts of a service, put together into one report and
 * answered over HTTP.
 *
 * When to use it: to answer the probes of an orchestrator and the questions of
 * whoever is on duty.
 *
 * When not: to measure, which is for `metrics`; to take a failing dependency
 * out of use, which its own pool or retry budget does.
 *
 * - **The worst counts.** The whole is unhealthy if a part is, else degraded if
 *   a part is, else healthy; without parts it is healthy. Order and nesting
 *   change nothing.
 * - **Bounded.** Parts are checked side by side, each within its time limit, so
 *   a report is there after the longest of them at the latest.
 * - **One at a time.** A check is never called while a call of it goes on, however
 *   many ask: all of them get what that call comes to.
 * - **Selected by tags.** One set of parts serves the probes for liveness,
 *   readiness and start-up.
 *
 * @example A database that the service needs, a cache that it can do without
 * ```ts
 * import { CompositeHealthCheck } from "@groundwork/infra/health";
 * import { strictEqual } from "node:assert/strict";
 *
 * const database = { ping: () => Promise.resolve() };
 * const health = new CompositeHealthCheck("shop")
 *   .addCheck({ name: "database", check: () => database.ping() }, {
 *     tags: ["readiness"],
 *   })
 *   .addCheck({ name: "cache", check: () => Promise.reject(new Error("no route")) }, {
 *     critical: false,
 *     tags: ["readiness"],
 *   });
 * strictEqual((await health.check()).status, "degraded");
 *
 * const ready = health.handler({ tags: ["readiness"] });
 * const response = await ready(new Request("http://localhost/ready"));
 * strictEqual(response.status, 200);
 * strictEqual((await response.json()).status, "warn");
 * ```
 *
 * @module
 */

import { asResult } from "./_attempt.ts";
import * as Expectations from "./_expectations.ts";
import {
  type HealthCheckResult,
  type HealthPartReport,
  type HealthReport,
  toHealthJson,
  toJson,
  worstOf,
} from "./_health_report.ts";
import { invalidOption, requireDuration } from "./_options.ts";
import { SharedCall } from "./_shared_call.ts";
import { type Clock, systemClock } from "./clock.ts";
import { describeError } from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import type { Result } from "./result.ts";
import { HealthStatus, parseStatus } from "./status.ts";
import {
  requireOption,
  validateNonEmpty,
  validateRange,
  validateType,
} from "./validators.ts";

export type {
  HealthCheckResult,
  HealthPartReport,
  HealthReport,
} from "./_health_report.ts";

const { HEALTHY, DEGRADED, UNHEALTHY } = HealthStatus;

/**
 * What a check may return: a status, a status with more about it, or nothing,
 * which is healthy.
 */
export type HealthOutcome = HealthStatus | HealthCheckResult | void;

/**
 * Checks one part of a service. Whatever is not an outcome is unhealthy: what it
 * throws, an Err, an unknown status, and that it takes too long.
 *
 * @typeParam TDependency What it looks at, if that is handed to it.
 *
 * @example A check for any database
 * ```ts
 * import {
 *   CompositeHealthCheck,
 *   type HealthCheck,
 * } from "@groundwork/infra/health";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface Database {
 *   query(sql: string, options: { signal: AbortSignal }): Promise<unknown>;
 * }
 * const reachable: HealthCheck<Database> = {
 *   name: "database",
 *   async check(database, signal) {
 *     await database.query("select 1", { signal });
 *   },
 * };
 * const dependency: Database = { query: () => Promise.resolve([1]) };
 * const health = new CompositeHealthCheck("shop").addCheck(reachable, { dependency });
 * strictEqual((await health.check()).status, "healthy");
 * ```
 */
export interface HealthCheck<TDependency = undefined> {
  /** What reports call it. */
  readonly name: string;

  /**
   * Looks how the part is, once.
   *
   * @param dependency What to look at.
   * @param signal Aborts when its time is up, or nobody waits any more.
   * @returns How it is.
   */
  check(
    dependency: TDependency,
    signal: AbortSignal,
  ): Awaitable<HealthOutcome | Result<HealthOutcome, unknown>>;
}

/**
 * Whether a value looks like a health check: it has a name and a `check` method.
 *
 * @param value What to look at.
 * @returns Whether it does.
 *
 * @example A plug-in
 * ```ts
 * import { isHealthCheck } from "@groundwork/infra/health";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isHealthCheck({ name: "disk", check() {} }), true);
 * strictEqual(isHealthCheck(() => "healthy"), false);
 * ```
 */
export function isHealthCheck(value: unknown): value is HealthCheck<unknown> {
  return hasMethods(value, ["check"]) &&
    typeof (value as { readonly name?: unknown }).name === "string";
}

/**
 * Options of {@linkcode CompositeHealthCheck.addCheck}.
 *
 * @typeParam TDependency What the check looks at.
 */
export interface HealthPartOptions<TDependency = undefined> {
  /** What the check looks at. */
  readonly dependency?: TDependency;
  /**
   * Whether the service needs the part. Where it does not, an unhealthy part is
   * reported as degraded.
   *
   * @default {true}
   */
  readonly critical?: boolean;
  /**
   * How long a call of the check may take, in ms; then the part is unhealthy.
   *
   * @default {5_000}
   */
  readonly timeoutMs?: number;
  /**
   * For how long the check need not be called again, in ms, so that many probes
   * do no harm. `Infinity` with a `failureTtlMs` suits the start-up: it is called
   * until it is not unhealthy, and then never again.
   *
   * @default {0}
   */
  readonly ttlMs?: number;
  /** The same once it was unhealthy. Default: `ttlMs`. */
  readonly failureTtlMs?: number;
  /**
   * What selects the part. One without tags is only in reports that select
   * nothing. The tags of a composite count for all its parts.
   */
  readonly tags?: readonly string[];
}

/** Options of {@linkcode CompositeHealthCheck.check}. */
export interface HealthCheckOptions {
  /**
   * Only parts with any of these tags; not empty. No other check is called.
   * Default: all parts.
   */
  readonly tags?: readonly string[] | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode CompositeHealthCheck.handler}. */
export interface HealthHandlerOptions extends Pick<HealthCheckOptions, "tags"> {
  /**
   * Whether the body has the messages, data and errors of the parts. They may
   * tell an attacker something.
   *
   * @default {false}
   */
  readonly details?: boolean;
  /**
   * The body: `"health+json"` as draft-inadarei-api-health-check-06 has it, or
   * the report as it is.
   *
   * @default {"health+json"}
   */
  readonly format?: "health+json" | "json";
  /**
   * The status codes of answers, from 200 to 599. Default: 200 for healthy and
   * degraded, 503 for unhealthy.
   */
  readonly statusCodes?: Readonly<Partial<Record<HealthStatus, number>>>;
}

/** Options of {@linkcode CompositeHealthCheck}. */
export interface CompositeHealthCheckOptions {
  /** The time. Default: the system's. */
  readonly clock?: Clock;
}

/** What is known of a part at a time. */
type Measurement = Omit<HealthPartReport, "name" | "critical" | "tags">;

/** A check that was added. */
interface Part extends Pick<HealthPartReport, "name" | "critical" | "tags"> {
  /** Of a composite. */
  readonly parts: Parts | undefined;
  measure(options: HealthCheckOptions): Awaitable<Measurement>;
}

type Parts = ReadonlyMap<string, Part>;

/** The tags that are asked for; `undefined` is everything. */
type Selection = HealthCheckOptions["tags"];

/** What measures a check that is no composite, within its limits. */
function measureOf(
  check: HealthCheck<unknown>,
  options: HealthPartOptions<unknown>,
  clock: Clock,
): Part["measure"] {
  const { dependency, timeoutMs = 5_000, ttlMs = 0 } = options;
  const { failureTtlMs = ttlMs } = options;
  requireDuration("ttlMs", ttlMs);
  requireDuration("failureTtlMs", failureTtlMs);
  const shared = new SharedCall<Measurement>({
    clock,
    timeoutMs: requireDuration("timeoutMs", timeoutMs),
    call: async (signal) => readOutcome(await check.check(dependency, signal)),
    read: (outcome, durationMs) =>
      Object.freeze({
        ...(outcome.ok
          ? outcome.value as HealthCheckResult
          : { status: UNHEALTHY, error: describeError(outcome.error) }),
        durationMs,
        checkedAt: clock.now(),
      }),
    ttlOf: ({ status }) => status === UNHEALTHY ? failureTtlMs : ttlMs,
  });
  return ({ signal }) => shared.get(signal);
}

/** What a check has returned, in one shape. */
function readOutcome(returned: unknown): Result<HealthCheckResult, unknown> {
  return asResult(returned).andThen((value = HEALTHY) => {
    const { status = value, message, data } = Object(value);
    return parseStatus(HealthStatus, status)
      .map((status) => ({ status, ...plain({ message, data }) }));
  });
}

/** A frozen copy, as JSON has it: what comes later from outside is no matter. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, item) => Object.freeze(item));
}

/** Whether the part itself is selected, and with it all its parts. */
function isTagged(part: Part, tags: Selection): boolean {
  return tags === undefined || part.tags.some((tag) => tags.includes(tag));
}

function isSelected(part: Part, tags: Selection): boolean {
  return isTagged(part, tags) ||
    [...part.parts?.values() ?? []].some((inner) => isSelected(inner, tags));
}

function isWithin(parts: Parts, outer: Parts | undefined): boolean {
  return parts === outer ||
    [...outer?.values() ?? []].some((part) => isWithin(parts, part.parts));
}

async function reportOf(
  part: Part,
  { tags, signal }: HealthCheckOptions,
): Promise<HealthPartReport> {
  const { name, critical, tags: ownTags } = part;
  const inner = isTagged(part, tags) ? undefined : tags;
  const measurement = await part.measure({ tags: inner, signal });
  const isCapped = !critical && measurement.status === UNHEALTHY;
  const status = isCapped ? DEGRADED : measurement.status;
  return { name, critical, tags: ownTags, ...measurement, status };
}

/** What a composite that is draining has among its parts. */
const DRAINING: HealthCheck = { name: "draining", check: () => UNHEALTHY };

/**
 * The health of a whole, by that of its parts. It is a health check as well, so
 * composites nest: a report goes down to every part, and the time limits are
 * those of the checks at the bottom.
 *
 * Tags select what a probe asks for. A part is in a report if it has one of the
 * tags that are asked for, or is in a composite that has. So a probe for
 * liveness never calls a check for readiness. A selection without any part is
 * healthy: a process that answers is alive.
 *
 * It holds nothing that would have to be closed: once nobody waits for a report,
 * no timer is left, and each check that still runs has been told to stop.
 *
 * @example One set of parts, three probes
 * ```ts
 * import { CompositeHealthCheck } from "@groundwork/infra/health";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const storage = new CompositeHealthCheck("storage")
 *   .addCheck({ name: "database", check: () => "healthy" })
 *   .addCheck({ name: "files", check: () => "degraded" });
 * const health = new CompositeHealthCheck("shop")
 *   .addCheck(storage, { tags: ["readiness"] })
 *   .addCheck({ name: "event loop", check() {} }, { tags: ["liveness"] })
 *   .addCheck({ name: "warm-up", check: () => "unhealthy" }, { tags: ["startup"] });
 *
 * const reports = ["liveness", "readiness", "startup"]
 *   .map((tag) => health.check({ tags: [tag] }));
 * deepStrictEqual(
 *   (await Promise.all(reports)).map(({ status }) => status),
 *   ["healthy", "degraded", "unhealthy"],
 * );
 * ```
 */
export class CompositeHealthCheck implements HealthCheck {
  /** What reports call it. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #parts: Map<string, Part> = new Map();

  /**
   * Makes a composite without parts.
   *
   * @param name What reports call it.
   * @param options The time.
   * @throws {ValidationError} The name is blank.
   */
  constructor(name: string, options: CompositeHealthCheckOptions = {}) {
    this.name = requireOption(validateNonEmpty("name", name), name);
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Adds a part: a check that looks at something, which is handed to it.
   *
   * @typeParam TDependency What the check looks at.
   * @param check The check.
   * @param options What it looks at, and its limits.
   * @returns This composite.
   * @throws {ValidationError} An option is not valid, a part has the same name
   * already, or it is a composite that this one is a part of.
   *
   * @example An optional part, asked every ten seconds at most
   * ```ts
   * import { CompositeHealthCheck } from "@groundwork/infra/health";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = { length: 1_000 };
   * const backlog = {
   *   name: "backlog",
   *   check: ({ length }: { length: number }) => ({
   *     status: length < 100 ? "healthy" as const : "unhealthy" as const,
   *     message: `${length} jobs wait`,
   *   }),
   * };
   * const health = new CompositeHealthCheck("shop").addCheck(backlog, {
   *   dependency: queue,
   *   critical: false,
   *   ttlMs: 10_000,
   *   tags: ["readiness"],
   * });
   * const { parts: [part] } = await health.check();
   * strictEqual(part?.status, "degraded");
   * strictEqual(part.message, "1000 jobs wait");
   * ```
   */
  addCheck<TDependency>(
    check: HealthCheck<TDependency>,
    options: HealthPartOptions<TDependency> & {
      readonly dependency: TDependency;
    },
  ): this;
  /**
   * Adds a part: a check that needs nothing, or a composite. The limits of a
   * composite are those of its parts, so it takes only `critical` and `tags`.
   *
   * @param check The check.
   * @param options Its limits.
   * @returns This composite.
   * @throws {ValidationError} As above.
   */
  addCheck(check: HealthCheck, options?: HealthPartOptions): this;
  addCheck(
    check: HealthCheck<unknown>,
    options: HealthPartOptions<unknown> = {},
  ): this {
    if (!isHealthCheck(check)) {
      throw invalidOption("check", Expectations.HEALTH_CHECK, typeof check);
    }
    const { name } = check;
    requireOption(validateNonEmpty("name", name), name);
    const isReserved = name === DRAINING.name && check !== DRAINING;
    if (isReserved || this.#parts.has(name)) {
      throw invalidOption("name", Expectations.NAME_TAKEN, name);
    }
    const { critical = true, tags = [], ...limits } = options;
    requireOption(validateType("critical", critical, "boolean"), critical);
    const common = { name, critical, tags: requireTags(tags, 0) };
    if (!(check instanceof CompositeHealthCheck)) {
      const measure = measureOf(check, limits, this.#clock);
      this.#parts.set(name, { ...common, parts: undefined, measure });
      return this;
    }
    const parts = check.#parts;
    if (isWithin(this.#parts, parts)) {
      throw invalidOption("check", Expectations.HEALTH_CYCLE, name);
    }
    for (const [option, value] of Object.entries(limits)) {
      if (value === undefined) continue;
      throw invalidOption(option, Expectations.OF_LEAVES, typeof value);
    }
    this.#parts.set(name, {
      ...common,
      parts,
      measure: (it) => check.check(it),
    });
    return this;
  }

  /**
   * Takes a part out. Reports that are being made still have it.
   *
   * @param name What the part is called.
   * @returns Whether there was one.
   *
   * @example A shard that has moved away
   * ```ts
   * import { CompositeHealthCheck } from "@groundwork/infra/health";
   * import { deepStrictEqual, strictEqual } from "node:assert/strict";
   *
   * const health = new CompositeHealthCheck("shards")
   *   .addCheck({ name: "shard 1", check: () => "unhealthy" });
   * strictEqual(health.remove("shard 1"), true);
   * strictEqual(health.remove("shard 1"), false);
   * deepStrictEqual((await health.check()).parts, []);
   * ```
   */
  remove(name: string): boolean {
    return this.#parts.delete(name);
  }

  /** Whether {@linkcode CompositeHealthCheck.drain} was called. */
  get isDraining(): boolean {
    return this.#parts.has(DRAINING.name);
  }

  /**
   * Has the service be sent no more requests while it ends: from now on it has
   * an unhealthy part `"draining"` with the tag `"readiness"`. A probe that
   * selects `"liveness"` does not see it; one that selects nothing does.
   * `remove("draining")` takes it back.
   *
   * @example Ready no more, but alive
   * ```ts
   * import { CompositeHealthCheck } from "@groundwork/infra/health";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const health = new CompositeHealthCheck("shop");
   * const ready = health.handler({ tags: ["readiness"] });
   * const alive = health.handler({ tags: ["liveness"] });
   * health.drain();
   *
   * const probe = new Request("http://localhost/");
   * const responses = [await ready(probe), await alive(probe)];
   * deepStrictEqual(responses.map(({ status }) => status), [503, 200]);
   * ```
   */
  drain(): void {
    if (!this.isDraining) this.addCheck(DRAINING, { tags: ["readiness"] });
  }

  /**
   * Looks how the parts are. Who asks for a part while it is being checked waits
   * for the same outcome. A check whose time is up is told to stop by its signal;
   * if it goes on all the same, reports have its time-out without waiting, and it
   * is called again only when it has settled.
   *
   * @param options Which parts, and what ends the wait. An abort ends only this
   * wait; a check is told to stop when all have left.
   * @returns A promise of the report. It rejects with the signal's reason where
   * that aborts, and with a ValidationError where `tags` is not valid.
   *
   * @example What is wrong
   * ```ts
   * import { systemClock } from "@groundwork/infra/clock";
   * import { CompositeHealthCheck } from "@groundwork/infra/health";
   * import { strictEqual } from "node:assert/strict";
   *
   * const health = new CompositeHealthCheck("shop").addCheck({
   *   name: "payments",
   *   check: (_, signal) => systemClock.sleep(60_000, { signal }),
   * }, { timeoutMs: 5 });
   *
   * const { status, parts: [payments] } = await health.check();
   * strictEqual(status, "unhealthy");
   * strictEqual(payments?.error?.code, "TASK_TIMEOUT");
   * ```
   */
  async check(options: HealthCheckOptions = {}): Promise<HealthReport> {
    const tags = requireSelection(options.tags);
    options.signal?.throwIfAborted();
    const startedTick = this.#clock.monotonic();
    const parts = await Promise.all(
      [...this.#parts.values()]
        .filter((part) => isSelected(part, tags))
        .map((part) => reportOf(part, options)),
    );
    return {
      name: this.name,
      status: worstOf(parts),
      durationMs: this.#clock.monotonic() - startedTick,
      checkedAt: this.#clock.now(),
      parts,
    };
  }

  /**
   * Makes what answers probes over HTTP, with `Cache-Control: no-store`. Methods
   * but GET and HEAD get a 405.
   *
   * In `"health+json"` a part is a measurement of its response time, under the
   * path of its names. With `details` it has the text of its error, or its message,
   * as `output` (unless it is healthy), and its data.
   *
   * @param options Which parts, and what to tell of them.
   * @returns The handler. It never rejects.
   * @throws {ValidationError} An option is not valid.
   *
   * @example What went wrong is told to nobody who is not meant to know
   * ```ts
   * import { CompositeHealthCheck } from "@groundwork/infra/health";
   * import { strictEqual } from "node:assert/strict";
   *
   * const health = new CompositeHealthCheck("shop").addCheck({
   *   name: "database",
   *   check() {
   *     throw new Error("10.0.0.7 refused");
   *   },
   * });
   * const open = health.handler();
   * const internal = health.handler({ details: true });
   *
   * const probe = new Request("http://localhost/health");
   * strictEqual((await (await open(probe)).text()).includes("10.0.0.7"), false);
   * const { checks } = await (await internal(probe)).json();
   * strictEqual(checks["database:responseTime"][0].output, "10.0.0.7 refused");
   * ```
   */
  handler(
    options: HealthHandlerOptions = {},
  ): (request: Request) => Promise<Response> {
    const { details = false, format = "health+json" } = options;
    const tags = requireSelection(options.tags);
    requireOption(validateType("details", details, "boolean"), details);
    requireOption(parseStatus(HealthFormat, format, "format"), format);
    const codes = { ...STATUS_CODES, ...options.statusCodes };
    const limits = { min: 200, max: 599, integer: true };
    for (const [status, code] of Object.entries(codes)) {
      const checked = validateRange(`statusCodes.${status}`, code, limits);
      requireOption(checked, code);
    }
    const write = format === "json" ? toJson : toHealthJson;
    const headers = { "cache-control": "no-store" };
    return async ({ method }) => {
      if (method !== "GET" && method !== "HEAD") {
        const refusal = { ...headers, allow: "GET, HEAD" };
        return new Response(null, { status: 405, headers: refusal });
      }
      const report = await this.check({ tags });
      const status = codes[report.status];
      const isBodyless = method === "HEAD" || BODYLESS.includes(status);
      return new Response(isBodyless ? null : write(report, details), {
        status,
        headers: { ...headers, "content-type": `application/${format}` },
      });
    };
  }
}

/** A copy of tags, which nobody can change. */
function requireTags(tags: readonly string[], min: number): readonly string[] {
  requireOption(validateType("tags", tags, "array"), tags);
  requireOption(
    validateRange("tags.length", tags.length, { min }),
    tags.length,
  );
  for (const tag of tags) requireOption(validateNonEmpty("tags", tag), tag);
  return Object.freeze([...tags]);
}

/** An empty selection would always be healthy: somebody has made a mistake. */
function requireSelection(tags: Selection): Selection {
  return tags === undefined ? undefined : requireTags(tags, 1);
}

const HealthFormat = { HEALTH_JSON: "health+json", JSON: "json" } as const;

const STATUS_CODES: Readonly<Record<HealthStatus, number>> = {
  healthy: 200,
  degraded: 200,
  unhealthy: 503,
};

/** With these a Response takes no body. */
const BODYLESS: readonly number[] = [204, 205, 304];
