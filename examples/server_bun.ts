import type { FetchFunction, ListenOptions, RunningServer } from "./server.ts";

/** The part of Bun that is used here. */
interface BunServer {
  readonly port: number;
  stop(): Promise<void>;
}
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    fetch: FetchFunction;
  }): BunServer;
};

/** Starts a server on Bun. */
export function listen(
  fetch: FetchFunction,
  { host, port }: ListenOptions,
): Promise<RunningServer> {
  const server = Bun.serve({ hostname: host, port, fetch });
  return Promise.resolve({
    url: `http://${host}:${server.port}`,
    close: () => server.stop(),
  });
}
