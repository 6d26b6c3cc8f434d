/** The canvas: p(x,t) with particles and trails, the histogram over the density, sigma(t). */
import { frame, label, ticksAcross, ticksUp } from "../view/axes";
import { fit } from "../view/canvas";
import type { Moves } from "../view/clock";
import { type Box, type Layout, layoutFor } from "../view/layout";
import { backgroundOf, css, DENSITY, FAILURE, PARTICLES, TEXT } from "../view/palette";
import { type Crowd, LOST } from "./crowd";
import { BINS } from "./histogram";
import type { Law } from "./law";
import { HeightMap, ramp } from "./map";

const TRAILS = 8;
const SAMPLES = 100;

export interface Moment {
  crowd: Crowd;
  k: number;
  shown: number;
  /** Cell averages of p at this time. */
  row: Float64Array;
  have: Float64Array;
  want: Float64Array;
}

export class Picture {
  readonly canvas = document.createElement("canvas");
  layout: Layout = layoutFor(600);
  /** The top of the scale of sigma(t) and g(t). */
  noiseTop = 1;
  readonly #c = this.canvas.getContext("2d")!;
  readonly #sigmas = new Float64Array(SAMPLES + 1);
  readonly #gs = new Float64Array(SAMPLES + 1);
  #map: HeightMap | undefined;
  #peak = 1;
  #reach = 1;

  constructor({ seek, release }: Moves) {
    const { canvas } = this;
    canvas.setAttribute("role", "img");
    const point = (event: MouseEvent): void => {
      const { left, width } = this.layout.map;
      seek(Math.min(1, Math.max(0, (event.offsetX - left) / width)));
    };
    // Not on pointerdown, and not under a finger that moves: it scrolls the page and must not move time.
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => event.buttons && event.pointerType !== "touch" && point(event));
    canvas.addEventListener("click", point);
    for (const end of ["pointerup", "click"]) canvas.addEventListener(end, release);
  }

  /** Fit the element's width and screen, and paint p(x,t) anew. */
  prepare(law: Law): void {
    const holder = this.canvas.parentElement!;
    // More than two pixels a dot cost time that nobody sees.
    const scale = Math.min(2, window.devicePixelRatio || 1);
    const layout = layoutFor(Math.max(280, holder.clientWidth));
    const [width, height] = [layout.map.width, layout.map.height].map((v) => Math.round(v * scale));
    if (this.#map?.width !== width || this.#map.height !== height || this.layout.width !== layout.width) {
      this.layout = layout;
      fit(this.canvas, layout.width, layout.height, scale);
      this.#map = new HeightMap(width, height, scale);
    }
    this.#peak = peakOf(law);
    this.#reach = law.reach;
    this.#map.paint(law.table, this.#peak, ramp(backgroundOf(holder)));
  }

  /** Sample the two noise scales once for many drawings. */
  showNoise(sigma: (t: number) => number, g: (t: number) => number, keepScale: boolean): void {
    for (let i = 0; i <= SAMPLES; i++) {
      this.#sigmas[i] = sigma(i / SAMPLES);
      this.#gs[i] = g(i / SAMPLES);
    }
    if (!keepScale) this.noiseTop = 1.15 * Math.max(0.1, ...this.#sigmas, ...this.#gs);
  }

  draw(moment: Moment): void {
    const { layout } = this;
    const c = this.#c;
    const { crowd, k } = moment;
    c.clearRect(0, 0, layout.width, layout.height);
    this.#drawMap(crowd, k, moment.shown);
    this.#drawBars(moment);
    this.#drawNoise();
    label(c, "p(x, t), particles and eight paths", layout.map.left, layout.map.top - 8);
    label(c, layout.bars.width > 130 ? "histogram over p" : "histogram", layout.bars.left, layout.bars.top - 8);
    const x = layout.map.left + crowd.time(k) * layout.map.width;
    c.fillStyle = TEXT;
    c.fillRect(x - 0.75, layout.map.top, 1.5, layout.map.height);
    c.fillRect(x - 0.75, layout.noise.top, 1.5, layout.noise.height);
  }

  #drawMap(crowd: Crowd, k: number, shown: number): void {
    const c = this.#c;
    const box = this.layout.map;
    const scale = this.canvas.width / this.layout.width;
    const image = this.#map!.blend(crowd, k, shown);
    c.putImageData(image, Math.round(box.left * scale), Math.round(box.top * scale));
    c.lineWidth = 1.1;
    c.strokeStyle = css(PARTICLES, 0.8);
    for (let i = 0; i < Math.min(TRAILS, shown); i++) {
      c.beginPath();
      for (let j = 0; j <= k; j++) {
        const place = crowd.places(j)[i];
        if (place !== LOST) c.lineTo(box.left + crowd.time(j) * box.width, box.top + box.height * (1 - place / 65536));
      }
      c.stroke();
    }
    frame(c, box);
    ticksUp(c, box, this.#reach);
    ticksAcross(c, box);
  }

  #drawBars({ row, have, want }: Moment): void {
    const c = this.#c;
    const box = this.layout.bars;
    const across = box.width / (1.08 * this.#peak);
    const binWidth = (2 * this.#reach) / BINS;
    const tall = box.height / BINS;
    c.save();
    c.beginPath();
    c.rect(box.left, box.top, box.width, box.height);
    c.clip();
    for (let bin = 0; bin < BINS; bin++) {
      const top = box.top + box.height - (bin + 1) * tall;
      const [a, b] = [(have[bin] / binWidth) * across, (want[bin] / binWidth) * across];
      c.fillStyle = css(PARTICLES, 0.55);
      c.fillRect(box.left, top + 0.2, Math.min(a, b), tall - 0.4);
      // The L1 distance is this area.
      c.fillStyle = css(FAILURE, 0.75);
      c.fillRect(box.left + Math.min(a, b), top + 0.2, Math.abs(a - b), tall - 0.4);
    }
    c.strokeStyle = css(DENSITY);
    c.lineWidth = 2;
    c.beginPath();
    for (let i = 0; i < row.length; i += 2)
      c.lineTo(box.left + row[i] * across, box.top + box.height * (1 - (i + 0.5) / row.length));
    c.stroke();
    c.restore();
    c.fillStyle = TEXT;
    c.fillRect(box.left - 1, box.top, 1, box.height);
  }

  #drawNoise(): void {
    const c = this.#c;
    const box = this.layout.noise;
    this.#trace(box, this.#sigmas);
    c.strokeStyle = css(PARTICLES);
    c.lineWidth = 2;
    c.stroke();
    c.lineTo(box.left + box.width, box.top + box.height);
    c.lineTo(box.left, box.top + box.height);
    c.fillStyle = css(PARTICLES, 0.18);
    c.fill();
    this.#trace(box, this.#gs);
    c.setLineDash([4, 4]);
    c.strokeStyle = TEXT;
    c.lineWidth = 1.5;
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = TEXT;
    c.fillRect(box.left, box.top + box.height, box.width, 1);
    const legend = this.layout.bars.left;
    c.fillStyle = css(PARTICLES);
    c.fillRect(legend, box.top + 13, 18, 2);
    label(c, "σ(t)", legend + 24, box.top + 18);
    c.fillStyle = TEXT;
    for (const dash of [0, 7, 14]) c.fillRect(legend + dash, box.top + 32, 4, 1.5);
    label(c, "g(t)", legend + 24, box.top + 37);
  }

  #trace(box: Box, values: Float64Array): void {
    this.#c.beginPath();
    for (let i = 0; i <= SAMPLES; i++)
      this.#c.lineTo(box.left + (i / SAMPLES) * box.width, box.top + box.height * (1 - values[i] / this.noiseTop));
  }
}

/** The scale of the picture: the top of p over all times but the first few, when sharp data would
 *  leave the rest pale. */
function peakOf({ table: { p, grid, steps } }: Law): number {
  let peak = 0;
  for (let i = 0; i < p.length; i++) if (p[i] > peak) peak = p[i];
  let later = 0;
  for (let i = Math.ceil(0.1 * steps) * grid.n; i < p.length; i++) if (p[i] > later) later = p[i];
  return Math.min(peak, 4 * later);
}
