import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { BinaryHeap, topK } from "../src/binary_heap.ts";
import { ValidationError } from "../src/errors.ts";
import { NOT_NUMBERS, RUNS } from "./foundation_support.ts";

interface Item {
  readonly key: number;
}

/** Few keys, so that there are ties. */
const itemArrays: fc.Arbitrary<Item[]> = fc.array(
  fc.record({ key: fc.integer({ min: -8, max: 8 }) }),
  { maxLength: 40 },
);

function byKey(a: Item, b: Item): number {
  return a.key - b.key;
}

function ascending(a: number, b: number): number {
  return a - b;
}

function keysOf(items: Iterable<Item>): number[] {
  return Array.from(items, ({ key }) => key);
}

/** Fails unless both hold the same objects, each as often. */
function assertSameItems(
  actual: readonly Item[],
  wanted: readonly Item[],
): void {
  strictEqual(actual.length, wanted.length);
  deepStrictEqual(new Set(actual), new Set(wanted));
}

/** Fails where somebody looks at its items. */
const UNREADABLE: Iterable<number> = {
  [Symbol.iterator](): never {
    throw new Error("Nobody should look at the items");
  },
};

/** Numbers 0 to count - 1 in the same disorder each time. */
function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  let seed = 7;
  for (let i = count - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor(seed / 2 ** 32 * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}

/** A comparator that counts its calls, and throws at one of them if told. */
function makeProbe(): {
  readonly compare: typeof byKey;
  readonly thrown: Error;
  calls: number;
  throwAt: number;
} {
  const probe = {
    calls: 0,
    throwAt: Infinity,
    thrown: new Error("The comparator is broken"),
    compare(a: Item, b: Item): number {
      if (++probe.calls === probe.throwAt) throw probe.thrown;
      return byKey(a, b);
    },
  };
  return probe;
}

// --- a model: the items in an array, the smallest found by looking at each

class Model {
  items: Item[] = [];

  get smallest(): number | undefined {
    return this.items.toSorted(byKey)[0]?.key;
  }

  /** Of equal items a heap may give any: the model follows it. */
  take(item: Item | undefined): void {
    strictEqual(item?.key, this.smallest);
    if (item === undefined) return;
    const index = this.items.indexOf(item);
    ok(index >= 0, "this item was never in, or is out already");
    this.items.splice(index, 1);
  }
}

/** Does the same to both, and then compares what can be seen. */
class Step implements fc.Command<Model, BinaryHeap<Item>> {
  readonly #name: string;
  readonly #run: (model: Model, heap: BinaryHeap<Item>) => void;

  constructor(
    name: string,
    run: (model: Model, heap: BinaryHeap<Item>) => void,
  ) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, heap: BinaryHeap<Item>): void {
    this.#run(model, heap);
    strictEqual(heap.size, model.items.length);
    strictEqual(heap.peek()?.key, model.smallest);
  }

  toString(): string {
    return this.#name;
  }
}

const keys = fc.integer({ min: -8, max: 8 });

const steps = [
  keys.map((key) =>
    new Step(`push(${key})`, (model, heap) => {
      const item = { key };
      heap.push(item);
      model.items.push(item);
    })
  ),
  fc.constant(new Step("pop()", (model, heap) => model.take(heap.pop()))),
  keys.map((key) =>
    new Step(`pushPop(${key})`, (model, heap) => {
      const item = { key };
      model.items.push(item);
      model.take(heap.pushPop(item));
    })
  ),
  keys.map((key) =>
    new Step(`replace(${key})`, (model, heap) => {
      const item = { key };
      model.take(heap.replace(item));
      model.items.push(item);
    })
  ),
  fc.nat(5).map((count) =>
    new Step(`drain() ${count} items`, (model, heap) => {
      const drained = heap.drain();
      for (let i = 0; i < count; i++) {
        const { value, done } = drained.next();
        strictEqual(done === true, model.items.length === 0);
        model.take(value ?? undefined);
      }
      drained.return();
    })
  ),
  fc.constant(
    new Step("clear()", (model, heap) => {
      heap.clear();
      model.items = [];
    }),
  ),
];

describe("BinaryHeap", () => {
  it("P17a does what an array does whose smallest item is looked for", () => {
    fc.assert(
      fc.property(
        itemArrays,
        fc.commands(steps, { maxCommands: 60, size: "max" }),
        (items, commands) => {
          fc.modelRun(() => {
            const model = new Model();
            model.items = [...items];
            return { model, real: BinaryHeap.from(items, byKey) };
          }, commands);
        },
      ),
      { numRuns: 3 * RUNS },
    );
  });

  it("P17b drain() gives each item once, sorted, pushed or from() alike", () => {
    fc.assert(
      fc.property(itemArrays, (items) => {
        const pushed = new BinaryHeap(byKey);
        for (const item of items) pushed.push(item);
        for (const heap of [pushed, BinaryHeap.from(items, byKey)]) {
          strictEqual(heap.size, items.length);
          const drained = [...heap.drain()];
          deepStrictEqual(keysOf(drained), keysOf(items.toSorted(byKey)));
          assertSameItems(drained, items);
          strictEqual(heap.size, 0);
        }
      }),
      { numRuns: RUNS },
    );
  });

  type Operation = (heap: BinaryHeap<Item>) => unknown;
  const operations = fc.constantFrom<readonly [string, Operation]>(
    ["push", (heap) => heap.push({ key: -9 })],
    ["push of a middling item", (heap) => heap.push({ key: 0 })],
    ["pop", (heap) => heap.pop()],
    ["pushPop", (heap) => heap.pushPop({ key: 1 })],
    ["replace", (heap) => heap.replace({ key: 9 })],
    ["replace by a small item", (heap) => heap.replace({ key: -9 })],
    ["drain", (heap) => heap.drain().next()],
  );

  it("P17c when the comparator throws, the operation did not happen", () => {
    let thrownCount = 0;
    fc.assert(
      fc.property(
        itemArrays,
        operations,
        fc.integer({ min: 1, max: 9 }),
        (items, [, operate], throwAt) => {
          const probe = makeProbe();
          const heap = BinaryHeap.from(items, probe.compare);
          const untouched = BinaryHeap.from(items, byKey);
          probe.calls = 0;
          probe.throwAt = throwAt;
          try {
            operate(heap);
            fc.pre(false); // It needed fewer calls.
          } catch (error) {
            if (error !== probe.thrown) throw error;
            thrownCount++;
          }
          // The very same order, also among equals: nothing moved.
          const wanted = [...untouched.drain()];
          const drained = [...heap.drain()];
          strictEqual(drained.length, wanted.length);
          ok(drained.every((item, i) => item === wanted[i]));
        },
      ),
      { numRuns: 5 * RUNS },
    );
    ok(thrownCount >= 5 * RUNS);
  });

  it("P17d loses and doubles no item, however the comparator answers", () => {
    const answers = fc.infiniteStream(fc.constantFrom(NaN, -1, 0, 1));
    fc.assert(
      fc.property(itemArrays, itemArrays, answers, (first, later, answer) => {
        const heap = BinaryHeap.from(
          first,
          () => answer.next().value as number,
        );
        const out = later.map((item, i) =>
          i % 2 === 0 ? heap.pushPop(item) : heap.replace(item)
        ).filter((item) => item !== undefined);
        assertSameItems([...out, ...heap.drain()], [...first, ...later]);
      }),
      { numRuns: RUNS },
    );
  });

  it("takes NaN for 0: items that cannot be compared stay in", () => {
    const heap = new BinaryHeap<number>(ascending);
    for (const key of [3, NaN, 1, NaN, 2]) heap.push(key);
    deepStrictEqual([...heap.drain()].toSorted(), [1, 2, 3, NaN, NaN]);
  });

  it("from() takes 1 000 000 items", () => {
    const heap = BinaryHeap.from(shuffled(1_000_000), ascending);
    strictEqual(heap.size, 1_000_000);
    for (let wanted = 0; wanted < 100; wanted++) {
      strictEqual(heap.pop(), wanted);
    }
  });

  it("from() takes any iterable and leaves it as it was", () => {
    const array = Object.freeze([2, 3, 1]);
    const sources: Iterable<number>[] = [array, new Set(array), array.values()];
    for (const source of sources) {
      const heap = BinaryHeap.from(source, ascending);
      heap.push(0);
      deepStrictEqual([...heap.drain()], [0, 1, 2, 3]);
    }
    deepStrictEqual(array, [2, 3, 1]);
  });

  it("pop() calls the comparator at most log2(n) + 2 times on average", () => {
    const count = 100_000;
    const probe = makeProbe();
    const heap = new BinaryHeap(probe.compare);
    for (const key of shuffled(count)) heap.push({ key });
    ok(probe.calls / count < 3, `push: ${probe.calls / count}`);
    probe.calls = 0;
    while (heap.size > 0) heap.pop();
    const callsPerPop = probe.calls / count;
    ok(callsPerPop < Math.log2(count) + 2, `pop: ${callsPerPop}`);
    // The usual way down, which compares twice a level, has 28.3.
    ok(callsPerPop < 16, `pop: ${callsPerPop}`);
  });

  it("P17e no call needs more comparisons than a path is long, twice", () => {
    fc.assert(
      fc.property(itemArrays, fc.integer(), (items, key) => {
        const probe = makeProbe();
        function callsOf(body: () => unknown): number {
          probe.calls = 0;
          body();
          return probe.calls;
        }

        let heap = new BinaryHeap(probe.compare);
        const building = callsOf(() => {
          heap = BinaryHeap.from(items, probe.compare);
        });
        ok(building <= 2 * items.length, `from: ${building}`);
        const levels = Math.floor(Math.log2(items.length + 1));
        ok(callsOf(() => heap.push({ key })) <= levels);
        ok(callsOf(() => heap.replace({ key })) <= 2 * levels);
        ok(callsOf(() => heap.pushPop({ key })) <= 2 * levels + 1);
        ok(callsOf(() => heap.pop()) <= 2 * levels);
      }),
      { numRuns: RUNS },
    );
  });

  it("pop() and peek() give undefined when it is empty", () => {
    const heap = new BinaryHeap<number>(ascending);
    strictEqual(heap.pop(), undefined);
    strictEqual(heap.peek(), undefined);
    strictEqual(heap.size, 0);
    heap.push(1);
    strictEqual(heap.pop(), 1);
    strictEqual(heap.pop(), undefined);
    strictEqual(heap.size, 0);
  });

  it("pushPop() gives back what is not greater than the smallest", () => {
    const inside = { key: 1 };
    const heap = BinaryHeap.from([inside], byKey);
    for (const key of [0, 1]) {
      const item = { key };
      strictEqual(heap.pushPop(item), item);
    }
    strictEqual(heap.pushPop({ key: 2 }), inside);
    heap.clear();
    strictEqual(heap.pushPop(inside), inside);
    strictEqual(heap.size, 0);
  });

  it("replace() adds to an empty heap and gives undefined", () => {
    const heap = new BinaryHeap<number>(ascending);
    strictEqual(heap.replace(2), undefined);
    strictEqual(heap.replace(1), 2);
    strictEqual(heap.replace(3), 1);
    deepStrictEqual([...heap.drain()], [3]);
  });

  it("holds undefined as an item", () => {
    const heap = BinaryHeap.from(
      [2, undefined, 1, undefined],
      (a, b) => (a ?? 0) - (b ?? 0),
    );
    deepStrictEqual([...heap.drain()], [undefined, undefined, 1, 2]);
    strictEqual(heap.replace(undefined), undefined);
    strictEqual(heap.size, 1);
  });

  it("drain() keeps what is not asked for and gives what comes meanwhile", () => {
    const heap = BinaryHeap.from([5, 1, 3], ascending);
    const taken: number[] = [];
    for (const item of heap.drain()) {
      taken.push(item);
      if (item === 1) heap.push(2);
      if (item === 3) break;
    }
    deepStrictEqual(taken, [1, 2, 3]);
    strictEqual(heap.size, 1);
    heap.push(4);
    deepStrictEqual([...heap.drain()], [4, 5]);
  });

  it("gives the three smallest of 5 1 4 2 3 9 8 as 1 2 3", () => {
    const heap = BinaryHeap.from([5, 1, 4, 2, 3, 9, 8], ascending);
    deepStrictEqual([heap.pop(), heap.pop(), heap.pop()], [1, 2, 3]);
  });

  for (const compare of [undefined, null, "asc", 1, {}, []]) {
    it(`throws when compare is ${JSON.stringify(compare)}`, () => {
      const notCompare = compare as unknown as typeof ascending;
      const makes = [
        (): unknown => new BinaryHeap<number>(notCompare),
        (): unknown => BinaryHeap.from(UNREADABLE, notCompare),
      ];
      for (const make of makes) {
        throws(make, (error) => isInvalidOption(error, "compare"));
      }
    });
  }
});

function isInvalidOption(
  error: unknown,
  field: string,
  received = "",
): boolean {
  ok(ValidationError.is(error));
  strictEqual(error.code, "VALIDATION_INVALID_OPTION");
  strictEqual(error.field, field);
  ok(error.message.endsWith(`received ${received}`) || received === "");
  return true;
}

describe("topK()", () => {
  const sortKeys = fc.oneof(
    fc.integer({ min: -4, max: 4 }),
    fc.constantFrom(0, -0, Infinity, -Infinity, Number.MAX_VALUE, 0.5),
  );

  it("P17f gives what a stable sort by key and a slice give", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: sortKeys }), { maxLength: 60 }),
        fc.nat(64),
        (items, k) => {
          const wanted = [...items].sort((a, b) => b.key - a.key).slice(0, k);
          for (const source of [items, new Set(items), items.values()]) {
            const found = topK(source, k, ({ key }) => key);
            strictEqual(found.length, wanted.length);
            ok(found.every((item, i) => item === wanted[i]));
          }
        },
      ),
      { numRuns: 3 * RUNS },
    );
  });

  it("P17g asks for each key once, in order", () => {
    fc.assert(
      fc.property(fc.array(sortKeys), fc.integer({ min: 1 }), (items, k) => {
        const asked: number[] = [];
        topK(items, k, (item) => {
          asked.push(item);
          return item;
        });
        deepStrictEqual(asked, items);
      }),
      { numRuns: RUNS },
    );
  });

  it("gives the three smallest of 5 1 4 2 3 9 8 as 1 2 3", () => {
    deepStrictEqual(topK([5, 1, 4, 2, 3, 9, 8], 3, (n) => -n), [1, 2, 3]);
  });

  it("gives the earlier of equals first, and drops the latest", () => {
    const items = ["a2", "b1", "c2", "d3", "e2", "f2"];
    const rank = (item: string): number => Number(item[1]);
    deepStrictEqual(topK(items, 3, rank), ["d3", "a2", "c2"]);
    deepStrictEqual(topK(items, 6, rank), ["d3", "a2", "c2", "e2", "f2", "b1"]);
  });

  it("takes a k as large as a number gets, and 200 000 items", () => {
    const found = topK(shuffled(200_000), Number.MAX_SAFE_INTEGER, (n) => n);
    strictEqual(found.length, 200_000);
    ok(found.every((n, i) => n === 199_999 - i));
  });

  it("does not look at the items when k is 0", () => {
    deepStrictEqual(topK(UNREADABLE, 0, (n) => n), []);
  });

  it("throws at a key of NaN wherever it stands, and ends the iteration", () => {
    for (let place = 0; place < 6; place++) {
      let isClosed = false;
      const items = function* (): Generator<number> {
        try {
          for (let i = 0; i < 6; i++) yield i === place ? NaN : 10 - i;
        } finally {
          isClosed = true;
        }
      };
      throws(
        () => topK(items(), 2, (n) => n),
        (error) => isInvalidOption(error, "key(item)", "NaN"),
      );
      strictEqual(isClosed, true);
    }
  });

  for (const [name, value] of NOT_NUMBERS) {
    it(`throws when k or a key is ${name}`, () => {
      throws(
        () => topK([1], value as number, (n) => n),
        (error) => isInvalidOption(error, "k"),
      );
      throws(
        () => topK([7, 8, 0], 2, (n) => n || value as number),
        (error) => isInvalidOption(error, "key(item)"),
      );
    });
  }

  for (const k of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    it(`throws when k is ${k}`, () => {
      throws(
        () => topK([1], k, (n) => n),
        (error) => isInvalidOption(error, "k", String(k)),
      );
    });
  }

  it("throws when key is not a function", () => {
    throws(
      () => topK([{ key: 1 }], 1, "key" as unknown as (item: Item) => number),
      (error) => isInvalidOption(error, "key", '"key"'),
    );
  });
});
