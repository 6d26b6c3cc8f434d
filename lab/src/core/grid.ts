/** Equal cells on a line; a density lives on them as cell averages. */

/** Gauss's rule with five points in a cell, nodes and weights: exact for polynomials of degree 9. */
const RULE = [
  [-0.906179845938664, 0.236926885056189],
  [-0.538469310105683, 0.478628670499366],
  [0, 0.568888888888889],
  [0.538469310105683, 0.478628670499366],
  [0.906179845938664, 0.236926885056189],
];

export class Grid {
  readonly h: number;
  readonly centers: Float64Array;

  constructor(
    readonly low: number,
    readonly high: number,
    readonly n: number,
  ) {
    this.h = (high - low) / n;
    this.centers = Float64Array.from({ length: n }, (_, i) => low + this.h * (i + 0.5));
  }

  /** Cell averages of a density. Mass outside the grid is left out. */
  average(density: (x: number) => number): Float64Array {
    const half = this.h / 2;
    return this.centers.map((x) => RULE.reduce((sum, [node, weight]) => sum + 0.5 * weight * density(x + half * node), 0));
  }

  /** Cell averages, of unit mass, of a drawn curve: straight between its points, whose x rise, and
   *  zero beyond them. */
  curve(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
    const p = new Float64Array(this.n);
    const { low, h } = this;
    for (let j = 1; j < x.length; j++) {
      const [a, b] = [x[j - 1], x[j]];
      const slope = (y[j] - y[j - 1]) / (b - a);
      // A straight line's average over a part of a cell is its value in the middle.
      for (let i = Math.max(0, Math.floor((a - low) / h)); i < this.n && low + h * i < b; i++) {
        const [left, right] = [Math.max(a, low + h * i), Math.min(b, low + h * (i + 1))];
        if (right > left) p[i] += ((right - left) * (y[j - 1] + slope * ((left + right) / 2 - a))) / h;
      }
    }
    return this.normalise(p);
  }

  /** Values scaled to unit mass. Throws RangeError where there is none. */
  normalise(p: Float64Array): Float64Array {
    const mass = this.h * p.reduce((a, b) => a + b, 0);
    if (!(mass > 0 && mass < Infinity)) throw new RangeError(`the density has mass ${mass} on this grid`);
    return p.map((v) => v / mass);
  }
}
