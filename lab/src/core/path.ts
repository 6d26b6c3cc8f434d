/** The variance-preserving path x_t = alpha(t) x_0 + std(t) eps with a linear beta(t).
 *  beta(t) = beta_min + (beta_max - beta_min) t,  B(t) = int_0^t beta,
 *  alpha = exp(-B/2),  std = sqrt(1 - exp(-B)),  drift f(x,t) = -beta x / 2,  g = sqrt(beta). */
export class VariancePreserving {
  constructor(
    readonly betaMin: number,
    readonly betaMax: number,
  ) {}

  beta(t: number): number {
    return this.betaMin + (this.betaMax - this.betaMin) * t;
  }

  integral(t: number): number {
    return this.betaMin * t + 0.5 * (this.betaMax - this.betaMin) * t * t;
  }

  alpha(t: number): number {
    return Math.exp(-0.5 * this.integral(t));
  }

  std(t: number): number {
    return Math.sqrt(-Math.expm1(-this.integral(t)));
  }

  g(t: number): number {
    return Math.sqrt(this.beta(t));
  }
}
