/**
 * Doubly linked lists of small numbers, kept in one array of integers: no object
 * an entry, and both links of an entry on one line of the processor's cache.
 *
 * @module
 */

import { movedTo } from "./_columns.ts";

/**
 * Some lists over the same slots; a slot is in one of them at the most. The
 * lists themselves are the first slots: each is a ring through its own.
 */
export class SlotLists {
  /** Of each slot the next one, and the one before. */
  #links: Int32Array;

  /**
   * Makes empty lists.
   *
   * @param lists How many; they are the slots from 0 on.
   * @param capacity How many slots there are, the lists included.
   */
  constructor(lists: number, capacity: number) {
    this.#links = new Int32Array(2 * capacity);
    for (let list = 0; list < lists; list++) this.clear(list);
  }

  /**
   * Makes room for more slots.
   *
   * @param capacity How many there are to be.
   */
  grow(capacity: number): void {
    this.#links = movedTo(this.#links, new Int32Array(2 * capacity));
  }

  /**
   * Empties a list. Its slots are left to themselves.
   *
   * @param list The list.
   */
  clear(list: number): void {
    this.#links[2 * list] = list;
    this.#links[2 * list + 1] = list;
  }

  /**
   * The last slot of a list.
   *
   * @param list The list.
   * @returns The slot; the list itself where it is empty.
   */
  last(list: number): number {
    return this.#links[2 * list + 1]!;
  }

  /**
   * Puts a slot that is in no list at the head of one.
   *
   * @param list The list.
   * @param slot The slot.
   */
  unshift(list: number, slot: number): void {
    const links = this.#links;
    const first = links[2 * list]!;
    links[2 * slot] = first;
    links[2 * slot + 1] = list;
    links[2 * list] = slot;
    links[2 * first + 1] = slot;
  }

  /**
   * Takes a slot out of its list.
   *
   * @param slot The slot.
   */
  remove(slot: number): void {
    const links = this.#links;
    const next = links[2 * slot]!;
    const previous = links[2 * slot + 1]!;
    links[2 * previous] = next;
    links[2 * next + 1] = previous;
  }

  /**
   * Moves a slot to the head of the list that it is in.
   *
   * @param list The list.
   * @param slot The slot.
   */
  moveToFront(list: number, slot: number): void {
    const links = this.#links;
    const previous = links[2 * slot + 1]!;
    if (previous === list) return;
    const next = links[2 * slot]!;
    links[2 * previous] = next;
    links[2 * next + 1] = previous;
    const first = links[2 * list]!;
    links[2 * slot] = first;
    links[2 * slot + 1] = list;
    links[2 * list] = slot;
    links[2 * first + 1] = slot;
  }
}
