/** Makes a canvas sharp on its screen: width x height in CSS pixels, with `scale` dots to each. */
export function fit(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  scale = window.devicePixelRatio || 1,
): CanvasRenderingContext2D {
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const c = canvas.getContext("2d")!;
  c.setTransform(scale, 0, 0, scale, 0, 0);
  return c;
}
