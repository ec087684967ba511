/**
 * Stands in for `node:test` in the leak check, because Deno's sanitizers watch
 * only what `Deno.test` registers, and not its steps. So each test of a suite
 * becomes a `Deno.test` of its own, and a suite becomes one with steps only
 * where it has `before` or `after` hooks, whose doing outlives a single test.
 *
 * @module
 */

import { enter, type Entry, type Hook, Scope } from "../everywhere/registry.ts";

export {
  after,
  afterEach,
  before,
  beforeEach,
  describe,
  it,
  suite,
  test,
} from "../everywhere/registry.ts";
export { mock } from "node:test"; // the import map gives this file the real one

/** The top of a test file: what is registered there goes to Deno at once. */
class DenoFile extends Scope {
  override add(entry: Entry): void {
    emit(entry, entry.name);
  }

  override addBefore(hook: Hook): void {
    Deno.test.beforeAll(hook as () => void);
  }

  override addAfter(hook: Hook): void {
    Deno.test.afterAll(hook as () => void);
  }
}

function emit(entry: Entry, name: string): void {
  const { suite } = entry;
  if (suite && !suite.before.length && !suite.after.length) {
    suite.entries.forEach((inner) => emit(inner, `${name} > ${inner.name}`));
    return;
  }
  Deno.test({
    ...definitionOf(entry, name),
    sanitizeOps: true,
    sanitizeResources: true,
  });
}

function definitionOf(entry: Entry, name: string): Deno.TestStepDefinition {
  return {
    name,
    ignore: entry.skipped !== undefined,
    async fn(t): Promise<void> {
      await entry.run(async (inner) => {
        await t.step(definitionOf(inner, inner.name));
      });
    },
  };
}

enter(new DenoFile());
