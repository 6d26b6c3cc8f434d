/** Particles on a uniform grid of times, every state kept. A run is a function of its settings and
 *  its seed: scrubbing back is a look-up, and a moved slider replays the same random numbers. */
import { Rng } from "../core/rng";
import type { Posterior } from "./bumps";
import { Lattice } from "./lattice";
import { heunStep, type Look, type Motion, rate } from "./motion";
import { type Moment, momentOf } from "./path";

/** Up to this many pairs of particle and bump the sum is taken: about 1 ms a look. */
const SUMMED = 40_000;
/** The largest rate times substep. Heun's error in the variance of a bump is the square of it over
 *  four, so 1.6 percent, below the noise of some thousand particles. */
const COARSEST = 0.25;

export class Run {
  readonly #states: Float32Array[] = [];
  readonly #points: Float64Array;
  readonly #rng: Rng;
  readonly #tabulated: boolean;
  readonly #found: Posterior = { logp: 0, x: 0, y: 0, spread: 0 };

  /** tables: lattices at the times of the grid, kept from run to run while the density is the same. */
  constructor(
    readonly motion: Motion,
    readonly steps: number,
    readonly particles: number,
    seed: number,
    readonly reach: number,
    private readonly tables: Map<number, Lattice>,
  ) {
    this.#rng = new Rng(seed);
    this.#points = motion.bumps.sample(particles, this.moment(this.time(0)), this.#rng);
    this.#states.push(Float32Array.from(this.#points));
    this.#tabulated = particles * motion.bumps.count > SUMMED;
  }

  get ready(): number {
    return this.#states.length - 1;
  }

  time(k: number): number {
    const { path, direction } = this.motion;
    return (path.end * (direction === "forward" ? k : this.steps - k)) / this.steps;
  }

  /** The number of steps that leads nearest to time t. */
  stepAt(t: number): number {
    const part = Math.round(Math.min(1, Math.max(0, t / this.motion.path.end)) * this.steps);
    return this.motion.direction === "forward" ? part : this.steps - part;
  }

  moment(t: number): Moment {
    return momentOf(this.motion.path, t, this.motion.bumps.std);
  }

  /** The particles after k steps, which must be ready. */
  state(k: number): Float32Array {
    return this.#states[k];
  }

  /** Compute up to step k, or until the clock says so; is it there? */
  advance(k: number, deadline = Infinity): boolean {
    while (this.ready < k && performance.now() < deadline) this.#step(this.ready);
    return this.ready >= k;
  }

  #step(k: number): void {
    const [t, s] = [this.time(k), this.time(k + 1)];
    const stiff = Math.max(rate(this.motion, t), rate(this.motion, s)) * Math.abs(s - t);
    const parts = Math.max(1, Math.ceil(stiff / COARSEST));
    const at = (i: number): number => t + ((s - t) * i) / parts;
    for (let i = 0; i < parts; i++)
      heunStep(this.motion, this.#points, at(i), at(i + 1), this.#lookAt, () => this.#rng.normal());
    this.#states.push(Float32Array.from(this.#points));
  }

  #lookAt = (t: number, moment: Moment): Look => {
    const { bumps } = this.motion;
    if (!this.#tabulated) return (x, y) => bumps.look(x, y, moment);
    const place = (t / this.motion.path.end) * this.steps;
    const before = Math.min(this.steps - 1, Math.floor(place));
    const part = place - before;
    const a = this.lattice(before);
    const b = this.lattice(before + 1);
    const other: Posterior = { ...this.#found };
    const found = this.#found;
    return (x, y) => {
      if (!a.mean(x, y, found) || !b.mean(x, y, other)) return bumps.look(x, y, moment);
      found.x += part * (other.x - found.x);
      found.y += part * (other.y - found.y);
      return found;
    };
  };

  /** p and M at the time end * i / steps. */
  lattice(i: number): Lattice {
    let found = this.tables.get(i);
    if (!found) {
      found = new Lattice(this.motion.bumps, this.moment((this.motion.path.end * i) / this.steps), this.reach);
      this.tables.set(i, found);
    }
    return found;
  }
}
