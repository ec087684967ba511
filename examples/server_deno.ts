/**
 * The server of Deno.
 *
 * @module
 */

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
  const underWay = new Set<Promise<Response>>();
  let isClosing = false;
  const server = Deno.serve({
    hostname: host,
    port,
    onListen() {},
    onError(error) {
      onError(error);
      return new Response(null, { status: 500 });
    },
  }, (request, { remoteAddr }) => {
    if (isClosing) return refusal();
    const answer = fetch(request, peerOf(remoteAddr));
    underWay.add(answer);
    const forget = () => void underWay.delete(answer);
    answer.then(forget, forget);
    return answer;
  });
  return Promise.resolve({
    url: originOf(host, server.addr.port),
    async close() {
      isClosing = true;
      // shutdown() breaks off the bodies that are still on their way here.
      const answered = Promise.allSettled(underWay);
      const ended = answered.then(() => server.shutdown());
      // There is no forcing what it waits for: those connections end with the
      // process.
      await closeWithin(shutdownTimeoutMs, ended, () => {});
    },
  });
}

function refusal(): Response {
  return new Response(null, { status: 503, headers: { connection: "close" } });
}

function peerOf(remote: Deno.Addr): Peer {
  return { address: "hostname" in remote ? remote.hostname : undefined };
}
