export declare class BinaryHeap<T> {
  constructor(compare: (a: T, b: T) => number);
  static from<T>(
    items: Iterable<T>,
    compare: (a: T, b: T) => number,
  ): BinaryHeap<T>;
  get size(): number;
  push(item: T): void;
  pop(): T | undefined;
  peek(): T | undefined;
  pushPop(item: T): T;
  replace(item: T): T | undefined;
  drain(): Generator<T, void, void>;
  clear(): void;
}
export declare function topK<T>(
  items: Iterable<T>,
  k: number,
  key: (item: T) => number,
): T[];
