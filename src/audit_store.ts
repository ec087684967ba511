/**
 * Where the entries of an audit trail are kept, and what an entry is.
 *
 * When to use it: in memory for tests and for trails that may end with the
 * process; as a protocol, to keep a trail in a database.
 *
 * When not: in memory for what must outlive the process.
 *
 * - **Never forked.** An entry is added behind the one its writer saw as the
 *   last, or not at all: so two writers cannot put different entries behind the
 *   same one.
 * - **Never changed.** What is there is neither changed nor removed.
 * - **Bounded.** At the bound the store refuses entries; it drops none.
 *
 * @example A part of a trail
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const store = new InMemoryAuditStore<string>();
 * const log = new AuditLog<string>({ store });
 * for (const event of ["login", "export", "logout"]) {
 *   const actor = { id: "ada" };
 *   log.append({ event, actor, resource: "crm", outcome: "success" }).unwrap();
 * }
 * const events = store.list({ afterSeq: 1 }).map(({ event }) => event);
 * deepStrictEqual(events, ["export", "logout"]);
 * ```
 *
 * @module
 */

import { requireWhole } from "./_options.ts";
import { type ErrorOf, RepositoryError } from "./errors.ts";
import { type Awaitable, type DeepReadonly, hasMethods } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { requireOption, validateRange } from "./validators.ts";

/** Who did something. */
export interface AuditActor {
  /** Its id. */
  readonly id: string;
  /** What kind of actor it is: `"user"`, `"service"`. */
  readonly type?: string;
}

/** What came of it. */
export type AuditOutcome =
  /** It was done. */
  | "success"
  /** It was tried, and failed. */
  | "failure"
  /** It was not allowed. */
  | "denied";

/** The context of entries that have none. */
export type NoAuditContext = Record<string, never>;

/**
 * Where a chain ends: what the next entry is chained to.
 *
 * @example Where two copies of a trail differ
 * ```ts
 * import { AUDIT_GENESIS, type AuditHead } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const isSame = (a: AuditHead, b: AuditHead) =>
 *   a.seq === b.seq && a.hash === b.hash;
 * strictEqual(isSame(AUDIT_GENESIS, { seq: 0, hash: "A".repeat(43) }), true);
 * ```
 */
export interface AuditHead {
  /** The number of the last entry. */
  readonly seq: number;
  /** Its hash. */
  readonly hash: string;
}

/**
 * Where a chain begins: the first entry has the number 1, and for the hash of the
 * one before it 32 zeros, in the alphabet of URLs.
 *
 * @example An empty trail
 * ```ts
 * import { verifyChain } from "@groundwork/infra/audit-chain";
 * import { AUDIT_GENESIS } from "@groundwork/infra/audit-store";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual((await verifyChain([])).unwrap(), AUDIT_GENESIS);
 * ```
 */
export const AUDIT_GENESIS: AuditHead = /* @__PURE__ */ Object.freeze({
  seq: 0,
  hash: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
});

/**
 * What was done, by whom, to what, and what came of it; chained to the entry
 * before it. An {@linkcode AuditLog} gives it frozen at every depth. It is plain
 * data: what a store gives may come from JSON.
 *
 * @typeParam TEvent What was done.
 * @typeParam TContext What else is known of it.
 *
 * @example A line for people
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import { type AuditEntry, InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const lineOf = ({ seq, actor, event, resource, outcome }: AuditEntry<string>) =>
 *   `${seq}: ${actor.id} ${event} ${resource} (${outcome})`;
 *
 * const log = new AuditLog<string>({ store: new InMemoryAuditStore() });
 * const entry = log.append({
 *   event: "delete",
 *   actor: { id: "ada" },
 *   resource: "invoices/7",
 *   outcome: "denied",
 * }).unwrap();
 * strictEqual(lineOf(entry), "1: ada delete invoices/7 (denied)");
 * ```
 */
export interface AuditEntry<TEvent, TContext = NoAuditContext> {
  /** Its number in the chain, from 1 and without gaps. */
  readonly seq: number;
  /** Its id. */
  readonly id: string;
  /**
   * When it was handed to the log (ISO 8601, UTC). Where several processes write,
   * it may be a little earlier than that of the entry before it.
   */
  readonly at: string;
  /** What was done. */
  readonly event: DeepReadonly<TEvent>;
  /** Who did it. */
  readonly actor: AuditActor;
  /** What it was done to. */
  readonly resource: string;
  /** What came of it. */
  readonly outcome: AuditOutcome;
  /** What else is known of it. */
  readonly context: DeepReadonly<TContext>;
  /** The hash of the entry before it. */
  readonly prev: string;
  /** The hash of all of the above, in the alphabet of URLs. */
  readonly hash: string;
}

/** Which entries to give. */
export interface AuditListOptions {
  /**
   * Only those after the entry of this number: a whole number.
   *
   * @default {0}
   */
  readonly afterSeq?: number;
  /**
   * How many at the most.
   *
   * @default {Infinity}
   */
  readonly limit?: number;
}

/** Why a store has not added an entry. */
export type AuditStoreError = ErrorOf<
  "DB_REPOSITORY_FULL" | "DB_CONNECTION_FAILED" | "DB_QUERY_FAILED"
>;

/**
 * Keeps the entries of one chain.
 *
 * In a database, let the number be the primary key, and insert: of two writers
 * with the same number the second one is refused, and that is `false` here.
 *
 * @typeParam TEvent What was done.
 * @typeParam TContext What else is known of it.
 *
 * @example Copy a trail, page by page
 * ```ts
 * import { AuditLog } from "@groundwork/infra/audit";
 * import { type AuditStore, InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * async function copy(from: AuditStore, to: AuditStore) {
 *   for (;;) {
 *     const afterSeq = (await to.head())?.seq ?? 0;
 *     const page = await from.list({ afterSeq, limit: 100 });
 *     if (page.length === 0) return afterSeq;
 *     for (const entry of page) (await to.appendIf(entry, entry.prev)).unwrap();
 *   }
 * }
 * const store = new InMemoryAuditStore<string>();
 * new AuditLog<string>({ store }).append({
 *   event: "login",
 *   actor: { id: "ada" },
 *   resource: "crm",
 *   outcome: "success",
 * }).unwrap();
 * strictEqual(await copy(store, new InMemoryAuditStore()), 1);
 * ```
 */
export interface AuditStore<TEvent = unknown, TContext = unknown> {
  /**
   * The last entry.
   *
   * @returns The entry; `undefined` where there is none yet.
   */
  head(): Awaitable<AuditEntry<TEvent, TContext> | undefined>;

  /**
   * Adds an entry, in one step with the look at the last one.
   *
   * @param entry The entry.
   * @param expectedPrev The hash that the last entry must have; that of
   * {@linkcode AUDIT_GENESIS} where there must be none.
   * @returns Whether it was added: `false` where the last entry is another. Or
   * why it could not be, such as `DB_REPOSITORY_FULL`.
   */
  appendIf(
    entry: AuditEntry<TEvent, TContext>,
    expectedPrev: string,
  ): Awaitable<Result<boolean, AuditStoreError>>;

  /**
   * The entries, or a part of them, the oldest first.
   *
   * @param options Which part.
   * @returns The entries.
   */
  list(
    options?: AuditListOptions,
  ): Awaitable<readonly AuditEntry<TEvent, TContext>[]>;
}

/**
 * Tells whether a value looks like an {@linkcode AuditStore}: by its methods, not
 * by what they do.
 *
 * @param value What to look at.
 * @returns Whether it has them all.
 *
 * @example A plugin
 * ```ts
 * import { InMemoryAuditStore, isAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(isAuditStore(new InMemoryAuditStore()), true);
 * strictEqual(isAuditStore([]), false);
 * ```
 */
export function isAuditStore(value: unknown): value is AuditStore {
  return hasMethods(value, ["head", "appendIf", "list"]);
}

/** Options of {@linkcode InMemoryAuditStore}. */
export interface InMemoryAuditStoreOptions {
  /**
   * How many entries there may be; one more is refused, since none may be lost. A
   * whole number of 1 or more.
   *
   * @default {10_000}
   */
  readonly maxEntries?: number;
}

/**
 * Keeps the entries in memory, for tests and for what a process need not leave
 * behind. All of it is synchronous.
 *
 * @typeParam TEvent What was done.
 * @typeParam TContext What else is known of it.
 *
 * @example At its bound it refuses
 * ```ts
 * import { AuditLog, type AuditInput } from "@groundwork/infra/audit";
 * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
 * import { strictEqual } from "node:assert/strict";
 *
 * const store = new InMemoryAuditStore<string>({ maxEntries: 1 });
 * const log = new AuditLog<string>({ store });
 * const input: AuditInput<string> = {
 *   event: "login",
 *   actor: { id: "ada" },
 *   resource: "crm",
 *   outcome: "success",
 * };
 * strictEqual(log.append(input).ok, true);
 * strictEqual(log.append(input).unwrapErr().code, "DB_REPOSITORY_FULL");
 * ```
 */
export class InMemoryAuditStore<TEvent = unknown, TContext = NoAuditContext>
  implements AuditStore<TEvent, TContext> {
  readonly #entries: AuditEntry<TEvent, TContext>[] = [];
  readonly #maxEntries: number;

  /**
   * Makes an empty store.
   *
   * @param options Its bound.
   * @throws {ValidationError} `maxEntries` is not a whole number of 1 or more.
   */
  constructor(options: InMemoryAuditStoreOptions = {}) {
    const { maxEntries = 10_000 } = options;
    this.#maxEntries = requireWhole("maxEntries", maxEntries);
  }

  /**
   * The last entry.
   *
   * @returns The entry; `undefined` where there is none yet.
   *
   * @example None yet
   * ```ts
   * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * strictEqual(new InMemoryAuditStore().head(), undefined);
   * ```
   */
  head(): AuditEntry<TEvent, TContext> | undefined {
    return this.#entries.at(-1);
  }

  /**
   * Adds an entry, if the last one is the one that is expected.
   *
   * @param entry The entry; it is kept as it is.
   * @param expectedPrev The hash that the last entry must have.
   * @returns Whether it was added; or `DB_REPOSITORY_FULL`.
   *
   * @example Not twice
   * ```ts
   * import {
   *   AUDIT_GENESIS,
   *   type AuditEntry,
   *   InMemoryAuditStore,
   * } from "@groundwork/infra/audit-store";
   * import { strictEqual } from "node:assert/strict";
   *
   * const store = new InMemoryAuditStore<string>();
   * const entry = { seq: 1, hash: "h1", event: "login" } as AuditEntry<string>;
   * strictEqual(store.appendIf(entry, AUDIT_GENESIS.hash).unwrap(), true);
   * strictEqual(store.appendIf(entry, AUDIT_GENESIS.hash).unwrap(), false);
   * ```
   */
  appendIf(
    entry: AuditEntry<TEvent, TContext>,
    expectedPrev: string,
  ): Result<boolean, ErrorOf<"DB_REPOSITORY_FULL">> {
    const { hash } = this.head() ?? AUDIT_GENESIS;
    if (hash !== expectedPrev) return new Ok(false);
    const max = this.#maxEntries;
    if (this.#entries.length >= max) {
      const params = { entity: "AuditEntry", max };
      return new Err(new RepositoryError("DB_REPOSITORY_FULL", params));
    }
    this.#entries.push(entry);
    return new Ok(true);
  }

  /**
   * The entries, or a part of them, the oldest first. It takes as long as there
   * are entries to give.
   *
   * @param options Which part.
   * @returns A list of its own.
   * @throws {ValidationError} `afterSeq` is not a whole number of 0 or more, or
   * `limit` not a number of 0 or more.
   *
   * @example None yet
   * ```ts
   * import { InMemoryAuditStore } from "@groundwork/infra/audit-store";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * deepStrictEqual(new InMemoryAuditStore().list({ limit: 10 }), []);
   * ```
   */
  list(
    options: AuditListOptions = {},
  ): readonly AuditEntry<TEvent, TContext>[] {
    const { afterSeq = 0, limit = Infinity } = options;
    requireWhole("afterSeq", afterSeq, 0);
    requireOption(validateRange("limit", limit, { min: 0 }), limit);
    // Numbers have no gaps.
    return this.#entries.slice(afterSeq, afterSeq + limit);
  }
}
