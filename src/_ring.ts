/**
 * The latest of many items.
 *
 * @module
 */

/** Keeps so many items; one more takes the place of the oldest. */
export class Ring<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  /** Where the next one goes: where the oldest is, once all places are taken. */
  #next = 0;

  /**
   * Makes an empty ring.
   *
   * @param max How many items it keeps: a whole number of 1 or more.
   */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Adds an item.
   *
   * @param item The item.
   * @returns Whether another one went for it.
   */
  push(item: T): boolean {
    const isFull = this.#items.length === this.#max;
    this.#items[this.#next++] = item;
    if (this.#next === this.#max) this.#next = 0;
    return isFull;
  }

  /** Gives the items, the oldest first. */
  toArray(): T[] {
    return [
      ...this.#items.slice(this.#next),
      ...this.#items.slice(0, this.#next),
    ];
  }

  /** Forgets all items. */
  clear(): void {
    this.#items.length = 0;
    this.#next = 0;
  }
}
