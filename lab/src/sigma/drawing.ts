/** Drawing the data density by mouse, finger or keyboard. Drawing is a mode: outside it a finger
 *  scrolls the page. */
import { label } from "../view/axes";
import { fit } from "../view/canvas";
import { button, element } from "../view/controls";
import { css, DENSITY, PARTICLES, TEXT } from "../view/palette";
import { DRAWN_REACH, NODES } from "./data";

const HEIGHT = 150;
const BOTTOM = 18;
const TOP = 6;
const STEP = 0.05;

export class Drawing {
  readonly row = element("div", "dl-drawing");
  readonly #canvas = document.createElement("canvas");
  readonly #mode: HTMLButtonElement;
  readonly #write: (heights: number[], final: boolean) => void;
  #heights: number[] = [];
  #on = false;
  #cursor = 30;
  /** The node and height under the pointer a moment ago; -1 when it is up. */
  #last = -1;
  #level = 0;

  constructor(write: (heights: number[], final: boolean) => void) {
    this.#write = write;
    this.#mode = button("Draw p(x, 0)", "", () => this.#toggle());
    const help = "Drag over the curve. By keyboard: ← → move, ↑ ↓ or + − raise and lower.";
    this.row.append(this.#mode, element("span", "dl-said", help), this.#canvas);
    const canvas = this.#canvas;
    canvas.setAttribute("role", "img");
    this.#toggle(false);
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.#on) return;
      canvas.setPointerCapture(event.pointerId);
      this.#last = -1;
      this.#stroke(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.#on || !event.buttons) return;
      // Between two frames a quick pointer is sampled more often than it is reported.
      for (const sample of event.getCoalescedEvents?.() ?? [event]) this.#stroke(sample);
    });
    for (const end of ["pointerup", "pointercancel"])
      canvas.addEventListener(end, () => {
        if (this.#last < 0) return;
        this.#last = -1;
        this.#smooth();
        this.#write([...this.#heights], true);
      });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  show(heights: number[]): void {
    // In the middle of a stroke the curve under the hand is the newest.
    if (this.#last < 0) this.#heights = heights;
    this.draw();
  }

  draw(): void {
    const width = this.#canvas.clientWidth;
    if (!width) return;
    const c = fit(this.#canvas, width, HEIGHT);
    const x = (i: number): number => (width * i) / (NODES.length - 1);
    const floor = HEIGHT - BOTTOM;
    const y = (i: number): number => floor - this.#heights[i] * (floor - TOP);
    c.beginPath();
    for (let i = 0; i < NODES.length; i++) c.lineTo(x(i), y(i));
    c.strokeStyle = css(DENSITY);
    c.lineWidth = 2;
    c.stroke();
    c.lineTo(width, floor);
    c.lineTo(0, floor);
    c.fillStyle = css(DENSITY, 0.2);
    c.fill();
    c.fillStyle = TEXT;
    c.fillRect(0, floor, width, 1);
    for (let v = 1 - DRAWN_REACH; v < DRAWN_REACH; v++)
      label(c, `${v}`.replace("-", "−"), x(10 * (v + DRAWN_REACH)), HEIGHT - 3, "center");
    if (!this.#on) return;
    c.fillStyle = css(PARTICLES);
    c.fillRect(x(this.#cursor) - 1, TOP, 2, floor - TOP);
    c.beginPath();
    c.arc(x(this.#cursor), y(this.#cursor), 6, 0, 7);
    c.fill();
  }

  #toggle(on = !this.#on): void {
    this.#on = on;
    const canvas = this.#canvas;
    this.#mode.setAttribute("aria-pressed", `${on}`);
    this.#mode.textContent = on ? "Stop drawing" : "Draw p(x, 0)";
    this.row.toggleAttribute("data-on", on);
    canvas.setAttribute("role", on ? "slider" : "img");
    canvas.tabIndex = on ? 0 : -1;
    this.#tell();
    this.draw();
  }

  #tell(): void {
    const canvas = this.#canvas;
    canvas.setAttribute("aria-label", this.#on ? "height of the data density at the cursor" : "the data density p(x, 0)");
    const names = ["valuenow", "valuemin", "valuemax", "valuetext"].map((name) => `aria-${name}`);
    if (!this.#on) return names.forEach((name) => canvas.removeAttribute(name));
    const level = (this.#heights[this.#cursor] ?? 0).toFixed(2);
    const values = [level, "0", "1", `x = ${NODES[this.#cursor].toFixed(1)}, height ${level}`];
    names.forEach((name, i) => canvas.setAttribute(name, values[i]));
  }

  #stroke(event: PointerEvent): void {
    const box = this.#canvas.getBoundingClientRect();
    const clamp = (v: number, most: number): number => Math.min(most, Math.max(0, v));
    const node = Math.round(clamp((event.clientX - box.left) / box.width, 1) * (NODES.length - 1));
    const floor = HEIGHT - BOTTOM;
    const level = clamp((floor - (event.clientY - box.top)) / (floor - TOP), 1);
    if (this.#last < 0) [this.#last, this.#level] = [node, level];
    // Straight between two samples: a quick stroke leaves no gaps.
    const gap = node - this.#last;
    for (let i = 0; i <= Math.abs(gap); i++) {
      const part = gap ? i / Math.abs(gap) : 1;
      this.#set(this.#last + Math.sign(gap) * i, this.#level + part * (level - this.#level));
    }
    [this.#last, this.#level, this.#cursor] = [node, level, node];
    this.#changed(false);
  }

  #set(node: number, level: number): void {
    this.#heights[node] = Math.round(100 * level) / 100;
  }

  /** A hand trembles: one pass of weights 1/4, 1/2, 1/4 when the stroke ends. */
  #smooth(): void {
    const old = [...this.#heights];
    for (let i = 1; i < old.length - 1; i++) this.#set(i, 0.25 * old[i - 1] + 0.5 * old[i] + 0.25 * old[i + 1]);
  }

  #key(event: KeyboardEvent): void {
    if (!this.#on) return;
    const across: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -60, End: 60 };
    const up: Record<string, number> = { ArrowUp: STEP, "+": STEP, "=": STEP, ArrowDown: -STEP, "-": -STEP };
    if (event.key in across) {
      this.#cursor = Math.min(NODES.length - 1, Math.max(0, this.#cursor + across[event.key]));
      this.#tell();
      this.draw();
    } else if (event.key in up) {
      // Neighbours follow halfway: a bump that one key makes is smooth.
      for (const [offset, share] of [[-1, 0.5], [0, 1], [1, 0.5]]) {
        const node = this.#cursor + offset;
        if (node >= 0 && node < NODES.length)
          this.#set(node, Math.min(1, Math.max(0, this.#heights[node] + share * up[event.key])));
      }
      this.#changed(true);
    } else return;
    event.preventDefault();
  }

  #changed(final: boolean): void {
    this.#tell();
    this.draw();
    this.#write([...this.#heights], final);
  }
}
