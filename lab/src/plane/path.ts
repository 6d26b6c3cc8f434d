/** The three Gaussian paths x_t = alpha(t) x_0 + std(t) eps of the plane, as in the package:
 *  VP(0.1, 20), VE(0.01, 2) and FlowPath. */
import { flow, type Path as Whole, ve, vp } from "../core/path";

export interface Path extends Whole {
  /** Where time ends: below 1 where f and g are infinite at 1. */
  readonly end: number;
}

export const PATHS = {
  vp: { ...vp(0.1, 20), end: 1 },
  ve: { ...ve(0.01, 2), end: 1 },
  flow: { ...flow, end: 0.98 },
} satisfies Record<string, Path>;

export type PathName = keyof typeof PATHS;

/** Everything about one moment: bumps of width `std` have the centers alpha m and the variance v. */
export interface Moment {
  alpha: number;
  dAlpha: number;
  v: number;
  dv: number;
  /** g^2 = (std^2)' - 2 (alpha'/alpha) std^2 of the forward SDE. */
  g2: number;
}

export function momentOf(path: Path, t: number, std: number): Moment {
  const alpha = path.alpha(t);
  const dAlpha = path.dAlpha(t);
  const variance = path.variance(t);
  const dVariance = path.dVariance(t);
  return {
    alpha,
    dAlpha,
    v: alpha * alpha * std * std + variance,
    dv: 2 * alpha * dAlpha * std * std + dVariance,
    g2: Math.max(0, dVariance - ((2 * dAlpha) / alpha) * variance),
  };
}
