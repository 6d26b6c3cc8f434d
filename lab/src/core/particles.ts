/** Particles that carry p(x,t) with a noise scale sigma(t) of the reader's choice, by Euler-Maruyama.
 *  forward   dx = [f - (g^2 - sigma^2)/2 score] dt + sigma dW,  t from 0 to 1   (A4)
 *  backward  dx = [f - (g^2 + sigma^2)/2 score] dt + sigma dW,  t from 1 to 0   (A5) */
import { type Drift, driftAt, type Scale, scaleAt } from "./coefficients";
import type { ScoreTable } from "./score_table";
import type { Table } from "./table";
import { Normals } from "./ziggurat";

export type Direction = "forward" | "backward";

export interface Motion {
  table: Table;
  score: ScoreTable;
  f: Drift;
  g: Scale;
  sigma: Scale;
  direction: Direction;
  /** false leaves the score correction out: forward f alone, backward f - g^2 score. */
  correction: boolean;
  /** Parts of a step; 0 takes as many as keep the pull of the drift in each below PULL. */
  substeps: number;
}

/** Largest slope of the drift times dt: the part of its distance to rest that a particle makes in one
 *  substep. Euler-Maruyama's variance is wrong by about half of it, in parts; at 0.06 that hides in
 *  the sampling noise of 20 000 particles. */
const PULL = 0.06;
const MOST_SUBSTEPS = 64;

/** The number a(t) in the drift f - a(t) score. */
export function scoreWeight({ g, sigma, direction, correction }: Motion, t: number): number {
  const diffusion = scaleAt(g, t, "g") ** 2;
  const forward = direction === "forward";
  if (!correction) return forward ? 0 : diffusion;
  const noise = scaleAt(sigma, t, "sigma") ** 2;
  return 0.5 * (forward ? diffusion - noise : diffusion + noise);
}

/** How many parts a step from t to t + dt takes (dt < 0 when backward). The coefficients are read at
 *  t alone: at the end of a step, such as t = 0, they may be infinite. */
export function substepsFor(motion: Motion, t: number, dt: number): number {
  const { score, substeps } = motion;
  if (substeps > 0) return substeps;
  const stiffness = Math.max(score.stiffness(t), score.stiffness(t + dt));
  const pull = Math.abs(scoreWeight(motion, t)) * stiffness + steepness(motion, t);
  return Math.min(MOST_SUBSTEPS, Math.max(1, Math.ceil((pull * Math.abs(dt)) / PULL)));
}

const PROBES = new Float64Array(17);
const PROBED = new Float64Array(17);

/** Largest slope of f between 17 points of where particles are. */
function steepness({ f, score }: Motion, t: number): number {
  const [low, high] = score.reach(t);
  const gap = (high - low) / (PROBES.length - 1);
  if (!(gap > 0)) return 0;
  for (let i = 0; i < PROBES.length; i++) PROBES[i] = low + i * gap;
  driftAt(f, PROBES, t, PROBED);
  let worst = 0;
  for (let i = 1; i < PROBES.length; i++) worst = Math.max(worst, Math.abs(PROBED[i] - PROBED[i - 1]) / gap);
  return worst;
}

/** The drift f - a(t) score at the centers of the grid. */
function driftRow(motion: Motion, weight: number, t: number, score: Float64Array, out: Float64Array): void {
  driftAt(motion.f, motion.score.grid.centers, t, out);
  if (weight === 0) return;
  motion.score.row(t, score);
  for (let i = 0; i < out.length; i++) out[i] -= weight * score[i];
}

export class Particles {
  readonly x: Float64Array;
  readonly #noise: Float64Array;
  readonly #normals: Normals;
  #drift = new Float64Array(0);
  #score = new Float64Array(0);

  constructor(count: number, seed: number) {
    this.x = new Float64Array(count);
    this.#noise = new Float64Array(count);
    this.#normals = new Normals(seed);
  }

  /** Draw every particle from p(., t), by inversion; inside a cell p is constant. */
  place(table: Table, t: number): void {
    const { n, low, h } = table.grid;
    const mass = new Float64Array(n);
    table.row(t, mass);
    for (let i = 1; i < n; i++) mass[i] += mass[i - 1];
    for (let k = 0; k < this.x.length; k++) {
      const u = this.#normals.uniform() * mass[n - 1];
      let [i, end] = [0, n - 1];
      while (i < end) {
        const middle = (i + end) >> 1;
        if (mass[middle] < u) i = middle + 1;
        else end = middle;
      }
      const before = i > 0 ? mass[i - 1] : 0;
      this.x[k] = low + h * (i + (u - before) / (mass[i] - before));
    }
  }

  /** From t by dt > 0, up when forward and down when backward. Returns the number of substeps.
   *  Throws CoefficientError where f, g or sigma is not finite. */
  step(motion: Motion, t: number, dt: number): number {
    const { n } = motion.score.grid;
    if (this.#drift.length !== n) [this.#drift, this.#score] = [new Float64Array(n), new Float64Array(n)];
    const signed = motion.direction === "forward" ? dt : -dt;
    const parts = substepsFor(motion, t, signed);
    for (let k = 0; k < parts; k++) this.#part(motion, t + (signed * k) / parts, signed / parts);
    return parts;
  }

  #part(motion: Motion, t: number, dt: number): void {
    const { x } = this;
    const { n, low, high, h } = motion.score.grid;
    const drift = this.#drift;
    const noise = this.#noise;
    driftRow(motion, scoreWeight(motion, t), t, this.#score, drift);
    const size = scaleAt(motion.sigma, t, "sigma") * Math.sqrt(Math.abs(dt));
    if (size !== 0) this.#normals.fill(noise);
    else noise.fill(0);
    const last = n - 1.000001;
    for (let k = 0; k < x.length; k++) {
      let place = (x[k] - low) / h - 0.5;
      if (place < 0) place = 0;
      else if (place > last) place = last;
      const i = place | 0;
      let next = x[k] + dt * (drift[i] + (place - i) * (drift[i + 1] - drift[i])) + size * noise[k];
      // The walls of the density are closed: particles bounce off them.
      if (next < low) next = Math.min(high, 2 * low - next);
      else if (next > high) next = Math.max(low, 2 * high - next);
      x[k] = next;
    }
  }
}
