import { ValidationError } from "./errors.js";
import { type Result } from "./result.js";
import { type TypeMismatch } from "./validators.js";
export interface IpKeyOptions {
  readonly v4Prefix?: number;
  readonly v6Prefix?: number;
}
export declare function ipKey(
  address: string,
  options?: IpKeyOptions,
): Result<string, TypeMismatch | ValidationError<"VALIDATION_INVALID_FORMAT">>;
