/** Isotropic Gaussian mixtures in the plane. Points are stored as x0, y0, x1, y1, ... */
import type { Rng } from "../core/rng";

export type Point = readonly [number, number];

export interface MixtureSettings {
  weights: readonly number[];
  means: readonly Point[];
  stds: readonly number[];
}

export class PlaneMixture {
  readonly #logits: Float64Array;

  constructor(readonly settings: MixtureSettings) {
    const { weights, means, stds } = settings;
    const n = weights.length;
    if (n === 0 || means.length !== n || stds.length !== n)
      throw new RangeError(
        `a mixture needs as many weights as means and stds, at least one: got ${n}, ${means.length} and ${stds.length}`,
      );
    this.#logits = new Float64Array(n);
  }

  /** E[x_0 | alpha x_0 + std eps = x], all that a sampler is told about the density. */
  denoise(x: Float64Array, alpha: number, std: number, out = new Float64Array(x.length)): Float64Array {
    const { weights, means, stds } = this.settings;
    const n = weights.length;
    const variances = stds.map((s) => (alpha * s) ** 2 + std * std);
    const logs = Float64Array.from(variances, (v, k) => Math.log(weights[k] / v));
    const steep = Float64Array.from(variances, (v) => -0.5 / v);
    const xs = Float64Array.from(means, (m) => alpha * m[0]);
    const ys = Float64Array.from(means, (m) => alpha * m[1]);
    // Each component's own denoised point is (std^2 m_k + alpha s_k^2 x) / variance.
    const pullX = Float64Array.from(variances, (v, k) => (std * std * means[k][0]) / v);
    const pullY = Float64Array.from(variances, (v, k) => (std * std * means[k][1]) / v);
    const keep = Float64Array.from(variances, (v, k) => (alpha * stds[k] ** 2) / v);
    const logits = this.#logits;
    for (let i = 0; i < x.length; i += 2) {
      const px = x[i];
      const py = x[i + 1];
      let top = -Infinity;
      for (let k = 0; k < n; k++) {
        const dx = px - xs[k];
        const dy = py - ys[k];
        logits[k] = logs[k] + steep[k] * (dx * dx + dy * dy);
        if (logits[k] > top) top = logits[k];
      }
      let mass = 0;
      let ax = 0;
      let ay = 0;
      let stay = 0;
      for (let k = 0; k < n; k++) {
        // Below rounding: exp(-40) is 4e-18.
        if (logits[k] < top - 40) continue;
        const r = Math.exp(logits[k] - top);
        mass += r;
        ax += r * pullX[k];
        ay += r * pullY[k];
        stay += r * keep[k];
      }
      out[i] = (ax + stay * px) / mass;
      out[i + 1] = (ay + stay * py) / mass;
    }
    return out;
  }

  density(x: number, y: number): number {
    const { weights, means, stds } = this.settings;
    let p = 0;
    for (let k = 0; k < weights.length; k++) {
      const v = stds[k] ** 2;
      const d = (x - means[k][0]) ** 2 + (y - means[k][1]) ** 2;
      p += (weights[k] / (2 * Math.PI * v)) * Math.exp((-0.5 * d) / v);
    }
    return p;
  }

  sample(count: number, rng: Rng): Float64Array {
    const { weights, means, stds } = this.settings;
    const out = new Float64Array(2 * count);
    for (let i = 0; i < out.length; i += 2) {
      let u = rng.uniform();
      let k = 0;
      while (k < weights.length - 1 && u >= weights[k]) u -= weights[k++];
      out[i] = means[k][0] + stds[k] * rng.normal();
      out[i + 1] = means[k][1] + stds[k] * rng.normal();
    }
    return out;
  }

  /** Half the side of a square that holds all but a negligible part of the mass. */
  reach(): number {
    const { means, stds } = this.settings;
    return Math.max(...means.map(([x, y], k) => Math.max(Math.abs(x), Math.abs(y)) + 3 * stds[k]));
  }
}
