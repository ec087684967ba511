/**
 * What the stand-ins for `node:test` share: how suites, tests and hooks are
 * registered, and in which order a test and its hooks run. What runs the tests and
 * tells of them is up to each stand-in (the leak check has one, browsers and
 * workerd have one).
 *
 * Of the options there are `skip` and `todo` alone; any other is refused, so that
 * none goes unheeded. A suite that is left out still names its tests, so that
 * they are counted.
 *
 * @module
 */

/** What runs before or after. */
export type Hook = () => unknown;
type Body = (t: TestContext) => unknown;
type Options = Readonly<Record<string, unknown>>;
type Arguments = readonly (string | Options | Body | undefined)[];
type Register = (...args: Arguments) => void;

/** A function that registers, with the variants that leave out. */
export type Registrar = Register & {
  readonly skip: Register;
  readonly todo: Register;
};

/** Has a test run within another, or within its suite, and tells of it. */
export type Step = (entry: Entry) => Promise<void>;

/** A test or a suite that was registered. */
export interface Entry {
  readonly name: string;
  /** Why it is left out, where it is. */
  readonly skipped: string | undefined;
  /** What a suite holds. */
  readonly suite?: Scope;
  /** Runs it with its hooks; rejects where it fails. */
  run(step: Step): Promise<void>;
}

/** A suite, or the top of a file. */
export class Scope {
  readonly parent: Scope | undefined;
  /** Why all in it is left out, where it is. */
  readonly skipped: string | undefined;
  readonly entries: Entry[] = [];
  readonly before: Hook[] = [];
  readonly beforeEach: Hook[] = [];
  readonly afterEach: Hook[] = [];
  readonly after: Hook[] = [];

  constructor(parent?: Scope, skipped?: string) {
    this.parent = parent;
    this.skipped = skipped ?? parent?.skipped;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  addBefore(hook: Hook): void {
    this.before.push(hook);
  }

  addAfter(hook: Hook): void {
    this.after.push(hook);
  }

  /** Runs all that it holds, between its own hooks unless it is left out. */
  async run(step: Step): Promise<void> {
    const isLeftOut = this.skipped !== undefined;
    if (!isLeftOut) await runAll(this.before);
    try {
      for (const entry of this.entries) await step(entry);
    } finally {
      if (!isLeftOut) await runAll(this.after);
    }
  }
}

/** What the body of a test may ask for. */
export class TestContext {
  readonly name: string;
  readonly scope: Scope;
  readonly #step: Step;

  constructor(name: string, parent: Scope, step: Step) {
    this.name = name;
    this.scope = new Scope(parent);
    this.#step = step;
  }

  async test(...args: Arguments): Promise<void> {
    await this.#step(testEntry(this.scope, args));
  }

  after(hook: Hook): void {
    this.scope.addAfter(hook);
  }

  diagnostic(): void {}
}

let current = new Scope();

/** Has all that is registered from now on belong to a scope: a file's top. */
export function enter(scope: Scope): void {
  current = scope;
}

async function runAll(hooks: readonly Hook[]): Promise<void> {
  for (const hook of hooks) await hook();
}

/** The scope and all around it, from the outermost. */
function lineage(scope: Scope): readonly Scope[] {
  return scope.parent ? [...lineage(scope.parent), scope] : [scope];
}

interface Parsed {
  readonly name: string;
  readonly skipped: string | undefined;
  readonly body: Body | undefined;
}

function parse(args: Arguments): Parsed {
  const body = args.find((arg) => typeof arg === "function");
  const options: Options = Object.assign(
    {},
    ...args.filter((arg) => typeof arg === "object"),
  );
  for (const option of Object.keys(options)) {
    if (option !== "skip" && option !== "todo") {
      throw new TypeError(`Tests have no option ${option} here`);
    }
  }
  const name = args.find((arg) => typeof arg === "string") ?? body?.name;
  const skipped = reasonOf(options["skip"], "no reason") ??
    reasonOf(options["todo"] || !body, "to do");
  return { name: name || "(no name)", skipped, body };
}

function reasonOf(option: unknown, unsaid: string): string | undefined {
  if (!option) return undefined;
  return typeof option === "string" ? option : unsaid;
}

function testEntry(scope: Scope, args: Arguments): Entry {
  const { name, skipped, body } = parse(args);
  async function run(step: Step): Promise<void> {
    const t = new TestContext(name, scope, step);
    const scopes = lineage(scope);
    await runAll(scopes.flatMap(({ beforeEach }) => beforeEach));
    try {
      await body?.(t);
    } finally {
      await runAll(t.scope.after);
      await runAll(scopes.toReversed().flatMap(({ afterEach }) => afterEach));
    }
  }
  return { name, skipped: skipped ?? scope.skipped, run };
}

function suiteEntry(scope: Scope, args: Arguments): Entry {
  const { name, skipped, body } = parse(args);
  const suite = new Scope(scope, skipped);
  const outer = current;
  current = suite;
  try {
    (body as Hook | undefined)?.();
  } finally {
    current = outer;
  }
  return {
    name,
    skipped: suite.skipped,
    suite,
    run: (step) => suite.run(step),
  };
}

function registrar(
  entryOf: (scope: Scope, args: Arguments) => Entry,
): Registrar {
  function run(...args: Arguments): void {
    current.add(entryOf(current, args));
  }
  const skip: Register = (...args) => run(...args, { skip: true });
  const todo: Register = (...args) => run(...args, { todo: true });
  return Object.assign(run, { skip, todo });
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
  current.addBefore(hook);
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
  current.addAfter(hook);
}
