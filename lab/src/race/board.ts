/** The controls, the report and the announcement. Values live in the model: a control writes there,
 *  and `show` reads back. */
import type { Model } from "../anywidget";
import { Clock, type Moves } from "../view/clock";
import { type Control, element, type Slider, select, slider } from "../view/controls";
import { Reporter } from "../view/report";
import { seedButton, write } from "../view/traits";
import { CELLS } from "./bench";
import type { Results } from "./results";
import { BUDGETS } from "./run";

const GRIDS = { time: "t", log_snr: "log-SNR", arctan: "arctan" };

export class Board {
  readonly clock: Clock;
  readonly controls = element("div", "dl-controls");
  readonly reporter = new Reporter();
  readonly #budget: Slider;
  readonly #target: Control<string>;
  readonly #grid: Control<string>;
  readonly #progress = document.createElement("progress");
  readonly #model: Model;
  #targets = "";

  constructor(model: Model, moves: Moves) {
    this.#model = model;
    this.#progress.max = CELLS;
    this.#progress.setAttribute("aria-label", "runs measured");
    this.clock = new Clock(moves, "evaluations spent");
    this.#budget = slider("budget", [0, BUDGETS.length - 1, 1], (i) => `${BUDGETS[i]}`, (i) =>
      write(model, { budget: BUDGETS[i] }),
    );
    this.#target = select("density", {}, (target) => write(model, { target }));
    this.#grid = select("steps even in", GRIDS, (grid) => write(model, { grid }));
    this.controls.append(this.#budget.row, this.#target.row, this.#grid.row, seedButton(model));
  }

  /** Controls follow the model. */
  show(): void {
    const get = (name: string): unknown => this.#model.get(name);
    const names = Object.keys(get("targets") as object);
    if (this.#targets !== names.join()) {
      this.#targets = names.join();
      this.#target.row.querySelector("select")!.replaceChildren(...names.map((name) => new Option(name)));
    }
    this.#target.show(get("target") as string);
    this.#grid.show(get("grid") as string);
    this.#budget.show(BUDGETS.findIndex((b) => b === get("budget")));
    this.clock.range(get("budget"));
  }

  showSpent(evaluations: number): void {
    const spent = Math.floor(evaluations + 1e-9);
    this.clock.show(spent, `${spent} of ${this.#model.get("budget")}`);
  }

  showResults(results: Results, budget: number): void {
    const { done, measured } = results;
    this.reporter.show({ numbers: results.floorWords(), verdict: results.verdict(budget), wrong: false }, !done);
    this.#progress.value = measured;
    if (!done) this.reporter.line.append(`measured ${measured} of ${CELLS}`, this.#progress);
  }
}
