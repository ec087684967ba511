/**
 * Starts a `fetch` function as an HTTP server on the runtime at hand.
 *
 * @module
 */

/** Answers a request. */
export type FetchFunction = (request: Request) => Promise<Response>;

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** A server that runs. */
export interface RunningServer {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /** Takes no more requests, finishes those under way, and frees the port. */
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
