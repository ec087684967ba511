/**
 * What is held of tasks that wait; what they call is there before.
 *
 * @module
 */

import { TaskScheduler } from "../src/task_scheduler.ts";
import type { Weighing } from "./memory.ts";

const COUNT = 1e4;
const HOUR_MS = 3_600_000;

function work(): void {}

/** What is weighed. */
export const weighings: readonly Weighing[] = [{
  name: "Task scheduler, 1e4 tasks",
  item: "task",
  count: COUNT,
  ours: {
    "groundwork"(count) {
      const scheduler = new TaskScheduler({ onError() {} });
      for (let i = 0; i < count; i++) {
        scheduler.after(HOUR_MS + i, work).unwrap();
      }
      return scheduler;
    },
  },
  peers: {
    "setTimeout": (count) =>
      Array.from({ length: count }, (_, i) => setTimeout(work, HOUR_MS + i)),
  },
  note: "A task can be retried, stopped and waited for; most of it is an " +
    "AbortController and a promise. Of a timer only JavaScript is weighed.",
}];
