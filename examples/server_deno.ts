import type { FetchFunction, ListenOptions, RunningServer } from "./server.ts";

/** Starts a server on Deno. */
export function listen(
  fetch: FetchFunction,
  { host, port }: ListenOptions,
): Promise<RunningServer> {
  const server = Deno.serve({ hostname: host, port, onListen() {} }, fetch);
  return Promise.resolve({
    url: `http://${host}:${server.addr.port}`,
    close: () => server.shutdown(),
  });
}
