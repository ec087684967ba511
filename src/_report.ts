/**
 * The way out for errors that nobody is there to catch.
 *
 * @module
 */

/**
 * Hands an error to the platform, as a rejected promise that nobody handles: the
 * process ends, or a handler for unhandled rejections hears of it.
 *
 * @param error What was thrown.
 */
export function reportUnhandled(error: unknown): void {
  Promise.reject(error);
}

/**
 * Calls code of the user that must not stop the caller. What it throws is
 * reported as unhandled.
 *
 * @param callback What to call.
 */
export function callReporting(callback: () => void): void {
  try {
    callback();
  } catch (thrown) {
    reportUnhandled(thrown);
  }
}

/**
 * Tells who wants to hear of errors; without anybody, an error is unhandled.
 *
 * @param onError Who wants to hear; what it throws is reported as unhandled.
 * @param error What was thrown.
 */
export function reportTo(
  onError: ((error: unknown) => void) | undefined,
  error: unknown,
): void {
  if (onError === undefined) reportUnhandled(error);
  else callReporting(() => onError(error));
}
