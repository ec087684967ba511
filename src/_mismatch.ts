/**
 * The error that several modules make of a wrong type.
 *
 * @module
 */

import { ValidationError } from "./errors.ts";

/** The error of a value that is of another type than it should be. */
export function typeMismatch(
  field: string,
  expectedType: string,
): ValidationError<"VALIDATION_TYPE_MISMATCH"> {
  const params = { field, expectedType };
  return new ValidationError("VALIDATION_TYPE_MISMATCH", params);
}
