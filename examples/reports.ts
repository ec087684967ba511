/**
 * Reports on the links to a host, drawn in the background: the urgent ones
 * first, two at a time, each tried again when the repository fails it. Who asks
 * for a report that is in the making already gets that one.
 *
 * @module
 */

import {
  allErrors,
  type Clock,
  err,
  type Format,
  type Job,
  JobRunner,
  MemoryStore,
  ok,
  parseStatus,
  PriorityJobQueue,
  type RandomSource,
  type Repository,
  type Result,
  type SpanContext,
  type StatusSet,
  type TaskError,
  type TaskStatus,
  topK,
  type Tracer,
  validateFormat,
  validateType,
  type ValidationError,
} from "../mod.ts";
import type { Link } from "./links.ts";
import type { Visits } from "./visits.ts";

/** What a report tells. */
export interface Report {
  /** How many links lead to the host. */
  readonly links: number;
  /** The slugs of the latest ten, the latest first. */
  readonly latest: readonly string[];
  /** The ten that were visited most, the first of them first. */
  readonly mostVisited: readonly VisitedLink[];
}

/** How often a link was visited. */
export interface VisitedLink {
  readonly slug: string;
  readonly visits: number;
}

/** Where a report stands. */
export interface ReportState {
  readonly host: string;
  readonly status: TaskStatus;
  readonly attempts: number;
  /** There once it is completed. */
  readonly report?: Report;
  /** Why there is none, where it has ended otherwise. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** A report that is to be drawn. */
interface ReportJob {
  readonly host: string;
  /** What it was ordered in. */
  readonly parent: SpanContext | undefined;
}

/** What the reports work with. */
export interface ReportParts {
  readonly links: Repository<Link>;
  readonly visits: Pick<Visits, "countOf">;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly tracer: Tracer;
  readonly onError: (error: unknown) => void;
}

const Urgency = {
  URGENT: "urgent",
  NORMAL: "normal",
  IDLE: "idle",
} as const satisfies StatusSet;
type Urgency = (typeof Urgency)[keyof typeof Urgency];

const HOST: Format = {
  description: "a host in lower case, with its port if it has one",
  pattern: /[a-z0-9.-]{1,253}(:\d{1,5})?/,
};

/** How many links are read at a time. */
const PAGE = 500;
const SHOWN = 10;
const KEPT_MS = 10 * 60_000;

/** Draws reports, and remembers them for a while. */
export class Reports {
  readonly #links: Repository<Link>;
  readonly #visits: Pick<Visits, "countOf">;
  readonly #tracer: Tracer;
  readonly #onError: (error: unknown) => void;
  readonly #queue: PriorityJobQueue<ReportJob, Urgency, Report>;
  readonly #runner: JobRunner<ReportJob, Report>;
  readonly #finished: MemoryStore<string, ReportState>;

  constructor(parts: ReportParts) {
    const { clock, random, tracer, onError } = parts;
    this.#links = parts.links;
    this.#visits = parts.visits;
    this.#tracer = tracer;
    this.#onError = onError;
    this.#queue = new PriorityJobQueue<ReportJob, Urgency, Report>({
      rank: { urgent: 0, normal: 1, idle: 2 },
      defaultPriority: Urgency.NORMAL,
      agingMsPerLevel: 60_000, // An idle one waits two minutes longer at most.
      maxSize: 1_000,
      clock,
    });
    this.#runner = new JobRunner(
      this.#queue,
      ({ host, parent }, { signal }) =>
        tracer.run(
          "report draw",
          { kind: "consumer", parent, attributes: { host } },
          () => this.#draw(host, signal),
        ),
      {
        concurrency: 2,
        retry: { maxAttempts: 3, baseDelayMs: 100, random },
        attemptTimeoutMs: 10_000,
        clock,
        onError,
      },
    );
    this.#finished = new MemoryStore({ defaultTtlMs: KEPT_MS, clock });
  }

  /** Orders a report, as `{ host, urgency? }` asks for it. */
  order(
    input: unknown,
  ): Result<ReportState, readonly ValidationError[] | TaskError> {
    const body = validateType("body", input, "object");
    if (!body.ok) return err([body.error]);
    const { host, urgency = Urgency.NORMAL } = body.value;
    const checked = allErrors({
      id: validateFormat("host", host, HOST),
      priority: parseStatus(Urgency, urgency, "urgency"),
    });
    if (!checked.ok) return checked;

    const { id, priority } = checked.value;
    const parent = this.#tracer.active();
    const ordered = this.#queue.enqueue({ host: id, parent }, { id, priority });
    if (!ordered.ok) return ordered;
    const job = ordered.value;
    if (job.duplicates === 0) {
      this.#finished.delete(id);
      this.#keep(job).catch(this.#onError);
    }
    return ok(stateOf(job));
  }

  /** How many are wanted and not drawn yet. */
  get size(): number {
    return this.#queue.size;
  }

  /** Where a report stands; `undefined` where nobody ordered it of late. */
  find(host: string): ReportState | undefined {
    const job = this.#queue.get(host);
    return job === undefined ? this.#finished.get(host) : stateOf(job);
  }

  /** Forgets those that were drawn long ago. */
  prune(): void {
    this.#finished.prune();
  }

  /** Calls a report off. */
  cancel(host: string): boolean {
    return this.#queue.get(host)?.cancel("nobody wants it any more") ?? false;
  }

  /** Ends them all: nothing is pending afterwards. */
  close(): Promise<void> {
    return this.#runner.close({ drainMs: 1_000 });
  }

  async #draw(host: string, signal: AbortSignal): Promise<Report> {
    let links = 0;
    const latest: string[] = [];
    let mostVisited: readonly VisitedLink[] = [];
    for (let offset = 0;; offset += PAGE) {
      signal.throwIfAborted();
      const page = await this.#links.getAll({ offset, limit: PAGE });
      const visited = [...mostVisited];
      for (const link of page) {
        if (new URL(link.url).host !== host) continue;
        links++;
        latest.unshift(link.slug);
        latest.length = Math.min(latest.length, SHOWN);
        const visits = await this.#visits.countOf(link);
        visited.push({ slug: link.slug, visits });
      }
      mostVisited = topK(visited, SHOWN, ({ visits }) => visits);
      if (page.length < PAGE) return { links, latest, mostVisited };
    }
  }

  async #keep(job: Job<ReportJob, Report>): Promise<void> {
    const outcome = await job.result;
    const state = {
      ...stateOf(job),
      ...(outcome.ok ? { report: outcome.value } : {
        error: { code: outcome.error.code, message: outcome.error.message },
      }),
    };
    this.#finished.set(job.payload.host, state).unwrap();
  }
}

function stateOf({ payload, status, attempts }: Job<ReportJob>): ReportState {
  return { host: payload.host, status, attempts };
}
