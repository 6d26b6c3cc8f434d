/** What a hand does on the plane: mouse, finger and keys move the cross-hair or draw points.
 *  While drawing the canvas keeps the finger; otherwise the page scrolls under it. */
import type { Cleanup } from "../anywidget";

export interface Moves {
  /** Is the reader drawing? */
  drawing(): boolean;
  place(px: number, py: number): [number, number];
  /** By the arrow keys. */
  nudge(dx: number, dy: number): void;
  look(x: number, y: number): void;
  /** Draw a point here, or where the cross-hair is. */
  add(x?: number, y?: number): void;
  undo(): void;
  release(): void;
}

/** Drawn points keep this distance, in units of the plane. */
const SPACING = 0.14;
const STEP = 0.05;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

export function watchHand(canvas: HTMLCanvasElement, moves: Moves): Cleanup {
  let last: [number, number] | undefined;
  /** A fast hand leaves gaps between its events: points are set along the straight line. */
  const draw = (x: number, y: number): void => {
    const [x0, y0] = last ?? [x, y];
    const count = Math.floor(Math.hypot(x - x0, y - y0) / SPACING);
    if (last && !count) return;
    for (let i = 1; i <= count; i++) moves.add(x0 + ((x - x0) * i) / count, y0 + ((y - y0) * i) / count);
    if (!last) moves.add(x, y);
    last = [x, y];
  };
  const act = (event: PointerEvent | MouseEvent): void => {
    const [x, y] = moves.place(event.offsetX, event.offsetY);
    if (moves.drawing()) draw(x, y);
    else moves.look(x, y);
  };
  const on: Record<string, (event: never) => void> = {
    pointerdown: (event: PointerEvent) => {
      canvas.setPointerCapture(event.pointerId);
      last = undefined;
      // When looking, only a click: a finger that lands here to scroll the page is not meant.
      if (moves.drawing()) act(event);
    },
    pointermove: (event: PointerEvent) => {
      if (event.buttons && (moves.drawing() || event.pointerType !== "touch")) act(event);
    },
    click: (event: MouseEvent) => {
      if (!moves.drawing()) act(event);
      moves.release();
    },
    pointerup: () => moves.release(),
    keydown: (event: KeyboardEvent) => {
      const arrow = ARROWS[event.key];
      const step = event.shiftKey ? 5 * STEP : STEP;
      if (arrow) moves.nudge(arrow[0] * step, arrow[1] * step);
      else if (moves.drawing() && (event.key === "Enter" || event.key === " ")) moves.add();
      else if (moves.drawing() && event.key === "Backspace") moves.undo();
      else return;
      event.preventDefault();
    },
    keyup: () => moves.release(),
  };
  for (const [name, listener] of Object.entries(on)) canvas.addEventListener(name, listener as EventListener);
  return () => {
    for (const [name, listener] of Object.entries(on)) canvas.removeEventListener(name, listener as EventListener);
  };
}
