/** Ticks and labels. */
import type { Box } from "./layout";
import { TEXT } from "./palette";

type Context = CanvasRenderingContext2D;

export function label(c: Context, text: string, x: number, y: number, align: CanvasTextAlign = "left"): void {
  c.fillStyle = TEXT;
  c.font = "12px system-ui, sans-serif";
  c.textAlign = align;
  c.fillText(text, x, y);
}

export function frame(c: Context, box: Box): void {
  c.strokeStyle = TEXT;
  c.globalAlpha = 0.5;
  c.lineWidth = 1;
  c.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  c.globalAlpha = 1;
}

/** x upward on the left edge: every 1, 2, 5 or 10, whichever leaves room. */
export function ticksUp(c: Context, box: Box, reach: number): void {
  const every = [1, 2, 5, 10].find((step) => (step * box.height) / (2 * reach) > 34) ?? 20;
  const last = Math.floor(reach / every) * every;
  for (let x = -last; x <= last; x += every) {
    const y = box.top + (box.height * (reach - x)) / (2 * reach);
    label(c, `${x}`.replace("-", "−"), box.left - 4, y + 4, "right");
  }
}

export function ticksAcross(c: Context, box: Box): void {
  const y = box.top + box.height + 13;
  label(c, "data 0", box.left, y);
  label(c, "1 noise", box.left + box.width, y, "right");
  for (const t of box.width > 300 ? [0.25, 0.5, 0.75] : [0.5])
    label(c, `${t}`, box.left + t * box.width, y, "center");
}
