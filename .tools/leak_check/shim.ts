/**
 * Stands in for `node:test` in the leak check, because Deno's sanitizers watch
 * only what `Deno.test` registers, and not its steps. So each test of a suite
 * becomes a `Deno.test` of its own, and a suite becomes one with steps only
 * where it has `before` or `after` hooks, whose doing outlives a single test.
 * Hooks and `t.test` work; options but `skip` and `todo` are ignored.
 *
 * @module
 */

import { mock } from "node:test"; // the import map gives this file the real one

export { mock };

type Hook = () => unknown;
type Body = (t: Context) => unknown;
type Options = { readonly skip?: unknown; readonly todo?: unknown };
type Arguments = readonly (string | Options | Body | undefined)[];
type Register = (...args: Arguments) => void;
/** A function that registers, with the variants that leave out. */
type Registrar = Register & {
  readonly skip: Register;
  readonly todo: Register;
};

interface Entry {
  readonly name: string;
  readonly ignore: boolean;
  readonly fn: (step: Deno.TestContext) => Promise<void>;
  /** What a suite holds. */
  readonly suite?: Scope;
}

class Scope {
  readonly before: Hook[] = [];
  readonly beforeEach: Hook[] = [];
  readonly afterEach: Hook[] = [];
  readonly after: Hook[] = [];
  readonly entries: Entry[] = [];
  readonly parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.parent = parent;
  }
}

/** What the body of a test may ask for. */
class Context {
  readonly name: string;
  readonly mock: typeof mock = mock;
  readonly scope: Scope;
  readonly #step: Deno.TestContext;

  constructor(name: string, parent: Scope, step: Deno.TestContext) {
    this.name = name;
    this.scope = new Scope(parent);
    this.#step = step;
  }

  async test(...args: Arguments): Promise<void> {
    await this.#step.step(testEntry(this.scope, args));
  }

  after(hook: Hook): void {
    this.scope.after.push(hook);
  }

  diagnostic(): void {}
}

let current = new Scope();

async function runAll(hooks: readonly Hook[]): Promise<void> {
  for (const hook of hooks) await hook();
}

/** The scope and all around it, from the outermost. */
function lineage(scope: Scope): readonly Scope[] {
  return scope.parent ? [...lineage(scope.parent), scope] : [scope];
}

function parse(
  args: Arguments,
): { name: string; ignore: boolean; body: Body | undefined } {
  const body = args.find((arg) => typeof arg === "function");
  const options = args.filter((arg) => typeof arg === "object");
  const name = args.find((arg) => typeof arg === "string") ?? body?.name;
  const ignore = !body || options.some(({ skip, todo }) => skip || todo);
  return { name: name || "(no name)", ignore, body };
}

function testEntry(scope: Scope, args: Arguments): Entry {
  const { name, ignore, body } = parse(args);
  async function fn(step: Deno.TestContext): Promise<void> {
    const t = new Context(name, scope, step);
    const scopes = lineage(scope);
    await runAll(scopes.flatMap(({ beforeEach }) => beforeEach));
    try {
      await body?.(t);
    } finally {
      await runAll(t.scope.after);
      await runAll(scopes.toReversed().flatMap(({ afterEach }) => afterEach));
    }
  }
  return { name, ignore, fn };
}

function suiteEntry(scope: Scope, args: Arguments): Entry {
  const { name, ignore, body } = parse(args);
  const inner = new Scope(scope);
  const outer = current;
  current = inner;
  if (!ignore) (body as Hook)();
  current = outer;
  async function fn(step: Deno.TestContext): Promise<void> {
    await runAll(inner.before);
    try {
      for (const entry of inner.entries) await step.step(entry);
    } finally {
      await runAll(inner.after);
    }
  }
  return { name, ignore, fn, suite: inner };
}

function register(entry: Entry): void {
  if (current.parent === undefined) emit(entry, entry.name);
  else current.entries.push(entry);
}

function emit({ ignore, fn, suite }: Entry, name: string): void {
  if (suite && !ignore && !suite.before.length && !suite.after.length) {
    suite.entries.forEach((entry) => emit(entry, `${name} > ${entry.name}`));
    return;
  }
  Deno.test({ name, ignore, fn, sanitizeOps: true, sanitizeResources: true });
}

function registrar(
  entryOf: (scope: Scope, args: Arguments) => Entry,
): Registrar {
  const skip = (...args: Arguments): void =>
    register(entryOf(current, [...args, { skip: true }]));
  const run = (...args: Arguments): void => register(entryOf(current, args));
  return Object.assign(run, { skip, todo: skip });
}

/** Registers a test. */
export const it: Registrar = registrar(testEntry);
/** The same. */
export const test: Registrar = it;
/** Registers a suite. */
export const describe: Registrar = registrar(suiteEntry);
/** The same. */
export const suite: Registrar = describe;

/** Registers a hook that runs once, before all tests of the suite. */
export function before(hook: Hook): void {
  if (current.parent === undefined) Deno.test.beforeAll(hook as () => void);
  else current.before.push(hook);
}

/** Registers a hook that runs before each test of the suite. */
export function beforeEach(hook: Hook): void {
  current.beforeEach.push(hook);
}

/** Registers a hook that runs after each test of the suite. */
export function afterEach(hook: Hook): void {
  current.afterEach.push(hook);
}

/** Registers a hook that runs once, after all tests of the suite. */
export function after(hook: Hook): void {
  if (current.parent === undefined) Deno.test.afterAll(hook as () => void);
  else current.after.push(hook);
}
