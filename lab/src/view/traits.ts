/** Controls write into the model; the figure hears of it as of any other change. */
import type { Model } from "../anywidget";
import { button } from "./controls";

export function write(model: Model, values: Readonly<Record<string, unknown>>, final = true): void {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  if (final) model.save_changes();
}

export function seedButton(model: Model, text = "New seed"): HTMLButtonElement {
  return button(text, "", () => write(model, { seed: (Number(model.get("seed")) + 1) % 2 ** 32 }));
}
