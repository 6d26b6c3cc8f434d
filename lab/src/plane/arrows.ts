/** Arrows of a vector field: short ones lengthened by a square root, faded where p is tiny. */
import type { Box } from "../view/layout";
import { css, type Rgb } from "../view/palette";
import { Lattice } from "./lattice";

/** A vector at each place. */
export type Field = (x: number, y: number) => readonly number[];

/** The book's color for scores and velocities. */
const FIELD: Rgb = [0x2a, 0x9d, 0x63];
const ROWS = 17;
/** Where p is less than this part of its peak there is no arrow. */
const FAINT = 0.004;

export function drawArrows(c: CanvasRenderingContext2D, box: Box, lattice: Lattice, field: Field, paper: Rgb): void {
  const { reach, p, peak } = lattice;
  const arrows: { x: number; y: number; u: number; v: number; size: number; ink: number }[] = [];
  for (let j = 0; j < ROWS; j++)
    for (let i = 0; i < ROWS; i++) {
      const x = (2 * (i + 0.5) / ROWS - 1) * reach;
      const y = (2 * (j + 0.5) / ROWS - 1) * reach;
      const node = (z: number): number => Math.floor(((z + reach) / (2 * reach)) * Lattice.nodes);
      const part = p[node(y) * Lattice.nodes + node(x)] / peak;
      if (part < FAINT) continue;
      const [u, v] = field(x, y);
      arrows.push({ x, y, u, v, size: Math.hypot(u, v), ink: Math.min(1, (part / 0.15) ** 0.4) });
    }
  const longest = Math.max(1e-9, ...arrows.map((a) => a.size));
  const space = box.width / ROWS;
  for (const { x, y, u, v, size, ink } of arrows) {
    const length = 1.15 * space * Math.sqrt(size / longest);
    if (length < 2) continue;
    const [ex, ey] = [u / size, -v / size];
    const px = box.left + (0.5 + (0.5 * x) / reach) * box.width - 0.5 * length * ex;
    const py = box.top + (0.5 - (0.5 * y) / reach) * box.height - 0.5 * length * ey;
    const head = Math.min(7, 0.55 * length);
    const along = (a: number, b: number): [number, number] => [px + a * ex - b * ey, py + a * ey + b * ex];
    for (const [color, extra] of [[css(paper, 0.55 * ink), 2.2], [css(FIELD, ink), 0]] as const) {
      c.beginPath();
      c.moveTo(px, py);
      c.lineTo(...along(length - head, 0));
      c.strokeStyle = c.fillStyle = color;
      c.lineWidth = 1.7 + extra;
      c.stroke();
      c.beginPath();
      c.moveTo(...along(length + extra / 2, 0));
      c.lineTo(...along(length - head - extra / 2, 0.45 * head + extra / 2));
      c.lineTo(...along(length - head - extra / 2, -0.45 * head - extra / 2));
      c.fill();
    }
  }
}
