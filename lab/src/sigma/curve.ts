/** sigma(t) dragged as a curve: six handles, joined by straight lines, that write a formula. The
 *  formula stays the one truth, so a dragged curve travels in links and to Python like a typed one. */
import { element } from "../view/controls";
import type { Picture } from "./picture";

const KNOTS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const MOST = 40;

/** The line through the knots, in hundredths: slopes between knots 0.2 apart are then exact decimals. */
export function curveFormula(values: readonly number[]): string {
  const hundredths = values.map((v) => Math.round(100 * v));
  const slopes = hundredths.slice(1).map((v, i) => (v - hundredths[i]) / 20);
  const terms = slopes.map((slope, i) => {
    const turn = Number((slope - (i ? slopes[i - 1] : 0)).toFixed(2));
    if (!turn) return "";
    return `${turn < 0 ? " - " : " + "}${Math.abs(turn)}*${i ? `max(0, t - ${KNOTS[i]})` : "t"}`;
  });
  const line = `${hundredths[0] / 100}${terms.join("")}`;
  // Sums of decimals are rounded: a curve that touches 0 must not dip below by 1e-16.
  return terms.some(Boolean) ? `max(0, ${line})` : line;
}

/** The handles, laid over the picture's strip of sigma(t). */
export class Curve {
  readonly layer = element("div", "dl-handles");
  readonly #picture: Picture;
  readonly #values: number[] = KNOTS.map(() => 0);
  readonly #handles: HTMLElement[];
  #dragged = false;

  constructor(picture: Picture, write: (formula: string, final: boolean) => void) {
    this.#picture = picture;
    this.layer.hidden = true;
    this.#handles = KNOTS.map((t, i) => {
      const handle = element("div", "dl-handle");
      handle.tabIndex = 0;
      handle.setAttribute("role", "slider");
      handle.setAttribute("aria-label", `σ at t = ${t}`);
      handle.setAttribute("aria-orientation", "vertical");
      handle.setAttribute("aria-valuemin", "0");
      handle.setAttribute("aria-valuemax", `${MOST}`);
      const put = (value: number, final: boolean): void => {
        this.#values[i] = Math.min(MOST, Math.max(0, value));
        write(curveFormula(this.#values), final);
      };
      handle.addEventListener("pointerdown", (event) => {
        handle.setPointerCapture(event.pointerId);
        this.#dragged = true;
      });
      handle.addEventListener("pointermove", (event) => {
        if (!this.#dragged || !handle.hasPointerCapture(event.pointerId)) return;
        const { top, height } = picture.layout.noise;
        const y = event.clientY - picture.canvas.getBoundingClientRect().top;
        put(picture.noiseTop * Math.min(1, 1 - (y - top) / height), false);
      });
      const release = (): void => {
        if (!this.#dragged) return;
        this.#dragged = false;
        put(this.#values[i], true);
      };
      for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, release);
      handle.addEventListener("keydown", (event) => {
        const small = Math.max(0.01, Number((picture.noiseTop / 40).toPrecision(1)));
        const moves: Record<string, number> = { ArrowUp: small, ArrowDown: -small, "+": small, "-": -small };
        const far: Record<string, number> = { PageUp: 5 * small, PageDown: -5 * small, Home: -MOST };
        const move = moves[event.key] ?? far[event.key];
        if (move === undefined) return;
        event.preventDefault();
        put(this.#values[i] + move, true);
      });
      this.layer.append(handle);
      return handle;
    });
  }

  /** While a handle is dragged the scale must not move under it. */
  get dragged(): boolean {
    return this.#dragged;
  }

  show(sigma: (t: number) => number): void {
    KNOTS.forEach((t, i) => {
      if (!this.#dragged) this.#values[i] = sigma(t);
      this.#handles[i].setAttribute("aria-valuenow", this.#values[i].toFixed(2));
    });
  }

  /** Put the handles where the picture has drawn the curve. */
  place(): void {
    const { layout, noiseTop } = this.#picture;
    const { left, top, width, height } = layout.noise;
    KNOTS.forEach((t, i) => {
      const y = top + height * (1 - Math.min(1, this.#values[i] / noiseTop));
      this.#handles[i].style.transform = `translate(${left + t * width}px, ${y}px)`;
    });
  }
}
