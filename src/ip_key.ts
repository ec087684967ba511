/**
 * The part of an IP address that tells one client from another.
 *
 * When to use it: as the key of a limit for clients that have not said who they
 * are.
 *
 * When not: to tell where a client is, or whether an address is his own: behind
 * a proxy that anybody can bypass, it is what he says it is.
 *
 * - **One key.** All ways to write an address make the same key, and so do all
 *   addresses of one customer's IPv6 prefix.
 *
 * @example Two spellings of one host
 * ```ts
 * import { ipKey } from "@groundwork/infra/ip-key";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(ipKey("::ffff:203.0.113.7").unwrap(), "203.0.113.7");
 * strictEqual(
 *   ipKey("2001:DB8:0:1200::1").unwrap(),
 *   ipKey("2001:db8::12ff:5:6:7:8").unwrapOr(""),
 * );
 * ```
 *
 * @module
 */

import * as Expectations from "./_expectations.ts";
import { ValidationError } from "./errors.ts";
import { Err, Ok, type Result } from "./result.ts";
import {
  requireOption,
  type TypeMismatch,
  validateRange,
  validateType,
} from "./validators.ts";

/** Options of {@linkcode ipKey}. */
export interface IpKeyOptions {
  /**
   * How many bits of an IPv4 address count: a whole number from 1 to 32.
   *
   * @default {32}
   */
  readonly v4Prefix?: number;
  /**
   * How many bits of an IPv6 address count: a whole number from 1 to 128. A
   * customer commonly has 48 to 64 of them to himself, so that a limit by whole
   * addresses is none.
   *
   * @default {56}
   */
  readonly v6Prefix?: number;
}

const OCTET = /^(0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;
/** How an IPv4 address stands in IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0xffff];

/**
 * Makes a key of an IP address: one for all the ways to write it, and for all the
 * addresses that one client is likely to have.
 *
 * The address must be the client's: behind a proxy, what the proxy says, and only
 * if it is yours.
 *
 * @param address An IPv4 address in four decimal parts, or an IPv6 address
 * (RFC 4291, section 2.2); a zone (`%eth0`) is left out. An IPv4 address mapped
 * into IPv6 is taken for what it is.
 * @param options How many bits count.
 * @returns The key, as `203.0.113.7` or `2001:db8:0:1200::/56`; or an error with
 * the code `VALIDATION_INVALID_FORMAT` or `VALIDATION_TYPE_MISMATCH`.
 * @throws {ValidationError} A prefix is out of range.
 *
 * @example A limit for each customer
 * ```ts
 * import { ipKey } from "@groundwork/infra/ip-key";
 * import { GcraLimiter } from "@groundwork/infra/rate-limiter";
 * import { strictEqual } from "node:assert/strict";
 *
 * const limiter = new GcraLimiter({ limit: 1, periodMs: 60_000 });
 * const ask = (address: string) =>
 *   limiter.consume(ipKey(address).unwrapOr("unknown")).allowed;
 * strictEqual(ask("2001:db8::1"), true);
 * strictEqual(ask("2001:db8::2"), false);
 * ```
 */
export function ipKey(
  address: string,
  options: IpKeyOptions = {},
): Result<string, TypeMismatch | ValidationError<"VALIDATION_INVALID_FORMAT">> {
  const { v4Prefix = 32, v6Prefix = 56 } = options;
  requirePrefix("v4Prefix", v4Prefix, 32);
  requirePrefix("v6Prefix", v6Prefix, 128);
  const text = validateType("address", address, "string");
  if (!text.ok) return text;
  const octets = parseV4(address);
  if (octets !== undefined) return new Ok(v4Key(octets, v4Prefix));
  const groups = parseV6(address);
  if (groups === undefined) {
    const params = { field: "address", reason: Expectations.IP_ADDRESS };
    return new Err(new ValidationError("VALIDATION_INVALID_FORMAT", params));
  }
  if (MAPPED.every((group, i) => groups[i] === group)) {
    const embedded = groups.slice(6).flatMap((group) => [
      group >> 8,
      group & 0xff,
    ]);
    return new Ok(v4Key(embedded, v4Prefix));
  }
  return new Ok(v6Key(groups, v6Prefix));
}

function requirePrefix(name: string, prefix: number, max: number): void {
  const limits = { min: 1, max, integer: true };
  requireOption(validateRange(name, prefix, limits), prefix);
}

function parseV4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part))) {
    return undefined;
  }
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 0xff) ? octets : undefined;
}

/** Eight groups of 16 bits. */
function parseV6(text: string): readonly number[] | undefined {
  const [address = "", zone] = text.split("%", 2);
  if (zone === "") return undefined;
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups between colons; the last one may be an IPv4 address. */
function parseGroups(
  text: string,
  isLast: boolean,
): readonly number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const octets = isLast && i === parts.length - 1 ? parseV4(part) : undefined;
    if (octets !== undefined) {
      const [a, b, c, d] = octets as [number, number, number, number];
      groups.push(a << 8 | b, c << 8 | d);
    } else if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function v4Key(octets: readonly number[], prefix: number): string {
  const text = masked(octets, 8, prefix).join(".");
  return prefix === 32 ? text : `${text}/${prefix}`;
}

function v6Key(groups: readonly number[], prefix: number): string {
  const text = masked(groups, 16, prefix)
    .slice(0, Math.ceil(prefix / 16))
    .map((group) => group.toString(16))
    .join(":");
  return prefix > 112 ? `${text}/${prefix}` : `${text}::/${prefix}`;
}

/** The parts with all bits after the prefix set to 0. */
function masked(
  parts: readonly number[],
  bits: number,
  prefix: number,
): readonly number[] {
  return parts.map((part, i) => {
    const kept = Math.min(Math.max(prefix - i * bits, 0), bits);
    return part & ~((1 << (bits - kept)) - 1);
  });
}
