// The catalogue taken apart for the tests: every code with its text, and
// arbitrary parameters for each.

import fc from "fast-check";
import {
  type ErrorCode,
  type ErrorDomain,
  ErrorMessages,
} from "../src/messages.ts";

/** One line of the catalogue. */
export interface CodeEntry {
  readonly domain: ErrorDomain;
  readonly key: string;
  readonly code: ErrorCode;
  readonly text: string;
  /** The names of the placeholders in the text. */
  readonly names: readonly string[];
}

/** Every line of the catalogue. */
export const CODES: readonly CodeEntry[] = Object.entries(ErrorMessages)
  .flatMap(([domain, texts]) =>
    Object.entries(texts).map(([key, text]): CodeEntry => ({
      domain: domain as ErrorDomain,
      key,
      code: `${domain}_${key}` as ErrorCode,
      text,
      names: placeholdersIn(text),
    }))
  );

/** The names of the placeholders in a text, in order. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
}

/** A parameter's value, with a liking for what a careless filler trips over. */
export function paramValues(): fc.Arbitrary<string | number> {
  return fc.oneof(
    fc.string(),
    fc.string({ unit: "grapheme" }),
    fc.double(),
    fc.constantFrom("{field}", "{reason}", "$&", "$1", "$$", "$`", "{", "}"),
  );
}

/** A line of the catalogue with a value for each of its placeholders. */
export function filledCodes(): fc.Arbitrary<
  readonly [CodeEntry, Readonly<Record<string, string | number>>]
> {
  return fc.constantFrom(...CODES).chain((entry) =>
    fc.array(paramValues(), {
      minLength: entry.names.length,
      maxLength: entry.names.length,
    }).map((list) => [
      entry,
      Object.fromEntries(entry.names.map((name, i) => [name, list[i] ?? ""])),
    ])
  );
}
