import { type Clock } from "./clock.js";
import {
  type DeadLetterQueue,
  type DeadLetterRetryError,
} from "./dead_letter.js";
import { type ErrorOf } from "./errors.js";
import type {
  DeliveryFailure,
  DeliveryOptions,
  MessageBroker,
  MessageHandler,
  MessageSubscribeOptions,
  MessageSubscription,
  PublishError,
  PublishOptions,
  PublishReceipt,
  ReplayOptions,
  RequestError,
  RequestOptions,
  SubscribeError,
} from "./message_broker.js";
import type { CloseOptions } from "./protocols.js";
import { type Result } from "./result.js";
import { type MatchTopics } from "./topic_router.js";
export interface InMemoryBrokerOptions<TTopics extends object>
  extends DeliveryOptions {
  readonly onError: (
    error: ErrorOf<"MSG_HANDLER_ERROR" | "MSG_BROKER_UNAVAILABLE">,
    failure: DeliveryFailure,
  ) => void;
  readonly deadLetters?: DeadLetterQueue<TTopics[keyof TTopics]>;
  readonly dedupeMs?: number;
  readonly abandonAfterMs?: number;
  readonly clock?: Clock;
}
export declare class InMemoryBroker<TTopics extends object>
  implements MessageBroker<TTopics> {
  readonly deadLetters: DeadLetterQueue<TTopics[keyof TTopics]>;
  constructor(options: InMemoryBrokerOptions<TTopics>);
  subscribe<P extends string>(
    pattern: P,
    handler: MessageHandler<MatchTopics<TTopics, P>>,
    options?: MessageSubscribeOptions,
  ): Result<MessageSubscription, SubscribeError>;
  publish<K extends keyof TTopics & string>(
    topic: K,
    message: TTopics[K],
    options?: PublishOptions,
  ): Promise<Result<PublishReceipt, PublishError>>;
  request<R>(
    topic: keyof TTopics & string,
    message: TTopics[keyof TTopics],
    options?: RequestOptions,
  ): Promise<Result<R, RequestError>>;
  replay(
    id: string,
    options?: ReplayOptions,
  ): Promise<Result<boolean, DeadLetterRetryError>>;
  idle(): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
