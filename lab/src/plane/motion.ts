/** One density, many dynamics, in the plane:
 *    dx = [u + w +- sigma^2/2 s] dt + sigma dW,   + forward in time, - backward,
 *  with the velocity u = f - g^2/2 s, the free noise sigma = c g, and the free swirl w = k v J s.
 *  J turns by a right angle and k v depends on time alone, so div(p w) = k v div(J grad p) = 0. */
import type { Bumps, Mean } from "./bumps";
import { type Moment, momentOf, type Path } from "./path";

export type Direction = "forward" | "backward";

export interface Motion {
  bumps: Bumps;
  path: Path;
  direction: Direction;
  /** c in sigma = c g. */
  noise: number;
  /** k: the rate, in radians per unit of time, at which a bump turns about its own center. */
  swirl: number;
}

/** Where the posterior mean comes from: the sum over the bumps, or a table. */
export type Look = (x: number, y: number) => Mean;

/** The drift is linear in M and in d = alpha M - x = v s:  alpha' M + pull d + swirl J d. */
interface Drift {
  alpha: number;
  dAlpha: number;
  pull: number;
  swirl: number;
  sigma2: number;
}

function driftAt({ path, bumps, direction, noise, swirl }: Motion, t: number): Drift & { moment: Moment } {
  const moment = momentOf(path, t, bumps.std);
  const { alpha, dAlpha, v, dv, g2 } = moment;
  const sigma2 = noise * noise * g2;
  const sign = direction === "forward" ? 1 : -1;
  return { alpha, dAlpha, sigma2, swirl, moment, pull: (0.5 * (sign * sigma2 - dv)) / v };
}

/** How fast the drift changes over the width of a bump. */
export function rate(motion: Motion, t: number): number {
  const { pull, swirl } = driftAt(motion, t);
  return Math.hypot(pull, swirl);
}

export function score({ path, bumps }: Motion, t: number, x: number, y: number): [number, number] {
  const moment = momentOf(path, t, bumps.std);
  const m = bumps.look(x, y, moment);
  return [(moment.alpha * m.x - x) / moment.v, (moment.alpha * m.y - y) / moment.v];
}

/** The velocity u + w of the mass, what moves p and what only turns, and the divergence of u. */
export function velocity(motion: Motion, t: number, x: number, y: number): [number, number, number] {
  const { alpha, dAlpha, pull, swirl, moment } = driftAt({ ...motion, noise: 0 }, t);
  const m = motion.bumps.look(x, y, moment);
  const dx = alpha * m.x - x;
  const dy = alpha * m.y - y;
  const divergence = (dAlpha + pull * alpha) * (alpha / moment.v) * m.spread - 2 * pull;
  return [dAlpha * m.x + pull * dx - swirl * dy, dAlpha * m.y + pull * dy + swirl * dx, divergence];
}

/** One stochastic Heun step of all points x, y, x, y, ... from time t to time s: the drift averaged
 *  over both ends, one draw of noise used twice. The package's `heun`. */
export function heunStep(
  motion: Motion,
  points: Float64Array,
  t: number,
  s: number,
  lookAt: (t: number, moment: Moment) => Look,
  normal: () => number,
): void {
  const a = driftAt(motion, t);
  const b = driftAt(motion, s);
  const first = lookAt(t, a.moment);
  const second = lookAt(s, b.moment);
  const h = s - t;
  const scale = Math.sqrt(0.5 * Math.abs(h) * (a.sigma2 + b.sigma2));
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i];
    const y = points[i + 1];
    const nx = scale ? scale * normal() : 0;
    const ny = scale ? scale * normal() : 0;
    const m = first(x, y);
    let dx = a.alpha * m.x - x;
    let dy = a.alpha * m.y - y;
    const ax = a.dAlpha * m.x + a.pull * dx - a.swirl * dy;
    const ay = a.dAlpha * m.y + a.pull * dy + a.swirl * dx;
    const px = x + nx + h * ax;
    const py = y + ny + h * ay;
    const q = second(px, py);
    dx = b.alpha * q.x - px;
    dy = b.alpha * q.y - py;
    points[i] = x + nx + 0.5 * h * (ax + b.dAlpha * q.x + b.pull * dx - b.swirl * dy);
    points[i + 1] = y + ny + 0.5 * h * (ay + b.dAlpha * q.y + b.pull * dy + b.swirl * dx);
  }
}
