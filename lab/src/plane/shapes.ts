/** The package's toy densities as centers of bumps, the same as `bumps` of the Python figure: each
 *  shape is centered and scaled as the package scales its samples. */
type Points = [number, number][];

export interface Shape {
  means: Points;
  /** Empty: all equal. */
  weights: number[];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const circle = (n: number, radius: number): Points =>
  range(n).map((i) => {
    const a = (2 * Math.PI * i) / n;
    return [radius * Math.cos(a), radius * Math.sin(a)];
  });

/** Two half circles of 32 bumps; the samples they stand for have the noise 0.06 and unit std. */
function moons(): Shape {
  const arc = range(32).map((i) => ((i + 0.5) * Math.PI) / 32);
  const upper: Points = arc.map((a) => [Math.cos(a) - 0.5, Math.sin(a) - 0.25]);
  const all: Points = [...upper, ...upper.map(([x, y]): [number, number] => [-x, -y])];
  const square = all.reduce((sum, [x, y]) => sum + x * x + y * y, 0);
  const scale = Math.sqrt(square / 128 + 0.06 ** 2);
  return { means: all.map(([x, y]) => [x / scale, y / scale]), weights: [] };
}

/** Circles of radius 1 and 1/2 with the noise 0.04, of equal mass. */
function rings(): Shape {
  const scale = Math.sqrt(0.3125 + 0.04 ** 2);
  const means = [...circle(64, 1 / scale), ...circle(32, 0.5 / scale)];
  return { means, weights: means.map((_, i) => (i < 64 ? 1 / 128 : 1 / 64)) };
}

/** The dark squares of a 4 x 4 board on [-2, 2]^2, each of 4 x 4 bumps. */
function checkerboard(): Shape {
  const means = range(128).map((i): [number, number] => {
    const [square, column, row] = [i >> 4, (i >> 2) & 3, i & 3];
    const left = square & 3;
    const low = 2 * (square >> 2) + (left & 1);
    return [left - 2 + (column + 0.5) / 4, low - 2 + (row + 0.5) / 4];
  });
  return { means, weights: [] };
}

export const SHAPES = {
  ring: (): Shape => ({ means: circle(8, 1.5), weights: [] }),
  moons,
  rings,
  checkerboard,
};
