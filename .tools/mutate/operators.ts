/**
 * The mutation operators: which small faults a piece of the source may have.
 * They are those of the field. Left out is what no test of behaviour can see
 * (types, names, the texts of a catalogue, which is an object `as const`) and
 * what another fault of the same code does just as well.
 *
 * @module
 */

import ts from "npm:typescript@6.0.3";

/** A fault: other text in place of a range of the source. */
export interface Edit {
  /** The kind of fault. */
  readonly operator: string;
  /** Where the range begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  /** What takes its place. */
  readonly replacement: string;
}

/** What takes the place of what, in pairs. */
const SWAPS: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  boundary: pairs("< <=  <= <  > >=  >= >"),
  equality: pairs("=== !==  !== ===  < >=  <= >  > <=  >= <"),
  arithmetic: pairs("+ -  - +  * /  / *  % *  ** *"),
  bitwise: pairs("<< >>  >> <<  >>> <<  & |  | &  ^ &"),
  logical: pairs("&& ||  || &&  ?? &&"),
  assignment: pairs(
    "+= -=  -= +=  *= /=  /= *=  %= *=  <<= >>=  >>= <<=  >>>= <<=  " +
      "&= |=  |= &=  ^= &=  &&= ||=  ||= &&=  ??= &&=",
  ),
};

const METHODS: ReadonlyMap<string, string> = pairs(
  "min max  max min  some every  every some  floor ceil  ceil floor  " +
    "startsWith endsWith  endsWith startsWith  trimStart trimEnd  " +
    "trimEnd trimStart  toLowerCase toUpperCase  toUpperCase toLowerCase  " +
    "push unshift  unshift push  pop shift  shift pop  indexOf lastIndexOf  " +
    "lastIndexOf indexOf  find findLast  findLast find  " +
    "findIndex findLastIndex  findLastIndex findIndex",
);

/** What can be left out and gives something of the same type. */
const REMOVABLE = /^(slice|filter|sort|toSorted|reverse|toReversed|trim)$/;

function pairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("  ").map((pair) => pair.split(" ") as [string, string]),
  );
}

/**
 * Whether neither a node nor what it holds is mutated.
 *
 * @param node The node.
 * @returns Whether to leave it alone.
 */
export function isLeftAlone(node: ts.Node): boolean {
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) || isCatalogue(node);
}

function isCatalogue(node: ts.Node): boolean {
  return ts.isAsExpression(node) && ts.isConstTypeReference(node.type) &&
    ts.isObjectLiteralExpression(node.expression);
}

/**
 * The faults that a node itself may have, not what it holds.
 *
 * @param node A node of the source.
 * @returns Its edits.
 */
export function* editsOf(node: ts.Node): Generator<Edit> {
  if (ts.isBinaryExpression(node)) {
    yield* binaryEdits(node);
  } else if (ts.isPrefixUnaryExpression(node)) {
    yield* unaryEdits(node.getStart(), node.operand.getStart(), node);
  } else if (ts.isPostfixUnaryExpression(node)) {
    yield* unaryEdits(node.operand.end, node.end, node);
  } else if (ts.isIfStatement(node)) {
    yield* conditionEdits(node.expression, "true", "false");
  } else if (ts.isConditionalExpression(node)) {
    yield* conditionEdits(node.condition, "true", "false");
  } else if (ts.isWhileStatement(node) || ts.isDoStatement(node)) {
    yield* conditionEdits(node.expression, "false");
  } else if (ts.isForStatement(node) && node.condition) {
    yield* conditionEdits(node.condition, "false");
  } else if (ts.isCaseClause(node) && !isLiteral(node.expression)) {
    yield edit("case", node.expression, "NaN"); // It is equal to nothing.
  } else if (isBoolean(node)) {
    yield edit("boolean", node, String(node.getText() !== "true"));
  } else if (isText(node)) {
    const isEmpty = /^(""|``)$/.test(node.getText());
    yield edit("string", node, isEmpty ? `"mutated"` : `""`);
  } else if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) {
    yield edit("array", node, "[]");
  } else if (ts.isObjectLiteralExpression(node) && node.properties.length > 0) {
    yield edit("object", node, "{}");
  } else if (ts.isBlock(node) && isWorthEmptying(node)) {
    yield edit("block", node, "{}");
  } else if (ts.isExpressionStatement(node)) {
    if (isCall(node.expression) && !isOnlyStatement(node)) {
      yield edit("call", node.expression, "undefined");
    }
  } else if (ts.isReturnStatement(node) && node.expression) {
    const isBody = isOnlyStatement(node) &&
      ts.isFunctionLike(node.parent.parent);
    if (!isBody) yield* returnEdits(node.expression);
  } else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
    yield* returnEdits(node.body);
  } else if (ts.isCallExpression(node)) {
    yield* methodEdits(node);
  }
  if ("questionDotToken" in node && node.questionDotToken) {
    const link = ts.isPropertyAccessExpression(node) ? "." : "";
    yield edit("optional chaining", node.questionDotToken as ts.Node, link);
  }
}

function edit(operator: string, target: ts.Node, replacement: string): Edit {
  return { operator, start: target.getStart(), end: target.end, replacement };
}

function* binaryEdits(node: ts.BinaryExpression): Generator<Edit> {
  const { left, operatorToken, right } = node;
  const sign = operatorToken.getText();
  const isConcatenation = sign === "+" && (isText(left) || isText(right));
  for (const [operator, swaps] of Object.entries(SWAPS)) {
    const other = swaps.get(sign);
    if (other === undefined || isConcatenation) continue;
    if (sign === "??") { // It must not stand beside && without parentheses.
      const text = `(${left.getText()}) ${other} (${right.getText()})`;
      yield edit(operator, node, text);
    } else yield edit(operator, operatorToken, other);
  }
  if (sign !== "&&" && sign !== "||") return;
  for (const side of [left, right]) {
    if (isOperand(side)) yield edit("operand", side, String(sign === "&&"));
  }
}

/** Whether it is a test of its own, not a chain of others. */
function isOperand(node: ts.Expression): boolean {
  return !isBoolean(node) && !(ts.isBinaryExpression(node) &&
    SWAPS["logical"]!.has(node.operatorToken.getText()));
}

function* unaryEdits(
  start: number,
  end: number,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
): Generator<Edit> {
  const sign = ts.tokenToString(node.operator)!;
  const replacement = pairs("++ --  -- ++  + -  - +").get(sign) ?? "";
  const operator = sign.length === 2 ? "update" : "unary";
  yield { operator, start, end, replacement };
}

function* conditionEdits(
  condition: ts.Expression,
  ...values: readonly string[]
): Generator<Edit> {
  if (isBoolean(condition)) return;
  for (const value of values) yield edit("condition", condition, value);
}

function* returnEdits(value: ts.Expression): Generator<Edit> {
  if (isBoolean(value) || value.getText() === "undefined") return;
  yield edit("return", value, "undefined");
}

function* methodEdits(node: ts.CallExpression): Generator<Edit> {
  const callee = node.expression;
  if (!ts.isPropertyAccessExpression(callee)) return;
  const other = METHODS.get(callee.name.text);
  if (other !== undefined) yield edit("method", callee.name, other);
  if (REMOVABLE.test(callee.name.text)) {
    yield edit("method", node, callee.expression.getText());
  }
}

function isBoolean(node: ts.Node): boolean {
  return node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword;
}

function isLiteral(node: ts.Node): boolean {
  return isBoolean(node) || isText(node);
}

/** A string that is a value: no key, no tagged template. */
function isText(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) {
    return false;
  }
  const { parent } = node;
  const isName = "name" in parent && parent.name === node;
  return !isName && !ts.isTaggedTemplateExpression(parent);
}

/**
 * Not what is empty, nor a constructor that must call `super()`, nor the one
 * branch of an `if`, which a condition that is false skips just as well.
 */
function isWorthEmptying({ parent, statements }: ts.Block): boolean {
  if (statements.length === 0) return false;
  if (ts.isIfStatement(parent)) return parent.elseStatement !== undefined;
  return !statements.some((statement) =>
    ts.isExpressionStatement(statement) && isSuperCall(statement.expression)
  );
}

function isCall(node: ts.Expression): boolean {
  const call = ts.isAwaitExpression(node) ? node.expression : node;
  return ts.isCallExpression(call) && !isSuperCall(call);
}

function isSuperCall(node: ts.Expression): boolean {
  return ts.isCallExpression(node) &&
    node.expression.kind === ts.SyntaxKind.SuperKeyword;
}

function isOnlyStatement(node: ts.Statement): boolean {
  return ts.isBlock(node.parent) && node.parent.statements.length === 1;
}
