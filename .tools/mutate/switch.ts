/**
 * Which mutant is active. Every mutant of a module is compiled into the one
 * copy that the tests import, and asks here whether it is its turn.
 *
 * @module
 */

/** What the worker sets and reads. */
export interface Switch {
  /** The mutant whose turn it is; 0 for none. */
  active: number;
  /** The mutants that asked while none was active. */
  readonly reached: Set<number>;
  /** How often any mutant asked. */
  asked: number;
  /** How often they may ask: what asks more often does not end. */
  maxAsked: number;
  /** How many cases a property runs at most. */
  maxRuns: number;
}

/** The one switch of a process. */
export const mutation: Switch = {
  active: 0,
  reached: new Set(),
  asked: 0,
  maxAsked: Infinity,
  maxRuns: Infinity,
};

/**
 * Whether it is a mutant's turn.
 *
 * @param id The mutant.
 * @returns Whether it is the active one.
 * @throws They asked too often.
 */
export function isActive(id: number): boolean {
  if (++mutation.asked > mutation.maxAsked) throw new Error("It does not end");
  if (mutation.active === 0) mutation.reached.add(id);
  return mutation.active === id;
}
