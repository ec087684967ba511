import {
  closeWithin,
  type FetchFunction,
  type ListenOptions,
  originOf,
  type Peer,
  type RunningServer,
} from "./server.ts";

/** Starts a server on Deno. */
export function listen(
  fetch: FetchFunction,
  { host, port, shutdownTimeoutMs, onError }: ListenOptions,
): Promise<RunningServer> {
  const server = Deno.serve({
    hostname: host,
    port,
    onListen() {},
    onError(error) {
      onError(error);
      return new Response(null, { status: 500 });
    },
  }, (request, { remoteAddr }) => fetch(request, peerOf(remoteAddr)));
  return Promise.resolve({
    url: originOf(host, server.addr.port),
    close: () =>
      // There is no forcing what shutdown() waits for: those connections end
      // with the process.
      closeWithin(shutdownTimeoutMs, server.shutdown(), () => {}),
  });
}

function peerOf(remote: Deno.Addr): Peer {
  return { address: "hostname" in remote ? remote.hostname : undefined };
}
