/** The six Gaussian paths of the package, x_t = alpha(t) x_0 + std(t) eps, with the same formulas as
 *  diffusion_lab/process/path.py: alpha, the variance std^2, and their time derivatives. */
export interface Path {
  alpha(t: number): number;
  variance(t: number): number;
  dAlpha(t: number): number;
  dVariance(t: number): number;
}

export function vp(betaMin: number, betaMax: number): Path {
  const beta = (t: number): number => betaMin + (betaMax - betaMin) * t;
  const integral = (t: number): number => betaMin * t + 0.5 * (betaMax - betaMin) * t * t;
  const alpha = (t: number): number => Math.exp(-0.5 * integral(t));
  return {
    alpha,
    variance: (t) => -Math.expm1(-integral(t)),
    dAlpha: (t) => -0.5 * beta(t) * alpha(t),
    dVariance: (t) => beta(t) * Math.exp(-integral(t)),
  };
}

/** The same alpha, and as std what is the variance of vp. */
export function subVp(betaMin: number, betaMax: number): Path {
  const whole = vp(betaMin, betaMax);
  return {
    ...whole,
    variance: (t) => whole.variance(t) ** 2,
    dVariance: (t) => 2 * whole.variance(t) * whole.dVariance(t),
  };
}

export const cosineVp: Path = {
  alpha: (t) => Math.cos(0.5 * Math.PI * t),
  variance: (t) => Math.sin(0.5 * Math.PI * t) ** 2,
  dAlpha: (t) => -0.5 * Math.PI * Math.sin(0.5 * Math.PI * t),
  dVariance: (t) => 0.5 * Math.PI * Math.sin(Math.PI * t),
};

const still = { alpha: () => 1, dAlpha: () => 0 };

/** var = s(t)^2 - s(0)^2 with s = stdMin (stdMax/stdMin)^t. */
export function ve(stdMin: number, stdMax: number): Path {
  const rate = 2 * Math.log(stdMax / stdMin);
  return {
    ...still,
    variance: (t) => stdMin ** 2 * Math.expm1(rate * t),
    dVariance: (t) => rate * stdMin ** 2 * Math.exp(rate * t),
  };
}

export function edm(stdMax: number): Path {
  return { ...still, variance: (t) => (stdMax * t) ** 2, dVariance: (t) => 2 * stdMax ** 2 * t };
}

export const flow: Path = {
  alpha: (t) => 1 - t,
  variance: (t) => t * t,
  dAlpha: () => -1,
  dVariance: (t) => 2 * t,
};
