/**
 * What options of all modules have in common.
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { ValidationError } from "./errors.ts";
import { requireOption, validateRange, validateType } from "./validators.ts";

/**
 * Throws for what is no length of time.
 *
 * @param name The name of the option.
 * @param durationMs The value, in ms; `Infinity` is one.
 * @param min The least that it may be.
 * @returns The value.
 * @throws {ValidationError} It is not a number, or less.
 */
export function requireDuration(
  name: string,
  durationMs: number,
  min = 0,
): number {
  return requireOption(validateRange(name, durationMs, { min }), durationMs);
}

/**
 * Throws for what is not a whole number.
 *
 * @param name The name of the option.
 * @param value The value.
 * @param min The least that it may be.
 * @returns The value.
 * @throws {ValidationError} It is not a whole number, or less.
 */
export function requireWhole(name: string, value: number, min = 1): number {
  const limits = { min, integer: true };
  return requireOption(validateRange(name, value, limits), value);
}

/**
 * Throws for what is neither a whole number nor `Infinity`.
 *
 * @param name The name of the option.
 * @param count The value.
 * @param min The least that it may be.
 * @returns The value.
 * @throws {ValidationError} It is neither, or less.
 */
export function requireCount(name: string, count: number, min = 1): number {
  return count === Infinity ? count : requireWhole(name, count, min);
}

/**
 * Throws for what cannot be called, unless it is left out.
 *
 * @param name The name of the option.
 * @param callback The value.
 * @throws {ValidationError} It is there, and no function.
 */
export function requireCallback(name: string, callback: unknown): void {
  if (callback !== undefined) requireFunction(name, callback);
}

/**
 * Throws for what cannot be called.
 *
 * @param name The name of the option.
 * @param value The value.
 * @throws {ValidationError} It is no function.
 */
export function requireFunction(name: string, value: unknown): void {
  requireOption(validateType(name, value, "function"), value);
}

/**
 * Throws for what has not the methods of its protocol.
 *
 * @param name The name of the option.
 * @param value The value.
 * @param isOne Tells by the methods whether it is one.
 * @throws {ValidationError} It is none.
 */
export function requireProtocol(
  name: string,
  value: unknown,
  isOne: (value: unknown) => boolean,
): void {
  if (!isOne(value)) {
    throw invalidOption(name, Expectations.METHODS, typeof value);
  }
}

/**
 * Says what is wrong with an option that no validator knows of.
 *
 * @param field The name of the option.
 * @param reason What is wrong with it.
 * @param received What it is, or its type where it may be a secret.
 * @returns The error, to be thrown.
 */
export function invalidOption(
  field: string,
  reason: string,
  received: string,
): ValidationError<"VALIDATION_INVALID_OPTION"> {
  const params = { field, reason, received };
  return new ValidationError("VALIDATION_INVALID_OPTION", params);
}
