/**
 * What becomes of what is to be recorded until it is an entry of a chain.
 *
 * @module
 */

import { type Digest, hashOf } from "./_audit_hash.ts";
import { canonicalJson } from "./_canonical_json.ts";
import * as Expectations from "./_expectations.ts";
import { typeMismatch } from "./_mismatch.ts";
import type {
  AuditActor,
  AuditEntry,
  AuditHead,
  AuditOutcome,
  NoAuditContext,
} from "./audit_store.ts";
import type { ErrorOf } from "./errors.ts";
import { fillPlaceholders } from "./messages.ts";
import { catchToResult, Err, Ok, type Result } from "./result.ts";
import { parseStatus, type StatusSet } from "./status.ts";
import { validateNonEmpty, validateType } from "./validators.ts";

/**
 * The context of what is to be recorded; it can be left out where it may be empty.
 *
 * @typeParam TContext The context.
 */
export type AuditContextField<TContext> = NoAuditContext extends TContext
  ? { readonly context?: TContext }
  : { readonly context: TContext };

/**
 * What is to be recorded. What of it is plain data is copied.
 *
 * @typeParam TEvent What was done: anything that JSON can say, up to 100 levels
 * deep.
 * @typeParam TContext What else is known of it; like the event.
 *
 * @example With a context
 * ```ts
 * import type { AuditInput } from "@groundwork/infra/audit";
 * import { strictEqual } from "node:assert/strict";
 *
 * const inputOf = (
 *   request: Request,
 *   userId: string,
 * ): AuditInput<string, { agent: string | null }> => ({
 *   event: request.method,
 *   actor: { id: userId },
 *   resource: new URL(request.url).pathname,
 *   outcome: "success",
 *   context: { agent: request.headers.get("user-agent") },
 * });
 * const input = inputOf(new Request("http://localhost/orders"), "ada");
 * strictEqual(input.resource, "/orders");
 * ```
 */
export type AuditInput<TEvent, TContext = NoAuditContext> =
  & {
    /** What was done. */
    readonly event: TEvent;
    /** Who did it; what is not in {@linkcode AuditActor} is left out. */
    readonly actor: AuditActor;
    /** What it was done to. */
    readonly resource: string;
    /** What came of it. */
    readonly outcome: AuditOutcome;
  }
  & AuditContextField<TContext>;

/** What cannot be recorded: it is not what it should be. */
export type AuditInputError = ErrorOf<
  | "VALIDATION_EMPTY_VALUE"
  | "VALIDATION_NOT_A_MEMBER"
  | "VALIDATION_TYPE_MISMATCH"
>;

/** What came of something, as statuses have it. */
const OUTCOMES = {
  SUCCESS: "success",
  FAILURE: "failure",
  DENIED: "denied",
} as const satisfies StatusSet<AuditOutcome>;

/**
 * How deep the lists and objects of an event may be nested. Without a bound, what
 * could just be recorded might be too deep for the stack when it is verified.
 */
const MAX_LEVELS = 100;

/** An entry before it has its place in the chain. */
export interface AuditDraft {
  /** What it says: plain data, frozen at every depth. */
  readonly fields: Omit<AuditEntry<unknown, unknown>, keyof AuditHead | "prev">;
  /** Canonical JSON of what comes before `prev`: the names are in order. */
  readonly before: string;
  /** The same of what is between `prev` and `seq`. */
  readonly between: string;
}

/**
 * Copies and checks what is to be recorded.
 *
 * @param input What was done.
 * @param id The entry's id.
 * @param at When it was (ISO 8601).
 * @returns The draft; or an error that names what cannot be recorded.
 */
export function draftOf(
  input: AuditInput<unknown, unknown>,
  id: string,
  at: string,
): Result<AuditDraft, AuditInputError> {
  const { event, actor, context = {} } = input;
  const outcome = parseStatus(OUTCOMES, input.outcome, "outcome");
  if (!outcome.ok) return outcome;
  const resource = validateNonEmpty("resource", input.resource);
  if (!resource.ok) return resource;
  const actorId = validateNonEmpty("actor.id", actor.id);
  if (!actorId.ok) return actorId;
  const { type: given = "" } = actor;
  const type = validateType("actor.type", given, "string");
  if (!type.ok) return type;

  const who = {
    id: actorId.value,
    ...(type.value !== "" && { type: type.value }),
  };
  const first = { actor: who, at, context, event, id, outcome: outcome.value };
  const plain = plainOf(first);
  const between = canonicalJson(resource.value);
  if (plain?.copy.event === undefined || between === undefined) {
    const max = MAX_LEVELS;
    const expected = fillPlaceholders(Expectations.JSON_VALUE, { max });
    const bad = Object.entries({ event, context, id, actor: who })
      .find(([, value]) => plainOf({ value })?.copy.value === undefined);
    return new Err(typeMismatch(bad?.[0] ?? "resource", expected));
  }
  return new Ok({
    fields: { ...plain.copy, resource: resource.value },
    before: plain.text.slice(1, -1),
    between: `"resource":${between}`,
  });
}

/** An object as canonical JSON, and what a reader of that gets, frozen. */
function plainOf<T extends object>(
  fields: T,
): { readonly text: string; readonly copy: Readonly<T> } | undefined {
  const text = canonicalJson(fields);
  if (text === undefined) return undefined;
  // Thousands of levels overflow the stack here as well.
  return catchToResult(() => {
    const copy = JSON.parse(text);
    return freeze(copy, MAX_LEVELS + 1) ? { text, copy } : undefined;
  }, () => undefined).unwrapOr(undefined);
}

/** Freezes data at every level; false where there are more of them. */
function freeze(data: unknown, levels: number): boolean {
  if (typeof data !== "object" || data === null) return true;
  Object.freeze(data);
  return levels > 0 &&
    Object.values(data).every((item) => freeze(item, levels - 1));
}

/**
 * Gives a draft its place behind another entry.
 *
 * @param draft What the entry says.
 * @param head The other entry.
 * @param digest What hashes are made by.
 * @returns The entry, frozen.
 */
export function seal(
  draft: AuditDraft,
  head: AuditHead,
  digest: Digest,
): AuditEntry<unknown, unknown> {
  const { id, at, event, actor, resource, outcome, context } = draft.fields;
  const [seq, prev] = [head.seq + 1, head.hash];
  // As verifyChain() writes it, where nobody has put the names in order.
  const text =
    `{${draft.before},"prev":"${prev}",${draft.between},"seq":${seq}}`;
  const hash = hashOf(digest, prev, text);
  return Object.freeze({
    seq,
    id,
    at,
    event,
    actor,
    resource,
    outcome,
    context,
    prev,
    hash,
  });
}
