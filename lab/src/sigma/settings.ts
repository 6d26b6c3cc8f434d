/** What a link may set in this figure, and the traits as the figure reads them. */
import type { Model } from "../anywidget";
import { compile, type Formula } from "../core/expr";
import type { Direction } from "../core/particles";
import { choice, flag, passing, real, reals, type Rule, type Rules, whole } from "../view/link";
import { type Data, NODES } from "./data";

/** A formula is refused here already, so that a bad link shows the figure's own formula. */
const formula = (...variables: string[]): Rule => passing((text) => compile(text, variables));

const MOST = 12;

export const rules: Rules = {
  f: formula("x", "t"),
  g: formula("t"),
  sigma: formula("t", "g"),
  weights: reals(1e-6, 1, 1, MOST),
  means: reals(-20, 20, 1, MOST),
  stds: reals(0.05, 10, 1, MOST),
  drawn: (text) => (text === "" ? [] : reals(0, 1, NODES.length, NODES.length)(text)),
  direction: choice("forward", "backward"),
  correction: flag,
  steps: whole(10, 500),
  substeps: whole(0, 32),
  particles: whole(100, 50_000),
  t: real(0, 1),
  seed: whole(0, 2 ** 32 - 1),
};

/** Lists that make a mixture only together: returns the names that do not. */
export function vet(values: Record<string, unknown>): string[] {
  const lists = ["weights", "means", "stds"].map((name) => values[name] as number[] | undefined);
  const [weights] = lists;
  const sum = weights?.reduce((a, b) => a + b) ?? 0;
  // Links carry six digits.
  const fits = lists.every((list) => list?.length === weights?.length) && Math.abs(sum - 1) < 1e-4;
  if (weights && fits) values.weights = weights.map((w) => w / sum);
  const drawn = values.drawn as number[] | undefined;
  return [
    ...(fits || lists.every((list) => !list) ? [] : ["weights", "means", "stds"]),
    ...(drawn?.length && !drawn.some(Boolean) ? ["drawn"] : []),
  ];
}

export interface Settings extends Data {
  f: Formula;
  g: Formula;
  /** g and sigma for the particles, whose last substep may end at t = -1e-17. */
  noise: (t: number) => number;
  sigma: (t: number) => number;
  direction: Direction;
  correction: boolean;
  steps: number;
  substeps: number;
  particles: number;
  seed: number;
}

/** Throws FormulaError where Python's text is none. */
export function settingsOf(model: Model): Settings {
  const get = <T>(name: string): T => model.get(name) as T;
  const g = compile(get("g"), ["t"]);
  const free = compile(get("sigma"), ["t", "g"]);
  const at = { t: 0, g: 0 };
  const noise = (t: number): number => {
    at.t = Math.min(1, Math.max(0, t));
    return g.at(at);
  };
  return {
    weights: get("weights"),
    means: get("means"),
    stds: get("stds"),
    drawn: get("drawn"),
    f: compile(get("f"), ["x", "t"]),
    g,
    noise,
    sigma: (t) => {
      at.g = noise(t);
      return free.at(at);
    },
    direction: get("direction"),
    correction: get("correction"),
    steps: get("steps"),
    substeps: get("substeps"),
    particles: get("particles"),
    seed: get("seed"),
  };
}
