/** The controls of the sigma figure, its equation and its report. Values live in the model: a control
 *  writes there, and `show` reads back. */
import type { Model } from "../anywidget";
import type { Report } from "../core/report";
import type { Moves } from "./picture";
import { button, type Control, checkbox, element, type Slider, select, slider } from "./controls";

const DIRECTIONS = { forward: "forward", backward: "backward" };
const SHAPES = { g: "c · g(t)", constant: "constant", bump: "bump" };
/** Numbers that change on every frame cannot be read. */
const READABLE_MS = 150;

export class Panel {
  readonly #equation = element("p", "dl-equation");
  readonly #report = element("p", "dl-report");
  readonly #announcement = element("p", "dl-quiet");
  readonly #play: HTMLButtonElement;
  readonly #time: Slider;
  readonly #scale: Slider;
  readonly #shape: Control<string>;
  readonly #direction: Control<string>;
  readonly #steps: Slider;
  readonly #bare: Control<boolean>;
  readonly #model: Model;
  #clock = "";
  #pending = 0;
  #reported = 0;

  constructor(model: Model, moves: Moves, toggle: () => void) {
    this.#model = model;
    const write = (name: string) => (value: unknown) => {
      model.set(name, value);
      model.save_changes();
    };
    this.#announcement.setAttribute("role", "status");
    this.#play = button("Play", "dl-play", toggle);
    const seek = (position: number): void => moves.seek(position / Number(this.#time.input.max));
    this.#time = slider("time t (0 data, 1 noise)", [0, 1, 1], () => this.#clock, seek);
    this.#time.input.addEventListener("change", moves.release);
    const fixed = (v: number): string => v.toFixed(2);
    this.#scale = slider("noise scale c", [0, 4, 0.05], fixed, write("sigma_scale"));
    this.#shape = select("shape of σ(t)", SHAPES, write("sigma_shape"));
    this.#direction = select("direction", DIRECTIONS, write("direction"));
    this.#steps = slider("steps", [50, 1000, 10], String, write("steps"));
    this.#bare = checkbox("leave out the score correction", (on) => write("correction")(!on));
  }

  mount(el: HTMLElement, canvas: HTMLCanvasElement): void {
    const model = this.#model;
    const renew = button("New seed", "", () => {
      model.set("seed", (Number(model.get("seed")) + 1) % 2 ** 32);
      model.save_changes();
    });
    const time = element("div", "dl-time");
    time.append(this.#play, this.#time.row);
    const grid = element("div", "dl-controls");
    const rows = [this.#scale, this.#shape, this.#direction, this.#steps, this.#bare].map((x) => x.row);
    grid.append(...rows, renew);
    el.append(this.#equation, canvas, this.#report, time, grid, this.#announcement);
  }

  /** Controls follow the model. */
  show(equation: string): void {
    const get = (name: string): unknown => this.#model.get(name);
    this.#scale.show(get("sigma_scale") as number);
    this.#shape.show(get("sigma_shape") as string);
    this.#direction.show(get("direction") as string);
    this.#steps.show(get("steps") as number);
    this.#bare.show(!get("correction"));
    this.#time.input.max = `${get("steps")}`;
    this.#equation.textContent = equation;
  }

  showTime(t: number, steps: number): void {
    this.#clock = t.toFixed(3);
    this.#time.show(Math.round(t * steps));
  }

  showPlaying(playing: boolean): void {
    this.#play.textContent = playing ? "Pause" : "Play";
  }

  /** Often for the eye; for a screen reader once the picture has been still for a moment. */
  showReport({ numbers, verdict, wrong }: Report, moving: boolean): void {
    clearTimeout(this.#pending);
    const now = performance.now();
    if (moving && now - this.#reported < READABLE_MS) return;
    this.#reported = now;
    this.#report.replaceChildren(element("span", "", numbers), element("strong", "", verdict));
    this.#report.toggleAttribute("data-wrong", wrong);
    if (moving) return;
    this.#pending = window.setTimeout(() => {
      this.#announcement.textContent = `${numbers}. ${verdict}`;
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
