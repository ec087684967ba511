/**
 * Values sealed into a text, and opened from it. How to run it: see `harness.ts`.
 *
 * All get a value and give a text, or the other way round: JSON is part of it. The
 * values are records of 100 bytes and of 10 kB as JSON, the latter with a long note,
 * so that JSON takes little of the time. What is not the same:
 *
 * - jose makes a JWE (`dir`, `A256GCM`) with a `CryptoKey` that was imported once, as
 *   ours. It takes bytes, so JSON is written beside it, without a look at whether it
 *   says the value as it is.
 * - iron-webcrypto derives two keys from a password for each value, with one
 *   iteration of PBKDF2, and has AES-CBC with an HMAC.
 * - By hand, that is AES-GCM with the same key, without a context and an id of the
 *   key, in the base64url of the runtime where it has one.
 * - Ours binds each value to a context of two members, as it is meant to be used. In
 *   jose a value can be bound by its protected header, which is stored: here it only
 *   has the id of the key.
 *
 * @module
 */

import * as Iron from "npm:iron-webcrypto@2.0.0";
import { compactDecrypt, CompactEncrypt } from "npm:jose@6.2.18";
import { fromBase64Url, toBase64Url } from "../src/_base64url.ts";
import { Cipher, EncryptedValue } from "../src/encryption.ts";
import { KeyRing } from "../src/key_ring.ts";
import { bench, type Contender, type Group } from "./harness.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A way to seal and open. */
interface Way {
  readonly seal: (value: unknown, id: number) => Promise<string>;
  readonly open: (text: string, id: number) => Promise<unknown>;
}

const utf8 = new TextEncoder();
const key: CryptoKey = await crypto.subtle.generateKey(
  { name: "AES-GCM", length: 256 },
  false,
  ["encrypt", "decrypt"],
);
const password = "a password of at least 32 characters";
const header = { alg: "dir", enc: "A256GCM", kid: "k1" };

function toBytes(value: unknown): Bytes {
  return utf8.encode(JSON.stringify(value)) as Bytes;
}

function fromBytes(bytes: AllowSharedBufferSource): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

const cipher = new Cipher(new KeyRing([{ id: "k1", key }], "k1"));

const ours: Way = {
  async seal(value, id) {
    const sealed = await cipher.seal(value, {
      context: { column: "cards.data", id },
    });
    return sealed.unwrap().toString();
  },
  async open(text, id) {
    const opened = await cipher.open(EncryptedValue.parse(text).unwrap(), {
      context: { column: "cards.data", id },
    });
    return opened.unwrap();
  },
};

const byHand: Way = {
  async seal(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const algorithm = { name: "AES-GCM", iv };
    const sealed = await crypto.subtle.encrypt(algorithm, key, toBytes(value));
    return toBase64Url(iv) + toBase64Url(new Uint8Array(sealed));
  },
  async open(text) {
    const bytes = fromBase64Url(text)!;
    const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, 12) };
    return fromBytes(
      await crypto.subtle.decrypt(algorithm, key, bytes.subarray(12)),
    );
  },
};

const peers: Readonly<Record<string, Way>> = {
  jose: {
    seal: (value) =>
      new CompactEncrypt(toBytes(value)).setProtectedHeader(header)
        .encrypt(key),
    open: async (text) =>
      fromBytes((await compactDecrypt(text, key)).plaintext),
  },
  "iron-webcrypto": {
    seal: (value) => Iron.seal(value, password, Iron.defaults),
    open: (text) => Iron.unseal(text, password, Iron.defaults),
  },
};

/** A record that has so many bytes as JSON. */
function record(id: number, size: number): unknown {
  const row = { id: 100 + id, holder: "Ada Lovelace", note: "" };
  const rest = size - JSON.stringify(row).length;
  return { ...row, note: "0123456789 abcdef ".repeat(rest).slice(0, rest) };
}

function groups(label: string, values: readonly unknown[]): Group[] {
  const plain = values.map((value) => JSON.stringify(value));
  const sealed = new Map<Way, string[]>();

  /** What is sealed must open again. A check cannot wait for it. */
  async function setup(): Promise<void> {
    for (const way of [ours, byHand, ...Object.values(peers)]) {
      const texts: string[] = [];
      for (const [i, value] of values.entries()) {
        const text = await way.seal(value, i);
        texts.push(text);
        const opened = JSON.stringify(await way.open(text, i));
        if (opened !== plain[i]) throw new Error(`${text} opens to ${opened}`);
      }
      sealed.set(way, texts);
    }
  }
  function sealer({ seal }: Way): Contender {
    return (i) => seal(values[i & 1], i & 1);
  }
  function opener(way: Way): Contender {
    return (i) => way.open(sealed.get(way)![i & 1]!, i & 1);
  }
  function peersBy(contender: (way: Way) => Contender): Group["peers"] {
    return Object.fromEntries(
      Object.entries(peers).map(([name, way]) => [name, contender(way)]),
    );
  }

  return [{
    name: `seal ${label}`,
    setup,
    check: (answer, i) =>
      typeof answer === "string" && answer.length > plain[i & 1]!.length,
    ours: sealer(ours),
    floor: sealer(byHand),
    peers: peersBy(sealer),
  }, {
    name: `open ${label}`,
    setup,
    check: (answer, i) => JSON.stringify(answer) === plain[i & 1],
    ours: opener(ours),
    floor: opener(byHand),
    peers: peersBy(opener),
  }];
}

await bench(import.meta, "encryption", [
  ...groups("100 B", [record(1, 100), record(2, 100)]),
  ...groups("10 kB", [record(1, 10_000), record(2, 10_000)]),
]);
