/**
 * Links, and how one comes about: what a client sends is checked, the blocklist
 * is asked about the host, a slug is found where none is wished for.
 *
 * @module
 */

import {
  allErrors,
  type Clock,
  err,
  type Format,
  ok,
  type RandomSource,
  type Repository,
  type RepositoryError,
  type Result,
  SecurityError,
  type Service,
  validateFormat,
  validateNonEmpty,
  validateType,
  ValidationError,
} from "../mod.ts";
import type { Blocklist, BlocklistError } from "./blocklist.ts";

/** A short name for a long URL. */
export interface Link {
  readonly slug: string;
  readonly url: string;
  readonly owner: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** For the owner only; it is stored sealed. */
  readonly note?: string;
}

/** What a client may send to create a link. */
const SLUG: Format = {
  description: "3 to 32 lower-case letters, digits and hyphens",
  pattern: /[a-z0-9-]{3,32}/,
};
const HTTP_URL: Format = {
  description: "an absolute http or https URL of at most 2048 characters",
  pattern: /https?:\/\/[^\s]{1,2040}/i,
};
const NOTE: Format = {
  description: "1 to 1000 characters",
  pattern: /[^]{1,1000}/,
};

/** How many unknown fields an answer names: there may be 100,000 of them. */
const MOST_UNKNOWN_FIELDS = 10;

/** What it takes to create links. */
export interface LinkCreatorParts {
  readonly links: Repository<Link>;
  /** Where it is left out, any host may be linked. */
  readonly blocklist: Pick<Blocklist, "check"> | undefined;
  /** Whether somebody may make links in the name of an owner. */
  readonly mayCreate: (user: string | undefined, owner: string) => boolean;
  /** Whether notes can be stored. */
  readonly takesNotes: boolean;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** How often another random slug is tried. */
  readonly retries: number;
}

/** What a client wants. */
export interface LinkOrder {
  readonly body: unknown;
  /** Who makes it; anybody's where nobody has said who he is. */
  readonly user: string | undefined;
  /** Its signal aborts when it has gone. */
  readonly client: { readonly signal: AbortSignal };
}

/** Why there is no link. */
export type LinkError =
  | readonly ValidationError[]
  | RepositoryError
  | SecurityError<"SECURITY_POLICY_DENIED">
  | BlocklistError;

/**
 * The operation behind `POST /links`: checks the input, stores a link. Without a
 * verdict of the blocklist there is none: the client can try again later, while
 * a bad link would be there for good.
 */
export function linkCreator(
  parts: LinkCreatorParts,
): Service<LinkOrder, Link, LinkError> {
  const { links, blocklist, mayCreate, takesNotes, clock, random } = parts;
  return {
    async execute({ body: input, user, client }) {
      const body = validateType("body", input, "object");
      if (!body.ok) return err([body.error]);
      const { url, slug, owner = user ?? "anonymous", note, ...unknown } =
        body.value;
      const checked = allErrors([
        validateUrl("url", url),
        slug === undefined ? ok(slug) : validateFormat("slug", slug, SLUG),
        validateFormat("owner", owner, SLUG),
        note === undefined ? ok(note) : validateNote(note, takesNotes),
        ...Object.keys(unknown).slice(0, MOST_UNKNOWN_FIELDS).map((name) =>
          err(new ValidationError("VALIDATION_UNKNOWN_FIELD", { field: name }))
        ),
      ]);
      if (!checked.ok) return checked;

      const [href, wantedSlug, checkedOwner, checkedNote] = checked.value as [
        string,
        string | undefined,
        string,
        string | undefined,
      ];
      if (!mayCreate(user, checkedOwner)) {
        const resource = checkedOwner;
        return err(new SecurityError("SECURITY_POLICY_DENIED", { resource }));
      }
      // A host with a dot at its end is the same host.
      const host = new URL(href).hostname.replace(/\.$/, "");
      const verdict = await blocklist?.check(host, client);
      if (verdict?.ok === false) return verdict;
      if (verdict?.value.isBlocked) {
        const { reason } = verdict.value;
        return err(
          new SecurityError("SECURITY_POLICY_DENIED", { resource: host }, {
            details: { reason },
          }),
        );
      }

      const createdAt = new Date(clock.now()).toISOString();
      for (let attempt = 0;; attempt++) {
        const created = await links.create({
          slug: wantedSlug ?? randomSlug(random),
          url: href,
          owner: checkedOwner,
          createdAt,
          ...(checkedNote !== undefined && { note: checkedNote }),
        });
        // A slug of our own making that is taken is worth another try.
        const again = wantedSlug === undefined && attempt < parts.retries &&
          !created.ok && created.error.code === "DB_DUPLICATE_KEY";
        if (!again) return created;
      }
    },
  };
}

function validateUrl(
  name: string,
  value: unknown,
): Result<string, ValidationError> {
  return validateNonEmpty(name, value)
    .andThen((text) => validateFormat(name, text, HTTP_URL))
    .andThen((text) =>
      URL.canParse(text) ? ok(new URL(text).href) : err(
        new ValidationError("VALIDATION_INVALID_FORMAT", {
          field: name,
          reason: HTTP_URL.description,
        }),
      )
    );
}

function validateNote(
  note: unknown,
  takesNotes: boolean,
): Result<string, ValidationError> {
  return takesNotes
    ? validateFormat("note", note, NOTE)
    : err(new ValidationError("VALIDATION_UNKNOWN_FIELD", { field: "note" }));
}

function randomSlug(random: RandomSource): string {
  return Array.from(
    { length: 7 },
    () => Math.floor(random() * 36).toString(36),
  ).join("");
}
