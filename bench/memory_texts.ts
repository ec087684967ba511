/**
 * Texts to weigh something with.
 *
 * @module
 */

/**
 * Makes texts that take no more room later on. Engines leave a text in parts until
 * somebody looks into it, and copy it when it first is the name of a property.
 *
 * @param count How many.
 * @param textOf The text of a number; they all differ, and none is a number.
 * @returns The texts, in the order of their numbers.
 */
export function textsOf(
  count: number,
  textOf: (number: number) => string,
): readonly string[] {
  const names: Record<string, boolean> = {};
  for (let i = 0; i < count; i++) names[textOf(i)] = true;
  return Object.keys(names);
}
