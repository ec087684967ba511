/**
 * Requirements that no run of the package would prove: that logic stands once,
 * that classes are composed, that protocols can be checked and types are
 * explained. Each rule is named in the table of `tests/README.md`.
 *
 * @module
 */

/** What is read of the output of `deno doc --json`. */
export interface Documentation {
  readonly nodes: Readonly<Record<string, { readonly symbols: Symbols }>>;
}

type Symbols = readonly DocumentedSymbol[];

/** An export, under one name. */
export interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

interface Declaration extends Documented {
  readonly kind: string;
  readonly def?: Definition;
}

interface Documented {
  readonly jsDoc?: { readonly tags?: readonly Tag[] };
}

interface Tag {
  readonly kind: string;
  readonly name?: string;
}

interface Definition {
  readonly typeParams?: readonly { readonly name: string }[];
  readonly methods?: readonly Method[];
  readonly implements?: readonly { readonly repr: string }[];
}

/** A method of a class has a function; one of an interface is its own. */
interface Method extends Documented, Definition {
  readonly name: string;
  readonly functionDef?: Definition;
}

/** What the rules look at. */
export interface Package {
  readonly symbols: Symbols;
  /** The text of each module, by its path from the root. */
  readonly sources: ReadonlyMap<string, string>;
}

/** A rule: what it says, and what does not keep to it. */
type Rule = (package_: Package) => readonly string[];

// --- 14.1, 14.4: the source

/** So many lines do not come to be the same by chance. */
const SAME_LINES = 10;

/** The lines of a module that say something, braces, imports and comments not. */
function codeLines(source: string): readonly string[] {
  return source
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    .replace(/^(?:import|export)\b[^;]*?\bfrom "[^"]*";$/gm, "")
    .split("\n").map((line) => line.trim()).filter((line) => /\w/.test(line));
}

function findTwins({ sources }: Package): readonly string[] {
  const places = new Map<string, Set<string>>();
  for (const [path, source] of sources) {
    const lines = codeLines(source);
    for (let i = 0; i + SAME_LINES <= lines.length; i++) {
      const text = lines.slice(i, i + SAME_LINES).join("\n");
      places.set(text, (places.get(text) ?? new Set()).add(path));
    }
  }
  const twins = [...places].filter(([, paths]) => paths.size > 1)
    .map(([text, paths]) =>
      `${[...paths].join(" and ")}: ${text.slice(0, text.indexOf("\n"))}`
    );
  return [...new Set(twins)];
}

/** Errors are told apart by their classes, so they have generations. */
const IS_ERROR = /Error$/;

/** Takes what is in angle brackets away, from the inside out. */
function withoutTypeParameters(source: string): string {
  const less = source.replace(/<[^<>]*>/g, "");
  return less === source ? less : withoutTypeParameters(less);
}

function findLineages({ sources }: Package): readonly string[] {
  const bases = new Map<string, string>();
  for (const source of sources.values()) {
    const found = withoutTypeParameters(source).matchAll(
      /^(?:export )?(?:abstract )?class (\w+)[^{]*?\sextends (\w+)/gm,
    );
    for (const [, name = "", base = ""] of found) bases.set(name, base);
  }
  return [...bases].flatMap(([name, base]) =>
    !IS_ERROR.test(name) && bases.has(base)
      ? [`${name} extends ${base}, which extends ${bases.get(base)}`]
      : []
  );
}

// --- 15.3 to 15.5: the documentation

/** Interfaces of the language, which are no protocols of ours. */
const NO_PROTOCOLS = new Set(["AsyncDisposable", "Disposable"]);

function findUnguarded({ symbols }: Package): readonly string[] {
  const names = new Set(symbols.map(({ name }) => name));
  const protocols = symbols.flatMap(({ declarations }) =>
    declarations.flatMap(({ def }) => def?.implements ?? [])
  ).map(({ repr }) => repr);
  return [...new Set(protocols)]
    .filter((name) => !NO_PROTOCOLS.has(name) && !names.has(`is${name}`))
    .map((name) => `${name} has no is${name}()`);
}

function tagsOf({ jsDoc }: Documented, kind: string): readonly Tag[] {
  return jsDoc?.tags?.filter((tag) => tag.kind === kind) ?? [];
}

/** The type parameters that no documentation of the name explains. */
function unexplained(
  name: string,
  documented: readonly Documented[],
  { typeParams = [] }: Definition,
): readonly string[] {
  const explained = documented.flatMap((one) => tagsOf(one, "template"))
    .map((tag) => tag.name);
  return typeParams.filter((type) => !explained.includes(type.name))
    .map((type) => `${type.name} of ${name}`);
}

function findUnexplained({ symbols }: Package): readonly string[] {
  return symbols.flatMap(({ name, declarations }) =>
    declarations.flatMap(({ def = {} }) => [
      ...unexplained(name, declarations, def),
      ...(def.methods ?? []).flatMap((method) =>
        unexplained(
          `${name}.${method.name}()`,
          [method],
          method.functionDef ?? method,
        )
      ),
    ])
  );
}

/** What is used, and so needs an example even where another one shows it. */
function isUsedAlone({ kind, def }: Declaration): boolean {
  return kind === "class" || kind === "function" ||
    (kind === "interface" && (def?.methods ?? []).length > 0);
}

function findUnshown({ symbols }: Package): readonly string[] {
  const byName = new Map(symbols.map((symbol) => [symbol.name, symbol]));
  const shown = new Set<string>();
  const rest = symbols.filter(({ declarations }) =>
    declarations.some((one) => tagsOf(one, "example").length > 0)
  );
  const hasExample = new Set(rest.map(({ name }) => name));
  for (const symbol of rest) { // grows meanwhile
    shown.add(symbol.name);
    const text = JSON.stringify(symbol.declarations);
    for (const [, name = ""] of text.matchAll(/"typeName":"(\w+)"/g)) {
      const other = byName.get(name);
      if (other !== undefined && !rest.includes(other)) rest.push(other);
    }
  }
  return symbols.filter(({ name, declarations }) =>
    declarations.some((one) =>
      (one.def?.typeParams ?? []).length > 0 &&
      !(isUsedAlone(one) ? hasExample : shown).has(name)
    )
  ).map(({ name }) => `${name} is shown by no example`);
}

/** The rules by what they say. */
export const RULES: ReadonlyMap<string, Rule> = new Map([
  [`no ${SAME_LINES} lines of code stand in two modules`, findTwins],
  ["no class but an error extends one that extends another", findLineages],
  ["every protocol that a class implements has a guard", findUnguarded],
  ["every type parameter is explained", findUnexplained],
  [
    "every generic export has an example, or is a part of one that has",
    findUnshown,
  ],
]);
