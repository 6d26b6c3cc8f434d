/** The race: eight samplers, the same noise, the same number of evaluations, and their errors. */
import type { Cleanup, Model, View } from "../anywidget";
import { Bench, type Finding, serve } from "../race/bench";
import { Board } from "../race/board";
import { Lanes } from "../race/lanes";
import { type MixtureSettings, PlaneMixture } from "../race/mixture";
import type { Grid } from "../race/path";
import { Plot } from "../race/plot";
import style from "../race/race.css";
import { Replay } from "../race/replay";
import { Results } from "../race/results";
import { BUDGETS } from "../race/run";
import { NAMES } from "../race/samplers";
import { Table } from "../race/table";
import { addStyle, watchAppearance } from "../view/appearance";
import { element } from "../view/controls";
import { choice, Link, real, whole } from "../view/link";
import { Player } from "../view/player";

/** Of the particles that are measured, the first ones are drawn. */
const DRAWN = 400;
/** Traits that change the errors, and traits that change only what is drawn of them. */
const MEASURED = ["targets", "target", "grid", "seed", "particles"];
const DRAWING = ["budget"];
/** Findings come fast: the picture follows at most this often. */
const REFRESH_MS = 120;

type Stale = "measured" | "drawing" | "size";

class RaceFigure {
  readonly #model: Model;
  readonly #board: Board;
  readonly #lanes = new Lanes();
  readonly #plot: Plot;
  readonly #table = new Table();
  readonly #player = new Player(() => this.#playOn());
  readonly #bench: Bench;
  readonly #unwatch: Cleanup;
  readonly #seen: IntersectionObserver;
  #results = new Results();
  #replays: Replay[] = [];
  readonly #stale = new Set<Stale>(["measured", "drawing", "size"]);
  #visible = false;
  #request = 0;
  #refresh = 0;

  constructor(model: Model, root: HTMLElement) {
    this.#model = model;
    this.#player.progress = Number(model.get("progress"));
    this.#board = new Board(model, {
      toggle: () => this.#toggle(),
      seek: (evaluations) => this.#seek(evaluations / this.#budget),
      release: () => this.#save(),
    });
    this.#plot = new Plot((budget) => this.#board.write("budget", budget));
    this.#bench = new Bench(model.get("_esm") as string, (finding) => this.#take(finding));
    const { report, clock, controls, announcement } = this.#board;
    const errors = element("div", "dl-errors");
    errors.append(this.#plot.canvas);
    root.append(this.#lanes.root, clock, report, controls, errors, this.#table.root, announcement);
    this.#unwatch = this.#player.pauseOffScreen(root);
    this.#seen = new IntersectionObserver((entries) => {
      this.#visible = entries[entries.length - 1].isIntersecting;
      this.#later();
    });
    this.#seen.observe(root);
  }

  get #budget(): number {
    return this.#model.get("budget") as number;
  }

  onMeasured = (): void => this.#later("measured", "drawing");
  onDrawing = (): void => this.#later("drawing");
  onAppearance = (): void => this.#later("size");
  onProgress = (): void => {
    const progress = Number(this.#model.get("progress"));
    if (progress !== this.#player.progress) this.#seek(progress);
  };

  destroy(): void {
    this.#unwatch();
    this.#seen.disconnect();
    cancelAnimationFrame(this.#request);
    clearTimeout(this.#refresh);
    this.#player.stop();
    this.#bench.stop();
    this.#board.destroy();
  }

  /** Many changes in one frame cost one drawing; nothing is done off screen. */
  #later(...what: Stale[]): void {
    for (const name of what) this.#stale.add(name);
    cancelAnimationFrame(this.#request);
    if (this.#visible) this.#request = requestAnimationFrame(() => this.#update());
  }

  #update(): void {
    try {
      const stale = this.#stale;
      if (stale.has("drawing")) this.#rebuild(stale.has("measured"));
      if (stale.has("size")) {
        this.#lanes.fit();
        this.#plot.fit();
      }
      stale.clear();
      this.#draw();
      this.#show();
    } catch (problem) {
      this.#player.stop();
      this.#bench.stop();
      this.#board.showProblem(problem instanceof Error ? problem.message : String(problem));
    }
  }

  #rebuild(measure: boolean): void {
    const get = <T>(name: string): T => this.#model.get(name) as T;
    const mixture = get<Record<string, MixtureSettings>>("targets")[get<string>("target")];
    const common = { grid: get<Grid>("grid"), seed: get<number>("seed") };
    const target = new PlaneMixture(mixture);
    const start = { ...common, target, particles: DRAWN };
    this.#replays = NAMES.map((name) => new Replay(name, this.#budget, start));
    this.#board.show();
    if (!measure) return;
    this.#lanes.aim(target);
    this.#results = new Results();
    this.#bench.start({ ...common, mixture, particles: get("particles"), first: this.#budget });
  }

  #take(finding: Finding): void {
    this.#results.add(finding);
    this.#refresh ||= window.setTimeout(() => {
      this.#refresh = 0;
      this.#show();
    }, REFRESH_MS);
  }

  /** What has been measured, in words, in the plot and in the table. */
  #show(): void {
    this.#lanes.say(this.#replays, this.#results, this.#budget);
    this.#plot.draw(this.#results, this.#budget);
    this.#table.show(this.#results, this.#budget);
    this.#board.showResults(this.#results, this.#budget);
  }

  #draw(): void {
    const evaluations = this.#player.progress * this.#budget;
    this.#lanes.draw(this.#replays, evaluations);
    this.#board.showSpent(evaluations);
  }

  #seek(progress: number): void {
    this.#player.progress = progress;
    if (this.#replays.length) this.#draw();
  }

  #toggle(): void {
    if (this.#player.playing) this.#pause();
    else {
      if (this.#player.progress === 1) this.#player.progress = 0;
      this.#player.start();
      this.#board.showPlaying(true);
    }
  }

  #pause(): void {
    this.#player.stop();
    this.#board.showPlaying(false);
    this.#save();
  }

  /** Called by the player on every frame. */
  #playOn(): void {
    this.#draw();
    if (this.#player.progress === 1) this.#pause();
  }

  /** Tell Python the progress. Not while playing: a message a frame would flood the kernel. */
  #save(): void {
    this.#board.write("progress", this.#player.progress);
  }
}

function render({ model, el }: View): Cleanup {
  const root = element("div", "dl-figure");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Live figure: eight samplers at equal numbers of evaluations");
  el.append(root);
  addStyle("dl-race-style", style);
  const link = new Link(root, model, "race", {
    target: choice(...Object.keys(model.get("targets") as object)),
    grid: choice("time", "log_snr", "arctan"),
    budget: (text) => BUDGETS.find((b) => `${b}` === text),
    seed: whole(0, 2 ** 32 - 1),
    progress: real(0, 1),
  });
  const figure = new RaceFigure(model, root);
  root.append(link.row);
  const listeners = [
    ...MEASURED.map((name) => [name, figure.onMeasured] as const),
    ...DRAWING.map((name) => [name, figure.onDrawing] as const),
    ["progress", figure.onProgress] as const,
  ];
  for (const [name, listener] of listeners) model.on(`change:${name}`, listener);
  const unwatch = watchAppearance(root, figure.onAppearance);
  return () => {
    unwatch();
    for (const [name, listener] of listeners) model.off(`change:${name}`, listener);
    link.destroy();
    figure.destroy();
    root.remove();
  };
}

// The same script is the figure's worker, where there is no document.
if (typeof document === "undefined") serve();

export default { render };
