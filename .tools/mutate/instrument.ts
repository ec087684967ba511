/**
 * Compiles every mutant of a file into one text: in the place of an expression
 * `e` with two mutants stands `(isActive(1) ? e1 : isActive(2) ? e2 : e)`. So
 * the tests load the code once, and which mutant they meet is said at run time.
 *
 * @module
 */

import ts from "npm:typescript@6.0.3";
import { type Edit, editsOf, isLeftAlone } from "./operators.ts";

/** A fault of a file, by its number. */
export interface Mutant {
  /** Its number, from 1. */
  readonly id: number;
  /** The path of the file. */
  readonly file: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** Where it begins in the line, from 1. */
  readonly column: number;
  /** What kind of fault it is. */
  readonly operator: string;
  /** What stands there. */
  readonly before: string;
  /** What stands there in its turn. */
  readonly after: string;
  /** The line of the source. */
  readonly sourceLine: string;
}

interface Placed extends Edit {
  readonly id: number;
}

/**
 * Compiles all mutants of a file.
 *
 * @param file The path of the file, for reports.
 * @param text What is in it.
 * @param firstId The number of its first mutant.
 * @param switchUrl Where `isActive` is imported from.
 * @returns The text that takes the file's place, and the mutants in it.
 */
export function instrument(
  file: string,
  text: string,
  firstId: number,
  switchUrl: string,
): { text: string; mutants: readonly Mutant[] } {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.split("\n");
  const mutants: Mutant[] = [];
  const editsByHost = new Map<ts.Node, Placed[]>();

  function collect(node: ts.Node): void {
    if (isLeftAlone(node)) return;
    for (const edit of editsOf(node)) {
      const host = hostOf(node, edit);
      if (host === undefined) continue;
      const id = firstId + mutants.length;
      const { line, character } = tree.getLineAndCharacterOfPosition(
        edit.start,
      );
      mutants.push({
        id,
        file,
        line: line + 1,
        column: character + 1,
        operator: edit.operator,
        before: text.slice(edit.start, edit.end),
        after: edit.replacement,
        sourceLine: lines[line]!.trim(),
      });
      const edits = editsByHost.get(host) ?? [];
      editsByHost.set(host, [...edits, { ...edit, id }]);
    }
    node.forEachChild(collect);
  }

  function render(node: ts.Node): string {
    let rendered = "";
    let at = startOf(node);
    node.forEachChild((child) => {
      rendered += text.slice(at, startOf(child)) + render(child);
      at = child.end;
    });
    rendered += text.slice(at, node.end);
    return switched(node, rendered, editsByHost.get(node) ?? []);
  }

  /** Where a node's own text begins: comments before it stay outside. */
  function startOf(node: ts.Node): number {
    return node === tree ? 0 : node.getStart(tree);
  }

  function switched(
    node: ts.Node,
    rendered: string,
    edits: readonly Placed[],
  ): string {
    if (edits.length === 0) return rendered;
    if (ts.isBlock(node)) {
      return `{ if (isActive(${edits[0]!.id})) {} else ${rendered} }`;
    }
    const choices = edits.map(({ id, start, end, replacement }) =>
      `isActive(${id}) ? ${text.slice(startOf(node), start)}${replacement}${
        text.slice(end, node.end)
      } : `
    );
    return `(${choices.join("")}${rendered})`;
  }

  collect(tree);
  const head = `import { isActive } from ${JSON.stringify(switchUrl)}; `;
  return { text: head + render(tree), mutants };
}

/** The node around an edit that can become a choice. */
function hostOf(node: ts.Node, edit: Edit): ts.Node | undefined {
  if (ts.isBlock(node)) return node;
  let host = innermost(node, edit);
  while (!canBeChoice(host)) {
    if (!ts.isExpression(host)) return undefined;
    host = host.parent;
  }
  return host;
}

/** The smallest expression that holds all of an edit. */
function innermost(node: ts.Node, edit: Edit): ts.Node {
  const inner = node.forEachChild((child) =>
    ts.isExpression(child) && child.getStart() <= edit.start &&
      child.end >= edit.end
      ? child
      : undefined
  );
  return inner === undefined ? node : innermost(inner, edit);
}

/** Whether parentheses around an expression leave its meaning as it is. */
function canBeChoice(node: ts.Node): boolean {
  const { parent } = node;
  if (!ts.isExpression(node) || isTarget(node)) return false;
  if (ts.isCallOrNewExpression(parent)) return parent.expression !== node;
  if (ts.isOptionalChain(parent)) return parent.expression !== node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  return true;
}

/** Whether something is assigned to a node or done to it in its place. */
function isTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isNonNullExpression(parent) || ts.isParenthesizedExpression(parent)) {
    return isTarget(parent);
  }
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === node && kind >= ts.SyntaxKind.FirstAssignment &&
      kind <= ts.SyntaxKind.LastAssignment;
  }
  return ts.isPostfixUnaryExpression(parent) || ts.isDeleteExpression(parent) ||
    ts.isPrefixUnaryExpression(parent) &&
      /^(\+\+|--)/.test(parent.getText());
}
