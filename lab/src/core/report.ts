/** What the figure says in words about what it shows. */
import type { Dynamics } from "./dynamics";
import { distance, type Floor, noiseFloor } from "./histogram";
import type { Run } from "./run";

export interface Report {
  numbers: string;
  verdict: string;
  /** The particles are farther from p than sampling noise explains. */
  wrong: boolean;
}

/** The step beyond which Euler-Maruyama's bias shows above the noise of some thousand particles. */
const COARSE = 0.25;

/** Four standard deviations above the mean of pure sampling noise: exceeded by chance about once
 *  in 30 000 looks. */
export function aboveNoise(error: number, floor: Floor): boolean {
  return error > floor.mean + 4 * floor.std;
}

export function compare(
  fractions: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { dynamics, particles }: Run,
  stiffest: number,
): Report {
  const error = distance(fractions, probabilities);
  const floor = noiseFloor(probabilities, particles);
  const wrong = aboveNoise(error, floor);
  return {
    numbers: `L1 distance ${error.toFixed(3)}; sampling noise alone ${floor.mean.toFixed(3)}\u00a0±\u00a0${floor.std.toFixed(3)}`,
    verdict: verdict(wrong, dynamics.correction, stiffest),
    wrong,
  };
}

export function verdict(wrong: boolean, correction: boolean, stiffest: number): string {
  if (!correction)
    return wrong
      ? "Without the correction the particles do not follow p."
      : "Here the missing correction does not show.";
  if (!wrong) return "The histogram follows p up to sampling noise.";
  if (stiffest > COARSE)
    return `The steps are too coarse for this σ (score pull × dt reaches ${stiffest.toFixed(2)}): take more steps.`;
  return "The histogram differs from p by more than sampling noise.";
}

/** The equation that is simulated. */
export function equation({ direction, correction }: Dynamics): string {
  const forward = direction === "forward";
  const score = "\u2009∂ₓ\u2009log\u2009p";
  const corrected = forward ? `[f − ½(g² − σ²)${score}]` : `[f − ½(g² + σ²)${score}]`;
  const bare = forward ? "f" : `[f − g²${score}]`;
  return `dx = ${correction ? corrected : bare} dt + σ dW,\u2003t:\u00a0${forward ? "0\u00a0→\u00a01" : "1\u00a0→\u00a00"}`;
}
