// deno-lint-ignore-file no-console -- a program talks to its terminal
/**
 * Puts the reference service under load for a while, as a program of its own on
 * the same runtime: many kinds of requests at a time, over so many connections.
 * Tells how many it answers a second and how fast, what it answered wrongly, and
 * whether its memory stays flat. Exits with 0, or with 1 where anything failed or
 * the memory grows:
 *
 *     deno run -A --unstable-no-legacy-abort examples/load.ts --seconds=600
 *     node examples/load.ts --seconds=30 --connections=32
 *     bun examples/load.ts
 *
 * The service's bounds are so low that the first seconds reach them all; what its
 * memory does then, it would do for ever.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemClock, systemRandom } from "../mod.ts";
import { startBlocklist } from "./blocklist_server.ts";

/** The value of `--name=value` among the arguments. */
function argument(name: string, fallback: number, min: number): number {
  const found = process.argv.find((it) => it.startsWith(`--${name}=`));
  const value = found === undefined ? fallback : Number(found.split("=")[1]);
  if (value >= min && value <= 3_600) return value;
  console.error(`--${name} must be a number from ${min} to 3600`);
  process.exit(2);
}

const SECONDS = argument("seconds", 30, 10);
const CONNECTIONS = argument("connections", 16, 1);

/** How many links there are; each has a slug that is told by its number. */
const LINKS = 500;

/**
 * By how many MB the memory may grow in the second half: so much a garbage
 * collector takes by and by, also where nothing leaks.
 */
const MOST_GROWTH = 25;

const hosts = new Map([["evil.example", "phishing"]]);
const blocklist = await startBlocklist({ hosts, port: 0 });
const service = await startService();

// --- The service

/** The service as a program that runs. */
interface Running {
  readonly url: string;
  /** Asks it to end, and gives its exit code. */
  stop(): Promise<number | null>;
}

async function startService(): Promise<Running> {
  const file = fileURLToPath(new URL("serve.ts", import.meta.url));
  const options = "Deno" in globalThis
    ? ["run", "-A", "--quiet", "--unstable-no-legacy-abort"]
    : [];
  const child = spawn(process.execPath, [...options, file], {
    env: {
      ...process.env,
      PORT: "0",
      LINKS_BLOCKLIST: blocklist.address,
      LINKS_MAX_LINKS: "1000",
      LINKS_MAX_CACHED_LINKS: "400",
      LINKS_MAX_AUDITED: "1000",
      LINKS_REQUESTS_PER_MINUTE: "1000000000",
      LINKS_TOTAL_REQUESTS_PER_MINUTE: "1000000000",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const [line] = await Promise.race([once(child.stdout, "data"), ended]);
  child.stdout.resume(); // Its log is written, and read by nobody.
  const { url }: { readonly url: string } = JSON.parse(String(line));
  return {
    url,
    async stop() {
      process.kill(child.pid!, "SIGTERM");
      await ended;
      return child.exitCode;
    },
  };
}

// --- What is asked, and how it must be answered

let requests = 0;
const failed = new Map<string, number>();

/** How many requests took how long; each bucket is 2 % longer than the last. */
const latencies = new Uint32Array(1_000);
const SHORTEST_MS = 0.01;

/** The bucket for a latency. */
function bucketOf(durationMs: number): number {
  const bucket = Math.log(Math.max(durationMs, SHORTEST_MS) / SHORTEST_MS) /
    Math.log(1.02);
  return Math.min(Math.round(bucket), latencies.length - 1);
}

/** The latency that a part of the requests did not exceed, in ms. */
function percentile(part: number): number {
  let left = part * latencies.reduce((sum, count) => sum + count, 0);
  const bucket = latencies.findIndex((count) => (left -= count) <= 0);
  return SHORTEST_MS * 1.02 ** bucket;
}

async function ask(
  expected: number,
  path: string,
  init: RequestInit = {},
): Promise<void> {
  const startTick = systemClock.monotonic();
  let outcome: string;
  try {
    const answer = await fetch(service.url + path, {
      redirect: "manual",
      ...init,
    });
    await answer.arrayBuffer();
    outcome = `${answer.status}`;
  } catch (error) {
    outcome = String(error);
  }
  requests++;
  latencies[bucketOf(systemClock.monotonic() - startTick)]!++;
  if (outcome === `${expected}`) return;
  const failure = `${init.method ?? "GET"} ${path.split("/")[1]}: ${outcome}`;
  failed.set(failure, (failed.get(failure) ?? 0) + 1);
}

function send(expected: number, path: string, body: unknown): Promise<void> {
  return ask(expected, path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function pick(count: number): number {
  return Math.floor(systemRandom() * count);
}

function slug(): string {
  return `link-${pick(LINKS)}`;
}

/** The numbers of new links: each is made and deleted by who draws it. */
let next = LINKS;

/** What clients do, the frequent first, and how often, of a hundred times. */
const ACTIONS: readonly (readonly [number, () => Promise<void>])[] = [
  [60, () => ask(302, `/s/${slug()}`)],
  [15, () => ask(200, `/links/${slug()}`)],
  [5, () => ask(200, `/links/${slug()}/visits`)],
  [4, () => ask(404, `/s/nowhere-${pick(1_000)}`)],
  [4, () => ask(200, `/links?offset=${pick(400)}&limit=100`)],
  [4, async () => {
    const slug = `link-${next++}`;
    await send(201, "/links", { url: `https://example.com/${slug}`, slug });
    await ask(302, `/s/${slug}`);
    await ask(204, `/links/${slug}`, { method: "DELETE" });
  }],
  [2, () => send(422, "/links", { url: "ftp://example.com/" })],
  [2, () => send(403, "/links", { url: "https://evil.example/" })],
  [1, () => send(202, "/reports", { host: `h${pick(9)}.example` })],
  [1, () => ask(200, "/", { headers: { "accept-encoding": "gzip" } })],
  [1, () => ask(200, "/readyz")],
  [1, () => ask(200, "/metrics")],
];

async function act(): Promise<void> {
  let left = pick(100);
  for (const [weight, action] of ACTIONS) {
    left -= weight;
    if (left < 0) return await action();
  }
}

// --- The memory

/** The memory of the service, in MB, by the second. */
const memory: number[] = [];

async function sample(name: string): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, "m").exec(metrics)?.[1]);
}

/** By how many MB the memory grew, by the line that fits best (least squares). */
function growthOf(samples: readonly number[]): number {
  const n = samples.length;
  const mean = samples.reduce((sum, it) => sum + it, 0) / n;
  const middle = (n - 1) / 2;
  let [covariance, variance] = [0, 0];
  for (const [i, it] of samples.entries()) {
    covariance += (i - middle) * (it - mean);
    variance += (i - middle) ** 2;
  }
  return n * covariance / variance;
}

// --- The run

for (let i = 0; i < LINKS; i++) {
  await send(201, "/links", { url: "https://example.com/", slug: `link-${i}` });
}
requests = 0;
latencies.fill(0);
const stream = await fetch(`${service.url}/live`);
const watched = stream.body!.pipeTo(new WritableStream());

console.log(`${SECONDS} s over ${CONNECTIONS} connections to ${service.url}`);
const startTick = systemClock.monotonic();
const elapsed = () => (systemClock.monotonic() - startTick) / 1_000;
let isOver = false;
const clients = Array.from({ length: CONNECTIONS }, async () => {
  while (!isOver) await act();
});
const shownEvery = Math.ceil(SECONDS / 10);
for (let second = 1; second <= SECONDS; second++) {
  await systemClock.sleep(Math.max(0, (second - elapsed()) * 1_000));
  memory.push(await sample("process_resident_memory_bytes") / 1e6);
  if (second % shownEvery > 0) continue;
  const rate = Math.round(requests / elapsed());
  console.log(`${second} s: ${rate}/s, ${memory.at(-1)!.toFixed(1)} MB`);
}
isOver = true;
await Promise.all(clients);
const seconds = elapsed();
const deadVisits = await sample("visits_dead");
if (deadVisits > 0) failed.set("visits that were not counted", deadVisits);
const code = await service.stop();
await watched;
await blocklist.close();

const growth = growthOf(memory.slice(Math.floor(memory.length / 2)));
const isFlat = growth < MOST_GROWTH;
const sumFailed = [...failed.values()].reduce((sum, count) => sum + count, 0);
const told = [["p50", 0.5], ["p90", 0.9], ["p99", 0.99], ["p99.9", 0.999]]
  .map(([name, part]) => `${name} ${percentile(Number(part)).toFixed(2)} ms`);
console.log(
  `requests  ${requests}, ${Math.round(requests / seconds)} a second`,
);
console.log(`latency   ${told.join(", ")}`);
console.log(`failed    ${sumFailed}`);
for (const [failure, count] of failed) console.log(`  ${count} × ${failure}`);
console.log(
  `memory    ${isFlat ? "flat" : "GROWING"}: ${growth.toFixed(1)} MB more in ` +
    `the second half, at most ${Math.max(...memory).toFixed(0)} MB`,
);
console.log(`ended     with ${code}`);
process.exit(sumFailed === 0 && isFlat && code === 0 ? 0 : 1);
