/**
 * A TCP connection on which one asks a line and gets a line.
 *
 * @module
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { err, type ErrorOf, ok, PoolError, type Result } from "../mod.ts";

/** How long a line may be with its end, in UTF-16 code units. */
export const MAX_LINE = 4096;

/** Why there is no answer. */
export type ConnectionError = ErrorOf<"POOL_CONNECTION_ERROR">;

/** The other side has gone: what was asked may be asked again elsewhere. */
export class ConnectionLostError extends PoolError<"POOL_CONNECTION_ERROR"> {}

/** Where to connect to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * A connection for one question at a time. Whatever goes wrong, it is of no use
 * afterwards: nobody may get the answer to what somebody else has asked.
 */
export class LineConnection {
  readonly #socket: Socket;
  readonly #closed = Promise.withResolvers<void>();
  /** What has come of the next line. */
  #received = "";
  /** Set while an answer is awaited. */
  #settle: ((answer: Result<string, ConnectionError>) => void) | undefined;
  #failure: ConnectionError | undefined;

  /** Connects; rejects where it fails or the signal aborts. */
  static async open(
    address: Address,
    signal: AbortSignal,
  ): Promise<LineConnection> {
    const socket = connect(address);
    const connection = new LineConnection(socket);
    try {
      await once(socket, "connect", { signal });
      return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text) => this.#receive(String(text)));
    socket.on("error", (error) => this.#end(lost(error)));
    socket.once("close", () => {
      this.#end(lost());
      this.#closed.resolve();
    });
  }

  /** Asks a line, which must have no line break in it, and gives the answer. */
  async ask(
    line: string,
    signal: AbortSignal,
  ): Promise<Result<string, ConnectionError>> {
    if (this.#failure !== undefined) return err(lost(this.#failure));
    const answer = Promise.withResolvers<Result<string, ConnectionError>>();
    this.#settle = answer.resolve;
    const giveUp = () =>
      this.#fail("its answer was given up", { cause: signal.reason });
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    else this.#socket.write(`${line}\n`);
    try {
      return await answer.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /**
   * Ends the connection. It resolves once the other side has seen that, or the
   * signal has aborted.
   */
  async close(signal: AbortSignal): Promise<void> {
    const force = () => this.#socket.destroy();
    signal.addEventListener("abort", force, { once: true });
    this.#end(lost());
    await this.#closed.promise;
    signal.removeEventListener("abort", force);
  }

  #receive(text: string): void {
    const received = this.#received + text;
    const end = received.indexOf("\n");
    const isMore = end !== -1 && end < received.length - 1;
    if (this.#settle === undefined || isMore) {
      this.#fail("it told more than it was asked");
    } else if (received.length > MAX_LINE) {
      this.#fail(`its answer exceeds ${MAX_LINE} characters`);
    } else if (end === -1) {
      this.#received = received;
    } else {
      this.#received = "";
      this.#answer(ok(received.slice(0, end)));
    }
  }

  #fail(reason: string, options: ErrorOptions = {}): void {
    this.#end(new PoolError("POOL_CONNECTION_ERROR", { reason }, options));
  }

  #end(failure: ConnectionError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#answer(err(failure));
    this.#socket.end();
  }

  #answer(answer: Result<string, ConnectionError>): void {
    this.#settle?.(answer);
    this.#settle = undefined;
  }
}

function lost(cause = new Error("it is closed")): ConnectionLostError {
  const reason = cause.message;
  return new ConnectionLostError("POOL_CONNECTION_ERROR", { reason }, {
    cause,
  });
}
