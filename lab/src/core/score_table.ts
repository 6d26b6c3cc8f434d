/** d/dx log p(x,t) on the rows of a table of p(x,t). */
import type { Grid } from "./grid";
import { blend, type Table } from "./table";

/** Of a row's highest cell. Below TRUSTED p is mostly the error of the solve, and its score is not
 *  read off: it stays what it was beyond the last trusted cell, and runs straight through a gap.
 *  Above COMMON particles are met often enough for their step size to matter. */
const TRUSTED = 1e-9;
const COMMON = 1e-3;

export class ScoreTable {
  readonly #rows: Float64Array;
  readonly #stiffness: Float64Array;
  /** The outermost common cells of each row. */
  readonly #reach: Int32Array;
  readonly #logs: Float64Array;

  constructor(
    readonly grid: Grid,
    readonly steps: number,
  ) {
    this.#rows = new Float64Array((steps + 1) * grid.n);
    this.#stiffness = new Float64Array(steps + 1);
    this.#reach = new Int32Array(2 * (steps + 1));
    this.#logs = new Float64Array(grid.n);
  }

  /** Read the score off a table of the same grid and steps. */
  fill(table: Table): this {
    for (let k = 0; k <= this.steps; k++) this.#fillRow(table.p, k);
    return this;
  }

  /** The score at the centers at time t, linear between rows. */
  row(t: number, out: Float64Array): void {
    blend(this.#rows, this.grid.n, this.steps, t, out);
  }

  /** Largest |d score / dx| where particles are, at the rows on either side of t. */
  stiffness(t: number): number {
    const place = Math.min(1, Math.max(0, t)) * this.steps;
    return Math.max(this.#stiffness[Math.floor(place)], this.#stiffness[Math.ceil(place)]);
  }

  /** The centers between which particles are, at the row nearest to t. */
  reach(t: number): [number, number] {
    const k = Math.round(Math.min(1, Math.max(0, t)) * this.steps);
    const { centers } = this.grid;
    return [centers[this.#reach[2 * k]], centers[this.#reach[2 * k + 1]]];
  }

  #fillRow(p: Float64Array, k: number): void {
    const { n, h } = this.grid;
    const logs = this.#logs;
    const score = this.#rows;
    const start = k * n;
    let top = 0;
    for (let i = 0; i < n; i++) if (p[start + i] > top) top = p[start + i];
    for (let i = 0; i < n; i++) logs[i] = Math.log(p[start + i]);
    const trusted = Math.log(TRUSTED * top);
    let last = -1;
    for (let i = 0; i < n; i++) {
      if (logs[i] < trusted) continue;
      // Central differences between trusted neighbors, one-sided at the rim of what is trusted.
      const low = i > 0 && logs[i - 1] >= trusted ? i - 1 : i;
      const high = i < n - 1 && logs[i + 1] >= trusted ? i + 1 : i;
      score[start + i] = high > low ? (logs[high] - logs[low]) / ((high - low) * h) : 0;
      if (i > last + 1) this.#bridge(start, last, i);
      last = i;
    }
    this.#bridge(start, last, n);
    this.#inspect(k, trusted + Math.log(COMMON / TRUSTED));
  }

  /** The score in the cells between a and b, of which one may lie outside the grid. */
  #bridge(start: number, a: number, b: number): void {
    const score = this.#rows;
    const right = score[start + (b < this.grid.n ? b : a)];
    const left = score[start + (a < 0 ? b : a)];
    for (let i = a + 1; i < b; i++) score[start + i] = left + ((right - left) * (i - a)) / (b - a);
  }

  #inspect(k: number, common: number): void {
    const { n, h } = this.grid;
    const logs = this.#logs;
    const score = this.#rows;
    let [worst, first, last] = [0, n - 1, 0];
    for (let i = 0, j = k * n; i < n; i++, j++) {
      if (logs[i] <= common) continue;
      if (i > 0 && logs[i - 1] > common) worst = Math.max(worst, Math.abs(score[j] - score[j - 1]) / h);
      first = Math.min(first, i);
      last = i;
    }
    this.#stiffness[k] = worst;
    [this.#reach[2 * k], this.#reach[2 * k + 1]] = [first, last];
  }
}
