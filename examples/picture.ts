/**
 * What the service does at a moment, for everybody to see. It tells what
 * `/metrics`, `/readyz` and the counts of visits tell already: of a request its
 * route, but never its path, its client, or what went wrong with it.
 *
 * @module
 */

import type {
  HealthReport,
  HealthStatus,
  LogEntry,
  MetricFamily,
} from "../mod.ts";
import type { ServiceEvents } from "./events.ts";

/** How many events, and how many lines of the log, a picture shows at most. */
export const MOST_SHOWN = 12;

/** All there is to see, so that a picture that was missed is no loss. */
export interface Picture {
  /** ISO 8601. */
  readonly at: string;
  readonly figures: Figures;
  readonly health: Health;
  /** The last ones, the latest first. */
  readonly events: readonly LiveEvent[];
  /** The last lines, the latest first. */
  readonly log: readonly LogLine[];
}

/** The metrics that are shown, each summed up over what it is not split by. */
export interface Figures {
  readonly requests: number;
  /** Those beyond a limit. */
  readonly refused: number;
  /** Those that went wrong by our fault. */
  readonly failed: number;
  readonly running: number;
  /** How many more all clients together may make now. */
  readonly left: number;
  /** How long all of them took together, in seconds. */
  readonly seconds: number;
  readonly savedBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly cached: number;
  readonly reports: number;
  readonly deadVisits: number;
  readonly poolInUse: number;
  readonly poolIdle: number;
  readonly poolWaiting: number;
  readonly memoryBytes: number;
  readonly watching: number;
}

/** How the service and its parts are. */
export interface Health {
  readonly status: HealthStatus;
  readonly parts: readonly {
    readonly name: string;
    readonly status: HealthStatus;
  }[];
}

/** Something that happened to a link. */
export interface LiveEvent {
  /** ISO 8601. */
  readonly at: string;
  readonly type: keyof ServiceEvents;
  readonly slug: string;
}

/** What of a log entry everybody may see. */
export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly level: string;
  readonly message: string;
  /** There where it is about a request. */
  readonly request?: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly durationMs: number;
  };
}

/** Reads the figures off the metrics. */
export function figuresOf(families: readonly MetricFamily[]): Figures {
  const of = (name: string, labels?: Readonly<Record<string, string>>) =>
    sumOf(families, name, labels);
  return {
    requests: of("http_requests"),
    refused: of("http_requests", { status: "429" }),
    failed: of("http_requests", { status: "500" }),
    running: of("http_requests_running"),
    left: of("http_requests_left"),
    seconds: of("http_request_duration_seconds"),
    savedBytes: of("http_compression_saved_bytes"),
    hits: of("cache_lookups", { outcome: "hit" }),
    misses: of("cache_lookups", { outcome: "miss" }),
    cached: of("cache_entries"),
    reports: of("reports_queued"),
    deadVisits: of("visits_dead"),
    poolInUse: of("blocklist_connections", { state: "inUse" }),
    poolIdle: of("blocklist_connections", { state: "idle" }),
    poolWaiting: of("blocklist_waiting"),
    memoryBytes: of("process_resident_memory_bytes"),
    watching: of("live_streams"),
  };
}

/** The sum of all series of a metric that have the labels; 0 without any. */
function sumOf(
  families: readonly MetricFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = families.find((family) => family.name === name);
  let sum = 0;
  for (const series of family?.series ?? []) {
    const isShown = Object.entries(labels)
      .every(([label, value]) => series.labels[label] === value);
    if (isShown) sum += "sum" in series ? series.sum : series.value;
  }
  return sum;
}

/** Leaves out messages and errors: they are for those who run the service. */
export function healthShown({ status, parts }: HealthReport): Health {
  return {
    status,
    parts: parts.map(({ name, status }) => ({ name, status })),
  };
}

/** Leaves out what else an entry tells, such as an error. */
export function lineShown({ time, level, message, extra }: LogEntry): LogLine {
  const line = { at: new Date(time).toISOString(), level, message };
  if (message !== "request") return line;
  const { method, route, status, durationMs } = extra as Required<
    LogLine
  >["request"];
  return { ...line, request: { method, route, status, durationMs } };
}
