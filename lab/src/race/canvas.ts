/** A canvas with a name from the start: off the screen nothing has been drawn yet. */
export function picture(name: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  return canvas;
}
