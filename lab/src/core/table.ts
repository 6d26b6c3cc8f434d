/** p(x,t) at the times k / steps, as cell averages. */
import type { Grid } from "./grid";

/** Of the highest cell: less than this at a wall changes nothing that is drawn. */
const TOUCH = 1e-3;

export class Table {
  /** Row k, at t = k / steps, begins at place k n. */
  readonly p: Float64Array;
  /** Where the outermost cells hold most: their mass, and whether it shows. */
  wall = { mass: 0, t: 0, touched: false };
  /** Largest |mass - 1| of a step before it was rescaled: rounding. */
  defect = 0;

  constructor(
    readonly grid: Grid,
    readonly steps: number,
  ) {
    this.p = new Float64Array((steps + 1) * grid.n);
  }

  /** Cell averages at time t, linear between two rows. */
  row(t: number, out: Float64Array): void {
    blend(this.p, this.grid.n, this.steps, t, out);
  }

  /** Closed walls shape a density that touches them: find out whether it does. */
  inspect(): void {
    const { p, steps } = this;
    const { n, h } = this.grid;
    let worst = -1;
    for (let k = 0; k <= steps; k++) {
      let top = 0;
      for (let i = k * n; i < (k + 1) * n; i++) if (p[i] > top) top = p[i];
      const [low, high] = [p[k * n], p[k * n + n - 1]];
      const touch = Math.max(low, high) / top;
      if (touch <= worst) continue;
      worst = touch;
      this.wall = { mass: (low + high) * h, t: k / steps, touched: touch > TOUCH };
    }
  }
}

/** The row of a table at time t in [0, 1], linear between the rows k / steps. */
export function blend(rows: Float64Array, n: number, steps: number, t: number, out: Float64Array): void {
  const place = Math.min(1, Math.max(0, t)) * steps;
  const k = Math.min(Math.floor(place), steps - 1);
  const w = place - k;
  for (let i = 0, j = k * n; i < n; i++, j++) out[i] = rows[j] + w * (rows[j + n] - rows[j]);
}
