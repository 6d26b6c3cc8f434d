/** What a figure says in words about what it shows: for the eye often, for a screen reader once
 *  nothing has changed for a moment. */
import { element } from "./controls";

export interface Report {
  numbers: string;
  verdict: string;
  /** Marked as a failure: the numbers are farther from what they should be than noise explains. */
  wrong: boolean;
}

/** Numbers that change on every frame cannot be read. */
const READABLE_MS = 150;
const QUIET_MS = 800;

export class Reporter {
  readonly line = element("p", "dl-report");
  readonly announcement = element("p", "dl-quiet");
  #pending = 0;
  #last = 0;

  constructor() {
    this.announcement.setAttribute("role", "status");
  }

  /** May words change now? Not on every frame of a moving picture. */
  due(moving: boolean): boolean {
    clearTimeout(this.#pending);
    const now = performance.now();
    if (moving && now - this.#last < READABLE_MS) return false;
    this.#last = now;
    return true;
  }

  /** more: words that stand elsewhere in the figure, and are announced with the rest. */
  show({ numbers, verdict, wrong }: Report, moving = false, more = ""): void {
    clearTimeout(this.#pending);
    this.line.replaceChildren(element("span", "", numbers), element("strong", "", verdict));
    this.line.toggleAttribute("data-wrong", wrong);
    if (moving) return;
    this.#pending = window.setTimeout(() => {
      this.announcement.textContent = `${numbers}. ${verdict} ${more}`;
    }, QUIET_MS);
  }

  showProblem(problem: unknown): void {
    const message = problem instanceof Error ? problem.message : `${problem}`;
    this.line.replaceChildren(element("strong", "", `This figure cannot be drawn: ${message}`));
    this.line.setAttribute("data-wrong", "");
  }

  destroy(): void {
    clearTimeout(this.#pending);
  }
}
