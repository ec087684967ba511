/**
 * What belongs to each module whose tests are put to the test: its source with
 * the private files that serve it alone, and the tests that speak for it.
 *
 * @module
 */

/** The files of a module. */
export interface Module {
  /** The files that are mutated. */
  readonly sources: readonly string[];
  /** The tests that should notice. */
  readonly tests: readonly string[];
}

/** The least share of mutants, in percent, that the tests must notice. */
export const THRESHOLD = 85;

/** The modules by name. */
export const MODULES: ReadonlyMap<string, Module> = new Map([
  moduleOf("result"),
  moduleOf("errors", ["messages"], ["messages"]),
  moduleOf("validators", ["_mismatch"]),
  moduleOf("accept_encoding"),
  moduleOf("rate_limiter", ["_rate_algorithms", "_generations"]),
  moduleOf("cache", [
    "_cache_eviction",
    "_cache_loads",
    "_columns",
    "_slot_lists",
    "_tag_index",
    "_turn_clock",
  ]),
  moduleOf(
    "connection_pool",
    ["_alarm", "_deque", "_factory_call", "_waiting_line"],
    ["connection_pool_model"],
  ),
  moduleOf("job_queue"),
]);

/** A module's entry, from what it has besides the files of its own name. */
function moduleOf(
  name: string,
  sources: readonly string[] = [],
  tests: readonly string[] = [],
): [name: string, module: Module] {
  return [name, {
    sources: [name, ...sources].map((source) => `src/${source}.ts`),
    tests: [name, ...tests].map((test) => `tests/${test}_test.ts`),
  }];
}
