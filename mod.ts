/**
 * Groundwork: the infrastructure layer that every TypeScript service writes by
 * hand, as one coherent set of types without dependencies.
 *
 * Everything is exported from here, and each module from a subpath of its own
 * (`@groundwork/infra/result`). What only tests need is in
 * `@groundwork/infra/testing`.
 *
 * @example Fail as a value, not as a surprise
 * ```ts
 * import { type Result, validateRange, type ValidationError } from "@groundwork/infra";
 * import { strictEqual } from "node:assert/strict";
 *
 * function parsePort(text: string): Result<number, ValidationError> {
 *   return validateRange("port", Number(text), { min: 0, max: 65535 });
 * }
 *
 * strictEqual(parsePort("8080").unwrapOr(80), 8080);
 * strictEqual(
 *   parsePort("banana").unwrapErr().message,
 *   "port must be between 0 and 65535",
 * );
 * ```
 *
 * @module
 */

export * from "./src/accept_encoding.ts";
export * from "./src/audit.ts";
export * from "./src/audit_chain.ts";
export * from "./src/audit_store.ts";
export * from "./src/authorization.ts";
export * from "./src/binary_heap.ts";
export * from "./src/cache.ts";
export * from "./src/cache_key.ts";
export * from "./src/clock.ts";
export * from "./src/combined_rate_limiter.ts";
export * from "./src/compression.ts";
export * from "./src/compression_service.ts";
export * from "./src/config.ts";
export * from "./src/connection.ts";
export * from "./src/connection_pool.ts";
export * from "./src/cron.ts";
export * from "./src/dead_letter.ts";
export * from "./src/encryption.ts";
export * from "./src/errors.ts";
export * from "./src/event_bus.ts";
export * from "./src/hashed_token_store.ts";
export * from "./src/health.ts";
export * from "./src/http_compression.ts";
export * from "./src/in_memory_broker.ts";
export * from "./src/ip_key.ts";
export * from "./src/job_queue.ts";
export * from "./src/job_runner.ts";
export * from "./src/key_ring.ts";
export * from "./src/log_sinks.ts";
export * from "./src/logging.ts";
export * from "./src/memory_store.ts";
export * from "./src/message_broker.ts";
export * from "./src/messages.ts";
export * from "./src/metric_registry.ts";
export * from "./src/metrics.ts";
export * from "./src/priority_heap.ts";
export * from "./src/prometheus.ts";
export * from "./src/protocols.ts";
export * from "./src/rate_limit_headers.ts";
export * from "./src/rate_limiter.ts";
export * from "./src/repository.ts";
export * from "./src/result.ts";
export * from "./src/retry.ts";
export * from "./src/runtime_metrics.ts";
export * from "./src/secret.ts";
export * from "./src/span.ts";
export * from "./src/span_exporters.ts";
export * from "./src/status.ts";
export * from "./src/task.ts";
export * from "./src/task_scheduler.ts";
export * from "./src/token_store.ts";
export * from "./src/topic_router.ts";
export * from "./src/trace_context.ts";
export * from "./src/tracing.ts";
export * from "./src/validators.ts";
