/**
 * What every implementation of the `SpanExporter` protocol does. The suite knows the
 * protocol and nothing else.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isSpanExporter,
  type SpanData,
  type SpanExporter,
} from "../../src/span.ts";
import { Tracer } from "../../src/tracing.ts";

/** An exporter, and the names of the spans it has brought away. */
export interface SpanExporterUnderTest {
  /** The exporter. */
  readonly exporter: SpanExporter;
  /** The names, in their order. */
  readonly names: () => readonly string[];
}

/**
 * Spans that have ended.
 *
 * @param names What they are called.
 * @returns The spans.
 */
export function spansOf(...names: readonly string[]): readonly SpanData[] {
  const ended: SpanData[] = [];
  const tracer = new Tracer({
    exporter: {
      export([span]) {
        ended.push(span!);
      },
      close() {},
    },
  });
  for (const name of names) tracer.start(name).end();
  return ended;
}

/**
 * Tests an implementation of `SpanExporter`.
 *
 * @param name What the suite is called.
 * @param make Makes one that has exported nothing.
 */
export function spanExporterConformance(
  name: string,
  make: () => SpanExporterUnderTest,
): void {
  describe(`SpanExporter conformance: ${name}`, () => {
    it("isSpanExporter() is true", () => {
      strictEqual(isSpanExporter(make().exporter), true);
    });

    it("close() comes after all spans have been brought away, in order", async () => {
      const { exporter, names } = make();
      await exporter.export(spansOf("a"));
      await exporter.export([]);
      await exporter.export(spansOf("b", "c"));
      await exporter.export(spansOf("d"));
      await exporter.close();
      deepStrictEqual(names(), ["a", "b", "c", "d"]);
    });

    it("export() takes spans that nobody awaits", async () => {
      const { exporter, names } = make();
      for (const span of spansOf("a", "b", "c")) void exporter.export([span]);
      await exporter.close();
      deepStrictEqual(names(), ["a", "b", "c"]);
    });

    it("export() keeps no hold of the list it is given", async () => {
      const { exporter, names } = make();
      const list = [...spansOf("a", "b")];
      const exporting = exporter.export(list);
      list.splice(0);
      await exporting;
      await exporter.close();
      deepStrictEqual(names(), ["a", "b"]);
    });

    it("close() does no harm twice", async () => {
      const { exporter, names } = make();
      await exporter.export(spansOf("a"));
      await Promise.all([exporter.close(), exporter.close()]);
      await exporter.close();
      deepStrictEqual(names(), ["a"]);
    });

    it("export() throws nothing after close()", async () => {
      const { exporter } = make();
      await exporter.close();
      await exporter.export(spansOf("late"));
    });
  });
}
