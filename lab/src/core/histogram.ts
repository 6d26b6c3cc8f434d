/** The L1 distance of particles to a density, and what sampling noise alone gives. */
export interface Floor {
  mean: number;
  std: number;
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum;
}

/** The L1 distance that N independent exact samples would show. Each bin's error is close to a
 *  normal of variance p(1-p)/N, whose absolute value has mean sqrt(2/pi) and variance 1 - 2/pi
 *  of that. */
export function noiseFloor(probabilities: ArrayLike<number>, samples: number): Floor {
  let mean = 0;
  let variance = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const v = (probabilities[i] * (1 - probabilities[i])) / samples;
    mean += Math.sqrt((2 * v) / Math.PI);
    variance += (1 - 2 / Math.PI) * v;
  }
  return { mean, std: Math.sqrt(variance) };
}

/** Four standard deviations above the mean of pure sampling noise: exceeded by chance about once
 *  in 30 000 looks. */
export function aboveNoise(error: number, floor: Floor): boolean {
  return !(error <= floor.mean + 4 * floor.std);
}

/** A distance and its floor in words. */
export function inNumbers(what: string, error: number, { mean, std }: Floor): string {
  return `${what} ${error.toFixed(3)}; sampling noise alone ${mean.toFixed(3)}\u00a0±\u00a0${std.toFixed(3)}`;
}
