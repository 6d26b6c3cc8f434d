/** Five functions of every path side by side, and what the chosen path does to two data points. */
import { label, ticksAcross } from "../view/axes";
import { fit } from "../view/canvas";
import { css, DENSITY, FAILURE, PARTICLES, TEXT } from "../view/palette";
import type { Path } from "../core/path";
import { type Values, valuesAt } from "./path";
import { Axes } from "./sheet";

export interface Shown {
  path: Path;
  color: string;
  chosen: boolean;
}

type Range = readonly [number, number];
const PANELS: readonly { key: keyof Values; title: string; range: Range; log?: boolean }[] = [
  { key: "alpha", title: "α(t)", range: [0, 1.05] },
  { key: "std", title: "σ̄(t), log scale", range: [0.02, 100], log: true },
  { key: "logSnr", title: "λ = log(α²/σ̄²)", range: [-12, 12] },
  { key: "rate", title: "f/x = α′/α", range: [-12, 1] },
  { key: "g", title: "g(t), log scale", range: [0.1, 300], log: true },
];
const SAMPLES = 160;
/** Inner times: at the ends some of the functions are infinite. */
const TIMES = Float64Array.from({ length: SAMPLES }, (_, i) => (i + 0.5) / SAMPLES);
const CLOUD: Range = [-3, 3];

/** The default range, widened to hold the chosen curve but for its outermost twentieths, up to a
 *  factor: a pole shall not flatten everything else. */
function widened([low, high]: Range, log: boolean, values: readonly number[]): Range {
  const inner = values.slice(SAMPLES / 20, -SAMPLES / 20).filter((y) => Number.isFinite(y) && (!log || y > 0));
  const room = 4 * (high - low);
  const [least, most] = log ? [low / 100, high * 100] : [low - room, high + room];
  return [Math.max(least, Math.min(low, ...inner)), Math.min(most, Math.max(high, ...inner))];
}

/** The left edges and the width of the panels, for a reader's click. */
export interface Columns {
  lefts: readonly number[];
  width: number;
}

export function drawCurves(canvas: HTMLCanvasElement, width: number, shown: readonly Shown[], t: number): Columns {
  const columns = width < 560 ? 2 : 3;
  const rows = 6 / columns;
  const left = 36;
  const cell = (width + 8) / columns;
  const high = Math.round(Math.min(190, Math.max(118, cell * 0.62)));
  const c = fit(canvas, width, rows * (high + 40) + 4);
  const boxes = Array.from({ length: 6 }, (_, i) => ({
    left: left + (i % columns) * cell,
    top: 20 + Math.floor(i / columns) * (high + 40),
    width: cell - left - 10,
    height: high,
  }));
  const read = shown.map((s) => ({ ...s, values: Array.from(TIMES, (time) => valuesAt(s.path, time)) }));
  const chosen = read.find((s) => s.chosen)!;
  // The chosen one last, on top.
  read.sort((a, b) => Number(a.chosen) - Number(b.chosen));
  PANELS.forEach(({ key, title, range, log = false }, i) => {
    const mine = chosen.values.map((v) => v[key]);
    const axes = new Axes(c, boxes[i], widened(range, log, mine), log);
    axes.within(() => {
      if (key === "g") shadeImpossible(axes, chosen.values);
      for (const { values, color, chosen: thick } of read) {
        c.strokeStyle = color;
        c.lineWidth = thick ? 3.2 : 1.3;
        c.globalAlpha = thick ? 1 : 0.75;
        axes.line(values.map((v, j) => [TIMES[j], v[key]] as const));
      }
      c.globalAlpha = 1;
      cursor(axes, t);
      dot(axes, t, valuesAt(chosen.path, t)[key], chosen.color);
    });
    axes.decorate(title);
    ticksAcross(c, boxes[i]);
  });
  drawCloud(new Axes(c, boxes[5], CLOUD), chosen, t);
  ticksAcross(c, boxes[5]);
  return { lefts: boxes.slice(0, columns).map((b) => b.left), width: boxes[0].width };
}

function cursor({ c, box }: Axes, t: number): void {
  c.fillStyle = TEXT;
  c.fillRect(box.left + t * box.width - 0.75, box.top, 1.5, box.height);
}

function dot(axes: Axes, t: number, value: number, color: string): void {
  const { c } = axes;
  c.fillStyle = color;
  c.beginPath();
  c.arc(axes.x(t), axes.y(value), 4.5, 0, 7);
  c.fill();
}

/** Where g^2 < 0. */
function shadeImpossible(axes: Axes, values: readonly Values[]): void {
  const { c, box } = axes;
  c.fillStyle = css(FAILURE, 0.3);
  let first = Infinity;
  // Whole pixels, so that neighbors neither overlap nor leave a gap.
  const edge = (i: number): number => Math.round(axes.x(i / SAMPLES));
  values.forEach(({ g, gSquared }, i) => {
    if (!(gSquared < 0 && Number.isNaN(g))) return;
    first = Math.min(first, i);
    c.fillRect(edge(i), box.top, edge(i + 1) - edge(i), box.height);
  });
  if (first < SAMPLES) label(c, "g² < 0", Math.min(axes.x(first / SAMPLES) + 4, box.left + box.width - 42), box.top + 16);
}

/** Mean and one standard deviation of x_t that began at -1 and at 1. */
function drawCloud(axes: Axes, { values, color, path }: { values: Values[]; color: string; path: Path }, t: number): void {
  const { c } = axes;
  axes.within(() => {
    for (const [x0, rgb] of [[-1, DENSITY], [1, PARTICLES]] as const) {
      c.beginPath();
      values.forEach(({ alpha, std }, i) => c.lineTo(axes.x(TIMES[i]), clipped(axes, alpha * x0 + std)));
      for (let i = SAMPLES - 1; i >= 0; i--)
        c.lineTo(axes.x(TIMES[i]), clipped(axes, values[i].alpha * x0 - values[i].std));
      c.fillStyle = css(rgb, 0.28);
      c.fill();
      c.strokeStyle = css(rgb);
      c.lineWidth = 2;
      axes.line(values.map(({ alpha }, i) => [TIMES[i], alpha * x0] as const));
    }
    cursor(axes, t);
    for (const x0 of [-1, 1]) dot(axes, t, path.alpha(t) * x0, color);
  });
  axes.decorate("xₜ of x₀ = ±1: αx₀ ± σ̄");
}

function clipped(axes: Axes, value: number): number {
  return axes.y(Math.max(-99, Math.min(99, value)));
}
