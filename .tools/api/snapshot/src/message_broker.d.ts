import type { Clock } from "./clock.js";
import type {
  DeadLetterQueue,
  DeadLetterRetryError,
  MessageMeta,
} from "./dead_letter.js";
import type { ErrorOf } from "./errors.js";
import { type Awaitable, type CloseOptions } from "./protocols.js";
import type { Result } from "./result.js";
import type { RetryOptions } from "./retry.js";
import type { MatchTopics } from "./topic_router.js";
export type { MessageMeta } from "./dead_letter.js";
export type { CloseOptions } from "./protocols.js";
export interface MessageContext {
  readonly meta: MessageMeta;
  readonly subscription: string;
  readonly attempt: number;
  readonly replays: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}
export type MessageHandler<TMessage, TResult = unknown> = (
  message: TMessage,
  context: MessageContext,
) => Awaitable<TResult | Result<TResult, unknown>>;
export interface PublishOptions {
  readonly id?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ttlMs?: number;
  readonly mandatory?: boolean;
  readonly signal?: AbortSignal | undefined;
}
export interface PublishReceipt {
  readonly id: string;
  readonly routed: number;
  readonly deduplicated: boolean;
}
export type PublishError = ErrorOf<
  "MSG_PUBLISH_FAILED" | "MSG_QUEUE_FULL" | "MSG_BROKER_UNAVAILABLE"
>;
export type SubscribeError = ErrorOf<
  "MSG_SUBSCRIBE_FAILED" | "MSG_BROKER_UNAVAILABLE"
>;
export type RequestError =
  | PublishError
  | ErrorOf<"MSG_DEAD_LETTER" | "TASK_TIMEOUT">;
export interface RequestOptions
  extends Omit<PublishOptions, "id" | "mandatory"> {
  readonly timeoutMs?: number;
}
export interface DeliveryFailure {
  readonly meta: MessageMeta;
  readonly subscription: string;
  readonly attempt: number;
  readonly retryDelayMs: number | undefined;
}
export interface DeliveryOptions {
  readonly retry?: RetryOptions;
  readonly timeoutMs?: number;
  readonly capacity?: number;
  readonly overflow?: "wait" | "reject" | "dead-letter";
}
export interface MessageSubscribeOptions extends DeliveryOptions {
  readonly group?: string;
  readonly concurrency?: number;
  readonly signal?: AbortSignal | undefined;
}
export interface UnsubscribeOptions {
  readonly drain?: boolean;
}
export interface MessageSubscription extends AsyncDisposable {
  readonly name: string;
  readonly pattern: string;
  readonly isActive: boolean;
  unsubscribe(options?: UnsubscribeOptions): Promise<void>;
}
export interface ReplayOptions {
  readonly to?: "subscription" | "topic";
}
export interface MessageBroker<TTopics extends object> extends AsyncDisposable {
  readonly deadLetters: DeadLetterQueue<TTopics[keyof TTopics]>;
  publish<K extends keyof TTopics & string>(
    topic: K,
    message: TTopics[K],
    options?: PublishOptions,
  ): Awaitable<Result<PublishReceipt, PublishError>>;
  subscribe<P extends string>(
    pattern: P,
    handler: MessageHandler<MatchTopics<TTopics, P>>,
    options?: MessageSubscribeOptions,
  ): Awaitable<Result<MessageSubscription, SubscribeError>>;
  request<R>(
    topic: keyof TTopics & string,
    message: TTopics[keyof TTopics],
    options?: RequestOptions,
  ): Awaitable<Result<R, RequestError>>;
  replay(
    id: string,
    options?: ReplayOptions,
  ): Awaitable<Result<boolean, DeadLetterRetryError>>;
  close(options?: CloseOptions): Promise<void>;
}
export declare function isMessageBroker(
  value: unknown,
): value is MessageBroker<Record<string, unknown>>;
