/**
 * Which entry of a cache goes first. An entry is a slot, a small number; what is
 * in it is the cache's own affair.
 *
 * @module
 */

import { movedTo } from "./_columns.ts";
import { SlotLists } from "./_slot_lists.ts";

/** The order in which entries go. */
export interface EvictionPolicy {
  /** Makes room for more slots. */
  grow(capacity: number): void;
  /** Notes that an entry was used. */
  touch(slot: number): void;
  /** Takes an entry in: a new one, or one whose ghost was remembered. */
  add(slot: number, wasGhost: boolean): void;
  /** Forgets an entry or a ghost. */
  remove(slot: number): void;
  /** The entry that is to go; there is one. */
  victim(): number;
  /**
   * Turns the victim into a ghost, whose key is remembered, or forgets it.
   *
   * @returns Whether it is a ghost now.
   */
  bury(slot: number): boolean;
  /** A ghost that must be forgotten, since there are too many; else -1. */
  surplusGhost(): number;
  /** Forgets everything. */
  clear(): void;
}

/** How many slots every policy keeps for its lists. */
export const RESERVED_SLOTS = 3;

const RECENT = 0;

/** The least recently used goes first, exactly. */
export class LruPolicy implements EvictionPolicy {
  readonly #lists: SlotLists;

  /**
   * Makes one without entries.
   *
   * @param capacity How many slots there are.
   */
  constructor(capacity: number) {
    this.#lists = new SlotLists(1, capacity);
  }

  grow(capacity: number): void {
    this.#lists.grow(capacity);
  }

  touch(slot: number): void {
    this.#lists.moveToFront(RECENT, slot);
  }

  add(slot: number): void {
    this.#lists.unshift(RECENT, slot);
  }

  remove(slot: number): void {
    this.#lists.remove(slot);
  }

  victim(): number {
    return this.#lists.last(RECENT);
  }

  bury(slot: number): boolean {
    this.#lists.remove(slot);
    return false;
  }

  surplusGhost(): number {
    return -1;
  }

  clear(): void {
    this.#lists.clear(RECENT);
  }
}

// The lists of S3-FIFO.
const SMALL = 0;
const MAIN = 1;
const GHOSTS = 2;

/** How often a use counts at most. */
const MOST_USES = 3;

/**
 * S3-FIFO: new entries prove themselves in a small queue; who is used there moves
 * to the main one, who is not goes soon. Of those that went the keys are
 * remembered for a while: who comes back goes to the main queue at once. So a
 * scan over many keys does not drive out what is used often.
 *
 * Source: Yang, Zhang, Qiu, Yue, Vigfusson, "FIFO queues are all you need for
 * cache eviction", SOSP 2023.
 */
export class S3FifoPolicy implements EvictionPolicy {
  readonly #lists: SlotLists;
  /** How often an entry was used since it came to its queue. */
  #uses: Uint8Array;
  /** The list that a slot is in. */
  #lanes: Uint8Array;
  #small = 0;
  #main = 0;
  #ghosts = 0;

  /**
   * Makes one without entries.
   *
   * @param capacity How many slots there are.
   */
  constructor(capacity: number) {
    this.#lists = new SlotLists(3, capacity);
    this.#uses = new Uint8Array(capacity);
    this.#lanes = new Uint8Array(capacity);
  }

  grow(capacity: number): void {
    this.#lists.grow(capacity);
    this.#uses = movedTo(this.#uses, new Uint8Array(capacity));
    this.#lanes = movedTo(this.#lanes, new Uint8Array(capacity));
  }

  touch(slot: number): void {
    const uses = this.#uses[slot]!;
    if (uses < MOST_USES) this.#uses[slot] = uses + 1;
  }

  add(slot: number, wasGhost: boolean): void {
    if (wasGhost) {
      this.#push(MAIN, slot);
      this.#main++;
    } else {
      this.#push(SMALL, slot);
      this.#small++;
    }
  }

  remove(slot: number): void {
    this.#lists.remove(slot);
    const lane = this.#lanes[slot];
    if (lane === SMALL) this.#small--;
    else if (lane === MAIN) this.#main--;
    else this.#ghosts--;
  }

  victim(): number {
    for (;;) {
      // A tenth of all is for those that have to prove themselves.
      const lane = 9 * this.#small >= this.#main ? SMALL : MAIN;
      const slot = this.#lists.last(lane);
      const uses = this.#uses[slot]!;
      if (uses === 0) return slot;
      if (lane === SMALL) {
        this.remove(slot);
        this.add(slot, true);
      } else {
        this.#lists.moveToFront(MAIN, slot);
        this.#uses[slot] = uses - 1;
      }
    }
  }

  bury(slot: number): boolean {
    const isGhost = this.#lanes[slot] === SMALL;
    this.remove(slot);
    if (isGhost) {
      this.#push(GHOSTS, slot);
      this.#ghosts++;
    }
    return isGhost;
  }

  surplusGhost(): number {
    // As many as there are entries in the main queue of a full cache.
    const most = 0.9 * (this.#small + this.#main);
    return this.#ghosts > most ? this.#lists.last(GHOSTS) : -1;
  }

  clear(): void {
    for (const list of [SMALL, MAIN, GHOSTS]) this.#lists.clear(list);
    this.#small = this.#main = this.#ghosts = 0;
  }

  #push(lane: number, slot: number): void {
    this.#lists.unshift(lane, slot);
    this.#lanes[slot] = lane;
    this.#uses[slot] = 0;
  }
}
