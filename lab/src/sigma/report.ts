/** What the figure says in words about what it shows. */
import { aboveNoise, distance, inNumbers, noiseFloor } from "../core/histogram";
import type { Report } from "../view/report";
import type { Direction } from "../core/particles";
import type { Crowd } from "./crowd";

/** The score pull x dt beyond which Euler-Maruyama's bias shows above the noise of some thousand
 *  particles. */
const COARSE = 0.2;

export function compare(have: Float64Array, want: Float64Array, shown: number, crowd: Crowd): Report {
  const error = distance(have, want);
  const floor = noiseFloor(want, shown);
  const wrong = aboveNoise(error, floor);
  return {
    numbers: inNumbers("L1 distance", error, floor),
    verdict: verdict(wrong, crowd.motion.correction, crowd.pull),
    wrong,
  };
}

export function verdict(wrong: boolean, correction: boolean, pull: number): string {
  if (!correction)
    return wrong
      ? "Without the correction the particles do not follow p."
      : "Here the missing correction does not show.";
  if (!wrong) return "The histogram follows p up to sampling noise.";
  if (pull > COARSE)
    return `The steps are too coarse for this σ (score pull × dt reaches ${pull.toFixed(2)}): take more steps.`;
  return "The histogram differs from p by more than sampling noise.";
}

/** The equation that is simulated. */
export function equation(direction: Direction, correction: boolean): string {
  const forward = direction === "forward";
  const score = "\u2009∂ₓ\u2009log\u2009p";
  const corrected = forward ? `[f − ½(g² − σ²)${score}]` : `[f − ½(g² + σ²)${score}]`;
  const bare = forward ? "f" : `[f − g²${score}]`;
  return `dx = ${correction ? corrected : bare} dt + σ dW,\u2003t:\u00a0${forward ? "0\u00a0→\u00a01" : "1\u00a0→\u00a00"}`;
}
