/**
 * Lines of JSON, from the call of the logger to a sink that takes the string. How to
 * run it: see `harness.ts`.
 *
 * All but LogTape write the time in ms since the epoch, and none writes of process
 * or host. The sink looks at the last character: engines keep a string as a chain of
 * its pieces until somebody reads it, as who writes it somewhere has to. Data are
 * object literals, as in the documents of all.
 *
 * What is not the same:
 *
 * - Ours looks at each name, at any depth, in all groups. pino looks for no secrets
 *   but where it is told to, and is told the paths of the two.
 * - LogTape writes the time as ISO 8601. Its redaction is in another package, and
 *   not measured.
 * - By hand, that is `JSON.stringify` of all data in one object; with a replacer
 *   where there are secrets.
 *
 * @module
 */

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
} from "npm:@logtape/logtape@2.4.2";
import pino from "npm:pino@10.4.0";
import { LineSink } from "../src/log_sinks.ts";
import { Logger } from "../src/logging.ts";
import { copy } from "./copy.ts";
import { bench, type Contender } from "./harness.ts";

/** What a sink was given. */
let last = "";

/** Reads the end of a line, which puts it together. */
function take(line: string): void {
  last = line.charCodeAt(line.length - 1) === 10 ? line : "";
}

const ours = new Logger({
  sinks: [new LineSink({ write: take })],
  time: "epoch",
});
const pinoOptions = {
  base: null,
  timestamp: pino.stdTimeFunctions.epochTime,
};
const destination = { write: take };
const peer = pino(pinoOptions, destination);
const redacting = pino({
  ...pinoOptions,
  redact: {
    paths: ["request.headers.authorization", "user.password"],
    censor: "[redacted]",
  },
}, destination);

const toLine = getJsonLinesFormatter({ properties: "flatten" });
configureSync({
  sinks: { line: (record) => take(toLine(record)) },
  loggers: [
    { category: "bench", sinks: ["line"], lowestLevel: "info" },
    { category: ["logtape", "meta"], lowestLevel: null },
  ],
});
const tape = getLogger("bench");

const bindings = { service: "links", requestId: "01JAB3XZ" };
const oursBound = ours.child(bindings);
const peerBound = peer.child(bindings);
const tapeBound = tape.with(bindings);

function byHand(message: string, data?: object): string {
  const time = Date.now();
  take(`${JSON.stringify({ time, level: "info", message, ...data })}\n`);
  return last;
}

function withoutSecrets(name: string, value: unknown): unknown {
  const isSecret = name === "authorization" || name === "password";
  return isSecret ? "[redacted]" : value;
}

function byHandRedacting(message: string, data?: object): string {
  const time = Date.now();
  const all = { time, level: "info", message, ...data };
  take(`${JSON.stringify(all, withoutSecrets)}\n`);
  return last;
}

/** Whether an answer is a line that tells all this. */
function tells(
  answer: unknown,
  message: string,
  data: Readonly<Record<string, unknown>>,
): boolean {
  if (answer !== last || !/^[^\n]+\n$/.test(last)) return false;
  last = "";
  const told = JSON.parse(answer as string) as Record<string, unknown>;
  const isTold = (told["message"] ?? told["msg"]) === message;
  return isTold &&
    Object.entries(data).every(([name, value]) =>
      JSON.stringify(told[name]) === JSON.stringify(value)
    );
}

function fieldsAt(i: number): Record<string, unknown> {
  return { method: "GET", path: "/links/docs", status: 200, tookMs: i + 0.5 };
}

function nestedAt(i: number, secret: string): Record<string, unknown> {
  return {
    request: {
      method: "POST",
      path: "/links",
      headers: { host: "go.example", authorization: secret },
    },
    user: { id: i, name: "ada", password: secret, roles: ["admin", "editor"] },
  };
}

/** A copy is compiled for each contender: no free variables in here. */
function debug(logger: { debug(message: string): void }): Contender {
  return () => {
    for (let n = 0; n < 16; n++) logger.debug("looked up");
    return 16;
  };
}

await bench(import.meta, "logging", [
  {
    name: "message only",
    check: (answer) => tells(answer, "listening", {}),
    ours: () => {
      ours.info("listening");
      return last;
    },
    floor: () => byHand("listening"),
    peers: {
      "pino": () => {
        peer.info("listening");
        return last;
      },
      "LogTape": () => {
        tape.info("listening");
        return last;
      },
    },
  },
  {
    name: "4 fields",
    check: (answer, i) => tells(answer, "link read", fieldsAt(i)),
    ours: (i) => {
      ours.info("link read", {
        method: "GET",
        path: "/links/docs",
        status: 200,
        tookMs: i + 0.5,
      });
      return last;
    },
    floor: (i) =>
      byHand("link read", {
        method: "GET",
        path: "/links/docs",
        status: 200,
        tookMs: i + 0.5,
      }),
    peers: {
      "pino": (i) => {
        peer.info({
          method: "GET",
          path: "/links/docs",
          status: 200,
          tookMs: i + 0.5,
        }, "link read");
        return last;
      },
      "LogTape": (i) => {
        tape.info("link read", {
          method: "GET",
          path: "/links/docs",
          status: 200,
          tookMs: i + 0.5,
        });
        return last;
      },
    },
  },
  {
    name: "child with 2, and 4 fields",
    check: (answer, i) =>
      tells(answer, "link read", { ...bindings, ...fieldsAt(i) }),
    ours: (i) => {
      oursBound.info("link read", {
        method: "GET",
        path: "/links/docs",
        status: 200,
        tookMs: i + 0.5,
      });
      return last;
    },
    floor: (i) =>
      byHand("link read", {
        ...bindings,
        method: "GET",
        path: "/links/docs",
        status: 200,
        tookMs: i + 0.5,
      }),
    peers: {
      "pino": (i) => {
        peerBound.info({
          method: "GET",
          path: "/links/docs",
          status: 200,
          tookMs: i + 0.5,
        }, "link read");
        return last;
      },
      "LogTape": (i) => {
        tapeBound.info("link read", {
          method: "GET",
          path: "/links/docs",
          status: 200,
          tookMs: i + 0.5,
        });
        return last;
      },
    },
  },
  {
    name: "a child made, and 4 fields",
    check: (answer, i) =>
      tells(answer, "link read", { requestId: i, ...fieldsAt(i) }),
    ours: (i) => {
      ours.child({ requestId: i }).info("link read", {
        method: "GET",
        path: "/links/docs",
        status: 200,
        tookMs: i + 0.5,
      });
      return last;
    },
    floor: (i) =>
      byHand("link read", {
        requestId: i,
        method: "GET",
        path: "/links/docs",
        status: 200,
        tookMs: i + 0.5,
      }),
    peers: {
      "pino": (i) => {
        peer.child({ requestId: i }).info({
          method: "GET",
          path: "/links/docs",
          status: 200,
          tookMs: i + 0.5,
        }, "link read");
        return last;
      },
      "LogTape": (i) => {
        tape.with({ requestId: i }).info("link read", {
          method: "GET",
          path: "/links/docs",
          status: 200,
          tookMs: i + 0.5,
        });
        return last;
      },
    },
  },
  {
    name: "nested, 2 secrets",
    check: (answer, i) => tells(answer, "link made", nestedAt(i, "[redacted]")),
    ours: (i) => {
      ours.info("link made", nestedAt(i, "hunter2"));
      return last;
    },
    floor: (i) => byHandRedacting("link made", nestedAt(i, "hunter2")),
    peers: {
      "pino": (i) => {
        redacting.info(nestedAt(i, "hunter2"), "link made");
        return last;
      },
    },
  },
  {
    name: "level that is off, x 16",
    setup: () => void (last = ""),
    check: (answer) => answer === 16 && last === "",
    ours: copy(debug)(ours),
    peers: { "pino": copy(debug)(peer), "LogTape": copy(debug)(tape) },
  },
]);
