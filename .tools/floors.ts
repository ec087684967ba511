/**
 * The floors of the house: a module imports from its own floor or from one
 * below, never from above. The lint rule `house/floors` holds each import to
 * it while one types, and `graph_check.ts` the whole graph.
 *
 * A new module gets a line here. A private helper (`_name.ts`) needs one only
 * where it does not stand on the first floor.
 *
 * @module
 */

/** Where the entry point stands: above every module, below the examples. */
export const TOP_FLOOR = 5;

/** The modules in src/ by floor. */
const MODULES_BY_FLOOR: Readonly<Record<number, readonly string[]>> = {
  1: ["clock", "errors", "messages", "result", "status"],
  2: [
    "_audit_hash",
    "_options",
    "_recorded_span",
    "binary_heap",
    "connection",
    "ip_key",
    "priority_heap",
    "protocols",
    "secret",
    "span",
    "trace_context",
    "validators",
  ],
  3: [
    "_audit_draft",
    "_metric_instruments",
    "_metric_series",
    "_policy",
    "_policy_index",
    "_policy_panel",
    "_policy_rules",
    "accept_encoding",
    "audit",
    "audit_chain",
    "audit_store",
    "authorization",
    "cache",
    "cache_key",
    "compression",
    "compression_service",
    "config",
    "config_fields",
    "connection_pool",
    "cron",
    "dead_letter",
    "encryption",
    "event_bus",
    "health",
    "job_queue",
    "key_ring",
    "logging",
    "memory_store",
    "message_broker",
    "metrics",
    "rate_limiter",
    "repository",
    "retry",
    "task",
    "testing",
    "token_store",
    "topic_router",
    "tracing",
  ],
  4: [
    "_message_group",
    "combined_rate_limiter",
    "hashed_token_store",
    "http_compression",
    "in_memory_broker",
    "job_runner",
    "log_sinks",
    "metric_registry",
    "prometheus",
    "rate_limit_headers",
    "runtime_metrics",
    "span_exporters",
    "task_scheduler",
  ],
};

/** The floor of each module in the table, by its path from the root. */
export const FLOORS: ReadonlyMap<string, number> = new Map(
  Object.entries(MODULES_BY_FLOOR).flatMap(([floor, names]) =>
    names.map((name): [string, number] => [`src/${name}.ts`, Number(floor)])
  ),
);

/**
 * The floor a file stands on.
 *
 * @param path The path from the root, with slashes: "src/clock.ts".
 * @returns The floor, or `undefined` for what stands on none: a file in src/
 * that is not in the table, and everything outside src/ but mod.ts.
 */
export function floorOf(path: string): number | undefined {
  if (path === "mod.ts") return TOP_FLOOR;
  return FLOORS.get(path) ?? (isPrivateModule(path) ? 1 : undefined);
}

/**
 * Tells a private helper, which is exported nowhere.
 *
 * @param path The path from the root, with slashes.
 * @returns Whether it is a file in src/ with a leading underscore.
 */
export function isPrivateModule(path: string): boolean {
  return /^src\/_[^/]+\.ts$/.test(path);
}
