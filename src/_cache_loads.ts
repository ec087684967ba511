/**
 * The loads of a cache that are going on: one a key, shared by all who wait.
 *
 * @module
 */

/** A load that is going on. */
export class Load<T> {
  /** Whether something was written or invalidated since it began. */
  isSuperseded = false;
  /** The tags its value will have; `undefined` where nobody knows yet. */
  readonly tags: readonly string[] | undefined;
  /** Whether somebody was given a stale value in place of what it comes to. */
  isBehindBack = false;
  /** What it comes to; set by who starts it. */
  promise: Promise<T> | undefined;
  readonly #controller: AbortController = new AbortController();
  readonly #leave: (load: Load<T>) => void;
  /** What ends the wait of each caller that may leave before the load ends. */
  readonly #waiters: Set<() => void> = new Set();
  #isDetached = false;

  /**
   * Makes a load.
   *
   * @param tags The tags its value will have, if they are known.
   * @param leave Called when nobody waits for it any more.
   */
  constructor(
    tags: readonly string[] | undefined,
    leave: (load: Load<T>) => void,
  ) {
    this.tags = tags;
    this.#leave = leave;
  }

  /** Aborts when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Has it go on whoever waits. */
  detach(): void {
    this.#isDetached = true;
  }

  /** Has all who wait be told what it came to. */
  finish(): void {
    for (const finish of this.#waiters) finish();
  }

  /**
   * Waits for its value.
   *
   * @param signal Ends the wait.
   * @returns A promise of the value; it rejects with the signal's reason.
   */
  wait(signal: AbortSignal | undefined): Promise<T> {
    const promise = this.promise!;
    if (signal === undefined) {
      this.detach();
      // One of the caller's own: whoever drops it hears of a failure.
      return promise.then((value) => value);
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason);
        this.#waiters.delete(finish);
        if (this.#isDetached || this.#waiters.size > 0) return;
        this.#leave(this);
        this.#controller.abort(signal.reason);
      };
      const finish = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve(promise);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(finish); // The promise could not forget who has left.
    });
  }
}

/** The loads that are going on and may be joined. */
export class Loads<T> {
  readonly #loads: Map<string, Load<T>> = new Map();

  /**
   * The load of a key that may be joined.
   *
   * @param key The key.
   * @returns The load; `undefined` where there is none.
   */
  get(key: string): Load<T> | undefined {
    return this.#loads.get(key);
  }

  /**
   * Starts a load, after the code that runs now.
   *
   * @param key The key.
   * @param tags The tags its value will have, if they are known.
   * @param run What loads the value.
   * @returns The load. Its promise is never left unhandled.
   */
  start(
    key: string,
    tags: readonly string[] | undefined,
    run: (load: Load<T>) => Promise<T>,
  ): Load<T> {
    const load = new Load<T>(tags, (left) => this.#end(key, left));
    load.promise = Promise.resolve(load).then(run);
    const end = (): void => {
      this.#end(key, load);
      load.finish();
    };
    load.promise.then(end, end);
    this.#loads.set(key, load);
    return load;
  }

  /** The load is no longer joined; a later one of the key stays. */
  #end(key: string, load: Load<T>): void {
    load.isSuperseded = true;
    if (this.#loads.get(key) === load) this.#loads.delete(key);
  }

  /**
   * Has the load of a key be neither joined nor stored any more.
   *
   * @param key The key.
   */
  supersede(key: string): void {
    if (this.#loads.size === 0) return;
    const load = this.#loads.get(key);
    if (load !== undefined) this.#end(key, load);
  }

  /**
   * Has loads be neither joined nor stored any more.
   *
   * @param isHit Which.
   */
  supersedeAll(isHit: (load: Load<T>, key: string) => boolean): void {
    for (const [key, load] of this.#loads) {
      if (isHit(load, key)) this.#end(key, load);
    }
  }
}
