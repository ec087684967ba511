/**
 * Connections that are made at once and do nothing, so that what is measured is
 * the pool. How to run it: see `harness.ts`.
 *
 * Each contender has one pool of ten for all its calls, as a service has. A
 * caller asks its connection something, waits for one promise that has resolved
 * already, and reads the answer, which is wrong if anybody else had the
 * connection meanwhile. An eleventh connection is refused. "By hand" is the same
 * without a pool.
 *
 * All have what they offer of validation, time limits and lifetimes:
 *
 * - tarn, lightning-pool and generic-pool with `testOnBorrow` validate before each
 *   use; ours does so after half a second without use, and pg-pool does not. The
 *   validation is as cheap as can be.
 * - tarn, lightning-pool, pg-pool and generic-pool, if told to limit the wait, set
 *   a timer for each caller; tarn sets another one for each validation, pg-pool
 *   for each idle connection. Ours has one for all callers, one for all that is
 *   idle.
 * - Only ours and pg-pool know of lifetimes.
 * - Only ours has `tryAcquire()`; where it is measured, the others acquire.
 * - generic-pool tells nobody what is acquired and released, so it is not among
 *   those who are listened to.
 *
 * Nobody awaits a release: there is nothing to reset, so that with all of them
 * the connection is free when the call returns.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import process from "node:process";
import { createPool } from "npm:generic-pool@3.9.0";
import { Pool as LightningPool } from "npm:lightning-pool@4.14.0";
import PgPool from "npm:pg-pool@3.14.0";
import { Pool as TarnPool } from "npm:tarn@3.1.2";
import { ConnectionPool, type PoolEvent } from "../src/connection_pool.ts";
import { bench, type Contender, type Group } from "./harness.ts";

const MAX = 10;
const IDLE_MS = 600_000;
const LIFETIME_MS = 1_800_000;
const LIMIT_MS = 30_000;

const DONE: Promise<void> = Promise.resolve();

/** A connection; the rest is what pg-pool wants of one. */
class Client extends EventEmitter {
  readonly _queryable = true;
  #asked = 0;

  ask(n: number): Promise<void> {
    this.#asked = n;
    return DONE;
  }

  get answer(): number {
    return this.#asked + 1;
  }

  connect(done: () => void): void {
    done();
  }

  end(done?: () => void): void {
    done?.();
  }
}

/** Makes connections for one pool. */
function makeClients(): () => Client {
  let made = 0;
  return () => {
    if (made++ === MAX) throw new Error("More connections than allowed");
    return new Client();
  };
}

/** One caller: has a connection answer `n + 1`. */
type Caller = (n: number) => Promise<number>;

type Callers = Readonly<Record<string, Caller>>;

// --- Pools

/** What listeners have heard. */
let heard = 0;

function hear(): void {
  heard++;
}

function ours(
  onEvent?: (event: PoolEvent<Client>) => void,
): ConnectionPool<Client> {
  return new ConnectionPool({
    create: makeClients(),
    destroy: (client) => client.end(),
    validate: () => true,
  }, {
    max: MAX,
    maxWaiting: Infinity,
    acquireTimeoutMs: LIMIT_MS,
    idleTimeoutMs: IDLE_MS,
    maxLifetimeMs: LIFETIME_MS,
    ...(onEvent && { onEvent }),
  });
}

type GenericOptions = Parameters<typeof createPool>[1];

function generic(options: GenericOptions) {
  const create = makeClients();
  return createPool({
    create: () => Promise.resolve(create()),
    destroy: () => DONE,
    validate: () => Promise.resolve(true),
  }, {
    max: MAX,
    idleTimeoutMillis: IDLE_MS,
    evictionRunIntervalMillis: LIMIT_MS,
    ...options,
  });
}

function lightning(): LightningPool<Client> {
  return new LightningPool({
    create: makeClients(),
    destroy: (client) => client.end(),
    validate: () => {},
  }, {
    max: MAX,
    maxQueue: Infinity,
    acquireTimeoutMillis: LIMIT_MS,
    idleTimeoutMillis: IDLE_MS,
  });
}

function pg() {
  const create = makeClients();
  return new PgPool({
    Client: function makeClient(): Client {
      return create();
    },
    max: MAX,
    connectionTimeoutMillis: LIMIT_MS,
    idleTimeoutMillis: IDLE_MS,
    maxLifetimeSeconds: LIFETIME_MS / 1_000,
  });
}

function tarn(): TarnPool<Client> {
  return new TarnPool({
    create: makeClients(),
    destroy: (client) => client.end(),
    validate: () => true,
    min: 0,
    max: MAX,
    acquireTimeoutMillis: LIMIT_MS,
    idleTimeoutMillis: IDLE_MS,
  });
}

// --- Callers

function acquireOurs(pool = ours()): Caller {
  return async (n) => {
    const lease = (await pool.acquire()).unwrap();
    const client = lease.connection;
    await client.ask(n);
    const { answer } = client;
    void lease.release();
    return answer;
  };
}

function tryOurs(): Caller {
  const pool = ours();
  return async (n) => {
    const lease = pool.tryAcquire() ?? (await pool.acquire()).unwrap();
    const client = lease.connection;
    await client.ask(n);
    const { answer } = client;
    void lease.release();
    return answer;
  };
}

async function ask(client: Client, n: number): Promise<number> {
  await client.ask(n);
  return client.answer;
}

function useOurs(): Caller {
  const pool = ours();
  return async (n) => {
    const answered = await pool.use((client) => ask(client, n));
    return answered.unwrap();
  };
}

function acquireGeneric(options: GenericOptions): Caller {
  const pool = generic(options);
  return async (n) => {
    const client = await pool.acquire();
    await client.ask(n);
    const { answer } = client;
    void pool.release(client);
    return answer;
  };
}

function useGeneric(options: GenericOptions): Caller {
  const pool = generic(options);
  return (n) => pool.use((client) => ask(client, n));
}

function acquireLightning(pool = lightning()): Caller {
  return async (n) => {
    const client = await pool.acquire();
    await client.ask(n);
    const { answer } = client;
    pool.release(client);
    return answer;
  };
}

function useLightning(): Caller {
  const pool = lightning();
  return async (n) => {
    const client = await pool.acquire();
    try {
      return await ask(client, n);
    } finally {
      pool.release(client);
    }
  };
}

function acquirePg(pool = pg()): Caller {
  return async (n) => {
    const client = await pool.connect();
    await client.ask(n);
    const { answer } = client;
    client.release();
    return answer;
  };
}

function usePg(): Caller {
  const pool = pg();
  return async (n) => {
    const client = await pool.connect();
    try {
      return await ask(client, n);
    } finally {
      client.release();
    }
  };
}

function acquireTarn(pool = tarn()): Caller {
  return async (n) => {
    const client = await pool.acquire().promise;
    await client.ask(n);
    const { answer } = client;
    pool.release(client);
    return answer;
  };
}

function useTarn(): Caller {
  const pool = tarn();
  return async (n) => {
    const client = await pool.acquire().promise;
    try {
      return await ask(client, n);
    } finally {
      pool.release(client);
    }
  };
}

const UNLIMITED = {};
const LIMITED = { acquireTimeoutMillis: LIMIT_MS };
const VALIDATING = { ...LIMITED, testOnBorrow: true };

function acquirers(): Callers {
  return {
    "generic-pool, no time limit": acquireGeneric(UNLIMITED),
    "generic-pool, 30 s": acquireGeneric(LIMITED),
    "generic-pool, 30 s, validating": acquireGeneric(VALIDATING),
    "lightning-pool": acquireLightning(),
    "pg-pool": acquirePg(),
    "tarn": acquireTarn(),
  };
}

function users(): Callers {
  return {
    "generic-pool, no time limit": useGeneric(UNLIMITED),
    "generic-pool, 30 s": useGeneric(LIMITED),
    "generic-pool, 30 s, validating": useGeneric(VALIDATING),
    "lightning-pool": useLightning(),
    "pg-pool": usePg(),
    "tarn": useTarn(),
  };
}

function listeners(): Callers {
  const aLightning = lightning();
  const aPg = pg();
  const aTarn = tarn();
  for (const name of ["acquire", "return"]) aLightning.on(name, hear);
  for (const name of ["acquire", "release"]) aPg.on(name, hear);
  aTarn.on("acquireSuccess", hear);
  aTarn.on("release", hear);
  return {
    "lightning-pool": acquireLightning(aLightning),
    "pg-pool": acquirePg(aPg),
    "tarn": acquireTarn(aTarn),
  };
}

// --- Groups

/** What `count` callers are answered together, of whom the first asks `i`. */
function sumFrom(i: number, count: number): number {
  return count * (i + 1) + count * (count - 1) / 2;
}

/** How many callers come one after the other in a call. */
const SERIAL = 10;

function serial(caller: Caller): Contender {
  return async (i) => {
    let sum = 0;
    for (let j = 0; j < SERIAL; j++) sum += await caller(i + j);
    return sum;
  };
}

function together(count: number): (caller: Caller) => Contender {
  return (caller) => async (i) => {
    const answers = [];
    for (let j = 0; j < count; j++) answers.push(caller(i + j));
    let sum = 0;
    for (const answer of await Promise.all(answers)) sum += answer;
    return sum;
  };
}

function group(
  name: string,
  count: number,
  arrange: (caller: Caller) => Contender,
  mine: Caller,
  peers: Callers,
): Group {
  const client = new Client();
  // The callers here share it, but then each reads what it asked last.
  const byHand: Caller = async (n) => {
    await client.ask(n);
    return n + 1;
  };
  return {
    name,
    ours: arrange(mine),
    floor: arrange(byHand),
    peers: Object.fromEntries(
      Object.entries(peers).map(([name, one]) => [name, arrange(one)]),
    ),
    check: (answer, i) => answer === sumFrom(i, count),
  };
}

function concurrent(count: number): Group {
  return group(
    `${count} callers on ${MAX} connections`,
    count,
    together(count),
    acquireOurs(),
    acquirers(),
  );
}

await bench(import.meta, "connection-pool", [
  group("acquire + release, x 10", SERIAL, serial, acquireOurs(), acquirers()),
  group("use(fn), x 10", SERIAL, serial, useOurs(), users()),
  group("tryAcquire ?? acquire, x 10", SERIAL, serial, tryOurs(), acquirers()),
  group(
    "with a listener, x 10",
    SERIAL,
    serial,
    acquireOurs(ours(hear)),
    listeners(),
  ),
  concurrent(11),
  concurrent(1_000),
  concurrent(20_000),
]);

// The timers of some peers go on for ever. Under `deno bench` it is not the end.
if (import.meta.main !== false) process.exit();
