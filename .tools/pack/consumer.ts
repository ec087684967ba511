/**
 * A program of somebody who has installed the package: compiled by several
 * versions of TypeScript, with the types of Node and with those of browsers, and
 * never run. So it uses what both have, and no `node:` module.
 *
 * What must not compile stands behind `@ts-expect-error`; a compiler that accepts
 * it fails, as it does where a type of the package has become `any`. What stands
 * at the top is exported in the copy that is compiled: then the compiler has to
 * write all types down, and each of the package needs a name to import it by.
 *
 * @module
 */

import {
  all,
  ConfigBuilder,
  ConnectionPool,
  err,
  EventBus,
  field,
  gen,
  InfrastructureError,
  ok,
  PoolError,
  type Result,
  type Subscription,
  ValidationError,
} from "@groundwork/infra";
import { InMemoryCacheProvider } from "@groundwork/infra/cache";
import { cacheKey } from "@groundwork/infra/cache-key";
import type { ErrorOf } from "@groundwork/infra/errors";
import type { KeyMaterial } from "@groundwork/infra/key-ring";
import { MetricRegistry } from "@groundwork/infra/metric-registry";
import type { Err, Ok } from "@groundwork/infra/result";
import type { Secret } from "@groundwork/infra/secret";
import { ManualClock } from "@groundwork/infra/testing";

/** Whether two types are the same, `any` and `readonly` told apart. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles where the type of the value is the one named, and no other. */
declare function hasType<Expected>(): <Actual>(
  value: Actual,
  ...proof: Same<Actual, Expected> extends true ? [] : [never]
) => void;

// --- results

/** Nobody says what this returns; it composes all the same. */
function half(n: number) {
  return n % 2 === 0 ? ok(n / 2) : err("odd");
}

hasType<Ok<number> | Err<"odd">>()(half(4));
hasType<Result<number, "odd">>()(half(12).andThen(half));
hasType<Result<[number, string], "odd">>()(all([half(2), ok("a")]));

const sum = gen(function* () {
  const a = yield* half(4);
  return a + (yield* half(2));
});
hasType<Result<number, "odd">>()(sum);

const result = half(1);
if (result.ok) {
  hasType<number>()(result.value);
  // @ts-expect-error: there is no error
  void result.error;
} else {
  hasType<"odd">()(result.error);
}
// @ts-expect-error: there may be no value
void result.value;
// @ts-expect-error: the error is another one
const _even: Result<number, "even"> = half(1);

// --- errors

const late = new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 250 });
hasType<number>()(late.params.timeoutMs);
// @ts-expect-error: the parameter is missing
void new PoolError("POOL_ACQUIRE_TIMEOUT");
// @ts-expect-error: it is a code of another domain
void new ValidationError("POOL_CLOSED");

function waited(error: ErrorOf<"POOL_CLOSED" | "POOL_ACQUIRE_TIMEOUT">) {
  return error.code === "POOL_CLOSED" ? 0 : error.params.timeoutMs;
}
hasType<number>()(waited(late));

function codeOf(thrown: unknown) {
  return InfrastructureError.is(thrown) ? thrown.code : undefined;
}
// @ts-expect-error: there is no such code
void (codeOf(late) === "POOL_LEAKED");

// --- configuration

const config = new ConfigBuilder({
  port: field.integer({ env: "PORT", default: 8080, min: 0 }),
  level: field.oneOf(["debug", "info"], { default: "info" }),
  token: field.secret({ env: "TOKEN" }),
  proxy: field.url({ optional: true }),
}).withEnvironment({ PORT: "80", TOKEN: "t" }).build().unwrap();
hasType<number>()(config.port);
hasType<"debug" | "info">()(config.level);
hasType<Secret<string>>()(config.token);
hasType<string | undefined>()(config.proxy);
// @ts-expect-error: a configuration does not change
config.port = 81;
// @ts-expect-error: there is no such field
void config.prot;

// --- cache

interface User {
  readonly name: string;
}
const cache = new InMemoryCacheProvider({ maxEntries: 100 });
const userKey = cacheKey<User>("user");
hasType<User | undefined>()(cache.get(userKey(7)));
// @ts-expect-error: the key is for users
void cache.set(userKey(7), "Ada");
async function load(id: number) {
  return await cache.getOrSet(userKey(id), () => ({ name: "Ada" }));
}
hasType<Promise<User>>()(load(7));
// @ts-expect-error: a bound is a number, or is left out
void new InMemoryCacheProvider({ maxEntries: undefined });

// --- connections

class Client {
  query(text: string): Promise<string[]> {
    return Promise.resolve([text]);
  }
}
const pool = new ConnectionPool({
  create: ({ signal }) => {
    hasType<AbortSignal>()(signal);
    return new Client();
  },
  destroy() {},
}, { max: 2, clock: new ManualClock() });
async function rows() {
  const found = await pool.use((client) => client.query("SELECT 1"));
  return found.mapErr((error) => error.code);
}
hasType<string[]>()((await rows()).unwrap());
// @ts-expect-error: a client has no such method
void pool.use((client) => client.ask("SELECT 1"));
// @ts-expect-error: how many there may be has to be said
void new ConnectionPool({ create: () => new Client(), destroy() {} }, {});

/** Whatever holds something is told to let go by the language itself. */
async function lent() {
  await using closed = pool;
  await using lease = (await closed.acquire()).unwrap();
  return await lease.connection.query("SELECT 2");
}
hasType<Promise<string[]>>()(lent());

// --- metrics

const requests = new MetricRegistry().counter({
  name: "requests",
  help: "Requests that were answered",
  labels: { method: ["GET", "POST"], route: true },
});
requests.inc({ method: "GET", route: "/links" });
// @ts-expect-error: there is no such method
requests.inc({ method: "PUT", route: "/links" });
// @ts-expect-error: the route is missing
requests.inc({ method: "GET" });

// --- events

interface Events {
  readonly visited: { readonly slug: string };
  readonly cleared: void;
}
const bus = new EventBus<Events>();
{
  using subscription = bus.on("visited", ({ slug }) => {
    hasType<string>()(slug);
  });
  hasType<Subscription>()(subscription);
}
bus.emit("visited", { slug: "docs" });
bus.emit("cleared");
// @ts-expect-error: it tells which
bus.emit("visited");
// @ts-expect-error: there is no such event
bus.on("visit", () => {});

// --- what the platform has

const _key: KeyMaterial = await crypto.subtle.generateKey(
  { name: "AES-GCM", length: 256 },
  false,
  ["encrypt", "decrypt"],
);
// @ts-expect-error: a number is no key
const _noKey: KeyMaterial = 7;
