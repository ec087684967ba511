/**
 * What is to be done from time to time: what has expired is forgotten, and how
 * far the audit trail goes is written to the log, which is kept elsewhere, so that
 * nobody can cut the trail short unseen.
 *
 * @module
 */

import {
  CronSchedule,
  type InMemoryCacheProvider,
  type StructuredLogger,
  type TaskScheduler,
} from "../mod.ts";
import type { Link } from "./links.ts";
import type { Reports } from "./reports.ts";
import type { Sessions } from "./sessions.ts";
import type { Trail } from "./trail.ts";

/** What is looked after. */
export interface HouseholdParts {
  readonly cache: InMemoryCacheProvider<Link | undefined>;
  readonly reports: Reports;
  readonly sessions: Sessions | undefined;
  readonly trail: Trail;
  readonly logger: StructuredLogger;
}

const PRUNE_MS = 10 * 60_000;

/** Has a scheduler look after it; background tasks keep no process alive. */
export function keepHouse(
  scheduler: TaskScheduler,
  { cache, reports, sessions, trail, logger }: HouseholdParts,
): void {
  scheduler.every(PRUNE_MS, async () => {
    cache.prune();
    reports.prune();
    await sessions?.prune();
  }, { background: true }).unwrap();

  const hourly = CronSchedule.parse("@hourly").unwrap();
  scheduler.cron(hourly, () => anchor(trail, logger), { background: true })
    .unwrap();
}

/** Writes to the log how far the audit trail goes. */
export async function anchor(
  trail: Trail,
  logger: StructuredLogger,
): Promise<void> {
  const { seq, hash } = (await trail.anchor()).unwrap();
  logger.info("audit anchored", { seq, hash });
}
