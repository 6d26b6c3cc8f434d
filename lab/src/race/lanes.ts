/** Eight small panels, one sampler each: the density aimed at, particles, and a few whole paths. */
import { frame } from "../view/axes";
import { fit } from "../view/canvas";
import { element } from "../view/controls";
import { css, DENSITY, PARTICLES } from "../view/palette";
import { picture } from "./canvas";
import { drawMark, MARKS } from "./marks";
import type { PlaneMixture, Point } from "./mixture";
import type { Replay } from "./replay";
import type { Results } from "./results";
import { NAMES, SAMPLERS, type SamplerName } from "./samplers";

const CELLS = 96;
/** Below 1: brings out the faint parts. */
const GAMMA = 0.45;
const PATHS = 4;
/** Of a path's ink, what is left one step earlier. */
const FADE = 0.72;
const HEAD = 7;

function densityImage(target: PlaneMixture, reach: number): OffscreenCanvas {
  const at = (i: number): number => reach * ((2 * (i + 0.5)) / CELLS - 1);
  const p = Float64Array.from({ length: CELLS ** 2 }, (_, i) =>
    target.density(at(i % CELLS), -at(Math.floor(i / CELLS))),
  );
  const peak = p.reduce((a, b) => Math.max(a, b));
  const image = new ImageData(CELLS, CELLS);
  p.forEach((value, i) => image.data.set([...DENSITY, 160 * (value / peak) ** GAMMA], 4 * i));
  const canvas = new OffscreenCanvas(CELLS, CELLS);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

class Lane {
  readonly root = element("div", "dl-lane");
  readonly canvas: HTMLCanvasElement;
  readonly #name: SamplerName;
  readonly #cost = element("p", "");
  readonly #error = element("p", "");
  #c!: CanvasRenderingContext2D;
  #side = 0;

  constructor(name: SamplerName) {
    this.#name = name;
    this.canvas = picture(SAMPLERS[name].name);
    this.root.append(this.canvas, element("strong", "", SAMPLERS[name].name), this.#cost, this.#error);
  }

  fit(): void {
    this.#side = Math.max(100, this.root.clientWidth);
    this.#c = fit(this.canvas, this.#side, this.#side);
  }

  say(replay: Replay, words: string, atFloor: boolean): void {
    // The last evaluation is the denoising, which is no step.
    const [steps, evaluations] = [replay.spent.length - 2, replay.spent.at(-1)];
    this.#cost.textContent = `${steps} steps · ${evaluations} evaluations`;
    this.#error.textContent = words;
    this.root.toggleAttribute("data-floor", atFloor);
    this.canvas.setAttribute("aria-label", `${SAMPLERS[this.#name].name}: particles after ${steps} steps, ${words}`);
  }

  draw(replay: Replay, evaluations: number, background: OffscreenCanvas, reach: number): void {
    const c = this.#c;
    const side = this.#side;
    const [k, share] = replay.at(evaluations);
    const [from, to] = [replay.states[k], replay.states[k + 1]];
    const scale = side / (2 * reach);
    const px = (x: number): number => side / 2 + scale * x;
    const py = (y: number): number => side / 2 - scale * y;
    const now = (i: number): number => from[i] + share * (to[i] - from[i]);
    c.clearRect(0, 0, side, side);
    c.drawImage(background, 0, 0, side, side);
    c.fillStyle = css(PARTICLES, 0.75);
    for (let i = 0; i < from.length; i += 2) c.fillRect(px(now(i)) - 1, py(now(i + 1)) - 1, 2, 2);
    for (let i = 0; i < 2 * PATHS; i += 2) {
      const line = replay.states.slice(0, k + 1).map((s): Point => [px(s[i]), py(s[i + 1])]);
      trail(c, [...line, [px(now(i)), py(now(i + 1))]], MARKS[this.#name].color);
    }
    drawMark(c, MARKS[this.#name], 12, 12);
    frame(c, { left: 1, top: 1, width: side - 2, height: side - 2 });
  }
}

/** A path that fades into its past, with a head that points the way it last went. */
function trail(c: CanvasRenderingContext2D, line: Point[], color: string): void {
  c.strokeStyle = c.fillStyle = color;
  c.lineWidth = 1.5;
  for (let i = line.length - 1, ink = 1; i > 0 && ink > 0.1; i--, ink *= FADE) {
    c.globalAlpha = ink;
    c.beginPath();
    c.moveTo(...line[i]);
    c.lineTo(...line[i - 1]);
    c.stroke();
  }
  c.globalAlpha = 1;
  const [x, y] = line[line.length - 1];
  const before = line.filter(([a, b]) => Math.hypot(x - a, y - b) > 2).pop();
  if (!before) return;
  const angle = Math.atan2(y - before[1], x - before[0]);
  c.beginPath();
  c.moveTo(x, y);
  for (const turn of [2.7, -2.7]) c.lineTo(x + HEAD * Math.cos(angle + turn), y + HEAD * Math.sin(angle + turn));
  c.fill();
}

export class Lanes {
  readonly root = element("div", "dl-lanes");
  readonly #lanes = NAMES.map((name) => new Lane(name));
  #background!: OffscreenCanvas;
  #reach = 1;

  constructor() {
    this.root.append(...this.#lanes.map((lane) => lane.root));
  }

  /** For a new density: the noise end is standard normal, so show at least some of it. */
  aim(target: PlaneMixture): void {
    this.#reach = Math.max(2.2, target.reach());
    this.#background = densityImage(target, this.#reach);
  }

  fit(): void {
    for (const lane of this.#lanes) lane.fit();
  }

  say(replays: readonly Replay[], results: Results, budget: number): void {
    this.#lanes.forEach((lane, i) => {
      const error = results.error(NAMES[i], budget);
      lane.say(replays[i], results.words(NAMES[i], budget), error !== undefined && results.atFloor(error));
    });
  }

  draw(replays: readonly Replay[], evaluations: number): void {
    this.#lanes.forEach((lane, i) => lane.draw(replays[i], evaluations, this.#background, this.#reach));
  }
}
