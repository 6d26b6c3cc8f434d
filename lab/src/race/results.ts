/** What has been measured so far, and what is said about it. */
import { CELLS, type Finding, type Floor } from "./bench";
import { NAMES, SAMPLERS, type SamplerName } from "./samplers";

/** Two digits, without an exponent where there is room. */
export const shown = (value: number): string => `${Number(value.toPrecision(2))}`;

export class Results {
  floor: Floor | undefined;
  measured = 0;
  readonly #errors = new Map<string, number>();

  add(finding: Finding): void {
    if ("floor" in finding) this.floor = finding.floor;
    else {
      this.#errors.set(`${finding.name} ${finding.budget}`, finding.error);
      this.measured++;
    }
  }

  get done(): boolean {
    return this.measured === CELLS;
  }

  error(name: SamplerName, budget: number): number | undefined {
    return this.#errors.get(`${name} ${budget}`);
  }

  /** No farther apart than 19 in 20 pairs of exact samples are. */
  atFloor(error: number): boolean {
    return this.floor !== undefined && error <= this.floor.high;
  }

  words(name: SamplerName, budget: number): string {
    const error = this.error(name, budget);
    if (error === undefined || !this.floor) return "error …";
    return `error ${shown(error)}, ${this.atFloor(error) ? "at the floor" : `${shown(error / this.floor.mean)} × floor`}`;
  }

  floorWords(): string {
    if (!this.floor) return "";
    const { mean, low, high } = this.floor;
    return `Noise floor, exact draws against exact draws: ${shown(mean)}, 90 % within ${shown(low)} to ${shown(high)}`;
  }

  /** The ranking at one budget, once all eight are measured there. */
  verdict(budget: number): string {
    const ranked = NAMES.map((name) => ({ name: SAMPLERS[name].name, error: this.error(name, budget) ?? NaN }));
    if (ranked.some(({ error }) => Number.isNaN(error)) || !this.floor) return "";
    ranked.sort((a, b) => a.error - b.error);
    const equal = ranked.filter(({ error }) => this.atFloor(error));
    if (equal.length === NAMES.length) return `With ${budget} evaluations all eight are at the noise floor.`;
    if (equal.length)
      return `With ${budget} evaluations at the noise floor: ${equal.map(({ name }) => name).join("; ")}.`;
    return `With ${budget} evaluations nobody is at the noise floor; ${ranked[0].name} comes nearest.`;
  }
}
