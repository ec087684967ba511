import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as errors from "../src/errors.ts";
// A second copy of the package, as two versions in one program give it.
import * as copy from "../src/errors.ts?copy=2";
import {
  AuthenticationError,
  CacheError,
  CompressionError,
  ConfigError,
  type ConfigIssue,
  describeError,
  InfrastructureError,
  type InfrastructureErrorOptions,
  localize,
  MessagingError,
  PoolError,
  RepositoryError,
  SecurityError,
  TaskError,
  ValidationError,
} from "../src/errors.ts";
import {
  defineCatalogue,
  type ErrorDomain,
  ErrorMessages,
} from "../src/messages.ts";
import { CODES, filledCodes } from "./_error_codes.ts";

const RUNS = { numRuns: 300 };

/** A class of errors, for a code that is only known at run time. */
interface LooseErrorClass {
  new (
    code: string,
    params?: unknown,
    options?: InfrastructureErrorOptions,
  ): InfrastructureError;
  readonly domain: ErrorDomain | undefined;
  is(value: unknown): boolean;
}

/** The class of each domain, by the name that its errors must have. */
const CLASSES: Readonly<
  Record<string, { readonly domain: ErrorDomain; readonly make: unknown }>
> = {
  AuthenticationError: { domain: "AUTH", make: AuthenticationError },
  CacheError: { domain: "CACHE", make: CacheError },
  PoolError: { domain: "POOL", make: PoolError },
  ValidationError: { domain: "VALIDATION", make: ValidationError },
  SecurityError: { domain: "SECURITY", make: SecurityError },
  MessagingError: { domain: "MSG", make: MessagingError },
  RepositoryError: { domain: "DB", make: RepositoryError },
  TaskError: { domain: "TASK", make: TaskError },
  CompressionError: { domain: "COMPRESSION", make: CompressionError },
  ConfigError: { domain: "CONFIG", make: ConfigError },
};

/** The class of a domain, from this copy of the package or another. */
function classOf(domain: ErrorDomain, from: unknown = errors): LooseErrorClass {
  const [name] =
    Object.entries(CLASSES).find(([, entry]) => entry.domain === domain) ??
      assert.fail(`no class for ${domain}`);
  return (from as Record<string, LooseErrorClass>)[name] ??
    assert.fail(`${name} is not exported`);
}

/** An error of each domain. */
function oneOfEach(
  from: unknown = errors,
): (readonly [ErrorDomain, InfrastructureError])[] {
  return Object.values(CLASSES).map(({ domain }) => {
    const entry = CODES.find((candidate) => candidate.domain === domain);
    return [domain, new (classOf(domain, from))(entry?.code ?? "")];
  });
}

/** What is left of a value after JSON. */
function viaJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const ISSUE: ConfigIssue = {
  field: "database.poolSize",
  layer: "environment",
  source: "DATABASE_POOL_SIZE",
  code: "VALIDATION_TOO_SMALL",
  params: { field: "database.poolSize", min: 1 },
  message: "database.poolSize must be at least 1",
};

describe("classes of errors", () => {
  it("are one for each domain of the catalogue", () => {
    const domains = Object.values(CLASSES).map(({ domain }) => domain);
    assert.deepEqual(domains.sort(), Object.keys(ErrorMessages).sort());
    for (const { domain, make } of Object.values(CLASSES)) {
      assert.equal(classOf(domain), make);
      assert.equal(classOf(domain).domain, domain);
    }
    assert.equal(InfrastructureError.domain, undefined);
  });

  it("take code and parameters of every line, and make the message of them", () => {
    fc.assert(
      fc.property(filledCodes(), ([{ domain, code, text }, params]) => {
        for (
          const make of [
            classOf(domain),
            InfrastructureError as unknown as LooseErrorClass,
          ]
        ) {
          const error = new make(code, params);
          assert.ok(error instanceof make);
          assert.ok(error instanceof InfrastructureError);
          assert.ok(error instanceof Error);
          assert.equal(error.code, code);
          assert.deepEqual(error.params, params);
          assert.equal(error.message, localize(error, {}));
          if (Object.keys(params).length === 0) {
            assert.equal(error.message, text);
          }
        }
      }),
      RUNS,
    );
  });

  for (const [name, { domain }] of Object.entries(CLASSES)) {
    it(`${name} has its name on the prototype as a literal, safe from minifiers`, () => {
      const make = classOf(domain);
      const { code } = CODES.find((entry) => entry.domain === domain) ??
        assert.fail();
      const error = new make(code);
      assert.equal(error.name, name);
      assert.equal(Object.hasOwn(error, "name"), false);
      assert.equal(String(error), `${name}: ${error.message}`);
      const Minified = class a extends make {};
      assert.equal(new Minified(code).name, name);
    });
  }

  it("take any code in the base class, under its own name", () => {
    const error = new InfrastructureError("POOL_CLOSED");
    assert.equal(error.name, "InfrastructureError");
    assert.equal(Object.hasOwn(error, "name"), false);
    assert.equal(error.toJSON().name, "InfrastructureError");
  });

  it("keep nothing enumerable but data, so that logs stay readable", () => {
    const error = new PoolError("POOL_CLOSED", {}, { cause: new Error("c") });
    const symbols = Object.getOwnPropertySymbols(error).filter((symbol) =>
      Object.prototype.propertyIsEnumerable.call(error, symbol)
    );
    assert.deepEqual(symbols, []);
    assert.deepEqual(Object.keys(error).sort(), ["code", "details", "params"]);
  });

  it("can be extended by users, and still count as what they extend", () => {
    class ReplicaError extends PoolError<"POOL_CONNECTION_ERROR"> {
      readonly replica: string;
      constructor(replica: string) {
        super("POOL_CONNECTION_ERROR", { reason: `${replica} is gone` });
        this.replica = replica;
      }
    }
    const error = new ReplicaError("r1");
    assert.equal(error.replica, "r1");
    assert.equal(error.message, "The connection failed: r1 is gone");
    assert.equal(PoolError.is(error), true);
    assert.equal(InfrastructureError.is(error), true);
    assert.equal(CacheError.is(error), false);
    assert.equal(ReplicaError.is(error), true);
  });
});

describe("parameters and details", () => {
  it("are copied and frozen", () => {
    const params = { timeoutMs: 250 };
    const details: Record<string, unknown> = { idle: 0 };
    const error = new PoolError("POOL_ACQUIRE_TIMEOUT", params, { details });
    params.timeoutMs = 1;
    details["idle"] = 1;
    details["secret"] = "added later";
    assert.deepEqual(error.params, { timeoutMs: 250 });
    assert.deepEqual(error.details, { idle: 0 });
    assert.equal(error.message, "No connection became free within 250 ms");
    for (const data of [error.params, error.details]) {
      assert.throws(
        () => Object.assign(data as object, { added: 1 }),
        TypeError,
      );
    }
    assert.equal(Object.isFrozen(params), false);
    assert.equal(Object.isFrozen(details), false);
  });

  it("are empty and undefined where none are given", () => {
    const error = new PoolError("POOL_CLOSED");
    assert.deepEqual(error.params, {});
    assert.ok(Object.isFrozen(error.params));
    assert.equal(error.details, undefined);
    const explicit = new PoolError("POOL_CLOSED", undefined, { cause: 1 });
    assert.deepEqual(explicit.params, {});
    assert.equal(explicit.cause, 1);
  });

  it("take a key __proto__ as data", () => {
    const hostile: Record<string, string> = JSON.parse('{"__proto__":"p"}');
    const error = new PoolError("POOL_CLOSED", {}, { details: hostile });
    assert.equal(Object.getPrototypeOf(error.details), Object.prototype);
    assert.deepEqual(Object.keys(error.details ?? {}), ["__proto__"]);
  });

  it("show in the message as they are, never expanded again", () => {
    const error = new ValidationError("VALIDATION_INVALID_FORMAT", {
      field: "{reason}",
      reason: "$& {field}",
    });
    assert.equal(error.message, "{reason} has an invalid format: $& {field}");
  });
});

describe("cause", () => {
  it("is the very value given, of whatever type", () => {
    const causes: readonly unknown[] = [new Error("c"), "text", null, 0];
    for (const cause of [...causes, undefined]) {
      const error = new TaskError("TASK_CANCELLED", {}, { cause });
      assert.equal(error.cause, cause);
      assert.ok(Object.hasOwn(error, "cause"));
    }
  });

  it("is absent where none is given", () => {
    assert.equal("cause" in new TaskError("TASK_CANCELLED"), false);
    const detailed = new TaskError("TASK_CANCELLED", {}, { details: {} });
    assert.equal("cause" in detailed, false);
    assert.equal("cause" in detailed.toJSON(), false);
  });
});

describe("toJSON()", () => {
  it("gives name, code, message and parameters, and no stack", () => {
    const error = new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 250 });
    const expected = {
      name: "PoolError",
      code: "POOL_ACQUIRE_TIMEOUT",
      message: "No connection became free within 250 ms",
      params: { timeoutMs: 250 },
    };
    assert.deepEqual(error.toJSON(), expected);
    assert.deepEqual(viaJson({ error }), { error: expected });
  });

  it("gives the details where there are some", () => {
    const details = { waiting: 3, ids: ["a"] };
    const error = new PoolError("POOL_CLOSED", {}, { details });
    assert.deepEqual(error.toJSON().details, details);
    assert.equal("details" in new PoolError("POOL_CLOSED").toJSON(), false);
  });

  it("gives a cause by name, message and code, without stack and other fields", () => {
    class Refused extends TypeError {
      override name = "Refused";
      readonly password = "hunter2";
    }
    const causes: readonly (readonly [unknown, unknown])[] = [
      [new Error("down"), { name: "Error", message: "down" }],
      [new Refused("no"), { name: "Refused", message: "no" }],
      [
        Object.assign(new Error("refused"), { code: "ECONNREFUSED", errno: 1 }),
        { name: "Error", message: "refused", code: "ECONNREFUSED" },
      ],
      [
        Object.assign(new Error("status"), { code: 503 }),
        { name: "Error", message: "status", code: 503 },
      ],
      [
        Object.assign(new Error("odd"), { code: { secret: "hunter2" } }),
        { name: "Error", message: "odd" },
      ],
      [
        new CacheError("CACHE_KEY_NOT_FOUND", { key: "k" }, { cause: "deep" }),
        {
          name: "CacheError",
          message: "The cache has no entry for key k",
          code: "CACHE_KEY_NOT_FOUND",
        },
      ],
      [
        AbortSignal.abort().reason,
        {
          name: "AbortError",
          message: AbortSignal.abort().reason.message,
          code: 20,
        },
      ],
    ];
    for (const [cause, expected] of causes) {
      const error = new TaskError("TASK_CANCELLED", {}, { cause });
      assert.deepEqual(error.toJSON().cause, expected);
    }
  });

  it("gives the type alone of a cause that is no Error, as it may be a secret", () => {
    const causes: readonly (readonly [unknown, string])[] = [
      ["hunter2", "string"],
      [42, "number"],
      [42n, "bigint"],
      [true, "boolean"],
      [undefined, "undefined"],
      [null, "null"],
      [Symbol("hunter2"), "symbol"],
      [{ message: "hunter2", code: "hunter2" }, "object"],
      [["hunter2"], "object"],
      [() => "hunter2", "function"],
    ];
    for (const [cause, name] of causes) {
      const error = new TaskError("TASK_CANCELLED", {}, { cause });
      assert.deepEqual(error.toJSON().cause, { name });
    }
  });

  it("ends where causes form a ring", () => {
    const error = new TaskError("TASK_CANCELLED");
    Object.defineProperty(error, "cause", { value: error });
    assert.deepEqual(viaJson(error), {
      name: "TaskError",
      code: "TASK_CANCELLED",
      message: "The task was cancelled",
      params: {},
      cause: {
        name: "TaskError",
        message: "The task was cancelled",
        code: "TASK_CANCELLED",
      },
    });
  });
});

describe("describeError()", () => {
  it("tells name, message and code, and nothing that is no Error's", () => {
    const failure = Object.assign(new TypeError("odd"), { code: "E1" });
    assert.deepStrictEqual(describeError(failure), {
      name: "TypeError",
      message: "odd",
      code: "E1",
    });
    for (const [thrown, name] of [["s3cret", "string"], [null, "null"]]) {
      assert.deepStrictEqual(describeError(thrown), { name });
    }
  });

  it("never throws, whatever the error is", () => {
    const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
    revoke();
    assert.deepStrictEqual(describeError(proxy), { name: "object" });
    const hostile = Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("no");
      },
    });
    assert.deepStrictEqual(describeError(hostile), { name: "object" });
    const odd = Object.assign(new Error(), { name: 1, message: {}, code: [] });
    assert.deepStrictEqual(describeError(odd), { name: "Error" });
  });
});

describe("is()", () => {
  // A bundler folds the two copies into one: there the tests hold all the same.
  const bundled = !String(import.meta.url).endsWith("/errors_test.ts");

  it("has a second copy of the package to look at in these tests", () => {
    assert.equal(copy.PoolError === PoolError, bundled);
  });

  for (const [name, from] of Object.entries({ own: errors, copy })) {
    it(`tells the errors of each class apart (${name} copy)`, () => {
      for (const [domain, error] of oneOfEach(from)) {
        assert.equal(InfrastructureError.is(error), true);
        for (const asked of Object.values(CLASSES)) {
          assert.equal(
            classOf(asked.domain).is(error),
            asked.domain === domain,
            `${asked.domain} asked for ${error.code}`,
          );
        }
      }
    });
  }

  it("knows an error whose classes this program has never seen", () => {
    // As from another realm: not even Object is the same.
    const error = new PoolError("POOL_CLOSED");
    Object.setPrototypeOf(error, Object.create(null));
    assert.equal(InfrastructureError.is(error), true);
    assert.equal(PoolError.is(error), true);
    assert.equal(CacheError.is(error), false);
  });

  it("is false for everything that is no error of the package", () => {
    const { code, message, params } = new PoolError("POOL_CLOSED");
    const strangers: readonly unknown[] = [
      undefined,
      null,
      true,
      0,
      1n,
      "POOL_CLOSED",
      Symbol("POOL_CLOSED"),
      {},
      [],
      () => undefined,
      Object.create(null),
      PoolError,
      PoolError.prototype,
      new Error("POOL_CLOSED"),
      Object.assign(new Error(message), { code, params, name: "PoolError" }),
      { code, message, params, name: "PoolError" },
      new PoolError("POOL_CLOSED").toJSON(),
      new Proxy({}, {}),
      new Proxy(() => undefined, {}),
      new Proxy(new Error("POOL_CLOSED"), {}),
    ];
    for (const value of strangers) {
      assert.equal(InfrastructureError.is(value), false);
      assert.equal(PoolError.is(value), false);
    }
  });

  it("knows an error of another version of the package by its brand", () => {
    const brand = Symbol.for("@groundwork/infra/error");
    const error: unknown = Object.defineProperty(new Error(), brand, {
      value: "POOL",
    });
    assert.equal(InfrastructureError.is(error), true);
    assert.equal(PoolError.is(error), true);
    assert.equal(CacheError.is(error), false);
  });

  it("sees through a proxy", () => {
    const proxy = new Proxy(new PoolError("POOL_CLOSED"), {});
    assert.equal(InfrastructureError.is(proxy), true);
    assert.equal(PoolError.is(proxy), true);
    assert.equal(CacheError.is(proxy), false);
  });

  it("does not throw for what carries the brand without a code", () => {
    const [brand] = Object.getOwnPropertySymbols(new PoolError("POOL_CLOSED"));
    assert.ok(brand);
    for (const code of [undefined, null, 1, {}]) {
      const forged: unknown = Object.defineProperty({ code }, brand, {
        value: true,
      });
      assert.equal(PoolError.is(forged), false);
    }
  });

  it("promises no more of an error of the base class than it has", () => {
    const validation = new InfrastructureError("VALIDATION_REQUIRED", {
      field: "name",
    }) as unknown;
    if (ValidationError.is(validation)) {
      assert.equal(validation.field, "name");
    }
    const config = new InfrastructureError("CONFIG_INVALID", {
      count: 1,
      summary: "name",
    }) as unknown;
    if (ConfigError.is(config)) assert.ok(Array.isArray(config.issues));
    assert.equal(InfrastructureError.is(validation), true);
    assert.equal(InfrastructureError.is(config), true);
  });
});

describe("a class of one's own", () => {
  class LinkGone extends RepositoryError<"DB_ENTITY_NOT_FOUND"> {
    readonly goneAt: number = 7;
  }
  class AnyTrouble extends InfrastructureError {}
  const gone = new LinkGone("DB_ENTITY_NOT_FOUND", { entity: "L", id: 1 });
  const plain = new RepositoryError("DB_DUPLICATE_KEY", { entity: "L" });

  it("is told from the class it extends", () => {
    assert.equal(LinkGone.is(gone), true);
    assert.equal(LinkGone.is(plain), false);
    assert.equal(AnyTrouble.is(plain), false);
    assert.equal(RepositoryError.is(gone), true);
    assert.equal(InfrastructureError.is(gone), true);
  });

  it("has the name of the class it extends, unless it takes another", () => {
    assert.equal(gone.name, "RepositoryError");
    class Overriding extends PoolError<"POOL_CLOSED"> {
      override get name(): string {
        return "Overriding";
      }
    }
    assert.equal(new Overriding("POOL_CLOSED").toJSON().name, "Overriding");
    const assigned = new PoolError("POOL_CLOSED");
    assigned.name = "Assigned";
    assert.equal(String(assigned), "Assigned: The pool is closed");
    assert.deepEqual(Object.keys(assigned).includes("name"), false);
    assigned.name = "Again";
    assert.equal(assigned.name, "Again");
    Reflect.deleteProperty(assigned, "name");
    assert.equal(assigned.name, "PoolError");
    assert.equal(new PoolError("POOL_CLOSED").name, "PoolError");
  });
});

describe("ValidationError", () => {
  it("has the field of its parameters, as a string", () => {
    for (const field of ["user.name", "", "{field}", 7, 0]) {
      const error = new ValidationError("VALIDATION_REQUIRED", { field });
      assert.equal(error.field, String(field));
    }
  });

  it("has a field for every code of its domain", () => {
    for (const { domain, code, names } of CODES) {
      if (domain !== "VALIDATION") continue;
      assert.ok(names.includes("field"), `${code} names no field`);
    }
  });
});

describe("CompressionError", () => {
  it("has the coding of its parameters, as a string", () => {
    for (const coding of ["gzip", "", "{coding}", 7]) {
      const error = new CompressionError("COMPRESSION_CORRUPT", { coding });
      assert.equal(error.coding, String(coding));
    }
  });

  it("has a coding for every code of its domain", () => {
    for (const { domain, code, names } of CODES) {
      if (domain !== "COMPRESSION") continue;
      assert.ok(names.includes("coding"), `${code} names no coding`);
    }
  });
});

describe("ConfigError", () => {
  const params = { count: 1, summary: "database.poolSize" };

  it("has the issues of its details", () => {
    const details = { issues: [ISSUE] };
    const error = new ConfigError("CONFIG_INVALID", params, { details });
    assert.deepEqual(error.issues, [ISSUE]);
  });

  it("has no issues where none are given", () => {
    const bare = [
      new ConfigError("CONFIG_INVALID", params),
      new ConfigError("CONFIG_INVALID", params, {}),
    ];
    for (const error of bare) {
      assert.deepEqual(error.issues, []);
    }
  });

  it("serializes with every issue, and what the base gives", () => {
    const error = new ConfigError("CONFIG_INVALID", params, {
      cause: new Error("unreadable"),
      details: { file: "app.json", issues: [ISSUE] },
    });
    assert.deepEqual(viaJson(error), {
      name: "ConfigError",
      code: "CONFIG_INVALID",
      message: "The configuration has 1 problem(s): database.poolSize",
      params,
      details: { file: "app.json", issues: [ISSUE] },
      cause: { name: "Error", message: "unreadable" },
    });
  });
});

describe("localize()", () => {
  const german = defineCatalogue({
    POOL: { ACQUIRE_TIMEOUT: "Keine Verbindung frei nach {timeoutMs} ms" },
    VALIDATION: { TOO_SMALL: "{field} muss mindestens {min} sein" },
  });

  it("renders code and parameters with the texts of another language", () => {
    const error = new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 5 });
    const expected = "Keine Verbindung frei nach 5 ms";
    assert.equal(localize(error, german), expected);
    assert.equal(error.message, "No connection became free within 5 ms");
  });

  it("renders what an error serialized to, and the issues of a configuration", () => {
    const error = new PoolError("POOL_ACQUIRE_TIMEOUT", { timeoutMs: 5 });
    assert.equal(
      localize(viaJson(error) as InfrastructureError, german),
      "Keine Verbindung frei nach 5 ms",
    );
    assert.equal(
      localize(ISSUE, german),
      "database.poolSize muss mindestens 1 sein",
    );
  });

  it("falls back to English for every text that a catalogue lacks", () => {
    fc.assert(
      fc.property(filledCodes(), ([{ domain, code }, params]) => {
        const error = new (classOf(domain))(code, params);
        for (const catalogue of [{}, { [domain]: {} }]) {
          assert.equal(localize(error, catalogue), error.message);
        }
      }),
      RUNS,
    );
  });

  it("substitutes in one pass and by own keys, in any catalogue", () => {
    const catalogue = { POOL: { CONNECTION_ERROR: "{toString} {reason}" } };
    const error = new PoolError("POOL_CONNECTION_ERROR", {
      reason: "{reason} $&",
    });
    assert.equal(localize(error, catalogue), "{toString} {reason} $&");
  });
});
