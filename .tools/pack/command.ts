/**
 * Other programs: npm, tar, the runtimes, compilers.
 *
 * @module
 */

/** What a program has said, and whether it succeeded. */
export interface Answer {
  /** Whether it exited with 0. */
  readonly success: boolean;
  /** What it wrote to its standard output. */
  readonly stdout: string;
  /** What it wrote to both, for whoever looks for what went wrong. */
  readonly output: string;
}

/** What npm is called: on Windows it is a script. */
export const NPM: string = Deno.build.os === "windows" ? "npm.cmd" : "npm";

/** How long a program may take, in ms. */
const LIMIT_MS = 600_000;

/**
 * Runs a program to its end.
 *
 * @param program Its name or path.
 * @param args Its arguments.
 * @param cwd The folder it runs in.
 * @returns What it has said.
 * @throws {Error} There is no such program.
 */
export async function ask(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<Answer> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  ) as [string, string];
  return { success, stdout: text, output: `${text}${errors}` };
}

/**
 * Runs a program that has to succeed.
 *
 * @param program Its name or path.
 * @param args Its arguments.
 * @param cwd The folder it runs in.
 * @returns What it wrote to its standard output.
 * @throws {Error} It failed; the message has what it said.
 */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const { success, stdout, output } = await ask(program, args, cwd);
  if (success) return stdout;
  throw new Error(`${program} ${args.join(" ")} failed:\n${output}`);
}
