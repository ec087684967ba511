/**
 * What pools hold of connections, which are there before; all of them are idle.
 *
 * @module
 */

import { createPool } from "npm:generic-pool@3.9.0";
import { Pool as LightningPool } from "npm:lightning-pool@4.14.0";
import { Pool as TarnPool } from "npm:tarn@3.1.2";
import {
  ConnectionPool,
  type ConnectionPoolContext,
} from "../src/connection_pool.ts";
import type { Filler, Weighing } from "./memory.ts";

const COUNT = 1e4;
const IDLE_MS = 600_000;

const connections: readonly object[] = Array.from(
  { length: COUNT },
  (_, id) => ({ id }),
);

/** Gives connections for one pool. */
function makeCreate(): () => object {
  let made = 0;
  return () => connections[made++]!;
}

/** A pool, by what it is that can be acquired. */
interface Pool<T> {
  acquire(): PromiseLike<T>;
  release(acquired: T): unknown;
}

/** Has all connections made. */
function filler<T>(make: (max: number) => Pool<T>): Filler {
  return async (count) => {
    const pool = make(count);
    const acquired: T[] = [];
    for (let i = 0; i < count; i++) acquired.push(await pool.acquire());
    for (const one of acquired) await pool.release(one);
    return pool;
  };
}

/** What is weighed. */
export const weighings: readonly Weighing[] = [{
  name: "Connection pool, 1e4 idle connections",
  item: "connection",
  count: COUNT,
  ours: {
    "groundwork": filler((max) => {
      const pool = new ConnectionPool<object>({
        create: makeCreate(),
        destroy() {},
      }, { max, idleTimeoutMs: IDLE_MS });
      return {
        acquire: async () => (await pool.acquire()).unwrap(),
        release: (lease: ConnectionPoolContext<object>) => lease.release(),
        pool,
      };
    }),
  },
  peers: {
    "tarn": filler((max) =>
      new TarnPool<object>({
        create: makeCreate(),
        destroy() {},
        min: 0,
        max,
        idleTimeoutMillis: IDLE_MS,
      }) as unknown as Pool<object>
    ),
    "generic-pool": filler((max) => {
      const create = makeCreate();
      return createPool<object>({
        create: () => Promise.resolve(create()),
        destroy: () => Promise.resolve(),
      }, { max, idleTimeoutMillis: IDLE_MS });
    }),
    "lightning-pool": filler((max) =>
      new LightningPool<object>({
        create: makeCreate(),
        destroy() {},
      }, { max, maxQueue: Infinity, idleTimeoutMillis: IDLE_MS })
    ),
  },
  note:
    "Ours knows of a connection when it was made, used and validated, how " +
    "often, and when it is too old; lightning-pool and generic-pool know less.",
}];
