/** Error against the number of evaluations, both on logarithmic axes, over the band of exact draws. */
import { frame, label } from "../view/axes";
import { fit } from "../view/canvas";
import { css, DENSITY, TEXT } from "../view/palette";
import { picture } from "./canvas";
import { drawMark, MARKS } from "./marks";
import type { Results } from "./results";
import { BUDGETS } from "./run";
import { NAMES, SAMPLERS } from "./samplers";

const TITLE = "Error of the eight samplers against evaluations";
const HEIGHT = 300;
const TOP = 24;
const BOTTOM = HEIGHT - 34;
const LEFT = 50;
/** Room inside the frame for the names, which stand where the curves differ most. */
const NAMES_WIDTH = 104;
const LINE = 15;

export class Plot {
  readonly canvas = picture(TITLE);
  #c!: CanvasRenderingContext2D;
  #width = 0;

  /** A click chooses the nearest budget, as the slider does. */
  constructor(choose: (budget: number) => void) {
    this.canvas.addEventListener("click", ({ offsetX }) => {
      const away = (budget: number): number => Math.abs(this.#across(budget) - offsetX);
      choose(BUDGETS.reduce((best, budget) => (away(budget) < away(best) ? budget : best)));
    });
  }

  fit(): void {
    this.#width = Math.max(280, this.canvas.parentElement!.clientWidth);
    this.#c = fit(this.canvas, this.#width, HEIGHT);
  }

  #across(budget: number): number {
    const [first, last] = [LEFT + NAMES_WIDTH, this.#width - 16];
    const share = Math.log(budget / BUDGETS[0]) / Math.log(BUDGETS[BUDGETS.length - 1] / BUDGETS[0]);
    return first + share * (last - first);
  }

  draw(results: Results, budget: number): void {
    const c = this.#c;
    c.clearRect(0, 0, this.#width, HEIGHT);
    this.canvas.setAttribute("aria-label", `${TITLE}. ${results.floorWords()}`);
    const box = { left: LEFT, top: TOP, width: this.#width - LEFT - 8, height: BOTTOM - TOP };
    frame(c, box);
    label(c, "error (energy distance) against evaluations", LEFT, TOP - 9);
    for (const b of BUDGETS.filter((_, i) => this.#width > 480 || i % 2 === 0))
      label(c, `${b}`, this.#across(b), BOTTOM + 15, "center");
    c.fillStyle = css(DENSITY);
    c.fillRect(this.#across(budget) - 1, TOP, 2, BOTTOM - TOP);
    label(c, "▲", this.#across(budget), BOTTOM + 29, "center");
    if (!results.floor) return;
    const { low, high, mean } = results.floor;
    const errors = NAMES.flatMap((name) => BUDGETS.map((b) => results.error(name, b) ?? mean));
    const [least, most] = [Math.min(low, ...errors) / 1.4, Math.max(high, ...errors) * 1.4];
    const up = (error: number): number => BOTTOM - ((BOTTOM - TOP) * Math.log(error / least)) / Math.log(most / least);
    c.fillStyle = css([128, 128, 128], 0.22);
    c.fillRect(LEFT, up(high), box.width, up(low) - up(high));
    label(c, "noise floor: exact draws", LEFT + 6, up(low) - 5);
    for (let e = Math.ceil(Math.log10(least)); 10 ** e < most; e++) {
      label(c, `${10 ** e}`, LEFT - 6, up(10 ** e) + 4, "right");
      c.fillRect(LEFT - 4, up(10 ** e), 4, 1);
    }
    this.#curves(results, up);
  }

  #curves(results: Results, up: (error: number) => number): void {
    const c = this.#c;
    const starts: { name: (typeof NAMES)[number]; y: number }[] = [];
    for (const name of NAMES) {
      const points = BUDGETS.flatMap((b) => {
        const error = results.error(name, b);
        return error === undefined ? [] : [[this.#across(b), up(error)] as const];
      });
      if (!points.length) continue;
      starts.push({ name, y: points[0][1] });
      c.strokeStyle = MARKS[name].color;
      c.lineWidth = 1.6;
      c.setLineDash(SAMPLERS[name].noisy ? [5, 4] : []);
      c.beginPath();
      for (const [x, y] of points) c.lineTo(x, y);
      c.stroke();
      c.setLineDash([]);
      for (const [x, y] of points) drawMark(c, MARKS[name], x, y);
    }
    // Names one below another, as near to their first points as room allows.
    starts.sort((a, b) => a.y - b.y);
    const first = this.#across(BUDGETS[0]);
    let free = TOP + 9;
    starts.forEach(({ name, y }, i) => {
      const at = Math.min(Math.max(y, free), BOTTOM - 8 - LINE * (starts.length - 1 - i));
      free = at + LINE;
      c.strokeStyle = TEXT;
      c.lineWidth = 0.6;
      c.beginPath();
      c.moveTo(LEFT + NAMES_WIDTH - 24, at);
      c.lineTo(first - 7, y);
      c.stroke();
      label(c, MARKS[name].label, LEFT + NAMES_WIDTH - 27, at + 4, "right");
    });
  }
}
