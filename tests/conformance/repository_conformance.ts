/**
 * What every implementation of the `Repository` protocol does. The suite knows
 * the protocol and nothing else; it awaits every call.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RepositoryError, ValidationError } from "../../src/errors.ts";
import {
  type Awaitable,
  isRepository,
  type ListOptions,
  type Repository,
} from "../../src/protocols.ts";
import type { Result } from "../../src/result.ts";
import { ModelStep, RUNS } from "../foundation_support.ts";

/** What the repositories under test hold. */
export interface Book {
  readonly id: string;
  title: string;
  readonly tags: string[];
}

/** The repository under test. */
export type Books = Repository<Book, string>;

/** Options of {@linkcode repositoryConformance}. */
export interface RepositoryConformanceOptions {
  /** Makes an empty repository whose ids are those of the books. */
  readonly make: () => Awaitable<Books>;
  /** Makes one that holds so many books at the most, where there is such. */
  readonly makeBounded?: (maxEntities: number) => Awaitable<Books>;
}

/** A book. */
export function book(id: string, title = `Title of ${id}`): Book {
  return { id, title, tags: [id] };
}

function codeOf(result: Result<Book, RepositoryError>): string {
  const error = result.unwrapErr();
  ok(RepositoryError.is(error));
  return error.code;
}

async function idsOf(
  books: Books,
  options?: ListOptions,
): Promise<readonly string[]> {
  return (await books.getAll(options)).map(({ id }) => id);
}

async function fill(books: Books, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) (await books.create(book(id))).unwrap();
}

// --- a model: books in the order of their creation

type Model = Map<string, Book>;

/** A step after which both hold the same. */
function step(
  name: string,
  run: (model: Model, books: Books) => Promise<void>,
): ModelStep<Model, Books> {
  return new ModelStep(name, async (model, books) => {
    await run(model, books);
    deepStrictEqual(await books.getAll(), [...model.values()]);
  });
}

const ids = fc.constantFrom("a", "b", "c", "d");
const titles = fc.string({ maxLength: 3 });

const steps = [
  fc.tuple(ids, titles).map(([id, title]) =>
    step(
      `create(${id}, ${title})`,
      async (model, books) => {
        const result = await books.create(book(id, title));
        if (model.has(id)) strictEqual(codeOf(result), "DB_DUPLICATE_KEY");
        else {
          deepStrictEqual(result.unwrap(), book(id, title));
          model.set(id, book(id, title));
        }
      },
    )
  ),
  fc.tuple(ids, titles).map(([id, title]) =>
    step(
      `update(${id}, ${title})`,
      async (model, books) => {
        const result = await books.update(book(id, title));
        if (!model.has(id)) strictEqual(codeOf(result), "DB_ENTITY_NOT_FOUND");
        else {
          deepStrictEqual(result.unwrap(), book(id, title));
          model.set(id, book(id, title));
        }
      },
    )
  ),
  ids.map((id) =>
    step(`delete(${id})`, async (model, books) => {
      strictEqual(await books.delete(id), model.delete(id));
    })
  ),
  ids.map((id) =>
    step(`get(${id})`, async (model, books) => {
      deepStrictEqual(await books.get(id), model.get(id));
      strictEqual(await books.exists(id), model.has(id));
    })
  ),
  fc.record({ offset: fc.nat(5), limit: fc.nat(5) }).map((options) =>
    step(
      `getAll(${JSON.stringify(options)})`,
      async (model, books) => {
        const { offset, limit } = options;
        deepStrictEqual(
          await idsOf(books, options),
          [...model.keys()].slice(offset, offset + limit),
        );
      },
    )
  ),
];

/** Registers the cases for one implementation. */
export function repositoryConformance(
  name: string,
  { make, makeBounded }: RepositoryConformanceOptions,
): void {
  describe(`${name} conforms to Repository`, () => {
    it("isRepository() is true", async () => {
      strictEqual(isRepository(await make()), true);
    });

    it("does what a list of entities by id does (property)", async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(steps), async (commands) => {
          const real = await make();
          await fc.asyncModelRun(
            () => ({ model: new Map<string, Book>(), real }),
            commands,
          );
        }),
        { numRuns: RUNS },
      );
    });

    it("has nothing when it is new", async () => {
      const books = await make();
      strictEqual(await books.get("a"), undefined);
      strictEqual(await books.exists("a"), false);
      strictEqual(await books.delete("a"), false);
      deepStrictEqual(await books.getAll(), []);
    });

    it("create() gives the entity as stored, and get() gives it back", async () => {
      const books = await make();
      deepStrictEqual((await books.create(book("a"))).unwrap(), book("a"));
      deepStrictEqual(await books.get("a"), book("a"));
      strictEqual(await books.exists("a"), true);
      strictEqual(await books.exists("b"), false);
    });

    it("create() fails and changes nothing when the id is taken", async () => {
      const books = await make();
      await fill(books, "a", "b");
      const result = await books.create(book("a", "Another"));
      strictEqual(codeOf(result), "DB_DUPLICATE_KEY");
      deepStrictEqual(await books.getAll(), [book("a"), book("b")]);
    });

    it("create() lets one caller win when several give one id at a time", async () => {
      const books = await make();
      const results = await Promise.all(
        ["x", "y", "z"].map((title) => books.create(book("a", title))),
      );
      const [winner, ...others] = results.filter((it) => it.ok);
      deepStrictEqual(others, []);
      deepStrictEqual(await books.getAll(), [winner!.unwrap()]);
    });

    it("update() replaces an entity, which keeps its place", async () => {
      const books = await make();
      await fill(books, "a", "b", "c");
      const result = await books.update(book("a", "New"));
      deepStrictEqual(result.unwrap(), book("a", "New"));
      deepStrictEqual(await books.getAll(), [
        book("a", "New"),
        book("b"),
        book("c"),
      ]);
    });

    it("update() fails and stores nothing when there is no such entity", async () => {
      const books = await make();
      await fill(books, "a");
      strictEqual(
        codeOf(await books.update(book("b"))),
        "DB_ENTITY_NOT_FOUND",
      );
      strictEqual(await books.exists("b"), false);
      deepStrictEqual(await books.getAll(), [book("a")]);
    });

    it("delete() tells whether there was an entity", async () => {
      const books = await make();
      await fill(books, "a", "b");
      strictEqual(await books.delete("a"), true);
      strictEqual(await books.delete("a"), false);
      strictEqual(await books.get("a"), undefined);
      deepStrictEqual(await idsOf(books), ["b"]);
    });

    it("delete() makes the id free, for an entity at the end of the order", async () => {
      const books = await make();
      await fill(books, "a", "b");
      await books.delete("a");
      await fill(books, "a");
      deepStrictEqual(await idsOf(books), ["b", "a"]);
    });

    it("getAll() gives entities in the order of their creation, not of their ids", async () => {
      const books = await make();
      await fill(books, "c", "10", "a", "2", "b");
      deepStrictEqual(await idsOf(books), ["c", "10", "a", "2", "b"]);
    });

    const parts: readonly (readonly [ListOptions, readonly string[]])[] = [
      [{}, ["a", "b", "c"]],
      [{ offset: 0 }, ["a", "b", "c"]],
      [{ offset: 1 }, ["b", "c"]],
      [{ offset: 3 }, []],
      [{ offset: 99 }, []],
      [{ limit: 0 }, []],
      [{ limit: 2 }, ["a", "b"]],
      [{ limit: 99 }, ["a", "b", "c"]],
      [{ limit: Infinity }, ["a", "b", "c"]],
      [{ offset: 1, limit: 1 }, ["b"]],
      [{ offset: 2, limit: 2 }, ["c"]],
    ];
    for (const [options, expected] of parts) {
      const shown = Object.entries(options).map((it) => it.join(" "));
      it(`getAll() gives ${expected.length} of 3 when told ${shown.join(", ") || "nothing"}`, async () => {
        const books = await make();
        await fill(books, "a", "b", "c");
        deepStrictEqual(await idsOf(books, options), expected);
      });
    }

    for (
      const options of [{ offset: -1 }, { offset: NaN }, { limit: -1 }, {
        limit: NaN,
      }]
    ) {
      const [[name, value]] = Object.entries(options) as [[string, number]];
      it(`getAll() throws or rejects when ${name} is ${value}`, async () => {
        const books = await make();
        await rejects(
          async () => await books.getAll(options),
          (error) => ValidationError.is(error) && error.field === name,
        );
      });
    }

    it("gives out entities that are the caller's own", async () => {
      const books = await make();
      const given = [
        (await books.create(book("a"))).unwrap(),
        (await books.update(book("a"))).unwrap(),
        (await books.get("a"))!,
        (await books.getAll())[0]!,
      ];
      for (const it of given) {
        it.title = "Changed";
        it.tags.push("changed");
      }
      deepStrictEqual(await books.get("a"), book("a"));
      deepStrictEqual(await books.getAll(), [book("a")]);
    });

    it("gives out a list that is the caller's own", async () => {
      const books = await make();
      await fill(books, "a", "b");
      (await books.getAll() as Book[]).length = 0;
      deepStrictEqual(await idsOf(books), ["a", "b"]);
    });

    if (makeBounded === undefined) return;

    it("create() fails and changes nothing when there is no room", async () => {
      const books = await makeBounded(2);
      await fill(books, "a", "b");
      strictEqual(codeOf(await books.create(book("c"))), "DB_REPOSITORY_FULL");
      deepStrictEqual(await books.getAll(), [book("a"), book("b")]);
      strictEqual(await books.exists("c"), false);
    });

    it("create() says that the id is taken, even when there is no room", async () => {
      const books = await makeBounded(1);
      await fill(books, "a");
      strictEqual(codeOf(await books.create(book("a"))), "DB_DUPLICATE_KEY");
    });

    it("update() needs no room", async () => {
      const books = await makeBounded(1);
      await fill(books, "a");
      (await books.update(book("a", "New"))).unwrap();
      deepStrictEqual(await books.get("a"), book("a", "New"));
    });

    it("delete() makes room", async () => {
      const books = await makeBounded(2);
      await fill(books, "a", "b");
      await books.delete("a");
      await fill(books, "c");
      deepStrictEqual(await idsOf(books), ["b", "c"]);
    });
  });
}
