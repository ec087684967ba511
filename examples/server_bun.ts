/**
 * The server of Bun.
 *
 * @module
 */

import {
  closeWithin,
  type FetchFunction,
  type ListenOptions,
  originOf,
  type RunningServer,
} from "./server.ts";

/** The part of Bun that is used here. */
interface BunServer {
  readonly port: number;
  requestIP(request: Request): { readonly address: string } | null;
  stop(closeActiveConnections?: boolean): Promise<void>;
}
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    fetch: (request: Request, server: BunServer) => Promise<Response>;
    error: (error: unknown) => Response;
  }): BunServer;
};

/** Starts a server on Bun. */
export function listen(
  fetch: FetchFunction,
  { host, port, idleTimeoutMs, shutdownTimeoutMs, onError }: ListenOptions,
): Promise<RunningServer> {
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: Math.ceil(idleTimeoutMs / 1_000),
    fetch: (request, server) =>
      fetch(request, { address: server.requestIP(request)?.address }),
    error(error) {
      onError(error);
      return new Response(null, { status: 500 });
    },
  });
  return Promise.resolve({
    url: originOf(host, server.port),
    close: () =>
      closeWithin(
        shutdownTimeoutMs,
        server.stop(),
        () => void server.stop(true),
      ),
  });
}
