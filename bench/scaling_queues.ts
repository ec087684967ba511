/**
 * What waits for its turn: heaps, jobs, tasks, connections.
 *
 * @module
 */

import { BinaryHeap, topK } from "../src/binary_heap.ts";
import { ConnectionPool } from "../src/connection_pool.ts";
import { PriorityJobQueue } from "../src/job_queue.ts";
import { type HeapHandle, PriorityHeap } from "../src/priority_heap.ts";
import { Ok } from "../src/result.ts";
import { TaskScheduler } from "../src/task_scheduler.ts";
import { ManualClock } from "../src/testing.ts";
import { makeRandom } from "./random.ts";
import type { Operation } from "./scaling.ts";
import type { Step } from "./scaling_controls.ts";
import { shuffled, UP_TO_1E4, UP_TO_1E5 } from "./scaling_items.ts";

const DONE: Ok<void> = new Ok(undefined);

/** Cancels one of so many that wait, and adds another in its place. */
function cancelAndAdd(
  size: number,
  add: () => { cancel(): boolean },
  sizeNow: () => number,
): Step {
  const all = Array.from({ length: size }, add);
  return (number) => {
    const wasThere = all[number]!.cancel();
    all[number] = add();
    return wasThere && sizeNow() === size;
  };
}

// --- Heaps

interface Item {
  readonly key: number;
}

function byKey(a: Item, b: Item): number {
  return a.key - b.key;
}

/** Items with random keys below their number. */
function randomItems(size: number): readonly Item[] {
  return Array.from(shuffled(size), (key) => ({ key }));
}

/** What comes goes at some place before or after all others, as time goes on. */
function holdInPriorityHeap(size: number, priorities: number): Step {
  const heap = new PriorityHeap<Item>();
  const random = makeRandom();
  for (const item of randomItems(size)) heap.push(item, item.key % priorities);
  return () => {
    const key = heap.peekPriority()!;
    const item = heap.pop()!;
    heap.push(item, key + Math.floor(random() * priorities));
    return heap.size === size;
  };
}

const heaps: readonly Operation[] = [
  {
    structure: "PriorityHeap",
    operation: "pop and push",
    complexity: "O(log n)",
    control: "descend",
    prepare: (size) => holdInPriorityHeap(size, size),
  },
  {
    structure: "PriorityHeap",
    operation: "pop and push, ten priorities",
    complexity: "O(1)",
    control: "replace",
    prepare: (size) => holdInPriorityHeap(size, 10),
  },
  {
    structure: "PriorityHeap",
    operation: "push of n, then pop of all",
    complexity: "O(log n)",
    note: "The time of an item; constant, as they are pushed together.",
    control: "descend",
    batch: (size) => size,
    prepare(size) {
      const items = randomItems(size);
      return () => {
        const heap = new PriorityHeap<Item>();
        for (const item of items) heap.push(item, item.key);
        for (let key = 0; key < size; key++) {
          if (heap.pop()!.key !== key) return false;
        }
        return true;
      };
    },
  },
  {
    structure: "PriorityHeap",
    operation: "update",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const heap = new PriorityHeap<Item>();
      const random = makeRandom();
      const handles: HeapHandle<Item>[] = randomItems(size)
        .map((item) => heap.insert(item, item.key));
      return (number) => {
        const priority = random() * size;
        handles[number] = heap.update(handles[number]!, priority)!;
        return heap.peekPriority()! <= priority;
      };
    },
  },
  {
    structure: "PriorityHeap",
    operation: "delete and insert",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const heap = new PriorityHeap<Item>();
      const random = makeRandom();
      const items = randomItems(size);
      const handles = items.map((item) => heap.insert(item, item.key));
      return (number) => {
        const wasThere = heap.delete(handles[number]!);
        handles[number] = heap.insert(items[number]!, random() * size);
        return wasThere && heap.size === size;
      };
    },
  },
  {
    structure: "BinaryHeap",
    operation: "pop and push",
    complexity: "O(log n)",
    control: "descend",
    prepare(size) {
      const heap = BinaryHeap.from(randomItems(size), byKey);
      const random = makeRandom();
      return () => {
        const { key } = heap.pop()!;
        heap.push({ key: key + random() * size });
        return heap.size === size;
      };
    },
  },
  {
    structure: "BinaryHeap",
    operation: "from",
    complexity: "O(n)",
    control: "passThrough",
    prepare(size) {
      const items = randomItems(size);
      return () => BinaryHeap.from(items, byKey).peek()!.key === 0;
    },
  },
  {
    structure: "topK",
    operation: "the greatest 10 of n",
    complexity: "O(n)",
    control: "passThrough",
    prepare(size) {
      const items = randomItems(size);
      return () => topK(items, 10, ({ key }) => key)[0]!.key === size - 1;
    },
  },
];

// --- Jobs

const JOBS = "PriorityJobQueue";

/** Each job that is taken is done at once, and another one comes. */
function takeAndAdd(size: number, priorities: number): Step {
  const jobs = new PriorityJobQueue<number, number, void>({ maxSize: size });
  const random = makeRandom();
  for (const number of shuffled(size)) {
    jobs.enqueue(number, { priority: number % priorities }).unwrap();
  }
  return () => {
    const job = jobs.dequeue()!;
    jobs.settle(job, DONE);
    const priority = job.priority + Math.floor(random() * priorities);
    return jobs.enqueue(0, { priority }).ok;
  };
}

const jobs: readonly Operation[] = [
  {
    structure: JOBS,
    operation: "dequeue and enqueue",
    complexity: "O(log n)",
    control: "descend",
    prepare: (size) => takeAndAdd(size, size),
  },
  {
    structure: JOBS,
    operation: "dequeue and enqueue, ten priorities",
    complexity: "O(1)",
    control: "replace",
    prepare: (size) => takeAndAdd(size, 10),
  },
  {
    structure: JOBS,
    operation: "dequeue and enqueue with a delay",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const clock = new ManualClock();
      const jobs = new PriorityJobQueue<number, number, void>({
        clock,
        maxSize: size + 1,
      });
      const options = { delayMs: size };
      const add = () => {
        clock.advance(1);
        return jobs.enqueue(0, options).ok;
      };
      for (let i = 0; i < size; i++) add();
      return () => {
        const isIn = add();
        jobs.settle(jobs.dequeue()!, DONE);
        return isIn;
      };
    },
  },
  {
    structure: JOBS,
    operation: "cancel and enqueue",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const jobs = new PriorityJobQueue<number, number, void>();
      const random = makeRandom();
      const add = () =>
        jobs.enqueue(0, { priority: random() * size, id: `${random()}` })
          .unwrap();
      return cancelAndAdd(size, add, () => jobs.size);
    },
  },
  {
    structure: JOBS,
    operation: "enqueue that drops the least urgent",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const jobs = new PriorityJobQueue<number, number, void>({
        maxSize: size,
        onFull: "drop-lowest",
      });
      let priority = 0;
      const add = () => jobs.enqueue(0, { priority: priority-- }).ok;
      for (let i = 0; i < size; i++) add();
      return () => add() && jobs.size === size;
    },
  },
  {
    structure: JOBS,
    operation: "put of n that wait, then dequeue of all",
    complexity: "O(1)",
    note: "The time of a job.",
    control: "replace",
    sizes: UP_TO_1E5,
    batch: (size) => size,
    prepare: (size) => async () => {
      const jobs = new PriorityJobQueue<number, number, void>({ maxSize: 1 });
      const put = Array.from({ length: size }, (_, i) => jobs.put(i));
      for (let i = 0; i < size; i++) {
        const job = jobs.dequeue();
        if (job?.payload !== i) return false;
        jobs.settle(job, DONE);
      }
      await Promise.all(put);
      return true;
    },
  },
];

// --- Tasks

const SCHEDULER = "TaskScheduler";

function never(): never {
  throw new Error("No task fails");
}

const tasks: readonly Operation[] = [
  {
    structure: SCHEDULER,
    operation: "cancel and after",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const clock = new ManualClock();
      const scheduler = new TaskScheduler({
        clock,
        maxTasks: size,
        onError: never,
      });
      const random = makeRandom();
      const add = () => scheduler.after(1 + random() * size, () => {}).unwrap();
      return cancelAndAdd(size, add, () => scheduler.size);
    },
  },
  {
    structure: SCHEDULER,
    operation: "run of one of n that recur",
    complexity: "O(log n)",
    control: "descend",
    sizes: UP_TO_1E5,
    prepare(size) {
      const clock = new ManualClock();
      const scheduler = new TaskScheduler({
        clock,
        maxTasks: size,
        onError: never,
      });
      let runs = 0;
      for (const initialDelayMs of shuffled(size)) {
        scheduler.every(size, () => void runs++, { initialDelayMs }).unwrap();
      }
      return async () => {
        const before = runs;
        clock.advance(1);
        await undefined;
        return runs > before;
      };
    },
  },
];

// --- Connections

const POOL = "ConnectionPool";

async function fullPool(
  size: number,
  order: "lifo" | "fifo",
): Promise<ConnectionPool<object>> {
  const pool = new ConnectionPool<object>({
    create: () => ({}),
    destroy() {},
    validate: () => true,
  }, {
    max: size,
    maxWaiting: Infinity,
    order,
    validateAfterIdleMs: Infinity,
  });
  const acquired = Array.from({ length: size }, () => pool.acquire());
  const leases = await Promise.all(acquired);
  for (const lease of leases) await lease.unwrap().release();
  return pool;
}

/** All are lent but one. */
async function lendAndTakeBack(
  size: number,
  order: "lifo" | "fifo",
): Promise<Step> {
  const pool = await fullPool(size, order);
  const leases = Array.from(
    { length: size - 1 },
    () => pool.tryAcquire()!,
  );
  return (number) => {
    const lease = pool.tryAcquire();
    if (lease === undefined) return false;
    const place = number % leases.length;
    void leases[place]!.release();
    leases[place] = lease;
    return true;
  };
}

const connections: readonly Operation[] = [
  {
    structure: POOL,
    operation: "tryAcquire and release, one idle",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare: (size) => lendAndTakeBack(size, "lifo"),
  },
  {
    structure: POOL,
    operation: "tryAcquire and release, all idle, by turns",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    async prepare(size) {
      const pool = await fullPool(size, "fifo");
      return () => {
        const lease = pool.tryAcquire();
        void lease?.release();
        return lease !== undefined;
      };
    },
  },
  {
    structure: POOL,
    operation: "acquire by n that wait, then release for all",
    complexity: "O(1)",
    note: "The time of a caller.",
    control: "replace",
    sizes: UP_TO_1E5,
    batch: (size) => size,
    async prepare(size) {
      const pool = await fullPool(1, "lifo");
      return async () => {
        const waiting = Array.from(
          { length: size },
          () => pool.acquire({ timeoutMs: Infinity }),
        );
        for (const acquired of waiting) {
          void (await acquired).unwrap().release();
        }
        return pool.stats.idle === 1;
      };
    },
  },
  {
    structure: POOL,
    operation: "acquire that times out, n that wait",
    complexity: "O(n)",
    note: "The time of a caller: each time-out looks through all who wait.",
    control: "passThrough",
    sizes: UP_TO_1E4,
    batch: (size) => size,
    prepare: (size) => async () => {
      const clock = new ManualClock();
      const pool = new ConnectionPool<object>({
        create: () => ({}),
        destroy() {},
      }, { clock, max: 1, maxWaiting: Infinity });
      const lease = (await pool.acquire()).unwrap();
      const waiting = Array.from({ length: size }, () => {
        clock.advance(1);
        return pool.acquire({ timeoutMs: size });
      });
      clock.advance(size);
      let timedOut = 0;
      for (const acquired of waiting) {
        if (!(await acquired).ok) timedOut++;
      }
      await lease.release();
      await pool.close();
      return timedOut === size;
    },
  },
];

/** What waits for its turn. */
export const queues: readonly Operation[] = [
  ...heaps,
  ...jobs,
  ...tasks,
  ...connections,
];
