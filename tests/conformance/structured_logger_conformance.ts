/**
 * What every implementation of the `StructuredLogger` protocol does. The suite
 * knows the protocol and nothing else.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  isStructuredLogger,
  LogLevel,
  type StructuredLogger,
} from "../../src/logging.ts";
import { RUNS } from "../foundation_support.ts";
import { anyRecord, hostileText, hostileValue } from "../logging_support.ts";

/** What was logged, as the implementation told it. */
export interface ToldEntry {
  /** How important it is. */
  readonly level: LogLevel;
  /** What happened. */
  readonly message: string;
  /** What is known of where it was logged. */
  readonly context: object;
  /** What is told besides. */
  readonly extra: object;
}

/** A logger, and what it told. */
export interface StructuredLoggerUnderTest {
  /** The logger; its context is `{ service: "test", part: "none" }`. */
  readonly logger: StructuredLogger<{ service: string; part: string }>;
  /** What was told so far, the oldest first. */
  readonly entries: () => readonly ToldEntry[];
}

/** Options of {@linkcode structuredLoggerConformance}. */
export interface StructuredLoggerConformanceOptions {
  /** Makes a logger that writes from a level on. */
  readonly make: (level: LogLevel | "off") => StructuredLoggerUnderTest;
}

const LEVELS = Object.values(LogLevel);

/**
 * Tests an implementation of `StructuredLogger`.
 *
 * @param name What the suite is called.
 * @param options How to make one.
 */
export function structuredLoggerConformance(
  name: string,
  { make }: StructuredLoggerConformanceOptions,
): void {
  describe(`${name} conforms to StructuredLogger`, () => {
    it("is one by its methods", () => {
      strictEqual(isStructuredLogger(make("info").logger), true);
    });

    it("each method logs at its level, with message, context and data", () => {
      const { logger, entries } = make("trace");
      for (const [i, level] of LEVELS.entries()) {
        logger[level](`at ${level}`, { i });
      }
      deepStrictEqual(
        entries().map(({ level, message, context, extra }) => ({
          level,
          message,
          context: { ...context },
          extra: { ...extra },
        })),
        LEVELS.map((level, i) => ({
          level,
          message: `at ${level}`,
          context: { service: "test", part: "none" },
          extra: { i },
        })),
      );
    });

    for (const least of [...LEVELS, "off"] as const) {
      it(`isEnabled() tells what is written from ${least} on`, () => {
        const { logger, entries } = make(least);
        const child = logger.child({ part: "child" });
        const enabled = least === "off"
          ? []
          : LEVELS.slice(LEVELS.indexOf(least));
        for (const level of LEVELS) {
          strictEqual(logger.isEnabled(level), enabled.includes(level));
          strictEqual(child.isEnabled(level), enabled.includes(level));
          logger[level]("told");
          child[level]("told");
        }
        deepStrictEqual(
          entries().map(({ level }) => level),
          enabled.flatMap((level) => [level, level]),
        );
      });
    }

    it("data may be a function, which is called once where the level is on, else never", () => {
      const { logger, entries } = make("warn");
      let calls = 0;
      const data = (): { calls: number } => ({ calls: ++calls });
      for (const level of LEVELS) logger[level]("lazy", data);
      strictEqual(calls, 3);
      deepStrictEqual(entries().map(({ extra }) => ({ ...extra })), [
        { calls: 1 },
        { calls: 2 },
        { calls: 3 },
      ]);
    });

    it("child() adds to the context, takes the place of a name, and leaves the parent alone", () => {
      const { logger, entries } = make("info");
      const child = logger.child({ part: "cart", id: 1 });
      const grandchild = child.child({ id: 2, step: "pay" });
      for (const each of [grandchild, child, logger]) each.info("told");
      deepStrictEqual(entries().map(({ context }) => ({ ...context })), [
        { service: "test", part: "cart", id: 2, step: "pay" },
        { service: "test", part: "cart", id: 1 },
        { service: "test", part: "none" },
      ]);
      strictEqual(isStructuredLogger(grandchild), true);
    });

    it(`throws for no input, and tells each (property, ${RUNS} cases)`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...LEVELS),
          hostileText,
          hostileValue,
          (level, message, makeValue) => {
            const value = makeValue();
            const { logger, entries } = make("trace");
            logger[level](message, value as object);
            logger[level](message, () => value as object);
            logger.child({ value })[level](message);
            deepStrictEqual(
              entries().map((entry) => [entry.level, entry.message]),
              Array(3).fill([level, message]),
            );
          },
        ),
        { numRuns: RUNS },
      );
    });

    it(`changes nothing that it is given (property, ${RUNS} cases)`, () => {
      fc.assert(
        fc.property(
          anyRecord,
          (given) => {
            const before = fc.stringify(given);
            const { logger } = make("trace");
            logger.info("given", given);
            logger.info("given", () => given);
            logger.child(given).info("given");
            strictEqual(fc.stringify(given), before);
            strictEqual(Object.isFrozen(given), false);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it("flush() resolves", async () => {
      const { logger, entries } = make("info");
      logger.info("told");
      strictEqual(await logger.flush(), undefined);
      strictEqual(await logger.child({ id: 1 }).flush(), undefined);
      strictEqual(entries().length, 1);
    });
  });
}
