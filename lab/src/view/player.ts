/** Runs a progress from 0 to 1 in a fixed time. With reduced motion the picture changes in a few
 *  separate stills rather than on every frame. */
const SECONDS = 9;
const STILL_MS = 600;

export class Player {
  playing = false;
  progress = 0;
  readonly #onFrame: () => void;
  #request = 0;
  #last = 0;
  #shown = 0;

  constructor(onFrame: () => void) {
    this.#onFrame = onFrame;
  }

  start(): void {
    this.playing = true;
    this.#last = this.#shown = performance.now();
    this.#request = requestAnimationFrame(this.#tick);
  }

  stop(): void {
    this.playing = false;
    cancelAnimationFrame(this.#request);
  }

  #tick = (now: number): void => {
    // A hidden or overloaded page pauses; it does not jump.
    this.progress = Math.min(1, this.progress + Math.min(100, Math.max(0, now - this.#last)) / (1000 * SECONDS));
    this.#last = now;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!still || now - this.#shown >= STILL_MS || this.progress === 1) {
      this.#shown = now;
      this.#onFrame();
    }
    if (this.playing) this.#request = requestAnimationFrame(this.#tick);
  };
}
