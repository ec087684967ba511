/**
 * A stable sort of numbers that gives their positions, in time linear to their
 * count.
 *
 * @module
 */

/** A digit is a byte, and a number has eight of them. */
const DIGITS = 8;
const RADIX = 256;

/** Which of a number's two words is the high one: 1 where the low comes first. */
const HIGH: number =
  /* @__PURE__ */ new Uint32Array(/* @__PURE__ */ Float64Array.of(1).buffer)[0]
    ? 0
    : 1;

/**
 * The positions of numbers in ascending order of the numbers; of equal ones the
 * first comes first. A radix sort from the least significant digit on, which
 * passes over the digits that all numbers have in common.
 *
 * Measured against sorting the numbers in words that move along, and against
 * digits of 11 bits: within 30 % of each other from 1e3 to 1e6 numbers, so it is
 * the shortest. 1e5 random numbers take 20 to 30 ns each on V8.
 *
 * @param keys The numbers; none is NaN, and none is -0, which comes before 0.
 * @returns The positions.
 */
export function sortedPositions(keys: ArrayLike<number>): Uint32Array {
  const words = sortableWords(keys);
  const ends = countDigits(words);
  let positions = new Uint32Array(keys.length);
  for (let i = 0; i < positions.length; i++) positions[i] = i;
  let sorted = new Uint32Array(keys.length);
  for (let digit = 0; digit < DIGITS; digit++) {
    const first = digit * RADIX;
    // Counts become the places at which the numbers with each digit begin.
    if (!toStarts(ends, first, keys.length)) continue;
    const word = digit < 4 ? 1 - HIGH : HIGH;
    const shift = 8 * (digit & 3);
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!;
      const value = words[2 * position + word]! >>> shift & 255;
      sorted[ends[first + value]!++] = position;
    }
    [positions, sorted] = [sorted, positions];
  }
  return positions;
}

/**
 * The numbers' bits, changed so that they order as unsigned integers do: a
 * negative number is turned over, the sign of the others is set.
 */
function sortableWords(keys: ArrayLike<number>): Int32Array {
  const words = new Int32Array(new Float64Array(keys).buffer);
  for (let i = 0; i < words.length; i += 2) {
    const negative = words[i + HIGH]! >> 31; // All ones, or 0.
    words[i + 1 - HIGH]! ^= negative;
    words[i + HIGH]! ^= negative | 0x8000_0000;
  }
  return words;
}

/** How many numbers have each value of each digit. */
function countDigits(words: Int32Array): Uint32Array {
  const counts = new Uint32Array(DIGITS * RADIX);
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i + 1 - HIGH]!;
    const high = words[i + HIGH]!;
    counts[low & 255]!++;
    counts[256 + (low >>> 8 & 255)]!++;
    counts[512 + (low >>> 16 & 255)]!++;
    counts[768 + (low >>> 24)]!++;
    counts[1024 + (high & 255)]!++;
    counts[1280 + (high >>> 8 & 255)]!++;
    counts[1536 + (high >>> 16 & 255)]!++;
    counts[1792 + (high >>> 24)]!++;
  }
  return counts;
}

/** Turns one digit's counts into starts; `false` where all have one value. */
function toStarts(counts: Uint32Array, first: number, total: number): boolean {
  let start = 0;
  for (let i = first; i < first + RADIX; i++) {
    const count = counts[i]!;
    if (count === total) return false;
    counts[i] = start;
    start += count;
  }
  return true;
}
