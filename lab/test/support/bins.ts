/** Particles and an exact mixture on the same bins. */
import type { Mixture } from "./mixture";

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
