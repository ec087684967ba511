import {
  closeWithin,
  type FetchFunction,
  type ListenOptions,
  originOf,
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
  }, fetch);
  return Promise.resolve({
    url: originOf(host, server.addr.port),
    close: () =>
      // There is no forcing what shutdown() waits for: those connections end
      // with the process.
      closeWithin(shutdownTimeoutMs, server.shutdown(), () => {}),
  });
}
