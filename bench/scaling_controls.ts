/**
 * The least that is done by who keeps a complexity: what the processor, its
 * caches and its memory make of it. Ours may not grow faster than these do.
 *
 * @module
 */

import { makeRandom } from "./random.ts";
import { keysOf, shuffled } from "./scaling_items.ts";

/**
 * Does something once, with the item of a number; the numbers come in random
 * order, each once until all have come. Tells whether it went as it should.
 */
export type Step = (number: number) => boolean | Promise<boolean>;

interface Item {
  readonly number: number;
}

function itemsOf(size: number): readonly Item[] {
  return Array.from({ length: size }, (_, number) => ({ number }));
}

/** The sum of the numbers of so many items. */
function sumBelow(size: number): number {
  return size * (size - 1) / 2;
}

/** A bare Map that is read. */
function lookUp(size: number): Step {
  const keys = keysOf(size);
  const items = new Map(itemsOf(size).map((item, i) => [keys[i]!, item]));
  return (number) => items.get(keys[number]!)!.number === number;
}

/** A bare Map of which one key goes as another comes. */
function replace(size: number): Step {
  const keys = keysOf(2 * size);
  const [items, others] = [itemsOf(size), itemsOf(size)];
  const present = new Map(items.map((item, i) => [keys[i]!, item]));
  let at = size;
  return () => {
    const oldest = at < size ? at + size : at - size;
    const wasThere = present.delete(keys[oldest]!);
    present.set(keys[at]!, others[at < size ? at : oldest]!);
    at = at + 1 === 2 * size ? 0 : at + 1;
    return wasThere;
  };
}

/** A bare Map of which the same keys go and come. */
function toggle(size: number): Step {
  const keys = keysOf(size);
  const items = itemsOf(size);
  const present = new Map(items.map((item, i) => [keys[i]!, item]));
  return (number) => {
    const wasThere = present.delete(keys[number]!);
    present.set(keys[number]!, items[number]!);
    return wasThere;
  };
}

/** A bare array, from the first place to one of the last by halves. */
function descend(size: number): Step {
  const items = itemsOf(size);
  const all = Array.from(shuffled(size), (number) => items[number]!);
  const random = makeRandom();
  return () => {
    let path = random() * 2 ** 32;
    let sum = 0;
    for (let at = 0; at < size; at = 2 * at + 1 + (path & 1), path >>>= 1) {
      sum += all[at]!.number;
    }
    return sum >= 0;
  };
}

/** A bare Map that is gone through, and asked for each key. */
function visit(size: number): Step {
  const keys = keysOf(size);
  const items = new Map(itemsOf(size).map((item, i) => [keys[i]!, item]));
  return () => {
    let sum = 0;
    for (const key of items.keys()) sum += items.get(key)!.number;
    return sum === sumBelow(size);
  };
}

/** A bare array that is gone through. */
function passThrough(size: number): Step {
  const all = itemsOf(size);
  return () => {
    let sum = 0;
    for (let i = 0; i < all.length; i++) sum += all[i]!.number;
    return sum === sumBelow(size);
  };
}

/** A bare array whose items are written into one text, a line each. */
function write(size: number): Step {
  const keys = keysOf(size);
  const all = itemsOf(size);
  return () => {
    let text = "";
    for (let i = 0; i < size; i++) {
      text += `items_total{key="${keys[i]}",kind="item"} ${all[i]!.number}\n`;
    }
    return text.length > size;
  };
}

/** A bare string that is read. */
function read(size: number): Step {
  const text = "a".repeat(size);
  return () => {
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) === 0x61) count++;
    }
    return count === size;
  };
}

/** What there is to compare with. */
export type Control =
  | "lookUp"
  | "replace"
  | "toggle"
  | "descend"
  | "visit"
  | "passThrough"
  | "write"
  | "read";

/** Makes a step of each control, for a size. */
export const controls: Readonly<Record<Control, (size: number) => Step>> = {
  lookUp,
  replace,
  toggle,
  descend,
  visit,
  passThrough,
  write,
  read,
};
