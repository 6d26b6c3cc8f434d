import { expect, test } from "vitest";
import { distance } from "../src/core/histogram";
import { Rng } from "../src/core/rng";
import { Bumps } from "../src/plane/bumps";
import { fractions, noiseFloor, probabilities } from "../src/plane/cells";
import { Lattice } from "../src/plane/lattice";
import { type Direction, heunStep, type Motion } from "../src/plane/motion";
import { momentOf, PATHS, type PathName } from "../src/plane/path";
import { Run } from "../src/plane/run";
import { SHAPES } from "../src/plane/shapes";

const STEPS = 160;
const PARTICLES = 2500;
const REACH = 2.6;
const ring = new Bumps(SHAPES.ring().means, 0.15);
const board = new Bumps(SHAPES.checkerboard().means, 0.12);

/** Standard deviations of sampling noise between particles and p. */
function excess(bumps: Bumps, points: ArrayLike<number>, path: PathName, t: number, reach: number): number {
  const exact = probabilities(bumps, momentOf(PATHS[path], t, bumps.std), reach);
  const floor = noiseFloor(exact, points.length / 2);
  return (distance(fractions(points, reach), exact) - floor.mean) / floor.std;
}

function worstExcess(motion: Motion, path: PathName, tables = new Map<number, Lattice>()): number {
  const reach = path === "ve" ? 4.9 : REACH;
  const run = new Run(motion, STEPS, PARTICLES, 11, reach, tables);
  run.advance(STEPS);
  const looks = [0.25, 0.5, 0.75, 1].map((part) => Math.round(part * STEPS));
  return Math.max(...looks.map((k) => excess(motion.bumps, run.state(k), path, run.time(k), reach)));
}

const DIRECTIONS: Direction[] = ["forward", "backward"];
const MOTIONS: [number, number][] = [[0, 0], [1, 0], [2, 0], [0, 8], [1, -8]];
const CASES = DIRECTIONS.flatMap((d) => MOTIONS.map(([c, k]) => [d, c, k] as const));
const RINGS = CASES.flatMap((c) => (["vp", "ve", "flow"] as const).map((path) => [path, ...c] as const));
/** The machine may be busy: the longest of these takes half a second of one core. */
const PATIENCE = 30_000;

// Bound: five standard deviations above the mean of pure noise, with 160 looks in all. Cells that
// share their particles make the spread a little larger than that of independent ones: up to 1.2.
test.each(RINGS)(
  "%s %s, sigma = %d g, swirl %d: the particles keep p",
  (path, direction, noise, swirl) =>
    expect(worstExcess({ bumps: ring, path: PATHS[path], direction, noise, swirl }, path)).toBeLessThan(5),
  PATIENCE,
);

const tables = new Map<number, Lattice>();
test.each(CASES)(
  "128 bumps by a table, %s, sigma = %d g, swirl %d: the particles keep p",
  (direction, noise, swirl) =>
    expect(worstExcess({ bumps: board, path: PATHS.vp, direction, noise, swirl }, "vp", tables)).toBeLessThan(5),
  PATIENCE,
);

test("a swirl moves every particle elsewhere", () => {
  const ends = [0, 8].map((swirl) => {
    const run = new Run({ bumps: ring, path: PATHS.vp, direction: "backward", noise: 0, swirl }, STEPS, 500, 1, REACH, new Map());
    run.advance(STEPS);
    return run.state(STEPS);
  });
  const far = ends[0].filter((x, i) => i % 2 === 0 && Math.hypot(x - ends[1][i], ends[0][i + 1] - ends[1][i + 1]) > 0.15);
  // From one width of a bump on; most go to another bump.
  expect(far.length).toBeGreaterThan(0.8 * 500);
});

test.each([0, 20])("with the score of another time, swirl %d, the particles lose p", (swirl) => {
  const motion: Motion = { bumps: ring, path: PATHS.vp, direction: "backward", noise: 1, swirl };
  const run = new Run(motion, STEPS, PARTICLES, 11, REACH, new Map());
  const points = Float64Array.from(run.state(0));
  const rng = new Rng(4);
  const late = (t: number) => (x: number, y: number) => ring.look(x, y, run.moment(Math.min(1, 1.5 * t + 0.02)));
  for (let k = 0; k < STEPS; k++) heunStep(motion, points, run.time(k), run.time(k + 1), late, () => rng.normal());
  expect(excess(ring, points, "vp", 0, REACH)).toBeGreaterThan(10);
});

test("a table gives the posterior mean of the sum, where there is mass", () => {
  const moment = momentOf(PATHS.vp, 0.05, board.std);
  const table = new Lattice(board, moment, REACH);
  const found = { logp: 0, x: 0, y: 0, spread: 0 };
  const rng = new Rng(2);
  const points = board.sample(500, moment, rng);
  let square = 0;
  for (let i = 0; i < points.length; i += 2) {
    const exact = { ...board.look(points[i], points[i + 1], moment) };
    if (!table.mean(points[i], points[i + 1], found)) continue;
    square += (found.x - exact.x) ** 2 + (found.y - exact.y) ** 2;
  }
  // Bilinear: h^2/8 times the second derivative of M, here about 1/sqrt(v), twice for two axes.
  const h = (2 * REACH) / Lattice.nodes;
  expect(Math.sqrt(square / 500)).toBeLessThan((2 * h ** 2) / 8 / Math.sqrt(moment.v));
  expect(table.mean(3, 0, found)).toBe(false);
});

test("a run is a function of its settings and its seed, and states do not change once computed", () => {
  const motion: Motion = { bumps: ring, path: PATHS.flow, direction: "forward", noise: 1, swirl: 2 };
  const [a, b] = [1, 2].map(() => new Run(motion, 50, 20, 9, REACH, new Map()));
  a.advance(10);
  const early = Float32Array.from(a.state(10));
  a.advance(50);
  b.advance(50);
  expect(a.state(10)).toEqual(early);
  expect(b.state(50)).toEqual(a.state(50));
  const other = new Run(motion, 50, 20, 10, REACH, new Map());
  other.advance(10);
  expect(other.state(10)).not.toEqual(early);
});

test("the first particles come first, the others join, and it is the same run however it is cut", () => {
  const motion: Motion = { bumps: ring, path: PATHS.vp, direction: "backward", noise: 1, swirl: 0 };
  const [whole, cut] = [1, 2].map(() => new Run(motion, 20, 1200, 5, REACH, new Map()));
  whole.advance(20);
  const seen = [cut.shown(20)];
  let first: Float32Array | undefined;
  while (!cut.advance(20, performance.now() + 0.01)) {
    if (cut.shown(20) === seen.at(-1)) continue;
    seen.push(cut.shown(20));
    first ??= Float32Array.from(cut.state(20));
  }
  expect([...seen, cut.shown(20)]).toEqual([0, 250, 1000, 1200]);
  expect(first).toEqual(whole.state(20).slice(0, 500));
  expect(cut.state(20)).toEqual(whole.state(20));
  expect(cut.state(21).length).toBe(0);
});

test.each(DIRECTIONS)("%s: step and time are inverse to each other", (direction) => {
  for (const path of Object.values(PATHS)) {
    const run = new Run({ bumps: ring, path, direction, noise: 0, swirl: 0 }, 150, 1, 0, REACH, new Map());
    for (let k = 0; k <= 150; k++) expect(run.stepAt(run.time(k))).toBe(k);
  }
});
