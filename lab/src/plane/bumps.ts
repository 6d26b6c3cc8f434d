/** A mixture of equal round Gaussians in the plane, p_0 = sum_k w_k N(m_k, std^2 I).
 *  At every moment all follows from the posterior mean M(x) = E[x_0 | x_t = x]:
 *    score    s = (alpha M - x) / v,
 *    velocity u = alpha' M - (v'/2) s,       div u = (alpha' - alpha v'/(2v)) div M + v'/v,
 *    div M = (alpha/v) (E[|x_0|^2 | x] - |M|^2) with x_0 counted at the centers m_k. */
import type { Rng } from "../core/rng";
import type { Moment } from "./path";

/** The posterior mean M. Written over by the next look. */
export interface Mean {
  x: number;
  y: number;
}

/** All that one look at a point found. */
export interface Posterior extends Mean {
  logp: number;
  /** The trace of the posterior covariance of the centers. */
  spread: number;
}

/** exp(-36) is the rounding of 1: smaller terms of the sum are left out. */
const NEGLIGIBLE = -36;

export class Bumps {
  readonly count: number;
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly weights: Float64Array;
  readonly #logits: Float64Array;
  readonly #exponents: Float64Array;
  readonly #found: Posterior = { logp: 0, x: 0, y: 0, spread: 0 };

  /** Without a weight for each all are equal. */
  constructor(
    means: readonly (readonly number[])[],
    readonly std: number,
    weights: readonly number[] = [],
  ) {
    this.count = means.length;
    const total = weights.reduce((a, b) => a + b, 0);
    const given = weights.length === this.count;
    this.xs = Float64Array.from(means, (m) => m[0]);
    this.ys = Float64Array.from(means, (m) => m[1]);
    this.weights = Float64Array.from(means, (_, k) => (given ? weights[k] / total : 1 / this.count));
    this.#logits = this.weights.map(Math.log);
    this.#exponents = new Float64Array(this.count);
  }

  /** log p and the posterior mean at (x, y). The largest exponent is taken out first: far out every
   *  density underflows. */
  look(x: number, y: number, { alpha, v }: Moment): Posterior {
    const { xs, ys, count } = this;
    const logits = this.#logits;
    const exponents = this.#exponents;
    const half = -0.5 / v;
    let top = -Infinity;
    for (let k = 0; k < count; k++) {
      const dx = x - alpha * xs[k];
      const dy = y - alpha * ys[k];
      const e = logits[k] + half * (dx * dx + dy * dy);
      exponents[k] = e;
      if (e > top) top = e;
    }
    let mass = 0;
    let mx = 0;
    let my = 0;
    let square = 0;
    for (let k = 0; k < count; k++) {
      const e = exponents[k] - top;
      if (e < NEGLIGIBLE) continue;
      const w = Math.exp(e);
      mass += w;
      mx += w * xs[k];
      my += w * ys[k];
      square += w * (xs[k] * xs[k] + ys[k] * ys[k]);
    }
    const found = this.#found;
    found.logp = top + Math.log(mass / (2 * Math.PI * v));
    found.x = mx / mass;
    found.y = my / mass;
    found.spread = square / mass - found.x ** 2 - found.y ** 2;
    return found;
  }

  /** M alone at one moment, for many points: what all exponents have in common is left out. */
  means({ alpha, v }: Moment): (x: number, y: number) => Mean {
    const { xs, ys, count } = this;
    const exponents = this.#exponents;
    const found = { x: 0, y: 0 };
    const right = xs.map((m) => (alpha / v) * m);
    const up = ys.map((m) => (alpha / v) * m);
    const level = this.#logits.map((w, k) => w - ((alpha * alpha) / (2 * v)) * (xs[k] * xs[k] + ys[k] * ys[k]));
    return (x, y) => {
      let top = -Infinity;
      for (let k = 0; k < count; k++) {
        const e = level[k] + x * right[k] + y * up[k];
        exponents[k] = e;
        if (e > top) top = e;
      }
      let mass = 0;
      let mx = 0;
      let my = 0;
      for (let k = 0; k < count; k++) {
        const e = exponents[k] - top;
        if (e < NEGLIGIBLE) continue;
        const w = Math.exp(e);
        mass += w;
        mx += w * xs[k];
        my += w * ys[k];
      }
      found.x = mx / mass;
      found.y = my / mass;
      return found;
    };
  }

  /** Draws of p at a moment, as x, y, x, y, ... */
  sample(n: number, { alpha, v }: Moment, rng: Rng): Float64Array {
    const out = new Float64Array(2 * n);
    const std = Math.sqrt(v);
    for (let i = 0; i < 2 * n; i += 2) {
      let u = rng.uniform();
      let k = 0;
      while (k < this.count - 1 && u >= this.weights[k]) u -= this.weights[k++];
      out[i] = alpha * this.xs[k] + std * rng.normal();
      out[i + 1] = alpha * this.ys[k] + std * rng.normal();
    }
    return out;
  }
}
