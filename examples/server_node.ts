import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FetchFunction, ListenOptions, RunningServer } from "./server.ts";

/** Starts a server on Node. */
export async function listen(
  fetch: FetchFunction,
  { host, port }: ListenOptions,
): Promise<RunningServer> {
  const server = createServer((incoming, outgoing) => {
    // A client that goes away mid-answer is no failure of the service.
    answer(fetch, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    async close() {
      server.close();
      server.closeIdleConnections();
      await once(server, "close");
    },
  };
}

async function answer(
  fetch: FetchFunction,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = toRequest(incoming, outgoing);
  if (request === undefined) {
    outgoing.writeHead(400, { connection: "close" }).end();
    return;
  }
  const response = await fetch(request);
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body === null) outgoing.end();
  else {
    await pipeline(
      Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
      outgoing,
    );
  }
  // What of the body nobody read: else the client could not finish sending it,
  // and would never look at the answer.
  incoming.resume();
}

/** `undefined` where target or Host header make no URL. */
function toRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Request | undefined {
  const { method = "GET", url: target = "/", headersDistinct } = incoming;
  const authority = incoming.headers.host ?? "localhost";
  const url = target.startsWith("/") ? `http://${authority}${target}` : target;
  if (!URL.canParse(url)) return undefined;

  const abort = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) abort.abort();
  });
  const headers = Object.entries(headersDistinct)
    .flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value])
    );
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, {
    method,
    headers,
    signal: abort.signal,
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: "half" }),
  } as RequestInit);
}
