/**
 * Counts how often links are visited, behind the visitors' backs: the service
 * tells of a visit and goes on; a broker has it counted, tries again where that
 * fails, and keeps what could not be counted until somebody has it counted again
 * or throws it away.
 *
 * @module
 */

import {
  type Awaitable,
  type Clock,
  type DeadLetter,
  type DeadLetterRetryError,
  type EventBus,
  InMemoryBroker,
  MemoryStore,
  type MessageBroker,
  type RandomSource,
  type Result,
} from "../mod.ts";
import type { Link } from "./links.ts";

/** Somebody was sent where a link leads. */
export interface Visit {
  readonly link: Link;
  /** ISO 8601. */
  readonly visitedAt: string;
}

/** What the service tells of. */
export type ServiceEvents = {
  readonly "link.visited": Visit;
};

/** There is a topic for each owner. */
type VisitTopics = { readonly [T in `visits.${string}`]: Visit };

/** Where visits are counted. */
export interface VisitCounts {
  add(visit: Visit): Awaitable<void>;
  get(link: Link): Awaitable<number>;
}

/** Counts in memory; of the links that are visited least, nothing is known. */
export class InMemoryVisitCounts implements VisitCounts {
  readonly #counts: MemoryStore<string, number>;

  constructor(options: { readonly maxEntries: number; readonly clock: Clock }) {
    this.#counts = new MemoryStore(options);
  }

  add({ link }: Visit): void {
    this.#counts.set(keyOf(link), this.get(link) + 1).unwrap();
  }

  get(link: Link): number {
    return this.#counts.get(keyOf(link)) ?? 0;
  }
}

/** A slug may come back with another link. */
function keyOf({ slug, createdAt }: Link): string {
  return `${slug} ${createdAt}`;
}

/** What the visits work with. */
export interface VisitParts {
  readonly events: EventBus<ServiceEvents>;
  readonly counts: VisitCounts;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly onError: (error: unknown) => void;
}

/** Has visits counted. */
export class Visits {
  readonly #counts: VisitCounts;
  readonly #broker: MessageBroker<VisitTopics>;

  constructor({ events, counts, clock, random, onError }: VisitParts) {
    this.#counts = counts;
    const broker = new InMemoryBroker<VisitTopics>({
      retry: { maxAttempts: 3, baseDelayMs: 100, random },
      timeoutMs: 10_000,
      capacity: 10_000,
      overflow: "reject", // A visitor waits for nothing; `onError` is told.
      clock,
      onError,
    });
    broker.subscribe("visits.*", (visit) => counts.add(visit), {
      group: "counts",
      concurrency: 4,
    }).unwrap();
    events.on("link.visited", async (visit) => {
      const { owner, slug } = visit.link;
      const options = { key: slug }; // One count at a time.
      (await broker.publish(`visits.${owner}`, visit, options)).unwrap();
    });
    this.#broker = broker;
  }

  /** How often a link was visited. */
  countOf(link: Link): Awaitable<number> {
    return this.#counts.get(link);
  }

  /** What could not be counted. */
  deadLetters(): Awaitable<readonly DeadLetter<Visit>[]> {
    return this.#broker.deadLetters.list();
  }

  /** How many that are. */
  countDeadLetters(): Awaitable<number> {
    return this.#broker.deadLetters.count();
  }

  /** One of them. */
  deadLetter(id: string): Awaitable<DeadLetter<Visit> | undefined> {
    return this.#broker.deadLetters.get(id);
  }

  /** Has it counted again; tells whether it was there, or why it still is. */
  replay(id: string): Awaitable<Result<boolean, DeadLetterRetryError>> {
    return this.#broker.replay(id);
  }

  /** Throws it away; tells whether it was there. */
  discard(id: string): Awaitable<boolean> {
    return this.#broker.deadLetters.discard(id);
  }

  /** Lets those be counted that wait; nothing is pending afterwards. */
  close(): Promise<void> {
    return this.#broker.close({ drainMs: 1_000 });
  }
}
