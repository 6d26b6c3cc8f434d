import { expect, test } from "vitest";
import { distance } from "../src/core/histogram";
import { Rng } from "../src/core/rng";
import { Bumps } from "../src/plane/bumps";
import { fractions, noiseFloor, normalCdf, probabilities } from "../src/plane/cells";
import { carry } from "../src/plane/likelihood";
import { type Direction, heunStep, type Motion, velocity } from "../src/plane/motion";
import { momentOf, PATHS, type PathName } from "../src/plane/path";
import { SHAPES } from "../src/plane/shapes";
import fixture from "./plane.fixture.json";

const bumps = new Bumps(fixture.means, fixture.std, fixture.weights);

/** |a - b| relative to the size of b. Two libraries' exp and log differ by some units in the last
 *  place (2e-16); exponents of some thousands far in a tail turn that into 1e-13 of their size. */
function expectClose(a: number, b: number, tolerance = 1e-12): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b)));
}

function motion(path: PathName, direction: Direction, noise: number, swirl: number): Motion {
  return { bumps, path: PATHS[path], direction, noise, swirl };
}

test.each(fixture.laws)("$path at t = $t: path, log p, score and velocity are the package's", (law) => {
  const path = PATHS[law.path as PathName];
  const moment = momentOf(path, law.t, bumps.std);
  expectClose(moment.alpha, law.alpha);
  expectClose(path.variance(law.t), law.variance);
  fixture.points.forEach(([x, y], i) => {
    const m = bumps.look(x, y, moment);
    expectClose(m.logp, law.logp[i]);
    // The score is (alpha M - x) / v: rounding of x enters with the factor 1/v.
    const rounding = Math.max(1e-12, (1e-15 * Math.hypot(x, y)) / moment.v);
    expectClose((moment.alpha * m.x - x) / moment.v, law.score[i][0], rounding);
    expectClose((moment.alpha * m.y - y) / moment.v, law.score[i][1], rounding);
    const u = velocity(motion(law.path as PathName, "forward", 0, fixture.swirl), law.t, x, y);
    law.velocity[i].forEach((part, j) => expectClose(u[j], part));
  });
});

test.each(fixture.steps)("$path $direction, sigma $sigma g, swirl $swirl: a step is the package's heun", (r) => {
  const points = Float64Array.from(fixture.points.slice(0, r.end.length / 2).flat());
  const normals = r.normals.values();
  const moving = motion(r.path as PathName, r.direction as Direction, r.sigma, r.swirl);
  const look = (_: number, moment: Parameters<Bumps["look"]>[2]) => (x: number, y: number) => bumps.look(x, y, moment);
  heunStep(moving, points, r.t, r.s, look, () => normals.next().value as number);
  r.end.forEach((x, i) => expectClose(points[i], x));
});

test.each(fixture.flows)("$path from $point: the flow's log p is Python's, and near the exact one", (r) => {
  const { logp, points } = carry(bumps, PATHS[r.path as PathName], r.point[0], r.point[1], r.steps);
  // Some hundred steps, each rounding by 1e-16 of a divergence of some tens.
  expectClose(logp, r.along, 1e-11);
  expectClose(points[points.length - 2], r.end[0], 1e-11);
  expectClose(points[points.length - 1], r.end[1], 1e-11);
  // Half of the last digit that the figure shows, with as many steps as the figure takes.
  const coarse = Math.abs(logp - r.exact);
  const fine = Math.abs(carry(bumps, PATHS[r.path as PathName], r.point[0], r.point[1], 320).logp - r.exact);
  expect(fine).toBeLessThan(5e-4);
  expect(fine).toBeLessThan(coarse);
});

test.each(Object.entries(fixture.shapes))("the shape %s is Python's", (name, shape) => {
  const made = SHAPES[name as keyof typeof SHAPES]();
  expect(made.means.length).toBe(shape.means.length);
  made.means.flat().forEach((x, i) => expectClose(x, shape.means.flat()[i]));
  made.weights.forEach((w, i) => expectClose(w, shape.weights[i]));
});

test("a swirl has no divergence: p w leaks nothing, and a swirl of another time leaks", () => {
  const t = 0.1;
  const h = 1e-3;
  const leak = (at: number): number => {
    let worst = 0;
    const w = (x: number, y: number): [number, number] => {
      const [a, b] = velocity(motion("vp", "forward", 0, 6), at, x, y);
      const [c, d] = velocity(motion("vp", "forward", 0, 0), at, x, y);
      const p = Math.exp(bumps.look(x, y, momentOf(PATHS.vp, t, bumps.std)).logp);
      return [p * (a - c), p * (b - d)];
    };
    for (const [x, y] of fixture.points.slice(0, 3)) {
      const slope = (f: (s: number) => number): number => (8 * (f(h) - f(-h)) - f(2 * h) + f(-2 * h)) / (12 * h);
      const divergence = slope((s) => w(x + s, y)[0]) + slope((s) => w(x, y + s)[1]);
      worst = Math.max(worst, Math.abs(divergence));
    }
    return worst;
  };
  // h^4/30 times a fifth derivative of p w below 1e5, and 1e-16/h of rounding.
  expect(leak(t)).toBeLessThan(1e-7);
  expect(leak(0.5 * t)).toBeGreaterThan(1e-2);
});

test("the normal distribution function", () => {
  // Values of scipy.stats.norm.cdf; the rational formula states an error below 7.5e-8.
  const exact: [number, number][] = [[0, 0.5], [1, 0.8413447460685429], [-2.5, 0.006209665325776132]];
  for (const [z, value] of exact) expect(Math.abs(normalCdf(z) - value)).toBeLessThan(7.5e-8);
});

test("the noise floor is what exact samples show, on average over 300 draws, in sparse cells too", () => {
  const rng = new Rng(3);
  const moment = momentOf(PATHS.vp, 0.3, bumps.std);
  const exact = probabilities(bumps, moment, 2.6);
  expect(exact.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  const floor = noiseFloor(exact, 400);
  let sum = 0;
  let square = 0;
  for (let draw = 0; draw < 300; draw++) {
    const error = distance(fractions(bumps.sample(400, moment, rng), 2.6), exact);
    sum += error / 300;
    square += error ** 2 / 300;
  }
  // Four standard errors of a mean of 300.
  expect(Math.abs(sum - floor.mean)).toBeLessThan((4 * floor.std) / Math.sqrt(300));
  // Cells share one total, so the spread is a little less than that of independent cells.
  const spread = Math.sqrt(square - sum ** 2) / floor.std;
  expect(spread).toBeGreaterThan(0.8);
  expect(spread).toBeLessThan(1.15);
});
