/**
 * Heaps with a comparator, and the k greatest of many. How to run it: see
 * `harness.ts`.
 *
 * The items are shuffled objects with a numeric key. Four comparators take
 * turns from call to call, so that no engine may inline one into a heap: an
 * application has several as well.
 *
 * An answer is a checksum over the items as they come out, so that one in the
 * wrong place disqualifies.
 *
 * @module
 */

import { PriorityQueue } from "npm:@datastructures-js/priority-queue@6.4.0";
import { Heap as HeapJs } from "npm:heap-js@2.7.1";
import { Heap as Mnemonist } from "npm:mnemonist@0.40.8";
import TinyQueue from "npm:tinyqueue@3.0.0";
import { BinaryHeap, topK } from "../src/binary_heap.ts";
import { bench, type Group } from "./harness.ts";
import { makeRandom } from "./random.ts";

interface Item {
  readonly key: number;
  /** Rises with the key, and is no whole number, as times are none. */
  readonly dueMs: number;
}

type Compare = (a: Item, b: Item) => number;

const ORDERS: readonly Compare[] = [
  (a, b) => a.dueMs - b.dueMs,
  (a, b) => b.key - a.key,
  (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0,
  (a, b) => (a.key ^ 0x5555) - (b.key ^ 0x5555),
];

function orderAt(i: number): Compare {
  return ORDERS[i & 3]!;
}

/** Items with the keys 0 to count - 1, shuffled the same way each time. */
function shuffled(count: number): Item[] {
  const items: Item[] = [];
  for (let key = 0; key < count; key++) items.push({ key, dueMs: key * 1.37 });
  const random = makeRandom(42);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

function fold(sum: number, { key }: Item): number {
  return (Math.imul(sum, 31) + key) | 0;
}

function foldAll(items: readonly Item[]): number {
  return items.reduce(fold, 0);
}

/** Whether an answer is the checksum of the first items in the order of i. */
function checkFirst(items: readonly Item[], taken: number): Group["check"] {
  const sums = ORDERS.map((compare) =>
    foldAll(items.toSorted(compare).slice(0, taken))
  );
  return (answer, i) => answer === sums[i & 3];
}

// The loops are written out for each library: one loop that all share would
// look up `push` and `pop` anew at every item.

function pushAndPop(name: string, count: number): Group {
  const items = shuffled(count);
  return {
    name,
    check: checkFirst(items, count),
    ours(i) {
      const heap = new BinaryHeap(orderAt(i));
      for (const item of items) heap.push(item);
      let sum = 0;
      while (heap.size > 0) sum = fold(sum, heap.pop()!);
      return sum;
    },
    floor: (i) => foldAll(items.toSorted(orderAt(i))),
    peers: {
      "mnemonist"(i) {
        const heap = new Mnemonist(orderAt(i));
        for (const item of items) heap.push(item);
        let sum = 0;
        while (heap.size > 0) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "tinyqueue"(i) {
        const heap = new TinyQueue<Item>([], orderAt(i));
        for (const item of items) heap.push(item);
        let sum = 0;
        while (heap.length > 0) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "heap-js"(i) {
        const heap = new HeapJs(orderAt(i));
        for (const item of items) heap.push(item);
        let sum = 0;
        while (heap.length > 0) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "@datastructures-js"(i) {
        const heap = new PriorityQueue(orderAt(i));
        for (const item of items) heap.push(item);
        let sum = 0;
        while (heap.size() > 0) sum = fold(sum, heap.pop()!);
        return sum;
      },
    },
  };
}

/** How many are taken, to see that it is a heap. */
const TAKEN = 8;

function heapify(name: string, count: number): Group {
  const items = shuffled(count);
  return {
    name,
    check: checkFirst(items, TAKEN),
    ours(i) {
      const heap = BinaryHeap.from(items, orderAt(i));
      let sum = 0;
      for (let n = 0; n < TAKEN; n++) sum = fold(sum, heap.pop()!);
      return sum;
    },
    peers: {
      "mnemonist"(i) {
        const heap = Mnemonist.from(items, orderAt(i));
        let sum = 0;
        for (let n = 0; n < TAKEN; n++) sum = fold(sum, heap.pop()!);
        return sum;
      },
      // The others work in the array they are given: it is copied for them.
      "tinyqueue"(i) {
        const heap = new TinyQueue(items.slice(), orderAt(i));
        let sum = 0;
        for (let n = 0; n < TAKEN; n++) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "heap-js"(i) {
        const heap = HeapJs.heapify(items.slice(), orderAt(i));
        let sum = 0;
        for (let n = 0; n < TAKEN; n++) sum = fold(sum, heap.pop()!);
        return sum;
      },
      "@datastructures-js"(i) {
        const heap = PriorityQueue.fromArray(items.slice(), orderAt(i));
        let sum = 0;
        for (let n = 0; n < TAKEN; n++) sum = fold(sum, heap.pop()!);
        return sum;
      },
    },
  };
}

/** What its types leave out. */
const { nlargest } = Mnemonist as unknown as {
  nlargest(
    compare: Compare,
    count: number,
    items: readonly Item[],
  ): readonly Item[];
};

/** The numbers by which `ORDERS` order. */
const KEYS: readonly ((item: Item) => number)[] = [
  (item) => item.dueMs,
  (item) => -item.key,
  (item) => item.key,
  (item) => item.key ^ 0x5555,
];

function greatest(name: string, count: number, k: number): Group {
  const items = shuffled(count);
  const sums = ORDERS.map((compare) =>
    foldAll(items.toSorted(compare).reverse().slice(0, k))
  );
  return {
    name,
    check: (answer, i) => answer === sums[i & 3],
    ours: (i) => foldAll(topK(items, k, KEYS[i & 3]!)),
    peers: {
      "mnemonist": (i) => foldAll(nlargest(orderAt(i), k, items)),
      "sort and slice"(i) {
        const compare = orderAt(i);
        return foldAll(items.toSorted((a, b) => compare(b, a)).slice(0, k));
      },
    },
  };
}

await bench(import.meta, "binary-heap", [
  pushAndPop("push 1e3, pop 1e3", 1e3),
  pushAndPop("push 1e5, pop 1e5", 1e5),
  heapify("heap of an array of 1e3", 1e3),
  heapify("heap of an array of 1e5", 1e5),
  greatest("10 greatest of 1e5", 1e5, 10),
  greatest("100 greatest of 1e5", 1e5, 100),
  greatest("1000 greatest of 1e5", 1e5, 1_000),
]);
