/**
 * The back-end that {@linkcode Blocklist} asks, for the demo and the tests: it
 * listens on this machine only, and can misbehave.
 *
 * @module
 */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { MAX_LINE } from "./line_connection.ts";

/** What is blocked, and where to listen. */
export interface BlocklistServerOptions {
  /** Why each host is blocked. */
  readonly hosts: ReadonlyMap<string, string>;
  /** 0 for a free one. */
  readonly port: number;
}

/** A back-end that runs. */
export interface BlocklistServer {
  /** Where it answers, as the service's configuration has it. */
  readonly address: string;
  readonly port: number;
  /** How many connections there are. */
  readonly connections: number;
  /** How many there have been at a time. */
  readonly peak: number;
  /** How often a host was asked about. */
  readonly asked: number;
  /** Keeps verdicts back. */
  hold(): void;
  /** Gives them. */
  resume(): void;
  /** Breaks all connections. */
  breakAll(): void;
  /** Breaks all connections and frees the port. */
  close(): Promise<void>;
}

/** Starts a back-end. */
export async function startBlocklist(
  { hosts, port }: BlocklistServerOptions,
): Promise<BlocklistServer> {
  const sockets = new Set<Socket>();
  let held: (() => void)[] | undefined;
  let peak = 0;
  let asked = 0;

  function answer(socket: Socket, question: string): void {
    const tell = (line: string) => void socket.write(`${line}\n`);
    if (question === "PING") return tell("PONG");
    asked++;
    const give = () => tell(verdictOn(question, hosts));
    if (held === undefined) give();
    else held.push(give);
  }

  function breakAll(): void {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    peak = Math.max(peak, sockets.size);
    let received = "";
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      const lines = (received + text).split("\n");
      received = lines.pop()!;
      for (const line of lines) answer(socket, line);
      if (received.length > MAX_LINE) socket.destroy();
    });
    // A client that goes away is nothing to worry about.
    socket.on("error", () => {});
    socket.once("end", () => sockets.delete(socket));
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const listening = (server.address() as AddressInfo).port;

  return {
    address: `127.0.0.1:${listening}`,
    port: listening,
    get connections() {
      return sockets.size;
    },
    get peak() {
      return peak;
    },
    get asked() {
      return asked;
    },
    hold() {
      held ??= [];
    },
    resume() {
      const replies = held ?? [];
      held = undefined;
      for (const reply of replies) reply();
    },
    breakAll,
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      breakAll();
      await closed;
    },
  };
}

function verdictOn(
  question: string,
  hosts: ReadonlyMap<string, string>,
): string {
  const host = /^CHECK (\S+)$/.exec(question)?.[1];
  if (host === undefined) return "ERROR";
  const reason = hosts.get(host);
  return reason === undefined ? "OK" : `BLOCKED ${reason}`;
}
