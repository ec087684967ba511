/**
 * Audit trails: appends, and the verification of a chain. How to run it: see
 * `harness.ts`.
 *
 * No library of this kind is made for one process, so the peers are chains by hand,
 * over the same canonical JSON and with the same hashes: one by WebCrypto, which
 * every runtime has, and one by `node:crypto`, which browsers and workers have not.
 * They do less: they neither check nor copy what they are given, freeze nothing,
 * and two appends at once would fork the chain of WebCrypto. All keep only the last
 * entry.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import process from "node:process";
import { canonicalJson } from "../src/_canonical_json.ts";
import { toBase64Url } from "../src/_base64url.ts";
import { sha256 } from "../src/_sha256.ts";
import { type AuditInput, AuditLog } from "../src/audit.ts";
import { verifyChain } from "../src/audit_chain.ts";
import {
  AUDIT_GENESIS,
  type AuditEntry,
  InMemoryAuditStore,
} from "../src/audit_store.ts";
import { type AnyResult, Ok } from "../src/result.ts";
import { bench, type Contender, type Group } from "./harness.ts";

interface Refund {
  readonly type: "order.refunded";
  readonly orderId: string;
  readonly cents: number;
  readonly reason: string;
}

interface Origin {
  readonly ip: string;
  readonly requestId: string;
  readonly roles: readonly string[];
}

type Input = AuditInput<Refund, Origin>;
type Entry = AuditEntry<Refund, Origin>;

const ENTRIES = 1_000;
const key: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(32));
const encoder: TextEncoder = new TextEncoder();

function inputOf(index: number): Input {
  return {
    event: {
      type: "order.refunded",
      orderId: `o-${index}`,
      cents: index % 10_000,
      reason: "damaged on arrival",
    },
    actor: { id: "ada", type: "user" },
    resource: `orders/o-${index}`,
    outcome: "success",
    context: {
      ip: "198.51.100.7",
      requestId: "0b7a7e4e-3a6f-4a0a-a2c0-4a8bdd1b1a11",
      roles: ["support", "refunds"],
    },
  };
}

// --- The hashes

function hashByNode(prev: string, text: string): string {
  return createHash("sha256").update(`audit.v1\0${prev}${text}`)
    .digest("base64url");
}

function macByNode(prev: string, text: string): string {
  return createHmac("sha256", key).update(`audit.v1\0${prev}${text}`)
    .digest("base64url");
}

async function hashByWebCrypto(prev: string, text: string): Promise<string> {
  const bytes = encoder.encode(`audit.v1\0${prev}${text}`);
  return toBase64Url(
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  );
}

const cryptoKey: CryptoKey = await crypto.subtle.importKey(
  "raw",
  key,
  { name: "HMAC", hash: "SHA-256" },
  false,
  ["sign"],
);

async function macByWebCrypto(prev: string, text: string): Promise<string> {
  const bytes = encoder.encode(`audit.v1\0${prev}${text}`);
  return toBase64Url(
    new Uint8Array(await crypto.subtle.sign("HMAC", cryptoKey, bytes)),
  );
}

// --- Appends

/** A store of one entry. */
class LastEntry extends InMemoryAuditStore<Refund, Origin> {
  #last: Entry | undefined = undefined;

  override head(): Entry | undefined {
    return this.#last;
  }

  override appendIf(
    entry: Entry,
    expectedPrev: string,
  ): Ok<boolean> {
    const { hash } = this.#last ?? AUDIT_GENESIS;
    if (hash !== expectedPrev) return new Ok(false);
    this.#last = entry;
    return new Ok(true);
  }
}

function ours(options: { readonly key?: Uint8Array } = {}): Contender {
  const log = new AuditLog<Refund, Origin>({
    store: new LastEntry(),
    ...options,
  });
  return (index) => log.append(inputOf(index)).unwrap();
}

function nextOf(last: Entry | typeof AUDIT_GENESIS, input: Input): Entry {
  return {
    seq: last.seq + 1,
    id: crypto.randomUUID(),
    at: new Date().toISOString(),
    ...input,
    prev: last.hash,
    hash: "",
  };
}

function textOf({ hash: _, ...rest }: Entry): string {
  return canonicalJson(rest)!;
}

function synchronous(hash: typeof hashByNode): Contender {
  let last: Entry | typeof AUDIT_GENESIS = AUDIT_GENESIS;
  return (index) => {
    const next = nextOf(last, inputOf(index));
    return last = { ...next, hash: hash(next.prev, textOf(next)) };
  };
}

function asynchronous(hash: typeof hashByWebCrypto): Contender {
  let last: Entry | typeof AUDIT_GENESIS = AUDIT_GENESIS;
  return async (index) => {
    const next = nextOf(last, inputOf(index));
    return last = { ...next, hash: await hash(next.prev, textOf(next)) };
  };
}

// --- Verification

const chain: readonly Entry[] = await chainOf(ENTRIES);

async function chainOf(length: number): Promise<readonly Entry[]> {
  const store = new InMemoryAuditStore<Refund, Origin>();
  const log = new AuditLog<Refund, Origin>({ store });
  for (let i = 0; i < length; i++) log.append(inputOf(i)).unwrap();
  // As from a database.
  return JSON.parse(JSON.stringify(await store.list()));
}

function verifyByNode(entries: readonly Entry[]): number {
  let prev: string = AUDIT_GENESIS.hash;
  return entries.findIndex((entry, i) => {
    const isRight = entry.seq === i + 1 && entry.prev === prev &&
      entry.hash === hashByNode(prev, textOf(entry));
    prev = entry.hash;
    return !isRight;
  });
}

async function verifyByWebCrypto(entries: readonly Entry[]): Promise<number> {
  let prev: string = AUDIT_GENESIS.hash;
  for (const [i, entry] of entries.entries()) {
    const isRight = entry.seq === i + 1 && entry.prev === prev &&
      entry.hash === await hashByWebCrypto(prev, textOf(entry));
    if (!isRight) return i;
    prev = entry.hash;
  }
  return -1;
}

/** The chain, or one with a bad entry in it: a cheap one is no verification. */
function chainFor(index: number): readonly Entry[] {
  return index === 1
    ? chain.with(ENTRIES - 1, { ...chain[0]!, seq: ENTRIES })
    : chain;
}

const bad = (index: number): number => index === 1 ? ENTRIES - 1 : -1;

// --- Groups

/** The bytes of an entry of usual size. */
function messageOf(index: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(220).fill(index & 255);
}

const groups: readonly Group[] = [
  {
    name: "append",
    ours: ours(),
    peers: {
      "WebCrypto by hand": asynchronous(hashByWebCrypto),
      "node:crypto by hand": synchronous(hashByNode),
    },
    check(answer) {
      const entry = answer as Entry;
      return entry.hash === hashByNode(entry.prev, textOf(entry));
    },
  },
  {
    name: "append with a key",
    ours: ours({ key }),
    peers: {
      "WebCrypto by hand": asynchronous(macByWebCrypto),
      "node:crypto by hand": synchronous(macByNode),
    },
    check(answer) {
      const entry = answer as Entry;
      return entry.hash === macByNode(entry.prev, textOf(entry));
    },
  },
  {
    name: "SHA-256 of 220 bytes",
    ours: (index) => sha256(messageOf(index)),
    peers: {
      "WebCrypto": async (index) =>
        new Uint8Array(
          await crypto.subtle.digest("SHA-256", messageOf(index)),
        ),
      "node:crypto": (index) =>
        createHash("sha256").update(messageOf(index)).digest(),
    },
    check: (answer, index) =>
      toBase64Url(answer as Uint8Array) ===
        createHash("sha256").update(messageOf(index)).digest("base64url"),
  },
  {
    name: "verify 1 000 entries",
    ours: async (index) => {
      const verified: AnyResult = await verifyChain(chainFor(index));
      return verified.ok ? -1 : (verified.error as { index: number }).index;
    },
    peers: {
      "WebCrypto by hand": (index) => verifyByWebCrypto(chainFor(index)),
      "node:crypto by hand": (index) => verifyByNode(chainFor(index)),
    },
    check: (answer, index) => answer === bad(index),
  },
];

await bench(import.meta, "audit", groups);

// WebCrypto's threads of Node go on for a moment. Under `deno bench` it is not the
// end.
if (import.meta.main !== false) process.exit();
