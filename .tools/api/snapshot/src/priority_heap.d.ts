export interface HeapHandle<T> {
  readonly item: T | undefined;
}
export declare class PriorityHeap<T> {
  get size(): number;
  push(item: T, priority: number): void;
  insert(item: T, priority: number): HeapHandle<T>;
  pop(): T | undefined;
  peek(): T | undefined;
  peekPriority(): number | undefined;
  delete(handle: HeapHandle<T>): boolean;
  update(handle: HeapHandle<T>, priority: number): HeapHandle<T> | undefined;
  drain(): Generator<T, void, undefined>;
  clear(): void;
}
