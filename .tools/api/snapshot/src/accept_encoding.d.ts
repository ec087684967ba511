export interface AcceptedCoding {
  readonly coding: string;
  readonly q: number;
}
export interface SelectorOptions {
  readonly maxRemembered?: number;
}
export type CodingSelector<C extends string> = (
  header: string | null | undefined,
) => C | "identity" | undefined;
export declare function parseAcceptEncoding(
  header: string | null | undefined,
): readonly AcceptedCoding[];
export declare function createSelector<const C extends string>(
  priority: readonly C[],
  options?: SelectorOptions,
): CodingSelector<C>;
