/** One set of axes on a canvas. */
import { frame, label } from "../view/axes";
import type { Box } from "../view/layout";

type Context = CanvasRenderingContext2D;

export class Axes {
  constructor(
    readonly c: Context,
    readonly box: Box,
    readonly range: readonly [number, number],
    readonly log = false,
  ) {}

  x(t: number): number {
    return this.box.left + t * this.box.width;
  }

  y(value: number): number {
    const [low, high] = this.range;
    const share = this.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return this.box.top + this.box.height * (1 - share);
  }

  /** Runs `draw` with everything outside the box cut off. */
  within(draw: () => void): void {
    const { left, top, width, height } = this.box;
    this.c.save();
    this.c.beginPath();
    this.c.rect(left, top, width, height);
    this.c.clip();
    draw();
    this.c.restore();
  }

  /** A line through the points, broken where one is not a finite height. */
  line(points: Iterable<readonly [number, number]>): void {
    const { c, box } = this;
    c.beginPath();
    let pen = false;
    for (const [t, value] of points) {
      // Far outside the box the canvas draws no better, and loses precision.
      const y = Math.max(box.top - 2000, Math.min(box.top + box.height + 2000, this.y(value)));
      if (pen && y === y) c.lineTo(this.x(t), y);
      else if (y === y) c.moveTo(this.x(t), y);
      pen = y === y;
    }
    c.stroke();
  }

  decorate(title: string, numbered = true): void {
    const { c, box } = this;
    frame(c, box);
    label(c, title, box.left, box.top - 7);
    if (!numbered) return;
    for (const value of ticks(this.range, this.log))
      label(c, named(value, this.log), box.left - 5, this.y(value) + 4, "right");
  }
}

function named(value: number, log: boolean): string {
  const text = log && (value < 0.1 || value > 1000) ? value.toExponential(0) : `${+value.toPrecision(6)}`;
  return text.replace("-", "−").replace("e+", "e");
}

/** Round numbers, at most five: decades on a logarithmic axis, else steps of 1, 2 or 5. */
export function ticks([low, high]: readonly [number, number], log: boolean): number[] {
  const out: number[] = [];
  if (log) {
    const every = Math.ceil(Math.log10(high / low) / 4);
    for (let k = Math.ceil(Math.log10(low)); 10 ** k <= high; k++) if (k % every === 0) out.push(10 ** k);
    return out;
  }
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5].find((m) => m * unit >= rough) ?? 10);
  for (let k = Math.ceil(low / step); k * step <= high; k++) out.push(k * step);
  return out;
}
