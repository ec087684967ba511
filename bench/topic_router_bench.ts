/**
 * Which of many patterns match a topic, against the libraries for it. How to run
 * it: see `harness.ts`.
 *
 * The patterns are of devices at sites in regions: `region.site.device.event`,
 * with wildcards in six of ten; where `#` is in the middle, in eight. There are
 * four times as many as devices. Distinct topics are 20,000 that come in turns,
 * hot ones are 200.
 *
 * An answer is compared with that of a naive matcher, as a multiset. eventemitter2
 * writes `**` for `#`. mqtt-pattern compares one pattern at a time, has no `#` but
 * at the end, and would take some 10 ms a topic for 100,000 patterns.
 *
 * @module
 */

import EventEmitter2 from "npm:eventemitter2@6.4.9";
import mqttPattern from "npm:mqtt-pattern@2.1.1";
import qlobber from "npm:qlobber@8.0.1";
import { TopicRouter } from "../src/topic_router.ts";
import { bench, type Contender, type Group } from "./harness.ts";
import { makeRandom } from "./random.ts";

const EVENTS = ["on", "off", "state", "error", "battery", "update", "ping"];
const REGIONS = ["eu-north", "eu-west", "us-east", "us-west", "asia", "africa"];

const random = makeRandom();

/** A whole number below the limit, the same in each run. */
function below(limit: number): number {
  return Math.floor(random() * limit);
}

function eventOf(): string {
  return EVENTS[below(EVENTS.length)]!;
}

/** A region, a site in it and a device at it. */
function deviceOf(count: number): readonly [string, string, string] {
  const device = below(Math.max(4, count / 4));
  const site = device % Math.max(2, Math.floor(count / 64));
  return [REGIONS[site % REGIONS.length]!, `site-${site}`, `device-${device}`];
}

function makePattern(count: number, hasMid: boolean): string {
  const [region, site, device] = deviceOf(count);
  const kind = below(10);
  if (hasMid && kind < 4) {
    return [
      `${region}.#.${device}.${eventOf()}`,
      `${region}.${site}.#.${eventOf()}`,
      `#.${device}.${eventOf()}`,
      `${region}.#.${device}.#`,
    ][kind]!;
  }
  if (kind < 4) return `${region}.${site}.${device}.${eventOf()}`;
  if (kind < 6) return `${region}.*.${device}.${eventOf()}`;
  if (kind < 7) return `*.${site}.${device}.*`;
  if (kind < 8) return `${region}.${site}.${device}.*`;
  return `${region}.${site}.${device}.#`;
}

/** Some have a fifth word. There may be no other way to have so many. */
function makeTopics(length: number, count: number): string[] {
  const topics = new Set<string>();
  while (topics.size < length) {
    const begin = `${deviceOf(count).join(".")}.${eventOf()}`;
    const hasFifth = length > 2 * count || below(4) === 0;
    topics.add(hasFifth ? `${begin}.${below(length)}` : begin);
  }
  return [...topics];
}

// --- the naive matcher

function takes(takers: readonly string[], words: readonly string[]): boolean {
  const [taker, ...others] = takers;
  if (taker === undefined) return words.length === 0;
  if (taker === "#") {
    return takes(others, words) ||
      words.length > 0 && takes(takers, words.slice(1));
  }
  return words.length > 0 && (taker === "*" || taker === words[0]) &&
    takes(others, words.slice(1));
}

// --- the contenders

type Match = (topic: string) => unknown;

interface Qlobber {
  add(pattern: string, value: number): void;
  match(topic: string): number[];
}

type QlobberClass = new (options?: { cache_splits: number }) => Qlobber;

function qlobberOf(patterns: readonly string[], splits?: number): Match {
  const { Qlobber } = qlobber as { Qlobber: QlobberClass };
  const matcher = splits === undefined
    ? new Qlobber()
    : new Qlobber({ cache_splits: splits });
  for (const [i, pattern] of patterns.entries()) matcher.add(pattern, i);
  return (topic) => matcher.match(topic);
}

interface Emitter {
  on(pattern: string, listener: Listener): void;
  listeners(topic: string): Listener[];
}

interface Listener {
  (): void;
  readonly id: number;
}

type EmitterClass = new (
  options: { wildcard: boolean; maxListeners: number },
) => Emitter;

function emitterOf(patterns: readonly string[]): Match {
  const Class = EventEmitter2 as unknown as EmitterClass;
  const emitter = new Class({ wildcard: true, maxListeners: 0 });
  for (const [id, pattern] of patterns.entries()) {
    const listener = Object.assign((): void => {}, { id });
    emitter.on(pattern.replaceAll("#", "**"), listener);
  }
  return (topic) => emitter.listeners(topic);
}

interface MqttPattern {
  matches(pattern: string, topic: string): boolean;
}

function linearOf(patterns: readonly string[]): Match {
  const { matches } = mqttPattern as unknown as MqttPattern;
  const all = patterns.map((pattern) =>
    pattern.replaceAll(".", "/").replaceAll("*", "+")
  );
  return (topic) => {
    const asked = topic.replaceAll(".", "/");
    const found: number[] = [];
    for (let i = 0; i < all.length; i++) {
      if (matches(all[i]!, asked)) found.push(i);
    }
    return found;
  };
}

function routerOf(patterns: readonly string[], cacheSize: number): Match {
  const router = new TopicRouter<number>({ cacheSize });
  for (const [i, pattern] of patterns.entries()) router.add(pattern, i);
  return (topic) => router.match(topic);
}

/** It goes on where it stopped: the harness begins its loops anew. */
function inTurns(match: Match, topics: readonly string[]): Contender {
  let at = 0;
  return () => {
    if (at === topics.length) at = 0;
    return match(topics[at++]!);
  };
}

function groupsOf(count: number, hasMid: boolean): Group[] {
  const patterns = Array.from(
    { length: count },
    () => makePattern(count, hasMid),
  );
  const ours = routerOf(patterns, 1024);
  const uncached = routerOf(patterns, 0);
  const peers: Record<string, Match> = {
    "qlobber": qlobberOf(patterns),
    "qlobber, split cache": qlobberOf(patterns, 1024),
    "eventemitter2": emitterOf(patterns),
  };
  if (!hasMid && count <= 1000) {
    peers["mqtt-pattern, one by one"] = linearOf(patterns);
  }
  const distinct = makeTopics(20_000, count);
  const hot = distinct.filter((_, i) => i % 100 === 0);
  const name = `${count} patterns${hasMid ? ", mid-#" : ""}`;
  const words = patterns.map((pattern) => pattern.split("."));
  return Object.entries({ distinct, hot }).map(([kind, topics]): Group => {
    const wanted = topics.slice(0, 64).map((topic) => {
      const asked = topic.split(".");
      return [...words.keys()].filter((id) => takes(words[id]!, asked)).join();
    });
    return {
      name: `${name}, ${kind}`,
      ours: inTurns(ours, topics),
      variants: { "without a cache": inTurns(uncached, topics) },
      peers: Object.fromEntries(
        Object.entries(peers).map(([name, match]) => [
          name,
          inTurns(match, topics),
        ]),
      ),
      check(answer, i): boolean {
        const ids = (answer as (number | Listener)[]).map((value) =>
          typeof value === "number" ? value : value.id
        );
        return ids.sort((a, b) => a - b).join() === wanted[i];
      },
    };
  });
}

await bench(
  import.meta,
  "topic router",
  [10, 1000, 100_000].flatMap((count) =>
    [false, true].flatMap((hasMid) => groupsOf(count, hasMid))
  ),
);
