/**
 * Links whose look-ups are cached: every visit looks one up, hardly any changes
 * one. What a change touches is dropped before the change is answered.
 *
 * @module
 */

import {
  type Awaitable,
  cacheKey,
  type CacheProvider,
  type CreateError,
  type ListOptions,
  type Repository,
  type Result,
  type UpdateError,
} from "../mod.ts";
import type { Link } from "./links.ts";

const linkKey = cacheKey<Link | undefined>("link");

/** A tag for all links of an owner. */
function ownerTag(owner: string): string {
  return `owner:${owner}`;
}

/** How long it is remembered that there is no link, in ms. */
const ABSENT_TTL_MS = 10_000;

/** How many links are read at a time. */
const PAGE = 500;

/** A repository of links in front of another. */
export class CachedLinks implements Repository<Link> {
  readonly #links: Repository<Link>;
  readonly #cache: CacheProvider<Link | undefined>;

  constructor(
    links: Repository<Link>,
    cache: CacheProvider<Link | undefined>,
  ) {
    this.#links = links;
    this.#cache = cache;
  }

  get(slug: string): Awaitable<Link | undefined> {
    return this.#cache.getOrSet(linkKey(slug), () => this.#links.get(slug), {
      policy: (link) =>
        link === undefined
          ? { ttlMs: ABSENT_TTL_MS }
          : { tags: [ownerTag(link.owner)] },
    });
  }

  getAll(options?: ListOptions): Awaitable<readonly Link[]> {
    return this.#links.getAll(options);
  }

  async create(link: Link): Promise<Result<Link, CreateError>> {
    try {
      return await this.#links.create(link);
    } finally { // It may have been written even where an answer is missing.
      await this.#cache.delete(linkKey(link.slug));
    }
  }

  async update(link: Link): Promise<Result<Link, UpdateError>> {
    try {
      return await this.#links.update(link);
    } finally {
      await this.#cache.delete(linkKey(link.slug));
    }
  }

  async delete(slug: string): Promise<boolean> {
    try {
      return await this.#links.delete(slug);
    } finally {
      await this.#cache.delete(linkKey(slug));
    }
  }

  async exists(slug: string): Promise<boolean> {
    return await this.get(slug) !== undefined;
  }

  /** Deletes all links of an owner; gives how many. */
  async deleteAllOf(owner: string): Promise<number> {
    const slugs: string[] = [];
    for (let offset = 0;; offset += PAGE) {
      const page = await this.#links.getAll({ offset, limit: PAGE });
      for (const link of page) if (link.owner === owner) slugs.push(link.slug);
      if (page.length < PAGE) break;
    }
    let deleted = 0;
    try {
      for (const slug of slugs) {
        // It may have gone to another owner since.
        const isTheirs = (await this.#links.get(slug))?.owner === owner;
        if (isTheirs && await this.#links.delete(slug)) deleted++;
      }
    } finally {
      await this.#cache.invalidateByTag(ownerTag(owner));
    }
    return deleted;
  }
}
