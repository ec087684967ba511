/**
 * Stands in for what Node has and browsers and workerd lack, so that files which
 * import it can be bundled. Whatever is called throws; what starts a program says
 * that it cannot, as Node's does.
 *
 * @module
 */

/** What throws, as there is no such function. */
export function absent(name: string): () => never {
  return () => {
    throw new Error(`There is no ${name}() in this runtime`);
  };
}

/** Of `node:child_process`. */
export const spawn: () => never = absent("spawn");
/** Of `node:child_process`. */
export function spawnSync(): { readonly error: Error; readonly status: null } {
  return { error: new Error("No program can be started"), status: null };
}
/** Of `node:buffer`. */
export const Buffer: undefined = undefined;
/** Of `node:crypto`. */
export const createHash: () => never = absent("createHash");
/** Of `node:events`. */
export const once: () => never = absent("once");
/** Of `node:http` and `node:net`. */
export const createServer: () => never = absent("createServer");
/** Of `node:net`. */
export const connect: () => never = absent("connect");
/** Of `node:stream`. */
export const Readable: undefined = undefined;
/** Of `node:stream/promises`. */
export const pipeline: () => never = absent("pipeline");
/** Of `node:url`. */
export const fileURLToPath: () => never = absent("fileURLToPath");
/** Of `node:process`. */
export default undefined;
