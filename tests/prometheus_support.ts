/**
 * A strict reader of what Prometheus scrapes, written from the published grammars
 * (the text format 0.0.4; the ABNF and the rules of OpenMetrics 1.0), and Python's
 * official reader. Neither knows anything of the code under test.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { ExpositionFormat } from "../src/prometheus.ts";

/** Labels by their names, in the order of their names. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** What stands behind a sample. */
export interface ParsedExemplar {
  readonly labels: Labels;
  readonly value: number;
  /** In seconds since the epoch. */
  readonly at: number;
}

/** One line with a number. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly exemplar: ParsedExemplar | undefined;
}

/** A metric with its samples, in their order. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  readonly samples: readonly ParsedSample[];
}

/** Labels in the order of their names. */
export function sortedLabels(
  labels: Iterable<readonly [string, string]>,
): Labels {
  return [...labels].toSorted(([a], [b]) => a < b ? -1 : 1);
}

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const NUMBER =
  /[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?|[0-9]*\.[0-9]+(?:e[+-]?[0-9]+)?|Inf)|NaN/y;
const REAL = /[+-]?[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?/y;
/** Whole characters in UTF-8: no line feed, no quote, no lone surrogate. */
const PLAIN = /(?:[^\n"\\\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\\\": "\\",
  '\\"': '"',
  "\\n": "\n",
};

/** Reads a page from its beginning to its end. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Whether this comes next. */
  isBefore(literal: string): boolean {
    return this.#text.startsWith(literal, this.#at);
  }

  /** Whether this comes next; then it is read. */
  takes(literal: string): boolean {
    if (!this.isBefore(literal)) return false;
    this.#at += literal.length;
    return true;
  }

  expect(literal: string): void {
    if (!this.takes(literal)) this.fail(JSON.stringify(literal));
  }

  match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return this.fail(what);
    this.#at += found[0].length;
    return found[0];
  }

  /** Text with escapes, up to what is none. A quote may be allowed to stand in it. */
  escaped(escapes: readonly string[], withQuotes = false): string {
    const parts: string[] = [];
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.#text)?.[0] ?? "";
      this.#at += plain.length;
      parts.push(plain);
      const escape = escapes.find((it) => this.takes(it));
      if (escape !== undefined) parts.push(ESCAPES[escape]!);
      else if (withQuotes && this.takes('"')) parts.push('"');
      else return parts.join("");
    }
  }

  fail(wanted: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 80);
    throw new Error(`${wanted} wanted at ${this.#at}: ${JSON.stringify(rest)}`);
  }
}

function numberOf(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}

function scanLabels(scanner: Scanner): Labels {
  const labels = new Map<string, string>();
  if (scanner.takes("}")) return [];
  do {
    const name = scanner.match(LABEL_NAME, "the name of a label");
    scanner.expect('="');
    ok(!labels.has(name), `the label ${name} is there twice`);
    labels.set(name, scanner.escaped(Object.keys(ESCAPES)));
    scanner.expect('"');
  } while (scanner.takes(","));
  scanner.expect("}");
  return sortedLabels(labels);
}

function scanSample(scanner: Scanner, format: ExpositionFormat): ParsedSample {
  const name = scanner.match(METRIC_NAME, "the name of a sample");
  const labels = scanner.takes("{") ? scanLabels(scanner) : [];
  scanner.expect(" ");
  const value = numberOf(scanner.match(NUMBER, "a number"));
  let exemplar: ParsedExemplar | undefined;
  if (format === "openmetrics" && scanner.takes(" # {")) {
    const behind = scanLabels(scanner);
    scanner.expect(" ");
    const number = numberOf(scanner.match(NUMBER, "a number"));
    scanner.expect(" ");
    const at = numberOf(scanner.match(REAL, "a time"));
    exemplar = { labels: behind, value: number, at };
    const length = behind.flat().reduce((sum, it) => sum + [...it].length, 0);
    ok(length <= 128, "the exemplar is too long");
  }
  scanner.expect("\n");
  return { name, labels, value, exemplar };
}

/** The names of the samples of each type. */
const SUFFIXES: Readonly<
  Record<ExpositionFormat, Readonly<Record<string, readonly string[]>>>
> = {
  text: {
    counter: [""],
    gauge: [""],
    histogram: ["_bucket", "_sum", "_count"],
  },
  openmetrics: {
    counter: ["_total", "_created"],
    gauge: [""],
    histogram: ["_bucket", "_sum", "_count", "_created"],
  },
};

/**
 * Reads a page. What the format forbids, and what it only advises against, throws.
 *
 * @param page The page.
 * @param format Its format.
 * @returns All metrics.
 */
export function parseExposition(
  page: string,
  format: ExpositionFormat,
): readonly ParsedFamily[] {
  const isOpen = format === "openmetrics";
  const scanner = new Scanner(page);
  const families: ParsedFamily[] = [];
  const names = new Set<string>();
  const series = new Set<string>();
  while (!(isOpen ? scanner.takes("# EOF\n") : scanner.isAtEnd)) {
    const family = isOpen ? scanOpenHead(scanner) : scanTextHead(scanner);
    const suffixes = SUFFIXES[format][family.type];
    ok(suffixes, `${family.type} is no type`);
    for (const suffix of new Set(["", ...suffixes])) {
      const name = family.name + suffix;
      ok(!names.has(name), `${name} is there twice`);
      names.add(name);
    }
    const samples: ParsedSample[] = [];
    while (!scanner.isAtEnd && !scanner.isBefore("#")) {
      const sample = scanSample(scanner, format);
      const suffix = sample.name.slice(family.name.length);
      ok(sample.name.startsWith(family.name) && suffixes.includes(suffix));
      const id = JSON.stringify([sample.name, sample.labels]);
      ok(!series.has(id), `${id} is there twice`);
      series.add(id);
      samples.push(sample);
    }
    checkSamples(family.name, family.type, samples, isOpen);
    families.push({ ...family, samples });
  }
  ok(scanner.isAtEnd, "there is something after the end");
  return families;
}

type Head = Omit<ParsedFamily, "samples">;

/** In OpenMetrics the order should be TYPE, UNIT, HELP. */
function scanOpenHead(scanner: Scanner): Head {
  scanner.expect("# TYPE ");
  const name = scanner.match(METRIC_NAME, "the name of a metric");
  scanner.expect(" ");
  const type = scanner.match(/[a-z]+/y, "a type");
  scanner.expect("\n");
  let unit = "";
  if (scanner.takes(`# UNIT ${name} `)) {
    unit = scanner.match(/[a-zA-Z0-9_:]+/y, "a unit");
    ok(name.endsWith(`_${unit}`), `${name} does not end with ${unit}`);
    scanner.expect("\n");
  }
  scanner.expect(`# HELP ${name} `);
  const help = scanner.escaped(Object.keys(ESCAPES));
  scanner.expect("\n");
  return { name, type, help, unit };
}

function scanTextHead(scanner: Scanner): Head {
  scanner.expect("# HELP ");
  const name = scanner.match(METRIC_NAME, "the name of a metric");
  scanner.expect(" ");
  const help = scanner.escaped(["\\\\", "\\n"], true);
  scanner.expect(`\n# TYPE ${name} `);
  const type = scanner.match(/[a-z]+/y, "a type");
  scanner.expect("\n");
  return { name, type, help, unit: "" };
}

function checkSamples(
  name: string,
  type: string,
  samples: readonly ParsedSample[],
  isOpen: boolean,
): void {
  for (const { value, exemplar, name: sample } of samples) {
    if (type === "counter") ok(value >= 0, `${sample} is below 0`);
    const mayHave = sample.endsWith("_total") || sample.endsWith("_bucket");
    ok(exemplar === undefined || mayHave, `${sample} has an exemplar`);
  }
  if (type !== "histogram") return;
  const groups = Map.groupBy(
    samples,
    ({ labels }) => JSON.stringify(labels.filter(([label]) => label !== "le")),
  );
  // Not interleaved: one after the other they are what they were together.
  deepStrictEqual([...groups.values()].flat(), samples);
  for (const group of groups.values()) checkHistogram(name, group, isOpen);
}

function checkHistogram(
  name: string,
  samples: readonly ParsedSample[],
  isOpen: boolean,
): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  let below = -Infinity;
  let before = 0;
  for (const { labels, value, exemplar } of buckets) {
    const le = new Map(labels).get("le") ?? "";
    ok(/^(?:[+-]Inf|-?[0-9.]+(?:e[+-][0-9]{2,3})?)$/.test(le), `le is ${le}`);
    ok(/[.e]|Inf/.test(le), `le is ${le}, which does not look like a float`);
    const bound = numberOf(le);
    ok(bound > below, `the bound ${le} is not above the one before`);
    ok(Number.isInteger(value) && value >= before, `${value} after ${before}`);
    if (exemplar !== undefined) {
      ok(exemplar.value <= bound && exemplar.value > below);
    }
    below = bound;
    before = value;
  }
  strictEqual(below, Infinity);
  const [sum, count, ...others] = samples.slice(buckets.length);
  deepStrictEqual(others, []);
  const isSigned = buckets.some(({ labels }) =>
    numberOf(new Map(labels).get("le")!) < 0
  );
  strictEqual(sum === undefined, count === undefined);
  if (sum === undefined || count === undefined) {
    return ok(isOpen, `${name}_sum is missing`);
  }
  deepStrictEqual([sum.name, count.name], [`${name}_sum`, `${name}_count`]);
  strictEqual(count.value, before);
  if (isOpen) ok(!isSigned && sum.value >= 0, "a sum that is no counter");
}

// --- Python's reader

/** A page, and how to read it. */
export interface Page {
  readonly format: ExpositionFormat;
  readonly body: string;
}

const SCRIPT = `
import json, sys
pages = json.loads(sys.stdin.buffer.read())
try:
    from prometheus_client.parser import text_string_to_metric_families as text
    from prometheus_client.openmetrics.parser import (
        text_string_to_metric_families as openmetrics)
except ImportError:
    sys.exit(3)

def exemplar_of(it):
    if it is None:
        return None
    return [sorted(it.labels.items()), repr(float(it.value)),
            repr(float(it.timestamp))]

def family_of(it):
    samples = [[s.name, sorted(s.labels.items()), repr(float(s.value)),
                exemplar_of(s.exemplar)] for s in it.samples]
    return [it.name, it.type, it.documentation, it.unit, samples]

def read(page):
    parse = openmetrics if page["format"] == "openmetrics" else text
    try:
        return [family_of(it) for it in parse(page["body"])]
    except Exception as error:
        return repr(error)

sys.stdout.buffer.write(json.dumps([read(it) for it in pages]).encode())
`;

type PythonExemplar = readonly [labels: Labels, value: string, at: string];
type PythonSample = readonly [
  name: string,
  labels: Labels,
  value: string,
  exemplar: PythonExemplar | null,
];
type PythonFamily = readonly [
  name: string,
  type: string,
  help: string,
  unit: string,
  samples: readonly PythonSample[],
];

/** What Python read: the metrics of each page, or why it could not. */
export type PythonPages = readonly (readonly ParsedFamily[] | string)[];

function pythonNumber(text: string): number {
  return Number(text.replace("inf", "Infinity").replace("nan", "NaN"));
}

function fromPython(
  [name, type, help, unit, samples]: PythonFamily,
): ParsedFamily {
  return {
    name,
    type,
    help,
    unit,
    samples: samples.map(([sample, labels, value, exemplar]) => ({
      name: sample,
      labels: sortedLabels(labels),
      value: pythonNumber(value),
      exemplar: exemplar === null ? undefined : {
        labels: sortedLabels(exemplar[0]),
        value: pythonNumber(exemplar[1]),
        at: pythonNumber(exemplar[2]),
      },
    })),
  };
}

/**
 * Has `prometheus_client`, the official library for Python, read pages, all in one
 * process.
 *
 * @param pages The pages.
 * @returns What it read; `undefined` where it is not installed.
 */
export function readWithPython(
  pages: readonly Page[],
): PythonPages | undefined {
  // Debian's packages are those of Debian's Python, which PATH may not have first.
  for (const command of ["/usr/bin/python3", "python3"]) {
    const { status, stdout, stderr, error } = spawnSync(
      command,
      ["-c", SCRIPT],
      { input: JSON.stringify(pages), maxBuffer: 2 ** 26 },
    );
    if (error !== undefined || status === 3) continue;
    strictEqual(status, 0, String(stderr));
    const read = JSON.parse(String(stdout)) as (string | PythonFamily[])[];
    return read.map((it) => typeof it === "string" ? it : it.map(fromPython));
  }
  return undefined;
}
