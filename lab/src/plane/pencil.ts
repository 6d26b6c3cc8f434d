/** What a hand changes in the plane: it moves the cross and, while drawing, sets the points. */
import type { Cleanup, Model } from "../anywidget";
import { watchHand } from "./hand";
import type { Picture } from "./picture";
import { withPoint } from "./settings";

export class Pencil {
  readonly destroy: Cleanup;
  readonly #model: Model;
  readonly #canvas: HTMLCanvasElement;
  #drawing = false;
  #startOver = false;

  constructor(model: Model, picture: Picture, release: () => void) {
    this.#model = model;
    this.#canvas = picture.canvas;
    this.destroy = watchHand(picture.canvas, {
      drawing: () => this.#drawing,
      place: (px, py) => picture.place(px, py),
      look: (x, y) => this.#look(x, y),
      nudge: (dx, dy) => this.#look(this.point[0] + dx, this.point[1] + dy),
      add: (x = this.point[0], y = this.point[1]) => this.#add(x, y),
      undo: () => this.#set(this.#means.slice(0, -1)),
      release,
    });
  }

  get point(): [number, number] {
    return this.#model.get("point") as [number, number];
  }

  get #means(): number[][] {
    return this.#model.get("means") as number[][];
  }

  /** The first point drawn on a named density begins a new one. */
  draw(on: boolean): void {
    this.#drawing = on;
    this.#startOver = on && this.#model.get("data") !== "own";
    this.#canvas.toggleAttribute("data-drawing", on);
  }

  startOver(): void {
    this.#startOver = true;
    this.#canvas.focus();
  }

  #look(x: number, y: number): void {
    const round = (z: number): number => Math.round(Math.max(-3, Math.min(3, z)) * 1000) / 1000;
    this.#model.set("point", [round(x), round(y)]);
  }

  #add(x: number, y: number): void {
    const means = this.#startOver ? [] : this.#means;
    this.#startOver = false;
    this.#set(withPoint(means, x, y));
  }

  #set(means: number[][]): void {
    if (!means.length) return;
    this.#model.set("weights", []);
    this.#model.set("means", means);
    this.#model.set("data", "own");
  }
}
