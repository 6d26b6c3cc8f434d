/** The plane: its state, and what changes when a setting, the time or the page changes. */
import type { Cleanup, Model } from "../anywidget";
import { Player } from "../view/player";
import { watchHand } from "./hand";
import type { Lattice } from "./lattice";
import { carry, type Carried } from "./likelihood";
import { type Motion, score, velocity } from "./motion";
import { Panel } from "./panel";
import { Picture } from "./picture";
import { compare, equation, likelihood } from "./report";
import { Run } from "./run";
import { bumpsOf, motionOf, reachOf, withPoint } from "./settings";

const BUDGET_MS = 24; // of a frame for computing ahead; the rest is for drawing
const FLOW_STEPS = 320;
type FieldOf = (...at: Parameters<typeof velocity>) => readonly number[];
const FIELDS: Readonly<Record<string, FieldOf | undefined>> = { score, velocity };

export class PlaneFigure {
  readonly #model: Model;
  readonly #picture = new Picture();
  readonly #panel: Panel;
  readonly #player = new Player(() => this.#playOn());
  readonly #letGo: Cleanup;
  #motion!: Motion;
  #run!: Run;
  #tables = new Map<number, Lattice>();
  #carried!: Carried;
  #t: number;
  #k = 0; // the step wanted; the picture waits until the run has reached it
  #drawing = false;
  #startOver = false;
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
      startOver: () => {
        this.#startOver = true;
        this.#picture.canvas.focus();
      },
    });
    this.#letGo = watchHand(this.#picture.canvas, {
      drawing: () => this.#drawing,
      place: (px, py) => this.#picture.place(px, py),
      look: (x, y) => this.#look(x, y),
      nudge: (dx, dy) => this.#look(this.#point[0] + dx, this.#point[1] + dy),
      add: (x = this.#point[0], y = this.#point[1]) => this.#add(x, y),
      undo: () => this.#setPoints((model.get("means") as number[][]).slice(0, -1)),
      release: () => this.#save(),
    });
    this.#panel.mount(root, this.#picture.canvas, link);
    this.#panel.showDrawing(false);
    this.#refresh();
  }

  onDensity = (): void => this.#schedule("density");
  onParticles = (): void => this.#schedule("particles");
  onLooks = (): void => this.#schedule("nothing");
  onAppearance = (): void => {
    this.#misfit = true;
    this.#schedule("nothing");
  };
  onTime = (): void => {
    const t = Number(this.#model.get("t"));
    if (t !== this.#t) this.#seek(t);
  };

  /** Nothing moves while nobody can see it. */
  pauseOffScreen(root: HTMLElement): Cleanup {
    return this.#player.pauseOffScreen(root);
  }

  #pause(): void {
    if (!this.#player.playing) return;
    this.#player.stop();
    this.#panel.showPlaying(false);
    this.#show();
    this.#save();
  }

  destroy(): void {
    cancelAnimationFrame(this.#request);
    cancelAnimationFrame(this.#chase);
    this.#player.stop();
    this.#letGo();
    this.#panel.destroy();
  }

  get #point(): [number, number] {
    return this.#model.get("point") as [number, number];
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
      this.#carried = carry(this.#motion.bumps, this.#motion.path, ...this.#point, FLOW_STEPS);
      if (this.#misfit) this.#picture.fit();
      this.#catchUp(density || this.#misfit);
      this.#misfit = false;
    } catch (problem) {
      this.#player.stop();
      this.#panel.showProblem(problem instanceof Error ? problem.message : String(problem));
    }
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

  /** Draw once the particles are there. Until then the old picture stays, or, where it shows another
   *  density, the new one without particles. */
  #catchUp(anew = false): void {
    cancelAnimationFrame(this.#chase);
    const there = this.#run.advance(this.#k, performance.now() + BUDGET_MS);
    // What a reader or a test sees while this is true is not all there is.
    this.#picture.canvas.ariaBusy = `${!there}`;
    if (there) return this.#show();
    if (anew) this.#draw(false);
    this.#chase = requestAnimationFrame(() => this.#catchUp());
  }

  #draw(ready: boolean): void {
    const run = this.#run;
    const k = this.#k;
    const t = run.time(k);
    const part = t / this.#motion.path.end;
    const get = (name: string): unknown => this.#model.get(name);
    const field = FIELDS[String(get("arrows"))];
    this.#picture.draw({
      run,
      k,
      ready,
      lattice: run.lattice(Math.round(part * run.steps)),
      field: field && ((x, y) => field(this.#motion, t, x, y)),
      lines: Boolean(get("path_lines")),
      point: this.#point,
      line: this.#carried.points,
    });
    this.#panel.showTime(t, part);
  }

  #show(): void {
    this.#draw(true);
    const run = this.#run;
    const moving = this.#player.playing;
    if (!this.#panel.readable(moving)) return;
    const report = compare(run, this.#k);
    const words = likelihood(this.#motion.bumps, run, this.#point, this.#carried);
    this.#panel.showReport(report, words, moving);
    this.#picture.canvas.setAttribute(
      "aria-label",
      `Density p(x, t) in the plane with ${run.particles} particles at t = ${run.time(this.#k).toFixed(2)}. ` +
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
    this.#catchUp();
  }

  #toggle(): void {
    if (this.#stale !== "nothing") return;
    if (this.#player.playing) return this.#pause();
    if (this.#k === this.#run.steps) this.#moveTo(this.#run.time(0));
    this.#player.start();
    this.#panel.showPlaying(true);
  }

  /** Called by the player on every frame. A run that cannot keep up slows the player down. */
  #playOn(): void {
    if (this.#stale !== "nothing") return;
    const { steps } = this.#run;
    const k = Math.floor(this.#player.progress * steps);
    if (k === this.#k) return;
    if (!this.#run.advance(k, performance.now() + BUDGET_MS)) this.#player.progress = this.#run.ready / steps;
    this.#k = Math.min(k, this.#run.ready);
    this.#t = this.#run.time(this.#k);
    if (this.#k === steps) this.#pause();
    else this.#show();
  }

  #look(x: number, y: number): void {
    const round = (z: number): number => Math.round(Math.max(-3, Math.min(3, z)) * 1000) / 1000;
    this.#model.set("point", [round(x), round(y)]);
  }

  /** At t = 0, where the data are. */
  #letDraw(on: boolean): void {
    this.#pause();
    this.#drawing = on;
    this.#startOver = on && this.#model.get("data") !== "own";
    this.#picture.canvas.toggleAttribute("data-drawing", on);
    this.#panel.showDrawing(on);
    if (on) this.#seek(0);
  }

  #add(x: number, y: number): void {
    const means = this.#startOver ? [] : (this.#model.get("means") as number[][]);
    this.#startOver = false;
    this.#setPoints(withPoint(means, x, y));
  }

  #setPoints(means: number[][]): void {
    if (!means.length) return;
    this.#model.set("weights", []);
    this.#model.set("means", means);
    this.#model.set("data", "own");
  }

  /** Tell Python. Not while playing or drawing: a message a frame would flood the kernel. */
  #save(): void {
    this.#model.set("t", this.#t);
    this.#model.save_changes();
  }
}
