/** The linear path in the plane of time and x: straight lines that know their data point cross; the
 *  curves of the marginal velocity, which knows x and t only, do not. At the side both velocities
 *  as functions of x at one time. */
import { label, ticksAcross } from "../view/axes";
import { fit } from "../view/canvas";
import { css, DENSITY, PARTICLES, type Rgb, TEXT } from "../view/palette";
import { conditional, type Data, density, END, marginal, type Pair, STEPS, timeAt, trajectory } from "./linear";
import { Axes } from "./sheet";
import type { Columns } from "./curves";

/** Data points from blue to orange, all of them apart from the green of the marginal velocity. */
const POINTS: readonly Rgb[] = [DENSITY, PARTICLES, [0x7c, 0x6b, 0xd6], [0xc0, 0x44, 0x7d]];
const MARGINAL: Rgb = [0x2a, 0x9d, 0x63];
/** The middles of eight equal shares of N(0, 1): between two curves flows an eighth of the mass. */
const STARTS = [0.157, 0.489, 0.887, 1.534].flatMap((eps) => [-eps, eps]);
const REACH = 2.9;
const SPEED = 8;
const ARROWS = 13;

export function drawCrossing(
  canvas: HTMLCanvasElement,
  width: number,
  data: Data,
  lines: readonly Pair[],
  t: number,
): Columns {
  const narrow = width < 560;
  const left = 26;
  const side = Math.round(width * (narrow ? 0.34 : 0.3));
  const high = Math.round(Math.min(400, Math.max(250, width * 0.45)));
  const c = fit(canvas, width, high + 42);
  const box = { left, top: 20, width: width - left - side - 14, height: high };
  const map = new Axes(c, box, [-REACH, REACH]);
  map.within(() => {
    c.lineWidth = 1;
    for (const { x0, eps, k } of lines) {
      c.strokeStyle = css(POINTS[k % POINTS.length], 0.8);
      map.line([[0, x0], [1, eps]]);
    }
    c.strokeStyle = css(MARGINAL);
    c.lineWidth = 2.4;
    for (const eps of STARTS) map.line(curve(trajectory(data, eps)));
    c.fillStyle = TEXT;
    c.fillRect(map.x(t) - 0.75, box.top, 1.5, high);
    for (let i = 0; i < ARROWS; i++) {
      const x = REACH * 0.94 * ((2 * i) / (ARROWS - 1) - 1);
      arrow(map, t, x, marginal(data, x, t));
    }
  });
  map.decorate("lines: one x₀ each; curves: u(x, t)");
  ticksAcross(c, box);
  drawSide(c, { ...box, left: width - side, width: side - 2 }, data, t);
  return { lefts: [left], width: box.width };
}

function* curve(states: Float64Array): Iterable<readonly [number, number]> {
  for (let k = 0; k <= STEPS; k++) yield [timeAt(k), states[k]];
}

/** The direction in which the density flows from (t, x) as t falls, drawn with one length. */
function arrow(axes: Axes, t: number, x: number, u: number): void {
  const { c } = axes;
  const across = -axes.box.width;
  const down = -u * (axes.y(1) - axes.y(0));
  const length = 24 / Math.hypot(across, down);
  const [x1, y1] = [axes.x(t), axes.y(x)];
  const [dx, dy] = [across * length, down * length];
  c.strokeStyle = c.fillStyle = css(MARGINAL);
  c.lineWidth = 2.4;
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x1 + 0.75 * dx, y1 + 0.75 * dy);
  c.stroke();
  c.beginPath();
  c.moveTo(x1 + dx, y1 + dy);
  c.lineTo(x1 + 0.6 * dx - 0.2 * dy, y1 + 0.6 * dy + 0.2 * dx);
  c.lineTo(x1 + 0.6 * dx + 0.2 * dy, y1 + 0.6 * dy - 0.2 * dx);
  c.fill();
}

/** Velocity to the right, x upward as in the map: p(x,t), u(x, t | x_0) of each point, and u(x, t). */
function drawSide(c: CanvasRenderingContext2D, box: Axes["box"], data: Data, t: number): void {
  const map = new Axes(c, box, [-REACH, REACH]);
  const across = (u: number): number => box.left + (box.width * (u + SPEED)) / (2 * SPEED);
  const plot = (value: (x: number) => number): void => {
    c.beginPath();
    for (let i = 0; i <= 240; i++) {
      const x = REACH * (1 - i / 120);
      c.lineTo(Math.max(-1e4, Math.min(1e4, value(x))), map.y(x));
    }
  };
  const when = Math.max(t, END);
  map.within(() => {
    const peak = Math.max(...Array.from({ length: 121 }, (_, i) => density(data, REACH * (i / 60 - 1), when)));
    plot((x) => box.left + (0.45 * box.width * density(data, x, when)) / peak);
    c.lineTo(box.left, box.top + box.height);
    c.lineTo(box.left, box.top);
    c.fillStyle = css(DENSITY, 0.22);
    c.fill();
    c.fillStyle = TEXT;
    c.fillRect(across(0) - 0.5, box.top, 1, box.height);
    c.lineWidth = 1.4;
    data.points.forEach((x0, k) => {
      c.strokeStyle = css(POINTS[k % POINTS.length]);
      plot((x) => across(conditional(x, when, x0)));
      c.stroke();
    });
    c.strokeStyle = css(MARGINAL);
    c.lineWidth = 3;
    plot((x) => across(marginal(data, x, when)));
    c.stroke();
  });
  map.decorate(box.width > 150 ? "velocity at x, and p(x, t)" : "velocity, p", false);
  for (const [u, align] of [[-SPEED, "left"], [0, "center"], [SPEED, "right"]] as const)
    label(c, `${u}`.replace("-", "−"), across(u), box.top + box.height + 13, align);
}
