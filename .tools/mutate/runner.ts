/**
 * Starts workers, asks them, and ends those that do not answer in time.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Answer, MARK, type Question } from "./worker.ts";

/** An answer, or why there is none. */
export type Reply = Answer | "timed out" | "crashed";

/** A worker, as who asks it sees it. */
export class Runner {
  readonly #child: ChildProcess;
  #settle: (reply: Reply) => void = () => {};
  #isGone = false;

  /**
   * Starts a worker; `load` tells when it is ready.
   *
   * @param importMap What stands in for fast-check and node:test.
   * @param tests The files of tests.
   * @param mutant The mutant that is active while they load; 0 for none.
   */
  constructor(importMap: string, tests: readonly string[], mutant: number) {
    const worker = fileURLToPath(new URL("worker.ts", import.meta.url));
    this.#child = spawn(process.execPath, [
      ...["run", "--allow-all", "--quiet", "--no-check", "--no-config"],
      ...["--no-lock", `--import-map=${importMap}`],
      // A mutant that hoards must not take the machine's memory.
      "--v8-flags=--max-old-space-size=1024",
      ...[worker, String(mutant), ...tests],
    ], { stdio: ["pipe", "pipe", "ignore"] });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      if (line.startsWith(MARK)) {
        this.#settle(JSON.parse(line.slice(MARK.length)));
      }
    });
    this.#child.stdin!.on("error", () => {}); // It is gone: see "exit".
    this.#child.on("exit", () => {
      this.#isGone = true;
      this.#settle("crashed");
    });
  }

  /**
   * Waits until the tests are loaded.
   *
   * @param limitMs How many milliseconds it may take.
   * @returns How it went.
   */
  load(limitMs: number): Promise<Reply> {
    return this.#wait(limitMs);
  }

  /**
   * Runs a test.
   *
   * @param question The test, and the mutant.
   * @param limitMs How many milliseconds it may take.
   * @returns How it went.
   */
  ask(question: Question, limitMs: number): Promise<Reply> {
    const reply = this.#wait(limitMs);
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    return reply;
  }

  /** Ends the worker. */
  close(): void {
    this.#child.kill("SIGKILL");
  }

  #wait(limitMs: number): Promise<Reply> {
    if (this.#isGone) return Promise.resolve("crashed");
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.close();
        resolve("timed out");
      }, limitMs);
      this.#settle = (reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
    });
  }
}
