/** Eight samplers. Each is told only E[x_0 | x_t], and pays one evaluation whenever it asks.
 *  A step takes x from time t to s < t, in place. */
import { diffusion, type Path, straight } from "./path";

/** What a step may use: the path, the denoiser (counted) and fresh standard normal noise. */
export interface Course {
  path: Path;
  denoise(x: Float64Array, t: number): Float64Array;
  noise(): Float64Array;
}

export type Step = (x: Float64Array, t: number, s: number) => void;

export interface Sampler {
  name: string;
  path: Path;
  /** Evaluations a step. */
  cost: 1 | 2;
  /** Draws fresh noise on the way. */
  noisy: boolean;
  start(course: Course): Step;
}

/** x <- a x + b d, entry by entry, and + c z where there is noise. */
function mix(x: Float64Array, a: number, b: number, d: Float64Array, c = 0, z?: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] = a * x[i] + b * d[i];
  if (z) for (let i = 0; i < x.length; i++) x[i] += c * z[i];
}

/** Euler's method for dx/dt = u(x, t). */
const euler = ({ path, denoise }: Course): Step => (x, t, s) => {
  const [a, b] = path.flow(t);
  mix(x, 1 + (s - t) * a, (s - t) * b, denoise(x, t));
};

/** dx = [u - g^2/2 score] dt + g dW, the member sigma = g, run backward. */
const eulerMaruyama = ({ path, denoise, noise }: Course): Step => (x, t, s) => {
  const [a, b] = path.flow(t);
  const g2 = path.diffusion(t);
  const score = (0.5 * g2) / path.std(t) ** 2;
  const h = s - t;
  mix(x, 1 + h * (a + score), h * (b - score * path.alpha(t)), denoise(x, t), Math.sqrt(-h * g2), noise());
};

/** x_s = alpha_s x0 + sqrt(std_s^2 - n^2) eps + n z,  n^2 = eta^2 std_s^2 (1 - SNR_t / SNR_s). */
const ddim = (eta: 0 | 1) => ({ path, denoise, noise }: Course): Step => (x, t, s) => {
  const [alpha, std] = [path.alpha(t), path.std(t)];
  const ratio = ((alpha / path.alpha(s)) * (path.std(s) / std)) ** 2;
  const fresh = eta * path.std(s) * Math.sqrt(1 - ratio);
  const eps = Math.sqrt(path.std(s) ** 2 - fresh ** 2) / std;
  mix(x, eps, path.alpha(s) - eps * alpha, denoise(x, t), fresh, eta ? noise() : undefined);
};

/** The velocity averaged over both ends of an Euler step. */
const heun = ({ path, denoise }: Course): Step => (x, t, s) => {
  const h = s - t;
  const [a, b] = path.flow(t);
  const [c, d] = path.flow(s);
  const first = denoise(x, t).slice();
  const guess = x.slice();
  mix(guess, 1 + h * a, h * b, first);
  const second = denoise(guess, s);
  for (let i = 0; i < x.length; i++)
    x[i] += 0.5 * h * (a * x[i] + b * first[i] + c * guess[i] + d * second[i]);
};

/** Linear extrapolation of x0 in lambda = log(alpha/std); the first step has no past and is DDIM's. */
const dpmSolver = ({ path, denoise }: Course): Step => {
  const lambda = (t: number): number => Math.log(path.alpha(t) / path.std(t));
  let before: Float64Array | undefined;
  let previous = 0;
  return (x, t, s) => {
    const h = lambda(s) - lambda(t);
    const x0 = denoise(x, t).slice();
    const lean = before ? h / (2 * previous) : 0;
    const past = before ?? x0;
    const keep = path.std(s) / path.std(t);
    const gain = -path.alpha(s) * Math.expm1(-h);
    for (let i = 0; i < x.length; i++) x[i] = keep * x[i] + gain * (x0[i] + lean * (x0[i] - past[i]));
    [before, previous] = [x0, h];
  };
};

/** Song et al.'s signal-to-noise ratio r: a Langevin step of size 2 r^2 std^2. */
const SNR = 0.16;

/** An ancestral step, then one Langevin step at the new time. */
const predictorCorrector = (course: Course): Step => {
  const predict = ddim(1)(course);
  return (x, t, s) => {
    predict(x, t, s);
    const size = 2 * SNR ** 2;
    const alpha = course.path.alpha(s);
    const noise = Math.sqrt(2 * size) * course.path.std(s);
    mix(x, 1 - size, size * alpha, course.denoise(x, s), noise, course.noise());
  };
};

export const SAMPLERS = {
  euler: { name: "Euler, probability flow", path: diffusion, cost: 1, noisy: false, start: euler },
  euler_maruyama: { name: "Euler–Maruyama", path: diffusion, cost: 1, noisy: true, start: eulerMaruyama },
  ddpm: { name: "DDPM, ancestral", path: diffusion, cost: 1, noisy: true, start: ddim(1) },
  ddim: { name: "DDIM", path: diffusion, cost: 1, noisy: false, start: ddim(0) },
  heun: { name: "Heun", path: diffusion, cost: 2, noisy: false, start: heun },
  dpm_solver: { name: "DPM-Solver++ 2M", path: diffusion, cost: 1, noisy: false, start: dpmSolver },
  predictor_corrector: { name: "Predictor–corrector", path: diffusion, cost: 2, noisy: true, start: predictorCorrector },
  flow_matching: { name: "Flow matching, Euler", path: straight, cost: 1, noisy: false, start: euler },
} satisfies Record<string, Sampler>;

export type SamplerName = keyof typeof SAMPLERS;
export const NAMES = Object.keys(SAMPLERS) as SamplerName[];
