import { expect, test } from "vitest";
import { FormulaError } from "../src/core/expr";
import { conditional, type Data, density, marginal, pairs, STEPS, timeAt, trajectory } from "../src/paths/linear";
import { cosineVp, edm, flow, type Path, subVp, ve, vp } from "../src/core/path";
import { valuesAt } from "../src/paths/path";
import { ticks } from "../src/paths/sheet";
import { typedCurve, typedPath, verdict } from "../src/paths/typed";
import fixture from "./paths.fixture.json";

const PATHS: Record<string, (parameters: number[]) => Path> = {
  VP: ([a, b]) => vp(a, b),
  SubVP: ([a, b]) => subVp(a, b),
  CosineVP: () => cosineVp,
  VE: ([a, b]) => ve(a, b),
  EDM: ([a]) => edm(a),
  FlowPath: () => flow,
};
const typed = (alpha: string, std: string): Path => typedPath(typedCurve("alpha", alpha), typedCurve("std", std));
const KEYS = ["alpha", "std", "logSnr", "rate", "gSquared", "g"] as const;

function expectClose(a: number, b: number, tolerance = 1e-12): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b)));
}

test.each(fixture.paths)("$name has the package's alpha, std, log-SNR, f and g", (row) => {
  const path = PATHS[row.name](row.parameters);
  fixture.times.forEach((t, i) => {
    const values = valuesAt(path, t);
    for (const key of KEYS) expectClose(values[key], row[key][i]);
  });
});

/** VP and sub-VP need exp(-B); their formulas hold the parameters of the fixture. */
const TYPED: Record<string, [string, string]> = {
  VP: ["exp(-0.05t - 4.975t^2)", "sqrt(1 - exp(-0.1t - 9.95t^2))"],
  SubVP: ["exp(-0.1t - 2.95t^2)", "1 - exp(-0.2t - 5.9t^2)"],
  CosineVP: ["cos(pi t/2)", "sin(pi t/2)"],
  VE: ["1", "0.01 sqrt(5000^(2t) - 1)"],
  EDM: ["1", "80t"],
  FlowPath: ["1 - t", "t"],
};

test.each(fixture.paths)("typed formulas for $name give the same numbers", (row) => {
  const [alpha, std] = TYPED[row.name];
  const path = typed(alpha, std);
  fixture.times.forEach((t, i) => {
    const values = valuesAt(path, t);
    // 1 - exp(-B) and 5000^(2t) - 1 lose digits that the package keeps: relative eps / std^2.
    const lost = 4e-16 / Math.min(1, row.std[i]) ** 2;
    for (const key of ["alpha", "std", "logSnr"] as const) expectClose(values[key], row[key][i], 1e-12 + lost);
    // A difference divides rounding by h; the values rounded are alpha, near 1, and std^2.
    const h = Math.min(1 / 400, Math.min(t, 1 - t) / 40);
    const rounding = (10 * 2.2e-16 * Math.max(1, row.std[i] ** 2)) / h;
    // alpha' / alpha, and 2 std^2 of that in g^2.
    const rate = rounding / row.alpha[i] + 1e-12 * Math.abs(row.rate[i]);
    expect(Math.abs(values.rate - row.rate[i])).toBeLessThan(rate);
    const g = rounding + 2 * row.std[i] ** 2 * rate + 1e-12 * row.gSquared[i];
    expect(Math.abs(values.gSquared - row.gSquared[i])).toBeLessThan(g);
  });
});

test("g is not a number exactly where g^2 is below zero", () => {
  const breath = typed("1", "0.8 sin(pi t)");
  expect(valuesAt(breath, 0.25).g).toBeCloseTo(Math.sqrt(0.64 * Math.PI * Math.sin(Math.PI / 2)), 10);
  expect(valuesAt(breath, 0.75).g).toBeNaN();
  expect(valuesAt(breath, 0.75).gSquared).toBeCloseTo(-0.64 * Math.PI, 10);
});

test("at the ends a typed path has the limits of its rates", () => {
  const start = valuesAt(typed("(1 - t)^2", "sqrt(t)"), 0);
  // Rounding over h = 1e-6/40 is 1e-8; the slopes themselves change by 1e-6 on the way inside.
  expect(start.rate).toBeCloseTo(-2, 5);
  expect(start.gSquared).toBeCloseTo(1, 5);
  expect(valuesAt(typed("1 - t", "t"), 1)).toMatchObject({ alpha: 0, rate: -Infinity, gSquared: Infinity });
});

test("the verdict names the stretch without an SDE, a zero of alpha, and a wrong start", () => {
  expect(verdict(typed("1", "0.8 sin(pi t)"))).toEqual({
    text: "No forward SDE for 0.50 ≤ t ≤ 1.00: g² < 0, because σ̄/|α| falls, and noise cannot be taken out again.",
    wrong: true,
  });
  expect(verdict(typed("1 - 2t", "t")).text).toContain("α = 0 near t = 0.50: f = α′/α is infinite there.");
  expect(verdict(typed("0.9", "0.1 + t")).text).toContain("At t = 0 this is not the data: α = 0.9, σ̄ = 0.1");
  expect(verdict(flow)).toEqual({
    text: "g² ≥ 0: a forward SDE has this kernel. α(1) = 0: f and g are infinite at t = 1.",
    wrong: false,
  });
  for (const path of [vp(0.1, 20), subVp(0.1, 20), cosineVp, ve(0.01, 50), edm(80)])
    expect(verdict(path).wrong).toBe(false);
});

test("a formula that is no path is refused with the value and the time", () => {
  expect(() => typed("1", "t - 0.5")).toThrow("σ̄ is −0.495 at t = 0.005; it must be a finite number, 0 or larger");
  expect(() => typed("log(t - 0.3)", "t")).toThrow("α is not a number at t = 0.005");
  expect(() => typed("1", "1/(t-0.5)^2")).toThrow("σ̄ is ∞ at t = 0.5");
  expect(() => typed("1", "tt")).toThrow(FormulaError);
  expect(() => typed("t - 0.5", "t")).not.toThrow();
});

const { linear } = fixture;
const data: Data = { points: linear.points, width: linear.width };

test.each(linear.rows)("density and velocity of the linear path equal the package's at t = $t", (row) => {
  linear.x.forEach((x, i) => {
    expectClose(density(data, x, row.t), row.density[i]);
    expectClose(marginal(data, x, row.t), row.velocity[i]);
  });
});

test.each(linear.ends)("curves of the marginal velocity keep their quantile at t = $t", ({ t, x }) => {
  // Steps are a fixed factor apart; between two of them the curve is read by a straight line.
  const k = Math.log(t) / Math.log(timeAt(1));
  const [low, high] = [Math.floor(k + 1e-9), Math.ceil(k - 1e-9)];
  linear.eps.forEach((eps, i) => {
    const states = trajectory(data, eps);
    const share = low === high ? 0 : (t - timeAt(low)) / (timeAt(high) - timeAt(low));
    const at = states[low] + share * (states[high] - states[low]);
    // Reading between points 3.5 % of t apart: (0.035 t)^2/8 of a second derivative below 40.
    expect(Math.abs(at - x[i])).toBeLessThan(low === high ? 2e-6 : 2e-6 + 0.006 * t * t);
  });
});

test("curves do not cross, straight lines do", () => {
  const two: Data = { points: [-1.4, 1.4], width: 0 };
  const drawn = pairs(two, 24, 1);
  drawn.sort((a, b) => a.eps - b.eps);
  const curves = drawn.map(({ eps }) => trajectory(two, eps));
  for (let i = 1; i < curves.length; i++)
    for (let k = 0; k <= STEPS; k++) expect(curves[i][k]).toBeGreaterThanOrEqual(curves[i - 1][k]);
  expect(drawn.some((pair, i) => i > 0 && pair.x0 < drawn[i - 1].x0)).toBe(true);
});

test("the marginal velocity is the mean of the conditional ones, each with its share of p", () => {
  const points: Data = { points: [-1.4, 0.2, 1.4], width: 0 };
  const [x, t] = [0.5, 0.6];
  const weight = points.points.map((m) => Math.exp(-0.5 * ((x - (1 - t) * m) / t) ** 2));
  const sum = weight.reduce((a, b) => a + b);
  const mean = points.points.reduce((u, m, k) => u + (weight[k] / sum) * conditional(x, t, m), 0);
  expectClose(marginal(points, x, t), mean);
});

test("ticks are round and few", () => {
  expect(ticks([0, 1.05], false)).toEqual([0, 0.5, 1]);
  expect(ticks([0.02, 100], true)).toEqual([0.1, 1, 10, 100]);
  expect(ticks([-12, 1], false)).toEqual([-10, -5, 0]);
});
