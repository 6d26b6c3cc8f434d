/** The particles against the exact p: square cells, the L1 distance, and what exact samples show. */
import type { Floor } from "../core/histogram";
import type { Bumps } from "./bumps";
import type { Moment } from "./path";

const CELLS = 20;

/** The normal distribution function to 7.5e-8 (Abramowitz and Stegun 26.2.17): less than one
 *  particle in a million. */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const tail = (series.reduce((sum, c) => sum * t + c, 0) * t * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
  return z > 0 ? 1 - tail : tail;
}

/** The fraction of the points in each cell of [-reach, reach]^2; the last entry holds all others. */
export function fractions(points: ArrayLike<number>, reach: number): Float64Array {
  const out = new Float64Array(CELLS * CELLS + 1);
  const per = CELLS / (2 * reach);
  const each = 2 / points.length;
  for (let i = 0; i < points.length; i += 2) {
    const column = Math.floor((points[i] + reach) * per);
    const row = Math.floor((points[i + 1] + reach) * per);
    const inside = column >= 0 && row >= 0 && column < CELLS && row < CELLS;
    out[inside ? row * CELLS + column : CELLS * CELLS] += each;
  }
  return out;
}

/** The same numbers for the exact law. */
export function probabilities(bumps: Bumps, { alpha, v }: Moment, reach: number): Float64Array {
  const out = new Float64Array(CELLS * CELLS + 1);
  const std = Math.sqrt(v);
  const edge = (i: number): number => (2 * reach * i) / CELLS - reach;
  const shares = (mean: number): Float64Array => {
    const below = Float64Array.from({ length: CELLS + 1 }, (_, i) => normalCdf((edge(i) - mean) / std));
    return Float64Array.from({ length: CELLS }, (_, i) => below[i + 1] - below[i]);
  };
  let inside = 0;
  for (let k = 0; k < bumps.count; k++) {
    const across = shares(alpha * bumps.xs[k]);
    const up = shares(alpha * bumps.ys[k]);
    for (let j = 0; j < CELLS; j++)
      for (let i = 0; i < CELLS; i++) out[j * CELLS + i] += bumps.weights[k] * up[j] * across[i];
  }
  for (const p of out) inside += p;
  out[CELLS * CELLS] = Math.max(0, 1 - inside);
  return out;
}

/** Mean and spread of the L1 distance of n exact draws. Many cells expect less than one particle, so
 *  the mean of each |count - n p| is de Moivre's exact 2 m (1-p) C(n,m) p^m (1-p)^(n-m), m = [np]+1;
 *  its variance is n p (1-p) less the square of that. */
export function noiseFloor(cells: ArrayLike<number>, n: number): Floor {
  let mean = 0;
  let variance = 0;
  for (let i = 0; i < cells.length; i++) {
    const p = Math.min(1 - 1e-12, cells[i]);
    if (!(p > 0)) continue;
    const m = Math.floor(n * p) + 1;
    let log = Math.log(2 * m) + (n - m + 1) * Math.log1p(-p) + m * Math.log(p);
    for (let j = 1; j <= m; j++) log += Math.log((n - m + j) / j);
    const each = Math.exp(log) / n;
    mean += each;
    variance += Math.max(0, (p * (1 - p)) / n - each * each);
  }
  return { mean, std: Math.sqrt(variance) };
}
