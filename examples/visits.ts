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
  cacheKey,
  type Clock,
  type DeadLetter,
  type DeadLetterRetryError,
  type EventBus,
  InMemoryBroker,
  InMemoryCacheProvider,
  type MessageBroker,
  type RandomSource,
  type Result,
} from "../mod.ts";
import type { ServiceEvents, Visit } from "./events.ts";
import type { Link } from "./links.ts";

/** There is a topic for each owner. */
type VisitTopics = { readonly [T in `visits.${string}`]: Visit };

/** Where visits are counted. */
export interface VisitCounts {
  add(visit: Visit): Awaitable<void>;
  get(link: Link): Awaitable<number>;
}

/** A slug may come back with another link. */
const countKey = cacheKey<number>("visits");

/**
 * Counts in memory. Where there is no more room, what was visited longest ago is
 * forgotten, such as links that were deleted.
 */
export class InMemoryVisitCounts implements VisitCounts {
  readonly #counts: InMemoryCacheProvider<number>;

  constructor(options: { readonly maxEntries: number; readonly clock: Clock }) {
    this.#counts = new InMemoryCacheProvider(options);
  }

  add({ link }: Visit): void {
    const { slug, createdAt } = link;
    const count = this.get(link) + 1;
    this.#counts.set(countKey(slug, createdAt), count).unwrap();
  }

  get({ slug, createdAt }: Link): number {
    return this.#counts.peek(countKey(slug, createdAt)) ?? 0;
  }
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
