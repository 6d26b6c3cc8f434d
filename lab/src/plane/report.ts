/** What the figure says in words about what it shows. */
import type { Bumps } from "./bumps";
import { distance, fractions, noiseFloor, probabilities } from "./cells";
import type { Carried } from "./likelihood";
import { momentOf } from "./path";
import type { Run } from "./run";

export interface Report {
  numbers: string;
  verdict: string;
  /** The particles are farther from p than sampling noise explains. */
  wrong: boolean;
}

/** Four standard deviations above the mean of pure sampling noise: exceeded by chance about once
 *  in 30 000 looks. */
export function compare(run: Run, k: number): Report {
  const exact = probabilities(run.motion.bumps, run.moment(run.time(k)), run.reach);
  const floor = noiseFloor(exact, run.particles);
  const error = distance(fractions(run.state(k), run.reach), exact);
  const wrong = !(error <= floor.mean + 4 * floor.std);
  return {
    numbers: `L1 distance to p ${error.toFixed(3)}; sampling noise alone ${floor.mean.toFixed(3)}\u00a0±\u00a0${floor.std.toFixed(3)}`,
    verdict: wrong
      ? "The particles differ from p by more than sampling noise."
      : "The particles follow p up to sampling noise.",
    wrong,
  };
}

const signed = (x: number, digits: number): string => x.toFixed(digits).replace("-", "−");

export function likelihood(bumps: Bumps, run: Run, [x, y]: readonly [number, number], carried: Carried): string {
  const exact = bumps.look(x, y, momentOf(run.motion.path, 0, bumps.std)).logp;
  const at = `(${signed(x, 2)}, ${signed(y, 2)})`;
  return `At the cross ${at}: log\u2009p₀ = ${signed(exact, 3)} by the formula, ${signed(carried.logp, 3)} along the flow to noise.`;
}

/** The equation that is simulated. */
export function equation({ direction, noise, swirl }: Run["motion"]): string {
  const sign = direction === "forward" ? "−" : "+";
  const time = direction === "forward" ? "0\u00a0→\u00a01" : "1\u00a0→\u00a00";
  const free = noise ? `½(g²\u00a0${sign}\u00a0σ²)` : "½g²";
  const drift = `f − ${free}\u2009∇log\u2009p${swirl ? " + w" : ""}`;
  return `dx = [${drift}] dt${noise ? " + σ dW" : ""},\u2003t:\u00a0${time}`;
}
