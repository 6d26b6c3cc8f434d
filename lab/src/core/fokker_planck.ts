/** dp/dt = -d(f p)/dx + g^2/2 d^2p/dx^2 on a row of cells with closed walls, for all t in [0, 1]: the
 *  package's `solve_fokker_planck(..., method="robust")`, number for number. sigma is not in it. */
import { CoefficientError, type Drift, driftAt, type Scale, scaleAt } from "./coefficients";
import { Formula } from "./expr";
import { given } from "./given";
import type { Grid } from "./grid";
import { Stage } from "./stage";
import { Table } from "./table";

export type { Table } from "./table";

/** SDIRK2 (Alexander 1977), L-stable: modes that a step does not resolve die out. */
const GAMMA = 1 - Math.SQRT1_2;
const AHEAD = (1 - GAMMA) / GAMMA;
/** A negative part below this, of unit mass, is clipped, as in the package; more is repaired. */
export const CLIP = 1e-8;

export class FokkerPlanck {
  readonly #half: Float64Array;
  readonly #drift: Float64Array;
  readonly #first: Stage;
  readonly #second: Stage;
  readonly #value: Float64Array;
  readonly #safe: Float64Array;
  readonly #extra: Float64Array;
  readonly #p: Float64Array;
  #table: Table;
  #spare: Table;

  constructor(
    readonly grid: Grid,
    readonly steps: number,
  ) {
    const { n, low, high } = grid;
    const step = (high - low) / (2 * n);
    this.#half = Float64Array.from({ length: 2 * n + 1 }, (_, i) => (i < 2 * n ? low + i * step : high));
    this.#drift = new Float64Array(2 * n + 1);
    this.#first = new Stage(n);
    this.#second = new Stage(n);
    [this.#value, this.#p, this.#safe] = [0, 1, 2].map(() => new Float64Array(n));
    this.#extra = new Float64Array(n + 1);
    this.#table = new Table(grid, steps);
    this.#spare = new Table(grid, steps);
  }

  /** The whole table from cell averages p0 of unit mass. Two tables take turns: a solve that throws
   *  leaves the last good one as it was, and the next solve but one overwrites it.
   *  Throws CoefficientError where f or g is not finite. */
  solve(p0: Float64Array, f: Drift, g: Scale): Table {
    const { steps } = this;
    const { n } = this.grid;
    const table = this.#spare;
    const p = this.#p;
    // Coefficients without t give the same two matrices in every step.
    const still = f instanceof Formula && !f.uses("t");
    const frozen = still && g instanceof Formula && !g.uses("t");
    if (still) driftAt(f, this.#half, 0, this.#drift);
    const drift = f instanceof Formula ? given(f, "x", this.#half) : f;
    table.defect = 0;
    p.set(p0);
    table.p.set(p);
    for (let k = 0; k < steps; k++) {
      const dt = (k + 1) / steps - k / steps;
      if (!frozen || k === 0) {
        this.#prepare(this.#first, drift, g, k / steps + GAMMA * dt, dt);
        this.#prepare(this.#second, drift, g, (k + 1) / steps, dt);
      }
      this.#step(p, dt);
      this.#accept(p, table, (k + 1) / steps);
      table.p.set(p, (k + 1) * n);
    }
    table.inspect();
    [this.#table, this.#spare] = [table, this.#table];
    return table;
  }

  #prepare(stage: Stage, f: Drift, g: Scale, t: number, dt: number): void {
    driftAt(f, this.#half, t, this.#drift);
    stage.assemble(this.#drift, 0.5 * scaleAt(g, t, "g") ** 2, this.grid.h);
    stage.factor(GAMMA * dt);
  }

  /** (1 - gamma dt L_1) q = p, (1 - gamma dt L_2) new = p + (1 - gamma)/gamma (q - p). Both matrices
   *  have columns of sum 1, so mass is conserved. */
  #step(p: Float64Array, dt: number): void {
    const { n, h } = this.grid;
    const value = this.#value;
    this.#first.solve(p, value);
    for (let i = 0; i < n; i++) value[i] = p[i] + AHEAD * (value[i] - p[i]);
    this.#second.solve(value, value);
    let below = 0;
    for (let i = 0; i < n; i++) if (value[i] < 0) below -= value[i];
    if (below * h > CLIP) this.#repair(p, value, dt);
    else p.set(value);
  }

  /** Blend the step, face by face, with backward Euler, which is positive, so that no cell lets out
   *  more than it holds (flux-corrected transport, Zalesak 1979). */
  #repair(p: Float64Array, step: Float64Array, dt: number): void {
    const { n } = this.grid;
    const safe = this.#safe;
    const extra = this.#extra;
    this.#second.factor(dt);
    this.#second.solve(p, safe);
    this.#second.factor(GAMMA * dt);
    // What the step sends through face i + 1 beyond what backward Euler does.
    let through = 0;
    for (let i = 0; i < n; i++) extra[i + 1] = through += safe[i] - step[i];
    extra[n] = 0;
    for (let i = 0; i < n; i++) {
      const out = Math.max(extra[i + 1], 0) - Math.min(extra[i], 0);
      p[i] = Math.min(1, safe[i] / Math.max(out, 1e-300));
    }
    for (let j = 1; j < n; j++) extra[j] *= extra[j] > 0 ? p[j - 1] : p[j];
    for (let i = 0; i < n; i++) p[i] = safe[i] - (extra[i + 1] - extra[i]);
  }

  /** Clip what rounding left below zero and bring the mass back to 1. */
  #accept(p: Float64Array, table: Table, t: number): void {
    const { n, h } = this.grid;
    let mass = 0;
    let kept = 0;
    for (let i = 0; i < n; i++) {
      mass += p[i];
      if (p[i] < 0) p[i] = 0;
      kept += p[i];
    }
    if (!Number.isFinite(mass)) throw new CoefficientError("f", "is too large for this grid and step", t);
    table.defect = Math.max(table.defect, Math.abs(mass * h - 1));
    const scale = 1 / (h * kept);
    for (let i = 0; i < n; i++) p[i] *= scale;
  }
}
