import { ValidationError } from "./errors.js";
import { type Result } from "./result.js";
export interface CronOptions {
  readonly timeZone?: string | undefined;
}
export type CronError = ValidationError<"VALIDATION_INVALID_FORMAT">;
export declare class CronSchedule {
  readonly expression: string;
  readonly timeZone: string;
  constructor(parts: never);
  static parse(
    expression: string,
    options?: CronOptions,
  ): Result<CronSchedule, CronError>;
  next(afterMs: number): number | undefined;
  matches(timeMs: number): boolean;
  toString(): string;
}
