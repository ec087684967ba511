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
 * Takes the place of who hears of unhandled rejections, on Node. The test runners
 * of Deno and Bun hear of them before any listener: there, of the rejections that
 * are made and given to nobody.
 *
 * @returns What puts everything back.
 */
export function hearUnhandled(listener: (reason: unknown) => void): () => void {
  const { Bun, Deno, process } = globalThis as Hosts;
  if (Bun !== undefined || Deno !== undefined || process === undefined) {
    const { reject } = Promise;
    Promise.reject = (reason): Promise<never> => {
      listener(reason);
      return new Promise(() => {});
    };
    return () => void (Promise.reject = reject);
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
