/**
 * Chance that is the same in each run.
 *
 * @module
 */

/**
 * Makes numbers from 0 to 1, the same ones for the same seed: a linear
 * congruential generator with the constants of Numerical Recipes.
 *
 * @param seed A whole number.
 * @returns What gives the next.
 */
export function makeRandom(seed: number = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
