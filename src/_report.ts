/**
 * The way out for an error that nobody is there to catch.
 *
 * @module
 */

/**
 * Hands an error to the platform, as a rejected promise that nobody handles: the
 * process ends or a handler for unhandled rejections hears of it. For errors of
 * callbacks whose caller must go on.
 *
 * @param error What was thrown.
 */
export function reportUnhandled(error: unknown): void {
  Promise.reject(error);
}
