/**
 * What a key ring keeps for ciphers alone: its keys.
 *
 * @module
 */

/** A key and its id. */
export interface RingKey {
  /** The id. */
  readonly id: string;
  /** The key. */
  readonly key: CryptoKey;
}

/** The keys of a ring. */
export interface RingKeys {
  /** The one that seals. */
  readonly primary: RingKey;
  /** How often that may seal. */
  readonly maxSeals: number;

  /**
   * Finds a key; never one in place of another.
   *
   * @param id Its id.
   * @returns The key; `undefined` where there is none of this id.
   */
  find(id: string): CryptoKey | undefined;

  /**
   * Counts one more seal.
   *
   * @returns Whether the key may seal once more.
   */
  countSeal(): boolean;
}

const keysByRing: WeakMap<WeakKey, RingKeys> = /* @__PURE__ */ new WeakMap();

/**
 * Keeps the keys of a ring.
 *
 * @param ring The ring.
 * @param keys Its keys.
 */
export function holdKeys(ring: WeakKey, keys: RingKeys): void {
  keysByRing.set(ring, keys);
}

/**
 * Finds the keys of a ring.
 *
 * @param ring The ring.
 * @returns Its keys; `undefined` for what is no ring.
 */
export function keysOf(ring: WeakKey): RingKeys | undefined {
  return keysByRing.get(ring);
}
