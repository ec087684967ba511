/**
 * The arithmetic of rate limits, all in integers: fractions of time do not add
 * up. A period of 100 ms for 3 units has each take 33.3… ms, and with that in
 * floating point the third unit may be refused.
 *
 * Each class is a `RateLimitAlgorithm`, which tells what its members do.
 *
 * @module
 */

/** The largest number that sums of two are exact of. */
const LARGEST = 2 ** 52;

/** Ticks in a ms that are tried: the finest by which all fits is taken. */
const SCALES = [1_000, 1] as const;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * A leaky meter: the generic cell rate algorithm (ITU-T I.371, annex A), and the
 * same as a token bucket that is refilled all the time. Each unit taken raises
 * the level, which sinks by `limit` units in a period.
 *
 * A level of `#unit` is one unit, and it sinks by `#sink` in a tick; both are
 * whole numbers.
 */
export class LeakyMeter {
  /** The level, and when it was that. */
  readonly width = 2;
  /** The scale of time. */
  readonly ticksPerMs: number;
  /** How many units there can be at once. */
  readonly capacity: number;
  /** After how long without use nothing counts any more. */
  readonly spanTicks: number;
  readonly #unit: number;
  readonly #sink: number;
  readonly #brim: number;

  /**
   * Sets the rate.
   *
   * @param limit How many units sink in a period.
   * @param periodMs The period, a whole number of ms.
   * @param capacity How many units may be there at once.
   * @param ticksPerMs The scale, of `scaleFor`.
   */
  constructor(
    limit: number,
    periodMs: number,
    capacity: number,
    ticksPerMs: number,
  ) {
    const periodTicks = periodMs * ticksPerMs;
    const common = gcd(limit, periodTicks);
    this.ticksPerMs = ticksPerMs;
    this.capacity = capacity;
    this.#unit = periodTicks / common;
    this.#sink = limit / common;
    this.#brim = capacity * this.#unit;
    this.spanTicks = Math.ceil(this.#brim / this.#sink);
  }

  /**
   * The finest scale by which all levels are exact.
   *
   * @param limit How many units sink in a period.
   * @param periodMs The period.
   * @param capacity How many units may be there at once.
   * @returns Ticks in a ms; `undefined` where there is none.
   */
  static scaleFor(
    limit: number,
    periodMs: number,
    capacity: number,
  ): number | undefined {
    return SCALES.find((scale) => {
      const periodTicks = periodMs * scale;
      return periodTicks <= LARGEST &&
        capacity * (periodTicks / gcd(limit, periodTicks)) <= LARGEST;
    });
  }

  /** Brings the state up to a time. */
  settle(cells: Float64Array, at: number, tick: number): void {
    const level = cells[at]!;
    // A product that is too large to be exact is larger than any level.
    const sunk = (tick - cells[at + 1]!) * this.#sink;
    cells[at] = level > 0 && sunk < level ? level - sunk : 0;
    cells[at + 1] = tick;
  }

  /** Takes units, if there are as many. */
  take(cells: Float64Array, at: number, cost: number): boolean {
    const level = cells[at]! + cost * this.#unit;
    if (level > this.#brim) return false;
    cells[at] = level;
    return true;
  }

  /** Gives units back. */
  give(cells: Float64Array, at: number, cost: number): void {
    cells[at] = Math.max(0, cells[at]! - cost * this.#unit);
  }

  /** How many whole units are left. */
  remaining(cells: Float64Array, at: number): number {
    return Math.floor((this.#brim - cells[at]!) / this.#unit);
  }

  /** How long it is until nothing counts any more. */
  ticksToReset(cells: Float64Array, at: number): number {
    return Math.ceil(cells[at]! / this.#sink);
  }

  /** How long it is until so many units could be taken. */
  ticksToWait(cells: Float64Array, at: number, cost: number): number {
    if (cost > this.capacity) return Infinity;
    const over = cells[at]! + cost * this.#unit - this.#brim;
    return over > 0 ? Math.ceil(over / this.#sink) : 0;
  }
}

/**
 * The finest scale by which `limit` periods can be counted.
 *
 * @param limit How many.
 * @param periodMs The period.
 * @returns Ticks in a ms; `undefined` where there is none.
 */
export function windowScaleFor(
  limit: number,
  periodMs: number,
): number | undefined {
  return SCALES.find((scale) => limit * periodMs * scale <= LARGEST);
}

/** So many units from the first one on, and again when the period is over. */
export class FixedWindow {
  /** When the window began, and what was taken in it. */
  readonly width = 2;
  /** The scale of time. */
  readonly ticksPerMs: number;
  /** How many units there can be at once. */
  readonly capacity: number;
  /** After how long without use nothing counts any more. */
  readonly spanTicks: number;

  /**
   * Sets the limit.
   *
   * @param limit How many units in a period.
   * @param periodMs The period, a whole number of ms.
   * @param ticksPerMs The scale, of `windowScaleFor`.
   */
  constructor(limit: number, periodMs: number, ticksPerMs: number) {
    this.ticksPerMs = ticksPerMs;
    this.capacity = limit;
    this.spanTicks = periodMs * ticksPerMs;
  }

  /** Brings the state up to a time. */
  settle(cells: Float64Array, at: number, tick: number): void {
    const isOver = tick - cells[at]! >= this.spanTicks;
    if (isOver || cells[at + 1] === 0) {
      cells[at] = tick;
      cells[at + 1] = 0;
    }
  }

  /** Takes units, if there are as many. */
  take(cells: Float64Array, at: number, cost: number): boolean {
    const count = cells[at + 1]! + cost;
    if (count > this.capacity) return false;
    cells[at + 1] = count;
    return true;
  }

  /** Gives units back. */
  give(cells: Float64Array, at: number, cost: number): void {
    cells[at + 1] = Math.max(0, cells[at + 1]! - cost);
  }

  /** How many whole units are left. */
  remaining(cells: Float64Array, at: number): number {
    return this.capacity - cells[at + 1]!;
  }

  /** How long it is until nothing counts any more. */
  ticksToReset(cells: Float64Array, at: number, tick: number): number {
    return cells[at + 1] === 0 ? 0 : cells[at]! + this.spanTicks - tick;
  }

  /** How long it is until so many units could be taken. */
  ticksToWait(
    cells: Float64Array,
    at: number,
    cost: number,
    tick: number,
  ): number {
    if (cost > this.capacity) return Infinity;
    if (cells[at + 1]! + cost <= this.capacity) return 0;
    return cells[at]! + this.spanTicks - tick;
  }
}

/**
 * Two windows in a row, of which the earlier one counts less and less: by the
 * part of it that the last period still covers. All is multiplied by the period,
 * so that the weights are whole numbers.
 */
export class SlidingWindow {
  /** When the later window began, the count of the earlier, and of the later. */
  readonly width = 3;
  /** The scale of time. */
  readonly ticksPerMs: number;
  /** How many units there can be at once. */
  readonly capacity: number;
  /** After how long without use nothing counts any more. */
  readonly spanTicks: number;
  readonly #period: number;

  /**
   * Sets the limit.
   *
   * @param limit How many units in a period.
   * @param periodMs The period, a whole number of ms.
   * @param ticksPerMs The scale, of `windowScaleFor`.
   */
  constructor(limit: number, periodMs: number, ticksPerMs: number) {
    this.ticksPerMs = ticksPerMs;
    this.capacity = limit;
    this.#period = periodMs * ticksPerMs;
    this.spanTicks = 2 * this.#period;
  }

  /** Brings the state up to a time. */
  settle(cells: Float64Array, at: number, tick: number): void {
    const elapsed = tick - cells[at]!;
    const isPast = elapsed >= this.#period;
    const isNone = cells[at + 2] === 0 && (isPast || cells[at + 1] === 0);
    if (isNone || elapsed >= 2 * this.#period) {
      cells[at] = tick;
      cells[at + 1] = 0;
      cells[at + 2] = 0;
    } else if (isPast) {
      cells[at] = cells[at]! + this.#period;
      cells[at + 1] = cells[at + 2]!;
      cells[at + 2] = 0;
    }
  }

  /** Takes units, if there are as many. */
  take(cells: Float64Array, at: number, cost: number, tick: number): boolean {
    if (cost * this.#period > this.#room(cells, at, tick)) return false;
    cells[at + 2] = cells[at + 2]! + cost;
    return true;
  }

  /** Gives units back. */
  give(cells: Float64Array, at: number, cost: number): void {
    const later = Math.min(cost, cells[at + 2]!);
    cells[at + 2] = cells[at + 2]! - later;
    cells[at + 1] = Math.max(0, cells[at + 1]! - (cost - later));
  }

  /** How many whole units are left. */
  remaining(cells: Float64Array, at: number, tick: number): number {
    return Math.floor(this.#room(cells, at, tick) / this.#period);
  }

  /** How long it is until nothing counts any more. */
  ticksToReset(cells: Float64Array, at: number, tick: number): number {
    const end = cells[at]! + this.#period - tick;
    if (cells[at + 2] !== 0) return end + this.#period;
    return cells[at + 1] === 0 ? 0 : end;
  }

  /** How long it is until so many units could be taken. */
  ticksToWait(
    cells: Float64Array,
    at: number,
    cost: number,
    tick: number,
  ): number {
    if (cost > this.capacity) return Infinity;
    const period = this.#period;
    if (cost * period <= this.#room(cells, at, tick)) return 0;
    const end = cells[at]! + period - tick;
    const later = cells[at + 2]!;
    // The earlier one must shrink, or the later one when it has become that.
    const free = this.capacity - later - cost;
    return free >= 0
      ? end - Math.floor(free * period / cells[at + 1]!)
      : end + period - Math.floor((this.capacity - cost) * period / later);
  }

  /** What may still be taken, times the period. */
  #room(cells: Float64Array, at: number, tick: number): number {
    const rest = this.#period - (tick - cells[at]!);
    return (this.capacity - cells[at + 2]!) * this.#period -
      cells[at + 1]! * rest;
  }
}
