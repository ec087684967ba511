import type { ErrorCauseJson } from "./errors.js";
import { HealthStatus } from "./status.js";
export interface HealthCheckResult {
  readonly status: HealthStatus;
  readonly message?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}
export interface HealthPartReport extends HealthCheckResult {
  readonly name: string;
  readonly critical: boolean;
  readonly tags: readonly string[];
  readonly durationMs: number;
  readonly checkedAt: number;
  readonly error?: ErrorCauseJson;
  readonly parts?: readonly HealthPartReport[];
}
export interface HealthReport {
  readonly name: string;
  readonly status: HealthStatus;
  readonly durationMs: number;
  readonly checkedAt: number;
  readonly parts: readonly HealthPartReport[];
}
