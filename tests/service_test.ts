import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { CachedLinks } from "../examples/cached_links.ts";
import type { Link } from "../examples/links.ts";
import { listen, originOf, type RunningServer } from "../examples/server.ts";
import {
  configBuilder,
  createService,
  type LinkService,
  type ServiceConfig,
  type ServiceParts,
} from "../examples/service.ts";
import type { ReportState } from "../examples/reports.ts";
import {
  InMemoryCacheProvider,
  InMemoryRepository,
  type Repository,
  systemClock,
} from "../mod.ts";
import { ManualClock } from "../src/testing.ts";

type Fetch = (request: Request) => Promise<Response>;

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
  return (request) => service.fetch(request);
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
    const headers = { "accept-encoding": "gzip" };
    const packed = await fetch(new Request(`${ORIGIN}/links`, { headers }));
    strictEqual(packed.headers.get("content-encoding"), "gzip");
    strictEqual(packed.headers.get("vary"), "Accept-Encoding");
    const bytes = new Uint8Array(await packed.arrayBuffer());
    strictEqual(gunzipSync(bytes).toString(), await plain.text());
    const small = await fetch(new Request(`${ORIGIN}/links/none`, { headers }));
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
    const fetch = makeService({}, { links, clock: new ManualClock() });
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

describe("listen()", () => {
  afterEach(closeServices);

  it("serves concurrent clients over HTTP and frees the port", async () => {
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
  });

  it("answers HEAD with the head of GET and no body", async () => {
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
  });

  it("answers and goes on when a request is malformed", async () => {
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
  });

  it("answers 413 while a client is still sending", async () => {
    const server = await startService({ maxBodyBytes: 10 });
    const answer = await sendRaw(server.url, POST_HEAD + "{", "data");
    match(answer, /^HTTP\/1\.1 413 /);
    await server.close();
  });

  it("closes although clients hold on to their connections", async () => {
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
  });

  it("survives a client that leaves before an answer that fails", async () => {
    const { promise: hasLeft, resolve: leave } = Promise.withResolvers<void>();
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
    }, { host: "127.0.0.1", port: 0, shutdownTimeoutMs: 50, onError() {} });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (answered === 0) await systemClock.sleep(1);
    socket.destroy();
    await systemClock.sleep(20);
    leave();
    await systemClock.sleep(20);
    strictEqual(await (await fetch(server.url)).text(), "still here");
    await server.close();
  });

  it("puts an IPv6 address into brackets", () => {
    strictEqual(originOf("::1", 80), "http://[::1]:80");
    strictEqual(originOf("127.0.0.1", 80), "http://127.0.0.1:80");
  });
});

describe("serve.ts", () => {
  it("tells every bad variable at once and exits with 2", async () => {
    const { code, stdout, stderr } = await runServe({
      PORT: "99999",
      HOST: " ",
      LINKS_BODY_TIMEOUT_MS: "soon",
    });
    strictEqual(code, 2);
    strictEqual(stdout, "");
    deepStrictEqual(
      stderr.trim().split("\n").map((line) => line.split(":")[0]).sort(),
      ["HOST", "LINKS_BODY_TIMEOUT_MS", "PORT"],
    );
    ok(!stderr.includes("99999"), "the value does not show");
  });

  it("finishes and exits with 0 on SIGTERM", async () => {
    // Not child.kill(): after it Deno's node:child_process reports a death by
    // the signal, whatever the child exited with.
    const { code, stdout } = await runServe({ PORT: "0" }, (pid) => {
      process.kill(pid, "SIGTERM");
    });
    strictEqual(code, 0);
    match(stdout, /^Listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  });
});

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

/** The head of a request that promises a megabyte. */
const POST_HEAD = "POST /links HTTP/1.1\r\nHost: x\r\n" +
  "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n";

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

/** Runs the service as a program, on the runtime that runs the tests. */
async function runServe(
  environment: Record<string, string>,
  onListening: (pid: number) => void = () => {},
): Promise<Finished> {
  const file = fileURLToPath(
    new URL("../examples/serve.ts", import.meta.url),
  );
  const args = "Deno" in globalThis
    ? ["run", "--quiet", "--allow-net", "--allow-env", file]
    : [file];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
    if (output.stdout.endsWith("\n")) onListening(child.pid!);
  });
  child.stderr.on("data", (chunk) => output.stderr += chunk);
  const [code] = await once(child, "close");
  return { code, ...output };
}
