/**
 * What the parts of the service know of themselves, as metrics: it is looked up
 * when somebody asks for it.
 *
 * @module
 */

import type {
  CacheStats,
  CompressionStats,
  CounterChild,
  MetricRegistry,
  RateLimiter,
} from "../mod.ts";
import type { Blocklist } from "./blocklist.ts";
import type { Reports } from "./reports.ts";
import type { Visits } from "./visits.ts";

/** What is measured. */
export interface MeasuredParts {
  readonly cache: { readonly stats: CacheStats };
  readonly compression: { readonly stats: CompressionStats };
  /** How much all clients may do together. */
  readonly everybody: RateLimiter<string>;
  readonly blocklist: Blocklist | undefined;
  readonly reports: Reports;
  readonly visits: Visits;
}

/** Registers their metrics. */
export function measure(registry: MetricRegistry, parts: MeasuredParts): void {
  measureCache(registry, parts);
  measureQueues(registry, parts);
  const { compression, everybody, blocklist } = parts;
  if (blocklist) measureBlocklist(registry, blocklist);
  const saved = registry.counter({
    name: "http_compression_saved_bytes",
    help: "What compressed answers were shorter",
    unit: "bytes",
  }).with({});
  const left = registry.gauge({
    name: "http_requests_left",
    help: "How many requests all clients together may make now",
  });
  registry.addCollector(async () => {
    catchUp(saved, compression.stats.savedBytes);
    left.set((await everybody.peek("")).remaining);
  });
}

function measureCache(registry: MetricRegistry, parts: MeasuredParts): void {
  const lookUps = registry.counter({
    name: "cache_lookups",
    help: "Look-ups of links in the cache",
    labels: { outcome: ["hit", "miss"] },
  });
  const hits = lookUps.with({ outcome: "hit" });
  const misses = lookUps.with({ outcome: "miss" });
  const cached = registry.gauge({
    name: "cache_entries",
    help: "Look-ups that are cached",
  });
  registry.addCollector(() => {
    const { stats } = parts.cache;
    catchUp(hits, stats.hits);
    catchUp(misses, stats.misses);
    cached.set(stats.size);
  });
}

function measureQueues(
  registry: MetricRegistry,
  { reports, visits }: MeasuredParts,
): void {
  const queued = registry.gauge({
    name: "reports_queued",
    help: "Reports that wait or are being drawn",
  });
  const dead = registry.gauge({
    name: "visits_dead",
    help: "Visits that could not be counted",
  });
  registry.addCollector(async () => {
    queued.set(reports.size);
    dead.set(await visits.countDeadLetters());
  });
}

function measureBlocklist(
  registry: MetricRegistry,
  blocklist: Blocklist,
): void {
  const states = ["idle", "inUse", "unhealthy", "creating"] as const;
  const connections = registry.gauge({
    name: "blocklist_connections",
    help: "Connections to the blocklist",
    labels: { state: states },
  });
  const waiting = registry.gauge({
    name: "blocklist_waiting",
    help: "Requests that wait for a connection to the blocklist",
  });
  registry.addCollector(() => {
    const { stats } = blocklist;
    for (const state of states) connections.set({ state }, stats[state]);
    waiting.set(stats.waiting);
  });
}

/** A part tells all it has counted, a counter takes what is new. */
function catchUp(counter: CounterChild, total: number): void {
  counter.inc(total - counter.value);
}
