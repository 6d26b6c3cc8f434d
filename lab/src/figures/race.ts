/** The race: eight samplers, the same noise, the same number of evaluations, and their errors. */
import type { Cleanup, View } from "../anywidget";
import { serve } from "../race/bench";
import { RaceFigure } from "../race/figure";
import style from "../race/race.css";
import { BUDGETS } from "../race/run";
import { choice, real, whole } from "../view/link";
import { mount } from "../view/mount";

function render(view: View): Cleanup {
  const { model } = view;
  const rules = {
    target: choice(...Object.keys(model.get("targets") as object)),
    grid: choice("time", "log_snr", "arctan"),
    budget: (text: string) => BUDGETS.find((b) => `${b}` === text),
    seed: whole(0, 2 ** 32 - 1),
    progress: real(0, 1),
  };
  const about = { name: "race", label: "eight samplers at equal numbers of evaluations", style, rules };
  return mount(view, about, (root, link) => new RaceFigure(model, root, link));
}

// The same script is the figure's worker, where there is no document.
if (typeof document === "undefined") serve();

export default { render };
