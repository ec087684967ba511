import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { describe, it } from "node:test";
import { ValidationError } from "../src/errors.ts";
import { InMemoryRepository } from "../src/repository.ts";
import { Secret } from "../src/secret.ts";
import {
  type Book,
  book,
  type Books,
  repositoryConformance,
} from "./conformance/repository_conformance.ts";
import { deferred, NOT_NUMBERS } from "./foundation_support.ts";

function makeBooks(maxEntities?: number): InMemoryRepository<Book> {
  return new InMemoryRepository<Book>({
    entity: "Book",
    ...(maxEntities !== undefined && { maxEntities }),
  });
}

repositoryConformance("InMemoryRepository", {
  make: makeBooks,
  makeBounded: makeBooks,
});

repositoryConformance("InMemoryRepository with immutable entities", {
  make: () =>
    new InMemoryRepository<Book>({
      entity: "Book",
      copy: ({ id, title, tags }) => ({ id, title, tags: [...tags] }),
    }),
});

repositoryConformance("an asynchronous repository", {
  make: () => deferred<Books>(makeBooks()),
  makeBounded: (maxEntities) => deferred<Books>(makeBooks(maxEntities)),
});

describe("InMemoryRepository", () => {
  it("is synchronous: it gives values, not promises", () => {
    const books = makeBooks();
    strictEqual(books.create(book("a")).ok, true);
    deepStrictEqual(books.get("a"), book("a"));
    strictEqual(books.exists("a"), true);
    strictEqual(books.delete("a"), true);
  });

  it("size tells how many entities there are", () => {
    const books = makeBooks(2);
    strictEqual(books.size, 0);
    for (const id of ["a", "b", "c", "a"]) books.create(book(id));
    strictEqual(books.size, 2);
    books.delete("a");
    books.update(book("b"));
    strictEqual(books.size, 1);
  });

  it("changes nothing when a given entity is changed afterwards", () => {
    const books = makeBooks();
    const given = book("a");
    books.create(given).unwrap();
    given.title = "Changed";
    given.tags.push("changed");
    deepStrictEqual(books.get("a"), book("a"));
    books.update(given).unwrap();
    given.title = "Changed again";
    given.tags.length = 0;
    deepStrictEqual(books.get("a"), {
      id: "a",
      title: "Changed",
      tags: ["a", "changed"],
    });
  });

  it("gives out the entities themselves when copy is the identity", () => {
    const books = new InMemoryRepository<Book>({
      entity: "Book",
      copy: (it) => it,
    });
    const given = book("a");
    strictEqual(books.create(given).unwrap(), given);
    strictEqual(books.get("a"), given);
    strictEqual(books.getAll()[0], given);
  });

  it("gives out a copy of its own each time", () => {
    const books = makeBooks();
    const given = book("a");
    const created = books.create(given).unwrap();
    notStrictEqual(created, given);
    notStrictEqual(books.get("a"), books.get("a"));
    notStrictEqual(books.getAll()[0], books.getAll()[0]);
  });

  for (const failing of [1, 2]) {
    it(`lets a throw of copy out and changes nothing when call ${failing} of it throws`, () => {
      let calls = 0;
      let broken = false;
      const books = new InMemoryRepository<Book>({
        entity: "Book",
        copy(it) {
          if (broken && ++calls === failing) throw new RangeError("Oops");
          return structuredClone(it);
        },
      });
      books.create(book("a")).unwrap();
      for (
        const change of [
          (): unknown => books.create(book("b")),
          (): unknown => books.update(book("a", "New")),
        ]
      ) {
        [broken, calls] = [true, 0];
        throws(change, RangeError);
        broken = false;
        deepStrictEqual(books.getAll(), [book("a")]);
        strictEqual(books.size, 1);
      }
    });
  }

  it("copies plain data and dates by default, and keeps what else there is", () => {
    interface Task {
      readonly id: string;
      readonly due: Date;
      readonly token: Secret<string>;
      readonly run: () => number;
    }
    const tasks = new InMemoryRepository<Task>({ entity: "Task" });
    const task = {
      id: "a",
      due: new Date(0),
      token: new Secret("hunter2"),
      run: () => 7,
    };
    tasks.create(task).unwrap().due.setTime(1);
    task.due.setTime(2);
    const stored = tasks.get("a")!;
    strictEqual(stored.due.getTime(), 0);
    strictEqual(stored.token.reveal(), "hunter2");
    strictEqual(stored.run(), 7);
  });

  it("lets structuredClone refuse what cannot be cloned, and stores nothing", () => {
    const tasks = new InMemoryRepository<{ id: string; run: () => void }>({
      entity: "Task",
      copy: structuredClone,
    });
    throws(() => tasks.create({ id: "a", run: () => {} }), {
      name: "DataCloneError",
    });
    strictEqual(tasks.size, 0);
  });

  it("copies only what getAll() gives out", () => {
    let copies = 0;
    const books = new InMemoryRepository<Book>({
      entity: "Book",
      copy(it) {
        copies++;
        return { ...it };
      },
    });
    for (const id of ["a", "b", "c", "d"]) books.create(book(id)).unwrap();
    copies = 0;
    books.getAll({ offset: 1, limit: 2 });
    strictEqual(copies, 2);
  });

  it("calls copy and idOf without a receiver, as browsers demand of structuredClone", () => {
    const receivers = new Set<unknown>();
    const books = new InMemoryRepository<Book>({
      entity: "Book",
      copy: function (this: unknown, it: Book): Book {
        receivers.add(this);
        return { ...it };
      },
      idOf: function (this: unknown, it: Book): string {
        receivers.add(this);
        return it.id;
      },
    });
    books.create(book("a")).unwrap();
    books.update(book("a")).unwrap();
    books.get("a");
    books.getAll();
    deepStrictEqual([...receivers], [undefined]);
  });

  it("reads ids with idOf, of any type that a Map takes", () => {
    interface Cell {
      readonly at: number;
      readonly value: string;
    }
    const cells = new InMemoryRepository<Cell, number>({
      entity: "Cell",
      idOf: ({ at }) => at,
    });
    cells.create({ at: NaN, value: "not a number" }).unwrap();
    cells.create({ at: 0, value: "zero" }).unwrap();
    strictEqual(cells.get(NaN)?.value, "not a number");
    strictEqual(cells.get(-0)?.value, "zero");
    strictEqual(
      cells.create({ at: 0, value: "" }).unwrapErr().code,
      "DB_DUPLICATE_KEY",
    );
  });

  it("lets a throw of idOf out and changes nothing", () => {
    const books = new InMemoryRepository<Book>({
      entity: "Book",
      idOf() {
        throw new RangeError("Oops");
      },
    });
    throws(() => books.create(book("a")), RangeError);
    throws(() => books.update(book("a")), RangeError);
    strictEqual(books.size, 0);
  });

  it("names the entity in its errors, and the id or the bound where it helps", () => {
    const books = makeBooks(1);
    books.create(book("a")).unwrap();
    const taken = books.create(book("a")).unwrapErr();
    strictEqual(taken.message, "Book already exists");
    deepStrictEqual(taken.details, { id: "a" });
    strictEqual(
      books.update(book("b")).unwrapErr().message,
      "Book b was not found",
    );
    strictEqual(
      books.create(book("b")).unwrapErr().message,
      "The repository of Book is full: it holds its limit of 1",
    );
  });

  it("holds 100 000 entities when it is told no bound", () => {
    const numbers = new InMemoryRepository<number, number>({
      entity: "Number",
      idOf: (it) => it,
      copy: (it) => it,
    });
    for (let i = 0; i < 100_000; i++) numbers.create(i).unwrap();
    const error = numbers.create(-1).unwrapErr();
    strictEqual(error.code, "DB_REPOSITORY_FULL");
    strictEqual(numbers.size, 100_000);
  });
});

describe("InMemoryRepository options", () => {
  function isInvalidOption(error: unknown, field: string): boolean {
    ok(ValidationError.is(error));
    strictEqual(error.code, "VALIDATION_INVALID_OPTION");
    strictEqual(error.field, field);
    return true;
  }

  const notWhole = [
    ["0.5", 0.5],
    ["NaN", NaN],
    ["-1", -1],
    ["-Infinity", -Infinity],
    ...NOT_NUMBERS.slice(1),
  ] as const;

  for (const entity of ["", " \t", undefined, null, 1, {}]) {
    it(`throws when entity is ${JSON.stringify(entity)}`, () => {
      throws(
        () => new InMemoryRepository({ entity: entity as string }),
        (error) => isInvalidOption(error, "entity"),
      );
    });
  }

  for (const option of ["idOf", "copy"] as const) {
    for (const value of [null, "id", {}]) {
      it(`throws when ${option} is ${JSON.stringify(value)}`, () => {
        throws(
          () =>
            new InMemoryRepository({
              entity: "Book",
              [option]: value as never,
            }),
          (error) => isInvalidOption(error, option),
        );
      });
    }
  }

  for (
    const [name, value] of [...notWhole, ["0", 0], ["∞", Infinity]] as const
  ) {
    it(`throws when maxEntities is ${name}`, () => {
      throws(
        () => makeBooks(value as number),
        (error) => isInvalidOption(error, "maxEntities"),
      );
    });
  }

  for (const [name, value] of [...notWhole, ["∞", Infinity]] as const) {
    it(`getAll() throws when offset is ${name}`, () => {
      throws(
        () => makeBooks().getAll({ offset: value as number }),
        (error) => isInvalidOption(error, "offset"),
      );
    });
  }

  for (const [name, value] of notWhole.slice(1)) {
    it(`getAll() throws when limit is ${name}`, () => {
      throws(
        () => makeBooks().getAll({ limit: value as number }),
        (error) => isInvalidOption(error, "limit"),
      );
    });
  }
});
