/** p and the posterior mean M on a square lattice at one moment: the heat map, and, where there are
 *  many bumps, a table for the particles. A round Gaussian is a product of two on lines, so a
 *  lattice costs 2 N exponentials a bump and N^2 multiplications. */
import type { Bumps, Mean } from "./bumps";
import type { Moment } from "./path";

const NODES = 96;

export class Lattice {
  readonly p = new Float32Array(NODES * NODES);
  readonly peak: number;
  /** M at the nodes, in pairs; not a number where p underflows. */
  readonly #means = new Float32Array(2 * NODES * NODES);
  readonly #perUnit: number;

  constructor(
    bumps: Bumps,
    { alpha, v }: Moment,
    readonly reach: number,
  ) {
    this.#perUnit = NODES / (2 * reach);
    const n = NODES;
    const mass = new Float64Array(n * n);
    const pull = new Float64Array(2 * n * n);
    const across = new Float64Array(n);
    for (let k = 0; k < bumps.count; k++) {
      const mx = bumps.xs[k];
      const my = bumps.ys[k];
      for (let i = 0; i < n; i++) across[i] = Math.exp((-0.5 / v) * (this.node(i) - alpha * mx) ** 2);
      for (let j = 0; j < n; j++) {
        const up = bumps.weights[k] * Math.exp((-0.5 / v) * (this.node(j) - alpha * my) ** 2);
        if (up < 1e-200) continue;
        for (let i = 0, at = j * n; i < n; i++, at++) {
          const q = up * across[i];
          mass[at] += q;
          pull[2 * at] += q * mx;
          pull[2 * at + 1] += q * my;
        }
      }
    }
    let peak = 0;
    for (let at = 0; at < n * n; at++) {
      const p = (this.p[at] = mass[at] / (2 * Math.PI * v));
      if (p > peak) peak = p;
      const safe = mass[at] > 1e-200 ? mass[at] : NaN;
      this.#means[2 * at] = pull[2 * at] / safe;
      this.#means[2 * at + 1] = pull[2 * at + 1] / safe;
    }
    this.peak = peak;
  }

  static readonly nodes = NODES;

  node(i: number): number {
    return (i + 0.5) / this.#perUnit - this.reach;
  }

  /** Bilinear M; false where the lattice has none (outside, or next to a node without mass). */
  mean(x: number, y: number, out: Mean): boolean {
    const u = (x + this.reach) * this.#perUnit - 0.5;
    const w = (y + this.reach) * this.#perUnit - 0.5;
    if (!(u >= 0 && w >= 0 && u < NODES - 1 && w < NODES - 1)) return false;
    const i = u | 0;
    const j = w | 0;
    const fu = u - i;
    const fw = w - j;
    const m = this.#means;
    const a = 2 * (j * NODES + i);
    const b = a + 2 * NODES;
    const low = m[a] + fu * (m[a + 2] - m[a]);
    const high = m[b] + fu * (m[b + 2] - m[b]);
    out.x = low + fw * (high - low);
    const low2 = m[a + 1] + fu * (m[a + 3] - m[a + 1]);
    const high2 = m[b + 1] + fu * (m[b + 3] - m[b + 1]);
    out.y = low2 + fw * (high2 - low2);
    return out.x === out.x;
  }
}
