/** The figure's state, and what it draws when a setting or the page changes. */
import type { Model } from "../anywidget";
import { cosineVp, edm, flow, type Path, subVp, ve, vp } from "../core/path";
import { choice, passing, real, reals, type Rules, whole } from "../view/link";
import { all } from "../view/mount";
import { write } from "../view/traits";
import { drawCrossing } from "./crossing";
import { type Columns, drawCurves, type Shown } from "./curves";
import { END, marginal, pairs } from "./linear";
import { COLORS, NAMES, Panel } from "./panel";
import { valuesAt } from "./path";
import { type Curve, type Name, short, typedCurve, typedPath, verdict } from "./typed";

/** What a share link carries, and within which bounds. */
export const RULES: Rules = {
  view: choice("paths", "velocity"),
  path: choice(...Object.keys(NAMES)),
  t: real(0, 1),
  beta_min: real(0.01, 2),
  beta_max: real(2, 40),
  std_min: real(0.001, 0.5),
  std_max: real(1, 100),
  edm_std_max: real(1, 100),
  alpha: passing((text) => typedCurve("alpha", text)),
  std: passing((text) => typedCurve("std", text)),
  points: reals(-2.5, 2.5, 1, 4),
  width: real(0, 0.8),
  lines: whole(0, 200),
  seed: whole(0, 2 ** 32 - 1),
};

export class PathsFigure {
  readonly #model: Model;
  readonly #root: HTMLElement;
  readonly #panel: Panel;
  readonly #canvas = document.createElement("canvas");
  /** The last good formulas; and what stands in a field instead, while it is wrong. */
  readonly #curves: Record<Name, Curve> = { alpha: typedCurve("alpha", "1 - t"), std: typedCurve("std", "t") };
  readonly #wrong: Record<Name, string> = { alpha: "", std: "" };
  #columns: Columns = { lefts: [], width: 1 };
  #request = 0;

  constructor(model: Model, root: HTMLElement, link: HTMLElement) {
    this.#model = model;
    this.#root = root;
    this.#panel = new Panel(model, this.#onFormula);
    this.#panel.mount(root, this.#canvas, link);
    this.#canvas.setAttribute("role", "img");
    // Not on pointerdown, and not under a finger that moves: it scrolls the page and must not move time.
    this.#canvas.addEventListener("click", this.#point);
    this.#canvas.addEventListener("pointermove", (event) => event.buttons && event.pointerType !== "touch" && this.#point(event));
    this.#draw();
  }

  /** Many changes in one frame cost one drawing. */
  schedule = (): void => {
    cancelAnimationFrame(this.#request);
    this.#request = requestAnimationFrame(this.#draw);
  };

  readonly onAppearance = this.schedule;
  readonly listeners = all(Object.keys(RULES), this.schedule);

  destroy(): void {
    cancelAnimationFrame(this.#request);
    this.#panel.reporter.destroy();
  }

  #get<T>(name: string): T {
    return this.#model.get(name) as T;
  }

  /** Any of the panels side by side takes the time from where it is touched. */
  #point = ({ offsetX }: MouseEvent): void => {
    const { lefts, width } = this.#columns;
    const left = lefts.filter((edge) => edge <= offsetX).at(-1);
    if (left === undefined) return;
    write(this.#model, { t: Math.round(200 * Math.min(1, (offsetX - left) / width)) / 200 });
  };

  #draw = (): void => {
    this.#panel.show();
    const width = Math.max(280, this.#root.clientWidth);
    if (this.#get("view") === "velocity") this.#drawVelocity(width);
    else this.#drawPaths(width);
  };

  /** A formula that is no path gets its message and goes no further: the last good one stays, and
   *  Python never sees the wrong one. Whoever types means to see it, so a good one is chosen. */
  #onFormula = (name: Name, source: string): void => {
    if (this.#take(name, source)) write(this.#model, { [name]: source, path: "own" });
    this.schedule();
  };

  #take(name: Name, source: string): boolean {
    try {
      this.#curves[name] = typedCurve(name, source);
      this.#wrong[name] = "";
      this.#panel.mark(name);
      return true;
    } catch (problem) {
      this.#wrong[name] = source;
      this.#panel.mark(name, problem as Error);
      return false;
    }
  }

  #ownPath(): Path {
    for (const name of ["alpha", "std"] as const) {
      const source = this.#get<string>(name);
      if (this.#curves[name].source !== source) this.#take(name, source);
      this.#panel.showFormula(name, this.#wrong[name] || source);
    }
    return typedPath(this.#curves.alpha, this.#curves.std);
  }

  #drawPaths(width: number): void {
    const number = (name: string): number => this.#get(name);
    const path = this.#get<string>("path");
    const betas = [number("beta_min"), number("beta_max")] as const;
    const paths: Record<string, Path> = {
      VP: vp(...betas),
      SubVP: subVp(...betas),
      CosineVP: cosineVp,
      VE: ve(number("std_min"), number("std_max")),
      EDM: edm(number("edm_std_max")),
      FlowPath: flow,
      own: this.#ownPath(),
    };
    const shown: Shown[] = Object.keys(paths).map((name) => ({
      path: paths[name],
      // A canvas knows no currentcolor: the reader's own path has the color of the text.
      color: name === "own" ? getComputedStyle(this.#root).color : COLORS[name],
      chosen: name === path,
    }));
    const t = number("t");
    this.#columns = drawCurves(this.#canvas, width, shown, t);
    const v = valuesAt(paths[path], t);
    const numbers =
      `${NAMES[path]} at t = ${t.toFixed(3)}: α = ${short(v.alpha)}, σ̄ = ${short(v.std)}, ` +
      `λ = ${short(v.logSnr)}, f/x = ${short(v.rate)}, g² = ${short(v.gSquared)}`;
    const { text, wrong } = verdict(paths[path]);
    this.#panel.reporter.show({ numbers, verdict: text, wrong });
    this.#canvas.setAttribute("aria-label", `Six panels over time for seven paths. ${numbers}. ${text}`);
  }

  #drawVelocity(width: number): void {
    const data = { points: this.#get<number[]>("points"), width: this.#get<number>("width") };
    const t = this.#get<number>("t");
    const lines = pairs(data, this.#get("lines"), this.#get("seed"));
    this.#columns = drawCrossing(this.#canvas, width, data, lines, t);
    const when = Math.max(t, END);
    const middle = data.points.reduce((a, b) => a + b, 0) / data.points.length;
    const x = (1 - when) * middle;
    const each = data.points.map((x0) => short((x - x0) / when)).join(", ");
    const numbers = `t = ${when.toFixed(3)}, x = ${short(x)}: u(x, t | x₀) = ${each}; u(x, t) = ${short(marginal(data, x, when))}`;
    const text = "Straight lines cross; the curves of u(x, t) do not, and carry the same density.";
    this.#panel.reporter.show({ numbers, verdict: text, wrong: false });
    this.#canvas.setAttribute("aria-label", `${lines.length} straight lines from data to noise, and the curves of the marginal velocity. ${numbers}. ${text}`);
  }
}
