/**
 * How many bytes something takes. It needs the garbage collector: Node and Deno
 * have to be told `--expose-gc` (Deno by `--v8-flags`).
 *
 * @module
 */

import { memoryUsage } from "node:process";

const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error("Run it with --expose-gc");

function usedBytes(): number {
  gc!();
  gc!();
  const { heapUsed, external } = memoryUsage();
  return heapUsed + external;
}

/** Holds what is weighed: so it is not garbage. */
const scale: unknown[] = [];

/**
 * Weighs what is made. What was there before does not count.
 *
 * @param make Makes it.
 * @returns The bytes.
 */
export async function bytesOf(make: () => unknown): Promise<number> {
  const before = usedBytes();
  scale.push(await make());
  const bytes = usedBytes() - before;
  scale.pop();
  return bytes;
}
