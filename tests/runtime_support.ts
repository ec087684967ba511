/**
 * Marks tests that need more of the runtime than JavaScript and the web's own
 * interfaces. Deno, Node and Bun have all of it; browsers and workerd leave the
 * marked tests out, and say why.
 *
 * @module
 */

/** What is there without an import, which browsers would fail at. */
const { process } = globalThis as {
  readonly process?: {
    readonly platform?: string;
    getBuiltinModule?(id: string): unknown;
  };
};

function hasModule(id: string): boolean {
  return process?.getBuiltinModule?.(id) !== undefined;
}

function hasWebBrotli(): boolean {
  try {
    new CompressionStream("brotli" as CompressionFormat);
    return true;
  } catch {
    return false;
  }
}

/** What a test may need. */
export type Need =
  | "AsyncLocalStorage"
  | "brotli"
  | "brotli of the web"
  | "other programs"
  | "signals"
  | "sockets"
  | "util.inspect"
  | "zlib";

const IS_THERE: Readonly<Record<Need, () => boolean>> = {
  "AsyncLocalStorage": () => hasModule("node:async_hooks"),
  "brotli": () => hasModule("node:zlib") || hasWebBrotli(),
  "brotli of the web": hasWebBrotli,
  "other programs": () => hasModule("node:child_process"),
  // On Windows a signal ends a program there and then.
  "signals": () => process?.platform !== "win32",
  "sockets": () => hasModule("node:net"),
  "util.inspect": () => hasModule("node:util"),
  "zlib": () => hasModule("node:zlib"),
};

/**
 * The option of a test that needs something.
 *
 * @param all What it needs.
 * @returns Why it is left out, where something is missing.
 */
export function needs(
  ...all: readonly Need[]
): { readonly skip: string | false } {
  const missing = all.find((need) => !IS_THERE[need]());
  return { skip: missing === undefined ? false : `needs ${missing}` };
}

/** The codings that the runtime brings, the preferred one first. */
export const CODINGS: readonly ("br" | "gzip" | "deflate")[] =
  needs("brotli").skip ? ["gzip", "deflate"] : ["br", "gzip", "deflate"];

/** Sets a header of a request, be it one that browsers keep to themselves. */
export function setHeader(request: Request, name: string, value: string): void {
  request.headers.set(name, value);
  if (request.headers.has(name)) return;
  const headers = new Headers(request.headers);
  headers.set(name, value);
  Object.defineProperty(request, "headers", { value: headers });
}
