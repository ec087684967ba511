/**
 * Asks a back-end which hosts nobody may link to, over a few TCP connections
 * that all requests share.
 *
 * The protocol is a line for a line: `CHECK host` is answered by `OK` or
 * `BLOCKED reason`, `PING` by `PONG`. Anything else is no answer.
 *
 * @module
 */

import {
  type Clock,
  ConnectionPool,
  err,
  type Format,
  ok,
  type PoolAcquireError,
  PoolError,
  type PoolStats,
  type RandomSource,
  requireOption,
  type Result,
  RetryableTask,
  type StopError,
  TokenRetryBudget,
  validateFormat,
} from "../mod.ts";
import {
  type ConnectionError,
  ConnectionLostError,
  LineConnection,
} from "./line_connection.ts";

/** What the back-end says of a host. */
export type Verdict =
  | { readonly isBlocked: false }
  | { readonly isBlocked: true; readonly reason: string };

/**
 * Why there is no verdict: no connection, none that worked, no time left, or
 * nobody who wants to know.
 */
export type BlocklistError = PoolAcquireError | StopError;

/** Where the back-end is, and how long to wait for it. */
export interface BlocklistOptions {
  /** As {@linkcode ADDRESS} has it. */
  readonly address: string;
  /** How many connections there may be. */
  readonly connections: number;
  /** How long a check waits for a connection, in ms. */
  readonly waitMs: number;
  /** How long a check may take in all, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Gets why there was no verdict; what clients are told says less. */
  readonly onError: (error: unknown) => void;
}

/** Where a back-end answers; an IPv6 address stands in brackets. */
export const ADDRESS: Format = {
  description: "host:port",
  pattern:
    /([\w.-]+|\[[\da-f:.]+\]):([0-5]?\d{1,4}|6([0-4]\d{3}|5([0-4]\d\d|5([0-2]\d|3[0-5]))))/i,
};

const HOST: Format = { description: "no white space", pattern: /\S+/ };

/** How many requests may wait for each connection. */
const WAITING_PER_CONNECTION = 100;

/** The back-end, as the service sees it. */
export class Blocklist {
  readonly #pool: ConnectionPool<LineConnection>;
  readonly #check: RetryableTask<string, Verdict, PoolAcquireError>;
  readonly #drainMs: number;
  readonly #onError: (error: unknown) => void;

  constructor(options: BlocklistOptions) {
    const { address, connections, waitMs, timeoutMs, clock, random } = options;
    const { hostname, port } = new URL(`tcp://${address}`);
    const target = { host: hostname.replace(/[[\]]/g, ""), port: Number(port) };
    // A connection hardly dies alone: where one has, all are replaced, so that
    // who comes next, and who tries again, gets a new one.
    this.#pool = new ConnectionPool({
      create: ({ signal }) => LineConnection.open(target, signal),
      destroy: (connection, { signal }) => connection.close(signal),
      validate: async (connection, { signal }) =>
        (await connection.ask("PING", signal)).unwrapOr("") === "PONG",
    }, {
      max: connections,
      maxWaiting: connections * WAITING_PER_CONNECTION,
      acquireTimeoutMs: waitMs,
      createTimeoutMs: waitMs,
      validateTimeoutMs: waitMs / 2, // The rest is for a new connection.
      destroyTimeoutMs: waitMs,
      onEvent: (event) => {
        if (event.type === "validation_failed") this.#pool.evict();
      },
      clock,
      random,
    });
    this.#check = new RetryableTask(
      (host: string, { signal }) => this.#ask(host, signal),
      {
        totalTimeoutMs: timeoutMs,
        abandonAfterMs: 0, // Nobody waits for a bad connection to end.
        maxAttempts: 2,
        retryOn: [ConnectionLostError],
        // A back-end that is down is not asked twice as often for it.
        budget: new TokenRetryBudget({ capacity: connections * 10 }),
        baseDelayMs: 0,
        onRetry: () => this.#pool.evict(),
        clock,
        random,
      },
    );
    this.#drainMs = timeoutMs;
    this.#onError = options.onError;
  }

  /** What the pool has now. */
  get stats(): PoolStats {
    return this.#pool.stats;
  }

  /**
   * Asks whether a host may be linked. A connection that dies in the middle is
   * no failure yet: to ask twice does no harm, so another one is asked.
   */
  async check(
    host: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Result<Verdict, BlocklistError>> {
    requireOption(validateFormat("host", host, HOST), host);
    const result = await this.#check.execute(host, options);
    if (result.status === "completed") return ok(result.output);
    if (result.status === "cancelled") return err(result.error);
    const error = result.status === "failed" ? result.lastError : result.error;
    this.#onError(error);
    return err(error);
  }

  /** Refuses new checks, lets those under way finish, leaves no connection. */
  close(): Promise<void> {
    return this.#pool.close({ drainMs: this.#drainMs });
  }

  #ask(
    host: string,
    signal: AbortSignal,
  ): Promise<Result<Verdict, PoolAcquireError>> {
    return this.#pool.use(async (connection, lease) => {
      const answer = await connection.ask(`CHECK ${host}`, signal);
      const verdict = answer.andThen(toVerdict);
      if (!verdict.ok) void lease.destroy();
      return verdict;
    }, { signal });
  }
}

function toVerdict(answer: string): Result<Verdict, ConnectionError> {
  if (answer === "OK") return ok({ isBlocked: false });
  const reason = /^BLOCKED (.+)$/.exec(answer)?.[1];
  return reason === undefined
    ? err(
      new PoolError("POOL_CONNECTION_ERROR", {
        reason: "its answer is not of the protocol",
      }),
    )
    : ok({ isBlocked: true, reason });
}
