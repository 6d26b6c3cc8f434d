import { expect, test } from "vitest";
import { CoefficientError } from "../src/core/coefficients";
import { compile } from "../src/core/expr";
import { FokkerPlanck } from "../src/core/fokker_planck";
import { Grid } from "../src/core/grid";
import { distance, noiseFloor } from "../src/core/histogram";
import { Bins } from "./support/bins";
import { Mixture } from "./support/mixture";
import { type Direction, type Motion, Particles, substepsFor } from "../src/core/particles";
import { ScoreTable } from "../src/core/score_table";
import { Normals } from "../src/core/ziggurat";

const [COUNT, STEPS, REACH] = [20_000, 100, 6];
const target = new Mixture([0.4, 0.25, 0.35], [-1.8, 0, 2], [0.3, 0.25, 0.5]);
const grid = new Grid(-REACH, REACH, 800);
const f = compile("-0.5(0.1+19.9t)x", ["x", "t"]);
const g = compile("sqrt(0.1+19.9t)", ["t"]);
const table = new FokkerPlanck(grid, STEPS).solve(grid.normalise(grid.average((x) => target.density(x))), f, g);
const score = new ScoreTable(grid, STEPS).fill(table);
const bins = new Bins(-REACH, REACH, 80);

function motion(direction: Direction, times: number, change: Partial<Motion> = {}): Motion {
  const sigma = compile(`${times} sqrt(0.1+19.9t)`, ["t"]);
  return { table, score, f, g, sigma, direction, correction: true, substeps: 0, ...change };
}

/** p in the bins, from the cells. */
function probabilities(t: number): Float64Array {
  const row = new Float64Array(grid.n);
  table.row(t, row);
  const out = new Float64Array(bins.count + 1);
  row.forEach((p, i) => (out[Math.floor((i * bins.count) / grid.n)] += p * grid.h));
  return out;
}

/** Does the histogram leave p(x,t) at one of four times of a run? The bound is the mean of pure
 *  sampling noise and four of its standard deviations: chance passes it once in 30 000 looks. */
function leaves(run: Motion, seed: number): boolean {
  const forward = run.direction === "forward";
  const particles = new Particles(COUNT, seed);
  particles.place(table, forward ? 0 : 1);
  for (let k = 0; k < STEPS; k++) {
    particles.step(run, forward ? k / STEPS : 1 - k / STEPS, 1 / STEPS);
    if ((k + 1) % 25) continue;
    const exact = probabilities(forward ? (k + 1) / STEPS : 1 - (k + 1) / STEPS);
    const floor = noiseFloor(exact, COUNT);
    if (distance(bins.fractions(particles.x), exact) > floor.mean + 4 * floor.std) return true;
  }
  return false;
}

class Flipped extends ScoreTable {
  override row(t: number, out: Float64Array): void {
    super.row(t, out);
    for (let i = 0; i < out.length; i++) out[i] *= -1;
  }
}
const flipped = new Flipped(grid, STEPS).fill(table);

const DIRECTIONS = ["forward", "backward"] as const;
const SCALES = [0, 1, 2, 4];
const RUNS = DIRECTIONS.flatMap((direction) => SCALES.map((times) => [direction, times] as const));

test.each(RUNS)("%s, sigma = %d g: the particles keep p(x,t)", (direction, times) => {
  expect(leaves(motion(direction, times), 7)).toBe(false);
});

test.each(RUNS.filter(([, times]) => times !== 1))(
  "%s, sigma = %d g: without the correction they lose it",
  (direction, times) => expect(leaves(motion(direction, times, { correction: false }), 7)).toBe(true),
);

test.each(RUNS.filter(([direction, times]) => direction === "backward" || times !== 1))(
  "%s, sigma = %d g: with the score's sign flipped they lose it",
  (direction, times) => {
    expect(leaves(motion(direction, times, { score: flipped }), 7)).toBe(true);
  },
);

test("one step at a time fails where the score is steep and sigma large", () => {
  expect(leaves(motion("backward", 4, { substeps: 1 }), 7)).toBe(true);
});

test("a seed makes the run, and other seeds make others", () => {
  const end = (seed: number): Float64Array => {
    const particles = new Particles(100, seed);
    particles.place(table, 0);
    for (let k = 0; k < 5; k++) particles.step(motion("forward", 2), k / STEPS, 1 / STEPS);
    return particles.x;
  };
  expect(end(3)).toEqual(end(3));
  expect(end(3)).not.toEqual(end(4));
});

test("substeps: as many as asked, or as keep the pull of the drift small in each", () => {
  const run = motion("backward", 4);
  const pull = (0.5 * 17 * score.stiffness(0.5) + 0.5) * g.at({ t: 0.5 }) ** 2 * 0.01;
  const parts = substepsFor(run, 0.5, -0.01);
  // The step looks at the score of both its ends, so it may take a few parts more.
  expect(parts).toBeGreaterThanOrEqual(pull / 0.06);
  expect(parts).toBeLessThan(1.2 * (pull / 0.06) + 1);
  expect(substepsFor({ ...run, substeps: 3 }, 0.5, -0.01)).toBe(3);
  // Without a score term the drift of f is left: beta/2 dt = 0.0025 at t = 0.02, 0.05 at t = 0.5.
  expect(substepsFor(motion("forward", 1), 0.02, 0.01)).toBe(1);
  const steep = { ...motion("forward", 1), f: compile("-50x", ["x", "t"]) };
  expect(substepsFor(steep, 0.02, 0.01)).toBe(9);
});

test("sigma may be infinite where a run ends", () => {
  const run = motion("backward", 1, { sigma: compile("sqrt((1-t)/t)", ["t"]) });
  const particles = new Particles(10, 1);
  particles.place(table, 0.01);
  particles.step(run, 0.01, 0.01);
  expect(particles.x.every(Number.isFinite)).toBe(true);
});

/** The score at the centers at time t. */
function scores(of: ScoreTable, t: number): Float64Array {
  const row = new Float64Array(grid.n);
  of.row(t, row);
  return row;
}

test.each([0.1, 0.4, 1])("at t = %f the score is that of the exact mixture", (t) => {
  const spread = Math.exp(-(0.1 * t + 9.95 * t * t));
  const law = target.noised(Math.sqrt(spread), Math.sqrt(1 - spread));
  const found = scores(score, t);
  grid.centers.forEach((x, i) => {
    if (law.density(x) < 1e-3) return;
    // The solve errs by some 3e-4 relative to p, over distances of a bump's width: 0.3.
    expect(Math.abs(found[i] - law.score(x))).toBeLessThan(0.02);
  });
});

test("the score of a drawn curve stays finite where p is zero", () => {
  const p0 = grid.curve([-2, -1, -0.9, 1, 1.1, 2], [0, 1, 0, 0, 1, 0]);
  const drawn = new ScoreTable(grid, STEPS).fill(new FokkerPlanck(grid, STEPS).solve(p0, f, g));
  for (const t of [0, 0.003, 0.5]) expect(scores(drawn, t).every(Number.isFinite)).toBe(true);
});

test("between rows the score is linear", () => {
  const [early, middle, late] = [0.5, 0.505, 0.51].map((t) => scores(score, t));
  middle.forEach((v, i) => expect(v).toBeCloseTo((early[i] + late[i]) / 2, 10));
});

test("a sigma that is not finite is named", () => {
  const run = motion("forward", 1, { sigma: compile("1/t", ["t"]) });
  expect(() => new Particles(10, 1).step(run, 0, 0.01)).toThrow(CoefficientError);
  expect(() => new Particles(10, 1).step(run, 0, 0.01)).toThrow("σ is infinite at t = 0");
});

test("the ziggurat's normals: moments, tail and the share of every eighth of the law", () => {
  const n = 1_000_000;
  const z = new Float64Array(n);
  new Normals(11).fill(z);
  // The k-th moment of n draws has the variance (m_2k - m_k^2) / n, with m_2k = 1, 3, 15, 105, ...
  const moments: [number, number, number][] = [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96], [6, 15, 10170]];
  for (const [k, mean, variance] of moments) {
    const found = z.reduce((sum, v) => sum + v ** k, 0) / n;
    expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(variance / n));
  }
  // Quantiles of the eighths, and of the part beyond the base layer, P(|z| > 3.442619855899).
  const cuts = [-1.1503493803760079, -0.6744897501960817, -0.31863936396437514, 0];
  const shares: [number, number][] = cuts.map((c, i) => [z.filter((v) => v < c).length / n, (i + 1) / 8]);
  shares.push([z.filter((v) => Math.abs(v) > 3.442619855899).length / n, 5.761085e-4]);
  for (const [found, p] of shares) expect(Math.abs(found - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
});
