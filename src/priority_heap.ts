/**
 * A priority queue for numeric priorities: the lowest number first, and first
 * in, first out among equals. What it holds can be withdrawn or moved by a
 * handle.
 *
 * When to use it: whenever what orders the items is a number, such as a
 * priority, a deadline or a cost.
 *
 * When not: for any other order, for which `BinaryHeap` calls a comparator; to
 * sort once and never add, which an array does; for jobs with delays, ids and
 * bounds, for which there is `job-queue`.
 *
 * - **Exact order.** Equals leave in the order they came, also after others
 *   were withdrawn or moved.
 * - **Logarithmic.** Adding, taking, moving and withdrawing take O(log n),
 *   amortized: what was added is put in order when somebody asks for the first.
 * - **Handles go stale** with their item, and are never mistaken for another's.
 *
 * @example The most urgent first
 * ```ts
 * import { PriorityHeap } from "@groundwork/infra/priority-heap";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const calls = new PriorityHeap<string>();
 * calls.push("newsletter", 5);
 * calls.push("fire", 0);
 * calls.push("invoice", 3);
 * calls.push("flood", 0);
 * deepStrictEqual([...calls.drain()], [
 *   "fire",
 *   "flood",
 *   "invoice",
 *   "newsletter",
 * ]);
 * ```
 *
 * @module
 */

import { movedTo } from "./_columns.ts";
import { sortedPositions } from "./_radix_sort.ts";
import { requireOption, validateType } from "./validators.ts";

/**
 * What {@linkcode PriorityHeap.insert} gives: it withdraws or moves the item.
 *
 * @typeParam T The type of the items.
 *
 * @example Withdraw a job
 * ```ts
 * import { type HeapHandle, PriorityHeap } from "@groundwork/infra/priority-heap";
 * import { strictEqual } from "node:assert/strict";
 *
 * const jobs = new PriorityHeap<string>();
 * const handle: HeapHandle<string> = jobs.insert("send mail", 1);
 * strictEqual(handle.item, "send mail");
 * strictEqual(jobs.delete(handle), true);
 * strictEqual(jobs.size, 0);
 * ```
 */
export interface HeapHandle<T> {
  /** The item; `undefined` as soon as it has left the heap. */
  readonly item: T | undefined;
}

/** What the heap itself puts in the place of an item. */
class Node {}

/** An item with a handle, which is the entry itself. */
class Entry<T> extends Node implements HeapHandle<T> {
  item: T | undefined;
  /** The heap that holds it; `undefined` once it has left. */
  owner: object | undefined;

  constructor(item: T, owner: object) {
    super();
    this.item = item;
    this.owner = owner;
  }

  /** Takes the item out of its entry. */
  release(): T | undefined {
    const { item } = this;
    this.item = undefined;
    this.owner = undefined;
    return item;
  }
}

/**
 * Items in order that share one place in the heap: either some that were pushed
 * together and sorted at once, or a queue of equals, which can grow.
 */
class Run extends Node {
  items: unknown[];
  /** A key an item; a queue of equals has none but the one in the heap. */
  keys: Float64Array | undefined;
  /** How many have been taken, of those that the arrays hold. */
  head = 0;

  constructor(items: unknown[], keys: Float64Array | undefined) {
    super();
    this.items = items;
    this.keys = keys;
  }

  get isEmpty(): boolean {
    return this.head === this.items.length;
  }

  /** Takes the first item; of a run that has a queue in it, the queue's first. */
  shift(): unknown {
    const { items, head } = this;
    let item = items[head];
    if (item instanceof Run) {
      const queue = item;
      item = queue.shift();
      if (!queue.isEmpty) return item;
    }
    items[head] = undefined;
    this.head = head + 1;
    if (head >= LONGEST_TRAIL && 2 * head > items.length) this.#trim();
    return item;
  }

  /** Gives back the room of what has been taken: a queue may never be empty. */
  #trim(): void {
    this.items = this.items.slice(this.head);
    this.keys = this.keys?.slice(this.head);
    this.head = 0;
  }
}

/**
 * The youngest queue of equals of some priorities: the only ones that may grow.
 * The table forgets some, and then another is begun, and the older grows no
 * more. An empty queue has left the heap.
 */
class QueueTable {
  readonly #queues: (Run | undefined)[] = new Array(PLACES).fill(undefined);
  readonly #priorities: Int32Array = new Int32Array(PLACES);
  /** How often a priority came, less how often others came in its place. */
  readonly #counts: Uint8Array = new Uint8Array(PLACES);

  /** The queue to which an item can be added. */
  get(priority: number): Run | undefined {
    const place = placeOf(priority);
    if (this.#priorities[place] !== priority) return undefined;
    const queue = this.#queues[place];
    return queue === undefined || queue.isEmpty ? undefined : queue;
  }

  /** Wraps an item into a queue if its priority comes often, else gives it. */
  begin(priority: number, item: unknown): unknown {
    const place = placeOf(priority);
    const count = this.#counts[place]!;
    if (this.#priorities[place] === priority) {
      if (count === FEWEST_EQUALS) {
        return this.#queues[place] = new Run([item], undefined);
      }
      this.#counts[place] = count + 1;
    } else if (count > 0) {
      this.#counts[place] = count - 1;
    } else {
      this.#priorities[place] = priority;
      this.#queues[place] = undefined;
    }
    return item;
  }
}

/** The place of an integer in a table; most neighbours are neighbours there. */
function placeOf(integer: number): number {
  return (integer ^ integer >>> 8) & (PLACES - 1);
}

/** V8 inlines construction through a constant better than through a class. */
const ItemEntry = Entry;

/** Up to which number taken items are left standing at the head of a run. */
const LONGEST_TRAIL = 1024;

/** From how many on pushed items are sorted, not placed one by one. */
const FEWEST_TO_SORT = 128;

/** Below it a heap is too small for queues of equals to gain anything. */
const FEWEST_TO_QUEUE = 16;

/** How many priorities at the most have a queue that can still grow. */
const PLACES = 256;

/** How often a priority must return before it gets a queue. */
const FEWEST_EQUALS = 2;

/** By how many withdrawn items outnumber the others before they are swept out. */
const FEWEST_TO_SWEEP = 64;

const SMALLEST_CAPACITY = 16;

/** An empty heap with more places gives them back. */
const LARGE_CAPACITY = 1024;

/**
 * A heap of items by their numeric priority.
 *
 * Guarantees: the item that comes out is one of the lowest priority, and the
 * first pushed among those of this priority, exactly and for any number of
 * pushes. Costs: `push` is amortized constant for items that are pushed many at
 * a time, O(log n) for single ones; `pop` is O(log n), and constant within a run
 * of items that were pushed together, or of equal priority. Withdrawn items are
 * forgotten at once; the places they leave are swept out soon after they
 * outnumber the others.
 *
 * How it works: a 4-ary heap whose places hold single items or runs. What is
 * pushed waits until somebody asks for the first item. A few are then placed one
 * by one; many are sorted, in time linear to their number, and become one run.
 * While a backlog stands, items of equal integer priorities are queued up in
 * runs as well: a table remembers, for a priority, the run that was made last;
 * whatever it forgets, the order stays right, since of the runs of a priority
 * only the youngest grows.
 *
 * Measured (`bench/priority_heap_bench.ts`, Deno, against the fastest of six
 * peers, of which none keeps order among equals): 1e5 random priorities pushed
 * and popped take 0.55 to 0.7 of its time, 1e6 half of it, ten priorities a
 * quarter. Where each pop is followed by a push of another priority, with 1e5
 * items in the heap, it takes 1.5 times the time of flatqueue, about that of the
 * heaps with a comparator. To sort once, `Float64Array.prototype.sort` is faster.
 *
 * @typeParam T The type of the items.
 *
 * @example Deadlines, with one called off and one moved
 * ```ts
 * import { PriorityHeap } from "@groundwork/infra/priority-heap";
 * import { strictEqual } from "node:assert/strict";
 *
 * const deadlines = new PriorityHeap<string>();
 * const report = deadlines.insert("report", 1_000);
 * const backup = deadlines.insert("backup", 2_000);
 * deadlines.push("audit", 3_000);
 *
 * deadlines.delete(report);
 * deadlines.update(backup, 4_000);
 * strictEqual(deadlines.pop(), "audit");
 * strictEqual(deadlines.pop(), "backup");
 * strictEqual(deadlines.pop(), undefined);
 * ```
 */
export class PriorityHeap<T> {
  // What was pushed since somebody last asked for the first. The arrays may be
  // longer: to empty and to refill one costs V8 a new array each time.
  #newCount = 0;
  #newKeys: number[] = [];
  #newItems: unknown[] = [];

  // The places of the 4-ary heap: the children of p are 4p+1 to 4p+4. A place
  // holds an item, an entry or a run, and the key of what it gives next. Of
  // equal keys the lower order is the older: all that a run got when it was made
  // is younger than what was placed before, and older than what came after.
  #length = 0;
  #keys: Float64Array = new Float64Array(SMALLEST_CAPACITY);
  #orders: Float64Array = new Float64Array(SMALLEST_CAPACITY);
  #nodes: unknown[] = [];
  #nextOrder = 0;

  /** Made when there are enough items to gain by it. */
  #queues: QueueTable | undefined;

  #size = 0;
  /** How many entries were withdrawn and not yet met. */
  #withdrawn = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds an item.
   *
   * @param item The item.
   * @param priority Its priority; lower numbers come out first. Infinities are
   * allowed.
   * @throws {ValidationError} The priority is not a number, or is NaN.
   *
   * @example First in, first out among equals
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityHeap<string>();
   * for (const name of ["ada", "bob", "cid"]) queue.push(name, 1);
   * deepStrictEqual([...queue.drain()], ["ada", "bob", "cid"]);
   * ```
   */
  push(item: T, priority: number): void {
    // The heap tells its own nodes from items by their class.
    if (item instanceof Node) this.insert(item, priority);
    else this.#add(item, priority);
  }

  /**
   * Adds an item, and gives a handle to it.
   *
   * @param item The item.
   * @param priority Its priority; lower numbers come out first. Infinities are
   * allowed.
   * @returns The handle that {@linkcode PriorityHeap.delete} and
   * {@linkcode PriorityHeap.update} take.
   * @throws {ValidationError} The priority is not a number, or is NaN.
   *
   * @example A time-out that is called off
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const timeouts = new PriorityHeap<() => void>();
   * const handle = timeouts.insert(() => {}, 30_000);
   * timeouts.delete(handle);
   * strictEqual(timeouts.peekPriority(), undefined);
   * ```
   */
  insert(item: T, priority: number): HeapHandle<T> {
    const entry = new ItemEntry(item, this);
    this.#add(entry, priority);
    return entry;
  }

  #add(item: unknown, priority: number): void {
    if (typeof priority !== "number" || priority !== priority) {
      requireOption(validateType("priority", priority, "number"), priority);
    }
    const integer = priority | 0;
    if (integer === priority) {
      const queue = this.#queues?.get(integer);
      if (queue !== undefined) {
        queue.items.push(item);
        this.#size++;
        return;
      }
      if (this.#size >= FEWEST_TO_QUEUE) {
        this.#queues ??= new QueueTable();
        item = this.#queues.begin(integer, item);
      }
    }
    const position = this.#newCount++;
    this.#newKeys[position] = priority + 0; // -0 becomes 0, its equal.
    this.#newItems[position] = item;
    this.#size++;
  }

  /**
   * Takes the first item out.
   *
   * @returns The item of the lowest priority that was pushed first; `undefined`
   * where there is none.
   *
   * @example The nearest first
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const towns = new PriorityHeap<string>();
   * towns.push("Ulm", 140);
   * towns.push("Augsburg", 60);
   * strictEqual(towns.pop(), "Augsburg");
   * strictEqual(towns.pop(), "Ulm");
   * strictEqual(towns.pop(), undefined);
   * ```
   */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    if (this.#newCount > 0 || this.#withdrawn > 0) this.#settle();
    this.#size--;
    const first = this.#takeFirst();
    return (first instanceof Entry ? first.release() : first) as T;
  }

  /**
   * Looks at the first item.
   *
   * @returns The item that {@linkcode PriorityHeap.pop} would give; `undefined`
   * where there is none.
   *
   * @example Look before you take
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityHeap<string>();
   * queue.push("only", 1);
   * strictEqual(queue.peek(), "only");
   * strictEqual(queue.size, 1);
   * ```
   */
  peek(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#settle();
    const first = this.#first();
    return (first instanceof Entry ? first.item : first) as T;
  }

  /**
   * The priority of the first item.
   *
   * @returns The lowest priority; `undefined` where there is no item.
   *
   * @example When the next is due
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const due = new PriorityHeap<string>();
   * strictEqual(due.peekPriority(), undefined);
   * due.push("tea", 240_000);
   * strictEqual(due.peekPriority(), 240_000);
   * ```
   */
  peekPriority(): number | undefined {
    if (this.#size === 0) return undefined;
    this.#settle();
    return this.#keys[0];
  }

  /**
   * Withdraws an item.
   *
   * @param handle The handle to it.
   * @returns Whether it was still there; a handle of another heap never is.
   *
   * @example Once only
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const queue = new PriorityHeap<string>();
   * const handle = queue.insert("job", 1);
   * strictEqual(queue.delete(handle), true);
   * strictEqual(queue.delete(handle), false);
   * ```
   */
  delete(handle: HeapHandle<T>): boolean {
    if (!(handle instanceof Entry) || handle.owner !== this) return false;
    handle.release();
    this.#size--;
    this.#withdrawn++;
    this.#sweep();
    return true;
  }

  /**
   * Gives an item another priority. It goes behind those that have it already.
   *
   * @param handle The handle to it, which is spent with that.
   * @param priority The new priority.
   * @returns The new handle; `undefined` where the item is no longer there.
   * @throws {ValidationError} The priority is not a number, or is NaN; the item
   * then stays where it is.
   *
   * @example A shorter way has been found
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const open = new PriorityHeap<string>();
   * open.push("Augsburg", 60);
   * let ulm = open.insert("Ulm", 140);
   * ulm = open.update(ulm, 55) ?? ulm;
   * strictEqual(open.pop(), "Ulm");
   * strictEqual(open.update(ulm, 50), undefined); // It has left.
   * ```
   */
  update(handle: HeapHandle<T>, priority: number): HeapHandle<T> | undefined {
    requireOption(validateType("priority", priority, "number"), priority);
    const { item } = handle;
    if (!this.delete(handle)) return undefined;
    return this.insert(item as T, priority);
  }

  /**
   * Takes the items out one by one, in order. What is pushed on the way takes
   * its part; a loop that ends early leaves the rest in.
   *
   * @returns An iterator over the items.
   *
   * @example All that is due
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const heap = new PriorityHeap<string>();
   * heap.push("b", 2);
   * heap.push("a", 1);
   * deepStrictEqual([...heap.drain()], ["a", "b"]);
   * ```
   */
  *drain(): Generator<T, void, undefined> {
    while (this.#size > 0) yield this.pop() as T;
  }

  /**
   * Removes all items. Their handles are spent.
   *
   * @example Start anew
   * ```ts
   * import { PriorityHeap } from "@groundwork/infra/priority-heap";
   * import { strictEqual } from "node:assert/strict";
   *
   * const heap = new PriorityHeap<string>();
   * heap.push("old", 1);
   * heap.clear();
   * strictEqual(heap.size, 0);
   * strictEqual(heap.pop(), undefined);
   * ```
   */
  clear(): void {
    this.#forEach((item) => {
      if (item instanceof Entry) item.release();
    });
    this.#empty();
    this.#size = 0;
  }

  /** Places what was pushed, and sees to it that the first is no withdrawn one. */
  #settle(): void {
    this.#sweep(); // Pops too can leave more withdrawn items than others.
    this.#placeNew();
    while (this.#withdrawn > 0 && isWithdrawn(this.#first())) {
      this.#takeFirst();
      this.#withdrawn--;
    }
  }

  #placeNew(): void {
    const keys = this.#newKeys;
    const items = this.#newItems;
    const count = this.#newCount;
    this.#newCount = 0;
    if (count < FEWEST_TO_SORT) {
      for (let i = 0; i < count; i++) {
        this.#rise(keys[i]!, items[i]);
        items[i] = undefined;
      }
      return;
    }
    // Only shorter arrays are filled anew, so here none is longer than count.
    this.#newKeys = [];
    this.#newItems = [];
    const positions = sortedPositions(keys);
    const sorted = new Float64Array(count);
    const inOrder = items.slice();
    for (let i = 0; i < count; i++) {
      const position = positions[i]!;
      sorted[i] = keys[position]!;
      inOrder[i] = items[position];
    }
    this.#rise(sorted[0]!, new Run(inOrder, sorted));
  }

  /** What is next to come out: an item or an entry. */
  #first(): unknown {
    let node = this.#nodes[0];
    while (node instanceof Run) node = node.items[node.head];
    return node;
  }

  #takeFirst(): unknown {
    const node = this.#nodes[0];
    if (!(node instanceof Run)) {
      this.#removeRoot();
      return node;
    }
    const item = node.shift();
    if (node.isEmpty) {
      this.#removeRoot();
    } else if (node.keys !== undefined) {
      const key = node.keys[node.head]!;
      if (key !== this.#keys[0]) this.#sink(key, this.#orders[0]!, node);
    }
    return item;
  }

  #rise(key: number, node: unknown): void {
    let place = this.#length++;
    if (place === this.#keys.length) this.#resize(2 * place);
    const keys = this.#keys;
    const orders = this.#orders;
    const nodes = this.#nodes;
    nodes.push(node);
    while (place > 0) {
      const parent = (place - 1) >> 2;
      const parentKey = keys[parent]!;
      if (parentKey <= key) break; // Of equals the older stays above.
      keys[place] = parentKey;
      orders[place] = orders[parent]!;
      nodes[place] = nodes[parent];
      place = parent;
    }
    keys[place] = key;
    orders[place] = this.#nextOrder++;
    nodes[place] = node;
  }

  #removeRoot(): void {
    const last = --this.#length;
    const node = this.#nodes.pop();
    if (last > 0) this.#sink(this.#keys[last]!, this.#orders[last]!, node);
    else if (this.#keys.length > LARGE_CAPACITY) {
      this.#resize(SMALLEST_CAPACITY);
    }
  }

  /** Puts a node at the root, and lets it sink to where it belongs. */
  #sink(key: number, order: number, node: unknown): void {
    const keys = this.#keys;
    const orders = this.#orders;
    const nodes = this.#nodes;
    const length = this.#length;
    let place = 0;
    for (let first = 1; first < length; first = (place << 2) + 1) {
      let best: number;
      if (first + 3 < length) {
        // The least of four without a branch that could be foretold wrongly.
        const key0 = keys[first]!;
        const key1 = keys[first + 1]!;
        const key2 = keys[first + 2]!;
        const key3 = keys[first + 3]!;
        const left = first + Number(key1 < key0);
        const right = first + 2 + Number(key3 < key2);
        const leftKey = keys[left]!;
        const rightKey = keys[right]!;
        best = rightKey < leftKey ? right : left;
        if (key0 === key1 || key2 === key3 || leftKey === rightKey) {
          best = this.#firstOf(first, first + 4);
        }
      } else {
        best = this.#firstOf(first, length);
      }
      const bestKey = keys[best]!;
      if (bestKey > key || bestKey === key && orders[best]! > order) break;
      keys[place] = bestKey;
      orders[place] = orders[best]!;
      nodes[place] = nodes[best];
      place = best;
    }
    keys[place] = key;
    orders[place] = order;
    nodes[place] = node;
  }

  /** Which of some neighbouring places comes first. */
  #firstOf(first: number, end: number): number {
    const keys = this.#keys;
    const orders = this.#orders;
    let best = first;
    for (let place = first + 1; place < end; place++) {
      const key = keys[place]!;
      const bestKey = keys[best]!;
      const isBefore = key < bestKey ||
        key === bestKey && orders[place]! < orders[best]!;
      if (isBefore) best = place;
    }
    return best;
  }

  #resize(capacity: number): void {
    this.#keys = movedTo(this.#keys, new Float64Array(capacity));
    this.#orders = movedTo(this.#orders, new Float64Array(capacity));
  }

  /**
   * Drops what was withdrawn where that is the greater part: all others are
   * pushed anew, the oldest first.
   */
  #sweep(): void {
    if (this.#withdrawn <= this.#size + FEWEST_TO_SWEEP) return;
    const keys: number[] = [];
    const items: unknown[] = [];
    this.#forEach((item, key) => {
      if (isWithdrawn(item)) return;
      keys.push(key);
      items.push(item);
    });
    this.#empty();
    this.#newCount = keys.length;
    this.#newKeys = keys;
    this.#newItems = items;
  }

  /** Visits every item or entry; of equals the older first. */
  #forEach(visit: (item: unknown, key: number) => void): void {
    function open(node: unknown, key: number): void {
      if (!(node instanceof Run)) return visit(node, key);
      for (let i = node.head; i < node.items.length; i++) {
        open(node.items[i], node.keys?.[i] ?? key);
      }
    }
    const ages = sortedPositions(this.#orders.subarray(0, this.#length));
    for (const place of ages) open(this.#nodes[place], this.#keys[place]!);
    for (let i = 0; i < this.#newCount; i++) {
      open(this.#newItems[i], this.#newKeys[i]!);
    }
  }

  /** Forgets all that it holds. */
  #empty(): void {
    this.#newCount = 0;
    this.#newKeys = [];
    this.#newItems = [];
    this.#length = 0;
    this.#nodes = [];
    this.#resize(SMALLEST_CAPACITY);
    this.#queues = undefined;
    this.#withdrawn = 0;
  }
}

function isWithdrawn(item: unknown): boolean {
  return item instanceof Entry && item.owner === undefined;
}
