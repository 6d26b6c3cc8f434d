/** The figure's clockwork: what is solved anew when something changes, and what is shown when. */
import type { Model } from "../anywidget";
import { type Coefficient, CoefficientError, scaleAt, type Scale } from "../core/coefficients";
import { element } from "../view/controls";
import { all } from "../view/mount";
import { Player } from "../view/player";
import { Crowd } from "./crowd";
import { Curve } from "./curve";
import { BINS, fractions, probabilities } from "./histogram";
import { CELLS, type Law, Solver } from "./law";
import { Panel } from "./panel";
import { Picture } from "./picture";
import { compare } from "./report";
import { type Settings, settingsOf } from "./settings";

/** Script a frame may take, and how much more for the first particles. */
const FRAME_MS = 8;
const PATIENCE_MS = 24;
/** Traits that change p(x,t), hence everything, and traits that change the particles only. */
const DENSITY = ["weights", "means", "stds", "drawn", "f", "g"];
const PARTICLES = ["sigma", "direction", "correction", "steps", "substeps", "particles", "seed"];

export class Laboratory {
  readonly #model: Model;
  readonly #picture: Picture;
  readonly #panel: Panel;
  readonly #curve: Curve;
  readonly #player = new Player(() => this.#playOn());
  readonly #unwatch: () => void;
  readonly #solver = new Solver();
  readonly #crowd = new Crowd();
  readonly #row = new Float64Array(CELLS);
  readonly #have = new Float64Array(BINS + 1);
  readonly #want = new Float64Array(BINS + 1);
  #law: Law | undefined;
  /** The time wanted; the picture shows the step of the run nearest to it. */
  #t: number;
  #k = 0;
  /** The step that playing waits for, or 0. */
  #awaited = 0;
  #staleLaw = true;
  #stalePicture = true;
  #staleRun = true;
  #request = 0;

  constructor(model: Model, el: HTMLElement, link: HTMLElement) {
    this.#model = model;
    this.#t = Number(model.get("t"));
    const moves = { toggle: () => this.#toggle(), seek: (t: number) => this.#seek(t), release: () => this.#save() };
    this.#picture = new Picture(moves);
    this.#curve = new Curve(this.#picture, (formula, final) => {
      model.set("sigma", formula);
      if (final) model.save_changes();
    });
    this.#panel = new Panel(model, this.#curve, moves);
    const stage = element("div", "dl-stage");
    stage.append(this.#picture.canvas, this.#curve.layer);
    this.#panel.mount(el, stage, link);
    this.#unwatch = this.#player.pauseOffScreen(this.#picture.canvas);
    this.#refresh();
  }

  onAppearance = (): void => {
    this.#stalePicture = true;
    this.#schedule();
  };

  readonly listeners = {
    ...all(DENSITY, () => this.#rerun(true)),
    ...all(PARTICLES, () => this.#rerun(false)),
    t: () => {
      const t = Number(this.#model.get("t"));
      if (t !== this.#t) this.#seek(t);
    },
  };

  destroy(): void {
    cancelAnimationFrame(this.#request);
    this.#unwatch();
    this.#player.stop();
    this.#panel.reporter.destroy();
  }

  #rerun(density: boolean): void {
    this.#staleLaw ||= density;
    this.#staleRun = true;
    this.#schedule();
  }

  /** Many changes in one frame cost one drawing. */
  #schedule(): void {
    cancelAnimationFrame(this.#request);
    this.#request = requestAnimationFrame(() => this.#refresh());
  }

  #refresh(): void {
    if (this.#staleRun) this.#rebuild();
    if (!this.#law) return;
    if (this.#stalePicture) this.#picture.prepare(this.#law);
    this.#stalePicture = false;
    this.#curve.place();
    this.#show();
  }

  /** A new run at the old time: the reader sees what a setting changes here and now. What cannot be
   *  used is said, and the last good picture stays. */
  #rebuild(): void {
    this.#staleRun = false;
    this.#panel.show();
    try {
      const settings = settingsOf(this.#model);
      check(settings);
      if (this.#staleLaw) {
        this.#law = this.#solver.solve(settings, settings.f, settings.g);
        this.#stalePicture = true;
        this.#staleLaw = false;
      }
      this.#restart(settings, this.#law!);
      this.#panel.content();
    } catch (problem) {
      this.#player.stop();
      this.#panel.clock.showPlaying(false);
      if (problem instanceof CoefficientError) this.#panel.complain(problem.coefficient, problem.message);
      else this.#panel.reporter.showProblem(problem);
    }
  }

  #restart(settings: Settings, { table, score, reach }: Law): void {
    const { steps, particles, seed, sigma, noise } = settings;
    this.#crowd.restart({ ...settings, g: noise, table, score }, reach, steps, particles, seed);
    this.#picture.showNoise(sigma, noise, this.#curve.dragged);
    this.#curve.show(sigma);
    this.#panel.showEquation(settings.direction, settings.correction);
    this.#moveTo(this.#t);
  }

  /** Draw step k as far as its particles have come in this time; the rest follow in the next frames. */
  #show(): void {
    const crowd = this.#crowd;
    const done = crowd.work(this.#k, performance.now() + FRAME_MS, PATIENCE_MS);
    // What a reader or a test sees while this is true is not all there is.
    this.#picture.canvas.ariaBusy = `${!done}`;
    if (!done && !this.#player.playing) this.#schedule();
    if (crowd.shown(this.#k)) this.#draw();
  }

  #draw(): void {
    const crowd = this.#crowd;
    const { table } = this.#law!;
    const k = this.#k;
    const t = crowd.time(k);
    const shown = crowd.shown(k);
    table.row(t, this.#row);
    fractions(crowd.places(k), shown, this.#have);
    probabilities(this.#row, table, this.#want);
    const report = compare(this.#have, this.#want, shown, crowd);
    this.#picture.draw({ crowd, k, shown, row: this.#row, have: this.#have, want: this.#want });
    this.#panel.clock.show(Math.round(t * crowd.steps), t.toFixed(3));
    this.#panel.showReport(report, crowd, table.wall.touched, this.#player.playing);
    if (this.#player.playing) return;
    this.#picture.canvas.setAttribute(
      "aria-label",
      `Density p(x, t) with ${shown} particles at t = ${t.toFixed(2)}, by Euler–Maruyama ` +
        `in ${crowd.steps} steps. ${report.numbers}. ${report.verdict}`,
    );
  }

  #moveTo(t: number): void {
    this.#t = t;
    this.#awaited = 0;
    this.#k = this.#crowd.stepAt(t);
    this.#player.progress = this.#k / this.#crowd.steps;
  }

  #seek(t: number): void {
    this.#t = t;
    if (this.#staleRun || !this.#law) return;
    this.#moveTo(t);
    this.#show();
  }

  #toggle(): void {
    if (this.#staleRun || !this.#law) return;
    if (this.#player.playing) this.#pause();
    else {
      if (this.#k === this.#crowd.steps) this.#moveTo(this.#crowd.time(0));
      this.#player.start();
      this.#panel.clock.showPlaying(true);
    }
  }

  #pause(): void {
    this.#player.stop();
    this.#panel.clock.showPlaying(false);
    this.#draw();
    this.#save();
  }

  /** Called by the player on every frame. */
  #playOn(): void {
    const crowd = this.#crowd;
    if (this.#staleRun) return;
    // A step that costs more than a frame plays slower: time waits for it.
    const k = this.#awaited || Math.floor(this.#player.progress * crowd.steps);
    if (k === this.#k) return;
    if (!crowd.work(k, performance.now() + FRAME_MS)) {
      this.#awaited = k;
      return;
    }
    if (this.#awaited) this.#player.progress = k / crowd.steps;
    this.#awaited = 0;
    this.#k = k;
    this.#t = crowd.time(k);
    if (k === crowd.steps) this.#pause();
    else this.#draw();
  }

  /** Tell Python the time. Not while playing: a message a frame would flood the kernel. */
  #save(): void {
    this.#model.set("t", this.#t);
    this.#model.save_changes();
  }
}

/** A noise scale is a finite number of at least 0 at every time. */
function check({ noise, sigma }: Settings): void {
  const scales: [Coefficient, Scale][] = [["g", noise], ["sigma", sigma]];
  for (const [name, scale] of scales)
    for (let i = 0; i <= 100; i++)
      if (scaleAt(scale, i / 100, name) < 0)
        throw new CoefficientError(name, "is negative, and a noise scale is at least 0,", i / 100);
}
