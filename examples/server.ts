/**
 * Starts a `fetch` function as an HTTP server on the runtime at hand.
 *
 * @module
 */

import { systemClock } from "../mod.ts";

/** Who is at the other end of a connection. */
export interface Peer {
  /** Its IP address, where it has one. */
  readonly address: string | undefined;
}

/** Answers a request. */
export type FetchFunction = (
  request: Request,
  peer: Peer,
) => Promise<Response>;

/** Where to listen, and how to stop. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /**
   * How long a connection may neither send nor take anything, in ms. On Deno it
   * may for ever: there, that is for a proxy to see to.
   */
  readonly idleTimeoutMs: number;
  /** How long requests under way may take once `close()` is called, in ms. */
  readonly shutdownTimeoutMs: number;
  /** Gets what goes wrong outside the service, and not through a client. */
  readonly onError: (error: unknown) => void;
}

/** A server that runs. */
export interface RunningServer {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /**
   * Takes no more requests and frees the port; finishes those under way, or
   * breaks them off when their time is up.
   */
  close(): Promise<void>;
}

/** Starts a server with what the runtime is best at. */
export async function listen(
  fetch: FetchFunction,
  options: ListenOptions,
): Promise<RunningServer> {
  if ("Deno" in globalThis) {
    return (await import("./server_deno.ts")).listen(fetch, options);
  }
  if ("Bun" in globalThis) {
    return (await import("./server_bun.ts")).listen(fetch, options);
  }
  return (await import("./server_node.ts")).listen(fetch, options);
}

/** The origin of a server's URLs; an IPv6 address stands in brackets. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Waits for a graceful end, but forces one when its time is up. */
export async function closeWithin(
  timeoutMs: number,
  graceful: Promise<unknown>,
  force: () => void,
): Promise<void> {
  const ended = new AbortController();
  const deadline = systemClock.sleep(timeoutMs, { signal: ended.signal });
  await Promise.race([graceful, deadline.then(force, () => {})]);
  ended.abort();
}
