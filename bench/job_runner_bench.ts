/**
 * Asynchronous jobs that do nothing, so that what is measured is the queue and
 * the runner. How to run it: see `harness.ts`.
 *
 * Each contender has one queue for all its calls, as a service has. Jobs of ours
 * and of p-queue have ten priorities in turns; fastq and p-limit know of none.
 * Where results are waited for, the answer is their sum; where the queue is
 * drained, each job adds to the sum itself. fastq is used by its promises, and by
 * its callbacks as well where nobody waits for single results. p-limit cannot
 * tell when it is idle but by its results.
 *
 * @module
 */

import fastq from "npm:fastq@1.20.3";
import pLimit from "npm:p-limit@7.3.3";
import PQueue from "npm:p-queue@10.0.0";
import { PriorityJobQueue } from "../src/job_queue.ts";
import { JobRunner } from "../src/job_runner.ts";
import { bench, type Contender, type Group } from "./harness.ts";

// deno-lint-ignore require-await -- what it costs to wait is what is measured
async function work(payload: number): Promise<number> {
  return payload + 1;
}

/** What `work` makes of `first` and the numbers after it, together. */
function sumFrom(first: number, count: number): number {
  return count * (first + 1) + count * (count - 1) / 2;
}

function sumOf(outputs: readonly number[]): number {
  let sum = 0;
  for (const output of outputs) sum += output;
  return sum;
}

function fail(error: unknown): never {
  throw error;
}

/** Somebody waits for each result. */
function awaited(name: string, count: number, concurrency: number): Group {
  const jobs = new PriorityJobQueue<number, number, number>();
  new JobRunner(jobs, work, { concurrency, onError: fail });
  const fast = fastq.promise(work, concurrency);
  const queue = new PQueue({ concurrency });
  const limit = pLimit(concurrency);
  return {
    name,
    check: (answer, i) => answer === sumFrom(i, count),
    async ours(i) {
      const results = [];
      for (let j = 0; j < count; j++) {
        const job = jobs.enqueue(i + j, { priority: j % 10 }).unwrap();
        results.push(job.result);
      }
      let sum = 0;
      for (const result of await Promise.all(results)) sum += result.unwrap();
      return sum;
    },
    peers: {
      async fastq(i) {
        const results = [];
        for (let j = 0; j < count; j++) results.push(fast.push(i + j));
        return sumOf(await Promise.all(results));
      },
      async "p-queue"(i) {
        const results = [];
        for (let j = 0; j < count; j++) {
          const run = (): Promise<number> => work(i + j);
          results.push(queue.add(run, { priority: j % 10 }));
        }
        return sumOf(await Promise.all(results));
      },
      async "p-limit"(i) {
        const results = [];
        for (let j = 0; j < count; j++) results.push(limit(work, i + j));
        return sumOf(await Promise.all(results));
      },
    },
  };
}

/** Adds up what a contender is given to do. */
class Adder {
  sum = 0;

  // deno-lint-ignore require-await -- as above
  readonly work = async (payload: number): Promise<void> => {
    this.sum += payload + 1;
  };
}

/** Nobody waits but for the end of all. */
function drained(name: string, count: number, concurrency: number): Group {
  return {
    name,
    check: (answer, i) => answer === sumFrom(i, count),
    ours: drainOurs(count, concurrency),
    peers: {
      "fastq, callbacks": drainCallbacks(count, concurrency),
      "fastq, promises": drainPromises(count, concurrency),
      "p-queue": drainPQueue(count, concurrency),
    },
  };
}

function drainOurs(count: number, concurrency: number): Contender {
  const adder = new Adder();
  const jobs = new PriorityJobQueue<number, number, void>();
  const runner = new JobRunner(jobs, adder.work, {
    concurrency,
    onError: fail,
  });
  return async (i) => {
    adder.sum = 0;
    for (let j = 0; j < count; j++) {
      jobs.enqueue(i + j, { priority: j % 10 });
    }
    await runner.idle();
    return adder.sum;
  };
}

function drainCallbacks(count: number, concurrency: number): Contender {
  const adder = new Adder();
  const fast = fastq<unknown, number>((payload, done) => {
    adder.work(payload).then(() => done(null), done);
  }, concurrency);
  return async (i) => {
    adder.sum = 0;
    const end = new Promise<void>((resolve) => fast.drain = resolve);
    for (let j = 0; j < count; j++) fast.push(i + j);
    await end;
    return adder.sum;
  };
}

function drainPromises(count: number, concurrency: number): Contender {
  const adder = new Adder();
  const fast = fastq.promise(adder.work, concurrency);
  return async (i) => {
    adder.sum = 0;
    for (let j = 0; j < count; j++) fast.push(i + j);
    await fast.drained();
    return adder.sum;
  };
}

function drainPQueue(count: number, concurrency: number): Contender {
  const adder = new Adder();
  const queue = new PQueue({ concurrency });
  return async (i) => {
    adder.sum = 0;
    for (let j = 0; j < count; j++) {
      queue.add(() => adder.work(i + j), { priority: j % 10 });
    }
    await queue.onIdle();
    return adder.sum;
  };
}

await bench(import.meta, "job-runner", [
  awaited("1e3 jobs, results awaited, concurrency 10", 1e3, 10),
  awaited("1e3 jobs, results awaited, concurrency 1", 1e3, 1),
  awaited("1e4 jobs, results awaited, concurrency 10", 1e4, 10),
  awaited("1e4 jobs, results awaited, concurrency 100", 1e4, 100),
  drained("1e3 jobs, drained, concurrency 10", 1e3, 10),
  drained("1e4 jobs, drained, concurrency 10", 1e4, 10),
]);
