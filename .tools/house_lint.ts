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
 * The rules look at one file and at names, not at types or at what a variable
 * holds. They stop slips, not somebody who wants to get around them.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { floorOf, TOP_FLOOR } from "./floors.ts";

type Node = Deno.lint.Node;
type Call = Deno.lint.CallExpression | Deno.lint.NewExpression;
type RuleContext = Deno.lint.RuleContext;
type LintVisitor = Deno.lint.LintVisitor;

// --- Reading the source

const CAST = /^(TS(As|Satisfies|NonNull|Instantiation)|Chain)Expression$/;

/** Takes casts, `!` and `?.` off an expression. */
function bare(node: Node): Node {
  return CAST.test(node.type) ? bare(Reflect.get(node, "expression")) : node;
}

/** The string a literal or a template without expressions stands for. */
function literalText(node: Node): string | undefined {
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) {
    return node.quasis[0]?.cooked;
  }
  return node.type === "Literal" && typeof node.value === "string"
    ? node.value
    : undefined;
}

/** The name of a property, or "?" where the source does not tell. */
function keyName(key: Node, computed: boolean): string {
  if (!computed && key.type === "Identifier") return key.name;
  return literalText(key) ?? "?";
}

/** Nodes that hold bindings or types only, but for casts. */
const NAMES_ONLY = /^(\w+Specifier|(Array|Object)Pattern|RestElement|TS\w+)$/;

/** Whether an identifier is read as a value: no key, no binding, no type. */
function isValue(node: Deno.lint.Identifier): boolean {
  const parent: Node = node.parent;
  if (parent.type === "AssignmentPattern") return parent.right === node;
  const owner = parent.type === "Property" ? parent.parent : parent;
  if (NAMES_ONLY.test(owner.type)) return CAST.test(owner.type);
  return !["id", "key", "label", "param", "params", "property"].some((slot) =>
    [Reflect.get(parent, slot)].flat().includes(node)
  );
}

/** `Date.now` for `Date.now` and `globalThis.Date?.["now"]`. */
function pathOf(expression: Node): string {
  const node = bare(expression);
  if (node.type === "Identifier" && isValue(node)) return node.name;
  return node.type === "MemberExpression"
    ? memberPath(pathOf(node.object), keyName(node.property, node.computed))
    : "?";
}

function memberPath(object: string, name: string): string {
  return /^(globalThis|window|self)$/.test(object) ? name : `${object}.${name}`;
}

// --- no-ambient-time, no-runtime-global: what may not be taken from globals

const AMBIENT = ("Date.now Math.random AbortSignal.timeout process.hrtime " +
  "performance setTimeout setInterval setImmediate requestAnimationFrame")
  .split(" ");

/** What some runtimes lack, although the check of types lets it through. */
const NOT_EVERYWHERE = ("Deno Bun URLPattern DisposableStack " +
  "AsyncDisposableStack SuppressedError").split(" ");

/** Calls back for each use of a global, be it called, handed on or unpacked. */
function globalVisitor(
  forbidden: readonly string[],
  found: (node: Node) => void,
): LintVisitor {
  function check(node: Node): void {
    if (forbidden.includes(pathOf(node))) found(node);
  }
  return {
    Identifier: check,
    MemberExpression: check,
    VariableDeclarator({ id, init }): void { // const { now } = Date
      if (id.type !== "ObjectPattern" || init === null) return;
      for (const part of id.properties) {
        if (part.type !== "Property") continue;
        const name = keyName(part.key, part.computed);
        if (forbidden.includes(memberPath(pathOf(init), name))) found(part);
      }
    },
  };
}

function noAmbientTime(ctx: RuleContext): LintVisitor {
  function found(node: Node): void {
    const message = `${ctx.sourceCode.getText(node)} reads time or chance`;
    const hint = "Take a Clock or a RandomSource, and default to the system's";
    ctx.report({ node, message, hint });
  }
  function checkCall(node: Call): void {
    if (pathOf(node.callee) !== "Date") return;
    // new Date(0) is that time, but Date(0) the current one, as text.
    const isGiven = node.type === "NewExpression" && node.arguments.length > 0;
    if (!isGiven) found(node);
  }
  return {
    ...globalVisitor(AMBIENT, found),
    CallExpression: checkCall,
    NewExpression: checkCall,
  };
}

function noRuntimeGlobal(ctx: RuleContext): LintVisitor {
  return globalVisitor(NOT_EVERYWHERE, (node): void => {
    const message = `Some runtimes have no ${ctx.sourceCode.getText(node)}`;
    const hint = "Use what all have, or process.getBuiltinModule";
    ctx.report({ node, message, hint });
  });
}

// --- no-node-import, floors: what a module may import

/** Calls back for each way to name another module, types included. */
function importVisitor(
  found: (node: Node, specifier: string | undefined) => void,
): LintVisitor {
  function check(node: Node & { readonly source: Node | null }): void {
    if (node.source !== null) found(node, literalText(node.source));
  }
  return {
    ImportDeclaration: check,
    ExportAllDeclaration: check,
    ExportNamedDeclaration: check,
    ImportExpression: check,
    TSImportType(node): void {
      const { argument } = node;
      if (argument.type !== "TSLiteralType") return;
      found(node, literalText(argument.literal));
    },
  };
}

function noNodeImport(ctx: RuleContext): LintVisitor {
  return importVisitor((node, specifier = "a computed one"): void => {
    if (/^\.\.?\/.+\.ts$/.test(specifier)) return;
    const message = `Only relative imports ending in .ts, not ${specifier}`;
    const hint = "Take what only Node has from process.getBuiltinModule";
    ctx.report({ node, message, hint });
  });
}

function floors(ctx: RuleContext, place: string): LintVisitor {
  function report(node: Node, message: string): void {
    const hint = "Add it to .tools/floors.ts, move it or turn the import round";
    ctx.report({ node, message, hint });
  }
  const own = floorOf(place);
  const visitor = importVisitor((node, specifier): void => {
    if (!specifier?.startsWith(".")) return;
    const target = new URL(specifier, `file:///${place}`).pathname.slice(1);
    const floor = floorOf(target);
    if (floor === undefined && !target.startsWith("src/")) {
      report(node, `${target} is outside the package`);
    } else if (floor !== undefined && own !== undefined && floor > own) {
      report(node, `${target} is on floor ${floor}, above ${place} on ${own}`);
    }
  });
  function checkPlace(program: Deno.lint.Program): void {
    if (own === undefined) report(program, `${place} stands on no floor`);
    if (own !== TOP_FLOOR) return;
    for (const node of program.body) {
      const reExports = node.type === "ExportAllDeclaration" ||
        (node.type === "ExportNamedDeclaration" && node.source !== null);
      if (!reExports) report(node, `${place} only re-exports`);
    }
  }
  return { ...visitor, Program: checkPlace };
}

// --- error-text-in-catalogue

/** Errors, and what takes a reason that is thrown in the end. */
const TAKES_MESSAGE = /(^|\.)(([A-Z]\w*)?(Error|Exception)|reject|abort)$/;

/** What people read; an error code, or a part of one, is not. */
const TEXT = /^(?![A-Z0-9_]*$).*\p{L}/su;

/** The first text that expressions evaluate to, or carry as a message. */
function firstText(expressions: readonly (Node | null)[]): Node | undefined {
  for (const expression of expressions) {
    if (expression === null) continue; // the hole in [, 1]
    const node = bare(expression);
    const text = node.type === "TemplateLiteral"
      ? node.quasis.map(({ cooked }) => cooked).join("")
      : literalText(node) ?? "";
    const found = TEXT.test(text) ? node : firstText(partsOf(node));
    if (found !== undefined) return found;
  }
  return undefined;
}

function partsOf(node: Node): readonly (Node | null)[] {
  switch (node.type) {
    case "TemplateLiteral":
      return node.expressions;
    case "BinaryExpression":
    case "LogicalExpression":
      return [node.left, node.right];
    case "ConditionalExpression":
      return [node.consequent, node.alternate];
    case "ArrayExpression":
      return node.elements;
    case "ObjectExpression":
      return node.properties;
    case "Property":
      return keyName(node.key, node.computed) === "message" ? [node.value] : [];
    default:
      return [];
  }
}

function errorText(ctx: RuleContext): LintVisitor {
  function check(nodes: readonly Node[]): void {
    const node = firstText(nodes);
    if (node === undefined) return;
    const message =
      "The text of an error belongs into messages.ts or _expectations.ts";
    ctx.report({ node, message, hint: "Add it there and name its code" });
  }
  function baseClass(node: Node): string {
    const owner = ctx.sourceCode.getAncestors(node).findLast(({ type }) =>
      type === "ClassDeclaration" || type === "ClassExpression"
    );
    const base = owner && Reflect.get(owner, "superClass");
    return base ? pathOf(base) : "?";
  }
  function checkCall(node: Call): void {
    const isSuper = node.callee.type === "Super";
    const callee = isSuper ? baseClass(node) : pathOf(node.callee);
    if (!TAKES_MESSAGE.test(callee)) return;
    // After the first, a string is a name or the like: only messages count.
    check(
      node.arguments.filter(({ type }, i) =>
        i === 0 || type === "ObjectExpression" || type === "ArrayExpression"
      ),
    );
  }
  return {
    ThrowStatement: (node): void => check([node.argument]),
    CallExpression: checkCall,
    NewExpression: checkCall,
  };
}

// --- no-using-syntax, no-private-keyword

function noUsing(ctx: RuleContext): LintVisitor {
  return {
    VariableDeclaration(node): void {
      if (!node.kind.endsWith("using")) return;
      const message = `Node 22 cannot parse "${node.kind}"`;
      ctx.report({ node, message, hint: "Use try/finally" });
    },
  };
}

function noPrivateKeyword(ctx: RuleContext): LintVisitor {
  function found(node: Node): void {
    const message = "The private keyword hides nothing at run time";
    const hint = "Use a #name; for a constructor, export a factory instead";
    ctx.report({ node, message, hint });
  }
  return {
    "[accessibility=private]": found,
    TSParameterProperty(node): void {
      // Deno 2.9 leaves its accessibility empty, so the source has to tell.
      if (ctx.sourceCode.getText(node).startsWith("private ")) found(node);
    },
  };
}

// --- Where each rule holds

const ROOT = new URL("..", import.meta.url).href;

/** A rule for the files whose path from the root matches. */
function rule(
  where: RegExp,
  create: (ctx: RuleContext, place: string) => LintVisitor,
): Deno.lint.Rule {
  return {
    create(ctx): LintVisitor {
      const place = pathToFileURL(ctx.filename).href.replace(ROOT, "");
      // A file outside keeps its whole URL, which only "everywhere" matches.
      return where.test(place) ? create(ctx, place) : {};
    },
  };
}

/** The house rules. */
const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "error-text-in-catalogue": rule(/^src\/(?!messages\.ts$)/, errorText),
    floors: rule(/^src\/|^mod\.ts$/, floors),
    "no-ambient-time": rule(/^src\/(?!clock\.ts$)/, noAmbientTime),
    "no-node-import": rule(/^src\/|^mod\.ts$/, noNodeImport),
    "no-private-keyword": rule(/^/, noPrivateKeyword),
    "no-runtime-global": rule(/^src\//, noRuntimeGlobal),
    "no-using-syntax": rule(/^(src|tests|examples)\/|^mod\.ts$/, noUsing),
  },
};

export default plugin;
