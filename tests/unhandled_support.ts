/** Hears of unhandled rejections, on every runtime. */

interface Hosts {
  readonly Bun?: unknown;
  readonly Deno?: unknown;
  readonly process?: {
    listeners(event: string): ((reason: unknown) => void)[];
    removeAllListeners(event: string): void;
    on(event: string, listener: (reason: unknown) => void): void;
  };
}

/**
 * Hears of the rejections that are made and given to nobody: what the package
 * hands to the platform.
 *
 * @returns What puts everything back.
 */
export function hearReported(listener: (reason: unknown) => void): () => void {
  const { reject } = Promise;
  Promise.reject = (reason): Promise<never> => {
    listener(reason);
    return new Promise(() => {});
  };
  return () => void (Promise.reject = reject);
}

/** What is handed to the platform as unhandled while the body runs. */
export async function reportedIn(
  body: () => unknown,
): Promise<readonly unknown[]> {
  const reasons: unknown[] = [];
  const restore = hearReported((reason) => reasons.push(reason));
  try {
    await body();
  } finally {
    restore();
  }
  return reasons;
}

/**
 * Takes the place of who hears of unhandled rejections, on Node. The test runners
 * of Deno and Bun hear of them before any listener: there, of the rejections that
 * are made and given to nobody.
 *
 * @returns What puts everything back.
 */
export function hearUnhandled(listener: (reason: unknown) => void): () => void {
  const { Bun, Deno, process } = globalThis as Hosts;
  if (Bun !== undefined || Deno !== undefined || process === undefined) {
    return hearReported(listener);
  }
  const type = "unhandledRejection";
  const others = process.listeners(type);
  process.removeAllListeners(type);
  process.on(type, listener);
  return () => {
    process.removeAllListeners(type);
    for (const other of others) process.on(type, other);
  };
}
