import { type HealthCheckResult, type HealthReport } from "./_health_report.js";
import { type Clock } from "./clock.js";
import { type Awaitable } from "./protocols.js";
import type { Result } from "./result.js";
import { HealthStatus } from "./status.js";
export type {
  HealthCheckResult,
  HealthPartReport,
  HealthReport,
} from "./_health_report.js";
export type HealthOutcome = HealthStatus | HealthCheckResult | void;
export interface HealthCheck<TDependency = undefined> {
  readonly name: string;
  check(
    dependency: TDependency,
    signal: AbortSignal,
  ): Awaitable<HealthOutcome | Result<HealthOutcome, unknown>>;
}
export declare function isHealthCheck(
  value: unknown,
): value is HealthCheck<unknown>;
export interface HealthPartOptions<TDependency = undefined> {
  readonly dependency?: TDependency;
  readonly critical?: boolean;
  readonly timeoutMs?: number;
  readonly ttlMs?: number;
  readonly failureTtlMs?: number;
  readonly tags?: readonly string[];
}
export interface HealthCheckOptions {
  readonly tags?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}
export interface HealthHandlerOptions extends Pick<HealthCheckOptions, "tags"> {
  readonly details?: boolean;
  readonly format?: "health+json" | "json";
  readonly statusCodes?: Readonly<Partial<Record<HealthStatus, number>>>;
}
export interface CompositeHealthCheckOptions {
  readonly clock?: Clock;
}
export declare class CompositeHealthCheck implements HealthCheck {
  readonly name: string;
  constructor(name: string, options?: CompositeHealthCheckOptions);
  addCheck<TDependency>(
    check: HealthCheck<TDependency>,
    options: HealthPartOptions<TDependency> & {
      readonly dependency: TDependency;
    },
  ): this;
  addCheck(check: HealthCheck, options?: HealthPartOptions): this;
  remove(name: string): boolean;
  get isDraining(): boolean;
  drain(): void;
  check(options?: HealthCheckOptions): Promise<HealthReport>;
  handler(
    options?: HealthHandlerOptions,
  ): (request: Request) => Promise<Response>;
}
