// Script times of the core, in ms: `node bench.mjs` prints a table, `--json` one object. Time of the
// processor where Node tells it: how long a busy machine makes a script wait says nothing about it.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ENTRY = `
  export { compile } from "./src/core/expr";
  export { FokkerPlanck } from "./src/core/fokker_planck";
  export { Grid } from "./src/core/grid";
  export { Particles } from "./src/core/particles";
  export { ScoreTable } from "./src/core/score_table";
  export { Bumps } from "./src/plane/bumps";
  export { PATHS } from "./src/plane/path";
  export { Run } from "./src/plane/run";
  export { Crowd } from "./src/sigma/crowd";
  export { Solver } from "./src/sigma/law";
  export { settingsOf } from "./src/sigma/settings";
  export { SHAPES } from "./src/plane/shapes";
`;
const resolveDir = dirname(fileURLToPath(import.meta.url));
const built = await build({ stdin: { contents: ENTRY, resolveDir, loader: "ts" }, bundle: true, format: "esm", write: false });
const core = await import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString("base64")}`);

const clock = process.threadCpuUsage
  ? () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000; }
  : () => performance.now();
// The clock ticks coarsely: batches of at least so many ms, of which the least counts.
const BATCH_MS = 50;
const BATCHES = 5;

const least = (run) => {
  let best = Infinity;
  for (let batch = 0, done = 0; batch < BATCHES; batch++) {
    const start = clock();
    let [runs, spent] = [0, 0];
    while (spent < BATCH_MS) {
      run(done++);
      runs++;
      spent = clock() - start;
    }
    best = Math.min(best, spent / runs);
  }
  return best;
};

const grid = new core.Grid(-6, 6, 800);
const p0 = grid.normalise(grid.average((x) => Math.exp(-8 * (x + 1.5) ** 2) + Math.exp(-4 * (x - 2) ** 2)));
const solver = new core.FokkerPlanck(grid, 100);
const score = new core.ScoreTable(grid, 100);
const drift = (source) => core.compile(source, ["x", "t"]);
const noise = (source) => core.compile(source, ["t"]);
const EQUATIONS = {
  "variance preserving": ["-0.5(0.1+19.9t)x", "sqrt(0.1+19.9t)"],
  "Ornstein-Uhlenbeck": ["-x", "1"],
  "double well, driven": ["4x-4x^3+sin(3t)", "1"],
};
const times = {};
for (const [name, [f, g]] of Object.entries(EQUATIONS)) {
  const [drifts, noises] = [drift(f), noise(g)];
  times[`table 800 x 100, ${name}`] = least(() => solver.solve(p0, drifts, noises));
}
const [f, g] = EQUATIONS["variance preserving"];
const motion = { f: drift(f), g: noise(g), sigma: noise("2"), direction: "backward", correction: true, substeps: 1, score };
motion.table = solver.solve(p0, motion.f, motion.g);
times["score table 800 x 100"] = least(() => score.fill(motion.table));
for (const count of [20_000, 50_000]) {
  const particles = new core.Particles(count, 1);
  particles.place(motion.table, 1);
  times[`step of ${count / 1000} 000 particles`] = least((k) => particles.step(motion, 1 - (k % 100) / 100, 0.01));
}
// What a reader waits for in the sigma laboratory: at the end of a run that is new altogether.
const defaults = JSON.parse(readFileSync(new URL("test/defaults.json", import.meta.url))).sigma;
const solving = new core.Solver();
const crowd = new core.Crowd();
for (const [name, sigma] of [["g", "g"], ["4 g", "4*g"]]) {
  const state = { ...defaults, direction: "backward", sigma };
  const settings = core.settingsOf({ get: (trait) => state[trait] });
  const { steps, particles, seed } = settings;
  times[`keystroke, density and first particles, sigma = ${name}`] = least(() => {
    const { table, score, reach } = solving.solve(settings, settings.f, settings.g);
    crowd.restart({ ...settings, g: settings.noise, table, score }, reach, steps, particles, seed);
    while (!crowd.shown(steps)) crowd.work(steps, performance.now() + 0.01);
  });
}
const bumps = new core.Bumps(core.SHAPES.ring().means, 0.12);
const tables = new Map();
for (const noise of [1, 3]) {
  const plane = { bumps, path: core.PATHS.vp, direction: "backward", noise, swirl: 0 };
  const begun = () => new core.Run(plane, 160, 2500, 1, 2.6, tables);
  times[`plane, first particles after sigma moved to ${noise} g`] = least(() => {
    for (const run = begun(); !run.shown(160); ) run.advance(160, performance.now() + 0.01);
  });
  times[`plane, all particles after sigma moved to ${noise} g`] = least(() => begun().advance(160));
}
times["compile a formula of 22 characters"] = least(() => drift("-4x(x^2-1)+0.5sin(3t)"));

if (process.argv.includes("--json")) console.log(JSON.stringify(times));
else for (const [name, ms] of Object.entries(times)) console.log(`${name.padEnd(52)} ${ms.toFixed(3).padStart(8)} ms`);
