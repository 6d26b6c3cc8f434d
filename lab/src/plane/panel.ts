/** The controls and the words of the plane. */
import type { Model } from "../anywidget";
import { Clock, type Moves } from "../view/clock";
import { button, type Control, checkbox, element, select, slider } from "../view/controls";
import { Reporter } from "../view/report";
import { seedButton, write } from "../view/traits";

const CHOICES = {
  data: {
    ring: "ring of eight",
    moons: "two moons",
    rings: "two rings",
    checkerboard: "checkerboard",
    own: "drawn points",
  },
  path: { vp: "VP", ve: "VE", flow: "flow matching" },
  direction: { forward: "forward", backward: "backward" },
  arrows: { none: "none", score: "score ∇log p", velocity: "velocity u + w" },
};
const HOW_TO_DRAW =
  "Draw with mouse or finger, or move the cross with the arrow keys and press Enter; Backspace takes a point away.";

export interface Actions extends Moves {
  draw(on: boolean): void;
  startOver(): void;
}

export class Panel {
  readonly reporter = new Reporter();
  readonly clock: Clock;
  readonly #equation = element("p", "dl-equation");
  readonly #likelihood = element("p", "");
  readonly #drawing = element("div", "dl-points");
  readonly #draw: Control<boolean>;
  readonly #bound: Record<string, Control<never>> = {};
  readonly #model: Model;

  constructor(model: Model, actions: Actions) {
    this.#model = model;
    const bind = <T>(name: string, make: (write: (value: T) => void) => Control<T>): void => {
      this.#bound[name] = make((value) => write(model, { [name]: value }));
    };
    this.clock = new Clock(actions);
    const fixed = (digits: number) => (v: number): string => v.toFixed(digits);
    bind<string>("data", (w) => select("density", CHOICES.data, w));
    bind<string>("path", (w) => select("path", CHOICES.path, w));
    bind<string>("direction", (w) => select("direction", CHOICES.direction, w));
    bind<string>("arrows", (w) => select("arrows", CHOICES.arrows, w));
    bind<number>("sigma_scale", (w) => slider("noise c, σ = c g", [0, 3, 0.05], fixed(2), w));
    bind<number>("swirl", (w) => slider("swirl rate", [-20, 20, 0.5], fixed(1), w));
    bind<number>("std", (w) => slider("width of a bump", [0.08, 0.4, 0.01], fixed(2), w));
    bind<boolean>("path_lines", (w) => checkbox("path lines", w));
    this.#draw = checkbox("draw points", actions.draw);
    this.#drawing.append(element("span", "", HOW_TO_DRAW), button("Start over", "", actions.startOver));
  }

  mount(el: HTMLElement, canvas: HTMLCanvasElement, link: HTMLElement): void {
    const [board, view, side, grid, buttons] = ["board", "view", "side", "controls", "buttons"].map(
      (name) => element("div", `dl-${name}`),
    );
    grid.append(...Object.values(this.#bound).map((control) => control.row), this.#draw.row);
    buttons.append(seedButton(this.#model), link);
    view.append(canvas, this.reporter.line, this.#likelihood);
    side.append(this.clock.row, grid, this.#drawing, buttons);
    board.append(view, side);
    el.append(this.#equation, board, this.reporter.announcement);
  }

  /** Controls follow the model. */
  show(equation: string, steps: number): void {
    for (const [name, control] of Object.entries(this.#bound)) control.show(this.#model.get(name) as never);
    this.clock.range(steps);
    this.#equation.textContent = equation;
  }

  showDrawing(drawing: boolean): void {
    this.#draw.show(drawing);
    this.#drawing.hidden = !drawing;
  }

  showLikelihood(words: string): void {
    this.#likelihood.textContent = words;
  }
}
