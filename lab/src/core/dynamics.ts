/** One density, many dynamics: every choice of sigma(t) carries the same p(x,t).
 *  forward   dx = [f - (g^2 - sigma^2)/2 score] dt + sigma dW,  t from 0 to 1   (A4)
 *  backward  dx = [f - (g^2 + sigma^2)/2 score] dt + sigma dW,  t from 1 to 0   (A5) */
import type { Mixture } from "./mixture";
import type { VariancePreserving } from "./path";

export type Direction = "forward" | "backward";
export type SigmaShape = "g" | "constant" | "bump";

export interface Dynamics {
  path: VariancePreserving;
  direction: Direction;
  /** false leaves the score correction out: forward f alone, backward f - g^2 score. */
  correction: boolean;
  sigma: (t: number) => number;
}

/** scale times a shape. All three shapes spend the same int sigma^2 dt = scale^2 int g^2 dt,
 *  so that at equal scale only *when* the noise comes differs. */
export function sigmaOf(path: VariancePreserving, shape: SigmaShape, scale: number): (t: number) => number {
  if (shape === "g") return (t) => scale * path.g(t);
  const level = scale * Math.sqrt(path.integral(1));
  if (shape === "constant") return () => level;
  return (t) => level * Math.SQRT2 * Math.sin(Math.PI * t);
}

/** The number a(t) of the drift f - a(t) score. */
export function scoreWeight(dynamics: Dynamics, t: number): number {
  const noise = dynamics.sigma(t) ** 2;
  const diffusion = dynamics.path.beta(t);
  if (dynamics.direction === "forward") return dynamics.correction ? 0.5 * (diffusion - noise) : 0;
  return dynamics.correction ? 0.5 * (diffusion + noise) : diffusion;
}

/** How hard the score term pulls in one Euler step: max over the grid of dt |a| / (least variance),
 *  counted where it contracts. The bias of a step is small while this is well below 1, and the
 *  step overshoots without bound beyond 2. */
export function stiffestStep(target: Mixture, dynamics: Dynamics, steps: number): number {
  const inward = dynamics.direction === "forward" ? -1 : 1;
  let worst = 0;
  for (let k = 0; k < steps; k++) {
    const t = (dynamics.direction === "forward" ? k : k + 1) / steps;
    const noised = target.noised(dynamics.path.alpha(t), dynamics.path.std(t));
    const pull = (inward * scoreWeight(dynamics, t)) / Math.min(...noised.stds) ** 2 / steps;
    if (pull > worst) worst = pull;
  }
  return worst;
}
