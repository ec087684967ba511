/**
 * The end of a turn of synchronous code.
 *
 * @module
 */

/** What is chained to it runs after the code that runs now. */
const RESOLVED: Promise<void> = /* @__PURE__ */ Promise.resolve();

/**
 * Calls a function after the code that runs now. A promise does it, since Node's
 * `queueMicrotask` makes an object for its hooks each time.
 *
 * @param callback What to call; it must not throw.
 */
export function runSoon(callback: () => void): void {
  RESOLVED.then(callback);
}
