/**
 * Queues of items by a numeric priority. How to run it: see `harness.ts`.
 *
 * The items are objects that carry their priority, as jobs do; heapify, which
 * holds nothing but numbers, gets their index. An answer is a checksum over the
 * items as they come out, so that one in the wrong place disqualifies. Where
 * first in, first out is asked for, the others are told the sequence number
 * as well: flatqueue and heapify in one number with the priority, the rest by
 * their comparator.
 *
 * The tasks of a million items take minutes, and are only there for `--filter
 * 1e6`; the heaps with a comparator, which would take seconds a call, are left
 * out of them.
 *
 * @module
 */

import process from "node:process";
import { PriorityQueue } from "npm:@datastructures-js/priority-queue@6.4.0";
import FlatQueue from "npm:flatqueue@3.1.0";
import { Heap as HeapJs } from "npm:heap-js@2.7.1";
import { MinQueue } from "npm:heapify@1.0.2";
import { Heap as Mnemonist } from "npm:mnemonist@0.40.8";
import TinyQueue from "npm:tinyqueue@3.0.0";
import { type HeapHandle, PriorityHeap } from "../src/priority_heap.ts";
import { bench, type Contender, type Group } from "./harness.ts";
import { makeRandom } from "./random.ts";

interface Item {
  readonly id: number;
  readonly priority: number;
}

/** Up to which number of items the heaps with a comparator take part. */
const MOST_COMPARED = 1e5;

/** The lists that a group's calls take in turns. */
type Lists = readonly (readonly Item[])[];

/**
 * Several lists, if they are short: of one and the same the processor soon knows
 * by heart which way each comparison goes. With one list of 1e3, heapify took 19
 * instead of 70 µs, flatqueue 40 instead of 65.
 */
function makeLists(
  count: number,
  toPriority: (random: number) => number,
): Lists {
  const length = Math.ceil(64_000 / count);
  return Array.from({ length }, (_, seed) => {
    const random = makeRandom(seed);
    return Array.from(
      { length: count },
      (_, id) => ({ id, priority: toPriority(random()) }),
    );
  });
}

function byPriority(a: Item, b: Item): number {
  return a.priority - b.priority;
}

/** The id is the sequence number. */
function byPriorityThenId(a: Item, b: Item): number {
  return a.priority - b.priority || a.id - b.id;
}

/** One number for both, while the priority is a small whole number. */
function pack({ id, priority }: Item): number {
  return priority * 2 ** 32 + id;
}

function fold(sum: number, { id }: Item): number {
  return (Math.imul(sum, 31) + id) | 0;
}

/** Its types know of one kind of array only, in which -1 and 1.5 get lost. */
const Heapify = MinQueue as unknown as new (
  capacity: number,
  keys: number[],
  priorities: number[],
  Keys: Uint32ArrayConstructor,
  Priorities: Float64ArrayConstructor,
) => MinQueue;

// The loops are written out for each library: one loop that all share would
// look up `push` and `pop` anew at every item.

function compared(
  lists: Lists,
  compare: (a: Item, b: Item) => number,
): Record<string, Contender> {
  if (lists[0]!.length > MOST_COMPARED) return {};
  return {
    "mnemonist"(i) {
      const items = lists[i % lists.length]!;
      const heap = new Mnemonist(compare);
      for (const item of items) heap.push(item);
      let sum = 0;
      while (heap.size > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    "tinyqueue"(i) {
      const items = lists[i % lists.length]!;
      const heap = new TinyQueue<Item>([], compare);
      for (const item of items) heap.push(item);
      let sum = 0;
      while (heap.length > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    "heap-js"(i) {
      const items = lists[i % lists.length]!;
      const heap = new HeapJs(compare);
      for (const item of items) heap.push(item);
      let sum = 0;
      while (heap.length > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    "@datastructures-js"(i) {
      const items = lists[i % lists.length]!;
      const heap = new PriorityQueue(compare);
      for (const item of items) heap.push(item);
      let sum = 0;
      while (heap.size() > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
  };
}

/** Priorities that differ all: any order among equals is right. */
function distinct(name: string, lists: Lists): Group {
  const sums = lists.map((items) => items.toSorted(byPriority).reduce(fold, 0));
  return {
    name,
    check: (answer, i) => answer === sums[i % sums.length],
    ours(i) {
      const items = lists[i % lists.length]!;
      const heap = new PriorityHeap<Item>();
      for (const item of items) heap.push(item, item.priority);
      let sum = 0;
      while (heap.size > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    peers: {
      "flatqueue"(i) {
        const items = lists[i % lists.length]!;
        const heap = new FlatQueue<Item>();
        for (const item of items) heap.push(item, item.priority);
        let sum = 0;
        while (heap.length > 0) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "heapify"(i) {
        const items = lists[i % lists.length]!;
        const heap = new Heapify(
          items.length,
          [],
          [],
          Uint32Array,
          Float64Array,
        );
        for (const { id, priority } of items) heap.push(id, priority);
        let sum = 0;
        while (heap.size > 0) sum = fold(sum, items[heap.pop()!]!);
        return sum;
      },
      ...compared(lists, byPriority),
    },
  };
}

/** Priorities that recur: the first in is to come out first. */
function fifo(name: string, lists: Lists): Group {
  const sums = lists.map((items) => items.toSorted(byPriority).reduce(fold, 0));
  return {
    name,
    check: (answer, i) => answer === sums[i % sums.length],
    ours(i) {
      const items = lists[i % lists.length]!;
      const heap = new PriorityHeap<Item>();
      for (const item of items) heap.push(item, item.priority);
      let sum = 0;
      while (heap.size > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    peers: {
      "flatqueue, packed"(i) {
        const items = lists[i % lists.length]!;
        const heap = new FlatQueue<Item>();
        for (const item of items) heap.push(item, pack(item));
        let sum = 0;
        while (heap.length > 0) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "heapify, packed"(i) {
        const items = lists[i % lists.length]!;
        const heap = new Heapify(
          items.length,
          [],
          [],
          Uint32Array,
          Float64Array,
        );
        for (const item of items) heap.push(item.id, pack(item));
        let sum = 0;
        while (heap.size > 0) sum = fold(sum, items[heap.pop()!]!);
        return sum;
      },
      ...compared(lists, byPriorityThenId),
    },
  };
}

/** How much later a task is due again: 0 to 2e5 ms, 1e5 on average. */
function makeDelays(): Float64Array {
  const random = makeRandom(1);
  return Float64Array.from({ length: 4_096 }, () => 2e5 * random());
}

interface Task {
  readonly id: number;
  dueMs: number;
}

/**
 * A hold model, as of recurring tasks: the first is taken out and put back with
 * a later date. Each contender has a heap and tasks of its own, and goes on from
 * call to call.
 */
function hold(name: string, count: number): Group {
  const delays = makeDelays();
  const random = makeRandom(2);
  const datesMs = Float64Array.from({ length: count }, () => 2e5 * random());
  const makeTasks = (): Task[] =>
    Array.from(datesMs, (dueMs, id) => ({ id, dueMs }));
  function again(task: Task, i: number): number {
    return task.dueMs += delays[i & 4_095]!;
  }

  // The answers to the first calls, from an array that is kept sorted.
  const sorted = makeTasks().sort((a, b) => a.dueMs - b.dueMs).slice(0, 1_000);
  const wanted = delays.slice(0, 64).map((_, i) => {
    const task = sorted.shift()!;
    again(task, i);
    const later = sorted.findIndex(({ dueMs }) => dueMs > task.dueMs);
    if (later >= 0) sorted.splice(later, 0, task);
    return task.id;
  });

  const ours = new PriorityHeap<Task>();
  const flat = new FlatQueue<Task>();
  const heapify = new Heapify(count, [], [], Uint32Array, Float64Array);
  const heapifyTasks = makeTasks();
  const compare = (a: Task, b: Task): number => a.dueMs - b.dueMs;
  const mnemonist = new Mnemonist(compare);
  const tiny = new TinyQueue<Task>([], compare);
  const js = new HeapJs(compare);
  const ds = new PriorityQueue(compare);
  for (const task of makeTasks()) ours.push(task, task.dueMs);
  for (const task of makeTasks()) flat.push(task, task.dueMs);
  for (const { id, dueMs } of heapifyTasks) heapify.push(id, dueMs);
  for (const heap of [mnemonist, tiny, js, ds]) {
    for (const task of makeTasks()) heap.push(task);
  }
  return {
    name,
    check: (answer, i) => answer === wanted[i],
    ours(i) {
      const task = ours.pop()!;
      ours.push(task, again(task, i));
      return task.id;
    },
    peers: {
      "flatqueue"(i) {
        const task = flat.pop()!;
        flat.push(task, again(task, i));
        return task.id;
      },
      "heapify"(i) {
        const task = heapifyTasks[heapify.pop()!]!;
        heapify.push(task.id, again(task, i));
        return task.id;
      },
      "mnemonist"(i) {
        const task = mnemonist.pop()!;
        again(task, i);
        mnemonist.push(task);
        return task.id;
      },
      "tinyqueue"(i) {
        const task = tiny.pop()!;
        again(task, i);
        tiny.push(task);
        return task.id;
      },
      "heap-js"(i) {
        const task = js.pop()!;
        again(task, i);
        js.push(task);
        return task.id;
      },
      "@datastructures-js"(i) {
        const task = ds.pop()!;
        again(task, i);
        ds.push(task);
        return task.id;
      },
    },
  };
}

/**
 * Half of the items are withdrawn before the others are taken. None of the peers
 * can withdraw but by looking through all items, which takes a minute here: by
 * hand, the ids of the withdrawn are marked, and passed over later.
 */
function withdrawHalf(name: string, lists: Lists): Group {
  const random = makeRandom(1);
  const isGone = lists[0]!.map(() => random() < 0.5);
  const sums = lists.map((items) =>
    items.filter(({ id }) => !isGone[id]).sort(byPriority).reduce(fold, 0)
  );
  return {
    name,
    check: (answer, i) => answer === sums[i % sums.length],
    ours(i) {
      const items = lists[i % lists.length]!;
      const heap = new PriorityHeap<Item>();
      const handles: HeapHandle<Item>[] = [];
      for (const item of items) handles.push(heap.insert(item, item.priority));
      for (const { id } of items) if (isGone[id]) heap.delete(handles[id]!);
      let sum = 0;
      while (heap.size > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    peers: {
      "flatqueue, marked"(i) {
        const items = lists[i % lists.length]!;
        const heap = new FlatQueue<Item>();
        const marks = new Uint8Array(items.length);
        for (const item of items) heap.push(item, item.priority);
        for (const { id } of items) if (isGone[id]) marks[id] = 1;
        let sum = 0;
        while (heap.length > 0) {
          const item = heap.pop()!;
          if (marks[item.id] === 0) sum = fold(sum, item);
        }
        return sum;
      },
      "mnemonist, marked"(i) {
        const items = lists[i % lists.length]!;
        const heap = new Mnemonist(byPriority);
        const marks = new Uint8Array(items.length);
        for (const item of items) heap.push(item);
        for (const { id } of items) if (isGone[id]) marks[id] = 1;
        let sum = 0;
        while (heap.size > 0) {
          const item = heap.pop()!;
          if (marks[item.id] === 0) sum = fold(sum, item);
        }
        return sum;
      },
    },
  };
}

function floats(count: number): Lists {
  return makeLists(count, (random) => random - 0.5);
}

/** Whole numbers, each once, shuffled; half of them are negative. */
function ints(count: number): Lists {
  return makeLists(count, (random) => random).map((items) =>
    items.toSorted(byPriority).map(({ id }, rank) => ({
      id: rank,
      priority: id - count / 2,
    }))
  );
}

function levels(count: number, number: number): Lists {
  return makeLists(count, (random) => Math.floor(number * random));
}

const groups: Group[] = [];
for (const size of ["1e3", "1e5", "1e6"]) {
  if (size === "1e6" && !process.argv.some((arg) => arg.includes(size))) {
    continue;
  }
  const count = Number(size);
  groups.push(
    distinct(`push ${size}, pop ${size}: floats`, floats(count)),
    distinct(`push ${size}, pop ${size}: ints`, ints(count)),
    fifo(`${size}, ten levels, FIFO`, levels(count, 10)),
  );
}
groups.push(
  fifo("1e5, 1000 levels, FIFO", levels(1e5, 1_000)),
  hold("hold: pop, push of 1e5", 1e5),
  withdrawHalf("insert 1e5, delete half", floats(1e5)),
);

await bench(import.meta, "priority-heap", groups);
