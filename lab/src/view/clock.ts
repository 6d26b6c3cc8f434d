/** The play button, and a slider that shows and sets how far a run has come. */
import { button, element, type Slider, slider } from "./controls";

export interface Moves {
  toggle(): void;
  /** To this part of the slider, 0 to 1. */
  seek(part: number): void;
  release(): void;
}

export class Clock {
  readonly row = element("div", "dl-time");
  readonly #play: HTMLButtonElement;
  readonly #time: Slider;
  #text = "";

  constructor({ toggle, seek, release }: Moves, name = "time t (0 data, 1 noise)") {
    this.#play = button("Play", "dl-play", toggle);
    this.#time = slider(name, [0, 1, 1], () => this.#text, (step) => seek(step / Number(this.#time.input.max)));
    this.#time.input.addEventListener("change", release);
    this.row.append(this.#play, this.#time.row);
  }

  /** The number of steps from one end to the other. */
  range(steps: unknown): void {
    this.#time.input.max = `${steps}`;
  }

  show(step: number, text: string): void {
    this.#text = text;
    this.#time.show(step);
  }

  showPlaying(playing: boolean): void {
    this.#play.textContent = playing ? "Pause" : "Play";
  }
}
