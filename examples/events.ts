/**
 * What the service tells whom it may concern.
 *
 * @module
 */

import type { Link } from "./links.ts";

/** Somebody was sent where a link leads. */
export interface Visit {
  /** Without its note. */
  readonly link: Link;
  /** ISO 8601. */
  readonly visitedAt: string;
}

/** The events of the service by their types. */
export type ServiceEvents = {
  readonly "link.created": { readonly slug: string };
  readonly "link.visited": Visit;
};
