/** A path from two typed formulas, and what can be said of any path's SDE. */
import { compile, type Formula } from "../core/expr";
import type { Path } from "../core/path";
import { ROUNDING, valuesAt } from "./path";

/** Central differences of eighth order: the weights of y(t + kh) - y(t - kh), k = 1..4, over h. */
const WEIGHTS = [4 / 5, -1 / 5, 4 / 105, -1 / 280];
/** The largest h. Its eighth power is 1e-21; rounding adds 2e-16/h, about 1e-13. */
const STEP = 1 / 400;
/** Near an end h shrinks with the distance to it: no formula is asked outside [0, 1], and a root or
 *  a pole at the end still looks smooth, with a relative error below (4/40)^8. */
const SHARE = 1 / 40;
const INSIDE = 1e-6;

/** Values and slopes of a formula y(t) and of y^2, from nine neighbors in one call. */
export class Curve {
  readonly #formula: Formula;
  readonly #t = new Float64Array(9);
  readonly #y = new Float64Array(9);
  readonly #inputs = { t: this.#t };
  #h = 0;

  constructor(readonly source: string) {
    this.#formula = compile(source, ["t"]);
  }

  #ask(t: number): Float64Array {
    this.#h = Math.min(STEP, SHARE * Math.min(t, 1 - t));
    for (let k = -4; k <= 4; k++) this.#t[k + 4] = t + k * this.#h;
    this.#formula.fill(this.#y, this.#inputs);
    return this.#y;
  }

  value(t: number): number {
    return this.#ask(t)[4];
  }

  /** At t = 0 and t = 1 the slope is that a little inside. */
  slope(t: number, power: number): number {
    const y = this.#ask(Math.min(1 - INSIDE, Math.max(INSIDE, t)));
    let sum = 0;
    for (let k = 1; k <= 4; k++) sum += WEIGHTS[k - 1] * (y[4 + k] ** power - y[4 - k] ** power);
    return sum / this.#h;
  }
}

export type Name = "alpha" | "std";

/** Throws a FormulaError for a formula that cannot be read, a RangeError for one that cannot be the
 *  alpha or the std of a path. */
export function typedCurve(name: Name, source: string): Curve {
  const curve = new Curve(source);
  for (let i = 1; i < 200; i++) {
    const y = curve.value(i / 200);
    if (Number.isFinite(y) && (y >= 0 || name === "alpha")) continue;
    const [symbol, wanted] = name === "alpha" ? ["α", ""] : ["σ̄", ", 0 or larger"];
    throw new RangeError(`${symbol} is ${short(y)} at t = ${i / 200}; it must be a finite number${wanted}`);
  }
  return curve;
}

export function typedPath(alpha: Curve, std: Curve): Path {
  return {
    alpha: (t) => alpha.value(t),
    variance: (t) => std.value(t) ** 2,
    dAlpha: (t) => alpha.slope(t, 1),
    dVariance: (t) => std.slope(t, 2),
  };
}

export function short(y: number): string {
  if (Number.isNaN(y)) return "not a number";
  if (!Number.isFinite(y)) return y > 0 ? "∞" : "−∞";
  const text = Math.abs(y) >= 1e4 || (y !== 0 && Math.abs(y) < 1e-3) ? y.toExponential(1) : `${+y.toPrecision(3)}`;
  return text.replaceAll("-", "−");
}

export interface Verdict {
  text: string;
  wrong: boolean;
}

/** Does the path begin at the data, and has it a forward SDE? */
export function verdict(path: Path): Verdict {
  const said: string[] = [];
  const stretches: [number, number][] = [];
  let zero = NaN;
  let sign = 1;
  const n = 400;
  for (let i = 1; i < n; i++) {
    const t = i / n;
    const { alpha, gSquared } = valuesAt(path, t);
    if (Number.isNaN(zero) && (alpha === 0 || (i > 1 && Math.sign(alpha) !== sign))) zero = t;
    sign = Math.sign(alpha);
    if (!(gSquared < -ROUNDING)) continue;
    const last = stretches.at(-1);
    if (last && t - last[1] < 1.5 / n) last[1] = t;
    else stretches.push([t, t]);
  }
  const start = [path.alpha(0), Math.sqrt(path.variance(0))];
  if (!(Math.abs(start[0] - 1) < ROUNDING && start[1] < ROUNDING))
    said.push(`At t = 0 this is not the data: α = ${short(start[0])}, σ̄ = ${short(start[1])}, not 1 and 0.`);
  if (!Number.isNaN(zero)) said.push(`α = 0 near t = ${zero.toFixed(2)}: f = α′/α is infinite there.`);
  if (stretches.length) {
    const where = stretches.slice(0, 3).map(([a, b]) => `${a.toFixed(2)} ≤ t ≤ ${b.toFixed(2)}`).join(", ");
    said.push(`No forward SDE for ${where}: g² < 0, because σ̄/|α| falls, and noise cannot be taken out again.`);
  }
  const wrong = said.length > 0;
  if (!stretches.length && Number.isNaN(zero)) {
    const end = Math.abs(path.alpha(1)) < ROUNDING ? " α(1) = 0: f and g are infinite at t = 1." : "";
    said.push(`g² ≥ 0: a forward SDE has this kernel.${end}`);
  }
  return { text: said.join(" "), wrong };
}
