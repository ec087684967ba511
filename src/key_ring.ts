/**
 * Keys for sealing values: one that seals, and others that still open what they
 * have sealed.
 *
 * When to use it: with `Cipher`, from the first day: a ring of one
 * key can be rotated, a key cannot.
 *
 * When not: as the place where keys are kept, which is a secret manager; what
 * it hands out goes into a ring at the start.
 *
 * - **Never given away.** A key enters, and does not come out, not even in an
 *   error or a log.
 * - **Warned in time.** How often a key has sealed is counted, and told before
 *   the bound of random IVs comes near.
 *
 * To change keys without an interruption, in three deployments:
 *
 * 1. Add the new key to the ring of every process. None seals with it yet.
 * 2. Make it the primary. What the old one has sealed still opens.
 * 3. Seal again what the old one has sealed (`needsRotation` and `rotate` of a
 *    `Cipher`), then take it out.
 *
 * @example A new key takes over
 * ```ts
 * import { Cipher } from "@groundwork/infra/encryption";
 * import { generateKey, KeyRing } from "@groundwork/infra/key-ring";
 * import { strictEqual } from "node:assert/strict";
 *
 * const may = { id: "2025-05", key: generateKey() };
 * const june = { id: "2025-06", key: generateKey() };
 * const old = new Cipher(await KeyRing.create([may, june], "2025-05"));
 * const now = new Cipher(await KeyRing.create([may, june], "2025-06"));
 *
 * const sealed = (await old.seal("hunter2")).unwrap();
 * strictEqual((await now.open(sealed)).unwrap(), "hunter2");
 * strictEqual(now.needsRotation(sealed), true);
 * strictEqual((await now.rotate(sealed)).unwrap().keyId, "2025-06");
 * ```
 *
 * @module
 */

import { fromBase64Url, toBase64Url } from "./_base64url.ts";
import * as Expectations from "./_expectations.ts";
import { invalidOption, requireCallback } from "./_options.ts";
import { callReporting } from "./_report.ts";
import { holdKeys } from "./_ring_keys.ts";
import { type Bytes, KEY_ID } from "./_sealed_value.ts";
import { fillPlaceholders } from "./messages.ts";
import { Secret } from "./secret.ts";
import { requireOption, validateRange } from "./validators.ts";

const KEY_BYTES = 32;

/** How long the text of a key is. No id is shown in an error that may be one. */
const KEY_TEXT_LENGTH = 43;

/** The bound of NIST SP 800-38D, section 8.3, for keys with random IVs. */
const MAX_SEALS = 2 ** 32;

/** A `CryptoKey`, for which the types of Node have no global name. */
export type PlatformKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * What a key is made of: 32 bytes, their text in base64url without padding, either
 * of them as a {@linkcode Secret}, or a `CryptoKey` for AES-GCM with 256 bits that
 * is not extractable.
 *
 * A password is none. The bytes have to be random: see {@linkcode generateKey}.
 *
 * @example Bytes that some other program has stored
 * ```ts
 * import { type KeyMaterial, KeyRing } from "@groundwork/infra/key-ring";
 * import { strictEqual } from "node:assert/strict";
 *
 * const key: KeyMaterial = crypto.getRandomValues(new Uint8Array(32));
 * strictEqual((await KeyRing.create([{ id: "k1", key }], "k1")).primary, "k1");
 * ```
 */
export type KeyMaterial =
  | Uint8Array
  | string
  | Secret<Uint8Array>
  | Secret<string>
  | PlatformKey;

/**
 * A key and its id.
 *
 * @typeParam TKey What the key is made of.
 *
 * @example A key in a configuration
 * ```ts
 * import { type KeyInput, KeyRing } from "@groundwork/infra/key-ring";
 * import { Secret } from "@groundwork/infra/secret";
 * import { strictEqual } from "node:assert/strict";
 *
 * const key = new Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
 * const input: KeyInput = { id: "2025-06", key };
 * strictEqual((await KeyRing.create([input], "2025-06")).ids.length, 1);
 * ```
 */
export interface KeyInput<TKey = KeyMaterial> {
  /**
   * Its id, which stands in each value: 1 to 64 letters, digits, `_` and `-` of
   * ASCII. No other key may ever have it.
   */
  readonly id: string;
  /** The key. */
  readonly key: TKey;
}

/** How often a key has sealed: what {@linkcode KeyRingOptions.onSealWarning} gets. */
export interface SealWarning {
  /** The id of the key. */
  readonly keyId: string;
  /** How often it has sealed. */
  readonly seals: number;
  /** How often it may. */
  readonly maxSeals: number;
}

/** Options of {@linkcode KeyRing}. */
export interface KeyRingOptions {
  /**
   * How often the primary may seal by this ring: a whole number, at most 2^32.
   * With random IVs of 96 bits more would make it likely enough that two are the
   * same, which would lay the key open (NIST SP 800-38D, section 8.3).
   *
   * A ring counts what it seals itself, from 0. Where many processes share a key,
   * or start again often, give each its share.
   *
   * @default {2 ** 32}
   */
  readonly maxSeals?: number;
  /**
   * Called once, when the primary has sealed half as often as it may: time for a new
   * key. What it throws is reported as unhandled.
   */
  readonly onSealWarning?: (warning: SealWarning) => void;
}

/**
 * Makes a key that nobody can guess, by the platform's generator for secrets: 256
 * bits, in base64url without padding, as {@linkcode KeyRing.create} takes them.
 *
 * @returns The text of the key; {@linkcode Secret.reveal} gives it for the place
 * where secrets are kept.
 *
 * @example A text of 43 characters
 * ```ts
 * import { generateKey } from "@groundwork/infra/key-ring";
 * import { match, strictEqual } from "node:assert/strict";
 *
 * const key = generateKey();
 * match(key.reveal(), /^[\w-]{43}$/);
 * strictEqual(String(key), "[secret]");
 * ```
 */
export function generateKey(): Secret<string> {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return new Secret(toBase64Url(bytes));
}

/**
 * Keys by their ids. The primary seals; every key opens what it has sealed. A ring
 * never changes, and never gives a key away.
 *
 * @example Keys of a KMS, or of anything that makes a `CryptoKey`
 * ```ts
 * import { KeyRing } from "@groundwork/infra/key-ring";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const key = await crypto.subtle.generateKey(
 *   { name: "AES-GCM", length: 256 },
 *   false,
 *   ["encrypt", "decrypt"],
 * );
 *
 * const ring = new KeyRing([{ id: "k1", key }], "k1");
 * strictEqual(ring.primary, "k1");
 * deepStrictEqual(ring.ids, ["k1"]);
 * ```
 */
export class KeyRing {
  /** The id of the key that seals. */
  readonly primary: string;
  /** The ids of all keys. */
  readonly ids: readonly string[];
  /** How often the primary may seal by this ring. */
  readonly maxSeals: number;
  readonly #onSealWarning: KeyRingOptions["onSealWarning"];
  #seals = 0;

  /**
   * Makes a ring of keys of the platform; {@linkcode KeyRing.create} takes any.
   *
   * @param keys The keys, each with an id of its own. The primary must be able to
   * encrypt and decrypt, the others to decrypt.
   * @param primary The id of the key that seals.
   * @param options How often it may.
   * @throws {ValidationError} A key, an id or an option is not valid. Nothing of a
   * key is in the error.
   */
  constructor(
    keys: readonly KeyInput<PlatformKey>[],
    primary: string,
    options: KeyRingOptions = {},
  ) {
    const { maxSeals = MAX_SEALS, onSealWarning } = options;
    const limits = { min: 1, max: MAX_SEALS, integer: true };
    requireOption(validateRange("maxSeals", maxSeals, limits), maxSeals);
    requireCallback("onSealWarning", onSealWarning);
    const byId = new Map<string, CryptoKey>();
    requireList(keys).forEach((input, i) => {
      const id = requireId(`keys[${i}].id`, input.id);
      if (byId.has(id)) {
        throw invalidOption(
          `keys[${i}].id`,
          Expectations.DISTINCT,
          shownId(id),
        );
      }
      requireKey(`keys[${i}].key`, input.key, id === primary);
      byId.set(id, input.key);
    });
    const key = byId.get(primary);
    if (key === undefined) {
      throw invalidOption(
        "primary",
        Expectations.KEY_PRIMARY,
        shownId(primary),
      );
    }
    this.primary = primary;
    this.ids = Object.freeze([...byId.keys()]);
    this.maxSeals = maxSeals;
    this.#onSealWarning = onSealWarning;
    holdKeys(this, {
      primary: { id: primary, key },
      maxSeals,
      find: (id) => byId.get(id),
      countSeal: () => this.#countSeal(),
    });
    Object.freeze(this);
  }

  /**
   * Makes a ring. Keys are imported once, such that nobody can export them again.
   *
   * @param keys The keys, each with an id of its own.
   * @param primary The id of the key that seals.
   * @param options How often it may.
   * @returns The ring.
   * @throws {ValidationError} A key, an id or an option is not valid. Nothing of a
   * key is in the error.
   *
   * @example A key that has retired
   * ```ts
   * import { generateKey, KeyRing } from "@groundwork/infra/key-ring";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const ring = await KeyRing.create([
   *   { id: "2025-06", key: generateKey() },
   *   { id: "2025-05", key: generateKey() },
   * ], "2025-06");
   * deepStrictEqual(ring.ids, ["2025-06", "2025-05"]);
   * ```
   *
   * @example What is no key
   * ```ts
   * import { KeyRing } from "@groundwork/infra/key-ring";
   * import { rejects } from "node:assert/strict";
   *
   * await rejects(
   *   KeyRing.create([{ id: "k1", key: "hunter2" }], "k1"),
   *   /keys\[0\]\.key is not valid: 32 bytes, .*, received string\(7\)$/,
   * );
   * ```
   */
  static async create(
    keys: readonly KeyInput[],
    primary: string,
    options: KeyRingOptions = {},
  ): Promise<KeyRing> {
    const imported = requireList(keys).map(async ({ id, key }, i) => ({
      id,
      key: await importKey(`keys[${i}].key`, key),
    }));
    return new KeyRing(await Promise.all(imported), primary, options);
  }

  /**
   * How often the primary has sealed by this ring. What failed counts.
   *
   * @example How much is left
   * ```ts
   * import { Cipher } from "@groundwork/infra/encryption";
   * import { generateKey, KeyRing } from "@groundwork/infra/key-ring";
   * import { strictEqual } from "node:assert/strict";
   *
   * const ring = await KeyRing.create([{ id: "k1", key: generateKey() }], "k1");
   * await new Cipher(ring).seal("hunter2");
   * strictEqual(ring.maxSeals - ring.seals, 2 ** 32 - 1);
   * ```
   */
  get seals(): number {
    return this.#seals;
  }

  #countSeal(): boolean {
    const { maxSeals } = this;
    if (this.#seals === maxSeals) return false;
    const seals = ++this.#seals;
    if (seals === Math.ceil(maxSeals / 2)) {
      const warning = { keyId: this.primary, seals, maxSeals };
      callReporting(() => this.#onSealWarning?.(warning));
    }
    return true;
  }
}

/** Key bytes become a key that nobody can export. */
async function importKey(
  field: string,
  input: KeyMaterial,
): Promise<CryptoKey> {
  const material = input instanceof Secret ? input.reveal() : input;
  if (material instanceof CryptoKey) return material;
  const bytes = typeof material === "string"
    ? fromBase64Url(material)
    : material;
  if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) {
    throw invalidOption(field, Expectations.KEY_MATERIAL, shapeOf(material));
  }
  return await crypto.subtle.importKey(
    "raw",
    bytes as Bytes,
    "AES-GCM",
    false,
    [
      "encrypt",
      "decrypt",
    ],
  );
}

function requireList<T>(keys: readonly T[]): readonly T[] {
  if (Array.isArray(keys) && keys.every((key) => Object(key) === key)) {
    return keys;
  }
  throw invalidOption("keys", Expectations.KEY_LIST, shapeOf(keys));
}

function requireId(field: string, id: unknown): string {
  if (typeof id === "string" && KEY_ID.test(id)) return id;
  throw invalidOption(field, Expectations.KEY_ID, shownId(id));
}

function requireKey(field: string, key: CryptoKey, isPrimary: boolean): void {
  if (!(key instanceof CryptoKey)) {
    throw invalidOption(field, Expectations.KEY_MATERIAL, shapeOf(key));
  }
  const { name, length } = key.algorithm as AesKeyAlgorithm;
  if (name !== "AES-GCM" || length !== KEY_BYTES * 8) {
    throw invalidOption(field, Expectations.KEY_ALGORITHM, `${name} ${length}`);
  }
  if (key.extractable) {
    throw invalidOption(field, Expectations.KEY_EXTRACTABLE, "extractable");
  }
  const usages: KeyUsage[] = isPrimary ? ["encrypt", "decrypt"] : ["decrypt"];
  for (const usage of usages) {
    if (key.usages.includes(usage)) continue;
    const reason = fillPlaceholders(Expectations.KEY_USAGE, { usage });
    throw invalidOption(field, reason, key.usages.join());
  }
}

/** What may be told of a secret: its type, and how long it is. */
function shapeOf(value: unknown): string {
  if (typeof value === "string") return `string(${value.length})`;
  if (value instanceof Uint8Array) return `Uint8Array(${value.length})`;
  return value === null ? "null" : typeof value;
}

/** An id is no secret, but for one that was mistaken for a key. */
function shownId(id: unknown): string {
  return typeof id === "string" && id.length < KEY_TEXT_LENGTH
    ? JSON.stringify(id)
    : shapeOf(id);
}
