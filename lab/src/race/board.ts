/** The controls, the report and the announcement. Values live in the model: a control writes there,
 *  and `show` reads back. */
import type { Model } from "../anywidget";
import { button, type Control, element, type Slider, select, slider } from "../view/controls";
import { CELLS } from "./bench";
import type { Results } from "./results";
import { BUDGETS } from "./run";

const GRIDS = { time: "t", log_snr: "log-SNR", arctan: "arctan" };
const QUIET_MS = 800;

export interface Moves {
  toggle(): void;
  seek(evaluations: number): void;
  release(): void;
}

export class Board {
  readonly play: HTMLButtonElement;
  readonly clock = element("div", "dl-time");
  readonly controls = element("div", "dl-controls");
  readonly report = element("p", "dl-report");
  readonly announcement = element("p", "dl-quiet");
  readonly #spent: Slider;
  readonly #budget: Slider;
  readonly #target: Control<string>;
  readonly #grid: Control<string>;
  readonly #progress = document.createElement("progress");
  readonly #model: Model;
  #targets = "";
  #pending = 0;

  constructor(model: Model, moves: Moves) {
    this.#model = model;
    this.announcement.setAttribute("role", "status");
    this.#progress.max = CELLS;
    this.#progress.setAttribute("aria-label", "runs measured");
    this.play = button("Play", "dl-play", moves.toggle);
    this.#spent = slider("evaluations spent", [0, 1, 1], (e) => `${e} of ${model.get("budget")}`, moves.seek);
    this.#spent.input.addEventListener("change", moves.release);
    this.clock.append(this.play, this.#spent.row);
    this.#budget = slider("budget", [0, BUDGETS.length - 1, 1], (i) => `${BUDGETS[i]}`, (i) =>
      this.write("budget", BUDGETS[i]),
    );
    this.#target = select("density", {}, (name) => this.write("target", name));
    this.#grid = select("steps even in", GRIDS, (name) => this.write("grid", name));
    const renew = button("New seed", "", () => this.write("seed", (Number(model.get("seed")) + 1) % 2 ** 32));
    this.controls.append(this.#budget.row, this.#target.row, this.#grid.row, renew);
  }

  write(name: string, value: unknown): void {
    this.#model.set(name, value);
    this.#model.save_changes();
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
    this.#spent.input.max = `${get("budget")}`;
  }

  showSpent(evaluations: number): void {
    this.#spent.show(Math.floor(evaluations + 1e-9));
  }

  showPlaying(playing: boolean): void {
    this.play.textContent = playing ? "Pause" : "Play";
  }

  showResults(results: Results, budget: number): void {
    this.report.removeAttribute("data-wrong");
    const verdict = results.verdict(budget);
    const floor = results.floorWords();
    this.#progress.value = results.measured;
    this.report.replaceChildren(...[verdict && element("strong", "", verdict), element("span", "", floor)].filter(Boolean));
    if (!results.done) this.report.append(`measured ${results.measured} of ${CELLS}`, this.#progress);
    clearTimeout(this.#pending);
    if (results.done)
      this.#pending = window.setTimeout(() => {
        this.announcement.textContent = `${verdict} ${floor}`;
      }, QUIET_MS);
  }

  showProblem(message: string): void {
    this.report.replaceChildren(element("strong", "", `This figure cannot be drawn: ${message}`));
    this.report.setAttribute("data-wrong", "");
  }

  destroy(): void {
    clearTimeout(this.#pending);
  }
}
