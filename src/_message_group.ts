/**
 * The messages of one group of a broker, and how they get from its publishers to
 * its handlers, or to the dead letters.
 *
 * @module
 */

import { Alarm } from "./_alarm.ts";
import { Attempt, type AttemptOwner, type AttemptWork } from "./_attempt.ts";
import { Deque } from "./_deque.ts";
import { requireDuration, requireWhole } from "./_options.ts";
import { isPromiseLike } from "./_promise_like.ts";
import { reasonOf } from "./_reason.ts";
import { callReporting } from "./_report.ts";
import { runSoon } from "./_soon.ts";
import { cancelledError } from "./_task_result.ts";
import { WaitingLine } from "./_waiting_line.ts";
import type { Clock, TimerHandle } from "./clock.ts";
import type {
  DeadLetter,
  DeadLetterQueue,
  DeadLetterReason,
  MessageMeta,
} from "./dead_letter.ts";
import { describeError, type ErrorOf, MessagingError } from "./errors.ts";
import type {
  DeliveryFailure,
  DeliveryOptions,
  MessageContext,
  MessageHandler,
  RequestError,
} from "./message_broker.ts";
import { PriorityHeap } from "./priority_heap.ts";
import type { Awaitable } from "./protocols.ts";
import { Err, Ok, type Result } from "./result.ts";
import { type Backoff, exponentialBackoff, RetryPolicy } from "./retry.ts";
import { parseStatus } from "./status.ts";
import { requireOption } from "./validators.ts";

const WhenFull = {
  WAIT: "wait",
  REJECT: "reject",
  DEAD_LETTER: "dead-letter",
} as const;

/** Waits before a dead letter is stored again that could not be. */
const BURIAL_BACKOFF: Backoff = /* @__PURE__ */ exponentialBackoff({
  baseDelayMs: 100,
  maxDelayMs: 30_000,
  jitter: false,
});

/** Who waits for what a message comes to. */
export class Reply {
  readonly #settled = Promise.withResolvers<Result<unknown, RequestError>>();
  #open = 0;

  /** Resolves with what the message comes to. */
  get promise(): Promise<Result<unknown, RequestError>> {
    return this.#settled.promise;
  }

  /** One more may answer. */
  expect(): void {
    this.#open++;
  }

  /** Answers; only the first answer counts. */
  settle(result: Result<unknown, RequestError>): void {
    this.#settled.resolve(result);
  }

  /** One of those who may answer will not. */
  fail(attempts: number, cause: unknown): void {
    if (--this.#open > 0) return;
    const params = { retries: Math.max(0, attempts - 1) };
    const options = cause === undefined ? {} : { cause };
    this.settle(
      new Err(new MessagingError("MSG_DEAD_LETTER", params, options)),
    );
  }
}

/** What is delivered: a message, to one group. */
export interface Parcel {
  /** What it tells. */
  readonly message: unknown;
  /** What is known of it besides. */
  readonly meta: MessageMeta;
  /** Until when it is of use, in monotonic time. */
  readonly expiresTick: number;
  /** How often it was dead and sent again. */
  readonly replays: number;
  /** Who waits for what it comes to. */
  readonly reply: Reply | undefined;
}

/** A message on its way through a group. */
class Delivery {
  readonly parcel: Parcel;
  /** Its place in the order of the group. */
  readonly rank: number;
  /** Whether it takes room that publishers wait for. */
  readonly hasSlot: boolean;
  attempts = 0;
  error: unknown = undefined;
  firstFailedAt: number | undefined = undefined;
  /** How often its dead letter could not be stored. */
  burials = 0;

  constructor(parcel: Parcel, rank: number, hasSlot: boolean) {
    this.parcel = parcel;
    this.rank = rank;
    this.hasSlot = hasSlot;
  }
}

/** A handler of a group. */
export interface Member {
  /** What it calls. */
  readonly work: AttemptWork<unknown>;
  /** How many messages it is given at a time. */
  readonly concurrency: number;
  /** How many it has now. */
  running: number;
  /** Rings when it was told to leave and has nothing left to do. */
  left: PromiseWithResolvers<void> | undefined;
}

/** A delivery that is being handled. */
class Handling extends Attempt implements MessageContext {
  readonly delivery: Delivery;
  readonly member: Member;
  readonly subscription: string;

  constructor(
    delivery: Delivery,
    member: Member,
    subscription: string,
    clock: Clock,
    owner: AttemptOwner,
  ) {
    super(delivery.attempts, clock, owner);
    this.delivery = delivery;
    this.member = member;
    this.subscription = subscription;
  }

  get meta(): MessageMeta {
    return this.delivery.parcel.meta;
  }

  get replays(): number {
    return this.delivery.parcel.replays;
  }
}

/** A dead letter that could not be stored, and when that is tried again. */
interface Burial {
  readonly letter: DeadLetter<unknown>;
  readonly timer: TimerHandle;
}

/** How far its end has come; each step includes those before. */
const Stage = {
  OPEN: 0,
  /** It takes no more messages. */
  CLOSED: 1,
  /** It begins no more attempts. */
  OVER: 2,
  /** A dead letter that cannot be stored now is lost. */
  GIVEN_UP: 3,
} as const;

/** What all groups of a broker share. */
export interface GroupParts {
  /** The time. */
  readonly clock: Clock;
  /** How long a handler that was told to stop gets for it, in ms. */
  readonly abandonAfterMs: number;
  /** Where dead messages go. */
  readonly deadLetters: DeadLetterQueue<unknown>;
  /** Hears of failures. */
  readonly onError: (
    error: ErrorOf<"MSG_HANDLER_ERROR" | "MSG_BROKER_UNAVAILABLE">,
    failure: DeliveryFailure,
  ) => void;
}

/** Whether a publisher got room; the error says why it is not published. */
export type Admission = Result<boolean, ErrorOf<"MSG_QUEUE_FULL">>;

const ADMITTED: Admission = /* @__PURE__ */ new Ok(true);
const PASSED_OVER: Admission = /* @__PURE__ */ new Ok(false);

/**
 * The messages of a group, or of a subscription without one, and who handles them.
 *
 * A delivery is in one of these: ready, delayed, behind another one of its key, at
 * a handler, or on its way to the dead letters.
 */
export class Group implements AttemptOwner {
  /** Its place among all groups of the broker, by the time of their making. */
  readonly index: number;
  /** The group's, or that of the subscription. */
  readonly name: string;
  /** Which topics it gets. */
  readonly pattern: string;
  /** How long a handler that was told to stop gets for it, in ms. */
  readonly abandonAfterMs: number;
  /** Who handles its messages. */
  readonly members: Member[] = [];
  readonly #parts: GroupParts;
  readonly #policy: RetryPolicy;
  readonly #timeoutMs: number;
  readonly #capacity: number;
  readonly #overflow: string;
  /** By the order in which they were published. */
  readonly #ready = new PriorityHeap<Delivery>();
  /** By the time of their next attempt. */
  readonly #delayed = new PriorityHeap<Delivery>();
  /** Of each key that one is under way of, those behind it. */
  readonly #lanes = new Map<string, Deque<Delivery>>();
  readonly #running = new Set<Handling>();
  /** Those whose dead letters could not be stored so far. */
  readonly #unburied = new Map<Delivery, Burial>();
  /** How many dead letters are being stored, where that takes a while. */
  #burying = 0;
  /** Publishers who wait for room. */
  readonly #line: WaitingLine<Admission>;
  readonly #alarm: Alarm;
  readonly #pump = (): void => this.#startAll();
  #isPumping = false;
  /** How many have been admitted and have not ended. */
  #count = 0;
  /** How much room is taken, by those and by publishers about to come. */
  #taken = 0;
  /** How many have waited for room, and have it, and do not know yet. */
  #arriving = 0;
  #published = 0;
  #nextMember = 0;
  #stage: number = Stage.OPEN;
  #idlers: PromiseWithResolvers<void> | undefined;

  /**
   * Makes an empty one.
   *
   * @param index Its place among all groups of the broker.
   * @param name Its name.
   * @param pattern Which topics it gets.
   * @param options How messages are handled.
   * @param parts What it shares with the others.
   */
  constructor(
    index: number,
    name: string,
    pattern: string,
    options: DeliveryOptions,
    parts: GroupParts,
  ) {
    this.index = index;
    this.name = name;
    this.pattern = pattern;
    this.abandonAfterMs = parts.abandonAfterMs;
    this.#parts = parts;
    const { timeoutMs, capacity, overflow, retry } = withDefaults(options);
    this.#timeoutMs = timeoutMs;
    this.#capacity = capacity;
    this.#overflow = overflow;
    this.#policy = new RetryPolicy(retry);
    this.#alarm = new Alarm(parts.clock, this.#pump, false);
    this.#line = new WaitingLine<Admission>(parts.clock, {
      timedOut: () => PASSED_OVER, // Nobody sets a time.
      aborted: () => PASSED_OVER, // The publisher knows by the signal.
    });
  }

  // --- Publishers

  /**
   * Takes room for a message.
   *
   * @param signal What ends the wait for it; it must not be aborted yet.
   * @returns Whether there is some: `false` where the group takes no more, where
   * the wait was ended, or where the message is dead at once.
   */
  reserve(signal: AbortSignal | undefined): Awaitable<Admission> {
    if (this.#stage >= Stage.CLOSED) return PASSED_OVER;
    if (this.#taken < this.#capacity && this.#arriving === 0) {
      this.#taken++;
      return ADMITTED;
    }
    if (this.#overflow === WhenFull.WAIT) {
      return this.#line.join(0, Infinity, undefined, signal);
    }
    // Letters that nobody stores must not pile up either.
    const canBury = this.#unburied.size + this.#burying < this.#capacity;
    if (this.#overflow === WhenFull.DEAD_LETTER && canBury) return PASSED_OVER;
    const params = { max: this.#capacity };
    return new Err(new MessagingError("MSG_QUEUE_FULL", params));
  }

  /** Gives room back that was taken for a message that does not come. */
  release(): void {
    this.#taken--;
    this.#serve();
  }

  /**
   * Called first thing by who has waited for room. Until then others wait, even
   * where there is room: they would come before.
   *
   * @returns The same admission.
   */
  arrive(admission: Admission): Admission {
    if (admission === ADMITTED) {
      this.#arriving--;
      this.#serve();
    }
    return admission;
  }

  #serve(): void {
    while (this.#taken < this.#capacity) {
      const waiter = this.#line.next();
      if (waiter === undefined) return;
      this.#taken++;
      this.#arriving++;
      waiter.settle(ADMITTED);
    }
  }

  /**
   * Takes a message; room for it has been taken before, if there was any.
   *
   * @returns Whether the group still takes messages.
   */
  admit(parcel: Parcel, hasSlot: boolean): boolean {
    if (this.#stage >= Stage.CLOSED) return false;
    parcel.reply?.expect();
    const delivery = new Delivery(parcel, this.#published++, hasSlot);
    this.#count++;
    if (hasSlot) this.#enqueue(delivery);
    else this.#bury(delivery, "overflow");
    return true;
  }

  #enqueue(delivery: Delivery): void {
    const { key } = delivery.parcel.meta;
    if (key !== undefined) {
      const lane = this.#lanes.get(key);
      if (lane !== undefined) return lane.push(delivery);
      this.#lanes.set(key, new Deque());
    }
    this.#ready.push(delivery, delivery.rank);
    this.#wake();
  }

  // --- Members

  /** Adds a handler, which begins at once with what is there. */
  join(handler: MessageHandler<never>, concurrency: number): Member {
    const work = {
      run: (message: unknown, context: Attempt): unknown =>
        handler(message as never, context as Handling),
    };
    const member = { work, concurrency, running: 0, left: undefined };
    this.members.push(member);
    this.#wake();
    return member;
  }

  /** Resolves when the member's handler has ended all it was given. */
  leave(member: Member): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    if (member.running === 0) return Promise.resolve();
    member.left = Promise.withResolvers();
    return member.left.promise;
  }

  /** Whether nothing is left to do. */
  get isIdle(): boolean {
    return this.#count === 0;
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    this.#idlers ??= Promise.withResolvers();
    return this.#idlers.promise;
  }

  // --- The end

  /** Takes no more messages; those who wait to publish pass it over. */
  close(): void {
    this.#reach(Stage.CLOSED);
    for (;;) {
      const waiter = this.#line.next();
      if (waiter === undefined) return;
      waiter.settle(PASSED_OVER);
    }
  }

  /** Forgets what no handler has begun. */
  forget(): void {
    this.#reach(Stage.OVER);
    for (const delivery of this.#takeQueued()) this.#fallSilent(delivery);
  }

  /** Makes dead letters of what no handler has begun, and stops the handlers. */
  giveUp(error: ErrorOf<"MSG_BROKER_UNAVAILABLE">): void {
    this.#reach(Stage.GIVEN_UP);
    for (const delivery of this.#takeQueued()) this.#bury(delivery, "closed");
    for (const [delivery, { letter, timer }] of this.#unburied) {
      timer.cancel();
      void this.#store(delivery, letter);
    }
    const stop = cancelledError(error);
    for (const handling of this.#running) handling.stop(stop);
  }

  #reach(stage: number): void {
    this.#stage = Math.max(this.#stage, stage);
  }

  #takeQueued(): readonly Delivery[] {
    this.#alarm.cancel();
    const queued = [...this.#ready.drain(), ...this.#delayed.drain()];
    for (const lane of this.#lanes.values()) {
      for (;;) {
        const delivery = lane.shift();
        if (delivery === undefined) break;
        queued.push(delivery);
      }
    }
    return queued;
  }

  // --- Handling

  #wake(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    runSoon(this.#pump);
  }

  #startAll(): void {
    this.#isPumping = false;
    const now = this.#parts.clock.monotonic();
    while (this.#delayed.size > 0 && this.#delayed.peekPriority()! <= now) {
      const delivery = this.#delayed.pop()!;
      this.#ready.push(delivery, delivery.rank);
    }
    if (this.#delayed.size > 0) {
      this.#alarm.ringBy(this.#delayed.peekPriority()!, now);
    }
    while (this.#ready.size > 0) {
      const member = this.#freeMember();
      if (member === undefined) return;
      const delivery = this.#ready.pop()!;
      if (now >= delivery.parcel.expiresTick) this.#bury(delivery, "expired");
      else this.#start(delivery, member);
    }
  }

  /** In turns, so that all members have something to do. */
  #freeMember(): Member | undefined {
    const { members } = this;
    for (let i = 0; i < members.length; i++) {
      const index = (this.#nextMember + i) % members.length;
      const member = members[index]!;
      if (member.running >= member.concurrency) continue;
      this.#nextMember = index + 1;
      return member;
    }
    return undefined;
  }

  #start(delivery: Delivery, member: Member): void {
    delivery.attempts++;
    member.running++;
    const { clock } = this.#parts;
    const handling = new Handling(delivery, member, this.name, clock, this);
    this.#running.add(handling);
    void handling.run(member.work, delivery.parcel.message, this.#timeoutMs);
  }

  settled(attempt: Attempt, outcome: Result<unknown, unknown>): void {
    const handling = attempt as Handling;
    const { delivery, member } = handling;
    this.#running.delete(handling);
    member.running--;
    if (member.running === 0) member.left?.resolve();
    if (outcome.ok) {
      callReporting(() => this.#policy.recordSuccess(delivery.attempts));
      delivery.parcel.reply?.settle(outcome as Ok<unknown>);
      this.#finish(delivery);
    } else {
      this.#failed(delivery, outcome.error);
    }
    this.#wake();
  }

  #failed(delivery: Delivery, error: unknown): void {
    const { clock } = this.#parts;
    delivery.firstFailedAt ??= clock.now();
    delivery.error = error;
    const [reason, delayMs] = this.#decide(delivery);
    const failure = new MessagingError(
      "MSG_HANDLER_ERROR",
      { reason: reasonOf(delivery.error) },
      { cause: delivery.error },
    );
    this.#report(failure, delivery, delayMs);
    if (reason !== undefined) return this.#bury(delivery, reason);
    this.#delayed.push(delivery, clock.monotonic() + delayMs!);
  }

  /** Why it is dead; or after how long it is tried again. */
  #decide(
    delivery: Delivery,
  ): readonly [DeadLetterReason | undefined, number | undefined] {
    const { error, attempts } = delivery;
    if (this.#stage >= Stage.OVER) return ["closed", undefined];
    try {
      if (MessagingError.is(error) && error.code === "MSG_REJECTED") {
        return ["rejected", undefined];
      }
      const decision = this.#policy.decide(error, attempts);
      if (decision.retry) return [undefined, decision.delayMs];
      const isExhausted = decision.reason === "exhausted";
      return [isExhausted ? "max_attempts" : "rejected", undefined];
    } catch (thrown) { // By a callback of the policy, or by the error itself.
      delivery.error = thrown;
      return ["rejected", undefined];
    }
  }

  #bury(delivery: Delivery, reason: DeadLetterReason): void {
    void this.#store(delivery, this.#letterOf(delivery, reason));
  }

  /** Stores the dead letter, then forgets the message: rather twice than never. */
  async #store(
    delivery: Delivery,
    letter: DeadLetter<unknown>,
  ): Promise<void> {
    this.#unburied.delete(delivery);
    let failure: unknown;
    try {
      const added = await this.#add(letter);
      if (added.ok) return this.#fallSilent(delivery);
      failure = added.error;
    } catch (thrown) {
      failure = thrown;
    }
    const delayMs = this.#stage === Stage.GIVEN_UP
      ? undefined
      : BURIAL_BACKOFF(++delivery.burials, () => 0);
    const params = { reason: reasonOf(failure) };
    this.#report(
      new MessagingError("MSG_BROKER_UNAVAILABLE", params, { cause: failure }),
      delivery,
      delayMs,
    );
    if (delayMs === undefined) return this.#fallSilent(delivery);
    const timer = this.#parts.clock.setTimer(
      () => void this.#store(delivery, letter),
      delayMs,
    );
    this.#unburied.set(delivery, { letter, timer });
  }

  async #add(
    letter: DeadLetter<unknown>,
  ): Promise<Result<void, ErrorOf<"MSG_QUEUE_FULL">>> {
    const answer = this.#parts.deadLetters.add(letter);
    if (!isPromiseLike(answer)) return answer;
    this.#burying++;
    try {
      return await answer;
    } finally {
      this.#burying--;
    }
  }

  #letterOf(
    delivery: Delivery,
    reason: DeadLetterReason,
  ): DeadLetter<unknown> {
    const { parcel: { message, meta, replays }, attempts } = delivery;
    const { error, firstFailedAt } = delivery;
    return Object.freeze({
      id: crypto.randomUUID(),
      message,
      meta,
      subscription: this.name,
      reason,
      attempts,
      error: firstFailedAt === undefined
        ? undefined
        : Object.freeze(describeError(error)),
      firstFailedAt,
      deadAt: this.#parts.clock.now(),
      replays,
    });
  }

  /** Ends a delivery without an answer to who has requested it. */
  #fallSilent(delivery: Delivery): void {
    delivery.parcel.reply?.fail(delivery.attempts, delivery.error);
    this.#finish(delivery);
  }

  #finish(delivery: Delivery): void {
    const { key } = delivery.parcel.meta;
    if (delivery.hasSlot) {
      if (key !== undefined) this.#advanceLane(key);
      this.release();
    }
    this.#count--;
    if (this.#count > 0) return;
    this.#idlers?.resolve();
    this.#idlers = undefined;
  }

  #advanceLane(key: string): void {
    const next = this.#lanes.get(key)?.shift();
    if (next === undefined) return void this.#lanes.delete(key);
    this.#ready.push(next, next.rank);
    this.#wake();
  }

  #report(
    error: ErrorOf<"MSG_HANDLER_ERROR" | "MSG_BROKER_UNAVAILABLE">,
    delivery: Delivery,
    retryDelayMs: number | undefined,
  ): void {
    const { parcel: { meta }, attempts: attempt } = delivery;
    const subscription = this.name;
    const failure = { meta, subscription, attempt, retryDelayMs };
    callReporting(() => this.#parts.onError(error, failure));
  }
}

/**
 * Checks how messages are to be handled.
 *
 * @param options What has been said of it.
 * @returns All of it.
 * @throws {ValidationError} An option is not valid.
 */
export function withDefaults(
  options: DeliveryOptions,
): Required<DeliveryOptions> {
  const {
    timeoutMs = Infinity,
    capacity = 1_024,
    overflow = WhenFull.WAIT,
    retry = {},
  } = options;
  requireDuration("timeoutMs", timeoutMs);
  requireWhole("capacity", capacity);
  requireOption(parseStatus(WhenFull, overflow, "overflow"), overflow);
  const delays = retry.backoff === undefined
    ? { baseDelayMs: 100, maxDelayMs: 30_000 }
    : {};
  const all = { maxAttempts: 5, ...delays, ...retry };
  new RetryPolicy(all); // Throws where it is not valid.
  return { timeoutMs, capacity, overflow, retry: all };
}
