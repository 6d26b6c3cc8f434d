/** The particles of a run, and where each was after every step.
 *  They run in parts, the first one small: after a change its picture is there at once and the rest
 *  join over the next frames. Places are kept in 16 bits of the window, fine enough for pixels
 *  and bins; the run itself is in double precision. */
import { type Motion, Particles, scoreWeight } from "../core/particles";

/** Kept instead of a place: outside the window, or not a number. */
export const LOST = 65535;
const PARTS = [250, 750, 4000, 5000];

export class Crowd {
  steps = 1;
  count = 0;
  /** The greatest number of substeps, and the greatest score pull x substep, met so far. */
  substeps = 1;
  pull = 0;
  motion!: Motion;
  readonly #rows: Uint16Array[] = [];
  readonly #parts: Particles[] = [];
  readonly #starts: number[] = [];
  readonly #reached: number[] = [];
  #reach = 1;

  restart(motion: Motion, reach: number, steps: number, count: number, seed: number): void {
    if (count !== this.count) this.#rows.length = 0;
    this.#rows.length = Math.min(this.#rows.length, steps + 1);
    Object.assign(this, { motion, steps, count, substeps: 1, pull: 0 });
    this.#reach = reach;
    this.#parts.length = this.#starts.length = this.#reached.length = 0;
    for (let start = 0; start < count; ) {
      const part = this.#parts.length;
      const size = Math.min(PARTS[Math.min(part, PARTS.length - 1)], count - start);
      // Parts draw from streams of their own, all fixed by the one seed.
      const particles = new Particles(size, (seed + Math.imul(part, 0x85ebca6b)) >>> 0);
      particles.place(motion.table, this.time(0));
      this.#parts.push(particles);
      this.#starts.push(start);
      this.#reached.push(0);
      this.#keep(part, 0);
      start += size;
    }
  }

  /** Time after k steps: up from 0 when forward, down from 1 when backward. */
  time(k: number): number {
    return this.motion.direction === "forward" ? k / this.steps : 1 - k / this.steps;
  }

  /** The number of steps that leads nearest to time t. */
  stepAt(t: number): number {
    const done = this.motion.direction === "forward" ? t : 1 - t;
    return Math.round(Math.min(1, Math.max(0, done)) * this.steps);
  }

  /** Bring every part to step k; false where the deadline came first. The first part, for which the
   *  reader waits, may take so much longer. */
  work(k: number, deadline: number, patience = 0): boolean {
    for (let part = 0; part < this.#parts.length; part++)
      while (this.#reached[part] < k) {
        if (performance.now() > deadline + (part ? 0 : patience)) return false;
        this.#advance(part);
      }
    return true;
  }

  /** How many particles, from the first, have come to step k. */
  shown(k: number): number {
    let n = 0;
    for (let part = 0; part < this.#parts.length && this.#reached[part] >= k; part++)
      n += this.#parts[part].x.length;
    return n;
  }

  /** Places after k steps, 0 to 65535 up the window. */
  places(k: number): Uint16Array {
    return this.#rows[k];
  }

  #advance(part: number): void {
    const { motion } = this;
    const t = this.time(this.#reached[part]++);
    const dt = 1 / this.steps;
    const taken = this.#parts[part].step(motion, t, dt);
    this.#keep(part, this.#reached[part]);
    if (part) return;
    this.substeps = Math.max(this.substeps, taken);
    const pull = Math.abs(scoreWeight(motion, t)) * motion.score.stiffness(t) * dt;
    this.pull = Math.max(this.pull, pull / taken);
  }

  #keep(part: number, k: number): void {
    const row = (this.#rows[k] ??= new Uint16Array(this.count));
    const { x } = this.#parts[part];
    const scale = 32768 / this.#reach;
    const start = this.#starts[part];
    for (let i = 0; i < x.length; i++) {
      const place = (x[i] + this.#reach) * scale;
      row[start + i] = place >= 0 && place < LOST ? place : LOST;
    }
  }
}
