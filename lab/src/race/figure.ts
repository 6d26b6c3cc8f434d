/** The race's state, and what is measured and drawn when a setting, the time or the page changes. */
import type { Cleanup, Model } from "../anywidget";
import { element } from "../view/controls";
import { all } from "../view/mount";
import { Player } from "../view/player";
import { write } from "../view/traits";
import { Bench, type Finding } from "./bench";
import { Board } from "./board";
import { Lanes } from "./lanes";
import { type MixtureSettings, PlaneMixture } from "./mixture";
import type { Grid } from "./path";
import { Plot } from "./plot";
import { Replay } from "./replay";
import { Results } from "./results";
import { NAMES } from "./samplers";
import { Table } from "./table";

/** Of the particles that are measured, the first ones are drawn. */
const DRAWN = 400;
/** Traits that change the errors; the budget changes only what is drawn of them. */
const MEASURED = ["targets", "target", "grid", "seed", "particles"];
/** Findings come fast: the picture follows at most this often. */
const REFRESH_MS = 120;

type Stale = "measured" | "drawing" | "size";

export class RaceFigure {
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

  constructor(model: Model, root: HTMLElement, link: HTMLElement) {
    this.#model = model;
    this.#player.progress = Number(model.get("progress"));
    this.#board = new Board(model, {
      toggle: () => this.#toggle(),
      seek: (part) => this.#seek(part),
      release: () => this.#save(),
    });
    this.#plot = new Plot((budget) => write(model, { budget }));
    this.#bench = new Bench(model.get("_esm") as string, (finding) => this.#take(finding));
    const { reporter, clock, controls } = this.#board;
    const errors = element("div", "dl-errors");
    errors.append(this.#plot.canvas);
    root.append(this.#lanes.root, clock.row, reporter.line, controls, errors, this.#table.root, reporter.announcement, link);
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

  onAppearance = (): void => this.#later("size");

  readonly listeners = {
    ...all(MEASURED, () => this.#later("measured", "drawing")),
    budget: () => this.#later("drawing"),
    progress: () => {
      const progress = Number(this.#model.get("progress"));
      if (progress !== this.#player.progress) this.#seek(progress);
    },
  };

  destroy(): void {
    this.#unwatch();
    this.#seen.disconnect();
    cancelAnimationFrame(this.#request);
    clearTimeout(this.#refresh);
    this.#player.stop();
    this.#bench.stop();
    this.#board.reporter.destroy();
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
      this.#board.reporter.showProblem(problem);
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
      this.#board.clock.showPlaying(true);
    }
  }

  #pause(): void {
    this.#player.stop();
    this.#board.clock.showPlaying(false);
    this.#save();
  }

  /** Called by the player on every frame. */
  #playOn(): void {
    this.#draw();
    if (this.#player.progress === 1) this.#pause();
  }

  /** Tell Python the progress. Not while playing: a message a frame would flood the kernel. */
  #save(): void {
    write(this.#model, { progress: this.#player.progress });
  }
}
