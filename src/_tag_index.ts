/**
 * Which entries of a cache carry which tag. An entry is a slot, a small number.
 *
 * A link joins a slot to a tag, and is in two lists: that of its tag, doubly
 * linked, and that of its slot. All links are in one array of integers, so that
 * none is an object; measured, a tag costs a write a third of what a Set for each
 * tag costs.
 *
 * @module
 */

import { movedTo } from "./_columns.ts";

// The words of a link.
const SLOT = 0;
const TAG = 1;
const NEXT_OF_TAG = 2;
const PREVIOUS_OF_TAG = 3;
const NEXT_OF_SLOT = 4;
const WORDS = 5;

/** Links are counted from 1, so that 0 is none. */
const NONE = 0;

const FEWEST_LINKS = 16;

/** The tags of slots and the slots of tags. */
export class TagIndex {
  readonly #ids: Map<string, number> = new Map();
  /** By the number of a tag: its name, its first link. */
  readonly #names: string[] = [];
  readonly #firstOfTag: number[] = [];
  readonly #freeIds: number[] = [];
  /** By slot: its first link. */
  #firstOfSlot: Int32Array;
  #links: Int32Array = new Int32Array(WORDS * FEWEST_LINKS);
  #used = 1;
  #free = NONE;

  /**
   * Makes an empty index.
   *
   * @param slots How many slots there are.
   */
  constructor(slots: number) {
    this.#firstOfSlot = new Int32Array(slots);
  }

  /** How many tags are carried by some slot. */
  get size(): number {
    return this.#ids.size;
  }

  /**
   * Makes room for more slots.
   *
   * @param slots How many there are to be.
   */
  grow(slots: number): void {
    this.#firstOfSlot = movedTo(this.#firstOfSlot, new Int32Array(slots));
  }

  /**
   * Gives a slot its tags.
   *
   * @param slot The slot; it has none.
   * @param names The tags; each counts once.
   */
  add(slot: number, names: readonly string[]): void {
    for (let i = 0; i < names.length; i++) this.#link(slot, names[i]!);
  }

  #link(slot: number, name: string): void {
    const tag = this.#ids.get(name) ?? this.#newTag(name);
    const first = this.#firstOfTag[tag]!;
    // No other slot got the tag since this one began: it would come first.
    if (first !== NONE && this.#links[WORDS * first + SLOT] === slot) return;
    const next = this.#firstOfSlot[slot]!;
    const link = this.#newLink();
    const links = this.#links;
    const at = WORDS * link;
    links[at + SLOT] = slot;
    links[at + TAG] = tag;
    links[at + NEXT_OF_TAG] = first;
    links[at + PREVIOUS_OF_TAG] = NONE;
    links[at + NEXT_OF_SLOT] = next;
    if (first !== NONE) links[WORDS * first + PREVIOUS_OF_TAG] = link;
    this.#firstOfTag[tag] = link;
    this.#firstOfSlot[slot] = link;
  }

  /**
   * Takes all tags from a slot.
   *
   * @param slot The slot.
   */
  remove(slot: number): void {
    let link = this.#firstOfSlot[slot]!;
    if (link === NONE) return;
    this.#firstOfSlot[slot] = NONE;
    const links = this.#links;
    while (link !== NONE) {
      const at = WORDS * link;
      const tag = links[at + TAG]!;
      const next = links[at + NEXT_OF_TAG]!;
      const previous = links[at + PREVIOUS_OF_TAG]!;
      if (next !== NONE) links[WORDS * next + PREVIOUS_OF_TAG] = previous;
      if (previous !== NONE) links[WORDS * previous + NEXT_OF_TAG] = next;
      else {
        this.#firstOfTag[tag] = next;
        if (next === NONE) this.#freeTag(tag);
      }
      const nextOfSlot = links[at + NEXT_OF_SLOT]!;
      links[at + NEXT_OF_SLOT] = this.#free;
      this.#free = link;
      link = nextOfSlot;
    }
  }

  /**
   * A slot that carries a tag.
   *
   * @param name The tag.
   * @returns The one that got it last; -1 where there is none.
   */
  firstOf(name: string): number {
    const tag = this.#ids.get(name);
    return tag === undefined
      ? -1
      : this.#links[WORDS * this.#firstOfTag[tag]! + SLOT]!;
  }

  /**
   * The tags of a slot.
   *
   * @param slot The slot.
   * @returns Their names, in the order in which it got them.
   */
  tagsOf(slot: number): string[] {
    const names: string[] = [];
    for (let link = this.#firstOfSlot[slot]!; link !== NONE;) {
      names.push(this.#names[this.#links[WORDS * link + TAG]!]!);
      link = this.#links[WORDS * link + NEXT_OF_SLOT]!;
    }
    return names.reverse();
  }

  #newTag(name: string): number {
    const tag = this.#freeIds.pop() ?? this.#names.length;
    this.#ids.set(name, tag);
    this.#names[tag] = name;
    this.#firstOfTag[tag] = NONE;
    return tag;
  }

  #freeTag(tag: number): void {
    this.#ids.delete(this.#names[tag]!);
    this.#names[tag] = "";
    this.#freeIds.push(tag);
  }

  #newLink(): number {
    const link = this.#free;
    if (link !== NONE) {
      this.#free = this.#links[WORDS * link + NEXT_OF_SLOT]!;
      return link;
    }
    if (WORDS * this.#used === this.#links.length) {
      this.#links = movedTo(
        this.#links,
        new Int32Array(2 * this.#links.length),
      );
    }
    return this.#used++;
  }
}
