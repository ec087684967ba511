/**
 * An audit trail: who did what, to what, and what came of it, in entries that are
 * chained by their hashes, so that nobody can change what is there and not be
 * found out.
 *
 * When to use it: for what somebody may have to prove later: who changed a
 * right, saw a record, moved money.
 *
 * When not: for finding faults, which logs and traces tell at a fraction of the
 * price; for data whose erasure may be demanded, unless an entry names it by a
 * key that can be thrown away.
 *
 * - **Chained.** The hash of an entry is SHA-256 of `audit.v1`, a zero byte, the
 *   hash of the entry before it, and the entry without its hash as canonical JSON
 *   (RFC 8785). With a key it is HMAC-SHA-256, and only who has the key can make
 *   an entry.
 * - **Never forked.** A store adds an entry only behind the last one. Where that is
 *   synchronous, so is the log: an entry is there when `append()` returns.
 * - **Bounded, and nothing lost.** What cannot be stored is refused, and the caller
 *   hears of it.
 * - **No secrets.** An event is plain data. A `Secret` in it is refused, as all
 *   that JSON cannot say: who wants it left out leaves it out.
 * - **Checkpoints.** A chain does not tell that its end is missing; a checkpoint
 *   that is kept elsewhere does. See the `audit-chain` module.
 *
 * @example Append, sign, verify
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import { verifyChain } from "@groundwork/infra/audit-chain";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * interface Refund {
 *   readonly type: "refund";
 *   readonly cents: number;
 * }
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const store = new InMemoryAuditStore<Refund>();
 * const log = new AuditLog<Refund>({ store, key });
 * const entry = log.append({
 *   event: { type: "refund", cents: 1_999 },
 *   actor: { id: "ada", type: "user" },
 *   resource: "orders/4711",
 *   outcome: "success",
 * }).unwrap();
 * strictEqual(entry.seq, 1);
 *
 * const checkpoint = (await log.checkpoint()).unwrap();
 * const verified = await verifyChain(store.list(), { key, checkpoint });
 * strictEqual(verified.unwrap().hash, entry.hash);
 * const cut = await verifyChain([], { key, checkpoint });
 * strictEqual(cut.unwrapErr().reason, "truncated");
 * ```
 *
 * @module
 */

import {
  type AuditDraft,
  type AuditInput,
  type AuditInputError,
  draftOf,
  seal,
} from "./_audit_draft.ts";
import { checkpointBytes, type Digest, digestOf } from "./_audit_hash.ts";
import { toBase64Url } from "./_base64url.ts";
import * as Expectations from "./_expectations.ts";
import { requireCallback, requireProtocol, requireWhole } from "./_options.ts";
import { isPromiseLike } from "./_promise_like.ts";
import { reasonOf } from "./_reason.ts";
import type { AuditCheckpoint, AuditKey } from "./audit_chain.ts";
import {
  AUDIT_GENESIS,
  type AuditEntry,
  type AuditHead,
  type AuditStore,
  type AuditStoreError,
  type InMemoryAuditStore,
  isAuditStore,
  type NoAuditContext,
} from "./audit_store.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  type ErrorOf,
  RepositoryError,
  SecurityError,
  TaskError,
} from "./errors.ts";
import { type Awaitable, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";

export type {
  AuditContextField,
  AuditInput,
  AuditInputError,
} from "./_audit_draft.ts";

/** Why nothing was recorded. */
export type AuditAppendError =
  | AuditInputError
  | AuditStoreError
  | ErrorOf<"DB_TRANSACTION_FAILED" | "TASK_QUEUE_FULL">;

/**
 * What comes of an append.
 *
 * @typeParam TEvent What was done.
 * @typeParam TContext What else is known of it.
 */
export type AuditAppendResult<TEvent, TContext = NoAuditContext> = Result<
  AuditEntry<TEvent, TContext>,
  AuditAppendError
>;

/**
 * Records what was done.
 *
 * @typeParam TEvent What was done.
 * @typeParam TContext What else is known of it.
 *
 * @example No refund that is not on record
 * ```ts
 * import { AuditLog, type AuditLogger } from "@groundwork/infra/audit";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function refund(audit: AuditLogger<string>, order: string) {
 *   const recorded = await audit.append({
 *     event: "refund",
 *     actor: { id: "ada" },
 *     resource: order,
 *     outcome: "success",
 *   });
 *   return recorded.ok;
 * }
 * const store = new InMemoryAuditStore<string>();
 * strictEqual(await refund(new AuditLog<string>({ store }), "orders/1"), true);
 * ```
 */
export interface AuditLogger<TEvent, TContext = NoAuditContext> {
  /**
   * Records something.
   *
   * @param input What was done.
   * @returns The entry, which is stored; or why there is none.
   */
  append(
    input: AuditInput<TEvent, TContext>,
  ): Awaitable<AuditAppendResult<TEvent, TContext>>;
}

/**
 * Tells whether a value looks like an {@linkcode AuditLogger}: by its method, not
 * by what it does.
 *
 * @param value What to look at.
 * @returns Whether it has it.
 *
 * @example A plugin
 * ```ts
 * import { AuditLog, isAuditLogger } from "@groundwork/infra/audit";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const store = new InMemoryAuditStore();
 * strictEqual(isAuditLogger(new AuditLog({ store })), true);
 * strictEqual(isAuditLogger(store), false);
 * ```
 */
export function isAuditLogger(value: unknown): value is AuditLogger<unknown> {
  return hasMethods(value, ["append"]);
}

/**
 * Signs a message, for who has only the public key to check by.
 *
 * @param message What to sign.
 * @returns The signature.
 *
 * @example Ed25519 by WebCrypto
 * ```ts
 * import { AuditLog, type AuditSigner } from "@groundwork/infra/audit";
 * import { verifyChain } from "@groundwork/infra/audit-chain";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", true, [
 *   "sign",
 *   "verify",
 * ]) as CryptoKeyPair;
 * const signer: AuditSigner = (message) =>
 *   crypto.subtle.sign("Ed25519", privateKey, message);
 *
 * const log = new AuditLog({ store: new InMemoryAuditStore(), signer });
 * const checkpoint = (await log.checkpoint()).unwrap();
 * const verified = await verifyChain([], {
 *   checkpoint,
 *   verify: (message, signature) =>
 *     crypto.subtle.verify("Ed25519", publicKey, signature, message),
 * });
 * strictEqual(verified.ok, true);
 * ```
 */
export type AuditSigner = (
  message: Uint8Array<ArrayBuffer>,
) => Awaitable<ArrayBuffer | Uint8Array>;

/** Why there is no checkpoint. */
export type AuditCheckpointError = ErrorOf<
  "DB_QUERY_FAILED" | "SECURITY_SIGNING_FAILED"
>;

/**
 * What a log answers: at once, where all that its store does is synchronous.
 *
 * @typeParam TStore The store.
 * @typeParam T The answer.
 *
 * @example By the type of the store
 * ```ts
 * import type { AuditAnswer } from "@groundwork/infra/audit";
 * import type { AuditStore, InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const near: AuditAnswer<InMemoryAuditStore, number> = 1;
 * const far: AuditAnswer<AuditStore, number> = Promise.resolve(1);
 * strictEqual(near, await far);
 * ```
 */
export type AuditAnswer<TStore extends AuditStore, T> = [
  Extract<ReturnType<TStore["head" | "appendIf"]>, PromiseLike<unknown>>,
] extends [never] ? T : Awaitable<T>;

/**
 * Options of {@linkcode AuditLog}.
 *
 * @typeParam TStore The store.
 */
export interface AuditLogOptions<TStore> {
  /** Where entries are kept. Other logs, in other processes, may use it too. */
  readonly store: TStore;
  /**
   * The key of the chain, 32 bytes or more; all logs of a store have the same. It
   * is not kept. Default: none, and anybody can make entries.
   */
  readonly key?: AuditKey;
  /** Signs checkpoints. Default: by the key, if there is one. */
  readonly signer?: AuditSigner;
  /** The time. Default: the system's. */
  readonly clock?: Clock;
  /** Makes ids of entries. Default: `crypto.randomUUID()`. */
  readonly newId?: () => string;
  /**
   * How often to try where other logs were faster, before it is
   * `DB_TRANSACTION_FAILED`. A whole number of 1 or more.
   *
   * @default {10}
   */
  readonly maxAttempts?: number;
  /**
   * How many entries may wait until an asynchronous store has added the one before
   * them; one more is `TASK_QUEUE_FULL`. A whole number of 0 or more.
   *
   * @default {1_000}
   */
  readonly maxWaiting?: number;
}

/**
 * Records what was done in a chain of entries. There may be many logs for one
 * store: a log that comes late looks for the new end of the chain and tries again.
 *
 * With a synchronous store `append()` does all its work before it returns. With an
 * asynchronous one, entries are stored one after the other, in the order of the
 * calls: side by side they would only get in each other's way. Retries have no
 * pause, since each means that another log has stored its entry.
 *
 * An error of the store, but not `DB_REPOSITORY_FULL`, leaves open whether the entry
 * has been stored after all. The next one comes behind whatever is there.
 *
 * Measured (`bench/audit_bench.ts`): an append takes 8 to 11 µs, with a key or
 * without. That is 1.6 to 2.1 times as fast as a chain by hand over WebCrypto, which
 * neither checks nor copies; such a one over `node:crypto` takes 5 to 16 µs.
 *
 * @typeParam TEvent What was done.
 * @typeParam TContext What else is known of it.
 * @typeParam TStore Where entries are kept.
 *
 * @example A store elsewhere
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import { type AuditStore, InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * type Context = { ip: string };
 * const memory = new InMemoryAuditStore<string, Context>();
 * const store: AuditStore<string, Context> = {
 *   head: async () => memory.head(),
 *   appendIf: async (entry, prev) => memory.appendIf(entry, prev),
 *   list: async (options) => memory.list(options),
 * };
 * const log = new AuditLog<string, Context, typeof store>({ store });
 * const entry = await log.append({
 *   event: "login",
 *   actor: { id: "ada" },
 *   resource: "crm",
 *   outcome: "denied",
 *   context: { ip: "198.51.100.7" },
 * });
 * strictEqual(entry.unwrap().context.ip, "198.51.100.7");
 * ```
 */
export class AuditLog<
  TEvent,
  TContext = NoAuditContext,
  TStore extends AuditStore<TEvent, TContext> = InMemoryAuditStore<
    TEvent,
    TContext
  >,
> implements AuditLogger<TEvent, TContext> {
  readonly #store: TStore;
  readonly #digest: Digest;
  readonly #sign: AuditSigner | undefined;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #maxAttempts: number;
  readonly #maxWaiting: number;
  /** The end of the chain, as far as is known; `undefined` where it is not. */
  #head: AuditHead | undefined = undefined;
  /** How many appends have not settled. */
  #pending = 0;
  /** The last of them; it never rejects. */
  #last: Promise<unknown> | undefined = undefined;

  /**
   * Makes a log.
   *
   * @param options Its store, its key, its limits.
   * @throws {ValidationError} An option is not valid: `key` is not of 32 bytes or
   * more, say, or a limit is not a whole number.
   */
  constructor(options: AuditLogOptions<TStore>) {
    const { store, key, signer, clock = systemClock, newId } = options;
    const { maxAttempts = 10, maxWaiting = 1_000 } = options;
    requireProtocol("store", store, isAuditStore);
    requireCallback("signer", signer);
    requireCallback("newId", newId);
    this.#store = store;
    this.#digest = digestOf(key);
    this.#sign = signer ?? (key && this.#digest);
    this.#clock = clock;
    this.#newId = newId ?? (() => crypto.randomUUID());
    this.#maxAttempts = requireWhole("maxAttempts", maxAttempts);
    this.#maxWaiting = requireWhole("maxWaiting", maxWaiting, 0);
  }

  /**
   * Records something.
   *
   * @param input What was done. It is copied at once.
   * @returns The entry, which is stored; or why there is none, with the code
   *
   * - `VALIDATION_EMPTY_VALUE`, `VALIDATION_NOT_A_MEMBER` or
   *   `VALIDATION_TYPE_MISMATCH`: there is something in it that cannot be recorded.
   * - `DB_REPOSITORY_FULL`, or what else the store says: where it throws,
   *   `DB_QUERY_FAILED`.
   * - `DB_TRANSACTION_FAILED`: other logs were faster, each time.
   * - `TASK_QUEUE_FULL`: too many are waiting.
   *
   * @example A secret is refused, and not told
   * ```ts
   * import { AuditLog } from "@groundwork/infra/audit";
   * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
   * import { Secret } from "@groundwork/infra/secret";
   * import { strictEqual } from "node:assert/strict";
   *
   * const log = new AuditLog<unknown>({ store: new InMemoryAuditStore() });
   * const error = log.append({
   *   event: { type: "login", password: new Secret("hunter2") },
   *   actor: { id: "ada" },
   *   resource: "crm",
   *   outcome: "failure",
   * }).unwrapErr();
   * strictEqual(error.code, "VALIDATION_TYPE_MISMATCH");
   * strictEqual(error.params.field, "event");
   * ```
   */
  append(
    input: AuditInput<TEvent, TContext>,
  ): AuditAnswer<TStore, AuditAppendResult<TEvent, TContext>> {
    // The type of the answer follows from the store's, as its promises do.
    return this.#append(input) as AuditAnswer<
      TStore,
      AuditAppendResult<TEvent, TContext>
    >;
  }

  /**
   * Says how long the chain is by now, signed by the signer or else by the key.
   * What was appended before is in it.
   *
   * It says what the store says. So it is for who verifies the chain from the
   * last checkpoint to this one, from time to time, and keeps it elsewhere.
   *
   * @returns The checkpoint, frozen; or `DB_QUERY_FAILED` or
   * `SECURITY_SIGNING_FAILED`.
   *
   * @example Before there is anything
   * ```ts
   * import { AuditLog } from "@groundwork/infra/audit";
   * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const log = new AuditLog({ store: new InMemoryAuditStore() });
   * const { seq, sig } = (await log.checkpoint()).unwrap();
   * strictEqual(seq, 0);
   * strictEqual(sig, undefined);
   * ```
   */
  async checkpoint(): Promise<Result<AuditCheckpoint, AuditCheckpointError>> {
    await this.#last;
    let head: AuditHead | undefined;
    try {
      head = await this.#store.head();
    } catch (error) {
      return new Err(queryFailed(error));
    }
    const { seq, hash } = head ?? AUDIT_GENESIS;
    const fields = { seq, hash, at: this.#now() };
    if (this.#sign === undefined) return new Ok(Object.freeze(fields));
    try {
      const signature = await this.#sign(checkpointBytes(fields));
      const sig = toBase64Url(new Uint8Array(signature));
      return new Ok(Object.freeze({ ...fields, sig }));
    } catch (cause) {
      const params = { reason: reasonOf(cause) };
      return new Err(
        new SecurityError("SECURITY_SIGNING_FAILED", params, { cause }),
      );
    }
  }

  #append(
    input: AuditInput<TEvent, TContext>,
  ): Awaitable<AuditAppendResult<TEvent, TContext>> {
    const draft = draftOf(input, this.#newId(), this.#now());
    if (!draft.ok) return draft;
    if (this.#pending > this.#maxWaiting) {
      return new Err(new TaskError("TASK_QUEUE_FULL"));
    }
    const answer = this.#last === undefined
      ? this.#write(draft.value)
      : this.#last.then(() => this.#write(draft.value));
    if (isPromiseLike(answer)) this.#follow(answer);
    return answer;
  }

  /** Lets the next append wait for this one. */
  #follow(answer: Promise<unknown>): void {
    this.#pending++;
    this.#last = answer.then(() => {
      this.#pending--;
      if (this.#pending === 0) this.#last = undefined;
    });
  }

  /** Stores an entry; it neither throws nor rejects. */
  #write(draft: AuditDraft): Awaitable<AuditAppendResult<TEvent, TContext>> {
    const failed = (error: unknown): Err<ErrorOf<"DB_QUERY_FAILED">> => {
      this.#head = undefined;
      return new Err(queryFailed(error));
    };
    try {
      const answer = this.#attempt(draft, 1);
      return isPromiseLike(answer) ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }

  #attempt(
    draft: AuditDraft,
    attempt: number,
  ): Awaitable<AuditAppendResult<TEvent, TContext>> {
    return after(this.#head ?? this.#store.head(), (head = AUDIT_GENESIS) => {
      const entry = seal(draft, head, this.#digest) as AuditEntry<
        TEvent,
        TContext
      >;
      return after(this.#store.appendIf(entry, entry.prev), (appended) => {
        this.#head = appended.ok && appended.value ? entry : undefined;
        if (!appended.ok) return appended;
        if (appended.value) return new Ok(entry);
        if (attempt < this.#maxAttempts) {
          return this.#attempt(draft, attempt + 1);
        }
        const reason = Expectations.OVERTAKEN;
        return new Err(
          new RepositoryError("DB_TRANSACTION_FAILED", { reason }),
        );
      });
    });
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** Goes on with a value, at once where it need not be waited for. */
function after<T, U>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<U>,
): Awaitable<U> {
  return isPromiseLike(value) ? Promise.resolve(value).then(next) : next(value);
}

function queryFailed(cause: unknown): ErrorOf<"DB_QUERY_FAILED"> {
  const params = { reason: reasonOf(cause) };
  return new RepositoryError("DB_QUERY_FAILED", params, { cause });
}
