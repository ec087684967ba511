import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { sortedPositions } from "../src/_radix_sort.ts";
import { ValidationError } from "../src/errors.ts";
import { type HeapHandle, PriorityHeap } from "../src/priority_heap.ts";
import {
  type Equal,
  expectType,
  NOT_NUMBERS,
  RUNS,
} from "./foundation_support.ts";

/** Whole numbers that meet at one place of a table of 256. */
const COLLIDING = [0, 257, 514, -1, -258, 2 ** 31 - 1];

const EXTREMES = [
  0,
  -0,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53,
];

const priorities: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(...COLLIDING),
  fc.constantFrom(...EXTREMES),
  fc.integer({ min: -600, max: 600 }),
  fc.constantFrom(-1.5, 0.5, 1.2, 1.5),
  fc.double({ noNaN: true }),
);

/** Numbers from 0 to 2 ** 32 - 1 in the same disorder each time. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ state >>> 15) >>> 0;
  };
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many entries, sorted by priority, have at most this one. */
function countUpTo(
  entries: readonly Waiting[],
  priority: number,
): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.priority <= priority) low = middle + 1;
    else high = middle;
  }
  return low;
}

// --- a model: an array in the order in which the items are to come out

interface Waiting {
  readonly item: number;
  readonly priority: number;
  readonly handle: HeapHandle<number> | undefined;
  isIn: boolean;
}

class Model {
  entries: Waiting[] = [];
  /** All that ever had a handle. */
  readonly tracked: Waiting[] = [];
  readonly #heap: PriorityHeap<number>;
  /** Whether each step is followed by a look at the first item. */
  readonly #isNosy: boolean;
  #nextItem = 0;

  constructor(heap: PriorityHeap<number>, isNosy: boolean) {
    this.#heap = heap;
    this.#isNosy = isNosy;
  }

  add(priority: number, isTracked: boolean): void {
    const item = this.#nextItem++;
    if (!isTracked) {
      this.#heap.push(item, priority);
      this.#enqueue(item, priority, undefined);
      return;
    }
    const handle = this.#heap.insert(item, priority);
    strictEqual(handle.item, item);
    this.#enqueue(item, priority, handle);
  }

  #enqueue(
    item: number,
    priority: number,
    handle: HeapHandle<number> | undefined,
  ): void {
    const entry = { item, priority: priority + 0, handle, isIn: true };
    this.entries.splice(countUpTo(this.entries, priority), 0, entry);
    if (handle !== undefined) this.tracked.push(entry);
  }

  pop(): void {
    const first = this.entries.shift();
    strictEqual(this.#heap.pop(), first?.item);
    if (first !== undefined) first.isIn = false;
  }

  drain(count: number): void {
    const drained = this.#heap.drain();
    for (let i = 0; i < count; i++) {
      const first = this.entries.shift();
      const { done, value } = drained.next();
      strictEqual(done, first === undefined);
      strictEqual(value, first?.item);
      if (first === undefined) break;
      first.isIn = false;
    }
    drained.return();
  }

  delete(entry: Waiting): void {
    strictEqual(this.#heap.delete(entry.handle!), entry.isIn);
    strictEqual(entry.handle!.item, undefined);
    entry.isIn = false;
  }

  update(entry: Waiting, priority: number): void {
    const handle = this.#heap.update(entry.handle!, priority);
    strictEqual(handle?.item, entry.isIn ? entry.item : undefined);
    strictEqual(entry.handle!.item, undefined);
    if (!entry.isIn) return;
    entry.isIn = false;
    this.forgetWithdrawn();
    this.#enqueue(entry.item, priority, handle);
  }

  forgetWithdrawn(): void {
    this.entries = this.entries.filter(({ isIn }) => isIn);
  }

  clear(): void {
    this.#heap.clear();
    for (const entry of this.entries) entry.isIn = false;
    this.entries = [];
  }

  look(): void {
    strictEqual(this.#heap.peek(), this.entries[0]?.item);
    strictEqual(this.#heap.peekPriority(), this.entries[0]?.priority);
  }

  /** Compares what can be seen without any effect, unless it is nosy. */
  compareAll(): void {
    strictEqual(this.#heap.size, this.entries.length);
    if (this.#isNosy) this.look();
  }

  /** Fails where a handle tells something else than whether its item is in. */
  compareHandles(): void {
    for (const { handle, item, isIn } of this.tracked) {
      strictEqual(handle!.item, isIn ? item : undefined);
    }
  }
}

class Step implements fc.Command<Model, PriorityHeap<number>> {
  readonly #name: string;
  readonly #run: (model: Model) => void;

  constructor(name: string, run: (model: Model) => void) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model): void {
    this.#run(model);
    model.compareAll();
  }

  toString(): string {
    return this.#name;
  }
}

/** Many at a time; of few priorities, or around them. */
const bursts = fc.record({
  palette: fc.array(priorities, { minLength: 1, maxLength: 12 }),
  spread: fc.constantFrom(0, 0, 0, 0.25, 1),
  count: fc.integer({ min: 1, max: 300 }),
  seed: fc.nat(),
  isTracked: fc.boolean(),
  isLookedAt: fc.boolean(),
}).map((burst) =>
  new Step(`burst ${fc.stringify(burst)}`, (model) => {
    const { palette, spread, count, seed, isTracked, isLookedAt } = burst;
    const random = makeRandom(seed);
    for (let i = 0; i < count; i++) {
      const base = palette[random() % palette.length]!;
      const priority = spread === 0 ? base : base + spread * (random() & 63);
      model.add(priority, isTracked);
      if (isLookedAt) model.look();
    }
  })
);

const singles = fc.record({ priority: priorities, isTracked: fc.boolean() })
  .map(({ priority, isTracked }) =>
    new Step(
      `${isTracked ? "insert" : "push"}(${fc.stringify(priority)})`,
      (model) => model.add(priority, isTracked),
    )
  );

const steps = [
  bursts,
  singles,
  singles,
  fc.constant(new Step("pop()", (model) => model.pop())),
  fc.nat(400).map((count) =>
    new Step(`pop() ${count} times`, (model) => {
      for (let i = 0; i < count; i++) model.pop();
    })
  ),
  fc.nat(60).map((count) =>
    new Step(`drain() ${count} items`, (model) => model.drain(count))
  ),
  fc.constant(new Step("peek()", (model) => model.look())),
  fc.nat().map((index) =>
    new Step(`delete(handle ${index})`, (model) => {
      const { tracked } = model;
      if (tracked.length === 0) return;
      model.delete(tracked[index % tracked.length]!);
      model.forgetWithdrawn();
    })
  ),
  fc.record({ step: fc.integer({ min: 2, max: 9 }), isEven: fc.boolean() })
    .map(({ step, isEven }) =>
      new Step(
        `delete() ${isEven ? "one" : "all but one"} of ${step}`,
        (model) => {
          const { tracked } = model;
          for (let i = 0; i < tracked.length; i++) {
            if ((i % step === 0) === isEven) model.delete(tracked[i]!);
          }
          model.forgetWithdrawn();
        },
      )
    ),
  fc.record({ index: fc.nat(), priority: priorities }).map((
    { index, priority },
  ) =>
    new Step(`update(handle ${index}, ${fc.stringify(priority)})`, (model) => {
      const { tracked } = model;
      if (tracked.length === 0) return;
      model.update(tracked[index % tracked.length]!, priority);
    })
  ),
  fc.constant(new Step("clear()", (model) => model.clear())),
];

/** Items and how they are to come out: a stable sort. */
function sortedByPriority(numbers: readonly number[]): number[] {
  return numbers.map((_, i) => i)
    .sort((a, b) => compare(numbers[a]!, numbers[b]!) || a - b);
}

function isInvalidPriority(error: unknown): boolean {
  ok(ValidationError.is(error));
  strictEqual(error.code, "VALIDATION_INVALID_OPTION");
  strictEqual(error.field, "priority");
  return true;
}

describe("PriorityHeap", () => {
  it("P17h does what an array does that is kept in order", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.commands(steps, { maxCommands: 50, size: "max" }),
        (isNosy, commands) => {
          const heap = new PriorityHeap<number>();
          const model = new Model(heap, isNosy);
          fc.modelRun(() => ({ model, real: heap }), commands);
          model.compareHandles();
          model.drain(Infinity);
          strictEqual(heap.size, 0);
          strictEqual(heap.peekPriority(), undefined);
        },
      ),
      { numRuns: 3 * RUNS },
    );
  });

  it("P17i drain() gives what a stable sort by priority gives", () => {
    fc.assert(
      fc.property(
        fc.array(priorities, { maxLength: 300, size: "max" }),
        (numbers) => {
          const heap = new PriorityHeap<number>();
          numbers.forEach((priority, i) => heap.push(i, priority));
          deepStrictEqual([...heap.drain()], sortedByPriority(numbers));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("P17j withdraws and moves items that wait in a queue of equals", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 40, maxLength: 400, size: "max" }),
        fc.array(fc.boolean(), { maxLength: 400, size: "max" }),
        fc.nat(40),
        (areDeleted, areMoved, popped) => {
          const heap = new PriorityHeap<number>();
          const handles = areDeleted.map((_, i) => heap.insert(i, 7));
          for (let i = 0; i < popped; i++) strictEqual(heap.pop(), i);
          const stay: number[] = [];
          const moved: number[] = [];
          handles.forEach((handle, i) => {
            if (i < popped) return;
            if (areDeleted[i]) heap.delete(handle);
            else if (areMoved[i]) {
              heap.update(handle, 7);
              moved.push(i);
            } else stay.push(i);
          });
          deepStrictEqual([...heap.drain()], [...stay, ...moved]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  // --- order

  it("gives the first in first among equals, -0 and 0 included", () => {
    for (const count of [3, 200]) {
      const heap = new PriorityHeap<number>();
      for (let i = 0; i < count; i++) heap.push(i, i % 2 === 0 ? 0 : -0);
      strictEqual(heap.peekPriority(), 0);
      deepStrictEqual([...heap.drain()], Array.from(Array(count).keys()));
    }
    const heap = new PriorityHeap<string>();
    heap.push("minus zero", -0);
    strictEqual(heap.peekPriority(), 0);
  });

  it("orders negative numbers and fractions, as heapify does not", () => {
    const heap = new PriorityHeap<number>();
    for (const priority of [-1, 1.5, 1.2]) heap.push(priority, priority);
    deepStrictEqual([...heap.drain()], [-1, 1.2, 1.5]);
  });

  it("a NaN disturbs no other, as it does in p-queue 9", () => {
    const heap = new PriorityHeap<string>();
    heap.push("c", 3);
    throws(() => heap.push("x", NaN), isInvalidPriority);
    heap.push("b", 2);
    heap.push("a", 1);
    deepStrictEqual([...heap.drain()], ["a", "b", "c"]);
  });

  it("puts infinities at the ends", () => {
    const heap = new PriorityHeap<string>();
    heap.push("last", Infinity);
    heap.push("second", Number.MAX_VALUE);
    heap.push("first", -Infinity);
    strictEqual(heap.peekPriority(), -Infinity);
    deepStrictEqual([...heap.drain()], ["first", "second", "last"]);
  });

  it("keeps the order of a million items that are pushed at once", () => {
    const count = 1_000_000;
    const random = makeRandom(1);
    const numbers = Float64Array.from(
      { length: count },
      () => random() % 400_000 / 3,
    );
    const heap = new PriorityHeap<number>();
    for (let i = 0; i < count; i++) heap.push(i, numbers[i]!);
    strictEqual(heap.size, count);
    let taken = 0;
    let isOrdered = true;
    for (let last = -1; heap.size > 0; taken++) {
      const item = heap.pop()!;
      const rise = last < 0 ? 1 : numbers[item]! - numbers[last]!;
      isOrdered &&= rise > 0 || rise === 0 && item > last;
      last = item;
    }
    strictEqual(taken, count);
    ok(isOrdered);
  });

  it("keeps the order while it never empties", () => {
    const random = makeRandom(2);
    for (const levels of [1, 3, 700]) {
      const heap = new PriorityHeap<number>();
      const queues = Array.from({ length: levels }, (): number[] => []);
      const heads = new Uint32Array(levels);
      let isOrdered = true;
      for (let i = 0; i < 30_000; i++) {
        const level = random() % levels;
        heap.push(i, level);
        queues[level]!.push(i);
        if (i < 3_000) continue;
        const first = queues.findIndex((queue, at) =>
          heads[at]! < queue.length
        );
        isOrdered &&= heap.pop() === queues[first]![heads[first]!++];
      }
      ok(isOrdered, `${levels} levels`);
      strictEqual(heap.size, 3_000);
    }
  });

  it("keeps the order of thousands that are placed one by one", () => {
    const random = makeRandom(3);
    const numbers = Array.from({ length: 5_000 }, () => random() % 999 + 0.5);
    const heap = new PriorityHeap<number>();
    for (let round = 0; round < 2; round++) { // Once it was large, then empty.
      numbers.forEach((priority, i) => {
        heap.push(i, priority);
        heap.peek();
      });
      deepStrictEqual([...heap.drain()], sortedByPriority(numbers));
    }
  });

  // --- handles

  it("delete() and update() refuse the handles of another heap", () => {
    const heap = new PriorityHeap<string>();
    const other = new PriorityHeap<string>();
    heap.push("own", 2);
    const handle = other.insert("foreign", 1);
    strictEqual(heap.delete(handle), false);
    strictEqual(heap.update(handle, 0), undefined);
    strictEqual(handle.item, "foreign");
    deepStrictEqual([...heap.drain()], ["own"]);
    strictEqual(other.delete(handle), true);
  });

  it("delete() and update() refuse what is no handle", () => {
    const heap = new PriorityHeap<string>();
    const handle = heap.insert("own", 1);
    for (const forged of [{ item: "own" }, { ...handle }]) {
      strictEqual(heap.delete(forged), false);
      strictEqual(heap.update(forged, 0), undefined);
    }
    strictEqual(heap.size, 1);
  });

  const leavings: readonly [
    string,
    (heap: PriorityHeap<string>, handle: HeapHandle<string>) => unknown,
  ][] = [
    ["pop()", (heap) => heap.pop()],
    ["drain()", (heap) => heap.drain().next()],
    ["delete()", (heap, handle) => heap.delete(handle)],
    ["update()", (heap, handle) => heap.update(handle, 3)],
    ["clear()", (heap) => heap.clear()],
  ];
  for (const [name, leave] of leavings) {
    it(`a handle is spent after ${name}`, () => {
      const heap = new PriorityHeap<string>();
      const handle = heap.insert("first", 1);
      strictEqual(handle.item, "first");
      leave(heap, handle);
      strictEqual(handle.item, undefined);
      heap.push("later", 2);
      const { size } = heap;
      strictEqual(heap.delete(handle), false);
      strictEqual(heap.update(handle, 0), undefined);
      strictEqual(heap.size, size);
      strictEqual(heap.pop(), "later");
    });
  }

  it("clear() spends handles wherever they are, and begins anew", () => {
    const heap = new PriorityHeap<number>();
    const handles: HeapHandle<number>[] = [];
    for (let i = 0; i < 2_000; i++) { // Single, in queues, in a sorted run.
      handles.push(heap.insert(i, i < 600 ? i / 2 : i % 3));
      if (i < 1_000) heap.peek();
      if (i === 1_500) heap.peek();
    }
    heap.clear();
    strictEqual(heap.size, 0);
    strictEqual(heap.peek(), undefined);
    ok(handles.every((handle) => handle.item === undefined));
    ok(handles.every((handle) => !heap.delete(handle)));
    for (let i = 0; i < 40; i++) heap.push(i, 1);
    deepStrictEqual([...heap.drain()], Array.from(Array(40).keys()));
  });

  it("update() moves an item behind those that have its new priority", () => {
    const heap = new PriorityHeap<string>();
    const first = heap.insert("a", 1);
    heap.push("b", 1);
    const moved = heap.update(first, 1);
    strictEqual(moved?.item, "a");
    heap.push("c", 1);
    deepStrictEqual([...heap.drain()], ["b", "a", "c"]);
  });

  it("takes items out when all before them were withdrawn", () => {
    const heap = new PriorityHeap<string>();
    const handles = Array.from({ length: 50 }, () => heap.insert("gone", 0));
    heap.push("last", 1);
    for (const handle of handles) heap.delete(handle);
    strictEqual(heap.peekPriority(), 1);
    strictEqual(heap.pop(), "last");
    strictEqual(heap.pop(), undefined);
    heap.push("next", 5);
    strictEqual(heap.peek(), "next");
  });

  it("keeps the order where pops leave more withdrawn items than others", () => {
    for (const levels of [1, 7, 1_000]) {
      const heap = new PriorityHeap<number>();
      const wanted = Array.from(Array(1_000).keys());
      for (const item of wanted) heap.push(item, 0);
      const handles = wanted.map((i) => heap.insert(-1, 1 + i % levels));
      heap.push(1_000, 1);
      for (const handle of handles) heap.delete(handle);
      heap.push(1_001, 1);
      strictEqual(heap.size, 1_002);
      deepStrictEqual([...heap.drain()], [...wanted, 1_000, 1_001]);
      strictEqual(heap.peek(), undefined);
    }
  });

  // --- priorities that are none

  const notPriorities = [["NaN", NaN], ...NOT_NUMBERS] as const;
  for (const [name, value] of notPriorities) {
    it(`throws when a priority is ${name}, and loses nothing`, () => {
      const priority = value as number;
      const heap = new PriorityHeap<number>();
      const wanted = Array.from(Array(200).keys());
      let handle = heap.insert(0, 5);
      for (const item of wanted.slice(1)) {
        // In front of nothing, of single items, of a queue that could grow.
        if (item % 50 === 0) heap.peek();
        throws(() => heap.push(-1, priority), isInvalidPriority);
        throws(() => heap.insert(-1, priority), isInvalidPriority);
        throws(() => heap.update(handle, priority), isInvalidPriority);
        strictEqual(handle.item, item - 1);
        handle = heap.insert(item, 5);
      }
      strictEqual(heap.size, wanted.length);
      deepStrictEqual([...heap.drain()], wanted);
    });
  }

  // --- items of all kinds

  it("holds undefined as an item", () => {
    const heap = new PriorityHeap<string | undefined>();
    heap.push("last", 3);
    heap.push(undefined, 1);
    const handle = heap.insert(undefined, 2);
    strictEqual(heap.size, 3);
    strictEqual(heap.pop(), undefined);
    strictEqual(heap.size, 2);
    const moved = heap.update(handle, 4)!;
    strictEqual(heap.pop(), "last");
    strictEqual(heap.delete(moved), true);
    strictEqual(heap.delete(moved), false);
    strictEqual(heap.size, 0);
  });

  it("takes a handle for an item like any other", () => {
    const heap = new PriorityHeap<unknown>();
    const handle = heap.insert("own", 1);
    const foreign = new PriorityHeap<string>().insert("foreign", 1);
    heap.push(handle, 0);
    heap.push(foreign, 2);
    const inserted = heap.insert(foreign, 3);
    strictEqual(inserted.item, foreign);
    strictEqual(heap.peek(), handle);
    strictEqual(heap.delete(handle), true); // Only what it stands for leaves.
    strictEqual(heap.size, 3);
    deepStrictEqual([...heap.drain()], [handle, foreign, foreign]);
    strictEqual(foreign.item, "foreign");
  });

  it("takes many spent handles for items, equal or not", () => {
    for (const levels of [1, 400]) {
      const heap = new PriorityHeap<unknown>();
      const handles = Array.from({ length: 400 }, (_, i) => {
        const handle = heap.insert(i, -1);
        heap.delete(handle);
        return handle;
      });
      handles.forEach((handle, i) => heap.push(handle, i % levels));
      strictEqual(heap.size, 400);
      ok(handles.every((handle) => heap.pop() === handle));
    }
  });

  it("holds heaps, itself among them", () => {
    const inner = new PriorityHeap<string>();
    inner.push("b", 2);
    inner.push("a", 1);
    const outer = new PriorityHeap<unknown>();
    outer.push(outer, 1);
    outer.push(inner, 0);
    strictEqual(outer.pop(), inner);
    strictEqual(outer.pop(), outer);
    deepStrictEqual([...inner.drain()], ["a", "b"]);
  });

  // --- the rest

  it("gives undefined when it is empty", () => {
    const heap = new PriorityHeap<number>();
    for (let round = 0; round < 2; round++) {
      strictEqual(heap.size, 0);
      strictEqual(heap.pop(), undefined);
      strictEqual(heap.peek(), undefined);
      strictEqual(heap.peekPriority(), undefined);
      deepStrictEqual([...heap.drain()], []);
      heap.push(1, 1);
      strictEqual(heap.pop(), 1);
    }
  });

  it("drain() keeps what is not asked for and gives what comes meanwhile", () => {
    const heap = new PriorityHeap<number>();
    for (const number of [5, 1, 3]) heap.push(number, number);
    const taken: number[] = [];
    for (const number of heap.drain()) {
      taken.push(number);
      if (number === 1) heap.push(2, 2);
      if (number === 3) break;
    }
    deepStrictEqual(taken, [1, 2, 3]);
    strictEqual(heap.size, 1);
    heap.push(4, 4);
    deepStrictEqual([...heap.drain()], [4, 5]);
  });

  it("has types that follow the item's", () => {
    const heap = new PriorityHeap<{ readonly id: number }>();
    const handle = heap.insert({ id: 1 }, 1);
    type Item = { readonly id: number };
    expectType<
      Equal<ReturnType<typeof heap.pop>, Item | undefined>
    >();
    expectType<Equal<ReturnType<typeof heap.peek>, Item | undefined>>();
    expectType<
      Equal<ReturnType<typeof heap.peekPriority>, number | undefined>
    >();
    expectType<Equal<ReturnType<typeof heap.push>, void>>();
    expectType<Equal<typeof handle, HeapHandle<Item>>>();
    expectType<Equal<typeof handle.item, Item | undefined>>();
    expectType<
      Equal<ReturnType<typeof heap.update>, HeapHandle<Item> | undefined>
    >();
    expectType<
      Equal<ReturnType<typeof heap.drain>, Generator<Item, void, undefined>>
    >();
    function _doesNotCompile(): void {
      // @ts-expect-error -- not an item
      heap.push("text", 1);
      // @ts-expect-error -- without a priority
      heap.push({ id: 2 });
      // @ts-expect-error -- a priority is a number
      heap.insert({ id: 2 }, "high");
      // @ts-expect-error -- an item is no handle
      heap.delete({ id: 2 });
      // @ts-expect-error -- the handle of another type of items
      heap.update(new PriorityHeap<string>().insert("text", 1), 2);
      // @ts-expect-error -- only the heap changes it
      handle.item = { id: 3 };
      // @ts-expect-error -- only the heap changes it
      heap.size = 0;
    }
  });
});

describe("sortedPositions()", () => {
  /** Numbers whose bytes are free, few or one: digits to look at, or to skip. */
  const byteLists = fc.array(
    fc.constantFrom([0], [0x80], [0x3f], [0, 0xff], [0x7f, 0x80], [
      0x00,
      0x01,
      0x3f,
      0x40,
      0x7e,
      0x80,
      0xbf,
      0xfe,
    ]),
    { minLength: 8, maxLength: 8 },
  );
  const numberLists = fc.tuple(byteLists, fc.nat(200), fc.nat()).map(
    ([lists, count, seed]) => {
      const random = makeRandom(seed);
      return Array.from({ length: count }, () => {
        const bytes = lists.map((list) => list[random() % list.length]!);
        const number = new Float64Array(Uint8Array.from(bytes).buffer)[0]!;
        return Number.isNaN(number) ? 1 : number + 0;
      });
    },
  );
  const mixed = fc.array(priorities.map((number) => number + 0), {
    maxLength: 300,
  });

  it("P17k gives the positions as a stable sort does", () => {
    fc.assert(
      fc.property(fc.oneof(numberLists, mixed), (numbers) => {
        for (const keys of [numbers, Float64Array.from(numbers)]) {
          deepStrictEqual(
            Array.from(sortedPositions(keys)),
            sortedByPriority(numbers),
          );
        }
      }),
      { numRuns: 3 * RUNS },
    );
  });

  for (let digit = 0; digit < 8; digit++) {
    it(`tells numbers apart by digit ${digit} alone`, () => {
      const step = 2n ** BigInt(8 * digit);
      const one = 0x3f80_8080_8080_8080n;
      const numbers = [3n, 1n, 2n, 0n, 3n, 1n].map((n) =>
        new Float64Array(BigUint64Array.of(one + n * step).buffer)[0]!
      );
      for (const sign of [1, -1]) {
        const signed = numbers.map((number) => sign * number);
        deepStrictEqual(
          Array.from(sortedPositions(signed)),
          sortedByPriority(signed),
        );
      }
    });
  }

  it("leaves what it sorts as it was", () => {
    const keys = Float64Array.of(2, -1, 0);
    deepStrictEqual(Array.from(sortedPositions(keys)), [1, 2, 0]);
    deepStrictEqual(keys, Float64Array.of(2, -1, 0));
    strictEqual(sortedPositions([]).length, 0);
  });
});
