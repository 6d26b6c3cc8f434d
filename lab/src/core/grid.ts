/** Equal cells on a line; a density lives on them as cell averages. */

// Gauss's rule with five points in a cell: exact for polynomials of degree 9.
const NODES = [-0.906179845938664, -0.538469310105683, 0, 0.538469310105683, 0.906179845938664];
const WEIGHTS = [0.236926885056189, 0.478628670499366, 0.568888888888889, 0.478628670499366, 0.236926885056189];

export class Grid {
  readonly h: number;
  readonly centers: Float64Array;
  readonly edges: Float64Array;

  constructor(
    readonly low: number,
    readonly high: number,
    readonly n: number,
  ) {
    if (!(n >= 4 && high > low)) throw new RangeError(`a grid needs low < high and n >= 4: got ${low}, ${high}, ${n}`);
    const h = (this.h = (high - low) / n);
    this.centers = Float64Array.from({ length: n }, (_, i) => low + h * (i + 0.5));
    this.edges = Float64Array.from({ length: n + 1 }, (_, i) => (i < n ? low + h * i : high));
  }

  /** Cell averages of a density. Mass outside the grid is left out. */
  average(density: (x: number) => number): Float64Array {
    return this.centers.map((x) =>
      NODES.reduce((sum, node, i) => sum + 0.5 * WEIGHTS[i] * density(x + 0.5 * this.h * node), 0),
    );
  }

  /** Cell averages, of unit mass, of a drawn curve: straight between its points, zero beyond them.
   *  Throws RangeError unless x rises and y >= 0 holds some mass on the grid. */
  curve(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
    const p = new Float64Array(this.n);
    if (x.length < 2 || x.length !== y.length)
      throw new RangeError(`a curve needs as many x as y, at least two: got ${x.length} and ${y.length}`);
    for (let i = 1; i < x.length; i++) {
      if (!(x[i] > x[i - 1])) throw new RangeError(`the x of a curve must rise: got ${x[i - 1]}, then ${x[i]}`);
      this.#segment(x[i - 1], y[i - 1], (y[i] - y[i - 1]) / (x[i] - x[i - 1]), x[i], p);
    }
    return this.normalise(p);
  }

  /** Add the averages of the line from (a, height) to the right end b, cell by cell. */
  #segment(a: number, height: number, slope: number, b: number, p: Float64Array): void {
    const { low, h, n, edges } = this;
    const last = Math.min(n - 1, Math.floor((b - low) / h));
    for (let i = Math.max(0, Math.floor((a - low) / h)); i <= last; i++) {
      const left = Math.max(a, edges[i]);
      const right = Math.min(b, edges[i + 1]);
      if (right > left) p[i] += ((right - left) * (height + slope * (0.5 * (left + right) - a))) / h;
    }
  }

  /** Values scaled to unit mass. Throws RangeError for values that are no density. */
  normalise(p: ArrayLike<number>): Float64Array {
    const out = Float64Array.from(p);
    if (out.length !== this.n) throw new RangeError(`p has ${out.length} cells; the grid has ${this.n}`);
    let sum = 0;
    for (const v of out) {
      if (!(v >= 0 && v < Infinity)) throw new RangeError(`a density is finite and >= 0 in every cell: got ${v}`);
      sum += v;
    }
    if (!(sum * this.h > 0)) throw new RangeError("the density has no mass on this grid");
    return out.map((v) => v / (sum * this.h));
  }
}
