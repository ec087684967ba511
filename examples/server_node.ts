/**
 * The server of Node: requests and answers of its own become those of `fetch`.
 *
 * @module
 */

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { catchToResult } from "../mod.ts";
import {
  closeWithin,
  type FetchFunction,
  type ListenOptions,
  originOf,
  type RunningServer,
} from "./server.ts";

/** Starts a server on Node. */
export async function listen(
  fetch: FetchFunction,
  { host, port, idleTimeoutMs, shutdownTimeoutMs, onError }: ListenOptions,
): Promise<RunningServer> {
  const server = createServer((incoming, outgoing) => {
    // A connection that is kept alive must not be served after close().
    if (!server.listening) outgoing.setHeader("connection", "close");
    answer(fetch, incoming, outgoing).catch((error) => {
      // A client that goes away in the middle is no failure of the service.
      if (!outgoing.destroyed) onError(error);
      outgoing.destroy();
    });
    outgoing.once("finish", () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.setTimeout(idleTimeoutMs);
  server.listen(port, host);
  await once(server, "listening");
  return {
    url: originOf(host, (server.address() as AddressInfo).port),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closeWithin(
        shutdownTimeoutMs,
        closed,
        () => server.closeAllConnections(),
      );
    },
  };
}

async function answer(
  fetch: FetchFunction,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = catchToResult(
    () => toRequest(incoming, outgoing),
    () => "malformed",
  );
  if (!request.ok) {
    outgoing.writeHead(400, { connection: "close" }).end();
    return;
  }
  const response = await fetch(request.value, {
    address: incoming.socket.remoteAddress,
  });
  if (outgoing.destroyed) {
    // The client has gone: nobody would listen to what the body fails with.
    await response.body?.cancel().catch(() => {});
    return;
  }
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

/** Throws where method, target or Host header make no request. */
function toRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Request {
  const { method = "GET", url: target = "/", headersDistinct } = incoming;
  const authority = incoming.headers.host ?? "localhost";
  const url = target.startsWith("/") ? `http://${authority}${target}` : target;
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
    ...(hasBody && { body: bodyOf(incoming), duplex: "half" }),
  } as RequestInit);
}

/** It can be cancelled, and what is left of it read off by somebody else. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return ReadableStream.from<Uint8Array>(
    incoming.iterator({ destroyOnReturn: false }),
  );
}
