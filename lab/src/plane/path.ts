/** The three Gaussian paths x_t = alpha(t) x_0 + std(t) eps of the plane, as in the package:
 *  VP(0.1, 20), VE(0.01, 2) and FlowPath. */
export interface Path {
  /** Where time ends: below 1 where f and g are infinite at 1. */
  readonly end: number;
  alpha(t: number): number;
  dAlpha(t: number): number;
  variance(t: number): number;
  dVariance(t: number): number;
}

const [BETA_MIN, BETA_MAX] = [0.1, 20];
const beta = (t: number): number => BETA_MIN + (BETA_MAX - BETA_MIN) * t;
const integral = (t: number): number => BETA_MIN * t + 0.5 * (BETA_MAX - BETA_MIN) * t * t;

const [STD_MIN, STD_MAX] = [0.01, 2];
const RATE = 2 * Math.log(STD_MAX / STD_MIN);

export const PATHS = {
  vp: {
    end: 1,
    alpha: (t) => Math.exp(-0.5 * integral(t)),
    dAlpha: (t) => -0.5 * beta(t) * Math.exp(-0.5 * integral(t)),
    variance: (t) => -Math.expm1(-integral(t)),
    dVariance: (t) => beta(t) * Math.exp(-integral(t)),
  },
  ve: {
    end: 1,
    alpha: () => 1,
    dAlpha: () => 0,
    variance: (t) => STD_MIN ** 2 * Math.expm1(RATE * t),
    dVariance: (t) => RATE * STD_MIN ** 2 * Math.exp(RATE * t),
  },
  flow: {
    end: 0.98,
    alpha: (t) => 1 - t,
    dAlpha: () => -1,
    variance: (t) => t * t,
    dVariance: (t) => 2 * t,
  },
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
