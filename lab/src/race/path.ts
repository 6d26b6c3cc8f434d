/** The two paths x_t = alpha(t) x_0 + std(t) eps of the race, and how time is cut on them. */
import { flow, type Path as Whole, vp } from "../core/path";

export interface Path {
  alpha(t: number): number;
  std(t: number): number;
  /** g^2 = var' - 2 (alpha'/alpha) var of the forward SDE. */
  diffusion(t: number): number;
  /** (a, b) of the probability-flow velocity u = a x + b E[x_0 | x], with
   *  a = std'/std and b = alpha' - a alpha. */
  flow(t: number): readonly [number, number];
  /** The time at which std / alpha has this value. */
  timeAt(ratio: number): number;
}

function raced({ alpha, variance, dAlpha, dVariance }: Whole, timeAt: (ratio: number) => number): Path {
  return {
    alpha,
    std: (t) => Math.sqrt(variance(t)),
    diffusion: (t) => dVariance(t) - 2 * (dAlpha(t) / alpha(t)) * variance(t),
    flow(t) {
      const a = (0.5 * dVariance(t)) / variance(t);
      return [a, dAlpha(t) - a * alpha(t)];
    },
    timeAt,
  };
}

const [BETA_MIN, BETA_MAX] = [0.1, 20];

/** int_0^t beta = log(1 + ratio^2) is a quadratic equation in t. */
export const diffusion = raced(vp(BETA_MIN, BETA_MAX), (ratio) => {
  const integral = Math.log1p(ratio * ratio);
  return (2 * integral) / (BETA_MIN + Math.sqrt(BETA_MIN ** 2 + 2 * (BETA_MAX - BETA_MIN) * integral));
});

/** alpha = 1 - t, std = t: the line of flow matching. */
export const straight = raced(flow, (ratio) => ratio / (1 + ratio));

/** Where the last evaluation is made: the denoised point there is the sample. A step to zero would
 *  be infinite in log-SNR; at this ratio the denoised points are too narrow by half a ratio^2. */
export const LAST_RATIO = 0.02;
const FIRST_RATIO = diffusion.std(1) / diffusion.alpha(1);
/** The ratio around which the arctan grid is densest, in the units of the data. */
const FOCUS = 0.35;

export type Grid = "time" | "log_snr" | "arctan";

const coordinates: Record<Exclude<Grid, "time">, [(s: number) => number, (c: number) => number]> = {
  log_snr: [Math.log, Math.exp],
  arctan: [(s) => Math.atan(s / FOCUS), (c) => FOCUS * Math.tan(c)],
};

/** steps + 1 falling times from 1 to where std / alpha = LAST_RATIO. "time" is uniform in the path's
 *  own t; the other two cut std / alpha, hence the noise levels, alike on every path. */
export function gridOf(path: Path, grid: Grid, steps: number): Float64Array {
  const last = path.timeAt(LAST_RATIO);
  const times = Float64Array.from({ length: steps + 1 }, (_, k) => {
    const done = k / steps;
    if (grid === "time") return 1 + done * (last - 1);
    const [into, out] = coordinates[grid];
    return path.timeAt(out(into(FIRST_RATIO) + done * (into(LAST_RATIO) - into(FIRST_RATIO))));
  });
  times[0] = 1;
  return times;
}
