/** The data density p(x,0): a mixture of Gaussians, or a curve that the reader has drawn. */
import type { Grid } from "../core/grid";

/** A drawn curve has a height at each of these x, and is straight in between. */
export const NODES = Float64Array.from({ length: 61 }, (_, i) => (i - 30) / 10);
export const DRAWN_REACH = 3;

export interface Data {
  weights: readonly number[];
  means: readonly number[];
  stds: readonly number[];
  /** Heights at NODES, up to a common factor; empty where the mixture holds. */
  drawn: readonly number[];
}

export const mixture = ({ weights, means, stds }: Data) => (x: number): number => {
  let p = 0;
  for (let i = 0; i < weights.length; i++) {
    const z = (x - means[i]) / stds[i];
    p += (weights[i] / stds[i]) * Math.exp(-0.5 * z * z);
  }
  return p / Math.sqrt(2 * Math.PI);
};

/** Cell averages of unit mass. Throws RangeError where nothing of the data lies on the grid. */
export function averages(data: Data, grid: Grid): Float64Array {
  return data.drawn.length ? grid.curve(NODES, data.drawn) : grid.normalise(grid.average(mixture(data)));
}

/** Heights at NODES, from 0 to 1, of the data as they are: where drawing starts. */
export function heights(data: Data): number[] {
  if (data.drawn.length) return [...data.drawn];
  const values = Array.from(NODES, mixture(data));
  const top = Math.max(...values) || 1;
  return values.map((v) => Math.round((80 * v) / top) / 100);
}

/** Four stds past every mean, or the ends of the drawing. */
export function reachOf(data: Data): number {
  if (data.drawn.length) return DRAWN_REACH;
  return Math.max(...data.means.map((m, i) => Math.abs(m) + 4 * data.stds[i]));
}
