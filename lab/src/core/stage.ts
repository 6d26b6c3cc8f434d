/** One implicit stage on a row of cells with closed walls: the rates through the faces, the factored
 *  matrix, its solution. The same formulas as the package's robust method, `flux.py` and `faces.py`. */

/** w / (e^w - 1) = 1 - w/2 + sum_k B_2k w^2k / (2k)!: below |w| = 1/2 the next term is under 1e-17. */
const BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600];
const SERIES_BELOW = 0.5;
/** From here on w / (e^w - 1) is less than the rounding of w. */
const NOTHING_ABOVE = 40;

export class Stage {
  /** J / h = right_j p_(j-1) - left_j p_j through face j = 0 .. n; the walls let nothing pass. */
  readonly right: Float64Array;
  readonly left: Float64Array;
  readonly #inverse: Float64Array;
  readonly #back: Float64Array;
  #weight = 0;

  constructor(readonly n: number) {
    this.right = new Float64Array(n + 1);
    this.left = new Float64Array(n + 1);
    this.#inverse = new Float64Array(n);
    this.#back = new Float64Array(n);
  }

  /** Exponentially fitted rates (Scharfetter-Gummel, Chang-Cooper) from the drift on the half grid:
   *  with w = b h / D, left = (b/h) / (e^w - 1) and right = left + b/h, written for |b| so that
   *  nothing cancels. D -> 0 is upwinding; where both are 0, w is not a number and nothing passes.
   *  The mean drift over two half cells comes from five values, exact to degree 5. */
  assemble(drift: Float64Array, diffusion: number, h: number): void {
    const { n, right, left } = this;
    const [b1, b2, b3, b4, b5, b6, b7] = BERNOULLI;
    const scale = diffusion / (h * h);
    const unit = 1 / (180 * h);
    for (let j = 1; j < n; j++) {
      const k = 2 * j;
      const sides = -(drift[k - 2] + drift[k + 2]) + 34 * (drift[k - 1] + drift[k + 1]);
      const b = (sides + 114 * drift[k]) * unit;
      const speed = Math.abs(b);
      const w = speed / scale;
      let against = 0;
      if (w < SERIES_BELOW) {
        const v = w * w;
        against = scale * (1 - 0.5 * w + v * (b1 + v * (b2 + v * (b3 + v * (b4 + v * (b5 + v * (b6 + v * b7)))))));
      } else if (w < NOTHING_ABOVE) {
        const e = Math.exp(-w);
        against = (speed * e) / (1 - e);
      }
      right[j] = b > 0 ? against + speed : against;
      left[j] = b > 0 ? against : against + speed;
    }
  }

  /** Factor 1 - weight A, where A p = -(J_(i+1) - J_i)/h. Its columns sum to 1, which gives the pivots
   *  as sums of positive numbers: nothing cancels, and solutions of p >= 0 are >= 0. */
  factor(weight: number): void {
    const { n, right, left } = this;
    const inverse = this.#inverse;
    const back = this.#back;
    this.#weight = weight;
    let excess = 1;
    for (let i = 0; i < n; i++) {
      const pivot = 1 / (excess + weight * right[i + 1]);
      const up = weight * left[i + 1] * pivot;
      inverse[i] = pivot;
      back[i] = up;
      excess = 1 + up * excess;
    }
  }

  solve(rhs: Float64Array, out: Float64Array): void {
    const { n, right } = this;
    const inverse = this.#inverse;
    const back = this.#back;
    const weight = this.#weight;
    let y = 0;
    for (let i = 0; i < n; i++) out[i] = y = (rhs[i] + weight * right[i] * y) * inverse[i];
    for (let i = n - 2; i >= 0; i--) out[i] = y = out[i] + back[i] * y;
  }
}
