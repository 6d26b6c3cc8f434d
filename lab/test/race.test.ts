import { expect, test } from "vitest";
import { CELLS, type Floor, measure } from "../src/race/bench";
import { energyDistance, shadows } from "../src/race/distance";
import { PlaneMixture, type Point } from "../src/race/mixture";
import { type Grid, gridOf, LAST_RATIO } from "../src/race/path";
import { Replay } from "../src/race/replay";
import { Results } from "../src/race/results";
import { BUDGETS, run, stepsWithin, stream, travel } from "../src/race/run";
import { NAMES, SAMPLERS, type Sampler, type SamplerName } from "../src/race/samplers";
import fixture from "./fixture_race.json";

const GRIDS: Grid[] = ["time", "log_snr", "arctan"];
const { weights, means, stds } = fixture.mixture;
const target = new PlaneMixture({ weights, means: means as unknown as Point[], stds });

/** Rounding: exp and log of two libraries differ by units in the last place, and five coarse steps
 *  enlarge that some hundredfold. */
function expectClose(a: ArrayLike<number>, b: readonly number[], tolerance = 1e-12): void {
  expect(a.length).toBe(b.length);
  b.forEach((x, i) => expect(Math.abs(a[i] - x)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(x))));
}

test.each(fixture.runs)("$name on the grid $grid equals the package's step", ({ name, grid, times, state, end }) => {
  const sampler: Sampler = SAMPLERS[name as SamplerName];
  const steps = times.length - 1;
  const mine = gridOf(sampler.path, grid as Grid, steps);
  expectClose(mine, times);
  const x = Float64Array.from(fixture.start);
  let drawn = 0;
  const states: Float64Array[] = [];
  for (const _ of travel(sampler, target, mine, x, () => Float64Array.from(fixture.increments[drawn++])))
    states.push(x.slice());
  expectClose(states[steps - 1], state);
  expectClose(states[steps], end);
  expect(drawn).toBe(sampler.noisy ? sampler.cost * steps : 0);
});

test("the energy distance equals the sum over pairs, and sees a shifted sample", () => {
  const { a, b, energy, projected } = fixture.distances;
  const mine = energyDistance(shadows(Float64Array.from(a)), shadows(Float64Array.from(b)));
  expect(Math.abs(mine - projected)).toBeLessThan(1e-12);
  // The mean of |cos| over 32 directions is right to 1e-3, and energy is a difference of three
  // means, of about 1.5 each, in which most of that cancels.
  expect(Math.abs(mine - energy)).toBeLessThan(2e-3);
  expect(energyDistance(shadows(Float64Array.from(a)), shadows(Float64Array.from(a)))).toBe(0);
});

test("every sampler pays exactly the budget, and no more than its steps are worth", () => {
  for (const name of NAMES)
    for (const budget of BUDGETS) {
      const { spent } = new Replay(name, budget, { target, grid: "time", seed: 3, particles: 2 });
      const { cost } = SAMPLERS[name];
      expect(spent.at(-1)).toBe(budget);
      expect(spent.length - 2).toBe(stepsWithin(SAMPLERS[name], budget));
      spent.slice(1, -1).forEach((paid, k) => expect(paid).toBe(cost * (k + 1)));
    }
});

test("all start from the same noise and all end at the same noise level", () => {
  const starts = NAMES.map((name) => run(name, 5, { target, grid: "time", seed: 9, particles: 3 }).x);
  for (const x of starts) expect(x).toEqual(starts[0]);
  for (const name of NAMES)
    for (const grid of GRIDS) {
      const { path } = SAMPLERS[name];
      const times = gridOf(path, grid, 7);
      expect(times[0]).toBe(1);
      for (let k = 0; k < 7; k++) expect(times[k + 1]).toBeLessThan(times[k]);
      expect(path.std(times[7]) / path.alpha(times[7])).toBeCloseTo(LAST_RATIO, 12);
    }
});

test("the drawn particles are the first of the measured ones", () => {
  const few = run("ddpm", 7, { target, grid: "arctan", seed: 5, particles: 3 });
  const many = run("ddpm", 7, { target, grid: "arctan", seed: 5, particles: 50 });
  for (const { evaluations } of [few, many]) for (const _ of evaluations);
  expect(many.x.slice(0, 6)).toEqual(few.x);
});

test("a replay stands at its states when their evaluations are spent", () => {
  const replay = new Replay("heun", 5, { target, grid: "time", seed: 1, particles: 2 });
  expect(replay.spent).toEqual([0, 2, 4, 5]);
  expect(replay.at(0)).toEqual([0, 0]);
  expect(replay.at(1)).toEqual([0, 0.5]);
  expect(replay.at(2)).toEqual([1, 0]);
  expect(replay.at(5)).toEqual([2, 1]);
});

/** The largest error of the deterministic samplers on a Gaussian, whose exact flow is linear. */
function gaussianError(name: SamplerName, steps: number): number {
  const [mean, variance] = [0.7, 0.25];
  const gaussian = new PlaneMixture({ weights: [1], means: [[mean, -mean]], stds: [Math.sqrt(variance)] });
  const sampler: Sampler = SAMPLERS[name];
  const { path } = sampler;
  const times = gridOf(path, "log_snr", steps);
  const start = Float64Array.from([1.3, -0.4, -2.1, 0.2]);
  const x = start.slice();
  for (const _ of travel(sampler, gaussian, times, x, () => new Float64Array(4)));
  const last = times[steps];
  const spread = (t: number): number => Math.sqrt(path.alpha(t) ** 2 * variance + path.std(t) ** 2);
  const exact = start.map((x1, i) => {
    const m = i % 2 ? -mean : mean;
    return path.alpha(last) * m + ((x1 - path.alpha(1) * m) * spread(last)) / spread(1);
  });
  const wanted = gaussian.denoise(exact, path.alpha(last), path.std(last));
  return Math.max(...wanted.map((w, i) => Math.abs(w - x[i])));
}

test.each([
  ["euler", 1],
  ["ddim", 1],
  ["flow_matching", 1],
  ["heun", 2],
  ["dpm_solver", 2],
] as const)("%s has order %i on a Gaussian", (name, order) => {
  // Of the next power of the step at most 4 % of the error is left at 128 steps, which can move the
  // slope by log2(1.04) = 0.06.
  const slope = Math.log2(gaussianError(name, 128) / gaussianError(name, 256));
  expect(Math.abs(slope - order)).toBeLessThan(0.06);
});

test("on equal noise levels DDIM and flow matching are one sampler", () => {
  const end = (name: SamplerName, grid: Grid): Float64Array => {
    const { x, evaluations } = run(name, 17, { target, grid, seed: 2, particles: 500 });
    for (const _ of evaluations);
    return x;
  };
  const median = (grid: Grid): number => {
    const [a, b] = [end("ddim", grid), end("flow_matching", grid)];
    return a.map((x, i) => Math.abs(x - b[i])).sort()[500];
  };
  // What is left is the first step, which starts at alpha = 0.0066 on one path and at 0 on the other.
  expect(median("log_snr")).toBeLessThan(0.0066);
  expect(median("arctan")).toBeLessThan(0.0066);
  expect(median("time")).toBeGreaterThan(0.0066);
});

const ring = Array.from({ length: 8 }, (_, k): Point => [1.5 * Math.cos((k * Math.PI) / 4), 1.5 * Math.sin((k * Math.PI) / 4)]);
const eight = { weights: Array(8).fill(0.125), means: ring, stds: Array(8).fill(0.15) };

/** Mean error over some seeds, which share no random number. */
function meanError(name: SamplerName, budget: number, grid: Grid): number {
  let sum = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { x, evaluations } = run(name, budget, { target: exact, grid, seed, particles: PARTICLES });
    for (const _ of evaluations);
    sum += energyDistance(shadows(x), draws(1000 + seed));
  }
  return sum / SEEDS;
}

const [SEEDS, PARTICLES, PAIRS] = [4, 1000, 40];
const exact = new PlaneMixture(eight);
const draws = (index: number): Float64Array[] => shadows(exact.sample(PARTICLES, stream(77, index)));
const floor = Array.from({ length: PAIRS }, (_, k) => energyDistance(draws(2 * k), draws(2 * k + 1)));
const mean = floor.reduce((a, b) => a + b) / PAIRS;
const std = Math.sqrt(floor.reduce((a, b) => a + (b - mean) ** 2, 0) / (PAIRS - 1));
/** Four standard errors above the noise floor of a mean over the seeds. */
const limit = mean + (4 * std) / Math.sqrt(SEEDS);

test.each(NAMES)("%s reaches the noise floor with many evaluations and not with few", { timeout: 60_000 }, (name) => {
  expect(meanError(name, 65, "arctan")).toBeLessThan(limit);
  expect(Math.max(...GRIDS.map((grid) => meanError(name, 5, grid)))).toBeGreaterThan(limit);
});

test("the bench measures every sampler at every budget, and says so in words", () => {
  const results = new Results();
  let floor: Floor | undefined;
  for (const finding of measure({ mixture: eight, grid: "time", seed: 1, particles: 100, first: 9 })) {
    if (finding) results.add(finding);
    if (finding && "floor" in finding) floor = finding.floor;
  }
  expect(results.done).toBe(true);
  expect(results.measured).toBe(CELLS);
  // E|x - y| 2/n with E|x - y| about 1.9 for this ring, over 24 samples.
  expect(floor!.mean).toBeGreaterThan(0.5 * 0.038);
  expect(floor!.mean).toBeLessThan(2 * 0.038);
  expect(floor!.low).toBeLessThan(floor!.mean);
  expect(floor!.high).toBeGreaterThan(floor!.mean);
  expect(results.words("predictor_corrector", 5)).toMatch(/^error 0\.\d+, \d+(\.\d+)? × floor$/);
  expect(results.verdict(5)).toMatch(/^With 5 evaluations/);
});
