/** The controls of the paths figure. Values live in the model: a control writes there, and `show`
 *  reads back. */
import type { Model } from "../anywidget";
import { type Control, element, type Slider, select, slider } from "../view/controls";
import { type FormulaInput, formulaInput } from "../view/formula";
import { Reporter } from "../view/report";
import { seedButton, write } from "../view/traits";
import { choices } from "./choices";
import type { Name } from "./typed";

export const NAMES: Readonly<Record<string, string>> = {
  VP: "VP",
  SubVP: "sub-VP",
  CosineVP: "cosine VP",
  VE: "VE",
  EDM: "EDM",
  FlowPath: "flow",
  own: "your own",
};
/** Okabe and Ito's colors, which color-blind readers can tell apart. */
export const COLORS: Readonly<Record<string, string>> = {
  VP: "#0072b2",
  SubVP: "#56b4e9",
  CosineVP: "#009e73",
  VE: "#e69f00",
  EDM: "#d55e00",
  FlowPath: "#cc79a7",
  own: "currentcolor",
};
const VIEWS = { paths: "the paths", velocity: "two velocities of the linear path" };
const DATA = {
  "-1.4,1.4": "two points",
  "-1.8,0.3,1.6": "three points",
  "-2.1,-0.7,0.7,2.1": "four points",
  "0.8": "one point",
};
/** Trait, label, range, and the paths that have the parameter. */
const PARAMETERS: readonly [string, string, readonly [number, number, number], string][] = [
  ["beta_min", "β_min", [0.01, 2, 0.01], "VP SubVP"],
  ["beta_max", "β_max", [2, 40, 0.5], "VP SubVP"],
  ["std_min", "std_min", [0.001, 0.5, 0.001], "VE"],
  ["std_max", "std_max", [1, 100, 1], "VE"],
  ["edm_std_max", "std_max", [1, 100, 1], "EDM"],
];

export class Panel {
  readonly reporter = new Reporter();
  readonly #view: Control<string>;
  readonly #path: Control<string>;
  readonly #time: Slider;
  readonly #data: Control<string>;
  readonly #width: Slider;
  readonly #parameters: readonly Slider[];
  readonly #typed: Readonly<Record<Name, FormulaInput>>;
  readonly #model: Model;
  readonly #paths = element("div", "dl-controls");
  readonly #formulas = element("div", "dl-controls");
  readonly #velocity = element("div", "dl-controls");

  constructor(model: Model, onFormula: (name: Name, source: string) => void) {
    this.#model = model;
    const set = (name: string) => (value: unknown): void => write(model, { [name]: value });
    const two = (value: number): string => value.toFixed(2);
    this.#view = choices("Show", VIEWS, {}, set("view"));
    this.#path = choices("Path", NAMES, COLORS, set("path"));
    this.#time = slider("time t (0 data, 1 noise)", [0, 1, 0.005], (t) => t.toFixed(3), set("t"));
    this.#data = select("data", DATA, (points) => set("points")(points.split(",").map(Number)));
    this.#width = slider("width of a point", [0, 0.8, 0.02], two, set("width"));
    this.#parameters = PARAMETERS.map(([name, text, range]) => slider(text, range, String, set(name)));
    this.#typed = {
      alpha: formulaInput("your α(t) =", (source) => onFormula("alpha", source)),
      std: formulaInput("your σ̄(t) =", (source) => onFormula("std", source)),
    };
  }

  mount(el: HTMLElement, canvas: HTMLCanvasElement, link: HTMLElement): void {
    this.#paths.append(...this.#parameters.map((p) => p.row));
    this.#formulas.append(this.#typed.alpha.row, this.#typed.std.row);
    this.#velocity.append(this.#data.row, this.#width.row, seedButton(this.#model, "New draw"));
    el.append(this.#view.row, this.#path.row, canvas, this.reporter.line, this.#time.row);
    el.append(this.#paths, this.#formulas, this.#velocity, link, this.reporter.announcement);
  }

  /** Controls follow the model; only those that act on what is shown are there. */
  show(): void {
    const get = <T>(name: string): T => this.#model.get(name) as T;
    const velocity = get("view") === "velocity";
    this.#view.show(get("view"));
    this.#path.show(get("path"));
    this.#path.row.hidden = this.#paths.hidden = this.#formulas.hidden = velocity;
    this.#velocity.hidden = !velocity;
    this.#data.show(get<number[]>("points").join());
    this.#width.show(get("width"));
    this.#time.show(get("t"));
    PARAMETERS.forEach(([name, , , paths], i) => {
      this.#parameters[i].show(get(name));
      this.#parameters[i].row.hidden = !paths.split(" ").includes(get("path"));
    });
  }

  showFormula(name: Name, source: string): void {
    this.#typed[name].show(source);
  }

  /** A formula's own message, beside it; nothing clears it. */
  mark(name: Name, problem?: Error): void {
    this.#typed[name].mark(problem);
  }
}
