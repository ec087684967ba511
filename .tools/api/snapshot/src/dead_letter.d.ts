import { type ErrorCauseJson, type ErrorOf } from "./errors.js";
import { type Awaitable, type ListOptions } from "./protocols.js";
import { type Result } from "./result.js";
export interface MessageMeta {
  readonly id: string;
  readonly topic: string;
  readonly key: string | undefined;
  readonly publishedAt: number;
  readonly headers: Readonly<Record<string, string>>;
}
export type DeadLetterReason =
  | "max_attempts"
  | "rejected"
  | "expired"
  | "overflow"
  | "closed";
export interface DeadLetter<TMessage> {
  readonly id: string;
  readonly message: TMessage;
  readonly meta: MessageMeta;
  readonly subscription: string;
  readonly reason: DeadLetterReason;
  readonly attempts: number;
  readonly error: ErrorCauseJson | undefined;
  readonly firstFailedAt: number | undefined;
  readonly deadAt: number;
  readonly replays: number;
}
export interface DeadLetterListOptions extends ListOptions {
  readonly subscription?: string;
  readonly topic?: string;
}
export type DeadLetterRetryError = ErrorOf<
  "MSG_PUBLISH_FAILED" | "MSG_QUEUE_FULL" | "MSG_BROKER_UNAVAILABLE"
>;
export type Redeliver<TMessage> = (
  letter: DeadLetter<TMessage>,
) => Awaitable<Result<unknown, DeadLetterRetryError>>;
export interface DeadLetterQueue<TMessage = unknown> {
  add(
    letter: DeadLetter<TMessage>,
  ): Awaitable<Result<void, ErrorOf<"MSG_QUEUE_FULL">>>;
  get(id: string): Awaitable<DeadLetter<TMessage> | undefined>;
  list(
    options?: DeadLetterListOptions,
  ): Awaitable<readonly DeadLetter<TMessage>[]>;
  count(): Awaitable<number>;
  retry(
    id: string,
    redeliver: Redeliver<TMessage>,
  ): Awaitable<Result<boolean, DeadLetterRetryError>>;
  discard(id: string): Awaitable<boolean>;
}
export declare function isDeadLetterQueue(
  value: unknown,
): value is DeadLetterQueue<unknown>;
export interface InMemoryDeadLetterQueueOptions {
  readonly maxLetters?: number;
}
export declare class InMemoryDeadLetterQueue<TMessage = unknown>
  implements DeadLetterQueue<TMessage> {
  constructor(options?: InMemoryDeadLetterQueueOptions);
  add(letter: DeadLetter<TMessage>): Result<void, ErrorOf<"MSG_QUEUE_FULL">>;
  get(id: string): DeadLetter<TMessage> | undefined;
  list(options?: DeadLetterListOptions): readonly DeadLetter<TMessage>[];
  count(): number;
  retry(
    id: string,
    redeliver: Redeliver<TMessage>,
  ): Promise<Result<boolean, DeadLetterRetryError>>;
  discard(id: string): boolean;
}
