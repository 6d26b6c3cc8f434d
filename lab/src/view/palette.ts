/** The book's colors: one meaning each, the same as in its Matplotlib figures. */
export type Rgb = readonly [number, number, number];

export const DENSITY: Rgb = [0x3b, 0x82, 0xc4];
export const PARTICLES: Rgb = [0xd9, 0x77, 0x06];
export const FAILURE: Rgb = [0xc0, 0x44, 0x7d];
/** Readable on light and on dark pages alike. */
export const TEXT = "#808080";

export function css([r, g, b]: Rgb, alpha = 1): string {
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** The color behind an element: the nearest ancestor that paints one, or white paper. */
export function backgroundOf(el: Element): Rgb {
  for (let at: Element | null = el; at; at = at.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (b !== undefined && a > 0) return [r, g, b];
  }
  return [255, 255, 255];
}
