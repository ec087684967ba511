/**
 * The house rules that a type checker cannot see, as a lint plugin. Each rule
 * says in its message what to do instead.
 *
 * | rule | where | what it holds |
 * | --- | --- | --- |
 * | `no-ambient-time` | src/ but clock.ts | time, timers and chance are injected |
 * | `no-runtime-global` | src/ | no `Deno`, no `URLPattern`: what every runtime has |
 * | `no-node-import` | src/, mod.ts | relative imports ending in .ts, nothing else |
 * | `floors` | src/, mod.ts | no import from a higher floor; mod.ts re-exports |
 * | `error-text-in-catalogue` | src/ but messages.ts | texts of errors can be translated |
 * | `no-using-syntax` | src/, mod.ts, tests/, examples/ | Node 22 can parse it |
 * | `no-private-keyword` | everywhere | `#name`, which is private at run time too |
 *
 * The rules look at one file and at names, not at types. They stop slips, not
 * somebody who wants to get around them.
 *
 * @module
 */

import { floorOf, TOP_FLOOR } from "./floors.ts";

type Node = Deno.lint.Node;
type RuleContext = Deno.lint.RuleContext;
type LintVisitor = Deno.lint.LintVisitor;

/** The repository's root, with slashes and one at the end. */
const ROOT = slashed(import.meta.dirname ?? "").replace(/[^/]*$/, "");

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/**
 * The path from the root. A file elsewhere keeps its whole path and so falls
 * under the rules for everything only.
 */
function placeOf(ctx: RuleContext): string {
  const file = slashed(ctx.filename);
  return file.startsWith(ROOT) ? file.slice(ROOT.length) : file;
}

/** Takes casts, `!`, `?.` and the like off an expression. */
function bare(node: Node): Node {
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "TSInstantiationExpression":
    case "ChainExpression":
      return bare(node.expression);
    default:
      return node;
  }
}

/** The reverse of {@linkcode bare}: the expression with all that wraps it. */
function wrapped(node: Node): Node {
  const parent = parentOf(node);
  return parent !== undefined && parent !== bare(parent)
    ? wrapped(parent)
    : node;
}

function parentOf(node: Node): Node | undefined {
  // The cast: Deno's own union of nodes lacks one that it gives as a parent.
  return "parent" in node ? node.parent as Node : undefined;
}

/** The string a literal or a template without expressions stands for. */
function literalText(node: Node | null): string | undefined {
  if (node === null) return undefined;
  if (node.type === "Literal" && typeof node.value === "string") {
    return node.value;
  }
  return node.type === "TemplateLiteral" && node.expressions.length === 0
    ? node.quasis[0]?.cooked
    : undefined;
}

/** The name of a property where it can be read off the source. */
function keyName(key: Node, computed: boolean): string | undefined {
  return !computed && key.type === "Identifier" ? key.name : literalText(key);
}

/** The name of what is called or constructed, for its last part: `b` of `a.b`. */
function calleeName(callee: Node): string {
  const node = bare(callee);
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return "";
  return node.property.type === "PrivateIdentifier"
    ? node.property.name
    : keyName(node.property, node.computed) ?? "";
}

/** Whether an identifier is read as a value: no key, no binding, no type. */
function isValueReference(node: Deno.lint.Identifier): boolean {
  const parent: Node = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.parent.type === "ObjectExpression" && parent.value === node;
    case "PropertyDefinition":
      return parent.value === node;
    case "VariableDeclarator":
      return parent.init === node;
    case "AssignmentPattern":
      return parent.right === node;
    case "ArrowFunctionExpression":
      return parent.body === node;
    case "ClassDeclaration":
    case "ClassExpression":
      return parent.superClass === node;
    case "ArrayPattern":
    case "BreakStatement":
    case "CatchClause":
    case "ContinueStatement":
    case "ExportAllDeclaration":
    case "ExportSpecifier":
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "ImportSpecifier":
    case "LabeledStatement":
    case "MetaProperty":
    case "MethodDefinition":
    case "RestElement":
      return false;
    default:
      return parent !== bare(parent) || !parent.type.startsWith("TS");
  }
}

// --- no-ambient-time, no-runtime-global: what may not be reached from globals

/** What is forbidden itself, or an object with forbidden members. */
type Reach = "forbidden" | Holder;

interface Holder {
  readonly members: Readonly<Record<string, Reach>>;
  /** Whether the object may be handed on, although its members go with it. */
  readonly mayBeHandedOn: boolean;
}

function holder(...forbidden: readonly string[]): Holder {
  const members = Object.fromEntries(
    forbidden.map((name): [string, Reach] => [name, "forbidden"]),
  );
  return { members, mayBeHandedOn: false };
}

/** A tree whose names can also be reached through the global object. */
function globals(
  names: Readonly<Record<string, Reach>>,
): Readonly<Record<string, Reach>> {
  const members = { ...names };
  for (const name of ["globalThis", "window", "self", "global"]) {
    members[name] = { members, mayBeHandedOn: true };
  }
  return members;
}

const AMBIENT = globals({
  setTimeout: "forbidden",
  setInterval: "forbidden",
  setImmediate: "forbidden",
  requestAnimationFrame: "forbidden",
  requestIdleCallback: "forbidden",
  performance: "forbidden",
  Date: holder("now"),
  Math: holder("random"),
  AbortSignal: holder("timeout"),
  Atomics: holder("wait", "waitAsync"),
  Temporal: holder("Now"),
  // Handed on for getBuiltinModule, the house way to what Node alone has.
  process: { ...holder("hrtime", "uptime"), mayBeHandedOn: true },
});

/** What some runtimes lack: the names that the check of types lets through. */
const NOT_EVERYWHERE = globals(
  holder(
    "AsyncDisposableStack",
    "Bun",
    "Deno",
    "DisposableStack",
    "EventSource",
    "SuppressedError",
    "URLPattern",
    "XMLHttpRequest",
  ).members,
);

/** Modules with clocks and timers of their own. */
const TIMER_MODULES = /^(node:)?(timers|timers\/promises|perf_hooks)$/;

/** Follows an expression outwards, to everything forbidden it is used for. */
function follow(node: Node, reach: Reach, report: (node: Node) => void): void {
  if (reach === "forbidden") return report(node);
  const use = wrapped(node);
  const parent = parentOf(use);
  if (parent?.type === "MemberExpression" && parent.object === use) {
    const name = keyName(parent.property, parent.computed);
    if (name === undefined) {
      return reach.mayBeHandedOn ? undefined : report(parent);
    }
    return followMember(parent, name, reach, report);
  }
  const pattern = patternFor(use);
  if (pattern !== undefined) return followPattern(pattern, reach, report);
  if (!reach.mayBeHandedOn && !isHarmless(use)) report(calledBy(use) ?? use);
}

function followMember(
  node: Node,
  name: string,
  { members }: Holder,
  report: (node: Node) => void,
): void {
  if (Object.hasOwn(members, name)) follow(node, members[name]!, report);
}

/** The pattern that takes a value apart. */
function patternFor(value: Node): Deno.lint.ObjectPattern | undefined {
  const parent = parentOf(value);
  let target: Node | undefined;
  if (parent?.type === "VariableDeclarator") target = parent.id;
  else if (
    parent?.type === "AssignmentExpression" ||
    parent?.type === "AssignmentPattern"
  ) target = parent.left;
  return target?.type === "ObjectPattern" ? target : undefined;
}

function followPattern(
  pattern: Deno.lint.ObjectPattern,
  { members, mayBeHandedOn }: Holder,
  report: (node: Node) => void,
): void {
  for (const part of pattern.properties) {
    const name = part.type === "Property"
      ? keyName(part.key, part.computed)
      : undefined;
    if (part.type !== "Property" || name === undefined) {
      if (!mayBeHandedOn) report(part);
      continue;
    }
    const reach = Object.hasOwn(members, name) ? members[name]! : undefined;
    const target: Node = part.value.type === "AssignmentPattern"
      ? part.value.left
      : part.value;
    if (reach === undefined) continue;
    if (reach === "forbidden") report(part);
    else if (target.type === "ObjectPattern") {
      followPattern(target, reach, report);
    } else if (!reach.mayBeHandedOn) report(part);
  }
}

/** Uses of `Date` and the like that neither read the time nor hand it on. */
function isHarmless(use: Node): boolean {
  const parent = parentOf(use);
  switch (parent?.type) {
    case "BinaryExpression": // instanceof, ===, in
    case "UnaryExpression": // typeof
      return true;
    case "NewExpression": // new Date(0) is a value, new Date() the time
      return parent.callee === use && parent.arguments.length > 0;
    default:
      return false;
  }
}

/** The call or construction whose callee this is. */
function calledBy(use: Node): Node | undefined {
  const parent = parentOf(use);
  return (parent?.type === "CallExpression" ||
      parent?.type === "NewExpression") && parent.callee === use
    ? parent
    : undefined;
}

function noAmbientTime(ctx: RuleContext): LintVisitor {
  const place = placeOf(ctx);
  if (!place.startsWith("src/") || place === "src/clock.ts") return {};
  function report(node: Node): void {
    ctx.report({
      node,
      message: `${
        ctx.sourceCode.getText(node)
      } reads time or chance, or hands it on`,
      hint: "Take a Clock or a RandomSource, and default to the system's",
    });
  }
  return {
    Identifier(node): void {
      if (!Object.hasOwn(AMBIENT, node.name) || !isValueReference(node)) return;
      follow(node, AMBIENT[node.name]!, report);
    },
    Literal(node): void {
      const argumentOf = node.parent;
      if (
        argumentOf.type === "CallExpression" &&
        calleeName(argumentOf.callee) === "getBuiltinModule" &&
        TIMER_MODULES.test(literalText(node) ?? "")
      ) report(argumentOf);
    },
  };
}

function noRuntimeGlobal(ctx: RuleContext): LintVisitor {
  if (!placeOf(ctx).startsWith("src/")) return {};
  function report(node: Node): void {
    ctx.report({
      node,
      message: `${
        ctx.sourceCode.getText(node)
      } does not exist on every runtime`,
      hint: "Use what every runtime has, or process.getBuiltinModule",
    });
  }
  return {
    Identifier(node): void {
      if (!Object.hasOwn(NOT_EVERYWHERE, node.name)) return;
      const parent: Node = node.parent;
      const inType = parent.type === "TSTypeQuery" ||
        (parent.type === "TSQualifiedName" && parent.left === node);
      if (inType || isValueReference(node)) {
        follow(node, NOT_EVERYWHERE[node.name]!, report);
      }
    },
  };
}

// --- no-node-import, floors: what a module may import

/** Calls back for each way to name another module, types included. */
function importVisitor(
  found: (node: Node, specifier: string | undefined) => void,
): LintVisitor {
  return {
    ImportDeclaration: (node): void => found(node, node.source.value),
    ExportAllDeclaration: (node): void => found(node, node.source.value),
    ExportNamedDeclaration(node): void {
      if (node.source !== null) found(node, node.source.value);
    },
    ImportExpression: (node): void => found(node, literalText(node.source)),
    TSImportType(node): void {
      const { argument } = node;
      found(
        node,
        argument.type === "TSLiteralType"
          ? literalText(argument.literal)
          : undefined,
      );
    },
    TSExternalModuleReference(node): void {
      found(node, literalText(node.expression));
    },
    CallExpression(node): void {
      if (calleeName(node.callee) !== "require") return;
      found(node, literalText(node.arguments[0] ?? null));
    },
  };
}

function isPackaged(place: string): boolean {
  return place.startsWith("src/") || place === "mod.ts";
}

function noNodeImport(ctx: RuleContext): LintVisitor {
  if (!isPackaged(placeOf(ctx))) return {};
  return importVisitor((node, specifier): void => {
    if (specifier !== undefined && /^\.\.?\/.+\.ts$/.test(specifier)) return;
    ctx.report({
      node,
      message: `Only relative imports that end in .ts, received ${
        specifier ?? "one that cannot be read off the source"
      }`,
      hint: "The package has no dependencies: use what every runtime has, or " +
        "process.getBuiltinModule for what Node alone has",
    });
  });
}

function floors(ctx: RuleContext): LintVisitor {
  const place = placeOf(ctx);
  if (!isPackaged(place)) return {};
  const own = floorOf(place);
  const visitor = importVisitor((node, specifier): void => {
    if (specifier === undefined || !specifier.startsWith(".")) return;
    const target = new URL(specifier, `file:///${place}`).pathname.slice(1);
    const floor = floorOf(target);
    if (floor === undefined && !target.startsWith("src/")) {
      ctx.report({ node, message: `${target} is outside the package` });
    } else if (floor !== undefined && own !== undefined && floor > own) {
      ctx.report({
        node,
        message: `${place} is on floor ${own} and may not import ${target}, ` +
          `which is on floor ${floor}`,
        hint: "Turn the import round, or move one of them: .tools/floors.ts",
      });
    }
  });
  return { ...visitor, Program: (node): void => checkPlace(node, ctx, own) };
}

function checkPlace(
  program: Deno.lint.Program,
  ctx: RuleContext,
  floor: number | undefined,
): void {
  if (floor === undefined) {
    const message = `${placeOf(ctx)} stands on no floor: add it to floors.ts`;
    ctx.report({ range: [0, 0], message });
  }
  if (floor !== TOP_FLOOR) return;
  for (const node of program.body) {
    const reExports = node.type === "ExportAllDeclaration" ||
      (node.type === "ExportNamedDeclaration" && node.source !== null);
    if (!reExports) ctx.report({ node, message: "mod.ts only re-exports" });
  }
}

// --- error-text-in-catalogue

/** An error code, or a part of one: not text. */
const CODE = /^[A-Z0-9_]*$/;
/** What counts as text where only text belongs. */
const WORD = /\p{L}/u;
/** What counts as text among the arguments of any other function. */
const PROSE = /\p{L}.*\s|\s.*\p{L}/su;

/** What each name in a file may stand for, wherever it is in scope. */
type Bindings = ReadonlyMap<string, readonly Node[]>;

/**
 * The first piece of text an expression can evaluate to, or carry as its
 * message. Names lead to what the same file assigns to them.
 */
function textIn(
  node: Node | null,
  wanted: RegExp,
  names: Bindings,
  seen: ReadonlySet<Node> = new Set(),
): Node | undefined {
  const inner = node === null ? null : bare(node);
  if (inner === null || seen.has(inner)) return undefined;
  const path = new Set(seen).add(inner);
  const first = (parts: readonly (Node | null)[], as = wanted) =>
    firstOf(parts, (part) => textIn(part, as, names, path));
  switch (inner.type) {
    case "Literal":
      return isText(literalText(inner), wanted) ? inner : undefined;
    case "TemplateLiteral":
      return inner.quasis.some(({ cooked }) => isText(cooked, wanted))
        ? inner
        : first(inner.expressions);
    case "TaggedTemplateExpression":
      return first([inner.quasi]);
    case "BinaryExpression":
      return inner.operator === "+"
        ? first([inner.left, inner.right])
        : undefined;
    case "LogicalExpression":
      return first([inner.left, inner.right]);
    case "ConditionalExpression":
      return first([inner.consequent, inner.alternate]);
    case "SequenceExpression":
      return first(inner.expressions.slice(-1));
    case "AssignmentExpression":
      return first([inner.right]);
    case "AwaitExpression":
    case "SpreadElement":
      return first([inner.argument]);
    case "ArrayExpression":
      return first(inner.elements);
    case "ObjectExpression":
      return first(valuesAt(inner, "message"));
    case "CallExpression": // ["a", "b"].join(), "a".concat(), fill("Some text")
      return first([calleeObject(inner.callee)]) ??
        first(inner.arguments, PROSE);
    case "Identifier":
    case "MemberExpression":
      return first(valuesOf(inner, names));
    default:
      return undefined;
  }
}

function isText(value: string | undefined, wanted: RegExp): boolean {
  return value !== undefined && !CODE.test(value) && wanted.test(value);
}

function firstOf<T, R>(
  items: readonly T[],
  find: (item: T) => R | undefined,
): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `a` of `a.b()`. */
function calleeObject(callee: Node): Node | null {
  const node = bare(callee);
  return node.type === "MemberExpression" ? node.object : null;
}

/** The values of a property in an object literal; of all, for no name. */
function valuesAt(
  object: Deno.lint.ObjectExpression,
  name: string | undefined,
): readonly Node[] {
  return object.properties.flatMap((part) => {
    if (part.type !== "Property") return [];
    const key = keyName(part.key, part.computed);
    return name === undefined || key === name ? [part.value] : [];
  });
}

/** What a name, or a member of a named object literal, may stand for. */
function valuesOf(node: Node, names: Bindings): readonly Node[] {
  if (node.type === "Identifier") return names.get(node.name) ?? [];
  if (node.type !== "MemberExpression") return [];
  return valuesOf(bare(node.object), names).flatMap((value) => {
    let object = bare(value);
    if (object.type === "CallExpression") { // Object.freeze({...})
      object = bare(object.arguments[0] ?? object);
    }
    return object.type === "ObjectExpression"
      ? valuesAt(object, keyName(node.property, node.computed))
      : [];
  });
}

/** The name of the error class that a class is or extends, if it is one. */
function errorBase(node: Node | undefined): string | undefined {
  if (node?.type !== "ClassDeclaration" && node?.type !== "ClassExpression") {
    return node === undefined ? undefined : errorBase(parentOf(node));
  }
  const name = node.superClass === null ? "" : calleeName(node.superClass);
  return isErrorName(name) ? name : undefined;
}

function isErrorName(name: string): boolean {
  return /error|exception/i.test(name);
}

/** Where the constructor of an error takes its message. */
function messageIndex(errorName: string): number {
  if (errorName === "AggregateError") return 1;
  return errorName === "SuppressedError" ? 2 : 0;
}

function errorTextInCatalogue(ctx: RuleContext): LintVisitor {
  const place = placeOf(ctx);
  if (!place.startsWith("src/") || place === "src/messages.ts") return {};
  const names = new Map<string, Node[]>();
  // Judged at the end, when every name is known.
  const suspects: { readonly node: Node; readonly wanted: RegExp }[] = [];

  function bind(target: Node, value: Node | null): void {
    if (target.type !== "Identifier" || value === null) return;
    names.set(target.name, [...(names.get(target.name) ?? []), value]);
  }

  function suspect(node: Node | null | undefined, wanted: RegExp): void {
    if (node) suspects.push({ node, wanted });
  }

  function suspectArguments(errorName: string, passed: readonly Node[]): void {
    const index = messageIndex(errorName);
    passed.forEach((node, i) => {
      const holdsMessage = i === index || node.type === "SpreadElement" ||
        bare(node).type === "ObjectExpression";
      if (holdsMessage) suspect(node, WORD);
    });
  }

  return {
    VariableDeclarator: (node): void => bind(node.id, node.init),
    AssignmentPattern: (node): void => bind(node.left, node.right),
    AssignmentExpression(node): void {
      bind(node.left, node.right);
      const target = bare(node.left);
      if (target.type !== "MemberExpression") return;
      if (calleeName(target) === "message") suspect(node.right, WORD);
    },
    PropertyDefinition(node): void {
      const isMessage = keyName(node.key, node.computed) === "message";
      if (isMessage && errorBase(node) !== undefined) suspect(node.value, WORD);
    },
    ThrowStatement: (node): void => suspect(node.argument, WORD),
    NewExpression(node): void {
      const name = calleeName(node.callee);
      if (isErrorName(name)) suspectArguments(name, node.arguments);
    },
    CallExpression(node): void {
      const name = calleeName(node.callee);
      const object = calleeObject(node.callee);
      if (node.callee.type === "Super") {
        const base = errorBase(node);
        if (base !== undefined) suspectArguments(base, node.arguments);
      } else if (/^(?=[A-Z])\w*(Error|Exception)$/.test(name)) {
        suspectArguments(name, node.arguments);
      } else if (name === "reject" || name === "abort") {
        suspect(node.arguments[0], WORD); // a reason is thrown in the end
      } else if (
        /(Error|Exception)$/.test(name) ||
        (object !== null && /(Error|Exception)$/.test(calleeName(object)))
      ) {
        // A helper takes names of options and the like, so only prose counts.
        node.arguments.forEach((argument) => suspect(argument, PROSE));
      }
    },
    "Program:exit"(): void {
      const reported = new Set<number>();
      for (const { node, wanted } of suspects) {
        const text = textIn(node, wanted, names);
        if (text === undefined || reported.has(text.range[0])) continue;
        reported.add(text.range[0]);
        ctx.report({
          node: text,
          message: "The text of an error belongs into messages.ts",
          hint:
            "Add it to the catalogue and name its code, so that it can be " +
            "translated",
        });
      }
    },
  };
}

// --- no-using-syntax, no-private-keyword

function noUsingSyntax(ctx: RuleContext): LintVisitor {
  if (!/^(src\/|tests\/|examples\/|mod\.ts$)/.test(placeOf(ctx))) return {};
  return {
    VariableDeclaration(node): void {
      if (node.kind !== "using" && node.kind !== "await using") return;
      ctx.report({
        node,
        message: `Node 22 cannot parse "${node.kind}"`,
        hint: "Write try/finally and call the method that releases",
      });
    },
  };
}

/** What can carry an access modifier. */
type Member =
  | Deno.lint.AccessorProperty
  | Deno.lint.MethodDefinition
  | Deno.lint.PropertyDefinition
  | Deno.lint.TSAbstractMethodDefinition
  | Deno.lint.TSAbstractPropertyDefinition;

function noPrivateKeyword(ctx: RuleContext): LintVisitor {
  const message = "The private keyword hides nothing at run time";
  function check(node: Member): void {
    if (node.accessibility !== "private") return;
    const hint = node.type === "MethodDefinition" && node.kind === "constructor"
      ? "Export a factory and an interface, and keep the class to the module"
      : "Use a #name";
    ctx.report({ range: node.range, message, hint });
  }
  return {
    AccessorProperty: check,
    MethodDefinition: check,
    PropertyDefinition: check,
    TSAbstractMethodDefinition: check,
    TSAbstractPropertyDefinition: check,
    TSParameterProperty({ range }: Deno.lint.TSParameterProperty): void {
      // Deno 2.9 leaves its accessibility empty, so the source has to tell.
      const source = ctx.sourceCode.text.slice(...range);
      if (!source.startsWith("private ")) return;
      ctx.report({ range, message, hint: "Assign to a #name" });
    },
  };
}

/** The house rules. */
const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "error-text-in-catalogue": { create: errorTextInCatalogue },
    floors: { create: floors },
    "no-ambient-time": { create: noAmbientTime },
    "no-node-import": { create: noNodeImport },
    "no-private-keyword": { create: noPrivateKeyword },
    "no-runtime-global": { create: noRuntimeGlobal },
    "no-using-syntax": { create: noUsingSyntax },
  },
};

export default plugin;
