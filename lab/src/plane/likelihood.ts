/** log p_0 at a point by the flow that carries it to noise:
 *  d/dt log p(x(t), t) = -div u,  so  log p_0(x) = log p(x(end), end) + integral of div u. */
import type { Bumps } from "./bumps";
import { type Motion, velocity } from "./motion";
import { momentOf, type Path } from "./path";

export interface Carried {
  /** x, y, x, y, ... at equally spaced times from 0 to the path's end. */
  points: Float64Array;
  logp: number;
}

type Three = [number, number, number];

/** The largest |div u| times substep, for the fourth-order method; far from the data, where the flow
 *  tears points apart, the substeps are at most so many. */
const COARSEST = 0.2;
const MOST_PARTS = 200;

/** The classical Runge-Kutta method for the point and the integral together. */
export function carry(bumps: Bumps, path: Path, x: number, y: number, steps: number): Carried {
  const points = new Float64Array(2 * steps + 2);
  const flow: Motion = { bumps, path, direction: "forward", noise: 0, swirl: 0 };
  const slope = (t: number, at: Three): Three => velocity(flow, t, at[0], at[1]);
  let z: Three = [x, y, 0];
  const after = (h: number, [a, b, c]: Three): Three => [z[0] + h * a, z[1] + h * b, z[2] + h * c];
  points.set([x, y]);
  const width = path.end / steps;
  for (let k = 0; k < steps; k++) {
    const stop = (path.end * (k + 1)) / steps;
    let t = (path.end * k) / steps;
    while (t < stop) {
      const a = slope(t, z);
      const wanted = Math.max(width / MOST_PARTS, COARSEST / Math.abs(a[2]));
      const s = t + 1.001 * wanted < stop ? t + wanted : stop;
      const h = s - t;
      const b = slope(t + 0.5 * h, after(0.5 * h, a));
      const c = slope(t + 0.5 * h, after(0.5 * h, b));
      const d = slope(s, after(h, c));
      z = after(h / 6, [0, 1, 2].map((j) => a[j] + 2 * b[j] + 2 * c[j] + d[j]) as Three);
      t = s;
    }
    points.set([z[0], z[1]], 2 * k + 2);
  }
  const last = bumps.look(z[0], z[1], momentOf(path, path.end, bumps.std));
  return { points, logp: last.logp + z[2] };
}
