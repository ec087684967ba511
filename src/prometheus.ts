/**
 * Metrics as Prometheus scrapes them: the text format 0.0.4, and OpenMetrics 1.0
 * for who asks for it.
 *
 * When to use it: to be scraped, by Prometheus or anything that reads its
 * formats.
 *
 * When not: to push metrics; a snapshot of the registry is plain data that any
 * exporter can send.
 *
 * - **What is written can be read**: names, labels, escapes and numbers as the
 *   formats have them, and no metric in two parts.
 * - **Negotiated.** OpenMetrics for who asks for it, the text format in doubt.
 *
 * @example An endpoint
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { prometheusHandler } from "@groundwork/infra/prometheus";
 * import { strictEqual } from "node:assert/strict";
 *
 * const registry = new MetricRegistry();
 * registry.counter({ name: "requests", help: "Requests" }).inc(3);
 * const handle = prometheusHandler(registry); // For `GET /metrics`.
 *
 * const response = await handle(new Request("http://localhost/metrics"));
 * strictEqual(
 *   await response.text(),
 *   "# HELP requests_total Requests\n" +
 *     "# TYPE requests_total counter\n" +
 *     "requests_total 3\n",
 * );
 * ```
 *
 * @module
 */

import { labelText } from "./_metric_series.ts";
import type { MetricRegistry } from "./metric_registry.ts";
import type {
  Exemplar,
  HistogramData,
  MetricSource,
  SeriesVisitor,
} from "./metrics.ts";

/**
 * How metrics are written. `"text"`: the Prometheus text format 0.0.4.
 * `"openmetrics"`: OpenMetrics 1.0, with units and exemplars; it has no sum and no
 * count of a histogram where the sum, or the bound of a bucket, is below 0.
 */
export type ExpositionFormat = "text" | "openmetrics";

/** The media type of each format. */
const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What is answered to a scrape. */
export interface Exposition {
  /** The media type. */
  readonly contentType: string;
  /** All metrics. */
  readonly body: string;
}

/**
 * The format that suits a client best (RFC 9110, section 12.5.1).
 *
 * @param accept The client's `Accept` header; `null` where it has none.
 * @returns The format. In doubt, and where the client takes neither, it is the text
 * format, which all versions of Prometheus read.
 *
 * @example What Prometheus sends
 * ```ts
 * import { negotiateFormat } from "@groundwork/infra/prometheus";
 * import { strictEqual } from "node:assert/strict";
 *
 * const accept = "application/openmetrics-text;version=1.0.0;q=0.5," +
 *   "text/plain;version=0.0.4;q=0.4,*" + "/*;q=0.1";
 * strictEqual(negotiateFormat(accept), "openmetrics");
 * strictEqual(negotiateFormat("text/html"), "text");
 * ```
 */
export function negotiateFormat(accept: string | null): ExpositionFormat {
  const ranges = (accept ?? "").split(",").map(parseRange);
  const openmetrics = weightOf(ranges, OPENMETRICS_RANGES, /^[01]\.0(\.|$)/);
  const text = weightOf(ranges, TEXT_RANGES, /^0\.0\.4$/);
  return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}

/** The media ranges that mean a format, the most specific first. */
const TEXT_RANGES = ["text/plain", "text/*", "*/*"];
/** Only who knows it by name reads it. */
const OPENMETRICS_RANGES = ["application/openmetrics-text"];

const WEIGHT = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/;

interface MediaRange {
  readonly type: string;
  readonly version: string | undefined;
  /** From 0 to 1; below 0 where it is malformed. */
  readonly weight: number;
}

function parseRange(range: string): MediaRange {
  const [type = "", ...parts] = range.toLowerCase().split(";");
  const params = new Map(parts.map((part) => {
    const [name = "", value = ""] = part.split("=");
    return [name.trim(), value.trim().replace(/^"(.*)"$/, "$1")];
  }));
  const q = params.get("q") ?? "1";
  const weight = WEIGHT.test(q) ? Number(q) : -1;
  return { type: type.trim(), version: params.get("version"), weight };
}

function weightOf(
  ranges: readonly MediaRange[],
  types: readonly string[],
  versions: RegExp,
): number {
  for (const wanted of types) {
    let best = -1;
    for (const { type, version, weight } of ranges) {
      const isMeant = type === wanted &&
        (version === undefined || versions.test(version));
      if (isMeant) best = Math.max(best, weight);
    }
    if (best >= 0) return best;
  }
  return 0;
}

/**
 * Writes all metrics of a registry as they are; it calls no collectors.
 *
 * @param registry The registry.
 * @param accept The client's `Accept` header; `null` where it has none.
 * @returns The page, and its media type.
 *
 * @example A file for the node exporter
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { expose } from "@groundwork/infra/prometheus";
 * import { match } from "node:assert/strict";
 *
 * const registry = new MetricRegistry();
 * const last = registry.gauge({
 *   name: "backup_last_success_seconds",
 *   help: "When the last backup was done",
 *   unit: "seconds",
 * });
 * last.set(1_790_000_000);
 * await registry.collect();
 * match(expose(registry).body, /^backup_last_success_seconds 1790000000$/m);
 * ```
 */
export function expose(
  registry: Pick<MetricRegistry, "sources">,
  accept: string | null = null,
): Exposition {
  const format = negotiateFormat(accept);
  let body = "";
  for (const chunk of chunksOf(registry, format)) body += chunk;
  return { contentType: CONTENT_TYPES[format], body };
}

/**
 * Writes all metrics of a registry bit by bit, so that a very large page does not
 * keep others waiting; it calls no collectors.
 *
 * @param registry The registry.
 * @param accept The client's `Accept` header; `null` where it has none.
 * @returns The page as UTF-8, and its media type. It has one metric after the
 * other, each as it is when its turn comes.
 *
 * @example As the body of an answer
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { exposeStream } from "@groundwork/infra/prometheus";
 * import { strictEqual } from "node:assert/strict";
 *
 * const registry = new MetricRegistry();
 * registry.gauge({ name: "up", help: "Whether it is up" }).set(1);
 * const { contentType, body } = exposeStream(registry);
 * const answer = new Response(body, { headers: { "content-type": contentType } });
 * strictEqual((await answer.text()).endsWith("\nup 1\n"), true);
 * ```
 */
export function exposeStream(
  registry: Pick<MetricRegistry, "sources">,
  accept: string | null = null,
): {
  readonly contentType: string;
  readonly body: ReadableStream<Uint8Array>;
} {
  const format = negotiateFormat(accept);
  const chunks = chunksOf(registry, format);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = chunks.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return { contentType: CONTENT_TYPES[format], body };
}

/**
 * Makes a function that answers scrapes: it calls the collectors of a registry,
 * then writes all metrics in the format the client asks for.
 *
 * @param registry The registry.
 * @returns The function; GET and HEAD are answered with 200, others with 405.
 *
 * @example OpenMetrics
 * ```ts
 * import { MetricRegistry } from "@groundwork/infra/metric-registry";
 * import { prometheusHandler } from "@groundwork/infra/prometheus";
 * import { strictEqual } from "node:assert/strict";
 *
 * const handle = prometheusHandler(new MetricRegistry());
 * const accept = "application/openmetrics-text";
 * const request = new Request("http://localhost/metrics", { headers: { accept } });
 * strictEqual(await (await handle(request)).text(), "# EOF\n");
 * ```
 */
export function prometheusHandler(
  registry: Pick<MetricRegistry, "sources" | "collect">,
): (request: Request) => Promise<Response> {
  return async ({ method, headers }) => {
    if (method !== "GET" && method !== "HEAD") {
      return new Response(null, {
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    }
    await registry.collect();
    const { contentType, body } = expose(registry, headers.get("accept"));
    return new Response(method === "HEAD" ? null : body, {
      headers: { "content-type": contentType, vary: "Accept" },
    });
  };
}

function* chunksOf(
  registry: Pick<MetricRegistry, "sources">,
  format: ExpositionFormat,
): Generator<string, undefined> {
  for (const source of registry.sources()) {
    const writer = new FamilyWriter(source, format);
    source.visit(writer);
    yield writer.text;
  }
  if (format === "openmetrics") yield "# EOF\n";
}

/** Writes one metric. */
class FamilyWriter implements SeriesVisitor {
  text: string;
  readonly #isOpen: boolean;
  readonly #name: string;
  /** The same, and what comes before labels. */
  readonly #open: string;
  /** The label of each bucket, and what follows it. */
  readonly #bounds: readonly string[];
  readonly #hasNegativeBounds: boolean;

  constructor(source: MetricSource, format: ExpositionFormat) {
    const { name, kind, help, unit, bounds } = source;
    this.#isOpen = format === "openmetrics";
    const sample = kind === "counter" ? `${name}_total` : name;
    const family = this.#isOpen ? name : sample;
    this.#name = sample;
    this.#open = `${sample}{`;
    this.#bounds = kind === "histogram"
      ? [...bounds.map(canonical), "+Inf"].map((le) =>
        `${labelText("le", le)}} `
      )
      : [];
    this.#hasNegativeBounds = bounds.some((bound) => bound < 0);
    const told = `# HELP ${family} ${escapeHelp(help, this.#isOpen)}\n`;
    const type = `# TYPE ${family} ${kind}\n`;
    const unitLine = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
    // Each in the order that its specification has.
    this.text = this.#isOpen ? type + unitLine + told : told + type;
  }

  value(labels: string, value: number, exemplar: Exemplar | undefined): void {
    const name = labels === "" ? `${this.#name} ` : `${this.#open}${labels}} `;
    this.text += name + formatNumber(value) + this.#end(exemplar);
  }

  histogram(labels: string, { counts, sum, exemplars }: HistogramData): void {
    const name = this.#name;
    const bucket = `${name}_bucket{${labels}${labels === "" ? "" : ","}`;
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += counts[i]!;
      const end = this.#end(exemplars?.[i]);
      this.text += bucket + this.#bounds[i] + count + end;
    }
    // Below 0 a sum is no counter: OpenMetrics has none then, and no count.
    if (this.#isOpen && (this.#hasNegativeBounds || sum < 0)) return;
    const all = labels === "" ? "" : `{${labels}}`;
    this.text += `${name}_sum${all} ${formatNumber(sum)}\n` +
      `${name}_count${all} ${count}\n`;
  }

  /** What ends a line. */
  #end(exemplar: Exemplar | undefined): string {
    if (exemplar === undefined || !this.#isOpen) return "\n";
    const { labels, value, at } = exemplar;
    const text = Object.entries(labels)
      .map(([name, it]) => labelText(name, it))
      .join(",");
    return ` # {${text}} ${formatNumber(value)} ${at / 1000}\n`;
  }
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** As OpenMetrics 1.0 wants the bounds of buckets: `1.0`, `0.25`, `1e+06`. */
function canonical(bound: number): string {
  const [digits, exponent] = bound.toExponential().split("e") as [
    string,
    string,
  ];
  const power = Number(exponent);
  if (bound === 0 || (power >= -4 && power < 6)) {
    return Number.isInteger(bound) ? `${bound}.0` : String(bound);
  }
  const sign = power < 0 ? "-" : "+";
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}

function escapeHelp(help: string, isOpen: boolean): string {
  // workerd would write a lone surrogate as bytes that are no UTF-8.
  const escaped = help.toWellFormed().replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n");
  return isOpen ? escaped.replaceAll('"', '\\"') : escaped;
}
