import * as expectations from "./_expectations.js";
export declare const ErrorMessages: {
  readonly AUTH: {
    readonly TOKEN_EXPIRED: "The token has expired";
    readonly TOKEN_INVALID: "The token is not valid";
    readonly TOKEN_REVOKED: "The token has been revoked";
    readonly TOKEN_MALFORMED: "The token is malformed";
    readonly ALGORITHM_MISMATCH:
      "The token uses algorithm {received} where {expected} is required";
    readonly KEY_INVALID: "The key is not valid";
    readonly KEY_MISSING:
      "No {keyType} key is configured for algorithm {algorithm}";
    readonly SIGNATURE_INVALID: "The signature does not match";
    readonly CLAIMS_MISSING: "The token lacks the claim {claim}";
    readonly ISSUER_INVALID:
      "The token comes from an issuer that is not accepted";
    readonly AUDIENCE_INVALID: "The token is meant for another audience";
  };
  readonly CACHE: {
    readonly KEY_NOT_FOUND: "The cache has no entry for key {key}";
    readonly SERIALIZATION_FAILED:
      "The value could not be serialized: {reason}";
    readonly DESERIALIZATION_FAILED:
      "The stored value could not be deserialized: {reason}";
    readonly CONNECTION_FAILED: "The cache could not be reached: {reason}";
    readonly OPERATION_TIMEOUT:
      "The cache operation did not finish within {timeoutMs} ms";
    readonly TAG_NOT_FOUND: "No entry carries the tag {tag}";
    readonly STORE_FULL:
      "The store is full: it holds its limit of {max} entries";
    readonly ENTRY_TOO_LARGE:
      "The entry weighs {weight}, and the cache holds {max}";
    readonly LOAD_FAILED: "The value could not be loaded: {reason}";
  };
  readonly POOL: {
    readonly EXHAUSTED:
      "All connections are in use and no more callers may wait";
    readonly ACQUIRE_TIMEOUT: "No connection became free within {timeoutMs} ms";
    readonly ACQUIRE_CANCELLED: "The wait for a connection was cancelled";
    readonly CONNECTION_ERROR: "The connection failed: {reason}";
    readonly CLOSED: "The pool is closed";
    readonly INVALID_STATE: "A connection cannot go from state {from} to {to}";
    readonly HEALTH_CHECK_FAILED:
      "Connection {connectionId} failed its health check";
    readonly FACTORY_TIMEOUT:
      "The factory's {operation}() did not finish within {timeoutMs} ms";
  };
  readonly VALIDATION: {
    readonly EMPTY_VALUE: "{field} must not be empty";
    readonly INVALID_FORMAT: "{field} has an invalid format: {reason}";
    readonly OUT_OF_RANGE: "{field} must be between {min} and {max}";
    readonly TOO_SMALL: "{field} must be at least {min}";
    readonly TOO_LARGE: "{field} must be at most {max}";
    readonly REQUIRED: "{field} is required";
    readonly TYPE_MISMATCH: "{field} must be of type {expectedType}";
    readonly PATTERN_MISMATCH: "{field} must match the pattern {pattern}";
    readonly NOT_A_MEMBER: "{field} must be one of {allowed}";
    readonly UNKNOWN_FIELD: "{field} is not a known field";
    readonly SCHEMA_MISMATCH: "{field} does not satisfy its schema: {reason}";
    readonly SCHEMA_ASYNC:
      "{field} needs a schema that validates synchronously";
    readonly INVALID_OPTION:
      "The option {field} is not valid: {reason}, received {received}";
  };
  readonly SECURITY: {
    readonly UNAUTHORIZED: "Authentication is required";
    readonly FORBIDDEN: "Access is not allowed";
    readonly RATE_LIMITED: "Too many requests: try again in {retryAfterMs} ms";
    readonly ENCRYPTION_FAILED: "Encryption failed: {reason}";
    readonly DECRYPTION_FAILED: "Decryption failed: {reason}";
    readonly POLICY_DENIED: "The policy denies access to {resource}";
    readonly AUDIT_BROKEN:
      "The audit trail is broken at entry {seq} ({reason})";
    readonly SIGNING_FAILED: "Signing failed: {reason}";
  };
  readonly MSG: {
    readonly PUBLISH_FAILED: "Publishing to {topic} failed: {reason}";
    readonly SUBSCRIBE_FAILED: "Subscribing to {topic} failed: {reason}";
    readonly HANDLER_ERROR: "A message handler failed: {reason}";
    readonly DEAD_LETTER:
      "The message was dead-lettered after {retries} retries";
    readonly BROKER_UNAVAILABLE: "The broker is not available: {reason}";
    readonly QUEUE_FULL:
      "The queue is full: it holds its limit of {max} messages";
    readonly REJECTED: "The message was rejected: {reason}";
    readonly UNSUBSCRIBED: "The subscription has ended";
  };
  readonly DB: {
    readonly CONNECTION_FAILED: "The database could not be reached: {reason}";
    readonly QUERY_FAILED: "The query failed: {reason}";
    readonly TRANSACTION_FAILED: "The transaction failed: {reason}";
    readonly ENTITY_NOT_FOUND: "{entity} {id} was not found";
    readonly DUPLICATE_KEY: "{entity} already exists";
    readonly CONSTRAINT_VIOLATION: "The constraint {constraint} is violated";
    readonly REPOSITORY_FULL:
      "The repository of {entity} is full: it holds its limit of {max}";
  };
  readonly TASK: {
    readonly EXECUTION_FAILED: "The task failed: {reason}";
    readonly TIMEOUT: "The task did not finish within {timeoutMs} ms";
    readonly CANCELLED: "The task was cancelled";
    readonly RETRY_EXHAUSTED:
      "The task failed and its {retries} retries are used up";
    readonly QUEUE_FULL: "The queue is full";
    readonly QUEUE_CLOSED: "The queue is closed";
  };
  readonly COMPRESSION: {
    readonly UNSUPPORTED: "The content coding {coding} is not supported";
    readonly TRUNCATED: "The {coding} data ends too early";
    readonly CORRUPT: "The {coding} data is corrupt";
    readonly TRAILING_DATA: "The {coding} data is followed by other bytes";
    readonly OUTPUT_LIMIT:
      "The {coding} data exceeds the output limit when decoded";
  };
  readonly CONFIG: {
    readonly INVALID: "The configuration has {count} problem(s): {summary}";
  };
};
export declare const ResultMessages: {
  readonly UNWRAP: "unwrap() was called on an Err; its error is the cause";
  readonly UNWRAP_ERR: "unwrapErr() was called on an Ok";
  readonly NOT_PLAIN:
    "fromPlain() needs an object with a boolean ok, as a Result serializes to";
};
export declare const ClockMessages: {
  readonly DELAY:
    "A delay must be a number of milliseconds, received {received}";
};
export declare const Expectations: typeof expectations;
export type ErrorDomain = keyof typeof ErrorMessages;
export type DomainCode<D extends ErrorDomain> = {
  [K in D]: `${K}_${keyof (typeof ErrorMessages)[K] & string}`;
}[D];
export type ErrorCode = DomainCode<ErrorDomain>;
export type MessageOf<C extends ErrorCode> = C extends
  `${infer D extends ErrorDomain}_${infer K}`
  ? K extends keyof (typeof ErrorMessages)[D] ? (typeof ErrorMessages)[D][K]
  : never
  : never;
export type PlaceholderOf<T extends string> = T extends
  `${string}{${infer P}}${infer Rest}` ? P | PlaceholderOf<Rest> : never;
export type ParamValue<P extends string> = P extends
  `${string}Ms` | "min" | "max" | "retries" | "count" ? number
  : string | number;
export type ErrorParams<C extends ErrorCode> = C extends ErrorCode ? [
    PlaceholderOf<MessageOf<C>>,
  ] extends [
    never,
  ] ? Readonly<Record<string, never>>
  : {
    readonly [P in PlaceholderOf<MessageOf<C>>]: ParamValue<P>;
  }
  : never;
export type MessageCatalogue = {
  readonly [D in ErrorDomain]?: {
    readonly [K in keyof (typeof ErrorMessages)[D]]?: string;
  };
};
export type CheckedCatalogue<T> = {
  readonly [D in keyof T]: D extends ErrorDomain ? {
      readonly [K in keyof T[D]]: K extends keyof (typeof ErrorMessages)[D]
        ? SamePlaceholders<T[D][K], (typeof ErrorMessages)[D][K]>
        : never;
    }
    : never;
};
export type SamePlaceholders<T, Original> = [
  T,
  Original,
] extends [
  infer A extends string,
  infer B extends string,
] ? [
    PlaceholderOf<A>,
    PlaceholderOf<B>,
  ] extends [
    PlaceholderOf<B>,
    PlaceholderOf<A>,
  ] ? T
  : {
    readonly placeholders: PlaceholderOf<B>;
  }
  : never;
export declare function fillPlaceholders(
  text: string,
  params: Readonly<Record<string, string | number>>,
): string;
export declare function findMessage(
  code: ErrorCode,
  catalogue?: MessageCatalogue,
): string | undefined;
export declare function formatMessage<C extends ErrorCode>(
  code: C,
  params: ErrorParams<C>,
  catalogue?: MessageCatalogue,
): string;
export declare function defineCatalogue<const T extends MessageCatalogue>(
  catalogue: T & CheckedCatalogue<T>,
): T;
