export type Result<T, E> = Ok<T> | Err<E>;
export type AnyResult = Result<unknown, unknown>;
export type OkOf<R> = R extends Ok<infer T> ? T : never;
export type ErrOf<R> = R extends Err<infer E> ? E : never;
export type PlainResult<T, E> = {
  readonly ok: true;
  readonly value: T;
} | {
  readonly ok: false;
  readonly error: E;
};
export interface MatchBranches<T, E, A, B> {
  readonly ok: (value: T) => A;
  readonly err: (error: E) => B;
}
export declare class UnwrapError extends Error {
  override get name(): "UnwrapError";
}
export declare class Ok<T> {
  readonly ok: true;
  readonly value: T;
  constructor(value: T);
  isOk(): this is Ok<T>;
  isErr(): this is Err<never>;
  map<R extends AnyResult, U>(
    this: R,
    fn: (value: OkOf<R>) => U,
  ): Result<U, ErrOf<R>>;
  mapErr<R extends AnyResult, const F>(
    this: R,
    fn: (error: ErrOf<R>) => F,
  ): Result<OkOf<R>, F>;
  andThen<R extends AnyResult, N extends AnyResult>(
    this: R,
    fn: (value: OkOf<R>) => N,
  ): Result<OkOf<N>, ErrOf<R> | ErrOf<N>>;
  flatMap<R extends AnyResult, N extends AnyResult>(
    this: R,
    fn: (value: OkOf<R>) => N,
  ): Result<OkOf<N>, ErrOf<R> | ErrOf<N>>;
  orElse<R extends AnyResult, N extends AnyResult>(
    this: R,
    fn: (error: ErrOf<R>) => N,
  ): Result<OkOf<R> | OkOf<N>, ErrOf<N>>;
  match<R extends AnyResult, A, B>(
    this: R,
    branches: MatchBranches<OkOf<R>, ErrOf<R>, A, B>,
  ): A | B;
  unwrap<R extends AnyResult>(this: R): OkOf<R>;
  expect<R extends AnyResult>(this: R, message: string): OkOf<R>;
  unwrapErr<R extends AnyResult>(this: R): ErrOf<R>;
  unwrapOr<R extends AnyResult, U>(this: R, fallback: U): OkOf<R> | U;
  unwrapOrElse<R extends AnyResult, U>(
    this: R,
    fn: (error: ErrOf<R>) => U,
  ): OkOf<R> | U;
  inspect<R extends AnyResult>(this: R, fn: (value: OkOf<R>) => void): R;
  inspectErr<R extends AnyResult>(this: R, fn: (error: ErrOf<R>) => void): R;
  flatten<R extends Result<AnyResult, unknown>>(
    this: R,
  ): Result<OkOf<OkOf<R>>, ErrOf<OkOf<R>> | ErrOf<R>>;
  [Symbol.iterator](): Iterator<never, T>;
}
export declare class Err<E> {
  readonly ok: false;
  readonly error: E;
  constructor(error: E);
  isOk(): this is Ok<never>;
  isErr(): this is Err<E>;
  map<R extends AnyResult, U>(
    this: R,
    fn: (value: OkOf<R>) => U,
  ): Result<U, ErrOf<R>>;
  mapErr<R extends AnyResult, const F>(
    this: R,
    fn: (error: ErrOf<R>) => F,
  ): Result<OkOf<R>, F>;
  andThen<R extends AnyResult, N extends AnyResult>(
    this: R,
    fn: (value: OkOf<R>) => N,
  ): Result<OkOf<N>, ErrOf<R> | ErrOf<N>>;
  flatMap<R extends AnyResult, N extends AnyResult>(
    this: R,
    fn: (value: OkOf<R>) => N,
  ): Result<OkOf<N>, ErrOf<R> | ErrOf<N>>;
  orElse<R extends AnyResult, N extends AnyResult>(
    this: R,
    fn: (error: ErrOf<R>) => N,
  ): Result<OkOf<R> | OkOf<N>, ErrOf<N>>;
  match<R extends AnyResult, A, B>(
    this: R,
    branches: MatchBranches<OkOf<R>, ErrOf<R>, A, B>,
  ): A | B;
  unwrap<R extends AnyResult>(this: R): OkOf<R>;
  expect<R extends AnyResult>(this: R, message: string): OkOf<R>;
  unwrapErr<R extends AnyResult>(this: R): ErrOf<R>;
  unwrapOr<R extends AnyResult, U>(this: R, fallback: U): OkOf<R> | U;
  unwrapOrElse<R extends AnyResult, U>(
    this: R,
    fn: (error: ErrOf<R>) => U,
  ): OkOf<R> | U;
  inspect<R extends AnyResult>(this: R, fn: (value: OkOf<R>) => void): R;
  inspectErr<R extends AnyResult>(this: R, fn: (error: ErrOf<R>) => void): R;
  flatten<R extends Result<AnyResult, unknown>>(
    this: R,
  ): Result<OkOf<OkOf<R>>, ErrOf<OkOf<R>> | ErrOf<R>>;
  [Symbol.iterator](): Iterator<Err<E>, never>;
}
export declare function ok<T>(value: T): Ok<T>;
export declare function ok(): Ok<void>;
export declare function err<const E>(error: E): Err<E>;
export declare function catchToResult<T, const E>(
  fn: () => T,
  mapError: (thrown: unknown) => E,
): Result<T, E>;
export declare function catchToResult<T, const E, I>(
  fn: (input: I) => T,
  mapError: (thrown: unknown) => E,
  input: I,
): Result<T, E>;
export declare function catchToResultAsync<T, const E>(
  fn: () => T | PromiseLike<T>,
  mapError: (thrown: unknown) => E,
): Promise<Result<Awaited<T>, E>>;
export declare function all<const R extends ResultCollection>(
  results: R,
): Result<ValuesOf<R>, ErrorsOf<R>>;
export declare function allErrors<const R extends ResultCollection>(
  results: R,
): Result<ValuesOf<R>, ErrorsOf<R>[]>;
export type ResultCollection =
  | readonly AnyResult[]
  | Readonly<Record<string, AnyResult>>;
export type ValuesOf<R> = {
  -readonly [K in keyof R]: OkOf<R[K]>;
};
export type ErrorsOf<R> = R extends readonly unknown[] ? ErrOf<R[number]>
  : ErrOf<R[keyof R]>;
export declare function partition<R extends AnyResult>(results: Iterable<R>): [
  values: OkOf<R>[],
  errors: ErrOf<R>[],
];
export declare function any<R extends AnyResult>(
  results: Iterable<R>,
): Result<OkOf<R>, ErrOf<R>[]>;
export declare function equals(
  a: AnyResult,
  b: AnyResult,
  same?: (x: unknown, y: unknown) => boolean,
): boolean;
export declare function fromPlain<T, E>(plain: PlainResult<T, E>): Result<T, E>;
export declare function gen<Y extends Err<unknown>, T>(
  body: () => Generator<Y, T>,
): Result<T, ErrOf<Y>>;
export declare function genFn<
  A extends readonly unknown[],
  Y extends Err<unknown>,
  T,
>(body: (...args: A) => Generator<Y, T>): (...args: A) => Result<T, ErrOf<Y>>;
export declare function genAsync<Y extends Err<unknown>, T>(
  body: () => AsyncGenerator<Y, T>,
): Promise<Result<T, ErrOf<Y>>>;
export declare function mapAsync<R extends AnyResult, U>(
  result: R | PromiseLike<R>,
  fn: (value: OkOf<R>) => U | PromiseLike<U>,
): Promise<Result<Awaited<U>, ErrOf<R>>>;
export declare function andThenAsync<R extends AnyResult, N extends AnyResult>(
  result: R | PromiseLike<R>,
  fn: (value: OkOf<R>) => N | PromiseLike<N>,
): Promise<Result<OkOf<N>, ErrOf<R> | ErrOf<N>>>;
