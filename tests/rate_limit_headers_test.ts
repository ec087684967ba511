import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ValidationError } from "../src/errors.ts";
import { rateLimitHeaders } from "../src/rate_limit_headers.ts";
import { GcraLimiter, type RateLimitDecision } from "../src/rate_limiter.ts";
import { ManualClock } from "../src/testing.ts";
import { NOT_NUMBERS, RUNS } from "./foundation_support.ts";

const ALLOWED: RateLimitDecision<string> = {
  key: "ada",
  allowed: true,
  limit: 100,
  remaining: 50,
  resetMs: 30_000,
  retryAfterMs: 0,
};
const DENIED: RateLimitDecision<string> = {
  ...ALLOWED,
  allowed: false,
  remaining: 0,
  retryAfterMs: 1_001,
};
const POLICY = { periodMs: 60_000 };
/** Fifteen digits. */
const LARGEST = 999_999_999_999_999;

/** A list of one item with parameters, as RFC 9651 writes it. */
interface Item {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number | string>>;
}

const STRING = String.raw`"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"`;

function unescape(text: string): string {
  return text.replaceAll(/\\(["\\])/g, "$1");
}

/** Reads such a list; fails where anything in it is not as it must be. */
function parseItem(field: string): Item {
  const pattern = new RegExp(
    `^${STRING}((?:;[a-z]+=(?:-?\\d{1,15}|${STRING.replace("(", "(?:")}))*)$`,
  );
  const match = pattern.exec(field);
  ok(match !== null, `no structured field: ${field}`);
  const parameters: Record<string, number | string> = {};
  const each = new RegExp(`;([a-z]+)=(?:(-?\\d+)|${STRING})`, "g");
  for (const [, key, integer, text] of match[2]!.matchAll(each)) {
    parameters[key!] = integer === undefined
      ? unescape(text!)
      : Number(integer);
  }
  return { name: unescape(match[1]!), parameters };
}

describe("rateLimitHeaders()", () => {
  it("tells the policy and what is left of it", () => {
    deepStrictEqual(rateLimitHeaders("default", ALLOWED, POLICY), {
      "ratelimit-policy": '"default";q=100;w=60',
      "ratelimit": '"default";r=50;t=30',
    });
  });

  it("tells when to come back where the request was refused", () => {
    deepStrictEqual(rateLimitHeaders("default", DENIED, POLICY), {
      "ratelimit-policy": '"default";q=100;w=60',
      "ratelimit": '"default";r=0;t=2',
      "retry-after": "2",
    });
  });

  it("tells what is counted where that is no request", () => {
    deepStrictEqual(
      rateLimitHeaders("upload", ALLOWED, {
        periodMs: 1,
        unit: "content-bytes",
      }),
      {
        "ratelimit-policy": '"upload";q=100;w=1;qu="content-bytes"',
        "ratelimit": '"upload";r=50;t=30',
      },
    );
  });

  it("rounds every time up to whole seconds", () => {
    for (
      const [durationMs, seconds] of [
        [0, 0],
        [0.001, 1],
        [1, 1],
        [999.999, 1],
        [1_000, 1],
        [1_000.001, 2],
        [59_999, 60],
      ] as const
    ) {
      const allowed = { ...ALLOWED, resetMs: durationMs };
      const denied = { ...DENIED, retryAfterMs: durationMs };
      const policy = { periodMs: durationMs };
      deepStrictEqual(rateLimitHeaders("a", allowed, policy), {
        "ratelimit-policy": `"a";q=100;w=${seconds}`,
        "ratelimit": `"a";r=50;t=${seconds}`,
      });
      deepStrictEqual(rateLimitHeaders("a", denied, policy), {
        "ratelimit-policy": `"a";q=100;w=${seconds}`,
        "ratelimit": `"a";r=0;t=${seconds}`,
        "retry-after": `${seconds}`,
      });
    }
  });

  it("tells nobody to come back who asked for more than there can be", () => {
    const denied = { ...DENIED, retryAfterMs: Infinity };
    deepStrictEqual(rateLimitHeaders("a", denied, POLICY), {
      "ratelimit-policy": '"a";q=100;w=60',
      "ratelimit": `"a";r=0;t=${LARGEST}`,
    });
  });

  it("writes no integer of more than 15 digits", () => {
    const huge = {
      ...ALLOWED,
      limit: Number.MAX_SAFE_INTEGER,
      remaining: Number.MAX_SAFE_INTEGER,
      resetMs: Number.MAX_VALUE,
    };
    deepStrictEqual(rateLimitHeaders("a", huge, { periodMs: Infinity }), {
      "ratelimit-policy": `"a";q=${LARGEST};w=${LARGEST}`,
      "ratelimit": `"a";r=${LARGEST};t=${LARGEST}`,
    });
  });

  it("escapes quotes and backslashes in the name and in the unit", () => {
    const name = String.raw`a "b" \c\\`;
    const headers = rateLimitHeaders(name, ALLOWED, {
      periodMs: 1,
      unit: name,
    });
    const escaped = String.raw`"a \"b\" \\c\\\\"`;
    deepStrictEqual(headers, {
      "ratelimit-policy": `${escaped};q=100;w=1;qu=${escaped}`,
      "ratelimit": `${escaped};r=50;t=30`,
    });
  });

  it("is well-formed, tells whole seconds, and never sends anybody back before t, whatever the decision (property)", () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((it) =>
        String.fromCharCode(it)
      ),
      minLength: 1,
    });
    const durations = fc.oneof(
      fc.nat(1e9).map((micros) => micros / 1_000),
      fc.constantFrom(0, 1_000, Infinity),
    );
    fc.assert(
      fc.property(
        printable,
        fc.option(printable, { nil: undefined }),
        fc.record({
          key: fc.constant("a"),
          allowed: fc.boolean(),
          limit: fc.maxSafeNat(),
          remaining: fc.maxSafeNat(),
          resetMs: durations,
          retryAfterMs: durations,
        }),
        durations,
        (name, unit, decision, periodMs) => {
          const headers = rateLimitHeaders(name, decision, {
            periodMs,
            ...(unit !== undefined && { unit }),
          });
          const policy = parseItem(headers["ratelimit-policy"]!);
          const state = parseItem(headers["ratelimit"]!);
          strictEqual(policy.name, name);
          strictEqual(state.name, name);
          strictEqual(policy.parameters.q, Math.min(decision.limit, LARGEST));
          strictEqual(policy.parameters.qu, unit);
          strictEqual(
            state.parameters.r,
            Math.min(decision.remaining, LARGEST),
          );
          const t = state.parameters.t as number;
          const toldMs = decision.allowed
            ? decision.resetMs
            : decision.retryAfterMs;
          if (toldMs < Infinity) {
            ok(t * 1_000 >= toldMs && (t - 1) * 1_000 < toldMs, `${t}`);
          }
          const retryAfter = headers["retry-after"];
          const isTold = !decision.allowed && decision.retryAfterMs < Infinity;
          strictEqual(retryAfter !== undefined, isTold);
          if (retryAfter !== undefined) {
            ok(/^\d+$/.test(retryAfter));
            ok(Number(retryAfter) >= t);
          }
          const names = Object.keys(headers);
          deepStrictEqual(names, names.map((it) => it.toLowerCase()));
          // No value is changed, or refused, on its way into an answer.
          const sent = new Headers(headers);
          for (const it of names) strictEqual(sent.get(it), headers[it]);
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it("sends a client back when its request is allowed again", () => {
    const clock = new ManualClock();
    const policy = { limit: 3, periodMs: 10_000 };
    const limiter = new GcraLimiter({ ...policy, clock });
    limiter.consume("ada", 3);
    const headers = rateLimitHeaders("a", limiter.consume("ada"), policy);
    strictEqual(headers["retry-after"], "4");
    clock.advance(Number(headers["retry-after"]) * 1_000);
    strictEqual(limiter.consume("ada").allowed, true);
  });

  for (
    const [name, text] of [
      ["empty", ""],
      ["not ASCII", "früh"],
      ["a line break", "a\r\nset-cookie: b"],
      ["a line feed at its end", "a\n"],
      ["a tab", "a\tb"],
      ["a NUL", "a\0"],
      ["a DEL", "a\x7f"],
      ["an emoji", "a🙂"],
    ] as const
  ) {
    it(`throws when the name or the unit is or has in it: ${name}`, () => {
      throws(
        () => rateLimitHeaders(text, ALLOWED, POLICY),
        (error) =>
          error instanceof ValidationError &&
          error.code === "VALIDATION_INVALID_OPTION" &&
          error.field === "policyName" &&
          error.message.includes("printable ASCII"),
      );
      throws(
        () => rateLimitHeaders("a", ALLOWED, { ...POLICY, unit: text }),
        (error) =>
          error instanceof ValidationError && error.field === "unit" &&
          error.code === "VALIDATION_INVALID_OPTION",
      );
    });
  }

  it("throws when periodMs is no number of 0 or more, or the name no string", () => {
    for (const [name, value] of [...NOT_NUMBERS, ["NaN", NaN], ["-1", -1]]) {
      throws(
        () => rateLimitHeaders("a", ALLOWED, { periodMs: value as number }),
        (error) =>
          error instanceof ValidationError && error.field === "periodMs" &&
          error.code === "VALIDATION_INVALID_OPTION",
        String(name),
      );
    }
    for (const value of [undefined, null, 5, {}]) {
      throws(
        () => rateLimitHeaders(value as never, ALLOWED, POLICY),
        (error) =>
          error instanceof ValidationError && error.field === "policyName",
      );
    }
  });
});
