import { expect, test } from "vitest";
import { compile } from "../src/core/expr";
import { aboveNoise, distance, noiseFloor } from "../src/core/histogram";
import { type Direction, substepsFor } from "../src/core/particles";
import { Crowd, LOST } from "../src/sigma/crowd";
import { curveFormula } from "../src/sigma/curve";
import { averages, heights, NODES } from "../src/sigma/data";
import { BINS, fractions, probabilities } from "../src/sigma/histogram";
import { CELLS, Solver } from "../src/sigma/law";
import { verdict } from "../src/sigma/report";
import substeps from "./substeps.json";

const bumps = { weights: [0.4, 0.6], means: [-1.2, 0.8], stds: [0.2, 0.4], drawn: [] };
const f = compile("-0.5*(0.1+19.9*t)*x", ["x", "t"]);
const g = compile("sqrt(0.1+19.9*t)", ["t"]);
const law = new Solver().solve(bumps, f, g);
const at = (t: number): number => g.at({ t: Math.max(0, t) });
const PARTICLES = 5000;

function runOf(direction: Direction, scale: number, correction: boolean, substeps = 0, steps = 100): Crowd {
  const crowd = new Crowd();
  const sigma = (t: number): number => scale * at(t);
  const motion = { ...law, f, g: at, sigma, direction, correction, substeps };
  crowd.restart(motion, law.reach, steps, PARTICLES, 3);
  crowd.work(steps, Infinity);
  return crowd;
}

/** Is the histogram farther from p than sampling noise allows, at any of four times of a run?
 *  The bound is the mean of pure noise plus four of its standard deviations. */
function leavesDensity(crowd: Crowd): boolean {
  const [row, have, want] = [CELLS, BINS + 1, BINS + 1].map((n) => new Float64Array(n));
  return [0.25, 0.5, 0.75, 1].some((part) => {
    const k = Math.round(part * crowd.steps);
    law.table.row(crowd.time(k), row);
    fractions(crowd.places(k), PARTICLES, have);
    probabilities(row, law.table, want);
    return aboveNoise(distance(have, want), noiseFloor(want, PARTICLES));
  });
}

const DIRECTIONS = ["forward", "backward"] as const;

test.each(DIRECTIONS.flatMap((d) => [0, 1, 2, 4].map((c) => [d, c] as const)))(
  "%s with sigma = %d g and automatic substeps the particles keep p(x,t)",
  (direction, scale) => expect(leavesDensity(runOf(direction, scale, true))).toBe(false),
);

test.each(DIRECTIONS.flatMap((d) => [0, 2].map((c) => [d, c] as const)))(
  "%s with sigma = %d g and no correction the particles lose p(x,t)",
  (direction, scale) => expect(leavesDensity(runOf(direction, scale, false))).toBe(true),
);

test("one substep of a coarse step fails, and the score pull says so", () => {
  const crowd = runOf("backward", 4, true, 1, 50);
  expect(leavesDensity(crowd)).toBe(true);
  expect(crowd.pull).toBeGreaterThan(1);
  expect(verdict(true, true, crowd.pull)).toMatch(/too coarse.*take more steps/);
});

test.each(substeps.cases)("$sigma, $direction: steps are cut as in the code for Python", (figure) => {
  const [drift, noise] = [compile(figure.f, ["x", "t"]), compile(figure.g, ["t"])];
  const free = compile(figure.sigma, ["t", "g"]);
  const scale = (t: number): number => noise.at({ t });
  const law = new Solver().solve({ ...figure, drawn: [] }, drift, noise);
  const direction = figure.direction as Direction;
  const sigma = (t: number): number => free.at({ t, g: scale(t) });
  const motion = { ...law, f: drift, g: scale, sigma, direction, correction: figure.correction, substeps: 0 };
  const dt = 1 / substeps.steps;
  substeps.starts.forEach((start, i) => {
    const forward = direction === "forward";
    const found = substepsFor(motion, forward ? start : start + dt, forward ? dt : -dt);
    // There the score comes from splines of log p, here from differences: slopes differ by a few
    // percent where p is sharp, and a number of parts by one where it is rounded up.
    expect(Math.abs(found - figure.pieces[i])).toBeLessThanOrEqual(1 + 0.04 * found);
  });
});

test("a run is a function of its settings and its seed, however its work is cut into frames", () => {
  const whole = runOf("backward", 1, true);
  const cut = new Crowd();
  cut.restart(whole.motion, law.reach, 100, PARTICLES, 3);
  expect(cut.work(100, -Infinity)).toBe(false);
  expect(cut.shown(100)).toBe(0);
  for (const k of [10, 60, 100]) cut.work(k, Infinity);
  expect(cut.shown(100)).toBe(PARTICLES);
  expect(cut.places(100)).toEqual(whole.places(100));
  cut.restart(whole.motion, law.reach, 100, PARTICLES, 4);
  cut.work(100, Infinity);
  expect(cut.places(100)).not.toEqual(whole.places(100));
});

test.each(DIRECTIONS)("%s: step and time are inverse to each other", (direction) => {
  const crowd = runOf(direction, 0, true, 1, 30);
  for (let k = 0; k <= 30; k++) expect(crowd.stepAt(crowd.time(k))).toBe(k);
});

test("lost particles are counted as misplaced", () => {
  const out = new Float64Array(BINS + 1);
  fractions(Uint16Array.of(0, 32768, LOST, LOST), 4, out);
  expect([out[0], out[32], out[BINS]]).toEqual([0.25, 0.25, 0.5]);
});

// The bumps spread to a std of g at t = 1: normal tails leave 1e-3 outside 4 but 5e-6 outside 5.5
// for g = 1, and 9e-5 outside 20 but 1e-2 outside 14 for g = 5. A window may leave out 1e-4.
test.each([
  ["0", "1", 5.5],
  ["0", "5", 20],
  ["-x", "0.1", 4],
])("f = %s, g = %s is shown in a window that holds it", (drift, noise, reach) => {
  expect(new Solver().solve(bumps, compile(drift, ["x", "t"]), compile(noise, ["t"])).reach).toBe(
    reach,
  );
});

test("a formula of a small window only is solved there", () => {
  const drift = compile("-sqrt(25 - x^2)*x", ["x", "t"]);
  expect(new Solver().solve(bumps, drift, g).reach).toBe(4);
});

test("a drawn density has unit mass and is where it was drawn", () => {
  const drawn = Array.from(NODES, (x) => (x > 0 && x < 1 ? 0.5 : 0));
  const { grid } = law.table;
  const p = averages({ ...bumps, drawn }, grid);
  expect(p.reduce((a, b) => a + b) * grid.h).toBeCloseTo(1, 12);
  p.forEach((v, i) => (grid.centers[i] < 0 || grid.centers[i] > 1) && expect(v).toBe(0));
  expect(heights({ ...bumps, drawn })).toEqual(drawn);
  // A mixture's curve leaves a fifth of the height free, for a hand to draw higher.
  expect(Math.max(...heights(bumps))).toBeCloseTo(0.8, 2);
});

test.each([[[0, 1.5, 0.3, 0, 2.25, 40]], [[1, 1, 1, 1, 1, 1]], [[0.35, 0, 0, 0, 0, 0.01]]])(
  "a dragged curve %j is a formula that passes through its handles and stays above 0",
  (values) => {
    const formula = compile(curveFormula(values), ["t", "g"]);
    // Rounding of sums of decimals up to 200.
    values.forEach((v, i) => expect(formula.at({ t: i / 5, g: 0 })).toBeCloseTo(v, 12));
    for (let t = 0; t <= 1; t += 0.01) expect(formula.at({ t, g: 0 })).toBeGreaterThanOrEqual(0);
  },
);
