/**
 * What a store of tokens holds: ids, ten tokens a user, each a family of its own.
 *
 * @module
 */

import { InMemoryTokenStore } from "../src/token_store.ts";
import type { Filler, Weighing } from "./memory.ts";
import { textsOf } from "./memory_texts.ts";

const COUNT = 1e5;
const HOUR_MS = 3_600_000;

const ids = textsOf(COUNT, (number) => `token:${number}`);

interface Claims {
  readonly scope?: string;
}

function stored(claims: Claims | undefined, isRevoked = false): Filler {
  return (count) => {
    const store = new InMemoryTokenStore<Claims>();
    const expiresAt = Date.now() + HOUR_MS;
    for (let i = 0; i < count; i++) {
      const userId = ids[Math.floor(i / 10)]!;
      const jti = ids[i]!;
      const token = { jti, userId, expiresAt };
      store.add(claims === undefined ? token : { ...token, claims }).unwrap();
      if (isRevoked) store.revoke(jti).unwrap();
    }
    return store;
  };
}

/** What is weighed. */
export const weighings: readonly Weighing[] = [{
  name: "Token store, 1e5 tokens",
  item: "token",
  count: COUNT,
  ours: {
    "groundwork": stored(undefined),
    "groundwork, with a claim": stored({ scope: "read" }),
    "groundwork, revoked": stored(undefined, true),
  },
  peers: {
    "a bare Map of what is given"(count) {
      const tokens = new Map<string, object>();
      const expiresAt = Date.now() + HOUR_MS;
      for (let i = 0; i < count; i++) {
        const userId = ids[Math.floor(i / 10)]!;
        tokens.set(ids[i]!, { jti: ids[i]!, userId, expiresAt });
      }
      return tokens;
    },
  },
  note: "A token is found by its id, its user, its family and the time it " +
    "expires: four indexes, where a Map is one.",
}];
