/**
 * What routers hold of patterns, which are there before.
 *
 * @module
 */

import EventEmitter2 from "npm:eventemitter2@6.4.9";
import qlobber from "npm:qlobber@8.0.1";
import { TopicRouter } from "../src/topic_router.ts";
import type { Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";
import { patternsOf } from "./topic_patterns.ts";

type QlobberClass = new () => { add(pattern: string, value: number): void };

type EmitterClass = new (
  options: { wildcard: boolean; maxListeners: number },
) => { on(pattern: string, listener: () => void): void };

const COUNT = 1e5;

const all = patternsOf(COUNT);
const patterns = textsOf(COUNT, (number) => all[number]!);

const listener = (): void => {};

/** What is weighed. */
export const weighings: readonly Weighing[] = [{
  name: "Topic router, 1e5 patterns",
  item: "pattern",
  count: COUNT,
  ours: {
    "groundwork"(count) {
      const router = new TopicRouter<number>();
      for (let i = 0; i < count; i++) router.add(patterns[i]!, i);
      return router;
    },
  },
  peers: {
    "qlobber"(count) {
      const { Qlobber } = qlobber as { Qlobber: QlobberClass };
      const router = new Qlobber();
      for (let i = 0; i < count; i++) router.add(patterns[i]!, i);
      return router;
    },
    "eventemitter2"(count) {
      const Class = EventEmitter2 as unknown as EmitterClass;
      const router = new Class({ wildcard: true, maxListeners: 0 });
      for (let i = 0; i < count; i++) {
        router.on(patterns[i]!.replaceAll("#", "**"), listener);
      }
      return router;
    },
    "a bare Map"(count) {
      return new Map(patterns.slice(0, count).map((it, i) => [it, i]));
    },
  },
  note:
    "Patterns of four words: one in four has none, the others one wildcard. " +
    "eventemitter2 keeps plain objects within one another, and nothing besides.",
}];
