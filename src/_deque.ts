/**
 * A queue with two ends, in one circular array.
 *
 * @module
 */

const SMALLEST = 16;

/** Items in order; both ends are reached in constant time. */
export class Deque<T> {
  /** Its length is a power of two, so that a place is found by a mask. */
  #items: (T | undefined)[] = new Array(SMALLEST).fill(undefined);
  #head = 0;
  #size = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /** The first item; `undefined` where there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** The last item; `undefined` where there is none. */
  get last(): T | undefined {
    return this.#items[this.#place(this.#size - 1)];
  }

  /**
   * Adds an item at the end.
   *
   * @param item The item.
   */
  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[this.#place(this.#size++)] = item;
  }

  /**
   * Adds an item where it belongs in an order that the items have. Where it
   * belongs at the end, or near it, that takes no time.
   *
   * @param item The item.
   * @param comesAfter Whether an item that is there comes after the new one.
   */
  insert(item: T, comesAfter: (there: T, item: T) => boolean): void {
    this.push(item);
    const items = this.#items;
    for (let i = this.#size - 1; i > 0; i--) {
      const before = items[this.#place(i - 1)] as T;
      if (!comesAfter(before, item)) return;
      items[this.#place(i - 1)] = item;
      items[this.#place(i)] = before;
    }
  }

  /**
   * Takes the last item.
   *
   * @returns The item; `undefined` where there is none.
   */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    return this.#take(this.#place(--this.#size));
  }

  /**
   * Takes the first item.
   *
   * @returns The item; `undefined` where there is none.
   */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const place = this.#head;
    this.#head = this.#place(1);
    this.#size--;
    return this.#take(place);
  }

  /**
   * Keeps some of the items, in their order.
   *
   * @param isKept Whether an item stays; it is asked about each, from the first
   * to the last, and must not touch the deque.
   */
  retain(isKept: (item: T) => boolean): void {
    const { size } = this;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      const item = this.#take(this.#place(i)) as T;
      if (isKept(item)) this.#items[this.#place(kept++)] = item;
    }
    this.#size = kept;
  }

  #place(index: number): number {
    return (this.#head + index) & (this.#items.length - 1);
  }

  /** An item that has gone is kept alive by nothing here. */
  #take(place: number): T | undefined {
    const item = this.#items[place];
    this.#items[place] = undefined;
    return item;
  }

  #grow(): void {
    const items = this.#items;
    const { length } = items;
    this.#items = new Array(2 * length).fill(undefined);
    for (let i = 0; i < length; i++) {
      this.#items[i] = items[(this.#head + i) & (length - 1)];
    }
    this.#head = 0;
  }
}
