/** The signature figure: one density p(x,t), a free noise scale sigma(t), and particles that carry
 *  the density whatever sigma is, as long as the score correction is there. */
import type { Cleanup, Model, View } from "../anywidget";
import { type Direction, type Dynamics, type SigmaShape, sigmaOf, stiffestStep } from "../core/dynamics";
import { Bins } from "../core/histogram";
import { Mixture } from "../core/mixture";
import { VariancePreserving } from "../core/path";
import { compare, equation } from "../core/report";
import { Run } from "../core/run";
import { watchAppearance } from "../view/appearance";
import { Panel } from "../view/panel";
import { Picture } from "../view/picture";
import { Player } from "../view/player";

const BINS = 60;
/** The noise end is a standard normal: show at least this much of it on either side of 0. */
const LEAST_REACH = 3.5;
/** Traits that change p(x,t), hence the height map. */
const DENSITY = ["weights", "means", "stds", "beta_min", "beta_max"];
/** Traits that change the particles only. */
const PARTICLES = ["sigma_scale", "sigma_shape", "direction", "correction", "steps", "particles", "seed"];

class SigmaFigure {
  readonly #model: Model;
  readonly #picture: Picture;
  readonly #panel: Panel;
  readonly #player = new Player(() => this.#playOn());
  #run!: Run;
  #bins!: Bins;
  #stiffest = 0;
  /** The time wanted; the picture shows the step of the run nearest to it. */
  #t: number;
  #k = 0;
  #stalePicture = true;
  #staleRun = true;
  #request = 0;

  constructor(model: Model, el: HTMLElement) {
    this.#model = model;
    this.#t = Number(model.get("t"));
    const moves = { seek: (t: number) => this.#seek(t), release: () => this.#save() };
    this.#picture = new Picture(moves);
    this.#panel = new Panel(model, moves, () => this.#toggle());
    this.#panel.mount(el, this.#picture.canvas);
    this.#refresh();
  }

  onDensity = (): void => {
    this.#stalePicture = this.#staleRun = true;
    this.#schedule();
  };

  onParticles = (): void => {
    this.#staleRun = true;
    this.#schedule();
  };

  onAppearance = (): void => {
    this.#stalePicture = true;
    this.#schedule();
  };

  onTime = (): void => {
    const t = Number(this.#model.get("t"));
    if (t !== this.#t) this.#seek(t);
  };

  destroy(): void {
    cancelAnimationFrame(this.#request);
    this.#player.stop();
    this.#panel.destroy();
  }

  /** Many changes in one frame cost one drawing. */
  #schedule(): void {
    cancelAnimationFrame(this.#request);
    this.#request = requestAnimationFrame(() => this.#refresh());
  }

  #refresh(): void {
    try {
      if (this.#staleRun) this.#rebuild();
      if (this.#stalePicture) this.#picture.prepare(this.#run, this.#bins.high);
      this.#stalePicture = this.#staleRun = false;
      this.#draw();
    } catch (problem) {
      this.#player.stop();
      this.#panel.showProblem(problem instanceof Error ? problem.message : String(problem));
    }
  }

  /** A new run at the old time: the reader sees what a setting changes here and now. */
  #rebuild(): void {
    const get = <T>(name: string): T => this.#model.get(name) as T;
    const target = new Mixture(get("weights"), get("means"), get("stds"));
    const path = new VariancePreserving(get("beta_min"), get("beta_max"));
    const dynamics: Dynamics = {
      path,
      direction: get<Direction>("direction"),
      correction: get("correction"),
      sigma: sigmaOf(path, get<SigmaShape>("sigma_shape"), get("sigma_scale")),
    };
    this.#run = new Run(target, dynamics, get("steps"), get("particles"), get("seed"));
    this.#stiffest = stiffestStep(target, dynamics, this.#run.steps);
    const reach = Math.max(LEAST_REACH, target.reach());
    this.#bins = new Bins(-reach, reach, BINS);
    this.#panel.show(equation(dynamics));
    this.#moveTo(this.#t);
  }

  #draw(): void {
    const run = this.#run;
    const k = this.#k;
    const bins = this.#bins;
    const t = run.time(k);
    const fractions = bins.fractions(run.state(k));
    const probabilities = bins.probabilities(run.law(t));
    const report = compare(fractions, probabilities, run, this.#stiffest);
    this.#picture.draw({ run, k, bins, fractions, probabilities });
    this.#panel.showTime(t, run.steps);
    this.#panel.showReport(report, this.#player.playing);
    this.#picture.canvas.setAttribute(
      "aria-label",
      `Density p(x, t) with ${run.particles} particles at t = ${t.toFixed(2)}, by Euler–Maruyama ` +
        `in ${run.steps} steps. ${report.numbers}. ${report.verdict}`,
    );
  }

  #moveTo(t: number): void {
    this.#t = t;
    this.#k = this.#run.stepAt(t);
    this.#player.progress = this.#k / this.#run.steps;
  }

  #seek(t: number): void {
    if (this.#staleRun) {
      this.#t = t;
      return;
    }
    this.#moveTo(t);
    this.#draw();
  }

  #toggle(): void {
    if (this.#staleRun) return;
    if (this.#player.playing) this.#pause();
    else {
      if (this.#k === this.#run.steps) this.#moveTo(this.#run.time(0));
      this.#player.start();
      this.#panel.showPlaying(true);
    }
  }

  #pause(): void {
    this.#player.stop();
    this.#panel.showPlaying(false);
    this.#draw();
    this.#save();
  }

  /** Called by the player on every frame. */
  #playOn(): void {
    const { steps } = this.#run;
    const k = Math.floor(this.#player.progress * steps);
    if (k === this.#k || this.#staleRun) return;
    this.#k = k;
    this.#t = this.#run.time(k);
    if (k === steps) this.#pause();
    else this.#draw();
  }

  /** Tell Python the time. Not while playing: a message a frame would flood the kernel. */
  #save(): void {
    this.#model.set("t", this.#t);
    this.#model.save_changes();
  }
}

function render({ model, el }: View): Cleanup {
  const root = document.createElement("div");
  root.className = "dl-figure";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Live figure: one density, many dynamics");
  el.append(root);
  const figure = new SigmaFigure(model, root);
  const listeners = [
    ...DENSITY.map((name) => [name, figure.onDensity] as const),
    ...PARTICLES.map((name) => [name, figure.onParticles] as const),
    ["t", figure.onTime] as const,
  ];
  for (const [name, listener] of listeners) model.on(`change:${name}`, listener);
  const unwatch = watchAppearance(root, figure.onAppearance);
  return () => {
    unwatch();
    for (const [name, listener] of listeners) model.off(`change:${name}`, listener);
    figure.destroy();
    root.remove();
  };
}

export default { render };
