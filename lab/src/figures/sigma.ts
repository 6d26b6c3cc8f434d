/** The sigma laboratory: one density p(x,t) of a typed SDE, a free noise scale sigma(t), and particles
 *  that carry the density whatever sigma is, as long as the score correction is there. */
import type { Cleanup, View } from "../anywidget";
import { Laboratory } from "../sigma/laboratory";
import { rules, vet } from "../sigma/settings";
import style from "../sigma/sigma.css";
import { addStyle, watchAppearance } from "../view/appearance";
import { Link } from "../view/link";

/** Traits that change p(x,t), hence everything. */
const DENSITY = ["weights", "means", "stds", "drawn", "f", "g"];
/** Traits that change the particles only. */
const PARTICLES = ["sigma", "direction", "correction", "steps", "substeps", "particles", "seed"];

function render({ model, el }: View): Cleanup {
  const root = document.createElement("div");
  root.className = "dl-figure";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Live figure: one density, many dynamics");
  el.append(root);
  addStyle("dl-sigma-style", style);
  const link = new Link(root, model, "sigma", rules, vet);
  const figure = new Laboratory(model, root, link.row);
  const listeners = [
    ...DENSITY.map((name) => [name, figure.onDensity] as const),
    ...PARTICLES.map((name) => [name, figure.onParticles] as const),
    ["t", figure.onTime] as const,
  ];
  for (const [name, listener] of listeners) model.on(`change:${name}`, listener);
  const unwatch = watchAppearance(root, figure.onAppearance);
  return () => {
    unwatch();
    link.destroy();
    for (const [name, listener] of listeners) model.off(`change:${name}`, listener);
    figure.destroy();
    root.remove();
  };
}

export default { render };
