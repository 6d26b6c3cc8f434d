/** The error of every sampler at every budget, worked out beside the page. */
import { energyDistance, type Shadows, shadows } from "./distance";
import { type MixtureSettings, PlaneMixture } from "./mixture";
import type { Grid } from "./path";
import { BUDGETS, run, stream } from "./run";
import { NAMES, type SamplerName } from "./samplers";

export interface Request {
  mixture: MixtureSettings;
  grid: Grid;
  seed: number;
  particles: number;
  /** The budget to measure before all others. */
  first: number;
}

/** What exact draws show against exact draws: between low and high for 90 % of the pairs. */
export interface Floor {
  mean: number;
  low: number;
  high: number;
}

export type Finding = { floor: Floor } | { name: SamplerName; budget: number; error: number };

export const CELLS = NAMES.length * BUDGETS.length;
const EXACT = 1000;
const SAMPLES = 24;

function floorOf(exact: Shadows[]): Floor {
  const found = Float64Array.from(exact.flatMap((a, i) => exact.slice(i + 1).map((b) => energyDistance(a, b)))).sort();
  const tail = Math.round(0.05 * found.length);
  return { mean: found.reduce((a, b) => a + b) / found.length, low: found[tail], high: found[found.length - 1 - tail] };
}

/** Findings; undefined where a slice of work may end. */
export function* measure({ mixture, first, ...settings }: Request): Generator<Finding | undefined> {
  const start = { ...settings, target: new PlaneMixture(mixture) };
  const exact: Shadows[] = [];
  while (exact.length < SAMPLES) {
    exact.push(shadows(start.target.sample(start.particles, stream(start.seed, EXACT + exact.length))));
    yield;
  }
  yield { floor: floorOf(exact) };
  for (const budget of new Set([first, ...BUDGETS]))
    for (const name of NAMES) {
      const { x, evaluations } = run(name, budget, start);
      for (const _ of evaluations) yield;
      yield { name, budget, error: energyDistance(shadows(x), exact[0]) };
    }
}

/** What the figure's own script does when it is loaded as a worker. */
export function serve(): void {
  self.onmessage = ({ data }: MessageEvent<Request>) => {
    for (const finding of measure(data)) if (finding) self.postMessage(finding);
    // Nothing more comes: the page may end this worker.
    self.postMessage(undefined);
  };
}

const SLICE_MS = 8;

export class Bench {
  #worker: Worker | undefined;
  #timer = 0;

  /** source: the figure's module. Without its last line, the export, it is a classic script, which a
   *  worker can load from a blob: URL even in a page that was opened from a folder. */
  constructor(
    private readonly source: string,
    private readonly onFinding: (finding: Finding) => void,
  ) {}

  start(request: Request): void {
    this.stop();
    const here = (): void => {
      this.stop();
      this.#slice(measure(request));
    };
    try {
      const script = this.source.replace(/export\s*{[^}]*};?\s*$/, "");
      const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
      const worker = new Worker(url);
      this.#worker = worker;
      worker.onerror = here;
      worker.onmessage = ({ data }: MessageEvent<Finding | undefined>) => {
        URL.revokeObjectURL(url);
        if (data) this.onFinding(data);
        else this.stop();
      };
      worker.postMessage(request);
    } catch {
      // A page may forbid workers: then the work is done here, between frames.
      here();
    }
  }

  #slice(work: Generator<Finding | undefined>): void {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      const { value, done } = work.next();
      if (value) this.onFinding(value);
      if (done) return;
    }
    this.#timer = window.setTimeout(() => this.#slice(work));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
  }
}
