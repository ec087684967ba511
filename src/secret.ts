/**
 * A value that does not show itself: not in a log line, not in JSON, not on a
 * console, not in a clone. Only {@linkcode Secret.reveal} gives it.
 *
 * When to use it: for passwords, keys and tokens from the moment they are read.
 *
 * When not: to protect memory: who can run code in the process can call
 * `reveal()`; nor to encrypt, which `encryption` does.
 *
 * - **It does not show** in templates, JSON, consoles, clones or logs, nor by
 *   its enumerable properties.
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
 *
 * @example Nothing to copy, nothing to print
 * ```ts
 * import { Secret } from "@groundwork/infra/secret";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const login = { user: "ada", password: new Secret("hunter2") };
 * deepStrictEqual({ ...login.password }, {});
 * strictEqual(JSON.stringify(login), '{"user":"ada","password":"[secret]"}');
 * ```
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
   *
   * @example As late as possible
   * ```ts
   * import { Secret } from "@groundwork/infra/secret";
   * import { strictEqual } from "node:assert/strict";
   *
   * const authorize = (apiKey: Secret<string>) =>
   *   new Headers({ authorization: `Bearer ${apiKey.reveal()}` });
   *
   * const headers = authorize(new Secret("k3y"));
   * strictEqual(headers.get("authorization"), "Bearer k3y");
   * ```
   */
  reveal(): T {
    return values.get(this) as T;
  }

  /**
   * What shows in place of the value in a string.
   *
   * @returns `"[secret]"`.
   *
   * @example An error message that says too much
   * ```ts
   * import { Secret } from "@groundwork/infra/secret";
   * import { strictEqual } from "node:assert/strict";
   *
   * const token = new Secret("t0k3n");
   * const error = new Error(`Login with ${token} failed`);
   * strictEqual(error.message, "Login with [secret] failed");
   * ```
   */
  toString(): string {
    return REDACTED;
  }

  /**
   * What shows in place of the value in JSON.
   *
   * @returns `"[secret]"`.
   *
   * @example A whole configuration in a log line
   * ```ts
   * import { Secret } from "@groundwork/infra/secret";
   * import { strictEqual } from "node:assert/strict";
   *
   * const config = { keys: [new Secret(1), new Secret({ deep: "hunter2" })] };
   * strictEqual(JSON.stringify(config), '{"keys":["[secret]","[secret]"]}');
   * ```
   */
  toJSON(): string {
    return REDACTED;
  }
}

/** What consoles call in order to show the object. */
function toRedacted(): string {
  return REDACTED;
}
