/**
 * How much each subpath may cost whoever imports it alone and uses all of it:
 * bytes, minified and gzipped. `size_test.ts` holds each bundle to its budget.
 *
 * A budget is what was measured and a tenth more. Where a size goes beyond it,
 * find out what came along before raising it; where a size falls below three
 * quarters of it, lower it.
 *
 * Two sizes explain most of the others. Whatever refuses an option needs the
 * error messages, errors, results and validators: about 3,900. The priority
 * heap, for whatever has deadlines or an order, is 1,500 of its own.
 *
 * @module
 */

/** The budget of each subpath. */
export const BUDGETS: Readonly<Record<string, number>> = {
  // Everything.
  ".": 86_000,
  "./accept-encoding": 5_700,
  // Comes with the hash of the chain: SHA-256 by hand, which is synchronous.
  "./audit": 8_500,
  "./audit-chain": 7_000,
  "./audit-store": 4_400,
  "./authorization": 6_900,
  "./binary-heap": 4_800,
  // Its own code: eviction, tags, shared loads, patterns and statistics.
  "./cache": 9_500,
  "./cache-key": 4_600,
  "./clock": 745,
  "./combined-rate-limiter": 4_500,
  // Two ways to each coding: Web streams, and node:zlib where it is there.
  "./compression": 9_600,
  // All of compression and accept-encoding.
  "./compression-service": 12_100,
  // All of config-fields.
  "./config": 7_600,
  "./config-fields": 6_000,
  // Types, and one guard.
  "./connection": 165,
  // Its own code: the largest class of the package.
  "./connection-pool": 10_200,
  // Its own code: the parser, the calendar and time zones.
  "./cron": 6_600,
  "./dead-letter": 4_500,
  // The sealed form, the canonical form of contexts, and base64url.
  "./encryption": 6_600,
  // The messages of all errors: each error finds its own by its code.
  "./errors": 3_150,
  "./event-bus": 6_300,
  "./hashed-token-store": 5_700,
  "./health": 7_500,
  // All of compression-service.
  "./http-compression": 14_200,
  // A broker by groups, with a cache that remembers ids and answers, the topic
  // router's trie and the priority heap for what is delayed.
  "./in-memory-broker": 22_500,
  "./ip-key": 4_800,
  // The priority heap, and the limits, delays and aging above it.
  "./job-queue": 9_400,
  // Tries again: retry comes along.
  "./job-runner": 7_400,
  "./key-ring": 6_000,
  "./log-sinks": 4_800,
  // JSON that neither throws nor shows secrets, whatever is logged.
  "./logging": 8_000,
  // The priority heap, by which values expire.
  "./memory-store": 7_700,
  // Types, and one guard.
  "./message-broker": 185,
  "./messages": 5_300,
  // The instruments, which have no subpath of their own.
  "./metric-registry": 9_700,
  // Types, and one guard.
  "./metrics": 175,
  "./priority-heap": 6_100,
  "./prometheus": 1_800,
  // Types, and their guards.
  "./protocols": 365,
  "./rate-limit-headers": 4_600,
  // Four algorithms.
  "./rate-limiter": 7_000,
  "./repository": 4_650,
  // Needs three of the messages, and nothing else.
  "./result": 1_350,
  "./retry": 5_300,
  "./runtime-metrics": 5_300,
  "./secret": 265,
  // Types, and one guard.
  "./span": 160,
  "./span-exporters": 5_700,
  // Parsing refuses with an error, so that the base comes along.
  "./status": 3_950,
  // Tries again: retry comes along.
  "./task": 7_100,
  // All of task, and the priority heap; cron is handed in.
  "./task-scheduler": 11_500,
  "./testing": 4_950,
  // The priority heap, by which tokens expire.
  "./token-store": 9_200,
  "./topic-router": 6_600,
  "./trace-context": 835,
  "./tracing": 7_000,
  "./validators": 4_900,
};

/**
 * What may be left of the sources where nothing is used of them. A package of
 * JSR cannot say that its modules have no effects, so that bundlers keep each
 * statement that might have one: a call that is not annotated as pure, and a
 * property that is read.
 */
export const BUDGET_OF_NOTHING = 650;
