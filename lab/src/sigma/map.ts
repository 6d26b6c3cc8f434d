/** p(x,t) as pixels, and the particles blended over it. Pixels rather than drawing calls: twenty
 *  thousand dots a frame stay cheap without a graphics card. */
import type { Table } from "../core/table";
import { DENSITY, PARTICLES, type Rgb } from "../view/palette";
import { type Crowd, LOST } from "./crowd";

/** Below 1: brings out the faint parts. */
const GAMMA = 0.6;
const SHADES = 1024;
/** Each dot is a particle at its own recent moment, so that the dots form a moving front and not a
 *  line: the moments reach this far back in time. */
const FRONT = 0.045;
const GOLDEN = 0.6180339887498949;
const LITTLE = 0xff000000;

const pack = (r: number, g: number, b: number): number => (LITTLE | (b << 16) | (g << 8) | r) >>> 0;

/** From paper through the density's blue to a deep one, or on dark paper to a pale one. */
export function ramp(paper: Rgb): Uint32Array {
  const dark = paper[0] + paper[1] + paper[2] < 380;
  const top: Rgb = dark ? [0xc4, 0xe2, 0xff] : [0x17, 0x42, 0x70];
  return Uint32Array.from({ length: SHADES }, (_, i) => {
    const ink = (i / (SHADES - 1)) ** GAMMA;
    const mix = (c: number): number =>
      ink < 0.7 ? paper[c] + (ink / 0.7) * (DENSITY[c] - paper[c]) : DENSITY[c] + ((ink - 0.7) / 0.3) * (top[c] - DENSITY[c]);
    return pack(mix(0), mix(1), mix(2));
  });
}

export class HeightMap {
  readonly image: ImageData;
  readonly #base: Uint32Array;
  readonly #frame: Uint32Array;
  /** The pixels of a dot, as offsets and opacities of 256. */
  readonly #offsets: number[] = [];
  readonly #inks: number[] = [];
  readonly #margin: number;

  constructor(
    readonly width: number,
    readonly height: number,
    scale: number,
  ) {
    this.image = new ImageData(width, height);
    this.#frame = new Uint32Array(this.image.data.buffer);
    this.#base = new Uint32Array(width * height);
    const radius = 1.1 * scale;
    this.#margin = Math.ceil(radius);
    for (let j = -this.#margin; j <= this.#margin; j++)
      for (let i = -this.#margin; i <= this.#margin; i++) {
        // Softened over one pixel at the rim.
        const cover = Math.min(1, radius + 0.5 - Math.hypot(i, j));
        if (cover <= 0) continue;
        this.#offsets.push(j * width + i);
        this.#inks.push(256 * cover);
      }
  }

  /** Linear in t between the rows of the table; each pixel takes the cell that it lies in. */
  paint({ p, steps, grid: { n } }: Table, peak: number, shades: Uint32Array): void {
    const { width, height } = this;
    const base = this.#base;
    const scale = (SHADES - 1) / peak;
    for (let i = 0; i < width; i++) {
      const at = (i * steps) / (width - 1);
      const row = Math.min(steps - 1, Math.floor(at));
      const w = (at - row) * scale;
      const v = scale - w;
      const first = row * n;
      for (let j = 0; j < height; j++) {
        const cell = first + Math.floor(((height - j - 0.5) * n) / height);
        const shade = v * p[cell] + w * p[cell + n];
        base[j * width + i] = shades[shade < SHADES - 1 ? shade | 0 : SHADES - 1];
      }
    }
  }

  /** The map with the first `shown` particles of step k, denser and darker toward the present. */
  blend(crowd: Crowd, k: number, shown: number): ImageData {
    this.#frame.set(this.#base);
    const lags = Math.max(1, Math.round(FRONT * crowd.steps)) + 1;
    // Many dots on one pixel would hide the map: the more there are, the fainter each.
    const strength = Math.min(1, 1500 / shown);
    const margin = this.#margin;
    const right = this.width - 1 - margin;
    const bottom = this.height - 1 - margin;
    let lag = 0;
    for (let i = 0; i < shown; i++) {
      lag += GOLDEN;
      if (lag >= 1) lag--;
      const late = lag * lag;
      const then = Math.max(0, k - Math.floor(late * lags));
      const place = crowd.places(then)[i];
      if (place === LOST) continue;
      const x = (crowd.time(then) * (this.width - 1) + 0.5) | 0;
      const y = this.height - 1 - ((place * this.height) >> 16);
      this.#dot(
        x < margin ? margin : x > right ? right : x,
        y < margin ? margin : y > bottom ? bottom : y,
        strength * (0.6 * (1 - late) + 0.08),
      );
    }
    return this.image;
  }

  #dot(x: number, y: number, opacity: number): void {
    const frame = this.#frame;
    const center = y * this.width + x;
    for (let o = 0; o < this.#offsets.length; o++) {
      const at = center + this.#offsets[o];
      const ink = (opacity * this.#inks[o]) | 0;
      const c = frame[at];
      const r = c & 255;
      const g = (c >> 8) & 255;
      const b = (c >> 16) & 255;
      frame[at] =
        LITTLE |
        ((b + (((PARTICLES[2] - b) * ink) >> 8)) << 16) |
        ((g + (((PARTICLES[1] - g) * ink) >> 8)) << 8) |
        (r + (((PARTICLES[0] - r) * ink) >> 8));
    }
  }
}
