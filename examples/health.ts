/**
 * How the parts of the service are.
 *
 * @module
 */

import { type Clock, CompositeHealthCheck, type Repository } from "../mod.ts";
import type { Blocklist } from "./blocklist.ts";
import type { Link } from "./links.ts";
import type { Visits } from "./visits.ts";

/** What is looked at. */
export interface HealthParts {
  readonly links: Repository<Link>;
  readonly blocklist: Blocklist | undefined;
  readonly visits: Visits;
  readonly clock: Clock;
}

/**
 * The health of the service: without links it is down; without a blocklist there
 * are no new links, and all else goes on.
 */
export function healthOf(
  { links, blocklist, visits, clock }: HealthParts,
): CompositeHealthCheck {
  const health = new CompositeHealthCheck("links", { clock });
  health.addCheck({
    name: "links",
    async check() {
      await links.getAll({ limit: 1 });
    },
  }, { tags: ["readiness"] });
  health.addCheck({
    name: "visits",
    async check() {
      const count = await visits.countDeadLetters();
      return count === 0 ? "healthy" : "degraded";
    },
  }, { critical: false, tags: ["readiness"] });
  if (blocklist !== undefined) {
    health.addCheck({
      name: "blocklist",
      check: async (_, signal) =>
        (await blocklist.check("localhost", { signal })).map(() => {}),
    }, { critical: false, ttlMs: 5_000, tags: ["readiness"] });
  }
  return health;
}
