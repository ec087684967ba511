/**
 * The few figures that measurements are told by.
 *
 * @module
 */

/** The lower quartile, the median and the upper quartile. */
export type Quartiles = readonly [q1: number, median: number, q3: number];

/**
 * Finds the quartiles, between neighbours in proportion.
 *
 * @param values At least one number.
 * @returns The quartiles.
 */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  return [at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75)];
}

/**
 * Finds what so large a share of the values is below, between neighbours in
 * proportion.
 *
 * @param values At least one number.
 * @param share From 0 to 1.
 * @returns The quantile.
 */
export function quantile(values: readonly number[], share: number): number {
  return at(values.toSorted((a, b) => a - b), share);
}

function at(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  return below + ((sorted[Math.ceil(place)] ?? NaN) - below) * (place % 1);
}

/**
 * Fits a line to the logarithms of sizes and times, by least squares. Its slope
 * is the exponent of the power of the size that the time grows with: 0 if it is
 * constant, 1 if it is in proportion, and little above 0 if it is logarithmic.
 *
 * @param points Sizes and times, all greater than 0, of two sizes at least.
 * @returns The slope.
 */
export function logLogSlope(
  points: readonly (readonly [size: number, time: number])[],
): number {
  const xs = points.map(([size]) => Math.log(size));
  const ys = points.map(([, time]) => Math.log(time));
  const meanX = mean(xs);
  const meanY = mean(ys);
  let covariance = 0;
  let variance = 0;
  for (const [i, x] of xs.entries()) {
    covariance += (x - meanX) * (ys[i]! - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
