/** What follows from a path: f(x,t) = (alpha'/alpha) x,  g^2 = var' - 2 (alpha'/alpha) var. */
import type { Path } from "../core/path";

export interface Values {
  alpha: number;
  std: number;
  logSnr: number;
  /** f(x,t) / x. */
  rate: number;
  gSquared: number;
  /** Not a number where gSquared is negative. */
  g: number;
}

/** A g^2 this little below zero is zero, rounded; the package draws the same line. */
export const ROUNDING = 1e-9;

export function valuesAt(path: Path, t: number): Values {
  const alpha = path.alpha(t);
  const variance = path.variance(t);
  const rate = path.dAlpha(t) / alpha;
  const gSquared = path.dVariance(t) - 2 * rate * variance;
  return {
    alpha,
    std: Math.sqrt(variance),
    logSnr: 2 * Math.log(alpha) - Math.log(variance),
    rate,
    gSquared,
    g: Math.sqrt(gSquared > -ROUNDING ? Math.max(0, gSquared) : NaN),
  };
}
