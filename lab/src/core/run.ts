/** Euler-Maruyama on the uniform grid of `steps` steps, every state kept.
 *  A run is a function of its settings and its seed: states are computed when first asked for,
 *  so scrubbing back is a look-up and a moved slider replays the same random numbers. */
import { type Dynamics, scoreWeight } from "./dynamics";
import type { Mixture } from "./mixture";
import { Rng } from "./rng";

export class Run {
  private readonly states: Float32Array[] = [];
  private readonly x: Float64Array;
  private readonly rng: Rng;

  constructor(
    private readonly target: Mixture,
    readonly dynamics: Dynamics,
    readonly steps: number,
    readonly particles: number,
    seed: number,
  ) {
    this.rng = new Rng(seed);
    const start = this.law(this.time(0));
    this.x = Float64Array.from({ length: particles }, () => start.sample(this.rng));
    this.states.push(Float32Array.from(this.x));
  }

  /** Time after k steps: up from 0 when forward, down from 1 when backward. */
  time(k: number): number {
    return this.dynamics.direction === "forward" ? k / this.steps : 1 - k / this.steps;
  }

  /** The number of steps that leads nearest to time t. */
  stepAt(t: number): number {
    const done = this.dynamics.direction === "forward" ? t : 1 - t;
    return Math.round(Math.min(1, Math.max(0, done)) * this.steps);
  }

  /** The exact p(., t). */
  law(t: number): Mixture {
    return this.target.noised(this.dynamics.path.alpha(t), this.dynamics.path.std(t));
  }

  /** The particles after k steps. */
  state(k: number): Float32Array {
    while (this.states.length <= k) this.advance(this.states.length - 1);
    return this.states[k];
  }

  private advance(k: number): void {
    const { x, rng, dynamics } = this;
    const t = this.time(k);
    const law = this.law(t);
    const dt = this.time(k + 1) - t;
    const linear = 1 - 0.5 * dynamics.path.beta(t) * dt;
    const pull = scoreWeight(dynamics, t) * dt;
    const noise = dynamics.sigma(t) * Math.sqrt(Math.abs(dt));
    for (let i = 0; i < x.length; i++) {
      let next = linear * x[i];
      if (pull !== 0) next -= pull * law.score(x[i]);
      if (noise !== 0) next += noise * rng.normal();
      x[i] = next;
    }
    this.states.push(Float32Array.from(x));
  }
}
