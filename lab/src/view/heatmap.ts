/** p(x,t) as pixels, and the particles blended over it. Pixels rather than drawing calls: thousands
 *  of dots a frame stay cheap without a graphics card. */
import type { Mixture } from "../core/mixture";
import { DENSITY, PARTICLES, type Rgb } from "./palette";

const COLUMNS = 240;
const ROWS = 200;
/** Below 1: brings out the faint parts. */
const GAMMA = 0.65;

export interface Dot {
  /** Position in the map, 0 to 1 from its left and from its top. */
  u: number;
  v: number;
  opacity: number;
}

export class Heatmap {
  private readonly base: ImageData;
  private readonly frame: ImageData;

  constructor(
    readonly width: number,
    readonly height: number,
    private readonly scale: number,
    law: (t: number) => Mixture,
    reach: number,
    peak: number,
    paper: Rgb,
  ) {
    const coarse = new OffscreenCanvas(COLUMNS, ROWS);
    const image = new ImageData(COLUMNS, ROWS);
    for (let i = 0; i < COLUMNS; i++) {
      const p = law((i + 0.5) / COLUMNS);
      for (let j = 0; j < ROWS; j++) {
        const x = reach * (1 - (2 * (j + 0.5)) / ROWS);
        const ink = Math.min(1, p.density(x) / peak) ** GAMMA;
        const at = 4 * (j * COLUMNS + i);
        for (let c = 0; c < 3; c++) image.data[at + c] = paper[c] + ink * (DENSITY[c] - paper[c]);
        image.data[at + 3] = 255;
      }
    }
    coarse.getContext("2d")!.putImageData(image, 0, 0);
    const fine = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    fine.imageSmoothingQuality = "high";
    fine.drawImage(coarse, 0, 0, width, height);
    this.base = fine.getImageData(0, 0, width, height);
    this.frame = new ImageData(width, height);
  }

  /** Round dots, softened over one pixel at the rim. */
  paint(dots: Iterable<Dot>): ImageData {
    const { width, height } = this;
    const data = this.frame.data;
    data.set(this.base.data);
    const radius = 1.25 * this.scale;
    for (const { u, v, opacity } of dots) {
      const x = u * width;
      const y = v * height;
      const right = Math.min(width - 1, Math.ceil(x + radius));
      const bottom = Math.min(height - 1, Math.ceil(y + radius));
      for (let j = Math.max(0, Math.floor(y - radius)); j <= bottom; j++)
        for (let i = Math.max(0, Math.floor(x - radius)); i <= right; i++) {
          const rim = radius + 0.5 - Math.hypot(i + 0.5 - x, j + 0.5 - y);
          if (rim <= 0) continue;
          const ink = opacity * Math.min(1, rim);
          const at = 4 * (j * width + i);
          for (let c = 0; c < 3; c++) data[at + c] += ink * (PARTICLES[c] - data[at + c]);
        }
    }
    return this.frame;
  }
}
