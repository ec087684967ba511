export type EventHandler<TPayload> = (
  payload: TPayload,
) => void | PromiseLike<void>;
export type EmitArgs<TPayload> = 0 extends 1 & TPayload ? [
    payload?: TPayload,
  ]
  : [
    TPayload,
  ] extends [
    void | undefined,
  ] ? []
  : undefined extends TPayload ? [
      payload?: TPayload,
    ]
  : [
    payload: TPayload,
  ];
export type AnyEvent<TEvents extends object> = {
  [K in keyof TEvents]: {
    readonly type: K;
    readonly payload: TEvents[K];
  };
}[keyof TEvents];
export type EventsOf<
  TEvent extends {
    readonly type: PropertyKey;
  },
> = {
  [K in TEvent["type"]]: Extract<TEvent, {
    readonly type: K;
  }>;
};
export interface Subscription extends Disposable {
  readonly isActive: boolean;
  unsubscribe(): void;
}
export interface SubscribeOptions<TPayload> {
  readonly signal?: AbortSignal | undefined;
  readonly once?: boolean;
  readonly prepend?: boolean;
  readonly filter?: (payload: TPayload) => boolean;
}
export type OnceOptions<TPayload> = Pick<
  SubscribeOptions<TPayload>,
  "signal" | "filter"
>;
export interface EventsOptions<TPayload> extends OnceOptions<TPayload> {
  readonly capacity?: number;
  readonly overflow?: "error" | "drop-oldest" | "drop-newest";
}
export interface EventErrorContext {
  readonly type: PropertyKey;
  readonly payload: unknown;
}
export interface EventBusOptions {
  readonly onError?: (error: unknown, context: EventErrorContext) => void;
}
export declare class EventBus<TEvents extends object> implements Disposable {
  constructor(options?: EventBusOptions);
  on<K extends keyof TEvents>(
    type: K,
    handler: EventHandler<TEvents[K]>,
    options?: SubscribeOptions<TEvents[K]>,
  ): Subscription;
  onAny(
    handler: EventHandler<AnyEvent<TEvents>>,
    options?: SubscribeOptions<AnyEvent<TEvents>>,
  ): Subscription;
  once<K extends keyof TEvents>(
    type: K,
    options?: OnceOptions<TEvents[K]>,
  ): Promise<TEvents[K]>;
  events<K extends keyof TEvents>(
    type: K,
    options?: EventsOptions<TEvents[K]>,
  ): AsyncIterableIterator<TEvents[K]>;
  emit<K extends keyof TEvents>(
    type: K,
    ...args: EmitArgs<TEvents[K]>
  ): boolean;
  publish<K extends keyof TEvents>(
    type: K,
    ...args: EmitArgs<TEvents[K]>
  ): Promise<void>;
  listenerCount(type?: keyof TEvents): number;
  clear(type?: keyof TEvents): void;
  [Symbol.dispose](): void;
}
