/** The plane: its state, and what changes when a setting, the time or the page changes. */
import type { Cleanup, Model } from "../anywidget";
import { all } from "../view/mount";
import { Player } from "../view/player";
import { write } from "../view/traits";
import type { Lattice } from "./lattice";
import { carry, type Carried } from "./likelihood";
import { type Motion, score, velocity } from "./motion";
import { Panel } from "./panel";
import { Pencil } from "./pencil";
import { Picture } from "./picture";
import { compare, equation, likelihood } from "./report";
import { Run } from "./run";
import { bumpsOf, motionOf, reachOf } from "./settings";

/** Of a frame for computing; the rest is for drawing. */
const BUDGET_MS = 16;
const FLOW_STEPS = 320;
/** Traits that change p(x, t), hence the map and the tables. */
const DENSITY = ["data", "means", "weights", "std", "path", "steps"];
/** Traits that change the particles only. */
const PARTICLES = ["sigma_scale", "swirl", "direction", "particles", "seed"];
const LOOKS = ["arrows", "path_lines", "point"];
type FieldOf = (...at: Parameters<typeof velocity>) => readonly number[];
const FIELDS: Readonly<Record<string, FieldOf | undefined>> = { score, velocity };

export class PlaneFigure {
  readonly #model: Model;
  readonly #picture = new Picture();
  readonly #panel: Panel;
  readonly #player = new Player(() => this.#playOn());
  readonly #pencil: Pencil;
  readonly #unwatch: Cleanup;
  #motion!: Motion;
  #run!: Run;
  #tables = new Map<number, Lattice>();
  #carried!: Carried;
  #carriedFrom = "";
  #t: number;
  /** The step wanted. The picture shows the particles that have come there. */
  #k = 0;
  #shown = 0;
  #stale: "density" | "particles" | "nothing" = "density";
  #misfit = true;
  #request = 0;
  #chase = 0;

  constructor(model: Model, root: HTMLElement, link: HTMLElement) {
    this.#model = model;
    this.#t = Number(model.get("t"));
    this.#panel = new Panel(model, {
      toggle: () => this.#toggle(),
      seek: (part) => this.#seek(part * this.#run.motion.path.end),
      release: () => this.#save(),
      draw: (on) => this.#letDraw(on),
      startOver: () => this.#pencil.startOver(),
    });
    this.#pencil = new Pencil(model, this.#picture, () => this.#save());
    this.#panel.mount(root, this.#picture.canvas, link);
    this.#panel.showDrawing(false);
    this.#unwatch = this.#player.pauseOffScreen(root);
    this.#refresh();
  }

  onAppearance = (): void => {
    this.#misfit = true;
    this.#schedule("nothing");
  };

  readonly listeners = {
    ...all(DENSITY, () => this.#schedule("density")),
    ...all(PARTICLES, () => this.#schedule("particles")),
    ...all(LOOKS, () => this.#schedule("nothing")),
    t: () => {
      const t = Number(this.#model.get("t"));
      if (t !== this.#t) this.#seek(t);
    },
  };

  #pause(): void {
    if (!this.#player.playing) return;
    this.#player.stop();
    this.#panel.clock.showPlaying(false);
    this.#arrive();
    this.#save();
  }

  destroy(): void {
    cancelAnimationFrame(this.#request);
    cancelAnimationFrame(this.#chase);
    this.#player.stop();
    this.#pencil.destroy();
    this.#unwatch();
    this.#panel.reporter.destroy();
  }

  /** Many changes in one frame cost one run. */
  #schedule(what: "density" | "particles" | "nothing"): void {
    if (what === "density" || this.#stale === "nothing") this.#stale = what;
    cancelAnimationFrame(this.#request);
    this.#request = requestAnimationFrame(() => this.#refresh());
  }

  #refresh(): void {
    try {
      const density = this.#stale === "density";
      if (this.#stale !== "nothing") this.#rebuild(density);
      this.#stale = "nothing";
      this.#carry(density);
      if (this.#misfit) this.#picture.fit();
      this.#arrive(density || this.#misfit);
      this.#misfit = false;
    } catch (problem) {
      this.#player.stop();
      this.#panel.reporter.showProblem(problem);
    }
  }

  /** The flow line of the cross: the noise and the swirl change nothing about it. */
  #carry(density: boolean): void {
    const from = `${this.#pencil.point}`;
    if (!density && from === this.#carriedFrom) return;
    this.#carriedFrom = from;
    this.#carried = carry(this.#motion.bumps, this.#motion.path, ...this.#pencil.point, FLOW_STEPS);
  }

  /** A new run at the old time: the reader sees what a setting changes here and now. */
  #rebuild(density: boolean): void {
    const get = (name: string): number => Number(this.#model.get(name));
    if (density) this.#tables = new Map();
    const bumps = density ? bumpsOf(this.#model) : this.#motion.bumps;
    this.#motion = motionOf(this.#model, bumps);
    const reach = reachOf(this.#motion);
    this.#run = new Run(this.#motion, get("steps"), get("particles"), get("seed"), reach, this.#tables);
    this.#panel.show(equation(this.#motion), this.#run.steps);
    this.#moveTo(this.#t);
  }

  /** Draw when the first particles are there, and again when others have joined. Until then the old
   *  picture stays, or, where it shows another density, the new one without particles. */
  #arrive(anew = false): void {
    cancelAnimationFrame(this.#chase);
    this.#shown = anew ? -1 : 0;
    this.#catchUp();
  }

  #catchUp(): void {
    const run = this.#run;
    const there = run.advance(this.#k, performance.now() + BUDGET_MS);
    const shown = run.shown(this.#k);
    const playing = this.#player.playing;
    // What a reader or a test sees while this is true is not all there is.
    this.#picture.canvas.ariaBusy = `${!there}`;
    // While it plays their number must not flicker.
    const show = there || this.#shown < 0 || (shown > this.#shown && !playing);
    this.#shown = shown;
    if (there && playing && this.#k === run.steps) return this.#pause();
    if (show) this.#show();
    if (!there) this.#chase = requestAnimationFrame(() => this.#catchUp());
  }

  #draw(): void {
    const run = this.#run;
    const k = this.#k;
    const t = run.time(k);
    const part = t / this.#motion.path.end;
    const get = (name: string): unknown => this.#model.get(name);
    const field = FIELDS[String(get("arrows"))];
    this.#picture.draw({
      run,
      k,
      lattice: run.lattice(Math.round(part * run.steps)),
      field: field && ((x, y) => field(this.#motion, t, x, y)),
      lines: Boolean(get("path_lines")),
      point: this.#pencil.point,
      line: this.#carried.points,
    });
    this.#panel.clock.show(Math.round(part * run.steps), t.toFixed(3));
  }

  #show(): void {
    this.#draw();
    const run = this.#run;
    const shown = run.shown(this.#k);
    const moving = this.#player.playing || shown < run.particles;
    if (!shown || !this.#panel.reporter.due(moving)) return;
    const report = compare(run, this.#k);
    const words = likelihood(this.#motion.bumps, run, this.#pencil.point, this.#carried);
    this.#panel.reporter.show(report, moving, words);
    this.#panel.showLikelihood(words);
    this.#picture.canvas.setAttribute(
      "aria-label",
      `Density p(x, t) in the plane with ${shown} particles at t = ${run.time(this.#k).toFixed(2)}. ` +
        `${report.numbers}. ${words} Arrow keys move the cross.`,
    );
  }

  #moveTo(t: number): void {
    this.#t = t;
    this.#k = this.#run.stepAt(t);
    this.#player.progress = this.#k / this.#run.steps;
  }

  #seek(t: number): void {
    this.#t = t;
    if (this.#stale !== "nothing") return;
    this.#moveTo(t);
    this.#arrive();
  }

  #toggle(): void {
    if (this.#stale !== "nothing") return;
    if (this.#player.playing) return this.#pause();
    if (this.#k === this.#run.steps) this.#moveTo(this.#run.time(0));
    this.#player.start();
    this.#panel.clock.showPlaying(true);
  }

  /** Called by the player on every frame. Time waits for particles that are on their way. */
  #playOn(): void {
    if (this.#stale !== "nothing") return;
    const { steps, particles } = this.#run;
    if (this.#shown < particles) this.#player.progress = this.#k / steps;
    const k = Math.floor(this.#player.progress * steps);
    if (this.#shown < particles || k === this.#k) return;
    this.#k = k;
    this.#t = this.#run.time(k);
    this.#arrive();
  }

  /** At t = 0, where the data are. */
  #letDraw(on: boolean): void {
    this.#pause();
    this.#pencil.draw(on);
    this.#panel.showDrawing(on);
    if (on) this.#seek(0);
  }

  /** Tell Python. Not while playing or drawing: a message a frame would flood the kernel. */
  #save(): void {
    write(this.#model, { t: this.#t });
  }
}
