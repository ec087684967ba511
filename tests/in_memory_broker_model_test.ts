/**
 * The broker against a ledger of what became of each message at each group, under
 * any order of calls, handlers, failures and time.
 */

import { ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type DeadLetter,
  type DeadLetterQueue,
  type DeadLetterReason,
  InMemoryDeadLetterQueue,
} from "../src/dead_letter.ts";
import { type ErrorOf, MessagingError } from "../src/errors.ts";
import { InMemoryBroker } from "../src/in_memory_broker.ts";
import type {
  DeliveryFailure,
  MessageContext,
  MessageSubscription,
  PublishReceipt,
} from "../src/message_broker.ts";
import { err, type Result } from "../src/result.ts";
import { ManualClock } from "../src/testing.ts";
import {
  CountingSignal,
  ModelStep,
  watch,
  type Watched,
} from "./foundation_support.ts";

/** How many cases the model-based property runs. */
const MODEL_RUNS = 400;

/** Lets promises settle that wait for nothing but each other. */
async function flush(ticks = 25): Promise<void> {
  for (let i = 0; i < ticks; i++) await undefined;
}

const TOPICS = ["a.b", "a.c", "b"] as const;
const MATCHES: Readonly<Record<string, (topic: string) => boolean>> = {
  "#": () => true,
  "a.*": (topic) => topic.startsWith("a."),
  "b": (topic) => topic === "b",
};

interface GroupSetup {
  readonly pattern: string;
  readonly concurrency: number;
  readonly capacity: number;
  readonly overflow: "wait" | "reject" | "dead-letter";
}

interface Setup {
  readonly groups: readonly GroupSetup[];
  readonly maxAttempts: number;
  readonly delayMs: number;
  /** Whether dead letters are stored by a store far away. */
  readonly isFar: boolean;
}

/** How the attempts at a message go. */
interface Script {
  /** How many attempts fail. */
  readonly failures: number;
  readonly isRejected: boolean;
  readonly way: "at once" | "later" | "by an Err";
  /** To what topic the first attempt publishes. */
  readonly follow: string | undefined;
}

interface Message {
  readonly n: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly expiresAt: number;
  readonly script: Script;
  readonly signal: CountingSignal;
}

/** A group from its first subscription to the end of its last. */
interface Live {
  readonly name: string;
  readonly setup: GroupSetup;
  readonly members: MessageSubscription[];
  isClosed: boolean;
}

/** A message on its way through a group, from its publishing or a replay. */
interface Passage {
  readonly message: Message;
  readonly live: Live;
  readonly replays: number;
  /** Undefined as long as its publisher waits. */
  isAdmitted: boolean | undefined;
  starts: number;
  isRunning: boolean;
  context: MessageContext | undefined;
  /** Once it is dead, though it may not be stored yet. */
  letter: DeadLetter<number> | undefined;
  outcome:
    | "handled"
    | "dead"
    | "replayed"
    | "discarded"
    | "forgotten"
    | "lost"
    | "refused"
    | undefined;
}

class Sim {
  readonly #s: fc.Scheduler;
  readonly #setup: Setup;
  readonly #clock = new ManualClock();
  readonly #letters = new InMemoryDeadLetterQueue<number>();
  readonly #broker: InMemoryBroker<Record<string, number>>;
  readonly #messages: Message[] = [];
  readonly #passages: Passage[] = [];
  readonly #lives: Live[] = [];
  /** All that has to settle in the end. */
  readonly #promises: (readonly [what: string, Watched<unknown>])[] = [];
  readonly #replaying = new Set<string>();
  #handled = 0;
  #failures = 0;
  /** How many letters are refused next. */
  #outage = 0;
  /** Whether every handler succeeds. */
  #isFixed = false;
  #isClosing = false;
  /** When those who are left are told to stop. */
  #closesAt = Infinity;
  /** What went wrong where throwing would be taken for a handler's failure. */
  #complaint: unknown;

  constructor(s: fc.Scheduler, setup: Setup) {
    this.#s = s;
    this.#setup = setup;
    const { maxAttempts, delayMs } = setup;
    this.#broker = new InMemoryBroker({
      clock: this.#clock,
      deadLetters: this.#store(),
      retry: { maxAttempts, backoff: () => delayMs },
      abandonAfterMs: 5,
      onError: (error, failure) =>
        this.#insist(() => this.#hear(error, failure)),
    });
    for (const i of setup.groups.keys()) this.join(i);
  }

  /** An assertion where what is thrown would go elsewhere. */
  #insist(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#complaint ??= error;
    }
  }

  #watch<T>(what: string, promise: Promise<T>): void {
    this.#promises.push([what, watch(promise)]);
  }

  /** The passage that is not over yet. */
  #find(n: number, name: string, replays?: number): Passage {
    const passage = this.#passages.findLast((it) =>
      it.message.n === n && it.live.name === name &&
      (replays === undefined || it.replays === replays)
    );
    ok(passage !== undefined, `${n} has never gone to ${name}`);
    strictEqual(passage.outcome, undefined, `${n} at ${name} is over`);
    return passage;
  }

  #hear(
    { code }: ErrorOf<"MSG_HANDLER_ERROR" | "MSG_BROKER_UNAVAILABLE">,
    { meta, subscription, attempt, retryDelayMs }: DeliveryFailure,
  ): void {
    const passage = this.#find(Number(meta.id.slice(1)), subscription);
    strictEqual(attempt, passage.starts);
    if (code === "MSG_HANDLER_ERROR") {
      this.#failures++;
      ok(attempt < this.#setup.maxAttempts || retryDelayMs === undefined);
    } else if (retryDelayMs === undefined) {
      ok(this.#clock.monotonic() >= this.#closesAt, "it is lost too soon");
      passage.outcome = "lost";
    }
  }

  // --- dead letters

  #store(): DeadLetterQueue<number> {
    const letters = this.#letters;
    return {
      add: (letter) => this.#add(letter),
      get: (id) => letters.get(id),
      list: (options) => letters.list(options),
      count: () => letters.count(),
      retry: (id, redeliver) => letters.retry(id, redeliver),
      discard: (id) => letters.discard(id),
    };
  }

  async #add(
    letter: DeadLetter<number>,
  ): Promise<Result<void, ErrorOf<"MSG_QUEUE_FULL">>> {
    const { message: n, subscription, replays } = letter;
    let passage: Passage | undefined;
    this.#insist(() => {
      passage = this.#find(n, subscription, replays);
      this.#checkLetter(passage, letter);
      passage.letter = letter;
    });
    if (this.#setup.isFar) await this.#s.schedule(Promise.resolve(), "add");
    if (this.#outage > 0) {
      this.#outage--;
      if (this.#outage % 2 === 0) throw new Error("not reachable");
      return err(new MessagingError("MSG_QUEUE_FULL", { max: 0 }));
    }
    const added = this.#letters.add(letter);
    passage!.outcome = "dead";
    return added;
  }

  #checkLetter(passage: Passage, letter: DeadLetter<number>): void {
    const { message, live, context, starts } = passage;
    ok(passage.isAdmitted !== false);
    ok(passage.letter === undefined || passage.letter === letter);
    ok(!passage.isRunning || context!.signal.aborted, "it is still handled");
    strictEqual(letter.attempts, starts);
    strictEqual(letter.meta.key, message.key);
    const { maxAttempts } = this.#setup;
    const isLate = this.#clock.monotonic() >= message.expiresAt;
    const isPossible: Record<DeadLetterReason, boolean> = {
      max_attempts: starts === maxAttempts &&
        message.script.failures >= maxAttempts,
      rejected: message.script.isRejected &&
        starts === message.script.failures,
      expired: isLate && passage.replays === 0,
      overflow: live.setup.overflow === "dead-letter" && starts === 0,
      closed: live.isClosed || this.#clock.monotonic() >= this.#closesAt,
    };
    strictEqual(isPossible[letter.reason], true, letter.reason);
  }

  // --- handlers

  #start(passage: Passage, context: MessageContext): void {
    const { message, live, replays } = passage;
    const { key, topic } = message;
    // Where some are refused, it is heard of that only later.
    const isHeard = this.#setup.groups.every((it) => it.overflow === "wait");
    const others = this.#passages.filter((it) =>
      it !== passage && it.live === live && it.outcome === undefined &&
      (it.isAdmitted || isHeard) && it.letter?.reason !== "overflow"
    );
    this.#insist(() => {
      ok(passage.isAdmitted !== false, "it was not published");
      strictEqual(passage.isRunning, false);
      strictEqual(passage.letter, undefined, "it is dead");
      strictEqual(context.meta.id, `m${message.n}`);
      strictEqual(context.meta.topic, topic);
      strictEqual(context.attempt, passage.starts + 1);
      ok(context.attempt <= this.#setup.maxAttempts, "too many attempts");
      ok(this.#clock.monotonic() <= this.#closesAt, "its time is over");
      const isFresh = replays > 0 ||
        this.#clock.monotonic() < message.expiresAt;
      ok(isFresh, "its time is up");
      const isFirst = passage.starts === 0;
      for (const other of others) {
        const isSame = other.message.key === key;
        ok(!(isSame && key !== undefined && other.isRunning), "two of a key");
        const isBefore = isSame && other.message.topic === topic &&
          other.message.n < message.n && other.replays + replays === 0;
        ok(!(isBefore && key !== undefined), "it overtakes one of its key");
        const isWaiting = other.starts === 0 && other.letter === undefined;
        ok(!(isBefore && isFirst && isWaiting), "it overtakes another");
      }
    });
    passage.starts++;
    passage.isRunning = true;
    passage.context = context;
  }

  /** Whether the attempt is to fail; it is over in any case. */
  #fails(passage: Passage): boolean {
    const { failures } = passage.message.script;
    passage.isRunning = false;
    if (!this.#isFixed && passage.starts <= failures) return true;
    if (passage.context!.signal.aborted) return false; // It comes too late.
    this.#insist(() => strictEqual(passage.outcome, undefined));
    passage.outcome = "handled";
    this.#handled++;
    return false;
  }

  #errorOf({ message: { script }, starts }: Passage): Error {
    return script.isRejected && starts === script.failures
      ? new MessagingError("MSG_REJECTED", { reason: "as told" })
      : new Error("as told");
  }

  #handle(n: number, context: MessageContext): unknown {
    let passage!: Passage;
    this.#insist(() => {
      passage = this.#find(n, context.subscription, context.replays);
    });
    this.#start(passage, context);
    const { way, follow } = passage.message.script;
    if (follow !== undefined && context.attempt + context.replays === 1) {
      const script = { ...passage.message.script, follow: undefined };
      this.publish(follow, undefined, Infinity, script);
    }
    if (way !== "at once") return this.#finish(passage);
    if (this.#fails(passage)) throw this.#errorOf(passage);
    return n;
  }

  async #finish(passage: Passage): Promise<unknown> {
    await this.#s.schedule(Promise.resolve(), `handle ${passage.message.n}`);
    if (!this.#fails(passage)) return passage.message.n;
    const error = this.#errorOf(passage);
    if (passage.message.script.way === "by an Err") return err(error);
    throw error;
  }

  // --- what can be done to it

  #liveOf(name: string): Live | undefined {
    return this.#lives.find((it) => it.name === name && !it.isClosed);
  }

  join(index: number): void {
    const { groups } = this.#setup;
    const i = index % groups.length;
    const setup = groups[i]!;
    const group = ["__proto__", "constructor", "g"][i]!;
    let live = this.#liveOf(group);
    const { pattern, concurrency, capacity, overflow } = setup;
    const result = this.#broker.subscribe(
      pattern,
      (n, context) => this.#handle(n, context),
      {
        group,
        concurrency,
        ...(live === undefined && { capacity, overflow }),
      },
    );
    if (this.#isClosing) {
      strictEqual(result.unwrapErr().code, "MSG_BROKER_UNAVAILABLE");
      return;
    }
    if (live === undefined) {
      live = { name: group, setup, members: [], isClosed: false };
      this.#lives.push(live);
    }
    live.members.push(result.unwrap());
  }

  leave(index: number, drain: boolean): void {
    const open = this.#lives.filter(({ isClosed }) => !isClosed);
    const live = open[index % Math.max(1, open.length)];
    if (live === undefined || this.#isClosing) return;
    const member = live.members.splice(index % live.members.length, 1)[0]!;
    this.#watch("unsubscribe()", member.unsubscribe({ drain }));
    if (live.members.length > 0) return;
    live.isClosed = true;
    for (const passage of this.#passages) {
      if (passage.live !== live || passage.outcome !== undefined) continue;
      const isHeld = passage.isRunning || passage.letter !== undefined;
      if (passage.isAdmitted === undefined) passage.outcome = "refused";
      else if (!drain && !isHeld) passage.outcome = "forgotten";
    }
  }

  publish(
    topic: string,
    key: string | undefined,
    ttlMs: number,
    script: Script,
  ): void {
    const n = this.#messages.length;
    if (n > 30) return; // Messages that have others published come to an end.
    const expiresAt = this.#clock.monotonic() + ttlMs;
    const signal = new CountingSignal();
    const message = { n, topic, key, expiresAt, script, signal };
    this.#messages.push(message);
    const passages = this.#lives
      .filter((it) => !it.isClosed && MATCHES[it.setup.pattern]!(topic))
      .map((live) => this.#enter(message, live, 0));
    const published = this.#broker.publish(topic, n, {
      id: `m${n}`,
      ttlMs,
      signal: signal.asSignal(),
      ...(key !== undefined && { key }),
    });
    this.#watch(
      `publish() of ${n}`,
      published.then((result) =>
        this.#insist(() => this.#published(passages, result))
      ),
    );
  }

  #enter(message: Message, live: Live, replays: number): Passage {
    const passage: Passage = {
      message,
      live,
      replays,
      isAdmitted: undefined,
      starts: 0,
      isRunning: false,
      context: undefined,
      letter: undefined,
      outcome: undefined,
    };
    this.#passages.push(passage);
    return passage;
  }

  #published(
    passages: readonly Passage[],
    result: Result<PublishReceipt, MessagingError>,
  ): void {
    const routed = passages.filter(({ outcome }) => outcome !== "refused");
    if (result.ok) strictEqual(result.value.routed, routed.length);
    for (const passage of routed) this.#settle(passage, result.ok);
  }

  #settle(passage: Passage, isAdmitted: boolean): void {
    passage.isAdmitted = isAdmitted;
    if (isAdmitted) return;
    strictEqual(passage.starts, 0);
    strictEqual(passage.outcome, undefined);
    strictEqual(passage.letter, undefined);
    passage.outcome = "refused";
  }

  abort(index: number): void {
    this.#messages[index % Math.max(1, this.#messages.length)]?.signal
      .abort("why");
  }

  /** A letter that is stored, and the passage that ended with it. */
  #pick(index: number): [Passage, DeadLetter<number>] | undefined {
    const letters = this.#letters.list();
    const letter = letters[index % Math.max(1, letters.length)];
    if (letter === undefined) return undefined;
    const passage = this.#passages.find((it) => it.letter === letter)!;
    return [passage, letter];
  }

  replay(index: number): void {
    const picked = this.#pick(index);
    if (picked === undefined) return;
    const [passage, letter] = picked;
    const { id } = letter;
    const isSecond = this.#replaying.has(id);
    const live = isSecond ? undefined : this.#liveOf(letter.subscription);
    const next = live && !this.#isClosing
      ? this.#enter(passage.message, live, letter.replays + 1)
      : undefined;
    this.#replaying.add(id);
    const replayed = this.#broker.replay(id).then((result) =>
      this.#insist(() => {
        if (isSecond) return strictEqual(result.unwrap(), false);
        this.#replaying.delete(id);
        const isAdmitted = result.ok && result.value;
        if (next === undefined || next.outcome === "refused") {
          strictEqual(result.ok, false, "it is replayed to nobody");
        } else this.#settle(next, isAdmitted);
        strictEqual(this.#letters.get(id) === undefined, isAdmitted);
        if (isAdmitted) passage.outcome = "replayed";
      })
    );
    this.#watch("replay()", replayed);
  }

  discard(index: number): void {
    const picked = this.#pick(index);
    if (picked === undefined) return;
    const [passage, { id }] = picked;
    const isDone = this.#letters.discard(id);
    strictEqual(isDone, !this.#replaying.has(id));
    if (isDone) passage.outcome = "discarded";
  }

  breakStore(letters: number): void {
    this.#outage = letters;
  }

  async advance(durationMs: number): Promise<void> {
    const until = this.#clock.monotonic() + durationMs;
    // A handler that is done counts as done only after a turn: none is to be
    // told to stop within its own.
    while (this.#clock.monotonic() < Math.min(until, this.#closesAt + 1)) {
      if (!this.#isClosing) break;
      this.#clock.advance(1);
      await flush();
    }
    this.#clock.advance(until - this.#clock.monotonic());
  }

  close(drainMs: number): void {
    this.#watch("close()", this.#broker.close({ drainMs }));
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#closesAt = this.#clock.monotonic() + drainMs;
  }

  async goOn(): Promise<void> {
    if (this.#s.count() > 0) await this.#s.waitOne();
  }

  // --- what holds

  async check(): Promise<void> {
    await flush();
    if (this.#complaint !== undefined) throw this.#complaint;
    for (const live of this.#lives) {
      const { setup } = live;
      const here = this.#passages.filter((it) => it.live === live);
      const isHeld = (it: Passage): boolean =>
        it.isAdmitted === true && it.outcome === undefined &&
        it.letter?.reason !== "overflow";
      ok(here.filter(isHeld).length <= setup.capacity, "it holds too many");
      const running = here.filter(({ isRunning, context }) =>
        isRunning && !context!.signal.aborted
      );
      // One that has left ends what it was given.
      const joined = live.isClosed ? Infinity : live.members.length + 9;
      ok(running.length <= setup.concurrency * joined, "too many are handled");
    }
  }

  /** Lets go on what can, until something has come to its end. */
  async #exhaust(ended: Watched<unknown>): Promise<void> {
    for (let i = 0; i < 2_000; i++) {
      await this.check();
      if (ended.isSettled) return;
      if (this.#s.count() > 0) await this.#s.waitOne();
      else await this.advance(5);
    }
    throw new Error("it goes on and on");
  }

  /** With handlers that work, all that is dead comes to its end when replayed. */
  async replayAll(): Promise<void> {
    this.#isFixed = true;
    this.#outage = 0;
    for (let isQuiet = false; !isQuiet;) {
      const { length } = this.#promises;
      isQuiet = this.#promises.every(([, { isSettled }]) => isSettled);
      await this.#exhaust(watch(this.#broker.idle()));
      isQuiet &&= this.#promises.length === length;
    }
    for (const i of this.#setup.groups.keys()) this.join(i);
    // At a full group that makes dead letters of what is too much, one by one.
    while (this.#letters.count() > 0) {
      const before = this.#letters.count();
      this.replay(0);
      await this.#exhaust(watch(this.#broker.idle()));
      strictEqual(this.#letters.count(), before - 1);
    }
    for (const { outcome } of this.#passages) ok(outcome !== "dead");
  }

  async end(drainMs: number): Promise<void> {
    const closed = watch(this.#broker.close({ drainMs }));
    if (!this.#isClosing) {
      this.#closesAt = this.#clock.monotonic() + drainMs;
    }
    this.#isClosing = true;
    await flush();
    // Handlers are told to stop before they are done.
    if (drainMs === 0) await this.advance(1);
    await this.#exhaust(closed);
    strictEqual(this.#clock.pending, 0, "a timer is left");
    for (let i = 0; i < 200 && this.#s.count() > 0; i++) {
      await this.#s.waitOne(); // Handlers that were left to themselves.
    }
    await this.check();
    for (const [what, { isSettled }] of this.#promises) {
      strictEqual(isSettled, true, `${what} is pending`);
    }
    let starts = 0;
    for (const passage of this.#passages) {
      const { message: { n }, live: { name }, outcome } = passage;
      ok(outcome !== undefined, `nothing became of ${n} at ${name}`);
      const isKept = this.#letters.get(passage.letter?.id ?? "") !== undefined;
      strictEqual(isKept, outcome === "dead");
      starts += passage.starts;
    }
    strictEqual(this.#failures, starts - this.#handled, "onError");
    for (const { signal } of this.#messages) {
      strictEqual(signal.listenerCount, 0, "a signal is listened to");
    }
  }
}

// --- arbitraries

type Step = ModelStep<object, Sim>;

function step(name: string, act: (sim: Sim) => void | Promise<void>): Step {
  return new ModelStep(name, async (_, sim) => {
    await act(sim);
    await sim.check();
  });
}

const index = fc.nat(5);

const scripts: fc.Arbitrary<Script> = fc.record({
  failures: fc.constantFrom(0, 0, 1, 2, 3, 9),
  isRejected: fc.boolean(),
  way: fc.constantFrom(
    "at once" as const,
    "later" as const,
    "by an Err" as const,
  ),
  follow: fc.constantFrom(undefined, undefined, undefined, ...TOPICS),
});

const publishing = fc.tuple(
  fc.constantFrom(...TOPICS),
  fc.constantFrom(undefined, "__proto__", "k"),
  fc.constantFrom(Infinity, Infinity, Infinity, 3, 0),
  scripts,
).map(([topic, key, ttlMs, script]) =>
  step(
    `publish(${topic}, ${key}, ${ttlMs}, ${JSON.stringify(script)})`,
    (sim) => sim.publish(topic, key, ttlMs, script),
  )
);
/** More than there is room for, within one turn. */
const flooding = fc.tuple(
  fc.constantFrom(...TOPICS),
  fc.constantFrom(undefined, "k"),
  fc.array(scripts, { minLength: 2, maxLength: 5 }),
).map(([topic, key, list]) =>
  step(`flood(${topic}, ${key}, ${JSON.stringify(list)})`, (sim) => {
    for (const script of list) sim.publish(topic, key, Infinity, script);
  })
);
const going = fc.constant(step("go on", (sim) => sim.goOn()));
const advancing = fc.constantFrom(1, 2, 5, 100).map((durationMs) =>
  step(`advance(${durationMs})`, (sim) => sim.advance(durationMs))
);

const openSteps = [
  publishing,
  publishing,
  publishing,
  flooding,
  going,
  going,
  going,
  advancing,
  advancing,
  index.map((i) => step(`join(${i})`, (sim) => sim.join(i))),
  fc.tuple(index, fc.boolean()).map(([i, drain]) =>
    step(`leave(${i}, ${drain})`, (sim) => sim.leave(i, drain))
  ),
  index.map((i) => step(`abort(${i})`, (sim) => sim.abort(i))),
  index.map((i) => step(`replay(${i})`, (sim) => sim.replay(i))),
  index.map((i) => step(`replay(${i})`, (sim) => sim.replay(i))),
  index.map((i) => step(`discard(${i})`, (sim) => sim.discard(i))),
  fc.integer({ min: 1, max: 5 }).map((letters) =>
    step(`break(${letters})`, (sim) => sim.breakStore(letters))
  ),
];
/** No handler begins in the turn in which all are told to stop. */
const drains = fc.constantFrom(0, 3.5, 100.5);
const lastSteps = [
  ...openSteps,
  drains.map((drainMs) =>
    step(`close(${drainMs})`, (sim) => sim.close(drainMs))
  ),
];

const setups: fc.Arbitrary<Setup> = fc.record({
  groups: fc.array(
    fc.record({
      pattern: fc.constantFrom(...Object.keys(MATCHES)),
      concurrency: fc.integer({ min: 1, max: 3 }),
      capacity: fc.constantFrom(1, 2, 3, 100),
      overflow: fc.constantFrom(
        "wait" as const,
        "wait" as const,
        "reject" as const,
        "dead-letter" as const,
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  delayMs: fc.constantFrom(0, 1, 2, 5),
  isFar: fc.boolean(),
});

describe("InMemoryBroker", () => {
  it("P14 i: every message reaches, per group, one of {handled, dead letter}, in attempts 1 to n and in order of its key, and a replay handles it once (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        setups,
        fc.scheduler(),
        fc.commands(openSteps, { size: "max", maxCommands: 40 }),
        async (setup, scheduler, commands) => {
          const sim = new Sim(scheduler, setup);
          await fc.asyncModelRun(() => ({ model: {}, real: sim }), commands);
          await sim.replayAll();
          await sim.end(100);
        },
      ),
      { numRuns: MODEL_RUNS },
    );
  });

  it("P14 i: every message does so where the broker is closed, or what is left is a dead letter (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        setups,
        fc.scheduler(),
        fc.commands(openSteps, { size: "max", maxCommands: 25 }),
        fc.commands(lastSteps, { size: "max", maxCommands: 15 }),
        drains,
        async (setup, scheduler, open, last, drainMs) => {
          const sim = new Sim(scheduler, setup);
          for (const commands of [open, last]) {
            await fc.asyncModelRun(() => ({ model: {}, real: sim }), commands);
          }
          await sim.end(drainMs);
        },
      ),
      { numRuns: MODEL_RUNS },
    );
  });
});
