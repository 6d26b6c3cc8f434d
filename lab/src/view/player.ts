/** Runs a progress from 0 to 1 in a fixed time. With reduced motion the picture changes in a few
 *  separate stills rather than on every frame. */
import type { Cleanup } from "../anywidget";

const SECONDS = 9;
const STILL_MS = 600;

export class Player {
  playing = false;
  progress = 0;
  readonly #onFrame: () => void;
  #request = 0;
  #last = 0;
  #shown = 0;
  #onScreen = true;

  constructor(onFrame: () => void) {
    this.#onFrame = onFrame;
  }

  start(): void {
    this.playing = true;
    this.#last = this.#shown = performance.now();
    cancelAnimationFrame(this.#request);
    if (this.#onScreen) this.#request = requestAnimationFrame(this.#tick);
  }

  stop(): void {
    this.playing = false;
    cancelAnimationFrame(this.#request);
  }

  /** Ask for no frames while the element cannot be seen; go on where it stopped when it can. */
  pauseOffScreen(el: Element): Cleanup {
    const observer = new IntersectionObserver((entries) => {
      this.#onScreen = entries[entries.length - 1].isIntersecting;
      cancelAnimationFrame(this.#request);
      if (this.playing) this.start();
    });
    observer.observe(el);
    return () => observer.disconnect();
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
