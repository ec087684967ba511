/**
 * What queues and heaps hold. Jobs are numbers with ten priorities in turns; to
 * p-queue and p-limit a job is a function that knows its number. Items of heaps
 * are objects with a priority of their own.
 *
 * @module
 */

import { PriorityQueue } from "npm:@datastructures-js/priority-queue@6.4.0";
import fastq from "npm:fastq@1.20.3";
import FlatQueue from "npm:flatqueue@3.1.0";
import { Heap as HeapJs } from "npm:heap-js@2.7.1";
import { Heap as Mnemonist } from "npm:mnemonist@0.40.8";
import pLimit from "npm:p-limit@7.3.3";
import PQueue from "npm:p-queue@10.0.0";
import TinyQueue from "npm:tinyqueue@3.0.0";
import { BinaryHeap } from "../src/binary_heap.ts";
import { PriorityJobQueue } from "../src/job_queue.ts";
import { PriorityHeap } from "../src/priority_heap.ts";
import type { Filler, Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";

// --- Jobs

const COUNT = 1e5;

// deno-lint-ignore require-await -- what waits, and never runs
async function work(job: number): Promise<number> {
  return job + 1;
}

const ids = textsOf(COUNT, (number) => `job:${number}`);

function enqueued(isAwaited: boolean, hasId = false): Filler {
  return (count) => {
    const jobs = new PriorityJobQueue<number, number, number>();
    const results: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const priority = i % 10;
      const options = hasId ? { priority, id: ids[i]! } : { priority };
      const job = jobs.enqueue(i, options).unwrap();
      if (isAwaited) results.push(job.result);
    }
    return { jobs, results };
  };
}

const awaited: Readonly<Record<string, Filler>> = {
  "fastq"(count) {
    const queue = fastq.promise(work, 1);
    queue.pause();
    const results = Array.from({ length: count }, (_, i) => queue.push(i));
    return { queue, results };
  },
  "p-queue"(count) {
    const queue = new PQueue({ concurrency: 1, autoStart: false });
    const results = Array.from(
      { length: count },
      (_, i) => queue.add(() => work(i), { priority: i % 10 }),
    );
    return { queue, results };
  },
  "p-limit"(count) {
    const limit = pLimit(1);
    const results = [limit(() => new Promise<never>(() => {}))];
    for (let i = 0; i < count; i++) results.push(limit(work, i) as never);
    return { limit, results };
  },
};

const jobs: readonly Weighing[] = [
  {
    name: "Job queue, 1e5 jobs that wait",
    item: "job",
    count: COUNT,
    ours: {
      "groundwork": enqueued(false),
      "groundwork, with an id": enqueued(false, true),
    },
    peers: {
      "fastq"(count) {
        const queue = fastq((_job: number, done) => done(null), 1);
        queue.pause();
        const done = (): void => {};
        for (let i = 0; i < count; i++) queue.push(i, done);
        return queue;
      },
      "p-queue": awaited["p-queue"]!,
    },
    note:
      "fastq has neither priorities nor a handle to a job, p-queue makes a " +
      "promise for each.",
  },
  {
    name: "Job queue, 1e5 jobs whose results are waited for",
    item: "job",
    count: COUNT,
    ours: { "groundwork": enqueued(true) },
    peers: awaited,
  },
];

// --- Heaps

interface Item {
  readonly id: number;
  readonly priority: number;
}

const items: readonly Item[] = Array.from({ length: COUNT }, (_, id) => ({
  id,
  priority: Math.imul(id, 1_664_525) >>> 0,
}));

function byPriority(a: Item, b: Item): number {
  return a.priority - b.priority;
}

function pushed(
  make: () => { push(item: Item): unknown; pop(): unknown },
): Filler {
  return (count) => {
    const heap = make();
    for (const item of items.slice(0, count)) heap.push(item);
    // Some put off what there is to do until then.
    heap.push(heap.pop() as Item);
    return heap;
  };
}

/** With handles, by which items can be withdrawn. */
function inserted(count: number): unknown {
  const heap = new PriorityHeap<Item>();
  const handles = items.slice(0, count)
    .map((item) => heap.insert(item, item.priority));
  heap.peek();
  return { heap, handles };
}

const heaps: Weighing = {
  name: "Heap, 1e5 items",
  item: "item",
  count: COUNT,
  ours: {
    "groundwork PriorityHeap": pushed(() => {
      const heap = new PriorityHeap<Item>();
      return {
        heap,
        push: (item: Item) => heap.push(item, item.priority),
        pop: () => heap.pop(),
      };
    }),
    "groundwork PriorityHeap, with handles": inserted,
    "groundwork BinaryHeap": pushed(() => new BinaryHeap(byPriority)),
  },
  peers: {
    "flatqueue": pushed(() => {
      const heap = new FlatQueue<Item>();
      return {
        heap,
        push: (item: Item) => heap.push(item, item.priority),
        pop: () => heap.pop(),
      };
    }),
    "tinyqueue": pushed(() => new TinyQueue<Item>([], byPriority)),
    "heap-js": pushed(() => new HeapJs<Item>(byPriority)),
    "mnemonist Heap": pushed(() => new Mnemonist<Item>(byPriority)),
    "@datastructures-js/priority-queue": pushed(() =>
      new PriorityQueue<Item>(byPriority)
    ),
  },
  note: "PriorityHeap keeps priorities beside the items, and the order among " +
    "equals, which none of the others does.",
};

/** What is weighed. */
export const weighings: readonly Weighing[] = [...jobs, heaps];
