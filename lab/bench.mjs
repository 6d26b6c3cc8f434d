// Least script times of the core, in ms: `node bench.mjs` prints a table, `--json` one object.
// The least is what an idle machine would need; a loaded one only adds to it.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ENTRY = `
  export { compile } from "./src/core/expr";
  export { FokkerPlanck } from "./src/core/fokker_planck";
  export { Grid } from "./src/core/grid";
  export { Particles } from "./src/core/particles";
  export { ScoreTable } from "./src/core/score_table";
`;
const resolveDir = dirname(fileURLToPath(import.meta.url));
const built = await build({ stdin: { contents: ENTRY, resolveDir, loader: "ts" }, bundle: true, format: "esm", write: false });
const core = await import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString("base64")}`);

const least = (runs, run) => {
  let best = Infinity;
  for (let k = 0; k < runs; k++) {
    const start = performance.now();
    run(k);
    best = Math.min(best, performance.now() - start);
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
  times[`table 800 x 100, ${name}`] = least(200, () => solver.solve(p0, drifts, noises));
}
const [f, g] = EQUATIONS["variance preserving"];
const motion = { f: drift(f), g: noise(g), sigma: noise("2"), direction: "backward", correction: true, substeps: 1, score };
motion.table = solver.solve(p0, motion.f, motion.g);
times["score table 800 x 100"] = least(60, () => score.fill(motion.table));
for (const count of [20_000, 50_000]) {
  const particles = new core.Particles(count, 1);
  particles.place(motion.table, 1);
  times[`step of ${count / 1000} 000 particles`] = least(200, (k) => particles.step(motion, 1 - (k % 100) / 100, 0.01));
}
times["compile a formula of 22 characters"] = least(2000, () => drift("-4x(x^2-1)+0.5sin(3t)"));

if (process.argv.includes("--json")) console.log(JSON.stringify(times));
else for (const [name, ms] of Object.entries(times)) console.log(`${name.padEnd(42)} ${ms.toFixed(3).padStart(8)} ms`);
