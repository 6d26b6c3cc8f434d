/** The controls of the sigma laboratory, its equation and its report. Values live in the model: a
 *  control writes there, and `show` reads back. */
import type { Model } from "../anywidget";
import type { Coefficient } from "../core/coefficients";
import type { Direction } from "../core/particles";
import { Clock, type Moves } from "../view/clock";
import { button, type Control, checkbox, element, group, type Slider, select, slider } from "../view/controls";
import { FormulaField } from "../view/formula";
import { type Report, Reporter } from "../view/report";
import { seedButton, write } from "../view/traits";
import type { Crowd } from "./crowd";
import type { Curve } from "./curve";
import { type Data, heights } from "./data";
import { Drawing } from "./drawing";
import { equation } from "./report";

const DIRECTIONS = { forward: "forward", backward: "backward" };
const SUBSTEPS = { 0: "automatic", 1: "1", 2: "2", 4: "4", 8: "8", 16: "16", 32: "32" };
const PARTICLES = { 2000: "2 000", 5000: "5 000", 20000: "20 000", 50000: "50 000" };
const OWN = "your own";
const SCALED = /^\s*(?:(\d*\.?\d+)\s*\*?\s*)?g\s*$/;

/** Presets and mixtures come from Python, which also checks and exports them. */
type Presets = Record<string, readonly [f: string, g: string]>;
type Mixtures = Record<string, readonly [weights: number[], means: number[], stds: number[]]>;

export class Panel {
  readonly reporter = new Reporter();
  readonly clock: Clock;
  readonly #equation = element("p", "dl-equation");
  readonly #note = element("p", "dl-said");
  readonly #scale: Slider;
  readonly #fields: Record<Coefficient, FormulaField>;
  readonly #direction: Control<string>;
  readonly #bare: Control<boolean>;
  readonly #preset: Control<string>;
  readonly #mixture: Control<string>;
  readonly #drawing: Drawing;
  readonly #steps: Slider;
  readonly #substeps: Control<string>;
  readonly #particles: Control<string>;
  readonly #model: Model;
  readonly #curve: Curve;
  readonly #shown: Partial<Record<Coefficient, string>> = {};
  #complained: Coefficient | "" = "";

  constructor(model: Model, curve: Curve, moves: Moves) {
    this.#model = model;
    this.#curve = curve;
    const set = (name: string) => (value: unknown) => this.#write({ [name]: value });
    this.clock = new Clock(moves);
    this.#scale = slider("noise scale c", [0, 4, 0.05], (c) => (c < 0 ? "own σ" : c.toFixed(2)), (c) =>
      this.#write({ sigma: c === 1 ? "g" : c ? `${c}*g` : "0" }),
    );
    const field = (name: Coefficient, label: string, variables: string[]): FormulaField =>
      new FormulaField(label, variables, ({ source }) => this.#write({ [name]: source }));
    this.#fields = {
      sigma: field("sigma", "σ(t), the free noise", ["t", "g"]),
      f: field("f", "f(x, t), the drift", ["x", "t"]),
      g: field("g", "g(t), the noise", ["t"]),
    };
    this.#direction = select("direction", DIRECTIONS, set("direction"));
    this.#bare = checkbox("leave out the score correction", (on) => set("correction")(!on));
    const presets = this.#presets();
    this.#preset = select("equation", named(presets, OWN), (name) => {
      if (Object.hasOwn(presets, name)) this.#write({ f: presets[name][0], g: presets[name][1] });
    });
    const mixtures = this.#mixtures();
    this.#mixture = select("p(x, 0)", named(mixtures, OWN), (name) => {
      if (!Object.hasOwn(mixtures, name)) return;
      const [weights, means, stds] = mixtures[name];
      this.#write({ weights, means, stds, drawn: [] });
    });
    this.#drawing = new Drawing((drawn, final) => {
      if (drawn.some(Boolean)) this.#write({ drawn }, final);
    });
    this.#steps = slider("steps", [10, 500, 10], (n) => `${n} × ${(1 / n).toPrecision(2)}`, set("steps"));
    this.#substeps = select("substeps in each", SUBSTEPS, (n) => set("substeps")(Number(n)));
    this.#particles = select("particles", PARTICLES, (n) => set("particles")(Number(n)));
  }

  mount(el: HTMLElement, stage: HTMLElement, link: HTMLElement): void {
    const shape = button("Drag σ(t)", "", () => {
      const on = this.#curve.layer.toggleAttribute("hidden");
      shape.setAttribute("aria-pressed", `${!on}`);
    });
    shape.setAttribute("aria-pressed", "false");
    const { sigma, f, g } = this.#fields;
    const first = element("div", "dl-controls");
    first.append(this.#scale.row, sigma.row, shape, this.#direction.row, this.#bare.row);
    const data = group("Data", [this.#mixture.row, this.#drawing.row], () => this.#drawing.draw());
    const drift = group("Drift and noise", [this.#preset.row, f.row, g.row]);
    const steps = group("Steps", [this.#steps.row, this.#substeps.row, this.#particles.row, seedButton(this.#model), this.#note]);
    el.append(this.#equation, stage, this.reporter.line, this.clock.row, first, data, drift, steps, link, this.reporter.announcement);
  }

  /** Controls follow the model. */
  show(): void {
    const get = <T>(name: string): T => this.#model.get(name) as T;
    const sigma = get<string>("sigma");
    const scaled = SCALED.exec(sigma);
    this.#scale.show(scaled ? Number(scaled[1] ?? 1) : Number(sigma) === 0 ? 0 : -1);
    for (const name of ["f", "g", "sigma"] as const) {
      // What a reader has typed and not got right yet stays, until another formula comes from elsewhere.
      if (this.#shown[name] === get(name)) continue;
      this.#shown[name] = get(name);
      this.#fields[name].show(get(name));
      this.#fields[name].clear();
    }
    const preset = ([, [f, g]]: [string, Presets[string]]): boolean => f === get("f") && g === get("g");
    this.#preset.show(Object.entries(this.#presets()).find(preset)?.[0] ?? OWN);
    const data: Data = { weights: get("weights"), means: get("means"), stds: get("stds"), drawn: get("drawn") };
    const given = JSON.stringify([data.weights, data.means, data.stds]);
    const mixture = Object.entries(this.#mixtures()).find(([, value]) => JSON.stringify(value) === given);
    this.#mixture.show((!data.drawn.length && mixture?.[0]) || OWN);
    this.#drawing.show(heights(data));
    this.#direction.show(get("direction"));
    this.#steps.show(get("steps"));
    this.#substeps.show(`${get("substeps")}`);
    this.#particles.show(`${get("particles")}`);
    this.#bare.show(!get("correction"));
    this.clock.range(get("steps"));
  }

  showEquation(direction: Direction, correction: boolean): void {
    this.#equation.textContent = equation(direction, correction);
  }

  showReport(report: Report, { substeps, pull }: Crowd, touched: boolean, moving: boolean): void {
    if (!this.reporter.due(moving)) return;
    this.reporter.show(report, moving);
    this.#note.textContent =
      (touched ? "p reaches the edge of the window, which holds it back. " : "") +
      `Euler–Maruyama with up to ${substeps} ${substeps === 1 ? "substep" : "substeps"} a step; ` +
      `score pull × dt up to ${pull.toFixed(2)}: accurate far below 1, unstable above 2.`;
  }

  /** A formula that can be read but not used; the picture before stays. */
  complain(coefficient: Coefficient, message: string): void {
    this.#complained = coefficient;
    this.#fields[coefficient].complain(message);
  }

  /** All formulas could be used. */
  content(): void {
    if (this.#complained) this.#fields[this.#complained].clear();
    this.#complained = "";
  }

  #presets(): Presets {
    return this.#model.get("_presets") as Presets;
  }

  #mixtures(): Mixtures {
    return this.#model.get("_mixtures") as Mixtures;
  }

  #write(values: Record<string, unknown>, final = true): void {
    for (const name of Object.keys(values)) delete this.#shown[name as Coefficient];
    write(this.#model, values, final);
  }
}

function named(choices: object, own: string): Record<string, string> {
  return Object.fromEntries([...Object.keys(choices), own].map((name) => [name, name]));
}
