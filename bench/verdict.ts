/**
 * Whether ours has become slower since a baseline was measured, on a machine
 * that does other things as well.
 *
 * Times cannot be compared: the machine is another one, or busy. Ratios can, for
 * what disturbs one contender disturbs its neighbours. What is left of noise
 * tells of itself: the code of peers is always the same, so that whatever the
 * ratio of two peers has changed by is noise, and ours may well have changed by
 * as much.
 *
 * A change is told as a factor: 1.5 is slower by half.
 *
 * @module
 */

import type { ComparisonPart, GroupResult, Measured } from "./results.ts";
import { quantile } from "./statistics.ts";

/** A group that was measured both times. */
export interface Pair {
  readonly suite: string;
  readonly file: string;
  readonly before: GroupResult;
  readonly now: GroupResult;
}

// Measured on two processors that up to ten programs shared, by quick runs of
// unchanged code against the baseline of a full one: half of the peers changed by
// less than 4 %, nine of ten by less than 21 to 28 %. Beyond that were 0 to 5 of
// 134 groups in a run, and none of them in both tries that followed, of three
// processes each.

/** The share of the changes between peers that the margin has to exceed. */
const COVERED = 0.9;

/** What makes ours slower by less is never told of. */
export const MIN_MARGIN = 1.15;

/** With a greater margin than this, half as much again could go unnoticed. */
export const MAX_MARGIN = 1.35;

/**
 * Finds the groups that were measured both times.
 *
 * @param before The baseline.
 * @param now What was measured now.
 * @returns The pairs, in the order of `now`.
 */
export function pairUp(before: ComparisonPart, now: ComparisonPart): Pair[] {
  return now.suites.flatMap(({ name: suite, file, groups }) => {
    const old = before.suites.find((it) => it.file === file)?.groups ?? [];
    return groups.flatMap((now): Pair[] => {
      const before = old.find(({ name }) => name === now.name);
      return before === undefined ? [] : [{ suite, file, before, now }];
    });
  });
}

/**
 * By how much ours has become slower, beyond the upper quartile of the baseline.
 * At least half of the other contenders say so: one alone may be wrong.
 *
 * @param pair The group.
 * @returns The factor, or `undefined` if no contender took part both times.
 */
export function slowdownOf({ before, now }: Pair): number | undefined {
  const then = { ...before.variants, ...foreign(before) };
  const factors = Object.entries({ ...now.variants, ...foreign(now) })
    .flatMap(([name, { ratio: [, median] }]) => {
      const old = then[name];
      return old === undefined ? [] : [median / old.ratio[2]];
    });
  return factors.toSorted((a, b) => a - b)[(factors.length - 1) >> 1];
}

/**
 * How much the contenders that are not ours have changed against each other.
 * Nothing that was done to ours has a part in it.
 *
 * @param pair The group.
 * @returns A factor of at least 1 for each of them, if there are two or more.
 */
export function noiseOf({ before, now }: Pair): number[] {
  const then = foreign(before);
  const both = Object.entries(foreign(now)).flatMap(([name, { ns }]) => {
    const old = then[name];
    return old === undefined ? [] : [{ name, change: ns / old.ns }];
  });
  if (both.length < 2) return [];
  return both.map(({ name, change }) => {
    const others = both.filter((other) => other.name !== name)
      .map((other) => change / other.change);
    const factor = quantile(others, 0.5);
    return Math.max(factor, 1 / factor);
  });
}

/**
 * How much slower is too much: more than what nine of ten peers have changed by.
 *
 * @param noise What `noiseOf` says of all groups.
 * @returns The factor.
 */
export function marginOf(noise: readonly number[]): number {
  return noise.length === 0
    ? MIN_MARGIN
    : Math.max(MIN_MARGIN, quantile(noise, COVERED));
}

function foreign(
  { floor, peers }: GroupResult,
): Readonly<Record<string, Measured>> {
  return { ...peers, ...floor && { "by hand": floor } };
}
