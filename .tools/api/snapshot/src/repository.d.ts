import { RepositoryError } from "./errors.js";
import type { ListOptions, Repository } from "./protocols.js";
import { type Result } from "./result.js";
export interface InMemoryRepositoryOptions<TEntity, TId> {
  readonly entity: string;
  readonly idOf?: (entity: TEntity) => TId;
  readonly copy?: (entity: TEntity) => TEntity;
  readonly maxEntities?: number;
}
export declare class InMemoryRepository<TEntity, TId = string>
  implements Repository<TEntity, TId> {
  constructor(options: InMemoryRepositoryOptions<TEntity, TId>);
  get size(): number;
  get(id: TId): TEntity | undefined;
  getAll(options?: ListOptions): readonly TEntity[];
  create(
    entity: TEntity,
  ): Result<
    TEntity,
    RepositoryError<"DB_DUPLICATE_KEY"> | RepositoryError<"DB_REPOSITORY_FULL">
  >;
  update(
    entity: TEntity,
  ): Result<TEntity, RepositoryError<"DB_ENTITY_NOT_FOUND">>;
  delete(id: TId): boolean;
  exists(id: TId): boolean;
}
