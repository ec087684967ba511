/**
 * The page at the root: what there is, and what the service does right now. It is
 * one file without a framework, and asks for nothing but the stream at `/live`.
 *
 * Its policy lets nothing run and nothing look but what is written here, by their
 * hashes; what it shows is set as text, never as markup.
 *
 * @module
 */

const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #fff; --ink: #1c2330; --faint: #596273;
  --line: #dde1e8; --accent: #1f5fbf; --good: #17703a; --fair: #8a5a00;
  --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --card: #1b212b; --ink: #e6e9ef; --faint: #9aa5b5;
    --line: #2d3644; --accent: #7fb0ff; --good: #6bd08f; --fair: #e5b454;
    --bad: #ff8a80;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif;
}
h1 { font-size: 1.6rem; }
h2 { margin-bottom: .5rem; font-size: 1rem; }
header p, footer { max-width: 46rem; margin-top: .4rem; color: var(--faint); }
footer { margin-top: 1.5rem; }
a { color: var(--accent); }
pre { overflow-x: auto; margin-top: .8rem; padding: .7rem .9rem; }
pre, section {
  border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
}
pre, .log td, time, code { font-family: ui-monospace, monospace; }
pre, .log, code { font-size: .875rem; }
.bar {
  display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem;
  margin: 1.2rem 0 .8rem;
}
button {
  padding: .3rem .9rem; border: 1px solid var(--faint); border-radius: .4rem;
  background: var(--card); color: var(--ink); font: inherit;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.cards, .lists, .stack { display: grid; gap: .8rem; align-content: start; }
.cards { grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
.lists { margin-top: .8rem; }
@media (min-width: 56rem) {
  .lists { grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); }
}
section { min-width: 0; padding: .9rem 1rem; }
dl { display: grid; grid-template-columns: 1fr auto; gap: .15rem .8rem; }
dt { color: var(--faint); }
dd { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
dd.main { font-size: 1.5rem; font-weight: 600; line-height: 1.2; }
svg { display: block; width: 100%; height: 3.5rem; margin-top: .6rem; }
polyline { fill: none; stroke: var(--accent); stroke-width: 2; }
ol, ul { padding: 0; list-style: none; }
li { display: flex; justify-content: space-between; gap: .8rem; }
li span:first-child { overflow-wrap: anywhere; }
time { color: var(--faint); font-size: .875rem; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { color: var(--faint); font-weight: normal; text-align: left; }
th, td { padding: .15rem .8rem .15rem 0; white-space: nowrap; }
.number { text-align: right; }
.good { color: var(--good); }
.fair { color: var(--fair); }
.bad { color: var(--bad); }
`;

const INTRO = `
<header>
<h1>Links</h1>
<p>A link shortener, and the reference service of Groundwork.</p>
<pre tabindex="0" aria-label="How to make a link">
curl http://localhost:8080/links \\
  -H 'content-type: application/json' -d '{"url":"https://example.com/"}'
</pre>
</header>
`;

/** A row for each figure of a picture, or for what comes of two of them. */
const FIGURES = `
<main>
<div class="bar">
<p id="state" role="status">Connecting …</p>
<button id="pause" type="button" aria-pressed="false">Pause</button>
</div>
<noscript><p>Without JavaScript, see <a href="/metrics">/metrics</a>.</p></noscript>
<div class="cards">
<section aria-labelledby="requests-title">
<h2 id="requests-title">Requests</h2>
<dl>
<dt>a second</dt><dd class="main"><data id="rate">–</data></dd>
<dt>answered</dt><dd><data id="requests">–</data></dd>
<dt>under way</dt><dd><data id="running">–</data></dd>
<dt>took, on the average</dt><dd><data id="took">–</data></dd>
<dt>went wrong</dt><dd><data id="failed">–</data></dd>
</dl>
<svg viewBox="0 0 118 40" preserveAspectRatio="none" role="img"
  aria-label="Requests a second in the last minute">
<polyline id="spark" vector-effect="non-scaling-stroke" points=""/>
</svg>
</section>
<section aria-labelledby="cache-title">
<h2 id="cache-title">Cache</h2>
<dl>
<dt>hits</dt><dd class="main"><data id="hitRate">–</data></dd>
<dt>looked up there</dt><dd><data id="hits">–</data></dd>
<dt>looked up behind it</dt><dd><data id="misses">–</data></dd>
<dt>kept</dt><dd><data id="cached">–</data></dd>
</dl>
</section>
<section aria-labelledby="limits-title">
<h2 id="limits-title">Limits</h2>
<dl>
<dt>refused</dt><dd class="main"><data id="refused">–</data></dd>
<dt>left for everybody</dt><dd><data id="left">–</data></dd>
</dl>
</section>
<section aria-labelledby="queue-title">
<h2 id="queue-title">Queues</h2>
<dl>
<dt>reports to draw</dt><dd class="main"><data id="reports">–</data></dd>
<dt>visits not counted</dt><dd><data id="deadVisits">–</data></dd>
</dl>
</section>
<section aria-labelledby="pool-title">
<h2 id="pool-title">Blocklist</h2>
<dl>
<dt>connections in use</dt><dd class="main"><data id="poolInUse">–</data></dd>
<dt>idle ones</dt><dd><data id="poolIdle">–</data></dd>
<dt>requests waiting for one</dt><dd><data id="poolWaiting">–</data></dd>
</dl>
</section>
<section aria-labelledby="process-title">
<h2 id="process-title">Process</h2>
<dl>
<dt>memory</dt><dd class="main"><data id="memoryBytes">–</data></dd>
<dt>saved by compression</dt><dd><data id="savedBytes">–</data></dd>
<dt>watching</dt><dd><data id="watching">–</data></dd>
</dl>
</section>
</div>
<div class="lists">
<div class="stack">
<section aria-labelledby="health-title">
<h2 id="health-title">Health</h2>
<ul id="health"></ul>
</section>
<section aria-labelledby="events-title">
<h2 id="events-title">Last events</h2>
<ol id="events"></ol>
</section>
</div>
<section aria-labelledby="log-title">
<h2 id="log-title">Log</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="log-title">
<table class="log">
<thead><tr><th scope="col">Time</th><th scope="col">Level</th>
<th scope="col">What</th><th scope="col" class="number">Status</th>
<th scope="col" class="number">Took</th></tr></thead>
<tbody id="log"></tbody>
</table>
</div>
</section>
</div>
</main>
<footer>
The same, to be collected: <a href="/metrics">metrics</a>,
<a href="/readyz">readiness</a>, <a href="/healthz">liveness</a>.
</footer>
`;

/** What is kept is the last minute of rates, and the last picture on the page. */
const SCRIPT = `
"use strict";
const KEPT = 60;
const CLASS_OF = {
  healthy: "good", degraded: "fair", unhealthy: "bad",
  warn: "fair", error: "bad", fatal: "bad",
};
const rates = [];
let last;
let isPaused = false;

const part = (id) => document.getElementById(id);
const number = (digits) => (value) =>
  value.toLocaleString("en", { maximumFractionDigits: digits });
const whole = number(0);
const size = (bytes) =>
  bytes < 1e6 ? whole(bytes / 1e3) + " kB" : number(1)(bytes / 1e6) + " MB";
const took = (ms) => number(2)(ms) + " ms";

function set(id, value, format = whole) {
  part(id).value = String(value);
  part(id).textContent = format(value);
}

function make(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function makeRow(tag, cells) {
  const row = document.createElement(tag);
  row.append(...cells);
  return row;
}

/** The time of day, on this machine. */
function makeTime(at) {
  const time = make("time", new Date(at).toTimeString().slice(0, 8));
  time.dateTime = at;
  return time;
}

function show(picture) {
  const { at, figures, health, events, log } = picture;
  const { requests, seconds, hits, misses } = figures;
  const before = last?.figures ?? figures;
  const elapsedMs = Date.parse(at) - Date.parse(last?.at ?? at);
  const fresh = requests - before.requests;
  const rate = elapsedMs > 0 ? Math.max(0, fresh * 1e3 / elapsedMs) : 0;
  last = picture;
  rates.push(rate);
  if (rates.length > KEPT) rates.shift();
  if (isPaused) return;

  set("rate", rate, number(1));
  set("took", fresh > 0 ? 1e3 * (seconds - before.seconds) / fresh : 0, took);
  set("hitRate", 100 * hits / (hits + misses || 1), (it) => whole(it) + " %");
  set("memoryBytes", figures.memoryBytes, size);
  set("savedBytes", figures.savedBytes, size);
  for (
    const id of [
      "requests", "running", "failed", "hits", "misses", "cached", "refused",
      "left", "reports", "deadVisits", "poolInUse", "poolIdle", "poolWaiting",
      "watching",
    ]
  ) set(id, figures[id]);

  const top = Math.max(1, ...rates);
  const points = rates.map((it, i) =>
    2 * (i + KEPT - rates.length) + "," + (38 - 36 * it / top).toFixed(1)
  );
  part("spark").setAttribute("points", points.join(" "));

  part("health").replaceChildren(
    ...[{ name: "the service", status: health.status }, ...health.parts].map(
      ({ name, status }) =>
        makeRow("li", [make("span", name), make("span", status, CLASS_OF[status])]),
    ),
  );
  part("events").replaceChildren(
    ...events.map(({ at, type, slug }) =>
      makeRow("li", [make("span", type + " " + slug), makeTime(at)])
    ),
  );
  part("log").replaceChildren(...log.map(makeLogRow));
}

function makeLogRow({ at, level, message, request }) {
  const time = document.createElement("td");
  time.append(makeTime(at));
  const status = request?.status ?? "";
  return makeRow("tr", [
    time,
    make("td", level, CLASS_OF[level]),
    make("td", request ? request.method + " " + request.route : message),
    make("td", status, status >= 500 ? "number bad" : "number"),
    make("td", request ? took(request.durationMs) : "", "number"),
  ]);
}

/** It is read out, so only what is new is told. */
function tell(state) {
  if (part("state").textContent !== state) part("state").textContent = state;
}

function connect() {
  const source = new EventSource("/live");
  source.onmessage = ({ data }) => {
    tell(isPaused ? "Paused" : "Live, once a second");
    show(JSON.parse(data));
  };
  source.onerror = () => {
    tell("Not connected; trying again …");
    // The browser comes again by itself, unless it was told no.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5_000);
  };
}

part("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  part("pause").setAttribute("aria-pressed", String(isPaused));
  if (isPaused) tell("Paused");
});
connect();
`;

/** The page without figures. */
export function introPage(): Promise<Response> {
  return page(INTRO);
}

/** The page with figures that move. */
export function livePage(): Promise<Response> {
  return page(`${INTRO}${FIGURES}<script>${SCRIPT}</script>\n`);
}

async function page(body: string): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src ${await hashOf(STYLE)}`,
    `script-src ${await hashOf(SCRIPT)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Links</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
${body}</html>
`;
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}

/** What a policy allows that is in the page itself. */
async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `'sha256-${hash}'`;
}
