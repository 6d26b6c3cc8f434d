/** A Gaussian mixture in one dimension: density, score, sampling and its law under noising. */
import type { Rng } from "../../src/core/rng";

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

export class Mixture {
  private readonly precisions: Float64Array;
  /** log(weight / std), the part of each component's log density that does not depend on x. */
  private readonly logits: Float64Array;
  private readonly exponents: Float64Array;

  constructor(
    readonly weights: readonly number[],
    readonly means: readonly number[],
    readonly stds: readonly number[],
  ) {
    const n = weights.length;
    if (n === 0 || means.length !== n || stds.length !== n)
      throw new RangeError(
        `a mixture needs as many weights as means and stds, at least one: got ${n}, ${means.length} and ${stds.length}`,
      );
    const bad = stds.find((s) => !(s > 0 && Number.isFinite(s)));
    if (bad !== undefined) throw new RangeError(`every std must be positive and finite: got ${bad}`);
    this.precisions = Float64Array.from(stds, (s) => 1 / (s * s));
    this.logits = Float64Array.from(weights, (w, i) => Math.log(w / stds[i]));
    this.exponents = new Float64Array(n);
  }

  /** The law of alpha x + std eps: again a mixture, with means and variances pushed along. */
  noised(alpha: number, std: number): Mixture {
    return new Mixture(
      this.weights,
      this.means.map((m) => alpha * m),
      this.stds.map((s) => Math.hypot(alpha * s, std)),
    );
  }

  density(x: number): number {
    let p = 0;
    for (let i = 0; i < this.means.length; i++) {
      const d = x - this.means[i];
      p += Math.exp(this.logits[i] - 0.5 * d * d * this.precisions[i]);
    }
    return p / ROOT_TWO_PI;
  }

  /** d/dx log p(x). The largest exponent is taken out first: far out every density underflows. */
  score(x: number): number {
    const { means, precisions, logits, exponents } = this;
    let top = -Infinity;
    for (let i = 0; i < means.length; i++) {
      const d = x - means[i];
      const e = logits[i] - 0.5 * d * d * precisions[i];
      exponents[i] = e;
      if (e > top) top = e;
    }
    let mass = 0;
    let pull = 0;
    for (let i = 0; i < means.length; i++) {
      const w = Math.exp(exponents[i] - top);
      mass += w;
      pull += w * precisions[i] * (means[i] - x);
    }
    return pull / mass;
  }

  sample(rng: Rng): number {
    let u = rng.uniform();
    let i = 0;
    while (i < this.weights.length - 1 && u >= this.weights[i]) u -= this.weights[i++];
    return this.means[i] + this.stds[i] * rng.normal();
  }

  /** An interval that holds all but a negligible part of the mass (four stds past every mean). */
  reach(): number {
    return Math.max(...this.means.map((m, i) => Math.abs(m) + 4 * this.stds[i]));
  }
}
