/**
 * Words for what was thrown.
 *
 * @module
 */

/**
 * What to tell of something thrown. A value that is no Error may hold anything,
 * a secret too: only its type is told.
 *
 * @param error What was thrown.
 * @returns The message of an Error, else the type; that too of an Error whose
 * message cannot be read. It never throws: who asks has to settle a promise.
 */
export function reasonOf(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message || error.name);
  } catch { // A getter that throws, a revoked proxy, a message without a text.
  }
  return error === null ? "null" : typeof error;
}
