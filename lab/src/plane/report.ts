/** What the figure says in words about what it shows. */
import { aboveNoise, distance, inNumbers } from "../core/histogram";
import type { Report } from "../view/report";
import type { Bumps } from "./bumps";
import { fractions, noiseFloor, probabilities } from "./cells";
import type { Carried } from "./likelihood";
import { momentOf } from "./path";
import type { Run } from "./run";

export function compare(run: Run, k: number): Report {
  const exact = probabilities(run.motion.bumps, run.moment(run.time(k)), run.reach);
  const points = run.state(k);
  const floor = noiseFloor(exact, points.length / 2);
  const error = distance(fractions(points, run.reach), exact);
  const wrong = aboveNoise(error, floor);
  return {
    numbers: inNumbers("L1 distance to p", error, floor),
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
