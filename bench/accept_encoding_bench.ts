/**
 * Choosing a coding for the headers of browsers and tools, against the
 * libraries for it. How to run it: see `harness.ts`.
 *
 * All are told to prefer br to gzip to deflate, as a server does.
 *
 * @module
 */

import { negotiateEncoding } from "npm:encoding-negotiator@3.0.0";
import Negotiator from "npm:negotiator@1.1.0";
import * as groundwork from "../src/accept_encoding.ts";
import { bench, type Group } from "./harness.ts";

/** Chrome, Firefox, Safari; curl; a proxy with weights. */
const HEADERS = [
  "gzip, deflate, br, zstd",
  "gzip, deflate, br",
  "gzip, deflate",
  "deflate, gzip, br, zstd",
  "br;q=1.0, gzip;q=0.8, *;q=0.1",
];
const ANSWERS = ["br", "br", "gzip", "br", "br"];
const PRIORITY = ["br", "gzip", "deflate"] as const;

const PREFERRED = [...PRIORITY];

function headerAt(i: number): string {
  return HEADERS[i % HEADERS.length]!;
}

function check(answer: unknown, i: number): boolean {
  return answer === ANSWERS[((i % HEADERS.length) + HEADERS.length) % 5];
}

const selectEachTime = groundwork.createSelector(PRIORITY, {
  maxRemembered: 0,
});
const selectRemembered = groundwork.createSelector(PRIORITY);

/** It has no types of its own. */
type Negotiate = (header: string, codings: readonly string[]) => unknown;

const peers: Group["peers"] = {
  "negotiator": (i) => {
    const headers = { "accept-encoding": headerAt(i) };
    return new Negotiator({ headers }).encoding(PREFERRED, {
      preferred: PREFERRED,
    });
  },
  "encoding-negotiator": (i) =>
    (negotiateEncoding as Negotiate)(headerAt(i), PRIORITY),
};

await bench(import.meta, "accept-encoding", [
  {
    name: "select, each header anew",
    check,
    ours: (i) => selectEachTime(headerAt(i)),
    peers,
  },
  {
    name: "select, as remembered",
    check,
    ours: (i) => selectRemembered(headerAt(i)),
    peers,
  },
]);
