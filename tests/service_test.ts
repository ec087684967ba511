import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateSync, gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { Blocklist, type BlocklistOptions } from "../examples/blocklist.ts";
import {
  type BlocklistServer,
  startBlocklist,
} from "../examples/blocklist_server.ts";
import { CachedLinks } from "../examples/cached_links.ts";
import { configBuilder, type ServiceConfig } from "../examples/config.ts";
import type { Visit } from "../examples/events.ts";
import type { Link } from "../examples/links.ts";
import { MAX_BEHIND, MAX_STREAMS } from "../examples/live.ts";
import type { Picture } from "../examples/picture.ts";
import {
  listen,
  originOf,
  type Peer,
  type RunningServer,
} from "../examples/server.ts";
import {
  createService,
  type LinkService,
  type ServiceParts,
} from "../examples/service.ts";
import type { ReportState } from "../examples/reports.ts";
import type { VisitCounts } from "../examples/visits.ts";
import {
  type AuditEntry,
  type Awaitable,
  BatchSpanExporter,
  type DeadLetter,
  generateKey,
  InMemoryCacheProvider,
  InMemoryRepository,
  InMemorySpanExporter,
  KeyRing,
  MemorySink,
  type Repository,
  Secret,
  systemClock,
  systemRandom,
} from "../mod.ts";
import { ManualClock } from "../src/testing.ts";
import { character, watch } from "./foundation_support.ts";
import { needs, setHeader } from "./runtime_support.ts";

type Fetch = (request: Request, peer?: Peer) => Promise<Response>;

const ORIGIN = "http://links.test";

function configWith(overrides: Partial<ServiceConfig> = {}): ServiceConfig {
  return configBuilder().withOverrides(overrides).build().unwrap();
}

function makeService(
  overrides: Partial<ServiceConfig> = {},
  parts: Partial<ServiceParts> = {},
): Fetch {
  const config = configWith(overrides);
  const service = createService(config, { onError: rethrow, ...parts });
  services.push(service);
  return (request, peer) => service.fetch(request, peer);
}

/** What the tests have made, and what is closed after each. */
const services: LinkService[] = [];
async function closeServices(): Promise<void> {
  await Promise.all(services.splice(0).map((service) => service.close()));
}

/** Nothing unforeseen may happen in a test that does not expect it. */
function rethrow(error: unknown): never {
  throw error;
}

/** Starts the service on a free port. */
async function startService(
  overrides: Partial<ServiceConfig> = {},
): Promise<RunningServer> {
  const config = configWith({ port: 0, ...overrides });
  return await listen(makeService(overrides), { ...config, onError: rethrow });
}

function post(body: BodyInit, type = "application/json"): Request {
  return new Request(`${ORIGIN}/links`, {
    method: "POST",
    headers: { "content-type": type },
    body,
    ...(body instanceof ReadableStream && { duplex: "half" }),
  } as RequestInit);
}

/** A request of who takes gzip. */
function packedOf(url: string): Request {
  const request = new Request(url);
  setHeader(request, "accept-encoding", "gzip");
  return request;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function postLink(link: unknown): Request {
  return post(JSON.stringify(link));
}

async function problemOf(
  response: Response,
): Promise<Record<string, unknown>> {
  const type = response.headers.get("content-type");
  strictEqual(type, "application/problem+json");
  const problem = await response.json();
  strictEqual(problem.status, response.status);
  strictEqual(typeof problem.title, "string");
  return problem;
}

describe("service", () => {
  afterEach(closeServices);

  it("creates, shows, lists, resolves and deletes a link", async () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 1) });
    const fetch = makeService({}, { clock });
    const created = await fetch(
      postLink({ url: "https://example.com/a?b#c", slug: "abc" }),
    );
    strictEqual(created.status, 201);
    strictEqual(created.headers.get("location"), "/links/abc");
    const link = {
      slug: "abc",
      url: "https://example.com/a?b#c",
      owner: "anonymous",
      createdAt: "2026-01-01T00:00:00.000Z",
    };
    deepStrictEqual(await created.json(), link);

    const shown = await fetch(new Request(`${ORIGIN}/links/abc`));
    deepStrictEqual(await shown.json(), link);
    const listed = await fetch(new Request(`${ORIGIN}/links`));
    deepStrictEqual(await listed.json(), { links: [link] });
    const resolved = await fetch(new Request(`${ORIGIN}/s/abc`));
    strictEqual(resolved.status, 302);
    strictEqual(resolved.headers.get("location"), link.url);

    const remove = { method: "DELETE" };
    const deleted = await fetch(new Request(`${ORIGIN}/links/abc`, remove));
    strictEqual(deleted.status, 204);
    const again = await fetch(new Request(`${ORIGIN}/links/abc`, remove));
    strictEqual((await problemOf(again)).code, "DB_ENTITY_NOT_FOUND");
  });

  it("serves the page at the root", async () => {
    const page = await makeService()(new Request(`${ORIGIN}/`));
    match(page.headers.get("content-type")!, /^text\/html/);
    match(await page.text(), /<h1>Links<\/h1>/);
  });

  const invalidBodies: [unknown, string[]][] = [
    [null, ["body"]],
    [[], ["body"]],
    ["text", ["body"]],
    [{}, ["url"]],
    [{ url: 1 }, ["url"]],
    [{ url: " " }, ["url"]],
    [{ url: "example.com" }, ["url"]],
    [{ url: "javascript:alert(1)" }, ["url"]],
    [{ url: "https://" }, ["url"]],
    [{ url: "https://exa mple.com" }, ["url"]],
    [{ url: "https://example.com:port/" }, ["url"]],
    [{ url: "https://example.com/\nx" }, ["url"]],
    [{ url: `https://example.com/${"x".repeat(2048)}` }, ["url"]],
    [{ url: "https://example.com", slug: "ab" }, ["slug"]],
    [{ url: "https://example.com", slug: "UPPER" }, ["slug"]],
    [{ url: "https://example.com", slug: null }, ["slug"]],
    [{ url: "ftp://x", slug: "", owner: 1, id: 2 }, [
      "url",
      "slug",
      "owner",
      "id",
    ]],
  ];
  for (const [body, fields] of invalidBodies) {
    const text = JSON.stringify(body);
    it(`answers 422 naming ${fields} to ${text.slice(0, 60)}`, async () => {
      const links = new InMemoryRepository<Link>({ entity: "Link" });
      const response = await makeService({}, { links })(post(text));
      strictEqual(response.status, 422);
      const { errors } = await problemOf(response);
      deepStrictEqual(
        (errors as { field: string }[]).map(({ field }) => field),
        fields,
      );
      strictEqual(links.size, 0);
    });
  }

  const malformedBodies: [string, BodyInit][] = [
    ["an empty body", ""],
    ["a truncated body", '{"url":'],
    ["trailing text", "{} {}"],
    ["malformed UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["a body that breaks off", brokenStream()],
  ];
  for (const [name, body] of malformedBodies) {
    it(`answers 400 to ${name}`, async () => {
      const response = await makeService()(post(body));
      strictEqual(response.status, 400);
      await problemOf(response);
    });
  }

  it("answers 415 to another media type and tells the right one", async () => {
    for (const type of ["text/plain", "application/jsonp", "json", ""]) {
      const response = await makeService()(post("{}", type));
      strictEqual(response.status, 415, type);
      strictEqual(response.headers.get("accept"), "application/json");
    }
  });

  it("accepts the media type in any case and with parameters", async () => {
    const body = '{"url":"https://example.com"}';
    const response = await makeService()(
      post(body, "Application/JSON; charset=utf-8"),
    );
    strictEqual(response.status, 201);
  });

  it("accepts a body of just the limit and refuses one byte more", async () => {
    const body = '{"url":"https://example.com"}';
    const exact = makeService({ maxBodyBytes: body.length });
    strictEqual((await exact(post(body))).status, 201);
    const less = makeService({ maxBodyBytes: body.length - 1 });
    strictEqual((await less(post(body))).status, 413);
  });

  it("stops reading a stream that exceeds the limit", async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(100));
      },
      cancel() {
        cancelled = true;
      },
    });
    const response = await makeService({ maxBodyBytes: 1000 })(post(endless));
    strictEqual(response.status, 413);
    strictEqual(cancelled, true);
    ok(pulled < 20, `pulled ${pulled} chunks`);
  });

  it("reads a compressed body, and bounds it as it is decoded", async () => {
    const text = JSON.stringify({ url: "https://example.com/", slug: "abc" });
    const padded = text.padEnd(1000);
    const fetch = makeService({ maxBodyBytes: 1000 });
    const cases: readonly [string, Uint8Array<ArrayBuffer>, number][] = [
      ["gzip", new Uint8Array(gzipSync(padded)), 201],
      ["deflate, gzip", new Uint8Array(gzipSync(deflateSync("{}"))), 422],
      ["gzip", new Uint8Array(gzipSync(`${padded} `)), 413],
      ["gzip", new Uint8Array(gzipSync(padded)).slice(0, -5), 400],
      ["gzip", new TextEncoder().encode(text), 400],
      ["lzw", new TextEncoder().encode(text), 415],
    ];
    for (const [coding, body, status] of cases) {
      const request = post(body);
      request.headers.set("content-encoding", coding);
      const response = await fetch(request);
      strictEqual(response.status, status, `${coding}, ${body.length} bytes`);
      if (status !== 201) await problemOf(response);
      const accepted = response.headers.get("accept-encoding");
      strictEqual(accepted?.includes("gzip") ?? false, status === 415);
    }
  });

  it("compresses pages of links for who takes it", async () => {
    const fetch = makeService();
    for (let i = 0; i < 20; i++) {
      await fetch(postLink({ url: `https://example.com/page/${i}` }));
    }
    const plain = await fetch(new Request(`${ORIGIN}/links`));
    strictEqual(plain.headers.get("content-encoding"), null);
    strictEqual(plain.headers.get("vary"), "Accept-Encoding");
    const packed = await fetch(packedOf(`${ORIGIN}/links`));
    strictEqual(packed.headers.get("content-encoding"), "gzip");
    strictEqual(packed.headers.get("vary"), "Accept-Encoding");
    const bytes = new Uint8Array(await packed.arrayBuffer());
    strictEqual(textOf(gunzipSync(bytes)), await plain.text());
    const small = await fetch(packedOf(`${ORIGIN}/links/none`));
    strictEqual(small.headers.get("content-encoding"), null);
    strictEqual(small.headers.get("vary"), null);
    await problemOf(small);
  });

  it("answers 408 when the body does not come in time", async () => {
    const clock = new ManualClock();
    const fetch = makeService({ bodyTimeoutMs: 1000 }, { clock });
    const { pending } = clock;
    const answer = fetch(post(new ReadableStream<Uint8Array>()));
    await clock.advanceAsync(1000);
    strictEqual((await answer).status, 408);
    strictEqual(clock.pending, pending);
  });

  it("leaves no timer behind once the body is read", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    const { pending } = clock;
    await fetch(postLink({ url: "https://example.com" }));
    strictEqual(clock.pending, pending);
    await closeServices();
    strictEqual(clock.pending, 0);
  });

  it("answers 409 to a taken slug and keeps the first link", async () => {
    const fetch = makeService();
    await fetch(postLink({ url: "https://first.example", slug: "abc" }));
    const second = await fetch(
      postLink({ url: "https://second.example", slug: "abc" }),
    );
    strictEqual(second.status, 409);
    strictEqual((await problemOf(second)).code, "DB_DUPLICATE_KEY");
    const shown = await fetch(new Request(`${ORIGIN}/links/abc`));
    strictEqual((await shown.json()).url, "https://first.example/");
  });

  it("tries other random slugs when one is taken, up to its retries", async () => {
    const draws = [0, 0, 0.5];
    let drawn = 0;
    // A slug takes 7 draws: the first two links draw the same one.
    const random = () => draws[Math.floor(drawn++ / 7)] ?? 0.5;
    const fetch = makeService({ slugRetries: 1 }, { random });
    const link = { url: "https://example.com" };
    strictEqual((await (await fetch(postLink(link))).json()).slug, "0000000");
    strictEqual((await (await fetch(postLink(link))).json()).slug, "iiiiiii");
    strictEqual((await fetch(postLink(link))).status, 409);
    strictEqual(drawn, 5 * 7);
  });

  it("answers 507 when there is no room", async () => {
    const fetch = makeService({ maxLinks: 1 });
    const link = { url: "https://example.com" };
    strictEqual((await fetch(postLink(link))).status, 201);
    const refused = await fetch(postLink(link));
    strictEqual(refused.status, 507);
    strictEqual((await problemOf(refused)).code, "DB_REPOSITORY_FULL");
  });

  it("gives pages of the list and refuses bad bounds", async () => {
    const fetch = makeService();
    for (const slug of ["aaa", "bbb", "ccc"]) {
      await fetch(postLink({ url: "https://example.com", slug }));
    }
    const page = await fetch(
      new Request(`${ORIGIN}/links?offset=1&limit=1`),
    );
    const { links } = await page.json();
    deepStrictEqual(links.map((link: Link) => link.slug), ["bbb"]);
    for (
      const query of [
        "offset=-1",
        "offset=1.5",
        "offset=x",
        "offset=",
        "limit=0",
        "limit=101",
        "limit=Infinity",
      ]
    ) {
      const refused = await fetch(new Request(`${ORIGIN}/links?${query}`));
      strictEqual(refused.status, 422, query);
    }
  });

  it("answers 404 to unknown paths", async () => {
    const fetch = makeService();
    for (
      const path of ["/x", "/links/", "/links/a/b", "//links", "/s", "/s/"]
    ) {
      const response = await fetch(new Request(ORIGIN + path));
      strictEqual(response.status, 404, path);
      await problemOf(response);
    }
  });

  it("answers 400 to a path that is not well-formed", async () => {
    const response = await makeService()(new Request(`${ORIGIN}/links/%ff`));
    strictEqual(response.status, 400);
  });

  it("answers 405 with what is allowed, and OPTIONS with the same", async () => {
    const fetch = makeService();
    const cases = [
      ["/", "GET, HEAD, OPTIONS"],
      ["/links", "POST, GET, HEAD, OPTIONS"],
      ["/links/abc", "GET, DELETE, HEAD, OPTIONS"],
    ];
    for (const [path, allow] of cases) {
      for (const [method, status] of [["PUT", 405], ["OPTIONS", 204]]) {
        const response = await fetch(
          new Request(ORIGIN + path, { method: String(method) }),
        );
        strictEqual(response.status, status);
        strictEqual(response.headers.get("allow"), allow);
      }
    }
  });

  it("names no more than ten unknown fields, however many there are", async () => {
    const body: Record<string, unknown> = { url: "https://example.com" };
    for (let i = 0; i < 50_000; i++) body[`field${i}`] = i;
    const response = await makeService()(postLink(body));
    const { errors } = await problemOf(response);
    strictEqual((errors as unknown[]).length, 10);
  });

  it("answers 400 to a Host that would choose the path", async () => {
    for (const host of ["x/s/docs?", "x#", "a@b", "a b", "a, b", "a\\b"]) {
      const request = new Request(`${ORIGIN}/links`, {
        headers: { host },
      });
      // Where a Request may not carry it, a server's may.
      Object.defineProperty(request, "headers", {
        value: new Headers({ host }),
      });
      const response = await makeService()(request);
      strictEqual(response.status, 400, host);
    }
  });

  it("answers 500 without details when the repository is down, and reports it", async () => {
    const failure = new Error("password=hunter2 refused");
    const reported: unknown[] = [];
    const links = new InMemoryRepository<Link>({ entity: "Link" });
    links.get = () => {
      throw failure;
    };
    const fetch = makeService({}, {
      links,
      onError: (error) => reported.push(error),
    });
    const response = await fetch(new Request(`${ORIGIN}/links/abc`));
    strictEqual(response.status, 500);
    deepStrictEqual(await problemOf(response), {
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
    });
    deepStrictEqual(reported.map((error) => (error as Error).cause), [failure]);
  });

  it("looks a link up once, and anew when it was changed", async () => {
    let lookUps = 0;
    const links = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    const get = links.get.bind(links);
    links.get = (slug) => {
      lookUps++;
      return get(slug);
    };
    const fetch = makeService({}, { links, clock: new ManualClock() });
    async function statusOf(slug: string): Promise<number> {
      return (await fetch(new Request(`${ORIGIN}/s/${slug}`))).status;
    }
    strictEqual(await statusOf("doc-1"), 404);
    strictEqual(await statusOf("doc-1"), 404); // Remembered as well.
    strictEqual(lookUps, 1);

    for (const slug of ["doc-1", "doc-2", "doc-3"]) {
      const owner = slug === "doc-3" ? "bob" : "ada";
      await fetch(postLink({ url: "https://example.com", slug, owner }));
      strictEqual(await statusOf(slug), 302);
      strictEqual(await statusOf(slug), 302);
    }
    strictEqual(lookUps, 4);

    const path = `${ORIGIN}/owners/ada/links`;
    const deleted = await fetch(new Request(path, { method: "DELETE" }));
    deepStrictEqual(await deleted.json(), { deleted: 2 });
    deepStrictEqual(
      [
        await statusOf("doc-1"),
        await statusOf("doc-2"),
        await statusOf("doc-3"),
      ],
      [404, 404, 302],
    );
    // Two to delete, two that found nothing; the other owner's is still cached.
    strictEqual(lookUps, 8);
    const one = new Request(`${ORIGIN}/links/doc-3`, { method: "DELETE" });
    strictEqual((await fetch(one)).status, 204);
    strictEqual(await statusOf("doc-3"), 404);
  });

  it("looks a link up anew when the answer to its change was lost", async () => {
    const memory = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    function lost(): never {
      throw new Error("Connection reset");
    }
    const stored: Repository<Link> = {
      get: (slug) => memory.get(slug),
      getAll: (options) => memory.getAll(options),
      exists: (slug) => memory.exists(slug),
      create: (link) => memory.create(link).andThen(lost),
      update: (link) => memory.update(link).andThen(lost),
      delete: (slug) => memory.delete(slug) && lost(),
    };
    const links = new CachedLinks(stored, new InMemoryCacheProvider());
    const createdAt = "2030-01-01T00:00:00Z";
    const url = "https://a.example/";
    const before: Link = { slug: "a", url, owner: "ada", createdAt };
    const after: Link = { ...before, url: "https://b.example/" };
    const changes: [() => Promise<unknown>, Link | undefined][] = [
      [() => links.create(before), before],
      [() => links.update(after), after],
      [() => links.delete("a"), undefined],
      [() => links.create(before), before],
      [() => links.deleteAllOf("ada"), undefined],
    ];
    strictEqual(await links.get("a"), undefined);
    for (const [change, link] of changes) {
      await rejects(change, /Connection reset/);
      deepStrictEqual(await links.get("a"), link);
    }
  });

  it("works with an asynchronous repository", async () => {
    const memory = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    const links: Repository<Link> = {
      get: async (id) => await memory.get(id),
      getAll: async (options) => await memory.getAll(options),
      create: async (link) => await memory.create(link),
      update: async (link) => await memory.update(link),
      delete: async (id) => await memory.delete(id),
      exists: async (id) => await memory.exists(id),
    };
    const fetch = makeService({}, { links });
    const link = { url: "https://example.com", slug: "abc" };
    strictEqual((await fetch(postLink(link))).status, 201);
    strictEqual((await fetch(postLink(link))).status, 409);
    strictEqual((await fetch(new Request(`${ORIGIN}/s/abc`))).status, 302);
  });
});

/** How long anything outside a test may take, in ms; then it has failed. */
const LONGEST_MS = 30_000;

/** Waits for what only other sides of sockets can bring about. */
async function until(isSo: () => Awaitable<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + LONGEST_MS;
  while (!await isSo()) {
    ok(systemClock.monotonic() < deadline, "it never came about");
    await systemClock.sleep(1);
  }
}

/** What a test has started, ended after it. */
const cleanups: (() => Promise<unknown>)[] = [];
async function cleanUp(): Promise<void> {
  await Promise.all(cleanups.splice(0).map((end) => end()));
}

const BLOCKED = new Map([["evil.example", "phishing – was gemeldet"]]);

async function startBackEnd(): Promise<BlocklistServer> {
  const server = await startBlocklist({ hosts: BLOCKED, port: 0 });
  cleanups.push(() => server.close());
  return server;
}

/** A back-end that does with each line whatever a test wants. */
async function startScripted(
  script: (socket: Socket, line: string) => void,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<{ readonly address: string; readonly sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer(options, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => script(socket, String(chunk).trimEnd()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, sockets };
}

function makeBlocklist(
  options: Pick<BlocklistOptions, "address"> & Partial<BlocklistOptions>,
): Blocklist {
  const blocklist = new Blocklist({
    connections: 1,
    waitMs: 5_000,
    timeoutMs: 10_000,
    clock: systemClock,
    random: systemRandom,
    onError() {},
    ...options,
  });
  cleanups.push(() => blocklist.close());
  return blocklist;
}

describe("Blocklist", needs("sockets"), () => {
  afterEach(cleanUp);

  it("check() tells who is blocked and why", async () => {
    const server = await startBackEnd();
    const blocklist = makeBlocklist({ address: server.address });
    deepStrictEqual((await blocklist.check("good.example")).unwrap(), {
      isBlocked: false,
    });
    deepStrictEqual((await blocklist.check("evil.example")).unwrap(), {
      isBlocked: true,
      reason: "phishing – was gemeldet",
    });
    strictEqual(server.peak, 1);
  });

  it("check() refuses a host that would be a line of its own", async () => {
    const server = await startBackEnd();
    const blocklist = makeBlocklist({ address: server.address });
    for (const host of ["", "a b", "a\nCHECK b", "a\r"]) {
      await rejects(blocklist.check(host), /host/);
    }
    strictEqual(server.asked, 0);
  });

  it("check() puts an answer together from its bytes", async () => {
    const { address } = await startScripted(async (socket) => {
      for (const byte of new TextEncoder().encode("BLOCKED Ärger\n")) {
        socket.write(Uint8Array.of(byte));
        await systemClock.sleep(1);
      }
    });
    const blocklist = makeBlocklist({ address });
    for (let i = 0; i < 2; i++) {
      const verdict = (await blocklist.check("a.example")).unwrap();
      deepStrictEqual(verdict, { isBlocked: true, reason: "Ärger" });
    }
    strictEqual(blocklist.stats.idle, 1);
  });

  const noAnswers: [string, string][] = [
    ["an empty line", "\n"],
    ["another word", "MAYBE\n"],
    ["the wrong case", "ok\n"],
    ["a space too many", "OK \n"],
    ["another line end", "OK\r\n"],
    ["the answer to PING", "PONG\n"],
    ["no reason", "BLOCKED\n"],
    ["an empty reason", "BLOCKED \n"],
    ["a second answer", "OK\nOK\n"],
    ["a part of a second answer", "OK\nBLO"],
    ["an empty second answer", "OK\n\n"],
    ["an over-long line", `BLOCKED ${"x".repeat(4_096)}\n`],
    ["an endless line", "x".repeat(4_097)],
  ];
  for (const [name, answer] of noAnswers) {
    it(`check() takes ${name} for no answer and ends the connection`, async () => {
      let asked = 0;
      const { address, sockets } = await startScripted((socket) => {
        socket.write(asked++ === 0 ? answer : "OK\n");
      });
      const errors: unknown[] = [];
      const onError = (error: unknown) => errors.push(error);
      const blocklist = makeBlocklist({ address, onError });
      const error = (await blocklist.check("a.example")).unwrapErr();
      strictEqual(error.code, "POOL_CONNECTION_ERROR");
      deepStrictEqual(errors, [error]);
      strictEqual(asked, 1); // It would say the same again.
      await until(() => sockets.size === 0 && blocklist.stats.total === 0);
      strictEqual((await blocklist.check("b.example")).ok, true);
    });
  }

  it("check() never takes a late line for its answer", async () => {
    const server = await startScripted((socket, line) => {
      socket.write(line === "CHECK a.example" ? "OK\n" : "BLOCKED b\n");
    });
    const blocklist = makeBlocklist({ address: server.address });
    strictEqual((await blocklist.check("a.example")).ok, true);
    for (const socket of server.sockets) socket.write("OK\n");
    await until(() => server.sockets.size === 0);
    const verdict = (await blocklist.check("b.example")).unwrap();
    strictEqual(verdict.isBlocked, true);
  });

  it("check() asks once more when the connection ends in the middle", async () => {
    let asked = 0;
    const { address } = await startScripted((socket) => {
      if (asked++ === 0) socket.end("BLO");
      else socket.write("OK\n");
    });
    const blocklist = makeBlocklist({ address });
    const verdict = (await blocklist.check("a.example")).unwrap();
    strictEqual(verdict.isBlocked, false);
    strictEqual(asked, 2);
  });

  it("check() gives up when the second connection ends as well", async () => {
    for (const isRude of [false, true]) {
      let asked = 0;
      const { address } = await startScripted((socket) => {
        asked++;
        if (isRude) socket.destroy();
        else socket.end("OK");
      });
      const blocklist = makeBlocklist({ address });
      const error = (await blocklist.check("a.example")).unwrapErr();
      strictEqual(error.code, "POOL_CONNECTION_ERROR");
      strictEqual(asked, 2);
      await until(() => blocklist.stats.total === 0);
    }
  });

  it("check() does not ask twice for each when no connection lasts", async () => {
    let asked = 0;
    const { address } = await startScripted((socket) => {
      asked++;
      socket.destroy();
    });
    const blocklist = makeBlocklist({ address });
    for (let i = 0; i < 50; i++) {
      strictEqual((await blocklist.check("a.example")).ok, false);
    }
    strictEqual(asked, 60);
  });

  it("check() works after all connections broke, idle or not", async () => {
    const server = await startBackEnd();
    const connections = 4;
    const blocklist = makeBlocklist({ address: server.address, connections });
    const checkAll = () =>
      Array.from({ length: 20 }, () => blocklist.check("a.example"));
    for (let round = 0; round < 3; round++) {
      for (const verdict of await Promise.all(checkAll())) ok(verdict.ok);
      server.breakAll();
      ok((await blocklist.check("a.example")).ok);

      server.hold();
      const { asked } = server;
      const checks = checkAll();
      await until(() => server.asked === asked + connections);
      server.breakAll(); // While all of them wait for an answer.
      server.resume();
      for (const verdict of await Promise.all(checks)) ok(verdict.ok);
    }
    ok(server.peak <= connections, `${server.peak} connections`);
  });

  it("check() gives up when its time is up, and the connection with it", async () => {
    const clock = new ManualClock();
    const server = await startBackEnd();
    const blocklist = makeBlocklist({ address: server.address, clock });
    server.hold();
    const late = blocklist.check("evil.example");
    await until(() => server.asked === 1);
    clock.advance(10_000);
    strictEqual((await late).unwrapErr().code, "TASK_TIMEOUT");
    await until(() => blocklist.stats.total === 0);
    strictEqual(server.connections, 0);
    server.resume();
    const next = (await blocklist.check("good.example")).unwrap();
    strictEqual(next.isBlocked, false);
    await cleanUp();
    strictEqual(clock.pending, 0);
  });

  it("check() ends when its signal aborts, be it waiting or asking", async () => {
    const server = await startBackEnd();
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const blocklist = makeBlocklist({ address: server.address, onError });
    server.hold();
    const [asking, waiting] = [new AbortController(), new AbortController()];
    const first = blocklist.check("a.example", asking);
    const second = blocklist.check("b.example", waiting);
    const third = blocklist.check("evil.example");
    await until(() => server.asked === 1);
    waiting.abort();
    strictEqual((await second).unwrapErr().code, "TASK_CANCELLED");
    strictEqual(blocklist.stats.total, 1);
    asking.abort();
    strictEqual((await first).unwrapErr().code, "TASK_CANCELLED");
    await until(() => server.asked === 2); // On a connection of its own.
    strictEqual(server.peak, 1);
    server.resume();
    strictEqual((await third).unwrap().isBlocked, true);
    const gone = await blocklist.check("a.example", asking);
    strictEqual(gone.unwrapErr().code, "TASK_CANCELLED");
    strictEqual(server.asked, 2);
    deepStrictEqual(errors, []); // Nobody wanted to know.
  });

  it("check() pings a connection that was idle, and drops all when mute", async () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    let isMute = false;
    const { address, sockets } = await startScripted((socket, line) => {
      lines.push(line);
      if (line === "PING" && !isMute) socket.write("PONG\n");
      if (line !== "PING") socket.write("OK\n");
    });
    const waitMs = 1_000;
    const blocklist = makeBlocklist({ address, clock, waitMs, connections: 2 });
    const hosts = ["a.example", "b.example"];
    await Promise.all(hosts.map((host) => blocklist.check(host)));
    ok((await blocklist.check("c.example")).ok);
    clock.advance(500);
    ok((await blocklist.check("d.example")).ok);
    deepStrictEqual(lines.splice(0).sort(), [
      "CHECK a.example",
      "CHECK b.example",
      "CHECK c.example",
      "CHECK d.example",
      "PING",
    ]);
    strictEqual(blocklist.stats.idle, 2);
    isMute = true;
    clock.advance(500);
    const late = blocklist.check("e.example");
    await until(() => lines.length === 1);
    clock.advance(500); // Half of its wait.
    ok((await late).ok);
    deepStrictEqual(lines, ["PING", "CHECK e.example"]);
    await until(() => sockets.size === 1 && blocklist.stats.total === 1);
  });

  it("check() fails at once while nothing listens, and works again after", async () => {
    const server = await startBackEnd();
    const blocklist = makeBlocklist({ address: server.address });
    ok((await blocklist.check("a.example")).ok);
    await server.close();
    const error = (await blocklist.check("a.example")).unwrapErr();
    strictEqual(error.code, "POOL_CONNECTION_ERROR");
    match(error.message, /ECONNREFUSED/);
    const again = await startBlocklist({ hosts: BLOCKED, port: server.port });
    cleanups.push(() => again.close());
    ok((await blocklist.check("a.example")).ok);
  });

  it("close() lets checks under way finish and leaves no connection", async () => {
    const server = await startBackEnd();
    const blocklist = makeBlocklist({ address: server.address });
    server.hold();
    const asking = blocklist.check("evil.example");
    const waiting = blocklist.check("good.example");
    await until(() => server.asked === 1);
    const closed = watch(blocklist.close());
    strictEqual((await waiting).unwrapErr().code, "POOL_CLOSED");
    await systemClock.sleep(20);
    strictEqual(closed.isSettled, false);
    server.resume();
    strictEqual((await asking).unwrap().isBlocked, true);
    await blocklist.close();
    strictEqual(server.connections, 0);
    const late = await blocklist.check("good.example");
    strictEqual(late.unwrapErr().code, "POOL_CLOSED");
  });

  it("neither check() nor close() waits for a back-end to hang up", async () => {
    const clock = new ManualClock();
    const allowHalfOpen = true;
    let asked = 0;
    const { address, sockets } = await startScripted((socket) => {
      if (++asked > 1) socket.write("OK\n");
    }, { allowHalfOpen });
    const blocklist = makeBlocklist({ address, clock, waitMs: 500 });
    const late = blocklist.check("a.example");
    await until(() => asked === 1);
    clock.advance(10_000);
    strictEqual((await late).unwrapErr().code, "TASK_TIMEOUT");
    strictEqual(blocklist.stats.unhealthy, 1);
    clock.advance(500); // Now the connection is cut.
    ok((await blocklist.check("b.example")).ok);

    const closed = watch(blocklist.close());
    await systemClock.sleep(20);
    strictEqual(closed.isSettled, false);
    clock.advance(500);
    await blocklist.close();
    strictEqual(clock.pending, 0);
    await until(() => {
      for (const socket of sockets) socket.write("Is anybody there?\n");
      return sockets.size === 0;
    });
  });
});

describe("service with a blocklist", () => {
  afterEach(closeServices);
  afterEach(cleanUp);

  it("creates only what is not blocked", needs("sockets"), async () => {
    const { address } = await startBackEnd();
    const links = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    const fetch = makeService({ blocklist: address }, { links });
    const good = await fetch(postLink({ url: "https://good.example/" }));
    strictEqual(good.status, 201);
    for (
      const url of [
        "https://evil.example",
        "http://EVIL.example:8080/path",
        "https://ada:pw@evil.example./",
      ]
    ) {
      const blocked = await fetch(postLink({ url }));
      strictEqual(blocked.status, 403, url);
      deepStrictEqual(await problemOf(blocked), {
        type: "about:blank",
        title: "Forbidden",
        status: 403,
        detail: "The policy denies access to evil.example",
        code: "SECURITY_POLICY_DENIED",
        reason: "phishing – was gemeldet",
      });
    }
    strictEqual(links.size, 1);
  });

  it("checks the input before it asks", needs("sockets"), async () => {
    const server = await startBackEnd();
    const fetch = makeService({ blocklist: server.address });
    const invalid = await fetch(
      postLink({ url: "https://evil.example", x: 1 }),
    );
    strictEqual(invalid.status, 422);
    strictEqual(server.asked, 0);
  });

  it(
    "answers 503 without details while nobody tells, and creates nothing",
    needs("sockets"),
    async () => {
      const server = await startBackEnd();
      const links = new InMemoryRepository<Link>({ entity: "Link" });
      const reported: unknown[] = [];
      const fetch = makeService({ blocklist: server.address }, {
        links,
        onError: (error) => reported.push(error),
      });
      await server.close();
      const refused = await fetch(postLink({ url: "https://good.example" }));
      deepStrictEqual(await problemOf(refused), {
        type: "about:blank",
        title: "Service Unavailable",
        status: 503,
        detail: "The host cannot be checked now",
        code: "POOL_CONNECTION_ERROR",
      });
      strictEqual(links.size, 0);
      match(String(reported), /ECONNREFUSED/);
    },
  );

  it(
    "answers 503 when it takes too long to get a connection or a verdict",
    needs("sockets"),
    async () => {
      const server = await startBackEnd();
      const clock = new ManualClock();
      const fetch = makeService({
        blocklist: server.address,
        blocklistConnections: 1,
        blocklistWaitMs: 500,
        blocklistTimeoutMs: 2_000,
      }, { clock, onError() {} });
      server.hold();
      const first = fetch(postLink({ url: "https://a.example" }));
      await until(() => server.asked === 1);
      const second = fetch(postLink({ url: "https://b.example" }));
      await clock.advanceAsync(500);
      const { status, code } = await problemOf(await second);
      deepStrictEqual([status, code], [503, "POOL_ACQUIRE_TIMEOUT"]);
      await clock.advanceAsync(1_500);
      strictEqual((await problemOf(await first)).code, "TASK_TIMEOUT");
      strictEqual((await first).status, 503);
    },
  );

  it(
    "answers 503 to those for whom there is no room to wait",
    needs("sockets"),
    async () => {
      const server = await startBackEnd();
      const fetch = makeService({
        blocklist: server.address,
        blocklistConnections: 1,
        blocklistWaitMs: 10_000,
        blocklistTimeoutMs: 10_000,
      }, { onError() {} });
      server.hold();
      const answers = Array.from(
        { length: 103 },
        (_, i) => fetch(postLink({ url: `https://h${i}.example` })),
      );
      const refused = await Promise.race(answers);
      strictEqual((await problemOf(refused)).code, "POOL_EXHAUSTED");
      server.resume();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      strictEqual(statuses.filter((status) => status === 201).length, 101);
      strictEqual(server.peak, 1);
    },
  );

  it("asks no more for a client that has gone", needs("sockets"), async () => {
    const server = await startBackEnd();
    const links = new InMemoryRepository<Link>({ entity: "Link" });
    const fetch = makeService({ blocklist: server.address }, { links });
    server.hold();
    const client = new AbortController();
    const { signal } = client;
    const url = "https://a.example";
    const request = new Request(postLink({ url }), { signal });
    const answer = fetch(request);
    await until(() => server.asked === 1);
    client.abort();
    strictEqual((await answer).status, 503);
    await until(() => server.connections === 0);
    strictEqual(links.size, 0);
  });

  it(
    "leaves no connection, and answers 503 once it is closed",
    needs("sockets"),
    async () => {
      const server = await startBackEnd();
      const fetch = makeService({ blocklist: server.address }, {
        onError() {},
      });
      const link = { url: "https://good.example" };
      strictEqual((await fetch(postLink(link))).status, 201);
      strictEqual(server.connections, 1);
      await closeServices();
      strictEqual(server.connections, 0);
      const late = await fetch(postLink(link));
      strictEqual(late.status, 503);
      strictEqual((await problemOf(late)).code, "POOL_CLOSED");
    },
  );

  it("takes host:port for an address, and nothing for none", () => {
    function blocklistOf(text: string): unknown {
      return configBuilder().withEnvironment({ LINKS_BLOCKLIST: text }).build()
        .map((config) => config.blocklist ?? "none").unwrapOr("refused");
    }
    const good = ["localhost:1", "10.0.0.1:65535", "[::1]:8080", "a-b.c:59999"];
    for (const address of good) strictEqual(blocklistOf(address), address);
    strictEqual(blocklistOf(""), "none");
    const bad = [
      "localhost",
      ":1",
      "a:",
      "a:b",
      "a:65536",
      "a:100000",
      "::1:1",
    ];
    for (const address of [...bad, "tcp://a:1", "a:1/", "a b:1", "a:1\n"]) {
      strictEqual(blocklistOf(address), "refused", address);
    }
  });
});

describe("reports", () => {
  afterEach(closeServices);

  /** Links that a test can hold back and let fail. */
  function makeLinks(): {
    readonly links: Repository<Link>;
    readonly pages: (() => Promise<void> | void)[];
  } {
    const stored = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    const pages: (() => Promise<void> | void)[] = [];
    const links: Repository<Link> = {
      get: (slug) => stored.get(slug),
      async getAll(options) {
        await pages.shift()?.();
        return stored.getAll(options);
      },
      create: (link) => stored.create(link),
      update: (link) => stored.update(link),
      delete: (slug) => stored.delete(slug),
      exists: (slug) => stored.exists(slug),
    };
    return { links, pages };
  }

  function postReport(body: unknown): Request {
    return new Request(`${ORIGIN}/reports`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async function stateOf(fetch: Fetch, host: string): Promise<ReportState> {
    const path = `/reports/${encodeURIComponent(host)}`;
    return await (await fetch(new Request(ORIGIN + path))).json();
  }

  it("draws a report over all pages of links", async () => {
    const { links } = makeLinks();
    for (let i = 0; i < 1_203; i++) {
      await links.create({
        slug: `s${i}`,
        url: i % 3 === 0 ? "https://a.example/" : "https://b.example:8080/",
        owner: "ada",
        createdAt: "2026-01-01T00:00:00.000Z",
      });
    }
    const clock = new ManualClock();
    const fetch = makeService({}, { links, clock });
    const ordered = await fetch(postReport({ host: "b.example:8080" }));
    strictEqual(ordered.status, 202);
    strictEqual(
      ordered.headers.get("location"),
      "/reports/b.example%3A8080",
    );
    deepStrictEqual(await ordered.json(), {
      host: "b.example:8080",
      status: "pending",
      attempts: 0,
    });
    await clock.advanceAsync(0);
    const state = await stateOf(fetch, "b.example:8080");
    strictEqual(state.report?.links, 802);
    deepStrictEqual(state.report.latest.slice(0, 3), [
      "s1202",
      "s1201",
      "s1199",
    ]);
    strictEqual(state.report.latest.length, 10);
  });

  it("tells which links to the host were visited most", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    for (let i = 10; i < 25; i++) {
      const url = i === 24 ? "https://b.example/" : "https://a.example/";
      await fetch(postLink({ url, slug: `no-${i}` }));
    }
    const visited = { "no-12": 3, "no-20": 4, "no-24": 9, "no-11": 3 };
    for (const [slug, times] of Object.entries(visited)) {
      for (let i = 0; i < times; i++) {
        await fetch(requestOf("GET", `/s/${slug}`));
      }
    }
    await clock.advanceAsync(0);
    await fetch(postReport({ host: "a.example" }));
    await clock.advanceAsync(0);
    const { report } = await stateOf(fetch, "a.example");
    strictEqual(report?.mostVisited.length, 10);
    deepStrictEqual(report.mostVisited.slice(0, 4), [
      { slug: "no-20", visits: 4 },
      { slug: "no-11", visits: 3 },
      { slug: "no-12", visits: 3 },
      { slug: "no-10", visits: 0 },
    ]);
  });

  it("tries again when the repository fails, and gives up in the end", async () => {
    const { links, pages } = makeLinks();
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const fetch = makeService({}, {
      links,
      clock,
      random: () => 1,
      onError: (error) => errors.push(error),
    });
    function fail(): never {
      throw new Error("connection reset");
    }
    pages.push(fail, fail, fail);
    await fetch(postReport({ host: "a.example" }));
    await clock.advanceAsync(99);
    deepStrictEqual(await stateOf(fetch, "a.example"), {
      host: "a.example",
      status: "retrying",
      attempts: 1,
    });
    await clock.advanceAsync(1 + 200);
    const { status, attempts, error } = await stateOf(fetch, "a.example");
    deepStrictEqual([status, attempts, error?.code], [
      "failed",
      3,
      "TASK_RETRY_EXHAUSTED",
    ]);
    strictEqual(errors.length, 1);

    await fetch(postReport({ host: "a.example" })); // Once more, and it works.
    await clock.advanceAsync(0);
    strictEqual((await stateOf(fetch, "a.example")).status, "completed");
  });

  it("takes an order for a report in the making as the same", async () => {
    const { links, pages } = makeLinks();
    const clock = new ManualClock();
    const fetch = makeService({}, { links, clock });
    const held = Promise.withResolvers<void>();
    let reads = 0;
    for (let i = 0; i < 2; i++) {
      pages.push(() => {
        reads++;
        return held.promise;
      });
    }
    await fetch(postReport({ host: "a.example" }));
    await clock.advanceAsync(0);
    const again = await fetch(postReport({ host: "a.example" }));
    strictEqual((await again.json()).status, "running");
    held.resolve();
    await clock.advanceAsync(0);
    strictEqual((await stateOf(fetch, "a.example")).status, "completed");
    strictEqual(reads, 1);
  });

  it("calls a report off, and forgets it after a while", async () => {
    const { links, pages } = makeLinks();
    const clock = new ManualClock();
    const fetch = makeService({}, { links, clock });
    const held = Promise.withResolvers<void>();
    pages.push(() => held.promise);
    await fetch(postReport({ host: "a.example" }));
    await clock.advanceAsync(0);
    const request = new Request(`${ORIGIN}/reports/a.example`, {
      method: "DELETE",
    });
    strictEqual((await fetch(request.clone())).status, 202);
    held.resolve();
    await clock.advanceAsync(0);
    const state = await stateOf(fetch, "a.example");
    strictEqual(state.error?.code, "TASK_CANCELLED");
    strictEqual((await fetch(request)).status, 404); // It has ended.

    await clock.advanceAsync(600_000);
    const gone = await fetch(new Request(`${ORIGIN}/reports/a.example`));
    strictEqual((await problemOf(gone)).code, "DB_ENTITY_NOT_FOUND");
  });

  it("names every bad field of an order", async () => {
    const fetch = makeService();
    const answer = await fetch(postReport({ host: "No!", urgency: "now" }));
    const { errors } = await problemOf(answer) as { errors: unknown };
    deepStrictEqual(
      (errors as { field: string }[]).map(({ field }) => field),
      ["host", "urgency"],
    );
    strictEqual((await fetch(postReport([]))).status, 422);
  });

  it("refuses orders beyond its bound, and once it is closed", async () => {
    const { links, pages } = makeLinks();
    const parts = { links, clock: new ManualClock() };
    const fetch = makeService({ requestsPerMinute: 10_000 }, parts);
    const held = Promise.withResolvers<void>();
    pages.push(() => held.promise, () => held.promise);
    for (let i = 0; i < 1_000; i++) {
      strictEqual((await fetch(postReport({ host: `h${i}` }))).status, 202);
    }
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(postReport({ host: `more${i}` }));
      statuses.push(answer.status);
    }
    // Two of the thousand are being drawn, so that two more found room.
    deepStrictEqual(statuses, [202, 202, 503]);

    const closed = closeServices();
    const refused = await fetch(postReport({ host: "late.example" }));
    strictEqual((await problemOf(refused)).code, "TASK_QUEUE_CLOSED");
    held.resolve();
    await closed;
  });
});

const PASSWORDS = new Secret({ ada: "L0velace", bob: "8uilder" });

/** A request as somebody, with a body that is JSON where there is one. */
function requestOf(
  method: string,
  path: string,
  { token, body }: { readonly token?: string; readonly body?: unknown } = {},
): Request {
  return new Request(ORIGIN + path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function makeKeys(...ids: string[]): Promise<KeyRing> {
  const keys = ids.map((id) => ({ id, key: generateKey() }));
  return await KeyRing.create(keys, ids.at(-1)!);
}

async function logIn(
  fetch: Fetch,
  user: keyof ReturnType<typeof PASSWORDS.reveal>,
): Promise<string> {
  const body = { user, password: PASSWORDS.reveal()[user] };
  const answer = await fetch(requestOf("POST", "/sessions", { body }));
  strictEqual(answer.status, 201);
  return (await answer.json()).token;
}

async function statusesOf(
  fetch: Fetch,
  requests: readonly Request[],
): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const request of requests) {
    const answer = await fetch(request);
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  return statuses;
}

describe("sessions", () => {
  afterEach(closeServices);

  const link = { url: "https://example.com/" };
  const make = (token?: string, body: unknown = link) =>
    requestOf("POST", "/links", { body, ...(token && { token }) });
  const renew = (token?: string) =>
    requestOf("POST", "/sessions/current", token ? { token } : {});
  const end = (path: string, token: string) =>
    requestOf("DELETE", path, { token });

  it("are not there where there are no users", async () => {
    const fetch = makeService();
    const body = { user: "ada", password: "L0velace" };
    const answer = await fetch(requestOf("POST", "/sessions", { body }));
    strictEqual(answer.status, 404);
  });

  it("begin with the password of the user, and with no other", async () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 1) });
    const fetch = makeService({ passwords: PASSWORDS }, { clock });
    const body = { user: "ada", password: "L0velace" };
    const answer = await fetch(requestOf("POST", "/sessions", { body }));
    strictEqual(answer.status, 201);
    const { token, ...session } = await answer.json();
    deepStrictEqual(session, {
      user: "ada",
      expiresAt: "2026-01-01T01:00:00.000Z",
    });
    match(token, /^[\w-]{43}$/);
    const others: readonly unknown[] = [
      { user: "ada", password: "8uilder" },
      { user: "ada", password: "undefined" },
      { user: "carl", password: "undefined" },
      { user: "__proto__", password: "undefined" },
      { user: "toString", password: "L0velace" },
    ];
    for (const body of others) {
      const refused = await fetch(requestOf("POST", "/sessions", { body }));
      strictEqual(refused.status, 401);
      strictEqual(refused.headers.get("www-authenticate"), "Bearer");
      const { detail } = await problemOf(refused);
      strictEqual(detail, "The user name or the password is wrong");
    }
    for (const body of [{ user: "ada" }, { password: "x", user: 1 }, [], ""]) {
      const refused = await fetch(requestOf("POST", "/sessions", { body }));
      strictEqual(refused.status, 422);
    }
  });

  it("let only owners make and change links", async () => {
    const fetch = makeService({ passwords: PASSWORDS });
    const ada = await logIn(fetch, "ada");
    const bob = await logIn(fetch, "bob");
    deepStrictEqual(
      await statusesOf(fetch, [
        make(),
        make("guess"),
        make(ada, { ...link, slug: "mine" }),
        make(ada, { ...link, owner: "bob" }),
        make(ada, { ...link, owner: "ada" }),
        requestOf("GET", "/links/mine"),
        requestOf("DELETE", "/links/mine"),
        end("/links/mine", bob),
        end("/links/nowhere", bob),
        end("/owners/ada/links", bob),
        requestOf("DELETE", "/owners/ada/links"),
        end("/links/mine", ada),
        end("/owners/ada/links", ada),
      ]),
      [401, 401, 201, 403, 201, 200, 401, 403, 404, 403, 401, 204, 200],
    );
  });

  it("take a token in any case of the scheme, and nothing like it", async () => {
    const fetch = makeService({ passwords: PASSWORDS });
    const token = await logIn(fetch, "ada");
    const headers = [
      [`bearer   ${token}`, 201],
      [`Bearer ${token} x`, 401],
      [`Bearer ${token.slice(1)}`, 401],
      [`Basic ${token}`, 401],
      [token, 401],
      ["Bearer ", 401],
    ] as const;
    for (const [authorization, status] of headers) {
      const request = make();
      request.headers.set("authorization", authorization);
      strictEqual((await fetch(request)).status, status, authorization);
    }
  });

  it("go on with a new token, and end where an old one comes back", async () => {
    const clock = new ManualClock();
    const fetch = makeService({ passwords: PASSWORDS }, { clock });
    const first = await logIn(fetch, "ada");
    const answer = await fetch(renew(first));
    strictEqual(answer.status, 200);
    const second = (await answer.json()).token;
    deepStrictEqual(
      await statusesOf(fetch, [make(first), make(second), renew(first)]),
      [401, 201, 409],
    );
    clock.advance(10_001); // Whoever comes now has not just been too quick.
    deepStrictEqual(
      await statusesOf(fetch, [
        make(second),
        renew(first),
        make(second),
        renew(second),
        renew("guess"),
        renew(),
      ]),
      [201, 401, 401, 401, 401, 401],
    );
  });

  it("end with their time", async () => {
    const clock = new ManualClock();
    const config = { passwords: PASSWORDS, sessionMs: 60_000 };
    const fetch = makeService(config, { clock });
    const token = await logIn(fetch, "ada");
    clock.advance(59_999);
    strictEqual((await fetch(make(token))).status, 201);
    clock.advance(1);
    deepStrictEqual(
      await statusesOf(fetch, [make(token), renew(token)]),
      [401, 401],
    );
  });

  it("end by themselves, or everywhere", async () => {
    const fetch = makeService({ passwords: PASSWORDS });
    const [phone, laptop] = [
      await logIn(fetch, "ada"),
      await logIn(fetch, "ada"),
    ];
    const bob = await logIn(fetch, "bob");
    deepStrictEqual(
      await statusesOf(fetch, [
        end("/sessions/current", phone),
        make(phone),
        make(laptop),
        end("/sessions/current", phone),
      ]),
      [204, 401, 201, 401],
    );
    const tablet = await logIn(fetch, "ada");
    const answer = await fetch(end("/sessions", laptop));
    strictEqual((await answer.json()).ended, 2);
    deepStrictEqual(
      await statusesOf(fetch, [make(laptop), make(tablet), make(bob)]),
      [401, 401, 201],
    );
  });
});

describe("limits", () => {
  afterEach(closeServices);

  const page = () => requestOf("GET", "/");
  const from = (address: string | undefined): Peer => ({ address });

  it("count each client's requests and tell how many are left", async () => {
    const clock = new ManualClock();
    const fetch = makeService({ requestsPerMinute: 2 }, { clock });
    const first = await fetch(page(), from("203.0.113.7"));
    strictEqual(first.status, 200);
    strictEqual(first.headers.get("ratelimit-policy"), '"requests";q=2;w=60');
    strictEqual(first.headers.get("ratelimit"), '"requests";r=1;t=30');
    const mapped = await fetch(page(), from("::ffff:203.0.113.7"));
    strictEqual(mapped.headers.get("ratelimit"), '"requests";r=0;t=60');
    clock.advance(10_000);
    const denied = await fetch(page(), from("203.0.113.7"));
    strictEqual(denied.status, 429);
    strictEqual(denied.headers.get("retry-after"), "20");
    strictEqual(denied.headers.get("ratelimit"), '"requests";r=0;t=20');
    const { code, detail } = await problemOf(denied);
    strictEqual(code, "SECURITY_RATE_LIMITED");
    strictEqual(detail, "At most 2 requests a minute");
    for (const other of ["203.0.113.8", "2001:db8::1", undefined]) {
      strictEqual((await fetch(page(), from(other))).status, 200);
    }
    clock.advance(20_000);
    const allowed = await fetch(page(), from("203.0.113.7"));
    strictEqual(allowed.status, 200);
  });

  it("take a user for one wherever he comes from", async () => {
    const clock = new ManualClock();
    const config = { passwords: PASSWORDS, requestsPerMinute: 3 };
    const fetch = makeService(config, { clock });
    const token = await logIn(fetch, "ada");
    for (const [i, status] of [200, 200, 200, 429].entries()) {
      const request = requestOf("GET", "/", { token });
      const answer = await fetch(request, from(`203.0.113.${i}`));
      strictEqual(answer.status, status);
    }
    strictEqual((await fetch(page(), from("203.0.113.0"))).status, 200);
  });

  it("count wrong passwords, not right ones", async () => {
    const clock = new ManualClock();
    const config = { passwords: PASSWORDS, logInsPerMinute: 2 };
    const fetch = makeService(config, { clock });
    for (let i = 0; i < 5; i++) await logIn(fetch, "ada");
    const attempt = (user: string, password: string) =>
      requestOf("POST", "/sessions", { body: { user, password } });
    deepStrictEqual(
      await statusesOf(fetch, [
        attempt("ada", "x"),
        attempt("ada", "y"),
        attempt("ada", "z"),
        attempt("bob", "8uilder"),
      ]),
      [401, 401, 429, 201],
    );
    const denied = await fetch(attempt("ada", "L0velace"));
    strictEqual(denied.headers.get("retry-after"), "30");
    match(denied.headers.get("ratelimit")!, /^"log-ins";r=0;/);
    clock.advance(30_000);
    await logIn(fetch, "ada");
  });

  it("count all clients together as well, but not what one is refused", async () => {
    const clock = new ManualClock();
    const config = { requestsPerMinute: 2, totalRequestsPerMinute: 3 };
    const fetch = makeService(config, { clock });
    const statuses: number[] = [];
    for (const client of [1, 1, 1, 1, 2, 3, 4]) {
      const answer = await fetch(page(), from(`203.0.113.${client}`));
      statuses.push(answer.status);
    }
    deepStrictEqual(statuses, [200, 200, 429, 429, 200, 429, 429]);
    clock.advance(20_000); // There is room for one more of all.
    strictEqual((await fetch(page(), from("203.0.113.5"))).status, 200);
    strictEqual((await fetch(page(), from("203.0.113.6"))).status, 429);
  });

  it("know the address of who asks over HTTP", needs("sockets"), async () => {
    const server = await startService({ requestsPerMinute: 1 });
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) {
      const answer = await globalThis.fetch(server.url);
      await answer.body?.cancel();
      statuses.push(answer.status);
    }
    await server.close();
    deepStrictEqual(statuses, [200, 429]);

    const addresses: unknown[] = [];
    const other = await listen((_request, peer) => {
      addresses.push(peer.address);
      return Promise.resolve(new Response());
    }, { ...configWith({ port: 0 }), onError: rethrow });
    await (await globalThis.fetch(other.url)).body?.cancel();
    await other.close();
    deepStrictEqual(addresses, ["127.0.0.1"]);
  });
});

describe("visits", () => {
  afterEach(closeServices);

  /** Counts that a test can break. */
  function makeCounts(): VisitCounts & { isBroken: boolean; seen: string[] } {
    const seen: string[] = [];
    return {
      isBroken: false,
      seen,
      add({ link }) {
        if (this.isBroken) throw new Error("the counts are down");
        seen.push(link.slug);
      },
      get: ({ slug }) => seen.filter((other) => other === slug).length,
    };
  }

  async function visitsOf(fetch: Fetch, slug: string): Promise<number> {
    const answer = await fetch(requestOf("GET", `/links/${slug}/visits`));
    return (await answer.json()).visits;
  }

  async function lettersOf(
    fetch: Fetch,
    token?: string,
  ): Promise<readonly DeadLetter<Visit>[]> {
    const options = token === undefined ? {} : { token };
    const answer = await fetch(requestOf("GET", "/dead-letters", options));
    return (await answer.json()).deadLetters;
  }

  it("are counted, but not those of who only wants to know", async () => {
    const fetch = makeService();
    await fetch(postLink({ url: "https://example.com/", slug: "docs" }));
    strictEqual(await visitsOf(fetch, "docs"), 0);
    for (const method of ["GET", "HEAD", "GET", "OPTIONS", "GET"]) {
      await fetch(requestOf(method, "/s/docs"));
    }
    await fetch(requestOf("GET", "/s/nowhere"));
    await until(async () => await visitsOf(fetch, "docs") === 3);
    const unknown = await fetch(requestOf("GET", "/links/nowhere/visits"));
    strictEqual(unknown.status, 404);
  });

  it("begin anew with another link of the same slug", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    for (let round = 0; round < 2; round++) {
      await fetch(postLink({ url: "https://example.com/", slug: "docs" }));
      strictEqual(await visitsOf(fetch, "docs"), 0);
      await fetch(requestOf("GET", "/s/docs"));
      await until(async () => await visitsOf(fetch, "docs") === 1);
      await fetch(requestOf("DELETE", "/links/docs"));
      clock.advance(1);
    }
  });

  it("are counted for ever, whatever links have come and gone", async () => {
    const fetch = makeService({ maxLinks: 2 });
    for (const slug of ["one", "two", "three", "four"]) {
      await fetch(postLink({ url: "https://example.com/", slug }));
      await fetch(requestOf("GET", `/s/${slug}`));
      await until(async () => await visitsOf(fetch, slug) === 1);
      await fetch(requestOf("DELETE", `/links/${slug}`));
    }
    deepStrictEqual(await lettersOf(fetch), []);
  });

  it("that cannot be counted are kept, and counted when replayed", async () => {
    const errors: unknown[] = [];
    const clock = new ManualClock();
    const counts = makeCounts();
    const fetch = makeService({}, {
      clock,
      visits: counts,
      onError: (error) => errors.push(error),
    });
    for (const slug of ["docs", "news"]) {
      const owner = `${slug}-owner`;
      await fetch(postLink({ url: "https://example.com/", slug, owner }));
    }
    counts.isBroken = true;
    strictEqual((await fetch(requestOf("GET", "/s/docs"))).status, 302);
    strictEqual((await fetch(requestOf("GET", "/s/news"))).status, 302);
    await until(async () => {
      clock.advance(1_000);
      return (await lettersOf(fetch)).length === 2;
    });
    const letters = await lettersOf(fetch);
    deepStrictEqual(
      letters.map(({ meta, attempts, reason, subscription }) => [
        meta.topic,
        attempts,
        reason,
        subscription,
      ]).sort(),
      [
        ["visits.docs-owner", 3, "max_attempts", "counts"],
        ["visits.news-owner", 3, "max_attempts", "counts"],
      ],
    );
    strictEqual(errors.length, 6); // Each attempt's.
    for (const error of errors) match(String(error), /the counts are down/);

    counts.isBroken = false;
    const [first, second] = letters;
    const replay = `/dead-letters/${first!.id}/replay`;
    strictEqual((await fetch(requestOf("POST", replay))).status, 204);
    await until(() => counts.seen.length === 1);
    deepStrictEqual(counts.seen, [first!.message.link.slug]);
    const discard = `/dead-letters/${second!.id}`;
    deepStrictEqual(
      await statusesOf(fetch, [
        requestOf("POST", replay),
        requestOf("DELETE", discard),
        requestOf("DELETE", discard),
      ]),
      [404, 204, 404],
    );
    deepStrictEqual(await lettersOf(fetch), []);
    strictEqual(counts.seen.length, 1);
  });

  it("that cannot be counted are their owner's affair", async () => {
    const clock = new ManualClock();
    const counts = makeCounts();
    const fetch = makeService({ passwords: PASSWORDS }, {
      clock,
      visits: counts,
      onError() {},
    });
    const [ada, bob] = [await logIn(fetch, "ada"), await logIn(fetch, "bob")];
    const body = { url: "https://example.com/", slug: "docs" };
    await fetch(requestOf("POST", "/links", { token: ada, body }));
    counts.isBroken = true;
    await fetch(requestOf("GET", "/s/docs"));
    await until(async () => {
      clock.advance(1_000);
      return (await lettersOf(fetch, ada)).length === 1;
    });
    deepStrictEqual(await lettersOf(fetch, bob), []);
    const [letter] = await lettersOf(fetch, ada);
    const path = `/dead-letters/${letter!.id}`;
    deepStrictEqual(
      await statusesOf(fetch, [
        requestOf("GET", "/dead-letters"),
        requestOf("POST", `${path}/replay`),
        requestOf("POST", `${path}/replay`, { token: bob }),
        requestOf("DELETE", path, { token: bob }),
        requestOf("DELETE", path, { token: ada }),
      ]),
      [401, 401, 403, 403, 204],
    );
  });

  it("are counted before the service has closed, or dead", async () => {
    const counts = makeCounts();
    const clock = new ManualClock();
    const fetch = makeService({}, { clock, visits: counts });
    await fetch(postLink({ url: "https://example.com/", slug: "docs" }));
    await fetch(requestOf("GET", "/s/docs"));
    await closeServices();
    deepStrictEqual(counts.seen, ["docs"]);
    strictEqual(clock.pending, 0);
  });
});

describe("operations", () => {
  afterEach(closeServices);

  async function metricsOf(fetch: Fetch): Promise<readonly string[]> {
    const answer = await fetch(requestOf("GET", "/metrics"));
    strictEqual(answer.status, 200);
    match(answer.headers.get("content-type")!, /^text\/plain; version=0.0.4/);
    return (await answer.text()).split("\n");
  }

  it("count and measure requests by their routes", async () => {
    const clock = new ManualClock();
    const fetch = makeService({ requestsPerMinute: 5 }, { clock });
    await fetch(postLink({ url: "https://example.com/", slug: "docs" }));
    for (const slug of ["docs", "docs", "nowhere"]) {
      await fetch(requestOf("GET", `/s/${slug}`));
    }
    await fetch(requestOf("PROPFIND", "/coffee"));
    await fetch(requestOf("GET", "/")); // One too many.
    const lines = await metricsOf(fetch);
    deepStrictEqual(
      lines.filter((line) => line.startsWith("http_requests_total{")).sort(),
      [
        'http_requests_total{method="GET",route="/s/:slug",status="302"} 2',
        'http_requests_total{method="GET",route="/s/:slug",status="404"} 1',
        'http_requests_total{method="GET",route="none",status="429"} 1',
        'http_requests_total{method="POST",route="/links",status="201"} 1',
        'http_requests_total{method="other",route="none",status="404"} 1',
      ],
    );
    const count = 'http_request_duration_seconds_count{route="/s/:slug"} 3';
    strictEqual(lines.includes(count), true);
    strictEqual(lines.includes("http_requests_running 0"), true);
  });

  it("tell of the cache, the reports and the visits", async () => {
    const fetch = makeService({}, { clock: new ManualClock() });
    await fetch(postLink({ url: "https://example.com/", slug: "docs" }));
    for (let i = 0; i < 3; i++) await fetch(requestOf("GET", "/links/docs"));
    const lines = await metricsOf(fetch);
    for (
      const line of [
        'cache_lookups_total{outcome="hit"} 2',
        'cache_lookups_total{outcome="miss"} 1',
        "cache_entries 1",
        "reports_queued 0",
        "visits_dead 0",
      ]
    ) strictEqual(lines.includes(line), true, line);
    const hasProcess = "process" in globalThis;
    const heap = lines.some((line) => /^process_heap_used_/.test(line));
    strictEqual(heap, hasProcess);
    strictEqual(lines.some((line) => /^metrics_invalid/.test(line)), false);
  });

  it("tell that what has expired was forgotten", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    await fetch(requestOf("GET", "/links/nowhere"));
    strictEqual((await metricsOf(fetch)).includes("cache_entries 1"), true);
    await clock.advanceAsync(10 * 60_000);
    strictEqual((await metricsOf(fetch)).includes("cache_entries 0"), true);
  });

  it("tell what compression has saved", async () => {
    const fetch = makeService();
    const page = packedOf(`${ORIGIN}/`);
    const packed = await (await fetch(page)).arrayBuffer();
    const plain = await (await fetch(requestOf("GET", "/"))).arrayBuffer();
    const saved = plain.byteLength - packed.byteLength;
    ok(saved > 1_000);
    const line = `http_compression_saved_bytes_total ${saved}`;
    strictEqual((await metricsOf(fetch)).includes(line), true);
  });

  it("speak OpenMetrics where that is wanted, compressed or not", async () => {
    const fetch = makeService();
    const request = packedOf(`${ORIGIN}/metrics`);
    request.headers.set("accept", "application/openmetrics-text");
    const answer = await fetch(request);
    match(
      answer.headers.get("content-type")!,
      /^application\/openmetrics-text/,
    );
    strictEqual(answer.headers.get("content-encoding"), "gzip");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    match(textOf(gunzipSync(bytes)), /# EOF\n$/);
  });

  it("count what nobody foresaw as a 500", async () => {
    const links = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    links.get = () => {
      throw new Error("disk on fire");
    };
    const fetch = makeService({}, { links, onError() {} });
    strictEqual((await fetch(requestOf("GET", "/links/docs"))).status, 500);
    const lines = await metricsOf(fetch);
    const line =
      'http_requests_total{method="GET",route="none",status="500"} 1';
    strictEqual(lines.includes(line), true);
  });

  it("are ready as long as links can be had, and alive in any case", async () => {
    let isDown = false;
    const links = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    const getAll = links.getAll.bind(links);
    links.getAll = (options) => {
      if (isDown) throw new Error("10.0.0.7 refused");
      return getAll(options);
    };
    const fetch = makeService({ requestsPerMinute: 1 }, { links });
    const ask = async () => {
      const answers = [
        await fetch(requestOf("GET", "/healthz")),
        await fetch(requestOf("GET", "/readyz")),
      ];
      return await Promise.all(answers.map(async (answer) => [
        answer.status,
        (await answer.json()).status,
      ]));
    };
    deepStrictEqual(await ask(), [[200, "pass"], [200, "pass"]]);
    isDown = true;
    deepStrictEqual(await ask(), [[200, "pass"], [503, "fail"]]);
    const answer = await fetch(requestOf("GET", "/readyz"));
    strictEqual((await answer.text()).includes("10.0.0.7"), false);
  });

  it(
    "are degraded, not down, without the blocklist",
    needs("sockets"),
    async () => {
      const server = await startBackEnd();
      const config = { blocklist: server.address };
      const clock = new ManualClock();
      const fetch = makeService(config, { clock, onError() {} });
      const statusOf = async () => {
        const answer = await fetch(requestOf("GET", "/readyz"));
        return [answer.status, (await answer.json()).status];
      };
      deepStrictEqual(await statusOf(), [200, "pass"]);
      await cleanUp();
      clock.advance(5_000);
      deepStrictEqual(await statusOf(), [200, "warn"]);
      const lines = await metricsOf(fetch);
      strictEqual(lines.includes("blocklist_waiting 0"), true);
    },
  );

  it("are not ready any more once they drain, but answer", async () => {
    const service = createService(configWith(), { onError: rethrow });
    services.push(service);
    service.drain();
    const statuses: number[] = [];
    for (const path of ["/readyz", "/healthz", "/"]) {
      statuses.push((await service.fetch(requestOf("GET", path))).status);
    }
    deepStrictEqual(statuses, [503, 200, 200]);
  });
});

describe("live", () => {
  afterEach(closeServices);

  const watchRequest = () => requestOf("GET", "/live");

  /** The pictures of a stream as they come. */
  function picturesOf(answer: Response): {
    next(): Promise<Picture | undefined>;
    cancel(): Promise<void>;
  } {
    strictEqual(answer.status, 200);
    strictEqual(answer.headers.get("content-type"), "text/event-stream");
    const reader = answer.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    let received = "";
    return {
      async next() {
        for (;;) {
          const [event, ...rest] = received.split("\n\n");
          if (rest.length > 0) {
            received = rest.join("\n\n");
            return JSON.parse(event!.replace(/^data: /, ""));
          }
          const { done, value } = await reader.read();
          if (done) return undefined;
          received += value;
        }
      },
      cancel: () => reader.cancel(),
    };
  }

  it("shows the same as /metrics and /readyz, at once and each second", async () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 1) });
    const limits = { requestsPerMinute: 7, totalRequestsPerMinute: 60 };
    const fetch = makeService(limits, { clock });
    const pictures = picturesOf(await fetch(watchRequest()));
    await clock.advanceAsync(0);
    const first = (await pictures.next())!;
    strictEqual(first.at, "2026-01-01T00:00:00.000Z");
    deepStrictEqual(first.events, []);

    await fetch(postLink({ url: "https://example.com/", slug: "docs" }));
    for (let i = 0; i < 6; i++) await fetch(requestOf("GET", "/s/docs"));
    await clock.advanceAsync(1_000);
    const { at, figures, health, events, log } = (await pictures.next())!;
    strictEqual(at, "2026-01-01T00:00:01.000Z");
    const { requests, refused, failed, running, hits, misses } = figures;
    deepStrictEqual({ requests, refused, failed, running, hits, misses }, {
      requests: 8,
      refused: 1,
      failed: 0,
      running: 0,
      hits: 4,
      misses: 1,
    });
    const { cached, reports, deadVisits, poolInUse, watching } = figures;
    deepStrictEqual({ cached, reports, deadVisits, poolInUse, watching }, {
      cached: 1,
      reports: 0,
      deadVisits: 0,
      poolInUse: 0,
      watching: 1,
    });
    strictEqual(figures.memoryBytes > 1_000_000, "process" in globalThis);
    strictEqual(figures.left, 60 - 7 + 1); // It comes back, one a second.
    deepStrictEqual(health, {
      status: "healthy",
      parts: [
        { name: "links", status: "healthy" },
        { name: "visits", status: "healthy" },
      ],
    });
    deepStrictEqual(events.map(({ type, slug }) => `${type} ${slug}`), [
      ...Array(5).fill("link.visited docs"),
      "link.created docs",
    ]);
    deepStrictEqual(log[0], {
      at: "2026-01-01T00:00:00.000Z",
      level: "info",
      message: "request",
      request: { method: "GET", route: "none", status: 429, durationMs: 0 },
    });
    await pictures.cancel();
  });

  it("shows the last dozen of events and lines", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    for (let i = 10; i < 30; i++) {
      await fetch(postLink({ url: "https://example.com/", slug: `no-${i}` }));
    }
    const pictures = picturesOf(await fetch(watchRequest()));
    await clock.advanceAsync(0);
    const { events, log } = (await pictures.next())!;
    deepStrictEqual([events.length, log.length], [12, 12]);
    deepStrictEqual([events[0]?.slug, events[11]?.slug], ["no-29", "no-18"]);
    await pictures.cancel();
  });

  it("tells nobody what is for some alone", async () => {
    const clock = new ManualClock();
    const links = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    const getAll = links.getAll.bind(links);
    let isDown = false;
    links.getAll = (options) => {
      if (isDown) throw new Error("10.0.0.7 refused hunter2");
      return getAll(options);
    };
    const config = { passwords: PASSWORDS };
    const keys = await makeKeys("k1");
    const parts = { clock, links, keys, onError() {} };
    const fetch = makeService(config, parts);
    const token = await logIn(fetch, "ada");
    const body = { url: "https://hidden.example/x", note: "only for me" };
    await fetch(
      requestOf("POST", "/links", { token, body: { ...body, slug: "noted" } }),
      { address: "203.0.113.7" },
    );
    await fetch(requestOf("GET", "/s/noted"), { address: "203.0.113.7" });
    await fetch(requestOf("GET", "/nobodys/business"));
    isDown = true;
    strictEqual((await fetch(requestOf("GET", "/links"))).status, 500);
    const pictures = picturesOf(await fetch(watchRequest()));
    await clock.advanceAsync(0);
    const picture = (await pictures.next())!;
    strictEqual(picture.health.status, "unhealthy");
    strictEqual(picture.figures.failed, 1);
    ok(picture.log.some(({ level }) => level === "error"));
    const text = JSON.stringify(picture);
    match(text, /noted/);
    for (
      const secret of [
        token,
        "L0velace",
        "ada",
        "only for me",
        "hidden.example",
        "203.0.113.7",
        "10.0.0.7",
        "hunter2",
        "business",
      ]
    ) strictEqual(text.includes(secret), false, secret);
    await pictures.cancel();
  });

  it("ends a stream that is not read, and keeps no more than its bound", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    const { pending } = clock;
    const lazy = await fetch(watchRequest());
    const keen = picturesOf(await fetch(watchRequest()));
    for (let i = 0; i < 3 * MAX_BEHIND; i++) {
      await clock.advanceAsync(i === 0 ? 0 : 1_000);
      const { figures } = (await keen.next())!;
      strictEqual(figures.watching, i <= MAX_BEHIND ? 2 : 1, `after ${i} s`);
    }
    const late = picturesOf(lazy);
    let seen = 0;
    while (await late.next()) seen++;
    strictEqual(seen, MAX_BEHIND);
    await keen.cancel();
    await clock.advanceAsync(1_000);
    strictEqual(clock.pending, pending); // Nobody watches: nothing is done.
  });

  it("lets so many watch, and one more when one has gone", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    const streams: Response[] = [];
    for (let i = 0; i < MAX_STREAMS; i++) {
      streams.push(await fetch(watchRequest()));
    }
    const refused = await fetch(watchRequest());
    strictEqual(refused.status, 503);
    strictEqual(refused.headers.get("retry-after"), "10");
    await problemOf(refused);
    await streams.pop()!.body!.cancel();
    const one = await fetch(watchRequest());
    strictEqual(one.status, 200);
    for (const { body } of [...streams, one]) await body!.cancel();
  });

  it("opens no stream for HEAD", async () => {
    const clock = new ManualClock();
    const fetch = makeService({}, { clock });
    const { pending } = clock;
    const head = await fetch(requestOf("HEAD", "/live"));
    deepStrictEqual([head.status, head.body], [200, null]);
    strictEqual(head.headers.get("content-type"), "text/event-stream");
    strictEqual(clock.pending, pending);
  });

  it("ends all streams when the service drains, and lets none begin", async () => {
    const clock = new ManualClock();
    const service = createService(configWith(), { clock, onError: rethrow });
    services.push(service);
    const pictures = picturesOf(await service.fetch(watchRequest()));
    await clock.advanceAsync(0);
    ok(await pictures.next());
    service.drain();
    strictEqual(await pictures.next(), undefined);
    strictEqual((await service.fetch(watchRequest())).status, 503);
    await closeServices();
    strictEqual(clock.pending, 0);
  });

  it("is not there where it is not wanted", async () => {
    const fetch = makeService({ live: false });
    strictEqual((await fetch(watchRequest())).status, 404);
    const text = await (await fetch(requestOf("GET", "/"))).text();
    match(text, /<h1>Links<\/h1>/);
    strictEqual(text.includes("<script"), false);
  });

  it("comes as a page that allows what is in it, and nothing else", async () => {
    const page = await makeService()(requestOf("GET", "/"));
    const policy = page.headers.get("content-security-policy")!;
    const text = await page.text();
    for (const tag of ["style", "script"]) {
      const [, content] = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(text)!;
      const bytes = new TextEncoder().encode(content);
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
      match(policy, new RegExp(`${tag}-src 'sha256-`));
      ok(policy.includes(`${tag}-src 'sha256-${hash}';`), tag);
    }
    match(policy, /^default-src 'none';/);
    match(policy, /connect-src 'self';/);
    strictEqual(/unsafe|\*/.test(policy), false);
    // These the policy would keep from working.
    strictEqual(/<[^>]+ (style|on\w+)=/.test(text), false);
    strictEqual(/https?:\/\/(?!localhost|example)/.test(text), false);
  });

  it(
    "streams over HTTP, and lets go of who leaves",
    needs("sockets"),
    async () => {
      const server = await startService();
      const client = new AbortController();
      const answer = await fetch(`${server.url}/live`, client);
      const pictures = picturesOf(answer);
      let { figures } = (await pictures.next())!;
      const wanted = figures.requests + 5;
      for (let i = 0; i < 5; i++) await statusOf(`${server.url}/links`);
      while (
        figures.requests < wanted
      ) ({ figures } = (await pictures.next())!);
      strictEqual(figures.requests, wanted);
      strictEqual(await sampleOf(server.url, "live_streams"), 1);
      client.abort();
      await rejects(async () => {
        while (await pictures.next());
      });
      await until(async () => await sampleOf(server.url, "live_streams") === 0);
      await server.close();
    },
  );
});

describe("traces and logs", () => {
  afterEach(closeServices);

  const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  function makeObserved(
    overrides: Partial<ServiceConfig> = {},
    parts: Partial<ServiceParts> = {},
  ): {
    readonly fetch: Fetch;
    readonly spans: InMemorySpanExporter;
    readonly log: MemorySink;
  } {
    const spans = new InMemorySpanExporter();
    const log = new MemorySink();
    const all = { spans, sinks: [log], ...parts };
    return { fetch: makeService(overrides, all), spans, log };
  }

  function traced(request: Request): Request {
    request.headers.set("traceparent", `00-${TRACE}-00f067aa0ba902b7-01`);
    return request;
  }

  it(
    "go on with the trace of who asks, and tell it",
    needs("AsyncLocalStorage"),
    async () => {
      const { fetch, spans, log } = makeObserved();
      const body = { url: "https://example.com/", slug: "docs" };
      await fetch(postLink(body));
      spans.clear();
      const answers = [
        await fetch(traced(requestOf("GET", "/s/docs"))),
        await fetch(traced(requestOf("GET", "/links/docs"))),
      ];
      deepStrictEqual(
        spans.spans.map(({ name, kind, traceId }) => [name, kind, traceId]),
        [
          ["store get", "internal", TRACE], // The cache had it not yet.
          ["cache get", "internal", TRACE],
          ["GET", "server", TRACE],
          ["cache get", "internal", TRACE],
          ["GET", "server", TRACE],
        ],
      );
      const [store, cache, request] = spans.spans;
      strictEqual(store?.parentSpanId, cache?.spanId);
      strictEqual(cache?.parentSpanId, request?.spanId);
      strictEqual(request?.parentSpanId, "00f067aa0ba902b7");
      deepStrictEqual(request.attributes, {
        "http.route": "/s/:slug",
        "http.response.status_code": 302,
      });
      const told = answers[0]!.headers.get("traceparent");
      strictEqual(told, `00-${TRACE}-${request.spanId}-01`);
      const entries = log.entries.filter(({ traceId }) => traceId === TRACE);
      deepStrictEqual(entries.map(({ spanId }) => spanId), [
        request.spanId,
        spans.spans.at(-1)?.spanId,
      ]);
    },
  );

  it(
    "have reports in the traces that ordered them",
    needs("AsyncLocalStorage"),
    async () => {
      const { fetch, spans } = makeObserved();
      const body = { host: "example.com" };
      await fetch(traced(requestOf("POST", "/reports", { body })));
      await until(() => spans.spans.some(({ name }) => name === "report draw"));
      const named = (name: string) =>
        spans.spans.find((span) => span.name === name);
      strictEqual(named("report draw")?.traceId, TRACE);
      strictEqual(named("report draw")?.parentSpanId, named("POST")?.spanId);
    },
  );

  it(
    "have the blocklist as a client's call, also where it fails",
    needs("sockets", "AsyncLocalStorage"),
    async () => {
      const config = { blocklist: "127.0.0.1:1" };
      const { fetch, spans, log } = makeObserved(config, { onError() {} });
      const link = { url: "https://example.com/" };
      strictEqual((await fetch(traced(postLink(link)))).status, 503);
      const check = spans.spans.find(({ name }) => name === "blocklist check");
      deepStrictEqual([check?.kind, check?.status], ["client", "error"]);
      const unforeseen = log.entries.find(({ level }) => level === "error");
      strictEqual(unforeseen?.traceId, TRACE);
    },
  );

  it("have one line a request, without what is secret", async () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 1) });
    const { fetch, log } = makeObserved({ passwords: PASSWORDS }, { clock });
    const token = await logIn(fetch, "ada");
    await fetch(requestOf("GET", "/links?limit=1", { token }));
    const lines = log.entries.map(({ line }) => JSON.parse(line));
    deepStrictEqual(
      lines.map(({ traceId: _t, spanId: _s, ...line }) => line),
      [["POST", "/sessions", 201], ["GET", "/links", 200]].map((
        [method, route, status],
      ) => ({
        time: "2026-01-01T00:00:00.000Z",
        level: "info",
        message: "request",
        service: "links",
        method,
        route,
        status,
        durationMs: 0,
      })),
    );
    const text = JSON.stringify(log.entries);
    strictEqual(text.includes(token) || text.includes("L0velace"), false);
  });

  it("keep to the level that is configured", async () => {
    const links = new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
    links.get = () => {
      throw new Error("disk on fire");
    };
    const parts = { links, onError() {} };
    const { fetch, log } = makeObserved({ logLevel: "error" }, parts);
    strictEqual((await fetch(requestOf("GET", "/links/docs"))).status, 500);
    deepStrictEqual(
      log.entries.map(({ level, error }) => [level, String(error)]),
      [["error", "CacheError: The value could not be loaded: disk on fire"]],
    );
  });

  it("are brought away before the service has closed", async () => {
    const service = createService(configWith(), {
      spans: new BatchSpanExporter(exported),
      clock: new ManualClock(),
    });
    await service.fetch(requestOf("GET", "/"));
    strictEqual(exported.spans.length, 0);
    await service.close();
    strictEqual(exported.spans.length, 1);
  });
  const exported = new InMemorySpanExporter();
});

describe("security", () => {
  afterEach(closeServices);

  const url = "https://example.com/";
  const users = { passwords: PASSWORDS, admins: "bob" };

  function makeStore(): InMemoryRepository<Link> {
    return new InMemoryRepository<Link>({
      entity: "Link",
      idOf: (link) => link.slug,
    });
  }

  it("seals notes in the store, and shows them to owner and admin", async () => {
    const links = makeStore();
    const parts = { links, keys: await makeKeys("k1") };
    const fetch = makeService(
      { ...users, passwords: new Secret({ ...PASSWORDS.reveal(), eve: "3" }) },
      parts,
    );
    const [ada, bob] = [await logIn(fetch, "ada"), await logIn(fetch, "bob")];
    const body = { url, slug: "noted", note: "only for me" };
    const made = await fetch(requestOf("POST", "/links", { token: ada, body }));
    strictEqual((await made.json()).note, "only for me");
    match(links.get("noted")!.note!, /^v1\.k1\.[\w-]+$/);
    const eve = await fetch(
      requestOf("POST", "/sessions", { body: { user: "eve", password: "3" } }),
    );
    const { token: stranger } = await eve.json();
    const seen: unknown[] = [];
    for (const token of [ada, bob, stranger, undefined]) {
      const options = token === undefined ? {} : { token };
      const one = await fetch(requestOf("GET", "/links/noted", options));
      const all = await fetch(requestOf("GET", "/links", options));
      seen.push((await one.json()).note, (await all.json()).links[0].note);
    }
    const note = "only for me";
    deepStrictEqual(seen.slice(0, 4), [note, note, note, note]);
    deepStrictEqual(seen.slice(4), Array(4).fill(undefined));
  });

  it("takes no note without a key, and none that is too long", async () => {
    const without = makeService();
    const body = { url, note: "x" };
    const refused = await without(requestOf("POST", "/links", { body }));
    strictEqual(refused.status, 422);
    const fetch = makeService({}, { keys: await makeKeys("k1") });
    for (
      const [note, status] of [
        ["", 422],
        [1, 422],
        ["x".repeat(1_001), 422],
        ["x\n".repeat(500), 201],
      ]
    ) {
      const body = { url, note };
      const answer = await fetch(requestOf("POST", "/links", { body }));
      strictEqual(answer.status, status);
    }
  });

  it("opens no note that was moved to another link, or changed", async () => {
    const links = makeStore();
    const errors: unknown[] = [];
    const fetch = makeService({}, {
      links,
      keys: await makeKeys("k1"),
      onError: (error) => errors.push(error),
    });
    for (const slug of ["one", "two"]) {
      const body = { url, slug, note: `of ${slug}` };
      await fetch(requestOf("POST", "/links", { body }));
    }
    const { note } = links.get("one")!;
    links.update({ ...links.get("two")!, note: note! });
    strictEqual((await fetch(requestOf("GET", "/links/two"))).status, 500);
    match(String(errors), /Decryption failed/);
    strictEqual(String(errors).includes("of one"), false);
    const one = await fetch(requestOf("GET", "/links/one"));
    strictEqual((await one.json()).note, "of one");
  });

  it("lets admins see and change, but make nothing in others' names", async () => {
    const fetch = makeService(users);
    const [ada, bob] = [await logIn(fetch, "ada"), await logIn(fetch, "bob")];
    const body = { url, slug: "docs" };
    deepStrictEqual(
      await statusesOf(fetch, [
        requestOf("POST", "/links", { token: ada, body }),
        requestOf("POST", "/links", {
          token: bob,
          body: { url, owner: "ada" },
        }),
        requestOf("DELETE", "/links/docs", { token: bob }),
        requestOf("DELETE", "/owners/ada/links", { token: bob }),
        requestOf("DELETE", "/owners/bob/links", { token: ada }),
      ]),
      [201, 403, 204, 200, 403],
    );
  });

  it("audits every change and every refusal, for admins to see", async () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 1) });
    const fetch = makeService(users, { clock });
    const [ada, bob] = [await logIn(fetch, "ada"), await logIn(fetch, "bob")];
    const audit = (token?: string, query = "") =>
      requestOf("GET", `/audit${query}`, token === undefined ? {} : { token });
    await statusesOf(fetch, [
      requestOf("POST", "/links", { token: ada, body: { url, slug: "docs" } }),
      requestOf("GET", "/links/docs"),
      requestOf("DELETE", "/links/docs"),
      requestOf("POST", "/links", { token: ada, body: { url: "x" } }),
    ]);
    deepStrictEqual(
      await statusesOf(fetch, [audit(), audit(ada), audit(bob, "?limit=x")]),
      [401, 403, 422],
    );
    const page = await (await fetch(audit(bob))).json();
    strictEqual(page.intact, true);
    deepStrictEqual(
      page.entries.map((
        { actor, event, resource, outcome, context }: AuditEntry<
          { method: string; route: string },
          { status: number }
        >,
      ) => [
        actor.id,
        event.method,
        event.route,
        resource,
        outcome,
        context.status,
      ]),
      [
        ["unknown", "POST", "/sessions", "/sessions", "success", 201],
        ["unknown", "POST", "/sessions", "/sessions", "success", 201],
        ["user ada", "POST", "/links", "/links", "success", 201],
        ["unknown", "DELETE", "/links/:slug", "/links/docs", "denied", 401],
        ["user ada", "POST", "/links", "/links", "failure", 422],
      ],
    );
    strictEqual(page.entries[0].at, "2026-01-01T00:00:00.000Z");
    const part = await (await fetch(audit(bob, "?offset=3&limit=1"))).json();
    deepStrictEqual(part.entries, [page.entries[3]]);
    strictEqual(JSON.stringify(page).includes("L0velace"), false);
  });

  it("audits what nobody foresaw as well", async () => {
    const links = makeStore();
    links.delete = () => {
      throw new Error("disk on fire");
    };
    const fetch = makeService({}, { links, onError() {} });
    await fetch(requestOf("DELETE", "/links/docs"));
    const page = await (await fetch(requestOf("GET", "/audit"))).json();
    const [entry] = page.entries;
    deepStrictEqual(
      [entry.resource, entry.outcome, entry.context.status],
      ["/links/docs", "failure", 500],
    );
  });

  it("tells nobody of a note who only counts visits", async () => {
    const visited: Visit[] = [];
    const visits: VisitCounts = {
      add: (visit) => void visited.push(visit),
      get: () => visited.length,
    };
    const fetch = makeService({}, { visits, keys: await makeKeys("k1") });
    const body = { url, slug: "noted", note: "only for me" };
    await fetch(requestOf("POST", "/links", { body }));
    await fetch(requestOf("GET", "/s/noted"));
    await until(() => visited.length === 1);
    strictEqual(JSON.stringify(visited).includes("only for me"), false);
  });

  it("writes each hour, and at the end, to the log how far the trail goes", async () => {
    const clock = new ManualClock({ now: Date.UTC(2026, 0, 1, 0, 30) });
    const log = new MemorySink();
    const fetch = makeService({}, { clock, sinks: [log] });
    const anchors = () =>
      log.entries.filter(({ message }) => message === "audit anchored")
        .map(({ line }) => JSON.parse(line));
    await fetch(postLink({ url, slug: "one" }));
    await clock.advanceAsync(30 * 60_000);
    await fetch(postLink({ url, slug: "two" }));
    const { entries, intact } = await (await fetch(requestOf("GET", "/audit")))
      .json();
    strictEqual(intact, true);
    await closeServices();
    deepStrictEqual(
      anchors().map(({ time, seq, hash }) => [time, seq, hash]),
      [
        ["2026-01-01T01:00:00.000Z", 1, entries[0].hash],
        ["2026-01-01T01:00:00.000Z", 2, entries[1].hash],
      ],
    );
  });

  it("tells that the audit trail is full, and goes on", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const fetch = makeService({ maxAudited: 1 }, { onError });
    for (const slug of ["one", "two"]) {
      strictEqual((await fetch(postLink({ url, slug }))).status, 201);
    }
    match(String(errors), /AuditEntry/);
    const page = await (await fetch(requestOf("GET", "/audit"))).json();
    strictEqual(page.entries.length, 1);
  });
});

describe("listen()", () => {
  afterEach(closeServices);

  it(
    "serves concurrent clients over HTTP and frees the port",
    needs("sockets"),
    async () => {
      const server = await startService();
      const statuses = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const response = await fetch(`${server.url}/links`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: '{"url":"https://example.com"}',
          });
          await response.arrayBuffer();
          return response.status;
        }),
      );
      deepStrictEqual(new Set(statuses), new Set([201]));
      await server.close();
      const stillThere = await fetch(server.url).then(() => true, () => false);
      strictEqual(stillThere, false);
    },
  );

  it(
    "answers HEAD with the head of GET and no body",
    needs("sockets"),
    async () => {
      const server = await startService();
      const answers = await sendRaw(
        server.url,
        "HEAD /links HTTP/1.1\r\nHost: x\r\n\r\n" +
          "GET /links HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      );
      const [, head, get] = answers.split("HTTP/1.1 200 OK");
      ok(head!.endsWith("\r\n\r\n"), "a body follows");
      match(get!, /\{"links":\[\]\}/);
      ok(!/content-length: 0/i.test(head!), "the length is not GET's");
      await server.close();
    },
  );

  it(
    "answers and goes on when a request is malformed",
    needs("sockets"),
    async () => {
      const server = await startService();
      const end = "Connection: close\r\n\r\n";
      for (
        const request of [
          `GET / HTTP/1.1\r\nHost: not a host\r\n${end}`,
          `GET /links HTTP/1.1\r\nHost: x/s/docs?\r\n${end}`,
          `GET /links HTTP/1.1\r\nHost: a@b\r\n${end}`,
          `GET /links/%zz HTTP/1.1\r\nHost: x\r\n${end}`,
          `TRACE / HTTP/1.1\r\nHost: x\r\n${end}`,
          "nonsense\r\n\r\n",
        ]
      ) {
        const answer = await sendRaw(server.url, request);
        match(answer, /^HTTP\/1\.1 4\d\d /, request);
      }
      const response = await fetch(server.url);
      strictEqual(response.status, 200);
      await response.arrayBuffer();
      await server.close();
    },
  );

  it(
    "answers 413 while a client is still sending",
    needs("sockets"),
    async () => {
      const server = await startService({ maxBodyBytes: 10 });
      const answer = await sendRaw(server.url, POST_HEAD + "{", "data");
      match(answer, /^HTTP\/1\.1 413 /);
      await server.close();
    },
  );

  it(
    "closes although clients hold on to their connections",
    needs("sockets"),
    async () => {
      const server = await startService({
        bodyTimeoutMs: 60_000,
        shutdownTimeoutMs: 50,
      });
      const sockets = ["", "GET / HT", POST_HEAD + "{"].map((sent) => {
        const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
        socket.on("error", () => {});
        socket.write(sent);
        return socket;
      });
      await Promise.all(sockets.map((socket) => once(socket, "connect")));
      await fetch(server.url).then((response) => response.arrayBuffer());
      await server.close();
      for (const socket of sockets) socket.destroy();
    },
  );

  it(
    "survives a client that leaves before an answer that fails",
    needs("sockets"),
    async () => {
      const { promise: hasLeft, resolve: leave } = Promise.withResolvers<
        void
      >();
      let answered = 0;
      const server = await listen(async () => {
        answered++;
        if (answered > 1) return new Response("still here");
        await hasLeft;
        return new Response(
          new ReadableStream({
            start: (controller) => controller.error(new Error("late")),
          }),
        );
      }, { ...configWith({ port: 0, shutdownTimeoutMs: 50 }), onError() {} });
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      while (answered === 0) await systemClock.sleep(1);
      socket.destroy();
      await systemClock.sleep(20);
      leave();
      await systemClock.sleep(20);
      strictEqual(await (await fetch(server.url)).text(), "still here");
      await server.close();
    },
  );

  it("cuts off who takes nothing of an answer", {
    skip: needs("sockets").skip ||
      ("Deno" in globalThis
        ? "Deno has no such limit"
        : "Bun" in globalThis && "Bun takes as long as it allows a test"),
  }, async () => {
    const cut = Promise.withResolvers<void>();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => cut.resolve(),
    }, { highWaterMark: 0 });
    const config = { ...configWith({ port: 0 }), idleTimeoutMs: 1_000 };
    const server = await listen(
      () => Promise.resolve(new Response(endless)),
      { ...config, onError() {} },
    );
    const socket = openSocket(server.url);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await cut.promise;
    socket.destroy();
    await server.close();
  });

  it("puts an IPv6 address into brackets", () => {
    strictEqual(originOf("::1", 80), "http://[::1]:80");
    strictEqual(originOf("127.0.0.1", 80), "http://127.0.0.1:80");
  });
});

describe("whatever is sent", () => {
  afterEach(closeServices);

  const known = wordsOf(
    "links s docs visits owners ada reports audit sessions current live " +
      "dead-letters replay metrics healthz readyz . .. %2e%2e %00 %ff a%2Fb",
  );
  const path = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: known },
      fc.string({ unit: character }).map((it) => encodeURIComponent(it)),
    ),
    { maxLength: 4 },
  ).map((segments) => `/${segments.join("/")}`);
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record({
      url: fc.oneof(fc.webUrl(), fc.jsonValue()),
      host: fc.oneof(fc.domain(), fc.jsonValue()),
      ...Object.fromEntries(
        ["slug", "owner", "note", "urgency", "user", "password"]
          .map((field) => [field, fc.jsonValue()]),
      ),
    }, { requiredKeys: [] }),
  ).map((value) => new TextEncoder().encode(JSON.stringify(value)));
  const body = fc.oneof(
    json,
    json.map((bytes) => new Uint8Array(gzipSync(bytes))),
    fc.uint8Array(),
  );
  const headers = fc.dictionary(
    wordsOf(
      "content-type content-encoding content-length accept-encoding accept " +
        "authorization traceparent tracestate host range if-none-match cookie",
    ),
    fc.oneof(
      wordsOf("application/json gzip br x,y *;q=0 -1 text/html;charset=x"),
      fc.string().filter((text) => !/[\0\r\n]/.test(text)),
    ),
  );

  it("is answered with a status below 500, and problems as such (property)", async () => {
    const fetch = makeService({
      requestsPerMinute: 1_000_000,
      passwords: PASSWORDS,
    }, { clock: new ManualClock(), keys: await makeKeys("k1") });
    const token = await logIn(fetch, "ada");
    await fc.assert(
      fc.asyncProperty(
        wordsOf("GET HEAD POST PUT DELETE PATCH"),
        path,
        wordsOf("?offset=1&limit=2 ?offset=-1 ?limit=1e9 ?%zz"),
        headers,
        fc.boolean(),
        body,
        async (method, path, query, headers, hasToken, body) => {
          const request = new Request(`${ORIGIN}${path}${query}`, {
            method,
            headers: { "content-type": "application/json" },
            ...(!/GET|HEAD/.test(method) && { body }),
          });
          for (const [name, value] of Object.entries(headers)) {
            request.headers.set(name, value);
          }
          if (hasToken) request.headers.set("authorization", `Bearer ${token}`);
          const answer = await fetch(request);
          await answer.body?.cancel();
          ok(answer.status < 500, `${answer.status}`);
          const { pathname } = new URL(request.url);
          const isProbe = /^\/(metrics|healthz|readyz)$/.test(pathname);
          if (answer.status >= 400 && !isProbe) {
            const type = answer.headers.get("content-type");
            strictEqual(type, "application/problem+json");
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  const good = new TextEncoder().encode(
    "GET /links HTTP/1.1\r\nHost: x\r\n\r\n",
  );
  const tokens = fc.array(fc.oneof(
    fc.constantFrom(" ", "\t", "\0", "\n", "\r\n", "\r\n\r\n"),
    wordsOf(
      "GET POST DELETE OPTIONS CONNECT PRI HTTP/1.1 HTTP/2.0 / /links /live " +
        "// * %00 http://[::1 Host:x Content-Length:-1 Content-Length:5 a:b " +
        "Expect: Transfer-Encoding:chunked content-encoding:gzip ffffffffff " +
        "Upgrade:h2c Connection:close :",
    ),
  )).map((words) => new TextEncoder().encode(words.join("")));
  const broken = fc.tuple(fc.nat(good.length), fc.uint8Array())
    .map(([at, bytes]) =>
      Uint8Array.from([...good.slice(0, at), ...bytes, ...good])
    );
  const bytes = fc.oneof(tokens, broken, fc.uint8Array({ maxLength: 2_000 }));

  it(
    "as bytes is answered with no 500, and the next client as ever (property)",
    needs("sockets"),
    async () => {
      const server = await startService({ requestsPerMinute: 1_000_000 });
      await fc.assert(
        fc.asyncProperty(fc.array(bytes, { maxLength: 4 }), async (all) => {
          const answers = await Promise.all(
            all.map((bytes) => sendBytes(server.url, bytes)),
          );
          for (const answer of answers) {
            if (answer !== "") match(answer, /^HTTP\/1\.[01] (?!500)\d{3} /);
          }
        }),
        { numRuns: 200 },
      );
      strictEqual(await statusOf(`${server.url}/readyz`), 200);
      strictEqual(await statusOf(`${server.url}/links`), 200);
      await server.close();
    },
  );
});

describe("serve.ts", needs("other programs", "signals"), () => {
  afterEach(cleanUp);

  it(
    "tells a bad key, without the key, and exits with 2",
    async () => {
      const { code, stdout, stderr } = await runServe({
        LINKS_KEYS: '{"k1":"hunter2"}',
      });
      deepStrictEqual([code, stdout], [2, ""]);
      match(stderr, /^LINKS_KEYS: /);
      strictEqual(stderr.includes("hunter2"), false);
    },
  );

  it("tells every bad variable at once and exits with 2", async () => {
    const { code, stdout, stderr } = await runServe({
      PORT: "99999",
      HOST: " ",
      LINKS_BODY_TIMEOUT_MS: "soon",
      LINKS_BLOCKLIST: "localhost:99999",
    });
    strictEqual(code, 2);
    strictEqual(stdout, "");
    deepStrictEqual(
      stderr.trim().split("\n").map((line) => line.split(":")[0]).sort(),
      ["HOST", "LINKS_BLOCKLIST", "LINKS_BODY_TIMEOUT_MS", "PORT"],
    );
    ok(!stderr.includes("99999"), "the value does not show");
  });

  it("finishes and exits with 0 on SIGTERM", async () => {
    const { code, stdout } = await runServe({});
    strictEqual(code, 0);
    const [first, ...rest] = stdout.trim().split("\n");
    const { level, message, url } = JSON.parse(first!);
    deepStrictEqual([level, message], ["info", "listening"]);
    deepStrictEqual(
      rest.map((line) => JSON.parse(line).message),
      ["audit anchored"],
    );
    match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it(
    "asks the blocklist that LINKS_BLOCKLIST names, tells its spans, and hangs up",
    async () => {
      const blocklist = await startBackEnd();
      const statuses: number[] = [];
      const environment = {
        LINKS_BLOCKLIST: blocklist.address,
        LINKS_SPANS: "true",
      };
      const { code, stderr } = await runServe(environment, async ({ url }) => {
        for (const host of ["good.example", "evil.example"]) {
          const body = JSON.stringify({ url: `https://${host}` });
          statuses.push(await statusOf(`${url}/links`, { ...POST_JSON, body }));
        }
        strictEqual(blocklist.connections, 1);
      });
      strictEqual(code, 0);
      deepStrictEqual(statuses, [201, 403]);
      strictEqual(blocklist.connections, 0);
      const spans = stderr.trim().split("\n").map((line) =>
        JSON.parse(line).name
      );
      deepStrictEqual(
        spans.filter((name) => name === "blocklist check").length,
        2,
      );
    },
  );

  it(
    "ends on SIGTERM with streams open and requests under way",
    async () => {
      const end = Promise.withResolvers<void>();
      let [answer, isDone] = ["", false];
      // Streams that do not end would hold it up until it is killed.
      const environment = { LINKS_SHUTDOWN_TIMEOUT_MS: "5m" };
      const { code } = await runServe(environment, async ({ url, stop }) => {
        const stream = await fetch(`${url}/live`);
        const reader = stream.body!.getReader();
        await reader.read();
        const socket = openSocket(url);
        socket.on("data", (chunk) => answer += chunk);
        const [start, rest] = ['{"url":"https://exam', 'ple.com/"}'];
        const length = start.length + rest.length;
        socket.write(postHead(length) + start);
        await until(async () =>
          (await sampleOf(url, "http_requests_running")) === 1
        );
        stop();
        while (!(await reader.read()).done);
        isDone = true;
        socket.write(rest);
        await once(socket, "close");
        end.resolve();
      });
      await end.promise;
      strictEqual(isDone, true);
      match(answer, /^HTTP\/1\.1 201 /);
      strictEqual(code, 0);
    },
  );

  it(
    "answers others, and does not grow, while one client floods it",
    async () => {
      const environment = {
        LINKS_REQUESTS_PER_MINUTE: "100",
        LINKS_PASSWORDS: JSON.stringify(PASSWORDS.reveal()),
      };
      const counts: Record<number, number> = {};
      const { code } = await runServe(environment, async ({ url }) => {
        const token = await logInAt(url);
        const before = await sampleOf(url, "process_resident_memory_bytes");
        let isOver = false;
        const flood = concurrently(20, 1_000, async () => {
          const status = await statusOf(`${url}/links`);
          counts[status] = (counts[status] ?? 0) + 1;
        }).finally(() => isOver = true);
        const headers = { authorization: `Bearer ${token}` };
        for (let i = 0; i < 50 || !isOver; i++) {
          if (i < 50) strictEqual(await statusOf(url, { headers }), 200);
          else await systemClock.sleep(5);
        }
        await flood;
        strictEqual(await statusOf(`${url}/readyz`), 200);
        const after = await sampleOf(url, "process_resident_memory_bytes");
        ok(after - before < 100_000_000, `${after - before} bytes more`);
      });
      strictEqual(code, 0);
      deepStrictEqual(Object.keys(counts), ["200", "429"]);
      ok(counts[429]! > 800, `${counts[429]} refused`);
    },
  );

  it(
    "answers others while clients are slow to send, or do not read",
    async () => {
      const environment = {
        LINKS_BODY_TIMEOUT_MS: "300ms",
        LINKS_SHUTDOWN_TIMEOUT_MS: "300ms",
        LINKS_REQUESTS_PER_MINUTE: "100000",
      };
      let lateBodies = "";
      const { code } = await runServe(environment, async ({ url }) => {
        for (let i = 0; i < 100; i++) {
          const body = JSON.stringify({ url: `https://example.com/${i}` });
          await statusOf(`${url}/links`, { ...POST_JSON, body });
        }
        const sockets = Array.from({ length: 30 }, (_, i) => {
          const socket = openSocket(url);
          if (i % 3 === 0) {
            socket.write("GET /links HTTP/1.1\r\nHost: x\r\nX-Slow: ");
          } else if (i % 3 === 1) {
            socket.write(POST_HEAD + "{");
            socket.on("data", (chunk) => lateBodies += chunk);
          } else {
            socket.pause();
            const get = "GET /links?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n";
            socket.write(get.repeat(50));
          }
          return socket;
        });
        const drip = setInterval(() => {
          for (const socket of sockets) if (socket.writable) socket.write("a");
        }, 20);
        for (let i = 0; i < 20; i++) {
          strictEqual(await statusOf(`${url}/links`), 200);
        }
        await until(() => lateBodies.split(" 408 ").length > 10);
        strictEqual(await statusOf(`${url}/readyz`), 200);
        clearInterval(drip);
        for (const socket of sockets.slice(0, 15)) socket.destroy();
      });
      strictEqual(code, 0); // Although some still hold on.
    },
  );

  it(
    "is degraded while the blocklist is down, and well once it is back",
    async () => {
      let blocklist = await startBackEnd();
      const environment = { LINKS_BLOCKLIST: blocklist.address };
      const { code } = await runServe(environment, async ({ url }) => {
        const create = (slug: string) =>
          statusOf(`${url}/links`, {
            ...POST_JSON,
            body: JSON.stringify({ url: "https://good.example", slug }),
          });
        strictEqual(await create("first"), 201);
        await blocklist.close();
        strictEqual(await create("second"), 503);
        const ready = await fetch(`${url}/readyz`);
        const { status, checks } = await ready.json();
        deepStrictEqual([ready.status, status], [200, "warn"]);
        deepStrictEqual(
          Object.values(checks as Record<string, { status: string }[]>)
            .map(([check]) => check?.status),
          ["pass", "pass", "warn"], // Links, visits, blocklist.
        );
        const alive = await (await fetch(`${url}/healthz`)).json();
        strictEqual(alive.status, "pass");
        strictEqual(await statusOf(`${url}/s/first`), 302);
        blocklist = await startBlocklist({
          hosts: BLOCKED,
          port: blocklist.port,
        });
        cleanups.push(() => blocklist.close());
        strictEqual(await create("second"), 201);
      });
      strictEqual(code, 0);
    },
  );
});

const POST_JSON = {
  method: "POST",
  headers: { "content-type": "application/json" },
} as const;

/** The status of an answer over HTTP, which is read to its end. */
async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, { redirect: "manual", ...init });
  await response.arrayBuffer();
  return response.status;
}

async function logInAt(url: string): Promise<string> {
  const body = JSON.stringify({ user: "ada", password: "L0velace" });
  const answer = await fetch(`${url}/sessions`, { ...POST_JSON, body });
  return (await answer.json()).token;
}

/** A sample of the metrics that a service tells over HTTP. */
async function sampleOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

/** Does something so often, so many at a time. */
async function concurrently(
  lanes: number,
  times: number,
  work: () => Promise<unknown>,
): Promise<void> {
  let left = times;
  await Promise.all(Array.from({ length: lanes }, async () => {
    while (left-- > 0) await work();
  }));
}

/** A body whose sender goes away after the first bytes. */
function brokenStream(): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new Error("The connection was reset"));
      else controller.enqueue(new TextEncoder().encode('{"url":'));
      sent = true;
    },
  });
}

/** The head of a request with a body of a length. */
function postHead(length: number): string {
  return "POST /links HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}

/** It promises a megabyte. */
const POST_HEAD = postHead(1_000_000);

/** A connection on which nothing that goes wrong is the test's affair. */
function openSocket(url: string): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  return socket;
}

/** One of some words. */
function wordsOf(text: string): fc.Arbitrary<string> {
  return fc.constantFrom(...text.split(" "));
}

/** How long an answer to what may be no request is waited for, in ms. */
const PATIENCE_MS = 20;

/** Sends any bytes, and gives the beginning of what comes back, if anything. */
async function sendBytes(url: string, bytes: Uint8Array): Promise<string> {
  const socket = openSocket(url);
  socket.write(bytes);
  const settled = new AbortController();
  const { signal } = settled;
  const answer = await Promise.race([
    once(socket, "data", { signal }).then(([data]) => String(data)),
    once(socket, "close", { signal }).then(() => ""),
    systemClock.sleep(PATIENCE_MS, { signal }).then(() => ""),
  ]);
  settled.abort();
  socket.destroy();
  return answer;
}

/** Sends bytes as they are, and gives what came back until an event. */
async function sendRaw(
  url: string,
  request: string,
  until: "close" | "data" = "close",
): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(request);
  let answer = "";
  socket.on("data", (chunk) => answer += chunk);
  await once(socket, until);
  socket.destroy();
  return answer;
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The service as a program that runs. */
interface RunningProgram {
  readonly url: string;
  /** Asks it to end. */
  stop(): void;
}

/**
 * Runs the service as a program, on the runtime that runs the tests, and asks it
 * to end once it was driven.
 */
async function runServe(
  environment: Record<string, string>,
  drive: (program: RunningProgram) => Awaitable<unknown> = () => {},
): Promise<Finished> {
  const file = fileURLToPath(
    new URL("../examples/serve.ts", import.meta.url),
  );
  const args = "Deno" in globalThis
    ? [
      "run",
      "--quiet",
      "--allow-net",
      "--allow-env",
      "--unstable-no-legacy-abort",
      file,
    ]
    : [file];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, PORT: "0", ...environment },
  });
  let isStopped = false;
  function stop(): void {
    // Not child.kill(): after it Deno's node:child_process reports a death by
    // the signal, whatever the child exited with.
    if (!isStopped) process.kill(child.pid!, "SIGTERM");
    isStopped = true;
  }
  const deadline = systemClock.setTimer(() => {
    isStopped = true;
    process.kill(child.pid!, "SIGKILL");
  }, LONGEST_MS);
  const output = { stdout: "", stderr: "" };
  const listening = Promise.withResolvers<string | undefined>();
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
    const end = output.stdout.indexOf("\n");
    if (end === -1) return;
    listening.resolve(JSON.parse(output.stdout.slice(0, end)).url);
  });
  child.stderr.on("data", (chunk) => output.stderr += chunk);
  const closed = once(child, "close");
  closed.then(() => listening.resolve(undefined));

  const url = await listening.promise;
  try {
    if (url !== undefined) await drive({ url, stop });
  } finally {
    if (url !== undefined) stop();
    await closed;
    deadline.cancel();
  }
  return { code: child.exitCode, ...output };
}
