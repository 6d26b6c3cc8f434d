/** The states of one run, step by step, for the moving picture. */
import { run, type Start } from "./run";
import type { SamplerName } from "./samplers";

export class Replay {
  readonly states: Float32Array[];
  /** Evaluations spent when each state was reached. */
  readonly spent = [0];

  constructor(name: SamplerName, budget: number, start: Start) {
    const { x, evaluations } = run(name, budget, start);
    this.states = [Float32Array.from(x)];
    for (const spent of evaluations) {
      this.states.push(Float32Array.from(x));
      this.spent.push(spent);
    }
  }

  /** The last state reached with this many evaluations, and the share of the next step drawn so far. */
  at(evaluations: number): [number, number] {
    const { spent } = this;
    let k = spent.length - 2;
    while (k > 0 && spent[k] > evaluations) k--;
    return [k, Math.min(1, (evaluations - spent[k]) / (spent[k + 1] - spent[k]))];
  }
}
