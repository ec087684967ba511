export declare class Secret<T> {
  constructor(value: T);
  reveal(): T;
  toString(): string;
  toJSON(): string;
}
