/**
 * A headless Chromium, driven over the DevTools protocol with nothing but a
 * WebSocket.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { CHROMIUM_FLAGS } from "../chromium_flags.ts";

const ARGUMENTS = [...CHROMIUM_FLAGS, "--remote-debugging-port=0"];

/** A page that is open. */
export interface Page {
  /** What went wrong in it: errors, and what its policy refused. */
  readonly complaints: readonly string[];
  /** Calls a method of the protocol. */
  // deno-lint-ignore no-explicit-any -- the protocol has no types here
  call(method: string, params?: object): Promise<any>;
  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Ends the browser, and leaves nothing behind. */
  close(): Promise<void>;
}

/** Starts a browser with an empty page; `undefined` where there is none. */
export async function openPage(): Promise<Page | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "live-page-"));
  const program = process.env["CHROMIUM"] ?? "chromium";
  const child = spawn(program, [
    ...ARGUMENTS,
    `--user-data-dir=${folder}`,
    "about:blank",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close").catch(() => {});

  const endpoint = await new Promise<string | undefined>((resolve) => {
    let told = "";
    child.stderr.on("data", (chunk) => {
      told += chunk;
      const found = /DevTools listening on (ws:\S+)/.exec(told);
      if (found) resolve(found[1]);
    });
    child.once("error", () => resolve(undefined));
    child.once("close", () => resolve(undefined));
  });
  async function cleanUp(): Promise<void> {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (endpoint === undefined) {
    await cleanUp();
    return undefined;
  }

  const origin = endpoint.replace(/^ws:\/\/([^/]+).*$/, "http://$1");
  const targets = await (await fetch(`${origin}/json/list`)).json();
  const target = targets.find((it: { type: string }) => it.type === "page");
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const page = driver(socket, cleanUp);
  for (const domain of ["Page", "Runtime", "Log", "Accessibility"]) {
    await page.call(`${domain}.enable`);
  }
  return page;
}

function driver(socket: WebSocket, cleanUp: () => Promise<void>): Page {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const complaints: string[] = [];
  let lastId = 0;

  socket.addEventListener("message", ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(String(data));
    if (method === "Runtime.exceptionThrown") {
      const { exception, text } = params.exceptionDetails;
      complaints.push(exception?.description ?? text);
    } else if (method === "Log.entryAdded" && params.entry.level === "error") {
      complaints.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    } else if (method === "Runtime.consoleAPICalled") {
      complaints.push(`console.${params.type}`);
    }
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(new Error(error.message));
    else call?.resolve(result);
  });

  const page: Page = {
    complaints,
    call(method, params = {}) {
      const call = Promise.withResolvers<unknown>();
      waiting.set(++lastId, call);
      socket.send(JSON.stringify({ id: lastId, method, params }));
      return call.promise;
    },
    async evaluate(expression) {
      const { result, exceptionDetails } = await page.call("Runtime.evaluate", {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails) {
        throw new Error(exceptionDetails.exception?.description);
      }
      return result.value;
    },
    async close() {
      socket.close();
      await cleanUp();
    },
  };
  return page;
}
