/**
 * Numbers by key that are forgotten a while after they were last used, without
 * a timer and without looking through them.
 *
 * @module
 */

/** A key of a Map that is compared by value. */
export type PrimitiveKey = string | number | bigint;

/** How many keys there is room for to begin with. */
const SMALLEST = 16;

/** What a key of the limits may take. */
export interface GenerationsOptions {
  /** How many numbers a key has. */
  readonly width: number;
  /** For how many ticks a key is kept after its last use, at the least. */
  readonly spanTicks: number;
  /** How many keys there may be; 2 or more. */
  readonly maxKeys: number;
  /**
   * Whether a full table forgets the keys that have not been used for longest,
   * in place of taking no new ones.
   */
  readonly forgets: boolean;
}

/**
 * Two generations of keys. A key that is used is in the young one; after each
 * span the old one is dropped as a whole, and the young one takes its place. So
 * a key is dropped when it has not been used for one span, or up to three where
 * hardly anybody looks.
 *
 * The numbers of a key stand side by side in `cells`: no object a key.
 */
export class Generations {
  readonly #width: number;
  readonly #spanTicks: number;
  readonly #maxKeys: number;
  /** How many keys are young before they become old for want of room. */
  readonly #maxYoung: number;
  #young = new Map<PrimitiveKey, number>();
  #old = new Map<PrimitiveKey, number>();
  #oldCells: Float64Array;
  /** When the young ones began to be young. */
  #sinceTick = -Infinity;

  /** The numbers of the keys that are young. */
  cells: Float64Array;

  /**
   * Makes an empty table.
   *
   * @param options Its bounds.
   */
  constructor({ width, spanTicks, maxKeys, forgets }: GenerationsOptions) {
    this.#width = width;
    this.#spanTicks = spanTicks;
    this.#maxKeys = maxKeys;
    this.#maxYoung = forgets ? Math.floor(maxKeys / 2) : Infinity;
    this.cells = new Float64Array(SMALLEST * width);
    this.#oldCells = this.cells;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Whether a key can be added. */
  get hasRoom(): boolean {
    return this.#maxYoung !== Infinity || this.size < this.#maxKeys;
  }

  /** When keys will have been dropped, if nobody uses them. */
  get nextRoomTick(): number {
    if (this.#spanTicks === Infinity) return Infinity;
    return this.#old.size > 0
      ? this.#nextDropTick
      : this.#nextDropTick + this.#spanTicks;
  }

  get #nextDropTick(): number {
    return this.#sinceTick + this.#spanTicks;
  }

  /**
   * Looks for a key, and makes it young.
   *
   * @param key The key.
   * @param tick The time.
   * @returns Where its numbers begin in `cells`; -1 where there is none.
   */
  locate(key: PrimitiveKey, tick: number): number {
    if (tick >= this.#nextDropTick) this.#passTime(tick);
    const at = this.#young.get(key);
    if (at !== undefined) return at;
    const oldAt = this.#old.get(key);
    return oldAt === undefined ? -1 : this.#rejuvenate(key, oldAt, tick);
  }

  /**
   * Adds a key that is not there, with zeros.
   *
   * @param key The key.
   * @param tick The time.
   * @returns Where its numbers begin in `cells`; -1 where there is no room.
   */
  add(key: PrimitiveKey, tick: number): number {
    if (this.#young.size >= this.#maxYoung) this.#age(tick);
    if (this.size >= this.#maxKeys) return -1;
    return this.#insert(key);
  }

  #passTime(tick: number): void {
    // Two spans, and nobody looked: the young ones are too old as well.
    if (tick >= this.#nextDropTick + this.#spanTicks) this.#age(tick);
    this.#age(tick);
  }

  /** The young become the old, and the old are dropped. */
  #age(tick: number): void {
    this.#old = this.#young;
    this.#oldCells = this.cells;
    this.#young = new Map();
    this.cells = new Float64Array(SMALLEST * this.#width);
    this.#sinceTick = tick;
  }

  #rejuvenate(key: PrimitiveKey, oldAt: number, tick: number): number {
    const numbers = this.#oldCells.subarray(oldAt, oldAt + this.#width);
    this.#old.delete(key);
    if (this.#young.size >= this.#maxYoung) this.#age(tick);
    const at = this.#insert(key);
    this.cells.set(numbers, at);
    return at;
  }

  #insert(key: PrimitiveKey): number {
    const at = this.#young.size * this.#width;
    if (at === this.cells.length) {
      const cells = new Float64Array(2 * at);
      cells.set(this.cells);
      this.cells = cells;
    }
    this.#young.set(key, at);
    return at;
  }
}
