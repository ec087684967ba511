/**
 * Shows what the service does, as server-sent events: one picture a second for
 * all who watch, and none while nobody does.
 *
 * It is bounded on all sides. So many may watch at a time. For who does not keep
 * up some pictures wait; then his stream ends, and he may come again. Streams end
 * when the service does.
 *
 * @module
 */

import {
  type Clock,
  type CompositeHealthCheck,
  EventBus,
  type MemorySink,
  type MetricRegistry,
  type ScheduledTask,
  type TaskScheduler,
} from "../mod.ts";
import type { ServiceEvents } from "./events.ts";
import {
  figuresOf,
  healthShown,
  lineShown,
  type LiveEvent,
  MOST_SHOWN,
  type Picture,
} from "./picture.ts";

/** How many may watch at a time. */
export const MAX_STREAMS = 50;
/** How many pictures wait for who does not keep up. */
export const MAX_BEHIND = 10;

const PERIOD_MS = 1_000;

/** What there is to show. */
export interface LiveParts {
  readonly registry: MetricRegistry;
  readonly health: CompositeHealthCheck;
  readonly events: EventBus<ServiceEvents>;
  /** The last entries of the log. */
  readonly log: MemorySink;
  readonly scheduler: TaskScheduler;
  readonly clock: Clock;
}

/** Shows the service to those who watch. */
export class Live {
  readonly #parts: LiveParts;
  readonly #pictures = new EventBus<{ taken: Uint8Array }>();
  #events: readonly LiveEvent[] = [];
  /** There while somebody watches. */
  #taking: ScheduledTask | undefined;
  #isClosed = false;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    const { registry, events } = parts;
    const streams = registry.gauge({
      name: "live_streams",
      help: "How many watch the service live",
    });
    registry.addCollector(() => streams.set(this.#watching));
    events.on("link.created", ({ slug }) => this.#note("link.created", slug));
    events.on("link.visited", ({ link: { slug } }) => {
      this.#note("link.visited", slug);
    });
  }

  /** A stream of events; `undefined` where too many watch, or it is closed. */
  watch(): ReadableStream<Uint8Array> | undefined {
    if (this.#isClosed || this.#watching >= MAX_STREAMS) return undefined;
    const pictures = this.#pictures.events("taken", { capacity: MAX_BEHIND });
    this.#taking ??= this.#parts.scheduler
      .every(PERIOD_MS, () => this.#show(), { initialDelayMs: 0 }).unwrap();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        // It rejects where too many have waited: that is an end as well.
        const next = await pictures.next().catch(() => undefined);
        if (next?.value) controller.enqueue(next.value);
        else controller.close();
      },
      async cancel() {
        await pictures.return?.();
      },
    }, { highWaterMark: 0 });
  }

  /** Ends all streams, and lets none begin. */
  close(): void {
    this.#isClosed = true;
    this.#pictures.clear();
    this.#rest();
  }

  get #watching(): number {
    return this.#pictures.listenerCount("taken");
  }

  #note(type: keyof ServiceEvents, slug: string): void {
    const event = { at: this.#now(), type, slug };
    this.#events = [event, ...this.#events].slice(0, MOST_SHOWN);
  }

  async #show(): Promise<void> {
    if (this.#watching === 0) return this.#rest();
    const text = `data: ${JSON.stringify(await this.#take())}\n\n`;
    this.#pictures.emit("taken", new TextEncoder().encode(text));
  }

  async #take(): Promise<Picture> {
    const { registry, health, log } = this.#parts;
    const report = await health.check({ tags: ["readiness"] });
    await registry.collect();
    return {
      at: this.#now(),
      figures: figuresOf(registry.snapshot()),
      health: healthShown(report),
      events: this.#events,
      log: log.entries.map(lineShown).reverse(),
    };
  }

  #rest(): void {
    this.#taking?.cancel();
    this.#taking = undefined;
  }

  #now(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}
