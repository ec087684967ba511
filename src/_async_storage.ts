/**
 * A value that follows a call through everything it awaits, where the runtime can
 * do that.
 *
 * @module
 */

/**
 * Where such a value is kept.
 *
 * @typeParam T The value.
 */
export interface AsyncStorage<T> {
  /** The value of the call at hand. */
  getStore(): T | undefined;

  /**
   * Calls a function with another value, which follows it.
   *
   * @typeParam A What the function takes.
   * @typeParam R What the function returns.
   * @param value The value.
   * @param work The function.
   * @param args What it is given.
   * @returns What it returned.
   */
  run<A extends unknown[], R>(
    value: T,
    work: (...args: A) => R,
    ...args: A
  ): R;
}

/** What Node, Deno and Bun have. */
interface AsyncHooks {
  readonly AsyncLocalStorage: new <T>() => AsyncStorage<T>;
}

/** Asks the runtime without an import, which browsers would fail at. */
function findHooks(): AsyncHooks | undefined {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(id: string): AsyncHooks };
  };
  return process?.getBuiltinModule?.("node:async_hooks");
}

/**
 * Makes a storage.
 *
 * @typeParam T The value.
 * @returns The runtime's. Where it has none, one whose value is there only until
 * the function returns, not after the first `await`.
 */
export function createAsyncStorage<T>(): AsyncStorage<T> {
  const hooks = findHooks();
  return hooks === undefined
    ? new SyncStorage<T>()
    : new hooks.AsyncLocalStorage<T>();
}

/** Keeps a value while a function runs. */
export class SyncStorage<T> implements AsyncStorage<T> {
  #value: T | undefined;

  /** The value of the call at hand. */
  getStore(): T | undefined {
    return this.#value;
  }

  /** Calls a function with another value. */
  run<A extends unknown[], R>(
    value: T,
    work: (...args: A) => R,
    ...args: A
  ): R {
    const outer = this.#value;
    this.#value = value;
    try {
      return work(...args);
    } finally {
      this.#value = outer;
    }
  }
}
