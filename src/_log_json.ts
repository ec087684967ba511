/**
 * Whatever is logged, as JSON: in one line, without secrets, and without ever
 * throwing.
 *
 * @module
 */

/** What is written, and what is not. */
export interface LogJsonOptions {
  /** The names whose values are not written, as {@linkcode plainName} has them. */
  readonly redacted: ReadonlySet<string>;
  /** How deep objects are written. */
  readonly maxDepth: number;
  /** How many members of an object or a list are written. */
  readonly maxItems: number;
}

// What stands for what is not written.
const REDACTED = "[redacted]";
const UNREADABLE = "[unreadable]";
const CIRCULAR = "[circular]";
const TOO_DEEP = "[too deep]";

/** The name of how many members are not written. */
const MORE = "[more]";

const NONE: readonly string[] = [];

/** What is told of an error in any case. */
const ERROR_NAMES = ["name", "message", "stack", "cause", "errors"];

// Names are mostly the same few: so many are remembered, unless they are longer.
const REMEMBERED = 1_000;
const MAX_REMEMBERED_LENGTH = 64;

/** What is known of a name. */
interface Name {
  /** The name as a member of JSON begins with it: `,"a":`. */
  readonly text: string;
  /** Whether its value is a secret. */
  readonly isSecret: boolean;
}

/**
 * The object that is being written, and those around it. A list of them, and not a
 * stack of the writer: a getter may log as well.
 */
interface Around {
  readonly object: object | undefined;
  readonly depth: number;
  readonly outer: Around | undefined;
}

const OUTSIDE: Around = { object: undefined, depth: 0, outer: undefined };

/** What may have a method for `JSON.stringify`. */
interface Convertible {
  readonly toJSON?: unknown;
}

/**
 * A name for comparison: `accessToken`, `access_token` and `Access-Token` are one.
 *
 * @param name The name.
 * @returns It in lower case, without separators.
 */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, "");
}

/**
 * Writes values as JSON.
 *
 * Measured: it takes 0.75 to 1.1 times as long as `JSON.stringify` with a replacer
 * that looks at each name, which knows neither cycles nor errors nor maps, and 2 to
 * 6 times as long as without one.
 */
export class LogJson {
  readonly #redacted: ReadonlySet<string>;
  readonly #maxDepth: number;
  readonly #maxItems: number;
  readonly #remembered = new Map<string, Name>();

  /**
   * Makes a writer.
   *
   * @param options What is written.
   */
  constructor(options: LogJsonOptions) {
    this.#redacted = options.redacted;
    this.#maxDepth = options.maxDepth;
    this.#maxItems = options.maxItems;
  }

  /**
   * The members of an object, each after a comma: `,"a":1,"b":"x"`.
   *
   * @param object The object.
   * @param taken Names that are there already: a member of such a name gets
   * another one.
   * @returns The members; one that cannot be read says so.
   */
  members(object: object, taken: readonly string[]): string {
    const around = { object, depth: 1, outer: undefined };
    try {
      return this.#members(object, Object.keys(object), taken, around);
    } catch { // A proxy that does not even tell its names.
      return `,${quote(renamed([UNREADABLE], taken)[0]!)}:true`;
    }
  }

  /**
   * The names that {@linkcode LogJson.members} gives to members.
   *
   * @param object The object.
   * @param taken Names that are there already.
   * @returns The names.
   */
  names(object: object, taken: readonly string[]): readonly string[] {
    return this.#names(Object.keys(object), taken);
  }

  /**
   * A value.
   *
   * @param value The value.
   * @returns It; `null` where JSON has nothing for it.
   */
  value(value: unknown): string {
    return this.#value(value, OUTSIDE) ?? "null";
  }

  /** A value; `undefined` where JSON has nothing for it. */
  #value(value: unknown, around: Around): string | undefined {
    switch (typeof value) {
      case "string":
        return quote(value);
      case "number":
        return Number.isFinite(value) ? String(value) : `"${value}"`;
      case "boolean":
        return value ? "true" : "false";
      case "bigint":
        return `"${value}"`;
      case "symbol":
        return quote(String(value));
      case "object":
        return value === null ? "null" : this.#object(value, around);
      default: // Neither undefined nor a function tells anything.
        return undefined;
    }
  }

  #object(object: object, outer: Around): string {
    for (let at: Around | undefined = outer; at; at = at.outer) {
      if (at.object === object) return `"${CIRCULAR}"`;
    }
    if (outer.depth >= this.#maxDepth) return `"${TOO_DEEP}"`;
    try {
      return this.#write(object, { object, depth: outer.depth + 1, outer });
    } catch {
      return `"${UNREADABLE}"`;
    }
  }

  #write(object: object, around: Around): string {
    if (object instanceof Error) return this.#error(object, around);
    if (ArrayBuffer.isView(object)) {
      return quote(
        `[${object.constructor.name} of ${object.byteLength} bytes]`,
      );
    }
    const { toJSON } = object as Convertible;
    if (typeof toJSON === "function") {
      const told: unknown = toJSON.call(object);
      if (told !== object) return this.#value(told, around) ?? "null";
    }
    if (Array.isArray(object)) return this.#list(object, object.length, around);
    if (object instanceof Map || object instanceof Set) {
      const first = object[Symbol.iterator]().take(this.#maxItems);
      return this.#list([...first], object.size, around);
    }
    const members = this.#members(object, Object.keys(object), NONE, around);
    return `{${members.slice(1)}}`;
  }

  #list(list: readonly unknown[], length: number, around: Around): string {
    // A pair, as maps and headers have them: a name, and its value.
    if (
      length === 2 && typeof list[0] === "string" &&
      this.#name(list[0]).isSecret
    ) {
      return `[${quote(list[0])},"${REDACTED}"]`;
    }
    const max = Math.min(length, this.#maxItems);
    let text = "";
    for (let i = 0; i < max; i++) {
      text += `${i === 0 ? "" : ","}${this.#read(list, i, around) ?? "null"}`;
    }
    const more = length - max;
    if (more > 0) text += `,"[${more} more]"`;
    return `[${text}]`;
  }

  #members(
    object: object,
    keys: readonly string[],
    taken: readonly string[],
    around: Around,
  ): string {
    const names = this.#names(keys, taken);
    const max = this.#maxItems;
    let text = "";
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      text += i === max
        ? `,${quote(name)}:${keys.length - max}`
        : this.#member(object, keys[i]!, name, around);
    }
    return text;
  }

  #member(object: object, key: string, name: string, around: Around): string {
    // Also for a name that was taken: `_` does not tell names apart.
    const { text, isSecret } = this.#name(name);
    const json = isSecret ? `"${REDACTED}"` : this.#read(object, key, around);
    return json === undefined ? "" : text + json;
  }

  #read(
    object: object,
    key: string | number,
    around: Around,
  ): string | undefined {
    try {
      const value = (object as Record<string | number, unknown>)[key];
      return this.#value(value, around);
    } catch {
      return `"${UNREADABLE}"`;
    }
  }

  #error(error: Error, around: Around): string {
    let text = "";
    for (const name of ERROR_NAMES) {
      if (name in error) text += this.#member(error, name, name, around);
    }
    const told = toldBy(error);
    const more = Object.keys(told).filter((key) => !ERROR_NAMES.includes(key));
    text += this.#members(told, more, NONE, around);
    return `{${text.slice(1)}}`;
  }

  #names(
    keys: readonly string[],
    taken: readonly string[],
  ): readonly string[] {
    const max = this.#maxItems;
    if (keys.length > max) return renamed([...keys.slice(0, max), MORE], taken);
    if (taken.length > 0) {
      for (let i = 0; i < keys.length; i++) {
        if (taken.includes(keys[i]!)) return renamed(keys, taken);
      }
    }
    return keys;
  }

  #name(name: string): Name {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const isSecret = this.#redacted.has(plainName(name));
    const known = { text: `,${quote(name)}:`, isSecret };
    if (name.length <= MAX_REMEMBERED_LENGTH) {
      if (this.#remembered.size === REMEMBERED) this.#remembered.clear();
      this.#remembered.set(name, known);
    }
    return known;
  }
}

/** The names, none of them taken, none of them twice. */
function renamed(
  names: readonly string[],
  taken: readonly string[],
): readonly string[] {
  const all = new Set(taken);
  return names.map((name) => {
    let free = name;
    while (all.has(free)) free = `_${free}`;
    all.add(free);
    return free;
  });
}

/** What has the members that an error has of its own: where it can tell, that. */
function toldBy(error: Error): object {
  try {
    const { toJSON } = error as Convertible;
    if (typeof toJSON !== "function") return error;
    const told: unknown = toJSON.call(error);
    return typeof told === "object" && told !== null ? told : {};
  } catch {
    return {};
  }
}

/** What would break a line somewhere, besides what JSON escapes. */
const BREAKS = /[\u007f-\u009f\u2028\u2029]/g;

/** Up to this length it is quicker to look at each character. */
const SHORT = 48;

/** A text as JSON has it, all in one line. */
function quote(text: string): string {
  return `"${escaped(text)}"`;
}

/**
 * A text as JSON has it between quotes, all in one line.
 *
 * @param text The text.
 * @returns It, escaped.
 */
export function escaped(text: string): string {
  const { length } = text;
  if (length > SHORT) return escapedAny(text);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const isPlain = code >= 0x20 && code < 0x7f && code !== 0x22 &&
      code !== 0x5c;
    if (!isPlain) return escapedAny(text);
  }
  return text;
}

function escapedAny(text: string): string {
  const json = JSON.stringify(text).slice(1, -1);
  return json.search(BREAKS) === -1 ? json : json.replace(BREAKS, escapeOf);
}

/**
 * What JSON has for a character that is not to be there itself.
 *
 * @param character The character, of one UTF-16 code unit.
 * @returns Its escape sequence.
 */
export function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
