/**
 * A repository in memory: the reference implementation of the protocol, for
 * tests, demos and services that may forget.
 *
 * When to use it: in tests and demos, and in services that may forget.
 *
 * When not: where entities must survive the process or be found by more than
 * their id: write a `Repository` over the database, and run its conformance
 * suite.
 *
 * - **As the protocol says.** Order of creation, pages that do not overlap, an
 *   error with a code for what is there twice or not at all.
 * - **Bounded.** At the bound a new entity is refused; none is dropped.
 *
 * @example Create, read and update
 * ```ts
 * import { InMemoryRepository } from "@groundwork/infra/repository";
 * import { strictEqual } from "node:assert/strict";
 *
 * const users = new InMemoryRepository<{ id: string; name: string }>({
 *   entity: "User",
 * });
 * users.create({ id: "u1", name: "Ada" }).unwrap();
 * strictEqual(users.get("u1")?.name, "Ada");
 * strictEqual(
 *   users.create({ id: "u1", name: "Bob" }).unwrapErr().code,
 *   "DB_DUPLICATE_KEY",
 * );
 * ```
 *
 * @module
 */

import { requireCallback, requireWhole } from "./_options.ts";
import { plainCopy } from "./_plain.ts";
import { RepositoryError } from "./errors.ts";
import type { ListOptions, Repository } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import {
  requireOption,
  validateNonEmpty,
  validateRange,
} from "./validators.ts";

/**
 * Options of {@linkcode InMemoryRepository}.
 *
 * @typeParam TEntity The type of the entities.
 * @typeParam TId The type of their ids.
 */
export interface InMemoryRepositoryOptions<TEntity, TId> {
  /** What errors call an entity: `"User"`. */
  readonly entity: string;
  /** Reads the id of an entity. Default: its `id`. */
  readonly idOf?: (entity: TEntity) => TId;
  /**
   * Copies an entity on its way in and out. Pass the identity function where
   * entities are immutable, `structuredClone` where they hold Maps or other
   * things that can change. Default: copies plain objects, arrays and dates at
   * any depth, and keeps what else there is, such as a `Secret`.
   */
  readonly copy?: (entity: TEntity) => TEntity;
  /**
   * How many entities there may be; one more is refused.
   *
   * @default {100_000}
   */
  readonly maxEntities?: number;
}

/**
 * Keeps entities in memory, in the order of their creation. Ids are compared
 * as Map keys are.
 *
 * @typeParam TEntity The type of the entities.
 * @typeParam TId The type of their ids.
 *
 * @example Entities whose id goes by another name
 * ```ts
 * import { InMemoryRepository } from "@groundwork/infra/repository";
 * import { strictEqual } from "node:assert/strict";
 *
 * const links = new InMemoryRepository<{ slug: string; url: string }>({
 *   entity: "Link",
 *   idOf: (link) => link.slug,
 * });
 * links.create({ slug: "a", url: "https://a.example" }).unwrap();
 * strictEqual(links.get("a")?.url, "https://a.example");
 * ```
 */
export class InMemoryRepository<TEntity, TId = string>
  implements Repository<TEntity, TId> {
  readonly #entities = new Map<TId, TEntity>();
  readonly #entity: string;
  readonly #idOf: (entity: TEntity) => TId;
  readonly #copy: (entity: TEntity) => TEntity;
  readonly #maxEntities: number;

  /**
   * Makes an empty repository.
   *
   * @param options What it holds, and how much.
   * @throws {ValidationError} `entity` is blank, `idOf` or `copy` is not a
   * function, or `maxEntities` is not a whole number of 1 or more.
   */
  constructor(options: InMemoryRepositoryOptions<TEntity, TId>) {
    const {
      entity,
      idOf = idProperty,
      copy = plainCopy,
      maxEntities = 100_000,
    } = options;
    this.#entity = requireOption(validateNonEmpty("entity", entity), entity);
    requireCallback("idOf", idOf);
    requireCallback("copy", copy);
    // Called as plain functions: structuredClone, for one, refuses a `this`.
    this.#idOf = (entity) => idOf(entity);
    this.#copy = (entity) => copy(entity);
    this.#maxEntities = requireWhole("maxEntities", maxEntities);
  }

  /** How many entities there are. */
  get size(): number {
    return this.#entities.size;
  }

  /**
   * One entity.
   *
   * @param id Its id.
   * @returns A copy of the entity, or `undefined` where there is none.
   *
   * @example What is given out is the caller's own
   * ```ts
   * import { InMemoryRepository } from "@groundwork/infra/repository";
   * import { strictEqual } from "node:assert/strict";
   *
   * const users = new InMemoryRepository<{ id: number; tags: string[] }, number>({
   *   entity: "User",
   * });
   * users.create({ id: 1, tags: [] }).unwrap();
   * users.get(1)?.tags.push("admin");
   * strictEqual(users.get(1)?.tags.length, 0);
   * ```
   */
  get(id: TId): TEntity | undefined {
    const entity = this.#entities.get(id);
    return entity === undefined ? undefined : this.#copy(entity);
  }

  /**
   * All entities, or a part of them, in the order of their creation.
   *
   * @param options Which part.
   * @returns Copies of the entities.
   * @throws {ValidationError} `offset` is not a whole number of 0 or more, or
   * `limit` is not a number of 0 or more.
   *
   * @example The second page
   * ```ts
   * import { InMemoryRepository } from "@groundwork/infra/repository";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const jobs = new InMemoryRepository<{ id: string }>({ entity: "Job" });
   * for (const id of ["c", "a", "b"]) jobs.create({ id }).unwrap();
   * deepStrictEqual(jobs.getAll({ offset: 2, limit: 2 }), [{ id: "b" }]);
   * ```
   */
  getAll(options: ListOptions = {}): readonly TEntity[] {
    const { offset = 0, limit = Infinity } = options;
    requireWhole("offset", offset, 0);
    requireOption(validateRange("limit", limit, { min: 0 }), limit);
    return this.#entities.values().drop(offset).take(limit)
      .map((entity) => this.#copy(entity)).toArray();
  }

  /**
   * Adds an entity.
   *
   * @param entity The entity; it carries its id.
   * @returns A copy of the entity; or an error with the code
   * `DB_DUPLICATE_KEY` or `DB_REPOSITORY_FULL`.
   * @throws What `idOf` or `copy` throws (`structuredClone` refuses functions);
   * nothing is stored then.
   *
   * @example Why an entity was refused
   * ```ts
   * import { InMemoryRepository } from "@groundwork/infra/repository";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const users = new InMemoryRepository<{ id: string }>({
   *   entity: "User",
   *   maxEntities: 1,
   * });
   * const codes = ["u1", "u1", "u2"].map((id) =>
   *   users.create({ id }).match({ ok: () => "created", err: (it) => it.code })
   * );
   * deepStrictEqual(codes, ["created", "DB_DUPLICATE_KEY", "DB_REPOSITORY_FULL"]);
   * ```
   */
  create(
    entity: TEntity,
  ): Result<
    TEntity,
    | RepositoryError<"DB_DUPLICATE_KEY">
    | RepositoryError<"DB_REPOSITORY_FULL">
  > {
    const id = this.#idOf(entity);
    if (this.#entities.has(id)) {
      return new Err(
        new RepositoryError(
          "DB_DUPLICATE_KEY",
          { entity: this.#entity },
          { details: { id: String(id) } },
        ),
      );
    }
    if (this.#entities.size >= this.#maxEntities) {
      return new Err(
        new RepositoryError("DB_REPOSITORY_FULL", {
          entity: this.#entity,
          max: this.#maxEntities,
        }),
      );
    }
    return this.#store(id, entity);
  }

  /**
   * Replaces an entity, which keeps its place in the order.
   *
   * @param entity The new entity; it carries the id of the old.
   * @returns A copy of the entity; or an error with the code
   * `DB_ENTITY_NOT_FOUND`.
   * @throws What `idOf` or `copy` throws; the old entity stays then.
   *
   * @example Update, or create what is new
   * ```ts
   * import { InMemoryRepository } from "@groundwork/infra/repository";
   * import { strictEqual } from "node:assert/strict";
   *
   * type User = { id: string; name: string };
   *
   * const users = new InMemoryRepository<User>({ entity: "User" });
   * const save = (user: User) =>
   *   users.update(user).orElse(() => users.create(user));
   *
   * strictEqual(save({ id: "u1", name: "Ada" }).unwrap().name, "Ada");
   * strictEqual(save({ id: "u1", name: "Ada L." }).unwrap().name, "Ada L.");
   * strictEqual(users.size, 1);
   * ```
   */
  update(
    entity: TEntity,
  ): Result<TEntity, RepositoryError<"DB_ENTITY_NOT_FOUND">> {
    const id = this.#idOf(entity);
    if (this.#entities.has(id)) return this.#store(id, entity);
    return new Err(
      new RepositoryError("DB_ENTITY_NOT_FOUND", {
        entity: this.#entity,
        id: String(id),
      }),
    );
  }

  /**
   * Removes an entity.
   *
   * @param id Its id.
   * @returns Whether there was one.
   *
   * @example Answer 204 once, then 404
   * ```ts
   * import { InMemoryRepository } from "@groundwork/infra/repository";
   * import { deepStrictEqual } from "node:assert/strict";
   *
   * const links = new InMemoryRepository<{ id: string }>({ entity: "Link" });
   * links.create({ id: "a" }).unwrap();
   * const remove = (id: string) => links.delete(id) ? 204 : 404;
   * deepStrictEqual([remove("a"), remove("a")], [204, 404]);
   * ```
   */
  delete(id: TId): boolean {
    return this.#entities.delete(id);
  }

  /**
   * Whether there is an entity.
   *
   * @param id Its id.
   * @returns Whether there is one.
   *
   * @example Find a slug that is free
   * ```ts
   * import { InMemoryRepository } from "@groundwork/infra/repository";
   * import { strictEqual } from "node:assert/strict";
   *
   * const links = new InMemoryRepository<{ id: string }>({ entity: "Link" });
   * links.create({ id: "sale" }).unwrap();
   * const free = ["sale", "sale-2"].find((slug) => !links.exists(slug));
   * strictEqual(free, "sale-2");
   * ```
   */
  exists(id: TId): boolean {
    return this.#entities.has(id);
  }

  /** Copies before it stores, so that a copy that throws changes nothing. */
  #store(id: TId, entity: TEntity): Ok<TEntity> {
    const stored = this.#copy(entity);
    const given = this.#copy(stored);
    this.#entities.set(id, stored);
    return new Ok(given);
  }
}

function idProperty<TEntity, TId>(entity: TEntity): TId {
  return (entity as { readonly id: TId }).id;
}
