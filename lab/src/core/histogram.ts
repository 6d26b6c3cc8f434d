/** Particles against the exact density: bins, the L1 distance, and what sampling noise alone gives. */
import type { Mixture } from "./mixture";

export interface Floor {
  mean: number;
  std: number;
}

export class Bins {
  readonly width: number;

  constructor(
    readonly low: number,
    readonly high: number,
    readonly count: number,
  ) {
    this.width = (high - low) / count;
  }

  /** Fraction of the points in each bin; the last entry holds everything outside (and not a number). */
  fractions(points: ArrayLike<number>): Float64Array {
    const out = new Float64Array(this.count + 1);
    const each = 1 / points.length;
    for (let i = 0; i < points.length; i++) {
      const bin = Math.floor((points[i] - this.low) / this.width);
      out[bin >= 0 && bin < this.count ? bin : this.count] += each;
    }
    return out;
  }

  /** The same numbers for the exact law, by four-panel Simpson's rule in each bin. */
  probabilities(law: Mixture): Float64Array {
    const out = new Float64Array(this.count + 1);
    const h = this.width / 4;
    let inside = 0;
    for (let bin = 0; bin < this.count; bin++) {
      const x = this.low + bin * this.width;
      const odd = law.density(x + h) + law.density(x + 3 * h);
      const ends = law.density(x) + law.density(x + 4 * h);
      out[bin] = (h / 3) * (ends + 4 * odd + 2 * law.density(x + 2 * h));
      inside += out[bin];
    }
    out[this.count] = Math.max(0, 1 - inside);
    return out;
  }
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum;
}

/** The L1 distance that N independent exact samples would show. Each bin's error is close to a
 *  normal of variance p(1-p)/N, whose absolute value has mean sqrt(2/pi) and variance 1 - 2/pi
 *  of that. */
export function noiseFloor(probabilities: ArrayLike<number>, samples: number): Floor {
  let mean = 0;
  let variance = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const v = (probabilities[i] * (1 - probabilities[i])) / samples;
    mean += Math.sqrt((2 * v) / Math.PI);
    variance += (1 - 2 / Math.PI) * v;
  }
  return { mean, std: Math.sqrt(variance) };
}
