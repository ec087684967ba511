import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type BaseConfig,
  baseFields,
  ConfigBuilder,
  type ConfigOf,
  type ConfigRecord,
  type ConfigShape,
  type Field,
  field,
} from "../src/config.ts";
import {
  ConfigError,
  type ConfigIssue,
  type ConfigLayer,
  ValidationError,
} from "../src/errors.ts";
import { Secret } from "../src/secret.ts";
import { HealthStatus } from "../src/status.ts";
import {
  assertConceals,
  assertDeeplyFrozen,
  type Equal,
  expectType,
  RUNS,
  schemaOf,
} from "./foundation_support.ts";

const MARKER = "hunter2-marker";

/** The value or the message of one field, read as text or as it is. */
function readOne(it: Field<unknown>, raw: unknown, isText: boolean): unknown {
  const result = it.read("it", raw, isText);
  return result.ok ? result.value : result.error.message;
}

/** Each issue as `[field, layer, source, code]`. */
function issuesOf(
  builder: ConfigBuilder<ConfigShape>,
): readonly (readonly unknown[])[] {
  const error = builder.build().unwrapErr();
  ok(ConfigError.is(error));
  return error.issues.map((it) => [it.field, it.layer, it.source, it.code]);
}

/** An issue in the environment of the sole field `it` with the variable `IT`. */
function messagesOf(it: Field<unknown>, text: string): readonly string[] {
  const builder = new ConfigBuilder({ it }).withEnvironment({ IT: text });
  return builder.build().unwrapErr().issues.map(({ message }) => message);
}

function isInvalidOption(error: unknown, message: RegExp): boolean {
  ok(ValidationError.is(error));
  strictEqual(error.code, "VALIDATION_INVALID_OPTION");
  ok(message.test(error.message), error.message);
  return true;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** One step of building: which layer, and what it says of the fields. */
interface LayerStep {
  readonly layer: "values" | "environment" | "override";
  readonly given: Readonly<Record<string, number>>;
}

describe("ConfigBuilder precedence", () => {
  const shape = {
    a: field.integer({ env: "A", default: 0 }),
    b: field.integer({ env: "B", default: 0 }),
    group: { c: field.integer({ env: "C", optional: true }) },
  };
  const variables: Readonly<Record<string, string>> = {
    a: "A",
    b: "B",
    c: "C",
  };

  function inShape(given: LayerStep["given"]): Record<string, unknown> {
    const { c, ...top } = given;
    return { ...top, ...(c !== undefined && { group: { c } }) };
  }

  function apply(
    builder: ConfigBuilder<typeof shape>,
    { layer, given }: LayerStep,
  ): ConfigBuilder<typeof shape> {
    switch (layer) {
      case "values":
        return builder.withValues(inShape(given));
      case "environment":
        return builder.withEnvironment(Object.fromEntries(
          Object.entries(given).map(([k, v]) => [variables[k]!, String(v)]),
        ));
      case "override":
        return builder.withOverrides(inShape(given));
    }
  }

  const givens = fc.uniqueArray(fc.constantFrom("a", "b", "c"))
    .chain((names) =>
      fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.nat())))
    )
    .map((entries) => Object.fromEntries(entries));
  const layerSteps: fc.Arbitrary<LayerStep> = fc.record({
    layer: fc.constantFrom("values", "environment", "override"),
    given: givens,
  });

  it("is defaults < values < environment < overrides, a later one of a kind wins, in every order of the calls (property)", () => {
    fc.assert(
      fc.property(fc.array(layerSteps, { maxLength: 8 }), (steps) => {
        const config = steps.reduce(apply, new ConfigBuilder(shape))
          .build().unwrap();
        function expected(name: string): number | undefined {
          for (const layer of ["override", "environment", "values"]) {
            const last = steps.findLast((step) =>
              step.layer === layer && name in step.given
            );
            if (last !== undefined) return last.given[name];
          }
          return name === "c" ? undefined : 0;
        }
        deepStrictEqual(config, {
          a: expected("a"),
          b: expected("b"),
          group: { c: expected("c") },
        });
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it("names the layer and the source of the strongest value, in every order of the calls (property)", () => {
    const strict = { a: field.integer({ env: "A", max: -1 }) };
    const layers = ["values", "environment", "override"] as const;
    const strength: readonly ConfigLayer[] = layers;
    fc.assert(
      fc.property(fc.shuffledSubarray([...layers]), (order) => {
        let builder = new ConfigBuilder(strict);
        for (const layer of order) {
          if (layer === "values") builder = builder.withValues({ a: 1 }, "f");
          if (layer === "override") builder = builder.withOverrides({ a: 1 });
          if (layer === "environment") {
            builder = builder.withEnvironment({ A: "1" });
          }
        }
        const strongest = strength.findLast((it) =>
          (order as readonly string[]).includes(it)
        );
        const sources = {
          values: "f",
          environment: "A",
          override: "overrides",
        };
        const [issue] = builder.build().unwrapErr().issues;
        strictEqual(issue!.layer, strongest);
        strictEqual(
          issue!.source,
          strongest === undefined
            ? "A"
            : sources[strongest as keyof typeof sources],
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("lets undefined leave a field as it is", () => {
    const config = new ConfigBuilder(shape)
      .withValues({ a: 1, b: 1, group: { c: 1 } })
      .withValues({ a: undefined, group: undefined })
      .withOverrides({ b: undefined, group: { c: undefined } })
      .withEnvironment({ A: undefined })
      .withValues(undefined)
      .build().unwrap();
    deepStrictEqual(config, { a: 1, b: 1, group: { c: 1 } });
  });
});

describe("ConfigBuilder", () => {
  it("never changes: each with… gives a new one (property)", () => {
    const shape = { a: field.integer({ env: "A", default: 0 }) };
    type Builder = ConfigBuilder<typeof shape>;
    const moves: readonly ((builder: Builder, n: number) => Builder)[] = [
      (builder, n) => builder.withValues({ a: n }),
      (builder, n) => builder.withEnvironment({ A: String(n) }),
      (builder, n) => builder.withOverrides({ a: n }),
      (builder) => builder.withValues({ unknown: 1 }),
    ];
    const steps = fc.array(fc.tuple(fc.constantFrom(...moves), fc.nat(9)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(steps, (steps) => {
        const builders: Builder[] = [new ConfigBuilder(shape)];
        const outcomes = [builders[0]!.build()];
        for (const [move, n] of steps) {
          const next = move(builders.at(-1)!, n);
          ok(!builders.includes(next));
          builders.push(next);
          outcomes.push(next.build());
        }
        for (const [i, builder] of builders.entries()) {
          const again = builder.build();
          strictEqual(again.ok, outcomes[i]!.ok);
          deepStrictEqual(
            JSON.stringify(again),
            JSON.stringify(outcomes[i]),
          );
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("never changes when the shape it was made of does", () => {
    const group: Record<string, Field<unknown>> = {
      a: field.integer({ default: 1 }),
    };
    const shape: Record<string, ConfigShape> = { group };
    const builder = new ConfigBuilder(shape);
    group.late = field.integer({ default: 2 });
    group.a = field.integer({ default: 3 });
    shape.more = { b: field.integer({ default: 4 }) };
    for (const it of [builder, builder.withValues({})]) {
      deepStrictEqual(it.build().unwrap(), { group: { a: 1 } });
      strictEqual(it.describe().length, 1);
    }
  });

  it("lets two builders go on from one", () => {
    const base = new ConfigBuilder({ a: field.integer({ default: 0 }) });
    const one = base.withOverrides({ a: 1 });
    const two = base.withOverrides({ a: 2 });
    deepStrictEqual(
      [base, one, two].map((it) => it.build().unwrap().a),
      [0, 1, 2],
    );
  });

  it("build() gives an equal but fresh configuration each time", () => {
    const builder = new ConfigBuilder({ group: { a: field.string() } })
      .withValues({ group: { a: "x" } });
    const [one, two] = [builder.build().unwrap(), builder.build().unwrap()];
    deepStrictEqual(one, two);
    notStrictEqual(one, two);
  });

  it("build() gives the fields in the order of the shape, groups included", () => {
    const config = new ConfigBuilder({
      z: field.integer({ default: 1 }),
      a: { y: field.integer({ default: 2 }), b: {} },
    }).build().unwrap();
    strictEqual(JSON.stringify(config), '{"z":1,"a":{"y":2,"b":{}}}');
  });

  it("build() gives a field that is called __proto__ as an own one", () => {
    const shape: ConfigShape = {};
    Object.defineProperty(shape, "__proto__", {
      value: field.integer({ default: 7 }),
      enumerable: true,
    });
    const config = new ConfigBuilder(shape).build().unwrap();
    deepStrictEqual(Object.entries(config), [["__proto__", 7]]);
    strictEqual(Object.getPrototypeOf(config), Object.prototype);
  });

  const badNames: readonly (readonly [string, ConfigShape])[] = [
    ["empty", { "": field.integer({ default: 1 }) }],
    ["dotted", { "a.b": field.integer({ default: 1 }) }],
    ["only a dot", { ".": field.integer({ default: 1 }) }],
    ["empty, of a group", { "": { a: field.integer({ default: 1 }) } }],
    ["dotted, in a group", { g: { "a.": field.integer({ default: 1 }) } }],
  ];
  for (const [name, shape] of badNames) {
    it(`throws at construction when a name is ${name}`, () => {
      throws(
        () => new ConfigBuilder(shape),
        (error) => isInvalidOption(error, /at least one character and no dot/),
      );
    });
  }

  it("accepts a group with a field called read", () => {
    const permissions = {
      read: field.boolean({ default: true }),
      options: field.boolean({ default: false }),
    };
    const config = new ConfigBuilder({ permissions }).build().unwrap();
    deepStrictEqual(config, { permissions: { read: true, options: false } });
  });

  const badDefaults: readonly (readonly [
    name: string,
    it: Field<unknown>,
    message: RegExp,
  ])[] = [
    ["a blank string", field.string({ default: " " }), /it must not be empty/],
    [
      "a string of another format",
      field.string({ default: "1", format: /[a-z]/ }),
      /it must match the pattern .*received "1"/,
    ],
    [
      "an integer above its bound",
      field.integer({ default: 11, max: 10 }),
      /it must be at most 10, received 11/,
    ],
    [
      "an integer as text",
      field.integer({ default: "10" as unknown as number }),
      /it must be of type integer, received "10"/,
    ],
    ["a fraction", field.integer({ default: 1.5 }), /received 1\.5/],
    ["NaN", field.number({ default: NaN }), /received NaN/],
    [
      "null",
      field.boolean({ default: null as unknown as boolean }),
      /it must be of type boolean.*received null/,
    ],
    ["a negative duration", field.duration({ default: -1 }), /received -1/],
    [
      "a duration without a known unit",
      field.duration({ default: "5w" }),
      /received "5w"/,
    ],
    ["a relative URL", field.url({ default: "/path" }), /received "\/path"/],
    [
      "no member",
      field.oneOf(["a", "b"], { default: "c" as unknown as "a" }),
      /it must be one of a, b, received "c"/,
    ],
    [
      "no record",
      field.record({ default: [] as unknown as ConfigRecord }),
      /received \[object Array\]/,
    ],
    [
      "what the schema refuses",
      field.schema(schemaOf<number>(() => ({ issues: [] })), { default: 1 }),
      /does not satisfy its schema/,
    ],
  ];
  for (const [name, it_, message] of badDefaults) {
    it(`throws at construction when a default is ${name}`, () => {
      throws(
        () => new ConfigBuilder({ it: it_ }),
        (error) => isInvalidOption(error, message),
      );
    });
  }

  it("names the path of a default in a group that is not valid", () => {
    throws(
      () =>
        new ConfigBuilder({ group: { port: field.integer({ default: 0.5 }) } }),
      (error) => isInvalidOption(error, /group\.port/),
    );
  });

  it("checks a default in the way of its field", () => {
    const config = new ConfigBuilder({
      graceMs: field.duration({ default: "1.5m" }),
      home: field.url({ default: "HTTP://Example.com" }),
    }).build().unwrap();
    deepStrictEqual(config, {
      graceMs: 90_000,
      home: "http://example.com/",
    });
  });
});

describe("ConfigBuilder immutability (trap 6)", () => {
  type Layer = (
    builder: ConfigBuilder<{ readonly metadata: Field<ConfigRecord> }>,
    metadata: ConfigRecord,
  ) => typeof builder;
  const layers: readonly (readonly [string, Layer])[] = [
    ["withValues()", (builder, metadata) => builder.withValues({ metadata })],
    [
      "withOverrides()",
      (builder, metadata) => builder.withOverrides({ metadata }),
    ],
    [
      "a default",
      (_, metadata) =>
        new ConfigBuilder({ metadata: field.record({ default: metadata }) }),
    ],
  ];

  for (const [name, give] of layers) {
    it(`does not show later changes of what came in by ${name}`, () => {
      const list: unknown[] = [{ deep: 1 }, 2];
      const metadata: Record<string, unknown> = { list, inner: { a: 1 } };
      const builder = give(
        new ConfigBuilder({ metadata: field.record() }),
        metadata,
      );
      list.push(3);
      (list[0] as { deep: number }).deep = 99;
      metadata.extra = true;
      (metadata.inner as { a: number }).a = 99;
      for (const it of [builder, builder.withValues({})]) {
        deepStrictEqual(it.build().unwrap().metadata, {
          list: [{ deep: 1 }, 2],
          inner: { a: 1 },
        });
      }
    });

    it(`gives what came in by ${name} deeply frozen, and freezes not the input`, () => {
      const metadata = { list: [{ deep: 1 }], inner: { more: { a: 1 } } };
      const config = give(
        new ConfigBuilder({ metadata: field.record() }),
        metadata,
      ).build().unwrap();
      assertDeeplyFrozen(config);
      metadata.inner.more.a = 2;
      strictEqual(metadata.inner.more.a, 2);
      strictEqual(Object.isFrozen(metadata), false);
    });
  }

  it("takes a default when the field is made, not later", () => {
    const metadata: Record<string, unknown> = { a: 1 };
    const it = field.record({ default: metadata });
    metadata.a = 2;
    deepStrictEqual(
      new ConfigBuilder({ it }).build().unwrap().it,
      { a: 1 },
    );
  });

  it("describe() gives no way to change a default", () => {
    const builder = new ConfigBuilder({
      metadata: field.record({ default: { list: [1] } }),
    });
    const shown = builder.describe()[0]!.default as { list: number[] };
    throws(() => shown.list.push(2), TypeError);
    deepStrictEqual(builder.describe()[0]!.default, { list: [1] });
  });

  it("throws when the configuration is changed, at any depth", () => {
    const config = new ConfigBuilder({
      top: field.integer({ default: 1 }),
      group: { inner: { a: field.integer({ default: 1 }) } },
      metadata: field.record({ default: { list: [{ b: 1 }] } }),
      fromSchema: field.schema(
        schemaOf(() => ({ value: { list: [{ c: 1 }] } })),
        { default: 0 },
      ),
    }).build().unwrap();
    type Mutable = {
      top: number;
      extra?: number;
      group: { inner: { a: number } };
      metadata: { list: { b: number }[] };
      fromSchema: { list: { c: number }[] };
    };
    const open = config as unknown as Mutable;
    const attempts: readonly (() => unknown)[] = [
      () => open.top = 2,
      () => open.extra = 2,
      () => open.group.inner = { a: 2 },
      () => open.group.inner.a = 2,
      () => delete (open.group.inner as { a?: number }).a,
      () => open.metadata.list.push({ b: 2 }),
      () => open.metadata.list[0]!.b = 2,
      () => open.fromSchema.list.push({ c: 2 }),
      () => open.fromSchema.list[0]!.c = 2,
    ];
    for (const attempt of attempts) throws(attempt, TypeError);
    assertDeeplyFrozen(config);
  });

  it("build() freezes any JSON deeply and keeps it equal (property)", () => {
    const builder = new ConfigBuilder({ metadata: field.record() });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        (metadata) => {
          const before = JSON.stringify(metadata);
          const config = builder.withValues({ metadata }).build().unwrap();
          strictEqual(
            JSON.stringify(config.metadata),
            before,
          );
          assertDeeplyFrozen(config);
          strictEqual(JSON.stringify(metadata), before);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("build() copies out of a secret's record as well", () => {
    const key = { parts: ["a"] };
    const config = new ConfigBuilder({
      key: field.secret({ of: field.record() }),
    }).withOverrides({ key }).build().unwrap();
    key.parts.push("b");
    deepStrictEqual(config.key.reveal(), { parts: ["a"] });
    assertDeeplyFrozen(config.key.reveal());
  });
});

describe("ConfigBuilder unknown names (trap 6)", () => {
  const shape = {
    port: field.integer({ env: "PORT" }),
    database: { host: field.string() },
  };

  const unknown: readonly (readonly [string, unknown])[] = [
    ["pord", { pord: 1 }],
    ["database.hots", { database: { hots: "x" } }],
    ["database.host.name", { "database.host.name": "x" }],
    ["toString", { toString: 1 }],
    ["constructor", { constructor: 1 }],
    ["__proto__", JSON.parse('{"__proto__": {"port": 1}}')],
    ["database.__proto__", JSON.parse('{"database": {"__proto__": 1}}')],
    ["", { "": 1 }],
    ["pord", { pord: undefined }],
  ];
  for (const [name, values] of unknown) {
    const text = JSON.stringify(values);
    it(`withOverrides() throws at once and names "${name}" when given ${text}`, () => {
      const builder = new ConfigBuilder(shape);
      throws(
        () => builder.withOverrides(values as Record<string, never>),
        (error: unknown) => {
          ok(ValidationError.is(error));
          strictEqual(error.code, "VALIDATION_UNKNOWN_FIELD");
          strictEqual(error.field, name);
          return true;
        },
      );
    });

    it(`withValues() lets build() name "${name}" when given ${text}`, () => {
      const builder = new ConfigBuilder(shape)
        .withValues(values, "a.json")
        .withOverrides({ port: 1, database: { host: "x" } });
      deepStrictEqual(issuesOf(builder), [
        [name, "values", "a.json", "VALIDATION_UNKNOWN_FIELD"],
      ]);
    });
  }

  it("build() reports them of every file, together with everything else", () => {
    const builder = new ConfigBuilder(shape)
      .withValues({ pord: 1, database: { hots: 1, host: 5 } }, "a.json")
      .withValues({ prot: 1 }, "b.json")
      .withEnvironment({ PORT: "many" });
    const issues = issuesOf(builder).map((it) => it.join());
    deepStrictEqual(issues.toSorted(), [
      "database.host,values,a.json,VALIDATION_TYPE_MISMATCH",
      "database.hots,values,a.json,VALIDATION_UNKNOWN_FIELD",
      "pord,values,a.json,VALIDATION_UNKNOWN_FIELD",
      "port,environment,PORT,VALIDATION_TYPE_MISMATCH",
      "prot,values,b.json,VALIDATION_UNKNOWN_FIELD",
    ]);
  });

  for (
    const [name, group] of [
      ["null", null],
      ["a string", "x"],
      ["a number", 1],
      ["an array", []],
      ["a function", (): void => {}],
    ] as const
  ) {
    it(`withOverrides() throws at once when a group is ${name}`, () => {
      const overrides = { database: group } as unknown as Record<string, never>;
      throws(
        () => new ConfigBuilder(shape).withOverrides(overrides),
        (error: unknown) =>
          ValidationError.is(error) && error.field === "database" &&
          error.code === "VALIDATION_TYPE_MISMATCH",
      );
    });

    it(`build() reports a group that is ${name}, and what it then lacks`, () => {
      const builder = new ConfigBuilder(shape)
        .withValues({ port: 1, database: group }, "a.json");
      deepStrictEqual(issuesOf(builder), [
        ["database", "values", "a.json", "VALIDATION_TYPE_MISMATCH"],
        ["database.host", undefined, undefined, "VALIDATION_REQUIRED"],
      ]);
    });

    it(`build() reports a file that is ${name}`, () => {
      const builder = new ConfigBuilder({}).withValues(group, "a.json");
      deepStrictEqual(issuesOf(builder), [
        ["configuration", "values", "a.json", "VALIDATION_TYPE_MISMATCH"],
      ]);
      ok(!builder.build().ok);
    });
  }
});

describe("ConfigBuilder.build() problems", () => {
  it("reports every problem at once, with field, layer and source", () => {
    const builder = new ConfigBuilder({
      port: field.integer({ env: "PORT", max: 65_535 }),
      level: field.oneOf(["debug", "info"]),
      database: {
        host: field.string({ env: "DB_HOST" }),
        password: field.secret({ env: "DB_PASSWORD" }),
        poolSize: field.integer({ min: 1 }),
      },
      token: field.secret(),
    })
      .withValues({ level: "loud", database: { host: "x" } }, "config.json")
      .withEnvironment({ PORT: "99999", DB_HOST: "  " })
      .withOverrides({ database: { poolSize: 0 } }, "flags");
    const error = builder.build().unwrapErr();
    strictEqual(error.code, "CONFIG_INVALID");
    const expected: readonly ConfigIssue[] = [
      {
        field: "port",
        layer: "environment",
        source: "PORT",
        code: "VALIDATION_TOO_LARGE",
        message: "port must be at most 65535",
        params: { field: "port", max: 65_535 },
      },
      {
        field: "level",
        layer: "values",
        source: "config.json",
        code: "VALIDATION_NOT_A_MEMBER",
        message: "level must be one of debug, info",
        params: { field: "level", allowed: "debug, info" },
      },
      {
        field: "database.host",
        layer: "environment",
        source: "DB_HOST",
        code: "VALIDATION_EMPTY_VALUE",
        message: "database.host must not be empty",
        params: { field: "database.host" },
      },
      {
        field: "database.password",
        layer: undefined,
        source: "DB_PASSWORD",
        code: "VALIDATION_REQUIRED",
        message: "database.password is required",
        params: { field: "database.password" },
      },
      {
        field: "database.poolSize",
        layer: "override",
        source: "flags",
        code: "VALIDATION_TOO_SMALL",
        message: "database.poolSize must be at least 1",
        params: { field: "database.poolSize", min: 1 },
      },
      {
        field: "token",
        layer: undefined,
        source: undefined,
        code: "VALIDATION_REQUIRED",
        message: "token is required",
        params: { field: "token" },
      },
    ];
    deepStrictEqual(error.issues, expected);
    strictEqual(
      error.message,
      "The configuration has 6 problem(s): " +
        "port must be at most 65535 (PORT); " +
        "level must be one of debug, info (config.json); " +
        "database.host must not be empty (DB_HOST); " +
        "database.password is required (DB_PASSWORD); " +
        "database.poolSize must be at least 1 (flags); " +
        "token is required",
    );
    assertDeeplyFrozen(error.issues);
  });

  it("names the source by its kind when it has no name", () => {
    const shape = { a: field.integer() };
    const bad = { a: "x" as unknown as number };
    deepStrictEqual(issuesOf(new ConfigBuilder(shape).withValues(bad)), [
      ["a", "values", "values", "VALIDATION_TYPE_MISMATCH"],
    ]);
    deepStrictEqual(issuesOf(new ConfigBuilder(shape).withOverrides(bad)), [
      ["a", "override", "overrides", "VALIDATION_TYPE_MISMATCH"],
    ]);
  });

  it("does not report what a stronger layer replaces", () => {
    const config = new ConfigBuilder({ a: field.integer({ env: "A" }) })
      .withValues({ a: "many" })
      .withEnvironment({ A: "7" })
      .build().unwrap();
    strictEqual(config.a, 7);
  });

  it("does not fall back to a weaker layer when a stronger one is not valid", () => {
    const builder = new ConfigBuilder({
      a: field.integer({ env: "A", default: 1 }),
    }).withValues({ a: 2 }).withEnvironment({ A: "many" });
    deepStrictEqual(issuesOf(builder), [
      ["a", "environment", "A", "VALIDATION_TYPE_MISMATCH"],
    ]);
  });

  it("takes null for a value that is not valid, not for one that is not there", () => {
    const builder = new ConfigBuilder({ a: field.integer({ default: 1 }) })
      .withValues({ a: null }, "a.json");
    deepStrictEqual(issuesOf(builder), [
      ["a", "values", "a.json", "VALIDATION_TYPE_MISMATCH"],
    ]);
  });
});

describe("ConfigBuilder never tells a value", () => {
  const digits = { description: "digits", pattern: /\d+/ };
  const quoting = schemaOf<never>((value) => ({
    issues: [{ message: `Not ${JSON.stringify(value)}`, path: ["inner"] }],
  }));
  /** A field of every kind that refuses the marker, in whatever form. */
  const refusing: Readonly<Record<string, Field<unknown>>> = {
    string: field.string({ format: /\d+/ }),
    described: field.string({ format: digits }),
    integer: field.integer({ max: 5 }),
    number: field.number({ min: 0, max: 5 }),
    boolean: field.boolean(),
    duration: field.duration({ max: 5 }),
    url: field.url(),
    urlProtocol: field.url({ protocols: ["https:"] }),
    oneOf: field.oneOf(["a", "b"]),
    record: field.record(),
    schema: field.schema(quoting),
    secret: field.secret({ of: field.string({ format: digits }) }),
    secretInteger: field.secret({ of: field.integer() }),
    secretRecord: field.secret({ of: field.record() }),
    secretSchema: field.secret({ of: field.schema(quoting) }),
    secretUrl: field.secret({ of: field.url({ protocols: ["https:"] }) }),
  };
  const texts = [
    MARKER,
    `http://user:${MARKER}@example.com/`,
    `{"password": "${MARKER}"`,
    `["${MARKER}"]`,
    ` ${MARKER}\n`,
  ];

  /** The few combinations that are valid after all. */
  function accepts(name: string, raw: unknown): boolean {
    if (name === "url") return raw === texts[1];
    return /record/i.test(name) && raw?.constructor === Object;
  }

  for (const [name, it_] of Object.entries(refusing)) {
    it(`in an error of the field ${name}, from any layer`, () => {
      const builder = new ConfigBuilder({ group: { it: it_ } }, {
        envPrefix: "",
      });
      for (const text of texts) {
        const tries: (readonly [unknown, typeof builder])[] = [
          text,
          [text],
          { text },
          new Secret(text),
          (): string => text,
        ].flatMap((it) => [
          [it, builder.withValues({ group: { it } })],
          [it, builder.withOverrides({ group: { it } })],
        ]);
        tries.push([text, builder.withEnvironment({ GROUP_IT: text })]);
        for (const [raw, tried] of tries) {
          const result = tried.build();
          strictEqual(result.ok, accepts(name, raw));
          if (result.ok) continue;
          strictEqual(result.error.issues[0]!.field, "group.it");
          assertConceals(result.error, MARKER);
          assertConceals(result.error.issues, MARKER);
          assertConceals(result, MARKER);
        }
      }
    });
  }

  it("in an error of several fields that all hold it", () => {
    const values = Object.fromEntries(
      Object.keys(refusing).map((name) => [name, MARKER]),
    );
    const error = new ConfigBuilder(refusing)
      .withValues({ ...values, unknown: MARKER }).build().unwrapErr();
    strictEqual(error.issues.length, Object.keys(refusing).length + 1);
    assertConceals(error, MARKER);
  });

  it("where a group or the whole file is the value", () => {
    const builder = new ConfigBuilder({ group: { a: field.string() } });
    for (const values of [MARKER, { group: MARKER }, { group: [MARKER] }]) {
      assertConceals(builder.withValues(values).build().unwrapErr(), MARKER);
    }
    throws(
      () => builder.withOverrides({ group: MARKER } as unknown as object),
      (error) => {
        assertConceals(error, MARKER);
        return true;
      },
    );
  });

  it("in anything but a secret's reveal() when it is valid", () => {
    const builder = new ConfigBuilder({
      password: field.secret({ env: "PASSWORD" }),
      other: field.integer(),
    }).withEnvironment({ PASSWORD: MARKER });
    assertConceals(builder, MARKER);
    assertConceals(builder.describe(), MARKER);
    assertConceals(builder.build().unwrapErr(), MARKER);
    const config = builder.withOverrides({ other: 1 }).build().unwrap();
    assertConceals(config, MARKER);
    strictEqual(config.password.reveal(), MARKER);
  });

  it("whatever the value and the field (property)", () => {
    const names = Object.keys(refusing);
    const markers = fc.string({ minLength: 8 }).map((it) => `<marker ${it}>`);
    fc.assert(
      fc.property(fc.constantFrom(...names), markers, (name, marker) => {
        const error = new ConfigBuilder({ it: refusing[name]! })
          .withValues({ it: marker }).build();
        ok(!error.ok);
        const told = error.error.message + JSON.stringify(error.error);
        ok(!told.includes(marker));
        ok(!told.includes(JSON.stringify(marker).slice(1, -1)));
      }),
      { numRuns: RUNS },
    );
  });
});

describe("ConfigBuilder.withEnvironment()", () => {
  it("takes an empty variable for one that is not set", () => {
    const config = new ConfigBuilder({
      a: field.string({ env: "A", default: "default" }),
      b: field.integer({ env: "B", optional: true }),
      c: field.boolean({ env: "C" }),
    }).withValues({ c: true })
      .withEnvironment({ A: "", B: "", C: "" }).build().unwrap();
    deepStrictEqual(config, { a: "default", b: undefined, c: true });
  });

  it("reports an empty variable of a required field as missing", () => {
    const builder = new ConfigBuilder({ a: field.string({ env: "A" }) });
    deepStrictEqual(issuesOf(builder.withEnvironment({ A: "" })), [
      ["a", undefined, "A", "VALIDATION_REQUIRED"],
    ]);
  });

  it("reads the variables that fields name and looks at no other", () => {
    const seen = new Set<PropertyKey>();
    const trap = (key: PropertyKey): undefined => void seen.add(key);
    const environment = new Proxy<Record<string, string | undefined>>({}, {
      get: (_, key) => trap(key),
      has: (_, key) => trap(key) ?? false,
      getOwnPropertyDescriptor: (_, key) => trap(key),
      ownKeys: () => trap("(all)") ?? [],
    });
    const shape = {
      a: field.string({ env: "A_VARIABLE", optional: true }),
      b: field.string({ optional: true }),
      group: { poolSize: field.integer({ optional: true }) },
    };
    new ConfigBuilder(shape).withEnvironment(environment).build().unwrap();
    deepStrictEqual([...seen], ["A_VARIABLE"]);
    seen.clear();
    new ConfigBuilder(shape, { envPrefix: "APP_" })
      .withEnvironment(environment).build().unwrap();
    deepStrictEqual([...seen], ["A_VARIABLE", "APP_B", "APP_GROUP_POOL_SIZE"]);
  });

  it("takes the variables as they are now, not later", () => {
    const environment = { A: "1" };
    const builder = new ConfigBuilder({ a: field.integer({ env: "A" }) })
      .withEnvironment(environment);
    environment.A = "2";
    strictEqual(builder.build().unwrap().a, 1);
  });

  it("prefers a field's own variable to the prefixed one", () => {
    const config = new ConfigBuilder({
      port: field.integer({ env: "PORT" }),
    }, { envPrefix: "APP_" })
      .withEnvironment({ APP_PORT: "1", PORT: "2" }).build().unwrap();
    strictEqual(config.port, 2);
  });

  it("reads no variable of a field that has none", () => {
    const builder = new ConfigBuilder({ port: field.integer({ default: 1 }) });
    strictEqual(
      builder.withEnvironment({ PORT: "2", port: "3", undefined: "4" })
        .build().unwrap().port,
      1,
    );
  });

  const names: readonly (readonly [string, ConfigShape, string])[] = [
    ["port", { port: field.integer() }, "APP_PORT"],
    ["poolSize", { poolSize: field.integer() }, "APP_POOL_SIZE"],
    ["poolSizeMs", { poolSizeMs: field.integer() }, "APP_POOL_SIZE_MS"],
    ["http2Port", { http2Port: field.integer() }, "APP_HTTP2_PORT"],
    ["max-size", { "max-size": field.integer() }, "APP_MAX_SIZE"],
    ["snake_case", { snake_case: field.integer() }, "APP_SNAKE_CASE"],
    ["a.bC", { a: { bC: field.integer() } }, "APP_A_B_C"],
    [
      "dataBase.poolSize",
      { dataBase: { poolSize: field.integer() } },
      "APP_DATA_BASE_POOL_SIZE",
    ],
  ];
  for (const [path, shape, variable] of names) {
    it(`reads ${path} from ${variable} when the prefix is APP_`, () => {
      const builder = new ConfigBuilder(shape, { envPrefix: "APP_" });
      strictEqual(builder.describe()[0]!.variable, variable);
      const config = builder.withEnvironment({ [variable]: "7" })
        .build().unwrap();
      ok(JSON.stringify(config).includes(":7}"));
    });
  }

  it("keeps the prefix over further layers", () => {
    const config = new ConfigBuilder({ a: field.integer() }, {
      envPrefix: "APP_",
    }).withValues({ a: 1 }).withEnvironment({ APP_A: "2" }).build().unwrap();
    strictEqual(config.a, 2);
  });
});

describe("ConfigBuilder.describe()", () => {
  it("lists every field with kind, variable, default and description", () => {
    const builder = new ConfigBuilder({
      port: field.integer({ default: 0, description: "Where to listen" }),
      debug: field.boolean({ env: "DEBUG", default: false }),
      group: {
        password: field.secret({ env: "PW" }),
        proxy: field.url({ optional: true }),
      },
    }, { envPrefix: "APP_" });
    deepStrictEqual(builder.describe(), [
      {
        field: "port",
        kind: "integer",
        variable: "APP_PORT",
        required: false,
        default: 0,
        description: "Where to listen",
      },
      {
        field: "debug",
        kind: "boolean",
        variable: "DEBUG",
        required: false,
        default: false,
        description: undefined,
      },
      {
        field: "group.password",
        kind: "secret",
        variable: "PW",
        required: true,
        default: undefined,
        description: undefined,
      },
      {
        field: "group.proxy",
        kind: "url",
        variable: "APP_GROUP_PROXY",
        required: false,
        default: undefined,
        description: undefined,
      },
    ]);
  });

  it("tells defaults and not the values of other layers", () => {
    const builder = new ConfigBuilder({ a: field.integer({ default: 1 }) });
    deepStrictEqual(
      builder.withOverrides({ a: 2 }).describe(),
      builder.describe(),
    );
  });

  it("names the kind of every field", () => {
    const makers = {
      string: field.string(),
      integer: field.integer(),
      number: field.number(),
      boolean: field.boolean(),
      duration: field.duration(),
      url: field.url(),
      oneOf: field.oneOf(["a"]),
      record: field.record(),
      secret: field.secret(),
      schema: field.schema(schemaOf((value) => ({ value }))),
    };
    const described = new ConfigBuilder(makers).describe();
    deepStrictEqual(described.map(({ kind }) => kind), Object.keys(makers));
    ok(described.every(({ required }) => required));
  });
});

describe("field", () => {
  /** What each text is read as; `undefined` where it is refused. */
  function readsText(
    it_: Field<unknown>,
    cases: readonly (readonly [text: string, value: unknown])[],
    refused: string,
  ): void {
    for (const [text, value] of cases) {
      const name = JSON.stringify(text);
      if (value === undefined) {
        it(`${it_.kind}() refuses the text ${name}`, () => {
          strictEqual(readOne(it_, text, true), refused);
        });
      } else {
        it(`${it_.kind}() reads the text ${name} as ${JSON.stringify(value)}`, () => {
          deepStrictEqual(readOne(it_, text, true), value);
        });
      }
    }
  }

  /** What is refused where the value did not come as text. */
  function refusesRaw(
    it_: Field<unknown>,
    values: readonly unknown[],
    refused: string,
  ): void {
    it(`${it_.kind}() refuses what is of another type in a file`, () => {
      for (const value of values) {
        strictEqual(readOne(it_, value, false), refused);
      }
    });
  }

  const NUMBERS_AS_TEXT = ["", " ", "many", "NaN", "Infinity", "0x50", "0b1"];
  const NO_INTEGER = "it must be of type integer";
  readsText(field.integer(), [
    ["80", 80],
    [" 80 ", 80],
    ["\t80\n", 80],
    ["-80", -80],
    ["+80", 80],
    ["0", 0],
    ["007", 7],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", undefined],
    ["9007199254740993", undefined],
    ["1e3", undefined],
    ["1.0", undefined],
    ["1.5", undefined],
    ["1_000", undefined],
    ["1,000", undefined],
    ["8 0", undefined],
    ["--1", undefined],
    ["٣", undefined],
    ["80px", undefined],
    ["2**53", undefined],
    ["9".repeat(400), undefined],
    ...NUMBERS_AS_TEXT.map((it) => [it, undefined] as const),
  ], NO_INTEGER);
  refusesRaw(
    field.integer(),
    ["80", 1.5, NaN, Infinity, 2 ** 53, 5n, true, null, [1], {}],
    NO_INTEGER,
  );

  const NO_NUMBER = "it must be of type number";
  readsText(field.number(), [
    ["1.5", 1.5],
    [" -1.5 ", -1.5],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1_000],
    ["1E-3", 0.001],
    ["+2", 2],
    ["1e400", undefined],
    ["1e", undefined],
    [".", undefined],
    ["1.5.5", undefined],
    ["1,5", undefined],
    ...NUMBERS_AS_TEXT.map((it) => [it, undefined] as const),
  ], NO_NUMBER);
  refusesRaw(
    field.number(),
    ["1.5", NaN, Infinity, -Infinity, 5n, true, null, [1], {}],
    NO_NUMBER,
  );

  it("integer() and number() read in text what they read in files (property)", () => {
    const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.maxSafeInteger(), doubles, (whole, double) => {
        strictEqual(readOne(field.integer(), String(whole), true), whole);
        strictEqual(readOne(field.integer(), whole, false), whole);
        // The text of -0 is "0".
        strictEqual(readOne(field.number(), `${double}`, true), double + 0);
      }),
      { numRuns: RUNS },
    );
  });

  for (const isText of [true, false]) {
    it(`integer() and number() hold to their bounds, inclusive, when the value is ${isText ? "" : "not "}text`, () => {
      const bounded = { min: 0, max: 5 };
      for (const it_ of [field.integer(bounded), field.number(bounded)]) {
        for (const value of [0, 5]) {
          strictEqual(readOne(it_, isText ? `${value}` : value, isText), value);
        }
        for (const value of [-1, 6]) {
          strictEqual(
            readOne(it_, isText ? `${value}` : value, isText),
            "it must be between 0 and 5",
          );
        }
      }
      strictEqual(
        readOne(field.integer({ min: 0 }), isText ? "-1" : -1, isText),
        "it must be at least 0",
      );
      strictEqual(
        readOne(field.number({ max: 0 }), isText ? "0.5" : 0.5, isText),
        "it must be at most 0",
      );
    });
  }

  for (
    const [name, make] of [
      ["integer()", (it): Field<unknown> => field.integer(it)],
      ["number()", (it): Field<unknown> => field.number(it)],
      ["duration()", (it): Field<unknown> => field.duration(it)],
    ] as readonly (readonly [string, (it: Bounds) => Field<unknown>])[]
  ) {
    for (const [min, max] of [[5, 1], [NaN, 1], [1, NaN]] as const) {
      it(`${name} throws when made with bounds ${min} and ${max}`, () => {
        throws(() => make({ min, max }), ValidationError);
      });
    }
    it(`${name} throws when made with a sole bound of NaN`, () => {
      throws(() => make({ min: NaN }), ValidationError);
      throws(() => make({ max: NaN }), ValidationError);
    });
  }

  const NO_BOOLEAN =
    "it must be of type boolean (true, yes, on, 1, false, no, off, 0)";
  readsText(field.boolean(), [
    ...["true", "TRUE", "True", " yes ", "on", "1", "On\n"]
      .map((it) => [it, true] as const),
    ...["false", "FALSE", "no", " off", "0", "No"]
      .map((it) => [it, false] as const),
    ...["maybe", "2", "10", "truee", "t", "f", "y", "n", "null", "-1", " "]
      .map((it) => [it, undefined] as const),
  ], NO_BOOLEAN);
  refusesRaw(
    field.boolean(),
    ["true", "false", 0, 1, null, {}, []],
    "it must be of type boolean",
  );
  it("boolean() gives true and false of a file as they are", () => {
    strictEqual(readOne(field.boolean(), true, false), true);
    strictEqual(readOne(field.boolean(), false, false), false);
  });

  it("boolean() says what it takes in the error of a variable", () => {
    deepStrictEqual(messagesOf(field.boolean({ env: "IT" }), "maybe"), [
      NO_BOOLEAN,
    ]);
  });

  const NO_DURATION =
    "it must be of type duration (milliseconds, or a number with ms, s, m, h or d)";
  readsText(field.duration(), [
    ["500", 500],
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["0", 0],
    ["0s", 0],
    [" 5 s ", 5_000],
    ["1.5", 1.5],
    ["5w", undefined],
    ["5sec", undefined],
    ["s", undefined],
    ["1h30m", undefined],
    ["-5s", undefined],
    ["5.s", undefined],
    [".5s", undefined],
    ["1e3", undefined],
    ["PT5S", undefined],
    ["toString", undefined],
    ["5toString", undefined],
    [" ", undefined],
  ], NO_DURATION);
  refusesRaw(field.duration(), [null, true, 5n, {}, [5], "soon"], NO_DURATION);

  it("duration() takes numbers and texts from a file", () => {
    strictEqual(readOne(field.duration(), 250, false), 250);
    strictEqual(readOne(field.duration(), "5s", false), 5_000);
  });

  it("duration() refuses less than 0 unless told otherwise", () => {
    strictEqual(readOne(field.duration(), -1, false), "it must be at least 0");
    strictEqual(readOne(field.duration({ min: -1 }), -1, false), -1);
    strictEqual(readOne(field.duration(), NaN, false), "it must be at least 0");
  });

  it("duration() holds to its bounds in ms, whatever the unit", () => {
    const bounded = field.duration({ min: 1_000, max: 60_000 });
    strictEqual(readOne(bounded, "1s", true), 1_000);
    strictEqual(readOne(bounded, "1m", true), 60_000);
    const refused = "it must be between 1000 and 60000";
    strictEqual(readOne(bounded, "999", true), refused);
    strictEqual(readOne(bounded, "1.001m", true), refused);
    strictEqual(readOne(bounded, "1h", true), refused);
  });

  readsText(field.string(), [
    ["a", "a"],
    [" a ", " a "],
    ["0", "0"],
    [" ", undefined],
    ["\u0085", undefined],
  ], "it must not be empty");
  refusesRaw(
    field.string(),
    [1, true, null, {}, ["a"]],
    "it must be of type string",
  );

  it("string() matches its format as a whole", () => {
    const slug = field.string({ format: /[a-z]|[a-z]{3}/g });
    for (let i = 0; i < 3; i++) {
      strictEqual(readOne(slug, "abc", true), "abc");
      strictEqual(
        readOne(slug, "abcd", true),
        "it must match the pattern /[a-z]|[a-z]{3}/g",
      );
    }
    const described = field.string({
      format: { description: "one letter", pattern: /[a-z]/ },
    });
    strictEqual(
      readOne(described, "ab", true),
      "it has an invalid format: one letter",
    );
  });

  readsText(field.url(), [
    ["http://example.com", "http://example.com/"],
    ["HTTPS://Example.COM:443/a/../b?q#h", "https://example.com/b?q#h"],
    ["postgres://u:p@db:5432/x", "postgres://u:p@db:5432/x"],
    ["mailto:a@example.com", "mailto:a@example.com"],
    ["example.com", undefined],
    ["//example.com", undefined],
    ["/path", undefined],
    ["http://", undefined],
    ["http://a:99999", undefined],
    [" ", undefined],
  ], "it has an invalid format: not an absolute URL");
  refusesRaw(
    field.url(),
    [1, null, {}, new URL("http://example.com")],
    "it must be of type string",
  );

  it("url() takes only the protocols it is told", () => {
    const web = field.url({ protocols: ["http:", "https:"] });
    strictEqual(readOne(web, "http://a", true), "http://a/");
    strictEqual(readOne(web, "https://a", true), "https://a/");
    const refused =
      "it has an invalid format: not a URL that starts with http:, https:";
    for (const text of ["ftp://a", "httpx://a", "javascript:alert(1)"]) {
      strictEqual(readOne(web, text, true), refused);
    }
  });

  const NO_MEMBER = "it must be one of healthy, degraded, unhealthy";
  readsText(field.oneOf(HealthStatus), [
    ["healthy", "healthy"],
    ["unhealthy", "unhealthy"],
    ["HEALTHY", undefined],
    ["toString", undefined],
    ["__proto__", undefined],
    ["0", undefined],
  ], NO_MEMBER);
  readsText(field.oneOf(["debug", "info"]), [
    ["debug", "debug"],
    ["info", "info"],
    ["0", undefined],
    ["length", undefined],
    ["Info", undefined],
    ["debug,info", undefined],
  ], "it must be one of debug, info");
  refusesRaw(field.oneOf(HealthStatus), [0, null, ["healthy"], {}], NO_MEMBER);

  it("oneOf() does not follow later changes of its members", () => {
    const members = ["a"];
    const it_: Field<string> = field.oneOf(members);
    members.push("b");
    strictEqual(readOne(it_, "b", true), "it must be one of a");
  });

  const NO_RECORD = "it must be of type JSON object";
  readsText(field.record(), [
    ['{"a": [1, {"b": null}]}', { a: [1, { b: null }] }],
    [" {} ", {}],
    ["[]", undefined],
    ["null", undefined],
    ['"a"', undefined],
    ["1", undefined],
    ["{a: 1}", undefined],
    ["{", undefined],
    ["a=1", undefined],
  ], NO_RECORD);
  refusesRaw(
    field.record(),
    ["{}", null, [], 1, new Map(), new Date(0), new Secret({})],
    NO_RECORD,
  );

  it("record() takes __proto__ in JSON text for plain data", () => {
    const text = '{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}';
    const config = new ConfigBuilder({ it: field.record({ env: "IT" }) })
      .withEnvironment({ IT: text }).build().unwrap();
    deepStrictEqual(Object.keys(config.it), ["__proto__", "a"]);
    strictEqual(Object.getPrototypeOf(config.it), Object.prototype);
    strictEqual("polluted" in config.it, false);
    strictEqual("polluted" in {}, false);
    strictEqual(JSON.stringify(config.it), JSON.stringify(JSON.parse(text)));
  });

  it("record() takes __proto__ in a file for plain data", () => {
    const values = JSON.parse('{"it": {"__proto__": {"polluted": true}}}');
    const config = new ConfigBuilder({ it: field.record() })
      .withValues(values).build().unwrap();
    deepStrictEqual(Object.keys(config.it), ["__proto__"]);
    strictEqual("polluted" in config.it, false);
  });

  it("secret() wraps what its inner field makes of the value", () => {
    const config = new ConfigBuilder({
      plain: field.secret({ env: "PLAIN" }),
      count: field.secret({ env: "COUNT", of: field.integer() }),
      url: field.secret({ env: "URL", of: field.url() }),
    }).withEnvironment({ PLAIN: " a ", COUNT: "7", URL: "http://u:p@h" })
      .build().unwrap();
    strictEqual(config.plain.reveal(), " a ");
    strictEqual(config.count.reveal(), 7);
    strictEqual(config.url.reveal(), "http://u:p@h/");
  });

  it("secret() takes a secret, and checks what is in it", () => {
    const builder = new ConfigBuilder({ it: field.secret() });
    const config = builder.withOverrides({ it: new Secret("a") })
      .build().unwrap();
    strictEqual(config.it.reveal(), "a");
    deepStrictEqual(
      issuesOf(builder.withOverrides({ it: new Secret(" ") })),
      [["it", "override", "overrides", "VALIDATION_EMPTY_VALUE"]],
    );
  });

  it("secret() refuses a blank value", () => {
    deepStrictEqual(messagesOf(field.secret({ env: "IT" }), " "), [
      "it must not be empty",
    ]);
  });

  it("schema() gives what the schema makes of the text or the value", () => {
    const list = field.schema(
      schemaOf((value) => ({
        value: typeof value === "string" ? value.split(",") : value,
      })),
      { env: "IT" },
    );
    const builder = new ConfigBuilder({ it: list });
    deepStrictEqual(
      builder.withEnvironment({ IT: "a,b" }).build().unwrap().it,
      ["a", "b"],
    );
    deepStrictEqual(
      builder.withValues({ it: [1] }).build().unwrap().it,
      [1],
    );
  });

  it("schema() reports where its schema finds fault, and an asynchronous one", () => {
    const picky = schemaOf<never>(() => ({
      issues: [{ message: "Too short", path: ["a", { key: 0 }] }],
    }));
    const remote = schemaOf<never>(() => Promise.reject(new Error("Down")));
    const error = new ConfigBuilder({
      picky: field.schema(picky),
      remote: field.schema(remote),
    }).withValues({ picky: 1, remote: 1 }, "a.json").build().unwrapErr();
    deepStrictEqual(
      error.issues.map(({ field, code, message }) => [field, code, message]),
      [
        [
          "picky",
          "VALIDATION_SCHEMA_MISMATCH",
          "picky does not satisfy its schema: picky.a.0",
        ],
        [
          "remote",
          "VALIDATION_SCHEMA_ASYNC",
          "remote needs a schema that validates synchronously",
        ],
      ],
    );
  });

  it("makes fields that are frozen", () => {
    for (const it_ of [field.string(), field.oneOf(["a"]), field.secret()]) {
      strictEqual(Object.isFrozen(it_), true);
    }
  });

  it("takes an optional field for undefined, a default before that, a layer before both", () => {
    const builder = new ConfigBuilder({
      optional: field.integer({ optional: true }),
      both: field.integer({ optional: true, default: 0 }),
      given: field.integer({ optional: true, default: 0 }),
    });
    const config = builder.withValues({ given: 1 }).build().unwrap();
    deepStrictEqual(config, { optional: undefined, both: 0, given: 1 });
  });

  it("requires a field that is neither optional nor has a default", () => {
    deepStrictEqual(
      issuesOf(
        new ConfigBuilder({
          a: field.integer({ optional: false }),
          b: { c: field.oneOf(["x"]) },
        }),
      ),
      [
        ["a", undefined, undefined, "VALIDATION_REQUIRED"],
        ["b.c", undefined, undefined, "VALIDATION_REQUIRED"],
      ],
    );
  });
});

describe("baseFields()", () => {
  it("has the defaults of every service", () => {
    deepStrictEqual(new ConfigBuilder(baseFields()).build().unwrap(), {
      enabled: true,
      debug: false,
      timeoutMs: 30_000,
      retryAttempts: 3,
      metadata: {},
    });
  });

  it("refuses what makes no sense for them", () => {
    const builder = new ConfigBuilder(baseFields())
      .withOverrides({ timeoutMs: -1, retryAttempts: -1 });
    deepStrictEqual(
      builder.build().unwrapErr().issues.map(({ message }) => message),
      ["timeoutMs must be at least 0", "retryAttempts must be at least 0"],
    );
  });

  it("can be extended", () => {
    const config = new ConfigBuilder({
      ...baseFields(),
      port: field.integer({ default: 1 }),
    }).withOverrides({ metadata: { team: "infra" } }).build().unwrap();
    strictEqual(config.port, 1);
    deepStrictEqual(config.metadata, { team: "infra" });
  });

  it("reads every variable of the prefix, the record in JSON", () => {
    const config = new ConfigBuilder(baseFields(), { envPrefix: "APP_" })
      .withEnvironment({
        APP_ENABLED: "off",
        APP_DEBUG: "1",
        APP_TIMEOUT_MS: "5s",
        APP_RETRY_ATTEMPTS: "0",
        APP_METADATA: '{"a":1}',
      }).build().unwrap();
    deepStrictEqual(config, {
      enabled: false,
      debug: true,
      timeoutMs: 5_000,
      retryAttempts: 0,
      metadata: { a: 1 },
    });
  });
});

describe("ConfigOf", () => {
  const shape = {
    name: field.string(),
    nick: field.string({ optional: true }),
    port: field.integer({ default: 1 }),
    ratio: field.number(),
    debug: field.boolean(),
    graceMs: field.duration({ default: "1s" }),
    home: field.url({ optional: true }),
    level: field.oneOf(["debug", "info"]),
    health: field.oneOf(HealthStatus, { optional: true }),
    metadata: field.record(),
    password: field.secret(),
    pin: field.secret({ of: field.integer() }),
    token: field.secret({ optional: true }),
    list: field.schema(schemaOf<number[]>(() => ({ value: [1] }))),
    database: { host: field.string(), deep: { on: field.boolean() } },
  };
  const valid = {
    name: "a",
    ratio: 0.5,
    debug: true,
    level: "info",
    metadata: {},
    password: "p",
    pin: 1,
    list: [1],
    database: { host: "h", deep: { on: true } },
  } as const;

  it("is the exact type of what build() gives", () => {
    interface Expected {
      readonly name: string;
      readonly nick: string | undefined;
      readonly port: number;
      readonly ratio: number;
      readonly debug: boolean;
      readonly graceMs: number;
      readonly home: string | undefined;
      readonly level: "debug" | "info";
      readonly health: HealthStatus | undefined;
      readonly metadata: Readonly<Record<string, unknown>>;
      readonly password: Secret<string>;
      readonly pin: Secret<number>;
      readonly token: Secret<string> | undefined;
      readonly list: number[];
      readonly database: {
        readonly host: string;
        readonly deep: { readonly on: boolean };
      };
    }
    expectType<Equal<ConfigOf<typeof shape>, Expected>>();
    const built = new ConfigBuilder(shape).withValues(valid).build().unwrap();
    expectType<Equal<typeof built, ConfigOf<typeof shape>>>();
    strictEqual(built.database.deep.on, true);
    strictEqual(built.pin.reveal(), 1);
  });

  it("is read-only", () => {
    const config = new ConfigBuilder(shape).withValues(valid).build().unwrap();
    throws(() => {
      // @ts-expect-error a field is read-only
      config.port = 2;
    }, TypeError);
    throws(() => {
      // @ts-expect-error a field of a group is read-only
      config.database.host = "b";
    }, TypeError);
    throws(() => {
      // @ts-expect-error a record is read-only
      config.metadata.a = 1;
    }, TypeError);
  });

  it("is BaseConfig for the base fields", () => {
    const config: BaseConfig = new ConfigBuilder(baseFields()).build().unwrap();
    expectType<
      Equal<
        BaseConfig,
        {
          readonly enabled: boolean;
          readonly debug: boolean;
          readonly timeoutMs: number;
          readonly retryAttempts: number;
          readonly metadata: Readonly<Record<string, unknown>>;
        }
      >
    >();
    strictEqual(config.enabled, true);
  });
});

describe("ConfigOverrides", () => {
  const builder = new ConfigBuilder({
    port: field.integer({ default: 1 }),
    level: field.oneOf(["debug", "info"], { default: "info" }),
    password: field.secret({ optional: true }),
    group: { on: field.boolean({ default: true }) },
  });

  it("takes some of the values, a secret bare or wrapped", () => {
    for (const password of ["a", new Secret("a")]) {
      const config = builder
        .withOverrides({ port: 2, password, group: {} }).build().unwrap();
      strictEqual(config.port, 2);
      strictEqual(config.password?.reveal(), "a");
      strictEqual(config.group.on, true);
    }
  });

  it("does not compile, and throws, when a name is unknown", () => {
    throws(
      // @ts-expect-error an unknown name
      () => builder.withOverrides({ prot: 2 }),
      /prot is not a known field/,
    );
    throws(
      // @ts-expect-error an unknown name in a group
      () => builder.withOverrides({ group: { off: true } }),
      /group\.off is not a known field/,
    );
    throws(
      // @ts-expect-error a group is no value
      () => builder.withOverrides({ group: true }),
      /group must be of type object/,
    );
  });

  it("does not compile, and is reported by build(), when a value has another type", () => {
    const wrong = [
      // @ts-expect-error a string is no integer
      builder.withOverrides({ port: "2" }),
      // @ts-expect-error no member
      builder.withOverrides({ level: "loud" }),
      // @ts-expect-error a number is no secret string
      builder.withOverrides({ password: 1 }),
      // @ts-expect-error a string is no boolean
      builder.withOverrides({ group: { on: "true" } }),
    ];
    for (const it of wrong) {
      strictEqual(it.build().unwrapErr().issues.length, 1);
    }
  });

  it("field options of another type do not compile, and throw when used", () => {
    const wrong: readonly (() => Field<unknown>)[] = [
      // @ts-expect-error a default of another type
      () => field.integer({ default: "1" }),
      // @ts-expect-error a default that is no member
      () => field.oneOf(["a", "b"], { default: "c" }),
      // @ts-expect-error a secret takes no default
      () => field.secret({ default: " " }),
    ];
    for (const make of wrong) {
      throws(() => new ConfigBuilder({ it: make() }), ValidationError);
    }
  });
});

describe("field.secret()", () => {
  it("refuses a default without showing it", () => {
    const options = { default: MARKER } as unknown as { of?: Field<string> };
    throws(() => field.secret(options), (error) => {
      assertConceals(error, MARKER);
      return isInvalidOption(error, /default is not valid.*\[secret\]/);
    });
    throws(() => field.secret({ of: field.string({ default: MARKER }) }));
  });
});

describe("ConfigBuilder variables", () => {
  it("throws when two fields read one variable", () => {
    const shapes: ConfigShape[] = [
      {
        database: { poolSize: field.integer() },
        databasePool: { size: field.integer() },
      },
      { a: field.string({ env: "X" }), b: field.string({ env: "X" }) },
    ];
    for (const shape of shapes) {
      throws(
        () => new ConfigBuilder(shape, { envPrefix: "A_" }),
        (error) => isInvalidOption(error, /its variable is that of /),
      );
    }
  });
});

describe("withValues()", () => {
  it("refuses what is no plain object instead of taking nothing from it", () => {
    const builder = new ConfigBuilder({ it: field.string({ default: "x" }) });
    for (const values of [new Map([["it", "y"]]), [], "it", null, new Date()]) {
      deepStrictEqual(issuesOf(builder.withValues(values, "file")), [
        ["configuration", "values", "file", "VALIDATION_TYPE_MISMATCH"],
      ]);
    }
  });
});

describe("fields whose options are only known at run time", () => {
  it("are typed for either case", () => {
    const options: { readonly optional: boolean } = { optional: true };
    const builder = new ConfigBuilder({ it: field.string(options) });
    const config = builder.build().unwrap();
    expectType<Equal<typeof config.it, string | undefined>>();
    strictEqual(config.it, undefined);
  });
});

describe("withEnvironment()", () => {
  it("reads no variable from what its object inherits", () => {
    const builder = new ConfigBuilder({
      it: field.string({ env: "constructor" }),
    });
    deepStrictEqual(issuesOf(builder.withEnvironment({})), [
      ["it", undefined, "constructor", "VALIDATION_REQUIRED"],
    ]);
  });
});

describe("field.record()", () => {
  for (
    const [name, value] of [
      ["a Map", new Map([["a", 1]])],
      ["a Date within", { at: new Date(0) }],
      ["undefined within", { a: [undefined] }],
      ["NaN within", { a: NaN }],
      ["a bigint within", { a: 1n }],
      ["a function within", { a() {} }],
    ] as [string, unknown][]
  ) {
    it(`refuses ${name}, which JSON cannot say`, () => {
      const result = field.record().read("it", value, false);
      strictEqual(result.unwrapErr().code, "VALIDATION_TYPE_MISMATCH");
    });
  }

  it("takes everything that JSON can say", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const plain = JSON.parse(JSON.stringify(record));
        const text = field.record().read("it", JSON.stringify(record), true);
        deepStrictEqual(text.unwrap(), plain);
        deepStrictEqual(
          field.record().read("it", plain, false).unwrap(),
          plain,
        );
      }),
      { numRuns: RUNS },
    );
  });
});

describe("ConfigBuilder with values that cannot be walked", () => {
  const text = '{"a":'.repeat(50_000) + "1" + "}".repeat(50_000);
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const builder = new ConfigBuilder({ it: field.record({ env: "IT" }) });

  it("reports text that is nested too deeply as an issue", () => {
    deepStrictEqual(issuesOf(builder.withEnvironment({ IT: text })), [
      ["it", "environment", "IT", "VALIDATION_TYPE_MISMATCH"],
    ]);
  });

  it("reports values that refer to themselves as an issue", () => {
    // The copy fails, so that the field is missing besides.
    deepStrictEqual(issuesOf(builder.withValues({ it: cyclic }, "f"))[0], [
      "it",
      "values",
      "f",
      "VALIDATION_TYPE_MISMATCH",
    ]);
  });

  it("throws a typed error for overrides that refer to themselves", () => {
    throws(
      () => builder.withOverrides({ it: cyclic }),
      (error) => ValidationError.is(error) && error.field === "it",
    );
  });
});

describe("field.duration()", () => {
  it("refuses text that overflows to Infinity", () => {
    const text = `${"9".repeat(400)}d`;
    strictEqual(field.duration().read("it", text, true).ok, false);
  });
});
