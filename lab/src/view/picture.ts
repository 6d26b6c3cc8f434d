/** The canvas: p(x,t) with particles and trails, the histogram over the exact density, sigma(t). */
import type { Bins } from "../core/histogram";
import type { Run } from "../core/run";
import { frame, label, ticksAcross, ticksUp } from "./axes";
import { type Dot, Heatmap } from "./heatmap";
import { type Box, type Layout, layoutFor } from "./layout";
import { backgroundOf, css, DENSITY, FAILURE, PARTICLES, TEXT } from "./palette";

const TRAILS = 8;
/** Each dot is a particle at its own recent moment, so that the dots form a moving front and not a
 *  line: the moments reach this far back in time. */
const FRONT = 0.045;

export interface Moment {
  run: Run;
  k: number;
  bins: Bins;
  fractions: Float64Array;
  probabilities: Float64Array;
}

/** How a reader moves through time, by the slider or on the picture. */
export interface Moves {
  seek(t: number): void;
  release(): void;
}

export class Picture {
  readonly canvas = document.createElement("canvas");
  #layout: Layout = layoutFor(600);
  readonly #c = this.canvas.getContext("2d")!;
  #heatmap: Heatmap | undefined;
  #peak = 1;

  constructor({ seek, release }: Moves) {
    const { canvas } = this;
    canvas.setAttribute("role", "img");
    const point = (event: MouseEvent): void => {
      const { left, width } = this.#layout.map;
      seek(Math.min(1, Math.max(0, (event.offsetX - left) / width)));
    };
    // Not on pointerdown: a finger that lands here to scroll the page must not move time.
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => event.buttons && point(event));
    canvas.addEventListener("click", point);
    for (const end of ["pointerup", "click"]) canvas.addEventListener(end, release);
  }

  /** Fit the element's width and screen, and paint p(x,t) anew. */
  prepare(run: Run, reach: number): void {
    const holder = this.canvas.parentElement!;
    const scale = window.devicePixelRatio || 1;
    const layout = layoutFor(Math.max(280, holder.clientWidth));
    this.#layout = layout;
    this.canvas.width = Math.round(layout.width * scale);
    this.canvas.height = Math.round(layout.height * scale);
    this.canvas.style.height = `${layout.height}px`;
    this.#c.setTransform(scale, 0, 0, scale, 0, 0);
    this.#peak = 0;
    for (const t of [0, 0.02, 0.05, 0.1, 0.3, 1])
      for (let x = -reach; x <= reach; x += reach / 200)
        this.#peak = Math.max(this.#peak, run.law(t).density(x));
    const { width, height } = layout.map;
    this.#heatmap = new Heatmap(
      Math.round(width * scale),
      Math.round(height * scale),
      scale,
      (t) => run.law(t),
      reach,
      this.#peak,
      backgroundOf(holder),
    );
  }

  draw(moment: Moment): void {
    const layout = this.#layout;
    const c = this.#c;
    const { run, k, bins } = moment;
    const t = run.time(k);
    c.clearRect(0, 0, layout.width, layout.height);
    this.#drawMap(run, k, bins.high);
    this.#drawBars(moment);
    this.#drawNoise(run);
    label(c, "p(x, t), particles and eight paths", layout.map.left, layout.map.top - 8);
    label(c, layout.bars.width > 130 ? "histogram over p" : "histogram", layout.bars.left, layout.bars.top - 8);
    const x = layout.map.left + t * layout.map.width;
    c.fillStyle = TEXT;
    c.fillRect(x - 0.75, layout.map.top, 1.5, layout.map.height);
    c.fillRect(x - 0.75, layout.noise.top, 1.5, layout.noise.height);
  }

  #drawMap(run: Run, k: number, reach: number): void {
    const c = this.#c;
    const box = this.#layout.map;
    const scale = this.canvas.width / this.#layout.width;
    const image = this.#heatmap!.paint(front(run, k, reach));
    c.putImageData(image, Math.round(box.left * scale), Math.round(box.top * scale));
    c.save();
    c.beginPath();
    c.rect(box.left, box.top, box.width, box.height);
    c.clip();
    c.lineWidth = 1.1;
    c.strokeStyle = css(PARTICLES, 0.65);
    for (let i = 0; i < Math.min(TRAILS, run.particles); i++) {
      c.beginPath();
      for (let j = 0; j <= k; j++)
        c.lineTo(box.left + run.time(j) * box.width, height(box, run.state(j)[i], reach));
      c.stroke();
    }
    c.restore();
    frame(c, box);
    ticksUp(c, box, reach);
    ticksAcross(c, box);
  }

  #drawBars({ run, k, bins, fractions, probabilities }: Moment): void {
    const c = this.#c;
    const box = this.#layout.bars;
    const across = box.width / (1.08 * this.#peak);
    const row = box.height / bins.count;
    c.save();
    c.beginPath();
    c.rect(box.left, box.top, box.width, box.height);
    c.clip();
    for (let bin = 0; bin < bins.count; bin++) {
      const top = box.top + box.height - (bin + 1) * row;
      const have = (fractions[bin] / bins.width) * across;
      const want = (probabilities[bin] / bins.width) * across;
      c.fillStyle = css(PARTICLES, 0.55);
      c.fillRect(box.left, top + 0.4, Math.min(have, want), row - 0.8);
      // The L1 distance is this area.
      c.fillStyle = css(FAILURE, 0.75);
      c.fillRect(box.left + Math.min(have, want), top + 0.4, Math.abs(have - want), row - 0.8);
    }
    c.restore();
    const law = run.law(run.time(k));
    c.strokeStyle = css(DENSITY);
    c.lineWidth = 2;
    c.beginPath();
    for (let y = 0; y <= box.height; y += 1)
      c.lineTo(box.left + law.density(bins.high * (1 - (2 * y) / box.height)) * across, box.top + y);
    c.stroke();
    c.fillStyle = TEXT;
    c.fillRect(box.left - 1, box.top, 1, box.height);
  }

  #drawNoise(run: Run): void {
    const c = this.#c;
    const box = this.#layout.noise;
    const { sigma, path } = run.dynamics;
    const samples = Array.from({ length: 101 }, (_, i) => i / 100);
    const top = 1.1 * Math.max(...samples.map((t) => Math.max(sigma(t), path.g(t))));
    const trace = (value: (t: number) => number): void => {
      c.beginPath();
      for (const t of samples)
        c.lineTo(box.left + t * box.width, box.top + box.height * (1 - value(t) / top));
    };
    trace(sigma);
    c.strokeStyle = css(PARTICLES);
    c.lineWidth = 2;
    c.stroke();
    c.lineTo(box.left + box.width, box.top + box.height);
    c.lineTo(box.left, box.top + box.height);
    c.fillStyle = css(PARTICLES, 0.18);
    c.fill();
    trace((t) => path.g(t));
    c.setLineDash([4, 4]);
    c.strokeStyle = TEXT;
    c.lineWidth = 1.5;
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = TEXT;
    c.fillRect(box.left, box.top + box.height, box.width, 1);
    const legend = this.#layout.bars.left;
    c.fillStyle = css(PARTICLES);
    c.fillRect(legend, box.top + 13, 18, 2);
    label(c, "σ(t)", legend + 24, box.top + 18);
    c.fillStyle = TEXT;
    for (const dash of [0, 7, 14]) c.fillRect(legend + dash, box.top + 32, 4, 1.5);
    label(c, "g(t)", legend + 24, box.top + 37);
  }
}

function height(box: Box, x: number, reach: number): number {
  return box.top + (box.height * (reach - x)) / (2 * reach);
}

/** Particle i at the step that lies lag(i) before step k: denser and darker toward the present. */
function* front(run: Run, k: number, reach: number): Iterable<Dot> {
  const width = Math.max(1, Math.round(FRONT * run.steps));
  const dot: Dot = { u: 0, v: 0, opacity: 0 };
  const golden = 0.6180339887498949;
  for (let i = 0; i < run.particles; i++) {
    const lag = ((i * golden) % 1) ** 1.6;
    const then = Math.max(0, k - Math.floor(lag * (width + 1)));
    const x = run.state(then)[i];
    if (!(Math.abs(x) < reach)) continue;
    dot.u = run.time(then);
    dot.v = (reach - x) / (2 * reach);
    dot.opacity = 0.6 * (1 - lag) + 0.08;
    yield dot;
  }
}
