/** The controls and the words of the plane. */
import type { Model } from "../anywidget";
import { button, type Control, checkbox, element, type Slider, select, slider } from "../view/controls";
import type { Report } from "./report";

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
/** Numbers that change on every frame cannot be read. */
const READABLE_MS = 150;
const HOW_TO_DRAW =
  "Draw with mouse or finger, or move the cross with the arrow keys and press Enter; Backspace takes a point away.";

export interface Actions {
  toggle(): void;
  seek(part: number): void;
  release(): void;
  draw(on: boolean): void;
  startOver(): void;
}

export class Panel {
  readonly #equation = element("p", "dl-equation");
  readonly #report = element("p", "dl-report");
  readonly #likelihood = element("p", "");
  readonly #announcement = element("p", "dl-quiet");
  readonly #drawing = element("div", "dl-points");
  readonly #play: HTMLButtonElement;
  readonly #time: Slider;
  readonly #draw: Control<boolean>;
  readonly #bound: Record<string, Control<never>> = {};
  readonly #model: Model;
  #clock = "";
  #pending = 0;
  #reported = 0;

  constructor(model: Model, actions: Actions) {
    this.#model = model;
    const write = (name: string) => (value: unknown) => {
      model.set(name, value);
      model.save_changes();
    };
    const bind = <T>(name: string, make: (write: (value: T) => void) => Control<T>): void => {
      this.#bound[name] = make(write(name));
    };
    this.#announcement.setAttribute("role", "status");
    this.#play = button("Play", "dl-play", actions.toggle);
    const seek = (step: number): void => actions.seek(step / Number(this.#time.input.max));
    this.#time = slider("time t (0 data, 1 noise)", [0, 1, 1], () => this.#clock, seek);
    this.#time.input.addEventListener("change", actions.release);
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
    const model = this.#model;
    const renew = button("New seed", "", () => {
      model.set("seed", (Number(model.get("seed")) + 1) % 2 ** 32);
      model.save_changes();
    });
    const [board, view, side, time, grid, buttons] = ["board", "view", "side", "time", "controls", "buttons"].map(
      (name) => element("div", `dl-${name}`),
    );
    time.append(this.#play, this.#time.row);
    grid.append(...Object.values(this.#bound).map((control) => control.row), this.#draw.row);
    buttons.append(renew, link);
    view.append(canvas, this.#report, this.#likelihood);
    side.append(time, grid, this.#drawing, buttons);
    board.append(view, side);
    el.append(this.#equation, board, this.#announcement);
  }

  /** Controls follow the model. */
  show(equation: string, steps: number): void {
    for (const [name, control] of Object.entries(this.#bound)) control.show(this.#model.get(name) as never);
    this.#time.input.max = `${steps}`;
    this.#equation.textContent = equation;
  }

  showTime(t: number, part: number): void {
    this.#clock = t.toFixed(3);
    this.#time.show(Math.round(part * Number(this.#time.input.max)));
  }

  showPlaying(playing: boolean): void {
    this.#play.textContent = playing ? "Pause" : "Play";
  }

  showDrawing(drawing: boolean): void {
    this.#draw.show(drawing);
    this.#drawing.hidden = !drawing;
  }

  /** May words change now? Not on every frame of a moving picture. */
  readable(moving: boolean): boolean {
    const now = performance.now();
    if (moving && now - this.#reported < READABLE_MS) return false;
    this.#reported = now;
    return true;
  }

  /** For the eye at once; for a screen reader once the picture has been still for a moment. */
  showReport({ numbers, verdict, wrong }: Report, likelihood: string, moving: boolean): void {
    clearTimeout(this.#pending);
    this.#report.replaceChildren(element("span", "", numbers), element("strong", "", verdict));
    this.#report.toggleAttribute("data-wrong", wrong);
    this.#likelihood.textContent = likelihood;
    if (moving) return;
    this.#pending = window.setTimeout(() => {
      this.#announcement.textContent = `${numbers}. ${verdict} ${likelihood}`;
    }, 800);
  }

  showProblem(message: string): void {
    this.#report.replaceChildren(element("strong", "", `This figure cannot be drawn: ${message}`));
    this.#report.setAttribute("data-wrong", "");
  }

  destroy(): void {
    clearTimeout(this.#pending);
  }
}
