import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  extract,
  type HeaderGetter,
  inject,
  RANDOM_FLAG,
  SAMPLED_FLAG,
  type SpanContext,
} from "../src/trace_context.ts";
import { Tracer } from "../src/tracing.ts";
import { character, RUNS } from "./foundation_support.ts";

const TRACE = "12345678901234567890123456789012";
const SPAN = "1234567890123456";
const VALID = `00-${TRACE}-${SPAN}-01`;
const TAIL = "what-the-future-will-be-like";

/** What a parser reads of one header or two. */
function read(
  traceparent: unknown,
  tracestate?: unknown,
): SpanContext | undefined {
  const headers: Record<string, unknown> = { traceparent, tracestate };
  return extract({ get: (name) => headers[name] } as HeaderGetter);
}

/** What is left of a `tracestate`. */
function stateOf(tracestate: unknown): string | undefined {
  return read(VALID, tracestate)?.traceState;
}

function members(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `bar${i}=${i}`);
}

// --- a service between two others, as the W3C's test suite has it

type Pair = readonly [name: string, value: string];

/** Calls others for one request, and gives the headers they see. */
function forward(request: readonly Pair[], calls: number): readonly Headers[] {
  const incoming = new Headers();
  for (const [name, value] of request) incoming.append(name, value);
  const tracer = new Tracer();
  return tracer.run(
    "serve",
    { parent: extract(incoming) ?? null },
    () =>
      Array.from({ length: calls }, () => {
        const outgoing = new Headers();
        const span = tracer.start("call");
        inject(span, outgoing);
        span.end();
        return outgoing;
      }),
  );
}

/** A request, whether its trace goes on, and the `tracestate` that goes on. */
interface Exchange {
  readonly request: readonly Pair[];
  readonly continues: boolean;
  readonly state?: string;
}

function goesOn(traceparent: string, name = "traceparent"): Exchange {
  return { request: [[name, traceparent]], continues: true };
}

function beginsAnew(...traceparents: string[]): Exchange {
  const request = traceparents
    .map((value): Pair => ["traceparent", value]);
  return { request, continues: false };
}

/** One `tracestate` header each. */
function keeps(state: string, ...headers: string[]): Exchange {
  const request: Pair[] = [
    ["traceparent", `00-${TRACE}-${SPAN}-00`],
    ...headers.map((value): Pair => ["tracestate", value]),
  ];
  return { request, continues: true, state };
}

function parent(parts: {
  version?: string;
  trace?: string;
  span?: string;
  flags?: string;
}): string {
  const { version = "00", trace = TRACE, span = SPAN, flags = "01" } = parts;
  return `${version}-${trace}-${span}-${flags}`;
}

const KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
const VALUE_CHARACTERS = Array.from(
  { length: 0x7f - 0x20 },
  (_, i) => String.fromCharCode(0x20 + i),
).filter((it) => it !== "," && it !== "=").join("");

const EXCHANGES: Readonly<Record<string, readonly Exchange[]>> = {
  "no headers": [{ request: [], continues: false }],
  "traceparent alone": [goesOn(VALID)],
  "traceparent twice": [
    beginsAnew(parent({ trace: TRACE.replace("2", "1") }), VALID),
    beginsAnew(VALID, VALID),
    beginsAnew(parent({ version: "cc" }), parent({ version: "cc" })),
  ],
  "another header's name": [
    { ...goesOn(VALID, "trace-parent"), continues: false },
    { ...goesOn(VALID, "trace.parent"), continues: false },
  ],
  "traceparent in any case": [
    goesOn(VALID, "TraceParent"),
    goesOn(VALID, "TrAcEpArEnT"),
    goesOn(VALID, "TRACEPARENT"),
  ],
  "version 00 with more": [
    beginsAnew(`${VALID}.`),
    beginsAnew(`${VALID}-${TAIL}`),
  ],
  "a version to come": [
    goesOn(parent({ version: "cc" })),
    goesOn(`${parent({ version: "cc" })}-${TAIL}`),
    beginsAnew(`${parent({ version: "cc" })}.${TAIL}`),
  ],
  "version ff": [beginsAnew(parent({ version: "ff" }))],
  "no digits in the version": [
    beginsAnew(parent({ version: ".0" })),
    beginsAnew(parent({ version: "0." })),
  ],
  "a version too long": [
    beginsAnew(parent({ version: "000" })),
    beginsAnew(parent({ version: "0000" })),
  ],
  "a version too short": [beginsAnew(parent({ version: "0" }))],
  "trace id 0": [beginsAnew(parent({ trace: "0".repeat(32) }))],
  "no digits in the trace id": [
    beginsAnew(parent({ trace: `.${TRACE.slice(1)}` })),
    beginsAnew(parent({ trace: `${TRACE.slice(1)}.` })),
  ],
  "a trace id too long": [beginsAnew(parent({ trace: `${TRACE}3` }))],
  "a trace id too short": [beginsAnew(parent({ trace: TRACE.slice(1) }))],
  "parent id 0": [beginsAnew(parent({ span: "0".repeat(16) }))],
  "no digits in the parent id": [
    beginsAnew(parent({ span: `.${SPAN.slice(1)}` })),
    beginsAnew(parent({ span: `${SPAN.slice(1)}.` })),
  ],
  "a parent id too long": [beginsAnew(parent({ span: `${SPAN}7` }))],
  "a parent id too short": [beginsAnew(parent({ span: SPAN.slice(1) }))],
  "no digits in the flags": [
    beginsAnew(parent({ flags: ".0" })),
    beginsAnew(parent({ flags: "0." })),
  ],
  "flags too long": [beginsAnew(parent({ flags: "001" }))],
  "flags too short": [beginsAnew(parent({ flags: "1" }))],
  "blanks around traceparent": [
    goesOn(` ${VALID}`),
    goesOn(`\t${VALID}`),
    goesOn(`${VALID} `),
    goesOn(`${VALID}\t`),
    goesOn(`\t ${VALID} \t`),
  ],
  "tracestate alone": [
    { request: [["tracestate", "foo=1"]], continues: false, state: "" },
    { request: [["tracestate", "foo=1,bar=2"]], continues: false, state: "" },
  ],
  "both headers": [keeps("foo=1,bar=2", "foo=1,bar=2")],
  "another header's name for tracestate": ["trace-state", "trace.state"]
    .map((name) => ({
      request: [["traceparent", VALID], [name, "foo=1"]],
      continues: true,
      state: "",
    })),
  "tracestate in any case": ["TraceState", "TrAcEsTaTe", "TRACESTATE"]
    .map((name) => ({
      request: [["traceparent", VALID], [name, "foo=1"]],
      continues: true,
      state: "foo=1",
    })),
  "an empty tracestate": [
    keeps("", ""),
    keeps("foo=1", "foo=1", ""),
    keeps("foo=1", "", "foo=1"),
  ],
  "several tracestates": [
    keeps(
      "foo=1,bar=2,rojo=1,congo=2,baz=3",
      "foo=1,bar=2",
      "rojo=1,congo=2",
      "baz=3",
    ),
  ],
  "a key twice": [
    keeps("foo=1", "foo=1,foo=1"),
    keeps("foo=1", "foo=1,foo=2"),
    keeps("foo=1", "foo=1", "foo=1"),
    keeps("foo=1", "foo=1", "foo=2"),
  ],
  "every character": [
    keeps(
      `${KEY_CHARACTERS}=${VALUE_CHARACTERS}`,
      `${KEY_CHARACTERS}=${VALUE_CHARACTERS}`,
    ),
    keeps(
      `${KEY_CHARACTERS}@a-z0-9_-*/=${VALUE_CHARACTERS}`,
      `${KEY_CHARACTERS}@a-z0-9_-*/=${VALUE_CHARACTERS}`,
    ),
  ],
  "blanks around members": [
    keeps("foo=1,bar=2,baz=3", "foo=1 \t , \t bar=2, \t baz=3"),
    keeps("foo=1,bar=2,baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3"),
    keeps("foo=1", " foo=1"),
    keeps("foo=1", "\tfoo=1"),
    keeps("foo=1", "foo=1 "),
    keeps("foo=1", "foo=1\t"),
    keeps("foo=1", "\t foo=1 \t"),
  ],
  "no characters of a key": [
    keeps("", "foo =1"),
    keeps("", "FOO=1"),
    keeps("", "foo.bar=1"),
  ],
  "a vendor in a key": [
    keeps("foo@=1,bar=2", "foo@=1,bar=2"),
    keeps("", "@foo=1,bar=2"),
    keeps("foo@@bar=1,bar=2", "foo@@bar=1,bar=2"),
    keeps("foo@bar@baz=1,bar=2", "foo@bar@baz=1,bar=2"),
  ],
  "as many members as there may be": [
    keeps(
      members(32).join(),
      members(32).slice(0, 20).join(),
      members(32).slice(20).join(),
    ),
    keeps("", members(33).slice(0, 20).join(), members(33).slice(20).join()),
  ],
  "keys as long as they may be": [
    "z".repeat(256),
    `${"t".repeat(241)}@${"v".repeat(14)}`,
    `${"t".repeat(242)}@v`,
    `t@${"v".repeat(15)}`,
  ].map((key) => keeps(`foo=1,${key}=1`, "foo=1", `${key}=1`)),
  "a key too long": [keeps("", "foo=1", `${"z".repeat(257)}=1`)],
  "no characters of a value": [
    keeps("", "foo=bar=baz"),
    keeps("", "foo=,bar=3"),
  ],
};

describe("W3C test suite", () => {
  for (const [name, exchanges] of Object.entries(EXCHANGES)) {
    it(`${name}: a service goes on or begins anew`, () => {
      for (const { request, continues, state } of exchanges) {
        const [headers] = forward(request, 1);
        const context = extract(headers!)!;
        const told = JSON.stringify(request);
        strictEqual(context.traceId === TRACE, continues, told);
        notStrictEqual(context.spanId, SPAN);
        strictEqual(context.traceState, state ?? "", told);
        strictEqual(headers!.has("tracestate"), context.traceState !== "");
      }
    });
  }

  it("several calls have one trace and a parent each", () => {
    for (
      const [traceparent, continues] of [
        [VALID, true],
        [undefined, false],
        [parent({ trace: "0".repeat(32) }), false],
      ] as const
    ) {
      const request: Pair[] = traceparent === undefined
        ? []
        : [["traceparent", traceparent]];
      const contexts = forward(request, 3).map((headers) => extract(headers)!);
      const traces = new Set(contexts.map(({ traceId }) => traceId));
      strictEqual(traces.size, 1);
      strictEqual(traces.has(TRACE), continues);
      strictEqual(traces.has("0".repeat(32)), false);
      strictEqual(new Set(contexts.map(({ spanId }) => spanId)).size, 3);
    }
  });

  it("the random flag goes on, and the span is another one", () => {
    const [headers] = forward([["traceparent", parent({ flags: "02" })]], 1);
    const context = extract(headers!)!;
    strictEqual(context.traceId, TRACE);
    notStrictEqual(context.spanId, SPAN);
    strictEqual(context.flags, RANDOM_FLAG);
  });
});

// --- extract

describe("extract() of traceparent", () => {
  const other = {
    traceId: TRACE,
    spanId: SPAN,
    traceState: "",
    isRemote: true,
  };

  it("extract() reads the parts of a header", () => {
    deepStrictEqual(read(VALID), { ...other, flags: SAMPLED_FLAG });
    deepStrictEqual(read(parent({ flags: "00" })), { ...other, flags: 0 });
  });

  it("extract() keeps the two flags that are known", () => {
    for (let flags = 0; flags < 256; flags++) {
      const text = flags.toString(16).padStart(2, "0");
      strictEqual(read(parent({ flags: text }))?.flags, flags & 3, text);
    }
  });

  it("extract() takes every version but ff, and more of those to come", () => {
    for (let version = 0; version < 256; version++) {
      const text = version.toString(16).padStart(2, "0");
      const header = parent({ version: text });
      strictEqual(read(header) !== undefined, version !== 255, text);
      const isLater = version !== 0 && version !== 255;
      for (const tail of ["-", "-x", `-${TAIL}`, "-é"]) {
        strictEqual(read(header + tail) !== undefined, isLater, text + tail);
      }
      for (const tail of ["0", "x", ".x", ",", " x"]) {
        strictEqual(read(header + tail), undefined, text + tail);
      }
    }
  });

  it("extract() takes digits in lower case alone", () => {
    for (
      const header of [
        VALID.replace("1", "A"),
        parent({ version: "CC" }),
        parent({ trace: `${TRACE.slice(1)}F` }),
        parent({ span: `A${SPAN.slice(1)}` }),
        parent({ flags: "0A" }),
        parent({ flags: "A0" }),
        VALID.replace("1", "g"),
        VALID.replace("1", "`"),
        VALID.replace("1", ":"),
        VALID.replace("1", "/"),
        VALID.replace("1", "１"),
      ]
    ) strictEqual(read(header), undefined, header);
    const letters = "abcdefabcdefabcdefabcdefabcdef12";
    strictEqual(read(parent({ trace: letters }))?.traceId, letters);
  });

  it("extract() takes ids of which one digit is not 0", () => {
    for (let i = 0; i < 32; i++) {
      const trace = "0".repeat(i) + "1" + "0".repeat(31 - i);
      strictEqual(read(parent({ trace }))?.traceId, trace);
      if (i >= 16) continue;
      const span = "0".repeat(i) + "f" + "0".repeat(15 - i);
      strictEqual(read(parent({ span }))?.spanId, span);
    }
  });

  it("extract() takes blanks away, and no other white space", () => {
    for (const blank of [" ", "\t", " \t ", "   "]) {
      for (const header of [blank + VALID, VALID + blank]) {
        strictEqual(read(header)?.traceId, TRACE);
      }
      strictEqual(read(VALID.replace("-", `-${blank}`)), undefined);
    }
    for (
      const space of ["\n", "\r", "\v", "\f", "\u00a0", "\ufeff", "\u2028"]
    ) {
      for (const header of [space + VALID, VALID + space]) {
        strictEqual(read(header), undefined, JSON.stringify(header));
      }
    }
  });

  it("extract() wants dashes between the parts", () => {
    for (const index of [2, 35, 52]) {
      for (const it of ["_", "0", " ", "–", "\u0000"]) {
        const header = VALID.slice(0, index) + it + VALID.slice(index + 1);
        strictEqual(read(header), undefined, header);
      }
    }
  });

  it("extract() takes what is no text for nothing", () => {
    for (
      const value of [
        undefined,
        null,
        5,
        0n,
        true,
        {},
        [],
        [VALID],
        () => VALID,
      ]
    ) {
      strictEqual(read(value), undefined);
      strictEqual(stateOf(value), "");
    }
    strictEqual(read(""), undefined);
  });

  it("extract() reads Headers, a Map and an object with a get()", () => {
    const pairs: [string, string][] = [
      ["traceparent", VALID],
      ["tracestate", "a=1"],
    ];
    const wanted = { ...other, flags: 1, traceState: "a=1" };
    deepStrictEqual(extract(new Headers(pairs)), wanted);
    deepStrictEqual(extract(new Map(pairs)), wanted);
    const record = Object.fromEntries(pairs);
    deepStrictEqual(extract({ get: (name) => record[name] }), wanted);
    strictEqual(extract(new Headers()), undefined);
  });

  it("T2 extract() reads what the grammar has, whatever else there is, and throws nothing", () => {
    const grammar =
      /^[ \t]*(?!ff)(?:00-[^]{52}|(?!00)[0-9a-f]{2}-[^]{52}(?:-[^]*?)?)[ \t]*$/;
    const parts =
      /^[ \t]*[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;
    const header = fc.record({
      version: fc.constantFrom("00", "01", "cc", "fe", "ff"),
      trace: fc.constantFrom(TRACE, "0".repeat(32), "f".repeat(32)),
      span: fc.constantFrom(SPAN, "0".repeat(16), "f".repeat(16)),
      flags: fc.constantFrom("00", "01", "ff"),
    }).map(parent);
    const mutation = fc.record({
      at: fc.nat(60),
      removed: fc.nat(2),
      added: fc.oneof(
        fc.constantFrom("", "-", "0", "a", "A", "g", " ", "\t", "\n", "-x"),
        fc.string({ unit: character, maxLength: 2 }),
      ),
    });
    const counts = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(
        header,
        fc.array(mutation, { maxLength: 2 }),
        (original, mutations) => {
          const text = mutations.reduce(
            (it, { at, removed, added }) =>
              it.slice(0, at) + added + it.slice(at + removed),
            original,
          );
          const isValid = grammar.test(text) && parts.test(text);
          counts[isValid ? "valid" : "invalid"]++;
          const context = read(text);
          strictEqual(context !== undefined, isValid);
          if (context === undefined) return;
          const fields = text.trimStart().split("-");
          strictEqual(context.traceId, fields[1]);
          strictEqual(context.spanId, fields[2]);
        },
      ),
      { numRuns: 3 * RUNS },
    );
    ok(counts.valid > 50 && counts.invalid > 50, JSON.stringify(counts));
  });
});

describe("extract() of tracestate", () => {
  it("extract() leaves a tracestate out that is not valid, by itself", () => {
    for (
      const state of [
        "foo",
        "=",
        "=1",
        "foo=",
        "foo= ",
        "foo==1",
        "foo=1;bar=2,=",
        "_foo=1",
        "-foo=1",
        "*foo=1",
        "/foo=1",
        "fo\u00f6=1",
        "foo=\u00f6",
        "foo=\u007f",
        "foo=1\t2",
        "foo=\t1",
        "foo\t=1",
        "foo=1\n",
        "foo=1\u0000",
        "foo=1\u00a0",
        `foo=${"x".repeat(257)}`,
        `foo=${" ".repeat(256)}x`,
        "a=1,b",
        "a=1,B=2",
        "__proto__=1",
      ]
    ) {
      strictEqual(stateOf(state), "", JSON.stringify(state));
      strictEqual(read(VALID, state)?.traceId, TRACE);
    }
  });

  it("extract() takes keys and values as long as they may be", () => {
    for (
      const state of [
        "a=1",
        "0=1",
        "9a=0",
        `${"a".repeat(256)}=1`,
        `foo=${"x".repeat(256)}`,
        `foo=${" ".repeat(255)}x`,
        "foo=  1",
        "foo=a b",
        "constructor=1",
      ]
    ) strictEqual(stateOf(state), state);
  });

  it("extract() keeps the first of a key, in its place", () => {
    strictEqual(stateOf("a=1,b=2,a=3,c=4,b=5"), "a=1,b=2,c=4");
    strictEqual(stateOf("a=1,a=2,B=3"), "");
    strictEqual(stateOf("a=1,a@b=2,a@c=3"), "a=1,a@b=2,a@c=3");
  });

  it("extract() does not count members that are empty or there twice", () => {
    const all = members(32).join();
    strictEqual(stateOf(`,${all}, ,\t,`), all);
    strictEqual(stateOf(`${all},${all}`), all);
    strictEqual(stateOf(`${all},last=1`), "");
    strictEqual(stateOf(" , ,\t, "), "");
  });

  it("extract() looks at each blank once", () => {
    // Where it takes a regular expression to trim, this takes minutes.
    const blanks = " ".repeat(200_000);
    strictEqual(stateOf(`a=1${blanks}2`), "");
    strictEqual(read(`00${blanks}-`), undefined);
    strictEqual(stateOf(`${blanks}a=1${blanks}`), "a=1");
  });

  it("T2 extract() keeps a tracestate where the grammar has it, whatever else there is", () => {
    const key = /^[a-z0-9][a-z0-9_\-*/@]*$/;
    const value = /^(?:(?![,=])[ -~])*(?![,= ])[ -~]$/;

    /** The rules of the text, one by one. */
    function model(header: string): string {
      const kept = new Map<string, string>();
      for (const part of header.split(",")) {
        const member = part.replaceAll(/^[ \t]+/g, "")
          .replaceAll(/[ \t]+$/g, "");
        if (member === "") continue;
        const equals = member.indexOf("=");
        const [name, text] = [
          member.slice(0, equals),
          member.slice(equals + 1),
        ];
        const isValid = equals > 0 && key.test(name) && value.test(text) &&
          name.length <= 256 && text.length <= 256;
        if (!isValid) return "";
        if (!kept.has(name)) kept.set(name, member);
      }
      return kept.size > 32 ? "" : [...kept.values()].join(",");
    }

    const part = fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom("a=1", "b=2", "0@x=y z") },
      { weight: 10, arbitrary: fc.nat(99).map((n) => `k${n}=${n}`) },
      { weight: 8, arbitrary: fc.constantFrom("", " ", "\t", " c=3\t") },
      {
        weight: 2,
        arbitrary: fc.nat(4).map((n) => `${"l".repeat(254 + n)}=1`),
      },
      {
        weight: 2,
        arbitrary: fc.nat(4).map((n) => `l=${"1".repeat(254 + n)}`),
      },
      { weight: 1, arbitrary: fc.string({ unit: character, maxLength: 5 }) },
      { weight: 1, arbitrary: fc.constantFrom("d=", "=d", "D=1", "d==", "d") },
    );
    const counts = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(fc.array(part, { maxLength: 45 }), (parts) => {
        const header = parts.join(",");
        const wanted = model(header);
        counts[wanted === "" ? "invalid" : "valid"]++;
        strictEqual(stateOf(header), wanted);
      }),
      { numRuns: 3 * RUNS },
    );
    ok(counts.valid > 50 && counts.invalid > 50, JSON.stringify(counts));
  });
});

// --- inject

describe("inject()", () => {
  const context: SpanContext = {
    traceId: TRACE,
    spanId: SPAN,
    flags: 3,
    traceState: "a=1",
    isRemote: false,
  };

  it("inject() writes both headers, to Headers or a Map", () => {
    const wanted = [
      ["traceparent", `00-${TRACE}-${SPAN}-03`],
      ["tracestate", "a=1"],
    ];
    const map = new Map<string, string>();
    inject(context, map);
    deepStrictEqual([...map], wanted);
    const headers = new Headers();
    inject(context, headers);
    deepStrictEqual([...headers], wanted);
  });

  it("inject() writes no flags but the two", () => {
    const map = new Map<string, string>();
    inject({ ...context, flags: 0xfe }, map);
    strictEqual(map.get("traceparent"), `00-${TRACE}-${SPAN}-02`);
  });

  it("inject() overwrites another context, its tracestate as well", () => {
    for (const headers of [new Headers(), new Map<string, string>()]) {
      inject(context, headers);
      inject({ ...context, spanId: "f".repeat(16), traceState: "" }, headers);
      deepStrictEqual([...headers], [
        ["traceparent", `00-${TRACE}-${"f".repeat(16)}-03`],
      ]);
    }
  });

  it("inject() does with a setter alone", () => {
    const written: string[] = [];
    const setter = { set: (name: string) => written.push(name) };
    inject({ ...context, traceState: "" }, setter);
    deepStrictEqual(written, ["traceparent"]);
  });

  it("T1 extract() reads what inject() has written", () => {
    function hex(length: number): fc.Arbitrary<string> {
      const digit = fc.constantFrom(..."0123456789abcdef");
      return fc.string({ unit: digit, minLength: length, maxLength: length })
        .filter((id) => /[^0]/.test(id));
    }
    const first = fc.constantFrom(..."abcxyz059");
    const rest = fc.string({
      unit: fc.constantFrom(...KEY_CHARACTERS, "@"),
      maxLength: 12,
    });
    const last = fc.constantFrom(
      ...VALUE_CHARACTERS.trim(),
    );
    const text = fc.string({
      unit: fc.constantFrom(...VALUE_CHARACTERS),
      maxLength: 12,
    });
    const member = fc.record({
      key: fc.tuple(first, rest).map((it) => it.join("")),
      value: fc.tuple(text, last).map((it) => it.join("")),
    });
    const state = fc.uniqueArray(member, {
      maxLength: 32,
      selector: ({ key }) => key,
    }).map((all) => all.map(({ key, value }) => `${key}=${value}`).join(","));
    fc.assert(
      fc.property(
        fc.record({
          traceId: hex(32),
          spanId: hex(16),
          flags: fc.nat(3),
          traceState: state,
          isRemote: fc.constant(true),
        }),
        (original) => {
          for (const headers of [new Headers(), new Map<string, string>()]) {
            inject(original, headers);
            deepStrictEqual(extract(headers), { ...original });
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});
