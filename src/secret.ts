/**
 * A value that does not show itself: not in a log line, not in JSON, not on a
 * console, not in a clone. Only {@linkcode Secret.reveal} gives it.
 *
 * @example A password in a configuration
 * ```ts
 * import { Secret } from "@groundwork/infra/secret";
 * import { strictEqual } from "node:assert/strict";
 *
 * const password = new Secret("hunter2");
 * strictEqual(`${password}`, "[secret]");
 * strictEqual(JSON.stringify({ password }), '{"password":"[secret]"}');
 * strictEqual(password.reveal(), "hunter2");
 * ```
 *
 * @module
 */

/** What stands where the value would. */
const REDACTED = "[secret]";

// Not in a #private field: browsers' developer tools show those.
const values: WeakMap<WeakKey, unknown> = /* @__PURE__ */ new WeakMap();

/**
 * Holds a secret value.
 *
 * @typeParam T The type of the value.
 */
export class Secret<T> {
  /**
   * Wraps a value.
   *
   * @param value The value to keep from sight.
   */
  constructor(value: T) {
    values.set(this, value);
    const inspect = { value: toRedacted };
    Object.defineProperties(this, {
      [Symbol.for("nodejs.util.inspect.custom")]: inspect,
      [Symbol.for("Deno.customInspect")]: inspect,
    });
    Object.freeze(this);
  }

  /**
   * The value.
   *
   * @returns What was wrapped.
   */
  reveal(): T {
    return values.get(this) as T;
  }

  /**
   * What shows in place of the value in a string.
   *
   * @returns `"[secret]"`.
   */
  toString(): string {
    return REDACTED;
  }

  /**
   * What shows in place of the value in JSON.
   *
   * @returns `"[secret]"`.
   */
  toJSON(): string {
    return REDACTED;
  }
}

/** What consoles call in order to show the object. */
function toRedacted(): string {
  return REDACTED;
}
