/**
 * Stands in for `node:assert/strict` in browsers and workerd.
 *
 * @module
 */

import * as assertions from "./assertions.ts";

export * from "./assertions.ts";

/** `ok()`, with all others as its methods. */
const assert: typeof assertions.ok & typeof assertions = Object.assign(
  (value?: unknown, message?: string | Error): asserts value =>
    assertions.ok(value, message),
  assertions,
);

export { assert as strict };
export default assert;
