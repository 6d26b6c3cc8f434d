/** The coefficients f(x,t), g(t) and sigma(t): formulas or functions, checked where they are used. */
import { Formula } from "./expr";

/** f(x,t) on an array of points. */
export type Drift = Formula | ((x: Float64Array, t: number, out: Float64Array) => void);
/** g(t) or sigma(t). */
export type Scale = Formula | ((t: number) => number);
export type Coefficient = "f" | "g" | "sigma";

/** A coefficient that is infinite or not a number somewhere, or that the solve could not follow. */
export class CoefficientError extends Error {
  override name = "CoefficientError";
  constructor(
    readonly coefficient: Coefficient,
    problem: string,
    readonly t: number,
    readonly x?: number,
  ) {
    const place = x === undefined ? "" : `x = ${+x.toPrecision(4)}, `;
    super(`${coefficient === "sigma" ? "σ" : coefficient} ${problem} at ${place}t = ${+t.toPrecision(4)}`);
  }
}

const state = (value: number): string => (value !== value ? "is not a number" : "is infinite");

/** g(t) or sigma(t). Throws CoefficientError when it is no finite number. */
export function scaleAt(scale: Scale, t: number, coefficient: Coefficient): number {
  const value = scale instanceof Formula ? scale.at({ t }) : scale(t);
  if (!Number.isFinite(value)) throw new CoefficientError(coefficient, state(value), t);
  return value;
}

/** f at all points x. Throws CoefficientError when a value is not finite. */
export function driftAt(f: Drift, x: Float64Array, t: number, out: Float64Array): void {
  if (f instanceof Formula) f.fill(out, { x, t });
  else f(x, t, out);
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i];
  if (Number.isFinite(sum)) return;
  for (let i = 0; i < out.length; i++)
    if (!Number.isFinite(out[i])) throw new CoefficientError("f", state(out[i]), t, x[i]);
}
