/** The linear path x_t = (1-t) x_0 + t eps from points with width w (each a Gaussian, or exactly a
 *  point for w = 0) to N(0, 1): the velocity that knows the data point, and the marginal one. */
import { Rng } from "../core/rng";

export interface Data {
  points: readonly number[];
  width: number;
}

/** u(x, t | x_0) = eps - x_0 = (x - x_0)/t. */
export function conditional(x: number, t: number, x0: number): number {
  return (x - x0) / t;
}

/** Each point's share in p(x,t), with p(x,t) itself. */
function shares({ points, width }: Data, x: number, t: number, out: Float64Array): number {
  const variance = (1 - t) ** 2 * width ** 2 + t * t;
  let top = -Infinity;
  for (let k = 0; k < points.length; k++) {
    out[k] = (-0.5 * (x - (1 - t) * points[k]) ** 2) / variance;
    top = Math.max(top, out[k]);
  }
  let sum = 0;
  for (let k = 0; k < points.length; k++) sum += out[k] = Math.exp(out[k] - top);
  for (let k = 0; k < points.length; k++) out[k] /= sum;
  return (sum * Math.exp(top)) / (points.length * Math.sqrt(2 * Math.PI * variance));
}

const share = new Float64Array(8);

export function density(data: Data, x: number, t: number): number {
  return shares(data, x, t, share);
}

/** u(x, t) = E[eps - x_0 | x_t = x], the mean of the conditional velocities that pass through x. */
export function marginal(data: Data, x: number, t: number): number {
  shares(data, x, t, share);
  const { points, width } = data;
  const variance = (1 - t) ** 2 * width ** 2 + t * t;
  let u = 0;
  for (let k = 0; k < points.length; k++) {
    const off = (x - (1 - t) * points[k]) / variance;
    u += share[k] * (t * off - points[k] - (1 - t) * width ** 2 * off);
  }
  return u;
}

/** Times from 1 down to END, each the same factor below the last: u changes on the scale of t. */
export const END = 0.004;
export const STEPS = 160;
export const timeAt = (k: number): number => END ** (k / STEPS);

/** One particle carried from x at t = 1 by the marginal velocity (Runge-Kutta of order 4). */
export function trajectory(data: Data, x: number): Float64Array {
  const out = new Float64Array(STEPS + 1);
  out[0] = x;
  for (let k = 0; k < STEPS; k++) {
    const t = timeAt(k);
    const h = timeAt(k + 1) - t;
    const a = marginal(data, x, t);
    const b = marginal(data, x + 0.5 * h * a, t + 0.5 * h);
    const c = marginal(data, x + 0.5 * h * b, t + 0.5 * h);
    const d = marginal(data, x + h * c, t + h);
    out[k + 1] = x += (h / 6) * (a + 2 * b + 2 * c + d);
  }
  return out;
}

export interface Pair {
  x0: number;
  /** Which point x0 belongs to. */
  k: number;
  eps: number;
}

/** Independent draws of the two ends. Each point is drawn equally often, so that few lines suffice. */
export function pairs({ points, width }: Data, count: number, seed: number): Pair[] {
  const rng = new Rng(seed);
  return Array.from({ length: count }, (_, i) => {
    const k = i % points.length;
    return { k, x0: points[k] + width * rng.normal(), eps: rng.normal() };
  });
}
