export interface Clock {
  now(): number;
  monotonic(): number;
  sleep(durationMs: number, options?: SleepOptions): Promise<void>;
  setTimer(
    callback: () => void,
    delayMs: number,
    options?: TimerOptions,
  ): TimerHandle;
}
export interface SleepOptions {
  readonly signal?: AbortSignal | undefined;
}
export interface TimerOptions {
  readonly background?: boolean;
}
export interface TimerHandle {
  cancel(): void;
  [Symbol.dispose](): void;
}
export type RandomSource = () => number;
export declare function assertDelay(delayMs: number): void;
export declare function sleepOn(
  clock: Pick<Clock, "setTimer">,
  durationMs: number,
  options?: SleepOptions,
): Promise<void>;
export declare const systemClock: Clock;
export declare function systemRandom(): number;
