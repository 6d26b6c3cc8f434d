/** One sampler on one budget of evaluations. Everyone starts from the same normal numbers, and
 *  spends the last evaluation alike: the answer is the denoised point at the end of the grid. */
import { Rng } from "../core/rng";
import type { PlaneMixture } from "./mixture";
import { type Grid, gridOf } from "./path";
import { SAMPLERS, type Sampler, type SamplerName } from "./samplers";

/** Odd numbers: one evaluation for the last denoising, an even rest for steps that cost 1 or 2. */
export const BUDGETS = [5, 7, 9, 11, 13, 17, 21, 25, 33, 41, 49, 65];

export interface Start {
  target: PlaneMixture;
  grid: Grid;
  seed: number;
  particles: number;
}

/** Independent streams of one seed. Two numbers of particles share their first ones. */
export const stream = (seed: number, index: number): Rng => new Rng(Math.imul(seed, 4096) + index);

export const stepsWithin = (sampler: Sampler, budget: number): number => Math.floor((budget - 1) / sampler.cost);

/** Carries x, in place, along the falling times and to the denoised point at the last one. Yields the
 *  number of evaluations so far after every step. */
export function* travel(
  sampler: Sampler,
  target: PlaneMixture,
  times: Float64Array,
  x: Float64Array,
  noise: () => Float64Array,
): Generator<number> {
  const { path } = sampler;
  const room = new Float64Array(x.length);
  let evaluations = 0;
  const denoise = (points: Float64Array, t: number): Float64Array => {
    evaluations++;
    return target.denoise(points, path.alpha(t), path.std(t), room);
  };
  const step = sampler.start({ path, denoise, noise });
  for (let k = 1; k < times.length; k++) {
    step(x, times[k - 1], times[k]);
    yield evaluations;
  }
  x.set(denoise(x, times[times.length - 1]));
  yield evaluations;
}

export interface Run {
  x: Float64Array;
  /** Draws on x, step by step. */
  evaluations: Generator<number>;
}

export function run(name: SamplerName, budget: number, { target, grid, seed, particles }: Start): Run {
  const sampler: Sampler = SAMPLERS[name];
  let drawn = 0;
  const normals = (): Float64Array => {
    const rng = stream(seed, drawn++);
    return Float64Array.from({ length: 2 * particles }, () => rng.normal());
  };
  const x = normals();
  const times = gridOf(sampler.path, grid, stepsWithin(sampler, budget));
  return { x, evaluations: travel(sampler, target, times, x, normals) };
}
