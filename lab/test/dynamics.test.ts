import { expect, test } from "vitest";
import { type Direction, type SigmaShape, sigmaOf, stiffestStep } from "../src/core/dynamics";
import { Bins, distance, noiseFloor } from "../src/core/histogram";
import { Mixture } from "../src/core/mixture";
import { VariancePreserving } from "../src/core/path";
import { aboveNoise } from "../src/core/report";
import { Rng } from "../src/core/rng";
import { Run } from "../src/core/run";

const target = new Mixture([0.4, 0.25, 0.35], [-1.8, 0, 2], [0.3, 0.25, 0.5]);
const path = new VariancePreserving(0.1, 20);
const bins = new Bins(-4, 4, 60);
const PARTICLES = 4000;

/** Is the histogram farther from p than sampling noise allows, at any of four times of a run?
 *  The bound is the mean of pure noise plus four of its standard deviations. */
function leavesDensity(direction: Direction, shape: SigmaShape, scale: number, correction: boolean, steps: number) {
  const dynamics = { path, direction, correction, sigma: sigmaOf(path, shape, scale) };
  const run = new Run(target, dynamics, steps, PARTICLES, 11);
  return [0.25, 0.5, 0.75, 1].some((part) => {
    const k = Math.round(part * steps);
    const exact = bins.probabilities(run.law(run.time(k)));
    return aboveNoise(distance(bins.fractions(run.state(k)), exact), noiseFloor(exact, PARTICLES));
  });
}

const DIRECTIONS = ["forward", "backward"] as const;
/** 600 steps keep the bias of Euler-Maruyama, of order dt, under the noise of 4000 particles. */
const CORRECTED: [SigmaShape, number][] = [["g", 0], ["g", 1], ["g", 2], ["constant", 1], ["bump", 2]];

test.each(DIRECTIONS.flatMap((d) => CORRECTED.map((c) => [d, ...c] as const)))(
  "%s, sigma %s times %d: the particles keep p(x,t)",
  (direction, shape, scale) => expect(leavesDensity(direction, shape, scale, true, 600)).toBe(false),
);

test.each(DIRECTIONS.flatMap((d) => CORRECTED.filter(([s, c]) => s !== "g" || c !== 1).map((c) => [d, ...c] as const)))(
  "%s, sigma %s times %d: without the correction the particles lose p(x,t)",
  (direction, shape, scale) => expect(leavesDensity(direction, shape, scale, false, 600)).toBe(true),
);

test.each(DIRECTIONS)("%s with sigma = g: there is nothing to correct", (direction) => {
  expect(leavesDensity(direction, "g", 1, false, 600)).toBe(false);
});

test("steps too coarse for a large sigma are caught, and announced by the stiffest step", () => {
  expect(leavesDensity("backward", "g", 4, true, 100)).toBe(true);
  const dynamics = { path, direction: "backward", correction: true, sigma: sigmaOf(path, "g", 4) } as const;
  expect(stiffestStep(target, dynamics, 100)).toBeGreaterThan(1);
});

test("the three shapes of sigma spend the same noise", () => {
  const total = (shape: SigmaShape): number => {
    const sigma = sigmaOf(path, shape, 1.7);
    let sum = 0;
    for (let i = 0; i < 2000; i++) sum += sigma((i + 0.5) / 2000) ** 2 / 2000;
    return sum;
  };
  // The midpoint rule is exact for the line g^2 and for the bump, a sine over its whole period.
  const expected = 1.7 ** 2 * path.integral(1);
  for (const shape of ["g", "constant", "bump"] as const) expect(total(shape) / expected).toBeCloseTo(1, 10);
});

test("the noise floor is what exact samples show, on average over 200 draws", () => {
  const exact = bins.probabilities(target);
  const floor = noiseFloor(exact, 1000);
  const rng = new Rng(5);
  let sum = 0;
  for (let draw = 0; draw < 200; draw++) {
    const points = Float64Array.from({ length: 1000 }, () => target.sample(rng));
    sum += distance(bins.fractions(points), exact);
  }
  // Four standard errors of the mean, and the normal approximation of a bin's count, whose mean
  // absolute error it misses by a few percent in the emptiest bins.
  expect(Math.abs(sum / 200 - floor.mean)).toBeLessThan((4 * floor.std) / Math.sqrt(200) + 0.03 * floor.mean);
});

test("points outside the bins and points that are not numbers are counted as misplaced", () => {
  const fractions = bins.fractions([0, 100, -100, NaN]);
  expect(fractions[60]).toBeCloseTo(0.75, 12);
  expect(fractions.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
});

test("a run is a function of its settings and its seed, and states do not change once computed", () => {
  const dynamics = { path, direction: "forward", correction: true, sigma: sigmaOf(path, "g", 2) } as const;
  const [a, b] = [1, 2].map(() => new Run(target, dynamics, 50, 20, 9));
  const early = Float32Array.from(a.state(10));
  a.state(50);
  expect(a.state(10)).toEqual(early);
  expect(b.state(10)).toEqual(early);
  expect(new Run(target, dynamics, 50, 20, 10).state(10)).not.toEqual(early);
});

test.each(DIRECTIONS)("%s: step and time are inverse to each other", (direction) => {
  const run = new Run(target, { path, direction, correction: true, sigma: () => 0 }, 150, 1, 0);
  for (let k = 0; k <= 150; k++) expect(run.stepAt(run.time(k))).toBe(k);
});
