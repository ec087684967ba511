import { type Clock, type SleepOptions, type TimerHandle } from "./clock.js";
export interface ManualClockOptions {
  readonly now?: number;
}
export declare class ManualClock implements Clock {
  constructor(options?: ManualClockOptions);
  get pending(): number;
  now(): number;
  monotonic(): number;
  sleep(durationMs: number, options?: SleepOptions): Promise<void>;
  setTimer(callback: () => void, delayMs: number): TimerHandle;
  setNow(now: number): void;
  advance(durationMs: number): void;
  advanceTo(monotonic: number): void;
  advanceAsync(durationMs: number): Promise<void>;
}
