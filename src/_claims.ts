/**
 * Plain data that goes with a token.
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { typeMismatch } from "./_mismatch.ts";
import { frozenCopy, isJson, isPlainObject } from "./_plain.ts";
import type { ValidationError } from "./errors.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";

/**
 * Copies claims and freezes the copy at every depth.
 *
 * @param field How the error names them.
 * @param claims The claims.
 * @returns The copy; or an error, where they are no object of JSON values.
 */
export function copyClaims(
  field: string,
  claims: unknown,
): Result<object, ValidationError<"VALIDATION_TYPE_MISMATCH">> {
  const mismatch = (): ValidationError<"VALIDATION_TYPE_MISMATCH"> =>
    typeMismatch(field, Expectations.JSON_OBJECT);
  // What is nested too deep overflows the stack, in either of the two.
  const copied = catchToResult(() => {
    const copy = frozenCopy(claims);
    return isPlainObject(copy) && isJson(copy) ? copy : undefined;
  }, mismatch);
  return copied.andThen((copy) =>
    copy === undefined ? new Err(mismatch()) : new Ok(copy)
  );
}
