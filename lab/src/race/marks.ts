/** How each sampler is marked: color (Okabe and Ito), glyph and line, so that color is never alone.
 *  Hollow and dashed: it draws fresh noise. */
import { TEXT } from "../view/palette";
import type { SamplerName } from "./samplers";

export interface Mark {
  color: string;
  glyph: string;
  label: string;
}

export const MARKS: Record<SamplerName, Mark> = {
  euler: { color: TEXT, glyph: "●", label: "Euler" },
  euler_maruyama: { color: TEXT, glyph: "○", label: "Euler–Mar." },
  ddpm: { color: "#cc79a7", glyph: "□", label: "DDPM" },
  ddim: { color: "#0072b2", glyph: "■", label: "DDIM" },
  heun: { color: "#009e73", glyph: "▲", label: "Heun" },
  dpm_solver: { color: "#d55e00", glyph: "◆", label: "DPM++ 2M" },
  predictor_corrector: { color: "#e69f00", glyph: "△", label: "Pred.–corr." },
  flow_matching: { color: "#56b4e9", glyph: "▼", label: "Flow m." },
};

/** A glyph centered on (x, y). */
export function drawMark(c: CanvasRenderingContext2D, { glyph, color }: Mark, x: number, y: number): void {
  c.font = "13px system-ui, sans-serif";
  c.textAlign = "center";
  c.fillStyle = color;
  c.fillText(glyph, x, y + 4.5);
}
