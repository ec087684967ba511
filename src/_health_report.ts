/**
 * What a health report says, and how it is written down.
 *
 * @module
 */

import type { ErrorCauseJson } from "./errors.ts";
import { HealthStatus } from "./status.ts";

/** What a check found, where the status alone says too little. */
export interface HealthCheckResult {
  /** How the part is. */
  readonly status: HealthStatus;
  /** More about it, for people. */
  readonly message?: string;
  /** More about it, for programs. The report has a copy, as JSON has it. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What a report says of one part. It is plain data. */
export interface HealthPartReport extends HealthCheckResult {
  /** What the part is called. */
  readonly name: string;
  /** Whether the service needs it. If not, it is degraded at worst. */
  readonly critical: boolean;
  /** Its own tags. */
  readonly tags: readonly string[];
  /** How long the check took, in ms. */
  readonly durationMs: number;
  /** When that was, in ms since the epoch. */
  readonly checkedAt: number;
  /** What the check failed with. */
  readonly error?: ErrorCauseJson;
  /** The parts of a composite. */
  readonly parts?: readonly HealthPartReport[];
}

/** How a service is. It is plain data. */
export interface HealthReport {
  /** What the composite is called. */
  readonly name: string;
  /** The worst status of its parts. */
  readonly status: HealthStatus;
  /** How long the report took, in ms. */
  readonly durationMs: number;
  /** When it was ready, in ms since the epoch. */
  readonly checkedAt: number;
  /** The parts, in the order they were added. */
  readonly parts: readonly HealthPartReport[];
}

/**
 * The status of the whole.
 *
 * @param parts Its parts.
 * @returns The worst of theirs.
 */
export function worstOf(parts: readonly HealthPartReport[]): HealthStatus {
  return [HealthStatus.UNHEALTHY, HealthStatus.DEGRADED]
    .find((status) => parts.some((part) => part.status === status)) ??
    HealthStatus.HEALTHY;
}

/** The words of draft-inadarei-api-health-check-06, section 3.1. */
const WORDS: Readonly<Record<HealthStatus, string>> = {
  healthy: "pass",
  degraded: "warn",
  unhealthy: "fail",
};

/** What only `details` tells of a part. */
const DETAILS: readonly string[] = ["message", "data", "error"];

/**
 * Writes a report as it is.
 *
 * @param report The report.
 * @param details Whether to tell messages, data and errors.
 * @returns JSON.
 */
export function toJson(report: HealthReport, details: boolean): string {
  return JSON.stringify(
    report,
    (key, value) => !details && DETAILS.includes(key) ? undefined : value,
  );
}

/**
 * Writes a report as draft-inadarei-api-health-check-06 has it: each part is a
 * measurement of its response time, nested ones under the path of their names.
 *
 * @param report The report.
 * @param details Whether to tell messages, data and errors.
 * @returns JSON.
 */
export function toHealthJson(report: HealthReport, details: boolean): string {
  const checks: Record<string, unknown[]> = {};
  function addChecks(parts: readonly HealthPartReport[], parent: string): void {
    for (const { name, status, error, message, data, ...part } of parts) {
      // Colons are for what comes after the name.
      const path = parent + name.replaceAll(":", "_");
      const isFine = status === HealthStatus.HEALTHY;
      const output = isFine ? undefined : error?.message ?? message;
      (checks[`${path}:responseTime`] ??= []).push({
        componentType: "component",
        status: WORDS[status],
        observedValue: part.durationMs,
        observedUnit: "ms",
        time: new Date(part.checkedAt).toISOString(),
        ...(details && { output, data }),
      });
      addChecks(part.parts ?? [], `${path}/`);
    }
  }
  addChecks(report.parts, "");
  const { name: serviceId, status } = report;
  return JSON.stringify({ status: WORDS[status], serviceId, checks });
}
