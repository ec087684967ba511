import { type TopicSyntax } from "./_topic_trie.js";
import { ValidationError } from "./errors.js";
import { type Result } from "./result.js";
import { type TypeMismatch } from "./validators.js";
export type { TopicSyntax } from "./_topic_trie.js";
export declare const AMQP_TOPICS: TopicSyntax;
export declare const NATS_TOPICS: TopicSyntax;
export declare const MQTT_TOPICS: TopicSyntax;
export type TopicError =
  | TypeMismatch
  | ValidationError<"VALIDATION_EMPTY_VALUE" | "VALIDATION_INVALID_FORMAT">;
export declare function validateTopic(
  field: string,
  topic: unknown,
  syntax?: TopicSyntax,
): Result<string, TopicError>;
export declare function validatePattern(
  field: string,
  pattern: unknown,
  syntax?: TopicSyntax,
): Result<string, TopicError>;
export interface TopicRouterOptions {
  readonly syntax?: TopicSyntax;
  readonly cacheSize?: number;
}
export declare class TopicRouter<T> {
  constructor(options?: TopicRouterOptions);
  get size(): number;
  get nodeCount(): number;
  add(pattern: string, value: T): void;
  remove(pattern: string, value: T): boolean;
  match(topic: string): readonly T[];
}
export type TopicsMatching<TTopics extends object, P extends string> = P extends
  unknown ? {
    [K in keyof TTopics & string]-?: Record<never, never> extends
      Record<K, 1> | Record<P, 1> ? K
      : WordsMatch<`${K}.`, `${P}.`> extends true ? K
      : never;
  }[keyof TTopics & string]
  : never;
export type MatchTopics<TTopics extends object, P extends string> =
  TTopics[TopicsMatching<TTopics, P>];
export type WordsMatch<T extends string, P extends string> = P extends
  `${infer Taker}.${infer Takers}`
  ? Taker extends "#" ? WordsMatch<T, Takers> extends true ? true
    : T extends `${string}.${infer Words}` ? WordsMatch<Words, P>
    : false
  : T extends `${infer Word}.${infer Words}` ? [
      Taker,
      Word,
    ] extends [
      "*",
      "",
    ] ? false
    : Taker extends "*" | Word ? WordsMatch<Words, Takers>
    : false
  : false
  : T extends "" ? true
  : false;
