/** Where things stand on the canvas, in CSS pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  /** p(x,t): time to the right, x upward. */
  map: Box;
  /** The histogram; shares the map's x axis. */
  bars: Box;
  /** sigma(t) and g(t); shares the map's time axis. */
  noise: Box;
}

export function layoutFor(width: number): Layout {
  const narrow = width < 520;
  const left = 30;
  const gap = narrow ? 10 : 16;
  const barsWidth = Math.round(width * (narrow ? 0.26 : 0.24));
  const mapWidth = width - left - gap - barsWidth - 2;
  const mapHeight = Math.round(Math.min(380, Math.max(230, width * 0.42)));
  const top = 22;
  const map = { left, top, width: mapWidth, height: mapHeight };
  return {
    width,
    height: top + mapHeight + 22 + 64 + 8,
    map,
    bars: { left: left + mapWidth + gap, top, width: barsWidth, height: mapHeight },
    noise: { left, top: top + mapHeight + 22, width: mapWidth, height: 64 },
  };
}
