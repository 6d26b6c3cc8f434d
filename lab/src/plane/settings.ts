/** The settings as the model holds them, and what a share link may set. */
import type { Model } from "../anywidget";
import { choice, flag, real, reals, type Rule, type Rules, type Vet, whole } from "../view/link";
import { Bumps } from "./bumps";
import type { Direction, Motion } from "./motion";
import { PATHS, type PathName } from "./path";
import { SHAPES } from "./shapes";

/** At most so many drawn points: their link stays short. */
const MOST_POINTS = 80;
/** Points are drawn in [-EDGE, EDGE]^2, inside the picture of every path. */
const EDGE = 2.3;

/** x,y;x,y;... */
const points: Rule = (text) => {
  const rows = text.split(";").slice(0, MOST_POINTS + 1).map(reals(-3, 3, 2, 2));
  return rows.length > MOST_POINTS || rows.includes(undefined) ? undefined : rows;
};

export function withPoint(means: number[][], x: number, y: number): number[][] {
  const round = (z: number): number => Math.round(Math.max(-EDGE, Math.min(EDGE, z)) * 100) / 100;
  return means.length < MOST_POINTS ? [...means, [round(x), round(y)]] : means;
}

export const RULES: Rules = {
  data: choice(...Object.keys(SHAPES), "own"),
  means: points,
  weights: reals(1e-6, 1, 0, MOST_POINTS),
  std: real(0.08, 0.4),
  path: choice(...Object.keys(PATHS)),
  direction: choice("forward", "backward"),
  sigma_scale: real(0, 3),
  swirl: real(-20, 20),
  arrows: choice("none", "score", "velocity"),
  path_lines: flag,
  t: real(0, 1),
  point: reals(-3, 3, 2, 2),
  seed: whole(0, 2 ** 32 - 1),
};

/** Weights only with as many points. */
export const vet: Vet = ({ weights, means }) => {
  const [given, points] = [weights, means] as unknown[][];
  return given?.length && given.length !== points?.length ? ["weights"] : [];
};

export function bumpsOf(model: Model): Bumps {
  const data = model.get("data") as keyof typeof SHAPES | "own";
  const { means, weights } =
    data === "own"
      ? { means: model.get("means") as number[][], weights: model.get("weights") as number[] }
      : SHAPES[data]();
  return new Bumps(means, model.get("std") as number, weights);
}

export function motionOf(model: Model, bumps: Bumps): Motion {
  return {
    bumps,
    path: PATHS[model.get("path") as PathName],
    direction: model.get("direction") as Direction,
    noise: model.get("sigma_scale") as number,
    swirl: model.get("swirl") as number,
  };
}

/** Half the width of the picture: three stds beyond each center of the data, and most of the noise. */
export function reachOf({ bumps, path }: Motion): number {
  const square = bumps.xs.reduce((sum, x, k) => sum + bumps.weights[k] * (x * x + bumps.ys[k] ** 2), 0);
  const noise = Math.sqrt(path.variance(path.end) + (path.alpha(path.end) ** 2 * square) / 2);
  const farthest = Math.max(...[...bumps.xs, ...bumps.ys].map(Math.abs));
  return Math.max(2.6, farthest + 3 * bumps.std, 2.2 * noise);
}
