/**
 * What every implementation of the `AuditStore` contract does. The suite knows the
 * contract and nothing else: its methods may be asynchronous.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AUDIT_GENESIS,
  type AuditEntry,
  type AuditStore,
  isAuditStore,
} from "../../src/audit_store.ts";

/** Options of {@linkcode auditStoreConformance}. */
export interface AuditStoreConformanceOptions {
  /** Makes an empty store that holds so many entries at the most. */
  readonly make: (maxEntries: number) => AuditStore<string, object>;
}

/** An entry; a store need not know how hashes come about. */
export function entryOf(
  seq: number,
  parts: Partial<AuditEntry<string, object>> = {},
): AuditEntry<string, object> {
  return Object.freeze({
    seq,
    id: `id-${seq}`,
    at: "2026-01-01T00:00:00.000Z",
    event: `event ${seq}`,
    actor: Object.freeze({ id: "ada", type: "user" }),
    resource: "orders/1",
    outcome: "success",
    context: Object.freeze({ ip: "198.51.100.7", deep: [{ "ü": null }] }),
    prev: seq === 1 ? AUDIT_GENESIS.hash : `hash-${seq - 1}`,
    hash: `hash-${seq}`,
    ...parts,
  });
}

/**
 * Tests an implementation of `AuditStore`.
 *
 * @param name What the suite is called.
 * @param options How to make one.
 */
export function auditStoreConformance(
  name: string,
  { make }: AuditStoreConformanceOptions,
): void {
  /** A store with so many entries. */
  async function holding(count: number): Promise<AuditStore<string, object>> {
    const store = make(100);
    for (let seq = 1; seq <= count; seq++) {
      const entry = entryOf(seq);
      strictEqual((await store.appendIf(entry, entry.prev)).unwrap(), true);
    }
    return store;
  }

  async function seqsOf(
    store: AuditStore<string, object>,
  ): Promise<readonly number[]> {
    return (await store.list()).map(({ seq }) => seq);
  }

  describe(`AuditStore conformance: ${name}`, () => {
    it("isAuditStore() is true", () => {
      strictEqual(isAuditStore(make(1)), true);
    });

    it("has nothing to begin with", async () => {
      const store = make(1);
      strictEqual(await store.head(), undefined);
      deepStrictEqual(await store.list(), []);
    });

    it("keeps all that an entry says", async () => {
      const store = make(2);
      const [first, second] = [entryOf(1), entryOf(2, { outcome: "denied" })];
      (await store.appendIf(first, AUDIT_GENESIS.hash)).unwrap();
      (await store.appendIf(second, first.hash)).unwrap();
      deepStrictEqual(await store.list(), [first, second]);
      deepStrictEqual(await store.head(), second);
    });

    it("appendIf() adds the first entry only where none is expected", async () => {
      const store = make(10);
      for (
        const prev of ["", "hash-0", "hash-1", AUDIT_GENESIS.hash.slice(1)]
      ) {
        strictEqual((await store.appendIf(entryOf(1), prev)).unwrap(), false);
      }
      strictEqual(await store.head(), undefined);
      const added = await store.appendIf(entryOf(1), AUDIT_GENESIS.hash);
      strictEqual(added.unwrap(), true);
      strictEqual((await store.head())?.seq, 1);
    });

    it("appendIf() adds nothing where the last entry is another", async () => {
      const store = await holding(2);
      const entry = entryOf(3);
      const others = ["hash-1", "hash-3", "", AUDIT_GENESIS.hash];
      for (const prev of others) {
        strictEqual((await store.appendIf(entry, prev)).unwrap(), false);
      }
      deepStrictEqual(await seqsOf(store), [1, 2]);
      strictEqual((await store.appendIf(entry, "hash-2")).unwrap(), true);
      strictEqual((await store.appendIf(entry, "hash-2")).unwrap(), false);
      deepStrictEqual(await seqsOf(store), [1, 2, 3]);
    });

    it("appendIf() adds one of two that come at once", async () => {
      const store = await holding(1);
      const rivals = ["a", "b"].map((id) => entryOf(2, { id, hash: id }));
      const added = await Promise.all(
        rivals.map((entry) => store.appendIf(entry, "hash-1")),
      );
      deepStrictEqual(
        added.map((result) => result.unwrap()).toSorted(),
        [false, true],
      );
      const winner = rivals[added.findIndex((result) => result.unwrap())];
      deepStrictEqual(await store.head(), winner);
      strictEqual((await store.list()).length, 2);
    });

    it("list() gives a part of them, the oldest first", async () => {
      const store = await holding(4);
      const cases: readonly (readonly [
        options: Parameters<typeof store.list>[0],
        seqs: readonly number[],
      ])[] = [
        [undefined, [1, 2, 3, 4]],
        [{}, [1, 2, 3, 4]],
        [{ afterSeq: 0 }, [1, 2, 3, 4]],
        [{ afterSeq: 2 }, [3, 4]],
        [{ afterSeq: 4 }, []],
        [{ afterSeq: 9 }, []],
        [{ limit: 2 }, [1, 2]],
        [{ limit: 0 }, []],
        [{ limit: 9 }, [1, 2, 3, 4]],
        [{ afterSeq: 1, limit: 2 }, [2, 3]],
        [{ afterSeq: 3, limit: Infinity }, [4]],
      ];
      for (const [options, seqs] of cases) {
        const listed = await store.list(options);
        deepStrictEqual(listed.map(({ seq }) => seq), seqs);
      }
    });

    it("list() is not changed by what comes later", async () => {
      const store = await holding(1);
      const before = await store.list();
      (await store.appendIf(entryOf(2), "hash-1")).unwrap();
      strictEqual(before.length, 1);
      deepStrictEqual(await seqsOf(store), [1, 2]);
    });

    it("refuses an entry beyond the bound, and loses none", async () => {
      const store = make(2);
      (await store.appendIf(entryOf(1), AUDIT_GENESIS.hash)).unwrap();
      (await store.appendIf(entryOf(2), "hash-1")).unwrap();
      for (let time = 0; time < 2; time++) {
        const refused = await store.appendIf(entryOf(3), "hash-2");
        const { code, params } = refused.unwrapErr();
        strictEqual(code, "DB_REPOSITORY_FULL");
        deepStrictEqual(params, { entity: "AuditEntry", max: 2 });
      }
      deepStrictEqual(await seqsOf(store), [1, 2]);
      strictEqual((await store.head())?.seq, 2);
    });
  });
}
