/** The canvas: p as a map, particles and their paths, arrows, the cross-hair and its flow line. */
import { frame, label } from "../view/axes";
import { fit } from "../view/canvas";
import type { Box } from "../view/layout";
import { backgroundOf, css, DENSITY, PARTICLES, type Rgb } from "../view/palette";
import { drawArrows, type Field } from "./arrows";
import { Lattice } from "./lattice";
import type { Run } from "./run";

/** Below 1: brings out the faint parts. */
const GAMMA = 0.65;
const PATHS = 24;
/** The part of a path that stands out: so many steps. */
const RECENT = 24;

export interface Scene {
  run: Run;
  k: number;
  lattice: Lattice;
  field: Field | undefined;
  lines: boolean;
  /** The cross-hair, and the line x, y, x, y, ... on which the flow carries it from t = 0. */
  point: readonly [number, number];
  line: Float64Array;
}

export class Picture {
  readonly canvas = document.createElement("canvas");
  readonly #c = this.canvas.getContext("2d")!;
  readonly #map = new OffscreenCanvas(Lattice.nodes, Lattice.nodes);
  #box: Box = { left: 26, top: 6, width: 1, height: 1 };
  #reach = 1;
  #paper: Rgb = [255, 255, 255];

  constructor() {
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "plane with a movable cross");
  }

  /** Fit the width that the style sheet gives, and the screen. */
  fit(): void {
    const { canvas } = this;
    const side = Math.max(240, canvas.clientWidth);
    const inner = side - 32;
    this.#box = { left: 26, top: 6, width: inner, height: inner };
    fit(canvas, side, inner + 26);
    this.#paper = backgroundOf(canvas.parentElement!);
  }

  /** The place in the plane that lies under a pixel of the canvas. */
  place(px: number, py: number): [number, number] {
    const { left, top, width, height } = this.#box;
    const reach = this.#reach;
    return [((px - left) / width) * 2 * reach - reach, reach - ((py - top) / height) * 2 * reach];
  }

  draw(scene: Scene): void {
    const c = this.#c;
    const box = this.#box;
    this.#reach = scene.run.reach;
    c.clearRect(0, 0, box.left + box.width + 6, box.top + box.height + 20);
    c.save();
    c.beginPath();
    c.rect(box.left, box.top, box.width, box.height);
    c.clip();
    this.#drawMap(scene.lattice);
    // While the particles of step k are on their way there is none to draw.
    const points = scene.run.state(scene.k);
    if (points.length && scene.lines) this.#drawPaths(scene);
    this.#drawParticles(points);
    if (scene.field) drawArrows(c, box, scene.lattice, scene.field, this.#paper);
    this.#drawProbe(scene);
    c.restore();
    frame(c, box);
    const every = this.#reach > 3.5 ? 2 : 1;
    const last = Math.floor(this.#reach / every) * every;
    for (let x = -last; x <= last; x += every) {
      const text = `${x}`.replace("-", "−");
      label(c, text, this.#x(x), box.top + box.height + 15, "center");
      label(c, text, box.left - 6, this.#y(x) + 4, "right");
    }
  }

  #x(x: number): number {
    return this.#box.left + (0.5 + (0.5 * x) / this.#reach) * this.#box.width;
  }

  #y(y: number): number {
    return this.#box.top + (0.5 - (0.5 * y) / this.#reach) * this.#box.height;
  }

  #drawMap({ p, peak }: Lattice): void {
    const n = Lattice.nodes;
    const image = new ImageData(n, n);
    const paper = this.#paper;
    for (let at = 0; at < n * n; at++) {
      const ink = (p[at] / peak) ** GAMMA;
      // Row 0 of the lattice is the lowest, of the image the highest.
      const to = 4 * (at + n * (n - 1 - 2 * Math.floor(at / n)));
      for (let i = 0; i < 3; i++) image.data[to + i] = paper[i] + ink * (DENSITY[i] - paper[i]);
      image.data[to + 3] = 255;
    }
    this.#map.getContext("2d")!.putImageData(image, 0, 0);
    const { left, top, width, height } = this.#box;
    this.#c.imageSmoothingQuality = "high";
    this.#c.drawImage(this.#map, left, top, width, height);
  }

  #drawPaths({ run, k }: Scene): void {
    const c = this.#c;
    c.lineWidth = 1.2;
    const turn = Math.max(0, k - RECENT);
    // Where noise shakes the particles their old paths are a thicket: fainter.
    const old = run.motion.noise ? 0.14 : 0.45;
    for (const [from, to, ink] of [
      [0, turn, old],
      [turn, k, 0.85],
    ]) {
      c.strokeStyle = css(PARTICLES, ink);
      c.beginPath();
      for (let i = 0; i < 2 * PATHS; i += 2)
        for (let j = from; j <= to; j++) {
          const state = run.state(j);
          c[j === from ? "moveTo" : "lineTo"](this.#x(state[i]), this.#y(state[i + 1]));
        }
      c.stroke();
    }
  }

  #drawParticles(points: Float32Array): void {
    const c = this.#c;
    c.fillStyle = css(PARTICLES, 0.62);
    for (let i = 0; i < points.length; i += 2)
      c.fillRect(this.#x(points[i]) - 1, this.#y(points[i + 1]) - 1, 2, 2);
    c.fillStyle = css(PARTICLES);
    for (let i = 0; i < Math.min(2 * PATHS, points.length); i += 2)
      c.fillRect(this.#x(points[i]) - 1.7, this.#y(points[i + 1]) - 1.7, 3.4, 3.4);
  }

  /** The line of flow over a halo of paper, a dot where the point is now, a cross where it began. */
  #drawProbe({ run, k, point, line }: Scene): void {
    const c = this.#c;
    const dark = this.#paper[0] + this.#paper[1] + this.#paper[2] < 384;
    const ink = dark ? "#fff" : "#111";
    const trace = (draw: () => void): void => {
      for (const [color, width] of [
        [css(this.#paper, 0.75), 4.5],
        [ink, 1.8],
      ] as const) {
        c.strokeStyle = color;
        c.lineWidth = width;
        c.beginPath();
        draw();
        c.stroke();
      }
    };
    trace(() => {
      for (let i = 0; i < line.length; i += 2) c.lineTo(this.#x(line[i]), this.#y(line[i + 1]));
    });
    const [x, y] = [this.#x(point[0]), this.#y(point[1])];
    trace(() => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        c.moveTo(x + 3 * dx, y + 3 * dy);
        c.lineTo(x + 11 * dx, y + 11 * dy);
      }
    });
    const now = 2 * Math.round((run.time(k) / run.motion.path.end) * (line.length / 2 - 1));
    c.beginPath();
    c.arc(this.#x(line[now]), this.#y(line[now + 1]), 4.5, 0, 2 * Math.PI);
    c.fillStyle = ink;
    c.fill();
    c.strokeStyle = css(this.#paper);
    c.lineWidth = 1.5;
    c.stroke();
  }
}
