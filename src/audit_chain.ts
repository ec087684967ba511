/**
 * Finds out whether an audit trail is still what it was.
 *
 * When to use it: regularly, and before a trail is relied upon; with a
 * checkpoint that the trail's writers could not have changed.
 *
 * When not: to keep a trail, which `audit` does, or to find out who has
 * tampered: it tells where, not who.
 *
 * What it takes to find what:
 *
 * | what was done to the trail | by somebody without the key | without a key |
 * | --- | --- | --- |
 * | an entry edited, removed, added, moved | found | found, if he has not hashed all anew |
 * | entries at the end removed | found with a checkpoint | found with a checkpoint |
 * | everything made anew | found | found with a checkpoint |
 *
 * So a chain without a key only stops accidents, unless its checkpoints are signed
 * by somebody else, or kept where its writers cannot reach them.
 *
 * @example Name the entry that was edited
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import { verifyChain } from "@groundwork/infra/audit-chain";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const store = new InMemoryAuditStore<string>();
 * const log = new AuditLog<string>({ store });
 * for (const event of ["login", "export", "logout"]) {
 *   const actor = { id: "eve" };
 *   log.append({ event, actor, resource: "crm", outcome: "success" }).unwrap();
 * }
 * strictEqual((await verifyChain(store.list())).ok, true);
 *
 * const edited = store.list().map((entry) =>
 *   entry.event === "export" ? { ...entry, actor: { id: "ada" } } : entry
 * );
 * const { seq, reason } = (await verifyChain(edited)).unwrapErr();
 * strictEqual(seq, 2);
 * strictEqual(reason, "hash");
 * ```
 *
 * @module
 */

import {
  checkpointBytes,
  type Digest,
  digestOf,
  hashOf,
} from "./_audit_hash.ts";
import { fromBase64Url, toBase64Url } from "./_base64url.ts";
import { canonicalJson } from "./_canonical_json.ts";
import {
  AUDIT_GENESIS,
  type AuditEntry,
  type AuditHead,
} from "./audit_store.ts";
import { SecurityError } from "./errors.ts";
import type { Awaitable } from "./protocols.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";
import type { Secret } from "./secret.ts";

/**
 * The key of a chain: at least 32 random bytes.
 *
 * @example From the environment
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import type { AuditKey } from "@groundwork/infra/audit-chain";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { Secret } from "@groundwork/infra/secret";
 * import { throws } from "node:assert/strict";
 *
 * const keyOf = (base64: string): AuditKey =>
 *   new Secret(Uint8Array.from(atob(base64), (it) => it.charCodeAt(0)));
 *
 * const store = new InMemoryAuditStore();
 * throws(() => new AuditLog({ store, key: keyOf("c2hvcnQ=") }), /32 bytes/);
 * ```
 */
export type AuditKey = Uint8Array | Secret<Uint8Array>;

/**
 * Says how long a chain was at a time, so that nobody can cut it short later. It
 * is to be kept elsewhere than the entries.
 *
 * @example Plain data
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import type { AuditCheckpoint } from "@groundwork/infra/audit-chain";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const log = new AuditLog({ store: new InMemoryAuditStore(), key });
 * const checkpoint = (await log.checkpoint()).unwrap();
 * const read: AuditCheckpoint = JSON.parse(JSON.stringify(checkpoint));
 * deepStrictEqual(read, { ...checkpoint });
 * ```
 */
export interface AuditCheckpoint extends AuditHead {
  /** When it was made (ISO 8601, UTC). */
  readonly at: string;
  /**
   * The signature, in the alphabet of URLs; there is none where the log has
   * neither a key nor a signer.
   */
  readonly sig?: string;
}

/**
 * Tells whether a signature is that of a message.
 *
 * @param message What was signed.
 * @param signature The signature.
 * @returns Whether it is.
 */
export type AuditSignatureCheck = (
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => Awaitable<boolean>;

/** What is wrong with a chain. */
export type AuditFault =
  /** What is there is no entry. */
  | "malformed"
  /** It has another number: one was removed, added or moved. */
  | "seq"
  /** It is chained to another entry than the one before it. */
  | "prev"
  /** Its hash is not that of what it says, by the key that was given. */
  | "hash"
  /** The chain ends before the checkpoint. */
  | "truncated"
  /**
   * The checkpoint has seen another entry in its place, or is no checkpoint of
   * this part of a chain.
   */
  | "checkpoint"
  /**
   * The checkpoint's signature is not right, is missing, or there is nothing to
   * check it by.
   */
  | "signature"
  /** The entries could not be read to the end; the cause says why. */
  | "unreadable";

/**
 * A chain is not what it was.
 *
 * @example Whom to wake up
 * ```ts
 * import { type AuditChainError, verifyChain } from "@groundwork/infra/audit-chain";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isAttack = ({ reason }: AuditChainError) => reason !== "unreadable";
 *
 * const checkpoint = { seq: 7, hash: "...", at: "2026-01-01T00:00:00.000Z" };
 * const error = (await verifyChain([], { checkpoint })).unwrapErr();
 * strictEqual(error.message, "The audit trail is broken at entry 1 (truncated)");
 * strictEqual(isAttack(error), true);
 * ```
 */
export class AuditChainError extends SecurityError<"SECURITY_AUDIT_BROKEN"> {
  /** How many entries before it are right: its index in what was read. */
  readonly index: number;
  /** The number that the first bad entry should have. */
  readonly seq: number;
  /** What is wrong. */
  readonly reason: AuditFault;

  /**
   * Makes an error.
   *
   * @param reason What is wrong.
   * @param index How many entries before it are right.
   * @param seq The number that the first bad entry should have.
   * @param options What brought it about.
   */
  constructor(
    reason: AuditFault,
    index: number,
    seq: number,
    options: ErrorOptions = {},
  ) {
    const details = { index };
    super("SECURITY_AUDIT_BROKEN", { seq, reason }, { ...options, details });
    this.index = index;
    this.seq = seq;
    this.reason = reason;
  }
}

/** Options of {@linkcode verifyChain}. */
export interface VerifyChainOptions {
  /**
   * What the first entry is chained to, if it is not the first of the chain. It is
   * trusted: what an earlier verification gave, or a checkpoint that was verified.
   * Default: {@linkcode AUDIT_GENESIS}.
   */
  readonly from?: AuditHead;
  /**
   * What the chain must reach. Entries after it are verified as well.
   *
   * Where there is a `key` or a `verify`, it must be signed. Where there is
   * neither it must not be, and is trusted.
   */
  readonly checkpoint?: AuditCheckpoint;
  /** The key of the chain, where it has one: 32 bytes or more. */
  readonly key?: AuditKey;
  /** Checks the signature of the checkpoint. Default: by the key. */
  readonly verify?: AuditSignatureCheck;
}

/**
 * Verifies the entries of a chain, or of a part of it, up to the first that is
 * wrong. Entries may come from anywhere: whatever they are, it does not throw.
 *
 * None is kept, so the entries can be a stream. Measured (`bench/audit_bench.ts`):
 * 6 to 10 µs an entry, half of what it takes by WebCrypto or less.
 *
 * @param entries The entries in their order, or a stream of them.
 * @param options The key, the checkpoint, where to begin.
 * @returns Where the chain ends: `from` for the part after it. Or what is wrong
 * with which entry; the code is `SECURITY_AUDIT_BROKEN`.
 * @throws {ValidationError} `key` is not of 32 bytes or more (it rejects).
 *
 * @example Page by page
 * ```ts
 * import { verifyChain } from "@groundwork/infra/audit-chain";
 * import {
 *   AUDIT_GENESIS,
 *   type AuditStore,
 *   InMemoryAuditStore,
 * } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function* entriesOf(store: AuditStore) {
 *   for (let afterSeq = 0;;) {
 *     const page = await store.list({ afterSeq, limit: 1_000 });
 *     if (page.length === 0) return;
 *     yield* page;
 *     afterSeq += page.length;
 *   }
 * }
 * const verified = await verifyChain(entriesOf(new InMemoryAuditStore()));
 * strictEqual(verified.unwrap().hash, AUDIT_GENESIS.hash);
 * ```
 */
export async function verifyChain(
  entries:
    | Iterable<AuditEntry<unknown, unknown>>
    | AsyncIterable<AuditEntry<unknown, unknown>>,
  options: VerifyChainOptions = {},
): Promise<Result<AuditHead, AuditChainError>> {
  const { from = AUDIT_GENESIS, key, verify } = options;
  const digest = digestOf(key);
  let head: AuditHead = { seq: from.seq, hash: from.hash };
  const broken = (
    reason: AuditFault,
    cause?: ErrorOptions,
  ): Err<AuditChainError> =>
    new Err(
      new AuditChainError(reason, head.seq - from.seq, head.seq + 1, cause),
    );

  let checkpoint: AuditCheckpoint | undefined;
  if (options.checkpoint !== undefined) {
    checkpoint = read(options.checkpoint, isCheckpoint);
    if (checkpoint === undefined || checkpoint.seq < from.seq) {
      return broken("checkpoint");
    }
    const check = verify ?? (key && checkOf(digest));
    try {
      if (!await isSigned(checkpoint, check)) return broken("signature");
    } catch (cause) {
      return broken("signature", { cause });
    }
    if (isOther(head, checkpoint)) return broken("checkpoint");
  }

  let fault: AuditFault | undefined;
  const isNext = (given: AnyEntry): boolean => {
    const entry = read(given, isEntry);
    fault = faultOf(entry, head, digest, checkpoint);
    if (entry === undefined || fault !== undefined) return false;
    head = { seq: entry.seq, hash: entry.hash };
    return true;
  };
  try {
    // A list is not waited for: there may be anything in it, promises too.
    if (Symbol.asyncIterator in entries) {
      for await (const given of entries) if (!isNext(given)) break;
    } else {
      for (const given of entries) if (!isNext(given)) break;
    }
  } catch (cause) {
    // What is thrown by breaking off does not hide why.
    if (fault === undefined) return broken("unreadable", { cause });
  }
  if (fault !== undefined) return broken(fault);
  if (checkpoint !== undefined && checkpoint.seq > head.seq) {
    return broken("truncated");
  }
  return new Ok(head);
}

/** An entry of anything. */
type AnyEntry = AuditEntry<unknown, unknown>;

/** What is wrong with an entry behind another. */
function faultOf(
  entry: AnyEntry | undefined,
  head: AuditHead,
  digest: Digest,
  checkpoint: AuditHead | undefined,
): AuditFault | undefined {
  if (entry === undefined) return "malformed";
  if (entry.seq !== head.seq + 1) return "seq";
  if (entry.prev !== head.hash) return "prev";
  const { hash, ...rest } = entry;
  const text = canonicalJson(rest);
  if (text === undefined) return "malformed";
  if (hash !== hashOf(digest, entry.prev, text)) return "hash";
  return checkpoint && isOther(entry, checkpoint) ? "checkpoint" : undefined;
}

/** Whether there are two of the same number. */
function isOther(head: AuditHead, checkpoint: AuditHead): boolean {
  return head.seq === checkpoint.seq && head.hash !== checkpoint.hash;
}

/** A copy of an object, made by reading each of its fields once. */
function read<T extends object>(
  value: T,
  isRight: (copy: T) => boolean,
): T | undefined {
  // It may be a proxy, or have getters, that throw.
  return catchToResult(() => {
    const copy = { ...value };
    return isRight(copy) ? copy : undefined;
  }, () => undefined).unwrapOr(undefined);
}

function isEntry(copy: AnyEntry): boolean {
  const { id, at, event, actor, resource, outcome, context } = copy;
  return isHead(copy) && [id, at, resource, outcome, copy.prev].every(isText) &&
    isText(actor?.id) && event !== undefined && context !== undefined;
}

function isHead({ seq, hash }: AuditHead): boolean {
  return Number.isSafeInteger(seq) && isText(hash);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isCheckpoint(copy: AuditCheckpoint): boolean {
  return isHead(copy) && isText(copy.at) &&
    (copy.sig === undefined || isText(copy.sig));
}

/** What checks signatures that were made by the key. */
function checkOf(digest: Digest): AuditSignatureCheck {
  // Compared by codes of them, so that the time it takes tells nothing.
  const blind = (bytes: Uint8Array): string => toBase64Url(digest(bytes));
  return (message, signature) => blind(digest(message)) === blind(signature);
}

async function isSigned(
  checkpoint: AuditCheckpoint,
  check: AuditSignatureCheck | undefined,
): Promise<boolean> {
  const { sig } = checkpoint;
  // Trusted as it is only where neither is there.
  if (check === undefined || sig === undefined) return check === sig;
  const signature = fromBase64Url(sig);
  return signature !== undefined &&
    await check(checkpointBytes(checkpoint), signature) === true;
}
