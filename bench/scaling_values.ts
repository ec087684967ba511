/**
 * What is done to values: headers, results, checks.
 *
 * @module
 */

import { createSelector, parseAcceptEncoding } from "../src/accept_encoding.ts";
import { negotiateFormat } from "../src/prometheus.ts";
import {
  all,
  allErrors,
  err,
  ok,
  partition,
  type Result,
} from "../src/result.ts";
import {
  validateFormat,
  validateNonEmpty,
  validateType,
} from "../src/validators.ts";
import type { Operation } from "./scaling.ts";
import { UP_TO_1E5 } from "./scaling_items.ts";

/** Headers of a length, made of a part again and again. */
const HEADERS: Readonly<Record<string, string>> = {
  "codings": "gzip;q=0.5, br , ",
  "commas": ",",
  "spaces": " ",
  "semicolons": ";",
  "quotes": '"',
};

function headerOf(part: string, length: number): string {
  return part.repeat(Math.ceil(length / part.length)).slice(0, length);
}

const headers: readonly Operation[] = Object.entries(HEADERS).flatMap(
  ([kind, part]): Operation[] => {
    const common = {
      complexity: "O(n)",
      control: "read",
      sizes: UP_TO_1E5,
    } as const;
    return [{
      ...common,
      structure: "parseAcceptEncoding",
      operation: `n characters, ${kind}`,
      prepare(size) {
        const header = headerOf(part, size);
        return () => parseAcceptEncoding(header).length < size;
      },
    }, {
      ...common,
      structure: "createSelector",
      operation: `n characters, ${kind}`,
      prepare(size) {
        const header = headerOf(part, size);
        const select = createSelector(["br", "gzip"], { maxRemembered: 0 });
        return () => select(header) !== undefined;
      },
    }, {
      ...common,
      structure: "negotiateFormat",
      operation: `n characters, ${kind}`,
      prepare(size) {
        const header = headerOf(part, size);
        return () => negotiateFormat(header) === "text";
      },
    }];
  },
);

type Numbers = readonly Result<number, string>[];

/** Of n results; every tenth is an error. */
function resultsOf(size: number): Numbers {
  return Array.from(
    { length: size },
    (_, i) => i % 10 === 0 ? err("tenth") : ok(i),
  );
}

const results: readonly Operation[] = [
  {
    structure: "all",
    operation: "n results",
    complexity: "O(n)",
    control: "passThrough",
    prepare(size) {
      const results: Numbers = Array.from({ length: size }, (_, i) => ok(i));
      return () => all(results).unwrap().length === size;
    },
  },
  {
    structure: "allErrors",
    operation: "n results",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E5,
    prepare(size) {
      const results = resultsOf(size);
      return () => allErrors(results).unwrapErr().length === size / 10;
    },
  },
  {
    structure: "partition",
    operation: "n results",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E5,
    prepare(size) {
      const results = resultsOf(size);
      return () => partition(results)[1].length === size / 10;
    },
  },
];

const checks: readonly Operation[] = [
  {
    structure: "validateNonEmpty",
    operation: "n spaces",
    complexity: "O(n)",
    control: "read",
    sizes: UP_TO_1E5,
    prepare(size) {
      const text = " ".repeat(size);
      return () => !validateNonEmpty("text", text).ok;
    },
  },
  {
    structure: "validateFormat",
    operation: "n characters",
    complexity: "O(n)",
    control: "read",
    sizes: UP_TO_1E5,
    prepare(size) {
      const text = "a".repeat(size);
      return () => validateFormat("text", text, /[a-z]+/).ok;
    },
  },
  {
    structure: "validateType",
    operation: "an array of n",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const list = new Array(size).fill(0);
      return () => validateType("list", list, "array").ok;
    },
  },
];

/** What is done to values. */
export const values: readonly Operation[] = [
  ...headers,
  ...results,
  ...checks,
];
