/**
 * What was changed, or tried to be, by whom: a chain of entries of which none can
 * be changed without anybody seeing it.
 *
 * @module
 */

import {
  type AuditCheckpoint,
  type AuditCheckpointError,
  type AuditEntry,
  AuditLog,
  type AuditOutcome,
  type Clock,
  InMemoryAuditStore,
  type Result,
  verifyChain,
} from "../mod.ts";

/** What was asked for. */
export type Change = { readonly method: string; readonly route: string };

/** How it was answered. */
export type Answered = { readonly status: number };

/** A part of the trail, and whether all of it is as it was written. */
export interface TrailPage {
  readonly entries: readonly AuditEntry<Change, Answered>[];
  readonly intact: boolean;
  /** The first entry that is not, and why. */
  readonly fault?: { readonly seq: number; readonly reason: string };
}

/** The trail of all changes. */
export class Trail {
  readonly #store: InMemoryAuditStore<Change, Answered>;
  readonly #log: AuditLog<Change, Answered>;
  readonly #onError: (error: unknown) => void;
  #anchor: AuditCheckpoint | undefined;

  constructor(
    options: {
      readonly maxEntries: number;
      readonly clock: Clock;
      readonly onError: (error: unknown) => void;
    },
  ) {
    const { maxEntries, clock, onError } = options;
    this.#store = new InMemoryAuditStore({ maxEntries });
    this.#log = new AuditLog({ store: this.#store, clock });
    this.#onError = onError;
  }

  /** Adds what somebody has done, or was not let do. */
  record(
    actor: string,
    resource: string,
    event: Change,
    { status }: Answered,
  ): void {
    const appended = this.#log.append({
      actor: { id: actor },
      resource,
      event,
      outcome: outcomeOf(status),
      context: { status },
    });
    if (!appended.ok) this.#onError(appended.error);
  }

  /**
   * Says how far it goes now. Whoever keeps that elsewhere can tell later that
   * nothing was cut off or made anew.
   */
  async anchor(): Promise<Result<AuditCheckpoint, AuditCheckpointError>> {
    const anchored = await this.#log.checkpoint();
    if (anchored.ok) this.#anchor = anchored.value;
    return anchored;
  }

  /** A part of it. */
  async read(
    page: { readonly offset: number; readonly limit: number },
  ): Promise<TrailPage> {
    const { offset: afterSeq, limit } = page;
    const entries = this.#store.list({ afterSeq, limit });
    const checkpoint = this.#anchor;
    const verified = await verifyChain(
      this.#store.list(),
      checkpoint ? { checkpoint } : {},
    );
    if (verified.ok) return { entries, intact: true };
    const { seq, reason } = verified.error;
    return { entries, intact: false, fault: { seq, reason } };
  }
}

function outcomeOf(status: number): AuditOutcome {
  if (status < 400) return "success";
  return status === 401 || status === 403 || status === 429
    ? "denied"
    : "failure";
}
