// deno-lint-ignore-file no-console -- a program talks to its terminal
/**
 * Opens the live page of the reference service in a headless Chromium and checks
 * what a person would: its figures are those of `/metrics` and move, it comes back
 * when the service does, it works by keyboard, it can be read in light and dark
 * and on a phone, and the console stays empty.
 *
 * Run it with `deno task test:live`, or `node .tools/live_page/check.ts`. With
 * `--out=folder` the screenshots stay there. `CHROMIUM` names the browser, where
 * it is not called `chromium`.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { startBlocklist } from "../../examples/blocklist_server.ts";
import { configBuilder } from "../../examples/config.ts";
import { listen, type RunningServer } from "../../examples/server.ts";
import { createService, type LinkService } from "../../examples/service.ts";
import { systemClock } from "../../mod.ts";
import { openPage, type Page } from "./browser.ts";

const MISSING = "There is no Chromium here. On Debian: apt-get install " +
  "chromium; elsewhere, name yours: CHROMIUM=/path/to/chrome";
const WAIT_MS = 15_000;

const OUT = process.argv.find((it) => it.startsWith("--out="))?.slice(6);

/** Which metrics the page shows where; several samples are added up. */
const METRIC_OF: Readonly<Record<string, RegExp>> = {
  requests: /^http_requests_total\{/,
  running: /^http_requests_running /,
  left: /^http_requests_left /,
  refused: /^http_requests_total\{.*status="429"/,
  failed: /^http_requests_total\{.*status="500"/,
  hits: /^cache_lookups_total\{outcome="hit"/,
  misses: /^cache_lookups_total\{outcome="miss"/,
  cached: /^cache_entries /,
  reports: /^reports_queued /,
  deadVisits: /^visits_dead /,
  poolInUse: /^blocklist_connections\{state="inUse"/,
  poolIdle: /^blocklist_connections\{state="idle"/,
  poolWaiting: /^blocklist_waiting /,
  savedBytes: /^http_compression_saved_bytes_total /,
  watching: /^live_streams /,
};

interface Running {
  readonly server: RunningServer;
  readonly service: LinkService;
}

async function start(port: number, blocklist: string): Promise<Running> {
  const config = configBuilder().withOverrides({
    port,
    blocklist,
    blocklistConnections: 3,
    requestsPerMinute: 400,
  }).build().unwrap();
  const service = createService(config, {});
  const onError = (error: unknown) => console.error(error);
  return {
    service,
    server: await listen(service.fetch, { ...config, onError }),
  };
}

async function stop({ server, service }: Running): Promise<void> {
  service.drain();
  await server.close();
  await service.close();
}

async function drive(url: string): Promise<void> {
  const send = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, { redirect: "manual", ...init });
    await answer.arrayBuffer();
  };
  for (const slug of ["docs", "news", "groundwork"]) {
    await send("/links", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: "https://example.com/", slug }),
    });
    for (let i = 0; i < 10; i++) await send(`/s/${slug}`);
  }
  await send("/s/nowhere");
  await send("/links?limit=0");
}

async function metricsOf(url: string): Promise<Record<string, number>> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split("\n");
  return Object.fromEntries(
    Object.entries(METRIC_OF).map(([id, pattern]) => [
      id,
      lines.filter((line) => pattern.test(line))
        .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
    ]),
  );
}

function shownBy(page: Page): Promise<Record<string, number>> {
  const ids = JSON.stringify(Object.keys(METRIC_OF));
  return page.evaluate(`Object.fromEntries(
    ${ids}.map((id) => [id, Number(part(id).value)])
  )`);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + WAIT_MS;
  while (!await isSo()) {
    if (systemClock.monotonic() > deadline) throw new Error("It never came");
    await systemClock.sleep(100);
  }
}

function textOf(page: Page, id: string): Promise<string> {
  return page.evaluate(`part(${JSON.stringify(id)}).innerText`);
}

async function shows(page: Page, id: string, text: string): Promise<void> {
  await until(async () => (await textOf(page, id)).includes(text));
}

/** Waits until the page shows what `/metrics` tells, while nothing goes on. */
async function agree(page: Page, url: string): Promise<void> {
  await until(async () => {
    const shown = await shownBy(page);
    const told = await metricsOf(url);
    return Object.keys(METRIC_OF).every((id) => shown[id] === told[id]);
  }).catch(async () => {
    deepStrictEqual(await shownBy(page), await metricsOf(url));
  });
}

async function press(page: Page, key: string, text?: string): Promise<void> {
  const code = key === " " ? "Space" : key;
  const windowsVirtualKeyCode = key === " " ? 32 : 9;
  const event = { key, code, windowsVirtualKeyCode };
  const type = text === undefined ? "rawKeyDown" : "keyDown";
  await page.call("Input.dispatchKeyEvent", { type, ...event, text });
  await page.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
}

async function look(
  page: Page,
  scheme: "light" | "dark",
  width: number,
): Promise<void> {
  await page.call("Emulation.setEmulatedMedia", {
    features: [{ name: "prefers-color-scheme", value: scheme }],
  });
  await page.call("Emulation.setDeviceMetricsOverride", {
    width,
    height: 900,
    deviceScaleFactor: 1,
    mobile: false,
  });
  await page.call("Emulation.setScrollbarsHidden", { hidden: true });
  await systemClock.sleep(200);
}

async function screenshot(page: Page, name: string): Promise<void> {
  if (OUT === undefined) return;
  const { data } = await page.call("Page.captureScreenshot", {
    captureBeyondViewport: true,
  });
  await mkdir(OUT, { recursive: true });
  const bytes = Uint8Array.from(atob(data), (it) => it.charCodeAt(0));
  await writeFile(join(OUT, `${name}.png`), bytes);
}

/**
 * The texts of the page whose contrast is below 4.5 (WCAG 2.2, 1.4.3): colours
 * are computed as rgb(), and backgrounds are opaque or not there at all.
 */
const FAINT_TEXTS = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((it) => it / 255)
      .map((it) => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 && element.parentElement
      ? behind(element.parentElement)
      : backgroundColor;
  };
  return [...document.querySelectorAll("body *:not(script)")]
    .filter((it) => [...it.childNodes].some((node) =>
      node.nodeType === Node.TEXT_NODE && node.data.trim() !== ""))
    .filter((it) => {
      const pair = [getComputedStyle(it).color, behind(it)].map(luminance);
      return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) < 4.5;
    })
    .map((it) => it.outerHTML);
})()`;

let failures = 0;
async function step(title: string, run: () => Promise<string>): Promise<void> {
  try {
    console.log(`  ok    ${title.padEnd(11)} ${await run()}`);
  } catch (error) {
    failures++;
    console.log(`  FAIL  ${title}`);
    console.log(error);
  }
}

const page = await openPage();
if (page === undefined) {
  console.error(MISSING);
  process.exit(1);
}
let blocklist = await startBlocklist({ hosts: new Map(), port: 0 });
let running = await start(0, blocklist.address);
const { url } = running.server;
console.log(`The live page at ${url}`);

await step("open", async () => {
  await look(page, "light", 1_280);
  await page.call("Page.navigate", { url });
  await until(() => page.evaluate(`document.readyState === "complete"`));
  await shows(page, "state", "Live");
  await agree(page, url);
  return "connected, and its figures are those of /metrics";
});

await step("move", async () => {
  const before = await shownBy(page);
  await drive(url);
  await agree(page, url);
  const after = await shownBy(page);
  ok(after["requests"]! >= before["requests"]! + 35);
  ok(after["hits"]! > before["hits"]! && after["misses"]! > before["misses"]!);
  await until(() => page.evaluate(`rates.some((it) => it > 0)`));
  match(await textOf(page, "events"), /link\.visited groundwork/);
  match(await textOf(page, "log"), /GET \/s\/:slug\s+302/);
  match(await textOf(page, "health"), /blocklist\s*healthy/);
  return `${after["requests"]} requests, ${after["hits"]} hits, events, log`;
});

await step("look", async () => {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1_280, 360]) {
      await look(page, scheme, width);
      await drive(url);
      await until(() => page.evaluate("Number(part('rate').value) > 0"));
      await screenshot(page, `${scheme}-${width}`);
      const [needed, there]: [number, number] = await page.evaluate(
        "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])" +
          "(document.documentElement)",
      );
      ok(needed <= there, `It needs ${needed} pixels of ${there}`);
    }
    deepStrictEqual(await page.evaluate(FAINT_TEXTS), [], scheme);
  }
  await look(page, "light", 1_280);
  return "light and dark, on a desk and a phone, with contrast enough";
});

await step("limit", async () => {
  for (let status = 200; status !== 429;) {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    status = answer.status;
  }
  await agree(page, url);
  const { refused } = await shownBy(page);
  ok(refused! > 0);
  return `${refused} refused`;
});

await step("degrade", async () => {
  await blocklist.close();
  await shows(page, "health", "degraded");
  blocklist = await startBlocklist({ hosts: new Map(), port: blocklist.port });
  await until(async () => !(await textOf(page, "health")).includes("degraded"));
  return "told that the blocklist is down, and that it is back";
});

await step("keyboard", async () => {
  await page.evaluate("scrollTo(0, 0); document.activeElement.blur()");
  const stops: string[] = [];
  for (let i = 0; i < 8; i++) {
    await press(page, "Tab");
    const stop = "document.activeElement.innerText.trim().split('\\n')[0]";
    stops.push(await page.evaluate(stop));
    if (stops.at(-1) === "Pause") break;
  }
  strictEqual(stops.at(-1), "Pause", String(stops));
  await press(page, " ", " ");
  await shows(page, "state", "Paused");
  const before = await shownBy(page);
  await drive(url);
  await systemClock.sleep(1_500);
  deepStrictEqual(await shownBy(page), before);
  await press(page, " ", " ");
  await shows(page, "state", "Live");
  await agree(page, url);
  return `${stops.length} stops to the button that pauses it, and goes on`;
});

await step("speak", async () => {
  const { nodes } = await page.call("Accessibility.getFullAXTree");
  const named = (role: string): string[] =>
    nodes.filter((it: { role?: { value: string } }) => it.role?.value === role)
      .map((it: { name?: { value: string } }) => it.name?.value ?? "");
  deepStrictEqual(named("button"), ["Pause"]);
  deepStrictEqual(named("image"), [
    "Requests a second in the last minute",
  ]);
  strictEqual(named("heading").includes("Cache"), true);
  strictEqual(named("region").every((name) => name !== ""), true);
  strictEqual(named("status").length, 1);
  return `${named("heading").length} headings, all regions with names`;
});

await step("bound", async () => {
  await page.evaluate("for (let i = 0; i < 500; i++) show(last)");
  strictEqual(await page.evaluate("rates.length"), 60);
  const rows: number = await page.evaluate("part('log').rows.length");
  ok(rows > 0 && rows <= 12, `${rows} rows`);
  return "60 rates and a dozen lines after 500 pictures";
});

await step("console", () => {
  deepStrictEqual(page.complaints, []);
  return Promise.resolve("no error, and nothing that the policy refused");
});

await step("reconnect", async () => {
  await stop(running);
  await shows(page, "state", "trying again");
  running = await start(Number(new URL(url).port), blocklist.address);
  await shows(page, "state", "Live");
  await agree(page, url);
  // Refused by a service that drains, where the browser gives up by itself.
  await page.evaluate(
    `EventSource = class { static CLOSED = 2; readyState = 2;
       constructor() { tries++; setTimeout(() => this.onerror()); } };
     tries = 0; connect()`,
  );
  await until(() => page.evaluate("tries >= 2"));
  return "by itself, after a restart, and after a refusal";
});

await stop(running);
await blocklist.close();
await page.close();
process.exit(failures === 0 ? 0 : 1);
