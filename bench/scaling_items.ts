/**
 * What the structures are filled with whose growth is measured.
 *
 * @module
 */

import { makeRandom } from "./random.ts";

/** Sizes of what never has a million items. */
export const UP_TO_1E5: readonly number[] = [1e2, 1e3, 1e4, 1e5];

/** Sizes of what is short, or takes its time. */
export const UP_TO_1E4: readonly number[] = [1e2, 1e3, 1e4];

const texts: string[] = [];

/**
 * Gives keys, the same ones each time.
 *
 * @param count How many.
 * @returns At least so many.
 */
export function keysOf(count: number): readonly string[] {
  while (texts.length < count) texts.push(`key:${texts.length}`);
  return texts;
}

/**
 * Gives the numbers from 0 in random order, the same one each time: in their
 * own order the processor would have the next item ready before it is asked for.
 *
 * @param count How many.
 * @returns The numbers.
 */
export function shuffled(count: number): Int32Array {
  const numbers = Int32Array.from({ length: count }, (_, i) => i);
  const random = makeRandom();
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const number = numbers[i]!;
    numbers[i] = numbers[j]!;
    numbers[j] = number;
  }
  return numbers;
}
