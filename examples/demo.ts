// deno-lint-ignore-file no-console -- a program talks to its terminal
/**
 * Starts the reference service on a free port, drives it over real HTTP as
 * several clients would, checks every answer, and tells what happened. Exits
 * with 0, or with 1 when anything was wrong: `deno task demo`,
 * `node examples/demo.ts` or `bun examples/demo.ts`.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import process from "node:process";
import {
  type DeadLetter,
  generateKey,
  GzipCompressor,
  InMemoryRepository,
  InMemorySpanExporter,
  KeyRing,
  MemorySink,
  type Repository,
  RepositoryError,
  Secret,
  systemClock,
} from "../mod.ts";
import { startBlocklist } from "./blocklist_server.ts";
import { listen } from "./server.ts";
import type { ReportState } from "./reports.ts";
import type { Link } from "./links.ts";
import type { Picture } from "./picture.ts";
import { configBuilder } from "./config.ts";
import { createService } from "./service.ts";
import type { Visit } from "./events.ts";
import { InMemoryVisitCounts, type VisitCounts } from "./visits.ts";

const unforeseen: unknown[] = [];
function onError(error: unknown): void {
  unforeseen.push(error);
}
const hosts = new Map([["evil.example", "phishing"]]);
let blocklist = await startBlocklist({ hosts, port: 0 });
const REQUESTS_PER_MINUTE = 400;
const config = configBuilder()
  .withOverrides({
    port: 0,
    admins: "root",
    passwords: new Secret({
      demo: "d3m0",
      ada: "L0velace",
      bob: "8uilder",
      root: "r00t",
    }),
    requestsPerMinute: REQUESTS_PER_MINUTE,
    shutdownTimeoutMs: 5_000,
    blocklist: blocklist.address,
    blocklistConnections: 3,
    blocklistWaitMs: 5_000,
    blocklistTimeoutMs: 5_000,
  })
  .build().unwrap();
/** Links in memory, behind a connection that the demo can break or hold up. */
const stored = new InMemoryRepository<Link>({
  entity: "Link",
  idOf: (link) => link.slug,
});
const connection = { isBroken: false, held: Promise.resolve() };
const links: Repository<Link> = {
  get: (slug) => stored.get(slug),
  async getAll(options) {
    await connection.held;
    if (connection.isBroken) {
      connection.isBroken = false;
      const reason = "connection reset";
      throw new RepositoryError("DB_CONNECTION_FAILED", { reason });
    }
    return stored.getAll(options);
  },
  create: (link) => stored.create(link),
  update: (link) => stored.update(link),
  delete: (slug) => stored.delete(slug),
  exists: (slug) => stored.exists(slug),
};
/** Counts in memory as well, until the demo breaks them. */
const counted = new InMemoryVisitCounts({
  maxEntries: 1_000,
  clock: systemClock,
});
const counting = { isBroken: false };
const visits: VisitCounts = {
  add(visit) {
    if (counting.isBroken) throw new Error("the counts are down");
    counted.add(visit);
  },
  get: (link) => counted.get(link),
};
const spans = new InMemorySpanExporter({ maxSpans: 10_000 });
const log = new MemorySink({ maxEntries: 10_000 });
const service = createService(config, {
  links,
  visits,
  spans,
  sinks: [log],
  keys: await KeyRing.create([{ id: "k1", key: generateKey() }], "k1"),
  onError,
});
const server = await listen(service.fetch, { ...config, onError });

let requests = 0;
let failures = 0;

/** The tokens of those who have logged in. */
const tokens = new Map<string, string>();

/**
 * One request of a user over real HTTP; redirects are answers, not to be
 * followed.
 */
async function send(
  path: string,
  init: RequestInit = {},
  user: string = "demo",
): Promise<Response> {
  requests++;
  const headers = new Headers(init.headers);
  const token = tokens.get(user);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return await fetch(server.url + path, {
    redirect: "manual",
    ...init,
    headers,
  });
}

function sendJson(
  path: string,
  body: unknown,
  user?: string,
): Promise<Response> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
  return send(path, init, user);
}

/** Logs a user in, and gives the token. */
async function logIn(user: string, password: string): Promise<string> {
  const answer = await sendJson("/sessions", { user, password }, "nobody");
  strictEqual(answer.status, 201);
  const { token } = await answer.json();
  tokens.set(user, token);
  return token;
}

/** What the service tells of itself at `/metrics`. */
async function sample(name: string): Promise<number> {
  const lines = (await (await send("/metrics")).text()).split("\n");
  const line = lines.find((line) => line.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

/** Checks that an answer is a problem as RFC 9457 has it, and gives it. */
async function problem(
  response: Response,
  status: number,
): Promise<Record<string, unknown>> {
  strictEqual(response.status, status);
  strictEqual(
    response.headers.get("content-type"),
    "application/problem+json",
  );
  const body = await response.json();
  strictEqual(body.status, status);
  return body;
}

/** One line of the report: what was done, or what was wrong. */
async function step(title: string, run: () => Promise<string>): Promise<void> {
  try {
    console.log(`  ok    ${title.padEnd(11)} ${await run()}`);
  } catch (error) {
    failures++;
    console.log(`  FAIL  ${title}`);
    console.log(error);
  }
}

const startedAt = systemClock.monotonic();
console.log(`The reference service at ${server.url}`);

await step("log in", async () => {
  await problem(await sendJson("/links", { url: "https://a.example" }), 401);
  const wrong = { user: "demo", password: "guess" };
  await problem(await sendJson("/sessions", wrong), 401);
  await logIn("demo", "d3m0");

  const first = await logIn("ada", "L0velace");
  const post = { method: "POST" };
  const renewed = await send("/sessions/current", post, "ada");
  strictEqual(renewed.status, 200);
  const { token } = await renewed.json();
  await problem(await send("/sessions/current", post, "ada"), 409); // The old.
  await problem(await send("/sessions", { method: "DELETE" }, "ada"), 401);
  tokens.set("ada", token);
  await logIn("ada", "L0velace"); // Elsewhere.
  const everywhere = await send("/sessions", { method: "DELETE" }, "ada");
  strictEqual((await everywhere.json()).ended, 2);
  for (const gone of [first, token, tokens.get("ada")!]) {
    tokens.set("ada", gone);
    await problem(await send("/sessions", { method: "DELETE" }, "ada"), 401);
  }
  return "a wrong password refused, a token changed, all of a user revoked";
});

await step("create", async () => {
  const answers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, i) => sendJson("/links", { url: `https://example.com/page/${i}` }),
    ),
  );
  const slugs = new Set<string>();
  for (const answer of answers) {
    strictEqual(answer.status, 201);
    const link: Link = await answer.json();
    strictEqual(answer.headers.get("location"), `/links/${link.slug}`);
    slugs.add(link.slug);
  }
  strictEqual(slugs.size, 20);
  const named = await sendJson("/links", {
    url: "HTTPS://Example.com",
    slug: "docs",
  });
  strictEqual((await named.json()).url, "https://example.com/");
  return "21 links by concurrent clients, 20 of them with a random slug";
});

await step("list", async () => {
  const first = await (await send("/links?limit=15")).json();
  const rest = await (await send("/links?offset=15&limit=100")).json();
  strictEqual(first.links.length, 15);
  strictEqual(rest.links.length, 6);
  strictEqual(rest.links[5].slug, "docs");
  return "15 + 6 links, in the order of their creation";
});

await step("resolve", async () => {
  const hop = await send("/s/docs");
  strictEqual(hop.status, 302);
  strictEqual(hop.headers.get("location"), "https://example.com/");
  await hop.body?.cancel();
  const head = await send("/links/docs", { method: "HEAD" });
  strictEqual(head.status, 200);
  strictEqual(await head.text(), "");
  ok(head.headers.get("content-length") !== "0", "HEAD tells GET's length");
  const missing = await problem(await send("/s/nowhere"), 404);
  strictEqual(missing.code, "DB_ENTITY_NOT_FOUND");
  return "302 to the URL, 404 for what is not there";
});

await step("validate", async () => {
  const invalid = await problem(
    await sendJson("/links", { url: "ftp://x", slug: "No!", extra: 1 }),
    422,
  );
  const errors = invalid.errors as { field: string; code: string }[];
  deepStrictEqual(errors.map(({ field, code }) => [field, code]), [
    ["url", "VALIDATION_INVALID_FORMAT"],
    ["slug", "VALIDATION_INVALID_FORMAT"],
    ["extra", "VALIDATION_UNKNOWN_FIELD"],
  ]);
  await problem(await sendJson("/links", [1]), 422);
  await problem(await send("/links?limit=0"), 422);
  const taken = await problem(
    await sendJson("/links", { url: "https://example.com", slug: "docs" }),
    409,
  );
  strictEqual(taken.code, "DB_DUPLICATE_KEY");
  return "every bad field named at once, a taken slug refused";
});

await step("refuse", async () => {
  await problem(await send("/nothing/here"), 404);
  const wrong = await send("/links", { method: "PATCH" });
  strictEqual(wrong.headers.get("allow"), "POST, GET, HEAD, OPTIONS");
  await problem(wrong, 405);
  await problem(await send("/links", { method: "POST", body: "url=x" }), 415);
  await problem(await sendJson("/links", '{"url": "https://exa'), 400);
  await problem(await send("/links/%E0%A4%A"), 400);
  const large = JSON.stringify({ url: "x".repeat(1024 * 1024) });
  await problem(await sendJson("/links", large), 413);
  return "unknown path, wrong method, other type, broken and oversized JSON";
});

await step("compress", async () => {
  const headers = { "accept-encoding": "gzip" };
  const answer = await send("/links?limit=100", { headers });
  strictEqual(answer.headers.get("vary"), "Accept-Encoding");
  strictEqual(answer.headers.get("content-encoding"), "gzip");
  strictEqual((await answer.json()).links.length, 21);
  const broken = new TextEncoder().encode('{"url": "https://exa');
  const body = await new GzipCompressor().compress(broken);
  const post = (coding: string) =>
    send("/links", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-encoding": coding,
      },
      body,
    });
  match((await problem(await post("gzip"), 400)).detail as string, /JSON/);
  const refused = await post("lzw");
  match(refused.headers.get("accept-encoding")!, /gzip/);
  await problem(refused, 415);
  return "21 links as gzip; a body as gzip is read, one as lzw refused";
});

/** Asks where a report stands until it has ended. */
async function outcomeOf(host: string): Promise<ReportState> {
  for (;;) {
    const state: ReportState = await (await send(`/reports/${host}`)).json();
    if (!/pending|running|retrying/.test(state.status)) return state;
    await systemClock.sleep(20);
  }
}

async function order(host: string, urgency: string): Promise<ReportState> {
  const answer = await sendJson("/reports", { host, urgency });
  strictEqual(answer.status, 202);
  strictEqual(answer.headers.get("location"), `/reports/${host}`);
  return await answer.json();
}

await step("report", async () => {
  connection.isBroken = true;
  await order("example.com", "normal");
  const { status, attempts, report } = await outcomeOf("example.com");
  deepStrictEqual([status, attempts], ["completed", 2]);
  strictEqual(report?.links, 21);
  strictEqual(report.latest[0], "docs");

  const hold = Promise.withResolvers<void>();
  connection.held = hold.promise;
  await order("a.example", "normal");
  await order("b.example", "normal"); // Both lanes are taken.
  strictEqual((await order("idle.example", "idle")).status, "pending");
  strictEqual((await order("urgent.example", "urgent")).status, "pending");
  const off = await send("/reports/idle.example", { method: "DELETE" });
  strictEqual(off.status, 202);
  hold.resolve();
  strictEqual((await outcomeOf("urgent.example")).status, "completed");
  const { error } = await outcomeOf("idle.example");
  strictEqual(error?.code, "TASK_CANCELLED");
  await problem(await send("/reports/never.example"), 404);
  return "tried again when the connection broke, called off, the urgent first";
});

await step("cache", async () => {
  strictEqual((await send("/s/docs")).status, 302);
  const before = stored.get("docs")!;
  stored.update({ ...before, url: "https://example.com/behind" });
  const cached = await send("/s/docs");
  strictEqual(cached.headers.get("location"), before.url); // As looked up.
  await logIn("ada", "L0velace");
  await sendJson("/links", { url: before.url, slug: "ada-1" }, "ada");
  strictEqual((await send("/s/ada-1")).status, 302);
  const remove = { method: "DELETE" };
  await problem(await send("/owners/ada/links", remove), 403); // By another one.
  const answer = await send("/owners/ada/links", remove, "ada");
  strictEqual((await answer.json()).deleted, 1);
  await problem(await send("/s/ada-1"), 404);
  return "a look-up from memory; all links of an owner gone with their tag";
});

await step("pool", async () => {
  await logIn("bob", "8uilder");
  const create = (host: string) =>
    sendJson("/links", { url: `https://${host}/` }, "bob");
  const { asked } = blocklist;
  blocklist.hold();
  const creates = Array.from({ length: 24 }, () => create("a.example"));
  while (blocklist.asked < asked + 3) await systemClock.sleep(1);
  strictEqual(blocklist.connections, 3); // The other requests wait.
  blocklist.resume();
  for (const { status } of await Promise.all(creates)) strictEqual(status, 201);
  strictEqual(blocklist.asked, asked + 24);
  strictEqual(blocklist.peak, 3);

  const blocked = await problem(await create("evil.example"), 403);
  deepStrictEqual([blocked.code, blocked.reason], [
    "SECURITY_POLICY_DENIED",
    "phishing",
  ]);

  blocklist.breakAll();
  strictEqual((await create("b.example")).status, 201); // By a new connection.

  await blocklist.close();
  const down = await problem(await create("c.example"), 503);
  strictEqual(down.code, "POOL_CONNECTION_ERROR");
  match(String(unforeseen.pop()), /ECONNREFUSED/); // Only the operator is told.
  blocklist = await startBlocklist({ hosts, port: blocklist.port });
  strictEqual((await create("c.example")).status, 201);

  const removed = await send("/owners/bob/links", { method: "DELETE" }, "bob");
  strictEqual((await removed.json()).deleted, 26);
  return "24 at a time over 3 connections, one blocked; broken, refused, back";
});

/** Waits for what goes on behind an answer. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await systemClock.sleep(20);
}

await step("messages", async () => {
  const countOf = async (slug: string): Promise<number> =>
    (await (await send(`/links/${slug}/visits`)).json()).visits;
  const letters = async (): Promise<DeadLetter<Visit>[]> =>
    (await (await send("/dead-letters")).json()).deadLetters;
  const before = await countOf("docs");
  await send("/s/docs");
  await until(async () => await countOf("docs") === before + 1);

  counting.isBroken = true;
  await send("/s/docs");
  await until(async () => (await letters()).length === 1);
  const [letter] = await letters();
  strictEqual(letter?.meta.topic, "visits.demo");
  strictEqual(letter.attempts, 3);
  strictEqual(letter.error?.message, "the counts are down");
  for (const error of unforeseen.splice(0)) {
    match(String(error), /the counts are down/); // Once for each attempt.
  }

  counting.isBroken = false;
  const replay = `/dead-letters/${letter.id}/replay`;
  const post = { method: "POST" };
  await problem(await send(replay, post, "bob"), 403);
  strictEqual((await send(replay, post)).status, 204);
  await until(async () => await countOf("docs") === before + 2);
  deepStrictEqual(await letters(), []);
  return "visits counted; one dead after 3 attempts, replayed and counted";
});

await step("rank", async () => {
  await order("example.com", "urgent");
  const { report } = await outcomeOf("example.com");
  const [first, second] = report!.mostVisited;
  strictEqual(first?.slug, "docs");
  ok(first.visits > second!.visits);
  return `${first.slug} visited most, ${first.visits} times`;
});

await step("limit", async () => {
  let allowed = 0;
  let answer = await send("/", {}, "ada");
  for (; answer.ok; answer = await send("/", {}, "ada")) {
    await answer.body?.cancel();
    allowed++;
  }
  ok(allowed > REQUESTS_PER_MINUTE / 2); // Some have been made before.
  const { code } = await problem(answer, 429);
  strictEqual(code, "SECURITY_RATE_LIMITED");
  strictEqual(answer.headers.get("retry-after"), "1");
  match(answer.headers.get("ratelimit")!, /^"requests";r=0;t=\d+$/);
  strictEqual(
    answer.headers.get("ratelimit-policy"),
    `"requests";q=${REQUESTS_PER_MINUTE};w=60`,
  );
  strictEqual((await send("/")).status, 200); // Others are not concerned.
  return `${allowed} requests of one client, then 429; others go on`;
});

await step("operate", async () => {
  const created = await sample(
    'http_requests_total{method="POST",route="/links",status="201"}',
  );
  const durations = 'http_request_duration_seconds_count{route="/links"}';
  ok(created > 40 && await sample(durations) > created);
  ok(await sample('cache_lookups_total{outcome="hit"}') > 0);
  ok(await sample("http_compression_saved_bytes_total") > 0);
  strictEqual(await sample("visits_dead"), 0);
  strictEqual((await send("/healthz")).status, 200);
  const ready = await (await send("/readyz")).json();
  strictEqual(ready.status, "pass");
  return `${created} links counted, alive, ready`;
});

/** What the page at the root shows, until the service ends. */
const page = await (await send("/")).text();
const stream = await send("/live");
const pictures = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
async function nextPicture(): Promise<Picture> {
  const { value = "" } = await pictures.read();
  const latest = value.trim().split("\n\n").at(-1)!; // Others may be before it.
  return JSON.parse(latest.slice("data: ".length));
}

await step("live", async () => {
  match(page, /<script>[^]+new EventSource\("\/live"\)/);
  strictEqual(stream.headers.get("content-type"), "text/event-stream");
  const wanted = (await nextPicture()).figures.requests + 5;
  for (let i = 0; i < 5; i++) await send("/s/docs");
  let picture: Picture;
  do picture = await nextPicture(); while (
    picture.figures.requests < wanted
  );
  const { figures, health, events, log } = picture;
  strictEqual(figures.requests, wanted);
  strictEqual(figures.hits, await sample('cache_lookups_total{outcome="hit"}'));
  strictEqual(health.status, "healthy");
  strictEqual(events[0]?.slug, "docs");
  strictEqual(log[0]?.request?.route, "/s/:slug");
  return "a picture a second: 5 more requests, their events and lines";
});

await step("trace", async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const url = "https://traced.example/";
  const answer = await send("/links", {
    method: "POST",
    headers: { "content-type": "application/json", traceparent },
    body: JSON.stringify({ url, slug: "traced", owner: "demo" }),
  });
  strictEqual(answer.status, 201);
  const trace = spans.spans.filter((span) => span.traceId === traceId);
  deepStrictEqual(trace.map(({ name }) => name), [
    "blocklist check",
    "store create",
    "cache create",
    "POST",
  ]);
  const [request] = trace.slice(-1);
  strictEqual(request?.parentSpanId, "00f067aa0ba902b7");
  const told = answer.headers.get("traceparent");
  strictEqual(told, `00-${traceId}-${request.spanId}-01`);

  const entry = log.entries.findLast((it) => it.traceId === traceId);
  const { route, status } = JSON.parse(entry!.line);
  deepStrictEqual([route, status], ["/links", 201]);
  ok(!log.entries.some(({ line }) => /d3m0|L0velace|8uilder/.test(line)));
  await send("/links/traced", { method: "DELETE" });
  return `${trace.length} spans of a trace from afar, ${log.entries.length} entries`;
});

await step("secure", async () => {
  const note = "only for me";
  const url = "https://noted.example/";
  const made = await sendJson("/links", { url, slug: "noted", note });
  strictEqual((await made.json()).note, note);
  match(stored.get("noted")!.note!, /^v1\.k1\.[\w-]+$/); // Sealed.
  const noteFor = async (user: string): Promise<unknown> =>
    (await (await send("/links/noted", {}, user)).json()).note;
  await logIn("root", "r00t");
  const seen = [
    await noteFor("demo"),
    await noteFor("bob"),
    await noteFor("root"),
  ];
  deepStrictEqual(seen, [note, undefined, note]);

  const remove = { method: "DELETE" };
  await problem(await send("/links/noted", remove, "bob"), 403);
  strictEqual((await send("/links/noted", remove, "root")).status, 204);
  await problem(await send("/audit", {}, "demo"), 403);
  const trail = await (await send("/audit?limit=100", {}, "root")).json();
  strictEqual(trail.intact, true);
  const last = await (await send("/audit?offset=100&limit=100", {}, "root"))
    .json();
  const told = [...trail.entries, ...last.entries].slice(-2);
  deepStrictEqual(
    told.map(({ actor, outcome, resource }) => [actor.id, outcome, resource]),
    [
      ["user bob", "denied", "/links/noted"],
      ["user root", "success", "/links/noted"],
    ],
  );
  return "a note sealed in the store, an admin, a trail of changes that is intact";
});

await step("delete", async () => {
  const deleted = await send("/links/docs", { method: "DELETE" });
  strictEqual(deleted.status, 204);
  await problem(await send("/links/docs", { method: "DELETE" }), 404);
  const { links } = await (await send("/links?limit=100")).json();
  strictEqual(links.length, 20);
  return "204, then 404; nothing half-written, 20 links are left";
});

await step("shut down", async () => {
  service.drain();
  while (!(await pictures.read()).done);
  await server.close();
  await service.close();
  const anchored = JSON.parse(log.entries.at(-1)!.line);
  strictEqual(anchored.message, "audit anchored");
  ok(anchored.seq > 0);
  await fetch(server.url).then(
    () => ok(false, "the port still answers"),
    () => {},
  );
  strictEqual(blocklist.connections, 0);
  await blocklist.close();
  deepStrictEqual(unforeseen, []);
  return "the stream has ended, the trail is anchored, nothing is left open";
});

const elapsedMs = Math.round(systemClock.monotonic() - startedAt);
console.log(
  `${requests} requests in ${elapsedMs} ms, ${failures} failed steps`,
);
process.exit(failures === 0 ? 0 : 1);
