/** Particles on a uniform grid of times, every state kept. A run is a function of its settings and
 *  its seed: scrubbing back is a look-up, and a moved slider replays the same random numbers.
 *  The particles run in parts, the first one small: after a change its picture is there at once, and
 *  the rest join over the next frames. */
import { Rng } from "../core/rng";
import type { Mean } from "./bumps";
import { Lattice } from "./lattice";
import { heunStep, type Look, type Motion, rate } from "./motion";
import { type Moment, momentOf } from "./path";

/** Up to this many pairs of particle and bump the sum is taken: about 1 ms a look. */
const SUMMED = 40_000;
/** The largest rate times substep. Heun's error in the variance of a bump is the square of it over
 *  four, so 1.6 percent, below the noise of some thousand particles. */
const COARSEST = 0.25;
const PARTS = [250, 750, 1500];

interface Part {
  /** Of its first particle. */
  start: number;
  points: Float64Array;
  rng: Rng;
  reached: number;
}

export class Run {
  readonly #states: Float32Array[] = [];
  readonly #parts: Part[] = [];
  readonly #tabulated: boolean;

  /** tables: lattices at the times of the grid, kept from run to run while the density is the same. */
  constructor(
    readonly motion: Motion,
    readonly steps: number,
    readonly particles: number,
    seed: number,
    readonly reach: number,
    private readonly tables: Map<number, Lattice>,
  ) {
    for (let start = 0, i = 0; start < particles; i++) {
      const size = Math.min(PARTS[Math.min(i, PARTS.length - 1)], particles - start);
      // Parts draw from streams of their own, all fixed by the one seed.
      const rng = new Rng((seed + Math.imul(i, 0x85ebca6b)) >>> 0);
      const points = motion.bumps.sample(size, this.moment(this.time(0)), rng);
      const part = { start, points, rng, reached: 0 };
      this.#parts.push(part);
      this.#keep(part);
      start += size;
    }
    this.#tabulated = particles * motion.bumps.count > SUMMED;
  }

  /** How many particles, from the first, have come to step k. */
  shown(k: number): number {
    const behind = this.#parts.find((part) => part.reached < k);
    return behind ? behind.start : this.particles;
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

  /** The particles after k steps, as far as they have come there. */
  state(k: number): Float32Array {
    return this.#states[k]?.subarray(0, 2 * this.shown(k)) ?? new Float32Array(0);
  }

  /** Compute up to step k, or until the clock says so; is it there? */
  advance(k: number, deadline = Infinity): boolean {
    for (const part of this.#parts)
      while (part.reached < k) {
        if (performance.now() > deadline) return false;
        this.#step(part);
      }
    return true;
  }

  #step(part: Part): void {
    const [t, s] = [this.time(part.reached), this.time(part.reached + 1)];
    const stiff = Math.max(rate(this.motion, t), rate(this.motion, s)) * Math.abs(s - t);
    const pieces = Math.max(1, Math.ceil(stiff / COARSEST));
    const at = (i: number): number => t + ((s - t) * i) / pieces;
    const normal = (): number => part.rng.normal();
    for (let i = 0; i < pieces; i++) heunStep(this.motion, part.points, at(i), at(i + 1), this.#lookAt, normal);
    part.reached++;
    this.#keep(part);
  }

  #keep({ reached, start, points }: Part): void {
    (this.#states[reached] ??= new Float32Array(2 * this.particles)).set(points, 2 * start);
  }

  #lookAt = (t: number, moment: Moment): Look => {
    const { bumps } = this.motion;
    const exact = bumps.means(moment);
    if (!this.#tabulated) return exact;
    const place = (t / this.motion.path.end) * this.steps;
    const before = Math.min(this.steps - 1, Math.floor(place));
    const part = place - before;
    const a = this.lattice(before);
    const b = this.lattice(before + 1);
    const found: Mean = { x: 0, y: 0 };
    const other: Mean = { x: 0, y: 0 };
    return (x, y) => {
      if (!a.mean(x, y, found) || !b.mean(x, y, other)) return exact(x, y);
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
